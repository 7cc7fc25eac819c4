//! Phrases for the heads of the opening handshake.

use crate::knowledge::words::{Say, Words, visible};
use crate::model::handshake::facts::Syntax;
use crate::model::{Readable, Text};

/// What a proxy that removes hop-by-hop fields (RFC 9110 7.6.1) leaves.
pub(in crate::knowledge) const STRIPPED: &str =
    "; a proxy that is not configured to pass on the upgrade removes it";

/// `Upgrade: h2c` or `Upgrade absent`.
pub(in crate::knowledge) fn field<S: Readable>(name: &str, value: Option<&Text<S>>) -> String {
    match value {
        Some(value) if value.is_empty() => format!("{name} empty"),
        Some(value) => format!("{name}: {}", visible(value)),
        None => format!("{name} absent"),
    }
}

/// `Host absent`, `Host twice`.
pub(in crate::knowledge) fn times(name: &str, times: u16) -> String {
    match times {
        0 => format!("{name} absent"),
        1 => format!("{name} once"),
        2 => format!("{name} twice"),
        more => format!("{name} {more} times"),
    }
}

/// `without Host`, `with Host twice`: what [`times`] says, in a sentence.
pub(in crate::knowledge) fn having(times: &str) -> String {
    match times.strip_suffix(" absent") {
        Some(name) => format!("without {name}"),
        None => format!("with {times}"),
    }
}

fn syntax(kind: Syntax) -> &'static str {
    match kind {
        Syntax::NoColon => "a field line without a colon",
        Syntax::FieldName => "a field name that is not a token",
        Syntax::BlankBeforeColon => "white space between a field name and its colon",
        Syntax::StartLine => "misplaced white space in the request line",
        Syntax::Control => "a control character in a field value",
        Syntax::Folded => "a field value folded over lines",
        Syntax::BareLf => "a line that ends in LF without CR",
    }
}

/// A head that leaves the grammar of HTTP, in a line.
pub(in crate::knowledge) fn head(say: &Say<'_>, kind: Syntax, line: &str, message: &str) -> Words {
    let what = syntax(kind);
    let line = if line.is_empty() { String::new() } else { format!(": \"{}\"", visible(line)) };
    say.words(
        format!("a valid HTTP {message}"),
        format!("{what}{line}"),
        format!("sent a {message} with {what}{line}"),
    )
}
