//! The clauses the reference checks, as data. Section numbers are those of RFC 6455 where no other RFC is named.

use std::fmt;

/// How strongly the clause binds (RFC 2119).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Level {
    /// Legal, or nobody's fault, but worth knowing.
    Note,
    /// A SHOULD of the RFC.
    Should,
    /// A MUST of the RFC.
    Must,
}

impl Level {
    /// `must`, `should` or `note`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Must => "must",
            Self::Should => "should",
            Self::Note => "note",
        }
    }
}

/// What the RFC has the *other* side do when the rule is broken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reaction {
    /// Nothing.
    Nothing,
    /// *Fail the WebSocket Connection* (7.1.7), fittingly with one of these codes.
    Fail(&'static [u16]),
    /// It may end the connection, after a Close with one of these codes (10.7); carrying on breaks no must.
    MayFail(&'static [u16]),
    /// It must close the connection; a Close frame is optional (5.1).
    Close(&'static [u16]),
}

impl Reaction {
    /// The codes that fit.
    #[must_use]
    pub const fn codes(self) -> &'static [u16] {
        match self {
            Self::Nothing => &[],
            Self::Fail(codes) | Self::MayFail(codes) | Self::Close(codes) => codes,
        }
    }

    /// Whether carrying on breaks a must.
    #[must_use]
    pub const fn is_ordered(self) -> bool {
        matches!(self, Self::Fail(_) | Self::Close(_))
    }
}

/// One clause.
#[derive(Clone, Copy, Debug)]
pub struct Rule {
    /// Its identity.
    pub id: RuleId,
    /// Stable name, as in `FR-RSV`.
    pub name: &'static str,
    /// Where it stands.
    pub section: &'static str,
    /// How it binds; a finding can weigh less.
    pub level: Level,
    /// What the peer of the breaker does.
    pub reaction: Reaction,
    /// What it says, in our words.
    pub says: &'static str,
}

const P: &[u16] = &[1002];
const UTF8: &[u16] = &[1007];

macro_rules! rules {
    ($($id:ident $name:literal $section:literal $level:ident $reaction:expr, $says:literal;)*) => {
        /// Identity of a [`Rule`].
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum RuleId {
            $(#[doc = $says] $id,)*
        }

        /// Every rule, in the order of [`RuleId`].
        pub const RULES: &[Rule] = &[
            $(Rule { id: RuleId::$id, name: $name, section: $section, level: Level::$level, reaction: $reaction, says: $says },)*
        ];
    };
}

use Reaction::{Close, Fail, MayFail, Nothing};

rules! {
    // Opening handshake.
    HsAccept "HS-ACCEPT" "RFC 6455 4.1, 4.2.2" Must Nothing,
        "Sec-WebSocket-Accept is base64 of SHA-1 over the key and the GUID; with any other value the client fails the connection";
    HsAssumed "HS-ASSUMED" "RFC 6455 4" Note Nothing,
        "where the opening handshake was not recorded, that there was one follows from the frames; what it settled is unknown";
    HsCoalesced "HS-COALESCED" "RFC 6455 4.2.2" Note Nothing,
        "the server may send frames as soon as it has sent the 101, even in the same segment";
    HsNoResponse "HS-NO-RESPONSE" "RFC 6455 4.2.1, 10.7" Should Nothing,
        "a request that is refused is answered with an HTTP status before TCP ends";
    HsNotFailed "HS-NOT-FAILED" "RFC 6455 4.1, 7.1.7" Must Nothing,
        "after a response that does not validate the client sends no frames";
    HsStatus "HS-STATUS" "RFC 6455 4.1, 4.2.2" Note Nothing,
        "any status but 101 refuses the upgrade; the client follows HTTP";
    // Frames.
    FrAfterFail "FR-AFTER-FAIL" "RFC 6455 7.1.7" Must Nothing,
        "an endpoint that has failed the connection processes nothing more of what the peer sends";
    FrContOrphan "FR-CONT-ORPHAN" "RFC 6455 5.4, 6.1" Must MayFail(P),
        "a continuation frame continues a message that has begun";
    FrCtlBetween "FR-CTL-BETWEEN" "RFC 6455 5.4" Note Nothing,
        "a control frame may stand between the fragments of a message and must be handled there";
    FrCtlFrag "FR-CTL-FRAG" "RFC 6455 5.4, 5.5" Must MayFail(P),
        "a control frame is not fragmented: FIN is set";
    FrCtlLen "FR-CTL-LEN" "RFC 6455 5.5" Must MayFail(P),
        "the payload of a control frame is 125 bytes at the most";
    FrCut "FR-CUT" "RFC 6455 5.2" Note Nothing,
        "a frame has as many payload bytes as its header announces";
    FrInterleave "FR-INTERLEAVE" "RFC 6455 5.4, 6.1" Must MayFail(P),
        "a new message begins only after the last fragment of the one before";
    FrLenMin "FR-LEN-MIN" "RFC 6455 5.2" Must MayFail(P),
        "the payload length is written in the shortest of its three forms";
    FrLenMsb "FR-LEN-MSB" "RFC 6455 5.2" Must MayFail(&[1002, 1009]),
        "the most significant bit of a 64-bit payload length is 0";
    FrMaskC "FR-MASK-C" "RFC 6455 5.1, 5.3, 6.1" Must Close(P),
        "a client masks every frame";
    FrMaskKey "FR-MASK-KEY" "RFC 6455 5.3, 10.3" Must Nothing,
        "the masking key is fresh and unpredictable for each frame";
    FrMaskS "FR-MASK-S" "RFC 6455 5.1" Must Close(P),
        "a server masks no frame";
    FrMsgUnfinished "FR-MSG-UNFINISHED" "RFC 6455 5.5.1, 6.1" Note Nothing,
        "a message whose last fragment was not sent is lost";
    FrOpcode "FR-OPCODE" "RFC 6455 5.2" Must Fail(P),
        "opcodes 3 to 7 and 11 to 15 are reserved";
    FrPongData "FR-PONG-DATA" "RFC 6455 5.5.3" Must Nothing,
        "a Pong carries the payload of the Ping it answers";
    FrPongUnsol "FR-PONG-UNSOL" "RFC 6455 5.5.3" Note Nothing,
        "a Pong that answers no Ping is legal, as a heartbeat";
    FrRsv "FR-RSV" "RFC 6455 5.2, 9.1" Must Fail(P),
        "RSV1, RSV2 and RSV3 are 0 unless a negotiated extension gives them a meaning";
    FrTextUtf8 "FR-TEXT-UTF8" "RFC 6455 5.6, 8.1" Must Fail(UTF8),
        "a text message as a whole is valid UTF-8";
    FrTooBig "FR-TOO-BIG" "RFC 6455 7.4.1, 10.4" Note Nothing,
        "an endpoint may limit the size of frames and messages and refuse larger ones with 1009";
    // Closing.
    ClAbnormal "CL-ABNORMAL" "RFC 6455 7.1.5, 7.2.1, 7.3" Note Nothing,
        "without a Close frame the other side reports 1006";
    Cl1010Reason "CL-1010-REASON" "RFC 6455 7.4.1" Should Nothing,
        "a client that closes with 1010 lists the extensions it missed in the reason";
    ClCodeRange "CL-CODE-RANGE" "RFC 6455 5.5.1, 7.4.2" Must MayFail(P),
        "a status code is a registered one below 3000, or from 3000 to 4999";
    ClCodeReserved "CL-CODE-RESERVED" "RFC 6455 7.4.1" Must MayFail(P),
        "1005, 1006 and 1015 name local conclusions and are not sent; 1004 is reserved";
    ClCodeRole "CL-CODE-ROLE" "RFC 6455 7.4.1" Note Nothing,
        "1010 is meant for clients, 1012 to 1014 for servers and gateways";
    ClCross "CL-CROSS" "RFC 6455 5.5.1, 7.1.3, 7.1.5" Note Nothing,
        "Closes that cross each other both start the closing handshake and answer one another";
    ClDataAfter "CL-DATA-AFTER" "RFC 6455 5.5.1" Must Nothing,
        "no data frame follows the own Close";
    ClDouble "CL-DOUBLE" "RFC 6455 5.5.1, 7.1.5" Note Nothing,
        "the first Close counts; another one from the same side is ignored";
    ClEcho "CL-ECHO" "RFC 6455 5.5.1" Note Nothing,
        "an answering Close typically echoes the code it received, but may carry another";
    ClFailCode "CL-FAIL-CODE" "RFC 6455 7.1.7, 7.4.1" Should Nothing,
        "the Close of an endpoint that fails the connection carries a code that fits the fault";
    ClFailSilent "CL-FAIL-SILENT" "RFC 6455 7.1.7, 10.7" Should Nothing,
        "an endpoint that fails the connection sends a Close before it ends TCP";
    ClLen1 "CL-LEN1" "RFC 6455 5.5.1" Must MayFail(P),
        "the body of a Close is empty or begins with a two-byte code";
    ClNoCode "CL-NOCODE" "RFC 6455 7.1.5, 7.4" Note Nothing,
        "a Close without a body is legal; the other side reports 1005";
    ClNotFailed "CL-NOT-FAILED" "RFC 6455 7.1.7" Must Nothing,
        "after a fault for which the RFC orders it an endpoint fails the connection and handles nothing that came later";
    ClReasonUtf8 "CL-REASON-UTF8" "RFC 6455 5.5.1, 8.1" Must Fail(&[1007, 1002]),
        "the reason of a Close is valid UTF-8";
    ClReply "CL-REPLY" "RFC 6455 5.5.1" Must Nothing,
        "a received Close is answered with a Close, unless one was sent before";
    ClRst "CL-RST" "RFC 6455 7.1.1, 7.2.1" Should Nothing,
        "TCP ends in an orderly way (FIN); RST can destroy data, a Close included, that the peer has not read yet";
    ClTcpServerFirst "CL-TCP-SERVER-FIRST" "RFC 6455 5.5.1, 7.1.1" Should Nothing,
        "after the closing handshake the server ends TCP first; the client waits for it";
    // permessage-deflate.
    PmdBomb "PMD-BOMB" "RFC 7692 8" Note Nothing,
        "compressed data that grows beyond a cap is not inflated further here";
    PmdCtxLost "PMD-CTX-LOST" "RFC 7692 7.2.2" Note Nothing,
        "with context takeover a message can be inflated only if all before it could";
    PmdBfinal "PMD-BFINAL" "RFC 7692 7.2.3.4" Note Nothing,
        "a block with BFINAL=1 may end compressed data inside a message";
    PmdInflate "PMD-INFLATE" "RFC 7692 7.2.1, 7.2.2" Must MayFail(&[1007, 1002]),
        "the payload of a compressed message, with 00 00 ff ff appended, is a valid DEFLATE stream";
    PmdRsv1Cont "PMD-RSV1-CONT" "RFC 7692 6" Must Fail(P),
        "RSV1 is set on the first fragment of a compressed message only";
    PmdRsv1Ctl "PMD-RSV1-CTL" "RFC 7692 6" Must Fail(P),
        "RSV1 is not set on control frames";
}

impl RuleId {
    /// The clause.
    #[must_use]
    pub fn rule(self) -> &'static Rule {
        &RULES[self as usize]
    }

    /// Its stable name.
    #[must_use]
    pub fn name(self) -> &'static str {
        self.rule().name
    }
}

impl fmt::Display for RuleId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_unique_and_well_formed() {
        for (i, rule) in RULES.iter().enumerate() {
            assert_eq!(rule.id as usize, i);
            assert!(rule.name.bytes().all(|b| b.is_ascii_uppercase() || b.is_ascii_digit() || b == b'-'));
            assert!(rule.section.starts_with("RFC "), "{}", rule.name);
            assert_eq!(RULES.iter().filter(|r| r.name == rule.name).count(), 1, "{}", rule.name);
        }
    }
}
