//! Instructions that `wslog inspect` takes: the figures that are recorded, and what is said of new ones.
//!
//! The record is text, a line each, its parts parted by tabs:
//!
//! ```text
//! counted  x86_64 avx2 bmi2  valgrind-3.19.0, rustc 1.95.0
//! reason   198741902         why the figures are those that they are
//! cost     chat              text  187280583  0f3a…
//! ```
//!
//! A reason begins with the sum of the figures that were recorded for it. Figures that are changed without a reason
//! are not the sum of the last one, and no record.

use std::fmt::Write;

/// How the C library copies and fills, which it otherwise chooses by the processor's model: `rep movsb` counts as an
/// instruction a byte, and from which size it is used differs by the size of the caches.
pub const TUNABLES: &str = "glibc.cpu.hwcaps=-ERMS,-FSRM:glibc.cpu.x86_data_cache_size=32768:\
    glibc.cpu.x86_shared_cache_size=1048576:glibc.cpu.x86_non_temporal_threshold=786432";

/// Growth in percent beyond which a figure fails.
pub const ALLOWED: u64 = 3;

/// What one run cost.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Figure {
    /// Profile of the capture.
    pub profile: String,
    /// Format of the output.
    pub format: String,
    /// Instructions.
    pub instructions: u64,
    /// Digest of the capture: of another one, the figures say nothing of each other.
    pub capture: String,
}

/// What figures depend on beside wslog.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Counted {
    /// Architecture and those extensions that code is chosen by when it runs: figures of two machines are not held
    /// against one another.
    pub machine: String,
    /// What counts and what compiles: another version may shift the figures, most often by little.
    pub tools: String,
}

/// Why the figures are those that they are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reason {
    /// Sum of the figures recorded with it.
    pub sum: u64,
    /// In words.
    pub why: String,
}

/// The figures that hold.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Record {
    /// Comment lines at the beginning, as they stand.
    pub head: String,
    /// What they were counted on.
    pub counted: Counted,
    /// Oldest first.
    pub reasons: Vec<Reason>,
    /// In the order of the profiles.
    pub figures: Vec<Figure>,
}

/// What is said of a figure.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// Within what is allowed.
    Holds,
    /// Beyond it.
    Grew,
    /// By more than growth is allowed: to be recorded, or the next growth is not seen.
    Shrank,
    /// Nothing to hold it against.
    NotRecorded,
    /// Recorded of another capture.
    OtherCapture,
    /// Recorded, and not counted now.
    NotCounted,
}

impl Verdict {
    /// Whether the gate stays shut.
    pub fn fails(self) -> bool {
        !matches!(self, Self::Holds | Self::Shrank)
    }

    /// In words.
    pub fn words(self) -> &'static str {
        match self {
            Self::Holds => "",
            Self::Grew => "grew",
            Self::Shrank => "shrank: record it",
            Self::NotRecorded => "not recorded",
            Self::OtherCapture => "the capture is another one: record it",
            Self::NotCounted => "recorded, but not counted",
        }
    }
}

/// A figure beside the one that holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Judged {
    pub profile: String,
    pub format: String,
    pub recorded: Option<u64>,
    pub counted: Option<u64>,
    pub verdict: Verdict,
}

impl Judged {
    /// Growth in percent; `None` where there are no two figures.
    pub fn growth(&self) -> Option<f64> {
        let (recorded, counted) = (self.recorded? as f64, self.counted? as f64);
        Some((counted / recorded - 1.0) * 100.0)
    }
}

impl Record {
    /// Reads a record.
    ///
    /// # Errors
    /// What is no record, or has figures that no reason was given for.
    pub fn parse(text: &str) -> Result<Self, String> {
        let head: String = text.split_inclusive('\n').take_while(|line| line.starts_with('#')).collect();
        let (mut counted, mut reasons, mut figures) = (None, Vec::new(), Vec::<Figure>::new());
        for line in text[head.len()..].lines().filter(|line| !line.is_empty()) {
            let number = |n: &str| n.parse::<u64>().map_err(|error| format!("{line:?}: {error}"));
            match line.split('\t').collect::<Vec<_>>()[..] {
                ["counted", machine, tools] if counted.is_none() => {
                    counted = Some(Counted { machine: machine.into(), tools: tools.into() });
                }
                ["reason", sum, why] if !why.trim().is_empty() => {
                    reasons.push(Reason { sum: number(sum)?, why: why.into() });
                }
                ["cost", profile, format, instructions, capture] => {
                    if figures.iter().any(|known| known.profile == profile && known.format == format) {
                        return Err(format!("{line:?}: the second of its kind"));
                    }
                    let [profile, format, capture] = [profile, format, capture].map(str::to_owned);
                    figures.push(Figure { profile, format, instructions: number(instructions)?, capture });
                }
                _ => return Err(format!("{line:?}: no line of a record")),
            }
        }
        let counted = counted.ok_or("it does not say what was counted on")?;
        let (sum, reason) = (sum(&figures), reasons.last().ok_or("there is no reason")?);
        if reason.sum != sum {
            return Err(format!(
                "the figures were changed without a reason: their sum is {sum}, and not {}, as the last reason says",
                reason.sum
            ));
        }
        Ok(Self { head, counted, reasons, figures })
    }

    /// As it is read.
    pub fn text(&self) -> String {
        let mut text = self.head.clone();
        let _ = writeln!(text, "counted\t{}\t{}", self.counted.machine, self.counted.tools);
        for Reason { sum, why } in &self.reasons {
            let _ = writeln!(text, "reason\t{sum}\t{why}");
        }
        for Figure { profile, format, instructions, capture } in &self.figures {
            let _ = writeln!(text, "cost\t{profile}\t{format}\t{instructions}\t{capture}");
        }
        text
    }

    /// Holds new figures against those recorded, in their order; what only the record has comes last.
    pub fn judge(&self, now: &[Figure]) -> Vec<Judged> {
        let counted = now.iter().map(|figure| {
            let recorded = same(&self.figures, figure);
            let verdict = match recorded {
                None => Verdict::NotRecorded,
                Some(recorded) if recorded.capture != figure.capture => Verdict::OtherCapture,
                Some(recorded) => compare(recorded.instructions, figure.instructions),
            };
            judged(figure, recorded.map(|recorded| recorded.instructions), Some(figure.instructions), verdict)
        });
        let gone = self.figures.iter().filter(|recorded| same(now, recorded).is_none());
        let gone =
            gone.map(|recorded| judged(recorded, Some(recorded.instructions), None, Verdict::NotCounted));
        counted.chain(gone).collect()
    }

    /// The record with new figures, for a reason.
    ///
    /// Growth that is allowed is not recorded: else it would come in with each reason that is given for something
    /// else, a little every time.
    ///
    /// # Errors
    /// If there is no reason, or it does not fit a line.
    pub fn anew(&self, counted: Counted, now: &[Figure], why: &str) -> Result<Self, String> {
        let why = why.trim();
        if why.is_empty() || why.contains(char::is_control) {
            return Err("a reason is a line of text".into());
        }
        let figures: Vec<Figure> = (now.iter())
            .map(|figure| {
                let recorded = same(&self.figures, figure)
                    .filter(|recorded| self.counted == counted && recorded.capture == figure.capture);
                let instructions = match recorded.map(|recorded| recorded.instructions) {
                    Some(recorded) if compare(recorded, figure.instructions) == Verdict::Holds => {
                        recorded.min(figure.instructions)
                    }
                    _ => figure.instructions,
                };
                Figure { instructions, ..figure.clone() }
            })
            .collect();
        let mut reasons = self.reasons.clone();
        reasons.push(Reason { sum: sum(&figures), why: why.into() });
        Ok(Self { head: self.head.clone(), counted, reasons, figures })
    }
}

fn sum(figures: &[Figure]) -> u64 {
    figures.iter().map(|figure| figure.instructions).fold(0, u64::saturating_add)
}

fn same<'a>(figures: &'a [Figure], other: &Figure) -> Option<&'a Figure> {
    figures.iter().find(|figure| (&figure.profile, &figure.format) == (&other.profile, &other.format))
}

fn compare(recorded: u64, counted: u64) -> Verdict {
    let [least, most] =
        [100 - ALLOWED, 100 + ALLOWED].map(|percent| u128::from(recorded) * u128::from(percent));
    match u128::from(counted) * 100 {
        counted if counted > most => Verdict::Grew,
        counted if counted < least => Verdict::Shrank,
        _ => Verdict::Holds,
    }
}

fn judged(figure: &Figure, recorded: Option<u64>, counted: Option<u64>, verdict: Verdict) -> Judged {
    let (profile, format) = (figure.profile.clone(), figure.format.clone());
    Judged { profile, format, recorded, counted, verdict }
}
