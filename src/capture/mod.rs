//! Sound as it arrives: from a microphone or a file, as blocks of 16 kHz mono per track. Stores nothing, decides nothing.

use crate::{session::Track, units::Sample};

/// What capture emits: 16 kHz mono, at most half a second.
#[derive(Clone, Debug, PartialEq)]
pub struct Block {
    pub first: Sample,
    pub track: Track,
    pub samples: Box<[f32]>,
}
