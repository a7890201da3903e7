//! A queue, as far as its turn goes.

use crate::models::io::IoPrio;

/// Weight of a process that has not set its priority: `(8 - 4) * 10`.
pub(super) const DEFAULT_WEIGHT: u32 = 40;
/// Weight in the idle class: `(8 - 7) * 10`.
const IDLE_WEIGHT: u32 = 10;
/// Where an entity waits.
#[derive(Copy, Clone, PartialEq, Eq, Debug, Default)]
pub(super) enum Tree {
    /// Nowhere, or in service.
    #[default]
    None,
    Active,
    Idle,
}

/// A queue, as far as its turn goes (`struct bfq_entity`).
#[derive(Copy, Clone, Debug, Default)]
pub(super) struct Entity {
    pub(super) start: u64,
    pub(super) finish: u64,
    /// Sectors it is given.
    pub(super) budget: i64,
    /// Sectors of them that it has got.
    pub(super) service: i64,
    pub(super) weight: u32,
    pub(super) orig_weight: u32,
    pub(super) new_weight: u32,
    pub(super) tree: Tree,
    pub(super) on_st_or_in_serv: bool,
    pub(super) prio_changed: bool,
}

impl Entity {
    /// `bfq_init_entity`
    pub(super) fn of_class(prio: IoPrio) -> Self {
        let weight = weight_of(prio);
        Entity {
            weight,
            orig_weight: weight,
            new_weight: weight,
            prio_changed: true,
            ..Entity::default()
        }
    }
}

/// `bfq_ioprio_to_weight`
pub(super) fn weight_of(prio: IoPrio) -> u32 {
    match prio {
        IoPrio::Idle => IDLE_WEIGHT,
        IoPrio::Rt | IoPrio::Be => DEFAULT_WEIGHT,
    }
}
