//! One capture whose segments, or whose bytes, somebody else brings: the engine in small, on one thread.

use std::io::Read;
use std::path::Path;

use crate::engine::Keep;
use crate::engine::capture::Capture;
use crate::engine::ledger::{Entry, Ledger};
use crate::engine::line::{Line, Step};
use crate::engine::sets::Met;
use crate::engine::shards::{self, Happenings, Shards, Terms};
use crate::error::Error;
use crate::limits::Limits;
use crate::model::{Conversation, InputReport, PacketNo, Segment, Weirds};
use crate::tls::Keys;

/// Takes each conversation, in the order of their ids.
pub type ConversationSink<'a> = dyn FnMut(Box<Conversation>) -> Result<(), Error> + 'a;

/// The conversations of a capture, segment by segment. What several of them together show is not looked for
/// ([`Across`](crate::engine::Across) does that), and nothing is redacted.
#[derive(Debug)]
pub struct Analysis {
    shards: Shards,
    count: usize,
    ledger: Ledger,
    happened: Happenings,
    /// Packet of the last segment, and which of its segments that was.
    last: (PacketNo, u32),
}

impl Analysis {
    /// An analysis that has seen no segment.
    #[must_use]
    pub fn new(limits: &Limits, keep: Keep) -> Self {
        Self {
            shards: Shards::new(Terms::new(limits, keep, &Keys::new()), 1),
            count: shards::count(limits),
            ledger: Ledger::new(0, None, false, limits),
            happened: Happenings::new(),
            last: (PacketNo(0), 0),
        }
    }

    /// Takes the next segment of the recording.
    ///
    /// # Errors
    /// Those of `sink`.
    pub fn push(&mut self, segment: &Segment<'_>, sink: &mut ConversationSink<'_>) -> Result<(), Error> {
        let (packet, nth) = self.last;
        let nth = if packet == segment.no { nth.saturating_add(1) } else { 0 };
        self.last = (segment.no, nth);
        self.shards.push(shards::of(segment, self.count), segment, nth, &mut self.happened);
        tell(&mut self.ledger, &mut self.happened, sink)
    }

    /// From here on these keys of TLS are known.
    pub fn learn(&mut self, keys: &Keys) {
        self.shards.learn(keys.clone());
    }

    /// Ends the recording: what is still open is reported as such. Fills the counts of `inputs`, one a file.
    ///
    /// # Errors
    /// Those of `sink`.
    pub fn finish(self, inputs: &mut [InputReport], sink: &mut ConversationSink<'_>) -> Result<(), Error> {
        let Self { shards, mut ledger, .. } = self;
        let last_at = shards.last_at();
        shards.finish(last_at, |happened| tell(&mut ledger, happened, sink))?;
        ledger.finish(inputs, &mut |entry| pass(entry, sink))
    }
}

fn tell(
    ledger: &mut Ledger,
    happened: &mut Happenings,
    sink: &mut ConversationSink<'_>,
) -> Result<(), Error> {
    happened
        .drain(..)
        .try_for_each(|(here, what)| ledger.happened(here, what, &mut |entry| pass(entry, sink)))
}

fn pass(entry: Entry, sink: &mut ConversationSink<'_>) -> Result<(), Error> {
    match entry {
        Entry::Conversation(concluded) => sink(concluded.conversation),
        Entry::Told { .. } | Entry::Over(_) => Ok(()),
    }
}

/// A line to a sink.
struct Plain<'s, 'f> {
    analysis: Analysis,
    sink: &'s mut ConversationSink<'f>,
    result: Result<(), Error>,
}

impl Line for Plain<'_, '_> {
    const BLOCK_BYTES: Option<usize> = None;
    type Halt = Error;

    fn segment(&mut self, segment: &Segment<'_>, _: u32, _: Option<usize>) {
        if self.result.is_ok() {
            self.result = self.analysis.push(segment, self.sink);
        }
    }

    fn settle(&mut self) -> Result<(), Error> {
        std::mem::replace(&mut self.result, Ok(()))
    }

    fn learn(&mut self, keys: &Keys) {
        self.analysis.learn(keys);
    }

    fn block(&mut self, _: Vec<u8>) -> Result<Option<Vec<u8>>, Error> {
        Ok(None)
    }

    fn step(&mut self, step: Step) -> Result<(), Error> {
        match step {
            Step::FileBegins { before, name, begun } => {
                let ledger = &mut self.analysis.ledger;
                if let Some(name) = name {
                    ledger.next_file(before, &name);
                }
                ledger.path(begun.path);
            }
            Step::CaptureEnds { odd } => self.analysis.ledger.odd(odd),
            _ => {}
        }
        Ok(())
    }
}

/// Analyses files as one capture, as [`Engine`](crate::engine::Engine) does, on this thread and without comparing its
/// conversations with one another. Each file is given by its bytes and by its path, which is for messages only;
/// several say in their conversations which is which. TLS is decrypted with `keys` and those that they bring along.
///
/// # Errors
/// If a file cannot be read at all, and those of `sink`. A file cut off in the middle is no error.
pub fn analyze_captures<R: Read>(
    files: impl IntoIterator<Item = (R, impl AsRef<Path>)>,
    names: bool,
    keys: &Keys,
    (limits, keep): (&Limits, Keep),
    sink: &mut ConversationSink<'_>,
) -> Result<Vec<InputReport>, Error> {
    let mut capture = Capture::new(names, keys, limits);
    let mut line = Plain { analysis: Analysis::new(limits, keep), sink, result: Ok(()) };
    line.learn(keys);
    let mut reports = Vec::new();
    for (source, path) in files {
        let (report, odd): (InputReport, Weirds) =
            capture.read(source, path.as_ref(), &mut line, &mut Met::default(), |_| false)??;
        line.analysis.ledger.odd(odd);
        reports.push(report);
    }
    capture.finish(&mut line)?;
    let Plain { analysis, sink, .. } = line;
    analysis.finish(&mut reports, sink)?;
    Ok(reports)
}

/// Analyses one file without other keys than its own; see [`analyze_captures`].
///
/// # Errors
/// Those of [`analyze_captures`].
pub fn analyze_capture<R: Read>(
    source: R,
    path: &Path,
    limits: &Limits,
    keep: Keep,
    sink: &mut ConversationSink<'_>,
) -> Result<InputReport, Error> {
    let reports = analyze_captures([(source, path)], false, &Keys::new(), (limits, keep), sink)?;
    Ok(reports.into_iter().next().unwrap_or_default())
}
