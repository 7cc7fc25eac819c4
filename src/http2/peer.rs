//! One end of a connection of HTTP/2.

use std::collections::VecDeque;

use crate::http2::Going;
use crate::http2::hpack::Decoder;
use crate::http2::side::Side;

/// Pieces whose acknowledgement is waited for: more than a window holds of segments.
const MAX_UNACKED: usize = 65_536;

/// What a window holds until SETTINGS say otherwise (RFC 9113 6.9.2).
pub(super) const WINDOW: i64 = 65_535;

/// One end of the connection: what it sends.
#[derive(Debug)]
pub(super) struct Peer {
    pub(super) side: Side,
    pub(super) decoder: Decoder,
    /// A field block that is not whole yet.
    pub(super) block: Option<Block>,
    /// Which streams have bytes up to where in the connection, those that were acknowledged left out, and the oldest where
    /// nothing acknowledges them.
    pub(super) unacked: VecDeque<(u64, u32)>,
    pub(super) going: Option<Going>,
    /// What the other end may send on a stream before it hears of more: it says so in its SETTINGS.
    pub(super) initial_window: i64,
    /// What it may send on the connection.
    pub(super) window: i64,
    /// It has said that it takes extended CONNECT (RFC 8441 3).
    pub(super) takes_connect: bool,
    pub(super) has_settings: bool,
}

impl Peer {
    /// Bytes of a stream end here.
    pub(super) fn sent(&mut self, outer: u64, stream: u32) {
        if self.unacked.len() == MAX_UNACKED {
            self.unacked.pop_front();
        }
        self.unacked.push_back((outer, stream));
    }
}

#[derive(Debug)]
pub(super) struct Block {
    pub(super) stream: u32,
    /// The stream that is promised.
    pub(super) promised: bool,
    pub(super) end_stream: bool,
    /// `None` where it is too long, or has a hole.
    pub(super) bytes: Option<Vec<u8>>,
    /// Bytes of its frames.
    pub(super) len: u64,
}
