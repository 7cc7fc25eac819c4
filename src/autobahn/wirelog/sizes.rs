//! How long the octets of one direction are where the log does not say.
//!
//! The statistics count the sizes of every row: those of the rows that tell their length taken away, what is left are
//! the sizes of the others. A length is taken from there only where no other one is possible.

use std::collections::BTreeMap;

use crate::model::case::WireRow;

/// Sizes of rows that do not tell theirs.
#[derive(Debug)]
pub(super) struct Sizes {
    /// Rows by size; `None` where the statistics do not go with the rows.
    left: Option<BTreeMap<u64, u64>>,
}

impl Sizes {
    /// What `counts` leaves for the rows of that direction that tell no length.
    pub(super) fn new(counts: &[(u64, u64)], rows: &[WireRow], is_sent: bool) -> Self {
        let left = counts.iter().copied().filter(|(size, count)| *size > 0 && *count > 0);
        let mut sizes = Self { left: (!counts.is_empty()).then(|| left.collect()) };
        for row in rows {
            let data = match row {
                WireRow::RxOctets(data) if !is_sent => data,
                WireRow::TxOctets(data) if is_sent => data,
                // Octets of a log that is switched off are counted and not shown.
                WireRow::Log(false) => {
                    sizes.left = None;
                    break;
                }
                _ => continue,
            };
            if let Some(size) = data.len.filter(|size| *size > 0) {
                sizes.take(size);
            }
        }
        sizes
    }

    /// A row of that size has been found. One that the statistics do not have shows that they are of no use.
    pub(super) fn take(&mut self, size: u64) {
        let Some(left) = &mut self.left else { return };
        match left.get_mut(&size) {
            Some(count) if *count > 1 => *count -= 1,
            Some(_) => drop(left.remove(&size)),
            None => self.left = None,
        }
    }

    /// Whether a row can be of that size.
    pub(super) fn allows(&self, size: u64) -> bool {
        self.left.as_ref().is_none_or(|left| left.contains_key(&size))
    }

    /// The one size of at least so many bytes that is left.
    pub(super) fn only(&self, least: u64) -> Option<u64> {
        let mut fit = self.left.as_ref()?.range(least..);
        let (size, _) = fit.next()?;
        fit.next().is_none().then_some(*size)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::case::LoggedData;

    fn sizes(counts: &[(u64, u64)], lens: &[Option<u64>]) -> Sizes {
        let rows: Vec<_> =
            lens.iter().map(|len| WireRow::RxOctets(LoggedData { len: *len, known: Vec::new() })).collect();
        Sizes::new(counts, &rows, false)
    }

    #[test]
    fn what_known_rows_leave() {
        let of = sizes(&[(8, 1), (100, 2), (900, 1)], &[Some(8), None, Some(900), None]);
        assert_eq!(
            (of.only(64), of.allows(100), of.allows(900), of.allows(8)),
            (Some(100), true, false, false)
        );
        let of = sizes(&[(100, 1), (900, 1)], &[None, None]);
        assert_eq!((of.only(64), of.only(101), of.only(901)), (None, Some(900), None));
    }

    #[test]
    fn statistics_that_do_not_go_with_the_rows_decide_nothing() {
        for of in [sizes(&[], &[None]), sizes(&[(100, 1)], &[Some(7), None])] {
            assert_eq!((of.only(64), of.allows(70)), (None, true));
        }
    }
}
