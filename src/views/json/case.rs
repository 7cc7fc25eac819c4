//! The `autobahn` object of a connection that comes from a report of the Autobahn Testsuite.

use std::collections::BTreeMap;

use crate::model::case::{
    Behavior, BehaviorClose, CaseEvent, CaseReport, ClosingBehavior, ReportPart, WireStatistics,
};
use crate::model::{self, CaseRecord, Conversation, Role, suite};
use crate::redact::Shown;
use crate::views::account;
use crate::views::json::Sentences;
use crate::views::row::{Boolean, Displayed, Encoder, Integer, List, Map, Text, Type, Value, ValueKind, row};
use crate::views::worded::Worded;

row! {
    /// A case of the Autobahn Testsuite, as in its report.
    pub(super) struct Autobahn<'a>(r: &'a Conversation<Shown>, record: &'a CaseRecord, told: &'a [Worded<'a>]);

    let CaseRecord { report, recomputed, account: _, notes, inconsistencies } = record;
    let CaseReport { closing, statistics, .. } = report;

    /// What was tested.
    agent: Text = &report.agent,
    /// Case number, such as `3.2`.
    case: Text = report.id.as_str(),
    /// Its number among the cases that were run.
    index: Option<Integer> = report.index,
    /// The suite that made the report; null where nothing tells.
    suite: Option<Suite> = report.suite.as_ref().map(Suite),
    /// Role of the tester: `client` or `server`; null if the source does not show it.
    tester_is: Option<Text> = report.tester().map(Role::name),
    /// When it was run, as written in the report.
    started: Option<Text> = report.started.as_deref(),
    /// How long it took, in milliseconds.
    duration_ms: Option<Integer> = report.duration_ms,
    /// The suite's verdict on what the testee did; null if the source does not have it.
    behavior: Option<Text> = report.behavior.told(),
    /// The suite's verdict on how it closed; null if the source does not have it.
    behavior_close: Option<Text> = report.behavior_close.told(),
    /// The suite's reason for `behavior`.
    result: Option<Text> = report.result.as_deref(),
    /// The suite's reason for `behavior_close`.
    result_close: Option<Text> = report.result_close.as_deref(),
    /// Both verdicts, derived again by wslog.
    recomputed: Recomputed = Recomputed(recomputed),
    /// What the suite expects, by the verdict it leads to.
    expected: Option<Map<List<Event>>> = report.expected.as_deref().map(expected),
    /// Events that the tester saw, in order.
    received: Option<List<Event>> = report.received.as_deref().map(|events| events.iter().map(Event)),
    /// How it closed, as the tester noted; null if the source does not have it to its end.
    closing_behavior: Option<Closing> = report.has(ReportPart::Closing).then_some(Closing(closing)),
    /// What the tester counted; null if the source does not have it to its end.
    wire_statistics: Option<Statistics> = report.has(ReportPart::Statistics).then_some(Statistics(statistics)),
    /// Parts of the report that the source does not have, or not to their end.
    lacks: List<Text> = report.lacks.iter().map(|part| part.name()),
    /// The source ends before the report does: what is not in it is unknown.
    is_cut: Boolean = report.is_cut,
    /// What the source lacks, and what had to be undone to read it, in words.
    notes: List<Text> = notes,
    /// Where the report contradicts itself.
    inconsistencies: List<Text> = inconsistencies,
    /// What the tester sent, what it expected of the testee, what the testee did, and why the verdict is what it is.
    account: Text = Displayed(Sentences(&account::of(r, told))),
}

row! {
    /// The suite that made a report.
    pub(super) struct Suite<'a>(suite: &'a suite::Suite);

    /// Its version, such as `0.8.2`. Its own table of cases and its own tests are what the case was judged by again.
    version: Text = Displayed(suite.version),
    /// What tells it: `server_header`, `user_agent` (of the opening handshake), or `option` (`--suite`).
    from: Text = suite.from.name(),
}

row! {
    /// Verdicts derived again by wslog.
    pub(super) struct Recomputed<'a>(recomputed: &'a model::case::Recomputed);

    /// On what the testee did; null if the events do not show it, or not enough of them.
    behavior: Option<Text> = recomputed.behavior.as_ref().map(Behavior::as_str),
    /// On how it closed.
    behavior_close: Option<Text> = recomputed.behavior_close.as_ref().map(BehaviorClose::as_str),
    /// Whether they agree with the report, as far as it has any; by any version where that of the suite is unknown.
    agrees: Boolean = recomputed.agrees,
    /// What decided them, in words.
    why: Text = &recomputed.why,
}

/// Events by verdict, in the order of the report.
pub(in crate::views) fn expected(
    by_verdict: &[(Behavior, Vec<CaseEvent>)],
) -> impl Iterator<Item = (&str, impl Iterator<Item = Event<'_>>)> {
    by_verdict.iter().map(|(verdict, events)| (verdict.as_str(), events.iter().map(Event)))
}

/// As the suite writes it: `["message", text, binary]`, `["ping", text]`.
#[derive(Clone, Copy, Debug)]
pub(in crate::views) struct Event<'a>(&'a CaseEvent);

impl Type for Event<'_> {
    const KIND: &'static ValueKind =
        &ValueKind::Either(&[<(Text, Text, Boolean) as Type>::KIND, <(Text, Text) as Type>::KIND]);
}

impl Value<Self> for Event<'_> {
    fn encode(self, to: &mut impl Encoder) {
        let (name, text) = match self.0 {
            CaseEvent::Message(text, binary) => {
                return Value::<(Text, Text, Boolean)>::encode(("message", text, *binary), to);
            }
            CaseEvent::Ping(text) => ("ping", text),
            CaseEvent::Pong(text) => ("pong", text),
            CaseEvent::Timeout(tag) => ("timeout", tag),
            CaseEvent::Other(name, rest) => (name.as_str(), rest),
        };
        Value::<(Text, Text)>::encode((name, text), to);
    }
}

row! {
    /// How a case closed; names and meaning are those of the suite.
    pub(super) struct Closing<'a>(c: &'a ClosingBehavior);

    /// The tester was the server, the testee the client.
    isServer: Boolean = c.is_server,
    /// The tester sent its Close first.
    closedByMe: Boolean = c.closed_by_me,
    /// The tester failed the connection.
    failedByMe: Boolean = c.failed_by_me,
    /// The tester dropped TCP.
    droppedByMe: Boolean = c.dropped_by_me,
    /// Both Closes were exchanged, and the server dropped TCP.
    wasClean: Boolean = c.was_clean,
    /// Why it was not clean.
    wasNotCleanReason: Option<Text> = c.was_not_clean_reason.as_deref(),
    /// The tester, as client, timed out waiting for the server to drop TCP.
    wasServerConnectionDropTimeout: Boolean = c.was_server_connection_drop_timeout,
    /// The opening handshake took too long.
    wasOpenHandshakeTimeout: Boolean = c.was_open_handshake_timeout,
    /// The testee did not answer the tester's Close in time.
    wasCloseHandshakeTimeout: Boolean = c.was_close_handshake_timeout,
    /// Code of the tester's Close.
    localCloseCode: Option<Integer> = c.local_close_code,
    /// Reason of the tester's Close.
    localCloseReason: Option<Text> = c.local_close_reason.as_deref(),
    /// Code of the testee's Close.
    remoteCloseCode: Option<Integer> = c.remote_close_code,
    /// Reason of the testee's Close.
    remoteCloseReason: Option<Text> = c.remote_close_reason.as_deref(),
}

row! {
    /// What the tester counted.
    pub(super) struct Statistics<'a>(counted: &'a WireStatistics);

    /// Octets received: how often chops of each size came.
    rx_octets: Map<Integer> = by_text(&counted.rx_octets),
    /// Octets sent: how often chops of each size went out.
    tx_octets: Map<Integer> = by_text(&counted.tx_octets),
    /// Frames received, by opcode.
    rx_frames: Map<Integer> = by_text(&counted.rx_frames),
    /// Frames sent, by opcode.
    tx_frames: Map<Integer> = by_text(&counted.tx_frames),
}

/// In the order of the keys as texts, as in the suite's own files.
fn by_text(counts: &[(u64, u64)]) -> BTreeMap<String, u64> {
    counts.iter().map(|(key, count)| (key.to_string(), *count)).collect()
}
