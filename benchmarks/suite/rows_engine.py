"""The engine beside its twin: a C program on librdkafka that consumes and writes the same and computes nothing (peers/twin.c)."""
from .bench import row
from .measure import Goal, of_rounds
from .programs import BATCH_RECORDS, progress
from .trade import Trade

BARE_TWIN = "twin, ledger alone"


@row("engine", "a backlog through the engine beside its raw twin: Zipf and uniform, Redis off and on", in_quick=True)
def engine(bench):
    """All subjects on the same backlogs."""
    trade = Trade.of(bench)
    redis = bench.redis()
    plain, viewed = trade.engine("plain"), trade.engine("viewed", redis)
    subjects = [(bench.keep(plain), "engine"), (bench.keep(viewed), "engine with Redis")]
    events = bench.size(1_500_000, 200_000)
    for number in range(bench.size(5, 1)):
        for kind, skew in (("zipf", 0.99), ("uniform", 0)):
            progress(f"round {number + 1}, {kind}")
            trade.round(kind, skew, subjects, events, redis=redis)
    for kind in ("zipf", "uniform"):
        config = {"events": events, "batch_records": BATCH_RECORDS}
        yield trade.measurement(kind, "engine", "twin", Goal(0.75), **config)
        yield trade.measurement(kind, "engine", BARE_TWIN, **config)
        yield trade.measurement(kind, "engine with Redis", "twin", Goal(0.6) if kind == "zipf" else None, **config)
        yield trade.measurement(kind, "engine with Redis", "twin with Redis", Goal(0.75) if kind == "uniform" else None, **config)
        yield of_rounds(f"Redis behind at the end of the backlog, {kind}", trade.staleness[kind], "s", config=config)
        yield trade.measurement(kind, "twin", **config)
        yield trade.measurement(kind, BARE_TWIN, **config)
        yield trade.measurement(kind, "twin with Redis", **config)


@row("small-batches", "the same at 500 events a transaction, Redis off", in_quick=True)
def small_batches(bench):
    """Zipf."""
    trade = Trade.of(bench)
    small = bench.keep(trade.engine("plain", STOCKSTREAM_ENGINE_BATCH_RECORDS="500"))
    events = bench.size(600_000, 100_000)
    for number in range(bench.size(5, 1)):
        progress(f"round {number + 1}")
        trade.round("500 a transaction", 0.99, [(small, "engine")], events, batch_records=500)
    config = {"events": events, "batch_records": 500}
    yield trade.measurement("500 a transaction", "engine", "twin", Goal(0.8), **config)
    yield trade.measurement("500 a transaction", "twin", **config)
