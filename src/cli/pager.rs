//! A pager for what does not fit on the terminal.

use std::env;
use std::ffi::OsString;
use std::io::{self, ErrorKind, Write};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use crate::cli::args::Look;
use crate::cli::style::{self, Place};

/// Ends where one screen is enough, shows colours as such, and leaves what it showed on the screen.
const LESS: &str = "FRX";

/// A program that shows text a screen at a time.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Pager {
    program: OsString,
    arguments: Vec<OsString>,
    /// Options for `less` where the user has set none.
    less: Option<&'static str>,
    /// Rows and columns of the terminal; without them the pager is left to find out.
    size: Option<(u16, u16)>,
    /// While it runs Ctrl-C is its own.
    runs: Arc<Running>,
}

/// Whether a pager runs.
#[derive(Debug, Default)]
pub(super) struct Running(AtomicBool);

impl PartialEq for Running {
    fn eq(&self, _: &Self) -> bool {
        true
    }
}

impl Eq for Running {}

impl Running {
    /// Whether one does.
    pub(super) fn now(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }

    fn set(&self, runs: bool) {
        self.0.store(runs, Ordering::Relaxed);
    }
}

/// The pager for standard output; `None` where that is no terminal, and where nobody wants one.
pub(super) fn of(look: Look, runs: &Arc<Running>) -> Option<Pager> {
    pager(look, &style::here(&|name| env::var_os(name), true), runs)
}

fn pager(look: Look, place: &Place<'_>, runs: &Arc<Running>) -> Option<Pager> {
    if look.no_pager || !place.is_terminal || place.is_dumb() {
        return None;
    }
    let named = (place.variable)("PAGER").unwrap_or_else(|| "less".into());
    let mut words = match named.to_str() {
        Some(named) => named.split_whitespace().map(OsString::from).collect(),
        None => vec![named],
    }
    .into_iter();
    let program = words.next().filter(|program| program != "cat")?;
    let less = place.set("LESS").is_none().then_some(LESS);
    Some(Pager { program, arguments: words.collect(), less, size: place.size, runs: Arc::clone(runs) })
}

impl Pager {
    fn start(&self) -> io::Result<Child> {
        let mut command = Command::new(&self.program);
        command.args(&self.arguments).stdin(Stdio::piped());
        if let Some(less) = self.less {
            command.env("LESS", less);
        }
        command.spawn()
    }

    /// Whether so much is more than a screen: lines that are longer take more rows.
    fn is_needed(&self, text: &[u8]) -> bool {
        let Some((columns, rows)) = self.size else { return true };
        let columns = usize::from(columns).max(1);
        let rows_of = |line: &[u8]| {
            // Neither bytes that go on with a character nor, by and large, colours take a column.
            let width = line.iter().filter(|byte| **byte & 0xc0 != 0x80).count();
            width.div_ceil(columns).max(1)
        };
        let taken: usize = text.split(|byte| *byte == b'\n').map(rows_of).sum();
        // The last line ends in a line break, and the prompt comes behind it.
        taken > usize::from(rows)
    }

    /// What text is written to.
    pub(super) fn writer(self) -> Paged {
        Paged { pager: self, state: State::Held(Vec::new()) }
    }
}

/// Holds text back until it is more than a screen, which the pager then gets, and all that comes. Dropping it waits for the
/// pager to be left.
#[derive(Debug)]
pub(super) struct Paged {
    pager: Pager,
    state: State,
}

#[derive(Debug)]
enum State {
    /// What has come, which fits on a screen.
    Held(Vec<u8>),
    Paging(Child, ChildStdin),
    /// There is no pager.
    Plain,
    /// The pager was left before the end.
    Left(Child),
}

impl Paged {
    /// Gives what was held back to the pager, or to the terminal if it cannot be started.
    fn page(&mut self) -> io::Result<()> {
        let State::Held(held) = &mut self.state else { return Ok(()) };
        let held = std::mem::take(held);
        self.state = match self.pager.start().map(|mut child| (child.stdin.take(), child)) {
            Ok((Some(stdin), child)) => {
                self.pager.runs.set(true);
                // Where nobody heeds Ctrl-C yet it would end this process, and leave the pager with the terminal.
                let _ = ctrlc::try_set_handler(|| {});
                State::Paging(child, stdin)
            }
            _ => State::Plain,
        };
        self.write_all(&held)
    }
}

impl Write for Paged {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match &mut self.state {
            State::Held(held) => {
                held.extend_from_slice(bytes);
                if self.pager.is_needed(held) {
                    self.page()?;
                }
                Ok(bytes.len())
            }
            State::Plain => io::stdout().write(bytes),
            State::Left(_) => Ok(bytes.len()),
            State::Paging(_, stdin) => match stdin.write(bytes) {
                Err(error) if error.kind() == ErrorKind::BrokenPipe => {
                    if let State::Paging(child, _) = std::mem::replace(&mut self.state, State::Plain) {
                        self.state = State::Left(child);
                    }
                    Ok(bytes.len())
                }
                written => written,
            },
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        match &mut self.state {
            State::Paging(_, stdin) => match stdin.flush() {
                Err(error) if error.kind() != ErrorKind::BrokenPipe => Err(error),
                _ => Ok(()),
            },
            State::Plain => io::stdout().flush(),
            State::Held(_) | State::Left(_) => Ok(()),
        }
    }
}

impl Drop for Paged {
    fn drop(&mut self) {
        match std::mem::replace(&mut self.state, State::Plain) {
            State::Held(held) => {
                let mut out = io::stdout();
                let _ = out.write_all(&held).and_then(|()| out.flush());
            }
            State::Plain => {}
            State::Left(mut child) => drop(child.wait()),
            State::Paging(mut child, stdin) => {
                // It has seen the end.
                drop(stdin);
                drop(child.wait());
            }
        }
        self.pager.runs.set(false);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::args::Color;

    const LOOK: Look = Look { color: Color::Auto, width: None, ascii: false, no_pager: false, quiet: false };

    #[test]
    fn which_pager() {
        let at = |is_terminal: bool, variables: &str, look: Look| {
            let variable = |name: &str| {
                let set = variables.split(';').filter_map(|set| set.split_once('='));
                set.into_iter().find(|(of, _)| *of == name).map(|(_, value)| OsString::from(value))
            };
            let place = Place { variable: &variable, to_stdout: true, is_terminal, size: Some((80, 24)) };
            pager(look, &place, &Arc::default()).map(|pager| {
                let words = [vec![pager.program], pager.arguments].concat();
                let words: Vec<_> = words.iter().map(|word| word.to_string_lossy()).collect();
                format!("{} LESS={}", words.join(" "), pager.less.unwrap_or("kept"))
            })
        };
        for (variables, expected) in [
            ("", Some("less LESS=FRX")),
            ("LESS=", Some("less LESS=FRX")),
            ("LESS=-S", Some("less LESS=kept")),
            ("PAGER=more", Some("more LESS=FRX")),
            ("PAGER=less  -S +G", Some("less -S +G LESS=FRX")),
            ("PAGER=cat", None),
            ("PAGER=", None),
            ("PAGER= ", None),
            ("TERM=dumb", None),
        ] {
            assert_eq!(at(true, variables, LOOK).as_deref(), expected, "{variables}");
            assert_eq!(at(false, variables, LOOK), None, "{variables}: no terminal");
            assert_eq!(at(true, variables, Look { no_pager: true, ..LOOK }), None, "{variables}: --no-pager");
        }
    }

    #[test]
    fn what_fits_needs_none() {
        let size = |size| Pager {
            program: "less".into(),
            arguments: Vec::new(),
            less: None,
            size,
            runs: Arc::default(),
        };
        let pager = size(Some((80, 24)));
        for (text, expected) in [
            (String::new(), false),
            ("x\n".repeat(23), false),
            ("x\n".repeat(24), true),
            (format!("{}\n", "x".repeat(80 * 23)), false),
            (format!("{}\n", "x".repeat(80 * 23 + 1)), true),
            ("ä".repeat(80) + "\n", false),
        ] {
            assert_eq!(pager.is_needed(text.as_bytes()), expected, "{} bytes", text.len());
        }
        assert!(size(None).is_needed(b""));
    }

    fn of_program(program: &str) -> Paged {
        let (program, arguments) = (program.into(), Vec::new());
        Pager { program, arguments, less: None, size: Some((80, 2)), runs: Arc::default() }.writer()
    }

    /// One that ends at once takes nothing, and that is no error; one that is not there is passed over.
    #[test]
    fn a_pager_that_is_left_or_missing_is_no_error() {
        for program in ["true", "/nowhere/wslog-has-no-such-pager"] {
            let mut paged = of_program(program);
            // More than a pipe holds, so that it is noticed; of the missing one nothing is to be printed here.
            let lines = if program == "true" { 200_000 } else { 0 };
            for _ in 0..lines {
                paged.write_all(b"a line of text that nobody reads\n").expect("no error");
            }
            paged.flush().expect("no error");
            assert_eq!(matches!(paged.state, State::Left(_)), program == "true");
            let missing = paged.pager.start().is_err();
            assert_eq!(missing, program != "true");
        }
    }
}
