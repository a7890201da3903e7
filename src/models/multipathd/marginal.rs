//! `marginal_path_*`: a path with two I/O failures in a short time is taken
//! out and sampled with reads of its own (`io_err_stat.c`).

use super::checker::PathState;
use super::settings::Settings;
use crate::sim::Ns;

/// Reads that are outstanding at a time while a path is sampled
/// (`CONCUR_NR_EVENT`).
pub const CONCURRENT_READS: u32 = 32;
/// A batch of reads is topped up this often: 10 Hz.
pub const BATCH_EVERY: Ns = Ns::from_ms(100);
/// No reads are started in the last part of the sampling, so that all have
/// ended or timed out at its end (`IOTIMEOUT_SEC`).
pub const READ_TIMEOUT: Ns = Ns::from_secs(60);

/// The four options, all of them set.
#[derive(Copy, Clone, Debug, PartialEq, Eq)]
pub struct Marginal {
    double_failed: Ns,
    /// How long a path is sampled.
    pub sample_time: Ns,
    /// Failed reads in a thousand.
    rate_threshold: u32,
    recheck_gap: Ns,
}

impl Marginal {
    /// The method, if it is switched on. A sample time of less than two read
    /// timeouts switches it off.
    pub fn of(settings: &Settings) -> Option<Marginal> {
        let rule = Marginal::wanted(settings)?;
        (rule.sample_time >= READ_TIMEOUT * 2).then_some(rule)
    }

    /// Whether it would be switched on if its sample time were not too short.
    pub fn is_sampled_too_briefly(settings: &Settings) -> bool {
        Marginal::wanted(settings).is_some() && Marginal::of(settings).is_none()
    }

    /// The method, if all its options are given.
    fn wanted(s: &Settings) -> Option<Marginal> {
        let all = [
            s.marginal_path_double_failed_time,
            s.marginal_path_err_sample_time,
            s.marginal_path_err_rate_threshold,
            s.marginal_path_err_recheck_gap_time,
        ];
        let seconds = |value: u32| Ns::from_secs(value.into());
        let rule = Marginal {
            double_failed: seconds(s.marginal_path_double_failed_time),
            sample_time: seconds(s.marginal_path_err_sample_time),
            rate_threshold: s.marginal_path_err_rate_threshold,
            recheck_gap: seconds(s.marginal_path_err_recheck_gap_time),
        };
        all.iter().all(|&value| value > 0).then_some(rule)
    }
}

/// Where a path stands.
#[derive(Copy, Clone, Debug, Default, PartialEq, Eq)]
pub enum MarginalState {
    /// It has not failed lately.
    #[default]
    Fine,
    /// It failed, first at this time.
    FailedOnce(Ns),
    /// It is withheld until it is sampled again, which is not before this
    /// time has passed by more than the gap; none: as soon as it is up.
    Waiting(Option<Ns>),
    /// It is withheld and sampled.
    Sampling,
}

/// What a check that finds the path usable leads to.
#[derive(Copy, Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// The path may be used.
    Use,
    /// It is withheld.
    Withhold,
    /// It is withheld, and sampling begins.
    Sample,
}

impl MarginalState {
    /// The kernel failed the path for an I/O error; true if the path is to
    /// count as down from now on. The second failure in a row makes it suspect
    /// (`io_err_stat_handle_pathfail`, `FLAKY_PATHFAIL_THRESHOLD`).
    pub fn path_failed(&mut self, rule: Marginal, state: PathState, now: Ns) -> bool {
        match *self {
            MarginalState::Waiting(_) | MarginalState::Sampling => false,
            MarginalState::FailedOnce(first) if now.saturating_sub(first) <= rule.double_failed => {
                *self = MarginalState::Waiting(None);
                state != PathState::Down
            }
            MarginalState::Fine | MarginalState::FailedOnce(_) => {
                *self = MarginalState::FailedOnce(now);
                false
            }
        }
    }

    /// A check found the path usable (`need_io_err_check`); `others` says
    /// whether any path of the map is usable.
    pub fn checked_up(&mut self, rule: Marginal, others: bool, now: Ns) -> Verdict {
        match *self {
            MarginalState::Fine | MarginalState::FailedOnce(_) => Verdict::Use,
            MarginalState::Waiting(_) | MarginalState::Sampling if !others => {
                *self = MarginalState::Fine;
                Verdict::Use
            }
            MarginalState::Sampling => Verdict::Withhold,
            MarginalState::Waiting(since) => {
                let due = since.is_none_or(|since| now.saturating_sub(since) > rule.recheck_gap);
                if !due {
                    return Verdict::Withhold;
                }
                *self = MarginalState::Sampling;
                Verdict::Sample
            }
        }
    }

    /// Sampling has ended; true if the path may come back
    /// (`poll_io_err_stat`).
    pub fn sampled(
        &mut self,
        rule: Marginal,
        (reads, errors): (u64, u64),
        others: bool,
        now: Ns,
    ) -> bool {
        if *self != MarginalState::Sampling {
            return false;
        }
        let good = u128::from(errors) * 1000 <= u128::from(rule.rate_threshold) * u128::from(reads);
        let back = good || !others;
        *self = if back {
            MarginalState::Fine
        } else {
            MarginalState::Waiting(Some(now))
        };
        back
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rule() -> Marginal {
        Marginal::of(&Settings {
            marginal_path_double_failed_time: 60,
            marginal_path_err_sample_time: 120,
            marginal_path_err_rate_threshold: 100,
            marginal_path_err_recheck_gap_time: 300,
            ..Settings::default()
        })
        .unwrap()
    }

    fn at(seconds: u64) -> Ns {
        Ns::from_secs(seconds)
    }

    #[test]
    fn it_is_on_only_with_all_four_options_and_time_enough() {
        assert_eq!(Marginal::of(&Settings::default()), None);
        let mut s = Settings {
            marginal_path_double_failed_time: 60,
            marginal_path_err_sample_time: 119,
            marginal_path_err_rate_threshold: 100,
            marginal_path_err_recheck_gap_time: 300,
            ..Settings::default()
        };
        assert_eq!(Marginal::of(&s), None);
        s.marginal_path_err_sample_time = 120;
        assert!(Marginal::of(&s).is_some());
    }

    #[test]
    fn the_second_failure_within_the_time_makes_it_suspect() {
        let mut path = MarginalState::default();
        assert!(!path.path_failed(rule(), PathState::Up, at(0)));
        assert!(!path.path_failed(rule(), PathState::Up, at(61)), "too late");
        assert!(path.path_failed(rule(), PathState::Up, at(121)));
        assert_eq!(path, MarginalState::Waiting(None));
        assert!(!path.path_failed(rule(), PathState::Up, at(122)));
    }

    fn sampling() -> MarginalState {
        let mut path = MarginalState::Waiting(None);
        assert_eq!(path.checked_up(rule(), true, at(1)), Verdict::Sample);
        path
    }

    #[test]
    fn a_good_sample_lets_it_back_and_a_bad_one_waits_for_the_gap() {
        let mut path = sampling();
        assert_eq!(path.checked_up(rule(), true, at(2)), Verdict::Withhold);
        assert!(path.sampled(rule(), (1000, 100), true, at(121)));
        assert_eq!(path, MarginalState::Fine);

        let mut path = sampling();
        assert!(!path.sampled(rule(), (1000, 101), true, at(121)));
        assert_eq!(path.checked_up(rule(), true, at(421)), Verdict::Withhold);
        assert_eq!(path.checked_up(rule(), true, at(422)), Verdict::Sample);
    }

    #[test]
    fn a_sample_without_reads_is_good() {
        assert!(sampling().sampled(rule(), (0, 0), true, at(121)));
    }

    #[test]
    fn the_last_path_comes_back_early() {
        let mut path = sampling();
        assert_eq!(path.checked_up(rule(), false, at(2)), Verdict::Use);
        assert!(!path.sampled(rule(), (10, 0), true, at(121)), "too late");
        assert!(sampling().sampled(rule(), (10, 10), false, at(121)));
    }
}
