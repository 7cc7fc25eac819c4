//! TLS: the stream events of a TCP connection in, those of the bytes inside out (RFC 8446, RFC 5246).
//!
//! ```text
//!  StreamEvent ─► Half: records, whole, torn or looked for behind a hole
//!                   │
//!                 Keyed: opened with the keys of their direction ◄── schedule ◄── Keys: key logs
//!                   │                                                    ▲
//!                   ├─ handshake, alerts ─► Messages ─► hello ───────────┘
//!                   │                                     └─► TlsFacts, with keys or without
//!                   └─ application data ─► Inner: offsets, acknowledgements ─► StreamEvent
//! ```
//!
//! What comes out is of the same make as what goes in, so `dissect` does not know the difference. Offsets count application
//! bytes, from 0 in each direction; acknowledgements cover the bytes of records that they cover whole. The end of a
//! direction is that of TCP: close_notify is told by [`TlsFacts`] alone.
//!
//! The segment that a piece of plain text is told to be from is the one with the first byte of its record, as `dissect` does
//! it for a frame: all of a record was written before the first byte of it was sent, so what its sender had received by
//! then is what that segment acknowledges. Segments of the same record that come later may acknowledge more.
//!
//! A record that is missing or damaged becomes a gap: of the length that its header leaves it, or of that of the hole,
//! without what the cipher adds. That is exact for AEADs, but for the padding of TLS 1.3, which hardly anybody sends; a CBC
//! may have padded up to 16 bytes or more. The number of the next record authenticates it, so how many are missing is
//! found by trying.
//!
//! Nothing comes out that is not authenticated.

mod crypt;
mod half;
mod held;
mod hello;
mod inner;
mod keys;
mod messages;
mod outline;
mod record;
mod schedule;
mod seek;
mod session;
mod stream;

#[cfg(test)]
mod tests;

use crate::limits::Limits;
use crate::model::{Direction, StreamEvent, TlsFacts, TlsUndecrypted, WeirdKind, Weirds};

use held::Held;
use stream::Stream;

pub use keys::{KeylogLines, Keys, Origin};
pub use outline::{Outline, Outlined};
pub use record::Begins;

/// What a connection is known to be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Status {
    /// The handshake goes on.
    Handshake,
    /// It is encrypted from here on, and what comes waits for keys.
    Waiting,
    /// There are keys, which have opened nothing yet.
    Keyed,
    /// Records are opened.
    Decrypting,
    /// It is encrypted and stays so: no events will come.
    Opaque(TlsUndecrypted),
}

/// Reads the TLS of one TCP connection, from a record on.
#[derive(Debug, Default)]
pub struct Tls {
    stream: Stream,
    held: Option<Box<Held>>,
}

/// Where results go.
struct Out<'a, S> {
    keys: &'a Keys,
    limits: &'a Limits,
    weirds: &'a mut Weirds,
    sink: &'a mut S,
}

impl Tls {
    /// For a connection of which nothing was seen, or from which on it is TLS: see [`Begins::of`].
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// What the connection is known to be.
    #[must_use]
    pub fn status(&self) -> Status {
        if self.held.is_some() { Status::Waiting } else { self.stream.status() }
    }

    /// The direction that the client sends in, once a hello was seen.
    #[must_use]
    pub const fn client(&self) -> Option<Direction> {
        self.stream.client()
    }

    /// Bytes of memory behind what waits for keys, and for the rest of a record.
    #[must_use]
    pub fn held(&self) -> usize {
        self.held.as_deref().map_or(0, Held::weight) + self.stream.held()
    }

    /// What TLS shows of the connection. While it [waits](Status::Waiting), what waits is not in it.
    #[must_use]
    pub const fn facts(&self) -> &TlsFacts {
        self.stream.facts()
    }

    /// The same, given away.
    #[must_use]
    pub fn into_facts(self) -> TlsFacts {
        self.stream.into_facts()
    }

    /// Takes the next event; what is inside goes to `sink` at once, or waits for keys. `keys` are those that are known now.
    pub fn push(
        &mut self,
        event: &StreamEvent<'_>,
        keys: &Keys,
        limits: &Limits,
        weirds: &mut Weirds,
        sink: &mut impl FnMut(StreamEvent<'_>),
    ) {
        let mut out = Out { keys, limits, weirds, sink };
        if let Some(held) = &mut self.held {
            let is_full = held.weight() >= limits.max_tls_waiting_bytes;
            if is_full || held.additions != keys.additions() {
                held.additions = keys.additions();
                self.release(is_full.then_some(TlsUndecrypted::GivenUp), &mut out);
            }
        }
        self.take(event, &mut out);
    }

    /// No event comes any more, nor keys for it: what waited for them is gone through without.
    pub fn finish(
        &mut self,
        keys: &Keys,
        limits: &Limits,
        weirds: &mut Weirds,
        sink: &mut impl FnMut(StreamEvent<'_>),
    ) {
        let mut out = Out { keys, limits, weirds, sink };
        self.release(None, &mut out);
        if self.held.is_some() {
            self.release(Some(TlsUndecrypted::NoKeys), &mut out);
        }
        self.stream.finish(&mut out);
    }

    fn take<S: FnMut(StreamEvent<'_>)>(&mut self, event: &StreamEvent<'_>, out: &mut Out<'_, S>) {
        match &mut self.held {
            Some(held) => held.push(event),
            None => {
                let additions = out.keys.additions();
                let held = &mut self.held;
                let mut wait = |rest: &StreamEvent<'_>| {
                    held.get_or_insert_with(|| Box::new(Held::new(additions))).push(rest);
                };
                self.stream.push(event, out, &mut wait);
                if self.stream.is_waiting() {
                    self.held.get_or_insert_with(|| Box::new(Held::new(additions)));
                }
            }
        }
    }

    /// Goes through what waits if its keys have come, or for certain where it is given up.
    fn release<S: FnMut(StreamEvent<'_>)>(&mut self, give_up: Option<TlsUndecrypted>, out: &mut Out<'_, S>) {
        match give_up {
            None if !self.stream.find_keys(out) => return,
            None => {}
            Some(why) => {
                if why == TlsUndecrypted::GivenUp {
                    out.weirds.add(WeirdKind::TlsWaitingCap, None, || {
                        format!("{} bytes or more waited for keys", out.limits.max_tls_waiting_bytes)
                    });
                }
                self.stream.give_up(why, out);
            }
        }
        let Some(mut held) = self.held.take() else { return };
        while let Some(event) = held.next() {
            self.take(&event, out);
        }
    }
}
