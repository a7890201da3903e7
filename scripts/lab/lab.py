#!/usr/bin/env python3
"""Repeats an observation's experiment on the rebuilt machine.

Prints fio's figures and the counters of the devices, those of the observation
first.

    scripts/lab/lab.py tests/ground-truth/balance/E2-cpucost-1path-bio-randread-d4-qd1.json
"""

import argparse
import sys

import experiment
import machine
from observed import observed


def figures(job):
    """One line of a job for each direction, latencies in ns."""
    for way in ("read", "write"):
        if way in job:
            ran = job[way]
            line = f"{job['job']} {way} {ran['total_ios']} I/Os, {ran['iops']:.1f} IOPS"
            for name, latency in (("slat", "slat_ns"), ("clat", "clat_ns")):
                if (of := ran.get(latency)) and of["max"]:
                    line += (f"; {name} min {of['min']} mean {of['mean']:.0f}"
                             f" sd {of['stddev']:.0f} max {of['max']}")
            yield line


def counts(devices):
    """I/Os and merges of each device."""
    words = []
    for name, of in devices.items():
        ios = of.get("read_ios", 0) + of.get("write_ios", 0)
        merges = of.get("read_merges", 0) + of.get("write_merges", 0)
        words.append(f"{name} {ios}" + (f" (+{merges} merged)" if merges else ""))
    return ", ".join(words)


def show(who, run):
    """Prints one run."""
    for job in run["fio"]:
        for line in figures(job):
            print(f"{who:12} {line}")
    print(f"{'':12} {counts(run['devices'])}", flush=True)


def main():
    """Runs one experiment, once or more."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("observation", help="file of the format kernel-observation/1")
    parser.add_argument("--no-tracing", action="store_true",
                        help="without the trace events that ran with most observations")
    parser.add_argument("--repeat", type=int, default=1, metavar="N",
                        help="N boots, at other phases of the kernel's ticks")
    args = parser.parse_args()
    case = experiment.read(args.observation)
    if why := experiment.why_not(case):
        sys.exit(f"{args.observation}: cannot be repeated here: {why}")
    show("observed", case["observed"])
    if again := case.get("observed_again"):
        show("again", again)
    tracing = experiment.traced(case) and not args.no_tracing
    for phase in range(args.repeat):
        try:
            report = machine.boot(experiment.script(case, tracing, phase))
        except machine.Failed as why:
            sys.exit(f"the machine failed:\n{why}")
        show(f"lab {phase + 1}", observed(report))


if __name__ == "__main__":
    main()
