//! Frames that carry no content of a stream: what they say of it, and of the connection.

use super::{Http2, tell_end};
use crate::http2::frame::{self, GoAway, Header, Kind};
use crate::http2::peer::Block;
use crate::http2::{Going, How, Step};
use crate::model::{Carrier, Direction, Http2Error, StreamEnd, StreamEvent};

/// Bytes of debug data that are kept of a GOAWAY.
const MAX_DEBUG: usize = 256;

impl Http2 {
    pub(super) fn frame(
        &mut self,
        dir: Direction,
        header: Header,
        payload: Option<&[u8]>,
        (outer, carrier): (u64, Carrier),
        sink: &mut impl FnMut(u32, Step<'_>),
    ) {
        let Header { kind, flags, stream: id, .. } = header;
        match kind {
            Kind::HEADERS | Kind::PUSH_PROMISE => {
                let fields = payload.and_then(|payload| frame::field_block(header, payload));
                let block = Block {
                    len: u64::from(header.len),
                    stream: id,
                    promised: kind == Kind::PUSH_PROMISE,
                    end_stream: kind == Kind::HEADERS && flags.end_stream(),
                    bytes: fields.map(<[u8]>::to_vec),
                };
                self.sides[dir].block = Some(block);
                self.block_goes_on(dir, flags, (outer, carrier), sink);
            }
            Kind::CONTINUATION => {
                let max = self.caps.block_bytes;
                if let Some(block) = self.sides[dir].block.as_mut().filter(|block| block.stream == id) {
                    match (&mut block.bytes, payload) {
                        (Some(bytes), Some(more)) if bytes.len() + more.len() <= max => {
                            bytes.extend_from_slice(more);
                        }
                        _ => block.bytes = None,
                    }
                    block.len = block.len.saturating_add(u64::from(header.len));
                    self.block_goes_on(dir, flags, (outer, carrier), sink);
                }
            }
            Kind::RST_STREAM => {
                let error = payload.and_then(frame::number).map(Http2Error);
                if let Some(stream) = self.streams.get_mut(&id) {
                    let was_over = stream.is_over();
                    tell_end(id, self.client, stream, sink);
                    if let Some(carrier) = stream.close(dir, How::RstStream(error), carrier) {
                        let how = StreamEnd::RstStream(error);
                        sink(id, Step::Event(StreamEvent::End { dir, how, carrier: Some(carrier) }));
                    }
                    self.over += usize::from(!was_over);
                }
                self.counts.resets += 1;
            }
            Kind::SETTINGS if !flags.ack() => self.settings(dir, payload),
            Kind::WINDOW_UPDATE => {
                let more = i64::from(payload.and_then(frame::number).unwrap_or(0) & 0x7fff_ffff);
                // What one end reads the other may send.
                let sender = dir.flip();
                if id == 0 {
                    self.sides[sender].window = self.sides[sender].window.saturating_add(more);
                } else if let Some(stream) = self.streams.get_mut(&id) {
                    stream.windows[sender] = stream.windows[sender].saturating_add(more);
                }
            }
            Kind::GOAWAY => {
                if let Some(going) = payload.and_then(GoAway::parse) {
                    self.goes(dir, going, carrier);
                }
            }
            Kind::PING => self.counts.pings[dir] += 1,
            _ => {}
        }
    }

    /// A GOAWAY. A server that drains sends two, the second with the last stream that it really takes (RFC 9113 6.8); one that says no
    /// more than those before changes nothing.
    fn goes(&mut self, dir: Direction, GoAway { last_stream, error, debug }: GoAway<'_>, carrier: Carrier) {
        let error = Http2Error(error);
        let says_more = self.sides[dir].going.as_ref().is_none_or(|known| {
            let is_failure = error != Http2Error::NO_ERROR && known.error == Http2Error::NO_ERROR;
            last_stream < known.last_stream || is_failure
        });
        if says_more {
            let debug = debug.get(..MAX_DEBUG).unwrap_or(debug).to_vec();
            self.sides[dir].going = Some(Going { last_stream, error, debug, carrier });
        }
    }

    fn settings(&mut self, dir: Direction, payload: Option<&[u8]>) {
        let Some(payload) = payload else { return };
        for (name, value) in frame::settings(payload) {
            match name {
                // They bind the blocks that come from the other side.
                1 => self.sides[dir.flip()].decoder.allow(value),
                4 => self.sides[dir].initial_window = i64::from(value),
                8 => self.sides[dir].takes_connect = value == 1,
                _ => {}
            }
        }
        self.sides[dir].has_settings = true;
    }
}
