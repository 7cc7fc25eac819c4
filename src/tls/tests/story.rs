//! Handshakes, alerts, keys and the lack of them.

use crate::model::{AlertLevel, CipherSuite, StreamEnd, TlsKeys, TlsUndecrypted, TlsVersion};
use crate::tls::record::ContentType;
use crate::tls::tests::kit::{C, Event, Reading, S, Scene, Settled, inside, keys, message, read, record};
use crate::tls::{Begins, Keys, Origin, Status};

/// Cipher suites that are opened, and whether their MAC is made of what is encrypted.
const SUITES: &[(u16, bool)] = &[
    (0x1301, false),
    (0x1302, false),
    (0x1303, false),
    (0xc02f, false),
    (0xc030, false),
    (0xcca8, false),
    (0x009c, false),
    (0x00a9, false),
    (0x002f, false),
    (0x0035, true),
    (0x003c, false),
    (0x003d, true),
    (0xc013, true),
    (0xc014, false),
    (0xc027, true),
    (0xc028, false),
    (0xc028, true),
];

fn settled(&(suite, encrypt_then_mac): &(u16, bool)) -> Settled {
    Settled { encrypt_then_mac, ..Settled::new(suite) }
}

#[test]
fn every_suite_is_opened() {
    for row in SUITES {
        for resumed in [false, true] {
            let mut scene = Scene::new(Settled { resumed, ..settled(row) });
            scene.handshake().talk();
            let seen = read(&scene.events, &scene.keylog());
            assert_eq!(inside(&seen), ["ping", "pong"], "{row:?}");
            assert_eq!(seen.status, Status::Decrypting, "{row:?}");
            assert_eq!(seen.weirds, [""; 0], "{row:?}");
            let facts = &seen.facts;
            let is_13 = row.0 >> 8 == 0x13;
            assert_eq!(facts.version, Some(if is_13 { TlsVersion::TLS_1_3 } else { TlsVersion::TLS_1_2 }));
            assert_eq!((facts.cipher, facts.keys), (Some(CipherSuite(row.0)), TlsKeys::Keylog));
            assert_eq!((facts.resumed, facts.decrypted), (Some(resumed), true), "{row:?}");
            assert_eq!(facts.certificate.server, is_13 || !resumed, "{row:?}");
            let offer = facts.offer.as_ref().unwrap();
            assert_eq!(offer.sni.as_ref().unwrap().as_sent(), "example.org");
            assert_eq!((offer.alpn[0].as_sent().as_ref(), offer.suites), ("http/1.1", 1));
            assert_eq!(facts.alpn.as_ref().unwrap().as_sent(), "http/1.1", "{row:?}");
            let hellos = [facts.hello.client, facts.hello.server].map(|mark| mark.unwrap().packet.0);
            assert_eq!(hellos, [1, 2], "{row:?}");
            assert!(facts.finished.client.is_some() && facts.finished.server.is_some(), "{row:?}");
            assert!(facts.close_notify.client.is_some() && facts.close_notify.server.is_some(), "{row:?}");
            for records in [facts.records.client, facts.records.server] {
                assert_eq!((records.application, records.bytes, records.lost), (1, 4, 0), "{row:?}");
            }
            assert_eq!(facts.last.iter().map(|one| one.by.name()).collect::<Vec<_>>(), ["client", "server"]);
        }
    }
}

/// What is told without any key.
#[test]
fn without_keys_the_story_stays() {
    for row in SUITES {
        let mut scene = Scene::new(settled(row));
        scene.handshake().talk();
        let seen = read(&scene.events, "");
        assert_eq!(seen.events, [""; 0], "{row:?}");
        assert_eq!(seen.status, Status::Opaque(TlsUndecrypted::NoKeys));
        let facts = &seen.facts;
        let is_13 = row.0 >> 8 == 0x13;
        assert_eq!((facts.keys, facts.decrypted), (TlsKeys::None, false));
        assert_eq!(facts.cipher, Some(CipherSuite(row.0)));
        assert_eq!(facts.has_sni(), Some(true));
        // In TLS 1.3 everything looks like application data.
        let [of_client, of_server] = [facts.records.client, facts.records.server];
        assert_eq!(of_client.application, if is_13 { 3 } else { 1 }, "{row:?}");
        assert_eq!(of_server.application, if is_13 { 5 } else { 1 }, "{row:?}");
        assert!(is_13 || (4..20).contains(&of_client.bytes), "{row:?}: {}", of_client.bytes);
        assert_eq!(facts.close_notify.client, None);
        // Up to TLS 1.2 an alert shows as one, though not which.
        let alerts: Vec<_> = facts.alerts.iter().map(|alert| (alert.by.name(), alert.description)).collect();
        assert_eq!(alerts, if is_13 { vec![] } else { vec![("client", None), ("server", None)] });
        assert_eq!(facts.finished.client.is_some(), !is_13);
        // A close_notify is as long as a record of two bytes.
        assert!(!is_13 || facts.last.iter().rev().take(2).all(|last| last.len == 2));
    }
}

#[test]
fn wrong_keys_open_nothing_and_tell_nothing() {
    for row in SUITES {
        let mut scene = Scene::new(settled(row));
        scene.handshake().talk();
        let wrong: Vec<_> = scene
            .log
            .iter()
            .map(|line| {
                let (start, secret) = line.rsplit_once(' ').unwrap();
                format!("{start} {}", "5a".repeat(secret.len() / 2))
            })
            .collect();
        let seen = read(&scene.events, &wrong.join("\n"));
        assert_eq!(seen.events, [""; 0], "{row:?}");
        assert_eq!(seen.status, Status::Opaque(TlsUndecrypted::KeysWrong), "{row:?}");
        assert_eq!((seen.facts.keys, seen.facts.decrypted), (TlsKeys::Wrong, false), "{row:?}");
        assert_eq!(seen.weirds, ["tls_keys_wrong"], "{row:?}");
    }
}

#[test]
fn some_of_the_keys() {
    let mut scene = Scene::new(Settled::new(0x1301));
    scene.handshake().talk();
    let without = |names: &[&str]| {
        let lines = scene.log.iter().filter(|line| !names.iter().any(|name| line.starts_with(name)));
        lines.cloned().collect::<Vec<_>>().join("\n")
    };
    for (missing, is_open) in [
        (&["CLIENT_HANDSHAKE"][..], true),
        (&["SERVER_HANDSHAKE"], true),
        (&["SERVER_HANDSHAKE", "CLIENT_HANDSHAKE"], true),
        (&["SERVER_TRAFFIC"], false),
        (&["CLIENT_TRAFFIC"], false),
        (&["SERVER_TRAFFIC", "CLIENT_TRAFFIC"], false),
    ] {
        let seen = read(&scene.events, &without(missing));
        if is_open {
            assert_eq!(inside(&seen), ["ping", "pong"], "{missing:?}");
            assert_eq!(seen.weirds, [""; 0], "{missing:?}");
            assert!(seen.facts.close_notify.client.is_some(), "{missing:?}");
        } else {
            assert_eq!(seen.events, [""; 0], "{missing:?}");
            assert_eq!(seen.status, Status::Opaque(TlsUndecrypted::KeysMissing), "{missing:?}");
            assert_eq!(seen.weirds, ["tls_keys_missing"], "{missing:?}");
        }
    }
}

#[test]
fn keys_that_come_later_open_what_waited() {
    for row in SUITES {
        let mut scene = Scene::new(settled(row));
        scene.handshake().talk();
        let whole = read(&scene.events, &scene.keylog());
        for at in 0..=scene.events.len() {
            let mut reading = Reading::default();
            let mut none = Keys::new();
            none.set_may_grow(true);
            let mut all = none.clone();
            all.add(scene.keylog().as_bytes(), Origin::Dsb);
            for (n, event) in scene.events.iter().enumerate() {
                reading.push(event, if n < at { &none } else { &all });
            }
            let seen = reading.finish(&all);
            assert_eq!(seen.events, whole.events, "{row:?} after {at}");
            assert_eq!(seen.facts.keys, TlsKeys::Dsb);
        }
    }
}

#[test]
fn keys_that_never_come() {
    let mut scene = Scene::new(Settled::new(0x1301));
    scene.handshake();
    let mut none = Keys::new();
    none.set_may_grow(true);
    let mut reading = Reading::default();
    for event in &scene.events {
        reading.push(event, &none);
    }
    assert_eq!(reading.tls.status(), Status::Waiting);
    let seen = reading.finish(&none);
    assert_eq!(seen.status, Status::Opaque(TlsUndecrypted::NoKeys));
    assert_eq!(seen.facts.records.server.application, 3);

    // What waits is bounded.
    let text = "x".repeat(16_000);
    for _ in 0..300 {
        scene.send(S, &text);
    }
    let mut reading = Reading::default();
    for event in &scene.events {
        reading.push(event, &none);
    }
    assert_eq!(reading.tls.status(), Status::Opaque(TlsUndecrypted::GivenUp));
    let seen = reading.finish(&none);
    assert_eq!(seen.facts.records.server.application, 303);
    assert_eq!(seen.weirds, ["tls_waiting_cap"]);
}

#[test]
fn key_updates_both_ways() {
    for suite in [0x1301, 0x1302, 0x1303] {
        let mut scene = Scene::new(Settled::new(suite));
        scene.handshake().send(C, "a").key_update(C).send(C, "b").send(S, "c").key_update(S).key_update(S);
        scene.send(S, "d").key_update(C).send(C, "e").talk();
        let seen = read(&scene.events, &scene.keylog());
        assert_eq!(inside(&seen), ["abeping", "cdpong"]);
        assert_eq!((seen.facts.key_updates.client, seen.facts.key_updates.server), (2, 2));
        assert_eq!(seen.weirds, [""; 0]);
    }
}

/// Another handshake on the running connection, under the keys of the first.
#[test]
fn renegotiation() {
    for row in SUITES.iter().filter(|row| row.0 >> 8 != 0x13) {
        let mut scene = Scene::new(settled(row));
        scene.handshake().send(C, "a").send(S, "b").handshake().send(C, "c").send(S, "d").talk();
        let seen = read(&scene.events, &scene.keylog());
        assert_eq!(inside(&seen), ["acping", "bdpong"], "{row:?}");
        assert_eq!((seen.facts.renegotiations, seen.weirds), (1, vec![]), "{row:?}");

        // Without the second keys the rest is lost, and said to be.
        let seen = read(&scene.events, &scene.log[0]);
        let [of_client, of_server] = inside(&seen);
        assert!(of_client.starts_with("a[") && of_server.starts_with("b["), "{of_client} {of_server}");
        assert_eq!(seen.facts.undecrypted, Some(TlsUndecrypted::KeysMissing), "{row:?}");
        assert!(seen.events.iter().any(|event| event.starts_with("C fin")), "{row:?}");

        let seen = read(&scene.events, "");
        assert_eq!(seen.facts.renegotiations, 1, "{row:?}");
    }
}

#[test]
fn padding_and_empty_records_are_nothing() {
    let mut scene = Scene::new(Settled::new(0x1301));
    scene.handshake();
    for (text, padding) in [("a", 0), ("", 0), ("", 100), ("b\0", 3), ("c", 16_000)] {
        let record = scene.sealed(C, ContentType::APPLICATION_DATA, text.as_bytes(), padding);
        scene.segment(C, &record);
    }
    let seen = read(&scene.events, &scene.keylog());
    assert_eq!(inside(&seen), ["ab\0c", ""]);
    assert_eq!((seen.facts.records.client.application, seen.facts.records.client.bytes), (5, 4));
}

/// However the bytes come, the same comes out.
#[test]
fn chopped_or_in_one_piece() {
    for row in SUITES {
        let mut scene = Scene::new(settled(row));
        scene.handshake().send(C, "one").send(C, "two").send(S, "three").talk();
        let whole = read(&scene.events, &scene.keylog());
        for size in [1, 2, 3, 4, 5, 6, 50, 333] {
            let mut chopped = Scene::new(scene.settled.clone());
            for event in &scene.events {
                match event {
                    Event::Data(dir, bytes, _) => {
                        for part in bytes.chunks(size) {
                            chopped.segment(*dir, part);
                        }
                    }
                    Event::End(dir, how, _) => {
                        chopped.end(*dir, *how);
                    }
                    _ => {}
                }
            }
            let seen = read(&chopped.events, &scene.keylog());
            assert_eq!(inside(&seen), inside(&whole), "{row:?} by {size}");
            assert_eq!(seen.facts.records.client.count, whole.facts.records.client.count);
            assert_eq!(seen.weirds, [""; 0]);
        }
    }
}

/// Offsets, segments and acknowledgements are those of the bytes inside.
#[test]
fn evidence_is_of_what_is_inside() {
    let mut scene = Scene::new(Settled::new(0x1301));
    scene.handshake();
    let first = scene.packet;
    let (one, two) = (scene.data(C, "hello"), scene.data(C, "you"));
    let both = [one, two].concat();
    // The first record and a part of the second; the server acknowledges that and answers.
    scene
        .segment(C, &both[..40])
        .ack(C)
        .send(S, "yes")
        .segment(C, &both[40..])
        .ack(C)
        .ack(S)
        .end(C, StreamEnd::Fin);
    let seen = read(&scene.events, &scene.keylog());
    let no = |n: u64| first + n;
    assert_eq!(
        seen.events,
        [
            format!("C 0 hello #{} ack 0", no(1)),
            format!("C acked 5 #{} ack 5", no(2)),
            format!("S 0 yes #{} ack 5", no(3)),
            // In the segment with its first byte, which acknowledges nothing of the answer.
            format!("C 5 you #{} ack 0", no(1)),
            format!("C acked 8 #{} ack 8", no(5)),
            format!("S acked 3 #{} ack 3", no(6)),
            format!("C fin #{} ack 3", no(7)),
        ]
    );
}

/// An acknowledgement that is captured before what it acknowledges.
#[test]
fn acknowledged_before_it_was_captured() {
    let mut scene = Scene::new(Settled::new(0x1301));
    scene.handshake();
    let record = scene.data(C, "hello");
    scene.sent[C] += record.len() as u64;
    scene.ack(C);
    scene.sent[C] -= record.len() as u64;
    scene.segment(C, &record);
    let seen = read(&scene.events, &scene.keylog());
    assert!(
        seen.events[0].starts_with("C 0 hello") && seen.events[1].starts_with("C acked 5"),
        "{:?}",
        seen.events
    );
}

/// Handshakes that fail.
#[test]
fn alerts_before_the_end() {
    for (suite, by, level, description, name) in [
        (0x1301, S, 2, 40, "handshake_failure"),
        (0x1301, C, 2, 48, "unknown_ca"),
        (0xc02f, S, 2, 112, "unrecognized_name"),
        (0xc02f, C, 1, 90, "user_canceled"),
    ] {
        let mut scene = Scene::new(Settled::new(suite));
        let hello = scene.client_hello();
        let hello = scene.handshake_record(C, &hello);
        scene.segment(C, &hello);
        scene.alert(by, level, description).end(by, StreamEnd::Fin);
        let seen = read(&scene.events, "");
        let alert = seen.facts.alerts[0];
        assert_eq!(alert.description.unwrap().name(), Some(name));
        assert_eq!(alert.level, Some(if level == 2 { AlertLevel::Fatal } else { AlertLevel::Warning }));
        assert_eq!((alert.by.name(), alert.encrypted), (if by == C { "client" } else { "server" }, false));
        assert_eq!(seen.facts.failure().is_some(), level == 2);
        assert_eq!((seen.status, seen.events.len()), (Status::Handshake, 0));
    }
}

/// An alert of TLS 1.3 that only its keys show, and one of a client that cannot have any yet.
#[test]
fn encrypted_alerts() {
    for row in SUITES {
        let mut scene = Scene::new(settled(row));
        scene.handshake().send(C, "a").alert(S, 2, 20).end(S, StreamEnd::Fin);
        let seen = read(&scene.events, &scene.keylog());
        let alert = seen.facts.failure().unwrap();
        assert_eq!((alert.by.name(), alert.encrypted), ("server", true));
        assert_eq!(alert.description.unwrap().name(), Some("bad_record_mac"));
        assert_eq!(inside(&seen), ["a", ""]);
    }
    let mut scene = Scene::new(Settled::new(0x1301));
    let (hello, answer) = (scene.client_hello(), scene.server_hello());
    scene.segment(C, &record(ContentType::HANDSHAKE, &hello));
    scene.segment(S, &record(ContentType::HANDSHAKE, &answer));
    scene.segment(C, &record(ContentType::ALERT, &[2, 47]));
    scene.keys();
    for log in [String::new(), scene.keylog()] {
        let seen = read(&scene.events, &log);
        let alert = seen.facts.failure().unwrap();
        assert_eq!((alert.description.unwrap().name(), alert.encrypted), (Some("illegal_parameter"), false));
    }
}

#[test]
fn what_is_not_decrypted_is_said_to_be() {
    for (suite, version) in
        [(0xc0ac, TlsVersion::TLS_1_2), (0x002f, TlsVersion::TLS_1_0), (0x9999, TlsVersion::TLS_1_2)]
    {
        let mut scene = Scene::new(Settled::new(suite));
        let (hello, mut answer) = (scene.client_hello(), scene.server_hello());
        answer[4..6].copy_from_slice(&version.0.to_be_bytes());
        scene.segment(C, &record(ContentType::HANDSHAKE, &hello));
        scene.segment(S, &record(ContentType::HANDSHAKE, &answer));
        scene.segment(S, &record(ContentType::CHANGE_CIPHER_SPEC, &[1]));
        scene.segment(S, &record(ContentType::HANDSHAKE, &[9; 40]));
        let log = format!("CLIENT_RANDOM {} {}", "c0".repeat(32), "77".repeat(48));
        let seen = read(&scene.events, &log);
        assert_eq!(seen.status, Status::Opaque(TlsUndecrypted::Unsupported), "{suite:x}");
        assert_eq!(seen.facts.version, Some(version));
        assert!(seen.facts.finished.server.is_some());
    }
}

/// Recordings that begin in the middle of a connection.
#[test]
fn from_the_middle() {
    let mut scene = Scene::new(Settled::new(0xc02f));
    scene.handshake();
    let skip = scene.events.len();
    scene.send(S, "a").talk();
    let seen = read(&scene.events[skip..], &scene.keylog());
    assert_eq!(seen.status, Status::Opaque(TlsUndecrypted::HelloUnseen));
    assert_eq!((seen.facts.records.client.application, seen.facts.records.server.application), (1, 2));
    assert_eq!(seen.facts.alerts.len(), 2);
    assert_eq!((seen.facts.offer.is_none(), seen.weirds.len()), (true, 0));
    assert_eq!(seen.events, [""; 0]);
}

/// Who opened TCP is not who says hello first.
#[test]
fn roles_are_those_of_the_hello() {
    let mut scene = Scene::new(Settled::new(0x1301));
    scene.handshake().talk();
    let turned: Vec<_> = scene
        .events
        .iter()
        .cloned()
        .map(|event| match event {
            Event::Data(dir, bytes, carrier) => Event::Data(dir.flip(), bytes, carrier),
            Event::End(dir, how, carrier) => Event::End(dir.flip(), how, carrier),
            other => other,
        })
        .collect();
    let seen = read(&turned, &scene.keylog());
    assert_eq!(inside(&seen), ["pong", "ping"]);
    assert_eq!(seen.facts.records.client.bytes, 4);
    assert!(seen.facts.certificate.server && !seen.facts.certificate.client);
}

/// A message that claims more than it may, and hellos that are none.
#[test]
fn what_contradicts_itself_is_told() {
    let long = [&[11, 1, 0, 1][..], &[0; 900]].concat();
    for (message, weird) in [
        (long, "tls_handshake_cap"),
        (message(1, &[3; 40]), "malformed_tls"),
        (message(2, &[3; 9]), "malformed_tls"),
    ] {
        let mut scene = Scene::new(Settled::new(0xc02f));
        let hello = scene.client_hello();
        scene
            .segment(C, &record(ContentType::HANDSHAKE, &hello))
            .segment(S, &record(ContentType::HANDSHAKE, &message));
        assert_eq!(read(&scene.events, "").weirds, [weird]);
    }
}

#[test]
fn what_a_stream_begins_with() {
    let scene = Scene::new(Settled::new(0x1301));
    let hello = record(ContentType::HANDSHAKE, &scene.client_hello());
    for len in 0..hello.len() {
        let begins = Begins::of(&hello[..len]);
        assert_eq!(begins, if len < 10 { Begins::Open } else { Begins::Hello }, "{len}");
    }
    // A message that is longer than any hello.
    let long = [0x16, 3, 1, 0x1f, 0, 2, 0x1c, 0, 0, 3];
    assert_eq!((Begins::of(&long[..6]), Begins::of(&long)), (Begins::Open, Begins::Record));
    // The longest alert there may be.
    let alert = [0x15, 3, 0, 2, 0];
    assert_eq!((Begins::of(&alert[..4]), Begins::of(&alert)), (Begins::Open, Begins::Record));
    let data = record(ContentType::APPLICATION_DATA, &[7; 40]);
    assert_eq!(Begins::of(&data), Begins::Record);
    assert_eq!(Begins::of(&data[..30]), Begins::Record);
    assert_eq!(Begins::of(&[&data[..], &data[..3]].concat()), Begins::Record);
    assert_eq!(Begins::of(&[&data[..], b"GET"].concat()), Begins::Neither);
    for text in
        [&b"GET / HTTP/1.1\r\n"[..], b"HTTP/1.1 200", b"\x16\x04", b"\x17\x03\x03\xff\xff", b"\0", b"SSH-2.0"]
    {
        assert_eq!(Begins::of(text), Begins::Neither, "{text:?}");
    }
    let keys = keys("");
    assert!(keys.is_empty());
}
