//! Caveats: what to know before trusting a number, in plain words, with advice, and about the number, never the person.

use super::{
    ByRole, MIN_UTTERANCES, Numbers,
    talk::{MAX_UNATTRIBUTED, MIN_ATTRIBUTED_S, Speech},
    timing::{MIN_TURNS, Turns},
};

macro_rules! caveats {
    ($($name:ident $code:literal $message:literal)*) => {
        /// A reason to doubt a number. `SESSION` in a message stands for the session's id.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
        pub enum Caveat {
            $(#[doc = $message] $name,)*
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

            /// What people read.
            pub fn message(self) -> &'static str {
                match self {
                    $(Self::$name => $message,)*
                }
            }
        }
    };
}

caveats! {
    NoSpeech "no_speech"
        "No speech was heard. Check that the microphone is not muted, and that `--input` named the right one."
    SilentTrack "silent_track"
        "One of the two microphones heard next to nothing, so one person's talk is missing. Check its cable and that it is not muted."
    OneVoice "one_voice"
        "Only one voice was found, so the shares mean little. Put the microphone between you, or give each person one."
    NoSpeakerModel "no_speaker_model"
        "The model that tells voices apart is not installed, and without it they are mixed up more often. `sidetone models list` shows what is missing."
    MuchUnattributed "much_unattributed"
        "For more than a fifth of the speech nobody can say whose it was. A microphone nearer to both of you, or one each, helps."
    ShortSession "short_session"
        "Of less than half a minute of talk it is clear whose it was: not enough to say how it was shared."
    SimilarVoices "similar_voices"
        "The two voices sound alike to the program and may have been mixed up. A microphone each settles it."
    MoreVoices "more_voices"
        "A third voice seems to have been there. What it said is counted as one of yours, so the shares may be off."
    Echo "echo"
        "Each microphone also heard the other person. That was taken out as well as it could be; microphones further apart, or headphones online, do better."
    RolesAssumed "roles_assumed"
        "Whoever spoke first was taken for the coach. If that is the wrong way round: `sidetone swap SESSION`."
    Recovered "recovered"
        "The recording was cut off; these numbers are made of what was saved until then."
    Dropped "dropped"
        "The computer was too busy to keep all of the sound; what was lost is in no number. Close other programs next time."
    Gaps "gaps"
        "The recording has gaps, such as pauses; they are outside every number."
    DemoModel "demo_model"
        "The demo model knows synthetic voices only, so nothing is counted from the words of real ones. `sidetone models fetch base.en` gets a model for real voices."
    WordsFailed "words_failed"
        "The words could not be decoded; who spoke when is not affected. The sealed recording is kept: `sidetone transcript redo SESSION`."
    WordsPoor "words_poor"
        "The words were decoded poorly; who spoke when is not affected. A larger model may do better: `sidetone transcript redo SESSION --model NAME`."
    FewTurns "few_turns"
        "There were few turns, so their typical length may be chance."
    FewUtterances "few_utterances"
        "The coach said fewer than twenty things: not enough to say how directive it was."
    CourseDropped "course_dropped"
        "When you told and asked is not shown since the roles were exchanged: it is kept of the coach alone, and what was kept was the coachee's."
    WrittenTranscript "written_transcript"
        "Times come from a written transcript, not from sound, and are as exact as whoever wrote it."
    OneMicrophone "one_microphone"
        "Interruptions are not counted: with one microphone, two people speaking at once cannot be told apart well enough."
    ConsentAsserted "consent_asserted"
        "Consent was stated on the command line for both people; nobody was asked by the program."
    MovesNotCoded "moves_not_coded"
        "Questions, advice, waiting and next steps are not counted: there are no words to count them by."
    MovesByWordsOnly "moves_by_words_only"
        "What kind of thing was said is told by words alone, which is less exact. `sidetone models fetch text` gets the model that helps."
    NotEnglish "not_english"
        "This does not seem to be English, the only language in which questions, advice and the like are told apart."
    BackchannelsCounted "backchannels_counted"
        "\"Mm hm\" and the like count as talk."
    Unknown "unknown"
        "Another version of the program noted a doubt that this one does not know."
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
        (Caveat::BackchannelsCounted, spoken && words.is_none()),
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
