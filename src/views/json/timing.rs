//! The `timing` object of a connection.

use serde::Serialize;

use crate::model::{Conversation, PingFigures, Role, TIMEOUTS, TimingViolation, Unanswered, Violation};
use crate::redact::Shown;
use crate::views::json::Sides;
use crate::views::units;

#[derive(Serialize)]
pub(super) struct Timing<'a> {
    handshake_ns: Option<i64>,
    close_reply_ns: Option<i64>,
    server_tcp_end_ns: Option<i64>,
    idle_before_end_ns: Option<i64>,
    idle_timeout: Option<IdleTimeout<'a>>,
    observed_until: Option<String>,
    pings: Sides<Option<Pings>>,
    unanswered_tries: Sides<Option<Tries>>,
}

/// A silence consistent with a well-known time-out.
#[derive(Serialize)]
struct IdleTimeout<'a> {
    ended_by: Option<&'a str>,
    idle_ns: i64,
    seconds: u32,
    consistent_with: Vec<&'a str>,
}

#[derive(Serialize)]
struct Pings {
    sent: u64,
    unanswered: Option<u64>,
    interval_ns: Option<i64>,
    latency: Option<Latency>,
}

#[derive(Serialize)]
struct Latency {
    pongs: u64,
    min_ns: i64,
    mean_ns: i64,
    max_ns: i64,
    slowest_frame: u64,
}

#[derive(Serialize)]
struct Tries {
    tries: u32,
    first_at: Option<String>,
    last_at: Option<String>,
}

impl Timing<'_> {
    pub(super) fn new(r: &Conversation<Shown>) -> Self {
        let timing = &r.timing;
        let idle_timeout = r.findings.iter().find_map(|finding| match finding.violation {
            Violation::Timing(TimingViolation::Idle { idle_ns, seconds }) => Some(IdleTimeout {
                ended_by: finding.by.map(Role::name),
                idle_ns,
                seconds,
                consistent_with: TIMEOUTS.iter().filter(|t| t.seconds == seconds).map(|t| t.name).collect(),
            }),
            _ => None,
        });
        let pings = |role: Role| timing.pings[role].as_ref().map(Pings::new);
        let tries = |role: Role| timing.unanswered[role].as_ref().map(Tries::new);
        Self {
            handshake_ns: timing.handshake_ns,
            close_reply_ns: timing.close_reply_ns,
            server_tcp_end_ns: timing.server_tcp_end_ns,
            idle_before_end_ns: r.closing.idle_before_close_ns,
            idle_timeout,
            observed_until: timing.until.map(units::rfc3339),
            pings: Sides { client: pings(Role::Client), server: pings(Role::Server) },
            unanswered_tries: Sides { client: tries(Role::Client), server: tries(Role::Server) },
        }
    }
}

impl Pings {
    fn new(figures: &PingFigures) -> Self {
        Self {
            sent: figures.sent,
            unanswered: figures.unanswered,
            interval_ns: figures.interval_ns,
            latency: figures.latency.map(|l| Latency {
                pongs: l.pongs,
                min_ns: l.min_ns,
                mean_ns: l.mean_ns,
                max_ns: l.max_ns,
                slowest_frame: l.slowest_frame,
            }),
        }
    }
}

impl Tries {
    fn new(sent: &Unanswered) -> Self {
        Self {
            tries: sent.tries,
            first_at: sent.first_at.map(units::rfc3339),
            last_at: sent.last_at.map(units::rfc3339),
        }
    }
}
