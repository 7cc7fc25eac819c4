//! What happened on the flows of one capture, put in order: flows get their numbers, conversations their places.

use std::num::NonZeroU32;
use std::sync::Arc;

use crate::engine::candidates::Candidates;
use crate::engine::concluded::Concluded;
use crate::engine::connects::{Attempt, Connects};
use crate::engine::files::Files;
use crate::engine::order::Order;
use crate::engine::recorder::Told;
use crate::engine::shards::{Happened, Start};
use crate::error::Error;
use crate::limits::Limits;
use crate::model::{ConversationId, InputReport, PacketNo, WeirdKind, Weirds};

/// What a ledger gives away, in the order of ids; what happens while conversations go on in the order of the capture.
#[derive(Debug)]
pub(super) enum Entry {
    /// A conversation that is over.
    Conversation(Box<Concluded>),
    /// Something on one that is not.
    Told { id: ConversationId, elsewhere: Option<usize>, told: Box<Told> },
    /// Nothing more is told of that one.
    Over(ConversationId),
}

/// Takes the entries.
pub(super) type Taker<'a> = dyn FnMut(Entry) -> Result<(), Error> + 'a;

/// The ledger of a capture. It must hear of everything in the order of the segments that it came of.
#[derive(Debug)]
pub(super) struct Ledger {
    /// How ids name the capture.
    input: Option<NonZeroU32>,
    files: Files,
    /// Flows that began so far.
    flows: u64,
    candidates: Candidates,
    /// Oddities that belong to no conversation.
    weirds: Weirds,
    order: Order<Due>,
    /// Nothing waits for its turn.
    as_they_end: bool,
    connects: Connects,
    limits: Limits,
}

/// What waits for its turn.
#[derive(Debug)]
enum Due {
    Conversation(Box<Concluded>),
    Attempt(ConversationId, Box<Attempt>),
}

impl Ledger {
    /// A ledger of the capture that begins with the input at `index`; `input` where ids have to name it. With
    /// `all_connects` it gives away what could not connect whatever the server.
    pub(super) fn new(index: usize, input: Option<NonZeroU32>, all_connects: bool, limits: &Limits) -> Self {
        Self {
            input,
            files: Files::new(index),
            flows: 0,
            candidates: Candidates::default(),
            weirds: Weirds::default(),
            order: Order::new(limits.max_waiting_report_bytes),
            as_they_end: false,
            connects: Connects::new(all_connects, limits),
            limits: limits.clone(),
        }
    }

    /// Gives conversations away in the order in which they end.
    pub(super) fn giving_as_they_end(self, as_they_end: bool) -> Self {
        Self { as_they_end, ..self }
    }

    /// What follows is of the next file, whose packets are numbered on from `before`.
    pub(super) fn next_file(&mut self, before: PacketNo, file: &str) {
        self.files.odd(std::mem::take(&mut self.weirds));
        self.files.next(before, file);
    }

    /// That file has this path.
    pub(super) fn path(&mut self, path: Arc<str>) {
        self.files.path(path);
    }

    /// Takes what was odd about packets before their segments were seen.
    pub(super) fn odd(&mut self, weirds: Weirds) {
        self.files.odd(weirds);
    }

    /// Takes what came of the segment `here`.
    ///
    /// # Errors
    /// Those of `take`.
    pub(super) fn happened(
        &mut self,
        here: Start,
        what: Happened,
        take: &mut Taker<'_>,
    ) -> Result<(), Error> {
        match what {
            Happened::Opened => {
                self.files.opened();
                self.flows += 1;
                self.candidates.insert(here, self.flows);
            }
            Happened::Told(start, stream, mut told) => {
                if let Some(flow) = self.candidates.get(start) {
                    let id = ConversationId { input: self.input, flow, stream };
                    let elsewhere = self.files.place_told(start.packet, &mut told);
                    take(Entry::Told { id, elsewhere, told })?;
                }
            }
            Happened::Left(start) => {
                self.candidates.remove(start);
                self.release(take)?;
            }
            Happened::Concluded(start, mut concluded) => {
                // Its flow began before, and is not over.
                let flow = self.candidates.get(start).unwrap_or_default();
                let conversation = &mut concluded.conversation;
                conversation.id = ConversationId { input: self.input, flow, ..conversation.id };
                self.files.place(conversation);
                self.files.count(conversation);
                let (id, weight) = (conversation.id, concluded.weight);
                take(Entry::Over(id))?;
                self.order.push(id, Due::Conversation(concluded), weight);
                // A flow that is still open can carry any number of them.
                if self.as_they_end || self.order.is_full() {
                    self.release(take)?;
                }
            }
            Happened::NotConnected(start, attempt) => {
                let flow = self.candidates.get(start).unwrap_or_default();
                let id = ConversationId { input: self.input, flow, stream: None };
                let weight = attempt.weight();
                self.order.push(id, Due::Attempt(id, attempt), weight);
            }
            Happened::Over(start, weirds) => {
                self.candidates.remove(start);
                self.weirds.merge(weirds);
                self.release(take)?;
            }
            Happened::Odd(weirds) => self.weirds.merge(weirds),
        }
        Ok(())
    }

    /// Ends the capture. Fills the counts of `inputs`, one a file.
    ///
    /// # Errors
    /// Those of `take`.
    pub(super) fn finish(mut self, inputs: &mut [InputReport], take: &mut Taker<'_>) -> Result<(), Error> {
        self.candidates.clear();
        self.release(take)?;
        self.connects.tell(&mut self.weirds);
        self.files.odd(self.weirds);
        self.files.fill(inputs);
        let late = if self.as_they_end { 0 } else { self.order.out_of_order };
        if late > 0
            && let Some(input) = inputs.last_mut()
        {
            input.weirds.add_many(WeirdKind::ReportsOutOfOrder, late, None, || {
                "connections are listed after others that began later".to_owned()
            });
        }
        Ok(())
    }

    fn release(&mut self, take: &mut Taker<'_>) -> Result<(), Error> {
        if self.order.is_empty() {
            return Ok(());
        }
        let Self { order, candidates, connects, files, limits, as_they_end, .. } = self;
        let oldest = if *as_they_end { None } else { candidates.oldest() };
        order.release(oldest, |due| match due {
            Due::Conversation(concluded) => {
                connects.see(&concluded.conversation);
                take(Entry::Conversation(concluded))
            }
            Due::Attempt(id, attempt) => {
                if !connects.is_wanted(&attempt) {
                    return Ok(());
                }
                let mut concluded = attempt.conclude(limits);
                concluded.conversation.id = id;
                files.place(&mut concluded.conversation);
                take(Entry::Conversation(concluded))
            }
        })
    }
}
