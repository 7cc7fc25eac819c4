//! One TCP connection to observations: HTTP up to an upgrade, then frames.
//!
//! ```text
//!            a request or response begins         101 to a request for WebSocket
//! Undecided ────────────────────────────► HTTP ─────────────────────────────────► frames
//!     │ └──► NotWebSocket ◄────────────────┘ │                                        ▲
//!     │            ▲                         │ part of it is not in the recording     │
//!     └────────► pick-up ◄───────────────────┘                                        │
//!                  └──────────────────────────────────────────────────────────────────┘
//! ```
//!
//! A stream that may have begun before the recording is watched for frames that follow one another; one whose
//! start was seen and is no HTTP is not.
//!
//! A connection costs two words until a byte of it looks like HTTP, and one allocation after that. What must
//! wait (a head that is not whole, frames captured before the response that allows them) is kept up to
//! [`Limits::max_handshake_bytes`] per direction and freed as soon as it is used.

mod encrypted;
mod frames;
mod head;
mod held;
mod misread;
mod pick_up;
mod seek;
mod transactions;

#[cfg(test)]
mod tests;

use crate::http::grammar::skip_empty_lines;
use crate::http::{Start, request_head, upgrade};
use crate::limits::Limits;
use crate::model::{
    Carrier, Direction, Evidence, GapCause, Observation, Observed, PacketNo, PerDirection, Role, StreamEnd,
    StreamEvent, WeirdKind, Weirds,
};

use encrypted::Encrypted;
use frames::Frames;
use pick_up::{PickUp, Picked};
use transactions::{Transactions, Verdict};

/// How a client begins HTTP/2 (RFC 9113 3.4).
const HTTP_2: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";

/// What a connection is known to be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Status {
    /// Nothing yet, or HTTP that has not asked for an upgrade.
    Undecided,
    /// It asked for an upgrade: a request was observed; or what it asked for cannot be read.
    Candidate,
    /// The upgrade took place.
    WebSocket,
    /// It is no WebSocket connection and will not become one: further events are ignored.
    NotWebSocket,
}

/// Reads one TCP connection.
#[derive(Debug, Default)]
pub struct Dissector {
    state: State,
}

#[derive(Debug, Default)]
enum State {
    /// No byte yet.
    #[default]
    Fresh,
    /// No byte yet, of a connection that may have begun before the recording.
    FreshMidStream,
    /// No byte yet, of one whose client is known.
    FreshOf(Direction),
    Http(Box<Transactions>),
    PickUp(Box<PickUp>),
    Frames(Box<Frames>),
    Encrypted(Box<Encrypted>),
    Ignored,
}

impl Dissector {
    /// For a connection of which nothing was seen.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// For a connection that may have begun before the recording.
    #[must_use]
    pub fn mid_stream() -> Self {
        Self { state: State::FreshMidStream }
    }

    /// For a connection of which nothing was seen, and which `client` opened to ask for something: what its peer sends first waits
    /// for that.
    #[must_use]
    pub fn asked_by(client: Direction) -> Self {
        Self { state: State::FreshOf(client) }
    }

    /// For a connection that may carry WebSocket in bytes that nobody can read: what `client`, who opened it, and its peer
    /// are then seen to do is to acknowledge, and to end.
    #[must_use]
    pub fn encrypted(client: Direction) -> Self {
        Self { state: State::Encrypted(Box::new(Encrypted::new(client))) }
    }

    /// For a connection that is nobody's business.
    #[must_use]
    pub fn nothing() -> Self {
        Self { state: State::Ignored }
    }

    /// Whether TLS may begin here: no byte came yet, or what came asks for no upgrade, as where a proxy was asked for a tunnel.
    #[must_use]
    pub fn may_be_tls(&self) -> bool {
        match &self.state {
            State::Fresh | State::FreshMidStream | State::FreshOf(_) | State::Ignored => true,
            State::Http(http) => !http.is_candidate(),
            State::PickUp(pick_up) => pick_up.client().is_none(),
            State::Frames(_) | State::Encrypted(_) => false,
        }
    }

    /// What the connection is known to be.
    #[must_use]
    pub fn status(&self) -> Status {
        match &self.state {
            State::Fresh | State::FreshMidStream | State::FreshOf(_) => Status::Undecided,
            State::Http(http) if http.is_candidate() => Status::Candidate,
            State::PickUp(pick_up) if pick_up.client().is_some() => Status::Candidate,
            State::Http(_) | State::PickUp(_) => Status::Undecided,
            State::Encrypted(_) => Status::Candidate,
            State::Frames(_) => Status::WebSocket,
            State::Ignored => Status::NotWebSocket,
        }
    }

    /// The direction that sends the requests, once it is known.
    #[must_use]
    pub fn client(&self) -> Option<Direction> {
        match &self.state {
            State::Http(http) => http.client(),
            State::PickUp(pick_up) => pick_up.client(),
            State::Frames(frames) => Some(frames.client()),
            State::Encrypted(encrypted) => Some(encrypted.client()),
            State::Fresh | State::FreshMidStream | State::FreshOf(_) | State::Ignored => None,
        }
    }

    /// Whether it is known at a glance that nothing waits.
    #[inline]
    #[must_use]
    pub fn holds_nothing(&self) -> bool {
        match &self.state {
            State::Frames(frames) => frames.holds_nothing(),
            State::Http(_) | State::PickUp(_) => false,
            State::Fresh
            | State::FreshMidStream
            | State::FreshOf(_)
            | State::Encrypted(_)
            | State::Ignored => true,
        }
    }

    /// Bytes of memory behind what waits: heads that are not whole, bytes that may turn out to be frames.
    #[inline]
    #[must_use]
    pub fn held(&self) -> usize {
        match &self.state {
            State::Frames(frames) => frames.memory(),
            State::Http(http) => http.memory(),
            State::PickUp(pick_up) => pick_up.memory(),
            State::Fresh
            | State::FreshMidStream
            | State::FreshOf(_)
            | State::Encrypted(_)
            | State::Ignored => 0,
        }
    }

    /// Lets go of what it can do without.
    pub fn relieve(&mut self) {
        if let State::Frames(frames) = &mut self.state {
            frames.relieve();
        }
    }

    /// Takes the next event; what it shows goes to `sink` at once, or waits for the other direction.
    pub fn push(
        &mut self,
        event: &StreamEvent<'_>,
        limits: &Limits,
        weirds: &mut Weirds,
        sink: &mut impl FnMut(Observation<'_>),
    ) {
        let mut out = Out { limits, weirds, sink };
        let (dir, item) = match *event {
            StreamEvent::Conflict { .. } | StreamEvent::Data { bytes: [], .. } => return,
            StreamEvent::Data { dir, offset, bytes, carrier } => (dir, Item::Data { offset, bytes, carrier }),
            StreamEvent::Gap { dir, offset, len, cause, carrier } => {
                (dir, Item::Gap { offset, len, cause, carrier })
            }
            StreamEvent::End { dir, how, carrier } => (dir, Item::End { how, carrier }),
            StreamEvent::Acked { dir, offset, carrier } => return self.acked(dir, offset, carrier, &mut out),
        };
        if self.is_http_2(&item) {
            out.weirds.add(WeirdKind::Http2NotRead, packet_of(&item), || {
                "a connection of HTTP/2, in which WebSocket (RFC 8441) is not read".to_owned()
            });
            self.state = State::Ignored;
        }
        match self.state {
            State::Fresh => self.state = fresh(&item, State::Fresh),
            State::FreshMidStream => self.state = fresh(&item, State::FreshMidStream),
            State::FreshOf(client) if client == dir => self.state = fresh(&item, State::FreshOf(client)),
            State::FreshOf(client) => self.state = State::Http(Box::new(Transactions::of(client))),
            _ => {}
        }
        if self.item(dir, item, &mut out) == Verdict::PickUp
            && let State::Http(mut http) = std::mem::take(&mut self.state)
        {
            let mut pick_up = Box::new(http.pick_up());
            pick_up.acked = http.acked;
            self.state = State::PickUp(pick_up);
            http.release(|dir, item| {
                self.item(dir, item, &mut out);
            });
        }
    }

    /// Whether a direction begins with HTTP/2.
    fn is_http_2(&self, item: &Item<'_>) -> bool {
        let Item::Data { offset, bytes, .. } = *item else { return false };
        let may_begin = match &self.state {
            State::Fresh | State::FreshMidStream | State::FreshOf(_) => true,
            // The server may have begun before.
            State::Http(_) => offset == 0,
            State::PickUp(_) | State::Frames(_) | State::Encrypted(_) | State::Ignored => false,
        };
        may_begin && bytes.starts_with(HTTP_2)
    }

    /// What becomes of the connection with this item.
    fn item<S: FnMut(Observation<'_>)>(
        &mut self,
        dir: Direction,
        item: Item<'_>,
        out: &mut Out<'_, S>,
    ) -> Verdict {
        if let State::PickUp(pick_up) = &self.state
            && pick_up.client().is_none()
            && asks(&item)
        {
            // What came before was HTTP, begun before the recording or behind a gap.
            self.state = State::Http(Box::new(Transactions::new(true)));
        }
        match &mut self.state {
            State::Http(http) => match http.push(dir, item, out) {
                Verdict::Open => {}
                Verdict::PickUp => return Verdict::PickUp,
                Verdict::NotWebSocket => self.state = State::Ignored,
                Verdict::Switch => {
                    let mut frames = Box::new(http.frames());
                    http.release(|dir, item| frames.push(dir, item, out));
                    http.acked.each(|dir, offset, carrier| frames.acked(dir, offset, carrier, out));
                    self.state = State::Frames(frames);
                }
            },
            State::PickUp(pick_up) => {
                let picked = pick_up.push(dir, item, out);
                self.picked(picked, out);
            }
            State::Frames(frames) => frames.push(dir, item, out),
            State::Encrypted(encrypted) => encrypted.push(dir, item, out),
            State::Fresh | State::FreshMidStream | State::FreshOf(_) | State::Ignored => {}
        }
        Verdict::Open
    }

    fn picked<S: FnMut(Observation<'_>)>(&mut self, picked: Picked, out: &mut Out<'_, S>) {
        let State::PickUp(pick_up) = &self.state else { return };
        match picked {
            Picked::Open => {}
            // What has asked for the upgrade stays a candidate.
            Picked::NotWebSocket if pick_up.client().is_some() => {}
            Picked::NotWebSocket => self.state = State::Ignored,
            Picked::Frames(frames) => {
                pick_up.acked.each(|dir, offset, carrier| frames.acked(dir, offset, carrier, out));
                self.state = State::Frames(frames);
            }
        }
    }

    fn acked<S: FnMut(Observation<'_>)>(
        &mut self,
        dir: Direction,
        offset: u64,
        carrier: Carrier,
        out: &mut Out<'_, S>,
    ) {
        match &mut self.state {
            State::Http(http) => http.acked.0[dir] = Some((offset, carrier)),
            State::PickUp(pick_up) => pick_up.acked.0[dir] = Some((offset, carrier)),
            State::Frames(frames) => frames.acked(dir, offset, carrier, out),
            State::Encrypted(encrypted) => encrypted.acked(dir, offset, carrier, out),
            State::Fresh | State::FreshMidStream | State::FreshOf(_) | State::Ignored => {}
        }
    }
}

/// The state for the first event of a connection. Most connections of a capture are told apart here, without
/// an allocation.
fn fresh(item: &Item<'_>, state: State) -> State {
    match *item {
        Item::Data { bytes, .. } => match skip_empty_lines(bytes) {
            [] => state,
            bytes if Start::of(bytes) == Start::Neither => match state {
                State::FreshMidStream => State::PickUp(Box::new(PickUp::unknown())),
                _ => State::Ignored,
            },
            _ => State::Http(Box::new(Transactions::new(matches!(state, State::FreshMidStream)))),
        },
        Item::Gap { .. } => State::PickUp(Box::new(PickUp::unknown())),
        // One side may end before the other sends its request.
        Item::End { .. } => State::Http(Box::new(Transactions::new(matches!(state, State::FreshMidStream)))),
    }
}

/// Whether a whole request for the upgrade begins here.
fn asks(item: &Item<'_>) -> bool {
    let Item::Data { bytes, .. } = *item else { return false };
    Start::of(bytes) == Start::Request && request_head(bytes).is_ok_and(|(head, _)| upgrade::is_asked(&head))
}

/// What the bytes of a direction bring: a [`StreamEvent`] that waits for nothing but its turn.
#[derive(Clone, Copy, Debug)]
enum Item<'a> {
    Data { offset: u64, bytes: &'a [u8], carrier: Carrier },
    Gap { offset: u64, len: u64, cause: GapCause, carrier: Carrier },
    End { how: StreamEnd, carrier: Option<Carrier> },
}

/// The packet that brings an item.
fn packet_of(item: &Item<'_>) -> Option<PacketNo> {
    match *item {
        Item::Data { carrier, .. } | Item::Gap { carrier, .. } => Some(carrier.packet),
        Item::End { carrier, .. } => carrier.map(|carrier| carrier.packet),
    }
}

/// The last acknowledgement of each direction, until there are frames that it is about.
#[derive(Clone, Copy, Debug, Default)]
struct LastAcked(PerDirection<Option<(u64, Carrier)>>);

impl LastAcked {
    fn each(&self, mut take: impl FnMut(Direction, u64, Carrier)) {
        for dir in [Direction::Orig, Direction::Resp] {
            if let Some((offset, carrier)) = self.0[dir] {
                take(dir, offset, carrier);
            }
        }
    }
}

/// Where results go.
struct Out<'a, S> {
    limits: &'a Limits,
    weirds: &'a mut Weirds,
    sink: &'a mut S,
}

impl<S: FnMut(Observation<'_>)> Out<'_, S> {
    fn emit(&mut self, from: Role, what: Observed<'_>, evidence: Option<Evidence>) {
        (self.sink)(Observation { from, what, evidence });
    }
}

/// Role of a direction.
fn role(dir: Direction, client: Direction) -> Role {
    if dir == client { Role::Client } else { Role::Server }
}
