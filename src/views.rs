//! Values to bytes, a [`Sink`] and a file a format. What is said is worded once, in [`wording`] and [`summary`], and every
//! renderer says the same; the fields of what programs read are declared once, as [`row`]s. What is secret is taken out of
//! each connection before it is rendered, by [`redact`](crate::redact).

pub mod account;
mod csv;
pub mod escape;
mod events;
pub mod explain;
mod facts;
pub mod frames;
pub mod going_on;
pub mod har;
pub mod html;
pub mod json;
mod judged;
pub mod limits;
pub mod list;
pub mod markdown;
pub mod messages;
pub mod picks;
pub mod remarks;
pub mod replacements;
pub mod row;
pub mod run;
pub mod schema;
pub mod summary;
pub mod text;
mod units;
pub mod verdicts;
mod worded;
pub mod wording;

use std::io::Write;

use crate::engine::{Keep, Sink};
use crate::limits::Limits;
use going_on::RowOptions;
use text::Style;

/// A format of `wslog inspect`.
#[derive(Clone, Copy, Debug)]
pub struct Format {
    /// What `--format` calls it.
    pub name: &'static str,
    /// What it is for, in a few words.
    pub what: &'static str,
    /// The sink that writes it.
    pub sink: for<'o> fn(Box<dyn Write + 'o>, Options) -> Box<dyn Sink + 'o>,
}

/// A format of rows of frames or messages.
#[derive(Clone, Copy, Debug)]
pub struct RowFormat {
    /// What `--format` calls it.
    pub name: &'static str,
    /// What it is for, in a few words.
    pub what: &'static str,
    /// Payloads stand in it as a whole, unless less is asked for.
    pub whole: bool,
    /// The sink that writes it.
    pub sink: for<'o> fn(Box<dyn Write + 'o>, RowOptions) -> Box<dyn Sink + 'o>,
}

/// What is asked of a view; each takes what it can do.
#[derive(Clone, Copy, Debug)]
pub struct Options {
    /// Which frames are listed.
    pub frames: FrameList,
    /// Single connections were asked for: all of them are shown in full.
    pub selected: bool,
    /// Payloads are shown as a whole, as far as they were kept.
    pub whole: bool,
    /// What is made to be passed on may show payloads.
    pub payloads: bool,
    /// Secrets were not looked for.
    pub secrets: bool,
    /// Others stand for names.
    pub anonymized: bool,
    /// More is told than what a ticket needs.
    pub details: bool,
    /// Some of all connections were asked for: where there is none, that says nothing of the others.
    pub some: bool,
    /// Connections under TLS that cannot be read are shown one by one, however many there are.
    pub tls: bool,
    /// How text looks.
    pub style: Style,
    /// Whoever reads the result waits for it: each part goes out once it is whole.
    pub at_once: bool,
    /// Connections are told as soon as they are over, and in that order.
    pub as_they_end: bool,
    /// The order of rows; `None`: by the numbers of the connections.
    pub sort: Option<Sort>,
    /// Connections of Autobahn runs of which an index is made.
    pub max_run_connections: usize,
    /// Bytes of connections in a page, before they are compressed.
    pub max_page_bytes: usize,
}

impl Options {
    /// What a view does unless told otherwise.
    #[must_use]
    pub const fn new(style: Style) -> Self {
        Self {
            frames: FrameList::Ends,
            selected: false,
            whole: false,
            payloads: false,
            secrets: false,
            anonymized: false,
            details: false,
            some: false,
            tls: false,
            style,
            at_once: false,
            as_they_end: false,
            sort: None,
            max_run_connections: Limits::DEFAULT.max_run_connections,
            max_page_bytes: Limits::DEFAULT.max_page_bytes,
        }
    }
}

/// An order of rows, of which what is empty comes last.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sort {
    /// The column that decides.
    pub column: &'static str,
    /// The largest first.
    pub reverse: bool,
    /// Bytes that rows may take that wait to be sorted.
    pub max_bytes: usize,
}

impl FrameList {
    /// What of the frames a view wants kept that shows so many where not all are asked for.
    const fn keep(self, ends: Keep) -> Keep {
        match self {
            Self::None => Keep { first: 0, last: 0, ..ends },
            Self::All => Keep { first: usize::MAX, ..ends },
            Self::Ends => ends,
        }
    }
}

/// Which frames a report lists.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum FrameList {
    /// The first and the last of each connection.
    #[default]
    Ends,
    /// Every frame that was recorded.
    All,
    /// No frame.
    None,
}
