//! What the two ends of a conversation mean to do, and the network between them.

use super::endpoint::Truth;
use super::faults::{Fault, Plant};
use crate::support::conversation::Side;
use crate::support::frame::Frame;

/// What somebody means to do, and how many milliseconds after what went before.
#[derive(Clone, Debug)]
pub struct Act {
    pub gap: i64,
    pub what: What,
}

/// What an endpoint can do of its own accord.
#[derive(Clone, Debug)]
pub enum What {
    /// A message in fragments of these lengths, so many milliseconds apart.
    Message { text: bool, fragments: Vec<usize>, gap: i64 },
    /// The next fragment of it.
    Fragment(Frame),
    /// A Ping with so many bytes.
    Ping(usize),
    /// A Pong nobody asked for.
    Pong(usize),
    /// Starts the closing handshake.
    Close { code: Option<u16>, reason: &'static str },
    /// Ends TCP without a Close.
    Fin,
    /// Commits the fault.
    Plant,
}

/// What a side makes of the other side's fault.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reaction {
    /// It fails the connection, with a code that fits.
    Fails,
    /// It fails the connection with 1000.
    WrongCode,
    /// It ends TCP without a Close.
    FailsSilently,
    /// It passes over it.
    CarriesOn,
}

/// Freedom the RFC leaves to a side, and what it does against it.
#[derive(Clone, Debug)]
pub struct Ways {
    /// Milliseconds from reading something to acting on it.
    pub think: i64,
    /// A server that fails the connection ends TCP at once, and does not wait for an answer.
    pub hasty: bool,
    /// Answers a Close with this code instead of an echo.
    pub answers: Option<u16>,
    pub fault: Option<&'static Fault>,
    pub reaction: Reaction,
}

/// One way through the network: delays in microseconds.
#[derive(Clone, Debug)]
pub struct Path {
    /// From the client to the middle, and from there to the server.
    pub hops: [i64; 2],
    /// At most so much more for a packet.
    pub jitter: i64,
}

/// A conversation to be played.
#[derive(Clone, Debug)]
pub struct Scenario {
    pub client: (Vec<Act>, Ways),
    pub server: (Vec<Act>, Ways),
    pub path: Path,
    pub deflate: bool,
    /// What is sent at one go goes in one segment.
    pub coalesce: bool,
    /// Milliseconds for which a host holds an acknowledgement back.
    pub ack_delay: i64,
    pub seed: u64,
}

impl Scenario {
    /// Plants `fault` at `side` before act `at` of its plan; `reaction` is what the other side makes of it.
    pub fn with(mut self, fault: &'static Fault, side: Side, at: usize, reaction: Reaction) -> Self {
        let (offender, other) = match side {
            Side::Client => (&mut self.client, &mut self.server),
            Side::Server => (&mut self.server, &mut self.client),
        };
        offender.1.fault = Some(fault);
        other.1.reaction = reaction;
        let (plan, other) = (&mut offender.0, &mut other.0);
        let act = |gap, what| Act { gap, what };
        let close = What::Close { code: Some(1000), reason: "" };
        match fault.plant {
            Plant::Frames(_) | Plant::Close(_) | Plant::Habit(super::faults::Habit::Resets) => {
                plan.truncate(at);
                plan.push(act(5, What::Plant));
                plan.push(act(20, What::Ping(3)));
                plan.push(act(500, close));
            }
            // The other side pings, waits and closes: then it shows.
            Plant::Habit(_) => {
                let own = |act: &Act| matches!(act.what, What::Close { .. } | What::Fin);
                plan.retain(|act| !own(act));
                other.retain(|act| !own(act));
                for gap in [5, 6, 7, 8] {
                    plan.push(act(gap, What::Ping(2)));
                }
                other.push(act(30, What::Ping(4)));
                other.push(act(12_000, close));
            }
            Plant::Request(_) | Plant::Response(_) => {}
        }
        self
    }
}

/// What was recorded, and what really happened.
#[derive(Clone, Debug)]
pub struct Ending {
    pub truth: Truth,
    /// Code, reason, wasClean of its API.
    pub reports: (u16, Option<&'static str>, bool),
}
