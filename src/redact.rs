//! What a report leaves out, since it goes into tickets: secrets by default, payloads on request.
//!
//! A secret is known by where it stands: the fields that carry credentials, parameters of a URI that are called
//! like one, the user in a URI, the token among subprotocols, and whatever has the shape of a JSON Web Token. It
//! stands as `<redacted 24 bytes>`; its length often tells what is wrong with it. Where a secret was found in the
//! handshake, it is taken out of everything else that quotes the handshake as well.

mod secrets;

use std::borrow::Cow;

use crate::model::{Conversation, FieldLines, HandshakeFault, LocalView, Opcode, Role, Violation};
use secrets::Secrets;

/// What to leave out.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum Redaction {
    /// Nothing.
    Nothing,
    /// Secrets of the opening handshake.
    #[default]
    Secrets,
    /// Payloads of frames and reasons of Close frames, too.
    Payloads,
}

/// Takes it out of `report`; once is enough, and twice would redact the redaction.
pub fn redact(report: &mut Conversation, what: Redaction) {
    if what >= Redaction::Secrets {
        handshake(report);
    }
    if what >= Redaction::Payloads {
        payloads(report);
    }
}

/// What stands for `text`.
fn mark(text: &str) -> String {
    format!("<redacted {} bytes>", text.len())
}

fn handshake(report: &mut Conversation) {
    let mut secrets = Secrets::default();
    for earlier in &mut report.earlier {
        replace(&mut earlier.target, |target| secrets.uri(target));
    }
    if let Some(request) = &mut report.request {
        replace(&mut request.target, |target| secrets.uri(target));
        // First, since a token may stand in another field line than what announces it.
        secrets.subprotocols(&mut request.subprotocols);
        fields(&mut request.fields, &mut secrets);
    }
    if let Some(response) = &mut report.response {
        fields(&mut response.fields, &mut secrets);
        if let Some(phrase) = secrets.text(&response.phrase) {
            response.phrase = Cow::Owned(phrase);
        }
        let body = String::from_utf8_lossy(&response.body_start);
        if let Some(body) = secrets.text(&body) {
            response.body_start = body.into_bytes();
        }
    }
    for finding in &mut report.findings {
        if let Violation::Handshake(fault) = &mut finding.violation {
            quoted(fault, &mut secrets);
        }
    }
}

/// What a finding quotes of the handshake, possibly cut short.
fn quoted(fault: &mut HandshakeFault, secrets: &mut Secrets) {
    use HandshakeFault as Fault;
    match fault {
        Fault::RequestSyntax { line, .. } | Fault::ResponseSyntax { line, .. } => {
            replace(line, |line| secrets.line(line));
        }
        Fault::Target { target, .. } => replace(target, |target| secrets.uri(target)),
        Fault::Method(text)
        | Fault::HttpVersion(text)
        | Fault::Extensions { value: text, .. }
        | Fault::Unregistered(text)
        | Fault::NotOffered(text)
        | Fault::OldResponse(text)
        | Fault::Body(text) => replace(text, |text| secrets.text(text)),
        Fault::Subprotocol(text) => replace(text, |text| secrets.list(text)),
        Fault::NoUpgrade(Some(text))
        | Fault::NoConnection(Some(text))
        | Fault::Version(Some(text))
        | Fault::Key { found: Some(text), .. }
        | Fault::ResponseUpgrade(Some(text))
        | Fault::ResponseConnection(Some(text))
        | Fault::Accept { found: Some(text), .. } => replace(text, |text| secrets.text(text)),
        Fault::Subprotocols { element: Some(element), before, .. } => {
            let mut elements = [before.take().unwrap_or_default(), std::mem::take(element)];
            secrets.subprotocols(&mut elements);
            let [first, second] = elements;
            (*before, *element) = (Some(first), second);
        }
        _ => {}
    }
}

fn replace(text: &mut String, redacted: impl FnOnce(&str) -> Option<String>) {
    if let Some(redacted) = redacted(text) {
        *text = redacted;
    }
}

fn fields(lines: &mut FieldLines, secrets: &mut Secrets) {
    let mut redacted: Option<FieldLines> = None;
    for (n, (name, value)) in lines.iter().enumerate() {
        let line = match secrets.field(name, value) {
            Some(value) => Some((Cow::Borrowed(name), value)),
            // What has no colon is all name.
            None if value.is_empty() => secrets.no_field(name).map(|name| (Cow::Owned(name), String::new())),
            None => None,
        };
        if line.is_some() && redacted.is_none() {
            let mut before = FieldLines::with_capacity(lines.weight(), lines.len());
            lines.iter().take(n).for_each(|(name, value)| before.push(name, value));
            redacted = Some(before);
        }
        if let Some(redacted) = &mut redacted {
            match line {
                Some((name, value)) => redacted.push(&name, &value),
                None => redacted.push(name, value),
            }
        }
    }
    if let Some(redacted) = redacted {
        *lines = redacted;
    }
}

fn payloads(report: &mut Conversation) {
    for frame in &mut report.frames {
        frame.redacted = frame.header.payload_len > 0;
        frame.preview.truncate(if frame.header.opcode == Opcode::CLOSE { 2 } else { 0 });
    }
    let closing = &mut *report.closing;
    for role in Role::BOTH {
        let LocalView { reason, .. } = &mut closing.sees[role];
        for reason in [reason, &mut closing.sides[role].reason].into_iter().flatten() {
            *reason = mark(reason);
        }
    }
}
