//! The progress bar of sweeps.

use std::sync::atomic::Ordering;
use std::time::Duration;

use indicatif::{ProgressBar, ProgressDrawTarget};

use crate::cli::terminal;
use crate::sweep::Control;

/// How often the bar is drawn anew.
const EVERY: Duration = Duration::from_millis(200);

/// Does `work` under a bar over the runs of `control`; without one where nobody
/// watches.
pub fn under_bar<T>(control: &Control, hidden: bool, work: impl FnOnce() -> T) -> T {
    if hidden || !terminal::has_bar() {
        return work();
    }
    let bar = ProgressBar::with_draw_target(Some(0), ProgressDrawTarget::stderr_with_hz(5));
    let template = "{spinner} {bar:30} {pos} of {len} runs, {per_sec}, {elapsed}, {eta} to go";
    bar.set_style(terminal::bar_style(template));
    let (stop, stopped) = std::sync::mpsc::channel::<()>();
    let result = std::thread::scope(|scope| {
        let bar = &bar;
        scope.spawn(move || {
            use std::sync::mpsc::RecvTimeoutError::Timeout;
            while stopped.recv_timeout(EVERY).is_err_and(|why| why == Timeout) {
                bar.set_length(control.all.load(Ordering::Relaxed));
                bar.set_position(control.done.load(Ordering::Relaxed));
            }
        });
        let result = work();
        drop(stop);
        result
    });
    bar.finish_and_clear();
    result
}
