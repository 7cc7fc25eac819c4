//! Close frames: status codes and reasons (RFC 6455 5.5.1, 7.4).

use std::fmt;

use crate::knowledge::CODES;
use crate::model::{Bytes, Text};

/// Status code of a Close frame, or of a conclusion about one (1005, 1006 and 1015 exist only there).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct CloseCode(pub u16);

/// Ranges of RFC 6455 7.4.2.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum CodeRange {
    /// 0 to 999: not used.
    NotUsed,
    /// 1000 to 2999: the protocol, its revisions and extensions.
    Protocol,
    /// 3000 to 3999: libraries, frameworks and applications, registered with IANA.
    Registered,
    /// 4000 to 4999: private use.
    Private,
    /// 5000 and above: no meaning defined.
    Undefined,
}

impl CloseCode {
    /// The code that a Close body begins with, and the reason behind it; `None` where two bytes are not there.
    #[must_use]
    pub fn split(body: &[u8]) -> Option<(Self, &[u8])> {
        let (code, reason) = body.split_first_chunk()?;
        Some((Self(u16::from_be_bytes(*code)), reason))
    }

    /// 1000, the purpose of the connection was fulfilled.
    pub const NORMAL_CLOSURE: Self = Self(1000);
    /// 1001, server going down or page left.
    pub const GOING_AWAY: Self = Self(1001);
    /// 1005, no code in the Close frame: never on the wire.
    pub const NO_STATUS_RCVD: Self = Self(1005);
    /// 1006, no Close frame received: never on the wire.
    pub const ABNORMAL_CLOSURE: Self = Self(1006);
    /// 1009, a message too big to process.
    pub const MESSAGE_TOO_BIG: Self = Self(1009);
    /// 1010, sent by clients only.
    pub const MANDATORY_EXTENSION: Self = Self(1010);

    /// The range it lies in.
    #[must_use]
    pub const fn range(self) -> CodeRange {
        match self.0 {
            0..=999 => CodeRange::NotUsed,
            1000..=2999 => CodeRange::Protocol,
            3000..=3999 => CodeRange::Registered,
            4000..=4999 => CodeRange::Private,
            _ => CodeRange::Undefined,
        }
    }

    /// Whether RFC 6455 7.4.1 forbids it in a Close frame (1005, 1006, 1015).
    #[must_use]
    pub const fn is_never_sent(self) -> bool {
        matches!(self.0, 1005 | 1006 | 1015)
    }

    /// Name in the registry of IANA ("WebSocket Close Code Number"), in lower case; `None` where it has none.
    #[must_use]
    pub fn name(self) -> Option<&'static str> {
        CODES.iter().find(|entry| entry.codes == (self.0..=self.0))?.name
    }
}

impl fmt::Display for CloseCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0)
    }
}

/// Reason of a Close frame: bytes after the code.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Reason {
    /// Valid UTF-8, not empty.
    Text(Text),
    /// Not UTF-8: whoever receives it has to *Fail the WebSocket Connection* (8.1).
    Invalid {
        /// The bytes as sent (after unmasking).
        bytes: Bytes,
        /// Index of the first byte that is not part of valid UTF-8.
        valid_up_to: usize,
    },
}

/// Body of a Close frame (RFC 6455 5.5.1).
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ClosePayload {
    /// No body: the API reports 1005.
    Empty,
    /// One byte, which cannot be a code.
    OneByte(u8),
    /// A code, and a reason where there is one.
    Code {
        /// First two bytes, network byte order.
        code: CloseCode,
        /// The rest; `None` where it is empty.
        reason: Option<Reason>,
    },
    /// The body is not wholly in the recording, or longer than what is kept: code as far as seen.
    Partial {
        /// The code, where its two bytes are there.
        code: Option<CloseCode>,
    },
}

impl ClosePayload {
    /// The code on the wire.
    #[must_use]
    pub const fn code(&self) -> Option<CloseCode> {
        match self {
            Self::Empty | Self::OneByte(_) => None,
            Self::Code { code, .. } => Some(*code),
            Self::Partial { code } => *code,
        }
    }

    /// The reason, where it is there and is UTF-8.
    #[must_use]
    pub const fn reason(&self) -> Option<&Text> {
        match self {
            Self::Code { reason: Some(Reason::Text(text)), .. } => Some(text),
            _ => None,
        }
    }
}
