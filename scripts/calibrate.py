#!/usr/bin/env python3
"""Fits the CPU profile `lab` to kernel observations.

Needs `cargo build --release --example lab_figures`. Costs are changed one or
two at a time, at random; a change stays if it brings the figures below closer
to the kernel's. Minutes bring a small gain, hours a little more.

    scripts/calibrate.py tests/ground-truth [MINUTES] [--write]

The figures are times of code that nothing interrupts, or means of many I/Os:
the least submission latency (every case), time an I/O takes and latencies of
the CPU-bound cases (E6-cpu, E6-nohist, E2-cpucost, batches of 8 at 100 µs), the
mean latency of plugs of N (E1), intervals between blktrace's events (E5), and
the service times that historical-service-time measures with one I/O in flight.
Counts, shares, merges, IOPS and latencies of all other cases verify the profile.
"""
import json
import math
import os
import random
import re
import statistics
import subprocess
import sys
import time
from collections import defaultdict
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
COSTS = ROOT / "src/models/host/costs.rs"
LINE = re.compile(r'^    [A-Z]\w+ "(\w+)" ([\d_]+),$', re.M)
# The page cache and null_blk's memory are fitted by hand, as are fio's other
# threads; nothing shows what the commands cost alone.
FIXED = {"page_copy", "page_dirty", "random_map", "page_alloc", "write_page", "end_page",
         "store_page", "flush_page", "dio_submit", "fault_page", "ctx_insert", "dmsetup",
         "multipathd_loop", "sysfs_write", "tick", "fio_main", "fio_helper", "disk_util"}
EVENT = re.compile(r"\s*\S+\s+\d+\s+\d+\s+([\d.]+)\s+\d+\s+(\w+)\s+\w+")
MOST = 6  # what one figure that is far off counts at most


def directions(observed):
    """The first job's figures, by direction."""
    for job in observed.get("fio") or []:
        for direction in ("read", "write"):
            d = job.get(direction)
            if d and d.get("total_ios", 0) >= 100 and d.get("iops"):
                yield direction, d
        return


def figures(case, observed):
    """Name of each figure: its value in ns."""
    out = {}
    job, name = case.get("fio_job", ""), case["id"]
    one = "iodepth=1\n" in job
    bound = any(n in name for n in ("E6-cpu", "E6-nohist", "E2-cpucost"))
    batch = name.startswith("E6") and "b8" in name and "100" in name and "hw" not in name
    for direction, d in directions(observed):
        if "buf" in name or "fsync" in job or "offload" in job or "rate" in name:
            continue
        slat = d.get("slat_ns") or {}
        if slat.get("min"):
            out[direction, "slat min"] = slat["min"]
        if bound or batch:
            out[direction, "time"] = 1e9 / d["iops"]
            out[direction, "slat"] = slat.get("mean", 0)
        if one and bound or re.search(r"E1b?-.*(bio|mq)-N\d+$", name):
            out[direction, "clat"] = d["clat_ns"]["mean"]
    if "hst" in name and ("qd1" in name or "hw1" in name):
        status = observed.get("status_at_end") or ""
        found = re.findall(r" A \d+ (\d{5,}) ", status)
        out.update({("hst", n): int(v) / 1024 for n, v in enumerate(found)})
    for device, text in (observed.get("blkparse") or {}).items():
        lines = text if isinstance(text, list) else text.splitlines()
        events = [(float(m[1]) * 1e9, m[2]) for m in map(EVENT.match, lines) if m]
        spans = defaultdict(list)
        for (t0, a), (t1, b) in zip(events, events[1:]):
            spans[a + b].append(t1 - t0)
        for pair, times in spans.items():
            span = statistics.median(times)
            if len(times) >= 3 and span < 60_000:
                out[device, pair] = span
    return out


def allowed(case, key, value):
    """How far off a figure may well be."""
    if key[1] == "slat min":
        return 80 + 0.008 * value
    if key[1] == "time":
        return 0.004 * value + 250
    if key[1] == "clat":
        return 1_500 if case["id"].startswith("E1") else 60
    if key[1] == "slat":
        return 0.01 * value + 1
    return 80 if key[0] == "hst" else 60 + 0.01 * value


class Simulator:
    """`lab_figures`, which simulates all cases under given costs."""

    def __init__(self, files):
        binary = os.environ.get("LAB_FIGURES", ROOT / "target/release/examples/lab_figures")
        self.run = subprocess.Popen([binary, *files], text=True, stdin=subprocess.PIPE,
                                    stdout=subprocess.PIPE)

    def __call__(self, costs):
        print(" ".join(f"{n}={v}" for n, v in costs.items()), file=self.run.stdin, flush=True)
        return json.loads(self.run.stdout.readline())


def changed(costs, names):
    """Other costs: some time moved from one to another, or one that grows."""
    new = dict(costs)
    if random.random() < 0.5:
        a, b = random.sample(names, 2)
        span = int(random.gauss(0, 120)) or 10
        new[a], new[b] = max(20, new[a] + span), max(20, new[b] - span)
    else:
        a = random.choice(names)
        new[a] = max(20, int(new[a] * math.exp(random.gauss(0, 0.12))) + random.choice((-10, 10)))
    return new


def write(costs):
    text = COSTS.read_text()
    COSTS.write_text(
        LINE.sub(lambda m: m[0].replace(f" {m[2]},", f" {costs[m[1]]:_},"), text))


def main():
    words = [w for w in sys.argv[1:] if not w.startswith("--")]
    folders = ("merge", "balance", "realistic", "trace")
    files = sorted(f for d in folders for f in Path(words[0]).glob(f"{d}/*.json"))
    cases = [json.loads(f.read_text()) for f in files]
    theirs = []
    for case in cases:
        first = figures(case, case["observed"])
        second = figures(case, case.get("observed_again", case["observed"]))
        theirs.append({k: (v + second.get(k, v)) / 2 for k, v in first.items()})
    simulate = Simulator(files)
    costs = {n: int(v.replace("_", "")) for n, v in LINE.findall(COSTS.read_text())}
    names = [n for n in costs if n not in FIXED]

    def distance(costs):
        total = 0
        for case, kernel, ours in zip(cases, theirs, simulate(costs)):
            mine = figures(case, ours) if ours else {}
            for key, value in kernel.items():
                off = abs(mine[key] - value) if key in mine else math.inf
                total += min(MOST, off / allowed(case, key, value))
        return total

    best = distance(costs)
    end = time.time() + 60 * float(words[1] if len(words) > 1 else 10)
    print(f"{sum(map(len, theirs))} figures, distance {best:.0f}", flush=True)
    while time.time() < end:
        tried = changed(costs, names)
        new = distance(tried)
        if new < best:
            costs, best = tried, new
            print(f"{best:.0f}", flush=True)
            if "--write" in sys.argv:
                write(costs)
    for name in names:
        print(name, costs[name])


main()
