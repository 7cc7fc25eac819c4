//! Where in a text names stand, and how sure it is that they do.
//!
//! Where names stand (in a request target, in fields that are none of the protocol's) every word is replaced but common ones; in a host
//! and in a secret all are. Elsewhere those that are known from such places are, and what has the form of an address, a URI, a
//! host or a mailbox.

use std::ops::Range;

use crate::model::field;
use crate::redact::pseudonyms::common::{is_common, is_end};
use crate::redact::pseudonyms::words::{letter_or_digit, words};
use crate::redact::search::{Place, is_plain, is_word_end, search, trimmed};

/// Which words are replaced.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Level {
    /// Those that are known.
    Known,
    /// All but common ones.
    Names,
    /// All.
    All,
    /// None.
    Kept,
}
use Level::{All, Kept, Known, Names};

/// A text, and what is to be replaced in it.
#[derive(Debug)]
pub(super) struct Marked<'t> {
    pub(super) text: &'t str,
    /// Of each byte.
    pub(super) levels: Vec<Level>,
    /// What looks like an address behind a slash is the version of a product.
    pub(super) has_products: bool,
}

/// Fields of which the protocol, or what is sent by it, says what they hold, in order.
const OF_PROTOCOL: &[&str] = &[
    ":method",
    ":protocol",
    ":scheme",
    ":status",
    "accept",
    "accept-charset",
    "accept-encoding",
    "accept-language",
    "accept-ranges",
    "age",
    "allow",
    "cache-control",
    "connection",
    "content-encoding",
    "content-language",
    "content-length",
    "content-type",
    "date",
    "dnt",
    "expect",
    "expires",
    "http2-settings",
    "keep-alive",
    "last-modified",
    "max-forwards",
    "pragma",
    "priority",
    "proxy-connection",
    "referrer-policy",
    "retry-after",
    "save-data",
    "sec-gpc",
    "sec-websocket-extensions",
    "sec-websocket-version",
    "server",
    "strict-transport-security",
    "te",
    "trailer",
    "transfer-encoding",
    "upgrade",
    "upgrade-insecure-requests",
    "user-agent",
    "vary",
    "x-content-type-options",
    "x-forwarded-port",
    "x-forwarded-proto",
    "x-frame-options",
    "x-powered-by",
    "x-requested-with",
    "x-xss-protection",
];

/// What the names of others begin with.
const OF_PROTOCOL_BY: &[&str] = &[
    "access-control-allow-",
    "access-control-expose-",
    "access-control-max-",
    "access-control-request-",
    "cross-origin-",
    "sec-ch-",
    "sec-fetch-",
];

/// Fields that hold hosts.
const HOSTS: &[&str] =
    &["host", ":authority", "x-forwarded-host", "x-forwarded-server", "x-host", "x-original-host"];

/// Parameters whose numbers are versions, or counted: of the Autobahn Testsuite, Engine.IO, Phoenix.
const NUMBERED: &[&str] = &["case", "eio", "protocol", "v", "ver", "version", "vsn"];

fn is_one_of(list: &[&str], name: &str) -> bool {
    list.iter().any(|known| known.eq_ignore_ascii_case(name))
}

/// Whether the protocol says what a field holds.
fn is_of_protocol(name: &str) -> bool {
    let begins =
        |start: &&str| name.get(..start.len()).is_some_and(|begin| begin.eq_ignore_ascii_case(start));
    name != "*"
        && !name.eq_ignore_ascii_case("access-control-allow-origin")
        && (is_one_of(OF_PROTOCOL, name) || OF_PROTOCOL_BY.iter().any(begins))
}

impl<'t> Marked<'t> {
    fn new(text: &'t str, level: Level) -> Self {
        Self { text, levels: vec![level; text.len()], has_products: false }
    }

    /// What of a text that stands at `place` is to be replaced. What is encoded more than `nesting` times is a secret as a whole.
    pub(super) fn at(mut place: Place<'_>, text: &'t str, nesting: usize) -> Self {
        let mut marked = match &place {
            Place::Target => {
                let mut marked = Self::new(text, Names);
                marked.forms(true);
                marked.parameters();
                marked
            }
            Place::Name => Self::new(text, Names),
            Place::List | Place::Element(_) => Self::protocols(text),
            Place::Field(name) => Self::field(name, text),
            Place::Line => match text.split_once(':') {
                Some((name, value)) => {
                    let mut marked = Self::new(text, Names);
                    let value = Self::field(name.trim(), value);
                    for (level, of) in marked.levels.iter_mut().skip(name.len() + 1).zip(&value.levels) {
                        *level = *of;
                    }
                    Self { has_products: value.has_products, ..marked }
                }
                None => {
                    let mut marked = Self::new(text, Names);
                    marked.forms(true);
                    marked
                }
            },
            Place::Parameter(_) | Place::Told => Self::new(text, Known),
            Place::Words | Place::Payload => {
                let mut marked = Self::new(text, Known);
                marked.forms(true);
                marked
            }
        };
        if !matches!(place, Place::Told) && !is_plain(&mut place, text) {
            for span in search(place, text, nesting).spans {
                marked.mark(span.range, All);
            }
        }
        marked
    }

    /// A host, with its port or without.
    pub(super) fn host(text: &'t str) -> Self {
        let mut marked = Self::new(text, All);
        marked.authority(0..text.len());
        marked
    }

    /// The name of a file.
    pub(super) fn file(text: &'t str) -> Self {
        Self::new(text, Names)
    }

    /// A field by its name.
    fn field(name: &str, value: &'t str) -> Self {
        if is_of_protocol(name) {
            let mut marked = Self::new(value, Known);
            marked.has_products = true;
            marked.forms(false);
            return marked;
        }
        if is_one_of(&[field::KEY, field::ACCEPT], name) {
            return Self::new(value, All);
        }
        let mut marked = Self::new(value, Names);
        let elements = |value: &str| {
            let mut start = 0;
            value
                .split(',')
                .map(|element| {
                    let at = start;
                    start += element.len() + 1;
                    at..at + element.len()
                })
                .collect::<Vec<_>>()
        };
        if name.eq_ignore_ascii_case(field::PROTOCOL) {
            return Self::protocols(value);
        }
        if is_one_of(HOSTS, name) {
            for element in elements(value) {
                marked.authority(trimmed(value, element));
            }
            return marked;
        }
        if name.eq_ignore_ascii_case("via") {
            // `1.1 host:80 (comment)` (RFC 9110 7.6.3).
            for element in elements(value) {
                let element = trimmed(value, element);
                let part = value.get(element.clone()).unwrap_or_default();
                let mut words = part.split_whitespace();
                let version = words.next().unwrap_or_default().len();
                marked.mark(element.start..element.start + version, Kept);
                if let Some(by) = words.next()
                    && let Some(at) = part.get(version..).and_then(|rest| rest.find(by))
                {
                    let start = element.start + version + at;
                    marked.authority(start..start + by.len());
                }
            }
            return marked;
        }
        marked.forms(true);
        if is_one_of(&["referer", "location"], name) {
            marked.parameters();
        }
        marked
    }

    /// Subprotocols, of which short numbers say the version.
    fn protocols(text: &'t str) -> Self {
        let mut marked = Self::new(text, Names);
        for word in words(text.as_bytes()) {
            if word.len() <= 2
                && text.as_bytes().get(word.clone()).is_some_and(|word| word.iter().all(u8::is_ascii_digit))
            {
                marked.mark(word, Kept);
            }
        }
        marked
    }

    fn mark(&mut self, range: Range<usize>, level: Level) {
        if let Some(levels) = self.levels.get_mut(range) {
            levels.iter_mut().for_each(|of| *of = (*of).max(level));
        }
    }

    /// `user:password@host:port`, the host wholly, its port not.
    fn authority(&mut self, range: Range<usize>) {
        let text = self.text.get(range.clone()).unwrap_or_default();
        let start = range.start + text.rfind('@').map_or(0, |at| at + 1);
        self.mark(range.start..start, All);
        let host = self.text.get(start..range.end).unwrap_or_default();
        let is_port = |port: &str| (1..=5).contains(&port.len()) && port.bytes().all(|b| b.is_ascii_digit());
        let end = match host.rsplit_once(':') {
            // More colons are of an address.
            Some((name, port)) if is_port(port) && (!name.contains(':') || name.ends_with(']')) => {
                self.mark(start + name.len() + 1..range.end, Kept);
                start + name.len()
            }
            _ => range.end,
        };
        self.mark(start..end, All);
        let name = self.text.get(start..end).unwrap_or_default().trim_end_matches('.');
        let last = name.rfind('.').map_or(0, |at| at + 1);
        let label = name.get(last..).unwrap_or_default();
        if (last > 0 || label.eq_ignore_ascii_case("localhost")) && is_end(label.as_bytes()) {
            self.mark(start + last..start + name.len(), Kept);
        }
    }

    /// Numbers of parameters that say a version, or count.
    fn parameters(&mut self) {
        let text = self.text;
        let Some(query) = text.find('?') else { return };
        let mut at = query + 1;
        for parameter in text.get(at..).unwrap_or_default().split(['&', ';', '#']) {
            if let Some((name, value)) = parameter.split_once('=')
                && is_one_of(NUMBERED, name)
                && value.len() <= 6
                && value.bytes().all(|b| b.is_ascii_digit() || b == b'.')
            {
                let start = at + name.len() + 1;
                self.mark(start..start + value.len(), Kept);
            }
            at += parameter.len() + 1;
        }
    }

    /// What has the form of a URI, a mailbox or a host. `all`: also hosts that are made of common words.
    fn forms(&mut self, all: bool) {
        let text = self.text;
        let mut from = 0;
        while let Some(at) = text.get(from..).and_then(|rest| rest.find("//")).map(|at| from + at) {
            let start = at + 2;
            let is_uri = text.get(..at).is_some_and(|before| before.is_empty() || before.ends_with(':'));
            let rest = text.get(start..).unwrap_or_default();
            let is_end = |c: char| is_word_end(c) || c == '\\';
            let end = start + rest.find(is_end).unwrap_or(rest.len());
            if is_uri {
                let part = text.get(start..end).unwrap_or_default();
                let host = start + part.find(['/', '?', '#']).unwrap_or(part.len());
                self.authority(start..host);
                self.mark(host..end, Names);
            }
            from = if is_uri { end.max(start) } else { start };
        }
        let bytes = text.as_bytes();
        let is_of_name = |at: usize| {
            letter_or_digit(bytes, at)
                .or_else(|| bytes.get(at).is_some_and(|b| b"._-+".contains(b)).then_some(1))
        };
        let mut at = 0;
        while at < bytes.len() {
            let start = at;
            while let Some(len) = is_of_name(at) {
                at += len;
            }
            let name = text.get(start..at).unwrap_or_default();
            if bytes.get(at) == Some(&b'@') && !name.is_empty() {
                self.mark(start..at, All);
                let domain = at + 1;
                at = domain;
                while let Some(len) = is_of_name(at) {
                    at += len;
                }
                self.authority(domain..at);
            } else if is_host(name)
                && (all || !words(name.as_bytes()).all(|word| is_common(&name.as_bytes()[word])))
            {
                self.authority(start..at);
            }
            if at == start {
                at += 1;
            }
        }
    }
}

/// Whether a name has points in it, and ends like that of a host.
fn is_host(name: &str) -> bool {
    let name = name.trim_end_matches('.');
    name.rsplit_once('.').is_some_and(|(labels, last)| {
        let is_end = last.len() >= 2 && last.chars().all(char::is_alphabetic) || last.starts_with("xn--");
        is_end && last.len() <= 24 && labels.split('.').all(|label| !label.is_empty())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What of a text is replaced, and what is not: `_` for what is known, `n` for names, `a` for all, `k` for what is kept.
    #[track_caller]
    fn check(place: Place<'_>, text: &str, expected: &str) {
        let marked = Marked::at(place, text, 16);
        let marks: String = marked
            .levels
            .iter()
            .map(|level| match level {
                Known => '_',
                Names => 'n',
                All => 'a',
                Kept => 'k',
            })
            .collect();
        assert_eq!(marks, expected, "{text}");
    }

    #[test]
    fn texts() {
        check(Place::Target, "/room/7?v=2&u=bob", "nnnnnnnnnnknnnnnn");
        check(Place::Target, "http://h.acme.com:80/x", "nnnnnnnaaaaaaakkknkknn");
        check(Place::Field("Host"), "api.acme.com:8080", "aaaaaaaaakkknkkkk");
        check(Place::Field("Host"), "localhost:9001", "kkkkkkkkknkkkk");
        check(Place::Field("Via"), "1.1 gw:80, 2 b (x)", "kkknaankknnknannnn");
        check(Place::Field("User-Agent"), "Mozilla/5.0", "___________");
        check(Place::Field("User-Agent"), "a (http://acme.org/b)", "__________aaaaakkknn_");
        check(Place::Field("X-User"), "bob@acme.com", "aaanaaaaakkk");
        check(Place::Payload, "see gw.acme.com", "____aaaaaaaakkk");
        check(Place::Payload, "hello world", "___________");
        check(Place::Line, "X-Note: bob", "nnnnnnnnnnn");
    }
}
