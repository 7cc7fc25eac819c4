//! The flows of a capture, spread over virtual shards.
//!
//! Which shard a flow is of follows from its addresses alone, and so does how many there are from the limits: results
//! are the same however many threads share the shards among them. Each has its own part of every total.

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::net::IpAddr;

use crate::engine::body::Spools;
use crate::engine::concluded::Concluded;
use crate::engine::connection::{Finished, Turn, Watched};
use crate::engine::connects::Attempt;
use crate::engine::recorder::{Common, Keep, Told};
use crate::limits::Limits;
use crate::model::suite::Version;
use crate::model::{PacketNo, Segment, TcpFlags, Timestamp, WeirdKind, Weirds};
use crate::tcp::{Flow, FlowTable, LIGHT};
use crate::tls::Keys;

/// Shards where there is room for flows enough to spread them.
const MAX_SHARDS: usize = 64;

/// Flows for which a shard of its own is worth while: below, parts of a total would be too uneven.
const MIN_FLOWS: usize = 1_024;

/// The segment that a flow began with: its packet, and which segment of that packet it is, for one packet can begin
/// several flows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Start {
    pub(super) packet: PacketNo,
    pub(super) nth: u32,
}

/// What came of a segment.
#[derive(Debug)]
pub(super) enum Happened {
    /// It begins a flow.
    Opened,
    /// Something that somebody wants to hear of at once, on the flow that began with that segment and a stream of it.
    Told(Start, Option<u32>, Box<Told>),
    /// That flow carries something else than WebSocket.
    Left(Start),
    /// A conversation of that flow is over. A flow can carry several; which stream carried it, it says itself.
    Concluded(Start, Box<Concluded>),
    /// That flow is over before TCP was established.
    NotConnected(Start, Box<Attempt>),
    /// That flow is over; what was odd about it outside of conversations.
    Over(Start, Weirds),
    /// Oddities that belong to no flow.
    Odd(Weirds),
}

/// With the place of the segment that it came of.
pub(super) type Happenings = Vec<(Start, Happened)>;

/// A flow's state, and which segment of its first packet it began with.
#[derive(Debug)]
struct Tracked {
    nth: u32,
    watched: Watched,
}

/// One shard.
#[derive(Debug)]
struct Shard {
    table: FlowTable<Tracked>,
    /// Latest time of a segment of it: how far the recording went on for its flows that had not ended.
    last_at: Option<Timestamp>,
    common: Common,
}

/// Some of the shards of a capture: all of them, or those of one thread.
#[derive(Debug)]
pub(super) struct Shards {
    shards: Vec<Shard>,
    terms: Terms,
}

/// What a thread goes by.
#[derive(Clone, Debug)]
pub(super) struct Terms {
    pub(super) limits: Limits,
    pub(super) keep: Keep,
    /// Those of TLS, as they are known at this place of the recording.
    pub(super) keys: Keys,
    /// Where long messages go while they are put together.
    pub(super) spools: Option<Spools>,
    /// The suite that made the reports, whatever they say.
    pub(super) suite: Option<Version>,
    /// There are several recordings: connections are looked for in the others, too.
    pub(super) trails: bool,
    /// Its number.
    pub(super) maker: usize,
}

impl Terms {
    /// Those of a thread that does all by itself.
    pub(super) fn new(limits: &Limits, keep: Keep, keys: &Keys) -> Self {
        Self {
            limits: limits.clone(),
            keep,
            keys: keys.clone(),
            spools: None,
            suite: None,
            trails: false,
            maker: 0,
        }
    }
}

/// How many shards there are.
pub(super) fn count(limits: &Limits) -> usize {
    (limits.max_flows / MIN_FLOWS).clamp(1, MAX_SHARDS)
}

/// The shard of a segment, of `count`: the same for both directions, and on every machine.
#[inline]
pub(super) fn of(segment: &Segment<'_>, count: usize) -> usize {
    if count == 1 {
        return 0;
    }
    let ends = match (segment.src.ip(), segment.dst.ip()) {
        (IpAddr::V4(a), IpAddr::V4(b)) => u64::from(u32::from(a) ^ u32::from(b)),
        (a, b) => {
            let number = |ip: IpAddr| match ip {
                IpAddr::V4(ip) => u128::from(u32::from(ip)),
                IpAddr::V6(ip) => u128::from(ip),
            };
            let ends = number(a) ^ number(b);
            (ends >> 64) as u64 ^ ends as u64
        }
    };
    let ports = u64::from(segment.src.port() ^ segment.dst.port());
    // Fibonacci hashing: the top bits depend on all bits.
    let sum = (ends ^ ports << 32).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    ((sum >> 32) as usize * count) >> 32
}

impl Shards {
    /// Shards `first`, `first + step` … of those there are.
    pub(super) fn new(terms: Terms, step: usize) -> Self {
        let Terms { limits, maker: first, .. } = &terms;
        let (first, count) = (*first, count(limits));
        let max_listed = limits.max_all_listed_frame_bytes.div_ceil(count);
        let shards = (first..count)
            .step_by(step.max(1))
            .map(|_| Shard {
                table: FlowTable::new(limits, count),
                last_at: None,
                common: Common::new(max_listed),
            })
            .collect();
        Self { shards, terms }
    }

    /// Takes the next segment, which is of the shard at `index` of these; says what came of it.
    pub(super) fn push(&mut self, index: usize, segment: &Segment<'_>, nth: u32, out: &mut Happenings) {
        let Self { shards, terms } = self;
        let Some(Shard { table, last_at, common }) = shards.get_mut(index) else { return };
        *last_at = (*last_at).max(segment.at);
        let here = Start { packet: segment.no, nth };
        let mut weirds = Weirds::default();
        let mut is_new = false;
        let flow = table.route(segment, &mut weirds, |_| {
            is_new = true;
            Tracked { nth, watched: Watched::new(segment.flags.has(TcpFlags::SYN)) }
        });
        if is_new {
            out.push((here, Happened::Opened));
            if terms.keep.journeys {
                flow.connection.keep_trails(!terms.trails);
            }
            if terms.keep.moments {
                flow.connection.keep_moments(terms.limits.max_tcp_moments);
            }
        }
        let start = Start { packet: flow.connection.first_packet(), nth: flow.state.nth };
        let Flow { connection, state, .. } = &mut *flow;
        let turn = state.watched.segment(connection, segment, terms, common);
        let mut given = state.watched.take_done();
        if terms.keep.as_they_end {
            given.extend(state.watched.give(connection, terms, common));
        }
        let bytes = segment.payload.len();
        if bytes > 0 && flow.is_due(bytes, flow.state.watched.is_settled()) {
            let (watched, connection) = (&flow.state.watched, &flow.connection);
            let held = if watched.holds_at_most(LIGHT, connection) { 0 } else { watched.held(connection) };
            if !flow.is_weighed(held) {
                table.weigh(
                    segment.no,
                    &mut weirds,
                    |flow| flow.state.watched.held(&flow.connection),
                    |flow| flow.state.watched.relieve(),
                );
            }
        }
        if !common.told.is_empty() {
            tell(&mut common.told, here, start, out);
        }
        if turn == Turn::Left {
            out.push((here, Happened::Left(start)));
        }
        for mut concluded in given {
            concluded.maker = terms.maker;
            out.push((here, Happened::Concluded(start, concluded)));
        }
        if !weirds.is_empty() {
            out.push((here, Happened::Odd(weirds)));
        }
        while let Some(flow) = table.next_ended() {
            end(flow, *last_at, terms, here, common, out);
        }
    }

    /// From here on these keys are known.
    pub(super) fn learn(&mut self, keys: Keys) {
        self.terms.keys = keys;
    }

    /// Latest time of a segment.
    pub(super) fn last_at(&self) -> Option<Timestamp> {
        self.shards.iter().map(|shard| shard.last_at).max().flatten()
    }

    /// The recording is over, `last_at` the time of its last segment: what is still open ends, in the order in which it
    /// began. `take` gets what came of each.
    pub(super) fn finish<E>(
        mut self,
        last_at: Option<Timestamp>,
        mut take: impl FnMut(&mut Happenings) -> Result<(), E>,
    ) -> Result<(), E> {
        let Self { shards, terms } = &mut self;
        let mut next: BinaryHeap<Reverse<(Start, usize)>> = BinaryHeap::new();
        let start = |table: &FlowTable<Tracked>| {
            let Flow { connection, state, .. } = table.peek_ended()?;
            Some(Start { packet: connection.first_packet(), nth: state.nth })
        };
        for (index, shard) in shards.iter_mut().enumerate() {
            shard.table.finish();
            next.extend(start(&shard.table).map(|start| Reverse((start, index))));
        }
        let mut out = Happenings::new();
        while let Some(Reverse((_, index))) = next.pop() {
            let Some(Shard { table, common, .. }) = shards.get_mut(index) else { continue };
            if let Some(flow) = table.next_ended() {
                let here = Start { packet: flow.connection.first_packet(), nth: flow.state.nth };
                end(flow, last_at, terms, here, common, &mut out);
                take(&mut out)?;
            }
            next.extend(start(table).map(|start| Reverse((start, index))));
        }
        Ok(())
    }
}

/// Passes on what was told of the flow that began at `start`.
#[cold]
fn tell(told: &mut Vec<(Option<u32>, Told)>, here: Start, start: Start, out: &mut Happenings) {
    out.extend(told.drain(..).map(|(stream, told)| (here, Happened::Told(start, stream, Box::new(told)))));
}

/// Ends a flow; `here` is what ended it, `last_at` how far the recording is known to have gone on.
fn end(
    flow: Flow<Tracked>,
    last_at: Option<Timestamp>,
    terms: &Terms,
    here: Start,
    common: &mut Common,
    out: &mut Happenings,
) {
    let Terms { limits, maker, .. } = terms;
    let Flow { mut connection, state: Tracked { nth, watched }, .. } = flow;
    let start = Start { packet: connection.first_packet(), nth };
    // One that has ended is let go of at some later packet; which one must not show.
    let ended_at = connection.ended_at();
    let given_up = ended_at.map(|at| at.plus_seconds(limits.max_idle_seconds));
    let was_idle = !connection.is_closed() && given_up.is_some_and(|at| last_at > Some(at));
    let until = match () {
        () if connection.is_closed() => ended_at,
        () if was_idle => given_up,
        () => last_at,
    };
    let last_packet = connection.last_packet();
    let result = watched.finish(&mut connection, terms, until, common);
    if !common.told.is_empty() {
        tell(&mut common.told, here, start, out);
    }
    let note = |weirds: &mut Weirds| {
        if was_idle {
            weirds.add(WeirdKind::FlowIdle, Some(last_packet), || {
                let max = limits.max_idle_seconds;
                format!("not closed, and silent for more than {max} s after this packet; dropped")
            });
        }
    };
    let Finished { concluded, mut weirds } = result;
    let is_other = concluded.is_empty();
    for mut concluded in concluded {
        note(&mut concluded.conversation.weirds);
        concluded.maker = *maker;
        out.push((here, Happened::Concluded(start, concluded)));
    }
    if is_other {
        note(&mut weirds);
        if let Some(attempt) = Attempt::of(&connection, until, *maker) {
            out.push((here, Happened::NotConnected(start, Box::new(attempt))));
        }
    }
    out.push((here, Happened::Over(start, weirds)));
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{HeaderSigns, SeqNo};

    fn segment(src: &str, dst: &str) -> Segment<'static> {
        let address = |text: &str| text.parse().unwrap_or_else(|_| panic!("{text}"));
        Segment {
            no: PacketNo(1),
            at: None,
            src: address(src),
            dst: address(dst),
            seq: SeqNo(0),
            ack: None,
            flags: TcpFlags(0),
            header: HeaderSigns::default(),
            payload: &[],
            cut_off: 0,
        }
    }

    #[test]
    fn both_directions_are_of_one_shard_and_flows_of_all() {
        let mut seen = [0_u32; MAX_SHARDS];
        for n in 0..6_400_u32 {
            let (client, server) =
                (format!("10.0.{}.{}:{}", n / 250, n % 250, 30_000 + n % 977), "192.0.2.1:80");
            let shard = of(&segment(&client, server), MAX_SHARDS);
            assert_eq!(shard, of(&segment(server, &client), MAX_SHARDS));
            seen[shard] += 1;
        }
        assert!(seen.iter().all(|n| (40..200).contains(n)), "{seen:?}");
        let mut ports = [false; MAX_SHARDS];
        for port in 1_024..3_024 {
            ports[of(&segment(&format!("[2001:db8::1]:{port}"), "[2001:db8::2]:443"), MAX_SHARDS)] = true;
        }
        assert!(ports.iter().all(|seen| *seen), "one client's flows are spread too");
    }

    #[test]
    fn few_flows_are_not_parted() {
        let limits = |max_flows| Limits { max_flows, ..Limits::default() };
        for (flows, shards) in [(0, 1), (2, 1), (2_047, 1), (2_048, 2), (1_000_000, 64)] {
            assert_eq!(count(&limits(flows)), shards, "{flows}");
        }
    }
}
