//! The classic capture file: a header of 24 bytes, then records.

use pcap_parser::nom::{Err, IResult, Needed};
use pcap_parser::{
    LegacyPcapBlock, PcapError, PcapHeader, parse_pcap_frame, parse_pcap_frame_be, parse_pcap_frame_modified,
    parse_pcap_header,
};

use crate::model::LinkType;
use crate::source::reader::record::{Record, Scanned};
use crate::source::reader::time::Clock;

/// Length of the header of the file.
pub(super) const HEADER_LEN: usize = 24;

/// Magic of the variant with more in each record, in the byte order pcap-parser does not read.
const KUZNETZOV_BIG_ENDIAN: [u8; 4] = [0xa1, 0xb2, 0xcd, 0x34];

/// How the records of one file are read.
pub(super) struct Pcap {
    clock: Clock,
    link: LinkType,
    layout: Layout,
}

/// Layout of a record header.
#[derive(Clone, Copy)]
enum Layout {
    BigEndian,
    LittleEndian,
    /// Kuznetzov's: interface, protocol and packet type behind the usual fields.
    Modified,
}

impl Layout {
    const fn header_len(self) -> usize {
        match self {
            Self::BigEndian | Self::LittleEndian => 16,
            Self::Modified => 24,
        }
    }

    #[inline]
    fn parse(self, bytes: &[u8]) -> IResult<&[u8], LegacyPcapBlock<'_>, PcapError<&[u8]>> {
        match self {
            Self::BigEndian => parse_pcap_frame_be(bytes),
            Self::LittleEndian => parse_pcap_frame(bytes),
            Self::Modified => parse_pcap_frame_modified(bytes),
        }
    }
}

/// Why a file cannot be read as pcap.
pub(super) enum HeaderError {
    /// It begins like something else.
    Unknown,
    /// It begins like one and cannot be used, in words.
    Unusable(String),
}

impl Pcap {
    /// Reads the header, `HEADER_LEN` bytes of `start`.
    pub(super) fn open(start: &[u8]) -> Result<Self, HeaderError> {
        match parse_pcap_header(start) {
            Ok((_, header)) => Self::new(&header).map_err(HeaderError::Unusable),
            Err(Err::Incomplete(_)) if start.len() >= 4 => Err(HeaderError::Unusable(format!(
                "the file ends after {} of its {HEADER_LEN} bytes",
                start.len()
            ))),
            Err(_) if start.starts_with(&KUZNETZOV_BIG_ENDIAN) => Err(HeaderError::Unusable(
                "the modified format a1b2cd34 is supported in little-endian order only".into(),
            )),
            Err(_) => Err(HeaderError::Unknown),
        }
    }

    fn new(header: &PcapHeader) -> Result<Self, String> {
        if header.version_major != 2 {
            let (major, minor) = (header.version_major, header.version_minor);
            return Err(format!("version {major}.{minor}, expected 2.4"));
        }
        let clock = if header.is_nanosecond_precision() { Clock::NANOSECONDS } else { Clock::MICROSECONDS };
        let [.., high, low] = header.network.0.to_be_bytes();
        // The upper half tells of a frame check sequence behind each packet, which the IP length leaves out.
        let link = LinkType(u16::from_be_bytes([high, low]));
        let layout = if header.is_modified_format() {
            Layout::Modified
        } else if header.is_bigendian() {
            Layout::BigEndian
        } else {
            Layout::LittleEndian
        };
        Ok(Self { clock, link, layout })
    }

    /// The record at the start of `bytes`.
    #[inline]
    pub(super) fn scan(&self, bytes: &[u8]) -> Scanned {
        match self.layout.parse(bytes) {
            Ok((_, block)) => {
                let header_len = self.layout.header_len();
                let len = header_len.saturating_add(block.data.len());
                Scanned::Packet(Record {
                    len,
                    data: header_len..len,
                    nanoseconds: Some(self.clock.seconds_and_ticks(block.ts_sec, block.ts_usec)),
                    link: self.link,
                    orig_len: block.origlen,
                })
            }
            Err(Err::Incomplete(Needed::Size(more))) => Scanned::More(bytes.len().saturating_add(more.get())),
            Err(Err::Incomplete(Needed::Unknown)) => Scanned::More(bytes.len().saturating_add(1)),
            // Any 16 bytes are a record header: there is nothing in it to be wrong.
            Err(Err::Error(_) | Err::Failure(_)) => Scanned::Malformed("a record that cannot be read".into()),
        }
    }
}
