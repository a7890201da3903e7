//! A fio thread as plain data: one job of one section, defaults applied.
//!
//! Made by `formats::fio_job`; a thread can as well be described by hand,
//! starting from [`ThreadSpec::default`].

mod kinds;

pub use kinds::*;

use super::seeds;
use crate::sim::Ns;

/// A thread of a fio job (`struct thread_options`, 3.33): every option that
/// matters to the I/O, defaults applied.
#[derive(Clone, PartialEq, Debug)]
pub struct ThreadSpec {
    /// `name`, or the section's.
    pub name: String,
    /// Index of the section it comes from, from 0: threads of one section are
    /// clones.
    pub section: u32,
    /// Number over all jobs of the file, from 1.
    pub thread_number: u32,
    /// 0 for the first of a section; clone k of n is n−k.
    pub subjob_number: u32,
    /// `filename`; of several, separated by colons, only one is modelled.
    /// `None`: fio would make a file of its own, or the iolog names it.
    pub filename: Option<String>,
    /// `ioengine`.
    pub engine: Engine,
    /// `direct`.
    pub direct: bool,
    /// `sync` or `dsync`: writes go to the medium before they complete.
    pub sync: bool,
    /// `invalidate`.
    pub invalidate: bool,
    /// `fadvise_hint`: whether fio advises the kernel by its pattern.
    pub fadvise: bool,
    /// `rw`.
    pub pattern: Pattern,
    /// Postfix of a random `rw`: a new offset every so many I/Os; from 1.
    pub seq_nr: u32,
    /// Postfix of a sequential `rw`: bytes skipped after each I/O.
    pub seq_add: i64,
    /// `rw_sequencer`.
    pub rw_sequencer: RwSequencer,
    /// `bs`, `bsrange`, `bssplit`, by direction.
    pub sizes: PerDir<BlockSizes>,
    /// `bs_unaligned`: sizes need not be multiples of the smallest.
    pub bs_unaligned: bool,
    /// `bs_is_seq_rand`: sizes of reads for sequential, of writes for random
    /// I/O.
    pub bs_is_seq_rand: bool,
    /// `iodepth`, from 1.
    pub iodepth: u32,
    /// `iodepth_batch_submit`, 1 to `iodepth`.
    pub batch_submit: u32,
    /// `iodepth_batch_complete_min`; 0: poll.
    pub complete_min: u32,
    /// `iodepth_batch_complete_max`, at least `complete_min`.
    pub complete_max: u32,
    /// `iodepth_low`, 1 to `iodepth`.
    pub iodepth_low: u32,
    /// `offset`.
    pub offset: Amount,
    /// `offset_increment`: times the subjob number.
    pub offset_increment: Amount,
    /// `offset_align`, bytes, for offsets in percent.
    pub offset_align: Option<u64>,
    /// `size`; `None`: the rest of the device.
    pub size: Option<Amount>,
    /// `io_size`; `None`: as `size`.
    pub io_size: Option<Amount>,
    /// `number_ios`; 0: no limit.
    pub number_ios: u64,
    /// `loops`, from 1.
    pub loops: u64,
    /// `runtime`; `None`: no limit.
    pub runtime: Option<Ns>,
    /// `ramp_time`: nothing is counted before.
    pub ramp_time: Ns,
    /// `time_based`.
    pub time_based: bool,
    /// `startdelay`: from the start of fio.
    pub start_delay: Ns,
    /// `rwmixread`, percent.
    pub rwmix_read: u32,
    /// `percentage_random`, percent.
    pub percentage_random: PerDir<u32>,
    /// `norandommap`.
    pub norandommap: bool,
    /// `random_distribution`.
    pub distribution: Distribution,
    /// `random_generator`.
    pub generator: Generator,
    /// Seeds of the generators, of which `seeds::*` name the use.
    pub seeds: [u64; seeds::COUNT],
    /// Whether completions are also kept by time; not an option of fio.
    pub windows: bool,
    /// Whether generators are seeded anew when the job starts over.
    pub rand_repeatable: bool,
    /// `rate`, bytes a second; 0: none.
    pub rate: PerDir<u64>,
    /// `rate_iops`; 0: none.
    pub rate_iops: PerDir<u64>,
    /// `rate_process`.
    pub rate_process: RateProcess,
    /// `io_submit_mode`.
    pub submit_mode: SubmitMode,
    /// `thinktime`.
    pub thinktime: Ns,
    /// `thinktime_spin`: the part of it spent on the CPU.
    pub thinktime_spin: Ns,
    /// `thinktime_blocks`, from 1.
    pub thinktime_blocks: u64,
    /// `thinktime_blocks_type`.
    pub thinktime_blocks_type: ThinktimeBlocksType,
    /// `fsync`: after so many writes; 0: never.
    pub fsync: u32,
    /// `fdatasync`, likewise.
    pub fdatasync: u32,
    /// `end_fsync`.
    pub end_fsync: bool,
    /// `continue_on_error` and what `ignore_error` adds to it.
    pub continue_on_error: ContinueOnError,
    /// `ignore_error` for read, write and verify errors; empty: EIO and EILSEQ.
    pub ignore_error: [Vec<i32>; 3],
    /// `disable_lat`.
    pub disable_lat: bool,
    /// `disable_clat`.
    pub disable_clat: bool,
    /// `disable_slat`.
    pub disable_slat: bool,
    /// Logs of single I/Os.
    pub logs: Logs,
    /// `log_entries`: samples of the first chunk of a log.
    pub log_entries: u64,
    /// `read_iolog`: file name.
    pub read_iolog: Option<String>,
    /// `replay_no_stall`.
    pub replay_no_stall: bool,
    /// `replay_redirect`: the device that replaces those of the log.
    pub replay_redirect: Option<String>,
    /// `cpus_allowed`, ascending; `None`: all.
    pub cpus_allowed: Option<Vec<u32>>,
    /// `group_reporting`.
    pub group_reporting: bool,
    /// `thread`: a thread instead of a process.
    pub thread: bool,
    /// `nice`, −20 to 19.
    pub nice: i32,
    /// `prioclass`: 0 none, 1 real-time, 2 best effort, 3 idle.
    pub prio_class: u8,
    /// `prio`, 0 to 7.
    pub prio: u8,
}

impl Default for ThreadSpec {
    /// What fio runs when nothing is said: 4 KiB sequential reads of the whole
    /// device, one at a time.
    fn default() -> Self {
        ThreadSpec {
            name: String::new(),
            section: 0,
            thread_number: 1,
            subjob_number: 0,
            filename: None,
            engine: Engine::Psync,
            direct: false,
            sync: false,
            invalidate: true,
            fadvise: true,
            pattern: Pattern {
                read: true,
                ..Pattern::default()
            },
            seq_nr: 1,
            seq_add: 0,
            rw_sequencer: RwSequencer::Sequential,
            sizes: PerDir([4096; 3].map(BlockSizes::fixed)),
            bs_unaligned: false,
            bs_is_seq_rand: false,
            iodepth: 1,
            batch_submit: 1,
            complete_min: 1,
            complete_max: 1,
            iodepth_low: 1,
            offset: Amount::Bytes(0),
            offset_increment: Amount::Bytes(0),
            offset_align: None,
            size: None,
            io_size: None,
            number_ios: 0,
            loops: 1,
            runtime: None,
            ramp_time: Ns::ZERO,
            time_based: false,
            start_delay: Ns::ZERO,
            rwmix_read: 50,
            percentage_random: PerDir::all(100),
            norandommap: false,
            distribution: Distribution::Uniform,
            generator: Generator::Auto,
            seeds: seeds::default_seeds(1),
            windows: false,
            rand_repeatable: true,
            rate: PerDir::all(0),
            rate_iops: PerDir::all(0),
            rate_process: RateProcess::Linear,
            submit_mode: SubmitMode::Inline,
            thinktime: Ns::ZERO,
            thinktime_spin: Ns::ZERO,
            thinktime_blocks: 1,
            thinktime_blocks_type: ThinktimeBlocksType::Complete,
            fsync: 0,
            fdatasync: 0,
            end_fsync: false,
            continue_on_error: ContinueOnError::default(),
            ignore_error: [const { Vec::new() }; 3],
            disable_lat: false,
            disable_clat: false,
            disable_slat: false,
            logs: Logs::default(),
            log_entries: 1024,
            read_iolog: None,
            replay_no_stall: false,
            replay_redirect: None,
            cpus_allowed: None,
            group_reporting: false,
            thread: false,
            nice: 0,
            prio_class: 0,
            prio: 0,
        }
    }
}
