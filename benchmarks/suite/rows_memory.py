"""What is kept in memory, and for what."""
import re

from .bench import row
from .measure import Failed, Goal, Measurement
from .programs import build_benchmark, progress
from .services import run
from .trade import Trade

GOALS = {"level": 200, "id": 64, "closed": 64}
NAMES = {"sku": "SKU", "level": "(SKU, location) without lots", "id": "id in the window", "closed": "closed record"}


def resident_megabytes(process):
    """What of a process is in memory."""
    with open(f"/proc/{process.pid}/status", encoding="utf-8") as file:
        return int(re.search(r"VmRSS:\s*(\d+)", file.read())[1]) / 1024


def resident_of(engine):
    """The same of an engine that has restored its state."""
    engine.start()
    try:
        engine.wait_running()
        return resident_megabytes(engine.process)
    finally:
        engine.stop()


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
    resident = resident_of(engine)
    engine.start()
    try:
        metrics = engine.wait_running().metrics()
    finally:
        engine.stop()
    counts = {"sku": metrics.get("stock_skus", 0), "id": metrics.get("stock_id_window_entries", 0), "closed": metrics.get("stock_closed_records", 0)}
    # The benchmark producer's SKUs have three to five locations, on average three and a half receipts a SKU.
    known = sum(found[name] * count for name, count in counts.items()) + found["level"] * 3.5 * counts["sku"]
    config = {"skus": int(counts["sku"]), "ids": int(counts["id"]), "closed": int(counts["closed"])}
    yield Measurement("memory, engine's process", resident, "MB", config=config)
    rest = resident - known / 1048576
    yield Measurement("memory, engine's process beyond its state", rest, "MB", goal=Goal(100, of="value", at_most=True), config=config)
