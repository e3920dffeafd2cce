"""Instructions and allocations an event: the same in every run, so that they can be held to thresholds."""
import json
import os
import re
import shutil

from .bench import row
from .measure import Failed, Goal, Measurement, exceeded
from .programs import build_benchmark, progress
from .services import ROOT, need, run, run_all

THRESHOLDS = os.path.join(ROOT, "benchmarks/thresholds.json")
EVENTS, SKUS = 20_000, 2_000
STAGES = ["decode", "encode", "kernel", "codec"]


def callgrind(bench, stages):
    """Runs stages of path-benchmark under callgrind; what each said, and where its profile is."""
    valgrind = need("valgrind", "valgrind")
    program = os.path.join(bench.folder, "path-benchmark")
    shutil.copy(build_benchmark("path-benchmark"), program)
    # Valgrind does not read all of the debug information.
    run([need("strip", "binutils"), "--strip-debug", program], 60)
    progress(f"{EVENTS:,} events of {', '.join(stages)} under callgrind")
    profiles = [f"{program}.{stage}" for stage in stages]
    said = run_all([
        [valgrind, "--tool=callgrind", "--toggle-collect=*measured*", f"--callgrind-out-file={profile}", program, stage, str(EVENTS), str(SKUS)]
        for stage, profile in zip(stages, profiles)], bench.new_folder("counts"), 600)
    return said, profiles


def count(bench):
    """Instructions and allocations an event of each stage, by name."""
    counts = {}
    for stage, text in zip(STAGES, callgrind(bench, STAGES)[0]):
        instructions, allocations = re.search(r"Collected : (\d+)", text), re.search(r"(\d+) allocations in", text)
        if not instructions or not allocations:
            raise Failed(f"callgrind of {stage} said: {text[-300:]}")
        counts[f"{stage}, instructions"] = int(instructions[1]) / EVENTS
        counts[f"{stage}, allocations"] = int(allocations[1]) / EVENTS
    return counts


@row("counts", "instructions and allocations an event; above benchmarks/thresholds.json is an error", in_quick=True)
def counts(bench):
    """Not timed: no other load disturbs it."""
    with open(THRESHOLDS, encoding="utf-8") as file:
        thresholds = json.load(file)
    found = count(bench)
    bench.problems += exceeded(found, thresholds)
    for name, value in found.items():
        bound = thresholds.get(name)
        goal = None if bound is None else Goal(bound, of="value", at_most=True)
        yield Measurement(name, value, "an event", goal=goal, config={"events": EVENTS, "skus": SKUS})


@row("profile", "where the instructions of an event go, from JSON to ledger bytes: a list below the table")
def profile(bench):
    """The functions that take most, without those that they call."""
    _, profiles = callgrind(bench, ["codec"])
    said = run([need("callgrind_annotate", "valgrind"), "--threshold=80", profiles[0]], 120)
    found = re.findall(r"^ *([\d,]+) \( ?([\d.]+)%\) +[^:]*:(.*?)(?: \[.*\])?$", said, re.MULTILINE)
    # The first line is their sum.
    found = found[1:]
    if not found:
        raise Failed(f"callgrind_annotate said: {said[:300]}")
    names = run(["swift", "demangle", "--compact", "--simplified", *(name for _, _, name in found)], 60).splitlines()
    lines = [f"{share:>5} %  {int(total.replace(',', '')) / EVENTS:>6.0f}  {name[:140]}" for (total, share, _), name in zip(found, names)]
    bench.notes.append(("profile of `codec`: share, instructions an event, function", lines[:40]))
    yield Measurement("profile, functions that make 80 percent", len(found), "functions", config={"events": EVENTS, "skus": SKUS})
