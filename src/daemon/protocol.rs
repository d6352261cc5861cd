//! What goes over the socket: one JSON value a line, a request and then its replies. No field can hold speech.

use serde::{Deserialize, Serialize};

use crate::{capture::Health, session::{Session, SessionId, Stance}, vault::KeepAudio};

/// A session to be started. Consent has been given.
#[derive(Clone, Debug, Serialize, Deserialize)]
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
}

#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Request { Start(Box<Start>), Status, Pause, Resume, Mark, Stop, Withdraw, Shutdown }

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Phase { Idle, Recording, Paused, Finishing }

#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Status {
    pub phase: Phase,
    pub session: Option<SessionId>,
    pub coachee: Option<String>,
    pub elapsed_s: f64,
    pub tracks: u8,
    pub marks: u32,
    pub health: Health,
    /// Seconds of speech that wait for decoding.
    pub behind_s: f64,
    /// The input came to its end (a file): `stop` finishes the session.
    pub input_ended: bool,
    pub pid: u32,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Reply {
    Status(Status),
    /// The session is finished and its report is there; `ask` are two session times (s) to check the roles with.
    Stopped { session: SessionId, ask: Option<[f64; 2]> },
    Withdrawn { session: SessionId },
    Done,
    Failed(Failure),
}

/// One line for a person, and what to do about it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[error("{message}")]
pub struct Failure { pub message: String, pub hint: Option<String>, /// 1: the user can fix it; 2: our fault.
    pub code: u8 }
