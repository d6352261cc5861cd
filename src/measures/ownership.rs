//! **Ownership** of next steps: the coachee's own commitments / (those + the steps that the coach set). A commitment is an
//! utterance of the coachee that says what they will do (MISC 2.5: commitment language, `Cm`, and taking steps, `TS`); a step
//! that the coach set is a direction (MISC `DI`). Advice sets no step until the coachee takes it up, which is then theirs.
//! Amrhein et al., "Client commitment language during motivational interviewing predicts drug use outcomes" (2003), found that
//! what people commit to in their own words is what they do.

use serde::{Deserialize, Serialize};

use super::{
    exchange::Exchange,
    interval::{Interval, of_counts},
};
use crate::{
    moves::{CoachMove, CoacheeMove},
    session::Role,
};

/// Steps of either under which the share says little.
pub const MIN_STEPS: u32 = 3;

#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Ownership {
    pub coachee_steps: u32,
    pub coach_steps: u32,
    /// The coachee's; `None` without any step.
    pub share: Option<Interval>,
}

pub fn ownership(exchange: &Exchange) -> Ownership {
    let count = |steps: usize| u32::try_from(steps).unwrap_or(u32::MAX);
    let commitments = exchange.said(Role::Coachee).filter(|code| code.as_coachee() == CoacheeMove::Commitment);
    let directions = exchange.said(Role::Coach).filter(|code| code.as_coach() == CoachMove::Direction);
    let (coachee_steps, coach_steps) = (count(commitments.count()), count(directions.count()));
    Ownership { coachee_steps, coach_steps, share: of_counts(coachee_steps, coachee_steps.saturating_add(coach_steps)) }
}

#[cfg(test)]
mod tests {
    use super::super::exchange::told;
    use super::*;

    #[test]
    fn whose_the_steps_are() {
        let table = [
            ("b commitment, a direction, b commitment, b response, b commitment, a advice", (3, 1, Some(0.75))),
            ("a direction, a direction", (0, 2, Some(0.0))),
            // What a coach will do is no step of the coachee's, and an order from the coachee none of the coach's.
            ("a commitment, b direction, a question", (0, 0, None)),
        ];
        for (text, (coachee, coach, share)) in table {
            let found = ownership(&told(text));
            assert_eq!(
                (found.coachee_steps, found.coach_steps, found.share.map(|share| share.value)),
                (coachee, coach, share)
            );
        }
    }
}
