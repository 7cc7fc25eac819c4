//! What could not connect: TCP was refused, or not answered. It is told where its server carries WebSocket.

use std::collections::{BTreeMap, BTreeSet};
use std::net::SocketAddr;

use crate::diagnosis::has_failed;
use crate::engine::concluded::{self, Concluded};
use crate::limits::Limits;
use crate::model::{
    Conversation, Direction, EndSegment, FailedConnect, PacketNo, Tail, TcpFacts, TcpRecord, Timestamp,
    WeirdKind, Weirds,
};
use crate::tcp::Connection;

/// A connection that was refused or not answered: few bytes, for a scan of ports makes many of them.
#[derive(Debug)]
pub(super) struct Attempt {
    tail: Tail,
    tcp: TcpRecord,
    facts: TcpFacts,
    connect: FailedConnect,
    started_at: Option<Timestamp>,
    ended_at: Option<Timestamp>,
    /// Which thread saw it.
    maker: usize,
}

impl Attempt {
    /// One that is over, if it is one; `until` is when the recording would have shown more of it.
    pub(super) fn of(connection: &Connection, until: Option<Timestamp>, maker: usize) -> Option<Self> {
        let connect = connection.failed_connect()?;
        let ended_at = connection.ended_at();
        let silent_ns = until.zip(ended_at).map(|(until, last)| until.since(last));
        if !has_failed(connect, silent_ns) {
            return None;
        }
        let ends = connection.endpoints();
        Some(Self {
            tail: Tail { until, not_connected: true, ..Tail::default() },
            facts: concluded::tcp_facts(connection, Direction::Orig),
            tcp: TcpRecord {
                client: ends.orig.into(),
                server: ends.resp.into(),
                first_packet: connection.first_packet(),
                last_packet: connection.last_packet(),
            },
            connect,
            started_at: connection.started_at(),
            ended_at,
            maker,
        })
    }

    /// About how many bytes it takes while it waits.
    pub(super) fn weight(&self) -> usize {
        size_of::<Self>() + self.facts.server.ends.capacity() * size_of::<EndSegment>()
    }

    /// What comes of it where it is told; number and place are left to the caller.
    pub(super) fn conclude(self, limits: &Limits) -> Box<Concluded> {
        let Self { tail, facts, tcp, connect, started_at, ended_at, maker } = self;
        let mut concluded = concluded::not_connected(&tail, facts, tcp, connect, limits);
        concluded.maker = maker;
        (concluded.conversation.started_at, concluded.conversation.ended_at) = (started_at, ended_at);
        concluded
    }
}

/// The servers of a capture, as far as attempts to connect to them are told or counted. It must see attempts and
/// conversations in the order of their ids.
#[derive(Debug)]
pub(super) struct Connects {
    /// All attempts are told.
    all: bool,
    max: usize,
    /// Servers that carried WebSocket.
    carriers: BTreeSet<SocketAddr>,
    /// Others, to which something could not connect.
    failed: BTreeMap<SocketAddr, Failed>,
    /// What there was no room for, and where the first of it was.
    forgotten: u64,
    first_forgotten: Option<PacketNo>,
    /// Carriers are among that: a server that is not known may be one.
    forgot_carrier: bool,
}

/// What could not connect to a server before it carried WebSocket.
#[derive(Debug)]
struct Failed {
    times: u64,
    first: PacketNo,
    /// It did so later.
    carries: bool,
}

impl Connects {
    /// No server is known. With `all` every attempt is wanted.
    pub(super) fn new(all: bool, limits: &Limits) -> Self {
        Self {
            all,
            max: limits.max_servers,
            carriers: BTreeSet::new(),
            failed: BTreeMap::new(),
            forgotten: 0,
            first_forgotten: None,
            forgot_carrier: false,
        }
    }

    /// Takes note of the server of a conversation.
    pub(super) fn see(&mut self, conversation: &Conversation) {
        let Some(tcp) = conversation.tcp.filter(|_| !self.all) else { return };
        let server = tcp.server.as_sent().0;
        if self.carriers.contains(&server) {
            return;
        }
        if let Some(failed) = self.failed.get_mut(&server) {
            failed.carries = true;
        } else if self.carriers.len() < self.max {
            self.carriers.insert(server);
        } else {
            self.forgot_carrier = true;
            self.forget(tcp.first_packet);
        }
    }

    /// Whether an attempt is to be told. One that is not is counted.
    pub(super) fn is_wanted(&mut self, attempt: &Attempt) -> bool {
        let TcpRecord { server, first_packet, .. } = attempt.tcp;
        let server = server.as_sent().0;
        if self.all || self.carriers.contains(&server) {
            return true;
        }
        if let Some(failed) = self.failed.get_mut(&server) {
            failed.times += u64::from(!failed.carries);
            return failed.carries;
        }
        if self.failed.len() < self.max && !self.forgot_carrier {
            self.failed.insert(server, Failed { times: 1, first: first_packet, carries: false });
        } else {
            self.forget(first_packet);
        }
        false
    }

    fn forget(&mut self, packet: PacketNo) {
        self.forgotten += 1;
        self.first_forgotten.get_or_insert(packet);
    }

    /// Tells what was counted, once the capture is over.
    pub(super) fn tell(&mut self, weirds: &mut Weirds) {
        let mut failed: Vec<_> = self.failed.iter().filter(|(_, failed)| failed.carries).collect();
        failed.sort_by_key(|(server, failed)| (failed.first, **server));
        for (server, &Failed { times, first, .. }) in failed {
            let attempts = if times == 1 { "attempt" } else { "attempts" };
            let were = if times == 1 { "was" } else { "were" };
            weirds.add_many(WeirdKind::ConnectFailed, times, Some(first), || {
                format!(
                    "{times} {attempts} to connect to {server} {were} refused or not answered before it carried WebSocket"
                )
            });
        }
        if self.forgotten > 0 {
            let max = self.max;
            weirds.add_many(WeirdKind::ServersCap, self.forgotten, self.first_forgotten, || {
                format!("more than {max} servers; failed connections to the others are not reported")
            });
        }
    }
}
