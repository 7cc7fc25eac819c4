//! What a report is, from its first bytes.

use crate::autobahn::encoding;
use crate::model::case::ReportForm;

/// What an input of the suite can be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ReportKind {
    /// `index.json` of a run.
    Index,
    /// One case.
    Case(ReportForm),
}

/// Bytes that always suffice: a pasted page may open with some text of its own.
pub(crate) const SNIFF_BYTES: usize = 4096;

/// Keys of a case that can stand first in its file: some suites did not sort them.
const CASE_KEYS: &[&[u8]] = &[
    b"agent",
    b"behavior",
    b"behaviorClose",
    b"case",
    b"closedByMe",
    b"createStats",
    b"createWirelog",
    b"description",
    b"droppedByMe",
    b"duration",
    b"expectation",
    b"expected",
    b"expectedClose",
    b"failedByMe",
    b"httpRequest",
    b"httpResponse",
    b"id",
    b"isServer",
    b"received",
    b"result",
    b"resultClose",
    b"started",
    b"wirelog",
];

/// What begins with these bytes. HTML of any site is taken for a page of the suite: what else it is, reading it
/// says.
#[must_use]
pub fn sniff(start: &[u8]) -> Option<ReportKind> {
    let start = start.get(..SNIFF_BYTES).unwrap_or(start);
    let (start, _) = encoding::utf8(start);
    let start = start.trim_ascii_start();
    let found = match start.first()? {
        b'{' => json(start),
        b'<' if is_own(start) => return None,
        b'<' if is_html(start) => Some(ReportKind::Case(ReportForm::Html)),
        _ => None,
    };
    found.or_else(|| is_pasted(start).then_some(ReportKind::Case(ReportForm::Text)))
}

/// An index is an object of objects of objects; a case begins with one of its keys.
fn json(start: &[u8]) -> Option<ReportKind> {
    let rest = start.strip_prefix(b"{")?.trim_ascii_start();
    if rest.starts_with(b"}") {
        return Some(ReportKind::Index);
    }
    let (key, rest) = string(rest)?;
    let value = rest.trim_ascii_start().strip_prefix(b":")?.trim_ascii_start();
    let inner = value.strip_prefix(b"{").map(<[u8]>::trim_ascii_start);
    let is_index = inner.is_some_and(|inner| {
        inner.starts_with(b"}")
            || string(inner).is_some_and(|(id, _)| {
                id.first().is_some_and(u8::is_ascii_digit)
                    && id.iter().all(|b| b.is_ascii_digit() || *b == b'.')
            })
    });
    if is_index {
        Some(ReportKind::Index)
    } else {
        CASE_KEYS.contains(&key).then_some(ReportKind::Case(ReportForm::Json))
    }
}

/// A JSON string without its quotes, and what follows it.
fn string(input: &[u8]) -> Option<(&[u8], &[u8])> {
    let input = input.strip_prefix(b"\"")?;
    let mut escaped = false;
    let end = input.iter().position(|&b| {
        let ends = b == b'"' && !escaped;
        escaped = b == b'\\' && !escaped;
        ends
    })?;
    Some((input.get(..end)?, input.get(end + 1..)?))
}

fn is_html(start: &[u8]) -> bool {
    let begins = |word: &[u8]| start.get(..word.len()).is_some_and(|s| s.eq_ignore_ascii_case(word));
    begins(b"<!doctype html") || begins(b"<html") || begins(b"<head") || begins(b"<!--") || begins(b"<body")
}

/// A page of `wslog inspect --format html`.
fn is_own(start: &[u8]) -> bool {
    let sign = b"<meta name=\"generator\" content=\"wslog\">";
    start.windows(sign.len()).any(|part| part == sign)
}

fn is_pasted(start: &[u8]) -> bool {
    let start = String::from_utf8_lossy(start).replace('\u{a0}', " ");
    ["Autobahn WebSocket", " - Case ", "Case Description"].iter().any(|words| start.contains(words))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn first_bytes() {
        let case = |form| Some(ReportKind::Case(form));
        for (start, expected) in [
            ("{\n   \"agent\": \"ws\",", case(ReportForm::Json)),
            ("\u{feff}{\"expected\": {\"OK\": [", case(ReportForm::Json)),
            ("{\"agent\": {\"1.1.1\": {", Some(ReportKind::Index)),
            ("{\n   \"my \\\"agent\\\"\": {\n      \"10.1.1\": {", Some(ReportKind::Index)),
            ("{}", Some(ReportKind::Index)),
            ("{\"a\": {}}", Some(ReportKind::Index)),
            ("{\"log\": {\"version\": \"1.2\"", None),
            ("{\"agent", None),
            ("{", None),
            ("[1, 2]", None),
            ("<!DOCTYPE html>\n<html>", case(ReportForm::Html)),
            ("\r\n <html><head>", case(ReportForm::Html)),
            ("<!doctype html>\n<meta name=\"generator\" content=\"wslog\">\n<title> - Case 3.2", None),
            ("<?xml version='1.0'?>", None),
            ("Autobahn WebSocket Testsuite Report\n", case(ReportForm::Text)),
            ("ws - Case 3.2 : Pass - 1 ms @ 2026", case(ReportForm::Text)),
            ("hello", None),
            ("", None),
            ("\n", None),
        ] {
            assert_eq!(sniff(start.as_bytes()), expected, "{start}");
        }
    }
}
