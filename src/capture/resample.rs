//! Any rate to the session's 16 kHz, converted once, at the edge.

use rubato::{
    Async, FixedAsync, Resampler as _, SincInterpolationParameters, WindowFunction,
    audioadapter_buffers::direct::InterleavedSlice,
};

use crate::units::SAMPLE_RATE;

/// Rates that devices and files have. Outside it a file's header lies.
pub(super) const RATES: std::ops::RangeInclusive<u32> = 1_000..=768_000;

/// Length of the sinc at input rates up to 48 kHz (rubato's own starting point); longer above, so that the transition
/// band keeps its width in hertz.
const SINC_LENGTH: usize = 256;

/// Input is taken in pieces of this part of a second: what a piece is short of waits for more.
const PIECES_PER_SECOND: u32 = 50;

/// The most input samples that making the delay a whole number may take; every usual rate needs less.
const PADDING_MAX: usize = 4_096;

/// One track from its input's rate to [`SAMPLE_RATE`]. The filter's delay is trimmed: what comes out at a time is
/// what came in at that time.
pub(super) struct Resampler {
    rate: u32,
    /// `None` when the input already has our rate: then samples pass bit by bit.
    filter: Option<Async<f32>>,
    /// Input that does not fill a piece yet.
    waiting: Vec<f32>,
    /// Where the filter writes.
    filtered: Vec<f32>,
    /// Samples of the filter's delay still to be trimmed.
    delay: usize,
    taken: u64,
    given: u64,
}

impl std::fmt::Debug for Resampler {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Resampler").field("rate", &self.rate).field("taken", &self.taken).finish_non_exhaustive()
    }
}

impl Resampler {
    /// `None` for a rate that no input has.
    pub fn new(rate: u32) -> Option<Self> {
        if !RATES.contains(&rate) {
            return None;
        }
        let filter = match rate {
            SAMPLE_RATE => None,
            rate => Some(filter(rate)?),
        };
        let filtered = vec![0.0; filter.as_ref().map_or(0, |filter| filter.output_frames_max())];
        let mut resampler = Self { rate, filter, waiting: Vec::new(), filtered, delay: 0, taken: 0, given: 0 };
        resampler.begin();
        Some(resampler)
    }

    pub fn rate(&self) -> u32 {
        self.rate
    }

    /// Takes samples at the input's rate; appends to `out` what is ready.
    pub fn push(&mut self, samples: &[f32], out: &mut Vec<f32>) {
        self.taken += samples.len() as u64;
        if self.filter.is_none() {
            self.given += samples.len() as u64;
            out.extend_from_slice(samples);
            return;
        }
        self.waiting.extend_from_slice(samples);
        let piece = piece(self.rate);
        let whole = self.waiting.len() / piece * piece;
        let waiting = std::mem::take(&mut self.waiting);
        for piece in waiting[..whole].chunks_exact(piece) {
            self.filter_piece(piece, out);
        }
        self.waiting.extend_from_slice(&waiting[whole..]);
    }

    /// Appends what the filter still holds, so that output and input last equally long, and starts anew.
    pub fn flush(&mut self, out: &mut Vec<f32>) {
        if self.filter.is_some() {
            let due = (self.taken as f64 * f64::from(SAMPLE_RATE) / f64::from(self.rate)).round() as u64;
            let mut rest = std::mem::take(&mut self.waiting);
            rest.resize(piece(self.rate), 0.0);
            let silence = vec![0.0; rest.len()];
            let end = out.len() + due.saturating_sub(self.given) as usize;
            while out.len() < end && self.filter_piece(&rest, out) {
                rest.copy_from_slice(&silence);
            }
            out.resize(end, 0.0);
        }
        self.begin();
    }

    /// Rubato's sinc delays by half its length less one output sample (measured; its `output_delay` leaves out the one
    /// sample and rounds). Zeros in front make that a whole number of output samples, which can then be trimmed.
    fn begin(&mut self) {
        self.taken = 0;
        self.given = 0;
        self.waiting.clear();
        let Some(filter) = &mut self.filter else { return };
        filter.reset();
        let half = sinc_length(self.rate) / 2;
        let step = (self.rate / gcd(self.rate, SAMPLE_RATE)) as usize;
        let whole = half.next_multiple_of(step);
        // A rate that shares no factor with ours would need seconds of zeros; half a sample of delay is better.
        let delayed = if whole <= PADDING_MAX { whole } else { half };
        self.waiting.resize(delayed - half, 0.0);
        let delay = delayed as f64 * f64::from(SAMPLE_RATE) / f64::from(self.rate) - 1.0;
        self.delay = delay.round() as usize;
    }

    /// False where the filter refuses; the sizes are its own, so that it has no reason to.
    fn filter_piece(&mut self, piece: &[f32], out: &mut Vec<f32>) -> bool {
        let Some(filter) = &mut self.filter else { return false };
        let frames = self.filtered.len();
        let (Ok(input), Ok(mut output)) =
            (InterleavedSlice::new(piece, 1, piece.len()), InterleavedSlice::new_mut(&mut self.filtered, 1, frames))
        else {
            return false;
        };
        let Ok((_, filtered)) = filter.process_into_buffer(&input, &mut output, None) else { return false };
        let trimmed = self.delay.min(filtered);
        self.delay -= trimmed;
        self.given += (filtered - trimmed) as u64;
        out.extend_from_slice(&self.filtered[trimmed..filtered]);
        true
    }
}

fn piece(rate: u32) -> usize {
    (rate / PIECES_PER_SECOND) as usize
}

fn sinc_length(rate: u32) -> usize {
    SINC_LENGTH * rate.div_ceil(48_000) as usize
}

fn gcd(a: u32, b: u32) -> u32 {
    if b == 0 { a } else { gcd(b, a % b) }
}

fn filter(rate: u32) -> Option<Async<f32>> {
    let sinc = SincInterpolationParameters::new(sinc_length(rate), WindowFunction::BlackmanHarris2);
    let ratio = f64::from(SAMPLE_RATE) / f64::from(rate);
    Async::new_sinc(ratio, 1.0, &sinc, piece(rate), 1, FixedAsync::Input).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A sine of `hertz` at `rate`, resampled in uneven pieces.
    fn resampled(rate: u32, hertz: f64, seconds: f64) -> Vec<f32> {
        let samples = (seconds * f64::from(rate)) as usize;
        let sine: Vec<f32> = (0..samples)
            .map(|i| (0.5 * (std::f64::consts::TAU * hertz * i as f64 / f64::from(rate)).sin()) as f32)
            .collect();
        let mut resampler = Resampler::new(rate).unwrap();
        let mut out = Vec::new();
        for piece in sine.chunks(777) {
            resampler.push(piece, &mut out);
        }
        resampler.flush(&mut out);
        out
    }

    #[test]
    fn length_level_and_delay_are_kept_at_every_rate() {
        for rate in [8_000, 11_025, 16_000, 22_050, 32_000, 44_100, 48_000, 88_200, 96_000, 192_000] {
            let out = resampled(rate, 1_000.0, 2.0);
            assert_eq!(out.len(), 32_000, "{rate}");
            // Sample by sample against the same sine at our rate: a delay of a tenth of a sample would be an error of
            // 0.5 * 2 pi * 1000 / 160000 = 0.02.
            let worst = (200..31_800)
                .map(|i| {
                    (f64::from(out[i]) - 0.5 * (std::f64::consts::TAU * 1_000.0 * i as f64 / 16_000.0).sin()).abs()
                })
                .fold(0.0, f64::max);
            assert!(worst < 0.005, "{rate}: {worst}");
            let energy: f32 = out[200..31_800].iter().map(|s| s * s).sum::<f32>() / 31_600.0;
            assert!((energy - 0.125).abs() < 0.001, "{rate}: {energy}");
        }
    }

    #[test]
    fn what_our_rate_cannot_hold_does_not_fold_back() {
        for hertz in [9_000.0, 12_000.0, 15_000.0, 20_000.0] {
            let out = resampled(48_000, hertz, 1.0);
            let loudest = out[1_000..15_000].iter().fold(0.0_f32, |max, s| max.max(s.abs()));
            assert!(loudest < 0.001, "{hertz} Hz: {loudest}");
        }
    }

    #[test]
    fn our_own_rate_passes_bit_by_bit() {
        let mut out = Vec::new();
        let mut resampler = Resampler::new(SAMPLE_RATE).unwrap();
        resampler.push(&[0.1, -1.0, 1.0 / 3.0], &mut out);
        assert_eq!(out, [0.1, -1.0, 1.0 / 3.0]);
        resampler.flush(&mut out);
        assert_eq!(out.len(), 3);
    }

    #[test]
    fn rates_that_no_input_has_are_refused() {
        for rate in [0, 1, 999, 768_001, u32::MAX] {
            assert!(Resampler::new(rate).is_none(), "{rate}");
        }
    }
}
