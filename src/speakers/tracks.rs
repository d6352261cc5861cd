//! Two microphones: a voice is a track, once the other voice's leak into it is taken out.

use super::{Diarization, VoiceSpan, features::HOP};
use crate::units::{Sample, Span, union};

/// Levels are kept in half decibels above this, one byte per 10 ms.
const FLOOR_DB: f32 = -110.0;
/// The far voice may arrive this many frames (of 10 ms) later, or earlier.
const MAX_DELAY: usize = 8;
/// Speech in a track counts as its own when it is this much louder than the other track would leak into it.
const MARGIN_DB: f32 = 10.0;
/// Nor does a frame count that is hardly above the track's noise (the level that a tenth of the session stays below).
const NOISE_QUANTILE: f32 = 0.1;
const ABOVE_NOISE_DB: f32 = 6.0;
/// A leak is at least this much quieter than its source; anything louder is somebody speaking.
const LEAST_LOSS_DB: f32 = 3.0;
/// Own speech is at least this long, and gaps this short in it are filled.
const MIN_SPEECH: u64 = 2400;
const BRIDGE: u64 = 4800;
/// A track with less speech than this share of the other's is silent; with more leak than this share, echo.
const SILENT_SHARE: f64 = 0.01;
const ECHO_SHARE: f64 = 0.05;
/// Confidence of a span whose level clears the leak by 12 dB or more, and of one that hardly does.
const SURE: f32 = 0.99;
const HARDLY: f32 = 0.7;

/// The level of a track over the session.
#[derive(Clone, Debug, Default)]
pub struct Levels(Vec<u8>);

impl Levels {
    pub fn push(&mut self, power: f32) {
        self.0.push(level(power));
    }

    pub fn db(&self, frame: usize) -> f32 {
        self.0.get(frame).map_or(FLOOR_DB, |l| db(*l))
    }

    /// The level that this share of the session's frames stays below.
    fn quantile(&self, share: f32) -> f32 {
        let mut counts = Counts::default();
        self.0.iter().for_each(|level| counts.add(*level));
        counts.quantile(share)
    }

    /// Bytes that it keeps.
    #[cfg(test)]
    pub fn bytes(&self) -> usize {
        self.0.len()
    }

    /// The loudest within [`MAX_DELAY`] of a frame.
    fn around(&self, frame: usize) -> f32 {
        let end = self.0.len().min(frame + MAX_DELAY + 1);
        let near = self.0.get(frame.saturating_sub(MAX_DELAY).min(end)..end).unwrap_or_default();
        near.iter().max().map_or(FLOOR_DB, |l| db(*l))
    }
}

/// The level of a mean square.
pub fn level(power: f32) -> u8 {
    ((10.0 * power.max(1e-12).log10() - FLOOR_DB) * 2.0).clamp(0.0, 255.0) as u8
}

/// A level in decibels.
pub fn db(level: u8) -> f32 {
    f32::from(level) / 2.0 + FLOOR_DB
}

/// How often there was which level.
#[derive(Clone, Debug)]
pub struct Counts([u32; 256]);

impl Default for Counts {
    fn default() -> Self {
        Self([0; 256])
    }
}

impl Counts {
    pub fn add(&mut self, level: u8) {
        if let Some(count) = self.0.get_mut(usize::from(level)) {
            *count += 1;
        }
    }

    /// The level (dB) that this share of the frames stays below.
    pub fn quantile(&self, share: f32) -> f32 {
        let all: u32 = self.0.iter().sum();
        let wanted = (all as f32 * share) as u32;
        let mut below = 0;
        for (level, count) in (0..=u8::MAX).zip(self.0) {
            below += count;
            if below > wanted {
                return db(level);
            }
        }
        FLOOR_DB
    }
}

/// Attributes each track's speech to its own voice.
pub fn attribute(speech: [&[Span]; 2], levels: [Levels; 2], prints: [Option<Vec<f32>>; 2]) -> Diarization {
    let [a, b] = &levels;
    let mut doubts = Vec::new();
    if speech.iter().all(|s| s.is_empty()) {
        return Diarization { doubts: vec!["no_speech"], prints, ..Diarization::default() };
    }
    let own = [own_speech(speech[0], a, b), own_speech(speech[1], b, a)];
    let seconds = |spans: &[Span]| spans.iter().map(|s| s.seconds()).sum::<f64>();
    let kept = [0, 1].map(|track: usize| own[track].iter().map(|s| s.span.seconds()).sum::<f64>());
    let heard: f64 = speech.iter().map(|s| seconds(s)).sum();
    if heard - kept.iter().sum::<f64>() > ECHO_SHARE * heard {
        doubts.push("echo");
    }
    if kept[0].min(kept[1]) < SILENT_SHARE * kept[0].max(kept[1]) {
        doubts.push("silent_track");
    }
    let [first, second] = own;
    let voiced = |voice: u8| move |s: VoiceSpan| VoiceSpan { voice: Some(voice), ..s };
    let mut spans: Vec<VoiceSpan> = first.into_iter().map(voiced(0)).chain(second.into_iter().map(voiced(1))).collect();
    spans.sort_by_key(|s| s.span);
    Diarization { spans, doubts, prints }
}

/// The part of a track's speech that the other track's level cannot explain.
fn own_speech(speech: &[Span], own: &Levels, other: &Levels) -> Vec<VoiceSpan> {
    let loss = leak(speech, own, other);
    let audible = own.quantile(NOISE_QUANTILE) + ABOVE_NOISE_DB;
    let mut spans = Vec::new();
    for span in speech {
        let frames = span.start().0 as usize / HOP..span.end().0.div_ceil(HOP as u64) as usize;
        let clear = |frame: &usize| own.db(*frame) - other.around(*frame) - loss;
        let pieces = frames.filter(|f| clear(f) > MARGIN_DB && own.db(*f) > audible).filter_map(|frame| {
            let whole = Span::new(Sample((frame * HOP) as u64), Sample(((frame + 1) * HOP) as u64))?;
            whole.overlap(*span)
        });
        for piece in union(pieces, BRIDGE).into_iter().filter(|p| p.samples() >= MIN_SPEECH) {
            let inside = piece.start().0 as usize / HOP..piece.end().0 as usize / HOP;
            let count = inside.len().max(1) as f32;
            let mean = inside.map(|f| clear(&f)).sum::<f32>() / count;
            let confidence = HARDLY + (SURE - HARDLY) * ((mean - MARGIN_DB) / 6.0).clamp(0.0, 1.0);
            spans.push(VoiceSpan { span: piece, voice: None, confidence });
        }
    }
    spans
}

/// How the other track's level shows up in this one, in dB (negative): the lower mode of the level difference while this
/// track's voice activity is on.
fn leak(speech: &[Span], own: &Levels, other: &Levels) -> f32 {
    let mut differences: Vec<f32> = speech
        .iter()
        .flat_map(|s| s.start().0 as usize / HOP..s.end().0 as usize / HOP)
        .map(|frame| own.db(frame) - other.around(frame))
        .filter(|d| *d < -LEAST_LOSS_DB)
        .collect();
    if differences.is_empty() {
        return f32::MIN / 4.0;
    }
    let middle = differences.len() / 2;
    let (_, median, _) = differences.select_nth_unstable_by(middle, f32::total_cmp);
    median.min(-LEAST_LOSS_DB)
}
