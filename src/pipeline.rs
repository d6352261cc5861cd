//! From sound to numbers and words: the only file that runs speech, speakers, transcript and measures in sequence.
//! `push(block)` does what can be done while the session runs, `finish()` the rest. Drives nothing, stores nothing.

use std::{fmt, sync::Arc};

use crate::{capture::Block, measures::Numbers, speakers::{RoleHint, SpeakerEncoder}, transcript::{TranscriptError, Utterance, Whisper}, session::Track, units::{Sample, Span}};

/// What works on sessions: loaded once, shared by all of them.
#[derive(Clone, Debug, Default)]
pub struct Models {
    /// Name and model; `None`: no words.
    pub whisper: Option<(String, Arc<Whisper>)>,
    pub speaker: Option<Arc<SpeakerEncoder>>,
}

/// What a session needs to be told apart.
#[derive(Clone, Debug)]
pub struct Setup {
    pub tracks: u8,
    pub hint: RoleHint,
    /// True when the sound comes from real voices: the demo model's words are then in no number.
    pub microphone: bool,
}

/// Reads a stretch of sound again that memory had no room for, from the sealed recording.
pub type Reread = Box<dyn Fn(Track, Span) -> Option<Vec<f32>> + Send>;

pub struct Pipeline {}
impl fmt::Debug for Pipeline { fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result { f.write_str("Pipeline") } }

/// What a session came to.
#[derive(Debug)]
pub struct Outcome {
    pub numbers: Numbers,
    pub words: Vec<Utterance>,
    /// Decoding failed or its mean log-probability is poor: the recording should stay until the coachee decides.
    pub words_poor: bool,
    /// Roles are a guess: session times at which each voice speaks alone, to ask with.
    pub ask: Option<[Sample; 2]>,
}

impl Pipeline {
    pub fn new(models: Models, setup: Setup, reread: Option<Reread>) -> Self { unimplemented!() }
    /// Takes the next block of any track. Never waits for decoding.
    pub fn push(&mut self, block: &Block) { unimplemented!() }
    /// Notes that time passed outside the record at this point.
    pub fn gap(&mut self, at: Sample) { unimplemented!() }
    /// Off the record: drops everything from `from` on.
    pub fn forget_from(&mut self, from: Sample) { unimplemented!() }
    /// Seconds of speech that wait for decoding.
    pub fn behind_s(&self) -> f64 { unimplemented!() }
    /// Waits until at most so many seconds of speech wait for decoding: for a feeder that is faster than decoding.
    pub fn wait_until_behind(&self, at_most_s: f64) { unimplemented!() }
    /// Whether somebody speaks right now.
    pub fn speaking(&self) -> bool { unimplemented!() }
    /// The rest: last windows, diarization, roles, words to turns, numbers.
    pub fn finish(self) -> Outcome { unimplemented!() }
}
