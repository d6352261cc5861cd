use super::*;
use crate::{capture::Block, session::{SessionId, Track}, units::{Sample, Span}};

/// What can be told without any key.
#[derive(Clone, Debug, PartialEq)]
pub struct Outline {
    pub session: SessionId,
    pub tracks: u8,
    pub bytes: u64,
    pub chunks: u64,
    pub finished: bool,
}

/// Damage found behind what survived.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Damage {
    /// The file ends inside a record; the first so many bytes are whole.
    Torn { whole_bytes: u64 },
    /// A record does not open, or is not what should come here.
    Altered { record: u64 },
    /// Neither torn nor ended: the writer was killed between two records.
    NoEnd,
}

/// A recording being read: blocks in the order they were written, until the end or the first damage.
#[derive(Debug)]
pub struct Recording {}

impl Recording {
    pub fn session(&self) -> SessionId { unimplemented!() }
    pub fn tracks(&self) -> u8 { unimplemented!() }
    /// (position on the session clock, milliseconds that passed) of the gaps met so far.
    pub fn gaps(&self) -> &[(Sample, u64)] { unimplemented!() }
    pub fn marks(&self) -> &[Sample] { unimplemented!() }
    /// After the last block: what was wrong, if anything.
    pub fn damage(&self) -> Option<&Damage> { unimplemented!() }
}

impl Iterator for Recording {
    type Item = Block;
    fn next(&mut self) -> Option<Block> { unimplemented!() }
}

pub fn outline(path: &Path) -> Result<Outline, RecordingError> { unimplemented!() }

/// Opens a recording from its first block; damage ends the iteration and is data, not an error.
pub fn recover(path: &Path, key: Key<'_>) -> Result<Recording, RecordingError> { unimplemented!() }

/// The samples of `span` of one track, for a backlog; fewer when the file does not hold them. Seeks: the cost does not grow with the file.
pub fn read(path: &Path, key: Key<'_>, track: Track, span: Span) -> Result<Vec<f32>, RecordingError> { unimplemented!() }
