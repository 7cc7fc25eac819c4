//! Applications that have published what their Close codes mean, or whose messages say why they end: a file each. How one is
//! recognised, who sends its codes, what they mean, and the messages that announce an end, all from the document that each
//! names.
//!
//! What a code means to an application is likely at most: whoever speaks its protocol may use another.

mod action_cable;
mod assemblyai;
mod azure_web_pubsub;
mod cdp;
mod centrifugo;
mod deepgram;
mod discord_gateway;
mod discord_voice;
mod gemini_live;
mod graphql_transport_ws;
mod graphql_ws;
mod kubernetes;
mod mqtt;
mod obs_websocket;
mod ocpp;
mod openai_realtime;
mod phoenix;
mod pusher;
mod signalr;
mod slack_socket_mode;
mod socket_io;
mod stomp;
mod twilio;
mod twitch_eventsub;
mod wamp;
mod xmpp;

mod message;
mod prelude;
mod recognised;
mod words;

pub use message::{Find, Sign};
pub(crate) use recognised::{LONGEST, announces, may_announce, spoken};
pub(super) use words::told;

use crate::knowledge::Who;

/// An application, or a protocol that applications speak inside WebSocket.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Application {
    /// By what it is looked up, as in `graphql-transport-ws`.
    pub name: &'static str,
    /// What sentences call it.
    pub title: &'static str,
    /// Subprotocols, one of which the server chose.
    pub subprotocols: &'static [&'static str],
    /// Where it is asked for.
    pub places: &'static [Place],
    /// Where it says what follows: the address of a published document.
    pub source: &'static str,
    /// Who sends its codes.
    pub closes: Who,
    /// What its Close codes mean, by code; of those with a fixed reason the more special first.
    pub codes: &'static [ApplicationCode],
    /// Messages that announce an end.
    pub endings: &'static [Ending],
}

/// Where a request asks for an application: all that is named has to fit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Place {
    /// The end of the host's name, from a dot on or whole; empty for any.
    pub host: &'static str,
    /// How the path begins; empty for any.
    pub path: &'static str,
    /// A parameter of the query; empty for none.
    pub query: &'static str,
    /// A field that the request has; empty for none.
    pub field: &'static str,
}

/// A Close code of an application.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct ApplicationCode {
    /// The code.
    pub code: u16,
    /// What the reason has in it, where that tells two meanings apart.
    pub reason: Option<&'static str>,
    /// What it means: a clause that follows "that".
    pub means: &'static str,
}

/// A message that announces an end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Ending {
    /// What it is called, with its article.
    pub name: &'static str,
    /// How it is told from others.
    pub sign: Sign,
    /// What it says: a clause that follows "that".
    pub means: &'static str,
    /// Where it says more.
    pub more: Option<Find>,
}

/// Every application, by name.
pub const APPLICATIONS: &[&Application] = &[
    &action_cable::ROW,
    &assemblyai::ROW,
    &azure_web_pubsub::ROW,
    &cdp::ROW,
    &centrifugo::ROW,
    &deepgram::ROW,
    &discord_gateway::ROW,
    &discord_voice::ROW,
    &gemini_live::ROW,
    &graphql_transport_ws::ROW,
    &graphql_ws::ROW,
    &kubernetes::ROW,
    &mqtt::ROW,
    &obs_websocket::ROW,
    &ocpp::ROW,
    &openai_realtime::ROW,
    &phoenix::ROW,
    &pusher::ROW,
    &signalr::ROW,
    &slack_socket_mode::ROW,
    &socket_io::ROW,
    &stomp::ROW,
    &twilio::ROW,
    &twitch_eventsub::ROW,
    &wamp::ROW,
    &xmpp::ROW,
];

/// Whose code that is, and what it means to each.
pub fn owners(code: u16) -> impl Iterator<Item = (&'static Application, &'static ApplicationCode)> {
    APPLICATIONS.iter().flat_map(move |application| {
        application.codes.iter().filter(move |own| own.code == code).map(|own| (*application, own))
    })
}

#[cfg(test)]
mod tests;
