//! Reports of the Autobahn Testsuite.

pub mod cases;
