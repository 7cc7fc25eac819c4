//! How the clocks of two recordings differ.
//!
//! What is recorded at both is recorded later where it arrives: one way by its delay and the difference, the other way by its delay
//! without it. So each segment bounds the difference from one side, and the quickest of both directions bound it best.

use std::collections::BTreeMap;

use crate::journey::Map;
use crate::journey::footprint::Footprint;
use crate::journey::footprints::Footprints;
use crate::journey::link::{Group, common};
use crate::model::{ClockDifference, Role, Timestamp};

/// Bounds that are kept of two recordings; of more the best of each part of the time.
const MAX_BOUNDS: usize = 1 << 16;

/// Those parts.
const CELLS: i64 = 1 << 10;

/// Parts of the time that both have in common, by which a drift shows.
const WINDOWS: i64 = 16;

/// A drift does not show in less.
const SHORT_NS: i64 = 10_000_000_000;

/// Nor in fewer of those parts.
const FEWEST: usize = 4;

/// Clocks by their recordings, the smaller number first.
#[derive(Debug, Default)]
pub(super) struct Clocks(Map<(usize, usize), Bounds>);

/// Bounds of how far the second clock is ahead of the first.
#[derive(Clone, Debug, Default)]
struct Bounds {
    all: Vec<Bound>,
    /// What they came to when they were settled last.
    fit: Option<Fit>,
}

#[derive(Clone, Copy, Debug)]
struct Bound {
    /// By the first clock.
    at: i64,
    /// No more than this, or else no less.
    is_upper: bool,
    ns: i64,
}

/// How far a clock is ahead of another: so much at `at`, and so much more with time.
#[derive(Clone, Copy, Debug)]
pub(super) struct Fit {
    at: i64,
    offset_ns: f64,
    /// Nanoseconds a nanosecond.
    drift: f64,
    has_drift: bool,
    error_ns: f64,
}

impl Clocks {
    /// Learns from a connection that was recorded at several points.
    pub(super) fn same(&mut self, all: &Footprints, group: &Group) {
        for (n, &a) in group.legs.iter().enumerate() {
            for &b in group.legs.iter().skip(n + 1) {
                if let (Some(a), Some(b)) = (all.get(a), all.get(b)) {
                    self.both(a, b);
                }
            }
        }
    }

    /// Learns from two legs, the one nearer to the client first: from segments that both have.
    fn both(&mut self, near: &Footprint, far: &Footprint) {
        if near.capture == far.capture {
            return;
        }
        for role in Role::BOTH {
            for (here, there) in common(near, far, role) {
                match role {
                    Role::Client => self.passed(near.capture, far.capture, here.at, there.at),
                    Role::Server => self.passed(far.capture, near.capture, there.at, here.at),
                }
            }
        }
    }

    /// Learns from two hops of a handshake, that of the client first.
    pub(super) fn hops(&mut self, front: &Footprint, back: &Footprint) {
        if front.capture == back.capture {
            return;
        }
        if let (Some(left), Some(arrived)) = (front.handshake.client, back.handshake.client) {
            self.passed(front.capture, back.capture, left, arrived);
        }
        if let (Some(left), Some(arrived)) = (back.handshake.server, front.handshake.server) {
            self.passed(back.capture, front.capture, left, arrived);
        }
    }

    /// Something left at one point and arrived at another.
    fn passed(&mut self, from: usize, to: usize, left: Timestamp, arrived: Timestamp) {
        let bounds = self.0.entry((from.min(to), from.max(to))).or_default();
        bounds.all.push(if from < to {
            Bound { at: left.0, is_upper: true, ns: arrived.since(left) }
        } else {
            Bound { at: arrived.0, is_upper: false, ns: left.since(arrived) }
        });
        if bounds.all.len() >= MAX_BOUNDS {
            bounds.thin();
        }
    }

    /// Makes of what was learned what [`between`](Self::between) says.
    pub(super) fn settle(&mut self) {
        self.0.values_mut().for_each(Bounds::settle);
    }

    /// How far the clock of `to` is ahead of that of `from`, by what was settled; `None` where nothing shows it.
    pub(super) fn between(&self, from: usize, to: usize) -> Option<Fit> {
        if from == to {
            return Some(Fit { at: 0, offset_ns: 0.0, drift: 0.0, has_drift: false, error_ns: 0.0 });
        }
        let fit = self.0.get(&(from.min(to), from.max(to)))?.fit?;
        Some(if from < to { fit } else { fit.inverse() })
    }
}

/// The best bounds of one part of the time.
#[derive(Clone, Copy, Debug, Default)]
struct Best {
    upper: Option<Bound>,
    lower: Option<Bound>,
}

/// The same where there are both, and its middle.
#[derive(Clone, Copy, Debug)]
struct Window {
    at: f64,
    upper: f64,
    lower: f64,
}

/// How fast one clock runs from the other.
#[derive(Clone, Copy, Debug)]
struct Drift {
    slope: f64,
    /// So far the windows lie from a straight line.
    scatter_ns: f64,
    /// It stands out from that.
    is_plain: bool,
}

impl Bounds {
    fn settle(&mut self) {
        self.fit = self.fitted();
    }

    /// From the first to the last, by the first clock.
    fn span(&self) -> Option<(i64, i64)> {
        let at = || self.all.iter().map(|bound| bound.at);
        Some((at().min()?, at().max()?))
    }

    /// The best of each of so many parts of the time, each with its number.
    fn best(&self, parts: i64) -> Option<BTreeMap<i64, Best>> {
        let (first, last) = self.span()?;
        let wide = last.saturating_sub(first) / parts + 1;
        let mut best: BTreeMap<i64, Best> = BTreeMap::new();
        for bound in &self.all {
            let best = best.entry(bound.at.saturating_sub(first) / wide).or_default();
            let slot = if bound.is_upper { &mut best.upper } else { &mut best.lower };
            let is_better =
                |known: &Bound| if bound.is_upper { bound.ns < known.ns } else { bound.ns > known.ns };
            if slot.as_ref().is_none_or(is_better) {
                *slot = Some(*bound);
            }
        }
        Some(best)
    }

    fn thin(&mut self) {
        let best = self.best(CELLS).unwrap_or_default();
        self.all = best.into_values().flat_map(|best| best.upper.into_iter().chain(best.lower)).collect();
    }

    fn fitted(&self) -> Option<Fit> {
        let (first, last) = self.span()?;
        let middle = first.saturating_add(last.saturating_sub(first) / 2);
        let drift = self.drift(first, last);
        let slope = drift.filter(|drift| drift.is_plain).map_or(0.0, |drift| drift.slope);
        let at_middle = |bound: &Bound| bound.ns as f64 - slope * bound.at.saturating_sub(middle) as f64;
        let upper = self.all.iter().filter(|b| b.is_upper).map(at_middle).reduce(f64::min)?;
        let lower = self.all.iter().filter(|b| !b.is_upper).map(at_middle).reduce(f64::max)?;
        let scatter = drift.map_or(0.0, |drift| drift.scatter_ns);
        Some(Fit {
            at: middle,
            offset_ns: f64::midpoint(upper, lower),
            drift: slope,
            has_drift: drift.is_some_and(|drift| drift.is_plain),
            error_ns: ((upper - lower) / 2.0).abs() + scatter,
        })
    }

    /// The windows that have bounds of both sides.
    fn windows(&self, first: i64, last: i64) -> Vec<Window> {
        let wide = last.saturating_sub(first) as f64 / WINDOWS as f64;
        let window = |(n, best): (i64, Best)| {
            let (upper, lower) = (best.upper?.ns as f64, best.lower?.ns as f64);
            Some(Window { at: (n as f64 + 0.5) * wide, upper, lower })
        };
        self.best(WINDOWS).unwrap_or_default().into_iter().filter_map(window).collect()
    }

    /// By those windows; `None` where it does not show in so short a time, or so few.
    ///
    /// Where the network gets slower both kinds of bounds move apart, where a clock drifts they move together.
    fn drift(&self, first: i64, last: i64) -> Option<Drift> {
        if last.saturating_sub(first) < SHORT_NS {
            return None;
        }
        let windows = self.windows(first, last);
        if windows.len() < FEWEST {
            return None;
        }
        let of = |ns: &dyn Fn(&Window) -> f64| Line::through(windows.iter().map(|w| (w.at, ns(w))));
        let (upper, lower) = (of(&|w| w.upper)?, of(&|w| w.lower)?);
        let slope = f64::midpoint(upper.slope, lower.slope);
        let level = |line: Line| Line { slope, ..line };
        let (upper, lower) = (level(upper), level(lower));
        let off = |w: &Window| upper.off(w.at, w.upper).max(lower.off(w.at, w.lower));
        let scatter_ns = windows.iter().map(off).fold(0.0, f64::max);
        let (begin, end) = (windows.first()?, windows.last()?);
        Some(Drift { slope, scatter_ns, is_plain: slope.abs() * (end.at - begin.at) > 2.0 * scatter_ns })
    }
}

/// A straight line through a point.
#[derive(Clone, Copy, Debug)]
struct Line {
    at: f64,
    ns: f64,
    slope: f64,
}

impl Line {
    /// By least squares; `None` through fewer than two points.
    fn through(points: impl Iterator<Item = (f64, f64)> + Clone) -> Option<Self> {
        let n = points.clone().count() as f64;
        let sums = points.clone().fold((0.0, 0.0), |(x, y), point| (x + point.0, y + point.1));
        let (at, ns) = (sums.0 / n, sums.1 / n);
        let (up, down) = points
            .fold((0.0, 0.0), |(up, down), (x, y)| (up + (x - at) * (y - ns), down + (x - at) * (x - at)));
        (down > 0.0).then(|| Self { at, ns, slope: up / down })
    }

    /// How far a point lies from it.
    fn off(self, at: f64, ns: f64) -> f64 {
        (ns - self.ns - self.slope * (at - self.at)).abs()
    }
}

impl Fit {
    fn inverse(self) -> Self {
        // By the other clock it was then; clocks run so nearly alike that the rest is nothing.
        Self {
            at: self.at.saturating_add(self.offset_ns as i64),
            offset_ns: -self.offset_ns,
            drift: -self.drift,
            ..self
        }
    }

    /// A time by the second clock, as the first would have it.
    pub(super) fn back(&self, at: Timestamp) -> Timestamp {
        let at_first = at.0.saturating_sub(self.offset_ns as i64);
        Timestamp(at.0.saturating_sub(self.ahead(at_first)))
    }

    /// How far the second is ahead at a time of the first.
    fn ahead(&self, at: i64) -> i64 {
        (self.offset_ns + self.drift * at.saturating_sub(self.at) as f64) as i64
    }

    /// It may be so much more or less.
    pub(super) const fn error_ns(&self) -> i64 {
        self.error_ns as i64
    }

    /// As it was at a time of the first clock.
    pub(super) fn at(&self, at: Option<Timestamp>) -> ClockDifference {
        ClockDifference {
            offset_ns: self.ahead(at.map_or(self.at, |at| at.0)),
            error_ns: self.error_ns(),
            drift_ppb: self.has_drift.then_some((self.drift * 1e9) as i64),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Clocks that differ by `offset` and drift by so many parts in a million, over so many seconds.
    fn check(offset: i64, ppm: f64, seconds: i64) -> Fit {
        let mut clocks = Clocks::default();
        let other = |at: i64| at + offset + (at as f64 * ppm / 1e6) as i64;
        let mut noise: u64 = 1;
        let mut delay = || {
            noise = noise.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            300_000 + (noise >> 44) as i64
        };
        for n in 0..400 {
            let at = n * seconds * 2_500_000;
            clocks.passed(0, 1, Timestamp(at), Timestamp(other(at + delay())));
            clocks.passed(1, 0, Timestamp(other(at)), Timestamp(at + delay()));
        }
        clocks.settle();
        clocks.between(0, 1).expect("bounds")
    }

    #[test]
    fn offsets_and_drifts() {
        for (offset, ppm, seconds) in
            [(0, 0.0, 1), (3_000_000_000, 0.0, 60), (-3_000_000_000, 100.0, 60), (5, -20.0, 3_600)]
        {
            let fit = check(offset, ppm, seconds);
            assert_eq!(fit.has_drift, ppm != 0.0, "{offset} {ppm} {seconds}");
            assert!((fit.drift * 1e6 - ppm).abs() < 3.0, "{} instead of {ppm}", fit.drift * 1e6);
            let at = Timestamp(seconds * 500_000_000);
            let there = Timestamp(at.0 + offset + (at.0 as f64 * ppm / 1e6) as i64);
            let off = fit.back(there).since(at);
            assert!(
                off.abs() <= fit.error_ns() + 1_000 && fit.error_ns() < 900_000,
                "{off} ± {}",
                fit.error_ns()
            );
            assert!(fit.inverse().back(at).since(there).abs() <= fit.error_ns() + 400_000);
        }
    }

    #[test]
    fn one_direction_shows_nothing() {
        let mut clocks = Clocks::default();
        clocks.passed(0, 1, Timestamp(0), Timestamp(5));
        clocks.settle();
        assert!(clocks.between(0, 1).is_none());
    }
}
