//! What reading does with what it finds: the same for one thread and for many.

use std::num::NonZeroU32;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::engine::across::Across;
use crate::engine::concluded::{self, Concluded};
use crate::engine::delivery::Delivery;
use crate::engine::ledger::{Entry, Ledger};
use crate::engine::recorder::{Keep, Told};
use crate::engine::shards::{self, Happened, Happenings, Shards, Start, Terms};
use crate::error::Error;
use crate::journey::Journeys;
use crate::limits::Limits;
use crate::model::{
    Conversation, ConversationId, InputReport, Journey, PacketNo, Segment, Unused, WeirdKind, Weirds, Wire,
};
use crate::tls::Keys;

/// What the reader came to, apart from segments.
#[derive(Debug)]
pub(super) enum Step {
    /// Another capture begins.
    CaptureBegins,
    /// Another file of it, whose packets are numbered on from `before`; `name` where connections say which it is.
    FileBegins { before: PacketNo, name: Option<String>, begun: Begun },
    /// That file is over; `odd` is what was odd about its packets before their segments were seen.
    FileEnds { report: Box<InputReport>, odd: Weirds },
    /// The capture is over; `odd` is what was odd about packets of which the rest did not come.
    CaptureEnds { odd: Weirds },
    /// A block of segments is with the threads.
    Block,
    /// A case of the Autobahn Testsuite.
    Case { conversation: Box<Conversation>, told: Vec<Told>, input: Box<InputReport> },
    /// An input could not be read.
    Failed(Error),
    /// Files in a directory that was named are left.
    Skipped { named: PathBuf, files: Vec<(PathBuf, &'static str)> },
}

/// What is known of a file when its reading begins.
#[derive(Debug)]
pub(super) struct Begun {
    pub(super) path: Arc<str>,
    /// Its format.
    pub(super) kind: &'static str,
}

/// Where segments and steps go.
pub(super) trait Line {
    /// Why reading ends early.
    type Halt;

    /// Bytes of the blocks that segments must lie in; `None` where they need not.
    const BLOCK_BYTES: Option<usize>;

    /// A segment, the `nth` of its packet, whose payload begins `at` in the block at hand; `None`: somewhere else.
    fn segment(&mut self, segment: &Segment<'_>, nth: u32, at: Option<usize>);

    /// The packet is over.
    fn settle(&mut self) -> Result<(), Self::Halt>;

    /// Behind the segments so far these keys are known.
    fn learn(&mut self, keys: &Keys);

    /// The block is over; gives one that may be used again.
    fn block(&mut self, block: Vec<u8>) -> Result<Option<Vec<u8>>, Self::Halt>;

    /// A step.
    fn step(&mut self, step: Step) -> Result<(), Self::Halt>;
}

/// Takes steps and what happened in between, in order.
pub(super) struct Collector<'s> {
    pub(super) delivery: Delivery<'s>,
    across: Across,
    /// Where somebody asks for them.
    journeys: Option<Journeys>,
    limits: Limits,
    ids_name_inputs: bool,
    all_connects: bool,
    as_they_end: bool,
    /// Of the capture at hand, with its files so far.
    ledger: Option<(Ledger, Vec<InputReport>)>,
    pub(super) inputs: Vec<InputReport>,
    /// What was not read.
    unused: Vec<InputReport>,
    /// Captures of several files.
    sets: u64,
    pub(super) failed: usize,
}

impl<'s> Collector<'s> {
    pub(super) fn new(
        delivery: Delivery<'s>,
        ids_name_inputs: bool,
        all_connects: bool,
        keep: &Keep,
        limits: &Limits,
    ) -> Self {
        Self {
            delivery,
            across: Across::new(limits),
            journeys: keep.journeys.then(|| Journeys::new(limits.max_linked_connections)),
            limits: limits.clone(),
            ids_name_inputs,
            all_connects,
            as_they_end: keep.as_they_end,
            ledger: None,
            inputs: Vec::new(),
            unused: Vec::new(),
            sets: 0,
            failed: 0,
        }
    }

    /// How ids name the input that is read next.
    fn name(&self) -> Option<NonZeroU32> {
        u32::try_from(self.inputs.len() + 1).ok().and_then(NonZeroU32::new)
    }

    /// Takes what came of the segment `here` of the capture at hand.
    pub(super) fn happened(&mut self, here: Start, what: Happened) -> Result<(), Error> {
        let capture = self.inputs.len();
        match &mut self.ledger {
            Some((ledger, _)) => {
                let Self { across, journeys, delivery, .. } = self;
                ledger.happened(here, what, &mut |entry| {
                    pass(capture, entry, across, journeys.as_mut(), delivery)
                })
            }
            None => Ok(()),
        }
    }

    /// Takes a step; what happened before the end of a capture must have been told before.
    pub(super) fn step(&mut self, step: Step) -> Result<(), Error> {
        match step {
            Step::Block => {}
            Step::CaptureBegins => {
                // A set that was taken for all there is may not have been.
                let input = self.name().filter(|_| self.ids_name_inputs || !self.inputs.is_empty());
                let ledger = Ledger::new(self.inputs.len(), input, self.all_connects, &self.limits);
                self.ledger = Some((ledger.giving_as_they_end(self.as_they_end), Vec::new()));
            }
            Step::FileBegins { before, name, begun: Begun { path, kind } } => {
                if let Some((ledger, files)) = &mut self.ledger {
                    if let Some(name) = name {
                        ledger.next_file(before, &name);
                    }
                    let at = self.inputs.len() + files.len();
                    self.delivery.begins(at, &path, kind)?;
                    ledger.path(path);
                }
            }
            Step::FileEnds { report, odd } => {
                if let Some((ledger, files)) = &mut self.ledger {
                    ledger.odd(odd);
                    files.push(*report);
                }
            }
            Step::CaptureEnds { odd } => {
                if let Some((mut ledger, mut files)) = self.ledger.take() {
                    ledger.odd(odd);
                    let capture = self.inputs.len();
                    let Self { across, journeys, delivery, .. } = self;
                    ledger.finish(&mut files, &mut |entry| {
                        pass(capture, entry, across, journeys.as_mut(), delivery)
                    })?;
                    self.read(files)?;
                }
            }
            Step::Case { mut conversation, told, input } => {
                let at = self.inputs.len();
                conversation.input = at;
                conversation.id = match self.name().filter(|_| self.ids_name_inputs) {
                    Some(name) => ConversationId { input: Some(name), flow: 1, stream: None },
                    None => ConversationId::flow(at as u64 + 1),
                };
                let path = Arc::<str>::from(&*input.path);
                self.delivery.begins(at, &path, input.kind)?;
                conversation.path = Some(Wire::new(path));
                self.across.see(at, &mut conversation);
                if let Some(journeys) = &mut self.journeys {
                    journeys.see(at, &conversation, None);
                }
                for mut told in told {
                    if let Told::Opened(opening) = &mut told {
                        opening.input = at;
                    }
                    self.delivery.told(conversation.id, None, told)?;
                }
                // It was made by a thread that is gone: the others take turns.
                let weight = concluded::weight(&conversation);
                self.delivery.conversation(conversation, weight, at)?;
                self.read(vec![*input])?;
            }
            Step::Failed(error) => {
                self.failed += 1;
                self.delivery.failed(&error)?;
                self.unused.extend(error.path().map(|path| unused(path, Unused::Failed(error.chain()))));
            }
            Step::Skipped { named, files } => {
                self.delivery.skipped(&named, &files);
                let rows = files.iter().map(|(path, why)| unused(path, Unused::Skipped(why)));
                self.unused.extend(rows);
            }
        }
        Ok(())
    }

    /// Takes the files of a capture, or a case, that was read.
    fn read(&mut self, mut files: Vec<InputReport>) -> Result<(), Error> {
        if files.len() > 1 {
            self.sets += 1;
            files.iter_mut().for_each(|file| file.set = Some(self.sets));
        }
        if !files.is_empty() {
            self.delivery.read(&files)?;
        }
        self.inputs.extend(files);
        Ok(())
    }

    fn link(&mut self, journeys: &Journeys) -> Vec<Journey> {
        let left_out = journeys.left_out();
        if left_out > 0
            && let Some(input) = self.inputs.last_mut()
        {
            input.weirds.add_many(WeirdKind::LinkCap, left_out, None, || {
                "connections beyond the limit linked-connections are not looked for in other recordings"
                    .to_owned()
            });
        }
        journeys.finish(&self.inputs)
    }

    /// All has been read.
    pub(super) fn end(&mut self) -> Result<(), Error> {
        self.delivery.settle()?;
        let is_nothing = self.inputs.is_empty() && self.failed > 0;
        let journeys = self.journeys.take().map(|journeys| self.link(&journeys));
        // Behind those that were read: conversations know these by their place.
        self.inputs.append(&mut self.unused);
        if is_nothing {
            return Ok(());
        }
        if let Some(journeys) = journeys {
            self.delivery.journeys(&journeys)?;
        }
        self.delivery.end(&self.inputs)
    }
}

fn unused(path: &Path, why: Unused) -> InputReport {
    InputReport { path: path.display().to_string(), unused: Some(why), ..InputReport::default() }
}

/// Compares conversations of capture `capture` with those before it on their way; each capture has a number of its own.
fn pass(
    capture: usize,
    entry: Entry,
    across: &mut Across,
    journeys: Option<&mut Journeys>,
    delivery: &mut Delivery<'_>,
) -> Result<(), Error> {
    match entry {
        Entry::Told { id, elsewhere, told } => delivery.told(id, elsewhere, *told),
        Entry::Over(id) => delivery.over(id),
        Entry::Conversation(concluded) => {
            let Concluded { mut conversation, trace, trails, weight, maker, .. } = *concluded;
            across.compare(capture, &mut conversation, trace.as_ref());
            if let Some(journeys) = journeys {
                journeys.see(capture, &conversation, trails.as_ref());
            }
            delivery.conversation(conversation, weight, maker)
        }
    }
}

/// The line of one thread: everything happens at once.
pub(super) struct Direct<'c, 's> {
    collector: &'c mut Collector<'s>,
    /// With the keys that are known from the beginning.
    terms: Terms,
    shards: Option<Shards>,
    count: usize,
    happened: Happenings,
}

impl<'c, 's> Direct<'c, 's> {
    pub(super) fn new(collector: &'c mut Collector<'s>, terms: Terms) -> Self {
        Self {
            collector,
            count: shards::count(&terms.limits),
            terms,
            shards: None,
            happened: Happenings::new(),
        }
    }
}

impl Line for Direct<'_, '_> {
    const BLOCK_BYTES: Option<usize> = None;
    type Halt = Error;

    #[inline]
    fn segment(&mut self, segment: &Segment<'_>, nth: u32, _: Option<usize>) {
        if let Some(shards) = &mut self.shards {
            shards.push(shards::of(segment, self.count), segment, nth, &mut self.happened);
        }
    }

    #[inline]
    fn settle(&mut self) -> Result<(), Self::Halt> {
        for (here, what) in self.happened.drain(..) {
            self.collector.happened(here, what)?;
        }
        Ok(())
    }

    fn learn(&mut self, keys: &Keys) {
        if let Some(shards) = &mut self.shards {
            shards.learn(keys.clone());
        }
    }

    fn block(&mut self, _: Vec<u8>) -> Result<Option<Vec<u8>>, Self::Halt> {
        Ok(None)
    }

    fn step(&mut self, step: Step) -> Result<(), Self::Halt> {
        match step {
            Step::CaptureBegins => {
                self.shards = Some(Shards::new(self.terms.clone(), 1));
            }
            Step::CaptureEnds { .. } => {
                if let Some(shards) = self.shards.take() {
                    let collector = &mut *self.collector;
                    let mut tell = |happened: &mut Happenings| {
                        happened.drain(..).try_for_each(|(here, what)| collector.happened(here, what))
                    };
                    let last_at = shards.last_at();
                    shards.finish(last_at, &mut tell)?;
                }
            }
            _ => {}
        }
        self.collector.step(step)
    }
}
