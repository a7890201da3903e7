//! A sweep on a real Slurm: three nodes on this machine, one of which is killed
//! in the middle. Skips itself, and says so, only where Slurm is not installed.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::time::{Duration, Instant};

/// A Slurm of its own; ends with the test.
struct Cluster {
    folder: PathBuf,
    /// munged and slurmctld.
    daemons: Vec<Child>,
    nodes: Vec<Child>,
}

const NODES: usize = 3;

fn is_installed(program: &str) -> bool {
    let path = std::env::var("PATH").unwrap_or_default();
    let folders = path.split(':').chain(["/usr/sbin", "/sbin"]);
    folders
        .into_iter()
        .any(|folder| Path::new(folder).join(program).exists())
}

fn output(program: &str, arguments: &[&str]) -> String {
    let output = Command::new(program).args(arguments).output().unwrap();
    String::from_utf8(output.stdout).unwrap().trim().to_owned()
}

/// Ports that nobody listens on now.
fn free_ports(n: usize) -> Vec<u16> {
    let listeners: Vec<_> = (0..n)
        .map(|_| TcpListener::bind("127.0.0.1:0").unwrap())
        .collect();
    listeners
        .iter()
        .map(|l| l.local_addr().unwrap().port())
        .collect()
}

fn daemon(program: &str, folder: &Path, arguments: &[String]) -> Child {
    let log =
        std::fs::File::create(folder.join(format!("{program}-{}.out", arguments.len()))).unwrap();
    Command::new(program)
        .args(arguments)
        .env("SLURM_CONF", folder.join("slurm.conf"))
        .env(
            "PATH",
            format!("{}:/usr/sbin:/sbin", std::env::var("PATH").unwrap()),
        )
        .stdin(Stdio::null())
        .stdout(log.try_clone().unwrap())
        .stderr(log)
        .spawn()
        .unwrap()
}

impl Cluster {
    fn start() -> Cluster {
        // Short: the path of a socket has to fit into 107 bytes.
        let folder = PathBuf::from(format!("/tmp/mpathsim-slurm-{}", std::process::id()));
        let _ = std::fs::remove_dir_all(&folder);
        for part in ["state", "log", "spool", "munge"] {
            std::fs::create_dir_all(folder.join(part)).unwrap();
        }
        let munge = folder.join("munge");
        let key: Vec<u8> = (0..1024u32)
            .map(|i| ((i * 2_654_435_761) >> 13) as u8)
            .collect();
        std::fs::write(munge.join("key"), key).unwrap();
        use std::os::unix::fs::PermissionsExt;
        std::fs::set_permissions(munge.join("key"), PermissionsExt::from_mode(0o600)).unwrap();
        let part = |name: &str| munge.join(name).display().to_string();
        let arguments = vec![
            "--foreground".into(),
            "--force".into(),
            "--num-threads=2".into(),
            format!("--socket={}", part("socket")),
            format!("--key-file={}", part("key")),
            format!("--log-file={}", part("log")),
            format!("--pid-file={}", part("pid")),
            format!("--seed-file={}", part("seed")),
        ];
        let munged = daemon("munged", &folder, &arguments);
        std::fs::write(folder.join("slurm.conf"), conf(&folder)).unwrap();
        let controller = daemon("slurmctld", &folder, &["-D".into(), "-c".into()]);
        let mut cluster = Cluster {
            folder,
            daemons: vec![munged, controller],
            nodes: Vec::new(),
        };
        for node in 1..=NODES {
            let child = daemon(
                "slurmd",
                &cluster.folder,
                &["-D".into(), "-N".into(), format!("n{node}")],
            );
            cluster.nodes.push(child);
        }
        cluster.wait("the nodes to be idle", 60, || {
            let idle = cluster.command("sinfo", &["-h", "-N", "-t", "idle", "-o", "%N"]);
            String::from_utf8_lossy(&idle.stdout).lines().count() == NODES
        });
        cluster
    }

    fn command(&self, program: &str, arguments: &[&str]) -> Output {
        let mut command = Command::new(program);
        command
            .args(arguments)
            .env("SLURM_CONF", self.folder.join("slurm.conf"))
            .env("NO_COLOR", "1");
        command.output().unwrap()
    }

    fn squeue(&self, arguments: &[&str]) -> String {
        let output = self.command("squeue", &[&["-h", "-r"], arguments].concat());
        String::from_utf8_lossy(&output.stdout).into_owned()
    }

    fn wait(&self, what: &str, seconds: u64, is_so: impl Fn() -> bool) {
        let began = Instant::now();
        while !is_so() {
            if began.elapsed() > Duration::from_secs(seconds) {
                let queue = self.squeue(&[]);
                let info = self.command("sinfo", &["-N", "-l"]);
                let log = std::fs::read_to_string(self.folder.join("log/slurmctld.log"))
                    .unwrap_or_default();
                let tail: Vec<&str> = log.lines().rev().take(30).collect();
                panic!(
                    "waited {seconds} s for {what}\n{queue}{}\n{}",
                    String::from_utf8_lossy(&info.stdout),
                    tail.join("\n")
                );
            }
            std::thread::sleep(Duration::from_millis(200));
        }
    }

    /// Kills a node and everything that runs on it, as if its power had gone.
    fn kill_node(&mut self, node: usize) {
        self.nodes[node - 1].kill().unwrap();
        self.nodes[node - 1].wait().unwrap();
        let own = format!("SLURMD_NODENAME=n{node}");
        let conf = self.folder.display().to_string();
        for process in std::fs::read_dir("/proc").unwrap().flatten() {
            let path = process.path();
            let environ = std::fs::read(path.join("environ")).unwrap_or_default();
            let environ = String::from_utf8_lossy(&environ).into_owned();
            if !environ.split('\0').any(|v| v == own) || !environ.contains(&conf) {
                continue;
            }
            let status = std::fs::read_to_string(path.join("status")).unwrap_or_default();
            let parent = status
                .lines()
                .find_map(|l| l.strip_prefix("PPid:"))
                .unwrap_or("")
                .trim()
                .to_owned();
            let name = std::fs::read_to_string(format!("/proc/{parent}/comm")).unwrap_or_default();
            // slurmstepd first, that it does not tell anyone.
            if name.trim() == "slurmstepd" {
                let _ = Command::new("kill").args(["-KILL", &parent]).status();
            }
            let id = process.file_name().to_string_lossy().into_owned();
            let _ = Command::new("kill").args(["-KILL", &id]).status();
        }
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        let _ = self.command("scancel", &["--user", &output("id", &["-un"])]);
        std::thread::sleep(Duration::from_millis(500));
        for child in self.nodes.iter_mut().chain(self.daemons.iter_mut().rev()) {
            let _ = child.kill();
            let _ = child.wait();
        }
        if !std::thread::panicking() {
            let _ = std::fs::remove_dir_all(&self.folder);
        }
    }
}

/// `cred_expire`: what a node that died was running waits so long before it is run
/// again (120 s by default).
fn conf(folder: &Path) -> String {
    let (user, host) = (output("id", &["-un"]), output("hostname", &["-s"]));
    let ports = free_ports(1 + NODES);
    let dir = folder.display();
    let mut text = format!(
        "ClusterName=mpathsim\nSlurmctldHost={host}(127.0.0.1)\nSlurmUser={user}\nSlurmdUser={user}\n\
         AuthType=auth/munge\nAuthInfo=socket={dir}/munge/socket,cred_expire=5\nMpiDefault=none\n\
         ProctrackType=proctrack/linuxproc\nTaskPlugin=task/none\nReturnToService=2\nSlurmdTimeout=5\n\
         SlurmctldPort={}\nSlurmdParameters=config_overrides\nStateSaveLocation={dir}/state\n\
         SlurmdSpoolDir={dir}/spool/%n\nSlurmctldPidFile={dir}/slurmctld.pid\nSlurmdPidFile={dir}/slurmd-%n.pid\n\
         SlurmctldLogFile={dir}/log/slurmctld.log\nSlurmdLogFile={dir}/log/slurmd-%n.log\n\
         SchedulerType=sched/backfill\n\
         SchedulerParameters=batch_sched_delay=0,sched_interval=1,sched_min_interval=0,bf_interval=1\n\
         SelectType=select/cons_tres\nSelectTypeParameters=CR_Core\n\
         AccountingStorageType=accounting_storage/none\nJobAcctGatherType=jobacct_gather/none\n\
         SwitchType=switch/none\nCommunicationParameters=NoInAddrAny,NoCtldInAddrAny\n",
        ports[0]
    );
    for (i, port) in ports[1..].iter().enumerate() {
        let n = i + 1;
        text += &format!(
            "NodeName=n{n} NodeHostname={host} NodeAddr=127.0.0.1 Port={port} CPUs=1 RealMemory=1000 State=UNKNOWN\n"
        );
    }
    text + "PartitionName=sim Nodes=n[1-3] Default=YES MaxTime=INFINITE State=UP\n"
}

const SWEEP: &str = r#"
[[device]]
name = ["sda", "sdb"]
port = { latency = { kind = "exponential", mean = "200us" }, slots = 4, queue_depth = 16 }

[[map]]
name = "mp"
selector = "round-robin"
paths = ["sda", "sdb"]

[[workload.job]]
rw = "randread"
bs = "4k"
iodepth = 8
number_ios = 8000
norandommap = true

[sweep]
replications = 40
[[sweep.axis]]
key = "workload.job.0.iodepth"
values = [1, 2, 4, 8, 12, 16]
[[sweep.axis]]
key = "policy"
values = ["round-robin", "queue-length"]
"#;

fn tables(folder: &Path) -> Vec<Vec<u8>> {
    [
        "points.csv",
        "points.jsonl",
        "paths.csv",
        "summary.csv",
        "journal",
        "sweep.json",
    ]
    .iter()
    .map(|name| std::fs::read(folder.join(name)).unwrap())
    .collect()
}

#[test]
fn a_sweep_survives_the_death_of_a_node() {
    if let Some(missing) = ["slurmctld", "slurmd", "munged", "sbatch"]
        .iter()
        .find(|p| !is_installed(p))
    {
        eprintln!("skipped: {missing} is not installed (apt-get install slurm-wlm munge)");
        return;
    }
    let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("slurm, 50% of it");
    let _ = std::fs::remove_dir_all(&folder);
    std::fs::create_dir_all(&folder).unwrap();
    std::fs::write(folder.join("sweep.toml"), SWEEP).unwrap();
    let program = env!("CARGO_BIN_EXE_mpathsim");
    let run = |cluster: &Cluster, arguments: &[&str]| {
        let mut command = Command::new(program);
        command
            .current_dir(&folder)
            .args(arguments)
            .env("SLURM_CONF", cluster.folder.join("slurm.conf"));
        let output = command.env("NO_COLOR", "1").output().unwrap();
        let text = String::from_utf8(output.stdout).unwrap();
        assert!(
            output.status.success(),
            "{text}{}",
            String::from_utf8_lossy(&output.stderr)
        );
        text
    };
    let mut cluster = Cluster::start();
    let submit = [
        "sweep",
        "sweep.toml",
        "--slurm",
        "--shards",
        "6",
        "--sbatch=--partition=sim",
    ];
    let text = run(&cluster, &submit);
    assert!(
        text.contains("6 of 6 shards to run; submitted: array "),
        "{text}"
    );
    // Once node 2 is at work, it dies.
    let on_n2 = |cluster: &Cluster| cluster.squeue(&["-t", "running", "-w", "n2", "-o", "%K"]);
    cluster.wait("work on n2", 60, || {
        let shard = on_n2(&cluster)
            .lines()
            .next()
            .unwrap_or("")
            .trim()
            .to_owned();
        let journal = folder.join(format!("results/sweep.slurm/shard-{shard}/journal"));
        std::fs::metadata(journal).is_ok_and(|m| m.len() > 0)
    });
    let lost = on_n2(&cluster)
        .lines()
        .next()
        .unwrap_or("")
        .trim()
        .to_owned();
    assert!(
        !lost.is_empty(),
        "the shard was done before the node could be killed"
    );
    cluster.kill_node(2);
    let shard = folder.join(format!("results/sweep.slurm/shard-{lost}/sweep.json"));
    assert!(
        !std::fs::read_to_string(&shard)
            .unwrap()
            .contains("\"complete\": true")
    );
    cluster.wait("all jobs to end", 240, || {
        cluster.squeue(&[]).trim().is_empty()
    });
    let log = std::fs::read_to_string(folder.join("results/sweep.slurm/log/merge.txt"))
        .unwrap_or_default();
    let joined = folder.join("results/sweep");
    assert!(joined.join("points.csv").exists(), "{log}");
    // Byte for byte what one machine comes to.
    run(
        &cluster,
        &["sweep", "sweep.toml", "--out", "whole", "--quiet"],
    );
    assert!(tables(&joined) == tables(&folder.join("whole")));
    // A second submission has nothing left to run.
    let text = run(&cluster, &submit);
    assert!(text.contains("0 of 6 shards to run"), "{text}");
    cluster.wait("the second merge", 60, || {
        cluster.squeue(&[]).trim().is_empty()
    });
    assert!(tables(&joined) == tables(&folder.join("whole")));
    // And one of which a shard is lost runs that one only.
    std::fs::remove_dir_all(folder.join("results/sweep.slurm/shard-3")).unwrap();
    let text = run(&cluster, &submit);
    assert!(text.contains("1 of 6 shards to run"), "{text}");
    cluster.wait("the third merge", 120, || {
        cluster.squeue(&[]).trim().is_empty()
    });
    assert!(tables(&joined) == tables(&folder.join("whole")));
}
