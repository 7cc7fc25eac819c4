//! Case files, one by one.

use std::io::Read;
use std::path::{Component, Path};

use wslog::autobahn::{self, ReportKind, brief};
use wslog::error::{Error, Pointer};
use wslog::limits::Limits;
use wslog::model::case::ReportForm;
use wslog::model::run::CaseVerdict;
use wslog::source::file::{Input, Stop};

/// Whether a name of a file leads to no other directory.
pub(super) fn is_plain(name: &str) -> bool {
    let mut parts = Path::new(name).components();
    matches!((parts.next(), parts.next()), (Some(Component::Normal(_)), None))
}

pub(super) fn read_verdict(path: &Path) -> Result<CaseVerdict, Error> {
    let bytes = read(path)?;
    let form = match autobahn::sniff(&bytes) {
        Some(ReportKind::Case(form)) => form,
        _ => ReportForm::Json,
    };
    verdict(form, &bytes, path)
}

/// The verdict of a case; of JSON no more than that is read.
pub(super) fn verdict(form: ReportForm, bytes: &[u8], path: &Path) -> Result<CaseVerdict, Error> {
    if form == ReportForm::Json {
        return brief::read(bytes, path);
    }
    match autobahn::read_case(form, bytes, path, &Limits::DEFAULT) {
        Ok(case) => Ok(CaseVerdict::from(&case)),
        Err(Error::Overview { path, .. }) => {
            let index = Some(path.with_file_name("index.json")).filter(|index| index.is_file());
            Err(Error::Overview { path, index })
        }
        Err(error) => Err(error),
    }
}

pub(super) fn read(path: &Path) -> Result<Vec<u8>, Error> {
    let mut bytes = Vec::new();
    let limits = Limits::DEFAULT;
    let most = limits.max_report_bytes;
    let source = Input::open(path, &limits, &Stop::new())?.source;
    source.take(most.saturating_add(1)).read_to_end(&mut bytes).map_err(|source| Error::Read {
        path: path.to_owned(),
        offset: bytes.len() as u64,
        source,
    })?;
    let detail = match bytes.len() as u64 {
        0 => "it is empty".to_owned(),
        len if len > most => format!("it has more than {most} bytes"),
        _ => match Pointer::of(&bytes) {
            Some(pointer) => return Err(Error::Pointer { path: path.to_owned(), pointer }),
            None => return Ok(bytes),
        },
    };
    Err(Error::BadReport {
        path: path.to_owned(),
        what: "Autobahn report",
        line: None,
        detail,
        advice: "give a case report, the index.json of a run, or its directory",
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_reports_lead_nowhere_else() {
        for (name, plain) in [
            ("a_case_1_1.json", true),
            ("", false),
            (".", false),
            ("..", false),
            ("../a.json", false),
            ("/etc/a.json", false),
            ("b/a.json", false),
        ] {
            assert_eq!(is_plain(name), plain, "{name}");
        }
    }
}
