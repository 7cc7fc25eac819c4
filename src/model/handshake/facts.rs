//! What is so about the heads of an opening handshake. Whether that is wrong, only `reference` says.
//!
//! Small copies, filled in one pass: a sound handshake costs no allocation here. What a field holds stands in the
//! [`FieldLines`](crate::model::FieldLines) of its message.

use crate::model::Evidence;

/// What [`UpgradeRequest::facts`](crate::model::UpgradeRequest::facts) tells of a request.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct RequestFacts {
    /// Its first fault against the grammar of HTTP, one that may not be passed over before one that may.
    pub syntax: Option<SyntaxFault>,
    /// Shape of the request target.
    pub target: TargetForm,
    /// How many `Host` fields it has; 65 535 stands for that many and more, as in the counts below.
    pub hosts: u16,
    /// The port that the first `Host` names.
    pub port: HostPort,
    /// `websocket` in `Upgrade`.
    pub upgrade: TokenIn,
    /// `Upgrade` in `Connection`.
    pub connection: TokenIn,
    /// How many `Sec-WebSocket-Key` fields it has.
    pub keys: u16,
    /// The first of them.
    pub key: KeyForm,
    /// How many `Sec-WebSocket-Version` fields it has.
    pub versions: u16,
    /// The number in the first of them, where it is one of 0 to 255 without leading zeros (RFC 6455 4.3).
    pub version: Option<u8>,
    /// First fault of its subprotocols.
    pub subprotocols: Option<ProtocolsFault>,
    /// First fault of its extensions.
    pub extensions: Option<ListFault>,
    /// Which field is the first `User-Agent`, from 0.
    pub agent: Option<u16>,
    /// `User-Agent` names the engine of a browser.
    pub browser: bool,
    /// A field says that it was sent on by a proxy: `Via`, `Forwarded`, `X-Forwarded-For`, `X-Real-IP`.
    pub forwarded: bool,
    /// Its sender ended the stream before its head was whole.
    pub unfinished: bool,
    /// Some of its fields cannot be read: they stand in a table that was filled before the recording began.
    pub partial: bool,
    /// It is an extended CONNECT of HTTP/2 (RFC 8441 4), which has neither key nor `Upgrade`.
    pub is_connect: bool,
    /// The server had said before that it takes such requests (RFC 8441 3); `None` where that is not in the recording.
    pub was_invited: Option<bool>,
}

/// What [`UpgradeResponse::facts`](crate::model::UpgradeResponse::facts) tells of a response.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct ResponseFacts {
    /// As in [`RequestFacts::syntax`].
    pub syntax: Option<SyntaxFault>,
    /// `websocket` as the whole value of each `Upgrade`.
    pub upgrade: TokenIn,
    /// `Upgrade` in `Connection`.
    pub connection: TokenIn,
    /// How many `Sec-WebSocket-Accept` fields it has.
    pub accepts: u16,
    /// How many `Sec-WebSocket-Protocol` fields it has.
    pub protocols: u16,
    /// The first of them is one token.
    pub protocol_is_token: bool,
    /// It has a `Sec-WebSocket-Version`.
    pub names_versions: bool,
    /// It has a `Content-Length` or a `Transfer-Encoding`.
    pub announces_body: bool,
    /// Which field is the last `Server`, from 0.
    pub server: Option<u16>,
    /// A proxy has written in it: there is a `Via`, or more than one `Server`.
    pub forwarded: bool,
    /// First fault of its extensions.
    pub extensions: Option<ListFault>,
    /// It answers an extended CONNECT of HTTP/2.
    pub is_connect: bool,
    /// The first bytes that the client sent behind its request before its host had received any of this response.
    pub early: Option<Evidence>,
}

/// Where a head leaves the grammar of HTTP.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct SyntaxFault {
    /// 0 for the start line, then field lines from 1, a folded one counted once.
    pub line: u16,
    /// Where it leaves the grammar.
    pub kind: Syntax,
}

/// How a line leaves the grammar of HTTP (RFC 9110 5, RFC 9112 2 to 5).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[non_exhaustive]
pub enum Syntax {
    /// A field line without a colon.
    NoColon,
    /// A field name that is no token.
    FieldName,
    /// White space between field name and colon.
    BlankBeforeColon,
    /// A start line with more white space than one space between its parts, or with white space in its target.
    StartLine,
    /// A control character in a value.
    Control,
    /// A value folded over lines.
    Folded,
    /// A line that ends in LF without CR.
    BareLf,
}

impl Syntax {
    /// Whether HTTP lets a server go on with a request that has it, for which it would otherwise answer 400: RFC
    /// 9112 2.2 (bare LF), 3 (white space), 5.2 (fold), RFC 9110 5.5 (control characters).
    #[must_use]
    pub const fn is_tolerated_in_request(self) -> bool {
        matches!(self, Self::StartLine | Self::Control | Self::Folded | Self::BareLf)
    }

    /// The same of a client and a response, in which a proxy removes the white space before a colon (RFC 9112 5.1).
    #[must_use]
    pub const fn is_tolerated_in_response(self) -> bool {
        self.is_tolerated_in_request() || matches!(self, Self::BlankBeforeColon)
    }
}

/// Shape of a request target (RFC 9112 3.2; RFC 6455 3, 4.1).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum TargetForm {
    /// The path and query of a `ws` URI: origin-form.
    #[default]
    Path,
    /// An absolute http or https URI.
    Absolute,
    /// One of both, with a `#` in it.
    Fragment,
    /// Something else: `*`, an authority, a URI of another scheme.
    Other,
}

/// Port in a `Host` field.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum HostPort {
    /// There is no such field, or it is no host with a port.
    #[default]
    Unknown,
    /// No port: the default one of the scheme.
    Default,
    /// The port that the field names.
    Named(u16),
}

/// Whether a token stands in a field.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum TokenIn {
    /// There is no such field.
    #[default]
    NoField,
    /// The field has other values.
    Others,
    /// It does, compared without case.
    Found,
}

/// Shape of a key: base64 of 16 bytes in a sound one. Pad bits that are not 0 are not looked at (erratum 3150).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum KeyForm {
    /// There is no `Sec-WebSocket-Key`.
    #[default]
    Absent,
    /// It decodes to the 16 bytes that RFC 6455 4.1 asks for.
    Sound,
    /// It decodes to so many bytes, which are not 16.
    Bytes(u16),
    /// It leaves the alphabet or the padding of base64.
    NotBase64,
}

/// Why a list of subprotocols is none (RFC 6455 4.1, item 10). Indices count the elements of all fields together.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ProtocolsFault {
    /// The field is there and names no subprotocol.
    Empty,
    /// This element is no token.
    NotToken(u16),
    /// This element stood there before.
    Repeated(u16),
}

/// Where a `Sec-WebSocket-Extensions` leaves its grammar (RFC 6455 9.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct ListFault {
    /// Which of the fields of that name, from 0.
    pub field: u16,
    /// Byte of its value, from 0.
    pub at: u16,
}
