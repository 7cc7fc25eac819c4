//! The rooms of `src/lib.rs`: what each may name, held against every path in its source.
//!
//! Unit tests are held to the row of their room too, but may name any crate, and reach what of the world they need to
//! make their inputs.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use judge::{House, Room};
use names::{Files, What, read};

#[path = "layering/judge.rs"]
mod judge;
#[path = "layering/names.rs"]
mod names;

/// What of the world a room reaches: `env`, `fs`, `process`, `sync`, `thread`, `time` as the modules of `std`, without
/// what in them is mere values; `stdin`; `print` for both outputs. No room has `net`.
const ROOMS: &[Room] = &[
    Room { name: "lib", rooms: &[], crates: &[], world: &[] },
    // A conversation holds findings, and what a finding carries stands in the file of its rule.
    Room { name: "model", rooms: &["knowledge"], crates: &[], world: &[] },
    Room { name: "knowledge", rooms: &["model"], crates: &[], world: &[] },
    Room { name: "limits", rooms: &["model::WeirdKind"], crates: &["thiserror"], world: &[] },
    Room { name: "error", rooms: &["model::Hex"], crates: &["thiserror"], world: &[] },
    Room {
        name: "source",
        rooms: &["model", "limits", "error"],
        crates: &[
            "bzip2",
            "etherparse",
            "flate2",
            "lz4_flex",
            "lzma_rust2",
            "pcap_parser",
            "ruzstd",
            "zeroize",
        ],
        world: &["fs", "stdin", "thread", "time", "sync"],
    },
    Room { name: "tcp", rooms: &["model", "limits"], crates: &["foldhash"], world: &[] },
    Room {
        name: "tls",
        rooms: &["model", "limits"],
        crates: &[
            "aes",
            "aes_gcm",
            "cbc",
            "chacha20poly1305",
            "hkdf",
            "hmac",
            "nom",
            "sha1",
            "sha2",
            "zeroize",
        ],
        world: &[],
    },
    Room { name: "http", rooms: &["model"], crates: &["nom", "sha1", "base64", "memchr"], world: &[] },
    Room { name: "websocket", rooms: &["model"], crates: &["nom"], world: &[] },
    Room { name: "notation", rooms: &["model", "http::upgrade", "websocket"], crates: &[], world: &[] },
    Room {
        name: "http2",
        rooms: &["model", "limits", "http::offers_http3"],
        crates: &["httlib_huffman", "nom"],
        world: &[],
    },
    Room {
        name: "dissect",
        rooms: &["model", "limits", "http", "http2", "websocket"],
        crates: &[],
        world: &[],
    },
    Room {
        name: "autobahn",
        rooms: &[
            "knowledge::Blame",
            "knowledge::CauseId",
            "knowledge::Level",
            "knowledge::RULES",
            "knowledge::RuleId",
            "knowledge::words",
            "model",
            "limits",
            "error",
            "http",
            "websocket",
        ],
        crates: &["html5gum", "nom", "serde", "serde_json", "toml", "toml_edit"],
        world: &[],
    },
    Room { name: "message", rooms: &["model", "limits"], crates: &["flate2", "simdutf8"], world: &[] },
    Room {
        name: "slice",
        rooms: &[
            "model",
            "limits",
            // Where names stand in what is copied, and what stands for them.
            "http",
            "tls::Begins",
            "tls::Outline",
            "tls::Outlined",
            "redact::Pseudonyms",
        ],
        crates: &["memchr"],
        world: &[],
    },
    Room { name: "diagnosis", rooms: &["knowledge", "model"], crates: &[], world: &[] },
    Room { name: "journey", rooms: &["knowledge", "model"], crates: &["foldhash"], world: &[] },
    Room { name: "reference", rooms: &["knowledge", "model", "limits"], crates: &[], world: &[] },
    Room {
        name: "explain",
        rooms: &["knowledge", "model", "notation", "error", "autobahn::account", "autobahn::cases"],
        crates: &[],
        world: &[],
    },
    Room {
        name: "redact",
        rooms: &[
            "knowledge::Blame",
            "knowledge::CauseId",
            "knowledge::Decide",
            "knowledge::Level",
            "knowledge::RuleId",
            "knowledge::Tone",
            // The accept value of a key that stands for another.
            "http::upgrade::expected_accept",
            "limits",
            "model",
        ],
        crates: &["base64", "hmac", "memchr", "sha2"],
        world: &[],
    },
    Room {
        name: "views",
        rooms: &[
            "knowledge",
            "model",
            "limits",
            "error",
            "redact",
            // What a sink is.
            "engine::Form",
            "engine::Give",
            "engine::Happening",
            "engine::Keep",
            "engine::Pieces",
            "engine::Sink",
            // Where rows wait that have no place in memory.
            "engine::Spool",
            "engine::Spools",
            // What joins the cases of a run.
            "engine::Verdicts",
        ],
        crates: &[
            "askama",
            "base64",
            "comfy_table",
            "csv_core",
            "flate2",
            "itoa",
            "jiff",
            "sha2",
            "unicode_width",
        ],
        world: &[],
    },
    Room {
        name: "engine",
        rooms: &[
            "autobahn",
            "diagnosis",
            "dissect",
            "error",
            "http2",
            "journey",
            "knowledge::CauseId",
            "knowledge::Level",
            "knowledge::RuleId",
            "limits",
            "message",
            "model",
            "redact",
            "reference",
            "slice",
            "source",
            "tcp",
            "tls",
        ],
        crates: &["foldhash", "globset", "thiserror"],
        world: &["thread", "sync"],
    },
    Room {
        name: "cli",
        rooms: &[
            "autobahn",
            "engine",
            "error",
            "explain",
            "knowledge",
            "limits",
            "model",
            "redact",
            "source",
            "views",
        ],
        crates: &[
            "anyhow",
            "clap",
            "clap_complete",
            "clap_mangen",
            "ctrlc",
            "getrandom",
            "indicatif",
            "jiff",
            "regex",
            "same_file",
            "signal_hook",
            "strsim",
            "tempfile",
            "terminal_size",
        ],
        world: &["env", "fs", "print", "process", "sync", "thread", "time"],
    },
    Room { name: "main", rooms: &["cli"], crates: &["mimalloc"], world: &["env", "process"] },
];

fn sources(dir: &Path, out: &mut Files) {
    for entry in fs::read_dir(dir).expect("src is there") {
        let path = entry.expect("readable").path();
        if path.is_dir() {
            sources(&path, out);
        } else if path.extension().is_some_and(|ending| ending == "rs") {
            let name = path.strip_prefix(env!("CARGO_MANIFEST_DIR")).expect("below the root");
            let name = name.to_string_lossy().replace('\\', "/");
            out.insert(name, fs::read_to_string(&path).expect("UTF-8"));
        }
    }
}

fn files() -> Files {
    let mut files = Files::new();
    sources(&Path::new(env!("CARGO_MANIFEST_DIR")).join("src"), &mut files);
    files
}

/// The names of `[dependencies]`, those of single systems among them, and of `[dev-dependencies]`, as code spells them.
fn crates() -> [BTreeSet<String>; 2] {
    let manifest = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("Cargo.toml"));
    let manifest: toml::Table = toml::from_str(&manifest.expect("Cargo.toml is there")).expect("TOML");
    ["dependencies", "dev-dependencies"].map(|table| {
        let of_all = manifest.get(table).into_iter();
        let of_some = manifest["target"].as_table().expect("a table").values().filter_map(|of| of.get(table));
        let tables = of_all.chain(of_some).map(|table| table.as_table().expect("a table"));
        tables.flat_map(|table| table.keys().map(|name| name.replace('-', "_"))).collect()
    })
}

/// What of the rows nobody needs: each is a hole.
fn idle(rooms: &[Room], used: &BTreeSet<(&str, &str)>) -> Vec<String> {
    let mut idle = Vec::new();
    for room in rooms {
        for name in [room.rooms, room.crates, room.world].into_iter().flatten() {
            if !used.contains(&(room.name, *name)) {
                idle.push(format!("{} may use {name} and does not", room.name));
            }
        }
    }
    idle
}

#[test]
fn every_room_names_what_it_may_and_no_more() {
    let (files, [crates, test_crates]) = (files(), crates());
    let house = House::new(&files, ROOMS, &crates, &test_crates);
    let (mut wrong, used) = house.judge();
    wrong.extend(idle(ROOMS, &used));
    for name in crates.iter().filter(|name| !ROOMS.iter().any(|room| room.crates.contains(&&***name))) {
        wrong.push(format!("Cargo.toml: {name} is in no row of the table"));
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

const LIB: &str = "pub mod engine; pub mod model; pub mod source; pub mod tcp; pub mod views;";

/// A house of a few rooms, with `text` in `file`, held against the table.
fn seen(file: &str, text: &str) -> Vec<String> {
    let mut files: Files = [
        ("src/lib.rs", LIB),
        ("src/main.rs", "mod cli;"),
        ("src/cli.rs", "mod style;"),
        ("src/cli/style.rs", ""),
        ("src/engine.rs", "pub use crate::source::Reader;"),
        ("src/model.rs", "pub mod flow; pub use flow::Key;"),
        ("src/model/flow.rs", "pub struct Key;"),
        ("src/source.rs", "pub struct Reader;"),
        ("src/tcp.rs", "mod half; use std::io; use std::path::Path;"),
        ("src/tcp/half.rs", ""),
        ("src/views.rs", "pub struct Line;"),
    ]
    .into_iter()
    .map(|(file, text)| (file.to_owned(), text.to_owned()))
    .collect();
    files.insert(file.to_owned(), text.to_owned());
    if text.contains("mod tests;") {
        let tests = "use super::*; use proptest::prelude::*; fn f() { std::fs::read(\"x\"); }";
        files.insert("src/tcp/half/tests.rs".to_owned(), tests.to_owned());
    }
    let [crates, test_crates] = crates();
    let (violations, _) = House::new(&files, ROOMS, &crates, &test_crates).judge();
    violations
        .iter()
        .map(|seen| seen.strip_prefix(&format!("{file}:")).unwrap_or(seen).trim().to_owned())
        .collect()
}

/// What stands in `src/tcp/half.rs`, and what is seen of it.
const PLANTED: &[(&str, &[&str])] = &[
    // Where it stands.
    ("fn f() { std::env::var(\"HOME\"); }", &["1: tcp may not name std::env::var"]),
    (
        "#[cfg(test)]\nmod tests;\n\nfn f() {\n    std::fs::read(\"x\");\n}",
        &["5: tcp may not name std::fs::read"],
    ),
    (
        "#[cfg(test)]\nmod tests { fn f() { std::fs::read(\"x\"); } }\nuse std::fs;",
        &["3: tcp may not name std::fs"],
    ),
    ("#[cfg(test)]\nuse std::fs::read;\nuse std::fs::write;", &["3: tcp may not name std::fs::write"]),
    (
        "struct A;\nimpl A {\n#[cfg(test)]\nfn f() { std::env::args(); }\nfn g() { std::env::vars(); }\n}",
        &["5: tcp may not name std::env::vars"],
    ),
    ("#[cfg(not(test))]\nuse std::fs;", &["2: tcp may not name std::fs"]),
    ("#[cfg(any(test, unix))]\nmod disk { use std::fs; }", &["2: tcp may not name std::fs"]),
    (
        "#[doc(hidden)]\npub mod inner {\n    pub fn f() { std::process::abort() }\n}",
        &["3: tcp may not name std::process::abort"],
    ),
    (
        "fn f() -> String { format!(\"{:?}\", std::env::var(\"HOME\")) }",
        &["1: tcp may not name std::env::var"],
    ),
    (
        "macro_rules! m { ($p:expr) => { { use std::{fmt, fs as disk}; disk::read($p) } }; }",
        &["1: tcp may not name disk::read, which is std::fs::read", "1: tcp may not name std::fs"],
    ),
    ("struct A { files: Vec<Option<std::fs::File>> }", &["1: tcp may not name std::fs::File"]),
    ("impl std::net::ToSocketAddrs for A {}", &["1: tcp may not name std::net::ToSocketAddrs"]),
    ("fn f<T>() where T: From<std::fs::File> {}", &["1: tcp may not name std::fs::File"]),
    ("fn f() { <std::fs::File as io::Read>::read(); }\nuse std::io;", &["1: tcp may not name std::fs::File"]),
    ("#[derive(serde::Serialize)]\nstruct A;", &["1: tcp may not name serde::Serialize"]),
    ("#[tool(with = \"std::fs::read\")]\nstruct A;", &["1: tcp may not name std::fs::read"]),
    // How it is spelt.
    (
        "use std::fs as disk;\nfn f() { disk::read(\"x\"); }",
        &["1: tcp may not name std::fs", "2: tcp may not name disk::read, which is std::fs::read"],
    ),
    (
        "use std::{fmt, collections::HashMap, {net::{SocketAddr, TcpStream}}};",
        &["1: tcp may not name std::net::TcpStream"],
    ),
    ("use std::time::*;", &["1: tcp may not name std::time::*"]),
    ("use std::time::{self, Duration};", &["1: tcp may not name std::time"]),
    (
        "fn f() { core::time::Duration::ZERO; std::time::Instant::now(); }",
        &["1: tcp may not name std::time::Instant::now"],
    ),
    (
        "fn f() { ::std::fs::read(\"x\"); std::r#fs::read(\"x\"); }",
        &["1: tcp may not name ::std::fs::read, which is std::fs::read", "1: tcp may not name std::fs::read"],
    ),
    ("use std as s;", &["1: tcp may not name std, a whole crate"]),
    ("use ::std::{self as s};", &["1: tcp may not name ::std, a whole crate"]),
    ("fn std() {} fn f() { std::fs::read(\"x\"); }", &["1: tcp may not name std::fs::read"]),
    ("use std::os::fd::OwnedFd;", &["1: tcp may not name std::os::fd::OwnedFd"]),
    ("use std::simd::u8x16;", &["1: tcp may not name std::simd::u8x16"]),
    (
        "macro_rules! m { ($m:ident) => { std::$m::f() }; }",
        &["1: tcp may not name std::$::f, what only the call of a macro says"],
    ),
    (
        "macro_rules! m { ($m:ident) => { $m::fs::f() }; }",
        &["1: tcp may not name $::fs::f, what only the call of a macro says"],
    ),
    (
        "macro_rules! m { () => { use $crate::{views, cli}; }; }",
        &["1: tcp may not name crate::$, what only the call of a macro says"],
    ),
    (
        "macro_rules! m { () => { super::super::model::f() }; }",
        &["1: tcp may not hide what it names: super in a macro is another module for each that calls it"],
    ),
    (
        "fn f() { mod inner { use super::super::x; } }",
        &[
            "1: tcp may not hide what it names: a module in a body or a macro is not told apart",
            "1: tcp may not name super::super::x, which is wslog::x",
        ],
    ),
    (
        "extern crate std as s;",
        &["1: tcp may not hide what it names: extern crate brings a crate under any name"],
    ),
    ("include!(\"other.rs\");", &["1: tcp may not hide what it names: include! brings code from elsewhere"]),
    (
        "#[path = \"../half/tests.rs\"]\nmod tests;",
        &[
            "2: tcp may not hide what it names: #[path] puts a module where its name does not say",
            "src/tcp/half/tests.rs:1: tcp may not name proptest::prelude::*",
            "src/tcp/half/tests.rs:1: tcp may not name std::fs::read",
        ],
    ),
    (
        "macro_rules! m { ($a:ident $b:ident) => { use $a::$b as x; x::read(); }; }",
        &[
            "1: tcp may not hide what it names: a use of what only the call of a macro says",
            "1: tcp may not name x::read, which is neither declared here nor a crate of Cargo.toml",
        ],
    ),
    (
        "macro_rules! m { ($a:ident) => { $a!(1) }; }",
        &["1: tcp may not name $, what only the call of a macro says"],
    ),
    (
        "fn f() { std::panic::set_hook(a); std::panic::resume_unwind(a); }",
        &["1: tcp may not name std::panic::set_hook"],
    ),
    (
        "macro_rules! std { () => {}; }\nfn f() { std::fs::read(\"x\"); }",
        &["2: tcp may not name std::fs::read"],
    ),
    // Input and output.
    ("use std::io;\nfn f() { io::stdin(); }", &["2: tcp may not name io::stdin, which is std::io::stdin"]),
    (
        "use super::*;\nfn f() { io::stdout(); }",
        &["2: tcp may not name io::stdout, which is std::io::stdout"],
    ),
    ("use std::io::*;", &["1: tcp may not name std::io::*"]),
    (
        "fn f() { println!(\"x\"); std::eprint!(\"x\"); dbg!(1); }",
        &[
            "1: tcp may not name dbg, which is std::dbg",
            "1: tcp may not name println, which is std::println",
            "1: tcp may not name std::eprint",
        ],
    ),
    (
        "use std::println as say;\nfn f() { say!(\"x\"); }",
        &["1: tcp may not name std::println", "2: tcp may not name say, which is std::println"],
    ),
    (
        "thread_local! { static A: u8 = 0; }",
        &["1: tcp may not name thread_local, which is std::thread_local"],
    ),
    (
        "fn f(p: &P) -> bool { p.exists() || matches!(p, p if p.is_dir()) }",
        &[
            "1: tcp may not call exists, which asks the file system",
            "1: tcp may not call is_dir, which asks the file system",
        ],
    ),
    (
        "type P = std::path::Path; fn f() { a.map(P::is_file); <P>::exists(a); }",
        &[
            "1: tcp may not call exists, which asks the file system",
            "1: tcp may not call is_file, which asks the file system",
        ],
    ),
    (
        "#[cfg(test)]\nmod tests { use std::time::Instant; use crate::views::Line; }",
        &[
            "2: tcp may not name crate::views::Line, which is wslog::views::Line",
            "2: tcp may not name std::time::Instant",
        ],
    ),
    // Rooms and crates.
    ("use crate::views::Line;", &["1: tcp may not name crate::views::Line, which is wslog::views::Line"]),
    (
        "use crate::{model::Key, views::{self as v}};",
        &["1: tcp may not name crate::views, which is wslog::views"],
    ),
    ("use super::super::cli;", &["1: tcp may not name super::super::cli, which is wslog::cli"]),
    (
        "use super::super::super::cli;",
        &["1: tcp may not name super::super::super::cli, what is above its crate"],
    ),
    ("use crate as all;", &["1: tcp may not name crate, a whole crate"]),
    ("use super::super::*;", &["1: tcp may not name super::super::*, a whole crate"]),
    (
        "fn f() { self::super::super::views::Line; }",
        &["1: tcp may not name self::super::super::views::Line, which is wslog::views::Line"],
    ),
    ("use nom::bytes::complete::tag;", &["1: tcp may not name nom::bytes::complete::tag"]),
    ("use foldhash::lib::std::fs;", &["1: tcp may not name foldhash::lib::std::fs"]),
    (
        "fn f() { rand::random::<u8>(); }",
        &["1: tcp may not name rand::random, which is neither declared here nor a crate of Cargo.toml"],
    ),
    ("use proptest::prelude::*;", &["1: tcp may not name proptest::prelude::*"]),
    ("use std::hash::RandomState;", &["1: tcp may not name std::hash::RandomState"]),
];

/// What stands in `src/tcp/half.rs`, and is as it should be.
const LEGAL: &[&str] = &[
    "use std::net::{IpAddr, SocketAddr};\nfn f(a: core::net::Ipv4Addr) -> std::net::SocketAddrV6 {}",
    "use std::time::Duration;\nfn f() { std::time::Duration::from_secs(1); }",
    "use std::io::{self, BufRead, Cursor, Error, ErrorKind, Read, Write};\nfn f() { io::Error::other(\"x\"); }",
    "use std::sync::{Arc, LazyLock};",
    "// std::fs::read\n/* use std::env; */\n/// [`std::fs`], crate::views\n#[doc = \"std::process\"]\nstruct A;",
    "const A: &str = \"std::fs::read crate::views println!\"; const B: &[u8] = br#\"use std::fs;\"#;",
    "const A: &str = env!(\"CARGO_PKG_VERSION\"); const B: &str = include_str!(\"a.tsv\");",
    "#[cfg(test)]\nmod tests;",
    "#[cfg(test)]\nmod tests { use std::fs; fn f() { println!(\"{:?}\", std::env::temp_dir()); std::process::id(); } }",
    "#[cfg(all(test, unix))]\nmod tests { use proptest::prelude::*; use nom::bytes; fn f() { prop::collection::vec(0..1, 1); } }",
    "#[cfg(test)]\nfn f() { std::fs::read(\"x\"); }",
    "mod fs { pub fn read() {} }\nfn f() { fs::read(); self::fs::read(); }",
    "fn f() { super::io::Error::other(\"x\"); super::super::model::Key; crate::tcp::half::f(); }",
    "use super::*;\nfn f(p: &Path) { io::empty(); p.display(); Path::new(\"x\"); }",
    "use foldhash::fast::FixedState;\nuse crate::model::{self, Key, flow};\nfn f() { flow::Key; model::Key; }",
    "fn f<'fs, T: Iterator>(fs: T::Item) { Vec::<u8>::new(); fs.read(); 0..std::mem::size_of::<T>(); <u8>::MAX; }",
    "#[allow(clippy::all)]\nfn f() { format!(\"{}\", Self::env); vec![::std::mem::take(&mut a)]; }",
    "macro_rules! m { ($a:ident) => { pub(super) fn f() { $crate::model::f(); Key::$a; $a::$a; std::mem::drop(a) } }; }",
    "macro_rules! row { () => {}; }\npub(crate) use row;\nuse self::row as r;\nrow! {}\nfn f() { crate::tcp::half::row!(); r!(); }",
];

#[test]
fn what_is_planted_is_seen() {
    for (text, expected) in PLANTED {
        assert_eq!(seen("src/tcp/half.rs", text), *expected, "{text}");
    }
}

#[test]
fn what_is_legal_is_let_be() {
    for text in LEGAL {
        assert_eq!(seen("src/tcp/half.rs", text), [""; 0], "{text}");
    }
}

#[test]
fn each_room_has_its_own_row() {
    let none: [&str; 0] = [];
    let world = "use std::{fs, sync::mpsc, thread, time::Instant};";
    assert_eq!(seen("src/source.rs", world), none);
    assert_eq!(
        seen("src/engine.rs", world),
        ["1: engine may not name std::fs", "1: engine may not name std::time::Instant"]
    );
    assert_eq!(seen("src/engine.rs", "use crate::{model, source, tcp};"), none);
    assert_eq!(
        seen("src/views.rs", "use crate::engine::{Reader, Sink};"),
        [
            "1: views may not name crate::engine::Reader, which is wslog::engine::Reader",
            "1: views may not name crate::engine::Reader, which is wslog::source::Reader",
        ]
    );
    assert_eq!(
        seen("src/views.rs", "use crate::engine; fn f(sink: engine::Sink, sinks: engine::Sinks) {}"),
        [
            "1: views may not name crate::engine, which is wslog::engine",
            "1: views may not name engine::Sinks, which is wslog::engine::Sinks",
        ]
    );
    assert_eq!(
        seen("src/cli/style.rs", "use std::env; fn f() { println!(\"x\"); wslog::views::Line; super::f(); }"),
        none
    );
    assert_eq!(seen("src/cli/style.rs", "use wslog::tcp::Key;"), ["1: cli may not name wslog::tcp::Key"]);
    assert_eq!(
        seen("src/main.rs", "mod cli; use wslog::views::Line;"),
        ["1: main may not name wslog::views::Line"]
    );
    let more = format!("{LIB} pub mod more {{ use std::mem; use crate::model; }}");
    let no_row = "1: more may not name crate::model, which is wslog::model";
    assert_eq!(seen("src/lib.rs", &more), [no_row]);
    assert_eq!(seen("src/tcp/mod.rs", "use std::fs;"), ["no mod names it"]);
}

#[test]
fn what_nobody_needs_is_not_allowed() {
    const ROOM: Room =
        Room { name: "tcp", rooms: &["model", "views"], crates: &["nom"], world: &["fs", "time"] };
    let used = BTreeSet::from([("tcp", "views"), ("tcp", "fs"), ("views", "time")]);
    let idle = idle(&[ROOM], &used);
    assert_eq!(idle, ["model", "nom", "time"].map(|name| format!("tcp may use {name} and does not")));
}

/// Lines of `text` with a pattern that passes over something.
fn passed_over(text: &str) -> Vec<usize> {
    let files = Files::from([("src/a.rs".to_owned(), text.to_owned())]);
    let names = read(&files, &["a"], "src/a.rs").into_values().flatten();
    names.filter(|name| !name.test && matches!(name.what, What::Rest)).map(|name| name.line).collect()
}

/// What decides about text from the wire names every place of it, and views get no other.
#[test]
fn no_text_of_a_peer_is_shown_undecided() {
    let patterns = "
        fn f() { let A { .. } = a; let B { b, .. } = a; let C(..) = a; let (x, ..) = a; let [.., y] = a; }
        fn g() { let D {
            d,
            ..
        } = a; match a { _ => 1 } }
        fn h() { m!(match a { A { .. } => 1, _ if b => 2 }); }
        fn i() { a.get(..n); &a[..]; f(..); a(b)[..2]; |_| 1; 0..n; \"{ .. }\"; let (_, x) = a; }
        #[cfg(test)]
        fn j() { let A { .. } = a; }";
    assert_eq!(passed_over(patterns), [2, 2, 2, 2, 2, 5, 6, 7, 7]);
    let files = files();
    for part in ["pass.rs", "pass/case.rs", "pass/payloads.rs"] {
        // Its parts are read by themselves.
        let text = files[&format!("src/redact/{part}")].replace("mod case;\nmod payloads;\n", "");
        let passed = passed_over(&text);
        assert_eq!(passed, [0; 0], "redact/{part} passes over something");
    }
    let mut deciding = 0;
    for (file, text) in files.iter().filter(|(file, _)| file.starts_with("src/knowledge/rules/")) {
        for item in text.split("\n\n").filter(|item| item.contains("fn decided")) {
            assert_eq!(passed_over(item), [0; 0], "{file} passes over something");
            deciding += 1;
        }
    }
    assert_eq!(deciding, 19, "rules whose findings quote the wire");
    for name in read(&files, &["wslog", "views"], "src/views.rs").into_values().flatten() {
        let (What::Path(path) | What::Import(path, _)) = &name.what else {
            let undecided =
                matches!(&name.what, What::Method(name) if ["as_sent", "into_sent"].contains(&&**name));
            assert!(
                name.test || !undecided,
                "{}:{}: views read nothing as it was sent",
                name.file,
                name.line
            );
            continue;
        };
        let undecided = |name: &String| ["Quoted", "as_sent", "into_sent"].contains(&&**name);
        let undecided = path.iter().any(undecided) || path.ends_with(&["Wire", "new"].map(str::to_owned));
        // A `*` might bring them without their names.
        let all = path[0] != "super" && path.last().is_some_and(|name| name == "*");
        let path = path.join("::");
        assert!(name.test || !undecided && !all, "{}:{}: views know no {path}", name.file, name.line);
    }
}

/// In a capture of several files the bare number is none that other tools show: `Conversation::place` has that.
#[test]
fn reports_show_packets_by_file() {
    let modules = read(&files(), &["wslog", "views"], "src/views.rs");
    let (mut apart, mut written) = (BTreeSet::new(), BTreeSet::new());
    for name in modules.values().flatten().filter(|name| !name.test) {
        match &name.what {
            What::First(of) if ["PacketNo", "no", "p"].contains(&&**of) || of.contains("packet") => {
                apart.insert((&*name.file, &**of));
            }
            What::Text(text) => {
                let bare =
                    |(at, shown): (usize, &str)| text[at + shown.len()..].starts_with(char::is_alphabetic);
                if text.match_indices("packet {").any(bare) {
                    written.insert(&*name.file);
                }
            }
            _ => {}
        }
    }
    let known = [("src/views/json.rs", "packet"), ("src/views/events.rs", "PacketNo")];
    assert_eq!(
        apart,
        BTreeSet::from(known),
        "`number` of json.rs takes it apart, events.rs makes two to sort by"
    );
    assert_eq!(
        written,
        BTreeSet::from(["src/views/facts.rs", "src/views/markdown/made.rs", "src/views/text/inputs.rs"]),
        "there the packets are those of one file, or stand beside the names of theirs"
    );
}
