//! The recording: an append-only file of sealed chunks. Written and fsynced before anything else touches a sample.
//!
//! A session identity is made at the start and sealed once to the coachee in the header; every chunk is sealed to the
//! session alone. Who holds the session identity (the daemon, until `finish`) or the coachee's identity can read; nobody
//! else can.

mod recover;
mod wav;
mod writer;

use std::{io, path::{Path, PathBuf}};

pub use recover::{Damage, Outline, Recording, outline, read, recover};
pub use wav::write_wav;
pub use writer::Writer;

/// Ending of a recording's file name: `<data>/recordings/<session id>.sealed`.
pub const EXTENSION: &str = "sealed";

/// What opens a recording.
#[derive(Clone, Copy, Debug)]
pub enum Key<'a> {
    /// The coachee's identity: opens the session identity in the header first.
    Coachee(&'a crate::seal::Identity),
    /// The session identity, known only to whoever records.
    Session(&'a crate::seal::Identity),
}

#[derive(Debug, thiserror::Error)]
pub enum RecordingError {
    #[error("{path}: {source}")]
    Io { path: PathBuf, source: io::Error },
    /// The file does not begin as a recording does.
    #[error("{path} is not a recording")]
    NotARecording { path: PathBuf },
    #[error("{path} belongs to another session")]
    WrongSession { path: PathBuf },
    #[error("this identity does not open the recording")]
    WrongIdentity,
    #[error(transparent)]
    Seal(#[from] crate::seal::SealError),
}
