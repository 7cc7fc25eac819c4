//! Exchanges as the wire log of a tester has them: without packets, times or acknowledgements, and with octets of 64 bytes
//! a row at most. What such a log proves a capture of the same has to have, too.

use std::fmt::Write;
use std::path::Path;

use wslog::engine::{Keep, analyze_case};
use wslog::knowledge::{Blame, CAUSES};
use wslog::limits::Limits;
use wslog::model::case::ReportForm;
use wslog::model::{Certainty, Conversation, Deed, Exchange, Level, Role};
use wslog::notation::parse;
use wslog::redact::{self, Redaction};
use wslog::views::summary;

use crate::causes;
use crate::support::scene;
use crate::support::script::{all_steps, analyse};

const REQUEST: &str = "GET / HTTP/1.1\r\nHost: a\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
    Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n";
const SWITCHED: &str = "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
    Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n";

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut hex, byte| {
        let _ = write!(hex, "{byte:02x}");
        hex
    })
}

/// The log of an exchange with that tester; `None` where a log cannot show it.
fn logged(exchange: &Exchange, tester: Role, response: &str) -> Option<Box<Conversation>> {
    if exchange.has_handshake() || !exchange.offered.is_empty() || !exchange.taken.is_empty() {
        return None;
    }
    let octets = |by: Role, bytes: &[u8]| {
        let tag = if by == tester { "TO" } else { "RO" };
        serde_json::json!([tag, [bytes.len(), hex(bytes.get(..64).unwrap_or(bytes))]])
    };
    let mut rows = vec![octets(Role::Client, REQUEST.as_bytes()), octets(Role::Server, response.as_bytes())];
    let mut dropped_by = None;
    for act in &exchange.acts {
        match &act.what {
            _ if act.connection != 1 || act.uncaptured => return None,
            Deed::Bytes { wire, .. } if wire.len() <= 64 => rows.push(octets(act.from, wire)),
            Deed::Fin | Deed::Rst => {
                dropped_by = Some(act.from);
                // What comes behind the end of TCP is in no log.
                break;
            }
            Deed::Wait(_) | Deed::Ack => {}
            _ => return None,
        }
    }
    let json = serde_json::json!({
        "id": "1.1.1",
        "isServer": tester == Role::Server,
        "droppedByMe": dropped_by? == tester,
        "httpRequest": REQUEST,
        "httpResponse": response,
        "wirelog": rows,
    });
    let case = wslog::autobahn::read_case(
        ReportForm::Json,
        json.to_string().as_bytes(),
        Path::new("x"),
        &Limits::DEFAULT,
    );
    let keep = Keep { first: usize::MAX, last: 0, payload_bytes: 256, ..Keep::NOTHING };
    Some(analyze_case(case.expect("a case"), &Limits::default(), keep))
}

fn named(conversation: &Conversation) -> String {
    let cause = conversation.closing.cause.as_ref().expect("a cause");
    let also = cause.also.iter().map(|also| format!(", also {} {}", also.id.name(), also.certainty.name()));
    let by = cause.by.map_or("nobody", Blame::name);
    format!("{} {by} {}{}", cause.id().info().name, cause.certainty.name(), also.collect::<String>())
}

#[test]
fn what_only_the_order_of_a_log_tells_is_likely() {
    let mut wrong = String::new();
    let refused = "HTTP/1.1 400 Bad Request\r\n\r\n";
    for (script, tester, response, expected) in [
        ("S: close 1000 | C: close 1000 | S: fin", Role::Server, SWITCHED, "application_close server likely"),
        (
            "S: close 1002 | C: close 1002 | S: fin",
            Role::Server,
            SWITCHED,
            "unfounded_failure server proven, also application_close likely",
        ),
        (
            "C: text a | S: close 1009 | C: close 1009 | S: fin",
            Role::Client,
            SWITCHED,
            "message_too_big server likely, also application_close likely",
        ),
        (
            "S: close 1011 | C: close 1000 | S: fin",
            Role::Server,
            SWITCHED,
            "internal_error server likely, also application_close likely",
        ),
        (
            "S: text a | S: ping abcd | C: text b | C: text c | S: fin",
            Role::Server,
            SWITCHED,
            "abrupt_end server likely, also keepalive_timeout undetermined",
        ),
        (
            "S: ping abcd | S: close 1011 ping timeout | C: close 1011 | S: fin",
            Role::Server,
            SWITCHED,
            "keepalive_timeout client proven, also internal_error likely, also application_close likely",
        ),
        // The client's Close answers the server's, and not what stands before it.
        (
            "S: a1 02 68 69 | S: close 1000 | C: close 1000 | S: fin",
            Role::Client,
            SWITCHED,
            "application_close server likely",
        ),
        // Both broke a clause, and the server closed first.
        (
            "C: 81 82 00 00 00 00 ff fe | S: a1 02 68 69 | S: close 1007 | C: close 1002 | S: fin",
            Role::Server,
            SWITCHED,
            "protocol_fault client likely, also application_close likely",
        ),
        (
            "C: a1 82 00 00 00 00 68 69 | S: a1 02 68 69 | S: close 1002 | C: close 1002 | S: fin",
            Role::Server,
            SWITCHED,
            "protocol_fault client likely, also application_close likely",
        ),
        // Only one did.
        (
            "C: a1 82 00 00 00 00 68 69 | S: close 1002 | C: close 1002 | S: fin",
            Role::Server,
            SWITCHED,
            "protocol_fault client proven, also application_close likely",
        ),
        // Who had closed owes no Pong.
        (
            "C: close 1000 | S: ping abcd | S: fin",
            Role::Server,
            SWITCHED,
            "close_unanswered server undetermined, also application_close undetermined",
        ),
        ("S: fin", Role::Server, refused, "refused server proven"),
    ] {
        let exchange = parse(script).unwrap_or_else(|error| panic!("{script}\n{error}"));
        let log = logged(&exchange, tester, response).unwrap_or_else(|| panic!("no log shows {script}"));
        let found = named(&log);
        if found != expected {
            let _ = writeln!(wrong, "{script}\n  now {found}\n  not {expected}");
        }
    }
    assert!(wrong.is_empty(), "\n{wrong}");
}

#[test]
fn whose_close_came_first_is_told_with_what_says_so() {
    let exchange = parse("S: close 1000 | C: close 1000 | S: fin").expect("an exchange");
    let log = logged(&exchange, Role::Server, SWITCHED).expect("a log shows it");
    let told = summary::sentences(&redact::seal(log, Redaction::Secrets).open()).join(" ");
    assert!(told.contains("only their order in the recording shows whose Close came first"), "{told}");
}

#[test]
fn a_log_is_sure_of_nothing_that_the_capture_does_not_have() {
    let mut shown = 0;
    let mut wrong = String::new();
    // A log knows nothing of TLS, nor of HTTP/2.
    let is_logged = |script: &str| !script.starts_with("tls ") && !script.starts_with("http2 ");
    for (what, script) in causes::scripts().filter(|(_, script)| is_logged(script)) {
        let exchange = parse(&script).expect("a row of the table");
        let captured = analyse(&scene::show(&exchange));
        let [capture] = captured.as_slice() else { continue };
        let of_capture = capture.closing.cause.as_ref().expect("a cause");
        for tester in Role::BOTH {
            let Some(log) = logged(&exchange, tester, SWITCHED) else { continue };
            shown += 1;
            let of_log = log.closing.cause.as_ref().expect("a cause");
            // A log shows neither that framing is lost nor how far a Ping came.
            let is_between = of_capture.by == Some(Blame::Between);
            if of_capture.id().info().name == "framing_lost" || is_between && of_log.id() == of_capture.id() {
                continue;
            }
            let also = of_capture.also.iter().map(|also| (also.id, also.by));
            let mut had = also.chain([(of_capture.id(), of_capture.by)]);
            if of_log.certainty == Certainty::Proven && !had.any(|had| had == (of_log.id(), of_log.by)) {
                let broke = log.findings.iter().filter(|f| f.level == Level::Must).count();
                let _ = writeln!(
                    wrong,
                    "{what}: {script}\n  log of the {}: {}, {broke} broken\n  capture: {}",
                    tester.name(),
                    named(&log),
                    named(capture)
                );
            }
        }
    }
    assert!(shown > CAUSES.len(), "{shown}");
    assert!(wrong.is_empty(), "of {shown}\n{wrong}");
}

/// What a log has no times for is no step; who called close() it knows.
#[test]
fn what_was_owed_in_a_log() {
    for (script, tester, expected) in [
        ("S: ping x | S: fin", Role::Server, ""),
        (
            "C: close 1000 | S: close 1000 | C: fin",
            Role::Client,
            "S CL-REPLY met, C CL-TCP-SERVER-FIRST unobserved",
        ),
        ("S: close 1000 | C: close 1000 | S: fin", Role::Server, "C CL-REPLY met, S CL-TCP-SERVER-FIRST met"),
    ] {
        let exchange = parse(script).expect("an exchange");
        let conversation = logged(&exchange, tester, SWITCHED).expect("a log can show it");
        assert_eq!(all_steps(&conversation), expected, "{script}");
    }
}
