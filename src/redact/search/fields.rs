//! Fields of a head: what each of them is made of, by its name.

use std::mem;
use std::ops::Range;

use crate::model::field;
use crate::redact::looks::{is_opaque, is_ordinary, says_nothing};
use crate::redact::names::Grade::{self, Neutral, Strong, Weak};
use crate::redact::names::{grade, is_identifier};
use crate::redact::piece::{Kind, Piece, decoded};
use crate::redact::search::{Search, has_parameters, is_one_of, parted, trimmed};

/// Schemes (RFC 9110 11.4) that may stand before what is hidden: which one was used is half of many an answer.
pub(super) const SCHEMES: &[&str] = &[
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

impl<'t> Search<'t> {
    /// The value of a field.
    pub(super) fn field(&mut self, piece: &Piece<'t>, name: &str, range: Range<usize>) {
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
    pub(super) fn cookie(&mut self, piece: &Piece<'t>, range: Range<usize>) {
        let range = trimmed(&piece.text, range);
        let pair = piece.get(&range);
        let start = pair.find('=').map_or(range.start, |at| range.start + at + 1);
        if !says_nothing(piece.get(&(start..range.end))) {
            self.hide(piece, start..range.end);
        }
    }

    /// A value by what it is called.
    pub(super) fn value(&mut self, piece: &Piece<'t>, name: &str, range: Range<usize>) {
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

    pub(super) fn is_secret_if_weak(&self, piece: &Piece<'_>, value: &str) -> bool {
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
    pub(super) fn named(&mut self, piece: &Piece<'t>, name: &str, range: Range<usize>) {
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
    pub(super) fn credentials(&mut self, piece: &Piece<'t>, range: Range<usize>) {
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
    pub(super) fn named_alone(&mut self, piece: &Piece<'t>, name: &str, range: Range<usize>) {
        let range = trimmed(&piece.text, range);
        let value = piece.get(&range);
        let start = range.start + usize::from(value.starts_with('"'));
        let end = (range.end - usize::from(value.len() > 1 && value.ends_with('"'))).max(start);
        let scope = piece.get(&(start..end)).find('/').filter(|_| name.eq_ignore_ascii_case("Credential"));
        self.hide(piece, start..scope.map_or(end, |at| start + at));
    }

    /// A list of subprotocols.
    pub(super) fn list(&mut self, piece: &Piece<'t>, range: Range<usize>) {
        let mut before = Neutral;
        for element in parted(&piece.text, range, &[','], false) {
            self.element(piece, trimmed(&piece.text, element), &mut before);
        }
    }

    /// One of them; the one before may have announced it, as it may the next.
    pub(super) fn element(&mut self, piece: &Piece<'t>, range: Range<usize>, before: &mut Grade) {
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
    pub(super) fn extensions(&mut self, piece: &Piece<'t>, range: Range<usize>) {
        for parameter in parted(&piece.text, range, &[',', ';'], true) {
            let Some(value) = self.extension_parameter(piece, &parameter) else { continue };
            for inner in parted(&piece.text, value, &[',', ';'], false) {
                self.extension_parameter(piece, &inner);
            }
        }
    }

    /// A parameter, and its value where that is in quotes and no secret.
    pub(super) fn extension_parameter(
        &mut self,
        piece: &Piece<'t>,
        range: &Range<usize>,
    ) -> Option<Range<usize>> {
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
}
