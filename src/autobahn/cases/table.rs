//! The notation of the table of cases, as its head explains it.

use crate::autobahn::cases::{Case, Exercised, ExpectedEvent, Source};
use crate::model::case::{Behavior, CaseFrame, CaseId, CasePayload, CaseStep, ExpectedClose};
use crate::model::suite::Span;
use crate::model::{Opcode, RULES, Rsv, unhex};

/// The lines of cases.
pub(super) fn lines() -> impl Iterator<Item = &'static str> {
    include_str!("../cases.tsv").lines().filter(|line| !line.starts_with('#'))
}

/// The case of a line; `None` where it is none, which a test rules out.
pub(super) fn case(line: &'static str) -> Option<Case> {
    let mut columns = line.split('\t');
    let mut column = || columns.next();
    let (id, span) = numbered(column()?)?;
    let sends = tokens(column()?).map(step).collect::<Option<_>>()?;
    let expects = match column()? {
        "own" => None,
        text => Some(entries(text)?),
    };
    let codes = column()?.split(',').map(|code| code.parse().ok()).collect::<Option<_>>()?;
    let closed_by_me = match column()? {
        "tester" => true,
        "testee" => false,
        _ => return None,
    };
    let mut close =
        ExpectedClose { closed_by_me, codes, require_clean: false, wrong_endpoint_is_fatal: false };
    let (mut wrong_code_is_fatal, mut informational) = (false, false);
    for flag in list(column()?) {
        match flag {
            "clean" => close.require_clean = true,
            "closer-fatal" => close.wrong_endpoint_is_fatal = true,
            "code-fatal" => wrong_code_is_fatal = true,
            "informational" => informational = true,
            _ => return None,
        }
    }
    let rules = list(column()?).map(exercised).collect();
    let source = match column()? {
        "run" => Source::Run,
        "suite" => Source::Suite,
        _ => return None,
    };
    let (about, note) = (column()?, column());
    Some(Case {
        id,
        span,
        sends,
        expects,
        close,
        wrong_code_is_fatal,
        informational,
        rules,
        source,
        about,
        note,
    })
}

/// `7.9.6@0.7.5-0.8.0`.
fn numbered(text: &str) -> Option<(CaseId, Span)> {
    let Some((id, span)) = text.split_once('@') else { return Some((CaseId::new(text)?, Span::default())) };
    let bound = |text: &str| if text.is_empty() { Some(None) } else { text.parse().ok().map(Some) };
    let (since, until) = span.split_once('-')?;
    Some((CaseId::new(id)?, Span { since: bound(since)?, until: bound(until)? }))
}

/// A list parted by commas, `-` if it is empty.
fn list(text: &'static str) -> impl Iterator<Item = &'static str> {
    text.split(',').filter(|item| *item != "-")
}

fn exercised(text: &'static str) -> Exercised {
    let (name, broken) = text.strip_prefix('!').map_or((text, false), |name| (name, true));
    Exercised { name, id: RULES.iter().find(|rule| rule.name == name).map(|rule| rule.id), broken }
}

/// Words parted by blanks outside quotes.
fn tokens(text: &str) -> impl Iterator<Item = &str> {
    let mut quoted = false;
    text.split(move |c| {
        quoted ^= c == '\'';
        c == ' ' && !quoted
    })
    .filter(|token| !token.is_empty())
}

fn step(token: &str) -> Option<CaseStep> {
    if token == "wait" {
        return Some(CaseStep::Wait);
    }
    let (head, rest) = token.split_at(token.find([':', '~']).unwrap_or(token.len()));
    let mut parts = head.split('/');
    let opcode = opcode(parts.next()?)?;
    let (payload, rest) = match rest.strip_prefix(':') {
        Some(body) if opcode == Opcode::CLOSE => close_body(body)?,
        Some(body) => payload(body)?,
        None => (CasePayload::empty(), rest),
    };
    let chop_size = match rest.strip_prefix('~') {
        Some(size) => Some(size.parse().ok()?),
        None if rest.is_empty() => None,
        None => return None,
    };
    let mut frame = CaseFrame {
        opcode,
        fin: true,
        rsv: Rsv(0),
        payload,
        fragment_size: None,
        chop_size,
        times: 1,
        compressed: false,
    };
    for flag in parts {
        if flag == "more" {
            frame.fin = false;
        } else if flag == "deflate" {
            frame.compressed = true;
        } else if let Some(bits) = flag.strip_prefix("rsv") {
            frame.rsv = Rsv(bits.parse().ok()?);
        } else if let Some(size) = flag.strip_prefix("by") {
            frame.fragment_size = Some(size.parse().ok()?);
        } else {
            frame.times = flag.strip_suffix('x')?.parse().ok()?;
        }
    }
    Some(CaseStep::Frame(frame))
}

fn opcode(kind: &str) -> Option<Opcode> {
    Some(match kind {
        "text" => Opcode::TEXT,
        "bin" => Opcode::BINARY,
        "cont" => Opcode::CONTINUATION,
        "close" => Opcode::CLOSE,
        "ping" => Opcode::PING,
        "pong" => Opcode::PONG,
        _ => Opcode::from_bits(kind.strip_prefix("op")?.parse().ok()?),
    })
}

/// A payload, and what follows it.
fn payload(text: &str) -> Option<(CasePayload, &str)> {
    let end_of = |text: &str, f: fn(char) -> bool| text.find(f).unwrap_or(text.len());
    let (named, pattern, rest) = if let Some(quoted) = text.strip_prefix('\'') {
        let (body, rest) = quoted.split_once('\'')?;
        (false, body.as_bytes().to_vec(), rest)
    } else if let Some(hex) = text.strip_prefix('x') {
        let (digits, rest) = hex.split_at(end_of(hex, |c| !c.is_ascii_hexdigit()));
        (false, unhex(digits.as_bytes())?, rest)
    } else {
        let name = text.strip_prefix('@')?;
        let (name, rest) = name.split_at(end_of(name, |c| !c.is_ascii_alphanumeric()));
        (true, name.as_bytes().to_vec(), rest)
    };
    let (len, rest) = match rest.strip_prefix('*') {
        Some(repeat) => {
            let (digits, rest) = repeat.split_at(end_of(repeat, |c| !c.is_ascii_digit()));
            (digits.parse().ok()?, rest)
        }
        None => (pattern.len() as u64, rest),
    };
    let payload = if named {
        CasePayload::File { name: String::from_utf8(pattern).ok()?, len }
    } else {
        CasePayload::Bytes { pattern, len }
    };
    Some((payload, rest))
}

/// `1000`, `1000:'reason'`, or a payload that is no code.
fn close_body(text: &str) -> Option<(CasePayload, &str)> {
    if !text.starts_with(|c: char| c.is_ascii_digit()) {
        return payload(text);
    }
    let (code, rest) = text.split_at(text.find(':').unwrap_or(text.len()));
    let mut body = code.parse::<u16>().ok()?.to_be_bytes().to_vec();
    let rest = match rest.strip_prefix(':') {
        Some(reason) => {
            let (reason, rest) = payload(reason)?;
            body.extend(reason.bytes()?);
            rest
        }
        None => rest,
    };
    let len = body.len() as u64;
    Some((CasePayload::Bytes { pattern: body, len }, rest))
}

/// `OK(EVENT…) NON-STRICT(EVENT…)`.
fn entries(text: &str) -> Option<Vec<(Behavior, Vec<ExpectedEvent>)>> {
    let mut out = Vec::new();
    let mut rest = text;
    while let Some((verdict, tail)) = rest.trim_start().split_once('(') {
        let mut quoted = false;
        let end = tail.find(|c| {
            quoted ^= c == '\'';
            c == ')' && !quoted
        })?;
        let events = tokens(tail.get(..end)?).map(event).collect::<Option<_>>()?;
        out.push((Behavior::new(verdict), events));
        rest = tail.get(end + 1..)?;
    }
    rest.is_empty().then_some(out)
}

fn event(token: &str) -> Option<ExpectedEvent> {
    let (kind, body) = token.split_once(':').unwrap_or((token, "''"));
    let (payload, rest) = payload(body)?;
    if !rest.is_empty() {
        return None;
    }
    Some(match kind {
        "text" => ExpectedEvent::Message(payload, false),
        "bin" => ExpectedEvent::Message(payload, true),
        "ping" => ExpectedEvent::Ping(payload),
        "pong" => ExpectedEvent::Pong(payload),
        "timeout" => ExpectedEvent::Timeout(String::from_utf8(payload.bytes()?.collect()).ok()?),
        _ => return None,
    })
}
