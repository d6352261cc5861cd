//! The coach's voice, enrolled once: the mean embedding of a minute or so of it.

use super::{
    embedding::{SpeakerEncoder, WINDOW_FRAMES, direction, window},
    features::{HOP, MelStream},
};
use crate::speech;

/// Speech needed to know a voice again.
const MIN_SPEECH_S: f64 = 3.0;
const WINDOW_HOP: usize = WINDOW_FRAMES / 2;

/// A voiceprint (length 1) of the one person in `samples` (16 kHz mono); `None` when there is too little speech. Two
/// prints are compared by cosine.
pub fn voiceprint(encoder: &SpeakerEncoder, samples: &[f32]) -> Option<Vec<f32>> {
    let speech = speech::detect(samples);
    if speech.iter().map(|s| s.seconds()).sum::<f64>() < MIN_SPEECH_S {
        return None;
    }
    let mut frames = Vec::new();
    MelStream::default().push(samples, &mut frames);
    let mut windows = Vec::new();
    for span in speech {
        let spoken = frames.get(span.start().0 as usize / HOP..).unwrap_or_default();
        let spoken = spoken.get(..span.samples() as usize / HOP).unwrap_or(spoken);
        let starts = (0..=spoken.len().saturating_sub(WINDOW_FRAMES)).step_by(WINDOW_HOP);
        windows.extend(starts.filter_map(|s| spoken.get(s..spoken.len().min(s + WINDOW_FRAMES))).map(window));
    }
    let print = direction(encoder.embed(&windows));
    (!print.is_empty()).then_some(print)
}
