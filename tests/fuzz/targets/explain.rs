//! Any text as what `wslog explain` is asked about: topics or an error, and either is harmless.

#![no_main]

use libfuzzer_sys::fuzz_target;
use wslog::views::escape::{is_unsafe, visible};

fuzz_target!(|data: &[u8]| {
    let Ok(what) = std::str::from_utf8(data) else { return };
    match wslog::explain::find(what) {
        Ok(topics) => assert!(!topics.is_empty()),
        Err(error) => assert!(!visible(&error.to_string()).contains(is_unsafe)),
    }
});
