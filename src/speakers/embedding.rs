//! Voices as vectors: the GE2E encoder (Wan et al. 2018, "Generalized end-to-end loss for speaker verification") with
//! Resemblyzer's weights. 40 mel bands every 10 ms go through three LSTM layers of 256; the last hidden state, projected,
//! rectified and normalised, points the same way for the same person.

use std::{num::NonZero, path::Path, thread};

use candle_core::{DType, Device, safetensors};
use ndarray::{Array1, Array2, ArrayView2, ArrayViewMut2, Axis, aview1, linalg::general_mat_mul, s};

use super::features::{BANDS, Mel};

/// Mel frames per window: 0.8 s. The encoder was trained on 1.6 s, but on sessions with short turns windows of 0.8 s told
/// two people apart as well in long turns and better in short ones, at half the cost.
pub const WINDOW_FRAMES: usize = 80;
/// Length of an embedding.
pub const DIMENSIONS: usize = 256;
/// Windows that are encoded at once, and worth gathering: each step of the recurrence reads a megabyte of weights, however
/// few they are. Half a second's work for two cores.
pub const BATCH: usize = 256;
const HIDDEN: usize = 256;
const GATES: usize = 4 * HIDDEN;
const LAYERS: usize = 3;
/// Steps that one layer takes before the next follows: it bounds the memory of a batch.
const STEPS: usize = 4;
/// Columns of a product that are made at a time.
const PANEL: usize = 128;
/// Cores that share a batch.
const CORES_MAX: usize = 4;
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
    from_input: Array2<f32>,
    /// 256 x 1024.
    from_hidden: Array2<f32>,
    /// 1024: both of PyTorch's biases added.
    bias: Array1<f32>,
}

/// The encoder, loaded once for the life of the process.
#[derive(Debug)]
pub struct SpeakerEncoder {
    layers: Vec<Layer>,
    /// 256 x 256.
    project: Array2<f32>,
    bias: Array1<f32>,
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
        Self::read(path).map_err(|reason| SpeakerError::Unreadable { path: name, reason: reason.to_string() })
    }

    fn read(path: &Path) -> candle_core::Result<Self> {
        let tensors = safetensors::load(path, &Device::Cpu)?;
        let get = |name: &str, shape: &[usize]| -> candle_core::Result<Vec<f32>> {
            let tensor = tensors.get(name).ok_or_else(|| candle_core::Error::msg(format!("no tensor {name}")))?;
            if tensor.dims() != shape {
                return Err(candle_core::Error::msg(format!("{name} has shape {:?}, not {shape:?}", tensor.dims())));
            }
            tensor.to_dtype(DType::F32)?.flatten_all()?.to_vec1()
        };
        // Stored outputs x inputs.
        let matrix = |name: &str, outputs: usize, inputs: usize| {
            let stored = Array2::from_shape_vec((outputs, inputs), get(name, &[outputs, inputs])?);
            Ok::<_, candle_core::Error>(stored.map_err(candle_core::Error::wrap)?.t().as_standard_layout().into_owned())
        };
        let vector = |name: &str, length: usize| get(name, &[length]).map(Array1::from_vec);
        let layers = (0..LAYERS).map(|l| {
            Ok(Layer {
                from_input: matrix(&format!("lstm.weight_ih_l{l}"), GATES, if l == 0 { BANDS } else { HIDDEN })?,
                from_hidden: matrix(&format!("lstm.weight_hh_l{l}"), GATES, HIDDEN)?,
                bias: vector(&format!("lstm.bias_ih_l{l}"), GATES)? + vector(&format!("lstm.bias_hh_l{l}"), GATES)?,
            })
        });
        Ok(Self {
            layers: layers.collect::<candle_core::Result<_>>()?,
            project: matrix("linear.weight", DIMENSIONS, HIDDEN)?,
            bias: vector("linear.bias", DIMENSIONS)?,
        })
    }

    /// One embedding (length 1) per window, each prepared by [`window`].
    pub fn embed(&self, windows: &[Vec<f32>]) -> Vec<Vec<f32>> {
        windows.chunks(BATCH).flat_map(|batch| self.on_all_cores(batch)).collect()
    }

    fn on_all_cores(&self, windows: &[Vec<f32>]) -> Vec<Vec<f32>> {
        let cores = thread::available_parallelism().map_or(1, NonZero::get).min(CORES_MAX);
        let mut parts = windows.chunks(windows.len().div_ceil(cores).max(1));
        let own = parts.next().unwrap_or_default();
        thread::scope(|scope| {
            let others: Vec<_> = parts.map(|part| scope.spawn(|| self.forward(part))).collect();
            let own = self.forward(own);
            let others =
                others.into_iter().map(|other| other.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic)));
            std::iter::once(own).chain(others).flatten().collect()
        })
    }

    fn forward(&self, windows: &[Vec<f32>]) -> Vec<Vec<f32>> {
        let batch = windows.len();
        let mut states = vec![State::new(batch); self.layers.len()];
        // The same memory for all steps: blocks of this size go back to the system, and come back only page by page.
        let of_steps = |columns: usize| Array2::zeros((STEPS * batch, columns));
        let (mut frames, mut gates) = (of_steps(BANDS), of_steps(GATES));
        let (mut input, mut output) = (of_steps(HIDDEN), of_steps(HIDDEN));
        for first in (0..WINDOW_FRAMES).step_by(STEPS) {
            let steps = first..WINDOW_FRAMES.min(first + STEPS);
            let rows = ..steps.len() * batch;
            // Time first, so that each step of the recurrence is one block.
            let places = steps.flat_map(|step| windows.iter().map(move |window| (step, window)));
            for (mut row, (step, window)) in frames.rows_mut().into_iter().zip(places) {
                let frame = window.get(step * BANDS..).unwrap_or_default();
                row.iter_mut().zip(frame).for_each(|(to, from)| *to = *from);
            }
            for (number, (layer, state)) in self.layers.iter().zip(&mut states).enumerate() {
                let from = if number == 0 { &frames } else { &input };
                layer.run(
                    from.slice(s![rows, ..]),
                    state,
                    gates.slice_mut(s![rows, ..]),
                    output.slice_mut(s![rows, ..]),
                );
                std::mem::swap(&mut input, &mut output);
            }
        }
        let Some(last) = states.pop() else { return Vec::new() };
        let embeddings = (last.hidden.dot(&self.project) + &self.bias).mapv_into(|v| v.max(0.0));
        let rows = embeddings.rows().into_iter().map(|row| row.to_vec());
        rows.map(|mut embedding| {
            normalise(&mut embedding);
            embedding
        })
        .collect()
    }
}

/// Where a layer is: batch x 256 each.
#[derive(Clone)]
struct State {
    hidden: Array2<f32>,
    cell: Array2<f32>,
}

impl State {
    fn new(batch: usize) -> Self {
        Self { hidden: Array2::zeros((batch, HIDDEN)), cell: Array2::zeros((batch, HIDDEN)) }
    }
}

impl Layer {
    /// Some steps: (steps * batch) x inputs to (steps * batch) x 256, by way of (steps * batch) x 1024.
    fn run(
        &self,
        input: ArrayView2<f32>,
        State { hidden, cell }: &mut State,
        mut gates: ArrayViewMut2<f32>,
        mut output: ArrayViewMut2<f32>,
    ) {
        let batch = hidden.nrows().max(1);
        gates.assign(&self.bias);
        add_product(&input, &self.from_input, &mut gates);
        // What is called from there is compiled for this machine's own vectors.
        let processor = pulp::Arch::new();
        let blocks = gates.axis_chunks_iter_mut(Axis(0), batch).zip(output.axis_chunks_iter_mut(Axis(0), batch));
        for (mut gates, mut output) in blocks {
            add_product(&hidden.view(), &self.from_hidden, &mut gates);
            // Always: each is one block of memory.
            if let (Some(gates), Some(h), Some(c)) = (gates.as_slice(), hidden.as_slice_mut(), cell.as_slice_mut()) {
                processor.dispatch(|| {
                    let states = h.chunks_exact_mut(HIDDEN).zip(c.chunks_exact_mut(HIDDEN));
                    gates.chunks_exact(GATES).zip(states).for_each(|(gates, (h, c))| step(gates, h, c));
                });
            }
            output.assign(&*hidden);
        }
    }
}

/// Adds `a` times `b`, some columns at a time. For all columns at once the product packs its operands into a megabyte that is
/// allocated for each: as large a block goes back to the system, and comes again page by page.
fn add_product(a: &ArrayView2<f32>, b: &Array2<f32>, sum: &mut ArrayViewMut2<f32>) {
    let panels = b.axis_chunks_iter(Axis(1), PANEL).zip(sum.axis_chunks_iter_mut(Axis(1), PANEL));
    panels.for_each(|(b, mut sum)| general_mat_mul(1.0, a, &b, 1.0, &mut sum));
}

/// One step of one sequence, given the four gates' inputs, 256 each.
#[inline(always)]
fn step(gates: &[f32], hidden: &mut [f32], cell: &mut [f32]) {
    let gate = |n: usize| gates.get(n * HIDDEN..(n + 1) * HIDDEN).unwrap_or_default().iter().copied();
    let gates = gate(0).zip(gate(1)).zip(gate(2)).zip(gate(3));
    for ((((i, f), g), o), (h, c)) in gates.zip(hidden.iter_mut().zip(cell.iter_mut())) {
        *c = sigmoid(f) * *c + sigmoid(i) * tanh(g);
        *h = sigmoid(o) * tanh(*c);
    }
}

#[inline(always)]
fn sigmoid(x: f32) -> f32 {
    0.5 + 0.5 * tanh(0.5 * x)
}

/// Within 3e-7 of the real one; unlike `f32::tanh` the compiler can do several at once. Coefficients: Eigen's
/// `ptanh` (rational minimax, odd 13 over even 6).
#[inline(always)]
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

/// The mean direction of vectors, with length 1; empty without any.
pub fn direction<V: AsRef<[f32]>>(vectors: impl IntoIterator<Item = V>) -> Vec<f32> {
    let mut sum: Vec<f32> = Vec::new();
    for vector in vectors {
        let vector = vector.as_ref();
        sum.resize(vector.len(), 0.0);
        sum.iter_mut().zip(vector).for_each(|(sum, v)| *sum += v);
    }
    normalise(&mut sum);
    sum
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
    let shared = a.len().min(b.len());
    let [a, b] = [a, b].map(|v| aview1(v.get(..shared).unwrap_or_default()));
    a.dot(&b)
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
