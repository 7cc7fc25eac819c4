//! A connection of HTTP/2 that carries chats side by side (RFC 8441), and ordinary requests between.

use super::super::conversation::{Client, Server, Side};
use super::super::frame::Frame;
use super::super::streams::{PREFACE, frame_of};
use super::talk::{Partners, USER_AGENTS};

const END_STREAM: u8 = 1;
const END_HEADERS: u8 = 4;

/// Chats that are open at a time.
const OPEN: usize = 6;

/// Bytes for which a receiver opens the window of the connection again.
const TAKEN: usize = 32_768;

/// A chat, and how many turns it has left.
struct Chat {
    stream: u32,
    turns: usize,
    /// Bytes that each side has sent since its window was opened.
    sent: [usize; 2],
}

/// What goes on in a connection.
#[derive(Default)]
struct Connection {
    chats: Vec<Chat>,
    next_stream: u32,
    /// The fields of requests stand in the table.
    has_asked: bool,
    sent: [usize; 2],
}

impl Partners<'_> {
    /// `abrupt`: of a hundred chats, those that the client resets.
    pub(super) fn http2(&mut self, bytes: usize, abrupt: usize) {
        let mut connection = Connection { next_stream: 1, ..Connection::default() };
        self.say(Client, &[PREFACE, &frame_of(4, 0, 0, &[0, 4, 0, 1, 0, 0])].concat());
        self.say(
            Server,
            &[frame_of(4, 0, 0, &[0, 8, 0, 0, 0, 1, 0, 4, 0, 1, 0, 0]), frame_of(4, 1, 0, b"")].concat(),
        );
        self.say(Client, &frame_of(4, 1, 0, b""));
        while self.bytes == 0 || self.bytes + 700 < bytes {
            self.think(60);
            if connection.chats.len() < OPEN && self.rng.percent(20) {
                self.open(&mut connection);
            } else if self.rng.percent(3) {
                self.get(&mut connection);
            } else if !connection.chats.is_empty() {
                let at = self.rng.below(connection.chats.len());
                self.turn(&mut connection, at);
                let chat = &mut connection.chats[at];
                chat.turns = chat.turns.saturating_sub(1);
                if chat.turns == 0 {
                    let chat = connection.chats.swap_remove(at);
                    self.close(chat.stream, abrupt);
                }
            }
        }
        for chat in std::mem::take(&mut connection.chats) {
            self.close(chat.stream, 0);
        }
        self.say(Client, &frame_of(7, 0, 0, &[0; 8]));
        self.conversation.end_tcp(Client);
    }

    fn open(&mut self, connection: &mut Connection) {
        let stream = connection.stream();
        let block = connection.asks();
        self.say(Client, &frame_of(1, END_HEADERS, stream, &block));
        self.think(20);
        self.say(Server, &frame_of(1, END_HEADERS, stream, &[0x88]));
        connection.chats.push(Chat { stream, turns: self.rng.between(5, 60), sent: [0; 2] });
    }

    fn get(&mut self, connection: &mut Connection) {
        let stream = connection.stream();
        // GET, http, /, and an authority that no table takes.
        let block = [&[0x82, 0x86, 0x84, 0x01, 9][..], b"h.example"].concat();
        self.say(Client, &frame_of(1, END_HEADERS | END_STREAM, stream, &block));
        self.think(40);
        let len = self.rng.between(500, 12_000);
        let body = self.material.bytes(&mut self.rng, len).to_vec();
        let sent =
            [frame_of(1, END_HEADERS, stream, &[0x88]), frame_of(0, END_STREAM, stream, &body)].concat();
        self.say(Server, &sent);
        self.took(connection, Server, len, None);
    }

    /// Messages of a side, what answers its Pings, and what opens the windows again.
    fn turn(&mut self, connection: &mut Connection, at: usize) {
        let stream = connection.chats[at].stream;
        let from = if self.rng.percent(50) { Client } else { Server };
        let mut pings = Vec::new();
        let mut sent = self.message(from, &mut pings);
        while self.rng.percent(15) {
            sent.extend(self.message(from, &mut pings));
        }
        self.say(from, &frame_of(0, 0, stream, &sent));
        self.took(connection, from, sent.len(), Some(at));
        for payload in pings {
            let pong = self.conversation.encode(from.peer(), &Frame::pong(payload));
            self.say(from.peer(), &frame_of(0, 0, stream, &pong));
            self.took(connection, from.peer(), pong.len(), Some(at));
        }
    }

    /// Whoever has read enough opens the window of the connection again, and of a chat.
    fn took(&mut self, connection: &mut Connection, from: Side, bytes: usize, chat: Option<usize>) {
        let side = usize::from(from == Server);
        let mut updates = Vec::new();
        let mut count = |sent: &mut usize, stream: u32| {
            *sent += bytes;
            if *sent >= TAKEN {
                let more = std::mem::take(sent) as u32;
                updates.extend(frame_of(8, 0, stream, &more.to_be_bytes()));
            }
        };
        count(&mut connection.sent[side], 0);
        if let Some(chat) = chat.and_then(|at| connection.chats.get_mut(at)) {
            count(&mut chat.sent[side], chat.stream);
        }
        if !updates.is_empty() {
            self.say(from.peer(), &updates);
        }
    }

    fn close(&mut self, stream: u32, abrupt: usize) {
        if self.rng.percent(abrupt) {
            return self.say(Client, &frame_of(3, 0, stream, &[0, 0, 0, 8]));
        }
        let first = if self.rng.percent(60) { Client } else { Server };
        for from in [first, first.peer()] {
            let close = self.conversation.encode(from, &Frame::close(1000, ""));
            self.say(from, &frame_of(0, END_STREAM, stream, &close));
            self.think(5);
        }
    }
}

impl Connection {
    fn stream(&mut self) -> u32 {
        let stream = self.next_stream;
        self.next_stream += 2;
        stream
    }

    /// A request: the first puts its fields into the table, others take them from there.
    fn asks(&mut self) -> Vec<u8> {
        let fields = [
            (":method", "CONNECT"),
            (":protocol", "websocket"),
            (":scheme", "http"),
            (":path", "/ws/http2"),
            (":authority", "h.example"),
            ("sec-websocket-version", "13"),
            ("origin", "http://h.example"),
            ("user-agent", USER_AGENTS[0]),
        ];
        let string = |text: &str| [&[text.len() as u8], text.as_bytes()].concat();
        if std::mem::replace(&mut self.has_asked, true) {
            // The newest entry is 62, behind those of the static table.
            return (0..fields.len() as u8).rev().map(|n| 0x80 | (62 + n)).collect();
        }
        fields.iter().flat_map(|(name, value)| [vec![0x40], string(name), string(value)].concat()).collect()
    }
}
