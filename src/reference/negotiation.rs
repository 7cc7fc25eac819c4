//! The negotiation of permessage-deflate (RFC 7692 5, 7.1): each offer and the answer by itself, then the answer
//! against the offers.
//!
//! An answer does not say which offer it takes. It is sound if it could be to one of them; otherwise it is held
//! against the one it misses least, and where there were several, what it broke is likely, not proven.

use crate::knowledge::rules::{BadParameter, PmdCmwbUnasked, PmdParam, PmdSmwb, PmdSnct};
use crate::model::{Certainty, DeflateParams, Extension, Text, Violation};

/// The offers of one request, as far as an answer depends on them.
#[derive(Debug, Default)]
pub(super) struct Offers {
    /// Nearly every client makes one.
    first: Option<Offer>,
    others: Vec<Offer>,
    /// There may have been more, or other parameters: the field does not parse.
    unclear: bool,
}

#[derive(Clone, Copy, Debug, Default)]
struct Offer {
    /// A server must decline it.
    faulty: bool,
    server_no_context_takeover: bool,
    server_max_window_bits: Option<u8>,
    client_max_window_bits: bool,
}

/// Whether it is permessage-deflate.
pub(super) fn is_deflate(extension: &Extension) -> bool {
    extension.name.as_sent().eq_ignore_ascii_case("permessage-deflate")
}

/// Reads the offers among `extensions`; what is wrong with one goes to `report`.
pub(super) fn offers(extensions: &[Extension], malformed: bool, mut report: impl FnMut(Violation)) -> Offers {
    let mut offers = Offers { unclear: malformed, ..Offers::default() };
    for extension in extensions.iter().filter(|extension| is_deflate(extension)) {
        let fault = bad_parameter(extension, Side::Offer);
        let offer = Offer {
            faulty: fault.is_some(),
            server_no_context_takeover: has(extension, SNCT),
            server_max_window_bits: window_bits(extension, SMWB),
            client_max_window_bits: has(extension, CMWB),
        };
        if offers.first.is_none() {
            offers.first = Some(offer);
        } else {
            offers.others.push(offer);
        }
        if let Some(fault) = fault {
            report(fault);
        }
    }
    offers
}

/// Judges an `answer`; without `offers` the request is not known. True if the client must fail the connection.
pub(super) fn answer(
    answer: &Extension,
    malformed: bool,
    offers: Option<&Offers>,
    mut report: impl FnMut(Violation, Certainty),
) -> bool {
    if let Some(fault) = bad_parameter(answer, Side::Answer) {
        report(fault, Certainty::Proven);
        return true;
    }
    let Some(offers) = offers.filter(|offers| !offers.unclear && !malformed) else { return false };
    let Some(first) = &offers.first else {
        return false; // Not offered at all: that is no matter of parameters.
    };
    let against = |offer: &Offer| faults(offer, answer);
    let mut nearest = against(first);
    for other in &offers.others {
        let other = against(other);
        if other.iter().flatten().count() < nearest.iter().flatten().count() {
            nearest = other;
        }
    }
    let certainty = if offers.others.is_empty() { Certainty::Proven } else { Certainty::Likely };
    let mut broken = false;
    for fault in nearest.into_iter().flatten() {
        // Taking a faulty offer is the server's fault alone: the answer itself can be sound.
        broken |= fault != Violation::PmdParam(PmdParam::NotDeclined);
        report(fault, certainty);
    }
    broken
}

/// What is wrong with the answer if it takes this offer.
fn faults(offer: &Offer, answer: &Extension) -> [Option<Violation>; 4] {
    let answered = window_bits(answer, SMWB);
    let unasked = window_bits(answer, CMWB).filter(|_| !offer.client_max_window_bits);
    let window = offer.server_max_window_bits.filter(|&most| answered.is_none_or(|bits| bits > most));
    let takeover = offer.server_no_context_takeover && !has(answer, SNCT);
    [
        offer.faulty.then_some(PmdParam::NotDeclined.into()),
        unasked.map(|bits| PmdCmwbUnasked { bits }.into()),
        window.map(|offered| PmdSmwb { offered, answered }.into()),
        takeover.then_some(PmdSnct.into()),
    ]
}

const SNCT: &str = "server_no_context_takeover";
const CNCT: &str = "client_no_context_takeover";
const SMWB: &str = "server_max_window_bits";
const CMWB: &str = "client_max_window_bits";

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Side {
    Offer,
    Answer,
}

/// The first parameter that makes a server decline the offer, or a client fail for the answer (7.1).
fn bad_parameter(extension: &Extension, side: Side) -> Option<Violation> {
    let parameters = &extension.parameters;
    parameters.iter().enumerate().find_map(|(n, (name, value))| {
        let is = |known: &str| name.as_sent().eq_ignore_ascii_case(known);
        let before = parameters.iter().take(n);
        let why = if is(SNCT) || is(CNCT) {
            value.is_some().then_some(BadParameter::ValueUnwanted)
        } else if is(SMWB) || is(CMWB) {
            match value {
                // Without a value it offers to be limited (7.1.2.2).
                None if is(CMWB) && side == Side::Offer => None,
                None => Some(BadParameter::ValueMissing),
                Some(value) if DeflateParams::window_bits(value.as_sent()).is_none() => {
                    Some(BadParameter::NoWindowBits)
                }
                Some(_) => None,
            }
        } else {
            Some(BadParameter::Unknown)
        };
        let repeated =
            || before.into_iter().any(|(other, _)| is(other.as_sent())).then_some(BadParameter::Repeated);
        let why = why.or_else(repeated)?;
        Some(PmdParam::Parameter { name: name.clone(), value: value.clone(), why }.into())
    })
}

fn find<'a>(extension: &'a Extension, name: &str) -> Option<&'a Option<Text>> {
    let known = extension.parameters.iter().find(|(other, _)| other.as_sent().eq_ignore_ascii_case(name));
    known.map(|(_, value)| value)
}

fn has(extension: &Extension, name: &str) -> bool {
    find(extension, name).is_some()
}

fn window_bits(extension: &Extension, name: &str) -> Option<u8> {
    DeflateParams::window_bits(find(extension, name)?.as_ref()?.as_sent())
}
