use super::*;
use crate::session::Track;

/// Speech packed for one pass of Whisper: pieces of one track with real silence between, at most 28 s.
#[derive(Clone, Debug, PartialEq)]
pub struct Window {
    pub track: Track,
    /// 16 kHz mono.
    pub samples: Vec<f32>,
    /// Where each piece lies in `samples` (start index) and on the session clock.
    pub pieces: Vec<(usize, Span)>,
}

impl Window {
    /// The session's time for a time in the window (seconds from its start), and the piece it lies in.
    pub fn session_time(&self, seconds: f64) -> Option<crate::units::Sample> { unimplemented!() }
}

/// Packs one track's speech into windows as it becomes final.
#[derive(Debug)]
pub struct Packer {}
impl Packer {
    pub fn new(track: Track) -> Self { unimplemented!() }
    /// Takes the track's next samples, and the speech that voice activity has declared final since the last call.
    pub fn push(&mut self, samples: &[f32], speech: &[Span]) -> Vec<Window> { unimplemented!() }
    /// Drops what lies at or after `from` and is not packed yet: off the record.
    pub fn forget_from(&mut self, from: crate::units::Sample) { unimplemented!() }
    pub fn finish(self, speech: &[Span]) -> Vec<Window> { unimplemented!() }
}
