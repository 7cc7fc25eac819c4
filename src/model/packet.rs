//! What a capture holds: packets, and the TCP segments inside them.

use std::fmt;
use std::net::SocketAddr;

use crate::model::HeaderSigns;

/// Number of a captured record in its input, counted from 1 (Wireshark's *frame number*).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PacketNo(pub u64);

impl fmt::Display for PacketNo {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0)
    }
}

/// Capture time in nanoseconds since 1970-01-01T00:00:00Z. Covers the years 1677 to 2262; a reader clamps what
/// lies outside and reports it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Timestamp(pub i64);

impl Timestamp {
    /// Nanoseconds from `earlier` to `self`; negative where the capture is not in order of time.
    #[must_use]
    pub fn since(self, earlier: Self) -> i64 {
        self.0.saturating_sub(earlier.0)
    }

    /// The time so many seconds later; the latest there is where that overflows.
    #[must_use]
    pub const fn plus_seconds(self, seconds: u32) -> Self {
        Self(self.0.saturating_add(seconds as i64 * 1_000_000_000))
    }
}

/// Link-layer type of a packet, a number of the registry of libpcap (`LINKTYPE_*`).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct LinkType(pub u16);

macro_rules! link_types {
    ($($(#[$doc:meta])* $NAME:ident = $number:literal, $name:literal;)+) => {
        impl LinkType {
            $($(#[$doc])* pub const $NAME: Self = Self($number);)+

            /// Short name, `None` for a type wslog does not decode.
            #[must_use]
            pub const fn name(self) -> Option<&'static str> {
                match self {
                    $(Self::$NAME => Some($name),)+
                    _ => None,
                }
            }
        }
    };
}

link_types! {
    /// BSD loopback, protocol family in the byte order of the capturing host.
    NULL = 0, "null";
    /// Ethernet II or IEEE 802.3, without preamble and check sequence.
    ETHERNET = 1, "ethernet";
    /// Token Ring.
    IEEE802_5 = 6, "ieee802_5";
    /// PPP, with or without address and control field.
    PPP = 9, "ppp";
    /// FDDI.
    FDDI = 10, "fddi";
    /// Raw IP as some BSDs wrote it (`DLT_RAW` 12).
    RAW_BSD = 12, "raw";
    /// Raw IP as OpenBSD wrote it (`DLT_RAW` 14).
    RAW_OPENBSD = 14, "raw";
    /// PPP in HDLC-like framing, or HDLC as Cisco frames it.
    PPP_HDLC = 50, "ppp_hdlc";
    /// A session of PPPoE without its Ethernet header.
    PPP_ETHER = 51, "ppp_ether";
    /// LLC in ATM (RFC 1483).
    ATM_RFC1483 = 100, "atm_rfc1483";
    /// Raw IPv4 or IPv6, told apart by the version nibble.
    RAW = 101, "raw";
    /// HDLC as Cisco frames it.
    C_HDLC = 104, "c_hdlc";
    /// 802.11 without what the radio knew.
    IEEE802_11 = 105, "ieee802_11";
    /// Frame Relay.
    FRELAY = 107, "frelay";
    /// OpenBSD loopback, protocol family in network byte order.
    LOOP = 108, "loop";
    /// IPsec of the BSDs, without encryption.
    ENC = 109, "enc";
    /// Linux "cooked" capture, version 1.
    LINUX_SLL = 113, "linux_sll";
    /// Packets logged by the filter of the BSDs.
    PFLOG = 117, "pflog";
    /// 802.11 behind a Prism header.
    IEEE802_11_PRISM = 119, "ieee802_11_prism";
    /// IP in Fibre Channel.
    IP_OVER_FC = 122, "ip_over_fc";
    /// ATM as Solaris wrote it.
    SUNATM = 123, "sunatm";
    /// 802.11 behind a radiotap header.
    IEEE802_11_RADIOTAP = 127, "ieee802_11_radiotap";
    /// IP in FireWire.
    APPLE_IP_OVER_IEEE1394 = 138, "apple_ip_over_ieee1394";
    /// 802.11 behind a header of AVS.
    IEEE802_11_AVS = 163, "ieee802_11_avs";
    /// PPP as pppd logs it, its address field a direction.
    PPP_PPPD = 166, "ppp_pppd";
    /// Ethernet as routers of Juniper capture it.
    JUNIPER_ETHER = 178, "juniper_ether";
    /// Per-Packet Information: a header that names the link type behind it.
    PPI = 192, "ppi";
    /// PPP behind a byte for the direction.
    PPP_WITH_DIR = 204, "ppp_with_dir";
    /// MPLS label stack; the first bytes behind it tell whether they are IP or Ethernet.
    MPLS = 219, "mpls";
    /// Raw IPv4, named by the link type.
    IPV4 = 228, "ipv4";
    /// Raw IPv6, named by the link type.
    IPV6 = 229, "ipv6";
    /// Packets logged by Linux netfilter.
    NFLOG = 239, "nflog";
    /// IP in InfiniBand.
    IPOIB = 242, "ipoib";
    /// macOS: a header that names the link type behind it.
    PKTAP = 258, "pktap";
    /// Linux "cooked" capture, version 2.
    LINUX_SLL2 = 276, "linux_sll2";
}

/// One captured record.
#[derive(Clone, Copy, Debug)]
pub struct Packet<'a> {
    /// Number in its input.
    pub no: PacketNo,
    /// Capture time; `None` where the container has none (pcapng simple packet block).
    pub at: Option<Timestamp>,
    /// The header that `data` begins with.
    pub link: LinkType,
    /// Length on the wire in bytes; more than `data.len()` where the capture was cut by its snap length.
    pub orig_len: u32,
    /// Bytes captured, from the link-layer header on; lent from the block they were read in.
    pub data: &'a [u8],
}

/// TCP sequence number. Compared by distance; it has no total order (RFC 9293 3.4).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct SeqNo(pub u32);

impl SeqNo {
    /// Signed distance from `other` to `self`, from -2^31 to 2^31 - 1, wrapping.
    #[must_use]
    #[expect(clippy::cast_possible_wrap, reason = "the wrap is the definition of the distance")]
    pub const fn distance_from(self, other: Self) -> i32 {
        self.0.wrapping_sub(other.0) as i32
    }

    /// The number `n` bytes later, wrapping.
    #[must_use]
    pub const fn plus(self, n: u32) -> Self {
        Self(self.0.wrapping_add(n))
    }
}

/// Control bits of a TCP header (RFC 9293 3.1), as on the wire: CWR ECE URG ACK PSH RST SYN FIN.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct TcpFlags(pub u8);

impl TcpFlags {
    /// No more data from the sender.
    pub const FIN: Self = Self(0x01);
    /// Synchronise sequence numbers: the first segment of each direction.
    pub const SYN: Self = Self(0x02);
    /// Reset the connection: no FIN follows, and what the peer has not read may be lost.
    pub const RST: Self = Self(0x04);
    /// Push function: the receiver is to hand on what it has.
    pub const PSH: Self = Self(0x08);
    /// The acknowledgement field counts.
    pub const ACK: Self = Self(0x10);
    /// The urgent pointer counts.
    pub const URG: Self = Self(0x20);

    /// Whether every bit of `other` is set.
    #[must_use]
    pub const fn has(self, other: Self) -> bool {
        self.0 & other.0 == other.0
    }

    /// Both sets of bits.
    #[must_use]
    pub const fn with(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }
}

/// A TCP segment (RFC 9293) found in a packet.
#[derive(Clone, Copy, Debug)]
pub struct Segment<'a> {
    /// The packet that carried it, or its last piece.
    pub no: PacketNo,
    /// When it was captured; `None` where the format has no clock.
    pub at: Option<Timestamp>,
    /// Address and port of the sender; those inside a tunnel.
    pub src: SocketAddr,
    /// Address and port of the receiver; those inside a tunnel.
    pub dst: SocketAddr,
    /// Sequence number of the first payload byte (of the SYN where it is set).
    pub seq: SeqNo,
    /// Acknowledgement number, where ACK is set.
    pub ack: Option<SeqNo>,
    /// Control bits as on the wire.
    pub flags: TcpFlags,
    /// What else of its headers tells senders apart.
    pub header: HeaderSigns,
    /// Payload bytes captured, without the padding of the link.
    pub payload: &'a [u8],
    /// Payload bytes that were on the wire but are not in the capture (snap length), after `payload`.
    pub cut_off: u32,
}
