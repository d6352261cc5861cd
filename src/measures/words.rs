//! Everything that is measured of the words, made once at the end of a session: afterwards the words and the codes are
//! sealed or gone, and these numbers stay. They are made for both assignments of the roles, so that `swap` needs no words.

use serde::{Deserialize, Serialize};

use super::{
    ByRole, RoleSpan,
    counts::{self, Moves, Questions},
    course::{Mark, marks},
    directiveness::{Directiveness, directiveness},
    exchange::{Exchange, Uttered},
    flanders::{Flanders, flanders},
    floor::{Floor, in_seconds, samples, shared},
    ownership::{Ownership, ownership},
    waiting::{Waiting, waiting},
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

/// The numbers for the roles as they are, and for the roles the other way round. `coded` in the order of time; `spans` is
/// who spoke when as voice activity has it, or `None` where the times are only those of a written transcript.
pub fn words(coded: &[Coded], spans: Option<&[RoleSpan]>, duration_s: f64) -> [WordNumbers; 2] {
    let floor = spans.map(Floor::of);
    let mirrored = floor.as_ref().map(Floor::swapped);
    [(false, floor), (true, mirrored)].map(|(swapped, floor)| {
        let exchange = Exchange::new(coded, swapped);
        WordNumbers {
            flanders: floor.is_some().then(|| flanders(&exchange, duration_s)),
            waiting: floor.as_ref().map(|floor| waiting(&exchange, floor)),
            backchannels_s: floor.map_or_else(ByRole::default, |floor| backchannels(&exchange, &floor)),
            marks: if swapped { Vec::new() } else { marks(&exchange) },
            ..untimed(&exchange)
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
        let both = words(&coded(SESSION), Some(&spans(SOUND)), 20.0);
        // But for the marks, which only those have who are the coach as it is.
        assert_eq!(both.each_ref().map(|words| words.marks.len()), [4, 0]);
        let [as_is, swapped] = both.map(|words| WordNumbers { marks: Vec::new(), ..words });
        let mirrored: Vec<Coded> =
            coded(SESSION).into_iter().map(|each| Coded { role: each.role.map(Role::other), ..each }).collect();
        let mut sound = spans(SOUND);
        sound.iter_mut().for_each(|span| span.role = span.role.map(Role::other));
        let exchanged = words(&mirrored, Some(&sound), 20.0).map(|words| WordNumbers { marks: Vec::new(), ..words });
        assert_eq!([swapped, as_is.clone()], exchanged);
        assert_eq!((as_is.ownership.coachee_steps, as_is.ownership.coach_steps), (1, 1));
        assert_eq!(as_is.waiting.unwrap().after_question.count, 2);
    }

    #[test]
    fn backchannels_are_short_listed_and_leave_the_other_the_floor() {
        let [as_is, swapped] = words(&coded(SESSION), Some(&spans(SOUND)), 20.0);
        // The coachee's comes before a silence of 1.5 s: it is not one.
        assert_eq!((as_is.backchannels_s.coach, as_is.backchannels_s.coachee), (0.5, 0.0));
        assert_eq!((swapped.backchannels_s.coach, swapped.backchannels_s.coachee), (0.0, 0.5));
    }

    #[test]
    fn without_sound_nothing_is_timed() {
        let [as_is, _] = words(&coded(SESSION), None, 20.0);
        assert_eq!((&as_is.flanders, as_is.waiting), (&None, None));
        let said = coded(SESSION);
        let written = words_untimed(said.iter().filter_map(|each| Some((each.role?, &each.code))));
        assert_eq!(WordNumbers { marks: Vec::new(), ..as_is }, written);
    }

    #[test]
    fn nothing_said_is_nothing_counted() {
        assert_eq!(words_untimed(std::iter::empty()), WordNumbers::default());
        let [nothing, _] = words(&[], Some(&[]), 0.0);
        assert_eq!(nothing.moves, Moves::default());
    }
}
