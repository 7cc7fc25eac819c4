//! Text and JSON: words, what announces them, members by their names.

use std::mem;
use std::ops::Range;

use crate::redact::looks::{
    SHORTEST_TOKEN, is_opaque, is_ordinary, may_be_json, prefixed, tokens, unlabelled,
};
use crate::redact::names::Grade::{Neutral, Strong};
use crate::redact::names::{grade, has_sign, is_carrier};
use crate::redact::piece::{Kind, Piece};
use crate::redact::search::fields::SCHEMES;
use crate::redact::search::{
    BRACES, Search, is_base64, is_one_of, is_uri, is_word_end, may_hold_secret, parted, string_end, trimmed,
};

impl<'t> Search<'t> {
    /// Strings and what they are called, in JSON that may be cut off, or have something before it.
    pub(super) fn json(&mut self, piece: &Piece<'t>) {
        let text = &*piece.text;
        let bytes = text.as_bytes();
        let (mut at, mut name) = (0, None::<Range<usize>>);
        let mut outer: Vec<Option<Range<usize>>> = Vec::with_capacity(8);
        while let Some(byte) = bytes.get(at) {
            at += 1;
            match byte {
                b'"' => {
                    let string = at..string_end(bytes, at);
                    at = string.end + 1;
                    let behind = at
                        + bytes
                            .get(at..)
                            .unwrap_or_default()
                            .iter()
                            .take_while(|b| b.is_ascii_whitespace())
                            .count();
                    if bytes.get(behind) == Some(&b':') {
                        at = behind + 1;
                        name = Some(string);
                    } else {
                        // `"token": {"value": …`
                        let own = name.take().filter(|name| !is_carrier(piece.get(name)));
                        let name = own.or_else(|| outer.last().cloned().flatten());
                        self.member(
                            piece,
                            name.map_or("", |name| text.get(name).unwrap_or_default()),
                            string,
                        );
                    }
                }
                b'[' if outer.len() < BRACES => {
                    outer.push(name.take().or_else(|| outer.last().cloned().flatten()));
                }
                b'{' if outer.len() < BRACES => outer.push(name.take()),
                b']' | b'}' => {
                    outer.pop();
                    name = None;
                }
                b',' => name = None,
                b'0'..=b'9' => {
                    let start = at - 1;
                    at += bytes
                        .get(at..)
                        .unwrap_or_default()
                        .iter()
                        .take_while(|b| b.is_ascii_alphanumeric())
                        .count();
                    // Tokens in numbers are counted: `max_tokens`.
                    if let Some(name) = name.take().and_then(|name| text.get(name))
                        && at - start >= 4
                        && grade(name) == Strong
                        && !name.ends_with('s')
                    {
                        self.hide(piece, start..at);
                    }
                }
                _ => {}
            }
        }
    }

    /// A string of JSON by what it is called.
    pub(super) fn member(&mut self, piece: &Piece<'t>, name: &str, range: Range<usize>) {
        let part = piece.part(&range, Kind::Value);
        if !piece.looks && !has_sign(name) {
            // Nothing is to be taken apart in what is this short, or in plain words.
            let value = piece.get(&range);
            let is_plain = name.len() > 3 && (value.len() < SHORTEST_TOKEN || !may_hold_secret(value));
            if is_plain || self.is_empty(&part) {
                return;
            }
        }
        match part.unescaped() {
            Some(part) => self.value(&part, name, 0..part.text.len()),
            None => self.value(piece, name, range),
        }
    }

    /// Text in words: what a word, a scheme or a name announces, URIs, and what looks like a secret.
    pub(super) fn words(&mut self, piece: &Piece<'t>) {
        let text = &*piece.text;
        let mut announced = false;
        let mut at = 0;
        while at < text.len() {
            let len = text.get(at..).and_then(|rest| rest.find(is_word_end)).unwrap_or(text.len() - at);
            let range = at..at + len;
            at = range.end
                + text.get(range.end..).and_then(|rest| rest.chars().next()).map_or(1, char::len_utf8);
            let word = piece.get(&range);
            if word.is_empty() {
                continue;
            }
            let was_announced = mem::replace(&mut announced, false);
            // Applications say "token" and "basic" of much else.
            let is_scheme = is_one_of(if piece.looks { SCHEMES } else { &["Bearer"] }, word);
            if was_announced && !is_scheme && !is_ordinary(word) {
                self.hide(piece, range);
                continue;
            }
            if is_scheme {
                announced = true;
            } else if let Some(name) = word.strip_suffix([':', '=']) {
                let grade = grade(name);
                let is_field =
                    grade == Strong && (name.contains('-') || is_one_of(&["Authorization", "Cookie"], name));
                if is_field && word.ends_with(':') && piece.looks {
                    let rest = trimmed(text, at.min(text.len())..text.len());
                    if !rest.is_empty() {
                        self.field(piece, name, rest);
                    }
                    return;
                }
                announced = grade != Neutral;
            } else {
                announced = piece.looks && grade(word) != Neutral;
                if word.len() >= 3 {
                    self.word(piece, range);
                }
            }
        }
    }

    pub(super) fn word(&mut self, piece: &Piece<'t>, range: Range<usize>) {
        let word = piece.get(&range);
        if word.contains('%') || is_uri(word) {
            self.push(piece.part(&range, Kind::Value));
        } else if let Some((name, value)) = word.split_once(':')
            && !value.is_empty()
            && grade(name) != Neutral
        {
            self.value(piece, name, range.start + name.len() + 1..range.end);
        } else {
            self.look(piece, range);
        }
    }

    /// What an application sent: what it calls a secret in JSON, fields and parameters, tokens.
    pub(super) fn payload(&mut self, piece: &Piece<'t>) {
        let text = &*piece.text;
        let is_stomp = ["CONNECT", "STOMP", "SEND", "SUBSCRIBE", "CONNECTED"]
            .iter()
            .any(|command| text.strip_prefix(command).is_some_and(|rest| rest.starts_with(['\n', '\r'])));
        if !is_stomp && self.is_empty(piece) {
            return;
        }
        if text.contains('"') {
            self.json(piece);
        }
        if is_stomp {
            let mut at = 0;
            for line in text.split('\n') {
                if let Some((name, value)) = line.split_once(':')
                    && grade(name) == Strong
                {
                    let start = at + name.len() + 1;
                    self.named(piece, name, start..start + value.trim_end_matches(['\r', '\0']).len());
                }
                at += line.len() + 1;
            }
        }
        // The strings of JSON have been looked at one by one.
        if text.trim_start_matches(|c: char| c.is_ascii_digit()).starts_with(['{', '[']) {
            self.web_tokens(piece);
        } else {
            self.push(piece.clone());
        }
    }

    /// Tokens by what they look like.
    pub(super) fn look(&mut self, piece: &Piece<'t>, range: Range<usize>) {
        let text = piece.get(&range);
        if text.len() < SHORTEST_TOKEN {
            return;
        }
        if piece.looks && is_base64(text) {
            return self.hide(piece, range);
        }
        for Range { start, end } in tokens(text) {
            let token = range.start + start..range.start + end;
            match prefixed(piece.get(&token)) {
                Some(key) => self.hide(piece, token.start + key..token.end),
                None => {
                    for part in parted(&piece.text, token, &['.'], false) {
                        self.token(piece, part);
                    }
                }
            }
        }
    }

    pub(super) fn token(&mut self, piece: &Piece<'t>, range: Range<usize>) {
        let token = unlabelled(piece.get(&range));
        let range = range.end - token.len()..range.end;
        if token.len() < SHORTEST_TOKEN {
            return;
        }
        if may_be_json(token)
            && let Some(plain) = piece.base64_decoded(&range)
            && plain.text.trim_start().starts_with(['{', '['])
        {
            self.push(plain);
        } else if piece.looks && is_opaque(token) {
            self.hide(piece, range);
        }
    }
}
