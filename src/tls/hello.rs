//! The messages of the handshake that are read (RFC 8446 4, RFC 5246 7.4).
//!
//! ```text
//! message      = type 24length *OCTET
//! ClientHello  = version 32random <session-id> <<suites>> <compressions> [ <<*extension>> ]
//! ServerHello  = version 32random <session-id> suite compression [ <<*extension>> ]
//! extension    = type <<*OCTET>>
//! <x>, <<x>>   = x behind its length in one byte, in two
//! ```
//!
//! Written here with nom 8: tls-parser, which has all of it and much more, is nom 7, and one nom is enough.

use nom::bytes::complete::take;
use nom::combinator::{all_consuming, cond, map, opt};
use nom::multi::{length_count, length_data, many0};
use nom::number::complete::{be_u8, be_u16, be_u24, be_u32};
use nom::{IResult, Parser};

use crate::model::{CipherSuite, TlsVersion};

type Parsed<'a, T> = IResult<&'a [u8], T, ()>;

/// What a hello is known by, and keys are found by.
pub(super) type Random = [u8; 32];

/// Types of messages (RFC 8446 B.3).
pub(super) mod message {
    pub(crate) const CLIENT_HELLO: u8 = 1;
    pub(crate) const SERVER_HELLO: u8 = 2;
    pub(crate) const ENCRYPTED_EXTENSIONS: u8 = 8;
    pub(crate) const CERTIFICATE: u8 = 11;
    pub(crate) const SERVER_HELLO_DONE: u8 = 14;
    pub(crate) const FINISHED: u8 = 20;
    pub(crate) const KEY_UPDATE: u8 = 24;
    /// RFC 8879.
    pub(crate) const COMPRESSED_CERTIFICATE: u8 = 25;
}

mod extension {
    pub(super) const SERVER_NAME: u16 = 0;
    pub(super) const ALPN: u16 = 16;
    pub(super) const ENCRYPT_THEN_MAC: u16 = 22;
    pub(super) const SESSION_TICKET: u16 = 35;
    pub(super) const PRE_SHARED_KEY: u16 = 41;
    pub(super) const EARLY_DATA: u16 = 42;
    pub(super) const SUPPORTED_VERSIONS: u16 = 43;
    pub(super) const ENCRYPTED_CLIENT_HELLO: u16 = 0xfe0d;
}

/// Of a ServerHello that asks for another ClientHello: SHA-256 of "HelloRetryRequest" (RFC 8446 4.1.3).
const RETRY: Random = [
    0xcf, 0x21, 0xad, 0x74, 0xe5, 0x9a, 0x61, 0x11, 0xbe, 0x1d, 0x8c, 0x02, 0x1e, 0x65, 0xb8, 0x91, 0xc2,
    0xa2, 0x11, 0x16, 0x7a, 0xbb, 0x8c, 0x5e, 0x07, 0x9e, 0x09, 0xe2, 0xc8, 0xa8, 0x33, 0x9c,
];

/// Type and length of a message; `None` where less than its header is there.
pub(super) fn message_header(bytes: &[u8]) -> Option<(u8, usize)> {
    let parsed: Parsed<'_, _> = (be_u8, be_u24).parse(bytes);
    let (_, (kind, len)) = parsed.ok()?;
    Some((kind, usize::try_from(len).ok()?))
}

/// What is read of a ClientHello.
#[derive(Clone, Debug)]
pub(super) struct ClientHello<'a> {
    pub(super) random: Random,
    pub(super) session_id: &'a [u8],
    pub(super) suites: Vec<u16>,
    pub(super) version: TlsVersion,
    pub(super) sni: Option<&'a [u8]>,
    pub(super) alpn: Vec<&'a [u8]>,
    pub(super) ticket: bool,
    pub(super) psk: bool,
    pub(super) early_data: bool,
    pub(super) ech: bool,
}

/// What is read of a ServerHello.
#[derive(Clone, Debug)]
pub(super) struct ServerHello<'a> {
    pub(super) random: Random,
    pub(super) session_id: &'a [u8],
    pub(super) suite: CipherSuite,
    pub(super) version: TlsVersion,
    pub(super) compressed: bool,
    pub(super) alpn: Option<&'a [u8]>,
    pub(super) psk: bool,
    pub(super) encrypt_then_mac: bool,
    pub(super) is_retry: bool,
}

fn bytes_8(input: &[u8]) -> Parsed<'_, &[u8]> {
    length_data(be_u8).parse(input)
}

fn bytes_16(input: &[u8]) -> Parsed<'_, &[u8]> {
    length_data(be_u16).parse(input)
}

fn random(input: &[u8]) -> Parsed<'_, Random> {
    let (rest, bytes) = take(32_usize).parse(input)?;
    let random = bytes.try_into().map_err(|_| nom::Err::Error(()))?;
    Ok((rest, random))
}

/// A list of extensions, which may be missing.
fn extensions(input: &[u8]) -> Parsed<'_, Vec<(u16, &[u8])>> {
    map(opt(bytes_16), |list| list.map_or_else(Vec::new, extension_list)).parse(input)
}

/// The extensions of a list, as far as they are sound.
fn extension_list(list: &[u8]) -> Vec<(u16, &[u8])> {
    many0((be_u16, bytes_16)).parse(list).map_or_else(|_: nom::Err<()>| Vec::new(), |(_, list)| list)
}

/// The names in an ALPN extension.
fn protocols(data: &[u8]) -> Vec<&[u8]> {
    let parsed: Parsed<'_, _> = bytes_16(data);
    let list = parsed.map_or(&[][..], |(_, list)| list);
    many0(bytes_8).parse(list).map_or_else(|_: nom::Err<()>| Vec::new(), |(_, names)| names)
}

/// The host name in a `server_name` extension.
fn host_name(data: &[u8]) -> Option<&[u8]> {
    let (_, list) = bytes_16(data).ok()?;
    let (_, names) = many0((be_u8, bytes_16)).parse(list).ok()?;
    names.into_iter().find(|(kind, _)| *kind == 0).map(|(_, name)| name)
}

/// Whether a number is one that clients put in to keep servers tolerant (RFC 8701).
const fn is_grease(number: u16) -> bool {
    let [high, low] = number.to_be_bytes();
    high == low && low & 0x0f == 0x0a
}

/// The highest version in a client's `supported_versions`.
fn highest(data: &[u8]) -> Option<TlsVersion> {
    let (_, list) = bytes_8(data).ok()?;
    let versions = list.chunks_exact(2).filter_map(|pair| pair.try_into().ok()).map(u16::from_be_bytes);
    versions.filter(|version| !is_grease(*version)).max().map(TlsVersion)
}

/// A ClientHello without the header of its message; `None` where it is none.
pub(super) fn client_hello(body: &[u8]) -> Option<ClientHello<'_>> {
    let parsed: Parsed<'_, _> =
        all_consuming((be_u16, random, bytes_8, bytes_16, bytes_8, extensions)).parse(body);
    let (_, (legacy, random, session_id, suites, _, extensions)) = parsed.ok()?;
    let suites = suites.chunks_exact(2).filter_map(|pair| pair.try_into().ok()).map(u16::from_be_bytes);
    let mut hello = ClientHello {
        random,
        session_id,
        suites: suites.filter(|suite| !is_grease(*suite)).collect(),
        version: TlsVersion(legacy),
        sni: None,
        alpn: Vec::new(),
        ticket: false,
        psk: false,
        early_data: false,
        ech: false,
    };
    for (kind, data) in extensions {
        match kind {
            extension::SERVER_NAME => hello.sni = host_name(data),
            extension::ALPN => hello.alpn = protocols(data),
            extension::SUPPORTED_VERSIONS => hello.version = highest(data).unwrap_or(hello.version),
            extension::SESSION_TICKET => hello.ticket = !data.is_empty(),
            extension::PRE_SHARED_KEY => hello.psk = true,
            extension::EARLY_DATA => hello.early_data = true,
            extension::ENCRYPTED_CLIENT_HELLO => hello.ech = true,
            _ => {}
        }
    }
    Some(hello)
}

/// The tickets and identities in a ClientHello (RFC 5077 3.2, RFC 8446 4.2.11).
pub(super) fn opaque(body: &[u8]) -> Vec<&[u8]> {
    let parsed: Parsed<'_, _> =
        all_consuming((be_u16, random, bytes_8, bytes_16, bytes_8, extensions)).parse(body);
    let list = parsed.map_or_else(|_| Vec::new(), |(_, (.., list))| list);
    let identities = |data| {
        let parsed: Parsed<'_, _> = bytes_16(data);
        let list = parsed.map_or(&[][..], |(_, list)| list);
        let identity: Parsed<'_, Vec<(&[u8], u32)>> = many0((bytes_16, be_u32)).parse(list);
        identity.map_or_else(|_| Vec::new(), |(_, list)| list.into_iter().map(|(name, _)| name).collect())
    };
    list.into_iter()
        .flat_map(|(kind, data)| match kind {
            extension::SESSION_TICKET => vec![data],
            extension::PRE_SHARED_KEY => identities(data),
            _ => Vec::new(),
        })
        .collect()
}

/// A ServerHello without the header of its message; `None` where it is none.
pub(super) fn server_hello(body: &[u8]) -> Option<ServerHello<'_>> {
    let parsed: Parsed<'_, _> =
        all_consuming((be_u16, random, bytes_8, be_u16, be_u8, extensions)).parse(body);
    let (_, (legacy, random, session_id, suite, compression, extensions)) = parsed.ok()?;
    let mut hello = ServerHello {
        random,
        session_id,
        suite: CipherSuite(suite),
        version: TlsVersion(legacy),
        compressed: compression != 0,
        alpn: None,
        psk: false,
        encrypt_then_mac: false,
        is_retry: random == RETRY,
    };
    for (kind, data) in extensions {
        match (kind, data) {
            (extension::SUPPORTED_VERSIONS, &[high, low]) => {
                hello.version = TlsVersion(u16::from_be_bytes([high, low]));
            }
            (extension::ALPN, _) => hello.alpn = protocols(data).first().copied(),
            (extension::PRE_SHARED_KEY, _) => hello.psk = true,
            (extension::ENCRYPT_THEN_MAC, _) => hello.encrypt_then_mac = true,
            _ => {}
        }
    }
    Some(hello)
}

/// ALPN and whether early data is taken, of EncryptedExtensions (RFC 8446 4.3.1).
pub(super) fn encrypted_extensions(body: &[u8]) -> Option<(Option<&[u8]>, bool)> {
    let parsed: Parsed<'_, _> = all_consuming(extensions).parse(body);
    let (_, extensions) = parsed.ok()?;
    let find = |wanted: u16| extensions.iter().find(|(kind, _)| *kind == wanted);
    let alpn = find(extension::ALPN).and_then(|(_, data)| protocols(data).first().copied());
    Some((alpn, find(extension::EARLY_DATA).is_some()))
}

/// Whether a Certificate message holds any: its list is not empty.
pub(super) fn has_certificate(body: &[u8], version: TlsVersion) -> bool {
    let context = cond(version >= TlsVersion::TLS_1_3, length_count(be_u8, be_u8));
    let parsed: Parsed<'_, _> = (context, be_u24).parse(body);
    parsed.is_ok_and(|(_, (_, len))| len > 0)
}
