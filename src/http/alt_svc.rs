//! `Alt-Svc` (RFC 7838), as far as it offers HTTP/3.

/// What an offer means to who reads a recording.
pub const HTTP3_OFFERED: &str = "the server offers HTTP/3 (Alt-Svc), which may carry WebSocket (RFC 9220) and is not read: where \
    frames are missing, look for QUIC on UDP";

/// Whether a value of `Alt-Svc` offers HTTP/3: its protocol is `h3`, or a draft of it (`h3-29`).
#[must_use]
pub fn offers_http3(value: &[u8]) -> bool {
    value.split(|&b| b == b',').any(|service| {
        let protocol = service.trim_ascii_start().split(|&b| b == b'=').next().unwrap_or_default();
        protocol == b"h3" || protocol.starts_with(b"h3-")
    })
}

#[cfg(test)]
mod tests {
    use super::offers_http3;

    #[test]
    fn what_offers_http_3() {
        let yes = ["h3=\":443\"", "h2=\":443\"; ma=60, h3-29=\":443\"", "h3=\"other:443\"; ma=2592000"];
        let no = ["clear", "", "h2=\":443\"", "hq=\":443\"; v=\"h3\"", "h30=\":443\""];
        for (values, offers) in [(&yes[..], true), (&no[..], false)] {
            for value in values {
                assert_eq!(offers_http3(value.as_bytes()), offers, "{value}");
            }
        }
    }
}
