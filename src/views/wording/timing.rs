//! The words for what rests on times. Where a threshold decides, it is wslog's own, and that is said.

use crate::model::{TIMEOUTS, TimingViolation};
use crate::views::units::{count, duration};
use crate::views::wording::{Wording, say};

/// RFC 6455 names no number of seconds.
const OURS: &str = "the RFC names no time; wslog takes";

/// The words for a violation.
pub(super) fn violation(violation: &TimingViolation) -> Wording {
    match *violation {
        TimingViolation::NoPong { ping, pings, waited_ns } => {
            let more = match pings {
                0 | 1 => String::new(),
                more => format!(" (and {} after it)", count(more - 1, "Ping")),
            };
            let waited = duration(waited_ns);
            say(
                format!("a Pong for the Ping in frame {ping}; {OURS} 10 s for never"),
                format!("none within {waited} of its acknowledgement{more}"),
                format!(
                    "did not answer the Ping in frame {ping}{more}: its host had acknowledged it {waited} before the duty or the recording ended"
                ),
            )
        }
        TimingViolation::PongLate { ping, after_ns } => say(
            format!("a Pong as soon as is practical; {OURS} 5 s for late"),
            format!("Pong {} after its host had acknowledged the Ping", duration(after_ns)),
            format!(
                "answered the Ping in frame {ping} {} after its host had acknowledged it",
                duration(after_ns)
            ),
        ),
        TimingViolation::ReplyLate { close, after_ns, came } => {
            let after = duration(after_ns);
            let (observed, did) = if came {
                ("Close", "answered the Close in frame")
            } else {
                ("no Close", "had not answered the Close in frame")
            };
            say(
                format!("a Close as soon as practical; {OURS} 5 s for late"),
                format!("{observed} {after} after its host had acknowledged the other"),
                format!("{did} {close} {after} after its host had acknowledged it"),
            )
        }
        TimingViolation::NewMessage { close } => say(
            "no new message once a Close has been received",
            format!("a message begun after its host had acknowledged the Close in frame {close}"),
            format!(
                "began a message after its host had acknowledged the Close in frame {close}; its application may not have read that Close yet"
            ),
        ),
        TimingViolation::TcpKeptOpen { for_ns } => say(
            format!(
                "the server ends TCP immediately after both Closes; {OURS} 5 s for late, or 1 s if the client then gave up"
            ),
            format!("TCP kept open for {}", duration(for_ns)),
            format!("kept TCP open for {} after both Close frames", duration(for_ns)),
        ),
        TimingViolation::TcpNeverEnded { for_ns } => say(
            format!("its own end of TCP after both Closes and the other side's FIN; {OURS} 10 s for never"),
            format!("none in {}", duration(for_ns)),
            format!(
                "did not end TCP within {} of the other side's FIN, after both Close frames",
                duration(for_ns)
            ),
        ),
        TimingViolation::Silent { tries, for_ns, ping } => {
            let ping = ping.map_or_else(String::new, |ping| format!(", with the Ping in frame {ping},"));
            let sent = format!("{tries} tries to send again in {}{ping}", duration(for_ns));
            say(
                "an acknowledgement at least",
                format!("none for {}", sent.trim_end_matches(',')),
                format!("went silent: {sent} got no acknowledgement; its host or the way to it may be gone"),
            )
        }
        TimingViolation::Idle { idle_ns, seconds } => {
            let idle = duration(idle_ns);
            say(
                "Pings more often than the shortest idle time-out on the way",
                format!(
                    "{idle} without a frame, then the end of TCP; consistent with a time-out of {seconds} s"
                ),
                format!(
                    "ended TCP after {idle} without a frame, which is consistent with an idle time-out of {seconds} s, of this side or of something on the way; commonly so long: {}",
                    timeouts(seconds)
                ),
            )
        }
    }
}

/// Whose time-outs are so long.
pub fn timeouts(seconds: u32) -> String {
    let named: Vec<_> =
        TIMEOUTS.iter().filter(|known| known.seconds == seconds).map(|known| known.name).collect();
    match named.split_last() {
        Some((last, [])) => (*last).to_owned(),
        Some((last, others)) => format!("{} and {last}", others.join(", ")),
        None => String::new(),
    }
}
