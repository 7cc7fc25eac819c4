//! Messages that announce an end: how they are told from others, and where they say more. Bytes in, no recursion, one pass.

mod json;

use std::borrow::Cow;

use crate::model::Opcode;
use json::Values;

/// How a message is told from others.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Sign {
    /// Text that is just that.
    Text(&'static str),
    /// Text that begins so.
    Begins(&'static str),
    /// A JSON object with that member, a string.
    Member(&'static str, &'static str),
    /// The same, one object deeper.
    Inner(&'static str, &'static str),
    /// A JSON object with that member, a number.
    Number(&'static str, u64),
    /// A JSON object with a member of that name.
    Has(&'static str),
    /// A JSON array whose first element is that number.
    Element(&'static str),
    /// A JSON object or array in which that string stands, not deeper.
    Value(&'static str),
    /// JSON ended by a record separator (U+001E), whose member `type` is that number.
    Record(u64),
    /// A control packet of MQTT whose first byte is that.
    Packet(u8),
    /// The same, with a code that is not 0 behind a byte of flags.
    Refusal(u8),
    /// A byte that names a channel, and a JSON object whose member `status` is that.
    Channel(u8, &'static str),
}

/// Where a message says more.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Find {
    /// The first member of that name that is no object and no array, however deep.
    Member(&'static str),
    /// The element of an array, from 0.
    Element(usize),
    /// A header of a STOMP frame.
    Header(&'static str),
    /// The name of the first element inside an XML element.
    Child,
    /// A code so many bytes behind the fixed header of an MQTT packet, by a table of names.
    Code {
        /// Behind the fixed header, from 0.
        at: usize,
        /// Codes and their names.
        codes: &'static [(u8, &'static str)],
    },
}

/// The first bytes of a message of one frame, inflated.
#[derive(Clone, Copy, Debug)]
pub(super) struct Message<'a> {
    pub(super) opcode: Opcode,
    pub(super) start: &'a [u8],
}

impl<'a> Message<'a> {
    /// As text, up to where it is cut.
    fn text(&self) -> &'a str {
        utf8(self.start)
    }

    pub(super) fn is(&self, sign: Sign) -> bool {
        let is_text = self.opcode == Opcode::TEXT;
        let top = |with: &dyn Fn(&json::Value<'_>) -> bool| {
            is_text && Values::new(self.text()).any(|value| value.depth == 1 && with(&value))
        };
        match sign {
            Sign::Text(text) => is_text && self.start == text.as_bytes(),
            // The lines of STOMP may end in CR LF (1.2), and its frames have no byte before them.
            Sign::Begins(text) => is_text && self.begins(text),
            Sign::Member(name, text) => top(&|value| value.is_string(name, text)),
            Sign::Inner(name, text) => {
                is_text
                    && Values::new(self.text()).any(|value| value.depth == 2 && value.is_string(name, text))
            }
            Sign::Number(name, number) => top(&|value| value.is_number(name, number)),
            Sign::Has(name) => top(&|value| value.name == Some(name)),
            Sign::Element(text) => {
                let first = || Values::new(self.text()).find(|value| value.depth == 1);
                is_text && self.start.starts_with(b"[") && first().is_some_and(|value| value.text == text)
            }
            Sign::Value(text) => top(&|value| value.is_quoted && value.text == text),
            Sign::Record(number) => {
                self.start.ends_with(b"\x1e") && top(&|value| value.is_number("type", number))
            }
            Sign::Packet(first) => self.packet(first).is_some(),
            Sign::Refusal(first) => {
                self.packet(first).and_then(|packet| packet.get(1)).is_some_and(|code| *code != 0)
            }
            Sign::Channel(channel, status) => self.start.split_first().is_some_and(|(first, rest)| {
                let is_status =
                    |value: json::Value<'_>| value.depth == 1 && value.is_string("status", status);
                self.opcode == Opcode::BINARY && *first == channel && Values::new(utf8(rest)).any(is_status)
            }),
        }
    }

    fn begins(&self, text: &str) -> bool {
        let rest = self.start.strip_prefix(text.trim_end().as_bytes());
        rest.is_some_and(|rest| !text.ends_with('\n') || rest.starts_with(b"\n") || rest.starts_with(b"\r\n"))
    }

    /// What follows the fixed header of an MQTT packet, if that is the whole of the message (MQTT 5.0 2.1).
    fn packet(&self, first: u8) -> Option<&'a [u8]> {
        let (found, rest) = self.start.split_first()?;
        // Longer ones, which take two bytes for their length, have properties that push nothing forward.
        let (len, packet) = rest.split_first()?;
        let is_whole = usize::from(*len) == packet.len() && *len < 0x80;
        (self.opcode == Opcode::BINARY && *found == first && is_whole).then_some(packet)
    }

    /// What it says more, as it was sent; a code by its name.
    pub(super) fn more(&self, find: Find) -> Option<Cow<'a, str>> {
        // Behind a byte that names a channel stands text.
        let text = utf8(self.start.strip_prefix(b"\x03").unwrap_or(self.start));
        let found = match find {
            Find::Member(name) => {
                Values::new(text).find(|value| value.name == Some(name) && !value.is_open)?.text
            }
            Find::Element(n) => {
                let mut elements = Values::new(text).filter(|value| value.depth == 1 && value.name.is_none());
                elements.nth(n).filter(|value| !value.is_open)?.text
            }
            Find::Header(name) => {
                let lines = text.lines().skip(1).take_while(|line| !line.is_empty());
                lines.filter_map(|line| line.split_once(':')).find(|(found, _)| *found == name)?.1
            }
            Find::Child => {
                let inside = text.split_once('>')?.1.trim_start().strip_prefix('<')?;
                inside.split([' ', '/', '>']).next()?
            }
            Find::Code { at, codes } => {
                let code = *self.packet(*self.start.first()?)?.get(at)?;
                let name = codes.iter().find(|(known, _)| *known == code).map(|(_, name)| *name);
                return Some(name.map_or_else(
                    || Cow::Owned(format!("code 0x{code:02x}")),
                    |name| Cow::Owned(format!("{name} (0x{code:02x})")),
                ));
            }
        };
        Some(found).filter(|found| !found.is_empty()).map(Cow::Borrowed)
    }
}

/// The text that bytes begin with.
fn utf8(bytes: &[u8]) -> &str {
    match str::from_utf8(bytes) {
        Ok(text) => text,
        Err(error) => {
            bytes.get(..error.valid_up_to()).and_then(|text| str::from_utf8(text).ok()).unwrap_or("")
        }
    }
}
