//! Both directions of a connection: records to events.

mod ends;
mod holes;
mod opening;

use crate::model::{
    Carrier, Direction, GapCause, PerDirection, Role, StreamEnd, StreamEvent, TlsFacts, TlsMark, TlsVersion,
    WeirdKind,
};
use crate::tls::half::{Epoch, Framing, Half, Protection};
use crate::tls::record::{ContentType, HEADER_LEN, Header, MAX_BODY_13, header};
use crate::tls::seek::Seek;
use crate::tls::session::{Early, Session};
use crate::tls::{Out, Status};

/// Records that keys may fail to open, of those that open nothing else, before they are called wrong.
const MAX_FAILURES: u64 = 8;

/// The same where those of the handshake are not in the key log, so that its records cannot be opened.
const MAX_BLIND: u64 = 64;

/// So many of both sides are remembered until then.
const MAX_UNOPENED: usize = 2 * (MAX_BLIND as usize + 1);

/// Room for records that come in one segment: for messages of a line, and for all that a segment on Ethernet holds.
const MAX_SHORT: usize = 256;
const MAX_SEGMENT: usize = 1_500;

/// Shortest body of an encrypted record: an empty one of an AEAD.
const MIN_BODY: u64 = 16;

/// Where the rest of an event goes that has to wait.
pub(super) type Wait<'a> = dyn FnMut(&StreamEvent<'_>) + 'a;

#[derive(Debug)]
pub(super) struct Stream {
    pub(super) facts: TlsFacts,
    /// Who sends as client; a guess until a hello was seen.
    pub(super) client: Direction,
    pub(super) session: Session,
    pub(super) halves: PerDirection<Half>,
    /// Ends that are told once a record was opened.
    ends: PerDirection<Option<(StreamEnd, Option<Carrier>)>>,
}

impl Default for Stream {
    fn default() -> Self {
        Self {
            facts: TlsFacts::default(),
            client: Direction::Orig,
            session: Session::default(),
            halves: PerDirection::default(),
            ends: PerDirection::default(),
        }
    }
}

/// A record as it is handed on: its header, its offset in TCP, what brought its first byte.
#[derive(Clone, Copy, Debug)]
pub(super) struct Place {
    pub(super) header: Header,
    pub(super) start: u64,
    pub(super) carrier: Carrier,
}

impl Place {
    pub(super) const fn mark(self) -> TlsMark {
        TlsMark { at: self.carrier.at, packet: self.carrier.packet }
    }

    const fn end(self) -> u64 {
        self.start.saturating_add(HEADER_LEN as u64 + self.header.len as u64)
    }
}

/// What became of a record.
enum Seen {
    /// Its plain text.
    Text(ContentType, std::ops::Range<usize>),
    /// It is encrypted and nothing opens it.
    Sealed,
    /// It did not open, though it could have.
    Failed,
    /// Early data.
    Early,
}

impl Stream {
    pub(super) fn status(&self) -> Status {
        match self.facts.undecrypted {
            _ if self.session.has_opened_application => Status::Decrypting,
            Some(why) => Status::Opaque(why),
            None if self.session.has_opened => Status::Decrypting,
            None if self.session.has_keys => Status::Keyed,
            None => Status::Handshake,
        }
    }

    /// Bytes of records that are open.
    pub(super) fn held(&self) -> usize {
        self.halves.orig.record.capacity() + self.halves.resp.record.capacity()
    }

    pub(super) const fn client(&self) -> Option<Direction> {
        if self.session.knows_client { Some(self.client) } else { None }
    }

    pub(super) const fn facts(&self) -> &TlsFacts {
        &self.facts
    }

    pub(super) fn into_facts(self) -> TlsFacts {
        self.facts
    }

    pub(super) fn role(&self, dir: Direction) -> Role {
        if dir == self.client { Role::Client } else { Role::Server }
    }

    pub(super) fn push<S: FnMut(StreamEvent<'_>)>(
        &mut self,
        event: &StreamEvent<'_>,
        out: &mut Out<'_, S>,
        wait: &mut Wait<'_>,
    ) {
        match *event {
            StreamEvent::Data { dir, offset, bytes, carrier } => {
                self.data(dir, offset, bytes, carrier, out, wait);
            }
            StreamEvent::Gap { dir, offset, len, cause, carrier } => {
                self.gap(dir, offset, offset.saturating_add(len), cause, carrier, out);
            }
            StreamEvent::Acked { dir, offset, carrier } => {
                self.halves[dir].inner.acked = Some((offset, carrier));
                self.tell_acked(dir, out);
            }
            StreamEvent::End { dir, how, carrier } => self.end(dir, how, carrier, out),
            // Of offsets that are not those inside, and `dissect` does without.
            StreamEvent::Conflict { .. } => {}
        }
    }

    /// The events are over: what is still open is decided.
    pub(super) fn finish<S: FnMut(StreamEvent<'_>)>(&mut self, out: &mut Out<'_, S>) {
        let nothing_opened = self.session.failures > 0 && !self.session.has_opened_application;
        if nothing_opened && self.facts.undecrypted.is_none() {
            self.wrong_keys(None, out);
        }
    }

    fn data<S: FnMut(StreamEvent<'_>)>(
        &mut self,
        dir: Direction,
        offset: u64,
        bytes: &[u8],
        carrier: Carrier,
        out: &mut Out<'_, S>,
        wait: &mut Wait<'_>,
    ) {
        let mut pieces = Vec::new();
        let used = self.piece(dir, offset, bytes, carrier, &mut pieces, out);
        let mut keep = |offset: u64, bytes: &[u8], used: usize, carrier| {
            if let Some(bytes) = bytes.get(used..).filter(|rest| !rest.is_empty()) {
                wait(&StreamEvent::Data { dir, offset: offset.saturating_add(used as u64), bytes, carrier });
            }
        };
        // What was kept while a record was looked for; another may have to be looked for in it.
        while let Some((offset, bytes, carrier)) = pieces.pop() {
            let used = self.piece(dir, offset, &bytes, carrier, &mut pieces, out);
            keep(offset, &bytes, used, carrier);
        }
        keep(offset, bytes, used, carrier);
        self.tell_acked(dir, out);
    }

    /// Takes bytes that go on where the last ended, all of them unless the keys are to be waited for. Gives how many. What
    /// was kept and goes on from here is put on `pieces`, the first on top.
    fn piece<S: FnMut(StreamEvent<'_>)>(
        &mut self,
        dir: Direction,
        offset: u64,
        bytes: &[u8],
        carrier: Carrier,
        pieces: &mut Vec<(u64, Vec<u8>, Carrier)>,
        out: &mut Out<'_, S>,
    ) -> usize {
        let mut done = 0;
        while let Some(rest) = bytes.get(done..).filter(|rest| !rest.is_empty()) {
            let role = self.role(dir);
            if self.session.is_waiting {
                break;
            }
            let here = offset.saturating_add(done as u64);
            let half = &mut self.halves[dir];
            done += match &mut half.framing {
                Framing::Whole => self.fill(dir, here, rest, carrier, out),
                Framing::Torn(torn) => {
                    let torn = *torn;
                    let left = usize::try_from(torn.end.saturating_sub(here)).unwrap_or(usize::MAX);
                    if left <= rest.len() {
                        half.framing = Framing::Whole;
                        self.torn(dir, torn, out);
                    }
                    left.min(rest.len())
                }
                Framing::Passing(place, left) => {
                    let (place, used) = (*place, (*left).min(rest.len()));
                    *left -= used;
                    if *left == 0 {
                        half.framing = Framing::Whole;
                        self.facts.records[role].count += 1;
                        self.sealed(dir, place, out);
                    }
                    used
                }
                Framing::Seeking(seek) => {
                    seek.push(here, rest, carrier);
                    done += rest.len();
                    self.halves[dir].position = here.saturating_add(rest.len() as u64);
                    pieces.extend(self.seek(dir, out).into_iter().rev());
                    return done;
                }
                Framing::Lost(cause) => {
                    let cause = *cause;
                    self.lost(
                        dir,
                        rest.len() as u64,
                        cause,
                        carrier,
                        here.saturating_add(rest.len() as u64),
                        out,
                    );
                    rest.len()
                }
            };
            self.halves[dir].position = offset.saturating_add(done as u64);
        }
        done
    }

    /// Bytes of the record that is open, or begins. Gives how many were used.
    fn fill<S: FnMut(StreamEvent<'_>)>(
        &mut self,
        dir: Direction,
        here: u64,
        bytes: &[u8],
        carrier: Carrier,
        out: &mut Out<'_, S>,
    ) -> usize {
        if self.halves[dir].record.is_empty() {
            let used = match bytes.len() {
                0..=MAX_SHORT => self.whole::<S, MAX_SHORT>(dir, here, bytes, carrier, out),
                _ => self.whole::<S, MAX_SEGMENT>(dir, here, bytes, carrier, out),
            };
            if used > 0 {
                return used;
            }
        }
        let half = &mut self.halves[dir];
        if half.record.is_empty() {
            half.opened = Some(carrier);
        }
        let opened = half.opened.unwrap_or(carrier);
        let had = half.record.len();
        let mut used = 0;
        if had < HEADER_LEN {
            used = (HEADER_LEN - had).min(bytes.len());
            half.record.extend_from_slice(bytes.get(..used).unwrap_or_default());
        }
        let Some(header) = header(&half.record) else { return used };
        let start = here.saturating_sub(had as u64);
        if !self.session.fits(header) {
            self.no_record(dir, start, header, opened, out);
            return used;
        }
        if half.is_sealed(header, self.session.is_13()) {
            half.record.clear();
            let place = Place { header, start, carrier: opened };
            half.framing = Framing::Passing(place, usize::from(header.len));
            return used;
        }
        let missing = header.wire_len().saturating_sub(half.record.len());
        let body = bytes.get(used..).unwrap_or_default();
        let body = body.get(..missing).unwrap_or(body);
        half.record.extend_from_slice(body);
        used += body.len();
        if body.len() == missing {
            let mut record = std::mem::take(&mut half.record);
            half.position = start.saturating_add(record.len() as u64);
            self.record(
                dir,
                Place { header, start, carrier: opened },
                record.split_at_mut(HEADER_LEN).1,
                out,
            );
            record.clear();
            self.halves[dir].record = record;
        }
        used
    }

    /// A record that `bytes` begin with and hold whole, of at most `MAX` bytes: it is opened where it need not be kept, so that
    /// connections that send short ones have no room of their own for them. Gives how many bytes were used; 0 where there is
    /// none.
    #[inline]
    fn whole<S: FnMut(StreamEvent<'_>), const MAX: usize>(
        &mut self,
        dir: Direction,
        here: u64,
        bytes: &[u8],
        carrier: Carrier,
        out: &mut Out<'_, S>,
    ) -> usize {
        let Some(header) = header(bytes) else { return 0 };
        let mut room = [0; MAX];
        let (Some(body), Some(room)) =
            (bytes.get(HEADER_LEN..header.wire_len()), room.get_mut(..usize::from(header.len)))
        else {
            return 0;
        };
        let half = &mut self.halves[dir];
        if !self.session.fits(header) || half.is_sealed(header, self.session.is_13()) {
            return 0;
        }
        room.copy_from_slice(body);
        half.position = here.saturating_add(header.wire_len() as u64);
        self.record(dir, Place { header, start: here, carrier }, room, out);
        header.wire_len()
    }

    /// What should be a record is none: one is looked for behind it.
    fn no_record<S>(
        &mut self,
        dir: Direction,
        start: u64,
        header: Header,
        carrier: Carrier,
        out: &mut Out<'_, S>,
    ) {
        let packet = Some(carrier.packet);
        out.weirds.add(WeirdKind::MalformedTls, packet, || {
            format!("no TLS record begins with {:02x?}", header.bytes())
        });
        let half = &mut self.halves[dir];
        let bytes = std::mem::take(&mut half.record);
        let mut seek = Seek::new(start, start, GapCause::Undecrypted, carrier);
        seek.push(start, &bytes, carrier);
        half.framing = Framing::Seeking(Box::new(seek));
    }

    /// A whole record.
    #[inline]
    fn record<S: FnMut(StreamEvent<'_>)>(
        &mut self,
        dir: Direction,
        place: Place,
        body: &mut [u8],
        out: &mut Out<'_, S>,
    ) {
        let role = self.role(dir);
        self.facts.records[role].count += 1;
        let seen = self.open(dir, place.header, body);
        if !self.session.has_opened_application
            && let Protection::Keyed(keyed) = &self.halves[dir].protection
            && keyed.is_proven
        {
            self.session.has_opened_application = keyed.epoch == Epoch::Application;
            if self.session.has_opened_application {
                self.session.unopened = Vec::new();
            }
            self.proven(out);
        }
        match seen {
            Seen::Text(content, plain) => {
                let text = body.get(plain).unwrap_or_default();
                match content {
                    ContentType::APPLICATION_DATA => self.application(dir, place, text, out),
                    ContentType::HANDSHAKE => self.messages(dir, place, text, out),
                    ContentType::ALERT => self.alert(dir, place, text),
                    ContentType::CHANGE_CIPHER_SPEC => self.change_cipher(dir),
                    _ => {}
                }
            }
            Seen::Sealed => self.sealed(dir, place, out),
            Seen::Early => {
                self.facts.early_records += 1;
                let overhead = self.session.suite.map_or(17, |suite| suite.overhead() as u64);
                let len = u64::from(place.header.len).saturating_sub(overhead);
                let early =
                    self.session.early.get_or_insert(Early { bytes: 0, last: 0, carrier: place.carrier });
                (early.bytes, early.last) = (early.bytes.saturating_add(len), len);
            }
            Seen::Failed => self.failed(dir, place, out),
        }
    }

    /// A segment, with its acknowledgement as an offset inside.
    fn inside(&self, by: Direction, carrier: Carrier) -> Carrier {
        Carrier { acked: carrier.acked.and_then(|acked| self.halves[by.flip()].inner.at(acked)), ..carrier }
    }

    fn tell_acked<S: FnMut(StreamEvent<'_>)>(&mut self, dir: Direction, out: &mut Out<'_, S>) {
        if let Some((offset, carrier)) = self.halves[dir].inner.newly_acked() {
            (out.sink)(StreamEvent::Acked { dir, offset, carrier });
        }
    }
}

fn half_reset(half: &mut Half) {
    half.is_torn = true;
    half.messages.reset();
}

impl Session {
    /// Whether a record of the connection can have this header.
    fn fits(&self, header: Header) -> bool {
        header.is_plausible()
            && match self.version {
                Some(version) if version >= TlsVersion::TLS_1_3 => {
                    usize::from(header.len) <= MAX_BODY_13 && header.version <= TlsVersion::TLS_1_2.0
                }
                _ => true,
            }
    }
}
