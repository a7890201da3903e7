//! What multipathd decides, in the words of its log (`condlog`).

use super::super::super::multipathd::{Daemon, MpdCommand, PathId, PathState};
use super::super::Machine;
use crate::sim::Ns;

/// The most that is remembered.
const MOST: usize = 10_000;

/// What has been told of a map.
#[derive(Clone, Debug, Default)]
pub struct Told {
    is_in_recovery: bool,
    /// Which paths are withheld.
    withheld: Vec<bool>,
}

impl Told {
    /// What is new of the daemon of `map`, whose paths have the names `paths`,
    /// and which asks for `commands`.
    fn news(
        &mut self,
        map: &str,
        paths: &[&str],
        daemon: &Daemon,
        commands: &[MpdCommand],
    ) -> Vec<String> {
        let mut news = Vec::new();
        let was_in_recovery = std::mem::replace(&mut self.is_in_recovery, daemon.is_in_recovery());
        if let (false, Some(retries)) = (was_in_recovery, daemon.retries_left()) {
            news.push(format!(
                "{map}: Entering recovery mode: max_retries={retries}"
            ));
        }
        if was_in_recovery && !self.is_in_recovery {
            news.push(format!("{map}: Recovered to normal mode"));
        }
        self.withheld.resize(paths.len(), false);
        let rule = daemon.rule_against_shaky_paths();
        for ((id, path), withheld) in (0..).zip(paths).zip(&mut self.withheld) {
            let state = daemon.state(PathId(id));
            let is_withheld = state == Some(PathState::Delayed);
            match (std::mem::replace(withheld, is_withheld), state) {
                (false, Some(PathState::Delayed)) => {
                    news.push(format!("{path}: reinstatement is delayed ({rule})"));
                }
                (true, Some(state)) if state.is_usable() => {
                    news.push(format!("{path}: is let in again ({rule})"));
                }
                _ => {}
            }
        }
        for command in commands {
            match command {
                MpdCommand::Message { text } => match text.split_once(' ') {
                    Some(("switch_group", group)) => {
                        news.push(format!("{map}: switch to path group #{group}"));
                    }
                    None if text == "fail_if_no_path" => {
                        news.push(format!("{map}: Disable queueing"));
                    }
                    _ => {}
                },
                MpdCommand::StartSampling { path, time } => {
                    let path = paths.get(usize::from(path.0)).unwrap_or(&"");
                    let seconds = time.0 / 1_000_000_000;
                    news.push(format!("{path}: is sampled for {seconds} s ({rule})"));
                }
                MpdCommand::StartCheck { .. } | MpdCommand::ReloadTable { .. } => {}
            }
        }
        news
    }
}

impl<P> Machine<P> {
    /// The daemon of map `n` has been asked, and wants `commands`.
    pub(super) fn tell_decisions(&mut self, n: u16, commands: &[MpdCommand]) {
        let now = self.host.now();
        let mpd = &mut self.mpds.maps[usize::from(n)];
        let devs = &self.block.devs;
        let name = |dev: &super::DevId| devs[usize::from(dev.0)].name.as_str();
        let paths: Vec<&str> = mpd.paths.iter().map(name).collect();
        let map = &self.dm.devs[usize::from(mpd.dm)].name;
        let news = mpd.told.news(map, &paths, &mpd.daemon, commands);
        let room = MOST.saturating_sub(self.mpds.decisions.len());
        let news = news.into_iter().take(room);
        self.mpds
            .decisions
            .extend(news.map(|what| (now, format!("multipathd: {what}"))));
    }

    /// What multipathd has decided, and when.
    pub fn decisions(&self) -> &[(Ns, String)] {
        &self.mpds.decisions
    }
}
