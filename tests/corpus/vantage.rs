//! One run captured at both ends of a link that loses, delays and repeats packets: what is concluded of each
//! connection is the same, or [`DIFFERENCES`] names the reason that the two captures show.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use wslog::model::{Certainty, Conversation, PerRole, Role, Situation, Starter, StreamEnd};

use crate::support::corpus::{TIMED, corpus};
use crate::support::essence::analyse_file;

/// A threshold may lie between what the two ends saw.
fn is_timed(rule: &str) -> bool {
    TIMED.contains(&rule) || rule == "FR-PING-PONG"
}

/// Something said of a connection.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Claim {
    Outcome(&'static str),
    Started(Option<&'static str>),
    Evidence(&'static str),
    Code(&'static str, Option<u16>),
    Sees(&'static str, Option<u16>, Option<bool>),
    Finding(&'static str, Option<&'static str>, &'static str),
    Step(&'static str, &'static str, &'static str),
}

fn claims(report: &Conversation) -> BTreeSet<Claim> {
    let closing = &report.closing;
    let mut claims = BTreeSet::from([
        Claim::Outcome(closing.outcome.name()),
        Claim::Started(closing.started_by.map(|starter| match starter {
            Starter::One(role) => role.name(),
            Starter::Both => "both",
        })),
        Claim::Evidence(closing.evidence.name()),
    ]);
    for role in Role::BOTH {
        claims.insert(Claim::Code(role.name(), closing.sides[role].code.map(|code| code.0)));
        let view = &closing.sees[role];
        claims.insert(Claim::Sees(role.name(), view.code.map(|code| code.0), view.was_clean));
    }
    let findings = report.findings.iter();
    claims.extend(
        findings
            .map(|f| (f.violation.rule().name(), f.by.map(Role::name), f.level.name()))
            .filter(|(rule, ..)| !is_timed(rule) && *rule != "HS-COALESCED")
            .map(|(rule, by, level)| Claim::Finding(rule, by, level)),
    );
    let steps = closing.steps.iter();
    claims.extend(
        steps
            .map(|step| (step.owed_by.name(), step.rule.name(), step.verdict.name()))
            .filter(|(_, rule, _)| !is_timed(rule))
            .map(|(by, rule, verdict)| Claim::Step(by, rule, verdict)),
    );
    claims
}

/// The same connection at both ends, and a claim that only one of them makes.
struct Difference<'a> {
    claim: &'a Claim,
    ends: PerRole<&'a Conversation>,
}

impl Difference<'_> {
    /// Whether the two captures have something of either side differently.
    fn differs<T: PartialEq>(&self, what: impl Fn(&Conversation, Role) -> T) -> bool {
        Role::BOTH.iter().any(|role| what(self.ends.client, *role) != what(self.ends.server, *role))
    }

    /// The claim is about how TCP ended, or follows from it.
    fn is_of_the_end(&self) -> bool {
        match self.claim {
            Claim::Outcome(_) | Claim::Started(_) | Claim::Evidence(_) => true,
            Claim::Finding(rule, ..) | Claim::Step(_, rule, _) => rule.starts_with("CL-"),
            Claim::Code(..) | Claim::Sees(..) => false,
        }
    }

    /// A FIN of one side and an RST of the other, which has no acknowledgement number: who was first is told by
    /// the order of the recording only, and the two recordings have it differently.
    fn ends_crossed(&self) -> bool {
        let first = |report: &Conversation| report.closing.first_end.map(|end| end.by);
        let reset =
            |role: &Role| self.ends.client.closing.ends[*role].is_some_and(|end| end.how == StreamEnd::Rst);
        Role::BOTH.iter().any(reset) && first(self.ends.client) != first(self.ends.server)
    }
}

/// Why both are right though they differ, and of which differences that is so.
type Reason = (&'static str, fn(&Difference<'_>) -> bool);

const DIFFERENCES: &[Reason] = &[
    ("bytes passed one end, were lost on the way and never sent again", |d| {
        d.differs(|report, role| report.traffic[role].stream_bytes)
    }),
    ("an end of TCP passed one end, was lost on the way and never sent again", |d| {
        d.is_of_the_end() && d.differs(|report, role| report.closing.ends[role].is_some())
    }),
    ("a FIN and an RST crossed", |d| d.is_of_the_end() && d.ends_crossed()),
    (
        "the acknowledgement of a Close was lost on the way: who did not see it does not call the view proven",
        |d| {
            let Claim::Sees(of, ..) = d.claim else { return false };
            Role::BOTH.iter().any(|end| {
                Role::BOTH.iter().filter(|role| role.name() == *of).any(|role| {
                    let view = &d.ends[*end].closing.sees[*role];
                    view.situation == Situation::Undelivered && view.certainty == Certainty::Likely
                })
            })
        },
    ),
];

/// Connections by Sec-WebSocket-Key.
fn by_key(path: &Path) -> BTreeMap<String, Conversation> {
    let reports = analyse_file(&fs::read(path).expect("a capture"));
    let key = |report: &Conversation| report.request.as_ref()?.key().map(|key| key.into_sent().to_owned());
    reports.into_iter().filter_map(|report| Some((key(&report)?, report))).collect()
}

#[test]
fn both_ends_of_a_bad_link_conclude_the_same() {
    let Some(run) = corpus("autobahn/client-ws-dirtylink") else { return };
    let [at_client, at_server] =
        ["client", "server"].map(|end| by_key(&run.join(format!("capture-{end}.pcap"))));
    assert!(at_client.keys().eq(at_server.keys()));
    let mut counts: BTreeMap<&str, u64> = BTreeMap::new();
    let mut unexplained = Vec::new();
    for (key, client) in &at_client {
        let ends = PerRole { client, server: &at_server[key] };
        let said = PerRole { client: claims(ends.client), server: claims(ends.server) };
        for claim in said.client.symmetric_difference(&said.server) {
            let difference = Difference { claim, ends };
            match DIFFERENCES.iter().find(|(_, holds)| holds(&difference)) {
                Some((reason, _)) => *counts.entry(reason).or_default() += 1,
                None => {
                    let place = if said.client.contains(claim) { "client" } else { "server" };
                    let target = client.request.as_ref().map_or("", |request| request.target.as_sent());
                    unexplained.push(format!("{target}: only at the {place}: {claim:?}"));
                }
            }
        }
        if said.client == said.server {
            *counts.entry("connections of which both say the same").or_default() += 1;
        }
    }
    eprintln!("{} connections: {counts:#?}", at_client.len());
    assert!(unexplained.is_empty(), "{}:\n{}", unexplained.len(), unexplained.join("\n"));
    for (reason, _) in DIFFERENCES {
        assert!(counts.contains_key(reason), "no difference any more: {reason}");
    }
}
