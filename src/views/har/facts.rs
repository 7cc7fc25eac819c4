//! What an entry says, where HAR wants something that the recording has otherwise or not at all.

use std::net::IpAddr;

use crate::model::{Conversation, FieldLines, Timestamp};
use crate::redact::Shown;
use crate::views::har::url;
use crate::views::summary;
use crate::views::units::Decimal;

/// What the rows of an entry borrow.
#[derive(Debug)]
pub(super) struct Facts<'a> {
    pub(super) of: &'a Conversation<Shown>,
    pub(super) url: String,
    pub(super) started: Timestamp,
    pub(super) server: Option<IpAddr>,
    /// Text of the body of a refusal, as far as it was kept.
    pub(super) body: String,
    pub(super) on_request: Option<&'static str>,
    pub(super) on_response: Option<&'static str>,
    pub(super) comment: String,
}

impl<'a> Facts<'a> {
    /// Of a connection, of which not all messages are asked for, and some may have been left out.
    pub(super) fn of(of: &'a Conversation<Shown>, is_all: bool, left_out: u64) -> Self {
        let server = of.tcp.map(|tcp| tcp.server);
        let request = of.request.as_deref();
        let sni = of.tls.as_deref().and_then(|tls| tls.offer.as_deref()?.sni.as_deref());
        let host = request.and_then(|request| request.host()).map(|host| host.shown()).or(sni);
        let address = server.map(|server| server.to_string());
        // A name that nobody has (RFC 6761).
        let host = host.or(address.as_deref()).unwrap_or("unknown.invalid");
        let target = request.map_or("/", |request| &request.target);
        let response = of.response.as_deref();
        let mut remarks = summary::sentences(of);
        if of.started_at.is_none() {
            remarks.push("The recording has no times: what stands for them means nothing.".to_owned());
        }
        if !is_all {
            remarks.push("Only messages that were asked for are listed.".to_owned());
        }
        if left_out > 0 {
            remarks.push(format!("{left_out} more messages had no room."));
        }
        Self {
            of,
            url: url::of(of.tls.is_some(), host, target),
            started: of.started_at.unwrap_or(Timestamp(0)),
            server: server.map(|server| server.ip()),
            body: response
                .map(|response| String::from_utf8_lossy(&response.body_start).into_owned())
                .unwrap_or_default(),
            on_request: request.is_none().then_some(match &of.connect {
                Some(_) => "No request: TCP was not established. The URL is made of the address.",
                None => "Not in the recording, where there was one. The URL is made of what else shows.",
            }),
            on_response: response.is_none().then_some("None in the recording."),
            comment: remarks.join(" "),
        }
    }

    /// From the first packet to the last.
    pub(super) fn duration(&self) -> Decimal {
        between(self.of.started_at, self.of.ended_at)
    }

    /// From the first packet to the request.
    pub(super) fn connect(&self) -> Decimal {
        between(self.of.started_at, self.of.handshake_at.client.and_then(|(_, at)| at))
    }

    /// From the request to the response.
    pub(super) fn wait(&self) -> Decimal {
        let [asked, answered] = [self.of.handshake_at.client, self.of.handshake_at.server];
        between(asked.and_then(|(_, at)| at), answered.and_then(|(_, at)| at))
    }

    /// From the response to the last packet.
    pub(super) fn receive(&self) -> Decimal {
        between(self.of.handshake_at.server.and_then(|(_, at)| at), self.of.ended_at)
    }

    /// Field lines of the request.
    pub(super) fn asked(&self) -> Option<&'a FieldLines<Shown>> {
        self.of.request.as_deref().map(|request| &request.fields)
    }

    /// Field lines of the response.
    pub(super) fn answered(&self) -> Option<&'a FieldLines<Shown>> {
        self.of.response.as_deref().map(|response| &response.fields)
    }
}

/// From one time to a later one.
fn between(from: Option<Timestamp>, to: Option<Timestamp>) -> Decimal {
    match (from, to) {
        (Some(from), Some(to)) if to >= from => Decimal::milliseconds(to.since(from)),
        _ => Decimal::UNKNOWN,
    }
}

/// Names and values of field lines.
pub(super) fn lines<'a>(
    fields: Option<&'a FieldLines<Shown>>,
) -> impl Iterator<Item = (&'a str, &'a str)> + use<'a> {
    fields.into_iter().flat_map(|fields| fields.iter()).map(|(name, value)| (name.shown(), value.shown()))
}

/// Values of the field lines of that name.
fn values<'a>(
    fields: Option<&'a FieldLines<Shown>>,
    name: &'static str,
) -> impl Iterator<Item = &'a str> + use<'a> {
    lines(fields).filter(move |(of, _)| of.eq_ignore_ascii_case(name)).map(|(_, value)| value)
}

/// Cookies of a request (RFC 6265 4.2.1).
pub(super) fn sent_cookies<'a>(
    fields: Option<&'a FieldLines<Shown>>,
) -> impl Iterator<Item = (&'a str, &'a str)> + use<'a> {
    values(fields, "Cookie").flat_map(|value| value.split(';')).filter_map(pair)
}

/// Cookies of a response (RFC 6265 4.1.1), without their attributes.
pub(super) fn set_cookies<'a>(
    fields: Option<&'a FieldLines<Shown>>,
) -> impl Iterator<Item = (&'a str, &'a str)> + use<'a> {
    values(fields, "Set-Cookie").filter_map(|value| pair(value.split(';').next()?))
}

/// The value of the first field line of that name.
pub(super) fn first<'a>(fields: Option<&'a FieldLines<Shown>>, name: &'static str) -> &'a str {
    values(fields, name).next().unwrap_or_default()
}

fn pair(cookie: &str) -> Option<(&str, &str)> {
    let (name, value) = cookie.split_once('=')?;
    Some((name.trim(), value.trim()))
}
