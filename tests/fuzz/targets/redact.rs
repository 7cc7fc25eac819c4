//! A whole connection of any words, with secrets in places of their own and words that are none: nothing of a secret is in any
//! view, and all of the words are.
//!
//! Input: a byte for what becomes of the handshake, then plants: which, and the text around the secret.

#![no_main]

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use libfuzzer_sys::fuzz_target;
use wslog::engine::{Keep, analyze_capture, present};
use wslog::limits::Limits;
use wslog::model::Conversation;
use wslog::redact::Redaction;
use wslog::views::text::Style;
use wslog::views::{FrameList, Options};
use wslog_fuzz::support::capture_file::Pcap;
use wslog_fuzz::support::conversation::{Client, Server, Side, Talk};
use wslog_fuzz::support::deflate::Deflate;
use wslog_fuzz::support::frame::Frame;
use wslog_fuzz::support::upgrade::{Upgrade, refusal};
use wslog_fuzz::{FORMATS, Input};

/// What secrets begin with, and nothing else.
const BEGIN: &str = "Zq9xS";

/// Words that are shown wherever they stand, and nothing else begins with.
const WORDS: [&str; 4] = ["wordharbour", "wordlantern", "wordmeadow", "wordorchard"];

/// A connection to be sent.
struct Written {
    upgrade: Upgrade,
    frames: Vec<(Side, Frame)>,
    refusal: String,
    deflate: Deflate,
}

impl Written {
    fn ask(&mut self, name: &str, value: &str) {
        self.upgrade.request_fields.push((name.to_owned(), value.to_owned()));
    }

    fn answer(&mut self, name: &str, value: &str) {
        self.upgrade.response_fields.push((name.to_owned(), value.to_owned()));
    }

    /// Known by what it is called.
    fn know(&mut self, secret: &str) {
        self.ask("Cookie", &format!("a={secret}"));
    }

    /// Puts a secret somewhere, with `text` around it.
    fn plant(&mut self, how: u8, text: &str, secret: &str, n: usize) {
        // What is around it keeps to one line, one field and one part of it.
        let part: String = text.chars().filter(|c| !" ,".contains(*c)).collect();
        let in_target = part.replace(['#', '?', '&', '=', '%'], "");
        match how % 24 {
            0 => self.ask("Authorization", &format!("{part} {secret}")),
            1 => self.ask("Cookie", &format!("{part}={secret}; {part}")),
            2 => self.ask("X-Token", secret),
            3 => self.ask("Sec-WebSocket-Protocol", &format!("{part}, bearer, {secret}, {part}")),
            4 => self.upgrade.target = format!("/{in_target}?{in_target}&token={secret}"),
            // By their looks.
            5 => self.ask(&format!("X-Note-{n}"), &format!("{part} {secret} {part}")),
            6 => self.upgrade.target = format!("/p{part}/{secret}?{part}"),
            7 => self.answer("Set-Cookie", &format!("a={secret}; {part}")),
            8 => self.answer("Location", &format!("wss://example.org/{in_target}?token={secret}")),
            9 => self.ask("Authorization", &format!("Basic {}", STANDARD.encode(format!("{part}:{secret}")))),
            10 => self.ask("Authorization", &format!("Digest username=\"a\", response=\"{secret}\"")),
            11 => self.ask("Referer", &format!("https://example.org/{in_target}?access_token={secret}")),
            12 => {
                self.frames.push((
                    Client,
                    Frame::text(format!("{{\"token\":\"{secret}\",\"a\":\"{}\"}}", quoted(text))),
                ));
            }
            13 => {
                self.frames.push((
                    Server,
                    Frame::text(format!("{{\"a\":\"{}\",\"password\":\"{secret}\"}}", quoted(text))),
                ));
            }
            // Known from another place.
            14 => {
                self.know(secret);
                self.ask(&format!("X-Note-{n}"), &format!("{part}{secret}{part}"));
            }
            15 => {
                self.know(secret);
                self.ask(&format!("X-{secret}"), &part);
            }
            16 => {
                self.know(secret);
                self.refusal = format!("{text}{secret}{text}");
            }
            17 => {
                self.know(secret);
                let reason: String = part.chars().take(10).collect();
                self.frames.push((Client, Frame::close(4000, &format!("{reason}{secret}"))));
            }
            18 => {
                self.know(secret);
                let before: String = part.chars().take(10).collect();
                self.frames.push((Server, Frame::ping(format!("{before}{secret}"))));
            }
            19 => {
                self.know(secret);
                let encoded: String = secret.bytes().map(|byte| format!("%{byte:02x}")).collect();
                self.upgrade.target = format!("/{in_target}?x={encoded}");
            }
            20 => {
                self.know(secret);
                self.frames.push((Client, Frame::text(format!("{text} {}", STANDARD.encode(secret)))));
            }
            21 => {
                self.know(secret);
                let (before, behind) = secret.split_at(text.len() % secret.len());
                self.frames.push((Client, Frame::text(format!("{text}{before}")).not_final()));
                self.frames.push((Client, Frame::continuation(format!("{behind}{text}"))));
            }
            22 => {
                self.know(secret);
                let message = self.deflate.message(format!("{text}{secret}{text}").as_bytes());
                self.frames.push((Server, Frame::text(message).rsv(4)));
            }
            _ => {
                self.know(secret);
                self.frames.push((
                    Server,
                    Frame::binary([&[0xff, 0][..], text.as_bytes(), secret.as_bytes()].concat()),
                ));
            }
        }
    }
}

/// As it stands in a string of JSON.
fn quoted(text: &str) -> String {
    let text = serde_json::Value::from(text).to_string();
    text[1..text.len() - 1].to_owned()
}

fn connections(packets: &[u8]) -> Vec<Box<Conversation>> {
    let keep = Keep { first: 40, last: 40, payload_bytes: 4_096, ..Keep::NOTHING };
    let mut connections = Vec::new();
    analyze_capture(packets, "fuzz".as_ref(), &Limits::default(), keep, &mut |connection| {
        connections.push(connection);
        Ok(())
    })
    .expect("a sound capture");
    connections
}

/// Any eight bytes of it in a row, as text or as digits.
fn seen_of(shown: &str, secret: &str) -> Option<String> {
    secret.as_bytes().windows(8).find_map(|part| {
        let digits: String = part.iter().map(|byte| format!("{byte:02x}")).collect();
        let text = String::from_utf8_lossy(part).into_owned();
        [text, digits].into_iter().find(|part| shown.contains(part.as_str()))
    })
}

fuzz_target!(|data: &[u8]| {
    let mut input = Input(data);
    let how = input.byte();
    let mut talk = Talk::new("192.0.2.1:5000", "192.0.2.2:80");
    let mut written = Written {
        upgrade: talk.upgrade().compressed(),
        frames: Vec::new(),
        refusal: "no".to_owned(),
        deflate: Deflate::new(15),
    };
    let mut secrets = Vec::new();
    while !input.is_empty() && secrets.len() < 4 {
        let (place, len) = (input.byte(), input.byte());
        let text = String::from_utf8_lossy(input.bytes(usize::from(len % 64))).into_owned();
        let text: String = text.chars().filter(|c| !c.is_control()).collect();
        if text.contains(&BEGIN[..3]) || text.contains("word") {
            return;
        }
        let secret = format!("{BEGIN}{}CrEt7wPlmK4711", secrets.len());
        written.plant(place, &text, &secret, secrets.len());
        secrets.push(secret);
    }
    let is_refused = how & 1 != 0;
    written.ask("X-Weather", WORDS[0]);
    written.ask("Origin", &format!("https://{}.example", WORDS[1]));
    written.answer("Server", WORDS[2]);
    written.frames.push((Server, Frame::text(format!("the {} is green", WORDS[3]))));

    if is_refused {
        talk.connect().bytes(Client, &written.upgrade.request());
        talk.bytes(Server, &refusal("403 Forbidden", &written.refusal)).end_tcp(Server);
    } else {
        talk.open_with(&written.upgrade);
        written.frames.sort_by_key(|(_, frame)| frame.opcode == 8);
        for (side, frame) in written.frames {
            talk.send(side, frame);
        }
        talk.send(Server, Frame::close(1000, "")).end_tcp(Server);
    }
    let connections = connections(&Pcap::default().write(&talk.packets()));
    assert_eq!(connections.len(), 1);
    for format in FORMATS {
        let mut out = Vec::new();
        let style = Style::plain(2_000);
        let options = Options { frames: FrameList::All, selected: true, ..Options::new(style) };
        let mut view = (format.sink)(Box::new(&mut out), options);
        present(connections.clone(), &[], Redaction::Secrets, &mut *view).expect("memory takes it");
        drop(view);
        let shown = String::from_utf8(out).expect("a view is text");
        for secret in &secrets {
            let seen = seen_of(&shown, secret);
            assert!(seen.is_none(), "{} shows {seen:?}: {shown}", format.name);
        }
        // The text shows less of a handshake.
        if format.name == "json" {
            let words = if is_refused { &WORDS[..2] } else { &WORDS[..] };
            for word in words {
                assert!(shown.contains(word), "{word} is hidden: {shown}");
            }
        }
    }
});
