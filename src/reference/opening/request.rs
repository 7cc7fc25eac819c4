//! What a request did against a clause.

use crate::knowledge::rules::{
    HsConnect, HsConnectionReq, HsExtSyntax, HsExtUnreg, HsHost, HsHttpReq, HsKey, HsMethod, HsOrigin,
    HsProtoReq, HsTarget, HsUpgradeReq, HsVersion,
};
use crate::model::handshake::facts::{HostPort, KeyForm, ProtocolsFault, Syntax, TargetForm, TokenIn};
use crate::model::{
    Certainty, Excerpt, Extension, Finding, Lines, PacketNo, Role, Text, Timestamp, UpgradeRequest, Violation,
};
use crate::reference::opening::{joined, line, shown};

/// Registered extension names (IANA, WebSocket Extension Name Registry).
const REGISTERED: [&str; 2] = ["permessage-deflate", "bbf-usp-protocol"];

/// Names each fault of the request, in the order of its parts.
pub(super) fn check(request: &UpgradeRequest, found: &mut impl FnMut(Violation)) {
    let facts = &request.facts;
    let fields = request.fields.as_sent();
    let shown_excerpt = |value: Excerpt<'_>| shown(value.as_sent());
    if let Some(fault) = facts.syntax {
        let line = match fault.kind {
            Syntax::StartLine => {
                let target = shown(request.target.as_sent());
                let [method, target, version] =
                    [&request.method, &target, &request.http_version].map(Text::as_sent);
                Text::from(format!("{method} {target} {version}"))
            }
            _ => line(fields, fault.line),
        };
        found(HsHttpReq { kind: fault.kind, line }.into());
    }
    // An extended CONNECT has its own form, and neither key nor `Upgrade` (RFC 8441 4, 5).
    if !facts.is_connect {
        upgrade(request, found);
    } else if facts.was_invited == Some(false) {
        found(HsConnect.into());
    }
    match (facts.versions, facts.version) {
        (2.., _) => found(HsVersion::Several(facts.versions).into()),
        (_, Some(13)) => {}
        (_, Some(other)) => found(HsVersion::Other(other).into()),
        (_, None) => found(HsVersion::NoNumber(request.version().map(shown_excerpt)).into()),
    }
    if let Some(fault) = facts.subprotocols {
        let at = match fault {
            ProtocolsFault::Empty => None,
            ProtocolsFault::NotToken(at) | ProtocolsFault::Repeated(at) => Some(usize::from(at)),
        };
        let element =
            |at: Option<usize>| request.subprotocols.get(at?).map(|element| shown(element.as_sent()));
        let (element, before) = (element(at), element(at.and_then(|at| at.checked_sub(1))));
        found(HsProtoReq { fault, element, before }.into());
    }
    // Drafts before 13 had a field of another name.
    if facts.browser && facts.version == Some(13) && request.origin().is_none() {
        found(HsOrigin.into());
    }
    extensions(fields, facts.extensions, &request.extensions, found);
}

/// What only an upgrade of HTTP/1.1 has.
fn upgrade(request: &UpgradeRequest, found: &mut impl FnMut(Violation)) {
    let facts = &request.facts;
    let fields = request.fields.as_sent();
    let shown_excerpt = |value: Excerpt<'_>| shown(value.as_sent());
    if request.method != "GET" {
        found(HsMethod::Method(shown(request.method.as_sent())).into());
    }
    if request.http_version.as_sent().as_ref() < "HTTP/1.1" {
        found(HsMethod::Version(request.http_version.clone()).into());
    }
    if matches!(facts.target, TargetForm::Fragment | TargetForm::Other) {
        found(HsTarget { target: shown(request.target.as_sent()), form: facts.target }.into());
    }
    if facts.hosts != 1 {
        found(HsHost::Count(facts.hosts).into());
    }
    if facts.upgrade != TokenIn::Found {
        found(HsUpgradeReq { found: joined(fields, "Upgrade") }.into());
    }
    if facts.connection != TokenIn::Found {
        found(HsConnectionReq { found: joined(fields, "Connection") }.into());
    }
    if facts.keys > 1 {
        found(HsKey::Several(facts.keys).into());
    } else if facts.key != KeyForm::Sound {
        found(HsKey::Malformed { form: facts.key, found: request.key().map(shown_excerpt) }.into());
    }
}

/// What the extensions of a head did against a clause, the same for both sides.
pub(super) fn extensions(
    fields: &Lines,
    fault: Option<crate::model::handshake::facts::ListFault>,
    list: &[Extension],
    found: &mut impl FnMut(Violation),
) {
    if let Some(fault) = fault {
        let value = fields.values("Sec-WebSocket-Extensions").nth(usize::from(fault.field));
        found(HsExtSyntax { value: value.map(shown).unwrap_or_default(), at: fault.at }.into());
    }
    // One of them tells the story.
    let is_known = |e: &Extension| REGISTERED.iter().any(|name| e.name.as_sent().eq_ignore_ascii_case(name));
    if let Some(unknown) = list.iter().find(|extension| !is_known(extension)) {
        found(HsExtUnreg { name: shown(unknown.name.as_sent()) }.into());
    }
}

/// A note where `Host` names another port than the connection has. A target that is a whole URI overrides `Host`.
pub(crate) fn host_port(
    request: &UpgradeRequest,
    tcp: u16,
    place: Option<(PacketNo, Option<Timestamp>)>,
) -> Option<Finding> {
    let named = match request.facts.port {
        HostPort::Named(port) if port != tcp => Some(port),
        HostPort::Default if !matches!(tcp, 80 | 443) => None,
        _ => return None,
    };
    if request.facts.target != TargetForm::Path {
        return None;
    }
    let violation = Violation::from(HsHost::Port { named, tcp });
    Some(Finding {
        level: violation.level(),
        violation,
        by: Some(Role::Client),
        certainty: Certainty::Proven,
        frame: None,
        packet: place.map(|(packet, _)| packet),
        at: place.and_then(|(_, at)| at),
    })
}
