//! Connections recorded from their SYN on, both directions of which begin with a hole that an opening handshake fits in.

use proptest::prelude::*;

use super::*;

/// The shortest that hide an opening handshake.
const FIT: [u64; 2] = [134, 107];

/// Two holes, what the client and what the server sent behind them, and the ends of both.
fn behind(holes: [u64; 2], client: &[u8], server: &[u8]) -> Vec<Step> {
    let mut steps = vec![Gap(Orig, holes[0]), Gap(Resp, holes[1])];
    let sent = [(Orig, client), (Resp, server)].into_iter().filter(|(_, bytes)| !bytes.is_empty());
    steps.extend(sent.map(|(dir, bytes)| data(dir, bytes)));
    steps.extend([End(Orig, StreamEnd::Fin), End(Resp, StreamEnd::Unobserved)]);
    steps
}

fn close(key: Option<MaskingKey>, code: u16, reason: &str) -> Vec<u8> {
    let payload = [&code.to_be_bytes()[..], reason.as_bytes()].concat();
    encode(&header(Opcode::CLOSE, key, payload.len() as u64), &payload)
}

/// With RSV1.
fn compressed(mut frame: Vec<u8>) -> Vec<u8> {
    frame[0] |= 0x40;
    frame
}

#[track_caller]
fn check_recognised(case: &str, steps: &[Step], expected: bool) {
    let seen = play(steps);
    let status = if expected { Status::WebSocket } else { Status::NotWebSocket };
    assert_eq!((seen.status, seen.client), (status, expected.then_some(Orig)), "{case}: {:#?}", seen.log);
}

#[test]
fn a_message_each_is_enough() {
    let steps = behind(FIT, &up(Opcode::TEXT, "hello"), &down(Opcode::TEXT, "echo: hello"));
    check(
        &steps,
        Status::WebSocket,
        &[],
        &[
            "client handshake unseen @3+134",
            "server handshake unseen @3+134",
            "server upgraded @3+134",
            "client resumed after 0 @3+134",
            "server resumed after 0 @4+107",
            "client text 5 @3+134",
            "client | hello @3+140",
            "client end @3+145",
            "server text 11 @4+107",
            "server | echo: hello @4+109",
            "server end @4+120",
            "client Fin @5+145",
            "server Unobserved",
        ],
    );
    check_cut(&steps);
}

#[test]
fn a_proxy_that_does_not_mask_its_close() {
    let client = join(&[&compressed(up(Opcode::TEXT, "abcdefg")), &close(None, 1001, "")]);
    let server = join(&[&compressed(down(Opcode::TEXT, "tuvwxyz")), &close(None, 1002, "incorrect masking")]);
    let steps = behind(FIT, &client, &server);
    let log = play(&steps).log;
    let frames =
        ["client text 7 @3+134", "client close 2 @3+147", "server text 7 @4+107", "server close 19 @4+116"];
    assert!(frames.iter().all(|frame| log.iter().any(|line| line == frame)), "{log:#?}");
    check_cut(&steps);
}

#[test]
fn what_is_enough() {
    let other = Some(MaskingKey([0x9a, 0x13, 0xe4, 0x55]));
    let (hello, echo) = (up(Opcode::TEXT, "hello"), down(Opcode::TEXT, "echo: hello"));
    let packed = [compressed(up(Opcode::TEXT, "abcdefg")), compressed(down(Opcode::TEXT, "tuvwxyz"))];
    let ended = join(&[&hello, &close(other, 1000, "")]);
    for (case, client, server, expected) in [
        ("one character less", up(Opcode::TEXT, "hell"), echo.clone(), false),
        ("compressed messages", packed[0].clone(), packed[1].clone(), false),
        (
            "compressed messages and Closes",
            join(&[&packed[0], &close(other, 1000, "")]),
            join(&[&packed[1], &close(None, 1000, "")]),
            true,
        ),
        ("Closes only", close(other, 1000, ""), close(None, 1000, ""), false),
        (
            "no Close but one without a mask",
            close(None, 1001, "bye"),
            down(Opcode::TEXT, &"echo".repeat(20)),
            false,
        ),
        ("the server masks its Close", hello.clone(), join(&[&echo, &close(other, 1001, "")]), false),
        ("data behind a Close", join(&[&ended, &hello]), echo.clone(), false),
        ("no code is 1005", join(&[&hello, &close(other, 1005, "")]), echo.clone(), false),
        ("the client is silent", Vec::new(), echo.repeat(9), false),
        ("the server is silent", join(&[&hello, &close(other, 1000, "all has been said")]), Vec::new(), true),
        ("nobody masks", echo.clone(), echo.clone(), false),
        ("both mask", hello.clone(), hello.clone(), false),
        ("who answered masks", echo.clone(), hello.clone(), false),
        ("one key for many empty frames", up(Opcode::PING, "").repeat(40), echo.clone(), false),
        ("a byte more of the client", join(&[&hello, &[0x81]]), echo.clone(), false),
        ("a byte less of the client", hello[..10].to_vec(), echo.clone(), false),
        ("a byte more of the server", hello.clone(), join(&[&echo, b"\n"]), false),
        ("a byte less of the server", hello.clone(), echo[..12].to_vec(), false),
    ] {
        check_recognised(case, &behind(FIT, &client, &server), expected);
    }
    for (holes, expected) in
        [(FIT, true), ([133, 107], false), ([134, 106], false), ([1 << 40, 1 << 33], true)]
    {
        check_recognised(&format!("{holes:?}"), &behind(holes, &hello, &echo), expected);
    }
    let begins = [Gap(Orig, 100), Gap(Orig, 34), Gap(Resp, 107), data(Orig, &hello), data(Resp, &echo)];
    let ends = [End(Resp, StreamEnd::Unobserved), End(Orig, StreamEnd::Rst)];
    let with =
        |between: Vec<Step>| begins.iter().cloned().chain(between).chain(ends.clone()).collect::<Vec<_>>();
    check_recognised("a hole in two parts", &with(Vec::new()), true);
    check_recognised("a hole behind the frames", &with(vec![Gap(Resp, 4)]), true);
    check_recognised("a hole between frames", &with(vec![Gap(Resp, 4), data(Resp, &echo)]), false);
    let early = [begins[0].clone(), begins[3].clone(), begins[4].clone(), ends[0].clone(), ends[1].clone()];
    check_recognised("one hole only", &early, false);
}

/// Short exchanges of other protocols, one message of each side.
#[test]
fn what_else_a_connection_may_carry() {
    let dns = |question: &str| {
        let mut message = b"\x1a\x2b\x01\x00\x00\x01\x00\x00\x00\x00\x00\x00".to_vec();
        for label in question.split('.') {
            message.push(label.len() as u8);
            message.extend(label.as_bytes());
        }
        message.extend(b"\x00\x00\x01\x00\x01");
        [&(message.len() as u16).to_be_bytes()[..], &message].concat()
    };
    // A type, a length in a byte, a value.
    let field = |kind: u8, value: &str| [&[kind, value.len() as u8], value.as_bytes()].concat();
    let long = "a value of more than the hundred and twenty-seven bytes that a length has room for in its lower seven bits, \
        so that it looks like a mask";
    let memcached = |magic: u8, body: &str| {
        let mut message = vec![magic, 0, 0, 4, 4, 0, 0, 0, 0, 0, 0, body.len() as u8];
        message.extend([0; 12]);
        message.extend(body.as_bytes());
        message
    };
    for (case, one, other) in [
        ("MQTT", b"\x82\x09\x00\x01\x00\x04a/b/\x00".to_vec(), b"\x90\x03\x00\x01\x00".to_vec()),
        ("MQTT ping", b"\xc0\x00".to_vec(), b"\xd0\x00".to_vec()),
        (
            "MQTT long",
            [b"\x82\x87\x01\x00\x01\x00\x82".to_vec(), vec![b'/'; 130], vec![0]].concat(),
            b"\x90\x03\x00\x01\x00".to_vec(),
        ),
        ("Redis", b"*2\r\n$3\r\nGET\r\n$1\r\na\r\n".to_vec(), b"$5\r\nhello\r\n".to_vec()),
        (
            "TLS",
            [b"\x17\x03\x03\x00\x20".to_vec(), vec![0x81; 32]].concat(),
            [b"\x17\x03\x03\x00\x18".to_vec(), vec![0x82; 24]].concat(),
        ),
        (
            "SSL 2",
            [b"\x80\x85\x01\x03\x01".to_vec(), vec![7; 130]].concat(),
            [b"\x80\x2e\x04".to_vec(), vec![7; 45]].concat(),
        ),
        ("a form and its answer", b"Answer=yes&Body=no".to_vec(), b"Accepted: yes\n".to_vec()),
        ("JSON", b"{\"question\":1}".to_vec(), b"{\"answer\":2}".to_vec()),
        ("UTF-8", "A\u{e9}\u{e8}\u{ea}\u{eb}".into(), "B\u{e9}\u{e8}".into()),
        (
            "images",
            b"\x89PNG\r\n\x1a\n\x00\x00\x00\x0dIHDR".to_vec(),
            b"\xff\xd8\xff\xe0\x00\x10JFIF".to_vec(),
        ),
        ("DNS", dns("www.example.com"), dns("www.example.com")),
        (
            "long DNS",
            dns(&["a-label-of-sixty-three-bytes-which-is-the-longest-one-may-be-here"; 3].join(".")),
            dns("www.example.com"),
        ),
        ("fields", field(0x81, "question"), field(0x81, "the answer to it, in plain text")),
        ("long fields", field(0x81, long), field(0x81, "the answer to it, in plain text")),
        (
            "BER",
            [b"\x82\x81\x85".to_vec(), vec![b'x'; 0x85]].concat(),
            field(0x82, "the answer to it, in plain text"),
        ),
        ("memcached", memcached(0x80, "name"), memcached(0x81, "value")),
        ("PostgreSQL", b"Q\x00\x00\x00\x0dselect 1\x00".to_vec(), b"C\x00\x00\x00\x0dSELECT 1\x00".to_vec()),
        (
            "Bind of PostgreSQL",
            b"B\x00\x00\x00\x0c\x00\x00\x00\x00\x00\x00\x00\x00".to_vec(),
            b"2\x00\x00\x00\x04".to_vec(),
        ),
        ("MySQL", b"\x82\x00\x00\x00\x03select".to_vec(), b"\x01\x00\x00\x01\x01".to_vec()),
        ("NetBIOS", b"\x81\x00\x00\x44\x20".to_vec(), b"\x82\x00\x00\x00".to_vec()),
        ("lengths of 32 bits", b"\x00\x00\x00\x05hello".to_vec(), b"\x00\x00\x00\x05hello".to_vec()),
        ("little ends", b"\x82\x00\x00\x00hello".to_vec(), b"\x81\x00\x00\x00hello".to_vec()),
        ("zeros", vec![0; 60], vec![0; 60]),
        ("one octet", vec![0x81; 0x81 + 6], vec![0x82; 60]),
        ("AMQP", b"\x08\x00\x00\x00\x00\x00\x00\xce".to_vec(), b"\x08\x00\x00\x00\x00\x00\x00\xce".to_vec()),
    ] {
        for (client, server) in [(&one, &other), (&other, &one)] {
            check_recognised(case, &behind([487, 129], client, server), false);
            check_recognised(case, &behind([487, 129], &client.repeat(3), &server.repeat(3)), false);
        }
    }
}

/// Bytes that begin as frames do more often than others.
fn any_bytes() -> impl Strategy<Value = Vec<u8>> {
    let first =
        prop_oneof![any::<u8>(), prop::sample::select(vec![0_u8, 1, 2, 0x41, 0x81, 0x82, 0xc1, 0x88, 0x8a])];
    (first, prop::collection::vec(any::<u8>(), 1..60)).prop_map(|(first, rest)| [vec![first], rest].concat())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 4_000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn random_bytes_are_none(client in any_bytes(), server in any_bytes()) {
        check_recognised("random", &behind(FIT, &client, &server), false);
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 40, failure_persistence: None, ..ProptestConfig::default() })]

    /// What follows one another is the same, however it is cut into segments.
    #[test]
    fn segments_change_nothing(
        texts in prop::collection::vec(("[a-z ]{0,12}", "[a-z ]{0,12}"), 1..5),
        closes in any::<bool>(),
    ) {
        let (mut client, mut server) = (Vec::new(), Vec::new());
        for (n, (asked, answered)) in texts.iter().enumerate() {
            let key = Some(MaskingKey([n as u8, 0x3c, 0x5a, 0x77]));
            client.extend(encode(&header(Opcode::TEXT, key, asked.len() as u64), asked.as_bytes()));
            server.extend(down(Opcode::TEXT, answered));
        }
        if closes {
            client.extend(close(Some(MaskingKey([1, 2, 3, 4])), 1000, ""));
            server.extend(close(None, 1000, ""));
        }
        check_cut(&behind(FIT, &client, &server));
    }
}
