//! How an endpoint closes: the closing handshake, failing, the end of TCP (RFC 6455 5.5.1, 7).

use super::super::faults::{Fault, Habit, Plant};
use super::super::plan::Reaction;
use super::{ANSWER_WAIT, END_WAIT, Effect, Endpoint, FAILED_WAIT, Item, MS, SentClose, Wake};
use crate::support::conversation::{Client, Server};
use crate::support::frame::Frame;

impl Endpoint {
    pub(super) fn close(
        &mut self,
        frame: Frame,
        code: Option<u16>,
        reason: Option<&'static str>,
        out: &mut Vec<Effect>,
    ) {
        self.pong_was_due();
        // From outside, a Close of its own looks like failing for the fault, with whatever code it has; where failing
        // is only allowed, a code that names no fault does not.
        let names_a_fault = code.is_some_and(|code| (1002..=1011).contains(&code));
        if self.passed_over.take().is_some_and(|fault| fault.is_ordered || names_a_fault) {
            self.plants("should", "CL-FAIL-CODE");
        }
        let (knew, knew_end) = (self.has_close, self.peer_ended);
        let close = SentClose { code, reason, knew, knew_end };
        self.truth.sent = Some(close.clone());
        let item = match self.ways.fault {
            Some(fault) if matches!(fault.plant, Plant::Close(body) if body == frame.payload) => {
                Item::Faulty(fault)
            }
            _ => Item::Close(close),
        };
        self.send(frame, item, out);
        if self.has(Habit::DataAfterClose) {
            self.plants_own();
            let late = if self.mid_message { Frame::continuation("late") } else { Frame::text("late") };
            self.send(late, Item::Data, out);
        }
        match () {
            () if self.truth.failed && self.side == Server && self.ways.hasty => {
                out.push(self.wake_after_thought(Wake::EndTcp));
            }
            () if self.truth.failed => out.push(Effect::Wake(FAILED_WAIT, Wake::EndTcp)),
            () if self.truth.received.is_some() => self.both_closed(out),
            () => out.push(Effect::Wake(ANSWER_WAIT, Wake::EndTcp)),
        }
    }

    pub(super) fn received_close(&mut self, close: SentClose, out: &mut Vec<Effect>) {
        if self.truth.received.is_some() {
            return;
        }
        self.pong_was_due();
        self.truth.received = Some((close, self.now));
        self.excused = self.mid_message;
        match () {
            () if self.truth.sent.is_some() => self.both_closed(out),
            () if self.has(Habit::SilentToClose) => {}
            () if self.has(Habit::EndsInsteadOfAnswer) => out.push(self.wake_after_thought(Wake::EndTcp)),
            () if self.has(Habit::LateAnswer) => out.push(Effect::Wake(7_000 * MS, Wake::Answer)),
            () => out.push(self.wake_after_thought(Wake::Answer)),
        }
    }

    pub(super) fn both_closed(&mut self, out: &mut Vec<Effect>) {
        self.both_at = Some(self.now);
        match self.side {
            Server if self.has(Habit::KeepsTcpOpen) => out.push(Effect::Wake(8_000 * MS, Wake::EndTcp)),
            Client if !self.has(Habit::EndsTcpFirst) => out.push(Effect::Wake(END_WAIT, Wake::EndTcp)),
            _ => out.push(self.wake_after_thought(Wake::EndTcp)),
        }
    }

    /// The other side broke a rule in a frame.
    pub(super) fn faulty(&mut self, fault: &'static Fault, out: &mut Vec<Effect>) {
        let body = match fault.plant {
            Plant::Close(body) => Some(body),
            _ => None,
        };
        if self.truth.sent.is_some() || self.truth.received.is_some() {
            // It is closing anyway: a faulty Close is a Close, of anything else it takes no notice.
            if let Some(body) = body {
                let code = body.first_chunk().map(|code| u16::from_be_bytes(*code));
                let close = SentClose { code, reason: None, knew: false, knew_end: false };
                self.received_close(close, out);
            }
            return;
        }
        if fault.codes.is_empty() {
            return;
        }
        if body.is_none() && self.ways.reaction == Reaction::CarriesOn {
            self.passed_over = Some(fault);
            return;
        }
        self.truth.failed = true;
        let weighs = fault.is_ordered || body.is_none();
        match self.ways.reaction {
            Reaction::Fails => out.push(self.wake_after_thought(Wake::Fail(fault.codes[0]))),
            Reaction::FailsSilently => {
                if !fault.is_of_mask {
                    self.plants("should", "CL-FAIL-SILENT");
                }
                out.push(self.wake_after_thought(Wake::EndTcp));
            }
            Reaction::WrongCode | Reaction::CarriesOn => {
                if weighs {
                    self.plants("should", "CL-FAIL-CODE");
                }
                out.push(self.wake_after_thought(Wake::Fail(1003)));
            }
        }
    }

    /// A Ping was left without an answer for long, and the time for one is over now.
    pub(super) fn pong_was_due(&mut self) {
        let waited = self.unanswered.map(|at| self.now - at);
        if self.has(Habit::NoPong) && waited.is_some_and(|waited| waited >= 11_000 * MS) {
            self.plants_own();
        }
        self.unanswered = None;
    }

    pub(super) fn shows_that_it_carried_on(&mut self) {
        if let Some(fault) = self.passed_over.take() {
            self.plants(if fault.is_ordered { "must" } else { "note" }, "CL-NOT-FAILED");
        }
    }

    pub(super) fn kept_tcp_open(&mut self, at_least: i64) {
        let kept = self.both_at.is_some_and(|at| self.now - at >= at_least);
        if kept && self.has(Habit::KeepsTcpOpen) && self.truth.ended.is_none() {
            self.plants_own();
        }
    }

    pub(super) fn end_tcp(&mut self, out: &mut Vec<Effect>) {
        if self.truth.ended.is_some() {
            return;
        }
        self.pong_was_due();
        self.kept_tcp_open(5_500 * MS);
        if let (Some((_, at)), None, false) = (&self.truth.received, &self.truth.sent, self.truth.failed) {
            // It may finish its message first, and owes nothing where it was left at once.
            match (self.mid_message, self.peer_ended && self.now - at < 1_000 * MS) {
                (false, false) => self.plants("must", "CL-REPLY"),
                (true, _) if !self.peer_ended => self.plants(self.weight_of_leaving(), "CL-TCP-EARLY"),
                _ => {}
            }
        }
        // From outside, ending TCP of its own accord looks like failing for the fault.
        let passed_over = self.passed_over.take().filter(|_| !self.peer_ended);
        self.truth.looks_failed = passed_over.is_some();
        let passed_over = passed_over.filter(|fault| !fault.is_of_mask);
        if passed_over.is_some() {
            self.plants("should", "CL-FAIL-SILENT");
        }
        let both = self.truth.received.is_some() && self.truth.sent.is_some();
        if self.has(Habit::EndsTcpFirst) && both && !self.peer_ended {
            self.plants_own();
        }
        self.truth.ended = Some(self.peer_ended);
        self.truth.left = !self.peer_ended && !self.has_close;
        out.push(Effect::Fin);
    }

    /// A client leaves the end of TCP to the server; a server may go.
    const fn weight_of_leaving(&self) -> &'static str {
        match self.side {
            Client => "should",
            Server => "note",
        }
    }
}
