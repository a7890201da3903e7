//! A section becomes threads (`init.c:fixup_options`, `add_job`, 3.33).

use super::JobFile;
use super::draft::Draft;
use super::error::{JobError, Warning};
use super::lines::Section;
use crate::models::workload::fio::seeds;
use crate::models::workload::fio::spec::{
    BlockSizes, Dir, Distribution, Engine, PerDir, SubmitMode, ThreadSpec,
};

/// Adds the threads of a section.
pub(super) fn expand(
    section: &Section<'_>,
    mut draft: Draft,
    index: u32,
    file: &mut JobFile,
) -> Result<(), JobError> {
    if !draft.named {
        draft.spec.name = section.name.to_owned();
    }
    draft.spec.section = index;
    for message in fix_up(section, &mut draft)? {
        file.warnings.push(Warning {
            at: section.at,
            message,
        });
    }
    let cpus = draft.spec.cpus_allowed.clone();
    for k in 0..draft.numjobs {
        let mut spec = draft.spec.clone();
        spec.thread_number = file.threads.len() as u32 + 1;
        spec.subjob_number = if k == 0 { 0 } else { draft.numjobs - k };
        seed(&mut spec, &draft, k > 0);
        if let (true, Some(cpus)) = (draft.split_cpus, &cpus) {
            let own = (spec.thread_number as usize - 1) % cpus.len();
            spec.cpus_allowed = Some(vec![cpus[own]]);
        }
        file.threads.push(spec);
    }
    Ok(())
}

/// Defaults that depend on other options; what to warn of.
fn fix_up(section: &Section<'_>, draft: &mut Draft) -> Result<Vec<String>, JobError> {
    let conflict = |why: &str| {
        Err(JobError::Conflict {
            at: section.at,
            section: section.name.to_owned(),
            why: why.to_owned(),
        })
    };
    let mut warnings = Vec::new();
    draft.spec.sizes = PerDir(Dir::ALL.map(|d| block_sizes(draft, d)));
    let spec = &mut draft.spec;

    if spec.engine == Engine::Psync && spec.submit_mode == SubmitMode::Inline {
        if spec.iodepth > 1 {
            warnings.push("iodepth above 1 has no effect with a synchronous ioengine".into());
        }
        spec.iodepth = 1;
    }
    let or_depth = |n: u32| {
        if n == 0 || n > spec.iodepth {
            spec.iodepth
        } else {
            n
        }
    };
    spec.iodepth_low = or_depth(draft.iodepth_low);
    spec.batch_submit = or_depth(draft.batch_submit);
    spec.complete_max = draft.complete_max.max(spec.complete_min);
    if spec.engine == Engine::IoUring && spec.submit_mode == SubmitMode::Offload {
        return conflict("ioengine=io_uring does not work with io_submit_mode=offload");
    }

    let any = |p: &PerDir<u64>| p.0.iter().any(|v| *v > 0);
    if any(&spec.rate) && any(&spec.rate_iops) {
        return conflict("rate and rate_iops exclude each other");
    }
    if spec.time_based && spec.runtime.is_none() {
        warnings.push("time_based has no effect without runtime".into());
        spec.time_based = false;
    }
    if spec.distribution != Distribution::Uniform {
        spec.norandommap = true;
    }
    spec.thinktime_spin = spec.thinktime_spin.min(spec.thinktime);
    // A log that averages grows without draining the queue.
    spec.logs.lat &= draft.log_avg_msec == 0;
    let average = |own: Option<u64>| draft.log_avg_msec.min(own.unwrap_or(u64::MAX));
    spec.logs.bw &= average(draft.bwavgtime) == 0 && !draft.disable_bw;
    spec.logs.iops &= average(draft.iopsavgtime) == 0;

    spec.rand_repeatable = draft.randrepeat && draft.randseed.is_none();
    if !draft.randrepeat && draft.randseed.is_none() && !draft.allrandrepeat {
        warnings.push("randrepeat=0: fio draws a seed; here it is always the same".into());
    }
    if spec.filename.is_none() && spec.read_iolog.is_none() && section.name.starts_with("/dev/") {
        spec.filename = Some(section.name.to_owned());
    }
    Ok(warnings)
}

fn block_sizes(draft: &Draft, dir: Dir) -> BlockSizes {
    let (min, max) = draft.range[dir].unwrap_or((draft.bs[dir], draft.bs[dir]));
    BlockSizes {
        min,
        max,
        split: draft.split[dir as usize].clone(),
        align: draft.align[dir],
    }
}

/// `setup_random_seeds`, `td_fill_rand_seeds`. The offset generator is seeded
/// before `randseed` clears `randrepeat`; clones inherit the flag as cleared.
fn seed(spec: &mut ThreadSpec, draft: &Draft, clone: bool) {
    let thread = spec.thread_number;
    spec.seeds = if draft.allrandrepeat {
        seeds::all_repeatable(thread)
    } else {
        let randseed = draft.randseed.unwrap_or(if draft.randrepeat {
            seeds::FIO_RANDSEED_DEFAULT
        } else {
            seeds::INSTEAD_OF_RANDOM
        });
        seeds::from_randseed(randseed, thread)
    };
    let repeatable = draft.randrepeat && !(clone && draft.randseed.is_some());
    if repeatable {
        spec.seeds[seeds::OFFSET] = seeds::repeatable_offset_seed(thread);
    }
}
