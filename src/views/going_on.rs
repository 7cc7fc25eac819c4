//! What rows of conversations that go on have in common: whose they are, when, which are asked for, and what of a payload is
//! shown.

mod sinks;

use std::cell::Cell;
use std::collections::HashMap;
use std::fmt;
use std::fmt::Write as _;
use std::io::{self, Write};
use std::rc::Rc;
use std::sync::Arc;

pub(super) use sinks::{Lines, Page, formats};

use crate::engine::{Keep, Spools};
use crate::knowledge::words::shorten;
use crate::model::{ConversationId, Moment, Opcode, Opening, Role, Timestamp};
use crate::redact::Shown;
use crate::views::escape::{as_text, visible};
use crate::views::text::Style;
use crate::views::units;

/// What stands for what is not known.
pub(super) const UNKNOWN: &str = "–";

/// What is asked of rows.
#[derive(Clone, Debug)]
pub struct RowOptions {
    /// How text looks.
    pub style: Style,
    /// How text says when.
    pub times: Times,
    /// Payloads are shown.
    pub payloads: Payloads,
    /// Which rows.
    pub wanted: Wanted,
    /// Counts them.
    pub tally: RowTally,
    /// Whoever reads them waits for each: it goes out once it is whole.
    pub at_once: bool,
    /// Where rows go that have to wait, beyond what memory holds.
    pub spools: Option<Spools>,
}

/// How many rows there were, and were asked for; shared by whoever wants to know.
#[derive(Clone, Debug, Default)]
pub struct RowTally(Rc<[Cell<u64>; 3]>);

impl RowTally {
    /// Rows there were.
    #[must_use]
    pub fn of(&self) -> u64 {
        self.0[0].get()
    }

    /// Those that were asked for.
    #[must_use]
    pub fn taken(&self) -> u64 {
        self.0[1].get()
    }

    /// Bytes of the largest there was.
    #[must_use]
    pub fn largest(&self) -> u64 {
        self.0[2].get()
    }

    fn see(&self, bytes: Option<u64>, is_taken: bool) {
        let [of, taken, largest] = &*self.0;
        of.set(of.get() + 1);
        taken.set(taken.get() + u64::from(is_taken));
        largest.set(largest.get().max(bytes.unwrap_or(0)));
    }
}

/// How text says when something was.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Times {
    /// Since the first packet of the connection.
    #[default]
    Relative,
    /// As date and time, UTC.
    Absolute,
    /// Since the row before, of whichever connection.
    Delta,
}

/// What of payloads is shown.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Payloads {
    /// Nothing.
    None,
    /// The first bytes, so many.
    Preview(usize),
    /// All.
    #[default]
    Whole,
}

impl Payloads {
    /// How many bytes that are at the most.
    #[must_use]
    pub const fn bytes(self) -> usize {
        match self {
            Self::None => 0,
            Self::Preview(bytes) => bytes,
            Self::Whole => usize::MAX,
        }
    }

    /// What is shown of a payload, and whether there is more of it.
    pub(super) fn of(self, payload: &[u8]) -> (&[u8], bool) {
        payload.get(..self.bytes()).map_or((payload, false), |shown| (shown, shown.len() < payload.len()))
    }
}

/// Says whether a payload is asked for.
pub type Matcher = Arc<dyn Fn(&[u8]) -> bool>;

/// Which rows are asked for: each field that says something has to fit.
#[derive(Clone, Default)]
pub struct Wanted {
    /// Who sent it.
    pub from: Option<Role>,
    /// Opcodes of frames; of messages those of their first frames. Empty: any.
    pub opcodes: Vec<Opcode>,
    /// Bytes it has at the least: a message put together, a frame its payload.
    pub min_bytes: u64,
    /// It came at this time or later.
    pub since: Option<Moment>,
    /// It had come by this time.
    pub until: Option<Moment>,
    /// Whether its payload fits, of which all is seen that may be.
    pub matches: Option<Matcher>,
}

impl fmt::Debug for Wanted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { from, opcodes, min_bytes, since, until, matches } = self;
        f.debug_struct("Wanted")
            .field("from", from)
            .field("opcodes", opcodes)
            .field("min_bytes", min_bytes)
            .field("since", since)
            .field("until", until)
            .field("matches", &matches.is_some())
            .finish()
    }
}

/// A row, as far as it matters whether it is asked for.
pub(super) struct Candidate<'a> {
    pub(super) from: Role,
    pub(super) opcode: Opcode,
    /// `None` where it is unknown.
    pub(super) bytes: Option<u64>,
    pub(super) at: Option<Timestamp>,
    pub(super) payload: &'a [u8],
}

impl Wanted {
    /// Whether all rows are.
    pub(super) const fn is_all(&self) -> bool {
        let Self { from, opcodes, min_bytes, since, until, matches } = self;
        from.is_none()
            && opcodes.is_empty()
            && *min_bytes == 0
            && since.is_none()
            && until.is_none()
            && matches.is_none()
    }

    pub(super) fn takes(&self, row: &Candidate<'_>) -> bool {
        self.from.is_none_or(|from| from == row.from)
            && (self.opcodes.is_empty() || self.opcodes.contains(&row.opcode))
            && (self.min_bytes == 0 || row.bytes.is_some_and(|bytes| bytes >= self.min_bytes))
            && self.since.is_none_or(|since| row.at.is_some_and(|at| at >= since.near(at)))
            && self.until.is_none_or(|until| row.at.is_some_and(|at| at <= until.near(at)))
            && self.matches.as_ref().is_none_or(|matches| matches(row.payload))
    }
}

impl RowOptions {
    /// Whether a row is asked for.
    pub(super) fn takes(&self, row: &Candidate<'_>) -> bool {
        let is_taken = self.wanted.takes(row);
        self.tally.see(row.bytes, is_taken);
        is_taken
    }

    /// Bytes of payloads that have to be kept.
    const fn kept(&self) -> usize {
        if self.wanted.matches.is_some() { usize::MAX } else { self.payloads.bytes() }
    }

    /// What rows of frames ask for.
    pub(super) const fn of_frames(&self) -> Keep {
        Keep { live: true, payload_bytes: self.kept(), ..Keep::NOTHING }
    }

    /// What rows of messages ask for.
    pub(super) const fn of_messages(&self) -> Keep {
        Keep { live: true, message_bytes: self.kept(), ..Keep::NOTHING }
    }
}

/// The conversations that go on, for text: each is introduced once, and its rows say when they were.
#[derive(Debug, Default)]
pub(super) struct Clock {
    times: Times,
    started_at: HashMap<ConversationId, Option<Timestamp>>,
    last: Option<Timestamp>,
}

impl Clock {
    pub(super) fn new(times: Times) -> Self {
        Self { times, ..Self::default() }
    }

    pub(super) fn begins(&mut self, id: ConversationId, opening: &Opening<Shown>) {
        self.started_at.insert(id, opening.started_at);
    }

    pub(super) fn is_over(&mut self, id: ConversationId) {
        self.started_at.remove(&id);
    }

    /// The header and the least width of the column that says when.
    pub(super) const fn column(&self) -> (&'static str, usize) {
        match self.times {
            Times::Relative => ("time", 11),
            Times::Absolute => ("time (UTC)", 26),
            Times::Delta => ("since last", 11),
        }
    }

    /// When a row was.
    pub(super) fn tell(&mut self, id: ConversationId, at: Option<Timestamp>) -> String {
        let Some(at) = at else { return UNKNOWN.to_owned() };
        match self.times {
            Times::Absolute => units::date_time_us(at),
            Times::Relative => match self.started_at.get(&id) {
                Some(&Some(start)) => units::offset(at.since(start)),
                _ => UNKNOWN.to_owned(),
            },
            Times::Delta => {
                let last = self.last.replace(at).unwrap_or(at);
                units::offset(at.since(last))
            }
        }
    }
}

/// `#7  192.0.2.10:50001 → 192.0.2.20:8080  GET /chat  101`.
pub(super) fn introduction(id: ConversationId, opening: &Opening<Shown>) -> String {
    let Opening { client, server, request, response, .. } = opening;
    let mut line = format!("#{id}");
    if let (Some(client), Some(server)) = (client, server) {
        let _ = write!(line, "  {client} → {server}");
    }
    match request {
        Some(request) => {
            let _ = write!(line, "  {} {}", visible(&request.method), shorten(&visible(&request.target), 60));
        }
        None => line.push_str("  handshake not recorded"),
    }
    if let Some(response) = response {
        let _ = write!(line, "  {}", response.status);
    }
    line
}

/// A payload in a line of at most `width` characters: text, or 0x and digits.
pub(super) fn in_line(payload: &[u8], is_text: bool, is_cut: bool, width: usize) -> String {
    // A character takes four bytes at the most.
    let start = payload.get(..width.saturating_mul(4)).unwrap_or(payload);
    let goes_on = is_cut || start.len() < payload.len();
    let mut shown = match as_text(start, goes_on).filter(|_| is_text) {
        Some(text) => visible(text).into_owned(),
        None if start.is_empty() => String::new(),
        None => format!("0x{}", crate::model::Hex(start.get(..width / 2).unwrap_or(start))),
    };
    if goes_on && shown.chars().count() <= width {
        shown.push('…');
    }
    shorten(&shown, width)
}

/// A whole payload below its row: text by its lines, other bytes as a dump.
pub(super) fn block(
    out: &mut dyn Write,
    style: &Style,
    payload: &[u8],
    is_text: bool,
    is_cut: bool,
) -> io::Result<()> {
    match as_text(payload, is_cut).filter(|_| is_text) {
        Some(text) => {
            for line in text.split('\n') {
                writeln!(out, "      {}", style.fit(&visible(line.strip_suffix('\r').unwrap_or(line))))?;
            }
        }
        None => {
            for (nth, bytes) in payload.chunks(16).enumerate() {
                let mut digits = String::with_capacity(50);
                for (at, byte) in bytes.iter().enumerate() {
                    let _ = write!(digits, "{}{byte:02x}", if at % 8 == 0 { "  " } else { " " });
                }
                let is_shown = |byte: &u8| byte.is_ascii_graphic() || *byte == b' ';
                let text: String =
                    bytes.iter().map(|b| if is_shown(b) { char::from(*b) } else { '.' }).collect();
                writeln!(out, "      {:08x}{digits:<50}  |{text}|", nth * 16)?;
            }
        }
    }
    if is_cut {
        writeln!(out, "{}", style.fit("      … it goes on"))?;
    }
    Ok(())
}
