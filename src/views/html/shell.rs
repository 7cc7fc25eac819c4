//! What pages have in common: the head with the policy, the foot with the script, and what both are made of.

use askama::Template;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use sha2::{Digest, Sha256};

use crate::views::escape::visible;

/// The style and the script of a page, and the policy that lets them in.
#[derive(Clone, Copy, Debug)]
pub(in crate::views) struct Shell {
    style: &'static str,
    script: &'static str,
}

/// The parts of a script, each a file, as the one function that it is.
macro_rules! script {
    ($($part:literal),+) => {
        concat!("(() => {\n\"use strict\";\n", $(include_str!($part),)+ "})();\n")
    };
}

/// The page of connections.
pub(super) const CONNECTIONS: Shell = Shell {
    style: concat!(include_str!("base.css"), include_str!("page.css")),
    script: script!(
        "dom.js",
        "keys.js",
        "data.js",
        "list.js",
        "overview.js",
        "matrix.js",
        "timeline.js",
        "closing.js",
        "frames.js",
        "connection.js",
        "main.js"
    ),
};

/// The page of a run, compared or held against a policy.
pub(in crate::views) const RUN: Shell = Shell {
    style: concat!(include_str!("base.css"), include_str!("run.css")),
    script: script!("dom.js", "keys.js", "run.js"),
};

/// Verdicts of the suite as letters, of which a cell of a matrix has two.
pub(in crate::views) const LETTERS: [(&str, &str); 8] = [
    ("OK", "✓"),
    ("NON-STRICT", "~"),
    ("INFORMATIONAL", "i"),
    ("UNIMPLEMENTED", "–"),
    ("FAILED", "✗"),
    ("UNCLEAN", "u"),
    ("WRONG CODE", "c"),
    ("FAILED BY CLIENT", "f"),
];

/// The letter of a verdict: one that is not known has one, too, and there may be none.
pub(in crate::views) fn letter(verdict: Option<&str>) -> &'static str {
    let Some(verdict) = verdict else { return "·" };
    LETTERS.iter().find(|(word, _)| *word == verdict).map_or("?", |(_, letter)| letter)
}

impl Shell {
    /// All before the body, and its beginning. What the page is about gives it its name.
    pub(in crate::views) fn head(self, about: Option<&str>) -> String {
        let title = about.map_or_else(String::new, |about| format!("{} · ", visible(about)));
        Head { title, policy: self.policy(), style: self.style }.to_string()
    }

    /// All behind what the page says; `plain` is what one has of it without a script.
    pub(in crate::views) fn foot(self, plain: &'static str) -> String {
        Foot { version: env!("CARGO_PKG_VERSION"), plain, script: self.script }.to_string()
    }

    /// The page may hold them and ask for nothing (Content Security Policy Level 3).
    fn policy(self) -> String {
        let [style, script] = [self.style, self.script].map(|text| STANDARD.encode(Sha256::digest(text)));
        format!(
            "default-src 'none'; style-src 'sha256-{style}'; script-src 'sha256-{script}'; base-uri 'none'; form-action 'none'"
        )
    }
}

#[derive(Template)]
#[template(path = "head.html", config = "src/views/html/askama.toml")]
struct Head {
    title: String,
    policy: String,
    style: &'static str,
}

#[derive(Template)]
#[template(path = "foot.html", config = "src/views/html/askama.toml")]
struct Foot {
    version: &'static str,
    plain: &'static str,
    script: &'static str,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scripts_make_no_markup_of_text_and_end_where_they_end() {
        for Shell { style, script } in [CONNECTIONS, RUN] {
            for text in [
                "innerHTML",
                "outerHTML",
                "insertAdjacentHTML",
                "document.write",
                "eval(",
                "fetch(",
                "</script",
                "<!--",
            ] {
                assert!(!script.contains(text), "{text}");
            }
            assert!(!style.contains("</style") && !style.contains("url(") && !style.contains("@import"));
        }
    }
}
