//! How far the work is, on standard error: only where that is a terminal, and not before a second has gone by.

use std::fs;
use std::io::{self, IsTerminal, Write};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{RecvTimeoutError, Sender, channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use same_file::Handle;
use wslog::engine::Sink;
use wslog::error::Error;
use wslog::knowledge::words::units;
use wslog::redact::Sealed;
use wslog::source::file::Meter;

/// What is over sooner needs no line.
const AFTER: Duration = Duration::from_secs(1);
/// From one drawing to the next.
const EVERY: Duration = Duration::from_millis(200);

/// The line, while a command reads; none where nobody sees it.
pub(super) struct Progress {
    /// What counts the bytes.
    pub(super) meter: Meter,
    line: Arc<Mutex<Line>>,
    connections: Arc<AtomicU64>,
    /// What draws it; it ends when nobody holds the other end.
    drawing: Option<(Sender<()>, JoinHandle<()>)>,
}

/// What stands on the terminal.
enum Line {
    /// Nothing, so far.
    Not,
    Drawn(ProgressBar),
    /// Nothing more: what is written now is the result.
    Over,
}

impl Progress {
    /// One for reading `inputs`.
    pub(super) fn new(inputs: &[PathBuf], quiet: bool) -> Self {
        let meter = Meter::new();
        let line = Arc::new(Mutex::new(Line::Not));
        let connections = Arc::new(AtomicU64::new(0));
        let is_seen = !quiet && io::stderr().is_terminal();
        let drawing = is_seen.then(|| {
            let (stop, stopped) = channel();
            let (line, connections, meter) = (Arc::clone(&line), Arc::clone(&connections), meter.clone());
            let size = size(inputs);
            let draw = move || {
                let start = Instant::now();
                let mut pause = AFTER;
                while stopped.recv_timeout(pause) == Err(RecvTimeoutError::Timeout) {
                    pause = EVERY;
                    let far = Far {
                        bytes: meter.bytes(),
                        size,
                        connections: connections.load(Ordering::Relaxed),
                        elapsed: start.elapsed(),
                    };
                    draw(&line, &far.said());
                }
            };
            // Where the system has no thread to give, there is no line.
            thread::Builder::new().spawn(draw).ok().map(|thread| (stop, thread))
        });
        Self { meter, line, connections, drawing: drawing.flatten() }
    }

    /// What counts the connections.
    pub(super) fn counter(&self) -> Counter {
        Counter(Arc::clone(&self.connections))
    }

    /// Standard error, with the line out of the way.
    pub(super) fn beside(&self) -> impl Write + use<> {
        io::LineWriter::new(Beside(Arc::clone(&self.line)))
    }

    /// `out`, the first byte to which ends the line, unless it goes to a file: what takes it out of a pipe may write to the
    /// same terminal.
    pub(super) fn before<W: Write>(&self, out: W, to_stdout: bool) -> Before<W> {
        let is_shown = to_stdout && !is_to_file();
        Before { out, line: is_shown.then(|| Arc::clone(&self.line)) }
    }
}

impl Progress {
    /// All has been read: the line goes, and does not come back.
    pub(super) fn finish(&self) {
        end(&self.line);
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        if let Some((stop, thread)) = self.drawing.take() {
            drop(stop);
            let _ = thread.join();
        }
        self.finish();
    }
}

fn draw(line: &Mutex<Line>, said: &str) {
    let mut line = line.lock().unwrap_or_else(PoisonError::into_inner);
    if matches!(*line, Line::Not) {
        let bar = ProgressBar::with_draw_target(None, ProgressDrawTarget::stderr());
        let style = ProgressStyle::with_template("{wide_msg}");
        *line = Line::Drawn(bar.with_style(style.unwrap_or_else(|_| ProgressStyle::default_bar())));
    }
    if let Line::Drawn(bar) = &*line {
        bar.set_message(said.to_owned());
        bar.tick();
    }
}

fn end(line: &Mutex<Line>) {
    let mut line = line.lock().unwrap_or_else(PoisonError::into_inner);
    if let Line::Drawn(bar) = std::mem::replace(&mut *line, Line::Over) {
        bar.finish_and_clear();
    }
}

fn is_to_file() -> bool {
    let file = Handle::stdout().and_then(|stdout| stdout.as_file().metadata());
    file.is_ok_and(|file| file.is_file())
}

/// Bytes of all inputs; `None` where one is not known beforehand.
fn size(inputs: &[PathBuf]) -> Option<u64> {
    let of = |input: &PathBuf| match fs::metadata(input) {
        _ if input == Path::new("-") => None,
        Ok(file) => file.is_file().then_some(file.len()),
        // Of what cannot be read nothing is.
        Err(_) => Some(0),
    };
    inputs.iter().map(of).sum()
}

/// How far it is.
struct Far {
    bytes: u64,
    /// What there is to read, where that is known.
    size: Option<u64>,
    connections: u64,
    elapsed: Duration,
}

impl Far {
    fn said(&self) -> String {
        let Self { bytes, size, connections, elapsed } = self;
        let ns = elapsed.as_nanos().max(1);
        let rate = u64::try_from(u128::from(*bytes) * 1_000_000_000 / ns).unwrap_or(u64::MAX);
        let of = size.map_or_else(String::new, |size| format!(" of {}", units::bytes(size)));
        let left = size.filter(|_| rate > 0).map(|size| size.saturating_sub(*bytes) / rate.max(1));
        let left = left.map_or_else(String::new, |seconds| match seconds {
            0..120 => format!(", {seconds} s left"),
            120..7_200 => format!(", {} min left", seconds.div_ceil(60)),
            _ => format!(", {} h left", seconds.div_ceil(3_600)),
        });
        let connections = units::count(*connections, "connection");
        format!("{}{of}, {}/s, {connections}{left}", units::bytes(*bytes), units::bytes(rate))
    }
}

/// Counts connections as they come.
pub(super) struct Counter(Arc<AtomicU64>);

impl Sink for Counter {
    fn conversation(&mut self, _: &Sealed) -> Result<(), Error> {
        self.0.fetch_add(1, Ordering::Relaxed);
        Ok(())
    }
}

/// Standard error beside the line.
struct Beside(Arc<Mutex<Line>>);

impl Write for Beside {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let line = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        match &*line {
            Line::Drawn(bar) => bar.suspend(|| io::stderr().write(bytes)),
            Line::Not | Line::Over => io::stderr().write(bytes),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        io::stderr().flush()
    }
}

/// The result, before which the line goes.
pub(super) struct Before<W> {
    out: W,
    line: Option<Arc<Mutex<Line>>>,
}

impl<W: Write> Write for Before<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if let Some(line) = self.line.take() {
            end(&line);
        }
        self.out.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.out.flush()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn how_far_it_is() {
        let said = |bytes, size, connections, seconds| {
            Far { bytes, size, connections, elapsed: Duration::from_secs(seconds) }.said()
        };
        assert_eq!(said(0, None, 0, 1), "0 bytes, 0 bytes/s, 0 connections");
        assert_eq!(said(0, Some(5_000), 0, 1), "0 bytes of 5.00 kB, 0 bytes/s, 0 connections");
        assert_eq!(
            said(300_000_000, Some(900_000_000), 1, 3),
            "300 MB of 900 MB, 100 MB/s, 1 connection, 6 s left"
        );
        assert_eq!(
            said(3_000_000, Some(900_000_000), 40, 3),
            "3.00 MB of 900 MB, 1.00 MB/s, 40 connections, 15 min left"
        );
        assert_eq!(said(10, Some(5), 0, 1), "10 bytes of 5 bytes, 10 bytes/s, 0 connections, 0 s left");
    }
}
