//! What a request did against a clause.

use crate::model::handshake::facts::{HostPort, KeyForm, ProtocolsFault, Syntax, TargetForm, TokenIn};
use crate::model::{
    Certainty, Excerpt, Extension, Finding, HandshakeFault, Lines, PacketNo, Role, Text, Timestamp,
    UpgradeRequest, Violation,
};
use crate::reference::handshake::{joined, line, shown};

/// Registered extension names (IANA, WebSocket Extension Name Registry).
const REGISTERED: [&str; 2] = ["permessage-deflate", "bbf-usp-protocol"];

/// Names each fault of the request, in the order of its parts.
pub(super) fn check(request: &UpgradeRequest, found: &mut impl FnMut(HandshakeFault)) {
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
        found(HandshakeFault::RequestSyntax { kind: fault.kind, line });
    }
    if request.method != "GET" {
        found(HandshakeFault::Method(shown(request.method.as_sent())));
    }
    if request.http_version.as_sent().as_ref() < "HTTP/1.1" {
        found(HandshakeFault::HttpVersion(request.http_version.clone()));
    }
    if matches!(facts.target, TargetForm::Fragment | TargetForm::Other) {
        found(HandshakeFault::Target { target: shown(request.target.as_sent()), form: facts.target });
    }
    if facts.hosts != 1 {
        found(HandshakeFault::Hosts(facts.hosts));
    }
    if facts.upgrade != TokenIn::Found {
        found(HandshakeFault::NoUpgrade(joined(fields, "Upgrade")));
    }
    if facts.connection != TokenIn::Found {
        found(HandshakeFault::NoConnection(joined(fields, "Connection")));
    }
    if facts.keys > 1 {
        found(HandshakeFault::Keys(facts.keys));
    } else if facts.key != KeyForm::Sound {
        found(HandshakeFault::Key { form: facts.key, found: request.key().map(shown_excerpt) });
    }
    match (facts.versions, facts.version) {
        (2.., _) => found(HandshakeFault::Versions(facts.versions)),
        (_, Some(13)) => {}
        (_, Some(other)) => found(HandshakeFault::OtherVersion(other)),
        (_, None) => found(HandshakeFault::Version(request.version().map(shown_excerpt))),
    }
    if let Some(fault) = facts.subprotocols {
        let at = match fault {
            ProtocolsFault::Empty => None,
            ProtocolsFault::NotToken(at) | ProtocolsFault::Repeated(at) => Some(usize::from(at)),
        };
        let element =
            |at: Option<usize>| request.subprotocols.get(at?).map(|element| shown(element.as_sent()));
        let (element, before) = (element(at), element(at.and_then(|at| at.checked_sub(1))));
        found(HandshakeFault::Subprotocols { fault, element, before });
    }
    // Drafts before 13 had a field of another name.
    if facts.browser && facts.version == Some(13) && request.origin().is_none() {
        found(HandshakeFault::NoOrigin);
    }
    extensions(fields, facts.extensions, &request.extensions, found);
}

/// What the extensions of a head did against a clause, the same for both sides.
pub(super) fn extensions(
    fields: &Lines,
    fault: Option<crate::model::handshake::facts::ListFault>,
    list: &[Extension],
    found: &mut impl FnMut(HandshakeFault),
) {
    if let Some(fault) = fault {
        let value = fields.values("Sec-WebSocket-Extensions").nth(usize::from(fault.field));
        found(HandshakeFault::Extensions { value: value.map(shown).unwrap_or_default(), at: fault.at });
    }
    // One of them tells the story.
    let is_known = |e: &Extension| REGISTERED.iter().any(|name| e.name.as_sent().eq_ignore_ascii_case(name));
    if let Some(unknown) = list.iter().find(|extension| !is_known(extension)) {
        found(HandshakeFault::Unregistered(shown(unknown.name.as_sent())));
    }
}

/// A note where `Host` names another port than the connection has. A target that is a whole URI overrides `Host`.
#[must_use]
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
    let fault = HandshakeFault::HostPort { named, tcp };
    Some(Finding {
        level: fault.level(),
        violation: Violation::Handshake(fault),
        by: Some(Role::Client),
        certainty: Certainty::Proven,
        frame: None,
        packet: place.map(|(packet, _)| packet),
        at: place.and_then(|(_, at)| at),
    })
}
