//! wslog
fn main() {}
