//! Tickets: what one pastes into an issue. The cause in a sentence, both sides beside one another, a diagram of the end, and folded what
//! that rests on; many connections by kind, the worst first. GitHub and GitLab show all of it. Peers' text in it is code, or escaped;
//! payloads stand in it if they were asked for, paths never.

mod connection;
mod diagram;
mod journeys;
mod made;
mod many;
pub(in crate::views) mod page;

use std::io::Write;

use crate::engine::{Keep, Sink};
use crate::error::Error;
use crate::knowledge::Tone;
use crate::model::{InputReport, Journey};
use crate::redact::Sealed;
use crate::views::text::collected::{Collected, Detail};
use crate::views::text::inputs;
use crate::views::{Format, Options, events, units};
use connection::{Lacks, Ticket};
use page::{Md, Page};

/// What `--format` offers.
pub const FORMAT: Format = Format {
    name: "markdown",
    what: "A ticket to paste into an issue",
    sink: |out, options| Box::new(Tickets::new(out, options)),
};

/// Bytes kept for the last line.
const LINE: usize = 1_500;
/// Frames at each end of a connection where more is asked for.
const MORE_FRAMES: usize = 20;
/// Of many connections the worst that are told, and the same where more is asked for.
const WORST: (usize, usize) = (1, 5);

/// Collects what a ticket needs.
#[derive(Debug)]
struct Tickets<W> {
    out: W,
    options: Options,
    all: Collected<Ticket>,
    endings: journeys::Endings,
    /// What connections have to do with one another: the title where that is all there is, and what is told.
    journeys: Option<(Option<Md>, Page)>,
}

impl<W: Write> Tickets<W> {
    fn new(out: W, options: Options) -> Self {
        let all = Collected::new(false).one_by_one(options.tls).quoting(options.payloads);
        Self { out, options, all, endings: journeys::Endings::default(), journeys: None }
    }

    fn finish(&mut self, inputs: &[InputReport]) -> Result<(), Error> {
        let options = self.options;
        let details = self.all.complete(&|report| connection::tell(report, &options));
        let mut page = Page::new(page::MOST - LINE);
        let mut lacks = Lacks::default();
        let is_summed_up = self.all.is_summed_up();
        match details.as_slice() {
            // Of many that are in order none is told by itself.
            [] if self.all.connections == 0 => {
                let nothing = match is_summed_up || options.some {
                    true => "No WebSocket connection that could be read.".to_owned(),
                    false => inputs::nothing(inputs),
                };
                page.heading(3, &Md::ours("No WebSocket connection"));
                page.paragraph(&Md::said(&nothing));
            }
            [Detail { told, .. }] if self.all.connections == 1 && !is_summed_up => {
                page.heading(3, &told.title);
                page.append(&told.page);
                lacks.add(told.lacks);
            }
            details => self.several(&mut page, &mut lacks, details, inputs),
        }
        if is_summed_up {
            many::encrypted(&mut page, &self.all.encrypted);
        }
        made::recordings(&mut page, inputs);
        let ids: Vec<_> = details.iter().map(|detail| detail.id).collect();
        let ids = if self.all.are_many() || is_summed_up { &[] } else { &ids[..] };
        let line = made::line(&options, inputs, ids, lacks, page.left_out());
        page.last(&line);
        self.out.write_all(page.into_text().as_bytes())?;
        self.out.flush()?;
        Ok(())
    }

    /// Two or more connections.
    fn several(
        &self,
        page: &mut Page,
        lacks: &mut Lacks,
        details: &[Detail<Ticket>],
        inputs: &[InputReport],
    ) {
        let worst = details.first();
        let count = Md::said(&units::count(self.all.connections, "WebSocket connection"));
        let of_one_way = self.journeys.as_ref().and_then(|(title, _)| title.clone());
        page.heading(
            3,
            &match (of_one_way, worst.filter(|worst| worst.tone >= Tone::Odd)) {
                (Some(title), _) => title,
                (None, Some(worst)) => count.then(&Md::ours(", the worst: ")).then(&worst.told.title),
                (None, None) => count,
            },
        );
        self.journeys.iter().for_each(|(_, journeys)| page.append(journeys));
        let are_many = self.all.are_many();
        let told_apart = worst.filter(|worst| worst.tone >= Tone::Odd);
        if are_many {
            if self.all.connections > self.all.reports {
                many::stories(
                    page,
                    &self.all.stories,
                    self.options.details,
                    told_apart.map(|worst| worst.id),
                );
            }
            if self.all.reports > 0 {
                many::cases(page, &self.all.cases);
            }
        } else {
            many::rows(page, &self.all.rows, inputs);
        }
        if let Some(Detail { id, told, .. }) = told_apart {
            let id = Md::ours("**").then(&Md::code(&format!("#{id}"))).then(&Md::ours("** "));
            page.paragraph(&id.then(&told.said));
        }
        let told = match (are_many, self.options.details) {
            (true, false) => WORST.0,
            (true, true) => WORST.1,
            (false, _) => details.len(),
        };
        let all_are_sound = worst.is_some_and(|worst| worst.tone == Tone::Normal);
        for Detail { id, tone, told, .. } in details.iter().take(told) {
            // What is in order has its row.
            if *tone == Tone::Normal && !self.options.details && !all_are_sound {
                continue;
            }
            lacks.add(told.lacks);
            page.fold(&format!("Connection {id}: {}", told.headline), &told.page);
        }
    }
}

impl<W: Write> Sink for Tickets<W> {
    fn asks(&self) -> Keep {
        let last = if self.options.details { MORE_FRAMES } else { events::LAST };
        let first = if self.options.details { MORE_FRAMES } else { 0 };
        self.options.frames.keep(Keep { first, last, journeys: true, ..Keep::NOTHING })
    }

    fn conversation(&mut self, conversation: &Sealed) -> Result<(), Error> {
        let options = self.options;
        self.endings.add(conversation);
        self.all.add(conversation, &|report| connection::tell(report, &options));
        Ok(())
    }

    fn journeys(&mut self, journeys: &[Journey]) -> Result<(), Error> {
        let title = match journeys {
            [] => return Ok(()),
            [one] if one.legs.len() as u64 == self.all.connections => Some(journeys::title(one)),
            _ => None,
        };
        self.journeys = Some((title, journeys::told(journeys, &self.endings)));
        Ok(())
    }

    fn end(&mut self, inputs: &[InputReport]) -> Result<(), Error> {
        self.finish(inputs)
    }
}
