//! Why a connection ended, and what each side was told of it: the clauses that were kept or broken are the evidence, the cause is
//! the answer.
//!
//! Pure, and the last thing that is concluded of a conversation. What each cause asks for stands in its file of
//! [`knowledge::causes`](crate::knowledge::causes), what each library tells its program in
//! [`knowledge::libraries`](crate::knowledge::libraries).

mod told;

use crate::knowledge::Cause;
use crate::knowledge::applications;
use crate::knowledge::causes::{Facts, judge_all};
use crate::knowledge::thresholds::{SYN_ANSWER_NS, SYNS};
use crate::model::{Certainty, Conversation, Course, FailedConnect};

/// Judges why a conversation ended and what each side was told, from what was concluded of it and the course it took.
pub fn diagnose(conversation: &mut Conversation, course: &Course) {
    told::tell(conversation, course);
    conversation.closing.spoken = applications::spoken(conversation, course);
    let fitting = judge_all(&Facts::new(conversation, course));
    conversation.closing.cause = choose(fitting);
}

/// Whether enough was seen to say that a connection failed: an RST answered, or `silent_ns` behind the last of several SYNs
/// nothing had.
#[must_use]
pub fn has_failed(connect: FailedConnect, silent_ns: Option<i64>) -> bool {
    let is_silent = silent_ns.is_some_and(|ns| ns >= SYN_ANSWER_NS);
    connect.refused || connect.syns >= SYNS && is_silent
}

/// The first in the order of precedence that more than one of several readings speaks for; where there is none, the first.
fn choose(mut fitting: Vec<Cause>) -> Option<Cause> {
    let at = fitting.iter().position(|cause| cause.certainty > Certainty::Undetermined).unwrap_or(0);
    if fitting.is_empty() {
        return None;
    }
    let mut chosen = fitting.remove(at);
    // The last says that no other fits, and is no runner-up.
    fitting.pop();
    chosen.also = fitting.iter().map(Cause::runner_up).collect();
    Some(chosen)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_refusal_is_enough_and_silence_takes_three_syns_and_three_seconds() {
        for (refused, syns, silent_ns, expected) in [
            (true, 1, None, true),
            (true, 1, Some(0), true),
            (false, 3, Some(3_000_000_000), true),
            (false, 4, Some(60_000_000_000), true),
            (false, 3, Some(2_999_999_999), false),
            (false, 2, Some(60_000_000_000), false),
            (false, 3, None, false),
            (false, 1, None, false),
        ] {
            let connect = FailedConnect { refused, syns };
            assert_eq!(has_failed(connect, silent_ns), expected, "{connect:?} {silent_ns:?}");
        }
    }
}
