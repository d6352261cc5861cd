//! Who spoke when: two unnamed voices first, then coach and coachee. Knows no words; keeps nothing on disk of a voice.

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
    /// Why the result may be unsafe, as caveat codes of the report: `similar_voices`, `one_voice`, `no_speech`,
    /// `no_speaker_model`, `silent_track`, `echo`.
    pub doubts: Vec<&'static str>,
}
