//! Who keeps what: numbers in the clear, words sealed to the coachee.
//!
//! [`Writer`] holds public keys only and cannot read a word; [`Reader`] holds an [`Identity`](crate::seal::Identity) and can.

mod reader;
mod retention;
mod schema;
mod writer;

use std::path::PathBuf;

pub use reader::Reader;
pub use writer::Writer;

use crate::{measures::Numbers, session::{Session, SessionId}};

/// What became of a transcript.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Decision { Undecided, Kept, Deleted, Taken }

impl Decision {
    /// The contract's word.
    pub fn name(self) -> &'static str { unimplemented!() }
}

/// A coachee, as both people may see it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Coachee {
    pub name: String,
    pub recipient: crate::seal::Recipient,
    /// The identity under its passphrase; `None` when it is kept elsewhere.
    pub locked_identity: Option<Vec<u8>>,
}

/// What the vault knows of a session without a word.
#[derive(Clone, Debug)]
pub struct Stored {
    pub session: Session,
    pub state: State,
    pub decision: Decision,
    /// `None` until the session is finished.
    pub numbers: Option<Numbers>,
    /// Whether sealed words / a sealed recording are still here.
    pub has_words: bool,
    pub has_recording: bool,
    /// RFC 3339: when undecided words are deleted.
    pub delete_after: Option<String>,
    pub keep_audio: KeepAudio,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State { Recording, Finished }

/// `--keep-audio` takes effect only once the coachee has confirmed it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KeepAudio { No, Asked, Confirmed }

/// What a deletion took away: append-only, and it holds no word.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct Receipt { pub at: String, pub session: SessionId, pub what: String, pub rows: u64, pub files: u64, pub bytes: u64 }

#[derive(Debug, thiserror::Error)]
pub enum VaultError {
    #[error("{path} cannot be used: {reason}")]
    Unusable { path: PathBuf, reason: String },
    #[error("the data was written by a newer version of sidetone")]
    Newer,
    #[error("there is no coachee called {0}")]
    NoCoachee(String),
    #[error("a coachee called {0} is here already")]
    CoacheeExists(String),
    #[error("there is no session {0}")]
    NoSession(String),
    #[error("{0} fits more than one session")]
    Ambiguous(String),
    #[error("session {0} is still being recorded")]
    StillRecording(SessionId),
    #[error("the words of session {0} are not here any more")]
    NoWords(SessionId),
    #[error("this identity does not open the words")]
    WrongIdentity,
    #[error("the database failed: {0}")]
    Database(String),
    #[error(transparent)]
    Seal(#[from] crate::seal::SealError),
    #[error("{path}: {source}")]
    Io { path: PathBuf, source: std::io::Error },
}

impl VaultError {
    pub fn hint(&self) -> Option<String> { unimplemented!() }
}
