//! What is secret in a conversation, and what is left of a text without it.

use std::cmp::Reverse;
use std::collections::BTreeMap;
use std::ops::Range;

use crate::redact::known::{Known, SHORTEST};
use crate::redact::looks::is_ordinary;
use crate::redact::numbered;
use crate::redact::search::{Place, is_plain, search};

/// The secrets of one conversation. Equal ones have one number, by which they are known in a report.
#[derive(Debug)]
pub(super) struct Secrets {
    numbers: BTreeMap<String, u32>,
    known: Known,
    /// Texts inside one another that are taken apart.
    nesting: usize,
    /// Secrets that have numbers; more are hidden where they are found, and not looked for elsewhere.
    most: usize,
}

/// Bytes of the fragments before one in which a secret may have begun.
const BEHIND: usize = 1 << 10;

/// What is hidden, and what is known of it.
type Hidden = (Range<usize>, Which);

/// Which secret it is.
#[derive(Debug)]
enum Which {
    /// By its number.
    Known(u32),
    /// By its value, if that is written otherwise.
    Found(Option<String>),
}

impl Secrets {
    pub(super) fn new(nesting: usize) -> Self {
        Self { numbers: BTreeMap::new(), known: Known::default(), nesting, most: usize::MAX }
    }

    /// With so many of them.
    pub(super) fn at_most(self, most: usize) -> Self {
        Self { most, ..self }
    }

    /// Whether there is none.
    pub(super) fn is_empty(&self) -> bool {
        self.numbers.is_empty()
    }

    /// Looks for secrets in a text that stands at `place`.
    pub(super) fn learn(&mut self, mut place: Place<'_>, text: &str) {
        if is_plain(&mut place, text) {
            return;
        }
        let found = search(place, text, self.nesting);
        if found.spans.is_empty() {
            return;
        }
        let mut spans: Vec<_> = found.spans.into_iter().map(|span| (span.range, span.value)).collect();
        spans.sort_by_key(|(range, _)| (range.start, Reverse(range.end)));
        let mut end = 0;
        for (range, value) in spans {
            // What is inside another is no secret of its own.
            if range.end <= end {
                continue;
            }
            end = range.end;
            let written = text.get(range).unwrap_or_default();
            let number = match value {
                Some(value) => {
                    let number = self.number(&value);
                    self.look_for(&value, number);
                    number
                }
                None => self.number(written),
            };
            self.look_for(written, number);
        }
        for inner in found.inner {
            let number = self.number(&inner);
            self.look_for(&inner, number);
        }
    }

    fn number(&mut self, secret: &str) -> u32 {
        if let Some(number) = self.numbers.get(secret) {
            return *number;
        }
        if self.numbers.len() >= self.most {
            return 0;
        }
        let number = u32::try_from(self.numbers.len()).unwrap_or(u32::MAX).saturating_add(1);
        self.numbers.insert(secret.to_owned(), number);
        number
    }

    /// Words would be found everywhere, and nobody could see them any more.
    fn look_for(&mut self, secret: &str, number: u32) {
        if number > 0 && secret.len() >= SHORTEST && !is_ordinary(secret) {
            self.known.insert(secret, number);
        }
    }

    /// To be called when all are known, before [`without`](Self::without).
    pub(super) fn ready(&mut self) {
        self.known.ready();
    }

    /// What is left of a text that stands at `place`; `None` where that is all of it.
    pub(super) fn without(&mut self, mut place: Place<'_>, text: &str) -> Option<String> {
        let mut hidden = self.known_in(text.as_bytes());
        if is_plain(&mut place, text) {
            return self.rest(text, hidden);
        }
        for span in search(place, text, self.nesting).spans {
            hidden.push((span.range, Which::Found(span.value)));
        }
        self.rest(text, hidden)
    }

    /// As [`without`](Self::without), of the next piece of a message that began with `before`: what is known may be parted
    /// between them.
    pub(super) fn without_behind(&mut self, before: &str, text: &str) -> Option<String> {
        let start = before.len() - before.len().min(BEHIND);
        let before =
            before.get((start..).find(|at| before.is_char_boundary(*at)).unwrap_or(0)..).unwrap_or_default();
        let len = before.len();
        let mut hidden = Vec::new();
        for (range, which) in self.known_in([before, text].concat().as_bytes()) {
            if range.start < len && range.end > len {
                hidden.push((0..range.end - len, which));
            }
        }
        hidden.extend(self.known_in(text.as_bytes()));
        hidden.extend(
            search(Place::Payload, text, self.nesting)
                .spans
                .into_iter()
                .map(|span| (span.range, Which::Found(span.value))),
        );
        self.rest(text, hidden)
    }

    /// Whether a known secret is in a payload.
    pub(super) fn is_in(&self, payload: &[u8]) -> bool {
        !self.known_in(payload).is_empty()
    }

    fn known_in(&self, text: &[u8]) -> Vec<Hidden> {
        let mut found = Vec::new();
        self.known.find(text, &mut found);
        found.into_iter().map(|(range, number)| (range, Which::Known(number))).collect()
    }

    fn rest(&mut self, text: &str, mut hidden: Vec<Hidden>) -> Option<String> {
        if hidden.is_empty() {
            return None;
        }
        hidden.sort_by_key(|(range, _)| (range.start, Reverse(range.end)));
        let mut merged: Vec<Hidden> = Vec::new();
        for (range, which) in hidden {
            match merged.last_mut() {
                Some((last, _)) if range.end <= last.end => {}
                Some((last, of)) if range.start < last.end => {
                    last.end = range.end;
                    *of = Which::Found(None);
                }
                _ => merged.push((range, which)),
            }
        }
        let mut out = String::with_capacity(text.len());
        let mut end = 0;
        for (range, which) in merged {
            let number = match which {
                Which::Known(number) => number,
                Which::Found(Some(value)) => self.number(&value),
                Which::Found(None) => self.number(text.get(range.clone()).unwrap_or_default()),
            };
            // Secrets are text, and so is what they begin and end between.
            out.push_str(text.get(end..range.start).unwrap_or_default());
            out.push_str(&numbered(range.len(), number));
            end = range.end;
        }
        out.push_str(text.get(end..).unwrap_or_default());
        Some(out)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::redact::names::Grade;

    const JWT: &str = "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2lnbmF0dXJl";
    const S: &str = "Zq9xSeCrEt7wPlmK";

    /// Each row in a conversation of its own. `‹16:1›` is the mark of 16 bytes of the first secret.
    #[track_caller]
    fn check(place: impl Fn() -> Place<'static>, rows: &[(&str, &str)]) {
        let written = |text: &str| text.replace("JWT", JWT).replace("$S", S);
        for (text, expected) in rows {
            let (text, mut secrets) = (written(text), Secrets::new(16));
            secrets.learn(place(), &text);
            secrets.ready();
            let rest = secrets.without(place(), &text).unwrap_or_else(|| text.clone());
            let rest = rest.replace("<redacted ", "‹").replace(" bytes, no. ", ":").replace('>', "›");
            assert_eq!(rest, written(expected).replace('>', "›"), "{text}");
        }
    }

    #[test]
    fn targets() {
        check(
            || Place::Target,
            &[
                ("/chat", "/chat"),
                ("/runCase?case=29&agent=wspp", "/runCase?case=29&agent=wspp"),
                (
                    "/?monkey=1&keyboard=us&codec=x&close_code=1",
                    "/?monkey=1&keyboard=us&codec=x&close_code=1",
                ),
                ("/?token=abc&x=1", "/?token=‹3:1›&x=1"),
                ("/?token=undefined&key=null", "/?token=undefined&key=null"),
                ("/?x=1&access_token=a;b=c", "/?x=1&access_token=‹5:1›"),
                ("/?access%5Ftoken=abc", "/?access%5Ftoken=‹3:1›"),
                (
                    "/?authToken=a&client-secret=bc&X-Amz-Signature=d",
                    "/?authToken=‹1:1›&client-secret=‹2:2›&X-Amz-Signature=‹1:3›",
                ),
                (
                    "/?code=a1b2c3d&transport=websocket&sid=x1y2z3&key=harmless",
                    "/?code=‹7:1›&transport=websocket&sid=‹6:2›&key=harmless",
                ),
                ("/?token=", "/?token="),
                ("/?q=JWT", "/?q=‹49:1›"),
                ("/ws/JWT/x", "/ws/‹49:1›/x"),
                ("/a;jsessionid=abc/b", "/a;jsessionid=‹3:1›/b"),
                ("/#access_token=abc", "/#access_token=‹3:1›"),
                ("/?next=%2Fws%3Ftoken%3Dabc", "/?next=%2Fws%3Ftoken%3D‹3:1›"),
                (
                    "/?next=%2Fws%3Fnext%3D%252Fx%253Ftoken%253Dabc%26a%3D1",
                    "/?next=%2Fws%3Fnext%3D%252Fx%253Ftoken%253D‹3:1›%26a%3D1",
                ),
                ("http://u:p@h/?a=b", "http://u:‹1:1›@h/?a=b"),
                ("//JWT?", "//‹49:1›?"),
                ("//session/a1b2c3d4e5", "//session/‹10:1›"),
                ("//server.example.com/chat", "//server.example.com/chat"),
                ("//tok3n@h/?a=b", "//‹5:1›@h/?a=b"),
                ("ws://h/@x", "ws://h/@x"),
                ("/a//b@c", "/a//b@c"),
                ("/?a=1;token=abc;c=d", "/?a=1;token=‹7:1›"),
                ("/?a=1;b=2&c=d", "/?a=1;b=2&c=d"),
                ("/?a;b;=c;;sid=d1e2f3;e", "/?a;b;=c;;sid=‹6:1›;e"),
                ("/ws/token/a1b2c3d/x", "/ws/token/‹7:1›/x"),
                ("/ws/session/main/x", "/ws/session/main/x"),
                ("/?t=$S&p=$S&id=abc123", "/?t=‹16:1›&p=‹16:1›&id=abc123"),
                ("/?$S", "/?‹16:1›"),
                ("/?payload={\"token\":\"a;b&c\",\"x\":1}", "/?payload={\"token\":\"‹5:1›\",\"x\":1}"),
                (
                    "/?p=%7B%22authToken%22%3A%22a%5C%22b%22%2C%22x%22%3A1%7D",
                    "/?p=%7B%22authToken%22%3A%22‹8:1›%22%2C%22x%22%3A1%7D",
                ),
                ("/?header=eyJ0b2tlbiI6ImFiYyJ9&payload=e30=", "/?header=‹20:1›&payload=e30="),
                ("/?header=eyJob3N0IjoiZXhhbXBsZS5jb20ifQ==", "/?header=eyJob3N0IjoiZXhhbXBsZS5jb20ifQ=="),
                (
                    "/mqtt?X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential=AKIA123%2F20130524%2Fus&X-Amz-Date=20130524T000000Z&X-Amz-SignedHeaders=host&X-Amz-Signature=$S",
                    "/mqtt?X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential=‹7:1›%2F20130524%2Fus&X-Amz-Date=20130524T000000Z&X-Amz-SignedHeaders=host&X-Amz-Signature=‹16:2›",
                ),
                (
                    "/?request_id=7f9c24e8-3b1a-4d6e-9f00-0123456789ab",
                    "/?request_id=7f9c24e8-3b1a-4d6e-9f00-0123456789ab",
                ),
                ("/?id=7f9c24e8-3b1a-4d6e-9f00-0123456789ab", "/?id=‹36:1›"),
            ],
        );
    }

    #[test]
    fn field_lines() {
        check(
            || Place::Line,
            &[
                ("Authorization: Bearer abc def", "Authorization: Bearer ‹7:1›"),
                ("authorization: abc", "authorization: ‹3:1›"),
                (
                    "Authorization: Digest username=\"bob\", realm=\"prod\", nonce=\"n\", response=\"abc\"",
                    "Authorization: Digest username=\"bob\", realm=\"prod\", nonce=\"‹1:1›\", response=\"‹3:2›\"",
                ),
                (
                    "Authorization: AWS4-HMAC-SHA256 Credential=AK/20130524/iot, SignedHeaders=host;x-amz-date, Signature=abc",
                    "Authorization: AWS4-HMAC-SHA256 Credential=‹2:1›/20130524/iot, SignedHeaders=host;x-amz-date, Signature=‹3:2›",
                ),
                (
                    "Authorization: SharedAccessSignature sr=x&sig=a%2Bb&se=1&skn=n",
                    "Authorization: SharedAccessSignature sr=x&sig=‹5:1›&se=1&skn=n",
                ),
                ("Cookie: a=b1; c=d; a=b1", "Cookie: a=‹2:1›; c=‹1:2›; a=‹2:1›"),
                (
                    "Set-Cookie: sid=abc; Path=/; SameSite=Strict",
                    "Set-Cookie: sid=‹3:1›; Path=/; SameSite=Strict",
                ),
                ("X-Api-Key: abc", "X-Api-Key: ‹3:1›"),
                ("X-Auth Token: abc", "X-Auth Token: ‹3:1›"),
                (
                    "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
                    "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
                ),
                (
                    "X-Request-Id: 7f9c24e8-3b1a-4d6e-9f00-0123456789ab",
                    "X-Request-Id: 7f9c24e8-3b1a-4d6e-9f00-0123456789ab",
                ),
                (
                    "User-Agent: Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 Chrome/120.0.0.0 Safari/537.36",
                    "User-Agent: Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 Chrome/120.0.0.0 Safari/537.36",
                ),
                ("User-Agent: bot/1.0 (token=abc1def)", "User-Agent: bot/1.0 (token=‹7:1›)"),
                (
                    "Sec-WebSocket-Extensions: permessage-deflate; client_max_window_bits=15, a",
                    "Sec-WebSocket-Extensions: permessage-deflate; client_max_window_bits=15, a",
                ),
                (
                    "Sec-WebSocket-Extensions: \"a=; token=b, c",
                    "Sec-WebSocket-Extensions: \"a=; token=‹1:1›, c",
                ),
                (
                    "Sec-WebSocket-Extensions: a; token=bc ;d=e,f;api-key = \"g,\\\";h\", i; sig=\"j;k=l",
                    "Sec-WebSocket-Extensions: a; token=‹2:1› ;d=e,f;api-key = \"‹6:2›\", i; sig=\"‹5:3›",
                ),
                ("Origin: https://u:p@h", "Origin: https://u:‹1:1›@h"),
                ("Referer: https://h/?token=a;b", "Referer: https://h/?token=‹3:1›"),
                ("Host: u1@h:80", "Host: ‹2:1›@h:80"),
                ("X-Note: got JWT, see", "X-Note: got ‹49:1›, see"),
                ("X-Note: $S/x", "X-Note: ‹16:1›/x"),
                ("X-Note: Bearer a1b2c3d", "X-Note: Bearer ‹7:1›"),
                ("Link: <https://h/x?token=abc>; rel=\"x\"", "Link: <https://h/x?token=‹3:1›>; rel=\"x\""),
                ("Keep-Alive: timeout=5, max=10", "Keep-Alive: timeout=5, max=10"),
                (
                    "WWW-Authenticate: Digest realm=\"harmless\", nonce=\"a1b2c3d\"",
                    "WWW-Authenticate: Digest realm=\"harmless\", nonce=\"‹7:1›\"",
                ),
                (
                    "WWW-Authenticate: Bearer error=\"invalid_token\"",
                    "WWW-Authenticate: Bearer error=\"invalid_token\"",
                ),
                ("GET /?token=abc x HTTP/1.1", "GET /?token=‹3:1› x HTTP/1.1"),
                ("/?sig=ab Bearer a1b2c3d", "/?sig=‹2:1› Bearer ‹7:2›"),
                (
                    "Sec-WebSocket-Version: 13 Authorization: Bearer abc",
                    "Sec-WebSocket-Version: 13 Authorization: Bearer ‹3:1›",
                ),
                ("X-Note: see X-Api-Key: abc", "X-Note: see X-Api-Key: ‹3:1›"),
                ("Server: a: b", "Server: a: b"),
                ("X-Token-Expired: true", "X-Token-Expired: true"),
            ],
        );
    }

    #[test]
    fn subprotocols() {
        check(
            || Place::List,
            &[
                ("chat, superchat", "chat, superchat"),
                ("v4.channel.k8s.io", "v4.channel.k8s.io"),
                ("graphql-transport-ws", "graphql-transport-ws"),
                ("auth, chat.v2, session, graphql-ws", "auth, chat.v2, session, graphql-ws"),
                ("v1-room-service-protocol-2024-json-binary", "v1-room-service-protocol-2024-json-binary"),
                ("bearer, a1b2c3d", "bearer, ‹7:1›"),
                ("chat, Authorization, a1b2c3d, v2", "chat, Authorization, ‹7:1›, v2"),
                ("token, bearer, a1b2c3d, v2", "token, bearer, ‹7:1›, v2"),
                ("base64url.bearer.authorization.k8s.io.YWJj", "base64url.bearer.authorization.k8s.io.‹4:1›"),
                ("access_token.a1b2c3d.b", "access_token.‹9:1›"),
                (
                    "realtime, openai-insecure-api-key.sk-1a2b3c, openai-beta.realtime-v1",
                    "realtime, openai-insecure-api-key.‹9:1›, openai-beta.realtime-v1",
                ),
                ("9f86d081884c7d659a2feaa0c55ad015", "‹32:1›"),
                ("graphql-ws, header-eyJ0b2tlbiI6ImFiYyJ9", "graphql-ws, header-‹20:1›"),
                ("JWT", "‹49:1›"),
                // A part of it that spells a name.
                ("chat, eyJhbGciOiJIUzI1NiJ9.eyJ1-token.c2lnbmF0dXJl", "chat, ‹44:1›"),
            ],
        );
    }

    #[test]
    fn payloads() {
        check(
            || Place::Payload,
            &[
                ("hello $S", "hello $S"),
                (
                    "{\"key\":\"Enter\",\"code\":1000,\"max_tokens\":4096,\"auth\":\"basic\"}",
                    "{\"key\":\"Enter\",\"code\":1000,\"max_tokens\":4096,\"auth\":\"basic\"}",
                ),
                (
                    "{\"op\":2,\"d\":{\"token\":\"abc\",\"pin\":4711}}",
                    "{\"op\":2,\"d\":{\"token\":\"‹3:1›\",\"pin\":‹4:2›}}",
                ),
                (
                    "42[\"auth\",{\"tokens\":[\"a\",\"b\"],\"x\":[\"c\"]}]",
                    "42[\"auth\",{\"tokens\":[\"‹1:1›\",\"‹1:2›\"],\"x\":[\"c\"]}]",
                ),
                (
                    "{\"payload\":{\"Authorization\":\"Bearer abc\"}}",
                    "{\"payload\":{\"Authorization\":\"Bearer ‹3:1›\"}}",
                ),
                (
                    "{\"body\":\"{\\\"password\\\":\\\"a\\\\\\\"b\\\"}\"}",
                    "{\"body\":\"{\\\"password\\\":\\\"‹6:1›\\\"}\"}",
                ),
                ("{\"url\":\"wss://h/?token=abc&x=1\"}", "{\"url\":\"wss://h/?token=‹3:1›&x=1\"}"),
                (
                    "{\"token\":{\"value\":\"abc\",\"expires\":\"soon\"}}",
                    "{\"token\":{\"value\":\"‹3:1›\",\"expires\":\"soon\"}}",
                ),
                ("{\"password\":\"cut off", "{\"password\":\"‹7:1›"),
                ("CONNECT\nlogin:bob\npasscode:abc\n\n\0", "CONNECT\nlogin:bob\npasscode:‹3:1›\n\n\0"),
                ("CONNECT\npasscode\"\":abc\n\n\0", "CONNECT\npasscode\"\":‹3:1›\n\n\0"),
                ("it is JWT.", "it is ‹50:1›"),
                ("use ghp_Zq9xSeCrEt7wPlmK0123456789abcdefghij now", "use ‹40:1› now"),
                ("Unexpected token 0x8f3a1b in JSON", "Unexpected token 0x8f3a1b in JSON"),
            ],
        );
    }

    #[test]
    fn what_is_found_in_one_place_is_hidden_in_others() {
        let mut secrets = Secrets::new(16);
        secrets.learn(Place::Target, "/?token=a%2Fb%22c4d5e6");
        secrets.learn(Place::Field("Authorization"), "Basic Ym9iOmExYjJjM2Q0ZTVmNg==");
        secrets.learn(Place::Field("Cookie"), "role=server; v=13; lang=en-US; d=2024-01-01; k=abcdefg1");
        secrets.ready();
        for (text, expected) in [
            ("no a/b\"c4d5e6 here", Some("no <redacted 10 bytes, no. 1> here")),
            ("no a%2Fb%22c4d5e6", Some("no <redacted 14 bytes, no. 1>")),
            ("\"a/b\\\"c4d5e6\"", Some("\"<redacted 11 bytes, no. 1>\"")),
            ("cut: a/b\"c4d5", Some("cut: <redacted 8 bytes, no. 1>")),
            ("bob said a1b2c3d4e5f6.", Some("bob said <redacted 12 bytes, no. 3>.")),
            ("abcdefg1", Some("<redacted 8 bytes, no. 8>")),
            ("xabcdefg1 abcdefg12", None),
            ("the server said 13 in en-US on 2024-01-01", None),
        ] {
            assert_eq!(secrets.without(Place::Payload, text).as_deref(), expected, "{text}");
        }
    }

    /// A text is as long as its sender likes, and threads have small stacks.
    #[test]
    fn what_is_deep_takes_no_stack() {
        let encoded = (0..40)
            .fold("=token=s3cr3t4711".to_owned(), |text, _| text.replace('=', "%3D").replace('%', "%25"));
        for text in [
            format!("/?{}token=s3cr3t4711", "a=b;".repeat(4_000)),
            format!("/?{}token=s3cr3t4711", "a=".repeat(9_000)),
            format!("/?a={}\"token\":\"s3cr3t4711\"", "{\"a\":[".repeat(9_000)),
            format!("/?a={}", encoded.get(..30_000).unwrap_or(&encoded)),
        ] {
            let redact = move || {
                let mut secrets = Secrets::new(16);
                secrets.learn(Place::Target, &text);
                secrets.ready();
                secrets.without(Place::Target, &text).unwrap_or_default()
            };
            let thread = std::thread::Builder::new().stack_size(64 << 10).spawn(redact);
            let rest = thread.and_then(|thread| thread.join().map_err(|_| std::io::Error::other("panicked")));
            let rest = rest.expect("it ends");
            assert!(rest.contains("<redacted") && !rest.contains("s3cr3t"), "{}", rest.len());
        }
    }

    #[test]
    fn an_element_announces_the_next() {
        let mut before = Grade::Neutral;
        let mut secrets = Secrets::new(16);
        for (element, expected) in
            [("chat", None), ("token", None), ("a1b2c3d", Some("<redacted 7 bytes, no. 1>")), ("v2", None)]
        {
            assert_eq!(secrets.without(Place::Element(&mut before), element).as_deref(), expected);
        }
    }
}
