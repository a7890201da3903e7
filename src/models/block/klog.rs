//! The kernel's log, and what it says of I/O that failed (`block/blk-mq.c:blk_print_req_error`,
//! `fs/buffer.c:buffer_io_error`, 6.1).

use super::super::io::{BlkStatus, DevId, Flags, IoPrio, Op, ReqId};
use super::{BlockEnv, RqEnd};
use crate::sim::Ns;

/// Lines in each [`INTERVAL`] (`DEFAULT_RATELIMIT_BURST`).
const BURST: u32 = 10;
/// `DEFAULT_RATELIMIT_INTERVAL`
const INTERVAL: Ns = Ns::from_secs(5);

/// How often one place may log (`struct ratelimit_state`).
#[derive(Copy, Clone, Debug, Default)]
pub struct RateLimit {
    begin: Option<Ns>,
    printed: u32,
    missed: u32,
}

impl RateLimit {
    /// Whether `function` may log a line now (`___ratelimit`); what it has
    /// missed before is said first.
    fn allows(&mut self, now: Ns, function: &str, log: &mut Vec<(Ns, String)>) -> bool {
        let begin = *self.begin.get_or_insert(now);
        if now > begin + INTERVAL {
            if self.missed > 0 {
                let line = format!("{function}: {} callbacks suppressed", self.missed);
                log.push((now, line));
            }
            *self = RateLimit {
                begin: Some(now),
                ..RateLimit::default()
            };
        }
        let allowed = self.printed < BURST;
        if allowed {
            self.printed += 1;
        } else {
            self.missed += 1;
        }
        allowed
    }
}

/// The kernel's log, as far as the block layer and its drivers write it.
#[derive(Clone, Debug, Default)]
pub struct Klog {
    /// Its lines, each with its time.
    pub lines: Vec<(Ns, String)>,
    requests: RateLimit,
    buffers: RateLimit,
}

/// Most lines that are kept.
const MOST_LINES: usize = 10_000;

impl Klog {
    /// Writes a line.
    pub fn print(&mut self, at: Ns, line: String) {
        if self.lines.len() < MOST_LINES {
            self.lines.push((at, line));
        }
    }
}

/// `rq` ends with an error, unless its disk is gone (`blk_print_req_error`).
/// Clones of request-based device-mapper were never seen to say so.
#[cold]
pub fn blk_print_req_error<K: BlockEnv>(k: &mut K, rq: ReqId, status: BlkStatus) {
    let now = k.host().now();
    let b = k.block();
    let r = b.reqs[rq];
    let is_dead = b.devs[usize::from(r.dev.0)].is_dead;
    if matches!(r.end, RqEnd::Clone { .. }) || r.op.is_passthrough() || is_dead {
        return;
    }
    let log = &mut b.klog;
    if !log
        .requests
        .allows(now, "blk_print_req_error", &mut log.lines)
    {
        return;
    }
    let name = &b.devs[usize::from(r.dev.0)].name;
    let (number, op) = op_str(r.op);
    let line = format!(
        "{} error, dev {name}, sector {} op {number:#x}:({op}) flags {:#x} phys_seg {} \
         prio class {}",
        status_str(status),
        r.sector,
        cmd_flags(r.flags),
        r.segs,
        prio_class(r.prio)
    );
    log.print(now, line);
}

/// The buffer `block` of `dev` could not be read or written, as `what` says
/// (`buffer_io_error`).
pub fn buffer_error<K: BlockEnv>(k: &mut K, dev: DevId, block: u64, what: &str) {
    let now = k.host().now();
    let b = k.block();
    let log = &mut b.klog;
    if log.buffers.allows(now, "buffer_io_error", &mut log.lines) {
        let name = &b.devs[usize::from(dev.0)].name;
        let line = format!("Buffer I/O error on dev {name}, logical block {block}, {what}");
        log.print(now, line);
    }
}

/// `blk_status_to_str`
fn status_str(status: BlkStatus) -> &'static str {
    use BlkStatus::*;
    match status {
        Ok => "",
        NotSupp => "operation not supported",
        Timeout => "timeout",
        NoSpc => "critical space allocation",
        Transport => "recoverable transport",
        Target => "critical target",
        Nexus => "critical nexus",
        Medium => "critical medium",
        Protection => "protection",
        Resource => "kernel resource",
        DevResource => "device resource",
        Again => "nonblocking retry",
        Offline => "device offline",
        IoErr => "I/O",
        DmRequeue => "dm internal retry",
    }
}

/// Number and name of an operation (`enum req_op`, `blk_op_str`).
fn op_str(op: Op) -> (u8, &'static str) {
    match op {
        Op::Read => (0, "READ"),
        Op::Write => (1, "WRITE"),
        Op::Flush => (2, "FLUSH"),
        Op::Discard => (3, "DISCARD"),
        Op::DrvIn => (34, "DRV_IN"),
    }
}

/// `IOPRIO_CLASS_*`
fn prio_class(prio: IoPrio) -> u8 {
    match prio {
        IoPrio::Rt => 1,
        IoPrio::Be => 2,
        IoPrio::Idle => 3,
    }
}

/// The bits of `cmd_flags` (`enum req_flag_bits`). Read-ahead is not retried by
/// anybody: its requests have all three of `REQ_FAILFAST_MASK`
/// (`blk_rq_bio_prep`).
fn cmd_flags(flags: Flags) -> u32 {
    const FAILFAST_MASK: u32 = 7 << 8;
    let bits = [
        (Flags::FAILFAST_TRANSPORT, 1 << 9),
        (Flags::SYNC, 1 << 11),
        (Flags::META, 1 << 12),
        (Flags::PRIO, 1 << 13),
        (Flags::NOMERGE, 1 << 14),
        (Flags::IDLE, 1 << 15),
        (Flags::FUA, 1 << 17),
        (Flags::PREFLUSH, 1 << 18),
        (Flags::RAHEAD, 1 << 19 | FAILFAST_MASK),
        (Flags::BACKGROUND, 1 << 20),
        (Flags::NOWAIT, 1 << 21),
    ];
    let set = bits.iter().filter(|(flag, _)| flags.has(*flag));
    set.fold(0, |all, (_, bits)| all | bits)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn flags_are_numbered_as_in_the_kernel() {
        assert_eq!(cmd_flags(Flags::RAHEAD), 0x80700);
        assert_eq!(cmd_flags(Flags::FAILFAST_TRANSPORT), 0x200);
        assert_eq!(cmd_flags(Flags::SYNC.with(Flags::IDLE)), 0x8800);
        assert_eq!(cmd_flags(Flags::default()), 0);
    }

    #[test]
    fn ten_lines_in_five_seconds() {
        let mut limit = RateLimit::default();
        let mut log = Vec::new();
        let mut at = |ms| limit.allows(Ns::from_ms(ms), "f", &mut log);
        assert_eq!((0..20).filter(|ms| at(*ms)).count(), 10);
        assert!(!at(5000));
        assert!(at(5001));
        assert_eq!(log.len(), 1);
        assert_eq!(log[0].1, "f: 11 callbacks suppressed");
    }
}
