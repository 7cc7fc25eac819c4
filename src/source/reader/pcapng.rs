//! The block format: sections, each with a byte order and interfaces of its own.
//!
//! Blocks are framed here, length and trailer, before anything inside is believed. The packet blocks are
//! read here as well: pcap-parser collects the options of each packet into a vector, which nobody needs, and
//! does not know the obsolete packet block.

use std::mem;

use pcap_parser::nom::IResult;
use pcap_parser::{
    BOM_MAGIC, EPB_MAGIC, IDB_MAGIC, OptionCode, PcapError, PcapNGOption, SHB_MAGIC, SPB_MAGIC,
    parse_option_be, parse_option_le,
};

use crate::limits::Limits;
use crate::model::{LinkType, PacketNo, WeirdKind, Weirds};
use crate::source::reader::record::{Record, Scanned};
use crate::source::reader::time::Clock;

/// Obsolete packet block.
const OPB_MAGIC: u32 = 2;
/// Interface statistics block.
const ISB_MAGIC: u32 = 5;
/// An interface statistics block without options.
const MIN_STATISTICS_LEN: usize = 24;
/// Decryption secrets block.
const DSB_MAGIC: u32 = 10;
/// A decryption secrets block without secrets.
const MIN_SECRETS_LEN: usize = 20;
/// Secrets of TLS, as a key log has them (`secrets-type` 0x544c534b).
const TLS_KEY_LOG: u32 = 0x544c_534b;
/// Statistics are a handful of numbers: a longer block is passed over.
const MAX_STATISTICS_LEN: usize = 64 << 10;
/// Type, length and trailer.
const MIN_BLOCK_LEN: usize = 12;
/// A section header block without options.
pub(super) const MIN_SECTION_HEADER_LEN: usize = 28;

/// Byte order of a section.
#[derive(Clone, Copy, Debug)]
enum Order {
    Big,
    Little,
}

impl Order {
    #[inline]
    const fn u16(self, bytes: [u8; 2]) -> u16 {
        match self {
            Self::Big => u16::from_be_bytes(bytes),
            Self::Little => u16::from_le_bytes(bytes),
        }
    }

    #[inline]
    const fn u32(self, bytes: [u8; 4]) -> u32 {
        match self {
            Self::Big => u32::from_be_bytes(bytes),
            Self::Little => u32::from_le_bytes(bytes),
        }
    }

    const fn u64(self, bytes: [u8; 8]) -> u64 {
        match self {
            Self::Big => u64::from_be_bytes(bytes),
            Self::Little => u64::from_le_bytes(bytes),
        }
    }

    const fn i64(self, bytes: [u8; 8]) -> i64 {
        match self {
            Self::Big => i64::from_be_bytes(bytes),
            Self::Little => i64::from_le_bytes(bytes),
        }
    }

    fn option(self, bytes: &[u8]) -> IResult<&[u8], PcapNGOption<'_>, PcapError<&[u8]>> {
        match self {
            Self::Big => parse_option_be(bytes),
            Self::Little => parse_option_le(bytes),
        }
    }
}

/// What an interface description block says of the packets that name it.
#[derive(Clone, Copy, Debug)]
struct Interface {
    link: LinkType,
    /// Bytes kept of a packet; 0 for all.
    snap_len: u32,
    clock: Clock,
    lost: Lost,
}

/// Packets that the capture itself lost of an interface, as far as it says so.
#[derive(Clone, Copy, Debug, Default)]
struct Lost {
    /// `isb_ifdrop`, counted from the beginning of the capture on.
    by_interface: u64,
    /// `isb_osdrop`, likewise.
    by_system: u64,
    /// `epb_dropcount` of its packets, or what they have in its place, added up.
    between_packets: u64,
}

impl Lost {
    /// What the packets say is also in the statistics, where there are any.
    fn total(self) -> u64 {
        self.by_interface.saturating_add(self.by_system).max(self.between_packets)
    }
}

/// Losses of all sections.
#[derive(Debug, Default)]
struct Losses {
    total: u64,
    /// The first interfaces in words.
    words: Vec<String>,
    /// Interfaces beside those.
    more: u64,
    /// First packet that says it was lost before it, and how many were.
    first: Option<(PacketNo, u64)>,
}

impl Losses {
    /// Interfaces in words.
    const MAX_WORDS: usize = 4;

    /// Takes what the interfaces of a section lost.
    fn close(&mut self, interfaces: &mut [Interface]) {
        for (id, interface) in interfaces.iter_mut().enumerate() {
            let lost = mem::take(&mut interface.lost);
            if lost.total() == 0 {
                continue;
            }
            self.total = self.total.saturating_add(lost.total());
            if self.words.len() == Self::MAX_WORDS {
                self.more += 1;
                continue;
            }
            let parts: Vec<_> = [
                ("isb_ifdrop", lost.by_interface),
                ("isb_osdrop", lost.by_system),
                ("epb_dropcount", lost.between_packets),
            ]
            .into_iter()
            .filter(|(_, n)| *n > 0)
            .map(|(name, n)| format!("{name} {n}"))
            .collect();
            self.words.push(format!("interface {id}: {}", parts.join(", ")));
        }
    }
}

/// The section being read.
pub(super) struct Pcapng {
    order: Order,
    /// At most `max_interfaces`.
    interfaces: Vec<Interface>,
    /// Interfaces described, kept or not.
    described: usize,
    pub(super) max_interfaces: usize,
    /// Packet blocks met so far.
    packets: u64,
    losses: Losses,
    /// Key logs of the secrets blocks since somebody took them.
    pub(super) key_log: Vec<u8>,
    pub(super) max_secrets_bytes: usize,
    /// Secrets blocks that are longer.
    long_secrets: u64,
}

/// The words of a block that cannot be read.
type Unusable = String;

impl Pcapng {
    /// Whether a file that begins with `start` is one.
    pub(super) fn begins(start: &[u8]) -> bool {
        start.starts_with(&SHB_MAGIC.to_be_bytes())
    }

    /// Checks the first section header, which is then left to `scan`.
    pub(super) fn open(start: &[u8]) -> Result<Self, Unusable> {
        let Some(head) = start.first_chunk::<MIN_SECTION_HEADER_LEN>() else {
            return Err(format!(
                "the file ends after {} of at least {MIN_SECTION_HEADER_LEN} bytes",
                start.len()
            ));
        };
        let order = order_of(head)?;
        let [_, _, _, _, l0, l1, l2, l3, ..] = *head;
        let claimed = order.u32([l0, l1, l2, l3]);
        if (claimed as usize) < MIN_SECTION_HEADER_LEN {
            return Err(format!(
                "its section header claims {claimed} bytes, fewer than the minimum of {MIN_SECTION_HEADER_LEN}"
            ));
        }
        version_of(order, head)?;
        let max_interfaces = Limits::DEFAULT.max_interfaces;
        Ok(Self {
            order,
            interfaces: Vec::new(),
            described: 0,
            max_interfaces,
            packets: 0,
            losses: Losses::default(),
            key_log: Vec::new(),
            max_secrets_bytes: Limits::DEFAULT.max_block_bytes,
            long_secrets: 0,
        })
    }

    /// The block at the start of `bytes`.
    #[inline]
    pub(super) fn scan(&mut self, bytes: &[u8]) -> Scanned {
        let Some(&[t0, t1, t2, t3, l0, l1, l2, l3, ..]) = bytes.first_chunk::<MIN_BLOCK_LEN>() else {
            return Scanned::More(MIN_BLOCK_LEN);
        };
        let raw_type = [t0, t1, t2, t3];
        // The only type that reads the same in both orders, because it tells which one holds from here on.
        let is_section = raw_type == SHB_MAGIC.to_be_bytes();
        let order = if is_section {
            match order_of(bytes) {
                Ok(order) => order,
                Err(why) => return Scanned::Malformed(why),
            }
        } else {
            self.order
        };
        let block_type = order.u32(raw_type);
        let trailer = [l0, l1, l2, l3];
        let claimed = order.u32(trailer);
        let min_len = match block_type {
            SHB_MAGIC => MIN_SECTION_HEADER_LEN,
            IDB_MAGIC => 20,
            EPB_MAGIC | OPB_MAGIC => 32,
            SPB_MAGIC => 16,
            _ => MIN_BLOCK_LEN,
        };
        let len = usize::try_from(claimed).unwrap_or(usize::MAX);
        if len < min_len {
            return Scanned::Malformed(format!(
                "a block of type {block_type:#x} claims {claimed} bytes, fewer than the minimum of {min_len}"
            ));
        }
        let is_read = match block_type {
            SHB_MAGIC | IDB_MAGIC | EPB_MAGIC | OPB_MAGIC | SPB_MAGIC => true,
            ISB_MAGIC => (MIN_STATISTICS_LEN..=MAX_STATISTICS_LEN).contains(&len),
            DSB_MAGIC => len >= MIN_SECRETS_LEN && len <= self.max_secrets_bytes,
            _ => false,
        };
        if !is_read {
            return Scanned::Skip { body: claimed.saturating_sub(4), trailer };
        }
        let Some(block) = bytes.get(..len) else { return Scanned::More(len) };
        // Every block read here is at least 16 bytes long.
        let (body, end) = block.split_at(len.saturating_sub(4));
        if end != trailer {
            return Scanned::Malformed(bad_trailer(&trailer, end));
        }
        let read = match block_type {
            SHB_MAGIC => self.section(order, body),
            IDB_MAGIC => self.interface(body),
            SPB_MAGIC => self.simple_packet(body, len),
            ISB_MAGIC => Ok(self.statistics(body, len)),
            DSB_MAGIC => Ok(self.secrets(body, len)),
            _ => self.packet(block_type, body, len),
        };
        read.unwrap_or_else(Scanned::Malformed)
    }

    fn section(&mut self, order: Order, body: &[u8]) -> Result<Scanned, Unusable> {
        version_of(order, body)?;
        self.order = order;
        self.losses.close(&mut self.interfaces);
        self.interfaces.clear();
        self.described = 0;
        Ok(Scanned::Passed(body.len().saturating_add(4)))
    }

    fn interface(&mut self, body: &[u8]) -> Result<Scanned, Unusable> {
        let Some((&[_, _, _, _, _, _, _, _, l0, l1, _, _, s0, s1, s2, s3], options)) =
            body.split_first_chunk::<16>()
        else {
            return Err(format!("an interface description of {} bytes", body.len()));
        };
        let clock = self.clock(options)?;
        self.described = self.described.saturating_add(1);
        if self.interfaces.len() < self.max_interfaces {
            let link = LinkType(self.order.u16([l0, l1]));
            let snap_len = self.order.u32([s0, s1, s2, s3]);
            self.interfaces.push(Interface { link, snap_len, clock, lost: Lost::default() });
        }
        Ok(Scanned::Passed(body.len().saturating_add(4)))
    }

    /// `if_tsresol` and `if_tsoffset`, taken from the raw octets: pcap-parser's own `if_tsoffset` is
    /// little-endian in every section. Without options, microseconds.
    fn clock(&self, mut options: &[u8]) -> Result<Clock, Unusable> {
        let mut clock = Clock::MICROSECONDS;
        while options.len() >= 4 {
            let Ok((rest, option)) = self.order.option(options) else {
                return Err("an option of an interface description reaches beyond its block".into());
            };
            let value = option.as_bytes().unwrap_or_default();
            match option.code {
                OptionCode::EndOfOpt => break,
                OptionCode::IfTsresol => match value {
                    [resolution] => clock = clock.with_resolution(*resolution),
                    _ => return Err(format!("if_tsresol of {} bytes, expected 1", value.len())),
                },
                OptionCode::IfTsoffset => match value.try_into() {
                    Ok(offset) => clock = clock.with_offset(self.order.i64(offset)),
                    Err(_) => return Err(format!("if_tsoffset of {} bytes, expected 8", value.len())),
                },
                _ => {}
            }
            options = rest;
        }
        Ok(clock)
    }

    /// What an interface lost since the capture began. Of several blocks the last says the most.
    #[cold]
    fn statistics(&mut self, body: &[u8], len: usize) -> Scanned {
        const IF_DROP: u16 = 5;
        const OS_DROP: u16 = 7;
        let (by_interface, by_system) = (self.number(body, 20, IF_DROP), self.number(body, 20, OS_DROP));
        let id = body.get(8..).and_then(<[u8]>::first_chunk).map(|id| self.order.u32(*id));
        if let Some(interface) = id.and_then(|id| self.interfaces.get_mut(usize::try_from(id).ok()?)) {
            let lost = &mut interface.lost;
            lost.by_interface = lost.by_interface.max(by_interface.unwrap_or(0));
            lost.by_system = lost.by_system.max(by_system.unwrap_or(0));
        }
        Scanned::Passed(len)
    }

    /// The block at the start of `bytes` is passed over.
    pub(super) fn passes_over(&mut self, bytes: &[u8]) {
        if let Some(&[t0, t1, t2, t3, l0, l1, l2, l3]) = bytes.first_chunk()
            && self.order.u32([t0, t1, t2, t3]) == DSB_MAGIC
            && self.order.u32([l0, l1, l2, l3]) as usize > self.max_secrets_bytes
        {
            self.long_secrets += 1;
        }
    }

    /// Keeps the key log of TLS connections, for whoever decrypts them. Secrets of other protocols are nobody's.
    #[cold]
    fn secrets(&mut self, body: &[u8], len: usize) -> Scanned {
        if let Some((&[_, _, _, _, _, _, _, _, t0, t1, t2, t3, l0, l1, l2, l3], room)) =
            body.split_first_chunk::<16>()
            && self.order.u32([t0, t1, t2, t3]) == TLS_KEY_LOG
        {
            let claimed = usize::try_from(self.order.u32([l0, l1, l2, l3])).unwrap_or(usize::MAX);
            self.key_log.extend_from_slice(room.get(..claimed).unwrap_or(room));
            self.key_log.push(b'\n');
        }
        Scanned::Passed(len)
    }

    /// Counts in the end what was passed over.
    #[cold]
    pub(super) fn count_long_secrets(&self, weirds: &mut Weirds) {
        if self.long_secrets > 0 {
            weirds.add_many(WeirdKind::TlsKeysCap, self.long_secrets, None, || {
                format!("key blocks longer than {} bytes were skipped", self.max_secrets_bytes)
            });
        }
    }

    /// An option of 64 bits, among those that begin at `from`.
    fn number(&self, body: &[u8], from: usize, code: u16) -> Option<u64> {
        let mut options = body.get(from..)?;
        while let Some((&[c0, c1, l0, l1], rest)) = options.split_first_chunk() {
            let len = usize::from(self.order.u16([l0, l1]));
            match self.order.u16([c0, c1]) {
                0 => break,
                found if found == code => return Some(self.order.u64(rest.get(..len)?.try_into().ok()?)),
                _ => options = rest.get(len.next_multiple_of(4)..)?,
            }
        }
        None
    }

    /// Packets lost before this one, by its options.
    #[cold]
    fn lost_before(&mut self, id: u32, body: &[u8], options: usize) {
        const DROP_COUNT: u16 = 4;
        let lost = self.number(body, options, DROP_COUNT);
        self.lost(id, lost.unwrap_or(0));
    }

    fn lost(&mut self, id: u32, n: u64) {
        let interface = usize::try_from(id).ok().and_then(|id| self.interfaces.get_mut(id));
        if let Some(interface) = interface.filter(|_| n > 0) {
            interface.lost.between_packets = interface.lost.between_packets.saturating_add(n);
            self.losses.first.get_or_insert((PacketNo(self.packets), n));
        }
    }

    /// Counts in the end what the capture says it lost.
    #[cold]
    pub(super) fn count_losses(&mut self, weirds: &mut Weirds) {
        self.losses.close(&mut self.interfaces);
        let Losses { total, words, more, first } = mem::take(&mut self.losses);
        if total == 0 {
            return;
        }
        weirds.add_many(WeirdKind::CaptureDropped, total, first.map(|(packet, _)| packet), || {
            let more = if more == 0 { String::new() } else { format!("; and {more} more interfaces") };
            let first = first.map_or_else(String::new, |(packet, n)| format!("; {n} of them before packet {packet}"));
            format!(
                "packets that the capture itself lost ({}{more}{first}): bytes missing from streams may be from these",
                words.join("; ")
            )
        });
    }

    /// Enhanced and obsolete packet block: they differ in the field that names the interface.
    #[inline]
    fn packet(&mut self, block_type: u32, body: &[u8], len: usize) -> Result<Scanned, Unusable> {
        const DATA: usize = 28;
        let Some((head, room)) = body.split_first_chunk::<DATA>() else {
            return Err(format!("a packet block of {len} bytes"));
        };
        // `head` is an array and every index below is a constant inside it.
        let order = self.order;
        let word = |at: usize| order.u32([head[at], head[at + 1], head[at + 2], head[at + 3]]);
        let id =
            if block_type == OPB_MAGIC { u32::from(self.order.u16([head[8], head[9]])) } else { word(8) };
        let captured = word(20);
        let data_len = usize::try_from(captured).unwrap_or(usize::MAX);
        if data_len > room.len() {
            return Err(format!(
                "a packet of {captured} captured bytes in a block with room for {}",
                room.len()
            ));
        }
        let options = DATA.saturating_add(data_len.next_multiple_of(4));
        self.packets += 1;
        if block_type == OPB_MAGIC {
            // All bits set: not known.
            match self.order.u16([head[10], head[11]]) {
                0 | u16::MAX => {}
                lost => self.lost(id, lost.into()),
            }
        } else if options < body.len() {
            self.lost_before(id, body, options);
        }
        let Some(interface) = self.named(id) else {
            return Ok(Scanned::Orphan { len, interface: id, described: self.described });
        };
        let ticks = u64::from(word(12)) << 32 | u64::from(word(16));
        Ok(Scanned::Packet(Record {
            len,
            data: DATA..DATA.saturating_add(data_len),
            nanoseconds: Some(interface.clock.nanoseconds(ticks)),
            link: interface.link,
            orig_len: word(24),
        }))
    }

    /// Simple packet block: no time, no captured length, always the first interface.
    fn simple_packet(&mut self, body: &[u8], len: usize) -> Result<Scanned, Unusable> {
        const DATA: usize = 12;
        let Some((&[_, _, _, _, _, _, _, _, o0, o1, o2, o3], room)) = body.split_first_chunk::<DATA>() else {
            return Err(format!("a simple packet block of {len} bytes"));
        };
        self.packets += 1;
        let Some(interface) = self.named(0) else {
            return Ok(Scanned::Orphan { len, interface: 0, described: self.described });
        };
        let orig_len = self.order.u32([o0, o1, o2, o3]);
        let kept = if interface.snap_len == 0 { orig_len } else { orig_len.min(interface.snap_len) };
        // What `kept` leaves of the room is padding.
        let data_len = usize::try_from(kept).unwrap_or(usize::MAX).min(room.len());
        Ok(Scanned::Packet(Record {
            len,
            data: DATA..DATA.saturating_add(data_len),
            nanoseconds: None,
            link: interface.link,
            orig_len,
        }))
    }

    #[inline]
    fn named(&self, id: u32) -> Option<&Interface> {
        self.interfaces.get(usize::try_from(id).ok()?)
    }
}

/// Says how the lengths at both ends of a block differ, in the octets of the file.
pub(super) fn bad_trailer(start: &[u8], end: &[u8]) -> String {
    format!("a block begins with the length {start:02x?} and ends with {end:02x?}")
}

fn order_of(section_header: &[u8]) -> Result<Order, Unusable> {
    match section_header.get(8..12) {
        Some(magic) if magic == BOM_MAGIC.to_be_bytes() => Ok(Order::Big),
        Some(magic) if magic == BOM_MAGIC.to_le_bytes() => Ok(Order::Little),
        magic => Err(format!(
            "the byte-order magic of a section header is {:02x?}, expected 1a2b3c4d in either order",
            magic.unwrap_or_default()
        )),
    }
}

fn version_of(order: Order, section_header: &[u8]) -> Result<(), Unusable> {
    let Some(&[major0, major1, minor0, minor1]) =
        section_header.get(12..).and_then(|rest| rest.first_chunk())
    else {
        return Err(format!("a section header of {} bytes", section_header.len()));
    };
    match (order.u16([major0, major1]), order.u16([minor0, minor1])) {
        (1, _) => Ok(()),
        (major, minor) => Err(format!("version {major}.{minor}, expected 1.0")),
    }
}
