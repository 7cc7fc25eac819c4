//! What a 101 did against a clause.

use crate::knowledge::rules::{
    Hs101Body, HsAccept, HsConnectionResp, HsExtUnreq, HsHttpResp, HsProtoNone, HsProtoUnreq, HsUpgradeResp,
};
use crate::model::handshake::facts::TokenIn;
use crate::model::{Certainty, Excerpt, RuleId, Text, UpgradeResponse, Violation};
use crate::reference::negotiation;
use crate::reference::opening::request::extensions;
use crate::reference::opening::{Offered, joined, line, shown};

/// Names each fault of a 101 with how sure it is; `refuse` is what was wrong with the request. Without `offered` the
/// request is not, or not wholly, known: then only what the response itself shows.
pub(super) fn check(
    response: &UpgradeResponse,
    refuse: Option<RuleId>,
    offered: Option<&Offered>,
    found: &mut impl FnMut(Violation, Certainty),
) {
    let facts = &response.facts;
    let fields = response.fields.as_sent();
    let mut proven = |fault| found(fault, Certainty::Proven);
    if let Some(fault) = facts.syntax {
        proven(HsHttpResp::Syntax { kind: fault.kind, line: line(fields, fault.line) }.into());
    }
    if !facts.is_connect {
        upgrade(response, &mut proven);
    }
    extensions(fields, facts.extensions, &response.extensions, &mut proven);
    if !facts.is_connect && (offered.is_some() || response.facts.accepts != 1) {
        accept(response, refuse, found);
    }
    let Some(offered) = offered else { return };
    for extension in &response.extensions {
        if let Some(certainty) = offered.lacks_extension(extension.name.as_sent()) {
            found(HsExtUnreq { name: shown(extension.name.as_sent()), again: false }.into(), certainty);
        }
    }
    let mut taken = response.extensions.iter().filter(|extension| negotiation::is_deflate(extension));
    if let (Some(_), Some(second)) = (taken.next(), taken.next()) {
        // Which of the clauses forbids it may be argued.
        let name = shown(second.name.as_sent());
        found(HsExtUnreq { name, again: true }.into(), Certainty::Likely);
    }
    subprotocol(response, offered, found);
}

/// What only an upgrade of HTTP/1.1 has.
fn upgrade(response: &UpgradeResponse, proven: &mut impl FnMut(Violation)) {
    let facts = &response.facts;
    let fields = response.fields.as_sent();
    if response.http_version.as_sent().as_ref() < "HTTP/1.1" {
        proven(HsHttpResp::Old(response.http_version.clone()).into());
    }
    if facts.upgrade != TokenIn::Found {
        proven(HsUpgradeResp { found: joined(fields, "Upgrade") }.into());
    }
    if facts.connection != TokenIn::Found {
        proven(HsConnectionResp { found: joined(fields, "Connection") }.into());
    }
    if facts.announces_body {
        let field = fields.iter().find(|(name, _)| {
            name.eq_ignore_ascii_case("Content-Length") || name.eq_ignore_ascii_case("Transfer-Encoding")
        });
        let field = field.map(|(name, value)| shown(&format!("{name}: {value}")));
        proven(Hs101Body { line: field.unwrap_or_default() }.into());
    }
}

fn accept(response: &UpgradeResponse, refuse: Option<RuleId>, found: &mut impl FnMut(Violation, Certainty)) {
    let (expected, sent) = (response.expected_accept, response.accept());
    if response.facts.accepts > 1 {
        return found(HsAccept::Several(response.facts.accepts).into(), Certainty::Proven);
    }
    // Without a key no value is the right one: that is the client's fault, and the server's to have taken it.
    let is_without_key = expected.is_none() && sent.is_some();
    if is_without_key || response.accept_valid() == Some(true) {
        return;
    }
    // Of several keys the server may have taken another one.
    let certainty = match refuse {
        Some(RuleId::HsKey) if sent.is_some() => Certainty::Likely,
        _ => Certainty::Proven,
    };
    let fault = HsAccept::Value { expected, found: sent.map(|value| shown(value.as_sent())) }.into();
    found(fault, certainty);
}

fn subprotocol(response: &UpgradeResponse, offered: &Offered, found: &mut impl FnMut(Violation, Certainty)) {
    let facts = &response.facts;
    let Some(chosen) = response.subprotocol().map(Excerpt::into_sent) else {
        if !offered.subprotocols.is_empty() {
            found(HsProtoNone.into(), Certainty::Proven);
        }
        return;
    };
    if facts.protocols > 1 {
        found(HsProtoUnreq::Several(facts.protocols).into(), Certainty::Proven);
    }
    let is = |other: &Text| *other == *chosen;
    if !facts.protocol_is_token || !offered.subprotocols.iter().any(is) {
        // The RFC does not say whether case counts.
        let in_other_case =
            offered.subprotocols.iter().any(|other| other.as_sent().eq_ignore_ascii_case(chosen));
        let certainty = if in_other_case { Certainty::Likely } else { Certainty::Proven };
        found(HsProtoUnreq::NotOffered(shown(chosen)).into(), certainty);
    }
}

impl Offered {
    /// How sure it is that the client did not offer an extension; `None` where it did.
    fn lacks_extension(&self, name: &str) -> Option<Certainty> {
        let is_offered = (self.deflate && name.eq_ignore_ascii_case("permessage-deflate"))
            || self.extensions.iter().any(|offer| offer.as_sent().eq_ignore_ascii_case(name));
        match (is_offered, self.extensions_cut) {
            (true, _) => None,
            // It may stand in the part that could not be read.
            (false, true) => Some(Certainty::Likely),
            (false, false) => Some(Certainty::Proven),
        }
    }
}
