//! The hops of a proxied connection: who ended it, the proxy or one of its ends.

use crate::journey::Map;
use crate::journey::Recording;
use crate::journey::clock::{Clocks, Fit};
use crate::journey::footprint::{Footprint, REQUEST_FIELDS, RESPONSE_FIELDS, Side};
use crate::journey::footprints::Footprints;
use crate::journey::link::Group;
use crate::journey::same::{Pair, is_open};
use crate::journey::words;
use crate::model::{Certainty, Difference, Ender, Journey, JourneyKind, Leg, PerRole, Role, Timestamp};

/// So soon a proxy that ends one hop ends the other.
const FOLLOWS_NS: i64 = 1_000_000_000;

/// Two hops, one after the other.
pub(super) struct Hops<'a> {
    /// The client's.
    pub(super) front: Hop<'a>,
    /// The server's.
    pub(super) back: Hop<'a>,
    /// How far the clock of the back one is ahead.
    pub(super) fit: Option<Fit>,
}

/// One hop.
pub(super) struct Hop<'a> {
    /// The leg nearest to the proxy.
    pub(super) leg: &'a Footprint,
    /// Who ended it, of its own two ends; several recordings of it taken together.
    pub(super) by: Option<Ender>,
    pub(super) certainty: Certainty,
    /// Time of the last packet of that leg's recording.
    until: Option<Timestamp>,
}

/// What the hops come to.
#[derive(Clone, Copy, Debug)]
pub(super) struct Conclusion {
    pub(super) by: Option<Ender>,
    pub(super) certainty: Certainty,
}

/// The legs of a connection without those of logs.
pub(super) fn legs<'a>(all: &'a Footprints, group: &Group) -> Vec<&'a Footprint> {
    group.legs.iter().filter_map(|leg| all.get(*leg)).filter(|leg| !leg.is_log()).collect()
}

/// Of connections that were passed on, from the client to the server.
pub(super) fn journey(
    all: &Footprints,
    chain: &[&Group],
    clocks: &Clocks,
    recordings: &Map<usize, Recording>,
) -> Option<Journey> {
    let hop = |group: &Group, is_front: bool| {
        let legs = legs(all, group);
        let (first, last) = (*legs.first()?, *legs.last()?);
        let (by, certainty) = if legs.len() > 1 {
            let conclusion = Pair::new(first, last, clocks, recordings).conclude();
            (conclusion.by, conclusion.certainty)
        } else {
            let blame = first.blame();
            (
                blame.map(|(by, _)| super::same::ender(by)),
                blame.map_or(Certainty::Undetermined, |(_, sure)| sure),
            )
        };
        let leg = if is_front { last } else { first };
        let until = recordings.get(&leg.capture).and_then(|recording| recording.last_at);
        Some(Hop { leg, by, certainty, until })
    };
    let (front, back) = (hop(chain.first()?, true)?, hop(chain.last()?, false)?);
    let fit = clocks.between(front.leg.capture, back.leg.capture);
    let hops = Hops { front, back, fit };
    let conclusion = hops.conclude();
    let of_hop = |(hop, group): (usize, &&Group)| {
        let leg = move |leg: &Footprint| Leg { id: leg.id, path: leg.path.clone(), hop };
        legs(all, group).into_iter().map(leg).collect::<Vec<_>>()
    };
    let all_legs: Vec<&Footprint> = chain.iter().flat_map(|group| legs(all, group)).collect();
    let (first, last) = (*all_legs.first()?, *all_legs.last()?);
    let clock = clocks.between(first.capture, last.capture).filter(|_| first.capture != last.capture);
    let told = words::hops(&hops, conclusion, all_legs.len());
    Some(Journey {
        legs: chain.iter().enumerate().flat_map(of_hop).collect(),
        kind: JourneyKind::Proxied,
        by: conclusion.by,
        certainty: conclusion.certainty,
        began: first.began,
        clock: clock.map(|fit| fit.at(first.began)),
        passages: Vec::new(),
        text: told.text,
        next: told.next,
        differences: hops.differences(),
    })
}

impl Hops<'_> {
    /// Who ended the whole way. On the front hop the proxy is the server, on the back hop the client.
    fn conclude(&self) -> Conclusion {
        let (front, back) = (&self.front, &self.back);
        let least = front.certainty.min(back.certainty);
        let likely = least.min(Certainty::Likely);
        // Where a recording lacks some of a hop, its other end may have come first.
        let least = if front.leg.has_holes() || back.leg.has_holes() { likely } else { least };
        let of = |by, certainty| Conclusion { by: Some(by), certainty };
        match (front.by, back.by) {
            (Some(Ender::Server), Some(Ender::Client)) => of(Ender::Proxy, least),
            (Some(Ender::Client), Some(Ender::Client)) => match self.is_first_in_front() {
                // It ended the back hop before the client did anything.
                Some(false) => of(Ender::Proxy, likely),
                Some(true) => of(Ender::Client, least),
                None => of(Ender::Client, likely),
            },
            (Some(Ender::Server), Some(Ender::Server)) => match self.is_first_in_front() {
                Some(true) => of(Ender::Proxy, likely),
                Some(false) => of(Ender::Server, least),
                None => of(Ender::Server, likely),
            },
            (Some(Ender::Client), Some(Ender::Server)) => match self.is_first_in_front() {
                Some(true) => of(Ender::Client, likely),
                Some(false) => of(Ender::Server, likely),
                None => of(Ender::Both, likely),
            },
            (Some(Ender::Client), None) => of(Ender::Client, front.certainty.min(Certainty::Likely)),
            (None, Some(Ender::Server)) => of(Ender::Server, back.certainty.min(Certainty::Likely)),
            // It has ended one hop, and of the other no end is recorded.
            (Some(Ender::Server), None) => self.one_hop(Role::Server),
            (None, Some(Ender::Client)) => self.one_hop(Role::Client),
            (Some(Ender::Both), _) | (_, Some(Ender::Both)) => of(Ender::Both, likely),
            (Some(by @ (Ender::Between | Ender::Proxy)), _)
            | (_, Some(by @ (Ender::Between | Ender::Proxy))) => of(by, likely),
            (None, None) => Conclusion { by: None, certainty: Certainty::Undetermined },
        }
    }

    /// Where the proxy ended the hop that is not `far`'s, and nobody is seen to end the one that is.
    fn one_hop(&self, far: Role) -> Conclusion {
        let (ended, other) = match far {
            Role::Server => (&self.front, &self.back),
            Role::Client => (&self.back, &self.front),
        };
        let ended_at = self.by_front(far.peer(), first_sign(ended.leg));
        let error_ns = self.fit.map_or(0, |fit| fit.error_ns());
        let after = |at: Option<Timestamp>| Some(self.by_front(far, at)?.since(ended_at?));
        let closed_at = other.leg.sides[far].closed_at;
        let own = super::same::ender(far.into());
        let (by, certainty) = if after(closed_at).is_some_and(|ns| ns <= error_ns) {
            // What began there was passed on, unless it answers what is not recorded.
            let most = if other.leg.has_holes() { Certainty::Undetermined } else { Certainty::Likely };
            (own, ended.certainty.min(most))
        } else if is_open(other.leg) {
            // It left that one open, if its recording goes on.
            let is_left = after(other.until).is_some_and(|ns| ns > FOLLOWS_NS.saturating_add(error_ns));
            (Ender::Proxy, if is_left { ended.certainty } else { Certainty::Undetermined })
        } else {
            // What is recorded of its end says who was first; else what a proxy does there most often: it follows.
            let is_proxys = other.leg.first_end.is_some_and(|(by, _)| by != far) && closed_at.is_none();
            (if is_proxys { Ender::Proxy } else { own }, Certainty::Undetermined)
        };
        Conclusion { by: Some(by), certainty }
    }

    /// A time of the recording of that side's hop by the clock of the front one.
    fn by_front(&self, of: Role, at: Option<Timestamp>) -> Option<Timestamp> {
        match of {
            Role::Client => at,
            Role::Server => Some(self.fit?.back(at?)),
        }
    }

    /// Whether the front hop began to end before the back hop, each by whoever ended it; `None` where the clocks do not tell, nor the
    /// recordings.
    pub(super) fn is_first_in_front(&self) -> Option<bool> {
        let fit = self.fit?;
        // Who only let the other side wait began nothing.
        let began = |hop: &Hop<'_>| match hop.by? {
            Ender::Client if !hop.leg.only_waited() => first_sign_of(&hop.leg.sides.client),
            Ender::Server if !hop.leg.only_waited() => first_sign_of(&hop.leg.sides.server),
            _ => None,
        };
        let (front, back) = (began(&self.front)?, fit.back(began(&self.back)?));
        let apart = front.since(back);
        let is_front = apart < 0;
        // What a recording lacks of the later one may have been the first.
        let later = if is_front { &self.back } else { &self.front };
        (apart.abs() > fit.error_ns() && !later.leg.has_holes()).then_some(is_front)
    }

    /// What the proxy changed, and did by itself.
    fn differences(&self) -> Vec<Difference> {
        let (front, back) = (self.front.leg, self.back.leg);
        let legs = vec![front.id, back.id];
        let mut all = Vec::new();
        let mut add = |what, text: Option<String>| {
            if let Some(text) = text {
                all.push(Difference { what, legs: legs.clone(), text });
            }
        };
        let is_one_version = front.is_http2 == back.is_http2;
        let changed = |role: Role, names: &[&'static str]| {
            let mut changed = changed(&front.fields[role], &back.fields[role], names);
            if !is_one_version {
                changed.iter_mut().for_each(|names| names.retain(|name| !OF_A_VERSION.contains(name)));
            }
            changed
        };
        let is_known = !front.is_assumed && !back.is_assumed;
        if is_known {
            add("request", words::fields(Role::Client, &changed(Role::Client, &REQUEST_FIELDS)));
            add("response", words::fields(Role::Server, &changed(Role::Server, &RESPONSE_FIELDS)));
        }
        if is_known && answer(front) != answer(back) {
            add("status", words::statuses(front.status, back.status));
        }
        add("tls", words::secured(front.is_secured, back.is_secured));
        add("http", words::versions(front.is_http2, back.is_http2));
        for role in Role::BOTH {
            let (there, here) = (front.sides[role].sent, back.sides[role].sent);
            add("pings", words::counts(role, "Ping", (there.pings, here.pings)));
            add("pongs", words::counts(role, "Pong", (there.pongs, here.pongs)));
            add("messages", words::counts(role, "message", (there.messages(), here.messages())));
            let code =
                |of: &Footprint| of.sides[role].sent_close.map(|sent| sent.then_some(of.sides[role].code));
            if let (Some(one), Some(other)) = (code(front), code(back))
                && one != other
            {
                add("close", Some(words::closes(role, one, other)));
            }
        }
        all
    }
}

/// Fields that one version of HTTP has and the other has not: nobody has added or removed them.
const OF_A_VERSION: [&str; 3] = ["Host", "Connection", "Sec-WebSocket-Accept"];

/// The status of the response, by HTTP/1.1: there 101 is what in HTTP/2 every 2xx is.
fn answer(of: &Footprint) -> Option<u16> {
    of.status.map(|status| if of.is_http2 && (200..300).contains(&status) { 101 } else { status })
}

/// When it first showed that a connection was about to end.
fn first_sign(of: &Footprint) -> Option<Timestamp> {
    let sides: PerRole<&_> = PerRole { client: &of.sides.client, server: &of.sides.server };
    first_sign_of(sides.client).into_iter().chain(first_sign_of(sides.server)).min()
}

/// When a side first showed that.
fn first_sign_of(side: &Side) -> Option<Timestamp> {
    side.closed_at.into_iter().chain(side.ends.iter().filter_map(|end| end.at)).min()
}

/// Names of fields that only one of two heads has, or with another value: added, taken away, changed.
fn changed(front: &[(u8, u64)], back: &[(u8, u64)], names: &[&'static str]) -> [Vec<&'static str>; 3] {
    let mut found = [Vec::new(), Vec::new(), Vec::new()];
    for (at, name) in (0u8..).zip(names) {
        let of = |fields: &[(u8, u64)]| fields.iter().find(|field| field.0 == at).map(|field| field.1);
        let [added, removed, other] = &mut found;
        match (of(front), of(back)) {
            (None, Some(_)) => added.push(*name),
            (Some(_), None) => removed.push(*name),
            (Some(one), Some(two)) if one != two => other.push(*name),
            _ => {}
        }
    }
    found
}
