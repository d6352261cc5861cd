//! The session clock and the quantities measured on it. Integer samples, because float seconds do not compare.

use std::fmt;

use serde::{Deserialize, Serialize};

/// Samples per second of everything after capture.
pub const SAMPLE_RATE: u32 = 16_000;

/// An index at [`SAMPLE_RATE`] since the session's first sample: the one session clock.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Sample(pub u64);

impl Sample {
    /// The sample nearest to `seconds`; 0 for negative values and what is no number, the last that can be for more than that.
    pub fn from_seconds(seconds: f64) -> Self {
        Self((seconds * f64::from(SAMPLE_RATE)).round().max(0.0) as u64)
    }

    pub fn seconds(self) -> f64 {
        self.0 as f64 / f64::from(SAMPLE_RATE)
    }
}

/// A half-open stretch `start..end` of the session clock; never empty, also when it was read back from JSON.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "Ends")]
pub struct Span {
    start: Sample,
    end: Sample,
}

/// A span before anybody has checked it.
#[derive(Deserialize)]
struct Ends {
    start: Sample,
    end: Sample,
}

impl TryFrom<Ends> for Span {
    type Error = &'static str;
    fn try_from(ends: Ends) -> Result<Self, Self::Error> {
        Self::new(ends.start, ends.end).ok_or("a span ends where it starts, or before")
    }
}

impl Span {
    /// `None` unless `start < end`.
    pub fn new(start: Sample, end: Sample) -> Option<Self> {
        (start < end).then_some(Self { start, end })
    }

    pub fn start(self) -> Sample {
        self.start
    }

    pub fn end(self) -> Sample {
        self.end
    }

    /// Samples in the span.
    pub fn samples(self) -> u64 {
        self.end.0 - self.start.0
    }

    pub fn seconds(self) -> f64 {
        self.samples() as f64 / f64::from(SAMPLE_RATE)
    }

    pub fn contains(self, sample: Sample) -> bool {
        self.start <= sample && sample < self.end
    }

    /// What two spans share, if anything.
    pub fn overlap(self, other: Span) -> Option<Span> {
        Span::new(self.start.max(other.start), self.end.min(other.end))
    }

    pub fn midpoint(self) -> Sample {
        Sample(self.start.0 + self.samples() / 2)
    }
}

impl fmt::Debug for Span {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:.3}..{:.3}s", self.start.seconds(), self.end.seconds())
    }
}

/// The union of spans: sorted, and merged where they touch, overlap or lie less than `bridge` samples apart.
pub fn union(spans: impl IntoIterator<Item = Span>, bridge: u64) -> Vec<Span> {
    let mut spans: Vec<Span> = spans.into_iter().collect();
    spans.sort();
    let mut merged: Vec<Span> = Vec::new();
    for span in spans {
        match merged.last_mut() {
            Some(last) if span.start.0 <= last.end.0.saturating_add(bridge) => last.end = last.end.max(span.end),
            _ => merged.push(span),
        }
    }
    merged
}

/// A part of a whole, `0..=1`, never NaN; the share of nothing is `None`.
#[derive(Clone, Copy, Debug, PartialEq, PartialOrd, Serialize)]
pub struct Share(f64);

impl Share {
    /// `part / whole`; `None` for a zero or non-finite whole.
    pub fn of(part: f64, whole: f64) -> Option<Self> {
        let share = part / whole;
        share.is_finite().then(|| Self(share.clamp(0.0, 1.0)))
    }

    pub fn get(self) -> f64 {
        self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn span(start: u64, end: u64) -> Span {
        Span::new(Sample(start), Sample(end)).unwrap()
    }

    #[test]
    fn an_empty_span_cannot_be_made() {
        assert_eq!(Span::new(Sample(3), Sample(3)), None);
        assert_eq!(Span::new(Sample(4), Sample(3)), None);
    }

    #[test]
    fn an_empty_span_cannot_be_read() {
        assert_eq!(serde_json::from_str::<Span>(r#"{"start": 3, "end": 4}"#).unwrap(), span(3, 4));
        assert!(serde_json::from_str::<Span>(r#"{"start": 4, "end": 3}"#).is_err());
    }

    #[test]
    fn union_merges_what_touches_overlaps_or_is_bridged() {
        assert_eq!(union([span(5, 9), span(0, 3), span(3, 4)], 0), [span(0, 4), span(5, 9)]);
        assert_eq!(union([span(0, 4), span(5, 9)], 1), [span(0, 9)]);
    }

    #[test]
    fn the_share_of_nothing_is_none() {
        assert_eq!(Share::of(0.0, 0.0), None);
        assert_eq!(Share::of(1.0, 4.0).unwrap().get(), 0.25);
    }
}
