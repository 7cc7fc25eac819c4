//! What is handed on of the replay for a diagnosis.

use crate::knowledge::applications::LONGEST;
use crate::knowledge::{Heartbeat, Rhythm};
use crate::model::{
    CommittedFault, Course, Evidence, Fact, FrameFacts, LastFrame, LastPayload, Mark, MessageSize, Opcode,
    PerRole, Role, SentClose, SentEnd, SideCourse, UnansweredPing,
};
use crate::reference::endpoint::Endpoint;
use crate::reference::opening::Opening;
use crate::reference::state;

/// The sizes of what a side sent until its peer closed.
#[derive(Debug, Default)]
pub(super) struct Sizes {
    pub(super) last: Option<MessageSize>,
    pub(super) largest_before: Option<MessageSize>,
    /// Frame of the peer's first Close: what begins behind it is not what it was for.
    pub(super) until: Option<u64>,
}

/// What a side asks inside the protocol that is spoken, to see whether the other is there.
#[derive(Debug, Default)]
pub(super) struct Heartbeats {
    waiting: Option<(Heartbeat, UnansweredPing)>,
    signs: Option<Heartbeat>,
    /// How it said that it asks, and where it last did: or said so.
    rhythm: Option<(Rhythm, Mark)>,
    /// What waited when it gave the connection up.
    at_quit: Option<Option<(Heartbeat, UnansweredPing)>>,
}

impl Heartbeats {
    /// It asks.
    pub(super) fn asks(&mut self, heartbeat: Heartbeat, frame: &FrameFacts<'_>) {
        let (_, ping) = self.waiting.get_or_insert_with(|| {
            let mark = mark(Some(frame.n), Some(frame.first));
            (heartbeat, UnansweredPing { mark, ..UnansweredPing::default() })
        });
        ping.count += 1;
        if let Some((_, last)) = self.rhythm.as_mut().filter(|_| self.at_quit.is_none()) {
            *last = mark(Some(frame.n), Some(frame.first));
        }
    }

    /// It says how it will.
    pub(super) fn opens(&mut self, rhythm: Rhythm, frame: &FrameFacts<'_>) {
        self.rhythm.get_or_insert((rhythm, mark(Some(frame.n), Some(frame.first))));
    }

    /// The other answers.
    pub(super) fn answered(&mut self) {
        self.waiting = None;
    }

    /// It says that it is there.
    pub(super) const fn signs(&mut self, heartbeat: Heartbeat) {
        self.signs = Some(heartbeat);
    }

    /// It gives the connection up.
    pub(super) fn quits(&mut self) {
        self.at_quit.get_or_insert(self.waiting);
    }
}

impl Sizes {
    /// Books a data frame, before which neither side had sent one for `pause_ns`.
    pub(super) fn add(&mut self, frame: &FrameFacts<'_>, pause_ns: Option<i64>) {
        let Some(n) = frame.message.filter(|_| self.until.is_none_or(|until| frame.n < until)) else {
            return;
        };
        let ended = frame.facts.iter().find_map(|fact| match fact {
            Fact::Message(message) => Some(*message),
            _ => None,
        });
        let last = match &mut self.last {
            Some(last) if last.n == n => last,
            last => {
                if let Some(before) = last
                    && self.largest_before.is_none_or(|largest| largest.wire_bytes <= before.wire_bytes)
                {
                    self.largest_before = Some(*before);
                }
                let text = frame.header.opcode == Opcode::TEXT;
                last.insert(MessageSize { n, text, pause_ns, ..MessageSize::default() })
            }
        };
        last.frames += 1;
        if last.text && !frame.header.fin && !frame.compressed {
            let is_whole = frame.payload.len() as u64 == frame.header.payload_len;
            let cut = str::from_utf8(frame.payload).is_err_and(|error| error.error_len().is_none());
            last.splits_character |= is_whole && cut;
        }
        last.mark = mark(Some(frame.n), Some(frame.first));
        last.wire_bytes = last.wire_bytes.saturating_add(frame.header.payload_len);
        last.bytes = ended.and_then(|message| message.bytes);
        last.compressed = frame.compressed;
        last.is_ended = ended.is_some() && frame.is_complete();
    }
}

fn mark(frame: Option<u64>, evidence: Option<Evidence>) -> Mark {
    Mark { frame, packet: evidence.and_then(|e| e.packet()), at: evidence.and_then(|e| e.at()) }
}

/// What both sides did.
pub(super) fn of(
    opening: &Opening,
    ends: &mut PerRole<Endpoint>,
    last_frame: Option<LastFrame>,
) -> Box<Course> {
    let said = PerRole { client: ends.client.said.take(), server: ends.server.said.take() };
    let mut sides = PerRole { client: side(ends, Role::Client), server: side(ends, Role::Server) };
    (sides.client.last_payload, sides.server.last_payload) = (said.client, said.server);
    Box::new(Course {
        is_established: opening.is_established(&ends.client),
        is_judged: opening.is_judged(),
        last_frame,
        sides,
    })
}

/// How a data frame begins, if it is a message by itself, in the room of the one before.
pub(super) fn payload(frame: &FrameFacts<'_>, before: Option<Box<LastPayload>>) -> Option<Box<LastPayload>> {
    let opcode = frame.header.opcode;
    let is_whole = frame.header.fin && opcode != Opcode::CONTINUATION && frame.is_complete();
    // Of a compressed one only what it inflates to says something.
    let bytes = if frame.compressed { frame.inflated? } else { frame.payload };
    is_whole.then(|| {
        let mut last =
            before.unwrap_or_else(|| Box::new(LastPayload { frame: frame.n, opcode, start: Vec::new() }));
        (last.frame, last.opcode) = (frame.n, opcode);
        last.start.clear();
        last.start.extend_from_slice(bytes.get(..LONGEST).unwrap_or(bytes));
        last
    })
}

fn side(ends: &PerRole<Endpoint>, role: Role) -> SideCourse {
    let (side, peer) = (&ends[role], &ends[role.peer()]);
    let received = side.state.received();
    SideCourse {
        frames: side.frames,
        last_frame_at: side.last_sent_at,
        last_before_quit: side
            .last_before_quit
            .unwrap_or(side.last_sent)
            .map(|(n, evidence)| mark(Some(n), Some(evidence))),
        close: side.close().map(|close| sent_close(close, peer)),
        end: side.end().map(|end| SentEnd {
            mark: mark(None, Some(end.evidence)),
            how: end.how,
            had_close: peer.close().and_then(|theirs| end.knew(theirs)),
            is_own: peer.end().is_none_or(|theirs| end.is_own(theirs)),
        }),
        had_close: peer.close().and_then(|theirs| side.has(theirs.end)),
        had_close_at: received.and_then(|received| received.at),
        in_message: side.is_in_message(),
        in_message_at_close: received.is_some_and(|received| received.message_open),
        last_message: side.sizes.last,
        largest_before: side.sizes.largest_before,
        unanswered_ping: side.quit_with_ping.unwrap_or_else(|| waiting_ping(side)),
        unanswered_heartbeat: side
            .heartbeats
            .as_ref()
            .and_then(|beats| beats.at_quit.unwrap_or(beats.waiting)),
        last_payload: None,
        rhythm: side.heartbeats.as_ref().and_then(|beats| beats.rhythm),
        signs: side.heartbeats.as_ref().and_then(|beats| beats.signs),
        fault: side.fault.as_deref().map(|fault| CommittedFault {
            rule: fault.rule,
            mark: mark(Some(fault.frame), Some(fault.evidence)),
            had_at: fault.had_at,
            was_received: {
                let quit = peer.close().map(|close| close.evidence).or(peer.end().map(|end| end.evidence));
                quit.is_some_and(|quit| quit.acked().is_some() && fault.was_received(quit.acked()))
            },
            passed_over: peer.handled.is_some(),
        }),
        has_gap: side.has_unknown_frames(),
    }
}

fn sent_close(close: &state::SentClose, peer: &Endpoint) -> SentClose {
    SentClose {
        mark: mark(Some(close.frame), Some(close.evidence)),
        code: close.payload.code(),
        is_answer: peer.close().and_then(|theirs| close.knew(theirs)),
        is_after_end: peer.end().and_then(|theirs| close.knew_end(theirs)),
    }
}

/// Its oldest Ping that waits for an answer.
pub(super) fn waiting_ping(side: &Endpoint) -> Option<UnansweredPing> {
    let mut pending = side.pings.as_ref()?.pending();
    let oldest = pending.next()?;
    Some(UnansweredPing {
        mark: mark(Some(oldest.frame), Some(oldest.evidence)),
        count: 1 + pending.count() as u64,
        arrived: oldest.arrived.is_some(),
        arrived_at: oldest.arrived.flatten(),
        mismatched: oldest.missed,
    })
}
