//! A close code looked up: its entry, the rules that it answers or breaks, how it looks on the wire.

use crate::knowledge::CODES;
use crate::knowledge::applications::owners;
use crate::model::topic::{CodeEntry, CodeTopic, Example, Registration};
use crate::model::{CloseCode, RULES, Role, RuleId, Who};
use crate::notation;

/// What is to be said of one code.
pub(super) fn find(code: CloseCode) -> CodeTopic {
    let entries = CODES.iter().filter(|entry| entry.codes.contains(&code.0));
    // The ranges cover every number.
    let entry = entries.min_by_key(|entry| entry.codes.end() - entry.codes.start()).unwrap_or(&CODES[0]);
    topic(Some(code), entry)
}

/// What is to be said of a range, or of a single code where the entry is of one.
pub(super) fn topic(code: Option<CloseCode>, entry: &'static CodeEntry) -> CodeTopic {
    let single = *entry.codes.start() == *entry.codes.end();
    let code = code.or(single.then_some(CloseCode(*entry.codes.start())));
    let shown = code.unwrap_or(CloseCode(*entry.codes.start()));
    let answers = RULES.iter().filter(|rule| rule.reaction.codes().contains(&shown.0)).map(|rule| rule.id);
    CodeTopic {
        code,
        entry,
        owners: code.map_or_else(Vec::new, |code| owners(code.0).collect()),
        answers: answers.collect(),
        breaks: breaks(entry),
        examples: examples(shown, entry),
    }
}

/// The rule broken by whoever sends such a code, or by the one side that should not.
fn breaks(entry: &CodeEntry) -> Option<RuleId> {
    match entry.registration {
        Registration::Reserved => Some(RuleId::ClCodeReserved),
        Registration::OutOfRange => Some(RuleId::ClCodeRange),
        Registration::Unassigned if entry.sent_by == Who::Nobody => Some(RuleId::ClCodeRange),
        _ if entry.sent_by != Who::Either => Some(RuleId::ClCodeRole),
        _ => None,
    }
}

fn examples(code: CloseCode, entry: &CodeEntry) -> Vec<Example> {
    let scripts: Vec<(&'static str, bool, String)> = match code.0 {
        1005 => vec![
            (
                "the client's Close is empty: the server reports 1005",
                false,
                "C: close | S: close 1000 | S: fin | C: fin".to_owned(),
            ),
            (
                "the server's Close is empty: the client reports 1005",
                false,
                "S: close | C: close 1000 | S: fin | C: fin".to_owned(),
            ),
        ],
        1006 => vec![
            ("no Close frame, TCP ends: both sides report 1006", false, "S: fin | C: fin".to_owned()),
            (
                "the server does not answer: the client reports 1006, the server 1000",
                false,
                "C: close 1000 | S: fin | C: fin".to_owned(),
            ),
        ],
        1015 => Vec::new(),
        _ => {
            let reason = if code == CloseCode::MANDATORY_EXTENSION { " permessage-deflate" } else { "" };
            let of = |role| !entry.sent_by.includes(role);
            vec![
                ("from the server", of(Role::Server), format!("S: close {code}{reason}")),
                ("from the client", of(Role::Client), format!("C: close {code}{reason}")),
            ]
        }
    };
    scripts
        .into_iter()
        .filter_map(|(title, reported, script)| {
            Some(Example { title, reported, exchange: notation::parse(&script).ok()? })
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_number_has_its_entry() {
        for code in 0..=u16::MAX {
            let topic = find(CloseCode(code));
            assert!(topic.entry.codes.contains(&code));
            // A registered name and an entry of its own go together.
            let single = topic.entry.codes.clone().count() == 1;
            assert_eq!(single, CloseCode(code).name().is_some(), "{code}");
        }
    }

    #[test]
    fn entries_agree_with_the_codes_of_the_model() {
        for entry in CODES {
            for code in entry.codes.clone().map(CloseCode) {
                assert!(!code.is_never_sent() || entry.sent_by == Who::Nobody, "{code}");
                assert_eq!(
                    code.range(),
                    CloseCode(*entry.codes.end()).range(),
                    "{code}: an entry lies in one range"
                );
            }
        }
    }
}
