"""The Kafka Streams program of benchmarks/peers."""
import functools
import os
import tempfile

from .measure import Failed, Missing
from .programs import progress, twin_facts
from .services import ROOT, need, run


def java(tool):
    """The path of `java` or `javac`."""
    if os.environ.get("JAVA_HOME"):
        return os.path.join(os.environ["JAVA_HOME"], "bin", tool)
    return need(tool, "default-jdk-headless")


@functools.cache
def build_streams():
    """Compiles it against the libraries of KAFKA_HOME; the class path."""
    libraries = os.path.join(os.environ["KAFKA_HOME"], "libs")
    if not any(name.startswith("kafka-streams-") for name in os.listdir(libraries)):
        raise Missing("KAFKA_HOME has no Kafka Streams (libs/kafka-streams-VERSION.jar)")
    folder = os.path.join(ROOT, "benchmarks/.build/peers")
    progress("building peers/StreamsStock.java")
    run([java("javac"), "-cp", f"{libraries}/*", "-d", folder, os.path.join(ROOT, "benchmarks/peers/StreamsStock.java")], 300)
    return f"{folder}:{libraries}/*"


def streams_command(bench, output, begins, records, settings, commit_ms=100, events="stock.events.v1"):
    """How it is started; with 0 records it runs until it is stopped."""
    world = bench.world()
    temporary = tempfile.mkdtemp(prefix="streams.", dir=bench.folder)
    return [
        java("java"), "-Xmx1g", f"-Djava.io.tmpdir={temporary}", "-cp", build_streams(), "StreamsStock", world.broker.bootstrap,
        events, output, ",".join(map(str, begins)), str(records), settings, str(commit_ms)]


def run_streams(bench, begins, records, settings):
    """Its events a second on a backlog, from the first one to the last."""
    bench.world().make_topics("streams")
    said = run(streams_command(bench, "streams.ledger", begins, records, settings), 900)
    lines = [line for line in said.splitlines() if line.startswith("records=")]
    if not lines:
        raise Failed(f"Kafka Streams said: {said[-300:]}")
    return twin_facts(lines[0])["rate"]
