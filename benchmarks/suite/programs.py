"""What the rows run of this project: the engine, the load producer, the twin; and how they are built."""
import functools
import json
import os
import sys
import tempfile
import time
import urllib.error
import urllib.request

from .measure import Failed, Missing
from .services import PARTITIONS, ROOT, free_port, need, run, start, stop, wait_until

PROGRAM = os.path.join(ROOT, ".build/release/stockstream")
# The engine's defaults, given to it and to its twin.
BATCH_RECORDS, BATCH_MILLISECONDS = 10_000, 100
# Set by --no-build.
NO_BUILD = []
OUTPUTS = ["ledger", "state", "levels", "alerts", "webhooks", "replies", "dead_letters"]


def progress(text):
    """What is being done, for whoever watches."""
    print(f"  {text}", file=sys.stderr, flush=True)


@functools.cache
def build_program():
    """The release of stockstream."""
    if not NO_BUILD:
        progress("building stockstream (release)")
        run(["swift", "build", "-c", "release", "--product", "stockstream"], 1800)
    return PROGRAM


@functools.cache
def build_benchmark(product):
    """A program of the package in benchmarks/. All of them are built, so that none is forgotten; without simdjson this one alone."""
    has_simdjson = os.path.exists("/usr/include/simdjson.h")
    if product == "wire-benchmark" and not has_simdjson:
        raise Missing("simdjson.h is missing: scripts/setup --benchmarks installs libsimdjson-dev")
    if not NO_BUILD:
        progress(f"building {product} (release)")
        command = ["swift", "build", "-c", "release", "--package-path", "benchmarks", *([] if has_simdjson else ["--product", product])]
        try:
            run(command, 1800)
        except Failed:
            # A build of before may not know of new files in the package that this one uses; the next one does.
            run(command, 1800)
    return os.path.join(ROOT, "benchmarks/.build/release", product)


@functools.cache
def build_peer(name, *libraries):
    """A C program of benchmarks/peers."""
    folder = os.path.join(ROOT, "benchmarks/.build")
    os.makedirs(folder, exist_ok=True)
    program = os.path.join(folder, name)
    source = os.path.join(ROOT, "benchmarks/peers", name + ".c")
    run([need("cc", "gcc"), "-O2", "-Wall", "-pthread", "-o", program, source, *(f"-l{library}" for library in libraries), "-lm"], 120)
    return program


class World:
    """A broker with an input topic, and what a row runs on it."""

    def __init__(self, broker, folder):
        self.broker, self.folder = broker, folder
        self.program = build_program()
        self.seed = 0

    def environment(self, topics, events="stock.events.v1"):
        """Where the engine finds its topics: a set of outputs of their own for each label."""
        names = {f"STOCKSTREAM_TOPICS_{output.upper()}": f"{topics}.{output.replace('_', '-')}" for output in OUTPUTS}
        return {
            **{name: value for name, value in os.environ.items() if not name.startswith("STOCKSTREAM_")},
            "STOCKSTREAM_KAFKA_BOOTSTRAP": self.broker.bootstrap, "STOCKSTREAM_TOPICS_EVENTS": events,
            "STOCKSTREAM_LOG_LEVEL": "warning", "SWIFT_BACKTRACE": "enable=no", **names}

    def make_topics(self, topics, events="stock.events.v1"):
        """Makes the input, where it is not there, and a set of outputs."""
        run([self.program, "topics", "apply"], 120, env=self.environment(topics, events))

    def new_seed(self):
        """A seed that nobody had: an event that was sent before is no work."""
        self.seed += 1
        return self.seed

    def produce(self, *options, events="stock.events.v1", seconds=1200):
        """Runs the load producer with a seed that nobody had; its result. Nothing malformed, misrouted or repeated: work only."""
        plain = [word for name in ("duplicates", "conflicts", "malformed", "misrouted", "cloudevents") for word in (f"--{name}", "0")]
        command = [self.program, "bench", "produce", "--bootstrap", self.broker.bootstrap, "--topic", events, "--seed", str(self.new_seed())]
        return json.loads(run(command + plain + [str(option) for option in options], seconds))


class Engine:
    """An engine and its group and topics; it can be started more than once."""

    def __init__(self, world, label, redis=None, workers=1, events="stock.events.v1", settings=None):
        self.world, self.label, self.events = world, label, events
        self.log = os.path.join(world.folder, f"engine-{label}.log")
        self.environment = {
            **world.environment(label, events), "STOCKSTREAM_KAFKA_GROUP": label, "STOCKSTREAM_ENGINE_WORKERS": str(workers),
            "STOCKSTREAM_ENGINE_BATCH_RECORDS": str(BATCH_RECORDS), "STOCKSTREAM_ENGINE_BATCH_MILLISECONDS": str(BATCH_MILLISECONDS),
            # Nobody listens on a socket that is not there: without Redis the engine goes on.
            "STOCKSTREAM_REDIS_ADDRESS": redis.address if redis else f"unix://{world.folder}/no-redis.sock", **(settings or {})}
        self.has_redis = redis is not None
        self.process = None

    def start(self):
        """Starts it; does not wait."""
        self.port = free_port()
        self.process = start([self.world.program, "engine", "--metrics-port", str(self.port)], self.log, env=self.environment)
        return self

    def samples(self):
        """Name and value of each line of the metrics; none while it does not answer."""
        try:
            text = urllib.request.urlopen(f"http://127.0.0.1:{self.port}/metrics", timeout=10).read().decode()
        except (urllib.error.URLError, OSError):
            return []
        lines = [line.rsplit(" ", 1) for line in text.splitlines() if line and line[0] != "#"]
        return [(name.split("{", 1)[0], float(value)) for name, value in lines]

    def metric_values(self, wanted):
        """The values of one metric."""
        return [value for name, value in self.samples() if name == wanted]

    def metrics(self):
        """The sum of each metric over its labels."""
        sums = {}
        for name, value in self.samples():
            sums[name] = sums.get(name, 0) + value
        return sums

    def standby_following(self):
        """How many partitions of other engines it follows."""
        return len(self.metric_values("stock_standby_seq"))

    def wait_running(self, partitions=PARTITIONS, seconds=300):
        """Waits until all partitions are restored and worked on."""
        what = f"all partitions running ({self.log})"
        wait_until(lambda: self.metrics().get("stock_partition_running", 0) >= partitions, seconds, what, self.process)
        return self

    def done(self):
        """How many records it has processed since its start."""
        return self.metrics().get("stock_events_total", 0)

    def wait_done(self, records, seconds=900):
        """Waits until so many are processed. Asking takes a part of what is measured: 0.5 µs an event when it was done 50 times a second."""
        wait_until(lambda: self.done() >= records, seconds, f"{records} records", self.process, pause=0.1)

    def wait_viewed(self):
        """Waits until Redis has all; how long that takes after the last record was processed."""
        began = time.monotonic()
        wait_until(lambda: self.metrics().get("stock_view_pending_skus", 1) == 0, 300, "Redis up to date", self.process)
        return time.monotonic() - began

    def stop(self):
        """Stops it as an operator would, and waits for its last checkpoint."""
        if self.process:
            stop(self.process, seconds=120)
            self.process = None

    def process_backlog(self, records, on_one_partition=False):
        """Starts it on a backlog of so many records and stops it when they are done; a second's records from the moment at which
        all partitions run (or the one with the backlog), and what it has written: the rate and size of state and level records, and some
        of the ledger's."""
        outputs = ["ledger", "state", "levels"]
        before = {output: sum(self.world.broker.ends(f"{self.label}.{output}")) for output in outputs}
        self.start().wait_running(1 if on_one_partition else PARTITIONS)
        try:
            # From one batch's end on, since the count moves with batches.
            first = self.done()
            if first > 0.9 * records:
                raise Failed(f"{int(first)} of {records} records were done before all partitions ran: more records are needed")
            wait_until(lambda: self.done() != first, 60, "the next batch", self.process)
            began, first = time.monotonic(), self.done()
            self.wait_done(records)
            seconds = time.monotonic() - began
            view_seconds = self.wait_viewed() if self.has_redis else None
            hashes = self.metrics().get("stock_redis_skus_total", 0)
            sample = os.path.join(self.world.folder, f"ledger-{self.label}")
            ledger_bytes = self.world.broker.sample(f"{self.label}.ledger", sample)
            after = {output: sum(self.world.broker.ends(f"{self.label}.{output}")) for output in outputs}
        finally:
            self.stop()
        return (records - first) / seconds, {
            "ledger_bytes": ledger_bytes, "ledger_sample": sample, "view_seconds": view_seconds,
            "hashes": hashes / records,
            **{output: ((after[output] - before[output]) / records, self.world.broker.mean_size(f"{self.label}.{output}"))
               for output in outputs[1:]}}


def run_twin(world, begins, records, written, batch_records=BATCH_RECORDS, extras=True, more=()):
    """The twin's records a second on the same backlog. `written` is what the engine wrote in its place."""
    program = build_peer("twin", "rdkafka", "hiredis")
    options = [
        "-b", world.broker.bootstrap, "-i", "stock.events.v1", "-l", "twin.ledger", "-o", ",".join(map(str, begins)), "-c", str(records),
        "-n", str(batch_records), "-w", str(BATCH_MILLISECONDS), "-f", written["ledger_sample"]]
    for output in ("state", "levels") if extras else ():
        rate, size = written[output]
        options += ["-S", f"twin.{output}:{rate:.4f}:{size}"]
    return twin_facts(run([program, *options, *more], 900))["rate"]


def twin_facts(line):
    """What the twin printed, by name."""
    return {name: float(value) for name, value in (word.split("=") for word in line.split())}


def new_folder():
    """A folder that goes with the suite."""
    return tempfile.mkdtemp(prefix="stockstream-benchmarks.", dir=os.environ.get("TMPDIR", "/tmp"))
