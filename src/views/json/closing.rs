//! The `closing` object of a connection.

use crate::knowledge::{Blame, Cause, Clauses, RunnerUp};
use crate::model::{
    self, Alternative, Conversation, GoAway, PacketNo, PerRole, Role, RuleId, SideClose, Starter, TcpEnd,
};
use crate::redact::Shown;
use crate::views::json::{Sentences, place, sides};
use crate::views::row::{Boolean, Displayed, Integer, List, Nanoseconds, OrAbsent, Text, Time, row};
use crate::views::worded::Worded;
use crate::views::{summary, wording};

row! {
    /// How a connection closed: expected and observed.
    pub(super) struct Closing<'a>(r: &'a Conversation<Shown>, findings: &'a [Worded<'a>]);

    let c = &*r.closing;

    /// How it ended, in a word: `clean`, `clean_tcp_reset`, `close_cut_short`, `close_unanswered`, `no_close_frame`,
    /// `reset`, `open`, `handshake_failed`, `not_observable` or `encrypted`.
    outcome: Text = c.outcome.name(),
    /// Who started the closing handshake: `client`, `server` or `both`.
    started_by: Option<Text> = c.started_by.map(Starter::name),
    /// What decided that: `acknowledgement` (whether the later Close acknowledges the earlier one), `only_close` (only one side sent
    /// a Close), `tcp_end` (no Close: who ended TCP first), `order` (the order in the recording) or `undetermined`.
    evidence: Text = c.evidence.name(),
    /// The client's part in the closing handshake.
    client: Close = Close(r, &c.sides.client),
    /// The server's part.
    server: Close = Close(r, &c.sides.server),
    /// How TCP ended.
    tcp: Tcp = Tcp(r),
    /// Why it ended, judging by the evidence.
    cause: Option<CauseRow> = c.cause.as_ref().map(|cause| CauseRow(r, cause)),
    /// What the client's API will have reported to its program.
    client_sees: View = View(r, &c.sees.client),
    /// What the server's API will have reported to its program.
    server_sees: View = View(r, &c.sees.server),
    /// How long no frame was sent before the first Close, or before TCP ended without one.
    idle_before_close_ns: Option<Nanoseconds> = c.idle_before_close_ns,
    /// The fault for which a side failed the connection.
    failed_for: Option<FailedFor> = c.failed_for.map(|(by, rule, frame)| FailedFor(by, rule, frame)),
    /// Who had to do what, and whether it was done.
    steps: List<Step> = c.steps.iter().map(Step),
    /// The account of the connection in sentences.
    summary: Text = Displayed(Sentences(&summary::of(r, findings))),
}

row! {
    /// The part of one side in the closing handshake.
    pub(super) struct Close<'a>(r: &'a Conversation<Shown>, side: &'a SideClose<Shown>);

    let (packet, packet_input) = place(r, side.packet);

    /// Whether it sent a Close; null if a gap or encryption may hide one.
    sent_close: Option<Boolean> = side.sent_close,
    /// Status code of its first Close; null without one.
    code: Option<Integer> = side.code.map(|code| code.0),
    /// Reason of its first Close, if it is UTF-8.
    reason: Option<Text> = side.reason.as_deref(),
    /// Time of its first Close.
    at: Option<Time> = side.at,
    /// Number of that frame.
    frame: Option<Integer> = side.frame,
    /// Number of the packet in which that frame began.
    packet: Option<Integer> = packet,
    /// Index of the input with that packet, if it is not the connection's.
    packet_input: OrAbsent<Integer> = packet_input,
    /// State of this side when the recording ends: `connecting`, `open`, `closing` or `closed`.
    state: Text = side.state.name(),
}

row! {
    /// Why a connection ended.
    pub(super) struct CauseRow<'a>(r: &'a Conversation<Shown>, cause: &'a Cause);

    let (packet, packet_input) = place(r, cause.packet);
    let said = cause.said(r);

    /// Its name, as `wslog explain` knows it.
    name: Text = cause.id().name(),
    /// Whose behaviour ended it: `client`, `server`, `both` or `between`; null if nobody's or unknown.
    by: Option<Text> = cause.by.map(Blame::name),
    /// How sure: `proven`, `likely` or `undetermined`.
    certainty: Text = cause.certainty.name(),
    /// Name of the rule that was broken; null if none was.
    rule: Option<Text> = cause.rule.map(RuleId::name),
    /// Number of the frame that shows it.
    frame: Option<Integer> = cause.frame,
    /// Packet that shows it.
    packet: Option<Integer> = packet,
    /// Index of the input with that packet, if it is not the connection's.
    packet_input: OrAbsent<Integer> = packet_input,
    /// The cause in a sentence.
    text: Text = &said.text,
    /// Where to look next; null if no question is open.
    next: Option<Text> = said.next.as_deref(),
    /// Other causes that fit the evidence, in order of precedence.
    also: List<RunnerUpRow> = cause.also.iter().map(RunnerUpRow),
}

row! {
    /// Another cause that fits the evidence.
    pub(super) struct RunnerUpRow<'a>(other: &'a RunnerUp);

    /// Its name.
    name: Text = other.id.name(),
    /// Whose behaviour it would be.
    by: Option<Text> = other.by.map(Blame::name),
    /// How sure.
    certainty: Text = other.certainty.name(),
}

row! {
    /// How TCP ended.
    pub(super) struct Tcp<'a>(r: &'a Conversation<Shown>);

    let c = &*r.closing;
    let PerRole { client, server } =
        sides(&c.ends, |end| end.as_ref().map_or("unobserved", |end| end.how.name()));

    /// The end that came first.
    first_end: Option<End> = c.first_end.as_ref().map(|end| End(r, end)),
    /// Neither side had received the other's end when it sent its own.
    crossed: Boolean = c.ends_crossed,
    /// How the client ended its direction: `fin`, `rst`, `end_stream`, `rst_stream`, `dropped` or `unobserved`.
    client_end: Text = client,
    /// How the server ended its direction.
    server_end: Text = server,
    /// Every FIN and RST from either side in order of capture, each FIN once, at most the first 16 from each side;
    /// empty for a log. Of a stream of HTTP/2 also END_STREAM and RST_STREAM, and the last GOAWAY of each side.
    ends: List<EndSegment> = ends(r).into_iter().map(|(by, end)| EndSegment(r, by, end)),
}

/// What ended TCP, in order of capture.
fn ends(r: &Conversation<Shown>) -> Vec<(Role, Ends<'_>)> {
    let of = |role: Role| r.tcp_facts[role].ends.iter().map(move |end| (role, Ends::One(end)));
    let going = |role: Role| {
        // What came behind the stream ended none of it.
        let last = r.tcp.map(|tcp| tcp.last_packet);
        let going = r.http2.as_deref().and_then(|http2| http2.going[role].as_ref());
        let going = going.filter(|going| Some(going.packet) <= last);
        going.map(|going| (role, Ends::All(going)))
    };
    let mut ends: Vec<_> =
        Role::BOTH.into_iter().filter_map(going).chain(Role::BOTH.into_iter().flat_map(of)).collect();
    ends.sort_by_key(|(_, end)| end.packet());
    ends
}

/// What ends a connection, or a stream of HTTP/2.
#[derive(Clone, Copy, Debug)]
pub(super) enum Ends<'a> {
    /// A direction of it.
    One(&'a model::EndSegment),
    /// The HTTP/2 connection that carries it, sooner or later.
    All(&'a GoAway<Shown>),
}

impl Ends<'_> {
    const fn packet(&self) -> PacketNo {
        match self {
            Self::One(end) => end.packet,
            Self::All(going) => going.packet,
        }
    }
}

row! {
    /// A FIN or an RST, or what stands for one in HTTP/2.
    pub(super) struct EndSegment<'a>(r: &'a Conversation<Shown>, by: Role, end: Ends<'a>);

    let (packet, packet_input) = place(r, Some(end.packet()));
    let (how, error, at, going) = match end {
        Ends::One(end) => (end.how.name(), end.how.error(), end.at, None),
        Ends::All(going) => ("goaway", Some(going.error), going.at, Some(going)),
    };

    /// The side it comes, or claims to come, from: `client` or `server`.
    by: Text = by.name(),
    /// What it is: `fin` or `rst`; of a stream of HTTP/2 also `end_stream`, `rst_stream` or `goaway`.
    how: Text = how,
    /// Error code of RST_STREAM or GOAWAY by its name (RFC 9113 7), or its number if it has none.
    error: OrAbsent<Text> = error.map(Displayed),
    /// The highest stream that a GOAWAY says was or may be processed.
    last_stream: OrAbsent<Integer> = going.map(|going| going.last_stream),
    /// First bytes of the debug data of a GOAWAY.
    debug: OrAbsent<Text> = going.and_then(|going| going.debug.as_deref()),
    /// Time of its packet; null if the recording has no clock.
    at: Option<Time> = at,
    /// Its packet.
    packet: Option<Integer> = packet,
    /// Index of the input with that packet, if it is not the connection's.
    packet_input: OrAbsent<Integer> = packet_input,
}

row! {
    /// End of one direction of TCP.
    pub(super) struct End<'a>(r: &'a Conversation<Shown>, end: &'a TcpEnd);

    let (packet, packet_input) = place(r, end.packet);

    /// Which side's: `client` or `server`.
    by: Text = end.by.name(),
    /// How: `fin`, `rst`, `dropped` or `unobserved`; of a stream of HTTP/2 also `end_stream` (END_STREAM, as a FIN) or `rst_stream`
    /// (RST_STREAM, as an RST).
    how: Text = end.how.name(),
    /// The error code of that RST_STREAM by its name, or its number if it has none.
    error: OrAbsent<Text> = end.how.error().map(Displayed),
    /// Time of that packet; null if the recording has no clock.
    at: Option<Time> = end.at,
    /// Packet with the FIN or RST.
    packet: Option<Integer> = packet,
    /// Index of the input with that packet, if it is not the connection's.
    packet_input: OrAbsent<Integer> = packet_input,
}

row! {
    /// What the API of one side will have reported to its program (`CloseEvent` of the WebSocket API).
    pub(super) struct View<'a>(r: &'a Conversation<Shown>, view: &'a model::LocalView<Shown>);

    /// Code, including 1005 and 1006; null if nothing is reported or it is unknown.
    code: Option<Integer> = view.code.map(|code| code.0),
    /// Reason that comes with the code; null if there is none.
    reason: Option<Text> = view.reason.as_deref(),
    /// Value of `wasClean`; null if unknown.
    was_clean: Option<Boolean> = view.was_clean,
    /// Why it reports this, in words: the situation of this side, and the convention of its library.
    because: Text = &*wording::because(view, r.http2.is_some()),
    /// How sure: `proven`, `likely` or `undetermined`.
    certainty: Text = view.certainty.name(),
    /// The situation of this side: `answered`, `no_close`, `reset_behind` and so on.
    situation: Text = view.situation.name(),
    /// The library whose API that is, as the opening handshake shows; null if unknown.
    library: Option<Text> = view.library.map(|library| library.info().name),
    /// What else it may have reported, if software differs.
    or: List<AlternativeRow> = view.or.iter().map(AlternativeRow),
}

row! {
    /// Something else that the API may have reported.
    pub(super) struct AlternativeRow<'a>(other: &'a Alternative);

    /// Code; null if nothing is reported.
    code: Option<Integer> = other.code.map(|code| code.0),
    /// Value of `wasClean`; null if unknown.
    was_clean: Option<Boolean> = other.was_clean,
    /// When that is the case, in words.
    when: Text = other.when,
}

row! {
    /// The fault for which a side failed the connection.
    pub(super) struct FailedFor(by: Role, rule: RuleId, frame: u64);

    /// Name of the rule.
    rule: Text = rule.name(),
    /// Who broke it: `client` or `server`.
    by: Text = by.name(),
    /// Number of the frame that did.
    frame: Integer = frame,
}

row! {
    /// Something that a side had to do.
    pub(super) struct Step<'a>(step: &'a model::Step);

    /// Name of the rule that required it.
    rule: Text = step.rule.name(),
    /// Who had to do it: `client` or `server`.
    owed_by: Text = step.owed_by.name(),
    /// What had to be done, in words.
    expected: Text = &wording::owed(step),
    /// What was seen of it, in words.
    observed: Text = &wording::seen(step),
    /// Result: `met`, `broken`, `late`, `unobserved` or `not_applicable`.
    verdict: Text = step.verdict.name(),
    /// Sections of the RFCs that require it.
    section: Text = Displayed(Clauses(&wording::clauses(step))),
    /// Number of the frame that made it due.
    since_frame: Option<Integer> = step.since.frame,
    /// Time at which it became due.
    since_at: Option<Time> = step.since.at,
}
