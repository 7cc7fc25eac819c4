//! Connections as others have written them.

use crate::model::StreamEnd;
use crate::tls::tests::kit::{C, Event, S, Scene, Settled};

/// Key log and records of a section.
pub(super) struct Trace {
    pub(super) name: String,
    pub(super) log: String,
    pub(super) sent: Vec<(bool, Vec<u8>)>,
}

fn unhex(text: &str) -> Vec<u8> {
    let digits: Vec<u8> = text.bytes().filter(|byte| !byte.is_ascii_whitespace()).collect();
    digits.chunks(2).map(|two| u8::from_str_radix(str::from_utf8(two).unwrap(), 16).unwrap()).collect()
}

/// Those of a text: sections (`##`), key log (`K`), what client (`C`) and server (`S`) send, in order; a line that begins
/// with a space goes on with the one before.
pub(super) fn traces(text: &str) -> Vec<Trace> {
    let text = text.replace("\n  ", "");
    let mut traces = Vec::<Trace>::new();
    for line in text.lines() {
        match line.split_once(' ') {
            Some(("##", name)) => {
                traces.push(Trace { name: name.to_owned(), log: String::new(), sent: Vec::new() });
            }
            Some(("K", line)) => traces.last_mut().unwrap().log.push_str(&format!("{line}\n")),
            Some((by @ ("C" | "S"), hex)) => traces.last_mut().unwrap().sent.push((by == "C", unhex(hex))),
            _ => {}
        }
    }
    traces
}

/// What TCP brings of it, in segments of at most `chop` bytes.
pub(super) fn events(trace: &Trace, chop: usize) -> Vec<Event> {
    let mut scene = Scene::new(Settled::new(0x1301));
    for (by_client, bytes) in &trace.sent {
        for part in bytes.chunks(chop) {
            scene.segment(if *by_client { C } else { S }, part);
        }
    }
    scene.end(C, StreamEnd::Fin).end(S, StreamEnd::Fin);
    scene.events
}
