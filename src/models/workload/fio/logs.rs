//! How logs of single I/Os grow, and thereby drain the queue
//! (`stat.c:get_cur_log`, `regrow_logs`, 3.33).
//!
//! The first chunk holds `log_entries` samples, each further one twice as many
//! as the one before. A sample that does not fit is put aside, and the next
//! reap becomes a full drain, after which the logs grow.

use super::spec::ThreadSpec;

/// The largest chunk (`MAX_LOG_ENTRIES`).
const MAX_CHUNK: u64 = 1 << 20;

/// One log: how full its last chunk is.
#[derive(Copy, Clone, Debug)]
struct Log {
    on: bool,
    used: u64,
    chunk: u64,
    put_aside: u64,
}

impl Log {
    fn new(on: bool, chunk: u64) -> Self {
        Log {
            on,
            used: 0,
            chunk: chunk.clamp(1, MAX_CHUNK),
            put_aside: 0,
        }
    }

    /// Whether the sample had to be put aside.
    #[inline(never)]
    fn add(&mut self, inline_growth: bool) -> bool {
        if !self.on {
            return false;
        }
        if self.used == self.chunk && inline_growth {
            self.grow();
        }
        if self.used < self.chunk {
            self.used += 1;
            return false;
        }
        self.put_aside += 1;
        true
    }

    fn grow(&mut self) {
        if self.on && self.used == self.chunk {
            self.chunk = (self.chunk * 2).min(MAX_CHUNK);
            self.used = std::mem::take(&mut self.put_aside);
        }
    }
}

/// The logs of a thread.
#[derive(Clone, Debug)]
pub struct GrowingLogs {
    any: bool,
    full: bool,
    inline_growth: bool,
    slat: Log,
    /// lat, clat, bw, iops: one sample a completed I/O each.
    completion: [Log; 4],
}

impl GrowingLogs {
    /// The logs of `spec`; with `inline_growth` (offload) they grow where they
    /// are and drain nothing.
    pub fn new(spec: &ThreadSpec, inline_growth: bool) -> Self {
        let log = |on| Log::new(on, spec.log_entries);
        let logs = GrowingLogs {
            any: false,
            full: false,
            inline_growth,
            slat: log(spec.logs.lat && !spec.disable_slat),
            completion: [
                log(spec.logs.lat && !spec.disable_lat),
                log(spec.logs.lat && !spec.disable_clat),
                log(spec.logs.bw),
                log(spec.logs.iops),
            ],
        };
        GrowingLogs {
            any: logs.slat.on || logs.completion.iter().any(|l| l.on),
            ..logs
        }
    }

    /// An I/O was submitted.
    #[inline]
    pub fn submitted(&mut self) {
        if self.any {
            self.full |= self.slat.add(self.inline_growth);
        }
    }

    /// An I/O completed with success.
    #[inline]
    pub fn completed(&mut self) {
        if self.any {
            for log in &mut self.completion {
                self.full |= log.add(self.inline_growth);
            }
        }
    }

    /// Whether the queue is to be drained (`TD_F_REGROW_LOGS`).
    #[inline]
    pub fn full(&self) -> bool {
        self.full
    }

    /// The logs grow.
    pub fn grow(&mut self) {
        self.full = false;
        self.slat.grow();
        for log in &mut self.completion {
            log.grow();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sample_1025_3073_7169_do_not_fit() {
        let spec = ThreadSpec {
            logs: super::super::spec::Logs {
                lat: true,
                ..Default::default()
            },
            disable_slat: true,
            disable_lat: true,
            ..ThreadSpec::default()
        };
        let mut logs = GrowingLogs::new(&spec, false);
        let mut full_at = Vec::new();
        for i in 1..8000 {
            logs.completed();
            if logs.full() {
                full_at.push(i);
                logs.grow();
            }
        }
        assert_eq!(full_at, [1025, 3073, 7169]);
    }
}
