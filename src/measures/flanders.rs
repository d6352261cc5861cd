//! **Flanders' interaction analysis**: a category every three seconds, and the matrix of which followed which.
//!
//! Flanders, *Analyzing Teaching Behavior* (1970), ch. 2 to 4. Categories 1 to 7 are the coach's, 8 and 9 the coachee's, 10 is
//! silence or confusion. The move that an utterance is gives its category: support 1 (accepts feeling), affirmation 2
//! (praises or encourages), reflection and emphasis on autonomy 3 (uses ideas), question 4, information 5 (facts or opinions
//! about content or procedures, so that structure is 5 too), advice and direction 6, confrontation 7 (criticises). "Um hm"
//! is a 2 by Flanders' own list. The coachee's response and backchannels are 8, all else 9.
//!
//! His ground rules kept here: in doubt, the category farthest from 5, though not 10 (rule 1); of two that are as far, such as 4
//! and 6, the one on the side on which the coach has been so far, for nobody is moved to the opposite side without a clear sign
//! (rule 2), and before there is any the indirect one; a 10 before the first and after the last; every change in three seconds
//! would be marked by hand, while here each mark is what fills most of its three seconds. "In doubt" belongs to this matrix
//! only, never to the coding of moves.
//!
//! **I/D** = (1+2+3+4) / (5+6+7), **i/d** = (1+2+3) / (6+7), from the matrix's columns.

use serde::{Deserialize, Serialize};

use super::exchange::{Exchange, Uttered};
use crate::{
    moves::{CoachMove, CoacheeMove, Code},
    session::Role,
    units::{SAMPLE_RATE, Sample, Span},
};

/// Seconds per mark.
pub const MARK_S: u32 = 3;
/// How near the second likeliest move's probability must come to the likeliest's for there to be doubt.
const DOUBT: f32 = 0.1;
const CATEGORIES: usize = 10;
const SILENCE: usize = 10;
/// Marks that are made at most: a day. No session is longer, and no input makes an endless matrix.
const MAX_MARKS: u64 = 24 * 3600 / MARK_S as u64;

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Flanders {
    /// How often the category of the column followed that of the row; categories from 1.
    pub matrix: [[u32; CATEGORIES]; CATEGORIES],
}

impl Flanders {
    /// I/D; `None` when the coach never informed, directed or criticised.
    pub fn all(&self) -> Option<f64> {
        self.ratio(1..=4, 5..=7)
    }

    /// The revised i/d, without questions and lecturing; `None` when the coach never directed or criticised.
    pub fn revised(&self) -> Option<f64> {
        self.ratio(1..=3, 6..=7)
    }

    fn ratio(&self, indirect: std::ops::RangeInclusive<usize>, direct: std::ops::RangeInclusive<usize>) -> Option<f64> {
        let column = |category: usize| -> f64 {
            self.matrix.iter().filter_map(|row| row.get(category - 1)).map(|&count| f64::from(count)).sum()
        };
        let (indirect, direct): (f64, f64) = (indirect.map(column).sum(), direct.map(column).sum());
        (direct > 0.0).then(|| indirect / direct)
    }
}

pub fn flanders(exchange: &Exchange, duration_s: f64) -> Flanders {
    let mut flanders = Flanders::default();
    let mut before = SILENCE;
    for category in marks(exchange, duration_s).into_iter().chain([SILENCE]) {
        if let Some(count) = flanders.matrix.get_mut(before - 1).and_then(|row| row.get_mut(category - 1)) {
            *count += 1;
        }
        before = category;
    }
    flanders
}

/// The category of every three seconds.
fn marks(exchange: &Exchange, duration_s: f64) -> Vec<usize> {
    let length = u64::from(MARK_S * SAMPLE_RATE);
    let count = Sample::from_seconds(duration_s).0.div_ceil(length).min(MAX_MARKS);
    let uttered: Vec<Uttered> = exchange.utterances().collect();
    let longest = uttered.iter().map(|each| each.span.samples()).max().unwrap_or(0);
    // The latest of the coach's.
    let mut so_far = None;
    let mut mark = |index: u64| {
        let start = Sample(index * length);
        let Some(window) = Span::new(start, Sample(start.0 + length)) else { return SILENCE };
        // Sorted by start, so that whatever reaches in begins no earlier than the longest is long.
        let from = uttered.partition_point(|each| each.span.start().0 < start.0.saturating_sub(longest));
        let near = uttered.get(from..).unwrap_or_default().iter().take_while(|each| each.span.start() < window.end());
        let mut filled = [0u64; CATEGORIES];
        let mut spoken = 0;
        for each in near {
            let samples = each.span.overlap(window).map_or(0, Span::samples);
            spoken += samples;
            if let Some(sum) = filled.get_mut(category(each, so_far) - 1) {
                *sum += samples;
            }
        }
        if let Some(silent) = filled.last_mut() {
            *silent += length.saturating_sub(spoken);
        }
        let most = filled.iter().max().copied().unwrap_or(0);
        let tied = (1..=CATEGORIES).filter(|category| filled.get(category - 1) == Some(&most));
        let marked = tied.max_by_key(|&category| farthest(category, so_far)).unwrap_or(SILENCE);
        so_far = Some(marked).filter(|category| (1..=7).contains(category)).or(so_far);
        marked
    };
    (0..count).map(&mut mark).collect()
}

/// Rules 1 and 2: how far from 5, except that 10 yields to all; then whether it is on the side on which the coach has been.
fn farthest(category: usize, so_far: Option<usize>) -> (usize, bool) {
    let far = if category == SILENCE { 0 } else { 1 + category.abs_diff(5) };
    let direct = |category: usize| category >= 5;
    (far, direct(category) == so_far.is_some_and(direct))
}

fn category(uttered: &Uttered, so_far: Option<usize>) -> usize {
    match uttered.role {
        None => SILENCE,
        Some(Role::Coachee) => match uttered.code.as_coachee() {
            CoacheeMove::Response | CoacheeMove::Backchannel => 8,
            _ => 9,
        },
        Some(Role::Coach) => coach_category(uttered.code, so_far),
    }
}

fn coach_category(code: &Code, so_far: Option<usize>) -> usize {
    let mut likely: [f32; 8] = [0.0; 8];
    for &each in CoachMove::ALL {
        if let Some(sum) = likely.get_mut(of_move(each)) {
            *sum += code.of_coach(each);
        }
    }
    let most = likely.iter().copied().fold(0.0, f32::max);
    let doubted = (1..=7).filter(|&category| likely.get(category).is_some_and(|&share| share > most - DOUBT));
    doubted.max_by_key(|&category| farthest(category, so_far)).unwrap_or(5)
}

fn of_move(coach: CoachMove) -> usize {
    match coach {
        CoachMove::Support => 1,
        CoachMove::Affirmation | CoachMove::Backchannel => 2,
        CoachMove::Reflection | CoachMove::Autonomy => 3,
        CoachMove::Question => 4,
        CoachMove::Information | CoachMove::Structure => 5,
        CoachMove::Advice | CoachMove::Direction => 6,
        CoachMove::Confrontation => 7,
    }
}

#[cfg(test)]
mod tests {
    use super::super::exchange::told;
    use super::*;

    #[test]
    fn a_mark_is_what_fills_most_of_three_seconds() {
        let table = [
            ("a question 0 3, b reasoning 3 9, a information 9 12", 12.0, vec![4, 9, 9, 5]),
            ("a question 0 2, b response 2 3, a advice 4 6", 12.0, vec![4, 6, 10, 10]),
            ("a backchannel 0 2, a confrontation 3 6, a support 6 9", 9.0, vec![2, 7, 1]),
            // Half and half: the one farther from 5, and never silence.
            ("a information 0 1.5, b noticing 1.5 3", 3.0, vec![9]),
            ("a information 0 1.5", 3.0, vec![5]),
        ];
        for (text, duration_s, expected) in table {
            assert_eq!(marks(&told(text), duration_s), expected, "{text}");
        }
    }

    #[test]
    fn the_matrix_begins_and_ends_in_silence_and_gives_the_ratios() {
        let said = told("a question 0 3, b reasoning 3 6, a reflection 6 9, a information 9 12, a direction 12 15");
        let flanders = flanders(&said, 15.0);
        let pairs = [(10, 4), (4, 9), (9, 3), (3, 5), (5, 6), (6, 10)];
        for (before, after) in pairs {
            assert_eq!(flanders.matrix[before - 1][after - 1], 1, "{before} {after}");
        }
        assert_eq!(flanders.matrix.iter().flatten().sum::<u32>(), pairs.len() as u32);
        assert_eq!((flanders.all(), flanders.revised()), (Some(1.0), Some(1.0)));
        assert_eq!((Flanders::default().all(), Flanders::default().revised()), (None, None));
    }

    /// A question that might have been advice was always marked as advice: of two categories as far from 5 the direct one.
    #[test]
    fn in_doubt_at_equal_distance_nobody_is_moved_to_the_other_side() {
        let mut coded =
            super::super::exchange::coded("a question 0 3, a question 3 6, a direction 6 9, a question 9 12");
        let doubtful = Code::between(CoachMove::Question, CoachMove::Advice);
        for at in [1, 3] {
            coded[at].code = doubtful.clone();
        }
        assert_eq!(marks(&Exchange::new(&coded, false), 12.0), [4, 4, 6, 6]);
        assert_eq!(marks(&Exchange::new(&coded[1..2], false), 6.0), [10, 4]);
    }

    #[test]
    fn a_session_of_any_length_ends() {
        assert_eq!(marks(&Exchange::new(&[], false), 1e300).len(), MAX_MARKS as usize);
        assert!(marks(&Exchange::new(&[], false), f64::NAN).is_empty());
    }
}
