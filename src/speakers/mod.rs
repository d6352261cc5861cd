//! Who spoke when: two unnamed voices first, then coach and coachee. Knows no words; keeps nothing on disk of a voice.
//!
//! With two tracks a voice is a track, once crosstalk is taken out. With one, vectors of 0.8 s of speech are gathered
//! while the session runs ([`Listener::push`]); at the end they are split into two voices and a Viterbi pass decides,
//! tenth of a second by tenth, who spoke ([`Listener::finish`]). No audio is kept for longer than it takes.

mod clustering;
pub mod embedding;
mod features;
mod heard;
mod listener;
mod pauses;
mod roles;
mod segmentation;
mod tracks;
mod voiceprint;

pub use embedding::{SpeakerEncoder, SpeakerError};
pub use listener::Listener;
pub use roles::{RoleHint, assign_roles};
pub use voiceprint::voiceprint;

use crate::units::Span;

/// A stretch of one voice.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct VoiceSpan {
    pub span: Span,
    /// 0 or 1 (the track, when there are two); `None`: somebody spoke, and nobody can say who.
    pub voice: Option<u8>,
    /// `0..=1`.
    pub confidence: f32,
}

/// Who spoke when. Sorted by start; spans of the two voices may overlap.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Diarization {
    pub spans: Vec<VoiceSpan>,
    /// Why the result may be unsafe, as caveat codes of the report: `similar_voices`, `more_voices`, `one_voice`, `no_speech`,
    /// `no_speaker_model`, `silent_track`, `echo`.
    pub doubts: Vec<&'static str>,
    /// The mean embedding of each voice where the encoder heard it: for comparison with a voiceprint, never for storage.
    pub prints: [Option<Vec<f32>>; 2],
}

#[cfg(test)]
mod tests;
