//! What an application says of an end, in sentences that follow that of the cause.

use std::fmt::Write;

use crate::knowledge::applications::Find;
use crate::knowledge::words::{shortened, visible};
use crate::model::{Conversation, LastWords, Readable, Role, Starter};

/// What the Close that began the end means there, unless what it was for is told, and what was said before it; empty where
/// nothing is known.
pub(in crate::knowledge) fn told<S: Readable>(conversation: &Conversation<S>, with_code: bool) -> String {
    let Some(spoken) = &conversation.closing.spoken else { return String::new() };
    let title = spoken.application.title;
    let mut out = String::new();
    // An answer repeats the code of the other side.
    let first: &[Role] = match conversation.closing.started_by {
        Some(Starter::One(Role::Client)) => &[Role::Client],
        Some(Starter::One(Role::Server)) => &[Role::Server],
        Some(Starter::Both) => &Role::BOTH,
        None => &[],
    };
    if let Some(code) = first.iter().filter(|_| with_code).find_map(|role| spoken.codes[*role]) {
        let reason = code.reason.map_or_else(String::new, |reason| format!(" with {reason}"));
        let _ = write!(out, " In {title}, Close {}{reason} probably means that {}.", code.code, code.means);
    }
    if let Some(LastWords { by, ending, text, .. }) = &spoken.last_words {
        let _ = write!(
            out,
            " The {}'s last message was {}, which in {title} says that {}",
            by.name(),
            ending.name,
            ending.means
        );
        match text {
            // A code has its name from the standard, not from a peer.
            Some(text) if matches!(ending.more, Some(Find::Code { .. })) => {
                let _ = write!(out, ": {}.", visible(text));
            }
            Some(text) => {
                let _ = write!(out, ": \"{}\".", shortened(&visible(text)));
            }
            None => out.push('.'),
        }
    }
    out
}
