//! Opening records: what a cipher suite and its keys make of an encrypted one (RFC 8446 5.2, RFC 5246 6.2.3, RFC 7905,
//! RFC 7366).

use std::ops::Range;

use aes::cipher::block_padding::NoPadding;
use aes::cipher::{BlockModeDecrypt, KeyIvInit};
use aes_gcm::aead::inout::InOutBuf;
use aes_gcm::{AeadInOut, Aes128Gcm, Aes256Gcm, KeyInit};
use chacha20poly1305::ChaCha20Poly1305;

use crate::model::{CipherSuite, TlsVersion};
use crate::tls::hello::Random;
use crate::tls::record::{ContentType, Header, MAX_PLAIN};
use crate::tls::schedule::{Hash, Material, expand_label, prf};

/// Bytes of the tag of an AEAD.
const TAG: usize = 16;

/// Bytes of a block of AES.
const BLOCK: usize = 16;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Cipher {
    Aes128Gcm,
    Aes256Gcm,
    ChaCha20Poly1305,
    /// Length of the key, and what the MAC is made with.
    AesCbc(usize, Hash),
}

/// What a cipher suite says of records, under a version.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Suite {
    cipher: Cipher,
    /// Of HKDF or the PRF.
    hash: Hash,
    version: TlsVersion,
    encrypt_then_mac: bool,
}

impl Suite {
    /// `None` for what is not decrypted here.
    pub(super) fn of(suite: CipherSuite, version: TlsVersion, encrypt_then_mac: bool) -> Option<Self> {
        let name = suite.name()?;
        let cipher = match name.split_once("_WITH_").map_or(name.strip_prefix("TLS_")?, |(_, cipher)| cipher)
        {
            "AES_128_GCM_SHA256" => Cipher::Aes128Gcm,
            "AES_256_GCM_SHA384" => Cipher::Aes256Gcm,
            "CHACHA20_POLY1305_SHA256" => Cipher::ChaCha20Poly1305,
            "AES_128_CBC_SHA" => Cipher::AesCbc(16, Hash::Sha1),
            "AES_256_CBC_SHA" => Cipher::AesCbc(32, Hash::Sha1),
            "AES_128_CBC_SHA256" => Cipher::AesCbc(16, Hash::Sha256),
            "AES_256_CBC_SHA256" => Cipher::AesCbc(32, Hash::Sha256),
            "AES_256_CBC_SHA384" => Cipher::AesCbc(32, Hash::Sha384),
            _ => return None,
        };
        let is_of_13 = !name.contains("_WITH_");
        let is_known = match version {
            TlsVersion::TLS_1_3 => is_of_13,
            TlsVersion::TLS_1_2 => !is_of_13,
            _ => false,
        };
        let hash = if name.ends_with("_SHA384") { Hash::Sha384 } else { Hash::Sha256 };
        is_known.then_some(Self { cipher, hash, version, encrypt_then_mac })
    }

    const fn key_len(self) -> usize {
        match self.cipher {
            Cipher::Aes128Gcm => 16,
            Cipher::Aes256Gcm | Cipher::ChaCha20Poly1305 => 32,
            Cipher::AesCbc(len, _) => len,
        }
    }

    /// Bytes that a record has besides its plain text, at least; with an AEAD exactly, but for what pads it in TLS 1.3.
    pub(super) fn overhead(self) -> usize {
        match (self.cipher, self.version) {
            (_, TlsVersion::TLS_1_3) => TAG + 1,
            (Cipher::Aes128Gcm | Cipher::Aes256Gcm, _) => 8 + TAG,
            (Cipher::ChaCha20Poly1305, _) => TAG,
            (Cipher::AesCbc(_, mac), _) => BLOCK + mac.len() + 1,
        }
    }

    /// The keys of a side in TLS 1.3, from its traffic secret (RFC 8446 7.3).
    pub(super) fn opener_13(self, secret: &[u8]) -> Option<Opener> {
        let key = expand_label(self.hash, secret, "key", self.key_len())?;
        let iv = expand_label(self.hash, secret, "iv", 12)?;
        let aead = self.aead(&key)?;
        Some(Opener::Xored { aead, iv: Iv::of(&iv)?, inner_type: true })
    }

    /// The traffic secret after this one (RFC 8446 7.2).
    pub(super) fn next_secret(self, secret: &[u8]) -> Option<Material> {
        expand_label(self.hash, secret, "traffic upd", self.hash.len())
    }

    /// The keys of both sides up to TLS 1.2, client first (RFC 5246 6.3).
    pub(super) fn openers_12(self, master: &[u8], client: &Random, server: &Random) -> Option<[Opener; 2]> {
        let (mac, fixed_iv) = match self.cipher {
            Cipher::Aes128Gcm | Cipher::Aes256Gcm => (0, 4),
            Cipher::ChaCha20Poly1305 => (0, 12),
            Cipher::AesCbc(_, mac) => (mac.len(), 0),
        };
        let key = self.key_len();
        let block = prf(self.hash, master, "key expansion", [server, client], 2 * (mac + key + fixed_iv));
        let (macs, rest) = block.split_at_checked(2 * mac)?;
        let (keys, ivs) = rest.split_at_checked(2 * key)?;
        let opener = |n: usize| {
            let part =
                |of: &[u8], len: usize| of.get(n * len..(n + 1) * len).map(<[u8]>::to_vec).map(Material::new);
            let (mac_key, key, iv) = (part(macs, mac)?, part(keys, key)?, part(ivs, fixed_iv)?);
            Some(match self.cipher {
                Cipher::Aes128Gcm | Cipher::Aes256Gcm => {
                    Opener::Explicit { aead: self.aead(&key)?, salt: Salt::of(&iv)? }
                }
                Cipher::ChaCha20Poly1305 => {
                    Opener::Xored { aead: self.aead(&key)?, iv: Iv::of(&iv)?, inner_type: false }
                }
                Cipher::AesCbc(_, hash) => {
                    Opener::Cbc { key, mac_key, hash, encrypt_then_mac: self.encrypt_then_mac }
                }
            })
        };
        Some([opener(0)?, opener(1)?])
    }

    fn aead(self, key: &[u8]) -> Option<Aead> {
        Some(match self.cipher {
            Cipher::Aes128Gcm => Aead::Aes128(Box::new(Aes128Gcm::new_from_slice(key).ok()?)),
            Cipher::Aes256Gcm => Aead::Aes256(Box::new(Aes256Gcm::new_from_slice(key).ok()?)),
            Cipher::ChaCha20Poly1305 => Aead::ChaCha(Box::new(ChaCha20Poly1305::new_from_slice(key).ok()?)),
            Cipher::AesCbc(..) => return None,
        })
    }
}

/// A cipher with its key, which it wipes when it is dropped.
pub(super) enum Aead {
    Aes128(Box<Aes128Gcm>),
    Aes256(Box<Aes256Gcm>),
    ChaCha(Box<ChaCha20Poly1305>),
}

impl Aead {
    /// Decrypts in place what the tag behind it authenticates; nothing is changed otherwise. Gives the length of the plain
    /// text.
    fn open(&self, nonce: [u8; 12], aad: &[u8], body: &mut [u8]) -> Option<usize> {
        let (text, tag) = body.split_last_chunk_mut::<TAG>()?;
        let (len, tag) = (text.len(), (*tag).into());
        let buffer = InOutBuf::from(text);
        match self {
            Self::Aes128(aead) => aead.decrypt_inout_detached(&nonce.into(), aad, buffer, &tag),
            Self::Aes256(aead) => aead.decrypt_inout_detached(&nonce.into(), aad, buffer, &tag),
            Self::ChaCha(aead) => aead.decrypt_inout_detached(&nonce.into(), aad, buffer, &tag),
        }
        .ok()?;
        Some(len)
    }
}

/// A part of a nonce, wiped.
pub(super) struct Fixed<const N: usize>(pub(super) [u8; N]);

type Iv = Fixed<12>;
type Salt = Fixed<4>;

impl<const N: usize> Fixed<N> {
    fn of(bytes: &[u8]) -> Option<Self> {
        Some(Self(bytes.try_into().ok()?))
    }
}

impl<const N: usize> Drop for Fixed<N> {
    fn drop(&mut self) {
        zeroize::Zeroize::zeroize(&mut self.0);
    }
}

/// Opens the records of one side under one set of keys.
pub(super) enum Opener {
    /// The nonce is the number of the record, XORed with an IV: TLS 1.3, and ChaCha20 before.
    Xored { aead: Aead, iv: Iv, inner_type: bool },
    /// Half of the nonce stands in the record: GCM up to TLS 1.2 (RFC 5288).
    Explicit { aead: Aead, salt: Salt },
    /// AES in CBC mode, its IV in the record.
    Cbc { key: Material, mac_key: Material, hash: Hash, encrypt_then_mac: bool },
}

impl std::fmt::Debug for Opener {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Opener")
    }
}

/// An opened record.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Opened {
    pub(super) content: ContentType,
    /// Where in the body its plain text stands.
    pub(super) plain: Range<usize>,
}

impl Opener {
    /// Whether a body is not the same any more once it did not open.
    pub(super) const fn is_destructive(&self) -> bool {
        matches!(self, Self::Cbc { .. })
    }

    /// Decrypts the body of a record in place if it is the one of that number. `None`, and an AEAD's body unchanged,
    /// otherwise.
    pub(super) fn open(&self, number: u64, header: Header, body: &mut [u8]) -> Option<Opened> {
        let opened = match self {
            Self::Xored { aead, iv, inner_type } => {
                let mut nonce = iv.0;
                for (byte, number) in nonce.iter_mut().rev().zip(number.to_le_bytes()) {
                    *byte ^= number;
                }
                if *inner_type {
                    let len = aead.open(nonce, &header.bytes(), body)?;
                    // Zeros behind the type pad it.
                    let at = body.get(..len)?.iter().rposition(|byte| *byte != 0)?;
                    Opened { content: ContentType(*body.get(at)?), plain: 0..at }
                } else {
                    let aad = additional(number, header, body.len().checked_sub(TAG)?);
                    Opened { content: header.content, plain: 0..aead.open(nonce, &aad, body)? }
                }
            }
            Self::Explicit { aead, salt } => {
                let mut nonce = [0; 12];
                let (fixed, rest) = nonce.split_at_mut(4);
                let (explicit, text) = body.split_at_mut_checked(8)?;
                fixed.copy_from_slice(&salt.0);
                rest.copy_from_slice(explicit);
                let aad = additional(number, header, text.len().checked_sub(TAG)?);
                let len = aead.open(nonce, &aad, text)?;
                Opened { content: header.content, plain: 8..8 + len }
            }
            Self::Cbc { key, mac_key, hash, encrypt_then_mac } => {
                let mac = Mac { key: mac_key, hash: *hash, number, header };
                let plain = if *encrypt_then_mac {
                    let (text, tag) = body.split_at_mut_checked(body.len().checked_sub(hash.len())?)?;
                    if !mac.is(text, tag) {
                        return None;
                    }
                    let plain = decrypt_cbc(key, text)?;
                    without_padding(text, plain)?
                } else {
                    let plain = decrypt_cbc(key, body)?;
                    let padded = without_padding(body, plain)?;
                    let end = padded.end.checked_sub(hash.len()).filter(|end| *end >= padded.start)?;
                    let (text, tag) = (body.get(padded.start..end)?, body.get(end..padded.end)?);
                    if !mac.is(text, tag) {
                        return None;
                    }
                    padded.start..end
                };
                Opened { content: header.content, plain }
            }
        };
        (opened.plain.len() <= MAX_PLAIN).then_some(opened)
    }
}

/// What is authenticated besides the text up to TLS 1.2 (RFC 5246 6.2.3.3).
pub(super) fn additional(number: u64, header: Header, len: usize) -> [u8; 13] {
    let mut aad = [0; 13];
    let (first, rest) = aad.split_at_mut(8);
    first.copy_from_slice(&number.to_be_bytes());
    // No longer than a record.
    let len = u16::try_from(len).unwrap_or(u16::MAX);
    rest.copy_from_slice(&Header { len, ..header }.bytes());
    aad
}

struct Mac<'a> {
    key: &'a [u8],
    hash: Hash,
    number: u64,
    header: Header,
}

impl Mac<'_> {
    fn is(&self, text: &[u8], tag: &[u8]) -> bool {
        let mut own = [0; 48];
        let own = &mut own[..self.hash.len()];
        self.hash.hmac(self.key, &[&additional(self.number, self.header, text.len()), text], own);
        own == tag
    }
}

/// Decrypts what stands behind the IV; gives where.
fn decrypt_cbc(key: &[u8], body: &mut [u8]) -> Option<Range<usize>> {
    let (iv, text) = body.split_first_chunk_mut::<BLOCK>()?;
    if text.is_empty() || text.len() % BLOCK != 0 {
        return None;
    }
    let iv = &(*iv).into();
    match key.len() {
        16 => cbc::Decryptor::<aes::Aes128>::new(key.try_into().ok()?, iv)
            .decrypt_padded::<NoPadding>(text)
            .ok()?,
        _ => cbc::Decryptor::<aes::Aes256>::new(key.try_into().ok()?, iv)
            .decrypt_padded::<NoPadding>(text)
            .ok()?,
    };
    Some(BLOCK..BLOCK + text.len())
}

/// The range without its padding, which says its length in each byte (RFC 5246 6.2.3.2).
fn without_padding(body: &[u8], plain: Range<usize>) -> Option<Range<usize>> {
    let text = body.get(plain.clone())?;
    let padding = *text.last()?;
    let len = text.len().checked_sub(usize::from(padding) + 1)?;
    text.get(len..)?.iter().all(|byte| *byte == padding).then_some(plain.start..plain.start + len)
}
