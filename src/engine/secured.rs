//! TLS between TCP and what it carries: what comes out goes to `dissect` like any other stream.

use crate::dissect::{Dissected, Dissector};
use crate::limits::Limits;
use crate::model::{
    Carrier, Direction, GapCause, PerDirection, Role, StreamEnd, StreamEvent, Text, TlsFacts, TlsMark,
    TlsPlainAnswer, Weirds,
};
use crate::tls::{Begins, Keys, Status, Tls};

/// Bytes of a connection, both directions together, behind which TLS may still begin: what a proxy is asked, or told of the
/// client, and what is said before STARTTLS.
const MAX_BEFORE: u64 = 4_096;

/// The TLS of a connection.
#[derive(Debug)]
pub(super) struct Secured {
    tls: Tls,
    /// Nobody can read it: what TCP shows goes to `dissect` as it is.
    is_opaque: bool,
    /// What `dissect` has to be told once it turns out that nobody can.
    seen: PerDirection<Seen>,
    /// What was said before it is nothing that a connection for WebSocket begins with.
    is_other: bool,
    /// `dissect` was told whose hello it was.
    has_client: bool,
    /// What the server sent first, where that is no TLS.
    plain_answer: Option<TlsPlainAnswer>,
}

/// Of one direction of TCP.
#[derive(Clone, Copy, Debug, Default)]
struct Seen {
    /// Bytes of it.
    position: u64,
    acked: Option<(u64, Carrier)>,
    end: Option<(StreamEnd, Option<Carrier>)>,
    /// Bytes of it were seen since TLS began, or are missing.
    has_begun: bool,
}

/// What goes by while plain text may turn into TLS.
#[derive(Clone, Copy, Debug)]
pub(super) struct Before {
    bytes: u64,
    /// Those of directions that begin in the recording.
    read: u64,
    /// Of a direction whose start is missing, what went by of it: of a hello that was cut, the rest is told by nothing.
    torn: PerDirection<Option<Torn>>,
    /// The connection may have begun before the recording.
    is_mid_stream: bool,
    /// It is a request to a proxy, or what one says of the client.
    is_of_proxy: bool,
}

/// What of a direction is none that can be read, from its first byte on.
#[derive(Clone, Copy, Debug)]
struct Torn {
    from: u64,
    end: u64,
    cause: GapCause,
    carrier: Carrier,
}

impl Before {
    /// Nothing yet. `whole`: the connection begins with a SYN.
    pub(super) const fn new(whole: bool) -> Self {
        Self {
            bytes: 0,
            read: 0,
            torn: PerDirection { orig: None, resp: None },
            is_mid_stream: !whole,
            is_of_proxy: false,
        }
    }

    /// A hole. At the start of a direction TLS may have begun in it.
    pub(super) fn hole(&mut self, event: &StreamEvent<'_>) {
        let StreamEvent::Gap { dir, offset, len, cause, carrier } = *event else { return };
        let end = offset.saturating_add(len);
        match &mut self.torn[dir] {
            Some(torn) => torn.end = end,
            None if self.read == 0 => self.torn[dir] = Some(Torn { from: offset, end, cause, carrier }),
            None => {}
        }
        self.is_mid_stream = true;
    }

    /// Takes the next bytes; whether TLS begins with them.
    pub(super) fn tls_begins(&mut self, dir: Direction, bytes: &[u8]) -> bool {
        match Begins::of(bytes) {
            Begins::Hello => return true,
            Begins::Open if self.bytes == 0 && !bytes.is_empty() => return true,
            // Behind plain text it would be chance.
            Begins::Record if self.bytes == 0 && self.is_mid_stream => return true,
            _ => {}
        }
        match &mut self.torn[dir] {
            Some(torn) => torn.end = torn.end.saturating_add(bytes.len() as u64),
            None => self.read = self.read.saturating_add(bytes.len() as u64),
        }
        if self.bytes == 0 {
            let signs: [&[u8]; 3] = [b"CONNECT ", b"PROXY ", b"\r\n\r\n\0\r\nQUIT\n"];
            self.is_of_proxy = signs.iter().any(|sign| bytes.starts_with(sign));
        }
        self.bytes = self.bytes.saturating_add(bytes.len() as u64);
        false
    }

    /// Whether too much has gone by.
    pub(super) const fn is_over(&self) -> bool {
        self.bytes > MAX_BEFORE
    }
}

/// What goes with events on their way.
pub(super) struct Way<'w> {
    pub(super) keys: &'w Keys,
    pub(super) limits: &'w Limits,
    pub(super) weirds: &'w mut Weirds,
}

impl Secured {
    /// TLS that begins behind what was said `before`.
    pub(super) fn new(before: Before) -> Self {
        Self {
            tls: Tls::new(),
            is_opaque: false,
            seen: PerDirection::default(),
            is_other: before.read > 0 && !before.is_of_proxy,
            has_client: false,
            plain_answer: None,
        }
    }

    /// Takes what is missing `before` it.
    pub(super) fn missed(
        &mut self,
        before: Before,
        dissector: &mut Dissector,
        way: &mut Way<'_>,
        sink: &mut impl FnMut(Dissected<'_>),
    ) {
        for dir in [Direction::Orig, Direction::Resp] {
            if let Some(Torn { from, end, cause, carrier }) = before.torn[dir] {
                let len = end.saturating_sub(from);
                let event = StreamEvent::Gap { dir, offset: from, len, cause, carrier };
                self.push(&event, dissector, way, sink);
            }
        }
    }

    /// Takes the next event of TCP.
    pub(super) fn push(
        &mut self,
        event: &StreamEvent<'_>,
        dissector: &mut Dissector,
        way: &mut Way<'_>,
        sink: &mut impl FnMut(Dissected<'_>),
    ) {
        self.look_at_answer(event);
        self.note(event);
        let Way { keys, limits, weirds } = way;
        if self.is_opaque {
            self.tls.push(event, keys, limits, weirds, &mut |_| {});
            dissector.push(event, limits, weirds, sink);
            return;
        }
        if !self.has_client
            && self.tls.facts().offer.is_some()
            && let Some(client) = self.tls.client()
        {
            self.has_client = true;
            *dissector = Dissector::asked_by(client);
        }
        let mut later = Weirds::default();
        self.tls.push(event, keys, limits, weirds, &mut |inner| {
            dissector.push(&inner, limits, &mut later, sink);
        });
        weirds.merge(later);
        if matches!(self.tls.status(), Status::Opaque(_)) {
            self.turn_opaque(dissector, way, sink);
        }
    }

    /// No more comes. What waited for keys until now did so in vain.
    pub(super) fn finish(
        &mut self,
        dissector: &mut Dissector,
        way: &mut Way<'_>,
        sink: &mut impl FnMut(Dissected<'_>),
    ) {
        if self.is_opaque {
            return;
        }
        let Way { keys, limits, weirds } = way;
        let mut later = Weirds::default();
        self.tls.finish(keys, limits, weirds, &mut |inner| {
            dissector.push(&inner, limits, &mut later, sink);
        });
        weirds.merge(later);
        if !self.tls.facts().decrypted || self.is_empty() {
            self.turn_opaque(dissector, way, sink);
        }
    }

    /// Whether nothing has come yet that says what it carries.
    pub(super) fn is_still_empty(&self) -> bool {
        !self.is_opaque && self.is_empty()
    }

    /// Whether it carried nothing, though it could be read: nothing of the client's, and nothing of another protocol's server, which
    /// speaks first.
    fn is_empty(&self) -> bool {
        let facts = self.tls.facts();
        let of = |role: Role| facts.records[role].application > 0 || facts.records[role].lost > 0;
        !of(Role::Client) && (!of(Role::Server) || facts.alpn.is_some())
    }

    /// Bytes of memory behind what waits.
    pub(super) fn held(&self) -> usize {
        self.tls.held()
    }

    /// Whether what comes later may still be read.
    pub(super) fn is_waiting(&self) -> bool {
        matches!(self.tls.status(), Status::Waiting)
    }

    /// What it shows of the connection so far.
    pub(super) fn facts(&self) -> TlsFacts {
        TlsFacts { plain_answer: self.plain_answer, ..self.tls.facts().clone() }
    }

    /// What it shows of the connection.
    pub(super) fn into_facts(self) -> TlsFacts {
        let mut facts = self.tls.into_facts();
        facts.plain_answer = self.plain_answer;
        facts
    }

    /// The host that the hello names.
    pub(super) fn sni(&self) -> Option<&Text> {
        self.tls.facts().offer.as_deref()?.sni.as_ref()
    }

    /// Whether what nobody can read may be WebSocket: what came before, and the protocols that the client offered (ALPN),
    /// leave it open.
    pub(super) fn may_be_websocket(&self) -> bool {
        let offered = self.tls.facts().offer.as_deref().map_or(&[][..], |offer| &offer.alpn);
        let is_http = |name: &[u8]| matches!(name, b"http/1.1" | b"http/1.0" | b"h2");
        // What servers and clients make up to be unlike any other (RFC 8701) says nothing.
        !self.is_other
            && (offered.is_empty() || offered.iter().any(|name| is_http(name.as_sent().as_bytes())))
    }

    /// Looks at the first that the server sends behind the client's hello.
    fn look_at_answer(&mut self, event: &StreamEvent<'_>) {
        let &StreamEvent::Data { dir, bytes, carrier, .. } = event else { return };
        let is_answer = !self.seen[dir].has_begun
            && self.tls.facts().offer.is_some()
            && self.tls.client().is_some_and(|client| client != dir);
        if is_answer && !bytes.is_empty() && Begins::of(bytes) == Begins::Neither {
            let mark = TlsMark { at: carrier.at, packet: carrier.packet };
            self.plain_answer = Some(TlsPlainAnswer { is_http: bytes.starts_with(b"HTTP/1."), mark });
        }
    }

    fn note(&mut self, event: &StreamEvent<'_>) {
        match *event {
            StreamEvent::Data { dir, offset, bytes, .. } => {
                self.seen[dir].position = offset.saturating_add(bytes.len() as u64);
                self.seen[dir].has_begun = true;
            }
            StreamEvent::Gap { dir, offset, len, .. } => {
                self.seen[dir].position = offset.saturating_add(len);
                self.seen[dir].has_begun = true;
            }
            StreamEvent::Acked { dir, offset, carrier } => self.seen[dir].acked = Some((offset, carrier)),
            StreamEvent::End { dir, how, carrier } => self.seen[dir].end = Some((how, carrier)),
            StreamEvent::Conflict { .. } => {}
        }
    }

    /// From here on only TCP is told, and what it has shown so far.
    fn turn_opaque(
        &mut self,
        dissector: &mut Dissector,
        way: &mut Way<'_>,
        sink: &mut impl FnMut(Dissected<'_>),
    ) {
        self.is_opaque = true;
        if !self.may_be_websocket() {
            *dissector = Dissector::nothing();
            return;
        }
        *dissector = Dissector::encrypted(self.tls.client().unwrap_or(Direction::Orig));
        for dir in [Direction::Orig, Direction::Resp] {
            if let Some((offset, carrier)) = self.seen[dir].acked {
                let event = StreamEvent::Acked { dir, offset, carrier };
                dissector.push(&event, way.limits, way.weirds, sink);
            }
        }
        let mut ends: Vec<_> = [Direction::Orig, Direction::Resp]
            .into_iter()
            .filter_map(|dir| self.seen[dir].end.map(|(how, carrier)| (dir, how, carrier)))
            .collect();
        ends.sort_by_key(|(_, _, carrier)| carrier.map(|carrier| carrier.packet));
        for (dir, how, carrier) in ends {
            dissector.push(&StreamEvent::End { dir, how, carrier }, way.limits, way.weirds, sink);
        }
    }
}
