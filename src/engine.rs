//! Joins the rooms: from inputs to sinks.
//!
//! ```text
//!   inputs ─► open, sets ─► capture ─► segments ─► shards ─► ledger ─► delivery ─► sinks
//!                │                        (line: one thread, or a reader, workers and a collector)
//!                └──────► case ───────────────────────────────────────────┘
//! ```
//!
//! [`Engine::run`] is all that `wslog inspect` does. Conversations are handed on as they end, in the order in which they
//! began, so memory depends on how many are open, not on how many there were. The same inputs give the same results
//! whatever the number of threads.

mod across;
mod analysis;
mod body;
mod candidates;
mod capture;
mod carried;
mod case;
mod concluded;
mod connection;
mod connects;
mod delivery;
pub mod directory;
mod files;
mod followed;
mod gate;
mod keyring;
mod ledger;
mod line;
mod names;
mod open;
mod order;
pub mod parallel;
mod recorder;
mod secured;
mod selection;
mod sets;
mod shards;
mod sink;
mod slicing;
mod stages;
mod threads;
mod verdicts;

use std::cell::RefCell;
use std::num::NonZero;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread;

use crate::error::Error;
use crate::limits::Limits;
use crate::model::suite::Version;
use crate::model::{Conversation, InputReport, KeyReport};
use crate::redact::{Pseudonyms, Redaction};
use crate::source::KeyLog;
use crate::source::file::{self, Input, Stop};
use crate::tls::{Keys, Origin};

pub use across::Across;
pub use analysis::{Analysis, ConversationSink, analyze_capture, analyze_captures};
pub use body::{Spool, Spools};
use capture::Capture;
pub use case::analyze_case;
use delivery::Delivery;
use directory::Expanded;
pub use gate::Gate;
use keyring::Keyring;
use line::{Collector, Direct, Line, Step};
use open::Source;
use recorder::Told;
pub use recorder::{Happening, Keep};
pub use selection::{BadGlob, BadPeer, Glob, Peer, Selected, Selection};
pub use sets::Joining;
use sets::{End, Met, Next, Queue};
use shards::Terms;
pub(crate) use sink::Give;
pub use sink::{Each, Form, Pieces, Sink, each};
pub use slicing::{Frames, Renaming, Sliced, Slicing};
pub use verdicts::Verdicts;

/// Threads beyond this have no shards to work on.
const MAX_THREADS: usize = 64;

/// Levels of directories that are looked into below those named.
pub const DEPTH: usize = 16;

/// Threads for as many cores as there are.
#[must_use]
pub fn all_cores() -> usize {
    thread::available_parallelism().map_or(1, NonZero::get)
}

/// Reads inputs and explains what it finds in them to its sinks.
pub struct Engine<'s> {
    limits: Limits,
    threads: usize,
    depth: usize,
    joining: Joining,
    redaction: Redaction,
    pseudonyms: Option<Arc<Pseudonyms>>,
    selection: Selection,
    all_connects: bool,
    suite: Option<Version>,
    payload_bytes: usize,
    spools: Option<Spools>,
    keys: Keys,
    key_logs: Vec<KeyLog>,
    stop: Stop,
    sinks: Vec<&'s mut dyn Sink>,
}

/// What became of the inputs.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Summary {
    /// Those that were read, then those that were not.
    pub inputs: Vec<InputReport>,
    /// Number of those that could not be.
    pub failed: usize,
    /// Number of those that nobody wanted to wait for.
    pub unread: usize,
    /// What became of keys of TLS.
    pub keys: KeyReport,
    /// What there was of what was asked for.
    pub selected: Selected,
}

impl<'s> Engine<'s> {
    /// An engine without sinks, on as many threads as there are cores.
    #[must_use]
    pub fn new(limits: Limits) -> Self {
        Self {
            payload_bytes: limits.max_preview_bytes,
            limits,
            threads: all_cores(),
            depth: DEPTH,
            joining: Joining::default(),
            redaction: Redaction::default(),
            pseudonyms: None,
            selection: Selection::default(),
            all_connects: false,
            suite: None,
            spools: None,
            keys: Keys::new(),
            key_logs: Vec::new(),
            stop: Stop::new(),
            sinks: Vec::new(),
        }
    }

    /// One more that takes the results.
    #[must_use]
    pub fn sink(mut self, sink: &'s mut dyn Sink) -> Self {
        self.sinks.push(sink);
        self
    }

    /// So many threads that analyse; with 1 all is done on the calling one.
    #[must_use]
    pub fn threads(self, threads: usize) -> Self {
        Self { threads: threads.clamp(1, MAX_THREADS), ..self }
    }

    /// So many levels of directories below those named are looked into, instead of [`DEPTH`].
    #[must_use]
    pub fn depth(self, depth: usize) -> Self {
        Self { depth, ..self }
    }

    /// Which captures are read as one.
    #[must_use]
    pub fn joining(self, joining: Joining) -> Self {
        Self { joining, ..self }
    }

    /// What the forms of sinks do not get to see.
    #[must_use]
    pub fn redacting(self, redaction: Redaction) -> Self {
        Self { redaction, ..self }
    }

    /// Others stand for names: in conversations before anything is hidden in them, and wherever inputs, errors and journeys are told
    /// of.
    #[must_use]
    pub fn anonymizing(self, pseudonyms: Option<Arc<Pseudonyms>>) -> Self {
        Self { pseudonyms, ..self }
    }

    /// Only these conversations reach the sinks; all are analysed and compared with one another.
    #[must_use]
    pub fn selecting(self, selection: Selection) -> Self {
        Self { selection, ..self }
    }

    /// Connections that TCP refused or did not answer reach the sinks whatever the server, not only where it has carried
    /// WebSocket before.
    #[must_use]
    pub fn all_connects(self, all_connects: bool) -> Self {
        Self { all_connects, ..self }
    }

    /// Reports of the Autobahn Testsuite are of this version of it, whatever they say themselves.
    #[must_use]
    pub fn suite(self, version: Version) -> Self {
        Self { suite: Some(version), ..self }
    }

    /// So many bytes of each payload are kept for the sinks, instead of [`Limits::max_preview_bytes`].
    #[must_use]
    pub fn payload_bytes(self, payload_bytes: usize) -> Self {
        Self { payload_bytes, ..self }
    }

    /// Messages larger than 1 MiB, where sinks [ask](Keep::message_bytes) for them, go to a spool each while they are put
    /// together, instead of memory.
    #[must_use]
    pub fn spools(self, spools: Spools) -> Self {
        Self { spools: Some(spools), ..self }
    }

    /// TLS is decrypted with these keys, besides those that a capture brings along.
    #[must_use]
    pub fn keys(self, keys: Keys) -> Self {
        Self { keys, ..self }
    }

    /// The same with those of key logs, which may grow while a capture is read from a pipe.
    #[must_use]
    pub fn key_logs(self, key_logs: Vec<KeyLog>) -> Self {
        Self { key_logs, ..self }
    }

    /// Ends the reading when asked; what was read until then is reported.
    #[must_use]
    pub fn stopped_by(self, stop: &Stop) -> Self {
        Self { stop: stop.clone(), ..self }
    }

    /// Reads `inputs`: files, directories, or `-` for standard input. What each is, its first bytes tell.
    ///
    /// # Errors
    /// Those of the sinks. Inputs that cannot be read are counted and go to [`Sink::failed`].
    pub fn run<P: AsRef<Path>>(self, inputs: &[P]) -> Result<Summary, Error> {
        let Self {
            limits,
            threads,
            depth,
            joining,
            redaction,
            pseudonyms,
            selection,
            all_connects,
            suite,
            payload_bytes,
            spools,
            mut keys,
            mut key_logs,
            stop,
            sinks,
        } = self;
        let may_grow = inputs.iter().any(|input| file::is_pipe(input.as_ref()));
        keys.set_most(limits.max_tls_keys);
        keys.set_may_grow(keys.may_grow() || may_grow && !key_logs.is_empty());
        let mut keyring = Keyring::new(key_logs.len());
        for log in &mut key_logs {
            while let Some(lines) = log.lines(!may_grow)? {
                keyring.named(keys.add(&lines, Origin::Keylog));
            }
        }
        let asked = sinks.iter().fold(Keep::NOTHING, |keep, sink| keep.and(sink.asks()));
        let keep = Keep { payload_bytes, ..asked };
        let (mut paths, mut before) = (Vec::new(), Vec::new());
        for named in inputs.iter().map(AsRef::as_ref) {
            let Expanded { read, skipped, failed } = directory::expand(named, depth, threads, &limits);
            paths.extend(read);
            before.extend(failed.into_iter().map(Step::Failed));
            before.extend(
                (!skipped.is_empty()).then(|| Step::Skipped { named: named.to_owned(), files: skipped }),
            );
        }
        let stop = stop.for_run();
        let keyring = Mutex::new(keyring);
        let trails = paths.len() > 1;
        let terms = Terms { spools, suite, trails, ..Terms::new(&limits, keep, &keys) };
        let reading = Reading {
            names: paths.len() > 1,
            terms: &terms,
            key_logs: RefCell::new(if may_grow { key_logs } else { Vec::new() }),
            keyring: &keyring,
            threads,
            stop: &stop,
        };
        let queue = Queue::new(paths, joining, threads, &limits);
        let delivery = Delivery::new(sinks, selection, redaction, pseudonyms, &limits);
        let mut collector = Collector::new(delivery, queue.ids_name_inputs, all_connects, &keep, &limits);
        before.into_iter().try_for_each(|step| collector.step(step))?;
        let unread = if threads == 1 {
            reading.all(queue, &mut Direct::new(&mut collector, terms.clone()))?
        } else {
            // A line that is gone has left the error of a sink behind.
            threads::run(threads, &terms, &mut collector, &stop, move |line| reading.all(queue, line))?
                .unwrap_or(0)
        };
        collector.end()?;
        let keys = keyring.into_inner().unwrap_or_else(PoisonError::into_inner).report(&keys);
        let selected = collector.delivery.selected();
        Ok(Summary { inputs: collector.inputs, failed: collector.failed, unread, keys, selected })
    }
}

/// Gives a sink conversations that are at hand already, in the order given, and then the inputs, as an engine would.
///
/// # Errors
/// Those of the sink.
pub fn present(
    conversations: impl IntoIterator<Item = Box<Conversation>>,
    inputs: &[InputReport],
    redaction: Redaction,
    sink: &mut dyn Sink,
) -> Result<(), Error> {
    let mut delivery =
        Delivery::new(vec![&mut *sink], Selection::default(), redaction, None, &Limits::DEFAULT);
    conversations.into_iter().try_for_each(|conversation| delivery.conversation(conversation, 0, 0))?;
    sink.end(inputs)
}

/// What reading goes by.
struct Reading<'r> {
    /// Connections say which files they are in.
    names: bool,
    terms: &'r Terms,
    /// Those that may grow.
    key_logs: RefCell<Vec<KeyLog>>,
    keyring: &'r Mutex<Keyring>,
    threads: usize,
    stop: &'r Stop,
}

/// An input as far as it is prepared beside the others.
enum Ready {
    Capture(Box<Input>),
    Case { conversation: Box<Conversation>, told: Vec<Told>, input: Box<InputReport> },
}

impl Ready {
    fn new(source: Source, terms: &Terms) -> Self {
        match source {
            Source::Capture(input) => Self::Capture(input),
            Source::Case(case, input) => {
                let (conversation, told) = case::replay(*case, terms);
                Self::Case { conversation, told, input }
            }
        }
    }

    /// About what it takes to keep it.
    fn bytes(&self) -> u64 {
        match self {
            // Only opened, but few files can be.
            Self::Capture(_) => u64::MAX,
            Self::Case { conversation, input, .. } => {
                input.bytes.saturating_add(concluded::weight(conversation) as u64)
            }
        }
    }
}

impl Reading<'_> {
    /// Reads all; the number of inputs that nobody wanted to wait for.
    fn all<L: Line>(&self, mut queue: Queue, line: &mut L) -> Result<usize, L::Halt> {
        let mut unread = 0;
        while !self.stop.is_asked() {
            match queue.next_up() {
                Some(Next::Files(paths)) => unread += self.files(&paths, &mut queue, line)?,
                Some(Next::Capture(path)) => match Input::open(&path, self.limits(), self.stop) {
                    Ok(first) => self.capture(first, &mut queue, line)?,
                    Err(error) => line.step(Step::Failed(error))?,
                },
                None => break,
            }
        }
        Ok(unread + queue.len())
    }

    /// Reads files each for itself. Reports of cases are read, replayed and judged by several threads; a capture is one
    /// piece of work.
    fn files<L: Line>(&self, paths: &[PathBuf], queue: &mut Queue, line: &mut L) -> Result<usize, L::Halt> {
        let (terms, stop) = (self.terms, self.stop);
        let read =
            |path: &PathBuf| open::open(path, &terms.limits, stop).map(|source| Ready::new(source, terms));
        let weigh = |read: &Result<Ready, Error>| read.as_ref().map_or(0, Ready::bytes);
        let mut next = paths.iter();
        let mut unread = 0;
        parallel::in_order(self.threads, paths, read, weigh, |read| {
            // What was opened ahead of its turn when somebody asked to stop may have come to less than it holds.
            let is_pipe = next.next().is_some_and(|path| path == Path::new("-"));
            let is_late = stop.is_asked() && !is_pipe;
            match read {
                Ok(Ready::Case { conversation, told, input }) => {
                    line.step(Step::Case { conversation, told, input })
                }
                _ if is_late => {
                    unread += 1;
                    Ok(())
                }
                Ok(Ready::Capture(first)) => self.capture(*first, queue, line),
                Err(error) => line.step(Step::Failed(error)),
            }
        })?;
        Ok(unread)
    }

    const fn limits(&self) -> &Limits {
        &self.terms.limits
    }

    fn keyring(&self) -> MutexGuard<'_, Keyring> {
        self.keyring.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Adds what has been written to key logs since; whether there was something.
    fn more_keys(&self, keys: &mut Keys) -> bool {
        let mut is_new = false;
        for log in self.key_logs.borrow_mut().iter_mut() {
            // A log that cannot be read any more has said what it has.
            while let Ok(Some(lines)) = log.lines(false) {
                self.keyring().named(keys.add(&lines, Origin::Keylog));
                is_new = true;
            }
        }
        is_new
    }

    /// Reads a capture from its first file on through those that follow it.
    fn capture<L: Line>(&self, first: Input, queue: &mut Queue, line: &mut L) -> Result<(), L::Halt> {
        let mut capture = Capture::new(self.names, &self.terms.keys, self.limits());
        line.step(Step::CaptureBegins)?;
        let (mut end, mut met) = (None, Met::default());
        let mut next = Some(first);
        while let Some(Input { path, mut source }) = next.take() {
            // What is written to a file is written.
            let is_live = !file::is_regular(&path);
            let more = |keys: &mut Keys| is_live && self.more_keys(keys);
            met.watch(queue.beginnings());
            match capture.read(&mut source, &path, line, &mut met, more)? {
                Ok((mut report, odd)) => {
                    open::account(&mut report, &source);
                    end = End::of(&report, &path, end);
                    line.step(Step::FileEnds { report: Box::new(report), odd })?;
                }
                Err(error) => line.step(Step::Failed(open::from_inside(error, &source)))?,
            }
            while next.is_none()
                && !self.stop.is_asked()
                && let Some(path) = end.as_ref().and_then(|end| queue.following(end, &met))
            {
                match Input::open(&path, self.limits(), self.stop) {
                    Ok(input) => next = Some(input),
                    Err(error) => line.step(Step::Failed(error))?,
                }
            }
        }
        self.keyring().capture(capture.keys(), &self.terms.keys, capture.keys_inside());
        capture.finish(line)
    }
}
