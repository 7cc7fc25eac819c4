//! How a footprint is packed: what it is found by first, then its samples, then the rest.

use std::sync::Arc;

use crate::journey::footprint::{End, Footprint, Sent, Side, ToldCode};
use crate::journey::footprints::{Head, Words};
use crate::journey::packed::{Packer, Unpacker};
use crate::model::{
    Certainty, CloseCode, ConversationId, PacketNo, PerRole, Role, Sample, SeqNo, Timestamp, Trail, Trails,
};

const ENDS: u8 = 1;
const KEY: u8 = 1 << 1;
const TARGET: u8 = 1 << 2;
const TRAILS: u8 = 1 << 3;
const FORWARDED: u8 = 1 << 4;
const SECURED: u8 = 1 << 5;
const HTTP2: u8 = 1 << 6;
const ASSUMED: u8 = 1 << 7;

/// Of a side.
const CLOSE_KNOWN: u8 = 1;
const CLOSE: u8 = 1 << 1;
const CLEAN_KNOWN: u8 = 1 << 2;
const CLEAN: u8 = 1 << 3;
const UNACKNOWLEDGED: u8 = 1 << 4;

/// The flags of what is so.
fn flags<const N: usize>(all: [(bool, u8); N]) -> u8 {
    all.into_iter().filter(|(is_so, _)| *is_so).fold(0, |flags, (_, flag)| flags | flag)
}

/// All of it but its words; `path` is the place of its file.
pub(super) fn pack(of: &Footprint, path: Option<u64>, to: &mut Packer<'_>) {
    pack_head(of, to);
    if let Some(trails) = &of.trails {
        for role in Role::BOTH {
            to.near(of.began);
            pack_samples(&trails[role], to);
        }
    }
    let Footprint { id, passed_on_for, fields, status, sides, trails, first_end, idle_ns, .. } = of;
    to.maybe(path);
    to.number(id.input.map_or(0, |input| input.get().into()));
    to.number(id.flow);
    to.maybe(id.stream.map(u64::from));
    to.near(of.began);
    for role in Role::BOTH {
        pack_side(&sides[role], to);
        if let Some(trails) = trails {
            pack_trail(&trails[role], trails[role.peer()].isn, to);
        }
        to.list(&fields[role], |to, (at, value)| {
            to.byte(*at);
            to.raw(value.to_le_bytes());
        });
    }
    to.list(passed_on_for, |to, ip| to.ip(*ip));
    to.maybe(status.map(u64::from));
    to.maybe(first_end.map(|(by, _)| u64::from(by == Role::Server)));
    if let Some((_, how)) = first_end {
        to.how(*how);
    }
    to.time(idle_ns.map(Timestamp));
}

pub(super) fn unpack(words: Words, paths: &[Arc<str>], from: &mut Unpacker<'_>) -> Footprint {
    let head = head(from);
    let has = |flag: u8| head.flags & flag != 0;
    let samples = samples(&head, from);
    let path = from.maybe().and_then(|at| paths.get(at as usize)).cloned();
    let id = ConversationId {
        input: from.word().try_into().ok(),
        flow: from.number(),
        stream: from.maybe().map(|stream| stream as u32),
    };
    from.near(head.began);
    let mut side = |role: Role, samples: Vec<Sample>| {
        let side = side(words.told[role], head.carried, role, from);
        let trail = head.isns.map(|isns| trail(isns[role], isns[role.peer()], samples, from));
        let fields = from.list(|from| (from.byte(), u64::from_le_bytes(from.raw())));
        (side, trail, fields)
    };
    let PerRole { client, server } = samples;
    let (client, server) = (side(Role::Client, client), side(Role::Server, server));
    let trails = client.1.zip(server.1).map(|(client, server)| Trails::new(PerRole { client, server }));
    Footprint {
        id,
        path,
        capture: head.capture,
        ends: head.ends,
        key: head.key,
        handshake: head.handshake,
        target: head.target,
        is_forwarded: head.is_forwarded,
        fields: PerRole { client: client.2, server: server.2 },
        began: head.began,
        sides: PerRole { client: client.0, server: server.0 },
        trails,
        outcome: words.outcome,
        cause: words.cause,
        started_by: words.started_by,
        owes: words.owes,
        is_secured: has(SECURED),
        is_http2: has(HTTP2),
        is_assumed: head.is_assumed,
        tester: words.tester,
        passed_on_for: from.list(Unpacker::ip),
        status: from.maybe().map(|status| status as u16),
        first_end: from.maybe().map(|by| (if by == 0 { Role::Client } else { Role::Server }, from.how())),
        idle_ns: from.time().map(|ns| ns.0),
    }
}

fn pack_head(of: &Footprint, to: &mut Packer<'_>) {
    to.byte(flags([
        (of.ends.is_some(), ENDS),
        (of.key.is_some(), KEY),
        (of.target.is_some(), TARGET),
        (of.trails.is_some(), TRAILS),
        (of.is_forwarded, FORWARDED),
        (of.is_secured, SECURED),
        (of.is_http2, HTTP2),
        (of.is_assumed, ASSUMED),
    ]));
    to.number(of.capture as u64);
    if let Some(ends) = of.ends {
        to.end(ends.client);
        to.end(ends.server);
    }
    of.key.into_iter().for_each(|key| to.raw(key));
    of.target.into_iter().for_each(|target| to.raw(target.to_le_bytes()));
    of.carried().into_iter().for_each(|n| to.number(n));
    if let Some(trails) = &of.trails {
        to.maybe(trails.client.isn.map(|isn| isn.0.into()));
        to.maybe(trails.server.isn.map(|isn| isn.0.into()));
    }
    to.time(of.began);
    to.time(of.handshake.client);
    to.time(of.handshake.server);
}

pub(super) fn head(from: &mut Unpacker<'_>) -> Head {
    let flags = from.byte();
    let has = |flag: u8| flags & flag != 0;
    let isn = |from: &mut Unpacker<'_>| from.maybe().map(|isn| SeqNo(isn as u32));
    Head {
        flags,
        is_forwarded: has(FORWARDED),
        is_assumed: has(ASSUMED),
        capture: from.number() as usize,
        ends: has(ENDS).then(|| PerRole { client: from.end(), server: from.end() }),
        key: has(KEY).then(|| from.raw()),
        target: has(TARGET).then(|| u64::from_le_bytes(from.raw())),
        carried: std::array::from_fn(|_| from.number()),
        isns: has(TRAILS).then(|| PerRole { client: isn(from), server: isn(from) }),
        began: from.time(),
        handshake: PerRole { client: from.time(), server: from.time() },
    }
}

fn pack_samples(trail: &Trail, to: &mut Packer<'_>) {
    to.list(&trail.samples, |to, sample| {
        to.raw(sample.mark.to_le_bytes());
        to.number(u64::from(from_syn(sample.seq, trail.isn)) << 1 | u64::from(sample.is_ambiguous));
        to.time(Some(sample.at));
    });
}

pub(super) fn samples(head: &Head, from: &mut Unpacker<'_>) -> PerRole<Vec<Sample>> {
    let Some(isns) = head.isns else { return PerRole::default() };
    let mut of = |isn: Option<SeqNo>| {
        from.near(head.began);
        from.list(|from| {
            let (mark, number) = (u64::from_le_bytes(from.raw()), from.number());
            Sample {
                mark,
                seq: behind_syn((number >> 1) as u32, isn),
                at: from.time().unwrap_or(Timestamp(0)),
                is_ambiguous: number & 1 == 1,
            }
        })
    };
    PerRole { client: of(isns.client), server: of(isns.server) }
}

/// A number as it is counted from that of a SYN.
fn from_syn(seq: SeqNo, isn: Option<SeqNo>) -> u32 {
    seq.0.wrapping_sub(isn.map_or(0, |isn| isn.0))
}

fn behind_syn(n: u32, isn: Option<SeqNo>) -> SeqNo {
    isn.unwrap_or(SeqNo(0)).plus(n)
}

/// But for its samples and the number of its SYN.
fn pack_trail(trail: &Trail, peer: Option<SeqNo>, to: &mut Packer<'_>) {
    to.byte(trail.is_whole.into());
    for n in [trail.segments, trail.payload_bytes, trail.copies, trail.copied_bytes, trail.unnamed] {
        to.number(n);
    }
    to.number(trail.largest.into());
    to.maybe(trail.next.map(|next| from_syn(next, trail.isn).into()));
    to.maybe(trail.acked.map(|acked| from_syn(acked, peer).into()));
    to.time(trail.first_at);
    to.time(trail.last_at);
}

fn trail(isn: Option<SeqNo>, peer: Option<SeqNo>, samples: Vec<Sample>, from: &mut Unpacker<'_>) -> Trail {
    Trail {
        is_whole: from.byte() == 1,
        isn,
        segments: from.number(),
        payload_bytes: from.number(),
        copies: from.number(),
        copied_bytes: from.number(),
        unnamed: from.number(),
        largest: from.word(),
        next: from.maybe().map(|n| behind_syn(n as u32, isn)),
        acked: from.maybe().map(|n| behind_syn(n as u32, peer)),
        first_at: from.time(),
        last_at: from.time(),
        samples,
    }
}

/// But for what stands in the head.
fn pack_side(side: &Side, to: &mut Packer<'_>) {
    to.byte(flags([
        (side.sent_close.is_some(), CLOSE_KNOWN),
        (side.sent_close == Some(true), CLOSE),
        (side.told.was_clean.is_some(), CLEAN_KNOWN),
        (side.told.was_clean == Some(true), CLEAN),
        (side.is_unacknowledged, UNACKNOWLEDGED),
    ]));
    to.time(side.last_at);
    to.time(side.closed_at);
    to.maybe(side.code.map(|code| code.0.into()));
    to.maybe(side.told.code.map(|code| code.0.into()));
    to.raw([side.ttl.0, side.ttl.1]);
    let Sent { pings, pongs, stream_bytes, gap_bytes, retransmitted_bytes, .. } = side.sent;
    for n in [pings, pongs, stream_bytes, gap_bytes, retransmitted_bytes] {
        to.number(n);
    }
    to.list(&side.ends, |to, end| {
        to.how(end.how);
        to.number(end.packet.0);
        to.time(end.at);
        to.raw([end.is_bare.into(), end.ttl]);
    });
}

fn side(told: Certainty, carried: [u64; 6], role: Role, from: &mut Unpacker<'_>) -> Side {
    let flags = from.byte();
    let has = |flag: u8| flags & flag != 0;
    let code = |from: &mut Unpacker<'_>| from.maybe().map(|code| CloseCode(code as u16));
    let [client @ .., _, _, _] = carried;
    let [_, _, _, server @ ..] = carried;
    let [text_messages, binary_messages, message_bytes] = if role == Role::Client { client } else { server };
    let (last_at, closed_at) = (from.time(), from.time());
    let (own, reported) = (code(from), code(from));
    let [least, most] = from.raw();
    Side {
        sent_close: has(CLOSE_KNOWN).then(|| has(CLOSE)),
        code: own,
        closed_at,
        ttl: (least, most),
        last_at,
        is_unacknowledged: has(UNACKNOWLEDGED),
        told: ToldCode { code: reported, was_clean: has(CLEAN_KNOWN).then(|| has(CLEAN)), certainty: told },
        sent: Sent {
            text_messages,
            binary_messages,
            message_bytes,
            pings: from.number(),
            pongs: from.number(),
            stream_bytes: from.number(),
            gap_bytes: from.number(),
            retransmitted_bytes: from.number(),
        },
        ends: from.list(|from| {
            let (how, packet, at) = (from.how(), PacketNo(from.number()), from.time());
            let [is_bare, ttl] = from.raw();
            End { how, packet, at, is_bare: is_bare == 1, ttl }
        }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::journey::footprints::Footprints;
    use crate::knowledge::{Blame, CauseId};
    use crate::model::{Http2Error, Outcome, Starter, StreamEnd};

    fn side(n: u16) -> Side {
        let at = |ns: i64| Some(Timestamp(1_767_225_600_000_000_000 + ns));
        let end =
            |how, at| End { how, packet: PacketNo(u64::MAX - u64::from(n)), at, is_bare: n == 1, ttl: 64 };
        Side {
            sent_close: Some(n == 1),
            code: Some(CloseCode(1_000 + n)),
            closed_at: at(-1),
            ends: vec![
                end(StreamEnd::Fin, at(5)),
                end(StreamEnd::RstStream(Some(Http2Error(n.into()))), None),
            ],
            ttl: (63, 255),
            last_at: at(1_000),
            is_unacknowledged: n == 1,
            sent: Sent {
                text_messages: 1,
                binary_messages: 2,
                message_bytes: 3 + u64::from(n),
                pings: 4,
                pongs: u64::MAX,
                stream_bytes: 6,
                gap_bytes: 7,
                retransmitted_bytes: 8,
            },
            told: ToldCode { code: None, was_clean: Some(n == 2), certainty: Certainty::Likely },
        }
    }

    fn trail(n: u32) -> Trail {
        let sample = |n: u32| Sample {
            mark: u64::MAX - u64::from(n),
            seq: SeqNo(n.wrapping_sub(9)),
            at: Timestamp(n.into()),
            is_ambiguous: n == 1,
        };
        Trail {
            is_whole: n == 1,
            isn: (n == 1).then_some(SeqNo(u32::MAX)),
            segments: 1,
            payload_bytes: 2,
            copies: 3,
            copied_bytes: 4,
            unnamed: 5,
            largest: u32::MAX,
            next: Some(SeqNo(3)),
            acked: Some(SeqNo(n)),
            first_at: None,
            last_at: Some(Timestamp(i64::MIN)),
            samples: (0..n).map(sample).collect(),
        }
    }

    fn full() -> Footprint {
        Footprint {
            id: ConversationId { input: 7.try_into().ok(), flow: 1 << 40, stream: Some(u32::MAX) },
            path: Some("a.pcap".into()),
            capture: 300,
            ends: Some(PerRole {
                client: "[2001:db8::1]:443".parse().expect("an address"),
                server: "192.0.2.1:80".parse().expect("an address"),
            }),
            key: Some(*b"dGhlIHNhbXBsZSBub25jZQ"),
            handshake: PerRole { client: None, server: Some(Timestamp(-5)) },
            target: Some(u64::MAX),
            passed_on_for: ["192.0.2.7", "2001:db8::7"].map(|ip| ip.parse().expect("an address")).to_vec(),
            is_forwarded: true,
            fields: PerRole { client: vec![(0, 1), (10, u64::MAX)], server: vec![(4, 5)] },
            status: Some(101),
            began: Some(Timestamp(1_767_225_600_000_000_000)),
            sides: PerRole { client: side(1), server: side(2) },
            trails: Some(Trails::new(PerRole { client: trail(1), server: trail(3) })),
            outcome: Outcome::Encrypted,
            cause: Some((CauseId::StillOpen, Some(Blame::Between), Certainty::Proven)),
            started_by: Some(Starter::Both),
            first_end: Some((Role::Server, StreamEnd::Dropped)),
            idle_ns: Some(-3),
            owes: Some(Role::Client),
            is_secured: true,
            is_http2: false,
            is_assumed: true,
            tester: Some(Role::Server),
        }
    }

    #[test]
    fn what_is_packed_is_unpacked_as_it_was() {
        let full = full();
        let log = Footprint {
            path: None,
            ends: None,
            key: None,
            target: None,
            trails: None,
            idle_ns: None,
            status: None,
            first_end: None,
            began: None,
            capture: 301,
            ..full.clone()
        };
        let mut all = Footprints::default();
        let of = |n: usize| if n.is_multiple_of(2) { &full } else { &log };
        (0..600).for_each(|n| all.push(of(n)));
        assert_eq!(all.len(), 600);
        for n in [0, 1, 255, 256, 599] {
            assert_eq!(all.get(n), Some(of(n)), "{n}");
        }
        let head = all.head(4).expect("a head");
        assert_eq!((head.key, head.carried, head.is_log()), (full.key, full.carried(), false));
        assert!(all.head(5).is_some_and(|head| head.is_log()) && all.head(600).is_none());
    }
}
