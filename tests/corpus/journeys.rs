//! Runs captured at several points: what belongs together is put together, whoever ended it is named, and of a link that loses and
//! repeats packets it is said how many.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::fs;
use std::path::{Path, PathBuf};

use serde_json::Value;
use wslog::engine::{Engine, Keep, Sink};
use wslog::error::Error;
use wslog::limits::Limits;
use wslog::model::{Conversation, Journey, JourneyKind, Role};
use wslog::redact::{Redaction, Sealed, Shown};

use crate::support::corpus::corpus;
use crate::support::essence::packets_of;

#[derive(Default)]
struct Heard {
    conversations: Vec<Conversation<Shown>>,
    journeys: Vec<Journey>,
}

impl Sink for Heard {
    fn asks(&self) -> Keep {
        Keep { journeys: true, ..Keep::NOTHING }
    }

    fn conversation(&mut self, conversation: &Sealed) -> Result<(), Error> {
        self.conversations.push(*conversation.clone().open());
        Ok(())
    }

    fn journeys(&mut self, journeys: &[Journey]) -> Result<(), Error> {
        self.journeys = journeys.to_vec();
        Ok(())
    }
}

fn run(paths: &[PathBuf]) -> Heard {
    let mut heard = Heard::default();
    let engine = Engine::new(Limits::default()).redacting(Redaction::Nothing);
    engine.sink(&mut heard).run(paths).expect("captures");
    heard
}

#[test]
fn every_set_is_linked_and_who_ended_it_is_named() {
    let Some(root) = corpus("") else { return };
    let Ok(text) = fs::read(root.join("vantage.json")) else { return };
    let sets: Vec<Value> = serde_json::from_slice(&text).expect("a list of sets");
    let texts = |value: &Value| -> Vec<String> {
        let all = value.as_array().expect("a list");
        all.iter().map(|text| text.as_str().expect("text").to_owned()).collect()
    };
    let mut wrong = Vec::new();
    for set in &sets {
        let captures = texts(&set["captures"]);
        let paths: Vec<PathBuf> = captures.iter().map(|name| root.join(name)).collect();
        let back: Vec<PathBuf> = paths.iter().rev().cloned().collect();
        let told = |heard: &Heard| -> BTreeSet<(&'static str, Option<&'static str>, String)> {
            heard.journeys.iter().map(|j| (j.kind.name(), j.by.map(|by| by.name()), j.text.clone())).collect()
        };
        let (forth, back) = (told(&run(&paths)), told(&run(&back)));
        let right = texts(&set["by"]);
        let is_right = forth.iter().any(|(kind, by, _)| {
            Some(*kind) == set["kind"].as_str() && by.is_some_and(|by| right.iter().any(|right| right == by))
        });
        let name = captures.join(" ");
        if forth != back {
            wrong.push(format!("{name}: {forth:?}, in the other order {back:?}"));
        } else if !is_right {
            wrong.push(format!("{name}: {forth:?}, right: {right:?}"));
        }
    }
    assert!(wrong.is_empty(), "{} of {}:\n{}", wrong.len(), sets.len(), wrong.join("\n"));
}

/// Ports of sender and receiver.
type Way = (u16, u16);

/// What makes a packet one and not another: identification, sequence number and flags; and how often it was recorded.
type Packets = HashMap<(u16, u32, u8), u64>;

fn packets(path: &Path) -> HashMap<Way, Packets> {
    let mut all: HashMap<Way, Packets> = HashMap::new();
    for packet in packets_of(&fs::read(path).expect("a capture")) {
        let this = (packet.header.ip_id.unwrap_or(0), packet.seq.0, packet.flags.0);
        let way = all.entry((packet.from.port(), packet.to.port())).or_default();
        *way.entry(this).or_default() += 1;
    }
    all
}

/// Packets that were sent and did not arrive, and those that arrived twice. What has the identification 0 is told by how many there are.
fn lost_and_twice(sent: &Packets, came: &Packets) -> (u64, u64) {
    let times = |packets: &Packets, this: &(u16, u32, u8)| packets.get(this).copied().unwrap_or(0);
    let lost = sent.iter().map(|(this, sent)| match times(came, this) {
        some if this.0 == 0 || some == 0 => sent.saturating_sub(some),
        _ => 0,
    });
    let twice = came.iter().map(|(this, came)| came.saturating_sub(times(sent, this)));
    (lost.sum(), twice.sum())
}

/// What a journey says of them.
fn said(journey: &Journey, by: Role) -> (u64, u64) {
    let sent = format!(" that the {} sent ", by.name());
    let about = journey.differences.iter().filter(|difference| difference.what == "lost_segments");
    let Some((_, text)) = about.filter_map(|difference| difference.text.split_once(&sent)).next() else {
        return (0, 0);
    };
    let number = |text: &str| text.split(' ').next().and_then(|n| n.parse::<u64>().ok());
    if let Some((_, twice)) = text.split_once("all arrived, ") {
        return (0, number(twice).expect("how many"));
    }
    let twice = text.split_once("payload), and ").map_or(0, |(_, twice)| number(twice).expect("how many"));
    (number(text).expect("how many"), twice)
}

/// Of a connection the ports, which no other has.
fn ports(heard: &Heard, journey: &Journey) -> Way {
    let leg = journey.legs.first().expect("a leg").id;
    let of = heard.conversations.iter().find(|of| of.id == leg).expect("it was told");
    let tcp = of.tcp.expect("a connection");
    (tcp.client.port(), tcp.server.port())
}

/// Connections of which the two recordings conclude something else, and the differences that tell why.
const EXPLAINED: &[(Way, &[&str])] = &[
    // Near the server an RST answers the client's FIN, which there comes behind the server's own end.
    ((60558, 9001), &["first_end", "outcome"]),
    ((59118, 9001), &["first_end", "outcome"]),
    // The client's FIN never arrived: near the client it is first.
    ((57078, 9001), &["lost_end", "first_end"]),
    ((57120, 9001), &["lost_end", "first_end"]),
    ((59290, 9001), &["lost_end", "first_end"]),
    ((59266, 9001), &["lost_close", "lost_response", "outcome", "view"]),
    // The acknowledgement of the server's Close was lost.
    ((59308, 9001), &["lost_segments", "view"]),
];

#[test]
fn both_ends_of_a_bad_link() {
    let Some(folder) = corpus("autobahn/client-ws-dirtylink") else { return };
    let paths = ["client", "server"].map(|end| folder.join(format!("capture-{end}.pcap")));
    let back: Vec<PathBuf> = paths.iter().rev().cloned().collect();
    let (heard, back) = (run(&paths), run(&back));
    assert_eq!(heard.journeys.len(), 121);
    let by_ports = |heard: &Heard| -> BTreeMap<Way, String> {
        let told = |j: &Journey| {
            let differences: Vec<_> = j.differences.iter().map(|d| (d.what, &d.text)).collect();
            format!("{} {:?} {:?} {} {:?} {differences:?}", j.kind.name(), j.by, j.certainty, j.text, j.next)
        };
        heard.journeys.iter().map(|journey| (ports(heard, journey), told(journey))).collect()
    };
    assert_eq!(by_ports(&heard), by_ports(&back), "in the other order");
    let [near_client, near_server] = [&paths[0], &paths[1]].map(|path| packets(path));
    let none = Packets::new();
    let of = |near: &HashMap<Way, Packets>, way: Way| near.get(&way).unwrap_or(&none).clone();
    let (mut lost, mut twice) = (0, 0);
    for journey in &heard.journeys {
        assert_eq!(journey.kind, JourneyKind::SameConnection);
        let clock = journey.clock.expect("two recordings");
        // One host recorded both.
        assert!(clock.offset_ns.abs() < 1_000_000 && clock.error_ns < 3_000_000, "{clock:?}");
        let (client, server) = ports(&heard, journey);
        let from_client =
            lost_and_twice(&of(&near_client, (client, server)), &of(&near_server, (client, server)));
        let from_server =
            lost_and_twice(&of(&near_server, (server, client)), &of(&near_client, (server, client)));
        assert_eq!(said(journey, Role::Client), from_client, "{client}: {}", journey.text);
        assert_eq!(said(journey, Role::Server), from_server, "{client}: {}", journey.text);
        lost += from_client.0 + from_server.0;
        twice += from_client.1 + from_server.1;
    }
    // As the relay between them counted.
    assert_eq!((lost, twice), (306, 161));
    for (way, explains) in EXPLAINED {
        let journey =
            heard.journeys.iter().find(|journey| ports(&heard, journey) == *way).expect("a journey");
        let whats: Vec<&str> = journey.differences.iter().map(|difference| difference.what).collect();
        assert!(explains.iter().all(|what| whats.contains(what)), "{way:?}: {whats:?}");
    }
}
