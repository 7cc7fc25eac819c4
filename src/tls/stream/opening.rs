//! Records are opened, or not, and what is inside is handed on.

use crate::model::{
    Carrier, Direction, GapCause, StreamEvent, TlsFacts, TlsKeys, TlsRecord, TlsUndecrypted, WeirdKind,
};
use crate::tls::Out;
use crate::tls::half::{Epoch, Protection};
use crate::tls::record::{ContentType, Header};
use crate::tls::stream::{MAX_BLIND, MAX_FAILURES, MAX_UNOPENED, Place, Seen, Stream, half_reset};

impl Stream {
    pub(super) fn open(&mut self, dir: Direction, header: Header, body: &mut [u8]) -> Seen {
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
    pub(super) fn failed<S: FnMut(StreamEvent<'_>)>(
        &mut self,
        dir: Direction,
        place: Place,
        out: &mut Out<'_, S>,
    ) {
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
                format!("a TLS record of {} bytes could not be decrypted", place.header.len)
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
    pub(in crate::tls) fn wrong_keys<S: FnMut(StreamEvent<'_>)>(
        &mut self,
        carrier: Option<Carrier>,
        out: &mut Out<'_, S>,
    ) {
        let packet = carrier.map(|carrier| carrier.packet);
        out.weirds.add(WeirdKind::TlsKeysWrong, packet, || {
            "the keys given for its client random decrypt none of its records".to_owned()
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
    pub(in crate::tls) fn opaque(&mut self, why: TlsUndecrypted) {
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
    pub(in crate::tls) fn seal(&mut self, dir: Direction) {
        self.halves[dir].protection = Protection::Opaque;
        if self.facts.undecrypted.is_none() {
            self.facts.undecrypted = Some(match self.session.has_keys {
                true => TlsUndecrypted::KeysMissing,
                false => TlsUndecrypted::HelloUnseen,
            });
        }
    }

    /// A record that nothing opens.
    pub(in crate::tls) fn sealed<S: FnMut(StreamEvent<'_>)>(
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

    pub(super) fn application<S: FnMut(StreamEvent<'_>)>(
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
    pub(super) fn count(&mut self, dir: Direction, place: Place, len: u32) {
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
    pub(super) fn proven<S: FnMut(StreamEvent<'_>)>(&mut self, out: &mut Out<'_, S>) {
        self.session.has_opened = true;
        self.facts.decrypted = true;
        for dir in [Direction::Orig, Direction::Resp] {
            if let Some((how, carrier)) = self.ends[dir].take() {
                self.tell_end(dir, how, carrier, out);
            }
        }
    }
}
