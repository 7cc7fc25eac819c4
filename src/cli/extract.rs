//! `--extract`: each message to a file.

use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use anyhow::Context;
use wslog::engine::{Happening, Keep, Sink};
use wslog::error::Error;
use wslog::model::{ConversationId, MessageKind};
use wslog::views::going_on::{Payloads, RowOptions, RowTally, Times, Wanted};
use wslog::views::messages;
use wslog::views::text::Style;

/// Writes messages to files of a directory. Their names are made of numbers and the side alone: nothing that a peer sent is
/// in them.
pub(super) struct Extract {
    dir: PathBuf,
    options: RowOptions,
    pub(super) files: u64,
}

impl Extract {
    /// To files in `dir`.
    pub(super) fn to(dir: &Path, wanted: Wanted) -> anyhow::Result<Self> {
        fs::create_dir_all(dir).with_context(|| format!("cannot create {}", dir.display()))?;
        let style = Style::plain(80);
        let options = RowOptions {
            style,
            times: Times::Relative,
            payloads: Payloads::Whole,
            wanted,
            tally: RowTally::default(),
            at_once: false,
            spools: None,
        };
        Ok(Self { dir: dir.to_owned(), options, files: 0 })
    }
}

/// `2-7-000012-server.txt`: input and flow, the message, who sent it. What of it is not there is said by `.cut`.
fn name(id: ConversationId, message: &wslog::model::MessageRecord<wslog::redact::Shown>) -> String {
    let id = id.to_string().replace([':', '/'], "-");
    let ending = match message.facts.kind {
        MessageKind::Text => "txt",
        MessageKind::Binary => "bin",
    };
    let cut = if message.cut { ".cut" } else { "" };
    format!("{id}-{:06}-{}{cut}.{ending}", message.facts.n, message.from.name())
}

impl Sink for Extract {
    fn asks(&self) -> Keep {
        Keep { live: true, message_bytes: usize::MAX, ..Keep::NOTHING }
    }

    fn happening(&mut self, id: ConversationId, happening: &Happening) -> Result<(), Error> {
        let Happening::Message { message, .. } = happening else { return Ok(()) };
        if !messages::is_wanted(&self.options, message) || message.redacted {
            return Ok(());
        }
        // None that is there is written over: not even by way of a link.
        let path = self.dir.join(name(id, message));
        let file = File::options().write(true).create_new(true).open(&path);
        let written = file.and_then(|mut file| file.write_all(&message.payload));
        self.files += u64::from(written.is_ok());
        written.map_err(|error| {
            let said = if error.kind() == io::ErrorKind::AlreadyExists {
                "is there, and is not written over: --extract needs another directory".to_owned()
            } else {
                error.to_string()
            };
            io::Error::new(error.kind(), format!("{} {said}", path.display())).into()
        })
    }
}
