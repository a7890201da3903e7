//! The reference of the command line, as Markdown.

use clap::{Arg, Command};

/// The page.
pub fn page(mut whole: Command) -> String {
    whole.build();
    let mut text = String::from(
        "# Commands\n\nGenerated from the program: `mpathsim reference cli`. `mpathsim help COMMAND` \
         prints the same.\n",
    );
    add(&mut text, &whole, "mpathsim", 2);
    text
}

fn add(text: &mut String, parent: &Command, path: &str, level: usize) {
    for command in parent.get_subcommands() {
        if command.is_hide_set() || command.get_name() == "help" {
            continue;
        }
        let path = format!("{path} {}", command.get_name());
        *text += &format!("\n{} {path}\n\n", "#".repeat(level));
        if let Some(about) = command.get_about() {
            *text += &format!("{}.\n", about.to_string().trim_end_matches('.'));
        }
        let arguments: Vec<&Arg> = command
            .get_arguments()
            .filter(|arg| {
                !arg.is_hide_set() && !["help", "version"].contains(&arg.get_id().as_str())
            })
            .collect();
        if !arguments.is_empty() {
            *text += "\n| argument | |\n|---|---|\n";
        }
        for arg in arguments {
            *text += &row(arg);
        }
        add(text, command, &path, level + 1);
    }
}

fn row(arg: &Arg) -> String {
    let names = arg.get_value_names().unwrap_or_default();
    let value = names.first().map_or_else(String::new, ToString::to_string);
    let takes = arg.get_action().takes_values();
    let name = match (arg.get_long(), takes) {
        (Some(long), true) => format!("--{long} {value}"),
        (Some(long), false) => format!("--{long}"),
        (None, _) => value,
    };
    let mut about = arg.get_help().map(ToString::to_string).unwrap_or_default();
    let values = arg.get_possible_values();
    let shown: Vec<String> = values
        .iter()
        .filter(|v| !v.is_hide_set() && takes)
        .map(|v| format!("`{}`", v.get_name()))
        .collect();
    if !shown.is_empty() {
        about += &format!(" Values: {}.", shown.join(", "));
    }
    let defaults = arg.get_default_values();
    if takes && !defaults.is_empty() {
        let all: Vec<_> = defaults.iter().map(|d| d.to_string_lossy()).collect();
        about += &format!(" Default: `{}`.", all.join(", "));
    }
    format!("| `{name}` | {} |\n", cell(&about))
}

/// Text as it may stand in a cell.
pub fn cell(text: &str) -> String {
    text.replace('|', "\\|")
        .replace('\n', " ")
        .replace('<', "&lt;")
}
