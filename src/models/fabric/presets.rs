//! Fabrics from the shelf.
//!
//! Rates are of payload. Fibre Channel: the throughput each way that FCIA's
//! speed map gives (8GFC 800 MB/s, 16GFC 1600 MB/s, 32GFC 3200 MB/s).
//! Ethernet: 8948 of 9038 bytes of a jumbo frame on the wire are payload of
//! TCP. Timeouts are the defaults of the kernel and of multipath-tools 0.9.4
//! (`fast_io_fail_tmo` 5 s), of open-iscsi (`noop_out` 5 s and 5 s) and of
//! nvme-cli (`kato` 5 s, half of it between pings, `reconnect-delay` 10 s,
//! `ctrl-loss-tmo` 600 s). Latencies are assumptions: 2 µs a hop for Fibre
//! Channel, 8 µs for a host's or array's TCP stack and a switch.

use super::Transport;
use super::fc::FcConfig;
use super::link::LinkConfig;
use super::tcp::TcpConfig;
use crate::sim::time::Ns;
use crate::sim::units::{BitRate, Bytes};

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
