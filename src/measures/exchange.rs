//! What was said, in the order in which it was said, with the roles one way round: what every measure of words looks at.

use crate::{
    moves::{CoachMove, Code, Coded},
    session::Role,
    units::Span,
};

/// The coded utterances of a session under one assignment of the roles.
#[derive(Clone, Copy, Debug)]
pub struct Exchange<'a> {
    coded: &'a [Coded],
    /// Coach and coachee are the other way round than it says there.
    swapped: bool,
}

/// One utterance as a measure sees it.
#[derive(Clone, Copy, Debug)]
pub struct Uttered<'a> {
    pub role: Option<Role>,
    pub span: Span,
    pub code: &'a Code,
}

impl<'a> Exchange<'a> {
    /// `coded` in the order of time.
    pub fn new(coded: &'a [Coded], swapped: bool) -> Self {
        Self { coded, swapped }
    }

    pub fn utterances(self) -> impl Iterator<Item = Uttered<'a>> {
        self.coded.iter().map(move |each| {
            let role = if self.swapped { each.role.map(Role::other) } else { each.role };
            Uttered { role, span: each.span, code: &each.code }
        })
    }

    /// What one of the two said.
    pub fn said(self, by: Role) -> impl Iterator<Item = &'a Code> {
        self.utterances().filter(move |each| each.role == Some(by)).map(|each| each.code)
    }

    /// The same without backchannels, turn by turn: a turn is a run of utterances that nobody else's parts. A backchannel
    /// takes no floor, and so parts none.
    pub fn turns(self, by: Role) -> impl Iterator<Item = impl Iterator<Item = &'a Code>> {
        let theirs = if self.swapped { by.other() } else { by };
        let mut turns: Vec<(Option<Role>, Vec<&Code>)> = Vec::new();
        for each in self.coded.iter().filter(|each| each.code.as_coach() != CoachMove::Backchannel) {
            match turns.last_mut() {
                Some((role, turn)) if *role == each.role => turn.push(&each.code),
                _ => turns.push((each.role, vec![&each.code])),
            }
        }
        turns.into_iter().filter(move |(role, _)| *role == Some(theirs)).map(|(_, turn)| turn.into_iter())
    }
}

#[cfg(test)]
pub use tests::{coded, told};

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        moves::{CoacheeMove, Form},
        units::Sample,
    };

    /// `"a question 0 2, b reasoning"`: a is the coach, b the coachee; a certain code, and seconds where they matter. A
    /// question is an open one; `"a question! 0 2"` is a closed one.
    pub fn coded(text: &str) -> Vec<Coded> {
        let one = |(index, part): (usize, &str)| {
            let words: Vec<&str> = part.split_whitespace().collect();
            let at = |word: usize, otherwise: usize| {
                Sample::from_seconds(words.get(word).map_or(otherwise as f64, |word| word.parse().unwrap()))
            };
            let name = words[1].trim_end_matches('!');
            let form = match (name, words[1].ends_with('!')) {
                ("question", false) => Form::Open,
                (_, true) => Form::Closed,
                _ => Form::Statement,
            };
            let coach = CoachMove::ALL.iter().find(|each| each.name() == name).copied();
            let coachee = CoacheeMove::ALL.iter().find(|each| each.name() == name).copied();
            assert!(coach.is_some() || coachee.is_some(), "{name}");
            Coded {
                span: Span::new(at(2, index), at(3, index + 1)).unwrap(),
                role: Some(if words[0] == "a" { Role::Coach } else { Role::Coachee }),
                code: Code::certain(
                    coach.unwrap_or(CoachMove::Structure),
                    coachee.unwrap_or(CoacheeMove::Initiation),
                    form,
                ),
            }
        };
        text.split(',').enumerate().map(one).collect()
    }

    /// The same as an exchange; tests are short.
    pub fn told(text: &str) -> Exchange<'static> {
        Exchange::new(Vec::leak(coded(text)), false)
    }

    #[test]
    fn turns_are_runs_and_swapping_gives_the_others() {
        let said = told("a question, a reflection, b response, a question, b noticing, b noticing");
        let lengths = |said: Exchange, by| said.turns(by).map(Iterator::count).collect::<Vec<_>>();
        assert_eq!((lengths(said, Role::Coach), lengths(said, Role::Coachee)), (vec![2, 1], vec![1, 2]));
        // "Mm hm" cut a turn in two, and half a turn told as much of how sure a number is as a whole one.
        let listened_to = told("a question, b backchannel, a reflection, b backchannel, a advice, b response");
        assert_eq!((lengths(listened_to, Role::Coach), lengths(listened_to, Role::Coachee)), (vec![3], vec![1]));
        let swapped = Exchange { swapped: true, ..said };
        assert_eq!((lengths(swapped, Role::Coach), swapped.said(Role::Coachee).count()), (vec![1, 2], 3));
    }
}
