//! Keep-alives of the protocols that are spoken inside WebSocket: messages, not Pings, whose missing answer ends a
//! connection all the same.

use crate::model::Opcode;

/// A protocol with a keep-alive of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Heartbeat {
    /// Engine.IO, below Socket.IO: `2` is answered by `3`. Up to version 3 of the protocol the client asks, from 4 on the
    /// server.
    EngineIo,
    /// MQTT: PINGREQ is answered by PINGRESP (MQTT 5.0 3.12, 3.13).
    Mqtt,
    /// GraphQL over WebSocket: messages of the types `ping` and `pong`.
    GraphQl,
    /// Phoenix channels: the event `heartbeat` on the topic `phoenix`, and its reply.
    Phoenix,
    /// SignalR: a message of the type 6, which nobody answers; each side sends its own.
    SignalR,
}

/// How often a side says that it asks, and how long it waits for an answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Rhythm {
    /// From one to the next, in nanoseconds.
    pub interval_ns: i64,
    /// For the answer, in nanoseconds.
    pub timeout_ns: i64,
}

/// What a message is in it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Beat {
    /// It says how its sender will ask.
    Opens(Rhythm),
    /// It asks for an answer.
    Ask,
    /// It is one.
    Answer,
    /// It says that its sender is there.
    Sign,
}

impl Heartbeat {
    /// What it is called.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::EngineIo => "Engine.IO",
            Self::Mqtt => "MQTT",
            Self::GraphQl => "GraphQL",
            Self::Phoenix => "Phoenix",
            Self::SignalR => "SignalR",
        }
    }
}

/// Longer messages are none.
pub(crate) const LONGEST: u64 = 160;

/// What a message of one frame is, by its payload. Short ones of Engine.IO and MQTT can be anything: whether that protocol is
/// spoken the handshake has to say.
pub(crate) fn read(opcode: Opcode, payload: &[u8]) -> Option<(Heartbeat, Beat)> {
    match (opcode, payload) {
        (Opcode::TEXT, [b'0', b'{', ..]) => Some((Heartbeat::EngineIo, Beat::Opens(rhythm(payload)?))),
        (Opcode::TEXT, b"2") => Some((Heartbeat::EngineIo, Beat::Ask)),
        (Opcode::TEXT, b"3") => Some((Heartbeat::EngineIo, Beat::Answer)),
        (Opcode::BINARY, [0xc0, 0]) => Some((Heartbeat::Mqtt, Beat::Ask)),
        (Opcode::BINARY, [0xd0, 0]) => Some((Heartbeat::Mqtt, Beat::Answer)),
        (Opcode::TEXT, b"{\"type\":6}\x1e") => Some((Heartbeat::SignalR, Beat::Sign)),
        (Opcode::TEXT, payload) if payload.starts_with(b"{\"type\":\"ping\"") => {
            Some((Heartbeat::GraphQl, Beat::Ask))
        }
        (Opcode::TEXT, payload) if payload.starts_with(b"{\"type\":\"pong\"") => {
            Some((Heartbeat::GraphQl, Beat::Answer))
        }
        (Opcode::TEXT, [b'[' | b'{', ..]) if is_phoenix(payload) => {
            let has = |text: &[u8]| payload.windows(text.len()).any(|window| window == text);
            match () {
                () if has(b"\"heartbeat\"") => Some((Heartbeat::Phoenix, Beat::Ask)),
                () if has(b"\"phx_reply\"") => Some((Heartbeat::Phoenix, Beat::Answer)),
                () => None,
            }
        }
        _ => None,
    }
}

/// From an `open` packet of Engine.IO (its protocol, "Handshake"), which has both in milliseconds.
fn rhythm(open: &[u8]) -> Option<Rhythm> {
    let open = std::str::from_utf8(open).ok()?;
    let nanoseconds = |name: &str| {
        let (_, value) = open.split_once(name)?;
        let value = value.strip_prefix(':')?;
        let digits = value.find(|c: char| !c.is_ascii_digit()).unwrap_or(value.len());
        value.get(..digits)?.parse::<u32>().ok().map(|ms| i64::from(ms) * 1_000_000)
    };
    Some(Rhythm {
        interval_ns: nanoseconds("\"pingInterval\"")?,
        timeout_ns: nanoseconds("\"pingTimeout\"")?,
    })
}

/// Whether the topic is `phoenix`: in a list it stands near the start, in an object first or last. Most messages are told
/// apart by a look at their ends.
fn is_phoenix(payload: &[u8]) -> bool {
    let topic = b"\"phoenix\"";
    if payload.starts_with(b"{") {
        return payload.starts_with(b"{\"topic\":\"phoenix\"")
            || payload.ends_with(b"\"topic\":\"phoenix\"}");
    }
    let start = payload.get(..LIST_START).unwrap_or(payload);
    start.windows(topic.len()).any(|window| window == topic)
}

/// In a list the topic follows two numbers.
const LIST_START: usize = 40;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn messages_are_known_by_their_payload() {
        let none: &[(Opcode, &str)] = &[
            (Opcode::TEXT, "2probe"),
            (Opcode::TEXT, "22"),
            (Opcode::TEXT, ""),
            (Opcode::BINARY, "2"),
            (Opcode::TEXT, "{\"type\":61}\u{1e}"),
            (Opcode::TEXT, "{\"type\":6}"),
            (Opcode::TEXT, "{\"type\":\"next\",\"payload\":\"ping\"}"),
            (Opcode::TEXT, "[null,\"1\",\"room\",\"heartbeat\",{}]"),
            (Opcode::TEXT, "0{\"sid\":\"a\",\"pingInterval\":25000}"),
            (Opcode::TEXT, "0{\"pingInterval\":99999999999,\"pingTimeout\":20000}"),
            (Opcode::TEXT, "0{\"pingInterval\":\"25000\",\"pingTimeout\":20000}"),
            (Opcode::TEXT, "0[\"pingInterval\",25000,\"pingTimeout\",20000]"),
            (Opcode::TEXT, "[null,\"1\",\"phoenix\",\"phx_error\",{}]"),
        ];
        for (opcode, payload) in none {
            assert_eq!(read(*opcode, payload.as_bytes()), None, "{payload}");
        }
        let known: &[(Opcode, &[u8], Heartbeat, Beat)] = &[
            (
                Opcode::TEXT,
                b"0{\"sid\":\"a\",\"upgrades\":[],\"pingInterval\":25000,\"pingTimeout\":20000,\"maxPayload\":1000000}",
                Heartbeat::EngineIo,
                Beat::Opens(Rhythm { interval_ns: 25_000_000_000, timeout_ns: 20_000_000_000 }),
            ),
            (Opcode::TEXT, b"2", Heartbeat::EngineIo, Beat::Ask),
            (Opcode::TEXT, b"3", Heartbeat::EngineIo, Beat::Answer),
            (Opcode::BINARY, &[0xc0, 0], Heartbeat::Mqtt, Beat::Ask),
            (Opcode::BINARY, &[0xd0, 0], Heartbeat::Mqtt, Beat::Answer),
            (Opcode::TEXT, b"{\"type\":6}\x1e", Heartbeat::SignalR, Beat::Sign),
            (Opcode::TEXT, b"{\"type\":\"ping\",\"payload\":{}}", Heartbeat::GraphQl, Beat::Ask),
            (Opcode::TEXT, b"{\"type\":\"pong\"}", Heartbeat::GraphQl, Beat::Answer),
            (Opcode::TEXT, b"[null,\"7\",\"phoenix\",\"heartbeat\",{}]", Heartbeat::Phoenix, Beat::Ask),
            (
                Opcode::TEXT,
                b"{\"topic\":\"phoenix\",\"ref\":\"7\",\"payload\":{},\"event\":\"phx_reply\"}",
                Heartbeat::Phoenix,
                Beat::Answer,
            ),
        ];
        for (opcode, payload, heartbeat, beat) in known {
            assert_eq!(read(*opcode, payload), Some((*heartbeat, *beat)), "{payload:?}");
        }
    }
}
