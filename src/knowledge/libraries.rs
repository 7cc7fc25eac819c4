//! What libraries tell their applications of how a connection ended, a file each: by what one is known in a recording, which
//! version was measured, and its conventions where they are not what RFC 6455 7.1 has everybody expect. [`MOST`] is what holds
//! where the library is not known, or was not measured: what most do, and where software really differs.
//!
//! A new library is a file here and its line in the list. The order is that in which they are looked for.

mod aiohttp_client;
mod aiohttp_server;
mod chromium;
mod chromium_http2;
mod gorilla;
mod heads;
mod hypercorn_http2;
mod java_net_http;
mod most;
mod node;
mod prelude;
mod socket_io;
mod tomcat;
mod tornado;
mod tungstenite;
mod undici;
mod uvicorn;
mod websocket_client;
mod websockets;
mod ws;

pub(crate) use heads::Heads;
pub use most::MOST;

use std::fmt;

use crate::model::{Certainty, CloseCode, Role, Situation};

/// What was measured of a library.
#[derive(Debug)]
#[non_exhaustive]
pub struct LibraryInfo {
    /// Which it is.
    pub id: LibraryId,
    /// Its name.
    pub name: &'static str,
    /// The version that was measured.
    pub version: &'static str,
    /// The side it is of; `None` where it is of either.
    pub side: Option<Role>,
    /// Where it is not what [`MOST`] do; of several that fit, the first.
    pub conventions: &'static [Convention],
    /// How long it waits for the answer to its Close unless told otherwise, in seconds; `None` where it does not give up, or was
    /// not watched for long enough.
    pub patience_s: Option<u32>,
}

/// What an API reports in a situation.
#[derive(Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Convention {
    /// The situations.
    pub at: &'static [Situation],
    /// Only where the code of its own Close is one of these; empty for whichever.
    pub own: &'static [u16],
    /// What it reports.
    pub code: Reported,
    /// `wasClean`, or what amounts to it.
    pub clean: Clean,
    /// How sure that is, however sure the situation.
    pub sure: Certainty,
    /// What else it may be: then it is likely at most.
    pub or: &'static [Other],
    /// None of those is likelier than another.
    pub open: bool,
    /// The same in words that follow the name of the library, or "most libraries"; empty where nothing is worth a word.
    pub says: &'static str,
}

/// Whose API it is, as far as the opening handshake tells.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Whose {
    /// That library's.
    Is(LibraryId),
    /// None that is known.
    Other {
        /// It names the engine of a browser.
        browser: bool,
    },
    /// What it wrote is not in the recording, or a proxy's.
    Unknown,
}

impl Whose {
    /// The library, where it is known.
    #[must_use]
    pub const fn library(self) -> Option<LibraryId> {
        match self {
            Self::Is(library) => Some(library),
            Self::Other { .. } | Self::Unknown => None,
        }
    }
}

/// Which code is reported.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Reported {
    /// That of the peer's Close, 1005 where it is empty; 1006 where none came.
    Peers,
    /// That of its own Close; 1006 where it sent none.
    Own,
    /// 1006.
    Abnormal,
    /// This one.
    Fixed(CloseCode),
    /// Its application hears nothing, or none that could be told.
    Nothing,
}

/// Whether it reports a clean end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Clean {
    /// It does.
    Yes,
    /// It does not.
    No,
    /// If it sent a Close itself.
    IfSent,
    /// It cannot be known.
    Unknown,
}

/// Something else that it may report.
#[derive(Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Other {
    /// What.
    pub code: Reported,
    /// `wasClean`.
    pub clean: Clean,
    /// Where, in words that go on from "where".
    pub when: &'static str,
    /// Who does; empty where any library may. What is known to be another does not.
    pub of: &'static [LibraryId],
}

impl Convention {
    /// Whether it is of that situation, and of a Close with that code.
    #[must_use]
    pub fn holds(&self, situation: Situation, own: Option<CloseCode>) -> bool {
        let is_own = self.own.is_empty() || own.is_some_and(|code| self.own.contains(&code.0));
        is_own && self.at.contains(&situation)
    }
}

impl Convention {
    /// How sure it is, with or without something else that it may be.
    #[must_use]
    pub fn certainty(&self, has_other: bool) -> Certainty {
        match (has_other, self.open) {
            (false, _) => self.sure,
            (true, false) => self.sure.min(Certainty::Likely),
            (true, true) => Certainty::Undetermined,
        }
    }
}

impl Other {
    /// Whether it can be so of that side, by what is known of its library.
    #[must_use]
    pub fn can_be(&self, role: Role, whose: Whose) -> bool {
        let fits = |of: &LibraryId| match whose {
            Whose::Is(known) => known == *of,
            // Those that are named here write who they are. What one browser does another may.
            Whose::Other { browser } => browser && *of == LibraryId::Chromium,
            Whose::Unknown => of.info().side.is_none_or(|side| side == role),
        };
        self.of.is_empty() || self.of.iter().any(fits)
    }
}

impl fmt::Display for LibraryId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.info().name)
    }
}

macro_rules! libraries {
    ($($Name:ident in $file:ident,)*) => {
        /// Identity of a library, in the order in which they are looked for.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum LibraryId {
            $(#[doc = concat!("Of the file `", stringify!($file), ".rs`.")] $Name,)*
        }

        /// Every library, in the order of [`LibraryId`].
        pub const LIBRARIES: &[LibraryInfo] = &[$(LibraryInfo {
            id: LibraryId::$Name,
            name: $file::ROW.name,
            version: $file::ROW.version,
            side: $file::ROW.side,
            conventions: $file::ROW.conventions,
            patience_s: $file::ROW.patience_s,
        },)*];

        /// The library of one side, as far as what it wrote in the opening handshake tells. What a proxy wrote in its place tells
        /// nothing.
        pub(crate) fn recognise(heads: &Heads<'_>) -> Option<LibraryId> {
            let is_named = !heads.agent.is_empty();
            $(if $file::ROW.is_named == is_named && $file::is(heads) {
                return Some(LibraryId::$Name);
            })*
            None
        }

        #[cfg(test)]
        const FILES: &[&str] = &[$(stringify!($file),)*];
    };
}

impl LibraryId {
    /// What was measured of it.
    #[must_use]
    pub const fn info(self) -> &'static LibraryInfo {
        &LIBRARIES[self as usize]
    }
}

libraries! {
    Chromium in chromium,
    ChromiumHttp2 in chromium_http2,
    Websockets in websockets,
    AiohttpClient in aiohttp_client,
    AiohttpServer in aiohttp_server,
    Undici in undici,
    Node in node,
    Gorilla in gorilla,
    JavaNetHttp in java_net_http,
    HypercornHttp2 in hypercorn_http2,
    Uvicorn in uvicorn,
    Tornado in tornado,
    Ws in ws,
    WebsocketClient in websocket_client,
    Tungstenite in tungstenite,
    Tomcat in tomcat,
    SocketIo in socket_io,
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;
    use std::fs;
    use std::path::Path;

    use super::*;

    #[test]
    fn every_file_is_in_the_list() {
        let dir = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/knowledge/libraries");
        let name = |entry: fs::DirEntry| entry.file_name().into_string().expect("UTF-8");
        let there = fs::read_dir(dir).expect("libraries").map(|entry| name(entry.expect("an entry")));
        let shared = ["heads.rs", "most.rs", "prelude.rs"].map(str::to_owned);
        let listed = FILES.iter().map(|file| format!("{file}.rs")).chain(shared);
        assert_eq!(there.collect::<BTreeSet<_>>(), listed.collect::<BTreeSet<_>>());
        for (at, library) in LIBRARIES.iter().enumerate() {
            assert_eq!(library.id as usize, at);
        }
    }

    #[test]
    fn most_do_something_in_every_situation() {
        for situation in Situation::ALL {
            assert!(MOST.iter().any(|row| row.holds(situation, None)), "{}", situation.name());
        }
    }

    /// Words go on from what stands before them, and what is open is so between several.
    #[test]
    fn conventions_are_told_in_words_that_go_on() {
        let all = LIBRARIES.iter().flat_map(|library| library.conventions).chain(MOST);
        for row in all {
            assert!(!row.open || !row.or.is_empty(), "{row:?}");
            for words in row.or.iter().map(|other| other.when).chain([row.says]) {
                let is_part = words == words.trim() && !words.ends_with(['.', ',', ';', ':']);
                assert!(is_part && !words.contains("  "), "{words:?}");
            }
        }
    }
}
