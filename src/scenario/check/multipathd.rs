//! `[multipathd]`: its configuration is read, and its errors are pointed at.

use super::Checker;
use crate::formats::multipath_conf::{self, Device, why_nothing_is_built_in};
use crate::models::multipathd::{Marginal, Settings};
use crate::scenario::at::At;
use crate::scenario::error::Source;
use crate::scenario::raw::RawMultipathd;

impl Checker<'_> {
    /// What the daemon runs by; none if it does not run. If its configuration is
    /// wrong, its defaults stand in, so that nothing else seems to be.
    pub(super) fn multipathd(&mut self, raw: Option<&RawMultipathd>) -> Option<Settings> {
        let raw = raw?;
        let text = match (&raw.conf, &raw.conf_file) {
            (Some(_), Some(file)) => {
                self.wrong(
                    file,
                    "there are two configurations",
                    "give conf or conf_file",
                );
                return Some(Settings::default());
            }
            (Some(text), None) => text.value.clone(),
            (None, Some(file)) => match self.conf_file(file) {
                Some(text) => text,
                None => return Some(Settings::default()),
            },
            (None, None) => String::new(),
        };
        let conf = match multipath_conf::parse(&text) {
            Ok(conf) => conf,
            Err(why) => {
                let at = why.at();
                let hint = why.hint().unwrap_or_default();
                let part = at.offset..at.offset + at.len;
                match (&raw.conf, &raw.conf_file) {
                    (Some(conf), _) => self.wrong_within(conf, part, why.to_string(), hint),
                    (None, Some(file)) => {
                        let name = self.folder.join(&**file).display().to_string();
                        let source = Source::new(name, text.as_str());
                        self.problems
                            .push(source.problem(part, why.to_string(), hint));
                    }
                    (None, None) => {}
                }
                return Some(Settings::default());
            }
        };
        let warnings = conf
            .warnings
            .iter()
            .map(|w| format!("multipath.conf, {}: {}", w.at, w.message));
        self.warnings.extend(warnings);
        let device = Device {
            vendor: raw.vendor.as_deref().unwrap_or_default(),
            product: raw.product.as_deref().unwrap_or_default(),
            revision: "",
            wwid: "",
        };
        let resolved = conf.resolve(&device);
        if raw.vendor.is_some() && resolved.matches_nothing() {
            let why = why_nothing_is_built_in(&device);
            self.warnings.push(format!("[multipathd]: {why}"));
        }
        let settings = resolved.settings;
        if Marginal::is_sampled_too_briefly(&settings) {
            self.warnings.push(format!(
                "multipath.conf: marginal_path_err_sample_time {} is below 120 s: the marginal_path \
                 options have no effect",
                settings.marginal_path_err_sample_time
            ));
        }
        Some(settings)
    }

    fn conf_file(&mut self, path: &At<String>) -> Option<String> {
        match std::fs::read_to_string(self.folder.join(&**path)) {
            Ok(text) => Some(text),
            Err(why) => {
                let hint = format!("the path starts from {}", self.folder.display());
                self.wrong(path, format!("cannot read the configuration: {why}"), hint);
                None
            }
        }
    }
}
