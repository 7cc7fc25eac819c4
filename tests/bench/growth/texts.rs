//! Texts made to hurt the search for secrets, in an opening handshake and in the frames behind it.

use super::support::capture_file::Pcap;
use super::support::conversation::{Client, Server, Talk};
use super::support::frame::Frame;
use super::support::upgrade::Upgrade;
use super::{Made, Shape};

/// Bytes of the shorter text, about. Twice as many are less than a head may have.
const BYTES: usize = 12_000;

pub(super) fn shapes() -> impl Iterator<Item = Shape> {
    let made = |write: fn(Written<'_>, usize)| move |n| Made::capture(capture(write, n));
    SHAPES.iter().map(move |&(name, write)| Shape::new(name, BYTES, made(write)))
}

/// What is written, of so many bytes.
type Text = (&'static str, fn(Written<'_>, usize));

struct Written<'a> {
    upgrade: &'a mut Upgrade,
    frames: &'a mut Vec<Frame>,
}

/// `piece` again and again, each time with another number for `#`.
fn again(piece: &str, bytes: usize) -> String {
    let mut out = String::new();
    (0..)
        .take_while(|n| {
            out.push_str(&piece.replace('#', &format!("Zq9xSe{n:x}rEt7w")));
            out.len() < bytes
        })
        .for_each(drop);
    out
}

const SHAPES: &[Text] = &[
    ("parameters", |w, n| w.upgrade.target = format!("/?{}", again("a=b&", n))),
    ("secret parameters", |w, n| w.upgrade.target = format!("/?{}", again("token=#&", n))),
    ("parameters parted by semicolons", |w, n| w.upgrade.target = format!("/?{}", again("a=b;", n))),
    ("weak parameters parted by semicolons", |w, n| w.upgrade.target = format!("/?{}", again("key=b;", n))),
    ("names of names", |w, n| w.upgrade.target = format!("/?{}", again("a=", n))),
    ("percents of percents", |w, n| w.upgrade.target = format!("/?a={}", again("%25", n))),
    ("parameters, encoded", |w, n| w.upgrade.target = format!("/?a={}", again("%26a%3D%253B", n))),
    ("path", |w, n| w.upgrade.target = again("/a", n)),
    ("path of tokens", |w, n| w.upgrade.target = again("/token/#", n)),
    ("users", |w, n| w.upgrade.target = format!("http://{}", again("a:b@", n))),
    ("braces", |w, n| w.upgrade.target = format!("/?a={}", again("{\"a\":[", n))),
    ("strings in strings", |w, n| w.upgrade.target = format!("/?a=[{}", again("\\\"", n))),
    ("fields", |w, n| {
        for n in 0..n / 30 {
            *w.upgrade = w.upgrade.clone().ask("X-Token", &format!("Zq9xSeCrEt7w{n}"));
        }
    }),
    ("cookies", |w, n| *w.upgrade = w.upgrade.clone().ask("Cookie", &again("a=#; ", n))),
    ("parts of tokens", |w, n| note(w, &again("eyJ.", n))),
    ("starts of tokens", |w, n| note(w, &again("eyJ", n))),
    ("tokens", |w, n| note(w, &again("eyJhbGciOiJ9.e30.# ", n))),
    ("JSON in base64", |w, n| note(w, &again("eyJhIjoxfQ== ", n))),
    ("starts of keys", |w, n| note(w, &again("key-a.", n))),
    ("words that announce", |w, n| note(w, &again("token ", n))),
    ("names that announce", |w, n| note(w, &again("x-token: ", n))),
    ("random words", |w, n| note(w, &again("# ", n))),
    ("random words in one", |w, n| note(w, &again("#-", n))),
    ("parameters of credentials", |w, n| {
        *w.upgrade = w.upgrade.clone().ask("Authorization", &format!("Digest {}", again("nonce=\"#\", ", n)));
    }),
    ("subprotocols", |w, n| {
        *w.upgrade = w.upgrade.clone().ask("Sec-WebSocket-Protocol", &again("token, #-#, ", n));
    }),
    ("points in a subprotocol", |w, n| {
        *w.upgrade = w.upgrade.clone().ask("Sec-WebSocket-Protocol", &again("token.a.", n));
    }),
    ("quotes among extensions", |w, n| {
        // Fewer, or on one side, are too little to be told from what else a connection takes.
        let quotes = again("a=\"b;", 2 * n);
        let upgrade = w.upgrade.clone().ask("Sec-WebSocket-Extensions", &quotes);
        *w.upgrade = upgrade.answer("Sec-WebSocket-Extensions", &quotes);
    }),
    ("a secret of one letter, and as many of it", |w, n| {
        *w.upgrade = w.upgrade.clone().ask("Authorization", &format!("Bearer {}1b", "a".repeat(n)));
        w.frames.push(Frame::text("a".repeat(4 * n)));
    }),
    ("secrets with one beginning", |w, n| {
        let begin = "a1".repeat(500);
        *w.upgrade = w.upgrade.clone().ask("Cookie", &again(&format!("a={begin}#; "), n));
        w.frames.push(Frame::text(again(&begin, 4 * n)));
    }),
    ("fragments", |w, n| {
        *w.upgrade = w.upgrade.clone().ask("X-Token", "Zq9xSeCrEt7w");
        w.frames.push(Frame::text("{\"token\":\"").not_final());
        w.frames.extend((0..n / 20).map(|_| Frame::continuation("Zq9x").not_final()));
        w.frames.push(Frame::continuation("\"}"));
    }),
    ("JSON sent", |w, n| w.frames.push(Frame::text(again("{\"token\":\"#\",\"a\":[{\"b\":1}]},", 4 * n)))),
    ("JSON in JSON sent", |w, n| {
        w.frames.push(Frame::text(format!("{{\"a\":\"{}", again("{\\\"token\\\":\\\"a", 4 * n))));
    }),
];

fn note(written: Written<'_>, value: &str) {
    *written.upgrade = written.upgrade.clone().ask("X-Note", value.trim_end());
}

fn capture(write: fn(Written<'_>, usize), bytes: usize) -> Vec<u8> {
    let mut talk = Talk::new("192.0.2.10:50001", "192.0.2.20:8080");
    let (mut upgrade, mut frames) = (talk.upgrade(), Vec::new());
    if bytes > 0 {
        write(Written { upgrade: &mut upgrade, frames: &mut frames }, bytes);
    }
    talk.open_with(&upgrade);
    for frame in frames {
        talk.send(Client, frame);
    }
    talk.send(Client, Frame::close(1000, "")).send(Server, Frame::close(1000, "")).end_tcp(Server);
    Pcap::default().write(&talk.packets())
}
