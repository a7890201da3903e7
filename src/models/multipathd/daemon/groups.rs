//! Groups of the map: priorities, the best group, switching and reloading
//! (`main.c:update_prio`, `need_switch_pathgroup`, `reload_and_sync_map`).

use super::super::checker::PathState;
use super::super::command::{MpdCommand, Tpgs};
use super::super::failback::PathNews;
use super::super::grouping::{Member, best_group, group_paths};
use super::super::table::{TableFacts, TablePath, assemble};
use super::super::values::{GroupingPolicy, MarginalPathgroups};
use super::Daemon;

impl Daemon {
    /// After path `index` was checked: reload or switch groups, if that is
    /// due. `regroup` says that the path became marginal or ceased to be.
    pub(super) fn choose_group(&mut self, index: usize, news: PathNews, regroup: bool) {
        let priorities_changed = !regroup && self.refresh_priorities(index, news.up);
        let by_priority = matches!(
            self.policy,
            GroupingPolicy::GroupByPrio | GroupingPolicy::GroupByTpg
        );
        if regroup || (priorities_changed && by_priority && self.failback.is_immediate()) {
            self.reload();
        } else if self.better_group() {
            let news = PathNews {
                first_of_best: self.is_first_of_best(index),
                ..news
            };
            if self.failback.better_group_seen(news) {
                self.switch_group();
            }
        }
    }

    /// Asks for priorities again, of all paths if one has come up; whether any
    /// has changed.
    fn refresh_priorities(&mut self, index: usize, all: bool) -> bool {
        let args = &self.settings.prio_args;
        if !all {
            return self.paths[index].refresh_priority(args);
        }
        self.paths
            .iter_mut()
            .fold(false, |changed, path| path.refresh_priority(args) | changed)
    }

    /// Whether the best group is not the kernel's; with manual failback none
    /// is looked for (`need_switch_pathgroup`).
    fn better_group(&mut self) -> bool {
        if !self.failback.looks() || self.groups.is_empty() {
            return false;
        }
        self.best_group = best_group(&self.groups, &self.members());
        self.best_group != self.next_group
    }

    /// Whether path `index` is in the best group and alone there
    /// (`followover_should_failback`).
    fn is_first_of_best(&self, index: usize) -> bool {
        let best = self.groups.get(self.best_group.wrapping_sub(1));
        best.is_some_and(|group| {
            let down = |path: usize| {
                matches!(
                    self.paths[path].checker_state,
                    PathState::Down | PathState::Shaky
                )
            };
            group.contains(&index) && group.iter().all(|&path| path == index || down(path))
        })
    }

    /// The time of a deferred failback has come.
    pub(super) fn deferred_failback(&mut self) {
        self.refresh_priorities(0, true);
        if self.better_group() {
            self.switch_group();
        }
    }

    fn switch_group(&mut self) {
        self.next_group = self.best_group;
        self.message(format!("switch_group {}", self.best_group));
    }

    /// A path of a disabled group is up: enable the group
    /// (`main.c:enable_group`).
    pub(super) fn enable_group(&mut self, index: usize) {
        let number = self.groups.iter().position(|group| group.contains(&index));
        if let Some(number) = number
            && let Some(disabled) = self.disabled_groups.get_mut(number)
            && std::mem::take(disabled)
        {
            self.message(format!("enable_group {}", number + 1));
        }
    }

    /// Loads the table anew, all priorities refreshed, and fails the paths in
    /// it that are known to be down (`sync_map_state`).
    pub(super) fn reload(&mut self) {
        self.refresh_priorities(0, true);
        self.regroup();
        self.out.push(MpdCommand::ReloadTable {
            params: self.assemble(),
            groups: self.groups(),
        });
        for index in 0..self.paths.len() {
            if !self.paths[index].is_there {
                continue;
            }
            self.paths[index].active = true;
            if matches!(self.paths[index].state, PathState::Down | PathState::Shaky) {
                self.tell_failed(index);
            }
        }
    }

    /// Puts the paths into groups and takes the first as the one in use.
    pub(super) fn regroup(&mut self) {
        let apart = self.settings.marginal_pathgroups != MarginalPathgroups::Off;
        let members = self.members();
        let mut groups = group_paths(self.policy, &members, apart);
        for group in &mut groups {
            group.retain(|&path| self.paths[path].is_there);
        }
        groups.retain(|group| !group.is_empty());
        self.take_groups(groups);
        self.queueing = self.retry.table_queues();
    }

    /// These are the groups of the map from now on.
    pub(super) fn take_groups(&mut self, groups: Vec<Vec<usize>>) {
        self.best_group = best_group(&groups, &self.members());
        self.next_group = self.best_group;
        self.disabled_groups = vec![false; groups.len()];
        self.groups = groups;
    }

    fn members(&self) -> Vec<Member<'_>> {
        self.paths.iter().map(|path| path.member()).collect()
    }

    pub(super) fn assemble(&self) -> String {
        let groups: Vec<Vec<TablePath<'_>>> = self
            .groups
            .iter()
            .map(|group| {
                let path = |&index: &usize| TablePath {
                    dev: &self.paths[index].info.dev,
                    priority: self.paths[index].priority,
                };
                group.iter().map(path).collect()
            })
            .collect();
        let there = || self.paths.iter().filter(|path| path.is_there);
        let facts = TableFacts {
            queue: self.retry.table_queues(),
            alua: !self.groups.is_empty() && there().all(|path| path.info.tpgs != Tpgs::None),
            bio_based_target: self.bio_based_target,
        };
        assemble(&self.settings, facts, &groups, self.best_group)
    }
}
