//! Captures and reports of real runs, which lie next to the repository (`../shared/corpus`) or where `WSLOG_CORPUS`
//! names. They are no part of it: where they are absent each test that needs them says so and has nothing to compare.

mod accounts;
mod autobahn;
mod captured_verdicts;
mod captures;
mod conformance;
mod convergence;
mod gates;
mod h2_runs;
mod journeys;
mod reports;
mod slices;
mod suites;
mod tls;
mod tls_runs;
mod vantage;
mod verdicts;

#[path = "../support/support.rs"]
mod support;
