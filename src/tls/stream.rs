//! Both directions of a connection: records to events.

use crate::model::{
    AlertDescription, AlertLevel, Carrier, Direction, GapCause, PerDirection, Role, StreamEnd, StreamEvent,
    TlsAlert, TlsFacts, TlsKeys, TlsMark, TlsRecord, TlsUndecrypted, TlsVersion, WeirdKind,
};
use crate::tls::half::{Epoch, Framing, Half, Keyed, Protection, Torn};
use crate::tls::record::{ContentType, HEADER_LEN, Header, MAX_BODY_13, header};
use crate::tls::seek::{Candidate, Found, Judged, Seek};
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

    fn gap<S: FnMut(StreamEvent<'_>)>(
        &mut self,
        dir: Direction,
        from: u64,
        end: u64,
        cause: GapCause,
        carrier: Carrier,
        out: &mut Out<'_, S>,
    ) {
        let half = &mut self.halves[dir];
        half.position = end;
        match &mut half.framing {
            Framing::Whole => {
                let start = from.saturating_sub(half.record.len() as u64);
                let header = header(&half.record);
                half.record.clear();
                match header {
                    Some(header) => {
                        let torn = Torn {
                            header,
                            end: start.saturating_add(header.wire_len() as u64),
                            cause,
                            carrier,
                        };
                        half.framing = Framing::Torn(torn);
                        self.torn_upto(dir, end, out);
                    }
                    None => half.framing = Framing::Seeking(Box::new(Seek::new(start, end, cause, carrier))),
                }
            }
            Framing::Passing(place, _) => {
                let torn = Torn { header: place.header, end: place.end(), cause, carrier };
                half.framing = Framing::Torn(torn);
                self.torn_upto(dir, end, out);
            }
            Framing::Torn(_) => self.torn_upto(dir, end, out),
            Framing::Seeking(seek) => seek.gap(end),
            Framing::Lost(_) => self.lost(dir, end.saturating_sub(from), cause, carrier, end, out),
        }
    }

    /// Nothing came of a torn record up to `end`.
    fn torn_upto<S: FnMut(StreamEvent<'_>)>(&mut self, dir: Direction, end: u64, out: &mut Out<'_, S>) {
        let Framing::Torn(torn) = self.halves[dir].framing else { return };
        if torn.end <= end {
            let half = &mut self.halves[dir];
            half.framing = if torn.end == end {
                Framing::Whole
            } else {
                Framing::Seeking(Box::new(Seek::new(torn.end, end, torn.cause, torn.carrier)))
            };
            self.torn(dir, torn, out);
        }
    }

    /// A torn record is over.
    fn torn<S: FnMut(StreamEvent<'_>)>(&mut self, dir: Direction, torn: Torn, out: &mut Out<'_, S>) {
        let Torn { header, end, cause, carrier } = torn;
        let role = self.role(dir);
        let half = &mut self.halves[dir];
        half.is_torn = true;
        half.messages.reset();
        self.facts.records[role].lost += 1;
        match &mut half.protection {
            Protection::Keyed(keyed) => {
                keyed.number += 1;
                keyed.tries += 1;
                keyed.is_blind |= !keyed.is_proven;
                if keyed.may_be_application(header) {
                    let len = keyed.plain_len(header);
                    self.lost(dir, len, cause, carrier, end, out);
                }
            }
            Protection::Opaque => self.lost_sealed(dir, header, cause, carrier, end, out),
            Protection::Plain => half.missed = half.missed.saturating_add(1),
        }
    }

    /// Goes on looking for a record. Gives the bytes that follow, where one was found.
    fn seek<S: FnMut(StreamEvent<'_>)>(
        &mut self,
        dir: Direction,
        out: &mut Out<'_, S>,
    ) -> Vec<(u64, Vec<u8>, Carrier)> {
        let session = &self.session;
        let half = &mut self.halves[dir];
        let Framing::Seeking(seek) = &mut half.framing else { return Vec::new() };
        let fits = |header| session.fits(header);
        let found = match &half.protection {
            Protection::Keyed(keyed) => {
                let next = half.next.as_deref();
                let judge = |candidate: &Candidate<'_>| judge(candidate, keyed, next);
                seek.search(fits, Some(judge), Number::Next)
            }
            Protection::Plain | Protection::Opaque => {
                seek.search(fits, None::<fn(&Candidate<'_>) -> Judged<Number>>, Number::Next)
            }
        };
        match found {
            Found::Open => Vec::new(),
            Found::Never => {
                let (from, cause, carrier) = (seek.from, seek.cause, seek.carrier);
                half.framing = Framing::Lost(cause);
                out.weirds.add(WeirdKind::TlsRecordsLost, Some(carrier.packet), || {
                    format!("no TLS record was found behind {from} bytes of its sender's stream")
                });
                let end = half.position;
                self.lost(dir, end.saturating_sub(from), cause, carrier, end, out);
                Vec::new()
            }
            Found::At(offset, number) => {
                let Framing::Seeking(seek) = std::mem::take(&mut half.framing) else { return Vec::new() };
                half.is_torn = true;
                half.messages.reset();
                self.found(dir, &seek, offset, number, out);
                seek.into_pieces(offset)
            }
        }
    }

    /// The record at `offset` is the next one.
    fn found<S: FnMut(StreamEvent<'_>)>(
        &mut self,
        dir: Direction,
        seek: &Seek,
        offset: u64,
        number: Number,
        out: &mut Out<'_, S>,
    ) {
        let missing = offset.saturating_sub(seek.from);
        let role = self.role(dir);
        let half = &mut self.halves[dir];
        half.missed = half.missed.saturating_add(missing / (HEADER_LEN as u64 + MIN_BODY));
        let keyed = match &mut half.protection {
            Protection::Keyed(keyed) => keyed,
            Protection::Opaque => return self.lost(dir, missing, seek.cause, seek.carrier, offset, out),
            Protection::Plain => return,
        };
        let mut records = match number {
            Number::Next => 0,
            Number::Of(number) => number.saturating_sub(keyed.number),
            Number::OfNext(number) => {
                if let Some(next) = half.next.take() {
                    *keyed = next;
                }
                number
            }
            Number::OfUpdated(number) => {
                if let Some(next) = keyed.updated() {
                    *keyed = next;
                    self.facts.key_updates[role] += 1;
                }
                number.saturating_add(1)
            }
        };
        if let Number::Of(number) | Number::OfNext(number) | Number::OfUpdated(number) = number {
            (keyed.number, keyed.is_blind) = (number, false);
        }
        let overhead = HEADER_LEN + keyed.suite.overhead();
        let is_application = keyed.epoch == Epoch::Application;
        // Bytes that were no records are lost all the same.
        if seek.cause == GapCause::Undecrypted {
            records = records.max(u64::from(missing > 0));
        }
        self.facts.records[role].lost += records;
        let len = missing.saturating_sub(records.saturating_mul(overhead as u64));
        if records > 0 {
            out.weirds.add(WeirdKind::TlsRecordsMissed, Some(seek.carrier.packet), || {
                format!("{records} TLS records are missing in {missing} bytes")
            });
        }
        if is_application && records > 0 && len > 0 {
            self.lost(dir, len, seek.cause, seek.carrier, offset, out);
        }
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

    fn open(&mut self, dir: Direction, header: Header, body: &mut [u8]) -> Seen {
        let (is_client, is_13) = (dir == self.client, self.session.is_13());
        let content = header.content;
        let is_early = is_client && self.session.may_be_early;
        let half = &mut self.halves[dir];
        if let Protection::Plain = half.protection {
            let is_data = content == ContentType::APPLICATION_DATA;
            if is_data && is_early {
                return Seen::Early;
            }
            // ChangeCipherSpec may be missing, and more.
            let next = match content {
                ContentType::CHANGE_CIPHER_SPEC => None,
                _ => half.next.take_if(|_| is_data || half.is_torn),
            };
            match next {
                Some(mut next) => {
                    (next.is_blind, next.tries) = (true, (half.missed + 1).min(MAX_BLIND));
                    if let Some(opened) = next.open_blind(header, body) {
                        half.protection = Protection::Keyed(next);
                        return Seen::Text(opened.content, opened.plain);
                    }
                    if !is_data {
                        half.next = Some(next);
                        return Seen::Text(content, 0..body.len());
                    }
                    half.protection = Protection::Keyed(next);
                    return Seen::Failed;
                }
                None if is_data => self.seal(dir),
                None => return Seen::Text(content, 0..body.len()),
            }
        }
        let half = &mut self.halves[dir];
        let is_plain = is_13 && content != ContentType::APPLICATION_DATA;
        let keyed = match &mut half.protection {
            _ if is_plain => return Seen::Text(content, 0..body.len()),
            Protection::Opaque if content == ContentType::CHANGE_CIPHER_SPEC => {
                return Seen::Text(content, 0..body.len());
            }
            Protection::Plain | Protection::Opaque => return Seen::Sealed,
            Protection::Keyed(keyed) => keyed,
        };
        let opened = match keyed.is_blind {
            false => keyed.open(header, body),
            true => keyed.open_blind(header, body),
        };
        if let Some(opened) = opened {
            return Seen::Text(opened.content, opened.plain);
        }
        if is_early && !keyed.is_proven {
            return Seen::Early;
        }
        // The end of the handshake may be missing.
        if keyed.epoch == Epoch::Handshake
            && let Some(mut next) = half.next.take()
        {
            if let Some(opened) = next.open(header, body) {
                *keyed = next;
                return Seen::Text(opened.content, opened.plain);
            }
            half.next = Some(next);
        }
        Seen::Failed
    }

    /// A record was not opened.
    fn failed<S: FnMut(StreamEvent<'_>)>(&mut self, dir: Direction, place: Place, out: &mut Out<'_, S>) {
        let role = self.role(dir);
        let half = &mut self.halves[dir];
        let Protection::Keyed(keyed) = &mut half.protection else { return };
        let (is_proven, was_blind) = (keyed.is_proven, keyed.is_blind);
        keyed.number += 1;
        keyed.tries += 1;
        keyed.is_blind |= !is_proven;
        let tries = keyed.tries;
        // Its type may be what is damaged, and its length.
        let is_application = keyed.epoch == Epoch::Application
            && (is_proven || place.header.content == ContentType::APPLICATION_DATA);
        let len = keyed.plain_len(place.header).max(1);
        let is_expected = was_blind && !is_proven && self.session.is_blind;
        if !is_expected {
            self.facts.records[role].lost += 1;
        }
        if is_proven {
            out.weirds.add(WeirdKind::TlsRecordDamaged, Some(place.carrier.packet), || {
                format!("a TLS record of {} bytes did not open", place.header.len)
            });
        } else {
            self.session.failures += 1;
            if !self.session.has_opened_application && self.session.unopened.len() < MAX_UNOPENED {
                self.session.unopened.push((dir, place, !is_expected));
            }
            let max = if self.session.is_blind { MAX_BLIND } else { MAX_FAILURES };
            if tries > max && !self.session.has_opened_application {
                return self.wrong_keys(Some(place.carrier), out);
            }
        }
        if !is_expected {
            half_reset(&mut self.halves[dir]);
            if is_application {
                self.lost(dir, len, GapCause::Undecrypted, place.carrier, place.end(), out);
            }
        }
    }

    /// Nothing of the connection was opened.
    pub(super) fn wrong_keys<S: FnMut(StreamEvent<'_>)>(
        &mut self,
        carrier: Option<Carrier>,
        out: &mut Out<'_, S>,
    ) {
        let packet = carrier.map(|carrier| carrier.packet);
        out.weirds.add(WeirdKind::TlsKeysWrong, packet, || {
            "the keys that are given for its client random open none of its records".to_owned()
        });
        self.facts.keys = TlsKeys::Wrong;
        self.opaque(TlsUndecrypted::KeysWrong);
        // As if there had been none.
        for (dir, place, was_lost) in std::mem::take(&mut self.session.unopened) {
            let role = self.role(dir);
            self.facts.records[role].lost -= u64::from(was_lost);
            self.sealed(dir, place, out);
        }
    }

    /// Nothing is opened from here on.
    pub(super) fn opaque(&mut self, why: TlsUndecrypted) {
        self.facts.undecrypted = Some(why);
        self.facts.decrypted = self.session.has_opened_application;
        for dir in [Direction::Orig, Direction::Resp] {
            let half = &mut self.halves[dir];
            if let Protection::Keyed(_) = half.protection {
                half.protection = Protection::Opaque;
            }
            half.next = None;
        }
        self.session.forget_keys();
    }

    /// A direction is encrypted, and why cannot be told from the handshake.
    pub(super) fn seal(&mut self, dir: Direction) {
        self.halves[dir].protection = Protection::Opaque;
        if self.facts.undecrypted.is_none() {
            self.facts.undecrypted = Some(match self.session.has_keys {
                true => TlsUndecrypted::KeysMissing,
                false => TlsUndecrypted::HelloUnseen,
            });
        }
    }

    /// A record that nothing opens.
    pub(super) fn sealed<S: FnMut(StreamEvent<'_>)>(
        &mut self,
        dir: Direction,
        place: Place,
        out: &mut Out<'_, S>,
    ) {
        let role = self.role(dir);
        let overhead = self.session.overhead();
        let len = u32::from(place.header.len).saturating_sub(overhead);
        match place.header.content {
            ContentType::APPLICATION_DATA => {
                self.count(dir, place, len);
                self.lost_sealed(dir, place.header, GapCause::Undecrypted, place.carrier, place.end(), out);
            }
            ContentType::ALERT => self.note_alert(role, place, None, None, true),
            ContentType::HANDSHAKE if self.facts.finished[role].is_none() => {
                self.facts.finished[role] = Some(place.mark());
            }
            _ => {}
        }
    }

    fn application<S: FnMut(StreamEvent<'_>)>(
        &mut self,
        dir: Direction,
        place: Place,
        text: &[u8],
        out: &mut Out<'_, S>,
    ) {
        // No longer than a record.
        self.count(dir, place, u32::try_from(text.len()).unwrap_or(u32::MAX));
        if dir == self.client {
            self.owe_early();
        }
        self.pay(dir, out);
        if !text.is_empty() {
            let carrier = self.inside(dir, place.carrier);
            let offset = self.halves[dir].inner.advance(text.len() as u64, place.end());
            (out.sink)(StreamEvent::Data { dir, offset, bytes: text, carrier });
        }
    }

    /// Counts a record of application data, or one that could be.
    fn count(&mut self, dir: Direction, place: Place, len: u32) {
        let by = self.role(dir);
        let records = &mut self.facts.records[by];
        records.application += 1;
        records.bytes = records.bytes.saturating_add(u64::from(len));
        let mark = place.mark();
        records.first.get_or_insert(mark);
        records.last = Some(mark);
        if self.facts.last.len() == <TlsFacts>::MAX_LAST {
            self.facts.last.remove(0);
        }
        self.facts.last.push(TlsRecord { by, len, mark });
    }

    /// A record was opened for the first time.
    fn proven<S: FnMut(StreamEvent<'_>)>(&mut self, out: &mut Out<'_, S>) {
        self.session.has_opened = true;
        self.facts.decrypted = true;
        for dir in [Direction::Orig, Direction::Resp] {
            if let Some((how, carrier)) = self.ends[dir].take() {
                self.tell_end(dir, how, carrier, out);
            }
        }
    }

    /// Tells what is owed of a direction.
    fn pay<S: FnMut(StreamEvent<'_>)>(&mut self, dir: Direction, out: &mut Out<'_, S>) {
        if let Some((len, cause, carrier)) = self.halves[dir].inner.owed() {
            let offset = self.halves[dir].inner.advance(len, 0);
            let carrier = self.inside(dir, carrier);
            (out.sink)(StreamEvent::Gap { dir, offset, len, cause, carrier });
        }
    }

    /// `len` application bytes are lost, of what ends at `outer`.
    fn lost<S: FnMut(StreamEvent<'_>)>(
        &mut self,
        dir: Direction,
        len: u64,
        cause: GapCause,
        carrier: Carrier,
        outer: u64,
        out: &mut Out<'_, S>,
    ) {
        let half = &mut self.halves[dir];
        let is_proven = match &half.protection {
            Protection::Keyed(keyed) => keyed.is_proven && self.session.has_opened,
            Protection::Opaque if self.session.has_opened_application => true,
            Protection::Opaque | Protection::Plain => return,
        };
        if len == 0 {
            return;
        }
        if !is_proven {
            return half.inner.owe(len, cause, carrier);
        }
        self.pay(dir, out);
        let offset = self.halves[dir].inner.advance(len, outer);
        let carrier = self.inside(dir, carrier);
        (out.sink)(StreamEvent::Gap { dir, offset, len, cause, carrier });
    }

    /// A record of application data is lost that nothing would have opened.
    fn lost_sealed<S: FnMut(StreamEvent<'_>)>(
        &mut self,
        dir: Direction,
        header: Header,
        cause: GapCause,
        carrier: Carrier,
        outer: u64,
        out: &mut Out<'_, S>,
    ) {
        if header.content == ContentType::APPLICATION_DATA {
            let len = u32::from(header.len).saturating_sub(self.session.overhead());
            self.lost(dir, u64::from(len), cause, carrier, outer, out);
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

    fn end<S: FnMut(StreamEvent<'_>)>(
        &mut self,
        dir: Direction,
        how: StreamEnd,
        carrier: Option<Carrier>,
        out: &mut Out<'_, S>,
    ) {
        let role = self.role(dir);
        let half = &mut self.halves[dir];
        half.inner.fin = (how == StreamEnd::Fin).then_some(half.position);
        self.facts.cut[role] |=
            !half.record.is_empty() || matches!(half.framing, Framing::Torn(_) | Framing::Passing(..));
        if let Framing::Seeking(seek) = &half.framing {
            let (from, cause, by) = (seek.from, seek.cause, seek.carrier);
            let end = half.position;
            half.framing = Framing::Lost(cause);
            self.lost(dir, end.saturating_sub(from), cause, by, end, out);
        }
        if self.session.has_opened {
            self.tell_end(dir, how, carrier, out);
        } else {
            self.ends[dir] = Some((how, carrier));
        }
    }

    fn tell_end<S: FnMut(StreamEvent<'_>)>(
        &mut self,
        dir: Direction,
        how: StreamEnd,
        carrier: Option<Carrier>,
        out: &mut Out<'_, S>,
    ) {
        if self.facts.undecrypted.is_some() && !self.session.has_opened_application {
            return;
        }
        let carrier = carrier.map(|carrier| self.inside(dir, carrier));
        (out.sink)(StreamEvent::End { dir, how, carrier });
    }

    fn alert(&mut self, dir: Direction, place: Place, text: &[u8]) {
        let role = self.role(dir);
        let encrypted = match self.halves[dir].protection {
            Protection::Plain => false,
            Protection::Keyed(_) | Protection::Opaque => {
                !(self.session.is_13() && place.header.content == ContentType::ALERT)
            }
        };
        let (alerts, rest) = text.as_chunks::<2>();
        if !rest.is_empty() || alerts.is_empty() {
            // Encrypted by keys that nothing is known of, as where the recording begins in the middle.
            return self.note_alert(role, place, None, None, true);
        }
        for &[level, description] in alerts {
            self.note_alert(role, place, level_of(level), Some(AlertDescription(description)), encrypted);
        }
    }

    fn note_alert(
        &mut self,
        by: Role,
        place: Place,
        level: Option<AlertLevel>,
        description: Option<AlertDescription>,
        encrypted: bool,
    ) {
        if description == Some(AlertDescription::CLOSE_NOTIFY) {
            self.facts.close_notify[by].get_or_insert(place.mark());
        } else if self.facts.alerts.len() < <TlsFacts>::MAX_ALERTS {
            let TlsMark { at, packet } = place.mark();
            self.facts.alerts.push(TlsAlert { by, level, description, encrypted, at, packet });
        }
    }

    /// ChangeCipherSpec: up to TLS 1.2 the next record is protected by what was settled last.
    fn change_cipher(&mut self, dir: Direction) {
        let is_client = dir == self.client;
        // Of TLS 1.3 it is for show, and comes after a hello.
        if self.session.is_13() || self.session.is_before_answer() {
            return;
        }
        let half = &mut self.halves[dir];
        if is_client && matches!(half.protection, Protection::Opaque) && self.facts.finished.client.is_some()
        {
            self.facts.renegotiations += 1;
        }
        half.messages.reset();
        let is_torn = half.is_torn;
        match half.next.take() {
            Some(next) => half.protection = Protection::Keyed(next),
            None => self.seal(dir),
        }
        if !is_client && self.facts.resumed.is_none() && !is_torn && self.session.version.is_some() {
            self.facts.resumed = Some(!self.session.is_full);
        }
    }
}

fn half_reset(half: &mut Half) {
    half.is_torn = true;
    half.messages.reset();
}

const fn level_of(level: u8) -> Option<AlertLevel> {
    match level {
        1 => Some(AlertLevel::Warning),
        2 => Some(AlertLevel::Fatal),
        _ => None,
    }
}

/// Which record was found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Number {
    /// It is not known.
    Next,
    /// By the keys that hold.
    Of(u64),
    /// By those that come after them.
    OfNext(u64),
    /// By those after a KeyUpdate.
    OfUpdated(u64),
}

/// Whether keys open a record, and as which.
fn judge(candidate: &Candidate<'_>, keyed: &Keyed, next: Option<&Keyed>) -> Judged<Number> {
    let tries = candidate.tries(keyed.suite.overhead());
    let mut body = candidate.body.to_vec();
    let mut opens = |keyed: &Keyed, number: u64| {
        if keyed.opener.is_destructive() {
            body.copy_from_slice(candidate.body);
        }
        keyed.opener.open(number, candidate.header, &mut body).is_some()
    };
    let first = if keyed.is_proven { keyed.number } else { 0 };
    let most = if keyed.is_proven { tries } else { tries.saturating_add(keyed.tries) };
    for missing in 0..=most {
        let number = first.saturating_add(missing);
        if opens(keyed, number) {
            return Judged::Yes(Number::Of(number));
        }
    }
    if let Some(next) = next {
        for number in 0..=tries {
            if opens(next, number) {
                return Judged::Yes(Number::OfNext(number));
            }
        }
    }
    if let Some(updated) = keyed.updated() {
        for number in 0..=tries {
            if opens(&updated, number) {
                return Judged::Yes(Number::OfUpdated(number));
            }
        }
    }
    Judged::No
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
