//! What the selectors cost the CPU.

use super::DmEnv;
use crate::models::host::Cost;
use crate::models::mpath::selector::Weight;

/// A path is being chosen, under a lock with interrupts off, of which only that of
/// historical-service-time is long.
#[inline]
pub fn lock_paths<K: DmEnv>(k: &mut K, weight: Weight) {
    if weight == Weight::Timed && !k.host().is_free() {
        k.host().irqs_off(Cost::HstLocked);
    }
}

/// A path has been chosen, and the selector told (`select_path`, `start_io`).
#[inline]
pub fn charge_choice<K: DmEnv>(k: &mut K, weight: Weight) {
    match weight {
        Weight::RoundRobin => k.host().charge(Cost::ChooseRr),
        Weight::QueueLength => k.host().charge(Cost::ChooseQl),
        Weight::ServiceTime => k.host().charge(Cost::ChooseSt),
        Weight::Timed => k.host().charge(Cost::ChooseHst),
    }
}

/// The selector has been told of an end (`end_io`).
#[inline]
pub fn charge_end<K: DmEnv>(k: &mut K, weight: Weight) {
    match weight {
        Weight::RoundRobin => {}
        Weight::QueueLength | Weight::ServiceTime => k.host().charge(Cost::EndCounted),
        Weight::Timed => k.host().charge(Cost::EndHst),
    }
}
