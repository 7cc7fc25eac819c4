//! What a conversation is known by.

mod range;

use std::fmt;
use std::num::NonZeroU32;
use std::str::FromStr;

pub use range::IdRange;

/// The number of a conversation, unique in a run and sparse: a flow is numbered at its first packet, whether it turns
/// out to be WebSocket or not, so that nothing that is left out of a report changes a number in it.
///
/// As text `7`; `2:7` where several captures were read each for itself; `7/5` for a stream of HTTP/2.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ConversationId {
    /// Place of the input, counted from 1, with which its capture begins; `None` where the flow's number is enough.
    pub input: Option<NonZeroU32>,
    /// The flow in its capture, counted from 1 (Wireshark's `tcp.stream`, plus 1); of an Autobahn case the place of its
    /// file.
    pub flow: u64,
    /// The stream of HTTP/2 (RFC 9113 5.1.1) that carries it; `None` where the flow carries nothing else.
    pub stream: Option<u32>,
}

impl ConversationId {
    /// What has a flow to itself, where the flow's number is enough.
    #[must_use]
    pub const fn flow(flow: u64) -> Self {
        Self { input: None, flow, stream: None }
    }

    /// Whether somebody who wrote `self` meant `id`: an input that is not named is any, and so is a stream.
    #[must_use]
    pub fn means(&self, id: &Self) -> bool {
        let is_input =
            self.input.is_none() || self.input == id.input || (id.input.is_none() && self.is_first());
        is_input && self.flow == id.flow && (self.stream.is_none() || self.stream == id.stream)
    }

    fn is_first(&self) -> bool {
        self.input == Some(NonZeroU32::MIN)
    }
}

impl fmt::Display for ConversationId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(input) = self.input {
            write!(f, "{input}:")?;
        }
        write!(f, "{}", self.flow)?;
        match self.stream {
            Some(stream) => write!(f, "/{stream}"),
            None => Ok(()),
        }
    }
}

/// A text that is no [`ConversationId`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NoId;

impl fmt::Display for NoId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("write it as it stands after the #: 7, 2:7 or 7/5; several: 3,7,10-20")
    }
}

impl std::error::Error for NoId {}

impl FromStr for ConversationId {
    type Err = NoId;

    fn from_str(text: &str) -> Result<Self, NoId> {
        let digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
        let (input, rest) = match text.split_once(':') {
            Some((input, rest)) if digits(input) => (Some(input.parse().map_err(|_| NoId)?), rest),
            Some(_) => return Err(NoId),
            None => (None, text),
        };
        let (flow, stream) = match rest.split_once('/') {
            Some((flow, stream)) if digits(stream) => (flow, Some(stream.parse().map_err(|_| NoId)?)),
            Some(_) => return Err(NoId),
            None => (rest, None),
        };
        if !digits(flow) {
            return Err(NoId);
        }
        Ok(Self { input, flow: flow.parse().map_err(|_| NoId)?, stream })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn id(text: &str) -> ConversationId {
        text.parse().unwrap_or_else(|_| panic!("{text}"))
    }

    #[test]
    fn what_is_written_is_read() {
        for text in ["7", "2:7", "7/5", "2:7/5", "18446744073709551615"] {
            assert_eq!(id(text).to_string(), text);
        }
        for text in [
            "",
            "x",
            "+7",
            "-1",
            "0:7",
            ":7",
            "7:",
            "7/",
            "/5",
            "1:2:3",
            "7/5/1",
            " 7",
            "1:+7",
            "18446744073709551616",
        ] {
            assert_eq!(text.parse::<ConversationId>(), Err(NoId), "{text}");
        }
    }

    #[test]
    fn what_is_not_named_is_any() {
        for (meant, real, expected) in [
            ("7", "7", true),
            ("7", "2:7", true),
            ("2:7", "2:7", true),
            ("2:7", "3:7", false),
            // The first capture may stand without its number.
            ("1:7", "7", true),
            ("2:7", "7", false),
            ("7", "7/5", true),
            ("7/5", "7/5", true),
            ("7/3", "7/5", false),
            ("7/5", "7", false),
            ("7", "8", false),
        ] {
            assert_eq!(id(meant).means(&id(real)), expected, "{meant} {real}");
        }
    }
}
