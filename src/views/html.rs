//! A page for a browser: one file that asks the network for nothing. What is known of the connections is in it twice: their kinds, and
//! the worst in full, as HTML that needs no script; all of them as the objects of `wslog.inspect/1`, compressed, which its script opens
//! when they are looked at.
//!
//! The page is written as the connections come: blocks of some of them, each with its rows of the overview, then what is known only
//! at the end. Its Content-Security-Policy allows the one style and the one script that it holds, by their hashes, and nothing else.

mod blob;
mod captured;
mod page;
pub(in crate::views) mod shell;
mod told;

use std::cmp::Reverse;
use std::collections::VecDeque;
use std::io::Write;
use std::sync::Arc;

use crate::engine::{Form, Keep, Sink};
use crate::error::Error;
use crate::knowledge::Tone;
use crate::model::{ConversationId, InputReport, Journey};
use crate::redact::Sealed;
use crate::views::json::write;
use crate::views::text::cases::Cases;
use crate::views::text::stories::{Seen, Stories};
use crate::views::text::{Style, connection};
use crate::views::{Format, FrameList, Options};
use blob::Blob;
use captured::Captured;

/// What `--format` offers.
pub const FORMAT: Format = Format {
    name: "html",
    what: "A page for a browser, in one file",
    sink: |out, options| Box::new(HtmlReport::new(out, options)),
};

/// Frames of a connection where not all are asked for: the first ones, and as many of the last.
const ENDS: usize = 100;
/// Connections that are told in full without a script.
const WORST: usize = 5;
/// Bytes of connections in a block, uncompressed: what is opened to look at one of them.
const BLOCK: usize = 256 << 10;
/// Columns of what is text in the page.
const COLUMNS: u16 = 100;

/// Writes the page as connections come.
struct HtmlReport<W> {
    out: W,
    frames: FrameList,
    /// The first input, which gives the page its name.
    path: Option<String>,
    is_begun: bool,
    block: Blob,
    /// Bytes of connections in the block, and its rows.
    in_block: usize,
    rows: Vec<u8>,
    /// Bytes of connections so far, and how many there may be.
    written: usize,
    most: usize,
    /// Kinds of the connections that are still to be formed; `None` of those that are not told apart, and of cases.
    kinds: VecDeque<Option<u32>>,
    /// How the connection that is being written came by its place.
    place: Place,
    connections: u64,
    /// How many of them are cases, and how many found no room.
    reports: u64,
    left_out: u64,
    stories: Stories,
    cases: Cases,
    captured: Captured,
    worst: Vec<Detail>,
    journeys: Vec<Journey>,
}

/// Where the next piece of a connection goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Place {
    /// None of it has been seen: its row comes first.
    Row,
    /// Its row is written.
    Block,
    /// There is no room for it.
    Nowhere,
}

/// A connection told in full.
#[derive(Debug)]
struct Detail {
    id: ConversationId,
    tone: Tone,
    headline: String,
    text: String,
}

impl<W: Write> HtmlReport<W> {
    fn new(out: W, options: Options) -> Self {
        Self {
            out,
            frames: options.frames,
            path: None,
            is_begun: false,
            block: Blob::new(),
            in_block: 0,
            rows: Vec::new(),
            written: 0,
            most: options.max_page_bytes,
            kinds: VecDeque::new(),
            place: Place::Row,
            connections: 0,
            reports: 0,
            left_out: 0,
            stories: Stories::default(),
            cases: Cases::default(),
            captured: Captured::new(options.max_run_connections),
            worst: Vec::new(),
            journeys: Vec::new(),
        }
    }

    /// Nothing is begun where nothing could be read.
    fn begin(&mut self) -> Result<(), Error> {
        if !std::mem::replace(&mut self.is_begun, true) {
            self.out.write_all(shell::CONNECTIONS.head(self.path.as_deref()).as_bytes())?;
        }
        Ok(())
    }

    /// The row of the next connection, and the beginning of what is known of it.
    fn row(&mut self, row: &[u8]) -> Result<(), Error> {
        let kind = self.kinds.pop_front().flatten();
        if self.written >= self.most {
            self.left_out += 1;
            self.place = Place::Nowhere;
            return Ok(());
        }
        self.begin()?;
        if self.in_block == 0 {
            self.out.write_all(page::CONNECTIONS.as_bytes())?;
        }
        write!(self.rows, "{}\t", kind.unwrap_or(0))?;
        self.rows.extend_from_slice(row);
        self.rows.push(b'\n');
        self.place = Place::Block;
        Ok(())
    }

    fn block(&mut self, piece: &[u8]) -> Result<(), Error> {
        self.in_block += piece.len();
        self.written = self.written.saturating_add(piece.len());
        Ok(self.block.push(piece, &mut self.out)?)
    }

    /// The block is over, if there is one: behind it come its rows.
    fn end_block(&mut self) -> Result<(), Error> {
        if std::mem::take(&mut self.in_block) == 0 {
            return Ok(());
        }
        self.block.finish(&mut self.out)?;
        self.out.write_all(page::BLOB_ENDS.as_bytes())?;
        let rows = std::mem::take(&mut self.rows);
        self.blob(page::ROWS, &rows)
    }

    fn blob(&mut self, begins: &str, bytes: &[u8]) -> Result<(), Error> {
        self.out.write_all(begins.as_bytes())?;
        self.block.push(bytes, &mut self.out)?;
        self.block.finish(&mut self.out)?;
        Ok(self.out.write_all(page::BLOB_ENDS.as_bytes())?)
    }

    /// Tells it in full, unless worse ones are told already.
    fn keep(&mut self, seen: &mut Seen<'_>, tone: Tone) {
        if self.worst.len() >= WORST && self.worst.iter().all(|known| known.tone >= tone) {
            return;
        }
        let report = seen.opened();
        // Who wants more of the frames than the last finds them where they are looked at one by one.
        let frames = if self.frames == FrameList::None { FrameList::None } else { FrameList::Ends };
        let told = connection::tell(report, (frames, false), &Style::plain(COLUMNS));
        let (headline, text) = (connection::verdict(report).0, told.answer + &told.evidence);
        self.worst.push(Detail { id: report.id, tone, headline, text });
        if self.worst.len() > WORST {
            let mildest = self.worst.iter().enumerate().min_by_key(|(i, d)| (d.tone, Reverse(*i)));
            let Some(at) = mildest.map(|(at, _)| at) else { return };
            self.worst.remove(at);
        }
    }
}

impl<W: Write> Sink for HtmlReport<W> {
    fn asks(&self) -> Keep {
        let ends =
            Keep { first: ENDS, last: ENDS, journeys: true, moments: true, cases: true, ..Keep::NOTHING };
        self.frames.keep(ends)
    }

    fn form(&self) -> Option<Form> {
        let frames = self.frames;
        Some(Arc::new(move |conversation, out| {
            write::value(out.bytes(), told::Row(conversation));
            out.bytes().push(b'\n');
            write::pieces(out, told::Connection(conversation, frames));
            out.bytes().push(b'\n');
        }))
    }

    fn begins(&mut self, _: usize, path: &str, _: &'static str) -> Result<(), Error> {
        self.path.get_or_insert_with(|| path.to_owned());
        Ok(())
    }

    fn conversation(&mut self, sealed: &Sealed) -> Result<(), Error> {
        self.connections += 1;
        let mut seen = Seen::new(sealed);
        if sealed.is_captured_case() {
            self.captured.see(seen.opened());
        }
        let first = match sealed.case() {
            Some(case) => {
                self.reports += 1;
                self.kinds.push_back(None);
                self.cases.add(&case, &mut seen)
            }
            None => {
                let first = self.stories.add(&mut seen);
                self.kinds.push_back(self.stories.number(sealed));
                first
            }
        };
        if let Some(tone) = first.or_else(|| self.worst.is_empty().then_some(Tone::Normal)) {
            self.keep(&mut seen, tone);
        }
        Ok(())
    }

    fn formed(&mut self, piece: &[u8], is_last: bool) -> Result<(), Error> {
        let mut piece = piece;
        if self.place == Place::Row {
            // No string of JSON has a line feed in it.
            let end = line_end(piece);
            self.row(piece.get(..end).unwrap_or(piece))?;
            piece = piece.get(end + 1..).unwrap_or_default();
        }
        if self.place == Place::Block {
            self.block(piece)?;
        }
        if is_last {
            self.place = Place::Row;
            if self.in_block >= BLOCK {
                self.end_block()?;
            }
        }
        Ok(())
    }

    fn journeys(&mut self, journeys: &[Journey]) -> Result<(), Error> {
        self.journeys = journeys.to_vec();
        Ok(())
    }

    fn end(&mut self, inputs: &[InputReport]) -> Result<(), Error> {
        self.begin()?;
        self.end_block()?;
        self.captured.finish();
        let mut document = Vec::new();
        write::value(
            &mut document,
            told::Document(inputs, &self.journeys, self.captured.runs(), self.left_out),
        );
        self.blob(page::DOCUMENT, &document)?;
        self.worst.sort_by_key(|detail| (Reverse(detail.tone), detail.id));
        let rest = page::Rest::new(self, inputs).to_string();
        self.out.write_all(rest.as_bytes())?;
        self.out.write_all(shell::CONNECTIONS.foot(page::PLAIN).as_bytes())?;
        self.out.flush()?;
        Ok(())
    }
}

/// Index of the first line feed, or the length.
fn line_end(bytes: &[u8]) -> usize {
    bytes.iter().position(|byte| *byte == b'\n').unwrap_or(bytes.len())
}
