//! Which I/O a job makes, in which order: sequences recorded from fio 3.33
//! (`write_iolog`).

// Helpers of tests may panic like the tests themselves.
#![allow(clippy::unwrap_used, clippy::panic)]

use mpathsim::formats::fio_job::{ParseOptions, parse};
use mpathsim::models::io::Op;
use mpathsim::models::workload::fio::spec::Distribution;
use mpathsim::models::workload::fio::{Act, FioThread, IoUnit, ThreadSpec};
use mpathsim::sim::Ns;

const MIB: u64 = 1 << 20;

fn spec(options: &str) -> ThreadSpec {
    let text = format!("[j]\nfilename=/tmp/big\n{options}\n");
    let mut file = parse(&text, ParseOptions::default()).unwrap();
    file.threads.remove(0)
}

/// The first `n` I/Os of a job that does one at a time.
fn first(n: usize, options: &str) -> Vec<IoUnit> {
    let mut thread = FioThread::new(&spec(options), 1024 * MIB, None).unwrap();
    let mut units = Vec::new();
    let now = Ns::ZERO;
    thread.start(now);
    while units.len() < n {
        match thread.next(now) {
            Act::Sync { slot } => {
                let unit = thread.unit(slot);
                units.push(unit);
                thread.sync_done(now, now, 0, unit.len);
            }
            Act::Prepared | Act::Reopen => {}
            other => panic!("{other:?} after {} I/Os", units.len()),
        }
    }
    units
}

/// Direction, 4 KiB block, KiB.
fn shown(n: usize, options: &str) -> String {
    let show = |u: &IoUnit| {
        let op = if u.op == Op::Read { 'R' } else { 'W' };
        format!("{op}{}/{}", u.offset >> 12, u.len >> 10)
    };
    let all: Vec<String> = first(n, options).iter().map(show).collect();
    all.join(" ")
}

fn blocks(n: usize, options: &str) -> Vec<u64> {
    let all = first(n, options);
    all.iter().map(|u| u.offset / u64::from(u.len)).collect()
}

#[test]
fn random_offsets_without_a_map() {
    let job = |rest: &str| format!("rw=randread\nnorandommap\nrandseed=7\n{rest}");
    assert_eq!(
        blocks(8, &job("size=1g")),
        [15810, 194062, 221035, 123211, 105358, 220234, 99744, 92673]
    );
    assert_eq!(
        blocks(6, &job("size=1g\nbs=64k")),
        [988, 12128, 13814, 7700, 6584, 13764]
    );
    let bytes: Vec<u64> = first(8, &job("size=64m"))
        .iter()
        .map(|u| u.offset)
        .collect();
    assert_eq!(
        bytes,
        [
            4046848, 49676288, 56582144, 31539200, 26968064, 56377344, 25534464, 23724032
        ]
    );
}

#[test]
fn a_map_makes_every_block_come_once() {
    let mut seen = blocks(10_000, "rw=randread\nsize=40000k");
    seen.sort_unstable();
    assert_eq!(seen, (0..10_000).collect::<Vec<u64>>());
}

#[test]
fn mixed_directions() {
    assert_eq!(
        shown(12, "rw=randrw\nsize=512m"),
        "R7905/4 R97031/4 R110517/4 W61605/4 R52679/4 R110117/4 W49872/4 W46336/4 W119669/4 \
         R8758/4 W112096/4 R85347/4"
    );
    let ops: String = first(30, "rw=randrw\nrwmixread=70\nrandseed=7\nsize=64m")
        .iter()
        .map(|u| if u.op == Op::Read { 'R' } else { 'W' })
        .collect();
    assert_eq!(ops, "WWRRRRRRRWRRRRRWRWRRRRWWWRRWRW");
    assert_eq!(
        shown(8, "rw=randrw\nallrandrepeat=1\nnorandommap\nsize=64m"),
        "W988/4 R12128/4 W13814/4 W7700/4 W6584/4 R13764/4 R6234/4 R5792/4"
    );
}

#[test]
fn sizes() {
    assert_eq!(
        shown(
            8,
            "rw=randread\nbssplit=4k/50:64k/50\nrandseed=7\nnorandommap\nsize=1g"
        ),
        "R15810/64 R194062/4 R221035/4 R123211/64 R105358/64 R220234/4 R99744/64 R92673/4"
    );
    assert_eq!(
        shown(8, "rw=randread\nbsrange=4k-64k\nnorandommap\nsize=64m"),
        "R988/12 R12128/44 R13814/52 R7700/24 R6584/60 R13764/8 R6234/64 R5792/12"
    );
}

#[test]
fn partly_random() {
    let job = "rw=randread\npercentage_random=10\nrandseed=7\nnorandommap\nsize=1g";
    let expected: Vec<u64> = (0..24).chain([15810, 15811]).collect();
    assert_eq!(blocks(26, job), expected);
    assert_eq!(
        blocks(8, "rw=randread:3\nrandseed=2\nsize=64m"),
        [988, 989, 990, 12128, 12129, 12130, 13814, 13815]
    );
}

#[test]
fn strides() {
    let kib = |n, job| -> Vec<u64> { first(n, job).iter().map(|u| u.offset >> 10).collect() };
    assert_eq!(
        kib(8, "rw=write:4k\nsize=64k\nio_size=1m"),
        [0, 8, 16, 24, 32, 40, 48, 56]
    );
    assert_eq!(kib(4, "rw=write:-8k\nsize=64k"), [0, 56, 52, 48]);
    assert_eq!(
        kib(3, "rw=write:-8k\nsize=64k\noffset=128k"),
        [184, 180, 176]
    );
}

#[test]
fn other_distributions() {
    let job = |d: &str| format!("rw=randread\nsize=64m\nrandom_distribution={d}");
    assert_eq!(
        blocks(8, &job("zipf:1.2")),
        [5850, 3513, 1507, 8192, 6522, 2510, 1507, 1507]
    );
    assert_eq!(
        blocks(8, &job("zipf:0.8\nrandseed=5")),
        [7742, 12753, 16151, 9496, 6078, 2816, 9511, 723]
    );
    assert_eq!(
        blocks(8, &job("pareto:0.3:0.25")),
        [10351, 15415, 13785, 6770, 5325, 4086, 4096, 4096]
    );
    assert_eq!(
        blocks(8, &job("normal:10")),
        [6643, 10844, 8067, 9631, 13708, 5930, 9892, 15890]
    );
    assert_eq!(
        spec(&job("zipf")).distribution,
        Distribution::Zipf(1.1, None)
    );
}

#[test]
fn the_64_bit_generator() {
    assert_eq!(
        blocks(8, "rw=randread\nsize=64m\nrandom_generator=tausworthe64"),
        [15375, 430, 1321, 1629, 8668, 426, 7212, 5464]
    );
}
