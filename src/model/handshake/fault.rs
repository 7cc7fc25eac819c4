//! What an opening handshake did against a clause, or what is worth a note about it.

use crate::model::handshake::facts::{KeyForm, ProtocolsFault, Syntax, TargetForm};
use crate::model::{AcceptValue, Bytes, Level, PacketNo, Quoted, RuleId, Stage, Text};

/// What was done against a clause of the opening handshake (RFC 6455 4), or noted about it, with what shows it.
/// Texts are as sent, up to a cap.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum HandshakeFault<S: Stage = Quoted> {
    /// The request leaves the grammar of HTTP.
    RequestSyntax {
        /// How.
        kind: Syntax,
        /// The line.
        line: Text<S>,
    },
    /// Another method than GET.
    Method(Text<S>),
    /// HTTP below 1.1.
    HttpVersion(Text<S>),
    /// A request target that is none of a WebSocket.
    Target {
        /// As sent.
        target: Text<S>,
        /// What it is.
        form: TargetForm,
    },
    /// No `Host`, or more than one.
    Hosts(u16),
    /// `Host` names another port than TCP has.
    HostPort {
        /// The one named; `None` where it names none, which stands for the default one.
        named: Option<u16>,
        /// The one of TCP.
        tcp: u16,
    },
    /// No `websocket` in `Upgrade`; its value, where there is one.
    NoUpgrade(Option<Text<S>>),
    /// No `Upgrade` in `Connection`; its value, where there is one.
    NoConnection(Option<Text<S>>),
    /// A key that is none.
    Key {
        /// What it is.
        form: KeyForm,
        /// As sent.
        found: Option<Text<S>>,
    },
    /// More than one key.
    Keys(u16),
    /// The key of an earlier connection.
    KeyReused {
        /// First packet of that connection.
        earlier: PacketNo,
    },
    /// No version, or one that is no number; as sent.
    Version(Option<Text<S>>),
    /// More than one version.
    Versions(u16),
    /// Another version than 13.
    OtherVersion(u8),
    /// A refused version, and none offered instead.
    VersionAnswer {
        /// The version asked for.
        asked: u8,
        /// Status of the refusal.
        status: u16,
    },
    /// A list of subprotocols that is none.
    Subprotocols {
        /// Why.
        fault: ProtocolsFault,
        /// The element.
        element: Option<Text<S>>,
        /// The one before it, which may say that it is a token.
        before: Option<Text<S>>,
    },
    /// A browser's request without `Origin`.
    NoOrigin,
    /// Extensions against their grammar.
    Extensions {
        /// Value of the field.
        value: Text<S>,
        /// Byte of it, from 0, at which it leaves the grammar.
        at: u16,
    },
    /// An extension that is not registered.
    Unregistered(Text<S>),
    /// A handshake of the client with the same server was under way.
    Serial {
        /// First packet of that connection.
        earlier: PacketNo,
    },
    /// Bytes behind the request, before the response.
    EarlyData,
    /// The upgrade was refused.
    Status(u16),
    /// TCP ended without any response.
    NoResponse,
    /// 101 to a request that broke this rule.
    Accepted(RuleId),
    /// What came instead of a response is not HTTP.
    NotHttp {
        /// Its first bytes.
        start: Bytes<S>,
        /// They were taken out of the report.
        redacted: bool,
    },
    /// The 101 leaves the grammar of HTTP.
    ResponseSyntax {
        /// How.
        kind: Syntax,
        /// The line.
        line: Text<S>,
    },
    /// A 101 in HTTP below 1.1.
    OldResponse(Text<S>),
    /// `Upgrade` of the 101 is not `websocket`; its value, where there is one.
    ResponseUpgrade(Option<Text<S>>),
    /// No `Upgrade` in `Connection` of the 101; its value, where there is one.
    ResponseConnection(Option<Text<S>>),
    /// The accept value is not the one the key asks for.
    Accept {
        /// What it should have been; `None` where the request had no key.
        expected: Option<AcceptValue>,
        /// What was sent.
        found: Option<Text<S>>,
    },
    /// More than one accept value.
    Accepts(u16),
    /// An extension that was not offered.
    NotOffered(Text<S>),
    /// A subprotocol that was not offered, or none; as sent.
    Subprotocol(Text<S>),
    /// More than one subprotocol field.
    SubprotocolFields(u16),
    /// Subprotocols were offered and none was chosen.
    NoSubprotocol,
    /// Frames were sent after a response that does not validate.
    NotFailed,
    /// TCP was kept open after a response that does not validate.
    KeptOpen {
        /// Nanoseconds from the response to the client's end.
        after_ns: i64,
    },
    /// A 101 that announces a body: the field.
    Body(Text<S>),
    /// The first frames came in the segment of the 101.
    Coalesced,
    /// The opening handshake is not, or not wholly, in the recording.
    Assumed,
}

impl<S: Stage> HandshakeFault<S> {
    /// The clause it is about.
    #[must_use]
    pub const fn rule(&self) -> RuleId {
        match self {
            Self::RequestSyntax { .. } => RuleId::HsHttpReq,
            Self::Method(_) | Self::HttpVersion(_) => RuleId::HsMethod,
            Self::Target { .. } => RuleId::HsTarget,
            Self::Hosts(_) | Self::HostPort { .. } => RuleId::HsHost,
            Self::NoUpgrade(_) => RuleId::HsUpgradeReq,
            Self::NoConnection(_) => RuleId::HsConnectionReq,
            Self::Key { .. } | Self::Keys(_) | Self::KeyReused { .. } => RuleId::HsKey,
            Self::Version(_) | Self::Versions(_) | Self::OtherVersion(_) => RuleId::HsVersion,
            Self::VersionAnswer { .. } => RuleId::HsVersionAnswer,
            Self::Subprotocols { .. } => RuleId::HsProtoReq,
            Self::NoOrigin => RuleId::HsOrigin,
            Self::Extensions { .. } => RuleId::HsExtSyntax,
            Self::Unregistered(_) => RuleId::HsExtUnreg,
            Self::Serial { .. } => RuleId::HsSerial,
            Self::EarlyData => RuleId::HsEarlyData,
            Self::Status(_) => RuleId::HsStatus,
            Self::NoResponse => RuleId::HsNoResponse,
            Self::Accepted(_) => RuleId::HsAccepted,
            Self::NotHttp { .. } | Self::ResponseSyntax { .. } | Self::OldResponse(_) => RuleId::HsHttpResp,
            Self::ResponseUpgrade(_) => RuleId::HsUpgradeResp,
            Self::ResponseConnection(_) => RuleId::HsConnectionResp,
            Self::Accept { .. } | Self::Accepts(_) => RuleId::HsAccept,
            Self::NotOffered(_) => RuleId::HsExtUnreq,
            Self::Subprotocol(_) | Self::SubprotocolFields(_) => RuleId::HsProtoUnreq,
            Self::NoSubprotocol => RuleId::HsProtoNone,
            Self::NotFailed | Self::KeptOpen { .. } => RuleId::HsNotFailed,
            Self::Body(_) => RuleId::Hs101Body,
            Self::Coalesced => RuleId::HsCoalesced,
            Self::Assumed => RuleId::HsAssumed,
        }
    }

    /// How much it weighs: as its rule does, or less where something blameless looks the same.
    #[must_use]
    pub fn level(&self) -> Level {
        match self {
            Self::HostPort { .. } | Self::KeyReused { .. } | Self::OtherVersion(_) | Self::OldResponse(_) => {
                Level::Note
            }
            _ => self.rule().rule().level,
        }
    }

    /// Whether the server must refuse a request for it (RFC 6455 4.2.1). It need not decode the key (4.2.2), and
    /// HTTP itself lets it pass over some faults of syntax.
    #[must_use]
    pub const fn must_be_refused(&self) -> bool {
        match self {
            Self::RequestSyntax { kind, .. } => !kind.is_tolerated_in_request(),
            Self::Key { form, .. } => matches!(form, KeyForm::Absent),
            Self::Method(_)
            | Self::HttpVersion(_)
            | Self::Target { .. }
            | Self::Hosts(_)
            | Self::NoUpgrade(_)
            | Self::NoConnection(_)
            | Self::Keys(_)
            | Self::Version(_)
            | Self::Versions(_)
            | Self::Subprotocols { .. }
            | Self::Extensions { .. } => true,
            _ => false,
        }
    }

    /// Whether the client must fail the connection for it in a 101 (RFC 6455 4.1, 9.1).
    #[must_use]
    pub const fn must_be_failed(&self) -> bool {
        match self {
            Self::ResponseSyntax { kind, .. } => !kind.is_tolerated_in_response(),
            Self::ResponseUpgrade(_)
            | Self::ResponseConnection(_)
            | Self::Accept { .. }
            | Self::Accepts(_)
            | Self::Extensions { .. }
            | Self::NotOffered(_)
            | Self::Subprotocol(_)
            | Self::SubprotocolFields(_) => true,
            _ => false,
        }
    }
}
