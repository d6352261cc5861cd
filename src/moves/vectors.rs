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

    pub(super) fn texts(&self) -> impl Iterator<Item = &str> {
        self.vectors.iter().map(|(text, _)| text.words())
    }
}

/// The vectors of a dialogue's units, in their order.
pub(super) struct Known<'a>(Vec<Option<&'a [f16]>>);

impl<'a> Known<'a> {
    pub fn of(texts: &[&str], prepared: impl IntoIterator<Item = &'a Prepared>) -> Self {
        let all = prepared.into_iter().flat_map(|prepared| &prepared.vectors);
        let found: HashMap<&str, &[f16]> = all.map(|(text, vector)| (text.words(), &**vector)).collect();
        Self(texts.iter().map(|text| found.get(text).copied()).collect())
    }

    fn unit(&self, at: usize) -> Option<Vec<f32>> {
        self.0.get(at)?.map(<[f16]>::to_f32_vec)
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
