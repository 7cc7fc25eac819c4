//! A connection whose opening handshake is not wholly in the recording: whether it carries frames.
//!
//! One side masks, the other does not, and headers follow one another where lengths say: what that weighs against
//! chance decides. Of a connection that asked for the upgrade, or was granted it, less is asked; and of one that is known from its
//! SYN on, but for the beginning of both directions.

mod behind;

use crate::dissect::frames::Frames;
use crate::dissect::head::{HeadKind, PartialHead, Scanned};
use crate::dissect::seek::Seeker;
use crate::dissect::{Dissected, Item, LastAcked, Out, role};
use crate::http::{Start, response_head, upgrade};
use crate::model::{
    Carrier, Direction, Evidence, Observed, PerDirection, Role, StreamEnd, Undecodable, WeirdKind, count,
};
use behind::BehindHoles;

/// For masked frames, where the other direction agrees.
const MASKED: u32 = 40;
/// For unmasked ones beside them.
const UNMASKED: u32 = 16;
/// For masked frames of a connection of which nothing else was seen, up to its end.
const MASKED_ALONE: u32 = 56;
/// For any, whatever the other direction shows.
const BEYOND_DOUBT: u32 = 80;
/// For unmasked frames of a connection of which nothing else was seen. Fields of many protocols look like them,
/// names in certificates too: what they carry must make sense, and segments must end with them.
const UNMASKED_ALONE: u32 = 64;
const MIN_TEXT: u32 = 40;
const MIN_ALIGNED: u32 = 3;

/// Segments of both directions that may fail to begin with a frame.
const MAX_TRIES: u32 = 64;

/// Both directions while that is open.
#[derive(Debug)]
pub(super) struct PickUp {
    /// The side that asked for the upgrade.
    client: Option<Direction>,
    pub(super) acked: LastAcked,
    sides: PerDirection<Side>,
    /// What lies behind the holes that both directions of a connection begin with, while that may be whole frames.
    behind: Option<BehindHoles>,
}

#[derive(Debug)]
struct Side {
    /// A response may begin here.
    head: Option<PartialHead>,
    seeker: Seeker,
    end: Option<(StreamEnd, Option<Carrier>)>,
}

/// What becomes of it.
#[derive(Debug)]
pub(super) enum Picked {
    Open,
    Frames(Box<Frames>),
    NotWebSocket,
}

impl PickUp {
    /// A connection of which nothing is known.
    pub(super) fn unknown() -> Self {
        let side =
            || Side { head: Some(PartialHead::default()), seeker: Seeker::new(0, 0, None, true), end: None };
        let sides = PerDirection { orig: side(), resp: side() };
        Self { client: None, acked: LastAcked::default(), sides, behind: None }
    }

    /// One whose start was seen, and which begins with a hole.
    pub(super) fn behind_hole() -> Self {
        Self { behind: Some(BehindHoles::default()), ..Self::unknown() }
    }

    /// One that has asked for the upgrade; what is read begins at these offsets.
    pub(super) fn asked(client: Direction, starts: PerDirection<u64>) -> Self {
        let mut new = Self::unknown();
        new.client = Some(client);
        for dir in [Direction::Orig, Direction::Resp] {
            let masked = Some(dir == client);
            new.sides[dir].seeker = Seeker::new(starts[dir], starts[dir], masked, dir == client);
            new.sides[dir].head = None;
        }
        new
    }

    /// The side that asked for the upgrade.
    pub(super) const fn client(&self) -> Option<Direction> {
        self.client
    }

    /// Bytes of memory behind what waits for a decision.
    pub(super) fn memory(&self) -> usize {
        let of = |side: &Side| side.head.as_ref().map_or(0, PartialHead::weight) + side.seeker.memory();
        let behind = self.behind.as_ref().map_or(0, BehindHoles::memory);
        of(&self.sides.orig) + of(&self.sides.resp) + behind
    }

    /// Takes an item without a decision: more are at hand.
    pub(super) fn hold(&mut self, dir: Direction, item: Item<'_>) {
        if let Item::End { how, carrier } = item {
            self.sides[dir].end = Some((how, carrier));
        }
        self.sides[dir].seeker.push(item);
    }

    pub(super) fn push<S: FnMut(Dissected<'_>)>(
        &mut self,
        dir: Direction,
        item: Item<'_>,
        out: &mut Out<'_, S>,
    ) -> Picked {
        if let Some(behind) = &mut self.behind
            && !behind.push(dir, item, out.limits.max_resync_bytes)
        {
            self.behind = None;
        }
        let side = &mut self.sides[dir];
        if let (Item::Data { offset, bytes, carrier }, Some(head)) = (item, &mut side.head)
            && (!head.is_empty() || Start::of(bytes) == Start::Response)
        {
            match head.push(HeadKind::Response, offset, bytes, out.limits.max_handshake_bytes) {
                Scanned::More => return Picked::Open,
                Scanned::Whole { head, start, rest } => {
                    let at = offset.saturating_add((bytes.len() - rest.len()) as u64);
                    let rest = Item::Data { offset: at, bytes: rest, carrier };
                    if let Some(frames) = self.granted(dir, &head, start, rest, false, out) {
                        return Picked::Frames(frames);
                    }
                }
                Scanned::Malformed | Scanned::TooLong => {}
            }
        }
        let head = self.sides[dir].head.take();
        if let (Item::Gap { offset, len, carrier, .. }, Some(head)) = (item, head) {
            // Another message may begin behind it.
            self.sides[dir].head = Some(PartialHead::default());
            if let Some((head, start)) = head.whole_lines() {
                let rest = Item::Data { offset: offset.saturating_add(len), bytes: &[], carrier };
                out.weirds.add(WeirdKind::HandshakeGap, Some(carrier.packet), || {
                    "an HTTP header section is cut off: the missing part is unknown".to_owned()
                });
                if let Some(frames) = self.granted(dir, &head, start, rest, true, out) {
                    return Picked::Frames(frames);
                }
            }
        }
        self.hold(dir, item);
        self.decide(out)
    }

    /// A response to a request that is not in the recording: with a 101 for WebSocket frames begin behind it.
    fn granted<S: FnMut(Dissected<'_>)>(
        &mut self,
        server: Direction,
        head: &[u8],
        start: u64,
        rest: Item<'_>,
        cut: bool,
        out: &mut Out<'_, S>,
    ) -> Option<Box<Frames>> {
        let (head, _) = response_head(head).ok()?;
        let Item::Data { offset, bytes, carrier } = rest else { return None };
        if !upgrade::switches(&head) || upgrade::has_more_parts(head.fields, out.limits.max_handshake_parts) {
            return None;
        }
        let evidence = Some(Evidence::Capture { carrier, offset: start });
        out.emit(Role::Client, Observed::HandshakeUnseen, evidence);
        if cut {
            out.emit(Role::Server, Observed::HandshakeUnseen, evidence);
        }
        let response = Box::new(upgrade::response(&head, None, Vec::new()));
        out.emit(Role::Server, Observed::Response(response), evidence);
        self.sides[server].seeker = Seeker::new(offset, offset, Some(false), true);
        let mut frames = Box::new(self.frames(server.flip(), (!cut).then_some(server), out));
        if !bytes.is_empty() {
            frames.push(server, rest, out);
        }
        Some(frames)
    }

    fn frames<S: FnMut(Dissected<'_>)>(
        &mut self,
        client: Direction,
        exact: Option<Direction>,
        out: &mut Out<'_, S>,
    ) -> Frames {
        let mut take =
            |dir: Direction| std::mem::replace(&mut self.sides[dir].seeker, Seeker::new(0, 0, None, false));
        let seekers = PerDirection { orig: take(Direction::Orig), resp: take(Direction::Resp) };
        let ends = PerDirection { orig: self.sides.orig.end, resp: self.sides.resp.end };
        Frames::picked_up(client, exact, seekers, ends, out)
    }

    /// Whether what was seen suffices.
    pub(super) fn decide<S: FnMut(Dissected<'_>)>(&mut self, out: &mut Out<'_, S>) -> Picked {
        if let Some(client) = self.recognised() {
            let asked = self.client.is_some();
            let evidence = [client, client.flip()].into_iter().find_map(|dir| {
                let seeker = &self.sides[dir].seeker;
                let (start, carrier) = (seeker.found()?, seeker.held().carrier()?);
                Some(Evidence::Capture { carrier, offset: start })
            });
            upgraded(asked, evidence, out);
            return Picked::Frames(Box::new(self.frames(client, None, out)));
        }
        let max = out.limits.max_resync_bytes;
        for dir in [Direction::Orig, Direction::Resp] {
            let seeker = &mut self.sides[dir].seeker;
            seeker.trim();
            if seeker.held().weight() > max {
                seeker.forget();
            }
        }
        let PerDirection { orig, resp } = &self.sides;
        let tries = orig.seeker.tries().saturating_add(resp.seeker.tries());
        let over = orig.end.is_some() && resp.end.is_some();
        if over && let Some((client, starts, held)) = self.behind.take().and_then(BehindHoles::frames) {
            let offset = starts[client];
            let evidence = held[client].carrier().map(|carrier| Evidence::Capture { carrier, offset });
            upgraded(false, evidence, out);
            return Picked::Frames(Box::new(Frames::behind_holes(client, starts, held, out)));
        }
        match self.client {
            Some(client) if over => {
                self.unanswered(client, out);
                Picked::NotWebSocket
            }
            None if over || tries > MAX_TRIES => Picked::NotWebSocket,
            _ => Picked::Open,
        }
    }

    /// The client, if this carries frames.
    fn recognised(&self) -> Option<Direction> {
        let both = [Direction::Orig, Direction::Resp];
        if self.client.is_some() {
            return self.client.filter(|_| both.iter().any(|dir| self.sides[*dir].seeker.found().is_some()));
        }
        let over = both.iter().all(|dir| self.sides[*dir].end.is_some());
        both.into_iter().find_map(|dir| {
            let chain = self.sides[dir].seeker.chain()?;
            let other = &self.sides[dir.flip()].seeker;
            let unmasked =
                other.chain().filter(|chain| chain.masked() == Some(false)).map_or(0, |chain| chain.bits());
            let bits = chain.bits();
            match chain.masked()? {
                true if bits >= BEYOND_DOUBT || (bits >= MASKED && unmasked >= UNMASKED) => Some(dir),
                true if other.is_untouched() && over && bits >= MASKED_ALONE => Some(dir),
                false
                    if other.is_untouched()
                        && bits >= UNMASKED_ALONE
                        && chain.text_bits() >= MIN_TEXT
                        && chain.aligned() >= MIN_ALIGNED =>
                {
                    Some(dir.flip())
                }
                _ => None,
            }
        })
    }

    /// The connection that asked for the upgrade is over, and no frames were recognised on it.
    fn unanswered<S: FnMut(Dissected<'_>)>(&self, client: Direction, out: &mut Out<'_, S>) {
        let place =
            |dir: Direction| self.sides[dir].end.and_then(|(_, c)| c).map_or(u64::MAX, |c| c.packet.0);
        let mut order = [Direction::Orig, Direction::Resp];
        order.sort_by_key(|dir| place(*dir));
        for dir in order {
            let side = &self.sides[dir];
            let Some((how, carrier)) = side.end else { continue };
            let from = role(dir, client);
            let (since, end) = (side.seeker.since(), side.seeker.position());
            if end > since {
                out.weirds.add(WeirdKind::HandshakeGap, carrier.map(|c| c.packet), || {
                    format!(
                        "{} from the {} after an incomplete handshake were not read",
                        count(end - since, "byte"),
                        from.name()
                    )
                });
                let skipped = end - since;
                out.emit(from, Observed::Undecodable(Undecodable::FramingLost { skipped }), None);
            }
            let evidence = carrier.map(|carrier| Evidence::Capture { carrier, offset: end });
            out.emit(from, Observed::StreamEnd(how), evidence);
        }
    }
}

/// There was a handshake of which the recording has the request at most.
fn upgraded<S: FnMut(Dissected<'_>)>(asked: bool, evidence: Option<Evidence>, out: &mut Out<'_, S>) {
    if !asked {
        out.emit(Role::Client, Observed::HandshakeUnseen, evidence);
    }
    out.emit(Role::Server, Observed::HandshakeUnseen, evidence);
    out.emit(Role::Server, Observed::Upgraded, evidence);
}
