//! Where frames lie, for their payloads to be replaced.

use std::collections::HashMap;
use std::hash::{DefaultHasher, Hash, Hasher};

use crate::engine::recorder::{Happening, Keep};
use crate::engine::sink::Sink;
use crate::error::Error;
use crate::limits::Limits;
use crate::model::{ConversationId, Fill, FrameRecord, Pick, Placed, Role};
use crate::redact::Shown;

/// Takes down where frames lie.
#[derive(Debug)]
pub struct Frames {
    of: HashMap<ConversationId, Of>,
    count: usize,
    /// How many are remembered.
    most: usize,
}

impl Default for Frames {
    fn default() -> Self {
        Self::within(&Limits::DEFAULT)
    }
}

/// Those of a conversation.
#[derive(Debug, Default)]
struct Of {
    frames: Vec<Placed>,
    /// The different payloads, as far as they are shown, by a digest of each.
    said: HashMap<u64, u32>,
}

impl Of {
    /// Which of the different payloads it is.
    fn said(&mut self, frame: &FrameRecord<Shown>) -> u32 {
        let mut digest = DefaultHasher::new();
        (frame.header.payload_len, &*frame.preview).hash(&mut digest);
        let next = u32::try_from(self.said.len()).unwrap_or(u32::MAX);
        *self.said.entry(digest.finish()).or_insert(next)
    }
}

impl Frames {
    /// None yet, of so many at the most.
    #[must_use]
    pub fn within(limits: &Limits) -> Self {
        Self { of: HashMap::new(), count: 0, most: limits.max_sliced_frames }
    }

    /// Whether there were more than are remembered.
    #[must_use]
    pub const fn is_full(&self) -> bool {
        self.count > self.most
    }

    /// The frames of a conversation.
    fn of(&self, id: ConversationId) -> &[Placed] {
        self.of.get(&id).map(|of| of.frames.as_slice()).unwrap_or_default()
    }

    /// Those of a side, in order, and what is to be filled of its messages.
    pub(super) fn placed(&self, id: ConversationId, role: Role) -> (Vec<Placed>, Vec<Fill>) {
        let all = self.of(id);
        let mut own: Vec<_> = all.iter().filter(|frame| frame.from == role).copied().collect();
        own.sort_by_key(|frame| frame.begins);
        (own, fills(all, role, &lengths(all)))
    }

    /// Adds to what is picked what is to be filled of it.
    pub fn fill(&self, picks: &mut [Pick]) {
        for pick in picks {
            let frames = self.of(pick.id);
            let lengths = lengths(frames);
            for role in Role::BOTH {
                // What is filled already stands behind all frames.
                let behind = std::mem::take(&mut pick.fills[role]);
                pick.fills[role] = fills(frames, role, &lengths);
                if pick.is_assumed
                    && let Some(first) =
                        frames.iter().filter(|frame| frame.from == role).map(|f| f.begins).min()
                {
                    let before = Fill { at: 0, len: first, key: None, deflated: None, said: 0 };
                    pick.fills[role].insert(0, before);
                }
                pick.fills[role].extend(behind);
            }
        }
    }
}

/// Bytes of the compressed messages.
fn lengths(frames: &[Placed]) -> HashMap<u64, u64> {
    let mut lengths: HashMap<u64, u64> = HashMap::new();
    for frame in frames {
        if let Some(message) = frame.deflated {
            let length = lengths.entry(message).or_default();
            *length = length.saturating_add(frame.len);
        }
    }
    lengths
}

/// Those of a side, in order.
fn fills(frames: &[Placed], role: Role, lengths: &HashMap<u64, u64>) -> Vec<Fill> {
    let mut before: HashMap<u64, u64> = HashMap::new();
    let mut own: Vec<_> =
        frames.iter().filter(|frame| frame.from == role && frame.control.is_none()).collect();
    own.sort_by_key(|frame| frame.at);
    let fill = |frame: &&Placed| {
        let deflated = frame.deflated.map(|message| {
            let here = before.entry(message).or_default();
            let from = std::mem::replace(here, here.saturating_add(frame.len));
            (from, lengths.get(&message).copied().unwrap_or_default())
        });
        Fill { at: frame.at, len: frame.len, key: frame.key, deflated, said: frame.said }
    };
    own.iter().map(fill).collect()
}

impl Sink for Frames {
    fn asks(&self) -> Keep {
        Keep { live: true, ..Keep::NOTHING }
    }

    fn happening(&mut self, id: ConversationId, happening: &Happening) -> Result<(), Error> {
        if let Happening::Frame { frame, .. } = happening
            && let Some(begins) = frame.offset
        {
            self.count += 1;
            if !self.is_full() {
                let of = self.of.entry(id).or_default();
                let said = of.said(frame);
                of.frames.push(Placed {
                    from: frame.from,
                    begins,
                    at: begins.saturating_add(frame.header.wire_len()),
                    len: frame.header.payload_len,
                    key: frame.header.masking_key,
                    deflated: frame.message.filter(|_| frame.compressed),
                    control: Some(frame.header.opcode).filter(|opcode| opcode.is_control()),
                    said,
                });
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fragments_of_a_compressed_message_are_one() {
        let frame = |at, len, deflated| Placed {
            from: Role::Client,
            begins: at - 2,
            at,
            len,
            key: None,
            deflated,
            control: None,
            said: 0,
        };
        let frames = [frame(30, 4, Some(1)), frame(12, 6, Some(1)), frame(20, 8, None)];
        let lengths = HashMap::from([(1, 10)]);
        let found = fills(&frames, Role::Client, &lengths);
        let fill = |at, len, deflated| Fill { at, len, key: None, deflated, said: 0 };
        assert_eq!(found, [fill(12, 6, Some((0, 10))), fill(20, 8, None), fill(30, 4, Some((6, 10)))]);
        assert_eq!(fills(&frames, Role::Server, &lengths), []);
    }
}
