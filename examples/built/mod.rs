//! What an example builds before it begins: the program, and a library that is loaded into it.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, ensure};

/// The program beside this example, built now and in its profile, so that it is the one of this source.
pub fn program(example: &str) -> anyhow::Result<PathBuf> {
    let here = std::env::current_exe()?;
    let folder = here.ancestors().nth(2).context("this program is in the folder of examples")?;
    // With this one, so that it is compiled as it is for the tests.
    let parts = ["build", "--quiet", "--locked", "--bin", "harborbell", "--example", example];
    let mut cargo = Command::new(std::env::var_os("CARGO").unwrap_or("cargo".into()));
    cargo.current_dir(env!("CARGO_MANIFEST_DIR")).args(parts);
    // What `cargo run` says of this package the build scripts would take for theirs, and all would be compiled anew.
    let said = ["CARGO_PKG_", "CARGO_MANIFEST_", "OUT_DIR", "HARBORBELL_"];
    for (name, _) in std::env::vars_os() {
        if said.iter().any(|begin| name.to_string_lossy().starts_with(begin)) {
            cargo.env_remove(name);
        }
    }
    cargo.args((!cfg!(debug_assertions)).then_some("--release"));
    cargo.arg("--target-dir").arg(folder.parent().context("it is in a target folder")?);
    ensure!(cargo.status().context("cannot run cargo")?.success(), "harborbell cannot be built");
    Ok(folder.join("harborbell"))
}

/// A library of one C file, compiled into a folder.
pub fn library(source: &str, folder: &Path) -> anyhow::Result<PathBuf> {
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join(source);
    let library = folder.join(source.with_extension("so").file_name().context("the name of a C file")?);
    let mut compiler = Command::new("cc");
    compiler.args(["-shared", "-fPIC", "-O2", "-Wall", "-Wextra", "-o"]).arg(&library).arg(&source).arg("-ldl");
    let status = compiler.status().context("no C compiler; on Debian: apt-get install build-essential")?;
    ensure!(status.success(), "{} cannot be compiled", source.display());
    Ok(library)
}
