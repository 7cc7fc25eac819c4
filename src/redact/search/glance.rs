//! What is seen of a text before it is searched: of nearly all that applications send, that there is no secret in it.

use crate::redact::looks::{is_known_by_start, tokens};
use crate::redact::names::Grade::Neutral;
use crate::redact::names::grade;

/// Whether in a text nothing is to be taken apart but JSON, in which nothing is called a secret, nothing announces one, and no token
/// is known by how it begins: who does not go by looks finds no secret in it.
pub(super) fn announces_nothing(text: &str) -> bool {
    let bytes = text.as_bytes();
    let is_bearer = |at: usize| {
        bytes.get(at..at + "bearer".len()).is_some_and(|word| word.eq_ignore_ascii_case(b"bearer"))
    };
    memchr::memchr3(b'%', b'/', b'=', bytes).is_none()
        && memchr::memchr(b'\\', bytes).is_none()
        && memchr::memchr_iter(b':', bytes).all(|at| is_behind_other_name(text, at))
        && !memchr::memchr2_iter(b'b', b'B', bytes).any(is_bearer)
        && !tokens(text).any(|token| text.get(token).is_some_and(is_known_by_start))
}

/// Whether a string ends before the colon at `at`, and is no name of a secret. A word that begins with a colon has no name.
fn is_behind_other_name(text: &str, at: usize) -> bool {
    let Some(string) = text.get(..at).and_then(|before| before.strip_suffix('"')) else { return false };
    let start = memchr::memrchr(b'"', string.as_bytes()).map_or(0, |quote| quote + 1);
    string.get(start..).is_some_and(|name| grade(name) == Neutral)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_that_announce_nothing() {
        for text in [
            "",
            "room-12",
            "what they say in a chat, größe or not",
            "7f9c24e8-3b1a-4d6e-9f00-0123456789ab and notifications",
            "a long key-exchange-protocol",
        ] {
            assert!(announces_nothing(text), "{text}");
        }
        for text in [
            "a:b",
            "a bearer token",
            "use BEARER abc",
            "%20",
            "a/b",
            "a\\u003db",
            "ghp_Zq9xSeCrEt7wPlmK0123456789abcdefghij",
            "x.sk-Zq9xSeCrEt7wPlmK",
            "token_eyJhIjoxMjN9",
            "v1.eyJhIjoxfQ12",
            "~eyJhbGciOiJ9.a",
        ] {
            assert!(!announces_nothing(text), "{text}");
        }
    }
}
