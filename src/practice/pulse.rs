//! Three questions for the coachee after a session, each answered or not. They measure nobody: what they come to is said to
//! the coachee alone, from their own answers alone.

use crate::texts::say;

/// Answers to a question that are looked at together: one bad day is a bad day.
pub const LATEST: usize = 3;

/// A median of the latest answers at or under this is low, on the scale of 1 to 5. Our choice: a step below the middle.
const LOW: u8 = 2;

/// A median this much under that of the answers before, which must be as many, is a fall: one step. Our choice.
const FALL: u8 = 1;

/// What is asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Question {
    Room,
    Useful,
    Trust,
}

impl Question {
    pub const ALL: [Self; 3] = [Self::Room, Self::Useful, Self::Trust];

    /// As it is printed as JSON.
    pub fn name(self) -> &'static str {
        match self {
            Self::Room => "room",
            Self::Useful => "useful",
            Self::Trust => "trust",
        }
    }

    /// As it is put to the coachee.
    pub fn asked(self) -> &'static str {
        match self {
            Self::Room => say!("pulse-room-asked"),
            Self::Useful => say!("pulse-useful-asked"),
            Self::Trust => say!("pulse-trust-asked"),
        }
    }
}

/// 1 (little) to 5 (much).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Answer(u8);

impl Answer {
    pub const MOST: u8 = 5;

    pub fn new(answer: u8) -> Option<Self> {
        (1..=Self::MOST).contains(&answer).then_some(Self(answer))
    }

    pub fn get(self) -> u8 {
        self.0
    }
}

/// The answers after one session. `None` was not answered, which is an answer too.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Pulse {
    pub room: Option<Answer>,
    pub useful: Option<Answer>,
    pub trust: Option<Answer>,
}

impl Pulse {
    pub fn to(&self, question: Question) -> Option<Answer> {
        match question {
            Question::Room => self.room,
            Question::Useful => self.useful,
            Question::Trust => self.trust,
        }
    }

    pub fn set(&mut self, question: Question, answer: Option<Answer>) {
        let to = match question {
            Question::Room => &mut self.room,
            Question::Useful => &mut self.useful,
            Question::Trust => &mut self.trust,
        };
        *to = answer;
    }
}

/// Something in their own answers that a coachee may want to look at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Signal {
    pub question: Question,
    pub sign: Sign,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sign {
    /// The latest answers are low.
    Low,
    /// They are clearly under those before.
    Falling,
}

impl Sign {
    pub fn name(self) -> &'static str {
        match self {
            Self::Low => "low",
            Self::Falling => "falling",
        }
    }
}

/// Looks through the answers of one coachee in one pairing, the earliest first. At most one sign a question.
pub fn signals(answers: &[Pulse]) -> Vec<Signal> {
    Question::ALL
        .into_iter()
        .filter_map(|question| {
            let given: Vec<u8> = answers.iter().filter_map(|pulse| pulse.to(question)).map(Answer::get).collect();
            let (before, latest) = given.split_at(given.len().checked_sub(LATEST)?);
            let now = middle(latest)?;
            let fell = before.len() >= LATEST && middle(before).is_some_and(|before| before >= now + FALL);
            let sign = if now <= LOW { Some(Sign::Low) } else { fell.then_some(Sign::Falling) };
            sign.map(|sign| Signal { question, sign })
        })
        .collect()
}

/// The median; of an even number, the lower of the two in the middle.
fn middle(answers: &[u8]) -> Option<u8> {
    let mut sorted = answers.to_vec();
    sorted.sort_unstable();
    sorted.get(sorted.len().checked_sub(1)? / 2).copied()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_is_one_to_five() {
        assert_eq!((0..=9).filter_map(Answer::new).map(Answer::get).collect::<Vec<_>>(), [1, 2, 3, 4, 5]);
    }

    #[test]
    fn only_their_own_answers_over_time_make_a_signal() {
        // Answers about trust, 0 for none -> the sign.
        let table: &[(&[u8], Option<Sign>)] = &[
            (&[], None),
            (&[1, 1], None),
            (&[1, 1, 1], Some(Sign::Low)),
            (&[1, 0, 0, 0], None),
            (&[2, 0, 2, 0, 2], Some(Sign::Low)),
            (&[5, 5, 5], None),
            (&[5, 5, 5, 1], None),
            (&[5, 4, 4, 4], None),
            (&[5, 5, 5, 5, 1, 5], None),
            (&[5, 5, 5, 4, 4, 5], Some(Sign::Falling)),
            (&[4, 5, 5, 0, 3, 0, 4, 1], Some(Sign::Falling)),
            (&[3, 3, 3, 3, 3], None),
            (&[1, 1, 1, 4, 4, 4], None),
            (&[5, 5, 5, 2, 2, 2], Some(Sign::Low)),
        ];
        for (given, sign) in table {
            let answers: Vec<Pulse> =
                given.iter().map(|&answer| Pulse { trust: Answer::new(answer), ..Pulse::default() }).collect();
            let expected: Vec<Signal> = sign.iter().map(|&sign| Signal { question: Question::Trust, sign }).collect();
            assert_eq!(signals(&answers), expected, "{given:?}");
        }
    }

    #[test]
    fn each_question_is_set_and_read_by_its_name() {
        for question in Question::ALL {
            let mut pulse = Pulse::default();
            pulse.set(question, Answer::new(4));
            let answered: Vec<_> = Question::ALL.into_iter().filter(|other| pulse.to(*other).is_some()).collect();
            assert_eq!(answered, [question]);
        }
    }
}
