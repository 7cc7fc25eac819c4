//! Rules that rest on times, and how an end is told where both sides end at once: each broken, and nearly broken
//! but legal. The notation is that of `support/script.rs`.

#[path = "support/support.rs"]
mod support;

use wslog::limits::Limits;
use wslog::model::{Certainty, ConnectionReport, Lifecycle, Outcome, PerRole, Role, StartEvidence, Starter};

use support::conversation::{Client, Conversation, Server, TestPacket};
use support::frame::Frame;
use support::script::{analyse, closing, findings, play, steps};

/// A script with its closing.
const CLOSE: &str = " | C: close 1000 | S: close 1000 | S: fin | C: fin";
/// The steps of it.
const MET: &str = "S CL-REPLY met, S CL-TCP-SERVER-FIRST met";

#[track_caller]
fn only(script: &str) -> ConnectionReport {
    let mut reports = analyse(&play(script, false));
    assert_eq!(reports.len(), 1, "{script}");
    reports.remove(0)
}

/// What is found, and what became of the obligations.
#[track_caller]
fn check(clause: &str, script: &str, expected: &str, owed: &str) {
    let report = only(script);
    assert_eq!(findings(&report), expected, "{clause}: {script}");
    assert_eq!(steps(&report), owed, "{clause}: {script}");
}

/// What is found in an exchange that closes as it should.
#[track_caller]
fn closes(clause: &str, script: &str, expected: &str) {
    check(clause, &format!("{script}{CLOSE}"), expected, MET);
}

#[test]
fn pongs_that_come_late_5_5_2() {
    closes("at once", "S: ping x | C: ack | C: pong x", "");
    closes("within 5 s", "S: ping x | C: ack | C: wait 4900 | C: pong x", "");
    closes("after 5 s", "S: ping x | C: ack | C: wait 5000 | C: pong x", "C should FR-PONG-LATE?");
    closes("the network may have held the Ping up", "S: ping x | C: wait 6000 | C: pong x", "");
    closes("the earlier ones need none", "S: ping x | C: ack | C: wait 6000 | S: ping y | C: pong y", "");
    check(
        "none is owed behind a Close",
        "S: ping x | C: ack | S: close 1000 | C: wait 6000 | C: pong x | C: close 1000 | S: fin | C: fin",
        "",
        "C CL-REPLY met, S CL-TCP-SERVER-FIRST met",
    );
}

/// What a Pong answers its sender had received: the acknowledgement numbers tell.
#[test]
fn pongs_sent_before_the_ping_had_arrived_5_5_3() {
    closes(
        "two Pings alike, the first Pong on its way when the second leaves",
        "S: ping x | C: ack | S: ack | C: hold | S: ping x | C: pong x | C: release | C: pong x",
        "",
    );
    closes(
        "a heartbeat that crosses the Ping",
        "C: hold | S: ping x | C: pong beat | C: release",
        "C note FR-PONG-UNSOL",
    );
    closes("the same, received before", "S: ping x | C: pong beat", "C FR-PONG-DATA?");
    // Who had ended before the Ping arrived owes it nothing, in whatever order they were captured.
    for script in
        ["C: hold | S: ping x | C: fin | S: fin", "C: fin | S: hold | S: ping x | S: release | S: fin"]
    {
        let report = only(script);
        assert_eq!(steps(&report), "", "{script}");
    }
}

/// A Close in answer to a faulty one may mean that its sender failed the connection: what it reports is open.
#[test]
fn an_answer_to_a_faulty_close_proves_no_local_view() {
    for (script, sure) in [
        ("S: close 1000 | C: close 1000 | S: fin | C: fin", Certainty::Proven),
        ("S: 88 01 03 | C: close 1000 | S: fin | C: fin", Certainty::Likely),
        ("S: 88 02 03 ed | C: close 1000 | S: fin | C: fin", Certainty::Likely),
    ] {
        assert_eq!(only(script).closing.sees.client.certainty, sure, "{script}");
    }
}

#[test]
fn pings_without_a_pong_5_5_2() {
    let never = "S CL-REPLY met, S CL-TCP-SERVER-FIRST met, C FR-PING-PONG broken";
    let row = |script: &str| format!("{script}{CLOSE}");
    check("10 s", &row("S: ping x | C: ack | C: wait 10000"), "C FR-PING-PONG", never);
    check(
        "10 s, but was it still there?",
        "S: ping x | C: ack | C: wait 10000 | S: fin | C: fin",
        "C FR-PING-PONG?, S note CL-ABNORMAL",
        "C FR-PING-PONG broken",
    );
    check(
        "though it went on sending",
        &row("S: ping x | C: ack | C: wait 10000 | C: text a"),
        "C FR-PING-PONG",
        never,
    );
    check(
        "though others came",
        &row("S: ping x | C: ack | C: wait 9000 | S: ping y | C: ack | C: wait 2000"),
        "C FR-PING-PONG",
        never,
    );
    closes("less than 10 s", "S: ping x | C: ack | C: wait 9900", "");
    closes(
        "answered in the end",
        "S: ping x | C: ack | C: wait 4000 | S: ping y | C: pong y | C: wait 20000",
        "",
    );
    closes("it may not have arrived", "C: hold | S: ping x | C: wait 20000 | C: release", "");
    closes(
        "other data is another rule",
        "S: ping xy | C: ack | C: pong x | C: wait 20000",
        "C FR-PONG-DATA?",
    );
    closes(
        "a Pong with a hole may be the one",
        "S: ping xyz | C: ack | C: raw 8a 83 00 00 00 00 78 | C: uncaptured raw 79 | C: raw 7a | S: ack | C: wait 20000",
        "",
    );
    check(
        "none is owed once a Close has come",
        "S: ping x | S: close 1000 | C: ack | C: wait 4000 | C: close 1000 | S: wait 700 | S: fin | C: fin",
        "",
        "C CL-REPLY met, S CL-TCP-SERVER-FIRST met",
    );
    check(
        "none is owed by a side that has failed",
        "S: a1 02 68 69 | S: ping x | C: ack | C: close 1002 | S: ack | C: wait 20000 | S: close 1002 | S: fin | C: fin",
        "S FR-RSV, S should CL-REPLY-LATE?",
        "C FR-AFTER-FAIL met, S CL-REPLY late, S CL-TCP-SERVER-FIRST met",
    );
    check(
        "before a drop without a Close",
        "S: ping x | C: ack | C: wait 3000 | S: fin | C: fin",
        "S note CL-ABNORMAL",
        "C FR-PING-PONG unobserved",
    );
    check("open when the recording ends", "S: ping x | C: ack", "", "C FR-PING-PONG unobserved");
}

#[test]
fn closes_that_are_answered_late_5_5_1() {
    let late = "S CL-REPLY late, S CL-TCP-SERVER-FIRST met";
    let answered = |wait: &str| format!("C: close 1000 | S: ack | {wait} | S: close 1000 | S: fin | C: fin");
    check("5 s", &answered("S: wait 5000"), "S should CL-REPLY-LATE?", late);
    check("less", &answered("S: wait 4900"), "", MET);
    check(
        "the network may have held it up",
        "C: close 1000 | S: wait 9000 | S: close 1000 | S: fin | C: fin",
        "",
        MET,
    );
    check(
        "an open message may be finished first",
        "S: 01 01 61 | C: close 1000 | S: ack | S: wait 9000 | S: 80 01 62 | S: close 1000 | S: fin | C: fin",
        "",
        MET,
    );
    check(
        "so may a frame",
        "S: raw 82 02 61 | C: close 1000 | S: ack | S: wait 9000 | S: raw 62 | S: close 1000 | S: fin | C: fin",
        "",
        MET,
    );
    check(
        "not answered until the client gave up",
        "C: close 1000 | S: ack | C: wait 12000 | C: fin",
        "S should CL-REPLY-LATE?",
        "S CL-REPLY late",
    );
    check("nor long", "C: close 1000 | S: ack | C: wait 9000 | C: fin", "", "S CL-REPLY unobserved");
    check(
        "the answer crossed it",
        "S: hold | C: close 1000 | S: wait 9000 | S: close 1000 | S: release | S: fin | C: fin",
        "both note CL-CROSS",
        "S CL-TCP-SERVER-FIRST met",
    );
}

#[test]
fn messages_begun_after_a_close_7_1_3() {
    let row = |act: &str| format!("S: close 1000 | {act} | C: close 1000 | S: fin | C: fin");
    let met = "C CL-REPLY met, S CL-TCP-SERVER-FIRST met";
    check("text", &row("C: text a"), "C note CL-NEW-MSG?", met);
    check("once is enough", &row("C: text a | C: binary b"), "C note CL-NEW-MSG?", met);
    check("a control frame is none", &row("C: ping a"), "", met);
    check(
        "the rest of a message may follow",
        "C: 01 01 61 | S: close 1000 | C: 80 01 62 | C: close 1000 | S: fin | C: fin",
        "",
        met,
    );
    check(
        "it had not arrived",
        "C: hold | S: close 1000 | C: text a | C: release | C: close 1000 | S: fin | C: fin",
        "",
        met,
    );
}

#[test]
fn the_server_ends_tcp_immediately_7_1_1() {
    let kept = "S CL-REPLY met, S CL-TCP-SERVER-FIRST late";
    let after = |acts: &str| format!("C: close 1000 | S: close 1000 | C: ack | {acts}");
    check("5 s", &after("S: wait 5000 | S: fin | C: fin"), "S CL-SERVER-IMMEDIATE?", kept);
    check("less", &after("S: wait 4900 | S: fin | C: fin"), "", MET);
    check(
        "the client gave up",
        &after("C: wait 1000 | C: fin | S: fin"),
        "S CL-SERVER-IMMEDIATE?",
        "S CL-REPLY met, S CL-TCP-SERVER-FIRST broken, C CL-TCP-SERVER-FIRST met",
    );
    check(
        "the client did not wait",
        &after("C: wait 900 | C: fin | S: fin"),
        "C should CL-TCP-SERVER-FIRST",
        "S CL-REPLY met, C CL-TCP-SERVER-FIRST broken",
    );
    check(
        "it may not have had the client's Close",
        "S: close 1000 | S: hold | C: close 1000 | C: wait 6000 | C: fin",
        "",
        "C CL-REPLY met, S CL-TCP-SERVER-FIRST unobserved, C CL-TCP-SERVER-FIRST met, S CL-TCP-NEVER unobserved",
    );
}

#[test]
fn both_sides_end_tcp_5_5_1() {
    let fin = "C: close 1000 | S: close 1000 | S: fin | C: ack";
    let never = "S CL-REPLY met, S CL-TCP-SERVER-FIRST met, C CL-TCP-NEVER broken";
    let not_yet = "S CL-REPLY met, S CL-TCP-SERVER-FIRST met, C CL-TCP-NEVER unobserved";
    let other = |seconds: i64| {
        let mut later = Conversation::new("192.0.2.11:50002", "192.0.2.20:8080").starting_after(seconds);
        later.open().packets()
    };
    let with_other = |script: &str, seconds| {
        let mut packets = play(script, false);
        packets.extend(other(seconds));
        analyse(&packets).remove(0)
    };
    for (seconds, found, owed) in [(12, "C CL-TCP-NEVER?", never), (9, "", not_yet)] {
        // That the recording goes on shows in what others send.
        let report = with_other(fin, seconds);
        assert_eq!((findings(&report).as_str(), steps(&report).as_str()), (found, owed), "{seconds} s");
        assert_eq!(report.closing.sides.client.state, Lifecycle::Closing);
        assert_eq!(report.closing.sides.server.state, Lifecycle::Closed);
    }
    check("the recording ends", fin, "", not_yet);
    let unheard = with_other("C: close 1000 | S: close 1000 | C: hold | S: fin | C: ack", 20);
    assert_eq!(findings(&unheard), "", "the FIN may not have arrived");
    for lost in ["S: uncaptured fin | C: fin | S: ack", "S: uncaptured fin | C: ack"] {
        let report = with_other(&format!("C: close 1000 | S: close 1000 | {lost}"), 20);
        assert_eq!(findings(&report), "", "{lost}: its acknowledgement was captured");
    }
    let open = with_other("C: close 1000 | S: close 1000 | C: ack", 20);
    assert_eq!(findings(&open), "S CL-SERVER-IMMEDIATE?");
    assert_eq!(steps(&open), "S CL-REPLY met, S CL-TCP-SERVER-FIRST broken");
}

#[test]
fn a_side_that_went_silent() {
    let tries =
        |waits: [i64; 3], act: &str| waits.map(|wait| format!(" | C: wait {wait} | C: {act}")).concat();
    let gone = "S note CL-HALF-OPEN?";
    check("sent again", &format!("C: text a{}", tries([1000, 2000, 4000], "again")), gone, "");
    check("probed", &format!("C: text a | S: ack{}", tries([5000; 3], "probe")), gone, "");
    check("copies", &format!("C: text a{}", tries([0; 3], "again")), "", "");
    check("twice", "C: text a | C: wait 1000 | C: again | C: wait 5000 | C: again", "", "");
    check("answered", &format!("C: text a{} | S: ack", tries([1000, 2000, 4000], "again")), "", "");
    check(
        "the Ping among it",
        &format!("C: ping a{}", tries([1000, 2000, 4000], "again")),
        gone,
        "S FR-PING-PONG unobserved",
    );
    check(
        "and given up",
        &format!("C: ping a{} | C: fin", tries([1000, 2000, 4000], "again")),
        "C note CL-ABNORMAL, S note CL-HALF-OPEN?",
        "S FR-PING-PONG unobserved",
    );
}

#[test]
fn a_silence_as_long_as_a_known_time_out() {
    let end = |wait: i64, end: &str| format!("C: text a | S: text b | C: wait {wait} | {end}");
    for (wait, end_by) in
        [(60_000, "S: fin | C: fin"), (61_000, "S: fin | C: fin"), (350_000, "S: fin | C: fin")]
    {
        check("FIN", &end(wait, end_by), "S note CL-ABNORMAL, S note CL-IDLE?", "");
    }
    check("RST", &end(100_000, "C: rst"), "C note CL-ABNORMAL, C note CL-IDLE?, C should CL-RST?", "");
    for wait in [58_000, 62_000, 70_000] {
        check("another silence", &end(wait, "S: fin | C: fin"), "S note CL-ABNORMAL", "");
    }
    closes("a Close says why itself", "C: text a | C: wait 60000", "");
    check(
        "what is missing may have been sent meanwhile",
        "C: text a | C: uncaptured text b | C: wait 60000 | C: text c | S: ack | C: wait 60000 | S: fin | C: fin",
        "",
        "",
    );
    let silent = only("C: wait 60000 | S: fin | C: fin");
    assert_eq!(findings(&silent), "S note CL-ABNORMAL, S note CL-IDLE?", "from the 101 on");
}

/// Whichever end of TCP passed the point of capture first.
#[test]
fn ends_of_tcp_that_cross_have_no_order() {
    let both = "C: close 1000 | S: close 1000 | C: ack | S: ack | ";
    for (script, outcome) in [
        (format!("{both}C: hold | S: hold | C: fin | S: rst"), Outcome::CleanTcpReset),
        (format!("{both}C: hold | S: hold | S: rst | C: fin"), Outcome::CleanTcpReset),
        (format!("{both}C: hold | S: hold | S: bare-rst | C: fin"), Outcome::CleanTcpReset),
        ("C: hold | S: hold | C: fin | S: rst".to_owned(), Outcome::Reset),
        ("C: hold | S: hold | S: rst | C: fin".to_owned(), Outcome::Reset),
        ("C: hold | S: hold | C: fin | S: fin".to_owned(), Outcome::NoCloseFrame),
        ("C: hold | S: hold | S: fin | C: fin".to_owned(), Outcome::NoCloseFrame),
    ] {
        let report = only(&script);
        let closing = &report.closing;
        assert_eq!((closing.outcome, closing.ends_crossed), (outcome, true), "{script}");
        if !closing.sides.client.sent_close.unwrap_or(true) {
            let started = (Some(Starter::Both), StartEvidence::Acknowledgement);
            assert_eq!((closing.started_by, closing.evidence), started, "{script}");
        }
    }
    let answered = only("C: fin | S: rst").closing;
    assert_eq!((answered.outcome, answered.ends_crossed), (Outcome::NoCloseFrame, false));
    // Nothing tells whether it answers the FIN.
    let bare = only("C: fin | S: bare-rst").closing;
    assert_eq!((bare.outcome, bare.evidence), (Outcome::NoCloseFrame, StartEvidence::Order));
}

#[test]
fn how_sure_a_local_view_is() {
    use Certainty::{Likely, Proven, Undetermined};
    for (script, sees, sure) in [
        (
            "C: close 1000 | S: close 1000 | S: fin | C: fin",
            "clean by C, sees 1000 clean / 1000 clean",
            (Proven, Proven),
        ),
        ("C: text a | S: rst", "reset by S, sees 1006 / 1006", (Proven, Likely)),
        ("C: text a | S: bare-rst", "reset by S, sees 1006 / 1006", (Proven, Likely)),
        (
            "S: hold | C: close 1000 | S: fin | S: release | C: fin",
            "close_unanswered by C, sees 1006 / 1006",
            (Proven, Likely),
        ),
        (
            "C: close 1000 | S: uncaptured close 1000 | S: fin | C: fin",
            "not_observable by ?, sees - / 1000 clean?",
            (Undetermined, Proven),
        ),
        ("C: text a | S: fin | C: fin", "no_close_frame by S, sees 1006 / 1006", (Proven, Likely)),
        // A Close that was read before the fault counts (7.1.5).
        (
            "S: close 1001 | S: 83 00 | C: close 1002 | S: fin | C: fin",
            "clean by S, sees 1001 clean / 1002 clean",
            (Proven, Proven),
        ),
    ] {
        let report = only(script);
        assert_eq!(closing(&report), sees, "{script}");
        let views = &report.closing.sees;
        assert_eq!((views.client.certainty, views.server.certainty), sure, "{script}");
    }
}

#[test]
fn a_close_that_a_gap_may_hide() {
    let report = only("C: close 1000 | S: uncaptured close 1000 | S: fin | C: fin");
    assert_eq!(report.closing.sides.server.sent_close, None);
    let report = only("C: close 1000 | S: fin | C: fin");
    assert_eq!(report.closing.sides.server.sent_close, Some(false));
}

#[test]
fn states_at_the_end() {
    use Lifecycle::{Closed, Closing, Connecting, Open};
    for (script, client, server) in [
        ("", Open, Open),
        ("C: text a", Open, Open),
        ("S: hold | C: close 1000", Closing, Open),
        ("C: close 1000 | S: ack", Closing, Closing),
        ("C: close 1000 | S: close 1000 | S: fin | C: ack", Closing, Closed),
        ("C: fin | S: ack", Closed, Open),
        ("C: rst", Closed, Closed),
    ] {
        let sides = only(script).closing.sides;
        assert_eq!((sides.client.state, sides.server.state), (client, server), "{script}");
    }
    let mut talk = Conversation::new("192.0.2.10:50001", "192.0.2.20:8080");
    let request = talk.upgrade().request();
    let sides = analyse(&talk.connect().bytes(Client, &request).packets()).remove(0).closing.sides;
    assert_eq!((sides.client.state, sides.server.state), (Connecting, Connecting));
}

#[test]
fn figures() {
    let report = only(
        "S: ping a | C: wait 100 | C: pong a | S: wait 20000 | S: ping b | C: wait 300 | C: pong b \
         | S: wait 20000 | S: ping c | C: wait 200 | C: pong c | S: wait 20000 | S: ping d | C: wait 30 \
         | C: close 1000 | S: wait 40 | S: close 1000 | S: wait 50 | S: fin | C: fin",
    );
    let timing = &report.timing;
    assert_eq!(timing.handshake_ns, Some(250_000));
    assert_eq!(timing.close_reply_ns, Some(40_250_000));
    assert_eq!(timing.server_tcp_end_ns, Some(50_250_000));
    assert_eq!(timing.pings.client, None);
    let pings = timing.pings.server.expect("Pings");
    assert_eq!((pings.sent, pings.unanswered), (4, Some(1)));
    assert_eq!(pings.interval_ns, Some(20_200_500_000));
    let latency = pings.latency.expect("Pongs");
    assert_eq!(
        (latency.pongs, latency.min_ns, latency.mean_ns, latency.max_ns, latency.slowest_frame),
        (3, 100_250_000, 200_250_000, 300_250_000, 4)
    );
    let burst = only("S: ping a | S: ping b | S: ping c | C: pong c");
    assert_eq!(burst.timing.pings.server.and_then(|pings| pings.interval_ns), None);
}

/// What both sides owe, act by act, as text.
fn owed(packets: &[TestPacket]) -> String {
    use wslog::dissect::Dissector;
    use wslog::message::Messages;
    use wslog::replay::Reference;
    use wslog::tcp::Connection;

    let limits = Limits::default();
    let mut connection = Connection::new(&packets[0].segment(1));
    let (mut dissector, mut messages) = (Dissector::new(), Messages::new());
    let mut reference = Reference::new(&limits);
    let mut after = Vec::new();
    for (no, packet) in (1..).zip(packets) {
        let mut weirds = PerRole::default();
        let PerRole { client: tcp_weirds, server: weirds } = &mut weirds;
        connection.push(&packet.segment(no), &limits, tcp_weirds, &mut |event| {
            let mut more = Default::default();
            dissector.push(&event, &limits, weirds, &mut |observation| {
                messages.observe(&observation, &limits, &mut more, &mut |event| {
                    reference.observe(&event, &limits, &mut Vec::new());
                });
            });
        });
        let owed =
            |role: Role| reference.owed(role).iter().map(|e| e.rule.name()).collect::<Vec<_>>().join("+");
        after.push(format!("{}/{}", owed(Role::Client), owed(Role::Server)));
    }
    after.dedup();
    after.join(" ")
}

/// The duties of both sides as they come and go: client/server.
#[test]
fn what_is_owed_after_every_act() {
    for (script, expected) in [
        ("C: text a | S: text b", "/"),
        ("S: ping x | C: pong x", "/ FR-PING-PONG/ /"),
        (
            "C: close 1000 | S: close 1000 | S: fin | C: fin",
            "/ /CL-REPLY CL-TCP-SERVER-FIRST/CL-TCP-SERVER-FIRST CL-TCP-NEVER/ /",
        ),
        (
            "C: c1 00 | S: close 1002 | C: close 1002 | S: fin | C: fin",
            "/ /FR-RSV CL-REPLY/FR-AFTER-FAIL CL-TCP-SERVER-FIRST/FR-AFTER-FAIL CL-TCP-NEVER/ /",
        ),
        ("S: ping x | S: close 1000", "/ FR-PING-PONG/ CL-REPLY/"),
    ] {
        assert_eq!(owed(&play(script, false)), expected, "{script}");
    }
}

/// A response that the client must refuse opens nothing: nothing is owed.
#[test]
fn nothing_is_owed_before_the_handshake_is_complete() {
    let mut talk = Conversation::new("192.0.2.10:50001", "192.0.2.20:8080");
    let mut upgrade = talk.upgrade();
    upgrade.accept = support::upgrade::accept_value("AAAAAAAAAAAAAAAAAAAAAA==");
    talk.open_with(&upgrade).send(Server, Frame::ping("x"));
    assert_eq!(owed(&talk.packets()), "/");
}
