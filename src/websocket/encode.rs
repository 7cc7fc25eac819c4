//! Frames to bytes, for tests.

use crate::model::{FrameHeader, LengthForm, MaskingKey, Opcode, Rsv};

/// Header of a frame with the shortest length form.
pub(crate) fn header(opcode: Opcode, masking_key: Option<MaskingKey>, payload_len: u64) -> FrameHeader {
    let length_form = match payload_len {
        0..=125 => LengthForm::Seven,
        126..=0xffff => LengthForm::Sixteen,
        _ => LengthForm::SixtyFour,
    };
    FrameHeader { fin: true, rsv: Rsv(0), opcode, masking_key, length_form, payload_len }
}

/// The header on the wire.
pub(crate) fn encode_header(header: &FrameHeader) -> Vec<u8> {
    let mask = if header.masking_key.is_some() { 0x80 } else { 0 };
    let mut bytes = vec![u8::from(header.fin) << 7 | header.rsv.0 << 4 | header.opcode.bits()];
    match header.length_form {
        LengthForm::Seven => bytes.push(mask | u8::try_from(header.payload_len).unwrap()),
        LengthForm::Sixteen => {
            bytes.push(mask | 126);
            bytes.extend(u16::try_from(header.payload_len).unwrap().to_be_bytes());
        }
        LengthForm::SixtyFour => {
            bytes.push(mask | 127);
            bytes.extend(header.payload_len.to_be_bytes());
        }
    }
    bytes.extend(header.masking_key.iter().flat_map(|key| key.0));
    bytes
}

/// The frame on the wire.
pub(crate) fn encode(header: &FrameHeader, payload: &[u8]) -> Vec<u8> {
    let key = header.masking_key.map_or([0; 4], |key| key.0);
    let masked = payload.iter().zip(key.iter().cycle()).map(|(byte, key)| byte ^ key);
    encode_header(header).into_iter().chain(masked).collect()
}
