//! A session as one point of a trend: the measures that a line can be drawn of, each only where it is enough to say.

use super::{ByRole, Caveat, Interval, Measures, TalkRatio, Turns, WHOSE_UNKNOWN, WordNumbers};

/// With one of these, as with [`WHOSE_UNKNOWN`], the talk ratio is not shown: there is a number, and nothing should be concluded
/// from it.
const TOO_LITTLE: [Caveat; 3] = [Caveat::NoSpeech, Caveat::ShortSession, Caveat::MuchUnattributed];

/// Shares `0..=1`; `None` where there is not enough to say.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Point {
    /// The coach's share of the talk.
    pub talk: Option<Interval>,
    /// Directiveness: the share of telling.
    pub telling: Option<Interval>,
    /// Of the coach's questions.
    pub open_questions: Option<Interval>,
    /// The coach's questions after which it was quiet for three seconds.
    pub waiting: Option<Interval>,
    /// The coachee's share of the next steps.
    pub own_steps: Option<Interval>,
}

/// With whom a session was and how it was heard. Between sessions that differ in it a difference may be no change.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Setting {
    pub coachee: String,
    /// Who coached, where several coaches have coached this person on one laptop; empty for whoever's laptop it is, `None`
    /// where there was one, or nobody has said who.
    pub coach: Option<String>,
    pub tracks: u8,
    /// Name of the model that wrote the words; empty for a written transcript.
    pub whisper: String,
}

/// A point with its session's start (RFC 3339).
#[derive(Clone, Debug, PartialEq)]
pub struct Dated {
    pub started_at: String,
    pub setting: Setting,
    pub point: Point,
}

impl Point {
    /// In the order of the fields.
    pub fn each(&self) -> [Option<Interval>; 5] {
        [self.talk, self.telling, self.open_questions, self.waiting, self.own_steps]
    }
}

impl Measures {
    /// The talk ratio, if something may be concluded from it.
    pub fn conclusive_talk_ratio(&self) -> Option<TalkRatio> {
        let unsafe_to_tell = WHOSE_UNKNOWN.iter().chain(&TOO_LITTLE).any(|&caveat| self.has(caveat));
        self.talk_ratio.filter(|_| !unsafe_to_tell)
    }

    /// Who had which turns, if that is known.
    pub fn conclusive_turns(&self) -> Option<&ByRole<Turns>> {
        let unsafe_to_tell = WHOSE_UNKNOWN.iter().chain(&[Caveat::MuchUnattributed]).any(|&caveat| self.has(caveat));
        Some(&self.turns).filter(|_| !unsafe_to_tell)
    }

    /// What is made of the words, as far as something may be concluded from it.
    pub fn conclusive_words(&self) -> Option<WordNumbers> {
        self.words.as_ref().filter(|_| !self.has(Caveat::MuchUnattributed)).map(WordNumbers::conclusive)
    }
}

/// The point that a session adds.
pub fn point(measures: &Measures) -> Point {
    let talk = measures.conclusive_talk_ratio().map(|ratio| Interval {
        value: ratio.coach.get(),
        low: ratio.low.get(),
        high: ratio.high.get(),
    });
    let Some(words) = measures.conclusive_words() else { return Point { talk, ..Point::default() } };
    Point {
        talk,
        telling: words.directiveness.index,
        open_questions: words.questions.share_open,
        waiting: words.waiting.and_then(|waiting| waiting.after_question.long),
        own_steps: words.ownership.share,
    }
}

#[cfg(test)]
mod tests {
    use super::super::{measure, properties::numbers};
    use super::*;

    #[test]
    fn only_what_is_enough_to_say_is_a_point() {
        let long = measure(&numbers(60.0, "a 0 20, b 20 40"));
        let talk = point(&long).talk.unwrap();
        assert!(talk.low < 0.5 && talk.value == 0.5 && talk.high > 0.5, "{talk:?}");
        assert_eq!(point(&long).each()[1..], [None; 4]);
        assert_eq!(long.conclusive_turns(), Some(&long.turns));
        // One voice had a single turn, as long as the session; half of it unclear, three minutes after six seconds.
        let mut one_voice = numbers(60.0, "a 0 20, a 30 50");
        one_voice.doubts.push(Caveat::OneVoice.code().to_owned());
        for unclear in [one_voice, numbers(63.0, "a 0 3, ? 3 60, a 60 63")] {
            assert_eq!(measure(&unclear).conclusive_turns(), None);
        }
        let short = measure(&numbers(60.0, "a 0 10, b 10 20"));
        assert!(short.talk_ratio.is_some());
        assert_eq!(point(&short), Point::default());
    }
}
