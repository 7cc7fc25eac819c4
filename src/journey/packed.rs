//! Values in few bytes: numbers as LEB128, times as differences.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, SocketAddrV6};

use crate::model::{Http2Error, StreamEnd, Timestamp};

/// Most recordings have times in microseconds.
const MICROSECOND_NS: i64 = 1_000;

/// Writes values behind one another.
pub(super) struct Packer<'a> {
    pub(super) bytes: &'a mut Vec<u8>,
    last: i64,
}

/// Reads them in the same order. Behind the last one all is 0.
#[derive(Clone, Copy, Debug)]
pub(super) struct Unpacker<'a> {
    bytes: &'a [u8],
    last: i64,
}

impl<'a> Packer<'a> {
    pub(super) const fn new(bytes: &'a mut Vec<u8>) -> Self {
        Self { bytes, last: 0 }
    }

    pub(super) fn byte(&mut self, byte: u8) {
        self.bytes.push(byte);
    }

    pub(super) fn raw<const N: usize>(&mut self, bytes: [u8; N]) {
        self.bytes.extend_from_slice(&bytes);
    }

    pub(super) fn number(&mut self, mut n: u64) {
        while n >= 0x80 {
            self.bytes.push(n as u8 | 0x80);
            n >>= 7;
        }
        self.bytes.push(n as u8);
    }

    /// Any but the greatest there is.
    pub(super) fn maybe(&mut self, n: Option<u64>) {
        self.number(n.map_or(0, |n| n.saturating_add(1)));
    }

    /// Times that follow are near this one.
    pub(super) fn near(&mut self, at: Option<Timestamp>) {
        self.last = at.map_or(self.last, |at| at.0);
    }

    /// As the difference from the last one: 0 is `None`, behind 1 stands the whole time, else the last bit says whether it is in
    /// microseconds.
    pub(super) fn time(&mut self, at: Option<Timestamp>) {
        let Some(Timestamp(at)) = at else { return self.byte(0) };
        let ns = at.wrapping_sub(std::mem::replace(&mut self.last, at));
        let is_micros = ns % MICROSECOND_NS == 0;
        let since = if is_micros { ns / MICROSECOND_NS } else { ns };
        match zigzag(since).checked_add(1).filter(|n| *n < 1 << 63) {
            Some(n) => self.number(n << 1 | u64::from(is_micros)),
            None => {
                self.byte(1);
                self.raw(at.to_le_bytes());
            }
        }
    }

    pub(super) fn ip(&mut self, ip: IpAddr) {
        match ip {
            IpAddr::V4(ip) => {
                self.byte(4);
                self.raw(ip.octets());
            }
            IpAddr::V6(ip) => {
                self.byte(6);
                self.raw(ip.octets());
            }
        }
    }

    pub(super) fn end(&mut self, end: SocketAddr) {
        self.ip(end.ip());
        self.raw(end.port().to_le_bytes());
        if let SocketAddr::V6(end) = end {
            self.number(end.flowinfo().into());
            self.number(end.scope_id().into());
        }
    }

    pub(super) fn how(&mut self, how: StreamEnd) {
        match how {
            StreamEnd::Unobserved => self.byte(0),
            StreamEnd::Fin => self.byte(1),
            StreamEnd::Rst => self.byte(2),
            StreamEnd::Dropped => self.byte(3),
            StreamEnd::EndStream => self.byte(4),
            StreamEnd::RstStream(error) => {
                self.byte(5);
                self.maybe(error.map(|error| error.0.into()));
            }
        }
    }

    pub(super) fn list<T>(&mut self, all: &[T], mut pack: impl FnMut(&mut Self, &T)) {
        self.number(all.len() as u64);
        all.iter().for_each(|one| pack(self, one));
    }
}

impl<'a> Unpacker<'a> {
    pub(super) const fn new(bytes: &'a [u8]) -> Self {
        Self { bytes, last: 0 }
    }

    pub(super) fn byte(&mut self) -> u8 {
        self.raw::<1>()[0]
    }

    pub(super) fn raw<const N: usize>(&mut self) -> [u8; N] {
        let Some((bytes, rest)) = self.bytes.split_first_chunk() else { return [0; N] };
        self.bytes = rest;
        *bytes
    }

    pub(super) fn number(&mut self) -> u64 {
        let mut n = 0;
        for shift in (0..u64::BITS).step_by(7) {
            let byte = self.byte();
            n |= u64::from(byte & 0x7f) << shift;
            if byte < 0x80 {
                break;
            }
        }
        n
    }

    pub(super) fn maybe(&mut self) -> Option<u64> {
        self.number().checked_sub(1)
    }

    /// A number of 32 bits.
    pub(super) fn word(&mut self) -> u32 {
        self.number() as u32
    }

    pub(super) fn near(&mut self, at: Option<Timestamp>) {
        self.last = at.map_or(self.last, |at| at.0);
    }

    pub(super) fn time(&mut self) -> Option<Timestamp> {
        self.last = match self.number() {
            0 => return None,
            1 => i64::from_le_bytes(self.raw()),
            n => {
                let since = unzigzag((n >> 1) - 1);
                let ns = if n & 1 == 1 { since.wrapping_mul(MICROSECOND_NS) } else { since };
                self.last.wrapping_add(ns)
            }
        };
        Some(Timestamp(self.last))
    }

    pub(super) fn ip(&mut self) -> IpAddr {
        match self.byte() {
            4 => Ipv4Addr::from(self.raw()).into(),
            _ => Ipv6Addr::from(self.raw::<16>()).into(),
        }
    }

    pub(super) fn end(&mut self) -> SocketAddr {
        let (ip, port) = (self.ip(), u16::from_le_bytes(self.raw()));
        match ip {
            IpAddr::V4(_) => SocketAddr::new(ip, port),
            IpAddr::V6(ip) => SocketAddrV6::new(ip, port, self.word(), self.word()).into(),
        }
    }

    pub(super) fn how(&mut self) -> StreamEnd {
        match self.byte() {
            1 => StreamEnd::Fin,
            2 => StreamEnd::Rst,
            3 => StreamEnd::Dropped,
            4 => StreamEnd::EndStream,
            5 => StreamEnd::RstStream(self.maybe().map(|error| Http2Error(error as u32))),
            _ => StreamEnd::Unobserved,
        }
    }

    pub(super) fn list<T>(&mut self, mut unpack: impl FnMut(&mut Self) -> T) -> Vec<T> {
        (0..self.number()).map(|_| unpack(self)).collect()
    }
}

/// Small numbers of either sign as small ones without.
const fn zigzag(n: i64) -> u64 {
    (n << 1 ^ n >> 63) as u64
}

const fn unzigzag(n: u64) -> i64 {
    (n >> 1) as i64 ^ -((n & 1) as i64)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_and_times() {
        let numbers = [0, 1, 0x7f, 0x80, 1_234_567_890, u64::MAX];
        let times = [
            0,
            5,
            -5,
            1_767_225_600_000_000_000,
            1_767_225_600_000_001_000,
            i64::MIN,
            i64::MAX,
            i64::MAX - 1,
            -1,
        ];
        let mut bytes = Vec::new();
        let mut packer = Packer::new(&mut bytes);
        numbers.iter().for_each(|n| packer.number(*n));
        for at in times {
            packer.time(Some(Timestamp(at)));
            packer.time(None);
        }
        let mut unpacker = Unpacker::new(&bytes);
        assert_eq!(numbers.map(|_| unpacker.number()), numbers);
        for at in times {
            assert_eq!(unpacker.time(), Some(Timestamp(at)), "{at}");
            assert_eq!(unpacker.time(), None, "{at}");
        }
        assert!(unpacker.bytes.is_empty());
        assert_eq!((unpacker.number(), unpacker.raw()), (0, [0; 4]));
    }

    #[test]
    fn ends() {
        let all =
            ["192.0.2.1:80", "[2001:db8::1]:65535"].map(|end| end.parse::<SocketAddr>().expect("an address"));
        let how = [
            StreamEnd::Unobserved,
            StreamEnd::Fin,
            StreamEnd::Rst,
            StreamEnd::Dropped,
            StreamEnd::EndStream,
            StreamEnd::RstStream(None),
            StreamEnd::RstStream(Some(Http2Error(u32::MAX))),
        ];
        let mut bytes = Vec::new();
        let mut packer = Packer::new(&mut bytes);
        all.iter().for_each(|end| packer.end(*end));
        how.iter().for_each(|how| packer.how(*how));
        let mut unpacker = Unpacker::new(&bytes);
        assert_eq!(all.map(|_| unpacker.end()), all);
        assert_eq!(how.map(|_| unpacker.how()), how);
    }
}
