#!/usr/bin/env python3
"""Fits the CPU profile `lab` to kernel observations.

Needs numpy and `cargo build --release --example lab_figures`. The cases that
are fitted are CPU-bound ones; all others verify the profile. Levenberg-
Marquardt on the logarithms of the costs, which are held near where they begin.

    scripts/calibrate.py tests/ground-truth [ROUNDS]
"""
import json
import os
import re
import subprocess
import sys
from pathlib import Path

import numpy as np

ROOT = Path(__file__).resolve().parent.parent
COSTS = ROOT / "src/models/host/costs.rs"
LINE = re.compile(r'^    [A-Z]\w+ "(\w+)" ([\d_]+),$', re.M)
# Costs of the page cache and of null_blk's memory are fitted by hand.
FIXED = {"page_copy", "page_dirty", "random_map", "page_alloc", "write_page", "end_page",
         "store_page", "flush_page", "dio_submit", "blktrace"}
# These are read off blktrace's times.
FIXED |= {"clone_bio", "end_rq_bio", "end_clone_bio", "complete_bio", "unpin_page"}
TIME, CLAT, SLAT = 0.01, 0.03, 0.05  # how closely each figure is to be met
PRIOR = 0.7  # how far, in logarithms, a cost may well be from where it began


def cases(folder):
    names = ["realistic/E6-cpu-*", "realistic/E6-nohist-*", "balance/E2-cpucost-*",
             "realistic/E6-lb-randread4k-rr-100_400-qd32*",
             "realistic/E6-seq-*-rr-100x2-*"]
    found = sorted(f for n in names for f in Path(folder).glob(n + ".json"))
    # A device time of one tick: the tick itself delays some completions.
    return [f for f in found if "interleaved" not in f.name and "-d4-qd1" not in f.name]


def device_time(path):
    """What a single I/O in flight spends in the device, µs; 0 if others queue."""
    case = json.loads(path.read_text())
    times = {d.get("completion_nsec", 0) for d in
             [case["paths"]["common"], *case["paths"].get("per", [])]}
    alone = "iodepth=1\n" in case["fio_job"] and "numjobs" not in case["fio_job"]
    return max(times) / 1e3 if alone and len(times) == 1 else 0


def kernel(path):
    figures = []
    for job in json.loads(path.read_text())["observed"]["fio"]:
        for direction in ("read", "write"):
            d = job.get(direction)
            if d:
                slat = d.get("slat_ns", {}).get("mean", 0)
                figures += [1e6 / d["iops"], d["clat_ns"]["mean"] / 1e3, slat / 1e3]
    return figures


class Simulator:
    def __init__(self, files):
        binary = os.environ.get("LAB_FIGURES", ROOT / "target/release/examples/lab_figures")
        self.run = subprocess.Popen([binary, *files], text=True, stdin=subprocess.PIPE,
                                    stdout=subprocess.PIPE)

    def __call__(self, costs):
        words = " ".join(f"{n}={max(int(v), 1)}" for n, v in costs.items())
        print(words, file=self.run.stdin, flush=True)
        return json.loads(self.run.stdout.readline())


def residuals(ours, theirs, device):
    out = []
    for a, b, d in zip(ours, theirs, device):
        for i, (x, y) in enumerate(zip(a, b)):
            scale = (TIME, CLAT, SLAT)[i % 3]
            if d and i % 3 == 0:
                continue  # the runtime in whole milliseconds says less
            if i % 3 == 1:
                x, y = x - d, y - d  # what the CPU adds
            if y > 0 and x > 0:
                out.append(np.log(x / y) / scale)
            else:
                out.append(0.0)
    return np.array(out)


def write(costs):
    fitted = {n: f"{round(float(v)):_}" for n, v in costs.items()}
    text = COSTS.read_text()
    COSTS.write_text(
        LINE.sub(lambda m: m[0].replace(f" {m[2]},", f" {fitted.get(m[1], m[2])},"), text))


def main():
    files = cases(sys.argv[1])
    rounds = int(sys.argv[2]) if len(sys.argv) > 2 else 8
    theirs = [kernel(f) for f in files]
    device = [device_time(f) for f in files]
    simulate = Simulator(files)
    costs = {n: float(v.replace("_", "")) for n, v in LINE.findall(COSTS.read_text())}
    names = [n for n in costs if n not in FIXED]
    start = np.log([costs[n] for n in names])
    x, damping = start.copy(), 1.0

    def evaluate(x):
        r = residuals(simulate(dict(zip(names, np.exp(x)))), theirs, device)
        return np.concatenate([np.tanh(r / 10) * 10, (x - start) / PRIOR])

    r = evaluate(x)
    for step in range(rounds):
        h = 0.08
        jacobian = np.column_stack(
            [(evaluate(x + h * e) - r) / h for e in np.eye(len(x))])
        for _ in range(6):
            a = jacobian.T @ jacobian
            move = np.linalg.solve(a + damping * np.diag(np.diag(a)), -jacobian.T @ r)
            tried = x + np.clip(move, -0.6, 0.6)
            new = evaluate(tried)
            if new @ new < r @ r:
                x, r, damping = tried, new, damping / 3
                break
            damping *= 4
        print(f"round {step}: {r @ r:.1f}", file=sys.stderr, flush=True)
        if "--write" in sys.argv:
            write(dict(zip(names, np.exp(x))))
    for name, value in zip(names, np.exp(x)):
        print(f"{name} {value:.0f}")
    ours = simulate(dict(zip(names, np.exp(x))))
    for f, a, b in zip(files, ours, theirs):
        pairs = " ".join(f"{p:.2f}/{q:.2f}" for p, q in zip(a, b))
        print(f"{f.stem}: {pairs}", file=sys.stderr)


main()
