//! The clauses the reference checks, as data. Section numbers are those of RFC 6455 where no other RFC is named.

use std::fmt;

use crate::model::Role;

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

/// Who can break the clause.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Who {
    /// The client.
    C,
    /// The server.
    S,
    /// Either side.
    E,
    /// Nobody: it says what the recording lacks.
    N,
}

impl Who {
    /// `client`, `server`, `either` or `nobody`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::C => "client",
            Self::S => "server",
            Self::E => "either",
            Self::N => "nobody",
        }
    }

    /// Whether a side of that role can.
    #[must_use]
    pub const fn includes(self, role: Role) -> bool {
        match self {
            Self::C => matches!(role, Role::Client),
            Self::S => matches!(role, Role::Server),
            Self::E => true,
            Self::N => false,
        }
    }
}

/// What the RFC has the *other* side do when the rule is broken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Reaction {
    /// Nothing.
    Nothing,
    /// *Fail the WebSocket Connection* (7.1.7), fittingly with one of these codes.
    Fail(&'static [u16]),
    /// It may end the connection, after a Close with one of these codes (10.7); carrying on breaks no must.
    MayFail(&'static [u16]),
    /// It must close the connection; a Close frame is optional (5.1).
    Close(&'static [u16]),
    /// The server must refuse the request with an HTTP error (4.2.1), fittingly one of these.
    Refuse(&'static [u16]),
    /// The client must fail the connection before it is established: no frame, TCP ended (4.1, 7.1.7).
    FailHandshake,
}

impl Reaction {
    /// The codes of a Close that fit.
    #[must_use]
    pub const fn codes(self) -> &'static [u16] {
        match self {
            Self::Nothing | Self::Refuse(_) | Self::FailHandshake => &[],
            Self::Fail(codes) | Self::MayFail(codes) | Self::Close(codes) => codes,
        }
    }

    /// Whether carrying on breaks a must.
    #[must_use]
    pub const fn is_ordered(self) -> bool {
        matches!(self, Self::Fail(_) | Self::Close(_) | Self::Refuse(_) | Self::FailHandshake)
    }
}

/// One clause.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct Rule {
    /// Its identity.
    pub id: RuleId,
    /// Stable name, as in `FR-RSV`.
    pub name: &'static str,
    /// Where it stands.
    pub section: &'static str,
    /// How it binds; a finding can weigh less.
    pub level: Level,
    /// Who can break it.
    pub who: Who,
    /// What the peer of the breaker does.
    pub reaction: Reaction,
    /// What it says, in our words.
    pub says: &'static str,
}

const P: &[u16] = &[1002];
const UTF8: &[u16] = &[1007];
const BAD: &[u16] = &[400];
const UPGRADE: &[u16] = &[400, 426];

macro_rules! rules {
    ($($id:ident $name:literal $section:literal $level:ident $who:ident $reaction:expr, $says:literal;)*) => {
        /// Identity of a [`Rule`].
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        #[non_exhaustive]
        pub enum RuleId {
            $(#[doc = $says] $id,)*
        }

        /// Every rule, in the order of [`RuleId`].
        pub const RULES: &[Rule] = &[
            $(Rule { id: RuleId::$id, name: $name, section: $section, level: Level::$level, who: Who::$who, reaction: $reaction, says: $says },)*
        ];
    };
}

use Reaction::{Close, Fail, FailHandshake, MayFail, Nothing, Refuse};

rules! {
    // Opening handshake.
    Hs101Body "HS-101-BODY" "RFC 9110 8.6, RFC 9112 6.1" Must S Nothing,
        "a 101 has neither Content-Length nor Transfer-Encoding: it has no body, and the client passes over such a field";
    HsAccept "HS-ACCEPT" "RFC 6455 4.1, 4.2.2, 11.3.3" Must S FailHandshake,
        "Sec-WebSocket-Accept stands once and is base64 of SHA-1 over the key and the GUID; otherwise the client fails the connection";
    HsAccepted "HS-ACCEPTED" "RFC 6455 4.2.1" Must S Nothing,
        "a server answers a request that is no valid opening handshake with an HTTP error, not with 101";
    HsAssumed "HS-ASSUMED" "RFC 6455 4" Note N Nothing,
        "the opening handshake is not in the recording: roles and extensions are assumed";
    HsCoalesced "HS-COALESCED" "RFC 6455 4.2.2" Note S Nothing,
        "the server may send frames as soon as it has sent the 101, even in the same segment";
    HsConnectionReq "HS-CONNECTION-REQ" "RFC 6455 4.1, 4.2.1" Must C Refuse(UPGRADE),
        "Connection of the request has the token Upgrade; a proxy that removes hop-by-hop fields takes it away";
    HsConnectionResp "HS-CONNECTION-RESP" "RFC 6455 4.1, 4.2.2" Must S FailHandshake,
        "Connection of the 101 has the token Upgrade; without it the client fails the connection";
    HsEarlyData "HS-EARLY-DATA" "RFC 6455 4.1" Must C Nothing,
        "the client waits for the response before it sends anything behind its request";
    HsExtSyntax "HS-EXT-SYNTAX" "RFC 6455 4.2.2, 4.3, 9.1" Must E Refuse(BAD),
        "Sec-WebSocket-Extensions is a list of tokens with parameters; otherwise a server refuses the request and a client fails the connection";
    HsExtUnreg "HS-EXT-UNREG" "RFC 6455 9.1, 11.4" Note E Nothing,
        "extension names are registered; a server leaves out those it does not know";
    HsExtUnreq "HS-EXT-UNREQ" "RFC 6455 4.1, 4.2.2, 9.1" Must S FailHandshake,
        "the server takes only extensions that were offered; otherwise the client fails the connection";
    HsHost "HS-HOST" "RFC 6455 4.1, 4.2.1, RFC 9112 3.2" Must C Refuse(BAD),
        "the request has one Host, with the port where that is not the default one; forwarding changes the port of TCP";
    HsHttpReq "HS-HTTP-REQ" "RFC 6455 4.1, 4.2.1, RFC 9112 2.2, 3, 5" Must C Refuse(BAD),
        "the opening handshake is a valid HTTP request";
    HsHttpResp "HS-HTTP-RESP" "RFC 6455 4.1, 4.2.2, RFC 9112 2.2, 4, 5" Must S FailHandshake,
        "the answer to the opening handshake is a valid HTTP response";
    HsKey "HS-KEY" "RFC 6455 4.1, 4.2.1, 11.3.1" Must C Refuse(BAD),
        "Sec-WebSocket-Key stands once and is base64 of 16 random bytes, fresh for each connection; a server need not decode it";
    HsMethod "HS-METHOD" "RFC 6455 4.1, 4.2.1" Must C Refuse(&[400, 405]),
        "the method is GET and the version of HTTP at least 1.1; a proxy that speaks HTTP/1.0 to its servers lowers it";
    HsNoResponse "HS-NO-RESPONSE" "RFC 6455 4.2.1, 7.2.2, 10.7" Should S Nothing,
        "a request that is refused is answered with an HTTP status before TCP ends";
    HsNotFailed "HS-NOT-FAILED" "RFC 6455 4.1, 7.1.7" Must C Nothing,
        "after a response that does not validate the client sends no frames and ends TCP";
    HsOrigin "HS-ORIGIN" "RFC 6455 4.1, 4.2.1" Note C Nothing,
        "a browser sends Origin: without it the client is no browser, or the field was removed on the way";
    HsProtoNone "HS-PROTO-NONE" "RFC 6455 4.2.2" Note S Nothing,
        "a server may choose none of the subprotocols offered; browsers fail the connection then, by the WebSocket API";
    HsProtoReq "HS-PROTO-REQ" "RFC 6455 4.1, 4.2.1, 4.3" Must C Refuse(BAD),
        "subprotocols are tokens, at least one where the field is there, none of them twice; several fields are fine";
    HsProtoUnreq "HS-PROTO-UNREQ" "RFC 6455 4.1, 4.2.2, 11.3.4" Must S FailHandshake,
        "the server chooses one subprotocol of those offered, or leaves the field out; otherwise the client fails the connection";
    HsSerial "HS-SERIAL" "RFC 6455 4.1" Must C Nothing,
        "a client has one opening handshake with a server under way at a time; several programs, or several hosts behind one address, look the same";
    HsSni "HS-SNI" "RFC 6455 4.1" Must C Nothing,
        "the client names the server in its TLS ClientHello (server_name); this shows only in connections under TLS";
    HsStatus "HS-STATUS" "RFC 6455 4.1, 4.2.2" Note S Nothing,
        "any status but 101 refuses the upgrade; the client follows HTTP";
    HsTarget "HS-TARGET" "RFC 6455 3, 4.1, 4.2.1" Must C Refuse(BAD),
        "the request target is a path or an absolute http or https URI, without a fragment";
    HsUpgradeReq "HS-UPGRADE-REQ" "RFC 6455 4.1, 4.2.1" Must C Refuse(UPGRADE),
        "Upgrade of the request names websocket; a proxy that removes hop-by-hop fields takes it away";
    HsUpgradeResp "HS-UPGRADE-RESP" "RFC 6455 4.1, 4.2.2" Must S FailHandshake,
        "Upgrade of the 101 is websocket and nothing else; otherwise the client fails the connection";
    HsVersion "HS-VERSION" "RFC 6455 4.1, 4.2.1, 4.2.2, 4.4, 11.3.5" Must C Refuse(UPGRADE),
        "Sec-WebSocket-Version stands once and is 13; another number asks for another protocol";
    HsVersionAnswer "HS-VERSION-ANSWER" "RFC 6455 4.2.2, 4.4" Must S Nothing,
        "a server that refuses a version lists those it speaks in Sec-WebSocket-Version";
    // Frames.
    FrAfterFail "FR-AFTER-FAIL" "RFC 6455 7.1.7" Must E Nothing,
        "an endpoint that has failed the connection processes nothing more of what the peer sends";
    FrContOrphan "FR-CONT-ORPHAN" "RFC 6455 5.4, 6.1" Must E MayFail(P),
        "a continuation frame continues a message that has begun";
    FrCtlBetween "FR-CTL-BETWEEN" "RFC 6455 5.4" Note E Nothing,
        "a control frame may stand between the fragments of a message and must be handled there";
    FrCtlFrag "FR-CTL-FRAG" "RFC 6455 5.4, 5.5" Must E MayFail(P),
        "a control frame is not fragmented: FIN is set";
    FrCtlLen "FR-CTL-LEN" "RFC 6455 5.5" Must E MayFail(P),
        "the payload of a control frame is 125 bytes at the most";
    FrCut "FR-CUT" "RFC 6455 5.2" Note E Nothing,
        "a frame has as many payload bytes as its header announces";
    FrInterleave "FR-INTERLEAVE" "RFC 6455 5.4, 6.1" Must E MayFail(P),
        "a new message begins only after the last fragment of the one before";
    FrLenMin "FR-LEN-MIN" "RFC 6455 5.2" Must E MayFail(P),
        "the payload length is written in the shortest of its three forms";
    FrLenMsb "FR-LEN-MSB" "RFC 6455 5.2" Must E MayFail(&[1002, 1009]),
        "the most significant bit of a 64-bit payload length is 0";
    FrMaskC "FR-MASK-C" "RFC 6455 5.1, 5.3, 6.1" Must C Close(P),
        "a client masks every frame";
    FrMaskKey "FR-MASK-KEY" "RFC 6455 5.3, 10.3" Must C Nothing,
        "the masking key is fresh and unpredictable for each frame";
    FrMaskS "FR-MASK-S" "RFC 6455 5.1" Must S Close(P),
        "a server masks no frame";
    FrMsgUnfinished "FR-MSG-UNFINISHED" "RFC 6455 5.5.1, 6.1" Note E Nothing,
        "a message whose last fragment was not sent is lost";
    FrOpcode "FR-OPCODE" "RFC 6455 5.2" Must E Fail(P),
        "opcodes 3 to 7 and 11 to 15 are reserved";
    FrPingPong "FR-PING-PONG" "RFC 6455 5.5.2, 5.5.3" Must E Nothing,
        "a Ping is answered with a Pong, unless a Close was received before";
    FrPongData "FR-PONG-DATA" "RFC 6455 5.5.3" Must E Nothing,
        "a Pong carries the payload of the Ping it answers";
    FrPongLate "FR-PONG-LATE" "RFC 6455 5.5.2" Should E Nothing,
        "a Pong is sent as soon as is practical";
    FrPongUnsol "FR-PONG-UNSOL" "RFC 6455 5.5.3" Note E Nothing,
        "a Pong that answers no Ping is legal, as a heartbeat";
    FrRsv "FR-RSV" "RFC 6455 5.2, 9.1" Must E Fail(P),
        "RSV1, RSV2 and RSV3 are 0 unless a negotiated extension gives them a meaning";
    FrTextUtf8 "FR-TEXT-UTF8" "RFC 6455 5.6, 8.1" Must E Fail(UTF8),
        "a text message as a whole is valid UTF-8";
    FrTooBig "FR-TOO-BIG" "RFC 6455 7.4.1, 10.4" Note E Nothing,
        "an endpoint may limit the size of frames and messages and refuse larger ones with 1009";
    // Closing.
    Cl1010Reason "CL-1010-REASON" "RFC 6455 7.4.1" Should C Nothing,
        "a client that closes with 1010 lists the extensions it missed in the reason";
    ClAbnormal "CL-ABNORMAL" "RFC 6455 7.1.5, 7.2.1, 7.3" Note E Nothing,
        "without a Close frame the other side reports 1006";
    ClBackoff "CL-BACKOFF" "RFC 6455 7.2.3" Should C Nothing,
        "after an abnormal end a client waits a random time before it connects again, and longer after each attempt that fails";
    ClCodeRange "CL-CODE-RANGE" "RFC 6455 5.5.1, 7.4.2" Must E MayFail(P),
        "a status code is a registered one below 3000, or from 3000 to 4999";
    ClCodeReserved "CL-CODE-RESERVED" "RFC 6455 7.4.1" Must E MayFail(P),
        "1005, 1006 and 1015 name local conclusions and are not sent; 1004 is reserved";
    ClCodeRole "CL-CODE-ROLE" "RFC 6455 7.4.1, 11.7" Note E Nothing,
        "1010 is meant for clients, 1012 to 1014 for servers and gateways";
    ClCross "CL-CROSS" "RFC 6455 5.5.1, 7.1.3, 7.1.5" Note E Nothing,
        "Closes that cross each other both start the closing handshake and answer one another";
    ClDataAfter "CL-DATA-AFTER" "RFC 6455 5.5.1" Must E Nothing,
        "no data frame follows the own Close";
    ClDouble "CL-DOUBLE" "RFC 6455 5.5.1, 7.1.5" Note E Nothing,
        "the first Close counts; another one from the same side is ignored";
    ClEcho "CL-ECHO" "RFC 6455 5.5.1" Note E Nothing,
        "an answering Close typically echoes the code it received, but may carry another";
    ClFailCode "CL-FAIL-CODE" "RFC 6455 7.1.7, 7.4.1" Should E Nothing,
        "the Close of an endpoint that fails the connection carries a code that fits the fault";
    ClFailSilent "CL-FAIL-SILENT" "RFC 6455 7.1.7, 10.7" Should E Nothing,
        "an endpoint that fails the connection sends a Close before it ends TCP";
    ClHalfOpen "CL-HALF-OPEN" "RFC 9293 3.8.3" Note E Nothing,
        "a side that answers nothing, not even with acknowledgements, has gone, or the way to it has";
    ClIdle "CL-IDLE" "RFC 6455 5.5.2" Note E Nothing,
        "proxies and load balancers end idle connections; Pings and Pongs keep a connection from being idle";
    ClLen1 "CL-LEN1" "RFC 6455 5.5.1" Must E MayFail(P),
        "the body of a Close is empty or begins with a two-byte code";
    ClNewMsg "CL-NEW-MSG" "RFC 6455 5.1, 6.1, 7.1.3" Note E Nothing,
        "messages are begun in state OPEN; a received Close ends it";
    ClNoCode "CL-NOCODE" "RFC 6455 7.1.5, 7.4" Note E Nothing,
        "a Close without a body is legal; the other side reports 1005";
    ClNotFailed "CL-NOT-FAILED" "RFC 6455 7.1.7" Must E Nothing,
        "after a fault for which the RFC orders it an endpoint fails the connection and handles nothing that came later";
    ClReasonUtf8 "CL-REASON-UTF8" "RFC 6455 5.5.1, 8.1" Must E Fail(&[1007, 1002]),
        "the reason of a Close is valid UTF-8";
    ClReply "CL-REPLY" "RFC 6455 5.5.1" Must E Nothing,
        "a received Close is answered with a Close, unless one was sent before";
    ClReplyLate "CL-REPLY-LATE" "RFC 6455 5.5.1" Should E Nothing,
        "a Close is answered as soon as practical; an open message may be finished first";
    ClRst "CL-RST" "RFC 6455 7.1.1, 7.2.1" Should E Nothing,
        "TCP ends in an orderly way (FIN); RST can destroy data, a Close included, that the peer has not read yet";
    ClServerImmediate "CL-SERVER-IMMEDIATE" "RFC 6455 5.5.1, 7.1.1" Must S Nothing,
        "once it has sent and received a Close the server ends TCP immediately";
    ClTcpNever "CL-TCP-NEVER" "RFC 6455 5.5.1" Must E Nothing,
        "an endpoint that has sent and received a Close ends TCP";
    ClTcpServerFirst "CL-TCP-SERVER-FIRST" "RFC 6455 5.5.1, 7.1.1" Should C Nothing,
        "after the closing handshake the server ends TCP first; the client waits for it";
    ClTls "CL-TLS" "RFC 6455 7.1.1" Should E Nothing,
        "where the connection runs over TLS, close_notify precedes the FIN";
    // permessage-deflate.
    PmdBfinal "PMD-BFINAL" "RFC 7692 7.2.3.4" Note E Nothing,
        "a block with BFINAL=1 may end compressed data inside a message";
    PmdBomb "PMD-BOMB" "RFC 7692 8" Note E Nothing,
        "compressed data that grows beyond a cap is not inflated further here";
    PmdCmwbUnasked "PMD-CMWB-UNASKED" "RFC 7692 7.1.2.2" Must S FailHandshake,
        "an answer has client_max_window_bits only where the offer had it";
    PmdCnct "PMD-CNCT" "RFC 7692 7.1.1.2, 7.2.1" Must C MayFail(&[1007, 1002]),
        "a client that was answered client_no_context_takeover compresses each message without reference to those before";
    PmdCtxLost "PMD-CTX-LOST" "RFC 7692 7.2.2" Note N Nothing,
        "with context takeover a message can be inflated only if all before it could";
    PmdInflate "PMD-INFLATE" "RFC 7692 7.2.1, 7.2.2" Must E MayFail(&[1007, 1002]),
        "the payload of a compressed message, with 00 00 ff ff appended, is a valid DEFLATE stream";
    PmdParam "PMD-PARAM" "RFC 7692 7, 7.1" Must E FailHandshake,
        "an offer or an answer of permessage-deflate has no parameters but its four, each at most once, with its kind of value; a server declines any other offer, a client fails for any other answer";
    PmdRsv1Cont "PMD-RSV1-CONT" "RFC 7692 6" Must E Fail(P),
        "RSV1 is set on the first fragment of a compressed message only";
    PmdRsv1Ctl "PMD-RSV1-CTL" "RFC 7692 6" Must E Fail(P),
        "RSV1 is not set on control frames";
    PmdSmwb "PMD-SMWB" "RFC 7692 7.1.2.1" Must S FailHandshake,
        "a server that takes an offer with server_max_window_bits answers with the same value or a smaller one";
    PmdSnct "PMD-SNCT" "RFC 7692 7.1.1.1" Must S FailHandshake,
        "a server that takes an offer with server_no_context_takeover answers with it";
    PmdSnctUse "PMD-SNCT-USE" "RFC 7692 7.1.1.1, 7.2.1" Must S MayFail(&[1007, 1002]),
        "a server that answered server_no_context_takeover compresses each message without reference to those before";
    PmdTail "PMD-TAIL" "RFC 7692 7.2.1" Must E Nothing,
        "the 00 00 ff ff at the end of the compressed data of a message is taken off";
    PmdWindow "PMD-WINDOW" "RFC 7692 7.1.2.1, 7.1.2.2" Must E Nothing,
        "references reach back no farther than the window agreed for their direction";
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
