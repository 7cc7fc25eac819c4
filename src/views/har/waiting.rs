//! Messages of connections that go on, until their entry is written.

use std::collections::HashMap;
use std::io::{self, Read, SeekFrom, Write};

use crate::engine::{Spool, Spools};
use crate::error::Error;
use crate::model::ConversationId;

/// Bytes of messages in memory, of all connections together; what is more goes to the spool.
const IN_MEMORY: usize = 16 << 20;

/// Where a piece begins in the spool: at the place of the one before it of the same connection, and its length.
const PIECE_HEAD: usize = 16;

/// Messages by their connections.
pub(super) struct Waiting {
    of: HashMap<ConversationId, Messages>,
    in_memory: usize,
    spools: Option<Spools>,
    spool: Option<Box<dyn Spool>>,
    /// Bytes in the spool.
    end: u64,
}

/// The messages of a connection: objects with commas between them.
#[derive(Debug, Default)]
pub(super) struct Messages {
    /// The last of them.
    memory: Vec<u8>,
    /// The last piece of those before in the spool.
    last_piece: Option<u64>,
    left_out: u64,
    is_begun: bool,
}

impl Messages {
    /// Whether there was none.
    pub(super) const fn is_empty(&self) -> bool {
        !self.is_begun
    }

    /// Those for which there was no room.
    pub(super) const fn left_out(&self) -> u64 {
        self.left_out
    }
}

impl Waiting {
    /// None yet. Without spools only what fits memory is kept.
    pub(super) fn new(spools: Option<Spools>) -> Self {
        Self { of: HashMap::new(), in_memory: 0, spools, spool: None, end: 0 }
    }

    /// Adds a message.
    ///
    /// # Errors
    /// If the spool cannot be written to.
    pub(super) fn push(&mut self, id: ConversationId, message: &[u8]) -> Result<(), Error> {
        if self.in_memory.saturating_add(message.len()) > IN_MEMORY {
            self.spill()?;
        }
        let is_full = self.in_memory.saturating_add(message.len()) > IN_MEMORY && self.spool.is_none();
        let of = self.of.entry(id).or_default();
        if is_full {
            of.left_out += 1;
            return Ok(());
        }
        let before = of.memory.len();
        of.memory.extend_from_slice(if of.is_begun { b",\n" } else { b"\n" });
        of.memory.extend_from_slice(message);
        of.is_begun = true;
        self.in_memory = self.in_memory.saturating_add(of.memory.len() - before);
        Ok(())
    }

    /// What there is of a connection that is over.
    pub(super) fn take(&mut self, id: ConversationId) -> Messages {
        let messages = self.of.remove(&id).unwrap_or_default();
        self.in_memory = self.in_memory.saturating_sub(messages.memory.len());
        messages
    }

    /// Writes them.
    ///
    /// # Errors
    /// If the spool cannot be read, or `out` not be written to.
    pub(super) fn write(&mut self, messages: Messages, out: &mut impl Write) -> Result<(), Error> {
        if let Some(spool) = &mut self.spool {
            let mut pieces = Vec::new();
            let mut next = messages.last_piece;
            while let Some(at) = next {
                spool.seek(SeekFrom::Start(at))?;
                let mut head = [0; PIECE_HEAD];
                spool.read_exact(&mut head)?;
                let [before, len] = halves(head);
                pieces.push((at.saturating_add(PIECE_HEAD as u64), len));
                // What lies before it, or none.
                next = (before < at).then_some(before);
            }
            for (at, len) in pieces.into_iter().rev() {
                spool.seek(SeekFrom::Start(at))?;
                if io::copy(&mut spool.take(len), out)? != len {
                    return Err(io::Error::from(io::ErrorKind::UnexpectedEof).into());
                }
            }
        }
        Ok(out.write_all(&messages.memory)?)
    }

    /// Moves what is in memory to the spool, if there can be one.
    fn spill(&mut self) -> Result<(), Error> {
        if self.spool.is_none() {
            self.spool = self.spools.take().and_then(|spools| spools.make().ok());
        }
        let Some(spool) = &mut self.spool else { return Ok(()) };
        spool.seek(SeekFrom::Start(self.end))?;
        let mut spool = io::BufWriter::new(spool);
        for messages in self.of.values_mut().filter(|messages| !messages.memory.is_empty()) {
            let len = messages.memory.len() as u64;
            // No piece lies before itself: one without any before it names itself.
            let before = messages.last_piece.unwrap_or(self.end);
            spool.write_all(&before.to_le_bytes())?;
            spool.write_all(&len.to_le_bytes())?;
            spool.write_all(&messages.memory)?;
            messages.last_piece = Some(self.end);
            messages.memory = Vec::new();
            self.end += PIECE_HEAD as u64 + len;
        }
        spool.flush()?;
        self.in_memory = 0;
        Ok(())
    }
}

fn halves(head: [u8; PIECE_HEAD]) -> [u64; 2] {
    let (halves, _) = head.as_chunks();
    [0, 1].map(|at| halves.get(at).copied().map_or(0, u64::from_le_bytes))
}

#[cfg(test)]
mod tests {
    use std::io::Cursor;

    use super::*;

    /// Messages of three connections by turns, more than memory is to hold.
    fn written(spools: Option<Spools>) -> [(String, u64); 3] {
        let mut waiting = Waiting::new(spools);
        let message = "x".repeat(1 << 20);
        for n in 0..60_u64 {
            waiting.push(ConversationId::flow(n % 3), format!("{n}{message}").as_bytes()).unwrap();
        }
        assert!(waiting.in_memory <= IN_MEMORY);
        [0, 1, 2].map(|flow| {
            let (messages, mut out) = (waiting.take(ConversationId::flow(flow)), Vec::new());
            let left_out = messages.left_out();
            waiting.write(messages, &mut out).unwrap();
            (String::from_utf8(out).unwrap().replace(&message, ""), left_out)
        })
    }

    #[test]
    fn messages_come_back_in_their_order() {
        let spools = Spools::new(|| Ok(Cursor::new(Vec::new())));
        let all = |flow: u64| {
            let numbers: Vec<_> = (0..20).map(|n| (n * 3 + flow).to_string()).collect();
            (format!("\n{}", numbers.join(",\n")), 0)
        };
        assert_eq!(written(Some(spools)), [0, 1, 2].map(all));
    }

    #[test]
    fn what_has_no_room_is_counted() {
        let none = Spools::new(|| Err::<Cursor<Vec<u8>>, _>(io::Error::other("none")));
        for spools in [None, Some(none)] {
            let of = written(spools);
            assert_eq!(of.iter().map(|(_, left_out)| left_out).sum::<u64>(), 45);
            assert_eq!(of[0].0, "\n0,\n3,\n6,\n9,\n12");
        }
    }

    #[test]
    fn a_connection_without_messages_has_none() {
        let mut waiting = Waiting::new(None);
        let messages = waiting.take(ConversationId::flow(7));
        assert!(messages.is_empty());
        let mut out = Vec::new();
        waiting.write(messages, &mut out).unwrap();
        assert_eq!(out, b"");
        // What was taken takes nothing.
        for n in 0..3 {
            waiting.push(ConversationId::flow(n), b"{}").unwrap();
            waiting.take(ConversationId::flow(n));
        }
        assert_eq!(waiting.in_memory, 0);
    }
}
