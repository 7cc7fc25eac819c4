//! What is so about the heads of an opening handshake, for `reference` to judge.

use std::collections::BTreeSet;

use crate::http::grammar::is_tchar;
use crate::http::{Fields, RequestHead, ResponseHead, extensions};
use crate::model::field::{EXTENSIONS, PROTOCOL};
use crate::model::handshake::facts::{
    HostPort, KeyForm, ListFault, ProtocolsFault, RequestFacts, ResponseFacts, Syntax, SyntaxFault,
    TargetForm, TokenIn,
};
use crate::model::{Lines, Text};

/// About a request with these fields.
pub(super) fn of_request(head: &RequestHead<'_>, fields: &Lines, subprotocols: &[Text]) -> RequestFacts {
    let start = (!head.is_exact).then_some(SyntaxFault { line: 0, kind: Syntax::StartLine });
    let facts = RequestFacts {
        syntax: worse(syntax(head.fields), start),
        target: target(head.target),
        ..RequestFacts::default()
    };
    with_request(facts, fields, subprotocols)
}

/// What the fields of a request add to what is known of it.
pub(super) fn with_request(mut facts: RequestFacts, fields: &Lines, subprotocols: &[Text]) -> RequestFacts {
    let mut lists = Lists::default();
    for (at, (name, value)) in fields.iter().enumerate() {
        let is = |other: &str| name.eq_ignore_ascii_case(other);
        match name.len() {
            3 if is("Via") => facts.forwarded = true,
            4 if is("Host") => {
                if facts.hosts == 0 {
                    facts.port = port(value);
                }
                facts.hosts = facts.hosts.saturating_add(1);
            }
            7 if is("Upgrade") => facts.upgrade = token_in(facts.upgrade, value, "websocket"),
            9 if is("Forwarded") || is("X-Real-IP") => facts.forwarded = true,
            10 if is("Connection") => facts.connection = token_in(facts.connection, value, "Upgrade"),
            10 if is("User-Agent") => {
                facts.agent = facts.agent.or(u16::try_from(at).ok());
                facts.browser = is_browser(value);
            }
            15 if is("X-Forwarded-For") => facts.forwarded = true,
            17 if is("Sec-WebSocket-Key") => {
                if facts.keys == 0 {
                    facts.key = key(value);
                }
                facts.keys = facts.keys.saturating_add(1);
            }
            21 if is("Sec-WebSocket-Version") => {
                if facts.versions == 0 {
                    facts.version = version(value);
                }
                facts.versions = facts.versions.saturating_add(1);
            }
            22 if is(PROTOCOL) => lists.protocols = true,
            24 if is(EXTENSIONS) => lists.extensions = true,
            _ => {}
        }
    }
    if lists.protocols {
        facts.subprotocols = protocols_fault(subprotocols);
    }
    if lists.extensions {
        facts.extensions = list_fault(fields);
    }
    facts
}

/// About a response with these fields.
pub(super) fn of_response(head: &ResponseHead<'_>, fields: &Lines) -> ResponseFacts {
    with_response(ResponseFacts { syntax: syntax(head.fields), ..ResponseFacts::default() }, fields)
}

/// What the fields of a response add to what is known of it.
pub(super) fn with_response(mut facts: ResponseFacts, fields: &Lines) -> ResponseFacts {
    let mut lists = Lists::default();
    for (at, (name, value)) in fields.iter().enumerate() {
        let is = |other: &str| name.eq_ignore_ascii_case(other);
        match name.len() {
            3 if is("Via") => facts.forwarded = true,
            6 if is("Server") => {
                facts.forwarded |= facts.server.is_some();
                facts.server = u16::try_from(at).ok();
            }
            7 if is("Upgrade") => {
                let whole = value.eq_ignore_ascii_case("websocket");
                facts.upgrade = match facts.upgrade {
                    TokenIn::Others => TokenIn::Others,
                    _ if whole => TokenIn::Found,
                    _ => TokenIn::Others,
                };
            }
            10 if is("Connection") => facts.connection = token_in(facts.connection, value, "Upgrade"),
            14 if is("Content-Length") => facts.announces_body = true,
            17 if is("Transfer-Encoding") => facts.announces_body = true,
            20 if is("Sec-WebSocket-Accept") => facts.accepts = facts.accepts.saturating_add(1),
            21 if is("Sec-WebSocket-Version") => facts.names_versions = true,
            22 if is(PROTOCOL) => {
                if facts.protocols == 0 {
                    facts.protocol_is_token = is_token(value);
                }
                facts.protocols = facts.protocols.saturating_add(1);
            }
            24 if is(EXTENSIONS) => lists.extensions = true,
            _ => {}
        }
    }
    if lists.extensions {
        facts.extensions = list_fault(fields);
    }
    facts
}

/// Which lists there are.
#[derive(Default)]
struct Lists {
    protocols: bool,
    extensions: bool,
}

/// What was known of a field, with one more line of it.
fn token_in(known: TokenIn, list: &str, token: &str) -> TokenIn {
    let is = |element: &str| element.eq_ignore_ascii_case(token);
    if known == TokenIn::Found || is(list) || list.split(',').any(|element| is(element.trim_ascii())) {
        TokenIn::Found
    } else {
        TokenIn::Others
    }
}

fn worse(a: Option<SyntaxFault>, b: Option<SyntaxFault>) -> Option<SyntaxFault> {
    match (a, b) {
        (Some(a), Some(b)) => Some(if b.kind <= a.kind { b } else { a }),
        (a, b) => a.or(b),
    }
}

/// The first of the worst faults of the field lines.
fn syntax(fields: Fields<'_>) -> Option<SyntaxFault> {
    let mut found: Option<SyntaxFault> = None;
    let mut rest = fields.raw();
    let mut line_no = 0_u16;
    while let Some(end) = memchr::memchr(b'\n', rest) {
        let (line, behind) = rest.split_at(end);
        rest = behind.get(1..).unwrap_or_default();
        let (line, ends_in_cr) = line.strip_suffix(b"\r").map_or((line, false), |line| (line, true));
        let is_fold = line_no > 0 && matches!(line.first(), Some(b' ' | b'\t'));
        line_no = line_no.saturating_add(u16::from(!is_fold));
        let kind = if is_fold { Some(Syntax::Folded) } else { line_fault(line) };
        let kind = kind.or((!ends_in_cr).then_some(Syntax::BareLf));
        if let Some(kind) = kind
            && found.is_none_or(|known| kind < known.kind)
        {
            found = Some(SyntaxFault { line: line_no, kind });
        }
    }
    found
}

/// Which bytes a token may have: names are checked byte by byte, in every head.
static TCHARS: [bool; 256] = {
    let mut table = [false; 256];
    let mut byte = 0_u8;
    loop {
        table[byte as usize] = is_tchar(byte);
        if byte == u8::MAX {
            break table;
        }
        byte += 1;
    }
};

/// What is wrong with a field line, its end left out.
fn line_fault(line: &[u8]) -> Option<Syntax> {
    let end = line.iter().position(|&byte| !TCHARS[usize::from(byte)]).unwrap_or(line.len());
    let (name, value) = line.split_at(end);
    if name.is_empty() || value.first() != Some(&b':') {
        let Some(colon) = memchr::memchr(b':', line) else { return Some(Syntax::NoColon) };
        let is_blank = !name.is_empty() && line.get(..colon).is_some_and(|l| l.trim_ascii_end() == name);
        return Some(if is_blank { Syntax::BlankBeforeColon } else { Syntax::FieldName });
    }
    // No early exit: so the compiler looks at many bytes at a time.
    let control = value.iter().fold(false, |known, &b| known | ((b < b' ' && b != b'\t') | (b == 0x7f)));
    control.then_some(Syntax::Control)
}

fn is_token(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(is_tchar)
}

/// RFC 9112 3.2.1 and 3.2.2, RFC 6455 3.
fn target(target: &[u8]) -> TargetForm {
    let starts = |scheme: &str| {
        target.split_at_checked(scheme.len()).is_some_and(|(start, rest)| {
            start.eq_ignore_ascii_case(scheme.as_bytes()) && !matches!(rest.first(), None | Some(b'/' | b'?'))
        })
    };
    let form = match target.first() {
        Some(b'/') => TargetForm::Path,
        _ if starts("http://") || starts("https://") => TargetForm::Absolute,
        _ => return TargetForm::Other,
    };
    if memchr::memchr(b'#', target).is_some() { TargetForm::Fragment } else { form }
}

/// Host is `uri-host [ ":" port ]` (RFC 9110 7.2); an IPv6 address stands in brackets.
fn port(host: &str) -> HostPort {
    let behind = match host.rfind(']') {
        Some(end) => host.get(end + 1..).unwrap_or_default(),
        None => host.find(':').map_or("", |at| host.get(at..).unwrap_or_default()),
    };
    match behind.strip_prefix(':') {
        _ if host.is_empty() => HostPort::Unknown,
        None if behind.is_empty() => HostPort::Default,
        Some("") => HostPort::Default,
        Some(digits) if digits.bytes().all(|b| b.is_ascii_digit()) => {
            digits.parse().map_or(HostPort::Unknown, HostPort::Named)
        }
        _ => HostPort::Unknown,
    }
}

/// base64 with its padding (RFC 4648 4), by its shape.
fn key(value: &str) -> KeyForm {
    let digits = value.strip_suffix("==").or_else(|| value.strip_suffix('=')).unwrap_or(value);
    let in_alphabet = digits.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'+' | b'/'));
    if value.is_empty() || !value.len().is_multiple_of(4) || !in_alphabet {
        return KeyForm::NotBase64;
    }
    match value.len() / 4 * 3 - (value.len() - digits.len()) {
        16 => KeyForm::Sound,
        bytes => KeyForm::Bytes(u16::try_from(bytes).unwrap_or(u16::MAX)),
    }
}

/// RFC 6455 4.3: up to 255, no leading zeros.
fn version(value: &str) -> Option<u8> {
    let is_number =
        value.bytes().all(|b| b.is_ascii_digit()) && (value.len() == 1 || !value.starts_with('0'));
    is_number.then(|| value.parse().ok())?
}

/// Engines of browsers name themselves; other programs that do so cannot be told from them.
fn is_browser(agent: &str) -> bool {
    agent.starts_with("Mozilla/") && (agent.contains("AppleWebKit/") || agent.contains(" Gecko/"))
}

fn protocols_fault(list: &[Text]) -> Option<ProtocolsFault> {
    if list.is_empty() {
        return Some(ProtocolsFault::Empty);
    }
    let index = |at: usize| u16::try_from(at).unwrap_or(u16::MAX);
    if let Some(at) = list.iter().position(|element| !is_token(element.as_sent())) {
        return Some(ProtocolsFault::NotToken(index(at)));
    }
    if list.len() == 1 {
        return None;
    }
    let mut known = BTreeSet::new();
    list.iter()
        .position(|element| !known.insert(element.as_sent()))
        .map(|at| ProtocolsFault::Repeated(index(at)))
}

fn list_fault(fields: &Lines) -> Option<ListFault> {
    fields.values(EXTENSIONS).zip(0_u16..).find_map(|(value, field)| {
        let at = extensions::fault(value.as_bytes())?;
        Some(ListFault { field, at: u16::try_from(at).unwrap_or(u16::MAX) })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_4_1() {
        for (value, form) in [
            ("dGhlIHNhbXBsZSBub25jZQ==", KeyForm::Sound),
            ("AQIDBAUGBwgJCgsMDQ4PEC==", KeyForm::Sound), // 4.1, pad bits not 0: erratum 3150
            ("", KeyForm::NotBase64),
            ("==", KeyForm::NotBase64),
            ("====", KeyForm::NotBase64),
            ("dGhlIHNhbXBsZSBub25jZQ", KeyForm::NotBase64),
            ("dGhlIHNhbXBsZSBub25jZQ=", KeyForm::NotBase64),
            ("dGhlIHNhbXBsZS-ub25jZQ==", KeyForm::NotBase64),
            ("dGhlIHNhbXBsZSBub25jZTE=", KeyForm::Bytes(17)),
            ("dGhl", KeyForm::Bytes(3)),
        ] {
            assert_eq!(key(value), form, "{value:?}");
        }
    }

    #[test]
    fn versions_4_3() {
        for (value, expected) in [
            ("13", Some(13)),
            ("0", Some(0)),
            ("255", Some(255)),
            ("256", None),
            ("013", None),
            ("00", None),
            ("", None),
            ("13, 8", None),
            ("+13", None),
            ("13.0", None),
        ] {
            assert_eq!(version(value), expected, "{value:?}");
        }
    }

    #[test]
    fn targets_4_1() {
        for (value, form) in [
            ("/", TargetForm::Path),
            ("/chat?a=/b", TargetForm::Path),
            ("/chat#", TargetForm::Fragment),
            ("http://h/chat", TargetForm::Absolute),
            ("HTTPS://h", TargetForm::Absolute),
            ("http://h/#a", TargetForm::Fragment),
            ("http://", TargetForm::Other),
            ("http:///chat", TargetForm::Other),
            ("ws://h/chat", TargetForm::Other),
            ("*", TargetForm::Other),
            ("h:80", TargetForm::Other),
            ("chat", TargetForm::Other),
        ] {
            assert_eq!(target(value.as_bytes()), form, "{value:?}");
        }
    }

    #[test]
    fn ports_of_a_host() {
        for (value, expected) in [
            ("h", HostPort::Default),
            ("h:", HostPort::Default),
            ("h:80", HostPort::Named(80)),
            ("[::1]", HostPort::Default),
            ("[::1]:9001", HostPort::Named(9001)),
            ("192.0.2.1:65535", HostPort::Named(65535)),
            ("", HostPort::Unknown),
            ("h:65536", HostPort::Unknown),
            ("h:a", HostPort::Unknown),
            ("::1", HostPort::Unknown),
            ("[::1]x", HostPort::Unknown),
        ] {
            assert_eq!(port(value), expected, "{value:?}");
        }
    }

    #[test]
    fn lines_9112_5() {
        for (head, expected) in [
            ("A: b\r\n", None),
            ("A:\r\n", None),
            ("A: \tb \u{e9}\r\n", None),
            ("A b\r\n", Some((1, Syntax::NoColon))),
            ("A: b\r\n: c\r\n", Some((2, Syntax::FieldName))),
            ("A(: b\r\n", Some((1, Syntax::FieldName))),
            ("A : b\r\n", Some((1, Syntax::BlankBeforeColon))),
            (" A: b\r\n", Some((1, Syntax::FieldName))),
            ("A: b\u{0}\r\n", Some((1, Syntax::Control))),
            ("A: b\r\r\n", Some((1, Syntax::Control))),
            ("A: b\r\n c\r\nD: e\u{7f}\r\n", Some((2, Syntax::Control))),
            ("A: b\r\n c\r\n", Some((1, Syntax::Folded))),
            ("A: b\n", Some((1, Syntax::BareLf))),
            ("A: b\nC d\r\n", Some((2, Syntax::NoColon))),
        ] {
            let bytes = format!("GET / HTTP/1.1\r\n{head}\r\n");
            let (parsed, _) = crate::http::request_head(bytes.as_bytes()).unwrap();
            assert_eq!(syntax(parsed.fields).map(|f| (f.line, f.kind)), expected, "{head:?}");
        }
    }
}
