//! Writes pcapng: one section, little-endian, times in nanoseconds.

use std::collections::BTreeMap;
use std::io::{self, Write};

use crate::model::{LinkType, Timestamp};

const SECTION: u32 = 0x0a0d_0d0a;
const INTERFACE: u32 = 1;
const SIMPLE_PACKET: u32 = 3;
const ENHANCED_PACKET: u32 = 6;
const SECRETS: u32 = 10;
/// Secrets of TLS, as a key log has them.
const TLS_KEY_LOG: u32 = 0x544c_534b;

const COMMENT: u16 = 1;
const USER_APPLICATION: u16 = 4;
const IF_NAME: u16 = 2;
const IF_TSRESOL: u16 = 9;
const IF_TSOFFSET: u16 = 14;

/// Seconds that times before 1970 are counted from, before it: all that 64 bits of nanoseconds can say.
const BEFORE_1970: i64 = -9_300_000_000;

/// Longest comment in bytes; the length of an option has 16 bits.
const MAX_COMMENT: usize = 60_000;

/// Writes a file.
#[derive(Debug)]
pub struct Writer<W> {
    out: W,
    block: Vec<u8>,
    /// By name, link type and whether times are before 1970.
    interfaces: BTreeMap<(String, LinkType, bool), u32>,
    packets: u64,
}

/// A packet as it is written.
#[derive(Clone, Copy, Debug)]
pub struct Record<'a> {
    /// Name of the interface.
    pub interface: &'a str,
    /// What its bytes begin with.
    pub link: LinkType,
    /// When it was captured.
    pub at: Option<Timestamp>,
    /// Its length on the wire.
    pub orig_len: u32,
    /// Its bytes.
    pub data: &'a [u8],
}

impl<W: Write> Writer<W> {
    /// A file that begins with a comment.
    ///
    /// # Errors
    /// Those of `out`.
    pub fn new(out: W, comment: &str) -> io::Result<Self> {
        let mut this = Self { out, block: Vec::new(), interfaces: BTreeMap::new(), packets: 0 };
        this.begin(SECTION);
        this.block.extend_from_slice(&0x1a2b_3c4d_u32.to_le_bytes());
        this.block.extend_from_slice(&[1, 0, 0, 0]);
        // The length of the section is not said.
        this.block.extend_from_slice(&[0xff; 8]);
        this.option(COMMENT, comment_of(comment).as_bytes());
        this.option(USER_APPLICATION, concat!("wslog ", env!("CARGO_PKG_VERSION")).as_bytes());
        this.option(0, &[]);
        this.end()?;
        Ok(this)
    }

    /// Writes a packet with what is said of it.
    ///
    /// # Errors
    /// Those of `out`.
    pub fn packet(&mut self, record: &Record<'_>, comments: &[String]) -> io::Result<()> {
        let Record { interface, link, at, orig_len, data } = *record;
        let is_early = at.is_some_and(|at| at.0 < 0);
        let id = self.interface(interface, link, is_early)?;
        self.packets += 1;
        let is_whole = data.len() == orig_len as usize;
        if at.is_none() && id == 0 && is_whole {
            // The one kind of packet that has no time; it has no comment either.
            self.begin(SIMPLE_PACKET);
            self.block.extend_from_slice(&orig_len.to_le_bytes());
            self.bytes(data);
            return self.end();
        }
        let since = if is_early { i128::from(BEFORE_1970) * 1_000_000_000 } else { 0 };
        let ticks = u64::try_from(i128::from(at.map_or(0, |at| at.0)) - since).unwrap_or_default();
        self.begin(ENHANCED_PACKET);
        self.block.extend_from_slice(&id.to_le_bytes());
        self.block.extend_from_slice(&((ticks >> 32) as u32).to_le_bytes());
        self.block.extend_from_slice(&(ticks as u32).to_le_bytes());
        self.block.extend_from_slice(&u32::try_from(data.len()).unwrap_or(u32::MAX).to_le_bytes());
        self.block.extend_from_slice(&orig_len.to_le_bytes());
        self.bytes(data);
        for comment in comments {
            self.option(COMMENT, comment_of(comment).as_bytes());
        }
        if !comments.is_empty() {
            self.option(0, &[]);
        }
        self.end()
    }

    /// Writes keys of TLS, for packets behind them.
    ///
    /// # Errors
    /// Those of `out`.
    pub fn secrets(&mut self, key_log: &[u8]) -> io::Result<()> {
        self.begin(SECRETS);
        self.block.extend_from_slice(&TLS_KEY_LOG.to_le_bytes());
        self.block.extend_from_slice(&u32::try_from(key_log.len()).unwrap_or(u32::MAX).to_le_bytes());
        self.bytes(key_log);
        let written = self.end();
        self.block.fill(0);
        written
    }

    /// Packets written.
    #[must_use]
    pub const fn packets(&self) -> u64 {
        self.packets
    }

    /// All was written.
    ///
    /// # Errors
    /// Those of `out`.
    pub fn finish(mut self) -> io::Result<u64> {
        self.out.flush()?;
        Ok(self.packets)
    }

    fn interface(&mut self, name: &str, link: LinkType, is_early: bool) -> io::Result<u32> {
        let key = (name.to_owned(), link, is_early);
        if let Some(id) = self.interfaces.get(&key) {
            return Ok(*id);
        }
        self.begin(INTERFACE);
        self.block.extend_from_slice(&link.0.to_le_bytes());
        self.block.extend_from_slice(&[0; 2]);
        // No snap length.
        self.block.extend_from_slice(&[0; 4]);
        self.option(IF_NAME, comment_of(name).as_bytes());
        self.option(IF_TSRESOL, &[9]);
        if is_early {
            self.option(IF_TSOFFSET, &BEFORE_1970.to_le_bytes());
        }
        self.option(0, &[]);
        self.end()?;
        let id = u32::try_from(self.interfaces.len()).unwrap_or(u32::MAX);
        self.interfaces.insert(key, id);
        Ok(id)
    }

    fn begin(&mut self, kind: u32) {
        self.block.clear();
        self.block.extend_from_slice(&kind.to_le_bytes());
        self.block.extend_from_slice(&[0; 4]);
    }

    /// Bytes, filled up to a multiple of four.
    fn bytes(&mut self, bytes: &[u8]) {
        self.block.extend_from_slice(bytes);
        self.block.resize(self.block.len().next_multiple_of(4), 0);
    }

    fn option(&mut self, code: u16, value: &[u8]) {
        self.block.extend_from_slice(&code.to_le_bytes());
        self.block.extend_from_slice(&u16::try_from(value.len()).unwrap_or(u16::MAX).to_le_bytes());
        self.bytes(value);
    }

    fn end(&mut self) -> io::Result<()> {
        let len = u32::try_from(self.block.len() + 4).unwrap_or(u32::MAX).to_le_bytes();
        if let Some(place) = self.block.get_mut(4..8) {
            place.copy_from_slice(&len);
        }
        self.block.extend_from_slice(&len);
        self.out.write_all(&self.block)
    }
}

/// What of a comment has room.
fn comment_of(text: &str) -> &str {
    let end = (0..=MAX_COMMENT.min(text.len())).rev().find(|at| text.is_char_boundary(*at));
    text.get(..end.unwrap_or(0)).unwrap_or_default()
}
