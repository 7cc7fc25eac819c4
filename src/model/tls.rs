//! What TLS shows of a connection (RFC 5246, RFC 8446): the handshake, alerts, and records by side. Most of it shows
//! without keys.

mod suites;

use crate::model::{PacketNo, PerRole, Quoted, Role, Stage, Text, Timestamp, named};

pub use suites::CipherSuite;

/// A protocol version, as in a hello: major and minor byte.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TlsVersion(pub u16);

impl TlsVersion {
    /// SSL 3.0 (RFC 6101).
    pub const SSL_3: Self = Self(0x0300);
    /// TLS 1.0 (RFC 2246).
    pub const TLS_1_0: Self = Self(0x0301);
    /// TLS 1.1 (RFC 4346).
    pub const TLS_1_1: Self = Self(0x0302);
    /// TLS 1.2 (RFC 5246).
    pub const TLS_1_2: Self = Self(0x0303);
    /// TLS 1.3 (RFC 8446).
    pub const TLS_1_3: Self = Self(0x0304);

    /// `1.3`, or of SSL `SSL 3.0`; `None` for versions that there are not.
    #[must_use]
    pub const fn name(self) -> Option<&'static str> {
        match self {
            Self::SSL_3 => Some("SSL 3.0"),
            Self::TLS_1_0 => Some("1.0"),
            Self::TLS_1_1 => Some("1.1"),
            Self::TLS_1_2 => Some("1.2"),
            Self::TLS_1_3 => Some("1.3"),
            _ => None,
        }
    }
}

/// What an alert says (RFC 8446 6).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct AlertDescription(pub u8);

macro_rules! alerts {
    ($($number:literal $name:literal,)+) => {
        impl AlertDescription {
            /// Its name in the registry of IANA; `None` where it is not assigned.
            #[must_use]
            pub const fn name(self) -> Option<&'static str> {
                match self.0 {
                    $($number => Some($name),)+
                    _ => None,
                }
            }
        }
    };
}

alerts! {
    0 "close_notify",
    10 "unexpected_message",
    20 "bad_record_mac",
    21 "decryption_failed",
    22 "record_overflow",
    30 "decompression_failure",
    40 "handshake_failure",
    41 "no_certificate",
    42 "bad_certificate",
    43 "unsupported_certificate",
    44 "certificate_revoked",
    45 "certificate_expired",
    46 "certificate_unknown",
    47 "illegal_parameter",
    48 "unknown_ca",
    49 "access_denied",
    50 "decode_error",
    51 "decrypt_error",
    60 "export_restriction",
    70 "protocol_version",
    71 "insufficient_security",
    80 "internal_error",
    86 "inappropriate_fallback",
    90 "user_canceled",
    100 "no_renegotiation",
    109 "missing_extension",
    110 "unsupported_extension",
    111 "certificate_unobtainable",
    112 "unrecognized_name",
    113 "bad_certificate_status_response",
    114 "bad_certificate_hash_value",
    115 "unknown_psk_identity",
    116 "certificate_required",
    117 "general_error",
    120 "no_application_protocol",
    121 "ech_required",
}

impl AlertDescription {
    /// Its sender writes no more.
    pub const CLOSE_NOTIFY: Self = Self(0);
    /// The client gives up the handshake for a reason that is not TLS's.
    pub const USER_CANCELED: Self = Self(90);
    /// A handshake on a running connection is declined; it goes on.
    pub const NO_RENEGOTIATION: Self = Self(100);

    /// Whether the connection is over by it, whatever level it names: in TLS 1.3 the level says nothing (RFC 8446 6), and
    /// before it these were the ones that could be warnings.
    #[must_use]
    pub const fn is_error(self) -> bool {
        !matches!(self, Self::CLOSE_NOTIFY | Self::USER_CANCELED | Self::NO_RENEGOTIATION)
    }
}

named! {
    /// Level of an alert.
    #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
    pub enum AlertLevel {
        /// 1: the connection can go on.
        Warning = "warning",
        /// 2: it cannot.
        Fatal = "fatal",
    }
}

/// An alert record.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct TlsAlert {
    /// Who sent it.
    pub by: Role,
    /// Its level; `None` where it could not be read, or is neither 1 nor 2.
    pub level: Option<AlertLevel>,
    /// What it says; `None` where it was encrypted and could not be read.
    pub description: Option<AlertDescription>,
    /// Whether it was encrypted.
    pub encrypted: bool,
    /// When it was captured.
    pub at: Option<Timestamp>,
    /// The packet with its first byte.
    pub packet: PacketNo,
}

impl TlsAlert {
    /// Bytes of one.
    pub const LEN: u64 = 2;
}

/// Where something stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct TlsMark {
    /// When it was captured; `None` where the format has no clock.
    pub at: Option<Timestamp>,
    /// The packet with its first byte.
    pub packet: PacketNo,
}

named! {
    /// Where the keys came from, or why there are none.
    #[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
    pub enum TlsKeys {
        /// From a key log.
        Keylog = "keylog",
        /// From a Decryption Secrets Block of the capture.
        Dsb = "dsb",
        /// There were none for this connection, or not all that it takes.
        #[default]
        None = "none",
        /// There were some under its client random, and they opened nothing.
        Wrong = "wrong",
    }
}

named! {
    /// What makes a connection with keys one that is not decrypted.
    #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
    pub enum TlsUndecrypted {
        /// There are no keys for it.
        NoKeys = "no_keys",
        /// There are some of its keys, but not those of both sides' application data.
        KeysMissing = "keys_missing",
        /// The keys fit nothing.
        KeysWrong = "keys_wrong",
        /// What the key log is searched by, or chooses the cipher, is not in the recording: the hellos.
        HelloUnseen = "hello_unseen",
        /// A version, a cipher or a compression that wslog does not decrypt.
        Unsupported = "unsupported",
        /// So much came before the keys that it was given up.
        GivenUp = "given_up",
    }
}

/// What the client's first hello offers.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct TlsOffer<S: Stage = Quoted> {
    /// Its random, by which key logs name the connection (RFC 9850).
    pub random: [u8; 32],
    /// Host name of `server_name` (RFC 6066 3); `None` where the extension is missing.
    pub sni: Option<Text<S>>,
    /// Protocols of ALPN (RFC 7301) in order of preference, the first [`MAX_ALPN`](Self::MAX_ALPN).
    pub alpn: Vec<Text<S>>,
    /// Highest version on offer.
    pub version: Option<TlsVersion>,
    /// How many cipher suites.
    pub suites: u16,
    /// A session id, though with TLS 1.3 it means nothing (RFC 8446 D.4).
    pub session_id: bool,
    /// A ticket of an earlier session (RFC 5077), up to TLS 1.2.
    pub ticket: bool,
    /// Keys of an earlier session, in TLS 1.3.
    pub psk: bool,
    /// Application data before the handshake is over (RFC 8446 2.3).
    pub early_data: bool,
    /// Encrypted Client Hello: name and protocols of this hello are for show.
    pub ech: bool,
}

impl<S: Stage> TlsOffer<S> {
    /// Protocols of ALPN that are kept.
    pub const MAX_ALPN: usize = 16;
}

/// Records that a side sent, whole ones.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct TlsRecords {
    /// Records of whatever type.
    pub count: u64,
    /// Those of application data. In TLS 1.3 they are known by decryption only: without keys all encrypted ones.
    pub application: u64,
    /// Their bytes: decrypted as they were written, otherwise what is left of their length without what the cipher adds at
    /// least.
    pub bytes: u64,
    /// The first of application data.
    pub first: Option<TlsMark>,
    /// The last one.
    pub last: Option<TlsMark>,
    /// Records that are missing, or could not be opened though others could.
    pub lost: u64,
}

/// A record of application data, or in TLS 1.3 without keys an encrypted one, as it was on the wire.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct TlsRecord {
    /// Who sent it.
    pub by: Role,
    /// Bytes in it: as [`TlsRecords::bytes`] counts.
    pub len: u32,
    /// Where it stands.
    pub mark: TlsMark,
}

/// An answer to a ClientHello that is not TLS.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct TlsPlainAnswer {
    /// It is HTTP/1.
    pub is_http: bool,
    /// Where it stands.
    pub mark: TlsMark,
}

/// What TLS shows of a connection.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct TlsFacts<S: Stage = Quoted> {
    /// The client's hello; `None` where it is not in the recording. Who is client is a guess then: who opened TCP.
    pub offer: Option<Box<TlsOffer<S>>>,
    /// The client's first hello and the server's, but one that asks for another.
    pub hello: PerRole<Option<TlsMark>>,
    /// Version that the server chose.
    pub version: Option<TlsVersion>,
    /// Cipher suite that it chose.
    pub cipher: Option<CipherSuite>,
    /// Protocol of ALPN that it chose. In TLS 1.3 that is encrypted.
    pub alpn: Option<Text<S>>,
    /// Where the keys are from.
    pub keys: TlsKeys,
    /// Its records were opened.
    pub decrypted: bool,
    /// Why not; `None` while that is open too.
    pub undecrypted: Option<TlsUndecrypted>,
    /// The session goes on from an earlier one. `None` before the server's answer.
    pub resumed: Option<bool>,
    /// The server asked for another hello (RFC 8446 4.1.4).
    pub hello_retry: bool,
    /// Records of early data that the client sent.
    pub early_records: u64,
    /// Whether the server took them; `None` where it was not asked or the answer is encrypted.
    pub early_accepted: Option<bool>,
    /// A certificate was seen. In TLS 1.3 it is encrypted.
    pub certificate: PerRole<bool>,
    /// The end of each side's part of the handshake: Finished, or up to TLS 1.2 what stands in its place, encrypted.
    /// In TLS 1.3 it is known by decryption only.
    pub finished: PerRole<Option<TlsMark>>,
    /// Alerts, but close_notify, in the order of capture; at most [`MAX_ALERTS`](Self::MAX_ALERTS), the first ones.
    pub alerts: Vec<TlsAlert>,
    /// The first close_notify of each side. One that is encrypted is known by decryption only.
    pub close_notify: PerRole<Option<TlsMark>>,
    /// Times each side changed its keys (RFC 8446 4.6.3), as far as decrypted.
    pub key_updates: PerRole<u32>,
    /// Handshakes on the running connection, up to TLS 1.2.
    pub renegotiations: u32,
    /// Records by sender.
    pub records: PerRole<TlsRecords>,
    /// The last records of application data of both sides; at most [`MAX_LAST`](Self::MAX_LAST).
    pub last: Vec<TlsRecord>,
    /// A record of that side had begun when its stream ended.
    pub cut: PerRole<bool>,
    /// What the server answered the hello with, where that is no record.
    pub plain_answer: Option<TlsPlainAnswer>,
}

impl<S: Stage> TlsFacts<S> {
    /// Alerts that are kept: an error ends the connection, and there are few warnings.
    pub const MAX_ALERTS: usize = 16;
    /// Last records that are kept.
    pub const MAX_LAST: usize = 8;

    /// Whether the client named the host; `None` where its hello is not in the recording.
    #[must_use]
    pub fn has_sni(&self) -> Option<bool> {
        self.offer.as_ref().map(|offer| offer.sni.is_some())
    }

    /// Whether records do not show what they are, as those of TLS 1.3, or of what may be that, do without keys.
    #[must_use]
    pub fn hides_types(&self) -> bool {
        let version = self.version.or_else(|| self.offer.as_ref()?.version);
        !self.decrypted && version.is_none_or(|version| version >= TlsVersion::TLS_1_3)
    }

    /// Whether the handshake was over, as far as it shows: without keys TLS 1.3 shows no more of it than lengths.
    #[must_use]
    pub fn is_over(&self) -> bool {
        let PerRole { client, server } = &self.finished;
        if client.is_some() && server.is_some() || self.undecrypted == Some(TlsUndecrypted::KeysWrong) {
            return true;
        }
        let PerRole { client, server } = &self.records;
        if self.hides_types() && self.offer.is_some() {
            // The first that a client encrypts is the end of its handshake, or an alert, which is shorter.
            return client.application > 0 && client.bytes > TlsAlert::LEN;
        }
        client.application > 0 || server.application > 0
    }

    /// The first alert that ends the connection.
    #[must_use]
    pub fn failure(&self) -> Option<&TlsAlert> {
        self.alerts.iter().find(|alert| {
            alert.level == Some(AlertLevel::Fatal)
                || alert.description.is_some_and(AlertDescription::is_error)
        })
    }
}
