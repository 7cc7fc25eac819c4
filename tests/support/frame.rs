//! WebSocket frames to be sent, lawful or not (RFC 6455 5.2).

use wslog::model::LengthForm;

/// What to do about the mask.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mask {
    /// As 5.1 wants it: a fresh key where the client sends, none where the server does.
    ByRole,
    /// MASK=0 whoever sends.
    Never,
    /// MASK=1 with this key whoever sends.
    Key([u8; 4]),
}

/// A frame; every field may be set against the RFC.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Frame {
    /// FIN.
    pub fin: bool,
    /// RSV1 is 4, RSV2 is 2, RSV3 is 1.
    pub rsv: u8,
    /// Opcode, 0 to 15.
    pub opcode: u8,
    /// MASK and its key.
    pub mask: Mask,
    /// How to write the length; `None` for the shortest form.
    pub length_form: Option<LengthForm>,
    /// Payload before masking.
    pub payload: Vec<u8>,
}

impl Frame {
    /// Any opcode with any payload, FIN set, nothing else.
    pub fn new(opcode: u8, payload: impl Into<Vec<u8>>) -> Self {
        Self { fin: true, rsv: 0, opcode, mask: Mask::ByRole, length_form: None, payload: payload.into() }
    }

    /// A whole text message, or with [`not_final`](Self::not_final) its first fragment.
    pub fn text(payload: impl Into<Vec<u8>>) -> Self {
        Self::new(1, payload)
    }

    /// A whole binary message, or its first fragment.
    pub fn binary(payload: impl Into<Vec<u8>>) -> Self {
        Self::new(2, payload)
    }

    /// A later fragment; the last one unless made [`not_final`](Self::not_final).
    pub fn continuation(payload: impl Into<Vec<u8>>) -> Self {
        Self::new(0, payload)
    }

    /// A Ping.
    pub fn ping(payload: impl Into<Vec<u8>>) -> Self {
        Self::new(9, payload)
    }

    /// A Pong.
    pub fn pong(payload: impl Into<Vec<u8>>) -> Self {
        Self::new(10, payload)
    }

    /// A Close with a status code and a reason, which may be empty.
    pub fn close(code: u16, reason: &str) -> Self {
        Self::new(8, [&code.to_be_bytes(), reason.as_bytes()].concat())
    }

    /// A Close without status code: the peer reports 1005.
    pub fn close_empty() -> Self {
        Self::new(8, [])
    }

    /// FIN=0: more fragments follow.
    pub fn not_final(mut self) -> Self {
        self.fin = false;
        self
    }

    /// With these RSV bits.
    pub fn rsv(mut self, bits: u8) -> Self {
        self.rsv = bits;
        self
    }

    /// With this mask.
    pub fn mask(mut self, mask: Mask) -> Self {
        self.mask = mask;
        self
    }

    /// With the length written in this form, minimal or not. The payload has to fit.
    pub fn length_form(mut self, form: LengthForm) -> Self {
        self.length_form = Some(form);
        self
    }

    /// The bytes on the wire; `key_by_role` is used where the frame leaves the mask to the role.
    pub fn encode(&self, key_by_role: Option<[u8; 4]>) -> Vec<u8> {
        let key = match self.mask {
            Mask::ByRole => key_by_role,
            Mask::Never => None,
            Mask::Key(key) => Some(key),
        };
        let len = self.payload.len() as u64;
        let form = self.length_form.unwrap_or(LengthForm::of(len));

        let mask_bit = if key.is_some() { 0x80 } else { 0 };
        let mut bytes = vec![u8::from(self.fin) << 7 | self.rsv << 4 | self.opcode];
        match form {
            LengthForm::Seven => bytes.push(mask_bit | len as u8),
            LengthForm::Sixteen => {
                bytes.push(mask_bit | 126);
                bytes.extend((len as u16).to_be_bytes());
            }
            LengthForm::SixtyFour => {
                bytes.push(mask_bit | 127);
                bytes.extend(len.to_be_bytes());
            }
        }
        match key {
            None => bytes.extend(&self.payload),
            Some(key) => {
                bytes.extend(key);
                bytes.extend(self.payload.iter().zip(key.iter().cycle()).map(|(byte, key)| byte ^ key));
            }
        }
        bytes
    }
}
