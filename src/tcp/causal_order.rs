//! What a segment acknowledges comes before it, whatever the order in which the capture has them.

use std::collections::VecDeque;

use crate::model::{Carrier, Direction, GapCause, PerDirection, StreamEnd, StreamEvent};

/// Packets of the connection for which an event waits at the most. A gap that holds it up has been declared long
/// before; one direction may have been captured late, through another port or buffer.
const MAX_WAIT: u32 = 8_192;

/// Puts the events of both directions into causal order: an event whose segment acknowledges bytes of the peer
/// waits for them. Nearly always nothing waits, and events pass as they come.
#[derive(Debug, Default)]
pub(super) struct CausalOrder {
    /// Offset up to which each direction has been handed on.
    released: PerDirection<u64>,
    ended: PerDirection<bool>,
    /// What is waited for did not come in time: until it does, nothing waits for it any more.
    absent: PerDirection<bool>,
    waiting: Option<Box<PerDirection<VecDeque<Held>>>>,
    bytes: usize,
}

/// An event that waits, with its bytes.
#[derive(Debug)]
struct Held {
    since: u32,
    what: OwnedEvent,
}

#[derive(Debug)]
enum OwnedEvent {
    Data {
        offset: u64,
        bytes: Vec<u8>,
        carrier: Carrier,
    },
    Gap {
        offset: u64,
        len: u64,
        cause: GapCause,
        carrier: Carrier,
    },
    /// Of the other direction's bytes.
    Acked {
        offset: u64,
        carrier: Carrier,
    },
    End {
        how: StreamEnd,
        carrier: Option<Carrier>,
    },
}

/// Who did it: the direction whose segment makes the event known.
const fn sender(event: &StreamEvent<'_>) -> Direction {
    match event {
        StreamEvent::Acked { dir, .. } => dir.flip(),
        StreamEvent::Data { dir, .. }
        | StreamEvent::Gap { dir, .. }
        | StreamEvent::Conflict { dir, .. }
        | StreamEvent::End { dir, .. } => *dir,
    }
}

/// What its segment acknowledged.
const fn acked(event: &StreamEvent<'_>) -> Option<u64> {
    match event {
        StreamEvent::Data { carrier, .. } | StreamEvent::Gap { carrier, .. } => carrier.acked,
        StreamEvent::Acked { offset, .. } => Some(*offset),
        StreamEvent::End { carrier: Some(carrier), .. } => carrier.acked,
        StreamEvent::End { carrier: None, .. } | StreamEvent::Conflict { .. } => None,
    }
}

impl CausalOrder {
    /// Takes an event, hands it on now or keeps it; at most about `max_bytes` wait.
    pub(super) fn push(
        &mut self,
        event: StreamEvent<'_>,
        now: u32,
        max_bytes: usize,
        sink: &mut impl FnMut(StreamEvent<'_>),
    ) {
        let dir = sender(&event);
        if matches!(event, StreamEvent::Conflict { .. })
            || (self.waiting.is_none() && self.is_due(dir, acked(&event)))
        {
            self.hand_on(event, sink);
            return;
        }
        self.keep(dir, event, now);
        self.release(now, self.bytes > max_bytes, sink);
    }

    /// Hands on what has waited long enough.
    pub(super) fn tick(&mut self, now: u32, sink: &mut impl FnMut(StreamEvent<'_>)) {
        if self.waiting.is_some() {
            self.release(now, false, sink);
        }
    }

    /// Whether nothing waits.
    pub(super) const fn is_idle(&self) -> bool {
        self.waiting.is_none()
    }

    /// Bytes of memory behind what waits.
    pub(super) fn weight(&self) -> usize {
        self.waiting.as_ref().map_or(0, |waiting| {
            (waiting.orig.capacity() + waiting.resp.capacity()) * size_of::<Held>() + self.bytes
        })
    }

    /// Hands on everything.
    pub(super) fn finish(&mut self, now: u32, sink: &mut impl FnMut(StreamEvent<'_>)) {
        self.release(now, true, sink);
    }

    fn is_due(&self, dir: Direction, acked: Option<u64>) -> bool {
        let peer = dir.flip();
        acked.is_none_or(|acked| acked <= self.released[peer]) || self.ended[peer] || self.absent[peer]
    }

    fn hand_on(&mut self, event: StreamEvent<'_>, sink: &mut impl FnMut(StreamEvent<'_>)) {
        match event {
            StreamEvent::Data { dir, offset, bytes, .. } => {
                self.released[dir] = offset + bytes.len() as u64;
                self.absent[dir] = false;
            }
            StreamEvent::Gap { dir, offset, len, .. } => {
                self.released[dir] = offset + len;
                self.absent[dir] = false;
            }
            StreamEvent::End { dir, .. } => self.ended[dir] = true,
            StreamEvent::Acked { .. } | StreamEvent::Conflict { .. } => {}
        }
        sink(event);
    }

    fn keep(&mut self, dir: Direction, event: StreamEvent<'_>, since: u32) {
        let what = match event {
            StreamEvent::Data { offset, bytes, carrier, .. } => {
                self.bytes += bytes.len();
                OwnedEvent::Data { offset, bytes: bytes.to_vec(), carrier }
            }
            StreamEvent::Gap { offset, len, cause, carrier, .. } => {
                OwnedEvent::Gap { offset, len, cause, carrier }
            }
            StreamEvent::Acked { offset, carrier, .. } => OwnedEvent::Acked { offset, carrier },
            StreamEvent::End { how, carrier, .. } => OwnedEvent::End { how, carrier },
            StreamEvent::Conflict { .. } => return,
        };
        let held = Held { since, what };
        let waiting = &mut self.waiting.get_or_insert_default()[dir];
        // Out of order in the capture: what acknowledges less was sent before an acknowledgement of more, which
        // may wait for the very answer to it.
        // What is missing was sent before all that its sender acknowledged since.
        let later = |other: &Held| match (&other.what, held.acked()) {
            (OwnedEvent::Acked { offset, .. }, Some(acked)) => *offset > acked,
            (OwnedEvent::Acked { .. }, None) => matches!(held.what, OwnedEvent::Gap { .. }),
            _ => false,
        };
        let at = waiting.iter().rposition(|other| !later(other)).map_or(0, |before| before + 1);
        waiting.insert(at, held);
    }

    /// Hands on, in turn, what is due at the head of either direction; with `all`, and for what has waited too
    /// long, the one that came first.
    fn release(&mut self, now: u32, all: bool, sink: &mut impl FnMut(StreamEvent<'_>)) {
        let Some(mut waiting) = self.waiting.take() else { return };
        loop {
            let due = [Direction::Orig, Direction::Resp]
                .into_iter()
                .find(|dir| waiting[*dir].front().is_some_and(|held| self.is_due(*dir, held.acked())));
            let forced = || {
                let age = |dir: Direction| waiting[dir].front().map(|held| now.wrapping_sub(held.since));
                let oldest = if age(Direction::Orig) >= age(Direction::Resp) {
                    Direction::Orig
                } else {
                    Direction::Resp
                };
                age(oldest).filter(|age| all || *age >= MAX_WAIT).map(|_| oldest)
            };
            let Some(dir) = due.or_else(|| {
                let dir = forced()?;
                self.absent[dir.flip()] = true;
                Some(dir)
            }) else {
                break;
            };
            let Some(held) = waiting[dir].pop_front() else { break };
            match held.what {
                OwnedEvent::Data { offset, bytes, carrier } => {
                    self.bytes = self.bytes.saturating_sub(bytes.len());
                    self.hand_on(StreamEvent::Data { dir, offset, bytes: &bytes, carrier }, sink);
                }
                OwnedEvent::Gap { offset, len, cause, carrier } => {
                    self.hand_on(StreamEvent::Gap { dir, offset, len, cause, carrier }, sink);
                }
                OwnedEvent::Acked { offset, carrier } => {
                    self.hand_on(StreamEvent::Acked { dir: dir.flip(), offset, carrier }, sink);
                }
                OwnedEvent::End { how, carrier } => {
                    self.hand_on(StreamEvent::End { dir, how, carrier }, sink);
                }
            }
        }
        if !waiting.orig.is_empty() || !waiting.resp.is_empty() {
            self.waiting = Some(waiting);
        }
    }
}

impl Held {
    fn acked(&self) -> Option<u64> {
        match &self.what {
            OwnedEvent::Data { carrier, .. } | OwnedEvent::Gap { carrier, .. } => carrier.acked,
            OwnedEvent::Acked { offset, .. } => Some(*offset),
            OwnedEvent::End { carrier, .. } => carrier.and_then(|c| c.acked),
        }
    }
}
