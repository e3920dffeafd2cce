"""The work of one core without Kafka: decide and apply, and the same from JSON to ledger bytes."""
import re

from .bench import row
from .measure import Failed, Goal, Measurement, of_rounds
from .programs import build_benchmark, progress
from .services import run


def path_rounds(stage, events, skus, rounds, popularity):
    """Events a second and allocations an event of each round of path-benchmark."""
    said = run([build_benchmark("path-benchmark"), stage, str(events), str(skus), str(rounds), popularity], 1800)
    found = re.findall(r"(\d+) ns an event, (\d+) allocations in (\d+) events", said)
    if len(found) != rounds:
        raise Failed(f"path-benchmark said: {said}")
    return [1e9 / int(nanoseconds) for nanoseconds, _, _ in found], [int(count) / int(of) for _, count, of in found]


def stage_rows(bench, stage, goal):
    """Zipf and uniform: rate and allocations."""
    skus, events, rounds = bench.size(1_000_000, 50_000), bench.size(200_000, 50_000), bench.size(5, 3)
    for popularity in ("zipf", "uniform"):
        progress(f"{stage}, {popularity}, {skus:,} SKUs")
        rates, allocations = path_rounds(stage, events, skus, rounds, popularity)
        config = {"skus": skus, "events": events, "transaction": 500, "threads": 1}
        yield of_rounds(f"{stage}, {popularity}", rates, "events/s", goal=goal, config=config)
        yield of_rounds(f"{stage}, {popularity}, allocations", allocations, "an event", goal=Goal(0, of="value", at_most=True), config=config)


@row("kernel", "decide and apply on decoded events, one core", in_quick=True)
def kernel(bench):
    """Three locations a SKU, a marketplace's mix."""
    yield from stage_rows(bench, "kernel", Goal(10e6, of="value"))


@row("codec", "JSON bytes -> decide -> apply -> ledger bytes, one core", in_quick=True)
def codec(bench):
    """The benchmark producer's marketplace, in plain JSON."""
    yield from stage_rows(bench, "codec", Goal(3e6, of="value"))


@row("json", "decoding an event beside simdjson (DOM and On-Demand), and the ledger's codec")
def json_row(bench):
    """wire-benchmark takes its subjects in turns; its figures are medians of nine."""
    progress("wire-benchmark")
    said = run([build_benchmark("wire-benchmark"), *bench.size([], ["3"])], 1800)
    pattern = r"^(.+): [\d.]+ M/s \((\d+) to (\d+), median (\d+) ns each\)"
    found = {name: [1e9 / int(text) for text in (typical, slowest, fastest)]
             for name, fastest, slowest, typical in re.findall(pattern, said, re.MULTILINE)}
    if not found:
        raise Failed(f"wire-benchmark said: {said[:200]}")
    peer = max((name for name in found if "simdjson" in name), key=lambda name: found[name][0])
    for name, (rate, *spread) in found.items():
        is_ours = name == "decode: StockWire"
        yield Measurement(
            f"json, {name}", rate, "a second", tuple(spread), peer if is_ours else None, rate / found[peer][0] if is_ours else None)
