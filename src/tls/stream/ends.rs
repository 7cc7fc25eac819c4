//! Alerts, new keys, and how a direction ends.

use crate::model::{
    AlertDescription, AlertLevel, Carrier, Direction, Role, StreamEnd, StreamEvent, TlsAlert, TlsFacts,
    TlsMark,
};
use crate::tls::Out;
use crate::tls::half::{Framing, Protection};
use crate::tls::record::ContentType;
use crate::tls::stream::{Place, Stream};

impl Stream {
    pub(super) fn end<S: FnMut(StreamEvent<'_>)>(
        &mut self,
        dir: Direction,
        how: StreamEnd,
        carrier: Option<Carrier>,
        out: &mut Out<'_, S>,
    ) {
        let role = self.role(dir);
        let half = &mut self.halves[dir];
        half.inner.fin = (how.is_orderly()).then_some(half.position);
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

    pub(super) fn tell_end<S: FnMut(StreamEvent<'_>)>(
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

    pub(super) fn alert(&mut self, dir: Direction, place: Place, text: &[u8]) {
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

    pub(super) fn note_alert(
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
    pub(super) fn change_cipher(&mut self, dir: Direction) {
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

const fn level_of(level: u8) -> Option<AlertLevel> {
    match level {
        1 => Some(AlertLevel::Warning),
        2 => Some(AlertLevel::Fatal),
        _ => None,
    }
}
