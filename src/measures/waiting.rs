//! **Wait time**: the pause that somebody is left to think in. Rowe, "Wait time: slowing down may be a way of speeding up!"
//! (1986): *wait time 1* after a teacher's question, *wait time 2* before the teacher's reaction to the answer, the pauses
//! within the answer included; both are under a second as a rule, and from three seconds on answers grow longer and more
//! reasoned. The report gives the share of at least [`LONG_S`], with Wilson's bounds.
//!
//! **After a question** the pause runs from the end of the coach's sound to whoever takes the floor next, as turns have it (see
//! `timing.rs`); a sound in which the coachee says more than "mm hm" takes it however short. So a quick answer is a wait of
//! 0 s that the coachee ended, whatever comes after it. The coach's own "mm hm" neither ends a wait nor fills it. A wait
//! was *filled by the coach* when they are who speaks next; so is one of 0 s where the coach speaks on.
//!
//! **An answer** runs from the coachee's first words after a question to the coach's next words that are no backchannel. Its
//! wait is the longest pause within it or after it, whoever ended that: a coachee who goes on after four seconds was left
//! them. (Rowe adds the pauses up; a long answer would then come to three seconds by drawing breath.) Each question and each
//! answer counts once.
//!
//! The end of a question or an answer is where the speaker's sound ends within [`NEAR_S`] of its last word: a recogniser's times
//! are too rough to measure pauses with, and good enough to find them. A pause under [`PAUSE_S`] is none. Not counted: what
//! follows the last word of the session, words whose end is heard nowhere near, and a pause in which something of the
//! record is missing. Where nobody can say who ended a wait, it counts by its length and to neither of them.
//!
//! How the waits are **distributed** is kept as counts by length ([`LENGTHS`] of them), apart for who spoke next. In which
//! order they came is not.

use serde::{Deserialize, Serialize};

use super::{
    ByRole,
    exchange::{Exchange, Uttered},
    floor::{Floor, samples, shared},
    interval::{Interval, of_counts},
    timing::takes_floor,
    words::BACKCHANNEL_S,
};
use crate::{
    moves::{CoachMove, CoacheeMove},
    session::Role,
    units::{Sample, Span, union},
};

/// A pause shorter than this is none, in seconds: stop consonants are as long.
pub const PAUSE_S: f64 = 0.2;
/// How far from the last word its sound may end, in seconds.
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
    /// Of the waits after questions that are known to have been ended by one of the two, the share that the coach ended;
    /// `None` without any.
    pub filled_by_coach: Option<f64>,
    pub after_answer: Waits,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Waits {
    pub count: u32,
    /// At least [`LONG_S`]; `None` without any.
    pub long: Option<Interval>,
    /// How many were how long ([`LENGTHS`]), by who spoke next. All zero in sessions of before these were kept.
    pub ended_by: ByRole<[u32; LENGTHS]>,
    /// The same of those after which somebody spoke, and nobody can say who.
    pub ended_unclear: [u32; LENGTHS],
}

/// A wait in samples, and who ended it.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Wait {
    samples: u64,
    by: Option<Role>,
}

/// `floor` has the roles the same way round as `exchange`; at `cuts` something of the record is missing.
pub fn waiting(exchange: &Exchange, floor: &Floor, cuts: &[Sample]) -> Waiting {
    let uttered: Vec<Uttered> = exchange.utterances().collect();
    let sounds = Sounds::of(&uttered, floor, cuts);
    let (questions, answers) = asked_and_answered(&uttered);
    let after_questions: Vec<Wait> = questions.into_iter().filter_map(|end| sounds.wait(end, Role::Coach)).collect();
    let after_answers: Vec<Wait> = answers.into_iter().filter_map(|answer| sounds.left(answer)).collect();
    let ended = |by: Role| after_questions.iter().filter(|wait| wait.by == Some(by)).count();
    let (coach, known) = (ended(Role::Coach), ended(Role::Coach) + ended(Role::Coachee));
    Waiting {
        after_question: Waits::of(&after_questions),
        filled_by_coach: (known > 0).then(|| coach as f64 / known as f64),
        after_answer: Waits::of(&after_answers),
    }
}

impl Waits {
    fn of(waits: &[Wait]) -> Self {
        let count = |count: usize| u32::try_from(count).unwrap_or(u32::MAX);
        let long = waits.iter().filter(|wait| wait.samples >= samples(LONG_S)).count();
        let long = of_counts(count(long), count(waits.len()));
        let mut counted = Self { count: count(waits.len()), long, ..Self::default() };
        for wait in waits {
            let by = match wait.by {
                Some(Role::Coach) => &mut counted.ended_by.coach,
                Some(Role::Coachee) => &mut counted.ended_by.coachee,
                None => &mut counted.ended_unclear,
            };
            if let Some(count) = by.get_mut(wait.length()) {
                *count += 1;
            }
        }
        counted
    }
}

impl Wait {
    /// Which of [`LENGTHS`].
    fn length(self) -> usize {
        let whole = self.samples / samples(1.0);
        if self.samples == 0 { 0 } else { whole.saturating_add(1).min(LENGTHS as u64 - 1) as usize }
    }
}

/// Where the coach's questions end, and from where to where the answers to them go.
fn asked_and_answered(uttered: &[Uttered]) -> (Vec<Sample>, Vec<Span>) {
    let (mut questions, mut answers) = (Vec::new(), Vec::new());
    // Of the answer that is being given: nothing said yet, or from when until when.
    let mut answer: Option<Option<Span>> = None;
    for each in uttered.iter().filter(|each| says(each)) {
        match each.role {
            Some(Role::Coach) => {
                answers.extend(answer.take().flatten());
                if each.code.as_coach() == CoachMove::Question {
                    questions.push(each.span.end());
                    answer = Some(None);
                }
            }
            Some(Role::Coachee) => {
                answer = answer.map(|so_far| {
                    let from = so_far.unwrap_or(each.span);
                    Span::new(from.start(), from.end().max(each.span.end()))
                });
            }
            None => {}
        }
    }
    (questions, answers)
}

/// Whether it is more than "mm hm".
fn says(uttered: &Uttered) -> bool {
    match uttered.role {
        Some(Role::Coach) => uttered.code.as_coach() != CoachMove::Backchannel,
        Some(Role::Coachee) => uttered.code.as_coachee() != CoacheeMove::Backchannel,
        None => true,
    }
}

/// What is heard of both, the coach's "mm hm" aside. All sorted and disjoint.
struct Sounds<'a> {
    by_role: ByRole<Vec<Span>>,
    unknown: &'a [Span],
    /// All of them.
    anyone: Vec<Span>,
    /// Where the words say that somebody says more than "mm hm".
    said: ByRole<Vec<Span>>,
    cuts: &'a [Sample],
}

impl<'a> Sounds<'a> {
    fn of(uttered: &[Uttered], floor: &'a Floor, cuts: &'a [Sample]) -> Self {
        let near = samples(NEAR_S);
        let said = ByRole::each(|role| {
            union(uttered.iter().filter(|each| each.role == Some(role) && says(each)).map(|each| each.span), 0)
        });
        let listened = uttered.iter().filter(|each| each.role == Some(Role::Coach) && !says(each)).filter_map(|each| {
            Span::new(Sample(each.span.start().0.saturating_sub(near)), Sample(each.span.end().0.saturating_add(near)))
        });
        let listened = union(listened, 0);
        let listening = |sound: &Span| {
            let short = sound.samples() < samples(BACKCHANNEL_S);
            short && shared(*sound, &listened) > 0 && shared(*sound, &said.coach) == 0
        };
        let coach: Vec<Span> = floor.by_role.coach.iter().copied().filter(|sound| !listening(sound)).collect();
        let coachee = floor.by_role.coachee.clone();
        let anyone = union(coach.iter().chain(&coachee).chain(&floor.unknown).copied(), 0);
        Self { by_role: ByRole { coach, coachee }, unknown: &floor.unknown, anyone, said, cuts }
    }

    /// The wait after words of `speaker` that end at `end`.
    fn wait(&self, end: Sample, speaker: Role) -> Option<Wait> {
        let (near, least) = (samples(NEAR_S), samples(PAUSE_S));
        let own = self.by_role.of(speaker);
        let first = own.partition_point(|sound| sound.end().0.saturating_add(near) < end.0);
        let reach = end.0.saturating_add(near);
        let within = own.get(first..).unwrap_or_default();
        let ends = within.iter().map(|sound| sound.end()).take_while(|at| at.0 <= reach);
        let Some(from) = ends.min_by_key(|at| at.0.abs_diff(end.0)) else {
            let speaks_on = within.first().is_some_and(|sound| sound.contains(end));
            return speaks_on.then_some(Wait { samples: 0, by: Some(speaker) });
        };
        // Unattributed sound that follows without a pause is the end of the same words.
        let mut unknown = self.unknown.iter().skip(self.unknown.partition_point(|sound| sound.end() <= from));
        let rest = unknown.clone().next().filter(|sound| sound.start().0 < from.0.saturating_add(least));
        let from = rest.map(|sound| sound.end()).filter(|at| at.0 <= reach).unwrap_or(from);

        let on = own.get(own.partition_point(|sound| sound.start() < from)).map(|sound| sound.start());
        let other = self.takes_over(speaker.other(), from, on);
        let unclear = unknown.find(|sound| sound.end() > from).map(|sound| sound.start().max(from));
        let next = [(other, Some(speaker.other())), (on, Some(speaker)), (unclear, None)];
        let (next, by) = next.into_iter().filter_map(|(at, by)| Some((at?, by))).min_by_key(|(at, _)| *at)?;
        let pause = Some(next.0.saturating_sub(from.0)).filter(|pause| *pause >= least);
        (!self.is_cut(from, next)).then_some(Wait { samples: pause.unwrap_or(0), by })
    }

    /// When `role` takes the floor after `from`, if that is before the other goes `on`.
    fn takes_over(&self, role: Role, from: Sample, on: Option<Sample>) -> Option<Sample> {
        let (theirs, holder) = (self.by_role.of(role), self.by_role.of(role.other()));
        let after = theirs.iter().skip(theirs.partition_point(|sound| sound.end() <= from));
        let after = after.take_while(|sound| on.is_none_or(|on| sound.start() < on));
        let after = after.filter_map(|sound| Span::new(sound.start().max(from), sound.end()));
        let mut takes = after.filter(|sound| shared(*sound, self.said.of(role)) > 0 || takes_floor(*sound, holder));
        takes.next().map(Span::start)
    }

    /// The longest pause in an answer, or after it.
    fn left(&self, answer: Span) -> Option<Wait> {
        let first = self.anyone.partition_point(|sound| sound.end() <= answer.start());
        let pauses = self.anyone.get(first..).unwrap_or_default().windows(2).filter_map(|pair| {
            let [before, after] = pair else { return None };
            Span::new(before.end(), after.start())
        });
        let within = pauses.take_while(|pause| pause.end() < answer.end());
        let within =
            within.filter(|pause| pause.samples() >= samples(PAUSE_S) && !self.is_cut(pause.start(), pause.end()));
        let within = within.map(|pause| Wait { samples: pause.samples(), by: self.speaks(pause.end()) });
        within.chain(self.wait(answer.end(), Role::Coachee)).max_by_key(|wait| wait.samples)
    }

    fn speaks(&self, at: Sample) -> Option<Role> {
        let at_it = |sounds: &[Span]| {
            sounds.get(sounds.partition_point(|sound| sound.end() <= at)).is_some_and(|sound| sound.start() <= at)
        };
        [Role::Coachee, Role::Coach].into_iter().find(|role| at_it(self.by_role.of(*role)))
    }

    /// Whether something of the record is missing between two moments.
    fn is_cut(&self, from: Sample, to: Sample) -> bool {
        self.cuts.iter().any(|cut| from <= *cut && *cut <= to)
    }
}

#[cfg(test)]
mod tests {
    use super::super::{exchange::told, properties::spans};
    use super::*;

    fn of(words: &str, sound: &str) -> Waiting {
        waiting(&told(words), &Floor::of(&spans(sound)), &[])
    }

    /// Seconds and who ended it, of a question that ends at `end`; nothing else was said in words.
    fn single(end: f64, sound: &str) -> Option<(f64, Option<Role>)> {
        let wait = Sounds::of(&[], &Floor::of(&spans(sound)), &[]).wait(Sample::from_seconds(end), Role::Coach)?;
        Some((wait.samples as f64 / 16_000.0, wait.by))
    }

    #[test]
    fn the_pause_after_a_word() {
        let (coach, coachee) = (Some(Role::Coach), Some(Role::Coachee));
        let table = [
            (2.0, "a 0 2, b 5 8", Some((3.0, coachee))),
            (2.0, "a 0 2, a 5 8", Some((3.0, coach))),
            // The recogniser's time is off by less than half a second.
            (1.6, "a 0 2, b 5 8", Some((3.0, coachee))),
            (2.4, "a 0 2, b 5 8", Some((3.0, coachee))),
            // None within reach: the coach speaks on, or the coachee is there at once.
            (2.0, "a 0 4, b 9 12", Some((0.0, coach))),
            (2.0, "a 0 2, b 2.1 8", Some((0.0, coachee))),
            (2.0, "a 0 2, b 1.8 4", Some((0.0, coachee))),
            // The nearest of two.
            (2.0, "a 0 1.7, a 2.05 2.1, b 4 5", Some((1.9, coachee))),
            // "Mm hm" of the coachee while the coach goes on is no answer.
            (2.0, "a 0 2, b 2.3 2.6, a 3 8", Some((1.0, coach))),
            // Who it was, nobody can say; but what follows the question without a pause is the end of it.
            (2.0, "a 0 2, ? 4 5, b 5.5 9", Some((2.0, None))),
            (2.0, "a 0 1.8, ? 1.8 2.1, b 5 8", Some((2.9, coachee))),
            // Nobody speaks afterwards, or the question is heard nowhere near.
            (2.0, "a 0 2", None),
            (2.0, "", None),
            (2.0, "a 0 1, b 4 5", None),
        ];
        for (end, sound, expected) in table {
            assert_eq!(single(end, sound), expected, "{sound} at {end}");
        }
    }

    /// A coachee who said "yeah" at once and then thought was not there, and the coach read that they answered themself.
    #[test]
    fn a_quick_answer_ends_the_wait() {
        for sound in ["a 0 2, b 2.1 2.4, a 5 8", "a 0 2, b 2.3 2.6, a 3 8"] {
            let found = of("a question! 0 2, b response 2.1 2.5, a information 3.2 8", sound);
            assert_eq!((found.after_question.count, found.filled_by_coach), (1, Some(0.0)), "{sound}");
            assert_eq!(found.after_question.ended_by.coachee.iter().sum::<u32>(), 1, "{sound}");
        }
    }

    /// A coach who said "mm" to leave more time was told that they had ended the wait, and after two seconds.
    #[test]
    fn the_coachs_backchannel_neither_ends_a_wait_nor_fills_it() {
        let found = of(
            "a question 0 2, a backchannel 4 4.3, b reasoning 6 8, a information 9 10",
            "a 0 2, a 4.1 4.5, b 6 8, a 9 10",
        );
        assert_eq!((found.filled_by_coach, found.after_question.ended_by.coachee), (Some(0.0), [0, 0, 0, 0, 0, 1, 0]));
        let none = of("a question 0 2, a backchannel 4 4.3", "a 0 2, a 4.1 4.5");
        assert_eq!(none.after_question.count, 0, "what follows the last word is no wait");
    }

    /// A coachee who went on after four seconds was left them, and only the half second after their last word was counted.
    #[test]
    fn a_pause_within_an_answer_was_left_too() {
        let found = of(
            "a question 0 2, b reasoning 3 6, b reasoning 10 12, a question 12.5 15",
            "a 0 2, b 3 6, b 10 12, a 12.5 15",
        );
        assert_eq!((found.after_answer.count, found.after_answer.long.unwrap().value), (1, 1.0));
        assert_eq!(found.after_answer.ended_by.coachee, [0, 0, 0, 0, 0, 1, 0]);
        // The pause before the answer is none of it.
        let late = of("a question 0 2, b reasoning 6 8, a question 8.5 10", "a 0 2, b 6 8, a 8.5 10");
        assert_eq!(late.after_answer.ended_by.coach, [0, 1, 0, 0, 0, 0, 0]);
    }

    /// What was paused or lost between a question and its answer was counted as a wait, as far as it was recorded.
    #[test]
    fn a_pause_in_which_something_is_missing_is_no_wait() {
        let (said, sound) = (told("a question 0 2, b reasoning 6 8, a structure 9 10"), spans("a 0 2, b 6 8, a 9 10"));
        let count = |cut: f64| {
            let found = waiting(&said, &Floor::of(&sound), &[Sample::from_seconds(cut)]);
            (found.after_question.count, found.after_answer.count)
        };
        assert_eq!((count(4.0), count(8.5), count(7.0)), ((0, 1), (1, 0), (1, 1)));
    }

    /// Speech that could be given to nobody was counted and shown as the coachee's.
    #[test]
    fn what_nobody_can_be_given_ends_a_wait_as_nobodys() {
        let found = of("a question 0 2, b reasoning 7 8", "a 0 2, ? 4 5, b 7 8").after_question;
        assert_eq!((found.count, found.ended_unclear, found.ended_by), (1, [0, 0, 0, 1, 0, 0, 0], ByRole::default()));
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
            assert_eq!(Wait { samples, by: None }.length(), length, "{samples}");
        }
        // What is long by its length is long by Rowe's threshold.
        assert_eq!(Wait { samples: samples(LONG_S), by: None }.length(), 4);
        let waits = [(0, Some(Role::Coach)), (48_000, Some(Role::Coachee)), (9, None)]
            .map(|(samples, by)| Wait { samples, by });
        let found = Waits::of(&waits);
        let sum = |counts: [u32; LENGTHS]| counts.iter().sum::<u32>();
        assert_eq!(sum(found.ended_by.coach) + sum(found.ended_by.coachee) + sum(found.ended_unclear), found.count);
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
