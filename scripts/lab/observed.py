"""What a run told, in the shape of `observed` of the format kernel-observation/1."""

import json
import re

from experiment import HISTOGRAMS

# /sys/block/*/stat; what is None is not in the format.
COUNTERS = ["read_ios", "read_merges", "read_sectors", "read_ticks_ms",
            "write_ios", "write_merges", "write_sectors", "write_ticks_ms",
            None, "io_ticks_ms", "time_in_queue_ms", None, None, None, None, "flush_ios", None]
PERCENTILES = ["1.000000", "50.000000", "90.000000", "99.000000", "99.900000"]


def counters(text):
    """The numbers of each device."""
    lines = [line.split() for line in text.splitlines()]
    return {name: [int(n) for n in numbers] for name, *numbers in lines}


def moved(report):
    """How much the counters of each device went up."""
    before, after = counters(report["before"]), counters(report["after"])
    out = {}
    for device, numbers in after.items():
        rows = zip(COUNTERS, numbers, before[device])
        out[device] = {name: b - a for name, b, a in rows if name and b != a}
    return out


def device_numbers(report):
    """Name of each device, by the number that histograms have."""
    found = re.findall(r"(\S+) (\d+):(\d+)", report["numbers"])
    return {int(major) << 20 | int(minor): name for name, major, minor in found}


def histograms(report):
    """Requests by size, and what was counted for each device."""
    names, out = device_numbers(report), {}
    for _, _, member in HISTOGRAMS:
        if member not in report:
            continue
        found = re.findall(r"\{ dev: +(\d+)(.*?)\} hitcount: +(\d+)", report[member])
        entries = [(names.get(int(dev), dev), keys, int(hits)) for dev, keys, hits in found]
        if member == "requests_issued":
            out[member] = [issued(*entry) for entry in entries]
            continue
        for device, _, hits in entries:
            each = out.setdefault(member, {})
            each[device] = each.get(device, 0) + hits
    return out


def issued(device, keys, count):
    """One kind of request."""
    sectors, rwbs = re.search(r"nr_sector: +(\d+), rwbs: (\S+)", keys).groups()
    return {"device": device, "sectors": int(sectors), "rwbs": rwbs, "count": count}


def direction(figures):
    """One direction of a fio job."""
    out = {name: figures[name] for name in ("total_ios", "io_bytes", "bw_bytes", "iops")}
    for latency in ("slat_ns", "clat_ns", "lat_ns"):
        out[latency] = {name: figures[latency][name] for name in ("min", "max", "mean", "stddev")}
    percentiles = figures["clat_ns"].get("percentile", {})
    out["clat_ns"]["percentile"] = {p: percentiles[p] for p in PERCENTILES if p in percentiles}
    return out


def job(figures):
    """One fio job."""
    out = {
        "job": figures["jobname"],
        "error": figures["error"],
        "runtime_ms": figures["job_runtime"],
        "total_err": figures.get("total_err", 0),
        "first_error": figures.get("first_error", 0),
    }
    ran = [way for way in ("read", "write") if figures[way]["total_ios"]]
    return out | {way: direction(figures[way]) for way in ran}


def observed(report):
    """The whole of it."""
    text = report["fio"]
    fio = json.loads(text[text.index("{"):])
    jobs = [job(figures) for figures in fio["jobs"]]
    return {"devices": moved(report), **histograms(report), "fio": jobs}
