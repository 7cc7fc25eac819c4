//! Rows of frames to facts.
//!
//! Notation: entries parted by `|`, each a role (`C:`, `S:`) and a frame in hex before masking. In a payload
//! `?3` are three missing bytes; a payload shorter than its length is a frame cut by the end of the stream.
//! `gap` is a hole between frames, `lost` a lost framing. Expected: the frames with something to tell, as
//! `C1` (role and number) and facts; then the weirds. Each row is run with payloads whole and cut into
//! pieces.

mod deflate;
mod properties;

use std::fmt::Write as _;

use crate::limits::Limits;
use crate::message::Messages;
use crate::model::{
    Carrier, ClosePayload, Event, EventKind, Evidence, Extension, Fact, FrameFacts, FrameHeader, GapCause,
    LengthForm, Missing, Observation, Observed, Opcode, PacketNo, Piece, Reason, Role, Rsv, Undecodable,
    UpgradeResponse, Weirds,
};

/// One entry of a row.
#[derive(Clone, Debug)]
enum Step {
    Frame { from: Role, first: u8, claimed: u64, parts: Vec<Part> },
    Gap(Role),
    Lost(Role),
}

#[derive(Clone, Debug)]
enum Part {
    Bytes(Vec<u8>),
    Missing(u64),
}

/// A whole frame.
fn frame(from: Role, first: u8, payload: &[u8]) -> Step {
    Step::Frame { from, first, claimed: payload.len() as u64, parts: vec![Part::Bytes(payload.to_vec())] }
}

fn parse(wire: &str) -> Vec<Step> {
    wire.split('|').map(str::trim).filter(|entry| !entry.is_empty()).map(parse_entry).collect()
}

fn parse_entry(entry: &str) -> Step {
    let (from, rest) = match entry.split_once(':').expect("role") {
        ("C", rest) => (Role::Client, rest.trim()),
        ("S", rest) => (Role::Server, rest.trim()),
        (other, _) => panic!("role {other}"),
    };
    match rest {
        "gap" => return Step::Gap(from),
        "lost" => return Step::Lost(from),
        _ => {}
    }
    let byte = |token: &str| u8::from_str_radix(token, 16).expect("hex");
    let mut tokens = rest.split_ascii_whitespace();
    let first = byte(tokens.next().expect("first byte"));
    let claimed = match byte(tokens.next().expect("length")) {
        126 => {
            let mut length = || u64::from(byte(tokens.next().expect("length")));
            length() << 8 | length()
        }
        length => u64::from(length),
    };
    let mut parts = Vec::new();
    for token in tokens {
        match (token.strip_prefix('?'), parts.last_mut()) {
            (Some(len), _) => parts.push(Part::Missing(len.parse().expect("count"))),
            (None, Some(Part::Bytes(bytes))) => bytes.push(byte(token)),
            (None, _) => parts.push(Part::Bytes(vec![byte(token)])),
        }
    }
    Step::Frame { from, first, claimed, parts }
}

fn response(extensions: Vec<Extension>) -> UpgradeResponse {
    UpgradeResponse {
        http_version: "HTTP/1.1".into(),
        status: 101,
        phrase: "".into(),
        fields: crate::model::FieldLines::default(),
        expected_accept: None,
        extensions,
        extensions_malformed: false,
        facts: Default::default(),
        switches: true,
        body_start: crate::model::Bytes::default(),
    }
}

/// `permessage-deflate` with these parameters, parted by `;`; `None` for no extension.
fn extensions(deflate: Option<&str>) -> Vec<Extension> {
    let parameters = |list: &str| {
        list.split(';').map(str::trim).filter(|p| !p.is_empty()).map(|p| (p.into(), None)).collect()
    };
    deflate
        .map(|list| Extension { name: "permessage-deflate".into(), parameters: parameters(list) })
        .into_iter()
        .collect()
}

/// Feeds a [`Messages`] and writes down what comes out.
struct Run {
    messages: Messages,
    limits: Limits,
    weirds: Weirds,
    packet: u64,
    told: String,
    /// Facts in order.
    facts: Vec<Fact>,
    /// Previews: payload and inflated.
    previews: Vec<(Vec<u8>, Option<Vec<u8>>)>,
}

impl Run {
    fn new(deflate: Option<&str>, limits: &Limits) -> Self {
        let mut run = Self {
            messages: Messages::new(),
            limits: limits.clone(),
            weirds: Weirds::default(),
            packet: 0,
            told: String::new(),
            facts: Vec::new(),
            previews: Vec::new(),
        };
        run.observe(Role::Server, Observed::Response(Box::new(response(extensions(deflate)))));
        run
    }

    fn observe(&mut self, from: Role, what: Observed<'_>) {
        self.packet += 1;
        let carrier = Carrier { packet: PacketNo(self.packet), at: None, acked: None };
        let evidence = Some(Evidence::Capture { carrier, offset: 0 });
        let Self { messages, limits, weirds, told, facts, previews, .. } = self;
        messages.observe(&Observation { from, what, evidence }, limits, weirds, &mut |event: Event<'_>| {
            let EventKind::Frame(frame) = event.what else { return };
            assert_eq!(event.evidence, Some(frame.first));
            facts.extend(frame.facts);
            previews.push((frame.payload.to_vec(), frame.inflated.map(<[u8]>::to_vec)));
            tell(told, event.from, &frame);
        });
    }

    /// One entry; payload bytes in pieces of `cut` bytes.
    fn step(&mut self, step: &Step, cut: usize) {
        match step {
            Step::Gap(from) => self.observe(*from, Observed::Gap { len: 1, cause: GapCause::NotCaptured }),
            Step::Lost(from) => {
                self.observe(*from, Observed::Undecodable(Undecodable::FramingLost { skipped: 1 }));
            }
            Step::Frame { from, first, claimed, parts } => {
                self.observe(*from, Observed::Frame(header(*first, *claimed)));
                let mut left = *claimed;
                for part in parts {
                    match part {
                        Part::Missing(len) => {
                            let cause = Missing::StreamGap(GapCause::NotCaptured);
                            self.observe(*from, Observed::Payload(Piece::Missing { len: *len, cause }));
                            left -= len;
                        }
                        Part::Bytes(bytes) => {
                            for piece in bytes.chunks(cut) {
                                self.observe(*from, Observed::Payload(Piece::Bytes(piece)));
                            }
                            left -= bytes.len() as u64;
                        }
                    }
                }
                self.observe(*from, Observed::FrameEnd { cut: left });
            }
        }
    }

    fn outcome(mut self) -> String {
        for weird in self.weirds.as_slice() {
            write!(self.told, " | {} x{}", weird.kind.name(), weird.count).unwrap();
        }
        self.told.trim_start_matches(" | ").to_owned()
    }
}

fn header(first: u8, payload_len: u64) -> FrameHeader {
    FrameHeader {
        fin: first & 0x80 != 0,
        rsv: Rsv(first >> 4 & 7),
        opcode: Opcode::from_bits(first),
        masking_key: None,
        length_form: LengthForm::Seven,
        payload_len,
    }
}

fn tell(told: &mut String, from: Role, frame: &FrameFacts<'_>) {
    if frame.facts.is_empty() && frame.close.is_none() {
        return;
    }
    let role = if from == Role::Client { 'C' } else { 'S' };
    write!(told, " | {role}{}", frame.n).unwrap();
    for fact in frame.facts {
        match fact {
            Fact::ContinuationWithoutStart => write!(told, " orphan"),
            Fact::MessageInsideMessage => write!(told, " inside"),
            Fact::Message(m) => {
                let kind = if m.compressed { format!("{:?}-z", m.kind) } else { format!("{:?}", m.kind) };
                let bytes = m.bytes.map_or("?".into(), |n| n.to_string());
                let utf8 = m.utf8_valid.map_or("", |valid| if valid { " valid" } else { " invalid" });
                assert!(frame.message == Some(m.n) && frame.compressed == m.compressed);
                write!(told, " {kind}#{} {}f {}w {bytes}b{utf8}", m.n, m.frames, m.wire_bytes)
            }
            Fact::InvalidUtf8 { offset } => write!(told, " utf8@{offset}"),
            Fact::InflateFailed { offset } => write!(told, " broken@{offset}"),
            Fact::InflatesAsOffered => write!(told, " inflates-as-offered"),
            Fact::ContextLost => write!(told, " context-lost"),
            Fact::InflateCapped => write!(told, " capped"),
            Fact::BeyondWindow { distance, bits } => write!(told, " window({distance}>2^{bits})"),
            Fact::ContextKept { before } => write!(told, " context-kept({before})"),
            Fact::DeflateTail => write!(told, " tail"),
            Fact::FinalBlock => write!(told, " final"),
            Fact::PayloadMissing => write!(told, " missing"),
        }
        .unwrap();
    }
    match frame.close {
        None => {}
        Some(ClosePayload::Empty) => told.push_str(" close()"),
        Some(ClosePayload::OneByte(byte)) => write!(told, " close({byte:02x})").unwrap(),
        Some(ClosePayload::Code { code, reason: None }) => write!(told, " close({code})").unwrap(),
        Some(ClosePayload::Code { code, reason: Some(Reason::Text(text)) }) => {
            write!(told, " close({code} {})", text.as_sent()).unwrap();
        }
        Some(ClosePayload::Code { code, reason: Some(Reason::Invalid { valid_up_to, .. }) }) => {
            write!(told, " close({code} utf8@{valid_up_to})").unwrap();
        }
        Some(ClosePayload::Partial { code }) => {
            write!(told, " close({}…)", code.map_or("?".into(), |code| code.to_string())).unwrap();
        }
    }
}

/// Runs the steps with several cuts of the payloads, which must agree on everything.
fn outcome(deflate: Option<&str>, steps: &[Step], limits: &Limits) -> String {
    let run = |cut: usize| {
        let mut run = Run::new(deflate, limits);
        for step in steps {
            run.step(step, cut);
        }
        let previews = std::mem::take(&mut run.previews);
        (run.outcome(), previews)
    };
    let whole = run(usize::MAX);
    for cut in [1, 2, 3, 7, 1460] {
        assert_eq!(run(cut), whole, "in pieces of {cut}");
    }
    whole.0
}

#[track_caller]
fn check(name: &str, wire: &str, expected: &str) {
    assert_eq!(outcome(None, &parse(wire), &Limits::default()), expected, "{name}: {wire}");
}

#[test]
fn fragments_5_4() {
    for (name, wire, expected) in [
        ("5.6 text", "C: 81 02 61 62", "C1 Text#1 1f 2w 2b valid"),
        ("5.6 binary", "S: 82 02 ff fe", "S1 Binary#1 1f 2w 2b"),
        ("5.6 empty", "C: 81 00 | C: 82 00", "C1 Text#1 1f 0w 0b valid | C2 Binary#2 1f 0w 0b"),
        ("5.4 ping between", "C: 01 01 61 | C: 89 00 | S: 8a 00 | C: 80 01 62", "C4 Text#1 2f 2w 2b valid"),
        ("5.4 close between", "C: 02 01 61 | C: 88 00 | C: 80 01 62", "C2 close() | C3 Binary#1 2f 2w 2b"),
        ("5.4 empty fragments", "C: 01 00 | C: 00 00 | C: 80 00", "C3 Text#1 3f 0w 0b valid"),
        (
            "both roles at once",
            "C: 01 01 61 | S: 02 01 62 | C: 80 01 63 | S: 80 00",
            "C3 Text#1 2f 2w 2b valid | S4 Binary#2 2f 1w 1b",
        ),
        ("orphan", "C: 80 01 61", "C1 orphan"),
        (
            "orphans",
            "C: 00 01 61 | C: 80 01 61 | C: 81 00",
            "C1 orphan | C2 orphan | C3 Text#1 1f 0w 0b valid",
        ),
        ("the peer's message is none of ours", "S: 01 01 61 | C: 80 00", "C2 orphan"),
        ("orphan after the end", "C: 81 00 | C: 80 00", "C1 Text#1 1f 0w 0b valid | C2 orphan"),
        ("inside", "C: 01 01 61 | C: 82 01 62 | C: 80 00", "C2 inside Binary#2 1f 1w 1b | C3 orphan"),
        (
            "the new one replaces the old",
            "C: 01 01 ff | C: 01 01 62 | C: 80 01 63",
            "C1 utf8@0 | C2 inside | C3 Text#2 2f 2w 2b valid",
        ),
        (
            "5.2 reserved opcodes make no message",
            "C: 01 01 61 | C: 83 01 ff | C: 8b 01 ff | C: 80 00",
            "C4 Text#1 2f 1w 1b valid",
        ),
        ("RSV1 without an extension", "C: c1 01 61", "C1 Text#1 1f 1w 1b valid"),
        ("control frame without FIN", "C: 01 01 61 | C: 09 01 ff | C: 80 00", "C3 Text#1 2f 1w 1b valid"),
    ] {
        check(name, wire, expected);
    }
}

#[test]
fn holes_make_no_fact_about_the_sender() {
    for (name, wire, expected) in [
        ("in a payload", "C: 82 05 61 ?2 62 63", "C1 missing Binary#1 1f 5w ?b"),
        ("two in one payload", "C: 82 05 ?1 61 ?2 62", "C1 missing Binary#1 1f 5w ?b"),
        ("in text", "C: 81 05 61 ?2 ff ff", "C1 missing Text#1 1f 5w ?b"),
        ("in text known to be bad", "C: 81 05 ff ?4", "C1 utf8@0 missing Text#1 1f 5w ?b invalid"),
        ("inside a character", "C: 81 03 c3 ?1 61", "C1 missing Text#1 1f 3w ?b"),
        ("in one of two fragments", "C: 01 02 ?2 | C: 80 01 ff", "C1 missing | C2 Text#1 2f 3w ?b"),
        (
            "in a ping between fragments",
            "C: 01 01 61 | C: 89 02 ?2 | C: 80 00",
            "C2 missing | C3 Text#1 2f 1w 1b valid",
        ),
        ("before a continuation", "C: gap | C: 80 01 61", ""),
        ("before continuations, then sure again", "C: gap | C: 00 00 | C: 80 00 | C: 80 00", "C3 orphan"),
        (
            "before continuations, then a start",
            "C: gap | C: 00 00 | C: 81 00",
            "C2 inside Text#1 1f 0w 0b valid",
        ),
        ("in a message, then a start", "C: 01 01 61 | C: gap | C: 82 00", "C2 Binary#2 1f 0w 0b"),
        ("in a message, then its end", "C: 01 01 61 | C: gap | C: 80 01 61", "C2 missing Text#1 2f 2w ?b"),
        ("in a message and in its end", "C: 01 00 | C: gap | C: 80 02 ?1 61", "C2 missing Text#1 2f 2w ?b"),
        (
            "in a message, it goes on, a start",
            "C: 01 00 | C: gap | C: 00 00 | C: 82 00",
            "C2 missing | C3 inside Binary#2 1f 0w 0b",
        ),
        ("control frames settle nothing", "C: 01 00 | C: gap | C: 89 00 | C: 82 00", "C3 Binary#2 1f 0w 0b"),
        ("two gaps", "C: 01 00 | C: gap | C: gap | C: 80 00", "C2 missing Text#1 2f 0w ?b"),
        ("lost framing", "C: lost | C: 80 00", ""),
        ("the other role's gap", "S: gap | C: 80 00", "C1 orphan"),
        ("cut frame", "C: 81 05 61", ""),
        ("cut frame with a hole", "C: 81 05 61 ?2", "C1 missing"),
    ] {
        check(name, wire, expected);
    }
}

#[test]
fn utf8_8_1() {
    for (name, wire, expected) in [
        ("bad byte", "C: 81 03 61 ff 62", "C1 utf8@1 Text#1 1f 3w 3b invalid"),
        ("split character", "C: 01 01 c3 | C: 80 01 a9", "C2 Text#1 2f 2w 2b valid"),
        ("split over three", "C: 01 02 f0 9f | C: 00 01 98 | C: 80 01 80", "C3 Text#1 3f 4w 4b valid"),
        ("split by an empty fragment", "C: 01 01 c3 | C: 00 00 | C: 80 01 a9", "C3 Text#1 3f 2w 2b valid"),
        ("ping inside a character", "C: 01 01 c3 | C: 89 01 ff | C: 80 01 a9", "C3 Text#1 2f 2w 2b valid"),
        (
            "certain in the second fragment",
            "C: 01 02 61 e0 | C: 00 01 80 | C: 80 00",
            "C2 utf8@1 | C3 Text#1 3f 3w 3b invalid",
        ),
        (
            "6.4.1 certain before the end",
            "C: 01 03 61 f4 90 | C: 80 02 80 80",
            "C1 utf8@1 | C2 Text#1 2f 5w 5b invalid",
        ),
        ("ends inside a character", "C: 01 01 61 | C: 80 02 e2 82", "C2 utf8@1 Text#1 2f 3w 3b invalid"),
        ("told once", "C: 01 01 ff | C: 00 01 ff | C: 80 01 ff", "C1 utf8@0 | C3 Text#1 3f 3w 3b invalid"),
        ("surrogate", "C: 81 04 61 ed a0 80", "C1 utf8@1 Text#1 1f 4w 4b invalid"),
        ("overlong", "C: 81 02 c0 af", "C1 utf8@0 Text#1 1f 2w 2b invalid"),
        ("binary is not text", "C: 02 01 ff | C: 80 01 ff", "C2 Binary#1 2f 2w 2b"),
        (
            "the next message starts afresh",
            "C: 81 01 c3 | C: 81 02 c3 a9",
            "C1 utf8@0 Text#1 1f 1w 1b invalid | C2 Text#2 1f 2w 2b valid",
        ),
    ] {
        check(name, wire, expected);
    }
}

#[test]
fn close_bodies_5_5_1() {
    for (name, wire, expected) in [
        ("empty", "C: 88 00", "C1 close()"),
        ("one byte", "C: 88 01 03", "C1 close(03)"),
        ("code", "C: 88 02 03 e8", "C1 close(1000)"),
        ("code and reason", "S: 88 05 03 e9 62 79 65", "S1 close(1001 bye)"),
        ("reason not UTF-8", "S: 88 05 03 e8 61 ff 62", "S1 close(1000 utf8@1)"),
        ("reason ends inside a character", "S: 88 06 03 e8 61 62 e2 82", "S1 close(1000 utf8@2)"),
        ("cut behind the code", "S: 88 05 03 e8 61", "S1 close(1000…)"),
        ("cut inside the code", "S: 88 05 03", "S1 close(?…)"),
        ("cut, nothing there", "S: 88 05", "S1 close(?…)"),
        ("hole in the reason", "S: 88 06 03 e8 61 ?2 62", "S1 missing close(1000…)"),
        ("hole over the code", "S: 88 06 ?2 61 62 63 64", "S1 missing close(?…)"),
        ("wholly missing, one byte", "S: 88 01 ?1", "S1 missing close(?…)"),
    ] {
        check(name, wire, expected);
    }
    for (len, shown) in [(125, 125), (260, 256), (4096, 256)] {
        let body = [&[3, 0xe8][..], &vec![b'r'; len - 2]].concat();
        let steps = [frame(Role::Client, 0x88, &body)];
        let expected = format!("C1 close(1000 {})", "r".repeat(len - 2));
        assert_eq!(outcome(None, &steps, &Limits::default()), expected, "{len} bytes");
        let mut run = Run::new(None, &Limits::default());
        run.step(&steps[0], 100);
        assert_eq!(run.previews[0].0, body[..shown], "{len} bytes");
    }
    let long = [frame(Role::Client, 0x88, &[3; 4097])];
    assert_eq!(outcome(None, &long, &Limits::default()), "C1 close(771…)");
}

#[test]
fn previews_end_at_the_cap_and_at_a_hole() {
    let limits = Limits { max_preview_bytes: 3, ..Limits::default() };
    let mut run = Run::new(None, &limits);
    for step in
        parse("C: 82 05 01 02 03 04 05 | C: 82 05 01 ?1 02 03 04 | C: 89 05 01 02 03 04 05 | C: 82 00")
    {
        run.step(&step, 2);
    }
    let payloads: Vec<_> = run.previews.iter().map(|(payload, _)| payload.as_slice()).collect();
    assert_eq!(payloads, [&[1, 2, 3][..], &[1], &[1, 2, 3, 4, 5], &[]]);
    assert!(run.previews.iter().all(|(_, inflated)| inflated.is_none()));
}

#[test]
fn a_frame_keeps_the_number_of_its_first_byte() {
    let mut messages = Messages::new();
    let mut weirds = Weirds::default();
    let mut seen = Vec::new();
    let at = |packet| {
        let carrier = Carrier { packet: PacketNo(packet), at: None, acked: None };
        Some(Evidence::Capture { carrier, offset: packet })
    };
    let rows = [
        (Role::Client, Observed::Frame(header(0x82, 2))),
        (Role::Server, Observed::Frame(header(0x82, 1))),
        (Role::Client, Observed::Payload(Piece::Bytes(b"a"))),
        (Role::Server, Observed::Payload(Piece::Bytes(b"s"))),
        (Role::Server, Observed::FrameEnd { cut: 0 }),
        (Role::Client, Observed::Payload(Piece::Bytes(b"b"))),
        (Role::Client, Observed::FrameEnd { cut: 0 }),
    ];
    for (packet, (from, what)) in (0..).zip(rows) {
        let observation = Observation { from, what, evidence: at(packet) };
        messages.observe(&observation, &Limits::default(), &mut weirds, &mut |event| {
            let EventKind::Frame(frame) = event.what else { panic!("{event:?}") };
            let last = frame.last.and_then(|last| last.offset());
            seen.push((
                event.from,
                frame.n,
                frame.message,
                frame.first.offset(),
                last,
                frame.payload.to_vec(),
            ));
        });
    }
    let server = (Role::Server, 2, Some(2), Some(1), Some(4), b"s".to_vec());
    let client = (Role::Client, 1, Some(1), Some(0), Some(6), b"ab".to_vec());
    assert_eq!(seen, [server, client]);
}

#[test]
fn everything_else_passes_through() {
    let mut messages = Messages::new();
    let mut seen = Vec::new();
    let lost = Undecodable::FramingLost { skipped: 3 };
    for what in [
        Observed::Response(Box::new(response(Vec::new()))),
        Observed::Undecodable(lost.clone()),
        Observed::Gap { len: 4, cause: GapCause::SnapLen },
        Observed::Acked(5),
        Observed::StreamEnd(crate::model::StreamEnd::Rst),
        // Without a frame these say nothing.
        Observed::Payload(Piece::Bytes(b"x")),
        Observed::FrameEnd { cut: 0 },
    ] {
        let observation = Observation { from: Role::Server, what, evidence: None };
        let mut sink = |event: Event<'_>| {
            seen.push(match event.what {
                EventKind::Response(response) => format!("response {}", response.status),
                EventKind::Undecodable(undecodable) => format!("undecodable {}", *undecodable == lost),
                other => format!("{other:?}"),
            });
        };
        messages.observe(&observation, &Limits::default(), &mut Weirds::default(), &mut sink);
    }
    let expected =
        ["response 101", "undecodable true", "Gap { len: 4, cause: SnapLen }", "Acked(5)", "StreamEnd(Rst)"];
    assert_eq!(seen, expected);
}
