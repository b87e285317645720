//! The program. What it does is described in lib.rs.

fn main() -> std::process::ExitCode {
    harborbell::cli::main()
}
