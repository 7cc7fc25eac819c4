//! What a value looks like, whatever it is called.

use std::ops::Range;

/// What the keys and tokens of well-known services begin with.
const PREFIXES: &[&str] = &[
    "AGE-SECRET-KEY-",
    "AIza",
    "AKIA",
    "ASIA",
    "ATATT",
    "EAAC",
    "SG.",
    "dckr_pat_",
    "dop_v1_",
    "figd_",
    "gho_",
    "ghp_",
    "ghr_",
    "ghs_",
    "ghu_",
    "github_pat_",
    "glpat-",
    "gsk_",
    "hf_",
    "hvs.",
    "key-",
    "lin_api_",
    "npm_",
    "nvapi-",
    "pk_live_",
    "pypi-",
    "rk_live_",
    "shpat_",
    "sk-",
    "sk_live_",
    "sk_test_",
    "tskey-",
    "whsec_",
    "xai-",
    "xapp-",
    "xoxa-",
    "xoxb-",
    "xoxp-",
    "xoxs-",
    "ya29.",
];

/// A key that begins so has as many bytes at least.
const PREFIXED: usize = 16;

/// A bit for the first two letters of each, of which the lower five bits count, to pass over nearly all else by.
const PREFIXED_BY: [u64; 16] = {
    let mut bits = [0; 16];
    let mut n = 0;
    while n < PREFIXES.len() {
        let [a, b, ..] = *PREFIXES[n].as_bytes() else { panic!() };
        let (word, bit) = two(a, b);
        bits[word] |= bit;
        n += 1;
    }
    bits
};

const fn two(a: u8, b: u8) -> (usize, u64) {
    let at = (a as usize & 31) << 5 | b as usize & 31;
    (at / 64, 1 << (at % 64))
}

/// Shorter tokens are none.
pub(super) const SHORTEST_TOKEN: usize = 12;

/// What may stand before a token in one word, and is none of it.
const LABELS: &[&str] = &["auth", "bearer", "header", "jwt", "session", "token", "user"];

/// The shortest first part of a JSON Web Token, `{"alg":…`, has more characters.
const WEB_TOKEN_HEAD: usize = 10;

/// Longer values are nothing that people say.
const ORDINARY: usize = 160;

/// Parts of a run: digits, a word in small letters or with a capital, capitals.
fn segments(run: &str) -> impl Iterator<Item = &str> {
    let mut rest = run;
    std::iter::from_fn(move || {
        let bytes = rest.as_bytes();
        let first = *bytes.first()?;
        let count = |from: usize, is: fn(&u8) -> bool| {
            from + bytes.get(from..).unwrap_or_default().iter().take_while(|b| is(b)).count()
        };
        let len = match first {
            b'0'..=b'9' => count(0, u8::is_ascii_digit),
            b'A'..=b'Z' => match count(0, u8::is_ascii_uppercase) {
                1 => count(1, u8::is_ascii_lowercase),
                // The last capital begins the next word: `APIKey`.
                capitals if bytes.get(capitals).is_some_and(u8::is_ascii_lowercase) => capitals - 1,
                capitals => capitals,
            },
            _ => count(0, u8::is_ascii_lowercase).max(1),
        };
        let (segment, behind) = rest.split_at_checked(len).unwrap_or((rest, ""));
        rest = behind;
        Some(segment)
    })
}

fn runs(value: &str) -> impl Iterator<Item = &str> {
    value.split(|c: char| !c.is_alphanumeric()).filter(|run| !run.is_empty())
}

/// Whether a value is made of nothing but words, short numbers and versions, as names of hosts, languages, dates and
/// protocols are: where it stands elsewhere, it need not be this one.
pub(super) fn is_ordinary(value: &str) -> bool {
    value.len() <= ORDINARY && runs(value).all(is_ordinary_run)
}

fn is_ordinary_run(run: &str) -> bool {
    if !run.is_ascii() {
        return run.chars().all(char::is_alphabetic);
    }
    let is_number = |segment: &str| segment.starts_with(|c: char| c.is_ascii_digit());
    let (mut count, mut shortest, mut first, mut last, mut digits) = (0, usize::MAX, "", "", false);
    for segment in segments(run) {
        (first, count) = (if count == 0 { segment } else { first }, count + 1);
        (last, shortest) = (segment, shortest.min(segment.len()));
        digits |= is_number(segment);
    }
    match (count, digits) {
        (1, true) => run.len() <= 6,
        (1, false) => run.len() <= 24 && !is_unspeakable(run),
        (2, true) if is_number(last) => first.len() <= 4 && last.len() <= 4,
        (2, true) => first.len() <= 4 && last.len() <= 3,
        (_, true) => false,
        (_, false) => run.len() <= 48 && shortest >= 2 && run.len() >= 3 * count,
    }
}

/// Whether a text is made of ordinary words, and of nothing that could give one of them a name: nothing in it is a secret by
/// its looks, or by what stands before it.
pub(super) fn is_plain(text: &str) -> bool {
    const SMALL: u8 = 1;
    const CAPITAL: u8 = 2;
    const DIGIT: u8 = 4;
    const OTHER: u8 = 8;
    const STRUCTURE: u8 = 16;
    const END: u8 = 32;
    const CLASSES: [u8; 256] = {
        let mut classes = [END; 256];
        let mut b = 0;
        while b < 256 {
            classes[b] = match b as u8 {
                b'a'..=b'z' => SMALL,
                b'A'..=b'Z' => CAPITAL,
                b'0'..=b'9' => DIGIT,
                b'=' | b':' | b'%' | b'"' | b'{' | b'[' | b'@' | b'\\' | b'+' | b'|' | b'~' => STRUCTURE,
                128.. => OTHER,
                _ => END,
            };
            b += 1;
        }
        classes
    };
    let bytes = text.as_bytes();
    let class = |at: usize| bytes.get(at).map_or(END, |b| CLASSES[usize::from(*b)]);
    let mut start = 0;
    loop {
        let (mut end, mut inner, mut all) = (start, 0, 0);
        let behind = loop {
            let class = class(end);
            if class >= STRUCTURE {
                break class;
            }
            inner |= if end > start { class } else { 0 };
            all |= class;
            end += 1;
        };
        let is_plain_run = match all {
            0 => true,
            DIGIT => end - start <= 6,
            OTHER.. => false,
            // A word, with or without a capital.
            _ if all & DIGIT == 0 && (inner & CAPITAL == 0 || all & SMALL == 0) && end - start < 16 => true,
            _ => text.get(start..end).is_some_and(is_ordinary_run),
        };
        if !is_plain_run {
            return false;
        }
        let Some(b) = bytes.get(end) else { return true };
        if behind == STRUCTURE {
            // The scheme or port of a URI, a quality.
            let next = bytes.get(end + 1).copied().unwrap_or_default();
            let is_said = *b == b':' && (next == b'/' || next.is_ascii_digit())
                || *b == b'=' && end - start == 1 && bytes.get(start) == Some(&b'q') && start > 0;
            if !is_said {
                return false;
            }
        }
        start = end + 1;
    }
}

/// Whether nobody could say it for want of vowels.
fn is_unspeakable(letters: &str) -> bool {
    let (mut row, mut seen) = (0, 0_u32);
    letters.bytes().any(|b| {
        let is_vowel = b"aeiouyAEIOUY".contains(&b);
        (row, seen) = if is_vowel { (0, 0) } else { (row + 1, seen | 1 << (b & 31)) };
        // One letter again and again fills a line.
        row > 6 && seen.count_ones() >= 5
    })
}

/// Whether it says that there is none, which is half of many an answer.
pub(super) fn says_nothing(value: &str) -> bool {
    const NOTHING: &[&str] = &["null", "undefined", "none", "nil", "true", "false", "[object Object]", "NaN"];
    value.len() <= 15 && NOTHING.iter().any(|known| known.eq_ignore_ascii_case(value))
}

/// Whether a run without punctuation is random.
fn is_random(run: &str) -> bool {
    // One of a few letters is none.
    if run.len() < 8 || !run.is_ascii() {
        return false;
    }
    let count = segments(run).count();
    let is_hex = || {
        run.bytes().all(|b| b.is_ascii_hexdigit())
            && run.bytes().any(|b| b.is_ascii_digit())
            && run.bytes().any(|b| b.is_ascii_alphabetic())
    };
    count >= 4 && run.len() * 2 <= 7 * count && !is_ordinary_run(run)
        || run.len() >= 16
            && run.bytes().all(|b| b.is_ascii_alphabetic())
            && count <= 2
            && is_unspeakable(run)
        || run.len() >= 24 && is_hex()
}

/// Whether a token is long and random.
pub(super) fn is_opaque(token: &str) -> bool {
    if token.len() < 12 {
        return false;
    }
    let (mut random, mut longest, mut dense) = (0, 0, false);
    // Of all runs.
    let (mut total, mut parts, mut words) = (0, 0, 0);
    for run in runs(token) {
        let count = segments(run).count();
        (total, parts) = (total + run.len(), parts + count + 1);
        if is_random(run) {
            random += run.len();
            longest = longest.max(run.len());
            dense |= run.len() >= 12 && run.len() <= 2 * count;
        } else if run.len() >= 4 && is_ordinary_run(run) {
            words += run.len();
        }
    }
    longest >= 16
        || random >= 20
        || dense
        // Base64url has punctuation anywhere.
        || random > 0 && total >= 20 && words * 4 <= total && total * 2 <= 7 * parts
        || is_uuid(token)
}

/// RFC 9562 4.
fn is_uuid(token: &str) -> bool {
    token.len() == 36
        && token.bytes().enumerate().all(|(at, b)| match at {
            8 | 13 | 18 | 23 => b == b'-',
            _ => b.is_ascii_hexdigit(),
        })
}

/// What tokens are made of.
const OF_TOKENS: [bool; 256] = {
    let mut is = [false; 256];
    let mut b = 0;
    while b < 256 {
        let byte = b as u8;
        is[b] = byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'+' | b'=' | b'~' | b'.');
        b += 1;
    }
    is
};

/// Where in a text tokens stand, or what is as long and made of the same.
pub(super) fn tokens(text: &str) -> impl Iterator<Item = Range<usize>> {
    let is_of_token = |b: &u8| OF_TOKENS[usize::from(*b)];
    let bytes = text.as_bytes();
    let mut start = 0;
    std::iter::from_fn(move || {
        // What begins here and is no token ends within this.
        while let Some(end) = bytes.get(start..start + SHORTEST_TOKEN)?.iter().rposition(|b| !is_of_token(b))
        {
            start += end + 1;
        }
        let token = start..start + bytes.get(start..)?.iter().take_while(|b| is_of_token(b)).count();
        start = token.end;
        Some(token)
    })
}

/// A token without its label.
pub(super) fn unlabelled(token: &str) -> &str {
    match token.split_once(['-', '_', '=']) {
        Some((label, rest)) if LABELS.iter().any(|known| known.eq_ignore_ascii_case(label)) => rest,
        _ => token,
    }
}

/// Whether a token may be JSON in base64, by its first letters.
pub(super) fn may_be_json(token: &str) -> bool {
    token.len() >= SHORTEST_TOKEN
        && ["ey", "ew", "W3", "Wy", "e3"].iter().any(|start| token.starts_with(start))
}

/// Whether a token, or a part of it, is known by how it begins.
pub(super) fn is_known_by_start(token: &str) -> bool {
    // Most are times.
    !token.bytes().all(|b| b.is_ascii_digit())
        && (prefixed(token).is_some()
            || web_token(token, 0).is_some()
            || token.split('.').any(|part| may_be_json(unlabelled(part))))
}

/// Where in a token, parted by points, a key of a well-known service begins.
pub(super) fn prefixed(token: &str) -> Option<usize> {
    if token.len() < PREFIXED {
        return None;
    }
    let mut start = 0;
    loop {
        let rest = token.get(start..).filter(|rest| rest.len() >= PREFIXED)?;
        let is_key = |prefix: &str| {
            // Names may begin like a key: `key-exchange-protocol`.
            rest.strip_prefix(prefix).is_some_and(|rest| !rest.split('.').take(3).all(is_ordinary))
        };
        let may_be_key = matches!(*rest.as_bytes(), [a, b, ..] if {
            let (word, bit) = two(a, b);
            PREFIXED_BY[word] & bit != 0
        });
        if may_be_key && PREFIXES.iter().any(|prefix| is_key(prefix)) {
            return Some(start);
        }
        start += rest.find('.')? + 1;
    }
}

/// The first part of `text` from `at` on that has the shape of a JSON Web Token (RFC 7519): base64url of `{"`, a point,
/// more.
pub(super) fn web_token(text: &str, mut at: usize) -> Option<Range<usize>> {
    let is_part = |b: &u8| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_');
    let bytes = text.as_bytes();
    let len = |from: usize| bytes.get(from..).unwrap_or_default().iter().take_while(|b| is_part(b)).count();
    loop {
        // By its rarest letter: most texts have none.
        let found = at + 2 + memchr::memchr(b'J', bytes.get(at + 2..)?)?;
        let start = found - 2;
        if !bytes.get(start..).is_some_and(|b| b.starts_with(b"ey")) {
            at = found - 1;
            continue;
        }
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

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn ordinary_values() {
        for value in [
            "",
            "server",
            "websocket",
            "chat.example.com",
            "permessage-deflate",
            "UPGRADE",
            "en-US",
            "13",
            "2024-01-01",
            "192.0.2.20:8080",
            "v12.stomp",
            "graphql-transport-ws",
            "harmlessval",
            "connectionToken",
            "sha256",
            "größe",
            "v1-room-service-protocol-2024-json-binary",
            "Mon, 01 Jan 2024 10:00:00 GMT",
            "WebSocket",
            "APIGateway",
        ] {
            assert!(is_ordinary(value), "{value}");
            assert!(!is_opaque(value), "{value}");
        }
        for value in [
            "aBcdefgh",
            "s3cr3t-4711-topf",
            "12345678",
            "hunter2x",
            "abc123def",
            "Zq9xSeCrEt7wPlmK",
            "YWJj4z",
        ] {
            assert!(!is_ordinary(value), "{value}");
        }
    }

    #[test]
    fn plain_texts() {
        for text in [
            "",
            "websocket",
            "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 Chrome/120.0.0.0",
            "en-US,en;q=0.9",
            "/chat/room",
            "https://chat.example.com:8443",
            "101 Switching Protocols",
            "gzip, deflate",
        ] {
            assert!(is_plain(text), "{text}");
        }
        for text in [
            "a=b",
            "?k=1",
            "Zq9xSeCrEt7wPlmK",
            "12345678",
            "bob:pw",
            "a%20b",
            "aBcdefgh",
            "\"x\"",
            "größe",
            "u@h",
        ] {
            assert!(!is_plain(text), "{text}");
        }
    }

    #[test]
    fn opaque_values() {
        for value in [
            "Zq9xSeCrEt7wPlmK",
            "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
            "pqia91ma19a5s61cv6a81va65sdf19v8a65a1a5s61cv6a81",
            "7f9c24e8-3b1a-4d6e-9f00-0123456789ab",
            "qwrtzplkjhgfdsxcvb",
            "JBSWY3DPEHPK3PXPAB7Q",
            "dXNlcjpacTl4U2VDckV0N3c=",
            "sk-Zq9xSeCrEt7wPlmK",
            "A_b3x-9Kd0qLm-P2xY7zQw1Rt",
        ] {
            assert!(is_opaque(value), "{value}");
        }
        for value in [
            "chat-7d4b9c6f8-x2x9z",
            "20130524T000000Z",
            "1700000000000",
            "AppleWebKit",
            "abc123",
            "cache-fra-etou8220087-FRA",
            "x86_64-unknown-linux-gnu",
            "connectionTokenValue",
            "AWS4-HMAC-SHA256",
            "i18next-http-backend",
        ] {
            assert!(!is_opaque(value), "{value}");
        }
    }

    proptest! {
        #[test]
        fn all_long_tokens(text in "([a-z0-9.]{9,14}|[ é\n/]){0,9}") {
            let expected: Vec<_> = text
                .split(|c: char| !c.is_ascii() || !OF_TOKENS[c as usize])
                .filter(|token| token.len() >= SHORTEST_TOKEN)
                .collect();
            prop_assert_eq!(tokens(&text).map(|token| &text[token]).collect::<Vec<_>>(), expected);
        }
    }

    #[test]
    fn keys_of_services() {
        for (token, at) in [
            ("ghp_Zq9xSeCrEt7wPlmK0123456789abcdefghij", Some(0)),
            ("openai-insecure-api-key.sk-Zq9xSeCrEt7wPlmK", Some(24)),
            ("AKIAIOSFODNN7EXAMPLE", Some(0)),
            ("SG.Zq9xSeCrEt7w.PlmK", Some(0)),
            ("0123456789abcdef0123456789abcdef", None),
            ("key-exchange-protocol", None),
            ("sk-chat-protocol.v2.json", None),
            ("sk-1", None),
        ] {
            assert_eq!(prefixed(token), at, "{token}");
        }
    }
}
