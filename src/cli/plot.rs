//! `mpathsim plot`.

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::{Args, ValueEnum};

use super::{CliError, print};
use crate::plot::result::Found;
use crate::plot::{Choice, Colours, Drawing, Kind, PlotError, Theme, png, svg};
use crate::run::write;

/// Draw figures of results.
#[derive(Debug, Args)]
pub struct Plot {
    /// Folders of results.
    #[arg(value_name = "RESULT", required = true)]
    results: Vec<PathBuf>,
    /// What is drawn. Default: what tells most of the result.
    #[arg(long, value_enum, value_name = "KIND")]
    kind: Option<KindName>,
    /// The figure, as SVG or PNG by the end of its name. Default:
    /// RESULT/KIND.svg.
    #[arg(long, value_name = "F.svg|F.png")]
    out: Option<PathBuf>,
    /// Light or dark paper.
    #[arg(long, value_enum, default_value_t = ThemeName::Light)]
    theme: ThemeName,
    /// Pixels of a PNG for one of the SVG, 0.5 to 4.
    #[arg(long, value_name = "FACTOR", default_value_t = 2.0, value_parser = scale)]
    scale: f64,
    /// Of a sweep: the figure that is drawn.
    #[arg(long, value_name = "NAME")]
    metric: Option<String>,
    /// Of a sweep: the axis from left to right.
    #[arg(long, value_name = "AXIS")]
    x: Option<String>,
    /// Of a sweep: the axis from below to above.
    #[arg(long, value_name = "AXIS")]
    y: Option<String>,
    /// Of a sweep: the value of an axis that is not drawn; may be given several
    /// times. Default: the one where most is to be seen.
    #[arg(long, value_name = "AXIS=VALUE", value_parser = place)]
    at: Vec<(String, String)>,
}

/// `--kind`.
#[derive(Copy, Clone, Debug, PartialEq, Eq, ValueEnum)]
enum KindName {
    /// Merge rate and mean request size, layer by layer.
    Layers,
    /// The first I/Os one by one: bios, requests, paths.
    Sequence,
    /// Which part of the I/Os is done after which time.
    Latency,
    /// Latency by percentile, with room for every nine.
    Percentiles,
    /// Load of the paths over time.
    Paths,
    /// Throughput, queue and path states around faults.
    Failover,
    /// Of a sweep: figures against an axis, with their intervals.
    Lines,
    /// Of a sweep: a figure over two axes.
    Heat,
    /// Of a sweep: which mode wins, over two axes.
    Crossover,
    /// Of a sweep: policies, the best first.
    Ranking,
    /// Of a comparison: what B has more or less than A, with the margin.
    Differences,
    /// All that the result has something for.
    All,
}

/// `--theme`.
#[derive(Copy, Clone, Debug, PartialEq, Eq, ValueEnum)]
enum ThemeName {
    /// For documents and print.
    Light,
    /// For slides.
    Dark,
}

/// A PNG is drawn with the bundled font, which has not the letters of all scripts.
fn tell_missing(drawing: &Drawing, path: &Path) {
    let missing = drawing.missing_letters();
    if !missing.is_empty() {
        let letters: Vec<String> = missing.iter().map(char::to_string).collect();
        let _ = writeln!(
            std::io::stderr(),
            "warning: {} has boxes for letters that the bundled font lacks: {}; SVG has them",
            path.display(),
            letters.join(" ")
        );
    }
}

fn scale(text: &str) -> Result<f64, String> {
    let factor: f64 = text.parse().map_err(|_| "not a number".to_owned())?;
    if (0.5..=4.0).contains(&factor) {
        Ok(factor)
    } else {
        Err("not between 0.5 and 4".into())
    }
}

fn place(text: &str) -> Result<(String, String), String> {
    let parts = text.split_once('=');
    let (axis, value) = parts.ok_or_else(|| "not AXIS=VALUE".to_owned())?;
    Ok((axis.trim().into(), value.trim().into()))
}

impl KindName {
    fn kind(self) -> Option<Kind> {
        let name = self.to_possible_value()?;
        Kind::ALL
            .into_iter()
            .find(|kind| kind.name() == name.get_name())
    }
}

impl Plot {
    /// Draws the figures and tells where they are.
    ///
    /// # Errors
    /// A result cannot be read, has nothing to show, or a figure cannot be
    /// written.
    pub fn execute(&self) -> Result<ExitCode, CliError> {
        let several = self.results.len() > 1 || self.kind == Some(KindName::All);
        if self.out.is_some() && several {
            let text = "--out is for one figure: give one RESULT and one --kind";
            return Err(CliError::Usage(text.into()));
        }
        for result in &self.results {
            let found = Found::read(result).map_err(PlotError::from)?;
            for kind in self.kinds(&found)? {
                let drawing = kind.draw(&found, &self.choice())?;
                let path = match &self.out {
                    Some(path) => path.clone(),
                    None => found.folder().join(format!("{}.svg", kind.name())),
                };
                self.write(&drawing, &path)?;
                print(&format!("{}\n", path.display()))?;
            }
        }
        Ok(ExitCode::SUCCESS)
    }

    fn kinds(&self, found: &Found) -> Result<Vec<Kind>, CliError> {
        let all = Kind::of(found);
        match self.kind {
            Some(KindName::All) => Ok(all),
            Some(kind) => Ok(kind.kind().into_iter().collect()),
            None => match all.first() {
                Some(first) => Ok(vec![*first]),
                None => Err(CliError::Usage(format!(
                    "{}: nothing to draw",
                    found.name()
                ))),
            },
        }
    }

    fn choice(&self) -> Choice {
        Choice {
            metric: self.metric.clone(),
            x: self.x.clone(),
            y: self.y.clone(),
            at: self.at.clone(),
        }
    }

    fn write(&self, drawing: &Drawing, path: &Path) -> Result<(), CliError> {
        let theme = match self.theme {
            ThemeName::Light => Theme::Light,
            ThemeName::Dark => Theme::Dark,
        };
        let end = path.extension().and_then(|end| end.to_str());
        let bytes = match end.map(str::to_ascii_lowercase).as_deref() {
            Some("svg") => svg(drawing, Colours::Fixed(theme))?.into_bytes(),
            Some("png") => {
                tell_missing(drawing, path);
                png(drawing, theme, self.scale)?
            }
            _ => {
                let text = format!("{}: neither .svg nor .png", path.display());
                return Err(CliError::Usage(text));
            }
        };
        write::file(path, &bytes).map_err(|why| CliError::Write {
            path: path.display().to_string(),
            why,
        })
    }
}
