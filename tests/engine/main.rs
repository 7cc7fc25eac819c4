//! Captures that the tests make, from their bytes to what is concluded: containers, links, fragments, TCP as it comes,
//! simulated endpoints, and what is made to hurt.

mod builder;
mod captured;
mod causes;
mod compressors;
mod connects;
mod containers;
mod cost;
mod fragments;
mod going_on;
mod hostile;
mod invariance;
mod journeys;
mod mutation;
mod profiles;
mod run;
mod samples;
mod simulation;
mod slices;
mod streams;
mod tcp_as_it_is;
mod wrapping;

#[path = "../support/support.rs"]
mod support;
