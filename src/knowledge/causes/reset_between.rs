use crate::knowledge::causes::prelude::*;

/// `reset_between`: an RST that does not look like its alleged sender's.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ResetBetween {
    /// In whose name.
    pub alleged: Role,
    /// Its TTL, and the least and greatest of that side's other packets; `None` where it fits.
    pub ttl: Option<(u8, u8, u8)>,
    /// Its IP identification is 0 where that side's are not, or the other way round.
    pub odd_id: bool,
    /// It acknowledges nothing where that side's segments do.
    pub bare: bool,
}

pub(super) const ROW: CauseRow = CauseRow {
    name: "reset_between",
    tone: Tone::Fault,
    tells: &[],
    when: "the connection was ended by an RST that does not match its alleged sender's other packets",
    proven: None,
    likely: Some(
        "its TTL differs from that of the other packets, and a second sign agrees: its IP ID follows another \
         pattern, or it acknowledges nothing",
    ),
    undetermined: Some(
        "one sign only, which another host behind the same NAT, or another network stack on the same host, can also \
         show",
    ),
    never: "that the side it claims to come from reset the connection",
    next: &[
        "firewalls, proxies and intrusion prevention on the path",
        "a capture at the alleged sender: if this is right, the RST was never sent there",
    ],
    shows: &[
        found("an RST with another TTL and IP ID", "C: text a | S: text b | C: text c | S: foreign-rst"),
        legal("an RST like all its other packets", "C: text a | S: text b | C: text c | S: rst"),
    ],
};

impl Judge for ResetBetween {
    fn judge(facts: &Facts<'_>) -> Option<Judged<Self>> {
        Role::BOTH.into_iter().find_map(|role| {
            let tcp = facts.tcp(role);
            // It ended no more than the connection below.
            if tcp.ends.first().is_some_and(|end| end.how.is_of_stream()) {
                return None;
            }
            let reset = tcp.ends.iter().find(|end| end.how == StreamEnd::Rst)?;
            let (habits, header) = (tcp.habits, reset.header);
            // Behind an end of both it resets nothing.
            let over = facts.side(role).end.is_some_and(|end| !end.how.is_reset());
            // What answers the end of the other side ended nothing.
            let left = facts.side(role.peer()).end.is_some_and(|end| end.mark.packet < Some(reset.packet));
            if habits.segments < 2 || over || left {
                return None;
            }
            let fits = (habits.ttl.0..=habits.ttl.1).contains(&header.ttl);
            let ttl = (!fits).then_some((header.ttl, habits.ttl.0, habits.ttl.1));
            let all_zero = habits.zero_ip_ids == habits.segments;
            let none_zero = habits.zero_ip_ids == 0;
            let odd_id = header.ip_id.is_some_and(|id| id == 0 && none_zero || id != 0 && all_zero);
            let signs = u8::from(ttl.is_some()) + u8::from(odd_id) + u8::from(reset.bare);
            // A bare RST is what hosts answer that know nothing of the connection: by itself it is no sign.
            if ttl.is_none() && !odd_id {
                return None;
            }
            let certainty = if ttl.is_some() && signs >= 2 { Likely } else { Undetermined };
            let mark = Mark { packet: Some(reset.packet), at: reset.at, frame: None };
            Some(
                Judged::new(Self { alleged: role, ttl, odd_id, bare: reset.bare }, Blame::Between, certainty)
                    .at(mark),
            )
        })
    }

    fn headline<S: Readable>(&self, _: &Cause, _: &Conversation<S>) -> String {
        format!("Something on the path reset the connection, posing as {}", a(self.alleged))
    }

    fn said<S: Readable>(&self, cause: &Cause, conversation: &Conversation<S>) -> Said {
        let mut signs = Vec::new();
        if let Some((ttl, least, most)) = self.ttl {
            let theirs = if least == most { least.to_string() } else { format!("{least} to {most}") };
            signs.push(format!("its TTL is {ttl} instead of {theirs}"));
        }
        if self.odd_id {
            signs.push("its IP ID follows another pattern".to_owned());
        }
        if self.bare {
            signs.push("its ACK flag is not set".to_owned());
        }
        let signs = crate::knowledge::words::and(signs);
        let whose = match cause.certainty {
            Undetermined => "the recording does not show whether it did",
            _ => "it probably did not",
        };
        let closed =
            Role::BOTH.into_iter().any(|role| conversation.closing.sides[role].sent_close == Some(true));
        let without = if closed { "" } else { " without a Close" };
        let tell = if closed { Said::part } else { Said::whole };
        tell(
            format!(
                "An RST that claims to come from {} ended the connection{without}{}, but {whose}: {signs}.",
                a(self.alleged),
                when(conversation, cause.at)
            ),
            format!(
                "Check the logs of firewalls, proxies and intrusion prevention on the path{}{}, and capture at {} as \
                 well: if no such RST leaves it, something on the path sent it.",
                at_clock(conversation, cause.at),
                at_packet(cause, conversation),
                a(self.alleged)
            ),
        )
    }
}
