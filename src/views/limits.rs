//! The table of limits.

use crate::limits::{LIMITS, Limit, Reached};
use crate::views::text::Style;

/// How limits are set, and what comes of reaching one.
pub const INTRODUCTION: &str = "--limit NAME=VALUE caps memory or work; repeat it to set several. For bytes, k, M \
    and G mean KiB, MiB and GiB; digits may be grouped with underscores. Reaching a cap is counted in the report, as \
    odd, under the name given here; where there is no name, the text says how it shows.";

/// What is capped, and where no weird counts that it was reached, how else that shows.
#[must_use]
pub fn sentences(limit: &Limit) -> String {
    match limit.reached {
        Reached::Counted(_) => limit.what.to_owned(),
        Reached::Seen(how) => format!("{} {how}", limit.what),
    }
}

/// All of them for people at a terminal: name, default, unit and weird, and below what is capped.
#[must_use]
pub fn text(style: &Style) -> String {
    let mut out = style.wrap(INTRODUCTION, 0);
    out.push('\n');
    let rows = LIMITS.iter().map(|limit| {
        [limit.name, &limit.unit.show(limit.default), limit.unit.name(), counted(limit)]
            .map(str::to_owned)
            .to_vec()
    });
    let table = style.table(&["name", "default", "unit", "counted as"], rows, &[1], &[]);
    let mut lines = table.lines();
    out.extend(lines.next().map(|head| format!("{head}\n")));
    for (line, limit) in lines.zip(LIMITS) {
        out.push_str(&format!("{line}\n{}", style.wrap(&sentences(limit), 6)));
    }
    out
}

fn counted(limit: &Limit) -> &'static str {
    limit.weird().map_or("", |weird| weird.name())
}
