use crate::knowledge::causes::prelude::*;
use crate::knowledge::{Heartbeat, Rhythm};
use crate::model::UnansweredPing;

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
    /// Who gave up.
    pub gave_up: Role,
    /// It was asked in the protocol that is spoken inside.
    pub heartbeat: Option<Heartbeat>,
    /// It was to ask, so often as it had announced.
    pub rhythm: Option<Rhythm>,
}

pub(super) const ROW: CauseRow = CauseRow {
    name: "keepalive_timeout",
    tone: Tone::Fault,
    tells: &[RuleId::FrPingPong, RuleId::FrPongLate, RuleId::FrPongData],
    when: "a Ping was not answered in time, and its sender ended the connection",
    proven: Some("the sender's Close says so, and everything the other side sent is in the recording"),
    likely: Some(
        "the sender ended the connection with a Close, FIN or RST, and the other side had sent nothing since the \
         Ping; or the sender's Close says so and the Ping is not in the recording",
    ),
    undetermined: Some(
        "the other side had sent something else since, or answered the Close immediately; or a Close that gives \
         another reason came within 2 s",
    ),
    never: "that the side that gave up is at fault: look at the silent side, whose process was stopped, blocked or \
        overloaded, or at the network",
    next: &[
        "the process on the silent side at that time: stopped, blocked, overloaded or paused at a breakpoint",
        "the network, if not even its host acknowledged the Ping",
    ],
    shows: &[
        found(
            "1011 after a Ping",
            "S: ping a | C: ack | S: wait 20000 | S: close 1011 keepalive ping timeout | C: close 1011 | S: fin | C: fin",
        ),
        legal(
            "the Pong came",
            "S: ping a | C: pong a | S: wait 20000 | S: close 1011 | C: close 1011 | S: fin | C: fin",
        ),
    ],
};

/// What libraries write in the reason of a Close for it.
const REASONS: &[&str] = &[
    "ping timeout",
    "ping time out",
    "keepalive",
    "keep-alive",
    "heartbeat",
    "pong timeout",
    "no pong",
    "ping/pong",
];

/// Signs come every 15 s, and are missed after 30 s (ASP.NET Core SignalR: KeepAliveInterval, ServerTimeout).
const SIGN_MISSED_NS: i64 = 25_000_000_000;

/// A Ping so shortly before the end is none that was waited for.
const SHORTEST_WAIT_NS: i64 = 400_000_000;

/// The same where it ended by a Close that names nothing of the kind.
const SHORTEST_WAIT_BEFORE_CLOSE_NS: i64 = 2_000_000_000;

impl Judge for KeepaliveTimeout {
    fn judge(facts: &Facts<'_>) -> Option<Judged<Self>> {
        Role::BOTH.into_iter().find_map(|role| of(facts, role))
    }

    fn headline<S: Readable>(&self, cause: &Cause, conversation: &Conversation<S>) -> String {
        let what = if self.heartbeat.is_some() { "keep-alives" } else { "Pings" };
        let what = if self.heartbeat.is_none() && self.pings == 1 { "a Ping" } else { what };
        let silent = side(cause.by).unwrap_or(self.gave_up.peer());
        match cause.by {
            Some(Blame::Between) => format!("The path to {} was broken: {what} went unanswered", a(silent)),
            _ if self.mismatched => {
                let what = if self.pings == 1 { "the Ping" } else { "the Pings" };
                format!("{}'s Pongs did not repeat the data of {what}", the(silent))
            }
            _ if self.came_late(conversation) => format!("{} answered {what} too late", the(silent)),
            _ => format!("{} did not answer {what}", the(silent)),
        }
    }

    fn said<S: Readable>(&self, cause: &Cause, conversation: &Conversation<S>) -> Said {
        // Where the way was broken, the side that gave up is still the one that had asked.
        let silent = side(cause.by).unwrap_or(self.gave_up.peer());
        let gave_up = silent.peer();
        let did = self.did(cause, conversation, gave_up);
        let next = self.next(cause, conversation, silent);
        let tell = if self.by_close { Said::close } else { Said::whole };
        let code = conversation.closing.sides[gave_up].code.filter(|_| self.by_close);
        let why = if code == Some(CloseCode(1011)) {
            " Some libraries close with 1011 when no Pong arrives."
        } else {
            ""
        };
        tell(format!("{} {}; {did}.{why}", the(silent), self.missed(conversation)), next)
    }
}

impl KeepaliveTimeout {
    /// Whether every Ping was answered after all, when its sender had given up.
    fn came_late<S: Readable>(&self, conversation: &Conversation<S>) -> bool {
        let figures = conversation.timing.pings[self.gave_up].as_ref();
        self.heartbeat.is_none()
            && self.ping.is_some()
            && figures.is_some_and(|figures| figures.unanswered == Some(0) && figures.latency.is_some())
    }

    /// What the silent side did not do: `did not answer the Ping in frame 2 within 60.0 s, nor the 2 after it`.
    fn missed<S: Readable>(&self, conversation: &Conversation<S>) -> String {
        let waited_for =
            |word| self.waited_ns.map_or_else(String::new, |ns| format!(" {word} {}", duration(ns)));
        if let Some(rhythm) = self.rhythm {
            return format!(
                "sent no Engine.IO keep-alive{}, though it had announced one every {} and a timeout of {}",
                waited_for("for"),
                duration(rhythm.interval_ns),
                duration(rhythm.timeout_ns)
            );
        }
        let asked = match (self.heartbeat, self.ping) {
            (Some(heartbeat), Some(frame)) => {
                format!("the {} keep-alive in frame {frame}", heartbeat.name())
            }
            (Some(heartbeat), None) => format!("the {} keep-alives", heartbeat.name()),
            (None, Some(frame)) => format!("the Ping in frame {frame}"),
            (None, None) => "a Ping".to_owned(),
        };
        let more = self.pings.saturating_sub(1);
        let waited = waited_for("within");
        if self.mismatched {
            let more = match more {
                0 => String::new(),
                1 => ", nor that of the one after it".to_owned(),
                more => format!(", nor that of the {more} after it"),
            };
            return format!("sent Pongs, but none that repeated the data of {asked}{waited}{more}");
        }
        let more = match more {
            0 => String::new(),
            1 => ", nor the one after it".to_owned(),
            more => format!(", nor the {more} after it"),
        };
        let arrived = if self.arrived { ", though its host had acknowledged it" } else { "" };
        if self.came_late(conversation) {
            return format!(
                "did not answer {asked}{waited}{arrived}, and its Pong came too late{}",
                self.took(conversation)
            );
        }
        format!("did not answer {asked}{waited}{arrived}{more}")
    }

    /// ` (2.54 s after the Ping)`, where there was no other Ping.
    fn took<S: Readable>(&self, conversation: &Conversation<S>) -> String {
        let figures = conversation.timing.pings[self.gave_up].as_ref();
        let latency = figures.filter(|figures| figures.sent == 1).and_then(|figures| figures.latency);
        latency.map_or_else(String::new, |latency| format!(" ({} after the Ping)", duration(latency.max_ns)))
    }

    /// What the side that had asked did about it.
    fn did<S: Readable>(&self, cause: &Cause, conversation: &Conversation<S>, gave_up: Role) -> String {
        let hedge = match cause.certainty {
            Proven => "",
            Likely => ", probably because of that",
            Undetermined => ", possibly because of that",
        };
        let closing = &conversation.closing;
        let ended = if self.by_close {
            let at = when(conversation, closing.sides[gave_up].at);
            format!("gave up with {}{at}", close_of(conversation, gave_up))
        } else {
            let end = closing.ends[gave_up];
            let ended = end.map_or("ended TCP", |end| ended_tcp(end.how));
            format!("{ended}{} without a Close", when(conversation, end.and_then(|end| end.at)))
        };
        format!("{} {ended}{hedge}", a(gave_up))
    }

    /// Where to look: at the silent side, from what it did not answer on.
    fn next<S: Readable>(&self, cause: &Cause, conversation: &Conversation<S>, silent: Role) -> String {
        let from = from_clock(conversation, cause.at);
        if self.rhythm.is_some() {
            return format!(
                "Check {}'s log{from} for whatever kept its process from sending keep-alives: it was probably \
                 stopped, blocked or overloaded.",
                a(silent)
            );
        }
        match (self.ping, self.mismatched, self.arrived) {
            (None, ..) => format!(
                "Check {}'s log{} for the message it should have answered: it is not in the recording, or was not a \
                 WebSocket Ping.",
                a(silent),
                before_clock(conversation, cause.at)
            ),
            (_, true, _) => format!(
                "Check the code that sends {}'s Pongs{from}: each must repeat the data of its Ping (RFC 6455 5.5.3).",
                a(silent)
            ),
            (_, _, true) => format!(
                "Check {}'s log{from} for whatever kept its process from answering: it was probably stopped, blocked \
                 or overloaded.",
                a(silent)
            ),
            (_, _, false) => format!(
                "Check {}'s log{from} to see whether it was still running, and the path to it: as far as the \
                 recording shows, not even its host acknowledged the Ping.",
                a(silent)
            ),
        }
    }
}

fn of(facts: &Facts<'_>, role: Role) -> Option<Judged<KeepaliveTimeout>> {
    let (side, peer) = (facts.side(role), facts.side(role.peer()));
    let quit = facts.quit_of(role)?;
    let by_close = matches!(quit.how, How::Close(_));
    let says_so = by_close && facts.gives_reason(role, REASONS);
    let asked = side.unanswered_ping.map(|ping| (None, ping)).or_else(|| heartbeat(facts, role, &quit));
    let missed = asked.is_none().then(|| missed(facts, role, &quit)).flatten();
    let is_missed = missed.is_some();
    let Some((heartbeat, ping)) = asked.or(missed).filter(|_| !peer.has_gap) else {
        // The Ping is not in the recording, or one of another protocol.
        let grounds = KeepaliveTimeout {
            ping: None,
            pings: 0,
            waited_ns: None,
            arrived: false,
            mismatched: false,
            by_close,
            says_so,
            gave_up: role,
            heartbeat: None,
            rhythm: None,
        };
        return says_so.then(|| Judged::new(grounds, Blame::from(role.peer()), Likely).at(quit.mark));
    };
    let waited_ns = facts.between(ping.mark.at, quit.mark.at);
    let rhythm = facts.side(role.peer()).rhythm.filter(|_| is_missed).map(|(rhythm, _)| rhythm);
    // What it had announced that it waits has not passed.
    let allowed = side.rhythm.filter(|_| heartbeat == Some(Heartbeat::EngineIo) && rhythm.is_none());
    let too_soon = |(rhythm, _): (Rhythm, Mark)| waited_ns.is_none_or(|ns| ns < nearly(rhythm.timeout_ns));
    if !says_so && allowed.is_some_and(too_soon) {
        return None;
    }
    // An end that was recorded before the Ping did not wait for it.
    if quit.mark.at < ping.mark.at || waited_ns.is_some_and(|ns| ns < SHORTEST_WAIT_NS) {
        return None;
    }
    // Who was left by then owes no Pong.
    let is_before = |mark: Mark| match (mark.at, ping.mark.at) {
        (Some(at), Some(ping)) => at <= ping,
        _ => mark.frame.zip(ping.mark.frame).is_some_and(|(frame, ping)| frame < ping),
    };
    if peer.close.is_some_and(|close| is_before(close.mark))
        || peer.end.is_some_and(|end| is_before(end.mark))
    {
        return None;
    }
    let fits = match quit.how {
        How::Tcp(_) | How::Close(None) => true,
        How::Close(Some(code)) => {
            [1000, 1001, 1006, 1011].contains(&code.0)
                || (3000..=4999).contains(&code.0) && (says_so || heartbeat.is_some())
        }
    };
    if !fits && !says_so {
        return None;
    }
    let spoke_since = peer.last_before_quit.is_some_and(|last| match (last.at, ping.mark.at) {
        (Some(at), Some(ping)) => at > ping,
        _ => last.frame > ping.mark.frame,
    });
    // A Close for another reason can follow a Ping too.
    let plain = matches!(quit.how, How::Close(code) if code != Some(CloseCode(1011)));
    let hurried = plain && waited_ns.is_none_or(|ns| ns < SHORTEST_WAIT_BEFORE_CLOSE_NS);
    let certainty = match (says_so, spoke_since || hurried) {
        (true, _) if side.has_gap => Likely,
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
        by_close,
        says_so,
        gave_up: role,
        heartbeat,
        rhythm,
    };
    // What reached it only just before the end it could not have answered: the way was broken until then.
    let just_arrived = facts.between(ping.arrived_at, quit.mark.at).is_some_and(|ns| ns < SHORTEST_WAIT_NS);
    if ping.arrived && just_arrived {
        let grounds = KeepaliveTimeout { arrived: false, ..grounds };
        return Some(Judged::new(grounds, Blame::Between, certainty.min(Likely)).at(ping.mark));
    }
    Some(Judged::new(grounds, Blame::from(role.peer()), certainty).at(ping.mark))
}

/// Clocks of a host and of the capture differ a little.
const fn nearly(ns: i64) -> i64 {
    ns / 10 * 9
}

/// The last time that the peer asked as it had announced, where the next one is overdue: who was to be asked gives up, too
/// (Engine.IO from 4 on, "Heartbeat").
fn missed(facts: &Facts<'_>, role: Role, quit: &Quit) -> Option<(Option<Heartbeat>, UnansweredPing)> {
    let (rhythm, last) = facts.side(role.peer()).rhythm.filter(|_| facts.speaks(Heartbeat::EngineIo))?;
    let silent = facts.between(last.at, quit.mark.at)?;
    let mark = Mark { frame: None, ..last };
    let overdue = silent >= nearly(rhythm.interval_ns.saturating_add(rhythm.timeout_ns));
    overdue.then_some((Some(Heartbeat::EngineIo), UnansweredPing { mark, ..UnansweredPing::default() }))
}

/// Within this a Close is answered at once, however far from the answering side it was captured.
const AT_ONCE_NS: i64 = 1_000_000_000;

/// Whether a side answered the Close of its peer at once.
fn answers_at_once(facts: &Facts<'_>, role: Role, quit: &Quit) -> bool {
    let answer = facts.side(role).close.filter(|close| close.is_answer == Some(true));
    answer
        .and_then(|answer| facts.between(quit.mark.at, answer.mark.at))
        .is_some_and(|ns| ns <= facts.round_trip_ns.max(AT_ONCE_NS))
}

/// What a side had asked in the protocol that is spoken inside, if the handshake says that it is spoken; or the last sign of
/// being there that it was given.
fn heartbeat(facts: &Facts<'_>, role: Role, quit: &Quit) -> Option<(Option<Heartbeat>, UnansweredPing)> {
    if let Some((heartbeat, asked)) = facts.side(role).unanswered_heartbeat {
        return facts.speaks(heartbeat).then_some((Some(heartbeat), asked));
    }
    let (own, theirs) = (facts.side(role).signs?, facts.side(role.peer()).signs?);
    let last = facts.side(role.peer()).last_before_quit?;
    let silent = facts.between(last.at, quit.mark.at)?;
    let mark = Mark { frame: None, ..last };
    let asked = UnansweredPing { mark, ..UnansweredPing::default() };
    (own == theirs && silent >= SIGN_MISSED_NS).then_some((Some(own), asked))
}
