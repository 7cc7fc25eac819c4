//! What sequence numbers stand for in packets that are copied, or made anew, with other payloads.

use crate::model::{Direction, PerDirection, Segment, SeqNo, TcpFlags};
use crate::tcp::Connection;

/// Offsets of a connection.
#[derive(Debug, Default)]
pub(super) struct Numbers {
    orig: Option<std::net::SocketAddr>,
    first: PerDirection<Option<SeqNo>>,
    /// Offset behind the last segment.
    near: PerDirection<u64>,
}

impl Numbers {
    /// Takes what is known of a connection so far.
    pub(super) fn learn(&mut self, connection: &Connection) {
        self.orig = Some(connection.endpoints().orig);
        for dir in [Direction::Orig, Direction::Resp] {
            self.first[dir] = self.first[dir].or(connection.first_number(dir));
        }
    }

    /// The offset that the payload of a segment begins at; `None` where it is of no stream that was followed. Each is asked for once, in
    /// order.
    pub(super) fn offset(&mut self, segment: &Segment<'_>) -> Option<u64> {
        let dir = if self.orig == Some(segment.src) { Direction::Orig } else { Direction::Resp };
        let seq = segment.seq.plus(u32::from(segment.flags.has(TcpFlags::SYN)));
        // Numbers come again every 4 GiB: the one near the last.
        let near = self.near[dir];
        let away = seq.distance_from(self.first[dir]?.plus(near as u32));
        let offset = near.checked_add_signed(i64::from(away)).filter(|_| away.unsigned_abs() < 1 << 30)?;
        self.near[dir] = offset.saturating_add(segment.payload.len() as u64);
        Some(offset)
    }
}
