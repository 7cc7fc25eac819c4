//! Reports of the Autobahn Testsuite.

pub mod cases;
pub mod seen;
pub mod verdict;
