//! Where the results of one call go.

use crate::model::{Carrier, Direction, GapCause, PacketNo, StreamEvent, WeirdKind, Weirds, count};

/// What a call works with besides the connection itself.
pub(super) struct Context<'c, S> {
    /// Whose bytes are at hand.
    pub(super) dir: Direction,
    /// Packets of this connection so far, wrapping: the clock by which a hole gets old.
    pub(super) now: u32,
    /// `Limits::max_history_bytes`.
    pub(super) max_history_bytes: usize,
    pub(super) weirds: &'c mut Weirds,
    pub(super) sink: &'c mut S,
}

impl<S: FnMut(StreamEvent<'_>)> Context<'_, S> {
    /// The same for the bytes of `dir`.
    pub(super) fn of(&mut self, dir: Direction) -> Context<'_, S> {
        Context {
            dir,
            now: self.now,
            max_history_bytes: self.max_history_bytes,
            weirds: self.weirds,
            sink: self.sink,
        }
    }

    pub(super) fn emit(&mut self, event: StreamEvent<'_>) {
        (self.sink)(event);
    }

    /// Bytes that will not come; counted as a weird as well.
    pub(super) fn gap(&mut self, offset: u64, len: u64, cause: GapCause, carrier: Carrier) {
        let dir = self.dir;
        self.weirds.add(WeirdKind::Gap, Some(carrier.packet), || {
            let why = match cause {
                GapCause::NotCaptured => "acknowledged but not captured",
                GapCause::SnapLen => "cut off by the snap length",
                GapCause::BufferFull => "dropped to limit memory",
                GapCause::RecordingEnded => "not captured before the recording ended",
                GapCause::Undecrypted => "not decrypted by its key",
            };
            format!("{} of the {}'s stream from byte {offset} on: {why}", count(len, "byte"), side(dir))
        });
        self.emit(StreamEvent::Gap { dir, offset, len, cause, carrier });
    }

    /// A sequence number that cannot be placed.
    pub(super) fn out_of_window(&mut self, packet: PacketNo, detail: impl FnOnce() -> String) {
        let dir = self.dir;
        self.weirds
            .add(WeirdKind::SequenceOutOfWindow, Some(packet), || format!("{}: {}", side(dir), detail()));
    }
}

/// The sender, in words.
pub(super) fn side(dir: Direction) -> &'static str {
    match dir {
        Direction::Orig => "originator",
        Direction::Resp => "responder",
    }
}
