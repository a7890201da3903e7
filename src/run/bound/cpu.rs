//! What the CPUs could do at best where nothing else takes time: all of them busy,
//! at what an I/O cost in the run.

use crate::models::machine::ThreadConfig;
use crate::models::workload::fio::spec::SubmitMode;
use crate::run::metrics::application;
use crate::run::outcome::Outcome;

/// I/Os a second; none if they cost nothing. A thread is on one CPU at a time.
pub fn most(threads: &[ThreadConfig], outcome: &Outcome) -> Option<f64> {
    let ios = application(outcome).ios as f64;
    let sum = |of: fn(&crate::run::outcome::CpuOutcome) -> u64| -> f64 {
        outcome.cpus.iter().map(|cpu| of(cpu) as f64).sum()
    };
    let all = sum(|cpu| cpu.task.0 + cpu.worker.0 + cpu.irq.0);
    let tasks = sum(|cpu| cpu.task.0);
    let cpus = outcome.cpus.len() as f64;
    let rate = |servers: f64, ns: f64| match ns > 0.0 {
        true => 1e9 * servers * ios / ns,
        false => f64::INFINITY,
    };
    let is_plain =
        |thread: &ThreadConfig| thread.spec.direct && thread.spec.submit_mode == SubmitMode::Inline;
    let by_threads = match threads.iter().all(is_plain) {
        true => rate(threads.len() as f64, tasks),
        false => f64::INFINITY,
    };
    let most = rate(cpus, all).min(by_threads);
    (most.is_finite() && most > 0.0).then_some(most)
}
