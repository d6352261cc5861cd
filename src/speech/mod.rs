//! Voice activity: when anyone spoke.
//!
//! Every 16 ms earshot's network says how likely a voice is; two thresholds make stretches of that, short pauses are
//! bridged and stretches too short to be a syllable are dropped. Wait time and talk time are measured on the result.

use std::fmt;

use crate::units::{SAMPLE_RATE, Sample, Span};

/// Samples per decision: what earshot's network expects (16 ms).
const FRAME: usize = 256;
/// Speech begins at this score, and ends below [`OFF_SCORE`]: found on reverberant and noisy two-person sessions.
const ON_SCORE: f32 = 0.5;
const OFF_SCORE: f32 = 0.35;
/// The network looks at 48 ms that end with the frame, so its score answers for about two frames earlier.
const LATENCY_FRAMES: u64 = 2;
/// A pause shorter than this inside speech belongs to it: a stop consonant or a breath, not an offer of the floor.
const BRIDGE_MS: u64 = 300;
/// Less than this is a click or a chair.
const MIN_SPEECH_MS: u64 = 90;
/// Speech that goes on is handed over in pieces of this length (they touch), so that whoever follows live never waits.
const MAX_SPAN_MS: u64 = 20_000;

const fn samples(ms: u64) -> u64 {
    ms * SAMPLE_RATE as u64 / 1000
}

/// Finds speech in a stream that arrives in pieces of any size.
pub struct Detector {
    network: Box<earshot::Detector>,
    /// Less than a frame, waiting for the rest.
    pending: Vec<f32>,
    /// Samples judged so far.
    judged: u64,
    speaking: bool,
    /// Speech that may still grow: (start, end of what is known).
    open: Option<(u64, u64)>,
    /// True when `open` continues a piece already handed over: it is then never too short.
    continued: bool,
}

impl fmt::Debug for Detector {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Detector")
            .field("judged", &self.judged)
            .field("speaking", &self.speaking)
            .finish_non_exhaustive()
    }
}

impl Default for Detector {
    fn default() -> Self {
        Self::new()
    }
}

impl Detector {
    pub fn new() -> Self {
        Self {
            network: earshot::Detector::default_boxed(),
            pending: Vec::with_capacity(FRAME),
            judged: 0,
            speaking: false,
            open: None,
            continued: false,
        }
    }

    /// Takes 16 kHz mono samples and returns the speech that has become final, in order. Positions count from the first
    /// sample pushed. Non-finite samples count as silence.
    pub fn push(&mut self, samples: &[f32]) -> Vec<Span> {
        let mut found = Vec::new();
        let mut rest = samples;
        while !rest.is_empty() {
            let (now, later) = rest.split_at(rest.len().min(FRAME - self.pending.len()));
            rest = later;
            self.pending.extend(now.iter().map(|s| if s.is_finite() { s.clamp(-1.0, 1.0) } else { 0.0 }));
            if self.pending.len() == FRAME {
                let score = self.network.predict_f32(&self.pending);
                self.pending.clear();
                found.extend(self.judge(score));
            }
        }
        found
    }

    /// The speech that was still open.
    pub fn finish(mut self) -> Vec<Span> {
        let end = self.judged + self.pending.len() as u64;
        if let (true, Some((_, known))) = (self.speaking, &mut self.open) {
            *known = end;
        }
        self.close().into_iter().collect()
    }

    /// Whether somebody speaks right now, as far as is known.
    pub fn speaking(&self) -> bool {
        self.speaking
    }

    /// Takes the score of the next frame; returns speech that this made final.
    fn judge(&mut self, score: f32) -> Option<Span> {
        self.speaking = score >= if self.speaking { OFF_SCORE } else { ON_SCORE };
        let start = self.judged.saturating_sub(LATENCY_FRAMES * FRAME as u64);
        let end = start + FRAME as u64;
        self.judged += FRAME as u64;
        let mut done = None;
        if self.speaking {
            match &mut self.open {
                Some((_, known)) if start < *known + samples(BRIDGE_MS) => *known = end.max(*known),
                _ => {
                    done = self.close();
                    self.open = Some((start, end));
                }
            }
        } else if self.open.is_some_and(|(_, known)| start >= known + samples(BRIDGE_MS)) {
            done = self.close();
        }
        if let Some((first, known)) = self.open
            && done.is_none()
            && known - first >= samples(MAX_SPAN_MS)
        {
            self.open = Some((known, known));
            self.continued = true;
            done = Span::new(Sample(first), Sample(known));
        }
        done
    }

    fn close(&mut self) -> Option<Span> {
        let (start, end) = self.open.take()?;
        let long_enough = std::mem::take(&mut self.continued) || end - start >= samples(MIN_SPEECH_MS);
        Span::new(Sample(start), Sample(end)).filter(|_| long_enough)
    }
}

/// The speech in a whole recording (16 kHz mono).
pub fn detect(samples: &[f32]) -> Vec<Span> {
    let mut detector = Detector::new();
    let mut found = detector.push(samples);
    found.extend(detector.finish());
    found
}

#[cfg(test)]
mod tests;
