//! What is told of conversations while they go on: messages whole, wherever they lay meanwhile, and of those asked for only.

use std::fs;
use std::io::{self, Cursor};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use wslog::engine::{Engine, Happening, Keep, Selection, Sink, Spools};
use wslog::error::Error;
use wslog::limits::Limits;
use wslog::model::{ConversationId, LinkType, Role};
use wslog::redact::Redaction;

use crate::support::capture_file::{Endian, Pcap, Unit};
use crate::support::conversation::{Client, Server, Talk, TestPacket, merge};
use crate::support::deflate::Deflate;
use crate::support::frame::Frame;
use crate::support::upgrade::Upgrade;

/// A message as it was heard: connection, sender, number, payload, whether it is cut.
type Message = (String, Role, u64, Vec<u8>, bool);

#[derive(Default)]
struct Heard {
    keep: Option<Keep>,
    opened: Vec<(ConversationId, Option<String>)>,
    frames: Vec<(ConversationId, u64, Vec<u8>, bool)>,
    messages: Vec<Message>,
    over: Vec<ConversationId>,
    /// Those that were open when one opened, itself among them.
    most_open: usize,
}

impl Sink for Heard {
    fn asks(&self) -> Keep {
        self.keep.unwrap_or(Keep::NOTHING)
    }

    fn happening(&mut self, id: ConversationId, happening: &Happening) -> Result<(), Error> {
        match happening {
            Happening::Opened(opening) => {
                assert!(self.frames.iter().all(|(of, ..)| *of != id), "the opening comes first");
                let target = opening.request.as_ref().map(|request| request.target.to_string());
                self.opened.push((id, target));
                self.most_open = self.most_open.max(self.opened.len() - self.over.len());
            }
            Happening::Frame { frame, .. } => {
                self.frames.push((id, frame.n, frame.preview.to_vec(), frame.preview_cut));
            }
            Happening::Message { message, .. } => {
                let payload = message.payload.to_vec();
                self.messages.push((id.to_string(), message.from, message.facts.n, payload, message.cut));
            }
            Happening::Over => self.over.push(id),
            other => panic!("unknown: {other:?}"),
        }
        Ok(())
    }
}

fn file(name: &str, packets: &[TestPacket]) -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("engine/going_on");
    fs::create_dir_all(&folder).expect("a folder of its own");
    let path = folder.join(name);
    let pcap = Pcap { endian: Endian::Little, unit: Unit::Nano, link: LinkType::ETHERNET, snap_len: 262_144 };
    fs::write(&path, pcap.write(packets)).expect("writable");
    path
}

fn hear(path: &Path, keep: Keep, change: impl for<'s> Fn(Engine<'s>) -> Engine<'s>) -> Heard {
    let mut heard = Heard { keep: Some(keep), ..Heard::default() };
    let engine = change(Engine::new(Limits::default()).redacting(Redaction::Nothing));
    engine.sink(&mut heard).run(&[path]).expect("taken");
    heard
}

const WHOLE: Keep = Keep { live: true, message_bytes: usize::MAX, ..Keep::NOTHING };

fn long() -> Vec<u8> {
    (0..2_500_000_u32).map(|n| b'a' + (n % 25) as u8).collect()
}

/// Messages of every kind, and what is to be heard of them.
fn talk(port: u16) -> (Vec<TestPacket>, Vec<(Role, Vec<u8>)>) {
    let mut talk = Talk::new(&format!("192.0.2.10:{port}"), "192.0.2.20:8080");
    let (mut from_client, mut from_server) = (Deflate::new(15), Deflate::new(15));
    let upgrade = Upgrade { target: format!("/chat/{port}"), ..talk.upgrade().compressed() };
    talk.open_with(&upgrade);
    let packed = |deflate: &mut Deflate, text: &str| Frame::text(deflate.message(text.as_bytes())).rsv(4);
    let mut expected = Vec::new();
    let mut say = |role, payload: &[u8]| expected.push((role, payload.to_vec()));
    talk.send(Client, Frame::text("hello"));
    say(Role::Client, b"hello");
    talk.send(Server, Frame::text(""));
    say(Role::Server, b"");
    talk.send(Client, packed(&mut from_client, "again and again and again"));
    say(Role::Client, b"again and again and again");
    talk.send(Client, Frame::text("one ").not_final()).send(Client, Frame::ping("between"));
    talk.send(Server, packed(&mut from_server, "meanwhile")).send(Client, Frame::continuation("two"));
    say(Role::Server, b"meanwhile");
    say(Role::Client, b"one two");
    let long = long();
    for (at, part) in long.chunks(900_000).enumerate() {
        let frame = if at == 0 { Frame::binary(part) } else { Frame::continuation(part) };
        talk.send(Server, if at < 2 { frame.not_final() } else { frame });
    }
    say(Role::Server, &long);
    talk.send(Client, packed(&mut from_client, "again and again and again"));
    say(Role::Client, b"again and again and again");
    talk.send(Client, Frame::text("never ended").not_final());
    talk.send(Client, Frame::close(1000, "bye")).send(Server, Frame::close(1000, "bye")).end_tcp(Server);
    (talk.packets(), expected)
}

/// Whether a spool is there, is none or fails, on any number of threads: messages are what was sent.
#[test]
fn messages_are_whole_wherever_they_lay() {
    let (one, expected) = talk(50_001);
    let (other, _) = talk(50_002);
    let path = file("whole.pcap", &merge([one, other]));
    let used = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&used);
    let spools = Spools::new(move || {
        counted.fetch_add(1, Ordering::Relaxed);
        Ok(Cursor::new(Vec::new()))
    });
    let none = Spools::new(|| Err::<Cursor<Vec<u8>>, _>(io::Error::other("none")));
    for threads in [1, 2, 7] {
        for spools in [Some(&spools), Some(&none), None] {
            let heard = hear(&path, WHOLE, |engine| {
                let engine = engine.threads(threads);
                if let Some(spools) = spools { engine.spools(spools.clone()) } else { engine }
            });
            for id in ["1", "2"] {
                let of_it: Vec<_> = heard.messages.iter().filter(|(of, ..)| of == id).collect();
                assert_eq!(of_it.len(), expected.len());
                for ((_, from, _, payload, cut), (role, sent)) in of_it.into_iter().zip(&expected) {
                    assert!((from, payload, *cut) == (role, sent, false), "{from:?} {}", payload.len());
                }
            }
            let targets: Vec<_> = heard.opened.iter().map(|(_, target)| target.as_deref()).collect();
            assert_eq!(targets, [Some("/chat/50001"), Some("/chat/50002")]);
        }
    }
    assert_eq!(used.load(Ordering::Relaxed), 6, "one for each long message of each run");
}

/// So many bytes are asked for, and so many come.
#[test]
fn the_beginning_of_a_message() {
    let (packets, expected) = talk(50_001);
    let path = file("beginning.pcap", &packets);
    let heard = hear(&path, Keep { message_bytes: 4, ..WHOLE }, |engine| engine);
    for ((.., payload, cut), (_, sent)) in heard.messages.iter().zip(&expected) {
        assert_eq!((payload.as_slice(), *cut), (&sent[..sent.len().min(4)], sent.len() > 4));
    }
}

/// Of a message with a hole what came before it, and it is said that there is more.
#[test]
fn a_message_with_a_hole() {
    let (mut packets, _) = talk(50_001);
    let at = packets.iter().position(|packet| packet.payload.len() == 1_440).expect("a long one");
    packets.remove(at + 1);
    let path = file("hole.pcap", &packets);
    let heard = hear(&path, WHOLE, |engine| engine);
    let (.., payload, cut) = heard.messages.iter().find(|m| m.3.len() > 1_000).expect("the long one");
    assert!(*cut && payload.len() < 2_880 && long().starts_with(payload), "{}", payload.len());
}

/// Frames as they were sent, each with its own part of the message, inflated.
#[test]
fn frames_are_whole() {
    let (packets, _) = talk(50_001);
    let path = file("frames.pcap", &packets);
    let keep = Keep { live: true, ..Keep::NOTHING };
    for threads in [1, 2] {
        let heard = hear(&path, keep, |engine| engine.payload_bytes(usize::MAX).threads(threads));
        let frames: Vec<_> =
            heard.frames.iter().map(|(_, n, payload, cut)| (*n, payload.len(), *cut)).collect();
        let expected = [5, 0, 25, 4, 7, 9, 3, 900_000, 900_000, 700_000, 25, 11, 5, 5];
        let expected: Vec<_> = (1..).zip(expected).map(|(n, len)| (n, len, false)).collect();
        assert_eq!(frames, expected);
    }
}

/// Of conversations that are not asked for nothing is told.
#[test]
fn only_those_asked_for() {
    let packets = merge([talk(50_001).0, talk(50_002).0]);
    let path = file("asked.pcap", &packets);
    let of = |selection: Selection| {
        let heard = hear(&path, WHOLE, |engine| engine.selecting(selection.clone()));
        assert!(heard.opened.iter().all(|(id, _)| heard.messages.iter().any(|m| m.0 == id.to_string())));
        heard.opened.into_iter().map(|(id, _)| id.to_string()).collect::<Vec<_>>()
    };
    let glob = |text: &str| vec![text.parse().expect("a pattern")];
    assert_eq!(of(Selection { paths: glob("*/50002"), ..Selection::default() }), ["2"]);
    assert_eq!(of(Selection { hosts: glob("192.0.2.*"), ..Selection::default() }), ["1", "2"]);
    assert_eq!(of(Selection { hosts: glob("elsewhere"), ..Selection::default() }), [""; 0]);
    let peer = |text: &str| vec![text.parse().expect("an address")];
    assert_eq!(of(Selection { clients: peer(":50001"), ..Selection::default() }), ["1"]);
    assert_eq!(of(Selection::exactly([ConversationId::flow(2)])), ["2"]);
}

/// What is known of a conversation for what happens on it is forgotten at its end, though one that stays open holds all back.
#[test]
fn what_is_over_is_forgotten() {
    let mut open = Talk::new("192.0.2.1:50000", "192.0.2.20:8080");
    open.open().send(Client, Frame::text("stays"));
    let short = (0..400).map(|n| {
        let mut talk = Talk::new(&format!("192.0.2.2:{}", 50_000 + n), "192.0.2.20:8080")
            .starting_after(10 * (i64::from(n) + 1));
        talk.open().send(Client, Frame::text("goes")).end_tcp(Client);
        talk.packets()
    });
    let path = file("over.pcap", &merge(std::iter::once(open.packets()).chain(short)));
    for threads in [1, 2, 7] {
        let heard = hear(&path, WHOLE, |engine| engine.threads(threads));
        assert_eq!((heard.opened.len(), heard.over.len()), (401, 401));
        // A shard lets go of one that has ended when the next segment of it comes.
        assert!(heard.most_open < 150, "{} at a time", heard.most_open);
    }
}
