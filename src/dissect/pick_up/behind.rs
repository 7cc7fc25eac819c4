//! A connection recorded from its SYN on, but for the beginning of both directions: whether what lies behind the holes is frames.
//!
//! An opening handshake fits in the holes, and frames begin right behind them and end with the streams: nothing has to be looked for.
//! So less has to speak for them than in the middle of a connection, and a few short ones can be enough.

use crate::dissect::Item;
use crate::dissect::held::Held;
use crate::model::{Direction, PerDirection};
use crate::websocket::{can_begin, whole};

/// For the frames of both sides together, in bits: what is asked of frames anywhere in 64 KiB, which would pass once in 2^40.
const ENOUGH: u32 = 40;
/// What the server's, unmasked, count for at most: fields of many protocols look like them, and where one does, all do.
const MOST_UNMASKED: u32 = 24;

/// Length of the shortest request for the upgrade (RFC 6455 4.1), without a field or a space to spare.
const SHORTEST_REQUEST: u64 = 134;
/// And of the shortest response that grants it (RFC 6455 4.2.2).
const SHORTEST_RESPONSE: u64 = 107;

/// The client opens TCP (RFC 6455 4.1).
const CLIENT: Direction = Direction::Orig;

/// What lies behind the holes.
#[derive(Debug, Default)]
pub(super) struct BehindHoles(PerDirection<Behind>);

#[derive(Debug, Default)]
struct Behind {
    /// Length of the hole.
    hole: u64,
    held: Held,
    /// Bytes are missing behind those that are held.
    is_cut: bool,
}

impl BehindHoles {
    /// Takes the next item of the connection. False where these can be no frames, or there is no room for them.
    pub(super) fn push(&mut self, dir: Direction, item: Item<'_>, max: usize) -> bool {
        let side = &mut self.0[dir];
        match item {
            Item::Gap { offset, len, .. } if side.held.is_empty() => {
                side.hole = offset.saturating_add(len);
                return true;
            }
            Item::Gap { .. } => side.is_cut = true,
            Item::Data { .. } if side.is_cut => return false,
            Item::Data { bytes, .. } if side.held.is_empty() && !can_begin(bytes, dir == CLIENT) => {
                return false;
            }
            Item::Data { .. } | Item::End { .. } => {}
        }
        side.held.push(item);
        side.held.weight() <= max
    }

    /// All that was to come is there: the client, if it is frames, where they begin, and they themselves with what ends them.
    pub(super) fn frames(self) -> Option<(Direction, PerDirection<u64>, PerDirection<Held>)> {
        let Self(sides) = self;
        let (client, server) = (&sides[CLIENT], &sides[CLIENT.flip()]);
        if client.hole < SHORTEST_REQUEST || server.hole < SHORTEST_RESPONSE {
            return None;
        }
        let unmasked = whole(server.held.bytes(), false)?.min(MOST_UNMASKED);
        let bits = whole(client.held.bytes(), true)?.saturating_add(unmasked);
        let PerDirection { orig, resp } = sides;
        let starts = PerDirection { orig: orig.hole, resp: resp.hole };
        (bits >= ENOUGH).then_some((CLIENT, starts, PerDirection { orig: orig.held, resp: resp.held }))
    }

    /// Bytes of memory behind what is held.
    pub(super) fn memory(&self) -> usize {
        self.0.orig.held.memory() + self.0.resp.held.memory()
    }
}
