//! Key logs.

use crate::tls::keys::Label;
use crate::tls::{KeylogLines, Keys, Origin};

const RANDOM: &str = "c0c1c2c3c4c5c6c7c8c9cacbcccdcecfc0c1c2c3c4c5c6c7c8c9cacbcccdcecf";

fn lines(keys: u64, passed_over: u64, malformed: u64) -> KeylogLines {
    KeylogLines { keys, passed_over, malformed, over_cap: 0 }
}

#[test]
fn lines_are_told_apart() {
    let long = "ab".repeat(65);
    for (text, expected) in [
        ("", lines(0, 0, 0)),
        ("\n\r\n  \n# SSL/TLS secrets log file\n", lines(0, 0, 0)),
        ("CLIENT_RANDOM <r> 00ff", lines(1, 0, 0)),
        ("CLIENT_RANDOM <r> 00FF\r\n", lines(1, 0, 0)),
        ("  CLIENT_RANDOM\t<r>  00ff \n", lines(1, 0, 0)),
        ("CLIENT_TRAFFIC_SECRET_0 <r> 00ff\nSERVER_TRAFFIC_SECRET_0 <r> 00ff", lines(2, 0, 0)),
        ("EXPORTER_SECRET <r> 00ff\nEARLY_EXPORTER_SECRET <r> 00ff\nECH_SECRET <r> 00", lines(0, 3, 0)),
        ("RSA 0001020304050607 00ff\nSOMETHING_NEW of its own", lines(0, 2, 0)),
        ("CLIENT_TRAFFIC_SECRET_1 <r> 00ff", lines(0, 1, 0)),
        ("CLIENT_RANDOM <r>", lines(0, 0, 1)),
        ("CLIENT_RANDOM <r> 00ff 00", lines(0, 0, 1)),
        ("CLIENT_RANDOM <r> 00f", lines(0, 0, 1)),
        ("CLIENT_RANDOM <r> 00fg", lines(0, 0, 1)),
        ("CLIENT_RANDOM <r>00 00ff", lines(0, 0, 1)),
        ("CLIENT_RANDOM c0c1 00ff", lines(0, 0, 1)),
        ("client_random\u{0} x y\nno key log", lines(0, 0, 2)),
        ("-----BEGIN CERTIFICATE-----", lines(0, 0, 1)),
        (&format!("CLIENT_RANDOM <r> {long}"), lines(0, 0, 1)),
    ] {
        let mut keys = Keys::new();
        let text = text.replace("<r>", RANDOM);
        assert_eq!(keys.add(text.as_bytes(), Origin::Keylog), expected, "{text}");
        assert_eq!(keys.is_empty(), expected.keys == 0, "{text}");
    }
}

fn random(n: u32) -> [u8; 32] {
    let mut random = [0; 32];
    random[..4].copy_from_slice(&n.to_be_bytes());
    random
}

fn line(n: u32, secret: u32) -> String {
    format!("CLIENT_RANDOM {n:08x}{:056x} {secret:08x}\n", 0)
}

#[test]
fn additions_are_found_and_clones_do_not_see_them() {
    let mut keys = Keys::new();
    let mut earlier = Vec::new();
    for n in 0..300 {
        earlier.push(keys.clone());
        assert_eq!(keys.add(line(n, n).as_bytes(), Origin::Dsb).keys, 1);
    }
    for n in 0..300 {
        let found = keys.get(&random(n), Label::Master).expect("it was added");
        assert_eq!(found.bytes(), n.to_be_bytes());
        assert!(earlier[n as usize].get(&random(n), Label::Master).is_none());
        assert!(keys.get(&random(n), Label::ClientTraffic).is_none());
    }
    assert_eq!((keys.connections(), keys.unused()), (300, 0));
}

#[test]
fn the_later_of_two_counts_and_what_is_known_is_no_addition() {
    let mut keys = Keys::new();
    keys.add((line(1, 1) + &line(1, 2)).as_bytes(), Origin::Keylog);
    let additions = keys.additions();
    keys.add(line(1, 2).as_bytes(), Origin::Keylog);
    assert_eq!(keys.additions(), additions);
    let found = |keys: &Keys| keys.get(&random(1), Label::Master).map(|secret| secret.bytes().to_vec());
    assert_eq!(found(&keys), Some(vec![0, 0, 0, 2]));
    keys.add(line(1, 3).as_bytes(), Origin::Keylog);
    assert_ne!(keys.additions(), additions);
    assert_eq!(found(&keys), Some(vec![0, 0, 0, 3]));
}

#[test]
fn keys_that_nobody_asked_for_are_counted() {
    let mut keys = Keys::new();
    keys.add((line(1, 1) + &line(2, 2) + &line(3, 3)).as_bytes(), Origin::Keylog);
    assert_eq!((keys.connections(), keys.unused()), (3, 3));
    let clone = keys.clone();
    assert!(clone.get(&random(2), Label::Master).is_some());
    assert_eq!(keys.unused(), 2);
}

#[test]
fn nothing_tells_a_secret() {
    let mut keys = Keys::new();
    keys.add(line(0x1234_5678, 0xfeed_beef).as_bytes(), Origin::Keylog);
    let told = format!("{keys:?} {keys:#?}");
    assert!(!told.contains("12345678") && !told.to_lowercase().contains("feed"), "{told}");
}
