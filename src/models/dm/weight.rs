//! What the selectors cost the CPU.

use super::DmEnv;
use crate::models::host::Cost;
use crate::models::mpath::selector::Weight;

/// How much work the selector of `dm` makes; none where no work takes time.
#[inline(always)]
pub fn weight<K: DmEnv>(k: &mut K, dm: u16) -> Option<Weight> {
    if k.host().is_free() {
        return None;
    }
    Some(k.dm().mpath(dm)?.weight())
}

/// The selector is asked: until it has its lock, and interrupts are off
/// (`select_path`).
#[inline]
pub fn ask_selector<K: DmEnv>(k: &mut K, dm: u16) {
    match weight(k, dm) {
        Some(Weight::Timed) => k.host().charge(Cost::AskHst),
        Some(_) => k.host().charge(Cost::AskSelector),
        None => {}
    }
}

/// A path is being chosen, under a lock with interrupts off.
#[inline]
pub fn lock_paths<K: DmEnv>(k: &mut K, dm: u16) {
    match weight(k, dm) {
        Some(Weight::Timed) => k.host().irqs_off(Cost::HstLocked),
        Some(_) => k.host().irqs_off(Cost::SelectorLocked),
        None => {}
    }
}

/// A path has been chosen, and the selector told (`select_path`, `start_io`).
#[inline]
pub fn charge_choice<K: DmEnv>(k: &mut K, dm: u16) {
    match weight(k, dm) {
        Some(Weight::RoundRobin) => k.host().charge(Cost::ChooseRr),
        Some(Weight::QueueLength) => k.host().charge(Cost::ChooseQl),
        Some(Weight::ServiceTime) => k.host().charge(Cost::ChooseSt),
        Some(Weight::Timed) => k.host().charge(Cost::ChooseHst),
        None => {}
    }
}

/// The selector has been told of an end (`end_io`).
#[inline]
pub fn charge_end<K: DmEnv>(k: &mut K, dm: u16) {
    match weight(k, dm) {
        Some(Weight::RoundRobin) | None => {}
        Some(Weight::QueueLength | Weight::ServiceTime) => k.host().charge(Cost::EndCounted),
        Some(Weight::Timed) => k.host().charge(Cost::EndHst),
    }
}
