//! Voices as vectors: the GE2E encoder (Wan et al. 2018, "Generalized end-to-end loss for speaker verification") with
//! Resemblyzer's weights. 40 mel bands every 10 ms go through three LSTM layers of 256; the last hidden state, projected,
//! rectified and normalised, points the same way for the same person.

use std::{collections::HashMap, path::Path};

use candle_core::{DType, Device, Tensor, safetensors};

use super::features::{BANDS, Mel};

/// Mel frames per window: 0.8 s. The encoder was trained on 1.6 s, but on sessions with short turns windows of 0.8 s told
/// two people apart as well in long turns and better in short ones, at half the cost.
pub const WINDOW_FRAMES: usize = 80;
/// Length of an embedding.
pub const DIMENSIONS: usize = 256;
const HIDDEN: usize = 256;
const LAYERS: usize = 3;
/// Mean power that a window is brought to before encoding (-30 dB of full scale), as in training.
const TARGET_POWER: f32 = 1e-3;

/// Why the speaker encoder cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum SpeakerError {
    #[error("the speaker model is missing: {path}")]
    Missing { path: String },
    #[error("the speaker model {path} cannot be read: {reason}")]
    Unreadable { path: String, reason: String },
}

impl SpeakerError {
    /// What the user can do about it.
    pub fn hint(&self) -> Option<String> {
        Some("fetch it with `sidetone models fetch speaker` (or `scripts/fetch-models`)".into())
    }
}

#[derive(Debug)]
struct Layer {
    /// inputs x 1024; gates in the order input, forget, cell, output.
    from_input: Tensor,
    /// 256 x 1024.
    from_hidden: Tensor,
    /// 1024: both of PyTorch's biases added.
    bias: Tensor,
}

/// The encoder, loaded once for the life of the process.
#[derive(Debug)]
pub struct SpeakerEncoder {
    layers: Vec<Layer>,
    /// 256 x 256.
    project: Tensor,
    bias: Tensor,
}

impl SpeakerEncoder {
    /// Loads `speaker-ge2e.safetensors`.
    ///
    /// # Errors
    /// When the file is missing, or is not that model.
    pub fn load(path: &Path) -> Result<Self, SpeakerError> {
        let name = path.display().to_string();
        if !path.is_file() {
            return Err(SpeakerError::Missing { path: name });
        }
        let unreadable =
            |reason: candle_core::Error| SpeakerError::Unreadable { path: name.clone(), reason: reason.to_string() };
        let tensors = safetensors::load(path, &Device::Cpu).map_err(unreadable)?;
        Self::from_tensors(&tensors).map_err(unreadable)
    }

    fn from_tensors(tensors: &HashMap<String, Tensor>) -> candle_core::Result<Self> {
        let get = |name: String, shape: &[usize]| -> candle_core::Result<Tensor> {
            let tensor = tensors.get(&name).ok_or_else(|| candle_core::Error::msg(format!("no tensor {name}")))?;
            if tensor.dims() != shape {
                return Err(candle_core::Error::msg(format!("{name} has shape {:?}, not {shape:?}", tensor.dims())));
            }
            tensor.to_dtype(DType::F32)
        };
        let layers = (0..LAYERS).map(|l| {
            let inputs = if l == 0 { BANDS } else { HIDDEN };
            let input_bias = get(format!("lstm.bias_ih_l{l}"), &[4 * HIDDEN])?;
            Ok(Layer {
                from_input: get(format!("lstm.weight_ih_l{l}"), &[4 * HIDDEN, inputs])?.t()?.contiguous()?,
                from_hidden: get(format!("lstm.weight_hh_l{l}"), &[4 * HIDDEN, HIDDEN])?.t()?.contiguous()?,
                bias: (input_bias + get(format!("lstm.bias_hh_l{l}"), &[4 * HIDDEN])?)?,
            })
        });
        Ok(Self {
            layers: layers.collect::<candle_core::Result<_>>()?,
            project: get("linear.weight".into(), &[DIMENSIONS, HIDDEN])?.t()?.contiguous()?,
            bias: get("linear.bias".into(), &[DIMENSIONS])?,
        })
    }

    /// One embedding (length 1) per window, each prepared by [`window`]. Empty when the arithmetic fails, which only a
    /// lack of memory can make it do.
    pub fn embed(&self, windows: &[Vec<f32>]) -> Vec<Vec<f32>> {
        if windows.is_empty() {
            return Vec::new();
        }
        self.forward(windows).unwrap_or_default()
    }

    fn forward(&self, windows: &[Vec<f32>]) -> candle_core::Result<Vec<Vec<f32>>> {
        let batch = windows.len();
        // Time first, so that each step of the recurrence is one contiguous block.
        let mut frames = Vec::with_capacity(batch * WINDOW_FRAMES * BANDS);
        for step in 0..WINDOW_FRAMES {
            for window in windows {
                let frame = window.get(step * BANDS..(step + 1) * BANDS);
                frames.extend_from_slice(frame.unwrap_or(&[0.0; BANDS]));
            }
        }
        let mut rows = Tensor::from_vec(frames, (WINDOW_FRAMES * batch, BANDS), &Device::Cpu)?;
        for layer in &self.layers {
            rows = layer.run(&rows, batch)?;
        }
        let last = rows.narrow(0, (WINDOW_FRAMES - 1) * batch, batch)?;
        let mut embeddings: Vec<Vec<f32>> = last.matmul(&self.project)?.broadcast_add(&self.bias)?.relu()?.to_vec2()?;
        embeddings.iter_mut().for_each(|e| normalise(e));
        Ok(embeddings)
    }
}

impl Layer {
    /// (steps * batch) x inputs to (steps * batch) x 256.
    fn run(&self, input: &Tensor, batch: usize) -> candle_core::Result<Tensor> {
        let driven: Vec<f32> = input.matmul(&self.from_input)?.broadcast_add(&self.bias)?.flatten_all()?.to_vec1()?;
        let mut hidden = vec![0.0f32; batch * HIDDEN];
        let mut cell = vec![0.0f32; batch * HIDDEN];
        let mut output = Vec::with_capacity(WINDOW_FRAMES * batch * HIDDEN);
        for drive in driven.chunks_exact(batch * 4 * HIDDEN) {
            let previous = Tensor::from_slice(&hidden, (batch, HIDDEN), &Device::Cpu)?;
            let recurrent: Vec<f32> = previous.matmul(&self.from_hidden)?.flatten_all()?.to_vec1()?;
            let rows = drive.chunks_exact(4 * HIDDEN).zip(recurrent.chunks_exact(4 * HIDDEN));
            for ((drive, recurrent), (h, c)) in
                rows.zip(hidden.chunks_exact_mut(HIDDEN).zip(cell.chunks_exact_mut(HIDDEN)))
            {
                step(drive, recurrent, h, c);
            }
            output.extend_from_slice(&hidden);
        }
        let rows = output.len() / HIDDEN;
        Tensor::from_vec(output, (rows, HIDDEN), &Device::Cpu)
    }
}

/// One step of one sequence: `drive + recurrent` are the four gates' inputs, 256 each.
fn step(drive: &[f32], recurrent: &[f32], hidden: &mut [f32], cell: &mut [f32]) {
    let gate = |n: usize| {
        let range = n * HIDDEN..(n + 1) * HIDDEN;
        let (a, b) = (drive.get(range.clone()).unwrap_or_default(), recurrent.get(range).unwrap_or_default());
        a.iter().zip(b).map(|(a, b)| a + b)
    };
    let gates = gate(0).zip(gate(1)).zip(gate(2)).zip(gate(3));
    for ((((i, f), g), o), (h, c)) in gates.zip(hidden.iter_mut().zip(cell.iter_mut())) {
        *c = sigmoid(f) * *c + sigmoid(i) * tanh(g);
        *h = sigmoid(o) * tanh(*c);
    }
}

fn sigmoid(x: f32) -> f32 {
    0.5 + 0.5 * tanh(0.5 * x)
}

/// Within 3e-7 of the real one; unlike `f32::tanh` the compiler can do several at once. Coefficients: Eigen's
/// `ptanh` (rational minimax, odd 13 over even 6).
fn tanh(x: f32) -> f32 {
    let x = x.clamp(-7.905, 7.905);
    let s = x * x;
    let p = -2.760_768_5e-16 * s + 2.000_188e-13;
    let p = p * s - 8.604_672e-11;
    let p = p * s + 5.122_297_1e-8;
    let p = p * s + 1.485_722_4e-5;
    let p = p * s + 6.372_619_3e-4;
    let p = p * s + 4.893_524_6e-3;
    let q = 1.198_258_4e-6 * s + 1.185_347_1e-4;
    let q = q * s + 2.268_434_6e-3;
    let q = q * s + 4.893_525e-3;
    x * p / q
}

/// Scales a vector to length 1; leaves zero alone.
pub fn normalise(vector: &mut [f32]) {
    let length = vector.iter().map(|v| v * v).sum::<f32>().sqrt();
    if length > 0.0 {
        vector.iter_mut().for_each(|v| *v /= length);
    }
}

/// Cosine of two vectors of length 1.
pub fn cosine(a: &[f32], b: &[f32]) -> f32 {
    a.iter().zip(b).map(|(a, b)| a * b).sum()
}

/// The encoder's input for these frames, brought to the training level: [`WINDOW_FRAMES`] x [`BANDS`], row by row. Fewer
/// frames are repeated until they fill the window.
pub fn window(frames: &[Mel]) -> Vec<f32> {
    let power = frames.iter().map(|f| f.power).sum::<f32>() / frames.len().max(1) as f32;
    let gain = TARGET_POWER / power.max(1e-12);
    frames.iter().cycle().take(WINDOW_FRAMES).flat_map(|f| f.bands.iter().map(move |b| b * gain)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tanh_is_close() {
        for i in -1000..=1000 {
            let x = i as f32 / 100.0;
            assert!((tanh(x) - x.tanh()).abs() < 1e-6, "{x}: {} {}", tanh(x), x.tanh());
        }
    }

    #[test]
    fn a_missing_model_says_what_to_do() {
        let error = SpeakerEncoder::load(Path::new("/nonexistent/speaker.safetensors")).unwrap_err();
        assert!(error.to_string().contains("missing"));
        assert!(error.hint().unwrap().contains("models fetch speaker"));
    }

    #[test]
    fn another_file_is_refused() {
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), b"not a model").unwrap();
        assert!(matches!(SpeakerEncoder::load(file.path()), Err(SpeakerError::Unreadable { .. })));
    }
}
