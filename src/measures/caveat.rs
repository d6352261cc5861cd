//! Caveats: what to know before trusting a number, in plain words, with advice, and about the number, never the person.

use super::{
    ByRole, MIN_UTTERANCES, Numbers,
    talk::{MAX_UNATTRIBUTED, MIN_ATTRIBUTED_S, Speech},
    timing::{MIN_TURNS, Turns},
};
use crate::texts::say;

macro_rules! caveats {
    ($($name:ident $code:literal)*) => {
        /// A reason to doubt a number; [`Caveat::message`] says each in words.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
        pub enum Caveat {
            $(#[doc = concat!("`", $code, "`")] $name,)*
        }

        impl Caveat {
            /// All there are, the weightiest first.
            pub const ALL: &[Caveat] = &[$(Caveat::$name),*];

            /// What scripts know it by.
            pub fn code(self) -> &'static str {
                match self {
                    $(Self::$name => $code,)*
                }
            }

            /// What people read. `SESSION` in it stands for the session's id.
            pub fn message(self) -> &'static str {
                match self {
                    $(Self::$name => say!(concat!("caveat-", $code)),)*
                }
            }
        }
    };
}

caveats! {
    NoSpeech "no_speech"
    SilentTrack "silent_track"
    OneVoice "one_voice"
    NoSpeakerModel "no_speaker_model"
    MuchUnattributed "much_unattributed"
    ShortSession "short_session"
    SimilarVoices "similar_voices"
    MoreVoices "more_voices"
    Echo "echo"
    RolesAssumed "roles_assumed"
    Recovered "recovered"
    Damaged "damaged"
    Dropped "dropped"
    Gaps "gaps"
    DemoModel "demo_model"
    WordsFailed "words_failed"
    WordsPoor "words_poor"
    FewTurns "few_turns"
    FewUtterances "few_utterances"
    CourseDropped "course_dropped"
    WrittenTranscript "written_transcript"
    OneMicrophone "one_microphone"
    ConsentAsserted "consent_asserted"
    MovesNotCoded "moves_not_coded"
    MovesByWordsOnly "moves_by_words_only"
    NotEnglish "not_english"
    BackchannelsCounted "backchannels_counted"
    Unknown "unknown"
}

impl Caveat {
    /// What an earlier stage meant by `code`.
    pub fn from_code(code: &str) -> Self {
        Self::ALL.iter().copied().find(|caveat| caveat.code() == code).unwrap_or(Self::Unknown)
    }
}

/// The caveats of a session, each once, the weightiest first.
pub fn about(numbers: &Numbers, speech: &Speech, turns: &ByRole<Turns>) -> Vec<Caveat> {
    let noted = numbers.doubts.iter().chain(&numbers.word_numbers_unusable).map(|code| Caveat::from_code(code));
    let spoken = speech.attributed_s() + speech.unattributed_s > 0.0;
    let unattributed = speech.unattributed().is_some_and(|share| share.get() > MAX_UNATTRIBUTED);
    let words = numbers.words();
    let few_turns = turns.coach.count.min(turns.coachee.count) < MIN_TURNS;
    let found = [
        (Caveat::NoSpeech, !spoken),
        (Caveat::MuchUnattributed, unattributed),
        (Caveat::ShortSession, spoken && speech.attributed_s() < MIN_ATTRIBUTED_S),
        (Caveat::FewTurns, spoken && few_turns),
        (Caveat::Recovered, numbers.recovered),
        (Caveat::Dropped, numbers.dropped_s > 0.0),
        (Caveat::Gaps, numbers.gaps > 0),
        (Caveat::OneMicrophone, numbers.tracks < 2 && !numbers.doubts(Caveat::WrittenTranscript)),
        (Caveat::FewUtterances, words.is_some_and(|words| words.directiveness.utterances < MIN_UTTERANCES)),
        (Caveat::MovesNotCoded, words.is_none() && numbers.word_numbers_unusable.is_none()),
        (Caveat::BackchannelsCounted, spoken && (words.is_none() || numbers.doubts(Caveat::WrittenTranscript))),
    ];
    let mut caveats: Vec<Caveat> =
        noted.chain(found.into_iter().filter(|(_, holds)| *holds).map(|(caveat, _)| caveat)).collect();
    caveats.sort();
    caveats.dedup();
    caveats
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::super::{measure, properties::numbers};
    use super::*;

    fn codes(numbers: &Numbers) -> Vec<&'static str> {
        measure(numbers).caveats.into_iter().map(Caveat::code).collect()
    }

    #[test]
    fn codes_are_unique_and_found_again() {
        let codes: HashSet<&str> = Caveat::ALL.iter().map(|caveat| caveat.code()).collect();
        assert_eq!(codes.len(), Caveat::ALL.len());
        assert!(Caveat::ALL.iter().all(|&caveat| Caveat::from_code(caveat.code()) == caveat));
        assert_eq!(Caveat::from_code("of a later version"), Caveat::Unknown);
    }

    #[test]
    fn each_has_its_words() {
        assert!(Caveat::ALL.iter().all(|caveat| caveat.message().contains(' ')));
    }

    #[test]
    fn an_empty_session() {
        assert_eq!(codes(&Numbers::default()), ["no_speech", "one_microphone", "moves_not_coded"]);
    }

    #[test]
    fn limits() {
        let long = "a 0 20, b 21 22, a 23 24, b 25 26, a 27 28, b 29 30, a 31 32, b 33 34, a 35 36, b 37 45";
        let usual = ["one_microphone", "moves_not_coded", "backchannels_counted"];
        assert_eq!(codes(&numbers(60.0, long)), usual);
        assert_eq!(codes(&Numbers { tracks: 2, ..numbers(60.0, long) }), usual[1..]);
        let short = measure(&numbers(60.0, "a 0 10, b 10 29.9"));
        assert!(short.has(Caveat::ShortSession) && short.has(Caveat::FewTurns) && short.talk_ratio.is_some());
        assert!(!measure(&numbers(60.0, "a 0 10, b 10 30")).has(Caveat::ShortSession));
        assert!(measure(&numbers(60.0, "a 0 20, b 20 40, ? 40 51")).has(Caveat::MuchUnattributed));
        assert!(!measure(&numbers(60.0, "a 0 20, b 20 40, ? 40 50")).has(Caveat::MuchUnattributed));
    }

    #[test]
    fn a_written_transcript_had_no_microphone() {
        let written = Numbers { doubts: vec!["written_transcript".into()], ..Numbers::default() };
        assert_eq!(codes(&written), ["no_speech", "written_transcript", "moves_not_coded"]);
    }

    #[test]
    fn doubts_of_earlier_stages_come_in_once() {
        let doubted = Numbers {
            doubts: vec!["roles_assumed".into(), "echo".into(), "echo".into(), "from the future".into()],
            word_numbers_unusable: Some("demo_model".into()),
            dropped_s: 0.5,
            gaps: 1,
            recovered: true,
            ..Numbers::default()
        };
        let expected = [
            "no_speech",
            "echo",
            "roles_assumed",
            "recovered",
            "dropped",
            "gaps",
            "demo_model",
            "one_microphone",
            "unknown",
        ];
        assert_eq!(codes(&doubted), expected);
    }
}
