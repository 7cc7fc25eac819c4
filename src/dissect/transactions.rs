//! A connection before its upgrade: HTTP transactions, each a request with its responses.
//!
//! One request is out at a time. The client's next message waits for the answer to the one before, the server's
//! for a request to answer: so pipelining, and a response captured before its request, are only a wait. A wait
//! that cannot end, because the other direction is over, is broken off.

mod breaks;
mod messages;

use std::mem;

use crate::dissect::frames::{self, Frames};
use crate::dissect::head::{HeadKind, PartialHead, Scanned};
use crate::dissect::held::Held;
use crate::dissect::pick_up::PickUp;
use crate::dissect::seek::Seeker;
use crate::dissect::{Dissected, Item, LastAcked, Out};
use crate::http::grammar::skip_empty_lines;
use crate::http::{Body, Length, Start, response_head, upgrade};
use crate::http2;
use crate::model::{Carrier, Direction, PerDirection, WeirdKind};

use messages::{Answer, Asked};

/// What becomes of the connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Verdict {
    /// Still HTTP, or a candidate that can no longer be read.
    Open,
    /// Frames follow; what waits is theirs.
    Switch,
    /// Part of it is not in the recording; what waits may be frames.
    PickUp,
    /// HTTP/2; what waits is frames of that.
    Http2(Http2Role),
    /// No WebSocket connection.
    NotWebSocket,
}

/// Who was the first to show that it is HTTP/2.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Http2Role {
    /// The client: the head of its preface was read.
    Client(Direction),
    /// The server, by its first SETTINGS.
    Server(Direction),
    /// Somebody, in the middle of a connection.
    Unknown,
}

#[derive(Debug, Default)]
pub(super) struct Transactions {
    /// Sender of the requests.
    client: Option<Direction>,
    /// A request for an upgrade was observed.
    candidate: bool,
    /// The request whose final response has not come.
    asked: Option<Asked>,
    /// The answer to a request for an upgrade, while its body is coming.
    answer: Option<Box<Answer>>,
    /// The response to the candidate switches, its request is still being sent.
    switched: bool,
    /// It may have begun before the recording: what comes first need not be what was sent first.
    mid_stream: bool,
    /// Directions whose part of it was not whole: where frames begin has to be looked for.
    cut: PerDirection<bool>,
    /// The client's stream ends inside the head of its request.
    unfinished: bool,
    pub(super) acked: LastAcked,
    sides: PerDirection<Side>,
}

#[derive(Debug, Default)]
struct Side {
    stage: Stage,
    head: PartialHead,
    held: Held,
    /// Offset of the next byte that was not read.
    position: u64,
    /// Its end was reached.
    over: bool,
}

#[derive(Debug, Default)]
enum Stage {
    /// At or inside a head.
    #[default]
    Head,
    Body(Body),
    /// Nothing more can be read here.
    Ignored,
}

impl Stage {
    fn body(length: Length) -> Self {
        let body = Body::new(length);
        if body.is_done() { Self::Head } else { Self::Body(body) }
    }
}

impl Transactions {
    pub(super) fn new(mid_stream: bool) -> Self {
        Self { mid_stream, ..Self::default() }
    }

    /// Of a connection in which `client` asks, seen from its start.
    pub(super) fn of(client: Direction) -> Self {
        Self { client: Some(client), ..Self::default() }
    }

    pub(super) const fn client(&self) -> Option<Direction> {
        self.client
    }

    pub(super) const fn is_candidate(&self) -> bool {
        self.candidate
    }

    pub(super) fn push<S: FnMut(Dissected<'_>)>(
        &mut self,
        dir: Direction,
        item: Item<'_>,
        out: &mut Out<'_, S>,
    ) -> Verdict {
        if self.client.is_none() {
            if self.is_blank(dir, &item) {
                return Verdict::Open;
            }
            match self.begins_http_2(dir, &item) {
                (http2::Begins::Here, role) => {
                    self.sides[dir].held.push(item);
                    return Verdict::Http2(role);
                }
                (http2::Begins::Open, _) => return self.hold(dir, item, out),
                (http2::Begins::Not, _) => {}
            }
            if !self.find_client(dir, &item) {
                return Verdict::NotWebSocket;
            }
        }
        let verdict = if self.client.is_none() || !self.sides[dir].held.is_empty() || self.waits(dir) {
            self.hold(dir, item, out)
        } else {
            let (used, verdict) = self.read(dir, item, out);
            self.hold_rest(dir, item, used, verdict);
            verdict
        };
        if verdict == Verdict::Open { self.read_held(out) } else { verdict }
    }

    /// Bytes of memory behind heads that are not whole, and what waits.
    pub(super) fn memory(&self) -> usize {
        let of = |side: &Side| side.head.weight() + side.held.memory();
        of(&self.sides.orig) + of(&self.sides.resp) + self.answer.as_ref().map_or(0, |answer| answer.weight())
    }

    /// Frames begin where HTTP was read up to.
    pub(super) fn frames(&self) -> Frames {
        let mut frames = Frames::new(self.client.unwrap_or(Direction::Orig), self.positions());
        for dir in [Direction::Orig, Direction::Resp] {
            if self.cut[dir] {
                frames.look_for(dir);
            }
        }
        frames
    }

    fn positions(&self) -> PerDirection<u64> {
        PerDirection { orig: self.sides.orig.position, resp: self.sides.resp.position }
    }

    /// What goes on where part of the handshake is not in the recording.
    pub(super) fn pick_up(&self) -> PickUp {
        match self.client.filter(|_| self.candidate) {
            Some(client) => PickUp::asked(client, self.positions()),
            None => PickUp::unknown(),
        }
    }

    /// Gives away what waits, both directions in the order of the capture.
    pub(super) fn release(&mut self, mut take: impl FnMut(Direction, Item<'_>)) {
        let mut held = PerDirection {
            orig: mem::take(&mut self.sides.orig.held),
            resp: mem::take(&mut self.sides.resp.held),
        };
        frames::release(&mut held, &mut take);
    }

    /// Whether the item is nothing but empty lines in front of the first message.
    fn is_blank(&self, dir: Direction, item: &Item<'_>) -> bool {
        let Item::Data { bytes, .. } = item else { return false };
        self.sides[dir].held.is_empty() && skip_empty_lines(bytes).is_empty()
    }

    /// Whether HTTP/2 begins with the first bytes of a direction, and whose they then are.
    fn begins_http_2(&self, dir: Direction, item: &Item<'_>) -> (http2::Begins, Http2Role) {
        let not = (http2::Begins::Not, Http2Role::Unknown);
        let Item::Data { bytes, .. } = *item else { return not };
        let held = self.sides[dir].held.bytes();
        if held.first().or(bytes.first()) != Some(&0) {
            return not;
        }
        let joined;
        let bytes = if held.is_empty() {
            bytes
        } else {
            joined = [held, bytes].concat();
            &joined
        };
        match http2::Begins::of_server(bytes) {
            http2::Begins::Not if self.mid_stream => {
                (http2::Begins::in_the_middle(bytes), Http2Role::Unknown)
            }
            begins => (begins, Http2Role::Server(dir)),
        }
    }

    /// Looks at the first bytes of a direction. False where they make it certain that this is not HTTP.
    fn find_client(&mut self, dir: Direction, item: &Item<'_>) -> bool {
        let other_is_over = self.sides[dir.flip()].held.is_ended();
        let Item::Data { bytes, .. } = *item else {
            return matches!(item, Item::End { .. }) && !other_is_over;
        };
        let waiting = skip_empty_lines(self.sides[dir].held.bytes());
        let start = if waiting.is_empty() {
            Start::of(skip_empty_lines(bytes))
        } else {
            // Bytes wait only while they may be the start of a method: not many.
            Start::of(&[waiting, bytes].concat())
        };
        self.client = match start {
            Start::Request => Some(dir),
            Start::Response => Some(dir.flip()),
            Start::Open => None,
            Start::Neither => return false,
        };
        true
    }

    /// Whether the direction must not go on before the other one has.
    fn waits(&self, dir: Direction) -> bool {
        matches!(self.sides[dir].stage, Stage::Head) && !self.has_turn(dir) && !self.sides[dir.flip()].over
    }

    /// Whether the next message is this direction's.
    fn has_turn(&self, dir: Direction) -> bool {
        !self.switched && self.asked.is_some() != (Some(dir) == self.client)
    }

    fn hold<S>(&mut self, dir: Direction, item: Item<'_>, out: &mut Out<'_, S>) -> Verdict {
        let held = &self.sides[dir].held;
        let (offset, len, carrier) = match item {
            Item::Data { offset, bytes, carrier } => (offset, bytes.len() as u64, carrier),
            Item::Gap { offset, len, carrier, .. } => (offset, len, carrier),
            Item::End { .. } => {
                self.sides[dir].held.push(item);
                return Verdict::Open;
            }
        };
        let cap = out.limits.max_handshake_bytes;
        let kept = if let Item::Data { bytes, .. } = item { bytes.len() } else { 1 };
        if held.weight().saturating_add(kept) <= cap {
            self.sides[dir].held.push(item);
            return Verdict::Open;
        }
        if !held.is_dropping() && self.candidate == (Some(dir) == self.client) {
            let can_go_on = if self.candidate {
                let start = self.sides[dir].position;
                Seeker::new(start, start, Some(true), true).finds(held)
            } else {
                response_head(held.bytes()).is_ok_and(|(head, _)| upgrade::switches(&head))
            };
            if can_go_on {
                // The response, or the request, will not come any more.
                self.sides[dir].held.push(item);
                return Verdict::PickUp;
            }
        }
        let held = &mut self.sides[dir].held;
        if held.push_dropped(offset, len, carrier) {
            let detail = || format!("more than {cap} bytes are waiting for the other side to send its part");
            out.weirds.add(WeirdKind::HandshakeCap, Some(carrier.packet), detail);
        }
        if self.candidate { Verdict::Open } else { Verdict::NotWebSocket }
    }

    /// Keeps what was not used of an item, all of it: it is part of one segment. What is picked up begins with it.
    fn hold_rest(&mut self, dir: Direction, item: Item<'_>, used: usize, verdict: Verdict) {
        if verdict == Verdict::PickUp && !matches!(item, Item::Data { .. }) {
            self.sides[dir].held.push(item);
        }
        if let Item::Data { offset, bytes, carrier } = item
            && let Some(rest) = bytes.get(used..).filter(|rest| !rest.is_empty())
        {
            let offset = offset.saturating_add(used as u64);
            self.sides[dir].held.push(Item::Data { offset, bytes: rest, carrier });
        }
    }

    /// Reads what waits, as far as it need not wait any longer.
    fn read_held<S: FnMut(Dissected<'_>)>(&mut self, out: &mut Out<'_, S>) -> Verdict {
        if self.client.is_none() {
            return Verdict::Open;
        }
        loop {
            let ready = |dir: &Direction| !self.sides[*dir].held.is_empty() && !self.waits(*dir);
            let Some(dir) = [Direction::Orig, Direction::Resp].into_iter().find(ready) else {
                return Verdict::Open;
            };
            let mut held = mem::take(&mut self.sides[dir].held);
            let mut verdict = Verdict::Open;
            if let Some(item) = held.front() {
                let used;
                (used, verdict) = self.read(dir, item, out);
                if verdict != Verdict::PickUp || used > 0 {
                    held.consume(used);
                }
            }
            if !held.is_empty() {
                self.sides[dir].held = held;
            }
            if verdict != Verdict::Open {
                return verdict;
            }
        }
    }

    /// Reads an item. Gives the number of bytes used of its data: not all where the rest must wait.
    fn read<S: FnMut(Dissected<'_>)>(
        &mut self,
        dir: Direction,
        item: Item<'_>,
        out: &mut Out<'_, S>,
    ) -> (usize, Verdict) {
        match item {
            Item::Data { offset, bytes, carrier } => self.data(dir, offset, bytes, carrier, out),
            Item::Gap { offset, len, cause, carrier } => {
                self.sides[dir].position = offset.saturating_add(len);
                (0, self.gap(dir, offset, len, cause, carrier, out))
            }
            Item::End { how, carrier } => (0, self.end(dir, how, carrier, out)),
        }
    }

    fn data<S: FnMut(Dissected<'_>)>(
        &mut self,
        dir: Direction,
        offset: u64,
        bytes: &[u8],
        carrier: Carrier,
        out: &mut Out<'_, S>,
    ) -> (usize, Verdict) {
        let mut rest = bytes;
        let mut verdict = Verdict::Open;
        while !rest.is_empty() && verdict == Verdict::Open && !self.waits(dir) {
            let has_turn = self.has_turn(dir);
            let at = offset.saturating_add((bytes.len() - rest.len()) as u64);
            if self.client != Some(dir) && !matches!(self.sides[dir].stage, Stage::Head) {
                self.answer_body(rest, out);
            }
            let side = &mut self.sides[dir];
            match &mut side.stage {
                Stage::Ignored => rest = &[],
                Stage::Body(body) => match body.push(rest, |_| ()) {
                    Ok(behind) => {
                        rest = behind;
                        verdict = self.end_body(dir);
                    }
                    Err(_) => verdict = self.malformed(dir, carrier, out),
                },
                // The other direction is over.
                Stage::Head if !has_turn => rest = &[],
                Stage::Head => {
                    let is_client = self.client == Some(dir);
                    let kind = if is_client { HeadKind::Request } else { HeadKind::Response };
                    match side.head.push(kind, at, rest, out.limits.max_handshake_bytes) {
                        Scanned::More => rest = &[],
                        Scanned::Whole { head, start, rest: behind } => {
                            rest = behind;
                            verdict = if is_client {
                                self.request(dir, &head, start, carrier, out)
                            } else {
                                self.response(dir, &head, start, carrier, out)
                            };
                        }
                        Scanned::Malformed => {
                            let carrier = side.head.mark_foreign(carrier);
                            if side.head.wants_more() && self.tells_foreign(dir).is_some() {
                                rest = &[];
                            } else {
                                let head = mem::take(&mut self.sides[dir].head);
                                verdict = self.not_http(dir, head.bytes(), head.start(), carrier, out);
                            }
                        }
                        Scanned::TooLong => verdict = self.too_long(dir, at, carrier, out),
                    }
                }
            }
        }
        let used = bytes.len() - rest.len();
        self.sides[dir].position = offset.saturating_add(used as u64);
        (used, verdict)
    }

    /// Goes on to the next message where a body is over.
    fn end_body(&mut self, dir: Direction) -> Verdict {
        let stage = &mut self.sides[dir].stage;
        if !matches!(stage, Stage::Body(body) if body.is_done()) {
            return Verdict::Open;
        }
        *stage = Stage::Head;
        if self.switched { Verdict::Switch } else { Verdict::Open }
    }
}
