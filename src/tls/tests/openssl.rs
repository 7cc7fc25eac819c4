//! Connections of OpenSSL, whose keys are derived and whose records are sealed by others than those who open them here.
//!
//! `tests/README.md` says how they were recorded. Lines that were typed on both sides are `one` to `eight`; those typed into
//! `-early_data` are `zero`.

use crate::model::{TlsKeys, TlsUndecrypted, TlsVersion};
use crate::tls::Status;
use crate::tls::tests::kit::{Event, Seen, inside, read};
use crate::tls::tests::trace::{Trace, events, traces};

/// What a connection is known to be.
struct Known {
    name: &'static str,
    cipher: &'static str,
    of_client: &'static str,
    of_server: &'static str,
    /// It goes on from an earlier session.
    resumed: bool,
    renegotiations: u32,
    key_updates: [u32; 2],
    retry: bool,
    /// Whether the server took early data; `None` where it was not asked.
    early: Option<bool>,
}

const USUAL: Known = Known {
    name: "",
    cipher: "",
    of_client: "one\nthree\n",
    of_server: "two\nfour\n",
    resumed: false,
    renegotiations: 0,
    key_updates: [0, 0],
    retry: false,
    early: None,
};

const GCM_13: &str = "TLS_AES_128_GCM_SHA256";
const CBC: &str = "TLS_ECDHE_RSA_WITH_AES_256_CBC_SHA384";
const GCM_12: &str = "TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384";

const ALL: [Known; 11] = [
    // `K` of both sides asks for an answer, `k` does not.
    Known {
        name: "key updates",
        cipher: GCM_13,
        of_client: "one\nthree\nsix\nseven\n",
        of_server: "two\nfour\nfive\neight\n",
        key_updates: [3, 3],
        ..USUAL
    },
    // -groups X25519:P-256 against -groups P-256
    Known { name: "hello retry", cipher: "TLS_AES_256_GCM_SHA384", retry: true, ..USUAL },
    Known { name: "CBC, SHA-384, encrypt-then-MAC", cipher: CBC, ..USUAL },
    // -no_etm
    Known { name: "CBC, SHA-384, MAC-then-encrypt", cipher: CBC, ..USUAL },
    Known { name: "CBC, SHA-1, encrypt-then-MAC", cipher: "TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA", ..USUAL },
    Known { name: "ChaCha20 of TLS 1.2", cipher: "TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256", ..USUAL },
    // -sess_in with -no_ticket, and without
    Known { name: "resumed by session id", cipher: GCM_12, resumed: true, ..USUAL },
    Known { name: "resumed by ticket", cipher: GCM_12, resumed: true, ..USUAL },
    // -client_renegotiation, `R`
    Known {
        name: "renegotiation",
        cipher: "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256",
        renegotiations: 1,
        ..USUAL
    },
    // -early_data, and -sess_in of a server that is gone
    Known {
        name: "0-RTT taken",
        cipher: GCM_13,
        of_client: "[5]one\nthree\n",
        resumed: true,
        early: Some(true),
        ..USUAL
    },
    Known { name: "0-RTT refused", cipher: GCM_13, early: Some(false), ..USUAL },
];

fn recorded() -> Vec<(Trace, &'static Known)> {
    let traces = traces(include_str!("openssl.txt"));
    assert_eq!(traces.len(), ALL.len());
    traces.into_iter().zip(&ALL).inspect(|(trace, known)| assert_eq!(trace.name, known.name)).collect()
}

fn version(known: &Known) -> TlsVersion {
    if known.cipher.contains("_WITH_") { TlsVersion::TLS_1_2 } else { TlsVersion::TLS_1_3 }
}

fn assert_known(seen: &Seen, known: &Known) {
    let (facts, name) = (&seen.facts, known.name);
    assert_eq!(facts.version, Some(version(known)), "{name}");
    assert_eq!(facts.cipher.and_then(|cipher| cipher.name()), Some(known.cipher), "{name}");
    assert_eq!(facts.resumed, Some(known.resumed), "{name}");
    assert_eq!(facts.hello_retry, known.retry, "{name}");
    assert_eq!(facts.early_records > 0, known.early.is_some(), "{name}");
}

#[test]
fn what_was_typed_is_read() {
    for (trace, known) in recorded() {
        for chop in [1, 7, 1_000, usize::MAX] {
            let seen = read(&events(&trace, chop), &trace.log);
            let (facts, name) = (&seen.facts, known.name);
            assert_eq!(inside(&seen), [known.of_client, known.of_server], "{name}");
            assert_known(&seen, known);
            assert_eq!((facts.keys, facts.decrypted), (TlsKeys::Keylog, true), "{name}");
            assert_eq!(facts.renegotiations, known.renegotiations, "{name}");
            assert_eq!([facts.key_updates.client, facts.key_updates.server], known.key_updates, "{name}");
            assert_eq!(facts.early_accepted, known.early, "{name}");
            assert_eq!(facts.certificate.server, !known.resumed, "{name}");
            assert!(facts.close_notify.client.is_some(), "{name}");
            assert!(facts.finished.client.is_some() && facts.finished.server.is_some(), "{name}");
            assert_eq!(seen.weirds, [""; 0], "{name}");
        }
    }
}

#[test]
fn without_keys_it_is_known_for_what_it_is() {
    for (trace, known) in recorded() {
        let seen = read(&events(&trace, 1_000), "");
        assert_eq!(inside(&seen), ["", ""], "{}", known.name);
        assert_known(&seen, known);
        assert_eq!(seen.status, Status::Opaque(TlsUndecrypted::NoKeys), "{}", known.name);
        assert_eq!(seen.weirds, [""; 0], "{}", known.name);
    }
}

/// What both sides typed comes in this order, with holes where records are missing, and nothing else does.
fn is_part(found: &str, whole: &str) -> bool {
    let mut lines = whole.split(['[', ']', '\n']);
    found
        .split(['[', ']', '\n'])
        .filter(|part| !part.is_empty() && !part.bytes().all(|byte| byte.is_ascii_digit()))
        .all(|part| lines.any(|line| line == part))
}

/// Any one of the segments is missing.
#[test]
fn a_hole_over_any_segment() {
    for (trace, known) in recorded() {
        let whole = events(&trace, usize::MAX);
        for (n, event) in whole.iter().enumerate() {
            let Event::Data(dir, bytes, carrier) = event else { continue };
            let mut events = whole.clone();
            events[n] = Event::Gap(*dir, bytes.len() as u64, *carrier);
            let seen = read(&events, &trace.log);
            let [of_client, of_server] = inside(&seen);
            let how = format!("{}, event {n}: {of_client:?} {of_server:?}", known.name);
            assert!(is_part(of_client, known.of_client) && is_part(of_server, known.of_server), "{how}");
        }
    }
}
