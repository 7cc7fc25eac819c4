//! Numbers of conversations, as they are asked for.

use std::fmt;
use std::str::FromStr;

use crate::model::{ConversationId, NoId};

/// Conversations whose flows have numbers in a row: `7`, `10-20`, `2:10-20`, `7/5`. A stream is of one flow only.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct IdRange {
    /// The lowest, with the input and the stream if those are named.
    first: ConversationId,
    /// The highest number of a flow.
    last: u64,
}

impl IdRange {
    /// Whether somebody who wrote it meant `id`, as [`ConversationId::means`] has it.
    #[must_use]
    pub fn means(&self, id: &ConversationId) -> bool {
        let as_if = ConversationId { flow: id.flow, ..self.first };
        (self.first.flow..=self.last).contains(&id.flow) && as_if.means(id)
    }
}

impl From<ConversationId> for IdRange {
    fn from(id: ConversationId) -> Self {
        Self { first: id, last: id.flow }
    }
}

impl fmt::Display for IdRange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.first.fmt(f)?;
        if self.last > self.first.flow { write!(f, "-{}", self.last) } else { Ok(()) }
    }
}

impl FromStr for IdRange {
    type Err = NoId;

    fn from_str(text: &str) -> Result<Self, NoId> {
        let Some((first, last)) = text.split_once('-') else {
            return Ok(text.parse::<ConversationId>()?.into());
        };
        let first: ConversationId = first.parse()?;
        let is_digits = last.bytes().all(|byte| byte.is_ascii_digit());
        let last = last.parse().ok().filter(|_| is_digits && first.stream.is_none());
        last.filter(|last| *last >= first.flow).map(|last| Self { first, last }).ok_or(NoId)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges() {
        for (range, id, meant) in [
            ("7", "7", true),
            ("7", "7/5", true),
            ("7-9", "8", true),
            ("7-9", "9", true),
            ("7-9", "10", false),
            ("7-9", "2:8/1", true),
            ("2:7-9", "2:8", true),
            ("2:7-9", "1:8", false),
            ("1:7-9", "8", true),
            ("7/5", "7/3", false),
        ] {
            let parsed: IdRange = range.parse().expect(range);
            assert_eq!(parsed.means(&id.parse().expect(id)), meant, "{range} {id}");
            assert_eq!(parsed.to_string(), range);
        }
        for bad in ["", "-", "7-", "-7", "9-7", "7/5-9", "7-9/5", "7-+9", "7-2:9", "7-8-9"] {
            assert_eq!(bad.parse::<IdRange>(), Err(NoId), "{bad}");
        }
    }
}
