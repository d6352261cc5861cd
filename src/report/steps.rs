//! One thing to try: what a coach chose after an earlier session opens the report, what they choose after this one ends it.

use super::{json::Report, phrases::plain};
use crate::{session::Steps, texts::say};

/// What a coach may pick from, where writing their own is too much. Each can be done in the next session and heard in it.
pub fn suggestions() -> [&'static str; 6] {
    [
        say!("report-suggestion-count"),
        say!("report-suggestion-ask"),
        say!("report-suggestion-say-back"),
        say!("report-suggestion-one"),
        say!("report-suggestion-advice"),
        say!("report-suggestion-end"),
    ]
}

impl Report {
    /// The same report, opening and ending with the coach's notes. They are in no key of the JSON, whose schema has no field that
    /// can hold free text.
    #[must_use]
    pub fn with_steps(mut self, steps: Steps) -> Self {
        self.steps = steps;
        self
    }

    /// The same report with what comes up for both: on the page, a line each. On a terminal whoever prints it says it.
    #[must_use]
    pub fn with_reviews(mut self, lines: Vec<String>) -> Self {
        self.reviews = lines;
        self
    }

    /// What the coach chose for next time.
    pub fn next_step(&self) -> Option<&str> {
        self.steps.next.as_deref()
    }

    /// The note to open with, and when it was chosen.
    pub(super) fn tried_said(&self) -> Option<(String, String)> {
        let (step, since) = self.steps.before.as_ref()?;
        let day = since.get(..10).unwrap_or_default();
        Some((plain(step), say!("report-step-since", day = plain(day))))
    }

    /// What was chosen for next time; without a choice, how to make one.
    pub(super) fn next_said(&self) -> String {
        match &self.steps.next {
            Some(step) => plain(step),
            None => say!("report-step-unchosen", session = self.session.to_string()),
        }
    }
}
