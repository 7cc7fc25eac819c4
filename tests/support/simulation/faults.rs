//! Faults that are planted on purpose, and the rule that each breaks.

use crate::support::conversation::{Client, Server, Side};
use crate::support::frame::{Frame, Mask};
use crate::support::upgrade::{Upgrade, accept_value};
use wslog::model::LengthForm;

/// A fault: what is done, by whom it can be, and what must be found.
#[derive(Debug)]
pub struct Fault {
    pub name: &'static str,
    pub by: Option<Side>,
    /// The rule of a client, and of a server.
    rules: [&'static str; 2],
    pub level: &'static str,
    /// Codes with which the other side may fail the connection; empty where it has nothing to do.
    pub codes: &'static [u16],
    /// The RFC orders the other side to fail the connection; otherwise it only may.
    pub is_ordered: bool,
    /// The other side may leave out the Close (5.1).
    pub is_of_mask: bool,
    pub plant: Plant,
}

/// How a fault comes about.
#[derive(Clone, Copy, Debug)]
pub enum Plant {
    /// Frames, the last of which is at fault.
    Frames(fn(Side) -> Vec<Frame>),
    /// A Close with this body.
    Close(&'static [u8]),
    Request(fn(&Upgrade) -> Vec<u8>),
    Response(fn(&Upgrade) -> Vec<u8>),
    Habit(Habit),
}

/// What a side does, or leaves, all along.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Habit {
    NoPong,
    OtherPong,
    SameKey,
    DataAfterClose,
    SilentToClose,
    EndsInsteadOfAnswer,
    LateAnswer,
    KeepsTcpOpen,
    EndsTcpFirst,
    Resets,
}

impl Fault {
    /// The rule that is broken when `side` does it.
    pub const fn rule(&self, side: Side) -> &'static str {
        match side {
            Client => self.rules[0],
            Server => self.rules[1],
        }
    }

    const fn new(name: &'static str, rule: &'static str, plant: Plant) -> Self {
        Self {
            name,
            by: None,
            rules: [rule; 2],
            level: "must",
            codes: &[],
            is_ordered: false,
            is_of_mask: false,
            plant,
        }
    }

    const fn by(mut self, side: Side) -> Self {
        self.by = Some(side);
        self
    }

    const fn should(mut self) -> Self {
        self.level = "should";
        self
    }
}

/// The other side must fail the connection.
const fn fail(
    name: &'static str,
    rule: &'static str,
    codes: &'static [u16],
    frames: fn(Side) -> Vec<Frame>,
) -> Fault {
    Fault { codes, is_ordered: true, ..Fault::new(name, rule, Plant::Frames(frames)) }
}

/// The other side may fail the connection.
const fn may(name: &'static str, rule: &'static str, frames: fn(Side) -> Vec<Frame>) -> Fault {
    Fault { codes: &[1002], ..Fault::new(name, rule, Plant::Frames(frames)) }
}

const fn mask(name: &'static str, frames: fn(Side) -> Vec<Frame>) -> Fault {
    Fault { rules: ["FR-MASK-C", "FR-MASK-S"], is_of_mask: true, ..fail(name, "", &[1002], frames) }
}

const fn close(name: &'static str, rule: &'static str, body: &'static [u8]) -> Fault {
    Fault { codes: &[1002], ..Fault::new(name, rule, Plant::Close(body)) }
}

const fn habit(name: &'static str, rule: &'static str, habit: Habit) -> Fault {
    Fault::new(name, rule, Plant::Habit(habit))
}

const fn request(name: &'static str, rule: &'static str, change: fn(&Upgrade) -> Vec<u8>) -> Fault {
    Fault::new(name, rule, Plant::Request(change)).by(Client)
}

const fn response(name: &'static str, rule: &'static str, change: fn(&Upgrade) -> Vec<u8>) -> Fault {
    Fault::new(name, rule, Plant::Response(change)).by(Server)
}

/// The mask that `side` must not use.
fn wrong_mask(side: Side) -> Mask {
    if side == Client { Mask::Never } else { Mask::Key(*b"mask") }
}

/// A head with one piece of it replaced.
fn replaced(head: Vec<u8>, from: &str, to: &str) -> Vec<u8> {
    let head = String::from_utf8(head).expect("a head is ASCII");
    assert!(head.contains(from), "{from:?} stands in {head:?}");
    head.replacen(from, to, 1).into_bytes()
}

pub const FAULTS: &[Fault] = &[
    mask("text with the wrong mask", |side| vec![Frame::text("x").mask(wrong_mask(side))]),
    mask("Ping with the wrong mask", |side| vec![Frame::ping("x").mask(wrong_mask(side))]),
    fail("RSV2", "FR-RSV", &[1002], |_| vec![Frame::text("x").rsv(2)]),
    fail("RSV3 on a Ping", "FR-RSV", &[1002], |_| vec![Frame::ping("x").rsv(1)]),
    fail("reserved data opcode", "FR-OPCODE", &[1002], |_| vec![Frame::new(3, "x")]),
    fail("reserved control opcode", "FR-OPCODE", &[1002], |_| vec![Frame::new(11, "")]),
    fail("text that is not UTF-8", "FR-TEXT-UTF8", &[1007], |_| vec![Frame::text([0x61, 0xff])]),
    fail("UTF-8 cut off by the end of the message", "FR-TEXT-UTF8", &[1007], |_| {
        vec![Frame::text([0xc3]).not_final(), Frame::continuation("")]
    }),
    may("length in 16 bits", "FR-LEN-MIN", |_| vec![Frame::text("x").length_form(LengthForm::Sixteen)]),
    may("length in 64 bits", "FR-LEN-MIN", |_| vec![Frame::text("x").length_form(LengthForm::SixtyFour)]),
    may("long Ping", "FR-CTL-LEN", |_| vec![Frame::ping(vec![7; 126])]),
    may("fragmented Ping", "FR-CTL-FRAG", |_| vec![Frame::ping("x").not_final()]),
    may("continuation of nothing", "FR-CONT-ORPHAN", |_| vec![Frame::continuation("x")]),
    may("message inside a message", "FR-INTERLEAVE", |_| {
        vec![Frame::text("a").not_final(), Frame::binary("b")]
    }),
    close("Close of one byte", "CL-LEN1", &[3]),
    close("code 999", "CL-CODE-RANGE", &[0x03, 0xe7]),
    close("code 5000", "CL-CODE-RANGE", &[0x13, 0x88]),
    close("code 1016", "CL-CODE-RANGE", &[0x03, 0xf8]),
    close("code 1005", "CL-CODE-RESERVED", &[0x03, 0xed]),
    close("code 1006", "CL-CODE-RESERVED", &[0x03, 0xee]),
    Fault {
        codes: &[1007],
        is_ordered: true,
        ..close("reason that is not UTF-8", "CL-REASON-UTF8", &[0x03, 0xe8, 0xff])
    },
    habit("no Pong", "FR-PING-PONG", Habit::NoPong),
    habit("Pong with other data", "FR-PONG-DATA", Habit::OtherPong),
    habit("the same masking key", "FR-MASK-KEY", Habit::SameKey).by(Client),
    habit("data behind the own Close", "CL-DATA-AFTER", Habit::DataAfterClose),
    habit("no answer to a Close", "CL-REPLY", Habit::SilentToClose),
    habit("end of TCP instead of an answer", "CL-REPLY", Habit::EndsInsteadOfAnswer),
    habit("late answer to a Close", "CL-REPLY-LATE", Habit::LateAnswer).should(),
    habit("TCP kept open", "CL-SERVER-IMMEDIATE", Habit::KeepsTcpOpen).by(Server),
    habit("client ends TCP first", "CL-TCP-SERVER-FIRST", Habit::EndsTcpFirst).by(Client).should(),
    habit("reset", "CL-RST", Habit::Resets).should(),
    request("request without key", "HS-KEY", |upgrade| {
        replaced(upgrade.request(), "Sec-WebSocket-Key", "X-Key")
    }),
    request("request of version 14 bits", "HS-VERSION", |upgrade| {
        replaced(upgrade.request(), "Sec-WebSocket-Version: 13\r\n", "")
    }),
    request("request without Upgrade", "HS-CONNECTION-REQ", |upgrade| {
        replaced(upgrade.request(), "Connection: Upgrade", "Connection: keep-alive")
    }),
    response("wrong accept", "HS-ACCEPT", |upgrade| {
        Upgrade { accept: accept_value("another key"), ..upgrade.clone() }.response()
    }),
    response("response without Upgrade", "HS-UPGRADE-RESP", |upgrade| {
        replaced(upgrade.response(), "Upgrade: websocket\r\n", "")
    }),
    response("response without Connection", "HS-CONNECTION-RESP", |upgrade| {
        replaced(upgrade.response(), "Connection: Upgrade\r\n", "")
    }),
    response("subprotocol nobody asked for", "HS-PROTO-UNREQ", |upgrade| {
        upgrade.clone().answer("Sec-WebSocket-Protocol", "chat").response()
    }),
    response("extension nobody asked for", "HS-EXT-UNREQ", |upgrade| {
        upgrade.clone().answer("Sec-WebSocket-Extensions", "bbf-usp-protocol").response()
    }),
];
