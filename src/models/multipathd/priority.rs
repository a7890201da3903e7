//! Priorities of paths (`libmultipath/prioritizers/`).

use serde::{Deserialize, Serialize};

use super::values::Prio;

/// Asymmetric access state of a target port group (SPC-4, REPORT TARGET PORT
/// GROUPS).
#[derive(Copy, Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AccessState {
    /// Active/optimized.
    #[default]
    Optimized,
    /// Active/non-optimized.
    NonOptimized,
    /// Logical block dependent.
    LbaDependent,
    /// Standby.
    Standby,
    /// Unavailable.
    Unavailable,
    /// Offline.
    Offline,
    /// Transitioning.
    Transitioning,
}

/// What a target port group says of itself.
#[derive(Copy, Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Access {
    /// Its state.
    pub state: AccessState,
    /// Whether it is the preferred one.
    pub preferred: bool,
}

/// The priority of a path whose group says `access`
/// (`prioritizers/alua.c:getprio`, `sysfs.c:getprio`).
///
/// `prio_args` is the option of that name; `exclusive_pref_bit` lets the
/// preferred bit count for optimized paths too.
pub fn priority(prio: Prio, prio_args: &str, access: Access) -> i32 {
    if !prio.follows_access_state() {
        return 1;
    }
    let base = match access.state {
        AccessState::Optimized => 50,
        AccessState::NonOptimized => 10,
        AccessState::LbaDependent => 5,
        AccessState::Standby => 1,
        AccessState::Unavailable | AccessState::Offline | AccessState::Transitioning => 0,
    };
    let exclusive = prio_args
        .split_whitespace()
        .any(|word| word == "exclusive_pref_bit");
    if access.preferred && (access.state != AccessState::Optimized || exclusive) {
        base + 80
    } else {
        base
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use AccessState::*;

    #[test]
    fn priorities_of_alua() {
        let of = |state, preferred| priority(Prio::Alua, "", Access { state, preferred });
        assert_eq!(of(Optimized, false), 50);
        assert_eq!(of(NonOptimized, false), 10);
        assert_eq!(of(LbaDependent, false), 5);
        assert_eq!(of(Standby, false), 1);
        assert_eq!(of(Unavailable, false), 0);
        assert_eq!(of(Optimized, true), 50);
        assert_eq!(of(NonOptimized, true), 90);
    }

    #[test]
    fn the_preferred_bit_may_be_exclusive() {
        let access = Access {
            state: Optimized,
            preferred: true,
        };
        assert_eq!(priority(Prio::Sysfs, "exclusive_pref_bit", access), 130);
        assert_eq!(priority(Prio::Const, "exclusive_pref_bit", access), 1);
    }
}
