//! Sound as it arrives: from a microphone or a file, as blocks of 16 kHz mono per track. Stores none of it, decides nothing.
//!
//! A microphone's samples go callback → [`ring`] (lock-free, bounded) → [`line`](mod@line) (resampling, blocks, silence for what
//! was lost) → [`Block`]; a file's go decoder → `line` → [`Block`].

mod drift;
mod file;
mod health;
mod line;
mod microphone;
mod resample;
mod ring;
mod trial;

use std::{path::PathBuf, str::FromStr, time::Duration};

pub use file::FileSource;
pub use health::{Alarm, Health, LEVEL_FLOOR_DB};
pub use microphone::{Microphone, PlaybackError, inputs, play, sound_systems};
pub use trial::{Trial, try_input};

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
        if let Some(path) = text.strip_prefix("file:") {
            return match path {
                "" => Err(CaptureError::File { path: text.into(), reason: "no path is given".into() }),
                path => Ok(Self::File(path.into())),
            };
        }
        match text.split_once('+') {
            Some((a, b)) if a.trim().is_empty() || b.trim().is_empty() => Err(CaptureError::UnknownDevice(text.into())),
            Some((a, b)) if b.trim().eq_ignore_ascii_case("system") => Ok(Self::WithSystem(a.trim().into())),
            Some((a, b)) => Ok(Self::Two(a.trim().into(), b.trim().into())),
            None if text.trim().is_empty() => Err(CaptureError::UnknownDevice(text.into())),
            None if text.trim().eq_ignore_ascii_case("default") => Ok(Self::Default),
            None => Ok(Self::Device(text.trim().into())),
        }
    }
}

/// Opens an input. `speed` is how many times faster than its own speed a file plays, and `two_tracks` makes each
/// channel of a two-channel file a track; microphones ignore both.
///
/// # Errors
/// When there is no such input, it is busy or forbidden, or the file is not audio.
pub fn open(spec: &InputSpec, speed: f64, two_tracks: bool) -> Result<Box<dyn Source + Send>, CaptureError> {
    match spec {
        InputSpec::File(path) => Ok(Box::new(FileSource::open(path, speed, two_tracks)?)),
        microphones => Ok(Box::new(Microphone::open(microphones)?)),
    }
}

/// Why there is no sound, by what can be done about it.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CaptureError {
    #[error("no microphone was found")]
    NoMicrophone,
    #[error("there is no input called {0}")]
    UnknownDevice(String),
    #[error("{text} may mean several inputs: {inputs}")]
    AmbiguousDevice { text: String, inputs: String },
    #[error("both tracks would come from the input {0}")]
    SameDevice(String),
    #[error("no input gives what the computer plays")]
    NoSystemAudio,
    #[error("the input {0} is in use by another program")]
    Busy(String),
    #[error("this program may not use the microphone")]
    Forbidden,
    #[error("the sound server does not answer")]
    NoServer,
    #[error("{path}: {reason}")]
    File { path: String, reason: String },
    #[error("the input {device} failed: {reason}")]
    Failed { device: String, reason: String },
}

impl CaptureError {
    /// What the user can do about it.
    pub fn hint(&self) -> Option<String> {
        let hint = match self {
            Self::NoMicrophone if cfg!(target_os = "linux") => {
                "plug one in and see that `arecord -l` lists it, or play a recording with `--input file:PATH`"
            }
            Self::NoMicrophone => "plug one in, or play a recording with `--input file:PATH`",
            Self::UnknownDevice(_) | Self::AmbiguousDevice { .. } => match inputs() {
                Ok(names) if !names.is_empty() => {
                    return Some(format!("give `--input` one of: {}", listed(&names)));
                }
                _ => "leave `--input` out for the default input, or play a recording with `--input file:PATH`",
            },
            Self::SameDevice(_) => "give `--input A+B` two different inputs, or leave `--input` out for one track",
            Self::NoSystemAudio if cfg!(target_os = "linux") => {
                "name the monitor of your output with `--input A+NAME`, or record one track by leaving `--input` out"
            }
            Self::NoSystemAudio => {
                "install a loopback device and name it with `--input A+NAME`, or leave `--input` out for one track"
            }
            Self::Busy(_) => "close the program that records (a call, a recorder), or name another with `--input NAME`",
            Self::Forbidden if cfg!(target_os = "macos") => {
                "allow your terminal under System Settings, Privacy & Security, Microphone, then open it anew"
            }
            Self::Forbidden => "join the `audio` group (`sudo usermod -aG audio $USER`) and log in again",
            Self::NoServer => {
                "log out and in again, or start it: `systemctl --user start pipewire pipewire-pulse wireplumber`"
            }
            Self::File { .. } => {
                "name a wav, flac, mp3, m4a or ogg file that other players can play: `sidetone import FILE`, or `--input file:FILE`"
            }
            Self::Failed { .. } => {
                "see that the input is plugged in and works elsewhere, or name another with `--input NAME`"
            }
        };
        Some(hint.into())
    }
}

/// Names as `0 name, 1 name`: index and name can both be given to `--input`.
fn listed(names: &[String]) -> String {
    let numbered: Vec<String> = names.iter().enumerate().map(|(index, name)| format!("{index} {name}")).collect();
    numbered.join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_form_of_input_is_understood() {
        let cases = [
            ("default", InputSpec::Default),
            ("Default", InputSpec::Default),
            ("1", InputSpec::Device("1".into())),
            ("USB Mic", InputSpec::Device("USB Mic".into())),
            ("hw:CARD=1,DEV=0", InputSpec::Device("hw:CARD=1,DEV=0".into())),
            ("A+B", InputSpec::Two("A".into(), "B".into())),
            ("A + B", InputSpec::Two("A".into(), "B".into())),
            ("default+system", InputSpec::WithSystem("default".into())),
            ("file:a+b.wav", InputSpec::File("a+b.wav".into())),
            ("file:/tmp/x.wav", InputSpec::File("/tmp/x.wav".into())),
        ];
        for (text, expected) in cases {
            assert_eq!(text.parse::<InputSpec>(), Ok(expected), "{text}");
        }
    }

    #[test]
    fn half_an_input_is_refused() {
        for text in ["", "  ", "+", "A+", "+system", "file:"] {
            assert!(text.parse::<InputSpec>().is_err(), "{text:?}");
        }
    }

    #[test]
    fn every_error_says_what_to_do() {
        let name = || "x".to_string();
        let errors = [
            CaptureError::NoMicrophone,
            CaptureError::SameDevice(name()),
            CaptureError::NoSystemAudio,
            CaptureError::Busy(name()),
            CaptureError::Forbidden,
            CaptureError::NoServer,
            CaptureError::File { path: name(), reason: name() },
            CaptureError::Failed { device: name(), reason: name() },
        ];
        for error in errors {
            assert!(error.hint().is_some_and(|hint| hint.contains('`') || hint.contains("Settings")), "{error}");
        }
    }
}
