#!/usr/bin/env python3
"""Writes the validation table of README.md from a fresh `mpathsim validate`.

With --check nothing is written; the exit code is 1 if the table is stale.
"""

import json
import pathlib
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent
BEGIN = "<!-- validation: written by scripts/validation-table.py -->\n"
END = "<!-- end of validation -->"
WHAT = {
    "merge": "who merges what, where: plugs, schedulers, limits, buffered I/O",
    "balance": "shares, IOPS, latency over equal and unequal paths",
    "smp": "four CPUs: io-affinity, several jobs",
    "realistic": "devices of 50 µs to 1 ms, mixes, rates, flushes",
    "trace": "blktrace, event by event",
    "failover": "path errors, groups, suspend, reload",
    "interface": "tables, messages, status texts",
}


def cases():
    """The lines of `mpathsim validate`."""
    command = ["cargo", "run", "--release", "--locked", "--quiet", "--"]
    command += ["validate", "--json", "tests/ground-truth"]
    run = subprocess.run(command, cwd=ROOT, stdout=subprocess.PIPE, text=True, check=False)
    if run.returncode > 1:
        sys.exit(f"validate failed with exit code {run.returncode}")
    return [json.loads(line) for line in run.stdout.splitlines()]


def table(lines):
    """The table, a row a group."""
    rows = ["| what was observed | experiments | agree | of these exactly |", "|---|---|---|---|"]
    groups = {}
    for line in lines:
        groups.setdefault(line["group"], []).append(line)
    for group in sorted(groups, key=lambda g: (list(WHAT) + [g]).index(g)):
        of = groups[group]
        what = f"`{group}`: {WHAT[group]}" if group in WHAT else f"`{group}`"
        if all(line["ok"] is None for line in of):
            rows.append(f"| {what} | {len(of)} | not compared yet | |")
            continue
        agree = sum(line["ok"] is True for line in of)
        exact = sum(line["exact"] is True for line in of)
        rows.append(f"| {what} | {len(of)} | {agree} | {exact} |")
    return "\n".join(rows) + "\n"


def main():
    """Replaces the table between the two marks."""
    readme = ROOT / "README.md"
    old = readme.read_text(encoding="utf-8")
    before, rest = old.split(BEGIN)
    after = rest[rest.index(END):]
    new = before + BEGIN + table(cases()) + after
    if "--check" in sys.argv[1:]:
        sys.exit(0 if new == old else "the validation table of README.md is stale")
    readme.write_text(new, encoding="utf-8")


if __name__ == "__main__":
    main()
