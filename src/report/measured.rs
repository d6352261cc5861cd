//! What the report says of the words: how things were, in sentences that judge nobody, and no sentence about any one utterance.

use super::{
    json::Report,
    phrases::{Place, between, length, percent, times},
};
use crate::{
    measures::{
        ByRole, Caveat, Interval, LENGTHS, MIN_QUESTIONS, MIN_STEPS, MIN_UTTERANCES, MIN_WAITS, Mark, Stretch, Waits,
        WordNumbers, stretches,
    },
    moves::{Asks, CoachMove, CoacheeMove},
};

const MOVES: &str = "What the words did";
const NOTHING: &str = "Not enough to say.";
const UNSAID: &str = "Not kept, since nobody said who of you is the coach: `--coach-speaks-first` at the start, or \
    `sidetone coach enrol` once, is for that.";
const UNTIMED: &str = "Not measured: how long it was quiet is heard in the sound alone, and there was none.";
pub const COURSE: &str = "Telling and asking over the session";
const WAITING: &str = "Room to think";
const STEPS: &str = "Next steps";

/// Waits by their length, as [`LENGTHS`] counts them.
pub const WAITS: [&str; LENGTHS] =
    ["none", "under 1 s", "1 to 2 s", "2 to 3 s", "3 to 4 s", "4 to 5 s", "5 s and more"];

impl Report {
    /// Headings with their sentences. Where nothing was made of the words it says so, if there is a reason to give.
    pub(super) fn words_measured(&self) -> Vec<(&'static str, Vec<String>)> {
        let Some(words) = &self.measures.words else {
            let why = self.caveats_at(Place::Words);
            return if why.is_empty() { Vec::new() } else { vec![(MOVES, vec![NOTHING.to_owned()])] };
        };
        let mut sections = vec![(MOVES, moves(words))];
        let course = self.untold().map_or_else(|| course(&self.course()), |why| vec![why.to_owned()]);
        sections.extend(Some((COURSE, course)).filter(|(_, sentences)| !sentences.is_empty()));
        let (questions, answers) = self.waits_said();
        sections.extend(self.waiting_said().map(|(heading, mut sentences)| {
            sentences.extend(questions.map(|spread| spread.said("After questions", true)));
            sentences.extend(answers.map(|spread| spread.said("After answers", false)));
            (heading, sentences)
        }));
        sections.extend(self.steps_said().map(|(heading, said)| (heading, vec![said])));
        sections
    }

    pub(super) fn waiting_said(&self) -> Option<(&'static str, Vec<String>)> {
        let words = self.measures.words.as_ref()?;
        let said =
            waiting(words).or_else(|| self.measures.has(Caveat::WrittenTranscript).then(|| vec![UNTIMED.to_owned()]));
        Some((WAITING, said?))
    }

    pub(super) fn steps_said(&self) -> Option<(&'static str, String)> {
        Some((STEPS, steps(self.measures.words.as_ref()?)))
    }

    /// When the coach told and asked; nothing in sessions of before that was kept.
    pub(super) fn marks(&self) -> &[Mark] {
        self.measures.words.as_ref().map_or(&[], |words| &words.marks)
    }

    /// Telling and asking, stretch by stretch; empty where there is too little to go by.
    pub(super) fn course(&self) -> Vec<Stretch> {
        let words = self.measures.words.as_ref().filter(|words| words.directiveness.utterances >= MIN_UTTERANCES);
        words.map_or_else(Vec::new, |words| stretches(&words.marks, self.length_s))
    }

    /// Why there is no course, where somebody can do something about it next time.
    pub(super) fn untold(&self) -> Option<&'static str> {
        let unsaid = self.measures.has(Caveat::RolesAssumed) && self.marks().is_empty();
        unsaid.then_some(UNSAID)
    }

    /// The waits after questions and after answers by length, where there are enough and their lengths were kept.
    pub(super) fn waits_said(&self) -> (Option<Spread>, Option<Spread>) {
        let waiting = self.measures.words.as_ref().and_then(|words| words.waiting);
        let of = |waits: Waits| Some(waits).filter(|waits| waits.count >= MIN_WAITS).and_then(Spread::of);
        (waiting.and_then(|waiting| of(waiting.after_question)), waiting.and_then(|waiting| of(waiting.after_answer)))
    }

    /// How much of it was telling, to be set beside what was meant.
    pub(super) fn telling_said(&self) -> Option<String> {
        let index = self.telling_index()?;
        Some(format!(
            "Of what the coach did with words, {} % was telling. That is neither much nor little in itself: who is new to \
             something may need more of it, and telling alone leaves the least to notice, to think through and to choose.",
            percent(index)
        ))
    }

    /// Directiveness, if something may be concluded from it.
    pub fn telling_index(&self) -> Option<f64> {
        let words = self.measures.words.as_ref().filter(|words| words.directiveness.utterances >= MIN_UTTERANCES)?;
        Some(words.directiveness.index?.value)
    }
}

/// How many waits were how long.
pub struct Spread(pub ByRole<[u32; LENGTHS]>);

impl Spread {
    /// Nothing for sessions of before these were kept.
    pub fn of(waits: Waits) -> Option<Self> {
        let spread = Self(waits.ended_by);
        (spread.counts().iter().sum::<u32>() > 0).then_some(spread)
    }

    /// Whoever spoke next.
    pub fn counts(&self) -> [u32; LENGTHS] {
        std::array::from_fn(|at| {
            [self.0.coach, self.0.coachee].iter().map(|counts| counts.get(at).copied().unwrap_or(0)).sum()
        })
    }

    /// `After questions, quiet for: none 3 (the coach next twice), under 1 s 5.`
    fn said(&self, after: &str, next: bool) -> String {
        let counts = self.counts().into_iter().zip(self.0.coach);
        let counts = WAITS.iter().zip(counts).filter(|(_, (all, _))| *all > 0);
        let counts: Vec<String> = counts
            .map(|(name, (all, coach))| match coach {
                coach if next && coach > 0 => format!("{name} {all} (the coach next {})", times(coach)),
                _ => format!("{name} {all}"),
            })
            .collect();
        format!("{after}, quiet for: {}.", counts.join(", "))
    }
}

/// The first of [`WAITS`] that is at least Rowe's three seconds.
pub const FIRST_LONG: usize = 4;

/// A kind of move, how often it was made, and what it is to a share of telling.
pub struct Made {
    pub name: &'static str,
    pub count: u32,
    pub side: Side,
}

/// Where a move counts in directiveness.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Side {
    Telling,
    Asking,
    Neither,
}

/// What the names of moves mean to somebody who sees them for the first time.
pub const MEANINGS: [(&str, &str); 17] = [
    ("question", "asks for something, also as \u{201c}Tell me about …\u{201d}"),
    ("reflection", "says back what was said or meant"),
    ("affirmation", "names something good that the coachee did or is"),
    ("support", "stands by the coachee"),
    ("autonomy", "leaves the choice, or asks whether an idea is wanted"),
    ("information", "tells facts, opinions, what was seen"),
    ("advice", "suggests what could be done, also put as a question"),
    ("direction", "says what to do"),
    ("confrontation", "disagrees or criticises"),
    ("structure", "says what happens in the session"),
    ("backchannel", "\u{201c}mm hm\u{201d}: shows that one listens"),
    ("response", "answers what was asked, and no more"),
    ("initiation", "brings up something of one\u{2019}s own"),
    ("noticing", "says what was seen or heard"),
    ("reasoning", "says why, or what it means"),
    ("alternatives", "says what else could be done"),
    ("commitment", "says what one will do"),
];

/// What the words did, for a page that draws it.
pub struct MovesSaid {
    pub heading: &'static str,
    pub telling: String,
    /// The share of telling, where it is enough to say.
    pub index: Option<Interval>,
    /// Names of moves with their counts, those that were not made left out.
    pub coach: Vec<Made>,
    pub coachee: Vec<Made>,
    pub questions: Option<String>,
}

fn side(which: CoachMove) -> Side {
    match (which.is_telling(), which.is_eliciting()) {
        (true, _) => Side::Telling,
        (_, true) => Side::Asking,
        _ => Side::Neither,
    }
}

impl Report {
    /// The first section of [`Report::words_measured`], in parts.
    pub(super) fn moves_said(&self) -> Option<MovesSaid> {
        let words = self.measures.words.as_ref()?;
        Some(MovesSaid {
            heading: MOVES,
            telling: directiveness(words),
            index: words.directiveness.index.filter(|_| words.directiveness.utterances >= MIN_UTTERANCES),
            coach: made(CoachMove::ALL.iter().map(|each| (each.name(), side(*each))).zip(words.moves.coach)),
            coachee: made(CoacheeMove::ALL.iter().map(|each| (each.name(), Side::Neither)).zip(words.moves.coachee)),
            questions: questions(words),
        })
    }
}

fn moves(words: &WordNumbers) -> Vec<String> {
    let mut sentences = vec![directiveness(words)];
    sentences.push(counted("The coach", CoachMove::ALL.iter().map(|each| each.name()).zip(words.moves.coach)));
    sentences.push(counted("The coachee", CoacheeMove::ALL.iter().map(|each| each.name()).zip(words.moves.coachee)));
    sentences.extend(questions(words));
    sentences
}

fn made(counts: impl Iterator<Item = ((&'static str, Side), u32)>) -> Vec<Made> {
    counts.filter(|(_, count)| *count > 0).map(|((name, side), count)| Made { name, count, side }).collect()
}

fn directiveness(words: &WordNumbers) -> String {
    let directiveness = &words.directiveness;
    let Some(index) = directiveness.index.filter(|_| directiveness.utterances >= MIN_UTTERANCES) else {
        return "How much of it was telling: not enough to say.".to_owned();
    };
    let ratios: Vec<String> = [
        directiveness.ask_tell.map(|ratio| format!("for each telling there were {ratio:.1} questions")),
        directiveness.reflections_to_questions.map(|ratio| format!("for each question {ratio:.1} reflections")),
    ]
    .into_iter()
    .flatten()
    .collect();
    let beside = if ratios.is_empty() { String::new() } else { format!(" {}.", capital(&ratios.join(", "))) };
    format!(
        "Telling (information, advice, directions, criticism) was {} of telling, asking, reflecting, affirming and leaving the \
         choice together.{beside}",
        share(index)
    )
}

/// `The coach: 12 question, 3 advice.` with what there was none of left out.
fn counted<'a>(who: &str, counts: impl Iterator<Item = (&'a str, u32)>) -> String {
    let counts: Vec<String> =
        counts.filter(|(_, count)| *count > 0).map(|(name, count)| format!("{name} {count}")).collect();
    if counts.is_empty() { format!("{who}: nothing.") } else { format!("{who}: {}.", counts.join(", ")) }
}

fn questions(words: &WordNumbers) -> Option<String> {
    let questions = &words.questions;
    let count = questions.open + questions.closed;
    if count == 0 {
        return None;
    }
    let asked = |which: Asks| questions.ask_for.get(which as usize).copied().unwrap_or(0);
    let open = match questions.share_open.filter(|_| count >= MIN_QUESTIONS) {
        Some(open) => format!("Open questions were {}.", share(open)),
        None => "Too few questions to say how many are open as a rule.".to_owned(),
    };
    let mut asked_for: Vec<String> = [
        ("what was noticed", asked(Asks::Noticing)),
        ("what is behind it", asked(Asks::Reasoning)),
        ("what else could be done", asked(Asks::Alternatives)),
    ]
    .into_iter()
    .filter(|(_, count)| *count > 0)
    .map(|(what, count)| format!("{what} {}", times(count)))
    .collect();
    let other = asked(Asks::Other);
    if other > 0 {
        asked_for.push(format!("something else {}", times(other)));
    }
    Some(format!("{open} They asked {}.", asked_for.join(", ")))
}

fn waiting(words: &WordNumbers) -> Option<Vec<String>> {
    let waiting = words.waiting.as_ref()?;
    let (question, answer) = (&waiting.after_question, &waiting.after_answer);
    let after_question = match question.long.filter(|_| question.count >= MIN_WAITS) {
        Some(long) => {
            let filled = waiting.filled_by_coach.map_or(0, percent);
            format!(
                "After {} questions of the coach, it was quiet for three seconds or more in {}; the coach spoke next in \
                 {filled} %.",
                question.count,
                share(long)
            )
        }
        None => "After the coach's questions: not enough to say.".to_owned(),
    };
    let after_answer = match answer.long.filter(|_| answer.count >= MIN_WAITS) {
        Some(long) => format!("After {} answers of the coachee, it was so in {}.", answer.count, share(long)),
        None => "After the coachee's answers: not enough to say.".to_owned(),
    };
    Some(vec![after_question, after_answer])
}

/// Two rows of blocks, and what one of them stands for.
fn course(stretches: &[Stretch]) -> Vec<String> {
    let Some(first) = stretches.first() else { return Vec::new() };
    let most = stretches.iter().map(|each| each.asking.max(each.telling)).fold(1, u32::max);
    let row = |of: fn(&Stretch) -> u32| -> String {
        const HEIGHTS: [char; 8] = ['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];
        let block = |count: u32| match count {
            0 => '·',
            count => HEIGHTS.get(((count * 8).div_ceil(most) as usize).saturating_sub(1)).copied().unwrap_or('█'),
        };
        stretches.iter().map(|each| block(of(each))).collect()
    };
    vec![
        format!("{} asking", row(|each| each.asking)),
        format!("{} telling", row(|each| each.telling)),
        format!(
            "Asking is questions, reflections, affirmations and leaving the choice here. Each mark is {}; the highest stands \
             for {most}.",
            length(f64::from(first.to_s))
        ),
    ]
}

fn steps(words: &WordNumbers) -> String {
    let ownership = &words.ownership;
    let (own, set) = (ownership.coachee_steps, ownership.coach_steps);
    let counts = format!("{own} in the coachee's own words, {set} set by the coach.");
    match ownership.share.filter(|_| own + set >= MIN_STEPS) {
        _ if own + set == 0 => "None were heard.".to_owned(),
        Some(whole) => format!("{counts} The coachee's are {}.", share(whole)),
        None => counts,
    }
}

/// `31 % (24 to 39 %)`.
fn share(interval: Interval) -> String {
    let (low, high) = between(interval.low, interval.high);
    format!("{} % ({low} to {high} %)", percent(interval.value))
}

fn capital(text: &str) -> String {
    let mut characters = text.chars();
    characters.next().map_or_else(String::new, |first| first.to_uppercase().chain(characters).collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::measures::{Directiveness, Moves, Ownership, Questions, Waiting, Waits};

    fn interval(value: f64) -> Option<Interval> {
        Some(Interval { value, low: value - 0.1, high: value + 0.1 })
    }

    fn told() -> WordNumbers {
        let mut moves = Moves::default();
        (moves.coach[0], moves.coach[6], moves.coachee[2]) = (12, 3, 7);
        WordNumbers {
            moves,
            questions: Questions { open: 8, closed: 4, share_open: interval(0.6), ask_for: [2, 5, 1, 4] },
            directiveness: Directiveness {
                utterances: 40,
                index: interval(0.3),
                ask_tell: Some(2.14),
                reflections_to_questions: Some(0.8),
            },
            ownership: Ownership { coachee_steps: 3, coach_steps: 1, share: interval(0.75) },
            flanders: None,
            waiting: Some(Waiting {
                after_question: Waits { count: 12, long: interval(0.25), ..Waits::default() },
                filled_by_coach: Some(0.4),
                after_answer: Waits { count: 3, long: interval(0.5), ..Waits::default() },
            }),
            ..WordNumbers::default()
        }
    }

    #[test]
    fn a_session_with_much_to_say() {
        let words = told();
        assert_eq!(
            moves(&words),
            [
                "Telling (information, advice, directions, criticism) was 30 % (20 to 40 %) of telling, asking, reflecting, \
                 affirming and leaving the choice together. For each telling there were 2.1 questions, for each question 0.8 \
                 reflections.",
                "The coach: question 12, advice 3.",
                "The coachee: noticing 7.",
                "Open questions were 60 % (50 to 70 %). They asked what was noticed twice, what is behind it 5 times, what else \
                 could be done once, something else 4 times.",
            ]
        );
        assert_eq!(
            waiting(&words).unwrap(),
            [
                "After 12 questions of the coach, it was quiet for three seconds or more in 25 % (15 to 35 %); the coach spoke \
                 next in 40 %.",
                "After the coachee's answers: not enough to say.",
            ]
        );
        assert_eq!(
            steps(&words),
            "3 in the coachee's own words, 1 set by the coach. The coachee's are 75 % (65 to 85 %)."
        );
    }

    #[test]
    fn every_move_has_its_meaning() {
        let names =
            CoachMove::ALL.iter().map(|each| each.name()).chain(CoacheeMove::ALL.iter().map(|each| each.name()));
        for name in names {
            assert!(MEANINGS.iter().any(|(known, _)| *known == name), "{name}");
        }
    }

    #[test]
    fn a_session_with_little_to_say() {
        let words = WordNumbers {
            questions: Questions { open: 1, share_open: interval(0.9), ..Questions::default() },
            directiveness: Directiveness { utterances: 19, ..told().directiveness },
            ownership: Ownership { coachee_steps: 1, coach_steps: 0, share: interval(0.9) },
            waiting: None,
            ..told()
        };
        assert_eq!(moves(&words)[0], "How much of it was telling: not enough to say.");
        assert!(questions(&words).unwrap().starts_with("Too few questions"));
        assert_eq!(steps(&words), "1 in the coachee's own words, 0 set by the coach.");
        assert_eq!(waiting(&words), None);
        assert_eq!(steps(&WordNumbers::default()), "None were heard.");
    }
}
