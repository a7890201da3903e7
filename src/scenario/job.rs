//! The text of a fio job file: made from fields, or as it stands.

use std::fmt::Write as _;
use std::ops::Range;

use super::at::At;
use super::raw::{Arrivals, RawJob, RawOpen};
use super::table::device_name;
use super::units::{Int, Time};

/// Keys that are on or off.
pub(super) const SWITCHES: [&str; 10] = [
    "direct",
    "time_based",
    "group_reporting",
    "norandommap",
    "randrepeat",
    "invalidate",
    "fadvise_hint",
    "thread",
    "end_fsync",
    "replay_no_stall",
];

/// Job sections from fields, over `filename` where a job names none.
pub fn from_fields(jobs: &[At<RawJob>], filename: &str) -> String {
    let mut text = String::new();
    for (index, job) in jobs.iter().enumerate() {
        let name = job.name.as_ref().map(|name| name.value.clone());
        section(&mut text, &name.unwrap_or_else(|| format!("job{index}")));
        let given = job.given();
        let defaults = [
            ("filename", filename),
            ("ioengine", "libaio"),
            ("direct", "1"),
            ("invalidate", "0"),
            ("thread", "1"),
        ];
        for (key, value) in defaults {
            if !given.iter().any(|(other, _)| *other == key) {
                line(&mut text, key, value);
            }
        }
        for (key, value) in given {
            line(&mut text, key, &value.value);
        }
    }
    text
}

/// Job sections that arrive without waiting for completions, over `filename`.
///
/// A burst of n is n clones that keep the same pace: sequential ones take
/// turns over one contiguous stream.
pub fn from_open(jobs: &[At<RawOpen>], filename: &str) -> String {
    let mut text = String::new();
    for (index, job) in jobs.iter().enumerate() {
        let name = job.name.as_ref().map(|name| name.value.clone());
        section(&mut text, &name.unwrap_or_else(|| format!("open{index}")));
        open_section(&mut text, job, filename);
    }
    text
}

fn open_section(text: &mut String, job: &RawOpen, filename: &str) {
    let bs = job.bs.as_deref().unwrap_or("4k");
    let arrivals = job.arrivals.unwrap_or_default();
    let clones = match arrivals {
        Arrivals::Bursts => job.burst.as_ref().map_or(8, |burst| burst.get()),
        _ => 1,
    };
    let process = match arrivals {
        Arrivals::Poisson => "poisson",
        Arrivals::Constant | Arrivals::Bursts => "linear",
    };
    let outstanding = job.outstanding.map_or(256, Int::get);
    for (key, value) in [
        ("filename", filename),
        ("ioengine", "libaio"),
        ("direct", "1"),
        ("invalidate", "0"),
        ("thread", "1"),
        ("norandommap", "1"),
        ("time_based", "1"),
        ("io_submit_mode", "offload"),
        ("bs", bs),
        ("rate_process", process),
    ] {
        line(text, key, value);
    }
    line(text, "iodepth", outstanding.div_ceil(clones));
    line(text, "rate_iops", job.rate_iops.get().div_ceil(clones));
    let runtime = job.runtime.as_ref().map_or(1, |time| time.0 / SECOND);
    line(text, "runtime", runtime);
    if clones > 1 {
        line(text, "numjobs", clones);
        line(text, "group_reporting", 1);
    }
    match fio_bytes(bs) {
        Some(bytes) if clones > 1 && !job.rw.starts_with("rand") => {
            line(
                text,
                "rw",
                format_args!("{}:{}", job.rw, bytes * (clones - 1)),
            );
            line(text, "offset_increment", bytes);
        }
        _ => line(text, "rw", &job.rw),
    }
    if let Some(mix) = job.rwmixread {
        line(text, "rwmixread", mix.get());
    }
    if let Some(size) = &job.size {
        line(text, "size", size);
    }
    if let Some(seed) = job.randseed {
        line(text, "randseed", seed.get());
    }
}

/// Whole seconds are what fio's `runtime` counts.
pub(super) const SECOND: u64 = 1_000_000_000;

/// Whether `time` is in whole seconds.
pub(super) fn is_whole_seconds<const MIN: u64, const MAX: u64>(time: Time<MIN, MAX>) -> bool {
    time.0.is_multiple_of(SECOND)
}

/// Bytes of a size as fio writes it: `4k`, `64m`, `512`.
fn fio_bytes(text: &str) -> Option<u64> {
    let digits = text.trim_end_matches(|c: char| c.is_ascii_alphabetic());
    let shift = match text[digits.len()..].to_ascii_lowercase().as_str() {
        "" | "b" => 0,
        "k" | "kb" | "kib" => 10,
        "m" | "mb" | "mib" => 20,
        "g" | "gb" | "gib" => 30,
        _ => return None,
    };
    digits.parse::<u64>().ok()?.checked_mul(1 << shift)
}

fn section(text: &mut String, name: &str) {
    // Writing to a String cannot fail.
    let _ = writeln!(text, "[{name}]");
}

fn line(text: &mut String, key: &str, value: impl std::fmt::Display) {
    let _ = writeln!(text, "{key}={value}");
}

/// The values of all `filename` keys, and where they stand.
pub fn filenames(text: &str) -> Vec<(Range<usize>, &str)> {
    let mut found = Vec::new();
    let mut at = 0;
    for line in text.split_inclusive('\n') {
        if let Some((key, value)) = line.split_once('=')
            && key.trim() == "filename"
        {
            let value = value.trim();
            let start = at + (value.as_ptr() as usize - line.as_ptr() as usize);
            found.push((start..start + value.len(), value));
        }
        at += line.len();
    }
    found
}

/// `text` as it stands if it names a device, else over `filename`.
pub fn with_default_filename(text: &str, filename: &str) -> String {
    if filenames(text).is_empty() && !text.contains("read_iolog") {
        return format!("[global]\nfilename={filename}\n{text}");
    }
    text.to_owned()
}

/// `text` over `device` wherever it ran on the map `map`; none if it runs on
/// anything else.
pub fn retarget(text: &str, map: &str, device: &str) -> Option<String> {
    let names = filenames(text);
    if names.is_empty() || names.iter().any(|(_, name)| device_name(name) != map) {
        return None;
    }
    let mut out = text.to_owned();
    for (span, _) in names.into_iter().rev() {
        out.replace_range(span, &format!("/dev/{device}"));
    }
    Some(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_job_is_moved_to_another_device() {
        let text = "[a]\nfilename = /dev/mapper/mp\nbs=4k\n[b]\nfilename=/dev/mapper/mp\n";
        let moved = retarget(text, "mp", "sda").unwrap();
        assert_eq!(
            moved,
            "[a]\nfilename = /dev/sda\nbs=4k\n[b]\nfilename=/dev/sda\n"
        );
        assert_eq!(retarget(text, "other", "sda"), None);
        assert_eq!(retarget("[a]\nbs=4k\n", "mp", "sda"), None);
    }

    #[test]
    fn a_job_without_a_device_runs_on_the_map() {
        let text = with_default_filename("[a]\nbs=4k\n", "/dev/mapper/mp");
        assert_eq!(text, "[global]\nfilename=/dev/mapper/mp\n[a]\nbs=4k\n");
        assert_eq!(with_default_filename(&text, "/dev/x"), text);
    }

    #[test]
    fn a_sequential_burst_is_one_stream() {
        let open: RawOpen =
            toml::from_str("rw = \"write\"\nrate_iops = 1000\narrivals = \"bursts\"\nburst = 4")
                .unwrap();
        let text = from_open(
            &[At {
                value: open,
                span: 0..0,
            }],
            "/dev/mapper/mp",
        );
        for line in [
            "numjobs=4",
            "rate_iops=250",
            "rw=write:12288",
            "offset_increment=4096",
        ] {
            assert!(text.lines().any(|l| l == line), "{line} in\n{text}");
        }
    }
}
