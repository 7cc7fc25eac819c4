//! An entry of `frames`.

use serde::Serialize;

use crate::model::{Conversation, FrameRecord};
use crate::redact::Shown;
use crate::views::escape::{as_text, hex};
use crate::views::json::{place, time};

#[derive(Serialize)]
pub(super) struct Frame {
    n: u64,
    from: &'static str,
    at: Option<String>,
    packet: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    packet_input: Option<usize>,
    fin: bool,
    rsv: u8,
    opcode: u8,
    masked: bool,
    masking_key: Option<String>,
    length: u64,
    payload: Option<Payload>,
    complete: bool,
    message: Option<u64>,
    compressed: bool,
}

impl Frame {
    pub(super) fn new(r: &Conversation<Shown>, f: &FrameRecord<Shown>) -> Self {
        let (packet, packet_input) = place(r, f.packet);
        Self {
            n: f.n,
            from: f.from.name(),
            at: time(f.at),
            packet,
            packet_input,
            fin: f.header.fin,
            rsv: f.header.rsv.0,
            opcode: f.header.opcode.bits(),
            masked: f.header.masking_key.is_some(),
            masking_key: f.header.masking_key.map(|k| k.to_string()),
            length: f.header.payload_len,
            payload: Payload::new(f),
            complete: f.complete,
            message: f.message,
            compressed: f.compressed,
        }
    }
}

#[derive(Serialize)]
struct Payload {
    /// Bytes it had.
    #[serde(skip_serializing_if = "Option::is_none")]
    redacted: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    text: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    hex: Option<String>,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    inflated: bool,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    cut: bool,
}

impl Payload {
    fn new(f: &FrameRecord<Shown>) -> Option<Self> {
        if f.redacted {
            let redacted = Some(f.header.payload_len);
            return Some(Self { redacted, text: None, hex: None, inflated: false, cut: false });
        }
        let text = if f.text { as_text(&f.preview, f.preview_cut) } else { None };
        (!f.preview.is_empty()).then(|| Self {
            redacted: None,
            hex: text.is_none().then(|| hex(&f.preview)),
            text: text.map(str::to_owned),
            inflated: f.inflated,
            cut: f.preview_cut,
        })
    }
}
