"""Open loop: from an event's due time to a read_committed reader of the output, and to its being visible in Redis (peers/latency.c)."""
import os

from .bench import row
from .measure import Failed, Goal, Measurement, median, of_rounds, paired_ratio, spread
from .programs import BATCH_RECORDS, Engine, build_peer, progress, twin_facts
from .services import run, start, stop, wait_until
from .streams import streams_command

EVENTS = "latency.events"
REDIS_EXTRA_MS = 5


class Subjects:
    """What is measured, each started on the end of the input, measured, and stopped."""

    def __init__(self, bench):
        self.bench, self.world = bench, bench.world()
        for topics in ("latency-engine", "latency-twin", "latency-streams"):
            self.world.make_topics(topics, EVENTS)
        self.redis = bench.redis()
        self.engine = bench.keep(Engine(self.world, "latency-engine", self.redis, events=EVENTS))
        self.number = 0
        self.written = {"ledger_bytes": 400, "state": (1, 150), "levels": (0.3, 300)}

    def measure(self, topics, rate, seconds, redis=None):
        """Sends for so long; p50 and p99 in milliseconds of each of both ways."""
        self.number += 1
        command = [build_peer("latency", "rdkafka", "hiredis"), "-b", self.world.broker.bootstrap, "-i", EVENTS, "-o", f"{topics}.ledger",
                   "-r", str(rate), "-s", str(seconds), "-w", str(max(1, seconds // 3)), "-n", f"run{self.number}"]
        said = run(command + (["-u", redis.socket] if redis else []), seconds + 120)
        facts = {line.split(" ", 1)[0]: twin_facts(line.split(" ", 1)[1]) for line in said.splitlines()}
        for way, fact in facts.items():
            if fact["missing"]:
                raise Failed(f"{way}: {fact['missing']:.0f} events were not seen")
        return {way: (fact["p50_ms"], fact["p99_ms"]) for way, fact in facts.items()}

    def is_idle(self):
        """Whether the engine has read everything, and Redis has all of it: after a start it shows everything again."""
        metrics = self.engine.metrics()
        return metrics.get("stock_kafka_consumer_lag", 1) == 0 and metrics.get("stock_view_pending_skus", 1) == 0

    def run_engine(self, rate, seconds):
        """The engine with Redis; the twin then writes as many records as it did."""
        outputs = ("ledger", "state", "levels")
        self.engine.start().wait_running()
        try:
            wait_until(self.is_idle, 300, "nothing left to read or to show")
            before = {output: sum(self.world.broker.ends(f"latency-engine.{output}")) for output in outputs}
            found = self.measure("latency-engine", rate, seconds, self.redis)
            after = {output: sum(self.world.broker.ends(f"latency-engine.{output}")) for output in outputs}
        finally:
            self.engine.stop()
        size = self.world.broker.mean_size
        self.written = {"ledger_bytes": size("latency-engine.ledger"), **{
            output: ((after[output] - before[output]) / (rate * seconds), size(f"latency-engine.{output}")) for output in outputs[1:]}}
        return found

    def run_beside(self, command, topics, rate, seconds, ready=None):
        """A program that runs until it is stopped."""
        log = os.path.join(self.world.folder, f"{topics}-{self.number}.log")
        process = start(command, log)
        try:
            def is_ready():
                with open(log, encoding="utf-8", errors="replace") as file:
                    return ready in file.read()
            if ready:
                wait_until(is_ready, 120, topics, process)
            return self.measure(topics, rate, seconds)
        finally:
            stop(process, seconds=5)

    def run_twin(self, rate, seconds):
        """It ends a turn after 5 ms: the shortest that serves it."""
        begins = ",".join(map(str, self.world.broker.ends(EVENTS)))
        command = [build_peer("twin", "rdkafka", "hiredis"), "-b", self.world.broker.bootstrap, "-i", EVENTS, "-l", "latency-twin.ledger", "-o", begins,
                   "-n", str(BATCH_RECORDS), "-w", "5", "-e", "-L", str(self.written["ledger_bytes"])]
        for output in ("state", "levels"):
            records, size = self.written[output]
            command += ["-S", f"latency-twin.{output}:{records:.4f}:{size}"]
        return self.run_beside(command, "latency-twin", rate, seconds)

    def run_streams(self, rate, seconds, commit_ms):
        """Kafka Streams with its other settings as they are."""
        begins = self.world.broker.ends(EVENTS)
        command = streams_command(self.bench, "latency-streams.ledger", begins, 0, "default", commit_ms, EVENTS)
        return self.run_beside(command, "latency-streams", rate, seconds, "running")


def rows_of_rate(rate, found, config):
    """Lines of one rate: each percentile of each subject, the engine's beside the others'."""
    def series(name, way, index):
        return [values[way][index] for values in found[name]]

    for index, percentile, bound in ((0, "p50", 1.3), (1, "p99", 1.5)):
        def title(what, percentile=percentile):
            return f"{rate:,}/s {percentile}, {what}"

        ours = series("engine", "reader", index)
        for name in found:
            if name != "engine":
                yield of_rounds(title(name), series(name, "reader", index), "ms", config=config)
        twin = series("twin", "reader", index)
        yield of_rounds(title("engine to reader"), ours, "ms", "twin", twin, Goal(bound, at_most=True), config)
        in_redis = series("engine", "redis", index)
        goal = Goal(bound * median(twin) + REDIS_EXTRA_MS, of="value", at_most=True)
        yield of_rounds(title("engine to Redis"), in_redis, "ms", "engine to reader", ours, goal, config)
        others = {name: median(series(name, "reader", index)) for name in found if name.startswith("Kafka Streams")}
        best = min(others, key=others.get)
        yield Measurement(
            title("engine to reader, beside the best Kafka Streams"), median(ours), "ms", spread(ours), best,
            paired_ratio(ours, series(best, "reader", index)), Goal(1, at_most=True), config)


@row("latency", "open loop at 20,000/s and 1,000/s: due time to reader and to Redis, beside twin and Kafka Streams (100, 10, 5 ms)")
def latency(bench):
    """Free of coordinated omission: due times are fixed before the first event."""
    subjects = Subjects(bench)
    seconds, rounds = bench.size(30, 5), bench.size(3, 1)
    if not bench.quick:
        # A broker compiles itself for its first minute, with most of a core.
        progress("warming the broker up")
        subjects.run_engine(20_000, 60)
    for rate in (20_000, 1_000):
        found = {}
        for number in range(rounds):
            progress(f"{rate:,}/s, round {number + 1}")
            turns = [("engine", lambda: subjects.run_engine(rate, seconds)), ("twin", lambda: subjects.run_twin(rate, seconds))]
            turns += [(f"Kafka Streams, {commit} ms", lambda commit=commit: subjects.run_streams(rate, seconds, commit))
                      for commit in (100, 10, 5)]
            for name, turn in turns if number % 2 == 0 else reversed(turns):
                values = turn()
                found.setdefault(name, []).append(values)
                progress(f"{name}: " + "; ".join(f"{way} p50 {p50:.1f} ms, p99 {p99:.1f} ms" for way, (p50, p99) in values.items()))
        yield from rows_of_rate(rate, found, {"rate": rate, "seconds": seconds, "broker": f"Apache Kafka {subjects.world.broker.version}"})
