//! The progress bar of long runs.

use std::sync::Arc;
use std::time::Duration;

use indicatif::{ProgressBar, ProgressDrawTarget};

use crate::cli::terminal;
use crate::run::Progress;

/// Runs `work` under a bar over `runs`; without one where nobody watches.
pub fn under_bar<T>(runs: &[Arc<Progress>], hidden: bool, work: impl FnOnce() -> T) -> T {
    if hidden || !terminal::has_bar() {
        return work();
    }
    let bar = bar(runs.len());
    let done = std::sync::mpsc::channel::<()>();
    let result = std::thread::scope(|scope| {
        let (stop, stopped) = done;
        let bar = &bar;
        scope.spawn(move || {
            while stopped.recv_timeout(EVERY).is_err_and(|e| e == TIMEOUT) {
                bar.set_position(runs.iter().map(|run| u64::from(run.permille())).sum());
            }
        });
        let result = work();
        drop(stop);
        result
    });
    bar.finish_and_clear();
    result
}

/// How often the bar is drawn anew.
const EVERY: Duration = Duration::from_millis(100);
const TIMEOUT: std::sync::mpsc::RecvTimeoutError = std::sync::mpsc::RecvTimeoutError::Timeout;

fn bar(runs: usize) -> ProgressBar {
    let whole = runs as u64 * 1000;
    let bar = ProgressBar::with_draw_target(Some(whole), ProgressDrawTarget::stderr_with_hz(10));
    let template = "{spinner} {bar:30} {percent}% of {msg}, {elapsed}, {eta} to go";
    bar.set_style(terminal::bar_style(template));
    bar.set_message(format!("{runs} runs"));
    bar
}
