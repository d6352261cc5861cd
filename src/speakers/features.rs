//! Mel frames, 10 ms apart: what the encoder hears, and the coarse description that stands in for it.

use std::{fmt, sync::Arc};

use realfft::{RealFftPlanner, RealToComplex, num_complex::Complex32};

use crate::units::SAMPLE_RATE;

/// Samples between two mel frames (10 ms), and in one (25 ms): the encoder's training values.
pub const HOP: usize = 160;
const WINDOW: usize = 400;
/// Mel bands of a frame.
pub const BANDS: usize = 40;

/// Band powers of one frame, and the mean square of the signal in its 10 ms.
#[derive(Clone, Debug)]
pub struct Mel {
    pub bands: [f32; BANDS],
    pub power: f32,
}

/// Turns samples into mel frames; frame `n` is centred at sample `n * HOP`.
pub struct MelStream {
    fft: Arc<dyn RealToComplex<f32>>,
    hann: Vec<f32>,
    /// First bin and weights of each band.
    filters: Vec<(usize, Vec<f32>)>,
    pending: Vec<f32>,
    input: Vec<f32>,
    spectrum: Vec<Complex32>,
    scratch: Vec<Complex32>,
}

impl fmt::Debug for MelStream {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MelStream").finish_non_exhaustive()
    }
}

impl Default for MelStream {
    fn default() -> Self {
        let fft = RealFftPlanner::new().plan_fft_forward(WINDOW);
        let step = std::f32::consts::TAU / WINDOW as f32;
        Self {
            hann: (0..WINDOW).map(|i| 0.5 - 0.5 * (step * i as f32).cos()).collect(),
            filters: slaney_filters(),
            // Half a window of silence before the first sample centres frame 0 on it.
            pending: vec![0.0; WINDOW / 2],
            input: fft.make_input_vec(),
            spectrum: fft.make_output_vec(),
            scratch: fft.make_scratch_vec(),
            fft,
        }
    }
}

impl MelStream {
    /// Appends the frames that `samples` complete. Non-finite samples count as silence.
    pub fn push(&mut self, samples: &[f32], frames: &mut Vec<Mel>) {
        self.pending.extend(samples.iter().map(|s| if s.is_finite() { s.clamp(-1.0, 1.0) } else { 0.0 }));
        let mut used = 0;
        while let Some(window) = self.pending.get(used..used + WINDOW) {
            for ((x, s), w) in self.input.iter_mut().zip(window).zip(&self.hann) {
                *x = s * w;
            }
            let inner = window.get(WINDOW / 2 - HOP / 2..WINDOW / 2 + HOP / 2).unwrap_or_default();
            let power = inner.iter().map(|s| s * s).sum::<f32>() / HOP as f32;
            let mut mel = Mel { bands: [0.0; BANDS], power };
            if self.fft.process_with_scratch(&mut self.input, &mut self.spectrum, &mut self.scratch).is_ok() {
                for (band, (first, weights)) in mel.bands.iter_mut().zip(&self.filters) {
                    let bins = self.spectrum.iter().skip(*first).zip(weights);
                    *band = bins.map(|(bin, weight)| bin.norm_sqr() * weight).sum();
                }
            }
            frames.push(mel);
            used += HOP;
        }
        self.pending.drain(..used);
    }
}

/// Triangles equally wide on Slaney's mel scale (Auditory Toolbox, 1998: linear to 1 kHz, then logarithmic), each of
/// unit area in Hz, from 0 to 8 kHz: librosa's default, which the encoder was trained with.
fn slaney_filters() -> Vec<(usize, Vec<f32>)> {
    let top = f64::from(SAMPLE_RATE) / 2.0;
    let log_step = 6.4f64.ln() / 27.0;
    let to_mel = |hz: f64| if hz < 1000.0 { hz * 3.0 / 200.0 } else { 15.0 + (hz / 1000.0).ln() / log_step };
    let to_hz = |mel: f64| if mel < 15.0 { mel * 200.0 / 3.0 } else { 1000.0 * ((mel - 15.0) * log_step).exp() };
    let edge = |i: usize| to_hz(to_mel(top) * i as f64 / (BANDS + 1) as f64);
    let bin_hz = f64::from(SAMPLE_RATE) / WINDOW as f64;
    (0..BANDS)
        .map(|band| {
            let (low, middle, high) = (edge(band), edge(band + 1), edge(band + 2));
            let weight = |bin: usize| {
                let hz = bin as f64 * bin_hz;
                let height = ((hz - low) / (middle - low)).min((high - hz) / (high - middle)).max(0.0);
                (height * 2.0 / (high - low)) as f32
            };
            let first = (low / bin_hz).ceil() as usize;
            let last = ((high / bin_hz).floor() as usize).min(WINDOW / 2);
            (first, (first..=last.max(first)).map(weight).collect())
        })
        .collect()
}

/// Cepstral coefficients kept by [`cepstrum`]; the zeroth (loudness) is left out.
pub const CEPSTRA: usize = 19;

/// Mel-frequency cepstrum of a frame: the shape of the vocal tract and, in the higher coefficients, some of the pitch.
pub fn cepstrum(mel: &Mel) -> [f32; CEPSTRA] {
    // Far below any microphone's own noise: keeps the logarithm of digital silence finite.
    const FLOOR: f32 = 1e-10;
    let logs = mel.bands.map(|b| (b + FLOOR).ln());
    std::array::from_fn(|k| {
        let step = std::f32::consts::PI * (k + 1) as f32 / BANDS as f32;
        logs.iter().enumerate().map(|(i, l)| l * (step * (i as f32 + 0.5)).cos()).sum::<f32>() / BANDS as f32
    })
}
