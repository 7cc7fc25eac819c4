//! What is missing or too much: caps, holes, streams that end inside something.

use super::*;

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
