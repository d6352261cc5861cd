//! Clause-sized units: what is coded. MISC's utterance is "a complete thought"; it ends where another thought begins, or
//! where the other speaks. Whisper writes punctuation well, badly or not at all, so that both it and the words decide.
//!
//! A text is cut after `.`, `?`, `!`, `;` and dashes between words; at a comma, or at a conjunction without one, before a
//! question (a question word or an auxiliary with what follows it); and where a run is longer than [`LONG`] words, before a
//! clause with its own subject ("but I", "and they").

use std::ops::Range;

/// Words that a unit without punctuation may have before it is cut where a clause seems to begin.
const LONG: usize = 14;
/// Words that either side of a cut within a sentence has at least: shorter ones are seldom a thought.
const SHORT: usize = 4;
/// Words after which a run is cut whatever it says, so that no input makes an endless unit.
const LONGEST: usize = 60;

const ABBREVIATIONS: [&str; 14] =
    ["mr.", "mrs.", "ms.", "dr.", "st.", "e.g.", "i.e.", "vs.", "etc.", "a.m.", "p.m.", "prof.", "no.", "u.s."];
const CONJUNCTIONS: [&str; 6] = ["and", "but", "so", "because", "or", "then"];
const SUBJECTS: [&str; 20] = [
    "i", "you", "he", "she", "it", "we", "they", "that", "there", "this", "i'm", "you're", "it's", "that's", "we're",
    "they're", "i've", "you've", "i'll", "let's",
];
const ASKING: [&str; 8] = ["what", "how", "why", "where", "when", "who", "which", "what's"];
const AUXILIARIES: [&str; 24] = [
    "do", "does", "did", "is", "are", "was", "were", "can", "could", "would", "will", "have", "has", "should", "might",
    "don't", "didn't", "isn't", "aren't", "can't", "couldn't", "wouldn't", "haven't", "won't",
];

/// The units of a text as ranges of its bytes: in order, disjoint, none without a letter or digit. A text without any
/// letter or digit has none.
pub fn clauses(text: &str) -> Vec<Range<usize>> {
    let words = words(text);
    let mut units = Vec::new();
    let mut first = 0;
    for index in 0..words.len() {
        let unit = words.get(first..=index).unwrap_or_default();
        let rest = words.get(index + 1..).unwrap_or_default();
        if rest.is_empty() || ends_sentence(text, unit, rest) || ends_clause(unit, rest) {
            if let (Some(start), Some(end)) = (unit.first(), unit.last()) {
                units.push(start.at.start..end.at.end);
            }
            first = index + 1;
        }
    }
    units.retain(|unit| text.get(unit.clone()).is_some_and(|words| words.chars().any(char::is_alphanumeric)));
    units
}

struct Word {
    at: Range<usize>,
    /// Lower case, without punctuation around it.
    bare: String,
    /// As written, lower case.
    written: String,
}

fn words(text: &str) -> Vec<Word> {
    let mut words = Vec::new();
    let mut start = None;
    for (at, character) in text.char_indices().chain([(text.len(), ' ')]) {
        // A dash between words is a word's end; within one ("well-known") it is part of it.
        let gap = character.is_whitespace() || character.is_control();
        match (gap, start) {
            (false, None) => start = Some(at),
            (true, Some(from)) => {
                start = None;
                if let Some(written) = text.get(from..at) {
                    words.push(Word::new(from..at, written));
                }
            }
            _ => {}
        }
    }
    words
}

impl Word {
    fn new(at: Range<usize>, written: &str) -> Self {
        let written = written.to_lowercase().replace('\u{2019}', "'");
        let bare = written.trim_matches(|character: char| !character.is_alphanumeric()).to_owned();
        Self { at, bare, written }
    }

    fn ends_with(&self, marks: &[char]) -> bool {
        self.written.trim_end_matches(['"', '\'', ')', '\u{201d}']).ends_with(marks)
    }

    fn is_one_of(&self, list: &[&str]) -> bool {
        list.contains(&self.bare.as_str())
    }
}

fn ends_sentence(text: &str, unit: &[Word], rest: &[Word]) -> bool {
    let (Some(last), Some(next)) = (unit.last(), rest.first()) else { return true };
    if last.ends_with(&['?', '!', ';', '\u{2026}'])
        || last.written.ends_with("--")
        || last.written.ends_with('\u{2014}')
    {
        return true;
    }
    // "3.5" is one word already; "Mr. Hall" and "e.g. this" go on; "..." before a small letter is a pause.
    let pause = last.written.ends_with("...") && starts_small(text, next);
    last.ends_with(&['.']) && !ABBREVIATIONS.contains(&last.written.as_str()) && !pause
}

fn starts_small(text: &str, word: &Word) -> bool {
    text.get(word.at.clone()).and_then(|word| word.chars().next()).is_some_and(char::is_lowercase)
}

/// Whether another clause begins right after `unit`, in the middle of a sentence.
fn ends_clause(unit: &[Word], rest: &[Word]) -> bool {
    if unit.len() >= LONGEST {
        return true;
    }
    // No further than it takes to tell: a text without marks may be as long as a file.
    let mut near = rest.iter().take(SHORT);
    let ahead = near.position(|word| word.ends_with(&['.', '?', '!', ';'])).map_or(rest.len(), |at| at + 1);
    let (Some(last), [next, after, ..]) = (unit.last(), rest) else { return false };
    if unit.len() < SHORT || ahead < SHORT {
        return false;
    }
    let comma = last.ends_with(&[',', ':']);
    let (asking, verb) = match next.is_one_of(&CONJUNCTIONS) {
        true => (after, rest.get(2)),
        false => (next, Some(after)),
    };
    // "..., what did you see", "... and how do they know": a question begins.
    let asks = asking.is_one_of(&ASKING) && verb.is_some_and(|verb| verb.is_one_of(&AUXILIARIES))
        || asking.is_one_of(&AUXILIARIES) && verb.is_some_and(|verb| verb.is_one_of(&["you", "they", "we"]));
    let joined = next.is_one_of(&CONJUNCTIONS) && after.is_one_of(&SUBJECTS);
    let led_in =
        unit.last().is_some_and(|last| last.is_one_of(&["know", "wonder", "about", "is", "of", "on", "if", "that"]));
    (asks && (comma || (next.is_one_of(&CONJUNCTIONS) || unit.len() > LONG) && !led_in))
        || (joined && comma && !next.is_one_of(&["because", "or"]) && unit.len() > LONG)
        || (joined && unit.len() > 2 * LONG)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn cut(text: &str) -> Vec<&str> {
        clauses(text).into_iter().map(|range| &text[range]).collect()
    }

    #[test]
    fn cuts() {
        let table: &[(&str, &[&str])] = &[
            ("", &[]),
            ("... -- ?", &[]),
            ("Mm hm.", &["Mm hm."]),
            ("That went well. What did you see?", &["That went well.", "What did you see?"]),
            ("Mr. Hall said 3.5 metres, e.g. a lot.", &["Mr. Hall said 3.5 metres, e.g. a lot."]),
            ("I just... wanted to see. Yes!", &["I just... wanted to see.", "Yes!"]),
            (
                "I looked at your plan again, what did you want them to learn",
                &["I looked at your plan again,", "what did you want them to learn"],
            ),
            (
                "they were quiet at the back and what do you think they were doing",
                &["they were quiet at the back", "and what do you think they were doing"],
            ),
            ("I wonder what they did.", &["I wonder what they did."]),
            ("I don't know what you think about that one.", &["I don't know what you think about that one."]),
            // Three words are no thought of their own.
            ("It was loud, but I let it go on.", &["It was loud, but I let it go on."]),
            ("it was loud in there, but I let it go on", &["it was loud in there, but I let it go on"]),
            (
                "they had all been sitting there in the back for ten minutes with nothing to do, but I let it go on",
                &[
                    "they had all been sitting there in the back for ten minutes with nothing to do,",
                    "but I let it go on",
                ],
            ),
        ];
        for (text, expected) in table {
            assert_eq!(cut(text), *expected, "{text}");
        }
    }

    #[test]
    fn ten_thousand_words_without_a_mark_are_cut() {
        let text = "word ".repeat(10_000);
        let units = clauses(&text);
        assert_eq!(units.len(), 10_000usize.div_ceil(LONGEST));
    }

    proptest! {
        #[test]
        fn units_are_in_order_and_within_any_text(text in any::<String>()) {
            let mut end = 0;
            for unit in clauses(&text) {
                prop_assert!(unit.start >= end && unit.start < unit.end);
                prop_assert!(text.get(unit.clone()).is_some_and(|unit| unit.chars().any(char::is_alphanumeric)));
                end = unit.end;
            }
            prop_assert!(end <= text.len());
        }
    }
}
