//! A case of the Autobahn Testsuite through the stages of a connection.

use crate::autobahn;
use crate::limits::Limits;
use crate::model::case::CaseReport;
use crate::model::{ConnectionReport, Role, Weirds};
use crate::pipeline::connection::Stages;
use crate::pipeline::recorder::Keep;

/// A case explained as a connection.
#[derive(Debug)]
pub struct CaseAnalysis {
    /// The connection, as the tester logged it. Without handshake and frames where the report has none.
    pub connection: Box<ConnectionReport>,
    /// Where the report contradicts itself, those of its reading included.
    pub inconsistencies: Vec<String>,
}

/// Replays the wire log of a case. There are no times, addresses and packets in it.
#[must_use]
pub fn analyze_case(report: &CaseReport, input: usize, limits: &Limits, keep: Keep) -> CaseAnalysis {
    let mut stages = Stages::new(limits);
    let mut weirds = Weirds::default();
    let mut inconsistencies = report.inconsistencies.clone();
    inconsistencies.extend(autobahn::observe(report, &mut |observation| {
        stages.observe(observation, limits, &mut weirds, &keep);
    }));
    let mut connection = stages.report(input, weirds);
    let (rx, tx) = (&report.statistics.rx_octets, &report.statistics.tx_octets);
    let (client, server) = if report.closing.is_server { (rx, tx) } else { (tx, rx) };
    for (role, octets) in [(Role::Client, client), (Role::Server, server)] {
        let bytes = octets.iter().map(|(size, count)| size.saturating_mul(*count));
        connection.traffic[role].stream_bytes = bytes.fold(0, u64::saturating_add);
    }
    CaseAnalysis { connection, inconsistencies }
}
