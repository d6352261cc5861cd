//! The listed words of a backchannel: alone, or a few of them in a row. After Jurafsky et al., "Switchboard SWBD-DAMSL"
//! (1997), acknowledgements (`b`, `bk`, `ba`); that study's commonest, and their spellings in Whisper's English.

use super::features::{plain, split};

const LISTED: [&str; 35] = [
    "mm",
    "mhm",
    "mmm",
    "hm",
    "hmm",
    "mmhm",
    "mmhmm",
    "uhhuh",
    "huh",
    "yeah",
    "yep",
    "yes",
    "yup",
    "okay",
    "ok",
    "right",
    "sure",
    "oh",
    "aha",
    "really",
    "wow",
    "gotcha",
    "cool",
    "alright",
    "true",
    "exactly",
    "absolutely",
    "definitely",
    "great",
    "good",
    "nice",
    "no",
    "fine",
    "lovely",
    "perfect",
];
/// Two words that count as one listed word.
const PAIRS: [[&str; 2]; 3] = [["i", "see"], ["got", "it"], ["all", "right"]];
/// Alone these take a side: "no." refuses (`nn`), "perfect." praises (`ba`), and neither leaves the floor where it was. Beside
/// other listed words ("oh no") they do not. The features that the head was trained on count them as listening.
pub(super) const JUDGING: [&str; 2] = ["no", "perfect"];
/// Listed words in a row that a backchannel has at most.
const MAX_WORDS: usize = 3;
/// What a transcriber puts a note in: not speech.
pub(super) const BRACKETS: (char, char) = ('[', ']');

/// Whether a text is made of listed words only.
pub(super) fn listening(text: &str) -> bool {
    // "Mm-hmm" is one word.
    let words: Vec<String> = split(&plain(text).replace('-', "")).take(2 * MAX_WORDS + 1).collect();
    let mut rest = words.as_slice();
    let mut count = 0;
    while let [word, after @ ..] = rest {
        let pair =
            after.first().is_some_and(|next| PAIRS.iter().any(|[first, second]| word == first && next == second));
        rest = match (pair, LISTED.contains(&word.as_str())) {
            (true, _) => after.get(1..).unwrap_or_default(),
            (false, true) => after,
            (false, false) => return false,
        };
        count += 1;
    }
    (1..=MAX_WORDS).contains(&count)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn listed_words_and_nothing_else() {
        let table = [
            ("Mm-hmm.", true),
            ("mm hm", true),
            ("Oh, I see.", true),
            ("Right, okay, got it.", true),
            ("Um, yeah.", true),
            ("[laughs] Yeah.", true),
            ("Yeah yeah yeah yeah.", false),
            ("Yeah, they did.", false),
            ("I.", false),
            ("[laughs]", false),
            ("", false),
        ];
        for (text, expected) in table {
            assert_eq!(listening(text), expected, "{text}");
        }
    }
}
