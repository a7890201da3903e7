//! How many commands a disk is sent at once: less after TASK SET FULL, more
//! again when that has not been seen for long (`scsi.c:scsi_track_queue_full`,
//! `scsi_error.c:scsi_handle_queue_ramp_up`, 6.1).
//!
//! In 2.6.25 it is the adapter's driver that calls the one and does the other, by the
//! same rule (`qla2xxx/qla_isr.c`, `ql2xqfullrampup` of 120 s); but that a disk which
//! would come below eight is sent its commands without tags from then on, of which
//! there are `cmd_per_lun`.

/// Times of TASK SET FULL at one depth before it is taken at its word.
const FULL_TIMES: u32 = 10;
/// Fewest commands for which tags are worth while (`scsi_track_queue_full`, 2.6.25).
const LEAST_TAGGED: u32 = 8;
/// Seconds without TASK SET FULL before one more command is tried
/// (`SCSI_DEFAULT_RAMP_UP_PERIOD`).
const RAMP_UP_SECS: u64 = 120;

/// What has been seen of a full task set; times in jiffies.
#[derive(Clone, Debug, Default)]
pub struct DepthTracking {
    /// Whether the host adapter's driver wants it (`track_queue_depth`).
    pub is_on: bool,
    /// Commands that are sent without tags (`cmd_per_lun`), where that is done.
    pub untagged: Option<u32>,
    last_full: Option<u64>,
    last_full_depth: u32,
    full_count: u32,
    last_ramp_up: u64,
}

impl DepthTracking {
    /// The same of a disk of which nothing has been seen yet.
    pub fn anew(&self) -> Self {
        DepthTracking {
            is_on: self.is_on,
            untagged: self.untagged,
            ..DepthTracking::default()
        }
    }

    /// TASK SET FULL came at depth `depth`: the depth from now on.
    pub fn queue_full(&mut self, depth: u32, jiffies: u64) -> u32 {
        let recent = self.last_full.is_some_and(|last| last >> 4 == jiffies >> 4);
        if !self.is_on || recent {
            return depth;
        }
        self.last_full = Some(jiffies);
        let lower = depth.saturating_sub(1);
        if self.last_full_depth != lower {
            self.last_full_depth = lower;
            self.full_count = 1;
        } else {
            self.full_count += 1;
        }
        match self.untagged {
            _ if self.full_count <= FULL_TIMES => depth,
            Some(cmd_per_lun) if lower < LEAST_TAGGED => cmd_per_lun.min(depth),
            _ => lower.max(1),
        }
    }

    /// A command has succeeded: whether one more may be sent from now on. `hz` are
    /// the jiffies of a second.
    pub fn may_ramp_up(&mut self, jiffies: u64, hz: u64) -> bool {
        let period = RAMP_UP_SECS * hz;
        let full = self.last_full.unwrap_or(0);
        let may = self.is_on && jiffies >= self.last_ramp_up.max(full) + period;
        if may {
            self.last_ramp_up = jiffies;
        }
        may
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HZ: u64 = 250;

    #[test]
    fn the_eleventh_full_task_set_at_one_depth_lowers_it() {
        let mut t = DepthTracking {
            is_on: true,
            ..DepthTracking::default()
        };
        let mut depth = 32;
        for i in 0..10 {
            depth = t.queue_full(depth, 1000 + 16 * i);
            assert_eq!(depth, 32);
            // Within the same 16 jiffies it does not count.
            assert_eq!(t.queue_full(depth, 1001 + 16 * i), 32);
        }
        depth = t.queue_full(depth, 1160);
        assert_eq!(depth, 31);
        assert_eq!(t.queue_full(depth, 1176), 31);
    }

    #[test]
    fn in_2_6_25_a_disk_that_would_have_seven_has_three_without_tags() {
        let mut t = DepthTracking {
            is_on: true,
            untagged: Some(3),
            ..DepthTracking::default()
        };
        let depths = (0..44).scan(9, |depth, i| {
            *depth = t.queue_full(*depth, 1000 + 16 * i);
            Some(*depth)
        });
        let depths: Vec<u32> = depths.collect();
        assert_eq!((depths[9], depths[10]), (9, 8));
        assert_eq!((depths[20], depths[21]), (8, 3));
        assert_eq!(depths[43], 3);
    }

    #[test]
    fn after_two_minutes_it_grows_and_then_every_two_minutes() {
        let mut t = DepthTracking {
            is_on: true,
            last_full: Some(1000),
            ..DepthTracking::default()
        };
        assert!(!t.may_ramp_up(1000 + 120 * HZ - 1, HZ));
        assert!(t.may_ramp_up(1000 + 120 * HZ, HZ));
        assert!(!t.may_ramp_up(1001 + 120 * HZ, HZ));
        assert!(t.may_ramp_up(1000 + 240 * HZ, HZ));
    }

    #[test]
    fn scsi_debug_does_not_track_it() {
        let mut t = DepthTracking::default();
        for i in 0..100 {
            assert_eq!(t.queue_full(32, 16 * i), 32);
        }
    }
}
