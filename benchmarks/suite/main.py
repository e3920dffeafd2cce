"""The command line: chooses rows, runs them, and shows what came out."""
import argparse
import os
import shlex
import shutil
import signal
import sys
import time
import traceback

# Each registers its rows.
from . import (  # noqa: F401
    rows_core, rows_counts, rows_engine, rows_alternatives, rows_flash, rows_redis, rows_latency, rows_restart, rows_memory, rows_growth)
from . import programs, report
from .bench import ROWS, Bench
from .measure import Failed, Missing

THRESHOLD_EXCEEDED, NOT_MEASURED = 1, 2
NEEDED_DISK = 40 << 30


def parse(arguments):
    """The options."""
    names = "\n".join(f"  {name:<15} {what}{' *' if in_quick else ''}" for name, (_, what, in_quick) in ROWS.items())
    parser = argparse.ArgumentParser(
        prog="benchmarks/run", formatter_class=argparse.RawDescriptionHelpFormatter,
        description="Measures this project, and what it is compared with, on this machine.",
        epilog=f"rows (*: what --quick takes where none is named):\n{names}\n\nEnvironment: KAFKA_HOME, an Apache Kafka distribution. "
        "Exit code 1: a count is above its threshold;\n2: a row could not be measured. Timed rows never fail.")
    parser.add_argument("--quick", action="store_true", help="as short as each row can be and still mean something")
    parser.add_argument("--only", action="append", metavar="NAME", choices=list(ROWS), help="only these rows; may be given again")
    parser.add_argument("--no-build", action="store_true", help="takes the Swift programs as they were built before")
    parser.add_argument("--json", metavar="FILE", help="adds a JSON line for each result")
    parser.add_argument("--markdown", metavar="FILE", help="writes the results in the form of RESULTS.md, into their place there")
    return parser.parse_args(arguments)


def say(text=""):
    """To whoever watches."""
    print(text, file=sys.stderr, flush=True)


def measure(name, bench, results, json_file, is_named):
    """Runs one group of rows. The exit code that it asks for: what was named has to be measured."""
    function, what, _ = ROWS[name]
    say(f"\n== {name}: {what}")
    began = time.monotonic()
    try:
        for measurement in function(bench):
            results.append(measurement)
            say("  -> " + "  ".join(cell for cell in measurement.cells() if cell))
            if json_file:
                print(measurement.json(), file=json_file, flush=True)
    except Missing as error:
        say(f"  LEFT OUT: {error}")
        return NOT_MEASURED if is_named else 0
    except (Failed, OSError) as error:
        say(f"  NOT MEASURED: {error}")
        return NOT_MEASURED
    except Exception:  # pylint: disable=broad-except
        # A fault of the suite's own in one row is no reason to lose the others.
        say(f"  NOT MEASURED:\n{traceback.format_exc()}")
        return NOT_MEASURED
    finally:
        bench.end_row()
        say(f"  {time.monotonic() - began:.0f} s")
    return 0


def main(arguments):
    """Runs the suite; its exit code."""
    options = parse(arguments)
    names = options.only or [name for name, (_, _, in_quick) in ROWS.items() if in_quick or not options.quick]
    # As Ctrl-C: everything is stopped on the way out.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    # Without where the results go, which is nobody's but ours.
    chosen = [word for name in options.only or [] for word in ("--only", name)]
    command = shlex.join(["benchmarks/run", *["--quick"] * options.quick, *chosen])
    machine = report.machine()
    for line in machine:
        say(line)
    programs.NO_BUILD += [True] * options.no_build
    if not options.quick and shutil.disk_usage(os.environ.get("TMPDIR", "/tmp")).free < NEEDED_DISK:
        say(f"TMPDIR has less than {NEEDED_DISK >> 30} GB free: the broker's logs of a whole run may fill it")
    results, status = [], 0
    json_file = open(options.json, "a", encoding="utf-8") if options.json else None
    try:
        with Bench(options.quick) as bench:
            for name in dict.fromkeys(names):
                status = max(status, measure(name, bench, results, json_file, bool(options.only)))
            problems, notes = bench.problems, bench.notes
    except KeyboardInterrupt:
        say("stopped")
        return 130
    finally:
        if json_file:
            json_file.close()
    print()
    report.print_table(results)
    for title, lines in notes:
        print("", title, *lines, sep="\n")
    if options.markdown:
        report.write_markdown(options.markdown, report.markdown(machine, command, results, notes))
    for problem in problems:
        say(f"ABOVE ITS THRESHOLD: {problem}")
    return THRESHOLD_EXCEEDED if problems else status
