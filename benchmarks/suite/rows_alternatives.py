"""The alternatives, on the same machine: check and decrement of a SKU's stock with an audit row, in each one's own best way."""
import glob
import os
import pwd
import re
import signal

from .bench import row
from .measure import Failed, Goal, Missing, of_rounds
from .programs import progress
from .services import need, run, start, stop, wait_until
from .streams import run_streams
from .trade import Trade, WORKERS, in_turns

SKUS = 100_000


class Postgres:
    """A PostgreSQL with its defaults (durable commits) on a Unix socket; as the user postgres where the suite runs as root."""

    def __init__(self, folder):
        found = sorted(glob.glob("/usr/lib/postgresql/*/bin"), key=lambda path: float(path.split("/")[4]))
        if not found:
            raise Missing("PostgreSQL is missing: scripts/setup --benchmarks installs postgresql")
        need("psql", "postgresql")
        self.programs, self.folder, self.user = found[-1], folder, {}
        os.makedirs(folder)
        if os.getuid() == 0:
            account = pwd.getpwnam("postgres")
            os.chown(folder, account.pw_uid, account.pw_gid)
            os.chmod(os.path.dirname(folder), 0o711)
            self.user = {"user": account.pw_uid, "group": account.pw_gid, "extra_groups": []}
        data = os.path.join(folder, "data")
        # In its own folder: the project's may be closed to that user.
        run([f"{self.programs}/initdb", "-D", data, "-U", "postgres", "-A", "trust", "-E", "UTF8", "--locale=C"], 120, cwd=folder, **self.user)
        command = [f"{self.programs}/postgres", "-D", data, "-k", folder, "-c", "listen_addresses="]
        self.process = start(command, os.path.join(folder, "postgres.log"), cwd=folder, **self.user)
        ready = [f"{self.programs}/pg_isready", "-q", "-h", folder]
        wait_until(lambda: os.spawnv(os.P_WAIT, ready[0], ready) == 0, 60, "PostgreSQL", self.process)

    def sql(self, text):
        """Runs statements."""
        return run(["psql", "-h", self.folder, "-U", "postgres", "-qAt", "-v", "ON_ERROR_STOP=1", "-c", text], 300)

    def pgbench(self, script, seconds, asynchronous=False):
        """Transactions a second of eight clients."""
        path = os.path.join(os.path.dirname(self.folder), "pgbench.sql")
        with open(path, "w", encoding="utf-8") as file:
            file.write(script)
        options = {"env": {**os.environ, "PGOPTIONS": "-c synchronous_commit=" + ("off" if asynchronous else "on")}}
        said = run([
            need("pgbench", "postgresql"), "-h", self.folder, "-U", "postgres", "-n", "-M", "prepared", "-c", "8", "-j", "2", "-T", str(seconds),
            "-f", path, "postgres"], seconds + 60, **options)
        return float(re.search(r"tps = ([\d.]+) \(without", said)[1])

    def stop(self):
        """At once: nobody needs its data."""
        stop(self.process, signal.SIGQUIT, 10)


SCHEMA = f"""
CREATE TABLE stock (sku int PRIMARY KEY, available int NOT NULL);
CREATE TABLE ledger (id bigserial PRIMARY KEY, sku int NOT NULL, quantity int NOT NULL, at timestamptz NOT NULL DEFAULT now());
INSERT INTO stock SELECT number, 1000000000 FROM generate_series(1, {SKUS}) number;
VACUUM ANALYZE stock;
"""
# One statement, so one round trip, and the row's lock is held as briefly as can be.
SALE = """WITH taken AS (UPDATE stock SET available = available - 1 WHERE sku = :sku AND available >= 1 RETURNING sku)
INSERT INTO ledger (sku, quantity) SELECT sku, 1 FROM taken;
"""
SPREAD, HOT = f"\\set sku random(1, {SKUS})\n{SALE}", f"\\set sku 1\n{SALE}"


def beside(bench, subjects, goals, config):
    """Rounds of the engine on spread and on hot backlogs and of each alternative; yields each alternative, and the engine beside it."""
    trade = Trade.of(bench)
    engine = bench.keep(trade.engine("plain"))
    events = bench.size(1_000_000, 200_000)
    rates = {}
    for number in range(bench.size(5, 1)):
        progress(f"round {number + 1}")
        turns = [("engine, spread", lambda: trade.engine_rate(engine, events, skew=0)),
                 ("engine, one hot SKU", lambda: trade.engine_rate(engine, events, mix="flash-sale")), *subjects]
        for name, turn in in_turns(turns, number):
            rates.setdefault(name, []).append(turn())
            progress(f"{name}: {rates[name][-1]:,.0f}/s")
    for name, _ in subjects:
        yield of_rounds(name, rates[name], "a second", config=config)
    for name, (against, goal) in goals.items():
        yield of_rounds(
            name, rates[name], "events/s", against, rates[against], goal, {"events": events, "skus": trade.skus, "redis": "off"})


@row("postgresql", "row locks in PostgreSQL: pgbench with 8 clients, spread and one hot SKU")
def postgresql(bench):
    """With durable commits as the engine's are; without them for comparison."""
    server = bench.keep(Postgres(os.path.join(bench.folder, "postgresql")))
    for statement in SCHEMA.strip().split(";\n"):
        server.sql(statement)
    seconds = bench.size(15, 4)
    subjects = [
        ("PostgreSQL, spread", lambda: server.pgbench(SPREAD, seconds)),
        ("PostgreSQL, one hot SKU", lambda: server.pgbench(HOT, seconds)),
        ("PostgreSQL, spread, asynchronous commit", lambda: server.pgbench(SPREAD, seconds, True))]
    goals = {"engine, spread": ("PostgreSQL, spread", Goal(30)), "engine, one hot SKU": ("PostgreSQL, one hot SKU", Goal(100))}
    yield from beside(bench, subjects, goals, {"clients": 8, "skus": SKUS, "seconds": seconds})


LUA = """local left = tonumber(redis.call('HGET', KEYS[1], 'available') or '0')
if left < 1 then return 0 end
redis.call('HINCRBY', KEYS[1], 'available', -1)
redis.call('XADD', KEYS[2], '*', 'sku', KEYS[1], 'quantity', 1)
return 1"""
FILL = f"for number = 0, {SKUS - 1} do redis.call('HSET', string.format('sku:%012d', number), 'available', 1000000000) end"


@row("redis-script", "a Lua script in Redis: check, decrement, audit stream; pipelined and one by one")
def redis_script(bench):
    """No persistence and no exactly once, so it is less than the same work. redis-benchmark drives it over a Unix socket."""
    redis = bench.redis("redis-script")
    redis.command("EVAL", FILL, "0")
    digest = redis.command("SCRIPT", "LOAD", LUA)
    calls = bench.size(1_000_000, 200_000)

    def drive(pipeline):
        redis.command("DEL", "ledger")
        said = run([
            need("redis-benchmark", "redis-tools"), "-s", redis.socket, "-q", "-n", str(calls), "-c", "8", "-P", str(pipeline), "-r", str(SKUS),
            "EVALSHA", digest, "2", "sku:__rand_int__", "ledger"], 300)
        found = re.findall(r"([\d.]+) requests per second", said)
        if not found or int(redis.command("XLEN", "ledger")) < calls:
            raise Failed(f"redis-benchmark said: {said[-200:]}")
        return float(found[-1])

    subjects = [("Redis script, 128 pipelined", lambda: drive(128)), ("Redis script, one by one", lambda: drive(1))]
    goals = {"engine, spread": ("Redis script, 128 pipelined", None), "engine, one hot SKU": ("Redis script, one by one", None)}
    yield from beside(bench, subjects, goals, {"clients": 8, "skus": SKUS, "calls": calls, "persistence": "none"})


@row("kafka-streams", "Kafka Streams, exactly_once_v2, in-memory store, on the same backlog; default and tuned")
def kafka_streams(bench):
    """peers/StreamsStock.java: check, decrement, audit record; two threads, commit every 100 ms."""
    trade = Trade.of(bench)
    engine = bench.keep(trade.engine("plain"))
    events = bench.size(1_000_000, 200_000)
    for number in range(bench.size(5, 1)):
        progress(f"round {number + 1}")
        begins, records = trade.backlog(0.99, events)
        turns = [("engine", lambda: trade.engine_turn(engine, begins, records)[0])]
        turns += [(f"Kafka Streams, {settings}", lambda settings=settings: run_streams(bench, begins, records, settings))
                  for settings in ("default", "tuned")]
        for name, turn in in_turns(turns, number):
            trade.note(f"streams, {name}", turn())
    config = {"events": events, "broker": f"Apache Kafka {trade.world.broker.version}", "commit_ms": 100, "threads": 2}
    for settings in ("default", "tuned"):
        yield of_rounds(f"Kafka Streams, {settings}", trade.rates[f"streams, Kafka Streams, {settings}"], "events/s", config=config)
    yield of_rounds(
        "engine, backlog of Kafka Streams", trade.rates["streams, engine"], "events/s", "Kafka Streams, tuned",
        trade.rates["streams, Kafka Streams, tuned"], Goal(5), {"events": events, "skus": trade.skus, "workers": WORKERS, "redis": "off"})
