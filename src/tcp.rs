//! TCP reassembly: [`Segment`](crate::model::Segment) in, [`StreamEvent`](crate::model::StreamEvent) out
//! (RFC 9293).
//!
//! ```text
//!              FlowTable          which connection: five-tuple, port reuse, linger, cap on flows
//!                  │
//!              Connection         both directions: who acknowledged what, RST, causal order, is it over
//!               │      │
//!             Half    Half        one direction: sequence numbers, where it starts, FIN
//!               │      │
//!         Assembler  Assembler    bytes by position: holes, first copy wins, conflicts; knows no TCP
//! ```
//!
//! Bytes that come in order are lent from the packet to the sink; only those behind a hole are copied. A hole is a
//! gap once the receiver acknowledged it and it still did not turn up, not when the acknowledgement is seen:
//! captures reorder by a few packets, and an ACK may be recorded before the data it acknowledges.

mod assembler;
mod causal_order;
mod connection;
mod context;
mod half;
mod history;
mod legs;
mod moments;
mod notes;
mod table;
mod trail;
mod waiting;

pub use connection::{Connection, Stats};
pub use table::{Flow, FlowTable, LIGHT};

#[cfg(test)]
mod tests;
