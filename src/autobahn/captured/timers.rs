//! The timers of the tester, as the cases set them (the suite's sources, and the `KL` and `CT` rows of its logs).

use crate::model::case::CaseId;

/// How long a tester that is the client waits for the server to end TCP, behind both Closes.
pub(super) const DROP_MS: u64 = 1_000;

/// When the tester gives a case up, from its opening on; `None` where it closes instead, or begins to wait later.
pub(super) fn given_up_after_ms(id: &CaseId) -> Option<u64> {
    let number = id.as_str();
    let last = number.rsplit('.').next().and_then(|last| last.parse::<u32>().ok()).unwrap_or_default();
    let group = number.rsplit_once('.').map_or(number, |(group, _)| group);
    match (id.section(), group) {
        (1, _) if last >= 6 => Some(10_000),
        (10, _) => Some(10_000),
        (2, _) => (last == 5).then_some(1_000),
        (5, _) => (!matches!(last, 3..=8 | 19..)).then_some(1_000),
        (6, "6.1" | "6.2" | "6.4") | (9 | 12 | 13, _) => None,
        (6, "6.3") | (1 | 3 | 4 | 7, _) => Some(1_000),
        (6, _) => Some(500),
        _ => None,
    }
}

/// Where the tester pauses inside its first frame, a timer each.
pub(super) fn pauses(id: &CaseId) -> &'static [u64] {
    match id.as_str() {
        "6.4.3" => &[11, 15],
        "6.4.4" => &[12, 13],
        _ => &[],
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn when_a_case_is_given_up() {
        for (number, expected) in [
            ("1.1.5", Some(1_000)),
            ("1.2.8", Some(10_000)),
            ("2.4", None),
            ("2.5", Some(1_000)),
            ("2.11", None),
            ("4.2.5", Some(1_000)),
            ("5.2", Some(1_000)),
            ("5.3", None),
            ("5.8", None),
            ("5.18", Some(1_000)),
            ("5.20", None),
            ("6.2.4", None),
            ("6.3.2", Some(1_000)),
            ("6.4.1", None),
            ("6.22.34", Some(500)),
            ("7.13.2", Some(1_000)),
            ("9.1.1", None),
            ("10.1.1", Some(10_000)),
            ("12.1.1", None),
        ] {
            let id = CaseId::new(number).expect("a number");
            assert_eq!(given_up_after_ms(&id), expected, "{number}");
        }
    }
}
