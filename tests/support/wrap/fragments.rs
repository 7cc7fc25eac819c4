//! IP packets in fragments.

use super::super::capture_file::checksum;
use super::join;

/// Cuts an IP packet into fragments of at most `size` bytes of payload, a multiple of 8.
pub fn fragments(packet: &[u8], size: usize, identification: u16) -> Vec<Vec<u8>> {
    assert!(size.is_multiple_of(8) && size > 0);
    let is_v4 = packet[0] >> 4 == 4;
    let (header, payload) = packet.split_at(if is_v4 { 20 } else { 40 });
    let count = payload.len().div_ceil(size);
    (payload.chunks(size).enumerate())
        .map(|(n, piece)| {
            let (offset, more) = (n * size / 8, n + 1 < count);
            if is_v4 {
                fragment_v4(header, piece, offset, more, identification)
            } else {
                fragment_v6(header, piece, offset, more, identification)
            }
        })
        .collect()
}

fn fragment_v4(header: &[u8], piece: &[u8], offset: usize, more: bool, identification: u16) -> Vec<u8> {
    let mut header = header.to_vec();
    header[2..4].copy_from_slice(&(20 + u16::try_from(piece.len()).expect("short")).to_be_bytes());
    header[4..6].copy_from_slice(&identification.to_be_bytes());
    let field = u16::try_from(offset).expect("short") | if more { 0x2000 } else { 0 };
    header[6..8].copy_from_slice(&field.to_be_bytes());
    header[10..12].fill(0);
    let sum = checksum(&[&header]);
    header[10..12].copy_from_slice(&sum);
    join(&[&header, piece])
}

fn fragment_v6(header: &[u8], piece: &[u8], offset: usize, more: bool, identification: u16) -> Vec<u8> {
    let mut header = header.to_vec();
    let next = std::mem::replace(&mut header[6], 44);
    header[4..6].copy_from_slice(&(8 + u16::try_from(piece.len()).expect("short")).to_be_bytes());
    let field = u16::try_from(offset * 8).expect("short") | u16::from(more);
    let [i0, i1] = identification.to_be_bytes();
    join(&[&header, &[next, 0], &field.to_be_bytes(), &[0, 0, i0, i1], piece])
}
