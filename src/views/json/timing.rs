//! The `timing` object of a connection.

use crate::knowledge::rules::ClIdle;
use crate::model::{self, Conversation, PerRole, PingFigures, Role, TIMEOUTS, Violation};
use crate::redact::Shown;
use crate::views::json::{place, sides};
use crate::views::row::{Boolean, Integer, List, Nanoseconds, OrAbsent, Text, Time, row};

row! {
    /// Latencies, rhythms and silences.
    pub(super) struct Timing<'a>(r: &'a Conversation<Shown>);

    let timing = &*r.timing;

    /// From the request to the response.
    handshake_ns: Option<Nanoseconds> = timing.handshake_ns,
    /// From the first Close to the one that answers it.
    close_reply_ns: Option<Nanoseconds> = timing.close_reply_ns,
    /// From the moment the server had sent and received a Close until it ended TCP.
    server_tcp_end_ns: Option<Nanoseconds> = timing.server_tcp_end_ns,
    /// The same as `closing.idle_before_close_ns`.
    idle_before_end_ns: Option<Nanoseconds> = r.closing.idle_before_close_ns,
    /// A silence before the end that is as long as a well-known timeout.
    idle_timeout: Option<IdleTimeout> = IdleTimeout::of(r),
    /// Time until which the recording would have shown more of this connection.
    observed_until: Option<Time> = timing.until,
    /// The Pings of each side.
    pings: PerRole<Option<Pings>> = sides(&timing.pings, |pings| pings.as_ref().map(Pings)),
    /// Retransmissions at the end without an acknowledgement in the recording.
    unanswered_tries: PerRole<Option<Tries>> = sides(&timing.unanswered, |tries| tries.as_ref().map(Tries)),
    /// The longest time for which each side's receive window was closed (zero).
    window_shut: PerRole<Option<Shut>> =
        sides(&r.tcp_facts, |tcp| tcp.shut.as_ref().map(|shut| Shut(r, shut))),
    /// What each side retransmitted without an acknowledgement from the other's host in the recording.
    unacknowledged: PerRole<Option<Lost>> =
        sides(&r.tcp_facts, |tcp| tcp.unacknowledged.as_ref().map(|lost| Lost(r, lost))),
}

row! {
    /// A silence consistent with a well-known timeout.
    pub(super) struct IdleTimeout(by: Option<Role>, idle_ns: i64, timeout: u32);

    let known = TIMEOUTS.iter().filter(|known| known.seconds == timeout);

    /// Who ended TCP after it: `client` or `server`.
    ended_by: Option<Text> = by.map(Role::name),
    /// How long it was.
    idle_ns: Nanoseconds = idle_ns,
    /// The timeout it matches, in seconds.
    seconds: Integer = timeout,
    /// Software that has this timeout by default.
    consistent_with: List<Text> = known.map(|known| known.name),
}

impl IdleTimeout {
    fn of(r: &Conversation<Shown>) -> Option<Self> {
        r.findings.iter().find_map(|finding| match finding.violation {
            Violation::ClIdle(ClIdle { idle_ns, seconds }) => Some(Self(finding.by, idle_ns, seconds)),
            _ => None,
        })
    }
}

row! {
    /// Pings of one side.
    pub(super) struct Pings<'a>(figures: &'a PingFigures);

    /// Pings sent.
    sent: Integer = figures.sent,
    /// Pings after the last one that was answered; null if Pongs may be missing from the recording.
    unanswered: Option<Integer> = figures.unanswered,
    /// Their interval, if they come at a regular one.
    interval_ns: Option<Nanoseconds> = figures.interval_ns,
    /// From Ping to Pong at the capture point.
    latency: Option<Latency> = figures.latency.as_ref().map(Latency),
}

row! {
    /// Times from Ping to Pong.
    pub(super) struct Latency<'a>(latency: &'a model::Latency);

    /// Number of Pongs measured.
    pongs: Integer = latency.pongs,
    /// The shortest time.
    min_ns: Nanoseconds = latency.min_ns,
    /// Their arithmetic mean.
    mean_ns: Nanoseconds = latency.mean_ns,
    /// The longest time.
    max_ns: Nanoseconds = latency.max_ns,
    /// Number of the Pong frame that took longest.
    slowest_frame: Integer = latency.slowest_frame,
}

row! {
    /// What one side retransmitted at the end without an acknowledgement in the recording.
    pub(super) struct Tries<'a>(sent: &'a model::Unanswered);

    /// How often it was sent.
    tries: Integer = sent.tries,
    /// Time of the first attempt.
    first_at: Option<Time> = sent.first_at,
    /// Time of the last attempt.
    last_at: Option<Time> = sent.last_at,
}

row! {
    /// A receive window that was closed: announced as 0.
    pub(super) struct Shut<'a>(r: &'a Conversation<Shown>, shut: &'a model::ShutWindow);

    let (packet, packet_input) = place(r, Some(shut.packet));

    /// Time of the segment that closed it.
    at: Option<Time> = shut.from,
    /// Packet of that segment.
    packet: Option<Integer> = packet,
    /// Index of the input with that packet, if it is not the connection's.
    packet_input: OrAbsent<Integer> = packet_input,
    /// For how long.
    for_ns: Nanoseconds = shut.for_ns,
    /// How often the other side probed it meanwhile.
    probes: Integer = shut.probes,
    /// Whether it never reopened.
    to_the_end: Boolean = shut.to_the_end,
}

row! {
    /// What one side retransmitted without an acknowledgement from the other's host in the recording.
    pub(super) struct Lost<'a>(r: &'a Conversation<Shown>, lost: &'a model::Unacknowledged);

    let (packet, packet_input) = place(r, Some(lost.packet));

    /// When it was first sent; null if that was not captured.
    sent_at: Option<Time> = lost.sent_at,
    /// When it was first retransmitted.
    again_at: Option<Time> = lost.again_at,
    /// When it was last retransmitted.
    last_at: Option<Time> = lost.last_at,
    /// Packet of the first retransmission.
    packet: Option<Integer> = packet,
    /// Index of the input with that packet, if it is not the connection's.
    packet_input: OrAbsent<Integer> = packet_input,
    /// How often it was retransmitted.
    times: Integer = lost.times,
    /// Payload bytes of the smallest such segment.
    smallest: Integer = lost.smallest,
    /// Payload bytes of the largest such segment.
    largest: Integer = lost.largest,
}
