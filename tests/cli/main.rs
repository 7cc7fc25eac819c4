//! The binary as people run it: its commands, formats, exit codes, files and pipes.

mod action;
mod anonymize;
mod failing;
mod files;
mod gates;
mod going_on;
mod golden;
mod har;
mod harmless;
mod help;
mod html;
mod journeys;
mod keylog;
mod limits;
mod lines;
mod list;
mod live;
mod memory;
mod readme;
mod rows;
mod runs;
mod schema;
mod secrets;
mod sets;
mod shell;
mod slice;
mod suite;
mod terminal;
mod tickets;
mod verdicts;

#[path = "../support/support.rs"]
mod support;
