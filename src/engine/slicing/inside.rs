//! What a connection carries, inside TLS or not, and TCP made for it.

use std::net::SocketAddr;

use crate::engine::secured::Before;
use crate::http2::{Field, Remake, Rewrite};
use crate::limits::Limits;
use crate::model::{Direction, Endpoints, Role, Segment, StreamEvent, TcpFlags, Weirds};
use crate::slice::forge::{Forge, Forged};
use crate::tcp::Connection;
use crate::tls::{Keys, Tls};

/// What it takes to read it.
pub(super) type With<'w> = (&'w Keys, &'w Limits);

/// Follows a connection.
#[derive(Debug, Default)]
pub(super) struct Inner {
    connection: Option<Connection>,
    /// Until TLS begins; of connections that are read inside it.
    before: Option<Before>,
    tls: Option<Tls>,
    is_inside: bool,
}

/// The same, with TCP that is made.
#[derive(Debug, Default)]
pub(super) struct Inside {
    inner: Inner,
    forge: Option<Forge>,
    /// Of HTTP/2, which is made anew.
    remake: Option<Remake>,
    is_over: bool,
}

/// Makes others of what is written.
pub(super) trait Change {
    /// Of bytes of a side, which begin at an offset; of those of a stream of HTTP/2.
    fn bytes(&mut self, stream: Option<u32>, role: Role, at: u64, bytes: &mut [u8]);

    /// Of fields of HTTP/2.
    fn fields(&mut self, fields: Vec<Field>) -> Vec<Field>;

    /// Of text for somebody who looks for an error.
    fn text(&mut self, text: &[u8]) -> Vec<u8>;
}

/// The same, by direction.
pub(super) struct Directed<'c> {
    pub(super) ends: Endpoints,
    pub(super) client: SocketAddr,
    pub(super) change: &'c mut dyn Change,
}

impl Rewrite for Directed<'_> {
    fn fields(&mut self, fields: Vec<Field>) -> Vec<Field> {
        self.change.fields(fields)
    }

    fn content(&mut self, stream: u32, dir: Direction, offset: u64, bytes: &mut [u8]) {
        self.change.bytes(Some(stream), role_of(self.ends, self.client, dir), offset, bytes);
    }

    fn text(&mut self, text: &[u8]) -> Vec<u8> {
        self.change.text(text)
    }
}

impl Inner {
    /// `is_inside`: what is told is what TLS carries.
    pub(super) fn new(is_inside: bool) -> Self {
        Self { is_inside, ..Self::default() }
    }

    /// The connection, once something of it was seen.
    pub(super) const fn connection(&self) -> Option<&Connection> {
        self.connection.as_ref()
    }

    /// Takes the next segment.
    pub(super) fn segment(
        &mut self,
        segment: &Segment<'_>,
        with: With<'_>,
        take: &mut impl FnMut(Endpoints, StreamEvent<'_>),
    ) {
        let Self { connection, before, tls, is_inside } = self;
        let connection = connection.get_or_insert_with(|| Connection::new(segment));
        let ends = connection.endpoints();
        if !*is_inside {
            connection.push(segment, with.1, &mut Weirds::default(), &mut |event| take(ends, event));
            return;
        }
        let before = before.get_or_insert_with(|| Before::new(segment.flags.has(TcpFlags::SYN)));
        connection.push(segment, with.1, &mut Weirds::default(), &mut |event| {
            pass(&event, before, tls, with, &mut |inner| take(ends, inner));
        });
    }

    /// No more comes.
    pub(super) fn finish(&mut self, with: With<'_>, take: &mut impl FnMut(Endpoints, StreamEvent<'_>)) {
        let Self { connection: Some(connection), before, tls, is_inside } = self else { return };
        let ends = connection.endpoints();
        if !*is_inside {
            connection.finish(&mut Weirds::default(), &mut |event| take(ends, event));
            return;
        }
        if let Some(before) = before {
            connection.finish(&mut Weirds::default(), &mut |event| {
                pass(&event, before, tls, with, &mut |inner| take(ends, inner));
            });
        }
        if let Some(tls) = tls {
            tls.finish(with.0, with.1, &mut Weirds::default(), &mut |inner| take(ends, inner));
        }
    }
}

impl Inside {
    /// `remake`: of HTTP/2.
    pub(super) fn new(is_inside: bool, remake: Option<Remake>) -> Self {
        Self { inner: Inner::new(is_inside), remake, ..Self::default() }
    }

    pub(super) fn segment(
        &mut self,
        segment: &Segment<'_>,
        with: With<'_>,
        client: SocketAddr,
        change: &mut dyn Change,
        out: &mut Vec<Forged>,
    ) {
        let Self { inner, forge, remake, .. } = self;
        let from = out.len();
        let of_first = || Connection::new(segment).endpoints();
        let forge = forge.get_or_insert_with(|| {
            Forge::new(inner.connection().map_or_else(of_first, Connection::endpoints))
        });
        forge.segment(segment, out);
        let dir = forge.direction(segment);
        let tries = |inner: &Inner| {
            let stats = inner.connection().map(|connection| connection.stats(dir));
            let again = stats.and_then(|stats| stats.unanswered).map(|of| (of.tries, of.last_at));
            (again, stats.map_or(0, |stats| stats.retransmitted_bytes))
        };
        let known = tries(inner);
        inner.segment(segment, with, &mut |ends, event| {
            make(&event, forge, remake.as_mut(), Directed { ends, client, change }, out);
        });
        let now = tries(inner);
        forge.settle(segment, known != now && now.0.is_some(), from, out);
    }

    /// No more comes.
    pub(super) fn finish(
        &mut self,
        with: With<'_>,
        client: SocketAddr,
        change: &mut dyn Change,
        out: &mut Vec<Forged>,
    ) {
        let Self { inner, forge: Some(forge), remake, is_over } = self else { return };
        if std::mem::replace(is_over, true) {
            return;
        }
        inner.finish(with, &mut |ends, event| {
            make(&event, forge, remake.as_mut(), Directed { ends, client, change }, out);
        });
    }
}

/// Makes TCP of an event.
fn make(
    event: &StreamEvent<'_>,
    forge: &mut Forge,
    remake: Option<&mut Remake>,
    mut directed: Directed<'_>,
    out: &mut Vec<Forged>,
) {
    match remake {
        Some(remake) => {
            remake.push(event, &mut directed, &mut |event| forge.event(&event, &mut |_, _, _| {}, out));
        }
        None => {
            let Directed { ends, client, change } = directed;
            let mut change = |dir, at, bytes: &mut [u8]| {
                change.bytes(None, role_of(ends, client, dir), at, bytes);
            };
            forge.event(event, &mut change, out);
        }
    }
}

/// What of an event of TCP is inside TLS, once that has begun.
fn pass(
    event: &StreamEvent<'_>,
    before: &mut Before,
    tls: &mut Option<Tls>,
    (keys, limits): With<'_>,
    take: &mut impl FnMut(StreamEvent<'_>),
) {
    if tls.is_none() {
        match *event {
            StreamEvent::Data { dir, bytes, .. } if before.tls_begins(dir, bytes) => *tls = Some(Tls::new()),
            StreamEvent::Gap { .. } => before.hole(event),
            _ => {}
        }
    }
    if let Some(tls) = tls {
        tls.push(event, keys, limits, &mut Weirds::default(), take);
    }
}

/// Who sends in that direction.
pub(super) fn role_of(ends: Endpoints, client: SocketAddr, dir: Direction) -> Role {
    let src = if dir == Direction::Orig { ends.orig } else { ends.resp };
    if src == client { Role::Client } else { Role::Server }
}
