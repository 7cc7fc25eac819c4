//! What a page of `--format html` holds, read as its script reads it.

use std::io::Read;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use flate2::read::DeflateDecoder;
use serde_json::Value;

/// A page, opened.
pub struct Page {
    /// What is known of all: inputs, journeys, runs.
    pub document: Value,
    /// Rows of the overview, each with the number of its kind before a tab.
    pub rows: Vec<(u64, Value)>,
    /// Connections, in the same order.
    pub connections: Vec<Value>,
}

impl Page {
    pub fn open(page: &str) -> Self {
        let json = |line: &str| serde_json::from_str(line).expect("JSON");
        let lines = |name| {
            blobs(page, name).into_iter().flat_map(|blob| blob.lines().map(str::to_owned).collect::<Vec<_>>())
        };
        let row = |line: String| {
            let (kind, row) = line.split_once('\t').expect("a kind before the row");
            (kind.parse().expect("a number"), json(row))
        };
        Self {
            document: json(&blobs(page, "document").concat()),
            rows: lines("rows").map(row).collect(),
            connections: lines("connections").map(|line| json(&line)).collect(),
        }
    }
}

fn blobs(page: &str, name: &str) -> Vec<String> {
    let begins = format!("<script type=\"text/plain\" data-wslog=\"{name}\">");
    let blobs = page.split(&begins).skip(1).map(|rest| rest.split("</script>").next().expect("it ends"));
    blobs
        .map(|text| {
            let deflated = STANDARD.decode(text).expect("base64");
            let mut inside = String::new();
            DeflateDecoder::new(&deflated[..]).read_to_string(&mut inside).expect("deflated text");
            inside
        })
        .collect()
}
