//! Builds captures for tests: a scripted conversation, changes that must not matter, and files of every format.
//!
//! A test crate takes it in at its root with `#[path = "../support/support.rs"] mod support;`. Nothing here reads a
//! clock or a random source: the same script gives the same bytes on any machine.
#![allow(
    dead_code,
    unreachable_pub,
    unused_imports,
    reason = "each test crate compiles its own copy and uses a part of it"
)]

pub mod bless;
pub mod browser;
pub mod capture_file;
pub mod conversation;
pub mod corpus;
pub mod cost;
pub mod deflate;
pub mod essence;
pub mod frame;
pub mod gates;
pub mod hostile;
pub mod junit;
pub mod oddities;
pub mod pack;
pub mod page;
pub mod pasted;
pub mod profile;
pub mod rng;
pub mod scene;
pub mod schema;
pub mod script;
pub mod seal;
pub mod simulation;
pub mod streams;
pub mod suite_run;
pub mod times;
pub mod transform;
pub mod upgrade;
pub mod vantage;
pub mod veil;
pub mod world;
pub mod wrap;
pub mod yaml;
