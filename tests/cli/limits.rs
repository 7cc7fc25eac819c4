//! Every limit, set on the command line: a capture that reaches it is said to have done so. And what is concluded beyond
//! some of them as they are by default.

use std::fs;
use std::path::Path;
use std::process::Command;

use serde_json::Value;
use wslog::autobahn::cases;
use wslog::limits::{LIMITS, Limit, Limits, Reached};
use wslog::model::case::CaseId;
use wslog::model::{Compression, LinkType, Weirds};

use crate::support::capture_file::{Endian, Interface, Pcap, Record, pcapng, with_key_logs};
use crate::support::conversation::{Client, Server, Talk, TestPacket, merge};
use crate::support::essence::{analyse_file_within, essence};
use crate::support::frame::Frame;
use crate::support::pack::pack;
use crate::support::page::Page;
use crate::support::script::{analyse, closing, findings};
use crate::support::seal::Sealed;
use crate::support::streams::play;
use crate::support::suite_run::SuiteRun;
use crate::support::upgrade::refusal;
use crate::support::wrap::{self, fragments, ip_packet, typed};
use wslog::notation::{Blocks, Symbols};

/// How a limit is reached.
enum Way {
    /// By a file that gives the weird of the limit so often under the first setting, and never without it.
    Counted(u64, fn() -> Vec<u8>),
    /// By files, and by a part of what is said of them: what it is under the first setting, and without it.
    Seen(fn() -> Vec<Vec<u8>>, fn(&Ran) -> String, &'static str, &'static str),
}

use Way::{Counted, Seen};

/// For each limit: what it is set to, then what else has to be set; and the way to reach it.
const TABLE: &[(&[&str], Way)] = &[
    (&["flows=1"], Counted(1, || pcap(&two_at_a_time()))),
    (&["held-bytes=2k", "flows=9"], Counted(2, || pcap(&long_heads()))),
    (&["idle-seconds=5"], Counted(1, || pcap(&pause(10_000)))),
    (&["closed-linger-seconds=0"], Seen(again_after_a_second, tcp_connections, "2", "1")),
    (&["compared-connections=1"], Seen(one_key_twice, keys_used_again, "0", "1")),
    (&["linked-connections=1"], Counted(1, || pcap(&two_at_a_time()))),
    (
        &["run-connections=1"],
        Seen(
            two_cases,
            index_of_run,
            r#"{"2.2":{"behavior":"OK"}} 1 left out"#,
            r#"{"2.2":{"behavior":"OK"},"2.3":{"behavior":"OK"}}"#,
        ),
    ),
    (&["tcp-moments=1"], Seen(sent_again_twice, moments, "1 and 1 more", "2 and 0 more")),
    (
        &["page-bytes=1"],
        Seen(|| vec![pcap(&two_at_a_time())], connections_of_page, "1 listed, 1 not", "2 listed, 0 not"),
    ),
    (&["servers=0"], Counted(1, || pcap(&pause(0)))),
    (&["waiting-report-bytes=1"], Counted(1, || pcap(&ended_before_an_older_one()))),
    (&["out-of-order-bytes=10"], Counted(3, || pcap(&behind_a_hole()))),
    (&["out-of-order-segments=1"], Counted(2, || pcap(&behind_a_hole()))),
    (&["history-bytes=99"], Seen(again_but_otherwise, conflicts, "0", "1")),
    (&["http2-streams=1"], Counted(1, || pcap(&two_streams()))),
    (&["http2-header-bytes=40"], Counted(2, || pcap(&two_streams()))),
    (&["nesting=1"], Counted(10, in_tunnels)),
    (&["fragment-bytes=300"], Counted(9, || in_fragments(0, false))),
    (&["fragmented-datagrams=1"], Counted(19, || in_fragments(0, true))),
    (&["fragment-expiry-seconds=2"], Counted(2, || in_fragments(5_000_000_000, false))),
    (&["handshake-bytes=100"], Counted(1, || pcap(&pause(0)))),
    (&["handshake-parts=3"], Counted(1, || pcap(&pause(0)))),
    (&["tls-handshake-bytes=100"], Counted(1, || pcap(&long_hello()))),
    (&["tls-waiting-bytes=1k"], Counted(1, waiting_for_keys)),
    (&["tls-keys=1"], Counted(2, waiting_for_keys)),
    (&["earlier-handshakes=1"], Counted(2, || pcap(&refused_thrice()))),
    (&["resync-bytes=100"], Counted(1, || pcap(&headless()))),
    (&["preview-bytes=5"], Seen(hello, texts, "hello, cut", "hello there")),
    (
        &["message-bytes=5"],
        Seen(hello, payloads, r#"{"cut":true,"text":"hello"}"#, r#"{"text":"hello there"}"#),
    ),
    (
        &["live-secrets=1"],
        Seen(
            two_secrets,
            payloads,
            r#"{"text":"{\"token\":\"<redacted 8 bytes, no. 1>\"}"} {"text":"{\"token\":\"<redacted 8 bytes>\"}"} {"text":"e5f6g7h8"}"#,
            r#"{"text":"{\"token\":\"<redacted 8 bytes, no. 1>\"}"} {"text":"{\"token\":\"<redacted 8 bytes, no. 2>\"}"} {"text":"<redacted 8 bytes, no. 2>"}"#,
        ),
    ),
    (&["listed-frame-bytes=1k"], Seen(many_frames, frames_listed, "27, 5 left out", "32, 0 left out")),
    (&["all-listed-frame-bytes=1k", "flows=9"], Counted(1, || many_frames().concat())),
    (&["inflated-message-bytes=100"], Counted(1, || pcap(&compressed(&[500, 40])))),
    (&["inflated-bytes=1_000"], Counted(2, || pcap(&compressed(&[500, 400, 300, 200])))),
    (&["inflate-ratio=50"], Counted(1, || pcap(&compressed(&[2_000_000])))),
    (&["pending-pings=2"], Counted(3, || pcap(&five_pings()))),
    (&["findings=2"], Counted(3, || pcap(&five_faults()))),
    (&["block-bytes=100"], Counted(1, || pcap(&pause(0)))),
    (&["key-log-bytes=300"], Seen(under_tls, decrypted, "false", "true")),
    (&["interfaces=1"], Counted(5, two_interfaces)),
    (&["window-bytes=1k"], Counted(1, || [packed(Compression::Gzip), packed(Compression::Zstd)].concat())),
    (&["inflated-file-bytes=300"], Counted(1, || packed(Compression::Gzip))),
    (&["file-inflate-ratio=2", "file-inflate-ratio-from-bytes=0"], Counted(1, || packed(Compression::Gzip))),
    (&["file-inflate-ratio-from-bytes=0", "file-inflate-ratio=2"], Counted(1, || packed(Compression::Gzip))),
    (&["report-bytes=1k"], Seen(a_case, refusal_of_case, "it has more than 1024 bytes", "")),
    (&["report-parts=9"], Seen(a_case, refusal_of_case, "it has more than 9 parts (values, lines)", "")),
    (&["pause-seconds=5"], Seen(two_files, sets, "null null", "1 1")),
    (
        &["sorted-bytes=100"],
        Seen(
            || vec![pcap(&pause(0))],
            sorted,
            "2 null: 0 rows and more take over 100 bytes to be sorted, which is the limit sorted-bytes",
            "0 \"192.0.2.20:8080\"",
        ),
    ),
    (
        &["sliced-connections=1"],
        Seen(
            || vec![pcap(&two_at_a_time())],
            refusal_of_slice,
            "2: --slice copies up to 1 connection and 2 are selected: select fewer, or raise the limit sliced-connections",
            "0",
        ),
    ),
    (
        &["sliced-frames=1"],
        Seen(
            || vec![pcap(&two_at_a_time())],
            refusal_of_slice,
            "2: --slice: the selected connections have too many frames for their payloads to be replaced: select fewer, or raise \
             the limit sliced-frames",
            "0",
        ),
    ),
    (
        &["secret-nesting=0"],
        Seen(uri_in_json, texts, r#"{"u":"<redacted 18 bytes, no. 1>"}"#, r#"{"u":"wss://h/?x=a1b2c3d"}"#),
    ),
    (
        &["name-bytes=1"],
        Seen(
            hello,
            refusal_of_slice,
            "0: too many names: some are replaced where they stand and not looked for elsewhere (limit name-bytes)",
            "0",
        ),
    ),
    (
        &["name-table-bytes=1"],
        Seen(
            hello,
            refusal_of_slice,
            "0: too many names: --anonymize-table lacks some (limit name-table-bytes)",
            "0",
        ),
    ),
];

const CLEAN: &str = "clean by C, sees 1000 clean / 1000 clean";

fn talk() -> Talk {
    Talk::new("192.0.2.10:50001", "192.0.2.20:8080")
}

fn end(talk: &mut Talk) -> Vec<TestPacket> {
    talk.send(Client, Frame::close(1000, "")).send(Server, Frame::close(1000, "")).end_tcp(Server).packets()
}

fn pcap(packets: &[TestPacket]) -> Vec<u8> {
    Pcap::default().write(packets)
}

fn raw(packets: impl IntoIterator<Item = (i64, Vec<u8>)>) -> Vec<u8> {
    let records = packets.into_iter().map(|(at_ns, data)| Record { at_ns, data });
    Pcap { link: LinkType::RAW, ..Pcap::default() }.write_records(records)
}

/// Two connections, the second inside the first.
fn two_at_a_time() -> Vec<TestPacket> {
    let mut inner = Talk::new("192.0.2.11:50001", "192.0.2.20:8080").starting_after(1);
    inner.open();
    merge([end(talk().open().pause(5_000)), end(&mut inner)])
}

/// The inner one of two has ended for certain before the other: its ports are used again.
fn ended_before_an_older_one() -> Vec<TestPacket> {
    let mut again =
        Talk::new("192.0.2.11:50001", "192.0.2.20:8080").with_isns(70_000, 80_000).starting_after(2);
    again.open();
    merge([two_at_a_time(), end(&mut again)])
}

/// Two WebSocket connections on one of HTTP/2.
fn two_streams() -> Vec<TestPacket> {
    play(
        "OPEN | C3: connect | S3: status 200 | C1: text one | C3: text two | C3: close 1000 | S3: close 1000 end | C3: end",
    )
}

/// Three connections with long heads, one after the other.
fn long_heads() -> Vec<TestPacket> {
    merge([1, 2, 3].map(|n| {
        let mut talk = Talk::new(&format!("192.0.2.1{n}:50001"), "192.0.2.20:8080").starting_after(n);
        let upgrade = talk.upgrade().ask("X-Note", &"long ".repeat(900));
        talk.open_with(&upgrade).packets()
    }))
}

fn pause(milliseconds: i64) -> Vec<TestPacket> {
    end(talk().open().pause(milliseconds))
}

/// Three segments of 100 bytes behind one that was not captured, apart from one another.
fn behind_a_hole() -> Vec<TestPacket> {
    let mut talk = talk();
    talk.open();
    for _ in 0..3 {
        talk.uncaptured(|talk| {
            talk.hold(Client).send(Server, Frame::text("x"));
        });
        talk.send(Server, Frame::text([b'y'; 100]));
    }
    talk.packets()
}

/// The packets in fragments: pieces of a large one last, `late` nanoseconds after the first of its kind, or of two
/// large ones in turn.
fn in_fragments(late: i64, in_turn: bool) -> Vec<u8> {
    let mut talk = talk();
    talk.open().send(Server, Frame::text([b'x'; 600])).send(Server, Frame::text([b'y'; 600]));
    let mut packets = Vec::new();
    let mut large = Vec::new();
    for packet in end(&mut talk) {
        let bytes = ip_packet(&packet);
        if packet.payload.len() < 600 {
            packets.push((packet.at_ns, bytes));
        } else if in_turn || large.is_empty() {
            large.push((packet.at_ns, fragments(&bytes, 64, large.len() as u16 + 1)));
        } else {
            packets.push((packet.at_ns, bytes));
        }
    }
    let last = packets.len() - 5;
    let tail = packets.split_off(last);
    let most = large.iter().map(|(_, pieces)| pieces.len()).max().unwrap_or(0);
    for n in 0..most {
        for (at, pieces) in &large {
            let late = if n + 1 == most { late } else { 0 };
            packets.extend(pieces.get(n).map(|piece| (at + late, piece.clone())));
        }
    }
    packets.extend(tail.into_iter().map(|(at, bytes)| (at + late, bytes)));
    raw(packets)
}

fn in_tunnels() -> Vec<u8> {
    let around = |packet: &TestPacket| wrap::raw(wrap::gre(wrap::gre(typed(ip_packet(packet)))));
    raw(pause(0).iter().map(|packet| (packet.at_ns, around(packet))))
}

fn refused_thrice() -> Vec<TestPacket> {
    let mut talk = talk();
    talk.connect();
    for _ in 0..3 {
        let request = talk.upgrade().request();
        let refusal =
            String::from_utf8(refusal("401 No", "")).expect("ASCII").replace("Connection: close\r\n", "");
        talk.bytes(Client, &request).bytes(Server, refusal.as_bytes());
    }
    let upgrade = talk.upgrade();
    talk.bytes(Client, &upgrade.request()).bytes(Server, &upgrade.response());
    end(&mut talk)
}

/// Compressed messages of so many equal bytes, none of which needs those before.
fn compressed(lengths: &[usize]) -> Vec<TestPacket> {
    let mut talk = talk();
    let mut upgrade = talk.upgrade();
    for fields in [&mut upgrade.request_fields, &mut upgrade.response_fields] {
        let offer = "permessage-deflate; server_no_context_takeover";
        fields.push(("Sec-WebSocket-Extensions".to_owned(), offer.to_owned()));
    }
    talk.open_with(&upgrade);
    for &length in lengths {
        let mut symbols = vec![Symbols::Literals(b"x")];
        symbols.extend(vec![Symbols::Back(200, 1); length / 200]);
        talk.send(Server, Frame::text(Blocks::default().fixed(&symbols).message()).rsv(4));
    }
    end(&mut talk)
}

/// A TLS record of a handshake message with what it says.
fn tls_message(kind: u8, body: &[u8]) -> Vec<u8> {
    let length = |n: usize| (n as u16).to_be_bytes();
    let message = [&[kind, 0][..], &length(body.len()), body].concat();
    [&[22, 3, 3][..], &length(message.len()), &message].concat()
}

/// Version, random, session id, cipher and compression of a hello.
fn tls_hello(random: u8, settled: &[u8]) -> Vec<u8> {
    [&[3, 3][..], &[random; 32], &[0], settled].concat()
}

/// The hello of a client with 200 bytes of padding (RFC 7685).
fn long_hello() -> Vec<TestPacket> {
    let padding = [&[0, 2, 0x13, 1, 1, 0, 0, 204, 0, 21, 0, 200][..], &[0; 200]].concat();
    let mut talk = talk();
    talk.connect().bytes(Client, &tls_message(1, &tls_hello(7, &padding))).end_tcp(Server).packets()
}

/// TLS 1.3 in a capture that brings the keys of three other connections, so that more may come.
fn waiting_for_keys() -> Vec<u8> {
    let mut talk = talk();
    talk.connect()
        .bytes(Client, &tls_message(1, &tls_hello(7, &[0, 2, 0x13, 1, 1, 0])))
        .bytes(Server, &tls_message(2, &tls_hello(8, &[0x13, 1, 0, 0, 6, 0, 43, 0, 2, 3, 4])));
    for _ in 0..5 {
        talk.bytes(Server, &[&[23, 3, 3, 1, 0][..], &[0x5a; 256]].concat());
    }
    let packets: Vec<_> = talk.end_tcp(Server).packets().into_iter().map(|packet| (0, packet)).collect();
    let file = pcapng(Endian::Little, &[Interface::new("a", LinkType::ETHERNET)], &packets);
    let line = |n: u8| format!("CLIENT_RANDOM {} {}\n", hex(n, 32), hex(n, 48));
    with_key_logs(Endian::Little, &file, &[(0, &[1, 2, 3].map(line).concat())])
}

fn hex(byte: u8, times: usize) -> String {
    format!("{byte:02x}").repeat(times)
}

fn five_faults() -> Vec<TestPacket> {
    let mut talk = talk();
    talk.open();
    for _ in 0..5 {
        talk.send(Server, Frame::text("x").rsv(2));
    }
    talk.packets()
}

fn five_pings() -> Vec<TestPacket> {
    let mut talk = talk();
    talk.open();
    for n in 0..5_u8 {
        talk.send(Server, Frame::ping([n]));
    }
    talk.send(Client, Frame::pong([0]));
    talk.packets()
}

/// Frames behind a hole that took a header, of which one alone does not show that it is one.
fn headless() -> Vec<TestPacket> {
    let mut talk = talk();
    talk.open().uncaptured(|talk| {
        talk.hold(Client).send(Server, Frame::text("x"));
    });
    talk.release(Client);
    for _ in 0..8 {
        talk.send(Server, Frame::binary([0xff; 200]));
    }
    talk.end_tcp(Server).packets()
}

fn again_after_a_second() -> Vec<Vec<u8>> {
    let mut talk = talk();
    end(talk.open());
    vec![pcap(&talk.pause(1_000).again(Server).packets())]
}

/// Three connections: the key of the first is that of the last.
fn one_key_twice() -> Vec<Vec<u8>> {
    let other =
        end(Talk::new("192.0.2.11:50001", "192.0.2.20:8080").with_isns(7, 8).starting_after(10).open());
    let last = end(Talk::new("192.0.2.12:50001", "192.0.2.20:8080").starting_after(20).open());
    vec![pcap(&merge([pause(0), other, last]))]
}

/// A message of 100 bytes sent twice, the second time with another first byte.
fn again_but_otherwise() -> Vec<Vec<u8>> {
    let mut talk = talk();
    talk.open().send(Server, Frame::text([b'x'; 98])).again(Server);
    let mut packets = talk.packets();
    packets.last_mut().expect("it was sent again").payload[0] ^= 1;
    vec![pcap(&packets)]
}

fn sent_again_twice() -> Vec<Vec<u8>> {
    let mut talk = talk();
    talk.open().send(Server, Frame::text("x")).again(Server).send(Server, Frame::text("y")).again(Server);
    vec![pcap(&end(&mut talk))]
}

/// Of the server: those listed, and the others.
fn moments(ran: &Ran) -> String {
    let page = &ran.document["connections"][0]["page"];
    let listed = page["moments"].as_array().expect("a list");
    let again = listed.iter().filter(|moment| moment["what"] == "retransmission").count();
    format!("{again} and {} more", page["moments_omitted"])
}

fn connections_of_page(ran: &Ran) -> String {
    let listed = ran.document["connections"].as_array().expect("a list").len();
    format!("{listed} listed, {} not", ran.document["left_out"])
}

fn hello() -> Vec<Vec<u8>> {
    let mut talk = talk();
    vec![pcap(&end(talk.open().send(Server, Frame::text("hello there"))))]
}

fn uri_in_json() -> Vec<Vec<u8>> {
    let frame = Frame::text(r#"{"u":"wss://h/?x=a1b2c3d"}"#);
    vec![pcap(&end(talk().open().send(Server, frame)))]
}

/// Thirty messages and two Closes.
fn many_frames() -> Vec<Vec<u8>> {
    let mut talk = talk();
    talk.open();
    for _ in 0..30 {
        talk.send(Server, Frame::text("x"));
    }
    vec![pcap(&end(&mut talk))]
}

/// What the client sends on one interface, what the server sends on another.
fn two_interfaces() -> Vec<u8> {
    let interfaces = ["a", "b"].map(|name| Interface::new(name, LinkType::ETHERNET));
    let packets = pause(0).into_iter().map(|packet| (usize::from(packet.from.port() == 8080), packet));
    pcapng(Endian::Little, &interfaces, &packets.collect::<Vec<_>>())
}

/// Much of one kind, compressed.
fn packed(compression: Compression) -> Vec<u8> {
    let mut talk = talk();
    talk.open();
    for _ in 0..10 {
        talk.send(Server, Frame::text([b'x'; 1_000]));
    }
    pack(compression, &pcap(&end(&mut talk)))
}

fn a_case() -> Vec<Vec<u8>> {
    vec![fs::read("samples/autobahn/after/alpha_case_3_2.json").expect("a sample")]
}

/// A capture that went on in another file after ten seconds.
fn two_files() -> Vec<Vec<u8>> {
    let mut second = talk().with_isns(7, 8).starting_after(10);
    vec![pcap(&pause(0)), pcap(&end(second.open()))]
}

fn tcp_connections(ran: &Ran) -> String {
    ran.document["inputs"][0]["tcp_connections"].to_string()
}

fn keys_used_again(ran: &Ran) -> String {
    ran.lists("findings").filter(|finding| finding["rule"] == "HS-KEY").count().to_string()
}

fn conflicts(ran: &Ran) -> String {
    ran.weird("conflicting_retransmission").to_string()
}

fn texts(ran: &Ran) -> String {
    let frames = ran.document["connections"][0]["frames"].as_array().expect("a list").iter();
    let payloads = frames.filter(|frame| frame["opcode"] == 1).map(|frame| &frame["payload"]);
    let shown = payloads.map(|payload| {
        let cut = if payload["cut"] == true { ", cut" } else { "" };
        format!("{}{cut}", payload["text"].as_str().unwrap_or("no text"))
    });
    shown.collect::<Vec<_>>().join(" ")
}

fn payloads(ran: &Ran) -> String {
    let rows = ran.document.as_array().expect("rows").iter();
    rows.map(|row| row["payload"].to_string()).collect::<Vec<_>>().join(" ")
}

/// Two secrets, and the second one again.
fn two_secrets() -> Vec<Vec<u8>> {
    let mut talk = talk();
    talk.open();
    for text in [r#"{"token":"a1b2c3d4"}"#, r#"{"token":"e5f6g7h8"}"#, "e5f6g7h8"] {
        talk.send(Server, Frame::text(text));
    }
    vec![pcap(&end(&mut talk))]
}

fn frames_listed(ran: &Ran) -> String {
    let connection = &ran.document["connections"][0];
    let frames = connection["frames"].as_array().expect("a list");
    assert_eq!(frames.last().expect("it is always listed")["opcode"], 8, "the end is never left out");
    format!("{}, {} left out", frames.len(), connection["frames_omitted"])
}

fn refusal_of_case(ran: &Ran) -> String {
    ran.errors.lines().next().and_then(|line| line.rsplit(": ").next()).unwrap_or_default().to_owned()
}

/// A connection under TLS, and its key log.
fn under_tls() -> Vec<Vec<u8>> {
    let mut wss = Sealed::new(Talk::new("192.0.2.10:50001", "192.0.2.20:443"), 1);
    wss.open().send(Client, Frame::close(1000, "")).send(Server, Frame::close(1000, ""));
    vec![pcap(&wss.talk.end_tcp(Server).packets()), wss.key_log().into_bytes()]
}

fn decrypted(ran: &Ran) -> String {
    ran.document["connections"][0]["tls"]["decrypted"].to_string()
}

/// Two cases of an Autobahn run.
fn two_cases() -> Vec<Vec<u8>> {
    let connections = (1..).zip(["2.2", "2.3"]).map(|(n, id)| {
        let case = cases::find(&CaseId::new(id).expect("a number")).expect("a case");
        SuiteRun::SERVER.passed(n, &format!("/runCase?casetuple={id}&agent=ws"), case)
    });
    vec![pcap(&merge(connections))]
}

/// The cases of the only agent, and how many connections were left out.
fn index_of_run(ran: &Ran) -> String {
    let cases = ran.document["ws"].as_object().expect("an agent").iter();
    let cases = cases
        .map(|(id, entry)| format!(r#""{id}":{{"behavior":{}}}"#, entry["behavior"]))
        .collect::<Vec<_>>();
    let left_out = if ran.errors.contains("1 connection of runs left out") { " 1 left out" } else { "" };
    format!("{{{}}}{left_out}", cases.join(","))
}

/// Exit code, the host of the only row, and what is said instead.
fn sorted(ran: &Ran) -> String {
    let host = &ran.document["host"];
    let said = ran.errors.lines().next().map_or_else(String::new, |line| line.replace("wslog: ", ": "));
    format!("{} {host}{said}", ran.code.unwrap_or(-1))
}

fn refusal_of_slice(ran: &Ran) -> String {
    let said = ran.errors.trim_end().replace("wslog: ", ": ");
    format!("{}{said}", ran.code.unwrap_or(-1))
}

fn sets(ran: &Ran) -> String {
    let inputs = ran.document["inputs"].as_array().expect("a list").iter();
    inputs.map(|input| input["set"].to_string()).collect::<Vec<_>>().join(" ")
}

/// What `wslog inspect` said of files.
struct Ran {
    code: Option<i32>,
    /// `Value::Null` where none was written.
    document: Value,
    errors: String,
}

impl Ran {
    fn of(name: &str, files: &[Vec<u8>], settings: &[&str]) -> Self {
        let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("limits").join(name);
        fs::create_dir_all(&folder).expect("a scratch directory");
        let paths = (1..).zip(files).map(|(n, file)| {
            let path = folder.join(n.to_string());
            fs::write(&path, file).expect("a scratch file");
            path.into_os_string().into_string().expect("UTF-8")
        });
        let paths = paths.collect::<Vec<_>>();
        let is_of_rows = ["message-bytes", "live-secrets"].iter().any(|limit| name.starts_with(limit));
        let is_of_page = ["tcp-moments", "page-bytes"].iter().any(|limit| name.starts_with(limit));
        // What is written beside the report must not be there yet.
        let beside = folder.join("beside");
        let _ = fs::remove_file(&beside);
        let beside = beside.to_str().expect("UTF-8");
        let mut arguments = if is_of_rows {
            vec!["messages", "--quiet", "--format", "ndjson", "--payload", "full"]
        } else if is_of_page {
            vec!["inspect", "--quiet", "--format", "html"]
        } else if name.starts_with("run-connections") {
            vec!["inspect", "--quiet", "--format", "autobahn-index"]
        } else if name.starts_with("sorted-bytes") {
            vec!["list", "--quiet", "--format", "ndjson", "--sort", "host"]
        } else if name.starts_with("sliced-") {
            vec!["inspect", "--quiet", "--format", "json", "--payload", "none", "--slice", beside]
        } else if name.starts_with("name-") {
            vec!["inspect", "--quiet", "--format", "json", "--anonymize", "--anonymize-table", beside]
        } else {
            vec!["inspect", "--quiet", "--format", "json", "--frames", "all"]
        };
        arguments.extend(settings.iter().flat_map(|setting| ["--limit", setting]));
        for (path, file) in paths.iter().zip(files) {
            // What is no capture is its key log.
            arguments.extend(file.starts_with(b"CLIENT_").then_some("--keylog"));
            arguments.push(path);
        }
        let (code, out, errors) = wslog(&arguments);
        let lines = out.lines().map(|line| serde_json::from_str(line).expect("JSON"));
        let document = match () {
            () if is_of_rows => Value::Array(lines.collect()),
            () if out.is_empty() => Value::Null,
            () if is_of_page => {
                let Page { mut document, connections, .. } = Page::open(&out);
                document["connections"] = connections.into();
                document
            }
            () => serde_json::from_str(&out).expect("JSON"),
        };
        Self { code, document, errors }
    }

    /// What all inputs and connections have in lists of that name.
    fn lists(&self, name: &str) -> impl Iterator<Item = &Value> {
        let parts = ["inputs", "connections"].map(|part| self.document[part].as_array());
        parts.into_iter().flatten().flatten().filter_map(move |part| part[name].as_array()).flatten()
    }

    /// How often that weird is in the report.
    fn weird(&self, name: &str) -> u64 {
        let counts = self.lists("weirds").filter(|weird| weird["name"] == name);
        counts.filter_map(|weird| weird["count"].as_u64()).sum()
    }
}

/// Exit code, standard output, standard error.
fn wslog(arguments: &[&str]) -> (Option<i32>, String, String) {
    let output = Command::new(env!("CARGO_BIN_EXE_wslog")).args(arguments).output().expect("it runs");
    let [out, err] = [output.stdout, output.stderr].map(|text| String::from_utf8(text).expect("UTF-8"));
    (output.status.code(), out, err)
}

fn limit_of(settings: &[&str]) -> &'static Limit {
    let name = settings[0].split_once('=').expect("NAME=VALUE").0;
    Limit::named(name).unwrap_or_else(|| panic!("there is no limit {name}"))
}

/// Every row of the table of limits has a way here to reach it, in the same order.
#[test]
fn no_limit_is_forgotten() {
    let tried: Vec<_> = TABLE.iter().map(|(settings, _)| limit_of(settings).name).collect();
    for limit in LIMITS {
        assert!(tried.contains(&limit.name), "nothing shows that {} can be reached", limit.name);
    }
    assert_eq!(tried, LIMITS.iter().map(|limit| limit.name).collect::<Vec<_>>());
}

#[test]
fn each_limit_that_is_reached_says_so() {
    let (mut found, mut expected) = (Vec::new(), Vec::new());
    for (settings, way) in TABLE {
        let limit = limit_of(settings);
        let run = |files: &[Vec<u8>], settings| Ran::of(limit.name, files, settings);
        let (under, without) = match (way, limit.reached) {
            (Counted(_, file), Reached::Counted(weird)) => {
                let files = [file()];
                let [under, without] = [settings, &settings[1..]].map(|settings| run(&files, settings));
                assert_eq!(
                    (under.code, without.code),
                    (Some(0), Some(0)),
                    "{}: {}",
                    limit.name,
                    under.errors
                );
                (under.weird(weird.name()).to_string(), without.weird(weird.name()).to_string())
            }
            (Seen(files, part, ..), Reached::Seen(_)) => {
                let files = files();
                (part(&run(&files, settings)), part(&run(&files, &settings[1..])))
            }
            _ => panic!("{}: a weird counts it, or something else shows it", limit.name),
        };
        found.push((limit.name, under, without));
        expected.push(match way {
            Counted(times, _) => (limit.name, times.to_string(), "0".to_owned()),
            Seen(.., under, without) => (limit.name, (*under).to_owned(), (*without).to_owned()),
        });
    }
    assert_eq!(found, expected);
}

/// The smallest value and the largest one are values like others.
#[test]
fn no_value_of_a_limit_is_too_much() {
    for (settings, way) in TABLE {
        let limit = limit_of(settings);
        let files = match way {
            Counted(_, file) => vec![file()],
            Seen(files, ..) => files(),
        };
        for value in [limit.least, limit.most] {
            let setting = format!("{}={value}", limit.name);
            let ran =
                Ran::of(&format!("{}-ends", limit.name), &files, &[&[&*setting], &settings[1..]].concat());
            // What lets nothing be read of an input says so.
            let refused = value == 0
                && [
                    "inflated-file-bytes",
                    "report-bytes",
                    "report-parts",
                    "run-connections",
                    "sorted-bytes",
                    "sliced-connections",
                    "sliced-frames",
                ]
                .contains(&limit.name);
            let says = refused || value == 0 && limit.name.starts_with("name-");
            let expected = if refused { Some(2) } else { Some(0) };
            assert_eq!(ran.code, expected, "{setting}: {}", ran.errors);
            assert_eq!(ran.errors.is_empty(), !says, "{setting}: {}", ran.errors);
        }
    }
}

#[test]
fn the_listing_has_every_limit() {
    let (code, listing, errors) = wslog(&["inspect", "--limit", "help"]);
    assert_eq!((code, errors.as_str()), (Some(0), ""), "no input is needed");
    assert!(listing.lines().all(|line| line.chars().count() <= 80), "{listing}");
    let words = listing.split_whitespace().collect::<Vec<_>>().join(" ");
    for limit in LIMITS {
        let weird = limit.weird().map_or("", |weird| weird.name());
        let row = [limit.name, &limit.unit.show(limit.default), limit.unit.name(), weird, limit.what];
        let row = row.iter().filter(|cell| !cell.is_empty()).copied().collect::<Vec<_>>().join(" ");
        assert!(words.contains(&row), "{row}");
    }
    let (_, script, _) = wslog(&["completions", "bash"]);
    assert!(script.contains(" flows=1_000_000 "), "a limit is completed with its default, to be changed");
    // As soon as it is read, like --help.
    assert_eq!(wslog(&["inspect", "--limit=help", "no/such/file", "--no-such"]).1, listing);
}

#[test]
fn settings_that_are_none() {
    for (setting, says) in [
        ("flowz=3", "there is no limit \"flowz\"; did you mean flows? (--limit help lists them all)"),
        ("max-flows=3", "there is no limit \"max-flows\"; did you mean flows? "),
        ("max_out_of_order=3", "did you mean out-of-order-bytes, out-of-order-segments? "),
        ("xyz=3", "there is no limit \"xyz\" (--limit help lists them all)"),
        ("=3", "there is no limit \"\" (--limit help"),
        ("helpme", "there is no limit \"helpme\" (--limit help"),
        ("flows", "give it a value; the default is flows=1_000_000"),
        ("flows=", "give it a value; the default is flows=1_000_000"),
        ("flows=0", "flows must be from 1 to 4_294_967_295"),
        ("flows=1k", "flows takes a whole number (connections)"),
        ("preview_bytes=-1", "preview-bytes takes a whole number (bytes, or KiB, MiB, GiB with k, M, G)"),
        ("idle-seconds=99999999999999999999", "idle-seconds must be from 1 to 4_294_967_295"),
    ] {
        let (code, out, errors) = wslog(&["inspect", "--limit", setting, "samples/reset.pcap"]);
        assert_eq!((code, out.as_str()), (Some(2), ""), "{setting}");
        assert!(errors.contains(says), "{setting}: {errors}");
    }
    let (_, _, errors) = wslog(&["inspect", "samples/reset.pcap", "--limit"]);
    assert!(errors.contains("tip: --limit help lists the names") && !errors.contains("possible"), "{errors}");
}

/// Each limit had an option of its own once.
#[test]
fn options_that_were_limits() {
    for (option, name) in [
        ("--max-flows=3", "flows"),
        ("--max-linger-seconds", "closed-linger-seconds"),
        ("--max-inflated", "inflated-message-bytes"),
        ("--max-fragment-seconds", "fragment-expiry-seconds"),
        ("--max-waiting-reports", "waiting-report-bytes"),
        ("--max-preview", "preview-bytes"),
        ("--max-nonsense", "NAME"),
    ] {
        let (code, _, errors) = wslog(&["inspect", option, "samples/reset.pcap"]);
        assert_eq!(code, Some(2), "{option}");
        assert_eq!(errors.matches("tip:").count(), 1, "{option}: {errors}");
        let tip = format!("tip: set caps with --limit {name}=VALUE; wslog inspect --limit help lists them");
        assert!(errors.contains(&tip), "{option}: {errors}");
    }
    let (_, _, errors) = wslog(&["inspect", "--filter", "x", "samples/reset.pcap"]);
    assert!(!errors.contains("--limit"), "{errors}");
}

/// What is left out is told in its place, between the first frames and the last ones.
#[test]
fn frames_left_out_of_the_list() {
    let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join("limits-frames.pcap");
    fs::write(&path, many_frames().remove(0)).expect("a scratch file");
    let path = path.to_str().expect("UTF-8");
    let listed = |limit| wslog(&["inspect", "--frames", "all", "--limit", limit, path]).1;
    let lines = |text: &str| text.lines().filter(|line| line.contains("text FIN")).count();
    let (some, all) = (listed("listed-frame-bytes=1k"), listed("listed-frame-bytes=1M"));
    let (first, last) = some.split_once("… 13 frames left out").expect("it is told");
    assert_eq!((lines(first), lines(last)), (7, 10), "{some}");
    assert!(
        some.contains("--limit listed-frame-bytes for more")
            && !some.contains("--frames all")
            && !all.contains("left out"),
        "{some}"
    );
    assert!(!all.contains("listed-frame-bytes"), "{all}");
    assert_eq!(lines(&all), 30);
}

/// `--payload full` asks for all, limits for as much as they say.
#[test]
fn whole_payloads_and_their_limit() {
    let mut talk = talk();
    let long = pcap(&end(talk.open().send(Server, Frame::text(vec![b'x'; 1_100_000]))));
    let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join("limits-long.pcap");
    fs::write(&path, long).expect("a scratch file");
    let path = path.to_str().expect("UTF-8");
    let kept = |more: &[&str]| {
        let arguments = [&["inspect", "--format", "json", "--frames", "all", path], more].concat();
        let document: Value = serde_json::from_str(&wslog(&arguments).1).expect("JSON");
        let frames = document["connections"][0]["frames"].as_array().expect("a list").iter();
        frames.filter_map(|frame| frame["payload"]["text"].as_str()).map(str::len).max()
    };
    assert_eq!(kept(&[]), Some(256));
    assert_eq!(kept(&["--limit", "preview-bytes=10", "--limit", "preview-bytes=1k"]), Some(1 << 10));
    assert_eq!(kept(&["--payload", "full"]), Some(1_100_000));
    assert_eq!(kept(&["--payload", "full", "--limit", "message-bytes=1M"]), Some(1 << 20));
    assert_eq!(kept(&["--payload", "full", "--limit", "message-bytes=0"]), Some(256));
    assert_eq!(kept(&["--limit", "preview-bytes=2M", "--payload", "full"]), Some(1_100_000));
}

/// A Pong for a Ping that was given up is held against nobody.
#[test]
fn what_was_given_up_accuses_nobody() {
    let limits = Limits { max_pending_pings: 2, ..Limits::default() };
    let (reports, _) = analyse_file_within(&pcap(&five_pings()), &limits);
    let found: Vec<_> = reports[0].findings.iter().map(|f| f.violation.rule().name()).collect();
    assert!(!found.contains(&"FR-PONG-DATA") && !found.contains(&"FR-PONG-UNSOL"), "{found:?}");
}

/// Giving up an idle connection changes nothing but what is said of its end.
#[test]
fn idle_connections_are_given_up_by_capture_time() {
    let mut first = talk();
    let mut second = talk().starting_after(60).with_isns(7, 8);
    first.open().send(Client, Frame::text("first"));
    second.open().send(Client, Frame::text("second"));
    let packets = merge([first.packets(), end(&mut second)]);
    let text = |seconds| {
        let limits = Limits { max_idle_seconds: seconds, ..Limits::default() };
        let (mut reports, input) = analyse_file_within(&pcap(&packets), &limits);
        reports.iter_mut().for_each(|report| report.weirds = Weirds::default());
        assert_eq!(input.tcp_connections, 2, "{seconds}");
        essence(&reports)
    };
    assert_eq!(text(86_400), text(30), "the port was used again");

    let other = Talk::new("192.0.2.11:50001", "192.0.2.20:8080").starting_after(100).open().packets();
    let (reports, _) = analyse_file_within(
        &pcap(&merge([first.packets(), other])),
        &Limits { max_idle_seconds: 30, ..Limits::default() },
    );
    assert_eq!(reports[0].closing.outcome.name(), "open");
    assert_eq!(reports[0].weirds.as_slice()[0].kind.name(), "flow_idle");
}

/// More Pings, and Pongs that fit none, than are kept: they may answer those given up, and the later Pong still
/// answers.
#[test]
fn many_pongs_that_fit_no_ping() {
    let mut talk = talk();
    talk.open();
    for n in 0..70 {
        talk.send(Server, Frame::ping(n.to_string()));
    }
    for _ in 0..200 {
        talk.send(Client, Frame::pong("x"));
    }
    talk.send(Client, Frame::pong("69"));
    let report = &analyse(&end(&mut talk))[0];
    assert_eq!((findings(report).as_str(), closing(report).as_str()), ("", CLEAN));
}

/// Of handshakes that were refused one after the other the first ones are listed, the others counted.
#[test]
fn many_refusals_on_one_connection() {
    let mut talk = talk();
    talk.connect();
    for _ in 0..20 {
        let request = talk.upgrade().request();
        talk.bytes(Client, &request).bytes(Server, &refusal("401 Unauthorized", "who?"));
    }
    let report = &analyse(&talk.packets())[0];
    assert_eq!(report.earlier.len(), 16);
    let weirds: Vec<_> = report.weirds.as_slice().iter().map(|w| (w.kind.name(), w.count)).collect();
    assert_eq!(weirds, [("handshake_cap", 3)]);
}

/// A response that was not read for its length is nobody's omission.
#[test]
fn a_response_that_is_too_long_to_be_read() {
    let mut talk = talk();
    let long = talk.upgrade().answer("X-Long", &"x".repeat(70_000));
    let packets = talk.open_with(&long).end_tcp(Server).packets();
    let report = &analyse(&packets)[0];
    assert_eq!(
        (findings(report).as_str(), closing(report).as_str()),
        ("", "not_observable by ?, sees - / -")
    );
    assert!(report.weirds.as_slice().iter().any(|weird| weird.kind.name() == "handshake_cap"));
}
