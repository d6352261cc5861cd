//! Letting go: withdrawal, deletion, and what is done so that nothing is left in our files.

use std::{
    fs,
    path::{Path, PathBuf},
    time::{Duration, SystemTime},
};

use rusqlite::{Connection, params};

use super::{
    Decision, Receipt, State, Stored, VaultError, Writer, directory, plain, practice,
    receipts::{self, What},
    schema,
    sessions::{self, Entry},
    writer::{RECORDING_EXTENSION, RECORDINGS, immediate},
};
use crate::session::SessionId;

impl Writer {
    /// Withdrawal before stop: everything of the session goes.
    ///
    /// # Errors
    /// When there is no such session, or it is finished: from then on only the coachee may.
    pub fn withdraw(&mut self, session: SessionId) -> Result<Receipt, VaultError> {
        self.let_go_if(session, What::Withdrawn, |entry| match entry.stored.state {
            State::Recording => Ok(()),
            State::Finished => Err(VaultError::AlreadyFinished(session)),
        })
    }

    /// The words go, and the recording; the numbers stay. Any decision but `Taken` counts as `Deleted`.
    ///
    /// # Errors
    /// When there is no such session, it is not finished, or there are no words any more.
    pub fn delete_words(&mut self, session: SessionId, decision: Decision) -> Result<Receipt, VaultError> {
        let what = if decision == Decision::Taken { What::WordsTaken } else { What::WordsDeleted };
        let data = Paths::of(self);
        self.let_go_if(session, what, |entry| data.finished(&entry.stored))
    }

    /// Words, recording, numbers: the session was never here.
    ///
    /// # Errors
    /// When there is no such session, or it is not finished.
    pub fn delete_everything(&mut self, session: SessionId) -> Result<Receipt, VaultError> {
        let data = Paths::of(self);
        self.let_go_if(session, What::EverythingDeleted, |entry| data.finished(&entry.stored))
    }

    /// Everything of theirs goes: sessions, words, recordings, answers, pairings, goals, the key, and their name wherever
    /// the coach noted it.
    ///
    /// # Errors
    /// When there is nobody of that name, or a session with them is not finished.
    pub fn remove_coachee(&mut self, name: &str) -> Result<Vec<Receipt>, VaultError> {
        let name = self.coachee(name)?.name;
        let (at, data) = (plain::time(self.now()), Paths::of(self));
        let transaction = immediate(&mut self.connection)?;
        let theirs: Vec<Stored> = sessions::all(&transaction)?.into_iter().map(|entry| entry.stored).collect();
        let theirs: Vec<Stored> = theirs.into_iter().filter(|stored| stored.session.coachee == name).collect();
        // All or nothing: nothing goes before it is known that all may.
        theirs.iter().try_for_each(|stored| data.finished(stored))?;
        let erase = |stored: &Stored| data.erase(&transaction, stored.session.id, What::EverythingDeleted, &at);
        let mut gone = theirs.iter().map(erase).collect::<Result<Vec<_>, _>>()?;
        gone.extend(practice::erase_coachee(&transaction, &name, &at)?);
        transaction.execute("DELETE FROM coachees WHERE name = ?", [&name])?;
        transaction.commit()?;
        self.clean_up();
        Ok(gone)
    }

    /// What went, the earliest first.
    ///
    /// # Errors
    /// When the database fails.
    pub fn receipts(&self) -> Result<Vec<Receipt>, VaultError> {
        receipts::all(&self.connection)
    }

    /// Whether it is `allowed` is decided when nobody else can decide any more.
    pub(super) fn let_go_if(
        &mut self,
        session: SessionId,
        what: What,
        allowed: impl FnOnce(&Entry) -> Result<(), VaultError>,
    ) -> Result<Receipt, VaultError> {
        let (at, data) = (plain::time(self.now()), Paths::of(self));
        let transaction = immediate(&mut self.connection)?;
        allowed(&sessions::get(&transaction, session)?)?;
        let receipt = data.erase(&transaction, session, what, &at)?;
        if what.decision().is_some() && receipt.rows == 0 && receipt.files == 0 {
            return Err(VaultError::NoWords(session));
        }
        transaction.commit()?;
        self.clean_up();
        Ok(receipt)
    }

    /// What follows the commit: receipts beside the database, and the database's pages that held what went. What fails of it
    /// is done at the next opening: it went all the same, and whoever let it go is told so.
    pub(super) fn clean_up(&mut self) {
        if let Err(error) = self.reconcile() {
            tracing::warn!("receipts are not beside the database yet: {error}");
        }
        schema::scrub(&self.connection);
    }

    /// After a crash, or when an old database was put back over a new one: deletes again what has a receipt, unlinks
    /// recordings that have no right to be here any more.
    pub(super) fn make_good(&mut self) -> Result<(), VaultError> {
        let receipts = self.reconcile()?;
        let (at, data) = (plain::time(self.now()), Paths::of(self));
        let transaction = immediate(&mut self.connection)?;
        let mut again = false;
        for receipt in &receipts {
            let Some(what) = What::named(&receipt.what) else { continue };
            if what.is_of_practice() {
                again |= practice::erase(&transaction, receipt.session, what, &at)?.is_some();
                continue;
            }
            let here = sessions::standing(&transaction, receipt.session)?.is_some_and(|(decided, has_words)| {
                what.decision().is_none_or(|decision| has_words || decided != decision)
            });
            if here {
                data.erase(&transaction, receipt.session, what, &at)?;
                again = true;
            }
        }
        transaction.commit()?;
        if again {
            self.clean_up();
        }
        self.unlink_leftovers(&receipts)?;
        schema::scrub_leftovers(&self.connection)
    }

    fn unlink_leftovers(&self, receipts: &[Receipt]) -> Result<(), VaultError> {
        let folder = self.data_dir.join(RECORDINGS);
        for file in fs::read_dir(&folder).map_err(super::at(&folder))? {
            let path = file.map_err(super::at(&folder))?.path();
            let recording = path.extension().is_some_and(|extension| extension == RECORDING_EXTENSION);
            let id = path.file_stem().and_then(|stem| stem.to_str()?.parse::<SessionId>().ok());
            let (true, Some(session)) = (recording, id) else { continue };
            let may_stay = match sessions::get(&self.connection, session) {
                Ok(entry) => entry.stored.has_recording,
                // Without a receipt it may be of a session that begins just now, but nobody begins for a day.
                Err(VaultError::NoSession(_)) => {
                    !receipts.iter().any(|receipt| receipt.session == session) && !self.is_stray(&path)
                }
                Err(other) => return Err(other),
            };
            if !may_stay {
                directory::unlink(&path)?;
            }
        }
        Ok(())
    }

    /// Whether a recording without a row was left by a start that was cut off: nobody could ever open or delete it.
    fn is_stray(&self, recording: &Path) -> bool {
        let made = fs::metadata(recording).and_then(|file| file.modified());
        let here_for = made.ok().and_then(|made| SystemTime::from(self.now()).duration_since(made).ok());
        here_for.is_some_and(|time| time > STRAY_AFTER) && !directory::is_locked(recording)
    }

    fn reconcile(&mut self) -> Result<Vec<Receipt>, VaultError> {
        receipts::reconcile(&mut self.connection, &self.data_dir.join(RECEIPTS))
    }
}

pub(super) const RECEIPTS: &str = "receipts.jsonl";

const STRAY_AFTER: Duration = Duration::from_hours(24);

/// Where files lie, apart from the connection that a transaction borrows.
#[derive(Debug)]
pub(super) struct Paths {
    recordings: PathBuf,
}

impl Paths {
    pub(super) fn of(writer: &Writer) -> Self {
        Self { recordings: writer.data_dir.join(RECORDINGS) }
    }

    pub(super) fn recording(&self, session: SessionId) -> PathBuf {
        self.recordings.join(format!("{session}.{RECORDING_EXTENSION}"))
    }

    fn finished(&self, stored: &Stored) -> Result<(), VaultError> {
        super::finished(stored, &self.recording(stored.session.id))
    }

    /// Unlinks the recording, removes rows and writes the receipt, in the caller's transaction. The recording goes first,
    /// because on a full disk that makes the room which SQLite needs to delete anything; a crash before the commit leaves
    /// the words for another try.
    pub(super) fn erase(
        &self,
        connection: &Connection,
        session: SessionId,
        what: What,
        at: &str,
    ) -> Result<Receipt, VaultError> {
        let id = session.to_string();
        let recording = self.recording(session);
        let file = fs::symlink_metadata(&recording).ok().map(|file| file.len());
        directory::unlink(&recording)?;
        let mut sealed: i64 = connection.query_row(
            "SELECT coalesce(sum(bytes), 0) FROM transcripts WHERE session = ?",
            [&id],
            |row| row.get(0),
        )?;
        let mut rows = connection.execute("DELETE FROM transcripts WHERE session = ?", [&id])?;
        match what.decision() {
            Some(decision) => {
                connection.execute(
                    "UPDATE sessions SET decision = ?, delete_after = NULL, notice_at = NULL, recording = 0 WHERE id = ?",
                    params![decision.name(), id],
                )?;
            }
            None => {
                let sql = "SELECT coalesce(sum(length(sealed)), 0) FROM pulses WHERE session = ?";
                sealed += connection.query_row(sql, [&id], |row| row.get::<_, i64>(0))?;
                rows += connection.execute("DELETE FROM pulses WHERE session = ?", [&id])?;
                rows += connection.execute("DELETE FROM sessions WHERE id = ?", [&id])?;
            }
        }
        let receipt = Receipt {
            at: at.to_owned(),
            session,
            what: what.name().to_owned(),
            rows: rows as u64,
            files: u64::from(file.is_some()),
            bytes: receipts::counted(sealed) + file.unwrap_or(0),
        };
        receipts::insert(connection, &receipt)?;
        Ok(receipt)
    }
}
