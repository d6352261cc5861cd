//! Sessions as rows: how one is read, and found by what a person types.

use jiff::{SignedDuration, Timestamp};
use rusqlite::{Connection, OptionalExtension, Row};

use super::{Decision, KeepAudio, NOTICE_DAYS, State, Stored, VaultError, plain};
use crate::{
    seal::Recipient,
    session::{Consent, Session, SessionId, Stance},
};

/// A session's row: what is stored of it, and what the vault alone needs.
#[derive(Debug)]
pub struct Entry {
    /// `has_recording` says here whether there may be one.
    pub stored: Stored,
    pub recipient: Recipient,
    pub swapped: bool,
    pub notice_at: Option<Timestamp>,
}

const COLUMNS: &str = "id, coachee, recipient, started_at, coach_stance, coachee_stance, tracks, consent_at, \
    consent_wording, consent_asserted, model, state, keep_audio, decision, delete_after, notice_at, recording, swapped, \
    numbers, EXISTS (SELECT 1 FROM transcripts WHERE session = id), retention_days";

/// All sessions, the earliest first.
pub fn all(connection: &Connection) -> Result<Vec<Entry>, VaultError> {
    let mut select = connection.prepare(&format!("SELECT {COLUMNS} FROM sessions ORDER BY id"))?;
    let mut rows = select.query([])?;
    let mut entries = Vec::new();
    while let Some(row) = rows.next()? {
        entries.push(read(row)?);
    }
    Ok(entries)
}

pub fn get(connection: &Connection, session: SessionId) -> Result<Entry, VaultError> {
    let id = session.to_string();
    let entry = connection
        .query_row(&format!("SELECT {COLUMNS} FROM sessions WHERE id = ?"), [&id], |row| Ok(read(row)))
        .optional()?;
    entry.unwrap_or(Err(VaultError::NoSession(id)))
}

/// Undecided sessions whose time was over at `at`, without their numbers: every opening asks.
pub fn overdue(connection: &Connection, at: &str) -> Result<Vec<(SessionId, State)>, VaultError> {
    let sql = "SELECT id, state FROM sessions WHERE decision = ? AND delete_after <= ? ORDER BY id";
    let mut select = connection.prepare(sql)?;
    let rows: Vec<(String, String)> = select
        .query_map([Decision::Undecided.name(), at], |row| Ok((row.get(0)?, row.get(1)?)))?
        .collect::<Result<_, _>>()?;
    let known = |(id, state): &(String, String)| {
        let state = named(&State::ALL, State::name, state).ok_or_else(|| damaged(id))?;
        Ok((id.parse().map_err(|_| damaged(id))?, state))
    };
    rows.iter().map(known).collect()
}

/// What was decided of a session, and whether its words are here; `None` when there is no such session.
pub fn standing(connection: &Connection, session: SessionId) -> Result<Option<(Decision, bool)>, VaultError> {
    let id = session.to_string();
    let sql = "SELECT decision, EXISTS (SELECT 1 FROM transcripts WHERE session = id) FROM sessions WHERE id = ?";
    let row: Option<(String, bool)> =
        connection.query_row(sql, [&id], |row| Ok((row.get(0)?, row.get(1)?))).optional()?;
    row.map(|(decision, has_words)| {
        Ok((named(&Decision::ALL, Decision::name, &decision).ok_or_else(|| damaged(&id))?, has_words))
    })
    .transpose()
}

/// The session that an id, a unique prefix of one in either case, or `last` means.
pub fn find(connection: &Connection, which: &str) -> Result<SessionId, VaultError> {
    let which = which.trim();
    let none = || VaultError::NoSession(which.to_owned());
    let sql = match which {
        "" => return Err(none()),
        "last" => "SELECT id FROM sessions WHERE ?1 = ?1 ORDER BY id DESC LIMIT 1",
        _ => "SELECT id FROM sessions WHERE substr(id, 1, length(?1)) = ?1 ORDER BY id LIMIT 2",
    };
    let mut select = connection.prepare(sql)?;
    let ids: Vec<String> =
        select.query_map([which.to_ascii_uppercase()], |row| row.get(0))?.collect::<Result<_, _>>()?;
    match ids.as_slice() {
        [] => Err(none()),
        [id] => id.parse().map_err(|_| damaged(id)),
        _ => Err(VaultError::Ambiguous(which.to_owned())),
    }
}

fn read(row: &Row<'_>) -> Result<Entry, VaultError> {
    let id: String = row.get(0)?;
    // The schema lets nothing else in; a file altered by hand is another matter.
    let known = || damaged(&id);
    let session = Session {
        id: id.parse().map_err(|_| known())?,
        coachee: row.get(1)?,
        started_at: row.get(3)?,
        coach_stance: stance(row.get(4)?),
        coachee_stance: stance(row.get(5)?),
        tracks: row.get(6)?,
        consent: Consent {
            given_at: row.get(7)?,
            wording: row.get(8)?,
            asserted: row.get(9)?,
            retention_days: row.get(20)?,
        },
        model: row.get(10)?,
    };
    let numbers = row.get::<_, Option<String>>(18)?.map(|json| serde_json::from_str(&json)).transpose();
    let notice_at = row.get::<_, Option<String>>(15)?.and_then(|at| at.parse().ok());
    let stored = Stored {
        session,
        state: named(&State::ALL, State::name, &row.get::<_, String>(11)?).ok_or_else(known)?,
        keep_audio: named(&KeepAudio::ALL, KeepAudio::name, &row.get::<_, String>(12)?).ok_or_else(known)?,
        decision: named(&Decision::ALL, Decision::name, &row.get::<_, String>(13)?).ok_or_else(known)?,
        delete_after: row.get(14)?,
        has_recording: row.get(16)?,
        numbers: numbers.map_err(|_| known())?,
        has_words: row.get(19)?,
        forgotten_after: notice_at.and_then(notice_over).map(plain::time),
    };
    let recipient = row.get::<_, String>(2)?.parse().map_err(|_| known())?;
    Ok(Entry { stored, recipient, swapped: row.get(17)?, notice_at })
}

/// When a notice given at `from` is over.
pub fn notice_over(from: Timestamp) -> Option<Timestamp> {
    from.checked_add(SignedDuration::from_hours(24 * NOTICE_DAYS)).ok()
}

fn stance(name: Option<String>) -> Option<Stance> {
    named(&[Stance::Directive, Stance::Collaborative, Stance::Facilitative], Stance::name, &name?)
}

fn named<T: Copy>(all: &[T], name: impl Fn(T) -> &'static str, wanted: &str) -> Option<T> {
    all.iter().copied().find(|one| name(*one) == wanted)
}

pub fn damaged(id: &str) -> VaultError {
    VaultError::Database(format!("the row of session {id} is damaged"))
}
