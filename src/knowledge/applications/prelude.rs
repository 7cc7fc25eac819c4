//! What the file of an application is written with.

pub(super) use crate::knowledge::Who;
pub(super) use crate::knowledge::applications::message::{Find, Sign};
pub(super) use crate::knowledge::applications::{Application, ApplicationCode, Ending, Place};

/// A code, whatever its reason.
pub(super) const fn code(code: u16, means: &'static str) -> ApplicationCode {
    ApplicationCode { code, reason: None, means }
}

/// A code with that in its reason.
pub(super) const fn with_reason(code: u16, reason: &'static str, means: &'static str) -> ApplicationCode {
    ApplicationCode { code, reason: Some(reason), means }
}

/// A message that announces an end.
pub(super) const fn ending(
    name: &'static str,
    sign: Sign,
    means: &'static str,
    more: Option<Find>,
) -> Ending {
    Ending { name, sign, means, more }
}

pub(super) const ANYWHERE: Place = Place { host: "", path: "", query: "", field: "" };

/// On hosts whose names end so.
pub(super) const fn host(host: &'static str) -> Place {
    Place { host, ..ANYWHERE }
}

/// On hosts whose names end so, below a path.
pub(super) const fn path_of(host: &'static str, path: &'static str) -> Place {
    Place { host, path, ..ANYWHERE }
}

/// Below a path, with a parameter.
pub(super) const fn query(path: &'static str, query: &'static str) -> Place {
    Place { path, query, ..ANYWHERE }
}

/// With a field.
pub(super) const fn field(field: &'static str) -> Place {
    Place { field, ..ANYWHERE }
}
