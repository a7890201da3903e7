#!/usr/bin/env python3
"""Calls of kernel functions, with their arguments, on the rebuilt machine.

Runs an observation's experiment under the plugin calls.c and prints each call of the
functions named, from the first io_submit on of the run that is reported: ns since then
without those that the CPU slept, the function, its first four arguments. In which order
paths are chosen and I/O ends, for example:

    scripts/lab/calls.py OBSERVATION hst_start_io hst_end_io
"""

import argparse
import array
import sys
import tempfile
from pathlib import Path

import experiment
import machine

# The functions of modules: the kernel's own map has only what is built in.
SYMBOLS = machine.section("symbols", r"grep ' [tT] .*\[' /proc/kallsyms")
FIRST = "__x64_sys_io_submit"


def addresses(case, names):
    """Where the functions are; modules lie at the same place in each boot."""
    setting_up = [*experiment.make_devices(case), SYMBOLS]
    lines = (machine.LAB / "System.map").read_text(encoding="utf-8").splitlines()
    lines += machine.boot("\n".join(setting_up), "nokaslr")["symbols"].splitlines()
    found = {name: int(at, 16) for at, _, name, *_ in map(str.split, lines) if name in names}
    if missing := set(names) - set(found):
        raise machine.Failed(f"no function {', '.join(sorted(missing))}")
    return found


def calls(case, names):
    """Each call: name, ns, four arguments."""
    found = addresses(case, [experiment.MARK, FIRST, *names])
    script = experiment.script(case, experiment.traced(case))
    with tempfile.NamedTemporaryFile() as log:
        at = ",".join(f"at={address:x}" for address in found.values())
        plugin = f"{machine.LAB.resolve()}/calls.so,out={log.name},{at}"
        machine.boot(script, "nokaslr", ["-plugin", plugin])
        numbers = array.array("Q", Path(log.name).read_bytes())
    names_at = {address: name for name, address in found.items()}
    marked = False
    for i in range(0, len(numbers), 6):
        name = names_at[numbers[i]]
        if marked:
            yield name, numbers[i + 1], tuple(numbers[i + 2:i + 6])
        marked |= name == experiment.MARK


def main():
    """Prints the calls of one experiment."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("observation", help="file of the format kernel-observation/1")
    parser.add_argument("functions", nargs="+", metavar="FUNCTION")
    args = parser.parse_args()
    case = experiment.read(args.observation)
    if why := experiment.why_not(case):
        sys.exit(f"{args.observation}: cannot be repeated here: {why}")
    begin = None
    try:
        for name, time, arguments in calls(case, args.functions):
            if name == FIRST and begin is None:
                begin = time
            if begin is not None and (name != FIRST or FIRST in args.functions):
                print(f"{time - begin:10} {name}", *(f"{argument:x}" for argument in arguments))
    except machine.Failed as why:
        sys.exit(f"the machine failed:\n{why}")


if __name__ == "__main__":
    main()
