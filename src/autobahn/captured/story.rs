//! What the tester noted, told again from what either side sent: its rows, and how it closed.
//!
//! It notes what it reads, in the order in which it does so. A frame that its host had not acknowledged when it sent something
//! it had not read.

use std::collections::BTreeMap;

use crate::autobahn::captured::exchange::{Act, Content, Exchange, Fault, Frame, What};
use crate::autobahn::captured::list::List;
use crate::autobahn::captured::plan::{Manner, Plan};
use crate::autobahn::captured::timers::DROP_MS;
use crate::autobahn::captured::watch::is_taken;
use crate::autobahn::captured::{own, testee};
use crate::autobahn::seen::{LoggedEvent, Sight, sights};
use crate::autobahn::verdict;
use crate::model::case::{
    Alike, Behavior, CapturedVerdict, CaseSet, ClosingBehavior, LoggedData, LoggedFrame, NoVerdict, WireRow,
};
use crate::model::suite::Version;
use crate::model::{CloseCode, Opcode, Role, StreamEnd};

/// The body of a Close with which a tester fails a connection.
const FAILING: [u8; 2] = 1002_u16.to_be_bytes();
/// How much sooner than a timer something may seem to be that waited for it.
const SLACK_NS: i64 = 100_000_000;

/// Judges the exchange as each of these cases of the list.
pub(super) fn judged(exchange: &Exchange, list: &List, ranks: CaseSet) -> Vec<Alike> {
    let mut judge = Judge::new(exchange);
    let mut found: Vec<Alike> = Vec::new();
    for (_, plan) in list.plans(ranks) {
        let verdict = judge.verdict(plan);
        // Few verdicts there are, which those of many cases share.
        let at = found.iter().position(|alike| alike.verdict == verdict).unwrap_or(found.len());
        if at == found.len() {
            found.push(Alike { verdict, cases: CaseSet::default(), written_so: CaseSet::default() });
        }
        if let Some(alike) = found.get_mut(at) {
            alike.cases.insert(plan.number);
            if judge.chop.is_some_and(|size| plan.writes_in(size)) {
                alike.written_so.insert(plan.number);
            }
        }
    }
    // It is kept as long as the run.
    found.shrink_to_fit();
    found
}

/// An exchange as cases are judged by it.
struct Judge<'e> {
    exchange: &'e Exchange,
    version: Version,
    /// As the tester read them.
    acts: Vec<&'e Act>,
    has_sent_close: bool,
    /// The size of the pieces in which the tester wrote.
    chop: Option<u64>,
    /// Frames of the tester by opcode.
    sent: Vec<(u64, u64)>,
    /// What it noted, by the [manner](Plan::manner_of).
    told: BTreeMap<usize, Result<Told, NoVerdict>>,
}

/// What the tester noted that a case is judged by.
struct Told {
    events: Vec<LoggedEvent>,
    closing: ClosingBehavior,
    /// By its rules it has sent a Close.
    has_closed: bool,
}

impl<'e> Judge<'e> {
    fn new(exchange: &'e Exchange) -> Self {
        let counts = exchange.sent.iter().enumerate().filter(|(_, count)| **count > 0);
        Self {
            exchange,
            version: exchange.suite.map_or(Version::NEWEST, |suite| suite.version),
            acts: as_read(exchange),
            has_sent_close: has_sent_close(exchange),
            chop: exchange.pieces.chop(),
            sent: counts.map(|(opcode, count)| (opcode as u64, *count)).collect(),
            told: BTreeMap::new(),
        }
    }

    fn verdict(&mut self, plan: &Plan) -> CapturedVerdict {
        let Self { exchange, version, acts, sent, told, .. } = self;
        let told = told.entry(plan.manner_of).or_insert_with(|| told_in(&plan.manner, exchange, acts));
        let told = match told {
            Ok(told) => told,
            Err(why) => return CapturedVerdict::none(*why),
        };
        let (behavior, behavior_close) =
            verdict::verdicts(plan.case, *version, by_events(plan, &told.events), &told.closing, sent);
        CapturedVerdict {
            behavior: match plan.is_own {
                true => own::judge(exchange, plan, *version),
                false => behavior.ok_or(NoVerdict::Hole),
            },
            behavior_close: Ok(behavior_close),
            remote_close_code: told.closing.remote_close_code,
            close_unsent: told.has_closed && !self.has_sent_close,
        }
    }
}

/// The first entry of the case that is met; `None` where it has none.
fn by_events(plan: &Plan, events: &[LoggedEvent]) -> Option<Behavior> {
    let met = plan.expected()?.iter().find(|(_, entry)| entry == events);
    Some(met.map_or(Behavior::Failed, |(verdict, _)| verdict.clone()))
}

/// Whether a Close of the tester left its host, or may have: one can stand inside a frame that it had not finished.
fn has_sent_close(exchange: &Exchange) -> bool {
    exchange.has_ragged_end
        || exchange.frames(exchange.tester).any(|(_, frame)| frame.opcode == Opcode::CLOSE || frame.cut > 0)
        || exchange.of(exchange.tester).any(|act| matches!(act.what, What::Pause(_)))
}

/// The code of a Close as the tester keeps it: one that may not be sent as 1000.
fn kept_code(close: &Frame) -> Option<u16> {
    close.code().map(|code| if is_taken(CloseCode(code)) { code } else { 1000 })
}

/// What the tester noted.
#[derive(Debug, Default)]
struct Story {
    rows: Vec<WireRow>,
    closing: ClosingBehavior,
    state: State,
    /// The tester's Close with which it failed the connection has been told.
    failing_close: bool,
    /// By its rules it has sent a Close.
    has_closed: bool,
    /// Frames of the case that it has sent.
    sent: usize,
    timers: usize,
    testee_ended: bool,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum State {
    #[default]
    Open,
    /// The tester has sent its Close.
    Closing,
    /// The testee's Close has come.
    Closed,
    /// TCP is over for the tester, or it reads nothing more.
    Gone,
}

fn told_in(manner: &Manner, exchange: &Exchange, acts: &[&Act]) -> Result<Told, NoVerdict> {
    if !exchange.is_over {
        return Err(NoVerdict::Unfinished);
    }
    if exchange.has_more && !manner.is_own {
        return Err(NoVerdict::TooMuch);
    }
    let mut story = Story::default();
    let teller = Teller { exchange, manner };
    for (at, act) in acts.iter().enumerate() {
        let later = acts.get(at + 1..).unwrap_or_default();
        match (&act.what, act.from == exchange.tester) {
            (What::Frame(frame), true) => teller.tester_sent(&mut story, frame)?,
            (What::Pause(_), true) => teller.timer(&mut story, manner.paused.is_some()),
            (What::End(_), true) => teller.tester_ended(&mut story, act)?,
            (What::Frame(frame), false) => teller.testee_sent(&mut story, frame, later)?,
            (What::End(_), false) => {
                story.testee_ended = true;
                story.state = State::Gone;
            }
            (What::Pause(_), false) => {}
        }
    }
    let Story { rows, closing, has_closed, .. } = story;
    let events = sights(&rows, closing.failed_by_me).into_iter().filter_map(|sight| match sight {
        Sight::Event(event) => Some(event),
        Sight::Close { .. } => None,
    });
    let is_server = exchange.tester == Role::Server;
    Ok(Told { events: events.collect(), closing: ClosingBehavior { is_server, ..closing }, has_closed })
}

/// The acts in the order of the tester: what its host did not have when it closed, it read behind that, if at all.
fn as_read(exchange: &Exchange) -> Vec<&Act> {
    let mut acts: Vec<&Act> = Vec::with_capacity(exchange.acts.len());
    for act in &exchange.acts {
        let is_close = match &act.what {
            What::Frame(frame) => frame.opcode == Opcode::CLOSE,
            What::End(_) => true,
            What::Pause(_) => false,
        };
        let had = act.acked.filter(|_| is_close && act.from == exchange.tester);
        let Some(had) = had else {
            acts.push(act);
            continue;
        };
        let is_unread = |act: &&Act| match &act.what {
            _ if act.from == exchange.tester => false,
            What::Frame(frame) => frame.end.is_some_and(|end| end > had),
            What::End(_) => act.offset.is_some_and(|offset| offset >= had),
            What::Pause(_) => false,
        };
        let from = acts.iter().position(is_unread).unwrap_or(acts.len());
        let (mut unread, read): (Vec<&Act>, Vec<&Act>) =
            acts.split_off(from).into_iter().partition(|act| act.from != exchange.tester);
        acts.extend(read);
        acts.push(act);
        acts.append(&mut unread);
    }
    acts
}

/// What a story is told of.
struct Teller<'e> {
    exchange: &'e Exchange,
    manner: &'e Manner,
}

impl Teller<'_> {
    /// A timer ran out, if it is one that the case has.
    fn timer(&self, story: &mut Story, is_one: bool) {
        if is_one && let Some(tag) = self.manner.tags.get(story.timers) {
            story.timers += 1;
            story.rows.push(WireRow::DelayTimeout(Some(tag.clone())));
        }
    }

    fn tester_sent(&self, story: &mut Story, frame: &Frame) -> Result<(), NoVerdict> {
        if !frame.is_close() {
            self.timer(story, self.manner.waits.contains(&story.sent));
            // It has sent all behind its pauses, wherever the capture shows them: nothing stands in the place of the rest.
            let is_whole =
                self.manner.paused.as_ref().is_some_and(|paused| paused.is(frame) && frame.cut == 0);
            while story.sent == 0 && is_whole && story.timers < self.manner.tags.len() {
                self.timer(story, true);
            }
            story.sent += 1;
            return Ok(());
        }
        let is_planned = self.manner.closes.iter().any(|planned| planned.is(frame));
        if story.failing_close || story.state != State::Open {
            return Ok(());
        }
        match frame.code() {
            None | Some(1000) => {}
            _ if is_planned => {}
            // It gave the case up.
            Some(1001) => {
                story.rows.push(WireRow::Failing);
                story.closing.failed_by_me = true;
            }
            Some(_) => return Err(NoVerdict::UnseenReason),
        }
        story.closes(&frame.head);
        Ok(())
    }

    fn testee_sent(&self, story: &mut Story, frame: &Frame, later: &[&Act]) -> Result<(), NoVerdict> {
        // Of a frame that never came whole it takes no note.
        let is_over = story.state == State::Gone || story.failing_close;
        if is_over || frame.cut > 0 && frame.fault != Some(Fault::Header) {
            return Ok(());
        }
        match (frame.fault, story.state) {
            (None, _) => self.took(story, frame),
            (Some(_), State::Open) => self.fails(story, frame, later),
            // It drops TCP, of a Close it has read the code.
            (Some(fault), _) => {
                if frame.opcode == Opcode::CLOSE && fault == Fault::Payload && story.state == State::Closing {
                    story.closing.remote_close_code = kept_code(frame);
                }
                story.closing.failed_by_me = true;
                story.closing.dropped_by_me = true;
                story.state = State::Gone;
                Ok(())
            }
        }
    }

    /// The tester fails the connection for a frame of the testee. Its Close may never leave: it drops TCP at once where that
    /// frame is a Close, and the testee may have ended TCP.
    fn fails(&self, story: &mut Story, frame: &Frame, later: &[&Act]) -> Result<(), NoVerdict> {
        let is_close = frame.opcode == Opcode::CLOSE;
        let own = later.iter().find_map(|act| match &act.what {
            What::Frame(own) if act.from == self.exchange.tester && own.is_close() => Some(&**own),
            _ => None,
        });
        match own.map(Frame::code) {
            None if is_close || self.is_read() => {}
            None => return Err(NoVerdict::UnsentClose),
            Some(None | Some(1000 | 1001)) => return Err(NoVerdict::UnseenReason),
            Some(Some(_)) => {}
        }
        story.closing.failed_by_me = true;
        story.failing_close = true;
        story.closes(own.map_or(&FAILING, |own| &own.head));
        // Of a control frame it takes note all the same.
        story.rows.push(WireRow::RxFrame(self.logged(frame)?));
        if is_close {
            story.closing.was_clean = true;
            story.closing.remote_close_code = kept_code(frame);
        }
        Ok(())
    }

    /// Whether all that the testee sent is read: it ended TCP in an orderly way.
    fn is_read(&self) -> bool {
        self.exchange
            .end(testee(self.exchange))
            .is_some_and(|end| matches!(end.what, What::End(StreamEnd::Fin)))
    }

    /// The tester took a frame.
    fn took(&self, story: &mut Story, frame: &Frame) -> Result<(), NoVerdict> {
        if story.state == State::Closed {
            return Ok(());
        }
        if !self.manner.is_own || frame.opcode == Opcode::CLOSE {
            story.rows.push(WireRow::RxFrame(self.logged(frame)?));
        }
        if frame.opcode == Opcode::CLOSE {
            // It answers.
            story.has_closed = true;
            story.state = State::Closed;
            story.closing.was_clean = true;
            story.closing.remote_close_code = kept_code(frame);
        }
        Ok(())
    }

    fn tester_ended(&self, story: &mut Story, act: &Act) -> Result<(), NoVerdict> {
        if story.testee_ended || story.state == State::Gone {
            return Ok(());
        }
        story.closing.dropped_by_me = true;
        let is_waiting = story.state == State::Closed && self.exchange.tester == Role::Client;
        story.state = State::Gone;
        if !is_waiting {
            return Ok(());
        }
        // Whichever timer ran out first: the one of the case fails the connection, the other makes the closing unclean.
        let close = self.exchange.frames(testee(self.exchange)).find(|(_, frame)| frame.is_close());
        let (Some(ended), Some(closed), Some(opened)) =
            (act.at, close.and_then(|(act, _)| act.at), self.exchange.opened_at)
        else {
            return Err(NoVerdict::UnseenReason);
        };
        let ns = |ms: u64| i64::try_from(ms).unwrap_or(i64::MAX).saturating_mul(1_000_000);
        let given_up = self.manner.given_up_after_ms.map(|ms| opened.0.saturating_add(ns(ms)));
        let dropped = closed.0.saturating_add(ns(DROP_MS));
        let due = given_up.unwrap_or(i64::MAX).min(dropped);
        if ended.0 < due.saturating_sub(SLACK_NS) {
            // Before its timers it does not drop TCP: the end of TLS, or one that was not captured, came before.
            story.closing.dropped_by_me = false;
            return Ok(());
        }
        story.closing.was_clean = given_up.is_some_and(|given_up| given_up <= dropped);
        Ok(())
    }

    /// A frame of the testee as a row, its payload named by what it is compared by.
    fn logged(&self, frame: &Frame) -> Result<LoggedFrame, NoVerdict> {
        let known = match frame.opcode {
            Opcode::CLOSE => frame.head.clone(),
            opcode if opcode.is_control() => {
                if frame.head.len() as u64 != frame.len && frame.fault.is_none() {
                    return Err(NoVerdict::Hole);
                }
                Content::EMPTY.and(frame.head.iter().copied()).name()
            }
            _ => match frame.message {
                Some(message) => message.content.name(),
                None if frame.fin && frame.fault.is_none() => return Err(NoVerdict::Hole),
                None => Vec::new(),
            },
        };
        // The kind of a parted message stands in its first frame.
        let data = LoggedData { len: Some(known.len() as u64), known };
        Ok(LoggedFrame { fin: frame.fin, rsv: frame.rsv.0, ..LoggedFrame::plain(frame.opcode.bits(), data) })
    }
}

impl Story {
    /// The tester sends its Close before it has read one.
    fn closes(&mut self, body: &[u8]) {
        let close = LoggedFrame::plain(Opcode::CLOSE.bits(), LoggedData::whole(body));
        self.rows.push(WireRow::TxFrame(close));
        self.closing.closed_by_me = true;
        self.has_closed = true;
        self.closing.local_close_code = CloseCode::split(body).map(|(code, _)| code.0);
        self.state = State::Closing;
    }
}
