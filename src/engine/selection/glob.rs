//! Patterns with `*`, `?`, `[a-z]` and `{a,b}`.

use std::str::FromStr;

use thiserror::Error;

/// A pattern for the whole of a text, in either case: `*` is any number of characters, `?` one, `[a-z]` one of those, `{a,b}`
/// one of several. It is matched in time that grows with the text alone.
#[derive(Clone, Debug)]
pub struct Glob(globset::GlobMatcher);

/// A text that is no [`Glob`].
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("{0}")]
pub struct BadGlob(String);

impl Glob {
    /// Whether all of `text` fits.
    #[must_use]
    pub fn is_match(&self, text: &str) -> bool {
        self.0.is_match(text)
    }
}

impl FromStr for Glob {
    type Err = BadGlob;

    fn from_str(text: &str) -> Result<Self, BadGlob> {
        let mut builder = globset::GlobBuilder::new(text);
        builder.case_insensitive(true).literal_separator(false).backslash_escape(true);
        let glob = builder.build().map_err(|error| BadGlob(error.kind().to_string()))?;
        Ok(Self(glob.compile_matcher()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns() {
        for (pattern, text, fits) in [
            ("/chat", "/chat", true),
            ("/chat", "/chat/1", false),
            ("/chat/*", "/chat/1/2", true),
            ("*.example.com", "API.example.com", true),
            ("*.example.com", "example.com", false),
            ("/v{1,2}/ws", "/v2/ws", true),
            ("/v[12]/ws", "/v3/ws", false),
            ("a?c", "abc", true),
            ("*", "", true),
        ] {
            let glob: Glob = pattern.parse().expect(pattern);
            assert_eq!(glob.is_match(text), fits, "{pattern} {text}");
        }
        for bad in ["[", "{a", "a{b,{c"] {
            assert!(bad.parse::<Glob>().is_err(), "{bad}");
        }
    }
}
