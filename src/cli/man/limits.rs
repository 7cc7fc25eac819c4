//! The limits, in wslog-inspect(1).

use std::fmt;

use wslog::limits::LIMITS;
use wslog::views::limits;

use crate::cli::man::roff;

/// A section: every cap, and why it stands where it does.
pub(super) fn section(out: &mut String) -> fmt::Result {
    roff::section(out, "LIMITS")?;
    roff::paragraph(out, limits::INTRODUCTION)?;
    for limit in LIMITS {
        let assigned = format!("{}={}", limit.name, limit.unit.show(limit.default));
        let counted = limit.weird().map_or_else(String::new, |weird| format!("; {}", weird.name()));
        let body = format!("{} {}", limits::sentences(limit), limit.reason);
        roff::entry(out, &assigned, &format!("{}{counted}", limit.unit.name()), &body)?;
    }
    Ok(())
}
