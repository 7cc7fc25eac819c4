//! Sections 9, 12 and 13, which the suite judges by what comes back: how much, how many, and whether it is the same.

use crate::autobahn::captured::exchange::{Differs, Echo, Exchange, Frame, Message};
use crate::autobahn::captured::list::List;
use crate::autobahn::captured::plan::Plan;
use crate::model::case::{Behavior, CaseFrame, CaseId, CasePayload, CaseSet, NoVerdict};
use crate::model::suite::Version;
use crate::model::{MessageKind, Opcode, Role};

/// Whether the events of a case do not tell how it went.
pub(super) fn is_own(id: &CaseId) -> bool {
    matches!(id.section(), 9 | 12 | 13)
}

const fn kind(frame: &CaseFrame) -> MessageKind {
    if frame.opcode.bits() == Opcode::TEXT.bits() { MessageKind::Text } else { MessageKind::Binary }
}

/// Whether the tester gives up at once: the case needs permessage-deflate, which was not agreed on.
const fn gives_up(exchange: &Exchange, message: &CaseFrame) -> bool {
    message.compressed && !exchange.deflate.is_agreed
}

/// Ranks of the cases of the list that send what the tester sent.
pub(super) fn fitting(exchange: &Exchange, list: &List) -> CaseSet {
    let counts = || exchange.sent.iter().enumerate();
    let sends_others = counts().any(|(opcode, count)| !matches!(opcode, 0..=2 | 8 | 10) && *count > 0);
    let sends_data = counts().take(3).any(|(_, count)| *count > 0);
    let [plain, compressed] = list.own;
    let (is_agreed, echo) = (exchange.deflate.is_agreed, &exchange.echo);
    if sends_others {
        return CaseSet::default();
    }
    if !sends_data {
        let is_given_up = !is_agreed && is_all_it_sent(exchange);
        return if is_given_up { compressed } else { CaseSet::default() };
    }
    let Some(first) = first(exchange).filter(|_| !echo.is_mixed) else { return CaseSet::default() };
    let is_it = |plan: &Plan| {
        plan.message().is_some_and(|message| {
            echo.sent <= u64::from(message.times)
                && (!message.compressed || asks(exchange, plan))
                && begins(echo, first, (plan, message))
        })
    };
    let candidates = if is_agreed { compressed } else { plain };
    list.plans(candidates).filter(|(_, plan)| is_it(plan)).map(|(rank, _)| rank).collect()
}

/// The first frame of its messages.
fn first(exchange: &Exchange) -> Option<&Frame> {
    exchange.frames(exchange.tester).map(|(_, frame)| frame).find(|frame| !frame.opcode.is_control())
}

/// A Close 1000, with which it gives up.
fn is_all_it_sent(exchange: &Exchange) -> bool {
    let mut frames = exchange.frames(exchange.tester).map(|(_, frame)| frame);
    frames.next().is_some_and(|frame| frame.is_close() && frame.head == 1000_u16.to_be_bytes())
}

/// Whether the first message is that of the case.
fn begins(echo: &Echo, first: &Frame, (plan, message): (&Plan, &CaseFrame)) -> bool {
    let len = message.payload.len();
    let is_message = echo.first.is_none_or(|first| first.kind == kind(message) && first.content.len == len);
    let is_parted = match (message.fragment_size, echo.fragment) {
        (None, fragment) => fragment.is_none(),
        (Some(size), Some((fragment, is_same))) => fragment == size && is_same,
        // Shorter than a fragment, as compressed messages may be.
        (Some(size), None) => echo.longest <= size,
    };
    let is_frame = message.compressed
        || plan
            .frames
            .first()
            .is_some_and(|planned| planned.start.len == first.len && planned.has(&first.head));
    first.opcode == message.opcode
        && is_message
        && is_parted
        && is_frame
        && is_of_file(echo, &message.payload)
}

/// How the files begin from which the suite takes its messages.
const FILES: [(&str, &[u8]); 4] = [
    ("json", b"{\n   \"AutobahnPy"),
    ("bitmap", b"BM"),
    ("german", b"\xef\xbb\xbfThe Project G"),
    ("pdf", b"%PDF"),
];

/// Whether a message can be the first of that file.
fn is_of_file(echo: &Echo, payload: &CasePayload) -> bool {
    let CasePayload::File { name, .. } = payload else { return true };
    let start = &echo.start;
    let begins = |(_, bytes): &&(&str, &[u8])| {
        let len = bytes.len().min(start.len());
        bytes.get(..len) == start.get(..len)
    };
    match FILES.iter().find(|(file, _)| file == name) {
        Some(file) => begins(&file),
        None => start.is_empty() || !FILES.iter().any(|file| begins(&file)),
    }
}

/// Whether it asked of permessage-deflate what the case asks.
fn asks(exchange: &Exchange, plan: &Plan) -> bool {
    let deflate = &exchange.deflate;
    match exchange.tester {
        Role::Client => deflate.asked == plan.deflate,
        // A server answers with the first of those that the offer allows.
        Role::Server => {
            let allowed =
                plan.deflate.iter().find(|wanted| wanted.window_bits.is_none() || deflate.takes_bits);
            allowed == deflate.asked.first()
        }
    }
}

/// What the suite says of what came back.
pub(super) fn judge(exchange: &Exchange, plan: &Plan, version: Version) -> Result<Behavior, NoVerdict> {
    let planned = plan.message().ok_or(NoVerdict::Hole)?;
    if gives_up(exchange, planned) {
        return Ok(Behavior::Unimplemented);
    }
    let verdict = |is_ok| Ok(if is_ok { Behavior::Ok } else { Behavior::Failed });
    let echo = &exchange.echo;
    if planned.times <= 1 {
        let is_it = |back: Message| back.kind == kind(planned) && back.content.len == planned.payload.len();
        return verdict(echo.first_back.is_some_and(is_it));
    }
    let are_all_back = echo.back >= u64::from(planned.times);
    match echo.differs {
        None => verdict(are_all_back),
        Some(Differs::Shape) => verdict(false),
        // Sections 9.7 and 9.8 look at kind and length only.
        Some(Differs::Content) if plan.case.id.section() == 9 => verdict(are_all_back),
        Some(Differs::Content) if version >= Version::COMPARES_CONTENT => verdict(false),
        Some(Differs::Content) => Err(NoVerdict::OldSuite),
    }
}
