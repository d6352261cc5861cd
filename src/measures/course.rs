//! **The course of a session**: when the coach told, and when they asked. Of an utterance of the coach it is kept, to the
//! second, whether it likelier tells, or likelier leaves the content with the coachee (question, reflection, affirmation,
//! autonomy); of one that likelier does neither, nothing. How likely is not kept: guessed sentences could be tried on it.
//!
//! Kept of the coach alone. What the coachee did, utterance by utterance, is sealed to them; so marks are made only for the
//! roles as they are, not where nobody said who the coach is, and [`Numbers::swapped`](super::Numbers::swapped) drops them:
//! then they are the coachee's.

use serde::{Deserialize, Serialize};

use super::{directiveness::weights, exchange::Exchange};
use crate::session::Role;

/// Lengths of a stretch, in seconds: the shortest is taken with which there are no more than [`STRETCHES_MAX`].
const STRETCHES_S: [u32; 7] = [60, 120, 300, 600, 900, 1800, 3600];
/// More columns than this cannot be read on a phone.
const STRETCHES_MAX: u32 = 12;
/// Fewer say nothing of a course.
const STRETCHES_MIN: usize = 3;

/// Less likely than this, an utterance does neither.
const LIKELY: f64 = 0.5;

/// An utterance of the coach that tells or asks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Mark {
    /// The second of the session in which it begins.
    pub at_s: u32,
    pub does: Does,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Does {
    Telling,
    /// Or reflecting, affirming, leaving the choice.
    Asking,
}

/// A stretch of the session, with its marks counted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Stretch {
    pub from_s: u32,
    /// The last stretch may be longer than the session.
    pub to_s: u32,
    pub telling: u32,
    pub asking: u32,
}

/// The coach's marks in the order of time.
pub fn marks(exchange: &Exchange) -> Vec<Mark> {
    let coach = exchange.utterances().filter(|each| each.role == Some(Role::Coach));
    coach
        .filter_map(|each| {
            let (telling, asking) = weights(each.code);
            let does = if telling > asking { Does::Telling } else { Does::Asking };
            (telling.max(asking) >= LIKELY).then(|| Mark { at_s: each.span.start().seconds() as u32, does })
        })
        .collect()
}

/// The marks counted by stretches of equal length over a session so long; empty where the session is too short for a course.
pub fn stretches(marks: &[Mark], length_s: f64) -> Vec<Stretch> {
    let last = marks.iter().map(|mark| mark.at_s).max().unwrap_or_default();
    let length_s = (length_s.clamp(0.0, f64::from(u32::MAX)).ceil() as u32).max(last.saturating_add(1));
    let each_s = STRETCHES_S.into_iter().find(|each_s| length_s.div_ceil(*each_s) <= STRETCHES_MAX);
    let each_s = each_s.unwrap_or_else(|| length_s.div_ceil(STRETCHES_MAX));
    let mut stretches: Vec<Stretch> = (0..length_s.div_ceil(each_s))
        .map(|at| {
            let from_s = at.saturating_mul(each_s);
            Stretch { from_s, to_s: from_s.saturating_add(each_s), ..Stretch::default() }
        })
        .collect();
    for mark in marks {
        if let Some(stretch) = stretches.get_mut((mark.at_s / each_s) as usize) {
            match mark.does {
                Does::Telling => stretch.telling += 1,
                Does::Asking => stretch.asking += 1,
            }
        }
    }
    if marks.is_empty() || stretches.len() < STRETCHES_MIN { Vec::new() } else { stretches }
}

#[cfg(test)]
mod tests {
    use super::super::exchange::told;
    use super::*;

    const ASKS: Mark = Mark { at_s: 0, does: Does::Asking };

    #[test]
    fn only_the_coachs_telling_and_asking_leave_a_mark_and_to_the_second() {
        let session = "a question 0.9 2, b reasoning 2 4, a backchannel 3 3.5, a advice 61.2 63, a support 70 72";
        let marks = marks(&told(session));
        assert_eq!(marks, [ASKS, Mark { at_s: 61, does: Does::Telling }]);
        assert_eq!(serde_json::to_string(&marks[1]).unwrap(), r#"{"at_s":61,"does":"telling"}"#);
    }

    #[test]
    fn stretches_sum_to_the_whole() {
        let mark = |at_s| Mark { at_s, does: if at_s % 40 == 0 { Does::Telling } else { Does::Asking } };
        let all: Vec<Mark> = (0..1800).step_by(10).map(mark).collect();
        let stretches = stretches(&all, 1800.0);
        assert_eq!((stretches.len(), stretches[5].from_s, stretches[5].to_s), (6, 1500, 1800));
        assert_eq!(stretches.iter().map(|each| each.telling).sum::<u32>(), 45);
        assert_eq!((stretches[0].telling, stretches[0].asking), (8, 22));
    }

    #[test]
    fn as_many_stretches_as_can_be_read() {
        // Seconds -> how many, how long.
        let table = [(150.0, 3, 60), (720.0, 12, 60), (721.0, 7, 120), (3600.0, 12, 300), (10_800.0, 12, 900)];
        for (length_s, count, each_s) in table {
            let found = stretches(&[ASKS], length_s);
            assert_eq!((found.len(), found[0].to_s), (count, each_s), "{length_s}");
        }
        assert_eq!(stretches(&[ASKS], 100.0), []);
        assert_eq!(stretches(&[], 1800.0), []);
        assert!(stretches(&[Mark { at_s: u32::MAX, ..ASKS }], f64::NAN).len() <= 13);
    }
}
