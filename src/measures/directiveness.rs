//! **Directiveness**: telling / (telling + asking + reflecting + affirming + supporting autonomy) of the coach's utterances,
//! where telling is information + advice + direction + confrontation. Each term is an expected count: the sum of the
//! probabilities that an utterance is that move, since sums of likeliest moves are further from what experts count.
//! Support, structure and backchannels are in neither sum.
//!
//! It turns round the share that MITI 4.2.1 and MISC 2.5 summarise a session by (MISC: percent MI-consistent responses,
//! MICO / (MICO + MIIN)), with plain information added to telling, as Flanders' direct influence has it. Beside it stand
//! **ask : tell**, questions / telling (compare Flanders' teacher question ratio, 4 / (4 + 5)), and **reflections : questions**
//! (MITI 4.2.1: R:Q; fair is 1, good is 2 in counselling), each with [`MIN_UNDER`](super::words::MIN_UNDER) at least to divide
//! by. None is a verdict: novices may need more telling.

use serde::{Deserialize, Serialize};

use super::{
    exchange::Exchange,
    interval::{Interval, add, over_turns},
};
use crate::{
    moves::{CoachMove, Code},
    session::Role,
};

/// Utterances of the coach, backchannels aside, under which the index says little.
pub const MIN_UTTERANCES: u32 = 20;

#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Directiveness {
    /// Utterances of the coach, backchannels aside.
    pub utterances: u32,
    /// `None` without any utterance that counts.
    pub index: Option<Interval>,
    pub ask_tell: Option<f64>,
    pub reflections_to_questions: Option<f64>,
}

pub fn directiveness(exchange: &Exchange) -> Directiveness {
    let turns: Vec<(f64, f64)> =
        exchange.turns(Role::Coach).map(|turn| turn.fold((0.0, 0.0), |sum, code| add(sum, weights(code)))).collect();
    let expected =
        |which: CoachMove| exchange.said(Role::Coach).map(|code| f64::from(code.of_coach(which))).sum::<f64>();
    let (telling, _) = turns.iter().copied().fold((0.0, 0.0), add);
    let (questions, reflections) = (expected(CoachMove::Question), expected(CoachMove::Reflection));
    let spoken = exchange.said(Role::Coach).filter(|code| code.as_coach() != CoachMove::Backchannel);
    Directiveness {
        utterances: u32::try_from(spoken.count()).unwrap_or(u32::MAX),
        index: over_turns(&turns),
        ask_tell: ratio(questions, telling),
        reflections_to_questions: ratio(reflections, questions),
    }
}

/// The probabilities that an utterance tells, and that it leaves the content with the coachee.
pub fn weights(code: &Code) -> (f64, f64) {
    let sum = |counts: fn(CoachMove) -> bool| {
        CoachMove::ALL.iter().filter(|each| counts(**each)).map(|&each| f64::from(code.of_coach(each))).sum()
    };
    (sum(CoachMove::is_telling), sum(CoachMove::is_eliciting))
}

/// `None` for a zero denominator.
fn ratio(part: f64, whole: f64) -> Option<f64> {
    Some(part / whole).filter(|ratio| whole > 0.0 && ratio.is_finite())
}

#[cfg(test)]
mod tests {
    use super::super::exchange::told;
    use super::*;

    fn of(text: &str) -> Directiveness {
        directiveness(&told(text))
    }

    #[test]
    fn the_index_and_what_stands_beside_it() {
        let all = of(
            "a question, a reflection, a affirmation, a autonomy, a information, a advice, a direction, a confrontation",
        );
        assert_eq!(all.index.unwrap().value, 0.5);
        assert_eq!((all.ask_tell, all.reflections_to_questions), (Some(0.25), Some(1.0)));
        // What the coachee says, and what neither tells nor elicits, is in no sum.
        let mixed =
            of("a question, b response, a support, a structure, a backchannel, a question, b reasoning, a information");
        assert_eq!(mixed.index.unwrap().value, 1.0 / 3.0);
        assert_eq!(mixed.utterances, 5);
        assert_eq!((mixed.ask_tell, mixed.reflections_to_questions), (Some(2.0), Some(0.0)));
    }

    #[test]
    fn nothing_to_divide_by_is_none() {
        assert_eq!(of("b response, b reasoning"), Directiveness::default());
        let only = of("a information, a information");
        assert_eq!((only.index.unwrap().value, only.ask_tell, only.reflections_to_questions), (1.0, Some(0.0), None));
        assert_eq!(of("a question").ask_tell, None);
    }

    #[test]
    fn the_value_lies_within_its_bounds() {
        let text = "a question, b response, a information, a advice, b response, a reflection, b reasoning, a question"
            .to_owned();
        let index = of(&text).index.unwrap();
        assert!(index.low <= index.value && index.value <= index.high && index.low < index.high, "{index:?}");
    }
}
