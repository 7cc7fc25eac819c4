use crate::knowledge::prelude::*;

/// CL-IDLE: TCP ended after a silence as long as a well-known time-out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ClIdle {
    /// How long no frame came before the end.
    pub idle_ns: i64,
    /// The time-out in seconds: rows of [`TIMEOUTS`](crate::knowledge::TIMEOUTS).
    pub seconds: u32,
}

pub(super) const ROW: Row = Row {
    name: "CL-IDLE",
    clauses: &[rfc6455("5.5.2")],
    level: Note,
    who: Who::Either,
    reaction: Nothing,
    says: "proxies and load balancers end idle connections; Pings and Pongs keep a connection from being \
           idle",
    peer: Some("reports 1006"),
    text: "They mostly do so without a Close, and neither application learns which one it was. wslog notes an end \
        without a Close after a silence as long as a well-known timeout: {timeouts_of}. That is consistent with such \
        a timeout and no more: the length alone does not say whose timer it was.",
    next: &[
        "the configured idle timeout of every hop on the path",
        "Pings: one side must send them more often than the shortest of these timeouts",
        "a recording on the other side of the proxy: which of its two connections ended first?",
    ],
    shows: &[
        found("60 s of silence, then FIN", "C: text a | S: text b | S: wait 60000 | S: fin | C: fin"),
        legal(
            "a Close that says why",
            "C: text a | S: text b | S: wait 60000 | S: close 1001 | C: close 1001 | S: fin | C: fin",
        ),
    ],
};

impl Told for ClIdle {
    fn words(&self, say: &Say<'_>) -> Words {
        let Self { idle_ns, seconds } = *self;
        let idle = duration(idle_ns);
        say.words(
            "Pings more often than the shortest idle timeout on the path",
            format!("{idle} without a frame, then TCP ended; consistent with a timeout of {seconds} s"),
            format!(
                "ended TCP after {idle} without a frame, which is consistent with an idle timeout of {seconds} s, as \
                 used by {}, on this side or on the path",
                timeouts(seconds)
            ),
        )
    }
}
