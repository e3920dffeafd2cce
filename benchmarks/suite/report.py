"""What comes out: the machine, JSON lines, the table, and the results in RESULTS.md's form."""
import datetime
import os
import platform
import re
import subprocess

from .measure import markdown_table, table
from .services import ROOT

BEGIN, END = "<!-- results of benchmarks/run: begin -->", "<!-- results of benchmarks/run: end -->"


def _first_line(*command):
    """What a program says of its version; nothing where it is not there."""
    try:
        said = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False, cwd=ROOT)
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return (said.stdout or said.stderr).strip().partition("\n")[0]


def machine():
    """Lines on the machine and the versions of what takes part."""
    with open("/proc/cpuinfo", encoding="utf-8") as file:
        model = re.search(r"model name\s*: (.*)", file.read())
    with open("/proc/meminfo", encoding="utf-8") as file:
        gigabytes = int(re.search(r"MemTotal:\s*(\d+)", file.read())[1]) / 1048576
    packages = [_first_line("dpkg-query", "-W", "-f", "${Package} ${Version}", name) for name in ("librdkafka1", "libhiredis0.14")]
    libraries = os.path.join(os.environ.get("KAFKA_HOME") or "", "libs")
    clients = [re.match(r"kafka-clients-(\d.*)\.jar", name) for name in os.listdir(libraries)] if os.path.isdir(libraries) else []
    kafka = [client[1] for client in clients if client]
    versions = [
        _first_line("swift", "--version"), *packages, *(f"Apache Kafka {version}" for version in kafka),
        _first_line("java", "-version"), _first_line("redis-server", "--version")[:20], _first_line("psql", "--version")]
    return [
        f"{os.cpu_count()} cores, {model[1] if model else platform.machine()}, {gigabytes:.0f} GB, Linux {platform.release()}",
        "load average at the start: " + " ".join(f"{load:.1f}" for load in os.getloadavg()),
        "; ".join(version for version in versions if version),
        "commit " + _first_line("git", "rev-parse", "--short", "HEAD")]


def cells(measurements):
    """The lines of the table."""
    return [measurement.cells() for measurement in measurements]


def markdown(machine_lines, command, measurements, notes):
    """The results as RESULTS.md has them."""
    date = datetime.datetime.now(datetime.timezone.utc).strftime("%Y-%m-%d")
    lines = [f"Measured on {date} with `{command}`.", ""]
    lines += [f"- {line}" for line in machine_lines] + [""]
    lines += markdown_table(cells(measurements))
    for title, text in notes:
        lines += ["", title, "", *("    " + line for line in text)]
    return "\n".join(lines) + "\n"


def write_markdown(path, text):
    """Into the place of the results in that file; where it has none, it becomes the results alone."""
    old = ""
    if os.path.exists(path):
        with open(path, encoding="utf-8") as file:
            old = file.read()
    if BEGIN in old and END in old:
        text = old[:old.index(BEGIN)] + f"{BEGIN}\n\n{text}\n{END}" + old[old.index(END) + len(END):]
    with open(path, "w", encoding="utf-8") as file:
        file.write(text)


def print_table(measurements):
    """The table on standard output."""
    for line in table(cells(measurements)):
        print(line)
