//! Numbers about a session. Every one has a definition, an interval and a case where it says "not enough to say".
//!
//! [`Numbers`] is what is stored of a session in the clear: who spoke when, and what casts doubt on it. [`measure`] makes
//! of it what both people see. What is made of the words is made once, by [`words()`] at the end of the session, and stored as
//! [`WordNumbers`]: sums over the session, for both assignments of the roles.

mod caveat;
mod counts;
mod course;
mod directiveness;
mod exchange;
mod flanders;
mod floor;
mod interval;
mod ownership;
mod point;
mod record;
mod talk;
mod timing;
mod waiting;
mod words;

#[cfg(test)]
pub(crate) mod properties;

use serde::{Deserialize, Serialize};

pub use self::{
    caveat::Caveat,
    counts::{MIN_QUESTIONS, Moves, Questions},
    course::{Does, Mark, Stretch, stretches},
    directiveness::{Directiveness, MIN_UTTERANCES},
    flanders::Flanders,
    interval::Interval,
    ownership::{MIN_STEPS, Ownership},
    point::{Dated, Point, Setting, point},
    talk::{Speech, TalkRatio},
    timing::{MIN_TURNS, Turns},
    waiting::{LENGTHS, LONG_S, MIN_WAITS, Waiting, Waits},
    words::{WordNumbers, words, words_untimed},
};
use crate::{
    session::Role,
    units::{Sample, Span},
};

/// A stretch of somebody's speech. `role` is `None` where nobody can say whose.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct RoleSpan {
    pub span: Span,
    pub role: Option<Role>,
    /// `0..=1`.
    pub confidence: f32,
}

/// Names of the models that worked on a session.
#[derive(Clone, Debug, PartialEq, Default, Serialize, Deserialize)]
pub struct Models {
    /// Empty when the words came from a written transcript.
    pub whisper: String,
    pub speaker: Option<String>,
    pub moves: Option<String>,
}

/// Everything the numbers are made of, and no word: what the vault stores, as JSON.
#[derive(Clone, Debug, PartialEq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Numbers {
    /// Pauses and gaps excluded.
    pub duration_s: f64,
    pub tracks: u8,
    pub spans: Vec<RoleSpan>,
    /// What of the session lies outside the record, by the same clock as `spans`: in no duration.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub outside: Vec<Span>,
    /// Sound that came and could not be kept, in seconds.
    pub dropped_s: f64,
    pub gaps: u32,
    /// Moments that somebody marked while it ran, to talk about them afterwards.
    pub marked: Vec<Sample>,
    /// The recording was cut off, and this is what survived of it.
    pub recovered: bool,
    pub models: Models,
    /// Codes of [`Caveat`]s that earlier stages raised.
    pub doubts: Vec<String>,
    /// The code of the caveat that forbids every number made of words, e.g. `demo_model`.
    pub word_numbers_unusable: Option<String>,
    pub words_decoded: bool,
    /// What was made of the words, for the roles as they are and the other way round; `None` when nothing was.
    pub by_words: Option<Box<[WordNumbers; 2]>>,
}

impl Numbers {
    /// The same session with coach and coachee the other way round, as somebody said who was there. All that is lost is when
    /// the coach told and asked, and a caveat says so.
    pub fn swapped(&self) -> Self {
        let mut numbers = self.settled();
        let had_course = self.words().is_some_and(|words| !words.marks.is_empty());
        numbers.doubts.extend(had_course.then(|| Caveat::CourseDropped.code().to_owned()));
        for span in &mut numbers.spans {
            span.role = span.role.map(Role::other);
        }
        if let Some(both) = &mut numbers.by_words {
            both.reverse();
            // They were of whom the roles now call the coachee, and of them no utterance is told apart in the clear.
            both.iter_mut().for_each(|words| words.marks.clear());
        }
        numbers
    }

    /// The same session, once somebody who was there has said that the roles are right: they are no guess any more.
    pub fn settled(&self) -> Self {
        let mut numbers = self.clone();
        numbers.doubts.retain(|code| code != Caveat::RolesAssumed.code());
        numbers
    }

    /// What was made of the words with the roles as they are, if it may be used.
    pub fn words(&self) -> Option<&WordNumbers> {
        let usable = self.word_numbers_unusable.is_none();
        self.by_words.as_deref().map(|[as_is, _]| as_is).filter(|_| usable)
    }

    /// Whether an earlier stage raised this caveat.
    pub fn doubts(&self, caveat: Caveat) -> bool {
        self.doubts.iter().any(|code| code == caveat.code())
    }
}

/// One value for each of the two people.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ByRole<T> {
    pub coach: T,
    pub coachee: T,
}

impl<T> ByRole<T> {
    /// Calls `make` for the coach, then for the coachee.
    pub fn each(mut make: impl FnMut(Role) -> T) -> Self {
        Self { coach: make(Role::Coach), coachee: make(Role::Coachee) }
    }

    pub fn of(&self, role: Role) -> &T {
        match role {
            Role::Coach => &self.coach,
            Role::Coachee => &self.coachee,
        }
    }
}

/// What can be said of a session.
#[derive(Clone, Debug, PartialEq)]
pub struct Measures {
    pub speech: Speech,
    /// `None` when nobody's speech could be attributed.
    pub talk_ratio: Option<TalkRatio>,
    pub turns: ByRole<Turns>,
    /// How often each cut in on the other; `None` unless each has a microphone that can be trusted.
    pub interruptions: Option<ByRole<u32>>,
    /// What is made of the words, also where there is too little to say; `None` when they are not there, or not to be trusted,
    /// or would be the wrong person's.
    pub words: Option<WordNumbers>,
    /// What to know before trusting the above: each once, the weightiest first.
    pub caveats: Vec<Caveat>,
}

impl Measures {
    pub fn has(&self, caveat: Caveat) -> bool {
        self.caveats.contains(&caveat)
    }
}

/// With one of these what is made of the words would be made of the wrong person's: one voice is taken for the coach's, what a
/// silent track should have heard counts as a wait.
const WHOSE_UNKNOWN: [Caveat; 2] = [Caveat::SilentTrack, Caveat::OneVoice];

/// Measures a session.
pub fn measure(numbers: &Numbers) -> Measures {
    let floor = floor::Floor::of(&record::Record::without(&numbers.outside).spans(&numbers.spans));
    let speech = talk::speech(numbers, &floor);
    let turns = timing::turns(&floor);
    let caveats = caveat::about(numbers, &speech, &turns);
    let whose_is_known = !WHOSE_UNKNOWN.iter().any(|unknown| caveats.contains(unknown));
    Measures {
        talk_ratio: talk::ratio(numbers, &speech, &turns),
        interruptions: timing::interruptions(numbers, &floor),
        words: numbers.words().filter(|_| whose_is_known).cloned(),
        caveats,
        speech,
        turns,
    }
}
