//! Sound as it arrives: from a microphone or a file, as blocks of 16 kHz mono per track. Stores nothing, decides nothing.

mod file;
mod health;
mod microphone;
mod resample;

use std::{path::PathBuf, str::FromStr, time::Duration};

pub use file::FileSource;
pub use health::{Alarm, Health};
pub use microphone::{Microphone, inputs};

use crate::{session::Track, units::Sample};

/// The longest [`Block`]: half a second.
pub const BLOCK_SAMPLES_MAX: usize = 8_000;

/// What capture emits: 16 kHz mono, at most half a second.
#[derive(Clone, Debug, PartialEq)]
pub struct Block {
    pub first: Sample,
    pub track: Track,
    pub samples: Box<[f32]>,
}

/// What came of waiting for sound.
#[derive(Clone, Debug, PartialEq)]
pub enum Heard {
    Block(Block),
    /// Nothing within the time given.
    Nothing,
    /// The file is over. A microphone never ends.
    End,
}

/// Where sound comes from. Blocks of a track follow each other without a hole: lost or missing sound is written as
/// silence and counted in [`Source::health`], so that the session clock stays true.
pub trait Source {
    /// 1 or 2.
    fn tracks(&self) -> u8;

    /// The next block of any track, waiting for at most `wait`.
    ///
    /// # Errors
    /// When no more sound can come, whatever is tried. What was captured before has been handed out.
    fn next(&mut self, wait: Duration) -> Result<Heard, CaptureError>;

    fn health(&self) -> Health;
}

/// Which input `--input` names.
#[derive(Clone, Debug, Default, PartialEq)]
pub enum InputSpec {
    #[default]
    Default,
    /// A device name, or an index of [`inputs`].
    Device(String),
    /// `A+B`: two microphones, two tracks.
    Two(String, String),
    /// `A+system`: a microphone and what the computer plays.
    WithSystem(String),
    /// `file:PATH`: a file through the live path.
    File(PathBuf),
}

impl FromStr for InputSpec {
    type Err = CaptureError;
    fn from_str(text: &str) -> Result<Self, CaptureError> {
        unimplemented!()
    }
}

/// Opens an input. `speed` is how many times faster than its own speed a file plays; microphones ignore it.
///
/// # Errors
/// When there is no such input, it is busy or forbidden, or the file is not audio.
pub fn open(spec: &InputSpec, speed: f64) -> Result<Box<dyn Source>, CaptureError> {
    unimplemented!()
}

/// Why there is no sound, by what can be done about it.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CaptureError {
    #[error("no microphone was found")]
    NoMicrophone,
    #[error("there is no input called {0}")]
    UnknownDevice(String),
    #[error("the input {0} is in use by another program")]
    Busy(String),
    #[error("this program may not use the microphone")]
    Forbidden,
    #[error("{path}: {reason}")]
    File { path: String, reason: String },
    #[error("the input {device} failed: {reason}")]
    Failed { device: String, reason: String },
}

impl CaptureError {
    /// What the user can do about it.
    pub fn hint(&self) -> Option<String> {
        unimplemented!()
    }
}
