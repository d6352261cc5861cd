//! What was made of the words, as the contract's JSON has it: moves, questions, directiveness, ownership, wait time.

use serde::Serialize;

use super::{
    json::{rounded, share},
    measured::Spread,
};
use crate::{
    measures::{self, Interval, LENGTHS, WordNumbers},
    moves::{Asks, CoachMove, CoacheeMove},
};

#[derive(Clone, Copy, Debug, Default, Serialize)]
pub(super) struct WaitTime {
    after_question: AfterQuestion,
    after_answer: AfterAnswer,
}

#[derive(Clone, Copy, Debug, Default, Serialize)]
struct AfterQuestion {
    count: Option<u32>,
    share_3s: Option<f64>,
    low: Option<f64>,
    high: Option<f64>,
    filled_by_coach: Option<f64>,
    pauses: Pauses,
    pauses_filled_by_coach: Pauses,
}

#[derive(Clone, Copy, Debug, Default, Serialize)]
struct AfterAnswer {
    count: Option<u32>,
    share_3s: Option<f64>,
    low: Option<f64>,
    high: Option<f64>,
    pauses: Pauses,
}

/// How many pauses were how long; `null` in sessions of before that was kept.
#[derive(Clone, Copy, Debug, Default, Serialize)]
struct Pauses {
    none: Option<u32>,
    under_1s: Option<u32>,
    from_1s: Option<u32>,
    from_2s: Option<u32>,
    from_3s: Option<u32>,
    from_4s: Option<u32>,
    from_5s: Option<u32>,
}

impl Pauses {
    fn of(counts: [u32; LENGTHS]) -> Self {
        let [none, under_1s, from_1s, from_2s, from_3s, from_4s, from_5s] = counts.map(Some);
        Self { none, under_1s, from_1s, from_2s, from_3s, from_4s, from_5s }
    }
}

/// Telling and asking in a stretch of the session, as counts.
#[derive(Clone, Copy, Debug, Serialize)]
pub(super) struct Stretch {
    from_s: u32,
    to_s: u32,
    telling: u32,
    asking: u32,
}

impl From<measures::Stretch> for Stretch {
    fn from(stretch: measures::Stretch) -> Self {
        let measures::Stretch { from_s, to_s, telling, asking } = stretch;
        Self { from_s, to_s, telling, asking }
    }
}

#[derive(Clone, Copy, Debug, Default, Serialize)]
pub(super) struct Moves {
    coach: CoachMoves<u32>,
    coach_expected: CoachMoves<f64>,
    coachee: CoacheeMoves,
}

/// `advice` holds all advice; `advice_invited` says how much of it was asked for.
#[derive(Clone, Copy, Debug, Default, Serialize)]
struct CoachMoves<T> {
    question: Option<T>,
    reflection: Option<T>,
    affirmation: Option<T>,
    support: Option<T>,
    autonomy: Option<T>,
    information: Option<T>,
    advice: Option<T>,
    advice_invited: Option<T>,
    direction: Option<T>,
    confrontation: Option<T>,
    structure: Option<T>,
    backchannel: Option<T>,
}

#[derive(Clone, Copy, Debug, Default, Serialize)]
struct CoacheeMoves {
    response: Option<u32>,
    initiation: Option<u32>,
    noticing: Option<u32>,
    reasoning: Option<u32>,
    alternatives: Option<u32>,
    commitment: Option<u32>,
    backchannel: Option<u32>,
}

#[derive(Clone, Copy, Debug, Default, Serialize)]
pub(super) struct Questions {
    open: Option<u32>,
    closed: Option<u32>,
    share_open: Option<f64>,
    low: Option<f64>,
    high: Option<f64>,
    ask_for: AskFor,
}

#[derive(Clone, Copy, Debug, Default, Serialize)]
struct AskFor {
    noticing: Option<u32>,
    reasoning: Option<u32>,
    alternatives: Option<u32>,
    other: Option<u32>,
}

#[derive(Clone, Copy, Debug, Default, Serialize)]
pub(super) struct Directiveness {
    index: Option<f64>,
    low: Option<f64>,
    high: Option<f64>,
    ask_tell_ratio: Option<f64>,
    reflections_to_questions: Option<f64>,
    flanders: Flanders,
}

#[derive(Clone, Copy, Debug, Default, Serialize)]
struct Flanders {
    #[serde(rename = "I_D")]
    all: Option<f64>,
    #[serde(rename = "i_d")]
    revised: Option<f64>,
}

#[derive(Clone, Copy, Debug, Default, Serialize)]
pub(super) struct Ownership {
    coachee_steps: Option<u32>,
    coach_steps: Option<u32>,
    share: Option<f64>,
    low: Option<f64>,
    high: Option<f64>,
}

/// What `code --json` prints of a group; `null` for the numbers of one that cannot be coded.
#[derive(Clone, Copy, Debug, Default, Serialize)]
pub struct Coded {
    moves: Moves,
    questions: Questions,
    directiveness: Directiveness,
}

impl From<&WordNumbers> for Coded {
    fn from(words: &WordNumbers) -> Self {
        Self { moves: words.into(), questions: words.into(), directiveness: words.into() }
    }
}

impl From<&WordNumbers> for WaitTime {
    fn from(words: &WordNumbers) -> Self {
        let Some(waiting) = words.waiting else { return Self::default() };
        let question = waiting.after_question;
        let [share_3s, low, high] = parts(question.long);
        let filled_by_coach = waiting.filled_by_coach.map(share);
        let pauses = |spread: Option<Spread>| spread.map_or_else(Pauses::default, |spread| Pauses::of(spread.counts()));
        let after_question = AfterQuestion {
            count: Some(question.count),
            share_3s,
            low,
            high,
            filled_by_coach,
            pauses: pauses(Spread::of(question)),
            pauses_filled_by_coach: Spread::of(question)
                .map_or_else(Pauses::default, |spread| Pauses::of(spread.0.ended_by.coach)),
        };
        let answer = waiting.after_answer;
        let [share_3s, low, high] = parts(answer.long);
        let after_answer =
            AfterAnswer { count: Some(answer.count), share_3s, low, high, pauses: pauses(Spread::of(answer)) };
        Self { after_question, after_answer }
    }
}

impl From<&WordNumbers> for Moves {
    fn from(words: &WordNumbers) -> Self {
        let measures::Moves { coach, coach_expected, invited, invited_expected, coachee } = words.moves;
        let coachee = |which: CoacheeMove| coachee.get(which as usize).copied();
        Self {
            coach: CoachMoves::of(|which| coach.get(which as usize).copied(), invited),
            coach_expected: CoachMoves::of(
                |which| coach_expected.get(which as usize).map(|&sum| rounded(sum, 1e3)),
                rounded(invited_expected, 1e3),
            ),
            coachee: CoacheeMoves {
                response: coachee(CoacheeMove::Response),
                initiation: coachee(CoacheeMove::Initiation),
                noticing: coachee(CoacheeMove::Noticing),
                reasoning: coachee(CoacheeMove::Reasoning),
                alternatives: coachee(CoacheeMove::Alternatives),
                commitment: coachee(CoacheeMove::Commitment),
                backchannel: coachee(CoacheeMove::Backchannel),
            },
        }
    }
}

impl<T> CoachMoves<T> {
    fn of(of: impl Fn(CoachMove) -> Option<T>, invited: T) -> Self {
        Self {
            question: of(CoachMove::Question),
            reflection: of(CoachMove::Reflection),
            affirmation: of(CoachMove::Affirmation),
            support: of(CoachMove::Support),
            autonomy: of(CoachMove::Autonomy),
            information: of(CoachMove::Information),
            advice: of(CoachMove::Advice),
            advice_invited: Some(invited),
            direction: of(CoachMove::Direction),
            confrontation: of(CoachMove::Confrontation),
            structure: of(CoachMove::Structure),
            backchannel: of(CoachMove::Backchannel),
        }
    }
}

impl From<&WordNumbers> for Questions {
    fn from(words: &WordNumbers) -> Self {
        let questions = words.questions;
        let [share_open, low, high] = parts(questions.share_open);
        let asked = |which: Asks| questions.ask_for.get(which as usize).copied();
        Self {
            open: Some(questions.open),
            closed: Some(questions.closed),
            share_open,
            low,
            high,
            ask_for: AskFor {
                noticing: asked(Asks::Noticing),
                reasoning: asked(Asks::Reasoning),
                alternatives: asked(Asks::Alternatives),
                other: asked(Asks::Other),
            },
        }
    }
}

impl From<&WordNumbers> for Directiveness {
    fn from(words: &WordNumbers) -> Self {
        let directiveness = words.directiveness;
        let [index, low, high] = parts(directiveness.index);
        let flanders = words.flanders.as_ref();
        Self {
            index,
            low,
            high,
            ask_tell_ratio: directiveness.ask_tell.map(|ratio| rounded(ratio, 1e4)),
            reflections_to_questions: directiveness.reflections_to_questions.map(|ratio| rounded(ratio, 1e4)),
            flanders: Flanders {
                all: flanders.and_then(measures::Flanders::all).map(|ratio| rounded(ratio, 1e4)),
                revised: flanders.and_then(measures::Flanders::revised).map(|ratio| rounded(ratio, 1e4)),
            },
        }
    }
}

impl From<&WordNumbers> for Ownership {
    fn from(words: &WordNumbers) -> Self {
        let ownership = words.ownership;
        let [share, low, high] = parts(ownership.share);
        let (coachee_steps, coach_steps) = (Some(ownership.coachee_steps), Some(ownership.coach_steps));
        Self { coachee_steps, coach_steps, share, low, high }
    }
}

fn parts(interval: Option<Interval>) -> [Option<f64>; 3] {
    [interval.map(|i| share(i.value)), interval.map(|i| share(i.low)), interval.map(|i| share(i.high))]
}
