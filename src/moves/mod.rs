//! What people do with what they say: each utterance coded as a coach's move and as a coachee's, with its form.
//!
//! [`split`] makes clause-sized units of turns; [`code`] codes them. Both codes are computed whoever spoke, so that the
//! session's numbers can be had for both assignments of the roles and `swap` needs no words. A code keeps its
//! probabilities: numbers about a session are sums of them, which come nearer to the experts' than counts of the likeliest.
//! What is coded are utterances, what is shown are numbers about a session: a single code is right too seldom to tell
//! anybody about a sentence of theirs.
//!
//! Backchannels are told by their words (`listed.rs`); everything else by a head (`head.rs`) on word features
//! (`features.rs`) and sentence vectors (`encoder/`), which can be made while people still speak (`vectors.rs`).

mod clauses;
mod encoder;
mod features;
mod head;
mod language;
mod listed;
mod rows;
mod taxonomy;
#[cfg(test)]
mod tests;
mod vectors;

use std::{
    fmt,
    path::{Path, PathBuf},
    sync::OnceLock,
};

pub use self::{
    clauses::clauses,
    encoder::{Encoder, EncoderError, Runtime},
    rows::{CodedGroup, CodedRow, Row, RowsError, code_rows, read_rows},
    taxonomy::{Asks, CoachMove, CoacheeMove, Form},
    vectors::Prepared,
};
use self::{
    features::{Unit, features},
    head::{Head, Said},
    vectors::{Context, Known},
};
use crate::{
    session::Role,
    transcript::{Named, Spoken, Utterance},
    units::{Sample, Span},
};

/// What one utterance is, as probabilities.
#[derive(Clone, Debug, PartialEq)]
pub struct Code {
    coach: [f32; CoachMove::ALL.len()],
    /// Of the probability of advice, the part that was asked for.
    invited: f32,
    coachee: [f32; CoacheeMove::ALL.len()],
    form: [f32; Form::ALL.len()],
    asks: [f32; Asks::ALL.len()],
}

/// An utterance's code, with when it was said and by whom.
#[derive(Clone, Debug, PartialEq)]
pub struct Coded {
    pub span: Span,
    pub role: Option<Role>,
    pub code: Code,
}

impl Code {
    /// The likeliest move, if a coach said it.
    pub fn as_coach(&self) -> CoachMove {
        likeliest(CoachMove::ALL, &self.coach)
    }

    /// The likeliest move, if a coachee said it.
    pub fn as_coachee(&self) -> CoacheeMove {
        likeliest(CoacheeMove::ALL, &self.coachee)
    }

    pub fn form(&self) -> Form {
        likeliest(Form::ALL, &self.form)
    }

    /// What it asks for, if it is a question.
    pub fn asks(&self) -> Asks {
        likeliest(Asks::ALL, &self.asks)
    }

    /// Whether advice, if it is that, was asked for.
    pub fn invited(&self) -> bool {
        2.0 * self.invited > self.of_coach(CoachMove::Advice)
    }

    pub fn of_coach(&self, as_coach: CoachMove) -> f32 {
        self.coach.get(as_coach as usize).copied().unwrap_or(0.0)
    }

    pub fn of_invited(&self) -> f32 {
        self.invited
    }

    pub fn of_coachee(&self, as_coachee: CoacheeMove) -> f32 {
        self.coachee.get(as_coachee as usize).copied().unwrap_or(0.0)
    }

    pub fn of_form(&self, form: Form) -> f32 {
        self.form.get(form as usize).copied().unwrap_or(0.0)
    }

    /// Backchannel in both roles.
    fn listening() -> Self {
        let mut code = Self { coach: [0.0; 11], invited: 0.0, coachee: [0.0; 7], form: [0.0; 3], asks: [0.0; 4] };
        code.coach[CoachMove::Backchannel as usize] = 1.0;
        code.coachee[CoacheeMove::Backchannel as usize] = 1.0;
        code.form[Form::Statement as usize] = 1.0;
        code.asks[Asks::Other as usize] = 1.0;
        code
    }

    /// For tests of what is made of codes: certain of everything.
    #[cfg(test)]
    pub(crate) fn certain(coach: CoachMove, coachee: CoacheeMove, form: Form) -> Self {
        let mut code = Self { coach: [0.0; 11], invited: 0.0, coachee: [0.0; 7], form: [0.0; 3], asks: [0.0; 4] };
        code.coach[coach as usize] = 1.0;
        code.coachee[coachee as usize] = 1.0;
        code.form[form as usize] = 1.0;
        code.asks[Asks::Reasoning as usize] = 1.0;
        code
    }

    /// For tests of what is made of doubt: as likely one move of the coach's as another.
    #[cfg(test)]
    pub(crate) fn between(one: CoachMove, other: CoachMove) -> Self {
        let mut code = Self::certain(one, CoacheeMove::Initiation, Form::Statement);
        code.coach[one as usize] = 0.5;
        code.coach[other as usize] = 0.5;
        code
    }
}

impl From<Said> for Code {
    fn from(said: Said) -> Self {
        let take = |from: &[f32], at: usize| from.get(at).copied().unwrap_or(0.0);
        // The head's order: question, reflection, affirmation, support, autonomy, information, advice, invited advice, ...
        let invited = take(&said.coach, 7);
        let coach = std::array::from_fn(|at| match at {
            6 => take(&said.coach, 6) + invited,
            0..6 => take(&said.coach, at),
            // Backchannels are told by their words, and have no class there.
            _ => take(&said.coach, at + 1),
        });
        Self {
            coach,
            invited,
            coachee: std::array::from_fn(|at| take(&said.coachee, at)),
            form: std::array::from_fn(|at| take(&said.form, at)),
            asks: std::array::from_fn(|at| take(&said.asks, at)),
        }
    }
}

fn likeliest<T: Copy>(all: &'static [T], probabilities: &[f32]) -> T {
    let best = probabilities.iter().enumerate().max_by(|a, b| a.1.total_cmp(b.1)).map_or(0, |(at, _)| at);
    // Both have one entry per variant, so that the first is never taken for want of another.
    all.get(best).or(all.first()).copied().unwrap_or_else(|| unreachable!("a list of moves is never empty"))
}

/// Why nothing can be coded. Never says any words.
#[derive(Debug, thiserror::Error)]
pub enum MovesError {
    #[error("the weights that code moves cannot be read: {reason}")]
    Head { reason: String },
}

/// What codes: made once for the life of the process. The text model is loaded when first needed.
pub struct Coder {
    head: Head,
    /// The folder `text` of the models; `None`: not installed.
    folder: Option<PathBuf>,
    runtime: Runtime,
    encoder: OnceLock<Result<Box<dyn Encoder>, EncoderError>>,
}

impl fmt::Debug for Coder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Coder").field("folder", &self.folder).field("runtime", &self.runtime).finish_non_exhaustive()
    }
}

impl Coder {
    /// `text` is the folder of the text model; without it words alone decide, and [`Coder::words_only`] says so.
    ///
    /// # Errors
    /// When the weights built into this program cannot be read, which is a fault of the program.
    pub fn load(text: Option<&Path>) -> Result<Self, MovesError> {
        let head = Head::built_in().map_err(|error| MovesError::Head { reason: error.to_string() })?;
        let (folder, runtime) = (text.map(Path::to_owned), Runtime::default());
        Ok(Self { head, folder, runtime, encoder: OnceLock::new() })
    }

    /// Runs the text model with this one, where the program was built with more than one. The codes are the same.
    #[must_use]
    pub fn on(self, runtime: Runtime) -> Self {
        Self { runtime, encoder: OnceLock::new(), ..self }
    }

    /// Whether nothing is known to be missing. Loads nothing.
    pub fn is_whole(&self) -> bool {
        self.folder.is_some() && !matches!(self.encoder.get(), Some(Err(_)))
    }

    /// Why words alone decide; `None` when the text model helps. Loads it.
    pub fn words_only(&self) -> Option<EncoderError> {
        self.encoder().err().cloned()
    }

    /// What the report calls it.
    pub fn name(&self) -> &'static str {
        if self.encoder().is_ok() { "all-MiniLM-L6-v2" } else { "words" }
    }

    fn encoder(&self) -> Result<&dyn Encoder, &EncoderError> {
        let loaded = self.encoder.get_or_init(|| match &self.folder {
            Some(folder) => self.runtime.load(folder),
            None => Err(EncoderError::Missing { path: "text".to_owned() }),
        });
        loaded.as_ref().map(AsRef::as_ref)
    }

    /// One code per unit of a dialogue, in order. What is prepared already is not looked at by the text model again.
    fn code(&self, said: &[(Option<Role>, &str)], prepared: &[&Prepared]) -> Vec<Code> {
        let speaker = |role: Option<Role>| role.map_or(2, |role| role as u8);
        let units: Vec<Unit> = said.iter().map(|&(role, text)| Unit::new(speaker(role), text)).collect();
        let texts: Vec<&str> = said.iter().map(|&(_, text)| text).collect();
        let mut vectors = Known::of(&texts);
        prepared.iter().for_each(|prepared| vectors.learn(prepared));
        let rest = self.prepare_texts(vectors.missing());
        vectors.learn(&rest);
        let mut codes: Vec<Code> = Vec::with_capacity(units.len());
        for (at, unit) in units.iter().enumerate() {
            // "Yes" is a backchannel, but not when somebody has just asked whether; "no" and "perfect" say something.
            let answers = at.checked_sub(1).and_then(|before| Some((units.get(before)?, codes.get(before)?)));
            let answers =
                answers.is_some_and(|(before, code)| before.speaker != unit.speaker && code.form() == Form::Closed);
            codes.push(if unit.listening && !unit.judges && !answers {
                Code::listening()
            } else {
                self.head
                    .say(&features(&units, at), vectors.at(&units, at).as_ref().map(Context::borrow).as_ref())
                    .into()
            });
        }
        codes
    }

    /// What the text model makes of units, so that [`code`] need not: for a session that goes on, when words come.
    pub fn prepare(&self, units: &[Utterance]) -> Prepared {
        self.prepare_texts(units.iter().map(|unit| unit.text.words()))
    }

    fn prepare_texts<'a>(&self, texts: impl IntoIterator<Item = &'a str>) -> Prepared {
        self.encoder().map(|encoder| Prepared::of(texts, encoder)).unwrap_or_default()
    }
}

/// Cuts turns into the units that are coded; a unit's times are its share of the turn's characters.
pub fn split(turns: &[Utterance]) -> Vec<Utterance> {
    turns.iter().flat_map(split_turn).collect()
}

fn split_turn(turn: &Utterance) -> Vec<Utterance> {
    let text = turn.text.words();
    let (length, samples) = (text.len().max(1) as f64, turn.span.samples() as f64);
    let at = |byte: usize| Sample(turn.span.start().0 + (samples * byte as f64 / length).round() as u64);
    let units = clauses(text);
    let last = units.len().saturating_sub(1);
    let cut = |(index, unit): (usize, std::ops::Range<usize>)| {
        // The first and the last keep the turn's own ends.
        let start = if index == 0 { turn.span.start() } else { at(unit.start) };
        let end = if index == last { turn.span.end() } else { at(unit.end) };
        let text = Spoken::new(text.get(unit)?.to_owned());
        Some(Utterance { span: Span::new(start, end)?, role: turn.role, text })
    };
    units.into_iter().enumerate().filter_map(cut).collect()
}

/// Codes the units of one session, in the order in which they were said: one code for each, the same whatever was prepared.
pub fn code(units: &[Utterance], coder: &Coder, prepared: &[&Prepared]) -> Vec<Coded> {
    let said: Vec<(Option<Role>, &str)> = units.iter().map(|unit| (unit.role, unit.text.words())).collect();
    let codes = coder.code(&said, prepared);
    units.iter().zip(codes).map(|(unit, code)| Coded { span: unit.span, role: unit.role, code }).collect()
}

impl Coded {
    /// What the one who speaks does, and how it is put; `None` where nobody knows who speaks.
    pub fn named(&self) -> Option<Named> {
        let does = match self.role? {
            Role::Coach => self.code.as_coach().name(),
            Role::Coachee => self.code.as_coachee().name(),
        };
        Some(Named { does, form: self.code.form().name() })
    }
}

/// Whether what was said seems to be English, the only language that moves are coded in; too little to tell counts as yes.
pub fn is_english(units: &[Utterance]) -> bool {
    language::english(units.iter().map(|unit| unit.text.words()))
}
