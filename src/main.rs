//! The binary: arguments, run, exit code.
// A standard error that is closed or full is no reason to panic: cli::exit::say.
#![warn(clippy::print_stderr)]

use std::process::ExitCode;

mod cli;

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    cli::run(std::env::args_os()).into()
}
