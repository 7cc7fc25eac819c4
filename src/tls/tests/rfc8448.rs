//! The traces of RFC 8448.

use crate::model::TlsVersion;
use crate::tls::tests::kit::{inside, read};
use crate::tls::tests::trace::{Trace, events, traces};

fn of_the_rfc() -> Vec<Trace> {
    traces(include_str!("rfc8448.txt"))
}

/// What both sides send where they send anything: 50 bytes from 0 on.
fn counting() -> String {
    (0..50_u8).map(char::from).collect()
}

#[test]
fn traces_of_the_rfc() {
    let traces = of_the_rfc();
    assert_eq!(traces.len(), 5);
    for (trace, (is_talking, early, resumed, retry)) in traces.iter().zip([
        (true, 0, false, false),
        (true, 2, true, false),
        (false, 0, false, true),
        (false, 0, false, false),
        (false, 0, false, false),
    ]) {
        for chop in [1, 7, usize::MAX] {
            let seen = read(&events(trace, chop), &trace.log);
            let facts = &seen.facts;
            let name = &trace.name;
            let words = if is_talking { counting() } else { String::new() };
            // The early data are 6 bytes.
            let of_client = if early > 0 { format!("[6]{words}") } else { words.clone() };
            assert_eq!(inside(&seen), [of_client, words], "{name}");
            assert_eq!(facts.version, Some(TlsVersion::TLS_1_3), "{name}");
            assert_eq!(
                facts.cipher.and_then(|cipher| cipher.name()),
                Some("TLS_AES_128_GCM_SHA256"),
                "{name}"
            );
            assert_eq!(facts.offer.as_ref().unwrap().sni.as_ref().unwrap().as_sent(), "server", "{name}");
            assert_eq!((facts.early_records, facts.resumed), (early, Some(resumed)), "{name}");
            assert_eq!(facts.early_accepted, (early > 0).then_some(true), "{name}");
            assert_eq!((facts.hello_retry, facts.certificate.server), (retry, !resumed), "{name}");
            assert_eq!(facts.certificate.client, name.starts_with('6'), "{name}");
            assert!(facts.close_notify.client.is_some() && facts.close_notify.server.is_some(), "{name}");
            assert!(facts.finished.client.is_some() && facts.finished.server.is_some(), "{name}");
            assert_eq!((facts.alerts.len(), facts.decrypted), (0, true), "{name}");
            assert_eq!(seen.weirds, [""; 0], "{name}");
        }
    }
}

#[test]
fn without_the_keys_of_the_handshake_too() {
    for trace in of_the_rfc() {
        let log: String = trace
            .log
            .lines()
            .filter(|line| line.contains("_TRAFFIC_SECRET_0"))
            .fold(String::new(), |log, line| log + line + "\n");
        let seen = read(&events(&trace, 100), &log);
        let [of_client, of_server] = inside(&seen);
        assert!(seen.facts.decrypted, "{}", trace.name);
        if seen.facts.early_records == 0 {
            assert_eq!(of_client, of_server, "{}", trace.name);
        } else {
            assert!(of_client.ends_with(of_server) && of_client.starts_with('['), "{of_client:?}");
        }
        assert_eq!(seen.weirds, [""; 0], "{}", trace.name);
    }
}
