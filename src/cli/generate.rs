//! What is generated from the command line and the schema themselves: shell
//! completions, man pages, and the references of the documentation.

mod cli_reference;
mod scenario_reference;

use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Args, CommandFactory, ValueEnum};
use clap_complete::Shell;

use super::{Arguments, CliError, print};
use crate::run::write;

/// Print shell completions.
#[derive(Debug, Args)]
pub struct Completions {
    /// The shell.
    shell: Shell,
}

impl Completions {
    /// Prints them.
    ///
    /// # Errors
    /// Standard output is broken.
    pub fn execute(&self) -> Result<ExitCode, CliError> {
        let mut script = Vec::new();
        clap_complete::generate(
            self.shell,
            &mut Arguments::command(),
            "mpathsim",
            &mut script,
        );
        print(&String::from_utf8_lossy(&script))?;
        Ok(ExitCode::SUCCESS)
    }
}

/// Write man pages.
#[derive(Debug, Args)]
pub struct Man {
    /// The folder.
    #[arg(long, value_name = "FOLDER", default_value = "man")]
    out: PathBuf,
}

impl Man {
    /// Writes a page a command, and tells where they are.
    ///
    /// # Errors
    /// A page cannot be written.
    pub fn execute(&self) -> Result<ExitCode, CliError> {
        let mut whole = Arguments::command();
        whole.build();
        let mut pages = vec![("mpathsim.1".to_owned(), whole.clone())];
        for command in whole.get_subcommands().filter(|c| !c.is_hide_set()) {
            let name = format!("mpathsim-{}", command.get_name());
            pages.push((format!("{name}.1"), command.clone()));
        }
        for (name, command) in pages {
            let failed = |why| CliError::Write {
                path: self.out.join(&name).display().to_string(),
                why,
            };
            let mut page = Vec::new();
            clap_mangen::Man::new(command)
                .render(&mut page)
                .map_err(failed)?;
            write::whole_file(&self.out, &name, &page).map_err(failed)?;
        }
        print(&format!("{}\n", self.out.display()))?;
        Ok(ExitCode::SUCCESS)
    }
}

/// Print a page of the documentation that follows from the program.
#[derive(Debug, Args)]
pub struct Reference {
    /// The page.
    page: Page,
}

/// A page that follows from the program.
#[derive(Copy, Clone, Debug, PartialEq, Eq, ValueEnum)]
enum Page {
    /// Every command and option.
    Cli,
    /// Every key of a scenario.
    Scenario,
}

impl Reference {
    /// Prints it.
    ///
    /// # Errors
    /// Standard output is broken.
    pub fn execute(&self) -> Result<ExitCode, CliError> {
        print(&match self.page {
            Page::Cli => cli_reference::page(Arguments::command()),
            Page::Scenario => {
                let schema = serde_json::to_value(crate::scenario::schema())?;
                scenario_reference::page(&schema)
            }
        })?;
        Ok(ExitCode::SUCCESS)
    }
}
