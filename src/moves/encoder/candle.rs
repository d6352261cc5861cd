//! all-MiniLM-L6-v2 in candle: BERT (Devlin et al. 2019) with six layers, then the mean over tokens, then length 1.

use std::{fs::File, os::unix::fs::FileExt, path::Path};

use candle_core::{D, Device, Error, Result, Tensor};
use candle_nn::ops::{layer_norm, softmax_last_dim};
use safetensors::{Dtype, tensor::Metadata};

use super::{
    DIMENSIONS, Encoder, EncoderError,
    sentences::{Batch, Sentences},
};

const LAYERS: usize = 6;
const HEADS: usize = 12;
const INNER: usize = 1536;
const VOCABULARY: usize = 30_522;
const POSITIONS: usize = 512;
const EPSILON: f32 = 1e-12;
/// Tokens in a batch, padding counted: more does not help two cores, and costs memory.
const BATCH_TOKENS: usize = 1024;

/// The model and its words, loaded once for the life of the process.
#[derive(Debug)]
pub struct Candle {
    sentences: Sentences,
    words: Table,
    positions: Tensor,
    /// Added to every token: there is only one segment.
    segment: Tensor,
    norm: Norm,
    layers: Vec<Layer>,
}

#[derive(Debug)]
struct Layer {
    /// Query, key and value in one: 384 to 3 x 384.
    attend: Linear,
    output: Linear,
    after_attention: Norm,
    widen: Linear,
    narrow: Linear,
    after: Norm,
}

#[derive(Debug)]
struct Linear {
    /// Inputs x outputs.
    weight: Tensor,
    bias: Tensor,
}

#[derive(Debug)]
struct Norm {
    weight: Tensor,
    bias: Tensor,
}

impl Candle {
    /// Loads `model.safetensors` and `tokenizer.json` from a folder.
    ///
    /// # Errors
    /// When one is missing, or is not of this model.
    pub fn load(folder: &Path) -> std::result::Result<Self, EncoderError> {
        let (sentences, model) = Sentences::load(folder)?;
        Tensors::open(&model)
            .and_then(|tensors| Self::of(sentences, tensors))
            .map_err(|error| EncoderError::Unreadable { path: model.display().to_string(), reason: error.to_string() })
    }

    fn of(sentences: Sentences, tensors: Tensors) -> Result<Self> {
        Ok(Self {
            sentences,
            positions: tensors.get("embeddings.position_embeddings.weight", &[POSITIONS, DIMENSIONS])?,
            segment: tensors.get("embeddings.token_type_embeddings.weight", &[2, DIMENSIONS])?.get(0)?,
            norm: tensors.norm("embeddings.LayerNorm")?,
            layers: (0..LAYERS).map(|layer| Layer::of(&tensors, layer)).collect::<Result<_>>()?,
            words: tensors.into_table("embeddings.word_embeddings.weight")?,
        })
    }

    fn forward(&self, batch: Batch) -> Result<Vec<Vec<f32>>> {
        let Batch { sentences: batch, length, ids, kept } = batch;
        let kept = Tensor::from_vec(kept, (batch, length), &Device::Cpu)?;
        // Padding is looked at by no token: minus a lot before the softmax.
        let mask = ((&kept - 1.0)? * 1e9)?.reshape((batch, 1, 1, length))?;
        let tokens = self.words.rows(&ids)?.reshape((batch, length, DIMENSIONS))?;
        let placed = tokens.broadcast_add(&self.positions.narrow(0, 0, length)?)?.broadcast_add(&self.segment)?;
        let mut hidden = self.norm.run(&placed)?;
        for layer in &self.layers {
            hidden = layer.run(&hidden, &mask)?;
        }
        let summed = hidden.broadcast_mul(&kept.unsqueeze(2)?)?.sum(1)?;
        let mean = summed.broadcast_div(&kept.sum_keepdim(1)?)?;
        let length = mean.sqr()?.sum_keepdim(1)?.sqrt()?;
        mean.broadcast_div(&length)?.to_vec2()
    }
}

impl Encoder for Candle {
    fn encode(&self, sentences: &[&str]) -> std::result::Result<Vec<Vec<f32>>, EncoderError> {
        self.sentences.encode(sentences, BATCH_TOKENS, |batch| {
            self.forward(batch).map_err(|error| EncoderError::Failed { reason: error.to_string() })
        })
    }
}

impl Layer {
    fn of(tensors: &Tensors, layer: usize) -> Result<Self> {
        let name = |part: &str| format!("encoder.layer.{layer}.{part}");
        let [query, key, value] = ["query", "key", "value"]
            .map(|part| tensors.linear(&name(&format!("attention.self.{part}")), DIMENSIONS, DIMENSIONS));
        let parts = [query?, key?, value?];
        Ok(Self {
            attend: Linear {
                weight: Tensor::cat(&parts.each_ref().map(|part| &part.weight), 1)?.contiguous()?,
                bias: Tensor::cat(&parts.each_ref().map(|part| &part.bias), 0)?,
            },
            output: tensors.linear(&name("attention.output.dense"), DIMENSIONS, DIMENSIONS)?,
            after_attention: tensors.norm(&name("attention.output.LayerNorm"))?,
            widen: tensors.linear(&name("intermediate.dense"), DIMENSIONS, INNER)?,
            narrow: tensors.linear(&name("output.dense"), INNER, DIMENSIONS)?,
            after: tensors.norm(&name("output.LayerNorm"))?,
        })
    }

    fn run(&self, hidden: &Tensor, mask: &Tensor) -> Result<Tensor> {
        let attended = self.output.run(&self.attention(hidden, mask)?)?;
        let hidden = self.after_attention.run(&(hidden + attended)?)?;
        let inner = self.narrow.run(&self.widen.run(&hidden)?.gelu_erf()?)?;
        self.after.run(&(hidden + inner)?)
    }

    fn attention(&self, hidden: &Tensor, mask: &Tensor) -> Result<Tensor> {
        let (batch, length, _) = hidden.dims3()?;
        let width = DIMENSIONS / HEADS;
        // batch, length, (query key value), heads, width: to query, key, value of batch, heads, length, width.
        let all = self.attend.run(hidden)?.reshape((batch, length, 3, HEADS, width))?.permute((2, 0, 3, 1, 4))?;
        let [query, key, value] = [all.get(0)?, all.get(1)?, all.get(2)?];
        let query = (query.contiguous()? * (1.0 / (width as f64).sqrt()))?;
        let alike = query.matmul(&key.transpose(D::Minus2, D::Minus1)?.contiguous()?)?.broadcast_add(mask)?;
        let mixed = softmax_last_dim(&alike)?.matmul(&value.contiguous()?)?;
        mixed.transpose(1, 2)?.reshape((batch, length, DIMENSIONS))
    }
}

impl Linear {
    fn run(&self, input: &Tensor) -> Result<Tensor> {
        let (batch, length, inputs) = input.dims3()?;
        let flat = input.reshape((batch * length, inputs))?.matmul(&self.weight)?.broadcast_add(&self.bias)?;
        flat.reshape((batch, length, ()))
    }
}

impl Norm {
    fn run(&self, input: &Tensor) -> Result<Tensor> {
        layer_norm(&input.contiguous()?, &self.weight, &self.bias, EPSILON)
    }
}

/// A safetensors file, of which one tensor at a time is read: beside the bytes of all of them they would be in memory twice.
struct Tensors {
    file: File,
    header: Metadata,
    /// Where the numbers begin, in bytes.
    begin: u64,
}

impl Tensors {
    fn open(path: &Path) -> Result<Self> {
        let file = File::open(path)?;
        let mut length = [0; 8];
        file.read_exact_at(&mut length, 0)?;
        let begin = u64::from_le_bytes(length).saturating_add(8);
        if begin > file.metadata()?.len() {
            return Err(Error::msg("its header is cut off"));
        }
        let mut header = vec![0; (begin - 8) as usize];
        file.read_exact_at(&mut header, 8)?;
        let header = serde_json::from_slice(&header).map_err(Error::wrap)?;
        Ok(Self { file, header, begin })
    }

    /// Where a tensor of this name and shape begins.
    fn place(&self, name: &str, shape: &[usize]) -> Result<u64> {
        let info = self.header.info(name).ok_or_else(|| Error::msg(format!("no tensor {name}")))?;
        if info.shape != shape || info.dtype != Dtype::F32 {
            return Err(Error::msg(format!("{name} is {} {:?}, not F32 {shape:?}", info.dtype, info.shape)));
        }
        Ok(self.begin.saturating_add(info.data_offsets.0 as u64))
    }

    fn get(&self, name: &str, shape: &[usize]) -> Result<Tensor> {
        let mut bytes = vec![0; 4 * shape.iter().product::<usize>()];
        self.file.read_exact_at(&mut bytes, self.place(name, shape)?)?;
        Tensor::from_vec(numbers(&bytes), shape, &Device::Cpu)
    }

    fn into_table(self, name: &str) -> Result<Table> {
        let begin = self.place(name, &[VOCABULARY, DIMENSIONS])?;
        if self.file.metadata()?.len() < begin.saturating_add(4 * (VOCABULARY * DIMENSIONS) as u64) {
            return Err(Error::msg(format!("{name} is cut off")));
        }
        Ok(Table { file: self.file, begin })
    }

    fn linear(&self, name: &str, inputs: usize, outputs: usize) -> Result<Linear> {
        let weight = self.get(&format!("{name}.weight"), &[outputs, inputs])?.t()?.contiguous()?;
        Ok(Linear { weight, bias: self.get(&format!("{name}.bias"), &[outputs])? })
    }

    fn norm(&self, name: &str) -> Result<Norm> {
        Ok(Norm {
            weight: self.get(&format!("{name}.weight"), &[DIMENSIONS])?,
            bias: self.get(&format!("{name}.bias"), &[DIMENSIONS])?,
        })
    }
}

fn numbers(bytes: &[u8]) -> Vec<f32> {
    bytes.as_chunks().0.iter().map(|number| f32::from_le_bytes(*number)).collect()
}

/// A row of [`DIMENSIONS`] numbers for each word, left in its file: it is half of the model, and a session needs a few hundred
/// rows of it.
#[derive(Debug)]
struct Table {
    file: File,
    begin: u64,
}

impl Table {
    fn rows(&self, ids: &[u32]) -> Result<Tensor> {
        let width = 4 * DIMENSIONS;
        let mut bytes = vec![0; width * ids.len()];
        for (id, row) in ids.iter().zip(bytes.chunks_exact_mut(width)) {
            if *id as usize >= VOCABULARY {
                return Err(Error::msg(format!("there is no word {id}")));
            }
            self.file.read_exact_at(row, self.begin + u64::from(*id) * width as u64)?;
        }
        Tensor::from_vec(numbers(&bytes), (ids.len(), DIMENSIONS), &Device::Cpu)
    }
}
