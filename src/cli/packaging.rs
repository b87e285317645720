//! `completions` and `man`: what a shell and the manual know of the command line, made from its definition.

use std::path::Path;
use std::process::ExitCode;

use clap::CommandFactory;
use clap_complete::{Shell, generate};
use clap_mangen::generate_to;

use super::output::line;
use super::{Cli, CommandResult};

pub fn completions(shell: Shell) -> CommandResult {
    let mut script = Vec::new();
    generate(shell, &mut Cli::command(), "harborbell", &mut script);
    line(String::from_utf8(script)?.trim_end())?;
    Ok(ExitCode::SUCCESS)
}

/// A page for the program and one for each command.
pub fn man(folder: &Path) -> CommandResult {
    std::fs::create_dir_all(folder)?;
    generate_to(Cli::command(), folder)?;
    Ok(ExitCode::SUCCESS)
}
