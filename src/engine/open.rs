//! What an engine was given: captures, or reports of the Autobahn Testsuite.

use std::io::Read;
use std::path::Path;

use crate::autobahn::{self, ReportKind, SNIFF_BYTES};
use crate::error::{Error, Pointer};
use crate::limits::Limits;
use crate::model::case::{CaseReport, ReportForm};
use crate::model::{Compression, Hex, InputReport, WeirdKind};
use crate::source::file::{self, Input, Stop, Unpacked};
use crate::source::pipe;

/// An input, opened as what its first bytes say.
pub(super) enum Source {
    /// A capture, or what is to be refused as one.
    Capture(Box<Input>),
    /// The report of a case, and what is known of the input.
    Case(Box<CaseReport>, Box<InputReport>),
}

/// Opens `path`; for `-` a pipe that somebody may still be writing to.
pub(super) fn open(path: &Path, limits: &Limits, stop: &Stop) -> Result<Source, Error> {
    let Input { path, mut source } = if path == Path::new("-") {
        let stop = &stop.for_source();
        Input::of(path, Box::new(pipe::stdin(stop)), limits, stop)
    } else {
        Input::open(path, limits, stop)?
    };
    let fail = |offset, source| Error::Read { path: path.clone(), offset, source };
    // A pipe that says no more for now is not waited for.
    if file::is_capture(&mut source).map_err(|e| fail(0, e))? {
        return Ok(Source::Capture(Box::new(Input { path, source })));
    }
    let start = source.peek(SNIFF_BYTES).map_err(|e| fail(0, e))?;
    if let Some(pointer) = Pointer::of(start) {
        return Err(Error::Pointer { path, pointer });
    }
    let form = match autobahn::sniff(start) {
        Some(ReportKind::Case(form)) => form,
        Some(ReportKind::Index) => return Err(refuse(&path, "an index has verdicts but no traffic")),
        None => return Ok(Source::Capture(Box::new(Input { path, source }))),
    };
    let (mut bytes, most) = (Vec::new(), limits.max_report_bytes);
    source
        .by_ref()
        .take(most.saturating_add(1))
        .read_to_end(&mut bytes)
        .map_err(|e| fail(source.taken(), e))?;
    if bytes.len() as u64 > most {
        return Err(refuse(&path, &format!("it has more than {most} bytes")));
    }
    let case = Box::new(autobahn::read_case(form, &bytes, &path, limits).map_err(with_index)?);
    let mut report = InputReport {
        path: path.display().to_string(),
        kind: match form {
            ReportForm::Json => "autobahn-json",
            ReportForm::Html => "autobahn-html",
            ReportForm::Text => "autobahn-text",
        },
        bytes: bytes.len() as u64,
        websocket_connections: 1,
        ..InputReport::default()
    };
    account(&mut report, &source);
    Ok(Source::Case(case, Box::new(report)))
}

/// Adds to a report what only the input knows: how it was compressed, and why it ended.
pub(super) fn account(report: &mut InputReport, source: &Unpacked) {
    report.compression = source.compression();
    let weirds = source.weirds();
    report.truncated |= weirds.as_slice().iter().any(|weird| weird.kind != WeirdKind::TrailingBytes);
    report.weirds.merge(weirds.clone());
    if source.is_interrupted() {
        report.interrupted = true;
        report.weirds.add(WeirdKind::Interrupted, None, || {
            format!("reading was stopped after {} bytes; what was read is reported", source.taken())
        });
    }
}

/// An error of a reader of what is inside `source`, in words that are true of the file.
pub(super) fn from_inside(error: Error, source: &Unpacked) -> Error {
    let compression = source.compression();
    if compression == Compression::None {
        return error;
    }
    let inside = |path, detail| Error::Inside { path, compression: compression.name(), detail };
    match (error, source.weirds().as_slice().first()) {
        (Error::Empty { path } | Error::UnknownFormat { path, .. }, Some(weird)) => {
            inside(path, format!("nothing readable could be decompressed: {}", weird.detail))
        }
        (Error::Empty { path }, None) => inside(path, "there is nothing inside".to_owned()),
        (Error::UnknownFormat { path, start }, None) => {
            inside(path, format!("its content is neither pcap nor pcapng: it begins with {:#}", Hex(&start)))
        }
        (Error::BadHeader { path, format, detail }, _) => {
            inside(path, format!("its content has an unusable {format} header: {detail}"))
        }
        (Error::Read { path, source: why, .. }, _) => {
            Error::Read { path, offset: source.taken(), source: why }
        }
        (other, _) => other,
    }
}

/// An overview page with the index that lies beside it.
pub(super) fn with_index(error: Error) -> Error {
    let Error::Overview { path, index: None } = error else { return error };
    let index = Some(path.with_file_name("index.json")).filter(|index| file::is_regular(index));
    Error::Overview { path, index }
}

fn refuse(path: &Path, detail: &str) -> Error {
    Error::BadReport {
        path: path.to_owned(),
        what: "Autobahn case",
        line: None,
        detail: detail.to_owned(),
        advice: "give case reports, or their directory; wslog check and wslog diff read an index",
    }
}
