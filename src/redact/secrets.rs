//! Where secrets stand in an opening handshake, and what is left of a text without them.

mod found;

use std::mem;
use std::ops::Range;

use crate::model::{field, hex_number};
use crate::redact::mark;
use found::FoundSecrets;

/// Words that name a secret: in the name of a field or parameter, parted there by any punctuation.
const WORDS: &[&str] = &[
    "accesskey",
    "accesstoken",
    "apikey",
    "assertion",
    "auth",
    "authkey",
    "authorization",
    "authtoken",
    "bearer",
    "cookie",
    "credential",
    "credentials",
    "csrf",
    "idtoken",
    "jsessionid",
    "jwt",
    "key",
    "otp",
    "pass",
    "passphrase",
    "passwd",
    "password",
    "phpsessid",
    "privatekey",
    "pwd",
    "refreshtoken",
    "secret",
    "secretkey",
    "session",
    "sessionid",
    "sessiontoken",
    "sessid",
    "sid",
    "sig",
    "signature",
    "ticket",
    "token",
    "xsrf",
];

/// Ends of words written together, as `authToken` and `clientSecret` are.
const ENDS: &[&str] = &[
    "apikey",
    "accesskey",
    "credential",
    "passwd",
    "password",
    "secret",
    "sessionid",
    "signature",
    "ticket",
    "token",
];

/// Names of parameters that hold a secret only as a whole: `code` of OAuth, not `close_code`.
const WHOLE: &[&str] = &["code", "pw"];

/// Fields that carry credentials, whatever their names say.
const FIELDS: &[&str] = &[
    "Authorization",
    "Cookie",
    "Set-Cookie",
    "Cookie2",
    "Set-Cookie2",
    "Proxy-Authorization",
    "Authentication-Info",
];

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
];

/// What Kubernetes puts before the token among its subprotocols.
const KUBERNETES: &str = "base64url.bearer.authorization.k8s.io.";

/// A part of a list of subprotocols that is as long as this, in one piece and with digits, is no name.
const BLOB: usize = 32;

/// The shortest first part of a JSON Web Token, `{"alg":…`, has more characters.
const WEB_TOKEN_HEAD: usize = 10;

/// Secrets shorter than this are not looked for in other texts: they would be found everywhere.
const QUOTED: usize = 6;

/// Cookies of a field that are looked for in other texts one by one.
const COOKIES: usize = 256;

/// URIs inside parameters of URIs are looked into so deep.
const NESTED: u8 = 2;

/// The secrets of one connection.
#[derive(Debug, Default)]
pub(super) struct Secrets {
    known: FoundSecrets,
    /// Depth of the URI that is looked at.
    depth: u8,
}

impl Secrets {
    /// Whether none is to be looked for in other texts.
    pub(super) const fn is_empty(&self) -> bool {
        self.known.is_empty()
    }

    fn hide(&mut self, text: &str) -> String {
        self.remember(text);
        mark(text.len())
    }

    /// Looks for `text` elsewhere, too.
    fn remember(&mut self, text: &str) {
        if text.len() >= QUOTED {
            self.known.insert(text);
        }
    }

    /// Any text without the secrets found so far, whole or cut short at its end; `None` where it has none, here and
    /// below.
    pub(super) fn known(&self, text: &str) -> Option<String> {
        self.known.without(text)
    }

    /// Whether a known secret, or the beginning of one at the end, is in a payload.
    pub(super) fn is_in(&self, payload: &[u8]) -> bool {
        self.known.next(payload, 0).is_some()
    }

    /// Value of a field.
    pub(super) fn field(&mut self, name: &str, value: &str) -> Option<String> {
        if name.eq_ignore_ascii_case(field::PROTOCOL) {
            return self.list(value);
        }
        if name.eq_ignore_ascii_case(field::EXTENSIONS) {
            return self.extensions(value);
        }
        if let Some(redacted) = self.folded(value) {
            return Some(redacted);
        }
        let prefix = name.get(..field::PREFIX.len());
        if prefix.is_some_and(|prefix| prefix.eq_ignore_ascii_case(field::PREFIX)) {
            return self.text(value);
        }
        if value.is_empty() {
            return None;
        }
        if FIELDS.iter().any(|known| name.eq_ignore_ascii_case(known)) || is_secret(name) {
            // Of a cookie that is set, only the first pair is a secret; where another quotes a cookie, it quotes the value.
            let pairs =
                if name.get(..3).is_some_and(|set| set.eq_ignore_ascii_case("set")) { 1 } else { COOKIES };
            let values = value.split(';').take(pairs).filter_map(|pair| Some(pair.split_once('=')?.1));
            values.filter(|value| !is_words(value)).for_each(|value| self.remember(value));
            return Some(self.credentials(value));
        }
        if name.eq_ignore_ascii_case("Host") {
            return self.authority(value).or_else(|| self.text(value));
        }
        self.words(value)
    }

    /// The value of a field into which the next one was folded, since its line begins with a blank.
    fn folded(&mut self, value: &str) -> Option<String> {
        if !value.contains(':') {
            return None;
        }
        let is_field =
            |name: &str| FIELDS.iter().any(|known| name.eq_ignore_ascii_case(known)) || is_secret(name);
        value.match_indices(": ").find_map(|(at, mark)| {
            let (before, rest) = value.split_at_checked(at + mark.len())?;
            let name = before.get(..at)?.rsplit(' ').next()?;
            (is_field(name) && !rest.is_empty()).then(|| format!("{before}{}", self.credentials(rest)))
        })
    }

    /// A field line.
    pub(super) fn line(&mut self, line: &str) -> Option<String> {
        let Some((name, value)) = line.split_once(':') else { return self.no_field(line) };
        let value = self.field(name.trim(), value.trim())?;
        Some(format!("{name}: {value}"))
    }

    /// A line that is no field for want of a colon: all behind what announces a secret.
    pub(super) fn no_field(&mut self, line: &str) -> Option<String> {
        let mut end = 0;
        for word in line.split_inclusive(' ') {
            end += word.len();
            let (before, rest) = line.split_at_checked(end)?;
            let word = word.trim_end();
            // Of a URI, or a parameter, the secret is in the word.
            let announces = !word.contains('=') && is_secret(word)
                || SCHEMES.iter().any(|known| word.eq_ignore_ascii_case(known));
            if announces && !rest.is_empty() {
                let hidden = self.credentials(rest);
                return Some(self.words(before).unwrap_or_else(|| before.to_owned()) + &hidden);
            }
        }
        self.words(line)
    }

    /// Credentials: all of them but the scheme.
    fn credentials(&mut self, value: &str) -> String {
        match value.split_once(' ') {
            Some((scheme, rest)) if SCHEMES.iter().any(|known| scheme.eq_ignore_ascii_case(known)) => {
                format!("{scheme} {}", self.hide(rest))
            }
            _ => self.hide(value),
        }
    }

    /// A list of subprotocols as it stands in its field.
    pub(super) fn list(&mut self, value: &str) -> Option<String> {
        let mut out = String::new();
        let (mut found, mut is_announced) = (false, false);
        for element in value.split(',').map(str::trim) {
            let redacted = self.element(element, &mut is_announced);
            found |= redacted.is_some();
            out.push_str(if out.is_empty() { "" } else { ", " });
            out.push_str(redacted.as_deref().unwrap_or(element));
        }
        if found { Some(out) } else { self.text(value) }
    }

    /// The next of a list of subprotocols; the one before it may have announced a token, as this one may.
    pub(super) fn element(&mut self, element: &str, is_announced: &mut bool) -> Option<String> {
        let announces = is_secret(element) && !element.contains('.');
        // A word that another announces may itself announce: `token, bearer, …`.
        let is_token = mem::replace(is_announced, announces) && !element.is_empty();
        if is_token {
            Some(self.hide(element))
        } else if announces {
            self.text(element)
        } else {
            self.subprotocol(element)
        }
    }

    /// A list of extensions as it stands in its field.
    fn extensions(&mut self, value: &str) -> Option<String> {
        let (mut in_quotes, mut is_escaped) = (false, false);
        let is_end = |c: char| {
            match c {
                _ if is_escaped => is_escaped = false,
                '\\' if in_quotes => is_escaped = true,
                '"' => in_quotes = !in_quotes,
                ',' | ';' => return !in_quotes,
                _ => {}
            }
            false
        };
        // What is in quotes may be parameters as well, where quotes are out of order.
        let found = self.parameters(value, is_end, |secrets, quoted| {
            secrets.parameters(quoted, |c| matches!(c, ',' | ';'), |_, _| None)
        });
        self.text(found.as_deref().unwrap_or(value)).or(found)
    }

    /// Parameters of extensions that end at such characters; those that are no secrets go to `other`.
    fn parameters(
        &mut self,
        value: &str,
        is_end: impl FnMut(char) -> bool,
        other: impl Fn(&mut Self, &str) -> Option<String>,
    ) -> Option<String> {
        let mut out = String::new();
        let mut found = false;
        for piece in value.split_inclusive(is_end) {
            let (parameter, end) = piece.split_at(piece.trim_end_matches([',', ';', ' ', '\t']).len());
            let named = parameter.split_once('=').and_then(|(name, value)| {
                let start = value.len() - value.trim_start_matches([' ', '\t', '"']).len();
                let (before, value) = value.split_at(start);
                let (value, behind) = value.split_at(value.trim_end_matches('"').len());
                let hidden = self.named(name.trim(), value)?;
                Some(format!("{name}={before}{hidden}{behind}"))
            });
            let named = named.or_else(|| other(self, parameter));
            found |= named.is_some();
            out.push_str(named.as_deref().unwrap_or(parameter));
            out.push_str(end);
        }
        found.then_some(out)
    }

    /// Value of a parameter of an extension, its quotes taken off.
    pub(super) fn parameter_value(&mut self, name: &str, value: &str) -> Option<String> {
        self.named(name, value).or_else(|| self.text(value))
    }

    /// `access_token.<token>` and the like.
    fn subprotocol(&mut self, element: &str) -> Option<String> {
        if let Some((name, token)) = element.split_at_checked(KUBERNETES.len())
            && name.eq_ignore_ascii_case(KUBERNETES)
            && !token.is_empty()
        {
            return Some(format!("{name}{}", self.hide(token)));
        }
        let mut start = 0;
        for (at, mark) in element.match_indices(['.', ':', '=', '|', '~']) {
            let token = element.get(at + mark.len()..).unwrap_or_default();
            if is_secret(element.get(start..at).unwrap_or_default()) && !token.is_empty() {
                return Some(format!("{}{}", element.get(..=at).unwrap_or_default(), self.hide(token)));
            }
            start = at + mark.len();
        }
        let is_blob = element.len() >= BLOB
            && element.bytes().any(|b| b.is_ascii_digit())
            && element.bytes().all(|b| b.is_ascii_alphanumeric() || b"-_+/=".contains(&b));
        if is_blob { Some(self.hide(element)) } else { self.text(element) }
    }

    /// Words, of which some may be URIs.
    pub(super) fn words(&mut self, value: &str) -> Option<String> {
        if !value.contains('=') && !value.contains('@') {
            return self.text(value);
        }
        let mut out = String::new();
        let mut found = false;
        for word in value.split_inclusive(' ') {
            let (word, blank) = word.strip_suffix(' ').map_or((word, ""), |word| (word, " "));
            let redacted = self.uri(word);
            found |= redacted.is_some();
            out.push_str(redacted.as_deref().unwrap_or(word));
            out.push_str(blank);
        }
        if found { Some(self.text(&out).unwrap_or(out)) } else { self.text(value) }
    }

    /// A URI, or a request target.
    pub(super) fn uri(&mut self, uri: &str) -> Option<String> {
        let mut out = String::new();
        let mut rest = uri;
        let mut found = false;
        if let Some((scheme, behind)) =
            uri.split_once("//").filter(|(scheme, _)| scheme.is_empty() || scheme.ends_with(':'))
        {
            let end = behind.find(['/', '?', '#']).unwrap_or(behind.len());
            let (authority, path) = behind.split_at(end);
            if let Some(authority) = self.authority(authority) {
                out = format!("{scheme}//{authority}");
                rest = path;
                found = true;
            }
        }
        if rest.contains('=') {
            let query = rest.find(['?', '#']).unwrap_or(rest.len());
            for (n, part) in [rest.get(..query), rest.get(query..)].into_iter().flatten().enumerate() {
                let ends: &[char] = if n == 0 { &['/', ';', '&', ','] } else { &['?', '&', '#'] };
                for piece in part.split_inclusive(ends) {
                    let end = piece.len() - usize::from(piece.ends_with(ends));
                    let (piece, mark) = piece.split_at(end);
                    let redacted = self.parameter(piece);
                    found |= redacted.is_some();
                    out.push_str(redacted.as_deref().unwrap_or(piece));
                    out.push_str(mark);
                }
            }
        } else {
            out.push_str(rest);
        }
        if found { Some(self.text(&out).unwrap_or(out)) } else { self.text(uri) }
    }

    /// `user:password@host`
    fn authority(&mut self, authority: &str) -> Option<String> {
        let (user, host) = authority.rsplit_once('@')?;
        user.split_once(':').into_iter().for_each(|(_, password)| self.remember(password));
        Some(format!("{}@{host}", self.hide(user)))
    }

    /// `name=value`
    fn parameter(&mut self, piece: &str) -> Option<String> {
        let mut start = 0;
        loop {
            let rest = piece.get(start..)?;
            let (name, value) = rest.split_once('=').filter(|(_, value)| !value.is_empty())?;
            // Some part parameters by a semicolon; where the one before holds a secret, it may as well be a part of it.
            if is_called_secret(name) || start == 0 && self.holds_secret(value) {
                return Some(format!("{}{name}={}", piece.get(..start)?, self.hide(value)));
            }
            start += match name.rfind(';') {
                Some(at) => at + 1,
                None => name.len() + 1 + value.find(';')? + 1,
            };
        }
    }

    /// A value by what it is called.
    fn named(&mut self, name: &str, value: &str) -> Option<String> {
        let is_hidden = !value.is_empty() && (is_called_secret(name) || self.holds_secret(value));
        is_hidden.then(|| self.hide(value))
    }

    /// Whether a value is a whole URI, percent-encoded, with a secret in it.
    fn holds_secret(&mut self, value: &str) -> bool {
        let mut inner = Self { known: FoundSecrets::default(), depth: self.depth + 1 };
        let holds = inner.depth < NESTED && value.contains('%') && inner.uri(&decoded(value)).is_some();
        inner.known.iter().for_each(|secret| self.remember(secret));
        holds
    }

    /// Any text: what looks like a JSON Web Token.
    pub(super) fn text(&mut self, text: &str) -> Option<String> {
        let mut out = String::new();
        let mut end = 0;
        while let Some(token) = web_token(text, end) {
            out.push_str(text.get(end..token.start).unwrap_or_default());
            out.push_str(&self.hide(text.get(token.clone()).unwrap_or_default()));
            end = token.end;
        }
        (end > 0).then(|| out + text.get(end..).unwrap_or_default())
    }
}

/// Whether a parameter is called like a secret, maybe percent-encoded.
fn is_called_secret(name: &str) -> bool {
    let name = decoded(name);
    WHOLE.iter().any(|known| name.eq_ignore_ascii_case(known)) || is_secret(&name)
}

/// Whether a value is made of nothing but words, as names of hosts, languages and protocols are: nobody could see any
/// of them any more, and no secret is one.
fn is_words(value: &str) -> bool {
    value.split(['-', '_', '.', '/', ' ']).all(|word| {
        let rest = word.get(1..).unwrap_or_default();
        word.bytes().all(|b| b.is_ascii_alphabetic())
            && (rest.bytes().all(|b| b.is_ascii_lowercase()) || !word.bytes().any(|b| b.is_ascii_lowercase()))
    })
}

/// Whether a name is that of a secret.
fn is_secret(name: &str) -> bool {
    let words = name.split(|c: char| !c.is_ascii_alphanumeric()).filter(|word| !word.is_empty());
    words.clone().any(|word| {
        let ends_in = |end: &&str| {
            let at = word.len().checked_sub(end.len());
            at.and_then(|at| word.get(at..)).is_some_and(|tail| tail.eq_ignore_ascii_case(end))
        };
        WORDS.iter().any(|known| word.eq_ignore_ascii_case(known)) || ENDS.iter().any(ends_in)
    })
}

/// The first part of `text` from `at` on that has the shape of a JSON Web Token (RFC 7519): base64url of `{"`, a point,
/// more.
fn web_token(text: &str, mut at: usize) -> Option<Range<usize>> {
    let is_part = |b: &u8| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_');
    let bytes = text.as_bytes();
    let len = |from: usize| bytes.get(from..).unwrap_or_default().iter().take_while(|b| is_part(b)).count();
    loop {
        // By its rarest letter: most texts have none.
        let mut ends = text.get(at..)?.match_indices('J').filter_map(|(end, _)| (at + end).checked_sub(2));
        let start =
            ends.find(|start| *start >= at && bytes.get(*start..).is_some_and(|b| b.starts_with(b"ey")))?;
        let head = len(start);
        let mut end = start + head;
        if head >= WEB_TOKEN_HEAD && bytes.get(end) == Some(&b'.') && len(end + 1) > 0 {
            // The claims, then the signature or the further parts of an encrypted one.
            while bytes.get(end) == Some(&b'.') {
                end += 1 + len(end + 1);
            }
            return Some(start..end);
        }
        // Whatever begins inside this part ends with it.
        at = end;
    }
}

/// Percent-encoding undone.
fn decoded(text: &str) -> String {
    let bytes = text.as_bytes();
    let mut out = Vec::with_capacity(bytes.len());
    let mut at = 0;
    while let Some(&byte) = bytes.get(at) {
        let digits = text.get(at + 1..at + 3).filter(|_| byte == b'%');
        match digits.and_then(|digits| hex_number(digits.as_bytes())).and_then(|byte| u8::try_from(byte).ok())
        {
            Some(byte) => {
                out.push(byte);
                at += 3;
            }
            None => {
                out.push(byte);
                at += 1;
            }
        }
    }
    String::from_utf8_lossy(&out).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    const JWT: &str = "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2lnbmF0dXJl";

    #[track_caller]
    fn check(redact: impl Fn(&mut Secrets, &str) -> Option<String>, rows: &[(&str, &str)]) {
        for (text, expected) in rows {
            let text = text.replace("JWT", JWT);
            let expected = expected.replace("JWT", JWT);
            assert_eq!(redact(&mut Secrets::default(), &text).unwrap_or(text.clone()), expected, "{text}");
        }
    }

    #[test]
    fn targets() {
        check(
            |secrets, uri| secrets.uri(uri),
            &[
                ("/chat", "/chat"),
                ("/runCase?case=29&agent=wspp", "/runCase?case=29&agent=wspp"),
                (
                    "/?monkey=1&keyboard=us&codec=x&close_code=1",
                    "/?monkey=1&keyboard=us&codec=x&close_code=1",
                ),
                ("/?token=abc&x=1", "/?token=<redacted 3 bytes>&x=1"),
                ("/?x=1&access_token=a;b=c", "/?x=1&access_token=<redacted 5 bytes>"),
                ("/?access%5Ftoken=abc", "/?access%5Ftoken=<redacted 3 bytes>"),
                (
                    "/?authToken=a&client-secret=bc&X-Amz-Signature=d",
                    "/?authToken=<redacted 1 bytes>&client-secret=<redacted 2 bytes>&X-Amz-Signature=<redacted 1 bytes>",
                ),
                (
                    "/?code=abc&transport=websocket&sid=xyz",
                    "/?code=<redacted 3 bytes>&transport=websocket&sid=<redacted 3 bytes>",
                ),
                ("/?token=", "/?token="),
                ("/?q=JWT", "/?q=<redacted 49 bytes>"),
                ("/ws/JWT/x", "/ws/<redacted 49 bytes>/x"),
                ("/a;jsessionid=abc/b", "/a;jsessionid=<redacted 3 bytes>/b"),
                ("/#access_token=abc", "/#access_token=<redacted 3 bytes>"),
                ("/?next=%2Fws%3Ftoken%3Dabc", "/?next=<redacted 19 bytes>"),
                ("http://u:p@h/?a=b", "http://<redacted 3 bytes>@h/?a=b"),
                ("//u:p@h/?a=b", "//<redacted 3 bytes>@h/?a=b"),
                ("ws://h/@x", "ws://h/@x"),
                ("/a//b@c", "/a//b@c"),
                ("/?a=1;token=abc;c=d", "/?a=1;token=<redacted 7 bytes>"),
                ("/?a=1;b=2&c=d", "/?a=1;b=2&c=d"),
                ("/?a;b;=c;;code=d;e", "/?a;b;=c;;code=<redacted 3 bytes>"),
                ("/?a=1;b=%2Fws%3Ftoken%3Dabc", "/?a=<redacted 23 bytes>"),
            ],
        );
    }

    #[test]
    fn fields() {
        check(
            |secrets, line| secrets.line(line),
            &[
                ("Authorization: Bearer abc def", "Authorization: Bearer <redacted 7 bytes>"),
                ("authorization: abc", "authorization: <redacted 3 bytes>"),
                ("Cookie: a=b; c=d", "Cookie: <redacted 8 bytes>"),
                ("X-Api-Key: abc", "X-Api-Key: <redacted 3 bytes>"),
                ("X-Auth-Token: abc", "X-Auth-Token: <redacted 3 bytes>"),
                (
                    "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
                    "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
                ),
                (
                    "Sec-WebSocket-Extensions: permessage-deflate; client_max_window_bits=15, a",
                    "Sec-WebSocket-Extensions: permessage-deflate; client_max_window_bits=15, a",
                ),
                (
                    "Sec-WebSocket-Extensions: \"a=; token=b, c",
                    "Sec-WebSocket-Extensions: \"a=; token=<redacted 1 bytes>, c",
                ),
                (
                    "Sec-WebSocket-Extensions: a; token=bc ;d=e,f;key = \"g,\\\";h\", i; sig=\"j;k=l",
                    "Sec-WebSocket-Extensions: a; token=<redacted 2 bytes> ;d=e,f;key = \"<redacted 6 bytes>\", i; sig=\"<redacted 5 bytes>",
                ),
                ("Origin: https://u:p@h", "Origin: https://<redacted 3 bytes>@h"),
                ("Referer: https://h/?token=a;b", "Referer: https://h/?token=<redacted 3 bytes>"),
                ("Host: u@h:80", "Host: <redacted 1 bytes>@h:80"),
                ("X-Note: got JWT, see", "X-Note: got <redacted 49 bytes>, see"),
                ("Keep-Alive: timeout=5, max=10", "Keep-Alive: timeout=5, max=10"),
                ("GET /?token=abc x HTTP/1.1", "GET /?token=<redacted 3 bytes> x HTTP/1.1"),
                ("GET /x y?token=abc&b=c HTTP/1.1", "GET /x y?token=<redacted 3 bytes>&b=c HTTP/1.1"),
                ("GET http://u:p@h/x y HTTP/1.1", "GET http: //<redacted 3 bytes>@h/x y HTTP/1.1"),
                ("/?sig=ab Bearer abc", "/?sig=<redacted 2 bytes> Bearer <redacted 3 bytes>"),
                (
                    "Sec-WebSocket-Version: 13 Authorization: Bearer abc",
                    "Sec-WebSocket-Version: 13 Authorization: Bearer <redacted 3 bytes>",
                ),
                ("X-Note: see X-Api-Key: abc", "X-Note: see X-Api-Key: <redacted 3 bytes>"),
                ("Server: a: b", "Server: a: b"),
            ],
        );
    }

    #[test]
    fn subprotocols() {
        check(
            |secrets, list| secrets.list(list),
            &[
                ("chat, superchat", "chat, superchat"),
                ("v4.channel.k8s.io", "v4.channel.k8s.io"),
                ("graphql-transport-ws", "graphql-transport-ws"),
                ("bearer, abc", "bearer, <redacted 3 bytes>"),
                ("chat, Authorization, abc, v2", "chat, Authorization, <redacted 3 bytes>, v2"),
                ("token, bearer, abc, v2", "token, <redacted 6 bytes>, <redacted 3 bytes>, v2"),
                (
                    "base64url.bearer.authorization.k8s.io.YWJj",
                    "base64url.bearer.authorization.k8s.io.<redacted 4 bytes>",
                ),
                ("access_token.a.b", "access_token.<redacted 3 bytes>"),
                (
                    "realtime, openai-insecure-api-key.sk-1",
                    "realtime, openai-insecure-api-key.<redacted 4 bytes>",
                ),
                ("0123456789abcdef0123456789abcdef", "<redacted 32 bytes>"),
                ("JWT", "<redacted 49 bytes>"),
            ],
        );
    }

    #[test]
    fn web_tokens() {
        check(
            |secrets, text| secrets.text(text),
            &[
                ("JWT", "<redacted 49 bytes>"),
                ("a JWT, JWT.", "a <redacted 49 bytes>, <redacted 50 bytes>"),
                ("xeyJhbGciOiJ9.e", "x<redacted 14 bytes>"),
                ("eyJhbGciOiJ9..e", "eyJhbGciOiJ9..e"),
                ("eyJhbGciOiJ9.a..b.c d", "<redacted 19 bytes> d"),
                ("eyJhbGci.OiJ9 J eJ yJ eyJeyJeyJeyJ", "eyJhbGci.OiJ9 J eJ yJ eyJeyJeyJeyJ"),
                ("eyJ.JWT", "eyJ.<redacted 49 bytes>"),
            ],
        );
    }

    #[test]
    fn words_of_a_cookie_are_none() {
        let mut secrets = Secrets::default();
        let cookie = "transport=websocket; domain=chat.example.com; enc=permessage-deflate; v=UPGRADE; id=aBcdefgh; n=abcdef1";
        assert!(secrets.field("Cookie", cookie).is_some());
        let known = |text: &str| secrets.known(text).is_some();
        for word in ["websocket", "chat.example.com", "permessage-deflate", "UPGRADE"] {
            assert!(!known(word), "{word}");
        }
        assert!(known("aBcdefgh") && known("abcdef1") && known(cookie));
    }

    #[test]
    fn what_was_found_is_hidden_elsewhere_too() {
        let mut secrets = Secrets::default();
        assert!(secrets.field("Authorization", "Bearer abcdefghijkl").is_some());
        for (text, expected) in [
            ("no abcdefghijkl here", Some("no <redacted 12 bytes> here")),
            ("cut: abcdefghij", Some("cut: <redacted 10 bytes>")),
            ("abcdefg", None),
            ("abcdefgh and more", None),
        ] {
            assert_eq!(secrets.known(text).as_deref(), expected, "{text}");
        }
    }

    /// A target is as long as its sender likes, and threads have small stacks.
    #[test]
    fn parameters_parted_by_semicolons_take_no_stack() {
        let target = format!("/?{}token=s3cr3t-4711", "a=b;".repeat(4_000));
        let redact = move || Secrets::default().uri(&target);
        let thread = std::thread::Builder::new().stack_size(64 << 10).spawn(redact);
        let redacted = thread.and_then(|thread| thread.join().map_err(|_| std::io::Error::other("panicked")));
        assert!(redacted.is_ok_and(|redacted| redacted.is_some_and(|text| !text.contains("s3cr3t"))));
    }
}
