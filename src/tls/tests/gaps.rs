//! Connections of which something is missing or damaged.

use crate::model::StreamEnd;
use crate::tls::record::ContentType;
use crate::tls::tests::kit::{C, Event, S, Scene, Settled, inside, read};

/// Suites of each kind, with whether the length of what is missing can be told exactly.
const SUITES: &[(u16, bool, bool)] = &[
    (0x1301, false, true),
    (0x1302, false, true),
    (0x1303, false, true),
    (0xc02f, false, true),
    (0xcca8, false, true),
    (0xc013, false, false),
    (0xc028, true, false),
];

fn scene(&(suite, encrypt_then_mac, _): &(u16, bool, bool)) -> Scene {
    let mut scene = Scene::new(Settled { encrypt_then_mac, ..Settled::new(suite) });
    scene.handshake();
    scene
}

/// What is inside, with the lengths of gaps replaced where they are not exact.
fn told(of: &str, exact: bool) -> String {
    if exact {
        return of.to_owned();
    }
    let mut parts = of.split(['[', ']']);
    let mut told = parts.next().unwrap_or_default().to_owned();
    while let (Some(_), Some(text)) = (parts.next(), parts.next()) {
        told = told + "[]" + text;
    }
    told
}

const WORDS: [&str; 6] = ["first", "second one", "3", "and the fourth", "fifth", "sixth"];

/// Any stretch of the application data is missing: what comes whole behind it is read.
#[test]
fn a_hole_of_any_length_anywhere() {
    for row in SUITES {
        let mut base = scene(row);
        base.send(C, "hello");
        let keylog = base.keylog();
        let records: Vec<_> = WORDS.iter().map(|word| base.data(C, word)).collect();
        let bytes = records.concat();
        let ends: Vec<_> = records
            .iter()
            .scan(0, |at, record| {
                *at += record.len();
                Some(*at)
            })
            .collect();
        let (every, step) = if row.0 == 0x1301 { (1, 5) } else { (7, 11) };
        for from in (0..bytes.len()).step_by(every) {
            for to in (from + 1..=bytes.len()).step_by(step) {
                let mut events = base.events.clone();
                let mut carrier = base.carrier(C);
                carrier.acked = None;
                if from > 0 {
                    events.push(Event::Data(C, bytes[..from].to_vec(), carrier));
                }
                events.push(Event::Gap(C, (to - from) as u64, carrier));
                if to < bytes.len() {
                    events.push(Event::Data(C, bytes[to..].to_vec(), carrier));
                }
                events.push(Event::End(C, StreamEnd::Fin, carrier));
                let seen = read(&events, &keylog);
                let before = ends.iter().filter(|end| **end <= from).count();
                let after = ends.iter().filter(|end| **end < to).count() + 1;
                let lost: usize = WORDS[before..after].iter().map(|word| word.len()).sum();
                // Torn records are told one by one.
                let text = told(&seen.inside.orig, false).replace("[][]", "[]");
                let expected = format!("hello{}[]{}", WORDS[..before].concat(), WORDS[after..].concat());
                assert_eq!(text, expected, "{row:?} {from}..{to}: {}", seen.inside.orig);
                if row.2 && after < WORDS.len() {
                    let total: usize = seen
                        .inside
                        .orig
                        .split(['[', ']'])
                        .skip(1)
                        .step_by(2)
                        .map(|n| n.parse::<usize>().unwrap())
                        .sum();
                    assert_eq!(total, lost, "{row:?} {from}..{to}: {}", seen.inside.orig);
                }
            }
        }
    }
}

/// Many small records are missing at once, and few large ones.
#[test]
fn how_many_are_missing_is_found() {
    for row in SUITES {
        for (count, len) in [(1_000, 1), (300, 40), (3, 16_384)] {
            let mut scene = scene(row);
            let text = "x".repeat(len);
            scene.send(S, "before");
            let missing: usize = (0..count).map(|_| scene.data(S, &text).len()).sum();
            scene.missing(S, missing).send(S, "after").send(S, " all");
            let seen = read(&scene.events, &scene.keylog());
            let expected = format!("before[{}]after all", count * len);
            assert_eq!(told(&seen.inside.resp, row.2), told(&expected, row.2), "{row:?} {count} of {len}");
            assert_eq!(seen.weirds, ["tls_records_missed"]);
            assert_eq!(seen.facts.records.server.lost, count as u64);
        }
    }
}

/// Each byte of the application data is damaged in turn: its record is lost, the others are not.
#[test]
fn any_byte_may_be_damaged() {
    for row in SUITES {
        let mut scene = scene(row);
        scene.send(C, "hello");
        let keylog = scene.keylog();
        let records: Vec<_> = WORDS.iter().map(|word| scene.data(C, word)).collect();
        let bytes = records.concat();
        for at in 0..bytes.len() {
            for flip in [1, 0x80] {
                let mut events = scene.events.clone();
                let mut damaged = bytes.clone();
                damaged[at] ^= flip;
                events.push(Event::Data(C, damaged, scene.carrier(C)));
                events.push(Event::End(C, StreamEnd::Fin, scene.carrier(C)));
                let seen = read(&events, &keylog);
                let mut rest = seen.inside.orig.as_str();
                // Whatever is damaged, only what was written comes out, in its order.
                for part in told(rest, false).split("[]") {
                    let mut written = WORDS.concat();
                    written.insert_str(0, "hello");
                    assert!(written.contains(part), "{row:?} byte {at}: {rest}");
                }
                let header = records
                    .iter()
                    .scan(0, |start, record| {
                        let here = *start;
                        *start += record.len();
                        Some(here)
                    })
                    .any(|start| (start..start + 5).contains(&at));
                if !header {
                    assert_eq!(told(rest, false).matches("[]").count(), 1, "{row:?} byte {at}: {rest}");
                    rest = rest.rsplit(']').next().unwrap();
                    assert!(WORDS.concat().ends_with(rest), "{row:?} byte {at}: {rest}");
                }
            }
        }
    }
}

/// Each segment of the whole connection is missing in turn; each byte of it is damaged.
#[test]
fn any_segment_of_the_handshake_may_be_missing() {
    for row in SUITES {
        let mut scene = scene(row);
        scene.send(C, "a").send(S, "b").send(C, "c").talk();
        let keylog = scene.keylog();
        for at in 0..scene.events.len() {
            let mut events = scene.events.clone();
            let Event::Data(dir, bytes, carrier) = events[at].clone() else { continue };
            events[at] = Event::Gap(dir, bytes.len() as u64, carrier);
            let seen = read(&events, &keylog);
            let [of_client, of_server] = inside(&seen);
            for (text, written) in [(of_client, "acping"), (of_server, "bpong")] {
                for part in told(text, false).split("[]") {
                    assert!(written.contains(part), "{row:?} without {at}: {text}");
                }
            }
            // Without a hello nothing can be read; without anything else nearly all.
            if (2..scene.events.len() - 6).contains(&at) {
                assert!(
                    of_client.ends_with("ping") && of_server.ends_with("pong"),
                    "{row:?} without {at}: {:?}",
                    seen.events
                );
            }
        }
    }
}

#[test]
fn any_byte_of_a_connection_may_be_anything() {
    for row in SUITES {
        let mut scene = scene(row);
        scene.send(C, "a").send(S, "b").key_update_if_it_can().talk();
        let keylog = scene.keylog();
        for at in 0..scene.events.len() {
            let Event::Data(dir, bytes, carrier) = scene.events[at].clone() else { continue };
            for byte in 0..bytes.len() {
                let mut events = scene.events.clone();
                let mut damaged = bytes.clone();
                damaged[byte] ^= 1 << (byte % 8);
                events[at] = Event::Data(dir, damaged, carrier);
                let seen = read(&events, &keylog);
                let [of_client, of_server] = inside(&seen);
                for (text, written) in [(of_client, "aping"), (of_server, "bpong")] {
                    for part in told(text, false).split("[]") {
                        assert!(written.contains(part), "{row:?} byte {byte} of {at}: {text}");
                    }
                }
            }
        }
    }
}

/// A KeyUpdate is missing with what is around it.
#[test]
fn a_hole_over_a_key_update() {
    let mut scene = Scene::new(Settled::new(0x1301));
    scene.handshake().send(C, "a");
    let before = scene.events.len();
    scene.send(C, "b").key_update(C).send(C, "c");
    let lost: usize = scene
        .events
        .drain(before..)
        .map(|event| match event {
            Event::Data(_, bytes, _) => bytes.len(),
            _ => 0,
        })
        .sum();
    scene.sent[C] -= lost as u64;
    scene.missing(C, lost).send(C, "d").send(C, "e").end(C, StreamEnd::Fin);
    let seen = read(&scene.events, &scene.keylog());
    assert_eq!(told(&seen.inside.orig, false), "a[]de", "{:?}", seen.events);
    assert_eq!(seen.facts.key_updates.client, 1);
}

/// What follows is no TLS, or nothing of it can be found.
#[test]
fn a_hole_behind_which_nothing_is_found() {
    for row in SUITES {
        let mut scene = scene(row);
        scene.send(C, "hello").send(S, "x");
        scene.segment(C, &[b'G'; 100_000]).send(C, "more").end(C, StreamEnd::Fin).send(S, "y");
        let seen = read(&scene.events, &scene.keylog());
        assert_eq!(told(&seen.inside.orig, false).replace("[][]", "[]"), "hello[]", "{row:?}");
        assert_eq!(seen.inside.resp, "xy");
        assert_eq!(seen.weirds, ["malformed_tls", "tls_records_lost"], "{row:?}");
        assert!(seen.events.iter().any(|event| event.starts_with("C fin")));
    }
}

/// A stream that ends inside a record.
#[test]
fn an_end_inside_a_record() {
    for row in SUITES {
        let mut scene = scene(row);
        scene.send(C, "hello");
        let record = scene.data(C, "lost");
        scene.segment(C, &record[..record.len() - 1]).end(C, StreamEnd::Rst);
        let seen = read(&scene.events, &scene.keylog());
        assert_eq!(
            (seen.inside.orig.as_str(), seen.facts.cut.client, seen.facts.cut.server),
            ("hello", true, false)
        );
        let mut scene = self::scene(row);
        let record = scene.sealed(S, ContentType::ALERT, &[1, 0], 0);
        scene.segment(S, &record[..4]).end(S, StreamEnd::Fin);
        let seen = read(&scene.events, &scene.keylog());
        assert!(seen.facts.cut.server && seen.facts.close_notify.server.is_none());
    }
}
