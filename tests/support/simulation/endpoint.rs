//! An endpoint of RFC 6455 as its application and library are: what it sends, what it makes of what arrives, and what
//! its API reports in the end. It shares no code with the reference that it is to prove.

mod closing;

use std::collections::VecDeque;

use super::faults::{Fault, Habit, Plant};
use super::plan::{Act, Reaction, Ways, What};
use crate::support::conversation::{Client, Server, Side};
use crate::support::deflate::Deflate;
use crate::support::frame::{Frame, Mask};
use crate::support::rng::Rng;
use crate::support::upgrade::{Upgrade, refusal};

/// One millisecond in nanoseconds.
pub const MS: i64 = 1_000_000;

/// How long a side waits for the answer to its Close, for the end of TCP after both, and after it has failed.
const ANSWER_WAIT: i64 = 12_000 * MS;
const END_WAIT: i64 = 15_000 * MS;
const FAILED_WAIT: i64 = 2_000 * MS;

/// What travels: the receiver is told what it means, and needs no parser.
#[derive(Clone, Debug)]
pub enum Item {
    Request { sound: bool },
    Response { switches: bool, sound: bool },
    Data,
    Ping(Vec<u8>),
    Close(SentClose),
    Faulty(&'static Fault),
    Fin,
    Reset,
}

/// What its host is to do.
#[derive(Clone, Debug)]
pub enum Effect {
    Send(Vec<u8>, Item),
    Fin,
    Reset,
    /// Call [`Endpoint::wake`] after so many nanoseconds.
    Wake(i64, Wake),
}

/// Why it wakes up.
#[derive(Clone, Debug)]
pub enum Wake {
    Next,
    /// Answers this data; whether its Ping came behind a fault that was passed over.
    Pong(Vec<u8>, bool),
    Answer,
    Fail(u16),
    EndTcp,
}

/// The Close an endpoint sends.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SentClose {
    pub code: Option<u16>,
    pub reason: Option<&'static str>,
    /// The other side's had arrived before.
    pub knew: bool,
    /// The other side's end of TCP had arrived before.
    pub knew_end: bool,
}

/// What really happened at one end.
#[derive(Clone, Debug, Default)]
pub struct Truth {
    /// For this side the connection is established.
    pub established: bool,
    pub sent: Option<SentClose>,
    /// The first Close it processed, and when.
    pub received: Option<(SentClose, i64)>,
    /// It failed the connection, and processes nothing any more.
    pub failed: bool,
    /// It ended TCP; `true` if the other side's end had arrived before.
    pub ended: Option<bool>,
    /// It ended TCP before the other side's Close, or its end, had arrived.
    pub left: bool,
    /// From outside, that it ended TCP looks like failing for a fault over which it had passed.
    pub looks_failed: bool,
    /// What it did against the RFC: level and rule.
    pub planted: Vec<(&'static str, &'static str)>,
    /// It sent a Pong of its own accord while a Ping waited: if it never answers that one, it looks like an answer
    /// with other data.
    pub looks_like_other_pong: bool,
}

/// One end of a conversation.
pub struct Endpoint {
    pub side: Side,
    pub truth: Truth,
    plan: VecDeque<Act>,
    ways: Ways,
    upgrade: Upgrade,
    deflate: Option<Deflate>,
    keys: Rng,
    masked_frames: u64,
    pings: u8,
    mid_message: bool,
    /// The peer's Close has reached the host, whatever is made of it.
    has_close: bool,
    peer_ended: bool,
    now: i64,
    /// When the oldest Ping without an answer arrived.
    unanswered: Option<i64>,
    /// A fault of the peer over which it passed.
    passed_over: Option<&'static Fault>,
    both_at: Option<i64>,
    /// A message was open when the Close arrived: it may be finished first.
    excused: bool,
}

impl Endpoint {
    pub fn new(side: Side, plan: Vec<Act>, ways: Ways, upgrade: Upgrade, deflate: bool, seed: u64) -> Self {
        Self {
            side,
            truth: Truth::default(),
            plan: plan.into(),
            ways,
            upgrade,
            deflate: deflate.then(|| Deflate::new(15)),
            keys: Rng::new(seed),
            masked_frames: 0,
            pings: 0,
            mid_message: false,
            has_close: false,
            peer_ended: false,
            now: 0,
            unanswered: None,
            passed_over: None,
            both_at: None,
            excused: false,
        }
    }

    fn has(&self, habit: Habit) -> bool {
        self.ways.fault.is_some_and(|fault| matches!(fault.plant, Plant::Habit(own) if own == habit))
    }

    fn plants(&mut self, level: &'static str, rule: &'static str) {
        if !self.truth.planted.contains(&(level, rule)) {
            self.truth.planted.push((level, rule));
        }
    }

    fn plants_own(&mut self) {
        let Some(fault) = self.ways.fault else { return };
        self.plants(fault.level, fault.rule(self.side));
    }

    fn is_over(&self) -> bool {
        self.truth.failed || self.truth.ended.is_some()
    }

    fn wake_after_thought(&self, wake: Wake) -> Effect {
        Effect::Wake(self.ways.think * MS, wake)
    }

    /// TCP is open: the client asks for the upgrade.
    pub fn connected(&mut self, out: &mut Vec<Effect>) {
        if self.side == Server {
            return;
        }
        let (bytes, sound) = match self.ways.fault.map(|fault| &fault.plant) {
            Some(Plant::Request(change)) => {
                self.plants_own();
                (change(&self.upgrade), false)
            }
            _ => (self.upgrade.request(), true),
        };
        out.push(Effect::Send(bytes, Item::Request { sound }));
    }

    /// Something arrives.
    pub fn take(&mut self, now: i64, item: Item, out: &mut Vec<Effect>) {
        self.now = now;
        self.has_close |= match &item {
            Item::Close(_) => true,
            Item::Faulty(fault) => matches!(fault.plant, Plant::Close(_)),
            _ => false,
        };
        match item {
            Item::Fin => {
                self.peer_ended = true;
                self.pong_was_due();
                self.kept_tcp_open(1_500 * MS);
                self.plan.clear();
                out.push(self.wake_after_thought(Wake::EndTcp));
            }
            Item::Reset => {
                self.peer_ended = true;
                self.truth.ended.get_or_insert(true);
            }
            // One that failed processes nothing (7.1.7).
            _ if self.is_over() => {}
            Item::Request { sound } => self.respond(sound, out),
            Item::Response { switches, sound } => self.open(switches, sound, out),
            Item::Data => {}
            Item::Ping(data) => {
                if self.truth.received.is_none() {
                    self.unanswered.get_or_insert(now);
                    if !self.has(Habit::NoPong) {
                        let behind = self.passed_over.is_some();
                        out.push(self.wake_after_thought(Wake::Pong(data, behind)));
                    }
                }
            }
            Item::Close(close) => self.received_close(close, out),
            Item::Faulty(fault) => self.faulty(fault, out),
        }
    }

    fn respond(&mut self, sound: bool, out: &mut Vec<Effect>) {
        if !sound && self.ways.reaction != Reaction::CarriesOn {
            let refused = Item::Response { switches: false, sound: true };
            out.push(Effect::Send(refusal("400 Bad Request", "no"), refused));
            self.truth.failed = true;
            out.push(self.wake_after_thought(Wake::EndTcp));
            return;
        }
        if !sound {
            self.plants("must", "HS-ACCEPTED");
        }
        let (bytes, sound) = match self.ways.fault.map(|fault| &fault.plant) {
            Some(Plant::Response(change)) => {
                self.plants_own();
                (change(&self.upgrade), false)
            }
            _ => (self.upgrade.response(), true),
        };
        out.push(Effect::Send(bytes, Item::Response { switches: true, sound }));
        self.truth.established = true;
        self.schedule(out);
    }

    fn open(&mut self, switches: bool, sound: bool, out: &mut Vec<Effect>) {
        if switches && sound {
            self.truth.established = true;
            return self.schedule(out);
        }
        if switches && self.ways.reaction == Reaction::CarriesOn {
            // Whoever sends frames takes it for established.
            self.truth.established = true;
            self.plants("must", "HS-NOT-FAILED");
            self.send(Frame::text("on"), Item::Data, out);
            return self.schedule(out);
        }
        self.truth.failed = true;
        out.push(self.wake_after_thought(Wake::EndTcp));
    }

    /// The next act of the plan in its time; what has no pause before it goes with what went before.
    fn schedule(&mut self, out: &mut Vec<Effect>) {
        match self.plan.front().map(|act| act.gap) {
            Some(0) => self.next(out),
            Some(gap) => out.push(Effect::Wake(gap * MS, Wake::Next)),
            None => {}
        }
    }

    fn next(&mut self, out: &mut Vec<Effect>) {
        if self.is_over() || self.truth.sent.is_some() {
            return;
        }
        let Some(act) = self.plan.pop_front() else { return };
        let goes_on = matches!(act.what, What::Fragment(_));
        if self.truth.received.is_none() || goes_on {
            self.act(act.what, out);
        }
        self.schedule(out);
    }

    fn act(&mut self, what: What, out: &mut Vec<Effect>) {
        match what {
            What::Message { text, fragments, gap } => self.message(text, &fragments, gap, out),
            What::Fragment(frame) => {
                self.mid_message = !frame.fin;
                self.send(frame, Item::Data, out);
            }
            What::Ping(length) => {
                self.pings = self.pings.wrapping_add(1);
                let data = vec![self.pings; length];
                self.send(Frame::ping(data.clone()), Item::Ping(data), out);
            }
            // One that answers no Ping, or wrongly, sends none of its own accord either: it might fit.
            What::Pong(_) if self.has(Habit::NoPong) || self.has(Habit::OtherPong) => {}
            What::Pong(length) => {
                self.truth.looks_like_other_pong |= self.unanswered.is_some();
                self.send(Frame::pong(vec![b'p'; length]), Item::Data, out);
            }
            What::Close { code, reason } => {
                let frame = code.map_or_else(Frame::close_empty, |code| Frame::close(code, reason));
                let reason = Some(reason).filter(|reason| code.is_some() && !reason.is_empty());
                self.close(frame, code, reason, out);
            }
            What::Fin => self.end_tcp(out),
            What::Plant => self.plant(out),
        }
    }

    fn message(&mut self, text: bool, fragments: &[usize], gap: i64, out: &mut Vec<Effect>) {
        let length: usize = fragments.iter().sum();
        let mut payload: Vec<u8> = b"wslog ".iter().copied().cycle().take(length).collect();
        let mut rsv = 0;
        if let Some(deflate) = &mut self.deflate {
            payload = deflate.message(&payload);
            rsv = 4;
        }
        let opcode = if text { 1 } else { 2 };
        let mut frames = Vec::new();
        let mut rest = payload.as_slice();
        for (i, length) in fragments.iter().enumerate() {
            let last = i + 1 == fragments.len();
            let (part, behind) = rest.split_at(if last { rest.len() } else { rest.len().min(*length) });
            rest = behind;
            let mut frame = Frame::new(if i == 0 { opcode } else { 0 }, part);
            frame.fin = last;
            frame.rsv = if i == 0 { rsv } else { 0 };
            frames.push(frame);
        }
        for frame in frames.drain(1..).rev() {
            self.plan.push_front(Act { gap, what: What::Fragment(frame) });
        }
        if let Some(first) = frames.pop() {
            self.mid_message = !first.fin;
            self.send(first, Item::Data, out);
        }
    }

    fn plant(&mut self, out: &mut Vec<Effect>) {
        let Some(fault) = self.ways.fault else { return };
        match fault.plant {
            Plant::Frames(frames) => {
                self.plants_own();
                let mut frames = frames(self.side);
                let last = frames.pop();
                for frame in frames {
                    self.send(frame, Item::Data, out);
                }
                if let Some(frame) = last {
                    self.send(frame, Item::Faulty(fault), out);
                }
            }
            Plant::Close(body) => {
                self.plants_own();
                let code = body.first_chunk().map(|code| u16::from_be_bytes(*code));
                self.close(Frame::new(8, body), code, None, out);
            }
            Plant::Habit(Habit::Resets) => {
                self.plants_own();
                self.truth.ended = Some(self.peer_ended);
                self.truth.left = !self.peer_ended && !self.has_close;
                out.push(Effect::Reset);
            }
            Plant::Habit(_) | Plant::Request(_) | Plant::Response(_) => {}
        }
    }

    fn send(&mut self, mut frame: Frame, item: Item, out: &mut Vec<Effect>) {
        if self.side == Client && frame.mask == Mask::ByRole && self.has(Habit::SameKey) {
            frame.mask = Mask::Key(*b"same");
            self.masked_frames += 1;
            if self.masked_frames == 4 {
                self.plants_own();
            }
        }
        let key = self.keys.bytes();
        out.push(Effect::Send(frame.encode((self.side == Client).then_some(key)), item));
    }

    /// It had asked to be woken.
    pub fn wake(&mut self, now: i64, wake: Wake, out: &mut Vec<Effect>) {
        self.now = now;
        if self.truth.ended.is_some() {
            return;
        }
        match wake {
            Wake::Next => self.next(out),
            Wake::Pong(..) if self.truth.failed => {}
            Wake::Pong(mut data, behind) => {
                let other = self.has(Habit::OtherPong);
                if other {
                    match data.last_mut() {
                        Some(last) => *last ^= 0x80,
                        None => data.push(0x80),
                    }
                    self.plants_own();
                }
                if behind && !other && self.truth.sent.is_none() {
                    self.shows_that_it_carried_on();
                }
                self.unanswered = None;
                self.send(Frame::pong(data), Item::Data, out);
            }
            Wake::Answer if self.truth.sent.is_none() => {
                let since = self.truth.received.as_ref().map_or(now, |(_, at)| *at);
                if now - since >= 5_500 * MS && !self.excused {
                    self.plants("should", "CL-REPLY-LATE");
                }
                self.shows_that_it_carried_on();
                let echo = self.truth.received.as_ref().and_then(|(close, _)| close.code);
                let code = self.ways.answers.or(echo);
                let frame = code.map_or_else(Frame::close_empty, |code| Frame::close(code, ""));
                self.close(frame, code, None, out);
            }
            Wake::Fail(code) if self.truth.sent.is_none() => {
                self.close(Frame::close(code, "fault"), Some(code), Some("fault"), out);
            }
            Wake::Answer | Wake::Fail(_) => {}
            Wake::EndTcp => self.end_tcp(out),
        }
    }

    /// What its API reports once TCP is closed: code, reason, wasClean (7.1.4 to 7.1.6).
    pub fn reports(&self) -> (u16, Option<&'static str>, bool) {
        match &self.truth.received {
            Some((close, _)) => (close.code.unwrap_or(1005), close.reason, self.truth.sent.is_some()),
            None => (1006, None, false),
        }
    }
}
