//! The workload: one of its forms, over a device that exists.

use std::ops::Range;

use super::Checker;
use crate::formats::fio_job::{self, ParseOptions};
use crate::models::workload::WorkloadConfig;
use crate::scenario::at::At;
use crate::scenario::error::{Source, did_you_mean};
use crate::scenario::raw::{Arrivals, FioValue, RawJob, RawOpen, RawWorkload};
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
            lenient: raw.lenient,
            iologs: iologs
                .map(|log| (log.name.clone(), log.text.clone()))
                .collect(),
            writeback_bio_bytes: raw
                .writeback_bio
                .map_or(WorkloadConfig::default().writeback_bio_bytes, |bio| bio.0),
            scripts: Vec::new(),
            replication: 0,
            windows: false,
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
        let source = self.source;
        let lenient = raw.lenient;
        let options = ParseOptions { lenient };
        match (&raw.fio, &raw.fio_file, &raw.job, &raw.open) {
            (Some(text), None, None, None) => {
                let place = |part| (source.clone(), source.within(&text.span, text, part));
                self.job(text, options, known, place);
                Some(job::with_default_filename(text, &filename))
            }
            (None, Some(path), None, None) => {
                let text = self.job_file(path)?;
                let name = self.folder.join(&**path).display().to_string();
                let file = Source::new(name, text.as_str());
                self.job(&text, options, known, |part| (file.clone(), part));
                Some(job::with_default_filename(&text, &filename))
            }
            (None, None, Some(jobs), None) if !jobs.is_empty() => {
                for job in jobs {
                    self.switches(job);
                    let text = job::from_fields(std::slice::from_ref(job), &filename);
                    let place =
                        |part: Range<usize>| (source.clone(), field(job, &text, part.start));
                    self.job(&text, options, known, place);
                }
                Some(job::from_fields(jobs, &filename))
            }
            (None, None, None, Some(open)) if !open.is_empty() => {
                for open in open {
                    self.open(open);
                    let text = job::from_open(std::slice::from_ref(open), &filename);
                    self.job(&text, options, known, |_| {
                        (source.clone(), open.span.clone())
                    });
                }
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

    /// Checks that the job file `text` is understood and that the devices that
    /// it names exist; `place` says where some bytes of it stand.
    fn job(
        &mut self,
        text: &str,
        options: ParseOptions,
        known: &Known<'_>,
        place: impl Fn(Range<usize>) -> (Source, Range<usize>),
    ) {
        let mut wrong = |part, message: String, hint: Option<String>| {
            let (source, span) = place(part);
            self.problems.push(source.problem(span, message, hint));
        };
        for (part, name) in job::filenames(text) {
            let bare = device_name(name);
            if !known.names().any(|known| known == bare) {
                let hint = did_you_mean(bare, known.names());
                wrong(part, format!("there is no device `{name}`"), Some(hint));
            }
        }
        match fio_job::parse(text, options) {
            Ok(file) => {
                for warning in file.warnings {
                    let (source, span) =
                        place(warning.at.offset..warning.at.offset + warning.at.len);
                    self.warnings
                        .push(source.problem(span, warning.message, None).to_line());
                }
            }
            Err(error) => {
                let at = error.at().unwrap_or_default();
                let message = error.to_string();
                let message = message.strip_prefix(&format!("{at}: ")).unwrap_or(&message);
                wrong(
                    at.offset..at.offset + at.len,
                    message.to_owned(),
                    error.hint(),
                );
            }
        }
    }

    /// A truth value is 1 or 0 to fio: only a switch may be written so.
    fn switches(&mut self, job: &RawJob) {
        for (key, value) in job.given() {
            if matches!(value.value, FioValue::Bool(_)) && !job::SWITCHES.contains(&key) {
                let message = format!("`{key}` is not true or false");
                self.wrong(value, message, "give a number, or text as fio reads it");
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

/// The value of the field of `job` that made the line of `text` at `offset`;
/// the whole job where it is a default.
fn field(job: &At<RawJob>, text: &str, offset: usize) -> Range<usize> {
    let start = text
        .get(..offset)
        .and_then(|before| before.rfind('\n'))
        .map_or(0, |newline| newline + 1);
    let line = text[start..].lines().next().unwrap_or("");
    let key = line.split('=').next().unwrap_or("");
    let given = job.given().into_iter().find(|(name, _)| *name == key);
    given.map_or(job.span.clone(), |(_, value)| value.span.clone())
}
