#!/usr/bin/env python3
"""Calls of kernel functions, with their arguments, on the rebuilt machine.

Runs an observation's experiment under the plugin calls.c and prints each call of the
functions named, from the first io_submit on of the run that is reported: ns since then,
the function, its first four arguments. In which order paths are chosen and I/O ends,
and when, beside the ticks:

    scripts/lab/calls.py OBSERVATION hst_start_io hst_end_io tick_sched_timer

The plugin counts instructions, and a CPU that sleeps executes none. But whatever ends
its sleep is a timer, and the kernel hands its clock to the function that runs timers.
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
# Its second argument is the kernel's clock, read a moment before.
CLOCK = "__hrtimer_run_queues"


def addresses(case, names):
    """Where the functions are; modules lie at the same place in each boot."""
    setting_up = [*experiment.make_devices(case), SYMBOLS]
    lines = (machine.LAB / "System.map").read_text(encoding="utf-8").splitlines()
    lines += machine.boot("\n".join(setting_up), "nokaslr")["symbols"].splitlines()
    found = {name: int(at, 16) for at, _, name, *_ in map(str.split, lines) if name in names}
    if missing := set(names) - set(found):
        raise machine.Failed(f"no function {', '.join(sorted(missing))}")
    return found


def calls(case, names, phase=0):
    """Each call: name, ns by the kernel's clock, four arguments."""
    found = addresses(case, [experiment.MARK, FIRST, CLOCK, *names])
    script = experiment.script(case, experiment.traced(case), phase)
    with tempfile.NamedTemporaryFile() as log:
        at = ",".join(f"at={address:x}" for address in found.values())
        plugin = f"{machine.LAB.resolve()}/calls.so,out={log.name},{at}"
        machine.boot(script, "nokaslr", ["-plugin", plugin])
        numbers = array.array("Q", Path(log.name).read_bytes())
    names_at = {address: name for name, address in found.items()}
    marked, ahead = False, 0
    for i in range(0, len(numbers), 6):
        name, count, arguments = names_at[numbers[i]], numbers[i + 1], numbers[i + 2:i + 6]
        if name == CLOCK:
            ahead = arguments[1] - count
        if marked:
            yield name, count + ahead, tuple(arguments)
        marked |= name == experiment.MARK


def main():
    """Prints the calls of one experiment."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("observation", help="file of the format kernel-observation/1")
    parser.add_argument("functions", nargs="+", metavar="FUNCTION")
    parser.add_argument("--phase", type=int, default=0, metavar="N",
                        help="another phase of the kernel's ticks")
    args = parser.parse_args()
    case = experiment.read(args.observation)
    if why := experiment.why_not(case):
        sys.exit(f"{args.observation}: cannot be repeated here: {why}")
    begin = None
    try:
        for name, time, arguments in calls(case, args.functions, args.phase):
            if name == FIRST and begin is None:
                begin = time
            if begin is not None and name in args.functions:
                print(f"{time - begin:10} {name}", *(f"{argument:x}" for argument in arguments))
    except machine.Failed as why:
        sys.exit(f"the machine failed:\n{why}")


if __name__ == "__main__":
    main()
