//! The workload: one of its forms, over a device that exists.

use std::ops::Range;

use super::Checker;
use crate::models::workload::WorkloadConfig;
use crate::scenario::at::At;
use crate::scenario::error::{Source, did_you_mean};
use crate::scenario::raw::{Arrivals, RawOpen, RawWorkload};
use crate::scenario::table::device_name;
use crate::scenario::{Device, Map, job};

impl Checker<'_> {
    pub(super) fn workload(
        &mut self,
        raw: &RawWorkload,
        devices: &[Device],
        maps: &[Map],
    ) -> WorkloadConfig {
        let known = Known { devices, maps };
        let iologs = raw.iolog.iter();
        WorkloadConfig {
            fio_job: self.job_text(raw, &known).unwrap_or_default(),
            iologs: iologs
                .map(|log| (log.name.clone(), log.text.clone()))
                .collect(),
            scripts: Vec::new(),
        }
    }

    fn job_text(&mut self, raw: &RawWorkload, known: &Known<'_>) -> Option<String> {
        let Some(filename) = known.default_filename() else {
            self.wrong_section(
                "there is no device to run on",
                "add a [[device]] and a [[map]]",
            );
            return None;
        };
        match (&raw.fio, &raw.fio_file, &raw.job, &raw.open) {
            (Some(text), None, None, None) => {
                self.filenames(text, known, |source, part| {
                    source.within(&text.span, text, part)
                });
                Some(job::with_default_filename(text, &filename))
            }
            (None, Some(path), None, None) => {
                let text = self.job_file(path)?;
                self.filenames(&text, known, |_, _| path.span.clone());
                Some(job::with_default_filename(&text, &filename))
            }
            (None, None, Some(jobs), None) if !jobs.is_empty() => {
                for job in jobs {
                    let text = job::from_fields(std::slice::from_ref(job), &filename);
                    self.filenames(&text, known, |_, _| job.span.clone());
                }
                Some(job::from_fields(jobs, &filename))
            }
            (None, None, None, Some(open)) if !open.is_empty() => {
                open.iter().for_each(|open| self.open(open));
                Some(job::from_open(open, &filename))
            }
            _ => {
                let hint =
                    "give exactly one of `fio`, `fio_file`, [[workload.job]] and [[workload.open]]";
                self.wrong_section("it is not clear what the application does", hint);
                None
            }
        }
    }

    /// Notes a problem of the workload as a whole.
    fn wrong_section(&mut self, message: &str, hint: &str) {
        let at = self.source.text.find("[workload").unwrap_or(0);
        let span = at..at + "[workload".len();
        let problem = self.source.problem(span, message, hint.to_owned());
        self.problems.push(problem);
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

    /// Checks that the devices that the job file `text` names exist; `place`
    /// says where in the scenario some bytes of it stand.
    fn filenames(
        &mut self,
        text: &str,
        known: &Known<'_>,
        place: impl Fn(&Source, Range<usize>) -> Range<usize>,
    ) {
        for (part, name) in job::filenames(text) {
            let bare = device_name(name);
            if known.names().any(|known| known == bare) {
                continue;
            }
            let message = format!("there is no device `{name}`");
            let hint = did_you_mean(bare, known.names());
            let problem = self.source.problem(place(self.source, part), message, hint);
            self.problems.push(problem);
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

/// The devices that a workload may run on.
struct Known<'a> {
    devices: &'a [Device],
    maps: &'a [Map],
}

impl Known<'_> {
    fn names(&self) -> impl Iterator<Item = &str> {
        let devices = self.devices.iter().map(|device| device.name.as_str());
        devices.chain(self.maps.iter().map(|map| map.name.as_str()))
    }
    /// The last map, or else the first device.
    fn default_filename(&self) -> Option<String> {
        let map = self
            .maps
            .last()
            .map(|map| format!("/dev/mapper/{}", map.name));
        map.or_else(|| Some(format!("/dev/{}", self.devices.first()?.name)))
    }
}
