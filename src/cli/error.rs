//! What went wrong, in one line, and what to do about it, in another. Every error of the program becomes a [`CliError`]
//! here, so that its hint and its exit code are found in one place.

use std::{io, path::Path, process::ExitCode};

use super::aside;
use crate::{
    capture::CaptureError,
    daemon::{ClientError, Failure, NO_SESSION},
    recording::RecordingError,
    seal::SealError,
    speakers::SpeakerError,
    transcript::TranscriptError,
    vault::VaultError,
    weights::WeightsError,
};

/// An error as a person sees it.
#[derive(Debug)]
pub struct CliError {
    message: String,
    hint: Option<String>,
    kind: Kind,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    /// The user can do something about it: exit code 1.
    User,
    /// Our fault: exit code 2.
    Ours,
    /// Whoever read our output has gone: nothing to say, exit code 0.
    ClosedPipe,
    /// Somebody pressed Ctrl-C: nothing to say, exit code 130 as after the signal.
    Left,
}

impl CliError {
    pub fn user(message: impl Into<String>, hint: impl Into<String>) -> Self {
        Self { message: message.into(), hint: Some(hint.into()), kind: Kind::User }
    }

    pub fn ours(message: impl Into<String>) -> Self {
        let hint = Some("this is a fault of the program: please report it".to_owned());
        Self { message: message.into(), hint, kind: Kind::Ours }
    }

    pub(super) fn left() -> Self {
        Self { message: "left".to_owned(), hint: None, kind: Kind::Left }
    }

    pub(super) fn is_left(&self) -> bool {
        self.kind == Kind::Left
    }

    pub(super) fn of(error: &impl ToString, hint: Option<String>) -> Self {
        Self { message: error.to_string(), hint, kind: Kind::User }
    }

    pub fn message(&self) -> &str {
        &self.message
    }

    pub fn hint(&self) -> Option<&str> {
        self.hint.as_deref()
    }

    /// An error of the file system, by name of the file.
    pub fn file(path: &Path, error: &io::Error) -> Self {
        let hint = match error.kind() {
            io::ErrorKind::NotFound => "check the path",
            io::ErrorKind::PermissionDenied => "check who may use it: `ls -l`, or choose another place",
            io::ErrorKind::StorageFull => "free some space: `df -h` shows where it went",
            _ => "check the disk, or choose another place",
        };
        Self::user(format!("{}: {}", path.display(), plain(error)), hint)
    }

    /// For a daemon's reply to say the same.
    pub fn into_failure(self) -> Failure {
        let code = if self.kind == Kind::Ours { 2 } else { 1 };
        Failure { message: self.message, hint: self.hint, code }
    }
}

/// The system's words without its "(os error 2)".
fn plain(error: &io::Error) -> String {
    let text = error.to_string();
    text.split(" (os error").next().unwrap_or_default().to_lowercase()
}

/// Prints `error:` and `hint:` to stderr; the exit code is the contract's.
pub fn explain(error: &CliError) -> ExitCode {
    if !matches!(error.kind, Kind::ClosedPipe | Kind::Left) {
        aside(format_args!("error: {}", error.message));
        if let Some(hint) = &error.hint {
            aside(format_args!("hint: {hint}"));
        }
    }
    match error.kind {
        Kind::User => ExitCode::from(1),
        Kind::Ours => ExitCode::from(2),
        Kind::ClosedPipe => ExitCode::SUCCESS,
        Kind::Left => ExitCode::from(130),
    }
}

/// Writing to stdout: the only I/O whose error carries no path.
impl From<io::Error> for CliError {
    fn from(error: io::Error) -> Self {
        let closed = error.kind() == io::ErrorKind::BrokenPipe;
        let kind = if closed { Kind::ClosedPipe } else { Kind::User };
        Self { message: format!("the output cannot be written: {}", plain(&error)), hint: None, kind }
    }
}

impl From<CaptureError> for CliError {
    fn from(error: CaptureError) -> Self {
        Self::of(&error, error.hint())
    }
}

impl From<VaultError> for CliError {
    fn from(error: VaultError) -> Self {
        Self::of(&error, error.hint())
    }
}

impl From<WeightsError> for CliError {
    fn from(error: WeightsError) -> Self {
        Self::of(&error, error.hint())
    }
}

impl From<SpeakerError> for CliError {
    fn from(error: SpeakerError) -> Self {
        Self::of(&error, error.hint())
    }
}

impl From<TranscriptError> for CliError {
    fn from(error: TranscriptError) -> Self {
        Self::of(&error, error.hint())
    }
}

impl From<SealError> for CliError {
    fn from(error: SealError) -> Self {
        Self::user(error.to_string(), error.hint())
    }
}

impl From<RecordingError> for CliError {
    fn from(error: RecordingError) -> Self {
        // Where there is nothing to advise, it is a fault.
        error.hint().map_or_else(|| Self::ours(error.to_string()), |hint| Self::user(error.to_string(), hint))
    }
}

impl From<Failure> for CliError {
    fn from(failure: Failure) -> Self {
        let kind = if failure.code == 2 { Kind::Ours } else { Kind::User };
        Self { message: failure.message, hint: failure.hint, kind }
    }
}

impl From<ClientError> for CliError {
    fn from(error: ClientError) -> Self {
        match error {
            ClientError::Failed(failure) => failure.into(),
            ClientError::NotRunning => Self::user(NO_SESSION, "start one: `sidetone start --coachee NAME`"),
            ClientError::Lost(_) => Self::of(
                &"the recorder stopped answering",
                Some("what was recorded is safe: `sidetone recover` reads it".to_owned()),
            ),
        }
    }
}
