//! A case of the Autobahn Testsuite through the stages of a connection.

use crate::autobahn;
use crate::diagnosis::diagnose;
use crate::engine::recorder::{Common, Keep, Told};
use crate::engine::shards::Terms;
use crate::engine::stages::Stages;
use crate::limits::Limits;
use crate::model::case::CaseReport;
use crate::model::suite::{Suite, SuiteSource};
use crate::model::{CaseRecord, Conversation, Role, Tail, Weirds, Wire};
use crate::tls::Keys;

/// Replays the wire log of a case and judges it again. There are no times, addresses and packets in it, and
/// without a log neither handshake nor frames. Its number and its input are left to the caller.
#[must_use]
pub fn analyze_case(report: CaseReport, limits: &Limits, keep: Keep) -> Box<Conversation> {
    replay(report, &Terms::new(limits, keep, &Keys::new())).0
}

/// The same, with what is told of it while it goes on.
pub(super) fn replay(mut report: CaseReport, terms: &Terms) -> (Box<Conversation>, Vec<Told>) {
    if let Some(version) = terms.suite {
        report.suite = Some(Suite { version, from: SuiteSource::Option });
    }
    let mut stages = Stages::new(&terms.limits, &terms.keep);
    let (mut weirds, mut common) = (Weirds::default(), Common::new(usize::MAX));
    let (mut notes, mut inconsistencies) = (report.notes.clone(), report.inconsistencies.clone());
    let (remarks, odd) = autobahn::observe(&report, &mut |observation| {
        stages.observe(observation, terms, &mut weirds, &mut common);
    });
    notes.extend(remarks);
    inconsistencies.extend(odd);
    if !common.told.is_empty() {
        common.told.insert(0, (None, Told::Opened(Box::new(stages.opening()))));
    }
    let tester = if report.closing.is_server { Role::Server } else { Role::Client };
    let tail = Tail { log_of: Some(tester), cut: report.is_cut, ..Tail::default() };
    let (mut connection, course) = stages.report(weirds, &tail);
    let (rx, tx) = (&report.statistics.rx_octets, &report.statistics.tx_octets);
    let (client, server) = if report.closing.is_server { (rx, tx) } else { (tx, rx) };
    for (role, octets) in [(Role::Client, client), (Role::Server, server)] {
        let bytes = octets.iter().map(|(size, count)| size.saturating_mul(*count));
        connection.traffic[role].stream_bytes = bytes.fold(0, u64::saturating_add);
    }
    connection.tester = report.tester();
    diagnose(&mut connection, &course);
    let account = autobahn::account::explain_case(&report, &connection);
    let recomputed = account.recomputed.clone();
    let record = CaseRecord { report, recomputed, account, notes, inconsistencies };
    connection.case = Some(Wire::new(Box::new(record)));
    (connection, common.told.into_iter().map(|(_, told)| told).collect())
}
