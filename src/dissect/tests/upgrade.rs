//! Requests and responses: which ask, which answer, which are no HTTP.

use super::*;

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
        let start = format!("server no HTTP {} @2+0", (response.len() + 4).min(16));
        check(&steps, Status::Candidate, &[weird], &["client GET /chat @1+0", &start, &end]);
        let bytes: Vec<_> = [response, "more"].concat().into_bytes();
        let steps: Vec<_> = [data(Orig, ASK)]
            .into_iter()
            .chain(bytes.iter().map(|byte| data(Resp, &[*byte][..])))
            .chain([End(Resp, StreamEnd::Fin)])
            .collect();
        let seen = play(&steps);
        let told = |line: &&String| line.contains("no HTTP");
        let start = start.split_once('@').map_or("", |(start, _)| start);
        assert!(seen.log.iter().find(told).is_some_and(|line| line.starts_with(start)), "{:#?}", seen.log);
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

/// Nothing is missing: what the server sent is not searched for messages.
#[test]
fn a_client_that_ends_inside_its_request() {
    let steps = [
        data(Orig, "GET /chat HTTP/1.1\r\nHost: h"),
        data(Resp, "\0\0"),
        data(Resp, ASK),
        End(Orig, StreamEnd::Fin),
        End(Resp, StreamEnd::Fin),
    ];
    let seen = play(&steps);
    assert_eq!((seen.status, &seen.log[..]), (Status::NotWebSocket, &[][..]));
}

/// A request that its sender never finished is an attempt if its whole lines ask for the upgrade, whatever came of it.
#[test]
fn requests_that_are_never_finished() {
    let asks = &ASK[..ASK.find("Connection").expect("the field behind Upgrade")];
    let before = &ASK[..ASK.find("Upgrade").expect("the field")];
    let end = |dir| End(dir, StreamEnd::Fin);
    for (name, steps, status, log) in [
        ("left", vec![data(Orig, asks), end(Orig), end(Resp)], Status::Candidate, 3),
        (
            "answered before",
            vec![data(Orig, asks), data(Resp, NO), end(Resp), end(Orig)],
            Status::Candidate,
            4,
        ),
        (
            "answered after",
            vec![data(Orig, asks), end(Orig), data(Resp, NO), end(Resp)],
            Status::Candidate,
            4,
        ),
        (
            "in the middle of the field",
            vec![data(Orig, &asks[..asks.len() - 4]), end(Orig)],
            Status::NotWebSocket,
            0,
        ),
        ("not asked", vec![data(Orig, before), end(Orig), end(Resp)], Status::NotWebSocket, 0),
        (
            "a hole on the other side",
            vec![data(Orig, asks), Gap(Resp, 9), end(Orig), end(Resp)],
            Status::NotWebSocket,
            0,
        ),
    ] {
        let seen = play(&steps);
        assert_eq!((seen.status, seen.log.len()), (status, log), "{name}: {:?}", seen.log);
    }
}
