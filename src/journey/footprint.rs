//! What is kept of a conversation to find its other legs.

use std::hash::BuildHasher;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;

use foldhash::fast::FixedState;

use crate::knowledge::{Blame, CauseId};
use crate::model::{
    Certainty, CloseCode, Closing, Conversation, ConversationId, EndSegment, Lines, LocalView, Opcode,
    Outcome, PacketNo, PerRole, Role, Starter, Step, StepVerdict, StreamEnd, Timestamp, Traffic, Trails,
};

/// The digits of a key of 16 bytes.
pub(super) type Key = [u8; 22];

/// One conversation.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Footprint {
    pub(super) id: ConversationId,
    pub(super) path: Option<Arc<str>>,
    /// The recording.
    pub(super) capture: usize,
    /// `None` for a log.
    pub(super) ends: Option<PerRole<SocketAddr>>,
    pub(super) key: Option<Key>,
    /// When the request and the response came.
    pub(super) handshake: PerRole<Option<Timestamp>>,
    /// Hash of the target.
    pub(super) target: Option<u64>,
    /// Whom proxies passed it on for.
    pub(super) passed_on_for: Vec<IpAddr>,
    /// Proxies say that they passed it on.
    pub(super) is_forwarded: bool,
    /// Fields of both heads by their place in [`REQUEST_FIELDS`] and [`RESPONSE_FIELDS`], with a hash of the value.
    pub(super) fields: PerRole<Vec<(u8, u64)>>,
    pub(super) status: Option<u16>,
    pub(super) began: Option<Timestamp>,
    pub(super) sides: PerRole<Side>,
    pub(super) trails: Option<Trails>,
    pub(super) outcome: Outcome,
    pub(super) cause: Option<(CauseId, Option<Blame>, Certainty)>,
    pub(super) started_by: Option<Starter>,
    /// Whose end of TCP came first; by a log, who dropped TCP.
    pub(super) first_end: Option<(Role, StreamEnd)>,
    pub(super) idle_ns: Option<i64>,
    /// Who has not answered a Close that it had long had.
    pub(super) owes: Option<Role>,
    pub(super) is_secured: bool,
    pub(super) is_http2: bool,
    /// The opening handshake is not in the recording.
    pub(super) is_assumed: bool,
    /// Of a log: who the tester was.
    pub(super) tester: Option<Role>,
}

/// When a connection was asked for, and answered, by the clock of its recording.
#[derive(Clone, Copy, Debug)]
pub(super) struct Opening {
    pub(super) capture: usize,
    pub(super) handshake: PerRole<Option<Timestamp>>,
}

/// What one side did.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Side {
    /// It sent a Close; `None` where that is not known.
    pub(super) sent_close: Option<bool>,
    pub(super) code: Option<CloseCode>,
    pub(super) closed_at: Option<Timestamp>,
    pub(super) ends: Vec<End>,
    /// The least and the greatest time to live of its segments, RSTs left out; 0 where none was seen.
    pub(super) ttl: (u8, u8),
    /// When its last segment was recorded, RSTs left out.
    pub(super) last_at: Option<Timestamp>,
    /// Some of what it sent was never acknowledged, though it was sent again.
    pub(super) is_unacknowledged: bool,
    pub(super) sent: Sent,
    pub(super) told: ToldCode,
}

/// How much it sent.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Sent {
    pub(super) text_messages: u64,
    pub(super) binary_messages: u64,
    pub(super) message_bytes: u64,
    pub(super) pings: u64,
    pub(super) pongs: u64,
    /// Bytes of its stream; those that are missing from it, and those that came again.
    pub(super) stream_bytes: u64,
    pub(super) gap_bytes: u64,
    pub(super) retransmitted_bytes: u64,
}

/// An end of TCP.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct End {
    pub(super) how: StreamEnd,
    pub(super) packet: PacketNo,
    pub(super) at: Option<Timestamp>,
    pub(super) is_bare: bool,
    pub(super) ttl: u8,
}

/// What its program was told of the end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct ToldCode {
    pub(super) code: Option<CloseCode>,
    pub(super) was_clean: Option<bool>,
    pub(super) certainty: Certainty,
}

impl Default for ToldCode {
    fn default() -> Self {
        Self { code: None, was_clean: None, certainty: Certainty::Undetermined }
    }
}

/// Fields of a request that proxies add, take away or change.
pub(super) const REQUEST_FIELDS: [&str; 11] = [
    "Host",
    "Origin",
    "User-Agent",
    "Connection",
    "Sec-WebSocket-Extensions",
    "Sec-WebSocket-Protocol",
    "Via",
    "X-Forwarded-For",
    "X-Forwarded-Proto",
    "X-Real-IP",
    "Forwarded",
];

/// The same of a response.
pub(super) const RESPONSE_FIELDS: [&str; 5] =
    ["Server", "Via", "Sec-WebSocket-Extensions", "Sec-WebSocket-Protocol", "Sec-WebSocket-Accept"];

/// Addresses of one request that are kept.
const MAX_PASSED_ON: usize = 8;

impl Footprint {
    /// Of a conversation of that capture; `None` where there is nothing to know it again by.
    pub(super) fn of(capture: usize, conversation: &Conversation, trails: Option<&Trails>) -> Option<Self> {
        let request = conversation.request.as_deref();
        let fields = request.map(|request| request.fields.as_sent());
        let key = request.and_then(|request| request.key()).and_then(|key| digits(key.as_sent()));
        if key.is_none() && trails.is_none() && request.is_none() {
            return None;
        }
        let is_forwarded = request.is_some_and(|request| request.facts.forwarded);
        let response = conversation.response.as_deref();
        let closing = &*conversation.closing;
        let side = |role: Role| {
            let close = &closing.sides[role];
            let tcp = &conversation.tcp_facts[role];
            Side {
                sent_close: close.sent_close,
                code: close.code,
                closed_at: close.at,
                ends: tcp.ends.iter().map(End::of).collect(),
                ttl: if tcp.habits.segments > 0 { tcp.habits.ttl } else { (0, 0) },
                last_at: tcp.last_segment_at,
                is_unacknowledged: tcp.unacknowledged.is_some()
                    || conversation
                        .closing
                        .cause
                        .as_ref()
                        .is_some_and(|c| c.id() == CauseId::PeerUnreachable),
                sent: Sent::of(&conversation.traffic[role]),
                told: told(&closing.sees[role]),
            }
        };
        Some(Self {
            id: conversation.id,
            path: conversation.path.as_ref().map(|path| Arc::clone(path.as_sent())),
            capture,
            ends: conversation
                .tcp
                .map(|tcp| PerRole { client: tcp.client.as_sent().0, server: tcp.server.as_sent().0 }),
            key,
            handshake: PerRole {
                client: conversation.handshake_at.client.and_then(|(_, at)| at),
                server: conversation.handshake_at.server.and_then(|(_, at)| at),
            },
            target: request.map(|request| hash(request.target.as_sent().as_bytes())),
            passed_on_for: fields.filter(|_| is_forwarded).map(passed_on_for).unwrap_or_default(),
            is_forwarded,
            fields: PerRole {
                client: fields.map(|fields| known(fields, &REQUEST_FIELDS)).unwrap_or_default(),
                server: response
                    .map(|response| known(response.fields.as_sent(), &RESPONSE_FIELDS))
                    .unwrap_or_default(),
            },
            status: response.map(|response| response.status),
            began: conversation.started_at,
            sides: PerRole { client: side(Role::Client), server: side(Role::Server) },
            trails: trails.cloned(),
            outcome: closing.outcome,
            cause: closing.cause.as_ref().map(|cause| (cause.id(), cause.by, cause.certainty)),
            started_by: closing.started_by,
            first_end: closing.first_end.map(|end| (end.by, end.how)),
            idle_ns: closing.idle_before_close_ns,
            owes: owes(closing),
            is_secured: conversation.tls.is_some(),
            is_http2: conversation.http2.is_some(),
            is_assumed: conversation.assumed,
            tester: conversation.tester,
        })
    }

    /// Whether it is the log of a tester.
    pub(super) const fn is_log(&self) -> bool {
        self.ends.is_none()
    }

    pub(super) const fn opening(&self) -> Opening {
        Opening { capture: self.capture, handshake: self.handshake }
    }

    /// Whether who is named as its end is so for what it did not do.
    pub(super) fn only_waited(&self) -> bool {
        matches!(
            self.cause,
            Some((CauseId::CloseUnanswered | CauseId::KeepaliveTimeout | CauseId::HandshakeUnanswered, ..))
        )
    }

    /// Whether the recording lacks some of the connection that crossed its point: bytes of a stream whose next ones it has, or the last of
    /// them, which a host acknowledged.
    pub(super) fn has_holes(&self) -> bool {
        Role::BOTH.into_iter().any(|role| self.sides[role].sent.gap_bytes > 0 || self.is_unseen(role))
    }

    /// Whether more of a side's is known to have been sent than the recording has, be it a FIN: its own numbers go on behind it, or the
    /// other host acknowledged it.
    pub(super) fn is_unseen(&self, role: Role) -> bool {
        let Some(trails) = &self.trails else { return false };
        let (sent, acked) = (trails[role].next, trails[role.peer()].acked);
        self.is_fin_missed(role) || sent.zip(acked).is_some_and(|(sent, acked)| acked.distance_from(sent) > 0)
    }

    /// Whether a side's numbers have counted a FIN that is not in the recording.
    fn is_fin_missed(&self, role: Role) -> bool {
        let Some(trail) = self.trails.as_ref().map(|trails| &trails[role]) else { return false };
        let (side, counted) = (&self.sides[role], trail.next.zip(trail.isn));
        let bytes = side.sent.stream_bytes.saturating_add(side.sent.gap_bytes);
        // The SYN is one, the FIN another.
        let is_one_more = counted.is_some_and(|(next, isn)| {
            u64::try_from(next.distance_from(isn)).is_ok_and(|counted| counted == bytes.saturating_add(2))
        });
        is_one_more && !side.ends.iter().any(|end| end.how == StreamEnd::Fin)
    }

    /// Who ended it, and how sure that is.
    pub(super) fn blame(&self) -> Option<(Blame, Certainty)> {
        let (_, by, certainty) = self.cause?;
        Some((by?, certainty))
    }

    /// How many messages of each kind, and how many bytes of them, each side sent.
    pub(super) fn carried(&self) -> [u64; 6] {
        let [client, server] = Role::BOTH.map(|role| self.sides[role].sent);
        [
            client.text_messages,
            client.binary_messages,
            client.message_bytes,
            server.text_messages,
            server.binary_messages,
            server.message_bytes,
        ]
    }
}

impl Sent {
    fn of(traffic: &Traffic) -> Self {
        let frames = |opcode: Opcode| traffic.frames[usize::from(opcode.bits())];
        Self {
            text_messages: traffic.text_messages,
            binary_messages: traffic.binary_messages,
            message_bytes: traffic.message_bytes,
            pings: frames(Opcode::PING),
            pongs: frames(Opcode::PONG),
            stream_bytes: traffic.stream_bytes,
            gap_bytes: traffic.gap_bytes,
            retransmitted_bytes: traffic.retransmitted_bytes,
        }
    }

    /// Messages of either kind.
    pub(super) const fn messages(&self) -> u64 {
        self.text_messages.saturating_add(self.binary_messages)
    }
}

impl End {
    const fn of(end: &EndSegment) -> Self {
        let EndSegment { how, packet, at, bare, header, .. } = *end;
        Self { how, packet, at, is_bare: bare, ttl: header.ttl }
    }
}

fn told(view: &LocalView) -> ToldCode {
    ToldCode { code: view.code, was_clean: view.was_clean, certainty: view.certainty }
}

/// Who has let the other side wait for the answer to its Close.
fn owes(closing: &Closing) -> Option<Role> {
    let is_late = |step: &&Step| matches!(step.verdict, StepVerdict::Late | StepVerdict::Broken);
    let late = closing.steps.iter().filter(is_late).map(|step| step.owed_by);
    late.into_iter().find(|role| closing.sides[*role].sent_close == Some(false))
}

fn digits(key: &str) -> Option<Key> {
    key.strip_suffix("==")?.as_bytes().try_into().ok()
}

fn known(lines: &Lines, names: &[&str]) -> Vec<(u8, u64)> {
    let place = |name: &str| {
        let is_it = |known: &&str| known.len() == name.len() && known.eq_ignore_ascii_case(name);
        names.iter().position(is_it).and_then(|at| u8::try_from(at).ok())
    };
    let mut found: Vec<(u8, u64)> = Vec::new();
    // One look at each line: every connection comes through here.
    for (name, value) in lines.iter() {
        if let Some(at) = place(name)
            && !found.iter().any(|field| field.0 == at)
        {
            found.push((at, hash(value.as_bytes())));
        }
    }
    found.sort_unstable();
    found
}

/// Addresses in `X-Forwarded-For`, `X-Real-IP` and `Forwarded` (RFC 7239).
fn passed_on_for(fields: &Lines) -> Vec<IpAddr> {
    let lists =
        ["X-Forwarded-For", "X-Real-IP", "Forwarded"].into_iter().filter_map(|name| fields.first(name));
    lists.flat_map(|list| list.split([',', ';'])).filter_map(address).take(MAX_PASSED_ON).collect()
}

fn address(text: &str) -> Option<IpAddr> {
    let text = text.trim();
    let text = match text.split_once('=') {
        Some((name, value)) if name.eq_ignore_ascii_case("for") => value.trim_matches('"'),
        Some(_) => return None,
        None => text,
    };
    let bare = text.trim_start_matches('[').split(']').next().unwrap_or_default();
    let with_port = || text.parse::<SocketAddr>().ok().map(|end| end.ip());
    bare.parse().ok().or_else(with_port)
}

/// Held against others of the same run only.
fn hash(bytes: &[u8]) -> u64 {
    FixedState::default().hash_one(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_that_proxies_write() {
        let check = |text: &str, expected: Option<&str>| {
            assert_eq!(address(text), expected.map(|ip| ip.parse().expect("an address")), "{text}");
        };
        check(" 192.0.2.1", Some("192.0.2.1"));
        check("192.0.2.1:4711", Some("192.0.2.1"));
        check("for=192.0.2.43", Some("192.0.2.43"));
        check("For=\"[2001:db8:cafe::17]:4711\"", Some("2001:db8:cafe::17"));
        check("proto=http", None);
        check("unknown", None);
    }
}
