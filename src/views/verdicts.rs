//! The index of runs that captures show: what `index.json` of the Autobahn Testsuite has, with what it does not tell.

use std::collections::{BTreeMap, BTreeSet};
use std::io::Write;

use crate::engine::{Keep, Sink, Verdicts};
use crate::error::Error;
use crate::model::case::{CaseId, NoVerdict};
use crate::model::run::{CapturedEntry, CapturedRun, Testee, Unplaced};
use crate::model::suite::Version;
use crate::model::{ConversationId, InputReport};
use crate::redact::Sealed;
use crate::views::json::write;
use crate::views::row::{
    Boolean, Displayed, Encoder, Field, Integer, Map, OrAbsent, Text, Type, Value, ValueKind, row,
};
use crate::views::{Format, Options, units};

/// The verdicts of a run, from its capture.
pub const FORMAT: Format = Format {
    name: "autobahn-index",
    what: "The index.json of the Autobahn runs in captures, their verdicts worked out from the wire: for check and diff",
    sink: |out, options: Options| {
        Box::new(Index { out, verdicts: Verdicts::new(options.max_run_connections), remarks: Vec::new() })
    },
};

/// Connections named in a remark.
const NAMED: usize = 5;
/// Reasons told, each with its connections.
const TOLD: usize = 8;

/// The fields of a case: those of the suite, and what a capture adds to them.
pub const FIELDS: &[Field] = Entry::FIELDS;

struct Index<W> {
    out: W,
    verdicts: Verdicts,
    remarks: Vec<String>,
}

impl<W: Write> Sink for Index<W> {
    fn asks(&self) -> Keep {
        Keep { cases: true, ..Keep::NOTHING }
    }

    fn conversation(&mut self, conversation: &Sealed) -> Result<(), Error> {
        if conversation.is_captured_case() {
            self.verdicts.see(&conversation.clone().open());
        }
        Ok(())
    }

    fn end(&mut self, inputs: &[InputReport]) -> Result<(), Error> {
        let run = std::mem::take(&mut self.verdicts).finish();
        if run.agents.is_empty() {
            return Err(nothing(&run, inputs));
        }
        self.out.write_all(document(&run).as_bytes())?;
        self.out.flush()?;
        self.remarks = remarks_of(&run, inputs);
        Ok(())
    }

    fn remarks(&self) -> Vec<String> {
        self.remarks.clone()
    }
}

/// Why there is no case of a run, and what to try.
fn nothing(run: &CapturedRun, inputs: &[InputReport]) -> Error {
    let encrypted: u64 = inputs.iter().map(|input| input.encrypted_connections).sum();
    let mut read = inputs.iter().filter(|input| input.unused.is_none()).peekable();
    let (detail, advice) = if run.agents.is_empty() && run.unplaced.is_empty() && run.omitted > 0 {
        let connections = units::count(run.omitted, "connection");
        (format!("no room for {connections} of runs"), "raise --limit run-connections")
    } else if let Some(Unplaced { id, why }) = run.unplaced.first() {
        let connections = units::count(run.unplaced.len() as u64, "connection");
        let detail = format!("{connections} of a run, and which case each was is not certain (#{id}: {why})");
        (detail, "give a capture of more of the run: its cases in a row tell one another apart")
    } else if encrypted > 0 {
        let connections = units::count(encrypted, "connection");
        let detail = format!("{connections} under TLS could not be read");
        (detail, "give the keys: --keylog FILE (wslog explain tls says how to get one)")
    } else if read.peek().is_some() && read.all(is_report) {
        let detail =
            "there is none, only reports of cases, whose verdicts are in the index beside them".to_owned();
        (detail, "give a capture of the run; wslog check and wslog diff read its index.json")
    } else {
        let detail = "no connection asks for a case as testees ask a fuzzing server (/runCase?case=1&agent=NAME), and none \
                      is what a fuzzing client sends";
        (
            detail.to_owned(),
            "capture the port of the fuzzing server, or of the server under test, from before the first case on",
        )
    };
    Error::NoRun { detail, advice }
}

fn is_report(input: &InputReport) -> bool {
    input.kind.starts_with("autobahn")
}

/// What the index does not say.
fn remarks_of(run: &CapturedRun, inputs: &[InputReport]) -> Vec<String> {
    let mut remarks = remarks(run, "index");
    let reports = inputs.iter().filter(|input| input.unused.is_none() && is_report(input)).count() as u64;
    if reports > 0 {
        remarks.push(format!("{} not in the index, which is of captures", units::count(reports, "report")));
    }
    remarks
}

/// What `place`, where the verdicts stand, does not say of a run.
pub(in crate::views) fn remarks(run: &CapturedRun, place: &str) -> Vec<String> {
    let mut remarks = unplaced(&run.unplaced, place);
    remarks.extend(unjudged(run));
    if run.unversioned > 0 {
        let cases = units::count(run.unversioned, "case");
        remarks.push(format!(
            "of {cases} the tester does not say its version: taken for {}, the newest known (--suite VERSION says otherwise)",
            Version::NEWEST
        ));
    }
    if run.omitted > 0 {
        let omitted = units::count(run.omitted, "connection");
        remarks.push(format!("{omitted} of runs left out, beyond the limit run-connections: the {place} lacks their cases, or has them as they were before"));
    }
    remarks
}

/// Cases without a verdict, by the reason.
fn unjudged(run: &CapturedRun) -> impl Iterator<Item = String> {
    let mut by_reason: BTreeMap<&str, u64> = BTreeMap::new();
    for why in run.agents.values().flat_map(BTreeMap::values).filter_map(reason) {
        *by_reason.entry(why).or_default() += 1;
    }
    by_reason
        .into_iter()
        .map(|(why, cases)| format!("{} without a verdict: {why}", units::count(cases, "case")))
}

/// Connections that are not in `place`, by the reason.
fn unplaced(unplaced: &[Unplaced], place: &str) -> Vec<String> {
    let mut by_reason: BTreeMap<&str, Vec<ConversationId>> = BTreeMap::new();
    for Unplaced { id, why } in unplaced {
        by_reason.entry(why).or_default().push(*id);
    }
    let mut reasons: Vec<(&str, Vec<ConversationId>)> = by_reason.into_iter().collect();
    reasons.sort_by_key(|(_, ids)| ids.first().copied());
    let further = reasons.split_off(TOLD.min(reasons.len()));
    let told = reasons.into_iter().map(|(why, ids)| {
        let named: Vec<String> = ids.iter().take(NAMED).map(|id| format!("#{id}")).collect();
        let more = match ids.len() - named.len() {
            0 => String::new(),
            more => format!(" and {more} more"),
        };
        let connections = if ids.len() == 1 { "connection" } else { "connections" };
        format!(
            "{connections} {}{more}: not in the {place}, for it is not certain which case: {why}",
            named.join(", ")
        )
    });
    let mut told: Vec<String> = told.collect();
    if !further.is_empty() {
        let connections = further.iter().map(|(_, ids)| ids.len()).sum::<usize>() as u64;
        let reasons = units::count(further.len() as u64, "other reason");
        told.push(format!(
            "{} more not in the {place}, for {reasons} of that kind",
            units::count(connections, "connection")
        ));
    }
    told
}

/// An index as the suite writes it.
#[must_use]
pub fn document(run: &CapturedRun) -> String {
    let mut names = BTreeSet::new();
    let twice: BTreeSet<&str> =
        run.agents.keys().map(|testee| testee.agent.as_str()).filter(|name| !names.insert(*name)).collect();
    let name = |testee: &Testee| match twice.contains(testee.agent.as_str()) {
        true => testee.label(),
        false => testee.agent.clone(),
    };
    let agents: BTreeMap<String, Cases<'_>> =
        run.agents.iter().map(|(testee, cases)| (name(testee), Cases(cases))).collect();
    write::document::<Map<Cases<'_>>>(agents)
}

/// The cases of an agent.
#[derive(Clone, Copy)]
struct Cases<'r>(&'r BTreeMap<CaseId, CapturedEntry>);

impl Type for Cases<'_> {
    const KIND: &'static ValueKind = <Map<Entry<'_>> as Type>::KIND;
}

impl Value<Self> for Cases<'_> {
    fn encode(self, to: &mut impl Encoder) {
        to.object(|to| {
            self.0.iter().for_each(|(id, entry)| to.entry::<Entry<'_>>(id.as_str(), Entry(entry)));
        });
    }
}

row! {
    /// A case of a run.
    struct Entry<'r>(entry: &'r CapturedEntry);

    /// Verdict on what the testee did; null where the wire gives none.
    behavior: Option<Text> = entry.entry.behavior.told(),
    /// Verdict on how it closed; null where the wire gives none.
    behaviorClose: Option<Text> = entry.entry.behavior_close.told(),
    /// How long it took, in milliseconds.
    duration: Option<Integer> = entry.entry.duration_ms,
    /// Code of the testee's Close.
    remoteCloseCode: Option<Integer> = entry.entry.remote_close_code,
    /// The connection of the capture.
    connection: Text = Displayed(entry.id),
    /// Why there is no verdict.
    noVerdict: OrAbsent<Text> = reason(entry),
    /// By its rules the tester sent a Close, and its log has one, but none was captured.
    closeNotSent: OrAbsent<Boolean> = entry.close_unsent.then_some(true),
}

/// Why there is no verdict, or only one of the two.
pub(in crate::views) fn reason(entry: &CapturedEntry) -> Option<&'static str> {
    entry.lacks.into_iter().flatten().next().map(NoVerdict::name)
}
