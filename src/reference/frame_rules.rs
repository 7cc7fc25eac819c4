//! Rules a single frame can break, given its sender's role and what was negotiated (RFC 6455 5, 7.4; RFC 7692 6).

use crate::knowledge::rules::{
    Cl1010Reason, ClCodeRange, ClCodeReserved, ClCodeRole, ClLen1, ClNoCode, ClReasonUtf8, FrContOrphan,
    FrCtlBetween, FrCtlFrag, FrCtlLen, FrCut, FrInterleave, FrLenMin, FrLenMsb, FrMaskC, FrMaskKey, FrMaskS,
    FrOpcode, FrRsv, FrTextUtf8, PmdBfinal, PmdBomb, PmdCnct, PmdCtxLost, PmdInflate, PmdRsv1Cont,
    PmdRsv1Ctl, PmdSnctUse, PmdTail, PmdWindow,
};
use crate::model::{
    Certainty, CloseCode, ClosePayload, Fact, FrameFacts, LengthForm, Level, Opcode, Reason, Role, Rsv,
    Violation,
};
use crate::reference::Opening;
use crate::reference::endpoint::Endpoint;

/// Where the violations go: what, how much it weighs here, how sure.
type Report<'a> = dyn FnMut(Violation, Level, Certainty) + 'a;

/// Checks one frame of `role`; `echoed` is the code of a Close of the peer that a Close answers here.
pub(super) fn check(
    role: Role,
    frame: &FrameFacts<'_>,
    opening: &Opening,
    side: &mut Endpoint,
    echoed: Option<CloseCode>,
    report: &mut Report<'_>,
) {
    header(role, frame, side, report);
    let mut is_known = reserved(frame, opening, report);
    if frame.header.opcode.is_control() {
        is_known &= control(frame, side, report);
    }
    if !is_known {
        // Behind a header that nobody writes, what looks like a key may be part of a payload.
        side.keys.give_up();
    }
    facts(role, frame, side.interrupted, opening, report);
    // No frame has a payload of more than 2^63 bytes that could be cut.
    if frame.cut > 0 && side.interrupted.is_none() && frame.header.payload_len >> 63 == 0 {
        let len = frame.header.payload_len;
        note(report, FrCut { len: Some(len), got: len.saturating_sub(frame.cut) });
    }
    if let Some(payload) = frame.close {
        close(role, payload, echoed, report);
    }
}

fn must(report: &mut Report<'_>, violation: impl Into<Violation>) {
    report(violation.into(), Level::Must, Certainty::Proven);
}

fn note(report: &mut Report<'_>, violation: impl Into<Violation>) {
    report(violation.into(), Level::Note, Certainty::Proven);
}

fn header(role: Role, frame: &FrameFacts<'_>, side: &mut Endpoint, report: &mut Report<'_>) {
    let header = &frame.header;
    match (role, header.masking_key) {
        (Role::Client, None) => {
            side.keys.give_up();
            must(report, FrMaskC);
        }
        (Role::Server, Some(_)) => must(report, FrMaskS),
        (Role::Client, Some(key)) => {
            if let Some((pattern, frames)) = side.keys.next(key) {
                must(report, FrMaskKey { frames, pattern });
            }
        }
        (Role::Server, None) => {}
    }
    let len = header.payload_len;
    if !header.length_is_minimal() {
        let bytes = if header.length_form == LengthForm::Sixteen { 2 } else { 8 };
        must(report, FrLenMin { len, bytes });
    }
    if len >> 63 != 0 {
        must(report, FrLenMsb { len });
    }
}

/// Whether bits and opcode have a meaning, but for RSV1, which may be set for compression that was not agreed.
fn reserved(frame: &FrameFacts<'_>, opening: &Opening, report: &mut Report<'_>) -> bool {
    let header = &frame.header;
    if opening.unknown_extension {
        return true; // It may define bits and opcodes (9.1); what it is, wslog does not know.
    }
    let mut is_known = true;
    if header.opcode.is_reserved() {
        must(report, FrOpcode { opcode: header.opcode.bits() });
        is_known = false;
    }
    let mut without_meaning = header.rsv;
    if opening.deflate && header.rsv.rsv1() {
        without_meaning = header.rsv.without(Rsv::RSV1);
        if header.opcode.is_control() {
            must(report, PmdRsv1Ctl);
        } else if header.opcode == Opcode::CONTINUATION {
            must(report, PmdRsv1Cont);
        }
    }
    if without_meaning != Rsv(0) {
        let inflates = frame.facts.contains(&Fact::InflatesAsOffered);
        must(report, FrRsv { bits: without_meaning, inflates });
        is_known &= without_meaning.without(Rsv::RSV1) == Rsv(0);
    }
    is_known
}

/// Whether it has the form of one.
fn control(frame: &FrameFacts<'_>, side: &mut Endpoint, report: &mut Report<'_>) -> bool {
    let header = &frame.header;
    let mut is_control = true;
    if !header.fin {
        must(report, FrCtlFrag);
        is_control = false;
    }
    if header.payload_len > 125 {
        must(report, FrCtlLen { len: header.payload_len });
        is_control = false;
    }
    let between = side.open_message.is_some() && header.opcode != Opcode::CLOSE;
    if between && !std::mem::replace(&mut side.noted_control_between, true) {
        note(report, FrCtlBetween { opcode: header.opcode.name() });
    }
    is_control
}

fn facts(
    role: Role,
    frame: &FrameFacts<'_>,
    interrupted: Option<u64>,
    opening: &Opening,
    report: &mut Report<'_>,
) {
    // What the next frame swallowed of a payload says nothing of it.
    let is_known = |fact: &&Fact| match (interrupted, fact) {
        (None, _) => true,
        (Some(came), Fact::InvalidUtf8 { offset }) => {
            let is_alone = frame.header.opcode == Opcode::TEXT && !frame.compressed;
            is_alone && offset.saturating_add(LONGEST_CHARACTER) <= came
        }
        (Some(_), Fact::InflateFailed { .. } | Fact::ContextLost) => false,
        (Some(_), _) => true,
    };
    for fact in frame.facts.iter().filter(is_known) {
        match *fact {
            Fact::ContinuationWithoutStart => must(report, FrContOrphan),
            Fact::MessageInsideMessage => must(report, FrInterleave),
            Fact::InvalidUtf8 { offset } => must(report, FrTextUtf8 { offset }),
            Fact::InflateFailed { offset } => must(report, PmdInflate { offset }),
            Fact::ContextLost => note(report, PmdCtxLost),
            Fact::InflateCapped => note(report, PmdBomb),
            Fact::FinalBlock => note(report, PmdBfinal),
            Fact::DeflateTail => must(report, PmdTail),
            // What a void negotiation agreed is not known.
            Fact::BeyondWindow { .. } | Fact::ContextKept { .. } if opening.deflate_void => {}
            Fact::BeyondWindow { distance, bits } => {
                must(report, PmdWindow { distance, bits });
            }
            Fact::ContextKept { before } => match role {
                Role::Client => must(report, PmdCnct { before }),
                Role::Server => must(report, PmdSnctUse { before }),
            },
            // Told with the RSV1 that it explains.
            Fact::InflatesAsOffered | Fact::Message(_) | Fact::PayloadMissing => {}
        }
    }
}

/// Bytes of the longest character in UTF-8.
const LONGEST_CHARACTER: u64 = 4;

/// Rules on the body of a Close (5.5.1, 7.4).
fn close(role: Role, payload: &ClosePayload, echoed: Option<CloseCode>, report: &mut Report<'_>) {
    match payload {
        ClosePayload::Empty => note(report, ClNoCode),
        ClosePayload::OneByte(_) => must(report, ClLen1),
        ClosePayload::Partial { code } => {
            if let Some(code) = code {
                close_code(role, *code, echoed, report);
            }
        }
        ClosePayload::Code { code, reason } => {
            close_code(role, *code, echoed, report);
            if let Some(Reason::Invalid { valid_up_to, .. }) = reason {
                must(report, ClReasonUtf8 { offset: *valid_up_to as u64 });
            }
            let is_own = echoed != Some(*code);
            if *code == CloseCode::MANDATORY_EXTENSION && role == Role::Client && reason.is_none() && is_own {
                report(Cl1010Reason.into(), Level::Should, Certainty::Proven);
            }
        }
    }
}

/// Who sends the code back that it received, as is usual (5.5.1), has not chosen it: then it says nothing of its role.
fn close_code(role: Role, code: CloseCode, echoed: Option<CloseCode>, report: &mut Report<'_>) {
    let is_own = echoed != Some(code);
    match code.0 {
        1004 => note(report, ClCodeReserved { code }),
        _ if code.is_never_sent() => must(report, ClCodeReserved { code }),
        0..=999 | 5000.. => must(report, ClCodeRange { code }),
        // Unassigned today; a later registration would make it legal.
        1016..=2999 => report(ClCodeRange { code }.into(), Level::Must, Certainty::Likely),
        1010 if role == Role::Server && is_own => note(report, ClCodeRole { code }),
        1012..=1014 if role == Role::Client && is_own => note(report, ClCodeRole { code }),
        _ => {}
    }
}
