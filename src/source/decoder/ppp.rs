//! PPP (RFC 1661) and the ways to frame it.

use crate::source::decoder::Walk;
use crate::source::decoder::odd::Odd;
use crate::source::decoder::view::View;
use crate::source::decoder::{ether, ip};

/// Address and control field of HDLC-like framing (RFC 1662 3.1).
const ALL_STATIONS: u8 = 0xff;
const UNNUMBERED: u8 = 3;

/// A session of PPPoE (RFC 2516 4), behind its Ethernet type.
pub(super) fn over_ethernet(walk: &mut Walk<'_>, data: View<'_>) -> Result<(), Odd> {
    const SESSION_DATA: u8 = 0;
    let (&[_, code, _, _, l0, l1], rest) = data.header::<6>("PPPoE")?;
    if code != SESSION_DATA {
        return Ok(());
    }
    walk.descend()?;
    protocol(walk, rest.announced(usize::from(u16::from_be_bytes([l0, l1]))))
}

/// PPP with or without address and control field, or the framing that Cisco uses in its place.
pub(super) fn framed(walk: &mut Walk<'_>, data: View<'_>) -> Result<(), Odd> {
    match *data.bytes {
        [ALL_STATIONS, UNNUMBERED, ..] => protocol(walk, data.behind(2, "PPP")?),
        [ALL_STATIONS | 0x0f | 0x8f] => Err(Odd::Short { header: "PPP", needs: 2, has: 1 }),
        [0x0f | 0x8f, 0, ..] => cisco(walk, data),
        _ => protocol(walk, data),
    }
}

/// PPP behind a byte that tells the direction, in place of or before the address field.
pub(super) fn with_direction(walk: &mut Walk<'_>, data: View<'_>) -> Result<(), Odd> {
    match data.header::<1>("PPP direction")? {
        (_, rest @ View { bytes: [UNNUMBERED, ..], .. }) => protocol(walk, rest.behind(1, "PPP")?),
        (_, rest) => framed(walk, rest),
    }
}

/// HDLC as Cisco frames it: address, control, an Ethernet type.
pub(super) fn cisco(walk: &mut Walk<'_>, data: View<'_>) -> Result<(), Odd> {
    let (&[_, _, high, low], rest) = data.header::<4>("Cisco HDLC")?;
    ether::typed(walk, u16::from_be_bytes([high, low]), rest)
}

/// What follows a PPP protocol number, of one byte where it was compressed (RFC 1661 6.5).
fn protocol(walk: &mut Walk<'_>, data: View<'_>) -> Result<(), Odd> {
    let (&[first], rest) = data.header::<1>("PPP")?;
    let (number, rest) = if first & 1 == 1 {
        (u16::from(first), rest)
    } else {
        let (&number, rest) = data.header::<2>("PPP")?;
        (u16::from_be_bytes(number), rest)
    };
    match number {
        0x0021 => ip::v4(walk, rest),
        0x0057 => ip::v6(walk, rest),
        0x002d | 0x002f => Err(Odd::Undecoded { name: "TCP with Van Jacobson compression" }),
        0x003d => Err(Odd::Undecoded { name: "PPP multilink" }),
        0x00fb | 0x00fd => Err(Odd::Undecoded { name: "compressed PPP" }),
        0x0053 | 0x0055 => Err(Odd::Encrypted { by: "PPP" }),
        0x0281 | 0x0283 => ether::mpls(walk, rest),
        _ => Ok(()),
    }
}
