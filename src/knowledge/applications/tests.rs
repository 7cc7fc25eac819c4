use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use super::message::Message;
use super::*;
use crate::model::{CloseCode, Opcode};

#[test]
fn every_file_is_in_the_list() {
    let dir = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/knowledge/applications");
    let files = fs::read_dir(dir).expect("applications").map(|entry| entry.expect("an entry"));
    let files: BTreeSet<_> = files
        .filter(|entry| entry.path().is_file())
        .map(|entry| entry.file_name().into_string().expect("UTF-8"))
        .filter(|name| {
            !["message.rs", "prelude.rs", "recognised.rs", "tests.rs", "words.rs"].contains(&&**name)
        })
        .collect();
    let plain = |name: &str| format!("{}.rs", name.replace('-', "_").replace("socket.io", "socket_io"));
    let listed: BTreeSet<_> = APPLICATIONS.iter().map(|application| plain(application.name)).collect();
    assert_eq!(files, listed);
    assert_eq!(listed.len(), APPLICATIONS.len());
    assert!(APPLICATIONS.is_sorted_by_key(|application| application.name));
}

#[test]
fn each_says_something_has_a_source_and_can_be_recognised() {
    let mut subprotocols = BTreeSet::new();
    for application in APPLICATIONS {
        let name = application.name;
        assert!(application.source.starts_with("https://"), "{name}");
        assert!(!application.codes.is_empty() || !application.endings.is_empty(), "{name} says nothing");
        assert!(!application.subprotocols.is_empty() || !application.places.is_empty(), "{name}");
        assert!(application.subprotocols.iter().all(|one| subprotocols.insert(one)), "{name}");
        for place in application.places {
            let named = [place.host, place.path, place.query, place.field];
            assert!(named.iter().any(|part| !part.is_empty()), "{name}: anywhere");
            // What nearly every request can have is too weak to read codes by.
            let weak = place.host.is_empty() && place.path.is_empty() && place.field.is_empty();
            assert!(!weak || application.codes.is_empty(), "{name}: {place:?}");
        }
        let meanings = application.codes.iter().map(|own| own.means);
        for means in meanings.chain(application.endings.iter().map(|ending| ending.means)) {
            assert!(!means.is_empty() && means == means.trim() && !means.contains("  "), "{name}: {means}");
            assert!(!means.ends_with(['.', ',', ';', ':']), "{name}: {means}");
            let first = means.split(' ').next().unwrap_or_default();
            assert!(
                first == "Discord" || first == "Slack" || !first.starts_with(char::is_uppercase),
                "{means}"
            );
        }
    }
}

/// Each code stands once, in order, and what depends on the reason before what does not.
#[test]
fn every_code_is_documented_once() {
    for application in APPLICATIONS {
        let places: Vec<_> =
            application.codes.iter().map(|own| (own.code, own.reason.is_none(), own.reason)).collect();
        assert!(places.windows(2).all(|pair| pair[0].0 < pair[1].0 || pair[0] < pair[1]), "{places:?}");
        assert!(places.is_sorted_by_key(|(code, ..)| *code), "{places:?}");
        assert!(places.iter().all(|(code, ..)| recognised::has_owner(CloseCode(*code))), "{places:?}");
        let listed = places.iter().flat_map(|(code, ..)| owners(*code));
        let own = listed.filter(|(whose, _)| whose.name == application.name).count();
        assert!(own >= places.len());
    }
    assert_eq!(owners(4400).map(|(whose, _)| whose.name).collect::<Vec<_>>(), ["graphql-transport-ws"]);
    assert_eq!(owners(4999).count(), 0);
}

/// Payloads of each kind, cut and spoilt at every byte: read to the end, and never more than there is.
#[test]
fn whatever_a_message_holds_is_read() {
    let whole: &[(Opcode, &[u8])] = &[
        (Opcode::TEXT, b"{\"type\":\"connection_error\",\"payload\":{\"message\":\"no \\\" \xc3\xa9\"}}"),
        (Opcode::TEXT, b"[6,{},\"wamp.close.system_shutdown\"]"),
        (Opcode::TEXT, b"ERROR\r\nmessage:bad\r\n\r\nbody\0"),
        (Opcode::TEXT, b"{\"type\":7,\"error\":\"x\"}\x1e"),
        (Opcode::TEXT, b"<stream:error xmlns:stream='x'><conflict/></stream:error>"),
        (Opcode::BINARY, b"\xe0\x02\x8e\x00"),
        (Opcode::BINARY, b"\x20\x02\x00\x05"),
        (Opcode::BINARY, b"\x03{\"status\":\"Failure\",\"message\":\"m\"}"),
    ];
    let mut read = 0;
    let mut see = |opcode, start: &[u8]| {
        let message = Message { opcode, start };
        for ending in APPLICATIONS.iter().flat_map(|application| application.endings) {
            if message.is(ending.sign) {
                let more = ending.more.and_then(|find| message.more(find));
                assert!(more.is_none_or(|more| more.len() <= start.len() + 64), "{start:?}");
                read += 1;
            }
        }
    };
    for (opcode, payload) in whole {
        for end in 0..=payload.len() {
            see(*opcode, &payload[..end]);
            for with in [0, b'"', b'{', b'\\', 0x80, 0xff] {
                let mut spoilt = payload.to_vec();
                if let Some(byte) = spoilt.get_mut(end) {
                    *byte = with;
                }
                see(*opcode, &spoilt);
            }
        }
    }
    assert!(read > 100, "{read}");
}
