//! In what two recordings of one connection differ, and what the one explains of the other.

use crate::journey::link;
use crate::journey::same::Pair;
use crate::journey::words::{self, Lost};
use crate::model::{Difference, Role, StreamEnd};

/// The name of a difference, and a sentence.
type Said = (&'static str, String);

impl Pair<'_> {
    /// In what the recordings differ.
    pub(super) fn differences(&self) -> Vec<Difference> {
        let of_sides =
            Role::BOTH.into_iter().flat_map(|role| [self.lost_segments(role), self.close_lost(role)]);
        let views = Role::BOTH.into_iter().map(|role| self.other_view(role));
        let said = [self.other_addresses(), self.other_numbers()]
            .into_iter()
            .chain(of_sides)
            .chain([self.lost_request(), self.lost_response()])
            .flatten()
            .chain(self.lost_ends())
            .chain(
                [self.forged_end(), self.crossed_ends(), self.other_outcome()]
                    .into_iter()
                    .chain(views)
                    .flatten(),
            );
        let legs = vec![self.client.id, self.server.id];
        said.map(|(what, text)| Difference { what, legs: legs.clone(), text }).collect()
    }

    fn other_addresses(&self) -> Option<Said> {
        let (one, other) = (self.client.ends?, self.server.ends?);
        (one != other).then(|| ("addresses", words::translated(one, other)))
    }

    fn other_numbers(&self) -> Option<Said> {
        let is_other = !link::same(self.client, self.server)?.same_numbers;
        is_other.then(|| ("numbers", words::OTHER_NUMBERS.to_owned()))
    }

    fn lost_segments(&self, role: Role) -> Option<Said> {
        let lost = self.lost(role).filter(Lost::is_some)?;
        Some(("lost_segments", words::lost(lost)))
    }

    fn close_lost(&self, role: Role) -> Option<Said> {
        let (near, far) = (&self.near(role).sides[role], &self.near(role.peer()).sides[role]);
        let is_lost = near.sent_close == Some(true) && far.sent_close == Some(false);
        // A recording that ends before it, or that missed it, does not show whether it came.
        let left = self.by_client(role, near.closed_at);
        let is_there = self.would_show(role, left) || near.is_unacknowledged && !self.lacks(role.peer());
        (is_lost && is_there).then(|| ("lost_close", words::lost_close(role, near.code)))
    }

    fn lost_request(&self) -> Option<Said> {
        let is_lost = self.client.target.is_some() && self.server.target.is_none() && !self.server.is_assumed;
        let is_there = self.would_show(Role::Client, self.client.handshake.client);
        (is_lost && is_there).then(|| ("lost_request", words::LOST_REQUEST.to_owned()))
    }

    fn lost_response(&self) -> Option<Said> {
        let is_lost = self.server.status.is_some() && self.client.status.is_none() && !self.client.is_assumed;
        let sent_at = self.by_client(Role::Server, self.server.handshake.server);
        let is_there = self.would_show(Role::Server, sent_at);
        (is_lost && is_there).then(|| ("lost_response", words::LOST_RESPONSE.to_owned()))
    }

    /// Ends of TCP of which no copy arrived.
    fn lost_ends(&self) -> impl Iterator<Item = Said> {
        let lost = self
            .passages()
            .into_iter()
            .filter(|passage| passage.left.is_some() && passage.arrived.is_none() && passage.is_whole);
        lost.filter_map(|passage| Some(("lost_end", words::lost_end(passage.from, passage.end?))))
    }

    fn forged_end(&self) -> Option<Said> {
        let (by, end) = self.forged()?;
        Some(("forged_end", words::forged(by, end.how)))
    }

    /// Each host had ended TCP before it heard of the other's end: the one recording has the one first, the other the other.
    fn crossed_ends(&self) -> Option<Said> {
        let (here, there) = (self.client.first_end?, self.server.first_end?);
        let is_of_tcp = |how: StreamEnd| matches!(how, StreamEnd::Fin | StreamEnd::Rst);
        let is_crossed =
            here.0 == Role::Client && there.0 == Role::Server && is_of_tcp(here.1) && is_of_tcp(there.1);
        is_crossed.then(|| ("first_end", words::crossed(here.1, there.1)))
    }

    fn other_outcome(&self) -> Option<Said> {
        let (one, other) = (self.client.outcome, self.server.outcome);
        (one != other).then(|| ("outcome", words::outcomes(one, other)))
    }

    /// What a side was told shows best where it was: what reached its host, and what did not.
    fn other_view(&self, role: Role) -> Option<Said> {
        let (own, other) = (self.near(role).sides[role].told, self.near(role.peer()).sides[role].told);
        let is_other = own.code.is_some()
            && other.code.is_some()
            && (own.code, own.was_clean) != (other.code, other.was_clean);
        is_other.then(|| ("view", words::views(role, own, other)))
    }
}
