//! Oddities of the recording: counted, shown, nobody accused (Zeek's word).

use crate::model::{PacketNo, named};

named! {
    /// What is odd.
    #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
    #[non_exhaustive]
    pub enum WeirdKind {
        /// The capture file ends inside a record.
        TruncatedFile = "truncated_file",
        /// A block of the capture file is malformed; reading stopped there.
        MalformedBlock = "malformed_block",
        /// Compressed data is cut off; what could be decompressed was read.
        CutCompression = "cut_compression",
        /// Compressed data cannot be decompressed, or its checksum is wrong; reading stopped there.
        CorruptCompression = "corrupt_compression",
        /// Bytes after compressed data that are not compressed; not read.
        TrailingBytes = "trailing_bytes",
        /// A cap on the decompressed size of a file was reached; reading stopped there.
        FileInflateCap = "file_inflate_cap",
        /// The user stopped the reading.
        Interrupted = "interrupted",
        /// A pcapng packet names an interface that was not described.
        UnknownInterface = "unknown_interface",
        /// Packets that the capture itself lost, according to the pcapng file; bytes missing from a stream may be
        /// from these.
        CaptureDropped = "capture_dropped",
        /// A capture time outside the years 1677 to 2262.
        TimeOutOfRange = "time_out_of_range",
        /// A link type, or a tunnel inside a known one, that wslog does not decode.
        UnknownLinkType = "unknown_link_type",
        /// A packet too short for the headers it announces.
        TruncatedPacket = "truncated_packet",
        /// A link, IP or TCP header contradicts itself.
        MalformedHeader = "malformed_header",
        /// IP fragments that do not make a whole datagram: pieces are missing or cut. Capture filters for a port let
        /// only the first fragment pass.
        IpFragment = "ip_fragment",
        /// IP fragments that overlap and differ, or disagree about the end; the first copy is kept.
        ConflictingFragment = "conflicting_fragment",
        /// IP fragments dropped because they, or their datagrams, reached their cap.
        FragmentCap = "fragment_cap",
        /// Nested tunnels reached their cap.
        NestingCap = "nesting_cap",
        /// Encrypted below TCP (802.11, MACsec, ESP …): the contents cannot be read.
        EncryptedPacket = "encrypted_packet",
        /// Received with a wrong frame check sequence, according to the capture; a receiver drops it.
        DamagedPacket = "damaged_packet",
        /// TCP payload cut by the snap length of the capture.
        CutPayload = "cut_payload",
        /// A retransmission that differs from the first copy, which is kept.
        ConflictingRetransmission = "conflicting_retransmission",
        /// Bytes of a stream that are missing from the capture.
        Gap = "gap",
        /// A sequence number too far from what was seen before to place it.
        SequenceOutOfWindow = "sequence_out_of_window",
        /// A segment of a second leg of a connection, with sequence numbers of its own: a middlebox that rewrites
        /// them was captured on both sides, or two hosts answered. Left out; the leg with the first payload is
        /// followed.
        SecondLeg = "second_leg",
        /// Out-of-order bytes of a direction reached their cap.
        OutOfOrderCap = "out_of_order_cap",
        /// The flow table was full: the longest-idle flow was dropped.
        FlowEvicted = "flow_evicted",
        /// The bytes held for all connections reached their cap: of those that held much, the one silent the longest
        /// was dropped.
        HeldCap = "held_cap",
        /// The frames listed for all connections reached their cap: some of this one were left out or cut shorter.
        ListedCap = "listed_cap",
        /// A connection that was not closed was silent for longer than its cap and dropped.
        FlowIdle = "flow_idle",
        /// An HTTP header section, or data waiting for one in the other direction, longer than its cap.
        HandshakeCap = "handshake_cap",
        /// HTTP on a connection that had asked for an upgrade stopped making sense.
        MalformedHttp = "malformed_http",
        /// Headers or frames of an HTTP/2 connection that cannot be read: damaged, too long or not recorded.
        Http2Unread = "http2_unread",
        /// First packets of QUIC connections: HTTP/3 may carry WebSocket in them (RFC 9220), and is not read.
        Http3NotRead = "http3_not_read",
        /// Connections beyond their cap, which were not looked for in other recordings.
        LinkCap = "link_cap",
        /// Responses that offer HTTP/3 (Alt-Svc, RFC 7838): it may carry WebSocket (RFC 9220), and is not read.
        Http3Offered = "http3_offered",
        /// More WebSocket streams on an HTTP/2 connection, or longer headers, than are followed.
        Http2Cap = "http2_cap",
        /// A gap or cut in the opening handshake: the rest of the connection could not be read.
        HandshakeGap = "handshake_gap",
        /// A gap swallowed a frame header: the rest of that direction could not be read.
        FramingLost = "framing_lost",
        /// Frames were recognised again after a gap that swallowed a header; bytes before them were skipped.
        FramingResynchronised = "framing_resynchronised",
        /// A segment with urgent data, which stays in its place in the stream.
        UrgentData = "urgent_data",
        /// A message could not be inflated because a gap took its context.
        InflateContextLost = "inflate_context_lost",
        /// A cap on inflated bytes or ratio was reached.
        InflateCap = "inflate_cap",
        /// Connections refused or not answered by a server that later carried WebSocket; counted for each server.
        ConnectFailed = "connect_failed",
        /// Servers reached their cap; failed connections to the others are not reported.
        ServersCap = "servers_cap",
        /// TLS keys beyond their cap; skipped.
        TlsKeysCap = "tls_keys_cap",
        /// A TLS record or handshake message is malformed.
        MalformedTls = "malformed_tls",
        /// A TLS handshake message longer than its cap.
        TlsHandshakeCap = "tls_handshake_cap",
        /// TLS records waited for keys until they reached their cap; they are not decrypted.
        TlsWaitingCap = "tls_waiting_cap",
        /// TLS keys given for a connection's client random that decrypt none of its records.
        TlsKeysWrong = "tls_keys_wrong",
        /// A TLS connection for which some but not all keys are there.
        TlsKeysMissing = "tls_keys_missing",
        /// A TLS record that its key does not decrypt, though it decrypts others: damaged in the recording, or partly
        /// missing.
        TlsRecordDamaged = "tls_record_damaged",
        /// Missing TLS records, some with their headers: their number was derived from what the next one
        /// authenticates.
        TlsRecordsMissed = "tls_records_missed",
        /// A gap after which no TLS record could be found or decrypted: the rest of that direction could not be read.
        TlsRecordsLost = "tls_records_lost",
        /// Findings of a connection reached their cap; more were counted.
        FindingsCap = "findings_cap",
        /// Pings without a Pong reached their cap; the oldest were dropped.
        PingsCap = "pings_cap",
        /// Finished connections waited for an older one for longer than memory allows; they were written before it.
        ReportsOutOfOrder = "reports_out_of_order",
    }
}

/// One kind of oddity in one input or connection.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Weird {
    /// Which oddity, under the name it is counted by.
    pub kind: WeirdKind,
    /// Times it was seen; only the first is told in words.
    pub count: u64,
    /// The first one, in words with its numbers.
    pub detail: String,
    /// Packet of the first one.
    pub packet: Option<PacketNo>,
}

impl WeirdKind {
    /// Whether each thing that its words name is counted for itself: what a packet is carried in, or encrypted by, whose
    /// words are the same for all packets of a thing; or a server.
    #[must_use]
    pub const fn is_told_apart(self) -> bool {
        self.hides_packets() || matches!(self, Self::ConnectFailed)
    }

    /// Whether its words are about all that are counted, not about the first.
    #[must_use]
    pub const fn speaks_of_all(self) -> bool {
        matches!(
            self,
            Self::CaptureDropped
                | Self::ConnectFailed
                | Self::FindingsCap
                | Self::TlsKeysCap
                | Self::PingsCap
                | Self::ReportsOutOfOrder
                | Self::ServersCap
        )
    }

    /// Whether it names what packets are carried in that cannot be looked into.
    #[must_use]
    pub const fn hides_packets(self) -> bool {
        matches!(self, Self::UnknownLinkType | Self::EncryptedPacket)
    }
}

/// Counts of oddities, in the order in which each kind came first; see [`WeirdKind::is_told_apart`].
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Weirds(Vec<Weird>);

/// Words of what is not told apart any more.
const fn others(kind: WeirdKind) -> &'static str {
    match kind {
        WeirdKind::ConnectFailed => "attempts to connect to further servers, before they carried WebSocket",
        _ => "and others",
    }
}

impl Weirds {
    /// Things of a kind that are told apart. Only link types made up by hand are that many.
    const MAX_APART: usize = 40;

    /// Counts one; `detail` is asked for the first of each kind only.
    pub fn add(&mut self, kind: WeirdKind, packet: Option<PacketNo>, detail: impl FnOnce() -> String) {
        self.add_many(kind, 1, packet, detail);
    }

    /// Counts `count` of a kind.
    pub(crate) fn add_many(
        &mut self,
        kind: WeirdKind,
        count: u64,
        packet: Option<PacketNo>,
        detail: impl FnOnce() -> String,
    ) {
        if kind.is_told_apart() {
            self.push(Weird { kind, count, detail: detail(), packet });
            return;
        }
        match self.0.iter_mut().find(|w| w.kind == kind) {
            Some(weird) => weird.count = weird.count.saturating_add(count),
            None => self.0.push(Weird { kind, count, detail: detail(), packet }),
        }
    }

    /// Adds the counts of `other`; of two firsts the one in the earlier packet is kept.
    pub fn merge(&mut self, other: Self) {
        for weird in other.0 {
            self.push(weird);
        }
    }

    /// Adds the count of `weird`; see [`Self::merge`].
    pub fn push(&mut self, mut weird: Weird) {
        let kind = weird.kind;
        let is_same = |known: &Weird, new: &Weird| {
            known.kind == new.kind && (!kind.is_told_apart() || known.detail == new.detail)
        };
        if kind.is_told_apart()
            && !self.0.iter().any(|known| is_same(known, &weird))
            && self.0.iter().filter(|known| known.kind == kind).count() >= Self::MAX_APART
        {
            others(kind).clone_into(&mut weird.detail);
        }
        match self.0.iter_mut().find(|known| is_same(known, &weird)) {
            Some(known) => {
                known.count = known.count.saturating_add(weird.count);
                if weird.packet.zip(known.packet).is_some_and(|(new, known)| new < known) {
                    (known.detail, known.packet) = (weird.detail, weird.packet);
                }
            }
            None => self.0.push(weird),
        }
    }

    /// Their words, to be written anew.
    pub(crate) fn details_mut(&mut self) -> impl Iterator<Item = &mut String> {
        self.0.iter_mut().map(|weird| &mut weird.detail)
    }

    /// All kinds seen, given away.
    pub(crate) fn into_vec(self) -> Vec<Weird> {
        self.0
    }

    /// All kinds seen.
    #[must_use]
    pub fn as_slice(&self) -> &[Weird] {
        &self.0
    }

    /// Whether nothing odd was seen.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(weirds: &Weirds) -> Vec<(&str, u64, &str, Option<u64>)> {
        let mut rows = Vec::new();
        for weird in weirds.as_slice() {
            rows.push((
                weird.kind.name(),
                weird.count,
                weird.detail.as_str(),
                weird.packet.map(|packet| packet.0),
            ));
        }
        rows
    }

    #[test]
    fn what_packets_are_carried_in_is_counted_one_by_one() {
        let mut weirds = Weirds::default();
        for (kind, no, detail) in [
            (WeirdKind::EncryptedPacket, 2, "encrypted by ESP"),
            (WeirdKind::EncryptedPacket, 3, "encrypted by MACsec"),
            (WeirdKind::EncryptedPacket, 4, "encrypted by ESP"),
            (WeirdKind::CutPayload, 5, "1 of 2"),
            (WeirdKind::CutPayload, 6, "7 of 9"),
        ] {
            weirds.add(kind, Some(PacketNo(no)), || detail.to_owned());
        }
        let mut earlier = Weirds::default();
        earlier.add(WeirdKind::EncryptedPacket, Some(PacketNo(1)), || "encrypted by MACsec".to_owned());
        weirds.merge(earlier);
        assert_eq!(
            told(&weirds),
            [
                ("encrypted_packet", 2, "encrypted by ESP", Some(2)),
                ("encrypted_packet", 2, "encrypted by MACsec", Some(1)),
                ("cut_payload", 2, "1 of 2", Some(5)),
            ]
        );
    }

    #[test]
    fn no_more_are_told_apart_than_anybody_reads() {
        let mut weirds = Weirds::default();
        for no in 0..1000 {
            weirds.add(WeirdKind::UnknownLinkType, Some(PacketNo(no)), || format!("link type {no}"));
        }
        let told = told(&weirds);
        assert_eq!(
            (told.len(), told[39], told[40]),
            (
                41,
                ("unknown_link_type", 1, "link type 39", Some(39)),
                ("unknown_link_type", 960, "and others", Some(40)),
            )
        );
    }
}
