use crate::knowledge::causes::prelude::*;
use crate::knowledge::causes::tls_failed::said_goodbye;
use crate::knowledge::timeouts::{IdleEnd, fitting, meets};
use crate::model::LastFrame;

/// `idle_timeout`: silence of both sides, then an end without a Close.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct IdleTimeout {
    /// From the last byte of either side on.
    pub silence_ns: i64,
    /// By what it ended.
    pub how: StreamEnd,
    /// It was data that the RST answered, after that silence.
    pub after_data: bool,
    /// A number of seconds that time-outs are set to.
    pub seconds: Option<u32>,
}

pub(super) const ROW: CauseRow = CauseRow {
    name: "idle_timeout",
    tone: Tone::Odd,
    tells: &[],
    when: "neither side had sent a byte for a long time, and TCP ended without a Close",
    proven: None,
    likely: Some(
        "the silence is as long as a typical timeout: a round number of seconds, or a documented one",
    ),
    undetermined: Some("the silence was long, but not of such a length"),
    never: "whose timeout it was: the length alone does not say, and a middlebox can end TCP on behalf of either \
        side. Vendors are named only where they are documented to end it that way",
    next: &[
        "the configured idle timeout of every hop on the path",
        "sending Pings more often than the shortest of them",
    ],
    shows: &[
        found("60 s of silence, then FIN", "C: text a | S: text b | S: wait 60000 | S: fin | C: fin"),
        legal("a short silence", "C: text a | S: text b | S: wait 700 | S: fin | C: fin"),
    ],
};

/// A silence shorter than this is none worth a word.
const SHORTEST_NS: i64 = 4_500_000_000;

/// Lengths that time-outs are set to, in seconds. Shorter silences are as often chance.
const ROUND: &[u32] = &[
    10, 15, 20, 30, 40, 45, 50, 60, 75, 90, 100, 120, 150, 180, 240, 300, 350, 360, 400, 450, 480, 500, 600,
    900, 1200, 1800, 3600, 7200,
];

/// How long neither side had sent anything before the end, or before the data that was answered with RST.
fn silence(facts: &Facts<'_>, quit: &Quit) -> Option<(i64, bool)> {
    if let (How::Tcp(StreamEnd::Rst | StreamEnd::RstStream(_)), Some(LastFrame { from, at, pause_ns, .. })) =
        (quit.how, facts.course.last_frame)
        && from == quit.by.peer()
        && facts.between(Some(at), quit.mark.at).is_some_and(|ns| ns <= facts.round_trip_ns)
        && pause_ns >= SHORTEST_NS
    {
        return Some((pause_ns, true));
    }
    let silence_ns = facts.silence_before(quit.mark.at).filter(|ns| *ns >= SHORTEST_NS)?;
    Some((silence_ns, false))
}

impl Judge for IdleTimeout {
    fn judge(facts: &Facts<'_>) -> Option<Judged<Self>> {
        let quit = facts.quit()?;
        let How::Tcp(how) = quit.how else { return None };
        if !facts.is_established() {
            return None;
        }
        let (silence_ns, after_data) = silence(facts, &quit)?;
        let seconds = ROUND.iter().copied().find(|seconds| meets(silence_ns, *seconds));
        let certainty = if seconds.is_some() { Likely } else { Undetermined };
        let grounds = Self { silence_ns, how, after_data, seconds };
        Some(Judged::new(grounds, Blame::from(quit.by), certainty).at(quit.mark))
    }

    fn headline<S: Readable>(&self, cause: &Cause, _: &Conversation<S>) -> String {
        let by = a(side(cause.by).unwrap_or(Role::Server));
        format!("{} of silence, then {} ended from {by}'s side", duration(self.silence_ns), carrier(self.how))
    }

    fn said<S: Readable>(&self, cause: &Cause, conversation: &Conversation<S>) -> Said {
        let by = side(cause.by).unwrap_or(Role::Server);
        let at = when(conversation, conversation.closing.first_end.and_then(|end| end.at));
        let what = if self.how.is_of_stream() { "The stream" } else { "TCP" };
        let ended = if self.how.is_reset() { "was reset" } else { "ended" };
        let known = self
            .seconds
            .map(|seconds| fitting(seconds, IdleEnd::of(self.how, self.after_data)))
            .filter(|known| !known.is_empty());
        let known = known.filter(|_| cause.certainty == Likely);
        let known = known.map_or_else(String::new, |known| {
            format!("; a timeout of that length is documented for {known}")
        });
        let why = match (self.seconds, cause.certainty) {
            (Some(seconds), Likely) => format!("probably an idle timeout of {seconds} s"),
            _ => "possibly an idle timeout".to_owned(),
        };
        // With close_notify it has the keys.
        let ends_tls = said_goodbye(conversation.tls.as_deref(), by);
        let way = if ends_tls { "a TLS-terminating proxy in front of it" } else { "something on the path" };
        let without = without_close(conversation);
        // A Close that answered it is told after it.
        let answered = conversation.closing.sides[by.peer()].sent_close == Some(true);
        let tell = if answered { Said::part } else { Said::whole };
        tell(
            format!(
                "{what} {ended} from {}'s side{without}{at}, when neither side had sent a byte for {}: {why}, set by \
                 that side or by {way}{known}.",
                a(by),
                duration(self.silence_ns)
            ),
            format!(
                "{}, and the configuration of every proxy on the path, for an idle timeout; Pings at an interval \
                 shorter than the shortest one would keep the connection open.",
                look(conversation, by, cause)
            ),
        )
    }
}
