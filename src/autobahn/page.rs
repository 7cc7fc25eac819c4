//! The page of a case, whichever way it came: sections under headings, each with its lines and table rows.

use std::path::Path;

use crate::autobahn::notes::Notes;
use crate::autobahn::tables::{self, closing, counts};
use crate::autobahn::{html, python, rows};
use crate::error::Error;
use crate::model::case::{Behavior, BehaviorClose, CaseId, CaseReport, ReportForm, WireRow, WireStatistics};

pub(super) const WHAT: &str = "Autobahn case";

/// The headings of a page, in its order. Those of the first four paragraphs stand in them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Heading {
    /// What stands before any heading: the line with agent, case and verdict.
    Title,
    Description,
    Expectation,
    Outcome,
    CaseClosing,
    Handshake,
    Closing,
    Statistics,
    RxOctets,
    TxOctets,
    RxFrames,
    TxFrames,
    WireLog,
}

impl Heading {
    const ALL: [(Self, &[u8]); 12] = [
        (Self::Description, b"Case Description"),
        (Self::Expectation, b"Case Expectation"),
        (Self::Outcome, b"Case Outcome"),
        (Self::CaseClosing, b"Case Closing Behavior"),
        (Self::Handshake, b"Opening Handshake"),
        (Self::Closing, b"Closing Behavior"),
        (Self::Statistics, b"Wire Statistics"),
        (Self::RxOctets, b"Octets Received by Chop Size"),
        (Self::TxOctets, b"Octets Transmitted by Chop Size"),
        (Self::RxFrames, b"Frames Received by Opcode"),
        (Self::TxFrames, b"Frames Transmitted by Opcode"),
        (Self::WireLog, b"Wire Log"),
    ];

    /// The heading in these words.
    pub(super) fn of(words: &[u8]) -> Option<Self> {
        Self::ALL.iter().find(|(_, known)| *known == words.trim_ascii()).map(|(heading, _)| *heading)
    }
}

/// A line of a section.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Line {
    /// As it stands.
    Text(Vec<u8>),
    /// The cells of a table row.
    Cells(Vec<Vec<u8>>),
}

/// What stands under a heading.
#[derive(Debug)]
pub(super) struct Section {
    pub(super) heading: Heading,
    pub(super) lines: Vec<Line>,
}

#[derive(Debug)]
pub(super) struct Page {
    pub(super) form: ReportForm,
    pub(super) sections: Vec<Section>,
}

impl Page {
    /// A page that has begun.
    pub(super) fn new(form: ReportForm) -> Self {
        Self { form, sections: vec![Section { heading: Heading::Title, lines: Vec::new() }] }
    }

    /// Whether that heading may come next: they come in one order, so that a payload that looks like one that
    /// has been is none.
    pub(super) fn may_begin(&self, heading: Heading) -> bool {
        self.sections.last().is_none_or(|last| heading > last.heading)
    }

    pub(super) fn begin(&mut self, heading: Heading) {
        self.sections.push(Section { heading, lines: Vec::new() });
    }

    pub(super) fn push(&mut self, line: Line) {
        if let Some(section) = self.sections.last_mut() {
            section.lines.push(line);
        }
    }

    fn has(&self, heading: Heading) -> bool {
        self.sections.iter().any(|section| section.heading == heading)
    }

    fn lines(&self, heading: Heading) -> &[Line] {
        let section = self.sections.iter().find(|section| section.heading == heading);
        section.map(|section| section.lines.as_slice()).unwrap_or_default()
    }

    fn texts(&self, heading: Heading) -> impl Iterator<Item = &[u8]> {
        self.lines(heading).iter().filter_map(|line| match line {
            Line::Text(text) => Some(text.as_slice()),
            Line::Cells(_) => None,
        })
    }

    fn prose(&self, heading: Heading) -> String {
        prose(self.texts(heading))
    }

    /// What the page says.
    pub(super) fn read(&self, path: &Path) -> Result<CaseReport, Error> {
        let bad = |detail: &str, advice| Error::BadReport {
            path: path.to_owned(),
            what: WHAT,
            line: None,
            detail: detail.to_owned(),
            advice,
        };
        if self.sections.len() < 2 {
            let detail = "it has none of the headings of a case page (Case Description, Wire Log, …)";
            return Err(bad(
                detail,
                "give the page of one case, not the overview of a run or another site's page",
            ));
        }
        let title = self.texts(Heading::Title).find_map(|line| title(&String::from_utf8_lossy(line)));
        let Some(title) = title else {
            let detail =
                "it lacks the line with agent, case and verdict, such as \"ws - Case 3.2 : Pass - 1 ms @ …\"";
            return Err(bad(detail, "copy the page from that line on"));
        };
        Ok(self.report(title))
    }

    fn report(&self, title: Title) -> CaseReport {
        let mut notes = Notes::default();
        let (result, expected, received) = self.outcome();
        let expected = literal("Expected", expected, python::expected, &mut notes);
        let received = literal("Observed", received, python::received, &mut notes);
        let (result_close, behavior_close) = verdict(&self.prose(Heading::CaseClosing));
        let (http_request, http_response) = handshake(self.texts(Heading::Handshake));
        let mut table = |heading, columns| counts(self.lines(heading), columns, &mut notes);
        let statistics = WireStatistics {
            rx_octets: table(Heading::RxOctets, 3),
            tx_octets: table(Heading::TxOctets, 3),
            rx_frames: table(Heading::RxFrames, 2),
            tx_frames: table(Heading::TxFrames, 2),
        };
        let closing = closing(self.lines(Heading::Closing), &mut notes);
        let wire_log = self.has(Heading::WireLog).then(|| {
            let lines = self.texts(Heading::WireLog).filter(|line| !tables::is_remark(line));
            rows::read(lines, &mut notes)
        });
        if let Some(rows) = &wire_log
            && !matches!(rows.last(), Some(WireRow::TcpDropped { .. }))
        {
            notes.add("the wire log stops before its last row, which says who dropped TCP");
        }
        for (heading, name) in [
            (Heading::Closing, "closing behavior"),
            (Heading::Handshake, "opening handshake"),
            (Heading::WireLog, "wire log"),
        ] {
            if !self.has(heading) {
                notes.add(format!("the page has no {name}: it was not copied completely"));
            }
        }
        let behavior = unimplemented(&title, http_response.as_deref()).unwrap_or(title.behavior);
        CaseReport {
            form: self.form,
            suite: None,
            agent: title.agent,
            id: title.id,
            index: None,
            started: Some(title.started).filter(|text| !text.is_empty()),
            duration_ms: title.duration_ms,
            description: self.prose(Heading::Description),
            expectation: self.prose(Heading::Expectation),
            behavior,
            behavior_close,
            result: Some(result).filter(|text| !text.is_empty()),
            result_close: Some(result_close).filter(|text| !text.is_empty()),
            expected,
            received,
            expected_close: None,
            closing,
            http_request,
            http_response,
            statistics,
            wire_log,
            inconsistencies: notes.into_list(),
        }
    }

    /// Result, and the two literals as they stand.
    fn outcome(&self) -> (String, Vec<u8>, Vec<u8>) {
        let mut parts = [Vec::new(), Vec::new(), Vec::new()];
        let mut at = 0;
        for line in self.texts(Heading::Outcome) {
            match line.trim_ascii() {
                b"Expected:" if at == 0 => at = 1,
                b"Observed:" if at == 1 => at = 2,
                _ => {
                    if let Some(part) = parts.get_mut(at) {
                        part.push(line);
                    }
                }
            }
        }
        let [result, expected, received] = parts;
        (prose(result.into_iter()), expected.join(&b'\n'), received.join(&b'\n'))
    }
}

fn prose<'a>(lines: impl Iterator<Item = &'a [u8]>) -> String {
    let joined = lines.collect::<Vec<_>>().join(&b'\n');
    html::tidy(&String::from_utf8_lossy(&joined))
}

/// Pages say `Fail` for UNIMPLEMENTED too. The suite gives it to the cases of 12 and 13 when the connection was
/// opened without permessage-deflate, which the handshake of the page tells.
fn unimplemented(title: &Title, response: Option<&str>) -> Option<Behavior> {
    let response = response?.to_ascii_lowercase();
    let lacks = response.starts_with("http/1.1 101") && !response.contains("permessage-deflate");
    let is_it = title.behavior == Behavior::Failed && matches!(title.id.section(), 12 | 13) && lacks;
    is_it.then_some(Behavior::Unimplemented)
}

/// The line with the verdict.
struct Title {
    agent: String,
    id: CaseId,
    behavior: Behavior,
    duration_ms: Option<u64>,
    started: String,
}

/// `agent - Case 3.2 : Pass - 1 ms @ 2026-01-11T08:00:39.867Z`. The agent may hold any of the marks in it: those
/// of the suite are the last ones.
fn title(line: &str) -> Option<Title> {
    let line = html::tidy(line);
    let (agent, rest) = line.rsplit_once(" - Case ").or_else(|| Some(("", line.strip_prefix("Case ")?)))?;
    let (id, rest) = rest.split_once(" : ")?;
    let (verdict, rest) = rest.split_once(" - ").unwrap_or((rest, ""));
    let (duration, started) = rest.split_once(" @ ").unwrap_or((rest, ""));
    let behavior = match verdict.trim() {
        "Pass" => Behavior::Ok,
        "Non-Strict" => Behavior::NonStrict,
        "Informational" => Behavior::Informational,
        "Unimplemented" => Behavior::Unimplemented,
        "Fail" => Behavior::Failed,
        other => Behavior::new(other),
    };
    Some(Title {
        agent: agent.to_owned(),
        id: CaseId::new(id.trim())?,
        behavior,
        duration_ms: duration.trim().strip_suffix("ms").and_then(|n| n.trim().parse().ok()),
        started: started.trim().to_owned(),
    })
}

/// A literal of the page; one that cannot be read is noted.
fn literal<T>(
    name: &str,
    text: Vec<u8>,
    read: impl FnOnce(&[u8]) -> Option<T>,
    notes: &mut Notes,
) -> Option<T> {
    if text.trim_ascii().is_empty() {
        return None;
    }
    let parsed = read(&text);
    if parsed.is_none() {
        notes.add(if text.trim_ascii_end().ends_with(b"...") {
            format!("{name} is cut off: a page shows only 1000 characters of it")
        } else {
            format!("{name} is not a list of events")
        });
    }
    parsed
}

/// `Connection was properly closed (OK)`.
fn verdict(text: &str) -> (String, BehaviorClose) {
    let parted = text.strip_suffix(')').and_then(|rest| rest.rsplit_once('('));
    let (why, word) = parted.unwrap_or((text, ""));
    (why.trim().to_owned(), BehaviorClose::new(word))
}

/// Request and response, each as it was sent; the page does not show the empty line that ends a head.
fn handshake<'a>(lines: impl Iterator<Item = &'a [u8]>) -> (Option<String>, Option<String>) {
    let mut messages = [Vec::new(), Vec::new()];
    let mut at = 0;
    for line in lines {
        let line = String::from_utf8_lossy(line.trim_ascii_end()).into_owned();
        if line.is_empty() {
            continue;
        }
        let unset = matches!(line.as_str(), "?" | "None");
        let [request, response] = &mut messages;
        if at == 0 && (line.starts_with("HTTP/") || unset && !request.is_empty()) {
            at = 1;
        }
        if at == 0 {
            request.push(line);
        } else {
            response.push(line);
        };
    }
    let [request, response] = messages.map(|lines| match lines.as_slice() {
        [] => None,
        [only] if matches!(only.as_str(), "?" | "None") => None,
        lines => Some(format!("{}\r\n\r\n", lines.join("\r\n"))),
    });
    (request, response)
}
