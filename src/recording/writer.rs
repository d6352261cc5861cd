use super::*;
use crate::{capture::Block, seal::{Identity, Recipient}, session::SessionId, units::{Sample, Span}};

/// Writes a session's recording.
#[derive(Debug)]
pub struct Writer {}

impl Writer {
    /// Makes the file (mode 0600) with its header, fsyncs it and its directory, and returns the session identity.
    pub fn create(path: &Path, session: SessionId, tracks: u8, coachee: &Recipient) -> Result<(Self, Identity), RecordingError> {
        unimplemented!()
    }
    /// Seals a block as one chunk and fsyncs. Sound is kept as 16-bit PCM.
    pub fn append(&mut self, block: &Block) -> Result<(), RecordingError> {
        unimplemented!()
    }
    /// Notes a pause or off-the-record stretch of wall-clock time at `at`: no sample of it exists, and the clock stands still.
    pub fn gap(&mut self, at: Sample, lasted_ms: u64) -> Result<(), RecordingError> {
        unimplemented!()
    }
    /// Notes that someone marked this moment.
    pub fn mark(&mut self, at: Sample) -> Result<(), RecordingError> {
        unimplemented!()
    }
    /// Off the record: everything from `from` on, of every track, is cut off the file and gone; a gap record is appended.
    pub fn forget_from(&mut self, from: Sample) -> Result<(), RecordingError> {
        unimplemented!()
    }
    /// Samples of each track's prefix that are safe on disk.
    pub fn written(&self, track: crate::session::Track) -> Sample {
        unimplemented!()
    }
    /// Writes the end record: a recording without one was cut off.
    pub fn finish(self) -> Result<(), RecordingError> {
        unimplemented!()
    }
}
