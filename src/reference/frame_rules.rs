//! Rules a single frame can break, given its sender's role and what was negotiated (RFC 6455 5, 7.4; RFC 7692 6).

use crate::model::{
    Certainty, CloseCode, ClosePayload, DeflateFault, Fact, FrameFacts, LengthForm, Level, Opcode, Reason,
    Role, Rsv, Violation,
};
use crate::reference::Handshake;
use crate::reference::endpoint::Endpoint;

/// Where the violations go: what, how much it weighs here, how sure.
type Report<'a> = dyn FnMut(Violation, Level, Certainty) + 'a;

/// Checks one frame of `role`.
pub(super) fn check(
    role: Role,
    frame: &FrameFacts<'_>,
    handshake: &Handshake,
    side: &mut Endpoint,
    report: &mut Report<'_>,
) {
    header(role, frame, side, report);
    reserved(frame, handshake, report);
    if frame.header.opcode.is_control() {
        control(frame, side, report);
    }
    facts(role, frame, handshake, report);
    if frame.cut > 0 {
        let len = frame.header.payload_len;
        note(report, Violation::Cut { len: Some(len), got: len.saturating_sub(frame.cut) });
    }
    if let Some(payload) = frame.close {
        close(role, payload, report);
    }
}

fn must(report: &mut Report<'_>, violation: Violation) {
    report(violation, Level::Must, Certainty::Proven);
}

fn note(report: &mut Report<'_>, violation: Violation) {
    report(violation, Level::Note, Certainty::Proven);
}

fn header(role: Role, frame: &FrameFacts<'_>, side: &mut Endpoint, report: &mut Report<'_>) {
    let header = &frame.header;
    match (role, header.masking_key) {
        (Role::Client, None) => must(report, Violation::NotMasked),
        (Role::Server, Some(_)) => must(report, Violation::Masked),
        (Role::Client, Some(key)) => {
            if let Some((pattern, frames)) = side.keys.next(key) {
                must(report, Violation::MaskingKey { frames, pattern });
            }
        }
        (Role::Server, None) => {}
    }
    let len = header.payload_len;
    if !header.length_is_minimal() {
        let bytes = if header.length_form == LengthForm::Sixteen { 2 } else { 8 };
        must(report, Violation::LengthNotMinimal { len, bytes });
    }
    if len >> 63 != 0 {
        must(report, Violation::LengthTopBit { len });
    }
}

fn reserved(frame: &FrameFacts<'_>, handshake: &Handshake, report: &mut Report<'_>) {
    let header = &frame.header;
    if handshake.unknown_extension {
        return; // It may define bits and opcodes (9.1); what it is, wslog does not know.
    }
    if header.opcode.is_reserved() {
        must(report, Violation::ReservedOpcode(header.opcode.bits()));
    }
    let mut without_meaning = header.rsv;
    if handshake.deflate && header.rsv.rsv1() {
        without_meaning = header.rsv.without(Rsv::RSV1);
        if header.opcode.is_control() {
            must(report, Violation::Rsv1OnControl);
        } else if header.opcode == Opcode::CONTINUATION {
            must(report, Violation::Rsv1OnContinuation);
        }
    }
    if without_meaning != Rsv(0) {
        must(report, Violation::Rsv(without_meaning));
    }
}

fn control(frame: &FrameFacts<'_>, side: &mut Endpoint, report: &mut Report<'_>) {
    let header = &frame.header;
    if !header.fin {
        must(report, Violation::ControlFragmented);
    }
    if header.payload_len > 125 {
        must(report, Violation::ControlTooLong { len: header.payload_len });
    }
    let between = side.open_message.is_some() && header.opcode != Opcode::CLOSE;
    if between && !std::mem::replace(&mut side.noted_control_between, true) {
        note(report, Violation::ControlBetween { opcode: header.opcode.name() });
    }
}

fn facts(role: Role, frame: &FrameFacts<'_>, handshake: &Handshake, report: &mut Report<'_>) {
    for fact in frame.facts {
        match *fact {
            Fact::ContinuationWithoutStart => must(report, Violation::ContinuationOrphan),
            Fact::MessageInsideMessage => must(report, Violation::Interleave),
            Fact::InvalidUtf8 { offset } => must(report, Violation::TextNotUtf8 { offset }),
            Fact::InflateFailed { offset } => must(report, Violation::InflateFailed { offset }),
            Fact::ContextLost => note(report, Violation::ContextLost),
            Fact::InflateCapped => note(report, Violation::InflateCapped),
            Fact::FinalBlock => note(report, Violation::FinalBlock),
            Fact::DeflateTail => must(report, Violation::Deflate(DeflateFault::TailKept)),
            // What a void negotiation agreed is not known.
            Fact::BeyondWindow { .. } | Fact::ContextKept { .. } if handshake.deflate_void => {}
            Fact::BeyondWindow { distance, bits } => {
                must(report, Violation::Deflate(DeflateFault::BeyondWindow { distance, bits }));
            }
            Fact::ContextKept { before } => {
                must(report, Violation::Deflate(DeflateFault::ContextKept { sender: role, before }));
            }
            Fact::Message(_) | Fact::PayloadMissing => {}
        }
    }
}

/// Rules on the body of a Close (5.5.1, 7.4).
fn close(role: Role, payload: &ClosePayload, report: &mut Report<'_>) {
    match payload {
        ClosePayload::Empty => note(report, Violation::CloseEmpty),
        ClosePayload::OneByte(_) => must(report, Violation::CloseOneByte),
        ClosePayload::Partial { code } => {
            if let Some(code) = code {
                close_code(role, *code, report);
            }
        }
        ClosePayload::Code { code, reason } => {
            close_code(role, *code, report);
            if let Some(Reason::Invalid { valid_up_to, .. }) = reason {
                must(report, Violation::ReasonNotUtf8 { offset: *valid_up_to as u64 });
            }
            if *code == CloseCode::MANDATORY_EXTENSION && role == Role::Client && reason.is_none() {
                report(Violation::NoExtensionNamed, Level::Should, Certainty::Proven);
            }
        }
    }
}

fn close_code(role: Role, code: CloseCode, report: &mut Report<'_>) {
    match code.0 {
        1004 => note(report, Violation::CodeReserved(code)),
        _ if code.is_never_sent() => must(report, Violation::CodeReserved(code)),
        0..=999 | 5000.. => must(report, Violation::CodeOutOfRange(code)),
        // Unassigned today; a later registration would make it legal.
        1016..=2999 => report(Violation::CodeOutOfRange(code), Level::Must, Certainty::Likely),
        1010 if role == Role::Server => note(report, Violation::CodeRole(code)),
        1012..=1014 if role == Role::Client => note(report, Violation::CodeRole(code)),
        _ => {}
    }
}
