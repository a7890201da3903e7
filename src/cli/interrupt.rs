//! Ctrl-C: the first one asks a command to stop and keep what it has, the
//! second ends the program.

use std::sync::Arc;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicBool, Ordering};

static STOP: OnceLock<Arc<AtomicBool>> = OnceLock::new();

/// A flag that Ctrl-C, or a signal that asks the process to end, sets.
pub fn flag() -> Arc<AtomicBool> {
    let install = || {
        let stop = Arc::new(AtomicBool::new(false));
        let own = Arc::clone(&stop);
        // Where there can be no handler, Ctrl-C ends the program at once.
        let _ = ctrlc::set_handler(move || {
            if own.swap(true, Ordering::Relaxed) {
                std::process::exit(130);
            }
        });
        stop
    };
    Arc::clone(STOP.get_or_init(install))
}
