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
//! A stream that may have begun before the recording, or begins with a hole, is watched for frames that follow one another; one
//! whose start was seen and is no HTTP is not.
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
mod streams;
mod transactions;

#[cfg(test)]
mod tests;

use crate::http::grammar::skip_empty_lines;
use crate::http::{Start, request_head, upgrade};
use crate::limits::Limits;
use crate::model::{
    Carrier, Direction, Evidence, GapCause, Observation, Observed, PerDirection, Role, StreamEnd,
    StreamEvent, Weirds,
};

use crate::http2::{Begins, Counts, StreamFacts};
use encrypted::Encrypted;
use frames::Frames;
use pick_up::{PickUp, Picked};
use streams::Streams;
pub use streams::{Beside, Span};
use transactions::{Http2Role, Transactions, Verdict};

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
    /// HTTP/2, whose streams are connections of their own.
    Streams(Box<Streams>),
    Ignored,
}

/// What a connection shows, and on which of its streams, where it has such.
#[derive(Debug)]
pub struct Dissected<'a> {
    /// The stream of HTTP/2 that shows it; `None` for the connection itself.
    pub stream: Option<u32>,
    /// What it shows.
    pub observation: Observation<'a>,
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
            State::Frames(_) | State::Encrypted(_) | State::Streams(_) => false,
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
            State::Streams(streams) if streams.is_candidate() => Status::Candidate,
            State::Streams(_) => Status::Undecided,
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
            State::Streams(streams) => streams.client(),
            State::Fresh | State::FreshMidStream | State::FreshOf(_) | State::Ignored => None,
        }
    }

    /// Whether it is known at a glance that nothing waits.
    #[inline]
    #[must_use]
    pub fn holds_nothing(&self) -> bool {
        match &self.state {
            State::Frames(frames) => frames.holds_nothing(),
            State::Http(_) | State::PickUp(_) | State::Streams(_) => false,
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
            State::Streams(streams) => streams.memory(),
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
        sink: &mut impl FnMut(Dissected<'_>),
    ) {
        let mut out = Out { limits, weirds, sink, stream: None };
        if let State::Streams(streams) = &mut self.state {
            return streams.push(event, &mut out);
        }
        if let StreamEvent::Acked { dir, offset, carrier } = *event {
            return self.acked(dir, offset, carrier, &mut out);
        }
        let Some((dir, item)) = item_of(event) else { return };
        match self.state {
            State::Fresh => self.state = fresh(&item, State::Fresh),
            State::FreshMidStream => self.state = fresh(&item, State::FreshMidStream),
            State::FreshOf(client) if client == dir => self.state = fresh(&item, State::FreshOf(client)),
            State::FreshOf(client) => self.state = State::Http(Box::new(Transactions::of(client))),
            _ => {}
        }
        self.whole_item(dir, item, &mut out);
    }

    /// Takes an item and all that it makes of the connection.
    fn whole_item<S: FnMut(Dissected<'_>)>(&mut self, dir: Direction, item: Item<'_>, out: &mut Out<'_, S>) {
        let verdict = self.item(dir, item, out);
        if !matches!(verdict, Verdict::PickUp | Verdict::Http2(_)) {
            return;
        }
        let State::Http(mut http) = std::mem::take(&mut self.state) else { return };
        let Verdict::Http2(role) = verdict else {
            let mut pick_up = Box::new(http.pick_up());
            pick_up.acked = http.acked;
            self.state = State::PickUp(pick_up);
            return http.release(|dir, item| {
                self.item(dir, item, out);
            });
        };
        let mut streams = Box::new(match role {
            Http2Role::Client(client) => Streams::new(client, out.limits),
            Http2Role::Server(server) => Streams::of_server(server.flip(), out.limits),
            Http2Role::Unknown => Streams::mid_stream(out.limits),
        });
        http.release(|dir, item| streams.push(&event_of(dir, item), out));
        http.acked.each(|dir, offset, carrier| {
            streams.push(&StreamEvent::Acked { dir, offset, carrier }, out);
        });
        self.state = State::Streams(streams);
    }

    /// The same of a stream of HTTP/2, in which there is none.
    fn inner_item<S: FnMut(Dissected<'_>)>(&mut self, dir: Direction, item: Item<'_>, out: &mut Out<'_, S>) {
        if matches!(self.state, State::FreshMidStream) {
            self.state = fresh(&item, State::FreshMidStream);
        }
        if self.item(dir, item, out) == Verdict::PickUp {
            self.state = State::PickUp(Box::new(PickUp::unknown()));
        }
    }

    /// What a connection of HTTP/2 carries besides; `None` where it is none.
    #[must_use]
    pub fn http_2(&self) -> Option<&Counts> {
        match &self.state {
            State::Streams(streams) => Some(streams.counts()),
            _ => None,
        }
    }

    /// Streams of HTTP/2 that are over; with `all` those that are not, too.
    #[must_use]
    pub fn streams(&self, all: bool) -> Vec<u32> {
        match &self.state {
            State::Streams(streams) if all => streams.left(),
            State::Streams(streams) => streams.over(),
            _ => Vec::new(),
        }
    }

    /// Streams for WebSocket that neither side has reset, and not both have ended.
    #[must_use]
    pub fn open_streams(&self) -> Vec<u32> {
        match &self.state {
            State::Streams(streams) => streams.open(),
            _ => Vec::new(),
        }
    }

    /// What the connection carries besides one of its streams, so far; those are open.
    #[must_use]
    pub fn beside(&self, id: u32, open: &[u32]) -> Beside {
        match &self.state {
            State::Streams(streams) => streams.beside(id, open),
            _ => Beside::default(),
        }
    }

    /// How many streams of HTTP/2 are over.
    #[must_use]
    pub fn count_over(&self) -> usize {
        match &self.state {
            State::Streams(streams) => streams.count_over(),
            _ => 0,
        }
    }

    /// What is known of such a stream besides what was observed, and which direction its client sends; it is forgotten.
    pub fn take_stream(&mut self, id: u32) -> Option<(StreamFacts, Span, Option<Direction>)> {
        match &mut self.state {
            State::Streams(streams) => streams.take(id),
            _ => None,
        }
    }

    /// What becomes of the connection with this item.
    fn item<S: FnMut(Dissected<'_>)>(
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
                verdict @ (Verdict::PickUp | Verdict::Http2(_)) => return verdict,
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
            State::Streams(streams) => streams.push(&event_of(dir, item), out),
            State::Fresh | State::FreshMidStream | State::FreshOf(_) | State::Ignored => {}
        }
        Verdict::Open
    }

    fn picked<S: FnMut(Dissected<'_>)>(&mut self, picked: Picked, out: &mut Out<'_, S>) {
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

    #[inline]
    fn acked<S: FnMut(Dissected<'_>)>(
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
            State::Streams(streams) => streams.push(&StreamEvent::Acked { dir, offset, carrier }, out),
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
            // So a server of HTTP/2 may begin, before its client was heard of.
            [0, ..] if Begins::of_server(bytes) != Begins::Not => {
                State::Http(Box::new(Transactions::new(matches!(state, State::FreshMidStream))))
            }
            [0, ..]
                if matches!(state, State::FreshMidStream) && Begins::in_the_middle(bytes) != Begins::Not =>
            {
                State::Http(Box::new(Transactions::new(true)))
            }
            bytes if Start::of(bytes) == Start::Neither => match state {
                State::FreshMidStream => State::PickUp(Box::new(PickUp::unknown())),
                _ => State::Ignored,
            },
            _ => State::Http(Box::new(Transactions::new(matches!(state, State::FreshMidStream)))),
        },
        Item::Gap { .. } => State::PickUp(Box::new(match state {
            State::Fresh => PickUp::behind_hole(),
            _ => PickUp::unknown(),
        })),
        // One side may end before the other sends its request.
        Item::End { .. } => State::Http(Box::new(Transactions::new(matches!(state, State::FreshMidStream)))),
    }
}

/// What waits for its turn; `None` for what does not.
#[inline]
fn item_of<'e>(event: &StreamEvent<'e>) -> Option<(Direction, Item<'e>)> {
    match *event {
        StreamEvent::Conflict { .. } | StreamEvent::Data { bytes: [], .. } | StreamEvent::Acked { .. } => {
            None
        }
        StreamEvent::Data { dir, offset, bytes, carrier } => {
            Some((dir, Item::Data { offset, bytes, carrier }))
        }
        StreamEvent::Gap { dir, offset, len, cause, carrier } => {
            Some((dir, Item::Gap { offset, len, cause, carrier }))
        }
        StreamEvent::End { dir, how, carrier } => Some((dir, Item::End { how, carrier })),
    }
}

fn event_of(dir: Direction, item: Item<'_>) -> StreamEvent<'_> {
    match item {
        Item::Data { offset, bytes, carrier } => StreamEvent::Data { dir, offset, bytes, carrier },
        Item::Gap { offset, len, cause, carrier } => StreamEvent::Gap { dir, offset, len, cause, carrier },
        Item::End { how, carrier } => StreamEvent::End { dir, how, carrier },
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
    /// The stream that they are of.
    stream: Option<u32>,
}

impl<S: FnMut(Dissected<'_>)> Out<'_, S> {
    fn emit(&mut self, from: Role, what: Observed<'_>, evidence: Option<Evidence>) {
        (self.sink)(Dissected { stream: self.stream, observation: Observation { from, what, evidence } });
    }

    /// The same for what a stream shows.
    const fn on(&mut self, stream: u32) -> Out<'_, S> {
        Out { limits: self.limits, weirds: &mut *self.weirds, sink: &mut *self.sink, stream: Some(stream) }
    }
}

/// Role of a direction.
fn role(dir: Direction, client: Direction) -> Role {
    if dir == client { Role::Client } else { Role::Server }
}
