//! The program. What it does is told in lib.rs.

fn main() -> std::process::ExitCode {
    harborbell::cli::main()
}
