//! Spoken commands: what an utterance of a few words asks of the recorder, if it begins with the wake word. Of the words
//! nothing is left but the command.

use zeroize::Zeroizing;

use super::Word;

/// What a recorder can be asked by voice.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Command {
    Pause,
    Resume,
    Mark,
    OffTheRecord,
    BackOnTheRecord,
    StopRecording,
    /// Wants a [`Command::YesDelete`] soon after.
    DeleteSession,
    /// The only one that needs no wake word: it answers a question.
    YesDelete,
}

/// How each is said, after the wake word. The whole of the rest must be it: "sidetone pauses too often" is talk.
const PHRASES: &[(Command, &str)] = &[
    (Command::Pause, "pause"),
    (Command::Pause, "paws"),
    (Command::Pause, "pause the recording"),
    (Command::Pause, "pause recording"),
    (Command::Resume, "resume"),
    (Command::Resume, "resume the recording"),
    (Command::Resume, "resume recording"),
    (Command::Mark, "mark that"),
    (Command::Mark, "mark this"),
    (Command::OffTheRecord, "off the record"),
    (Command::BackOnTheRecord, "back on the record"),
    (Command::StopRecording, "stop recording"),
    (Command::StopRecording, "stop the recording"),
    (Command::DeleteSession, "delete this session"),
    (Command::DeleteSession, "delete the session"),
    (Command::YesDelete, "yes delete"),
];
/// Said without the wake word.
const CONFIRMATIONS: &[(Command, &str)] = &[
    (Command::YesDelete, "yes delete"),
    (Command::YesDelete, "yes delete it"),
    (Command::YesDelete, "yes delete this session"),
];
/// Words that a polite person may add in front or behind.
const POLITE: &[&str] = &["please", "now", "thanks"];

/// Decoders write a rare word as one, two or three.
const WAKE_PARTS_MAX: usize = 3;
/// The most words of any command, with room for politeness and a wake word in parts.
const WORDS_MAX: usize = 10;
/// One letter in so many may be wrong in the wake word ("side tone", "sight tone", "sidestone").
const WAKE_LETTERS_PER_ERROR: usize = 4;
/// So many letters may be wrong in a phrase that has as many letters as this: "on the record" is two from "off the record".
/// Of a short one none may be too many or too few: "pauses" is no command.
const ONE_WRONG_FROM: usize = 10;
const TWO_WRONG_FROM: usize = 13;
/// A wake word with fewer letters is heard in everything.
const WAKE_LETTERS_MIN: usize = 5;

/// What a command begins with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WakeWord(String);

impl WakeWord {
    /// `None` for what would be heard by mistake, or never: fewer than five letters, more than three words, other than
    /// letters.
    pub fn new(text: &str) -> Option<Self> {
        let letters = letters(text);
        let parts = text.split_whitespace().count();
        let plain = text.chars().all(|c| c.is_alphabetic() || " -'".contains(c));
        (plain && parts <= WAKE_PARTS_MAX && letters.chars().count() >= WAKE_LETTERS_MIN)
            .then(|| Self((*letters).clone()))
    }

    /// The command that an utterance is, if it is one.
    pub fn command(&self, said: &[Word]) -> Option<Command> {
        let words: Vec<Zeroizing<String>> = said
            .iter()
            .flat_map(|word| word.text.words().split(|c: char| !(c.is_alphanumeric() || c == '\'')))
            .map(letters)
            .filter(|word| !word.is_empty())
            .collect();
        if words.len() > WORDS_MAX {
            return None;
        }
        let after_wake = (1..=WAKE_PARTS_MAX.min(words.len())).filter_map(|parts| {
            let (wake, rest) = words.split_at(parts);
            let errors = strsim::levenshtein(&sounding(&joined(wake)), &self.0);
            (errors <= self.0.chars().count() / WAKE_LETTERS_PER_ERROR).then_some((errors, rest))
        });
        let woken = after_wake
            .filter_map(|(errors, rest)| closest(rest, PHRASES).map(|(more, command)| (errors + more, command)))
            .min_by_key(|(errors, _)| *errors);
        woken.or_else(|| closest(&words, CONFIRMATIONS)).map(|(_, command)| command)
    }
}

/// The phrase that words are, give or take what a decoder gets wrong, and how much that was.
fn closest(words: &[Zeroizing<String>], phrases: &[(Command, &'static str)]) -> Option<(usize, Command)> {
    let polite = |word: &&Zeroizing<String>| POLITE.contains(&word.as_str());
    let front = words.iter().take_while(polite).count();
    let behind = words.iter().skip(front).rev().take_while(polite).count();
    let said = joined(once(words.get(front..words.len() - behind)?));
    let fits = |phrase: &str| {
        let phrase = letters(phrase);
        let errors = strsim::levenshtein(&said, &phrase);
        let allowed = match phrase.len() {
            TWO_WRONG_FROM.. => 2,
            ONE_WRONG_FROM.. => 1,
            length => usize::from(said.len() == length),
        };
        (errors <= allowed).then_some(errors)
    };
    let fitting = || phrases.iter().filter_map(|(command, phrase)| Some((fits(phrase)?, *command)));
    let best = fitting().min_by_key(|(errors, _)| *errors)?;
    // What is as near to another command is neither.
    fitting().all(|other| other.0 > best.0 || other.1 == best.1).then_some(best)
}

/// Words that were said, or decoded, twice are taken once.
fn once(words: &[Zeroizing<String>]) -> &[Zeroizing<String>] {
    match words.split_at(words.len() / 2) {
        (first, second) if first == second => first,
        _ => words,
    }
}

fn joined(words: &[Zeroizing<String>]) -> Zeroizing<String> {
    let mut joined = Zeroizing::new(String::with_capacity(words.iter().map(|word| word.len()).sum()));
    words.iter().for_each(|word| joined.push_str(word));
    joined
}

/// In small letters.
fn letters(text: &str) -> Zeroizing<String> {
    // Of a letter at most three come, and a string that grows would leave copies behind.
    let mut letters = Zeroizing::new(String::with_capacity(3 * text.len()));
    letters.extend(text.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase));
    letters
}

/// Letters that nobody hears in English: "sight tone" is "sit tone" to whoever compares letters.
fn sounding(word: &str) -> Zeroizing<String> {
    let mut heard = Zeroizing::new(String::with_capacity(word.len()));
    word.split("gh").for_each(|part| heard.push_str(part));
    heard
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        transcript::Spoken,
        units::{Sample, Span},
    };

    fn said(text: &str) -> Vec<Word> {
        let span = Span::new(Sample(0), Sample(1)).unwrap();
        let word = |text: &str| Word { span, text: Spoken::new(text.to_owned()), probability: 1.0 };
        text.split_whitespace().map(word).collect()
    }

    fn heard(wake: &str, text: &str) -> Option<Command> {
        WakeWord::new(wake).unwrap().command(&said(text))
    }

    #[test]
    fn a_command_is_heard_however_it_was_written() {
        for (text, command) in [
            ("Sidetone, pause.", Command::Pause),
            ("side tone pause", Command::Pause),
            ("Side-tone, pause the recording please.", Command::Pause),
            ("Sight tone. Paws.", Command::Pause),
            ("SIDETONE RESUME", Command::Resume),
            ("Sidestone, resume now", Command::Resume),
            ("Sidetone, please mark that.", Command::Mark),
            ("Cidetone mark this", Command::Mark),
            ("Sidetone, off the record.", Command::OffTheRecord),
            ("Sidetone of the record", Command::OffTheRecord),
            ("Sidetone back on the record", Command::BackOnTheRecord),
            ("Sidetone, stop recording.", Command::StopRecording),
            ("Sidetone, stop reporting.", Command::StopRecording),
            ("Sidetone, mark that, mark that.", Command::Mark),
            ("Side tone, stop the recording!", Command::StopRecording),
            ("Sidetone, delete this session.", Command::DeleteSession),
            ("Sidetone, delete this sessions.", Command::DeleteSession),
            ("Yes, delete.", Command::YesDelete),
            ("Yes. Delete it, please.", Command::YesDelete),
            ("Sidetone, yes, delete.", Command::YesDelete),
        ] {
            assert_eq!(heard("sidetone", text), Some(command), "{text}");
        }
    }

    #[test]
    fn talk_is_no_command() {
        for text in [
            "",
            "Sidetone.",
            "Pause.",
            "Off the record.",
            "Stop recording.",
            "I said sidetone, pause.",
            "Okay, sidetone, mark that.",
            "Sidetone pauses when you ask it to.",
            "Sidetone pauses.",
            "Sidetone, on the record.",
            "Sidetone marks that we were late.",
            "Sidetone stopped recording yesterday.",
            "Sidetone, what is off the record?",
            "Someone, stop recording.",
            "Yes.",
            "Yes, delete the second question from the worksheet.",
            "No, don't delete.",
            "We could delete this session from the plan.",
        ] {
            assert_eq!(heard("sidetone", text), None, "{text}");
        }
    }

    #[test]
    fn a_pair_may_have_a_wake_word_of_their_own() {
        assert_eq!(heard("Dear Diary", "Dear diary, pause."), Some(Command::Pause));
        assert_eq!(heard("Dear Diary", "Sidetone, pause."), None);
        assert_eq!(heard("zebra", "Zebra, off the record."), Some(Command::OffTheRecord));
        for text in ["", "hey", "four words are too", "one1", "a b c d"] {
            assert_eq!(WakeWord::new(text), None, "{text}");
        }
    }

    #[test]
    fn no_two_commands_are_confused() {
        for (i, (command, phrase)) in PHRASES.iter().enumerate() {
            let words: Vec<_> = phrase.split(' ').map(|word| Zeroizing::new(word.to_owned())).collect();
            assert_eq!(closest(&words, PHRASES), Some((0, *command)));
            for (other, near) in &PHRASES[i + 1..] {
                let far = strsim::levenshtein(&letters(phrase), &letters(near));
                assert!(command == other || far > 2, "{phrase} and {near} differ in {far} letters");
            }
        }
    }

    proptest::proptest! {
        #[test]
        fn any_words_are_read_without_a_panic(text: String) {
            let _ = heard("sidetone", &text);
        }
    }
}
