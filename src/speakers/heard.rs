//! What was heard of voices, kept to the session's end in as few bytes as telling them apart needs: it is the most that a
//! long session keeps in memory.

use super::{
    embedding::{DIMENSIONS, normalise},
    features::{CEPSTRA, HOP},
};
use crate::units::{Sample, Span};

/// What a component of an embedding is rounded to. Embeddings have length 1, so that an error of this over the square root of
/// 12 (0.009) along any direction stands beside a spread of some 0.1 within one voice.
const STEP: f32 = 1.0 / 32.0;
/// Numbers that stand in for an embedding.
pub const DESCRIPTION: usize = 2 * CEPSTRA;

/// Where vectors were heard, and which. In order.
#[derive(Clone, Default)]
pub struct Heard {
    /// First frame (of 10 ms) of each window, and how many frames it has.
    starts: Vec<u32>,
    lengths: Vec<u8>,
    embeddings: Unary,
    /// Scale and codes.
    descriptions: Vec<(f32, [i8; DESCRIPTION])>,
}

impl std::fmt::Debug for Heard {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Heard").field("windows", &self.len()).finish_non_exhaustive()
    }
}

impl Heard {
    pub fn len(&self) -> usize {
        self.starts.len()
    }

    /// Adds the embedding (no component negative, length 1) of a window that starts with this frame.
    pub fn add_embedding(&mut self, start: u32, frames: u8, embedding: &[f32]) {
        self.add(start, frames);
        let codes = embedding.iter().map(|v| (v / STEP).round() as u8).chain(std::iter::repeat(0));
        codes.take(DIMENSIONS).for_each(|code| self.embeddings.push(code));
    }

    /// Adds what stands in for an embedding: any numbers.
    pub fn add_description(&mut self, start: u32, frames: u8, numbers: &[f32; DESCRIPTION]) {
        self.add(start, frames);
        let most = numbers.iter().fold(0.0f32, |most, v| most.max(v.abs()));
        let scale = most.max(f32::MIN_POSITIVE) / 127.0;
        self.descriptions.push((scale, numbers.map(|v| (v / scale).round() as i8)));
    }

    fn add(&mut self, start: u32, frames: u8) {
        self.starts.push(start);
        self.lengths.push(frames);
    }

    /// Whether they are embeddings.
    pub fn encoded(&self) -> bool {
        self.descriptions.is_empty()
    }

    pub fn spans(&self) -> Vec<Span> {
        let at = |frame: u64| Sample(frame * HOP as u64);
        let span = |(start, frames): (&u32, &u8)| {
            let start = u64::from(*start);
            Span::new(at(start), at(start + u64::from((*frames).max(1))))
        };
        self.starts.iter().zip(&self.lengths).filter_map(span).collect()
    }

    pub fn vectors(&self) -> Vec<Vec<f32>> {
        if !self.encoded() {
            let vector = |(scale, codes): &(f32, [i8; DESCRIPTION])| codes.map(|c| f32::from(c) * scale).to_vec();
            return self.descriptions.iter().map(vector).collect();
        }
        let mut counts = self.embeddings.iter();
        let vector = |_| {
            let mut vector: Vec<f32> = counts.by_ref().take(DIMENSIONS).map(|code| f32::from(code) * STEP).collect();
            normalise(&mut vector);
            vector
        };
        (0..self.len()).map(vector).collect()
    }

    /// Bytes that it keeps, without what vectors hold in reserve.
    #[cfg(test)]
    pub fn bytes(&self) -> usize {
        5 * self.len() + self.embeddings.bytes.len() + size_of_val(self.descriptions.as_slice())
    }
}

/// Small numbers one after the other, each as so many ones and a zero. Half of an embedding's components are nothing, and those
/// that are not are small.
#[derive(Clone, Default)]
struct Unary {
    bytes: Vec<u8>,
    /// Bits of the last byte that are in use; 0: all, or there is none.
    used: u8,
}

impl Unary {
    fn push(&mut self, count: u8) {
        (0..count).for_each(|_| self.bit(1));
        self.bit(0);
    }

    fn bit(&mut self, bit: u8) {
        if self.used == 0 {
            self.bytes.push(0);
        }
        if let Some(last) = self.bytes.last_mut() {
            *last |= bit << self.used;
        }
        self.used = (self.used + 1) % 8;
    }

    fn iter(&self) -> impl Iterator<Item = u8> {
        let mut bits = self.bytes.iter().flat_map(|byte| (0..8).map(move |place| byte >> place & 1));
        std::iter::from_fn(move || {
            let mut count = 0;
            while bits.next()? == 1 {
                count += 1;
            }
            Some(count)
        })
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn what_is_kept_is_nearly_what_was_heard() {
        // Half of it nothing, as the encoder makes them.
        let mut embedding: Vec<f32> = (0..DIMENSIONS).map(|d| ((d * 37 % 101) as f32 - 50.0).max(0.0)).collect();
        normalise(&mut embedding);
        let mut heard = Heard::default();
        heard.add_embedding(0, 80, &embedding);
        heard.add_embedding(30, 0, &[]);
        heard.add_embedding(60, 12, &embedding);
        let at = |start: u64, end: u64| Span::new(Sample(160 * start), Sample(160 * end)).unwrap();
        assert_eq!(heard.spans(), [at(0, 80), at(30, 31), at(60, 72)]);
        let vectors = heard.vectors();
        assert_eq!(vectors[1], [0.0; DIMENSIONS]);
        assert_eq!(vectors[0], vectors[2]);
        let likeness: f32 = vectors[0].iter().zip(&embedding).map(|(a, b)| a * b).sum();
        assert!(likeness > 0.99, "{likeness}");

        let mut described = Heard::default();
        let numbers = std::array::from_fn(|i| i as f32 - 20.0);
        described.add_description(7, 80, &numbers);
        let back = &described.vectors()[0];
        assert!(!described.encoded() && back.iter().zip(numbers).all(|(a, b)| (a - b).abs() < 0.1), "{back:?}");
    }

    proptest! {
        #[test]
        fn counts_come_back(counts in proptest::collection::vec(0u8..=255, 0..50)) {
            let mut kept = Unary::default();
            counts.iter().for_each(|count| kept.push(*count));
            let back: Vec<u8> = kept.iter().take(counts.len()).collect();
            prop_assert_eq!(back, counts);
        }
    }
}
