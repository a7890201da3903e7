//! The options that the model reads.

use super::super::draft::Draft;
use super::super::values::{self, Res, bad, not_modelled};
use super::readers::*;
use crate::models::workload::fio::spec::{
    Dir, Generator, RateProcess, RwSequencer, SubmitMode, ThinktimeBlocksType,
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
