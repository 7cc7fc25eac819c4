//! The account of a connection in sentences fit for a ticket: who, what, when, which clause, what followed, and
//! what each side's application will have been told.

mod silence;

use crate::knowledge::causes::Tells;
use crate::knowledge::rules::{ClTcpEarly, ClosingProgress, HsHttpResp};
use crate::knowledge::words::{carrier, shortened};
use crate::knowledge::{Blame, Cause, CauseId, LibraryId, RunnerUp};
use crate::model::{
    Certainty, CloseCode, Closing, Conversation, Finding, Level, LocalView, Outcome, PerRole, Role,
    SideClose, Situation, Starter, TcpEnd, Timestamp, Violation,
};
use crate::redact::Shown;
use crate::views::escape::visible;
use crate::views::units;
use crate::views::worded::Worded;
use crate::views::wording;

/// The sentences, in order.
#[must_use]
pub fn sentences(report: &Conversation<Shown>) -> Vec<String> {
    of(report, &Worded::all(report))
}

/// The account in its parts, for who has room to set them apart.
#[derive(Debug, Default)]
pub(super) struct Account {
    /// The cause in a breath, and how it closed where that does not say it.
    pub(super) told: Vec<String>,
    /// What each side was told, in a sentence.
    pub(super) sees: Option<String>,
    /// What else is amiss.
    pub(super) besides: Vec<String>,
    /// Where to look.
    pub(super) next: Option<String>,
}

/// The same of findings that are told elsewhere, too.
pub(super) fn of(report: &Conversation<Shown>, findings: &[Worded<'_>]) -> Vec<String> {
    let Account { mut told, sees, besides, next } = account(report, findings);
    told.extend(sees);
    told.extend(besides);
    told.extend(next);
    told
}

/// The account of findings that are told elsewhere, too.
pub(super) fn account(report: &Conversation<Shown>, findings: &[Worded<'_>]) -> Account {
    let cause = report.closing.cause.as_ref();
    let said = cause.map(|cause| cause.said(report));
    let mut told = Vec::new();
    match &said {
        Some(said) => {
            told.push(said.text.clone());
            told.extend(match said.tells {
                Tells::All => None,
                Tells::Close => Some(answered(report)),
                _ => Some(ended(report)),
            });
        }
        None => told.push(ended(report)),
    }
    told.extend(cause.and_then(another));
    told.extend(tcp(report));
    told.extend(silence::sentences(report));
    told.extend(after_close(report, findings));
    Account {
        told,
        sees: views(&report.closing),
        besides: other_breaches(report, findings),
        // The tester of a case breaks rules on purpose, and its account has said what it wanted to see.
        next: said.and_then(|said| said.next).filter(|_| report.case.is_none()),
    }
}

/// What a side was told, without a verb: `probably 1006, not clean (ws)`; `None` where nothing can be said.
pub(super) fn heard(view: &LocalView<Shown>) -> Option<String> {
    if !is_told(view) {
        return None;
    }
    let hedge = match view.certainty {
        Certainty::Proven => "",
        Certainty::Likely => "probably ",
        Certainty::Undetermined => "perhaps ",
    };
    let or: String = view
        .or
        .iter()
        .map(|other| format!(", or {} if {}", reported(other.code, other.was_clean), other.when))
        .collect();
    Some(format!("{hedge}{}{}{or}{}", told(view), library(view), gone(view)))
}

/// The first cause that would have come before this one, had the recording shown it more surely.
fn another(cause: &Cause) -> Option<String> {
    // What rests on how much had been sent by then looks otherwise from every point of capture.
    let is_open = |id| match id {
        CauseId::UpgradeStripped | CauseId::ResetBetween | CauseId::NoSuchConnection => true,
        CauseId::KeepaliveTimeout => !cause.is_close(),
        _ => false,
    };
    let fits = |other: &&RunnerUp| {
        other.certainty == Certainty::Undetermined && other.id < cause.id() && is_open(other.id)
    };
    let other = cause.also.iter().find(fits)?;
    let by = match other.by {
        Some(by @ (Blame::Client | Blame::Server)) => format!(", the {}", by.name()),
        Some(Blame::Both | Blame::Between) | None => String::new(),
    };
    Some(format!("Also possible: {} ({}{by}).", other.id.info().when, other.id))
}

/// Whether it ended for that.
fn is_cause(report: &Conversation<Shown>, id: CauseId) -> bool {
    report.closing.cause.as_ref().is_some_and(|cause| cause.id() == id)
}

/// `The client` at the start of a sentence.
fn the(role: Role) -> &'static str {
    wording::subject(Some(role))
}

fn after_start(report: &Conversation<Shown>, at: Option<Timestamp>) -> String {
    match (at, report.started_at) {
        (Some(at), Some(start)) => {
            // Of a connection picked up in its middle the start was not seen.
            let whole = report.request.is_some() || !report.assumed;
            let since = if whole { "start" } else { "first packet" };
            if at < start {
                return format!(" before the {since}");
            }
            format!(" {} after the {since}", units::duration(at.since(start)))
        }
        _ => String::new(),
    }
}

fn close_with_reason(side: &SideClose<Shown>) -> String {
    let close = if side.code.is_some() { wording::close(side.code) } else { "an empty Close".to_owned() };
    match &side.reason {
        Some(reason) => format!("{close} and the reason \"{}\"", shortened(&visible(reason))),
        None => close,
    }
}

/// Who ended the WebSocket connection, and how.
fn ended(report: &Conversation<Shown>) -> String {
    let closing = &report.closing;
    match closing.outcome {
        Outcome::HandshakeFailed => handshake_failed(report),
        Outcome::Open => open(report),
        Outcome::Encrypted => "The data is encrypted, and the keys are not available.".to_owned(),
        Outcome::NotObservable => "The recording has a gap where the connection ended.".to_owned(),
        Outcome::NoCloseFrame | Outcome::Reset => no_close(report),
        Outcome::Clean | Outcome::CleanTcpReset | Outcome::CloseCutShort | Outcome::CloseUnanswered => {
            closed(report)
        }
    }
}

fn handshake_failed(report: &Conversation<Shown>) -> String {
    match (&report.response, &report.closing.first_end) {
        (Some(response), end) if response.switches => {
            let ended = end.as_ref().map_or_else(String::new, |end| {
                format!("; {}", ended_tcp(report, end, &format!("the {}", end.by.name()), "both sides"))
            });
            format!("The client must fail the connection because of the server's {}{ended}.", response.status)
        }
        (Some(response), _) => {
            let phrase = visible(&response.phrase);
            let phrase = if phrase.is_empty() { String::new() } else { format!(" {phrase}") };
            format!("The server refused the upgrade with status {}{phrase}.", response.status)
        }
        (None, _) if answered_otherwise(report) => {
            "The server answered the opening handshake with something that is not HTTP.".to_owned()
        }
        (None, Some(end)) => format!(
            "{}; no response to the opening handshake was captured here.",
            ended_tcp(report, end, the(end.by), "Both sides")
        ),
        (None, None) => "The opening handshake was not answered.".to_owned(),
    }
}

/// Who ended TCP, how and when; where the ends crossed, both.
fn ended_tcp(report: &Conversation<Shown>, end: &TcpEnd, one: &str, both: &str) -> String {
    let after = after_start(report, end.at);
    if report.closing.ends_crossed {
        return format!("{both} ended {}{after}", carrier(end.how));
    }
    format!("{one} {}{after}", wording::ended_by(end.how))
}

/// Whether bytes came that are no response.
fn answered_otherwise(report: &Conversation<Shown>) -> bool {
    let is_not_http =
        |f: &Finding<Shown>| matches!(f.violation, Violation::HsHttpResp(HsHttpResp::NotHttp { .. }));
    report.findings.iter().any(is_not_http)
}

fn open(report: &Conversation<Shown>) -> String {
    let sent: Vec<Role> =
        Role::BOTH.into_iter().filter(|role| report.closing.sides[*role].sent_close == Some(true)).collect();
    match sent.as_slice() {
        // Frames say that there was an answer.
        [] if report.response.is_none() && !report.assumed => {
            "The recording ends before the opening handshake was answered.".to_owned()
        }
        [] if report.request.is_none() && report.assumed => {
            "The recording begins and ends while the connection is open.".to_owned()
        }
        [] => "The recording ends while the connection is open.".to_owned(),
        [one] => format!(
            "{} sent {}{}; the recording ends before an answer.",
            the(*one),
            close_with_reason(&report.closing.sides[*one]),
            after_start(report, report.closing.sides[*one].at)
        ),
        _ => format!("{} The recording ends before TCP does.", closed(report)),
    }
}

fn no_close(report: &Conversation<Shown>) -> String {
    let sent = Role::BOTH.into_iter().find(|role| report.closing.sides[*role].sent_close == Some(true));
    if let Some(late) = sent {
        return ended_by_peer(report, late);
    }
    let Some(end) = &report.closing.first_end else { return "TCP ended without a Close frame.".to_owned() };
    // What a silence is consistent with is told after it, with its length.
    let is_told = report.findings.iter().any(|f| matches!(f.violation, Violation::ClIdle(_)));
    let idle = if is_told { String::new() } else { silence(&report.closing) };
    if report.closing.ends_crossed {
        return format!(
            "Both sides ended {}{}, without a Close frame{idle}: neither had received the other's {} when it sent its own.",
            carrier(end.how),
            after_start(report, end.at),
            if end.how.is_of_stream() { "END_STREAM or RST_STREAM" } else { "FIN or RST" }
        );
    }
    let ended = wording::ended(end.how);
    let because =
        if report.closing.failed_for.is_some_and(|(by, _, _)| by != end.by) { " because of it" } else { "" };
    format!(
        "{} {ended}{because}{}, without a Close frame from either side{idle}.",
        the(end.by),
        after_start(report, end.at)
    )
}

/// How long nothing came before the end, where that is worth a word.
fn silence(closing: &Closing<Shown>) -> String {
    let idle = closing.idle_before_close_ns.filter(|ns| *ns >= 1_000_000_000);
    idle.map_or_else(String::new, |ns| format!(", with no frame in the last {}", units::duration(ns)))
}

fn closed(report: &Conversation<Shown>) -> String {
    let closing = &report.closing;
    let only = (closing.outcome == Outcome::CloseUnanswered)
        .then(|| Role::BOTH.into_iter().find(|role| closing.sides[*role].sent_close == Some(true)))
        .flatten();
    match closing.started_by {
        Some(starter) if only.is_some_and(|only| starter != Starter::One(only)) => {
            only.map_or_else(String::new, |only| ended_by_peer(report, only))
        }
        Some(Starter::Both) => format!(
            "Both sides started the closing handshake: the client with {}, the server with {}; neither had received the other's when it sent its own.",
            close_with_reason(&closing.sides.client),
            close_with_reason(&closing.sides.server)
        ),
        Some(Starter::One(role)) => {
            let peer = role.peer();
            let fits = closing.failed_for.filter(|(by, _, _)| *by == peer).map(|(_, rule, _)| {
                let codes = rule.rule().reaction.codes();
                codes.iter().any(|fitting| Some(*fitting) == closing.sides[role].code.map(|code| code.0))
            });
            let verb = match fits {
                Some(true) => "failed the connection with",
                _ if is_cause(report, CauseId::FramingLost) => "gave up with",
                // Whether it closed for the fault, or for something of its own, the recording does not show.
                Some(false) => "then closed with",
                None => "started the closing handshake with",
            };
            let idle = silence(closing);
            let first = format!(
                "{} {verb} {}{}{idle}",
                the(role),
                close_with_reason(&closing.sides[role]),
                after_start(report, closing.sides[role].at)
            );
            let order = match closing.evidence {
                crate::model::StartEvidence::Order => {
                    " (probably: only their order in the recording shows whose Close came first)"
                }
                _ => "",
            };
            format!("{first}{order}; {}.", answer(report, role))
        }
        None => "A Close frame was sent; which side started the closing handshake is not known.".to_owned(),
    }
}

/// The only Close, of `role`, answered the peer's end of TCP, or crossed it.
fn ended_by_peer(report: &Conversation<Shown>, role: Role) -> String {
    let closing = &report.closing;
    let (own, peer) = (&closing.sides[role], role.peer());
    let Some(end) = &closing.ends[peer] else { return format!("{} sent a Close.", the(role)) };
    if closing.started_by == Some(Starter::Both) {
        return format!(
            "Both sides ended the connection: the {} with {}{}, the {} by ending TCP ({}){}; neither had received \
             the other's when it sent its own.",
            role.name(),
            close_with_reason(own),
            after_start(report, own.at),
            peer.name(),
            wording::end(end.how),
            after_start(report, end.at),
        );
    }
    format!(
        "{} {}{}, without a Close frame{}; the {} still sent {}{}.",
        the(peer),
        wording::ended(end.how),
        after_start(report, end.at),
        silence(closing),
        role.name(),
        close_with_reason(own),
        later(own.at, end.at),
    )
}

/// ` 5.0 ms later`, where it was.
fn later(at: Option<Timestamp>, than: Option<Timestamp>) -> String {
    let later = at.zip(than).map(|(at, than)| at.since(than)).filter(|ns| *ns >= 0);
    match later {
        Some(0) => " at once".to_owned(),
        Some(ns) => format!(" {} later", units::duration(ns)),
        None => String::new(),
    }
}

/// The same where the Close that ended it has been told, and when it was sent.
fn answered(report: &Conversation<Shown>) -> String {
    match (report.closing.outcome, report.closing.started_by) {
        (Outcome::Open, Some(Starter::One(role)))
            if report.closing.sides[role.peer()].sent_close != Some(true) =>
        {
            "The recording ends before an answer.".to_owned()
        }
        (_, Some(Starter::One(role))) => capital(&format!("{}.", answer(report, role))),
        _ => ended(report),
    }
}

/// With a capital at its start.
fn capital(sentence: &str) -> String {
    let mut chars = sentence.chars();
    chars.next().into_iter().flat_map(char::to_uppercase).chain(chars).collect()
}

/// What the other side made of the first Close.
fn answer(report: &Conversation<Shown>, starter: Role) -> String {
    let closing = &report.closing;
    let peer = starter.peer();
    let name = peer.name();
    let side = &closing.sides[peer];
    let since = |at: Option<Timestamp>| later(at, closing.sides[starter].at);
    if side.sent_close == Some(true) {
        return format!("the {name} answered with {}{}", close_with_reason(side), since(side.at));
    }
    match (&closing.ends[peer], &closing.ends[starter]) {
        (Some(end), theirs) if theirs.is_none_or(|t| end.packet <= t.packet) => {
            if left_in_message(report, peer) {
                return format!(
                    "the {name} {}{}, in the middle of a message",
                    wording::ended_by(end.how),
                    since(end.at)
                );
            }
            let owed =
                report.findings.iter().find(|f| is_no_reply(f, peer)).map_or("", |f| match f.certainty {
                    Certainty::Proven => ", although it must answer first (RFC 6455 5.5.1)",
                    _ => ", although it must answer first if it has read the Close (RFC 6455 5.5.1)",
                });
            format!("the {name} sent no Close but {}{}{owed}", wording::ended_by(end.how), since(end.at))
        }
        (_, Some(end)) => format!(
            "the {name} had sent no Close when the {} {}{}",
            starter.name(),
            wording::ended_by(end.how),
            since(end.at)
        ),
        _ => format!("the {name} sent no Close"),
    }
}

fn left_in_message(report: &Conversation<Shown>, by: Role) -> bool {
    let is_so = |f: &Finding<Shown>| {
        matches!(f.violation, Violation::ClTcpEarly(ClTcpEarly { left: ClosingProgress::InMessage, .. }))
    };
    report.findings.iter().any(|f| f.by == Some(by) && is_so(f))
}

fn is_no_reply(finding: &Finding<Shown>, by: Role) -> bool {
    finding.by == Some(by) && matches!(finding.violation, Violation::ClReply(_))
}

/// What of the end of TCP is not as it should be, where that is not said yet.
fn tcp(report: &Conversation<Shown>) -> Option<String> {
    let closing = &report.closing;
    let end: &TcpEnd = closing.first_end.as_ref()?;
    if is_cause(report, CauseId::CloseCutShort) {
        return None;
    }
    if closing.outcome == Outcome::CloseCutShort {
        let left = report.findings.iter().find(|f| matches!(f.violation, Violation::ClTcpEarly(_)));
        let by = left.and_then(|f| f.by).unwrap_or(end.by);
        let how = closing.ends[by].map_or(end.how, |end| end.how);
        let theirs = by.peer().name();
        return Some(format!(
            "{} {} before the {theirs}'s Close had reached it.",
            the(by),
            wording::ended(how)
        ));
    }
    if closing.outcome != Outcome::CleanTcpReset {
        return None;
    }
    let later = closing.ends[end.by.peer()];
    let reset = [Some(*end), later].into_iter().flatten().find(|end| end.how.is_reset())?;
    Some(format!("After both Closes {} {}.", lower(the(reset.by)), wording::ended(reset.how)))
}

/// Without the capital at its start.
pub(super) fn lower(sentence: &str) -> String {
    let mut chars = sentence.chars();
    chars.next().into_iter().flat_map(char::to_lowercase).chain(chars).collect()
}

/// A rule that a side broke, whatever it was that ended the connection. What is left open is listed, and no sentence of a ticket.
pub(super) fn is_other_breach(report: &Conversation<Shown>, finding: &Finding<Shown>) -> bool {
    let closing = &report.closing;
    let is_cause =
        closing.cause.as_ref().is_some_and(|cause| cause.tells_of(finding.violation.rule(), finding.by));
    let is_in_closing = closing.started_by.is_some_and(|starter| match starter {
        Starter::One(role) => {
            is_no_reply(finding, role.peer()) && closing.sides[role.peer()].sent_close == Some(false)
        }
        Starter::Both => false,
    });
    finding.level == Level::Must && report.counts(finding) && !is_cause && !is_in_closing
}

/// Breaches that the sentences before did not name; at most three, then their number.
fn other_breaches(report: &Conversation<Shown>, findings: &[Worded<'_>]) -> Vec<String> {
    let mut seen: Vec<(Option<Role>, &str)> = Vec::new();
    let mut out = Vec::new();
    let mut more = 0;
    let others = |told: &&Worded<'_>| is_other_breach(report, told.finding) && !is_after_close(told.finding);
    for told in findings.iter().filter(others) {
        let finding = told.finding;
        let key = (finding.by, finding.violation.rule().name());
        if seen.contains(&key) {
            continue;
        }
        seen.push(key);
        if out.len() < 3 {
            out.push(breach(report, told));
        } else {
            more += 1;
        }
    }
    match more {
        0 => {}
        1 => out.push("1 more kind of breach is listed below.".to_owned()),
        _ => out.push(format!("{more} more kinds of breach are listed below.")),
    }
    out
}

/// Where the stream of a side is lost right after its Close.
fn after_its_close(report: &Conversation<Shown>, finding: &Finding<Shown>) -> &'static str {
    let closing = &report.closing;
    let is_so = finding.by.is_some_and(|by| {
        let lost = closing.framing_lost[by].and_then(|lost| lost.frame);
        lost.is_some() && lost == closing.sides[by].frame
    });
    if is_so && matches!(finding.violation, Violation::FrLost(_)) { ", after its Close" } else { "" }
}

fn breach(report: &Conversation<Shown>, told: &Worded<'_>) -> String {
    let finding = told.finding;
    let place = match (finding.frame, finding.packet) {
        (Some(frame), _) => format!(", frame {frame}"),
        (None, Some(packet)) => {
            format!("{}, {}", after_its_close(report, finding), wording::packet(report, packet))
        }
        (None, None) => String::new(),
    };
    let hedge = if finding.certainty == Certainty::Proven { "" } else { "probably " };
    format!(
        "{} {hedge}{} ({}{place}).",
        wording::subject(finding.by),
        told.did(),
        finding.violation.rule().rule().section()
    )
}

/// What both applications will have been told, as sure as that is.
fn views(closing: &Closing<Shown>) -> Option<String> {
    let PerRole { client, server } = &closing.sees;
    match (is_told(client), is_told(server)) {
        (true, true) => {}
        (true, false) => return Some(format!("The client's application{}.", saw(client))),
        (false, true) => return Some(format!("The server's application{}.", saw(server))),
        (false, false) => return None,
    }
    let is_same = told(client) == told(server) && client.or.is_empty() && server.or.is_empty();
    if is_same && client.certainty == server.certainty {
        let gone = match (is_maybe_gone(client), is_maybe_gone(server)) {
            (true, true) => " (each only if its process was still there)",
            (true, false) => " (the client's only if its process was still there)",
            (false, true) => " (the server's only if its process was still there)",
            (false, false) => "",
        };
        let libraries = match (client.library, server.library) {
            (Some(client), Some(server)) if client == server => format!(" ({client})"),
            (Some(client), Some(server)) => format!(" ({client}; {server})"),
            (Some(client), None) => format!(" (the client's {client})"),
            (None, Some(server)) => format!(" (the server's {server})"),
            (None, None) => String::new(),
        };
        return Some(format!("Both applications{libraries} {} {}{gone}.", will(client), told(client)));
    }
    let theirs = if is_same { saw_the_same(server) } else { saw(server) };
    Some(format!("The client's application{}; the server's{theirs}.", saw(client)))
}

/// What follows a Close can decide what the other side is told.
fn after_close(report: &Conversation<Shown>, findings: &[Worded<'_>]) -> Vec<String> {
    let second = |role: Role| {
        let is_second =
            |f: &&Finding<Shown>| f.by == Some(role) && matches!(f.violation, Violation::ClDouble(_));
        let frame = report.findings.iter().find(is_second)?.frame;
        let frame = frame.map_or_else(String::new, |frame| format!(" (frame {frame})"));
        Some(format!("{} sent another Close after its first{frame}; only the first counts.", the(role)))
    };
    let data = |role: Role| {
        let is_data = |told: &&Worded<'_>| told.finding.by == Some(role) && is_after_close(told.finding);
        let told = findings.iter().find(is_data)?;
        is_other_breach(report, told.finding).then(|| breach(report, told))
    };
    Role::BOTH.into_iter().flat_map(|role| [second(role), data(role)]).flatten().collect()
}

/// Data after a Close of the same side.
const fn is_after_close(finding: &Finding<Shown>) -> bool {
    matches!(finding.violation, Violation::ClDataAfter(_))
}

/// Whether there is something to say of it.
fn is_told(view: &LocalView<Shown>) -> bool {
    let is_nothing = matches!(view.situation, Situation::NoConnection | Situation::PageLeft);
    is_nothing || view.code.is_some() || view.convention.is_some_and(|row| !row.says.is_empty())
}

/// ` (ws) will probably have seen 1006, not clean, if its process was still there`.
fn saw(view: &LocalView<Shown>) -> String {
    let or: String = view
        .or
        .iter()
        .map(|other| format!(", or {} if {}", reported(other.code, other.was_clean), other.when))
        .collect();
    format!("{} {} {}{}{or}", library(view), will(view), told(view), gone(view))
}

/// The same after what the other will have seen, surely or probably.
fn saw_the_same(view: &LocalView<Shown>) -> String {
    format!("{} {} the same{}", library(view), will(view), gone(view))
}

fn library(view: &LocalView<Shown>) -> String {
    view.library.map_or_else(String::new, |library| format!(" ({library})"))
}

const fn gone(view: &LocalView<Shown>) -> &'static str {
    if is_maybe_gone(view) { ", if its process was still there" } else { "" }
}

fn will(view: &LocalView<Shown>) -> &'static str {
    let hears = view.code.is_none() && view.situation != Situation::NoConnection;
    match view.certainty {
        Certainty::Proven if hears => "will have heard",
        Certainty::Likely if hears => "will probably have heard",
        Certainty::Undetermined if hears => "may have heard",
        Certainty::Proven => "will have seen",
        Certainty::Likely => "will probably have seen",
        Certainty::Undetermined => "may have seen",
    }
}

fn told(view: &LocalView<Shown>) -> String {
    match view.situation {
        Situation::NoConnection => "no WebSocket connection".to_owned(),
        // That is how browsers report it; other libraries have an error for it.
        Situation::NotEstablished if view.library != Some(LibraryId::Chromium) => {
            format!("the opening handshake fail (in a browser: {})", reported(view.code, view.was_clean))
        }
        Situation::PageLeft => "nothing, as its page was gone".to_owned(),
        _ => reported(view.code, view.was_clean),
    }
}

/// `1006, not clean`.
fn reported(code: Option<CloseCode>, was_clean: Option<bool>) -> String {
    let Some(code) = code else { return "nothing".to_owned() };
    match was_clean {
        Some(true) => format!("{code}, clean"),
        Some(false) => format!("{code}, not clean"),
        None => code.to_string(),
    }
}

/// Its host may have ended TCP for a process that had died.
const fn is_maybe_gone(view: &LocalView<Shown>) -> bool {
    matches!(view.situation, Situation::EndedItself)
}
