//! A cache over media, by hand.

use super::super::media::{MediaConfig, Raid};
use super::super::media_flash::FlashConfig;
use super::*;

fn cache(config: CacheConfig, raid: Raid) -> Cache {
    let media = Media::new(&MediaConfig::Flash(FlashConfig {
        channels: 8,
        read: Ns(1000).into(),
        program: Ns(10_000).into(),
        rate: None,
        chunk: Bytes(16 << 10),
        raid,
    }));
    Cache::new(&config, media.unwrap())
}
fn range(from: u64, sectors: u64) -> Range {
    Range {
        from,
        to: from + sectors,
    }
}
const D: Draws = Draws::new(1);

#[test]
fn a_share_of_random_reads_hits_and_always_the_same() {
    let mut c = cache(
        CacheConfig {
            read_hit: 0.3,
            prefetch: Bytes(0),
            ..Default::default()
        },
        Raid::None,
    );
    let mut read = |k: u64| {
        let at = Ns(k * 1_000_000);
        let place = k % 1000 * 7 * 128;
        c.read((at, at), range(place, 8), &mut Detector::default(), D) == at
    };
    let first: Vec<bool> = (0..1000).map(&mut read).collect();
    let again: Vec<bool> = (1000..2000).map(&mut read).collect();
    assert_eq!(first, again);
    let hits = first.iter().filter(|hit| **hit).count();
    assert!((260..340).contains(&hits), "{hits}");
}

#[test]
fn a_stream_is_fetched_ahead_and_hits() {
    let mut c = cache(CacheConfig::default(), Raid::None);
    let mut d = Detector::default();
    let waits: Vec<u64> = (0..200u64)
        .map(|k| {
            let at = Ns(k * 100_000);
            (c.read((at, at), range(k * 8, 8), &mut d, D) - at).0
        })
        .collect();
    assert_eq!(waits[..2], [1000, 1000]);
    assert!(waits[2] > 1000); // and a MiB behind it
    assert!(waits[3..].iter().all(|&wait| wait == 0), "{waits:?}");
}

#[test]
fn adjacent_writes_become_whole_stripes() {
    let mut c = cache(CacheConfig::default(), Raid::Raid5);
    // Two stripes of 7 chunks of 32 sectors, 4 KiB at a time.
    for k in 0..56 {
        assert_eq!(c.write((Ns(k), Ns(k)), range(k * 8, 8), D), Ns(k));
    }
    assert_eq!((c.destages(), c.dirty_sectors()), (2, 0));
    // Random ones do not.
    for k in 0..10 {
        c.write((Ns(60), Ns(60)), range(10_000 + k * 1000, 8), D);
    }
    assert_eq!((c.destages(), c.dirty_sectors()), (2, 80));
    let late = Ns::from_secs(2);
    c.write((late, late), range(0, 8), D);
    assert_eq!((c.destages(), c.dirty_sectors()), (12, 8));
    // Over the same place: nothing more.
    c.write((late, late), range(0, 8), D);
    assert_eq!(c.dirty_sectors(), 8);
}

#[test]
fn a_full_cache_is_as_slow_as_its_media() {
    let small = CacheConfig {
        write_back: Bytes(64 * 4096),
        ..Default::default()
    };
    let mut c = cache(small, Raid::None);
    let (mut now, n) = (Ns::ZERO, 4000);
    for k in 0..n {
        now = c.write((now, now), range(k * 77 * 32, 8), D);
    }
    // Eight channels of 10 µs each; the first 64 writes do not wait.
    let per_write = now.0 / (n - 64);
    assert!((1_240..1_260).contains(&per_write), "{per_write}");
}

#[test]
fn write_through_waits_for_the_media() {
    let through = CacheConfig {
        write_back: Bytes(0),
        ..Default::default()
    };
    let mut c = cache(through, Raid::None);
    assert_eq!(c.write((Ns(0), Ns(0)), range(0, 8), D), Ns(10_000));
}
