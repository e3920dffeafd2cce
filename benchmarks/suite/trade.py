"""Backlogs of trade on a catalogue of SKUs, and rounds in which engines and the twin take them in turns."""
import os

from .measure import of_rounds
from .programs import BATCH_RECORDS, Engine, progress, run_twin

EVENTS = "stock.events.v1"
# As many as the engine takes where nobody says.
WORKERS = os.cpu_count()


def in_turns(turns, number):
    """The turns of a round, in reverse every second time; each begins when what the one before has written is on the disk, since it is on
    its way there with a part of a processor."""
    for turn in turns if number % 2 == 0 else reversed(turns):
        os.sync()
        yield turn


class Trade:
    """A catalogue with its opening stock in the input topic, the engines that have read it, and what was measured."""

    def __init__(self, bench, skus=None, events=EVENTS):
        self.world, self.events = bench.world(), events
        self.skus = skus or bench.size(1_000_000, 20_000)
        self.written = {}
        self.rates = {}
        self.has_read = {}
        self.staleness, self.hashes = {}, {}
        self.world.make_topics("twin", events)
        progress(f"opening stock of {self.skus:,} SKUs")
        self.world.produce("--skus", self.skus, "--prefill", "--events", 1, events=events)

    @staticmethod
    def of(bench):
        """The one that rows share."""
        bench.trade = bench.trade or Trade(bench)
        return bench.trade

    def engine(self, label, redis=None, **settings):
        """An engine of that group which has read all there is. It is stopped."""
        self.world.make_topics(label, self.events)
        engine = Engine(self.world, label, redis, WORKERS, events=self.events, settings=settings)
        end = sum(self.world.broker.ends(self.events))
        unread = end - self.has_read.get(label, 0)
        if unread:
            progress(f"{label}: reads {unread:,} records of opening stock and what came since")
            engine.start()
            try:
                engine.wait_done(unread)
                if redis:
                    engine.wait_viewed()
            finally:
                engine.stop()
        self.has_read[label] = end
        return engine

    def backlog(self, skew, events, mix="sales"):
        """Sends a backlog; where it begins in each partition, and how many records it has."""
        begins = self.world.broker.ends(self.events)
        self.world.produce("--skus", self.skus, "--mix", mix, "--skew", skew, "--events", events, events=self.events)
        return begins, sum(self.world.broker.ends(self.events)) - sum(begins)

    def engine_turn(self, engine, begins, records):
        """An engine takes a backlog: its rate, and what it has written."""
        result = engine.process_backlog(records)
        self.has_read[engine.label] = sum(begins) + records
        return result

    def engine_rate(self, engine, events, skew=0.99, mix="sales"):
        """An engine's rate on a backlog of its own."""
        return self.engine_turn(engine, *self.backlog(skew, events, mix))[0]

    def note(self, name, rate):
        """Adds what a subject has reached in a round."""
        progress(f"{name}: {rate:,.0f} events/s")
        self.rates.setdefault(name, []).append(rate)

    def hash_option(self, kind, redis):
        """How the twin writes as many hashes of as many fields to the engine's Redis as the engine did."""
        sku = redis.command("SRANDMEMBER", "stock:v1:skus:0")
        fields = int(redis.command("HLEN", f"stock:v1:sku:{sku}"))
        return ["-R", f"{redis.socket}:{self.hashes[kind]:.4f}:{fields}:{self.skus}"]

    def round(self, kind, skew, engines, events, batch_records=BATCH_RECORDS, redis=None):
        """Every subject on one backlog, every second time in reverse. The twin writes what the first engine wrote last; with a Redis
        there is one more that writes hashes as well."""
        begins, records = self.backlog(skew, events)

        def engine_turn(engine, name):
            rate, written = self.engine_turn(engine, begins, records)
            if engine is engines[0][0]:
                self.written[kind] = written
            self.note(f"{kind}, {name}", rate)
            if engine.has_redis:
                self.staleness.setdefault(kind, []).append(written["view_seconds"])
                self.hashes[kind] = written["hashes"]

        def twin_turn(name, has_extras, more=()):
            self.note(f"{kind}, {name}", run_twin(self.world, begins, records, self.written[kind], batch_records, has_extras, more))

        turns = [lambda engine=engine, name=name: engine_turn(engine, name) for engine, name in engines]
        turns += [lambda: twin_turn("twin", True), lambda: twin_turn("twin, ledger alone", False)]
        if redis:
            turns.append(lambda: twin_turn("twin with Redis", True, self.hash_option(kind, redis)))
        for turn in in_turns(turns, len(self.rates.get(f"{kind}, twin", []))):
            turn()

    def measurement(self, kind, name, beside=None, goal=None, **config):
        """What a subject has reached in all rounds of this kind, beside another."""
        written = self.written[kind]
        config = {
            **config, "skus": self.skus, "broker": f"Apache Kafka {self.world.broker.version}", "mix": "sales", "workers": WORKERS,
            "ledger_bytes": written["ledger_bytes"], "state_records_per_event": round(written["state"][0], 3),
            "level_records_per_event": round(written["levels"][0], 3)}
        others = self.rates[f"{kind}, {beside}"] if beside else None
        return of_rounds(f"{name}, {kind}", self.rates[f"{kind}, {name}"], "events/s", beside, others, goal, config)
