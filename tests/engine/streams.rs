//! How streams of HTTP/2 end, why, and what each side is told of it (RFC 8441 5, RFC 9113).

use std::collections::BTreeSet;

use wslog::knowledge::LIBRARIES;
use wslog::model::{Conversation, Role};
use wslog::redact::{Redaction, seal};
use wslog::views::summary;

use crate::support::script::{analyse, findings};
use crate::support::streams::play;

const CHROMIUM: &str =
    "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/156.0.0.0 Safari/537.36";

/// `abrupt_end server proven`
fn cause(report: &Conversation) -> String {
    let cause = report.closing.cause.as_ref().expect("a cause");
    let by = cause.by.map_or("nobody", |by| by.name());
    format!("{} {by} {}", cause.id(), cause.certainty.name())
}

/// `client end_stream, server rst_stream`: as they were captured.
fn ends(report: &Conversation) -> String {
    let mut ends: Vec<_> = Role::BOTH
        .into_iter()
        .flat_map(|role| report.tcp_facts[role].ends.iter().map(move |end| (end.packet, role, end.how)))
        .collect();
    ends.sort_by_key(|end| end.0);
    let told = ends.iter().map(|(_, role, how)| match how.error() {
        Some(error) => format!("{} {} {error}", role.name(), how.name()),
        None => format!("{} {}", role.name(), how.name()),
    });
    told.collect::<Vec<_>>().join(", ")
}

/// `1000 clean`, `1006`, `nothing`
fn sees(report: &Conversation, role: Role) -> String {
    let view = &report.closing.sees[role];
    let clean = if view.was_clean == Some(true) { " clean" } else { "" };
    view.code.map_or("nothing".to_owned(), |code| format!("{code}{clean}"))
}

fn first(script: &str) -> Conversation {
    let script = script.replace("CHROMIUM", CHROMIUM);
    analyse(&play(&script)).into_iter().next().unwrap_or_else(|| panic!("nothing in {script}"))
}

#[track_caller]
fn check(script: &str, expected: [&str; 4]) {
    let report = first(script);
    let told = [
        cause(&report),
        ends(&report),
        format!("{} / {}", sees(&report, Role::Client), sees(&report, Role::Server)),
        findings(&report),
    ];
    assert_eq!(told, expected, "{script}");
    let text = summary::sentences(&seal(Box::new(report), Redaction::Secrets).open()).join(" ");
    if !expected[1].contains("fin") && !expected[1].contains(" rst,") {
        assert!(!text.contains("TCP") && !text.contains("FIN"), "{script}: {text}");
    }
}

#[test]
fn a_side_that_ended_its_half_still_reads() {
    let clean = "application_close client proven";
    check(
        "OPEN | C1: text a | C1: close 1000 end | S1: close 1000 end | C: ack | C: wait 20000 | C: fin | S: fin",
        [clean, "client end_stream, server end_stream", "1000 clean / 1000 clean", ""],
    );
    check(
        "OPEN | C1: close 1000 end | C: wait 2000 | S1: close 1000 | C: ack | C: wait 2000 | C1: rst 8 | C: wait 9000 | C: fin",
        [clean, "client end_stream, client rst_stream CANCEL", "1000 clean / 1000 clean", ""],
    );
    // Who ends first, and whether both do, is left to them.
    check(
        "OPEN | S1: close 1001 end | C1: close 1001 | S: ack | C: wait 60000 | C: ack",
        ["going_away server proven", "server end_stream", "1001 clean / 1001 clean", ""],
    );
}

#[test]
fn a_reset_right_behind_the_own_close_is_none_too_late() {
    check(
        "OPEN | C1: close 1000 | C1: rst 8 | S: ack | C: wait 9000",
        ["close_cut_short client likely", "client rst_stream CANCEL", "1006 / 1000", "C should CL-TCP-EARLY"],
    );
}

#[test]
fn errors_name_the_reason() {
    for (act, expected, ends) in [
        ("S1: rst 0", "abrupt_end server proven", "server rst_stream NO_ERROR"),
        ("S1: rst 2", "internal_error server proven", "server rst_stream INTERNAL_ERROR"),
        ("S1: rst 3", "stream_error server proven", "server rst_stream FLOW_CONTROL_ERROR"),
        ("S1: rst 8", "abrupt_end server proven", "server rst_stream CANCEL"),
        ("S1: rst 10", "abrupt_end server proven", "server rst_stream CONNECT_ERROR"),
        ("S1: rst 4660", "stream_error server proven", "server rst_stream 4660"),
        ("S1: end", "abrupt_end server proven", "server end_stream"),
        (
            "S1: end | S1: rst 2",
            "internal_error server proven",
            "server end_stream, server rst_stream INTERNAL_ERROR",
        ),
        ("C1: rst 8", "abrupt_end client proven", "client rst_stream CANCEL"),
    ] {
        let by = if act.starts_with('S') { "S" } else { "C" };
        let found = format!("{by} note CL-ABNORMAL");
        check(
            &format!("OPEN | C1: text a | S1: text a | C: wait 100 | {act} | C: ack | S: ack | C: wait 9000"),
            [expected, ends, "1006 / 1006", &found],
        );
    }
}

#[test]
fn a_browser_cancels_where_the_page_goes() {
    let open = "C: settings | S: settings 8=1 | C1: connect CHROMIUM | S1: status 200 | C1: text a";
    check(
        &format!("{open} | S: ack | C1: rst 8 | S: ack"),
        ["going_away client likely", "client rst_stream CANCEL", "nothing / 1006", "C note CL-ABNORMAL"],
    );
    // A Close that comes with END_STREAM it does not answer, and takes for clean.
    let report = first(&format!("{open} | S1: close 1000 end | C: ack | C1: rst 8 | S: ack"));
    assert_eq!(
        (cause(&report), sees(&report, Role::Client)),
        ("application_close server likely".into(), "1000 clean".into())
    );
}

#[test]
fn refusals() {
    let asks = "C: settings | S: settings 8=1 | C1: connect";
    for (act, expected, words) in [
        ("S1: status 403 | S1: end", "refused server proven", "refused the extended CONNECT with status 403"),
        ("S1: rst 7", "refused server proven", "with RST_STREAM REFUSED_STREAM"),
        (
            "S: goaway 0 0 bye | C: ack | C: fin | S: fin",
            "goaway server proven",
            "with the debug data \"bye\"",
        ),
        ("C1: rst 1", "stream_error client proven", "before the opening handshake was answered"),
    ] {
        let report = first(&format!("{asks} | {act} | S: ack | C: ack"));
        assert_eq!(cause(&report), expected, "{act}");
        let text = summary::sentences(&seal(Box::new(report), Redaction::Secrets).open()).join(" ");
        assert!(text.contains(words), "{act}: {text}");
    }
    // The setting was not announced.
    let report = first("C: settings | S: settings | C: ack | C1: connect | S1: rst 1 | C: ack");
    assert_eq!((cause(&report), findings(&report)), ("refused server proven".into(), "C HS-CONNECT".into()));
    // Another 2xx is a success.
    let report = first(&format!("{asks} | S1: status 204 | C1: text a | S: ack"));
    assert_eq!(cause(&report), "still_open nobody proven");
}

#[test]
fn goaway_leaves_out_higher_streams_alone() {
    let script = "OPEN | C3: connect | S3: status 200 | C1: text a | C3: text b | S: goaway 1 0 bye | C: ack | \
        C1: text c | C1: close 1000 end | S1: close 1000 end | C: ack | C: wait 50 | C: fin | S: fin";
    let reports = analyse(&play(script));
    let causes: Vec<_> = reports.iter().map(cause).collect();
    assert_eq!(causes, ["application_close client proven", "goaway server proven"]);
    let http2 = reports[1].http2.as_ref().expect("HTTP/2");
    assert_eq!((http2.others.as_slice(), http2.open.as_slice(), http2.requests), (&[1][..], &[][..], 0));
    assert_eq!(http2.was_invited, Some(true));
}

#[test]
fn an_error_that_ends_the_connection() {
    let report = first("OPEN | C1: text a | S: goaway 1 11 calm | S: fin | C: fin");
    assert_eq!(cause(&report), "goaway server likely");
    let text = summary::sentences(&seal(Box::new(report), Redaction::Secrets).open()).join(" ");
    assert!(
        text.starts_with("The server sent GOAWAY ENHANCE_YOUR_CALM with the debug data \"calm\""),
        "{text}"
    );
}

/// What stands in a GOAWAY is a peer's text like the reason of a Close.
#[test]
fn debug_data_is_hidden_with_payloads() {
    let script = "OPEN | C1: text a | S: goaway 0 0 token=hunter2hunter2 | C: ack | C: fin | S: fin";
    for (redaction, is_shown) in
        [(Redaction::Secrets, false), (Redaction::Payloads, false), (Redaction::Nothing, true)]
    {
        let text = summary::sentences(&seal(Box::new(first(script)), redaction).open()).join(" ");
        assert_eq!(text.contains("hunter2"), is_shown, "{text}");
    }
    let plain = first(&script.replace("token=hunter2hunter2", "bye"));
    let text = summary::sentences(&seal(Box::new(plain), Redaction::Payloads).open()).join(" ");
    assert!(!text.contains("bye"), "{text}");
}

#[test]
fn bystanders_go_with_the_connection() {
    let script = "OPEN | C3: connect | S3: status 200 | C1: text a | C3: text b | S: ack | S: wait 500 | S: fin | C: fin";
    for (report, other) in analyse(&play(script)).into_iter().zip([3, 1]) {
        assert_eq!(cause(&report), "abrupt_end server proven");
        assert_eq!(report.http2.as_ref().expect("HTTP/2").open, [other]);
        let text = summary::sentences(&seal(Box::new(report), Redaction::Secrets).open()).join(" ");
        assert!(text.contains("1 other WebSocket connection open on it"), "{text}");
    }
}

#[test]
fn a_stalled_message() {
    let script = "C: settings 4=100 | S: settings 8=1 | C1: connect | S1: status 200 | C1: text a | S1: part 5000 100 | \
        C: ack | C: wait 3000 | C1: close 1000 | S: ack | C: wait 3000 | C1: rst 8 | S: ack | C: fin | S: fin";
    let report = first(script);
    assert_eq!(cause(&report), "receive_window_closed client likely");
    // It grants more, and nothing is stalled.
    let report = first(&script.replace("4=100", "4=200"));
    assert_eq!(cause(&report), "close_unanswered server likely");
}

/// A convention that no exchange comes to is one that nobody checks.
#[test]
fn every_convention_measured_over_http2_is_reached() {
    let chromium = "C: settings | S: settings 8=1 | C1: connect CHROMIUM | S1: status 200 | C1: text a";
    let hypercorn = "C: settings | S: settings 8=1 | C1: connect | S1: status 200 hypercorn-h2 | C1: text a";
    let mut reached = BTreeSet::new();
    for (open, behind, expected) in [
        (chromium, "C1: close 1002 end | S1: close 1002 end | C: ack", "1006 / 1002 clean"),
        (chromium, "S1: raw 83 00 | C: ack | C1: rst 8 | S: ack", "1006 / 1006"),
        (chromium, "S1: end | C: ack | C1: rst 8 | S: ack", "1006 / 1006"),
        (chromium, "C1: close 1000 | C1: rst 8 | S: ack | S1: close 1000", "1006 / 1000 clean"),
        (chromium, "S1: close 4000 end | C: ack | C1: rst 8 | S: ack", "4000 clean / 1006"),
        (chromium, "S1: close 4000 | C1: close 4000 end | S1: rst 8 | C: ack", "4000 clean / 4000 clean"),
        (chromium, "S1: close 4000 | S1: text b | C1: close 4000 end | C: ack", "1006 / 1006"),
        (chromium, "S: ack | C1: rst 8 | S: ack", "nothing / 1006"),
        (hypercorn, "S1: close 1011 | C1: close 1011 end | S: ack", "1011 clean / nothing"),
        (hypercorn, "S1: close 4000 | C1: close 4000 end | S: ack", "4000 clean / 1000"),
        (hypercorn, "C1: close 4000 end | S1: close 4000 | C: ack | S: fin | C: fin", "4000 clean / 1006"),
    ] {
        let report = first(&format!("{open} | {behind} | C: wait 9000 | C: ack"));
        let told = format!("{} / {}", sees(&report, Role::Client), sees(&report, Role::Server));
        assert_eq!(told, expected, "{behind}");
        for role in Role::BOTH {
            let view = &report.closing.sees[role];
            reached.extend(
                view.library.zip(view.convention).map(|(library, row)| (library, format!("{row:?}"))),
            );
        }
    }
    for library in LIBRARIES.iter().filter(|library| library.name.ends_with("over HTTP/2")) {
        for row in library.conventions {
            assert!(reached.contains(&(library.id, format!("{row:?}"))), "{}: {:?}", library.name, row.at);
        }
    }
}
