//! What the program and its library do at each end: they read, answer, wait, give up, or do nothing any more.

use std::collections::VecDeque;

use super::host::Socket;
use super::{MS, World};
use crate::support::conversation::{Client, Server, Side};
use crate::support::frame::Frame;
use crate::support::upgrade::{Upgrade, refusal};

/// What bytes of a stream mean to their reader, who needs no parser.
#[derive(Clone, Debug)]
pub enum Item {
    Request,
    Switches,
    Refusal,
    Data(usize),
    Ping(Vec<u8>),
    Pong(Vec<u8>),
    Close(Option<u16>),
    /// It breaks a clause, or is no frame at all.
    Bad,
}

/// Why a program wakes up.
#[derive(Clone, Debug)]
pub enum Wake {
    Pong(Vec<u8>),
    Answer(Option<u16>),
    /// The other side's stream is over.
    Ended,
    /// It has waited for the answer to its Close, or for the end of TCP, as long as it does.
    CloseWaited,
    /// The Ping of that number should have been answered.
    PongWaited(u8),
    Ping,
    /// A client that waited for the answer to its request.
    HandshakeWaited,
    Echo,
    EndsTcp,
}

/// How a side ends what it gives up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Leaves {
    Close(Option<u16>, &'static str),
    Fin,
    Rst,
    /// It does nothing about it.
    Stays,
}

/// What a server makes of the request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Welcome {
    Switches,
    Refuses(&'static str),
    Hangs,
    Drops,
}

/// A program, its library and their options.
#[derive(Clone, Debug)]
pub struct Program {
    pub upgrade: Upgrade,
    pub welcome: Welcome,
    /// Cut its request off there.
    pub request_cut: Option<usize>,
    /// From reading something to acting on it.
    pub think: i64,
    /// How long it waits for the answer to its Close, and how it leaves then.
    pub close_wait: i64,
    pub close_gives_up: Leaves,
    /// Pings every so often, waits so long for the Pong, and then?
    pub keepalive: Option<(i64, i64, Leaves)>,
    pub reaction: Leaves,
    /// Messages longer than that it does not take.
    pub limit: Option<(usize, Leaves)>,
    /// How long a client waits for the answer to its request.
    pub patience: Option<(i64, Leaves)>,
    pub echoes: bool,
    /// Its process is scheduled.
    pub runs: bool,
    /// It takes what its host has received.
    pub reads: bool,
    pub incoming: VecDeque<(i64, Item)>,
    /// When it sent its Close, and whether it had read the other side's.
    pub close: Option<(i64, Option<u16>, bool)>,
    pub got_close: Option<i64>,
    /// When it, or its process, ended TCP of its own accord, before the other side's end was read.
    pub left: Option<i64>,
    pub gave_up: Option<i64>,
    pub established: bool,
    pub lost: Option<i64>,
    /// It reacted to the other side's fault or size.
    pub reacted: Option<i64>,
    pings: u8,
    waiting: Option<u8>,
    keys: u32,
}

impl Program {
    pub fn new(upgrade: Upgrade) -> Self {
        Self {
            upgrade,
            welcome: Welcome::Switches,
            request_cut: None,
            think: MS,
            close_wait: 10_000 * MS,
            close_gives_up: Leaves::Fin,
            keepalive: None,
            reaction: Leaves::Close(Some(1002), ""),
            limit: None,
            patience: None,
            echoes: false,
            runs: true,
            reads: true,
            incoming: VecDeque::new(),
            close: None,
            got_close: None,
            left: None,
            gave_up: None,
            established: false,
            lost: None,
            reacted: None,
            pings: 0,
            waiting: None,
            keys: 0,
        }
    }

    pub fn is_reset(&mut self, now: i64) {
        self.lost.get_or_insert(now);
    }
}

impl World {
    /// A frame of that side, masked as it should be.
    pub fn encode(&mut self, side: Side, frame: &Frame) -> Vec<u8> {
        let program = self.program(side);
        program.keys = program.keys.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        let key = program.keys.to_be_bytes();
        frame.encode((side == Client).then_some(key))
    }

    pub fn frame(&mut self, side: Side, frame: &Frame, item: Item) {
        let program = self.program(side);
        if !program.runs || !program.established || program.close.is_some() {
            return;
        }
        let bytes = self.encode(side, frame);
        self.write(side, &bytes, item);
    }

    pub fn connected(&mut self) {
        let program = self.program(Client);
        let mut request = program.upgrade.request();
        let (cut, patience) = (program.request_cut, program.patience);
        if let Some(cut) = cut {
            request.truncate(cut);
        }
        self.write(Client, &request, if cut.is_some() { Item::Data(0) } else { Item::Request });
        if let Some((patience, _)) = patience {
            self.wakes(Client, patience, Wake::HandshakeWaited);
        }
    }

    /// Takes what the host has received, if it reads at all.
    pub fn reads(&mut self, side: Side) {
        loop {
            let (received, open) = (self.host(side).received, self.host(side).socket == Socket::Open);
            let program = self.program(side);
            if !program.runs || !program.reads || !open {
                return;
            }
            let front = program.incoming.front().filter(|(end, _)| *end <= received);
            let Some((end, item)) = front.cloned() else {
                self.host(side).read = received;
                return;
            };
            program.incoming.pop_front();
            self.host(side).read = end;
            self.takes(side, item);
        }
    }

    fn takes(&mut self, side: Side, item: Item) {
        let now = self.now;
        let program = self.program(side);
        let think = program.think;
        match item {
            Item::Request => match program.welcome {
                Welcome::Switches => {
                    program.established = true;
                    let response = program.upgrade.response();
                    self.write(Server, &response, Item::Switches);
                    self.begins(Server);
                }
                Welcome::Refuses(status) => {
                    self.write(Server, &refusal(status, "no"), Item::Refusal);
                    self.wakes(Server, MS, Wake::EndsTcp);
                }
                Welcome::Hangs => {}
                Welcome::Drops => self.closes(Server),
            },
            Item::Switches => {
                program.established = true;
                self.begins(Client);
            }
            Item::Refusal => self.wakes(Client, MS, Wake::EndsTcp),
            Item::Data(len) => {
                if let Some((limit, leaves)) = program.limit
                    && len > limit
                    && program.close.is_none()
                {
                    program.reacted.get_or_insert(now);
                    self.leaves(side, leaves);
                } else if program.echoes && len > 4 && program.close.is_none() {
                    self.wakes(side, think, Wake::Echo);
                }
            }
            Item::Ping(data) => self.wakes(side, think, Wake::Pong(data)),
            Item::Pong(_) => program.waiting = None,
            Item::Close(code) => {
                program.got_close.get_or_insert(now);
                if program.close.is_none() {
                    self.wakes(side, think, Wake::Answer(code));
                } else if side == Server {
                    self.wakes(side, think, Wake::EndsTcp);
                } else {
                    self.wakes(side, 5_000 * MS, Wake::CloseWaited);
                }
            }
            Item::Bad => {
                let reaction = program.reaction;
                if program.close.is_none() && reaction != Leaves::Stays {
                    program.reacted.get_or_insert(now);
                    self.leaves(side, reaction);
                }
            }
        }
    }

    fn begins(&mut self, side: Side) {
        if let Some((every, ..)) = self.program(side).keepalive {
            self.wakes(side, every, Wake::Ping);
        }
    }

    pub fn wake(&mut self, side: Side, wake: Wake) {
        let open = self.host(side).socket == Socket::Open;
        let now = self.now;
        let program = self.program(side);
        if !open || !program.runs {
            return;
        }
        match wake {
            Wake::Pong(data) => self.frame(side, &Frame::pong(data.clone()), Item::Pong(data)),
            Wake::Echo => self.frame(side, &Frame::text("echo"), Item::Data(4)),
            Wake::Answer(code) => {
                let code = code.filter(|_| program.close.is_none());
                if program.close.is_none() {
                    self.sends_close(side, code, "");
                }
                if side == Server {
                    self.closes(side);
                } else {
                    self.wakes(side, 5_000 * MS, Wake::CloseWaited);
                }
            }
            Wake::Ended => {
                let reads = program.reads;
                if reads {
                    self.closes(side);
                }
            }
            Wake::CloseWaited => {
                let leaves = program.close_gives_up;
                program.left.get_or_insert(now);
                if leaves == Leaves::Rst { self.resets(side) } else { self.closes(side) }
            }
            Wake::EndsTcp => self.closes(side),
            Wake::HandshakeWaited => {
                if !program.established {
                    program.gave_up.get_or_insert(now);
                    let leaves = program.patience.map_or(Leaves::Fin, |patience| patience.1);
                    self.leaves(side, leaves);
                }
            }
            Wake::Ping => {
                let Some((every, wait, _)) = program.keepalive else { return };
                if program.close.is_some() || program.waiting.is_some() {
                    return self.wakes(side, every, Wake::Ping);
                }
                program.pings = program.pings.wrapping_add(1);
                let number = program.pings;
                program.waiting = Some(number);
                self.frame(side, &Frame::ping([number]), Item::Ping(vec![number]));
                self.wakes(side, wait, Wake::PongWaited(number));
                self.wakes(side, every, Wake::Ping);
            }
            Wake::PongWaited(number) => {
                let Some((_, _, leaves)) = program.keepalive else { return };
                if program.waiting == Some(number) && program.close.is_none() {
                    program.gave_up.get_or_insert(now);
                    self.leaves(side, leaves);
                }
            }
        }
    }

    pub fn leaves(&mut self, side: Side, leaves: Leaves) {
        match leaves {
            Leaves::Close(code, reason) => self.closes_with(side, code, reason),
            Leaves::Fin => self.goes(side, false),
            Leaves::Rst => self.goes(side, true),
            Leaves::Stays => {}
        }
    }

    /// Ends TCP without more ado.
    pub fn goes(&mut self, side: Side, rst: bool) {
        let now = self.now;
        self.program(side).left.get_or_insert(now);
        if rst { self.resets(side) } else { self.closes(side) }
    }

    pub fn sends_close(&mut self, side: Side, code: Option<u16>, reason: &str) {
        let now = self.now;
        let program = self.program(side);
        if program.close.is_some() {
            return;
        }
        let frame = code.map_or_else(Frame::close_empty, |code| Frame::close(code, reason));
        let knew = program.got_close.is_some();
        self.frame(side, &frame, Item::Close(code));
        self.program(side).close = Some((now, code, knew));
    }

    /// Starts the closing handshake, and waits for the answer.
    pub fn closes_with(&mut self, side: Side, code: Option<u16>, reason: &str) {
        let wait = self.program(side).close_wait;
        self.sends_close(side, code, reason);
        self.wakes(side, wait, Wake::CloseWaited);
    }
}
