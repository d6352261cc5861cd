//! Vectors of sentences, made while a session goes on, and looked up when it is coded.

use std::{
    collections::{BTreeSet, HashMap},
    fmt,
};

use half::{f16, slice::HalfFloatSliceExt};

use super::{
    encoder::Encoder,
    features::{Unit, heard_before},
    head::Vectors,
};
use crate::transcript::Spoken;

/// What the text model makes of some sentences, each once. It tells what was said as the words do: it is kept with them, and
/// goes when they go.
#[derive(Default)]
pub struct Prepared {
    /// In half precision, which changes no probability by a thousandth: an hour's are 0.6 MB.
    vectors: Vec<(Spoken, Box<[f16]>)>,
}

impl fmt::Debug for Prepared {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "[{} sentences]", self.vectors.len())
    }
}

impl Prepared {
    /// Nothing when memory runs out: words alone are better than no codes.
    pub(super) fn of<'a>(texts: impl IntoIterator<Item = &'a str>, encoder: &dyn Encoder) -> Self {
        let texts: Vec<&str> = texts.into_iter().collect::<BTreeSet<_>>().into_iter().collect();
        let vectors = encoder.encode(&texts).unwrap_or_default();
        let kept = |vector: Vec<f32>| vector.into_iter().map(f16::from_f32).collect();
        let vectors =
            texts.iter().zip(vectors).map(|(text, vector)| (Spoken::new((*text).to_owned()), kept(vector))).collect();
        Self { vectors }
    }
}

/// The vectors of a dialogue's units, by their texts.
pub(super) struct Known<'a> {
    texts: &'a [&'a str],
    found: HashMap<&'a str, &'a [f16]>,
}

impl<'a> Known<'a> {
    /// Of these units nothing is known yet.
    pub fn of(texts: &'a [&'a str]) -> Self {
        Self { texts, found: HashMap::new() }
    }

    pub fn learn(&mut self, prepared: &'a Prepared) {
        self.found.extend(prepared.vectors.iter().map(|(text, vector)| (text.words(), &**vector)));
    }

    pub fn missing(&self) -> impl Iterator<Item = &'a str> {
        self.texts.iter().copied().filter(|text| !self.found.contains_key(text))
    }

    fn unit(&self, at: usize) -> Option<Vec<f32>> {
        Some(self.found.get(self.texts.get(at)?)?.to_f32_vec())
    }

    pub fn at(&self, units: &[Unit], at: usize) -> Option<Context> {
        let own = self.unit(at)?;
        let mut heard = vec![0.0; own.len()];
        let before: Vec<Vec<f32>> = heard_before(units, at).into_iter().filter_map(|at| self.unit(at)).collect();
        for vector in &before {
            heard.iter_mut().zip(vector).for_each(|(sum, value)| *sum += value / before.len() as f32);
        }
        let alike = own.iter().zip(&heard).map(|(a, b)| a * b).sum();
        Some(Context { own, heard, alike })
    }
}

/// A unit's vector, that of what the other said before it, and how alike they are.
pub(super) struct Context {
    own: Vec<f32>,
    heard: Vec<f32>,
    alike: f32,
}

impl Context {
    pub fn borrow(&self) -> Vectors<'_> {
        Vectors { own: &self.own, heard: &self.heard, alike: self.alike }
    }
}
