//! A capture file, packet by packet.

mod buffer;
mod pcap;
mod pcapng;
mod record;
mod time;

use std::io::{self, Read};
use std::path::{Path, PathBuf};

use crate::error::Error;
use crate::limits::Limits;
use crate::model::{Packet, PacketNo, Timestamp, WeirdKind, Weirds};
use crate::source::reader::buffer::Buffer;
use crate::source::reader::pcap::{HeaderError, Pcap};
use crate::source::reader::pcapng::Pcapng;
use crate::source::reader::record::{Record, Scanned};

#[cfg(test)]
mod tests;

/// Reads the packets of a pcap or pcapng file from any source, also one that gives a few bytes at a time.
///
/// Memory is one buffer, which grows to the largest block, at most [`Limits::max_block_bytes`] rounded up to a power
/// of 2.
pub struct Reader<R: Read> {
    buffer: Buffer<R>,
    container: Container,
    path: PathBuf,
    max_block_bytes: usize,
    /// Packets met so far.
    count: u64,
    /// It stops where a capture has keys.
    stops_at_keys: bool,
    /// Nothing more will come.
    ended: bool,
    truncated: bool,
}

/// A packet, and where it lies.
pub(crate) struct Placed<'a> {
    /// The block in which all packets before it lie that were given since the last such block, where this one begins
    /// another.
    pub retired: Option<Vec<u8>>,
    /// Where its data begin in its own block.
    pub offset: usize,
    /// The record itself, lent until the next one is asked for; `None` where it has to be waited for, and the block need
    /// not.
    pub packet: Option<Packet<'a>>,
}

enum Container {
    Pcap(Pcap),
    Pcapng(Pcapng),
}

impl Container {
    #[inline]
    fn scan(&mut self, bytes: &[u8]) -> Scanned {
        match self {
            Self::Pcap(pcap) => pcap.scan(bytes),
            Self::Pcapng(pcapng) => pcapng.scan(bytes),
        }
    }
}

impl<R: Read> Reader<R> {
    /// Reads the header and finds out which format it is; `path` is for messages only. The caps are the default ones
    /// ([`Reader::within`]).
    ///
    /// # Errors
    /// [`Error::Empty`], [`Error::UnknownFormat`], [`Error::BadHeader`], [`Error::Read`].
    pub fn open(source: R, path: &Path) -> Result<Self, Error> {
        let path = path.to_owned();
        let mut buffer = Buffer::new(source);
        // Both headers fit; where the file is shorter, each says what it misses.
        if let Err(source) = buffer.fill(pcapng::MIN_SECTION_HEADER_LEN.max(pcap::HEADER_LEN)) {
            return Err(Error::Read { path, offset: buffer.read_so_far(), source });
        }
        let start = buffer.available();
        if start.is_empty() {
            return Err(Error::Empty { path });
        }
        let container = if Pcapng::begins(start) {
            match Pcapng::open(start) {
                Ok(pcapng) => Container::Pcapng(pcapng),
                Err(detail) => return Err(Error::BadHeader { path, format: "pcapng", detail }),
            }
        } else {
            match Pcap::open(start) {
                Ok(pcap) => {
                    buffer.take(pcap::HEADER_LEN);
                    Container::Pcap(pcap)
                }
                Err(HeaderError::Unusable(detail)) => {
                    return Err(Error::BadHeader { path, format: "pcap", detail });
                }
                Err(HeaderError::Unknown) => {
                    let start = start.iter().copied().take(8).collect();
                    return Err(Error::UnknownFormat { path, start });
                }
            }
        };
        let max_block_bytes = Limits::DEFAULT.max_block_bytes;
        Ok(Self {
            buffer,
            container,
            path,
            max_block_bytes,
            count: 0,
            stops_at_keys: false,
            ended: false,
            truncated: false,
        })
    }

    /// The same under these caps. To be called before the first packet is read.
    #[must_use]
    pub fn within(mut self, limits: &Limits) -> Self {
        self.max_block_bytes = limits.max_block_bytes;
        if let Container::Pcapng(pcapng) = &mut self.container {
            pcapng.max_interfaces = limits.max_interfaces;
            pcapng.max_secrets_bytes = limits.max_block_bytes;
        }
        self
    }

    /// `pcap` or `pcapng`.
    #[must_use]
    pub const fn kind(&self) -> &'static str {
        match self.container {
            Container::Pcap(_) => "pcap",
            Container::Pcapng(_) => "pcapng",
        }
    }

    /// Bytes of the source dealt with: its length at the end, unless reading stopped at a malformed block.
    #[must_use]
    pub const fn bytes(&self) -> u64 {
        self.buffer.offset()
    }

    /// Whether the source ended inside a record; known once [`Reader::next`] has given `None`.
    #[must_use]
    pub const fn truncated(&self) -> bool {
        self.truncated
    }

    /// From now on what packets lie in is kept as a whole, for [`Self::next_placed`] to give away: blocks of at least
    /// `from_bytes`, or of what a source had where it is 0 and the source gives less at a time.
    pub(crate) fn keep_blocks(&mut self, from_bytes: usize) {
        self.buffer.keep_blocks(from_bytes);
    }

    /// From now on [`Self::next_placed`] gives no packet where keys stand before it, for them to be taken first.
    pub(crate) fn stop_at_keys(&mut self) {
        self.stops_at_keys = true;
    }

    fn has_key_log(&self) -> bool {
        matches!(&self.container, Container::Pcapng(pcapng) if !pcapng.key_log.is_empty())
    }

    /// The key logs of TLS (decryption secrets blocks of pcapng) that were met since somebody took them; `None` where there
    /// was none.
    pub fn take_key_log(&mut self) -> Option<Vec<u8>> {
        match &mut self.container {
            Container::Pcapng(pcapng) if !pcapng.key_log.is_empty() => {
                Some(std::mem::take(&mut pcapng.key_log))
            }
            _ => None,
        }
    }

    /// Takes a block back whose bytes nobody needs any more.
    pub fn reuse(&mut self, block: Vec<u8>) {
        self.buffer.reuse(block);
    }

    /// At the end: the block of the packets given last.
    pub(crate) fn last_block(&mut self) -> Vec<u8> {
        self.buffer.retired().unwrap_or_else(|| self.buffer.last_block())
    }

    /// The next packet with its place; see [`Self::next`] and [`Self::keep_blocks`].
    ///
    /// # Errors
    /// Those of [`Self::next`].
    #[inline]
    pub(crate) fn next_placed(&mut self, weirds: &mut Weirds) -> Result<Option<Placed<'_>>, Error> {
        let record = match self.advance(weirds) {
            Ok(Some(record)) => record,
            Ok(None) if self.ended => return Ok(None),
            Ok(None) => {
                return Ok(Some(Placed { retired: self.buffer.retired(), offset: 0, packet: None }));
            }
            Err(source) => return Err(self.failed(source, weirds)),
        };
        let (no, at) = self.stamp(record.nanoseconds, weirds);
        let retired = self.buffer.retired();
        let offset = self.buffer.position() + record.data.start;
        let data = self.buffer.take(record.len).get(record.data).unwrap_or_default();
        let packet = Packet { no, at, link: record.link, orig_len: record.orig_len, data };
        Ok(Some(Placed { retired, offset, packet: Some(packet) }))
    }

    /// The next packet, borrowed until the one after it; `None` at the end.
    ///
    /// The end is also where the file was cut ([`WeirdKind::TruncatedFile`]) and where a block makes no sense
    /// ([`WeirdKind::MalformedBlock`]). A packet of an interface that was not described is counted, keeps its
    /// number and is passed over.
    ///
    /// # Errors
    /// [`Error::Read`]; the packets that arrived whole have been given before.
    #[inline]
    pub fn next(&mut self, weirds: &mut Weirds) -> Result<Option<Packet<'_>>, Error> {
        let record = match self.advance(weirds) {
            Ok(Some(record)) => record,
            Ok(None) => return Ok(None),
            Err(source) => return Err(self.failed(source, weirds)),
        };
        let (no, at) = self.stamp(record.nanoseconds, weirds);
        let data = self.buffer.take(record.len).get(record.data).unwrap_or_default();
        Ok(Some(Packet { no, at, link: record.link, orig_len: record.orig_len, data }))
    }

    /// Number and time of the packet that comes now.
    #[inline]
    fn stamp(&mut self, nanoseconds: Option<i128>, weirds: &mut Weirds) -> (PacketNo, Option<Timestamp>) {
        self.count += 1;
        let no = PacketNo(self.count);
        let at = nanoseconds.map(|nanoseconds| {
            let (at, exact) = time::clamp(nanoseconds);
            if !exact {
                weirds.add(WeirdKind::TimeOutOfRange, Some(no), || {
                    format!("packet {no} was captured {nanoseconds} ns after 1970, clamped to {}", at.0)
                });
            }
            at
        });
        (no, at)
    }

    #[cold]
    fn failed(&mut self, source: io::Error, weirds: &mut Weirds) -> Error {
        self.over(weirds);
        Error::Read { path: self.path.clone(), offset: self.buffer.read_so_far(), source }
    }

    /// Goes to the next packet and leaves its bytes untaken. `None` at the end, and where what follows has to be waited
    /// for and the block of what was taken should not.
    // Once a packet, by each way of reading: a call would cost a twentieth of that.
    #[inline(always)]
    fn advance(&mut self, weirds: &mut Weirds) -> io::Result<Option<Record>> {
        while !self.ended {
            match self.container.scan(self.buffer.available()) {
                Scanned::Packet(record) if record.len <= self.max_block_bytes => return Ok(Some(record)),
                other => {
                    if !self.no_packet(other, weirds)? {
                        break;
                    }
                }
            }
        }
        Ok(None)
    }

    /// Deals with anything else; whether to go on at once.
    #[cold]
    fn no_packet(&mut self, scanned: Scanned, weirds: &mut Weirds) -> io::Result<bool> {
        if matches!(scanned, Scanned::More(_) | Scanned::Skip { .. }) && self.buffer.retire_used() {
            return Ok(false);
        }
        let start = self.buffer.offset();
        let most = self.max_block_bytes;
        match scanned {
            Scanned::Packet(Record { len: want, .. })
            | Scanned::Orphan { len: want, .. }
            | Scanned::Passed(want)
            | Scanned::More(want)
                if want > most =>
            {
                self.malformed(
                    start,
                    &format!("it claims {want} bytes, more than the {most} allowed"),
                    weirds,
                );
            }
            // Which is returned before.
            Scanned::Packet(_) => {}
            Scanned::More(want) => {
                if !self.buffer.fill(want)? {
                    self.end(start, want as u64, weirds);
                }
            }
            Scanned::Orphan { len, interface, described } => {
                self.count += 1;
                let no = PacketNo(self.count);
                weirds.add(WeirdKind::UnknownInterface, Some(no), || {
                    format!("packet {no} names interface {interface}, of {described} described")
                });
                self.buffer.take(len);
            }
            Scanned::Passed(len) => {
                self.buffer.take(len);
                return Ok(!(self.stops_at_keys && self.has_key_log()));
            }
            Scanned::Skip { body, trailer } => {
                let whole = u64::from(body) + 4;
                if let Container::Pcapng(pcapng) = &mut self.container {
                    pcapng.passes_over(self.buffer.available());
                }
                if !(self.buffer.skip(u64::from(body))? && self.buffer.fill(4)?) {
                    self.end(start, whole, weirds);
                } else if self.buffer.available().get(..4) != Some(&trailer[..]) {
                    let end = self.buffer.available().get(..4).unwrap_or_default();
                    let detail = pcapng::bad_trailer(&trailer, end);
                    self.malformed(start, &detail, weirds);
                } else {
                    self.buffer.take(4);
                }
            }
            Scanned::Malformed(detail) => self.malformed(start, &detail, weirds),
        }
        Ok(true)
    }

    /// Nothing more will come.
    fn over(&mut self, weirds: &mut Weirds) {
        self.ended = true;
        if let Container::Pcapng(pcapng) = &mut self.container {
            pcapng.count_losses(weirds);
            pcapng.count_long_secrets(weirds);
        }
    }

    /// The source has ended in the record that begins at `start` and is at least `want` bytes long, or
    /// exactly before it.
    fn end(&mut self, start: u64, want: u64, weirds: &mut Weirds) {
        self.over(weirds);
        self.buffer.take(usize::MAX);
        let end = self.buffer.offset();
        if end == start {
            return;
        }
        self.truncated = true;
        weirds.add(WeirdKind::TruncatedFile, None, || {
            format!("the capture ends at byte {end}, inside a record that begins at byte {start} and is at least {want} bytes long")
        });
    }

    fn malformed(&mut self, start: u64, detail: &str, weirds: &mut Weirds) {
        self.over(weirds);
        weirds.add(WeirdKind::MalformedBlock, None, || format!("at byte {start}: {detail}; reading stopped"));
    }
}
