//! What each side's API will have reported: what the side had come to, which the reference knows, by the convention of its
//! library, which its part of the opening handshake may name.

use crate::knowledge::libraries::{Clean, Convention, Heads, MOST, Reported, Whose, recognise};
use crate::model::{
    Alternative, Certainty, CloseCode, Closing, Conversation, Course, Finding, Http2Error, Level, LocalView,
    PerRole, Role, Situation, StreamEnd, Text,
};

/// Fills in what both report.
pub(super) fn tell(conversation: &mut Conversation, course: &Course) {
    for role in Role::BOTH {
        let whose = whose(conversation, role);
        let situation = situation(conversation, course, role, whose);
        let closing = &mut *conversation.closing;
        let shown = closing.sees[role].certainty;
        closing.sees[role] = view(closing, role, (situation, shown), whose);
    }
}

fn whose(conversation: &Conversation, role: Role) -> Whose {
    let (request, response) = (conversation.request.as_deref(), conversation.response.as_deref());
    let heads = match role {
        Role::Client => request.and_then(Heads::of_client),
        Role::Server => response.and_then(|response| Heads::of_server(request, response)),
    };
    let Some(heads) = heads else { return Whose::Unknown };
    let browser = role == Role::Client && is_browser(conversation);
    recognise(&heads).map_or(Whose::Other { browser }, Whose::Is)
}

fn is_browser(conversation: &Conversation) -> bool {
    conversation.request.as_ref().is_some_and(|request| request.facts.browser)
}

/// What it had come to, as far as who it is adds to that.
fn situation(conversation: &Conversation, course: &Course, role: Role, whose: Whose) -> Situation {
    let situation = conversation.closing.sees[role].situation;
    if role == Role::Client && is_browser(conversation) && goes_away(conversation, course) {
        return Situation::PageLeft;
    }
    if situation == Situation::EndedItself && role == Role::Client && cancels(conversation) {
        return Situation::PageLeft;
    }
    let waits = matches!(situation, Situation::Open | Situation::AwaitsAnswer);
    if situation == Situation::AwaitsAnswer && has_given_up(conversation, role, whose) {
        return Situation::Unanswered;
    }
    let again = conversation.tcp_facts[role].unacknowledged.filter(|_| waits);
    if again.is_some_and(|again| again.times >= SENT_AGAIN_TIMES) { Situation::Unheard } else { situation }
}

/// Sent again once, bytes may only have been lost.
const SENT_AGAIN_TIMES: u32 = 2;

/// Whether the client closed with 1001 of its own accord. In a browser close() takes 1000 and 3000 to 4999: 1001 is the browser's
/// own word then, or an echo.
fn goes_away(conversation: &Conversation, course: &Course) -> bool {
    let PerRole { client, server } = &conversation.closing.sides;
    let Some(close) = course.sides.client.close.filter(|close| close.code == Some(CloseCode::GOING_AWAY))
    else {
        return false;
    };
    let is_before = server.frame.is_none_or(|theirs| client.frame < Some(theirs));
    close.is_answer.map_or(is_before, |is_answer| !is_answer)
}

/// Whether a browser cancelled a stream of HTTP/2 that nothing is wrong with: no script can.
fn cancels(conversation: &Conversation) -> bool {
    let end = conversation.closing.first_end.filter(|end| end.by == Role::Client).map(|end| end.how);
    let breaks = |f: &Finding| f.by == Some(Role::Server) && f.level == Level::Must;
    is_browser(conversation)
        && end == Some(StreamEnd::RstStream(Some(Http2Error::CANCEL)))
        && !conversation.findings.iter().any(breaks)
}

/// Whether the recording goes on for longer behind its Close than its library waits for an answer.
fn has_given_up(conversation: &Conversation, role: Role, whose: Whose) -> bool {
    let patience_s = whose.library().and_then(|library| library.info().patience_s);
    let waited = conversation.timing.until.zip(conversation.closing.sides[role].at);
    let waited = waited.map(|(until, at)| until.since(at));
    waited.zip(patience_s).is_some_and(|(ns, seconds)| ns > i64::from(seconds) * 1_000_000_000)
}

fn view(
    closing: &Closing,
    role: Role,
    (situation, shown): (Situation, Certainty),
    whose: Whose,
) -> LocalView {
    let library = whose.library();
    let own = closing.sides[role].code;
    let holds = |row: &&Convention| row.holds(situation, own);
    let known = library.and_then(|library| library.info().conventions.iter().find(holds));
    let most = MOST.iter().find(holds);
    let mut view = LocalView::new(situation, shown);
    view.library = library;
    let Some(convention) = known.or(most) else { return view };
    let api = Api { closing, role };
    let reported = api.reports(convention.code, convention.clean);
    let others = convention.or.iter().filter(|other| other.can_be(role, whose));
    view.or = others
        .map(|other| (api.reports(other.code, other.clean), other.when))
        .filter(|(other, _)| *other != reported)
        .map(|((code, was_clean), when)| Alternative::new(code, was_clean, when))
        .collect();
    view.certainty = shown.min(convention.certainty(!view.or.is_empty()));
    // What a library has of its own rests on the name that it gives itself, and on the version that was measured.
    if known.is_some() && most.is_none_or(|most| api.reports(most.code, most.clean) != reported) {
        view.certainty = view.certainty.min(Certainty::Likely);
    }
    view.reason = api.reason(convention.code, reported.0);
    (view.code, view.was_clean) = reported;
    view.convention = Some(convention);
    view
}

/// The API of one side.
struct Api<'a> {
    closing: &'a Closing,
    role: Role,
}

impl Api<'_> {
    /// The code of the Close of a side, as an API has it.
    fn sent(&self, by: Role) -> Option<CloseCode> {
        let side = &self.closing.sides[by];
        let is_sent = side.sent_close == Some(true);
        is_sent.then(|| side.code.unwrap_or(CloseCode::NO_STATUS_RCVD))
    }

    fn reports(&self, code: Reported, clean: Clean) -> (Option<CloseCode>, Option<bool>) {
        let code = match code {
            Reported::Peers => self.sent(self.role.peer()),
            Reported::Own => self.sent(self.role),
            Reported::Fixed(code) => Some(code),
            Reported::Abnormal => None,
            Reported::Nothing => return (None, None),
        };
        let Some(code) = code else { return (Some(CloseCode::ABNORMAL_CLOSURE), Some(false)) };
        let was_clean = match clean {
            Clean::Yes => Some(true),
            Clean::No => Some(false),
            Clean::IfSent => self.closing.sides[self.role].sent_close,
            Clean::Unknown => None,
        };
        (Some(code), was_clean)
    }

    /// The reason that goes with a code.
    fn reason(&self, code: Reported, reported: Option<CloseCode>) -> Option<Text> {
        let by = match code {
            Reported::Peers => self.role.peer(),
            Reported::Own => self.role,
            Reported::Fixed(_) | Reported::Abnormal | Reported::Nothing => return None,
        };
        self.closing.sides[by].reason.clone().filter(|_| reported == self.sent(by))
    }
}
