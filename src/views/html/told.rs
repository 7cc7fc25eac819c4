//! What the page is told of connections: the objects of `wslog.list/1` and `wslog.inspect/1`, and what it draws besides.

use crate::knowledge::Tone;
use crate::model::{
    self, Conversation, InputReport, Lifecycle, PacketNo, PerRole, Role, TcpMoment, Timestamp,
};
use crate::redact::Shown;
use crate::views::escape::{is_unsafe, visible};
use crate::views::html::captured::{Column, Run};
use crate::views::html::shell::LETTERS;
use crate::views::json::{self, Input, Journey, place, sides};
use crate::views::row::{Boolean, Encoder, Integer, List, Map, OrAbsent, Row as _, Text, Time, Value, row};
use crate::views::summary::{self, Account};
use crate::views::text::{cases, connection};
use crate::views::worded::Worded;
use crate::views::{FrameList, account, facts, list};

/// A row of the overview.
#[derive(Clone, Copy)]
pub(super) struct Row<'a>(pub(super) &'a Conversation<Shown>);

impl Value<Self> for Row<'_> {
    fn encode(self, to: &mut impl Encoder) {
        to.object(|to| {
            to.field::<Text>(",\"tone\":", tone(self.0));
            to.field::<Text>(",\"headline\":", &connection::verdict(self.0).0);
            list::Connection(self.0).encode_fields(to);
        });
    }
}

/// A connection: `page`, then the fields that it has in a document of `wslog.inspect/1`.
#[derive(Clone, Copy)]
pub(super) struct Connection<'a>(pub(super) &'a Conversation<Shown>, pub(super) FrameList);

impl Value<Self> for Connection<'_> {
    fn encode(self, to: &mut impl Encoder) {
        let Self(conversation, frames) = self;
        to.object(|to| {
            to.field::<Page<'_>>(",\"page\":", Page(conversation));
            json::Connection(conversation, frames).encode_fields(to);
        });
    }
}

/// What the end of a connection amounts to, in a word; of a case its verdicts.
fn tone(r: &Conversation<Shown>) -> &'static str {
    let tone = match r.case.as_deref() {
        Some(record) => {
            let case = &record.report;
            cases::tone(&case.behavior, &case.behavior_close, record.recomputed.agrees)
        }
        None => connection::tone(r),
    };
    named(tone)
}

/// A tone as classes of the style have it.
pub(super) const fn named(tone: Tone) -> &'static str {
    match tone {
        Tone::Normal => "normal",
        Tone::Unknown => "unknown",
        Tone::Odd => "odd",
        Tone::Fault => "fault",
    }
}

row! {
    /// What the page says and draws of a connection besides what it is.
    pub(super) struct Page<'a>(r: &'a Conversation<Shown>);

    let worded = &Worded::all(r);
    let Account { told, sees: _, besides, next } = summary::account(r, worded);
    let of_case = r.case.as_deref().map(|record| connection::of_case(record).0);
    let case = r.case.as_deref().map_or_else(Vec::new, |_| account::of(r, worded));
    let moments = Role::BOTH.into_iter().flat_map(|role| moments(r, role));

    /// What its end amounts to: `normal`, `unknown`, `odd` or `fault`.
    tone: Text = tone(r),
    /// Who did what, the cause and the outcome.
    headline: Text = &connection::verdict(r).0,
    /// The case whose log it is, and both verdicts.
    of_case: Option<Text> = of_case,
    /// What happened in the case.
    case: List<Text> = case.iter().map(|sentence| visible(sentence).into_owned()),
    /// Why it ended and how, in sentences, then what else is amiss.
    told: List<Text> = told.into_iter().chain(besides),
    /// What each side's program will have been told.
    sees: PerRole<Option<Text>> = sides(&r.closing.sees, summary::heard),
    /// Where to look next.
    next: Option<Text> = next,
    /// What is known of it, in lines.
    facts: List<Text> = facts::lines(r),
    /// When request and response of the opening handshake were seen.
    handshake: PerRole<Option<Mark>> = sides(&r.handshake_at, |at| at.map(|(packet, at)| Mark(r, packet, at))),
    /// The states of each endpoint and since when, as far as the recording shows them.
    states: PerRole<List<State>> = PerRole { client: states(r, Role::Client), server: states(r, Role::Server) },
    /// Whether and since when the host of the other side had the Close of this one, as acknowledgements show.
    reached: PerRole<Option<Reached>> =
        sides(&r.closing.sides, |side| side.reached.map(|reached| Reached(reached, side.reached_at))),
    /// What TCP shows at single moments, those of the client first.
    moments: List<Moment> = moments,
    /// Those beyond the cap.
    moments_omitted: Integer = Role::BOTH.iter().map(|role| r.tcp_facts[*role].moments_omitted).sum::<u64>(),
}

row! {
    /// A place in the recording.
    pub(super) struct Mark<'a>(r: &'a Conversation<Shown>, packet: PacketNo, at: Option<Timestamp>);

    let (packet, packet_input) = place(r, Some(packet));

    /// Its time.
    at: Option<Time> = at,
    /// Its packet.
    packet: Option<Integer> = packet,
    /// Index of the input with that packet, if it is not the connection's.
    packet_input: OrAbsent<Integer> = packet_input,
}

row! {
    /// A state of an endpoint.
    pub(super) struct State(of: Lifecycle, at: Option<Timestamp>, frame: Option<u64>);

    /// Its name: `connecting`, `open`, `closing` or `closed`.
    name: Text = of.name(),
    /// Since when; null without a clock.
    at: Option<Time> = at,
    /// The frame with which it begins.
    frame: Option<Integer> = frame,
}

row! {
    /// Whether something arrived.
    pub(super) struct Reached(reached: bool, at: Option<Timestamp>);

    /// Whether an acknowledgement shows that it did.
    known: Boolean = reached,
    /// Time of that.
    at: Option<Time> = at,
}

row! {
    /// Something that TCP shows at a moment.
    pub(super) struct Moment<'a>(r: &'a Conversation<Shown>, by: Role, moment: &'a TcpMoment);

    let (packet, packet_input) = place(r, Some(moment.packet));

    /// Whose it is.
    by: Text = by.name(),
    /// What it is: `retransmission`, `gap`, `zero_window`, `window_opened` or `fin_acknowledged`.
    what: Text = moment.what.name(),
    /// How many bytes.
    bytes: Option<Integer> = moment.what.bytes(),
    /// Its time.
    at: Option<Time> = moment.at,
    /// Its packet.
    packet: Option<Integer> = packet,
    /// Index of the input with that packet, if it is not the connection's.
    packet_input: OrAbsent<Integer> = packet_input,
}

fn moments(r: &Conversation<Shown>, by: Role) -> impl Iterator<Item = Moment<'_>> {
    r.tcp_facts[by].moments.iter().map(move |moment| Moment(r, by, moment))
}

/// The states of an endpoint (RFC 6455 4.1, 7.1.3, 7.1.4), up to the one in which the recording leaves it.
fn states(r: &Conversation<Shown>, role: Role) -> Vec<State> {
    let closing = &r.closing;
    let last = closing.sides[role].state;
    let upgraded = r.handshake_at.server.and_then(|(_, at)| at);
    let mut states = Vec::new();
    if !r.assumed && (r.tcp.is_some() || last == Lifecycle::Connecting) {
        states.push(State(Lifecycle::Connecting, r.started_at, None));
    }
    let is_open = r.assumed || r.response.as_ref().is_some_and(|response| response.switches);
    if is_open && last >= Lifecycle::Open {
        states.push(State(Lifecycle::Open, upgraded.or(r.started_at), None));
    }
    if last >= Lifecycle::Closing {
        states.extend(closes(r, role));
    }
    if last >= Lifecycle::Closed {
        let own = closing.ends[role].as_ref();
        let theirs = closing.ends[role.peer()].as_ref().filter(|end| end.how.is_reset() || own.is_none());
        let at = own.into_iter().chain(theirs).filter_map(|end| end.at).min();
        states.push(State(Lifecycle::Closed, at.or(r.ended_at), None));
    }
    // What ended it may have come before the Close that it was told of.
    let end = states.last().and_then(|state| state.1);
    states.retain(|state| end.is_none_or(|end| state.1.is_none_or(|at| at <= end)));
    states
}

/// Its own Close or that of its peer, once its host had it: whichever was first.
fn closes(r: &Conversation<Shown>, role: Role) -> Option<State> {
    let PerRole { client, server } = &r.closing.sides;
    let (own, theirs) = match role {
        Role::Client => (client, server),
        Role::Server => (server, client),
    };
    let sent = own.frame.map(|frame| State(Lifecycle::Closing, own.at, Some(frame)));
    let got = theirs.frame.filter(|_| theirs.reached != Some(false));
    let got = got.map(|frame| State(Lifecycle::Closing, theirs.reached_at.or(theirs.at), Some(frame)));
    [sent, got].into_iter().flatten().min_by_key(|state| (state.1, state.2))
}

row! {
    /// What is known of all at the end.
    pub(super) struct Document<'a>(
        inputs: &'a [InputReport],
        journeys: &'a [model::Journey],
        runs: &'a [Run],
        left_out: u64,
    );

    /// What was read.
    inputs: List<Input> = inputs.iter().map(Input),
    /// What connections have to do with one another.
    journeys: List<Journey> = journeys.iter().map(Journey),
    /// Testees of runs of the Autobahn Testsuite that captures show.
    runs: List<Column> = Column::all(runs),
    /// Verdicts of the suite as letters.
    letters: Map<Text> = LETTERS,
    /// Connections for which there was no room in the page.
    left_out: Integer = left_out,
    /// Characters that are not shown as they are, as the class of a regular expression has them.
    hidden: Text = hidden(),
}

/// [`is_unsafe`] for the script.
fn hidden() -> String {
    let mut class = String::new();
    let mut from = None;
    for c in '\0'..=char::MAX {
        match (from, is_unsafe(c)) {
            (None, true) => from = Some(c),
            (Some(first), false) => {
                class.push_str(&format!("\\u{{{:x}}}-\\u{{{:x}}}", u32::from(first), u32::from(c) - 1));
                from = None;
            }
            _ => {}
        }
    }
    if let Some(first) = from {
        class.push_str(&format!("\\u{{{:x}}}-\\u{{{:x}}}", u32::from(first), u32::from(char::MAX)));
    }
    class
}
