//! Writes the made samples: `cargo run --example make_samples` in the root of the project.
//!
//! `tests/engine/samples.rs` fails where a file is not what this writes.

use std::fs;
use std::path::Path;

mod made;
#[path = "../tests/support/support.rs"]
mod support;

fn main() -> std::io::Result<()> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("samples");
    for (name, bytes) in made::all() {
        fs::write(folder.join(name), &bytes)?;
        println!("{name}  {} bytes", bytes.len());
    }
    Ok(())
}
