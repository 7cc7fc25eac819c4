//! The reference as a table: a script of a connection, what is found, how it closed. The notation is that of
//! `support/script.rs`; each rule is there broken and nearly broken but legal.

#[path = "support/support.rs"]
mod support;

use wslog::model::Role;

use support::conversation::{Client, Conversation, Server};
use support::frame::Frame;
use support::script::{analyse, closing, findings, play};
use support::transform;
use support::upgrade::{accept_value, refusal};

/// A script with its closing: `C: close 1000 | S: close 1000 | S: fin | C: fin`.
const CLOSE: &str = " | C: close 1000 | S: close 1000 | S: fin | C: fin";
/// The server fails the connection with 1002, and the client answers.
const FAIL: &str = " | S: close 1002 | C: close 1002 | S: fin | C: fin";
const CLEAN: &str = "clean by C, sees 1000 clean / 1000 clean";
/// The server failed the connection: it reports 1006, its library perhaps 1002.
const FAILED: &str = "clean by S, sees 1002 clean / 1006";

#[track_caller]
fn check_with(deflate: bool, clause: &str, script: &str, expected: &str, end: &str) {
    let reports = analyse(&play(script, deflate));
    assert_eq!(reports.len(), 1, "{clause}: {script}");
    assert_eq!(findings(&reports[0]), expected, "{clause}: {script}");
    assert_eq!(closing(&reports[0]), end, "{clause}: {script}");
}

#[track_caller]
fn check(clause: &str, script: &str, expected: &str, end: &str) {
    check_with(false, clause, script, expected, end);
}

/// A frame of the client, after which the connection closes as usual: nothing beyond `expected` is found.
#[track_caller]
fn frame(clause: &str, script: &str, expected: &str) {
    check(clause, &format!("{script}{CLOSE}"), expected, CLEAN);
}

/// A fault of the client for which the server fails the connection with 1002.
#[track_caller]
fn fault(clause: &str, script: &str, expected: &str) {
    check(clause, &format!("{script}{FAIL}"), expected, FAILED);
}

#[test]
fn masking_5_1() {
    frame("5.1 masked", "C: text hi | S: text hi", "");
    fault("5.1 client not masked", "C: raw 81 02 68 69", "C FR-MASK-C");
    fault("5.1 Ping not masked", "C: raw 89 00", "C FR-MASK-C");
    check(
        "5.1 server masked",
        "S: raw 81 82 01 02 03 04 69 6b | C: close 1002 | S: close 1002 | S: fin | C: fin",
        "S FR-MASK-S",
        "clean by C, sees 1006 / 1002 clean",
    );
    check(
        "5.1 closing without a Close is allowed",
        "C: raw 81 02 68 69 | S: fin | C: fin",
        "C FR-MASK-C, S note CL-ABNORMAL",
        "no_close_frame by S, sees 1006 / 1006",
    );
}

#[test]
fn masking_keys_5_3() {
    let same = "C: raw 81 81 01 02 03 04 60 | ";
    frame("5.3 once is chance", &same.repeat(3), "");
    frame("5.3 the same key again and again", &same.repeat(4), "C FR-MASK-KEY");
    frame("5.3 zero", &"C: raw 81 81 00 00 00 00 61 | ".repeat(4), "C FR-MASK-KEY");
}

#[test]
fn reserved_bits_and_opcodes_5_2() {
    fault("5.2 RSV1", "C: c1 00", "C FR-RSV");
    fault("5.2 RSV2", "C: a1 02 68 69", "C FR-RSV");
    fault("5.2 RSV3 on a Ping", "C: 99 00", "C FR-RSV");
    for opcode in ["83", "87", "8b", "8f"] {
        fault("5.2 reserved opcode", &format!("C: {opcode} 00"), "C FR-OPCODE");
    }
    check(
        "7.1.7 carried on: the Ping after the fault was answered",
        &format!("C: a1 02 68 69 | C: ping x | S: pong x{CLOSE}"),
        "C FR-RSV, S CL-NOT-FAILED",
        CLEAN,
    );
    check(
        "7.1.7 carried on: the faulty message came back",
        &format!("C: a1 02 68 69 | S: text hi{CLOSE}"),
        "C FR-RSV, S CL-NOT-FAILED?",
        CLEAN,
    );
    check(
        "7.1.7 an echo may be of the same message before the fault",
        "C: text hi | C: a1 02 68 69 | S: text hi | S: close 4999 | C: close 1000 | S: fin | C: fin",
        "C FR-RSV, C note CL-ECHO, S should CL-FAIL-CODE?",
        "clean by S, sees 4999 clean / 1006",
    );
    check(
        "7.1.7 ending TCP is failing, whatever was sent before",
        "C: text hi | C: a1 02 68 69 | S: text hi | S: fin | C: fin",
        "C FR-RSV, S note CL-ABNORMAL, S should CL-FAIL-SILENT?",
        "no_close_frame by S, sees 1006 / 1006",
    );
    check(
        "7.1.7 after failing nothing more is processed",
        "C: c1 00 | S: close 1002 | C: ping x | S: pong x | C: close 1002 | S: fin | C: fin",
        "C FR-RSV, S FR-AFTER-FAIL",
        FAILED,
    );
    check(
        "5.5.2 a Ping from before the fault may still be answered",
        "C: ping x | C: c1 00 | S: close 1002 | S: pong x | C: close 1002 | S: fin | C: fin",
        "C FR-RSV",
        FAILED,
    );
    check(
        "7.1.7 with a code that does not fit",
        "C: c1 00 | S: close 1011 | C: close 1011 | S: fin | C: fin",
        "C FR-RSV, S should CL-FAIL-CODE?",
        "clean by S, sees 1011 clean / 1006",
    );
    check(
        "7.1.7 without a Close",
        "C: c1 00 | S: fin | C: fin",
        "C FR-RSV, S note CL-ABNORMAL, S should CL-FAIL-SILENT?",
        "no_close_frame by S, sees 1006 / 1006",
    );
}

#[test]
fn length_5_2() {
    frame("5.2 125 in seven bits", "C: 82 7d 61*125", "");
    frame("5.2 126 in sixteen bits", "C: 82 7e 00 7e 61*126", "");
    fault("5.2 125 in sixteen bits", "C: 82 7e 00 7d 61*125", "C FR-LEN-MIN");
    fault("5.2 0 in sixty-four bits", "C: 82 7f 00*8", "C FR-LEN-MIN");
    check(
        "5.2 top bit",
        "C: 82 7f 80 00*7 61 | S: close 1002 | S: fin | C: fin",
        "C CL-REPLY, C FR-LEN-MSB, C note FR-CUT, C note FR-MSG-UNFINISHED",
        "close_unanswered by S, sees 1002 / 1006",
    );
}

#[test]
fn control_frames_5_5() {
    frame("5.5 125 bytes", "C: 89 7d 61*125 | S: 8a 7d 61*125", "");
    fault("5.5 126 bytes", "C: 89 7e 00 7e 61*126", "C FR-CTL-LEN");
    fault("5.4 fragmented", "C: 09 00", "C FR-CTL-FRAG");
    frame(
        "5.4 may stand between fragments",
        "C: 01 01 61 | C: ping x | S: pong x | C: 80 01 62",
        "C note FR-CTL-BETWEEN",
    );
}

#[test]
fn fragments_5_4() {
    frame("5.4 three fragments", "C: 01 01 61 | C: 00 00 | C: 80 01 62", "");
    fault("5.4 nothing to continue", "C: 80 01 61", "C FR-CONT-ORPHAN");
    fault("5.4 nothing to continue after the end", "C: text a | C: 80 01 61", "C FR-CONT-ORPHAN");
    fault("5.4 a message inside a message", "C: 01 01 61 | C: 81 01 62", "C FR-INTERLEAVE");
    frame("5.4 the other side's message does not count", "C: 01 01 61 | S: text b | C: 80 01 62", "");
    frame("5.5.1 left open", "C: 01 01 61", "C note FR-MSG-UNFINISHED");
}

#[test]
fn text_is_utf8_8_1() {
    frame("8.1 split inside a character", "C: 01 01 c3 | C: 80 01 a9", "");
    let end = " | S: close 1007 | C: close 1007 | S: fin | C: fin";
    let failed = "clean by S, sees 1007 clean / 1006";
    check("8.1 bad byte", &format!("C: 81 02 61 ff{end}"), "C FR-TEXT-UTF8", failed);
    check("8.1 ends inside a character", &format!("C: 81 01 c3{end}"), "C FR-TEXT-UTF8", failed);
    check("8.1 surrogate", &format!("C: 81 03 ed a0 80{end}"), "C FR-TEXT-UTF8", failed);
    frame("8.1 binary is free", "C: 82 01 ff", "");
    fault("7.4.1 1002 does not fit bad UTF-8", "C: 81 01 ff", "C FR-TEXT-UTF8, S should CL-FAIL-CODE?");
    check(
        "7.1.7 carried on",
        &format!("C: 81 01 ff | S: binary x{CLOSE}"),
        "C FR-TEXT-UTF8, S CL-NOT-FAILED?",
        CLEAN,
    );
}

#[test]
fn ping_and_pong_5_5_2() {
    frame("5.5.3 same data", "C: ping abc | S: pong abc", "");
    frame("5.5.3 the latest is enough", "C: ping a | C: ping b | S: pong b", "");
    frame("5.5.3 other data", "C: ping abcd | S: pong ab", "S FR-PONG-DATA?");
    frame("5.5.3 an unsolicited one may carry anything", "C: ping a | S: pong zz | S: pong a", "");
    frame("5.5.3 heartbeat", "S: pong x", "S note FR-PONG-UNSOL");
    frame("5.5.3 answered twice", "C: ping a | S: pong a | S: pong a", "S note FR-PONG-UNSOL");
}

#[test]
fn close_bodies_5_5_1() {
    let closed = |body: &str, answer: &str| format!("C: {body} | S: {answer} | S: fin | C: fin");
    check(
        "7.1.5 empty",
        &closed("close", "close"),
        "C note CL-NOCODE, S note CL-NOCODE",
        "clean by C, sees 1005 clean / 1005 clean",
    );
    check(
        "5.5.1 one byte",
        &closed("88 01 03", "close 1002"),
        "C CL-LEN1, S note CL-ECHO",
        "clean by C, sees 1002 clean / 1006",
    );
    check(
        "8.1 reason",
        &closed("88 03 03 e8 ff", "close 1007"),
        "C CL-REASON-UTF8, S note CL-ECHO",
        "clean by C, sees 1007 clean / 1006",
    );
    check(
        "7.4.1 answered as if nothing was wrong",
        &closed("88 03 03 e8 ff", "close 1000"),
        "C CL-REASON-UTF8, S should CL-FAIL-CODE?",
        "clean by C, sees 1000 clean / 1000 clean",
    );
    for code in ["1005", "1006", "1015"] {
        check(
            "7.4.1 never sent",
            &closed(&format!("close {code}"), "close 1002"),
            "C CL-CODE-RESERVED, S note CL-ECHO",
            "clean by C, sees 1002 clean / 1006",
        );
    }
    check(
        "7.4.1 reserved",
        &closed("close 1004", "close 1004"),
        "C note CL-CODE-RESERVED, S note CL-CODE-RESERVED",
        "clean by C, sees 1004 clean / 1004 clean",
    );
    for code in ["0", "999", "5000", "65535"] {
        check(
            "7.4.2 no range",
            &closed(&format!("close {code}"), "close 1002"),
            "C CL-CODE-RANGE, S note CL-ECHO",
            "clean by C, sees 1002 clean / 1006",
        );
    }
    check(
        "7.4.2 unassigned",
        &closed("close 1016", "close 1002"),
        "C CL-CODE-RANGE?, S note CL-ECHO",
        "clean by C, sees 1002 clean / 1006",
    );
    for code in ["1001", "1003", "1007", "1008", "1009", "1011", "3000", "3999", "4000", "4999"] {
        let notes = if code == "1009" { "C note FR-TOO-BIG" } else { "" };
        check(
            "7.4 in use",
            &closed(&format!("close {code}"), &format!("close {code}")),
            notes,
            &format!("clean by C, sees {code} clean / {code} clean"),
        );
    }
    check(
        "7.4.1 1010",
        &closed("close 1010 permessage-deflate", "close 1000"),
        "S note CL-ECHO",
        "clean by C, sees 1000 clean / 1010 clean",
    );
    check(
        "7.4.1 1010 names none",
        &closed("close 1010", "close 1000"),
        "C should CL-1010-REASON, S note CL-ECHO",
        "clean by C, sees 1000 clean / 1010 clean",
    );
    check(
        "7.4.1 1012 from a client",
        &closed("close 1012", "close 1012"),
        "C note CL-CODE-ROLE",
        "clean by C, sees 1012 clean / 1012 clean",
    );
}

#[test]
fn closing_handshake_7_1() {
    check("7.1.1 as it should be", "C: close 1000 | S: close 1000 | S: fin | C: fin", "", CLEAN);
    check(
        "7.1.1 the server starts",
        "S: close 1001 | C: close 1001 | S: fin | C: fin",
        "",
        "clean by S, sees 1001 clean / 1001 clean",
    );
    check(
        "5.5.1 another code in the answer",
        "C: close 1001 | S: close 1000 | S: fin | C: fin",
        "S note CL-ECHO",
        "clean by C, sees 1000 clean / 1001 clean",
    );
    check(
        "7.1.1 the client ends TCP first",
        "C: close 1000 | S: close 1000 | C: fin | S: fin",
        "C should CL-TCP-SERVER-FIRST",
        CLEAN,
    );
    check(
        "7.1.1 the client did not wait, though the server's FIN was captured first",
        "C: close 1000 | S: close 1000 | C: ack | C: hold | S: fin | C: fin | C: release",
        "C should CL-TCP-SERVER-FIRST",
        CLEAN,
    );
    check(
        "7.1.1 nor did it where the server's RST was captured first: nobody sends a FIN after an RST",
        "C: close 1000 | S: close 1000 | C: ack | C: hold | S: rst | C: fin",
        "C should CL-TCP-SERVER-FIRST, S note CL-RST?",
        "clean_tcp_reset by C, sees 1000 clean / 1000 clean",
    );
    check(
        "5.5.1 not answered",
        "C: close 1000 | S: fin | C: fin",
        "S CL-REPLY",
        "close_unanswered by C, sees 1006 / 1000",
    );
    check(
        "5.5.1 TCP had ended before the Close came",
        "S: hold | C: close 1000 | S: fin | S: release | C: fin",
        "",
        "close_unanswered by C, sees 1006 / 1006",
    );
    check(
        "7.1.3 crossing",
        "S: hold | C: close 1000 | S: close 1001 | S: release | S: fin | C: fin",
        "both note CL-CROSS",
        "clean by both, sees 1001 clean / 1000 clean",
    );
    check(
        "5.5.1 data after the own Close",
        "C: close 1000 | C: text x | S: close 1000 | S: fin | C: fin",
        "C CL-DATA-AFTER",
        CLEAN,
    );
    check(
        "5.5.1 Ping after the own Close",
        "C: close 1000 | C: ping x | S: close 1000 | S: fin | C: fin",
        "",
        CLEAN,
    );
    check(
        "7.1.5 a second Close",
        "C: close 1000 | C: close 1001 | S: close 1000 | S: fin | C: fin",
        "C note CL-DOUBLE",
        CLEAN,
    );
    check(
        "7.1.5 FIN without a Close",
        "C: text x | S: fin | C: fin",
        "S note CL-ABNORMAL",
        "no_close_frame by S, sees 1006 / 1006",
    );
    check(
        "7.2.1 RST without a Close",
        "C: text x | S: rst",
        "S note CL-ABNORMAL, S should CL-RST?",
        "reset by S, sees 1006 / 1006",
    );
    check(
        "7.1.1 RST after both",
        "C: close 1000 | S: close 1000 | C: ack | S: rst",
        "S note CL-RST?",
        "clean_tcp_reset by C, sees 1000 clean / 1000 clean",
    );
    check(
        "7.2.1 RST that may have destroyed the answer",
        "C: close 1000 | S: close 1000 | S: rst",
        "S note CL-RST?",
        "clean_tcp_reset by C, sees 1006 / 1000 clean",
    );
    check("the recording ends first", "C: text x | S: text y", "", "open by ?, sees - / -");
    check("the recording ends after one Close", "C: close 1000", "", "open by C, sees - / -");
    check("the recording ends before TCP does", "C: close 1000 | S: close 1000", "", "open by C, sees - / -");
    check(
        "10.4 too big",
        "S: binary 0123456789 | C: close 1009 | S: close 1000 | S: fin | C: fin",
        "C note FR-TOO-BIG, S note CL-ECHO",
        "clean by C, sees 1000 clean / 1009 clean",
    );
    check(
        "the stream ends inside a frame",
        "C: 82 05 61 | C: fin | S: fin",
        "C note CL-ABNORMAL, C note FR-CUT, C note FR-MSG-UNFINISHED",
        "no_close_frame by C, sees 1006 / 1006",
    );
    check(
        "the stream ends inside a header",
        "C: raw 82 | C: fin | S: fin",
        "C note CL-ABNORMAL, C note FR-CUT",
        "no_close_frame by C, sees 1006 / 1006",
    );
}

/// A FIN that acknowledges the other one came after it, even where it was captured before.
#[test]
fn acknowledgements_decide_who_ended_tcp_first() {
    let mut packets = play("S: close 1000 | C: close 1000 | S: fin | C: fin", false);
    let last = packets.len() - 1;
    packets.swap(last - 1, last);
    let report = &analyse(&packets)[0];
    assert_eq!(report.closing.first_end.map(|end| end.by), Some(Role::Server));
    assert_eq!(findings(report), "");
}

/// The capture has the Ping behind what was sent after it: nobody sent a Pong unasked.
#[test]
fn acknowledgements_put_a_late_ping_before_its_pong() {
    let mut talk = Conversation::new("192.0.2.10:50001", "192.0.2.20:8080");
    let upgrade = talk.upgrade();
    let ping = talk.encode(Server, &Frame::ping("x"));
    talk.connect().bytes(Client, &upgrade.request()).bytes(Server, &[upgrade.response(), ping].concat());
    talk.send(Client, Frame::pong("x"))
        .send(Server, Frame::close(1000, ""))
        .send(Client, Frame::close(1000, ""));
    let mut packets = talk.end_tcp(Server).packets();
    packets[4..7].rotate_left(1);
    assert_eq!(findings(&analyse(&packets)[0]), "S note HS-COALESCED");
}

#[test]
fn what_is_missing_accuses_nobody() {
    frame(
        "a hole inside a payload leaves no message open",
        "S: raw 82 05 61 62 | S: uncaptured raw 63 | S: raw 64 65 | C: ack",
        "",
    );
    frame(
        "nor one inside a fragment",
        "C: 01 02 61 62 | C: raw 80 85 00 00 00 00 61 | C: uncaptured raw 62 63 | C: raw 64 65 | S: ack",
        "",
    );
    check(
        "5.5.1 the answer may be in the hole, and so may a Close that crossed",
        "C: close 1000 | S: uncaptured close 1000 | S: fin | C: fin",
        "",
        "not_observable by ?, sees - / 1000 clean?",
    );
    check(
        "7.1.4 a Close of the client may have come before",
        "C: uncaptured text x | S: close 1001 | S: fin | C: fin",
        "",
        "not_observable by ?, sees 1001 clean? / -",
    );
}

#[test]
fn opening_handshake_4() {
    let mut talk = Conversation::new("192.0.2.10:50001", "192.0.2.20:8080");
    let mut upgrade = talk.upgrade();
    upgrade.accept = accept_value("AAAAAAAAAAAAAAAAAAAAAA==");
    let reports = analyse(&talk.open_with(&upgrade).end_tcp(Client).packets());
    assert_eq!(findings(&reports[0]), "S HS-ACCEPT");
    // 4.2.2: with its 101 the server takes the connection for established.
    assert_eq!(closing(&reports[0]), "handshake_failed by C, sees 1006 / 1006");
}

#[test]
fn permessage_deflate_rfc7692() {
    let check = |clause, script: &str, expected, end| check_with(true, clause, script, expected, end);
    // "hi" compressed with fixed Huffman codes, without its 00 00 ff ff.
    check("6 RSV1 on the first fragment", &format!("C: c1 04 ca c8 04 00{CLOSE}"), "", CLEAN);
    check(
        "6 uncompressed in between",
        &format!("C: c1 04 ca c8 04 00 | C: text hi | C: c1 04 ca c8 04 00{CLOSE}"),
        "",
        CLEAN,
    );
    check(
        "6 on a continuation",
        &format!("C: 41 02 ca c8 | C: c0 02 04 00{FAIL}"),
        "C PMD-RSV1-CONT",
        FAILED,
    );
    check("6 on a Ping", &format!("C: c9 00{FAIL}"), "C PMD-RSV1-CTL", FAILED);
    check("6 RSV2 has no meaning", &format!("C: a1 00{FAIL}"), "C FR-RSV", FAILED);
    check("7.2.2 does not inflate", &format!("C: c1 04 ff ff ff ff{FAIL}"), "C PMD-INFLATE", FAILED);
}

/// A response that was not read, for a gap or for its length, is nobody's omission.
#[test]
fn an_unread_response_is_not_a_missing_one_4_2_1() {
    let response = 4; // behind the three segments of TCP and the request
    let gap = transform::drop_acknowledged(&play("S: text hi | S: fin | C: fin", false), response);
    let mut talk = Conversation::new("192.0.2.10:50001", "192.0.2.20:8080");
    let long = talk.upgrade().answer("X-Long", &"x".repeat(70_000));
    talk.open_with(&long).end_tcp(Server);
    talk.ack(Client);
    for (name, packets, weird) in [("gap", gap, "handshake_gap"), ("cap", talk.packets(), "handshake_cap")] {
        let reports = analyse(&packets);
        assert_eq!(findings(&reports[0]), "", "{name}");
        assert_eq!(closing(&reports[0]), "not_observable by ?, sees - / -", "{name}");
        let weirds = reports[0].weirds.as_slice();
        assert!(weirds.iter().any(|w| w.kind.name() == weird), "{name}: {weirds:?}");
    }
}

/// More Pings and Pongs that fit none than are kept: they may answer those given up, and the later Pong still answers.
#[test]
fn many_pongs_that_fit_no_ping_5_5_3() {
    let pings: String = (0..70).map(|n| format!("S: ping {n} | ")).collect();
    let script = format!("{pings}{}C: pong 69{CLOSE}", "C: pong x | ".repeat(200));
    check("5.5.3", &script, "", CLEAN);
}

/// Of handshakes that were refused one after the other the first ones are listed, the others counted.
#[test]
fn many_refusals_on_one_connection() {
    let mut talk = Conversation::new("192.0.2.10:50001", "192.0.2.20:8080");
    talk.connect();
    for _ in 0..20 {
        let request = talk.upgrade().request();
        talk.bytes(Client, &request).bytes(Server, &refusal("401 Unauthorized", "who?"));
    }
    let report = &analyse(&talk.packets())[0];
    assert_eq!(report.earlier.len(), 16);
    let weirds: Vec<_> = report.weirds.as_slice().iter().map(|w| (w.kind.name(), w.count)).collect();
    assert_eq!(weirds, [("handshake_cap", 3)]);
}

/// Notes beyond the cap neither hide a fault nor what was made of it.
#[test]
fn a_fault_behind_many_notes() {
    let script =
        "S: c2 02 03 00 | ".repeat(300) + "S: a1 02 68 69 | C: close 1002 | S: close 1002 | S: fin | C: fin";
    check_with(true, "cap", &script, "S FR-RSV, S note PMD-BFINAL", "clean by C, sees 1006 / 1002 clean");
}
