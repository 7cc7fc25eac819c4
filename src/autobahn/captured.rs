//! Verdicts from a capture alone: a connection held against the cases of the suite, judged as the tester would have, and the run
//! that such connections make.
//!
//! ```text
//!   Event ─► Watch: what either side did ─► fit: which cases send that ─► story: what the tester noted ─► verdict ─► run
//! ```
//!
//! What a case sends and expects is worked out once (`plan`) and found by how it begins (`list`); what the tester noted is told once
//! for all cases that differ in nothing it depends on. A connection costs microseconds, whatever fits it.
//!
//! The tester's timers are not on the wire. What they did follows from what it sent, and when.

mod asked;
mod exchange;
mod fit;
mod list;
mod own;
mod plan;
mod run;
mod story;
#[cfg(test)]
mod tests;
mod timers;
mod watch;

use crate::autobahn::captured::exchange::Exchange;
use crate::autobahn::captured::list::List;
use crate::model::Role;
use crate::model::case::{CapturedCase, Fits, NoVerdict, RunPart};

pub use asked::agent;
pub use plan::number;
pub use run::{Connection, Gather};
pub use watch::Watch;

/// What an exchange comes to as a connection of a run.
fn conclude(exchange: &Exchange) -> Option<Box<CapturedCase>> {
    let is_case = matches!(exchange.part, RunPart::Case { .. });
    let fits = if is_case { fits(exchange) } else { Fits::These(Vec::new()) };
    // Any client may send what is no case.
    if fits.is_none() && !exchange.is_named {
        return None;
    }
    Some(Box::new(CapturedCase {
        tester: exchange.tester,
        suite: exchange.suite,
        is_named: exchange.is_named,
        part: exchange.part.clone(),
        fits,
        duration_ms: exchange.duration_ms(),
    }))
}

fn fits(exchange: &Exchange) -> Fits {
    match exchange.tester {
        _ if exchange.has_hole => return Fits::Unjudged(NoVerdict::Hole),
        _ if exchange.is_open => {}
        _ if !exchange.is_over => return Fits::Unjudged(NoVerdict::Unfinished),
        Role::Server => return Fits::Unjudged(NoVerdict::NotOpened),
        Role::Client => return Fits::NeverOpen,
    }
    let list = List::of(exchange.suite.map(|suite| suite.version));
    Fits::These(story::judged(exchange, list, fit::fitting(exchange, list)))
}

/// The other side.
const fn testee(exchange: &Exchange) -> Role {
    exchange.tester.peer()
}
