//! Exchanges with heads of the opening handshake, and with several connections.

use wslog::model::{Act, Deed, Exchange};
use wslog::notation::parse;

use super::conversation::{Side, Talk, TestPacket, merge};
use super::script::{one_act, side};
use super::streams;
use super::veil;

const EXTENSIONS: &str = "Sec-WebSocket-Extensions";

/// What a capture of the exchange shows.
pub fn play(script: &str) -> Vec<TestPacket> {
    veil::play(script)
        .or_else(|| script.strip_prefix("http2 | ").map(streams::play))
        .unwrap_or_else(|| show(&parse(script).unwrap_or_else(|error| panic!("{script}\n{error}"))))
}

/// The same of one that has been read.
pub fn show(exchange: &Exchange) -> Vec<TestPacket> {
    let mut scene = Scene { exchange, talks: Vec::new(), waiting: None };
    exchange.acts.iter().for_each(|act| scene.act(act));
    scene.send_waiting();
    merge(scene.talks.iter().map(|(talk, _)| talk.packets()))
}

struct Scene<'a> {
    exchange: &'a Exchange,
    /// Conversations, and whether TCP is open.
    talks: Vec<(Talk, bool)>,
    /// Bytes of one segment that may not be complete.
    waiting: Option<(u8, Side, Vec<u8>)>,
}

impl Scene<'_> {
    fn act(&mut self, act: &Act) {
        let whose = (act.connection, side(act.from));
        let bytes = match &act.what {
            Deed::Bytes { wire, .. } => Some(wire.as_slice()),
            Deed::Head(head) => Some(head.as_bytes()),
            _ => None,
        };
        if act.joined {
            let (to, from, before) = self.waiting.as_mut().expect("something to join it to");
            assert_eq!((*to, *from), whose, "{act:?}");
            return before.extend(bytes.into_iter().flatten());
        }
        self.send_waiting();
        // Who waits before a connection is there has not opened it yet, and one that is refused is never open.
        self.open(act.connection, !matches!(act.what, Deed::Wait(_) | Deed::Refuse));
        match bytes {
            Some(bytes) if !act.uncaptured => self.waiting = Some((whose.0, whose.1, bytes.to_vec())),
            _ => one_act(self.talk(act.connection), act),
        }
    }

    fn send_waiting(&mut self) {
        if let Some((connection, side, bytes)) = self.waiting.take() {
            self.talk(connection).bytes(side, &bytes);
        }
    }

    /// The conversation, at the time of the latest act on any.
    fn talk(&mut self, connection: u8) -> &mut Talk {
        let now = self.talks.iter().map(|(talk, _)| talk.now_ns()).max();
        self.talks[usize::from(connection) - 1].0.not_before(now.unwrap_or_default())
    }

    fn open(&mut self, connection: u8, now: bool) {
        let exchange = self.exchange;
        if usize::from(connection) > self.talks.len() {
            let n = u32::from(connection);
            let client = format!("192.0.2.{}:{}", 10 + if exchange.strangers { n } else { 0 }, 50_000 + n);
            let server = format!("192.0.2.20:{}", exchange.port.unwrap_or(80));
            self.talks.push((Talk::new(&client, &server).with_isns(n * 100_000, n * 100_000 + 7), false));
        }
        let is_open = &mut self.talks[usize::from(connection) - 1].1;
        if !now || std::mem::replace(is_open, true) {
            return;
        }
        let talk = self.talk(connection);
        if exchange.has_handshake() {
            talk.connect();
        } else {
            let offers = exchange.offered.iter();
            let upgrade = offers.fold(talk.upgrade(), |upgrade, list| upgrade.ask(EXTENSIONS, list));
            let taken = exchange.taken.iter();
            talk.open_with(&taken.fold(upgrade, |upgrade, list| upgrade.answer(EXTENSIONS, list)));
        }
    }
}
