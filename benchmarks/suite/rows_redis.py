"""The read model's writer beside a bare pipeline of the same values."""
import os
import time

from .bench import row
from .measure import Failed, Goal, of_rounds
from .programs import build_benchmark, progress, twin_facts
from .services import need, run


def encoded(words):
    """A command as Redis reads it."""
    return b"*%d\r\n" % len(words) + b"".join(b"$%d\r\n%s\r\n" % (len(word), word) for word in words)


def dump_hashes(redis, skus, path):
    """Writes an HSET for each SKU's hash that Redis has, with all its fields."""
    script = "local found = redis.call('HGETALL', KEYS[1]) return table.concat(found, string.char(31))"
    digest = redis.command("SCRIPT", "LOAD", script)
    calls = path + ".calls"
    with open(calls, "w", encoding="utf-8") as file:
        file.writelines(f"EVALSHA {digest} 1 stock:v1:sku:SKU-{number}\n" for number in range(skus))
    said = run(["sh", "-c", f"exec redis-cli -s '{redis.socket}' < '{calls}'"], 600)
    lines = [line for line in said.splitlines() if line]
    if len(lines) != skus:
        raise Failed(f"{len(lines)} of {skus} hashes are in Redis")
    with open(path, "wb") as file:
        for number, line in enumerate(lines):
            file.write(encoded([b"HSET", b"stock:v1:sku:SKU-%d" % number, *line.strip('"').encode().split(b"\x1f")]))


def pipe(redis, path, skus):
    """Hashes a second of `redis-cli --pipe`, a C program, into an empty Redis."""
    redis.command("FLUSHALL")
    began = time.monotonic()
    said = run(["sh", "-c", f"exec redis-cli -s '{redis.socket}' --pipe < '{path}'"], 600)
    seconds = time.monotonic() - began
    if f"errors: 0, replies: {skus}" not in said:
        raise Failed(f"redis-cli --pipe said: {said[-200:]}")
    return skus / seconds


@row("redis", "projection of SKUs with fence, sets, change stream and watermark, and with the hashes alone, beside a bare pipeline")
def redis_row(bench):
    """view-benchmark runs the product's writer; `redis-cli --pipe` sends the hashes that it left, encoded before."""
    need("redis-cli", "redis-tools")
    program, redis = build_benchmark("view-benchmark"), bench.redis()
    skus, path = bench.size(300_000, 50_000), os.path.join(bench.new_folder("view"), "hashes")
    run([program, redis.socket, str(skus)], 600)
    dump_hashes(redis, skus, path)
    rates = {"all": [], "hashes": [], "bare": []}

    def ours(content):
        redis.command("FLUSHALL")
        rates[content].append(twin_facts(run([program, redis.socket, str(skus), content], 600))["rate"])

    for number in range(bench.size(5, 3)):
        turns = [lambda: ours("all"), lambda: ours("hashes"), lambda: rates["bare"].append(pipe(redis, path, skus))]
        for turn in turns if number % 2 == 0 else reversed(turns):
            turn()
        progress(f"SKUs/s: projection {rates['all'][-1]:,.0f}, hashes alone {rates['hashes'][-1]:,.0f}, "
                 f"bare pipeline {rates['bare'][-1]:,.0f}")
    config = {"skus": skus, "locations": 3, "batch": 512, "bytes_a_hash": os.path.getsize(path) // skus}
    bare = "bare pipeline of the hashes"
    yield of_rounds("redis, projection", rates["all"], "SKUs/s", bare, rates["bare"], Goal(0.6), config)
    yield of_rounds("redis, hashes alone", rates["hashes"], "SKUs/s", bare, rates["bare"], Goal(0.9), config)
    yield of_rounds("redis, bare pipeline of the hashes", rates["bare"], "SKUs/s", config=config)
