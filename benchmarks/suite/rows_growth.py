"""Whether a cost stays flat as the work grows: throughput by SKUs, by open holds on one SKU, by workers; shown as plots."""
import re

from .bench import row
from .measure import Measurement, number
from .programs import Engine, progress
from .rows_flash import EVENTS, commits, holds, read_all, receipts, send, skus_of_partition
from .trade import Trade


def plot(points, width=50):
    """Lines of text: each point's name, a bar from nothing to the greatest, the value."""
    greatest = max(value for _, value in points)
    label = max(len(name) for name, _ in points)
    return [f"{name.rjust(label)} |{'#' * max(1, round(width * value / greatest))} {number(value)}" for name, value in points]


# Of an engine's memory for a SKU with its locations, ids and closed receipts, roughly; twice, since tables double.
BYTES_A_SKU = 4_000


def available_bytes():
    """What the machine can give."""
    with open("/proc/meminfo", encoding="utf-8") as file:
        return int(re.search(r"MemAvailable:\s*(\d+)", file.read())[1]) * 1024


def by_skus(bench):
    """The same load on catalogues of growing size."""
    sizes = bench.size([10_000, 100_000, 1_000_000, 5_000_000], [1_000, 10_000])
    for skus in sizes:
        if skus * BYTES_A_SKU > available_bytes():
            progress(f"{skus:,} SKUs: left out, it needs about {skus * BYTES_A_SKU >> 30} GB of memory")
            continue
        label = f"growth-{skus}"
        trade = Trade(bench, skus, f"{label}.events")
        engine = bench.keep(trade.engine(label))
        yield f"{skus:,} SKUs", trade.engine_rate(engine, bench.size(1_500_000, 150_000))


def by_holds(bench):
    """Holds and commits on one SKU that has so many holds open already."""
    world, folder = bench.world(), bench.new_folder("growth")
    world.make_topics("growth-holds", EVENTS)
    engine = bench.keep(Engine(world, "growth-holds", events=EVENTS))
    unread = sum(world.broker.ends(EVENTS))
    if unread:
        read_all(engine, unread)
    count = bench.size(100_000, 75_000)
    for index, held in enumerate(bench.size([1_000, 10_000, 100_000], [1_000, 10_000])):
        skus, mark = skus_of_partition(f"held-{index}", 1), f"g{index}"
        read_all(engine, send(world, folder, receipts(skus, mark), holds(skus, f"{mark}-open", held)))
        sent = send(world, folder, holds(skus, mark, count), commits(skus, mark, count))
        yield f"{held:,} open holds", engine.process_backlog(sent, True)[0]


def by_workers(bench):
    """More threads on the same machine."""
    trade = Trade.of(bench)
    for workers in bench.size([1, 2, 3, 4], [1, 2]):
        engine = bench.keep(trade.engine("plain", STOCKSTREAM_ENGINE_WORKERS=str(workers)))
        yield f"{workers} worker{'s' * (workers > 1)}", trade.engine_rate(engine, bench.size(1_500_000, 200_000))


@row("growth", "throughput by SKUs, by open holds on one SKU, by workers; Redis off")
def growth(bench):
    """The first point is what the others are compared with."""
    for title, series in (("throughput by SKUs", by_skus), ("by open holds on one SKU", by_holds), ("by workers", by_workers)):
        points = []
        for name, rate in series(bench):
            progress(f"{name}: {rate:,.0f} events/s")
            points.append((name, rate))
            first, first_rate = points[0]
            yield Measurement(
                f"growth, {name}", rate, "events/s", None, first if len(points) > 1 else None, rate / first_rate if len(points) > 1 else None)
        bench.notes.append((f"growth: {title} (events/s)", plot(points)))
