//! Many connections: a story for each kind of end, the most serious first.

use std::cmp::Reverse;
use std::collections::BTreeMap;

use crate::knowledge::Tone;
use crate::knowledge::words::shorten;
use crate::model::{
    CloseCode, Conversation, ConversationId, Level, Outcome, Role, RuleId, StreamEnd, Timestamp,
};
use crate::redact::{Gist, Sealed, Shown};
use crate::views::escape::visible;
use crate::views::summary;
use crate::views::text::layout::{Paint, Style};
use crate::views::text::overview::sign;
use crate::views::worded::Worded;
use crate::views::{units, wording};

/// Kinds that are told apart; connections of others are counted.
const MAX_KINDS: usize = 256;
/// Places that a story names; of more it has the number.
const NAMED: usize = 3;
/// Places that a story tells apart.
const MAX_PLACES: usize = 64;
/// Stories of what is not as it should be, and how many of them have their sentences.
pub(in crate::views) const SHOWN: usize = 12;
const EXPLAINED: usize = 4;
/// Stories of what is, so that a sound capture fits on a screen.
pub(in crate::views) const SOUND: usize = 4;
/// Rules named below them.
const RULES: usize = 8;

/// Collects them in memory that does not depend on how many connections there are.
#[derive(Debug, Default)]
pub(in crate::views) struct Stories {
    kinds: BTreeMap<Gist, Story>,
    /// Connections by tone: all, and those of kinds that are not told apart.
    tones: BTreeMap<Tone, (u64, u64)>,
    rules: BTreeMap<(Level, RuleId), u64>,
    /// Kinds that were told apart, those that gave way among them.
    numbered: u32,
}

/// What a kind of end is told by: its first connection, and where and when it came.
#[derive(Debug)]
pub(in crate::views) struct Story {
    /// By which [`Stories::number`] knows its connections.
    pub(in crate::views) number: u32,
    pub(in crate::views) count: u64,
    pub(in crate::views) example: ConversationId,
    pub(in crate::views) headline: String,
    pub(in crate::views) told: String,
    first: Option<Timestamp>,
    last: Option<Timestamp>,
    /// Host and path.
    places: Vec<(String, String)>,
    marks: Vec<u64>,
}

/// A connection among many, opened when first asked for.
pub(in crate::views) struct Seen<'a> {
    sealed: &'a Sealed,
    quotes: bool,
    opened: Option<Box<Conversation<Shown>>>,
}

impl<'a> Seen<'a> {
    pub(in crate::views) const fn new(sealed: &'a Sealed) -> Self {
        Self { sealed, quotes: true, opened: None }
    }

    /// Whether what its last message said may be quoted.
    pub(super) fn quoting(self, quotes: bool) -> Self {
        Self { quotes, ..self }
    }

    /// What of it stays sealed.
    pub(super) const fn sealed(&self) -> &'a Sealed {
        self.sealed
    }

    /// All of it, which costs a search for secrets.
    pub(in crate::views) fn opened(&mut self) -> &Conversation<Shown> {
        self.opened.get_or_insert_with(|| {
            let mut opened = self.sealed.clone().open();
            let spoken = opened.closing.spoken.as_deref_mut().filter(|_| !self.quotes);
            if let Some(words) = spoken.and_then(|spoken| spoken.last_words.as_mut()) {
                words.text = None;
            }
            opened
        })
    }
}

impl Stories {
    /// Takes the next connection; what its end amounts to, if it is the first of its kind.
    pub(in crate::views) fn add(&mut self, seen: &mut Seen<'_>) -> Option<Tone> {
        let sealed = seen.sealed();
        let gist = sealed.gist();
        self.tones.entry(gist.tone).or_default().0 += 1;
        let mut rules: Vec<_> = sealed.rules().collect();
        rules.sort_unstable();
        rules.dedup();
        for rule in rules {
            *self.rules.entry(rule).or_default() += 1;
        }
        let is_full = self.kinds.len() >= MAX_KINDS && !self.kinds.contains_key(&gist);
        if is_full && !self.gives_way(gist.tone) {
            self.tones.entry(gist.tone).or_default().1 += 1;
            return None;
        }
        let mut is_first = false;
        let story = self.kinds.entry(gist).or_insert_with(|| {
            is_first = true;
            self.numbered = self.numbered.saturating_add(1);
            Story::new(self.numbered, seen.opened())
        });
        story.add(seen);
        is_first.then_some(gist.tone)
    }

    /// The number of the kind that a connection is of; `None` where that is not told apart.
    pub(in crate::views) fn number(&self, sealed: &Sealed) -> Option<u32> {
        self.kinds.get(&sealed.gist()).map(|story| story.number)
    }

    /// Connections of kinds that are not told apart.
    pub(in crate::views) fn others(&self, of: impl Fn(Tone) -> bool) -> u64 {
        self.tones.iter().filter(|(tone, _)| of(**tone)).map(|(_, (_, others))| others).sum()
    }

    /// Makes room for a kind of such a tone, if there is a milder one: what is wrong is told, however late it comes.
    fn gives_way(&mut self, tone: Tone) -> bool {
        let mildest =
            self.kinds.iter().min_by_key(|(gist, story)| (gist.tone, story.count, Reverse(story.example)));
        let Some(gist) = mildest.map(|(gist, _)| *gist).filter(|gist| gist.tone < tone) else { return false };
        if let Some(story) = self.kinds.remove(&gist) {
            self.tones.entry(gist.tone).or_default().1 += story.count;
        }
        true
    }

    /// `300 connections · ✗ 1 with a fault · ✓ 299 in order`.
    pub(super) fn totals(&self, style: &Style) -> String {
        style.painted_flow(&self.counts(), " · ")
    }

    /// How many there are, and how many of which tone, the worst first.
    pub(in crate::views) fn counts(&self) -> Vec<(String, Paint)> {
        let all = self.tones.values().map(|(n, _)| n).sum();
        let mut parts = vec![(units::count(all, "connection"), Paint::Heading)];
        parts.extend(self.tones().into_iter().map(|(tone, text)| (text, Paint::from(tone))));
        parts
    }

    /// How many of which tone, the worst first.
    pub(in crate::views) fn tones(&self) -> Vec<(Tone, String)> {
        let counts: Vec<u64> = self.tones.values().map(|(n, _)| *n).collect();
        let mut told = Vec::new();
        for ((tone, (n, _)), share) in self.tones.iter().zip(units::shares(&counts)).rev() {
            told.push((*tone, format!("{} {n} {} ({share})", sign(*tone), amounts_to(*tone))));
        }
        told
    }

    /// Every kind that is told apart: those that are not as they should be, then the others, the worst and the surest first.
    pub(in crate::views) fn kinds(&self) -> [Vec<(&Gist, &Story)>; 2] {
        let mut kinds: Vec<_> = self.kinds.iter().collect();
        kinds.sort_by_key(|(gist, story)| {
            (Reverse(gist.tone), Reverse(gist.certainty), Reverse(story.count), story.example)
        });
        let odd = kinds.partition_point(|(gist, _)| gist.tone >= Tone::Odd);
        let sound = kinds.split_off(odd);
        [kinds, sound]
    }

    /// The stories, the rules that were broken, and what to ask for next.
    pub(super) fn told(&self, style: &Style) -> String {
        let [odd, sound] = self.kinds();
        let counts = self.kinds.values().map(|story| story.count.to_string().len());
        let digits = counts.max().unwrap_or(1);
        let mut out = String::new();
        for (nth, (gist, story)) in odd.iter().take(SHOWN).enumerate() {
            story.tell(&mut out, gist, digits, nth < EXPLAINED, style);
        }
        out.extend(self.rest(&odd, SHOWN, |tone| tone >= Tone::Odd).map(|rest| style.wrap(&rest, 2)));
        for (gist, story) in sound.iter().take(SOUND) {
            story.tell(&mut out, gist, digits, false, style);
        }
        out.extend(self.rest(&sound, SOUND, |tone| tone < Tone::Odd).map(|rest| style.wrap(&rest, 2)));
        out.push_str(&self.broken(style));
        if let Some((gist, story)) = odd.first().or(sound.first()) {
            let mut more = vec![
                "Each in a row: wslog list".to_owned(),
                format!("one in full: --connection {}", story.example),
            ];
            more.extend(gist.cause.map(|cause| format!("alike: --cause {cause}")));
            more.push("also --outcome, --code, --host, --path, --rule, --since, --until".to_owned());
            out.push_str(&style.dense(&more, " · ", 0));
        }
        out
    }

    /// The connections of stories that are not told; `None` where all are.
    pub(in crate::views) fn rest(
        &self,
        kinds: &[(&Gist, &Story)],
        told: usize,
        of: impl Fn(Tone) -> bool,
    ) -> Option<String> {
        let kinds = kinds.get(told..).unwrap_or_default();
        let apart: u64 = kinds.iter().map(|(_, story)| story.count).sum();
        let others = self.others(of);
        if apart + others == 0 {
            return None;
        }
        let least = if others > 0 { "at least " } else { "" };
        let number = kinds.len() as u64 + u64::from(others > 0);
        Some(format!(
            "… and {least}{} more, {}",
            units::count(number, "kind"),
            units::count(apart + others, "connection")
        ))
    }

    fn broken(&self, style: &Style) -> String {
        let named = self.rules();
        if named.is_empty() {
            return String::new();
        }
        style.hang(&format!("Rules: {} · wslog explain RULE", named.join(", ")), 0, 2)
    }

    /// The rules that were broken, and in how many connections.
    pub(in crate::views) fn rules(&self) -> Vec<String> {
        let mut named: Vec<_> = self
            .rules
            .iter()
            .rev()
            .take(RULES)
            .map(|((level, rule), n)| format!("{rule} ({}) in {n}", level.name()))
            .collect();
        if self.rules.len() > RULES {
            named.push(format!("{} more rules", self.rules.len() - RULES));
        }
        named
    }
}

impl Story {
    fn new(number: u32, report: &Conversation<Shown>) -> Self {
        let account = summary::account(report, &Worded::all(report));
        let headline = match &report.closing.cause {
            Some(cause) => format!("{} · {}", cause.headline(report), cause.id()),
            None => wording::outcome_of(report).to_owned(),
        };
        Self {
            number,
            count: 0,
            example: report.id,
            headline,
            told: account.told.join(" "),
            first: None,
            last: None,
            places: Vec::new(),
            marks: Vec::new(),
        }
    }

    fn add(&mut self, seen: &mut Seen<'_>) {
        self.count += 1;
        let (first, last) = seen.sealed().span();
        self.first = [self.first, first].into_iter().flatten().min();
        self.last = self.last.max(last);
        let Some(mark) = seen.sealed().place_mark() else { return };
        let Err(at) = self.marks.binary_search(&mark) else { return };
        if self.marks.len() >= MAX_PLACES {
            return;
        }
        self.marks.insert(at, mark);
        if self.places.len() < NAMED {
            self.places.push(place(seen.opened()));
        }
    }

    fn tell(&self, out: &mut String, gist: &Gist, digits: usize, is_explained: bool, style: &Style) {
        let indent = digits + 4;
        let count = format!("{:>digits$}", self.count);
        // The sign and the count stand in the room of the first indent.
        let lines = style.wrap(&self.headline, indent);
        let lines = lines.get(indent..).unwrap_or_default();
        let (first, others) = lines.split_at(lines.find('\n').unwrap_or(lines.len()));
        let paint = Paint::from(gist.tone);
        out.push_str(&style.paint(paint, sign(gist.tone)));
        out.push_str(&format!(" {count}  {}{others}", style.paint(paint, first)));
        if is_explained {
            out.push_str(&style.wrap(&self.told, indent));
        }
        let such =
            if self.count == 1 { format!("#{}", self.example) } else { format!("e.g. #{}", self.example) };
        let mut parts = vec![such];
        parts.extend(self.parts(gist));
        out.push_str(&style.dense(&parts, " · ", indent));
    }

    /// Where, how and when, each if it is known.
    pub(in crate::views) fn parts(&self, gist: &Gist) -> impl Iterator<Item = String> {
        let parts = [self.places(), Some(how(gist)), self.when()];
        parts.into_iter().flatten().filter(|part| !part.is_empty())
    }

    /// From the first packet to the last.
    pub(in crate::views) fn when(&self) -> Option<String> {
        let (first, last) = (units::date_time(self.first?), units::date_time(self.last?));
        // The day is said once.
        let last = match (first.split_once(' '), last.split_once(' ')) {
            (Some((day, _)), Some((same, time))) if day == same => time.to_owned(),
            _ => last,
        };
        Some(format!("{first} to {last}"))
    }

    /// Hosts and paths.
    pub(in crate::views) fn places(&self) -> Option<String> {
        let (host, _) = self.places.first()?;
        let is_one = self.places.iter().all(|(other, _)| other == host);
        let named: Vec<_> = if is_one {
            self.places.iter().map(|(_, path)| path.clone()).collect()
        } else {
            self.places.iter().map(|(host, path)| format!("{host}{path}")).collect()
        };
        let more = match self.marks.len() - self.places.len() {
            0 => String::new(),
            more if self.marks.len() == MAX_PLACES => format!(" and at least {more} more"),
            more => format!(" and {more} more"),
        };
        let host = if is_one { format!("{host} ") } else { String::new() };
        Some(format!("{host}{}{more}", named.join(", ")).trim_end().to_owned())
    }
}

/// What a tone amounts to, behind a number.
const fn amounts_to(tone: Tone) -> &'static str {
    match tone {
        Tone::Normal => "in order",
        Tone::Unknown => "without an end in the recording",
        Tone::Odd => "not as it should be",
        Tone::Fault => "with a fault",
    }
}

/// Host and path of a connection, what comes behind a `?` left out.
fn place(report: &Conversation<Shown>) -> (String, String) {
    let host = || wording::address(report, Role::Server);
    if let Some(request) = &report.request {
        let host = request.host().map_or_else(host, |host| visible(&host).into_owned());
        let target = visible(&request.target);
        let path = match target.split_once('?') {
            Some((path, _)) => format!("{}?…", shorten(path, 40)),
            None => shorten(&target, 40),
        };
        return (shorten(&host, 40), path);
    }
    let offer = report.tls.as_deref().and_then(|tls| tls.offer.as_ref());
    let sni = offer.and_then(|offer| offer.sni.as_ref()).map(|sni| visible(sni).into_owned());
    (shorten(&sni.unwrap_or_else(host), 40), String::new())
}

/// Closes and ends of TCP of a kind.
pub(in crate::views) fn how(gist: &Gist) -> String {
    let mut parts = Vec::new();
    if let Some(status) = gist.status {
        parts.push(format!("status {status}"));
    }
    let is_open = !matches!(gist.outcome, Outcome::HandshakeFailed | Outcome::Encrypted);
    if is_open {
        parts.push(closes(gist.closes));
    }
    match gist.end {
        _ if gist.crossed => parts.push("both ended TCP at once".to_owned()),
        Some((by, how)) => parts.push(format!("{} {}", by.name(), ended(how))),
        None => {}
    }
    if let Some((rule, by)) = gist.broke {
        let by = by.map_or("both sides", Role::name);
        parts.push(format!("{by} broke {rule}"));
    }
    parts.join(", ")
}

const fn ended(how: StreamEnd) -> &'static str {
    match how {
        StreamEnd::Fin | StreamEnd::Unobserved => "ended TCP first",
        StreamEnd::Rst => "reset TCP",
        StreamEnd::EndStream => "ended the stream first",
        StreamEnd::RstStream(_) => "reset the stream",
        StreamEnd::Dropped => "dropped TCP",
    }
}

/// `Close 1000 of both`, `Close 1001 of the server, none of the client`.
fn closes([client, server]: [(Option<bool>, Option<CloseCode>); 2]) -> String {
    let close = |(sent, code): (Option<bool>, Option<CloseCode>)| match (sent, code) {
        (None, _) => "unknown".to_owned(),
        (Some(false), _) => "none".to_owned(),
        (Some(true), None) => "empty".to_owned(),
        (Some(true), Some(code)) => code.to_string(),
    };
    match (client, server) {
        ((Some(false), _), (Some(false), _)) => "no Close".to_owned(),
        _ if client == server => format!("Close of both {}", close(client)),
        _ => format!("Close of client {}, of server {}", close(client), close(server)),
    }
}
