//! The base framing of RFC 6455 section 5.2, as sent: nothing is rewritten or judged here.

use std::{fmt, mem};

use crate::model::Hex;

/// Opcode of a frame, 0 to 15 (RFC 6455 5.2).
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Opcode(u8);

impl Opcode {
    /// A later fragment of a message.
    pub const CONTINUATION: Self = Self(0);
    /// First frame of a text message.
    pub const TEXT: Self = Self(1);
    /// First frame of a binary message.
    pub const BINARY: Self = Self(2);
    /// Starts or answers the closing handshake (5.5.1).
    pub const CLOSE: Self = Self(8);
    /// Asks for a Pong with the same data (5.5.2).
    pub const PING: Self = Self(9);
    /// Answers a Ping, or comes unasked as a heartbeat (5.5.3).
    pub const PONG: Self = Self(10);

    /// The low four bits of `bits`.
    #[must_use]
    pub const fn from_bits(bits: u8) -> Self {
        Self(bits & 0x0f)
    }

    /// The number on the wire, 0 to 15.
    #[must_use]
    pub const fn bits(self) -> u8 {
        self.0
    }

    /// Whether the most significant bit is set (5.5), reserved opcodes 11 to 15 included.
    #[must_use]
    pub const fn is_control(self) -> bool {
        self.0 & 0x8 != 0
    }

    /// Whether the opcode has no meaning in RFC 6455 (3 to 7, 11 to 15).
    #[must_use]
    pub const fn is_reserved(self) -> bool {
        matches!(self.0, 3..=7 | 11..=15)
    }

    /// Name as in reports and JSON keys: `text`, `close`, …, `opcode-3` for a reserved one.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self.0 {
            0 => "continuation",
            1 => "text",
            2 => "binary",
            3 => "opcode-3",
            4 => "opcode-4",
            5 => "opcode-5",
            6 => "opcode-6",
            7 => "opcode-7",
            8 => "close",
            9 => "ping",
            10 => "pong",
            11 => "opcode-11",
            12 => "opcode-12",
            13 => "opcode-13",
            14 => "opcode-14",
            _ => "opcode-15",
        }
    }
}

impl fmt::Display for Opcode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl fmt::Debug for Opcode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// The three reserved bits of a frame: RSV1 is 4, RSV2 is 2, RSV3 is 1.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Rsv(pub u8);

impl Rsv {
    /// RSV1, which permessage-deflate gives a meaning (RFC 7692 6).
    pub const RSV1: Self = Self(4);

    /// Whether RSV1 is set.
    #[must_use]
    pub const fn rsv1(self) -> bool {
        self.0 & 4 != 0
    }

    /// Names of the bits that are set.
    pub fn names(self) -> impl Iterator<Item = &'static str> {
        let bits = [(4, "RSV1"), (2, "RSV2"), (1, "RSV3")].into_iter();
        bits.filter(move |(bit, _)| self.0 & bit != 0).map(|(_, name)| name)
    }

    /// The bits without those of `other`.
    #[must_use]
    pub const fn without(self, other: Self) -> Self {
        Self(self.0 & !other.0)
    }
}

impl fmt::Display for Rsv {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut sep = "";
        self.names().try_for_each(|name| write!(f, "{}{name}", mem::replace(&mut sep, " ")))
    }
}

/// Masking key in the order of the wire (RFC 6455 5.3).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct MaskingKey(pub [u8; 4]);

impl fmt::Display for MaskingKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        Hex(&self.0).fmt(f)
    }
}

/// Which of the three forms the payload length was written in (RFC 6455 5.2).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum LengthForm {
    /// In the second byte, 0 to 125.
    Seven,
    /// 126, then 16 bits.
    Sixteen,
    /// 127, then 64 bits.
    SixtyFour,
}

impl LengthForm {
    /// The one that RFC 6455 5.2 asks for, which is the shortest.
    #[must_use]
    pub const fn of(len: u64) -> Self {
        match len {
            0..=125 => Self::Seven,
            126..=0xffff => Self::Sixteen,
            _ => Self::SixtyFour,
        }
    }
}

/// A frame header, 2 to 14 bytes on the wire.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FrameHeader {
    /// Last fragment of its message.
    pub fin: bool,
    /// RSV1 to RSV3, 0 unless a negotiated extension defines them (5.2).
    pub rsv: Rsv,
    /// The opcode as sent; that of a later fragment is [`Opcode::CONTINUATION`].
    pub opcode: Opcode,
    /// Present where MASK is 1.
    pub masking_key: Option<MaskingKey>,
    /// How the length was written.
    pub length_form: LengthForm,
    /// Claimed payload length in bytes, top bit included where it was set.
    pub payload_len: u64,
}

impl FrameHeader {
    /// Length of the whole frame on the wire in bytes.
    #[must_use]
    pub const fn whole_len(&self) -> u64 {
        self.wire_len().saturating_add(self.payload_len)
    }

    /// Length of the header on the wire in bytes.
    #[must_use]
    pub const fn wire_len(&self) -> u64 {
        let length = match self.length_form {
            LengthForm::Seven => 0,
            LengthForm::Sixteen => 2,
            LengthForm::SixtyFour => 8,
        };
        2 + length + if self.masking_key.is_some() { 4 } else { 0 }
    }

    /// Whether the length was written in the shortest form (5.2: "the minimal number of bytes").
    #[must_use]
    pub const fn length_is_minimal(&self) -> bool {
        match self.length_form {
            LengthForm::Seven => true,
            LengthForm::Sixteen => self.payload_len > 125,
            LengthForm::SixtyFour => self.payload_len > 0xffff,
        }
    }
}
