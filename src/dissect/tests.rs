//! Conversations made by hand, and what is observed of them.

use proptest::prelude::*;

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
        dissector.push(&event, limits, &mut weirds, &mut |observation| log.push(show(&observation)));
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
        Observed::Request(request) => format!("{} {}", request.method, request.target),
        Observed::Response(response) => {
            let valid = response.accept_valid().map_or("", |valid| if valid { " valid" } else { " invalid" });
            format!("{}{valid} {}", response.status, text(&response.body_start)).trim_end().to_owned()
        }
        Observed::Frame(header) => format!("{} {}", header.opcode, header.payload_len),
        Observed::Payload(Piece::Bytes(bytes)) => format!("| {}", text(bytes)),
        Observed::Payload(Piece::Missing { len, .. }) => format!("| missing {len}"),
        Observed::FrameEnd { cut: 0 } => "end".to_owned(),
        Observed::FrameEnd { cut } => format!("cut {cut}"),
        Observed::Undecodable(Undecodable::CutHeader { bytes }) => format!("cut header of {}", bytes.len()),
        Observed::Undecodable(Undecodable::FramingLost { skipped }) => format!("lost {skipped}"),
        Observed::Undecodable(Undecodable::NotHttp { start }) => format!("no HTTP {}", start.len()),
        Observed::Gap { len, .. } => format!("gap {len}"),
        Observed::Acked(offset) => format!("acked {offset}"),
        Observed::StreamEnd(how) => format!("{how:?}"),
        Observed::LogPaused | Observed::LogResumed => "log".to_owned(),
        Observed::HandshakeUnseen => "handshake unseen".to_owned(),
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

#[test]
fn messages_before_the_upgrade() {
    let get = "GET /index.html HTTP/1.1\r\nHost: h\r\n\r\n";
    let post = "POST /form HTTP/1.1\r\nContent-Length: 11\r\n\r\na=b\r\n\r\nGET ";
    let page = "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nHTTP/1.1 ";
    let chunked = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nHTTP\r\n0\r\n\r\n";
    let head = ["HEAD / HTTP/1.1\r\n\r\n", "HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\n"];
    let interim = ["HTTP/1.1 100 Continue\r\n\r\n", "HTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\n"].concat();
    for (name, before) in [
        ("keep-alive", vec![(Orig, get), (Resp, page), (Orig, get), (Resp, page)]),
        (
            "pipelined",
            vec![(Orig, get), (Orig, get), (Orig, post), (Resp, page), (Resp, chunked), (Resp, page)],
        ),
        ("bodies", vec![(Orig, post), (Resp, chunked)]),
        ("HEAD", vec![(Orig, head[0]), (Resp, head[1])]),
        ("interim", vec![(Orig, post), (Resp, &interim), (Resp, page)]),
        ("empty lines", vec![(Orig, "\r\n"), (Orig, get), (Resp, "\r\n"), (Resp, page), (Orig, "\r\n\n")]),
        ("tunnel", vec![(Orig, "CONNECT h:80 HTTP/1.1\r\n\r\n"), (Resp, "HTTP/1.1 200 OK\r\n\r\n")]),
        ("refused tunnel", vec![(Orig, "CONNECT h:80 HTTP/1.1\r\n\r\n"), (Resp, NO)]),
        ("interim before the 101", vec![(Resp, &interim)]),
    ] {
        let mut steps: Vec<Step> = before.iter().map(|(dir, text)| data(*dir, text)).collect();
        let asked = steps.len() - usize::from(name == "interim before the 101");
        steps.insert(asked, data(Orig, ASK));
        steps.push(data(Resp, YES));
        let sent = |dir: Direction| -> usize {
            before.iter().filter(|(by, _)| *by == dir).map(|(_, text)| text.len()).sum()
        };
        let steps = with_talk(steps);
        let seen = play(&steps);
        assert_eq!((seen.status, seen.weirds.len()), (Status::WebSocket, 0), "{name}");
        assert_eq!(seen.log[0], format!("client GET /chat @{}+{}", asked + 1, sent(Orig)), "{name}");
        let answered = before.len() + 2;
        assert_eq!(seen.log[1], format!("server 101 valid @{answered}+{}", sent(Resp)), "{name}");
        assert_eq!(seen.log.len(), 14, "{name}");
        check_cut(&steps);
    }
}

#[test]
fn the_upgrade_pipelined_behind_a_request() {
    let get = "GET / HTTP/1.1\r\n\r\n";
    let page = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";
    let ping = up(Opcode::PING, "");
    let steps = [
        data(Orig, join(&[get.as_bytes(), ASK.as_bytes(), &ping])),
        data(Resp, join(&[page.as_bytes(), YES.as_bytes(), &down(Opcode::PONG, "")])),
    ];
    check(
        &steps,
        Status::WebSocket,
        &[],
        &[
            "client GET /chat @1+18",
            "server 101 valid @2+40",
            "client ping 0 @1+162",
            "client end @1+168",
            "server pong 0 @2+169",
            "server end @2+171",
        ],
    );
    check_cut(&steps);
}

#[test]
fn a_request_with_a_body_may_ask() {
    let ask = ASK.replace("Host: h", "Content-Length: 4");
    let at = ask.len();
    let steps = [
        data(Orig, &ask),
        data(Orig, "ab"),
        data(Resp, join(&[YES.as_bytes(), &down(Opcode::PING, "")])),
        data(Orig, join(&[b"cd", &up(Opcode::PONG, "")])),
    ];
    let seen = play(&steps);
    assert_eq!(
        seen.log[2..],
        [
            "server ping 0 @3+129".to_owned(),
            "server end @3+131".to_owned(),
            format!("client pong 0 @4+{}", at + 4),
            format!("client end @4+{}", at + 10),
        ]
    );
}

#[test]
fn a_body_length_that_is_none_does_not_hide_the_request() {
    for field in ["Content-Length: x", "Transfer-Encoding: gzip"] {
        let steps = [data(Orig, ASK.replace("Host: h", field)), data(Resp, YES)];
        assert_eq!((play(&steps).log.len(), play(&steps).status), (2, Status::WebSocket), "{field}");
    }
}

#[test]
fn refused_then_granted() {
    let chunked = "HTTP/1.1 401 x\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nwho\r\n4\r\n are\r\n0\r\n\r\n";
    let steps = with_talk(vec![
        data(Orig, ASK),
        data(Resp, NO),
        data(Orig, ASK),
        data(Resp, chunked),
        data(Orig, "GET / HTTP/1.1\r\n\r\n"),
        data(Resp, "HTTP/1.1 304 Not Modified\r\n\r\n"),
        data(Orig, ASK),
        data(Resp, YES),
    ]);
    let seen = play(&steps);
    assert_eq!(
        seen.log[..6],
        [
            "client GET /chat @1+0",
            "server 403 no no @2+0",
            "client GET /chat @3+144",
            "server 401 who are @4+48",
            "client GET /chat @7+306",
            "server 101 valid @8+150",
        ]
        .map(|line| line
            .replace("+48", &format!("+{}", NO.len()))
            .replace("+150", &format!("+{}", NO.len() + chunked.len() + 29)))
    );
    assert_eq!((seen.log.len(), seen.status), (18, Status::WebSocket));
}

#[test]
fn refused_and_closed() {
    let until_close = "HTTP/1.0 400 Bad Request\r\n\r\n";
    let chunked = "HTTP/1.1 401 x\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nwho\r\n4\r\n are\r\n0\r\n\r\n";
    let long = format!("{until_close}{}", "x".repeat(300));
    for (response, body) in [
        (NO.to_owned(), "403 no no"),
        (until_close.to_owned(), "400"),
        (format!("{until_close}more"), "400 more"),
        (chunked.to_owned(), "401 who are"),
        (long, &format!("400 {}", "x".repeat(256))),
    ] {
        let log = ["client GET /chat @1+0".to_owned(), format!("server {body} @2+0")];
        let head = response.find("\r\n\r\n").unwrap() + 4;
        // The body in the segment of the head, in one of its own, in many.
        for step in [response.len(), head, 7] {
            let mut steps = vec![data(Orig, ASK)];
            steps.extend(response.as_bytes().chunks(step).map(|piece| data(Resp, piece)));
            steps.extend([End(Resp, StreamEnd::Fin), End(Orig, StreamEnd::Fin)]);
            let seen = play(&steps);
            // The answer stands where its head is whole.
            let packet = 1 + head.div_ceil(step);
            assert_eq!(seen.log[0], log[0]);
            assert_eq!(seen.log[1], log[1].replace("@2", &format!("@{packet}")), "pieces of {step}");
            let fin = format!("server Fin @{}+{}", steps.len() - 1, response.len());
            assert_eq!(seen.log[2..], [fin, format!("client Fin @{}+144", steps.len())]);
            assert_eq!((seen.status, seen.weirds.len()), (Status::Candidate, 0));
        }
    }
}

#[test]
fn a_refusal_whose_body_stays_away() {
    let head = "HTTP/1.1 403 Forbidden\r\nContent-Length: 9\r\n\r\n";
    let refused = |what: &[Step]| [&[data(Orig, ASK), data(Resp, head), data(Resp, "no ")], what].concat();
    for (rest, next) in [
        (vec![End(Orig, StreamEnd::Rst)], "client Rst @4+144"),
        (
            vec![Gap(Resp, 2), data(Resp, "body"), End(Resp, StreamEnd::Fin), End(Orig, StreamEnd::Fin)],
            "server Fin @6+54",
        ),
        (vec![data(Orig, ASK)], "client GET /chat @4+144"),
    ] {
        let seen = play(&refused(&rest));
        assert_eq!(seen.log[1..3], ["server 403 no @2+0", next]);
    }
}

#[test]
fn never_answered() {
    let early = up(Opcode::TEXT, "early");
    for (steps, weirds, log) in [
        (
            vec![End(Orig, StreamEnd::Fin), End(Resp, StreamEnd::Rst)],
            &[][..],
            ["client Fin @2+144", "server Rst @3+0"],
        ),
        (
            vec![End(Resp, StreamEnd::Fin), End(Orig, StreamEnd::Rst)],
            &[],
            ["server Fin @2+0", "client Rst @3+144"],
        ),
        (
            vec![End(Orig, StreamEnd::Unobserved), End(Resp, StreamEnd::Unobserved)],
            &[],
            ["client Unobserved", "server Unobserved"],
        ),
        (
            vec![data(Orig, &early), End(Orig, StreamEnd::Fin), End(Resp, StreamEnd::Fin)],
            &["handshake_gap"],
            ["client Fin @3+155", "server Fin @4+0"],
        ),
        (
            vec![data(Orig, &early), End(Resp, StreamEnd::Rst), End(Orig, StreamEnd::Unobserved)],
            &["handshake_gap"],
            ["server Rst @3+0", "client Unobserved"],
        ),
        (
            vec![data(Resp, &YES[..50]), End(Resp, StreamEnd::Fin), End(Orig, StreamEnd::Fin)],
            &["handshake_gap"],
            ["server Fin @3+50", "client Fin @4+144"],
        ),
    ] {
        let steps: Vec<Step> = [data(Orig, ASK)].into_iter().chain(steps).collect();
        check(&steps, Status::Candidate, weirds, &[&["client GET /chat @1+0"], &log[..]].concat());
    }
}

#[test]
fn the_server_ends_an_idle_connection_as_the_client_asks() {
    let steps = [
        data(Orig, "GET / HTTP/1.1\r\n\r\n"),
        data(Resp, "HTTP/1.1 204 No Content\r\n\r\n"),
        End(Resp, StreamEnd::Fin),
        data(Orig, ASK),
        End(Orig, StreamEnd::Fin),
    ];
    let log = ["client GET /chat @4+18", "server Fin @3+27", "client Fin @5+162"];
    check(&steps, Status::Candidate, &[], &log);
}

#[test]
fn a_response_that_does_not_switch() {
    for response in [
        "HTTP/1.1 101 Switching Protocols\r\n\r\n",
        "HTTP/1.1 101 Switching Protocols\r\nUpgrade: h2c\r\n\r\n",
    ] {
        let seen = play(&[
            data(Orig, ASK),
            data(Resp, response),
            data(Resp, down(Opcode::TEXT, "x")),
            data(Orig, "x"),
        ]);
        assert_eq!((seen.status, seen.log.len(), seen.weirds.len()), (Status::Candidate, 2, 0));
    }
}

#[test]
fn a_response_that_is_not_http() {
    for (response, weird) in [
        ("SSH-2.0-x\r\n", "malformed_http"),
        ("\0\0", "malformed_http"),
        ("HTTP/1.1 x\r\n", "malformed_http"),
    ] {
        let steps = [
            data(Orig, ASK),
            data(Resp, response),
            data(Resp, "more"),
            data(Orig, "more"),
            End(Resp, StreamEnd::Fin),
        ];
        let end = format!("server Fin @5+{}", response.len() + 4);
        let start = format!("server no HTTP {} @2+0", response.len());
        check(&steps, Status::Candidate, &[weird], &["client GET /chat @1+0", &start, &end]);
    }
}

#[test]
fn not_http() {
    for (name, steps) in [
        ("TLS ClientHello", vec![data(Orig, b"\x16\x03\x01\x02\x00\x01")]),
        ("SSH", vec![data(Resp, "SSH-2.0-OpenSSH_9.6\r\n")]),
        ("SSH with a comment", vec![data(Resp, "SSH-2.0-OpenSSH_8.9p1 Ubuntu-3\r\n")]),
        ("SMTP banner", vec![data(Resp, "220 mail ESMTP\r\n"), data(Orig, "EHLO host\r\n")]),
        ("FTP command", vec![data(Orig, "USER anonymous\r\n")]),
        ("RTSP", vec![data(Orig, "OPTIONS * RTSP/1.0\r\n")]),
        ("MySQL greeting", vec![data(Resp, b"\x4a\0\0\0\x0a8.0.36\0")]),
        ("method that never ends", vec![data(Orig, "A".repeat(40)), data(Orig, "A".repeat(40))]),
        ("h2c preface", vec![data(Orig, "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n")]),
        ("frames without a handshake", vec![data(Orig, up(Opcode::TEXT, "hi"))]),
        ("nothing", vec![End(Orig, StreamEnd::Fin), End(Resp, StreamEnd::Fin)]),
        ("no upgrade", vec![data(Orig, "GET / HTTP/1.1\r\n\r\n"), End(Orig, StreamEnd::Fin), data(Resp, NO)]),
        ("until close", vec![data(Orig, "GET / HTTP/1.1\r\n\r\n"), data(Resp, "HTTP/1.0 200 OK\r\n\r\n")]),
        (
            "docker attach",
            vec![
                data(
                    Orig,
                    "POST /containers/x/attach HTTP/1.1\r\nUpgrade: tcp\r\nConnection: Upgrade\r\n\r\n",
                ),
                data(Resp, "HTTP/1.1 101 UPGRADED\r\nConnection: Upgrade\r\nUpgrade: tcp\r\n\r\n"),
            ],
        ),
        (
            "TLS in a tunnel",
            vec![
                data(Orig, "CONNECT h:443 HTTP/1.1\r\n\r\n"),
                data(Resp, "HTTP/1.1 200 OK\r\n\r\n"),
                data(Orig, b"\x16\x03\x01\x02\x00\x01"),
            ],
        ),
    ] {
        let seen = play(&steps);
        assert_eq!((seen.status, seen.log.len(), seen.weirds), (Status::NotWebSocket, 0, vec![]), "{name}");
    }
}

#[test]
fn not_yet_decided() {
    for (name, steps) in [
        ("no event", vec![]),
        ("empty lines", vec![data(Orig, "\r\n"), data(Orig, "\n")]),
        ("part of a method", vec![data(Orig, "GE")]),
        ("part of a request line", vec![data(Orig, "GET /")]),
        ("a request without upgrade", vec![data(Orig, "GET / HTTP/1.1\r\n\r\n")]),
        ("one end", vec![End(Resp, StreamEnd::Fin)]),
    ] {
        let seen = play(&steps);
        assert_eq!((seen.status, seen.log.len()), (Status::Undecided, 0), "{name}");
    }
}

#[test]
fn caps() {
    let limits = Limits { max_handshake_bytes: 400, ..Limits::default() };
    let long = format!("GET /{} HTTP/1.1\r\n", "x".repeat(300));
    let field = format!("A: {}\r\n", "y".repeat(200));
    for steps in [
        vec![data(Orig, long.clone() + &field)],
        vec![data(Orig, &long), data(Orig, &field)],
        vec![data(Resp, "HTTP/1.1 200 OK\r\n"), data(Resp, "x".repeat(400))],
        vec![
            data(Orig, "GET / HTTP/1.1\r\n\r\n"),
            data(Orig, "GET / HTTP/1.1\r\n\r\n".repeat(30)),
            data(Orig, "x"),
        ],
    ] {
        let seen = play_with(&steps, &limits, Acks::All);
        assert_eq!((seen.status, &seen.weirds[..]), (Status::NotWebSocket, &["handshake_cap"][..]));
    }
    let seen = play_with(
        &[data(Orig, ASK), data(Resp, "HTTP/1.1 200 OK\r\n"), data(Resp, &field), data(Resp, &field)],
        &limits,
        Acks::All,
    );
    assert_eq!((seen.status, &seen.weirds[..]), (Status::Candidate, &["handshake_cap"][..]));
    assert_eq!(seen.log[1..], [format!("server gap {} @4+222", limits.max_handshake_bytes)]);
}

#[test]
fn heads_in_too_many_parts() {
    let limits = Limits { max_handshake_parts: 9, ..Limits::default() };
    let with = |head: &str, lines: &str| head.replacen("Upgrade:", &format!("{lines}Upgrade:"), 1);
    let played = |ask: &str, answer: &str| {
        let seen = play_with(&[data(Orig, ask), data(Resp, answer)], &limits, Acks::All);
        (seen.status, seen.weirds.len(), seen.log.len())
    };
    for (name, lines, fits) in [
        ("lines", "a\n".repeat(4), true),
        ("one line more", "a\n".repeat(5), false),
        ("extensions", "Sec-WebSocket-Extensions: a;b,c;d\r\n".into(), true),
        ("one parameter more", "Sec-WebSocket-Extensions: a;b,c;d;e\r\n".into(), false),
        ("a long list of something else", format!("Cookie: {}\r\n", "a;".repeat(99)), true),
    ] {
        let expected = if fits { (Status::WebSocket, 0, 2) } else { (Status::NotWebSocket, 1, 0) };
        assert_eq!(played(&with(ASK, &lines), YES), expected, "{name}");
    }
    let answer = with(YES, &"a\n".repeat(7));
    assert_eq!(played(ASK, &answer), (Status::Candidate, 1, 2), "a request, and a gap for the response");
}

#[test]
fn early_frames_beyond_the_cap_are_a_gap() {
    let limits = Limits { max_handshake_bytes: ASK.len() + 100, ..Limits::default() };
    let long = up(Opcode::TEXT, &"x".repeat(120));
    let steps: Vec<Step> = [data(Orig, ASK)]
        .into_iter()
        .chain(long.chunks(30).map(|piece| data(Orig, piece)))
        .chain([
            data(Orig, "y".repeat(300)),
            data(Resp, YES),
            data(Orig, up(Opcode::PING, "")),
            End(Orig, StreamEnd::Fin),
        ])
        .collect();
    let seen = play_with(&steps, &limits, Acks::All);
    assert_eq!(seen.weirds, ["handshake_cap", "framing_lost"]);
    assert_eq!(
        seen.log[seen.log.len() - 3..],
        ["client gap 300 @7+270", "client lost 306 @7+270", "client Fin @10+576",]
    );
}

#[test]
fn gaps_in_the_handshake() {
    check(
        &[data(Orig, &ASK[..40]), Gap(Orig, 5), data(Orig, &ASK[45..])],
        Status::Undecided,
        &["handshake_gap"],
        &[],
    );
    let steps = [
        data(Orig, ASK),
        data(Resp, &YES[..40]),
        Gap(Resp, 5),
        data(Resp, &YES[45..]),
        data(Orig, up(Opcode::TEXT, "x")),
        End(Resp, StreamEnd::Fin),
        End(Orig, StreamEnd::Fin),
    ];
    let log = [
        "client GET /chat @1+0",
        "server handshake unseen @3+0",
        "server 101 @3+0",
        "client text 1 @5+144",
        "client | x @5+150",
        "client end @5+151",
        "server lost 84",
        "server Fin @6+129",
        "client Fin @7+151",
    ];
    check(&steps, Status::WebSocket, &["handshake_gap", "framing_lost"], &log);
    let asked_later = [Gap(Orig, 10), data(Orig, ASK), data(Resp, YES)];
    let log = ["client GET /chat @2+10", "server 101 valid @3+0"];
    check(&asked_later, Status::WebSocket, &[], &log);
    let in_body = [
        data(Orig, "GET / HTTP/1.1\r\n\r\n"),
        data(Resp, "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nabc"),
        Gap(Resp, 6),
        data(Orig, ASK),
        data(Resp, YES),
    ];
    check(&in_body, Status::WebSocket, &[], &["client GET /chat @4+18", "server 101 valid @5+47"]);
}

#[test]
fn gaps_among_frames() {
    let text = down(Opcode::TEXT, "hello");
    let steps = [
        data(Orig, ASK),
        data(Resp, YES),
        data(Resp, &text[..4]),
        Gap(Resp, 2),
        data(Resp, &text[6..]),
        Gap(Resp, 10),
        data(Resp, &text),
        Gap(Resp, 1),
        data(Orig, up(Opcode::PING, "")),
        End(Resp, StreamEnd::Rst),
    ];
    check(
        &steps,
        Status::WebSocket,
        &["framing_lost"],
        &[
            "client GET /chat @1+0",
            "server 101 valid @2+0",
            "server text 5 @3+129",
            "server | he @3+131",
            "server | missing 2 @4+133",
            "server | o @5+135",
            "server end @5+136",
            "server gap 10 @6+136",
            "client ping 0 @9+144",
            "client end @9+150",
            "server lost 18 @6+136",
            "server Rst @10+154",
        ],
    );
}

#[test]
fn ends_inside_frames() {
    let text = up(Opcode::TEXT, "hello");
    let start = [data(Orig, ASK), data(Resp, YES), data(Orig, &text[..1]), data(Orig, &text[1..3])];
    for (steps, log) in [
        (vec![End(Orig, StreamEnd::Fin)], vec!["client cut header of 3 @3+144", "client Fin @5+147"]),
        (vec![End(Orig, StreamEnd::Unobserved)], vec!["client cut header of 3 @3+144", "client Unobserved"]),
        (
            vec![Gap(Orig, 1), End(Orig, StreamEnd::Unobserved)],
            vec!["client gap 1 @5+147", "client lost 4 @3+144", "client Unobserved"],
        ),
        (
            vec![data(Orig, &text[3..8]), End(Orig, StreamEnd::Rst)],
            vec!["client text 5 @3+144", "client | he @5+150", "client cut 3 @6+152", "client Rst @6+152"],
        ),
        (
            vec![data(Orig, &text[3..8]), End(Orig, StreamEnd::Unobserved)],
            vec!["client text 5 @3+144", "client | he @5+150", "client cut 3", "client Unobserved"],
        ),
    ] {
        let steps: Vec<Step> = start.iter().cloned().chain(steps).collect();
        assert_eq!(play(&steps).log[2..], log);
    }
}

#[test]
fn a_connection_that_shows_nothing_costs_two_words() {
    assert_eq!(size_of::<Dissector>(), 2 * size_of::<usize>());
}

#[test]
fn frames_where_the_response_should_be() {
    let frame = down(Opcode::TEXT, "this is what the server says");
    let mut steps = vec![data(Orig, ASK)];
    steps.extend((0..3).flat_map(|_| [data(Resp, &frame), data(Orig, up(Opcode::TEXT, "and the client"))]));
    for (dissector, is_picked_up) in [(Dissector::new(), false), (Dissector::mid_stream(), true)] {
        let seen = play_from(dissector, &steps, &Limits::default(), Acks::All);
        let told = |what: &str| seen.log.iter().any(|line| line.contains(what));
        assert_eq!(seen.status == Status::WebSocket, is_picked_up, "{:#?}", seen.log);
        assert_eq!((told("no HTTP"), told("text 28")), (!is_picked_up, is_picked_up), "{:#?}", seen.log);
    }
}

#[test]
fn a_side_that_ended_before_frames_were_recognised() {
    let text = up(Opcode::TEXT, "hello");
    let steps = [
        data(Orig, ASK),
        Gap(Resp, 3),
        data(Orig, &text),
        End(Resp, StreamEnd::Fin),
        data(Orig, &text),
        data(Orig, &text),
        End(Orig, StreamEnd::Unobserved),
    ];
    for (cut, ends) in [
        (steps.to_vec(), ["server Fin @4+3", "client Unobserved"]),
        (
            // From the minimal case of `anything_in_any_order`: the end of the client decides.
            vec![
                steps[0].clone(),
                Gap(Resp, 0),
                data(Orig, [136]),
                data(Orig, &text),
                steps[3].clone(),
                steps[6].clone(),
            ],
            ["server Fin @5+0", "client Unobserved"],
        ),
    ] {
        let log = play(&cut).log;
        let seen = log.iter().filter(|line| line.contains("Fin") || line.contains("Unobserved"));
        assert_eq!(seen.collect::<Vec<_>>(), ends, "{log:#?}");
    }
}

/// Anything in any order, ends last: nothing panics or hangs, and each side of a candidate ends once.
fn any_step() -> impl Strategy<Value = Step> {
    let dir = || prop_oneof![Just(Orig), Just(Resp)];
    let piece = prop_oneof![
        Just(ASK.as_bytes().to_vec()),
        Just(YES.as_bytes().to_vec()),
        Just(NO.as_bytes().to_vec()),
        Just(b"CONNECT h:1 HTTP/1.1\r\n\r\n".to_vec()),
        Just(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\n".to_vec()),
        Just(b"GET / HTTP/1.1\r\nContent-Length: 3\r\n\r\n".to_vec()),
        Just(b"\r\n".to_vec()),
        Just(up(Opcode::TEXT, "hello")),
        Just(down(Opcode::CLOSE, "")),
        prop::collection::vec(any::<u8>(), 0..20),
    ];
    prop_oneof![
        12 => (dir(), piece, 0..300_usize).prop_map(|(dir, bytes, cut)| data(dir, &bytes[..cut.min(bytes.len())])),
        1 => (dir(), 0..400_u64).prop_map(|(dir, len)| Gap(dir, len)),
        1 => (dir(), any::<u64>()).prop_map(|(dir, offset)| Acked(dir, offset)),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, ..ProptestConfig::default() })]
    #[test]
    fn anything_in_any_order(
        asked in any::<bool>(),
        steps in prop::collection::vec(any_step(), 0..20),
        cap in 1..600_usize,
        acks in prop_oneof![Just(Acks::All), Just(Acks::Captured), Just(Acks::Unknown)],
    ) {
        let start = [data(Orig, ASK), data(Resp, YES)];
        let ends = [End(Resp, StreamEnd::Fin), End(Orig, StreamEnd::Unobserved)];
        let steps: Vec<Step> = start.into_iter().take(usize::from(asked) * 2).chain(steps).chain(ends).collect();
        let limits = Limits { max_handshake_bytes: cap, ..Limits::default() };
        let seen = play_with(&steps, &limits, acks);
        let ends = seen.log.iter().filter(|line| line.contains("Fin") || line.contains("Unobserved")).count();
        prop_assert_ne!(seen.status, Status::Undecided);
        prop_assert_eq!(ends, if seen.status == Status::NotWebSocket { 0 } else { 2 });
    }
}
