use crate::knowledge::causes::prelude::*;

/// `keepalive_timeout`: a Ping stayed unanswered, and its sender ended the connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct KeepaliveTimeout {
    /// Number of the oldest unanswered Ping.
    pub ping: Option<u64>,
    /// How many there were.
    pub pings: u64,
    /// From that Ping to the end.
    pub waited_ns: Option<i64>,
    /// The host of the silent side had acknowledged it.
    pub arrived: bool,
    /// A Pong came, with other data than it carried.
    pub mismatched: bool,
    /// How its sender ended the connection.
    pub by_close: bool,
    /// Its Close says so itself.
    pub says_so: bool,
}

pub(super) const ROW: CauseRow = CauseRow {
    name: "keepalive_timeout",
    when: "a Ping stayed unanswered, and its sender ended the connection",
    proven: Some("the Close of its sender says so, and all that the other side sent is in the recording"),
    likely: Some("its sender ended the connection, by Close, FIN or RST, and the other side sent nothing since the Ping"),
    undetermined: Some("the other side had sent something else since, or answered the Close at once"),
    never: "that the side that gave up is at fault: the silent one is, its process stopped, blocked or overloaded, or the \
            network",
    next: &[
        "the process of the silent side at that time: stopped, blocked, overloaded, or waiting in a breakpoint",
        "the network, where not even its host acknowledged the Ping",
    ],
    shows: &[
        found("1011 after a Ping", "S: ping a | C: ack | S: wait 20000 | S: close 1011 keepalive ping timeout | C: close 1011 | S: fin | C: fin"),
        legal("the Pong came", "S: ping a | C: pong a | S: wait 20000 | S: close 1011 | C: close 1011 | S: fin | C: fin"),
    ],
};

/// What libraries write in the reason of a Close for it.
const REASONS: &[&str] = &["ping timeout", "ping time out", "keepalive", "keep-alive", "heartbeat", "pong timeout", "no pong", "ping/pong"];

/// A Ping so shortly before the end is none that was waited for.
const SHORTEST_WAIT_NS: i64 = 400_000_000;

impl Judge for KeepaliveTimeout {
    fn judge(facts: &Facts<'_>) -> Option<Judged<Self>> {
        Role::BOTH.into_iter().find_map(|role| of(facts, role))
    }

    fn said<S: Readable>(&self, cause: &Cause, conversation: &Conversation<S>) -> Said {
        let silent = side(cause.by).unwrap_or(Role::Client);
        let gave_up = silent.peer();
        let ping = self.ping.map_or_else(|| "a Ping".to_owned(), |frame| format!("the Ping in frame {frame}"));
        let more = if self.pings > 1 { format!(" and {} after it", count(self.pings - 1, "more")).replace("mores", "more") } else { String::new() };
        let waited = self.waited_ns.map_or_else(String::new, |ns| format!(" within {}", duration(ns)));
        let ended = if self.by_close { format!("closed with {}", close_of(conversation, gave_up)) } else { "ended TCP without a Close".to_owned() };
        let arrived = if self.mismatched {
            " with the data it carried"
        } else if self.arrived { ", though its host had acknowledged it" } else { "" };
        let hedge = if cause.certainty == Undetermined { ", possibly for that" } else { "" };
        let tell = if self.by_close { Said::close } else { Said::part };
        tell(
            format!("{} did not answer {ping}{more}{waited}{arrived}; {} {ended}{hedge}.", the(silent), a(gave_up)),
            if self.mismatched {
                format!("Look at what sends the Pongs of {}: they have to carry the data of the Ping (RFC 6455 5.5.3).", a(silent))
            } else if self.arrived {
                format!("Look at {}: its process was probably stopped, blocked or overloaded.", a(silent))
            } else {
                format!("Look at {} and at the way to it: not even its host is seen to acknowledge the Ping.", a(silent))
            },
        )
    }
}

fn of(facts: &Facts<'_>, role: Role) -> Option<Judged<KeepaliveTimeout>> {
    let (side, peer) = (facts.side(role), facts.side(role.peer()));
    let ping = side.unanswered_ping?;
    let quit = facts.quit_of(role)?;
    let waited_ns = facts.between(ping.mark.at, quit.mark.at);
    if peer.has_gap || side.has_gap || waited_ns.is_some_and(|ns| ns < SHORTEST_WAIT_NS) {
        return None;
    }
    // Who was left by then owes no Pong.
    if peer.close.is_some_and(|close| close.mark.at <= ping.mark.at) || peer.end.is_some_and(|end| end.mark.at <= ping.mark.at) {
        return None;
    }
    let says_so = facts.gives_reason(role, REASONS);
    let fits = match quit.how {
        How::Tcp(_) | How::Close(None) => true,
        How::Close(Some(code)) => [1000, 1001, 1006, 1011].contains(&code.0) || (3000..=4999).contains(&code.0) && says_so,
    };
    if !fits && !says_so {
        return None;
    }
    let meanwhile = |at: Option<Timestamp>| at > ping.mark.at && at < quit.mark.at;
    let spoke_since = facts.conversation.frames.iter().any(|f| f.from == role.peer() && meanwhile(f.at));
    let certainty = match (says_so, spoke_since) {
        (true, _) => Proven,
        // Whoever answers a Close at once was neither stopped nor gone.
        (false, false) if !answers_at_once(facts, role.peer(), &quit) => Likely,
        (false, _) => Undetermined,
    };
    // A Pong with other data was one, to whoever does not compare.
    if ping.mismatched && !says_so {
        return None;
    }
    let grounds = KeepaliveTimeout {
        ping: ping.mark.frame,
        pings: ping.count,
        waited_ns,
        arrived: ping.arrived,
        mismatched: ping.mismatched,
        by_close: matches!(quit.how, How::Close(_)),
        says_so,
    };
    Some(Judged::new(grounds, Blame::from(role.peer()), certainty).at(ping.mark))
}

/// Whether a side answered the Close of its peer within a round trip.
fn answers_at_once(facts: &Facts<'_>, role: Role, quit: &Quit) -> bool {
    let answer = facts.side(role).close.filter(|close| close.is_answer == Some(true));
    answer
        .and_then(|answer| facts.between(quit.mark.at, answer.mark.at))
        .is_some_and(|ns| ns <= facts.round_trip_ns)
}
