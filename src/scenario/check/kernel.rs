//! Which kernel, and what only its like have.

use super::Checker;
use crate::models::kernel::{Kernel, Patches, Way};
use crate::scenario::raw::{RawQueue, RawScenario};
use crate::scenario::units::Int;

impl Checker<'_> {
    /// The kernel, what request mode is in it, and which mechanisms it has.
    pub(super) fn kernel(&mut self, raw: &RawScenario) -> (Kernel, Way, Patches) {
        let kernel: Kernel = raw.kernel.map_or(Kernel::default(), Kernel::from);
        let hint = "add kernel = \"2.6.25\" at the top of the file";
        if !kernel.is_legacy() {
            if let Some(way) = &raw.multipath {
                self.wrong(way, "`multipath` is for kernels with single queues", hint);
            }
            if let Some(patches) = &raw.patches {
                self.wrong(
                    patches,
                    "`patches` are for kernels with single queues",
                    hint,
                );
            }
        }
        let own = match kernel {
            Kernel::V2_6_31 => Way::Rq2631,
            _ => Way::Rq2008,
        };
        let way = raw.multipath.as_ref().map_or(own, |way| way.value.into());
        let patches = raw.patches.as_ref().map(|p| Patches::from(&p.value));
        self.schedulers(raw, kernel);
        if kernel.is_legacy() {
            self.settings_of_later(raw, kernel);
        }
        (kernel, way, patches.unwrap_or_default())
    }

    /// What a queue of 2.6 could not be told yet.
    fn settings_of_later(&mut self, raw: &RawScenario, kernel: Kernel) {
        let later = |queue: &RawQueue| -> Option<(&'static str, &'static str)> {
            let most = match kernel {
                Kernel::V2_6_25 => 0,
                _ => 1,
            };
            let nomerges = queue.nomerges.map_or(0, Int::get32);
            if nomerges > most {
                return Some(match most {
                    0 => ("nomerges", "it came with 2.6.26"),
                    _ => ("nomerges = 2", "2.6.31 knows 0 and 1"),
                });
            }
            if queue.wbt_lat.is_some() {
                return Some(("wbt_lat", "write-back throttling came with 4.10"));
            }
            let async_depth = queue.async_depth.is_some();
            async_depth.then_some(("async_depth", "it is mq-deadline's"))
        };
        let message = |key| format!("Linux {} has no `{key}`", kernel.name());
        for device in &raw.device {
            if let Some((key, hint)) = later(&device.queue) {
                self.wrong(device, message(key), hint);
            }
        }
        for map in &raw.map {
            if let Some((key, hint)) = later(&map.queue) {
                self.wrong(map, message(key), hint);
            }
        }
    }

    /// A queue can only have a scheduler of its kernel.
    fn schedulers(&mut self, raw: &RawScenario, kernel: Kernel) {
        let wrong = |queue: &RawQueue| {
            let queue = crate::models::config::QueueConfig::from(queue);
            let scheduler = queue.scheduler?;
            (scheduler.is_of_single_queue() != kernel.is_legacy()).then_some(())
        };
        let hint = match kernel.is_legacy() {
            true => "noop, deadline or cfq",
            false => "none, mq-deadline, kyber or bfq",
        };
        let message = format!("Linux {} has no such scheduler", kernel.name());
        for device in raw.device.iter().filter(|d| wrong(&d.queue).is_some()) {
            self.wrong(device, message.clone(), hint);
        }
        for map in raw.map.iter().filter(|m| wrong(&m.queue).is_some()) {
            self.wrong(map, message.clone(), hint);
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::scenario::{self, ScenarioError};

    /// What is said of a scenario of `kernel` whose path, or map, has `queue`.
    fn problems(kernel: &str, queue: &str, of_map: bool) -> Vec<String> {
        let (path, map) = match of_map {
            false => (queue, ""),
            true => ("", queue),
        };
        let text = format!(
            "kernel = \"{kernel}\"\n[[device]]\nname = \"sda\"\n\
             null_blk = {{ completion = \"1ms\" }}\nqueue = {{ {path} }}\n\
             [[map]]\nselector = \"round-robin\"\npaths = [\"sda\"]\nqueue = {{ {map} }}\n\
             [[workload.job]]\nrw = \"read\"\nsize = \"1m\"\n"
        );
        match scenario::parse("kernel.toml", &text, &[]) {
            Ok(_) => Vec::new(),
            Err(ScenarioError::Invalid { problems, .. }) => {
                problems.iter().map(ToString::to_string).collect()
            }
            Err(other) => vec![other.to_string()],
        }
    }

    #[test]
    fn what_a_queue_of_2_6_cannot_be_told_is_refused() {
        for (kernel, queue, says) in [
            ("2.6.25", "nomerges = 1", Some("2.6.25 has no `nomerges`")),
            ("2.6.25", "nomerges = 0", None),
            ("2.6.31", "nomerges = 1", None),
            (
                "2.6.31",
                "nomerges = 2",
                Some("2.6.31 has no `nomerges = 2`"),
            ),
            ("2.6.25", "wbt_lat = \"0us\"", Some("no `wbt_lat`")),
            ("2.6.31", "async_depth = 8", Some("no `async_depth`")),
            ("2.6.31", "scheduler = \"kyber\"", Some("no such scheduler")),
            (
                "6.1",
                "nomerges = 2, wbt_lat = \"1ms\", async_depth = 8",
                None,
            ),
        ] {
            for of_map in [false, true] {
                let problems = problems(kernel, queue, of_map);
                assert_eq!(problems.len(), usize::from(says.is_some()), "{problems:?}");
                if let Some(says) = says {
                    assert!(problems[0].contains(says), "{problems:?}");
                }
            }
        }
    }
}
