//! The options that the model reads.

use super::super::draft::Draft;
use super::super::values::{self, Res, bad, bad_hint, not_modelled};
use crate::models::workload::fio::spec::{
    BsSplit, ContinueOnError, Dir, Distribution, Engine, Generator, Pattern, PerDir, RateProcess,
    RwSequencer, SubmitMode, ThinktimeBlocksType,
};
use crate::sim::Ns;

/// How an option is applied.
pub(super) struct Setter {
    name: &'static str,
    /// Whether it may stand without a value.
    pub bare: bool,
    pub apply: fn(&mut Draft, &str) -> Res<()>,
}

/// The setter of an option.
pub(super) fn find(name: &str) -> Option<&'static Setter> {
    SETTERS.iter().find(|s| s.name == name)
}

/// The names of all of them.
pub(super) fn names() -> impl Iterator<Item = &'static str> {
    SETTERS.iter().map(|s| s.name)
}

const fn set(name: &'static str, apply: fn(&mut Draft, &str) -> Res<()>) -> Setter {
    Setter {
        name,
        bare: false,
        apply,
    }
}

const fn set_bare(name: &'static str, apply: fn(&mut Draft, &str) -> Res<()>) -> Setter {
    Setter {
        name,
        bare: true,
        apply,
    }
}

/// `|d, v| { d.<field> = <value>?; Ok(()) }`
macro_rules! to {
    ($($field:ident).+, $value:expr) => {
        |d, v| {
            let read: fn(&Draft, &str) -> Res<_> = $value;
            d.$($field).+ = read(d, v)?;
            Ok(())
        }
    };
}

fn flag(_: &Draft, v: &str) -> Res<bool> {
    values::flag(v)
}
fn seconds(_: &Draft, v: &str) -> Res<Ns> {
    values::time(v, true)
}
fn micros(_: &Draft, v: &str) -> Res<Ns> {
    values::time(v, false)
}
fn count(d: &Draft, v: &str) -> Res<u64> {
    values::int(v, d.kb_base, 0, u64::MAX >> 1)
}
fn count32(d: &Draft, v: &str) -> Res<u32> {
    values::int(v, d.kb_base, 0, u64::from(u32::MAX >> 1)).map(|n| n as u32)
}
fn depth(d: &Draft, v: &str) -> Res<u32> {
    values::int(v, d.kb_base, 1, 1 << 20).map(|n| n as u32)
}
fn percent(_: &Draft, v: &str) -> Res<u32> {
    values::int(v, 1024, 0, 100).map(|n| n as u32)
}
fn text(_: &Draft, v: &str) -> Res<String> {
    Ok(v.to_owned())
}
fn some_text(_: &Draft, v: &str) -> Res<Option<String>> {
    Ok(Some(v.to_owned()))
}

const SETTERS: &[Setter] = &[
    set("allrandrepeat", to!(allrandrepeat, flag)),
    set("ba", |d, v| {
        by_dir(d, v, |d, dir, n| d.align[dir] = Some(n))
    }),
    set("bs", |d, v| by_dir(d, v, |d, dir, n| d.bs[dir] = n)),
    set_bare("bs_is_seq_rand", to!(spec.bs_is_seq_rand, flag)),
    set_bare("bs_unaligned", to!(spec.bs_unaligned, flag)),
    set("bsrange", bsrange),
    set("bssplit", bssplit),
    set("buffered", |d, v| {
        d.spec.direct = !values::flag(v)?;
        Ok(())
    }),
    set("bwavgtime", to!(bwavgtime, |d, v| count(d, v).map(Some))),
    set("continue_on_error", continue_on_error),
    set("cpumask", cpumask),
    set("cpus_allowed", |d, v| {
        d.spec.cpus_allowed = Some(values::cpu_list(v)?);
        Ok(())
    }),
    set("cpus_allowed_policy", |d, v| {
        d.split_cpus = one_of(v, &[("shared", false), ("split", true)])?;
        Ok(())
    }),
    set("direct", to!(spec.direct, flag)),
    set("disable_bw_measurement", to!(disable_bw, flag)),
    set("disable_clat", to!(spec.disable_clat, flag)),
    set("disable_lat", to!(spec.disable_lat, flag)),
    set("disable_slat", to!(spec.disable_slat, flag)),
    set("end_fsync", to!(spec.end_fsync, flag)),
    set("fadvise_hint", fadvise_hint),
    set("fdatasync", to!(spec.fdatasync, count32)),
    set("filename", filename),
    set("fsync", to!(spec.fsync, count32)),
    set_bare("group_reporting", to!(spec.group_reporting, flag)),
    set_bare("gtod_reduce", |d, v| {
        if values::flag(v)? {
            d.spec.disable_lat = true;
            d.spec.disable_clat = true;
            d.spec.disable_slat = true;
            d.disable_bw = true;
        }
        Ok(())
    }),
    set("ignore_error", ignore_error),
    set("invalidate", to!(spec.invalidate, flag)),
    set("io_size", |d, v| {
        d.spec.io_size = Some(values::amount(v, d.kb_base)?);
        Ok(())
    }),
    set("io_submit_mode", |d, v| {
        let modes = [
            ("inline", SubmitMode::Inline),
            ("offload", SubmitMode::Offload),
        ];
        d.spec.submit_mode = one_of(v, &modes)?;
        Ok(())
    }),
    set("iodepth", to!(spec.iodepth, depth)),
    set("iodepth_batch", to!(batch_submit, count32)),
    set("iodepth_batch_complete_max", to!(complete_max, count32)),
    set(
        "iodepth_batch_complete_min",
        to!(spec.complete_min, count32),
    ),
    set("iodepth_low", to!(iodepth_low, count32)),
    set("ioengine", ioengine),
    set(
        "iopsavgtime",
        to!(iopsavgtime, |d, v| count(d, v).map(Some)),
    ),
    set("kb_base", |d, v| {
        d.kb_base = one_of(v, &[("1024", 1024), ("1000", 1000)])?;
        Ok(())
    }),
    set("log_avg_msec", to!(log_avg_msec, count)),
    set(
        "log_entries",
        to!(spec.log_entries, |d, v| {
            values::int(v, d.kb_base, 1024, 1 << 20)
        }),
    ),
    set(
        "loops",
        to!(spec.loops, |d, v| {
            values::int(v, d.kb_base, 0, u64::from(u32::MAX >> 1)).map(|n| n.max(1))
        }),
    ),
    set("name", |d, v| {
        d.spec.name = v.to_owned();
        d.named = true;
        Ok(())
    }),
    set("nice", |d, v| {
        match v.parse() {
            Ok(n) if (-20..=19).contains(&n) => d.spec.nice = n,
            _ => return bad(format!("`{v}` is not from -20 to 19")),
        }
        Ok(())
    }),
    set_bare("norandommap", to!(spec.norandommap, flag)),
    set("number_ios", to!(spec.number_ios, count)),
    set(
        "numjobs",
        to!(numjobs, |d, v| {
            values::int(v, d.kb_base, 1, 4096).map(|n| n as u32)
        }),
    ),
    set(
        "offset",
        to!(spec.offset, |d, v| values::amount(v, d.kb_base)),
    ),
    set(
        "offset_align",
        to!(spec.offset_align, |d, v| {
            values::size(v, d.kb_base).map(|n| (n > 0).then_some(n))
        }),
    ),
    set(
        "offset_increment",
        to!(spec.offset_increment, |d, v| {
            values::amount(v, d.kb_base)
        }),
    ),
    set("percentage_random", |d, v| {
        let shares = values::by_direction(v, |t| percent(d, t))?;
        for dir in Dir::ALL {
            if let Some(p) = shares[dir] {
                d.spec.percentage_random[dir] = p;
            }
        }
        Ok(())
    }),
    set(
        "prio",
        to!(spec.prio, |d, v| {
            values::int(v, d.kb_base, 0, 7).map(|n| n as u8)
        }),
    ),
    set(
        "prioclass",
        to!(spec.prio_class, |d, v| {
            values::int(v, d.kb_base, 0, 3).map(|n| n as u8)
        }),
    ),
    set("ramp_time", to!(spec.ramp_time, seconds)),
    set("random_distribution", random_distribution),
    set("random_generator", |d, v| {
        if v == "lfsr" {
            return not_modelled("tausworthe or tausworthe64");
        }
        let generators = [
            ("tausworthe", Generator::Tausworthe),
            ("tausworthe64", Generator::Tausworthe64),
        ];
        d.spec.generator = one_of(v, &generators)?;
        Ok(())
    }),
    set("randrepeat", to!(randrepeat, flag)),
    set(
        "randseed",
        to!(randseed, |d, v| values::size(v, d.kb_base).map(Some)),
    ),
    set("rate", |d, v| {
        by_dir(d, v, |d, dir, n| d.spec.rate[dir] = n)
    }),
    set("rate_iops", |d, v| {
        by_dir(d, v, |d, dir, n| d.spec.rate_iops[dir] = n)
    }),
    set("rate_process", |d, v| {
        let processes = [
            ("linear", RateProcess::Linear),
            ("poisson", RateProcess::Poisson),
        ];
        d.spec.rate_process = one_of(v, &processes)?;
        Ok(())
    }),
    set("read_iolog", to!(spec.read_iolog, some_text)),
    set("replay_no_stall", to!(spec.replay_no_stall, flag)),
    set("replay_redirect", to!(spec.replay_redirect, some_text)),
    set("runtime", |d, v| {
        let runtime = values::time(v, true)?;
        d.spec.runtime = (runtime > Ns::ZERO).then_some(runtime);
        Ok(())
    }),
    set("rw", rw),
    set("rw_sequencer", |d, v| {
        let sequencers = [
            ("sequential", RwSequencer::Sequential),
            ("identical", RwSequencer::Identical),
        ];
        d.spec.rw_sequencer = one_of(v, &sequencers)?;
        Ok(())
    }),
    set("rwmixread", to!(spec.rwmix_read, percent)),
    set(
        "rwmixwrite",
        to!(spec.rwmix_read, |d, v| percent(d, v).map(|p| 100 - p)),
    ),
    set("size", |d, v| {
        d.spec.size = Some(values::amount(v, d.kb_base)?);
        Ok(())
    }),
    set("startdelay", |d, v| {
        if v.contains('-') {
            return not_modelled("a single delay instead of a range");
        }
        d.spec.start_delay = values::time(v, true)?;
        Ok(())
    }),
    set("sync", |d, v| {
        let syncs = [
            ("none", false),
            ("0", false),
            ("sync", true),
            ("1", true),
            ("dsync", true),
        ];
        d.spec.sync = one_of(v, &syncs)?;
        Ok(())
    }),
    set("thinktime", to!(spec.thinktime, micros)),
    set(
        "thinktime_blocks",
        to!(spec.thinktime_blocks, |d, v| {
            count(d, v).map(|n| n.max(1))
        }),
    ),
    set("thinktime_blocks_type", |d, v| {
        let types = [
            ("complete", ThinktimeBlocksType::Complete),
            ("issue", ThinktimeBlocksType::Issue),
        ];
        d.spec.thinktime_blocks_type = one_of(v, &types)?;
        Ok(())
    }),
    set("thinktime_spin", to!(spec.thinktime_spin, micros)),
    set_bare("thread", to!(spec.thread, flag)),
    set_bare("time_based", to!(spec.time_based, flag)),
    set("write_bw_log", to!(spec.logs.bw, log_name)),
    set("write_iops_log", to!(spec.logs.iops, log_name)),
    set("write_lat_log", to!(spec.logs.lat, log_name)),
];

/// A log is written, whatever its name.
fn log_name(d: &Draft, v: &str) -> Res<bool> {
    text(d, v).map(|_| true)
}

/// One of the words of an option.
fn one_of<T: Copy>(v: &str, words: &[(&str, T)]) -> Res<T> {
    match words.iter().find(|(word, _)| *word == v) {
        Some((_, value)) => Ok(*value),
        None => {
            let known: Vec<&str> = words.iter().map(|(word, _)| *word).collect();
            bad_hint(format!("`{v}` is not a value of it"), known.join(", "))
        }
    }
}

/// A size for each direction.
fn by_dir(d: &mut Draft, v: &str, mut store: impl FnMut(&mut Draft, Dir, u64)) -> Res<()> {
    let sizes: PerDir<Option<u64>> = values::by_direction(v, |t| values::size(t, d.kb_base))?;
    for dir in Dir::ALL {
        if let Some(n) = sizes[dir] {
            store(d, dir, n);
        }
    }
    Ok(())
}

fn bsrange(d: &mut Draft, v: &str) -> Res<()> {
    let ranges = values::by_direction(v, |t| {
        let Some((a, b)) = t.split_once(['-', ':']) else {
            return bad_hint(format!("`{t}` is not a range"), "for example `1k-4k`");
        };
        let a = values::size(a.trim(), d.kb_base)?;
        let b = values::size(b.trim(), d.kb_base)?;
        Ok((a.min(b), a.max(b)))
    })?;
    for dir in Dir::ALL {
        if let Some(range) = ranges[dir] {
            d.range[dir] = Some(range);
            d.split[dir as usize] = Vec::new();
        }
    }
    Ok(())
}

/// `options.c:bssplit_ddir`: entries without a share divide the rest, then all
/// are sorted by share.
fn bssplit(d: &mut Draft, v: &str) -> Res<()> {
    let splits = values::by_direction(v, |t| {
        let mut entries: Vec<(u64, Option<u32>)> = Vec::new();
        for entry in t.split(':').filter(|e| !e.is_empty()) {
            let (bs, share) = match entry.split_once('/') {
                Some((bs, share)) => (bs, Some(share.trim()).filter(|s| !s.is_empty())),
                None => (entry, None),
            };
            let share = match share.map(str::parse::<u32>) {
                None | Some(Ok(0)) => None,
                Some(Ok(share)) => Some(share.min(100)),
                Some(Err(_)) => return bad(format!("`{entry}` has no percentage after `/`")),
            };
            entries.push((values::size(bs.trim(), d.kb_base)?, share));
        }
        let given: u32 = entries.iter().filter_map(|e| e.1).sum();
        let open = entries.iter().filter(|e| e.1.is_none()).count() as u32;
        if given > 100 && open > 1 {
            return bad(format!("percentages add up to {given}"));
        }
        let rest = match (entries.len(), open) {
            // fio gives a single size without share nothing, and takes it all
            // the same.
            (1, 1) => 0,
            _ => 100u32.saturating_sub(given) / open.max(1),
        };
        let mut split: Vec<BsSplit> = entries
            .iter()
            .map(|(bs, share)| BsSplit {
                bs: *bs,
                percent: share.unwrap_or(rest),
            })
            .collect();
        split.sort_by_key(|e| e.percent);
        Ok(split)
    })?;
    for (dir, split) in Dir::ALL.into_iter().zip(splits.0) {
        let Some(split) = split else { continue };
        let sizes = || split.iter().map(|e| e.bs);
        if let (Some(min), Some(max)) = (sizes().min(), sizes().max()) {
            d.range[dir] = Some((min, max));
            d.split[dir as usize] = split;
        }
    }
    Ok(())
}

fn rw(d: &mut Draft, v: &str) -> Res<()> {
    let (word, postfix) = match v.split_once(':') {
        Some((word, postfix)) => (word, Some(postfix.trim())),
        None => (v, None),
    };
    let pattern = |read, write, trim, random| Pattern {
        read,
        write,
        trim,
        random,
    };
    if ["trimwrite", "randtrimwrite"].contains(&word) {
        return not_modelled("read, write, trim and their random and mixed kinds are modelled");
    }
    let patterns = [
        ("read", pattern(true, false, false, false)),
        ("write", pattern(false, true, false, false)),
        ("trim", pattern(false, false, true, false)),
        ("randread", pattern(true, false, false, true)),
        ("randwrite", pattern(false, true, false, true)),
        ("randtrim", pattern(false, false, true, true)),
        ("rw", pattern(true, true, false, false)),
        ("readwrite", pattern(true, true, false, false)),
        ("randrw", pattern(true, true, false, true)),
    ];
    d.spec.pattern = one_of(word.trim_end(), &patterns)?;
    d.spec.seq_nr = 1;
    d.spec.seq_add = 0;
    match postfix {
        Some(n) if d.spec.pattern.random => {
            d.spec.seq_nr = values::int(n, d.kb_base, 1, u64::from(u32::MAX >> 1))? as u32;
        }
        Some(bytes) => d.spec.seq_add = values::signed_size(bytes, d.kb_base)?,
        None => {}
    }
    Ok(())
}

fn ioengine(d: &mut Draft, v: &str) -> Res<()> {
    d.spec.engine = match v {
        "libaio" => Engine::Libaio,
        "io_uring" => Engine::IoUring,
        "psync" | "sync" | "pvsync" | "pvsync2" => Engine::Psync,
        _ => return not_modelled("libaio, io_uring, psync and sync are modelled"),
    };
    Ok(())
}

/// Names are separated by `:`, unless that is escaped.
fn filename(d: &mut Draft, v: &str) -> Res<()> {
    let plain = v.replace("\\:", "\0");
    if plain.trim_end_matches(':').contains(':') {
        return not_modelled("one device a job");
    }
    d.spec.filename = Some(plain.trim_end_matches(':').replace('\0', ":"));
    Ok(())
}

fn fadvise_hint(d: &mut Draft, v: &str) -> Res<()> {
    if ["random", "sequential"].contains(&v) {
        return not_modelled("0 or 1");
    }
    d.spec.fadvise = values::flag(v)?;
    Ok(())
}

fn cpumask(d: &mut Draft, v: &str) -> Res<()> {
    let mask = values::size(v, 1024)?;
    d.spec.cpus_allowed = Some((0..64).filter(|cpu| mask >> cpu & 1 != 0).collect());
    Ok(())
}

fn continue_on_error(d: &mut Draft, v: &str) -> Res<()> {
    let on = |read, write, verify| ContinueOnError {
        read,
        write,
        verify,
    };
    let words = [
        ("none", on(false, false, false)),
        ("read", on(true, false, false)),
        ("write", on(false, true, false)),
        ("io", on(true, true, false)),
        ("verify", on(false, false, true)),
        ("all", on(true, true, true)),
        ("0", on(false, false, false)),
        ("1", on(true, true, true)),
    ];
    d.spec.continue_on_error = one_of(v, &words)?;
    Ok(())
}

/// Read, write and verify errors, separated by commas; each list by colons.
fn ignore_error(d: &mut Draft, v: &str) -> Res<()> {
    for (class, list) in v.split(',').enumerate() {
        let mut errors = Vec::new();
        for name in list.split(':').map(str::trim).filter(|n| !n.is_empty()) {
            errors.push(errno(name)?);
        }
        if errors.is_empty() {
            continue;
        }
        let on = &mut d.spec.continue_on_error;
        match class {
            0 => on.read = true,
            1 => on.write = true,
            2 => on.verify = true,
            _ => return bad("more than three lists: read, write and verify errors"),
        }
        d.spec.ignore_error[class] = errors;
    }
    Ok(())
}

/// The names that fio knows are the first 34, in order.
fn errno(name: &str) -> Res<i32> {
    const NAMES: [&str; 34] = [
        "EPERM", "ENOENT", "ESRCH", "EINTR", "EIO", "ENXIO", "E2BIG", "ENOEXEC", "EBADF", "ECHILD",
        "EAGAIN", "ENOMEM", "EACCES", "EFAULT", "ENOTBLK", "EBUSY", "EEXIST", "EXDEV", "ENODEV",
        "ENOTDIR", "EISDIR", "EINVAL", "ENFILE", "EMFILE", "ENOTTY", "ETXTBSY", "EFBIG", "ENOSPC",
        "ESPIPE", "EROFS", "EMLINK", "EPIPE", "EDOM", "ERANGE",
    ];
    if let Some(i) = NAMES.iter().position(|n| *n == name) {
        return Ok(i as i32 + 1);
    }
    match name.parse::<i32>() {
        Ok(n) if n != 0 && n != i32::MIN => Ok(n.abs()),
        _ => bad_hint(format!("`{name}` is not an error fio knows"), "its number"),
    }
}

fn random_distribution(d: &mut Draft, v: &str) -> Res<()> {
    let mut parts = v.split(':');
    let word = parts.next().unwrap_or("");
    let value = parts.next().map(values::fraction).transpose()?;
    let center = parts.next().map(values::fraction).transpose()?;
    if center.is_some_and(|c| !(0.0..=1.0).contains(&c)) {
        return bad("the centre is not from 0 to 1");
    }
    d.spec.distribution = match word {
        "random" => Distribution::Uniform,
        "zipf" => match value.unwrap_or(1.1) {
            1.0 => return bad("theta must not be 1"),
            theta => Distribution::Zipf(theta, center),
        },
        "pareto" => match value.unwrap_or(0.2) {
            h if h > 0.0 && h < 1.0 => Distribution::Pareto(h, center),
            _ => return bad("the power is not between 0 and 1"),
        },
        "normal" | "gauss" => match value.unwrap_or(0.0) {
            dev if (0.0..100.0).contains(&dev) => Distribution::Normal(dev, center),
            _ => return bad("the deviation is not from 0 to below 100"),
        },
        _ => return not_modelled("random, zipf, pareto and normal are modelled"),
    };
    Ok(())
}
