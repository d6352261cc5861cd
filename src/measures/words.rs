//! Everything that is measured of the words, made once at the end of a session: afterwards the words and the codes are
//! sealed or gone, and these numbers stay. They are made for both assignments of the roles, so that `swap` needs no words.

use serde::{Deserialize, Serialize};

use super::{
    ByRole, RoleSpan,
    counts::{self, MIN_QUESTIONS, Moves, Questions},
    course::{Mark, marks},
    directiveness::{Directiveness, MIN_UTTERANCES, directiveness},
    exchange::{Exchange, Uttered},
    flanders::{Flanders, flanders},
    floor::{Floor, in_seconds, samples, shared},
    ownership::{MIN_STEPS, Ownership, ownership},
    record::Record,
    waiting::{MIN_WAITS, Waiting, Waits, waiting},
};
use crate::{
    moves::{CoachMove, CoacheeMove, Code, Coded},
    session::Role,
    units::{Sample, Span, union},
};

/// A backchannel is shorter than this, in seconds (Yngve 1970; the definition of talk says so).
pub const BACKCHANNEL_S: f64 = 1.0;
/// How soon the other must speak on, in seconds, for a backchannel to be one.
pub const KEPT_FLOOR_S: f64 = 1.0;
/// Under a ratio there are at least so many, expected moves or marks: of fewer, one more or less would change it by half.
pub const MIN_UNDER: f64 = 5.0;

/// The numbers made of words, for one assignment of the roles. No word, and of the coachee nothing about a single utterance.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct WordNumbers {
    pub moves: Moves,
    pub questions: Questions,
    pub directiveness: Directiveness,
    pub ownership: Ownership,
    /// `None` without sound.
    pub flanders: Option<Flanders>,
    /// `None` without sound.
    pub waiting: Option<Waiting>,
    /// Seconds of each person's backchannels: no part of their talk.
    pub backchannels_s: ByRole<f64>,
    /// When the coach told and asked; empty for the roles the other way round.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub marks: Vec<Mark>,
}

impl WordNumbers {
    /// The same without what there is too little to say of: the one place that decides it, for what people read and for a
    /// trend. Counts stay. Scripts get the values all the same, with their caveats.
    #[must_use]
    pub fn conclusive(&self) -> Self {
        let mut said = self.clone();
        let expected = |counts: fn(CoachMove) -> bool| -> f64 {
            let each = CoachMove::ALL.iter().zip(self.moves.coach_expected);
            each.filter(|(which, _)| counts(**which)).map(|(_, expected)| expected).sum()
        };
        let directiveness = &mut said.directiveness;
        if directiveness.utterances < MIN_UTTERANCES {
            *directiveness = Directiveness { utterances: directiveness.utterances, ..Directiveness::default() };
        }
        directiveness.ask_tell = directiveness.ask_tell.filter(|_| expected(CoachMove::is_telling) >= MIN_UNDER);
        let asked = expected(|which| which == CoachMove::Question);
        directiveness.reflections_to_questions = directiveness.reflections_to_questions.filter(|_| asked >= MIN_UNDER);
        if said.questions.open + said.questions.closed < MIN_QUESTIONS {
            said.questions.share_open = None;
        }
        if said.ownership.coachee_steps + said.ownership.coach_steps < MIN_STEPS {
            said.ownership.share = None;
        }
        if let Some(waiting) = &mut said.waiting {
            let few = |waits: &Waits| waits.count < MIN_WAITS;
            if few(&waiting.after_question) {
                (waiting.after_question.long, waiting.filled_by_coach) = (None, None);
            }
            let known = waiting.after_question.ended_by;
            let known: u32 = known.coach.iter().chain(&known.coachee).sum();
            // Sessions of before lengths were kept have none of them.
            if (1..MIN_WAITS).contains(&known) {
                waiting.filled_by_coach = None;
            }
            if few(&waiting.after_answer) {
                waiting.after_answer.long = None;
            }
        }
        said
    }
}

/// The numbers for the roles as they are, and for the roles the other way round. `coded` in the order of time; `spans` is
/// who spoke when as voice activity has it, or `None` where the times are only those of a written transcript; `outside` is
/// what is missing of the record, and a pause that took none of its time the sample before it.
pub fn words(coded: &[Coded], spans: Option<&[RoleSpan]>, duration_s: f64, outside: &[Span]) -> [WordNumbers; 2] {
    let record = Record::without(outside);
    let floor = spans.map(|spans| Floor::of(&record.spans(spans)));
    let mirrored = floor.as_ref().map(Floor::swapped);
    let on_record = coded.iter().filter_map(|each| Some(Coded { span: record.span(each.span)?, ..each.clone() }));
    let (on_record, cuts): (Vec<Coded>, _) = (on_record.collect(), record.cuts());
    [(false, floor), (true, mirrored)].map(|(swapped, floor)| {
        let exchange = Exchange::new(&on_record, swapped);
        WordNumbers {
            flanders: floor.is_some().then(|| flanders(&exchange, duration_s)),
            waiting: floor.as_ref().map(|floor| waiting(&exchange, floor, &cuts)),
            backchannels_s: floor.map_or_else(ByRole::default, |floor| backchannels(&exchange, &floor)),
            // Seconds of the session, as it is drawn.
            marks: if swapped { Vec::new() } else { marks(&Exchange::new(coded, false)) },
            ..untimed(&Exchange::new(coded, swapped))
        }
    })
}

/// The numbers that need no times, of a written transcript in its order.
pub fn words_untimed<'a>(said: impl Iterator<Item = (Role, &'a Code)>) -> WordNumbers {
    let coded = said.zip(0..).filter_map(|((role, code), at)| {
        let span = Span::new(Sample(at), Sample(at + 1))?;
        Some(Coded { span, role: Some(role), code: code.clone() })
    });
    untimed(&Exchange::new(&coded.collect::<Vec<_>>(), false))
}

fn untimed(exchange: &Exchange) -> WordNumbers {
    WordNumbers {
        moves: counts::moves(exchange),
        questions: counts::questions(exchange),
        directiveness: directiveness(exchange),
        ownership: ownership(exchange),
        ..WordNumbers::default()
    }
}

/// Seconds of listed words that are short, and after or under which the other speaks on.
fn backchannels(exchange: &Exchange, floor: &Floor) -> ByRole<f64> {
    let listening = |each: &Uttered| {
        let listed =
            each.code.as_coach() == CoachMove::Backchannel || each.code.as_coachee() == CoacheeMove::Backchannel;
        listed && each.span.seconds() < BACKCHANNEL_S
    };
    ByRole::each(|role| {
        let (own, other) = (floor.by_role.of(role), floor.by_role.of(role.other()));
        let kept = |each: &Uttered| {
            let until = Sample(each.span.end().0.saturating_add(samples(KEPT_FLOOR_S)));
            Span::new(each.span.start(), until).is_some_and(|near| shared(near, other) > 0)
        };
        let of_role = exchange.utterances().filter(|each| each.role == Some(role));
        let spans = union(of_role.filter(|each| listening(each) && kept(each)).map(|each| each.span), 0);
        in_seconds(spans.into_iter().map(|span| i128::from(shared(span, own))).sum())
    })
}

#[cfg(test)]
mod tests {
    use super::super::{exchange::coded, properties::spans};
    use super::*;

    const SESSION: &str = "a question 0 2, b reasoning 5 8, a backchannel 8 8.5, b commitment 8.5 11, a direction 12 14, \
                           a question! 15 16, b backchannel 16 16.5, a information 18 20";
    const SOUND: &str = "a 0 2, b 5 11, a 8 8.5, a 12 14, a 15 16, b 16 16.5, a 18 20";

    #[test]
    fn both_ways_round() {
        let both = words(&coded(SESSION), Some(&spans(SOUND)), 20.0, &[]);
        // But for the marks, which only those have who are the coach as it is.
        assert_eq!(both.each_ref().map(|words| words.marks.len()), [4, 0]);
        let [as_is, swapped] = both.map(|words| WordNumbers { marks: Vec::new(), ..words });
        let mirrored: Vec<Coded> =
            coded(SESSION).into_iter().map(|each| Coded { role: each.role.map(Role::other), ..each }).collect();
        let mut sound = spans(SOUND);
        sound.iter_mut().for_each(|span| span.role = span.role.map(Role::other));
        let exchanged =
            words(&mirrored, Some(&sound), 20.0, &[]).map(|words| WordNumbers { marks: Vec::new(), ..words });
        assert_eq!([swapped, as_is.clone()], exchanged);
        assert_eq!((as_is.ownership.coachee_steps, as_is.ownership.coach_steps), (1, 1));
        assert_eq!(as_is.waiting.unwrap().after_question.count, 2);
    }

    #[test]
    fn backchannels_are_short_listed_and_leave_the_other_the_floor() {
        let [as_is, swapped] = words(&coded(SESSION), Some(&spans(SOUND)), 20.0, &[]);
        // The coachee's comes before a silence of 1.5 s: it is not one.
        assert_eq!((as_is.backchannels_s.coach, as_is.backchannels_s.coachee), (0.5, 0.0));
        assert_eq!((swapped.backchannels_s.coach, swapped.backchannels_s.coachee), (0.0, 0.5));
    }

    #[test]
    fn without_sound_nothing_is_timed() {
        let [as_is, _] = words(&coded(SESSION), None, 20.0, &[]);
        assert_eq!((&as_is.flanders, as_is.waiting), (&None, None));
        let said = coded(SESSION);
        let written = words_untimed(said.iter().filter_map(|each| Some((each.role?, &each.code))));
        assert_eq!(WordNumbers { marks: Vec::new(), ..as_is }, written);
    }

    #[test]
    fn nothing_said_is_nothing_counted() {
        assert_eq!(words_untimed(std::iter::empty()), WordNumbers::default());
        let [nothing, _] = words(&[], Some(&[]), 0.0, &[]);
        assert_eq!(nothing.moves, Moves::default());
    }

    /// Scripts got shares of two questions and three steps, which people did not; and ratios over next to nothing.
    #[test]
    fn what_is_too_little_is_left_out_in_one_place() {
        let [few, _] = words(&coded(SESSION), Some(&spans(SOUND)), 20.0, &[]);
        let said = few.conclusive();
        assert!(
            few.directiveness.index.is_some() && few.questions.share_open.is_some() && few.ownership.share.is_some()
        );
        assert_eq!((said.directiveness.utterances, said.directiveness.index), (few.directiveness.utterances, None));
        assert_eq!((said.questions.share_open, said.ownership.share), (None, None));
        let (waited, left_out) = (few.waiting.unwrap(), said.waiting.unwrap());
        assert!(waited.after_question.long.is_some() && waited.filled_by_coach.is_some());
        assert_eq!(
            (left_out.after_question.long, left_out.filled_by_coach, left_out.after_answer.long),
            (None, None, None)
        );
        assert_eq!((left_out.after_question.count, &said.moves), (waited.after_question.count, &few.moves));
        // Five of each are enough, four to divide by are not.
        let long = ["a question, b commitment, a reflection, a information"; 5].join(", ");
        let enough = words_untimed(coded(&long).iter().filter_map(|each| Some((each.role?, &each.code)))).conclusive();
        assert!(enough.questions.share_open.is_some() && enough.ownership.share.is_some());
        let many =
            [long.as_str(), "a affirmation, a affirmation, a affirmation, a affirmation, a affirmation"].join(", ");
        let ratios = |text: &str| {
            let said = words_untimed(coded(text).iter().filter_map(|each| Some((each.role?, &each.code)))).conclusive();
            (said.directiveness.ask_tell, said.directiveness.reflections_to_questions)
        };
        assert_eq!(ratios(&many), (Some(1.0), Some(1.0)));
        assert_eq!(ratios(&many.replacen("information", "affirmation", 1)), (None, Some(1.0)));
        assert_eq!(ratios(&many.replacen("question", "affirmation", 1)), (Some(0.8), None));
    }

    /// After sound was lost, Flanders' marks were of other seconds than what was said in them, and the last were missing.
    #[test]
    fn what_is_outside_the_record_shifts_nothing() {
        let (said, sound) = ("a question 0 3, b reasoning 13 19, a information 19 22", "a 0 3, b 13 19, a 19 22");
        let outside: Vec<Span> = spans("? 3 13").iter().map(|each| each.span).collect();
        let [cut, _] = words(&coded(said), Some(&spans(sound)), 12.0, &outside);
        let (said, sound) = ("a question 0 3, b reasoning 3 9, a information 9 12", "a 0 3, b 3 9, a 9 12");
        let [whole, _] = words(&coded(said), Some(&spans(sound)), 12.0, &[]);
        assert_eq!(cut.flanders, whole.flanders);
        assert_eq!(cut.waiting.unwrap().after_question.count, 0, "how long it was quiet, nobody knows");
        assert_eq!(cut.marks.iter().map(|mark| mark.at_s).collect::<Vec<_>>(), [0, 19], "as it is drawn");
    }
}
