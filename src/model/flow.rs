//! Who talks to whom.

use std::hash::{Hash, Hasher};
use std::net::{IpAddr, SocketAddr};
use std::ops::{Index, IndexMut};

/// Direction of a TCP byte stream, named after its sender: `Orig` opened the connection, `Resp` answered
/// (Zeek's words). Where the recording starts later, `Orig` is the sender of the first packet.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Direction {
    /// Bytes sent by the originator.
    Orig,
    /// Bytes sent by the responder.
    Resp,
}

impl Direction {
    /// The direction in which the answers go.
    #[must_use]
    pub const fn flip(self) -> Self {
        match self {
            Self::Orig => Self::Resp,
            Self::Resp => Self::Orig,
        }
    }
}

/// One value for each direction.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct PerDirection<T> {
    /// What is so of the side that opened TCP, or was sent by it.
    pub orig: T,
    /// What is so of the side that accepted TCP, or was sent by it.
    pub resp: T,
}

impl<T> Index<Direction> for PerDirection<T> {
    type Output = T;
    fn index(&self, dir: Direction) -> &T {
        match dir {
            Direction::Orig => &self.orig,
            Direction::Resp => &self.resp,
        }
    }
}

impl<T> IndexMut<Direction> for PerDirection<T> {
    fn index_mut(&mut self, dir: Direction) -> &mut T {
        match dir {
            Direction::Orig => &mut self.orig,
            Direction::Resp => &mut self.resp,
        }
    }
}

/// Both ends of a TCP connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Endpoints {
    /// The end that opened it.
    pub orig: SocketAddr,
    /// The end that answered.
    pub resp: SocketAddr,
}

/// The same for both directions of a connection: what the flow table is keyed by.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct FlowKey {
    low: SocketAddr,
    high: SocketAddr,
}

impl FlowKey {
    /// The key of the connection between `a` and `b`, in any order.
    #[must_use]
    pub fn new(a: SocketAddr, b: SocketAddr) -> Self {
        if a <= b { Self { low: a, high: b } } else { Self { low: b, high: a } }
    }
}

/// As three integers: the derived form takes the addresses apart, once a packet.
impl Hash for FlowKey {
    fn hash<H: Hasher>(&self, state: &mut H) {
        let number = |ip: IpAddr| match ip {
            IpAddr::V4(ip) => u128::from(u32::from(ip)),
            IpAddr::V6(ip) => u128::from(ip),
        };
        state.write_u128(number(self.low.ip()));
        state.write_u128(number(self.high.ip()));
        state.write_u32(u32::from(self.low.port()) << 16 | u32::from(self.high.port()));
    }
}
