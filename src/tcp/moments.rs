//! What happens on a connection at single moments and is no byte of a stream, noted where somebody asks for it.

use crate::model::{PacketNo, Segment, TcpFlags, TcpMoment, TcpSign, Timestamp};

/// Of what one side sent.
#[derive(Debug, Default)]
pub(super) struct Moments {
    noted: Vec<TcpMoment>,
    /// So many are noted.
    most: usize,
    omitted: u64,
    is_shut: bool,
    fin_reached: bool,
}

impl Moments {
    pub(super) fn new(most: usize) -> Self {
        Self { most, ..Self::default() }
    }

    /// A segment that it sent, of whose bytes so many had come before.
    pub(super) fn segment(&mut self, segment: &Segment<'_>, again: u64) {
        if again > 0 {
            self.note(TcpSign::Again(again), segment.no, segment.at);
        }
        if segment.flags.has(TcpFlags::SYN) || segment.flags.has(TcpFlags::RST) {
            return;
        }
        let is_shut = segment.header.window == 0;
        if is_shut != self.is_shut {
            self.is_shut = is_shut;
            let what = if is_shut { TcpSign::WindowShut } else { TcpSign::WindowOpened };
            self.note(what, segment.no, segment.at);
        }
    }

    /// So many bytes of its stream turn out to be missing.
    pub(super) fn gap(&mut self, bytes: u64, packet: PacketNo, at: Option<Timestamp>) {
        if bytes > 0 {
            self.note(TcpSign::Gap(bytes), packet, at);
        }
    }

    /// Its FIN has been acknowledged: noted once, however many moments there are.
    pub(super) fn fin_reached(&mut self, packet: PacketNo, at: Option<Timestamp>) {
        if !std::mem::replace(&mut self.fin_reached, true) {
            self.noted.push(TcpMoment::new(TcpSign::FinReached, packet, at));
        }
    }

    fn note(&mut self, what: TcpSign, packet: PacketNo, at: Option<Timestamp>) {
        if self.noted.len() < self.most {
            self.noted.push(TcpMoment::new(what, packet, at));
        } else {
            self.omitted += 1;
        }
    }

    /// Those noted, and how many were not.
    pub(super) fn noted(&self) -> (&[TcpMoment], u64) {
        (&self.noted, self.omitted)
    }
}
