//! The one thing that a coach wants to try next: their own note, in the clear.

use rusqlite::{Connection, OptionalExtension, params};

use super::{VaultError, Writer, plain, schema, sessions};
use crate::session::{SessionId, Steps};

impl Writer {
    /// Notes what the coach wants to try after a session, in place of an earlier note; `None` takes it back.
    ///
    /// # Errors
    /// When there is no such session, or the note is none of one line.
    pub fn set_next_step(&mut self, session: SessionId, step: Option<&str>) -> Result<(), VaultError> {
        let id = session.to_string();
        sessions::standing(&self.connection, session)?.ok_or_else(|| VaultError::NoSession(id.clone()))?;
        match step {
            Some(step) => {
                let sql = "INSERT OR REPLACE INTO next_steps (session, step) VALUES (?, ?)";
                self.connection.execute(sql, params![id, plain::step(step)?])?;
                Ok(())
            }
            None => {
                self.connection.execute("DELETE FROM next_steps WHERE session = ?", [id])?;
                schema::scrub(&self.connection);
                Ok(())
            }
        }
    }

    /// The notes that a session's report shows. Those about another coachee are none of this one's business.
    ///
    /// # Errors
    /// When the database fails.
    pub fn steps(&self, session: SessionId) -> Result<Steps, VaultError> {
        Ok(Steps { before: before(&self.connection, session)?, next: next(&self.connection, session)? })
    }
}

fn next(connection: &Connection, session: SessionId) -> rusqlite::Result<Option<String>> {
    let sql = "SELECT step FROM next_steps WHERE session = ?";
    connection.query_row(sql, [session.to_string()], |row| row.get(0)).optional()
}

fn before(connection: &Connection, session: SessionId) -> rusqlite::Result<Option<(String, String)>> {
    let sql = "SELECT step, started_at FROM next_steps JOIN sessions ON id = session WHERE id < ?1 \
               AND coachee = (SELECT coachee FROM sessions WHERE id = ?1) ORDER BY id DESC LIMIT 1";
    connection.query_row(sql, [session.to_string()], |row| Ok((row.get(0)?, row.get(1)?))).optional()
}
