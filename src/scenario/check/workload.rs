//! The workload: one of its forms, over a device that exists.

use super::Checker;
use crate::models::workload::WorkloadConfig;
use crate::scenario::at::At;
use crate::scenario::error::did_you_mean;
use crate::scenario::raw::{Arrivals, RawOpen, RawWorkload};
use crate::scenario::table::device_name;
use crate::scenario::{Device, Map, job};

impl Checker<'_> {
    pub(super) fn workload(
        &mut self,
        raw: &At<RawWorkload>,
        devices: &[Device],
        maps: &[Map],
    ) -> WorkloadConfig {
        let iologs = raw
            .iolog
            .iter()
            .map(|log| (log.name.clone(), log.text.clone()));
        WorkloadConfig {
            fio_job: self.job_text(raw, devices, maps).unwrap_or_default(),
            iologs: iologs.collect(),
        }
    }

    fn job_text(
        &mut self,
        raw: &At<RawWorkload>,
        devices: &[Device],
        maps: &[Map],
    ) -> Option<String> {
        let filename = match (maps.last(), devices.first()) {
            (Some(map), _) => format!("/dev/mapper/{}", map.name),
            (None, Some(device)) => format!("/dev/{}", device.name),
            (None, None) => {
                self.wrong(
                    raw,
                    "there is no device to run on",
                    "add a [[device]] and a [[map]]",
                );
                return None;
            }
        };
        let text = match (&raw.fio, &raw.fio_file, &raw.job, &raw.open) {
            (Some(text), None, None, None) => {
                self.filenames(text, &text.value, devices, maps);
                job::with_default_filename(text, &filename)
            }
            (None, Some(path), None, None) => {
                let text = self.job_file(path)?;
                self.filenames(path, &text, devices, maps);
                job::with_default_filename(&text, &filename)
            }
            (None, None, Some(jobs), None) if !jobs.is_empty() => job::from_fields(jobs, &filename),
            (None, None, None, Some(open)) if !open.is_empty() => {
                open.iter().for_each(|open| self.open(open));
                job::from_open(open, &filename)
            }
            _ => {
                let hint =
                    "give exactly one of `fio`, `fio_file`, [[workload.job]] and [[workload.open]]";
                self.wrong(raw, "it is not clear what the application does", hint);
                return None;
            }
        };
        if let Some(jobs) = &raw.job {
            let at = At {
                value: text.clone(),
                span: jobs.span.clone(),
            };
            self.filenames(&at, &text, devices, maps);
        }
        Some(text)
    }

    fn job_file(&mut self, path: &At<String>) -> Option<String> {
        match std::fs::read_to_string(self.folder.join(&**path)) {
            Ok(text) => Some(text),
            Err(why) => {
                let hint = format!("the path starts from {}", self.folder.display());
                self.wrong(path, format!("cannot read the job file: {why}"), hint);
                None
            }
        }
    }

    /// Checks that the devices that a job file names exist.
    fn filenames(&mut self, at: &At<String>, text: &str, devices: &[Device], maps: &[Map]) {
        for (span, name) in job::filenames(text) {
            let bare = device_name(name);
            let leaf = devices.iter().any(|device| device.name == bare);
            if leaf || maps.iter().any(|map| map.name == bare) {
                continue;
            }
            let known = devices.iter().map(|device| device.name.as_str());
            let hint = did_you_mean(bare, known.chain(maps.iter().map(|map| map.name.as_str())));
            let message = format!("there is no device `{name}`");
            if at.value == text {
                self.wrong_within(at, span, message, hint);
            } else {
                self.wrong(at, message, hint);
            }
        }
    }

    fn open(&mut self, open: &RawOpen) {
        if let Some(burst) = &open.burst
            && open.arrivals != Some(Arrivals::Bursts)
        {
            self.wrong(
                burst,
                "`burst` belongs to bursts",
                "add arrivals = \"bursts\"",
            );
        }
        if let Some(runtime) = &open.runtime
            && !job::is_whole_seconds(runtime.value)
        {
            self.wrong(
                runtime,
                "fio counts its runtime in whole seconds",
                "write for instance \"2s\"",
            );
        }
    }
}
