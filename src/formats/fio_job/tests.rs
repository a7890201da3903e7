use super::*;
use crate::models::workload::fio::seeds;
use crate::models::workload::fio::spec::*;
use crate::sim::Ns;

fn threads(text: &str) -> Vec<ThreadSpec> {
    parse(text, ParseOptions::default()).unwrap().threads
}

fn job(lines: &str) -> ThreadSpec {
    threads(&format!("[j]\nfilename=/dev/x\n{lines}\n")).remove(0)
}

fn error(lines: &str) -> JobError {
    parse(&format!("[j]\n{lines}\n"), ParseOptions::default()).unwrap_err()
}

#[test]
fn an_empty_section_is_fio_as_it_is() {
    let spec = threads("[j]\n").remove(0);
    assert_eq!(
        spec,
        ThreadSpec {
            name: "j".into(),
            ..ThreadSpec::default()
        }
    );
}

#[test]
fn a_whole_job() {
    let text = "; lab\n[global]\nioengine=libaio\ndirect=1  # no cache\nthread\n\n[a b]\n  rw = randread\nbs=4k\n\
                iodepth=32\niodepth_batch_submit=8\niodepth_batch_complete_min=1\nrandseed=7\nnorandommap\n\
                size=1024m\nnumber_ios=4000\n[w]\nrw=write:-8k\nbs=64k\nruntime=1800ms\ntime_based\n";
    let all = threads(text);
    assert_eq!(all.len(), 2);
    let a = &all[0];
    assert_eq!(
        (a.name.as_str(), a.engine, a.direct, a.thread),
        ("a b", Engine::Libaio, true, true)
    );
    assert_eq!(
        (a.iodepth, a.batch_submit, a.complete_min, a.complete_max),
        (32, 8, 1, 1)
    );
    assert_eq!(a.size, Some(Amount::Bytes(1 << 30)));
    assert!(a.norandommap && a.pattern.random && a.pattern.read && !a.pattern.write);
    assert_eq!(a.seeds[0] as u32, 0x4e04_0007);
    assert_eq!(a.seeds[seeds::OFFSET], 0xb189_9bed);
    let w = &all[1];
    assert_eq!((w.seq_add, w.sizes[Dir::Write].min), (-8192, 65536));
    assert_eq!((w.runtime, w.time_based), (Some(Ns::from_ms(1800)), true));
    assert_eq!((w.thread_number, w.section), (2, 1));
}

#[test]
fn sizes_and_times() {
    let size = |t: &str| match job(&format!("size={t}")).size {
        Some(Amount::Bytes(b)) => b,
        other => panic!("{other:?}"),
    };
    assert_eq!(
        ["4096", "1024k", "1kb", "0x10", "2M", "1g", "64KiB"].map(size),
        [4096, 1 << 20, 1024, 16, 2 << 20, 1 << 30, 64_000]
    );
    assert_eq!(job("size=50%").size, Some(Amount::Percent(50)));
    assert_eq!(job("kb_base=1000\nsize=4k").size, Some(Amount::Bytes(4000)));
    assert_eq!(
        job("size=4KiB\nkb_base=1000").size,
        Some(Amount::Bytes(4096))
    );
    let spec = job("runtime=2\nramp_time=500ms\nstartdelay=1m\nthinktime=30\nthinktime_blocks=4");
    assert_eq!(spec.runtime, Some(Ns::from_secs(2)));
    assert_eq!(spec.ramp_time, Ns::from_ms(500));
    assert_eq!(spec.start_delay, Ns::from_secs(60));
    assert_eq!(
        (spec.thinktime, spec.thinktime_blocks),
        (Ns::from_us(30), 4)
    );
}

#[test]
fn block_sizes_by_direction() {
    let mins = |t: &str| job(t).sizes.0.map(|s| s.min);
    assert_eq!(mins("bs=8k"), [8192; 3]);
    assert_eq!(mins("bs=8k,16k"), [8192, 16384, 16384]);
    assert_eq!(mins("bs=,16k"), [4096, 16384, 16384]);
    assert_eq!(mins("bs=1k,2k,4k"), [1024, 2048, 4096]);
    let range = &job("bsrange=4k-16k,1k-2k").sizes;
    assert_eq!((range[Dir::Read].min, range[Dir::Read].max), (4096, 16384));
    assert_eq!((range[Dir::Trim].min, range[Dir::Trim].max), (1024, 2048));
}

#[test]
fn bssplit_fills_and_sorts() {
    let split = |t: &str| -> Vec<(u64, u32)> {
        let sizes = job(t).sizes;
        sizes[Dir::Read]
            .split
            .iter()
            .map(|e| (e.bs >> 10, e.percent))
            .collect()
    };
    assert_eq!(split("bssplit=64k/30:4k/70"), [(64, 30), (4, 70)]);
    assert_eq!(split("bssplit=4k/70:64k/30"), [(64, 30), (4, 70)]);
    assert_eq!(split("bssplit=64k/50:4k/50"), [(64, 50), (4, 50)]);
    assert_eq!(split("bssplit=4k/50:8k:16k/"), [(8, 25), (16, 25), (4, 50)]);
    let sizes = job("bs=512\nbssplit=4k/50:64k/50").sizes;
    assert_eq!(
        (sizes[Dir::Write].min, sizes[Dir::Write].max),
        (4096, 65536)
    );
}

#[test]
fn clones_number_and_seed_as_in_fio() {
    let text = "[a]\nnumjobs=4\nrandseed=7\noffset_increment=64m\n[b]\n";
    let all = threads(text);
    let numbers: Vec<_> = all
        .iter()
        .map(|t| (t.thread_number, t.subjob_number))
        .collect();
    assert_eq!(numbers, [(1, 0), (2, 3), (3, 2), (4, 1), (5, 0)]);
    assert_eq!(all[0].seeds[seeds::OFFSET], 0xb189_9bed);
    assert_eq!(
        all[1].seeds[seeds::OFFSET],
        seeds::from_randseed(7, 2)[seeds::OFFSET]
    );
    assert_eq!(all[4].seeds[seeds::OFFSET], 0xb189_9bed * 5);
    assert!(!all[0].rand_repeatable && all[4].rand_repeatable);
    let plain = threads("[a]\nnumjobs=3\n");
    assert_eq!(plain[2].seeds[seeds::OFFSET], 0xb189_9bed * 3);
}

#[test]
fn depths_follow_each_other() {
    let depths = |t: &str| {
        let s = job(&format!("ioengine=libaio\n{t}"));
        (
            s.iodepth,
            s.batch_submit,
            s.complete_min,
            s.complete_max,
            s.iodepth_low,
        )
    };
    assert_eq!(depths(""), (1, 1, 1, 1, 1));
    assert_eq!(depths("iodepth=8\niodepth_batch=0"), (8, 8, 1, 1, 8));
    assert_eq!(
        depths("iodepth=8\niodepth_batch=99\niodepth_batch_complete=4\niodepth_low=2"),
        (8, 8, 4, 4, 2)
    );
    assert_eq!(job("iodepth=16").iodepth, 1);
}

#[test]
fn errors_and_where_they_are() {
    let e = error("rw=read\n  ioengin=libaio");
    assert_eq!(e.hint().unwrap(), "did you mean `ioengine`?");
    let at = e.at().unwrap();
    assert_eq!((at.line, at.column, at.offset, at.len), (3, 3, 14, 7));
    let e = error("bs = 4q");
    assert_eq!((e.at().unwrap().line, e.at().unwrap().column), (2, 6));
    assert!(matches!(e, JobError::BadValue { .. }));
    assert!(matches!(error("stonewall"), JobError::NotModelled { .. }));
    assert!(matches!(
        error("verify=crc32c"),
        JobError::NotModelled { .. }
    ));
    assert!(matches!(
        error("rw=randtrimwrite"),
        JobError::NotModelled { .. }
    ));
    assert!(matches!(error("bs"), JobError::NoValue { .. }));
    assert!(matches!(
        error("rate=1m\nrate_iops=10"),
        JobError::Conflict { .. }
    ));
    let parse = |t| parse(t, ParseOptions::default());
    assert!(matches!(
        parse("bs=4k\n"),
        Err(JobError::OutsideSection { .. })
    ));
    assert!(matches!(parse("[x\n"), Err(JobError::BadSection { .. })));
    assert!(matches!(parse("[global]\nbs=4k\n"), Err(JobError::NoJob)));
}

#[test]
fn lenient_leaves_out_what_it_does_not_know() {
    let lenient = ParseOptions { lenient: true };
    let file = parse("[j]\nfoo=1\nstonewall\nbs=8k\n", lenient).unwrap();
    assert_eq!(file.warnings.len(), 2);
    assert_eq!(file.threads[0].sizes[Dir::Read].min, 8192);
    assert!(parse("[j]\nbs=q\n", lenient).is_err());
}

#[test]
fn errors_to_ignore() {
    let spec = job("ignore_error=61");
    assert_eq!(spec.ignore_error, [vec![61], vec![], vec![]]);
    assert!(spec.continue_on_error.read && !spec.continue_on_error.write);
    let spec = job("continue_on_error=io\nignore_error=EIO:61,ENOSPC");
    assert_eq!(spec.ignore_error, [vec![5, 61], vec![28], vec![]]);
}

#[test]
fn neutral_values_are_accepted() {
    job(
        "verify=0\nnrfiles=1\nzonemode=none\nlog_offset=1\nper_job_logs=0\nmem=malloc\nwrite_lat_log=lat",
    );
    assert!(!job("write_lat_log=lat\nlog_avg_msec=100").logs.lat);
}

#[test]
fn never_panics() {
    use proptest::prelude::*;
    let names = [
        "bs",
        "bssplit",
        "rw",
        "size",
        "cpus_allowed",
        "runtime",
        "nice",
        "[",
        "random_distribution",
        "ignore_error",
        "filename",
    ];
    proptest!(|(name in prop::sample::select(names.to_vec()), value in "[ -~äé\\n]{0,20}")| {
        let _ = parse(&format!("[j]\n{name}={value}"), ParseOptions { lenient: true });
        let _ = parse(&value, ParseOptions::default());
    });
}
