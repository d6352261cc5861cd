//! Storing: coachees, sessions, sealed words, decisions.

use std::{
    path::{Path, PathBuf},
    time::Instant,
};

use jiff::{SignedDuration, Timestamp};
use rusqlite::{Connection, OptionalExtension, Transaction, TransactionBehavior, params};

use super::{
    Coachee, Decision, KeepAudio, State, Stored, VaultError,
    deletion::Paths,
    directory, plain, schema,
    sessions::{self, Entry},
    words::{seal_taken_words, seal_words},
};
use crate::{
    measures::Numbers,
    seal::{Identity, PluginRecipient, Recipient},
    session::{RETENTION_DAYS_MAX, Session, SessionId},
    transcript::Utterance,
};

/// Stores; cannot read a word.
#[derive(Debug)]
pub struct Writer {
    pub(super) connection: Connection,
    /// Its real path.
    pub(super) data_dir: PathBuf,
    /// Instead of the clock, for tests.
    pub(super) now: Option<Timestamp>,
    /// The session that began here.
    begun: Option<Begun>,
}

/// What was so when a session began: whoever changes its row while it runs, or the clock, changes nothing of that.
#[derive(Debug)]
struct Begun {
    session: SessionId,
    /// To whom it is sealed.
    recipient: Recipient,
    at: Timestamp,
    since: Instant,
}

impl Begun {
    /// By how much the clock was set on since; `None` when that is nothing to speak of. A machine that sleeps does not count
    /// its sleep, which is seldom a day.
    fn clock_set_on(&self, now: Timestamp) -> Option<SignedDuration> {
        const SLEPT_MAX: SignedDuration = SignedDuration::from_hours(24);
        let passed = SignedDuration::try_from(self.since.elapsed()).ok()?;
        Some(now.duration_since(self.at) - passed).filter(|set_on| *set_on > SLEPT_MAX)
    }
}

impl Writer {
    /// Opens `<data_dir>/sidetone.db` (0600, directory 0700), migrates, enforces retention and makes good what a crash, or
    /// an old database put back, left undone.
    ///
    /// # Errors
    /// When the directory or the database cannot be used, or was written by a newer version.
    pub fn open(data_dir: &Path) -> Result<Self, VaultError> {
        Self::open_with(data_dir, None)
    }

    /// As [`Writer::open`], as if it were `now` as long as it is open: for tests.
    ///
    /// # Errors
    /// As [`Writer::open`].
    pub fn open_at(data_dir: &Path, now: Timestamp) -> Result<Self, VaultError> {
        Self::open_with(data_dir, Some(now))
    }

    fn open_with(data_dir: &Path, now: Option<Timestamp>) -> Result<Self, VaultError> {
        let data_dir = directory::private(data_dir)?;
        let connection = schema::open(&data_dir.join(super::DATABASE))?;
        directory::private(&data_dir.join(RECORDINGS))?;
        let mut writer = Self { connection, data_dir, now, begun: None };
        writer.make_good()?;
        writer.enforce_retention()?;
        Ok(writer)
    }

    /// Takes in somebody who is coached. Their sessions are sealed to `recipient`.
    ///
    /// # Errors
    /// When the name is no name, or taken.
    pub fn add_coachee(
        &mut self,
        name: &str,
        recipient: &Recipient,
        locked_identity: Option<&[u8]>,
    ) -> Result<(), VaultError> {
        self.add(name, recipient, locked_identity, None)
    }

    /// As [`Writer::add_coachee`], with an identity that is sealed to a key of theirs, which a plugin keeps.
    ///
    /// # Errors
    /// As [`Writer::add_coachee`].
    pub fn add_coachee_held_by(
        &mut self,
        key: &PluginRecipient,
        name: &str,
        recipient: &Recipient,
        locked_identity: &[u8],
    ) -> Result<(), VaultError> {
        self.add(name, recipient, Some(locked_identity), Some(key.to_string()))
    }

    fn add(
        &mut self,
        name: &str,
        recipient: &Recipient,
        locked_identity: Option<&[u8]>,
        held_by: Option<String>,
    ) -> Result<(), VaultError> {
        let name = plain::name(name)?;
        let added = self.connection.execute(
            "INSERT INTO coachees (name, recipient, locked_identity, added_at, held_by) VALUES (?, ?, ?, ?, ?) \
             ON CONFLICT DO NOTHING",
            params![name, recipient.to_string(), locked_identity, plain::time(self.now()), held_by],
        )?;
        if added == 0 { Err(VaultError::CoacheeExists(name.to_owned())) } else { Ok(()) }
    }

    /// Whether somebody of this name can be added: to be asked before they are shown a passphrase.
    ///
    /// # Errors
    /// When the name is no name, or taken.
    pub fn check_new_coachee(&self, name: &str) -> Result<(), VaultError> {
        match coachee(&self.connection, plain::name(name)?) {
            Ok(taken) => Err(VaultError::CoacheeExists(taken.name)),
            Err(VaultError::NoCoachee(_)) => Ok(()),
            Err(other) => Err(other),
        }
    }

    /// All coachees, by name.
    ///
    /// # Errors
    /// When the database fails.
    pub fn coachees(&self) -> Result<Vec<Coachee>, VaultError> {
        let mut select = self.connection.prepare("SELECT name FROM coachees ORDER BY name")?;
        let names: Vec<String> = select.query_map([], |row| row.get(0))?.collect::<Result<_, _>>()?;
        names.iter().map(|name| self.coachee(name)).collect()
    }

    /// # Errors
    /// When there is nobody of that name.
    pub fn coachee(&self, name: &str) -> Result<Coachee, VaultError> {
        coachee(&self.connection, name)
    }

    /// Puts an identity under another passphrase; a key that held it holds it no more.
    ///
    /// # Errors
    /// When there is nobody of that name.
    pub fn relock(&mut self, name: &str, locked_identity: &[u8]) -> Result<(), VaultError> {
        let sql = "UPDATE coachees SET locked_identity = ?, held_by = NULL WHERE name = ?";
        match self.connection.execute(sql, params![locked_identity, name.trim()])? {
            0 => return Err(VaultError::NoCoachee(name.to_owned())),
            // The identity under the old passphrase must not lie in the write-ahead log.
            _ => schema::scrub(&self.connection),
        }
        Ok(())
    }

    /// Notes a session that begins. From now on it is known to whom it is sealed and when its words go: as many days from
    /// now as were agreed to, which no later version of the row can put off (a trigger sees to it).
    ///
    /// # Errors
    /// When there is no such coachee, the session is here already, or no such number of days can be agreed to.
    pub fn begin(&mut self, session: &Session, keep_audio: KeepAudio) -> Result<(), VaultError> {
        self.begin_with_coach_on(session, keep_audio, None)
    }

    /// The same, of a session that records the coach with a microphone of their own: this one, counted from 0.
    ///
    /// # Errors
    /// As [`Writer::begin`].
    pub fn begin_with_coach_on(
        &mut self,
        session: &Session,
        keep_audio: KeepAudio,
        coach_track: Option<u8>,
    ) -> Result<(), VaultError> {
        let days = session.consent.retention_days;
        if !(1..=RETENTION_DAYS_MAX).contains(&days) {
            return Err(VaultError::BadRetention);
        }
        let delete_after = self.now().checked_add(SignedDuration::from_hours(24 * i64::from(days)));
        let delete_after = delete_after.map_err(|error| VaultError::Database(error.to_string()))?;
        let transaction = immediate(&mut self.connection)?;
        let coachee = coachee(&transaction, &session.coachee)?;
        transaction.execute(
            "INSERT INTO sessions (id, coachee, recipient, started_at, coach_stance, coachee_stance, tracks, consent_at, \
             consent_wording, consent_asserted, model, state, keep_audio, decision, retention_days, delete_after, coach_track, \
             recording) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 1)",
            params![
                session.id.to_string(),
                coachee.name,
                coachee.recipient.to_string(),
                session.started_at,
                session.coach_stance.map(|stance| stance.name()),
                session.coachee_stance.map(|stance| stance.name()),
                session.tracks,
                session.consent.given_at,
                session.consent.wording,
                session.consent.asserted,
                plain::model(&session.model),
                State::Recording.name(),
                keep_audio.name(),
                Decision::Undecided.name(),
                days,
                plain::time(delete_after),
                coach_track,
            ],
        )?;
        transaction.commit()?;
        self.begun =
            Some(Begun { session: session.id, recipient: coachee.recipient, at: self.now(), since: Instant::now() });
        Ok(())
    }

    /// Whether `proof` is the identity that a session is sealed to, before anything is sealed to it anew.
    ///
    /// # Errors
    /// When there is no such session, or the identity is another's.
    pub fn prove(&self, session: SessionId, proof: &Identity) -> Result<(), VaultError> {
        proven(&self.connection, session, proof).map(|_| ())
    }

    /// Seals the words to the coachee, commits with the numbers, fsyncs; only then unlinks the recording, unless
    /// `keep_recording` (words poor or failed) or the coachee has confirmed that they keep the audio. Also stores what
    /// `redo` made of a kept recording: roles that were swapped stay swapped; no words leave earlier ones alone.
    ///
    /// # Errors
    /// When there is no such session, its words were deleted or taken, or the disk fails: the recording is there then.
    pub fn finish(
        &mut self,
        session: SessionId,
        numbers: &Numbers,
        words: &[Utterance],
        keep_recording: bool,
    ) -> Result<(), VaultError> {
        let now = self.now();
        let transaction = immediate(&mut self.connection)?;
        let entry = sessions::get(&transaction, session)?;
        if matches!(entry.stored.decision, Decision::Deleted | Decision::Taken) {
            return Err(VaultError::NoWords(session));
        }
        let begun = self.begun.as_ref().filter(|begun| begun.session == session);
        let recipient = begun.map_or(&entry.recipient, |begun| &begun.recipient);
        // A clock that was behind when the session began, and is right now, would take the agreed days away.
        let delete_after: Option<Timestamp> = entry.stored.delete_after.as_ref().and_then(|at| at.parse().ok());
        let set_on = begun.and_then(|begun| begun.clock_set_on(now));
        let put_off = delete_after.zip(set_on).and_then(|(after, set_on)| after.checked_add(set_on).ok());
        if *recipient != entry.recipient {
            tracing::warn!("the recipient of session {session} was changed while it ran, and is changed back");
            let sql = "UPDATE sessions SET recipient = ? WHERE id = ?";
            transaction.execute(sql, params![recipient.to_string(), session.to_string()])?;
        }
        if !words.is_empty() {
            let sealed = seal_words(recipient, session, words)?;
            transaction.execute(
                "INSERT OR REPLACE INTO transcripts (session, sealed, bytes) VALUES (?1, ?2, length(?2))",
                params![session.to_string(), sealed],
            )?;
        }
        // Another model may have made words anew, and a trend compares no models.
        let decoded_by = Some(plain::model(&numbers.models.whisper)).filter(|model| !model.is_empty());
        let json = if entry.swapped { plain::numbers(&numbers.swapped())? } else { plain::numbers(numbers)? };
        let keep_recording = keep_recording || entry.stored.keep_audio == KeepAudio::Confirmed;
        transaction.execute(
            "UPDATE sessions SET numbers = ?, model = coalesce(?, model), state = ?, recording = ?, \
             delete_after = coalesce(?, delete_after) WHERE id = ?",
            params![
                json,
                decoded_by,
                State::Finished.name(),
                keep_recording,
                put_off.map(plain::time),
                session.to_string()
            ],
        )?;
        transaction.execute("DELETE FROM progress WHERE session = ?", [session.to_string()])?;
        // With `synchronous = FULL` this is on disk when it returns.
        transaction.commit()?;
        if !keep_recording {
            directory::unlink(&self.recording_path(session))?;
        }
        Ok(())
    }

    /// All sessions, the earliest first.
    ///
    /// # Errors
    /// When the database fails.
    pub fn sessions(&self) -> Result<Vec<Stored>, VaultError> {
        Ok(sessions::all(&self.connection)?.into_iter().map(|entry| self.seen(entry)).collect())
    }

    /// Sessions that were never finished. Unless one is being recorded right now, they were cut off by a crash, and can be
    /// recovered and finished.
    ///
    /// # Errors
    /// When the database fails.
    pub fn interrupted(&self) -> Result<Vec<Stored>, VaultError> {
        let open = |stored: &Stored| stored.state == State::Recording && stored.decision == Decision::Undecided;
        Ok(self.sessions()?.into_iter().filter(open).collect())
    }

    /// An id, a unique prefix, or `last`.
    ///
    /// # Errors
    /// When it means no session, or more than one.
    pub fn find(&self, which: &str) -> Result<Stored, VaultError> {
        let session = sessions::find(&self.connection, which)?;
        Ok(self.seen(sessions::get(&self.connection, session)?))
    }

    /// The numbers of a session as [`Writer::finish`] took them: with the roles from before any [`Writer::swap`].
    ///
    /// # Errors
    /// When there is no such session, or it is not finished.
    pub fn as_found(&self, session: SessionId) -> Result<Numbers, VaultError> {
        let entry = sessions::get(&self.connection, session)?;
        let numbers = entry.stored.numbers.ok_or_else(|| self.unfinished(session))?;
        Ok(if entry.swapped { numbers.swapped() } else { numbers })
    }

    /// Somebody who was there said that the roles are right: they are no guess any more.
    ///
    /// # Errors
    /// When there is no such session, or it is not finished.
    pub fn settle_roles(&mut self, session: SessionId) -> Result<(), VaultError> {
        let transaction = immediate(&mut self.connection)?;
        let stored = sessions::get(&transaction, session)?.stored;
        let numbers = stored.numbers.ok_or(VaultError::StillRecording(session))?;
        let sql = "UPDATE sessions SET numbers = ? WHERE id = ?";
        transaction.execute(sql, params![plain::numbers(&numbers.settled())?, session.to_string()])?;
        Ok(transaction.commit()?)
    }

    /// `swap`: the numbers with both roles exchanged; the sealed words are exchanged when they are next opened.
    ///
    /// # Errors
    /// When there is no such session, or it is not finished.
    pub fn swap(&mut self, session: SessionId) -> Result<(), VaultError> {
        let path = self.recording_path(session);
        let transaction = immediate(&mut self.connection)?;
        let stored = sessions::get(&transaction, session)?.stored;
        let numbers = stored.numbers.ok_or_else(|| super::unfinished(session, &path))?;
        transaction.execute(
            "UPDATE sessions SET numbers = ?, swapped = 1 - swapped WHERE id = ?",
            params![plain::numbers(&numbers.swapped())?, session.to_string()],
        )?;
        transaction.commit()?;
        // Marks of the one who now is the coachee are gone, and must not lie in the write-ahead log.
        schema::scrub(&self.connection);
        Ok(())
    }

    /// Keep. Needs proof that the coachee decides: the caller has unlocked their identity. A recording that stayed because
    /// the words were poor goes, unless it is all there is or the coachee keeps audio.
    ///
    /// # Errors
    /// When the identity is another's, the session is not finished, or nothing is left to be kept.
    pub fn keep(&mut self, session: SessionId, proof: &Identity) -> Result<(), VaultError> {
        let path = self.recording_path(session);
        let transaction = immediate(&mut self.connection)?;
        let entry = proven(&transaction, session, proof)?;
        let stored = entry.stored;
        super::finished(&stored, &path)?;
        let recording = stored.has_recording && path.exists();
        if !stored.has_words && !recording {
            return Err(VaultError::NoWords(session));
        }
        let keep_recording = recording && (!stored.has_words || stored.keep_audio == KeepAudio::Confirmed);
        transaction.execute(
            "UPDATE sessions SET decision = ?, delete_after = NULL, notice_at = NULL, recording = ? WHERE id = ?",
            params![Decision::Kept.name(), keep_recording, session.to_string()],
        )?;
        transaction.commit()?;
        if !keep_recording {
            directory::unlink(&path)?;
        }
        Ok(())
    }

    /// The words as one file to take along: it opens with what the coachee holds, this identity or a key that a plugin
    /// keeps, and with nothing that is here.
    ///
    /// # Errors
    /// When the identity is another's, or the plugin is not there.
    pub fn to_take(&self, session: SessionId, proof: &Identity, words: &[Utterance]) -> Result<Vec<u8>, VaultError> {
        let entry = proven(&self.connection, session, proof)?;
        match self.coachee(&entry.stored.session.coachee)?.held_by {
            Some(key) => seal_taken_words(&key, session, words),
            None => seal_words(&entry.recipient, session, words),
        }
    }

    /// `--keep-audio`, confirmed by the coachee: [`Writer::finish`] then leaves the recording here.
    ///
    /// # Errors
    /// When the identity is another's, or the recording is not here any more.
    pub fn confirm_audio(&mut self, session: SessionId, proof: &Identity) -> Result<(), VaultError> {
        let path = self.recording_path(session);
        let transaction = immediate(&mut self.connection)?;
        let stored = proven(&transaction, session, proof)?.stored;
        if stored.state == State::Finished && !(stored.has_recording && path.exists()) {
            return Err(VaultError::NoWords(session));
        }
        let sql = "UPDATE sessions SET keep_audio = ? WHERE id = ?";
        transaction.execute(sql, params![KeepAudio::Confirmed.name(), session.to_string()])?;
        Ok(transaction.commit()?)
    }

    /// `<data_dir>/recordings/<id>.sealed`.
    pub fn recording_path(&self, session: SessionId) -> PathBuf {
        Paths::of(self).recording(session)
    }

    /// Whether somebody records the session at this moment, whichever daemon it is: its recording is locked until the session
    /// is stored.
    pub fn is_being_recorded(&self, session: SessionId) -> bool {
        directory::is_locked(&self.recording_path(session))
    }

    /// Why nothing can be done yet with a session that is not finished.
    pub fn unfinished(&self, session: SessionId) -> VaultError {
        super::unfinished(session, &self.recording_path(session))
    }

    /// # Errors
    /// When a session is not finished: nothing can be done with it yet.
    pub fn finished(&self, stored: &Stored) -> Result<(), VaultError> {
        super::finished(stored, &self.recording_path(stored.session.id))
    }

    pub(super) fn now(&self) -> Timestamp {
        self.now.unwrap_or_else(Timestamp::now)
    }

    fn seen(&self, entry: Entry) -> Stored {
        let mut stored = entry.stored;
        stored.has_recording &= self.recording_path(stored.session.id).exists();
        stored
    }
}

pub(super) const RECORDINGS: &str = "recordings";
/// The same as [`crate::recording::EXTENSION`]; the vault knows no audio.
pub(super) const RECORDING_EXTENSION: &str = "sealed";

/// A transaction that is refused at its start, rather than in its middle, when another program writes.
pub(super) fn immediate(connection: &mut Connection) -> rusqlite::Result<Transaction<'_>> {
    connection.transaction_with_behavior(TransactionBehavior::Immediate)
}

/// A session, if `proof` is its coachee's.
pub(super) fn proven(connection: &Connection, session: SessionId, proof: &Identity) -> Result<Entry, VaultError> {
    let entry = sessions::get(connection, session)?;
    if entry.recipient == proof.to_recipient() { Ok(entry) } else { Err(VaultError::WrongIdentity) }
}

pub(super) fn coachee(connection: &Connection, name: &str) -> Result<Coachee, VaultError> {
    let sql = "SELECT name, recipient, locked_identity, held_by FROM coachees WHERE name = ?";
    let row = connection
        .query_row(sql, [name.trim()], |row| {
            Ok((row.get(0)?, row.get::<_, String>(1)?, row.get(2)?, row.get::<_, Option<String>>(3)?))
        })
        .optional()?;
    let (name, recipient, locked_identity, held_by) = row.ok_or_else(|| VaultError::NoCoachee(name.to_owned()))?;
    let held_by = held_by.map(|key| key.parse()).transpose()?;
    Ok(Coachee { name, recipient: recipient.parse()?, locked_identity, held_by })
}
