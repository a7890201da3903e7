//! The bound where it is easy by hand, and runs that reach it.

use mpathsim::run::bound::{Bound, Limit, Limiter, bound_of_run};
use mpathsim::run::replication::replicate;
use mpathsim::run::summary::RunSummary;
use mpathsim::run::{RunOptions, run};
use mpathsim::scenario::{self, Mode};

const MAP: &str = "[[map]]\nselector = \"round-robin\"\npaths = [\"sda\", \"sdb\"]\n";

/// The limit of the devices and jobs of `text` before anything runs.
fn ahead(text: &str) -> Limit {
    let scenario = scenario::parse("bound.toml", &format!("{text}\n{MAP}"), &[]).unwrap();
    let machine = scenario::build(&scenario, Mode::Bio).unwrap();
    mpathsim::run::bound::bound(&machine).unwrap()
}

/// Its figures, to the thousandth, whatever order the sums have.
fn bound(text: &str) -> Option<(f64, u64)> {
    let found = ahead(text).known();
    found.map(|bound| ((bound.iops * 1e3).round() / 1e3, bound.latency.0))
}

/// Runs `text`, which has a map, in `mode`: its limit, and how near it came.
fn after(text: &str, mode: Mode) -> (Bound, f64, Option<f64>) {
    let scenario = scenario::parse("bound.toml", text, &[]).unwrap();
    let machine = scenario::build(&scenario, mode).unwrap();
    let outcome = run(&machine, &RunOptions::default()).unwrap();
    let bound = bound_of_run(&machine, &outcome).unwrap();
    let bound = bound.known().unwrap_or_else(|| panic!("{bound:?}"));
    let of = bound.of(&RunSummary::new(mode, None, &outcome).application);
    (bound, of.iops, of.latency)
}

/// The limit is `iops`, and a run reaches more than the share `least` of it.
fn reaches(text: &str, iops: f64, least: f64) {
    let (bound, of, _) = after(&format!("{text}\n{MAP}"), Mode::Bio);
    assert!((bound.iops / iops - 1.0).abs() < 0.002, "{bound:?}");
    assert!((least..=1.0 + 1e-9).contains(&of), "{of} of {bound:?}");
}

const UNEQUAL: &str = r#"
[[device]]
name = "sda"
null_blk = { completion = "1ms", hw_queue_depth = 2 }
[[device]]
name = "sdb"
null_blk = { completion = "4ms", hw_queue_depth = 2 }
"#;

fn job(rw: &str, depth: u32) -> String {
    format!("[[workload.job]]\nrw = \"{rw}\"\nbs = \"4k\"\niodepth = {depth}\n")
}

fn ports(more: &str) -> String {
    format!("[[device]]\nname = [\"sda\", \"sdb\"]\nport = {{ {more} }}\n")
}

#[test]
fn the_fast_path_is_filled_first() {
    let of = |depth| bound(&(UNEQUAL.to_owned() + &job("randread", depth)));
    assert_eq!(of(1), Some((1000.0, 1_000_000)));
    assert_eq!(of(2), Some((2000.0, 1_000_000)));
    assert_eq!(of(3), Some((2250.0, 1_000_000)));
    assert_eq!(of(64), Some((2500.0, 1_000_000)));
}

#[test]
fn what_is_sequential_may_merge() {
    let found = bound(&(UNEQUAL.to_owned() + &job("read", 2000)));
    // 255 sectors to a request, two requests at once on each; the rest waits.
    let (fast, slow) = (2.0 * 255.0 / 8.0, 2.0 * 255.0 / 8.0);
    assert_eq!(found, Some((fast * 1000.0 + slow * 250.0, 1_000_000)));
}

#[test]
fn media_hold_their_ports_back() {
    let media = "[[media]]\nname = \"disks\"\nservice = \"1ms\"\nslots = 4\n";
    let ports = ports("latency = \"100us\", media = \"disks\"");
    let found = bound(&(media.to_owned() + &ports + &job("randread", 64)));
    assert_eq!(found, Some((4000.0, 1_100_000)));
}

/// A port that its media hold back leaves what is in flight to others.
#[test]
fn what_the_media_leave_over_is_free_for_others() {
    let ports = r#"
[[media]]
name = "disks"
service = "1ms"
slots = 1
[[device]]
name = "sda"
port = { latency = "100us", media = "disks" }
[[device]]
name = "sdb"
port = { latency = "2ms", queue_depth = 4 }
"#;
    let found = bound(&(ports.to_owned() + &job("randread", 8)));
    assert_eq!(found, Some((1000.0 + 2000.0, 1_100_000)));
}

/// A link works both ways at once: how much that is worth depends on the mix.
#[test]
fn reads_and_writes_do_not_share_a_link() {
    let ports = ports("latency = \"1us\", bandwidth = \"8Gbit\"");
    let of = |more: &str| {
        let job = "[[workload.job]]\nbs = \"4k\"\niodepth = 64\n";
        bound(&format!("{ports}{job}{more}\n")).unwrap().0
    };
    let one_way = of("rw = \"randread\"");
    assert_eq!(of("rw = \"randrw\""), 2.0 * one_way);
    let mixed = of("rw = \"randrw\"\nrwmixread = 90");
    assert!((mixed * 0.9 / one_way - 1.0).abs() < 1e-6, "{mixed}");
}

/// Of sizes that differ, small ones may go where it is near and large ones
/// where it is wide.
#[test]
fn a_mix_of_sizes_is_not_worth_its_mean() {
    let ports = r#"
[[device]]
name = "sda"
port = { latency = "10us", bandwidth = "1Gbit" }
[[device]]
name = "sdb"
port = { latency = "100us", bandwidth = "100Gbit" }
[[workload.job]]
rw = "randread"
bssplit = "4k/50:64k/50"
iodepth = 1
"#;
    let found = ahead(ports).known().unwrap();
    // 4 KiB: 43 µs on sda; 64 KiB: 105 µs on sdb; 74 µs on average.
    let ns = found.latency.0;
    assert!((73_900..74_200).contains(&ns), "{ns}");
    assert!((found.iops * ns as f64 / 1e9 - 1.0).abs() < 1e-3);
}

/// Who offers 1000 I/Os a second gets no more.
#[test]
fn a_rate_is_a_limit() {
    let job = "[[workload.job]]\nrw = \"randread\"\nbs = \"4k\"\niodepth = 64\n\
               rate_iops = 1000\nruntime = 2\ntime_based = 1\n";
    let text = format!("{}{job}", ports("latency = \"1ms\""));
    assert_eq!(bound(&text), Some((1000.0, 1_000_000)));
    reaches(&text, 1000.0, 0.998);
    let (found, ..) = after(&format!("{text}{MAP}"), Mode::Bio);
    assert_eq!(found.by, Limiter::Offered);
}

/// Of Poisson arrivals those that came, not as many as would on average.
#[test]
fn arrivals_are_a_limit() {
    let job = "[[workload.open]]\nrw = \"randread\"\nbs = \"4k\"\nrate_iops = 2000\n\
               outstanding = 64\nruntime = \"2s\"\n";
    let text = format!("{}{job}{MAP}", ports("latency = \"1ms\""));
    let (bound, of, _) = after(&text, Mode::Bio);
    assert_eq!(bound.by, Limiter::Offered);
    assert!((0.99..=1.0).contains(&of), "{of} of {bound:?}");
    assert!((1850.0..2150.0).contains(&bound.iops), "{bound:?}");
}

#[test]
fn who_pauses_offers_less() {
    let ports = ports("latency = \"1ms\"");
    let job = |more: &str| {
        let fio = "[a]\nioengine=libaio\ndirect=1\nrw=randread\nbs=4k\nsize=2m\n";
        format!("{ports}[workload]\nfio = \"\"\"\n{fio}{more}\"\"\"\n")
    };
    // 1 ms of service, 1 ms of pause.
    reaches(&job("iodepth=1\nthinktime=1000\n"), 500.0, 0.99);
    // Two at once, then a pause.
    let two = "iodepth=2\nthinktime=9000\nthinktime_blocks=2\nthinktime_blocks_type=issue\n";
    let (bound, of, _) = after(&format!("{}{MAP}", job(two)), Mode::Bio);
    assert!((0.97..=1.0).contains(&of), "{of} of {bound:?}");
    assert_eq!(bound.by, Limiter::Offered);
}

/// Devices of no map, of another map, of a group that is not used.
#[test]
fn only_what_a_job_can_use_counts() {
    let job = job("randread", 64) + "size = \"16m\"\n";
    let unused = "[[device]]\nname = \"sdc\"\nport = { latency = \"10us\", slots = 4 }\n";
    let four = ports("latency = \"1ms\", slots = 4");
    reaches(&format!("{four}{unused}{job}"), 8000.0, 0.98);
    let two = ports("latency = \"1ms\", slots = 2");
    let maps = "[[map]]\nname = \"m1\"\nselector = \"round-robin\"\npaths = [\"sda\"]\n\
                [[map]]\nname = \"m2\"\nselector = \"round-robin\"\npaths = [\"sdb\"]\n";
    let text = format!("{two}{maps}{job}filename = \"/dev/mapper/m1\"\n");
    let (bound, of, _) = after(&text, Mode::Bio);
    assert!((bound.iops - 2000.0).abs() < 1e-6, "{bound:?}");
    assert!((0.98..=1.0).contains(&of), "{of}");
    let group = "[[map]]\ntable = \"0 2097152 multipath 0 0 2 1 round-robin 0 1 1 sda 1 \
                 round-robin 0 1 1 sdb 1\"\n";
    let (bound, of, _) = after(&format!("{two}{group}{job}"), Mode::Request);
    assert!((bound.iops - 2000.0).abs() < 1e-6, "{bound:?}");
    assert!((0.98..=1.0).contains(&of), "{of}");
}

/// 128 pages fill the segments of a request.
#[test]
fn segments_limit_a_request() {
    let job = "[[workload.job]]\nrw = \"read\"\nbs = \"4k\"\niodepth = 4096\n\
               iodepth_batch_submit = 1024\niodepth_batch_complete_max = 1024\nsize = \"256m\"\n";
    let ports = ports("latency = \"1ms\", slots = 1, queue_depth = 4");
    let text = format!("{ports}{job}{MAP}");
    let (bound, of, _) = after(&text, Mode::Request);
    assert!((bound.iops - 256_000.0).abs() < 1.0, "{bound:?}");
    assert!((0.95..=1.0).contains(&of), "{of}");
}

/// Kernels that do not split give a path what its map takes.
#[test]
fn a_bio_of_old_is_as_large_as_its_map_lets_it() {
    let text = r#"
kernel = "2.6.25"
[[device]]
name = ["sda", "sdb"]
port = { latency = "100us", per_request = "100us" }
queue = { max_request = "64KiB" }
[[workload.job]]
rw = "read"
bs = "512k"
iodepth = 16
size = "128m"
"#;
    // One bio here, the next there: by itself the old round-robin turns every 1000.
    let map = "[[map]]\ntable = \"0 2097152 multipath 0 0 1 1 round-robin 0 2 1 sda 1 sdb 1\"\n";
    let (bound, of, _) = after(&format!("{text}{map}"), Mode::Bio);
    assert!((0.98..=1.0).contains(&of), "{of} of {bound:?}");
}

/// A queue of null_blk belongs to a CPU.
#[test]
fn queues_without_a_cpu_have_no_tags() {
    let device = "[[device]]\nname = [\"sda\", \"sdb\"]\n\
                  null_blk = { completion = \"1ms\", hw_queue_depth = 2, submit_queues = 2 }\n";
    let of = |cpus: &str| bound(&format!("{device}{}{cpus}", job("randread", 64)));
    assert_eq!(of("[host]\ncpus = 1\n"), Some((4000.0, 1_000_000)));
    assert_eq!(of("[host]\ncpus = 2\n"), Some((8000.0, 1_000_000)));
}

/// fio waits for each trim.
#[test]
fn trims_are_done_one_at_a_time() {
    let device = "[[device]]\nname = [\"sda\", \"sdb\"]\n[device.null_blk]\n\
                  completion = \"1ms\"\nmemory_backed = true\ndiscard = true\n";
    let text = format!("{device}{}size = \"4m\"\n", job("trim", 32));
    reaches(&text, 1000.0, 0.98);
}

/// An I/O that is split draws once, in however many commands.
#[test]
fn what_is_split_counts_once() {
    let text = r#"
[[device]]
name = "sda"
port = { latency = { kind = "log_normal", mean = "100us", cv = 2 } }
[[workload.job]]
rw = "randread"
bssplit = "4k/90:1m/10"
iodepth = 1
size = "64m"
io_size = "16m"
[[map]]
selector = "round-robin"
paths = ["sda"]
"#;
    for replication in 0..6 {
        let scenario = scenario::parse("bound.toml", text, &[]).unwrap();
        let mut machine = scenario::build(&scenario, Mode::Bio).unwrap();
        replicate(&mut machine, replication);
        let outcome = run(&machine, &RunOptions::default()).unwrap();
        let bound = bound_of_run(&machine, &outcome).unwrap().known().unwrap();
        let of = bound.of(&RunSummary::new(Mode::Bio, None, &outcome).application);
        assert!((0.9..=1.0 + 1e-9).contains(&of.iops), "{of:?}");
        assert!(of.latency.unwrap() >= 1.0 - 1e-6, "{of:?}");
    }
}

const NETWORK: &str = r#"
[fabric]
link = { latency = "10us", rate = "8Gbit" }
[[initiator]]
name = "hba0"
[[initiator]]
name = "hba1"
[[array]]
controllers = 1
ports = 2
controller = { per_command = "5us", cores = 1 }
luns = [{ name = "lun0" }, { name = "lun1" }]
[[device]]
name = "sda"
lun = { initiator = "hba0", target = "ctl0.p0", lun = "lun0" }
[[device]]
name = "sdb"
lun = { initiator = "hba1", target = "ctl0.p1", lun = "lun0" }
"#;

/// Two links, but one core behind both.
#[test]
fn a_network_is_as_wide_as_its_narrowest_cut() {
    let large =
        "[[workload.job]]\nrw = \"randread\"\nbs = \"512k\"\niodepth = 32\nsize = \"256m\"\n";
    // 2 GB/s of 512 KiB each.
    reaches(&format!("{NETWORK}{large}"), 2e9 / 524_288.0, 0.9);
    let small = job("randread", 64) + "size = \"64m\"\n";
    reaches(&format!("{NETWORK}{small}"), 200_000.0, 0.85);
    // One alone: 4 links there and back, the core, 4 KiB at 1 byte a ns.
    let one = job("randread", 1) + "size = \"64m\"\n";
    let (bound, of, latency) = after(&format!("{NETWORK}{one}{MAP}"), Mode::Bio);
    assert_eq!(bound.latency.0, 40_000 + 5_000 + 4096);
    assert!(of > 0.9 && latency.unwrap() < 1.1, "{of} {latency:?}");
}

/// Paths of one port are one port.
#[test]
fn what_paths_share_counts_once() {
    let shared = NETWORK.replace("hba1\", target = \"ctl0.p1", "hba0\", target = \"ctl0.p0");
    let job = "[[workload.job]]\nrw = \"randread\"\nbs = \"512k\"\niodepth = 32\nsize = \"256m\"\n";
    reaches(&format!("{shared}{job}"), 1e9 / 524_288.0, 0.9);
}

/// What is read through the page cache for the first time comes from the devices.
#[test]
fn the_page_cache_has_what_it_has_read() {
    let job = "[[workload.job]]\nrw = \"read\"\nbs = \"64k\"\ndirect = 0\nsize = \"64m\"\n";
    let text = format!(
        "{}{job}{MAP}",
        ports("latency = \"100us\", bandwidth = \"1Gbit\"")
    );
    let (bound, of, latency) = after(&text, Mode::Request);
    // Two links of 125 MB/s, 64 KiB an I/O.
    assert!(
        (bound.iops / (2.5e8 / 65_536.0) - 1.0).abs() < 0.05,
        "{bound:?}"
    );
    assert!(of <= 1.0 && latency.is_none(), "{of} {latency:?}");
}

/// Writes that never reach a device are not limited by one.
#[test]
fn what_the_page_cache_answers_is_not_limited() {
    let job = "[[workload.job]]\nrw = \"write\"\nbs = \"64k\"\ndirect = 0\nsize = \"1m\"\n";
    let text = format!("{}{job}{MAP}", ports("latency = \"100us\""));
    let scenario = scenario::parse("bound.toml", &text, &[]).unwrap();
    let machine = scenario::build(&scenario, Mode::Bio).unwrap();
    let outcome = run(&machine, &RunOptions::default()).unwrap();
    let limit = bound_of_run(&machine, &outcome).unwrap();
    match limit {
        Limit::Unknown(why) => assert_eq!(why, "the page cache answers, not the devices"),
        Limit::Known(bound) => assert_ne!(bound.by, Limiter::Offered),
    }
}

/// Where devices take no time nothing of them is a limit, whatever code costs.
#[test]
fn devices_that_take_no_time_are_no_limit() {
    let device = ports("latency = \"0us\"");
    let text = format!("{device}{}size = \"4m\"\n{MAP}", job("randread", 8));
    for profile in ["none", "lab"] {
        let set = format!("host.profile={profile}");
        let scenario = scenario::parse("x", &text, &[set]).unwrap();
        let machine = scenario::build(&scenario, Mode::Bio).unwrap();
        let outcome = run(&machine, &RunOptions::default()).unwrap();
        let limit = bound_of_run(&machine, &outcome).unwrap();
        assert!(matches!(limit, Limit::Unknown(_)), "{limit:?}");
    }
}
