//! A session that both people said yes to.

use sidetone::session::{Consent, Session, SessionId};

const SAID_YES_AT: &str = "2026-11-24T09:00:00Z";

/// On one track, with the model that is read for real voices.
pub fn session(coachee: &str) -> Session {
    Session {
        id: SessionId::generate(),
        coachee: coachee.to_owned(),
        started_at: SAID_YES_AT.to_owned(),
        coach_stance: None,
        coachee_stance: None,
        tracks: 1,
        consent: Consent { given_at: SAID_YES_AT.to_owned(), wording: 1, asserted: true, retention_days: 30 },
        model: "base.en".to_owned(),
    }
}
