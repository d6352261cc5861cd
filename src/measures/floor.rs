//! Who made a sound when: the speech of each person as the measures take it.
//!
//! A pause under [`BRIDGED_PAUSE_S`] inside one person's speech belongs to it, unless somebody else speaks in it. 0.3 s
//! is the bridge that NIST's diarization evaluations use (RT-09 evaluation plan, 2009: pauses under 0.3 s are not a break
//! in speech).

use super::{ByRole, RoleSpan};
use crate::{
    session::Role,
    units::{SAMPLE_RATE, Sample, Span, union},
};

/// Pauses shorter than this belong to the speech around them, in seconds.
pub const BRIDGED_PAUSE_S: f64 = 0.3;

/// The speech of both people, and of nobody in particular: each sorted and disjoint in itself.
#[derive(Clone, Debug, Default)]
pub struct Floor {
    pub by_role: ByRole<Vec<Span>>,
    /// Speech that could not be attributed.
    pub unknown: Vec<Span>,
}

impl Floor {
    pub fn of(spans: &[RoleSpan]) -> Self {
        let heard = |keep: &dyn Fn(Option<Role>) -> bool| {
            union(spans.iter().filter(|span| keep(span.role)).map(|span| span.span), 0)
        };
        Self {
            by_role: ByRole::each(|role| {
                let others = heard(&|other| other != Some(role));
                bridge(&heard(&|own| own == Some(role)), &others)
            }),
            unknown: heard(&|role| role.is_none()),
        }
    }

    /// The same with the roles the other way round.
    pub fn swapped(&self) -> Self {
        let ByRole { coach, coachee } = self.by_role.clone();
        Self { by_role: ByRole { coach: coachee, coachee: coach }, unknown: self.unknown.clone() }
    }

    /// Everybody's speech as one.
    pub fn anyone(&self) -> Vec<Span> {
        let attributed = self.by_role.coach.iter().chain(&self.by_role.coachee);
        union(attributed.chain(&self.unknown).copied(), 0)
    }
}

/// Closes the short pauses of `own` in which nobody of `others` speaks. Both sorted and disjoint.
fn bridge(own: &[Span], others: &[Span]) -> Vec<Span> {
    let mut bridged: Vec<Span> = Vec::new();
    for &span in own {
        let joined = bridged.last().and_then(|&last| {
            let pause = Span::new(last.end(), span.start())?;
            let short = pause.samples() < samples(BRIDGED_PAUSE_S);
            (short && shared(pause, others) == 0).then(|| Span::new(last.start(), span.end()))?
        });
        match (joined, bridged.last_mut()) {
            (Some(joined), Some(last)) => *last = joined,
            _ => bridged.push(span),
        }
    }
    bridged
}

/// Samples that `span` has in common with `others`, which are sorted and disjoint.
pub fn shared(span: Span, others: &[Span]) -> u64 {
    let first = others.partition_point(|other| other.end() <= span.start());
    let from_there = others.get(first..).unwrap_or_default();
    from_there
        .iter()
        .take_while(|other| other.start() < span.end())
        .filter_map(|&other| span.overlap(other))
        .map(Span::samples)
        .sum()
}

/// Samples of a list of disjoint spans.
pub fn total(spans: &[Span]) -> i128 {
    spans.iter().map(|span| i128::from(span.samples())).sum()
}

/// A duration in samples.
pub fn samples(seconds: f64) -> u64 {
    Sample::from_seconds(seconds).0
}

/// Samples as seconds.
pub fn in_seconds(samples: i128) -> f64 {
    samples as f64 / f64::from(SAMPLE_RATE)
}

#[cfg(test)]
mod tests {
    use super::super::properties::spans;
    use super::*;

    fn times(spans: &[Span]) -> Vec<(f64, f64)> {
        spans.iter().map(|span| (span.start().seconds(), span.end().seconds())).collect()
    }

    #[test]
    fn short_silent_pauses_belong_to_the_speech_around_them() {
        let floor = Floor::of(&spans("a 0 1, a 1.2 2, a 2.3 3"));
        assert_eq!(times(&floor.by_role.coach), [(0.0, 2.0), (2.3, 3.0)]);
    }

    #[test]
    fn a_pause_in_which_somebody_else_speaks_is_kept() {
        for other in ["b 1.05 1.15", "? 1.05 1.15"] {
            let floor = Floor::of(&spans(&format!("a 0 1, {other}, a 1.2 2")));
            assert_eq!(times(&floor.by_role.coach), [(0.0, 1.0), (1.2, 2.0)]);
        }
    }

    #[test]
    fn shared_time_is_counted_across_several_spans() {
        let others: Vec<Span> = spans("a 0 1, a 2 3, a 4 5, a 6 7").iter().map(|span| span.span).collect();
        let span = Span::new(Sample::from_seconds(0.5), Sample::from_seconds(4.25)).unwrap();
        assert_eq!(in_seconds(shared(span, &others).into()), 0.5 + 1.0 + 0.25);
    }
}
