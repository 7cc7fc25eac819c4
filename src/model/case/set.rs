//! Sets of cases.

/// More words of 64 bits than cases fill.
const WORDS: usize = 10;

/// A set of cases, each by its place in a list of cases: where the set is stands in which.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct CaseSet([u64; WORDS]);

impl CaseSet {
    pub(crate) fn below(end: usize) -> Self {
        let mut all = Self([u64::MAX; WORDS]);
        all.keep(0, end);
        all
    }

    pub(crate) fn insert(&mut self, number: usize) {
        if let Some(word) = self.0.get_mut(number / 64) {
            *word |= 1 << (number % 64);
        }
    }

    pub(crate) fn contains(&self, number: usize) -> bool {
        self.0.get(number / 64).is_some_and(|word| word >> (number % 64) & 1 == 1)
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.0 == [0; WORDS]
    }

    pub(crate) fn len(&self) -> usize {
        self.0.iter().map(|word| word.count_ones() as usize).sum()
    }

    pub(crate) fn iter(self) -> impl Iterator<Item = usize> {
        self.0.into_iter().enumerate().flat_map(|(at, mut left)| {
            std::iter::from_fn(move || {
                let bit = (left != 0).then_some(left.trailing_zeros() as usize)?;
                left &= left - 1;
                Some(at * 64 + bit)
            })
        })
    }

    pub(crate) fn first(&self) -> Option<usize> {
        let (at, word) = self.0.iter().enumerate().find(|(_, word)| **word != 0)?;
        Some(at * 64 + word.trailing_zeros() as usize)
    }

    pub(crate) fn last(&self) -> Option<usize> {
        let (at, word) = self.0.iter().enumerate().rev().find(|(_, word)| **word != 0)?;
        Some(at * 64 + 63 - word.leading_zeros() as usize)
    }

    /// Leaves those from `from` on and before `end`.
    pub(crate) fn keep(&mut self, from: usize, end: usize) {
        for (at, word) in self.0.iter_mut().enumerate() {
            let start = at * 64;
            let below = |end: usize| match end.saturating_sub(start) {
                bits @ ..64 => (1 << bits) - 1,
                _ => u64::MAX,
            };
            *word &= below(end) & !below(from);
        }
    }

    /// Those that are in one or the other.
    pub(crate) fn or(mut self, other: Self) -> Self {
        self.0.iter_mut().zip(other.0).for_each(|(word, other)| *word |= other);
        self
    }

    /// Those that are in both.
    pub(crate) fn and(mut self, other: Self) -> Self {
        self.0.iter_mut().zip(other.0).for_each(|(word, other)| *word &= other);
        self
    }
}

impl FromIterator<usize> for CaseSet {
    fn from_iter<I: IntoIterator<Item = usize>>(numbers: I) -> Self {
        let mut set = Self::default();
        numbers.into_iter().for_each(|number| set.insert(number));
        set
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sets() {
        let set: CaseSet = [0, 5, 63, 64, 130, 639].into_iter().collect();
        assert_eq!(set.iter().collect::<Vec<_>>(), [0, 5, 63, 64, 130, 639]);
        assert_eq!((set.first(), set.last()), (Some(0), Some(639)));
        for (from, end, left) in [
            (0, 640, &[0, 5, 63, 64, 130, 639][..]),
            (0, usize::MAX, &[0, 5, 63, 64, 130, 639]),
            (1, 64, &[5, 63]),
            (63, 65, &[63, 64]),
            (64, 131, &[64, 130]),
            (131, 639, &[]),
            (640, usize::MAX, &[]),
            (usize::MAX, usize::MAX, &[]),
            (9, 9, &[]),
            (9, 3, &[]),
        ] {
            let mut kept = set;
            kept.keep(from, end);
            assert_eq!(kept.iter().collect::<Vec<_>>(), left, "{from}..{end}");
            assert_eq!((kept.first(), kept.last()), (left.first().copied(), left.last().copied()));
            assert_eq!(kept.is_empty(), left.is_empty());
        }
        assert_eq!(set.and(CaseSet::below(64)).iter().collect::<Vec<_>>(), [0, 5, 63]);
        assert_eq!(CaseSet::below(640).iter().count(), 640);
        assert_eq!(
            set.or([5, 6].into_iter().collect()).iter().collect::<Vec<_>>(),
            [0, 5, 6, 63, 64, 130, 639]
        );
        assert_eq!(set.len(), 6);
        assert!(CaseSet::default().is_empty());
    }
}
