//! From ordered conversations to sinks: selection, and the forms, which any thread can fill.

use std::collections::VecDeque;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::thread::Scope;

use crate::engine::recorder::Happening;
use crate::engine::sink::{Form, Sink};
use crate::error::Error;
use crate::model::{Conversation, ConversationId};
use crate::redact::{self, Redaction, Sealed};

/// Conversations that are formed at a time: handing each over by itself costs more than many a form.
const CHUNK: usize = 16;
/// Chunks under way for each thread.
const AHEAD: usize = 2;

/// Brings conversations to the sinks.
pub(super) struct Delivery<'s> {
    pub(super) sinks: Vec<&'s mut dyn Sink>,
    /// `None`: all.
    only: Option<Vec<ConversationId>>,
    forms: Forms,
    redaction: Redaction,
    /// Conversations that are not being formed yet.
    chunk: Vec<Sealed>,
    pool: Option<Pool>,
}

/// What makes bytes of a conversation: the index of each sink that has a form.
type Forms = Vec<(usize, Form)>;

/// What one form made of one conversation: index of the sink, and where the bytes end.
type Ends = Vec<(usize, usize)>;

/// A chunk of conversations, formed one after the other.
#[derive(Default)]
struct Formed {
    bytes: Vec<u8>,
    ends: Ends,
}

/// Threads that form; chunks go round them in turn, so results come in order from each in its turn.
struct Pool {
    threads: Vec<(SyncSender<Vec<Sealed>>, Receiver<Formed>)>,
    /// The threads at work, in the order of their chunks.
    under_way: VecDeque<usize>,
    next: usize,
}

impl Formed {
    /// Adds what the forms make of a conversation.
    fn add(&mut self, conversation: Sealed, forms: &Forms) {
        let conversation = conversation.open();
        for (sink, form) in forms {
            form(&conversation, &mut self.bytes);
            self.ends.push((*sink, self.bytes.len()));
        }
    }

    fn of(chunk: Vec<Sealed>, forms: &Forms) -> Self {
        let mut formed = Self::default();
        chunk.into_iter().for_each(|conversation| formed.add(conversation, forms));
        formed
    }
}

impl<'s> Delivery<'s> {
    pub(super) fn new(
        sinks: Vec<&'s mut dyn Sink>,
        only: Option<Vec<ConversationId>>,
        redaction: Redaction,
    ) -> Self {
        let forms = sinks.iter().enumerate().filter_map(|(at, sink)| Some((at, sink.form()?))).collect();
        Self { sinks, only, forms, redaction, chunk: Vec::new(), pool: None }
    }

    /// Has the forms filled by `threads` threads from now on.
    pub(super) fn with_threads<'scope>(&mut self, threads: usize, scope: &'scope Scope<'scope, '_>) {
        if self.forms.is_empty() {
            return;
        }
        let threads = (0..threads)
            .map(|_| {
                let (give, chunks) = sync_channel::<Vec<Sealed>>(AHEAD);
                let (done, formed) = sync_channel(AHEAD);
                let forms = self.forms.clone();
                scope.spawn(move || {
                    for chunk in chunks {
                        if done.send(Formed::of(chunk, &forms)).is_err() {
                            return;
                        }
                    }
                });
                (give, formed)
            })
            .collect();
        self.pool = Some(Pool { threads, under_way: VecDeque::new(), next: 0 });
    }

    /// Has them filled at once again; the threads end.
    pub(super) fn without_threads(&mut self) {
        self.pool = None;
    }

    fn is_wanted(&self, id: &ConversationId) -> bool {
        self.only.as_ref().is_none_or(|only| only.iter().any(|wanted| wanted.means(id)))
    }

    /// Takes something that happened on the conversation `id`.
    ///
    /// # Errors
    /// Those of the sinks.
    pub(super) fn happening(&mut self, id: ConversationId, happening: Happening) -> Result<(), Error> {
        if !self.is_wanted(&id) {
            return Ok(());
        }
        let happening = match happening {
            Happening::Frame(frame) => Happening::Frame(redact::frame(frame, self.redaction)),
            Happening::Message { from, facts, at } => Happening::Message { from, facts, at },
        };
        self.sinks.iter_mut().try_for_each(|sink| sink.happening(id, &happening))
    }

    /// Takes the next conversation.
    ///
    /// # Errors
    /// Those of the sinks.
    pub(super) fn conversation(&mut self, conversation: Box<Conversation>) -> Result<(), Error> {
        if !self.is_wanted(&conversation.id) {
            return Ok(());
        }
        let conversation = redact::seal(conversation, self.redaction);
        self.sinks.iter_mut().try_for_each(|sink| sink.conversation(&conversation))?;
        match self.pool {
            _ if self.forms.is_empty() => Ok(()),
            Some(_) => {
                self.chunk.push(conversation);
                if self.chunk.len() < CHUNK { Ok(()) } else { self.hand_over() }
            }
            None => {
                let formed = Formed::of(vec![conversation], &self.forms);
                deliver(&mut self.sinks, &formed)
            }
        }
    }

    /// Has the conversations at hand formed.
    fn hand_over(&mut self) -> Result<(), Error> {
        let Some(pool) = &mut self.pool else { return Ok(()) };
        if self.chunk.is_empty() {
            return Ok(());
        }
        // So that no queue is ever full.
        while pool.under_way.len() >= pool.threads.len() * AHEAD {
            pool.deliver_next(&mut self.sinks)?;
        }
        let at = pool.next;
        pool.next = (at + 1) % pool.threads.len();
        // A thread that is gone has panicked; the scope passes that on.
        if pool.threads[at].0.send(std::mem::take(&mut self.chunk)).is_ok() {
            pool.under_way.push_back(at);
        }
        Ok(())
    }

    /// Does something that can be done while nothing new comes; whether there was anything.
    ///
    /// # Errors
    /// Those of the sinks.
    pub(super) fn use_time(&mut self) -> Result<bool, Error> {
        match &mut self.pool {
            Some(pool) if !pool.under_way.is_empty() => pool.deliver_next(&mut self.sinks)?,
            Some(_) if !self.chunk.is_empty() => self.hand_over()?,
            _ => return Ok(false),
        }
        Ok(true)
    }

    /// Waits for all that is under way.
    ///
    /// # Errors
    /// Those of the sinks.
    pub(super) fn settle(&mut self) -> Result<(), Error> {
        self.hand_over()?;
        if let Some(pool) = &mut self.pool {
            while !pool.under_way.is_empty() {
                pool.deliver_next(&mut self.sinks)?;
            }
        }
        Ok(())
    }
}

impl Pool {
    /// Waits for the oldest chunk, and gives it on.
    fn deliver_next(&mut self, sinks: &mut [&mut dyn Sink]) -> Result<(), Error> {
        let Some(at) = self.under_way.pop_front() else { return Ok(()) };
        match self.threads[at].1.recv() {
            Ok(formed) => deliver(sinks, &formed),
            Err(_) => Ok(()),
        }
    }
}

fn deliver(sinks: &mut [&mut dyn Sink], formed: &Formed) -> Result<(), Error> {
    let mut start = 0;
    for &(sink, end) in &formed.ends {
        sinks[sink].formed(&formed.bytes[start..end])?;
        start = end;
    }
    Ok(())
}
