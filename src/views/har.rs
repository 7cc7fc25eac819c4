//! HAR 1.2 as browsers export and import it: one document, an entry a connection, its messages in `_webSocketMessages`.
//!
//! An entry is written when its connection is over, in the order of their numbers. Messages that wait for that are in memory
//! as far as they are few, and in a spool beyond.

mod entry;
mod facts;
mod messages;
mod url;
mod waiting;

use std::io::Write;

use crate::engine::{Happening, Keep, Sink};
use crate::error::Error;
use crate::model::{ConversationId, InputReport, Outcome};
use crate::redact::Sealed;
use crate::views::RowFormat;
use crate::views::going_on::RowOptions;
use crate::views::json::write;
use crate::views::messages::{is_wanted, shown};
use crate::views::row::Field;
use entry::{Creator, Entry, Log, Root};
use facts::Facts;
use messages::{Message, Prepared};
use waiting::Waiting;

/// Name and version of what of HAR is written.
pub const SCHEMA: &str = "wslog.har/1";

/// The fields of the document.
pub const FIELDS: &[Field] = Root::FIELDS;

/// What `--format` offers.
pub const FORMAT: RowFormat = RowFormat {
    name: "har",
    what: "A HAR 1.2 document, an entry a connection",
    whole: true,
    sink: |out, options| Box::new(Har::new(out, options)),
};

/// Writes the document.
struct Har<W> {
    out: W,
    options: RowOptions,
    waiting: Waiting,
    /// Entries so far.
    entries: u64,
}

impl<W: Write> Har<W> {
    fn new(out: W, options: RowOptions) -> Self {
        let waiting = Waiting::new(options.spools.clone());
        Self { out, options, waiting, entries: 0 }
    }

    /// What stands before the next entry; none is left half done where nothing could be read.
    fn begin(&mut self) -> Result<(), Error> {
        if self.entries == 0 {
            let mut head = Vec::new();
            write::value(&mut head, Root(Log(Creator(env!("CARGO_PKG_VERSION")))));
            self.out.write_all(head.strip_suffix(END).unwrap_or(&head))?;
        }
        Ok(())
    }
}

/// How a document ends behind its entries.
const END: &[u8] = b"]}}";

/// How an entry ends behind its messages.
const END_OF_ENTRY: &[u8] = b"]}";

impl<W: Write> Sink for Har<W> {
    fn asks(&self) -> Keep {
        Keep { payload_bytes: 0, ..self.options.of_messages() }
    }

    fn happening(&mut self, id: ConversationId, happening: &Happening) -> Result<(), Error> {
        if let Happening::Message { message, .. } = happening
            && is_wanted(&self.options, message)
        {
            let mut object = Vec::new();
            write::value(&mut object, Message(&Prepared::of(message, shown(&self.options, message))));
            self.waiting.push(id, &object)?;
        }
        Ok(())
    }

    fn conversation(&mut self, conversation: &Sealed) -> Result<(), Error> {
        let messages = self.waiting.take(conversation.id());
        // Nothing says that it is WebSocket.
        let is_told = conversation.outcome() != Outcome::Encrypted;
        let is_all = self.options.wanted.is_all();
        if !is_told || !is_all && messages.is_empty() {
            return Ok(());
        }
        let conversation = conversation.clone().open();
        self.begin()?;
        self.out.write_all(if self.entries == 0 { b"\n" } else { b",\n" })?;
        self.entries += 1;
        let mut object = Vec::new();
        write::value(&mut object, Entry(&Facts::of(&conversation, is_all, messages.left_out())));
        self.out.write_all(object.strip_suffix(END_OF_ENTRY).unwrap_or(&object))?;
        self.waiting.write(messages, &mut self.out)?;
        Ok(self.out.write_all(END_OF_ENTRY)?)
    }

    fn end(&mut self, _: &[InputReport]) -> Result<(), Error> {
        self.begin()?;
        self.out.write_all(b"\n")?;
        self.out.write_all(END)?;
        self.out.write_all(b"\n")?;
        Ok(self.out.flush()?)
    }
}
