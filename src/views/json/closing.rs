//! The `closing` object of a connection.

use serde::Serialize;

use crate::model::{Conversation, LocalView, Role, SideClose, Starter, Step, StreamEnd, TcpEnd};
use crate::redact::Shown;
use crate::views::json::{place, time};
use crate::views::{summary, wording};

#[derive(Serialize)]
pub(super) struct Closing<'a> {
    outcome: &'a str,
    started_by: Option<&'a str>,
    evidence: &'a str,
    client: Close<'a>,
    server: Close<'a>,
    tcp: Tcp<'a>,
    client_sees: View<'a>,
    server_sees: View<'a>,
    idle_before_close_ns: Option<i64>,
    failed_for: Option<FailedFor<'a>>,
    steps: Vec<StepEntry<'a>>,
    summary: String,
}

#[derive(Serialize)]
struct FailedFor<'a> {
    rule: &'a str,
    by: &'a str,
    frame: u64,
}

#[derive(Serialize)]
struct Close<'a> {
    sent_close: Option<bool>,
    code: Option<u16>,
    reason: Option<&'a str>,
    at: Option<String>,
    frame: Option<u64>,
    packet: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    packet_input: Option<usize>,
    state: &'a str,
}

#[derive(Serialize)]
struct Tcp<'a> {
    first_end: Option<End<'a>>,
    crossed: bool,
    client_end: &'a str,
    server_end: &'a str,
}

#[derive(Serialize)]
struct End<'a> {
    by: &'a str,
    how: &'a str,
    at: Option<String>,
    packet: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    packet_input: Option<usize>,
}

#[derive(Serialize)]
struct View<'a> {
    code: Option<u16>,
    reason: Option<&'a str>,
    was_clean: Option<bool>,
    because: &'a str,
    certainty: &'a str,
}

#[derive(Serialize)]
struct StepEntry<'a> {
    rule: &'a str,
    owed_by: &'a str,
    expected: String,
    observed: String,
    verdict: &'a str,
    section: String,
    since_frame: Option<u64>,
    since_at: Option<String>,
}

impl<'a> Closing<'a> {
    pub(super) fn new(r: &'a Conversation<Shown>) -> Self {
        let c = &r.closing;
        let end = |e: &TcpEnd| {
            let (packet, packet_input) = place(r, e.packet);
            End { by: e.by.name(), how: how(e.how), at: time(e.at), packet, packet_input }
        };
        let side_end = |role: Role| c.ends[role].map_or("unobserved", |e| how(e.how));
        Self {
            outcome: c.outcome.name(),
            started_by: c.started_by.map(|s| match s {
                Starter::One(role) => role.name(),
                Starter::Both => "both",
            }),
            evidence: c.evidence.name(),
            client: Close::new(r, &c.sides.client),
            server: Close::new(r, &c.sides.server),
            tcp: Tcp {
                first_end: c.first_end.as_ref().map(end),
                crossed: c.ends_crossed,
                client_end: side_end(Role::Client),
                server_end: side_end(Role::Server),
            },
            client_sees: View::new(&c.sees.client),
            server_sees: View::new(&c.sees.server),
            idle_before_close_ns: c.idle_before_close_ns,
            failed_for: c.failed_for.map(|(by, rule, frame)| FailedFor {
                rule: rule.name(),
                by: by.name(),
                frame,
            }),
            steps: c.steps.iter().map(StepEntry::new).collect(),
            summary: summary::sentences(r).join(" "),
        }
    }
}

impl<'a> Close<'a> {
    fn new(r: &Conversation<Shown>, side: &'a SideClose<Shown>) -> Self {
        let (packet, packet_input) = place(r, side.packet);
        Self {
            sent_close: side.sent_close,
            code: side.code.map(|c| c.0),
            reason: side.reason.as_deref(),
            at: time(side.at),
            frame: side.frame,
            packet,
            packet_input,
            state: side.state.name(),
        }
    }
}

impl<'a> View<'a> {
    fn new(view: &'a LocalView<Shown>) -> Self {
        Self {
            code: view.code.map(|c| c.0),
            reason: view.reason.as_deref(),
            was_clean: view.was_clean,
            because: wording::because(view.because),
            certainty: view.certainty.name(),
        }
    }
}

impl StepEntry<'_> {
    fn new(step: &Step) -> Self {
        Self {
            rule: step.rule.name(),
            owed_by: step.owed_by.name(),
            expected: wording::owed(step),
            observed: wording::seen(step),
            verdict: step.verdict.name(),
            section: wording::clause(step),
            since_frame: step.since.frame,
            since_at: time(step.since.at),
        }
    }
}

const fn how(end: StreamEnd) -> &'static str {
    match end {
        StreamEnd::Fin => "fin",
        StreamEnd::Rst => "rst",
        StreamEnd::Dropped => "dropped",
        StreamEnd::Unobserved => "unobserved",
    }
}
