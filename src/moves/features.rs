//! The words of an utterance as features of the head: what `scripts/train-moves/features.py` computes for training.
//!
//! Both sides must agree to the letter; `tests/fixtures/moves-golden.tsv` holds what the Python side makes of a few dozen
//! utterances. A feature is a string that the head knows by its 32-bit FNV-1a hash: words, pairs and triples; how the
//! utterance begins once openers ("so", "okay") are taken off, and how it ends; the same with words replaced by classes
//! ("AUX YOU" is an inverted question whatever the verb); what came just before and after; and how many content words
//! it shares with what the other said last, as reflections do.

use std::collections::HashSet;

use super::listed::{BRACKETS, JUDGING, listening};

const FILLERS: [&str; 8] = ["um", "uh", "er", "erm", "ah", "eh", "uhm", "umm"];
/// Words that open an utterance and say nothing about what it does.
const OPENERS: [&str; 25] = [
    "so", "and", "but", "well", "okay", "ok", "right", "yeah", "yes", "now", "no", "oh", "alright", "then", "cause",
    "because", "or", "mm", "hmm", "mhm", "just", "actually", "great", "good", "sure",
];
const CLASSES: [(&str, &str); 14] = [
    ("AUX", "do does did is are was were can could would will have has had should might may am"),
    (
        "NEG",
        "don't doesn't didn't isn't aren't wasn't weren't can't couldn't wouldn't won't haven't hasn't shouldn't not never",
    ),
    ("WH", "what how why where when who which what's how's who's where's whose"),
    ("YOU", "you your yours yourself you're you've you'd you'll"),
    ("ME", "i me my mine myself i'm i've i'd i'll"),
    ("WE", "we us our ours ourselves we're we've we'd we'll let's"),
    ("THEY", "they them their he she him her his they're he's she's they've everyone everybody kids students children"),
    ("IT", "it that this there it's that's there's these those"),
    ("ART", "a an the some any"),
    ("MUST", "must need needs ought gotta supposed"),
    ("THINK", "think feel thinking feeling know guess believe wonder mean"),
    ("SAY", "say said saying sounds sound seems seem hear hearing looks look looked"),
    ("TO", "to of in on at for with about from by into"),
    ("AND", "and but so or because if than then as"),
];
/// Words that carry no content of their own, beside those that have a class and the openers.
const EMPTY: &str = "like really very kind sort it be been being get got go going gonna lot bit thing things something one all \
                     out up down just more much too also";
const ENDINGS: [&str; 5] = ["ing", "ed", "es", "s", "ly"];
/// Words of an utterance that are looked at.
const MAX_WORDS: usize = 60;
/// How far back, and how many units of it, what the other said last is looked for.
const HEARD_WITHIN: usize = 8;
const HEARD: usize = 3;
const BUCKETS: [usize; 10] = [0, 1, 2, 3, 5, 8, 12, 18, 27, 40];

/// One unit of a dialogue, prepared once and looked at again as its neighbours' neighbour.
#[derive(Debug)]
pub(super) struct Unit {
    /// Whoever speaks: equal for the same person.
    pub speaker: u8,
    words: Vec<String>,
    /// Of `words`, those after the openers.
    core: usize,
    content: HashSet<String>,
    asks: bool,
    pub listening: bool,
    /// It is listening by its words, and takes a side with them: no backchannel, though features count it as one.
    pub judges: bool,
}

impl Unit {
    pub fn new(speaker: u8, text: &str) -> Self {
        let words = words(text);
        let openers = words.iter().take_while(|word| OPENERS.contains(&word.as_str())).count();
        let core = openers.min(words.len().saturating_sub(1));
        let content = words
            .iter()
            .filter(|word| word.chars().count() > 2 && !empty(word))
            .map(|word| stem(word).to_owned())
            .collect();
        let (asks, listening) = (ends_asking(text), listening(text));
        let judges = listening && words.iter().all(|word| JUDGING.contains(&word.as_str()));
        Self { speaker, words, core, content, asks, listening, judges }
    }

    fn core(&self) -> &[String] {
        self.words.get(self.core..).unwrap_or_default()
    }
}

/// The other's last words before a unit: up to three units of theirs, the latest first, backchannels left out.
pub(super) fn heard_before(units: &[Unit], at: usize) -> Vec<usize> {
    let mut heard = Vec::new();
    let Some(mine) = units.get(at).map(|unit| unit.speaker) else { return heard };
    for before in (at.saturating_sub(HEARD_WITHIN)..at).rev() {
        match units.get(before) {
            Some(unit) if unit.listening => {}
            Some(unit) if unit.speaker != mine => {
                heard.push(before);
                if heard.len() == HEARD {
                    break;
                }
            }
            _ if !heard.is_empty() => break,
            _ => {}
        }
    }
    heard
}

/// The hashes of the features of one unit, sorted, each once.
pub(super) fn features(units: &[Unit], at: usize) -> Vec<u32> {
    let mut found = Found::default();
    if let Some(unit) = units.get(at) {
        own(unit, &mut found);
        neighbours(units, at, unit, &mut found);
    }
    found.0.sort_unstable();
    found.0.dedup();
    found.0
}

fn own(unit: &Unit, found: &mut Found) {
    let (words, core) = (&unit.words, unit.core());
    found.add(&["bias"]);
    found.add(&[&format!("len={}", bucket(words.len()))]);
    if unit.asks {
        found.add(&["?"]);
    }
    words.iter().for_each(|word| found.add(&["1", word]));
    words.windows(2).for_each(|pair| found.run("2", pair));
    words.windows(3).for_each(|three| found.run("3", three));
    let classes: Vec<&str> = core.iter().map(|word| class(word)).collect();
    for length in 1..=core.len().min(3) {
        found.run("^", core.get(..length).unwrap_or_default());
        found.run("^C", classes.get(..length).unwrap_or_default());
        found.run("$", core.get(core.len() - length..).unwrap_or_default());
    }
    if let Some(first) = words.first() {
        found.add(&["^^", first]);
    }
    classes.windows(2).for_each(|pair| found.run("C2", pair));
    classes.windows(3).for_each(|three| found.run("C3", three));
    for (words, classes) in core.windows(2).zip(classes.windows(2)) {
        if let ([word, next], [its, nexts]) = (words, classes) {
            found.add(&["M", word, nexts]);
            found.add(&["N", its, next]);
        }
    }
}

fn neighbours(units: &[Unit], at: usize, unit: &Unit, found: &mut Found) {
    let whose = |other: &Unit| if other.speaker == unit.speaker { "s" } else { "o" };
    match at.checked_sub(1).and_then(|before| units.get(before)) {
        None => found.add(&["first"]),
        Some(before) => {
            let whose = whose(before);
            found.add(&[&format!("b={whose}")]);
            if before.asks {
                found.add(&[&format!("b?{whose}")]);
            }
            if let Some(first) = before.core().first() {
                found.add(&[&format!("b^{whose}"), first]);
                let classes: Vec<&str> = before.core().iter().take(2).map(|word| class(word)).collect();
                found.run(&format!("b^{whose}C"), &classes);
            }
        }
    }
    match units.get(at + 1) {
        None => found.add(&["last"]),
        Some(after) => {
            let whose = whose(after);
            found.add(&[&format!("a={whose}")]);
            if let Some(first) = after.words.first() {
                found.add(&[&format!("a^{whose}"), first]);
            }
        }
    }
    let heard: HashSet<&str> = heard_before(units, at)
        .into_iter()
        .filter_map(|before| units.get(before))
        .flat_map(|unit| unit.content.iter().map(String::as_str))
        .collect();
    let shared = unit.content.iter().filter(|word| heard.contains(word.as_str())).count();
    found.add(&[&format!("shared={}", bucket(shared))]);
    if !unit.content.is_empty() {
        found.add(&[&format!("share={}", 4 * shared / unit.content.len())]);
    }
}

#[derive(Default)]
struct Found(Vec<u32>);

impl Found {
    /// A feature of these parts with a space between them.
    fn add(&mut self, parts: &[&str]) {
        self.0.push(fnv(parts));
    }

    fn run<S: AsRef<str>>(&mut self, name: &str, words: &[S]) {
        let mut parts = vec![name];
        parts.extend(words.iter().map(AsRef::as_ref));
        self.add(&parts);
    }
}

/// FNV-1a, 32 bits, of the parts joined by spaces.
fn fnv(parts: &[&str]) -> u32 {
    let step = |hash: u32, byte: u8| (hash ^ u32::from(byte)).wrapping_mul(0x0100_0193);
    let mut hash = 0x811c_9dc5;
    for (index, part) in parts.iter().enumerate() {
        if index > 0 {
            hash = step(hash, b' ');
        }
        hash = part.bytes().fold(hash, step);
    }
    hash
}

/// Lower-case words without fillers, notes in brackets and stutters.
fn words(text: &str) -> Vec<String> {
    let mut kept: Vec<String> = Vec::new();
    for word in split(&plain(text)) {
        if kept.last() == Some(&word) {
            continue;
        }
        kept.push(word);
        // "I was I was going"
        if let Some([.., a, b, c, d]) = kept.get(..)
            && a == c
            && b == d
        {
            kept.truncate(kept.len() - 2);
        }
    }
    kept.truncate(MAX_WORDS);
    kept
}

/// Lower case, without notes in brackets.
pub(super) fn plain(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(open) = rest.find(BRACKETS.0) {
        let (before, from) = rest.split_at(open);
        plain.push_str(before);
        match from.find(BRACKETS.1) {
            Some(close) => {
                plain.push(' ');
                rest = from.get(close + 1..).unwrap_or_default();
            }
            None => {
                rest = from;
                break;
            }
        }
    }
    plain.push_str(rest);
    plain.replace('\u{2019}', "'").to_lowercase()
}

/// Letters, digits and apostrophes; anything else parts words. Fillers are left out.
pub(super) fn split(plain: &str) -> impl Iterator<Item = String> + '_ {
    plain
        .split(|character: char| !(character.is_alphanumeric() || character == '\''))
        .map(|word| word.trim_matches('\''))
        .filter(|word| !word.is_empty() && !FILLERS.contains(word))
        .map(str::to_owned)
}

fn ends_asking(text: &str) -> bool {
    let ended = text.trim_end().trim_end_matches(['"', '\'', ')', '-', '\u{2014}', '\u{201d}', ' ']);
    ended.ends_with('?')
}

fn class(word: &str) -> &'static str {
    CLASSES.iter().find(|(_, words)| words.split(' ').any(|each| each == word)).map_or("_", |(name, _)| name)
}

fn empty(word: &str) -> bool {
    class(word) != "_"
        || OPENERS.contains(&word)
        || FILLERS.contains(&word)
        || EMPTY.split(' ').any(|each| each == word)
}

/// Crude: enough to see that "planned" and "plans" are one.
fn stem(word: &str) -> &str {
    let cut = ENDINGS.iter().filter_map(|ending| word.strip_suffix(ending)).find(|rest| rest.chars().count() >= 3);
    cut.unwrap_or(word)
}

fn bucket(count: usize) -> usize {
    BUCKETS.iter().position(|&limit| count <= limit).unwrap_or(BUCKETS.len())
}
