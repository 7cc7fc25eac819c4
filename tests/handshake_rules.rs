//! The opening handshake as a table: request, response and what follows, what is found, what was owed, how it
//! closed. Each rule is there broken and nearly broken but legal.
//!
//! ```text
//! ""                     the sound request: GET /chat HTTP/1.1, Host, Upgrade, Connection, key, version
//! POST /chat HTTP/1.1    a line that looks like a start line takes its place
//! -Host                  no such field
//! Upgrade: h2c           instead of the field of that name
//! +Upgrade: h2c          one line more
//! =A b                   a line as it stands, `\t`, `\0`, `\n` and `\r` escaped
//! ```
//!
//! parted by `|`. The same for the response, whose start line is `101` or another status and phrase. What follows is a script
//! of `support/script.rs`.

#[path = "support/support.rs"]
mod support;

use wslog::limits::Limits;
use wslog::model::{Action, ConnectionReport, Role, RuleId, Step};
use wslog::pipeline::Across;

use support::conversation::{self, Client, Conversation, Server, Side, TestPacket};
use support::frame::Frame;
use support::script::{acts, analyse, closing, findings};
use support::upgrade::accept_value;

const KEY: &str = "dGhlIHNhbXBsZSBub25jZQ==";
const CLOSE: &str = "C: close 1000 | S: close 1000 | S: fin | C: fin";
const CLEAN: &str = "clean by C, sees 1000 clean / 1000 clean";
const REFUSED: &str = "handshake_failed by S, sees 1006 / -";
const FAILED: &str = "handshake_failed by C, sees 1006 / 1006";

const REQUEST: [&str; 6] = [
    "GET /chat HTTP/1.1",
    "Host: 192.0.2.20:8080",
    "Upgrade: websocket",
    "Connection: Upgrade",
    "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
    "Sec-WebSocket-Version: 13",
];
const GRANTED: [&str; 4] = [
    "HTTP/1.1 101 Switching Protocols",
    "Upgrade: websocket",
    "Connection: Upgrade",
    "Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=",
];

/// A head with changes in the notation above.
fn head(sound: &[&str], changes: &str) -> Vec<u8> {
    let mut lines: Vec<String> = sound.iter().map(|line| (*line).to_owned()).collect();
    let name = |line: &str| line.split(':').next().unwrap_or_default().to_ascii_lowercase();
    for change in changes.split('|').map(str::trim).filter(|change| !change.is_empty()) {
        let same = |line: &String| name(line) == name(change.trim_start_matches('-'));
        if let Some(line) = change.strip_prefix('=') {
            let line =
                line.replace("\\t", "\t").replace("\\0", "\0").replace("\\n", "\n").replace("\\r", "\r");
            lines.push(line);
        } else if let Some(line) = change.strip_prefix('+') {
            lines.push(line.to_owned());
        } else if change.starts_with('-') {
            lines.retain(|line| !same(line));
        } else if change.contains(" HTTP/") || change.starts_with("HTTP/") {
            lines[0] = change.to_owned();
        } else {
            match lines.iter().skip(1).position(same) {
                Some(at) => lines[at + 1] = change.to_owned(),
                None => lines.push(change.to_owned()),
            }
        }
    }
    (lines.join("\r\n") + "\r\n\r\n").into_bytes()
}

fn answer(changes: &str) -> Vec<u8> {
    let (status, rest) = changes.split_once('|').unwrap_or((changes, ""));
    let status = status.trim();
    match status {
        "" | "101" => head(&GRANTED, rest),
        _ if status.starts_with(|c: char| c.is_ascii_digit()) => {
            head(&[&format!("HTTP/1.1 {status}"), "Content-Length: 0"], rest)
        }
        _ => head(&GRANTED, changes),
    }
}

fn talk(request: &str, response: &str, then: &str) -> Vec<TestPacket> {
    let mut talk = Conversation::new("192.0.2.10:50001", "192.0.2.20:8080");
    talk.connect().bytes(Client, &head(&REQUEST, request));
    if response != "none" {
        talk.bytes(Server, &answer(response));
    }
    acts(&mut talk, then);
    talk.packets()
}

/// Steps of the handshake: `S refuse HS-KEY met`.
fn steps(report: &ConnectionReport) -> String {
    let of = |step: &Step| {
        let (what, rule): (_, RuleId) = match step.action {
            Action::Refuse(rule) => ("refuse", rule),
            Action::FailHandshake(rule) => ("fail", rule),
            _ => return None,
        };
        let by = if step.owed_by == Role::Client { "C" } else { "S" };
        Some(format!("{by} {what} {rule} {}", step.verdict.name()))
    };
    report.closing.steps.iter().filter_map(of).collect::<Vec<_>>().join(", ")
}

#[track_caller]
fn check(clause: &str, [request, response, then]: [&str; 3], found: &str, owed: &str, end: &str) {
    let reports = analyse(&talk(request, response, then));
    let row = format!("{clause}: {request} => {response} => {then}");
    assert_eq!(reports.len(), 1, "{row}");
    assert_eq!(findings(&reports[0]), found, "{row}");
    assert_eq!(steps(&reports[0]), owed, "{row}");
    assert_eq!(closing(&reports[0]), end, "{row}");
}

/// A request that a server grants: nothing but `found`, and nothing owed.
#[track_caller]
fn sound(clause: &str, request: &str, found: &str) {
    check(clause, [request, "", CLOSE], found, "", CLEAN);
}

/// A request for which the server owes an error: it is refused, and it is granted all the same.
#[track_caller]
fn faulty(clause: &str, request: &str, rule: &str) {
    let end = "S: fin | C: fin";
    let found = |more: &str| {
        let mut all = [format!("C {rule}"), more.to_owned()];
        all.sort();
        all.join(", ")
    };
    let step = |verdict: &str| format!("S refuse {rule} {verdict}");
    check(clause, [request, "400 Bad Request", end], &found("S note HS-STATUS"), &step("met"), REFUSED);
    check(clause, [request, "101", CLOSE], &found("S HS-ACCEPTED"), &step("broken"), CLEAN);
}

/// A 101 for which the client owes failing: it does, and it does not.
#[track_caller]
fn unsound(clause: &str, [request, response]: [&str; 2], rule: &str) {
    let then = "C: fin | S: fin";
    check(clause, [request, response, then], &format!("S {rule}"), &format!("C fail {rule} met"), FAILED);
    let found = format!("C HS-NOT-FAILED, S {rule}");
    check(clause, [request, response, CLOSE], &found, &format!("C fail {rule} broken"), CLEAN);
}

/// A 101 that a client takes.
#[track_caller]
fn taken(clause: &str, [request, response]: [&str; 2], found: &str) {
    check(clause, [request, response, CLOSE], found, "", CLEAN);
}

#[test]
fn http_4_1() {
    sound("4.1 as it should be", "", "");
    sound("9110 5.6.3 white space in values, none at all", "+X-A:b|+X-B: \u{a0}c |+X-C:", "");
    sound("9112 2.2 empty lines before it", "", "");
    faulty("9112 5.1 blank before a colon", "=X-A : b", "HS-HTTP-REQ");
    faulty("9112 5 no colon", "=X-A b", "HS-HTTP-REQ");
    faulty("9110 5.1 a name that is no token", "=X(A): b", "HS-HTTP-REQ");
    faulty("9110 5.1 an empty name", "=: b", "HS-HTTP-REQ");
    sound("9110 5.5 a control character may be passed over", "=X-A: b\\0c", "C HS-HTTP-REQ");
    sound("9110 5.5 HTAB is none", "=X-A: b\\tc", "");
    sound("9112 5.2 a fold may be passed over", "=X-A: b\\r\\n c", "C HS-HTTP-REQ");
    sound("9112 2.2 a bare LF may be passed over", "=X-A: b\\nX-B: c", "C HS-HTTP-REQ");
    sound(
        "9112 3 white space in the request line may be passed over",
        "GET  /chat HTTP/1.1",
        "C HS-HTTP-REQ",
    );
    sound("9112 3 a space in the target", "GET /a b HTTP/1.1", "C HS-HTTP-REQ");
}

#[test]
fn method_and_version_of_http_4_1() {
    faulty("4.1 POST", "POST /chat HTTP/1.1", "HS-METHOD");
    faulty("9110 9.1 methods are case-sensitive", "get /chat HTTP/1.1", "HS-METHOD");
    faulty("4.1 HTTP/1.0", "GET /chat HTTP/1.0", "HS-METHOD");
    sound("4.1 at least 1.1", "GET /chat HTTP/1.2", "");
}

#[test]
fn target_4_1() {
    sound("4.1 an absolute URI", "GET http://192.0.2.20:8080/chat HTTP/1.1", "");
    sound("3 a query", "GET /?a=%23 HTTP/1.1", "");
    faulty("4.1 ws URI", "GET ws://192.0.2.20:8080/chat HTTP/1.1", "HS-TARGET");
    faulty("4.1 asterisk", "GET * HTTP/1.1", "HS-TARGET");
    faulty("4.1 no slash", "GET chat HTTP/1.1", "HS-TARGET");
    faulty("3 a fragment", "GET /chat#top HTTP/1.1", "HS-TARGET");
}

#[test]
fn host_4_1() {
    faulty("4.1 none", "-Host", "HS-HOST");
    faulty("9112 3.2 two", "+Host: 192.0.2.20:8080", "HS-HOST");
    sound("any case", "-Host|+hOST:192.0.2.20:8080", "");
    sound("another port: something forwards", "Host: example.com:80", "C note HS-HOST");
    sound("no port: the default one", "Host: example.com", "C note HS-HOST");
    sound("IPv6", "Host: [2001:db8::1]:8080", "");
    sound("an absolute target overrides it", "GET http://a:8080/ HTTP/1.1|Host: b:1", "");
}

#[test]
fn upgrade_4_1() {
    sound("4.2.1 any case", "Upgrade: WebSocket", "");
    sound("4.1 among others", "Upgrade: h2c, websocket", "");
    sound("4.1 on a line of its own", "Upgrade: h2c|+Upgrade: websocket", "");
    faulty("4.1 none", "-Upgrade", "HS-UPGRADE-REQ");
    faulty("4.1 another", "Upgrade: h2c", "HS-UPGRADE-REQ");
    faulty("4.1 nearly", "Upgrade: websockets", "HS-UPGRADE-REQ");
    check(
        "4.2.1 a server may take it for plain HTTP",
        ["-Upgrade", "200 OK", "S: fin | C: fin"],
        "C HS-UPGRADE-REQ, S note HS-STATUS",
        "S refuse HS-UPGRADE-REQ not_applicable",
        REFUSED,
    );
}

#[test]
fn connection_4_1() {
    sound("4.1 beside others", "Connection: keep-alive, Upgrade", "");
    sound("4.2.1 any case", "Connection: upgrade", "");
    sound("several lines", "Connection: close|+Connection: UPGRADE", "");
    faulty("4.1 none", "-Connection", "HS-CONNECTION-REQ");
    faulty("a proxy's own", "Connection: close", "HS-CONNECTION-REQ");
    faulty("quoted is no token", "Connection: \"Upgrade\"", "HS-CONNECTION-REQ");
    check(
        "both taken away by a proxy: the first is owed for",
        ["-Connection|-Upgrade", "426 Upgrade Required", "S: fin | C: fin"],
        "C HS-CONNECTION-REQ, C HS-UPGRADE-REQ, S note HS-STATUS",
        "S refuse HS-UPGRADE-REQ met",
        REFUSED,
    );
}

#[test]
fn key_4_1() {
    let with = |key: &str| {
        (format!("Sec-WebSocket-Key: {key}"), format!("Sec-WebSocket-Accept: {}", accept_value(key)))
    };
    let (request, response) = with("AQIDBAUGBwgJCgsMDQ4PEC==");
    taken("erratum 3150 pad bits", [&request, &response], "");
    // 4.2.2: the server need not decode it, so granting breaks nothing.
    for (clause, key) in [
        ("4.1 15 bytes", "AQIDBAUGBwgJCgsMDQ4P"),
        ("4.1 17 bytes", "AQIDBAUGBwgJCgsMDQ4PEBE="),
        ("4648 4 no padding", "AQIDBAUGBwgJCgsMDQ4PEA"),
        ("4648 5 another alphabet", "AQIDBAUGBwgJCgsMDQ4P_A=="),
        ("4.3 empty", ""),
    ] {
        let (request, response) = with(key);
        taken(clause, [&request, &response], "C HS-KEY");
    }
    faulty("4.1 none", "-Sec-WebSocket-Key", "HS-KEY");
    faulty("11.3.1 twice", &format!("+Sec-WebSocket-Key: {KEY}"), "HS-KEY");
    check(
        "11.3.1 twice, the server took the other one",
        ["+Sec-WebSocket-Key: AQIDBAUGBwgJCgsMDQ4PEC==", "Sec-WebSocket-Accept: AAAA", CLOSE],
        "C HS-KEY, S HS-ACCEPT?, S HS-ACCEPTED",
        "S refuse HS-KEY broken",
        CLEAN,
    );
}

#[test]
fn version_4_1() {
    faulty("4.1 none", "-Sec-WebSocket-Version", "HS-VERSION");
    faulty("11.3.5 twice", "+Sec-WebSocket-Version: 13", "HS-VERSION");
    faulty("4.3 a list", "Sec-WebSocket-Version: 13, 8", "HS-VERSION");
    faulty("4.3 leading zero", "Sec-WebSocket-Version: 013", "HS-VERSION");
    faulty("4.3 empty", "Sec-WebSocket-Version:", "HS-VERSION");
    sound("4.4 another protocol: its frames are not judged", "Sec-WebSocket-Version: 8", "C note HS-VERSION");
    check(
        "4.4 another protocol: nothing is owed either",
        ["Sec-WebSocket-Version: 8", "-Connection", "C: raw c1 00 | S: fin | C: fin"],
        "C note HS-VERSION",
        "",
        "no_close_frame by S, sees 1006 / 1006",
    );
    for (clause, response, found) in [
        (
            "4.4 none named",
            "426 Upgrade Required",
            "C note HS-VERSION, S HS-VERSION-ANSWER?, S note HS-STATUS",
        ),
        ("4.4 named", "400 Bad Request|+Sec-WebSocket-Version: 13, 8", "C note HS-VERSION, S note HS-STATUS"),
        ("4.2.2 refused for something else", "403 Forbidden", "C note HS-VERSION, S note HS-STATUS"),
    ] {
        check(clause, ["Sec-WebSocket-Version: 14", response, "S: fin | C: fin"], found, "", REFUSED);
    }
}

#[test]
fn subprotocols_of_the_request_4_1() {
    let taken = |clause, request: &str| {
        check(clause, [request, "Sec-WebSocket-Protocol: chat", CLOSE], "", "", CLEAN);
    };
    taken("4.1 several", "Sec-WebSocket-Protocol: superchat, chat");
    taken("11.3.4 several fields", "Sec-WebSocket-Protocol: superchat|+Sec-WebSocket-Protocol: chat");
    taken("2616 2.1 empty elements", "Sec-WebSocket-Protocol: , chat,,superchat");
    taken("case tells them apart", "Sec-WebSocket-Protocol: chat, CHAT");
    for (clause, list) in [("4.1 empty", ""), ("4.3 only commas", " , ")] {
        faulty(clause, &format!("Sec-WebSocket-Protocol: {list}"), "HS-PROTO-REQ");
    }
    for (clause, list) in [
        ("4.1 twice", "chat, superchat, chat"),
        ("4.1 a separator in it", "chat, a/b"),
        ("4.1 a space in it", "chat, a b"),
        ("4.1 outside of ASCII", "chat, \u{e4}"),
    ] {
        let request = format!("Sec-WebSocket-Protocol: {list}");
        let (found, owed) = ("C HS-PROTO-REQ, S HS-ACCEPTED", "S refuse HS-PROTO-REQ broken");
        check(clause, [&request, "Sec-WebSocket-Protocol: chat", CLOSE], found, owed, CLEAN);
    }
}

#[test]
fn origin_4_1() {
    let browser =
        "User-Agent: Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/120";
    sound("4.1 a browser without", browser, "C note HS-ORIGIN");
    sound("4.1 a browser", &format!("{browser}|Origin: null"), "");
    sound("4.1 no browser", "User-Agent: Python/3.12 websockets/15.0", "");
}

#[test]
fn extensions_9_1() {
    let offer = |list: &str| format!("Sec-WebSocket-Extensions: {list}");
    sound("9.1 offered", &offer("permessage-deflate; client_max_window_bits"), "");
    sound(
        "9.1 several lines",
        &format!(
            "{}|+{}",
            offer("permessage-deflate"),
            offer("permessage-deflate; client_max_window_bits=\"8\"")
        ),
        "",
    );
    sound("11.4 not registered", &offer("x-webkit-deflate-frame"), "C note HS-EXT-UNREG");
    for (clause, list) in [
        ("4.3 empty", ""),
        ("9.1 ends in a semicolon", "permessage-deflate;"),
        ("9.1 no token", "bbf-usp-protocol; (x)"),
        ("9.1 a quoted value that is no token", "bbf-usp-protocol; x=\"1 0\""),
        ("9.1 unclosed", "bbf-usp-protocol; x=\"10"),
        ("9.1 no value", "bbf-usp-protocol; x="),
    ] {
        faulty(clause, &offer(list), "HS-EXT-SYNTAX");
    }
    unsound("9.1", ["", &offer("")], "HS-EXT-SYNTAX");
    unsound("9.1", [&offer("permessage-deflate"), &offer("permessage-deflate;;")], "HS-EXT-SYNTAX");
    unsound("4.1 not offered", ["", &offer("permessage-deflate")], "HS-EXT-UNREQ");
    taken("11.4 not registered", [&offer("x-a"), &offer("X-A")], "C note HS-EXT-UNREG, S note HS-EXT-UNREG");
    let two = format!("{}|+{}", offer("permessage-deflate"), offer("bbf-usp-protocol"));
    taken("erratum 3433 the field twice", [&two, &two], "");
    check(
        "what could not be read may have offered it",
        [&offer("x-a;;, permessage-deflate"), &offer("permessage-deflate"), CLOSE],
        "C HS-EXT-SYNTAX, C note HS-EXT-UNREG, S HS-ACCEPTED, S HS-EXT-UNREQ?",
        "S refuse HS-EXT-SYNTAX broken",
        CLEAN,
    );
}

#[test]
fn response_4_1() {
    taken("4.2.2 any case", ["", "Upgrade: WebSocket|Connection: upgrade"], "");
    taken("4.1 Connection beside others", ["", "Connection: keep-alive, Upgrade"], "");
    taken("4.2.2 an unknown field", ["", "+Server: x"], "");
    unsound("4.1 no Upgrade", ["", "-Upgrade"], "HS-UPGRADE-RESP");
    unsound("4.1 more than websocket", ["", "Upgrade: websocket, h2c"], "HS-UPGRADE-RESP");
    unsound("4.1 another", ["", "Upgrade: h2c"], "HS-UPGRADE-RESP");
    unsound("4.1 no Connection", ["", "-Connection"], "HS-CONNECTION-RESP");
    unsound("4.1 close", ["", "Connection: close"], "HS-CONNECTION-RESP");
    unsound("4.1 no accept", ["", "-Sec-WebSocket-Accept"], "HS-ACCEPT");
    unsound("4.1 the key itself", ["", &format!("Sec-WebSocket-Accept: {KEY}")], "HS-ACCEPT");
    unsound("4.1 other case", ["", "Sec-WebSocket-Accept: S3pPLMBiTxaQ9kYGzzhZRbK+xOo="], "HS-ACCEPT");
    unsound("11.3.3 twice", ["", "+Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo="], "HS-ACCEPT");
    taken("4.1 white space around it", ["", "Sec-WebSocket-Accept:  s3pPLMBiTxaQ9kYGzzhZRbK+xOo= \t"], "");
    unsound("9112 5 no HTTP", ["", "=X-A b"], "HS-HTTP-RESP");
    taken("9112 5.1 a client passes over it", ["", "=X-A : b"], "S HS-HTTP-RESP");
    taken("9112 2.2 and over a bare LF", ["", "=X-A: b\\nX-B: c"], "S HS-HTTP-RESP");
    taken("9110 15.2 HTTP/1.0 has no 101", ["", "HTTP/1.0 101 x"], "S note HS-HTTP-RESP");
    taken("9110 8.6", ["", "+Content-Length: 0"], "S HS-101-BODY");
    taken("9112 6.1", ["", "+Transfer-Encoding: chunked"], "S HS-101-BODY");
    check(
        "without a key no value is right",
        ["-Sec-WebSocket-Key", "-Sec-WebSocket-Accept", "C: fin | S: fin"],
        "C HS-KEY, S HS-ACCEPT, S HS-ACCEPTED",
        "S refuse HS-KEY broken, C fail HS-ACCEPT met",
        FAILED,
    );
    check(
        "a 101 that names nothing",
        ["", "-Upgrade|-Sec-WebSocket-Accept|-Connection", "C: fin | S: fin"],
        "S HS-ACCEPT, S HS-CONNECTION-RESP, S HS-UPGRADE-RESP",
        "C fail HS-UPGRADE-RESP met",
        "handshake_failed by C, sees 1006 / -",
    );
}

#[test]
fn subprotocol_of_the_response_4_2_2() {
    let offer = "Sec-WebSocket-Protocol: chat, superchat";
    taken("4.2.2 one of them", [offer, "Sec-WebSocket-Protocol: superchat"], "");
    taken("4.2.2 none of them", [offer, ""], "S note HS-PROTO-NONE");
    taken("case is not settled", [offer, "Sec-WebSocket-Protocol: CHAT"], "S HS-PROTO-UNREQ?");
    for (clause, request, answer) in [
        ("4.1 none was offered", "", "chat"),
        ("4.1 another", offer, "mqtt"),
        ("4.2.2 several", offer, "chat, superchat"),
        ("4.2.2 empty", offer, ""),
        ("11.3.4 the field twice", offer, "chat|+Sec-WebSocket-Protocol: chat"),
    ] {
        unsound(clause, [request, &format!("Sec-WebSocket-Protocol: {answer}")], "HS-PROTO-UNREQ");
    }
}

#[test]
fn refusals_and_silence_4_2_1() {
    check(
        "4.1 redirected",
        ["", "302 Found|Location: /x", "S: fin | C: fin"],
        "S note HS-STATUS",
        "",
        REFUSED,
    );
    check("10.7 a sound request", ["", "none", "S: fin | C: fin"], "S note HS-NO-RESPONSE", "", REFUSED);
    check(
        "4.2.1 a faulty one",
        ["-Host", "none", "S: rst"],
        "C HS-HOST, S should HS-NO-RESPONSE",
        "S refuse HS-HOST broken",
        REFUSED,
    );
    check(
        "the client did not wait",
        ["-Host", "none", "C: fin | S: fin"],
        "C HS-HOST",
        "S refuse HS-HOST unobserved",
        "handshake_failed by C, sees 1006 / -",
    );
    check(
        "the recording ends",
        ["-Host", "none", ""],
        "C HS-HOST",
        "S refuse HS-HOST unobserved",
        "open by ?, sees - / -",
    );
    check(
        "4.2.2 something else than HTTP",
        ["", "none", "S: raw 15 03 01 00 02 02 46 | S: fin | C: fin"],
        "S HS-HTTP-RESP",
        "",
        REFUSED,
    );
    check(
        "4.2.2 something else than HTTP to a faulty request",
        ["-Host", "none", "S: raw 00 00 | S: fin | C: fin"],
        "C HS-HOST, S HS-HTTP-RESP",
        "S refuse HS-HOST broken",
        REFUSED,
    );
}

#[test]
fn failing_4_1_7_1_7() {
    let bad = "Sec-WebSocket-Accept: AAAA";
    check(
        "7.1.7 TCP kept open",
        ["", bad, "C: wait 10500 | C: fin | S: fin"],
        "C HS-NOT-FAILED?, S HS-ACCEPT",
        "C fail HS-ACCEPT late",
        FAILED,
    );
    check(
        "7.1.7 not for long",
        ["", bad, "C: wait 9500 | C: fin"],
        "S HS-ACCEPT",
        "C fail HS-ACCEPT met",
        FAILED,
    );
    check(
        "7.1.7 the server ends TCP first",
        ["", bad, "S: fin | C: fin"],
        "S HS-ACCEPT",
        "C fail HS-ACCEPT unobserved",
        "handshake_failed by S, sees 1006 / 1006",
    );
    check(
        "the recording ends",
        ["", bad, "C: ack"],
        "S HS-ACCEPT",
        "C fail HS-ACCEPT unobserved",
        "handshake_failed by ?, sees 1006 / 1006",
    );
}

/// Data that the client sends before it can have the response.
#[test]
fn early_data_4_1() {
    let found = |script: &dyn Fn(&mut Conversation), response: &str| {
        let mut talk = Conversation::new("192.0.2.10:50001", "192.0.2.20:8080");
        talk.connect();
        script(&mut talk);
        talk.bytes(Server, &answer(response));
        acts(&mut talk, CLOSE);
        findings(&analyse(&talk.packets())[0])
    };
    let request = head(&REQUEST, "");
    let in_one = |talk: &mut Conversation| {
        let mut bytes = request.clone();
        bytes.extend(talk.encode(Client, &Frame::text("hi")));
        talk.bytes(Client, &bytes);
    };
    let behind = |talk: &mut Conversation| {
        talk.bytes(Client, &request).send(Client, Frame::text("hi"));
    };
    assert_eq!(found(&in_one, ""), "C HS-EARLY-DATA");
    assert_eq!(found(&behind, ""), "C HS-EARLY-DATA");
    assert_eq!(found(&behind, "Upgrade: h2c"), "C HS-EARLY-DATA, C HS-NOT-FAILED, S HS-UPGRADE-RESP");
    assert!(found(&behind, "403 Forbidden").starts_with("C HS-EARLY-DATA"));

    // Captured before the response it answers: the acknowledgement number tells.
    let mut packets = talk("", "", &format!("C: text hi | {CLOSE}"));
    packets.swap(4, 5);
    let late: Vec<_> = packets.iter().map(|p| p.at_ns).collect();
    let mut times = late.clone();
    times.sort_unstable();
    packets.iter_mut().zip(times).for_each(|(packet, at)| packet.at_ns = at);
    assert_eq!(findings(&analyse(&packets)[0]), "");

    // A body belongs to the request.
    let post = head(&REQUEST, "+Content-Length: 2");
    let body = |talk: &mut Conversation| {
        talk.bytes(Client, &post).bytes(Client, b"hi");
    };
    assert_eq!(found(&body, ""), "");
}

/// A request that is plainly no WebSocket stays plain HTTP; one with a field of this protocol is an attempt.
#[test]
fn attempts() {
    let bare = "-Upgrade|-Connection|-Sec-WebSocket-Key|-Sec-WebSocket-Version";
    for (request, is_attempt) in [
        (bare.to_owned(), false),
        (format!("{bare}|Upgrade: h2c|Connection: Upgrade"), false),
        (format!("{bare}|Upgrade: websocket"), true),
        (format!("{bare}|Sec-WebSocket-Version: 13"), true),
        (format!("{bare}|Sec-WebSocket-Protocol: chat"), true),
        (format!("{bare}|Sec-WebSocket: 13"), false),
    ] {
        let reports = analyse(&talk(&request, "200 OK", "S: fin | C: fin"));
        assert_eq!(reports.len(), usize::from(is_attempt), "{request}");
    }
}

/// Every handshake of a connection has its step.
#[test]
fn one_after_the_other_on_a_connection() {
    let mut talk = Conversation::new("192.0.2.10:50001", "192.0.2.20:8080");
    talk.connect();
    for (request, response) in [("-Host", "400 Bad Request"), ("", "101")] {
        talk.bytes(Client, &head(&REQUEST, request)).bytes(Server, &answer(response));
    }
    acts(&mut talk, CLOSE);
    let report = &analyse(&talk.packets())[0];
    assert_eq!(findings(report), "C HS-HOST, S note HS-STATUS");
    assert_eq!((steps(report), closing(report)), ("S refuse HS-HOST met".to_owned(), CLEAN.to_owned()));
}

/// One connection of several: client, milliseconds after the start, changes of the request, what follows.
type Row<'a> = (&'a str, i64, &'a str, &'a str);

/// What is found in each of several connections when they are held against one another.
fn across(rows: &[Row<'_>]) -> Vec<String> {
    let packets = rows.iter().enumerate().map(|(n, (client, start_ms, request, then))| {
        let n = n as u32;
        let mut talk = Conversation::new(client, "192.0.2.20:8080").with_isns(n * 100_000, n * 100_000 + 7);
        let mut upgrade = talk.upgrade();
        upgrade.target = "/chat".into();
        let (key, accept) = (upgrade.key.clone(), upgrade.accept.clone());
        talk.pause(*start_ms).connect();
        talk.bytes(Client, &head(&REQUEST, &format!("Sec-WebSocket-Key: {key}|{request}")));
        let own = request.contains("Sec-WebSocket-Key");
        let accept = if own { accept_value(KEY) } else { accept };
        act_answered(&mut talk, &accept, then);
        talk.packets()
    });
    let mut reports = analyse(&conversation::merge(packets));
    let mut across = Across::new(&Limits::default());
    reports.iter_mut().for_each(|report| across.see(0, report));
    reports.iter().map(findings).collect()
}

/// `wait N` before the response where the script begins with it.
fn act_answered(talk: &mut Conversation, accept: &str, then: &str) {
    let side: Side = Server;
    let (wait, rest) = match then.strip_prefix("answer after ") {
        Some(rest) => rest.split_once('|').unwrap_or((rest, "")),
        None => ("0", then),
    };
    talk.pause(wait.trim().parse().expect("milliseconds"));
    if wait.trim() != "-1" {
        talk.bytes(side, &answer(&format!("Sec-WebSocket-Accept: {accept}")));
    }
    acts(talk, rest);
}

#[test]
fn the_same_key_twice_4_1() {
    let key = format!("Sec-WebSocket-Key: {KEY}");
    let rows = |second: &'static str| {
        across(&[
            ("192.0.2.10:50001", 0, &key, CLOSE),
            (second, 9_000, &key, CLOSE),
            ("192.0.2.10:50009", 20_000, "", CLOSE),
        ])
    };
    assert_eq!(rows("192.0.2.10:50002"), ["", "C note HS-KEY?", ""]);
    // Another client, or the other side of a proxy: all the same to a key.
    assert_eq!(rows("192.0.2.11:50001"), ["", "C note HS-KEY?", ""]);
}

#[test]
fn one_handshake_at_a_time_4_1() {
    let slow = &format!("answer after 1000 | {CLOSE}");
    let second =
        |client, at, request| across(&[("192.0.2.10:50001", 0, "", slow), (client, at, request, CLOSE)]);
    assert_eq!(second("192.0.2.10:50002", 500, ""), ["", "C HS-SERIAL?"]);
    assert_eq!(second("192.0.2.10:50002", 1_500, ""), ["", ""], "the first was answered");
    assert_eq!(second("192.0.2.11:50002", 500, ""), ["", ""], "another address");
    assert_eq!(second("192.0.2.10:50002", 500, "User-Agent: other"), ["", ""], "another program");
    assert_eq!(second("192.0.2.10:50002", 500, "X-Forwarded-For: 192.0.2.77"), ["", ""], "a proxy");
}

#[test]
fn reconnecting_7_2_3() {
    let dropped = "S: fin | C: fin";
    let lost = "S note CL-ABNORMAL";
    let rows = |times: &[i64], then: &str| {
        let clients: Vec<String> = (0..times.len()).map(|n| format!("192.0.2.10:{}", 50_001 + n)).collect();
        let rows: Vec<Row<'_>> =
            clients.iter().zip(times).map(|(c, at)| (c.as_str(), *at, "", then)).collect();
        across(&rows)
    };
    let again = "C should CL-BACKOFF?, S note CL-ABNORMAL";
    assert_eq!(rows(&[0, 20], dropped), [lost, again], "at once");
    assert_eq!(rows(&[0, 900], dropped), [lost, lost], "a pause");
    assert_eq!(rows(&[0, 20], CLOSE), ["", ""], "after a normal end");
    assert_eq!(rows(&[0, 20], "C: fin | S: fin"), ["C note CL-ABNORMAL"; 2], "which the client chose");
    assert_eq!(
        rows(&[0, 1_000, 2_000, 3_000, 4_000], dropped),
        [lost, lost, lost, lost, again],
        "ever again"
    );
    assert_eq!(rows(&[0, 500, 1_500, 3_500, 7_500], dropped), [lost; 5], "growing");
    assert_eq!(rows(&[0, 7_000, 14_000, 21_000, 28_000], dropped), [lost; 5], "a truncated backoff");
}
