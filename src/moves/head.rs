//! From features and vectors to probabilities: multinomial logistic regressions, trained by `scripts/train-moves/` on text
//! written for it, calibrated on dialogues kept aside (temperature scaling: Guo et al. 2017), and corrected for what
//! sessions have more or less of than that text.
//!
//! Two sets of weights lie in one file: one for words and sentence vectors, one for words alone, which does the work where
//! the text model is not installed.

use std::collections::HashMap;

use super::encoder::{DIMENSIONS, EncoderError, Weights};

/// The weights: small, and of no use without this program, so that they are part of it.
const WEIGHTS: &[u8] = include_bytes!("../../models/moves-head.safetensors");

/// The vector of an utterance, that of what the other said before it, and how alike they are.
pub(super) struct Vectors<'a> {
    pub own: &'a [f32],
    pub heard: &'a [f32],
    pub alike: f32,
}

/// Everything that was learned.
#[derive(Debug)]
pub(super) struct Head {
    /// Where a feature's row of weights is, by its hash.
    words: HashMap<u32, usize>,
    /// One for each of coach, coachee, form, asks.
    with_vectors: [Regression; 4],
    words_only: [Regression; 4],
}

/// What the four regressions say of one utterance.
pub(super) struct Said {
    pub coach: Vec<f32>,
    pub coachee: Vec<f32>,
    pub form: Vec<f32>,
    pub asks: Vec<f32>,
}

/// Classes of the four, in the order of `train.py`: the coach's with advice that was invited after advice, both without
/// backchannels, which are told by their words.
pub(super) const CLASSES: [usize; 4] = [11, 6, 3, 4];
const NAMES: [&str; 4] = ["coach", "coachee", "form", "asks"];

#[derive(Debug)]
struct Regression {
    classes: usize,
    bias: Vec<f32>,
    /// Features x classes.
    words: Vec<f32>,
    /// Classes x (own, heard, alike); empty without vectors.
    vectors: Vec<f32>,
}

impl Head {
    /// Reads the weights that are built in.
    pub fn built_in() -> Result<Self, EncoderError> {
        let weights = Weights::read("moves-head.safetensors", WEIGHTS)?;
        let hashes = weights.integers("words")?;
        let regressions = |suffix: &str, vectors: bool| -> Result<[Regression; 4], EncoderError> {
            let read = |at: usize| {
                let (name, classes) =
                    (NAMES.get(at).copied().unwrap_or_default(), CLASSES.get(at).copied().unwrap_or(0));
                Regression::read(&weights, &format!("{name}{suffix}"), [hashes.len(), classes], vectors)
            };
            Ok([read(0)?, read(1)?, read(2)?, read(3)?])
        };
        Ok(Self {
            with_vectors: regressions("", true)?,
            words_only: regressions(".words_only", false)?,
            words: hashes.into_iter().enumerate().map(|(at, hash)| (hash, at)).collect(),
        })
    }

    /// `features` are hashes, each once.
    pub fn say(&self, features: &[u32], vectors: Option<&Vectors>) -> Said {
        let rows: Vec<usize> = features.iter().filter_map(|hash| self.words.get(hash).copied()).collect();
        let regressions = if vectors.is_some() { &self.with_vectors } else { &self.words_only };
        let [coach, coachee, form, asks] = regressions.each_ref().map(|each| each.probabilities(&rows, vectors));
        Said { coach, coachee, form, asks }
    }
}

impl Regression {
    fn read(
        weights: &Weights,
        name: &str,
        [features, classes]: [usize; 2],
        vectors: bool,
    ) -> Result<Self, EncoderError> {
        let read = |part: &str, shape: &[usize]| weights.floats(&format!("{name}.{part}"), shape);
        Ok(Self {
            classes,
            bias: read("bias", &[classes])?,
            words: read("words", &[features, classes])?,
            vectors: if vectors { read("embedding", &[classes, 2 * DIMENSIONS + 1])? } else { Vec::new() },
        })
    }

    fn probabilities(&self, rows: &[usize], vectors: Option<&Vectors>) -> Vec<f32> {
        let mut scores = self.bias.clone();
        for row in rows {
            let weights = self.words.get(row * self.classes..(row + 1) * self.classes).unwrap_or_default();
            scores.iter_mut().zip(weights).for_each(|(score, weight)| *score += weight);
        }
        if let Some(vectors) = vectors {
            for (score, weights) in scores.iter_mut().zip(self.vectors.chunks_exact(2 * DIMENSIONS + 1)) {
                let inputs = vectors.own.iter().chain(vectors.heard).chain([&vectors.alike]);
                *score += inputs.zip(weights).map(|(input, weight)| input * weight).sum::<f32>();
            }
        }
        softmax(&mut scores);
        scores
    }
}

fn softmax(scores: &mut [f32]) {
    let highest = scores.iter().copied().fold(f32::NEG_INFINITY, f32::max);
    scores.iter_mut().for_each(|score| *score = (*score - highest).exp());
    let sum: f32 = scores.iter().sum();
    scores.iter_mut().for_each(|score| *score /= sum);
}
