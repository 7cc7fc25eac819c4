//! The command line: raw arguments become ready values here, and nothing else reads them.

mod args;
mod check;
mod completions;
mod diff;
mod exit;
mod explain;
mod extract;
mod gate;
mod help;
mod inspect;
mod interrupt;
mod limit_args;
mod list;
mod man;
mod moment;
mod names;
mod output;
mod pager;
mod progress;
mod reading;
mod report;
mod rows;
mod run_reports;
mod runs;
mod slice;
mod style;
mod suggest;

use std::borrow::Cow;
use std::ffi::OsString;
use std::io;

use clap::{CommandFactory, Parser};

use args::{Args, Command};
pub(crate) use exit::Exit;
use wslog::views::escape::visible;

/// Runs the command; data goes to standard output, everything else to standard error.
pub(crate) fn run(arguments: impl Iterator<Item = OsString>) -> Exit {
    let arguments: Vec<_> = arguments.collect();
    let args = match Args::try_parse_from(&arguments) {
        Ok(args) => args,
        Err(mut error) => {
            if let Some(listing) = limit_args::asked_for(&error) {
                return write_out(listing.as_bytes()).unwrap_or_else(|error| exit::explain(&error));
            }
            if !limit_args::advise(&mut error) {
                suggest::advise(&mut error, named(&arguments));
            }
            let said = error.render().to_string();
            // A name that the shell put in may be hostile; colours are given up for it.
            let lines: Vec<_> = said.lines().map(visible).collect();
            if error.use_stderr() && lines.iter().any(|line| matches!(line, Cow::Owned(_))) {
                exit::say(&lines.join("\n"));
            } else {
                let _ = error.print();
            }
            return if error.use_stderr() { Exit::Trouble } else { Exit::Done };
        }
    };
    let result = match args.command {
        Command::Inspect(inspect) => inspect::run(&inspect),
        Command::Frames(args) => rows::frames(&args),
        Command::Messages(args) => rows::messages(&args),
        Command::List(list) => list::run(&list),
        Command::Diff(diff) => diff::run(&diff),
        Command::Check(check) => check::run(&check),
        Command::Explain(explain) => explain::run(&explain),
        Command::Completions { shell } => write_out(&completions::script(&mut Args::command(), shell)),
        Command::Help(args) => help::run(&args),
        Command::Man(args::Manual { schema: Some(document), .. }) => write_out(document.schema().as_bytes()),
        Command::Man(args::Manual { page, .. }) => {
            man::page(page).and_then(|page| write_out(page.as_bytes()))
        }
    };
    result.unwrap_or_else(|error| exit::explain(&error))
}

/// The command that arguments name: an error does not say it.
fn named(arguments: &[OsString]) -> Option<&str> {
    let names: Vec<_> = Args::command().get_subcommands().map(|sub| sub.get_name().to_owned()).collect();
    let words = arguments.iter().skip(1).filter_map(|argument| argument.to_str());
    words.into_iter().find(|word| names.iter().any(|name| name == word))
}

fn write_out(bytes: &[u8]) -> anyhow::Result<Exit> {
    use io::Write;
    let mut out = io::stdout().lock();
    out.write_all(bytes).and_then(|()| out.flush()).map_err(wslog::error::Error::Write)?;
    Ok(Exit::Done)
}
