//! Bytes that nobody can read: what remains are acknowledgements and ends.

use crate::dissect::{Dissected, Item, Out, role};
use crate::model::{Carrier, Direction, Evidence, Observed, PerDirection, Role};

/// A connection whose bytes are encrypted.
#[derive(Debug)]
pub(super) struct Encrypted {
    client: Direction,
    /// Said to be encrypted.
    is_said: bool,
    /// Where each stream is.
    positions: PerDirection<u64>,
}

impl Encrypted {
    pub(super) fn new(client: Direction) -> Self {
        Self { client, is_said: false, positions: PerDirection::default() }
    }

    pub(super) const fn client(&self) -> Direction {
        self.client
    }

    pub(super) fn push<S: FnMut(Dissected<'_>)>(
        &mut self,
        dir: Direction,
        item: Item<'_>,
        out: &mut Out<'_, S>,
    ) {
        let (offset, len, carrier) = match item {
            Item::Data { offset, bytes, carrier } => (offset, bytes.len() as u64, Some(carrier)),
            Item::Gap { offset, len, carrier, .. } => (offset, len, Some(carrier)),
            Item::End { carrier, .. } => (self.positions[dir], 0, carrier),
        };
        self.positions[dir] = offset.saturating_add(len);
        let evidence = carrier.map(|carrier| Evidence::Capture { carrier, offset });
        self.say(evidence, out);
        if let Item::End { how, .. } = item {
            out.emit(role(dir, self.client), Observed::StreamEnd(how), evidence);
        }
    }

    pub(super) fn acked<S: FnMut(Dissected<'_>)>(
        &mut self,
        dir: Direction,
        offset: u64,
        carrier: Carrier,
        out: &mut Out<'_, S>,
    ) {
        let by = dir.flip();
        let evidence = Some(Evidence::Capture { carrier, offset: self.positions[by] });
        self.say(evidence, out);
        out.emit(role(by, self.client), Observed::Acked(offset), evidence);
    }

    fn say<S: FnMut(Dissected<'_>)>(&mut self, evidence: Option<Evidence>, out: &mut Out<'_, S>) {
        if !std::mem::replace(&mut self.is_said, true) {
            out.emit(Role::Client, Observed::Encrypted, evidence);
        }
    }
}
