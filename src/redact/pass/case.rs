//! Cases of the Autobahn Testsuite: what a report quotes.

use crate::model::case::{
    Behavior, BehaviorClose, CaseAccount, CaseEvent, CaseReport, ClosingBehavior, Recomputed,
};
use crate::model::{CaseRecord, Stage, Wire};
use crate::redact::Redaction;
use crate::redact::pass::Pass;

impl<From: Stage, To: Stage> Pass<'_, From, To> {
    /// A report of the Autobahn Testsuite quotes its test data, under whatever redaction; only secrets of the handshake
    /// are none of those.
    pub(super) fn case(&mut self, record: Wire<Box<CaseRecord>, From>) -> Wire<Box<CaseRecord>, To> {
        let mut record = record.take(self.from);
        if self.redaction != Redaction::Nothing || self.names.is_some() {
            self.record(&mut record);
        }
        Wire::write(record, self.to)
    }

    fn record(&mut self, record: &mut CaseRecord) {
        let CaseRecord { report, recomputed, account, notes, inconsistencies } = record;
        self.report(report);
        self.recomputed(recomputed);
        self.account(account);
        notes.iter_mut().chain(inconsistencies).for_each(|text| self.told(text));
    }

    fn report(&mut self, report: &mut CaseReport) {
        let CaseReport {
            form: _,
            suite: _,
            agent,
            id: _,
            index: _,
            started,
            duration_ms: _,
            description,
            expectation,
            behavior,
            behavior_close,
            result,
            result_close,
            expected,
            received,
            expected_close: _,
            closing,
            http_request,
            http_response,
            statistics: _,
            wire_log,
            lacks: _,
            is_cut: _,
            notes,
            inconsistencies,
        } = report;
        // The heads are request and response of the conversation, the rows of the log its frames.
        (*http_request, *http_response, *wire_log) = (None, None, None);
        self.agent(agent);
        for text in [description, expectation] {
            self.told(text);
        }
        for text in [started, result, result_close].into_iter().flatten().chain(notes).chain(inconsistencies)
        {
            self.told(text);
        }
        self.behavior(behavior);
        self.behavior_close(behavior_close);
        for (behavior, events) in expected.iter_mut().flatten() {
            self.behavior(behavior);
            events.iter_mut().for_each(|event| self.event(event));
        }
        received.iter_mut().flatten().for_each(|event| self.event(event));
        self.closing_behavior(closing);
    }

    fn account(&mut self, account: &mut CaseAccount) {
        let CaseAccount {
            id: _,
            agent,
            testee: _,
            about: _,
            // What the suite sends it has from its own tables.
            sends: _,
            sent: _,
            fault: _,
            expected_close: _,
            acts: _,
            shown_in_part: _,
            closing,
            opened: _,
            shortfall: _,
            recorded: (behavior, behavior_close),
            said,
            recomputed,
        } = account;
        self.agent(agent);
        said.iter_mut().flatten().for_each(|text| self.told(text));
        self.closing_behavior(closing);
        self.behavior(behavior);
        self.behavior_close(behavior_close);
        self.recomputed(recomputed);
    }

    fn recomputed(&mut self, recomputed: &mut Recomputed) {
        let Recomputed { behavior, behavior_close, agrees: _, why } = recomputed;
        behavior.iter_mut().for_each(|behavior| self.behavior(behavior));
        behavior_close.iter_mut().for_each(|behavior| self.behavior_close(behavior));
        self.told(why);
    }

    fn closing_behavior(&mut self, closing: &mut ClosingBehavior) {
        let ClosingBehavior {
            is_server: _,
            closed_by_me: _,
            failed_by_me: _,
            dropped_by_me: _,
            was_clean: _,
            was_not_clean_reason,
            was_server_connection_drop_timeout: _,
            was_open_handshake_timeout: _,
            was_close_handshake_timeout: _,
            local_close_code: _,
            local_close_reason,
            remote_close_code: _,
            remote_close_reason,
        } = closing;
        for text in [was_not_clean_reason, local_close_reason, remote_close_reason].into_iter().flatten() {
            self.told(text);
        }
    }

    fn event(&mut self, event: &mut CaseEvent) {
        match event {
            CaseEvent::Message(text, _) => self.told(text),
            CaseEvent::Ping(text) | CaseEvent::Pong(text) | CaseEvent::Timeout(text) => self.told(text),
            CaseEvent::Other(name, rest) => [name, rest].into_iter().for_each(|text| self.told(text)),
        }
    }

    fn behavior(&mut self, behavior: &mut Behavior) {
        match behavior {
            Behavior::Other(word) => self.told(word),
            Behavior::Ok
            | Behavior::Informational
            | Behavior::NonStrict
            | Behavior::Unimplemented
            | Behavior::Failed
            | Behavior::Unknown => {}
        }
    }

    fn behavior_close(&mut self, behavior: &mut BehaviorClose) {
        match behavior {
            BehaviorClose::Other(word) => self.told(word),
            BehaviorClose::Ok
            | BehaviorClose::Informational
            | BehaviorClose::FailedByClient
            | BehaviorClose::WrongCode
            | BehaviorClose::Unclean
            | BehaviorClose::Failed
            | BehaviorClose::Unknown => {}
        }
    }
}
