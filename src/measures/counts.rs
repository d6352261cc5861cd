//! **Moves** counted: how often each was the likeliest, and how often each is to be expected (the sum of its probabilities,
//! which is nearer to what experts count). **Questions**: the coach's utterances that are likeliest questions, open or
//! closed by form, so that the two sum to the move's count; the share of open ones is of expected counts, with bounds over
//! turns (MISC 2.5: percent open questions, OQ / (OQ + CQ)); and what they asked the coachee for.

use serde::{Deserialize, Serialize};

use super::{
    exchange::Exchange,
    interval::{Interval, add, over_turns},
};
use crate::{
    moves::{Asks, CoachMove, CoacheeMove, Code, Form},
    session::Role,
};

/// Questions under which the share of open ones says little.
pub const MIN_QUESTIONS: u32 = 5;

/// Each array in the order of its list's `ALL`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Moves {
    pub coach: [u32; CoachMove::ALL.len()],
    pub coach_expected: [f64; CoachMove::ALL.len()],
    /// Of advice, how much was asked for; and the same expected.
    pub invited: u32,
    pub invited_expected: f64,
    pub coachee: [u32; CoacheeMove::ALL.len()],
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Questions {
    pub open: u32,
    pub closed: u32,
    /// `None` without any chance of a question.
    pub share_open: Option<Interval>,
    pub ask_for: [u32; Asks::ALL.len()],
}

pub fn moves(exchange: &Exchange) -> Moves {
    let mut moves = Moves::default();
    for code in exchange.said(Role::Coach) {
        let likeliest = code.as_coach();
        count(&mut moves.coach, likeliest as usize);
        moves.invited += u32::from(likeliest == CoachMove::Advice && code.invited());
        moves.invited_expected += f64::from(code.of_invited());
        for (sum, &each) in moves.coach_expected.iter_mut().zip(CoachMove::ALL) {
            *sum += f64::from(code.of_coach(each));
        }
    }
    for code in exchange.said(Role::Coachee) {
        count(&mut moves.coachee, code.as_coachee() as usize);
    }
    moves
}

pub fn questions(exchange: &Exchange) -> Questions {
    let mut questions = Questions::default();
    for code in exchange.said(Role::Coach).filter(|code| code.as_coach() == CoachMove::Question) {
        let open = code.of_form(Form::Open) >= code.of_form(Form::Closed);
        questions.open += u32::from(open);
        questions.closed += u32::from(!open);
        count(&mut questions.ask_for, code.asks() as usize);
    }
    let turns: Vec<(f64, f64)> =
        exchange.turns(Role::Coach).map(|turn| turn.map(forms).fold((0.0, 0.0), add)).collect();
    questions.share_open = over_turns(&turns);
    questions
}

/// The probabilities that an utterance is an open question, and a closed one.
fn forms(code: &Code) -> (f64, f64) {
    let question = f64::from(code.of_coach(CoachMove::Question));
    (question * f64::from(code.of_form(Form::Open)), question * f64::from(code.of_form(Form::Closed)))
}

fn count(counts: &mut [u32], at: usize) {
    if let Some(count) = counts.get_mut(at) {
        *count += 1;
    }
}

#[cfg(test)]
mod tests {
    use super::super::exchange::told;
    use super::*;

    #[test]
    fn each_move_once_under_its_own_role() {
        let moves = moves(&told("a question, b noticing, a advice, a advice, b backchannel"));
        assert_eq!(moves.coach[CoachMove::Question as usize], 1);
        assert_eq!(moves.coach[CoachMove::Advice as usize], 2);
        assert_eq!(moves.coach_expected[CoachMove::Advice as usize], 2.0);
        assert_eq!((moves.coach.iter().sum::<u32>(), moves.coachee.iter().sum::<u32>(), moves.invited), (3, 2, 0));
        assert_eq!(moves.coachee[CoacheeMove::Noticing as usize], 1);
    }

    #[test]
    fn open_and_closed_sum_to_the_questions() {
        // Advice in the form of a question is none.
        let questions = questions(&told("a question, a question!, b response, a question, a advice!, b question"));
        assert_eq!((questions.open, questions.closed, questions.ask_for), (2, 1, [0, 3, 0, 0]));
        assert!((questions.share_open.unwrap().value - 2.0 / 3.0).abs() < 1e-9);
        assert_eq!(super::questions(&told("a information, b response")), Questions::default());
    }
}
