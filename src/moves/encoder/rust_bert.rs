//! all-MiniLM-L6-v2 in rust-bert, on libtorch: the same weights and the same vectors as candle's, and on a graphics
//! processor where libtorch finds one.
//!
//! The model is rust-bert's; its pipeline for sentences is not used: it would cut words by another tokenizer than candle's
//! encoder, and wants the weights copied into a format of its own.

use std::{
    fmt,
    fs::File,
    io::BufReader,
    path::Path,
    sync::{Mutex, PoisonError},
};

use rust_bert::{
    RustBertError,
    bert::{BertConfig, BertEmbeddings, BertModel},
};
use tch::{Device, Kind, Tensor, nn};

use super::{
    DIMENSIONS, Encoder, EncoderError, MAX_TOKENS,
    sentences::{Batch, Sentences},
};

/// Tokens in a batch on the processor, padding counted.
const BATCH_TOKENS: usize = 2048;
/// The same on a graphics processor, which idles when it is given little.
const BATCH_TOKENS_GPU: usize = 64 * MAX_TOKENS;
/// Added to the length that a vector is divided by, as sentence-transformers does.
const EPSILON: f64 = 1e-12;

/// The model and its words, loaded once for the life of the process.
pub struct RustBert {
    sentences: Sentences,
    /// libtorch's tensors may move between threads, but not be used by two at once.
    model: Mutex<BertModel<BertEmbeddings>>,
    device: Device,
}

impl fmt::Debug for RustBert {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RustBert").field("device", &self.device).finish_non_exhaustive()
    }
}

impl RustBert {
    /// Loads `model.safetensors`, `config.json` and `tokenizer.json` from a folder, onto a graphics processor if libtorch
    /// has one.
    ///
    /// # Errors
    /// When one is missing, or is not of this model.
    pub fn load(folder: &Path) -> Result<Self, EncoderError> {
        let (sentences, weights) = Sentences::load(folder)?;
        let config = config(&folder.join("config.json"))?;
        let device = Device::cuda_if_available();
        let mut store = nn::VarStore::new(device);
        let model = BertModel::new_with_optional_pooler(store.root(), &config, false);
        let unreadable = |reason: String| EncoderError::Unreadable { path: weights.display().to_string(), reason };
        store.load(&weights).map_err(|error| unreadable(error.to_string()))?;
        store.freeze();
        Ok(Self { sentences, model: Mutex::new(model), device })
    }

    fn forward(&self, batch: &Batch) -> Result<Vec<Vec<f32>>, EncoderError> {
        let shape = [batch.sentences, batch.length].map(|side| i64::try_from(side).unwrap_or(i64::MAX));
        let ids: Vec<i64> = batch.ids.iter().map(|&id| i64::from(id)).collect();
        let made = tch::no_grad(|| -> Result<Vec<f32>, RustBertError> {
            let place = |values: Tensor| values.f_reshape(shape)?.f_to(self.device);
            let ids = place(Tensor::f_from_slice(&ids)?)?;
            let kept = place(Tensor::f_from_slice(&batch.kept)?)?;
            // rust-bert turns a mask round bit by bit, which takes integers.
            let mask = kept.f_to_kind(Kind::Int64)?;
            let hidden = {
                let model = self.model.lock().unwrap_or_else(PoisonError::into_inner);
                model.forward_t(Some(&ids), Some(&mask), None, None, None, None, None, false)?.hidden_state
            };
            Ok(mean(&hidden, &kept)?)
        });
        let flat = made.map_err(|error| EncoderError::Failed { reason: error.to_string() })?;
        Ok(flat.chunks(DIMENSIONS).map(<[f32]>::to_vec).collect())
    }
}

/// The mean over a sentence's tokens, made of length 1, row by row.
fn mean(hidden: &Tensor, kept: &Tensor) -> Result<Vec<f32>, tch::TchError> {
    let summed = hidden.f_mul(&kept.f_unsqueeze(-1)?)?.f_sum_dim_intlist([1].as_slice(), false, Kind::Float)?;
    let mean = summed.f_div(&kept.f_sum_dim_intlist([1].as_slice(), true, Kind::Float)?)?;
    let length = mean.f_norm_scalaropt_dim(2, [1].as_slice(), true)?.f_add_scalar(EPSILON)?;
    Vec::try_from(mean.f_div(&length)?.f_to(Device::Cpu)?.f_reshape([-1])?)
}

/// Checked to be what the constants of this folder say; a damaged file is an error, where rust-bert's own reader panics.
fn config(path: &Path) -> Result<BertConfig, EncoderError> {
    let shown = || path.display().to_string();
    let file = File::open(path).map_err(|_| EncoderError::Missing { path: shown() })?;
    let unreadable = |reason: String| EncoderError::Unreadable { path: shown(), reason };
    let config: BertConfig =
        serde_json::from_reader(BufReader::new(file)).map_err(|error| unreadable(error.to_string()))?;
    let fits = |value: i64, least: usize| usize::try_from(value).is_ok_and(|value| value >= least);
    if usize::try_from(config.hidden_size) != Ok(DIMENSIONS)
        || !fits(config.max_position_embeddings, MAX_TOKENS)
        || config.num_attention_heads == 0
    {
        return Err(unreadable("it describes another model".to_owned()));
    }
    Ok(config)
}

impl Encoder for RustBert {
    fn encode(&self, sentences: &[&str]) -> Result<Vec<Vec<f32>>, EncoderError> {
        let tokens = if self.device.is_cuda() { BATCH_TOKENS_GPU } else { BATCH_TOKENS };
        self.sentences.encode(sentences, tokens, |batch| self.forward(&batch))
    }
}
