//! What a whole head says.

use crate::dissect::transactions::{Http2Role, Stage, Transactions, Verdict};
use crate::dissect::{Dissected, Item, Out};
use crate::http::{
    Body, HTTP3_OFFERED, Length, RequestHead, ResponseHead, offers_http3, request_head, response_head,
    upgrade,
};
use crate::model::{
    AcceptValue, Carrier, Direction, Evidence, Observed, PacketNo, Role, UpgradeResponse, WeirdKind,
};

/// A request that waits for its response.
#[derive(Debug)]
pub(super) struct Asked {
    method: Method,
    /// For a request that asks for the WebSocket protocol: the accept value its key asks for, where it has one.
    pub(super) upgrade: Option<Option<AcceptValue>>,
    /// Offset of its first byte.
    start: u64,
    /// The packet that completed its head.
    packet: PacketNo,
}

/// An answer that waits for the start of its body, which may come in later segments.
#[derive(Debug)]
pub(super) struct Answer {
    response: Box<UpgradeResponse>,
    evidence: Evidence,
    body: Body,
}

/// What matters of a method to the length of its response (RFC 9112 6.3).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Method {
    Connect,
    Head,
    Other,
}

impl Transactions {
    /// A whole request head.
    pub(super) fn request<S: FnMut(Dissected<'_>)>(
        &mut self,
        dir: Direction,
        head: &[u8],
        start: u64,
        carrier: Carrier,
        out: &mut Out<'_, S>,
    ) -> Verdict {
        let len = head.len() as u64;
        let head = match request_head(head) {
            // How a client begins HTTP/2 (RFC 9113 3.4), with what goes on behind an empty line.
            Ok((head, _)) if head.method == b"PRI" && head.version == b"HTTP/2.0" => {
                return Verdict::Http2(Http2Role::Client(dir));
            }
            Ok((head, _)) if head.version < b"HTTP/2".as_slice() => head,
            _ => return self.malformed(dir, carrier, out),
        };
        self.answered(out);
        let is_asked = upgrade::is_asked(&head);
        if is_asked && upgrade::has_more_parts(head.fields, out.limits.max_handshake_parts) {
            return self.too_many_parts(dir, start, len, carrier, out);
        }
        let upgrade = is_asked.then(|| {
            let mut request = Box::new(upgrade::request(&head));
            request.facts.unfinished = self.unfinished;
            let expected = request.key().map(|key| upgrade::expected_accept(key.as_sent()));
            let evidence = Evidence::Capture { carrier, offset: start };
            out.emit(Role::Client, Observed::Request(request), Some(evidence));
            expected
        });
        self.candidate |= upgrade.is_some();
        let length = match Length::of_request(&head) {
            Ok(length) => length,
            // An opening handshake has no body: a server that grants it has not looked for one.
            Err(_) if upgrade.is_some() => Length::Bytes(0),
            Err(_) => return self.malformed(dir, carrier, out),
        };
        self.asked = Some(Asked { method: Method::of(&head), upgrade, start, packet: carrier.packet });
        self.sides[dir].stage = Stage::body(length);
        Verdict::Open
    }

    /// A whole response head.
    pub(super) fn response<S: FnMut(Dissected<'_>)>(
        &mut self,
        dir: Direction,
        head: &[u8],
        start: u64,
        carrier: Carrier,
        out: &mut Out<'_, S>,
    ) -> Verdict {
        let len = head.len() as u64;
        let Ok((head, _)) = response_head(head) else { return self.not_http(dir, head, start, carrier, out) };
        if head.status != 101 && (100..200).contains(&head.status) {
            return Verdict::Open;
        }
        if head.fields.values("Alt-Svc").any(offers_http3) {
            out.weirds.add(WeirdKind::Http3Offered, Some(carrier.packet), || HTTP3_OFFERED.to_owned());
        }
        self.answered(out);
        let Some(asked) = self.asked.take_if(|asked| asked.may_answer(&head, &carrier)) else {
            return self.passed_over(dir, &head);
        };
        if asked.upgrade.is_some() && upgrade::has_more_parts(head.fields, out.limits.max_handshake_parts) {
            return self.too_many_parts(dir, start, len, carrier, out);
        }
        let length = Length::of_response(&head, asked.method == Method::Head).unwrap_or(Length::UntilClose);
        let mut switches = false;
        if let Some(expected) = asked.upgrade {
            let mut response = Box::new(upgrade::response(&head, expected, Vec::new()));
            // The field that says so may be cut off.
            response.switches |= head.status == 101 && self.cut[dir];
            switches = response.switches;
            response.facts.early = self.sent_early(dir.flip(), start);
            let evidence = Evidence::Capture { carrier, offset: start };
            self.answer = Some(Box::new(Answer { response, evidence, body: Body::new(length) }));
            // Only what has no body is over already; what follows the head comes by way of `answer_body`.
            self.answer_body(&[], out);
        }
        if head.status == 101 {
            // The client goes on with its preface (RFC 7540 3.2).
            let is_h2c = !switches && head.fields.has_token("Upgrade", "h2c");
            return match switches {
                true => self.switch(dir),
                false if is_h2c => Verdict::Open,
                false => self.give_up(),
            };
        }
        if asked.method == Method::Connect && (200..300).contains(&head.status) {
            // A tunnel: what follows in both directions is a connection of its own.
            return Verdict::Open;
        }
        self.after_response(dir, length)
    }

    /// What the client sent behind its request before it can have received any of a response that begins at `start`.
    fn sent_early(&self, client: Direction, start: u64) -> Option<Evidence> {
        let Some(Item::Data { offset, carrier, .. }) = self.sides[client].held.front() else { return None };
        let is_early = carrier.acked.is_none_or(|acked| acked <= start);
        is_early.then_some(Evidence::Capture { carrier, offset })
    }

    /// The next bytes of the body of the answer, which is given away when enough of it is there.
    pub(super) fn answer_body<S: FnMut(Dissected<'_>)>(&mut self, bytes: &[u8], out: &mut Out<'_, S>) {
        if self.answer.as_mut().is_some_and(|answer| answer.push(bytes)) {
            self.answered(out);
        }
    }

    /// Gives the answer away, its body being over or known as far as it will be.
    pub(super) fn answered<S: FnMut(Dissected<'_>)>(&mut self, out: &mut Out<'_, S>) {
        if let Some(answer) = self.answer.take() {
            out.emit(Role::Server, Observed::Response(answer.response), Some(answer.evidence));
        }
    }

    /// A response that answers no request of the recording.
    fn passed_over(&mut self, dir: Direction, head: &ResponseHead<'_>) -> Verdict {
        if head.status == 101 {
            return self.give_up();
        }
        self.after_response(dir, Length::of_response(head, false).unwrap_or(Length::UntilClose))
    }

    fn after_response(&mut self, dir: Direction, length: Length) -> Verdict {
        if length == Length::UntilClose {
            return self.give_up();
        }
        self.sides[dir].stage = Stage::body(length);
        Verdict::Open
    }

    /// The client may still be sending the body of the request that asked.
    fn switch(&mut self, server: Direction) -> Verdict {
        self.switched = true;
        match self.sides[server.flip()].stage {
            Stage::Body(_) => Verdict::Open,
            Stage::Head | Stage::Ignored => Verdict::Switch,
        }
    }
}

impl Answer {
    /// Bytes of memory behind it.
    pub(super) fn weight(&self) -> usize {
        self.response.weight()
    }

    /// Takes the next bytes of the body, chunks joined. True where no more of them are wanted.
    fn push(&mut self, bytes: &[u8]) -> bool {
        let start = self.response.body_start.as_sent_mut();
        let read = self.body.push(bytes, |content| {
            let room = upgrade::MAX_BODY_START - start.len();
            start.extend_from_slice(content.get(..room).unwrap_or(content));
        });
        // A fault in the body is met again when it is read.
        read.is_err() || self.body.is_done() || start.len() == upgrade::MAX_BODY_START
    }
}

impl Asked {
    /// Whether the response can be to this request. Where the recording begins late the first response may be to
    /// a request before it: then the server had not received this one, or nothing is known of what it had
    /// received and it stands before the request.
    fn may_answer(&self, head: &ResponseHead<'_>, carrier: &Carrier) -> bool {
        match carrier.acked {
            Some(acked) => acked > self.start,
            None => carrier.packet >= self.packet || head.status == 101,
        }
    }
}

impl Method {
    fn of(head: &RequestHead<'_>) -> Self {
        match head.method {
            b"CONNECT" => Self::Connect,
            b"HEAD" => Self::Head,
            _ => Self::Other,
        }
    }
}
