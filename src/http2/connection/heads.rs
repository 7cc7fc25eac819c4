//! Field blocks: requests and responses.

use super::Http2;
use crate::http::offers_http3;
use crate::http2::Step;
use crate::http2::frame::Flags;
use crate::http2::hpack::Field;
use crate::http2::peer::Block;
use crate::http2::stream::{State, Stream};
use crate::model::{Carrier, Direction, GapCause, StreamEnd, StreamEvent};

/// Bytes that the fields of all heads of a connection may take, however few bytes stand for them.
pub(super) const FREE: u64 = 4 << 20;

/// And for each byte that stands for some: a byte can stand for a whole entry of the table.
const RATIO: u64 = 16;

/// A whole field block of a stream.
struct Head {
    id: u32,
    /// Who sent it.
    dir: Direction,
    fields: Vec<Field>,
    /// Where it ends in the connection.
    outer: u64,
    carrier: Carrier,
}

impl Http2 {
    /// A part of a field block has come.
    pub(super) fn block_goes_on(
        &mut self,
        dir: Direction,
        flags: Flags,
        (outer, carrier): (u64, Carrier),
        sink: &mut impl FnMut(u32, Step<'_>),
    ) {
        if !flags.end_headers() {
            return;
        }
        let Some(Block { stream, promised, end_stream, bytes, len }) = self.sides[dir].block.take() else {
            return;
        };
        let max = self.caps.list_bytes;
        self.spare = self.spare.saturating_add(len.saturating_mul(RATIO));
        let decoder = &mut self.sides[dir].decoder;
        let fields = match bytes.map(|bytes| decoder.decode(&bytes, max)) {
            Some(Ok(block)) => {
                self.counts.fields_left_out += block.left_out;
                let rest = (block.left_out > 0).then_some(Field::UNKNOWN);
                Some(block.fields.into_iter().chain(rest).collect::<Vec<_>>())
            }
            Some(Err(_)) | None => {
                decoder.forget();
                let is_too_long = len > self.caps.block_bytes as u64;
                self.counts.blocks_too_long += u64::from(is_too_long);
                self.counts.blocks_unread += u64::from(!is_too_long);
                None
            }
        };
        if promised {
            self.counts.pushed += 1;
            return;
        }
        if let Some(fields) = fields {
            let has = |name: &str| fields.iter().any(|field| field.name.as_deref() == Some(name.as_bytes()));
            let client = match self.client {
                // Who asks is the client, whoever is known to have begun.
                None if has(":status") => Some(dir.flip()),
                None if [":method", ":path", ":scheme", ":protocol"].into_iter().any(has) => Some(dir),
                known => known,
            };
            self.client = client;
            let head = Head { id: stream, dir, fields, outer, carrier };
            match client {
                Some(client) if client == dir => self.request(head, sink),
                Some(_) => self.response(head, sink),
                None => {}
            }
        }
        if end_stream {
            self.end_stream(dir, stream, outer, carrier, sink);
        }
    }

    /// HEADERS of the client: a request, or what comes behind one.
    fn request(&mut self, head: Head, sink: &mut impl FnMut(u32, Step<'_>)) {
        let Head { id, dir, mut fields, outer, carrier } = head;
        if self.streams.contains_key(&id) || self.counts.others.contains(id) {
            return;
        }
        let value = |name: &str| find(&fields, name);
        let is_connect = value(":method") == Some(b"CONNECT");
        // Where the table is not known, what it may say.
        let is_unclear = value(":method").is_none_or(|_| is_connect)
            && fields.iter().any(|field| field.name.is_none() || field.value.is_none());
        let protocol = value(":protocol");
        let asks = is_connect && protocol == Some(b"websocket");
        if !(asks || is_unclear && protocol.is_none()) || !self.has_room() {
            self.counts.others.add(id);
            match protocol {
                Some(_) if is_connect => self.counts.other_protocols += u64::from(!asks),
                _ if is_connect => self.counts.tunnels += 1,
                _ => self.counts.requests += 1,
            }
            return;
        }
        let server = &self.sides[dir.flip()];
        let was_invited = (self.is_whole || server.has_settings).then_some(server.takes_connect);
        let mut stream = Stream::new(State::Asked, was_invited);
        // The request takes a byte, so that who has acknowledged it can be told.
        let _ = stream.inner[dir].advance(1, outer);
        self.sides[dir].sent(outer, id);
        let carrier = stream.carrier(dir, carrier);
        self.insert(id, stream);
        self.afford(&mut fields);
        sink(id, Step::Request { dir, fields, carrier, is_sure: asks, was_invited });
    }

    /// HEADERS of the server: an answer, one before it, or trailers.
    fn response(&mut self, head: Head, sink: &mut impl FnMut(u32, Step<'_>)) {
        let Head { id, dir, mut fields, outer, carrier } = head;
        self.counts.http3_offers += u64::from(find(&fields, "alt-svc").is_some_and(offers_http3));
        let Some(stream) = self.streams.get_mut(&id).filter(|stream| stream.state == State::Asked) else {
            return;
        };
        let status = find(&fields, ":status");
        let status = status.and_then(|status| std::str::from_utf8(status).ok()?.parse::<u16>().ok());
        if status.is_some_and(|status| (100..200).contains(&status)) {
            self.counts.informational += 1;
            return;
        }
        let is_open = status.is_some_and(|status| (200..300).contains(&status));
        stream.state = if is_open { State::Open } else { State::Refused };
        let _ = stream.inner[dir].advance(1, outer);
        self.sides[dir].sent(outer, id);
        let answer = stream.carrier(dir, carrier);
        let early = std::mem::take(&mut stream.early);
        // Its end may have been told, with that of TCP: nothing comes behind that.
        let is_over = stream.ended[dir.flip()] && early.end.is_none();
        self.afford(&mut fields);
        sink(id, Step::Response { dir, status, fields, carrier: answer });
        let dir = dir.flip();
        if is_open && is_over {
            let bytes: usize = early.pieces.iter().map(|(bytes, ..)| bytes.len()).sum();
            self.counts.early_bytes_dropped += bytes as u64;
        } else if is_open {
            for (bytes, offset, carrier) in early.pieces {
                sink(id, Step::Event(StreamEvent::Data { dir, offset, bytes: &bytes, carrier }));
            }
            if let Some((offset, len, carrier)) = early.dropped {
                let cause = GapCause::BufferFull;
                sink(id, Step::Event(StreamEvent::Gap { dir, offset, len, cause, carrier }));
            }
        }
        if let Some(carrier) = early.end {
            sink(
                id,
                Step::Event(StreamEvent::End { dir, how: StreamEnd::EndStream, carrier: Some(carrier) }),
            );
        }
    }

    /// Leaves out what cannot be afforded of the fields of a head.
    fn afford(&mut self, fields: &mut Vec<Field>) {
        let mut kept = 0;
        while let Some(field) = fields.get(kept)
            && let Some(left) = self.spare.checked_sub(field.size())
        {
            self.spare = left;
            kept += 1;
        }
        let left_out = fields.len() - kept;
        if left_out > 0 {
            self.counts.fields_left_out += left_out as u64;
            fields.truncate(kept);
            fields.push(Field::UNKNOWN);
        }
    }

    /// A stream turned out to be something else.
    pub fn pass_over(&mut self, id: u32) {
        if self.remove(id).is_some() {
            self.counts.others.add(id);
            self.counts.requests += 1;
        }
    }
}

/// The value of the first field of that name.
fn find<'f>(fields: &'f [Field], name: &str) -> Option<&'f [u8]> {
    let is_it = |field: &&Field| field.name.as_deref() == Some(name.as_bytes());
    fields.iter().find(is_it).and_then(|field| field.value.as_deref())
}
