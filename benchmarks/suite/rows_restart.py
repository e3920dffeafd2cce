"""How long until an engine works: with nothing, with a state to restore, and after another one."""
import datetime
import signal
import time
import urllib.error
import urllib.request

from .bench import row
from .measure import Failed, Goal, Measurement, median, of_rounds, paired_ratio, spread
from .programs import Engine, progress
from .services import PARTITIONS, run, start, stop, wait_until
from .trade import Trade

SESSION_SECONDS = 10


def is_ready(engine):
    """Whether /readyz says so."""
    try:
        return urllib.request.urlopen(f"http://127.0.0.1:{engine.port}/readyz", timeout=5).status == 200
    except (urllib.error.URLError, OSError):
        return False


def seconds_to_ready(engine, has_redis=False):
    """From the start of the process until all partitions run, and where it has a Redis until it says that it is ready; and how long the
    slowest partition was restored. Then it is stopped."""
    began = time.monotonic()
    engine.start()
    try:
        engine.wait_running()
        if has_redis:
            wait_until(lambda: is_ready(engine), 300, "ready", engine.process)
        return time.monotonic() - began, max(engine.metric_values("stock_restore_duration_seconds"))
    finally:
        engine.stop()


def empty_engine(bench, label, redis=None):
    """An engine of a new group on topics without records."""
    bench.world().make_topics(label, f"{label}.events")
    return bench.keep(Engine(bench.world(), label, redis, events=f"{label}.events"))


@row("start", "an engine with an empty state, from the start of its process to ready; the broker is warm")
def start_row(bench):
    """The group join is in it."""
    redis, seconds = bench.redis(), []
    for number in range(bench.size(10, 3)):
        seconds.append(seconds_to_ready(empty_engine(bench, f"start-{number}", redis), True)[0])
        progress(f"{seconds[-1]:.2f} s")
    yield of_rounds("start, empty state", seconds, "s", goal=Goal(5, of="value", at_most=True), config={"redis": "on"})


def reader_seconds(bench, topic):
    """How long kcat, a C consumer, takes to read all of a topic."""
    began = time.monotonic()
    run(["kcat", "-b", bench.world().broker.bootstrap, "-C", "-t", topic, "-o", "beginning", "-e", "-q", "-f", "",
         "-X", "queued.max.messages.kbytes=1000000", "-X", "queued.min.messages=1000000", "-X", "fetch.wait.max.ms=5",
         "-X", "fetch.message.max.bytes=8388608"], 600)
    return time.monotonic() - began


def restore_rows(bench, trade, name, label="plain"):
    """Rounds of an engine with this state and of a bare reader of the state topic."""
    ready, restores, readers = [], [], []
    for number in range(bench.size(5, 2)):
        turns = [lambda: seconds_to_ready(bench.keep(trade.engine(label))), lambda: reader_seconds(bench, f"{label}.state")]
        for turn in turns if number % 2 == 0 else reversed(turns):
            took = turn()
            if isinstance(took, tuple):
                ready.append(took[0])
                restores.append(took[1])
            else:
                readers.append(took)
        progress(f"to ready {ready[-1]:.2f} s, of that restoring {restores[-1]:.2f} s; bare reader {readers[-1]:.2f} s")
    config = {"skus": trade.skus, "state_records_written": sum(trade.world.broker.ends(f"{label}.state"))}
    goal = Goal(3, of="value", at_most=True) if trade.skus == 1_000_000 else None
    yield of_rounds(f"start to ready, {name}", ready, "s", goal=goal, config=config)
    yield of_rounds(f"bare reader (kcat), {name}", readers, "s", config=config)
    # Of times: the reader's share of ours is our share of its speed.
    ratio = paired_ratio(readers, [max(restore, 0.001) for restore in restores])
    yield Measurement(
        f"restore, {name}", median(restores), "s", spread(restores), "speed of the reader", ratio, Goal(0.7), {"rounds": len(ready), **config})


def write_everything(engine):
    """The engine runs until its checkpoint has every change: a stop writes what it can in five seconds, and the rest is read from the
    ledger, which the bare reader does not read."""
    engine.start().wait_running()
    try:
        wait_until(lambda: max(engine.metric_values("stock_snapshot_age_seconds"), default=1) == 0, 300, "all written", engine.process)
    finally:
        engine.stop()


@row("restore", "checkpoint to ready, beside a bare C consumer of the state topic; then again after ten minutes of full load")
def restore(bench):
    """The checkpoint is complete: what counts is reading it."""
    trade = Trade.of(bench)
    write_everything(bench.keep(trade.engine("plain")))
    yield from restore_rows(bench, trade, "as it is")
    engine, until = trade.engine("plain"), time.monotonic() + bench.size(600, 10)
    progress("full load")
    while time.monotonic() < until:
        trade.engine_rate(engine, bench.size(1_500_000, 200_000))
    write_everything(engine)
    yield from restore_rows(bench, trade, "after full load")


class Pair:
    """Two engines of one group under load, in turns the victim and the survivor."""

    def __init__(self, bench, skus):
        self.world = bench.world()
        self.world.make_topics("pair", "pair.events")
        settings = {"STOCKSTREAM_ENGINE_STANDBY": "all", "STOCKSTREAM_LOG_LEVEL": "notice"}
        self.engines = [bench.keep(Engine(self.world, "pair", events="pair.events", settings=settings)) for _ in range(2)]
        for number, engine in enumerate(self.engines):
            engine.log += str(number)
        self.world.produce("--skus", skus, "--prefill", "--events", 1, events="pair.events")
        self.engines[0].start().wait_done(sum(self.world.broker.ends("pair.events")), 600)
        self.skus, self.load = skus, None

    def run_load(self, rate):
        """Begins to send so many events a second, none of which was sent before."""
        command = [self.world.program, "bench", "produce", "--bootstrap", self.world.broker.bootstrap, "--topic", "pair.events",
                   "--seed", str(self.world.new_seed()), "--skus", str(self.skus), "--mix", "sales", "--rate", str(rate), "--duration", "3600"]
        self.load = start(command, f"{self.world.folder}/load.log")

    def stop(self):
        """Ends the load."""
        if self.load:
            stop(self.load)
            self.load = None

    def takeover(self, victim, ask, rate, load_seconds):
        """Stops one of both with `ask` under load; seconds until the other one has committed on all of its partitions, and until it has
        processed records after that. The load rests while the one that was stopped before comes back, which takes minutes beside it on two
        cores."""
        other = self.engines[1 - victim]
        self.stop()
        for engine in self.engines:
            if engine.process is None:
                engine.start()
        half = PARTITIONS // 2
        wait_until(lambda: all(engine.metrics().get("stock_partition_running") == half for engine in self.engines), 600, "both share")
        wait_until(lambda: all(engine.standby_following() == half for engine in self.engines), 600, "both stand by for each other")
        self.run_load(rate)
        time.sleep(load_seconds)
        began = time.time()
        self.engines[victim].process.send_signal(ask)
        wait_until(lambda: other.metrics().get("stock_partition_running") == PARTITIONS, 240, "takeover")
        done = other.done()
        wait_until(lambda: other.done() > done, 60, "work after the takeover")
        seconds = time.time() - began
        self.engines[victim].process.wait(120)
        self.engines[victim].process = None
        return last_first_commit(other.log, began, half) - began, seconds


def last_first_commit(log, since, partitions):
    """When the last of so many partitions was committed on for the first time, by the engine's log: its metrics are up to 200 ms old."""
    with open(log, encoding="utf-8", errors="replace") as file:
        stamps = [line.split(" ", 1)[0] for line in file if " partition running " in line]
    times = [datetime.datetime.fromisoformat(stamp.replace("Z", "+00:00")).timestamp() for stamp in stamps]
    times = [at for at in times if at >= since]
    if len(times) != partitions:
        raise Failed(f"{len(times)} of {partitions} partitions were taken over, by {log}")
    return max(times)


@row("takeover", "kill -9 of one of two engines under load until the other one works on its partitions; and after a clean stop")
def takeover(bench):
    """The session time-out (10 s, the default) is most of it. The goal's rate and half of it, which two engines, the load's producer and
    the broker manage on two cores."""
    pair = bench.keep(Pair(bench, bench.size(1_000_000, 20_000)))
    half, whole = bench.size(50_000, 5_000), bench.size(100_000, 10_000)
    after_kill = (SESSION_SECONDS + 2, SESSION_SECONDS + 4)
    for name, ask, rate, rounds, goals in (
            ("takeover after kill -9", signal.SIGKILL, half, bench.size(10, 1), after_kill),
            ("clean stop to the new owner's first commit", signal.SIGTERM, half, bench.size(10, 2), (1, None)),
            ("takeover after kill -9", signal.SIGKILL, whole, bench.size(10, 1), after_kill)):
        name = f"{name}, {rate:,} events/s"
        config = {"skus": pair.skus, "rate": rate, "session_timeout_s": SESSION_SECONDS}
        seconds = []
        for number in range(rounds):
            committed, worked = pair.takeover(number % 2, ask, rate, bench.size(20, 3))
            progress(f"{name}: committed after {committed:.2f} s, seen to work after {worked:.2f} s")
            seconds.append(worked if ask == signal.SIGKILL else committed)
        yield of_rounds(f"{name}, median", seconds, "s", goal=Goal(goals[0], of="value", at_most=True), config=config)
        if goals[1]:
            yield Measurement(f"{name}, longest", max(seconds), "s", goal=Goal(goals[1], of="value", at_most=True), config=config)
