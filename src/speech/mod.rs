//! Voice activity: when anyone spoke.
//!
//! Every 16 ms earshot's network says how likely a voice is; two thresholds make stretches of that, short pauses are
//! bridged, and stretches too short or too steady to be a voice are dropped. The network knows the loudness of its
//! training data only, so the level of speech is followed and brought there first. Wait time and talk time are measured
//! on the result.

use std::fmt;

use crate::units::{SAMPLE_RATE, Sample, Span};

/// Samples per decision: what earshot's network expects (16 ms).
const FRAME: usize = 256;
/// Speech begins at this score, and ends below [`OFF_SCORE`]: found on reverberant and noisy two-person sessions.
const ON_SCORE: f32 = 0.5;
const OFF_SCORE: f32 = 0.45;
/// The network looks at 48 ms that end with the frame, so its score answers for about two frames earlier.
const LATENCY_FRAMES: u64 = 2;
/// The score rises this much later than the voice does (30 ms).
const ONSET_MS: u64 = 30;
/// A pause shorter than this inside speech belongs to it: a stop consonant or a breath, not an offer of the floor.
const BRIDGE_MS: u64 = 300;
/// Less than this is a click or a chair.
const MIN_SPEECH_MS: u64 = 90;
/// Speech that goes on is handed over in pieces of this length (they touch), so that whoever follows live never waits.
const MAX_SPAN_MS: u64 = 20_000;

/// A voice's level within a stretch of at least [`STEADY_MIN_FRAMES`] varies by more than this standard deviation; fans,
/// hiss and hum do not.
const STEADY_DB: f32 = 1.5;
const STEADY_MIN_FRAMES: f32 = 12.0;

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
    /// End of the last speech closed: the next begins no earlier.
    closed: u64,
    level: Level,
    /// Count, sum and sum of squares of the levels (dB) of the frames in `open`.
    steadiness: [f32; 3],
}

/// Follows how loud speech is, to bring it to the level that the network was trained at.
#[derive(Debug)]
struct Level {
    /// Level of the loud frames of speech, in dB of full scale.
    speech_db: f32,
}

impl Level {
    /// Before anything is known.
    const START_DB: f32 = -16.0;
    /// Where loud frames are brought to, and the most that this may lower or raise the signal.
    const TARGET_DB: f32 = -14.0;
    const MIN_GAIN_DB: f32 = -10.0;
    const MAX_GAIN_DB: f32 = 30.0;
    /// A louder frame raises the level by this; one up to [`Level::RANGE_DB`] quieter lowers it by this times
    /// [`Level::FALL`], which holds it near the 87th percentile; one quieter still only if the network hears a voice.
    const STEP_DB: f32 = 0.2;
    const FALL: f32 = 0.15;
    const FALL_QUIET: f32 = 0.5;
    const RANGE_DB: f32 = 15.0;

    fn gain(&self) -> f32 {
        let db = (Self::TARGET_DB - self.speech_db).clamp(Self::MIN_GAIN_DB, Self::MAX_GAIN_DB);
        10f32.powf(db / 20.0)
    }

    fn follow(&mut self, db: f32, score: f32) {
        if db > self.speech_db {
            self.speech_db += Self::STEP_DB;
        } else if db > self.speech_db - Self::RANGE_DB {
            self.speech_db -= Self::STEP_DB * Self::FALL;
        } else if score >= ON_SCORE {
            self.speech_db -= Self::STEP_DB * Self::FALL_QUIET;
        }
    }
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
            closed: 0,
            level: Level { speech_db: Level::START_DB },
            steadiness: [0.0; 3],
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
                let power = self.pending.iter().map(|s| s * s).sum::<f32>() / FRAME as f32;
                let db = 10.0 * power.max(1e-12).log10();
                let gain = self.level.gain();
                self.pending.iter_mut().for_each(|s| *s = (*s * gain).clamp(-1.0, 1.0));
                let score = self.network.predict_f32(&self.pending);
                self.pending.clear();
                self.level.follow(db, score);
                found.extend(self.judge(score, db));
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

    /// Whether there is speech that is not final yet: it goes on, or its pause may still be bridged.
    pub fn undecided(&self) -> bool {
        self.open.is_some()
    }

    /// Takes the score and level of the next frame; returns speech that this made final.
    fn judge(&mut self, score: f32, db: f32) -> Option<Span> {
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
                    self.open = Some((start.saturating_sub(samples(ONSET_MS)).max(self.closed), end));
                }
            }
            let [count, sum, squares] = &mut self.steadiness;
            (*count, *sum, *squares) = (*count + 1.0, *sum + db, *squares + db * db);
        } else if self.open.is_some_and(|(_, known)| start >= known + samples(BRIDGE_MS)) {
            done = self.close();
        }
        if done.is_none() && self.open.is_some_and(|(first, known)| known - first >= samples(MAX_SPAN_MS)) {
            let known = self.open.map_or(0, |(_, known)| known);
            done = self.close();
            self.continued = done.is_some();
            self.open = Some((known, known));
        }
        done
    }

    fn close(&mut self) -> Option<Span> {
        let (start, end) = self.open.take()?;
        self.closed = end;
        let [count, sum, squares] = std::mem::take(&mut self.steadiness);
        let spread = (squares / count - (sum / count).powi(2)).max(0.0).sqrt();
        let steady = count >= STEADY_MIN_FRAMES && spread < STEADY_DB;
        let long_enough = std::mem::take(&mut self.continued) || end - start >= samples(MIN_SPEECH_MS);
        Span::new(Sample(start), Sample(end)).filter(|_| long_enough && !steady)
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
