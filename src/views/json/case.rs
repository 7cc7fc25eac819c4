//! The `autobahn` object of a connection that comes from a report of the Autobahn Testsuite.

use std::collections::BTreeMap;

use serde::{Serialize, Serializer};

use crate::model::CaseRecord;
use crate::model::case::{Behavior, CaseEvent, ClosingBehavior};
use crate::views::case;

#[derive(Serialize)]
pub(super) struct Autobahn<'a> {
    agent: &'a str,
    case: &'a str,
    index: Option<u64>,
    tester_is: &'a str,
    started: Option<&'a str>,
    duration_ms: Option<u64>,
    behavior: &'a str,
    behavior_close: &'a str,
    result: Option<&'a str>,
    result_close: Option<&'a str>,
    recomputed: Recomputed<'a>,
    expected: Option<Expected<'a>>,
    received: Option<Vec<Event<'a>>>,
    closing_behavior: Closing<'a>,
    wire_statistics: Statistics,
    inconsistencies: &'a [String],
    account: String,
}

#[derive(Serialize)]
struct Recomputed<'a> {
    behavior: Option<&'a str>,
    behavior_close: Option<&'a str>,
    agrees: bool,
    why: &'a str,
}

/// Events by verdict, in the order of the report.
pub(in crate::views) struct Expected<'a>(pub(in crate::views) &'a [(Behavior, Vec<CaseEvent>)]);

impl Serialize for Expected<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.0.iter().map(|(behavior, events)| (behavior.as_str(), list(events))))
    }
}

/// As the suite writes it: `["message", text, binary]`, `["ping", text]`.
#[derive(Serialize)]
#[serde(untagged)]
enum Event<'a> {
    Message(&'a str, &'a str, bool),
    Named(&'a str, &'a str),
}

fn list(events: &[CaseEvent]) -> Vec<Event<'_>> {
    events.iter().map(event).collect()
}

fn event(event: &CaseEvent) -> Event<'_> {
    match event {
        CaseEvent::Message(text, binary) => Event::Message("message", text, *binary),
        CaseEvent::Ping(text) => Event::Named("ping", text),
        CaseEvent::Pong(text) => Event::Named("pong", text),
        CaseEvent::Timeout(tag) => Event::Named("timeout", tag),
        CaseEvent::Other(name, rest) => Event::Named(name, rest),
    }
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Closing<'a> {
    is_server: bool,
    closed_by_me: bool,
    failed_by_me: bool,
    dropped_by_me: bool,
    was_clean: bool,
    was_not_clean_reason: Option<&'a str>,
    was_server_connection_drop_timeout: bool,
    was_open_handshake_timeout: bool,
    was_close_handshake_timeout: bool,
    local_close_code: Option<u16>,
    local_close_reason: Option<&'a str>,
    remote_close_code: Option<u16>,
    remote_close_reason: Option<&'a str>,
}

impl<'a> Closing<'a> {
    fn new(c: &'a ClosingBehavior) -> Self {
        Self {
            is_server: c.is_server,
            closed_by_me: c.closed_by_me,
            failed_by_me: c.failed_by_me,
            dropped_by_me: c.dropped_by_me,
            was_clean: c.was_clean,
            was_not_clean_reason: c.was_not_clean_reason.as_deref(),
            was_server_connection_drop_timeout: c.was_server_connection_drop_timeout,
            was_open_handshake_timeout: c.was_open_handshake_timeout,
            was_close_handshake_timeout: c.was_close_handshake_timeout,
            local_close_code: c.local_close_code,
            local_close_reason: c.local_close_reason.as_deref(),
            remote_close_code: c.remote_close_code,
            remote_close_reason: c.remote_close_reason.as_deref(),
        }
    }
}

/// Counts by chop size and by opcode; the keys are texts, as in the suite's own files.
#[derive(Serialize)]
struct Statistics {
    rx_octets: BTreeMap<String, u64>,
    tx_octets: BTreeMap<String, u64>,
    rx_frames: BTreeMap<String, u64>,
    tx_frames: BTreeMap<String, u64>,
}

fn counts(list: &[(u64, u64)]) -> BTreeMap<String, u64> {
    list.iter().map(|(key, count)| (key.to_string(), *count)).collect()
}

impl<'a> Autobahn<'a> {
    pub(super) fn new(record: &'a CaseRecord) -> Self {
        let CaseRecord { report, recomputed, account, inconsistencies } = record;
        Self {
            agent: &report.agent,
            case: report.id.as_str(),
            index: report.index,
            tester_is: if report.closing.is_server { "server" } else { "client" },
            started: report.started.as_deref(),
            duration_ms: report.duration_ms,
            behavior: report.behavior.as_str(),
            behavior_close: report.behavior_close.as_str(),
            result: report.result.as_deref(),
            result_close: report.result_close.as_deref(),
            recomputed: Recomputed {
                behavior: recomputed.behavior.as_ref().map(Behavior::as_str),
                behavior_close: recomputed.behavior_close.as_ref().map(|b| b.as_str()),
                agrees: recomputed.agrees,
                why: &recomputed.why,
            },
            expected: report.expected.as_deref().map(Expected),
            received: report.received.as_deref().map(list),
            closing_behavior: Closing::new(&report.closing),
            wire_statistics: Statistics {
                rx_octets: counts(&report.statistics.rx_octets),
                tx_octets: counts(&report.statistics.tx_octets),
                rx_frames: counts(&report.statistics.rx_frames),
                tx_frames: counts(&report.statistics.tx_frames),
            },
            inconsistencies,
            account: case::sentences(account).join(" "),
        }
    }
}
