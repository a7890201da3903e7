#!/usr/bin/env python3
"""New experiments: observations with other parameters, run on the rebuilt machine.

What the simulator was not built on tells whether it holds elsewhere. Each experiment
is an observation with one or more of these changed: the latency of all paths or of
one, fio's depth and seed, the selector. It is run twice and written to FOLDER in the
format kernel-observation/1, so that this compares the simulator with it:

    scripts/lab/vary.py --count 20 target/varied tests/ground-truth/balance/*.json
    mpathsim validate target/varied
"""

import argparse
import copy
import json
import random
import re
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import experiment
import machine
from observed import observed

SELECTORS = ["round-robin", "queue-length", "service-time", "historical-service-time"]
# Kept from the observation; all else tells of its own runs.
INPUTS = ["format", "id", "group", "kernel", "cpus", "hz", "paths", "table", "dm_queue",
          "path_queue", "limits", "fio_job", "note"]


def with_selector(table, selector):
    """A table with another selector in all groups.

    Their arguments mean other things, so each path has the one that all of them
    know: after how many I/Os to choose again.
    """
    words = table.split()

    def take(number):
        taken = words[:number]
        del words[:number]
        return taken

    out = take(3)  # begin, length, target
    for _ in ("features", "hardware handler"):
        number = take(1)
        out += number + take(int(number[0]))
    counts = take(2)
    out += counts
    for _ in range(int(counts[0])):
        _, number = take(2)
        take(int(number))
        paths, arguments = map(int, take(2))
        out += [selector, "0", str(paths), "1"]
        for _ in range(paths):
            out += [take(1 + arguments)[0], "1"]
    return " ".join(out)


def set_latencies(case, latencies):
    """Gives each path its latency."""
    paths = case["paths"]
    per = paths.get("per") or [{} for _ in latencies]
    paths["per"] = [{**one, "completion_nsec": ns} for one, ns in zip(per, latencies)]


def other_latencies(case, chance):
    """All paths faster or slower."""
    factor = chance.choice([0.5, 0.75, 1.5, 2])
    set_latencies(case, [int(ns * factor) for ns in experiment.completion_ns(case)])
    return f"d*{factor}"


def other_path(case, chance):
    """One path slower."""
    latencies = experiment.completion_ns(case)
    if len(latencies) == 1:
        return None
    path, factor = chance.randrange(len(latencies)), chance.choice([2, 3])
    latencies[path] *= factor
    set_latencies(case, latencies)
    return f"p{path}*{factor}"


def other_depth(case, chance):
    """Another depth; batches that were as large follow it."""
    found = re.search(r"^iodepth=(\d+)$", case["fio_job"], re.M)
    if not found:
        return None
    depth = int(found[1])
    other = max(1, chance.choice([depth // 2, depth * 2, depth + 4]))
    same = rf"^(iodepth\w*)={depth}$"
    case["fio_job"] = re.sub(same, rf"\g<1>={other}", case["fio_job"], flags=re.M)
    return f"qd{other}" if other != depth else None


def other_seed(case, chance):
    """Other random offsets."""
    if "randseed=" not in case["fio_job"]:
        return None
    seed = chance.randrange(1, 100)
    job = re.sub(r"^randseed=\d+$", f"randseed={seed}", case["fio_job"], flags=re.M)
    changed, case["fio_job"] = job != case["fio_job"], job
    return f"seed{seed}" if changed else None


def other_selector(case, chance):
    """Another selector."""
    if not case.get("table"):
        return None
    selector = chance.choice(SELECTORS)
    if f" {selector} " in case["table"]:
        return None
    case["table"] = with_selector(case["table"], selector)
    return selector


CHANGES = [(other_latencies, 0.6), (other_path, 0.5), (other_depth, 0.4), (other_seed, 0.3),
           (other_selector, 0.4)]


def varied(case, chance):
    """The inputs of a new experiment; None if nothing has changed."""
    case = copy.deepcopy({name: case[name] for name in INPUTS if name in case})
    changed = [change(case, chance) for change, often in CHANGES if chance.random() < often]
    what = [text for text in changed if text]
    case["id"] = "~".join([case["id"], *what])
    return case if what else None


def run(case, path):
    """Runs it twice and writes the file; why not, if that fails."""
    try:
        runs = [machine.boot(experiment.script(case, experiment.traced(case), phase))
                for phase in (0, 1)]
        case["observed"], case["observed_again"] = map(observed, runs)
    except (machine.Failed, KeyError, ValueError) as why:
        return f"{case['id']}: {why!r}"
    case |= {"repeats": 2, "counts_repeat_exactly": False}
    path.write_text(json.dumps(case, indent=1) + "\n", encoding="utf-8")
    return None


def main():
    """Runs as many experiments as asked for."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path, help="where the new ones go")
    parser.add_argument("observations", nargs="+", help="files kernel-observation/1")
    parser.add_argument("--count", type=int, default=10, metavar="N", help="how many new ones")
    parser.add_argument("--seed", type=int, default=1, help="of the draw of parameters")
    parser.add_argument("--jobs", type=int, default=1, metavar="N", help="machines at a time")
    args = parser.parse_args()
    cases = [case for case in map(experiment.read, args.observations)
             if not experiment.why_not(case)]
    if not cases:
        sys.exit("none of these can be repeated here")
    chance = random.Random(args.seed)
    todo = []
    while len(todo) < args.count:
        if case := varied(chance.choice(cases), chance):
            todo.append((case, args.folder / f"{case['group']}-{len(todo)}.json"))
    args.folder.mkdir(parents=True, exist_ok=True)
    with ThreadPoolExecutor(args.jobs) as pool:
        failed = [why for why in pool.map(lambda one: run(*one), todo) if why]
    print(f"{len(todo) - len(failed)} of {len(todo)} experiments are in {args.folder}")
    sys.exit("\n".join(failed) or 0)


if __name__ == "__main__":
    main()
