//! TCP as a host does it, as far as it matters to what a capture shows (RFC 9293).

use std::collections::BTreeMap;

use wslog::model::TcpFlags;

use super::program::Wake;
use super::{MS, Packet, World};
use crate::support::conversation::{Server, Side};

const MAX_SEGMENT: i64 = 1_400;
const BUFFER: i64 = 20_000;
const FIRST_TIMEOUT: i64 = 300 * MS;
/// Timeouts before it gives up.
const TRIES: u32 = 7;

/// What there is of the connection at a host.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Socket {
    /// A program has it.
    Open,
    /// Its program has closed it: what is queued is still sent, what comes is refused.
    Orphan,
    /// The host knows nothing of it, and says so.
    Gone,
    /// The host is off.
    Dead,
}

/// A host: one end of TCP.
#[derive(Clone, Debug)]
pub struct Host {
    side: Side,
    pub socket: Socket,
    pub out: Vec<u8>,
    una: i64,
    next: i64,
    fin: bool,
    pub fin_sent: bool,
    connected: bool,
    window: i64,
    pub received: i64,
    early: BTreeMap<i64, i64>,
    fin_at: Option<i64>,
    pub peer_ended: bool,
    /// Up to where its program has read.
    pub read: i64,
    pub owes_ack: bool,
    tries: u32,
    pub timer: u64,
    armed: bool,
    ids: u16,
}

impl Host {
    pub fn new(side: Side) -> Self {
        Self {
            side,
            socket: Socket::Open,
            out: Vec::new(),
            una: 0,
            next: 0,
            fin: false,
            fin_sent: false,
            connected: false,
            window: BUFFER,
            received: 0,
            early: BTreeMap::new(),
            fin_at: None,
            peer_ended: false,
            read: 0,
            owes_ack: false,
            tries: 0,
            timer: 0,
            armed: false,
            ids: if side == Server { 20_000 } else { 100 },
        }
    }

    pub fn segment(&mut self, flags: TcpFlags, seq: i64, payload: Vec<u8>) -> Packet {
        self.ids += 1;
        let free = BUFFER - (self.received - self.read);
        let window = if free < MAX_SEGMENT { 0 } else { free };
        let first = flags.has(TcpFlags::SYN) && self.side != Server;
        let heard = self.received + i64::from(self.peer_ended);
        self.owes_ack = false;
        Packet {
            from: self.side,
            seq,
            ack: (!first).then_some(heard),
            flags: if first { flags } else { flags.with(TcpFlags::ACK) },
            window: window as u16,
            ip_id: self.ids,
            ttl: 64,
            hops: 0,
            payload,
        }
    }

    /// Takes bytes of its program, which knows whether it may write.
    pub fn writes(&mut self, bytes: &[u8]) -> bool {
        let open = self.socket == Socket::Open && !self.fin;
        if open {
            self.out.extend(bytes);
        }
        open
    }

    /// Not all that was written has left.
    pub fn has_unsent(&self) -> bool {
        self.next < self.out.len() as i64
    }

    /// Room for more before a program that writes would have to wait.
    pub fn is_stuck(&self) -> bool {
        self.out.len() as i64 - self.una > 30_000
    }
}

impl World {
    pub fn acknowledge(&mut self, side: Side) {
        let host = self.host(side);
        let seq = host.next;
        let packet = host.segment(TcpFlags::default(), seq, Vec::new());
        self.send(packet);
    }

    /// Sends what may be sent.
    pub fn pump(&mut self, side: Side) {
        loop {
            let host = self.host(side);
            if !host.connected || matches!(host.socket, Socket::Gone | Socket::Dead) {
                return;
            }
            let (written, may) = (host.out.len() as i64, host.una + host.window);
            if host.next < written.min(may) {
                let end = written.min(may).min(host.next + MAX_SEGMENT);
                let (seq, payload) = (host.next, host.out[host.next as usize..end as usize].to_vec());
                host.next = end;
                let packet = host.segment(TcpFlags::PSH, seq, payload);
                self.send(packet);
            } else if host.next == written && host.fin && !host.fin_sent {
                host.fin_sent = true;
                host.next += 1;
                let packet = host.segment(TcpFlags::FIN, written, Vec::new());
                self.send(packet);
            } else {
                break;
            }
        }
        let host = self.host(side);
        if !host.armed && (host.una < host.next || host.next < host.out.len() as i64) {
            host.armed = true;
            let after = FIRST_TIMEOUT << host.tries;
            self.later(side, after);
        }
    }

    /// Nothing was acknowledged, or the window is still shut.
    pub fn timer(&mut self, side: Side, number: u64) {
        let host = self.host(side);
        if host.timer != number || !host.armed || matches!(host.socket, Socket::Gone | Socket::Dead) {
            return;
        }
        host.armed = false;
        host.tries += 1;
        if host.una < host.next {
            if host.tries > TRIES {
                host.socket = Socket::Gone;
                return;
            }
            let written = host.out.len() as i64;
            let end = host.next.min(host.una + MAX_SEGMENT).min(written);
            let (seq, payload) = (host.una, host.out[host.una as usize..end.max(host.una) as usize].to_vec());
            let flags = if seq == written { TcpFlags::FIN } else { TcpFlags::PSH };
            let packet = host.segment(flags, seq, payload);
            self.send(packet);
        } else if host.next < host.out.len() as i64 {
            // A probe: a number before the next, nothing in it.
            host.tries = host.tries.min(6);
            let seq = host.next - 1;
            let packet = host.segment(TcpFlags::default(), seq, Vec::new());
            self.send(packet);
        }
        let host = self.host(side);
        if host.una < host.next || host.next < host.out.len() as i64 {
            host.armed = true;
            let after = FIRST_TIMEOUT << host.tries;
            self.later(side, after);
        }
    }

    /// A segment reaches a host.
    pub fn arrives(&mut self, side: Side, packet: Packet) {
        let now = self.now;
        let host = self.host(side);
        match host.socket {
            Socket::Dead => return,
            Socket::Gone => return self.disowns(side, &packet),
            Socket::Open | Socket::Orphan => {}
        }
        if packet.has(TcpFlags::RST) {
            // Only one whose number fits is believed (RFC 9293 3.5.3).
            if packet.seq >= host.received && packet.seq <= host.received + BUFFER {
                host.socket = Socket::Gone;
                self.program(side).is_reset(now);
            }
            return;
        }
        if packet.has(TcpFlags::SYN) {
            if side == Server {
                let answer = self.server.segment(TcpFlags::SYN, -1, Vec::new());
                self.send(answer);
            } else {
                host.connected = true;
                self.acknowledge(side);
                self.connected();
            }
            return;
        }
        host.connected = true;
        let was_shut = host.window < MAX_SEGMENT;
        host.window = i64::from(packet.window);
        if packet.ack.is_some_and(|ack| ack > host.una && ack <= host.next) {
            host.una = packet.ack.unwrap_or_default();
            host.tries = 0;
            host.armed = false;
        } else if was_shut && host.window >= MAX_SEGMENT {
            host.armed = false;
        }
        let (start, end) = (packet.seq, packet.seq + packet.payload.len() as i64);
        let is_new = end > host.received;
        if host.socket == Socket::Orphan && is_new && !packet.payload.is_empty() {
            host.socket = Socket::Gone;
            return self.disowns(side, &packet);
        }
        if packet.has(TcpFlags::FIN) {
            host.fin_at = Some(end);
        }
        let fits = end <= host.read + BUFFER;
        if !packet.payload.is_empty() && fits && is_new {
            host.early.insert(start, end);
        }
        while let Some(entry) = host.early.first_entry() {
            if *entry.key() > host.received {
                break;
            }
            host.received = host.received.max(entry.remove());
        }
        let had_end = host.peer_ended;
        host.peer_ended = host.fin_at == Some(host.received);
        let in_order = is_new && host.received == end && host.early.is_empty();
        let at_once =
            packet.has(TcpFlags::FIN) || start < host.received - packet.payload.len() as i64 || !in_order;
        let probes = packet.payload.is_empty() && start < host.received;
        if !packet.payload.is_empty() || packet.has(TcpFlags::FIN) || probes {
            host.owes_ack = true;
            if at_once {
                self.acknowledge(side);
            } else {
                self.acks_later(side, 20 * MS);
            }
        }
        self.pump(side);
        self.reads(side);
        let host = self.host(side);
        if host.peer_ended && !had_end && host.socket == Socket::Open {
            self.wakes(side, 0, Wake::Ended);
        }
    }

    /// A bare RST: the host knows of no such connection (RFC 9293 3.10.7).
    fn disowns(&mut self, side: Side, packet: &Packet) {
        if packet.has(TcpFlags::RST) {
            return;
        }
        let reset = Packet {
            from: side,
            seq: packet.ack.unwrap_or_default(),
            ack: None,
            flags: TcpFlags::RST,
            window: 0,
            ip_id: 0,
            ttl: 64,
            hops: 0,
            payload: Vec::new(),
        };
        self.send(reset);
    }

    /// What `close` does: RST where something was not read, FIN otherwise.
    pub fn closes(&mut self, side: Side) {
        let host = self.host(side);
        if host.socket != Socket::Open {
            return;
        }
        if host.read < host.received {
            return self.resets(side);
        }
        host.fin = true;
        host.socket = Socket::Orphan;
        self.pump(side);
    }

    /// Ends its own sending alone.
    pub fn shuts_down(&mut self, side: Side) {
        let host = self.host(side);
        host.fin = true;
        self.pump(side);
    }

    /// Throws the connection away.
    pub fn resets(&mut self, side: Side) {
        let host = self.host(side);
        if host.socket != Socket::Open {
            return;
        }
        let seq = host.next;
        let packet = host.segment(TcpFlags::RST, seq, Vec::new());
        host.socket = Socket::Gone;
        self.send(packet);
    }
}
