//! A run of the Autobahn Testsuite as a capture shows it: a tester that sends what the table of cases says, and a testee that does
//! what the case wants to see, or what a script says.

use wslog::autobahn::cases::{Case, ExpectedEvent};
use wslog::model::case::{CaseFrame, CasePayload, CaseStep};

use super::conversation::{Client, Server, Side, Talk, TestPacket};
use super::frame::Frame;
use super::script;
use super::upgrade::Upgrade;

/// A second and a bit: the timers of the tester.
const SECOND_MS: i64 = 1_000;

/// A run.
#[derive(Clone, Copy, Debug)]
pub struct SuiteRun {
    /// The side that is the tester.
    pub tester: Side,
    /// What it calls itself.
    pub product: Option<&'static str>,
}

impl SuiteRun {
    /// A fuzzing server of the newest suite.
    pub const SERVER: Self = Self { tester: Server, product: Some("AutobahnTestSuite/25.10.1-0.10.9") };
    /// A fuzzing client of it.
    pub const CLIENT: Self = Self { tester: Client, product: Some("AutobahnTestSuite/25.10.1-0.10.9") };

    /// Its connection number `n`, a minute after the one before, as far as the opening.
    pub fn open(&self, n: u16, target: &str) -> Talk {
        self.open_with(n, target, |upgrade| upgrade)
    }

    /// The same with other heads.
    pub fn open_with(&self, n: u16, target: &str, edit: impl FnOnce(Upgrade) -> Upgrade) -> Talk {
        let client = format!("192.0.2.10:{}", 10_000 + n);
        let isn = 1_000_000 + u32::from(n) * 1_000;
        let mut talk = Talk::new(&client, "192.0.2.20:9001").starting_after(i64::from(n) * 60);
        talk = talk.with_isns(isn, isn + 7);
        let mut upgrade = talk.upgrade();
        target.clone_into(&mut upgrade.target);
        if let Some(product) = self.product {
            upgrade = match self.tester {
                Server => upgrade.answer("Server", product),
                Client => upgrade.ask("User-Agent", product),
            };
        }
        talk.open_with(&edit(upgrade));
        talk
    }

    /// A question of the testee, and the answer.
    pub fn asked(&self, n: u16, target: &str, answer: &str) -> Vec<TestPacket> {
        let mut talk = self.open(n, target);
        talk.send(Server, Frame::text(answer)).send(Server, Frame::close(1000, ""));
        talk.send(Client, Frame::close(1000, "")).end_tcp(Server).packets()
    }

    /// A case, from the opening to the end, with a testee that passes it.
    pub fn passed(&self, n: u16, target: &str, case: &Case) -> Vec<TestPacket> {
        let mut talk = self.open(n, target);
        self.pass(&mut talk, case);
        talk.packets()
    }

    /// A connection on which both do as a script says.
    pub fn scripted(&self, n: u16, target: &str, script: &str) -> Vec<TestPacket> {
        let mut talk = self.open(n, target);
        script::acts(&mut talk, script);
        talk.packets()
    }

    fn pass(&self, talk: &mut Talk, case: &Case) {
        let (tester, testee) = (self.tester, self.tester.peer());
        let has_closed = self.send(talk, case);
        for event in wanted(case) {
            talk.send(testee, event);
        }
        let code = case.close.codes.first().copied().expect("a code");
        if !case.close.closed_by_me {
            talk.send(testee, Frame::close(code, "")).send(tester, Frame::close(1000, ""));
        } else {
            if !has_closed {
                talk.pause(SECOND_MS).send(tester, Frame::close(1000, ""));
            }
            talk.send(testee, Frame::close(code, ""));
        }
        talk.end_tcp(Server);
    }

    /// The frames of the case, up to where a sound testee fails the connection; whether a Close is among them.
    fn send(&self, talk: &mut Talk, case: &Case) -> bool {
        let (mut waits, mut has_closed) = (0, false);
        for step in &case.sends {
            match step {
                CaseStep::Frame(frame) => {
                    has_closed |= frame.opcode.bits() == 8;
                    self.frames(talk, frame);
                }
                // What is wrong came before the second pause of those that have two.
                _ => {
                    waits += 1;
                    if waits > 1 {
                        break;
                    }
                    talk.pause(SECOND_MS);
                }
            }
        }
        has_closed
    }

    fn frames(&self, talk: &mut Talk, frame: &CaseFrame) {
        let payload = bytes(&frame.payload);
        let size = frame.fragment_size.unwrap_or(payload.len().max(1) as u64) as usize;
        let mut parts: Vec<&[u8]> = payload.chunks(size.max(1)).collect();
        if parts.is_empty() {
            parts.push(&[]);
        }
        let last = parts.len() - 1;
        for (at, part) in parts.into_iter().enumerate() {
            let opcode = if at == 0 { frame.opcode.bits() } else { 0 };
            let mut sent = Frame::new(opcode, part).rsv(frame.rsv.0);
            sent.fin = frame.fin && at == last;
            let encoded = talk.encode(self.tester, &sent);
            for piece in encoded.chunks(frame.chop_size.unwrap_or(u64::MAX) as usize) {
                talk.bytes(self.tester, piece);
            }
        }
    }
}

fn bytes(payload: &CasePayload) -> Vec<u8> {
    payload.bytes().expect("a payload that is known").collect()
}

/// What the case wants the testee to send first of all.
fn wanted(case: &Case) -> Vec<Frame> {
    let entries = case.expects.as_deref().unwrap_or_default();
    let frame = |event: &ExpectedEvent| match event {
        ExpectedEvent::Message(payload, true) => Some(Frame::binary(bytes(payload))),
        ExpectedEvent::Message(payload, false) => Some(Frame::text(bytes(payload))),
        ExpectedEvent::Ping(payload) => Some(Frame::ping(bytes(payload))),
        ExpectedEvent::Pong(payload) => Some(Frame::pong(bytes(payload))),
        ExpectedEvent::Timeout(_) => None,
    };
    entries.first().map(|(_, events)| events.iter().filter_map(frame).collect()).unwrap_or_default()
}
