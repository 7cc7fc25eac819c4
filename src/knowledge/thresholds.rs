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
/// and the server has not ended it immediately. Autobahn's clients wait so long, which is the shortest wait known.
pub const CLIENT_WAIT_NS: i64 = SECOND_NS;

/// By so much less a wait of that length can be seen: timers are coarse, and the packet was captured on its way.
pub const CLIENT_WAIT_EARLY_NS: i64 = 10_000_000;

/// From here on a wait counts as one of [`CLIENT_WAIT_NS`].
pub const CLIENT_WAITED_NS: i64 = CLIENT_WAIT_NS - CLIENT_WAIT_EARLY_NS;

/// A client that fails the connection has nothing to wait for: so long TCP may stay open, which leaves room for a slow
/// one, and for a lost FIN that is sent again.
pub const FAILS_WITHIN_NS: i64 = NEVER_NS;

/// Who fails the connection for a fault does so within so long of having it at its host, or within a round trip where
/// that is longer: an application that reads at once, and a segment that was lost and sent again (RFC 6298: after 1 s).
/// An end that comes later has another reason, unless its code names the fault and nothing was handled meanwhile, or it
/// comes with the next keep-alive.
pub const REACTS_WITHIN_NS: i64 = 2 * SECOND_NS;

/// An acknowledgement is held back so long at the most (RFC 1122 4.2.3.2): the host may have had the bytes earlier
/// than it says.
pub const DELAYED_ACK_NS: i64 = 500_000_000;

/// A segment recorded so long after what was sent behind it was lost and sent again: the shortest time-out of the hosts in
/// use (Linux; RFC 6298 says 1 s). What is only out of order comes sooner.
pub const SENT_AGAIN_NS: i64 = 200_000_000;

/// Tries to send again without any answer from the peer before it is called silent...
pub const SILENT_TRIES: u32 = 3;

/// ...and how long that must have gone on: retransmissions double their pause (RFC 6298 5.5), so three of them
/// take seconds; copies made by the capture take none.
pub const SILENT_NS: i64 = 3 * SECOND_NS;

/// SYNs that are not answered before the other side is taken for one that does not answer: the first and two more, which
/// hosts send after 1 and 3 s.
pub const SYNS: u32 = 3;

/// How long the recording must go on behind the last of them: an answer may be late.
pub const SYN_ANSWER_NS: i64 = 3 * SECOND_NS;

/// Pings less than this apart are a test or a burst, not a keep-alive.
pub const KEEP_ALIVE_NS: i64 = SECOND_NS;

/// Intervals that differ by no more than a part of so many of their mean are a rhythm.
pub const RHYTHM_PART: i64 = 10;

/// A time-out is met from so much before its value (the last frame passed the capture later than the
/// one who counts)...
pub const TIMEOUT_EARLY_NS: i64 = 300_000_000;

/// ...to so much after it: timers that are checked once a second.
pub const TIMEOUT_LATE_NS: i64 = 1_500_000_000;

/// A new connection this soon did not wait. A random pause of up to five seconds, as 7.2.3 suggests, is as short
/// once in fifty times.
pub const AT_ONCE_NS: i64 = 100_000_000;

/// Pauses below this are compared: longer ones may be the end of a backoff that is truncated.
pub const SHORT_PAUSE_NS: i64 = 5 * SECOND_NS;

/// Pauses in a row that must not have grown. Random ones of a growing backoff seldom shrink so often.
pub const PAUSES: usize = 4;

/// Frames in a row with a pattern in their masking keys before it is called one: fewer are chance.
pub const SAME_KEYS: u64 = 4;

/// Keys that are used in turn, at the most. Two random keys are the same once in four thousand million times: a set of
/// keys that was used twice in the same order is none of chance, however large.
pub const KEYS_IN_TURN: usize = 8;

/// A receive window that is shut for less is back-pressure as it should be: probes begin after a retransmission time-out of
/// at least a second (RFC 9293 3.8.6.1).
pub const WINDOW_SHUT_NS: i64 = 2 * SECOND_NS;

const SECOND_NS: i64 = 1_000_000_000;
