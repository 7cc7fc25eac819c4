//! Observations to events: frames put together from their pieces, fragments joined to messages, text checked
//! (RFC 6455 5.4, 8.1), permessage-deflate undone (RFC 7692).
//!
//! What comes out are facts. Nothing is judged here, and a hole in the recording makes no fact about its
//! sender.

mod close;
mod fragments;
mod inflate;
mod side;
#[cfg(test)]
mod tests;
mod utf8;

use crate::limits::Limits;
use crate::model::{
    Event, EventKind, Evidence, Extension, Negotiated, Observation, Observed, PerRole, Role, UpgradeResponse,
    Weirds,
};
use inflate::Agreement;
use side::{Connection, Side, Tell};

/// One WebSocket connection, both roles.
///
/// Memory grows with what the connection uses: nothing is allocated before its first frame, then previews of
/// up to `max_preview_bytes` for each role, and about 115 KiB for a role that compresses. Messages are never
/// kept.
#[derive(Debug, Default)]
pub struct Messages {
    negotiated: Negotiated,
    /// The client offered permessage-deflate.
    offered: bool,
    /// What the server agreed to is not, or not wholly, known.
    unknown_extensions: bool,
    /// Somebody wants the bytes of messages.
    tells_bytes: bool,
    /// Frames of both roles that began.
    frames: u64,
    /// Messages of both roles that began.
    messages: u64,
    sides: PerRole<Side>,
}

impl Messages {
    /// A connection before its handshake.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Hands on the bytes of messages too, each as soon as it is known, before the event of its frame.
    #[must_use]
    pub fn telling_bytes(self, tells_bytes: bool) -> Self {
        Self { tells_bytes, ..self }
    }

    /// Takes the next observation; hands on at most one event, besides [`EventKind::MessageBytes`].
    ///
    /// For each role a `Frame`, with evidence, is followed by its pieces and its `FrameEnd` before anything
    /// but `Acked` comes from that role; the roles may take turns anywhere. The event of a frame comes with
    /// its end and carries the numbers it was given at its beginning.
    pub fn observe(
        &mut self,
        observation: &Observation<'_>,
        limits: &Limits,
        weirds: &mut Weirds,
        sink: &mut impl FnMut(Event<'_>),
    ) {
        let Observation { from, ref what, evidence } = *observation;
        let side = &mut self.sides[from];
        let what = match *what {
            Observed::Frame(header) => {
                // What the recording did not show is no frame.
                let Some(first) = evidence else { return };
                self.frames = self.frames.saturating_add(1);
                let connection = Connection {
                    frame: self.frames,
                    messages: &mut self.messages,
                    deflate: agreement(self.negotiated, from),
                    not_taken: self.offered && self.negotiated.deflate.is_none(),
                    unknown_extensions: self.unknown_extensions,
                };
                return side.begin(header, first, connection, weirds);
            }
            Observed::Payload(piece) => {
                let packet = evidence.as_ref().and_then(Evidence::packet);
                let mut tell = |n, bytes: &[u8]| {
                    sink(Event { from, what: EventKind::MessageBytes { n, bytes }, evidence });
                };
                let tell: Option<&mut Tell<'_>> = if self.tells_bytes { Some(&mut tell) } else { None };
                return side.piece(piece, packet, limits, weirds, tell);
            }
            Observed::FrameEnd { cut } => return side.end(from, cut, evidence, limits, sink),
            Observed::Request(ref request) => {
                let is_deflate =
                    |offer: &Extension| offer.name.as_sent().eq_ignore_ascii_case("permessage-deflate");
                self.offered = request.extensions.iter().any(is_deflate);
                EventKind::Request(request)
            }
            Observed::Response(ref response) => {
                self.settle(response);
                EventKind::Response(response)
            }
            Observed::HandshakeUnseen => {
                side.gap();
                self.unknown_extensions |= from == Role::Server;
                EventKind::HandshakeUnseen
            }
            Observed::Upgraded => EventKind::Upgraded,
            Observed::Encrypted => EventKind::Encrypted,
            Observed::Resumed { skipped } => EventKind::Resumed { skipped },
            Observed::Undecodable(ref undecodable) => {
                side.gap();
                EventKind::Undecodable(undecodable)
            }
            Observed::Gap { len, cause } => {
                side.gap();
                EventKind::Gap { len, cause }
            }
            Observed::Acked(offset) => EventKind::Acked(offset),
            Observed::StreamEnd(how) => EventKind::StreamEnd(how),
            Observed::LogPaused => {
                side.gap();
                self.sides[from.peer()].gap();
                EventKind::LogPaused
            }
            Observed::LogResumed => EventKind::LogResumed,
        };
        sink(Event { from, what, evidence });
    }

    fn settle(&mut self, response: &UpgradeResponse) {
        self.negotiated = Negotiated::from_response(&response.extensions);
    }
}

/// What `sender` agreed to (RFC 7692 7.1: `client_*` is about what the client sends); `None` without
/// permessage-deflate.
fn agreement(negotiated: Negotiated, sender: Role) -> Option<Agreement> {
    let deflate = negotiated.deflate?;
    Some(match sender {
        Role::Client => Agreement {
            takeover: !deflate.client_no_context_takeover,
            window_bits: deflate.client_max_window_bits,
        },
        Role::Server => Agreement {
            takeover: !deflate.server_no_context_takeover,
            window_bits: deflate.server_max_window_bits,
        },
    })
}
