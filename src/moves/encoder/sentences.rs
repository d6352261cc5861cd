//! Sentences cut into tokens and packed into batches of about one length, the same for every encoder.

use std::path::{Path, PathBuf};

use tokenizers::{Tokenizer, TruncationParams};

use super::{EncoderError, MAX_TOKENS};

/// What cuts sentences into tokens.
#[derive(Debug)]
pub(super) struct Sentences {
    tokenizer: Tokenizer,
}

/// Sentences of about one length as one rectangle of numbers.
pub(super) struct Batch {
    /// How many sentences.
    pub sentences: usize,
    /// Tokens of each, padding counted.
    pub length: usize,
    /// Row by row; padding is 0.
    pub ids: Vec<u32>,
    /// 1 for a token, 0 for padding.
    pub kept: Vec<f32>,
}

impl Sentences {
    /// Loads the text model's `tokenizer.json`; also gives where its weights are.
    pub fn load(folder: &Path) -> Result<(Self, PathBuf), EncoderError> {
        let [model, tokens] = ["model.safetensors", "tokenizer.json"].map(|file| folder.join(file));
        for path in [&model, &tokens] {
            if !path.is_file() {
                return Err(EncoderError::Missing { path: path.display().to_string() });
            }
        }
        let unreadable = |reason: String| EncoderError::Unreadable { path: tokens.display().to_string(), reason };
        let mut tokenizer = Tokenizer::from_file(&tokens).map_err(|error| unreadable(error.to_string()))?;
        tokenizer.with_padding(None);
        let truncation = TruncationParams { max_length: MAX_TOKENS, ..TruncationParams::default() };
        tokenizer.with_truncation(Some(truncation)).map_err(|error| unreadable(error.to_string()))?;
        Ok((Self { tokenizer }, model))
    }

    /// One vector per sentence, in their order. `forward` makes one per sentence of a batch, which holds no more than
    /// `batch_tokens`, or one sentence.
    pub fn encode(
        &self,
        sentences: &[&str],
        batch_tokens: usize,
        forward: impl Fn(Batch) -> Result<Vec<Vec<f32>>, EncoderError>,
    ) -> Result<Vec<Vec<f32>>, EncoderError> {
        // The library's message could quote what it was given.
        let encodings = self
            .tokenizer
            .encode_batch_fast(sentences.to_vec(), true)
            .map_err(|_| EncoderError::Failed { reason: "a sentence could not be cut into tokens".to_owned() })?;
        let mut sorted: Vec<(usize, &[u32])> =
            encodings.iter().map(|encoding| encoding.get_ids()).enumerate().collect();
        sorted.sort_by_key(|(_, tokens)| tokens.len());
        let mut vectors = vec![Vec::new(); sentences.len()];
        let mut rest = sorted.as_slice();
        while !rest.is_empty() {
            // Shortest first, so that the last of a batch decides its padding.
            let fits = rest
                .iter()
                .enumerate()
                .take_while(|(at, (_, tokens))| *at == 0 || (at + 1) * tokens.len() <= batch_tokens)
                .count();
            let (batch, later) = rest.split_at(fits);
            rest = later;
            for ((place, _), vector) in batch.iter().zip(forward(Batch::of(batch))?) {
                if let Some(at) = vectors.get_mut(*place) {
                    *at = vector;
                }
            }
        }
        Ok(vectors)
    }
}

impl Batch {
    fn of(sentences: &[(usize, &[u32])]) -> Self {
        let length = sentences.iter().map(|(_, tokens)| tokens.len()).max().unwrap_or(0);
        let mut ids = Vec::with_capacity(sentences.len() * length);
        let mut kept = Vec::with_capacity(sentences.len() * length);
        for (_, tokens) in sentences {
            ids.extend((0..length).map(|at| tokens.get(at).copied().unwrap_or(0)));
            kept.extend((0..length).map(|at| if at < tokens.len() { 1.0f32 } else { 0.0 }));
        }
        Self { sentences: sentences.len(), length, ids, kept }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_batch_is_a_rectangle() {
        let batch = Batch::of(&[(4, &[7, 8]), (2, &[1, 2, 3])]);
        assert_eq!((batch.sentences, batch.length), (2, 3));
        assert_eq!(batch.ids, [7, 8, 0, 1, 2, 3]);
        assert_eq!(batch.kept, [1.0, 1.0, 0.0, 1.0, 1.0, 1.0]);
    }

    #[test]
    fn vectors_come_back_in_the_order_of_the_sentences_and_batches_are_bounded() {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("models/text");
        let (sentences, model) = Sentences::load(&folder).unwrap();
        assert!(model.is_file());
        let long = "word ".repeat(1_000);
        let texts = ["one two three four five six", "one", long.as_str(), "", "one two"];
        let seen = std::cell::RefCell::new(Vec::new());
        // A sentence's number of tokens is its vector.
        let forward = |batch: Batch| {
            seen.borrow_mut().push((batch.sentences, batch.length));
            let rows = batch.kept.chunks(batch.length);
            Ok(rows.map(|row| vec![row.iter().sum::<f32>()]).collect())
        };
        let vectors = sentences.encode(&texts, 12, forward).unwrap();
        // With the two marks that the model puts around a sentence.
        assert_eq!(vectors, [[8.0], [3.0], [MAX_TOKENS as f32], [2.0], [4.0]]);
        assert_eq!(seen.into_inner(), [(3, 4), (1, 8), (1, MAX_TOKENS)]);
    }

    #[test]
    fn what_is_missing_is_named() {
        let error = Sentences::load(Path::new("/nowhere/text")).unwrap_err();
        assert_eq!(error, EncoderError::Missing { path: "/nowhere/text/model.safetensors".to_owned() });
    }
}
