//! Words to turns, and turns to sentences: the units that are coded.

use super::*;
use crate::units::{SAMPLE_RATE, Sample};

/// A word this near to a turn belongs to it: Whisper's times are no better.
const NEAR: u64 = SAMPLE_RATE as u64 / 2;
/// A person who goes on after a longer pause begins something new.
const PAUSE: u64 = 2 * SAMPLE_RATE as u64;
/// Words that end in a full stop inside a sentence.
const ABBREVIATIONS: &[&str] = &["mr.", "mrs.", "ms.", "dr.", "st.", "vs.", "e.g.", "i.e.", "etc.", "no."];

/// Gives words to turns: each word to the turn that holds its midpoint, or the nearest within half a second, or nobody.
/// Consecutive words of one person become an utterance, which ends with the sentence. `turns` are spans with a voice's
/// role, sorted.
pub fn align(mut words: Vec<Word>, turns: &[(Span, Option<Role>)]) -> Vec<Utterance> {
    words.sort_by_key(|word| word.span.start());
    let mut utterances: Vec<(Span, Option<Role>, Vec<Word>)> = Vec::new();
    for word in words {
        let before = utterances.last().and_then(|(_, role, _)| *role);
        let role = role_at(word.span, turns, before);
        let continues = |(span, said_by, said): &(Span, Option<Role>, Vec<Word>)| {
            *said_by == role
                && word.span.start().0 < span.end().0.saturating_add(PAUSE)
                && !said.last().is_some_and(|last| ends_sentence(last.text.words(), word.text.words()))
        };
        match utterances.last_mut().filter(|last| continues(last)) {
            Some((span, _, said)) => {
                *span = Span::new(span.start(), span.end().max(word.span.end())).unwrap_or(*span);
                said.push(word);
            }
            None => utterances.push((word.span, role, vec![word])),
        }
    }
    utterances.into_iter().map(|(span, role, words)| Utterance { span, role, text: sentence(&words) }).collect()
}

/// Whose turn a word lies in. Where two people speak at once, whoever spoke the word before goes on.
fn role_at(word: Span, turns: &[(Span, Option<Role>)], before: Option<Role>) -> Option<Role> {
    let middle = word.midpoint();
    // Turns are sorted by start, not by end, and one may reach over many: they are all looked at up to the first that
    // begins too late. A session has some thousand turns and ten thousand words.
    let reach = turns.partition_point(|(turn, _)| turn.start().0 <= middle.0 + NEAR);
    turns[..reach]
        .iter()
        .map(|(turn, role)| {
            (distance(*turn, middle), *role != before, word.overlap(*turn).map_or(0, Span::samples), role)
        })
        .filter(|(distance, ..)| *distance <= NEAR)
        .min_by_key(|&(distance, changes, overlap, _)| (distance, changes, std::cmp::Reverse(overlap)))
        .and_then(|(.., role)| *role)
}

fn distance(turn: Span, at: Sample) -> u64 {
    turn.start().0.saturating_sub(at.0).max((at.0 + 1).saturating_sub(turn.end().0))
}

/// Whether a sentence ends with `word`, given the word after it.
fn ends_sentence(word: &str, next: &str) -> bool {
    let bare = word.trim_end_matches(['"', '\'', '”', '’', ')']);
    let ends = bare.ends_with(['?', '!', '.']) && !bare.ends_with("...");
    ends && !(bare.ends_with('.')
        && (next.starts_with(char::is_lowercase) || ABBREVIATIONS.contains(&bare.to_lowercase().as_str())))
}

fn sentence(words: &[Word]) -> Spoken {
    // Room for all of it at once, so that no half-grown copy is left behind in memory.
    let mut text = String::with_capacity(words.iter().map(|word| word.text.words().len() + 1).sum());
    for word in words {
        if !text.is_empty() {
            text.push(' ');
        }
        text.push_str(word.text.words());
    }
    Spoken::new(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Words of a tenth of a second, one after the other from `start` (tenths); `|` is a tenth without any.
    fn words(start: u64, text: &str) -> Vec<Word> {
        text.split_whitespace()
            .enumerate()
            .filter(|(_, text)| *text != "|")
            .map(|(i, text)| Word {
                span: tenths(start + i as u64, start + i as u64 + 1),
                text: Spoken::new(text.to_owned()),
                probability: 1.0,
            })
            .collect()
    }

    fn tenths(start: u64, end: u64) -> Span {
        Span::new(Sample(start * 1600), Sample(end * 1600)).unwrap()
    }

    fn told(utterances: &[Utterance]) -> Vec<String> {
        utterances.iter().map(|u| format!("{}: {}", u.role.map_or("?", Role::name), u.text.words())).collect()
    }

    #[test]
    fn words_go_to_turns_and_turns_to_sentences() {
        let coach = Some(Role::Coach);
        let coachee = Some(Role::Coachee);
        let turns = [(tenths(0, 10), coach), (tenths(10, 20), coachee), (tenths(60, 70), None)];
        let table: &[(u64, &str, &[&str])] = &[
            (0, "How was it? Tell me.", &["coach: How was it?", "coach: Tell me."]),
            (8, "you think? It was good", &["coach: you think?", "coachee: It was good"]),
            (8, "what happened then we", &["coach: what happened", "coachee: then we"]),
            (0, "Dr. Who came. and left", &["coach: Dr. Who came. and left"]),
            (0, "It was... Well", &["coach: It was... Well"]),
            // Half a second behind a turn, and further.
            (20, "one two three four five six", &["coachee: one two three four five", "?: six"]),
            (60, "who said", &["?: who said"]),
            // The same person, after a pause of more than two seconds.
            (19, "and | | | | well", &["coachee: and well"]),
        ];
        for (start, text, expected) in table {
            assert_eq!(told(&align(words(*start, text), &turns)), *expected, "{text}");
        }
        let long = [(tenths(0, 100), coach)];
        let paused = [words(0, "I see"), words(23, "so")].concat();
        assert_eq!(told(&align(paused, &long)), ["coach: I see", "coach: so"]);
        assert_eq!(align(words(0, "a b c"), &long)[0].span, tenths(0, 3));
        assert_eq!(told(&align(words(0, "nobody"), &[])), ["?: nobody"]);
        assert_eq!(align(Vec::new(), &turns), []);
    }

    #[test]
    fn who_speaks_goes_on_speaking_where_two_do() {
        let turns = [(tenths(0, 30), Some(Role::Coach)), (tenths(10, 40), Some(Role::Coachee))];
        let said = align(words(8, "a b c d"), &turns);
        assert_eq!(told(&said), ["coach: a b c d"]);
        let said = align(words(28, "a b c d"), &turns);
        // Nobody spoke before: the earlier of two equal turns.
        assert_eq!(told(&said), ["coach: a b", "coachee: c d"]);
    }
}
