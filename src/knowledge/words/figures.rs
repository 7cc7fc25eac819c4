//! Numbers in texts. A text says `{late}` and not what that is, so none can have another number than the reference.

use std::borrow::Cow;

use crate::knowledge::TIMEOUTS;
use crate::knowledge::thresholds::{
    AT_ONCE_NS, CLIENT_WAIT_NS, LATE_NS, NEVER_NS, PAUSES, SAME_KEYS, SILENT_NS, SILENT_TRIES,
};
use crate::knowledge::words::units::whole;
use crate::knowledge::words::{and, listed, timeouts};

/// `text` with each `{name}` of a number replaced by it. What is not the name of one stays.
#[must_use]
pub fn filled(text: &str) -> Cow<'_, str> {
    let Some((before, rest)) = text.split_once('{') else { return Cow::Borrowed(text) };
    let Some((name, behind)) = rest.split_once('}') else { return Cow::Borrowed(text) };
    match figure(name) {
        Some(figure) => Cow::Owned(format!("{before}{figure}{}", filled(behind))),
        None => Cow::Owned(format!("{before}{{{name}}}{}", filled(behind))),
    }
}

fn figure(name: &str) -> Option<String> {
    Some(match name {
        "late" => whole(LATE_NS),
        "never" => whole(NEVER_NS),
        "client_wait" => whole(CLIENT_WAIT_NS),
        "silent_tries" => number(SILENT_TRIES.into()),
        "silent" => number(SILENT_NS.unsigned_abs() / 1_000_000_000),
        "at_once" => whole(AT_ONCE_NS),
        "pauses" => number(PAUSES as u64),
        "same_keys" => number(SAME_KEYS),
        "timeouts" => listed(lengths(), "or"),
        "timeouts_of" => {
            and(lengths().into_iter().map(|seconds| format!("{} {seconds} s", timeouts(seconds))))
        }
        _ => return None,
    })
}

/// The well-known time-outs in seconds, each once.
fn lengths() -> Vec<u32> {
    let mut lengths: Vec<_> = TIMEOUTS.iter().map(|known| known.seconds).collect();
    lengths.dedup();
    lengths
}

/// Small numbers as words.
fn number(n: u64) -> String {
    const WORDS: [&str; 10] = ["no", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine"];
    let word = usize::try_from(n).ok().and_then(|n| WORDS.get(n));
    word.map_or_else(|| n.to_string(), |word| (*word).to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::knowledge::{CODES, RULES};

    #[test]
    fn every_name_of_a_number_is_known() {
        let rules = RULES.iter().map(|rule| rule.text);
        let codes = CODES.iter().flat_map(|entry| entry.next).copied();
        let mut replaced = 0;
        for text in rules.chain(codes) {
            let filled = filled(text);
            assert!(!filled.contains(['{', '}']), "{filled}");
            replaced += usize::from(filled != text);
        }
        assert!(replaced >= 8, "{replaced}");
        assert_eq!(filled("{late} {x} {"), "5 s {x} {");
    }
}
