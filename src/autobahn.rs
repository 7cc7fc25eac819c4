//! Reports of the Autobahn Testsuite.

pub mod account;
pub mod cases;
pub mod seen;
pub mod verdict;
