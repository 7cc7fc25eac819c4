//! What is known and said: the rules as a table, the duties, the explanations with their examples, the sentences.

mod applications;
mod autobahn_account;
mod causes;
mod duties;
mod explain;
mod reference;
mod sentences;
mod told;
mod wire_logs;
mod words;

#[path = "../support/support.rs"]
mod support;
