//! Why a packet gave no segment although it might have held one.

use std::fmt;

use crate::model::{LinkType, WeirdKind};
use crate::source::decoder::link;

/// A packet that cannot be decoded, with its numbers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Odd {
    /// A field that does not fit the others.
    Contradiction {
        /// Name and unit of the field.
        field: &'static str,
        /// Its value.
        is: usize,
        /// What it may be.
        expected: Expected,
    },
    /// Bytes of fragments that were captured, behind a fragment that was cut.
    BehindCut {
        /// How many.
        len: usize,
    },
    /// What radiotap says was received wrong.
    Damaged,
    /// What only its receiver can read.
    Encrypted {
        /// The protocol.
        by: &'static str,
    },
    /// QUIC, of which the client's or the server's first packets were seen.
    Quic,
    /// More tunnels inside one another than are followed.
    Nesting,
    /// The capture ends inside a header.
    Short {
        /// Which one.
        header: &'static str,
        /// Its length in bytes, as far as known.
        needs: usize,
        /// Captured bytes of it.
        has: usize,
    },
    /// A way to carry IP that is not followed.
    Undecoded {
        /// Its name.
        name: &'static str,
    },
    /// A link type that is not decoded.
    UnknownLink(LinkType),
}

/// What a field may be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Expected {
    AtLeast(usize),
    AtMost(usize),
    MultipleOf(usize),
    OneOf(&'static str),
}

impl Odd {
    pub(super) const fn kind(&self) -> WeirdKind {
        match self {
            Self::Contradiction { .. } => WeirdKind::MalformedHeader,
            Self::BehindCut { .. } => WeirdKind::IpFragment,
            Self::Damaged => WeirdKind::DamagedPacket,
            Self::Encrypted { .. } => WeirdKind::EncryptedPacket,
            Self::Quic => WeirdKind::Http3NotRead,
            Self::Nesting => WeirdKind::NestingCap,
            Self::Short { .. } => WeirdKind::TruncatedPacket,
            Self::Undecoded { .. } | Self::UnknownLink(_) => WeirdKind::UnknownLinkType,
        }
    }
}

impl fmt::Display for Odd {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Contradiction { field, is, expected } => write!(f, "{field} is {is}, expected {expected}"),
            Self::BehindCut { len } => {
                write!(f, "{len} bytes captured after a fragment cut by the snap length are not used")
            }
            Self::Damaged => f.write_str("received damaged, as its frame check sequence shows"),
            Self::Encrypted { by } => write!(f, "encrypted by {by}"),
            Self::Quic => f.write_str("QUIC: HTTP/3 may carry WebSocket (RFC 9220), which is not read"),
            Self::Nesting => f.write_str("more nested tunnels than wslog follows"),
            Self::Short { header, needs, has } => {
                write!(f, "{header} header needs {needs} bytes, but {has} were captured")
            }
            Self::Undecoded { name } => write!(f, "carried in {name}, which wslog does not decode"),
            Self::UnknownLink(link) => match link::known_as(*link) {
                Some(name) => write!(f, "link type {} ({name})", link.0),
                None => write!(f, "link type {}", link.0),
            },
        }
    }
}

impl fmt::Display for Expected {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::AtLeast(n) => write!(f, "at least {n}"),
            Self::AtMost(n) => write!(f, "at most {n}"),
            Self::MultipleOf(n) => write!(f, "a multiple of {n}"),
            Self::OneOf(words) => f.write_str(words),
        }
    }
}
