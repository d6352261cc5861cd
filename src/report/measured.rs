//! What the report says of the words: how things were, in sentences that judge nobody, and no sentence about any one utterance.

use super::{
    json::Report,
    phrases::{HEIGHTS, Place, bounded, length, percent, times},
};
use crate::{
    measures::{Caveat, Interval, LENGTHS, Mark, Stretch, Waits, WordNumbers, point, stretches},
    moves::{Asks, CoachMove, CoacheeMove},
    texts::say,
};

/// Waits by their length, as [`LENGTHS`] counts them.
pub fn lengths_of_waits() -> [&'static str; LENGTHS] {
    [
        say!("report-length-none"),
        say!("report-length-under-1"),
        say!("report-length-1"),
        say!("report-length-2"),
        say!("report-length-3"),
        say!("report-length-4"),
        say!("report-length-5"),
    ]
}

impl Report {
    /// Headings with their sentences. Where nothing was made of the words it says so, if there is a reason to give.
    pub(super) fn words_measured(&self) -> Vec<(&'static str, Vec<String>)> {
        let Some(words) = &self.words else {
            let why = self.words_decoded || !self.caveats_at(Place::Words).is_empty();
            let nothing = || vec![(say!("report-moves"), vec![say!("report-not-enough").to_owned()])];
            return if why { nothing() } else { Vec::new() };
        };
        let mut sections = vec![(say!("report-moves"), moves(words))];
        let course = self.untold().map_or_else(|| course(&self.course()), |why| vec![why.to_owned()]);
        sections.extend(Some((say!("report-course"), course)).filter(|(_, sentences)| !sentences.is_empty()));
        let (questions, answers) = self.waits_said();
        sections.extend(self.waiting_said().map(|(heading, mut sentences)| {
            sentences.extend(questions.map(|spread| spread.said(true)));
            sentences.extend(answers.map(|spread| spread.said(false)));
            (heading, sentences)
        }));
        sections.extend(self.steps_said().map(|(heading, said)| (heading, vec![said])));
        sections
    }

    pub(super) fn waiting_said(&self) -> Option<(&'static str, Vec<String>)> {
        let words = self.words.as_ref()?;
        let untimed = || self.measures.has(Caveat::WrittenTranscript).then(|| vec![say!("report-untimed").to_owned()]);
        Some((say!("report-waiting"), waiting(words).or_else(untimed)?))
    }

    pub(super) fn steps_said(&self) -> Option<(&'static str, String)> {
        Some((say!("report-steps"), steps(self.words.as_ref()?)))
    }

    /// When the coach told and asked; nothing in sessions of before that was kept.
    pub(super) fn marks(&self) -> &[Mark] {
        self.words.as_ref().map_or(&[], |words| &words.marks)
    }

    /// Telling and asking, stretch by stretch; empty where there is too little to go by.
    pub(super) fn course(&self) -> Vec<Stretch> {
        let words = self.words.as_ref().filter(|words| words.directiveness.index.is_some());
        words.map_or_else(Vec::new, |words| stretches(&words.marks, self.length_s))
    }

    /// Why there is no course, where somebody can do something about it next time.
    pub(super) fn untold(&self) -> Option<&'static str> {
        let unsaid = self.measures.has(Caveat::RolesAssumed) && self.marks().is_empty();
        unsaid.then(|| say!("report-course-unsaid"))
    }

    /// The waits after questions and after answers by length, where there are enough and their lengths were kept.
    pub(super) fn waits_said(&self) -> (Option<Spread>, Option<Spread>) {
        let waiting = self.words.as_ref().and_then(|words| words.waiting);
        let of = |waits: Waits| Some(waits).filter(|waits| waits.long.is_some()).and_then(Spread::of);
        (waiting.and_then(|waiting| of(waiting.after_question)), waiting.and_then(|waiting| of(waiting.after_answer)))
    }

    /// How much of it was telling, to be set beside what was meant.
    pub(super) fn telling_said(&self) -> Option<String> {
        let telling = point(&self.measures).telling?;
        Some(say!("report-telling-meant", percent = percent(telling.value)))
    }
}

/// How many waits were how long.
pub struct Spread(pub Waits);

impl Spread {
    /// Nothing for sessions of before these were kept.
    pub fn of(waits: Waits) -> Option<Self> {
        let spread = Self(waits);
        (spread.counts().iter().sum::<u32>() > 0).then_some(spread)
    }

    /// Whoever spoke next.
    pub fn counts(&self) -> [u32; LENGTHS] {
        let Waits { ended_by, ended_unclear, .. } = self.0;
        std::array::from_fn(|at| {
            let each = [ended_by.coach, ended_by.coachee, ended_unclear];
            each.iter().map(|counts| counts.get(at).copied().unwrap_or(0)).sum()
        })
    }

    /// `After questions, quiet for: none 3 (the coach next twice), under 1 s 5.`
    fn said(&self, questions: bool) -> String {
        let counts = self.counts().into_iter().zip(self.0.ended_by.coach);
        let counts = lengths_of_waits().into_iter().zip(counts).filter(|(_, (count, _))| *count > 0);
        let counts: Vec<String> = counts
            .map(|(length, (count, coach))| match coach {
                coach if questions && coach > 0 => say!("report-quiet-coach", length, count, times = times(coach)),
                _ => say!("report-quiet", length, count),
            })
            .collect();
        let counts = counts.join(", ");
        if questions { say!("report-quiet-questions", counts) } else { say!("report-quiet-answers", counts) }
    }
}

/// The first of [`lengths_of_waits`] that is at least Rowe's three seconds.
pub const FIRST_LONG: usize = 4;

/// A kind of move, how often it was made, and what it is to a share of telling.
pub struct Made {
    /// What scripts know it by.
    pub code: &'static str,
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

/// Moves by what scripts know them by: the texts of what people call each, and of what that means to somebody who sees it
/// for the first time.
pub const MEANINGS: [(&str, &str, &str); 17] = [
    ("question", "report-move-question", "report-move-question-means"),
    ("reflection", "report-move-reflection", "report-move-reflection-means"),
    ("affirmation", "report-move-affirmation", "report-move-affirmation-means"),
    ("support", "report-move-support", "report-move-support-means"),
    ("autonomy", "report-move-autonomy", "report-move-autonomy-means"),
    ("information", "report-move-information", "report-move-information-means"),
    ("advice", "report-move-advice", "report-move-advice-means"),
    ("direction", "report-move-direction", "report-move-direction-means"),
    ("confrontation", "report-move-confrontation", "report-move-confrontation-means"),
    ("structure", "report-move-structure", "report-move-structure-means"),
    ("backchannel", "report-move-backchannel", "report-move-backchannel-means"),
    ("response", "report-move-response", "report-move-response-means"),
    ("initiation", "report-move-initiation", "report-move-initiation-means"),
    ("noticing", "report-move-noticing", "report-move-noticing-means"),
    ("reasoning", "report-move-reasoning", "report-move-reasoning-means"),
    ("alternatives", "report-move-alternatives", "report-move-alternatives-means"),
    ("commitment", "report-move-commitment", "report-move-commitment-means"),
];

/// What people call the move that scripts know by `code`.
fn called(code: &'static str) -> &'static str {
    let known = MEANINGS.into_iter().find(|(known, ..)| *known == code);
    known.map_or(code, |(_, name, _)| say!(name))
}

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
        let words = self.words.as_ref()?;
        Some(MovesSaid {
            heading: say!("report-moves"),
            telling: directiveness(words),
            index: words.directiveness.index,
            coach: made(CoachMove::ALL.iter().map(|each| (each.name(), side(*each))).zip(words.moves.coach)),
            coachee: made(CoacheeMove::ALL.iter().map(|each| (each.name(), Side::Neither)).zip(words.moves.coachee)),
            questions: questions(words),
        })
    }
}

fn moves(words: &WordNumbers) -> Vec<String> {
    let coach = counted(CoachMove::ALL.iter().map(|each| each.name()).zip(words.moves.coach));
    let coachee = counted(CoacheeMove::ALL.iter().map(|each| each.name()).zip(words.moves.coachee));
    let mut sentences = vec![directiveness(words)];
    sentences.push(say!("report-made-coach", moves = coach));
    sentences.push(say!("report-made-coachee", moves = coachee));
    sentences.extend(questions(words));
    sentences
}

fn made(counts: impl Iterator<Item = ((&'static str, Side), u32)>) -> Vec<Made> {
    let counts = counts.filter(|(_, count)| *count > 0);
    counts.map(|((code, side), count)| Made { code, name: called(code), count, side }).collect()
}

fn directiveness(words: &WordNumbers) -> String {
    let directiveness = &words.directiveness;
    let Some(index) = directiveness.index else {
        return say!("report-telling-unclear").to_owned();
    };
    let tenths = |ratio: Option<f64>| ratio.map(|ratio| format!("{ratio:.1}"));
    let ratios = match (tenths(directiveness.ask_tell), tenths(directiveness.reflections_to_questions)) {
        (Some(questions), Some(reflections)) => Some(say!("report-ratios", questions, reflections)),
        (Some(questions), None) => Some(say!("report-ratio-questions", questions)),
        (None, Some(reflections)) => Some(say!("report-ratio-reflections", reflections)),
        (None, None) => None,
    };
    let telling = say!("report-telling", share = bounded(index));
    match ratios {
        Some(ratios) => format!("{telling} {ratios}"),
        None => telling,
    }
}

/// `question 12, advice 3` with what there was none of left out.
fn counted(counts: impl Iterator<Item = (&'static str, u32)>) -> String {
    let counts = counts.filter(|(_, count)| *count > 0);
    let counts: Vec<String> = counts.map(|(code, count)| say!("report-made", name = called(code), count)).collect();
    if counts.is_empty() { say!("report-made-nothing").to_owned() } else { counts.join(", ") }
}

fn questions(words: &WordNumbers) -> Option<String> {
    let questions = &words.questions;
    let count = questions.open + questions.closed;
    if count == 0 {
        return None;
    }
    let asked = |which: Asks| questions.ask_for.get(which as usize).copied().unwrap_or(0);
    let open = match questions.share_open {
        Some(open) => say!("report-questions-open", share = bounded(open)),
        None => say!("report-questions-few").to_owned(),
    };
    let asked_for: Vec<String> = [
        ("report-asked-noticing", asked(Asks::Noticing)),
        ("report-asked-reasoning", asked(Asks::Reasoning)),
        ("report-asked-alternatives", asked(Asks::Alternatives)),
        ("report-asked-other", asked(Asks::Other)),
    ]
    .into_iter()
    .filter(|(_, count)| *count > 0)
    .map(|(text, count)| say!(text, times = times(count)))
    .collect();
    Some(format!("{open} {}", say!("report-asked", parts = asked_for.join(", "))))
}

fn waiting(words: &WordNumbers) -> Option<Vec<String>> {
    let waiting = words.waiting.as_ref()?;
    let (question, answer) = (&waiting.after_question, &waiting.after_answer);
    let after_question = match question.long {
        Some(long) => {
            let said = say!("report-after-questions", count = question.count, share = bounded(long));
            match waiting.filled_by_coach.map(percent) {
                Some(filled) => format!("{said} {}", say!("report-after-questions-filled", filled)),
                None => said,
            }
        }
        None => say!("report-after-questions-few").to_owned(),
    };
    let after_answer = match answer.long {
        Some(long) => say!("report-after-answers", count = answer.count, share = bounded(long)),
        None => say!("report-after-answers-few").to_owned(),
    };
    Some(vec![after_question, after_answer])
}

/// Two rows of blocks, and what one of them stands for.
fn course(stretches: &[Stretch]) -> Vec<String> {
    let Some(first) = stretches.first() else { return Vec::new() };
    let most = stretches.iter().map(|each| each.asking.max(each.telling)).fold(1, u32::max);
    let row = |of: fn(&Stretch) -> u32| -> String {
        let block = |count: u32| match count {
            0 => '·',
            count => HEIGHTS.get(((count * 8).div_ceil(most) as usize).saturating_sub(1)).copied().unwrap_or('█'),
        };
        stretches.iter().map(|each| block(of(each))).collect()
    };
    vec![
        say!("report-course-asking", blocks = row(|each| each.asking)),
        say!("report-course-telling", blocks = row(|each| each.telling)),
        say!("report-course-key", length = length(f64::from(first.to_s)), most),
    ]
}

fn steps(words: &WordNumbers) -> String {
    let ownership = &words.ownership;
    let (own, set) = (ownership.coachee_steps, ownership.coach_steps);
    let counts = say!("report-steps-counts", own, set);
    match ownership.share {
        _ if own + set == 0 => say!("report-steps-none").to_owned(),
        Some(whole) => format!("{counts} {}", say!("report-steps-share", share = bounded(whole))),
        None => counts,
    }
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
                after_answer: Waits { count: 3, ..Waits::default() },
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
                "After 12 questions of the coach, it was quiet for three seconds or more in 25 % (15 to 35 %). Where it is \
                 clear who spoke next, it was the coach in 40 %.",
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
            assert!(MEANINGS.iter().any(|(known, ..)| *known == name), "{name}");
        }
        for (code, name, meaning) in MEANINGS {
            assert!(say!(name) != name && say!(meaning) != meaning, "{code}");
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
        }
        .conclusive();
        assert_eq!(moves(&words)[0], "How much of it was telling: not enough to say.");
        assert!(questions(&words).unwrap().starts_with("Too few questions"));
        assert_eq!(steps(&words), "1 in the coachee's own words, 0 set by the coach.");
        assert_eq!(waiting(&words), None);
        assert_eq!(steps(&WordNumbers::default()), "None were heard.");
    }
}
