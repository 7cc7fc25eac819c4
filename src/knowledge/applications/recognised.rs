//! Which application a connection is of, what its codes mean there, and what was said before the end.

use crate::knowledge::applications::message::Message;
use crate::knowledge::applications::prelude::ANYWHERE;
use crate::knowledge::applications::{APPLICATIONS, Application, ApplicationCode, Place};
use crate::model::{
    CloseCode, Conversation, Course, LastPayload, LastWords, PerRole, Role, Spoken, Starter, Text,
    UpgradeRequest, UpgradeResponse,
};

/// Bytes kept of the last message of a side.
pub(crate) const LONGEST: usize = 512;

/// Places of applications that announce ends in messages, but for those that a parameter tells; and how many.
const ANNOUNCING: ([Place; 16], usize) = {
    let mut places = ([ANYWHERE; 16], 0);
    let mut at = 0;
    while at < APPLICATIONS.len() {
        let own = if APPLICATIONS[at].endings.is_empty() { &[] } else { APPLICATIONS[at].places };
        let mut n = 0;
        while n < own.len() {
            if own[n].query.is_empty() {
                places.0[places.1] = own[n];
                places.1 += 1;
            }
            n += 1;
        }
        at += 1;
    }
    places
};

/// Whether a request may be for an application that announces ends in messages, as far as a glance shows. Every connection
/// is asked, and most are of none.
pub(crate) fn may_announce(request: &UpgradeRequest) -> bool {
    let target = request.target.as_sent().as_bytes();
    let host = host(request);
    let fits = |place: &Place| {
        target.starts_with(place.path.as_bytes())
            && is_host(host, place.host)
            && (place.field.is_empty() || request.fields.as_sent().first(place.field).is_some())
    };
    target.contains(&b'?') && by_request(request).is_some_and(|application| !application.endings.is_empty())
        || ANNOUNCING.0.iter().take(ANNOUNCING.1).any(fits)
}

/// The same of a response, by the subprotocol that was chosen.
pub(crate) fn announces(response: &UpgradeResponse) -> bool {
    by_response(response).is_some_and(|application| !application.endings.is_empty())
}

/// What is asked for, by where it is asked for.
fn by_request(request: &UpgradeRequest) -> Option<&'static Application> {
    let target = request.target.as_sent();
    let (path, query) = target.split_once('?').unwrap_or((target, ""));
    let host = host(request);
    let fits = |place: &Place| {
        is_host(host, place.host)
            && path.starts_with(place.path)
            && (place.query.is_empty() || has_parameter(query, place.query))
            && (place.field.is_empty() || request.fields.as_sent().first(place.field).is_some())
    };
    APPLICATIONS.iter().copied().find(|application| application.places.iter().any(fits))
}

/// What was agreed on, by the subprotocol that was chosen.
fn by_response(response: &UpgradeResponse) -> Option<&'static Application> {
    let chosen = response.subprotocol()?;
    let chosen: &str = chosen.as_sent();
    APPLICATIONS.iter().copied().find(|application| application.subprotocols.contains(&chosen))
}

/// The name in `Host`, without the port.
fn host(request: &UpgradeRequest) -> &str {
    let host = request.fields.as_sent().first("Host").unwrap_or("");
    host.trim_end_matches(|c: char| c.is_ascii_digit()).strip_suffix(':').unwrap_or(host)
}

/// Whether the name ends so, from a dot on; `.a.b` takes `a.b` itself, too.
fn is_host(host: &str, end: &str) -> bool {
    if end.is_empty() {
        return true;
    }
    let bare = end.strip_prefix('.').unwrap_or(end);
    let Some(at) = host.len().checked_sub(bare.len()) else { return false };
    let is_end = host.as_bytes().get(at..).is_some_and(|tail| tail.eq_ignore_ascii_case(bare.as_bytes()));
    is_end
        && (bare.is_empty()
            || at == 0
            || end.len() > bare.len() && host.as_bytes().get(at - 1) == Some(&b'.'))
}

fn has_parameter(query: &str, name: &str) -> bool {
    query.split('&').any(|pair| pair.split_once('=').map_or(pair, |(key, _)| key) == name)
}

/// Whether applications give a meaning of their own to such a code.
pub(super) const fn has_owner(code: CloseCode) -> bool {
    matches!(code.0, 1008 | 1011 | 3000..=4999)
}

/// What is known of the end from the application that was spoken.
pub(crate) fn spoken(conversation: &Conversation, course: &Course) -> Option<Box<Spoken>> {
    let is_asked = |role: Role| {
        let code = conversation.closing.sides[role].code;
        code.is_some_and(has_owner) || course.sides[role].last_payload.is_some()
    };
    if !Role::BOTH.into_iter().any(is_asked) {
        return None;
    }
    let response = conversation.response.as_deref().filter(|response| response.switches)?;
    let application = by_response(response).or_else(|| by_request(conversation.request.as_deref()?))?;
    let code = |role: Role| {
        let side = &conversation.closing.sides[role];
        let reason = side.reason.as_ref().map_or("", |reason| reason.as_sent());
        let code = side.code.filter(|_| application.closes.includes(role))?;
        let fits = |own: &&ApplicationCode| {
            own.code == code.0 && own.reason.is_none_or(|part| reason.contains(part))
        };
        application.codes.iter().find(fits)
    };
    let codes = PerRole { client: code(Role::Client), server: code(Role::Server) };
    let last_words = last_words(conversation, course, application);
    let is_told = codes.client.is_some() || codes.server.is_some() || last_words.is_some();
    is_told.then(|| Box::new(Spoken { application, codes, last_words }))
}

/// The message that announced the end: of the side that began it, or else of the other.
fn last_words(
    conversation: &Conversation,
    course: &Course,
    application: &'static Application,
) -> Option<LastWords> {
    let first = match conversation.closing.started_by {
        Some(Starter::One(role)) => role,
        _ => Role::Server,
    };
    [first, first.peer()].into_iter().find_map(|by| {
        let LastPayload { frame, opcode, start } = course.sides[by].last_payload.as_deref()?;
        let message = Message { opcode: *opcode, start };
        let ending = application.endings.iter().find(|ending| message.is(ending.sign))?;
        let text = ending.more.and_then(|find| message.more(find)).map(|more| Text::from(more.into_owned()));
        Some(LastWords { by, frame: *frame, ending, text })
    })
}
