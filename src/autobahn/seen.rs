//! What the tester took note of, worked out from the rows of its wire log: for reports that do not list it, and
//! for payloads the list shows cut.

use crate::autobahn::cases::{ExpectedEvent, shown};
use crate::model::case::{CaseEvent, CasePayload, LoggedData, WireRow};
use crate::model::{CloseCode, Opcode};

/// An event as the log tells it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct LoggedEvent {
    /// Text or binary for a message, Ping, Pong; continuation stands for a timer of the tester.
    pub opcode: Opcode,
    /// Payload of all fragments, as far as it is known from its beginning; the tag of a timer.
    pub data: LoggedData,
}

impl LoggedEvent {
    pub(super) fn timeout(tag: &str) -> Self {
        let data = LoggedData::whole(tag.as_bytes());
        Self { opcode: Opcode::CONTINUATION, data }
    }

    /// Whether it can be `expected`: nothing of what is known differs.
    pub(super) fn fits(&self, expected: &ExpectedEvent) -> bool {
        match expected {
            ExpectedEvent::Message(payload, binary) => {
                self.opcode == if *binary { Opcode::BINARY } else { Opcode::TEXT } && self.carries(payload)
            }
            ExpectedEvent::Ping(payload) => self.opcode == Opcode::PING && self.carries(payload),
            ExpectedEvent::Pong(payload) => self.opcode == Opcode::PONG && self.carries(payload),
            ExpectedEvent::Timeout(tag) => {
                self.opcode == Opcode::CONTINUATION && self.data.known == tag.as_bytes()
            }
        }
    }

    /// Whether its payload can be `payload`.
    pub(super) fn carries(&self, payload: &CasePayload) -> bool {
        let known = self.data.known.len();
        self.data.len.is_none_or(|len| len == payload.len())
            && known as u64 <= payload.len()
            && payload.bytes().is_none_or(|bytes| bytes.take(known).eq(self.data.known.iter().copied()))
    }

    /// As a report shows it.
    pub(super) fn to_event(&self) -> CaseEvent {
        let text = shown(&self.data.known, self.data.len.unwrap_or(self.data.known.len() as u64));
        match self.opcode {
            Opcode::PING => CaseEvent::Ping(text),
            Opcode::PONG => CaseEvent::Pong(text),
            Opcode::CONTINUATION => CaseEvent::Timeout(text),
            opcode => CaseEvent::Message(text, opcode == Opcode::BINARY),
        }
    }
}

/// What the rows tell of the testee, in order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Sight {
    /// The tester noted an event.
    Event(LoggedEvent),
    /// The testee's first Close.
    Close {
        /// Its body.
        data: LoggedData,
        /// The tester had logged none of its own.
        first: bool,
    },
}

/// What the tester saw of the testee. `failed_by_me`: the tester failed the connection; the Close with which it
/// did so is the one that carries another code than 1000.
///
/// A frame is logged after what the tester did about it, so the row behind that Close is the frame it was sent for.
/// The suite drops it if it is data and yet takes note of it if it is a Ping or a Pong. Nothing after it counts.
pub(super) fn sights(rows: &[WireRow], failed_by_me: bool) -> Vec<Sight> {
    let mut out = Vec::new();
    let mut message: Option<LoggedEvent> = None;
    let (mut closing, mut failed, mut received_close) = (false, false, false);
    for row in rows {
        match row {
            WireRow::Failing => break,
            WireRow::DelayTimeout(Some(tag)) if !closing && !received_close => {
                out.push(Sight::Event(LoggedEvent::timeout(tag)));
            }
            WireRow::TxFrame(frame) if frame.opcode == Opcode::CLOSE.bits() => {
                closing = true;
                failed = failed_by_me && code(&frame.data) != Some(1000);
            }
            WireRow::RxFrame(frame) if !received_close => {
                let opcode = Opcode::from_bits(frame.opcode);
                let event = LoggedEvent { opcode, data: frame.data.clone() };
                match opcode {
                    Opcode::PING | Opcode::PONG => out.push(Sight::Event(event)),
                    Opcode::CLOSE => {
                        received_close = true;
                        out.push(Sight::Close { data: event.data, first: !closing });
                    }
                    _ if failed => {}
                    Opcode::CONTINUATION => {
                        if let Some(message) = &mut message {
                            append(&mut message.data, &event.data);
                        }
                    }
                    _ => message = Some(event),
                }
                if failed {
                    break;
                }
                if frame.fin && !opcode.is_control() {
                    out.extend(message.take().map(Sight::Event));
                }
            }
            _ => {}
        }
    }
    out
}

/// Joins a fragment to what came before: known bytes only as long as none is missing in between.
fn append(data: &mut LoggedData, fragment: &LoggedData) {
    if data.len == Some(data.known.len() as u64) {
        data.known.extend_from_slice(&fragment.known);
    }
    data.len = data.len.zip(fragment.len).map(|(a, b)| a.saturating_add(b));
}

/// Code of a Close body.
pub(super) fn code(data: &LoggedData) -> Option<u16> {
    CloseCode::split(&data.known).map(|(code, _)| code.0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::case::LoggedFrame;

    fn data(text: &str) -> LoggedData {
        LoggedData::whole(text.as_bytes())
    }

    fn frame(opcode: u8, fin: bool, text: &str) -> LoggedFrame {
        LoggedFrame { fin, ..LoggedFrame::plain(opcode, data(text)) }
    }

    fn rx(opcode: u8, text: &str) -> WireRow {
        WireRow::RxFrame(frame(opcode, true, text))
    }

    fn tx_close(code: u16) -> WireRow {
        let mut close = frame(8, true, "");
        close.data = LoggedData::whole(&code.to_be_bytes());
        WireRow::TxFrame(close)
    }

    fn check(rows: &[WireRow], failed_by_me: bool, expected: &[&str]) {
        let found: Vec<String> = sights(rows, failed_by_me)
            .iter()
            .map(|sight| match sight {
                Sight::Event(event) => match event.to_event() {
                    CaseEvent::Message(text, binary) => {
                        format!("{} {text}", if binary { "binary" } else { "text" })
                    }
                    CaseEvent::Ping(text) => format!("ping {text}"),
                    CaseEvent::Pong(text) => format!("pong {text}"),
                    CaseEvent::Timeout(text) => format!("timeout {text}"),
                    CaseEvent::Other(..) => String::new(),
                },
                Sight::Close { data, first } => {
                    format!("close {:?}{}", code(data), if *first { " first" } else { "" })
                }
            })
            .collect();
        assert_eq!(found, expected);
    }

    #[test]
    fn messages_are_joined_and_control_frames_stand_between() {
        let fragment = |opcode, fin, text| WireRow::RxFrame(frame(opcode, fin, text));
        let rows = [fragment(1, false, "a"), rx(10, "p"), fragment(0, true, "b"), rx(8, "\x03\u{6a}")];
        check(&rows, false, &["pong p", "text ab", "close Some(874) first"]);
    }

    #[test]
    fn nothing_counts_behind_the_close_of_the_testee() {
        check(&[tx_close(1000), rx(8, ""), rx(1, "late")], false, &["close None"]);
    }

    #[test]
    fn a_close_1000_of_the_tester_ends_nothing() {
        check(&[tx_close(1000), rx(1, "a"), rx(10, "")], true, &["text a", "pong "]);
    }

    #[test]
    fn of_the_frame_it_failed_for_the_tester_notes_only_a_control_frame() {
        check(&[tx_close(1002), rx(10, "0"), rx(10, "1")], true, &["pong 0"]);
        check(&[tx_close(1002), rx(1, "a"), rx(10, "1")], true, &[]);
    }

    #[test]
    fn a_timer_counts_only_while_the_connection_is_open() {
        let timer = |tag: &str| WireRow::DelayTimeout(Some(tag.to_owned()));
        check(&[timer("A"), rx(8, ""), timer("B")], false, &["timeout A", "close None first"]);
    }

    #[test]
    fn a_timer_without_a_tag_is_no_event() {
        check(&[WireRow::DelayTimeout(None), rx(10, "1")], false, &["pong 1"]);
    }

    #[test]
    fn known_bytes_stop_where_a_fragment_was_cut() {
        let mut cut = data("ab");
        cut.len = Some(70);
        append(&mut cut, &data("c"));
        assert_eq!(cut, LoggedData { len: Some(71), known: b"ab".to_vec() });
    }
}
