//! Any job ends, and leaves nothing behind.

use super::*;
use proptest::prelude::*;

fn amount(max: u64) -> impl Strategy<Value = Amount> {
    prop_oneof![
        (0..max).prop_map(Amount::Bytes),
        (0u8..=100).prop_map(Amount::Percent)
    ]
}

prop_compose! {
    fn depths()(iodepth in 1u32..20, a in 1u32..20, b in 0u32..8, c in 0u32..20, d in 1u32..20)
        -> ThreadSpec {
        ThreadSpec {
            engine: [Engine::Libaio, Engine::IoUring, Engine::Psync][(a % 3) as usize],
            iodepth_low: d.min(iodepth),
            ..reads(iodepth, a.min(iodepth), b, c, 0)
        }
    }
}

prop_compose! {
    fn job()(
        depths in depths(),
        kind in 0usize..5,
        random in any::<bool>(),
        flags in any::<u16>(),
        min in prop::sample::select(vec![512u64, 3000, 4096, 65536]),
        times in 1u64..5,
        offset in amount(1 << 21),
        size in prop::option::of(amount(1 << 22)),
        io_size in prop::option::of(amount(1 << 22)),
        number_ios in 0u64..300,
        every in 0u32..6,
        seq_add in prop::sample::select(vec![0i64, 0, 4096, -8192, i64::MIN, i64::MAX]),
        share in 0u32..=100,
    ) -> ThreadSpec {
        let flag = |bit: u16| flags >> bit & 1 != 0;
        let (read, write, trim) = [
            (true, false, false),
            (false, true, false),
            (false, false, true),
            (true, true, false),
            (true, true, false),
        ][kind];
        let sizes = BlockSizes { max: min * times, ..BlockSizes::fixed(min) };
        let time_based = flag(0);
        let mut spec = ThreadSpec {
            pattern: Pattern { read, write, trim, random },
            sizes: PerDir([sizes.clone(), sizes.clone(), sizes]),
            norandommap: flag(1),
            offset,
            size,
            io_size,
            number_ios,
            time_based,
            runtime: (time_based || flag(2)).then_some(Ns::from_ms(3)),
            ramp_time: if flag(3) { Ns::from_ms(1) } else { Ns::ZERO },
            fsync: every,
            fdatasync: if flag(4) { 3 } else { 0 },
            end_fsync: flag(5),
            seq_add: if random { 0 } else { seq_add },
            seq_nr: if random && flag(6) { 3 } else { 1 },
            percentage_random: PerDir::all(share),
            rwmix_read: share,
            rate_iops: PerDir::all(if flag(7) { 2000 } else { 0 }),
            rate_process: if flag(8) { RateProcess::Poisson } else { RateProcess::Linear },
            thinktime: if flag(9) { Ns::from_us(70) } else { Ns::ZERO },
            thinktime_blocks: 3,
            loops: if flag(10) { 3 } else { 1 },
            logs: Logs { lat: flag(11), ..Logs::default() },
            log_entries: 16,
            ..depths
        };
        spec.continue_on_error = ContinueOnError {
            read: flag(12),
            write: flag(12),
            verify: false,
        };
        if flag(13) && spec.engine != Engine::IoUring {
            spec.submit_mode = SubmitMode::Offload;
        }
        spec
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(500))]
    /// Every job ends, with nothing in flight, and every I/O is within the
    /// device.
    #[test]
    fn ends_and_leaves_nothing(spec in job(), device in 4096u64..(1 << 22), fails in any::<bool>()) {
        let Ok(mut thread) = FioThread::new(&spec, device, None) else {
            return Ok(());
        };
        let mut toy = Toy::new(Ns::from_us(40));
        toy.ready_at_most = 3;
        if fails {
            toy.fail = Box::new(|u| if u.offset % 28672 == 0 { 5 } else { 0 });
        }
        toy.run(&mut thread);
        prop_assert_eq!(thread.depth() as usize, toy.in_flight.len());
        let report = thread.report();
        if report.error == 0 || thread.spec().submit_mode == SubmitMode::Inline {
            prop_assert_eq!(thread.depth(), 0);
        }
        for u in &toy.units {
            prop_assert!(u.offset + u64::from(u.len) <= device);
        }
        if spec.ramp_time == Ns::ZERO {
            let transfers = toy.units.iter().filter(|u| u.op != Op::Flush).count() as u64;
            let total: u64 = report.dirs.0.iter().map(|d| d.total_ios).sum();
            prop_assert_eq!(total, transfers);
        }
    }
}
