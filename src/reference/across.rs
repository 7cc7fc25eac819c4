//! What only several connections together show: a key used twice, two opening handshakes at once (RFC 6455 4.1), a
//! client that connects again without a pause (7.2.3).
//!
//! Pure comparisons. An address is not a client: several programs share one, and so do hosts behind NAT or a proxy.
//! So nothing here is ever more than likely, and where a field says that a proxy sent the request, no client is
//! judged by its address.

use std::net::{IpAddr, SocketAddr};

use crate::knowledge::rules::{ClBackoff, HsKey, HsSerial};
use crate::knowledge::thresholds::{AT_ONCE_NS, PAUSES, SHORT_PAUSE_NS};
use crate::model::{
    Certainty, Conversation, Finding, Http2Error, Outcome, PacketNo, Role, StreamEnd, Timestamp, Violation,
};

/// What is compared of a connection.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Trace {
    client: IpAddr,
    server: SocketAddr,
    first_packet: PacketNo,
    life: Life,
    asked: Option<(PacketNo, Timestamp)>,
    /// The response, or the end without one. `None`: not in the recording.
    settled: Option<Timestamp>,
    key: Option<Key>,
    /// `None` where the request came by way of a proxy, or may have.
    program: Option<Program>,
    target: u64,
    /// A field says that a proxy passed the request on.
    is_forwarded: bool,
}

/// The digits of a sound key.
pub(crate) type Key = [u8; 22];

/// Which client, as far as it can be told: a hash of its address, its server and its User-Agent.
pub(crate) type Program = u64;

impl Trace {
    /// Of a connection that is over; `None` for one without addresses.
    pub(crate) fn of(report: &Conversation) -> Option<Self> {
        let tcp = report.tcp?;
        let request = report.request.as_ref()?;
        let closing = &report.closing;
        let end = closing.first_end;
        let ended = end.and_then(|end| end.at);
        let response = report.handshake_at.server.and_then(|(_, at)| at);
        let by_server = end.is_some_and(|end| end.by == Role::Server);
        // What a server of HTTP/2 did not look at can be asked for again at once (RFC 9113 8.7).
        let is_refused =
            end.is_some_and(|end| end.how == StreamEnd::RstStream(Some(Http2Error::REFUSED_STREAM)));
        let is_abnormal = by_server
            && !is_refused
            && match closing.outcome {
                Outcome::Reset | Outcome::NoCloseFrame => true,
                Outcome::HandshakeFailed => report.response.is_none(),
                _ => false,
            };
        Some(Self {
            client: tcp.client.as_sent().ip(),
            server: tcp.server.as_sent().0,
            first_packet: tcp.first_packet,
            life: Life { first_packet: tcp.first_packet, began: report.started_at, ended, is_abnormal },
            asked: report.handshake_at.client.and_then(|(packet, at)| Some((packet, at?))),
            // Streams of HTTP/2 are asked for side by side.
            settled: response.or(ended).filter(|_| !request.facts.is_connect),
            key: request.key().and_then(|key| digits(key.as_sent())),
            // Fields that tell may be cut off.
            program: (!request.facts.forwarded && !report.assumed).then(|| {
                let sum = address(SEED, tcp.client.as_sent().ip());
                let sum =
                    hash(address(sum, tcp.server.as_sent().ip()), &tcp.server.as_sent().port().to_be_bytes());
                hash(sum, request.fields.as_sent().first("User-Agent").unwrap_or_default().as_bytes())
            }),
            target: hash(SEED, request.target.as_sent().as_bytes()),
            is_forwarded: request.facts.forwarded,
        })
    }

    /// Its key, where that is a sound one.
    pub(crate) const fn key(&self) -> Option<Key> {
        self.key
    }

    /// Its client; `None` where the request came by way of a proxy, or may have.
    pub(crate) const fn program(&self) -> Option<Program> {
        self.program
    }

    /// A hash of its target.
    pub(crate) const fn target(&self) -> u64 {
        self.target
    }
}

/// An opening handshake.
#[derive(Clone, Copy, Debug)]
struct Handshake {
    client: IpAddr,
    server: SocketAddr,
    first_packet: PacketNo,
    /// From the request to the response, or the end without one; `None` where that is not in the recording.
    times: Option<(Timestamp, Option<Timestamp>)>,
    is_forwarded: bool,
}

impl Handshake {
    const fn new(of: &Trace) -> Self {
        let times = match of.asked {
            Some((_, asked)) => Some((asked, of.settled)),
            None => None,
        };
        let Trace { client, server, first_packet, is_forwarded, .. } = *of;
        Self { client, server, first_packet, times, is_forwarded }
    }

    /// Whether both are one handshake that a proxy passed on.
    fn is_passed_on(&self, other: &Self) -> bool {
        self.stands_in(other) || other.stands_in(self)
    }

    /// Whether it may be what a proxy made of the other one: it is asked for by another host, by that one's server, or as proxies do;
    /// and that one had to wait for it.
    fn stands_in(&self, outer: &Self) -> bool {
        let (Some((asked, settled)), Some((outer_asked, outer_settled))) = (self.times, outer.times) else {
            return false;
        };
        let is_later = asked >= outer_asked && outer_settled.is_none_or(|until| asked <= until);
        let is_sooner = settled.zip(outer_settled).is_none_or(|(inner, outer)| inner <= outer);
        let is_of_proxy =
            self.client != outer.client || self.client == outer.server.ip() || self.is_forwarded;
        self.server != outer.server && is_later && is_sooner && is_of_proxy
    }
}

/// The first connection with a key, and the latest that had it again.
#[derive(Clone, Copy, Debug)]
pub(crate) struct KeyUse {
    first: Handshake,
    latest: Handshake,
}

impl KeyUse {
    /// By this connection.
    pub(crate) const fn new(trace: &Trace) -> Self {
        let first = Handshake::new(trace);
        Self { first, latest: first }
    }

    /// The note on a connection with the same key; `None` where a proxy passed on the other one.
    pub(crate) fn again(&mut self, later: &Trace) -> Option<Finding> {
        let this = Handshake::new(later);
        if this.is_passed_on(&self.first) || this.is_passed_on(&self.latest) {
            return None;
        }
        let (packet, at) = later.asked?;
        self.latest = this;
        let is_one_client = self.first.client == this.client && self.first.server == this.server;
        let certainty = if is_one_client { Certainty::Likely } else { Certainty::Undetermined };
        let fault = HsKey::Reused { earlier: self.first.first_packet };
        Some(finding(fault, certainty, packet, at))
    }
}

/// Of the handshakes of a program with a server the one that was settled last.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct UnderWay(Option<(Timestamp, Timestamp, PacketNo)>);

impl UnderWay {
    /// Takes the next connection: whether two handshakes were under way at once.
    pub(crate) fn next(&mut self, later: &Trace) -> Option<Finding> {
        let (packet, asked) = later.asked?;
        let settled = later.settled?;
        let found = self.0.and_then(|(first, until, earlier)| {
            let overlap = if first <= asked { asked < until } else { first < settled };
            let fault = HsSerial { earlier };
            overlap.then(|| finding(fault, Certainty::Undetermined, packet, asked))
        });
        if self.0.is_none_or(|(_, until, _)| settled > until) {
            self.0 = Some((asked, settled, later.first_packet));
        }
        found
    }
}

/// Beginning and end of a connection.
#[derive(Clone, Copy, Debug)]
struct Life {
    first_packet: PacketNo,
    began: Option<Timestamp>,
    ended: Option<Timestamp>,
    /// The server or the network ended it, without a Close or before any response.
    is_abnormal: bool,
}

/// The connections of one program to one target, one after the other.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Attempts {
    last: Option<Life>,
    /// The last pauses, the latest at the end.
    pauses: [i64; PAUSES],
    times: u32,
}

impl Attempts {
    /// Takes the next connection, in the order in which they began.
    pub(crate) fn next(&mut self, next: &Trace) -> Option<Finding> {
        let next = &next.life;
        let found = self.after_last(next);
        // Of several at a time the last to end counts; one that never ends makes the rest no reconnects.
        let is_later =
            |last: &Life| next.ended.is_none() || last.ended.is_some_and(|end| next.ended > Some(end));
        if self.last.as_ref().is_none_or(is_later) {
            self.last = Some(*next);
        }
        found
    }

    fn after_last(&mut self, next: &Life) -> Option<Finding> {
        let last = self.last?;
        let pause = last.ended.zip(next.began).map(|(end, began)| began.since(end));
        let Some(pause_ns) = pause.filter(|pause| last.is_abnormal && *pause >= 0) else {
            self.times = 0;
            return None;
        };
        let lasted = last.ended?.since(last.began?);
        // After a connection that held, a pause begins anew.
        self.times = if lasted < SHORT_PAUSE_NS { self.times.saturating_add(1) } else { 1 };
        self.pauses.rotate_left(1);
        self.pauses[PAUSES - 1] = pause_ns;
        let [first, ..] = self.pauses;
        let is_row = self.times as usize >= PAUSES && self.pauses.iter().all(|pause| *pause < SHORT_PAUSE_NS);
        let certainty = if is_row && pause_ns <= first.saturating_add(first / 4) {
            Certainty::Likely
        } else if pause_ns < AT_ONCE_NS {
            Certainty::Undetermined
        } else {
            return None;
        };
        let violation = ClBackoff { pause_ns, times: self.times, earlier: last.first_packet };
        Some(finding(violation, certainty, next.first_packet, next.began?))
    }
}

fn finding(
    violation: impl Into<Violation>,
    certainty: Certainty,
    packet: PacketNo,
    at: Timestamp,
) -> Finding {
    let violation = violation.into();
    let level = violation.level();
    Finding {
        violation,
        level,
        by: Some(Role::Client),
        certainty,
        frame: None,
        packet: Some(packet),
        at: Some(at),
    }
}

fn digits(key: &str) -> Option<Key> {
    key.strip_suffix("==")?.as_bytes().try_into().ok()
}

const SEED: u64 = 0xcbf2_9ce4_8422_2325;

/// FNV-1a: the same on every machine.
fn hash(sum: u64, bytes: &[u8]) -> u64 {
    bytes.iter().fold(sum, |sum, b| (sum ^ u64::from(*b)).wrapping_mul(0x0100_0000_01b3))
}

fn address(sum: u64, ip: IpAddr) -> u64 {
    match ip {
        IpAddr::V4(ip) => hash(sum, &ip.octets()),
        IpAddr::V6(ip) => hash(sum, &ip.octets()),
    }
}

#[cfg(test)]
mod tests;
