//! Whether a text is English: in English every second or third word is one of a few dozen.

use super::features::{plain, split};

/// Words that nearly every English conversation is full of. Those that other languages with the same letters use as often
/// ("me", "on", "in", "was", "is", "no") are left out.
const COMMON: &str = "the and you to of that it i i'm it's that's don't what they we have with for be this so know like but was \
                      think just how yeah did would could about do not my your there if she he them when can were are";
/// Words below which nothing is said about the language.
const MIN_WORDS: usize = 40;
/// Share of common words below which a text is taken for another language. Spoken English has 0.35 to 0.5 of these, German,
/// French, Spanish, Dutch and Danish below 0.1.
const MIN_SHARE: f64 = 0.15;

/// Too little text to tell counts as English.
pub(super) fn english<'a>(texts: impl Iterator<Item = &'a str>) -> bool {
    let (mut words, mut common) = (0usize, 0usize);
    for text in texts {
        for word in split(&plain(text)) {
            words += 1;
            common += usize::from(COMMON.split_whitespace().any(|each| each == word));
        }
    }
    words < MIN_WORDS || common as f64 >= MIN_SHARE * words as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn languages() {
        let english_text = "So what did you notice when they started the task? I think they were waiting for me, to be honest, and \
                       I just gave them the answer because it was quiet and I don't like that. What would you do with it?";
        let german = "Was ist dir aufgefallen, als sie mit der Aufgabe angefangen haben? Ich glaube, sie haben auf mich gewartet, \
                      ehrlich gesagt, und ich habe ihnen einfach die Antwort gegeben, weil es so still war und ich das nicht \
                      mag. Was würdest du beim nächsten Mal anders machen?";
        let french = "Qu'est-ce que tu as remarqué quand ils ont commencé l'exercice ? Je pense qu'ils m'attendaient, pour être \
                      honnête, et je leur ai simplement donné la réponse parce que c'était trop calme et que je n'aime pas ça. \
                      Que ferais-tu la prochaine fois ?";
        for (text, expected) in
            [(english_text, true), (german, false), (french, false), ("", true), ("Guten Morgen.", true)]
        {
            assert_eq!(english([text].into_iter()), expected, "{text}");
        }
    }
}
