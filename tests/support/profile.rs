//! Captures of six kinds of traffic, about as large as wanted: what the benches measure on.
//!
//! What is sent is drawn from [`Rng`] alone, and compressed by flate2: the same version of it gives the same bytes.

mod http2;
mod material;
mod talk;

use super::capture_file::Pcap;
use super::conversation::merge;
use super::rng::Rng;
use material::Material;
use talk::{Manner, Use};

/// A kind of traffic.
#[derive(Clone, Copy, Debug)]
pub struct Profile {
    /// What the benches call it.
    pub name: &'static str,
    /// What its connections are used for, in so many of a hundred cases.
    uses: &'static [(Use, usize)],
    size: Size,
    /// Seconds in which connections begin.
    spread: usize,
    /// Of a hundred connections, those that do not end by a Close 1000.
    abrupt: usize,
    /// Of a hundred connections, those with segments out of order and sent again, and those over IPv6.
    odd: usize,
}

/// What a larger capture has more of.
#[derive(Clone, Copy, Debug)]
enum Size {
    /// So many connections, the longer the larger the capture.
    Connections(usize),
    /// Connections of so many bytes.
    BytesEach(usize),
}

/// The profiles.
pub const ALL: [Profile; 6] = [
    Profile {
        name: "chat",
        uses: &[(Use::Chat, 100)],
        size: Size::Connections(200),
        spread: 20,
        abrupt: 5,
        odd: 0,
    },
    Profile {
        name: "bulk",
        uses: &[(Use::Bulk, 100)],
        size: Size::Connections(16),
        spread: 5,
        abrupt: 5,
        odd: 0,
    },
    Profile {
        name: "mixed",
        uses: &[
            (Use::Chat, 45),
            (Use::Bulk, 10),
            (Use::Feed, 20),
            (Use::Idle, 10),
            (Use::Refused, 5),
            (Use::Http, 5),
            (Use::Tls, 5),
        ],
        size: Size::Connections(300),
        spread: 30,
        abrupt: 20,
        odd: 25,
    },
    Profile {
        name: "deflate",
        uses: &[(Use::Feed, 100)],
        size: Size::Connections(100),
        spread: 20,
        abrupt: 5,
        odd: 0,
    },
    Profile {
        name: "many-flows",
        uses: &[(Use::Short, 100)],
        size: Size::BytesEach(2_000),
        spread: 60,
        abrupt: 5,
        odd: 0,
    },
    Profile {
        name: "http2",
        uses: &[(Use::Http2, 100)],
        size: Size::Connections(100),
        spread: 20,
        abrupt: 5,
        odd: 0,
    },
];

impl Profile {
    /// A pcap file of about so many bytes.
    pub fn capture(&self, bytes: usize) -> Vec<u8> {
        let mut rng = Rng::new(6455);
        let connections = match self.size {
            Size::Connections(connections) => connections,
            Size::BytesEach(each) => bytes.div_ceil(each),
        };
        let plan: Vec<(Use, usize)> = (0..connections)
            .map(|_| {
                let used_for = rng.pick(self.uses);
                (used_for, used_for.weight() * rng.between(40, 160))
            })
            .collect();
        let all: usize = plan.iter().map(|(_, weight)| weight).sum();
        let material = Material::new();
        let conversations = plan.iter().enumerate().map(|(n, &(used_for, weight))| {
            let manner = Manner {
                n,
                after_ms: rng.below(self.spread * 1_000),
                bytes: (bytes as u64 * weight as u64 / all as u64) as usize,
                abrupt: self.abrupt,
                impaired: rng.percent(self.odd),
                v6: rng.percent(self.odd),
            };
            talk::packets(&material, used_for, manner)
        });
        Pcap::default().write(&merge(conversations))
    }
}
