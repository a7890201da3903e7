"""An observation's experiment, as a shell script for the rebuilt machine."""

import json
import re

from machine import section

EVENTS = "/sys/kernel/tracing/events/block"
# The histograms that ran with the observations, in this order: each event costs
# about a microsecond, so they belong to the machine. Event, its key, and the member
# of the observation that is made of it.
HISTOGRAMS = [
    ("block_rq_issue", "dev,nr_sector,rwbs", "requests_issued"),
    ("block_bio_backmerge", "dev,comm", "bios_back_merged"),
    ("block_bio_frontmerge", "dev,comm", "bios_front_merged"),
    ("block_rq_insert", "dev,comm", "requests_inserted"),
    ("block_rq_merge", "dev,comm", "requests_merged"),
    ("block_rq_requeue", "dev", "requests_requeued"),
    ("block_split", "dev,comm", "bios_split"),
    ("block_plug", "comm", None),
    ("block_unplug", "comm,nr_rq", None),
]
# Function that is called once, by `hostname`: before the run that is reported.
MARK = "__x64_sys_sethostname"
# What the scripts of this folder do not do.
LEFT_OUT = ["actions", "reload", "messages", "messages_before_start", "module_parameters",
            "set_up", "offsets_read", "offsets_written"]


def read(path):
    """The observation in a file."""
    with open(path, encoding="utf-8") as file:
        return json.load(file)


def why_not(case):
    """Why this experiment cannot be repeated here; None if it can."""
    if not isinstance(case, dict) or "fio_job" not in case:
        return "it has no fio job"
    if case["paths"]["kind"] != "null_blk":
        return "its paths are not null_blk"
    if case["cpus"] != 1:
        return "it ran on several CPUs, which do not count instructions"
    if case["group"] == "trace":
        return "blktrace ran beside it"
    if "read_iolog" in case["fio_job"]:
        return "its iolog is not at hand"
    return next((f"it has {name}" for name in LEFT_OUT if case.get(name)), None)


def traced(case):
    """Whether the histograms ran with it."""
    return "without the tracing" not in case.get("note", "")


def devices(case):
    """Names of its devices."""
    paths = [f"p{i}" for i in range(case["paths"]["n"])]
    return ["dm-0", *paths] if case.get("table") else paths


def completion_ns(case):
    """The latency of each path."""
    paths = case["paths"]
    per = paths.get("per") or [{}] * paths["n"]
    return [{**paths["common"], **one}["completion_nsec"] for one in per]


def make_devices(case):
    """Commands that make the paths and the map above them."""
    paths, lines = case["paths"], []
    per = paths.get("per") or [{}] * paths["n"]
    for i in range(paths["n"]):
        folder = f"/sys/kernel/config/nullb/p{i}"
        lines.append(f"mkdir {folder}")
        settings = {**paths["common"], **per[i], "power": 1}
        lines += [f"echo {value} > {folder}/{name}" for name, value in settings.items()]
    for name, value in (case.get("path_queue") or {}).items():
        lines += [f"echo {value} > /sys/block/p{i}/queue/{name}" for i in range(paths["n"])]
    if case.get("table"):
        table = re.sub(r"\bp(\d+)\b", r"/dev/p\1", case["table"])
        lines.append(f'dmsetup create mp --noudevrules --noudevsync --table "{table}"')
        lines += [f"echo {value} > /sys/block/dm-0/queue/{name}"
                  for name, value in (case.get("dm_queue") or {}).items()]
        lines.append("dmsetup mknodes")
    return lines


def remove_devices(case):
    """Commands that undo `make_devices`."""
    folders = [f"/sys/kernel/config/nullb/p{i}" for i in range(case["paths"]["n"])]
    map_first = ["dmsetup remove --noudevrules --noudevsync mp"] if case.get("table") else []
    return map_first + [f"echo 0 > {folder}/power; rmdir {folder}" for folder in folders]


def triggers(histograms, remove=""):
    """Commands that set the histograms, or remove them ("!")."""
    return [f"echo '{remove}hist:keys={keys}' > {EVENTS}/{event}/trigger"
            for event, keys, _ in histograms]


def script(case, tracing, phase=0, last=()):
    """Makes the devices, runs fio, reports counters, histograms and fio's figures.

    All of it is done twice and the second run reported: the observations, too, were not
    the first that their machine did. Until caches of the kernel have once been filled, an
    I/O takes 2 us longer. `phase` moves the start by that many times 1.3 ms against the
    ticks of the kernel; no two boots are quite the same even so. `last`: lines to run at
    the end.
    """
    names = devices(case)
    counters = [f"echo {name} $(cat /sys/block/{name}/stat)" for name in names]
    histograms = HISTOGRAMS if tracing else []
    fio = "fio --output-format=json --output=fio.json job"
    set_up = [*make_devices(case), *triggers(histograms)]
    lines = [f"cat > job <<'JOB'\n{case['fio_job']}JOB"]
    lines += [*set_up, fio, *triggers(histograms, "!"), *remove_devices(case)]
    lines += [*set_up, section("before", *counters)]
    if phase:
        lines.append(f"sleep {phase * 0.0013:.4f}")
    lines += [
        "hostname measured",  # MARK: what plugins are to log begins
        fio,
        section("after", *counters),
        section("numbers", *(f"echo {name} $(cat /sys/block/{name}/dev)" for name in names)),
        *(section(member, f"cat {EVENTS}/{event}/hist")
          for event, _, member in histograms if member),
        section("fio", "cat fio.json"),
        *last,
    ]
    return "\n".join(lines)
