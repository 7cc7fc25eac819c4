//! Files that the tests write anew.

use std::fs;
use std::path::Path;

/// Writes a file that other tests may be reading: they see the old one or the new one, whole.
pub fn bless(path: &Path, text: &str) {
    let beside = path.with_extension("new");
    fs::write(&beside, text).expect("the folder can be written");
    fs::rename(&beside, path).expect("the file can be replaced");
}
