//! Close codes, rules, causes, outcomes, applications, cases of the Autobahn Testsuite and guides, explained. The sentences both renderers share are here.

pub mod json;
pub mod text;

use crate::knowledge::applications::{Application, ApplicationCode, Ending, Find, Place};
use crate::knowledge::words::{joined, or, shorten};
use crate::knowledge::{CauseInfo, Clauses, OutcomeInfo, REGISTRY};
use crate::model::case::CaseEvent;
use crate::model::suite::Span;
use crate::model::topic::{CaseTopic, CodeTopic, DeflateRequest, Registration, RuleTopic};
use crate::model::{
    CloseCode, CodeRange, Deed, Hex, Opcode, Reaction, Rule, RuleId, ShownFrame, StreamEnd, Who,
};
use crate::views::escape::visible;
use crate::views::{account, units, wording};

/// `1006`, or `4000–4999`.
fn code_name(topic: &CodeTopic) -> String {
    match topic.code {
        Some(code) => code.to_string(),
        None => format!("{}–{}", topic.entry.codes.start(), topic.entry.codes.end()),
    }
}

/// `RFC 6455 7.4.1`, or `IANA registry (RFC 6455 11.7)`.
fn code_source(topic: &CodeTopic) -> String {
    let clauses = Clauses(topic.entry.clauses);
    if topic.entry.clauses == [REGISTRY] { format!("IANA registry ({clauses})") } else { clauses.to_string() }
}

fn code_title(topic: &CodeTopic) -> &'static str {
    let named = topic.code.and_then(CloseCode::name);
    named.unwrap_or(match CloseCode(*topic.entry.codes.start()).range() {
        CodeRange::NotUsed => "not used",
        CodeRange::Protocol => "unassigned",
        CodeRange::Registered => "libraries, frameworks and applications",
        CodeRange::Private => "private use",
        CodeRange::Undefined => "undefined",
    })
}

/// The range of RFC 6455 7.4.2 in which a code lies.
fn code_range(topic: &CodeTopic) -> &'static str {
    match CloseCode(*topic.entry.codes.start()).range() {
        CodeRange::NotUsed => "0–999, not used",
        CodeRange::Protocol => "1000–2999, the protocol, its revisions and extensions",
        CodeRange::Registered => "3000–3999, libraries, frameworks and applications, registered with IANA",
        CodeRange::Private => "4000–4999, private use",
        CodeRange::Undefined => "from 5000 on, undefined",
    }
}

fn code_sender(topic: &CodeTopic) -> &'static str {
    match (topic.entry.sent_by, topic.entry.registration) {
        (Who::Either, _) => "either side",
        (Who::Client, _) => "clients; from a server it is noted",
        (Who::Server, _) => "servers and gateways; from a client it is noted",
        (Who::Nobody, Registration::Reserved) if topic.code.is_some_and(CloseCode::is_never_sent) => {
            "nobody: it is a local conclusion and never appears in a Close frame"
        }
        (Who::Nobody, Registration::Reserved) => "nobody: it is reserved",
        (Who::Nobody, Registration::Unassigned) => "nobody, as long as it is not assigned",
        (Who::Nobody, _) => "nobody: it is not assigned",
    }
}

/// Who can break it, in words.
#[must_use]
pub const fn rule_who(rule: &Rule) -> &'static str {
    match rule.who {
        Who::Client => "the client",
        Who::Server => "the server",
        Who::Either => "either side",
        Who::Nobody => "nobody: it says what the recording lacks",
    }
}

/// What the other side does about a breach; `None` where there is nothing to do.
#[must_use]
pub fn reaction(rule: &Rule) -> Option<String> {
    if let Some(peer) = rule.peer {
        return Some(peer.to_owned());
    }
    Some(match rule.reaction {
        Reaction::Nothing => return None,
        Reaction::Fail(codes) => {
            format!(
                "must fail the connection (RFC 6455 7.1.7): send Close {}, or end TCP without one",
                or(codes)
            )
        }
        Reaction::MayFail(codes) => {
            format!(
                "may fail the connection with Close {} (RFC 6455 10.7); carrying on breaks no requirement",
                or(codes)
            )
        }
        Reaction::Refuse(codes) => {
            format!("must refuse the request with an HTTP error (RFC 6455 4.2.1), such as {}", or(codes))
        }
        Reaction::FailHandshake => {
            "must fail the connection before it is established (RFC 6455 4.1, 7.1.7): send no frame and end TCP"
                .to_owned()
        }
        Reaction::Close(codes) => {
            format!(
                "must close the connection (RFC 6455 5.1); a Close {} before it ends TCP is optional",
                or(codes)
            )
        }
    })
}

const fn reaction_name(topic: &RuleTopic) -> &'static str {
    match topic.rule.reaction {
        Reaction::Nothing if topic.rule.peer.is_some() => "other",
        Reaction::Nothing => "none",
        Reaction::Fail(_) => "fail",
        Reaction::MayFail(_) => "may_fail",
        Reaction::Close(_) => "close",
        Reaction::Refuse(_) => "refuse",
        Reaction::FailHandshake => "fail_handshake",
    }
}

/// How sure a cause can be at best.
const fn at_best(cause: &CauseInfo) -> &'static str {
    match (cause.proven, cause.likely) {
        (Some(_), _) => "proven",
        (None, Some(_)) => "likely",
        (None, None) => "undetermined",
    }
}

/// What `--fail-on` makes of an outcome.
const fn gate(row: &OutcomeInfo) -> &'static str {
    if !row.outcome.is_judged() {
        "not judged by the gate"
    } else if row.outcome.is_unclean() {
        "unclean: it fails the gate"
    } else {
        "passes the gate"
    }
}

fn case_sends(topic: &CaseTopic) -> String {
    format!("The tester sends {}.", account::sends_in_words(&topic.sends, topic.fault))
}

fn case_asks(topic: &CaseTopic) -> String {
    let fault = topic.fault.map(|(rule, _)| rule);
    account::asks("testee", &topic.sends, fault, Some(&topic.close), topic.informational)
}

/// How the suite judges the events.
fn case_events(topic: &CaseTopic) -> String {
    if topic.informational {
        return "any: the case is informational and cannot fail".to_owned();
    }
    let Some(expects) = &topic.expects else {
        return match topic.id.section() {
            9 => {
                "every message must come back complete and in time; the report does not list them".to_owned()
            }
            _ => "every message must come back complete and in time; where no permessage-deflate is agreed on, \
                because it or a parameter is declined, the case is UNIMPLEMENTED"
                .to_owned(),
        };
    };
    let entry = |events: &[CaseEvent]| match events {
        [] => "no event".to_owned(),
        events => {
            let shown: Vec<_> = events.iter().map(event).collect();
            let mut counted: Vec<(String, usize)> = Vec::new();
            for one in shown {
                match counted.last_mut() {
                    Some((last, count)) if *last == one => *count += 1,
                    _ => counted.push((one, 1)),
                }
            }
            let words = counted.into_iter().map(|(one, n)| if n > 1 { format!("{n} × {one}") } else { one });
            words.collect::<Vec<_>>().join(", then ")
        }
    };
    expects
        .iter()
        .map(|(verdict, events)| format!("{} for {}", verdict.as_str(), entry(events)))
        .collect::<Vec<_>>()
        .join("; ")
}

fn event(event: &CaseEvent) -> String {
    let quoted = |noun: &str, text: &str| match text {
        "" => format!("{noun} without payload"),
        text => format!("{noun} \"{}\"", visible(text)),
    };
    match event {
        CaseEvent::Message(text, binary) => {
            quoted(if *binary { "a binary message" } else { "a text message" }, text)
        }
        CaseEvent::Ping(text) => quoted("a Ping", text),
        CaseEvent::Pong(text) => quoted("a Pong", text),
        CaseEvent::Timeout(tag) => format!("the tester's timer {}", visible(tag)),
        CaseEvent::Other(name, _) => visible(name).into_owned(),
    }
}

/// The versions of the suite that have something so; `None` if all have.
fn versions(span: Span) -> Option<String> {
    Some(match (span.since, span.until) {
        (None, None) => return None,
        (Some(since), None) => format!("since {since}"),
        (None, Some(until)) => format!("up to {until}"),
        (Some(since), Some(until)) => format!("{since} to {until}"),
    })
}

/// What each version has in its place; empty if all have the same.
fn case_versions(topic: &CaseTopic) -> Vec<String> {
    let told = topic.versions.iter();
    told.filter_map(|(span, about)| Some(format!("{}: {about}", versions(*span)?))).collect()
}

/// What the tester does about permessage-deflate; `None` where it is not used.
fn case_negotiation(topic: &CaseTopic) -> Option<String> {
    let first = topic.deflate.first()?;
    let parameters = |side: &str, request: &DeflateRequest| {
        let takeover = request.no_context_takeover.then(|| format!("{side}_no_context_takeover"));
        let window = request.window_bits.map(|bits| format!("{side}_max_window_bits={bits}"));
        [takeover, window].into_iter().flatten().collect::<Vec<_>>().join("; ")
    };
    let offer = |request: &DeflateRequest| {
        let own = "permessage-deflate; client_no_context_takeover; client_max_window_bits";
        match parameters("server", request) {
            asked if asked.is_empty() => format!("\"{own}\""),
            asked => format!("\"{own}; {asked}\""),
        }
    };
    let offers = joined(topic.deflate.iter().map(offer), ", else ");
    let asked = parameters("client", first);
    // What a client does not say it accepts is left to the next offer, if there is one.
    let else_asked = topic.deflate.get(1).map(|request| parameters("client", request));
    let client = match (first.window_bits, else_asked) {
        _ if asked.is_empty() => "any offer of permessage-deflate is accepted, without parameters".to_owned(),
        (None, _) => format!("any offer of permessage-deflate is answered with \"{asked}\""),
        (Some(_), None) => {
            format!(
                "an offer with client_max_window_bits is answered with \"{asked}\", one without is declined"
            )
        }
        (Some(_), Some(or_else)) => format!(
            "an offer with client_max_window_bits is answered with \"{asked}\", one without with \"{or_else}\""
        ),
    };
    Some(format!("a server is offered {offers}; of a client, {client}"))
}

/// How the suite judges the closing.
fn case_closing(topic: &CaseTopic) -> String {
    let close = &topic.close;
    let first = if close.closed_by_me { "the tester" } else { "the testee" };
    let mut out = format!("{first} closes first");
    if close.wrong_endpoint_is_fatal {
        out.push_str(" (since 0.5.7 the case fails otherwise)");
    }
    out.push_str(&format!("; the testee's Close has {}, or no code", codes_of(topic)));
    if topic.wrong_code_is_fatal {
        out.push_str(" (any other code fails the case)");
    }
    if close.require_clean {
        out.push_str("; both Closes must be sent before TCP ends");
    }
    out
}

fn codes_of(topic: &CaseTopic) -> String {
    let mut codes = topic.close.codes.clone();
    codes.dedup();
    or(&codes)
}

const fn case_source(topic: &CaseTopic) -> &'static str {
    if topic.compared {
        "compared with reports of real runs"
    } else {
        "inferred from the structure of its section of the suite"
    }
}

/// `text FIN RSV2 masked (37fa213d), 5 bytes: Hello`; with `deflate` RSV1 says that the payload is compressed.
fn frame(frame: &ShownFrame, deflate: bool) -> String {
    let header = &frame.header;
    let mut out = wording::frame(header);
    if let Some(key) = header.masking_key {
        out.push_str(&format!(" ({key})"));
    }
    out.push_str(&format!(", {}", units::count(header.payload_len, "byte")));
    let compressed = deflate && header.rsv.rsv1() && !header.opcode.is_control();
    let payload = payload(frame, compressed);
    if !payload.is_empty() {
        out.push_str(&format!(": {payload}"));
    }
    if compressed {
        out.push_str(" (compressed)");
    }
    if (frame.payload.len() as u64) < header.payload_len {
        out.push_str(&format!(" ({} of them here)", frame.payload.len()));
    }
    out
}

/// Most characters of a payload in a line.
const SHOWN: usize = 24;

fn payload(frame: &ShownFrame, compressed: bool) -> String {
    let is_text = frame.header.opcode == Opcode::TEXT && !compressed || frame.header.opcode.is_control();
    let text = |bytes: &[u8]| match std::str::from_utf8(bytes) {
        Ok(text) if is_text || text.is_empty() => visible(text).into_owned(),
        _ => format!("0x{}", Hex(bytes)),
    };
    if let Some((code, reason)) =
        CloseCode::split(&frame.payload).filter(|_| frame.header.opcode == Opcode::CLOSE)
    {
        return wording::close_body(code, &text(reason));
    }
    shorten(&text(&frame.payload), SHOWN)
}

/// What a side does, where it is no head and no bytes.
fn act(what: &Deed) -> String {
    match what {
        Deed::Head(_) | Deed::Bytes { .. } => String::new(),
        Deed::Again => "retransmits the last payload".to_owned(),
        Deed::Probe => "sends a keep-alive probe: a byte it had sent before".to_owned(),
        Deed::Fin => wording::ends(StreamEnd::Fin).to_owned(),
        Deed::Rst => wording::ends(StreamEnd::Rst).to_owned(),
        Deed::BareRst => "resets TCP (RST without an acknowledgement number)".to_owned(),
        Deed::ForeignRst => "resets TCP (a forged RST, whose TTL and IP ID differ from its own)".to_owned(),
        Deed::Refuse => "refuses TCP: an RST answers the SYN".to_owned(),
        Deed::Shut => "accepts no more bytes: its receive window is 0".to_owned(),
        Deed::Open => "accepts bytes again: its receive window is open".to_owned(),
        Deed::Ack => "acknowledges what it has received".to_owned(),
        Deed::Hold => "receives nothing for now: packets to it are in flight".to_owned(),
        Deed::Release => "receives what was in flight".to_owned(),
        Deed::Late(packets) => {
            format!("what it sent last is recorded {} later", units::count(u64::from(*packets), "packet"))
        }
        Deed::Wait(ms) => format!("waits {}", units::duration(i64::from(*ms) * 1_000_000)),
    }
}

const fn act_name(what: &Deed) -> &'static str {
    match what {
        Deed::Head(_) => "head",
        Deed::Bytes { .. } => "bytes",
        Deed::Again => "again",
        Deed::Probe => "probe",
        Deed::Fin => "fin",
        Deed::Rst => "rst",
        Deed::BareRst => "bare_rst",
        Deed::ForeignRst => "foreign_rst",
        Deed::Refuse => "refuse",
        Deed::Shut => "shut",
        Deed::Open => "open",
        Deed::Ack => "ack",
        Deed::Hold => "hold",
        Deed::Release => "release",
        Deed::Late(_) => "late",
        Deed::Wait(_) => "wait",
    }
}

/// `a request for /app/… with the parameter protocol`: where it is asked for.
fn place(place: &Place) -> String {
    let mut out = "a request".to_owned();
    match place.path {
        "" => {}
        path => out.push_str(&format!(" for {path}…")),
    }
    match place.host.strip_prefix('.') {
        _ if place.host.is_empty() => {}
        Some(domain) => out.push_str(&format!(" to a host of {domain}")),
        None => out.push_str(&format!(" to {}", place.host)),
    }
    match place.query {
        "" => {}
        parameter => out.push_str(&format!(" with the parameter {parameter}")),
    }
    match place.field {
        "" => {}
        field => out.push_str(&format!(" with the field {field}")),
    }
    out
}

/// How an application is recognised, each way by itself.
#[must_use]
pub fn known_by(application: &Application) -> Vec<String> {
    let subprotocols = application.subprotocols.iter().map(|name| format!("the subprotocol {name}"));
    subprotocols.chain(application.places.iter().map(place)).collect()
}

/// `4400`, or `1011 with NET-0001`.
#[must_use]
pub fn own_code(own: &ApplicationCode) -> String {
    own.reason.map_or_else(|| own.code.to_string(), |reason| format!("{} with {reason}", own.code))
}

/// `a DISCONNECT: its sender ends the session`.
#[must_use]
pub fn ending(ending: &Ending) -> String {
    format!("{}: {}", ending.name, ending.means)
}

/// The codes that it carries, by name.
const fn ending_codes(ending: &Ending) -> &'static [(u8, &'static str)] {
    match ending.more {
        Some(Find::Code { codes, .. }) => codes,
        _ => &[],
    }
}

/// `graphql-transport-ws: it received a message of an unknown type (https://…)`.
fn owner(application: &Application, own: &ApplicationCode) -> String {
    let reason = own.reason.map_or_else(String::new, |reason| format!(", with {reason}"));
    format!("{}{reason}: {} ({})", application.name, own.means, application.source)
}

fn names(rules: &[RuleId]) -> String {
    joined(rules, ", ")
}
