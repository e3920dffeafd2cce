"""Everybody wants one SKU: what one hot SKU costs beside the same load spread over many, both on one partition."""
import os

from .bench import row
from .measure import Goal, of_rounds
from .programs import Engine, progress
from .services import PARTITIONS, run

EVENTS = "flash.events"


def murmur2(data):
    """The hash by which clients choose partitions, as Java's."""
    mask, factor = 0xFFFFFFFF, 0x5BD1E995
    value = (0x9747B28C ^ len(data)) & mask
    whole = len(data) // 4 * 4
    for index in range(0, whole, 4):
        word = int.from_bytes(data[index:index + 4], "little") * factor & mask
        word = (word ^ word >> 24) * factor & mask
        value = value * factor & mask ^ word
    rest = data[whole:]
    if rest:
        value = (value ^ int.from_bytes(rest, "little")) * factor & mask
    value = (value ^ value >> 13) * factor & mask
    return value ^ value >> 15


def partition_of(key):
    """The partition of a key."""
    return (murmur2(key.encode()) & 0x7FFFFFFF) % PARTITIONS


def skus_of_partition(prefix, count, partition=0):
    """So many names that all belong to one partition."""
    names, number = [], 0
    while len(names) < count:
        name = f"{prefix}-{number}"
        if partition_of(name) == partition:
            names.append(name)
        number += 1
    return names


def receipts(skus, mark, quantity=1_000_000):
    """Opening stock, as lines for kcat."""
    for number, sku in enumerate(skus):
        yield f'{sku}\t{{"id":"r-{mark}-{number}","source":"bench","type":"receive","sku":"{sku}","location":"BER1",' \
            f'"quantity":{quantity},"receipt":"receipt-{mark}-{number}"}}\n'


def holds(skus, mark, count):
    """Holds on these SKUs, in turns."""
    for number in range(count):
        sku = skus[number % len(skus)]
        yield f'{sku}\t{{"id":"h-{mark}-{number}","source":"bench","type":"hold","sku":"{sku}","location":"BER1",' \
            f'"hold":"cart-{mark}-{number}","quantity":1,"ttlSeconds":3600}}\n'


def commits(skus, mark, count):
    """The commits of these holds."""
    for number in range(count):
        sku = skus[number % len(skus)]
        yield f'{sku}\t{{"id":"c-{mark}-{number}","source":"bench","type":"commit","sku":"{sku}",' \
            f'"hold":"cart-{mark}-{number}","orderLine":"order-{mark}-{number}"}}\n'


def send(world, folder, *batches, events=EVENTS):
    """Sends lines with kcat; how many records the topic got."""
    path = os.path.join(folder, "lines")
    with open(path, "w", encoding="utf-8") as file:
        for lines in batches:
            file.writelines(lines)
    before = sum(world.broker.ends(events))
    run(["kcat", "-P", "-b", world.broker.bootstrap, "-t", events, "-K", "\t", "-z", "lz4", "-X", "topic.partitioner=murmur2_random",
         "-X", "queue.buffering.max.messages=1000000", "-l", path], 300)
    os.remove(path)
    return sum(world.broker.ends(events)) - before


def read_all(engine, records):
    """An engine reads what nobody measures."""
    engine.start()
    try:
        engine.wait_done(records)
    finally:
        engine.stop()


def rates_on(world, folder, engine, skus, mark, count):
    """Holds on these SKUs and then their commits, opening stock first: events a second of each."""
    read_all(engine, send(world, folder, receipts(skus, mark)))
    return [engine.process_backlog(send(world, folder, lines(skus, mark, count)), True)[0] for lines in (holds, commits)]


@row("flash-sale", "one SKU, one partition: holds, then their commits, each beside the same spread over 10,000 SKUs of one partition")
def flash_sale(bench):
    """Each round has new SKUs."""
    world, folder = bench.world(), bench.new_folder("flash")
    world.make_topics("flash", EVENTS)
    engine = bench.keep(Engine(world, "flash", events=EVENTS))
    count = bench.size(100_000, 75_000)
    rates = {}
    for number in range(bench.size(5, 1)):
        subjects = [("one SKU", skus_of_partition(f"hot-{number}", 1)), ("spread", skus_of_partition(f"wide-{number}", 10_000))]
        for name, skus in subjects if number % 2 == 0 else reversed(subjects):
            for kind, rate in zip(("holds", "commits"), rates_on(world, folder, engine, skus, f"{name[:3]}-{number}", count)):
                rates.setdefault((kind, name), []).append(rate)
                progress(f"{kind} on {name}: {rate:,.0f} events/s")
    config = {"holds": count, "broker": f"Apache Kafka {world.broker.version}", "redis": "off"}
    for kind in ("holds", "commits"):
        spread, hot = rates[kind, "spread"], rates[kind, "one SKU"]
        yield of_rounds(f"flash sale, {kind}, spread", spread, "events/s", config=config)
        yield of_rounds(f"flash sale, {kind} on one SKU", hot, "events/s", f"flash sale, {kind}, spread", spread, Goal(0.8), config)
