//! The base framing header.
//!
//! ```text
//! header = %b( FIN RSV1 RSV2 RSV3 4opcode MASK 7length ) [ 16length / 64length ] [ 4OCTET ]
//! ```

use std::error::Error;
use std::fmt;

use nom::combinator::cond;
use nom::number::streaming::{be_u8, be_u16, be_u32, be_u64};
use nom::{IResult, Parser};

use crate::model::{FrameHeader, LengthForm, MaskingKey, Opcode, Rsv};

/// Longest header in bytes.
pub(super) const MAX_HEADER: usize = 14;

/// The bytes end inside a header.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Incomplete;

impl fmt::Display for Incomplete {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the bytes end inside a frame header")
    }
}

impl Error for Incomplete {}

/// Parses a base framing header (RFC 6455 5.2), which is [`FrameHeader::wire_len`] bytes long, 2 to 14.
///
/// # Errors
/// `Incomplete`, and nothing else: any two bytes start some header.
pub fn parse_header(input: &[u8]) -> Result<FrameHeader, Incomplete> {
    header(input).map(|(_, header)| header).map_err(|_| Incomplete)
}

/// Length of the header that begins like that; `None` where less than all of it is there.
pub(crate) fn header_len(input: &[u8]) -> Option<usize> {
    let [_, second, ..] = input else { return None };
    let length = match second & 0x7f {
        126 => 2,
        127 => 8,
        _ => 0,
    };
    let len = 2 + length + if second & 0x80 != 0 { 4 } else { 0 };
    (input.len() >= len).then_some(len)
}

/// By the first byte of a frame, whether it is one that a sound sender can begin with.
pub(crate) static SOUND: [bool; 256] = {
    let mut sound = [false; 256];
    let mut first = 0;
    while first < 256 {
        let (fin, rsv, opcode) = (first & 0x80 != 0, first >> 4 & 7, first & 0xf);
        sound[first] = match opcode {
            0x0 => rsv == 0,
            0x1 | 0x2 => rsv & !4 == 0,
            0x8..=0xa => rsv == 0 && fin,
            _ => false,
        };
        first += 1;
    }
    sound
};

/// Whether a sound sender's frame can have these two bytes first.
#[inline]
pub(crate) fn can_begin(bytes: &[u8], masked: bool) -> bool {
    bytes.first().is_none_or(|first| SOUND[usize::from(*first)])
        && bytes.get(1).is_none_or(|second| (second & 0x80 != 0) == masked)
}

fn header(input: &[u8]) -> IResult<&[u8], FrameHeader, ()> {
    let (rest, (first, second)) = (be_u8, be_u8).parse(input)?;
    let (rest, (length_form, payload_len)) = match second & 0x7f {
        126 => be_u16.map(|len| (LengthForm::Sixteen, u64::from(len))).parse(rest)?,
        127 => be_u64.map(|len| (LengthForm::SixtyFour, len)).parse(rest)?,
        len => (rest, (LengthForm::Seven, u64::from(len))),
    };
    let key = be_u32.map(|key: u32| MaskingKey(key.to_be_bytes()));
    let (rest, masking_key) = cond(second & 0x80 != 0, key).parse(rest)?;
    let header = FrameHeader {
        fin: first & 0x80 != 0,
        rsv: Rsv((first >> 4) & 7),
        opcode: Opcode::from_bits(first),
        masking_key,
        length_form,
        payload_len,
    };
    Ok((rest, header))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::websocket::encode::encode_header;

    #[track_caller]
    fn round_trip(header: FrameHeader) {
        let bytes = encode_header(&header);
        assert_eq!(bytes.len() as u64, header.wire_len());
        assert_eq!(parse_header(&bytes), Ok(header));
        assert_eq!(header_len(&bytes), Some(bytes.len()));
        for cut in 0..bytes.len() {
            assert_eq!(parse_header(&bytes[..cut]), Err(Incomplete), "{header:?} cut at {cut}");
        }
    }

    #[test]
    fn every_form_5_2() {
        use LengthForm::{Seven, Sixteen, SixtyFour};
        let lengths = [
            (Seven, 0),
            (Seven, 125),
            (Sixteen, 0),
            (Sixteen, 125),
            (Sixteen, 126),
            (Sixteen, 0xffff),
            (SixtyFour, 0),
            (SixtyFour, 0xffff),
            (SixtyFour, 0x1_0000),
            (SixtyFour, 1 << 63),
            (SixtyFour, u64::MAX),
        ];
        for (length_form, payload_len) in lengths {
            for masking_key in [None, Some(MaskingKey([1, 2, 3, 4])), Some(MaskingKey([0; 4]))] {
                for opcode in (0..16).map(Opcode::from_bits) {
                    for bits in 0..16 {
                        let (fin, rsv) = (bits & 8 != 0, Rsv(bits & 7));
                        round_trip(FrameHeader { fin, rsv, opcode, masking_key, length_form, payload_len });
                    }
                }
            }
        }
    }

    #[test]
    fn examples_5_7() {
        let header = parse_header(&[0x81, 0x85, 0x37, 0xfa, 0x21, 0x3d, 0x7f]).unwrap();
        assert_eq!((header.fin, header.opcode, header.payload_len), (true, Opcode::TEXT, 5));
        assert_eq!(header.masking_key, Some(MaskingKey([0x37, 0xfa, 0x21, 0x3d])));
        let header = parse_header(&[0x82, 0x7e, 0x01, 0x00]).unwrap();
        assert_eq!(
            (header.opcode, header.payload_len, header.length_form),
            (Opcode::BINARY, 256, LengthForm::Sixteen)
        );
        assert!(header.length_is_minimal());
    }
}
