//! Captures, in one file or in several, from their packets to segments.

use std::collections::BTreeSet;
use std::io::Read;
use std::path::Path;
use std::sync::Arc;

use crate::engine::line::{Begun, Line, Step};
use crate::engine::sets::{Gatherer, Met, Signs};
use crate::error::Error;
use crate::limits::Limits;
use crate::model::{InputReport, LinkType, PacketNo, Timestamp, WeirdKind, Weirds};
use crate::source::{Decoder, Placed, Reader};
use crate::tls::{KeylogLines, Keys, Origin};

/// How a capture file begins: what decides whether it goes on where another ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Beginning {
    /// `pcap` or `pcapng`.
    pub(super) kind: &'static str,
    /// Link type of its first packet.
    pub(super) link: LinkType,
    /// Time of its first packet.
    pub(super) at: Timestamp,
}

impl Beginning {
    /// Reads the first packet, and by what others behind it are known again. `None` for what is no capture, is empty, or has no times.
    pub(super) fn of<R: Read>(source: R, path: &Path, limits: &Limits) -> Option<(Self, Signs)> {
        let mut reader = Reader::open(source, path).ok()?.within(limits);
        let kind = reader.kind();
        let mut signs = Gatherer::new(limits);
        let packet = reader.next(&mut Weirds::default()).ok()??;
        let begins = Self { kind, link: packet.link, at: packet.at? };
        let mut goes_on = signs.packet(&packet);
        while goes_on && let Ok(Some(packet)) = reader.next(&mut Weirds::default()) {
            goes_on = signs.packet(&packet);
        }
        Some((begins, signs.finish()))
    }
}

/// One capture, read file by file. Connections go on from file to file, and so do the numbers of the packets;
/// [`Conversation::place`](crate::model::Conversation::place) leads back to file and number.
#[derive(Debug)]
pub(super) struct Capture {
    /// One for all files: what a tunnel or a datagram began in one may go on in the next.
    decoder: Decoder,
    limits: Limits,
    names: bool,
    /// Keys of TLS, those given and those that it brings along.
    keys: Keys,
    /// Keys that had no room, as far as that was told.
    keys_left_out: u64,
    /// What the lines were that it brings along.
    keys_inside: KeylogLines,
    /// Files read so far.
    files: usize,
    /// Packets of them.
    packets: u64,
}

impl Capture {
    /// A capture of which no file is read. With `names` its connections say which files they are in.
    pub(super) fn new(names: bool, keys: &Keys, limits: &Limits) -> Self {
        let mut keys = keys.clone();
        keys.set_most(limits.max_tls_keys);
        Self {
            decoder: Decoder::new(limits),
            limits: limits.clone(),
            names,
            keys,
            keys_left_out: 0,
            keys_inside: KeylogLines::default(),
            files: 0,
            packets: 0,
        }
    }

    /// Reads a file to its end, or its cut: what the reader knows of it, and what was odd about its packets. The counts
    /// of its connections are known in the end only. What `met` looks out for it notes there. `more_keys` is asked with each packet whether more keys of TLS have come,
    /// and adds them. An error inside says that nothing of it can be read.
    pub(super) fn read<R: Read, L: Line>(
        &mut self,
        source: R,
        path: &Path,
        line: &mut L,
        met: &mut Met,
        mut more_keys: impl FnMut(&mut Keys) -> bool,
    ) -> Result<Result<(InputReport, Weirds), Error>, L::Halt> {
        let mut reader = match Reader::open(source, path) {
            Ok(reader) => reader.within(&self.limits),
            Err(error) => return Ok(Err(error)),
        };
        reader.stop_at_keys();
        if let Some(bytes) = L::BLOCK_BYTES {
            // What comes by a pipe is passed on as it comes.
            reader.keep_blocks(if path == Path::new("-") { 0 } else { bytes });
        }
        let mut report =
            InputReport { path: path.display().to_string(), kind: reader.kind(), ..InputReport::default() };
        let before = self.packets;
        let name = (self.names || self.files > 0)
            .then(|| path.file_name().unwrap_or(path.as_os_str()).to_string_lossy().into_owned());
        let begun = Begun { path: Arc::from(&*report.path), kind: report.kind };
        line.step(Step::FileBegins { before: PacketNo(before), name, begun })?;
        // The reader numbers packets by file, the decoder gets them as the capture does.
        let (mut weirds, mut odd) = (Weirds::default(), Weirds::default());
        let (mut last_link, mut known_links) = (None, BTreeSet::new());
        let mut spare = None;
        let failed = loop {
            if let Some(block) = spare.take() {
                reader.reuse(block);
            }
            let Placed { retired, offset, packet } = match reader.next_placed(&mut weirds) {
                Ok(Some(placed)) => placed,
                Ok(None) => break None,
                Err(error) => break Some(error),
            };
            if let Some(block) = retired {
                spare = line.block(block)?;
            }
            let Some(mut packet) = packet else {
                if let Some(log) = reader.take_key_log() {
                    self.learn(&log, line);
                }
                continue;
            };
            if more_keys(&mut self.keys) {
                line.learn(&self.keys);
            }
            report.packets += 1;
            report.first_at = report.first_at.or(packet.at);
            report.last_at = report.last_at.max(packet.at);
            if last_link.replace(packet.link) != Some(packet.link) && known_links.insert(packet.link) {
                report.link_types.push(packet.link);
            }
            self.packets = before + packet.no.0;
            packet.no = PacketNo(self.packets);
            let mut nth = 0;
            self.decoder.decode(&packet, &mut odd, &mut |segment| {
                met.see(segment);
                let at = L::BLOCK_BYTES.and_then(|_| place(packet.data, segment.payload));
                line.segment(segment, nth, at.map(|at| offset + at));
                nth += 1;
            });
            line.settle()?;
        };
        if more_keys(&mut self.keys) {
            line.learn(&self.keys);
        }
        if L::BLOCK_BYTES.is_some() {
            line.block(reader.last_block())?;
        }
        let left_out = self.keys.over_cap() - self.keys_left_out;
        if left_out > 0 {
            self.keys_left_out += left_out;
            weirds.add_many(WeirdKind::TlsKeysCap, left_out, None, || {
                format!("keys beyond the limit tls-keys ({}) were skipped", self.limits.max_tls_keys)
            });
        }
        report.bytes = reader.bytes();
        report.truncated = reader.truncated();
        report.weirds = weirds;
        if let Some(error) = failed {
            // Nothing read so far is lost.
            if report.packets == 0 && self.files == 0 {
                return Ok(Err(error));
            }
            report.truncated = true;
            report.weirds.add(WeirdKind::TruncatedFile, Some(PacketNo(report.packets)), || {
                let cause = std::error::Error::source(&error).map_or_else(String::new, |e| format!(": {e}"));
                format!("{error}{cause}")
            });
        }
        self.files += 1;
        Ok(Ok((report, odd)))
    }

    /// Takes the keys that stand at this place of it. Where there are some, more may come, for what was recorded before too.
    #[cold]
    fn learn<L: Line>(&mut self, log: &[u8], line: &mut L) {
        self.keys_inside += self.keys.add(log, Origin::Dsb);
        self.keys.set_may_grow(true);
        line.learn(&self.keys);
    }

    /// The keys of TLS that are known by now.
    pub(super) const fn keys(&self) -> &Keys {
        &self.keys
    }

    /// The lines among them that it brought along.
    pub(super) const fn keys_inside(&self) -> KeylogLines {
        self.keys_inside
    }

    /// Ends the capture.
    pub(super) fn finish<L: Line>(mut self, line: &mut L) -> Result<(), L::Halt> {
        let mut odd = Weirds::default();
        self.decoder.finish(&mut odd);
        line.step(Step::CaptureEnds { odd })
    }
}

/// Where `inner` begins in `outer`, if it is a part of it.
#[inline]
fn place(outer: &[u8], inner: &[u8]) -> Option<usize> {
    let at = (inner.as_ptr() as usize).checked_sub(outer.as_ptr() as usize)?;
    (at.checked_add(inner.len())? <= outer.len()).then_some(at)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_part_is_found_in_what_it_is_a_part_of() {
        let (bytes, other) = ([1_u8, 2, 3, 4], vec![3_u8, 4]);
        assert_eq!(place(&bytes, &bytes[2..]), Some(2));
        assert_eq!(place(&bytes, &bytes), Some(0));
        assert_eq!(place(&bytes, &bytes[4..]), Some(4));
        assert_eq!(place(&bytes[1..3], &bytes[2..]), None);
        assert_eq!(place(&bytes[1..], &bytes[..2]), None);
        assert_eq!(place(&bytes, &other), None);
    }
}
