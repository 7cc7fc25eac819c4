//! The binary as a shell sees it: arguments in, standard output, standard error and exit code out.

use std::ffi::OsString;
use std::fs::{self, File};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use serde_json::Value;
use wslog::model::LinkType;
use wslog::views::escape::is_unsafe;

use crate::support::capture_file::{Endian, Interface, Pcap, Record, packet_bytes, pcapng, pcapng_records};
use crate::support::conversation::{Client, Server, Talk, TestPacket, merge};
use crate::support::frame::Frame;
use crate::support::upgrade::refusal;

/// What a run came to.
#[derive(Debug)]
struct Ran {
    code: Option<i32>,
    out: String,
    err: String,
}

fn wslog() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_wslog"));
    command.current_dir(env!("CARGO_MANIFEST_DIR")).env_remove("NO_COLOR").stdin(Stdio::null());
    command
}

fn finish(command: &mut Command) -> Ran {
    let output = command.output().expect("the binary runs");
    Ran {
        code: output.status.code(),
        out: String::from_utf8(output.stdout).expect("UTF-8 on standard output"),
        err: String::from_utf8(output.stderr).expect("UTF-8 on standard error"),
    }
}

fn run<A: Into<OsString>>(arguments: impl IntoIterator<Item = A>) -> Ran {
    finish(wslog().args(arguments.into_iter().map(Into::into)))
}

/// `inspect` with these arguments, all well: nothing on standard error.
#[track_caller]
fn inspect(arguments: &[&str]) -> String {
    let ran = run(["inspect"].iter().chain(arguments));
    assert_eq!((ran.code, ran.err.as_str()), (Some(0), ""), "{arguments:?}");
    ran.out
}

#[track_caller]
fn json(arguments: &[&str]) -> Value {
    document(&inspect(&[&["--format", "json"], arguments].concat()))
}

#[track_caller]
fn document(text: &str) -> Value {
    serde_json::from_str(text).expect("one JSON document")
}

/// An empty directory of its own for each test.
fn scratch(test: &str) -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("cli").join(test);
    let _ = fs::remove_dir_all(&folder);
    fs::create_dir_all(&folder).expect("a scratch directory");
    folder
}

fn file(folder: &Path, name: &str, bytes: &[u8]) -> String {
    let path = folder.join(name);
    fs::write(&path, bytes).expect("a scratch file");
    path.into_os_string().into_string().expect("a path in UTF-8")
}

fn sample(name: &str) -> Vec<u8> {
    fs::read(Path::new(env!("CARGO_MANIFEST_DIR")).join("samples").join(name)).expect("a sample")
}

fn talk() -> Talk {
    Talk::new("192.0.2.10:50001", "192.0.2.20:8080")
}

/// A connection of `n` messages of 300 bytes.
fn long_talk(n: usize) -> Vec<u8> {
    let mut talk = talk();
    talk.open();
    for i in 0..n {
        talk.send(Server, Frame::text(format!("{i:0300}"))).ack(Client);
    }
    Pcap::default().write(&talk.packets())
}

#[test]
fn no_report_is_written_over_an_input_or_a_capture() {
    let folder = scratch("own-output");
    let (capture, case) = (sample("clean-close.pcap"), sample("case_3_2.txt"));
    let (capture_at, case_at) = (file(&folder, "a.pcap", &capture), file(&folder, "case.txt", &case));
    let case_again = folder.join(".").join("case.txt").display().to_string();
    let folder = folder.display().to_string();
    for (output, input, said) in [
        (&capture_at, &capture_at, "is an input"),
        (&case_again, &case_at, "is an input"),
        (&capture_at, &folder, "is a capture"),
        (&capture_at, &case_at, "is a capture"),
        (&case_again, &capture_at, "is an Autobahn Testsuite report"),
    ] {
        let ran = run(["inspect", "-o", output, input]);
        assert_eq!((ran.code, ran.out.as_str()), (Some(2), ""), "{input}");
        assert!(ran.err.contains(said), "{input}: {:?}", ran.err);
        assert!(fs::read(&capture_at).unwrap() == capture && fs::read(&case_at).unwrap() == case, "{input}");
    }
}

#[test]
fn what_cannot_be_read_is_trouble_and_said_on_standard_error() {
    let folder = scratch("trouble");
    let garbage = file(&folder, "garbage.pcap", b"GIF89a, not a capture at all");
    let empty = file(&folder, "empty.pcap", b"");
    let archive = file(&folder, "archive.pcap", b"PK\x03\x04\x14\0\0\0");
    let snoop = file(&folder, "snoop.pcap", b"snoop\0\0\0\0\0\0\x02");
    let pointer = b"version https://git-lfs.github.com/spec/v1\noid sha256:4d7a214614ab2935c943f9e0ff69d22eadbb8f32b1258daaa5e2ca24d17e2393\nsize 12345\n";
    let pointers = scratch("trouble-pointers");
    let lfs = file(&pointers, "lfs.pcap", pointer);
    let annex = file(&scratch("trouble-annex"), "annex.pcap", b"/annex/objects/SHA256E-s3--e3b0.pcap\n");
    let dvc =
        file(&scratch("trouble-dvc"), "a.pcap.dvc", b"outs:\n- md5: a304afb96060aad90176268345e10355\n");
    let pointers = pointers.display().to_string();
    let missing = folder.join("missing.pcap").display().to_string();
    let header = file(&scratch("trouble-header"), "header.pcap", &sample("clean-close.pcap")[..10]);
    let folder = folder.display().to_string();
    let nowhere = format!("{folder}/no/such/directory/out.txt");
    let clean = "samples/clean-close.pcap";
    let trouble: &[(&[&str], &str)] = &[
        (&["inspect", &garbage], "neither pcap nor pcapng"),
        (&["inspect", &archive], "like a ZIP archive\n  unpack it first"),
        (&["inspect", &snoop], "like a snoop capture\n  editcap -F pcapng"),
        (&["inspect", &lfs], "is a Git LFS pointer, not the file it points to\n  git lfs pull fetches it"),
        (
            &["inspect", &pointers],
            "is a Git LFS pointer, not the file it points to\n  git lfs pull fetches it",
        ),
        (&["diff", &lfs, &lfs], "is a Git LFS pointer"),
        (
            &["inspect", &annex],
            "is a git-annex pointer, not the file it points to\n  git annex get fetches it",
        ),
        (&["inspect", &dvc], "is a DVC pointer, not the file it points to\n  dvc pull fetches it"),
        (&["inspect", &empty], "is empty"),
        (&["inspect", "--format", "json", &garbage], "neither pcap nor pcapng"),
        (&["inspect", "--format", "json", &missing], "cannot open"),
        (&["inspect", &header], "header is unusable"),
        (&["inspect", &missing], "cannot open"),
        (&["inspect", &folder], "no capture in directory"),
        (&["inspect", "-o", &nowhere, clean], "cannot create"),
        (&["inspect", "-o", &folder, clean], "cannot create"),
        (&["inspect", "-"], "- is empty"),
        (&["inspect"], "required"),
        (&["inspect", "--no-such-option", clean], "--no-such-option"),
        (&["inspect", "--format", "yaml", clean], "yaml"),
        (&["inspect", "--connection", "first", clean], "first"),
        (&["no-such-command"], "no-such-command"),
        (&[], "Usage"),
    ];
    for (arguments, said) in trouble {
        let ran = run(*arguments);
        assert_eq!((ran.code, ran.out.as_str()), (Some(2), ""), "{arguments:?}");
        assert!(ran.err.contains(said), "{arguments:?}: {:?}", ran.err);
    }
}

#[test]
fn one_bad_input_does_not_hide_the_others() {
    let garbage = file(&scratch("one-bad"), "garbage", b"not a capture");
    let ran = run(["inspect", "--format", "json", &garbage, "samples/clean-close.pcap"]);
    assert_eq!(ran.code, Some(2));
    assert!(ran.err.contains("neither pcap nor pcapng"), "{:?}", ran.err);
    let document = document(&ran.out);
    // Those that were read come first: the connections name them by their place.
    let paths: Vec<_> =
        document["inputs"].as_array().into_iter().flatten().map(|input| &input["path"]).collect();
    assert_eq!(paths, ["samples/clean-close.pcap", garbage.as_str()]);
    assert_eq!(document["connections"][0]["input"], 0);
    let why = document["inputs"][1]["error"].as_str().unwrap_or_default();
    assert!(why.contains("neither pcap nor pcapng"), "{why}");
    assert_eq!(document["connections"][0]["closing"]["outcome"], "clean");
}

#[test]
fn standard_input_is_a_capture_like_any_other() {
    for name in ["clean-close.pcap", "compressed.pcapng"] {
        let mut child = wslog()
            .args(["inspect", "--format", "json", "-"])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("the binary runs");
        child.stdin.take().expect("a pipe").write_all(&sample(name)).expect("all is read");
        let output = child.wait_with_output().expect("it ends");
        assert!(output.status.success() && output.stderr.is_empty(), "{output:?}");
        let mut piped = document(&String::from_utf8(output.stdout).expect("UTF-8"));
        assert_eq!(piped["inputs"][0]["path"], "-");
        let path = format!("samples/{name}");
        piped["inputs"][0]["path"] = path.clone().into();
        assert_eq!(piped, json(&[&path]));
    }
}

#[test]
fn a_capture_cut_in_the_middle_is_reported_up_to_the_cut() {
    let whole = sample("clean-close.pcap");
    let cut = file(&scratch("cut"), "cut.pcap", &whole[..whole.len() - 30]);
    let ran = run(["inspect", "--format", "json", &cut]);
    assert_eq!(ran.code, Some(0));
    assert!(ran.err.contains("cut off in the middle") && ran.err.lines().count() == 1, "{:?}", ran.err);
    let document = document(&ran.out);
    let input = &document["inputs"][0];
    assert_eq!((&input["truncated"], &input["packets"]), (&true.into(), &11.into()));
    assert_eq!(input["weirds"][0]["name"], "truncated_file");
    assert_eq!(document["connections"][0]["closing"]["outcome"], "clean");

    let quiet = run(["inspect", "-q", &cut]);
    assert_eq!((quiet.code, quiet.err.as_str()), (Some(0), ""));
    assert!(quiet.out.contains("truncated_file"), "the report itself still says so");
}

#[test]
fn what_the_capture_itself_lost_is_told() {
    let numbered: Vec<_> = talk().packets().into_iter().map(|packet| (0, packet)).collect();
    let mut bytes = pcapng(Endian::Little, &[Interface::new("eth0", LinkType::ETHERNET)], &numbered);
    // Statistics of interface 0, isb_ifdrop 37.
    for word in [5_u32, 40, 0, 0, 0, 5 | 8 << 16, 37, 0, 0, 40] {
        bytes.extend(word.to_le_bytes());
    }
    let lossy = file(&scratch("lossy"), "lossy.pcapng", &bytes);
    let said = "packets that the capture itself lost (interface 0: isb_ifdrop 37): bytes missing from streams may be from these";
    let text = inspect(&["--width", "200", &lossy]);
    let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(text.contains(&format!(" recording: capture_dropped ×37: {said} ")), "{text}");
    assert_eq!(
        json(&[&lossy])["inputs"][0]["weirds"],
        serde_json::json!([{ "name": "capture_dropped", "count": 37, "detail": said, "packet": null }])
    );
}

/// UDP in IPv4 in Ethernet, from port 50000.
fn udp(port: u16, payload: &[u8]) -> Vec<u8> {
    let len = |more: usize| u16::try_from(payload.len() + more).expect("short").to_be_bytes();
    let ip =
        [[0x45, 0], len(28), [0, 1], [0, 0], [64, 17], [0, 0], [10, 0], [0, 1], [10, 0], [0, 2]].concat();
    let udp = [50_000_u16.to_be_bytes(), port.to_be_bytes(), len(8), [0, 0]].concat();
    [&[2; 12][..], &[8, 0], &ip, &udp, payload].concat()
}

#[test]
fn what_nobody_can_look_into_is_named_where_nothing_was_found() {
    let folder = scratch("closed");
    let file_of = |name: &str, interfaces: &[Interface], packets: &[(usize, &[u8])]| {
        let records = packets.iter().map(|(n, data)| (*n, Record { at_ns: 0, data: data.to_vec() }));
        file(&folder, name, &pcapng_records(Endian::Little, interfaces, records))
    };
    let ethernet = Interface::new("eth0", LinkType::ETHERNET);
    let radio = Interface::new("wpan0", LinkType(230));
    let serial = Interface::new("ttyS0", LinkType(8));
    let (dns, wire_guard) = (udp(53, &[9; 40]), udp(51820, &[&[4, 0, 0, 0][..], &[9; 44]].concat()));
    let (esp, open_vpn) = (udp(4500, &[9; 40]), udp(1194, &[0x48; 40]));
    let mut plain = Talk::new("192.0.2.10:50001", "192.0.2.20:80").with_isns(1, 2);
    plain.connect().bytes(Client, b"GET / HTTP/1.1\r\nHost: a\r\n\r\n").end_tcp(Client);
    let plain: Vec<_> = plain
        .packets()
        .into_iter()
        .map(|packet| packet_bytes(&packet, LinkType::ETHERNET, Endian::Little))
        .collect();
    let mut mixed: Vec<(usize, &[u8])> = plain.iter().map(|data| (0, &data[..])).collect();
    mixed.push((0, &esp));
    let decrypted = "capture where it is decrypted, as on the interface of the tunnel at either end.";
    for (name, interfaces, packets, said) in [
        ("other", &[&ethernet][..], vec![(0, &dns[..])], "There is no TCP in it: was the right interface captured?".to_owned()),
        (
            "wireguard",
            &[&ethernet],
            vec![(0, &wire_guard), (0, &dns), (0, &wire_guard)],
            format!("No TCP was found in it: 2 packets encrypted by WireGuard. Try this: {decrypted}"),
        ),
        (
            "radio",
            &[&radio],
            vec![(0, &[1, 2, 3])],
            "No TCP was found in it: 1 packet of link type 230 (IEEE 802.15.4). Try this: capture inside of that, on an interface \
             with Ethernet or IP, or have it taken off first.".to_owned(),
        ),
        (
            "many",
            &[&ethernet, &radio, &serial],
            vec![(2, &[7]), (0, &esp), (1, &[1]), (0, &open_vpn), (0, &wire_guard), (1, &[1])],
            "No TCP was found in it: 2 packets of link type 230 (IEEE 802.15.4); 1 packet of link type 8 (SLIP); 1 packet encrypted \
             by ESP in UDP; 1 packet encrypted by OpenVPN; and 1 more, listed above as odd. Try this: capture inside of that, on an \
             interface with Ethernet or IP, and where it is decrypted, as on that of the tunnel at either end.".to_owned(),
        ),
        (
            "beside",
            &[&ethernet],
            mixed,
            format!(
                "No TCP connection carries an HTTP request for an upgrade to WebSocket, and a connection captured \
                 after its handshake is recognised only by enough frames that follow one another. Not looked into were 1 packet \
                 encrypted by ESP in UDP. Try this: {decrypted}"
            ),
        ),
    ] {
        let interfaces: Vec<_> = interfaces.iter().map(|interface| **interface).collect();
        let text = inspect(&[&file_of(name, &interfaces, &packets)]);
        let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
        assert!(text.ends_with(&format!(" No WebSocket connection found. {said}")), "{name}: {text}");
    }
    let weirds = &json(&[&folder.join("many").display().to_string()])["inputs"][0]["weirds"];
    let counted: Vec<_> = weirds
        .as_array()
        .expect("a list")
        .iter()
        .map(|weird| format!("{} {} {} {}", weird["name"], weird["count"], weird["packet"], weird["detail"]))
        .collect();
    assert_eq!(
        counted,
        [
            r#""unknown_link_type" 1 1 "link type 8 (SLIP)""#,
            r#""encrypted_packet" 1 2 "encrypted by ESP in UDP""#,
            r#""unknown_link_type" 2 3 "link type 230 (IEEE 802.15.4)""#,
            r#""encrypted_packet" 1 4 "encrypted by OpenVPN""#,
            r#""encrypted_packet" 1 5 "encrypted by WireGuard""#,
        ]
    );
}

#[test]
fn connections_are_chosen_by_number() {
    let two = "samples/port-reuse.pcap";
    let ids = |arguments: &[&str]| -> Vec<String> {
        let document = json(arguments);
        document["connections"]
            .as_array()
            .into_iter()
            .flatten()
            .filter_map(|c| c["id"].as_str().map(str::to_owned))
            .collect()
    };
    assert_eq!(ids(&[two]), ["1", "2"]);
    assert_eq!(ids(&["--connection", "2", two]), ["2"]);
    assert_eq!(ids(&["--connection", "2", "--connection", "1", two]), ["1", "2"]);
    assert_eq!(ids(&["--connection", "2-9", two]), ["2"]);
    let none = run(["inspect", "--connection", "3,5-7", two]);
    let said = "wslog: --connection 3,5-7: no WebSocket connection has that number; there are 2, 1 to 2 (wslog list shows them)\n";
    assert_eq!((none.code, none.out.as_str(), none.err.as_str()), (Some(2), "", said));
    let text = inspect(&["--connection", "2", two]);
    assert!(text.contains("session over") && !text.contains("#1 "), "{text}");
}

/// Behind a connection that closes cleanly one that is refused, one that nobody answers, and one to a port of something
/// else.
#[test]
fn what_could_not_connect_is_told_as_asked() {
    let at = |port: u16, server: &str, seconds| {
        Talk::new(&format!("192.0.2.10:{port}"), server).with_isns(u32::from(port), 7).starting_after(seconds)
    };
    let mut clean = talk();
    clean.open().send(Client, Frame::close(1000, "")).send(Server, Frame::close(1000, "")).end_tcp(Server);
    let mut lost = at(50_003, "192.0.2.20:8080", 20);
    lost.syn().pause(1_000).syn_again().pause(2_000).syn_again();
    let packets = merge([
        clean.packets(),
        at(50_002, "192.0.2.20:8080", 10).refuse().packets(),
        lost.packets(),
        at(50_004, "192.0.2.20:9090", 40).refuse().packets(),
    ]);
    let path = file(&scratch("connects"), "connects.pcap", &Pcap::default().write(&packets));

    let document = json(&[&path]);
    let connections = document["connections"].as_array().expect("a list");
    let of = |connection: &Value| {
        let closing = &connection["closing"];
        let cause = &closing["cause"];
        let values = [
            &closing["outcome"],
            &cause["name"],
            &cause["certainty"],
            &cause["also"],
            &connection["connect"],
        ];
        values.map(Value::to_string).join(" ")
    };
    assert_eq!(
        connections.iter().skip(1).map(of).collect::<Vec<_>>(),
        [
            r#""handshake_failed" "connect_failed" "proven" [] {"refused":true,"syns":1}"#,
            r#""handshake_failed" "connect_failed" "likely" [] {"refused":false,"syns":3}"#,
        ]
    );
    assert!(connections[0].get("connect").is_none() && connections[1]["handshake"].is_null());
    assert_eq!(document["inputs"][0]["websocket_connections"], 1);
    assert_eq!(json(&["--connects", &path])["connections"].as_array().map(Vec::len), Some(4));

    let text = inspect(&["--width", "200", &path]);
    for said in [
        "✗  2  192.0.2.10:50002  192.0.2.20:8080  –       –       0+0     The server's host refused the TCP connection · connect_failed ",
        "#2  192.0.2.10:50002 (client) → 192.0.2.20:8080 (server)  not connected\nThe server's host refused the TCP connection · connect_failed · handshake failed\n",
        "The client could not connect: the server's host, or a firewall in front of it, answered its SYN with an RST.",
        "· 1 SYN, refused\n",
        "The client could not connect: it sent 3 SYNs, and nothing answered; a firewall probably dropped them",
        "· 3 SYNs, not answered\n",
    ] {
        assert!(text.contains(said), "{said}\n{text}");
    }
    assert_eq!(run(["inspect", "--fail-on", "must", &path]).code, Some(1));
}

#[test]
fn frames_are_listed_as_asked() {
    let long = file(&scratch("frames"), "long.pcap", &long_talk(50));
    for (arguments, listed, omitted) in [
        (&["--frames", "all"][..], Some(50), Some(0)),
        (&["--frames", "ends"], Some(40), Some(10)),
        (&[], Some(40), Some(10)),
        (&["--frames", "none"], None, None),
    ] {
        let document = json(&[arguments, &[&long]].concat());
        let connection = &document["connections"][0];
        assert_eq!(connection.get("frames").and_then(Value::as_array).map(Vec::len), listed, "{arguments:?}");
        assert_eq!(connection.get("frames_omitted").and_then(Value::as_u64), omitted, "{arguments:?}");
    }
    let rows = |frames| inspect(&["--frames", frames, &long]).matches("text FIN").count();
    assert_eq!((rows("all"), rows("none")), (50, 0));
}

#[test]
fn payloads_are_shown_as_asked() {
    let long = file(&scratch("payload"), "long.pcap", &long_talk(1));
    let length = |payload| {
        let document = json(&["--payload", payload, &long]);
        let payload = &document["connections"][0]["frames"][0]["payload"];
        (payload["text"].as_str().map(str::len), payload["cut"] == true)
    };
    assert_eq!(length("none").0.unwrap_or(0), 0);
    assert_eq!(length("preview"), (Some(256), true));
    assert_eq!(length("full"), (Some(300), false));
    assert!(!inspect(&["--payload", "none", &long]).contains("0000"));
}

#[test]
fn fail_on_asks_about_findings_and_unclean_ends() {
    for (name, level, code) in [
        ("clean-close.pcap", "must", 0),
        ("clean-close.pcap", "note", 0),
        ("coalesced-101.pcap", "should", 0),
        ("coalesced-101.pcap", "note", 1),
        ("protocol-error-1002.pcapng", "must", 1),
        ("still-open.pcap", "must", 0),
        ("reset.pcap", "must", 1),
        ("two-connections.pcapng", "must", 1),
    ] {
        let ran = run(["inspect", "--fail-on", level, &format!("samples/{name}")]);
        assert_eq!(ran.code, Some(code), "{name} {level}");
        let said = format!("wslog: --fail-on {level}: of ");
        assert_eq!(ran.err.starts_with(&said), code == 1, "{name} {level}: {}", ran.err);
        assert!(!ran.out.is_empty());
    }
}

/// T27: a request that its sender never finished is no hole in the capture.
#[test]
fn a_head_that_never_became_whole_is_no_packet_that_is_missing() {
    let mut talk = Talk::new("192.0.2.10:50001", "192.0.2.20:8080");
    let request = talk.upgrade().request();
    talk.connect().bytes(Client, &request[..60]).end_tcp(Client);
    let path = file(&scratch("slow-head"), "slow.pcap", &Pcap::default().write(&talk.packets()));
    let ran = run(["inspect", &path]);
    assert!(ran.out.contains("never became whole") && !ran.out.contains("missing or cut"), "{}", ran.out);
}

/// T20: two handshakes of one address at once may be two programs: shown, and no reason to fail a build.
#[test]
fn fail_on_passes_over_what_is_undetermined() {
    let talks = [("192.0.2.10:50001", 0), ("192.0.2.10:50002", 500)].map(|(client, start)| {
        let mut talk = Talk::new(client, "192.0.2.20:8080");
        let upgrade = talk.upgrade();
        talk.pause(start).connect().bytes(Client, &upgrade.request());
        talk.pause(1_000).bytes(Server, &upgrade.response());
        talk.send(Client, Frame::close(1000, "")).send(Server, Frame::close(1000, "")).end_tcp(Server);
        talk.packets()
    });
    let path = file(&scratch("undetermined"), "two.pcap", &Pcap::default().write(&merge(talks)));
    let ran = run(["inspect", "--fail-on", "must", &path]);
    assert!(ran.out.contains("HS-SERIAL"), "{}", ran.out);
    assert_eq!(ran.code, Some(0));
}

/// More than a pipe holds, so that the writer meets the closed end however the two are scheduled.
#[test]
fn a_reader_that_stops_reading_is_no_error() {
    let long = file(&scratch("pipe"), "long.pcap", &long_talk(2_000));
    for format in ["json", "text"] {
        let mut child = wslog()
            .args(["inspect", "--frames", "all", "--format", format, &long])
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("the binary runs");
        drop(child.stdout.take());
        let output = child.wait_with_output().expect("it ends");
        let err = String::from_utf8_lossy(&output.stderr);
        assert_eq!((output.status.code(), err.as_ref()), (Some(0), ""), "{format}");
        let whole = run(["inspect", "--frames", "all", "--format", format, &long]);
        assert!(whole.out.len() > 1 << 17, "{format}: {} bytes", whole.out.len());
    }
}

/// Keys that scripts rely on, as the contract of the JSON has them.
#[test]
fn the_document_has_every_key_of_its_contract() {
    const DOCUMENT: &str = "schema wslog inputs connections";
    const INPUT: &str = "path kind compression packets bytes link_types first_at last_at truncated \
        tcp_connections websocket_connections weirds";
    const WEIRD: &str = "name count detail packet";
    const CONNECTION: &str = "id input client server first_packet last_packet started_at ended_at duration_ns \
        vantage tls http handshake traffic closing findings frames autobahn weirds";
    const HANDSHAKE: &str = "complete assumed method target host status key accept accept_valid version \
        subprotocol origin extensions request_headers response_headers";
    const TRAFFIC: &str =
        "stream_bytes frames messages frame_payload_bytes message_bytes gap_bytes retransmitted_bytes";
    const CLOSING: &str = "outcome started_by evidence client server tcp client_sees server_sees \
        idle_before_close_ns steps summary";
    const CLOSE: &str = "sent_close code reason at frame";
    const VIEW: &str = "code reason was_clean because";
    const STEP: &str = "rule owed_by expected observed verdict section";
    const FINDING: &str = "rule level by certainty frame packet section expected observed message";
    const FRAME: &str =
        "n from at packet fin rsv opcode masked masking_key length payload complete message compressed";
    let keys: &[(&str, &str, &str)] = &[
        ("protocol-error-1002.pcapng", "", DOCUMENT),
        ("protocol-error-1002.pcapng", "/inputs/0", INPUT),
        ("protocol-error-1002.pcapng", "/connections/0", CONNECTION),
        ("protocol-error-1002.pcapng", "/connections/0/client", "ip port"),
        ("protocol-error-1002.pcapng", "/connections/0/server", "ip port"),
        ("protocol-error-1002.pcapng", "/connections/0/handshake", HANDSHAKE),
        ("protocol-error-1002.pcapng", "/connections/0/traffic/client", TRAFFIC),
        ("protocol-error-1002.pcapng", "/connections/0/traffic/client/frames", "text close"),
        ("protocol-error-1002.pcapng", "/connections/0/traffic/server", TRAFFIC),
        ("protocol-error-1002.pcapng", "/connections/0/traffic/server/messages", "text binary"),
        ("protocol-error-1002.pcapng", "/connections/0/closing", CLOSING),
        ("protocol-error-1002.pcapng", "/connections/0/closing/client", CLOSE),
        ("protocol-error-1002.pcapng", "/connections/0/closing/server", CLOSE),
        ("protocol-error-1002.pcapng", "/connections/0/closing/tcp", "first_end client_end server_end"),
        ("protocol-error-1002.pcapng", "/connections/0/closing/tcp/first_end", "by how at packet"),
        ("protocol-error-1002.pcapng", "/connections/0/closing/client_sees", VIEW),
        ("protocol-error-1002.pcapng", "/connections/0/closing/server_sees", VIEW),
        ("protocol-error-1002.pcapng", "/connections/0/closing/steps/0", STEP),
        ("protocol-error-1002.pcapng", "/connections/0/findings/0", FINDING),
        ("protocol-error-1002.pcapng", "/connections/0/frames/0", FRAME),
        ("compressed.pcapng", "/connections/0/handshake/extensions/0", "name parameters"),
        ("gap-over-close.pcap", "/connections/0/weirds/0", WEIRD),
        // What never came is null, with its key.
        ("still-open.pcap", "/connections/0/closing", CLOSING),
        ("still-open.pcap", "/connections/0/closing/client", CLOSE),
        ("rejected-handshake.pcap", "/connections/0/handshake", HANDSHAKE),
    ];
    for (name, place, keys) in keys {
        let document = json(&[&format!("samples/{name}")]);
        let object = document.pointer(place).and_then(Value::as_object).expect("an object");
        for key in keys.split_whitespace() {
            assert!(object.contains_key(key), "{name}: {place}/{key}");
        }
    }
    let document = json(&["samples/still-open.pcap"]);
    assert_eq!(document["schema"], "wslog.inspect/1");
    for unknown in ["code", "reason", "at", "frame"] {
        assert_eq!(document["connections"][0]["closing"]["client"][unknown], Value::Null, "{unknown}");
    }
}

/// Everything a peer can choose, with what a terminal would obey: colours, titles, C1, bidi, line ends.
const HOSTILE: &str = "\u{1b}[31m\u{1b}]0;owned\u{7}\u{9b}2J\u{202e}\u{2066}\u{200b}\u{feff}\u{7f}\u{8}";

/// A head may not hold control characters; what is left of them there.
fn hostile_field() -> String {
    HOSTILE.chars().filter(|c| !c.is_ascii_control()).collect()
}

fn hostile_connections() -> Vec<TestPacket> {
    let mut framed = talk();
    let field = hostile_field();
    let mut upgrade = framed
        .upgrade()
        .ask("Origin", &field)
        .ask("X-Note", &field)
        .ask("Sec-WebSocket-Protocol", &field)
        .answer("Server", &field)
        .answer("Sec-WebSocket-Protocol", &field);
    upgrade.target = format!("/{field}");
    upgrade.host = field.clone();
    framed.open_with(&upgrade);
    framed
        .send(Client, Frame::text(HOSTILE))
        .send(Server, Frame::ping(HOSTILE))
        .send(Client, Frame::pong(HOSTILE));
    framed.send(Server, Frame::binary(HOSTILE)).send(Client, Frame::text(*b"\x1b[2J\xff"));
    framed
        .send(Server, Frame::close(1007, HOSTILE))
        .send(Client, Frame::close(4000, HOSTILE))
        .end_tcp(Server);

    let mut refused = Talk::new("192.0.2.11:50001", "192.0.2.20:8080").with_isns(1, 2);
    let request = refused.upgrade().request();
    refused.connect().bytes(Client, &request);
    refused.bytes(Server, &refusal(&format!("403 {field}"), HOSTILE)).end_tcp(Server);

    let mut wrong = Talk::new("192.0.2.12:50001", "192.0.2.20:8080").with_isns(3, 4);
    let mut upgrade = wrong.upgrade().answer("Sec-WebSocket-Extensions", &field);
    upgrade.accept = field;
    wrong.open_with(&upgrade).end_tcp(Client);

    // Control characters in a head: whatever becomes of it.
    let mut raw = Talk::new("192.0.2.13:50001", "192.0.2.20:8080").with_isns(5, 6);
    let mut upgrade = raw.upgrade().ask("X-Note", HOSTILE);
    upgrade.target = format!("/{HOSTILE}");
    raw.open_with(&upgrade).end_tcp(Client);

    merge([framed.packets(), refused.packets(), wrong.packets(), raw.packets()])
}

#[track_caller]
fn assert_harmless(what: &str, text: &str) {
    let harmful = text.chars().enumerate().find(|(_, c)| is_unsafe(*c) && *c != '\n');
    if let Some((at, c)) = harmful {
        let around: String = text.chars().skip(at.saturating_sub(40)).take(60).collect();
        panic!("{what}: {c:?} in {around:?}");
    }
}

#[test]
fn nothing_a_peer_chose_acts_on_the_terminal() {
    let folder = scratch("hostile");
    // A file name cannot hold all of it everywhere.
    let name = if cfg!(unix) { format!("{HOSTILE}\n.pcap") } else { "\u{202e}\u{200b}.pcap".to_owned() };
    let packets = hostile_connections();
    let whole = Pcap::default().write(&packets);
    let capture = file(&folder, &name, &whole);
    let cut = file(&folder, &format!("cut{name}"), &whole[..whole.len() - 5]);
    let garbage = file(&folder, &format!("garbage{name}"), HOSTILE.as_bytes());
    let numbered: Vec<_> = packets.into_iter().map(|packet| (0, packet)).collect();
    let interface = Interface::new("\u{1b}[2J\u{202e}", LinkType::ETHERNET);
    let ng = file(&folder, &format!("ng{name}"), &pcapng(Endian::Big, &[interface], &numbered));
    let missing = format!("{capture}.missing");
    let unwritable = format!("{capture}/out");

    for format in ["text", "json"] {
        for input in [&capture, &cut, &ng, &garbage, &missing] {
            for more in
                [&["--payload", "full", "--frames", "all"][..], &["--connection", "1", "--payload", "none"]]
            {
                let ran = run([&["inspect", "--format", format, "--color", "never", input], more].concat());
                assert_harmless(&format!("{format}, standard output"), &ran.out);
                assert_harmless(&format!("{format}, standard error"), &ran.err);
            }
        }
        let ran = run(["inspect", "--format", format, "-o", &unwritable, &capture]);
        assert_harmless("standard error", &ran.err);
        assert_eq!((ran.code, ran.out.as_str()), (Some(2), ""));
    }

    // It is all there, to be read.
    let document = json(&["--payload", "full", "--frames", "all", &capture]);
    assert_eq!(document["inputs"][0]["path"], capture.as_str());
    let connections = document["connections"].as_array().expect("connections");
    assert!(connections.len() >= 3, "{}", connections.len());
    assert_eq!(connections[0]["closing"]["client"]["reason"], HOSTILE);
    assert_eq!(connections[0]["frames"][0]["payload"]["text"], HOSTILE);
    assert_eq!(connections[0]["handshake"]["target"], format!("/{}", hostile_field()));
}

#[test]
fn colours_are_for_those_who_want_them() {
    let clean = "samples/clean-close.pcap";
    let coloured = |arguments: &[&str], no_color: Option<&str>| {
        let mut command = wslog();
        command.arg("inspect").args(arguments).arg(clean);
        if let Some(value) = no_color {
            command.env("NO_COLOR", value);
        }
        finish(&mut command).out.contains('\u{1b}')
    };
    assert!(!coloured(&[], None), "a pipe is no terminal");
    assert!(!coloured(&["--color", "never"], None));
    assert!(coloured(&["--color", "always"], None));
    assert!(coloured(&["--color", "always"], Some("1")), "what was asked for on the command line wins");
    assert!(!coloured(&["--color", "auto"], Some("1")));
    assert!(!coloured(&["--color", "always", "--format", "json"], None));
}

#[test]
fn output_goes_to_the_file_named() {
    let folder = scratch("output");
    let out = folder.join("report").display().to_string();
    for format in ["text", "json"] {
        fs::write(&out, "x".repeat(1 << 16)).expect("an older report");
        let arguments = ["--format", format, "samples/clean-close.pcap"];
        assert_eq!(inspect(&[&["-o", &out], &arguments[..]].concat()), "");
        assert_eq!(fs::read_to_string(&out).expect("a report"), inspect(&arguments));
    }
}

/// A device without room: what was not written is told.
#[test]
#[cfg(target_os = "linux")]
fn output_that_cannot_be_written_is_trouble() {
    for format in ["text", "json"] {
        let full = File::options().write(true).open("/dev/full").expect("Linux has it");
        let mut command = wslog();
        command.args(["inspect", "--format", format, "samples/clean-close.pcap"]).stdout(full);
        let ran = finish(&mut command);
        assert_eq!(ran.code, Some(2), "{format}");
        assert!(ran.err.contains("cannot write"), "{format}: {:?}", ran.err);
    }
}

#[test]
fn help_version_man_page_and_completions_print() {
    for (arguments, begins) in [
        (&["--help"][..], "Examples:\n  wslog inspect"),
        (&["-h"], "Explains how WebSocket connections ended"),
        (&["inspect", "--help"], "Examples:\n  wslog inspect"),
        (&["inspect", "-h"], "Explain"),
        (&["--version"], "wslog "),
        (&["man"], ".ie \\n(.g .ds Aq"),
        (&["completions", "bash"], "_wslog"),
        (&["completions", "zsh"], "#compdef wslog"),
        (&["completions", "fish"], "# Print"),
        (&["completions", "powershell"], "\nusing namespace"),
        (&["completions", "elvish"], "\nuse builtin"),
    ] {
        let ran = run(arguments);
        assert_eq!((ran.code, ran.err.as_str()), (Some(0), ""), "{arguments:?}");
        assert!(ran.out.starts_with(begins), "{arguments:?}: {:?}", ran.out.get(..80));
    }
    let page = run(["man", "wslog-inspect"]).out;
    for option in ["fail\\-on", "frames", "payload", "connection", "NO_COLOR"] {
        assert!(page.contains(option), "{option}");
    }
}
