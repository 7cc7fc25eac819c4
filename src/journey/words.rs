//! The words of journeys. Nothing here is what a peer wrote.

use std::net::SocketAddr;

use crate::journey::footprint::ToldCode;
use crate::journey::hops::{self, Hops};
use crate::journey::same::{Conclusion, Pair, Why};
use crate::knowledge::Blame;
use crate::knowledge::words::{and, named_code, timeouts, units};
use crate::model::{Certainty, CloseCode, Difference, Ender, Outcome, PerRole, Role, StreamEnd, count};

/// What was said of a journey.
#[derive(Debug)]
pub(super) struct Told {
    pub(super) text: String,
    pub(super) next: Option<String>,
}

/// What did not arrive of what a side sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Lost {
    pub(super) by: Role,
    /// `None` where a network card split or joined them.
    pub(super) segments: Option<u64>,
    pub(super) of: u64,
    pub(super) bytes: u64,
    /// Some of what it sent it sent again.
    pub(super) is_resent: bool,
    /// Segments that the network delivered twice.
    pub(super) twice: u64,
    /// What came twice may hide some of those that did not come, and the other way about.
    pub(super) is_least: bool,
}

impl Lost {
    pub(super) fn is_some(&self) -> bool {
        self.bytes > 0 || self.twice > 0 || self.segments.is_some_and(|segments| segments > 0)
    }
}

pub(super) const LOST_REQUEST: &str =
    "The client's request was sent and did not arrive, not wholly at least.";
pub(super) const LOST_RESPONSE: &str =
    "The server's response was sent and did not arrive, not wholly at least.";
pub(super) const OTHER_NUMBERS: &str =
    "Something between them rewrites sequence numbers: a firewall, or a load balancer.";

const SECOND_NS: i64 = 1_000_000_000;

const fn the(role: Role) -> &'static str {
    match role {
        Role::Client => "the client",
        Role::Server => "the server",
    }
}

fn capital(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}

fn who(by: Ender) -> &'static str {
    match by {
        Ender::Client => "the client",
        Ender::Server => "the server",
        Ender::Proxy => "the proxy",
        Ender::Between => "something between client and server",
        Ender::Both => "client and server, each on its own,",
    }
}

fn end_name(how: StreamEnd) -> &'static str {
    match how {
        StreamEnd::Rst => "RST",
        StreamEnd::Fin => "FIN",
        _ => "end",
    }
}

/// A connection recorded at both ends.
pub(super) fn same(pair: &Pair<'_>, conclusion: &Conclusion) -> Told {
    let ended = |by: Option<Ender>| by.map_or("nobody", who);
    let (text, next) = match conclusion.why {
        Why::Forged { by, end } => (
            format!(
                "{} posing as one of {} reached {}'s host, though {}'s own recording shows that it sent none: something \
                 between them ended the connection.",
                if end.how == StreamEnd::Rst { "An RST" } else { "A FIN" },
                the(by),
                the(by.peer()),
                the(by),
            ),
            Some("Look for what stands between the two hosts: a firewall, NAT, a load balancer, an intrusion \
                  prevention system; its log at that time.".to_owned()),
        ),
        Why::Unrecorded { by } => (
            format!(
                "An RST of {} reached {}'s host, and the recording near {} does not have it: something between them sent \
                 it, or that recording missed it.",
                the(by),
                the(by.peer()),
                the(by),
            ),
            Some("Look for drops that the capture program counted, then for what stands between the two hosts: a firewall, \
                  NAT, a load balancer.".to_owned()),
        ),
        Why::LostClose { by, goes_on } => (
            format!(
                "{} sent {}, {}.",
                capital(the(by)),
                close_of(pair.near(by).sides[by].code),
                if goes_on {
                    format!("which never reached {}'s host, nor did anything that it sent after that", the(by.peer()))
                } else {
                    format!(
                        "which probably never reached {}'s host: nothing acknowledged it, and the recording there has nothing \
                         of it, though it ends before",
                        the(by.peer())
                    )
                }
            ),
            Some("Check the path between the hosts: a firewall that dropped its state, a link or VPN that went down.".to_owned()),
        ),
        Why::Unheard { by, goes_on } => (
            if goes_on {
                format!(
                    "{} went on sending when nothing of it reached {}'s host any more: the path between them was down in \
                     that direction.",
                    capital(the(by)),
                    the(by.peer()),
                )
            } else {
                format!(
                    "{} went on sending, and nothing acknowledged it; the last that the recording at {}'s end has is \
                     earlier: the path between them was probably down.",
                    capital(the(by)),
                    the(by.peer()),
                )
            },
            Some("Check the path between the hosts: a firewall that dropped its state, a link or VPN that went down.".to_owned()),
        ),
        Why::Agreed => (format!("Both recordings say that {} ended the connection.", ended(conclusion.by)), None),
        Why::OneSays { at } => (
            format!("{} ended the connection, as the recording at {}'s end shows.", capital(ended(conclusion.by)), the(at)),
            None,
        ),
        Why::Crossed => ("Both sides ended the connection before they had heard of each other: each recording has its own side first.".to_owned(), None),
        Why::Accused => (
            "Each end was told by the other that the connection is over, and neither began: something between them ended both sides of it.".to_owned(),
            Some("Look for a proxy or load balancer between the hosts that ends connections on both sides.".to_owned()),
        ),
        Why::Owes { by } => (
            format!(
                "{} has not answered {}'s Close, which reached its host: the connection was still open when both recordings ended.",
                capital(the(by)),
                the(by.peer())
            ),
            Some(format!("Check what keeps {}'s program from answering.", the(by))),
        ),
        Why::Open => ("Neither recording shows an end of the connection.".to_owned(), None),
    };
    let losses: Vec<String> =
        Role::BOTH.into_iter().filter_map(|role| pair.lost(role)).filter(Lost::is_some).map(lost).collect();
    Told { text: [vec![text], losses].concat().join(" "), next }
}

fn close_of(code: Option<CloseCode>) -> String {
    code.map_or_else(
        || "a Close without a code".to_owned(),
        |code| format!("Close {}", named_code(Some(code))),
    )
}

/// What did not arrive.
pub(super) fn lost(lost: Lost) -> String {
    let by = the(lost.by);
    let Some(segments) = lost.segments else {
        return format!("Of what {by} sent {} of payload did not arrive.", units::bytes(lost.bytes));
    };
    let least = if lost.is_least { "at least " } else { "" };
    let of = count(lost.of, "segment");
    if segments == 0 {
        return format!("Of {of} that {by} sent all arrived, {least}{} twice.", lost.twice);
    }
    let twice = if lost.twice > 0 { format!(", and {} came twice", lost.twice) } else { String::new() };
    // What is lost is sent again if it has payload; whether the rest was lost or not recorded, nothing tells.
    let lost = match (lost.bytes, lost.is_resent) {
        (0, _) => "did not arrive or was not recorded (none with payload)".to_owned(),
        (bytes, true) => format!("did not arrive ({} of payload)", units::bytes(bytes)),
        (bytes, false) => format!("did not arrive or was not recorded ({} of payload)", units::bytes(bytes)),
    };
    format!("Of {of} that {by} sent {least}{segments} {lost}{twice}.")
}

/// An end of TCP that did not arrive.
pub(super) fn lost_end(by: Role, how: StreamEnd) -> String {
    format!("The {} of {} was sent and did not arrive.", end_name(how), the(by))
}

/// Ends of TCP that each side had sent before the other's came: that of the client, that of the server.
pub(super) fn crossed(client: StreamEnd, server: StreamEnd) -> String {
    format!(
        "The client's {} and the server's {} crossed: near each host its own comes first.",
        end_name(client),
        end_name(server)
    )
}

/// What a side was told by the recording near it, and by the other.
pub(super) fn views(of: Role, own: ToldCode, other: ToldCode) -> String {
    let told = |told: ToldCode| {
        let code = told.code.map_or_else(String::new, |code| code.to_string());
        let clean = match told.was_clean {
            Some(true) => ", clean",
            Some(false) => ", not clean",
            None => "",
        };
        format!("{code}{clean}")
    };
    let maybe = if own.certainty == Certainty::Proven { "" } else { "probably " };
    format!(
        "{} was {maybe}told {}, by the recording near it; by the other alone it would be {}.",
        capital(the(of)),
        told(own),
        told(other)
    )
}

/// A Close that did not arrive.
pub(super) fn lost_close(by: Role, code: Option<CloseCode>) -> String {
    format!("{} of {} was sent and did not arrive.", capital(&close_of(code)), the(by))
}

/// An end that its sender did not send.
pub(super) fn forged(by: Role, how: StreamEnd) -> String {
    format!("The {} that arrived as {}'s was not sent by its host.", end_name(how), the(by))
}

/// Other addresses at both points.
pub(super) fn translated(one: PerRole<SocketAddr>, other: PerRole<SocketAddr>) -> String {
    let side = |role: Role| {
        (one[role] != other[role]).then(|| format!("{} is {} and {}", the(role), one[role], other[role]))
    };
    format!("Addresses are translated between them: {}.", and(Role::BOTH.into_iter().filter_map(side)))
}

/// What each recording ends with.
pub(super) fn outcomes(one: Outcome, other: Outcome) -> String {
    format!("Near the client the outcome is {}, near the server {}.", one.name(), other.name())
}

/// Hops of a proxied connection.
pub(super) fn hops(hops: &Hops<'_>, conclusion: hops::Conclusion, legs: usize) -> Told {
    let (front, back) = (&hops.front, &hops.back);
    let of = |hop: &hops::Hop<'_>, server: &str, client: &str| match hop.by {
        Some(Ender::Client) => format!("by {client}"),
        Some(Ender::Server) => format!("by {server}"),
        Some(Ender::Both) => "by both its ends".to_owned(),
        Some(Ender::Between | Ender::Proxy) => "by something between its ends".to_owned(),
        None => "by nobody that the recording shows".to_owned(),
    };
    let front_by = of(front, "the proxy", "the client");
    let back_by = of(back, "the server", "the proxy");
    let by = match conclusion.by {
        Some(Ender::Proxy) => "the proxy ended both".to_owned(),
        Some(by) => format!("{} ended the connection, and the proxy passed that on", who(by)),
        None => "the recordings do not show who ended the connection".to_owned(),
    };
    let by = if conclusion.by == Some(Ender::Proxy) && (front.by.is_none() || back.by.is_none()) {
        match conclusion.certainty {
            Certainty::Undetermined => {
                "the proxy ended one of them, unless the recording of the other lacks its end"
            }
            _ => "the proxy ended one of them",
        }
        .to_owned()
    } else {
        by
    };
    let idle = idle(hops).filter(|_| conclusion.by == Some(Ender::Proxy));
    let silent =
        idle.map_or_else(String::new, |ns| format!(" No frame had passed for {}.", units::duration(ns)));
    let points = if legs > 2 { format!(", recorded at {legs} points") } else { String::new() };
    let text = format!(
        "A proxy stands between client and server{points}: the client's hop was ended {front_by}, the server's hop {back_by}: {by}.{silent}"
    );
    let next = match conclusion.by {
        Some(Ender::Proxy) => {
            Some(match idle.map(|ns| ns / SECOND_NS).and_then(|seconds| u32::try_from(seconds).ok()) {
                Some(seconds) if seconds >= 5 => format!(
                    "Check the proxy's idle timeout{}, and whether Pings pass it; then its log for a reload or a restart.",
                    Some(timeouts(seconds))
                        .filter(|known| !known.is_empty())
                        .map_or_else(String::new, |known| format!(" ({known})")),
                ),
                _ => "Check the proxy's log at that time for a timeout, a reload, a restart or a crash."
                    .to_owned(),
            })
        }
        Some(Ender::Client) => Some("Check the client: its hop shows what it did.".to_owned()),
        Some(Ender::Server) => Some("Check the server: its hop shows what it did.".to_owned()),
        _ => None,
    };
    Told { text, next }
}

/// How long no frame had passed on either hop.
fn idle(hops: &Hops<'_>) -> Option<i64> {
    let (front, back) = (hops.front.leg.idle_ns, hops.back.leg.idle_ns);
    front.into_iter().chain(back).min().filter(|ns| *ns >= SECOND_NS)
}

/// Fields that a proxy added, removed and changed.
pub(super) fn fields(of: Role, [added, removed, changed]: &[Vec<&'static str>; 3]) -> Option<String> {
    let head = if of == Role::Client { "request" } else { "response" };
    // A response goes the other way.
    let (added, removed) = if of == Role::Client { (added, removed) } else { (removed, added) };
    let part = |verb: &str, names: &Vec<&str>| (!names.is_empty()).then(|| format!("{verb} {}", and(names)));
    let parts: Vec<String> = [part("added", added), part("removed", removed), part("changed", changed)]
        .into_iter()
        .flatten()
        .collect();
    (!parts.is_empty()).then(|| format!("The proxy {} in the {head}.", and(parts)))
}

/// Statuses of both hops.
pub(super) fn statuses(front: Option<u16>, back: Option<u16>) -> Option<String> {
    Some(match (front, back) {
        (Some(front), Some(back)) => format!("The server answered {back}, the proxy {front}."),
        (Some(front), None) => format!("The proxy answered {front} before any response of the server."),
        (None, Some(back)) => format!("The server answered {back}, which the proxy did not pass on."),
        (None, None) => return None,
    })
}

/// TLS on one hop only.
pub(super) fn secured(front: bool, back: bool) -> Option<String> {
    match (front, back) {
        (true, false) => Some("TLS ends at the proxy: the server's hop is in the clear.".to_owned()),
        (false, true) => {
            Some("The proxy speaks TLS to the server; the client's hop is in the clear.".to_owned())
        }
        _ => None,
    }
}

/// Other versions of HTTP.
pub(super) fn versions(front: bool, back: bool) -> Option<String> {
    let name = |is_http2: bool| if is_http2 { "HTTP/2" } else { "HTTP/1.1" };
    (front != back).then(|| format!("The client's hop is {}, the server's {}.", name(front), name(back)))
}

/// How many frames or messages of a side each hop has, where that differs.
pub(super) fn counts(by: Role, what: &str, (front, back): (u64, u64)) -> Option<String> {
    if front == back {
        return None;
    }
    let (own, passed) = if by == Role::Client { (front, back) } else { (back, front) };
    let sent = format!("{} sent {}", capital(the(by)), count(own, what));
    Some(match passed {
        more if more > own => format!("{sent}, and the proxy {} of its own.", more - own),
        fewer => format!("{sent}, of which the proxy passed on {fewer}."),
    })
}

/// What of a Close reached the other hop.
pub(super) fn closes(by: Role, front: Option<Option<CloseCode>>, back: Option<Option<CloseCode>>) -> String {
    let (own, passed) = if by == Role::Client { (front, back) } else { (back, front) };
    match (own, passed) {
        (Some(code), None) => format!("The proxy did not pass on {}'s {}.", the(by), bare(code)),
        (None, Some(code)) => {
            format!("{} sent no Close: the {} on the other hop is the proxy's.", capital(the(by)), bare(code))
        }
        (Some(own), Some(passed)) => {
            format!("{} sent {}, the proxy {}.", capital(the(by)), close_of(own), close_of(passed))
        }
        (None, None) => String::new(),
    }
}

fn bare(code: Option<CloseCode>) -> String {
    code.map_or_else(|| "Close without a code".to_owned(), |code| format!("Close {code}"))
}

/// A log and the recording.
pub(super) fn log(
    tester: Role,
    wire: Option<Blame>,
    logged: Option<Blame>,
    differences: &[Difference],
) -> String {
    let side = |by: Option<Blame>| by.map_or("nobody", |by| who(crate::journey::same::ender(by)));
    let ended = if wire == logged {
        format!(
            "The log of the tester, the {}, and the recording agree that {} ended the connection.",
            tester.name(),
            side(wire)
        )
    } else {
        format!(
            "By the log of the tester, the {}, {} ended the connection, by the recording {}.",
            tester.name(),
            side(logged),
            side(wire)
        )
    };
    let rest: Vec<&str> = differences.iter().map(|difference| &*difference.text).collect();
    let is_of_closes = |difference: &&Difference| difference.what.starts_with("close");
    let verdict = if !differences.iter().any(|difference| is_of_closes(&difference)) {
        "What the verdict rests on was sent as the log shows."
    } else {
        "The verdict rests on the log, not on what was sent."
    };
    [vec![&*ended], rest, vec![verdict]].concat().join(" ")
}

pub(super) fn other_end(logged: Role, sent: Role, how: StreamEnd) -> String {
    format!(
        "By the log {} ended TCP first, which says who called for it; in the recording {}'s {} came first.",
        the(logged),
        the(sent),
        end_name(how)
    )
}

pub(super) fn close_only_logged(by: Role, code: Option<CloseCode>) -> String {
    format!("{}'s {} stands in the log and was never sent.", capital(the(by)), bare(code))
}

pub(super) fn close_only_sent(by: Role, code: Option<CloseCode>) -> String {
    format!("{}'s {} was sent and does not stand in the log.", capital(the(by)), bare(code))
}

pub(super) fn other_code(by: Role, logged: Option<CloseCode>, sent: Option<CloseCode>) -> String {
    format!("{} sent {}; the log has {}.", capital(the(by)), close_of(sent), bare(logged))
}
