//! An exchange played on one connection, and one line for what is concluded about it.

use wslog::engine::{Analysis, Keep};
use wslog::limits::Limits;
use wslog::model::{
    Act, Action, Certainty, Conversation, Deed, Level, Lifecycle, LocalView, PerRole, Role, StartEvidence,
    Starter, Step,
};
use wslog::notation::parse;

use super::conversation::{Client, Server, Side, Talk, TestPacket, WINDOW};
use super::veil;

/// The connection of an exchange behind the opening handshake; `deflate` has permessage-deflate agreed.
pub fn play(script: &str, deflate: bool) -> Vec<TestPacket> {
    if let Some(packets) = veil::play(script) {
        return packets;
    }
    let mut talk = Talk::new("192.0.2.10:50001", "192.0.2.20:8080");
    let mut upgrade = talk.upgrade();
    if deflate {
        upgrade = upgrade.compressed();
    }
    talk.open_with(&upgrade);
    acts(&mut talk, script);
    talk.packets()
}

/// Goes on with a conversation as the exchange says.
pub fn acts(talk: &mut Talk, script: &str) {
    let exchange = parse(script).unwrap_or_else(|error| panic!("{script}\n{error}"));
    exchange.acts.iter().for_each(|act| one_act(talk, act));
}

/// One act. What shares a segment with what was sent before does not by itself.
pub fn one_act(talk: &mut Talk, act: &Act) {
    if act.uncaptured {
        talk.uncaptured(|talk| one_deed(talk, side(act.from), &act.what));
    } else {
        one_deed(talk, side(act.from), &act.what);
    }
}

fn one_deed(talk: &mut Talk, side: Side, what: &Deed) {
    match what {
        Deed::Head(head) => talk.bytes(side, head.as_bytes()),
        Deed::Bytes { wire, .. } => talk.bytes(side, wire),
        Deed::Again => talk.again(side),
        Deed::Probe => talk.probe(side),
        Deed::Fin => talk.fin(side),
        Deed::Rst => talk.reset(side),
        Deed::BareRst => talk.reset_bare(side),
        Deed::ForeignRst => talk.reset_foreign(side),
        Deed::Refuse => talk.refuse(),
        Deed::Shut => talk.window(side, 0),
        Deed::Open => talk.window(side, WINDOW),
        Deed::Ack => talk.ack(side),
        Deed::Hold => talk.hold(side),
        Deed::Release => talk.release(side),
        Deed::Late(packets) => talk.late(usize::from(*packets)),
        Deed::Wait(ms) => talk.pause(i64::from(*ms)),
    };
}

/// The end that plays a role.
pub fn side(role: Role) -> Side {
    match role {
        Role::Client => Client,
        Role::Server => Server,
    }
}

/// What wslog reports of a list of packets.
pub fn analyse(packets: &[TestPacket]) -> Vec<Conversation> {
    analyse_with(packets, &Limits::default())
}

/// The same within other limits.
pub fn analyse_with(packets: &[TestPacket], limits: &Limits) -> Vec<Conversation> {
    let keep = Keep { first: usize::MAX, last: 0, payload_bytes: 256, ..Keep::NOTHING };
    let mut analysis = Analysis::new(limits, keep);
    analysis.learn(&veil::keys());
    let mut reports = Vec::new();
    let mut take = |report: Box<Conversation>| {
        reports.push(*report);
        Ok(())
    };
    for (no, packet) in (1..).zip(packets) {
        analysis.push(&packet.segment(no), &mut take).expect("the sink takes all");
    }
    analysis.finish(&mut [Default::default()], &mut take).expect("the sink takes all");
    reports
}

/// Findings as `S FR-RSV`, with `should` or `note` where it is less than a must, `?` where it is likely
/// and `??` where it is undetermined.
pub fn findings(report: &Conversation) -> String {
    let mut all: Vec<String> = report
        .findings
        .iter()
        .map(|f| {
            let by = f.by.map_or("both", letter);
            let level = match f.level {
                Level::Must => "",
                Level::Should => " should",
                Level::Note => " note",
            };
            format!("{by}{level} {}{}", f.violation.rule(), sure(f.certainty))
        })
        .collect();
    all.sort();
    all.dedup();
    all.join(", ")
}

/// All obligations: `S fail FR-RSV met`, `S may fail FR-LEN-MIN met`, `S refuse HS-KEY broken`, `S CL-REPLY late`.
pub fn all_steps(report: &Conversation) -> String {
    let one = |step: &Step| {
        let what = match step.action {
            Action::Fail(_) | Action::FailHandshake(_) => " fail",
            Action::MayFail(_) => " may fail",
            Action::Refuse(_) => " refuse",
            _ => "",
        };
        format!("{}{what} {} {}", letter(step.owed_by), step.rule, step.verdict.name())
    };
    report.closing.steps.iter().map(one).collect::<Vec<_>>().join(", ")
}

/// How it closed, with all that is not sure or out of the ordinary:
/// `not_observable by ?, sees 1006? / ?, closing / open, ends cross, S may have closed, odd gap`.
pub fn ending(report: &Conversation) -> String {
    let closing = &report.closing;
    let by = match closing.started_by {
        Some(Starter::One(role)) => letter(role),
        Some(Starter::Both) => "both",
        None => "?",
    };
    let by_order = if closing.evidence == StartEvidence::Order { "?" } else { "" };
    let sees = |view: &LocalView| {
        let sure = sure(view.certainty);
        match view.code {
            Some(code) => format!("{code}{sure}{}", clean(view)),
            None if view.certainty == Certainty::Undetermined => "?".to_owned(),
            None => format!("-{sure}"),
        }
    };
    let PerRole { client, server } = &closing.sees;
    let mut line =
        format!("{} by {by}{by_order}, sees {} / {}", closing.outcome.name(), sees(client), sees(server));
    let mut add = |more: String| line.extend([", ".to_owned(), more]);
    let PerRole { client, server } = &closing.sides;
    if (client.state, server.state) != (Lifecycle::Closed, Lifecycle::Closed) {
        add(format!("{} / {}", client.state.name(), server.state.name()));
    }
    if closing.ends_crossed {
        add("ends cross".to_owned());
    }
    for (side, name) in [(client, "C"), (server, "S")] {
        if side.sent_close.is_none() {
            add(format!("{name} may have closed"));
        }
    }
    let odd: Vec<&str> = report.weirds.as_slice().iter().map(|weird| weird.kind.name()).collect();
    if !odd.is_empty() {
        add(format!("odd {}", odd.join(" ")));
    }
    line
}

/// Outcome, who started, and the codes both sides' applications will have seen: `clean by C, sees 1000 / 1000`;
/// `clean?` where wasClean is not known.
pub fn closing(report: &Conversation) -> String {
    let closing = &report.closing;
    let by = match closing.started_by {
        Some(Starter::One(role)) => letter(role),
        Some(Starter::Both) => "both",
        None => "?",
    };
    let sees =
        |view: &LocalView| view.code.map_or_else(|| "-".to_owned(), |code| format!("{code}{}", clean(view)));
    format!(
        "{} by {by}, sees {} / {}",
        closing.outcome.name(),
        sees(&closing.sees.client),
        sees(&closing.sees.server)
    )
}

fn sure(certainty: Certainty) -> &'static str {
    match certainty {
        Certainty::Proven => "",
        Certainty::Likely => "?",
        Certainty::Undetermined => "??",
    }
}

fn clean(view: &LocalView) -> &'static str {
    match view.was_clean {
        Some(true) => " clean",
        Some(false) => "",
        None => " clean?",
    }
}

fn letter(role: Role) -> &'static str {
    match role {
        Role::Client => "C",
        Role::Server => "S",
    }
}
