//! `wslog man`.

use clap::ValueEnum;
use clap::builder::{PossibleValue, PossibleValuesParser, TypedValueParser};
use wslog::views::schema::{DOCUMENTS, Document};

/// Print a manual page, or a JSON Schema
///
/// To read a page: wslog man wslog-json | man -l -
///
/// Pages: wslog, one for each command (wslog-inspect), wslog-json, wslog-rules, wslog-causes, wslog-capture, wslog-recipes.
#[derive(Debug, clap::Args)]
pub(in crate::cli) struct Manual {
    /// The page
    #[arg(value_enum, default_value_t = Page::Wslog)]
    pub(in crate::cli) page: Page,
    /// Print a JSON Schema (2020-12): inspect, list, frames, ...
    ///
    /// Of the document that a command writes with --format json, or of a row.
    #[arg(long, value_name = "WHAT", value_parser = document(), conflicts_with = "page")]
    pub(in crate::cli) schema: Option<&'static Document>,
}

/// A page of the manual.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(in crate::cli) enum Page {
    /// The commands, one line each
    Wslog,
    /// wslog inspect, and its limits
    WslogInspect,
    /// wslog list
    WslogList,
    /// wslog frames
    WslogFrames,
    /// wslog messages
    WslogMessages,
    /// wslog diff
    WslogDiff,
    /// wslog check
    WslogCheck,
    /// wslog explain
    WslogExplain,
    /// What is written for programs: documents, rows, CSV
    WslogJson,
    /// The rules
    WslogRules,
    /// The causes, and the outcomes
    WslogCauses,
    /// How to make recordings that can be read: where to capture, TLS keys
    WslogCapture,
    /// Common tasks, a command each
    WslogRecipes,
}

impl Page {
    /// Its section of the manual.
    pub(in crate::cli) const fn section(self) -> u8 {
        match self {
            Self::WslogJson => 5,
            Self::WslogRules | Self::WslogCauses | Self::WslogCapture | Self::WslogRecipes => 7,
            _ => 1,
        }
    }
}

/// Documents and rows by name.
fn document() -> impl TypedValueParser<Value = &'static Document> {
    let values = DOCUMENTS.iter().map(|document| PossibleValue::new(document.key()).help(document.what));
    // What is none of them does not get through the first parser.
    PossibleValuesParser::new(values)
        .map(|key| DOCUMENTS.iter().find(|document| document.key() == key).unwrap_or(&DOCUMENTS[0]))
}
