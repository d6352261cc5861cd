//! The recording: an append-only file of sealed chunks. Written and fsynced before anything else touches a sample.
//!
//! A session identity is made at the start and sealed once to the coachee in the header; every chunk is sealed to the
//! session alone. Who holds the session identity (the daemon, until `finish`) or the coachee's identity can read; nobody
//! else can.
//!
//! ```text
//! header   "sidetone" | version u8 | tracks u8 | session id, 26 letters     in the clear
//!          coachee's recipient, session's recipient: u16 length, text       in the clear: public keys, their own fingerprints
//!          u32 length | sealed to the coachee: [all of the above][session identity]
//! record   u32 length | kind u8 | track u8 | samples u32 | first u64        in the clear, to find one's way
//!          sealed to the session: [session id][tracks u8][record number u64][kind .. first, as above][body]
//! record   ...
//! body     sound: 16-bit PCM, at most half a second    gap: u64 milliseconds    struck: u64 samples    mark, end: nothing
//! ```
//! Numbers are little-endian. Records are numbered from 0 through the file, whatever their kind. What is in the clear
//! tells no more than the file's length does, and decides nothing: the sealed plaintext begins with what it is, and a
//! reader refuses a record that says otherwise. Records that were altered, reordered, dropped, duplicated or brought
//! from another session end the reading as [`Damage`]; what stands before them is intact. Forgery by whoever holds the
//! session's public key is out of scope: they could as well have played the sound into the microphone.
//!
//! What is struck stays as sound and is no part of the conversation: a spoken command that was obeyed. Who makes words and
//! numbers of a recording leaves it out, as the running session did.
//!
//! A record is appended in one write and one `fdatasync`. When either fails (a full disk, a failing one), the file is
//! cut back to the last whole record, and the writer can go on once there is room.
//!
//! The file is locked (flock) while its session lasts, so that every program of this user can tell one that runs from one that
//! was cut off; with the process goes the lock.

mod backlog;
mod format;
mod recover;
mod wav;
mod writer;

use std::{
    io,
    path::{Path, PathBuf},
};

pub use backlog::read;
pub use recover::{Damage, Outline, Recording, outline, recover};
pub use wav::write_wav;
pub use writer::{Lock, Writer};

/// Ending of a recording's file name: `<data>/recordings/<session id>.sealed`.
pub const EXTENSION: &str = "sealed";

/// Most tracks that a session can have: a microphone for each of two people.
pub const TRACKS_MAX: u8 = 2;

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
    /// A fault of the caller: sound that would lie before what is written, or on a track that the session has not.
    #[error("sound of track {track} does not follow what was recorded")]
    OutOfOrder { track: u8 },
    /// The disk failed where sound was to be handed out to.
    #[error("the sound could not be written: {0}")]
    HandingOut(io::Error),
    #[error(transparent)]
    Seal(#[from] crate::seal::SealError),
}

impl RecordingError {
    /// What the user can do about it.
    pub fn hint(&self) -> Option<String> {
        let hint = match self {
            Self::Io { source, .. } | Self::HandingOut(source) if source.kind() == io::ErrorKind::StorageFull => {
                "free some disk space; what was recorded until now is safe"
            }
            Self::Io { source, .. } if source.kind() == io::ErrorKind::NotFound => {
                "`sidetone sessions` shows which sessions still have a recording"
            }
            Self::Io { .. } | Self::HandingOut(_) => "check that the disk is there and can be written",
            Self::NotARecording { .. } => {
                "a recording begins with the word \"sidetone\"; this file was replaced or damaged"
            }
            Self::WrongSession { .. } => "put the file back under the name of its own session",
            Self::WrongIdentity => "only the identity of the session's coachee opens it",
            Self::OutOfOrder { .. } | Self::Seal(_) => return None,
        };
        Some(hint.to_owned())
    }
}

/// Names the file that an operation failed on.
fn at(path: &Path) -> impl FnOnce(io::Error) -> RecordingError {
    move |source| RecordingError::Io { path: path.to_owned(), source }
}

#[cfg(test)]
mod tests;
