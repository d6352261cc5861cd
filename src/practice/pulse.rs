//! Three questions for the coachee after a session, each answered or not. They measure nobody: what they come to is said to
//! the coachee alone, from their own answers alone.

use crate::texts::say;

/// Answers to a question that are looked at together: one bad day is a bad day.
pub const LATEST: usize = 3;

/// A median of the latest answers at or under this is low, on the scale of 1 to 5. Our choice: a step below the middle.
const LOW: u8 = 2;

/// Answers before the latest that a fall is told from. A fall is when each of the latest is lower than every one before, which
/// needs no look at how far, and no guess at how somebody uses the scale. Where nothing has changed, each three of `n` answers
/// are as likely as any others to be the lowest, so that after the `n`th it looks like a fall once in `C(n, 3)` times at most
/// (less often with answers that are alike); and over all `n` from seven on, however many sessions follow, once in ten at most:
/// the sum of `6 / (n (n - 1) (n - 2))` is `3 / ((7 - 1) (7 - 2))`. A test lets chance try. Medians, which this was told by
/// before, fell by a step for six in ten within twelve sessions.
const BEFORE: usize = 4;

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
    /// Each is lower than every one before.
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
            let fell = before.len() >= BEFORE && latest.iter().max() < before.iter().min();
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
            // It was called a fall when two of three were a step lower, or after three answers.
            (&[5, 5, 5, 4, 4, 5], None),
            (&[4, 5, 5, 0, 3, 0, 4, 1], None),
            (&[5, 5, 5, 4, 4, 4], None),
            (&[5, 5, 5, 5, 4, 4, 4], Some(Sign::Falling)),
            (&[4, 5, 0, 5, 4, 3, 0, 3, 3], Some(Sign::Falling)),
            (&[4, 3, 5, 5, 4, 3, 3, 3], None),
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
    fn an_unchanged_coachee_seldom_gets_a_false_alarm() {
        // However the scale is used: how likely each answer is, in percent.
        let scales: [[u64; 5]; 4] = [[0, 0, 20, 50, 30], [0, 0, 0, 50, 50], [0, 5, 25, 40, 30], [0, 0, 34, 33, 33]];
        let mut state = 20_261_128_u64;
        let mut random = || {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            (state >> 33) % 100
        };
        for scale in scales {
            let mut answer = || {
                let drawn = random();
                let steps = scale.iter().scan(0, |sum, likely| {
                    *sum += likely;
                    Some(*sum)
                });
                Answer::new(1 + steps.take_while(|until| *until <= drawn).count() as u8)
            };
            let alarmed = (0..2000).filter(|_| {
                let answers: Vec<Pulse> = (0..12).map(|_| Pulse { trust: answer(), ..Pulse::default() }).collect();
                (1..=12).any(|sessions| signals(&answers[..sessions]).iter().any(|found| found.sign == Sign::Falling))
            });
            let alarmed = alarmed.count();
            assert!(alarmed <= 200, "{alarmed} of 2000 with {scale:?}");
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
