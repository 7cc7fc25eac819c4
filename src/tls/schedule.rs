//! From secrets to keys: HKDF of TLS 1.3 (RFC 8446 7), the PRF before it (RFC 5246 5).

use hkdf::Hkdf;
use hmac::{Hmac, KeyInit, Mac};
use sha1::Sha1;
use sha2::{Sha256, Sha384};
use zeroize::Zeroizing;

use crate::tls::hello::Random;

/// A hash that a cipher suite names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Hash {
    Sha1,
    Sha256,
    Sha384,
}

impl Hash {
    pub(super) const fn len(self) -> usize {
        match self {
            Self::Sha1 => 20,
            Self::Sha256 => 32,
            Self::Sha384 => 48,
        }
    }

    /// Fills `out` with what HMAC makes of the parts of a message, as far as it goes.
    pub(super) fn hmac(self, key: &[u8], parts: &[&[u8]], out: &mut [u8]) {
        fn with<M: Mac + KeyInit>(key: &[u8], parts: &[&[u8]], out: &mut [u8]) {
            // A key of any length will do.
            let Ok(mut mac) = <M as KeyInit>::new_from_slice(key) else { return };
            for part in parts {
                mac.update(part);
            }
            let tag = mac.finalize().into_bytes();
            for (to, from) in out.iter_mut().zip(tag) {
                *to = from;
            }
        }
        match self {
            Self::Sha1 => with::<Hmac<Sha1>>(key, parts, out),
            Self::Sha256 => with::<Hmac<Sha256>>(key, parts, out),
            Self::Sha384 => with::<Hmac<Sha384>>(key, parts, out),
        }
    }
}

/// Key material that is wiped.
pub(super) type Material = Zeroizing<Vec<u8>>;

/// HKDF-Expand-Label with an empty context (RFC 8446 7.1). `None` where the secret is not as long as the hash.
pub(super) fn expand_label(hash: Hash, secret: &[u8], label: &str, len: usize) -> Option<Material> {
    if secret.len() != hash.len() {
        return None;
    }
    let (len_of_out, len_of_label) = (u16::try_from(len).ok()?, u8::try_from(label.len() + 6).ok()?);
    let mut info = Vec::with_capacity(4 + 6 + label.len());
    info.extend(len_of_out.to_be_bytes());
    info.push(len_of_label);
    info.extend(b"tls13 ");
    info.extend(label.as_bytes());
    info.push(0);
    let mut out = Zeroizing::new(vec![0; len]);
    match hash {
        Hash::Sha256 => Hkdf::<Sha256>::from_prk(secret).ok()?.expand(&info, &mut out).ok()?,
        Hash::Sha384 => Hkdf::<Sha384>::from_prk(secret).ok()?.expand(&info, &mut out).ok()?,
        Hash::Sha1 => return None,
    }
    Some(out)
}

/// The PRF of TLS 1.2 (RFC 5246 5): `len` bytes of P_hash.
pub(super) fn prf(hash: Hash, secret: &[u8], label: &str, seeds: [&Random; 2], len: usize) -> Material {
    let seed = [label.as_bytes(), seeds[0], seeds[1]];
    let mut out = Zeroizing::new(Vec::with_capacity(len.next_multiple_of(hash.len())));
    let mut a = Zeroizing::new(vec![0; hash.len()]);
    hash.hmac(secret, &seed, &mut a);
    while out.len() < len {
        let at = out.len();
        out.resize(at + hash.len(), 0);
        hash.hmac(secret, &[&a, seed[0], seed[1], seed[2]], &mut out[at..]);
        let mut next = Zeroizing::new(vec![0; hash.len()]);
        hash.hmac(secret, &[&a], &mut next);
        a = next;
    }
    out.truncate(len);
    out
}
