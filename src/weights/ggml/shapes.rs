//! Which tensors a Whisper model consists of, and how many bytes each takes: the table in `whisper_model_load`.

use std::collections::HashMap;

use super::{AUDIO_CONTEXT, GgmlInfo, TEXT_CONTEXT};

/// How a tensor's numbers are stored; the discriminants are ggml's numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    F32 = 0,
    F16 = 1,
    Q4_0 = 2,
    Q4_1 = 3,
    Q5_0 = 6,
    Q5_1 = 7,
    Q8_0 = 8,
}

impl Form {
    /// That of the large tensors in a file of ggml's file type.
    pub fn of_file(file_type: u32) -> Option<Self> {
        Some(match file_type {
            0 => Self::F32,
            1 => Self::F16,
            2 => Self::Q4_0,
            3 => Self::Q4_1,
            7 => Self::Q8_0,
            8 => Self::Q5_0,
            9 => Self::Q5_1,
            _ => return None,
        })
    }

    pub fn number(self) -> u32 {
        self as u32
    }

    pub fn name(self) -> &'static str {
        match self {
            Self::F32 => "f32",
            Self::F16 => "f16",
            Self::Q4_0 => "q4_0",
            Self::Q4_1 => "q4_1",
            Self::Q5_0 => "q5_0",
            Self::Q5_1 => "q5_1",
            Self::Q8_0 => "q8_0",
        }
    }

    /// Numbers in a block, and bytes of a block.
    fn block(self) -> (u64, u64) {
        match self {
            Self::F32 => (1, 4),
            Self::F16 => (1, 2),
            Self::Q4_0 => (32, 18),
            Self::Q4_1 => (32, 20),
            Self::Q5_0 => (32, 22),
            Self::Q5_1 => (32, 24),
            Self::Q8_0 => (32, 34),
        }
    }
}

/// A tensor's shape (innermost length first, 1 where it has fewer dimensions) and form.
#[derive(Clone, Copy, Debug)]
pub struct Tensor {
    pub shape: [u32; 3],
    pub form: Form,
}

impl Tensor {
    pub fn elements(&self) -> u64 {
        self.shape.iter().map(|length| u64::from(*length)).product()
    }

    /// Widths are multiples of 64, so that blocks come out whole.
    pub fn bytes(&self) -> u64 {
        let (numbers, bytes) = self.form.block();
        self.elements() / numbers * bytes
    }
}

/// Every tensor of a model with these dimensions, by name.
pub fn tensors(info: &GgmlInfo, vocabulary: u32, large: Form) -> HashMap<String, Tensor> {
    // Convolutions are never quantised.
    let convolution = if large == Form::F32 { Form::F32 } else { Form::F16 };
    let width = info.width;
    let mut all = HashMap::new();
    let mut add = |name: String, shape: [u32; 3], form: Form| {
        all.insert(name, Tensor { shape, form });
    };
    for (side, context) in [("encoder", AUDIO_CONTEXT), ("decoder", TEXT_CONTEXT)] {
        add(format!("{side}.positional_embedding"), [width, context, 1], Form::F32);
    }
    for (layer, inputs) in [(1, info.mel_bands), (2, width)] {
        add(format!("encoder.conv{layer}.weight"), [3, inputs, width], convolution);
        add(format!("encoder.conv{layer}.bias"), [1, width, 1], Form::F32);
    }
    add("decoder.token_embedding.weight".to_owned(), [width, vocabulary, 1], large);
    for norm in ["encoder.ln_post", "decoder.ln"] {
        add(format!("{norm}.weight"), [width, 1, 1], Form::F32);
        add(format!("{norm}.bias"), [width, 1, 1], Form::F32);
    }
    let encoder = (0..info.encoder_layers).map(|layer| (format!("encoder.blocks.{layer}"), &["attn"][..]));
    let decoder =
        (0..info.decoder_layers).map(|layer| (format!("decoder.blocks.{layer}"), &["attn", "cross_attn"][..]));
    for (block, attentions) in encoder.chain(decoder) {
        for attention in attentions {
            for projection in ["query", "key", "value", "out"] {
                add(format!("{block}.{attention}.{projection}.weight"), [width, width, 1], large);
                if projection != "key" {
                    add(format!("{block}.{attention}.{projection}.bias"), [width, 1, 1], Form::F32);
                }
            }
        }
        for norm in attentions.iter().chain(&["mlp"]) {
            add(format!("{block}.{norm}_ln.weight"), [width, 1, 1], Form::F32);
            add(format!("{block}.{norm}_ln.bias"), [width, 1, 1], Form::F32);
        }
        for (layer, inputs, outputs) in [(0, width, 4 * width), (2, 4 * width, width)] {
            add(format!("{block}.mlp.{layer}.weight"), [inputs, outputs, 1], large);
            add(format!("{block}.mlp.{layer}.bias"), [outputs, 1, 1], Form::F32);
        }
    }
    all
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::weights::Manifest;

    /// Bytes of the vocabulary in the publisher's files: English, and large-v3's.
    const TOKENS: [u64; 2] = [521_855, 508_085];

    /// The lengths in the list of models follow from the architectures: tensors, 60 bytes of header, mel filters.
    #[test]
    fn the_lengths_in_the_list_are_those_of_the_architectures() {
        let manifest = Manifest::bundled().unwrap();
        for (family, width, encoder_layers, decoder_layers) in [
            ("tiny.en", 384, 4, 4),
            ("base.en", 512, 6, 6),
            ("small.en", 768, 12, 12),
            ("medium.en", 1024, 24, 24),
            ("large-v3-turbo", 1280, 32, 4),
        ] {
            let large = family.starts_with("large");
            let mel_bands = if large { 128 } else { 80 };
            let quantised = if width < 1024 { ("-q5_1", Form::Q5_1) } else { ("-q5_0", Form::Q5_0) };
            for (suffix, form) in [("", Form::F16), quantised, ("-q8_0", Form::Q8_0)] {
                let info = GgmlInfo {
                    multilingual: large,
                    width,
                    encoder_layers,
                    decoder_layers,
                    mel_bands,
                    form: form.name(),
                    parameters: 0,
                };
                let headers_and_weights: u64 = tensors(&info, if large { 51_866 } else { 51_864 }, form)
                    .iter()
                    .map(|(name, tensor)| {
                        let dimensions = match (tensor.shape, name.ends_with(".bias") && name.contains("conv")) {
                            (_, true) => 2,
                            ([_, 1, 1], _) => 1,
                            ([_, _, 1], _) => 2,
                            _ => 3,
                        };
                        12 + 4 * dimensions + name.len() as u64 + tensor.bytes()
                    })
                    .sum();
                let bytes = 60 + u64::from(mel_bands) * 201 * 4 + TOKENS[usize::from(large)] + headers_and_weights;
                assert_eq!(manifest.find(&format!("{family}{suffix}")).unwrap().bytes, bytes, "{family}{suffix}");
            }
        }
    }
}
