//! Joins the layers: the only module that knows them all.
//!
//! [`Analysis`] is one value: `push` segments, `finish`. Connections are handed to a sink as they end, so memory
//! depends on how many are open, not on how many there were. A capture in several files is one analysis.

mod across;
mod capture;
mod case;
mod connection;
mod files;
pub mod open;
pub mod order;
pub mod parallel;
mod recorder;
pub mod sets;

use std::collections::BTreeSet;

use crate::error::Error;
use crate::limits::Limits;
use crate::model::{Conversation, InputReport, PacketNo, Segment, TcpFlags, Timestamp, WeirdKind, Weirds};
use crate::tcp::{Flow, FlowTable};
pub use across::Across;
pub use capture::{Beginning, Capture, CaptureSink, analyze_capture};
pub use case::analyze_case;
use connection::Watched;
use files::Files;
pub use recorder::Keep;

/// One input's connections.
#[derive(Debug)]
pub struct Analysis {
    table: FlowTable<Watched>,
    limits: Limits,
    keep: Keep,
    files: Files,
    /// First packets of the connections that are, or may still become, WebSocket connections.
    candidates: BTreeSet<PacketNo>,
    /// Oddities that belong to no WebSocket connection.
    weirds: Weirds,
    /// Latest time of a segment: how far the recording went on for connections that had not ended.
    last_at: Option<Timestamp>,
}

/// Takes each connection when it has ended.
pub type Sink<'a> = dyn FnMut(Box<Conversation>) -> Result<(), Error> + 'a;

impl Analysis {
    /// An analysis of the segments of input number `input`, and of those that [`Self::next_file`] goes on with.
    #[must_use]
    pub fn new(input: usize, limits: &Limits, keep: Keep) -> Self {
        Self {
            table: FlowTable::new(limits),
            limits: limits.clone(),
            keep,
            files: Files::new(input),
            candidates: BTreeSet::new(),
            weirds: Weirds::default(),
            last_at: None,
        }
    }

    /// Takes the next segment of the recording.
    ///
    /// # Errors
    /// Those of `sink`.
    pub fn push(&mut self, segment: &Segment<'_>, sink: &mut Sink<'_>) -> Result<(), Error> {
        self.last_at = self.last_at.max(segment.at);
        let mut is_new = false;
        let flow = self.table.route(segment, &mut self.weirds, |_| {
            is_new = true;
            Watched::new(segment.flags.has(TcpFlags::SYN))
        });
        if is_new {
            self.files.opened();
            self.candidates.insert(segment.no);
        }
        flow.state.segment(&mut flow.connection, segment, &self.limits, &self.keep);
        if flow.state.has_just_left() {
            self.candidates.remove(&flow.connection.first_packet());
        }
        while let Some(flow) = self.table.next_ended() {
            self.end(flow, sink)?;
        }
        Ok(())
    }

    /// First packet of the oldest connection that may still be reported.
    #[must_use]
    pub fn oldest_open(&self) -> Option<PacketNo> {
        self.candidates.first().copied()
    }

    /// Takes what was odd about packets before their segments got here.
    fn odd(&mut self, weirds: Weirds) {
        self.files.odd(weirds);
    }

    /// What follows is from the next input, whose packets are numbered on from `before`.
    pub fn next_file(&mut self, before: PacketNo, file: &str) {
        self.files.odd(std::mem::take(&mut self.weirds));
        self.files.next(before, file);
    }

    /// Ends the recording: what is still open is reported as such. Fills the counts of `inputs`, one a file.
    ///
    /// # Errors
    /// Those of `sink`.
    pub fn finish(mut self, inputs: &mut [InputReport], sink: &mut Sink<'_>) -> Result<(), Error> {
        self.table.finish();
        while let Some(flow) = self.table.next_ended() {
            self.end(flow, sink)?;
        }
        self.files.odd(self.weirds);
        self.files.fill(inputs);
        Ok(())
    }

    fn end(&mut self, flow: Flow<Watched>, sink: &mut Sink<'_>) -> Result<(), Error> {
        let Flow { mut connection, state } = flow;
        self.candidates.remove(&connection.first_packet());
        // One that has ended is let go of at some later packet; which one must not show.
        let ended_at = connection.ended_at();
        let given_up = ended_at.map(|at| at.plus_seconds(self.limits.max_idle_seconds));
        let was_idle = !connection.is_closed() && given_up.is_some_and(|at| self.last_at > Some(at));
        let until = match () {
            () if connection.is_closed() => ended_at,
            () if was_idle => given_up,
            () => self.last_at,
        };
        let last_packet = connection.last_packet();
        let result = state.finish(&mut connection, &self.limits, &self.keep, until);
        let note = |weirds: &mut Weirds| {
            if was_idle {
                weirds.add(WeirdKind::FlowIdle, Some(last_packet), || {
                    let max = self.limits.max_idle_seconds;
                    format!("not closed, and nothing for more than {max} s after this packet; given up")
                });
            }
        };
        match result {
            Ok(mut report) => {
                note(&mut report.weirds);
                self.files.place(&mut report);
                sink(report)
            }
            Err(mut weirds) => {
                note(&mut weirds);
                self.weirds.merge(weirds);
                Ok(())
            }
        }
    }
}
