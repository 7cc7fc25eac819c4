//! Conversations made by hand, and what is observed of them.

mod behind_holes;
mod caps_and_gaps;
mod properties;
mod upgrade;

use crate::dissect::{Dissector, Status};
use crate::limits::Limits;
use crate::model::{
    Carrier, Direction, GapCause, MaskingKey, Observation, Observed, Opcode, PacketNo, PerDirection, Piece,
    StreamEnd, StreamEvent, Undecodable, Weirds,
};
use crate::websocket::encode::{encode, header};

use Direction::{Orig, Resp};

const KEY: MaskingKey = MaskingKey([0x37, 0xfa, 0x21, 0x3d]);

const ASK: &str = "GET /chat HTTP/1.1\r\nHost: h\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
    Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n";

const YES: &str = "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
    Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n";

const NO: &str = "HTTP/1.1 403 Forbidden\r\nContent-Length: 5\r\n\r\nno no";

/// Something that is captured.
#[derive(Clone, Debug)]
enum Step {
    Data(Direction, Vec<u8>),
    Gap(Direction, u64),
    Acked(Direction, u64),
    End(Direction, StreamEnd),
}

use Step::{Acked, End, Gap};

fn data(dir: Direction, bytes: impl AsRef<[u8]>) -> Step {
    Step::Data(dir, bytes.as_ref().to_vec())
}

/// A frame of the client, masked.
fn up(opcode: Opcode, payload: &str) -> Vec<u8> {
    encode(&header(opcode, Some(KEY), payload.len() as u64), payload.as_bytes())
}

/// A frame of the server.
fn down(opcode: Opcode, payload: &str) -> Vec<u8> {
    encode(&header(opcode, None, payload.len() as u64), payload.as_bytes())
}

fn join(parts: &[&[u8]]) -> Vec<u8> {
    parts.concat()
}

/// What came of a conversation.
struct Seen {
    /// `role what @packet+offset`
    log: Vec<String>,
    status: Status,
    client: Option<Direction>,
    weirds: Vec<&'static str>,
}

/// What the segments of a conversation acknowledge.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Acks {
    /// All the peer ever sends, whatever the order of the capture.
    All,
    /// What was captured before.
    Captured,
    Unknown,
}

/// Plays the steps, each a packet, from packet 1.
fn play_with(steps: &[Step], limits: &Limits, acks: Acks) -> Seen {
    play_from(Dissector::new(), steps, limits, acks)
}

fn play_from(mut dissector: Dissector, steps: &[Step], limits: &Limits, acks: Acks) -> Seen {
    let (mut weirds, mut log) = (Weirds::default(), Vec::new());
    let mut sent = PerDirection::<u64>::default();
    let mut all = sent;
    for step in steps {
        if let Step::Data(dir, bytes) = step {
            all[*dir] += bytes.len() as u64;
        }
    }
    for (no, step) in (1..).zip(steps) {
        let captured = sent;
        let carrier = |by: Direction| {
            let acked = match acks {
                Acks::All => Some(all[by.flip()]),
                Acks::Captured => Some(captured[by.flip()]),
                Acks::Unknown => None,
            };
            Carrier { packet: PacketNo(no), at: None, acked }
        };
        let event = match step {
            Step::Data(dir, bytes) => {
                let offset = sent[*dir];
                sent[*dir] += bytes.len() as u64;
                StreamEvent::Data { dir: *dir, offset, bytes, carrier: carrier(*dir) }
            }
            Gap(dir, len) => {
                let offset = sent[*dir];
                sent[*dir] += len;
                let cause = GapCause::NotCaptured;
                StreamEvent::Gap { dir: *dir, offset, len: *len, cause, carrier: carrier(*dir) }
            }
            Acked(dir, offset) => {
                StreamEvent::Acked { dir: *dir, offset: *offset, carrier: carrier(dir.flip()) }
            }
            End(dir, how) => {
                let carrier = (*how != StreamEnd::Unobserved).then(|| carrier(*dir));
                StreamEvent::End { dir: *dir, how: *how, carrier }
            }
        };
        dissector.push(&event, limits, &mut weirds, &mut |seen| log.push(show(&seen.observation)));
    }
    let weirds = weirds.as_slice().iter().map(|weird| weird.kind.name()).collect();
    Seen { log, status: dissector.status(), client: dissector.client(), weirds }
}

fn play(steps: &[Step]) -> Seen {
    play_with(steps, &Limits::default(), Acks::All)
}

fn show(observation: &Observation<'_>) -> String {
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    let what = match &observation.what {
        Observed::Request(request) => format!("{} {}", request.method.as_sent(), request.target.as_sent()),
        Observed::Response(response) => {
            let valid = response.accept_valid().map_or("", |valid| if valid { " valid" } else { " invalid" });
            format!("{}{valid} {}", response.status, text(response.body_start.as_sent()))
                .trim_end()
                .to_owned()
        }
        Observed::Frame(header) => format!("{} {}", header.opcode, header.payload_len),
        Observed::Payload(Piece::Bytes(bytes)) => format!("| {}", text(bytes)),
        Observed::Payload(Piece::Missing { len, .. }) => format!("| missing {len}"),
        Observed::FrameEnd { cut: 0 } => "end".to_owned(),
        Observed::FrameEnd { cut } => format!("cut {cut}"),
        Observed::Undecodable(Undecodable::CutHeader { bytes }) => format!("cut header of {}", bytes.len()),
        Observed::Undecodable(Undecodable::FramingLost { skipped }) => format!("lost {skipped}"),
        Observed::Undecodable(Undecodable::NotFrames { how, .. }) => format!("no frames: {}", how.name()),
        Observed::Undecodable(Undecodable::NotHttp { start }) => format!("no HTTP {}", start.as_sent().len()),
        Observed::Gap { len, .. } => format!("gap {len}"),
        Observed::Acked(offset) => format!("acked {offset}"),
        Observed::StreamEnd(how) => format!("{how:?}"),
        Observed::LogPaused | Observed::LogResumed => "log".to_owned(),
        Observed::HandshakeUnseen => "handshake unseen".to_owned(),
        Observed::Encrypted => "encrypted".to_owned(),
        Observed::Upgraded => "upgraded".to_owned(),
        Observed::Resumed { skipped } => format!("resumed after {skipped}"),
    };
    let place = observation
        .evidence
        .and_then(|evidence| Some(format!(" @{}+{}", evidence.packet()?, evidence.offset()?)));
    format!("{} {what}{}", observation.from.name(), place.unwrap_or_default())
}

#[track_caller]
fn check(steps: &[Step], status: Status, weirds: &[&str], log: &[&str]) {
    let seen = play(steps);
    assert_eq!(seen.log, log);
    assert_eq!((seen.status, &seen.weirds[..]), (status, weirds));
}

/// The observations without packets, pieces of payload joined, each side in its own order.
fn by_side(log: &[String]) -> [Vec<String>; 2] {
    ["client", "server"].map(|role| {
        let mut side: Vec<String> = Vec::new();
        for line in log.iter().filter(|line| line.starts_with(role)) {
            let (what, place) = line.rsplit_once(" @").unwrap_or((line, ""));
            let offset = place.rsplit('+').next().unwrap_or_default();
            match (side.last_mut(), what.split_once("| ")) {
                (Some(last), Some((_, piece))) if last.contains("| ") => last.push_str(piece),
                (_, Some((_, piece))) => side.push(format!("| {piece}")),
                _ => side.push(format!("{what} +{offset}")),
            }
        }
        side
    })
}

/// Cutting the segments of a conversation must not change what each side is seen to do.
#[track_caller]
fn check_cut(steps: &[Step]) {
    let whole = by_side(&play(steps).log);
    let chopped = |size: usize| -> Vec<Step> {
        let pieces = steps.iter().flat_map(|step| match step {
            Step::Data(dir, bytes) => bytes.chunks(size).map(|piece| data(*dir, piece)).collect(),
            other => vec![other.clone()],
        });
        pieces.collect()
    };
    for size in [1, 2, 3, 7, 50] {
        let cut = play(&chopped(size));
        assert_eq!(by_side(&cut.log), whole, "{size} bytes at a time");
        assert_eq!(cut.weirds, play(steps).weirds);
    }
    for (index, step) in steps.iter().enumerate() {
        let Step::Data(dir, bytes) = step else { continue };
        for at in 1..bytes.len() {
            let mut cut = steps.to_vec();
            let (first, second) = bytes.split_at(at);
            cut.splice(index..=index, [data(*dir, first), data(*dir, second)]);
            assert_eq!(by_side(&play(&cut).log), whole, "step {index} cut at {at}");
        }
    }
}

/// A client's and a server's life after the handshake.
fn talk() -> Vec<Step> {
    vec![
        data(Orig, up(Opcode::TEXT, "hello")),
        data(Resp, down(Opcode::TEXT, "hello yourself")),
        data(Resp, down(Opcode::CLOSE, "")),
        data(Orig, up(Opcode::CLOSE, "")),
        End(Orig, StreamEnd::Fin),
        End(Resp, StreamEnd::Fin),
    ]
}

fn with_talk(before: Vec<Step>) -> Vec<Step> {
    before.into_iter().chain(talk()).collect()
}

#[test]
fn plain() {
    let steps = with_talk(vec![data(Orig, ASK), data(Resp, YES)]);
    check(
        &steps,
        Status::WebSocket,
        &[],
        &[
            "client GET /chat @1+0",
            "server 101 valid @2+0",
            "client text 5 @3+144",
            "client | hello @3+150",
            "client end @3+155",
            "server text 14 @4+129",
            "server | hello yourself @4+131",
            "server end @4+145",
            "server close 0 @5+145",
            "server end @5+147",
            "client close 0 @6+155",
            "client end @6+161",
            "client Fin @7+161",
            "server Fin @8+147",
        ],
    );
    check_cut(&steps);
    assert_eq!(play(&steps).client, Some(Orig));
}

#[test]
fn http_2_is_no_connection_for_websocket_itself() {
    let preface = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";
    check(&[data(Orig, preface), data(Resp, [0; 9])], Status::Undecided, &[], &[]);
}

#[test]
fn of_what_is_encrypted_acknowledgements_and_ends_are_seen() {
    let steps = [
        data(Orig, "hello"),
        data(Resp, "hello yourself"),
        Acked(Orig, 5),
        Gap(Orig, 7),
        data(Orig, ASK),
        End(Orig, StreamEnd::Fin),
        End(Resp, StreamEnd::Unobserved),
    ];
    let seen = play_from(Dissector::encrypted(Resp), &steps, &Limits::default(), Acks::All);
    assert_eq!((seen.status, seen.client, seen.weirds.is_empty()), (Status::Candidate, Some(Resp), true));
    let log = ["client encrypted @1+0", "client acked 5 @3+14", "server Fin @6+156", "client Unobserved"];
    assert_eq!(seen.log, log);
}

#[test]
fn frames_in_the_segment_of_the_101() {
    let first = join(&[YES.as_bytes(), &down(Opcode::TEXT, "hi"), &down(Opcode::PING, "")]);
    let steps = [data(Orig, ASK), data(Resp, first), data(Orig, up(Opcode::PONG, ""))];
    check(
        &steps,
        Status::WebSocket,
        &[],
        &[
            "client GET /chat @1+0",
            "server 101 valid @2+0",
            "server text 2 @2+129",
            "server | hi @2+131",
            "server end @2+133",
            "server ping 0 @2+133",
            "server end @2+135",
            "client pong 0 @3+144",
            "client end @3+150",
        ],
    );
    check_cut(&steps);
}

#[test]
fn frames_captured_before_the_101_wait_for_it() {
    let early = up(Opcode::TEXT, "early");
    let steps = [
        data(Orig, ASK),
        data(Orig, &early[..3]),
        data(Orig, &early[3..]),
        Acked(Orig, 144),
        Acked(Orig, 155),
        data(Resp, join(&[YES.as_bytes(), &down(Opcode::TEXT, "hi")])),
        Acked(Resp, 133),
    ];
    check(
        &steps,
        Status::WebSocket,
        &[],
        &[
            "client GET /chat @1+0",
            "server 101 valid @6+0",
            "client text 5 @2+144",
            "client | early @3+150",
            "client end @3+155",
            "server text 2 @6+129",
            "server | hi @6+131",
            "server end @6+133",
            "server acked 155 @5+133",
            "client acked 133 @7+155",
        ],
    );
    let in_one = [data(Orig, join(&[ASK.as_bytes(), &early])), data(Resp, YES), End(Orig, StreamEnd::Rst)];
    check(
        &in_one,
        Status::WebSocket,
        &[],
        &[
            "client GET /chat @1+0",
            "server 101 valid @2+0",
            "client text 5 @1+144",
            "client | early @1+150",
            "client end @1+155",
            "client Rst @3+155",
        ],
    );
}

#[test]
fn a_response_captured_before_its_request_waits() {
    for resp_first in [&[data(Resp, YES)][..], &[data(Resp, &YES[..3]), data(Resp, &YES[3..])]] {
        let first = join(&[ASK.as_bytes(), &up(Opcode::PING, "")]);
        let mut steps = resp_first.to_vec();
        steps.extend([data(Resp, down(Opcode::TEXT, "hi")), data(Orig, first)]);
        for acks in [Acks::All, Acks::Unknown] {
            let seen = play_with(&steps, &Limits::default(), acks);
            let n = resp_first.len() as u64;
            let wanted = [
                format!("client GET /chat @{}+0", n + 2),
                format!("server 101 valid @{n}+0"),
                format!("server text 2 @{}+129", n + 1),
                format!("server | hi @{}+131", n + 1),
                format!("server end @{}+133", n + 1),
                format!("client ping 0 @{}+144", n + 2),
                format!("client end @{}+150", n + 2),
            ];
            assert_eq!(seen.log, wanted);
        }
    }
}

#[test]
fn a_response_to_a_request_before_the_recording_answers_none() {
    let steps = [data(Resp, NO), data(Orig, ASK), data(Resp, YES)];
    for acks in [Acks::Captured, Acks::Unknown] {
        let seen = play_with(&steps, &Limits::default(), acks);
        let response = format!("server 101 valid @3+{}", NO.len());
        assert_eq!(seen.log, ["client GET /chat @2+0", &response]);
    }
}

#[test]
fn the_client_may_be_the_responder() {
    let seen = play(&[data(Resp, ASK), data(Orig, YES), data(Resp, up(Opcode::PING, ""))]);
    assert_eq!((seen.client, seen.status), (Some(Resp), Status::WebSocket));
    assert_eq!(seen.log[2], "client ping 0 @3+144");
    let seen = play(&[data(Orig, YES)]);
    assert_eq!((seen.client, seen.status), (Some(Resp), Status::Undecided));
}
