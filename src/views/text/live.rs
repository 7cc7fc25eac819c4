//! The report as it comes: a block a connection, once it is over, and totals at the end.

use std::fmt::Write as _;
use std::io::Write;
use std::sync::Arc;

use crate::engine::{Form, Keep, Sink};
use crate::error::Error;
use crate::knowledge::words::shorten;
use crate::model::{Conversation, InputReport, Outcome, Role};
use crate::redact::{Sealed, Shown};
use crate::views::escape::visible;
use crate::views::text::inputs;
use crate::views::text::layout::{Paint, Style};
use crate::views::{Options, summary, units, wording};

/// Writes blocks.
pub(super) struct Live<W> {
    out: W,
    options: Options,
    outcomes: [u64; Outcome::ALL.len()],
}

impl<W: Write> Live<W> {
    pub(super) const fn new(out: W, options: Options) -> Self {
        Self { out, options, outcomes: [0; Outcome::ALL.len()] }
    }

    fn totals(&self) -> String {
        let all: u64 = self.outcomes.iter().sum();
        let mut out = units::count(all, "connection");
        let mut between = ": ";
        for (outcome, n) in Outcome::ALL.into_iter().zip(self.outcomes).filter(|(_, n)| *n > 0) {
            let _ = write!(out, "{between}{n} {}", wording::outcome(outcome));
            between = ", ";
        }
        let encrypted = Outcome::ALL.iter().position(|outcome| *outcome == Outcome::Encrypted);
        let veiled = encrypted.and_then(|at| self.outcomes.get(at)).is_some_and(|n| *n > 0);
        if veiled && !is_shown(Outcome::Encrypted, &self.options) {
            out.push_str(" (under TLS without keys; --tls for one by one)");
        }
        out
    }
}

/// Of what nobody can read there may be very much.
const fn is_shown(outcome: Outcome, options: &Options) -> bool {
    !matches!(outcome, Outcome::Encrypted) || options.tls || options.selected
}

/// When, who, where to and with what status; why it ended; the account.
fn block(out: &mut Vec<u8>, r: &Conversation<Shown>, style: &Style) {
    let at = r.ended_at.map_or_else(String::new, |at| format!("{}  ", units::date_time(at)));
    let target = r.request.as_ref().map_or_else(String::new, |request| {
        format!("  {} {}", visible(&request.method), shorten(&visible(&request.target), 60))
    });
    let status = r.response.as_ref().map_or_else(String::new, |response| format!("  {}", response.status));
    let [client, server] = Role::BOTH.map(|role| wording::address(r, role));
    let head = format!("{at}#{}  {client} → {server}{target}{status}", r.id);
    let (verdict, paint) = match &r.closing.cause {
        Some(cause) => {
            let (headline, name) = (cause.headline(r), cause.id());
            (format!("{headline} · {name} · {}", wording::outcome_of(r)), Paint::from(cause.tone(r)))
        }
        None => (wording::outcome_of(r).to_owned(), Paint::Plain),
    };
    let mut text = style.paint(Paint::Heading, &head);
    text.push('\n');
    for line in style.wrap(&verdict, 0).lines() {
        let _ = writeln!(text, "{}", style.paint(paint, line));
    }
    text.push_str(&style.wrap(&summary::sentences(r).join(" "), 2));
    text.push('\n');
    out.extend_from_slice(text.as_bytes());
}

impl<W: Write> Sink for Live<W> {
    fn asks(&self) -> Keep {
        Keep { as_they_end: true, ..Keep::NOTHING }
    }

    fn form(&self) -> Option<Form> {
        let options = self.options;
        Some(Arc::new(move |r, out| {
            if is_shown(r.closing.outcome, &options) {
                block(out.bytes(), r, &options.style);
            }
        }))
    }

    fn conversation(&mut self, conversation: &Sealed) -> Result<(), Error> {
        if let Some(at) = Outcome::ALL.iter().position(|outcome| *outcome == conversation.outcome())
            && let Some(n) = self.outcomes.get_mut(at)
        {
            *n += 1;
        }
        Ok(())
    }

    fn formed(&mut self, block: &[u8], _: bool) -> Result<(), Error> {
        if !block.is_empty() {
            // Blocks are text.
            let text = String::from_utf8_lossy(block);
            self.out.write_all(self.options.style.fit(&text).as_bytes())?;
            self.out.flush()?;
        }
        Ok(())
    }

    fn end(&mut self, inputs: &[InputReport]) -> Result<(), Error> {
        let style = &self.options.style;
        let (read, unread) = (inputs::read(inputs, style), inputs::unread(inputs, style));
        let totals = format!("{read}{unread}{}", style.wrap(&self.totals(), 0));
        self.out.write_all(style.fit(&totals).as_bytes())?;
        self.out.flush()?;
        Ok(())
    }
}
