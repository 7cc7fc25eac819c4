//! What is made to happen, and why the connection then ended: the truth, as the world itself has it.

use super::host::Socket;
use super::program::{Item, Leaves, Program, Welcome};
use super::{Idle, MS, Middle, Net, Packet, World};
use crate::support::conversation::{Client, Server, Side};
use crate::support::frame::Frame;
use crate::support::rng::Rng;
use crate::support::simulation::faults::{FAULTS, Plant};
use crate::support::upgrade::Upgrade;

/// Something done at a time.
#[derive(Clone, Debug)]
pub struct Act {
    pub at: i64,
    pub by: Side,
    pub what: What,
}

/// What can be done.
#[derive(Clone, Debug)]
pub enum What {
    Message(usize),
    Ping,
    Close(Option<u16>, &'static str),
    /// And ends TCP right behind it: by RST, or by FIN.
    CloseAndLeave(Option<u16>, bool),
    /// The program or its process is gone; its host ends TCP.
    Dies,
    /// In the middle of writing a frame.
    DiesWriting,
    Resets,
    ShutsDown,
    Stops,
    StopsReading,
    Fault(usize),
    /// HTTP where a frame should be; with an end of TCP behind it.
    Http(bool),
    HostOff,
    /// The host was started anew: it knows nothing.
    HostAnew,
    Middle(Middle),
    BoxResets,
}

/// What is made to happen.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    Close,
    Crossing,
    CloseCut,
    CloseToStopped,
    CloseToBusy,
    PingToStopped,
    WindowShut,
    Dies,
    DiesUnread,
    DiesWriting,
    Resets,
    ShutsDown,
    HostOff,
    HostAnew,
    Swallowed,
    ForgottenByBox,
    BoxResets,
    BoxIdle,
    Fault,
    FaultIgnored,
    Unfounded,
    Limit,
    Refused,
    Unanswered,
    RequestCut,
    Http,
    Queued,
    CutRecording,
}

pub const KINDS: &[Kind] = &[
    Kind::Close,
    Kind::Crossing,
    Kind::CloseCut,
    Kind::CloseToStopped,
    Kind::CloseToBusy,
    Kind::PingToStopped,
    Kind::WindowShut,
    Kind::Dies,
    Kind::DiesUnread,
    Kind::DiesWriting,
    Kind::Resets,
    Kind::ShutsDown,
    Kind::HostOff,
    Kind::HostAnew,
    Kind::Swallowed,
    Kind::ForgottenByBox,
    Kind::BoxResets,
    Kind::BoxIdle,
    Kind::Fault,
    Kind::FaultIgnored,
    Kind::Unfounded,
    Kind::Limit,
    Kind::Refused,
    Kind::Unanswered,
    Kind::RequestCut,
    Kind::Http,
    Kind::Queued,
    Kind::CutRecording,
];

/// A cause by name, and whose it is.
pub type Reason = (&'static str, Option<&'static str>);

/// A connection that is over.
pub struct Told {
    pub kind: Kind,
    /// What happened, for the message of a failed test.
    pub script: Vec<Act>,
    /// At the client, in the middle, at the server.
    pub recordings: [Vec<(i64, Packet)>; 3],
    /// Every reason that is true, as far as anybody outside could say.
    pub truth: Vec<Reason>,
    /// Nothing was lost on the way, nor by the capture.
    pub is_whole: bool,
}

const fn name(side: Side) -> Option<&'static str> {
    match side {
        Client => Some("client"),
        Server => Some("server"),
    }
}

/// What a Close of this code says of itself.
const fn named(code: Option<u16>) -> &'static str {
    match code {
        Some(1001 | 1012) => "going_away",
        Some(1008) => "policy",
        Some(1011) => "internal_error",
        Some(1013) => "try_later",
        _ => "application_close",
    }
}

const CODES: &[Option<u16>] =
    &[Some(1000), Some(1000), Some(1001), Some(1008), Some(1011), Some(1012), Some(1013), Some(4000), None];

/// Faults that are one frame each.
fn fault_frames(n: usize, side: Side) -> Vec<Frame> {
    let frames = FAULTS.iter().filter(|fault| fault.is_ordered).filter_map(|fault| match fault.plant {
        Plant::Frames(frames) => Some(frames),
        _ => None,
    });
    let all: Vec<_> = frames.collect();
    all[n % all.len()](side)
}

/// The code with which that fault is answered.
fn fault_code(n: usize) -> u16 {
    let codes = FAULTS.iter().filter(|fault| fault.is_ordered && matches!(fault.plant, Plant::Frames(_)));
    let all: Vec<_> = codes.map(|fault| fault.codes[0]).collect();
    all[n % all.len()]
}

struct Plan {
    rng: Rng,
    script: Vec<Act>,
    programs: [Program; 2],
    net: Net,
}

impl Plan {
    fn act(&mut self, at: i64, by: Side, what: What) {
        self.script.push(Act { at: at * MS, by, what });
    }

    fn of(&mut self, side: Side) -> &mut Program {
        &mut self.programs[usize::from(side == Server)]
    }

    fn side(&mut self) -> Side {
        if self.rng.percent(50) { Client } else { Server }
    }

    fn one<T: Copy>(&mut self, of: &[T]) -> T {
        of[self.rng.below(of.len())]
    }

    fn between(&mut self, low: usize, high: usize) -> i64 {
        self.rng.between(low, high) as i64
    }

    /// What goes on before, till that time: messages, Pings.
    fn chatter(&mut self, until: i64) {
        let mut at = 400;
        let slow = if self.rng.percent(20) { 4_000 } else { 600 };
        while at < until {
            let by = self.side();
            let len = self.one(&[1, 5, 40, 130, 1500]);
            let what = if self.rng.percent(15) { What::Ping } else { What::Message(len) };
            self.act(at, by, what);
            at += self.between(20, slow);
        }
    }
}

/// Tells story number `seed` of that kind.
pub fn tell(kind: Kind, seed: u64) -> Told {
    let mut rng = Rng::new(seed ^ (kind as u64) << 40);
    let upgrade = Upgrade::new("192.0.2.20:8080".to_owned(), rng.bytes());
    let program = Program::new(upgrade);
    let loss = rng.pick(&[(0, 60), (20, 25), (60, 15)]);
    let lost = rng.pick(&[(0, 80), (25, 20)]);
    let net = Net {
        delay: [rng.between(50, 40_000) as i64, rng.between(50, 40_000) as i64],
        hops: [rng.between(0, 6) as u8, rng.between(1, 9) as u8],
        loss,
        jitter: rng.pick(&[(0, 85), (8_000, 15)]),
        box_ttl: rng.pick(&[(64, 40), (128, 30), (255, 30)]),
        idle: None,
    };
    let whole_net = net.clone();
    let mut plan = Plan { rng, script: Vec::new(), programs: [program.clone(), program], net };
    for side in [Client, Server] {
        let think = plan.between(0, 20) * MS;
        let wait = plan.one(&[2_000, 5_000, 10_000]) * MS;
        let gives_up = plan.one(&[Leaves::Fin, Leaves::Rst]);
        let echoes = plan.rng.percent(40);
        let program = plan.of(side);
        (program.think, program.close_wait, program.close_gives_up, program.echoes) =
            (think, wait, gives_up, echoes);
    }
    let x = plan.side();
    let y = x.peer();
    let t = plan.between(500, 6_000);
    plan.chatter(t);
    let code = plan.one(CODES);
    let mut cut = None;
    let mut truth: Vec<Reason> = Vec::new();
    let leaving = plan.one(&[Leaves::Close(Some(1011), "keepalive ping timeout"), Leaves::Fin, Leaves::Rst]);
    match kind {
        Kind::Close => {
            plan.act(t, x, What::Close(code, "bye"));
            truth.push((named(code), name(x)));
        }
        Kind::Crossing => {
            let gap = plan.between(0, 60);
            let other = plan.one(CODES);
            plan.act(t, x, What::Close(code, ""));
            plan.act(t + gap, y, What::Close(other, ""));
        }
        Kind::CloseCut => {
            let rst = plan.rng.percent(40);
            plan.act(t, x, What::CloseAndLeave(code, rst));
            truth.extend([("close_cut_short", name(x)), (named(code), name(x))]);
        }
        Kind::CloseToStopped => {
            plan.act(t - 100, y, What::Stops);
            plan.act(t, x, What::Close(Some(1000), ""));
            truth.push(("close_unanswered", name(y)));
        }
        Kind::CloseToBusy => {
            plan.of(y).think = 30_000 * MS;
            plan.act(t, x, What::Close(Some(1000), ""));
            truth.push(("close_unanswered", name(y)));
        }
        Kind::PingToStopped => {
            let (every, wait) = (plan.between(500, 3_000) * MS, plan.between(1_000, 9_000) * MS);
            plan.of(x).keepalive = Some((every, wait, leaving));
            plan.act(t, y, What::Stops);
            truth.push(("keepalive_timeout", name(y)));
        }
        Kind::WindowShut => {
            plan.act(t, y, What::StopsReading);
            for n in 0..12 {
                plan.act(t + 50 + 40 * n, x, What::Message(4_000));
            }
            let after = plan.between(4_000, 40_000);
            plan.act(t + after, x, What::Resets);
            truth.push(("receive_window_closed", name(y)));
        }
        Kind::Dies => {
            plan.act(t, x, What::Dies);
            truth.push(("abrupt_end", name(x)));
        }
        Kind::DiesUnread => {
            plan.act(t - 200, x, What::Stops);
            plan.act(t - 190, y, What::Message(20));
            plan.act(t, x, What::Dies);
            truth.push(("abrupt_end", name(x)));
        }
        Kind::DiesWriting => {
            plan.act(t, x, What::DiesWriting);
            truth.push(("abrupt_end", name(x)));
        }
        Kind::Resets => {
            plan.act(t, x, What::Resets);
            truth.push(("abrupt_end", name(x)));
        }
        Kind::ShutsDown => {
            plan.act(t, x, What::ShutsDown);
            plan.act(t + 5, y, What::Message(5));
            truth.push(("abrupt_end", name(x)));
        }
        Kind::HostOff => {
            plan.act(t, x, What::HostOff);
            for n in 0..4 {
                plan.act(t + 500 + 700 * n, y, What::Message(30));
            }
            truth.push(("peer_unreachable", None));
        }
        Kind::HostAnew => {
            let after = plan.between(2_000, 20_000);
            plan.act(t, x, What::HostOff);
            plan.act(t + 1_900, x, What::HostAnew);
            plan.act(t + after, y, What::Message(30));
            truth.push(("no_such_connection", name(x)));
        }
        Kind::Swallowed => {
            let after = plan.between(100, 20_000);
            plan.act(t, x, What::Middle(Middle::Swallows));
            plan.act(t + after, x, What::Message(30));
            if plan.rng.percent(50) {
                plan.act(t + after + 50, y, What::Message(30));
            }
            truth.push(("peer_unreachable", None));
        }
        Kind::ForgottenByBox => {
            let after = plan.between(200, 20_000);
            plan.act(t, x, What::Middle(Middle::Forgot));
            plan.act(t + after, y, What::Message(30));
            // "The host, or a NAT before it", of whoever data was sent to first.
            let forgotten = [("no_such_connection", name(x)), ("no_such_connection", name(y))];
            truth.extend(forgotten);
            truth.push(("reset_between", Some("between")));
        }
        Kind::BoxResets => {
            plan.act(t, x, What::BoxResets);
            truth.push(("reset_between", Some("between")));
        }
        Kind::BoxIdle => {
            let seconds = plan.one(&[5, 10, 30, 60, 350]);
            let how = plan.one(&[Idle::Fin, Idle::Rst, Idle::Forgets, Idle::Swallows]);
            plan.net.idle = Some((seconds * 1_000 * MS, how));
            if matches!(how, Idle::Forgets | Idle::Swallows) {
                plan.act(t + seconds * 1_000 + 3_000, x, What::Message(30));
            }
            match how {
                Idle::Fin | Idle::Rst => {
                    truth.extend([
                        ("idle_timeout", name(x)),
                        ("idle_timeout", name(y)),
                        ("reset_between", Some("between")),
                    ]);
                    // "Or something in its name."
                    truth.extend(["both", "client", "server"].map(|by| ("abrupt_end", Some(by))));
                }
                Idle::Forgets => truth.extend([
                    ("idle_timeout", name(y)),
                    ("no_such_connection", name(y)),
                    ("reset_between", Some("between")),
                ]),
                Idle::Swallows => truth.push(("peer_unreachable", None)),
            }
        }
        Kind::Fault | Kind::FaultIgnored => {
            let which = plan.rng.below(1_000);
            let code = fault_code(which);
            let reacts = plan.one(&[
                Leaves::Close(Some(code), ""),
                Leaves::Close(Some(code), "x"),
                Leaves::Fin,
                Leaves::Rst,
            ]);
            plan.of(y).reaction = if kind == Kind::Fault { reacts } else { Leaves::Stays };
            plan.act(t, x, What::Fault(which));
            if kind == Kind::FaultIgnored {
                let closer = plan.side();
                let (ping, close) = (plan.between(300, 900), plan.between(3_000, 9_000));
                plan.act(t + ping, x, What::Ping);
                plan.act(t + close, closer, What::Close(Some(1000), ""));
                truth.push(("application_close", name(closer)));
            } else {
                truth.push(("protocol_fault", name(x)));
                plan.act(t + 2, x, What::Message(6));
            }
        }
        Kind::Unfounded => {
            let (code, reason) = plan.one(&[(1002, ""), (1007, "invalid UTF-8"), (1002, "bad opcode 13")]);
            plan.act(t, x, What::Close(Some(code), reason));
            truth.push(("unfounded_failure", name(x)));
        }
        Kind::Limit => {
            let leaves = plan.one(&[
                Leaves::Close(Some(1009), ""),
                Leaves::Close(Some(1009), "message too big"),
                Leaves::Close(Some(1011), "Payload size exceeded"),
            ]);
            plan.of(y).limit = Some((2_000, leaves));
            plan.act(t, x, What::Message(9_000));
            truth.push(("message_too_big", name(y)));
        }
        Kind::Refused => {
            let status = plan.one(&["403 Forbidden", "404 Not Found", "503 Service Unavailable"]);
            plan.of(Server).welcome = Welcome::Refuses(status);
            truth.push(("refused", name(Server)));
        }
        Kind::Unanswered => {
            plan.of(Server).welcome = plan.rng.pick(&[(Welcome::Hangs, 60), (Welcome::Drops, 40)]);
            let (wait, leaves) = (plan.between(3_000, 30_000) * MS, plan.one(&[Leaves::Fin, Leaves::Rst]));
            plan.of(Client).patience = Some((wait, leaves));
            truth.push(("handshake_unanswered", name(Server)));
        }
        Kind::RequestCut => {
            let cut = plan.between(5, 100) as usize;
            plan.of(Client).request_cut = Some(cut);
            plan.of(Client).patience = Some((3_000 * MS, Leaves::Fin));
            truth.push(("handshake_unanswered", name(Client)));
        }
        Kind::Http => {
            let reacts = plan.one(&[Leaves::Close(Some(1002), ""), Leaves::Fin, Leaves::Rst]);
            let ends = plan.rng.percent(50);
            plan.of(Client).reaction = reacts;
            plan.act(t, Server, What::Http(ends));
            truth.extend([("framing_lost", name(Server)), ("protocol_fault", name(Server))]);
        }
        Kind::Queued => {
            // What is queued before it waits for acknowledgements; Close and FIN wait behind.
            plan.act(t, x, What::Message(60_000));
            plan.act(t + 1, x, What::CloseAndLeave(code, false));
            truth.extend([("close_cut_short", name(x)), (named(code), name(x))]);
        }
        Kind::CutRecording => {
            cut = Some((t - 50) * MS);
            plan.act(t, x, What::Close(code, ""));
            truth.push(("still_open", None));
        }
    }
    let Plan { rng: _, script, programs, net } = plan;
    let is_whole = whole_net.loss == 0 && whole_net.jitter == 0 && lost == 0;
    let mut world = World::new(programs, net, script.clone(), seed);
    world.run(900_000 * MS);
    adjust(kind, &world, is_whole, &mut truth);
    let recordings = world.recordings(lost, cut.unwrap_or(i64::MAX));
    Told { kind, script, recordings, truth, is_whole }
}

/// What happened may be other than what was meant to: the world knows.
fn adjust(kind: Kind, world: &World, is_whole: bool, truth: &mut Vec<Reason>) {
    let [client, server] = &world.programs;
    if kind == Kind::Queued {
        let queued = |side: Side| match side {
            Client => client.close.is_some() && world.client.has_unsent(),
            Server => server.close.is_some() && world.server.has_unsent(),
        };
        // Its Close never left: an end of TCP is all that there was.
        truth.extend(
            [Client, Server].into_iter().filter(|side| queued(*side)).map(|side| ("abrupt_end", name(side))),
        );
    }
    if kind == Kind::Crossing {
        match (client.close, server.close) {
            (Some((_, a, false)), Some((_, b, false))) => {
                truth.push(("application_close", Some("both")));
                // Where the first copy of a Close was lost, the second may look like an answer.
                if !is_whole {
                    truth.extend([(named(a), Some("client")), (named(b), Some("server"))]);
                }
                if named(a) == named(b) {
                    truth.push((named(a), Some("both")));
                }
            }
            (Some((_, code, false)), _) => truth.push((named(code), Some("client"))),
            (_, Some((_, code, _))) => truth.push((named(code), Some("server"))),
            _ => {}
        }
    }
}

impl World {
    /// Something is done, as far as its doer is still there to do it.
    pub fn act(&mut self, act: &Act) {
        let side = act.by;
        match act.what {
            What::Middle(what) => return self.box_turns(what),
            What::BoxResets => return self.box_resets(),
            What::HostOff => {
                self.host(side).socket = Socket::Dead;
                return;
            }
            What::HostAnew => {
                self.host(side).socket = Socket::Gone;
                return;
            }
            // The kernel ends what a process leaves, whatever it was doing.
            What::Dies => {
                self.program(side).runs = false;
                return self.goes(side, false);
            }
            _ => {}
        }
        let program = self.program(side);
        if !program.runs || !program.established {
            return;
        }
        match act.what {
            What::Message(len) => {
                if !self.host(side).is_stuck() {
                    self.frame(side, &Frame::text("m".repeat(len)), Item::Data(len));
                }
            }
            What::Ping => self.frame(side, &Frame::ping("p"), Item::Ping(b"p".to_vec())),
            What::Close(code, reason) => self.closes_with(side, code, reason),
            What::CloseAndLeave(code, rst) => {
                self.sends_close(side, code, "");
                self.goes(side, rst);
            }
            What::DiesWriting => {
                let bytes = self.encode(side, &Frame::text("m".repeat(700)));
                self.write(side, &bytes[..300], Item::Data(0));
                self.goes(side, false);
            }
            What::Resets => self.goes(side, true),
            What::ShutsDown => self.shuts_down(side),
            What::Stops => program.runs = false,
            What::StopsReading => program.reads = false,
            What::Fault(n) => {
                let mut frames = fault_frames(n, side);
                let last = frames.pop().expect("a frame");
                for frame in frames {
                    self.frame(side, &frame, Item::Data(0));
                }
                self.frame(side, &last, Item::Bad);
            }
            What::Http(ends) => {
                let text = b"HTTP/1.1 400 Bad Request\r\nContent-Type: text/plain\r\nContent-Length: 11\r\nConnection: close\r\n\r\nBad Request";
                self.write(side, text, Item::Bad);
                if ends {
                    self.goes(side, false);
                }
            }
            What::Dies | What::HostOff | What::HostAnew | What::Middle(_) | What::BoxResets => {}
        }
    }
}
