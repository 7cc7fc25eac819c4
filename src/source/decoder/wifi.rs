//! 802.11 data frames, and the radiotap header of monitor mode.

use crate::source::decoder::Walk;
use crate::source::decoder::ether;
use crate::source::decoder::odd::Odd;
use crate::source::decoder::view::View;

/// Second byte of the frame control field (IEEE 802.11 9.2.4.1).
mod control {
    pub(super) const TO_DS: u8 = 0x01;
    pub(super) const FROM_DS: u8 = 0x02;
    pub(super) const MORE_FRAGMENTS: u8 = 0x04;
    pub(super) const PROTECTED: u8 = 0x40;
    pub(super) const HT_CONTROL: u8 = 0x80;
}

/// What radiotap says of a frame in its field Flags.
mod flag {
    pub(super) const HAS_CHECK_SEQUENCE: u8 = 0x10;
    /// Between the 802.11 header and its payload, up to a multiple of 4.
    pub(super) const PADDED_HEADER: u8 = 0x20;
    pub(super) const DAMAGED: u8 = 0x40;
}

const CHECK_SEQUENCE_LEN: usize = 4;

/// A frame behind a radiotap header (<https://www.radiotap.org>).
pub(super) fn radiotap(walk: &mut Walk<'_>, data: View<'_>) -> Result<(), Odd> {
    let (&[_, _, l0, l1], _) = data.header::<4>("radiotap")?;
    let len = usize::from(u16::from_le_bytes([l0, l1]));
    let mut frame = data.behind(len, "radiotap")?;
    let header = data.bytes.get(..len).unwrap_or_default();
    let flags = flags(header).unwrap_or(0);
    if flags & flag::DAMAGED != 0 {
        return Err(Odd::Damaged);
    }
    if flags & flag::HAS_CHECK_SEQUENCE != 0 {
        frame = frame.announced(frame.on_wire.saturating_sub(CHECK_SEQUENCE_LEN));
    }
    let (&control, _) = frame.header::<2>("802.11")?;
    data_frame(walk, control, frame, flags & flag::PADDED_HEADER != 0)
}

/// The field Flags of a radiotap header; `None` without it.
fn flags(header: &[u8]) -> Option<u8> {
    const TIME: u8 = 1;
    const FLAGS: u8 = 2;
    /// In the last byte of a word of fields: one more word follows.
    const MORE: u8 = 0x80;
    let (words, _) = header.get(4..)?.as_chunks::<4>();
    let more = words.iter().take_while(|word| word[3] & MORE != 0).count();
    let present = words.first()?[0];
    if present & FLAGS == 0 {
        return None;
    }
    let mut at = 4 + 4 * (more + 1);
    if present & TIME != 0 {
        at = at.next_multiple_of(8) + 8;
    }
    header.get(at).copied()
}

/// A frame of 802.11. Management and control frames hold no TCP.
pub(super) fn frame(walk: &mut Walk<'_>, data: View<'_>) -> Result<(), Odd> {
    let (&control, _) = data.header::<2>("802.11")?;
    data_frame(walk, control, data, false)
}

/// A frame as an access point passes it on, of which some swap the two bytes of the frame control field. The first has a
/// version of 0 and says that it is data; in its place the other has a direction, to or from the network.
pub(super) fn of_access_point(walk: &mut Walk<'_>, data: View<'_>) -> Result<(), Odd> {
    const VERSION_AND_KIND: u8 = 0x0f;
    let (&[first, second], _) = data.header::<2>("802.11")?;
    let is_swapped = first & VERSION_AND_KIND != DATA
        && first & (control::TO_DS | control::FROM_DS) != 0
        && second & VERSION_AND_KIND == DATA;
    data_frame(walk, if is_swapped { [second, first] } else { [first, second] }, data, false)
}

/// Kind of a frame that holds data, in the first byte of the frame control field.
const DATA: u8 = 0x08;

fn data_frame(walk: &mut Walk<'_>, [kind, flags]: [u8; 2], data: View<'_>, padded: bool) -> Result<(), Odd> {
    const KIND: u8 = 0x0c;
    const QOS: u8 = 0x80;
    const NO_DATA: u8 = 0x40;
    const AGGREGATE: u8 = 0x80;
    if kind & KIND != DATA || kind & NO_DATA != 0 {
        return Ok(());
    }
    let mut len = 24;
    if flags & (control::TO_DS | control::FROM_DS) == control::TO_DS | control::FROM_DS {
        len += 6;
    }
    let mut is_aggregate = false;
    if kind & QOS != 0 {
        let (&[qos, _], _) = data.behind(len, "802.11")?.header::<2>("802.11 QoS")?;
        is_aggregate = qos & AGGREGATE != 0;
        len += if flags & control::HT_CONTROL != 0 { 6 } else { 2 };
    }
    if padded {
        len = usize::next_multiple_of(len, 4);
    }
    let (&[.., sequence, _], _) = data.header::<24>("802.11")?;
    let rest = data.behind(len, "802.11")?;
    if flags & control::PROTECTED != 0 {
        Err(Odd::Encrypted { by: "802.11" })
    } else if flags & control::MORE_FRAGMENTS != 0 || sequence & 0xf != 0 {
        Err(Odd::Undecoded { name: "a fragment of 802.11" })
    } else if is_aggregate {
        aggregate(walk, rest)
    } else {
        ether::llc(walk, rest)
    }
}

/// An A-MSDU (IEEE 802.11 9.3.2.2): several payloads in one frame, each with addresses and a length, padded to a
/// multiple of 4.
fn aggregate(walk: &mut Walk<'_>, mut rest: View<'_>) -> Result<(), Odd> {
    const HEADER_LEN: usize = 14;
    walk.descend()?;
    while rest.on_wire > HEADER_LEN {
        let (&[.., high, low], part) = rest.header::<HEADER_LEN>("A-MSDU")?;
        let len = usize::from(u16::from_be_bytes([high, low]));
        walk.apart(|walk| ether::llc(walk, part.announced(len)));
        let whole = (HEADER_LEN + len).next_multiple_of(4).min(rest.on_wire);
        match rest.behind(whole, "A-MSDU") {
            Ok(behind) => rest = behind,
            // The part has been counted as cut if it is; more than padding may be missing behind it.
            Err(_) if whole == rest.on_wire => break,
            Err(odd) => return Err(odd),
        }
    }
    Ok(())
}
