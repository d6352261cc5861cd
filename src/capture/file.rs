use super::*;
/// Plays a file (wav, flac, mp3, m4a, ogg) as if it came from microphones.
#[derive(Debug)]
pub struct FileSource {}
impl FileSource {
    /// One channel is one track; two channels are two tracks when `two_tracks`, else mixed. `speed` of infinity never waits.
    pub fn open(path: &std::path::Path, speed: f64, two_tracks: bool) -> Result<Self, CaptureError> { unimplemented!() }
    /// Length in seconds, where the file says it.
    pub fn length_s(&self) -> Option<f64> { unimplemented!() }
    /// Channels in the file.
    pub fn channels(&self) -> usize { unimplemented!() }
}
impl Source for FileSource {
    fn tracks(&self) -> u8 { unimplemented!() }
    fn next(&mut self, _: Duration) -> Result<Heard, CaptureError> { unimplemented!() }
    fn health(&self) -> Health { unimplemented!() }
}
