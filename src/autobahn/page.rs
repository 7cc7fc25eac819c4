//! The page of a case, whichever way it came: sections under headings, each with its lines and table rows.

use std::path::Path;

use crate::autobahn::notes::Notes;
use crate::autobahn::tables::{self, closing, counts};
use crate::autobahn::{copied, html, python, rows, tester};
use crate::error::Error;
use crate::model::case::{
    Behavior, BehaviorClose, CaseId, CaseReport, ReportForm, ReportPart, WireStatistics,
};

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
    /// The words of all of them, the longer of two that end alike first.
    pub(super) fn words() -> impl Iterator<Item = &'static [u8]> {
        Self::ALL.iter().map(|(_, words)| *words)
    }

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

    /// What stands under it, by its name in a sentence.
    const fn name(self) -> &'static str {
        match self {
            Self::Title => "title",
            Self::Description => "case description",
            Self::Expectation => "case expectation",
            Self::Outcome => "case outcome",
            Self::CaseClosing => "case closing behavior",
            Self::Handshake => "opening handshake",
            Self::Closing => "closing behavior",
            Self::Statistics | Self::RxOctets | Self::TxOctets | Self::RxFrames | Self::TxFrames => {
                "wire statistics"
            }
            Self::WireLog => "wire log",
        }
    }

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
    /// Its last line has no end: there may have been more of it.
    pub(super) ends_in_line: bool,
    /// What was undone before it could be read.
    pub(super) undone: Vec<String>,
}

impl Page {
    /// A page that has begun.
    pub(super) fn new(form: ReportForm) -> Self {
        let title = Section { heading: Heading::Title, lines: Vec::new() };
        Self { form, sections: vec![title], ends_in_line: false, undone: Vec::new() }
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
    pub(super) fn read(mut self, path: &Path) -> Result<CaseReport, Error> {
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
        let title = title.map(|title| match self.form {
            // What stands before the agent is the margin.
            ReportForm::Text => Title { agent: title.agent.trim_start().to_owned(), ..title },
            ReportForm::Html | ReportForm::Json => title,
        });
        let Some(title) = title else {
            let detail =
                "it lacks the line with agent, case and verdict, such as \"ws - Case 3.2 : Pass - 1 ms @ …\"";
            return Err(bad(detail, "copy the page from that line on"));
        };
        let is_cut = !self.is_whole();
        if is_cut && self.ends_in_line {
            self.sections.last_mut().and_then(|last| last.lines.pop());
        }
        Ok(self.report(title, is_cut))
    }

    /// Whether its last row is there, which says who dropped TCP, or that no log was kept.
    fn is_whole(&self) -> bool {
        self.texts(Heading::WireLog).any(|line| rows::is_last(line) || tables::is_remark(line))
    }

    /// Whether a table of counts goes on to its last row.
    fn has_total(&self, heading: Heading) -> bool {
        self.lines(heading).iter().any(|line| match line {
            Line::Text(text) => text.trim_ascii().starts_with(b"Total"),
            Line::Cells(cells) => cells.first().is_some_and(|cell| cell == b"Total"),
        })
    }

    /// Parts that it does not have, or not to their end.
    fn lacks(&self, is_cut: bool) -> Vec<ReportPart> {
        let last = self.sections.last().map(|section| section.heading);
        let has = |heading| self.has(heading) && !(is_cut && last == Some(heading));
        let is_counted = match last {
            Some(Heading::TxFrames) if is_cut => self.has_total(Heading::TxFrames),
            Some(last) => last == Heading::WireLog || self.has(Heading::Statistics) && !is_cut,
            None => false,
        };
        let mut lacks = Vec::new();
        for (part, is_there) in [
            (ReportPart::Outcome, has(Heading::Outcome)),
            (ReportPart::ClosingVerdict, has(Heading::CaseClosing)),
            (ReportPart::Handshake, has(Heading::Handshake)),
            (ReportPart::Closing, has(Heading::Closing)),
            (ReportPart::Statistics, self.has(Heading::Statistics) && is_counted),
            (ReportPart::WireLog, has(Heading::WireLog)),
        ] {
            if !is_there {
                lacks.push(part);
            }
        }
        lacks
    }

    fn report(&self, title: Title, is_cut: bool) -> CaseReport {
        let mut notes = Notes::default();
        self.undone.iter().for_each(|undone| notes.remark(undone.as_str()));
        let mut lacks = self.lacks(is_cut);
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
        let mut closing = closing(self.lines(Heading::Closing), &mut notes);
        let lines = || self.texts(Heading::WireLog).filter(|line| !tables::is_remark(line));
        let was_logged = self.has(Heading::WireLog) && lines().any(|line| !line.trim_ascii().is_empty());
        let wire_log = was_logged.then(|| rows::read(lines(), is_cut, &mut notes));
        if !tables::tells_tester(self.lines(Heading::Closing)) {
            let heads = (http_request.as_deref(), http_response.as_deref());
            match tester::is_server(heads, wire_log.as_deref().unwrap_or_default()) {
                Some(is_server) => closing.is_server = is_server,
                None => lacks.push(ReportPart::Tester),
            }
        }
        if is_cut {
            let last = self.sections.last().map_or("page", |section| section.heading.name());
            notes.remark(format!("the source ends inside the {last}: what would follow is not known"));
        } else {
            for part in lacks.iter().filter(|part| **part != ReportPart::WireLog) {
                notes.remark(format!("the source has no {}", part.name().replace('_', " ")));
            }
        }
        let statistics =
            if lacks.contains(&ReportPart::Statistics) { WireStatistics::default() } else { statistics };
        let is_wrapped = |line: &[u8]| !line.trim_ascii().is_empty() && !is_head_line(line.trim_ascii());
        if self.form == ReportForm::Text && self.texts(Heading::Handshake).any(is_wrapped) {
            notes.remark("a line of the opening handshake was wrapped: how it was sent is not known");
            lacks.push(ReportPart::Handshake);
        }
        let has_head = !lacks.contains(&ReportPart::Handshake);
        let told = http_response.as_deref().filter(|_| has_head);
        let behavior = unimplemented(&title, told).unwrap_or(title.behavior);
        let (plain, inconsistencies) = notes.into_lists();
        lacks.sort_unstable();
        lacks.dedup();
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
            lacks,
            is_cut,
            notes: plain,
            inconsistencies,
        }
    }

    /// Result, and the two literals as they stand, as far as they can be put together.
    fn outcome(&self) -> (String, Option<Vec<u8>>, Option<Vec<u8>>) {
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
        let widest = self.texts(Heading::Outcome).map(copied::width).max().unwrap_or(0);
        let whole = |lines: Vec<&[u8]>| match self.form {
            ReportForm::Text => copied::whole_literal(&lines, widest),
            ReportForm::Html | ReportForm::Json => Some(lines.join(&b'\n')),
        };
        (prose(result.into_iter()), whole(expected), whole(received))
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
/// of the suite are the last ones; and its blanks are its own.
fn title(line: &str) -> Option<Title> {
    let line = line.trim_end();
    let trimmed = line.trim_start();
    let (agent, rest) =
        line.rsplit_once(" - Case ").or_else(|| Some(("", trimmed.strip_prefix("Case ")?)))?;
    let (id, rest) = rest.split_once(" : ")?;
    let (verdict, rest) = rest.split_once(" - ").unwrap_or((rest.trim_end_matches(" -"), ""));
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

/// Whether it is a line with agent, case, verdict and time, to its end.
pub(super) fn is_title(line: &str) -> bool {
    title(line).is_some_and(|title| !title.started.is_empty())
}

/// A literal of the page; one that cannot be read is noted.
fn literal<T>(
    name: &str,
    text: Option<Vec<u8>>,
    read: impl FnOnce(&[u8]) -> Option<T>,
    notes: &mut Notes,
) -> Option<T> {
    let Some(text) = text else {
        notes.remark(format!("{name} is not known: a word of it may have been cut where it was wrapped"));
        return None;
    };
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
    // What was wrapped has a line end for a blank.
    let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
    let parted = text.strip_suffix(')').and_then(|rest| rest.rsplit_once('('));
    let (why, word) = parted.unwrap_or((&text, ""));
    (why.trim().to_owned(), BehaviorClose::new(word))
}

/// Whether it is a line of a head of its own: the first one, or a field.
pub(super) fn is_head_line(line: &[u8]) -> bool {
    let name = line.split(|byte| *byte == b':').next().unwrap_or_default();
    let is_field = name.len() < line.len()
        && !name.is_empty()
        && name
            .iter()
            .all(|byte| byte.is_ascii_graphic() && !matches!(byte, b'?' | b'/' | b';' | b',' | b'='));
    is_field
        || line.starts_with(b"HTTP/")
        || matches!(line, b"?" | b"None")
        || line.iter().take_while(|byte| byte.is_ascii_uppercase()).count() >= 3
            && line.windows(6).any(|word| word == b" HTTP/")
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
