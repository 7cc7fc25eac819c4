//! One line of text for a whole connection, and one line for what is concluded about it.
//!
//! A script is what each side does, in the order of the recording, parted by `|`: `C:` or `S:`, then one of
//!
//! ```text
//! 81 02 68 69           a frame in hex before masking: masked here if the client sends it
//! raw 81 02 68 69       bytes as they are
//! text hi  binary hi  ping x  pong x  close  close 1000 bye
//! fin  rst  ack         TCP
//! bare-rst              an RST without acknowledgement number
//! again  probe          the last payload once more, a keep-alive probe
//! late 2                what it sent last is captured behind the next two packets
//! hold  release         what the peer sends stays in flight to this side, arrives now
//! wait 1500             milliseconds go by
//! uncaptured text hi    the capture missed it; whoever acknowledges later has received it
//! ```

use wslog::engine::{Analysis, Keep};
use wslog::limits::Limits;
use wslog::model::{
    Action, Certainty, Conversation, Level, Lifecycle, LocalView, PerRole, Role, StartEvidence, Starter, Step,
};

use super::conversation::{Client, Server, Side, Talk, TestPacket};
use super::frame::Frame;

/// The connection of a script; `deflate` has permessage-deflate agreed.
pub fn play(script: &str, deflate: bool) -> Vec<TestPacket> {
    let mut talk = Talk::new("192.0.2.10:50001", "192.0.2.20:8080");
    let mut upgrade = talk.upgrade();
    if deflate {
        upgrade = upgrade.compressed();
    }
    talk.open_with(&upgrade);
    acts(&mut talk, script);
    talk.packets()
}

/// Goes on with a conversation as the script says.
pub fn acts(talk: &mut Talk, script: &str) {
    for act in script.split('|').map(str::trim).filter(|act| !act.is_empty()) {
        let (side, what) = act.split_once(':').unwrap_or_else(|| panic!("C: or S: before {act:?}"));
        let side = match side {
            "C" => Client,
            "S" => Server,
            other => panic!("{other:?} is no side"),
        };
        one_act(talk, side, what.trim());
    }
}

/// One act.
pub fn one_act(talk: &mut Talk, side: Side, what: &str) {
    let (verb, rest) = what.split_once(' ').unwrap_or((what, ""));
    match verb {
        "uncaptured" => talk.uncaptured(|talk| one_act(talk, side, rest)),
        "fin" => talk.fin(side),
        "rst" => talk.reset(side),
        "bare-rst" => talk.reset_bare(side),
        "again" => talk.again(side),
        "probe" => talk.probe(side),
        "ack" => talk.ack(side),
        "hold" => talk.hold(side),
        "release" => talk.release(side),
        "late" => talk.late(rest.parse().expect("packets")),
        "wait" => talk.pause(rest.parse().expect("milliseconds")),
        "text" => talk.send(side, Frame::text(rest)),
        "binary" => talk.send(side, Frame::binary(rest)),
        "ping" => talk.send(side, Frame::ping(rest)),
        "pong" => talk.send(side, Frame::pong(rest)),
        "close" if rest.is_empty() => talk.send(side, Frame::close_empty()),
        "close" => {
            let (code, reason) = rest.split_once(' ').unwrap_or((rest, ""));
            talk.send(side, Frame::close(code.parse().expect("a code"), reason))
        }
        "raw" => talk.bytes(side, &bytes(rest)),
        _ => {
            let plain = bytes(what);
            let wire = if side == Client { masked(&plain) } else { plain };
            talk.bytes(side, &wire)
        }
    };
}

/// `81 02 61*126`.
pub fn bytes(hex: &str) -> Vec<u8> {
    hex.split_whitespace()
        .flat_map(|word| match word.split_once('*') {
            // `61*126`: a byte repeated.
            Some((byte, times)) => vec![digit(byte); times.parse().expect("a count")],
            None => vec![digit(word)],
        })
        .collect()
}

fn digit(byte: &str) -> u8 {
    u8::from_str_radix(byte, 16).unwrap_or_else(|_| panic!("{byte:?} is no hex byte"))
}

/// The frame with MASK set and a key that differs from frame to frame.
pub fn masked(plain: &[u8]) -> Vec<u8> {
    let extended = match plain[1] & 0x7f {
        126 => 2,
        127 => 8,
        _ => 0,
    };
    let (header, payload) = plain.split_at(2 + extended);
    let mix = plain.iter().fold(0x9e37_79b9_u32, |sum, b| sum.rotate_left(5) ^ u32::from(*b));
    let key = mix.to_be_bytes();
    let mut wire = header.to_vec();
    wire[1] |= 0x80;
    wire.extend(key);
    wire.extend(payload.iter().zip(key.iter().cycle()).map(|(byte, key)| byte ^ key));
    wire
}

/// What wslog reports of a list of packets.
pub fn analyse(packets: &[TestPacket]) -> Vec<Conversation> {
    analyse_with(packets, &Limits::default())
}

/// The same within other limits.
pub fn analyse_with(packets: &[TestPacket], limits: &Limits) -> Vec<Conversation> {
    let keep = Keep { first: usize::MAX, last: 0, payload_bytes: 256, live: false };
    let mut analysis = Analysis::new(limits, keep);
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
