//! Priority groups: which paths go together, in which order, and which group
//! is best (`pgpolicies.c`, `switchgroup.c`).

use std::cmp::Ordering;

use super::values::GroupingPolicy;

/// What grouping looks at, of one path.
#[derive(Copy, Clone, Debug, PartialEq, Eq)]
pub struct Member<'a> {
    /// Its priority.
    pub priority: i32,
    /// Whether it is up or ghost.
    pub usable: bool,
    /// Whether it is marginal.
    pub marginal: bool,
    /// Serial number of the device.
    pub serial: &'a str,
    /// Node name of the target.
    pub node_name: &'a str,
    /// Target port group.
    pub tpg: u32,
}

/// What a group is ranked by.
#[derive(Copy, Clone, Debug, Default, PartialEq, Eq)]
pub struct Rank {
    /// Whether all its paths are marginal.
    pub marginal: bool,
    /// The mean priority of its usable paths, rounded towards zero; 0 without
    /// any.
    pub priority: i32,
    /// Usable paths.
    pub enabled_paths: usize,
}

/// The rank of a group of `paths`, numbers of `members`
/// (`switchgroup.c:path_group_prio_update`).
pub fn rank(paths: &[usize], members: &[Member<'_>]) -> Rank {
    let of = || paths.iter().filter_map(|&path| members.get(path));
    let usable = of().filter(|m| m.usable);
    let (sum, enabled_paths) = usable.fold((0i64, 0), |(sum, n), m| {
        (sum + i64::from(m.priority), n + 1)
    });
    let mean = sum.checked_div(enabled_paths as i64).unwrap_or(0);
    Rank {
        marginal: !paths.is_empty() && of().all(|m| m.marginal),
        priority: mean as i32,
        enabled_paths,
    }
}

/// Groups of path numbers, the best first (`pgpolicies.c:group_paths`).
///
/// With `marginal_pathgroups`, marginal paths are grouped apart.
pub fn group_paths(
    policy: GroupingPolicy,
    members: &[Member<'_>],
    marginal_pathgroups: bool,
) -> Vec<Vec<usize>> {
    let (marginal, normal): (Vec<usize>, Vec<usize>) =
        (0..members.len()).partition(|&path| marginal_pathgroups && members[path].marginal);
    let mut groups = by_policy(policy, &normal, members);
    groups.extend(by_policy(policy, &marginal, members));
    // A stable sort, as the insertion of `sort_pathgroups` is.
    groups.sort_by(|a, b| worse_last(&rank(a, members), &rank(b, members)));
    groups
}

fn worse_last(a: &Rank, b: &Rank) -> Ordering {
    a.marginal
        .cmp(&b.marginal)
        .then(b.priority.cmp(&a.priority))
        .then(b.enabled_paths.cmp(&a.enabled_paths))
}

fn by_policy(policy: GroupingPolicy, paths: &[usize], members: &[Member<'_>]) -> Vec<Vec<usize>> {
    let together = |a: usize, b: usize| {
        let (a, b) = (&members[a], &members[b]);
        match policy {
            GroupingPolicy::Failover => false,
            GroupingPolicy::Multibus => true,
            GroupingPolicy::GroupBySerial => a.serial == b.serial,
            GroupingPolicy::GroupByPrio => a.priority == b.priority,
            GroupingPolicy::GroupByNodeName => a.node_name == b.node_name,
            GroupingPolicy::GroupByTpg => a.tpg == b.tpg,
        }
    };
    let mut groups: Vec<Vec<usize>> = Vec::new();
    for &path in paths {
        match groups.iter_mut().find(|group| together(group[0], path)) {
            Some(group) => group.push(path),
            None => groups.push(vec![path]),
        }
    }
    groups
}

/// The number of the best group, from 1; 1 if none has a usable path
/// (`switchgroup.c:select_path_group`).
///
/// Groups that are not marginal come before those that are; then the higher
/// priority, then more usable paths, then the first counts.
pub fn best_group(groups: &[Vec<usize>], members: &[Member<'_>]) -> usize {
    let mut best: Option<(usize, Rank)> = None;
    for (i, group) in groups.iter().enumerate() {
        let rank = rank(group, members);
        let better = rank.enabled_paths > 0
            && best.is_none_or(|(_, so_far)| worse_last(&rank, &so_far) == Ordering::Less);
        if better {
            best = Some((i, rank));
        }
    }
    best.map_or(1, |(i, _)| i + 1)
}

#[cfg(test)]
mod tests {
    use super::*;
    use GroupingPolicy::*;

    fn member(priority: i32, usable: bool) -> Member<'static> {
        Member {
            priority,
            usable,
            marginal: false,
            serial: "",
            node_name: "",
            tpg: 0,
        }
    }

    #[test]
    fn policies() {
        let mut m = [
            member(10, true),
            member(50, true),
            member(10, true),
            member(50, true),
        ];
        m[1].serial = "b";
        m[2].tpg = 1;
        m[3].node_name = "n";
        assert_eq!(group_paths(Multibus, &m, false), [[0, 1, 2, 3]]);
        assert_eq!(group_paths(GroupByPrio, &m, false), [[1, 3], [0, 2]]);
        assert_eq!(
            group_paths(Failover, &m, false),
            [[1], [3], [0], [2]],
            "sorted by priority, then as found"
        );
        assert_eq!(
            group_paths(GroupBySerial, &m, false),
            [vec![1], vec![0, 2, 3]]
        );
        assert_eq!(group_paths(GroupByTpg, &m, false), [vec![0, 1, 3], vec![2]]);
        assert_eq!(
            group_paths(GroupByNodeName, &m, false),
            [vec![3], vec![0, 1, 2]]
        );
        assert!(group_paths(Multibus, &[], false).is_empty());
    }

    #[test]
    fn a_group_is_ranked_by_its_usable_paths() {
        let m = [member(50, false), member(10, true), member(15, true)];
        let rank = rank(&[0, 1, 2], &m);
        assert_eq!((rank.priority, rank.enabled_paths), (12, 2));
    }

    #[test]
    fn the_best_group() {
        let mut m = [
            member(10, true),
            member(50, true),
            member(50, true),
            member(50, true),
        ];
        let groups = [vec![0], vec![1], vec![2, 3]];
        assert_eq!(best_group(&groups, &m), 3, "more paths");
        m[3].usable = false;
        assert_eq!(best_group(&groups, &m), 2, "the first of equals");
        m[1].usable = false;
        m[2].usable = false;
        assert_eq!(best_group(&groups, &m), 1);
        m[0].usable = false;
        assert_eq!(best_group(&groups, &m), 1, "none is usable");
    }

    #[test]
    fn marginal_paths_are_grouped_apart_and_ranked_last() {
        let mut m = [member(50, true), member(50, true), member(10, true)];
        m[0].marginal = true;
        assert_eq!(group_paths(Multibus, &m, true), [vec![1, 2], vec![0]]);
        assert_eq!(group_paths(Multibus, &m, false), [vec![0, 1, 2]]);
        assert_eq!(best_group(&[vec![0], vec![2]], &m), 2);
        m[2].usable = false;
        assert_eq!(best_group(&[vec![0], vec![2]], &m), 1);
    }
}
