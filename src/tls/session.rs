//! The handshake: what both sides settle, and the keys that follow from it.

use crate::model::{
    Carrier, Direction, GapCause, PerRole, StreamEvent, Text, TlsKeys, TlsOffer, TlsUndecrypted, TlsVersion,
    WeirdKind,
};
use crate::tls::Out;
use crate::tls::crypt::{Opener, Suite};
use crate::tls::half::{Epoch, Keyed, Protection};
use crate::tls::hello::{
    ClientHello, Random, ServerHello, client_hello, encrypted_extensions, has_certificate, message,
    message_header, server_hello,
};
use crate::tls::keys::{Keys, Label, Secret};
use crate::tls::messages::Next;
use crate::tls::schedule::Material;
use crate::tls::stream::{Place, Stream};

/// What a cipher adds to a record of TLS 1.3: its type and the tag.
const OVERHEAD_13: u32 = 17;

/// Where the handshake is.
#[derive(Debug, Default)]
pub(super) struct Session {
    pub(super) knows_client: bool,
    client_random: Option<Random>,
    server_random: Option<Random>,
    session_id: Vec<u8>,
    /// Settled by the server.
    pub(super) version: Option<TlsVersion>,
    /// Settled by the server, where it can be opened.
    pub(super) suite: Option<Suite>,
    /// Something settled by the server cannot be opened.
    is_unsupported: bool,
    /// The server said that its part is done: a whole handshake, up to TLS 1.2.
    pub(super) is_full: bool,
    /// Keys were found.
    pub(super) has_keys: bool,
    /// The keys of the handshake itself are not among them.
    pub(super) is_blind: bool,
    /// Keys may still come, and what follows waits.
    pub(super) is_waiting: bool,
    /// A record was opened.
    pub(super) has_opened: bool,
    /// One was opened with the keys of application data.
    pub(super) has_opened_application: bool,
    /// Records that did not open before any did.
    pub(super) failures: u64,
    /// What is told of them where nothing opens any: their places, and whether they were counted as lost.
    pub(super) unopened: Vec<(Direction, Place, bool)>,
    /// Records of the client may be early data.
    pub(super) may_be_early: bool,
    pub(super) early: Option<Early>,
}

/// Early data of the client.
#[derive(Clone, Copy, Debug)]
pub(super) struct Early {
    /// Its bytes.
    pub(super) bytes: u64,
    /// Those of the last record, which says that it was the last.
    pub(super) last: u64,
    pub(super) carrier: Carrier,
}

impl Session {
    pub(super) fn is_13(&self) -> bool {
        self.version.is_some_and(|version| version >= TlsVersion::TLS_1_3)
    }

    /// Whether a client has said hello and no server answered yet.
    pub(super) const fn is_before_answer(&self) -> bool {
        self.client_random.is_some() && self.version.is_none()
    }

    /// What a record has at least besides its plain text.
    pub(super) fn overhead(&self) -> u32 {
        let least = if self.is_13() || self.version.is_none() { OVERHEAD_13 } else { 16 };
        self.suite.map_or(least, |suite| u32::try_from(suite.overhead()).unwrap_or(least))
    }

    pub(super) fn forget_keys(&mut self) {
        self.has_keys = false;
    }
}

/// The keys of a connection, as a key log has them.
enum Found<'a> {
    Master(&'a Secret),
    Traffic {
        handshake: [Option<&'a Secret>; 2],
        application: [&'a Secret; 2],
    },
    /// Some, but not those that it takes.
    Missing,
    None,
}

impl<'a> Found<'a> {
    fn of(random: &Random, is_13: bool, keys: &'a Keys) -> Self {
        let get = |label| keys.get(random, label);
        if !is_13 {
            return get(Label::Master).map_or(Self::None, Self::Master);
        }
        let handshake = [get(Label::ClientHandshake), get(Label::ServerHandshake)];
        match [get(Label::ClientTraffic), get(Label::ServerTraffic)] {
            [Some(client), Some(server)] => Self::Traffic { handshake, application: [client, server] },
            [None, None] if handshake.iter().all(Option::is_none) => Self::None,
            _ => Self::Missing,
        }
    }
}

fn text(bytes: &[u8]) -> Text {
    Text::from(String::from_utf8_lossy(bytes).into_owned())
}

fn offer(hello: &ClientHello<'_>) -> Box<TlsOffer> {
    let mut offer = Box::<TlsOffer>::default();
    offer.random = hello.random;
    offer.sni = hello.sni.map(text);
    offer.alpn = hello.alpn.iter().take(<TlsOffer>::MAX_ALPN).map(|name| text(name)).collect();
    offer.version = Some(hello.version);
    offer.suites = u16::try_from(hello.suites.len()).unwrap_or(u16::MAX);
    offer.session_id = !hello.session_id.is_empty();
    offer.ticket = hello.ticket;
    offer.psk = hello.psk;
    offer.early_data = hello.early_data;
    offer.ech = hello.ech;
    offer
}

impl Stream {
    pub(super) const fn is_waiting(&self) -> bool {
        self.session.is_waiting
    }

    /// A record of the handshake.
    pub(super) fn messages<S: FnMut(StreamEvent<'_>)>(
        &mut self,
        dir: Direction,
        place: Place,
        mut text: &[u8],
        out: &mut Out<'_, S>,
    ) {
        if !self.session.knows_client && !begins_message(text) && self.halves[dir].messages.is_empty() {
            // The recording begins in the middle.
            self.seal(dir);
            return self.sealed(dir, place, out);
        }
        loop {
            match self.halves[dir].messages.next(&mut text, out.limits.max_tls_handshake_bytes) {
                Next::None => return,
                Next::TooLong(kind, len) => {
                    out.weirds.add(WeirdKind::TlsHandshakeCap, Some(place.carrier.packet), || {
                        format!("a handshake message of type {kind} claims {len} bytes")
                    });
                }
                Next::Message(kind, body) => self.message(dir, place, kind, &body, out),
            }
        }
    }

    fn message<S: FnMut(StreamEvent<'_>)>(
        &mut self,
        dir: Direction,
        place: Place,
        kind: u8,
        body: &[u8],
        out: &mut Out<'_, S>,
    ) {
        let role = self.role(dir);
        let version = self.session.version;
        match kind {
            message::CLIENT_HELLO => match client_hello(body) {
                Some(hello) => {
                    self.client_hello(dir, &hello);
                    self.facts.hello.client.get_or_insert(place.mark());
                }
                None => malformed("ClientHello", place, out),
            },
            message::SERVER_HELLO => match server_hello(body) {
                Some(hello) => {
                    if !hello.is_retry {
                        self.facts.hello.server.get_or_insert(place.mark());
                    }
                    self.server_hello(dir, &hello, out);
                }
                None => malformed("ServerHello", place, out),
            },
            message::ENCRYPTED_EXTENSIONS => match encrypted_extensions(body) {
                Some((alpn, early)) => {
                    self.facts.alpn = alpn.map(text);
                    self.early_answer(early);
                }
                None => malformed("EncryptedExtensions", place, out),
            },
            message::CERTIFICATE => {
                self.facts.certificate[role] |= has_certificate(body, version.unwrap_or(TlsVersion::TLS_1_2));
            }
            message::COMPRESSED_CERTIFICATE => self.facts.certificate[role] = true,
            message::SERVER_HELLO_DONE => self.session.is_full = true,
            message::FINISHED => {
                self.facts.finished[role].get_or_insert(place.mark());
                self.finished(dir);
            }
            message::KEY_UPDATE => self.key_update(dir),
            _ => {}
        }
    }

    fn client_hello(&mut self, dir: Direction, hello: &ClientHello<'_>) {
        let session = &mut self.session;
        session.is_full = false;
        session.client_random = Some(hello.random);
        session.session_id = hello.session_id.to_vec();
        if self.facts.offer.is_some() {
            // Asked for by the server, or another handshake.
            session.may_be_early = false;
            if session.version.is_some() {
                session.server_random = None;
                self.facts.renegotiations += 1;
            }
            return;
        }
        session.may_be_early = hello.early_data;
        self.facts.offer = Some(offer(hello));
        self.know_client(dir);
    }

    /// Who the client is; what was noted until now of the two sides may have to change places.
    fn know_client(&mut self, dir: Direction) {
        if !self.session.knows_client && self.client != dir {
            self.client = dir;
            let facts = &mut self.facts;
            swap(&mut facts.certificate);
            swap(&mut facts.finished);
            swap(&mut facts.close_notify);
            swap(&mut facts.key_updates);
            swap(&mut facts.records);
            swap(&mut facts.cut);
            for by in facts
                .alerts
                .iter_mut()
                .map(|alert| &mut alert.by)
                .chain(facts.last.iter_mut().map(|one| &mut one.by))
            {
                *by = by.peer();
            }
        }
        self.session.knows_client = true;
    }

    fn server_hello<S: FnMut(StreamEvent<'_>)>(
        &mut self,
        dir: Direction,
        hello: &ServerHello<'_>,
        out: &mut Out<'_, S>,
    ) {
        if self.facts.offer.is_none() {
            self.know_client(dir.flip());
        }
        if hello.is_retry {
            self.facts.hello_retry = true;
            return;
        }
        let is_first = self.session.version.is_none();
        let is_13 = hello.version >= TlsVersion::TLS_1_3;
        if is_first {
            self.facts.version = Some(hello.version);
            self.facts.cipher = Some(hello.suite);
            self.facts.alpn = hello.alpn.map(text);
            let echoed = !hello.session_id.is_empty() && hello.session_id == self.session.session_id;
            self.facts.resumed = match is_13 {
                true => Some(hello.psk),
                false if echoed => Some(true),
                // The messages that follow tell.
                false => None,
            };
            if is_13 && !hello.psk {
                self.early_answer(false);
            }
        }
        let session = &mut self.session;
        session.version = Some(hello.version);
        session.suite = Suite::of(hello.suite, hello.version, hello.encrypt_then_mac);
        session.is_unsupported = session.suite.is_none() || hello.compressed;
        session.server_random = Some(hello.random);
        session.may_be_early &= is_13;
        if self.facts.undecrypted.is_some() || self.find_keys(out) {
            self.protect_from_answer();
            return;
        }
        match self.why_not(out.keys) {
            // The keys that hold open what comes before others do.
            Some(_) if !is_first => {
                self.halves.orig.next = None;
                self.halves.resp.next = None;
            }
            Some(TlsUndecrypted::NoKeys | TlsUndecrypted::KeysMissing) if out.keys.may_grow() => {
                self.session.is_waiting = true;
            }
            Some(why) => self.give_up(why, out),
            None => {
                self.wrong_keys(None, out);
                self.protect_from_answer();
            }
        }
    }

    /// Why there are no keys.
    fn why_not(&self, keys: &Keys) -> Option<TlsUndecrypted> {
        let Some(random) = &self.session.client_random else { return Some(TlsUndecrypted::HelloUnseen) };
        if self.session.is_unsupported {
            return Some(TlsUndecrypted::Unsupported);
        }
        match Found::of(random, self.session.is_13(), keys) {
            Found::Missing => Some(TlsUndecrypted::KeysMissing),
            Found::None => Some(TlsUndecrypted::NoKeys),
            Found::Master(_) | Found::Traffic { .. } => None,
        }
    }

    /// Takes the keys of the handshake if they are known. What waits can go on then.
    pub(super) fn find_keys<S>(&mut self, out: &Out<'_, S>) -> bool {
        let session = &mut self.session;
        let (Some(client), Some(server), Some(suite)) =
            (session.client_random, session.server_random, session.suite)
        else {
            return false;
        };
        if session.is_unsupported {
            return false;
        }
        let both = |client: Opener, server: Opener, secrets: [Option<Material>; 2], epoch| {
            let [of_client, of_server] = secrets;
            PerRole {
                client: Keyed::new(client, suite, epoch, of_client),
                server: Keyed::new(server, suite, epoch, of_server),
            }
        };
        let origin;
        match Found::of(&client, session.is_13(), out.keys) {
            Found::Missing | Found::None => return false,
            Found::Master(master) => {
                origin = master.origin();
                let Some([of_client, of_server]) = suite.openers_12(master.bytes(), &client, &server) else {
                    return false;
                };
                let keyed = both(of_client, of_server, [None, None], Epoch::Application);
                self.halves[self.client].next = Some(keyed.client);
                self.halves[self.client.flip()].next = Some(keyed.server);
            }
            Found::Traffic { handshake, application } => {
                origin = application[0].origin();
                let opened = |secret: &Secret, epoch| {
                    let opener = suite.opener_13(secret.bytes())?;
                    let secret =
                        (epoch == Epoch::Application).then(|| Material::new(secret.bytes().to_vec()));
                    Some(Keyed::new(opener, suite, epoch, secret))
                };
                let [Some(of_client), Some(of_server)] =
                    application.map(|secret| opened(secret, Epoch::Application))
                else {
                    return false;
                };
                let sides =
                    [(self.client, of_client, handshake[0]), (self.client.flip(), of_server, handshake[1])];
                for (dir, mut application, handshake) in sides {
                    let half = &mut self.halves[dir];
                    match handshake.and_then(|secret| opened(secret, Epoch::Handshake)) {
                        Some(handshake) => {
                            half.protection = Protection::Keyed(handshake);
                            half.next = Some(application);
                        }
                        None => {
                            application.is_blind = true;
                            session.is_blind = true;
                            half.protection = Protection::Keyed(application);
                        }
                    }
                }
            }
        }
        session.has_keys = true;
        session.is_waiting = false;
        self.facts.keys = origin;
        true
    }

    /// In TLS 1.3 all is encrypted after the server's hello.
    fn protect_from_answer(&mut self) {
        if self.session.is_13() && !self.session.has_keys {
            for dir in [Direction::Orig, Direction::Resp] {
                self.halves[dir].protection = Protection::Opaque;
            }
        }
    }

    /// There will be no keys.
    pub(super) fn give_up<S: FnMut(StreamEvent<'_>)>(&mut self, why: TlsUndecrypted, out: &mut Out<'_, S>) {
        self.session.is_waiting = false;
        let why = match why {
            TlsUndecrypted::NoKeys => self.why_not(out.keys).unwrap_or(why),
            _ => why,
        };
        if why == TlsUndecrypted::KeysMissing {
            out.weirds.add(WeirdKind::TlsKeysMissing, None, || {
                "the key log lacks its keys for both sides' application data".to_owned()
            });
        }
        self.facts.keys = TlsKeys::None;
        self.opaque(why);
        self.protect_from_answer();
    }

    fn early_answer(&mut self, taken: bool) {
        if self.facts.offer.as_ref().is_none_or(|offer| !offer.early_data)
            || self.facts.early_accepted.is_some()
        {
            return;
        }
        self.facts.early_accepted = Some(taken);
    }

    /// Early data that the server took, or may have taken, are part of what the client sent.
    pub(super) fn owe_early(&mut self) {
        if let Some(Early { bytes, last, carrier }) = self.session.early.take()
            && self.facts.early_accepted != Some(false)
        {
            let len = bytes.saturating_sub(last);
            if len > 0 {
                self.halves[self.client].inner.owe(len, GapCause::Undecrypted, carrier);
            }
        }
    }

    /// A side has ended its part: in TLS 1.3 the keys of application data follow.
    fn finished(&mut self, dir: Direction) {
        let half = &mut self.halves[dir];
        if let Protection::Keyed(keyed) = &mut half.protection
            && keyed.epoch == Epoch::Handshake
            && let Some(next) = half.next.take()
        {
            *keyed = next;
        }
    }

    fn key_update(&mut self, dir: Direction) {
        let role = self.role(dir);
        if let Protection::Keyed(keyed) = &mut self.halves[dir].protection
            && let Some(updated) = keyed.updated()
        {
            *keyed = updated;
            self.facts.key_updates[role] += 1;
        }
    }
}

/// Whether the bytes can begin a message of the handshake.
fn begins_message(text: &[u8]) -> bool {
    message_header(text).is_none_or(|(kind, len)| kind <= message::COMPRESSED_CERTIFICATE && len < 1 << 16)
}

fn malformed<S>(what: &str, place: Place, out: &mut Out<'_, S>) {
    out.weirds.add(WeirdKind::MalformedTls, Some(place.carrier.packet), || format!("an invalid {what}"));
}

fn swap<T>(pair: &mut PerRole<T>) {
    std::mem::swap(&mut pair.client, &mut pair.server);
}
