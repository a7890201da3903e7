//! `san_path_err_*`: a path that fails and recovers too often is withheld for
//! a while (`main.c:check_path_reinstate_state`).

use super::checker::PathState;
use super::settings::Settings;
use crate::sim::Ns;

/// The three options, all of them set.
#[derive(Copy, Clone, Debug, PartialEq, Eq)]
pub struct SanPathErr {
    threshold: u32,
    forget_rate: u32,
    recovery: Ns,
}

impl SanPathErr {
    /// The method, if it is switched on.
    pub fn of(settings: &Settings) -> Option<SanPathErr> {
        let s = settings;
        let all = [
            s.san_path_err_threshold,
            s.san_path_err_forget_rate,
            s.san_path_err_recovery_time,
        ];
        all.iter().all(|&value| value > 0).then(|| SanPathErr {
            threshold: s.san_path_err_threshold,
            forget_rate: s.san_path_err_forget_rate,
            recovery: Ns::from_secs(s.san_path_err_recovery_time.into()),
        })
    }
}

/// What is remembered of a path.
#[derive(Copy, Clone, Debug, Default, PartialEq, Eq)]
pub struct SanPathErrState {
    failures: u32,
    /// Good checks until one failure is forgotten.
    forget: u32,
    /// Since when the path is withheld.
    withheld_since: Option<Ns>,
}

impl SanPathErrState {
    /// Whether a path that a check has just found usable is withheld.
    ///
    /// `before` is its state before that check; a bad one makes this a
    /// recovery, which is what is counted. `others` says whether any path of
    /// the map is usable; without one a path that is withheld comes back.
    pub fn withholds(
        &mut self,
        rule: SanPathErr,
        before: PathState,
        others: bool,
        now: Ns,
    ) -> bool {
        if let Some(since) = self.withheld_since {
            return self.stays_withheld(rule, before, others, since, now);
        }
        if before.is_usable() {
            self.forget_one(rule);
            return false;
        }
        let failed = matches!(
            before,
            PathState::Down | PathState::Shaky | PathState::Timeout
        );
        if !failed {
            return false;
        }
        if self.failures == 0 {
            self.forget = rule.forget_rate;
        }
        self.failures += 1;
        let withhold = self.failures > rule.threshold;
        if withhold {
            self.withheld_since = Some(now);
        }
        withhold
    }

    fn stays_withheld(
        &mut self,
        rule: SanPathErr,
        before: PathState,
        others: bool,
        mut since: Ns,
        now: Ns,
    ) -> bool {
        // It failed again meanwhile: the time starts anew.
        if others && !before.is_usable() && before != PathState::Delayed {
            self.forget = rule.forget_rate;
            since = now;
            self.withheld_since = Some(now);
        }
        let over = whole_seconds(now.saturating_sub(since)) > whole_seconds(rule.recovery);
        if !others || over {
            *self = SanPathErrState::default();
            return false;
        }
        true
    }

    /// A good check after a good one.
    fn forget_one(&mut self, rule: SanPathErr) {
        if self.failures == 0 {
            return;
        }
        if self.forget > 0 {
            self.forget -= 1;
        } else {
            self.failures -= 1;
            self.forget = rule.forget_rate;
        }
    }
}

fn whole_seconds(span: Ns) -> u64 {
    span.0 / 1_000_000_000
}

#[cfg(test)]
mod tests {
    use super::*;

    const RULE: SanPathErr = SanPathErr {
        threshold: 2,
        forget_rate: 3,
        recovery: Ns::from_secs(60),
    };

    fn at(seconds: u64) -> Ns {
        Ns::from_secs(seconds)
    }

    #[test]
    fn it_is_on_only_with_all_three_options() {
        let mut s = Settings {
            san_path_err_threshold: 2,
            san_path_err_forget_rate: 3,
            ..Settings::default()
        };
        assert_eq!(SanPathErr::of(&s), None);
        s.san_path_err_recovery_time = 60;
        assert_eq!(SanPathErr::of(&s), Some(RULE));
    }

    #[test]
    fn the_failure_above_the_threshold_withholds_the_path() {
        let mut path = SanPathErrState::default();
        assert!(!path.withholds(RULE, PathState::Down, true, at(0)));
        assert!(!path.withholds(RULE, PathState::Timeout, true, at(5)));
        assert!(path.withholds(RULE, PathState::Shaky, true, at(10)));
        assert!(path.withholds(RULE, PathState::Delayed, true, at(70)));
        assert!(!path.withholds(RULE, PathState::Delayed, true, at(71)));
        assert_eq!(path, SanPathErrState::default());
    }

    #[test]
    fn a_failure_while_withheld_starts_the_time_anew() {
        let mut path = SanPathErrState::default();
        for t in 0..3 {
            path.withholds(RULE, PathState::Down, true, at(t));
        }
        assert!(path.withholds(RULE, PathState::Down, true, at(50)));
        assert!(path.withholds(RULE, PathState::Delayed, true, at(110)));
        assert!(!path.withholds(RULE, PathState::Delayed, true, at(111)));
    }

    #[test]
    fn good_checks_forget() {
        let mut path = SanPathErrState::default();
        path.withholds(RULE, PathState::Down, true, at(0));
        path.withholds(RULE, PathState::Down, true, at(1));
        for t in 0..4 {
            assert!(!path.withholds(RULE, PathState::Up, true, at(2 + t)));
        }
        assert_eq!(path.failures, 1, "after one more than the rate");
        assert!(!path.withholds(RULE, PathState::Down, true, at(9)));
        assert!(path.withholds(RULE, PathState::Down, true, at(10)));
    }

    #[test]
    fn a_path_seen_for_the_first_time_has_not_failed() {
        let mut path = SanPathErrState::default();
        for t in 0..9 {
            assert!(!path.withholds(RULE, PathState::Unchecked, true, at(t)));
        }
    }

    #[test]
    fn the_last_path_comes_back_at_its_next_check() {
        let mut path = SanPathErrState::default();
        path.withholds(RULE, PathState::Down, true, at(0));
        path.withholds(RULE, PathState::Down, true, at(1));
        assert!(path.withholds(RULE, PathState::Down, false, at(2)));
        assert!(!path.withholds(RULE, PathState::Delayed, false, at(7)));
        assert_eq!(path, SanPathErrState::default());
    }
}
