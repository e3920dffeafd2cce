"""What is kept in memory, and for what."""
import re
import time

from .bench import row
from .measure import Failed, Goal, Measurement
from .programs import build_benchmark, progress
from .services import run
from .trade import WORKERS, Trade

# What each worker's consumer may fetch ahead (KafkaLimits.consumerQueueKilobytes).
QUEUE_MEGABYTES = 256
GOALS = {"level": 200, "id": 64, "closed": 64, "velocity": 160}
NAMES = {"sku": "SKU", "level": "(SKU, location) without lots", "id": "id in the window", "closed": "closed record",
         "velocity": "sales by day, besides"}


def megabytes(process, what):
    """VmRSS: what of a process is in memory; VmHWM: the most that ever was."""
    with open(f"/proc/{process.pid}/status", encoding="utf-8") as file:
        return int(re.search(what + r":\s*(\d+)", file.read())[1]) / 1024


def counts_of(engine):
    """How many records of each kind its state has."""
    metrics = engine.metrics()
    names = {"sku": "stock_skus", "id": "stock_id_window_entries", "closed": "stock_closed_records"}
    return {kind: int(metrics.get(name, 0)) for kind, name in names.items()}


def state_megabytes(bytes_each, counts):
    """What its records take. The benchmark producer's SKUs have three to five locations, on average three and a half receipts a SKU."""
    levels = 3.5 * counts["sku"] * bytes_each["level"]
    return (levels + sum(bytes_each[kind] * count for kind, count in counts.items())) / 1048576


def restored(engine):
    """An engine that has restored its state: megabytes of its process, and what is in them."""
    engine.start()
    try:
        engine.wait_running()
        # It gives back what the restore has needed.
        time.sleep(4)
        return megabytes(engine.process, "VmRSS"), counts_of(engine)
    finally:
        engine.stop()


def on_backlog(trade, engine, events):
    """An engine that is restored and works off a backlog: the most megabytes that its process had, and what is in its state at the
    end."""
    begins, records = trade.backlog(0.99, events)
    engine.start()
    try:
        engine.wait_done(records)
        return megabytes(engine.process, "VmHWM"), counts_of(engine)
    finally:
        engine.stop()
        trade.has_read[engine.label] = sum(begins) + records


@row("memory", "bytes of the state by what they are for, and of the engine's process")
def memory(bench):
    """Tables in reserve count: bytes as allocated."""
    skus = bench.size(1_000_000, 100_000)
    progress(f"{skus:,} SKUs at three locations in one partition")
    said = run([build_benchmark("path-benchmark"), "memory", str(skus)], 600)
    found = {name: float(value) for name, value in re.findall(r"^(\w+): ([\d.]+) bytes each", said, re.MULTILINE)}
    if set(found) != set(NAMES):
        raise Failed(f"path-benchmark memory said: {said}")
    for name, value in found.items():
        goal = Goal(GOALS[name], of="value", at_most=True) if name in GOALS else None
        yield Measurement(f"memory, {NAMES[name]}", value, "bytes", goal=goal, config={"skus": skus, "locations": 3})
    trade = Trade.of(bench)
    engine = bench.keep(trade.engine("plain"))
    resident, counts = restored(engine)
    yield Measurement("memory, engine's process", resident, "MB", config=counts)
    rest = resident - state_megabytes(found, counts)
    yield Measurement("memory, engine's process beyond its state", rest, "MB", goal=Goal(100, of="value", at_most=True), config=counts)
    peak, counts = on_backlog(trade, engine, bench.size(2_000_000, 200_000))
    config = {**counts, "queues": f"{WORKERS} consumers may fetch {QUEUE_MEGABYTES} MB ahead"}
    ahead = peak - state_megabytes(found, counts) - rest
    yield Measurement("memory, at most beyond that: what a restore and a backlog fetch ahead", ahead, "MB", config=config)
