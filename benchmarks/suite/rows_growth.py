"""Whether a cost stays flat as the work grows: throughput by SKUs, by open holds on one SKU, by workers; shown as plots."""
import itertools
import re

from .bench import row
from .measure import median, number, of_rounds
from .programs import Engine, progress
from .rows_flash import EVENTS, commits, holds, read_all, receipts, send, skus_of_partition
from .trade import Trade, in_turns


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
        yield f"{skus:,} SKUs", lambda trade=trade, engine=engine: trade.engine_rate(engine, bench.size(1_500_000, 150_000))


# As many holds are opened before they are committed, so that there are not many more than a point is named for.
HOLDS_AT_ONCE = 500


def held_and_committed(skus, mark, count):
    """So many holds and their commits, soon after."""
    for begin in range(0, count, HOLDS_AT_ONCE):
        some = min(HOLDS_AT_ONCE, count - begin)
        yield from holds(skus, f"{mark}-{begin}", some)
        yield from commits(skus, f"{mark}-{begin}", some)


def by_holds(bench):
    """Holds and commits on one SKU that has so many holds open already."""
    world, folder = bench.world(), bench.new_folder("growth")
    world.make_topics("growth-holds", EVENTS)
    engine = bench.keep(Engine(world, "growth-holds", events=EVENTS))
    unread = sum(world.broker.ends(EVENTS))
    if unread:
        read_all(engine, unread)
    turn = itertools.count()
    for index, held in enumerate(bench.size([1_000, 10_000, 100_000], [1_000, 10_000])):
        skus, mark = skus_of_partition(f"held-{index}", 1), f"g{index}"
        read_all(engine, send(world, folder, receipts(skus, mark), holds(skus, f"{mark}-open", held)))

        def rate(skus=skus):
            lines = held_and_committed(skus, f"t{next(turn)}", bench.size(300_000, 40_000))
            return engine.process_backlog(send(world, folder, lines), True)[0]

        yield f"{held:,} open holds", rate


def by_workers(bench):
    """More threads on the same machine."""
    trade = Trade.of(bench)
    for workers in bench.size([1, 2, 3, 4], [1, 2]):
        engine = bench.keep(trade.engine("plain", STOCKSTREAM_ENGINE_WORKERS=str(workers)))
        yield f"{workers} worker{'s' * (workers > 1)}", lambda engine=engine: trade.engine_rate(engine, bench.size(1_500_000, 200_000))


@row("growth", "throughput by SKUs, by open holds on one SKU, by workers; Redis off")
def growth(bench):
    """The first point is what the others are compared with."""
    for title, series in (("throughput by SKUs", by_skus), ("by open holds on one SKU", by_holds), ("by workers", by_workers)):
        points, rates = list(series(bench)), {}
        for number_of_round in range(bench.size(3, 1)):
            for name, rate in in_turns(points, number_of_round):
                rates.setdefault(name, []).append(rate())
                progress(f"{name}: {rates[name][-1]:,.0f} events/s")
        first = points[0][0]
        for name, _ in points:
            beside = first if name != first else None
            yield of_rounds(f"growth, {name}", rates[name], "events/s", beside, rates[first] if beside else None)
        bench.notes.append((f"growth: {title} (events/s)", plot([(name, median(rates[name])) for name, _ in points])))
