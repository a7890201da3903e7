//! What the block layer writes to the kernel's log, and how much of it
//! (`block/blk-mq.c:blk_print_req_error`, `lib/ratelimit.c`, 6.1).

use super::super::io::{BlkStatus, Flags, IoPrio, Op, ReqId};
use super::BlockEnv;
use crate::sim::Ns;

/// The kernel's log, and the limit on messages about failed requests.
#[derive(Clone, Debug, Default)]
pub struct Klog {
    /// Its lines, each with its time.
    pub lines: Vec<(Ns, String)>,
    errors: Ratelimit,
}

/// `struct ratelimit_state`: ten messages in five seconds.
#[derive(Clone, Debug, Default)]
struct Ratelimit {
    /// When the present interval began.
    begin: Option<Ns>,
    printed: u32,
    missed: u32,
}

/// `DEFAULT_RATELIMIT_INTERVAL`
const INTERVAL: Ns = Ns::from_secs(5);
/// `DEFAULT_RATELIMIT_BURST`
const BURST: u32 = 10;
/// Most lines that are kept.
const MOST_LINES: usize = 10_000;

impl Ratelimit {
    /// Whether one more message may go out, and how many could not in an
    /// interval that has ended (`___ratelimit`).
    fn allows(&mut self, now: Ns) -> (bool, u32) {
        let begin = *self.begin.get_or_insert(now);
        let mut missed = 0;
        if now > begin + INTERVAL {
            missed = std::mem::take(&mut self.missed);
            self.begin = Some(now);
            self.printed = 0;
        }
        if self.printed < BURST {
            self.printed += 1;
            (true, missed)
        } else {
            self.missed += 1;
            (false, missed)
        }
    }
}

impl Klog {
    /// Writes a line.
    pub fn print(&mut self, at: Ns, line: String) {
        if self.lines.len() < MOST_LINES {
            self.lines.push((at, line));
        }
    }
}

/// Logs that `rq` fails, unless its disk is gone.
pub fn blk_print_req_error<K: BlockEnv>(k: &mut K, rq: ReqId, status: BlkStatus) {
    let now = k.host().now();
    let b = k.block();
    let r = &b.reqs[rq];
    let dev = &b.devs[usize::from(r.dev.0)];
    if r.op.is_passthrough() || dev.is_dying {
        return;
    }
    let (allowed, missed) = b.klog.errors.allows(now);
    if missed > 0 {
        let line = format!("blk_print_req_error: {missed} callbacks suppressed");
        b.klog.print(now, line);
    }
    if allowed {
        let (op, name) = op_name(r.op);
        let class = match r.prio {
            IoPrio::Rt => 1,
            IoPrio::Be => 2,
            IoPrio::Idle => 3,
        };
        let line = format!(
            "{} error, dev {}, sector {} op {op:#x}:({name}) flags {:#x} phys_seg {} prio class {class}",
            status_name(status),
            dev.name,
            r.sector,
            kernel_bits(r.flags),
            r.segs,
        );
        b.klog.print(now, line);
    }
}

/// Number and name of an operation (`enum req_op`).
fn op_name(op: Op) -> (u32, &'static str) {
    match op {
        Op::Read => (0, "READ"),
        Op::Write => (1, "WRITE"),
        Op::Flush => (2, "FLUSH"),
        Op::Discard => (3, "DISCARD"),
        Op::DrvIn => (34, "DRV_IN"),
    }
}

/// The name of a status (`blk-core.c:blk_errors`).
fn status_name(status: BlkStatus) -> &'static str {
    match status {
        BlkStatus::Ok => "",
        BlkStatus::NotSupp => "operation not supported",
        BlkStatus::Timeout => "timeout",
        BlkStatus::NoSpc => "critical space allocation",
        BlkStatus::Transport => "recoverable transport",
        BlkStatus::Target => "critical target",
        BlkStatus::Nexus => "critical nexus",
        BlkStatus::Medium => "critical medium",
        BlkStatus::Protection => "protection",
        BlkStatus::Resource => "kernel resource",
        BlkStatus::DevResource => "device resource",
        BlkStatus::Again => "nonblocking retry",
        BlkStatus::Offline => "device offline",
        BlkStatus::DmRequeue => "dm internal retry",
        BlkStatus::IoErr => "I/O",
    }
}

/// Flags as the kernel numbers them (`enum req_flag_bits`).
fn kernel_bits(flags: Flags) -> u32 {
    [
        (Flags::FAILFAST_TRANSPORT, 9),
        (Flags::SYNC, 11),
        (Flags::META, 12),
        (Flags::PRIO, 13),
        (Flags::NOMERGE, 14),
        (Flags::IDLE, 15),
        (Flags::FUA, 17),
        (Flags::PREFLUSH, 18),
        (Flags::RAHEAD, 19),
        (Flags::BACKGROUND, 20),
        (Flags::NOWAIT, 21),
    ]
    .into_iter()
    .filter(|&(flag, _)| flags.has(flag))
    .fold(0, |bits, (_, bit)| bits | 1 << bit)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ten_messages_pass_in_five_seconds_and_the_rest_are_counted() {
        let mut limit = Ratelimit::default();
        let passed = (0..12).filter(|&i| limit.allows(Ns::from_ms(i)).0).count();
        assert_eq!(passed, 10);
        assert_eq!(limit.allows(Ns::from_ms(5001)), (true, 2));
        assert_eq!(limit.allows(Ns::from_ms(5002)), (true, 0));
    }

    #[test]
    fn flags_are_numbered_as_the_kernel_does() {
        assert_eq!(kernel_bits(Flags::FAILFAST_TRANSPORT), 0x200);
        assert_eq!(kernel_bits(Flags::SYNC.with(Flags::IDLE)), 0x8800);
    }
}
