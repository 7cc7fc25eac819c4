//! Unmasking (RFC 6455 5.3).

use crate::model::MaskingKey;

/// Bytes unmasked at a time. The scratch lies on the stack; the small one spares short payloads, most of all
/// payloads, the clearing of the large one.
const SMALL: usize = 128;
const LARGE: usize = 2048;

/// Gives `masked` to `sink` unmasked, in pieces of at most 2048 bytes; `offset` is the place of its first byte
/// in the payload.
pub fn unmask(masked: &[u8], key: MaskingKey, offset: u64, sink: impl FnMut(&[u8])) {
    if masked.len() <= SMALL {
        pieces(&mut [0; SMALL], masked, key, offset, sink);
    } else {
        pieces(&mut [0; LARGE], masked, key, offset, sink);
    }
}

/// A payload from its first byte on, unmasked if it is masked.
pub fn unmasked(payload: &[u8], key: Option<MaskingKey>) -> Vec<u8> {
    let mut clear = payload.to_vec();
    if let Some(key) = key {
        apply(&mut clear, payload, key.0);
    }
    clear
}

fn pieces(scratch: &mut [u8], masked: &[u8], key: MaskingKey, offset: u64, mut sink: impl FnMut(&[u8])) {
    let key = rotated(key, offset);
    // Both scratch lengths are multiples of 4: each piece starts in the same phase.
    for piece in masked.chunks(scratch.len()) {
        let (clear, _) = scratch.split_at_mut(piece.len());
        apply(clear, piece, key);
        sink(clear);
    }
}

/// The key as it applies from `offset` on.
fn rotated(MaskingKey(mut key): MaskingKey, offset: u64) -> [u8; 4] {
    key.rotate_left((offset % 4) as usize);
    key
}

/// A word at a time, in a shape the compiler makes vector code of.
fn apply(clear: &mut [u8], masked: &[u8], key: [u8; 4]) {
    let word = u32::from_ne_bytes(key);
    let (clear_words, clear_tail) = clear.as_chunks_mut::<4>();
    let (masked_words, masked_tail) = masked.as_chunks::<4>();
    for (clear, masked) in clear_words.iter_mut().zip(masked_words) {
        *clear = (u32::from_ne_bytes(*masked) ^ word).to_ne_bytes();
    }
    for ((clear, masked), key) in clear_tail.iter_mut().zip(masked_tail).zip(key) {
        *clear = masked ^ key;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equals_the_loop_of_5_3() {
        let key = MaskingKey([0x37, 0xfa, 0x21, 0x3d]);
        let masked: Vec<u8> = (0..5000_u32).map(|n| (n * 7 % 251) as u8).collect();
        let lens = (0..70).chain(120..140).chain([2047, 2048, 2049, 4096, 4999]);
        for len in lens {
            for offset in [0, 1, 2, 3, 4, 5, 2049, u64::MAX - 4999, u64::MAX - 5000] {
                let masked = &masked[..len];
                let naive: Vec<u8> =
                    (offset..).zip(masked).map(|(at, byte)| byte ^ key.0[(at % 4) as usize]).collect();
                let mut clear = Vec::new();
                unmask(masked, key, offset, |piece| clear.extend_from_slice(piece));
                assert_eq!(clear, naive, "{len} bytes from {offset}");
                if offset == 0 {
                    assert_eq!(unmasked(masked, Some(key)), naive);
                }
            }
        }
    }
}
