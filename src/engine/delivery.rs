//! From ordered conversations to sinks: selection, and the forms, which any thread can fill.

use std::collections::{HashMap, VecDeque};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::mpsc::Receiver;

use crate::engine::names;
use crate::engine::recorder::{Happening, Told};
use crate::engine::selection::{Selected, Selection, Start, Tally};
use crate::engine::sink::{Form, Pieces, Sink};
use crate::error::Error;
use crate::limits::Limits;
use crate::model::{Conversation, ConversationId, InputReport, Journey, MessageRecord, Wire};
use crate::redact::{self, Pseudonyms, Redaction, Sealed};

/// Conversations that are formed at a time: handing each over by itself costs more than many a form.
const CHUNK: usize = 16;
/// Conversations under way for each thread. Far fewer are while it has other work: it takes what comes in turn.
const AHEAD: usize = 1_024;
/// About how many bytes they may take together, for whoever takes the results may be slow.
const AHEAD_BYTES: usize = 16 << 20;
/// About how many bytes a conversation takes that is formed by itself, in pieces that go to the sinks at once.
const LARGE: usize = 1 << 20;

/// Brings conversations to the sinks.
pub(super) struct Delivery<'s> {
    pub(super) sinks: Vec<&'s mut dyn Sink>,
    selection: Selection,
    tally: Tally,
    forms: Forms,
    redaction: Redaction,
    pseudonyms: Option<Arc<Pseudonyms>>,
    /// What may be seen of conversations that go on, of those that are wanted.
    live: HashMap<ConversationId, redact::Live, foldhash::fast::RandomState>,
    limits: Limits,
    /// What the forms make, on this thread.
    formed: Formed,
    pool: Option<Pool>,
}

/// What makes bytes of a conversation: the index of each sink that has a form.
pub(super) type Forms = Vec<(usize, Form)>;

/// What forms made of conversations, one after the other.
#[derive(Debug, Default)]
pub(super) struct Formed {
    bytes: Vec<u8>,
    /// Index of the sink, and where the bytes end; for each conversation as many as there are forms.
    ends: Vec<(usize, usize)>,
    /// Ends that were passed on.
    passed_on: usize,
}

/// Threads that form: each the conversations that it made itself, which it also lets go of. Memory that goes back to
/// where it came from costs a fraction of what it costs elsewhere.
struct Pool {
    makers: Vec<Maker>,
    /// Whose the conversations under way are, in order, and what each takes.
    under_way: VecDeque<(usize, usize)>,
    /// What they take together.
    bytes: usize,
}

/// Hands conversations over to the thread that made them; whether it is still there.
pub(super) type HandOver = Box<dyn Fn(Vec<Sealed>) -> bool>;

/// A thread that makes conversations and forms them, as the collector sees it.
struct Maker {
    give: HandOver,
    formed: Receiver<Formed>,
    /// Not handed over yet.
    chunk: Vec<Sealed>,
    /// Chunks handed over that have not come back.
    out: usize,
    /// What came back last.
    at_hand: Formed,
}

impl Formed {
    /// Adds what the forms make of a conversation.
    pub(super) fn add(&mut self, conversation: Sealed, forms: &Forms) {
        if forms.is_empty() {
            return;
        }
        let conversation = conversation.open();
        for (sink, form) in forms {
            form(&conversation, &mut Pieces::whole(&mut self.bytes));
            self.ends.push((*sink, self.bytes.len()));
        }
    }

    fn clear(&mut self) {
        self.bytes.clear();
        self.ends.clear();
        self.passed_on = 0;
    }

    const fn is_passed_on(&self) -> bool {
        self.passed_on >= self.ends.len()
    }

    /// Passes on what the forms, so many, made of the next conversation.
    fn pass_on(&mut self, sinks: &mut [&mut dyn Sink], forms: usize) -> Result<(), Error> {
        let before = self.passed_on.checked_sub(1).and_then(|before| self.ends.get(before));
        let mut start = before.map_or(0, |&(_, end)| end);
        for &(sink, end) in self.ends.iter().skip(self.passed_on).take(forms) {
            sinks[sink].formed(&self.bytes[std::mem::replace(&mut start, end)..end], true)?;
        }
        self.passed_on += forms;
        Ok(())
    }
}

impl<'s> Delivery<'s> {
    pub(super) fn new(
        sinks: Vec<&'s mut dyn Sink>,
        selection: Selection,
        redaction: Redaction,
        pseudonyms: Option<Arc<Pseudonyms>>,
        limits: &Limits,
    ) -> Self {
        let forms = sinks.iter().enumerate().filter_map(|(at, sink)| Some((at, sink.form()?))).collect();
        let live = HashMap::default();
        let tally = Tally::new(&selection);
        Self {
            sinks,
            selection,
            tally,
            forms,
            redaction,
            pseudonyms,
            live,
            limits: limits.clone(),
            formed: Formed::default(),
            pool: None,
        }
    }

    /// What makes bytes of a conversation, for the threads.
    pub(super) fn forms(&self) -> Forms {
        self.forms.clone()
    }

    /// Has conversations formed and let go of by the threads that made them from now on: how each gets them, and how it
    /// gives back what it formed.
    pub(super) fn with_threads(&mut self, threads: impl Iterator<Item = (HandOver, Receiver<Formed>)>) {
        let makers = threads
            .map(|(give, formed)| Maker {
                give,
                formed,
                chunk: Vec::new(),
                out: 0,
                at_hand: Formed::default(),
            })
            .collect();
        self.pool = Some(Pool { makers, under_way: VecDeque::new(), bytes: 0 });
    }

    /// Has them formed at once again; the threads may end.
    pub(super) fn without_threads(&mut self) {
        self.pool = None;
    }

    /// Tells each sink; the names that it is told by are others, where those are asked for and it is no sink
    /// [beside](Sink::is_beside) the data.
    fn tell<T: ?Sized, O>(
        &mut self,
        what: &T,
        others: impl Fn(&Pseudonyms, &T) -> O,
        mut tell: impl FnMut(&mut dyn Sink, &T) -> Result<(), Error>,
    ) -> Result<(), Error>
    where
        O: std::borrow::Borrow<T>,
    {
        let others = self.pseudonyms.as_ref().map(|pseudonyms| others(pseudonyms, what));
        self.sinks.iter_mut().try_for_each(|sink| {
            let what = others.as_ref().filter(|_| !sink.is_beside()).map_or(what, |others| others.borrow());
            tell(&mut **sink, what)
        })
    }

    /// An input begins.
    ///
    /// # Errors
    /// Those of the sinks.
    pub(super) fn begins(&mut self, at: usize, path: &str, kind: &'static str) -> Result<(), Error> {
        self.tell(path, |of, path| of.file(path), |sink, path| sink.begins(at, path, kind))
    }

    /// Files have been read.
    ///
    /// # Errors
    /// Those of the sinks.
    pub(super) fn read(&mut self, files: &[InputReport]) -> Result<(), Error> {
        self.tell(files, names::inputs, |sink, files| sink.read(files))
    }

    /// An input could not be read.
    ///
    /// # Errors
    /// Those of the sinks.
    pub(super) fn failed(&mut self, error: &Error) -> Result<(), Error> {
        self.tell(error, names::error, |sink, error| {
            sink.failed(error);
            Ok(())
        })
    }

    /// Files in a directory are left.
    pub(super) fn skipped(&mut self, named: &Path, files: &[(PathBuf, &'static str)]) {
        let others = self.pseudonyms.as_ref().map(|of| {
            let files: Vec<_> = files.iter().map(|(path, why)| (names::path(of, path), *why)).collect();
            (names::path(of, named), files)
        });
        for sink in &mut self.sinks {
            match others.as_ref().filter(|_| !sink.is_beside()) {
                Some((named, files)) => sink.skipped(named, files),
                None => sink.skipped(named, files),
            }
        }
    }

    /// What conversations have to do with one another.
    ///
    /// # Errors
    /// Those of the sinks.
    pub(super) fn journeys(&mut self, journeys: &[Journey]) -> Result<(), Error> {
        self.tell(journeys, names::journeys, |sink, journeys| sink.journeys(journeys))
    }

    /// All has been said.
    ///
    /// # Errors
    /// Those of the sinks.
    pub(super) fn end(&mut self, inputs: &[InputReport]) -> Result<(), Error> {
        self.tell(inputs, names::inputs, |sink, inputs| sink.end(inputs))
    }

    /// What there was of what was asked for.
    pub(super) fn selected(&self) -> Selected {
        self.tally.finish(&self.selection)
    }

    /// Takes that nothing more happens on the conversation `id`: what was known of it for that is forgotten, though others that
    /// began before it may hold it back for long.
    ///
    /// # Errors
    /// Those of the sinks.
    pub(super) fn over(&mut self, id: ConversationId) -> Result<(), Error> {
        if self.live.remove(&id).is_none() {
            return Ok(());
        }
        self.sinks.iter_mut().try_for_each(|sink| sink.happening(id, &Happening::Over))
    }

    /// Takes something that happened on the conversation `id`.
    ///
    /// # Errors
    /// Those of the sinks.
    pub(super) fn told(
        &mut self,
        id: ConversationId,
        elsewhere: Option<usize>,
        told: Told,
    ) -> Result<(), Error> {
        let happening = match told {
            Told::Opened(opening) => {
                let start = Start {
                    id,
                    client: opening.client.map(|client| client.as_sent().0),
                    server: opening.server.map(|server| server.as_sent().0),
                    request: opening.request.as_deref(),
                    sni: opening.sni.as_ref().map(|sni| &**sni.as_sent()),
                    at: opening.started_at,
                };
                if !self.selection.takes_start(&start) {
                    return Ok(());
                }
                let (redact, opening) =
                    redact::Live::begin(*opening, self.redaction, self.pseudonyms.clone(), &self.limits);
                self.live.insert(id, redact);
                Happening::Opened(Box::new(opening))
            }
            Told::Frame(mut frame, body) => {
                let Some(redact) = self.live.get_mut(&id) else { return Ok(()) };
                if body.len() > 0 {
                    frame.preview = Wire::new(body.into_bytes());
                }
                Happening::Frame { frame: redact.frame(frame), elsewhere }
            }
            Told::Message(message, body) => {
                let Some(redact) = self.live.get_mut(&id) else { return Ok(()) };
                let payload = Wire::new(body.into_bytes());
                Happening::Message {
                    message: redact.message(MessageRecord { payload, ..message }),
                    elsewhere,
                }
            }
        };
        self.sinks.iter_mut().try_for_each(|sink| sink.happening(id, &happening))
    }

    /// Takes the next conversation, of about `weight` bytes, made by the thread `maker`.
    ///
    /// # Errors
    /// Those of the sinks.
    pub(super) fn conversation(
        &mut self,
        conversation: Box<Conversation>,
        weight: usize,
        maker: usize,
    ) -> Result<(), Error> {
        // Of a case nobody said so before.
        self.over(conversation.id)?;
        let is_wanted = self.selection.takes(&conversation);
        self.tally.see(&self.selection, conversation.id, is_wanted);
        let conversation = redact::seal(conversation, self.redaction)
            .within(&self.limits)
            .anonymized(self.pseudonyms.clone());
        if is_wanted {
            self.sinks.iter_mut().try_for_each(|sink| sink.conversation(&conversation))?;
        }
        let Self { sinks, forms, formed, pool, .. } = self;
        if is_wanted && !forms.is_empty() && weight > LARGE {
            if let Some(pool) = pool {
                pool.deliver(sinks, forms.len(), |pool| !pool.under_way.is_empty())?;
            }
            return in_pieces(conversation, sinks, forms);
        }
        match pool {
            Some(pool) if is_wanted || forms.is_empty() => {
                pool.take(conversation, maker, (!forms.is_empty()).then_some(weight));
                let room = pool.makers.len() * AHEAD;
                pool.deliver(sinks, forms.len(), |pool| {
                    pool.under_way.len() > room || pool.bytes > AHEAD_BYTES
                })
            }
            None if is_wanted && !forms.is_empty() => {
                formed.clear();
                formed.add(conversation, forms);
                formed.pass_on(sinks, forms.len())
            }
            _ => Ok(()),
        }
    }

    /// Passes on what is formed.
    ///
    /// # Errors
    /// Those of the sinks.
    pub(super) fn pass_on(&mut self) -> Result<(), Error> {
        let Self { sinks, forms, pool: Some(pool), .. } = self else { return Ok(()) };
        while let Some(&(at, _)) = pool.under_way.front()
            && pool.makers[at].look()
        {
            pool.next(sinks, forms.len())?;
        }
        Ok(())
    }

    /// Waits for all that is under way.
    ///
    /// # Errors
    /// Those of the sinks.
    pub(super) fn settle(&mut self) -> Result<(), Error> {
        let Self { sinks, forms, pool: Some(pool), .. } = self else { return Ok(()) };
        pool.deliver(sinks, forms.len(), |pool| !pool.under_way.is_empty())
    }
}

/// Forms a conversation and passes on what comes of it as it comes.
fn in_pieces(conversation: Sealed, sinks: &mut [&mut dyn Sink], forms: &Forms) -> Result<(), Error> {
    let conversation = conversation.open();
    for (sink, form) in forms {
        let sink = &mut sinks[*sink];
        let (mut bytes, mut result) = (Vec::new(), Ok(()));
        let mut give = |piece: &[u8]| {
            if result.is_ok() {
                result = sink.formed(piece, false);
            }
        };
        form(&conversation, &mut Pieces { bytes: &mut bytes, give: Some(&mut give) });
        result?;
        sink.formed(&bytes, true)?;
    }
    Ok(())
}

impl Pool {
    /// Takes a conversation; something is to come back of one that has a `weight`.
    fn take(&mut self, conversation: Sealed, maker: usize, weight: Option<usize>) {
        let at = maker % self.makers.len();
        let maker = &mut self.makers[at];
        maker.chunk.push(conversation);
        if maker.chunk.len() >= CHUNK {
            maker.hand_over();
        }
        if let Some(weight) = weight {
            self.under_way.push_back((at, weight));
            self.bytes = self.bytes.saturating_add(weight);
        }
    }

    /// Passes on what was made of the oldest conversations as long as `more` says so, waiting for it.
    fn deliver(
        &mut self,
        sinks: &mut [&mut dyn Sink],
        forms: usize,
        more: impl Fn(&Self) -> bool,
    ) -> Result<(), Error> {
        while more(self) && !self.under_way.is_empty() {
            self.next(sinks, forms)?;
        }
        Ok(())
    }

    /// Passes on what was made of the oldest conversation.
    fn next(&mut self, sinks: &mut [&mut dyn Sink], forms: usize) -> Result<(), Error> {
        let Some((at, weight)) = self.under_way.pop_front() else { return Ok(()) };
        self.bytes = self.bytes.saturating_sub(weight);
        self.makers[at].deliver(sinks, forms)
    }
}

impl Maker {
    fn hand_over(&mut self) {
        let chunk = std::mem::replace(&mut self.chunk, Vec::with_capacity(CHUNK));
        // One that is gone has panicked; the scope passes that on.
        if (self.give)(chunk) {
            self.out += 1;
        }
    }

    /// Looks whether its next conversation is formed.
    fn look(&mut self) -> bool {
        if self.at_hand.is_passed_on() {
            match self.formed.try_recv() {
                Ok(formed) => self.take(formed),
                Err(_) => return false,
            }
        }
        true
    }

    fn take(&mut self, formed: Formed) {
        self.out -= 1;
        self.at_hand = formed;
    }

    /// Passes on what its forms made of its next conversation, once it is there.
    fn deliver(&mut self, sinks: &mut [&mut dyn Sink], forms: usize) -> Result<(), Error> {
        if self.at_hand.is_passed_on() {
            if self.out == 0 {
                self.hand_over();
            }
            let Ok(formed) = self.formed.recv() else { return Ok(()) };
            self.take(formed);
        }
        self.at_hand.pass_on(sinks, forms)
    }
}
