//! How far a session has come while it is being recorded: what a crash leaves for the coach, in whole seconds and without
//! anybody's key. The rest is sealed, and the coachee's key finishes it.

use std::time::Duration;

use rusqlite::{OptionalExtension, params};

use super::{VaultError, Writer, schema};
use crate::session::SessionId;

/// Seconds of a session so far.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Progress {
    pub elapsed_s: u64,
    /// In which somebody spoke.
    pub speech_s: u64,
}

impl Progress {
    pub fn silence_s(self) -> u64 {
        self.elapsed_s.saturating_sub(self.speech_s)
    }
}

impl Writer {
    /// Notes how far a running session has come. Waits for nobody: whoever records has no time to.
    ///
    /// # Errors
    /// When another program writes just now, or the disk is full; the note before it stays.
    pub fn note_progress(&mut self, session: SessionId, progress: Progress) -> Result<(), VaultError> {
        self.connection.busy_timeout(Duration::ZERO)?;
        let stored = |seconds: u64| i64::try_from(seconds).unwrap_or(i64::MAX);
        let noted = self.connection.execute(
            "INSERT OR REPLACE INTO progress (session, elapsed_s, speech_s) VALUES (?, ?, ?)",
            params![session.to_string(), stored(progress.elapsed_s), stored(progress.speech_s)],
        );
        self.connection.busy_timeout(schema::BUSY_TIMEOUT)?;
        noted?;
        Ok(())
    }

    /// Whose microphone is the coach's, counted from 0; `None` where both people were on one, or an earlier version recorded.
    ///
    /// # Errors
    /// When the database fails, or there is no such session.
    pub fn coach_track(&self, session: SessionId) -> Result<Option<u8>, VaultError> {
        let sql = "SELECT coach_track FROM sessions WHERE id = ?";
        Ok(self.connection.query_row(sql, [session.to_string()], |row| row.get(0))?)
    }

    /// What is known of a session that is not finished; `None` when nothing is, or it is finished.
    ///
    /// # Errors
    /// When the database fails.
    pub fn progress(&self, session: SessionId) -> Result<Option<Progress>, VaultError> {
        let sql = "SELECT elapsed_s, speech_s FROM progress WHERE session = ?";
        let row = self.connection.query_row(sql, [session.to_string()], |row| {
            let seconds = |at: usize| row.get::<_, i64>(at).map(super::receipts::counted);
            Ok(Progress { elapsed_s: seconds(0)?, speech_s: seconds(1)? })
        });
        Ok(row.optional()?)
    }
}
