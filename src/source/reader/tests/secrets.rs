//! Keys that a capture brings along, in decryption secrets blocks.

use super::*;

const TLS: u32 = 0x544c_534b;

fn secrets(part: Writer, of: u32, key_log: &[u8]) -> Writer {
    part.u32(of).u32(key_log.len() as u32).padded(key_log)
}

/// What is read: packets, and key logs in their places.
fn read(file: &[u8], limits: &Limits) -> (Vec<String>, Weirds) {
    let mut reader = Reader::open(file, Path::new("f")).unwrap().within(limits);
    let (mut read, mut weirds) = (Vec::new(), Weirds::default());
    loop {
        let packet =
            reader.next(&mut weirds).unwrap().map(|packet| String::from_utf8_lossy(packet.data).into_owned());
        read.extend(
            reader.take_key_log().map(|log| format!("keys {}", String::from_utf8_lossy(&log).trim_end())),
        );
        let Some(packet) = packet else { return (read, weirds) };
        read.push(packet);
    }
}

#[test]
fn keys_come_in_their_places() {
    for endian in BOTH {
        let part = || Writer::new(endian);
        let packet = |file: Writer, data: &[u8]| file.enhanced(0, 0, 1, data);
        let start = || Writer::new(endian).section().interface(1, 0, None);
        let keys = |file: Writer, log: &[u8]| file.block(10, secrets(part(), TLS, log));
        let bare = part().u32(TLS).u32(u32::MAX).padded(b"room");
        for (name, file, expected) in [
            ("none", packet(start(), b"a"), vec!["a"]),
            ("before all", packet(keys(start(), b"1"), b"a"), vec!["keys 1", "a"]),
            ("between", packet(keys(packet(start(), b"a"), b"1"), b"b"), vec!["a", "keys 1", "b"]),
            ("at the end", keys(packet(start(), b"a"), b"1"), vec!["a", "keys 1"]),
            ("two", packet(keys(keys(start(), b"1"), b"22222"), b"a"), vec!["keys 1\n22222", "a"]),
            ("a length beyond its block", packet(start().block(10, bare), b"a"), vec!["keys room", "a"]),
            (
                "of another protocol",
                packet(start().block(10, secrets(part(), 0x5747_4b4c, b"1")), b"a"),
                vec!["a"],
            ),
            ("too short", packet(start().block(10, part().u32(TLS)), b"a"), vec!["a"]),
        ] {
            let (read, weirds) = read(&file.bytes, &Limits::DEFAULT);
            assert_eq!(
                (read, weirds.is_empty()),
                (expected.iter().map(|&e| e.to_owned()).collect(), true),
                "{name}"
            );
        }
    }
}

#[test]
fn keys_that_are_too_many_are_passed_over_and_counted() {
    let part = || Writer::new(Endian::Little);
    let file = part().section().interface(1, 0, None).block(10, secrets(part(), TLS, &[b'k'; 200]));
    let file = file.block(10, secrets(part(), TLS, b"few")).enhanced(0, 0, 1, b"a");
    let limits = Limits { max_block_bytes: 128, ..Limits::DEFAULT };
    let (read, weirds) = read(&file.bytes, &limits);
    assert_eq!(read, ["keys few", "a"]);
    let [weird] = weirds.as_slice() else { panic!("{weirds:?}") };
    assert_eq!((weird.kind, weird.count), (WeirdKind::TlsKeysCap, 1));
}
