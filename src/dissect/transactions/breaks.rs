//! Where reading stops: gaps, ends, caps, and what is not HTTP.

use std::mem;

use crate::dissect::head::{MAX_FOREIGN, PartialHead};
use crate::dissect::transactions::{Stage, Transactions, Verdict};
use crate::dissect::{Dissected, Item, Out, role};
use crate::http::{request_head, response_head, upgrade};
use crate::model::{
    Bytes, Carrier, Direction, Evidence, GapCause, Observed, Role, StreamEnd, Undecodable, WeirdKind, count,
};

impl Transactions {
    pub(super) fn gap<S: FnMut(Dissected<'_>)>(
        &mut self,
        dir: Direction,
        offset: u64,
        len: u64,
        cause: GapCause,
        carrier: Carrier,
        out: &mut Out<'_, S>,
    ) -> Verdict {
        if self.client != Some(dir) {
            self.answered(out);
        }
        let passed = match &mut self.sides[dir].stage {
            Stage::Ignored => true,
            Stage::Body(body) => body.skip(len),
            Stage::Head => false,
        };
        if passed {
            return self.end_body(dir);
        }
        if let Some(verdict) = self.end_foreign(dir, out).or_else(|| self.cut_head(dir, carrier, out)) {
            return verdict;
        }
        out.weirds.add(WeirdKind::HandshakeGap, Some(carrier.packet), || {
            format!("{} missing before the upgrade", count(len, "byte"))
        });
        let waits_for_answer = self.asked.as_ref().is_some_and(|asked| asked.upgrade.is_some());
        if self.candidate && (!waits_for_answer || self.client == Some(dir)) {
            return self.lose(dir, offset, Observed::Gap { len, cause }, carrier, out);
        }
        if let (true, Some(client)) = (self.candidate, self.client) {
            let evidence = Some(Evidence::Capture { carrier, offset });
            out.emit(role(dir, client), Observed::Gap { len, cause }, evidence);
        }
        Verdict::PickUp
    }

    /// A head that a gap cut off: its whole lines are read, if they ask for the upgrade or answer that.
    fn cut_head<S: FnMut(Dissected<'_>)>(
        &mut self,
        dir: Direction,
        carrier: Carrier,
        out: &mut Out<'_, S>,
    ) -> Option<Verdict> {
        let (lines, start) = self.sides[dir].head.whole_lines()?;
        let is_client = self.client == Some(dir);
        let is_of_upgrade = if is_client {
            request_head(&lines).is_ok_and(|(head, _)| upgrade::is_asked(&head))
        } else {
            response_head(&lines).is_ok() && self.asked.as_ref().is_some_and(|asked| asked.upgrade.is_some())
        };
        if !is_of_upgrade {
            return None;
        }
        self.sides[dir].head = PartialHead::default();
        self.cut[dir] = true;
        self.cut(Some(carrier), "an HTTP header section is cut off: the missing part is unknown", out);
        let evidence = Evidence::Capture { carrier, offset: start };
        let from = if is_client { Role::Client } else { Role::Server };
        out.emit(from, Observed::HandshakeUnseen, Some(evidence));
        let verdict = if is_client {
            self.request(dir, &lines, start, carrier, out)
        } else {
            self.response(dir, &lines, start, carrier, out)
        };
        if verdict == Verdict::Open && is_client {
            // It has no body that one could tell from what follows.
            self.sides[dir].stage = Stage::Head;
        } else if verdict == Verdict::Open {
            self.answered(out);
            return Some(self.give_up());
        }
        Some(verdict)
    }

    pub(super) fn end<S: FnMut(Dissected<'_>)>(
        &mut self,
        dir: Direction,
        how: StreamEnd,
        carrier: Option<Carrier>,
        out: &mut Out<'_, S>,
    ) -> Verdict {
        self.answered(out);
        self.end_foreign(dir, out);
        self.unfinished(dir, carrier, out);
        let other = dir.flip();
        let stuck = self.waits(other);
        if !self.sides[dir].head.is_empty() && (self.candidate || self.client == Some(dir)) {
            self.cut(carrier, "the stream ends inside an HTTP header section", out);
        }
        let waits = !self.sides[other].held.is_empty();
        if self.mid_stream && stuck && waits && !self.candidate && self.client == Some(dir) {
            // A response waits for a request that was not captured.
            return Verdict::PickUp;
        }
        if !self.candidate {
            return Verdict::NotWebSocket;
        }
        if stuck {
            self.drop_held(other, out);
        }
        self.close(dir, how, carrier, out);
        Verdict::Open
    }

    /// A request that its sender never finished: an attempt all the same, if its whole lines ask for the upgrade.
    fn unfinished<S: FnMut(Dissected<'_>)>(
        &mut self,
        dir: Direction,
        carrier: Option<Carrier>,
        out: &mut Out<'_, S>,
    ) {
        let is_whole = |item: Item<'_>| !matches!(item, Item::Gap { .. });
        if self.candidate
            || self.client != Some(dir)
            || self.mid_stream
            || !self.sides[dir.flip()].held.iter().all(is_whole)
        {
            return;
        }
        let (Some((lines, start)), Some(carrier)) = (self.sides[dir].head.whole_lines(), carrier) else {
            return;
        };
        if request_head(&lines).is_ok_and(|(head, _)| upgrade::is_asked(&head)) {
            self.sides[dir].head = PartialHead::default();
            self.unfinished = true;
            self.request(dir, &lines, start, carrier, out);
        }
    }

    /// What a direction brought before the end of the other one would wait for ever; its own end, where it waits
    /// too, came first.
    fn drop_held<S: FnMut(Dissected<'_>)>(&mut self, dir: Direction, out: &mut Out<'_, S>) {
        let mut held = mem::take(&mut self.sides[dir].held);
        while let Some(item) = held.front() {
            match item {
                Item::Data { offset, bytes, carrier } => {
                    self.sides[dir].position = offset.saturating_add(bytes.len() as u64);
                    self.cut(
                        Some(carrier),
                        "bytes that were waiting for the other side, which ended, are not read",
                        out,
                    );
                }
                Item::Gap { offset, len, .. } => self.sides[dir].position = offset.saturating_add(len),
                Item::End { how, carrier } => self.close(dir, how, carrier, out),
            }
            held.consume(usize::MAX);
        }
    }

    fn close<S: FnMut(Dissected<'_>)>(
        &mut self,
        dir: Direction,
        how: StreamEnd,
        carrier: Option<Carrier>,
        out: &mut Out<'_, S>,
    ) {
        let side = &mut self.sides[dir];
        (side.over, side.stage, side.head) = (true, Stage::Ignored, PartialHead::default());
        let evidence = carrier.map(|carrier| Evidence::Capture { carrier, offset: side.position });
        if let Some(client) = self.client {
            out.emit(role(dir, client), Observed::StreamEnd(how), evidence);
        }
    }

    fn cut<S>(&self, carrier: Option<Carrier>, detail: &str, out: &mut Out<'_, S>) {
        out.weirds.add(WeirdKind::HandshakeGap, carrier.map(|c| c.packet), || detail.to_owned());
    }

    /// What stands at `offset` is no head; `bytes` begins with it.
    pub(super) fn not_http<S: FnMut(Dissected<'_>)>(
        &mut self,
        dir: Direction,
        bytes: &[u8],
        offset: u64,
        carrier: Carrier,
        out: &mut Out<'_, S>,
    ) -> Verdict {
        if let Some(client) = self.tells_foreign(dir) {
            let start = Bytes::from(bytes.get(..MAX_FOREIGN).unwrap_or(bytes));
            let what = Observed::Undecodable(Undecodable::NotHttp { start });
            out.emit(role(dir, client), what, Some(Evidence::Capture { carrier, offset }));
        }
        self.malformed(dir, carrier, out)
    }

    /// Whether it is told how bytes of that direction begin that are no HTTP; then by which client.
    pub(super) fn tells_foreign(&self, dir: Direction) -> Option<Direction> {
        self.client.filter(|_| self.candidate && !self.may_be_frames(dir))
    }

    /// Tells of bytes that are no HTTP, and are all there is.
    fn end_foreign<S: FnMut(Dissected<'_>)>(
        &mut self,
        dir: Direction,
        out: &mut Out<'_, S>,
    ) -> Option<Verdict> {
        let carrier = self.sides[dir].head.foreign()?;
        let head = mem::take(&mut self.sides[dir].head);
        Some(self.not_http(dir, head.bytes(), head.start(), carrier, out))
    }

    pub(super) fn malformed<S>(&mut self, dir: Direction, carrier: Carrier, out: &mut Out<'_, S>) -> Verdict {
        if self.candidate {
            out.weirds.add(WeirdKind::MalformedHttp, Some(carrier.packet), || {
                let from = self.client.map_or("?", |client| role(dir, client).name());
                format!("what the {from} sent is not HTTP/1.1")
            });
            if self.may_be_frames(dir) {
                return Verdict::PickUp;
            }
        } else if self.mid_stream && !self.sides[dir.flip()].held.is_empty() {
            // A response waits for a request that this is not.
            return Verdict::PickUp;
        }
        self.give_up()
    }

    /// Whether what is no head there may be frames, and the response be missing.
    fn may_be_frames(&self, dir: Direction) -> bool {
        let waits_for_answer = self.asked.as_ref().is_some_and(|asked| asked.upgrade.is_some());
        self.mid_stream && waits_for_answer && self.client != Some(dir)
    }

    /// A head that reaches its cap at `offset`.
    pub(super) fn too_long<S: FnMut(Dissected<'_>)>(
        &mut self,
        dir: Direction,
        offset: u64,
        carrier: Carrier,
        out: &mut Out<'_, S>,
    ) -> Verdict {
        let len = out.limits.max_handshake_bytes;
        out.weirds.add(WeirdKind::HandshakeCap, Some(carrier.packet), || {
            format!("an HTTP header section is longer than {len} bytes")
        });
        let what = Observed::Gap { len: len as u64, cause: GapCause::BufferFull };
        self.lose(dir, offset, what, carrier, out)
    }

    /// A head of `len` bytes in more parts than allowed.
    pub(super) fn too_many_parts<S: FnMut(Dissected<'_>)>(
        &mut self,
        dir: Direction,
        offset: u64,
        len: u64,
        carrier: Carrier,
        out: &mut Out<'_, S>,
    ) -> Verdict {
        let max = out.limits.max_handshake_parts;
        out.weirds.add(WeirdKind::HandshakeCap, Some(carrier.packet), || {
            format!("an opening handshake has more than {max} field lines and list elements")
        });
        self.lose(dir, offset, Observed::Gap { len, cause: GapCause::BufferFull }, carrier, out)
    }

    /// Gives up for something that is not known, which is said: what it held is nobody's omission.
    fn lose<S: FnMut(Dissected<'_>)>(
        &mut self,
        dir: Direction,
        offset: u64,
        what: Observed<'_>,
        carrier: Carrier,
        out: &mut Out<'_, S>,
    ) -> Verdict {
        if let (true, Some(client)) = (self.candidate, self.client) {
            out.emit(role(dir, client), what, Some(Evidence::Capture { carrier, offset }));
        }
        self.give_up()
    }

    /// Nothing more can be read. What was observed stays: the connection remains a candidate.
    pub(super) fn give_up(&mut self) -> Verdict {
        if !self.candidate {
            return Verdict::NotWebSocket;
        }
        for side in [&mut self.sides.orig, &mut self.sides.resp] {
            (side.stage, side.head) = (Stage::Ignored, PartialHead::default());
        }
        Verdict::Open
    }
}
