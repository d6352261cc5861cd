use super::*;
/// One or two cpal input streams.
#[derive(Debug)]
pub struct Microphone {}
impl Source for Microphone {
    fn tracks(&self) -> u8 { unimplemented!() }
    fn next(&mut self, _: Duration) -> Result<Heard, CaptureError> { unimplemented!() }
    fn health(&self) -> Health { unimplemented!() }
}
/// Names of the inputs there are, the default first.
pub fn inputs() -> Result<Vec<String>, CaptureError> { unimplemented!() }
