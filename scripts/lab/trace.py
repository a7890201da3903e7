#!/usr/bin/env python3
"""Spans between kernel functions, on the rebuilt machine.

Runs an observation's experiment under the plugin trace.c, which logs every block of
instructions between two hits of a function: by default from the 200th to the 203rd
io_submit of the run that is reported. Prints when each function of functions.txt was
entered, ns from the first hit, and the span until the next; `user` is a return to
fio, `clock` its reading the clock. Time is instructions here: that of a CPU which
sleeps is not in it. Blocks that a page fault cuts short count in full; all other
spans are exact.

    scripts/lab/trace.py tests/ground-truth/balance/E2-cpucost-1path-bio-randread-d4-qd1.json
"""

import argparse
import array
import re
import statistics
import sys
import tempfile
from bisect import bisect_right
from pathlib import Path

import experiment
import machine

FUNCTIONS = Path(__file__).with_name("functions.txt")
READ_CLOCK = 1  # as in trace.c
KERNEL_HALF = 1 << 63
# The functions of modules: the kernel's own map has only what is built in.
MODULES = machine.section("symbols", r"grep ' [tT] .*\[' /proc/kallsyms")


def named(path):
    """The functions of a list."""
    lines = Path(path).read_text(encoding="utf-8").splitlines()
    return {name for line in lines if not line.startswith("#") for name in line.split()}


def built_in():
    """Address and name of the kernel's own functions."""
    text = (machine.LAB / "System.map").read_text(encoding="utf-8")
    found = re.findall(r"^(\w+) [tTwW] (\S+)$", text, flags=re.M)
    return [(int(address, 16), name) for address, name in found]


def in_modules(report):
    """Address and name of the modules' functions."""
    found = re.findall(r"^(\w+) [tT] (\S+)", report["symbols"], flags=re.M)
    return [(int(address, 16), name) for address, name in found]


def run(case, tracing, at, first, last):
    """Traces the experiment: address and time of each block, and all functions."""
    functions = built_in()
    address = {name: a for a, name in reversed(functions)}
    if at not in address:
        sys.exit(f"{at}: no function that is built into the kernel")
    script = experiment.script(case, tracing, last=[MODULES])
    with tempfile.NamedTemporaryFile() as log:
        plugin = f"{machine.LAB.resolve()}/trace.so,out={log.name}," \
                 f"mark={address[experiment.MARK]:x},at={address[at]:x}," \
                 f"first={first},last={last}"
        report = machine.boot(script, "nokaslr", ["-plugin", plugin])
        numbers = array.array("Q", Path(log.name).read_bytes())
    if not numbers:
        sys.exit(f"{at} was not entered {first} times")
    return list(zip(numbers[::2], numbers[1::2])), functions + in_modules(report)


def entries(blocks, functions, wanted):
    """When functions were entered: time and name.

    Where several have one address, one that is wanted is taken.
    """
    at = {address: name for address, name in functions if wanted is None or name in wanted}
    in_user = False
    for address, time in blocks:
        if address == READ_CLOCK:
            if in_user:
                yield time, "clock"
        elif address < KERNEL_HALF:
            if not in_user:
                yield time, "user"
            in_user = True
        else:
            in_user = False
            if address in at:
                yield time, at[address]


def stays(blocks, functions):
    """Every stay in a function, also after the return of one that it called."""
    functions = sorted(functions)
    addresses = [address for address, _ in functions]
    before = None
    for address, time in blocks:
        if address == READ_CLOCK:
            continue
        index = bisect_right(addresses, address) - 1
        entered = index >= 0 and addresses[index] == address
        name = functions[index][1] if address >= KERNEL_HALF else "user"
        if name != before or entered:
            yield time, name if entered or name == "user" else f"  in {name}"
        before = name


def sequence(events):
    """Prints one after the other."""
    begin = events[0][0]
    for (time, name), (until, _) in zip(events, events[1:]):
        print(f"{time - begin:9} {until - time:+8}  {name}")


def pairs(events):
    """Prints how long it takes from each function to the next, the most frequent first."""
    spans = {}
    for (time, name), (until, following) in zip(events, events[1:]):
        spans.setdefault((name, following), []).append(until - time)
    print("  times    least   median     most")
    for (name, following), all_of in sorted(spans.items(), key=lambda item: -len(item[1])):
        middle = statistics.median_low(all_of)
        print(f"{len(all_of):7} {min(all_of):8} {middle:8} {max(all_of):8}  {name} -> {following}")


def main():
    """Traces a window of one experiment."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("observation", help="file of the format kernel-observation/1")
    parser.add_argument("--at", default="__x64_sys_io_submit", metavar="FUNCTION",
                        help="whose hits are counted; it has to be built in")
    parser.add_argument("--first", type=int, default=200, metavar="N", help="hit to begin at")
    parser.add_argument("--last", type=int, default=203, metavar="N", help="hit to end at")
    parser.add_argument("--functions", default=FUNCTIONS, metavar="FILE",
                        help="names of functions, instead of functions.txt")
    parser.add_argument("--stays", action="store_true",
                        help="every function, and every return to one")
    parser.add_argument("--pairs", action="store_true", help="a line for each pair of functions")
    parser.add_argument("--no-tracing", action="store_true",
                        help="without the trace events that ran with most observations")
    args = parser.parse_args()
    case = experiment.read(args.observation)
    if why := experiment.why_not(case):
        sys.exit(f"{args.observation}: cannot be repeated here: {why}")
    tracing = experiment.traced(case) and not args.no_tracing
    try:
        blocks, functions = run(case, tracing, args.at, args.first, args.last)
    except machine.Failed as why:
        sys.exit(f"the machine failed:\n{why}")
    if args.stays:
        events = list(stays(blocks, functions))
    else:
        events = list(entries(blocks, functions, named(args.functions)))
    (pairs if args.pairs else sequence)(events)


if __name__ == "__main__":
    main()
