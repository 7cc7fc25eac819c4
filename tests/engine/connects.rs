//! TCP that was refused or not answered: told where its server has carried WebSocket, or where all are asked for; counted
//! where it carries it later.

use std::fs;
use std::path::{Path, PathBuf};

use wslog::engine::{Engine, Gate, Sink};
use wslog::error::Error;
use wslog::limits::Limits;
use wslog::model::{InputReport, Level};
use wslog::redact::Sealed;
use wslog::views::FrameList;
use wslog::views::json::JsonReport;
use wslog::views::text::{Style, TextReport};

use crate::support::capture_file::Pcap;
use crate::support::conversation::{Client, Server, Talk, TestPacket, merge};
use crate::support::frame::Frame;

const SERVER: &str = "192.0.2.20:8080";
const OTHER: &str = "192.0.2.20:8081";

fn file(test: &str, name: &str, packets: &[TestPacket]) -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("engine").join(test);
    fs::create_dir_all(&folder).expect("a folder of its own");
    let path = folder.join(name);
    fs::write(&path, Pcap::default().write(packets)).expect("writable");
    path
}

/// The client with that port, after so many seconds.
fn talk(port: u16, server: &str, seconds: i64) -> Talk {
    let isn = u32::from(port) * 1_000;
    Talk::new(&format!("192.0.2.10:{port}"), server).with_isns(isn, isn + 7).starting_after(seconds)
}

/// A connection that works.
fn works(port: u16, server: &str, seconds: i64) -> Vec<TestPacket> {
    let mut talk = talk(port, server, seconds);
    talk.open().send(Client, Frame::close(1000, "")).send(Server, Frame::close(1000, ""));
    talk.end_tcp(Server).packets()
}

/// One that is open until the recording ends.
fn stays(port: u16, server: &str, seconds: i64, until: i64) -> Vec<TestPacket> {
    let mut talk = talk(port, server, seconds);
    talk.open().send(Client, Frame::text("a")).pause((until - seconds) * 1_000);
    talk.send(Server, Frame::text("b")).packets()
}

fn refused(port: u16, server: &str, seconds: i64) -> Vec<TestPacket> {
    talk(port, server, seconds).refuse().packets()
}

/// SYNs with pauses of so many milliseconds in between.
fn unanswered(port: u16, server: &str, seconds: i64, pauses: &[i64]) -> Vec<TestPacket> {
    let mut talk = talk(port, server, seconds);
    talk.syn();
    for &pause in pauses {
        talk.pause(pause).syn_again();
    }
    talk.packets()
}

/// What it comes to: connections, failed ones with what is known of them; and the oddities of all inputs.
#[derive(Debug, Default)]
struct Told {
    lines: Vec<String>,
    inputs: Vec<InputReport>,
}

impl Sink for Told {
    fn conversation(&mut self, sealed: &Sealed) -> Result<(), Error> {
        let conversation = sealed.clone().open();
        let closing = &conversation.closing;
        let cause = closing.cause.as_ref().expect("every end has a cause");
        let line = match conversation.connect {
            Some(connect) => {
                assert!(conversation.request.is_none() && conversation.response.is_none());
                let sees =
                    [&closing.sees.client, &closing.sees.server].map(|view| view.code.map(|code| code.0));
                assert_eq!((closing.outcome.name(), sees), ("handshake_failed", [Some(1006), None]));
                assert!(conversation.findings.is_empty() && closing.steps.is_empty());
                let how = if connect.refused { "refused" } else { "unanswered" };
                let tcp = conversation.tcp.expect("a capture");
                // It stands at an RST or a SYN, and nothing else fits.
                let at = cause.packet.expect("a packet that shows it");
                assert!((tcp.first_packet..=tcp.last_packet).contains(&at) && cause.also.is_empty());
                format!(
                    "{} {how} {} {:?}, packets {}-{}",
                    cause.id(),
                    connect.syns,
                    cause.certainty,
                    tcp.first_packet,
                    tcp.last_packet
                )
            }
            None => closing.outcome.name().to_owned(),
        };
        self.lines.push(format!("#{} {line}", conversation.id));
        Ok(())
    }

    fn end(&mut self, inputs: &[InputReport]) -> Result<(), Error> {
        self.inputs = inputs.to_vec();
        Ok(())
    }
}

impl Told {
    /// Connections, then oddities.
    fn all(&self) -> String {
        let odd = self.inputs.iter().flat_map(|input| input.weirds.as_slice());
        let odd = odd.map(|odd| {
            let packet = odd.packet.map_or_else(|| "?".to_owned(), |packet| packet.to_string());
            format!("{} ×{} at {packet}: {}", odd.kind.name(), odd.count, odd.detail)
        });
        self.lines.iter().cloned().chain(odd).collect::<Vec<_>>().join("\n")
    }
}

fn hear(paths: &[PathBuf], all: bool, threads: usize, limits: &Limits) -> Told {
    let mut told = Told::default();
    let engine = Engine::new(limits.clone()).threads(threads).all_connects(all).sink(&mut told);
    engine.run(paths).expect("a sink that takes all");
    told
}

/// Text and JSON.
fn render(paths: &[PathBuf], threads: usize) -> [Vec<u8>; 2] {
    let (mut text, mut json) = (Vec::new(), Vec::new());
    let mut page = TextReport::new(&mut text, Style::plain(100), FrameList::Ends, false);
    let mut document = JsonReport::new(&mut json, FrameList::Ends);
    let engine = Engine::new(Limits::default()).threads(threads).sink(&mut page).sink(&mut document);
    engine.run(paths).expect("memory takes all");
    [text, json]
}

/// Title, packets, what is told of them, and what is told where all are asked for: nothing else, where that is empty.
type Row = (&'static str, Vec<Vec<TestPacket>>, &'static str, &'static str);

fn table() -> Vec<Row> {
    let carried = || works(50_001, SERVER, 0);
    let goes_on = || stays(50_001, SERVER, 0, 60);
    let mut accepted = talk(50_002, SERVER, 10);
    accepted.connect().reset(Server);
    let mut scanned = talk(50_002, SERVER, 10);
    scanned.syn().accept().reset(Client);
    let mut half = talk(50_002, SERVER, 10);
    half.syn().accept();
    let mut bare = talk(50_002, SERVER, 10);
    bare.syn().reset_bare(Server);
    let mut given_up = talk(50_002, SERVER, 10);
    given_up.syn().reset(Client);
    let twice = |packets: Vec<TestPacket>| {
        let copies: Vec<_> = packets
            .iter()
            .map(|packet| TestPacket { at_ns: packet.at_ns + 20_000, ..packet.clone() })
            .collect();
        merge([packets, copies])
    };
    vec![
        (
            "refused after one that worked",
            vec![carried(), refused(50_002, SERVER, 10)],
            "#1 clean\n#2 connect_failed refused 1 Proven, packets 11-12",
            "",
        ),
        (
            "refused while one is open",
            vec![goes_on(), refused(50_002, SERVER, 10)],
            "#1 open\n#2 connect_failed refused 1 Proven, packets 7-8",
            "",
        ),
        (
            "refused before one that worked",
            vec![refused(50_001, SERVER, 0), refused(50_002, SERVER, 1), works(50_003, SERVER, 2)],
            "#3 clean\n\
             connect_failed ×2 at 1: 2 attempts to connect to 192.0.2.20:8080 were refused or not answered before it carried WebSocket",
            "#1 connect_failed refused 1 Proven, packets 1-2\n#2 connect_failed refused 1 Proven, packets 3-4\n#3 clean",
        ),
        (
            "refused before and after",
            vec![refused(50_001, SERVER, 0), works(50_002, SERVER, 1), refused(50_003, SERVER, 2)],
            "#2 clean\n#3 connect_failed refused 1 Proven, packets 13-14\n\
             connect_failed ×1 at 1: 1 attempt to connect to 192.0.2.20:8080 was refused or not answered before it carried WebSocket",
            "#1 connect_failed refused 1 Proven, packets 1-2\n#2 clean\n#3 connect_failed refused 1 Proven, packets 13-14",
        ),
        (
            "two servers that carried WebSocket later",
            vec![
                refused(50_001, OTHER, 0),
                refused(50_002, SERVER, 1),
                works(50_003, SERVER, 2),
                works(50_004, OTHER, 3),
            ],
            "#3 clean\n#4 clean\n\
             connect_failed ×1 at 1: 1 attempt to connect to 192.0.2.20:8081 was refused or not answered before it carried WebSocket\n\
             connect_failed ×1 at 3: 1 attempt to connect to 192.0.2.20:8080 was refused or not answered before it carried WebSocket",
            "#1 connect_failed refused 1 Proven, packets 1-2\n#2 connect_failed refused 1 Proven, packets 3-4\n#3 clean\n#4 clean",
        ),
        (
            "refused where nothing carries WebSocket",
            vec![carried(), refused(50_002, OTHER, 10)],
            "#1 clean",
            "#1 clean\n#2 connect_failed refused 1 Proven, packets 11-12",
        ),
        (
            "not answered",
            vec![goes_on(), unanswered(50_002, SERVER, 10, &[1_000, 2_000])],
            "#1 open\n#2 connect_failed unanswered 3 Likely, packets 7-9",
            "",
        ),
        (
            "not answered, and tried again by the same port",
            vec![
                goes_on(),
                unanswered(50_002, SERVER, 10, &[1_000, 2_000]),
                Talk::new("192.0.2.10:50002", SERVER).with_isns(90, 91).starting_after(30).refuse().packets(),
            ],
            "#1 open\n#2 connect_failed unanswered 3 Likely, packets 7-9\n#3 connect_failed refused 1 Proven, packets 10-11",
            "",
        ),
        ("sent again once only", vec![goes_on(), unanswered(50_002, SERVER, 10, &[1_000])], "#1 open", ""),
        (
            "the recording ends too soon",
            vec![stays(50_001, SERVER, 0, 15), unanswered(50_002, SERVER, 10, &[1_000, 2_000])],
            "#1 open",
            "",
        ),
        (
            "captured twice, not sent twice",
            vec![goes_on(), twice(unanswered(50_002, SERVER, 10, &[1_000]))],
            "#1 open",
            "",
        ),
        (
            "captured and sent more than once",
            vec![goes_on(), twice(unanswered(50_002, SERVER, 10, &[1_000, 2_000]))],
            "#1 open\n#2 connect_failed unanswered 3 Likely, packets 7-12",
            "",
        ),
        (
            "refused, and all captured twice",
            vec![goes_on(), twice(refused(50_002, SERVER, 10))],
            "#1 open\n#2 connect_failed refused 1 Proven, packets 7-10",
            "",
        ),
        (
            "refused at the third SYN",
            vec![goes_on(), {
                let mut talk = talk(50_002, SERVER, 10);
                talk.syn().pause(1_000).syn_again().pause(2_000);
                let mut packets = talk.packets();
                packets.extend(refused(50_002, SERVER, 13));
                packets
            }],
            "#1 open\n#2 connect_failed refused 3 Proven, packets 7-10",
            "",
        ),
        ("accepted, then reset", vec![goes_on(), accepted.packets()], "#1 open", ""),
        ("a scan that resets what was accepted", vec![goes_on(), scanned.packets()], "#1 open", ""),
        ("accepted, and no more", vec![goes_on(), half.packets()], "#1 open", ""),
        ("an RST that answers nothing", vec![goes_on(), bare.packets()], "#1 open", ""),
        ("given up by the client", vec![goes_on(), given_up.packets()], "#1 open", ""),
    ]
}

#[test]
fn what_could_not_connect_is_told_where_its_server_carries_websocket() {
    for (at, (title, packets, expected, all)) in table().into_iter().enumerate() {
        let path = file("connects", &format!("{at}.pcap"), &merge(packets));
        let paths = std::slice::from_ref(&path);
        let asked_for = if all.is_empty() { expected } else { all };
        for threads in [1, 2, 7] {
            let limits = Limits::default();
            let told = hear(paths, false, threads, &limits);
            assert_eq!(told.all(), expected, "{title}, {threads} threads");
            let counted = told.lines.iter().filter(|line| !line.contains("connect_failed")).count();
            assert_eq!(told.inputs[0].websocket_connections, counted as u64, "{title}");
            assert_eq!(
                hear(paths, true, threads, &limits).all(),
                asked_for,
                "{title}, all, {threads} threads"
            );
        }
        let one = render(paths, 1);
        assert!([2, 7].into_iter().all(|threads| render(paths, threads) == one), "{title}");
    }
}

/// One connection that goes on while a host tries all ports of another.
#[test]
fn a_scan_of_ports_is_not_told() {
    let mut captures = vec![stays(50_001, SERVER, 0, 60)];
    captures.extend((0..10_000).map(|n| refused(40_000, &format!("192.0.2.30:{}", 10_000 + n), 1)));
    let path = file("connects", "scan.pcap", &merge(captures));
    let paths = [path];
    for threads in [1, 2, 7] {
        // What waits behind the open connection takes less than this; a conversation each would not.
        let limits = Limits { max_waiting_report_bytes: 10_000 * 1_800, ..Limits::default() };
        assert_eq!(hear(&paths, false, threads, &limits).all(), "#1 open", "{threads} threads");
    }
    let all = hear(&paths, true, 2, &Limits::default());
    assert_eq!((all.lines.len(), all.inputs[0].websocket_connections), (10_001, 1));
}

/// More servers than anybody reads of: the others are counted together.
#[test]
fn servers_that_came_up_late_are_told_one_by_one_up_to_a_number() {
    let server = |n: u16| format!("192.0.2.20:{}", 8_000 + n);
    let late = (0..50).map(|n| refused(40_000 + n, &server(n), 0));
    let packets = late.chain((0..50).map(|n| works(50_000 + n, &server(n), 10))).collect::<Vec<_>>();
    let paths = [file("connects", "late.pcap", &merge(packets))];
    for threads in [1, 2, 7] {
        let told = hear(&paths, false, threads, &Limits::default());
        let odd = told.inputs[0].weirds.as_slice();
        let of = |at: usize| (odd[at].count, odd[at].packet.map(|packet| packet.0), odd[at].detail.as_str());
        assert_eq!((told.lines.len(), odd.len()), (50, 41));
        let first =
            "1 attempt to connect to 192.0.2.20:8000 was refused or not answered before it carried WebSocket";
        assert_eq!(of(0), (1, Some(1), first));
        let rest = "attempts to connect to further servers, before they carried WebSocket";
        assert_eq!((of(40).0, of(40).2), (10, rest));
    }
}

/// Servers beyond the cap: what failed to connect to them is counted, and never told as what it may not be.
#[test]
fn servers_have_a_cap() {
    let packets = [
        works(50_001, SERVER, 0),
        works(50_002, OTHER, 1),
        refused(50_003, SERVER, 2),
        refused(50_004, OTHER, 3),
        works(50_005, OTHER, 4),
    ];
    let paths = [file("connects", "cap.pcap", &merge(packets))];
    let limits = Limits { max_servers: 1, ..Limits::default() };
    for threads in [1, 2, 7] {
        assert_eq!(
            hear(&paths, false, threads, &limits).all(),
            "#1 clean\n#2 clean\n#3 connect_failed refused 1 Proven, packets 21-22\n#5 clean\n\
             servers_cap ×3 at 11: more than 1 servers; failed connections to the others are not reported"
        );
    }
}

/// Rotated files are one capture: the server is known from the first, and numbers are those of each file.
#[test]
fn rotated_files_are_one_capture() {
    let packets = merge([
        refused(50_001, OTHER, 0),
        works(50_002, SERVER, 1),
        refused(50_003, SERVER, 10),
        works(50_004, OTHER, 11),
    ]);
    let (first, second) = packets.split_at(12);
    let paths = [file("connects", "rotated-1.pcap", first), file("connects", "rotated-2.pcap", second)];
    for threads in [1, 2, 7] {
        let told = hear(&paths, false, threads, &Limits::default());
        assert_eq!(
            told.all(),
            "#2 clean\n#3 connect_failed refused 1 Proven, packets 13-14\n#4 clean\n\
             connect_failed ×1 at 1: 1 attempt to connect to 192.0.2.20:8081 was refused or not answered before it carried WebSocket"
        );
        let counts = told.inputs.iter().map(|input| (input.tcp_connections, input.websocket_connections));
        assert_eq!(counts.collect::<Vec<_>>(), [(2, 1), (2, 1)]);
        assert_eq!(told.inputs.iter().map(|input| input.weirds.as_slice().len()).collect::<Vec<_>>(), [1, 0]);
    }
}

/// What could not connect did not close cleanly.
#[test]
fn the_gate_does_not_pass_it() {
    for (packets, found) in [
        (vec![works(50_001, SERVER, 0), refused(50_002, SERVER, 10)], true),
        (vec![works(50_001, SERVER, 0), refused(50_002, OTHER, 10)], false),
    ] {
        let path = file("connects", &format!("gate-{found}.pcap"), &merge(packets));
        let mut gate = Gate::new(Level::Must);
        Engine::new(Limits::default()).sink(&mut gate).run(&[path]).expect("a gate takes all");
        assert_eq!(gate.found(), found);
    }
}
