//! The opening handshake of a case, as far as its source has it.

use crate::autobahn::notes::Notes;
use crate::autobahn::wirelog::{direction, outline::Outline};
use crate::http::{request_head, response_head, upgrade};
use crate::model::case::{CaseReport, ReportPart, WireRow};
use crate::model::handshake::facts::{Syntax, SyntaxFault};
use crate::model::{AcceptValue, Evidence, Observation, Observed, Role, UpgradeRequest, UpgradeResponse};

/// Octets of a head that are compared with it.
const COMPARED: usize = 12;

/// What came of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Opened {
    /// Frames follow.
    Yes,
    /// The source shows that none do.
    No,
    /// It does not say.
    Unknown,
}

impl Opened {
    pub(super) const fn has_frames(self) -> bool {
        matches!(self, Self::Yes)
    }

    pub(super) const fn is_refused(self) -> bool {
        matches!(self, Self::No)
    }
}

/// Hands on the opening handshake; says whether frames follow it. Of a head that the source lacks, or cuts, nobody is
/// accused.
pub(super) fn hand_on(
    report: &CaseReport,
    rows: &[WireRow],
    tester: Role,
    notes: &mut Notes,
    sink: &mut impl FnMut(Observation<'_>),
) -> Opened {
    let mut heads = Heads { report, rows, tester, notes, sink };
    let has_all = report.has(ReportPart::Handshake);
    let went_on = went_on(report, rows);
    let Some(request) = heads.request() else {
        // The suite keeps what it was sent: without it, nothing was.
        if has_all && !went_on {
            return Opened::No;
        }
        heads.unseen(Role::Client);
        heads.unseen(Role::Server);
        return heads.without_response(went_on);
    };
    let has_response = report.http_response.is_some();
    if !has_all && (!has_response || !report.is_cut) {
        heads.unseen(Role::Client);
    }
    let expected = request.key().map(|key| upgrade::expected_accept(key.as_sent()));
    heads.put(Role::Client, Observed::Request(Box::new(request)));
    if !has_all || !has_response && went_on {
        heads.unseen(Role::Server);
    }
    match heads.response(expected) {
        Some(response) => {
            // Of a head that is cut, the status says whether it switched.
            let (switches, switched) = (response.switches, !has_all && response.status == 101);
            heads.put(Role::Server, Observed::Response(Box::new(response)));
            if switched && !switches {
                heads.put(Role::Server, Observed::Upgraded);
            }
            if switches || switched { Opened::Yes } else { Opened::No }
        }
        None if went_on => heads.without_response(true),
        None if !has_all => Opened::Unknown,
        None => Opened::No,
    }
}

/// Whether anything shows that frames were exchanged.
fn went_on(report: &CaseReport, rows: &[WireRow]) -> bool {
    let (stats, closing) = (&report.statistics, &report.closing);
    let counted = !stats.rx_frames.is_empty() || !stats.tx_frames.is_empty();
    let closed = closing.was_clean || closing.remote_close_code.is_some();
    let logged = rows.iter().any(|row| direction(row).is_some_and(|(_, octets)| !octets));
    counted || closed || logged || report.received.as_ref().is_some_and(|events| !events.is_empty())
}

/// Bytes of the HTTP head that the octets of `role` begin with: none where a suite does not log them.
pub(super) fn bytes_of_head(report: &CaseReport, role: Role, outline: &Outline<'_>) -> u64 {
    let (head, begins) = match role {
        Role::Client => (report.http_request.as_ref(), &b"GET "[..]),
        Role::Server => (report.http_response.as_ref(), &b"HTTP/1."[..]),
    };
    let Some(octets) = outline.first_octets() else { return 0 };
    let is_http = octets.known.starts_with(begins);
    let Some(head) = head.map(|text| with_end(text)) else {
        // One that the report does not quote.
        return if is_http { octets.len.unwrap_or(octets.known.len() as u64) } else { 0 };
    };
    let shown = octets.known.get(..COMPARED).unwrap_or(&octets.known);
    let len = head.len() as u64;
    // One that was made unreadable is as long as it was.
    let is_head = head.starts_with(shown) || is_http || octets.len == Some(len);
    if is_head && !octets.known.is_empty() && !outline.begins_with_frames() { len } else { 0 }
}

struct Heads<'a, 'n, S> {
    report: &'a CaseReport,
    rows: &'a [WireRow],
    tester: Role,
    notes: &'n mut Notes,
    sink: &'n mut S,
}

impl<S: FnMut(Observation<'_>)> Heads<'_, '_, S> {
    fn request(&mut self) -> Option<UpgradeRequest> {
        let bytes = with_end(self.report.http_request.as_ref()?);
        let Ok((head, _)) = request_head(&bytes) else {
            self.notes.add("the client's opening handshake is not an HTTP request");
            return None;
        };
        let mut request = upgrade::request(&head);
        request.facts.syntax = request.facts.syntax.filter(is_of_the_wire);
        Some(request)
    }

    fn response(&mut self, expected: Option<AcceptValue>) -> Option<UpgradeResponse> {
        let bytes = with_end(self.report.http_response.as_ref()?);
        let Ok((head, _)) = response_head(&bytes) else {
            self.notes.add("the answer to the opening handshake is not an HTTP response");
            return None;
        };
        let mut response = upgrade::response(&head, expected, Vec::new());
        response.facts.syntax = response.facts.syntax.filter(is_of_the_wire);
        Some(response)
    }

    /// No response says that the upgrade took place.
    fn without_response(&mut self, went_on: bool) -> Opened {
        if !went_on {
            return Opened::Unknown;
        }
        self.put(Role::Server, Observed::Upgraded);
        Opened::Yes
    }

    fn unseen(&mut self, role: Role) {
        self.put(role, Observed::HandshakeUnseen);
    }

    fn put(&mut self, role: Role, what: Observed<'_>) {
        let row = self.rows.iter().position(|row| direction(row) == Some((role == self.tester, true)));
        let evidence = row.and_then(|row| Some(Evidence::WireLog { row: u32::try_from(row).ok()? }));
        (self.sink)(Observation { from: role, what, evidence });
    }
}

/// A report tells lines, not how they ended.
fn is_of_the_wire(fault: &SyntaxFault) -> bool {
    fault.kind != Syntax::BareLf
}

/// A head with the empty line that ends it.
fn with_end(text: &str) -> Vec<u8> {
    let mut bytes = text.as_bytes().to_vec();
    if !text.contains("\r\n\r\n") && !text.contains("\n\n") {
        bytes.extend(b"\r\n\r\n");
    }
    bytes
}
