//! Frames to bytes: the examples of `wslog explain`, and tests.

use crate::model::{FrameHeader, LengthForm, MaskingKey, Opcode, Rsv};

/// Header of a frame with FIN set and the shortest length form.
pub(crate) const fn header(opcode: Opcode, masking_key: Option<MaskingKey>, payload_len: u64) -> FrameHeader {
    let length_form = LengthForm::of(payload_len);
    FrameHeader { fin: true, rsv: Rsv(0), opcode, masking_key, length_form, payload_len }
}

/// The header on the wire. A length its form has no room for is cut to its low bits, of the seven-bit form to
/// 125, for 126 and 127 announce another one.
pub(crate) fn encode_header(header: &FrameHeader) -> Vec<u8> {
    let mask = if header.masking_key.is_some() { 0x80 } else { 0 };
    let mut bytes = vec![u8::from(header.fin) << 7 | header.rsv.0 << 4 | header.opcode.bits()];
    let len = header.payload_len.to_be_bytes();
    match header.length_form {
        LengthForm::Seven => bytes.push(mask | len[7].min(125)),
        LengthForm::Sixteen => bytes.extend([mask | 126, len[6], len[7]]),
        LengthForm::SixtyFour => {
            bytes.push(mask | 127);
            bytes.extend(len);
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
