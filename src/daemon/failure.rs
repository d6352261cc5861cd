//! What the rooms behind the daemon report, as one line for a person and what to do about it.

use std::io;

use super::Failure;
use crate::{capture::CaptureError, recording::RecordingError, vault::VaultError};

/// What somebody is told who asks for a session that there is not, by a daemon or where none runs.
pub const NO_SESSION: &str = "no session is being recorded";

impl Failure {
    /// Something the user can do something about.
    pub(super) fn user(message: impl Into<String>, hint: impl Into<String>) -> Self {
        Self { message: message.into(), hint: Some(hint.into()), code: 1 }
    }

    /// Our fault.
    pub(super) fn ours(message: impl Into<String>, hint: impl Into<String>) -> Self {
        Self { message: message.into(), hint: Some(hint.into()), code: 2 }
    }

    /// A session was being recorded and could not be brought to its end; the recording is still there.
    pub(super) fn unfinished(reason: impl std::fmt::Display) -> Self {
        Self::ours(
            format!("the session could not be finished: {reason}"),
            "the sealed recording is safe: `sidetone recover` makes the report of it",
        )
    }

    /// A fault of the program before anything was recorded.
    pub(super) fn unstarted() -> Self {
        Self::ours(
            "the session could not be started: the recorder stopped unexpectedly",
            "nothing was recorded; this is a fault of the program: please report it",
        )
    }

    pub(super) fn ending() -> Self {
        Self::user("the daemon is ending", "try again in a moment: a new one is started")
    }

    /// Numbers and words are there, and the disk does not take them. They wait for another try, and until then nobody can
    /// recover the recording.
    pub(super) fn unstored(reason: impl std::fmt::Display) -> Self {
        Self::user(
            format!("the session could not be stored: {reason}"),
            "free some space on the disk, or mend it, then `sidetone stop` again; where that helps no more, `sidetone daemon \
             --stop`, then `sidetone recover`: it makes the report of the sealed recording",
        )
    }

    pub(super) fn no_session() -> Self {
        Self::user(NO_SESSION, "`sidetone start --coachee NAME` starts one")
    }
}

impl From<CaptureError> for Failure {
    fn from(error: CaptureError) -> Self {
        let hint = error.hint();
        Self { message: error.to_string(), hint, code: 1 }
    }
}

impl From<VaultError> for Failure {
    fn from(error: VaultError) -> Self {
        // A recorder outlives an update of the program, which brings the data into a new form.
        let hint = match error {
            VaultError::Newer => Some("if sidetone was just updated: `sidetone daemon --stop`, then again".to_owned()),
            _ => error.hint(),
        };
        Self { hint, message: error.to_string(), code: 1 }
    }
}

impl From<RecordingError> for Failure {
    fn from(error: RecordingError) -> Self {
        let (message, hint) = (error.to_string(), error.hint());
        match error {
            RecordingError::Io { source, .. } if is_full(&source) => {
                Self::user(message, "free some space on the disk, or choose another place with `--data-dir`")
            }
            RecordingError::Io { .. } => {
                Self::user(message, "check that the data directory can be written, or choose another with `--data-dir`")
            }
            _ => match hint {
                Some(hint) => Self::user(message, hint),
                None => Self::ours(message, "this is a fault of the program: please report it"),
            },
        }
    }
}

/// No space, or no space that this user may have.
pub(super) fn is_full(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded)
}
