//! Reading the words.

use std::path::Path;

use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension};

use super::{DATABASE, Decision, VaultError, directory, plain, schema, sessions, words::open_words};
use crate::{
    seal::Identity,
    session::{Role, SessionId},
    transcript::Utterance,
};

/// Reads the words: holds the coachee's identity.
#[derive(Debug)]
pub struct Reader {
    pub(super) connection: Connection,
    pub(super) identity: Identity,
}

impl Reader {
    /// # Errors
    /// As [`super::Writer::open`].
    pub fn open(data_dir: &Path, identity: Identity) -> Result<Self, VaultError> {
        let connection = schema::open(&directory::private(data_dir)?.join(DATABASE))?;
        connection.pragma_update(None, "query_only", true)?;
        Ok(Self { connection, identity })
    }

    /// The words of a session, in order, roles as `swap` left them.
    ///
    /// # Errors
    /// [`VaultError::WrongIdentity`] for another coachee's session; [`VaultError::Altered`] when what is stored does not
    /// open, or says that it is of another session; [`VaultError::NoWords`] when they are gone, or their time is over.
    pub fn transcript(&self, session: SessionId) -> Result<Vec<Utterance>, VaultError> {
        let entry = sessions::get(&self.connection, session)?;
        if entry.recipient != self.identity.to_recipient() {
            return Err(VaultError::WrongIdentity);
        }
        let undecided = entry.stored.decision == Decision::Undecided;
        let now = plain::time(Timestamp::now());
        if undecided && entry.stored.delete_after.is_some_and(|after| after <= now) {
            return Err(VaultError::NoWords(session));
        }
        let sealed: Option<Vec<u8>> = self
            .connection
            .query_row("SELECT sealed FROM transcripts WHERE session = ?", [session.to_string()], |row| row.get(0))
            .optional()?;
        let sealed = sealed.ok_or(VaultError::NoWords(session))?;
        let (sealed_for, mut words) = open_words(&self.identity, &sealed).map_err(|_| VaultError::Altered(session))?;
        if sealed_for != session {
            return Err(VaultError::Altered(session));
        }
        if entry.swapped {
            words.iter_mut().for_each(|said| said.role = said.role.map(Role::other));
        }
        Ok(words)
    }
}
