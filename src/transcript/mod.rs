//! Words and when they were said. Words are [`Spoken`]: they never reach a log, an error or a Debug print.
//!
//! A [`Packer`] gathers speech into [`Window`]s, [`Whisper`] decodes them to [`Word`]s, [`align()`] gives those to turns,
//! and [`write()`] writes the result for the coachee. Whisper's times only place words in turns: no duration comes from
//! them.

mod align;
mod commands;
mod format;
mod tokens;
mod whisper;
mod windows;
mod written;

#[cfg(test)]
pub(crate) mod tests;

use std::fmt;

pub use align::align;
pub use commands::{Command, WakeWord};
pub use format::{Format, Named, write, write_coded};
pub use whisper::{Decoded, Whisper};
pub use windows::{Packer, Window};
pub use written::{Written, parse};

use serde::{Deserialize, Serialize};
use zeroize::Zeroize;

use crate::{session::Role, units::Span};

/// Something somebody said. `Debug` prints only how long it is, and memory is wiped on drop.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Spoken(String);

impl Spoken {
    pub fn new(text: String) -> Self {
        Self(text)
    }

    /// The words themselves: call this only to show them to the coachee, or to code them.
    pub fn words(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Spoken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "[{} words]", self.0.split_whitespace().count())
    }
}

impl Drop for Spoken {
    fn drop(&mut self) {
        self.0.zeroize();
    }
}

/// One decoded word.
#[derive(Clone, Debug, PartialEq)]
pub struct Word {
    pub span: Span,
    pub text: Spoken,
    /// Probability that the decoder gave it, `0..=1`.
    pub probability: f32,
}

/// What one person said in one go.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Utterance {
    pub span: Span,
    pub role: Option<Role>,
    pub text: Spoken,
}

/// Why there are no words. Never says any.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TranscriptError {
    #[error("the speech model {path} cannot be loaded")]
    Load { path: String },
    #[error("decoding failed: {reason}")]
    Decode { reason: String },
    #[error("line {line} of the transcript: {reason}")]
    Parse { line: usize, reason: &'static str },
}

impl TranscriptError {
    /// What the user can do about it.
    pub fn hint(&self) -> Option<String> {
        match self {
            Self::Load { .. } => Some("`sidetone models verify` tells whether the file is whole".to_owned()),
            Self::Decode { .. } => {
                Some("close other programs, or use a smaller model (`sidetone models list`)".to_owned())
            }
            Self::Parse { .. } => {
                Some("a transcript is WebVTT, SubRip, or tab-separated with start_s, end_s, role and text".to_owned())
            }
        }
    }
}
