//! A sweep as a Slurm job array: a task a shard, and a job that joins them.
//!
//! The scripts call nothing but `mpathsim sweep`, so they can be read, changed
//! and submitted by hand. Whether a shard is done is known from its folder, not
//! from Slurm: clusters without accounting do not remember.

use std::path::{Path, PathBuf};
use std::process::Command;

use super::SweepError;
use super::axis::quoted;
use super::definition::Sweep;
use super::folder::{Existing, may_write};
use super::key::Program;
use super::manifest::Manifest;
use super::shard::Shard;
use crate::run::claim::{ELSEWHERE, Refused};
use crate::run::write;

/// How a sweep is submitted.
#[derive(Clone, Debug)]
pub struct Submission {
    /// The file of the sweep.
    pub file: PathBuf,
    /// Options `--set` for all points.
    pub sets: Vec<String>,
    /// Folder of the joined results.
    pub out: PathBuf,
    /// Parts.
    pub shards: u32,
    /// Options for `sbatch`, for both jobs.
    pub sbatch: Vec<String>,
    /// How often shards that were lost have been submitted again.
    pub attempt: u32,
    /// Whether it is submitted, or only written.
    pub submit: bool,
}

/// Shards that are lost are submitted again so often.
const ATTEMPTS: u32 = 3;

/// What was submitted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Submitted {
    /// Folder of the scripts, the shards and the logs.
    pub folder: PathBuf,
    /// Shards that are not done yet.
    pub missing: Vec<u32>,
    /// Ids of the array and of the job that joins; none if nothing was
    /// submitted.
    pub jobs: Option<(String, String)>,
}

impl Submission {
    /// Writes the scripts for what is not done yet of `sweep`, and submits
    /// them.
    ///
    /// # Errors
    /// The folder of the results, or of a shard, holds something else, a script
    /// cannot be written, or `sbatch` refuses.
    pub fn submit(&self, sweep: &Sweep) -> Result<Submitted, SweepError> {
        let here = std::env::current_dir().map_err(|why| SweepError::read(Path::new("."), why))?;
        // Without a slash at its end.
        let out: PathBuf = here.join(&self.out).components().collect();
        let whole = Manifest::new(sweep, &Program::this()?, None);
        may_write(&out, &whole, Existing::Again)?;
        let folder = PathBuf::from(format!("{}.slurm", out.display()));
        let missing = self.missing(sweep, &folder)?;
        let program = std::env::current_exe()
            .map_err(|why| SweepError::read(Path::new("the program"), why))?;
        let scripts = Scripts {
            submission: self,
            program: quoted(&program.display().to_string()),
            file: quoted(&here.join(&self.file).display().to_string()),
            out: quoted(&out.display().to_string()),
            folder: folder.clone(),
            here: quoted(&here.display().to_string()),
            name: &sweep.name,
        };
        let log = folder.join("log");
        std::fs::create_dir_all(&log).map_err(|why| SweepError::unwritable(&log, why))?;
        let files = [
            ("array.sh", scripts.array(&missing)),
            ("merge.sh", scripts.merge()),
        ];
        for (name, text) in &files {
            write::whole_file(&folder, name, text)
                .map_err(|why| SweepError::unwritable(&folder.join(name), why))?;
        }
        let mut submitted = Submitted {
            folder: folder.clone(),
            missing,
            jobs: None,
        };
        if !self.submit {
            return Ok(submitted);
        }
        let after = match submitted.missing.is_empty() {
            true => None,
            false => Some(self.sbatch(&folder, "array.sh", &[])?),
        };
        let dependency = after
            .as_ref()
            .map(|id| format!("--dependency=afterany:{id}"));
        let merge = self.sbatch(&folder, "merge.sh", dependency.as_slice())?;
        submitted.jobs = Some((after.unwrap_or_else(|| "–".into()), merge));
        Ok(submitted)
    }

    /// Shards that are not done yet.
    fn missing(&self, sweep: &Sweep, folder: &Path) -> Result<Vec<u32>, SweepError> {
        let program = Program::this()?;
        let n = self.shards;
        let mut missing = Vec::new();
        for k in 1..=n {
            let path = folder.join(format!("shard-{k}"));
            let Some(found) = Manifest::read(&path)? else {
                missing.push(k);
                continue;
            };
            let own = Manifest::new(sweep, &program, Some(Shard { k, n }));
            let same = found.content == own.content
                && found.executable == own.executable
                && found.shard == own.shard;
            if !same {
                return Err(SweepError::Folder(Refused {
                    folder: path.display().to_string(),
                    what: "is of another sweep, of another build, or of another number of shards"
                        .into(),
                    hint: format!("{ELSEWHERE}; or remove it"),
                }));
            }
            if !found.complete {
                missing.push(k);
            }
        }
        Ok(missing)
    }

    fn sbatch(
        &self,
        folder: &Path,
        script: &str,
        options: &[String],
    ) -> Result<String, SweepError> {
        let refused = |what: String| {
            SweepError::Folder(Refused {
                folder: folder.display().to_string(),
                what: format!("has the scripts, but sbatch {what}"),
                hint: "submit array.sh by hand, then merge.sh with --dependency=afterany:ID".into(),
            })
        };
        let output = Command::new("sbatch")
            .arg("--parsable")
            .args(options)
            .arg(folder.join(script))
            .output()
            .map_err(|why| refused(format!("cannot be started: {why}")))?;
        if !output.status.success() {
            let why = String::from_utf8_lossy(&output.stderr);
            return Err(refused(format!("refuses: {}", why.trim())));
        }
        // With several clusters it prints the id and the cluster.
        let text = String::from_utf8_lossy(&output.stdout);
        let id = text.trim().split(';').next().unwrap_or("");
        Ok(id.to_owned())
    }
}

/// The texts of the scripts.
struct Scripts<'s> {
    submission: &'s Submission,
    program: String,
    file: String,
    out: String,
    folder: PathBuf,
    here: String,
    name: &'s str,
}

impl Scripts<'_> {
    /// The log `name`, in which Slurm may put numbers (`%a`).
    fn log(&self, name: &str) -> String {
        let folder = self.folder.join("log").display().to_string();
        directive(&format!("{}/{name}", folder.replace('%', "%%")))
    }

    /// The options for sbatch as a line of a script, so that it can be submitted by
    /// hand as well; of several that say the same, the last holds.
    fn options(&self) -> String {
        let options: Vec<String> = self.submission.sbatch.iter().map(|o| word(o)).collect();
        match options.is_empty() {
            true => String::new(),
            false => format!("#SBATCH {}\n", options.join(" ")),
        }
    }

    fn sets(&self) -> String {
        let sets = self.submission.sets.iter();
        sets.map(|set| format!(" --set {}", quoted(set))).collect()
    }

    fn array(&self, missing: &[u32]) -> String {
        let (n, name) = (self.submission.shards, directive(self.name));
        let log = self.log("%a.txt");
        let folder = quoted(&self.folder.display().to_string());
        format!(
            "#!/bin/bash\n\
             #SBATCH --job-name={name}\n\
             #SBATCH --array={}\n\
             #SBATCH --requeue\n\
             #SBATCH --open-mode=append\n\
             #SBATCH --output={log}\n\
             {}\
             # A shard of the sweep a task. One that is requeued goes on where it was.\n\
             cd {} || exit\n\
             k=$SLURM_ARRAY_TASK_ID\n\
             exec {} sweep {}{} --shard \"$k/{n}\" \\\n    \
                 --out {folder}/\"shard-$k\" --resume --quiet \\\n    \
                 --threads \"${{SLURM_CPUS_PER_TASK:-1}}\"\n",
            ranges(missing),
            self.options(),
            self.here,
            self.program,
            self.file,
            self.sets(),
        )
    }

    fn merge(&self) -> String {
        let (n, attempt) = (self.submission.shards, self.submission.attempt);
        let name = directive(&format!("{}-merge", self.name));
        let folder = quoted(&self.folder.display().to_string());
        let log = self.log("merge.txt");
        let options: String = self
            .submission
            .sbatch
            .iter()
            .map(|option| format!(" --sbatch={}", quoted(option)))
            .collect();
        let mut text = format!(
            "#!/bin/bash\n\
             #SBATCH --job-name={name}\n\
             #SBATCH --open-mode=append\n\
             #SBATCH --output={log}\n\
             {}\
             # Joins the shards; 0: all is well, 1: some points failed, 2: it cannot be done.\n\
             cd {} || exit\n\
             {} sweep merge --out {} {folder}/shard-*\n\
             code=$?\n\
             [ $code -le 1 ] && grep -q '\"complete\": true' {}/sweep.json && exit $code\n",
            self.options(),
            self.here,
            self.program,
            self.out,
            self.out,
        );
        text += &match attempt < ATTEMPTS {
            true => format!(
                "# A shard was lost: what is missing is submitted again.\n\
                 exec {} sweep {}{} --slurm --shards {n} --out {}{options} --attempt {}\n",
                self.program,
                self.file,
                self.sets(),
                self.out,
                attempt + 1,
            ),
            false => format!("echo \"given up after {ATTEMPTS} attempts\"\nexit $code\n"),
        };
        text
    }
}

/// `text` as a value in a line `#SBATCH`: quoted, as sbatch reads these lines
/// (get_argument() in its opt.c).
fn directive(text: &str) -> String {
    format!("\"{}\"", text.replace('\\', r"\\").replace('"', r#"\""#))
}

/// `text` as a word of a line `#SBATCH`.
fn word(text: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "-_.,:/=@%+[]".contains(c);
    match !text.is_empty() && text.chars().all(plain) {
        true => text.to_owned(),
        false => directive(text),
    }
}

/// `1,2,3,5` as `1-3,5`.
fn ranges(numbers: &[u32]) -> String {
    let mut parts: Vec<(u32, u32)> = Vec::new();
    for &number in numbers {
        match parts.last_mut() {
            Some((_, last)) if *last + 1 == number => *last = number,
            _ => parts.push((number, number)),
        }
    }
    let text = |(first, last): &(u32, u32)| match first == last {
        true => first.to_string(),
        false => format!("{first}-{last}"),
    };
    parts.iter().map(text).collect::<Vec<_>>().join(",")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn directives_are_quoted() {
        assert_eq!(directive("my sweep"), r#""my sweep""#);
        assert_eq!(directive(r#"a"b\c"#), r#""a\"b\\c""#);
        assert_eq!(word("--partition=sim"), "--partition=sim");
        assert_eq!(word("--comment=my run"), "\"--comment=my run\"");
    }

    #[test]
    fn arrays_are_ranges() {
        assert_eq!(ranges(&[1, 2, 3, 5, 7, 8]), "1-3,5,7-8");
        assert_eq!(ranges(&[4]), "4");
    }
}
