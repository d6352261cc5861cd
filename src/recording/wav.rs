use super::*;
/// Writes all of a recording as 16-bit WAV, one channel a track: audio that the coachee keeps.
pub fn write_wav(recording: Recording, into: impl io::Write + io::Seek) -> Result<(), RecordingError> { unimplemented!() }
