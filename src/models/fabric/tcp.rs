//! TCP under iSCSI and NVMe/TCP: what is lost is sent again, and holds up what
//! was sent after it; a window bounds what is under way.
//!
//! A dark link is not noticed but by silence: no answer to a ping for
//! `keep_alive_timeout` (`libiscsi.c:iscsi_check_transport_timeouts`, 6.1).

use std::collections::VecDeque;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::link::Way;
use super::nexus::{Detection, Ping, Policy};
use crate::sim::time::Ns;
use crate::sim::units::{Bytes, as_text, option_as_text};

/// What a TCP session carries.
#[derive(Copy, Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Protocol {
    /// SCSI: multipathd sets the session's timeouts.
    #[default]
    Iscsi,
    /// NVMe: multipathd leaves the controller's timeouts as they are
    /// (`discovery.c:sysfs_set_scsi_tmo`). Its namespaces are SCSI disks here
    /// all the same, in name and in what the kernel logs of them.
    Nvme,
}

/// A TCP session and its timeouts.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct TcpConfig {
    /// What it carries. Default: `iscsi`.
    pub protocol: Protocol,
    /// Bytes of a session that may be under way each way; at least one
    /// segment. Default: 4 MiB, what Linux tunes up to (`tcp_wmem`).
    pub window: Bytes,
    /// Payload of a segment, at least 512 B. Default: 1448 B.
    pub segment: Bytes,
    /// Shortest retransmission timeout. Default: 200 ms (`TCP_RTO_MIN`).
    #[serde(serialize_with = "as_text")]
    pub rto_min: Ns,
    /// Bytes of a write that are sent without asking (`ImmediateData`,
    /// `FirstBurstLength`). Default: 64 KiB.
    pub immediate_data: Bytes,
    /// A ping after so long without a word (`noop_out_interval`, half of `kato`).
    /// Where this and `keep_alive_timeout` are 0 there are no pings, and that nobody
    /// answers is noticed when a command times out. Default: 5 s.
    #[serde(serialize_with = "as_text")]
    pub keep_alive_interval: Ns,
    /// The session is broken when it is not answered for so long
    /// (`noop_out_timeout`, `kato`). Default: 5 s.
    #[serde(serialize_with = "as_text")]
    pub keep_alive_timeout: Ns,
    /// Between two attempts to log in again. Default: 2 s.
    #[serde(serialize_with = "as_text")]
    pub reconnect: Ns,
    /// From a broken session to the failure of its commands
    /// (`recovery_tmo`); 0 = off. Default: 5 s, what multipathd sets; the kernel's
    /// own is 120 s (`scsi_transport_iscsi.c`, 6.1).
    #[serde(serialize_with = "as_text")]
    pub fast_io_fail_tmo: Ns,
    /// From a broken session to the removal of its disks (`ctrl_loss_tmo`);
    /// absent: never.
    #[serde(
        skip_serializing_if = "Option::is_none",
        serialize_with = "option_as_text"
    )]
    pub dev_loss_tmo: Option<Ns>,
}

impl Default for TcpConfig {
    fn default() -> Self {
        TcpConfig {
            protocol: Protocol::Iscsi,
            window: Bytes(4 << 20),
            segment: Bytes(1448),
            rto_min: Ns::from_ms(200),
            immediate_data: Bytes(64 << 10),
            keep_alive_interval: Ns::from_secs(5),
            keep_alive_timeout: Ns::from_secs(5),
            reconnect: Ns::from_secs(2),
            fast_io_fail_tmo: Ns::from_secs(5),
            dev_loss_tmo: None,
        }
    }
}

impl TcpConfig {
    /// How a nexus of this transport behaves.
    pub fn policy(&self) -> Policy {
        Policy {
            detection: Detection::Silence {
                ping: self.ping(),
                rto: self.rto_min,
            },
            retry: self.reconnect,
            fast_io_fail: Some(self.fast_io_fail_tmo).filter(|&tmo| tmo > Ns::ZERO),
            dev_loss: self.dev_loss_tmo,
        }
    }

    /// What it asks whether anybody is there, if it does. Of iSCSI, where one of the
    /// times is 0 and the other is not the kernel takes it for 5 s
    /// (`libiscsi.c:iscsi_conn_start`, 6.1).
    fn ping(&self) -> Option<Ping> {
        let (interval, timeout) = (self.keep_alive_interval, self.keep_alive_timeout);
        let is_off = match self.protocol {
            Protocol::Iscsi => interval.max(timeout) == Ns::ZERO,
            Protocol::Nvme => interval.min(timeout) == Ns::ZERO,
        };
        let or_default = |time: Ns| if time > Ns::ZERO { time } else { DEFAULT_PING };
        (!is_off).then(|| Ping {
            interval: or_default(interval),
            timeout: or_default(timeout),
        })
    }

    /// What a command that times out in a stalled session leads to.
    pub fn on_timeout(&self) -> OnTimeout {
        match self.protocol {
            Protocol::Nvme => OnTimeout::GivesUp,
            Protocol::Iscsi if self.ping().is_some() => OnTimeout::Waits,
            Protocol::Iscsi => OnTimeout::Aborts,
        }
    }
}

/// What a command that times out while its session is stalled leads to.
#[derive(Copy, Clone, Debug, PartialEq, Eq)]
pub enum OnTimeout {
    /// It is given as long again: a ping is under way, which will tell
    /// (`libiscsi.c:iscsi_eh_cmd_timed_out`, 6.1).
    Waits,
    /// It is aborted; that fails too, and then the session is given up
    /// (`libiscsi.c:iscsi_eh_abort`, 6.1).
    Aborts,
    /// The session is given up (`nvme/host/tcp.c:nvme_tcp_timeout`, 6.1).
    GivesUp,
}

/// What iSCSI takes for a time of its pings that is 0.
const DEFAULT_PING: Ns = Ns::from_secs(5);

/// The two streams of a session.
#[derive(Clone, Debug, Default)]
pub struct Session {
    streams: [Stream; 2],
}

#[derive(Clone, Debug, Default)]
struct Stream {
    /// What is under way: when it will be acknowledged, and its bytes.
    under_way: VecDeque<(Ns, u64)>,
    bytes: u64,
    /// What was sent from then on arrives not before then.
    gaps: Vec<(Ns, Ns)>,
}

/// A message of a session that may go.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub struct Go {
    /// When it is sent.
    pub at: Ns,
    /// How much later its end arrives because it is longer than the window.
    pub extra: Ns,
    /// Whether so much follows a lost segment that its loss is noticed by
    /// duplicate acknowledgements.
    pub is_dense: bool,
}

/// Segments after a lost one that make its loss noticed.
const DUP_ACKS: u64 = 3;
/// Attempts after which what is lost counts as sent all the same, so that time
/// is bounded.
pub const ATTEMPTS: u32 = 8;

impl Session {
    /// `bytes` are to be sent at `at`, over a way that takes `rtt` to and fro:
    /// when they go.
    pub fn admit(&mut self, way: Way, at: Ns, bytes: u64, rtt: Ns, config: &TcpConfig) -> Go {
        let stream = &mut self.streams[way as usize];
        let window = config.window.0.max(config.segment.0);
        let part = bytes.min(window);
        let mut go = at;
        while let Some(&(acked, earlier)) = stream.under_way.front() {
            if acked > at && stream.bytes + part <= window {
                break;
            }
            go = go.max(acked);
            stream.bytes -= earlier;
            stream.under_way.pop_front();
        }
        let beyond = u128::from(bytes - part) * u128::from(rtt.0);
        let extra = beyond.div_ceil(u128::from(window));
        Go {
            at: go,
            extra: Ns(u64::try_from(extra).unwrap_or(u64::MAX)),
            is_dense: bytes + stream.bytes > DUP_ACKS * config.segment.0,
        }
    }

    /// `bytes` that were sent at `sent` arrive at `arrives`: when they can be
    /// read, as what was sent before them comes first. `was_lost`: they hold up
    /// what follows. Acknowledged at `acked`; the clock stands at `now`.
    pub fn delivered(
        &mut self,
        way: Way,
        now: Ns,
        (sent, arrives, back): (Ns, Ns, Ns),
        bytes: u64,
        (was_lost, window): (bool, u64),
    ) -> Ns {
        let stream = &mut self.streams[way as usize];
        let mut readable = arrives;
        if !stream.gaps.is_empty() {
            stream.gaps.retain(|&(_, until)| until > now);
            let holds = |&&(from, until): &&(Ns, Ns)| from <= sent && sent < until;
            let until = stream.gaps.iter().filter(holds).map(|gap| gap.1).max();
            readable = readable.max(until.unwrap_or(Ns::ZERO));
        }
        if was_lost {
            stream.gaps.push((sent, readable));
        }
        let bytes = bytes.min(window);
        if bytes > 0 {
            let acked = arrives.saturating_add(back);
            let place = stream
                .under_way
                .partition_point(|&(other, _)| other <= acked);
            stream.under_way.insert(place, (acked, bytes));
            stream.bytes += bytes;
        }
        readable
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn config(window: u64) -> TcpConfig {
        TcpConfig {
            window: Bytes(window),
            segment: Bytes(1000),
            ..Default::default()
        }
    }

    #[test]
    fn a_window_bounds_what_is_under_way() {
        let (mut s, c) = (Session::default(), config(10_000));
        let rtt = Ns(100);
        let mut send = |at: u64, bytes| {
            let go = s.admit(Way::ToHost, Ns(at), bytes, rtt, &c);
            let arrives = Ns(go.at.0 + 50);
            let times = (go.at, arrives, Ns(50));
            s.delivered(Way::ToHost, Ns(at), times, bytes, (false, 10_000));
            (go.at.0, go.extra.0)
        };
        assert_eq!(send(0, 6000), (0, 0));
        assert_eq!(send(10, 4000), (10, 0));
        assert_eq!(send(20, 4000), (100, 0));
        // Twice the window: one more round trip; all before it is out.
        assert_eq!(send(120, 20_000), (200, 100));
    }

    #[test]
    fn the_rate_of_a_session_is_its_window_a_round_trip() {
        let (mut s, c) = (Session::default(), config(100_000));
        let (rtt, mut at) = (Ns(1_000_000), Ns::ZERO);
        for _ in 0..1000 {
            let go = s.admit(Way::ToHost, Ns::ZERO, 10_000, rtt, &c);
            at = at.max(go.at);
            let times = (go.at, Ns(go.at.0 + 500_000), Ns(500_000));
            s.delivered(Way::ToHost, Ns::ZERO, times, 10_000, (false, 100_000));
        }
        // 10 MB in round trips of 0.1 MB; the first goes at once.
        assert_eq!(at, rtt * 99);
    }

    #[test]
    fn what_follows_a_loss_waits_for_it_and_what_precedes_it_does_not() {
        let mut s = Session::default();
        let mut read = |sent: u64, arrives: u64, was_lost| {
            let times = (Ns(sent), Ns(arrives), Ns(0));
            s.delivered(Way::ToHost, Ns(0), times, 10, (was_lost, 1000))
                .0
        };
        assert_eq!(read(100, 5000, true), 5000);
        assert_eq!(read(99, 120, false), 120);
        assert_eq!(read(100, 130, false), 5000);
        assert_eq!(read(4999, 5010, false), 5010);
        assert_eq!(read(5000, 5020, false), 5020);
    }
}
