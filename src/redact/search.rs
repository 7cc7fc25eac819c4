//! Where in a text secrets stand: by what they are called, by what announces them, by what they look like. What is
//! structured (URIs, JSON, base64 of it, credentials) is taken apart, one part inside the other, without recursion.

use std::mem;
use std::ops::Range;

use crate::model::field;
use crate::redact::looks;
use crate::redact::looks::{is_opaque, is_ordinary, prefixed, says_nothing, web_token};
use crate::redact::names::Grade::{self, Neutral, Strong, Weak};
use crate::redact::names::{grade, is_carrier, is_identifier, is_plain_field, may_be_secret};
use crate::redact::piece::{Kind, Piece, decoded};

/// Where a text stands.
#[derive(Debug)]
pub(super) enum Place<'a> {
    /// A request target.
    Target,
    /// The name of a field, or a line that has none.
    Name,
    /// The value of a field of that name.
    Field(&'a str),
    /// A field line.
    Line,
    /// A list of subprotocols.
    List,
    /// One of them, and what the one before says of it.
    Element(&'a mut Grade),
    /// The value of a parameter of that name.
    Parameter(&'a str),
    /// Any text of an opening handshake.
    Words,
    /// What an application sent.
    Payload,
    /// What the Autobahn Testsuite reports.
    Told,
}

/// A secret.
#[derive(Debug)]
pub(super) struct Span {
    pub(super) range: Range<usize>,
    /// Decoded, where it is written otherwise.
    pub(super) value: Option<String>,
}

/// What was found.
#[derive(Debug, Default)]
pub(super) struct Search<'t> {
    pub(super) spans: Vec<Span>,
    /// Secrets inside those, which may be quoted by themselves.
    pub(super) inner: Vec<String>,
    queue: Vec<Piece<'t>>,
    nesting: usize,
}

/// Schemes (RFC 9110 11.4) that may stand before what is hidden: which one was used is half of many an answer.
const SCHEMES: &[&str] = &[
    "Basic",
    "Bearer",
    "Digest",
    "DPoP",
    "HOBA",
    "Negotiate",
    "NTLM",
    "Token",
    "ApiKey",
    "AWS4-HMAC-SHA256",
    "SharedAccessSignature",
    "GoogleLogin",
    "OAuth",
    "Signature",
    "Hawk",
    "MAC",
];

/// Parameters of credentials (RFC 7616 3.4, RFC 9421, SigV4) that are no secrets.
const AUTH_PARAMETERS: &[&str] = &[
    "algorithm",
    "charset",
    "created",
    "domain",
    "error",
    "error_description",
    "expires",
    "headers",
    "keyid",
    "nc",
    "oauth_consumer_key",
    "oauth_signature_method",
    "oauth_timestamp",
    "oauth_version",
    "qop",
    "realm",
    "scope",
    "se",
    "signedheaders",
    "skn",
    "sr",
    "stale",
    "ts",
    "uri",
    "userhash",
    "username",
];

/// Those that are.
const AUTH_SECRETS: &[&str] = &[
    "access_token",
    "cnonce",
    "credential",
    "id",
    "mac",
    "nonce",
    "oauth_nonce",
    "oauth_signature",
    "oauth_token",
    "opaque",
    "response",
    "sig",
    "signature",
    "token",
];

/// What stands before a token among the subprotocols.
const TOKEN_SUBPROTOCOLS: &[&str] = &["base64url.bearer.authorization.k8s.io.", "base64url.bearer.phx."];

/// What may stand before a token in one word, and is none of it.
const LABELS: &[&str] = &["auth", "bearer", "header", "jwt", "session", "token", "user"];

/// Braces inside one another of which names are remembered.
const BRACES: usize = 64;

fn is_one_of(list: &[&str], word: &str) -> bool {
    list.iter().any(|known| known.eq_ignore_ascii_case(word))
}

const fn is_word_end(c: char) -> bool {
    c.is_whitespace()
        || matches!(c, '"' | '\'' | '<' | '>' | '(' | ')' | '[' | ']' | '{' | '}' | ',' | ';' | '`' | '|')
}

/// The stretch without white space around it.
fn trimmed(text: &str, range: Range<usize>) -> Range<usize> {
    let part = text.get(range.clone()).unwrap_or_default();
    let start = range.start + part.len() - part.trim_start().len();
    start..(range.end - (part.len() - part.trim_end().len())).max(start)
}

/// Stretches that such characters part, outside of quotes if they count.
fn parted(text: &str, range: Range<usize>, ends: &[char], mut quotes: bool) -> Vec<Range<usize>> {
    let part = text.get(range.clone()).unwrap_or_default();
    quotes &= part.contains('"');
    let (mut in_quotes, mut is_escaped, mut start, mut out) = (false, false, range.start, Vec::new());
    for (at, c) in part.char_indices() {
        match c {
            _ if is_escaped => is_escaped = false,
            '\\' if in_quotes => is_escaped = true,
            '"' if quotes => in_quotes = !in_quotes,
            _ if !in_quotes && ends.contains(&c) => {
                out.push(start..range.start + at);
                start = range.start + at + c.len_utf8();
            }
            _ => {}
        }
    }
    out.push(start..range.end);
    out
}

/// Whether such a text may be parameters: base64 has its `=` at the end.
fn has_parameters(text: &str) -> bool {
    text.contains('=') && text.trim_end_matches('=').contains('=')
}

/// Whether there is no secret in a text that stands at `place`: so it is with nearly all, and seen sooner than by searching.
pub(super) fn is_plain(place: &mut Place<'_>, text: &str) -> bool {
    match place {
        Place::Target | Place::Words | Place::List => looks::is_plain(text),
        Place::Name => text.len() < 8 || looks::is_plain(text),
        Place::Field(name) => is_plain_field(name) && looks::is_plain(text),
        Place::Parameter(name) => !may_be_secret(name) && looks::is_plain(text),
        Place::Payload => text.len() < 6 || looks::is_plain(text),
        Place::Line | Place::Element(_) | Place::Told => false,
    }
}

/// Looks for secrets in a text that stands at `place`. What is encoded more than `nesting` times is one as a whole.
pub(super) fn search<'t>(place: Place<'_>, text: &'t str, nesting: usize) -> Search<'t> {
    let mut search = Search { nesting, ..Search::default() };
    let all = 0..text.len();
    let whole = |kind, looks| Piece::new(text, kind, looks);
    match place {
        Place::Target => search.push(whole(Kind::Uri, true)),
        Place::Name => {
            if text.len() >= 8 {
                search.push(whole(Kind::Words, true));
            }
        }
        Place::Field(name) => search.field(&whole(Kind::Value, true), name, all),
        Place::Line => match text.split_once(':') {
            Some((name, _)) => {
                let piece = whole(Kind::Value, true);
                let value = trimmed(text, name.len() + 1..text.len());
                search.field(&piece, name.trim(), value);
                search.push(piece.part(&(0..name.len()), Kind::Words));
            }
            None => search.push(whole(Kind::Words, true)),
        },
        Place::List => search.list(&whole(Kind::Value, true), all),
        Place::Element(before) => search.element(&whole(Kind::Value, true), all, before),
        Place::Parameter(name) => search.value(&whole(Kind::Value, true), name, all),
        Place::Words => {
            if text.len() >= 4 {
                let piece = whole(Kind::Words, true);
                if text.contains('"') {
                    search.json(&piece);
                }
                search.push(piece);
            }
        }
        Place::Payload => search.payload(&whole(Kind::Words, false)),
        Place::Told => {
            let piece = whole(Kind::Words, false);
            search.web_tokens(&piece);
            search.look(&piece, all);
        }
    }
    search.run();
    search
}

impl<'t> Search<'t> {
    fn run(&mut self) {
        while let Some(piece) = self.queue.pop() {
            self.web_tokens(&piece);
            match piece.kind {
                Kind::Value => self.any(&piece),
                Kind::Uri => self.uri(&piece),
                Kind::Json => self.json(&piece),
                Kind::Words => self.words(&piece),
            }
        }
    }

    fn push(&mut self, piece: Piece<'t>) {
        if piece.depth <= self.nesting {
            self.queue.push(piece);
        } else if !is_ordinary(&piece.text) {
            self.hide(&piece, 0..piece.text.len());
        }
    }

    fn hide(&mut self, piece: &Piece<'_>, range: Range<usize>) {
        let source = piece.source(&range);
        let text = piece.get(&range);
        if text.is_empty() || source.is_empty() {
            return;
        }
        let text = decoded(text);
        let is_inside = piece.is_whole();
        let value = (!is_inside && (piece.is_decoded() || matches!(text, std::borrow::Cow::Owned(_))))
            .then(|| text.clone().into_owned());
        if is_inside {
            self.inner.push(text.into_owned());
        }
        self.spans.push(Span { range: source, value });
    }

    fn web_tokens(&mut self, piece: &Piece<'_>) {
        let mut end = 0;
        while let Some(token) = web_token(&piece.text, end) {
            end = token.end;
            self.hide(piece, token);
        }
    }

    /// The value of a field.
    fn field(&mut self, piece: &Piece<'t>, name: &str, range: Range<usize>) {
        let is = |known: &str| name.eq_ignore_ascii_case(known);
        if range.is_empty() {
            return;
        }
        if name.get(..field::PREFIX.len()).is_some_and(|prefix| prefix.eq_ignore_ascii_case(field::PREFIX)) {
            match () {
                () if is(field::PROTOCOL) => self.list(piece, range),
                () if is(field::EXTENSIONS) => self.extensions(piece, range),
                // Keys and accept values are made for this connection and prove nothing to another.
                () if is(field::KEY) || is(field::ACCEPT) => {
                    self.web_tokens(&piece.part(&range, Kind::Value));
                }
                () => self.push(piece.part(&range, Kind::Value)),
            }
            return;
        }
        match () {
            () if is("Cookie") || is("Cookie2") => {
                for pair in parted(&piece.text, range, &[';'], false) {
                    self.cookie(piece, pair);
                }
            }
            () if is("Set-Cookie") || is("Set-Cookie2") => {
                for (n, pair) in parted(&piece.text, range, &[';'], false).into_iter().enumerate() {
                    match n {
                        0 => self.cookie(piece, pair),
                        _ => self.push(piece.part(&pair, Kind::Value)),
                    }
                }
            }
            () if is("Authorization") || is("Proxy-Authorization") => self.credentials(piece, range),
            () if is("WWW-Authenticate") || is("Proxy-Authenticate") || is("Authentication-Info") => {
                self.push(piece.part(&range, Kind::Words));
            }
            () if is("Host") => {
                self.authority(piece, range.clone());
                self.push(piece.part(&range, Kind::Value).without_looks());
            }
            () if is_identifier(name) => self.web_tokens(&piece.part(&range, Kind::Value)),
            () => self.value(piece, name, range),
        }
    }

    /// `name=value`: the value, whatever it is.
    fn cookie(&mut self, piece: &Piece<'t>, range: Range<usize>) {
        let range = trimmed(&piece.text, range);
        let pair = piece.get(&range);
        let start = pair.find('=').map_or(range.start, |at| range.start + at + 1);
        if !says_nothing(piece.get(&(start..range.end))) {
            self.hide(piece, start..range.end);
        }
    }

    /// A value by what it is called.
    fn value(&mut self, piece: &Piece<'t>, name: &str, range: Range<usize>) {
        let value = piece.get(&range);
        match grade(&decoded(name)) {
            _ if value.is_empty() || says_nothing(value) => {}
            Strong => self.named(piece, name, range),
            Weak if self.is_secret_if_weak(piece, value) => self.named(piece, name, range),
            Weak | Neutral if value.len() < 3 => {}
            Weak | Neutral => {
                let part = piece.part(&range, Kind::Value);
                let looks = piece.looks && !(value.len() >= 12 && is_identifier(name));
                self.push(if looks { part } else { part.without_looks() });
            }
        }
    }

    fn is_secret_if_weak(&self, piece: &Piece<'_>, value: &str) -> bool {
        // Structures are taken apart, and of what an application calls a key only what is random is one.
        !value.starts_with(['{', '[', '"'])
            && !has_parameters(value)
            && if piece.looks {
                !is_ordinary(&decoded(value))
            } else {
                !value.contains(' ') && is_opaque(value)
            }
    }

    /// The value of what is called a secret.
    fn named(&mut self, piece: &Piece<'t>, name: &str, range: Range<usize>) {
        let range = trimmed(&piece.text, range);
        let value = piece.get(&range);
        let quotes = usize::from(value.len() > 1 && value.starts_with('"') && value.ends_with('"'));
        let range = range.start + quotes..range.end - quotes;
        let value = piece.get(&range);
        // Of `AKID/date/region/service/aws4_request` only the first part.
        let is_scoped = name.to_ascii_lowercase().ends_with("credential");
        let scope = is_scoped.then(|| value.find('/').or_else(|| value.find("%2F"))).flatten();
        match scope {
            Some(at) => self.hide(piece, range.start..range.start + at),
            None if value.contains([' ', '=']) => self.credentials(piece, range),
            None => self.hide(piece, range),
        }
    }

    /// Credentials (RFC 9110 11.4): all of them but the scheme, and what parameters are no secrets.
    fn credentials(&mut self, piece: &Piece<'t>, range: Range<usize>) {
        let range = trimmed(&piece.text, range);
        let value = piece.get(&range);
        let scheme =
            value.find(' ').filter(|at| value.get(..*at).is_some_and(|scheme| is_one_of(SCHEMES, scheme)));
        let rest = trimmed(&piece.text, scheme.map_or(range.start, |at| range.start + at)..range.end);
        let is_basic = scheme
            .is_some_and(|at| value.get(..at).is_some_and(|scheme| scheme.eq_ignore_ascii_case("Basic")));
        let first = piece.get(&rest).split('=').next().unwrap_or_default().trim();
        let has_parameters = has_parameters(piece.get(&rest))
            && (is_one_of(AUTH_PARAMETERS, first) || is_one_of(AUTH_SECRETS, first));
        if !has_parameters {
            if is_basic && let Some(plain) = piece.base64_decoded(&rest) {
                self.inner.extend(plain.text.split_once(':').map(|(_, password)| password.to_owned()));
            }
            self.hide(piece, rest);
            return;
        }
        for parameter in parted(&piece.text, rest, &[',', '&', ';'], true) {
            let parameter = trimmed(&piece.text, parameter);
            let Some(at) = piece.get(&parameter).find('=') else {
                self.push(piece.part(&parameter, Kind::Value));
                continue;
            };
            let name = piece.get(&parameter).get(..at).unwrap_or_default().trim().to_owned();
            let value = parameter.start + at + 1..parameter.end;
            match is_one_of(AUTH_PARAMETERS, &name) {
                true => self.push(piece.part(&value, Kind::Value)),
                false => self.named_alone(piece, &name, value),
            }
        }
    }

    /// As [`named`](Self::named), without a scheme.
    fn named_alone(&mut self, piece: &Piece<'t>, name: &str, range: Range<usize>) {
        let range = trimmed(&piece.text, range);
        let value = piece.get(&range);
        let start = range.start + usize::from(value.starts_with('"'));
        let end = (range.end - usize::from(value.len() > 1 && value.ends_with('"'))).max(start);
        let scope = piece.get(&(start..end)).find('/').filter(|_| name.eq_ignore_ascii_case("Credential"));
        self.hide(piece, start..scope.map_or(end, |at| start + at));
    }

    /// A list of subprotocols.
    fn list(&mut self, piece: &Piece<'t>, range: Range<usize>) {
        let mut before = Neutral;
        for element in parted(&piece.text, range, &[','], false) {
            self.element(piece, trimmed(&piece.text, element), &mut before);
        }
    }

    /// One of them; the one before may have announced it, as it may the next.
    fn element(&mut self, piece: &Piece<'t>, range: Range<usize>, before: &mut Grade) {
        // Its letters can spell a name before any of its points.
        self.web_tokens(&piece.part(&range, Kind::Value));
        let element = piece.get(&range);
        let announces = if element.contains(['.', '=', ':']) { Neutral } else { grade(element) };
        let is_announced = mem::replace(before, announces) != Neutral;
        if is_announced && announces != Strong && !is_ordinary(element) {
            return self.hide(piece, range);
        }
        let token = TOKEN_SUBPROTOCOLS
            .iter()
            .find(|label| element.get(..label.len()).is_some_and(|start| start.eq_ignore_ascii_case(label)));
        if let Some(label) = token {
            return self.hide(piece, range.start + label.len()..range.end);
        }
        let mut start = 0;
        for (at, mark) in element.match_indices(['.', ':', '=', '|', '~']) {
            let behind = at + mark.len();
            let is_named = element.get(start..at).is_some_and(|name| grade(name) != Neutral);
            if is_named && element.get(behind..).is_some_and(|rest| !rest.is_empty() && !is_ordinary(rest)) {
                return self.hide(piece, range.start + behind..range.end);
            }
            start = behind;
        }
        self.push(piece.part(&range, Kind::Value));
    }

    /// A list of extensions as it stands in its field. What is in quotes may be parameters as well, where quotes are out of
    /// order.
    fn extensions(&mut self, piece: &Piece<'t>, range: Range<usize>) {
        for parameter in parted(&piece.text, range, &[',', ';'], true) {
            let Some(value) = self.extension_parameter(piece, &parameter) else { continue };
            for inner in parted(&piece.text, value, &[',', ';'], false) {
                self.extension_parameter(piece, &inner);
            }
        }
    }

    /// A parameter, and its value where that is in quotes and no secret.
    fn extension_parameter(&mut self, piece: &Piece<'t>, range: &Range<usize>) -> Option<Range<usize>> {
        let range = trimmed(&piece.text, range.clone());
        let Some(at) = piece.get(&range).find('=') else {
            self.push(piece.part(&range, Kind::Value));
            return None;
        };
        let name = piece.get(&range).get(..at).unwrap_or_default().trim().to_owned();
        let value = trimmed(&piece.text, range.start + at + 1..range.end);
        let text = piece.get(&value);
        let is_quoted = text.starts_with('"');
        let start = value.start + usize::from(is_quoted);
        let value = start..(value.end - usize::from(text.len() > 1 && text.ends_with('"'))).max(start);
        self.push(piece.part(&(range.start..range.start + at), Kind::Value));
        let before = self.spans.len();
        self.value(piece, &name, value.clone());
        let is_open = piece.get(&value).contains([',', ';']);
        (is_open && self.spans.len() == before).then_some(value)
    }

    /// `user:password@host`
    fn authority(&mut self, piece: &Piece<'_>, range: Range<usize>) {
        let Some(end) = piece.get(&range).rfind('@').map(|at| range.start + at) else { return };
        match piece.get(&(range.start..end)).find(':').map(|at| range.start + at) {
            Some(at) => {
                if !is_ordinary(piece.get(&(range.start..at))) {
                    self.hide(piece, range.start..at);
                }
                self.hide(piece, at + 1..end);
            }
            None => self.hide(piece, range.start..end),
        }
    }

    /// A URI or what of one stands in a request: parameters of the path, of the query and of the fragment, and the user.
    fn uri(&mut self, piece: &Piece<'t>) {
        let text = &*piece.text;
        let mut rest = 0;
        let scheme = text.find("//").filter(|at| {
            text.get(..*at).is_some_and(|scheme| {
                scheme.is_empty() || scheme.ends_with(':') && !scheme.contains(['/', '?', '='])
            })
        });
        if let Some(at) = scheme {
            let start = at + 2;
            let len = text.get(start..).and_then(|behind| behind.find(['/', '?', '#']));
            rest = len.map_or(text.len(), |len| start + len);
            self.authority(piece, start..rest);
        }
        let query =
            text.get(rest..).and_then(|path| path.find(['?', '#'])).map_or(text.len(), |at| rest + at);
        let mut before = Neutral;
        for segment in parted(text, rest..query, &['/'], false) {
            before = self.segment(piece, segment, before);
        }
        let mut at = query;
        while at < text.len() {
            let end =
                text.get(at..).and_then(|rest| rest.find(['?', '&', '#'])).map_or(text.len(), |len| at + len);
            at = self.parameters(piece, at..end) + 1;
        }
    }

    /// A segment of a path; one that is called like a secret stands before it.
    fn segment(&mut self, piece: &Piece<'t>, range: Range<usize>, before: Grade) -> Grade {
        let segment = piece.get(&range);
        if segment.is_empty() {
            return before;
        }
        if segment.contains(['=', ';', '&', ',']) {
            for part in parted(&piece.text, range, &['&', ','], false) {
                self.parameters(piece, part);
            }
            return Neutral;
        }
        let is_token = match before {
            Neutral => false,
            Weak | Strong => !is_ordinary(&decoded(segment)),
        };
        if is_token {
            self.hide(piece, range);
            return Neutral;
        }
        let announces = grade(segment);
        if segment.len() >= 12 {
            self.push(piece.part(&range, Kind::Value));
        }
        announces
    }

    /// Parameters up to the end of the range, or beyond it, where they are JSON; what ends there.
    fn parameters(&mut self, piece: &Piece<'t>, range: Range<usize>) -> usize {
        let text = &*piece.text;
        let mut start = range.start;
        // Some part parameters by a semicolon; where the one before is a secret, it may as well be a part of it.
        while start < range.end {
            let rest = text.get(start..range.end).unwrap_or_default();
            let end = rest.find(';').map_or(range.end, |at| start + at);
            let Some(at) = text.get(start..end).and_then(|piece| piece.find('=')) else {
                self.push(piece.part(&(start..end), Kind::Value));
                start = end + 1;
                continue;
            };
            let (name, value) = (start..start + at, start + at + 1);
            if text.get(value..).is_some_and(|value| value.starts_with(['{', '['])) {
                self.push(piece.part(&(value..text.len()), Kind::Json));
                return text.len();
            }
            let name = piece.get(&name);
            if name.len() >= 12 {
                self.push(piece.part(&(start..start + at), Kind::Value));
            }
            if grade(&decoded(name)) == Strong {
                self.value(piece, name, value..range.end);
                break;
            }
            self.value(piece, name, value..end);
            start = end + 1;
        }
        range.end
    }

    /// Whatever a value looks like.
    fn any(&mut self, piece: &Piece<'t>) {
        let text = &*piece.text;
        if text.len() < 3 {
            return;
        }
        if text.contains('%')
            && let Some(piece) = piece.percent_decoded()
        {
            return self.push(piece);
        }
        let is_json = text.trim_start().starts_with(['{', '[', '"']);
        let all = 0..text.len();
        match () {
            () if is_json => {
                self.json(piece);
                // What is in none of its strings.
                if piece.looks {
                    self.words(piece);
                }
            }
            () if text.contains(is_word_end) && !is_parted_uri(text) => self.words(piece),
            () if is_uri(text) => self.push(piece.part(&all, Kind::Uri)),
            () => match text.split_once(':') {
                Some((name, value)) if !value.is_empty() && grade(name) != Neutral => {
                    self.value(piece, name, name.len() + 1..text.len());
                }
                _ => self.look(piece, all),
            },
        }
    }

    /// Strings and what they are called, in JSON that may be cut off, or have something before it.
    fn json(&mut self, piece: &Piece<'t>) {
        let text = &*piece.text;
        let bytes = text.as_bytes();
        let (mut at, mut name) = (0, None::<Range<usize>>);
        let mut outer: Vec<Option<Range<usize>>> = Vec::new();
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
    fn member(&mut self, piece: &Piece<'t>, name: &str, range: Range<usize>) {
        // Nothing is to be taken apart in what is this short, or in plain words.
        let value = piece.get(&range);
        if !piece.looks && !may_be_secret(name) && (value.len() < 12 || !may_hold_secret(value)) {
            return;
        }
        let part = piece.part(&range, Kind::Value);
        match part.unescaped() {
            Some(part) => self.value(&part, name, 0..part.text.len()),
            None => self.value(piece, name, range),
        }
    }

    /// Text in words: what a word, a scheme or a name announces, URIs, and what looks like a secret.
    fn words(&mut self, piece: &Piece<'t>) {
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

    fn word(&mut self, piece: &Piece<'t>, range: Range<usize>) {
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
    fn payload(&mut self, piece: &Piece<'t>) {
        let text = &*piece.text;
        if text.contains('"') {
            self.json(piece);
        }
        let is_stomp = ["CONNECT", "STOMP", "SEND", "SUBSCRIBE", "CONNECTED"]
            .iter()
            .any(|command| text.strip_prefix(command).is_some_and(|rest| rest.starts_with(['\n', '\r'])));
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
    fn look(&mut self, piece: &Piece<'t>, range: Range<usize>) {
        let text = piece.get(&range);
        if text.len() < 12 {
            return;
        }
        if piece.looks && is_base64(text) {
            return self.hide(piece, range);
        }
        let is_token = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '+' | '=' | '~' | '.');
        let mut at = range.start;
        for token in text.split(|c| !is_token(c)) {
            let start = piece.text.get(at..).and_then(|rest| rest.find(token)).map_or(at, |found| at + found);
            at = start + token.len();
            if token.len() < 12 {
                continue;
            }
            if let Some(key) = prefixed(token) {
                self.hide(piece, start + key..at);
                continue;
            }
            for part in parted(&piece.text, start..at, &['.'], false) {
                self.token(piece, part);
            }
        }
    }

    fn token(&mut self, piece: &Piece<'t>, mut range: Range<usize>) {
        if let Some(label) = piece.get(&range).find(['-', '_', '=']) {
            let is_label = piece.get(&range).get(..label).is_some_and(|label| is_one_of(LABELS, label));
            range.start += if is_label { label + 1 } else { 0 };
        }
        let token = piece.get(&range);
        if token.len() < 12 {
            return;
        }
        // What JSON begins with, in base64.
        let is_json = ["ey", "ew", "W3", "Wy", "e3"].iter().any(|start| token.starts_with(start));
        if is_json
            && let Some(plain) = piece.base64_decoded(&range)
            && plain.text.trim_start().starts_with(['{', '['])
        {
            self.push(plain);
        } else if piece.looks && is_opaque(token) {
            self.hide(piece, range);
        }
    }
}

/// Where a string of JSON ends: at its quote, or with the text.
fn string_end(bytes: &[u8], mut at: usize) -> usize {
    loop {
        let Some(len) = bytes.get(at..).and_then(|rest| memchr::memchr2(b'"', b'\\', rest)) else {
            return bytes.len();
        };
        at += len;
        if bytes.get(at) == Some(&b'"') {
            return at;
        }
        at += 2;
    }
}

/// Whether a string may hold a secret that it names itself, or be a token.
fn may_hold_secret(text: &str) -> bool {
    let bytes = text.as_bytes();
    memchr::memchr3(b'=', b':', b'%', bytes).is_some()
        || memchr::memchr(b' ', bytes).is_none()
        || memchr::memmem::find(bytes, b"earer").is_some()
}

fn is_uri(text: &str) -> bool {
    text.starts_with('/') || text.contains("://") || has_parameters(text)
}

/// Whether commas and semicolons are all that parts it, as in URIs and lists of parameters.
fn is_parted_uri(text: &str) -> bool {
    is_uri(text)
        && !text.contains(|c: char| is_word_end(c) && !matches!(c, ',' | ';' | '|' | '\'' | '(' | ')'))
}

/// Whether it is base64 with characters that would part it into tokens.
fn is_base64(text: &str) -> bool {
    let digits = text.trim_end_matches('=');
    text.len() >= 20
        && text.contains('/')
        && !text.starts_with('/')
        && (text.len() > digits.len() || text.contains('+'))
        && text.len().is_multiple_of(4)
        && digits.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'+' | b'/'))
        && !is_ordinary(digits)
}
