//! What an engine promises whatever it reads: identities, order, the same bytes for any number of threads, sinks that
//! hear of what they asked for.

use std::fs;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use wslog::engine::{Engine, Form, Happening, Joining, Keep, Selection, Sink};
use wslog::error::Error;
use wslog::limits::Limits;
use wslog::model::{
    Conversation, ConversationId, HeaderSigns, InputReport, LinkType, PacketNo, Role, StreamEnd, WeirdKind,
};
use wslog::notation::{Blocks, Symbols};
use wslog::redact::{Sealed, Shown};
use wslog::views::FrameList;
use wslog::views::json::{self, JsonReport};
use wslog::views::text::{Style, TextReport};

use crate::support::capture_file::{Endian, Pcap, Record, Unit};
use crate::support::conversation::{Client, Server, Talk, TestPacket, merge};
use crate::support::frame::Frame;
use crate::support::hostile;
use crate::support::oddities::oddities;
use crate::support::script::{acts, play};
use crate::support::transform::over_ip;
use crate::support::wrap::{self, fragments, ip_packet, typed};

/// Writes a file that the test `test` reads.
fn file(test: &str, name: &str, bytes: &[u8]) -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("engine").join(test);
    fs::create_dir_all(&folder).expect("a folder of its own");
    let path = folder.join(name);
    fs::write(&path, bytes).expect("writable");
    path
}

fn pcap(link: LinkType) -> Pcap {
    Pcap { endian: Endian::Little, unit: Unit::Nano, link, snap_len: 262_144 }
}

/// Keeps all that it is given.
#[derive(Debug, Default)]
struct Heard {
    asks: Option<Keep>,
    conversations: Vec<Conversation<Shown>>,
    happenings: Vec<(ConversationId, Happening)>,
    read: Vec<usize>,
    failed: Vec<String>,
    inputs: Option<Vec<InputReport>>,
}

impl Sink for Heard {
    fn asks(&self) -> Keep {
        self.asks.unwrap_or(Keep::NOTHING)
    }

    fn happening(&mut self, id: ConversationId, happening: &Happening) -> Result<(), Error> {
        self.happenings.push((id, happening.clone()));
        Ok(())
    }

    fn conversation(&mut self, conversation: &Sealed) -> Result<(), Error> {
        self.conversations.push(*conversation.clone().open());
        Ok(())
    }

    fn read(&mut self, files: &[InputReport]) -> Result<(), Error> {
        self.read.push(files.len());
        Ok(())
    }

    fn failed(&mut self, error: &Error) {
        self.failed.push(error.to_string());
    }

    fn end(&mut self, inputs: &[InputReport]) -> Result<(), Error> {
        self.inputs = Some(inputs.to_vec());
        Ok(())
    }
}

impl Heard {
    fn ids(&self) -> Vec<String> {
        self.conversations.iter().map(|conversation| conversation.id.to_string()).collect()
    }
}

fn hear(paths: &[PathBuf], joining: Joining, threads: usize) -> Heard {
    let mut heard = Heard::default();
    let engine = Engine::new(Limits::default()).joining(joining).threads(threads);
    engine.sink(&mut heard).run(paths).expect("a sink that takes all");
    heard
}

/// Text and JSON.
fn render(paths: &[PathBuf], limits: &Limits, threads: usize) -> [Vec<u8>; 2] {
    let (mut text, mut json) = (Vec::new(), Vec::new());
    let mut page = TextReport::new(&mut text, Style::plain(100), FrameList::Ends, false);
    let mut document = JsonReport::new(&mut json, FrameList::Ends);
    let engine = Engine::new(limits.clone()).threads(threads).sink(&mut page).sink(&mut document);
    engine.run(paths).expect("memory takes all");
    [text, json]
}

#[track_caller]
fn same_on_any_number_of_threads(paths: &[PathBuf], limits: &Limits, name: &str) -> [Vec<u8>; 2] {
    let one = render(paths, limits, 1);
    for threads in [2, 7] {
        let many = render(paths, limits, threads);
        for ((one, many), what) in one.iter().zip(&many).zip(["text", "JSON"]) {
            assert!(one == many, "{what} of {name} on {threads} threads");
        }
    }
    one
}

/// Two clients whose packets come in pairs: each pair shares a packet of 802.11, or has one each.
fn pairs(together: bool) -> Vec<u8> {
    let talk = |client: &str| {
        let mut talk = Talk::new(client, "192.0.2.20:8080");
        talk.open().send(Client, Frame::text("hi")).send(Client, Frame::close(1000, ""));
        talk.send(Server, Frame::close(1000, "")).end_tcp(Server);
        talk.packets()
    };
    let (one, other) = (talk("192.0.2.1:50001"), talk("192.0.2.2:50002"));
    let records = one.iter().zip(&other).flat_map(|(a, b)| {
        let at_ns = a.at_ns;
        let payloads = [a, b].map(|packet| typed(ip_packet(packet)));
        let packets = if together { vec![&payloads[..]] } else { payloads.chunks(1).collect() };
        packets
            .into_iter()
            .map(move |payloads| Record { at_ns, data: wrap::aggregate(payloads) })
            .collect::<Vec<_>>()
    });
    pcap(LinkType::IEEE802_11).write_records(records)
}

/// TTL, identification and window, out of the packets and over threads.
#[test]
fn headers_of_segments_arrive() {
    for v6 in [false, true] {
        let talk = over_ip(
            &play("C: text hi | C: close 1000 | S: close 1000 | S: fin | C: fin | S: rst", false),
            v6,
        );
        let records = (1_u16..).zip(&talk).map(|(n, packet)| {
            let mut data = ip_packet(packet);
            let [high, low] = (300 + n).to_be_bytes();
            let (ttl, tcp) = if v6 { (7, 40) } else { (8, 20) };
            data[ttl] = n as u8;
            if !v6 {
                data[4..6].copy_from_slice(&[high, low]);
            }
            data[tcp + 14..tcp + 16].copy_from_slice(&[high, low]);
            Record { at_ns: packet.at_ns, data }
        });
        let file_of = pcap(LinkType::RAW).write_records(records.collect::<Vec<_>>());
        let path = file("headers", if v6 { "v6.pcap" } else { "v4.pcap" }, &file_of);
        for threads in [1, 2, 7] {
            let heard = hear(std::slice::from_ref(&path), Joining::default(), threads);
            let facts = &heard.conversations[0].tcp_facts;
            let last = talk.len() as u16;
            let expected =
                HeaderSigns { ttl: last as u8, ip_id: (!v6).then_some(300 + last), window: 300 + last };
            let ends = &facts.server.ends;
            assert_eq!(ends.len(), 2);
            assert_eq!((ends[1].how, ends[1].header), (StreamEnd::Rst, expected), "{threads} threads");
            assert_eq!(facts.client.habits.ttl, (1, last as u8 - 1), "{threads} threads");
            assert_eq!(facts.client.habits.last_ip_id, (!v6).then_some(300 + last - 1));
            assert_eq!(facts.client.habits.zero_ip_ids + facts.server.habits.zero_ip_ids, 0);
        }
    }
}

#[test]
fn two_connections_begun_by_one_packet_are_two() {
    for threads in [1, 2, 7] {
        let mut told = Vec::new();
        for together in [true, false] {
            let path = file("pairs", &format!("{together}-{threads}.pcap"), &pairs(together));
            let heard = hear(&[path], Joining::default(), threads);
            let inputs = heard.inputs.as_deref().unwrap_or_default();
            assert_eq!((inputs[0].tcp_connections, inputs[0].websocket_connections), (2, 2));
            let first = |c: &Conversation<Shown>| c.tcp.map(|tcp| (tcp.first_packet, tcp.client));
            if together {
                assert!(
                    heard.conversations.iter().all(|c| first(c).is_some_and(|(no, _)| no == PacketNo(1)))
                );
            }
            told.push((
                heard.ids(),
                heard.conversations.iter().map(|c| first(c).map(|f| f.1)).collect::<Vec<_>>(),
            ));
        }
        assert_eq!(told[0].0, ["1", "2"]);
        assert_eq!(told[0], told[1], "which of them share a packet changes nothing");
    }
}

/// Conversations of every kind of end, others that are none, in one capture.
fn many(connections: usize) -> Vec<TestPacket> {
    const SCRIPTS: [&str; 7] = [
        "C: text hi | S: text hi | C: close 1000 | S: close 1000 | S: fin | C: fin",
        "C: a1 02 68 69 | S: close 1002 | C: close 1002 | S: fin | C: fin",
        "C: text x | S: rst",
        "C: ping a | S: pong a | C: 82 7f 00*6 10 00 55*4096 | S: fin | C: fin",
        "S: text hello | C: again | S: again | C: fin | S: fin",
        "C: 83 00 | S: fin | C: fin",
        "C: text still open",
    ];
    merge((0..connections).map(|n| {
        let client = format!("10.0.{}.{}:{}", n / 200, 1 + n % 200, 40_000 + n);
        let mut talk = Talk::new(&client, "192.0.2.20:8080").starting_after((n / 9) as i64);
        if n % 5 == 3 {
            // Not WebSocket: numbered all the same.
            talk.connect().bytes(Client, b"GET / HTTP/1.1\r\nHost: a\r\n\r\n");
            talk.bytes(Server, b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n").end_tcp(Server);
        } else {
            talk.open();
            acts(&mut talk, SCRIPTS[n % SCRIPTS.len()]);
        }
        talk.packets()
    }))
}

#[test]
fn flows_are_numbered_whether_they_are_websocket_or_not() {
    let path = file("numbers", "many.pcap", &pcap(LinkType::ETHERNET).write(&many(40)));
    let expected: Vec<_> = (0..40).filter(|n| n % 5 != 3).map(|n| (n + 1).to_string()).collect();
    for threads in [1, 2, 7] {
        assert_eq!(hear(std::slice::from_ref(&path), Joining::default(), threads).ids(), expected);
    }
    let only = |ids: &[&str]| {
        let mut heard = Heard::default();
        let ids = ids.iter().map(|id| id.parse().expect("an id")).collect();
        let selection = Selection { ids, ..Selection::default() };
        let summary = Engine::new(Limits::default()).selecting(selection).sink(&mut heard).run(&[&path]);
        assert_eq!(summary.expect("taken").selected.of, 32);
        heard.ids()
    };
    assert_eq!(
        only(&["7", "1:3", "4", "2:8"]),
        ["3", "7"],
        "4 is not WebSocket, and there is no second input"
    );
}

#[test]
fn ids_name_the_input_where_captures_are_read_each_for_itself() {
    let at = |seconds: i64| {
        let mut talk = Talk::new("192.0.2.1:50001", "192.0.2.20:8080").starting_after(seconds);
        talk.open().end_tcp(Client);
        pcap(LinkType::ETHERNET).write(&talk.packets())
    };
    let write = |name: &str, seconds| file("inputs", name, &at(seconds));
    let case = |name: &str| {
        let sample = Path::new(env!("CARGO_MANIFEST_DIR")).join("samples/case_3_2.txt");
        file("inputs", name, &fs::read(sample).expect("a sample"))
    };
    for (paths, joining, expected) in [
        (vec![write("a.pcap", 0)], Joining::Following, vec!["1"]),
        // Both ends of one connection, say.
        (vec![write("client.pcap", 0), write("server.pcap", 0)], Joining::Following, vec!["1:1", "2:1"]),
        // Rotated.
        (vec![write("r.pcap", 0), write("r.pcap1", 10)], Joining::Following, vec!["1", "2"]),
        // Of one name, and too far apart all the same.
        (vec![write("r.pcap2", 0), write("r.pcap3", 9_000)], Joining::Following, vec!["1", "2:1"]),
        (vec![write("r.pcap4", 0), write("r.pcap5", 10)], Joining::None, vec!["1:1", "2:1"]),
        (vec![write("x.pcap", 0), write("y.pcap", 9_000)], Joining::All, vec!["1", "2"]),
        (vec![case("one.txt"), case("two.txt")], Joining::Following, vec!["1", "2"]),
        (
            vec![case("one.txt"), write("a.pcap", 0), case("two.txt")],
            Joining::Following,
            vec!["1:1", "2:1", "3:1"],
        ),
        // A file that cannot be read has no number.
        (
            vec![case("one.txt"), file("inputs", "none", b"nothing"), case("two.txt")],
            Joining::Following,
            vec!["1", "2"],
        ),
    ] {
        for threads in [1, 2] {
            let heard = hear(&paths, joining, threads);
            assert_eq!(heard.ids(), expected, "{paths:?} {joining:?}");
            assert_eq!(
                heard.read.iter().sum::<usize>(),
                heard.inputs.map_or(0, |inputs| inputs.iter().filter(|input| input.unused.is_none()).count())
            );
            assert_eq!(heard.failed.len(), usize::from(paths.iter().any(|path| path.ends_with("none"))));
        }
    }
}

#[test]
fn samples_are_the_same_on_any_number_of_threads() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("samples");
    let mut paths: Vec<_> =
        fs::read_dir(&folder).expect("samples").map(|entry| entry.expect("readable").path()).collect();
    paths.retain(|path| path.is_file() && path.extension().is_some_and(|e| e != "rs" && e != "md"));
    paths.sort();
    assert!(paths.len() > 20, "{paths:?}");
    for path in &paths {
        let name = path.display().to_string();
        same_on_any_number_of_threads(std::slice::from_ref(path), &Limits::default(), &name);
    }
    same_on_any_number_of_threads(&paths, &Limits::default(), "all of them");
}

#[test]
fn oddities_are_the_same_on_any_number_of_threads() {
    for odd in oddities() {
        let path = file("odd", "odd.pcap", &odd.file());
        same_on_any_number_of_threads(&[path], &Limits::default(), &odd.name);
    }
}

#[test]
fn many_flows_are_the_same_on_any_number_of_threads_and_within_any_limits() {
    let packets = many(300);
    let path = file("many", "many.pcap", &pcap(LinkType::ETHERNET).write(&packets));
    for (name, limits, weird) in [
        ("usual", Limits::default(), None),
        ("few flows at a time", Limits { max_flows: 5, ..Limits::default() }, Some("flow_evicted")),
        ("parts of a table", Limits { max_flows: 2_048, ..Limits::default() }, None),
        ("soon idle", Limits { max_idle_seconds: 2, ..Limits::default() }, Some("flow_idle")),
        (
            "no room to wait",
            Limits { max_waiting_report_bytes: 4_000, ..Limits::default() },
            Some(WeirdKind::ReportsOutOfOrder.name()),
        ),
    ] {
        let [_, json] = same_on_any_number_of_threads(std::slice::from_ref(&path), &limits, name);
        let json = String::from_utf8(json).expect("JSON is text");
        for (kind, expected) in [
            ("flow_evicted", weird == Some("flow_evicted")),
            ("flow_idle", weird == Some("flow_idle")),
            ("reports_out_of_order", weird == Some("reports_out_of_order")),
        ] {
            assert_eq!(json.contains(kind), expected, "{kind}, {name}");
        }
    }
}

/// What is given up goes by parts of the connections, which are the same for any number of threads.
#[test]
fn what_holds_too_much_is_the_same_on_any_number_of_threads() {
    for name in ["heads", "half-heads", "holes"] {
        let make = hostile::named(name).expect("a name of the list");
        let mut bytes = Vec::new();
        hostile::as_file(make, 20, &mut |more| bytes.extend_from_slice(more));
        let path = file("held", &format!("{name}.pcap"), &bytes);
        let limits = Limits { max_flows: 2_048, max_held_bytes: 512 << 10, ..Limits::default() };
        let [_, json] = same_on_any_number_of_threads(&[path], &limits, name);
        assert!(String::from_utf8_lossy(&json).contains("held_cap"), "{name}");
    }
}

/// Datagrams in fragments have no place in a block of the capture.
#[test]
fn fragments_and_aggregates_are_the_same_on_any_number_of_threads() {
    let mut records = Vec::new();
    for (n, packet) in many(60).iter().enumerate() {
        let packet_bytes = ip_packet(packet);
        let pieces = if packet_bytes.len() > 200 {
            fragments(&packet_bytes, 96, n as u16)
        } else {
            vec![packet_bytes]
        };
        records.extend(pieces.into_iter().map(|data| Record { at_ns: packet.at_ns, data }));
    }
    let path = file("pieces", "fragments.pcap", &pcap(LinkType::RAW).write_records(records));
    let [_, json] = same_on_any_number_of_threads(&[path], &Limits::default(), "fragments");
    assert!(String::from_utf8_lossy(&json).contains("\"websocket_connections\":48"));
    let path = file("pieces", "pairs.pcap", &pairs(true));
    same_on_any_number_of_threads(&[path], &Limits::default(), "aggregates");
}

#[test]
fn happenings_come_as_they_happen_to_whoever_asks() {
    let path = file("happenings", "many.pcap", &pcap(LinkType::ETHERNET).write(&many(30)));
    let paths = std::slice::from_ref(&path);
    assert_eq!(hear(paths, Joining::default(), 2).happenings, [], "nobody asked");
    let live = |threads| {
        let mut heard = Heard { asks: Some(Keep { live: true, ..Keep::NOTHING }), ..Heard::default() };
        Engine::new(Limits::default()).threads(threads).sink(&mut heard).run(paths).expect("taken");
        heard
    };
    let one = live(1);
    assert!(one.conversations.iter().all(|conversation| conversation.frames.is_empty()), "none is kept");
    for conversation in &one.conversations {
        let of_it = one.happenings.iter().filter(|(id, _)| *id == conversation.id);
        let (mut frames, mut messages, mut over) = (0, 0, 0);
        for (_, happening) in of_it {
            match happening {
                Happening::Opened(_) => assert_eq!(frames, 0),
                Happening::Over => over += 1,
                Happening::Frame { .. } => frames += 1,
                Happening::Message { .. } => messages += 1,
                other => panic!("not asked for: {other:?}"),
            }
        }
        let last = one.happenings.iter().rfind(|(id, _)| *id == conversation.id).map(|(_, last)| last);
        assert_eq!((over, last), (usize::from(frames > 0), (frames > 0).then_some(&Happening::Over)));
        let traffic = &conversation.traffic;
        let sent = [&traffic.client, &traffic.server];
        assert_eq!(frames, sent.iter().map(|t| t.frame_count() + t.frames_cut).sum::<u64>());
        assert_eq!(messages, sent.iter().map(|t| t.text_messages + t.binary_messages).sum::<u64>());
    }
    for conversation in &one.conversations {
        for role in Role::BOTH {
            let numbers = one.happenings.iter().filter_map(|(id, happening)| match happening {
                Happening::Frame { frame, .. } if *id == conversation.id && frame.from == role => {
                    Some(frame.n)
                }
                _ => None,
            });
            assert!(numbers.is_sorted(), "the frames of a side as it sent them");
        }
    }
    for threads in [2, 7] {
        assert_eq!(live(threads).happenings, one.happenings);
    }
}

#[test]
fn a_sink_that_fails_ends_the_run() {
    struct Failing(usize);
    impl Sink for Failing {
        fn conversation(&mut self, _: &Sealed) -> Result<(), Error> {
            self.0 += 1;
            if self.0 < 3 { Ok(()) } else { Err(Error::Write(std::io::Error::other("full"))) }
        }
    }
    let path = file("failing", "many.pcap", &pcap(LinkType::ETHERNET).write(&many(300)));
    for threads in [1, 2, 7] {
        let mut sink = Failing(0);
        let result = Engine::new(Limits::default()).threads(threads).sink(&mut sink).run(&[&path]);
        assert!(matches!(result, Err(Error::Write(_))), "{result:?}");
        assert_eq!(sink.0, 3);
    }
}

/// A sink that panics at one of its calls.
struct Panicking(&'static str);

impl Panicking {
    fn at(&self, call: &str) {
        assert!(self.0 != call, "on purpose");
    }
}

impl Sink for Panicking {
    fn form(&self) -> Option<Form> {
        let panics = self.0 == "form";
        Some(Arc::new(move |_, _| assert!(!panics, "on purpose")))
    }

    fn conversation(&mut self, _: &Sealed) -> Result<(), Error> {
        self.at("conversation");
        Ok(())
    }

    fn formed(&mut self, _: &[u8], _: bool) -> Result<(), Error> {
        self.at("formed");
        Ok(())
    }

    fn read(&mut self, _: &[InputReport]) -> Result<(), Error> {
        self.at("read");
        Ok(())
    }

    fn end(&mut self, _: &[InputReport]) -> Result<(), Error> {
        self.at("end");
        Ok(())
    }
}

#[test]
fn a_sink_that_panics_ends_the_run() {
    let path = file("panicking", "many.pcap", &pcap(LinkType::ETHERNET).write(&many(300)));
    for call in ["conversation", "form", "formed", "read", "end"] {
        for threads in [1, 2, 7] {
            let run = || {
                let mut sink = Panicking(call);
                let _ = Engine::new(Limits::default()).threads(threads).sink(&mut sink).run(&[&path]);
            };
            assert!(catch_unwind(AssertUnwindSafe(run)).is_err(), "{call}, {threads} threads");
        }
    }
}

/// What a form makes of a large conversation comes in pieces that are, together, what it makes otherwise.
#[test]
fn a_large_conversation_is_formed_in_pieces() {
    struct Pieced(JsonReport<Vec<u8>>, Vec<Vec<u8>>);
    impl Sink for Pieced {
        fn asks(&self) -> Keep {
            self.0.asks()
        }

        fn form(&self) -> Option<Form> {
            self.0.form()
        }

        fn formed(&mut self, piece: &[u8], _: bool) -> Result<(), Error> {
            self.1.push(piece.to_vec());
            Ok(())
        }
    }

    struct Whole(Vec<u8>);
    impl Sink for Whole {
        fn conversation(&mut self, conversation: &Sealed) -> Result<(), Error> {
            json::connection(&mut self.0, &conversation.clone().open(), FrameList::All);
            Ok(())
        }
    }

    let make = hostile::named("frames").expect("a name of the list");
    let mut bytes = Vec::new();
    hostile::as_file(make, 9_000, &mut |more| bytes.extend_from_slice(more));
    let path = file("pieces", "frames.pcap", &bytes);
    for threads in [1, 2] {
        let mut whole = Whole(Vec::new());
        let mut pieced = Pieced(JsonReport::new(Vec::new(), FrameList::All), Vec::new());
        let engine = Engine::new(Limits::default()).threads(threads).sink(&mut pieced).sink(&mut whole);
        engine.run(&[&path]).expect("it is read");
        let largest = pieced.1.iter().map(Vec::len).max();
        assert!(largest < Some(100 << 10) && pieced.1.len() > 10, "{largest:?} of {}", pieced.1.len());
        assert!(pieced.1.concat() == whole.0, "{threads} threads");
    }
}

/// However slow forms or sinks are: what waits for them is bounded by what it takes, not by how many they are.
#[test]
fn large_conversations_do_not_wait_for_their_forms_by_the_hundred() {
    const PAYLOAD: usize = 1 << 20;

    #[derive(Default)]
    struct Behind {
        waiting: usize,
        most: usize,
    }
    impl Sink for Behind {
        fn asks(&self) -> Keep {
            Keep { first: 1, ..Keep::NOTHING }
        }

        fn form(&self) -> Option<Form> {
            Some(Arc::new(|_, _| ()))
        }

        fn conversation(&mut self, _: &Sealed) -> Result<(), Error> {
            self.waiting += 1;
            self.most = self.most.max(self.waiting);
            Ok(())
        }

        fn formed(&mut self, _: &[u8], is_last: bool) -> Result<(), Error> {
            self.waiting -= usize::from(is_last);
            Ok(())
        }
    }

    let mut symbols = vec![Symbols::Literals(b"a")];
    symbols.resize(1 + PAYLOAD / 258, Symbols::Back(258, 1));
    let payload = Blocks::default().fixed(&symbols).message();
    // Open to the end of the capture, so that all of them end at once.
    let packets = merge((0..100).map(|n| {
        let mut talk = Talk::new(&format!("10.0.0.{n}:40000"), "192.0.2.20:8080");
        let upgrade = talk.upgrade().compressed();
        talk.open_with(&upgrade).send(Server, Frame::binary(payload.clone()).rsv(4));
        talk.packets()
    }));
    let path = file("large", "large.pcap", &pcap(LinkType::ETHERNET).write(&packets));
    for threads in [2, 7] {
        let mut behind = Behind::default();
        let limits = Limits { max_preview_bytes: PAYLOAD, ..Limits::default() };
        Engine::new(limits).threads(threads).sink(&mut behind).run(&[&path]).expect("taken");
        assert!((1..50).contains(&behind.most), "{} MiB at a time", behind.most);
        assert_eq!(behind.waiting, 0);
    }
}

/// What becomes of each input is told to whoever called, even where none could be read and no sink hears of an end.
#[test]
fn inputs_of_which_none_can_be_read_are_told_of() {
    let text = file("unread", "text", b"no capture");
    let empty = file("unread", "empty", b"");
    let folder = text.parent().expect("its folder").to_owned();
    for threads in [1, 2] {
        let mut heard = Heard::default();
        let engine = Engine::new(Limits::DEFAULT).threads(threads).sink(&mut heard);
        let summary = engine.run(&[folder.clone(), folder.join("none")]).expect("no sink fails");
        assert!(summary.inputs.iter().all(|input| input.unused.is_some()));
        let mut told: Vec<_> = summary.inputs.iter().map(|input| PathBuf::from(&input.path)).collect();
        told.sort_unstable();
        assert_eq!(told, [&folder, &empty, &folder.join("none"), &text].map(PathBuf::clone));
        assert_eq!((summary.failed, heard.failed.len()), (2, 2));
        assert!(heard.inputs.is_none());
    }
}
