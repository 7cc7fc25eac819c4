//! The elements of `journeys`.

use crate::model::{Difference as Differing, Ender, Journey as Of};
use crate::views::row::{Displayed, List, Nanoseconds, Text, row};

row! {
    /// What several recordings show of one connection, or the hops of a proxied one.
    pub(in crate::views) struct Journey<'a>(journey: &'a Of);

    let clock = journey.clock;

    /// The connections by their `id`, from the client to the server; of one that was recorded at several points each recording.
    legs: List<Text> = journey.legs.iter().map(|leg| Displayed(leg.id)),
    /// What they have to do with one another: `same_connection`, `proxied` or `log_and_wire`.
    kind: Text = journey.kind.name(),
    /// Who ended it: `client`, `server` (the ends of the whole way), `proxy`, `between` (something that is no end of a connection),
    /// `both`; null where that is nobody, or is not known.
    by: Option<Text> = journey.by.map(Ender::name),
    /// How sure that is: `proven`, `likely` or `undetermined`.
    certainty: Text = journey.certainty.name(),
    /// How far the clock of the last leg's recording was ahead of the first one's; null in one recording, or where nothing shows it.
    offset_ns: Option<Nanoseconds> = clock.map(|clock| clock.offset_ns),
    /// It may be so much more or less.
    error_ns: Option<Nanoseconds> = clock.map(|clock| clock.error_ns),
    /// How many nanoseconds more it was ahead after each second; null where that does not show.
    drift_ppb: Option<Nanoseconds> = clock.and_then(|clock| clock.drift_ppb),
    /// What happened, in sentences.
    text: Text = &*journey.text,
    /// Where to look next.
    next: Option<Text> = journey.next.as_deref(),
    /// In what the legs differ.
    differences: List<Difference> = journey.differences.iter().map(Difference),
}

row! {
    /// One thing in which they differ.
    pub(super) struct Difference<'a>(difference: &'a Differing);

    /// Its name.
    what: Text = difference.what,
    /// The legs that it is about.
    legs: List<Text> = difference.legs.iter().map(|id| Displayed(*id)),
    /// A sentence.
    text: Text = &*difference.text,
}
