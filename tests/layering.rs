//! The star of `src/lib.rs`: what each layer may import, read from its source.

use std::fs;
use std::path::{Path, PathBuf};

/// Layer, siblings it may import, outside crates it may name.
const LAYERS: &[(&str, &[&str], &[&str])] = &[
    ("model", &[], &[]),
    ("limits", &["model"], &["thiserror"]),
    ("error", &[], &["thiserror"]),
    (
        "source",
        &["model", "limits", "error"],
        &["bzip2", "etherparse", "flate2", "lz4_flex", "lzma_rust2", "pcap_parser", "ruzstd"],
    ),
    ("tcp", &["model", "limits"], &["foldhash"]),
    ("http", &["model", "limits"], &["nom", "sha1", "base64", "memchr"]),
    ("websocket", &["model", "limits"], &["nom"]),
    ("dissect", &["model", "limits", "http", "websocket"], &[]),
    (
        "autobahn",
        &["model", "limits", "error", "http", "websocket"],
        &["html5gum", "nom", "serde", "serde_json", "toml", "toml_edit"],
    ),
    ("message", &["model", "limits"], &["flate2", "simdutf8"]),
    ("reference", &["model", "limits"], &[]),
    ("explain", &["model", "error", "autobahn", "websocket"], &[]),
    ("redact", &["model"], &["memchr"]),
    ("views", &["model", "limits", "error", "redact"], &["comfy_table", "itoa", "jiff"]),
    (
        "engine",
        &["autobahn", "dissect", "error", "limits", "message", "model", "reference", "source", "tcp"],
        &["foldhash"],
    ),
];

/// Crates that only some layer, or the binary, may name.
const OUTSIDE: &[&str] = &[
    "anyhow",
    "base64",
    "bzip2",
    "clap",
    "clap_complete",
    "clap_mangen",
    "comfy_table",
    "ctrlc",
    "etherparse",
    "flate2",
    "foldhash",
    "html5gum",
    "itoa",
    "jiff",
    "lz4_flex",
    "lzma_rust2",
    "memchr",
    "nom",
    "pcap_parser",
    "ruzstd",
    "serde",
    "serde_json",
    "sha1",
    "simdutf8",
    "strsim",
    "terminal_size",
    "thiserror",
    "toml",
    "toml_edit",
];

fn sources(dir: &Path, out: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(dir).expect("src is there") {
        let path = entry.expect("readable").path();
        if path.is_dir() {
            sources(&path, out);
        } else {
            out.push(path);
        }
    }
}

/// `src/tcp/half.rs` and `src/tcp.rs` are of layer `tcp`.
fn layer_of(src: &Path, path: &Path) -> String {
    let first = path.strip_prefix(src).expect("below src").components().next().expect("a name");
    Path::new(first.as_os_str()).file_stem().expect("a stem").to_string_lossy().into_owned()
}

/// What comes before the tests of a file.
fn code(text: &str) -> &str {
    text.split("#[cfg(test)]").next().unwrap_or_default()
}

/// Names that follow `prefix` in the code of `text`, tests and comments left out.
fn names_after<'a>(text: &'a str, prefix: &'a str) -> impl Iterator<Item = &'a str> {
    code(text).lines().filter(|line| !line.trim_start().starts_with("//")).flat_map(move |line| {
        line.match_indices(prefix).filter_map(move |(at, _)| {
            let before = line[..at].chars().next_back();
            if before.is_some_and(|c| c.is_alphanumeric() || c == '_' || c == ':') {
                return None;
            }
            line[at + prefix.len()..].split(|c: char| !c.is_alphanumeric() && c != '_').next()
        })
    })
}

#[test]
fn layers_form_a_star_round_model() {
    let src = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut files = Vec::new();
    sources(&src, &mut files);
    let mut seen = Vec::new();
    for path in &files {
        let layer = layer_of(&src, path);
        let text = fs::read_to_string(path).expect("UTF-8");
        assert_ne!(
            path.file_name().and_then(|n| n.to_str()),
            Some("mod.rs"),
            "foo.rs beside foo/, no mod.rs"
        );
        let Some((_, siblings, crates)) = LAYERS.iter().find(|(name, ..)| *name == layer) else {
            assert!(["lib", "main", "cli"].contains(&layer.as_str()), "{layer} is not in the table above");
            continue;
        };
        seen.push(layer.clone());
        for name in names_after(&text, "crate::") {
            assert!(
                name == layer || siblings.contains(&name),
                "{}: {layer} may not import crate::{name}",
                path.display()
            );
        }
        for outside in OUTSIDE.iter().filter(|outside| !crates.contains(outside)) {
            let named = format!("{outside}::");
            assert!(
                names_after(&text, &named).next().is_none(),
                "{}: {layer} may not name {outside}",
                path.display()
            );
        }
        for forbidden in ["std::env", "std::thread", "Instant::now", "SystemTime", "println!", "std::process"]
        {
            assert!(!code(&text).contains(forbidden), "{}: the core knows no {forbidden}", path.display());
        }
    }
    for (layer, ..) in LAYERS {
        assert!(seen.iter().any(|s| s == layer), "{layer} has no source");
    }
}

/// What decides about text from the wire names every place of it, and views get no other.
#[test]
fn no_text_of_a_peer_is_shown_undecided() {
    let src = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let lines = |path: &Path| {
        let text = fs::read_to_string(path).expect("UTF-8");
        let lines = code(&text).lines().map(str::trim).filter(|line| !line.starts_with("//"));
        lines.map(str::to_owned).collect::<Vec<_>>()
    };
    for line in lines(&src.join("redact/pass.rs")) {
        for pattern in ["{ .. }", ", ..", "(..", "_ =>", "_ if"] {
            let is_range = pattern == "(.." && line.contains(".get(..");
            assert!(is_range || !line.contains(pattern), "redact/pass.rs passes over something: {line}");
        }
    }
    let mut files = Vec::new();
    sources(&src.join("views"), &mut files);
    for path in &files {
        for name in ["Quoted", "as_sent", "into_sent", "Wire::new"] {
            let found = lines(path).into_iter().find(|line| line.contains(name));
            assert_eq!(found, None, "{}: views know no {name}", path.display());
        }
    }
}

#[test]
fn reports_show_packets_by_file() {
    let src = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut files = Vec::new();
    sources(&src.join("views"), &mut files);
    let (mut taken, mut written) = (Vec::new(), Vec::new());
    for path in &files {
        let text = fs::read_to_string(path).expect("UTF-8");
        let bare = |(at, _): (usize, &str)| text[at + 8..].starts_with(char::is_alphabetic);
        if text.match_indices("packet {").any(bare) {
            written.push(path.file_name().expect("a file").to_owned());
        }
        let lines = code(&text).lines().map(str::trim);
        taken.extend(
            lines
                .filter(|line| ["p.0", "packet.0", "no.0"].iter().any(|n| line.contains(n)))
                .map(str::to_owned),
        );
    }
    // In a capture of several files the bare number is none that other tools show: Conversation::place has that.
    assert_eq!(taken, ["packet.0"], "only `number` of json.rs takes a packet number apart");
    assert_eq!(written, ["overview.rs"], "there the packets are those of one file");
}
