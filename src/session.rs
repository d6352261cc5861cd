//! A coaching session: who, when, what was agreed. No audio, no words.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};

/// A session's name: a ULID, so that ids sort by time and a unique prefix can stand for one.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct SessionId(ulid::Ulid);

impl SessionId {
    pub fn generate() -> Self {
        Self(ulid::Ulid::new())
    }
}

impl fmt::Display for SessionId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl fmt::Debug for SessionId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl FromStr for SessionId {
    type Err = ulid::DecodeError;
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        ulid::Ulid::from_string(text).map(Self)
    }
}

/// Who speaks. Unknown is `None`, never a third role.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Role {
    Coach,
    Coachee,
}

impl Role {
    pub fn other(self) -> Self {
        match self {
            Self::Coach => Self::Coachee,
            Self::Coachee => Self::Coach,
        }
    }

    pub fn name(self) -> &'static str {
        match self {
            Self::Coach => "coach",
            Self::Coachee => "coachee",
        }
    }
}

/// How a person wants this session to be. There is no right one; the report compares intended with done.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Stance {
    Directive,
    Collaborative,
    Facilitative,
}

impl Stance {
    pub fn name(self) -> &'static str {
        match self {
            Self::Directive => "directive",
            Self::Collaborative => "collaborative",
            Self::Facilitative => "facilitative",
        }
    }
}

/// What became of a session's words.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Decision {
    Undecided,
    Kept,
    Deleted,
    Taken,
}

impl Decision {
    pub const ALL: [Self; 4] = [Self::Undecided, Self::Kept, Self::Deleted, Self::Taken];

    /// The contract's word.
    pub fn name(self) -> &'static str {
        match self {
            Self::Undecided => "undecided",
            Self::Kept => "kept",
            Self::Deleted => "deleted",
            Self::Taken => "taken",
        }
    }
}

/// The coach's own notes about what to try next, as a session's report shows them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Steps {
    /// Chosen after an earlier session with the same coachee, with that session's start (RFC 3339).
    pub before: Option<(String, String)>,
    /// Chosen after this one.
    pub next: Option<String>,
}

/// One microphone's signal; a session has one or two. Counted from 0.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Track(pub u8);

/// Days after which words that nobody decides about are deleted, unless the coachee chooses otherwise.
pub const RETENTION_DAYS: u32 = 30;

/// The most that can be chosen: two terms of a school year.
pub const RETENTION_DAYS_MAX: u32 = 180;

/// That both people said yes, to what, and how we know.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Consent {
    /// RFC 3339.
    pub given_at: String,
    /// The version of the wording that was agreed to.
    pub wording: u32,
    /// True when `--consent-both` asserted it instead of both answering.
    pub asserted: bool,
    /// Days after which words that nobody decides about are deleted: agreed to here, and never put off.
    #[serde(default = "retention_days")]
    pub retention_days: u32,
}

/// What every wording said before days could be chosen.
fn retention_days() -> u32 {
    RETENTION_DAYS
}

/// What a session is, from its start on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Session {
    pub id: SessionId,
    pub coachee: String,
    /// RFC 3339: the only wall-clock time of a session.
    pub started_at: String,
    pub coach_stance: Option<Stance>,
    pub coachee_stance: Option<Stance>,
    pub tracks: u8,
    pub consent: Consent,
    /// Name of the Whisper model, e.g. `demo.en`; empty for an imported transcript.
    pub model: String,
}
