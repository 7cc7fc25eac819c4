//! `--anonymize`: nothing of whose a recording is stands in any output, and everything else does.

use std::collections::BTreeSet;
use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use serde_json::Value;

use crate::support::capture_file::Pcap;
use crate::support::conversation::{Client, Server, Talk, TestPacket, merge};
use crate::support::frame::Frame;
use crate::support::upgrade::refusal;

/// Commands that show what a recording holds.
const COMMANDS: &[&str] = &["inspect", "list", "frames", "messages"];

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn wslog(arguments: &[&str]) -> (Option<i32>, Vec<u8>, Vec<u8>) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_wslog"));
    let out = command.args(arguments).current_dir(root()).output().expect("it runs");
    (out.status.code(), out.stdout, out.stderr)
}

fn document(arguments: &[&str]) -> Value {
    let (_, out, errors) = wslog(&[&["inspect", "--format", "json"], arguments].concat());
    serde_json::from_slice(&out).unwrap_or_else(|_| panic!("{}", String::from_utf8_lossy(&errors)))
}

/// The formats of a command, as it lists them itself.
fn formats(command: &str) -> Vec<String> {
    let (_, _, errors) = wslog(&[command, "--format", "none-such", "x"]);
    let errors = String::from_utf8_lossy(&errors).into_owned();
    let list = errors.split("[possible values: ").nth(1).and_then(|rest| rest.split(']').next());
    let formats: Vec<String> = list.expect("a list of formats").split(", ").map(str::to_owned).collect();
    assert!(formats.len() >= 3, "{command}: {formats:?}");
    formats
}

/// What each command writes of the inputs in each format, with payloads left out, shown, and shown with what is secret.
fn outputs(inputs: &[&str]) -> Vec<(String, Vec<u8>)> {
    let mut all = Vec::new();
    for command in COMMANDS {
        for format in formats(command) {
            for more in [&[][..], &["--payload", "full"], &["--payload", "full", "--no-redact"]] {
                if *command == "list" && !more.is_empty() {
                    continue;
                }
                let frames: &[&str] = if *command == "inspect" { &["--frames", "all"] } else { &[] };
                let arguments =
                    [&[*command, "--anonymize", "--format", &format][..], more, frames, inputs].concat();
                let (code, out, errors) = wslog(&arguments);
                // Most samples are no run.
                let is_index = format == "autobahn-index";
                assert!(code == Some(0) || is_index, "{arguments:?}: {}", String::from_utf8_lossy(&errors));
                assert!(!out.is_empty() || is_index, "{arguments:?}");
                all.push((arguments[..arguments.len() - inputs.len()].join(" "), out));
            }
        }
    }
    all
}

/// Whether bytes have a text in them as a word of its own, in whatever case.
fn has(bytes: &[u8], text: &str) -> bool {
    let (bytes, text) = (bytes.to_ascii_lowercase(), text.to_ascii_lowercase());
    let is_word = |at: Option<&u8>| at.is_some_and(|b| b.is_ascii_alphanumeric());
    memmem(&bytes, text.as_bytes()).into_iter().any(|at| {
        let before = at.checked_sub(1).and_then(|before| bytes.get(before));
        !is_word(before) && before != Some(&b'.') && !is_word(bytes.get(at + text.len()))
    })
}

fn memmem(bytes: &[u8], text: &[u8]) -> Vec<usize> {
    (0..bytes.len().saturating_sub(text.len() - 1)).filter(|at| bytes[*at..].starts_with(text)).collect()
}

#[track_caller]
fn check(inputs: &[&str], originals: &BTreeSet<String>) {
    assert!(!originals.is_empty());
    for (arguments, out) in outputs(inputs) {
        for original in originals {
            assert!(!has(&out, original), "{arguments}: {original}");
        }
    }
}

fn capture(name: &str, packets: &[TestPacket]) -> String {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("anonymize");
    fs::create_dir_all(&folder).expect("a scratch directory");
    let path = folder.join(name);
    fs::write(&path, Pcap::default().write(packets)).expect("a scratch file");
    path.into_os_string().into_string().expect("UTF-8")
}

/// What stands in a recording that says whose it is.
const PLANTED: &[&str] = &[
    "10.20.30.41",
    "10.20.30.55",
    "172.20.7.9",
    "203.0.113.77",
    "2001:db8:77:1::beef",
    "gw7.megacorp.example",
    "megacorp",
    "zuzanna",
    "7f9c24e8-3b1a-4d6e-9f00-0123456789ab",
    "4711833",
    "s3cr3t4711topf",
    "edge17",
    "Origin7",
    "kunde42",
    "orgaworld",
    "qrstuvw",
];

/// Everywhere where peers name themselves, each other, or somebody else; refused and not.
fn talks() -> Vec<TestPacket> {
    let mut talk = Talk::new("10.20.30.41:50001", "10.20.30.55:8080");
    let mut upgrade = talk.upgrade();
    upgrade.host = "gw7.megacorp.example:8080".to_owned();
    upgrade.target =
        "/orgaworld/rooms/4711833/7f9c24e8-3b1a-4d6e-9f00-0123456789ab?user=zuzanna&token=s3cr3t4711topf&v=2"
            .to_owned();
    let upgrade = upgrade
        .ask("Origin", "https://Origin7.megacorp.example")
        .ask("Referer", "https://gw7.megacorp.example/people/zuzanna")
        .ask("Via", "1.1 edge17.megacorp.example:3128, 1.1 edge17")
        .ask("X-Forwarded-For", "172.20.7.9, 2001:db8:77:1::beef")
        .ask("Forwarded", "for=\"[2001:db8:77:1::beef]:4711\";by=172.20.7.9;host=gw7.megacorp.example")
        .ask("Cookie", "sid=s3cr3t4711topf; who=zuzanna")
        .ask("Authorization", "Bearer s3cr3t4711topf")
        .ask("X-Kunde42", "kunde42")
        .ask("Sec-WebSocket-Protocol", "chat, orgaworld-v2")
        .answer("Sec-WebSocket-Protocol", "orgaworld-v2")
        .answer("Server", "nginx (edge17)");
    talk.open_with(&upgrade);
    talk.send(
        Client,
        Frame::text("{\"user\":\"zuzanna\",\"host\":\"GW7.MegaCorp.example\",\"ip\":\"203.0.113.77\"}"),
    );
    talk.send(Client, Frame::text("hi\\nzuzanna, mail kunde42@megacorp.example"));
    talk.send(Server, Frame::close(4001, "zuzanna@172.20.7.9: kicked from 10.20.30.55"))
        .send(Client, Frame::close(4001, ""));
    talk.end_tcp(Server);
    let mut refused = Talk::new("10.20.30.41:50002", "10.20.30.55:8080").starting_after(1);
    let mut upgrade = refused.upgrade().ask("X-Real-IP", "203.0.113.77");
    upgrade.target = "/rooms/qrstuvw".to_owned();
    let quoted = "no room qrstuvw on edge17.megacorp.example for zuzanna";
    refused.connect().bytes(Client, &upgrade.request());
    refused.bytes(Server, &refusal("403 No", quoted)).end_tcp(Server);
    let mut wrong = Talk::new("10.20.30.41:50003", "10.20.30.55:8080").starting_after(2);
    let mut upgrade = wrong.upgrade();
    upgrade.accept = "AAAAAAAAAAAAAAAAAAAAAAAAAAA=".to_owned();
    wrong.open_with(&upgrade).send(Client, Frame::close(1002, "")).end_tcp(Client);
    merge([talk.packets(), refused.packets(), wrong.packets()])
}

#[test]
fn nothing_of_whose_it_is_is_left() {
    let path = capture("zuzanna-4711833.pcap", &talks());
    let (_, plain, _) = wslog(&["inspect", "--format", "json", "--no-redact", "--payload", "full", &path]);
    for original in PLANTED {
        assert!(has(&plain, original), "not planted: {original}");
    }
    check(&[&path], &PLANTED.iter().map(|text| (*text).to_owned()).collect());
}

/// All that is not a name: what ended it, what was found, how much was sent.
fn essence(document: &Value) -> Vec<Value> {
    let of = |connection: &Value| {
        let mut closing = connection["closing"].clone();
        for said in ["cause", "client_sees", "server_sees", "client", "server"] {
            for text in ["text", "reason", "next", "because", "or"] {
                if let Some(place) = closing[said].as_object_mut() {
                    place.remove(text);
                }
            }
        }
        for (place, texts) in [("summary", &[][..]), ("application", &[])] {
            let _ = texts as &[&str];
            closing.as_object_mut().expect("an object").remove(place);
        }
        for step in closing["steps"].as_array_mut().into_iter().flatten() {
            step.as_object_mut().expect("an object").remove("observed");
        }
        for end in closing["tcp"]["ends"].as_array_mut().into_iter().flatten() {
            end.as_object_mut().expect("an object").remove("debug");
        }
        let findings: Vec<Value> = connection["findings"]
            .as_array()
            .into_iter()
            .flatten()
            .map(|finding| {
                serde_json::json!([
                    finding["rule"],
                    finding["level"],
                    finding["by"],
                    finding["certainty"],
                    finding["frame"],
                    finding["packet"]
                ])
            })
            .collect();
        let handshake = &connection["handshake"];
        serde_json::json!([
            connection["id"],
            closing["outcome"],
            closing["cause"],
            closing["started_by"],
            closing["steps"],
            findings,
            connection["traffic"],
            connection["timing"],
            connection["duration_ns"],
            connection["client"]["port"],
            connection["server"]["port"],
            handshake["status"],
            handshake["accept_valid"],
            handshake["extensions"],
            handshake["target"].as_str().map(str::len),
            handshake["host"].as_str().map(str::len),
            handshake["key"].as_str().map(str::len),
            connection["tls"]["version"],
            connection["tls"]["cipher"],
            connection["tls"]["sni"].as_str().map(str::len),
            connection["frames"].as_array().map(Vec::len),
            connection["weirds"].as_array().map(Vec::len),
        ])
    };
    document["connections"].as_array().expect("connections").iter().map(of).collect()
}

fn samples() -> Vec<String> {
    let mut all: Vec<String> = fs::read_dir(root().join("samples"))
        .expect("samples")
        .filter_map(|entry| entry.expect("an entry").file_name().into_string().ok())
        .filter(|name| [".pcap", ".pcapng", ".txt"].iter().any(|end| name.ends_with(end)))
        .map(|name| format!("samples/{name}"))
        .collect();
    all.push("samples/autobahn".to_owned());
    all.sort();
    all
}

/// The originals that a document has, told by its fields alone.
fn originals(document: &Value) -> BTreeSet<String> {
    let mut all = BTreeSet::new();
    for connection in document["connections"].as_array().expect("connections") {
        let handshake = &connection["handshake"];
        let texts = [
            &connection["client"]["ip"],
            &connection["server"]["ip"],
            &connection["tls"]["sni"],
            &handshake["key"],
            &handshake["accept"],
            &connection["autobahn"]["agent"],
        ];
        all.extend(texts.into_iter().filter_map(Value::as_str).map(str::to_owned));
        let host = handshake["host"].as_str().unwrap_or_default();
        let host = host.rsplit_once(':').map_or(host, |(host, _)| host);
        all.insert(host.trim_matches(['[', ']']).to_owned());
    }
    // Whose they are nobody could tell.
    all.retain(|text| !["localhost", "::1", ""].contains(&text.as_str()));
    all
}

#[test]
fn every_sample_in_every_format() {
    let samples = samples();
    let inputs: Vec<&str> = ["--apart"].into_iter().chain(samples.iter().map(String::as_str)).collect();
    let plain = document(&[&["--no-redact"], inputs.as_slice()].concat());
    let table = Path::new(env!("CARGO_TARGET_TMPDIR")).join("anonymize-samples.csv");
    let shown = document(
        &[&["--anonymize", "--anonymize-table", table.to_str().expect("UTF-8")], inputs.as_slice()].concat(),
    );
    assert_eq!(essence(&plain), essence(&shown));
    assert_eq!(plain["journeys"].as_array().map(Vec::len), shown["journeys"].as_array().map(Vec::len));
    // Where few addresses are of a kind, what stands for one is another of the same recording.
    let table = fs::read_to_string(table).expect("a table");
    let others: BTreeSet<&str> =
        table.lines().filter_map(|line| line.rsplit_once(',')).map(|(_, to)| to).collect();
    let originals: BTreeSet<String> =
        originals(&plain).into_iter().filter(|original| !others.contains(original.as_str())).collect();
    assert!(originals.len() > 20, "{originals:?}");
    check(&inputs, &originals);
}

#[test]
fn the_same_whatever_the_threads_and_the_view() {
    let path = capture("threads.pcap", &talks());
    for format in ["json", "text"] {
        let of = |threads: &str| {
            wslog(&[
                "inspect",
                "--anonymize",
                "--payload",
                "full",
                "--format",
                format,
                "--threads",
                threads,
                &path,
            ])
            .1
        };
        let one = of("1");
        assert!(!one.is_empty());
        for threads in ["2", "7"] {
            assert_eq!(of(threads), one, "{format} {threads}");
        }
    }
    let whole = document(&["--anonymize", &path]);
    let (_, rows, _) = wslog(&["list", "--anonymize", "--format", "ndjson", &path]);
    let rows = String::from_utf8(rows).expect("UTF-8");
    let first: Value = serde_json::from_str(rows.lines().next().expect("a row")).expect("JSON");
    assert_eq!(first["host"], whole["connections"][0]["handshake"]["host"]);
    assert_eq!(first["target"], whole["connections"][0]["handshake"]["target"]);
    let client = &whole["connections"][0]["client"];
    assert_eq!(
        first["client"].as_str(),
        Some(&*format!("{}:{}", client["ip"].as_str().expect("an address"), client["port"]))
    );
}

/// One original has one replacement, wherever it stands.
#[test]
fn names_agree_with_one_another() {
    let path = capture("agree.pcap", &talks());
    let document = document(&["--anonymize", "--no-redact", "--payload", "full", &path]);
    let text = document.to_string();
    let [first, second, third] = [0, 1, 2].map(|n| &document["connections"][n]);
    let host = first["handshake"]["host"].as_str().expect("a host");
    assert!(host.ends_with(".example:8080"), "{host}");
    let host = host.trim_end_matches(":8080");
    // In the Host, the Referer, Forwarded, and in capitals in a payload.
    assert!(memmem(text.to_lowercase().as_bytes(), host.as_bytes()).len() >= 4, "{host}: {text}");
    let target = first["handshake"]["target"].as_str().expect("a target");
    let user = target.split("user=").nth(1).and_then(|rest| rest.split('&').next()).expect("a user");
    assert!(target.ends_with("&v=2") && user.len() == "zuzanna".len(), "{target}");
    let reason = first["closing"]["server"]["reason"].as_str().expect("a reason");
    assert!(reason.starts_with(&format!("{user}@")) && reason.contains(": kicked from "), "{reason}");
    assert!(reason.ends_with(first["server"]["ip"].as_str().expect("an address")), "{reason}");
    assert_eq!(first["client"]["ip"], second["client"]["ip"]);
    assert_eq!(first["handshake"]["accept_valid"], true);
    assert_eq!(third["handshake"]["accept_valid"], false);
    let forwarded = text.contains("172.");
    assert!(forwarded, "a private address stays one: {text}");
}

#[test]
fn payloads_are_left_out_unless_asked_for() {
    let path = capture("payloads.pcap", &talks());
    let left_out = document(&["--anonymize", &path]);
    assert!(left_out["connections"][0]["frames"][0]["payload"]["redacted"].is_number(), "{left_out}");
    let asked = document(&["--anonymize", "--payload", "preview", &path]);
    let shown = asked["connections"][0]["frames"][0]["payload"]["text"].as_str().expect("text");
    assert!(shown.starts_with("{\"user\":\"") && !shown.contains("zuzanna"), "{shown}");
    let (_, rows, _) = wslog(&["messages", "--anonymize", "--follow", "1", &path]);
    let rows = String::from_utf8(rows).expect("UTF-8");
    assert!(rows.contains("\"host\":\"") && !rows.to_lowercase().contains("megacorp"), "{rows}");
}

/// What is made for others says that names are none of the recording's, and leaves payloads out by default.
#[test]
fn tickets_and_har() {
    assert!(formats("inspect").contains(&"markdown".to_owned()));
    assert!(formats("messages").contains(&"har".to_owned()));
    let path = capture("tickets.pcap", &talks());
    let ticket = |more: &[&str]| {
        let (_, out, _) = wslog(&[&["inspect", "--format", "markdown"], more, &[&*path]].concat());
        String::from_utf8(out).expect("UTF-8")
    };
    let (plain, shown) = (ticket(&[]), ticket(&["--anonymize"]));
    let made = " --anonymize`";
    assert!(shown.contains(made) && shown.contains("replaced by others"), "{shown}");
    assert!(!plain.contains(made) && !plain.contains("replaced by others"), "{plain}");
    let first = ticket(&["--anonymize", "--frames", "all", "--connection", "1"]);
    assert!(!first.contains("mail ") && first.contains("payloads of data frames"), "{first}");
    let asked = ticket(&["--anonymize", "--payload", "full", "--frames", "all", "--connection", "1"]);
    assert!(asked.contains("mail ") && !asked.contains("kunde42"), "{asked}");
    let har = |more: &[&str]| -> Value {
        let (_, out, _) = wslog(&[&["messages", "--anonymize", "--format", "har"], more, &[&*path]].concat());
        serde_json::from_slice(&out).expect("JSON")
    };
    let whole = document(&["--anonymize", "--no-redact", &path]);
    let of = har(&["--no-redact"])["log"]["entries"][0].take();
    let connection = &whole["connections"][0];
    assert_eq!(of["serverIPAddress"], connection["server"]["ip"]);
    let handshake = &connection["handshake"];
    let [host, target] = ["host", "target"].map(|of| handshake[of].as_str().expect("a text"));
    assert_eq!(of["request"]["url"], format!("ws://{host}{target}"));
    let message = |of: &Value| of["_webSocketMessages"][1].clone();
    assert_eq!(message(&of)["data"], "");
    assert!(message(&of)["comment"].as_str().is_some_and(|said| said.starts_with("redacted: ")), "{of}");
    let asked = har(&["--payload", "full"])["log"]["entries"][0].take();
    let data = message(&asked)["data"].as_str().expect("text").to_owned();
    assert!(data.contains("mail ") && !data.contains("kunde42"), "{data}");
}

#[test]
fn what_is_selected_is_named_as_it_is() {
    let path = capture("select.pcap", &talks());
    for (selection, count) in [
        (&["--host", "gw7.megacorp.example"][..], 1),
        (&["--client", "10.20.30.41:50002"], 1),
        (&["--path", "/rooms/qrst*"], 1),
        (&["--server", "10.20.30.55"], 3),
    ] {
        let shown = document(&[&["--anonymize"], selection, &[&*path]].concat());
        assert_eq!(shown["connections"].as_array().map(Vec::len), Some(count), "{selection:?}");
    }
}

#[test]
fn keys() {
    let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR"));
    let [one, other, empty] =
        [("one.key", "sesame"), ("other.key", "street"), ("empty.key", "")].map(|(name, key)| {
            let path = folder.join(name);
            fs::write(&path, key).expect("a scratch file");
            path.into_os_string().into_string().expect("UTF-8")
        });
    let path = capture("keys.pcap", &talks());
    let short = capture("short.pcap", &talks()[..20]);
    let host = |arguments: &[&str]| {
        document(&[&["--anonymize"], arguments].concat())["connections"][0]["handshake"]["host"].clone()
    };
    assert_eq!(host(&[&path]), host(&[&path]));
    assert_eq!(host(&["--anonymize-key", &one, &path]), host(&["--anonymize-key", &one, &short]));
    assert_ne!(host(&["--anonymize-key", &one, &path]), host(&["--anonymize-key", &other, &path]));
    assert_ne!(host(&["--anonymize-key", &one, &path]), host(&[&path]));
    let (code, _, errors) = wslog(&["inspect", "--anonymize", "--anonymize-key", &empty, &path]);
    assert_eq!(code, Some(2), "{}", String::from_utf8_lossy(&errors));
}

#[test]
fn a_table_of_what_stands_for_what() {
    let path = capture("table.pcap", &talks());
    let table = Path::new(env!("CARGO_TARGET_TMPDIR")).join("anonymize-table.csv");
    let table = table.to_str().expect("UTF-8");
    let shown = document(&["--anonymize", "--anonymize-table", table, &path]);
    let rows = fs::read_to_string(table).expect("a table");
    assert!(rows.starts_with("original,replacement\r\n"), "{rows}");
    let of = |original: &str| {
        let row = rows.lines().find_map(|row| row.strip_prefix(&format!("{original},")));
        row.unwrap_or_else(|| panic!("{original}: {rows}")).trim_end().to_owned()
    };
    assert_eq!(shown["connections"][0]["client"]["ip"], of("10.20.30.41").as_str());
    assert!(
        shown["connections"][0]["handshake"]["host"]
            .as_str()
            .is_some_and(|host| host.contains(&of("megacorp")))
    );
    assert_eq!(of("zuzanna").len(), "zuzanna".len());
}

/// What comes by a pipe is read once: names are met as they come.
#[test]
fn a_pipe() {
    let bytes = Pcap::default().write(&talks());
    for command in ["inspect", "list", "frames"] {
        let mut wslog = Command::new(env!("CARGO_BIN_EXE_wslog"));
        wslog
            .args([command, "--anonymize", "-"])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        let mut running = wslog.spawn().expect("it runs");
        running.stdin.take().expect("a pipe").write_all(&bytes).expect("it reads");
        let out = running.wait_with_output().expect("it ends");
        assert!(out.status.success());
        for original in ["10.20.30.41", "megacorp", "4711833"] {
            assert!(!has(&out.stdout, original), "{command}: {original}");
        }
        assert!(String::from_utf8_lossy(&out.stderr).contains("--anonymize-key"), "{command}");
    }
    let (code, _, errors) = wslog(&["inspect", "--anonymize", "--anonymize-table", "/dev/null", "-"]);
    assert_eq!(code, Some(2));
    assert!(String::from_utf8_lossy(&errors).contains("read twice"));
}

/// Errors name inputs in the data by their other names, and beside it as they are.
#[test]
fn inputs_that_cannot_be_read() {
    let path = capture("errors.pcap", &talks());
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("anonymize");
    let broken = folder.join("kunde42-broken.pcap");
    fs::write(&broken, b"nothing of that kind").expect("a scratch file");
    let broken = broken.to_str().expect("UTF-8");
    for format in ["json", "ndjson", "text"] {
        let (code, out, errors) = wslog(&["inspect", "--anonymize", "--format", format, &path, broken]);
        assert_eq!(code, Some(2), "{format}");
        assert!(!has(&out, "kunde42"), "{format}: {}", String::from_utf8_lossy(&out));
        assert!(has(&errors, "kunde42"), "{format}");
    }
}
