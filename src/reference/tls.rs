//! What TLS adds: clauses on the layer below that only the whole connection shows.

use std::net::IpAddr;

use crate::knowledge::rules::{ClTls, HsSni};
use crate::model::{
    Certainty, Conversation, Finding, Mark, Role, RuleId, StreamEnd, TlsFacts, TlsVersion, Violation,
};

/// The breaches in a connection that runs over TLS, ends and traffic of both sides known.
pub(crate) fn breaches(conversation: &Conversation) -> Vec<Finding> {
    let Some(tls) = conversation.tls.as_deref() else { return Vec::new() };
    let mut found = Vec::new();
    if names_no_host(conversation, tls) {
        let hello = tls.hello.client;
        let mark =
            Mark { packet: hello.map(|mark| mark.packet), at: hello.and_then(|mark| mark.at), frame: None };
        found.push(finding(Role::Client, HsSni.into(), mark));
    }
    for role in Role::BOTH {
        let end = conversation.closing.ends[role].filter(|end| end.how == StreamEnd::Fin);
        if let Some(end) = end.filter(|_| takes_no_leave(conversation, tls, role)) {
            let mark = Mark { packet: end.packet, at: end.at, frame: None };
            found.push(finding(role, ClTls.into(), mark));
        }
    }
    found
}

/// Whether a finding is excused by what TLS shows: a server that chose HTTP/2 answers in it.
pub(crate) fn excuses(tls: &TlsFacts, finding: &Finding) -> bool {
    let is_http_2 = tls.alpn.as_ref().is_some_and(|chosen| chosen.as_sent() == "h2");
    is_http_2 && finding.by == Some(Role::Server) && finding.violation.rule() == RuleId::HsHttpResp
}

fn finding(by: Role, violation: Violation, mark: Mark) -> Finding {
    Finding {
        level: violation.level(),
        violation,
        by: Some(by),
        certainty: Certainty::Proven,
        frame: None,
        packet: mark.packet,
        at: mark.at,
    }
}

/// RFC 6455 4.1: where the host has a name, the ClientHello has it. An encrypted hello has it inside.
fn names_no_host(conversation: &Conversation, tls: &TlsFacts) -> bool {
    let host = conversation.request.as_ref().and_then(|request| request.host());
    let is_unnamed = tls.offer.as_ref().is_some_and(|offer| offer.sni.is_none() && !offer.ech);
    is_unnamed && host.is_some_and(|host| is_name(host.as_sent()))
}

/// Whether `Host` has a name there, and no address.
fn is_name(host: &str) -> bool {
    if host.parse::<IpAddr>().is_ok() {
        return false;
    }
    let name = match host.rsplit_once(':') {
        Some((name, port)) if port.bytes().all(|byte| byte.is_ascii_digit()) => name,
        _ => host,
    };
    !name.is_empty() && !name.starts_with('[') && name.parse::<IpAddr>().is_err()
}

/// Whether a side that ended TCP by FIN left out close_notify, where that shows: up to TLS 1.2 by the type of the record, in
/// TLS 1.3 decrypted only.
fn takes_no_leave(conversation: &Conversation, tls: &TlsFacts, role: Role) -> bool {
    let shows = tls.decrypted || tls.version.is_some_and(|version| version <= TlsVersion::TLS_1_2);
    let hidden = |by| tls.alerts.iter().any(|alert| alert.by == by && alert.description.is_none());
    let over = tls.finished.client.is_some() && tls.finished.server.is_some();
    let is_whole = conversation.traffic[role].gap_bytes == 0 && tls.records[role].lost == 0;
    // After an error nobody owes a farewell.
    over && shows && is_whole && tls.failure().is_none() && tls.close_notify[role].is_none() && !hidden(role)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_hosts() {
        for (host, expected) in [
            ("server.example.com", true),
            ("server.example.com:8443", true),
            ("localhost:9001", true),
            ("192.0.2.1", false),
            ("192.0.2.1:443", false),
            ("[2001:db8::1]", false),
            ("[2001:db8::1]:443", false),
            ("2001:db8::1", false),
            ("", false),
            (":443", false),
        ] {
            assert_eq!(is_name(host), expected, "{host}");
        }
    }
}
