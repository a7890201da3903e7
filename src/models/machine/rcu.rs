//! RCU's callbacks on a CPU, as far as they keep its tick and cost time
//! (`kernel/rcu/tree.c`, 6.1): a tick has a grace period begun, the next has it
//! ended, and a third calls back.

/// How far the callbacks are.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
enum Stage {
    /// None waits for a grace period.
    Idle,
    /// A grace period has begun.
    Begun,
    /// It is over.
    Over,
}

/// The callbacks of a CPU.
#[derive(Copy, Clone, Debug)]
pub(super) struct Rcu {
    stage: Stage,
    /// Whether some have come that no grace period counts.
    queued: bool,
}

/// What a tick does for them.
#[derive(Copy, Clone, PartialEq, Eq, Debug)]
pub(super) struct Done {
    /// It calls back (`rcu_do_batch`).
    pub calls_back: bool,
    /// It wakes RCU's thread, which begins or ends a grace period.
    pub wakes: bool,
}

impl Default for Rcu {
    /// The start of fio has left some.
    fn default() -> Self {
        Rcu {
            stage: Stage::Idle,
            queued: true,
        }
    }
}

impl Rcu {
    /// One more (`call_rcu`).
    pub(super) fn call(&mut self) {
        self.queued = true;
    }

    /// Whether the CPU can do without ticks (`rcu_needs_cpu`).
    pub(super) fn is_idle(&self) -> bool {
        self.stage == Stage::Idle && !self.queued
    }

    /// A tick (`rcu_core`).
    pub(super) fn tick(&mut self) -> Done {
        let calls_back = self.stage == Stage::Over;
        self.stage = match self.stage {
            Stage::Begun => Stage::Over,
            Stage::Idle | Stage::Over if std::mem::take(&mut self.queued) => Stage::Begun,
            Stage::Idle | Stage::Over => Stage::Idle,
        };
        Done {
            calls_back,
            wakes: self.stage != Stage::Idle,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// As logged from a kernel: calls after the second, and after the fifth tick.
    #[test]
    fn a_callback_takes_three_ticks() {
        let mut rcu = Rcu::default();
        let mut ticks = Vec::new();
        for n in 1..=8 {
            let done = rcu.tick();
            ticks.push((done.calls_back, done.wakes, rcu.is_idle()));
            if n == 2 || n == 5 {
                rcu.call();
            }
        }
        let begun = (false, true, false);
        let idle = (true, false, true);
        let both = (true, true, false);
        assert_eq!(ticks, [begun, begun, both, begun, idle, begun, begun, idle]);
    }
}
