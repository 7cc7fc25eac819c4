//! The words for the opening handshake.

use crate::model::handshake::facts::{KeyForm, ProtocolsFault, Syntax, TargetForm};
use crate::model::{AcceptValue, Conversation, HandshakeFault, Reaction, RuleId, Text};
use crate::redact::Shown;
use crate::views::escape::{hex, visible};
use crate::views::units;
use crate::views::wording::{Wording, packet, say};

/// What a proxy that removes hop-by-hop fields (RFC 9110 7.6.1) leaves.
const STRIPPED: &str = "; a proxy that is not told to pass the upgrade on removes it";

/// `Upgrade: h2c` or `Upgrade absent`.
fn field(name: &str, value: Option<&Text<Shown>>) -> String {
    match value {
        Some(value) if value.is_empty() => format!("{name} empty"),
        Some(value) => format!("{name}: {}", visible(value)),
        None => format!("{name} absent"),
    }
}

fn times(name: &str, times: u16) -> String {
    match times {
        0 => format!("{name} absent"),
        1 => format!("{name} once"),
        2 => format!("{name} twice"),
        more => format!("{name} {more} times"),
    }
}

/// What a server owes that got a request which broke `rule`.
pub(super) fn refuse(rule: RuleId) -> String {
    let statuses = match rule.rule().reaction {
        Reaction::Refuse(statuses) => statuses.iter().map(u16::to_string).collect::<Vec<_>>().join(" or "),
        _ => "400".to_owned(),
    };
    format!("refuse the request with an HTTP error, such as {statuses}")
}

fn syntax(kind: Syntax) -> &'static str {
    match kind {
        Syntax::NoColon => "a field line without a colon",
        Syntax::FieldName => "a field name that is no token",
        Syntax::BlankBeforeColon => "white space between a field name and its colon",
        Syntax::StartLine => "white space in the request line where none belongs",
        Syntax::Control => "a control character in a field value",
        Syntax::Folded => "a field value folded over lines",
        Syntax::BareLf => "a line that ends in LF without CR",
    }
}

fn head(kind: Syntax, line: &str, message: &str) -> Wording {
    let what = syntax(kind);
    let line = if line.is_empty() { String::new() } else { format!(": {}", visible(line)) };
    say(
        format!("a valid HTTP {message}"),
        format!("{what}{line}"),
        format!("sent a {message} with {what}{line}"),
    )
}

/// The words for a fault of the opening handshake.
#[expect(clippy::too_many_lines, reason = "one table, a row a fault")]
pub(super) fn fault(report: &Conversation<Shown>, fault: &HandshakeFault<Shown>) -> Wording {
    use HandshakeFault as Fault;
    match fault {
        Fault::RequestSyntax { kind, line } => head(*kind, line, "request"),
        Fault::ResponseSyntax { kind, line } => head(*kind, line, "response"),
        Fault::Method(method) => {
            let method = visible(method);
            say(
                "method GET",
                format!("method {method}"),
                format!("asked for the upgrade with {method} instead of GET"),
            )
        }
        Fault::HttpVersion(version) => say(
            "HTTP/1.1 or above",
            visible(version),
            format!(
                "asked for the upgrade in {version}, which has none; a proxy that speaks HTTP/1.0 to its servers lowers the version"
            ),
        ),
        Fault::Target { target, form } => {
            let what = match form {
                TargetForm::Fragment => "a target with a fragment",
                _ => "a target that is neither a path nor an http or https URI",
            };
            let target = visible(target);
            say(
                "a path, or an absolute http or https URI, without #",
                format!("request target {target}"),
                format!("asked for {what}: {target}"),
            )
        }
        Fault::Hosts(count) => {
            let found = times("Host", *count);
            say("Host once", found.as_str(), format!("sent a request with {found}"))
        }
        Fault::HostPort { named, tcp } => {
            let found = named
                .map_or_else(|| "Host without a port".to_owned(), |port| format!("Host with port {port}"));
            say(
                format!("Host with port {tcp}, that of TCP"),
                found.as_str(),
                format!("sent {found} to TCP port {tcp}: a proxy or a forwarded port in between does that"),
            )
        }
        Fault::NoUpgrade(found) => {
            let found = field("Upgrade", found.as_ref());
            say(
                "Upgrade with websocket",
                found.as_str(),
                format!(
                    "sent a WebSocket request that does not name websocket in Upgrade ({found}){STRIPPED}"
                ),
            )
        }
        Fault::NoConnection(found) => {
            let found = field("Connection", found.as_ref());
            say(
                "Connection with the token Upgrade",
                found.as_str(),
                format!(
                    "sent a WebSocket request without the token Upgrade in Connection ({found}){STRIPPED}"
                ),
            )
        }
        Fault::Key { form, found } => {
            let what = match form {
                KeyForm::Absent => "no Sec-WebSocket-Key".to_owned(),
                KeyForm::Bytes(bytes) => {
                    format!("a Sec-WebSocket-Key of {}", units::count(u64::from(*bytes), "byte"))
                }
                KeyForm::NotBase64 | KeyForm::Sound => "a Sec-WebSocket-Key that is not base64".to_owned(),
            };
            say(
                "Sec-WebSocket-Key: base64 of 16 bytes",
                field("Sec-WebSocket-Key", found.as_ref()),
                format!("sent a request with {what}"),
            )
        }
        Fault::Keys(count) => {
            let found = times("Sec-WebSocket-Key", *count);
            say("Sec-WebSocket-Key once", found.as_str(), format!("sent a request with {found}"))
        }
        Fault::KeyReused { earlier } => say(
            "a key of its own for each connection",
            format!("the key of the connection that began with {}", packet(report, *earlier)),
            format!(
                "sent the Sec-WebSocket-Key of the connection that began with {}; the two sides of a proxy look the same",
                packet(report, *earlier)
            ),
        ),
        Fault::Version(found) => {
            let found = field("Sec-WebSocket-Version", found.as_ref());
            say(
                "Sec-WebSocket-Version: 13",
                found.as_str(),
                format!("sent a request with {found} instead of 13"),
            )
        }
        Fault::Versions(count) => {
            let found = times("Sec-WebSocket-Version", *count);
            say("Sec-WebSocket-Version once", found.as_str(), format!("sent a request with {found}"))
        }
        Fault::OtherVersion(version) => say(
            "Sec-WebSocket-Version: 13",
            format!("Sec-WebSocket-Version: {version}"),
            format!(
                "asked for version {version} of the protocol, which is not that of RFC 6455: its frames are not judged"
            ),
        ),
        Fault::VersionAnswer { asked, status } => say(
            "Sec-WebSocket-Version with the versions it speaks",
            format!("status {status}, Sec-WebSocket-Version absent"),
            format!("refused version {asked} with status {status} and named none that it speaks"),
        ),
        Fault::Subprotocols { fault, element, .. } => {
            let element = element.as_deref().map(visible).unwrap_or_default();
            let what = match fault {
                ProtocolsFault::Empty => "none".to_owned(),
                ProtocolsFault::NotToken(_) => format!("{element}, which is no token"),
                ProtocolsFault::Repeated(_) => format!("{element} twice"),
            };
            say(
                "subprotocols that are tokens, each once",
                format!("Sec-WebSocket-Protocol with {what}"),
                format!("sent a request with Sec-WebSocket-Protocol and in it {what}"),
            )
        }
        Fault::NoOrigin => say(
            "Origin, as browsers send it",
            "Origin absent, User-Agent of a browser",
            "sent no Origin though its User-Agent names a browser: it is none, or a proxy removed the field",
        ),
        Fault::Extensions { value, at } => {
            let found = field("Sec-WebSocket-Extensions", Some(value));
            say(
                "a list of extensions: tokens, with parameters behind semicolons",
                format!("{found}, wrong from byte {at} on"),
                format!(
                    "sent a list of extensions that does not follow its grammar from byte {at} on ({found})"
                ),
            )
        }
        Fault::Unregistered(name) => say(
            "a registered extension",
            visible(name),
            format!("named the extension {}, which is not registered; in use that is common", visible(name)),
        ),
        Fault::Serial { earlier } => say(
            "one opening handshake with a server at a time",
            format!("one more under way on the connection that began with {}", packet(report, *earlier)),
            format!(
                "began an opening handshake while that of the connection of {} was under way, unless these are two programs or two hosts behind one address",
                packet(report, *earlier)
            ),
        ),
        Fault::EarlyData => say(
            "nothing behind the request before the response",
            "bytes sent before any of the response had arrived",
            "sent bytes behind its request before any of the response had arrived",
        ),
        Fault::Status(status) => say(
            "101 Switching Protocols",
            format!("status {status}"),
            format!("refused the upgrade with status {status}"),
        ),
        Fault::NoResponse => say(
            "an HTTP response",
            "TCP ended without one",
            "ended TCP without answering the opening handshake",
        ),
        Fault::Accepted(rule) => say(
            format!("an HTTP error: the request broke {rule}"),
            "status 101",
            format!("granted the upgrade though the request broke {rule}"),
        ),
        Fault::NotHttp { start, redacted } => {
            let start = if *redacted { String::from_utf8_lossy(start).into_owned() } else { hex(start) };
            say(
                "an HTTP response",
                format!("bytes that begin with {start}"),
                format!("answered the opening handshake with bytes that are not HTTP ({start})"),
            )
        }
        Fault::OldResponse(version) => say(
            "HTTP/1.1",
            format!("{version} 101"),
            format!("answered 101 in {version}, which has no such status; some clients refuse it"),
        ),
        Fault::ResponseUpgrade(found) => {
            let found = field("Upgrade", found.as_ref());
            say(
                "Upgrade: websocket",
                found.as_str(),
                format!("answered 101 with {found} instead of websocket alone"),
            )
        }
        Fault::ResponseConnection(found) => {
            let found = field("Connection", found.as_ref());
            say(
                "Connection with the token Upgrade",
                found.as_str(),
                format!("answered 101 without the token Upgrade in Connection ({found})"),
            )
        }
        Fault::Accept { expected, found } => {
            let expected = expected.as_ref().map_or("a value for a valid key", AcceptValue::as_str);
            let found = found.as_deref().map_or("none".into(), |v| visible(v).into_owned());
            let did =
                format!("answered 101 with Sec-WebSocket-Accept {found}, where the key asks for {expected}");
            say(format!("Sec-WebSocket-Accept: {expected}"), format!("Sec-WebSocket-Accept: {found}"), did)
        }
        Fault::Accepts(count) => {
            let found = times("Sec-WebSocket-Accept", *count);
            say("Sec-WebSocket-Accept once", found.as_str(), format!("answered 101 with {found}"))
        }
        Fault::NotOffered(name) => say(
            "only extensions that were offered",
            format!("{}, which was not", visible(name)),
            format!("took the extension {}, which the client had not offered", visible(name)),
        ),
        Fault::Subprotocol(found) => say(
            "one of the subprotocols offered, or no Sec-WebSocket-Protocol",
            field("Sec-WebSocket-Protocol", Some(found)),
            format!(
                "answered 101 with {}, which the client had not offered",
                field("Sec-WebSocket-Protocol", Some(found))
            ),
        ),
        Fault::SubprotocolFields(count) => {
            let found = times("Sec-WebSocket-Protocol", *count);
            say(
                "Sec-WebSocket-Protocol once at the most",
                found.as_str(),
                format!("answered 101 with {found}"),
            )
        }
        Fault::NoSubprotocol => say(
            "a subprotocol is the server's choice",
            "subprotocols offered, none chosen",
            "chose none of the subprotocols offered, which is legal; browsers fail the connection for it",
        ),
        Fault::NotFailed => say(
            "no frames: the response does not validate",
            "frames were sent",
            "sent frames after a response that does not validate, instead of failing the connection",
        ),
        Fault::KeptOpen { after_ns } => say(
            "TCP ended: the response does not validate",
            format!("TCP kept open for {}", units::duration(*after_ns)),
            format!(
                "kept TCP open for {} after a response that does not validate, instead of failing the connection",
                units::duration(*after_ns)
            ),
        ),
        Fault::Body(found) => say(
            "a 101 without Content-Length and Transfer-Encoding",
            visible(found),
            format!(
                "answered 101 with {}; a 101 has no body, and clients pass over the field",
                visible(found)
            ),
        ),
        Fault::Coalesced => say(
            "frames after the 101",
            "first frame in the segment of the 101",
            "sent its first frame in the same segment as the 101, which is legal",
        ),
        Fault::Assumed => say(
            "the opening handshake in the recording",
            "not, or not wholly, recorded",
            "began with an opening handshake that is not, or not wholly, in the recording: what it settled is unknown",
        ),
    }
}
