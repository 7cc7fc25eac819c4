//! `--fail-on`: what a run comes to where a gate judged it.

use wslog::engine::{Gate, Selection, Summary};
use wslog::knowledge::words::units;
use wslog::model::Level;

use crate::cli::args::FailOn;
use crate::cli::exit::{self, Exit};
use crate::cli::reading;

/// The gate that was asked for.
pub(super) fn of(fail_on: FailOn) -> Gate {
    Gate::new(match fail_on {
        FailOn::Must => Level::Must,
        FailOn::Should => Level::Should,
        FailOn::Note => Level::Note,
    })
}

/// What the run comes to.
///
/// # Errors
/// A number was asked for that there is not.
pub(super) fn exit(
    gate: Option<Gate>,
    fail_on: Option<FailOn>,
    summary: &Summary,
    selection: &Selection,
) -> anyhow::Result<Exit> {
    let (Some(gate), Some(fail_on)) = (gate, fail_on) else { return reading::exit(summary, selection) };
    let name = match fail_on {
        FailOn::Must => "must",
        FailOn::Should => "should",
        FailOn::Note => "note",
    };
    let is_found = reading::is_found(summary, selection)?;
    Ok(if summary.failed > 0 || summary.unread > 0 {
        Exit::Trouble
    } else if !is_found {
        exit::say(&format!("{}: nothing was judged", reading::nothing(&summary.selected)));
        Exit::Found
    } else if gate.judged() == 0 {
        let read = summary.inputs.iter().filter(|input| input.unused.is_none()).count();
        let inputs = if read == 1 { "the input" } else { "the inputs" };
        let encrypted: u64 = summary.inputs.iter().map(|input| input.encrypted_connections).sum();
        let readable = if encrypted > 0 { " that can be read (TLS needs --keylog)" } else { "" };
        exit::say(&format!("wslog: no WebSocket connection{readable} in {inputs}: nothing was judged"));
        Exit::Found
    } else if let Some(first) = gate.first() {
        let (unclean, broke, judged) = (gate.unclean(), gate.broke(), gate.judged());
        exit::say(&format!(
            "wslog: --fail-on {name}: of {}, {unclean} did not end cleanly and {broke} had such a finding (first: #{first})",
            units::count(judged, "connection")
        ));
        Exit::Found
    } else {
        Exit::Done
    })
}
