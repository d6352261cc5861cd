//! Time limits: words that nobody decided about, and words whose passphrase is lost.

use rusqlite::params;

use super::{
    Receipt, State, VaultError, Writer,
    deletion::Paths,
    directory, plain,
    receipts::What,
    sessions::{self, notice_over},
    writer::immediate,
};
use crate::session::SessionId;

/// Days between saying that a passphrase is lost and deleting without it: time for the coachee to object.
pub const NOTICE_DAYS: i64 = 7;

impl Writer {
    /// Deletes what is undecided after its time. [`Writer::open`] has done so; a daemon that runs for days calls it again.
    /// A session that was never finished goes whole: it has no numbers. One that runs stays, whatever the clock says: one that
    /// is set right in the middle of a session must not end it.
    ///
    /// # Errors
    /// When the database or the disk fails.
    pub fn enforce_retention(&mut self) -> Result<Vec<Receipt>, VaultError> {
        let (at, data) = (plain::time(self.now()), Paths::of(self));
        let transaction = immediate(&mut self.connection)?;
        let mut gone = Vec::new();
        for (session, state) in sessions::overdue(&transaction, &at)? {
            if state == State::Recording && directory::is_locked(&data.recording(session)) {
                continue;
            }
            let what = if state == State::Recording { What::EverythingDeleted } else { What::RetentionOver };
            gone.push(data.erase(&transaction, session, what, &at)?);
        }
        transaction.commit()?;
        if !gone.is_empty() {
            self.clean_up();
        }
        Ok(gone)
    }

    /// `delete --forgotten`, the first time: notes that the passphrase is said to be lost, and returns (RFC 3339) when
    /// the words can be deleted without it. A notice that runs is not put off; `keep` ends it.
    ///
    /// # Errors
    /// When there is no such session, it is not finished, or there are no words any more.
    pub fn notice_forgotten(&mut self, session: SessionId) -> Result<String, VaultError> {
        let (now, path) = (self.now(), self.recording_path(session));
        let transaction = immediate(&mut self.connection)?;
        let entry = sessions::get(&transaction, session)?;
        super::finished(&entry.stored, &path)?;
        if !entry.stored.has_words && !entry.stored.has_recording {
            return Err(VaultError::NoWords(session));
        }
        let from = entry.notice_at.unwrap_or(now);
        transaction.execute(
            "UPDATE sessions SET notice_at = ? WHERE id = ?",
            params![plain::time(from), session.to_string()],
        )?;
        transaction.commit()?;
        Ok(plain::time(notice_over(from).unwrap_or(from)))
    }

    /// `delete --forgotten`, once the notice is over: the words go without the passphrase.
    ///
    /// # Errors
    /// When no notice was given, it is not over, or there are no words any more.
    pub fn delete_forgotten(&mut self, session: SessionId) -> Result<Receipt, VaultError> {
        let now = self.now();
        self.let_go_if(session, What::PassphraseLost, |entry| {
            let until = entry.notice_at.and_then(notice_over);
            if until.is_none_or(|until| now < until) {
                return Err(VaultError::NoticeNotOver { session, until: until.map(plain::time) });
            }
            Ok(())
        })
    }
}
