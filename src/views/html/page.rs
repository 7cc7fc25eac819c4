//! The parts of the page that are HTML.

use askama::Template;

use crate::knowledge::Tone;
use crate::model::{ConversationId, InputReport, Journey};
use crate::redact::Gist;
use crate::views::escape::visible;
use crate::views::html::{COLUMNS, Detail, HtmlReport, told};
use crate::views::text::stories::Story;
use crate::views::text::{Style, inputs, journeys, overview};
use crate::views::units;

/// What begins blobs: of connections, of rows of the overview, of what is known at the end.
pub(super) const CONNECTIONS: &str = "<script type=\"text/plain\" data-wslog=\"connections\">";
pub(super) const ROWS: &str = "<script type=\"text/plain\" data-wslog=\"rows\">";
pub(super) const DOCUMENT: &str = "<script type=\"text/plain\" data-wslog=\"document\">";
/// What ends them.
pub(super) const BLOB_ENDS: &str = "</script>\n";

/// Kinds that are not folded away.
const KINDS: usize = 12;
/// Journeys that are told without a script.
const JOURNEYS: usize = 20;

/// What the page has without a script.
pub(super) const PLAIN: &str =
    "Without JavaScript it shows the kinds of ends and the worst connections; with it every connection.";

/// All behind the blobs and before the foot.
#[derive(Template)]
#[template(path = "rest.html", config = "src/views/html/askama.toml")]
pub(super) struct Rest<'a> {
    connections: u64,
    left_out: u64,
    /// How their ends are, each with its class.
    tones: Vec<(&'static str, String)>,
    /// What was read, and what was not.
    read: String,
    unread: String,
    kinds: Vec<Kind<'a>>,
    more_kinds: Vec<Kind<'a>>,
    /// Connections of kinds that are not told apart.
    others: u64,
    /// What is said of many cases.
    cases: String,
    /// What captures show of runs, and what of them is not in the matrix.
    captured: Vec<String>,
    unplaced: Vec<String>,
    journeys: Vec<Way<'a>>,
    more_journeys: usize,
    worst: &'a [Detail],
    /// That there is none, and what to try.
    nothing: String,
}

/// A kind of end.
struct Kind<'a> {
    tone: Tone,
    story: &'a Story,
    /// Where, how and when.
    parts: Vec<String>,
}

/// A journey.
struct Way<'a> {
    legs: Vec<ConversationId>,
    between: &'static str,
    what: String,
    text: &'a str,
    next: Option<&'a str>,
    passages: Vec<Vec<String>>,
    differences: Vec<&'a str>,
    clock: Option<String>,
}

impl<'a> Way<'a> {
    fn new(journey: &'a Journey) -> Self {
        Self {
            legs: journey.legs.iter().map(|leg| leg.id).collect(),
            between: journeys::sign(journey),
            what: journeys::what(journey),
            text: &journey.text,
            next: journey.next.as_deref(),
            passages: journeys::passages(journey),
            differences: journeys::differences(journey).collect(),
            clock: journeys::clocks(journey),
        }
    }
}

impl<'a> Rest<'a> {
    pub(super) fn new<W>(report: &'a HtmlReport<W>, read: &[InputReport]) -> Self {
        let style = Style::plain(COLUMNS);
        let of_kind = |(gist, story): (&Gist, &'a Story)| Kind {
            tone: gist.tone,
            story,
            parts: story.parts(gist).collect(),
        };
        let mut kinds: Vec<_> = report.stories.kinds().into_iter().flatten().map(of_kind).collect();
        let more_kinds = kinds.split_off(kinds.len().min(KINDS));
        let cases = match report.reports {
            0 => String::new(),
            _ => report.cases.totals(&style) + "\n" + &report.cases.told(&style),
        };
        Self {
            connections: report.connections,
            left_out: report.left_out,
            tones: report.stories.tones().into_iter().map(|(tone, text)| (told::named(tone), text)).collect(),
            read: inputs::read(read, &style),
            unread: inputs::unread(read, &style),
            kinds,
            more_kinds,
            others: report.stories.others(|_| true),
            cases,
            captured: report.captured.told().map(|told| visible(&told).into_owned()).collect(),
            unplaced: report.captured.remarks().map(|told| visible(&told).into_owned()).collect(),
            journeys: report.journeys.iter().take(JOURNEYS).map(Way::new).collect(),
            more_journeys: report.journeys.len().saturating_sub(JOURNEYS),
            worst: &report.worst,
            nothing: if report.connections == 0 {
                style.wrap(&inputs::nothing(read), 0)
            } else {
                String::new()
            },
        }
    }
}

impl Rest<'_> {
    fn count(connections: &u64) -> String {
        units::count(*connections, "connection")
    }
}

impl Kind<'_> {
    fn class(&self) -> &'static str {
        told::named(self.tone)
    }

    fn sign(&self) -> &'static str {
        overview::sign(self.tone)
    }
}

impl Detail {
    fn class(&self) -> &'static str {
        told::named(self.tone)
    }
}
