//! **Wait time**: the pause that somebody is left to think in. Rowe, "Wait time: slowing down may be a way of speeding up!"
//! (1986): *wait time 1* after a teacher's question, *wait time 2* after a student's answer; both are under a second as a
//! rule, and from three seconds on answers grow longer and more reasoned. The report gives the share of at least
//! [`LONG_S`], with Wilson's bounds.
//!
//! Here the pause is one of at least [`PAUSE_S`] that begins within [`NEAR_S`] of the last word of the question, or of the
//! answer, as voice activity has it: a recogniser's times are too rough to measure pauses with, and good enough to find
//! them. Where there is none, the wait was 0 s. A pause after a question was *filled by the coach* when the coach is who
//! speaks next; so is a wait of 0 s after which the coach speaks on. An answer runs from the question to the coach's next
//! words that are no backchannel; what follows the last word of the session is no wait.
//!
//! How the waits are **distributed** is kept as counts by length ([`LENGTHS`] of them), apart for who spoke next. In which
//! order they came is not.

use serde::{Deserialize, Serialize};

use super::{
    ByRole,
    exchange::{Exchange, Uttered},
    floor::{Floor, samples},
    interval::{Interval, of_counts},
};
use crate::{
    moves::{CoachMove, CoacheeMove},
    session::Role,
    units::{Sample, Span},
};

/// A pause shorter than this is none, in seconds: stop consonants are as long.
pub const PAUSE_S: f64 = 0.2;
/// How far from the last word a pause may begin, in seconds.
pub const NEAR_S: f64 = 0.5;
/// Rowe's threshold, in seconds.
pub const LONG_S: f64 = 3.0;
/// Lengths that waits are counted by: none at all, under a second, then second by second, and from five seconds on. The
/// fifth begins at [`LONG_S`].
pub const LENGTHS: usize = 7;
/// Questions, or answers, under which shares say little.
pub const MIN_WAITS: u32 = 5;

#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Waiting {
    pub after_question: Waits,
    /// Of the waits after questions, the share that the coach ended; `None` without any.
    pub filled_by_coach: Option<f64>,
    pub after_answer: Waits,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Waits {
    pub count: u32,
    /// At least [`LONG_S`]; `None` without any.
    pub long: Option<Interval>,
    /// How many were how long ([`LENGTHS`]), by who spoke next: what was not the coach's counts as the coachee's. All zero in
    /// sessions of before these were kept.
    pub ended_by: ByRole<[u32; LENGTHS]>,
}

/// A wait in samples, and who ended it.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Wait {
    samples: u64,
    by_coach: bool,
}

/// `floor` has the roles the same way round as `exchange`.
pub fn waiting(exchange: &Exchange, floor: &Floor) -> Waiting {
    let anyone = floor.anyone();
    let uttered: Vec<Uttered> = exchange.utterances().collect();
    let (questions, answers) = ends(&uttered);
    let waits = |ends: Vec<Sample>| -> Vec<Wait> {
        ends.into_iter().filter_map(|end| wait(end, &anyone, &floor.by_role.coach)).collect()
    };
    let (after_questions, after_answers) = (waits(questions), waits(answers));
    let filled = after_questions.iter().filter(|wait| wait.by_coach).count();
    Waiting {
        after_question: Waits::of(&after_questions),
        filled_by_coach: (!after_questions.is_empty()).then(|| filled as f64 / after_questions.len() as f64),
        after_answer: Waits::of(&after_answers),
    }
}

impl Waits {
    fn of(waits: &[Wait]) -> Self {
        let count = |count: usize| u32::try_from(count).unwrap_or(u32::MAX);
        let long = waits.iter().filter(|wait| wait.samples >= samples(LONG_S)).count();
        let mut ended_by = ByRole::<[u32; LENGTHS]>::default();
        for wait in waits {
            let by = if wait.by_coach { &mut ended_by.coach } else { &mut ended_by.coachee };
            if let Some(count) = by.get_mut(wait.length()) {
                *count += 1;
            }
        }
        Self { count: count(waits.len()), long: of_counts(count(long), count(waits.len())), ended_by }
    }
}

impl Wait {
    /// Which of [`LENGTHS`].
    fn length(self) -> usize {
        let whole = self.samples / samples(1.0);
        if self.samples == 0 { 0 } else { whole.saturating_add(1).min(LENGTHS as u64 - 1) as usize }
    }
}

/// Where the coach's questions end, and where the answers to them do.
fn ends(uttered: &[Uttered]) -> (Vec<Sample>, Vec<Sample>) {
    let (mut questions, mut answers) = (Vec::new(), Vec::new());
    // Of the answer that is being given: nothing said yet, or until when.
    let mut answer: Option<Option<Sample>> = None;
    for each in uttered {
        match each.role {
            Some(Role::Coach) if each.code.as_coach() == CoachMove::Backchannel => {}
            Some(Role::Coach) => {
                answers.extend(answer.take().flatten());
                if each.code.as_coach() == CoachMove::Question {
                    questions.push(each.span.end());
                    answer = Some(None);
                }
            }
            Some(Role::Coachee) if each.code.as_coachee() != CoacheeMove::Backchannel => {
                answer = answer.map(|_| Some(each.span.end()));
            }
            _ => {}
        }
    }
    (questions, answers)
}

/// The wait after a word that ends at `end`; `None` when nobody speaks afterwards. `anyone` is everybody's speech.
fn wait(end: Sample, anyone: &[Span], coach: &[Span]) -> Option<Wait> {
    let (near, least) = (samples(NEAR_S), samples(PAUSE_S));
    let from = anyone.partition_point(|span| span.end().0.saturating_add(near) < end.0);
    let pauses = anyone.get(from..).unwrap_or_default().windows(2).filter_map(|pair| {
        let [before, after] = pair else { return None };
        Span::new(before.end(), after.start())
    });
    let pause = pauses
        .take_while(|pause| pause.start().0 <= end.0.saturating_add(near))
        .filter(|pause| pause.samples() >= least)
        .min_by_key(|pause| pause.start().0.abs_diff(end.0));
    let speaks = |at: Sample| {
        let next = coach.get(coach.partition_point(|span| span.end() <= at));
        next.is_some_and(|next| next.start() <= at)
    };
    match pause {
        Some(pause) => Some(Wait { samples: pause.samples(), by_coach: speaks(pause.end()) }),
        None => {
            // Somebody speaks on: who, is clear half a second later.
            let later = Sample(end.0.saturating_add(near));
            let next = anyone.get(anyone.partition_point(|span| span.end() <= later))?;
            Some(Wait { samples: 0, by_coach: speaks(later.max(next.start())) })
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::{exchange::told, properties::spans};
    use super::*;

    fn of(words: &str, sound: &str) -> Waiting {
        waiting(&told(words), &Floor::of(&spans(sound)))
    }

    /// Seconds and whether the coach filled it.
    fn single(end: f64, sound: &str) -> Option<(f64, bool)> {
        let floor = Floor::of(&spans(sound));
        let wait = wait(Sample::from_seconds(end), &floor.anyone(), &floor.by_role.coach)?;
        Some((wait.samples as f64 / 16_000.0, wait.by_coach))
    }

    #[test]
    fn the_pause_after_a_word() {
        let table = [
            (2.0, "a 0 2, b 5 8", Some((3.0, false))),
            (2.0, "a 0 2, a 5 8", Some((3.0, true))),
            // The recogniser's time is off by less than half a second.
            (1.6, "a 0 2, b 5 8", Some((3.0, false))),
            (2.4, "a 0 2, b 5 8", Some((3.0, false))),
            // None within reach: the coach speaks on, or the coachee is there at once.
            (2.0, "a 0 4, b 9 12", Some((0.0, true))),
            (2.0, "a 0 2, b 2.1 8", Some((0.0, false))),
            // The nearest of two.
            (2.0, "a 0 1.7, a 2.05 2.1, b 4 5", Some((1.9, false))),
            // Nobody speaks afterwards.
            (2.0, "a 0 2", None),
            (2.0, "", None),
        ];
        for (end, sound, expected) in table {
            assert_eq!(single(end, sound), expected, "{sound} at {end}");
        }
    }

    #[test]
    fn waits_after_questions_and_after_answers() {
        let found = of(
            "a question 0 2, b reasoning 6 8, a backchannel 8.2 8.5, b reasoning 9 10, a question 13.5 15, a question 16 17",
            "a 0 2, b 6 8, a 8.2 8.5, b 9 10, a 13.5 15, a 16 17",
        );
        // 4 s, then 1 s that the coach filled; what follows the last question is no wait.
        assert_eq!((found.after_question.count, found.after_question.long.unwrap().value), (2, 0.5));
        assert_eq!(found.filled_by_coach, Some(0.5));
        // The answer goes on after "mm hm", and the coach left 3.5 s after it.
        assert_eq!((found.after_answer.count, found.after_answer.long.unwrap().value), (1, 1.0));
        assert_eq!(found.after_question.ended_by.coachee, [0, 0, 0, 0, 0, 1, 0]);
        assert_eq!(found.after_question.ended_by.coach, [0, 0, 1, 0, 0, 0, 0]);
        assert_eq!(found.after_answer.ended_by.coach, [0, 0, 0, 0, 1, 0, 0]);
    }

    #[test]
    fn waits_are_counted_by_their_length() {
        let table =
            [(0, 0), (3_200, 1), (15_999, 1), (16_000, 2), (47_999, 3), (48_000, 4), (80_000, 6), (u64::MAX, 6)];
        for (samples, length) in table {
            assert_eq!(Wait { samples, by_coach: false }.length(), length, "{samples}");
        }
        // What is long by its length is long by Rowe's threshold.
        assert_eq!(Wait { samples: samples(LONG_S), by_coach: false }.length(), 4);
        let waits = [Wait { samples: 0, by_coach: true }, Wait { samples: 48_000, by_coach: false }];
        let found = Waits::of(&waits);
        let sum = |counts: [u32; LENGTHS]| counts.iter().sum::<u32>();
        assert_eq!(sum(found.ended_by.coach) + sum(found.ended_by.coachee), found.count);
    }

    #[test]
    fn a_session_of_before_lengths_were_kept_is_read() {
        let stored = r#"{"count": 3, "long": {"value": 0.5, "low": 0.1, "high": 0.9}}"#;
        assert_eq!(serde_json::from_str::<Waits>(stored).unwrap().ended_by, ByRole::default());
    }

    #[test]
    fn no_question_no_share() {
        let found = of("a information 0 2, b initiation 3 5", "a 0 2, b 3 5");
        assert_eq!(found, Waiting::default());
    }
}
