//! Payloads: of frames, of the messages they are put together to, and of Close frames.

use std::borrow::Cow;
use std::str::Utf8Error;

use crate::model::{FrameRecord, MessageRecord, Opcode, Stage, Wire};
use crate::redact::Redaction;
use crate::redact::looks::web_token;
use crate::redact::pass::{Look, Pass};
use crate::redact::search::Place;

/// Bytes of a message that are kept for its next fragment.
const MESSAGE: usize = 64 << 10;

impl<From: Stage, To: Stage> Pass<'_, From, To> {
    /// A message put together.
    pub(in crate::redact) fn message(&mut self, message: MessageRecord<From>) -> MessageRecord<To> {
        let MessageRecord { from, facts, started_at, at, packet, payload, cut, mut redacted } = message;
        let mut payload = payload.take(self.from);
        match self.look {
            Look::Find if self.redaction < Redaction::Payloads => self.learn_payload(&payload),
            Look::Find | Look::Meet => {}
            Look::Rename if self.hides_payloads() => {
                redacted = facts.bytes != Some(0);
                payload = Vec::new();
            }
            Look::Rename => {
                if let Some(rest) = self.names.as_ref().and_then(|names| names.rest_of_bytes(&payload)) {
                    payload = rest;
                }
            }
            Look::Away | Look::Hide if self.redaction == Redaction::Payloads => {
                redacted = facts.bytes != Some(0);
                payload = Vec::new();
            }
            Look::Hide => {
                if let Some(rest) = self.rest_of_payload(&payload) {
                    // Only text says what is missing in it.
                    redacted |= rest.is_empty();
                    payload = rest.into_bytes();
                }
            }
            Look::Away => {}
        }
        let payload = Wire::write(payload, self.to);
        MessageRecord { from, facts, started_at, at, packet, payload, cut, redacted }
    }

    fn learn_payload(&mut self, content: &[u8]) {
        match readable(content) {
            Some(text) => self.secrets.learn(Place::Payload, text),
            None => web_tokens_of(content).iter().for_each(|text| self.secrets.learn(Place::Told, text)),
        }
    }

    /// What is left of a payload; empty where it is no text. `None` where that is all of it.
    fn rest_of_payload(&mut self, content: &[u8]) -> Option<String> {
        match readable(content) {
            Some(text) => self.secrets.without(Place::Payload, text),
            None => (self.secrets.is_in(content) || web_tokens_of(content).is_some()).then(String::new),
        }
    }

    pub(in crate::redact) fn frame(&mut self, frame: FrameRecord<From>) -> FrameRecord<To> {
        let FrameRecord {
            n,
            from,
            at,
            packet,
            offset,
            header,
            preview,
            inflated,
            preview_cut,
            complete,
            message,
            compressed,
            mut redacted,
            text,
            broke,
        } = frame;
        let mut preview = preview.take(self.from);
        let is_close = header.opcode == Opcode::CLOSE;
        // Behind its code a Close has text.
        let code = preview.len().min(if is_close { 2 } else { 0 });
        let (_, content) = preview.split_at(code);
        let is_fragment =
            !header.opcode.is_control() && (!header.fin || header.opcode == Opcode::CONTINUATION);
        let is_kept = is_fragment && self.redaction == Redaction::Secrets;
        let fragment = if is_kept { readable(content).map(str::to_owned) } else { None };
        match self.look {
            Look::Find if self.redaction < Redaction::Payloads => {
                self.learn_payload(content);
                // A value may go on in the next fragment.
                if let Some(text) = fragment.as_ref().filter(|_| header.fin) {
                    self.secrets.learn(Place::Payload, &[&*self.begun[from], text].concat());
                }
            }
            Look::Find | Look::Meet => {}
            // Of a Close the reason is shown.
            Look::Rename if !is_close && self.hides_payloads() => {
                redacted = header.payload_len > 0;
                preview.truncate(code);
            }
            Look::Rename => {
                if let Some(rest) = self.names.as_ref().and_then(|names| names.rest_of_bytes(content)) {
                    preview.truncate(code);
                    preview.extend_from_slice(&rest);
                }
            }
            Look::Away | Look::Hide if self.redaction == Redaction::Payloads => {
                redacted = header.payload_len > 0;
                preview.truncate(code);
            }
            Look::Hide => {
                let rest = match readable(content) {
                    Some(text) if is_fragment && !self.begun[from].is_empty() => {
                        self.secrets.without_behind(&self.begun[from], text)
                    }
                    Some(_) | None => self.rest_of_payload(content),
                };
                if let Some(rest) = rest {
                    // Only text says what is missing in it.
                    let is_text = !rest.is_empty() && (text || is_close);
                    redacted |= !is_text;
                    preview.truncate(code);
                    preview.extend_from_slice(if is_text { rest.as_bytes() } else { &[] });
                }
            }
            Look::Away => {}
        }
        if is_fragment {
            let begun = &mut self.begun[from];
            match fragment {
                Some(text) if !header.fin && begun.len() + text.len() <= MESSAGE => begun.push_str(&text),
                Some(_) | None => begun.clear(),
            }
        }
        let preview = Wire::write(preview, self.to);
        FrameRecord {
            n,
            from,
            at,
            packet,
            offset,
            header,
            preview,
            inflated,
            preview_cut,
            complete,
            message,
            compressed,
            redacted,
            text,
            broke,
        }
    }
}

/// Bytes that are no text, read as such where there is a JSON Web Token in them.
fn web_tokens_of(bytes: &[u8]) -> Option<Cow<'_, str>> {
    memchr::memmem::find(bytes, b"eyJ")?;
    let text = String::from_utf8_lossy(bytes);
    web_token(&text, 0).is_some().then_some(text)
}

/// Bytes as text, but for a character that is cut off; `None` where they are none.
fn readable(bytes: &[u8]) -> Option<&str> {
    let whole = |fault: Utf8Error| match fault.error_len() {
        None => bytes.get(..fault.valid_up_to()).and_then(|whole| str::from_utf8(whole).ok()),
        Some(_) => None,
    };
    str::from_utf8(bytes).map_or_else(whole, Some)
}
