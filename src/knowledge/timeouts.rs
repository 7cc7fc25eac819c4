//! How long things between client and server keep an idle connection, and how they end it.

use crate::knowledge::thresholds::{TIMEOUT_EARLY_NS, TIMEOUT_LATE_NS};
use crate::knowledge::words::and;
use crate::model::StreamEnd;

/// A well-known idle time-out of something between client and server.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct KnownTimeout {
    /// Whose, and its setting.
    pub name: &'static str,
    /// What it is unless configured otherwise, or what it is commonly configured to.
    pub seconds: u32,
    /// What is seen of it.
    pub ends: IdleEnd,
    /// Where that is documented.
    pub source: &'static str,
}

/// What is seen of an idle time-out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum IdleEnd {
    /// It ends TCP, by FIN as a rule.
    Ends,
    /// It forgets the connection in silence; the next data is answered by RST.
    ResetsNextData,
    /// It sends a Close.
    Closes,
}

const fn known(name: &'static str, seconds: u32, ends: IdleEnd, source: &'static str) -> KnownTimeout {
    KnownTimeout { name, seconds, ends, source }
}

/// Idle time-outs by their length, as their documentation has them. Matching one is a coincidence until the
/// configuration says otherwise.
pub const TIMEOUTS: &[KnownTimeout] = &[
    known("the Heroku router", 55, IdleEnd::Ends, "Heroku Dev Center: Request Timeout"),
    known("nginx (proxy_read_timeout)", 60, IdleEnd::Ends, "nginx documentation: ngx_http_proxy_module"),
    known(
        "the AWS Application Load Balancer",
        60,
        IdleEnd::Ends,
        "Elastic Load Balancing, Application Load Balancers: idle_timeout",
    ),
    known("Cloudflare", 100, IdleEnd::Ends, "Cloudflare Docs: Connection limits"),
    known(
        "the Azure Load Balancer",
        240,
        IdleEnd::ResetsNextData,
        "Azure Load Balancer: TCP reset and idle timeout",
    ),
    known("Envoy (stream_idle_timeout)", 300, IdleEnd::Ends, "Envoy documentation: HTTP connection manager"),
    known(
        "the AWS Network Load Balancer",
        350,
        IdleEnd::ResetsNextData,
        "Elastic Load Balancing, Network Load Balancers: connection idle timeout",
    ),
    known("the AWS API Gateway", 600, IdleEnd::Closes, "Amazon API Gateway: quotas of WebSocket APIs"),
    known(
        "HAProxy (timeout tunnel)",
        3600,
        IdleEnd::Ends,
        "HAProxy Configuration Manual: timeout tunnel, in its examples",
    ),
];

/// Whether a silence is as long as a time-out of so many seconds.
pub(crate) fn meets(silence_ns: i64, seconds: u32) -> bool {
    let over = silence_ns - i64::from(seconds) * 1_000_000_000;
    (-TIMEOUT_EARLY_NS..=TIMEOUT_LATE_NS).contains(&over)
}

/// Those of that length that end connections so, in words; empty where there are none.
pub(crate) fn fitting(seconds: u32, ends: IdleEnd) -> String {
    and(TIMEOUTS
        .iter()
        .filter(|known| known.seconds == seconds && known.ends == ends)
        .map(|known| known.name))
}

/// The documented length that a silence before such an end has.
pub(crate) fn documented(silence_ns: i64, ends: IdleEnd) -> Option<u32> {
    TIMEOUTS
        .iter()
        .find(|known| known.ends == ends && meets(silence_ns, known.seconds))
        .map(|known| known.seconds)
}

impl IdleEnd {
    /// As what the end of a silent connection is seen: `after_data` where data came just before it.
    pub(crate) const fn of(how: StreamEnd, after_data: bool) -> Self {
        match how {
            StreamEnd::Rst | StreamEnd::RstStream(_) if after_data => Self::ResetsNextData,
            _ => Self::Ends,
        }
    }
}
