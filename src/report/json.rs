//! The report as `--json` prints it: the contract's keys, each typed.
//!
//! What cannot be given is `null`, and its key stays, so that a script finds it whatever the session was. Where there is too little
//! to say, the value stands with its caveat and its counts; only people are told "not enough to say".

use serde::Serialize;

use super::words::{Directiveness, Moves, Ownership, Questions, Stretch, WaitTime};
use crate::{
    measures::{ByRole, Caveat, Measures, Models, Numbers, RoleSpan, Turns, WordNumbers},
    session::{Decision, Session, SessionId, Stance, Steps},
};

/// What is known of a session, for both people.
#[derive(Clone, Debug, Serialize)]
pub struct Report {
    pub(super) session: SessionId,
    pub(super) coachee: String,
    pub(super) started_at: String,
    duration_s: f64,
    pub(super) stance: ByRole<Option<Stance>>,
    pub(super) tracks: u8,
    models: ModelNames,
    speech: Speech,
    talk_ratio: TalkRatio,
    turns: ByRole<TurnLengths>,
    wait_time: WaitTime,
    interruptions: Interruptions,
    moves: Moves,
    questions: Questions,
    directiveness: Directiveness,
    /// `null` where there is too little to go by.
    course: Option<Vec<Stretch>>,
    ownership: Ownership,
    /// Moments that somebody marked, each once.
    #[serde(rename = "marks")]
    pub(super) marked: Vec<f64>,
    pub(super) health: Health,
    pub(super) decision: Decision,
    pub(super) caveats: Vec<Advice>,
    /// For the other forms of the report.
    #[serde(skip)]
    pub(super) measures: Measures,
    /// What people are told that is made of the words.
    #[serde(skip)]
    pub(super) words: Option<WordNumbers>,
    #[serde(skip)]
    pub(super) length_s: f64,
    #[serde(skip)]
    pub(super) words_decoded: bool,
    #[serde(skip)]
    pub(super) spans: Vec<RoleSpan>,
    #[serde(skip)]
    pub(super) steps: Steps,
    #[serde(skip)]
    pub(super) reviews: Vec<String>,
}

#[derive(Clone, Debug, Serialize)]
struct ModelNames {
    whisper: Option<String>,
    speaker: Option<String>,
    moves: Option<String>,
}

#[derive(Clone, Copy, Debug, Serialize)]
struct Speech {
    coach_s: f64,
    coachee_s: f64,
    overlap_s: f64,
    silence_s: f64,
    unattributed_s: f64,
}

#[derive(Clone, Copy, Debug, Serialize)]
struct TalkRatio {
    coach: Option<f64>,
    low: Option<f64>,
    high: Option<f64>,
}

#[derive(Clone, Copy, Debug, Serialize)]
struct TurnLengths {
    count: u32,
    median_s: Option<f64>,
    longest_s: Option<f64>,
}

#[derive(Clone, Copy, Debug, Serialize)]
struct Interruptions {
    by_coach: Option<u32>,
    by_coachee: Option<u32>,
}

#[derive(Clone, Copy, Debug, Serialize)]
pub(super) struct Health {
    pub(super) dropped_s: f64,
    gaps: u32,
    recovered: bool,
}

/// A caveat as people get it.
#[derive(Clone, Debug, Serialize)]
pub(super) struct Advice {
    code: &'static str,
    pub(super) message: String,
}

impl Report {
    pub(super) fn new(session: &Session, decision: Decision, numbers: &Numbers, measures: Measures) -> Self {
        let (speech, talk_ratio) = (measures.speech, measures.talk_ratio);
        let words = measures.words.as_ref();
        let length_s = if numbers.duration_s.is_finite() { numbers.duration_s.max(0.0) } else { 0.0 };
        let mut report = Self {
            session: session.id,
            coachee: session.coachee.clone(),
            started_at: session.started_at.clone(),
            duration_s: seconds(length_s),
            stance: ByRole { coach: session.coach_stance, coachee: session.coachee_stance },
            tracks: numbers.tracks,
            models: ModelNames::of(&numbers.models),
            speech: Speech {
                coach_s: seconds(speech.coach_s),
                coachee_s: seconds(speech.coachee_s),
                overlap_s: seconds(speech.overlap_s),
                silence_s: seconds(speech.silence_s),
                unattributed_s: seconds(speech.unattributed_s),
            },
            talk_ratio: TalkRatio {
                coach: talk_ratio.map(|ratio| share(ratio.coach.get())),
                low: talk_ratio.map(|ratio| share(ratio.low.get())),
                high: talk_ratio.map(|ratio| share(ratio.high.get())),
            },
            turns: ByRole::each(|role| TurnLengths::of(measures.turns.of(role))),
            wait_time: words.map(Into::into).unwrap_or_default(),
            interruptions: Interruptions {
                by_coach: measures.interruptions.map(|count| count.coach),
                by_coachee: measures.interruptions.map(|count| count.coachee),
            },
            moves: words.map(Into::into).unwrap_or_default(),
            questions: words.map(Into::into).unwrap_or_default(),
            directiveness: words.map(Into::into).unwrap_or_default(),
            course: None,
            ownership: words.map(Into::into).unwrap_or_default(),
            marked: marked(numbers),
            health: Health { dropped_s: seconds(numbers.dropped_s), gaps: numbers.gaps, recovered: numbers.recovered },
            decision,
            caveats: measures.caveats.iter().map(|&caveat| Advice::about(caveat, session.id)).collect(),
            words: measures.conclusive_words(),
            measures,
            length_s,
            words_decoded: numbers.words_decoded,
            spans: numbers.spans.clone(),
            steps: Steps::default(),
            reviews: Vec::new(),
        };
        report.course =
            Some(report.course().into_iter().map(Into::into).collect()).filter(|all: &Vec<_>| !all.is_empty());
        report
    }

    /// One JSON object with exactly the contract's keys.
    pub fn to_json(&self) -> serde_json::Value {
        // Cannot fail: every key is a string and every float finite.
        serde_json::to_value(self).unwrap_or_default()
    }
}

impl ModelNames {
    fn of(models: &Models) -> Self {
        Self {
            whisper: (!models.whisper.is_empty()).then(|| models.whisper.clone()),
            speaker: models.speaker.clone(),
            moves: models.moves.clone(),
        }
    }
}

impl TurnLengths {
    fn of(turns: &Turns) -> Self {
        Self { count: turns.count, median_s: turns.median_s.map(seconds), longest_s: turns.longest_s.map(seconds) }
    }
}

impl Advice {
    fn about(caveat: Caveat, session: SessionId) -> Self {
        Self { code: caveat.code(), message: caveat.message().replace("SESSION", &session.to_string()) }
    }
}

/// When somebody marked a moment, the earliest first and each once.
pub(super) fn marked(numbers: &Numbers) -> Vec<f64> {
    let mut marked: Vec<f64> = numbers.marked.iter().map(|at| seconds(at.seconds())).collect();
    marked.sort_by(f64::total_cmp);
    marked.dedup();
    marked
}

/// To the millisecond.
fn seconds(seconds: f64) -> f64 {
    rounded(seconds, 1e3)
}

/// To a hundredth of a percent: finer than any interval here.
pub(super) fn share(share: f64) -> f64 {
    rounded(share, 1e4)
}

pub(super) fn rounded(value: f64, steps: f64) -> f64 {
    let rounded = (value * steps).round() / steps;
    // And nothing is no minus nothing.
    if rounded.is_finite() { rounded + 0.0 } else { 0.0 }
}
