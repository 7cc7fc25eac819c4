//! Which case a tester ran, by what it sent: its frames are those of the case, one after the other.

use std::collections::BTreeSet;

use crate::autobahn::captured::exchange::{Exchange, Frame, What};
use crate::autobahn::captured::list::List;
use crate::autobahn::captured::plan::{Plan, Start};
use crate::autobahn::captured::{own, testee};
use crate::model::case::CaseSet;
use crate::model::{Opcode, StreamEnd};

/// Ranks of the cases of the list that send what the tester sent, of which all is known.
pub(super) fn fitting(exchange: &Exchange, list: &List) -> CaseSet {
    let own = own::fitting(exchange, list);
    if exchange.has_more {
        return own;
    }
    let sent = Sent::new(exchange);
    let fits = list.plans(sent.candidates(list)).filter(|(_, plan)| sent.is_of(plan) && sent.pauses_as(plan));
    fits.map(|(rank, _)| rank).collect::<CaseSet>().or(own)
}

/// What the tester sent, as cases are held against it.
struct Sent<'e> {
    /// Its frames, and whether each is the answer to a Ping.
    frames: Vec<(&'e Frame, bool)>,
    /// Offsets of payload before which it paused.
    pauses: Vec<u64>,
    /// First octet of a frame of which no more came.
    cut_header: Option<u8>,
    /// The testee reset TCP.
    is_cut: bool,
    /// It closed before the testee did anything: it had sent all by then.
    closes_undisturbed: bool,
}

impl<'e> Sent<'e> {
    fn new(exchange: &'e Exchange) -> Self {
        let pings = exchange.frames(testee(exchange)).filter(|(_, frame)| frame.opcode == Opcode::PING);
        let pings: BTreeSet<&[u8]> = pings.map(|(_, ping)| ping.head.as_slice()).collect();
        let is_answer = |frame: &Frame| frame.opcode == Opcode::PONG && pings.contains(frame.head.as_slice());
        let pauses = exchange.of(exchange.tester).filter_map(|act| match act.what {
            What::Pause(offset) => Some(offset),
            _ => None,
        });
        let end = exchange.end(testee(exchange));
        Self {
            frames: exchange.frames(exchange.tester).map(|(_, frame)| (frame, is_answer(frame))).collect(),
            pauses: pauses.collect(),
            cut_header: exchange.cut_header,
            is_cut: end.is_some_and(|end| matches!(end.what, What::End(StreamEnd::Rst))),
            closes_undisturbed: closes_undisturbed(exchange),
        }
    }

    /// Those that its first frame leaves: it is theirs, unless it is an answer, or its closing.
    fn candidates(&self, list: &List) -> CaseSet {
        match self.frames.first() {
            Some((frame, _)) if !frame.is_close() && frame.opcode != Opcode::PONG => {
                list.beginning(Start::of(frame))
            }
            _ => list.by_frames,
        }
    }

    /// Whether the frames are those of the case, answers and its closing aside.
    fn is_of(&self, plan: &Plan) -> bool {
        let mut planned = plan.frames.iter();
        let mut next = planned.next();
        let mut has_closed = false;
        let unfinished = self.unfinished(plan);
        for (frame, is_answer) in &self.frames {
            let known = unfinished.unwrap_or(usize::MAX);
            if !has_closed && next.is_some_and(|next| next.is_up_to(frame, known)) {
                next = planned.next();
                // What follows is not what it looks like.
                if unfinished.is_some() {
                    return true;
                }
            } else if frame.is_close() {
                has_closed = true;
            } else if !is_answer {
                return false;
            }
        }
        // What it writes in pieces, or after a while, the testee may have cut short; what it writes at once a reset only.
        next.is_none_or(|next| {
            let is_slow = next.waits || next.is_chopped;
            self.cut_header.is_none_or(|octet| octet == next.start.octet())
                && (is_slow && !self.closes_undisturbed || self.is_cut && !has_closed)
        })
    }

    /// How many bytes of its first frame it sent before the testee closed, where it pauses inside that: what fills it up is its
    /// Close.
    fn unfinished(&self, plan: &Plan) -> Option<usize> {
        plan.pauses.get(self.pauses.len()).and_then(|len| usize::try_from(*len).ok())
    }

    /// Whether it paused inside its first frame where the case does.
    fn pauses_as(&self, plan: &Plan) -> bool {
        plan.pauses.is_empty()
            || self.pauses.iter().zip(plan.pauses).all(|(offset, planned)| offset == planned)
    }
}

fn closes_undisturbed(exchange: &Exchange) -> bool {
    let first = exchange.acts.iter().find(|act| match &act.what {
        What::Frame(frame) => act.from != exchange.tester || frame.is_close(),
        What::Pause(_) => false,
        What::End(_) => true,
    });
    first.is_some_and(|act| act.from == exchange.tester && matches!(act.what, What::Frame(_)))
}
