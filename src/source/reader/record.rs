//! What a container parser says about the bytes before it.

use std::ops::Range;

use crate::model::LinkType;

/// The meaning of the first bytes.
#[derive(Debug)]
pub(super) enum Scanned {
    /// Nothing yet: the record is at least this long and not all of it is there.
    More(usize),
    /// A packet.
    Packet(Record),
    /// A packet in a block of `len` bytes, of an interface that was not described.
    Orphan {
        /// Length of the block.
        len: usize,
        /// The interface it names.
        interface: u32,
        /// Interfaces described before it in its section.
        described: usize,
    },
    /// A block of this many bytes that holds no packet and has been dealt with.
    Passed(usize),
    /// A block that does not matter: `body` bytes that need not be looked at, then `trailer`.
    Skip {
        /// Length of the block without its trailer.
        body: u32,
        /// The length once more, as it must stand there.
        trailer: [u8; 4],
    },
    /// No record; in words with its numbers.
    Malformed(String),
}

/// Where a packet lies in the bytes.
#[derive(Debug)]
pub(super) struct Record {
    /// Length of the whole record.
    pub(super) len: usize,
    /// The captured bytes, inside `0..len`.
    pub(super) data: Range<usize>,
    /// Nanoseconds since 1970, unclamped.
    pub(super) nanoseconds: Option<i128>,
    pub(super) link: LinkType,
    /// Length on the wire.
    pub(super) orig_len: u32,
}
