//! From a decoder's tokens to words. What is made on the way is wiped as the words are.

use zeroize::Zeroizing;

/// A token of text.
#[derive(Clone, Copy)]
pub struct Token<'a> {
    /// Part of a word, or of a character: tokens are bytes.
    pub bytes: &'a [u8],
    pub probability: f32,
    pub logprob: f32,
}

/// A word that has no time yet. Not printable: it is speech.
#[derive(Clone, PartialEq)]
pub struct Decided {
    pub text: Zeroizing<String>,
    /// Of its least likely token.
    pub probability: f32,
}

/// More of the same than this in a row is a decoder caught in a loop, not a person.
const MAX_REPEATS: usize = 4;
/// The longest phrase looked at for that, in words.
const LOOP_WORDS_MAX: usize = 12;
/// Longer than words are: one that had to grow would leave a copy behind.
const WORD_BYTES: usize = 128;

/// Joins tokens to words: a space begins one. Punctuation that stands alone goes to the word before it; what stands in
/// brackets or between notes (`[music]`, `(coughs)`) nobody said.
pub fn words(tokens: &[Token<'_>]) -> Vec<Decided> {
    let mut raw: Vec<(Zeroizing<Vec<u8>>, f32)> = Vec::new();
    for token in tokens {
        let begins = token.bytes.first().is_some_and(u8::is_ascii_whitespace);
        match raw.last_mut() {
            Some((bytes, probability)) if !begins => {
                bytes.extend_from_slice(token.bytes);
                *probability = probability.min(token.probability);
            }
            _ => {
                let mut bytes = Zeroizing::new(Vec::with_capacity(WORD_BYTES));
                bytes.extend_from_slice(token.bytes);
                raw.push((bytes, token.probability));
            }
        }
    }
    let mut words: Vec<Decided> = Vec::new();
    let mut bracket: Option<char> = None;
    for (bytes, probability) in raw {
        // What is no character is left out below.
        let text = Zeroizing::new(String::from_utf8_lossy(&bytes).into_owned());
        // A token may hold a space in its middle.
        for text in text.split_whitespace() {
            let spoken = outside_brackets(text, &mut bracket);
            if spoken.contains(char::is_alphanumeric) {
                words.push(Decided { text: spoken, probability });
            } else if let Some(before) = words.last_mut() {
                before.text.extend(spoken.chars().filter(|c| ".,?!;:…".contains(*c)));
            }
        }
    }
    words
}

/// What of a word stands outside brackets; `open` is the bracket that would close the one it is in.
fn outside_brackets(text: &str, open: &mut Option<char>) -> Zeroizing<String> {
    let mut outside = Zeroizing::new(String::with_capacity(WORD_BYTES.max(text.len())));
    outside.extend(text.chars().filter(|&c| match (*open, c) {
        (Some(end), _) => {
            if c == end {
                *open = None;
            }
            false
        }
        (None, '[') => open.replace(']').is_some(),
        (None, '(') => open.replace(')').is_some(),
        (None, _) => !"♪♫\u{fffd}\0".contains(c),
    }));
    outside
}

/// Leaves one of a phrase that comes more than [`MAX_REPEATS`] times in a row.
pub fn without_loops(mut words: Vec<Decided>) -> Vec<Decided> {
    for length in 1..=LOOP_WORDS_MAX {
        let mut kept: Vec<Decided> = Vec::with_capacity(words.len());
        let mut at = 0;
        while let Some(phrase) = words.get(at..at + length) {
            let repeats = words[at..].chunks(length).take_while(|next| same(phrase, next)).count();
            let copies = if repeats > MAX_REPEATS { repeats } else { 0 };
            if copies == 0 {
                kept.extend_from_slice(&phrase[..1]);
                at += 1;
            } else {
                kept.extend_from_slice(phrase);
                at += copies * length;
            }
        }
        kept.extend_from_slice(words.get(at..).unwrap_or_default());
        words = kept;
    }
    words
}

fn same(a: &[Decided], b: &[Decided]) -> bool {
    let bare = |word: &Decided| Zeroizing::new(word.text.trim_matches(|c: char| !c.is_alphanumeric()).to_lowercase());
    a.len() == b.len() && a.iter().zip(b).all(|(a, b)| bare(a) == bare(b))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn token(bytes: &[u8]) -> Token<'_> {
        Token { bytes, probability: 0.9, logprob: -0.1 }
    }

    fn joined(tokens: &[&[u8]]) -> Vec<String> {
        let tokens: Vec<_> = tokens.iter().map(|bytes| token(bytes)).collect();
        words(&tokens).iter().map(|word| word.text.to_string()).collect()
    }

    #[test]
    fn tokens_become_words() {
        let table: &[(&[&[u8]], &[&str])] = &[
            (&[b" What", b" did", b" you", b" not", b"ice", b"?"], &["What", "did", "you", "notice?"]),
            (&[b"No", b" space", b" first"], &["No", "space", "first"]),
            (&[b" let", b"'s", b" meet"], &["let's", "meet"]),
            (&[b" a", b" -", b" b", b" ...", b" c", b" !"], &["a", "b...", "c!"]),
            // A character split over two tokens, and half of one.
            (&[b" caf", b"\xc3", b"\xa9"], &["café"]),
            (&[b" caf", b"\xc3"], &["caf"]),
            (&[b" [", b"Music", b"]", b" yes"], &["yes"]),
            (&[b" (applause", b" and", b" laughter)", b" so.", " ♪".as_bytes()], &["so."]),
            (&[b" two words"], &["two", "words"]),
            (&[b".", b" ?"], &[]),
            (&[], &[]),
        ];
        for (tokens, expected) in table {
            assert_eq!(joined(tokens), *expected);
        }
    }

    #[test]
    fn a_word_is_as_sure_as_its_least_likely_token() {
        let tokens = [token(b" not"), Token { probability: 0.2, ..token(b"ice") }, token(b" it")];
        assert_eq!(words(&tokens).iter().map(|w| w.probability).collect::<Vec<_>>(), [0.2, 0.9]);
    }

    #[test]
    fn loops_are_cut_and_emphasis_is_not() {
        let table = [
            ("no no no no", "no no no no"),
            ("no, no, no, no, no. Stop", "no, Stop"),
            ("so the the the the the the the end", "so the end"),
            ("a b a b a b a b a b a b c", "a b c"),
            ("I think that I think that I think that I think that I think that I think", "I think that I think"),
            ("one two three four five", "one two three four five"),
            ("", ""),
        ];
        for (said, expected) in table {
            let word = |text: &str| Decided { text: Zeroizing::new(text.to_owned()), probability: 1.0 };
            let left = without_loops(said.split_whitespace().map(word).collect());
            let left: Vec<&str> = left.iter().map(|word| word.text.as_str()).collect();
            assert_eq!(left.join(" "), expected);
        }
    }

    proptest! {
        #[test]
        fn any_bytes_become_words(tokens in prop::collection::vec(prop::collection::vec(any::<u8>(), 0..5), 0..40)) {
            let tokens: Vec<Token<'_>> = tokens.iter().map(|bytes| token(bytes)).collect();
            for word in without_loops(words(&tokens)) {
                prop_assert!(word.text.contains(char::is_alphanumeric) && !word.text.contains(char::is_whitespace));
            }
        }
    }
}
