//! Fabrics from the shelf.
//!
//! | figure | where it is from |
//! |---|---|
//! | 6.4, 12.8, 25.6 Gbit/s each way | 8GFC 800 MB/s, 16GFC 1600: InfoStor 2010, "16GFC standard doubles Fibre Channel speed", table 1; 32GFC 3200: FCIA's roadmap, 6400 MB/s both ways together |
//! | 99 % of Ethernet's rate | arithmetic: of 9038 B of a jumbo frame on the wire (MTU 9000, header and check 18, preamble and gap 20) 8948 B are payload of TCP with time stamps |
//! | frame of 2048 B | what HBAs send: the payload of a Fibre Channel frame is 2112 B at most (FC-FS) |
//! | `dev_loss_tmo` 60 s of Fibre Channel | `scsi_transport_fc.c`, `dev_loss_tmo`, 6.1 |
//! | `fast_io_fail_tmo` 5 s | multipathd sets it (`DEFAULT_FAST_IO_FAIL`, `libmultipath/defaults.h`, 0.9.4); without multipathd the kernel has none for Fibre Channel (`scsi_transport_fc.c`: -1) and 120 s for iSCSI (`scsi_transport_iscsi.c:iscsi_alloc_session`, `recovery_tmo`): for a host without it, say so |
//! | pings of iSCSI, 5 s and 5 s | open-iscsi, `iscsid.conf`: `node.conn[0].timeo.noop_out_interval`, `noop_out_timeout` |
//! | `immediate_data` 64 KiB of iSCSI | an assumption; open-iscsi offers a `FirstBurstLength` of 256 KiB, a target grants less |
//! | keep-alive of NVMe: 5 s, a ping each half of it | `nvme/host/nvme.h`: `NVME_DEFAULT_KATO`; `nvme/host/core.c:nvme_queue_keep_alive_work`, 6.1 |
//! | reconnect each 10 s, for 600 s | `nvme/host/fabrics.h`: `NVMF_DEF_RECONNECT_DELAY`, `NVMF_DEF_CTRL_LOSS_TMO`, 6.1 |
//! | in-capsule data of 8 KiB | `nvme/host/tcp.c`: admin commands; of I/O it is what the target grants: an assumption |
//! | 2 µs a hop of Fibre Channel, 8 µs of TCP, stack and switch together | assumptions |
//! | window of 4 MiB, `rto_min` 200 ms | `net.ipv4.tcp_wmem`, third figure (`tcp.c:tcp_init`: at most 4 MiB); `TCP_RTO_MIN` |

use super::Transport;
use super::fc::FcConfig;
use super::link::LinkConfig;
use super::tcp::{Protocol, TcpConfig};
use crate::sim::time::Ns;
use crate::sim::units::{BitRate, Bytes};

/// The shortest `fast_io_fail_tmo`; none at all would be "off".
const AT_ONCE: Ns = Ns(1);

/// A fabric from the shelf.
#[derive(Copy, Clone, Debug)]
pub struct FabricPreset {
    /// The word that `preset` takes.
    pub name: &'static str,
    /// What it stands for.
    pub about: &'static str,
    kind: Kind,
    /// Payload each way, Mbit/s.
    mbit: u64,
}

#[derive(Copy, Clone, Debug)]
enum Kind {
    Fc,
    Iscsi,
    NvmeTcp,
}

const fn preset(name: &'static str, about: &'static str, kind: Kind, mbit: u64) -> FabricPreset {
    FabricPreset {
        name,
        about,
        kind,
        mbit,
    }
}

/// All fabrics from the shelf.
pub const PRESETS: &[FabricPreset] = &[
    preset("fc-8g", "8 Gbit/s Fibre Channel", Kind::Fc, 6_400),
    preset("fc-16g", "16 Gbit/s Fibre Channel", Kind::Fc, 12_800),
    preset("fc-32g", "32 Gbit/s Fibre Channel", Kind::Fc, 25_600),
    preset("iscsi-1g", "iSCSI over 1 Gbit/s Ethernet", Kind::Iscsi, 990),
    preset(
        "iscsi-10g",
        "iSCSI over 10 Gbit/s Ethernet",
        Kind::Iscsi,
        9_900,
    ),
    preset(
        "iscsi-25g",
        "iSCSI over 25 Gbit/s Ethernet",
        Kind::Iscsi,
        24_750,
    ),
    preset(
        "nvme-tcp-25g",
        "like NVMe over TCP, 25 Gbit/s Ethernet",
        Kind::NvmeTcp,
        24_750,
    ),
];

/// The fabric from the shelf that `name` stands for.
pub fn find(name: &str) -> Option<&'static FabricPreset> {
    PRESETS.iter().find(|preset| preset.name == name)
}

impl FabricPreset {
    /// Its transport.
    pub fn transport(&self) -> Transport {
        match self.kind {
            Kind::Fc => Transport::Fc(FcConfig::default()),
            Kind::Iscsi => Transport::Tcp(TcpConfig {
                segment: Bytes(8948),
                ..TcpConfig::default()
            }),
            Kind::NvmeTcp => Transport::Tcp(TcpConfig {
                segment: Bytes(8948),
                immediate_data: Bytes(8 << 10),
                keep_alive_interval: Ns::from_ms(2_500),
                keep_alive_timeout: Ns::from_secs(5),
                reconnect: Ns::from_secs(10),
                // At once: what a multipath map sends is not held while the
                // controller reconnects (`core.c:nvme_fail_nonready_command`,
                // `core.c:nvme_decide_disposition`, 6.1), whatever the
                // controller's own fast_io_fail_tmo, which is off by default.
                fast_io_fail_tmo: AT_ONCE,
                protocol: Protocol::Nvme,
                dev_loss_tmo: Some(Ns::from_secs(600)),
                ..TcpConfig::default()
            }),
        }
    }
    /// A link of it.
    pub fn link(&self) -> LinkConfig {
        let (latency, frame) = match self.kind {
            Kind::Fc => (Ns::from_us(2), 2048),
            Kind::Iscsi | Kind::NvmeTcp => (Ns::from_us(8), 8948),
        };
        LinkConfig {
            rate: Some(BitRate(self.mbit * 1_000_000)),
            latency,
            frame: Bytes(frame),
        }
    }
}
