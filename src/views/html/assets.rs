//! The style and the script of the page, and the policy that lets them in.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use sha2::{Digest, Sha256};

/// The style.
pub(super) const STYLE: &str = include_str!("page.css");

/// The script: each file is a part of the one function that it is.
pub(super) const SCRIPT: &str = concat!(
    "(() => {\n\"use strict\";\n",
    include_str!("dom.js"),
    include_str!("data.js"),
    include_str!("list.js"),
    include_str!("overview.js"),
    include_str!("matrix.js"),
    include_str!("timeline.js"),
    include_str!("closing.js"),
    include_str!("frames.js"),
    include_str!("connection.js"),
    include_str!("main.js"),
    "})();\n"
);

/// The page may hold them and ask for nothing (Content Security Policy Level 3).
pub(super) fn policy() -> String {
    let [style, script] = [STYLE, SCRIPT].map(|text| STANDARD.encode(Sha256::digest(text)));
    format!(
        "default-src 'none'; style-src 'sha256-{style}'; script-src 'sha256-{script}'; base-uri 'none'; form-action 'none'"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_script_makes_no_markup_of_text_and_ends_where_it_ends() {
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
            assert!(!SCRIPT.contains(text), "{text}");
        }
        assert!(!STYLE.contains("</style") && !STYLE.contains("url(") && !STYLE.contains("@import"));
    }
}
