//! One track from its input's samples to blocks on the session clock.

use std::collections::VecDeque;

use super::{Alarm, Block, drift::Drift, health::Watch, resample::Resampler};
use crate::{session::Track, units::Sample};

/// Samples in every block but a file's last: a quarter of a second, so that what a crash can take stays small and
/// the cost of sealing a block is spread.
pub(super) const BLOCK_SAMPLES: usize = 4_000;

/// The most silence written at once, in samples: a long gap is handed out in pieces and never held whole.
const SILENCE_AT_ONCE: u64 = 16_000;

/// What a track's input has given so far, cut into blocks.
#[derive(Debug)]
pub(super) struct Line {
    track: Track,
    resampler: Resampler,
    /// At our rate, from `first` on.
    ready: VecDeque<f32>,
    first: Sample,
    resampled: Vec<f32>,
    drift: Drift,
    watch: Watch,
}

impl Line {
    pub fn new(track: Track, resampler: Resampler) -> Self {
        Self {
            track,
            resampler,
            ready: VecDeque::new(),
            first: Sample(0),
            resampled: Vec::new(),
            drift: Drift::default(),
            watch: Watch::default(),
        }
    }

    pub fn rate(&self) -> u32 {
        self.resampler.rate()
    }

    /// Where the next sound would go.
    pub fn end(&self) -> Sample {
        Sample(self.first.0 + self.ready.len() as u64)
    }

    /// Appends what the input gave, at its rate.
    pub fn sound(&mut self, samples: &[f32]) {
        self.resampler.push(samples, &mut self.resampled);
        self.drift.mend(&mut self.resampled);
        self.ready.extend(self.resampled.drain(..));
    }

    /// The clock says `now`, and all that the input has given is here: what the input's own clock is off is mended from here
    /// on.
    pub fn keep_time(&mut self, now: Sample) {
        self.drift.note(now, self.end());
    }

    /// Appends what the resampler still holds: nothing follows, or something else does.
    pub fn flush(&mut self) {
        self.resampler.flush(&mut self.resampled);
        self.ready.extend(self.resampled.drain(..));
    }

    /// From now on it is another input, or has another rate.
    pub fn resample_by(&mut self, resampler: Resampler) {
        self.flush();
        self.drift = Drift::default();
        self.resampler = resampler;
    }

    /// Appends silence up to `end`, as much of it as is held at once; true when `end` is reached.
    pub fn silence_until(&mut self, end: Sample) -> bool {
        let missing = end.0.saturating_sub(self.end().0);
        let now = missing.min(SILENCE_AT_ONCE);
        self.ready.extend(std::iter::repeat_n(0.0, now as usize));
        now == missing
    }

    /// The next whole block.
    pub fn block(&mut self) -> Option<Block> {
        (self.ready.len() >= BLOCK_SAMPLES).then(|| self.cut(BLOCK_SAMPLES))
    }

    /// The last block, which may be short.
    pub fn last_block(&mut self) -> Option<Block> {
        (!self.ready.is_empty()).then(|| self.cut(BLOCK_SAMPLES.min(self.ready.len())))
    }

    pub fn level_db(&self) -> f32 {
        self.watch.level_db()
    }

    pub fn alarm(&self) -> Option<Alarm> {
        self.watch.alarm()
    }

    /// The input broke: how it sounded no longer counts.
    pub fn forget_alarms(&mut self) {
        self.watch.forget();
    }

    fn cut(&mut self, samples: usize) -> Block {
        let block = Block {
            first: self.first,
            track: self.track,
            samples: self.ready.drain(..samples).map(as_recorded).collect(),
        };
        self.first.0 += samples as u64;
        self.watch.look(&block);
        block
    }
}

/// The 16-bit value that the recording will hold: what is measured live is what a recording gives when it is read again.
/// And silence is silence: what a filter leaves below the last bit reads as a voice far above no noise at all.
fn as_recorded(sample: f32) -> f32 {
    (sample * 32_768.0).round().clamp(-32_768.0, 32_767.0) / 32_768.0
}

/// The line whose next block starts first, the lower track before the higher: what keeps two tracks' blocks interleaved.
pub(super) fn earliest<'a>(lines: impl Iterator<Item = &'a mut Line>) -> Option<&'a mut Line> {
    lines.min_by_key(|line| (line.first, line.track))
}

#[cfg(test)]
mod tests {
    use std::time::Instant;

    use super::*;
    use crate::capture::ring::ring;

    fn line(rate: u32) -> Line {
        Line::new(Track(0), Resampler::new(rate).unwrap())
    }

    #[test]
    fn blocks_are_contiguous_from_zero_through_sound_gap_and_another_rate() {
        let mut line = line(48_000);
        line.sound(&[0.5; 48_000]);
        line.flush();
        assert_eq!(line.end(), Sample(16_000));
        while !line.silence_until(Sample(56_000)) {}
        line.resample_by(Resampler::new(16_000).unwrap());
        line.sound(&[0.25; 8_000]);
        let mut samples = Vec::new();
        while let Some(block) = line.last_block() {
            assert_eq!(block.first.0, samples.len() as u64);
            assert!(block.samples.len() <= BLOCK_SAMPLES);
            samples.extend_from_slice(&block.samples);
        }
        assert_eq!(samples.len(), 64_000);
        assert!((samples[8_000] - 0.5).abs() < 0.01);
        assert!(samples[16_100..56_000].iter().all(|s| *s == 0.0));
        assert_eq!(samples[56_000..], [0.25; 8_000]);
    }

    #[test]
    fn sixteen_bits_at_our_rate_pass_bit_by_bit_from_callback_to_block() {
        let played: Vec<i16> = (i16::MIN..=i16::MAX).collect();
        let (mut intake, mut outlet, _) = ring(16_000, 1, Instant::now());
        let (mut line, mut arrived, mut heard) = (line(16_000), Vec::new(), Vec::new());
        for frames in played.chunks(1_000) {
            intake.take(frames, |sample| f32::from(sample) / 32_768.0);
            arrived.clear();
            outlet.read(&mut arrived);
            line.sound(&arrived);
        }
        while let Some(block) = line.last_block() {
            heard.extend(block.samples.iter().map(|sample| (sample * 32_768.0) as i16));
        }
        assert!(heard == played);
    }

    #[test]
    fn silence_never_goes_back() {
        let mut line = line(16_000);
        line.sound(&[0.1; 100]);
        assert!(line.silence_until(Sample(50)));
        assert_eq!(line.end(), Sample(100));
    }

    #[test]
    fn a_long_silence_comes_in_pieces() {
        let mut line = line(16_000);
        assert!(!line.silence_until(Sample(1 << 40)));
        assert_eq!(line.end(), Sample(SILENCE_AT_ONCE));
    }
}
