//! The frames of an exchange.

use crate::model::{FrameHeader, MaskingKey, Opcode, Piece, Role, Rsv, ShownFrame};
use crate::websocket::encode::{encode, header};
use crate::websocket::{Decoded, Decoder, parse_header};

/// Key of the first frame of a client: the one of RFC 6455 5.7.
const KEY: u32 = 0x37fa_213d;

/// Makes frames, with the next key where a client sends them.
#[derive(Default)]
pub(super) struct Frames {
    made: u32,
}

impl Frames {
    /// A lawful frame.
    pub(super) fn frame(&mut self, from: Role, opcode: Opcode, payload: &[u8]) -> Vec<u8> {
        encode(&self.header(from, opcode, payload), payload)
    }

    /// A binary message with RSV1.
    pub(super) fn compressed(&mut self, from: Role, payload: &[u8]) -> Vec<u8> {
        encode(&FrameHeader { rsv: Rsv(4), ..self.header(from, Opcode::BINARY, payload) }, payload)
    }

    /// A frame given unmasked, with its mask if it is a client's.
    pub(super) fn masked(&mut self, from: Role, plain: &[u8]) -> Vec<u8> {
        let (Ok(mut header), Some(key)) = (parse_header(plain), self.key(from)) else {
            return plain.to_vec();
        };
        let payload = usize::try_from(header.wire_len()).ok().and_then(|at| plain.get(at..));
        header.masking_key = Some(key);
        encode(&header, payload.unwrap_or_default())
    }

    fn header(&mut self, from: Role, opcode: Opcode, payload: &[u8]) -> FrameHeader {
        header(opcode, self.key(from), payload.len() as u64)
    }

    /// No two are the same, nor count up, nor come in turn: that would be a breach of its own.
    fn key(&mut self, from: Role) -> Option<MaskingKey> {
        (from == Role::Client).then(|| {
            let (round, turn) = (self.made / 32, self.made * 7 % 32);
            self.made += 1;
            MaskingKey((KEY.rotate_left(turn) ^ round.wrapping_mul(0x9e37_79b9)).to_be_bytes())
        })
    }
}

/// The first frame of `wire`, decoded.
pub(crate) fn shown(wire: &[u8]) -> Option<ShownFrame> {
    let header = parse_header(wire).ok()?;
    let mut payload = Vec::new();
    let mut frames = 0;
    Decoder::new(0).push(wire, &mut |decoded| match decoded {
        Decoded::Frame { .. } => frames += 1,
        Decoded::Payload { piece: Piece::Bytes(bytes), .. } if frames == 1 => {
            payload.extend_from_slice(bytes);
        }
        _ => {}
    });
    Some(ShownFrame { header, payload })
}
