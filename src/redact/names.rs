//! What the name of a field, parameter, member or cookie says of its value.

/// How sure it is that a value so called is a secret.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Grade {
    /// It tells nothing.
    Neutral,
    /// A secret, or an ordinary word: `session=main`.
    Weak,
    /// Whatever it is.
    Strong,
}
use Grade::{Neutral, Strong, Weak};

/// Last words of a name, in order.
const STRONG: &[&str] = &[
    "accesskey",
    "accesstoken",
    "apikey",
    "appkey",
    "authkey",
    "authorisation",
    "authorization",
    "authtoken",
    "bearer",
    "connectionstring",
    "cookie",
    "cookies",
    "credential",
    "credentials",
    "creds",
    "csrf",
    "dpop",
    "hmac",
    "idtoken",
    "jsessionid",
    "jwt",
    "listenkey",
    "mac",
    "otp",
    "pass",
    "passcode",
    "passphrase",
    "passwd",
    "password",
    "passwords",
    "phpsessid",
    "pin",
    "privatekey",
    "pw",
    "pwd",
    "refreshtoken",
    "sas",
    "secret",
    "secretkey",
    "secrets",
    "sessid",
    "sessionid",
    "sessiontoken",
    "sig",
    "signature",
    "signatures",
    "token",
    "tokens",
    "totp",
    "xsrf",
];

/// Last words of a name that may as well mean something else, in order.
const WEAK: &[&str] = &[
    "access",
    "assertion",
    "auth",
    "authentication",
    "cert",
    "certificate",
    "challenge",
    "code",
    "grant",
    "hash",
    "key",
    "keys",
    "login",
    "nonce",
    "otc",
    "saml",
    "sess",
    "session",
    "sid",
    "st",
    "ticket",
    "tk",
    "tok",
    "verifier",
];

/// Ends of words written together, as `clientsecret` and `wstoken` are.
const STRONG_ENDS: &[&str] = &[
    "accesskey",
    "apikey",
    "appkey",
    "authkey",
    "authorization",
    "credential",
    "credentials",
    "jwt",
    "passphrase",
    "passwd",
    "password",
    "privatekey",
    "secret",
    "secretkey",
    "sessid",
    "sessionid",
    "signature",
    "token",
];

/// Others, of which some end in another word: `monkey`, `compass`.
const WEAK_ENDS: &[&str] = &["auth", "key", "pass", "sid", "ticket"];

/// What stands before `key` where that is a secret.
const OF_SECRET_KEYS: &[&str] = &[
    "access",
    "account",
    "admin",
    "api",
    "app",
    "application",
    "auth",
    "client",
    "consumer",
    "deploy",
    "encryption",
    "function",
    "functions",
    "host",
    "ingest",
    "license",
    "listen",
    "master",
    "private",
    "read",
    "secret",
    "server",
    "service",
    "session",
    "shared",
    "signing",
    "ssh",
    "storage",
    "stream",
    "subscription",
    "user",
    "write",
];

/// What stands before `key` where that is a name for something.
const OF_OTHER_KEYS: &[&str] = &[
    "cache",
    "dedupe",
    "event",
    "foreign",
    "group",
    "idempotency",
    "index",
    "limit",
    "lookup",
    "map",
    "message",
    "object",
    "partition",
    "primary",
    "public",
    "ratelimit",
    "routing",
    "row",
    "shard",
    "sort",
    "surrogate",
    "unique",
];

/// What stands before `code` where that is a secret.
const OF_SECRET_CODES: &[&str] =
    &["access", "auth", "authorization", "device", "invite", "otp", "pairing", "security", "verification"];

/// Last words that say in what form a secret is, and so are passed over.
const CARRIERS: &[&str] = &[
    "b64", "base64", "bytes", "data", "header", "hex", "material", "payload", "raw", "str", "string", "text",
    "value",
];

/// Last words that make of the name of a secret one of something about it.
const ABOUT: &[&str] = &[
    "age",
    "alg",
    "algorithm",
    "allowed",
    "at",
    "audience",
    "begin",
    "class",
    "count",
    "created",
    "date",
    "domain",
    "duration",
    "enabled",
    "end",
    "exp",
    "expected",
    "expired",
    "expires",
    "expiry",
    "format",
    "headers",
    "iat",
    "id",
    "in",
    "index",
    "input",
    "issued",
    "issuer",
    "kind",
    "length",
    "limit",
    "max",
    "method",
    "min",
    "mode",
    "name",
    "number",
    "path",
    "policy",
    "pins",
    "provider",
    "realm",
    "region",
    "required",
    "reset",
    "scheme",
    "scope",
    "server",
    "size",
    "start",
    "state",
    "status",
    "time",
    "timeout",
    "timestamp",
    "ttl",
    "type",
    "uri",
    "url",
    "user",
    "username",
    "valid",
    "version",
];

/// Words of a name that are looked at, from its end.
const WORDS: usize = 8;

fn is_one_of(list: &[&str], word: &str) -> bool {
    list.iter().any(|known| known.eq_ignore_ascii_case(word))
}

fn ends_in(list: &[&str], word: &str) -> bool {
    list.iter().any(|end| {
        let at = word.len().checked_sub(end.len());
        at.and_then(|at| word.get(at..)).is_some_and(|tail| tail.eq_ignore_ascii_case(end))
    })
}

/// Words from the end: what punctuation parts, and `camelCase`.
fn words(name: &str) -> impl Iterator<Item = &str> {
    let mut rest = name;
    std::iter::from_fn(move || {
        rest = rest.trim_end_matches(|c: char| !c.is_alphanumeric());
        let bytes = rest.as_bytes();
        let mut at = bytes.len().checked_sub(1)?;
        let (mut is_small, mut parted) = (!bytes.get(at)?.is_ascii_uppercase(), None);
        while let Some(before) = at.checked_sub(1).and_then(|before| bytes.get(before)) {
            let this = bytes.get(at)?;
            // `authToken` and `APIKey`; `TOKEN` is one word.
            if before.is_ascii() && !before.is_ascii_alphanumeric()
                || this.is_ascii_uppercase() && (is_small || before.is_ascii_lowercase())
                || this.is_ascii_digit() != before.is_ascii_digit()
                    && this.is_ascii()
                    && before.is_ascii()
                    && !is_word_with_digits(rest, at)
            {
                parted = Some(at);
                break;
            }
            is_small &= !this.is_ascii_uppercase();
            at -= 1;
        }
        let (before, word) = rest.split_at_checked(parted.unwrap_or(0)).unwrap_or(("", rest));
        rest = before;
        Some(word)
    })
    .take(WORDS)
}

/// Whether a boundary of letters and digits is inside a word: `base64`, `b64`.
fn is_word_with_digits(rest: &str, at: usize) -> bool {
    rest.get(at..) == Some("64")
        && rest.get(..at).is_some_and(|before| before.ends_with(['b', 'B', 'e', 'E']))
}

/// Three letters of each name of a secret, to pass over nearly all others by.
const SIGNS: &[&str] = &[
    "-pw", ".pw", "_pw", "acc", "ass", "aut", "bea", "cer", "cha", "cod", "con", "coo", "cre", "csr", "dpo",
    "gra", "has", "hma", "jwt", "key", "log", "non", "otc", "otp", "pas", "pin", "pwd", "ref", "sam", "sas",
    "sec", "ses", "sid", "sig", "tic", "tok", "ver", "xsr",
];

/// A bit for each three letters, of which the lower five bits count.
const SIGNED: [u64; 512] = {
    let mut bits = [0; 512];
    let mut n = 0;
    while n < SIGNS.len() {
        let [a, b, c] = *SIGNS[n].as_bytes() else { panic!() };
        let at = sign(a, b, c);
        bits[at / 64] |= 1 << (at % 64);
        n += 1;
    }
    bits
};

const fn sign(a: u8, b: u8, c: u8) -> usize {
    behind(behind(a as usize & 31, b), c)
}

/// Of a sign that ends with `c`, and of what stands before that.
const fn behind(before: usize, c: u8) -> usize {
    (before << 5 | c as usize & 31) & 0x7fff
}

/// Names of secrets that are none of it in longer ones, or too short for a sign.
const SHORT: &[&str] = &["mac", "pw", "st", "tk"];

/// Whether anything may be told by a name; of many others nothing is.
pub(super) fn may_be_secret(name: &str) -> bool {
    name.len() <= 3 || has_sign(name)
}

/// Whether a name has what each has that says anything of its value.
pub(super) fn has_sign(name: &str) -> bool {
    let mut last = 0;
    let is_signed = name.bytes().any(|b| {
        last = behind(last, b);
        b == b'%' || SIGNED[last / 64] >> (last % 64) & 1 != 0
    });
    is_signed || matches!(name.len(), 2 | 3) && SHORT.iter().any(|short| is_in(short, name))
}

fn is_in(part: &str, name: &str) -> bool {
    name.as_bytes().windows(part.len()).any(|window| window.eq_ignore_ascii_case(part.as_bytes()))
}

/// Whether a field of that name is one that nothing is told by.
pub(super) fn is_plain_field(name: &str) -> bool {
    const OWN: &[&str] = &["Sec-WebSocket-", "Sec-Fetch-", "Sec-CH-"];
    let is_own = |own: &&str| name.get(..own.len()).is_some_and(|start| start.eq_ignore_ascii_case(own));
    OWN.iter().any(is_own) || is_common(name) || !may_be_secret(name)
}

/// What a name says of its value.
pub(super) fn grade(name: &str) -> Grade {
    if has_sign(name) && !is_common(name) { graded(name) } else { Neutral }
}

/// The same, by all of its words.
fn graded(name: &str) -> Grade {
    let mut words =
        words(name).skip_while(|word| word.bytes().all(|b| b.is_ascii_digit()) || is_one_of(CARRIERS, word));
    let Some(last) = words.next() else { return Neutral };
    let before = words.next().unwrap_or_default();
    let is = |word: &str| last.eq_ignore_ascii_case(word);
    if is("key") || is("keys") {
        return match () {
            () if is_one_of(OF_SECRET_KEYS, before) => Strong,
            () if is_one_of(OF_OTHER_KEYS, before) => Neutral,
            () => Weak,
        };
    }
    if is("code") {
        return match () {
            () if is_one_of(OF_SECRET_CODES, before) => Strong,
            () if before.is_empty() => Weak,
            () => Neutral,
        };
    }
    if is("id") {
        return if is_one_of(&["session", "sess"], before) { Strong } else { Neutral };
    }
    if is("token") && is_one_of(&["page", "next", "cancel", "continuation", "sync"], before) {
        return Neutral;
    }
    if is_one_of(STRONG, last) || ends_in(STRONG_ENDS, last) {
        return Strong;
    }
    if is_one_of(WEAK, last) || ends_in(WEAK_ENDS, last) {
        return Weak;
    }
    let of_secrets = |word: &str| is_one_of(STRONG, word) || is_one_of(WEAK, word);
    let is_about = is_one_of(ABOUT, last);
    if !is_about && (of_secrets(before) || words.any(of_secrets)) { Weak } else { Neutral }
}

/// Whether a name only says in what form something is.
pub(super) fn is_carrier(name: &str) -> bool {
    (3..=8).contains(&name.len()) && is_one_of(CARRIERS, name)
}

/// Fields that nearly every opening handshake has, and others whose names mislead.
fn is_common(name: &str) -> bool {
    let known: &[&str] = match name.len() {
        4 => &["Host", "Date", "Vary", "path", "user", "room"],
        6 => &["Origin", "Server", "Pragma", "Accept"],
        7 => &["Upgrade"],
        10 => &["Connection", "User-Agent"],
        13 => &["Cache-Control", "Accept-Encoding"],
        15 => &["Accept-Encoding", "Accept-Language"],
        17 => &["Sec-WebSocket-Key", "Transfer-Encoding"],
        20 => &["Sec-WebSocket-Accept"],
        21 => &["Sec-WebSocket-Version"],
        _ => &[],
    };
    is_one_of(known, name) || is_access_control(name)
}

fn is_access_control(name: &str) -> bool {
    const PREFIXES: &[&str] = &["Access-Control-", "Public-Key-Pins"];
    PREFIXES
        .iter()
        .any(|prefix| name.get(..prefix.len()).is_some_and(|start| start.eq_ignore_ascii_case(prefix)))
}

/// Whether values so called are made to be looked up by, however random they look: identifiers of requests and traces,
/// tags, digests, versions.
pub(super) fn is_identifier(name: &str) -> bool {
    const ENDS: &[&str] = &[
        "build",
        "cfid",
        "checksum",
        "commit",
        "contentmd5",
        "correlationid",
        "digest",
        "etag",
        "idempotencykey",
        "ifmatch",
        "ifnonematch",
        "invocationid",
        "operationid",
        "publickeypins",
        "publickeypinsreportonly",
        "ray",
        "rayid",
        "requestid",
        "rev",
        "revision",
        "secwebsocketaccept",
        "secwebsocketkey",
        "spanid",
        "tracecontext",
        "traceid",
        "traceparent",
        "tracestate",
        "version",
    ];
    let name: String = name.chars().filter(char::is_ascii_alphanumeric).collect();
    ends_in(ENDS, &name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names() {
        for (names, expected) in [
            (
                "token access_token userToken X-Auth-Token PRIVATE-TOKEN X-MS-TOKEN-AAD-ID-TOKEN guardian_token wsToken \
                 password client-secret clientSecret apiKey api_key x-api-key X-Goog-Api-Key Ocp-Apim-Subscription-Key \
                 subscription-key listenKey X-Hub-Signature-256 X-Amz-Signature sig session_id sessionId JSESSIONID \
                 X-CSRFToken X-XSRF-TOKEN Cf-Access-Client-Secret APIKey token_value authTokenBase64 tokens passcode pin \
                 Authorisation X-Forwarded-Authorization auth_code X-Sess-Id creds password2",
                Strong,
            ),
            (
                "auth key code session sid ticket X-Session X-Auth hash nonce monkey X-Key X-Token-Owner login X-Access",
                Weak,
            ),
            (
                "token_type key_type country_code close_code auth_mode sort_key session_type Idempotency-Key X-Cache-Key \
                 X-Auth-Status X-Auth-Provider X-Token-Expired X-RateLimit-Key X-Password-Expired Sec-Session-Type \
                 X-Ticket-Number X-Sig-Alg X-Signature-Input Vary Access-Control-Allow-Credentials Public-Key-Pins \
                 room path user X-Request-Id codec keyboard status agent case expires_in key_id X-Amz-SignedHeaders \
                 pageToken a",
                Neutral,
            ),
        ] {
            for name in names.split_whitespace() {
                assert_eq!(grade(name), expected, "{name}");
            }
        }
    }

    #[test]
    fn every_name_has_a_sign() {
        for word in [STRONG, WEAK, STRONG_ENDS, WEAK_ENDS].concat() {
            assert!(may_be_secret(word), "{word}");
        }
        for name in ["Host", "User-Agent", "Connection-Id", "room", "type", "payload", "message"] {
            assert!(name == "Connection-Id" || !may_be_secret(name), "{name}");
        }
    }

    #[test]
    fn every_short_name_of_a_secret_has_a_sign() {
        let letters = || "abcdefghijklmnopqrstuvwxyzACEIKMOPSTXYZ019-_.% ".chars();
        for a in letters() {
            for b in letters() {
                let names = letters().map(|c| format!("{a}{b}{c}")).chain([a.into(), format!("{a}{b}")]);
                for name in names.filter(|name| !has_sign(name)) {
                    assert_eq!(graded(&name), Neutral, "{name}");
                }
            }
        }
    }

    #[test]
    fn words_of_names() {
        for (name, expected) in [
            ("authToken", &["Token", "auth"][..]),
            ("X-APIKey", &["Key", "API", "X"]),
            ("PRIVATE-TOKEN", &["TOKEN", "PRIVATE"]),
            ("session_id2", &["2", "id", "session"]),
            ("tökénName", &["Name", "tökén"]),
            ("--", &[]),
            ("tokenBase64", &["Base64", "token"]),
        ] {
            assert_eq!(words(name).collect::<Vec<_>>(), expected, "{name}");
        }
    }

    #[test]
    fn identifiers() {
        for name in
            ["X-Request-ID", "request_id", "CF-RAY", "traceparent", "ETag", "X-Amz-Cf-Id", "X-B3-TraceId"]
        {
            assert!(is_identifier(name), "{name}");
        }
        for name in ["id", "t", "token", "X-Note"] {
            assert!(!is_identifier(name), "{name}");
        }
    }
}
