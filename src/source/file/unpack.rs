//! Undoes compression, member by member.

use std::fs::File;
use std::io::{self, Read};
use std::path::Path;

use lz4_flex::frame::FrameDecoder;

use crate::limits::Limits;
use crate::model::{Compression, WeirdKind, Weirds};
use crate::source::file::format::{self, SNIFF_BYTES};
use crate::source::file::member::Member;
use crate::source::file::raw::Raw;
use crate::source::file::stop::Stop;
use crate::source::file::zstd::Zstd;

/// The bytes of an input without their compression, if any.
///
/// What is wrong with compressed data is no error: reading ends there, like at the end, and [`Unpacked::weirds`] has
/// the reason. Members that follow one another are read as one, whatever each is compressed with. Memory is that of
/// one decompressor, at most [`Limits::max_window_bytes`] and some.
pub struct Unpacked {
    state: State,
    compression: Compression,
    caps: Caps,
    stop: Stop,
    /// Bytes that were looked at and are still to be read, from `head_at` on.
    head: Vec<u8>,
    head_at: usize,
    /// Bytes that came out of the compressed data.
    given: u64,
    /// Bytes of the source taken, once it is over.
    taken: u64,
    weirds: Weirds,
}

/// Bytes between two looks at the caps.
const STEP_BYTES: usize = 256 << 10;

/// What a compressed file may become.
#[derive(Clone, Copy, Debug)]
struct Caps {
    bytes: u64,
    ratio: u64,
    /// The ratio counts from here on.
    free: u64,
    /// Bytes a decompressor may look back.
    window: u64,
}

enum State {
    Start(Raw),
    Plain(Raw),
    Member(Box<Decoder>),
    Ended,
}

enum Decoder {
    Member(Member),
    Zstd(Box<Zstd>),
    Lz4(FrameDecoder<Raw>),
}

impl Decoder {
    fn new(compression: Compression, raw: Raw, window: u64) -> Result<Self, Raw> {
        Ok(match compression {
            Compression::None => return Err(raw),
            Compression::Gzip => Self::Member(Member::gzip(raw)),
            Compression::Zstd => Self::Zstd(Box::new(Zstd::new(raw, window))),
            Compression::Lz4 => Self::Lz4(FrameDecoder::new(raw)),
            Compression::Xz => Self::Member(Member::xz(raw, window)),
            Compression::Bzip2 => Self::Member(Member::bzip2(raw)),
        })
    }

    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        match self {
            Self::Member(member) => member.read(out),
            Self::Zstd(zstd) => zstd.read(out),
            Self::Lz4(lz4) => lz4.read(out),
        }
    }

    fn raw(&self) -> &Raw {
        match self {
            Self::Member(member) => &member.raw,
            Self::Zstd(zstd) => &zstd.raw,
            Self::Lz4(lz4) => lz4.get_ref(),
        }
    }

    fn into_raw(self) -> Raw {
        match self {
            Self::Member(member) => member.raw,
            Self::Zstd(zstd) => zstd.raw,
            Self::Lz4(lz4) => lz4.into_inner(),
        }
    }
}

impl Unpacked {
    pub(super) fn new(source: Box<dyn Read + Send>, limits: &Limits, stop: Stop) -> Self {
        let caps = Caps {
            bytes: limits.max_inflated_file_bytes,
            ratio: limits.max_file_inflate_ratio.max(1),
            free: limits.file_inflate_ratio_from_bytes,
            window: limits.max_window_bytes,
        };
        Self {
            state: State::Start(Raw::new(source)),
            compression: Compression::None,
            caps,
            stop,
            head: Vec::new(),
            head_at: 0,
            given: 0,
            taken: 0,
            weirds: Weirds::default(),
        }
    }

    /// Opens a file to look into it.
    ///
    /// # Errors
    /// Those of opening it.
    pub fn open(path: &Path, limits: &Limits) -> io::Result<Self> {
        Ok(Self::new(Box::new(File::open(path)?), limits, Stop::new()))
    }

    /// The next bytes, up to `n`, which stay to be read; fewer only at the end.
    ///
    /// # Errors
    /// Those of the source.
    pub fn peek(&mut self, n: usize) -> io::Result<&[u8]> {
        self.head.drain(..self.head_at);
        self.head_at = 0;
        let mut len = self.head.len();
        self.head.resize(len.max(n), 0);
        let mut failed = None;
        while len < n {
            let mut head = std::mem::take(&mut self.head);
            let read = self.unpack(&mut head[len..]);
            self.head = head;
            match read {
                Ok(0) => break,
                Ok(read) => len += read,
                Err(error) => {
                    failed = Some(error);
                    break;
                }
            }
        }
        self.head.truncate(len);
        match failed {
            Some(error) => Err(error),
            None => Ok(&self.head[..len.min(n)]),
        }
    }

    /// How the first member is compressed; known once something was read.
    #[must_use]
    pub const fn compression(&self) -> Compression {
        self.compression
    }

    /// What was odd about the compressed data, as far as they were read.
    #[must_use]
    pub const fn weirds(&self) -> &Weirds {
        &self.weirds
    }

    /// Whether reading ended because somebody asked for it.
    pub(crate) fn is_interrupted(&self) -> bool {
        self.stop.is_heeded()
    }

    /// Bytes of the source taken, which are fewer than those read where they are compressed.
    #[must_use]
    pub fn taken(&self) -> u64 {
        match &self.state {
            State::Start(raw) | State::Plain(raw) => raw.taken(),
            State::Member(decoder) => decoder.raw().taken(),
            State::Ended => self.taken,
        }
    }

    fn unpack(&mut self, out: &mut [u8]) -> io::Result<usize> {
        if out.is_empty() {
            return Ok(0);
        }
        loop {
            match std::mem::replace(&mut self.state, State::Ended) {
                State::Start(raw) => self.begin(raw)?,
                State::Plain(mut raw) => {
                    let read = raw.read(out);
                    let failed = raw.take_error();
                    self.state = State::Plain(raw);
                    return read.map_err(|error| failed.unwrap_or(error));
                }
                State::Member(decoder) => {
                    let n = self.member(decoder, out)?;
                    if n > 0 {
                        return Ok(n);
                    }
                }
                State::Ended => return Ok(0),
            }
        }
    }

    /// Finds out what it is.
    fn begin(&mut self, mut raw: Raw) -> io::Result<()> {
        let first = raw.peek(SNIFF_BYTES)?;
        self.compression = format::of(first);
        let skips = format::skippable(first).is_some();
        match Decoder::new(self.compression, raw, self.caps.window) {
            Ok(decoder) => self.state = State::Member(Box::new(decoder)),
            Err(raw) if skips => {
                // Only Zstandard files are known to begin so (pzstd).
                self.compression = Compression::Zstd;
                self.next_member(raw)?;
            }
            Err(raw) => self.state = State::Plain(raw),
        }
        Ok(())
    }

    /// Reads on in a member; 0 where it ended, and `self.state` is what follows.
    fn member(&mut self, mut decoder: Box<Decoder>, out: &mut [u8]) -> io::Result<usize> {
        let room = self.caps.bytes.saturating_sub(self.given);
        let mut one_more = [0];
        let read = if room == 0 {
            decoder.read(&mut one_more)
        } else {
            let len = usize::try_from(room).map_or(STEP_BYTES, |room| room.min(STEP_BYTES)).min(out.len());
            decoder.read(&mut out[..len])
        };
        match read {
            Ok(n) if n > 0 && room == 0 => {
                let most = self.caps.bytes;
                self.cap(*decoder, || format!("more than {most} bytes"));
                Ok(0)
            }
            Ok(n) if n > 0 => {
                self.given += n as u64;
                let taken = decoder.raw().taken();
                if self.given > self.caps.free && self.given / self.caps.ratio > taken {
                    let (given, ratio) = (self.given, self.caps.ratio);
                    self.cap(*decoder, || {
                        format!(
                            "{given} bytes from {taken} compressed bytes, more than {ratio} times as many"
                        )
                    });
                } else {
                    self.state = State::Member(decoder);
                }
                Ok(n)
            }
            Ok(_) => {
                let raw = decoder.into_raw();
                // The decoder of LZ4 takes an end before a block for the end of the frame.
                if raw.has_ended() {
                    self.cut(&raw);
                } else {
                    self.next_member(raw)?;
                }
                Ok(0)
            }
            Err(error) => {
                let mut raw = decoder.into_raw();
                self.taken = raw.taken();
                if let Some(error) = raw.take_error() {
                    return Err(error);
                }
                if error.kind() == io::ErrorKind::OutOfMemory {
                    let most = self.caps.window;
                    self.weirds.add(WeirdKind::FileInflateCap, None, || {
                        format!("decompressing it takes more than {most} bytes of memory; reading stopped")
                    });
                } else if error.kind() == io::ErrorKind::UnexpectedEof {
                    self.cut(&raw);
                } else {
                    let (at, compression) = (raw.taken(), self.compression);
                    self.weirds.add(WeirdKind::CorruptCompression, None, || {
                        format!(
                            "the {compression} data cannot be decompressed, at byte {at} or before: {error}; reading stopped"
                        )
                    });
                }
                Ok(0)
            }
        }
    }

    /// Goes on behind a member: with another one, or with nothing. Zero bytes between and behind members are
    /// padding, which writers of archives and of .xz files add.
    fn next_member(&mut self, mut raw: Raw) -> io::Result<()> {
        loop {
            raw.skip_zeros()?;
            let start = raw.peek(SNIFF_BYTES)?;
            let compression = format::of(start);
            let Some(len) = format::skippable(start) else {
                match Decoder::new(compression, raw, self.caps.window) {
                    Ok(decoder) => self.state = State::Member(Box::new(decoder)),
                    Err(raw) => self.trail(raw)?,
                }
                return Ok(());
            };
            if raw.skip(len)? < len {
                self.cut(&raw);
                return Ok(());
            }
        }
    }

    /// Counts what is behind the last member.
    fn trail(&mut self, mut raw: Raw) -> io::Result<()> {
        let at = raw.taken();
        let left = raw.skip(u64::MAX)?;
        self.taken = raw.taken();
        if left > 0 {
            let compression = self.compression;
            self.weirds.add(WeirdKind::TrailingBytes, None, || {
                format!("{left} bytes from byte {at} on, after the {compression} data, are not compressed; not read")
            });
        }
        Ok(())
    }

    fn cap(&mut self, decoder: Decoder, what: impl FnOnce() -> String) {
        self.taken = decoder.into_raw().taken();
        self.weirds.add(WeirdKind::FileInflateCap, None, || {
            format!("the file decompresses to {}; reading stopped", what())
        });
    }

    fn cut(&mut self, raw: &Raw) {
        self.taken = raw.taken();
        if !self.stop.is_heeded() {
            let (at, compression) = (raw.taken(), self.compression);
            self.weirds.add(WeirdKind::CutCompression, None, || {
                format!("the file ends at byte {at}, before the end of its {compression} data")
            });
        }
    }
}

impl Read for Unpacked {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        let head = &self.head[self.head_at..];
        if head.is_empty() {
            return self.unpack(out);
        }
        let n = head.len().min(out.len());
        out[..n].copy_from_slice(&head[..n]);
        self.head_at += n;
        Ok(n)
    }
}
