//! Journeys: what several recordings show of one connection, and the hops of a proxied one (the legs), put together.
//!
//! ```text
//!  Conversation, Trails ─► Footprint, packed ─► link: groups ─► clock ─► chains ─► same (contrast), hops, log ─► Journey
//! ```
//!
//! * **Same connection.** Two recordings have the same segments: the numbers of both SYNs, or samples of payload that have the same
//!   numbers, or other numbers under the same addresses and ports.
//! * **Proxied.** Two connections have the same `Sec-WebSocket-Key`, which proxies pass on; or one handshake stands inside the
//!   other, asks for the same and was followed by the same messages.
//! * **Log and wire.** The log of a tester has the key of a connection.
//!
//! Most connections are linked with none: each is kept packed, and unpacked where it shares with few what all are held against.
//! What fits several is linked with none. Nothing depends on the order of the inputs but the names of the legs.

mod chains;
mod clock;
mod contrast;
mod footprint;
mod footprints;
mod hops;
mod link;
mod log;
mod packed;
mod same;
mod words;

use std::collections::HashMap;

use crate::model::{Certainty, Conversation, InputReport, Journey, Timestamp, Trails};
use clock::Clocks;
use footprint::Footprint;
use footprints::Footprints;
use link::Group;

/// Gathers conversations as they go by, and links them in the end.
#[derive(Debug)]
pub struct Journeys {
    footprints: Footprints,
    max: usize,
    left_out: u64,
}

/// Every connection is looked up in several, so the hash is a quick one, with another seed in each run.
type Map<K, V> = HashMap<K, V, foldhash::fast::RandomState>;

/// A recording.
#[derive(Clone, Copy, Debug, Default)]
struct Recording {
    /// Time of its last packet.
    last_at: Option<Timestamp>,
}

impl Journeys {
    /// Of at most so many conversations.
    #[must_use]
    pub fn new(max: usize) -> Self {
        Self { footprints: Footprints::default(), max, left_out: 0 }
    }

    /// The next conversation, of capture `capture`: the index of the first of its inputs.
    pub fn see(&mut self, capture: usize, conversation: &Conversation, trails: Option<&Trails>) {
        if self.footprints.len() >= self.max {
            self.left_out += 1;
            return;
        }
        if let Some(footprint) = Footprint::of(capture, conversation, trails) {
            self.footprints.push(&footprint);
        }
    }

    /// How many conversations there were beyond those.
    #[must_use]
    pub const fn left_out(&self) -> u64 {
        self.left_out
    }

    /// All journeys, in the order of their first legs.
    #[must_use]
    pub fn finish(&self, inputs: &[InputReport]) -> Vec<Journey> {
        let all = &self.footprints;
        let recordings = recordings(all, inputs);
        let groups = link::groups(all);
        let mut clocks = Clocks::default();
        for group in &groups {
            clocks.same(all, group);
        }
        clocks.settle();
        let chains = chains::chains(all, &groups, &mut clocks);
        let mut journeys = Vec::new();
        let mut is_hop = vec![false; groups.len()];
        for chain in &chains {
            chain.groups.iter().for_each(|&group| is_hop[group] = true);
            let legs: Vec<&Group> = chain.groups.iter().filter_map(|&group| groups.get(group)).collect();
            let journey = hops::journey(all, &legs, &clocks, &recordings);
            journeys.extend(journey.map(|journey| Journey {
                certainty: if chain.is_sure {
                    journey.certainty
                } else {
                    journey.certainty.min(Certainty::Likely)
                },
                ..journey
            }));
        }
        for (group, is_hop) in groups.iter().zip(is_hop) {
            if !is_hop && group.legs.len() > 1 {
                journeys.extend(same::journey(all, group, &clocks, &recordings));
            }
        }
        journeys.extend(log::journeys(all, &groups));
        journeys.sort_by_key(|journey| journey.legs.first().map(|leg| leg.id));
        journeys
    }
}

fn recordings(all: &Footprints, inputs: &[InputReport]) -> Map<usize, Recording> {
    let recording = |capture: usize| {
        let set = inputs.get(capture).and_then(|input| input.set);
        let is_of = |(at, input): &(usize, &InputReport)| *at == capture || set.is_some() && input.set == set;
        let files = inputs.iter().enumerate().filter(is_of);
        Recording { last_at: files.filter_map(|(_, input)| input.last_at).max() }
    };
    all.captures().iter().map(|&capture| (capture, recording(capture))).collect()
}
