//! One connection recorded at several points: what the second recording proves.

use crate::journey::clock::{Clocks, Fit};
use crate::journey::footprint::{End, Footprint};
use crate::journey::footprints::Footprints;
use crate::journey::link::Group;
use crate::journey::words::{self, Lost};
use crate::journey::{Map, Recording, hops};
use crate::knowledge::{Blame, CauseId};
use crate::model::{
    Certainty, Ender, Journey, JourneyKind, Leg, Outcome, Passage, PerRole, Role, Starter, StreamEnd,
    Timestamp, Trail,
};

/// No segment on Ethernet has more payload.
const MSS: u32 = 1_460;

/// A host that still sends so long after the other has heard of it last is not heard there.
const UNHEARD_NS: i64 = 900_000_000;

/// So long something may be on its way.
const IN_FLIGHT_NS: i64 = 1_000_000_000;

/// The outermost legs of a connection, that near the client and that near the server.
pub(super) struct Pair<'a> {
    pub(super) client: &'a Footprint,
    pub(super) server: &'a Footprint,
    /// How far the server's clock is ahead; `None` where nothing tells.
    pub(super) fit: Option<Fit>,
    recordings: PerRole<Recording>,
}

/// What two recordings of one connection come to.
pub(super) struct Conclusion {
    pub(super) by: Option<Ender>,
    pub(super) certainty: Certainty,
    pub(super) why: Why,
}

/// What that rests on.
#[derive(Clone, Copy, Debug)]
pub(super) enum Why {
    /// Something in a side's name reached the other end, and it never sent it.
    Forged { by: Role, end: End },
    /// An RST in a side's name reached the other end; its own recording has none, and nothing tells whether it missed it.
    Unrecorded { by: Role },
    /// A side's Close did not arrive.
    LostClose { by: Role, goes_on: bool },
    /// From some time on nothing of a side arrived.
    Unheard { by: Role, goes_on: bool },
    /// Both recordings say the same.
    Agreed,
    /// Only the recording at that end says it.
    OneSays { at: Role },
    /// Each end was there when its own side ended it.
    Crossed,
    /// Each says that it was the other side.
    Accused,
    /// A side has let the other wait for the answer to its Close until both recordings ended.
    Owes { by: Role },
    /// Neither says who it was.
    Open,
}

impl<'a> Pair<'a> {
    pub(super) fn new(
        client: &'a Footprint,
        server: &'a Footprint,
        clocks: &Clocks,
        recordings: &Map<usize, Recording>,
    ) -> Self {
        let recording = |of: &Footprint| recordings.get(&of.capture).copied().unwrap_or_default();
        Self {
            client,
            server,
            fit: clocks.between(client.capture, server.capture),
            recordings: PerRole { client: recording(client), server: recording(server) },
        }
    }

    /// The recording near that side.
    pub(super) const fn near(&self, role: Role) -> &'a Footprint {
        match role {
            Role::Client => self.client,
            Role::Server => self.server,
        }
    }

    /// A time of the recording near that side, by the clock of the one near the client.
    pub(super) fn by_client(&self, role: Role, at: Option<Timestamp>) -> Option<Timestamp> {
        match role {
            Role::Client => at,
            Role::Server => Some(self.fit?.back(at?)),
        }
    }

    /// Whether the recording near a side goes on until then, by the client's clock.
    pub(super) fn goes_on(&self, role: Role, until: Option<Timestamp>) -> bool {
        let last = self.by_client(role, self.recordings[role].last_at);
        last.zip(until).is_some_and(|(last, until)| last >= until)
    }

    /// An end in a side's name that arrived and that it never sent.
    pub(super) fn forged(&self) -> Option<(Role, End)> {
        let unrecorded = |role: Role| Some((role, self.unrecorded(role)?));
        Role::BOTH.into_iter().filter_map(unrecorded).find(|(role, end)| self.is_forged(*role, end))
    }

    /// An end in a side's name that arrived, and of which the recording near that side has nothing, though it goes on.
    fn unrecorded(&self, role: Role) -> Option<End> {
        let (near, far) = (self.near(role), self.near(role.peer()));
        let end = far.sides[role].ends.iter().find(|end| {
            let is_rst = end.how == StreamEnd::Rst;
            let is_alike = |sent: &End| (sent.how == StreamEnd::Rst) == is_rst;
            matches!(end.how, StreamEnd::Rst | StreamEnd::Fin) && !near.sides[role].ends.iter().any(is_alike)
        })?;
        // A host that is heard of no more may have sent it where nobody recorded.
        let until = self.by_client(role.peer(), end.at);
        let was_there = self.goes_on(role, until) && near.trails.is_some();
        // What answers to what was forged is real.
        let is_first = far.sides[role.peer()].ends.first().is_none_or(|own| own.packet > end.packet);
        (was_there && is_first).then_some(*end)
    }

    /// Whether an end that the recording near its alleged sender does not have was never sent: a recording may also have missed it.
    fn is_forged(&self, role: Role, end: &End) -> bool {
        let is_missed = self.near(role).has_holes();
        self.has_other_ttl(role, end)
            || self.sends_on(role, end)
            || !is_missed && (self.is_unprovoked(role, end) || self.unrecorded(role.peer()).is_some())
    }

    /// Whether that end of a side arrived with a time to live that nothing else of it has.
    fn has_other_ttl(&self, role: Role, end: &End) -> bool {
        let [(least, most), sent] = [role.peer(), role].map(|at| self.near(at).sides[role].ttl);
        match end.how {
            StreamEnd::Rst => most > 0 && !(least..=most).contains(&end.ttl),
            // It counts among the others: by it they differ on arrival, and did not when they were sent.
            _ => most.abs_diff(least) > sent.1.abs_diff(sent.0) && [least, most].contains(&end.ttl),
        }
    }

    /// Whether a side's host went on after that end of it as though there were none.
    fn sends_on(&self, role: Role, end: &End) -> bool {
        let last = self.near(role).sides[role].last_at;
        let (last, end_at) = (self.by_client(role, last), self.by_client(role.peer(), end.at));
        let error_ns = self.fit.map_or(0, |fit| fit.error_ns());
        let is_later = last.zip(end_at).is_some_and(|(last, end)| last.since(end) > error_ns);
        let is_counted = end.how == StreamEnd::Fin
            && self.reach(role, role).zip(self.reach(role.peer(), role)).is_none_or(|(own, far)| own >= far);
        is_later && !is_counted
    }

    /// Whether what a side's end would have answered never reached its host, or there was nothing.
    fn is_unprovoked(&self, role: Role, end: &End) -> bool {
        let last = self.near(role.peer()).sides[role.peer()].last_at;
        let waited = last.zip(end.at).map(|(last, end)| end.since(last));
        // An RST without ACK is an answer, and no host waits with that.
        if end.is_bare && waited.is_some_and(|ns| ns > IN_FLIGHT_NS) {
            return true;
        }
        let reaches = self.reach(role, role.peer()).zip(self.reach(role.peer(), role.peer()));
        reaches.is_some_and(|(came, sent)| came < sent)
    }

    /// How far what a side sent goes in the recording near `at`, from its SYN on.
    fn reach(&self, at: Role, by: Role) -> Option<u32> {
        let trail = &self.near(at).trails.as_ref()?[by];
        u32::try_from(trail.next?.distance_from(trail.isn?)).ok()
    }

    /// Whether the recording near a side lacks some of what reached its host, or left it.
    pub(super) fn lacks(&self, role: Role) -> bool {
        let near = self.near(role);
        let Some(trails) = &near.trails else { return false };
        let acked = trails[role].acked.zip(trails[role.peer()].next);
        let has_all = acked.is_some_and(|(acked, next)| acked.distance_from(next) >= 0);
        near.sides[role].sent.gap_bytes > 0
            || near.is_unseen(role.peer())
            || has_all && near.sides[role.peer()].sent.gap_bytes > 0
            || self
                .unrecorded(role)
                .is_some_and(|end| end.how == StreamEnd::Fin && !self.is_forged(role, &end))
    }

    /// A side whose Close was sent and did not arrive.
    fn lost_close(&self) -> Option<Role> {
        Role::BOTH.into_iter().find(|role| {
            let (near, far) = (&self.near(*role).sides[*role], &self.near(role.peer()).sides[*role]);
            near.sent_close == Some(true) && far.sent_close != Some(true) && self.is_unheard(*role)
        })
    }

    /// Whether a side went on sending when nothing of it arrived any more.
    fn is_unheard(&self, role: Role) -> bool {
        let (near, far) = (self.near(role), self.near(role.peer()));
        let trails = |of: &Footprint| of.trails.as_ref().map(|trails| trails[role].last_at);
        let (Some(left), Some(arrived)) = (trails(near), trails(far)) else { return false };
        let (left, arrived) = (self.by_client(role, left), self.by_client(role.peer(), arrived));
        let silent = left.zip(arrived).map(|(left, arrived)| left.since(arrived));
        // A recording that ends with what arrived last may have been stopped then: that nobody answered any more says the same.
        let is_unanswered = near.sides[role].is_unacknowledged;
        // A recording may miss one segment; of a host that went on there are more.
        let segments = |of: &Footprint| of.trails.as_ref().map_or(0, |trails| trails[role].segments);
        let went_on = segments(near) > segments(far).saturating_add(1);
        silent.is_some_and(|ns| ns > UNHEARD_NS)
            && (is_unanswered || went_on && self.goes_on(role.peer(), left))
    }

    /// Whether the recording at the other end goes on until a side had sent all that it sent.
    fn hears_on(&self, role: Role) -> bool {
        let sent = self.near(role).trails.as_ref().and_then(|trails| trails[role].last_at);
        self.goes_on(role.peer(), self.by_client(role, sent))
    }

    /// Whether the recording near a side has twice what its host sent once, and so all else.
    fn hears_twice(&self, role: Role) -> bool {
        let own = self.near(role).trails.as_ref().map(|trails| &trails[role]);
        own.is_some_and(|own| own.copies > own.segments / 3)
    }

    /// Whether something of a side that left at that time would be in the other recording, had it arrived.
    pub(super) fn would_show(&self, role: Role, left: Option<Timestamp>) -> bool {
        let latest = left.map(|left| Timestamp(left.0.saturating_add(IN_FLIGHT_NS)));
        self.goes_on(role.peer(), latest) && !self.lacks(role.peer())
    }

    /// What did not arrive of what a side sent; `None` where a recording does not have all of it.
    pub(super) fn lost(&self, role: Role) -> Option<Lost> {
        let (near, far) = (self.near(role), self.near(role.peer()));
        let (sent, came) = (&near.trails.as_ref()?[role], &far.trails.as_ref()?[role]);
        sent.isn.and(came.isn).filter(|_| sent.is_whole && came.is_whole)?;
        let until = self.by_client(role, sent.last_at);
        if !self.goes_on(role.peer(), until) || !self.goes_on(role, self.by_client(role.peer(), came.last_at))
        {
            return None;
        }
        if Role::BOTH.into_iter().any(|role| self.lacks(role) || self.hears_twice(role)) {
            return None;
        }
        let all = |trail: &Trail| trail.segments.saturating_sub(trail.copies);
        let named = |trail: &Trail| all(trail).saturating_sub(trail.unnamed);
        let once = |trail: &Trail| trail.payload_bytes.saturating_sub(trail.copied_bytes);
        // An identification at one point only, as behind a translation between IPv6 and IPv4, tells no more than none.
        let has_names = |trail: &Trail| trail.unnamed <= trail.segments / 2;
        let (lost, twice) = if has_names(sent) == has_names(came) {
            (
                named(sent)
                    .saturating_sub(named(came))
                    .saturating_add(sent.unnamed.saturating_sub(came.unnamed)),
                came.copies
                    .saturating_sub(sent.copies)
                    .saturating_add(came.unnamed.saturating_sub(sent.unnamed)),
            )
        } else {
            (all(sent).saturating_sub(all(came)), came.copies.saturating_sub(sent.copies))
        };
        let forged = self.forged().filter(|(by, _)| *by == role);
        let twice = twice.saturating_sub(u64::from(forged.is_some()));
        let bytes = once(sent).saturating_sub(once(came));
        // Where a network card splits or joins segments only bytes can be counted.
        let is_alike =
            sent.largest == came.largest || bytes > 0 && came.largest < sent.largest && sent.largest <= MSS;
        Some(Lost {
            by: role,
            segments: is_alike.then_some(lost),
            of: all(sent),
            bytes,
            is_resent: near.sides[role].sent.retransmitted_bytes > 0,
            twice,
            is_least: !has_names(sent) || !has_names(came),
        })
    }

    /// Who ended it.
    pub(super) fn conclude(&self) -> Conclusion {
        if let Some((by, end)) = self.forged() {
            return Conclusion {
                by: Some(Ender::Between),
                certainty: Certainty::Proven,
                why: Why::Forged { by, end },
            };
        }
        let is_unsure = |role: &Role| {
            let is_rst = self.unrecorded(*role).is_some_and(|end| end.how == StreamEnd::Rst);
            is_rst && !self.near(*role).has_holes()
        };
        if let Some(by) = Role::BOTH.into_iter().find(is_unsure) {
            let why = Why::Unrecorded { by };
            return Conclusion { by: Some(Ender::Between), certainty: Certainty::Undetermined, why };
        }
        if let Some(by) = self.lost_close() {
            let why = Why::LostClose { by, goes_on: self.hears_on(by) };
            return Conclusion { by: Some(Ender::Between), certainty: Certainty::Likely, why };
        }
        let both = PerRole { client: self.client.blame(), server: self.server.blame() };
        let is_over = |of: &Footprint| {
            !matches!(of.cause, None | Some((CauseId::StillOpen | CauseId::PeerUnreachable, ..)))
        };
        let unheard = Role::BOTH.into_iter().find(|role| self.is_unheard(*role));
        if let Some(by) = unheard
            && !(is_over(self.client) && is_over(self.server))
        {
            let why = Why::Unheard { by, goes_on: self.hears_on(by) };
            return Conclusion { by: Some(Ender::Between), certainty: Certainty::Likely, why };
        }
        // A recording that lacks some of it may have somebody else's end first, or not show why.
        let is_part = |role: Role| self.lacks(role) || self.near(role).is_assumed;
        let whole = Role::BOTH.into_iter().find(|role| !is_part(*role) && is_part(role.peer()));
        match (both.client, both.server) {
            (Some((one, here)), Some((other, there))) if one == other => {
                Conclusion { by: Some(ender(one)), certainty: here.max(there), why: Why::Agreed }
            }
            (Some((by, certainty)), Some(_)) if whole == Some(Role::Client) => {
                self.one_says(Role::Client, by, certainty.min(Certainty::Likely))
            }
            (Some(_), Some((by, certainty))) if whole == Some(Role::Server) => {
                self.one_says(Role::Server, by, certainty.min(Certainty::Likely))
            }
            (Some((Blame::Client, here)), Some((Blame::Server, there))) => {
                Conclusion { by: Some(Ender::Both), certainty: here.min(there), why: Why::Crossed }
            }
            (Some((Blame::Server, _)), Some((Blame::Client, _))) => {
                Conclusion { by: Some(Ender::Between), certainty: Certainty::Likely, why: Why::Accused }
            }
            (Some((Blame::Between, _)), Some((by, certainty)))
            | (Some((by, certainty)), Some((Blame::Between, _))) => {
                // Whoever sent it was there.
                let at = if self.server.blame().is_some_and(|(server, _)| server == by) {
                    Role::Server
                } else {
                    Role::Client
                };
                Conclusion {
                    by: Some(ender(by)),
                    certainty: certainty.min(Certainty::Likely),
                    why: Why::OneSays { at },
                }
            }
            (Some((one, _)), Some((other, _))) => self.started(one, other),
            (Some((by, certainty)), None) => self.one_says(Role::Client, by, certainty),
            (None, Some((by, certainty))) => self.one_says(Role::Server, by, certainty),
            (None, None) => match self.client.owes.filter(|_| self.client.owes == self.server.owes) {
                Some(by) => Conclusion {
                    by: Some(ender(Blame::from(by))),
                    certainty: Certainty::Undetermined,
                    why: Why::Owes { by },
                },
                None => Conclusion { by: None, certainty: Certainty::Undetermined, why: Why::Open },
            },
        }
    }

    /// One recording says that it was both sides: whose own recording has its Close before the other's came.
    fn started(&self, one: Blame, other: Blame) -> Conclusion {
        let own = |role: Role| match self.near(role).started_by {
            Some(Starter::One(by)) => by == role,
            Some(Starter::Both) => true,
            None => false,
        };
        let (by, at) = match (own(Role::Client), own(Role::Server)) {
            (true, true) => (Ender::Both, None),
            (true, false) => (Ender::Client, Some(Role::Client)),
            (false, true) => (Ender::Server, Some(Role::Server)),
            (false, false) => (ender(if one == Blame::Both { other } else { one }), None),
        };
        let why = at.map_or(Why::Crossed, |at| Why::OneSays { at });
        Conclusion { by: Some(by), certainty: Certainty::Likely, why }
    }

    fn one_says(&self, at: Role, by: Blame, certainty: Certainty) -> Conclusion {
        let is_own = by == Blame::from(at);
        let certainty = if is_own { certainty } else { certainty.min(Certainty::Likely) };
        Conclusion { by: Some(ender(by)), certainty, why: Why::OneSays { at } }
    }

    /// Closes and ends of TCP on their way.
    pub(super) fn passages(&self) -> Vec<Passage> {
        let mut passages = Vec::new();
        for role in Role::BOTH {
            let (near, far) = (&self.near(role).sides[role], &self.near(role.peer()).sides[role]);
            let (sent, came) = (near.sent_close == Some(true), far.sent_close == Some(true));
            if sent || came {
                passages.push(self.passage(Passage {
                    from: role,
                    close: Some(if sent { near.code } else { far.code }),
                    end: None,
                    left: self.by_client(role, near.closed_at.filter(|_| sent)),
                    arrived: self.by_client(role.peer(), far.closed_at.filter(|_| came)),
                    is_whole: true,
                }));
            }
            for how in [StreamEnd::Fin, StreamEnd::Rst] {
                let first = |side: &[End]| side.iter().find(|end| end.how == how).copied();
                let (left, arrived) = (first(&near.ends), first(&far.ends));
                if left.is_some() || arrived.is_some() {
                    passages.push(self.passage(Passage {
                        from: role,
                        close: None,
                        end: Some(how),
                        left: self.by_client(role, left.and_then(|end| end.at)),
                        arrived: self.by_client(role.peer(), arrived.and_then(|end| end.at)),
                        is_whole: true,
                    }));
                }
            }
        }
        passages.sort_by_key(|passage| passage.left.into_iter().chain(passage.arrived).min());
        passages
    }

    /// The same with whether the recording that does not have it goes on until then.
    fn passage(&self, passage: Passage) -> Passage {
        let is_whole = match (passage.left, passage.arrived) {
            (Some(left), None) => self.would_show(passage.from, Some(left)),
            (None, Some(arrived)) => match passage.end {
                Some(how) => self.forged().is_some_and(|(by, end)| by == passage.from && end.how == how),
                None => self.goes_on(passage.from, Some(arrived)) && !self.lacks(passage.from),
            },
            _ => true,
        };
        Passage { is_whole, ..passage }
    }
}

/// As of a whole journey.
pub(super) const fn ender(by: Blame) -> Ender {
    match by {
        Blame::Client => Ender::Client,
        Blame::Server => Ender::Server,
        Blame::Both => Ender::Both,
        Blame::Between => Ender::Between,
    }
}

/// Of a connection recorded at several points.
pub(super) fn journey(
    all: &Footprints,
    group: &Group,
    clocks: &Clocks,
    recordings: &Map<usize, Recording>,
) -> Option<Journey> {
    let legs: Vec<&Footprint> = hops::legs(all, group);
    let (client, server) = (*legs.first()?, *legs.last()?);
    let pair = Pair::new(client, server, clocks, recordings);
    let conclusion = pair.conclude();
    let told = words::same(&pair, &conclusion);
    Some(Journey {
        legs: legs.iter().map(|leg| Leg { id: leg.id, path: leg.path.clone(), hop: 0 }).collect(),
        kind: JourneyKind::SameConnection,
        by: conclusion.by,
        certainty: conclusion.certainty,
        began: client.began,
        clock: pair.fit.filter(|_| client.capture != server.capture).map(|fit| fit.at(client.began)),
        passages: pair.passages(),
        text: told.text,
        next: told.next,
        differences: pair.differences(),
    })
}

/// Whether nothing of a connection is over.
pub(super) const fn is_open(of: &Footprint) -> bool {
    matches!(of.outcome, Outcome::Open)
}
