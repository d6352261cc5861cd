//! What surrounds the sessions: who coaches whom and since when, the time they set aside, how it is for the coachee, and
//! what keeps the coach in training.
//!
//! Plain rules over dates and counts: `vault` keeps what they work on, `cli` says what they come to. Days are calendar days
//! where the laptop is, and every rule is handed the day that it is.
//!
//! This room must not become performance management. It knows no manager and no appraisal; it compares nobody with
//! anybody, takes one pairing at a time, grades nothing and colours nothing. What the coachee writes or answers is sealed
//! to them: the rules about it ([`signals`]) run only where it has been unlocked.

mod hours;
mod pairing;
mod pulse;
mod training;

use std::{fmt, str::FromStr};

pub use self::{
    hours::{ALLOWANCE_MIN, Hours, hours},
    pairing::{
        Goal, Held, NotWeeks, Pairing, Picture, REVIEW_MONTHS, Standing, Weeks, all_point_downwards, belongs_to,
        picture,
    },
    pulse::{Answer, LATEST, Pulse, Question, Sign, Signal, signals},
    training::{Kind, REFRESHER_MONTHS, Refresher, Training, refresher},
};

/// Names a pairing, a goal or an answer, and nothing else after it: a receipt for one must never fit a later one.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PracticeId(ulid::Ulid);

impl PracticeId {
    pub fn generate() -> Self {
        Self(ulid::Ulid::new())
    }
}

impl fmt::Display for PracticeId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl fmt::Debug for PracticeId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl FromStr for PracticeId {
    type Err = ulid::DecodeError;
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        ulid::Ulid::from_string(text).map(Self)
    }
}

/// Whole days from one day to another; negative when the other is earlier.
fn days(from: jiff::civil::Date, to: jiff::civil::Date) -> i64 {
    to.duration_since(from).as_hours() / 24
}

/// The day so many months later; the last of the month where that one has no such day.
fn months_after(day: jiff::civil::Date, months: i64) -> jiff::civil::Date {
    jiff::Span::new().try_months(months).map_or(day, |span| day.saturating_add(span))
}
