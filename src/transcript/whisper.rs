use super::*;
use std::path::Path;

/// A Whisper model, loaded once for the life of the process.
pub struct Whisper {}
impl std::fmt::Debug for Whisper { fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result { f.write_str("Whisper") } }

impl Whisper {
    /// Loads a file that [`crate::weights::check_ggml`] has passed (the caller has: stages know no weights).
    pub fn load(path: &Path, threads: usize) -> Result<Self, TranscriptError> { unimplemented!() }
    /// Decodes one window; words lie on the session clock.
    pub fn decode(&self, window: &Window) -> Result<Decoded, TranscriptError> { unimplemented!() }
}

/// Words of a window.
#[derive(Clone, Debug, Default)]
pub struct Decoded {
    pub words: Vec<Word>,
    /// Mean log-probability of the tokens; `None` without any.
    pub mean_logprob: Option<f32>,
}
