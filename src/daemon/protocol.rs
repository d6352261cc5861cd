//! What goes over the socket: one JSON value a line, a request and then its reply. No field can hold speech, and a test
//! knows the reason of every field that holds text.
//!
//! It only grows: a field that is added has a default, an unknown field is passed over, and an unknown request is
//! answered with [`Reply::Failed`]. Client and daemon are usually the same file, but a daemon may outlive an upgrade.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::{
    capture::Health,
    session::{Session, SessionId},
    texts::say,
};

/// The longest line of either side. The largest thing sent is a voiceprint: 256 numbers, some 5 kB.
pub const LINE_BYTES_MAX: usize = 64 * 1024;

/// A session to be started. Consent has been given.
#[derive(Clone, Serialize, Deserialize)]
pub struct Start {
    /// With id, stances, consent and model; the daemon fills in `tracks` and `started_at`.
    pub session: Session,
    /// As `--input` has it.
    pub input: String,
    /// Only for files.
    pub speed: f64,
    pub keep_audio: bool,
    /// 0 or 1.
    pub coach_track: Option<u8>,
    pub coach_speaks_first: bool,
    /// The coach's voiceprint, if enrolled.
    pub voiceprint: Option<Vec<f32>>,
    /// The model was named on the command line.
    pub model_named: bool,
    /// The file is known to hold no real voices.
    #[serde(default)]
    pub synthetic: bool,
    /// What spoken commands begin with; `None`: nobody listens for any.
    #[serde(default)]
    pub wake_word: Option<String>,
    /// Commands are answered, and alarms told, by a tone.
    #[serde(default)]
    pub tones: bool,
}

impl fmt::Debug for Start {
    /// A voiceprint is nobody's business but its owner's: it does not reach a log.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Start").field("session", &self.session).field("input", &self.input).finish_non_exhaustive()
    }
}

/// What a daemon is asked. `Start`, `Pause`, `Resume` and `Mark` are answered with the [`Status`] they lead to.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Request {
    /// Answered once sound arrives and its first piece is sealed on disk.
    Start(Box<Start>),
    Status,
    /// What is said from now on is neither recorded nor counted, and the session clock stands still.
    Pause,
    Resume,
    Mark,
    /// Answered when the report is there.
    Stop,
    /// Everything of the session goes.
    Withdraw,
    /// Ends the daemon; a session is finished first.
    Shutdown,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Phase {
    Idle,
    Recording,
    Paused,
    Finishing,
}

/// What a person should know about a session beside the [`Health`] of its sound. What was recorded before is safe.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Trouble {
    /// Space for a few more minutes is left.
    DiskLow,
    /// Nothing more can be recorded: the disk is full. `stop` finishes the session with what was said before.
    DiskFull,
    /// Nothing more can be recorded: the disk refused to write.
    WriteFailed,
    /// Nothing more can be recorded: the input is gone for good.
    InputFailed,
}

impl Trouble {
    /// For the person who records.
    pub fn message(self) -> &'static str {
        match self {
            Self::DiskLow => say!("trouble-disk-low"),
            Self::DiskFull => say!("trouble-disk-full"),
            Self::WriteFailed => say!("trouble-write-failed"),
            Self::InputFailed => say!("trouble-input-failed"),
        }
    }
}

/// What a daemon is doing.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Status {
    pub phase: Phase,
    pub session: Option<SessionId>,
    pub coachee: Option<String>,
    /// On the session clock: without pauses.
    pub elapsed_s: f64,
    pub tracks: u8,
    pub marks: u32,
    pub health: Health,
    /// Seconds of speech that wait for decoding.
    pub behind_s: f64,
    /// No more sound comes (a file is over, or see `trouble`): `stop` finishes the session.
    pub input_ended: bool,
    pub pid: u32,
    #[serde(default)]
    pub trouble: Option<Trouble>,
    /// Spoken commands that were obeyed.
    #[serde(default)]
    pub commands: u32,
    /// Somebody said "delete this session": "yes, delete" deletes it.
    #[serde(default)]
    pub deletion_asked: bool,
}

impl Status {
    /// Of a daemon without a session.
    pub(super) fn idle() -> Self {
        Self {
            phase: Phase::Idle,
            session: None,
            coachee: None,
            elapsed_s: 0.0,
            tracks: 0,
            marks: 0,
            health: Health::default(),
            behind_s: 0.0,
            input_ended: false,
            pid: std::process::id(),
            trouble: None,
            commands: 0,
            deletion_asked: false,
        }
    }
}

#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Reply {
    Status(Status),
    /// The session is finished and its report is there; `ask` are two session times (s) to check the roles with.
    Stopped {
        session: SessionId,
        ask: Option<[f64; 2]>,
    },
    Withdrawn {
        session: SessionId,
    },
    Done,
    Failed(Failure),
}

/// One line for a person, and what to do about it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[error("{message}")]
pub struct Failure {
    pub message: String,
    pub hint: Option<String>,
    /// 1: the user can fix it; 2: our fault.
    pub code: u8,
}

#[cfg(test)]
mod tests;
