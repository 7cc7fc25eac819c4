//! The URL of a connection, as RFC 3986 spells one.

use std::fmt::Write;

/// `wss://example.com/chat?x=1`: of what was sent, bytes that no URL has are written as `%` and two digits. An absolute target
/// stands by itself.
pub(super) fn of(is_secure: bool, host: &str, target: &str) -> String {
    let mut url = String::new();
    if !target.contains("://") {
        url.push_str(if is_secure { "wss://" } else { "ws://" });
        let (name, port) = split_port(host);
        let is_address = name.starts_with('[') && name.ends_with(']') && name.contains(':');
        if is_address && name[1..name.len() - 1].bytes().all(|b| b.is_ascii_hexdigit() || b":.".contains(&b))
        {
            url.push_str(name);
        } else {
            spell(&mut url, name, b"");
        }
        if let Some(port) = port {
            url.push(':');
            url.push_str(port);
        }
        if !target.starts_with('/') {
            url.push('/');
        }
    }
    spell(&mut url, target, b"/?:@");
    url
}

/// Names and values of its query, as they were sent.
pub(super) fn query(target: &str) -> impl Iterator<Item = (&str, &str)> {
    let query = target.split_once('?').map_or("", |(_, query)| query);
    let query = query.split_once('#').map_or(query, |(query, _)| query);
    let parts = query.split('&').filter(|part| !part.is_empty());
    parts.map(|part| part.split_once('=').unwrap_or((part, "")))
}

/// A host without its port, and that.
fn split_port(host: &str) -> (&str, Option<&str>) {
    match host.rsplit_once(':') {
        Some((name, port))
            if !port.is_empty() && port.len() < 6 && port.bytes().all(|b| b.is_ascii_digit()) =>
        {
            (name, Some(port))
        }
        _ => (host, None),
    }
}

/// Appends what may stand in a path, in a query, or of the rest `also`, as it is, and everything else by its digits.
fn spell(url: &mut String, text: &str, also: &[u8]) {
    const PLAIN: &[u8] = b"-._~!$&'()*+,;=";
    let bytes = text.as_bytes();
    for (at, byte) in bytes.iter().enumerate() {
        let is_escape = *byte == b'%'
            && bytes.get(at + 1..at + 3).is_some_and(|digits| digits.iter().all(u8::is_ascii_hexdigit));
        if byte.is_ascii_alphanumeric() || is_escape || PLAIN.contains(byte) || also.contains(byte) {
            url.push(char::from(*byte));
        } else {
            // A string takes whatever comes.
            let _ = write!(url, "%{byte:02X}");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_sent_is_spelt_as_a_url() {
        for (host, target, url) in [
            ("example.com", "/chat?x=1", "wss://example.com/chat?x=1"),
            ("example.com:8443", "/", "wss://example.com:8443/"),
            ("[2001:db8::1]:8443", "/", "wss://[2001:db8::1]:8443/"),
            ("[no address]", "", "wss://%5Bno%20address%5D/"),
            (
                "a b",
                "/t?token=<redacted 24 bytes, no. 1>",
                "wss://a%20b/t?token=%3Credacted%2024%20bytes,%20no.%201%3E",
            ),
            ("h", "/%41%4", "wss://h/%41%254"),
            ("h", "/#é", "wss://h/%23%C3%A9"),
            ("h", "ws://other/x", "ws://other/x"),
            ("h:99999999", "/", "wss://h%3A99999999/"),
        ] {
            assert_eq!(of(true, host, target), url);
        }
    }

    #[test]
    fn queries_are_taken_apart() {
        let of = |target| query(target).collect::<Vec<_>>();
        assert_eq!(of("/?a=1&b=&c&&d=x=y"), [("a", "1"), ("b", ""), ("c", ""), ("d", "x=y")]);
        assert_eq!(of("/"), []);
    }
}
