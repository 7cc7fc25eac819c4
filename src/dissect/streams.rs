//! A connection of HTTP/2: each stream that asks for WebSocket (RFC 8441) is read like a connection of its own.

use std::collections::{BTreeMap, BTreeSet};

use crate::dissect::frames::Frames;
use crate::dissect::{Dissected, Dissector, Item, Out, State, item_of, role};
use crate::http::{self, upgrade};
use crate::http2::{self, Caps, Counts, Field, Http2, Step, StreamFacts};
use crate::limits::Limits;
use crate::model::{
    Carrier, Direction, Evidence, Http2Facts, Lines, Observed, PerDirection, Role, StreamEvent,
    UpgradeRequest, UpgradeResponse, WeirdKind,
};
use crate::websocket::parse_header;

/// Bytes of the preface that stand before the empty line (RFC 9113 3.4).
const PREFACE_HEAD: usize = 18;

/// One connection.
#[derive(Debug)]
pub(super) struct Streams {
    http2: Http2,
    carried: BTreeMap<u32, Carried>,
    all: All,
    /// What was told of the counts.
    told: Told,
}

/// What was counted when it was last looked at.
#[derive(Debug, Default)]
struct Told {
    not_followed: u64,
    too_long: u64,
    left_out: u64,
    early: u64,
    after_end: u64,
    http3: u64,
    unread: u64,
    lost: u64,
}

/// What is known of all streams together, kept up to date as each changes: there may be a thousand.
#[derive(Debug, Default)]
struct All {
    /// How many of those that are carried are for WebSocket.
    candidates: usize,
    /// Those for WebSocket, over or not, the last ones: one more than are told of one of them.
    numbers: BTreeSet<u32>,
    /// Bytes of memory behind them.
    held: usize,
}

/// A stream that asked for WebSocket, or may have.
#[derive(Debug)]
struct Carried {
    /// Who asked.
    client: Option<Direction>,
    inside: Dissector,
    /// What asked for it where that is not sure, until frames show it.
    unsure: Option<Box<Unsure>>,
    span: Span,
    /// What [`All`] has of it.
    counted: Counted,
}

#[derive(Clone, Copy, Debug, Default)]
struct Counted {
    is_candidate: bool,
    held: usize,
}

#[derive(Debug)]
struct Unsure {
    request: UpgradeRequest,
    evidence: Evidence,
    response: Option<(UpgradeResponse, Evidence)>,
}

/// What a connection of HTTP/2 carries besides one of its streams.
#[derive(Clone, Debug, Default)]
#[non_exhaustive]
pub struct Beside {
    /// Other streams for WebSocket.
    pub others: Vec<u32>,
    /// Those of them that are open.
    pub open: Vec<u32>,
    /// Requests that are no CONNECT.
    pub requests: u64,
}

/// The first and the last that was seen of a stream.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct Span {
    /// What brought the first of it.
    pub first: Carrier,
    /// What brought the last of it.
    pub last: Carrier,
    /// Bytes of each side, the head not counted.
    pub bytes: PerDirection<u64>,
    /// Of these: missing.
    pub gap_bytes: PerDirection<u64>,
}

impl Streams {
    /// A connection that `client` began with the head of the preface.
    pub(super) fn new(client: Direction, limits: &Limits) -> Self {
        Self::of(Http2::with_preface(client, PREFACE_HEAD, Caps::of(limits)))
    }

    /// One whose server has begun; of the client nothing has come.
    pub(super) fn of_server(client: Direction, limits: &Limits) -> Self {
        Self::of(Http2::new(client, Caps::of(limits)))
    }

    /// One that may have begun before the recording.
    pub(super) fn mid_stream(limits: &Limits) -> Self {
        Self::of(Http2::mid_stream(Caps::of(limits)))
    }

    fn of(http2: Http2) -> Self {
        Self { http2, carried: BTreeMap::new(), all: All::default(), told: Told::default() }
    }

    pub(super) const fn client(&self) -> Option<Direction> {
        self.http2.client()
    }

    /// Whether a stream has asked for WebSocket.
    pub(super) const fn is_candidate(&self) -> bool {
        self.all.candidates > 0
    }

    pub(super) fn memory(&self) -> usize {
        self.http2.held() + self.all.held
    }

    pub(super) const fn counts(&self) -> &Counts {
        self.http2.counts()
    }

    pub(super) const fn count_over(&self) -> usize {
        self.http2.count_over()
    }

    /// Streams that are over.
    pub(super) fn over(&self) -> Vec<u32> {
        self.http2.over().collect()
    }

    /// All that are left.
    pub(super) fn left(&self) -> Vec<u32> {
        self.http2.streams().collect()
    }

    /// What is known of a stream, which is forgotten, and who its client is.
    pub(super) fn take(&mut self, id: u32) -> Option<(StreamFacts, Span, Option<Direction>)> {
        let facts = self.http2.take(id)?;
        let carried = self.carried.remove(&id)?;
        self.all.leaves(carried.counted);
        let Carried { client, inside, span, .. } = carried;
        Some((facts, span, client.or(inside.client()).or(self.http2.client())))
    }

    /// Those for WebSocket that neither side has reset, and not both have ended.
    pub(super) fn open(&self) -> Vec<u32> {
        let is_candidate = |id: &u32| self.carried.get(id).is_some_and(Carried::is_candidate);
        self.http2.open().filter(is_candidate).collect()
    }

    /// What there is besides a stream, so far; those are open.
    pub(super) fn beside(&self, id: u32, open: &[u32]) -> Beside {
        let is_other = |other: &u32| *other != id;
        let mut others: Vec<u32> = self.all.numbers.iter().copied().filter(is_other).collect();
        others.drain(..others.len().saturating_sub(Http2Facts::MAX_OTHERS));
        let open = open.iter().copied().filter(is_other).take(Http2Facts::MAX_OTHERS).collect();
        Beside { others, open, requests: self.http2.counts().requests }
    }

    pub(super) fn push<S: FnMut(Dissected<'_>)>(&mut self, event: &StreamEvent<'_>, out: &mut Out<'_, S>) {
        let Self { http2, carried, all, told } = self;
        let mut passed_over = Vec::new();
        http2.push(event, &mut |id, step| {
            if !step_of(carried, id, step, out) {
                passed_over.push(id);
            }
            if let Some(stream) = carried.get_mut(&id) {
                all.changes(id, stream);
            }
        });
        for id in passed_over {
            if let Some(stream) = carried.remove(&id) {
                all.leaves(stream.counted);
            }
            http2.pass_over(id);
        }
        told.tell(http2.counts(), event, out);
    }
}

impl All {
    /// A stream has changed.
    fn changes(&mut self, id: u32, stream: &mut Carried) {
        let now = Counted {
            is_candidate: stream.is_candidate(),
            held: stream.inside.held().saturating_add(size_of::<Carried>()),
        };
        let before = std::mem::replace(&mut stream.counted, now);
        self.leaves(before);
        self.held = self.held.saturating_add(now.held);
        self.candidates += usize::from(now.is_candidate);
        if now.is_candidate && !before.is_candidate {
            self.numbers.insert(id);
            if self.numbers.len() > Http2Facts::MAX_OTHERS + 1 {
                self.numbers.pop_first();
            }
        }
    }

    /// What was counted of one is no more.
    const fn leaves(&mut self, counted: Counted) {
        self.held = self.held.saturating_sub(counted.held);
        self.candidates = self.candidates.saturating_sub(counted.is_candidate as usize);
    }
}

/// Takes a step of a stream; whether it may still be WebSocket.
fn step_of<S: FnMut(Dissected<'_>)>(
    carried: &mut BTreeMap<u32, Carried>,
    id: u32,
    step: Step<'_>,
    out: &mut Out<'_, S>,
) -> bool {
    let mut out = out.on(id);
    match step {
        Step::Request { dir, fields, carrier, is_sure, was_invited } => {
            let mut request = upgrade::connect(lines(&fields), was_invited);
            request.facts.partial = fields.iter().any(|field| field.name.is_none() || field.value.is_none());
            let evidence = Evidence::Capture { carrier, offset: 0 };
            let span = Span::new(carrier);
            let mut stream = Carried {
                client: Some(dir),
                inside: Dissector::nothing(),
                unsure: None,
                span,
                counted: Counted::default(),
            };
            if is_sure {
                out.emit(Role::Client, Observed::Request(Box::new(request)), Some(evidence));
            } else {
                stream.unsure = Some(Box::new(Unsure { request, evidence, response: None }));
            }
            carried.insert(id, stream);
            true
        }
        Step::Response { dir, status, fields, carrier } => {
            let Some(stream) = carried.get_mut(&id) else { return true };
            stream.span.see(carrier);
            let response = upgrade::connected(status.unwrap_or(0), lines(&fields));
            let evidence = Evidence::Capture { carrier, offset: 0 };
            if let Some(unsure) = &mut stream.unsure {
                // A refusal shows nothing.
                let switches = response.switches;
                unsure.response = Some((response, evidence));
                return switches;
            }
            if response.switches {
                stream.inside = Dissector { state: State::Frames(Box::new(frames(dir.flip()))) };
            }
            out.emit(Role::Server, Observed::Response(Box::new(response)), Some(evidence));
            true
        }
        Step::Event(event) => {
            let stream = carried.entry(id).or_insert_with(|| Carried {
                client: None,
                inside: Dissector::mid_stream(),
                unsure: None,
                span: Span::new(carrier_of(&event).unwrap_or(NOWHERE)),
                counted: Counted::default(),
            });
            stream.event(&event, &mut out)
        }
    }
}

/// Of an event that nothing brought.
const NOWHERE: Carrier = Carrier { packet: crate::model::PacketNo(0), at: None, acked: None };

fn carrier_of(event: &StreamEvent<'_>) -> Option<Carrier> {
    match *event {
        StreamEvent::Data { carrier, .. }
        | StreamEvent::Gap { carrier, .. }
        | StreamEvent::Acked { carrier, .. } => Some(carrier),
        StreamEvent::End { carrier, .. } => carrier,
        StreamEvent::Conflict { .. } => None,
    }
}

impl Carried {
    /// Whether it asked for WebSocket, or shows frames.
    fn is_candidate(&self) -> bool {
        self.unsure.is_none() && (self.client.is_some() || self.inside.client().is_some())
    }

    /// Takes the next event; whether it may still be WebSocket.
    fn event<S: FnMut(Dissected<'_>)>(&mut self, event: &StreamEvent<'_>, out: &mut Out<'_, S>) -> bool {
        self.span.take(event);
        if let (Some(_), StreamEvent::Data { dir, bytes, .. }) = (&self.unsure, event) {
            // The first frame shows who is the client, and that these are frames.
            let Some(header) = parse_header(bytes).ok() else { return false };
            let is_first =
                header.rsv.0 & 0x3 == 0 && !header.opcode.is_reserved() && header.opcode.bits() != 0;
            if !is_first {
                return false;
            }
            let client = if header.masking_key.is_some() { *dir } else { dir.flip() };
            self.become_sure(client, out);
        }
        let Some((dir, item)) = item_of(event) else {
            if let StreamEvent::Acked { dir, offset, carrier } = *event {
                self.inside.acked(dir, offset, carrier, out);
            }
            return true;
        };
        match (&self.inside.state, self.client, item) {
            // Not open yet, or refused: that it ends is all there is to see.
            (State::Ignored, Some(client), Item::End { how, carrier }) => {
                let offset = self.span.bytes[dir];
                let evidence = carrier.map(|carrier| Evidence::Capture { carrier, offset });
                out.emit(role(dir, client), Observed::StreamEnd(how), evidence);
            }
            (State::Ignored, ..) => {}
            _ => self.inside.inner_item(dir, item, out),
        }
        true
    }

    fn become_sure<S: FnMut(Dissected<'_>)>(&mut self, client: Direction, out: &mut Out<'_, S>) {
        let Some(unsure) = self.unsure.take() else { return };
        let Unsure { request, evidence, response } = *unsure;
        out.emit(Role::Client, Observed::Request(Box::new(request)), Some(evidence));
        if let Some((response, evidence)) = response {
            out.emit(Role::Server, Observed::Response(Box::new(response)), Some(evidence));
        }
        self.inside = Dissector { state: State::Frames(Box::new(frames(client))) };
    }
}

/// Frames begin behind the heads, which count for a byte each.
fn frames(client: Direction) -> Frames {
    Frames::new(client, PerDirection { orig: 1, resp: 1 })
}

/// Fields as lines; of those whose name is not known nothing can be said.
fn lines(fields: &[Field]) -> Lines {
    let mut lines = Lines::with_capacity(0, fields.len());
    for field in fields {
        let Some(name) = &field.name else { continue };
        let value = field.value.as_deref().unwrap_or_default();
        lines.push(&String::from_utf8_lossy(name), &String::from_utf8_lossy(value));
    }
    lines.shrink();
    lines
}

impl Span {
    const fn new(carrier: Carrier) -> Self {
        let none = PerDirection { orig: 0, resp: 0 };
        Self { first: carrier, last: carrier, bytes: none, gap_bytes: none }
    }

    fn see(&mut self, carrier: Carrier) {
        self.last = carrier;
    }

    fn take(&mut self, event: &StreamEvent<'_>) {
        match *event {
            StreamEvent::Data { dir, bytes, .. } => {
                self.bytes[dir] = self.bytes[dir].saturating_add(bytes.len() as u64);
            }
            StreamEvent::Gap { dir, len, .. } => {
                self.gap_bytes[dir] = self.gap_bytes[dir].saturating_add(http2::at_least_missing(len));
            }
            StreamEvent::Acked { .. } | StreamEvent::Conflict { .. } => return,
            StreamEvent::End { .. } => {}
        }
        if let Some(carrier) = carrier_of(event) {
            self.see(carrier);
        }
    }
}

impl Told {
    /// Tells what was counted since.
    fn tell<S: FnMut(Dissected<'_>)>(
        &mut self,
        counts: &Counts,
        event: &StreamEvent<'_>,
        out: &mut Out<'_, S>,
    ) {
        let packet = carrier_of(event).map(|carrier| carrier.packet);
        let mut since = |known: &mut u64, now: u64, kind: WeirdKind, detail: &str| {
            let more = now.saturating_sub(*known);
            if more > 0 {
                *known = now;
                out.weirds.add_many(kind, more, packet, || detail.to_owned());
            }
        };
        since(
            &mut self.not_followed,
            counts.streams_not_followed,
            WeirdKind::Http2Cap,
            "WebSocket streams beyond the limit http2-streams are not followed",
        );
        since(
            &mut self.too_long,
            counts.blocks_too_long,
            WeirdKind::Http2Cap,
            "headers of HTTP/2 longer than the limit http2-header-bytes cannot be read; what later ones refer to is lost with them",
        );
        since(
            &mut self.left_out,
            counts.fields_left_out,
            WeirdKind::Http2Cap,
            "header fields beyond the limit http2-header-bytes are left out",
        );
        since(
            &mut self.early,
            counts.early_bytes_dropped,
            WeirdKind::HandshakeCap,
            "bytes that the client sent before the response are left out from the limit handshake-bytes on",
        );
        since(
            &mut self.after_end,
            counts.bytes_after_end,
            WeirdKind::Http2Unread,
            "bytes that came when their sender had ended the stream are left out",
        );
        since(&mut self.http3, counts.http3_offers, WeirdKind::Http3Offered, http::HTTP3_OFFERED);
        since(
            &mut self.unread,
            counts.blocks_unread,
            WeirdKind::Http2Unread,
            "headers of HTTP/2 that cannot be read: damaged, or not wholly recorded; what later ones refer to is lost with them",
        );
        since(
            &mut self.lost,
            counts.lost,
            WeirdKind::Http2Unread,
            "bytes are missing where a frame of HTTP/2 begins; streams go on where frames follow one another again",
        );
    }
}
