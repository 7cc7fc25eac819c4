//! What is missing of a direction, and how its records are found again behind it.

use crate::model::{Carrier, Direction, GapCause, StreamEvent, WeirdKind};
use crate::tls::Out;
use crate::tls::half::{Epoch, Framing, Keyed, Protection, Torn};
use crate::tls::record::{ContentType, HEADER_LEN, Header, header};
use crate::tls::seek::{Candidate, Found, Judged, Seek};
use crate::tls::stream::{MIN_BODY, Stream};

impl Stream {
    pub(super) fn gap<S: FnMut(StreamEvent<'_>)>(
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
    pub(super) fn torn_upto<S: FnMut(StreamEvent<'_>)>(
        &mut self,
        dir: Direction,
        end: u64,
        out: &mut Out<'_, S>,
    ) {
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
    pub(super) fn torn<S: FnMut(StreamEvent<'_>)>(
        &mut self,
        dir: Direction,
        torn: Torn,
        out: &mut Out<'_, S>,
    ) {
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
    pub(super) fn seek<S: FnMut(StreamEvent<'_>)>(
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
                    format!("no TLS record was found after {from} bytes of its sender's stream")
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

    /// Tells what is owed of a direction.
    pub(super) fn pay<S: FnMut(StreamEvent<'_>)>(&mut self, dir: Direction, out: &mut Out<'_, S>) {
        if let Some((len, cause, carrier)) = self.halves[dir].inner.owed() {
            let offset = self.halves[dir].inner.advance(len, 0);
            let carrier = self.inside(dir, carrier);
            (out.sink)(StreamEvent::Gap { dir, offset, len, cause, carrier });
        }
    }

    /// `len` application bytes are lost, of what ends at `outer`.
    pub(super) fn lost<S: FnMut(StreamEvent<'_>)>(
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
    pub(super) fn lost_sealed<S: FnMut(StreamEvent<'_>)>(
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
