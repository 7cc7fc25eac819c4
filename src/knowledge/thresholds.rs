//! How long is too long. RFC 6455 says "as soon as practical", "immediately" and "a reasonable time" and names no
//! number: every one here is wslog's own, and what rests on it is never called proven by time alone.
//!
//! Times count from the acknowledgement that shows that the host *had* what was to be answered, so the network
//! between the point of capture and the endpoint is not charged to the endpoint.

/// A Pong, an answering Close or the server's end of TCP later than this is late. Far above a garbage collection,
/// a busy event loop or a lost segment sent again (RFC 6298 starts with 1 s); below the 10 to 30 s after which
/// libraries give a peer up.
pub const LATE_NS: i64 = 5 * SECOND_NS;

/// What has not come by then is taken for never: no library is known to answer later, most have closed by then.
pub const NEVER_NS: i64 = 10 * SECOND_NS;

/// A client that has waited so long for the server's FIN may end TCP itself (7.1.1: "a reasonable time period"),
/// and the server has not ended it immediately. Autobahn's clients wait 1 s, which is the shortest wait known.
pub const CLIENT_WAIT_NS: i64 = 990_000_000;

/// An acknowledgement is held back so long at the most (RFC 1122 4.2.3.2): the host may have had the bytes earlier
/// than it says.
pub const DELAYED_ACK_NS: i64 = 500_000_000;

/// Tries to send again without any answer from the peer before it is called silent...
pub const SILENT_TRIES: u32 = 3;

/// ...and how long that must have gone on: retransmissions double their pause (RFC 6298 5.5), so three of them
/// take seconds; copies made by the capture take none.
pub const SILENT_NS: i64 = 3 * SECOND_NS;

/// Pings less than this apart are a test or a burst, not a keep-alive.
pub const KEEP_ALIVE_NS: i64 = SECOND_NS;

/// Intervals that differ by no more than a part of so many of their mean are a rhythm.
pub const RHYTHM_PART: i64 = 10;

/// A time-out is met from so much before its value (the last frame passed the capture later than the
/// one who counts)...
pub const TIMEOUT_EARLY_NS: i64 = 300_000_000;

/// ...to so much after it: timers that are checked once a second.
pub const TIMEOUT_LATE_NS: i64 = 1_500_000_000;

const SECOND_NS: i64 = 1_000_000_000;
