//! Events that wait for keys.

use std::collections::VecDeque;

use crate::model::{Carrier, Direction, GapCause, StreamEnd, StreamEvent};

/// A [`StreamEvent`] without its bytes.
#[derive(Clone, Copy, Debug)]
enum Item {
    Data { dir: Direction, offset: u64, len: usize, carrier: Carrier },
    Gap { dir: Direction, offset: u64, len: u64, cause: GapCause, carrier: Carrier },
    Acked { dir: Direction, offset: u64, carrier: Carrier },
    End { dir: Direction, how: StreamEnd, carrier: Option<Carrier> },
}

/// Events of both directions in their order.
#[derive(Debug)]
pub(super) struct Held {
    items: VecDeque<Item>,
    bytes: Vec<u8>,
    /// How many bytes were given back.
    done: usize,
    /// Additions to the keys that were looked through.
    pub(super) additions: u64,
}

impl Held {
    pub(super) const fn new(additions: u64) -> Self {
        Self { items: VecDeque::new(), bytes: Vec::new(), done: 0, additions }
    }

    /// Bytes that it takes.
    pub(super) fn weight(&self) -> usize {
        self.bytes.len() + self.items.len() * size_of::<Item>()
    }

    /// The packet that came last.
    pub(super) fn push(&mut self, event: &StreamEvent<'_>) {
        self.items.push_back(match *event {
            StreamEvent::Data { dir, offset, bytes, carrier } => {
                self.bytes.extend_from_slice(bytes);
                Item::Data { dir, offset, len: bytes.len(), carrier }
            }
            StreamEvent::Gap { dir, offset, len, cause, carrier } => {
                Item::Gap { dir, offset, len, cause, carrier }
            }
            StreamEvent::Acked { dir, offset, carrier } => Item::Acked { dir, offset, carrier },
            StreamEvent::End { dir, how, carrier } => Item::End { dir, how, carrier },
            StreamEvent::Conflict { .. } => return,
        });
    }

    /// The next event, which is taken off.
    pub(super) fn next(&mut self) -> Option<StreamEvent<'_>> {
        Some(match self.items.pop_front()? {
            Item::Data { dir, offset, len, carrier } => {
                let start = self.done;
                self.done += len;
                StreamEvent::Data { dir, offset, bytes: self.bytes.get(start..self.done)?, carrier }
            }
            Item::Gap { dir, offset, len, cause, carrier } => {
                StreamEvent::Gap { dir, offset, len, cause, carrier }
            }
            Item::Acked { dir, offset, carrier } => StreamEvent::Acked { dir, offset, carrier },
            Item::End { dir, how, carrier } => StreamEvent::End { dir, how, carrier },
        })
    }
}
