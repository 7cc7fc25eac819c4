//! Why a packet gave no segment although it might have held one.

use std::fmt;

use crate::model::{LinkType, WeirdKind};

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
    /// A part of a fragmented IP packet with TCP inside.
    Fragment {
        /// 4 or 6.
        version: u8,
        /// Captured bytes behind the IP headers.
        len: usize,
    },
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
    Tunnel {
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
    OneOf(&'static str),
}

impl Odd {
    pub(super) const fn kind(&self) -> WeirdKind {
        match self {
            Self::Contradiction { .. } => WeirdKind::MalformedHeader,
            Self::Fragment { .. } => WeirdKind::IpFragment,
            Self::Short { .. } => WeirdKind::TruncatedPacket,
            Self::Tunnel { .. } | Self::UnknownLink(_) => WeirdKind::UnknownLinkType,
        }
    }
}

impl fmt::Display for Odd {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Contradiction { field, is, expected } => write!(f, "{field} is {is}, expected {expected}"),
            Self::Fragment { version, len } => write!(f, "fragment of an IPv{version} packet, {len} bytes"),
            Self::Short { header, needs, has } => {
                write!(f, "{header} header needs {needs} bytes, captured are {has}")
            }
            Self::Tunnel { name } => write!(f, "carried in {name}, which is not decoded"),
            Self::UnknownLink(link) => write!(f, "link type {}", link.0),
        }
    }
}

impl fmt::Display for Expected {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::AtLeast(n) => write!(f, "at least {n}"),
            Self::AtMost(n) => write!(f, "at most {n}"),
            Self::OneOf(words) => f.write_str(words),
        }
    }
}
