//! The ticket of one connection: why it ended, both sides beside one another, a diagram, and folded what that rests on.

use crate::knowledge::Cause;
use crate::knowledge::words::shorten;
use crate::model::{
    CaseRecord, Conversation, FieldLines, FrameRecord, Opcode, PacketNo, Role, Timestamp, TlsFacts, TlsKeys,
};
use crate::redact::Shown;
use crate::views::escape::visible;
use crate::views::events::{self, Event};
use crate::views::markdown::diagram;
use crate::views::markdown::page::{Md, Page};
use crate::views::summary::Account;
use crate::views::text::{connection as wordings, inputs};
use crate::views::worded::Worded;
use crate::views::{FrameList, Options, account, facts, judged, summary, units, wording};

/// Characters of a name or a target.
const NAME: usize = 80;
/// Characters of a payload, and of one that was asked for as a whole.
const PREVIEW: usize = 48;
const WHOLE: usize = 4_000;
/// Bytes of one ticket: of several each has room.
const MOST: usize = 40_000;

/// One connection, told.
#[derive(Clone, Debug)]
pub(super) struct Ticket {
    /// What stands above it where it has a page to itself.
    pub(super) title: Md,
    /// What happened, in a few words.
    pub(super) headline: String,
    /// The same in sentences, and where to look.
    pub(super) said: Md,
    pub(super) page: Page,
    /// Something of it was left out that can be had.
    pub(super) lacks: Lacks,
}

/// What was left out of tickets.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Lacks {
    /// Payloads of data frames.
    pub(super) payloads: bool,
    /// Frames before the last ones.
    pub(super) frames: u64,
    /// Fields of the handshake.
    pub(super) details: bool,
    /// TLS was decrypted with keys that lie beside the capture.
    pub(super) keys: bool,
}

impl Lacks {
    /// What another lacks, too.
    pub(super) fn add(&mut self, other: Self) {
        self.payloads |= other.payloads;
        self.frames = self.frames.saturating_add(other.frames);
        self.details |= other.details;
        self.keys |= other.keys;
    }
}

/// All about one connection, in the order in which it is read.
pub(super) fn tell(report: &Conversation<Shown>, options: &Options) -> Ticket {
    let told = Worded::all(report);
    let mut page = Page::new(MOST);
    let mut lacks = Lacks { keys: report.tls.as_deref().is_some_and(is_by_key_log), ..Lacks::default() };
    if let Some(record) = report.case.as_deref() {
        case(&mut page, report, record, &told);
    }
    let Account { told: sentences, besides, next, .. } = summary::account(report, &told);
    let sentences: Vec<_> = sentences.iter().chain(&besides).map(String::as_str).collect();
    let sentences = Md::said(&sentences.join(" "));
    let next = next.map(|next| Md::ours("**Where to look:** ").then(&Md::said(&next))).unwrap_or_default();
    page.paragraph(&sentences);
    page.paragraph(&next);
    let said = Md::join([sentences, next], " ");
    page.paragraph(&known(report));
    sides(&mut page, report);
    page.diagram(&diagram::of(report));
    frames(&mut page, report, options, &mut lacks);
    let steps: Vec<_> = report
        .closing
        .steps
        .iter()
        .map(|step| judged::step(step).map(|cell| Md::said(&cell)).to_vec())
        .collect();
    fold(&mut page, "Who owed what", &["who", "owed", "RFC", "observed", ""], &steps);
    findings(&mut page, report, &told);
    recording(&mut page, report, options);
    if options.details {
        handshake(&mut page, report);
        why(&mut page, report);
    } else {
        lacks.details = report.request.is_some();
    }
    Ticket { title: title(report), headline: wordings::verdict(report).0, said, page, lacks }
}

fn is_by_key_log(tls: &TlsFacts<Shown>) -> bool {
    tls.decrypted && tls.keys != TlsKeys::Dsb
}

/// What happened, and in which case.
fn title(report: &Conversation<Shown>) -> Md {
    if let Some(record) = report.case.as_deref() {
        let (agent, case) = (shorten(&visible(&record.report.agent), NAME), &record.report);
        let verdicts = [case.behavior.as_str(), case.behavior_close.as_str()];
        let named = Md::said(&format!("Autobahn case {}, agent ", case.id)).then(&Md::code(&agent));
        return named.then(&Md::ours(": ")).then(&Md::said(&verdicts.join(" / ")));
    }
    let cause = report.closing.cause.as_ref();
    Md::said(&cause.map_or_else(|| wording::outcome_of(report).to_owned(), |cause| cause.headline(report)))
}

/// What was asked for and answered, and the cause by its name.
fn known(report: &Conversation<Shown>) -> Md {
    let mut parts = Vec::new();
    if let Some(request) = &report.request {
        let target = format!("{} {}", visible(&request.method), shorten(&visible(&request.target), NAME));
        let mut asked = Md::code(&target);
        if let Some(host) = request.host() {
            asked = asked.then(&Md::ours(" of ")).then(&Md::code(&shorten(&visible(&host), NAME)));
        }
        parts.push(asked);
    }
    let status = report.response.as_ref().map(|response| format!("status {}", response.status));
    parts.push(Md::said(status.as_deref().unwrap_or(wordings::unanswered(report))));
    if let Some(cause) = &report.closing.cause {
        parts.push(named(cause));
    }
    parts.push(Md::said(wording::outcome_of(report)));
    if let Some(at) = report.started_at {
        let lasted = report.ended_at.map(|end| format!(", {}", units::duration(end.since(at).max(0))));
        parts.push(Md::said(&format!("{}{}", units::date_time(at), lasted.unwrap_or_default())));
    }
    Md::ours("**Connection** ")
        .then(&Md::code(&format!("#{}", report.id)))
        .then(&Md::ours(": "))
        .then(&Md::join(parts, " · "))
}

/// `cause protocol_fault (server, proven)`.
fn named(cause: &Cause) -> Md {
    let by = cause.by.map_or_else(String::new, |by| format!("{}, ", by.name()));
    let sure = format!(" ({by}{})", cause.certainty.name());
    Md::ours("cause ").then(&Md::code(cause.id().name())).then(&Md::said(&sure))
}

/// The case whose log this is: both verdicts, and what happened in it.
fn case(page: &mut Page, report: &Conversation<Shown>, record: &CaseRecord, told: &[Worded<'_>]) {
    let (case, again) = (&record.report, &record.recomputed);
    let word = |word: Option<&str>| word.map_or_else(|| Md::ours("not to be confirmed"), Md::code);
    let rows = [
        vec![
            Md::ours("behavior"),
            Md::code(case.behavior.as_str()),
            word(again.behavior.as_ref().map(|it| it.as_str())),
        ],
        vec![
            Md::ours("closing"),
            Md::code(case.behavior_close.as_str()),
            word(again.behavior_close.as_ref().map(|it| it.as_str())),
        ],
    ];
    page.table(&["verdict", "recorded", "wslog finds"], &rows);
    page.paragraph(&Md::said(&account::of(report, told).join(" ")));
    let note = |kind: &'static str| move |text: &String| Md::ours(kind).then(&Md::said(text));
    let notes: Vec<_> = record
        .notes
        .iter()
        .map(note("note: "))
        .chain(record.inconsistencies.iter().map(note("inconsistent: ")))
        .collect();
    page.list(&notes);
}

/// What was sent, and what was told, of each side.
fn sides(page: &mut Page, report: &Conversation<Shown>) {
    let each = |name: &'static str, cell: &dyn Fn(Role) -> Md| {
        let [client, server] = Role::BOTH.map(cell);
        let is_known = !client.is_empty() || !server.is_empty();
        let dash = |cell: Md| if cell.is_empty() { Md::ours("–") } else { cell };
        is_known.then(|| vec![Md::ours(name), dash(client), dash(server)])
    };
    let is_tester = |role: Role| match report.tester {
        Some(tester) if tester == role => Md::ours("tester"),
        Some(_) => Md::ours("testee"),
        None => Md::default(),
    };
    let rows = [
        each("in the test", &is_tester),
        each("address", &|role| match report.tcp {
            Some(_) => Md::code(&wording::address(report, role)),
            None => Md::default(),
        }),
        each("software, as it says", &|role| software(report, role)),
        each("sent", &|role| Md::said(&facts::traffic(report, role))),
        each("its Close", &|role| close(report, role)),
        each("its end of TCP", &|role| ended(report, role)),
        each("what its program was told", &|role| {
            summary::heard(&report.closing.sees[role]).map_or_else(Md::default, |heard| Md::said(&heard))
        }),
    ];
    let rows: Vec<_> = rows.into_iter().flatten().collect();
    page.table(&["", "client", "server"], &rows);
}

/// What each side calls itself.
fn software(report: &Conversation<Shown>, role: Role) -> Md {
    let first = |fields: &FieldLines<Shown>, name: &str| {
        let is_it = |field: &str| field.eq_ignore_ascii_case(name);
        fields.iter().find(|(field, _)| is_it(field)).map(|(_, value)| visible(&value).into_owned())
    };
    let named = match role {
        Role::Client => report.request.as_ref().and_then(|request| first(&request.fields, "User-Agent")),
        Role::Server => report.response.as_ref().and_then(|response| first(&response.fields, "Server")),
    };
    named
        .filter(|name| !name.trim().is_empty())
        .map_or_else(Md::default, |name| Md::code(&shorten(&name, NAME)))
}

fn close(report: &Conversation<Shown>, role: Role) -> Md {
    let side = &report.closing.sides[role];
    match side.sent_close {
        None => Md::ours("not known"),
        Some(false) => Md::ours("none"),
        Some(true) => {
            let mut said = Md::said(&wording::close(side.code));
            if let Some(reason) = &side.reason {
                let reason = Md::code(&shorten(&visible(reason), NAME));
                said = said.then(&Md::ours(", reason ")).then(&reason);
            }
            let frame = side.frame.map(|frame| format!("frame {frame}"));
            said.then(&Md::said(&place(report, frame, side.packet, side.at)))
        }
    }
}

fn ended(report: &Conversation<Shown>, role: Role) -> Md {
    let Some(end) = &report.closing.ends[role] else {
        return Md::ours(if report.tcp.is_some() { "none in the recording" } else { "the log does not say" });
    };
    Md::said(&format!("{}{}", wording::end(end.how), place(report, None, end.packet, end.at)))
}

/// ` (frame 3, packet 8, +0.001750 s)`.
fn place(
    report: &Conversation<Shown>,
    frame: Option<String>,
    packet: Option<PacketNo>,
    at: Option<Timestamp>,
) -> String {
    let packet = packet.map(|packet| wording::packet(report, packet));
    let at = Some(seconds(report, at)).filter(|time| !time.is_empty());
    let parts: Vec<_> = frame.into_iter().chain(packet).chain(at).collect();
    if parts.is_empty() { String::new() } else { format!(" ({})", parts.join(", ")) }
}

/// Since the first packet.
fn seconds(report: &Conversation<Shown>, at: Option<Timestamp>) -> String {
    let time = events::since_start(report, at);
    if time.starts_with(['+', '-']) { time + " s" } else { time }
}

/// The last frames, alerts and ends of TCP, by packet.
fn frames(page: &mut Page, report: &Conversation<Shown>, options: &Options, lacks: &mut Lacks) {
    if options.frames == FrameList::None {
        return;
    }
    let list = if options.details { FrameList::All } else { options.frames };
    let (events, before) = events::of(report, list);
    lacks.frames = before.max(report.frames_omitted);
    let mut rows = Vec::new();
    for event in &events {
        let row = row(report, event, options);
        let is_hidden = |frame: &FrameRecord<Shown>| {
            !options.payloads && !frame.header.opcode.is_control() && frame.header.payload_len > 0
        };
        lacks.payloads |= matches!(event, Event::Frame(frame) if is_hidden(frame));
        rows.push(row);
    }
    let header: &[_] = &["n", "packet", "time", "from", "what", "bytes", "payload", "note"];
    // A column that says nothing is none.
    let is_said = |at: usize| rows.iter().any(|row| row.get(at).is_some_and(|cell| !cell.is_empty()));
    let said: Vec<bool> = (0..header.len()).map(is_said).collect();
    let keep = |at: &usize| said.get(*at).copied().unwrap_or_default();
    let names: Vec<_> = (0..header.len()).filter(keep).filter_map(|at| header.get(at).copied()).collect();
    let rows: Vec<Vec<Md>> = rows
        .into_iter()
        .map(|row| row.into_iter().enumerate().filter(|(at, _)| keep(at)).map(|(_, cell)| cell).collect())
        .collect();
    let by_packet = if report.tcp.is_some() { ", by packet" } else { "" };
    let shown = events.iter().filter(|event| matches!(event, Event::Frame(_))).count() as u64;
    let title = match shown {
        0 => format!("The end{by_packet}"),
        shown if before == 0 && report.frames_omitted == 0 => {
            format!("{} and the end{by_packet}", units::count(shown, "frame"))
        }
        shown => {
            format!("The last {} of {} and the end{by_packet}", shown, units::count(shown + before, "frame"))
        }
    };
    fold(page, &title, &names, &rows);
}

fn row(report: &Conversation<Shown>, event: &Event<'_>, options: &Options) -> Vec<Md> {
    let none = Md::default;
    let packet =
        event.packet().map(|packet| wording::packet(report, packet).trim_start_matches("packet ").to_owned());
    let packet = packet.map_or_else(none, |packet| Md::said(&packet));
    let time = Md::said(&events::since_start(report, event.at()));
    let did = |by: Role, did: &str, note: &str| {
        vec![
            none(),
            packet.clone(),
            time.clone(),
            Md::ours(by.name()),
            Md::said(did),
            none(),
            none(),
            Md::said(note),
        ]
    };
    match event {
        Event::Frame(frame) => {
            let marks = frame.broke.iter().map(|rule| Md::ours("✗ ").then(&Md::code(rule.name())));
            let cut = (!frame.complete).then(|| Md::ours("incomplete"));
            vec![
                Md::said(&frame.n.to_string()),
                packet,
                time,
                Md::ours(frame.from.name()),
                Md::said(&wording::frame_in_words(&frame.header)),
                Md::said(&frame.header.payload_len.to_string()),
                payload(frame, options),
                Md::join(marks.chain(cut), ", "),
            ]
        }
        Event::Omitted(omitted) => {
            let more = format!("… {} left out", units::count(*omitted, "frame"));
            vec![none(), none(), none(), none(), Md::said(&more), none(), none(), none()]
        }
        Event::Other { by, said, note, .. } => did(*by, said, note),
        Event::End { end, note } => did(end.by, wording::ends(end.how), note),
    }
}

/// Of a Close its body; of others what was asked for.
fn payload(frame: &FrameRecord<Shown>, options: &Options) -> Md {
    let is_close = frame.header.opcode == Opcode::CLOSE;
    if !is_close && (!options.payloads || frame.preview.is_empty() && !frame.redacted)
        || frame.header.payload_len == 0
    {
        return Md::default();
    }
    let most = if options.whole { WHOLE } else { PREVIEW };
    Md::code(&wording::payload(frame, most))
}

fn findings(page: &mut Page, report: &Conversation<Shown>, told: &[Worded<'_>]) {
    let found = judged::findings(report, told);
    let count = found.len() as u64;
    let row = |found: judged::Found<'_>| {
        vec![
            Md::ours(found.finding.level.name()),
            Md::code(found.finding.violation.rule().name()),
            Md::said(&found.did),
            Md::said(&found.place),
            Md::said(&found.section),
            Md::ours(found.finding.certainty.name()),
        ]
    };
    let rows: Vec<_> = found.into_iter().map(row).collect();
    let header = ["level", "rule", "finding", "where", "RFC", "certainty"];
    let more = match report.findings_omitted {
        0 => String::new(),
        more => format!(" of {}", units::count(count + more, "finding")),
    };
    fold(page, &format!("{}{more}", units::count(count, "finding")), &header, &rows);
}

/// What each layer shows, and what is odd about the recording.
fn recording(page: &mut Page, report: &Conversation<Shown>, options: &Options) {
    let mut items: Vec<Md> = facts::recorded(report).map(|line| Md::said(&line)).into_iter().collect();
    items.extend(facts::filter(report).map(|filter| Md::ours("in Wireshark: ").then(&Md::code(&filter))));
    let lines = facts::opening(report, options.payloads).into_iter().chain(facts::conduct(report));
    items.extend(lines.map(|line| Md::said(&line)));
    let odd = inputs::oddities(&report.weirds, |packet| wording::packet(report, packet));
    items.extend(odd.iter().map(|line| Md::said(line)));
    let mut inside = Page::new(page.room());
    inside.list(&items);
    page.fold("Recording and handshake", &inside);
}

/// Fields of request and response.
fn handshake(page: &mut Page, report: &Conversation<Shown>) {
    let mut rows = Vec::new();
    let mut add = |of: &'static str, fields: &FieldLines<Shown>| {
        for (name, value) in fields.iter() {
            let [name, value] = [name, value].map(|text| Md::code(&shorten(&visible(&text), 2 * NAME)));
            rows.push(vec![Md::ours(of), name, value]);
        }
    };
    report.request.iter().for_each(|request| add("request", &request.fields));
    report.response.iter().for_each(|response| add("response", &response.fields));
    fold(page, "Fields of the handshake", &["of", "field", "value"], &rows);
}

/// Why each side was told what it was told, and what else the evidence fits.
fn why(page: &mut Page, report: &Conversation<Shown>) {
    let mut items = Vec::new();
    for role in Role::BOTH {
        let view = &report.closing.sees[role];
        if let Some(heard) = summary::heard(view) {
            let why = wording::because(view, report.http2.is_some());
            items.push(Md::said(&format!("{} sees {heard}: {why}", role.name())));
        }
    }
    for other in report.closing.cause.iter().flat_map(|cause| &cause.also) {
        let by = other.by.map_or_else(String::new, |by| format!("{}, ", by.name()));
        let text = format!(": {} ({by}{})", other.id.info().when, other.certainty.name());
        items.push(Md::ours("also fits ").then(&Md::code(other.id.name())).then(&Md::said(&text)));
    }
    let mut inside = Page::new(page.room());
    inside.list(&items);
    page.fold("Why, and what else fits", &inside);
}

/// A table out of sight.
fn fold(page: &mut Page, title: &str, header: &[&'static str], rows: &[Vec<Md>]) {
    let mut inside = Page::new(page.room().saturating_sub(title.len() + 256));
    inside.table(header, rows);
    page.fold(title, &inside);
}
