use super::*;
use crate::{seal::Recipient, transcript::Utterance};
use std::path::Path;

/// Stores; cannot read a word.
#[derive(Debug)]
pub struct Writer {}

impl Writer {
    /// Opens `<data_dir>/sidetone.db` (0600, directory 0700), migrates, enforces retention.
    pub fn open(data_dir: &Path) -> Result<Self, VaultError> { unimplemented!() }

    pub fn add_coachee(&mut self, name: &str, recipient: &Recipient, locked_identity: Option<&[u8]>) -> Result<(), VaultError> { unimplemented!() }
    pub fn coachees(&self) -> Result<Vec<Coachee>, VaultError> { unimplemented!() }
    pub fn coachee(&self, name: &str) -> Result<Coachee, VaultError> { unimplemented!() }
    pub fn relock(&mut self, name: &str, locked_identity: &[u8]) -> Result<(), VaultError> { unimplemented!() }
    /// Everything of theirs goes: sessions, words, recordings, the key.
    pub fn remove_coachee(&mut self, name: &str) -> Result<Vec<Receipt>, VaultError> { unimplemented!() }

    /// Notes a session that begins.
    pub fn begin(&mut self, session: &Session, keep_audio: KeepAudio) -> Result<(), VaultError> { unimplemented!() }
    /// Seals the words to the coachee, commits with the numbers, fsyncs; only then unlinks the recording, unless
    /// `keep_recording` (words poor or failed, or audio kept). Words are sealed with session id and fingerprint before them.
    pub fn finish(&mut self, session: SessionId, numbers: &Numbers, words: &[Utterance], keep_recording: bool) -> Result<(), VaultError> { unimplemented!() }
    /// Withdrawal before stop: everything of the session goes.
    pub fn withdraw(&mut self, session: SessionId) -> Result<Receipt, VaultError> { unimplemented!() }

    pub fn sessions(&self) -> Result<Vec<Stored>, VaultError> { unimplemented!() }
    /// An id, a unique prefix, or `last`.
    pub fn find(&self, which: &str) -> Result<Stored, VaultError> { unimplemented!() }
    /// `swap`: the numbers with both roles exchanged; the sealed words are exchanged when they are next opened.
    pub fn swap(&mut self, session: SessionId) -> Result<(), VaultError> { unimplemented!() }
    /// Keep. Needs proof that the coachee decides: the caller has unlocked their identity.
    pub fn keep(&mut self, session: SessionId, proof: &crate::seal::Identity) -> Result<(), VaultError> { unimplemented!() }
    pub fn delete_words(&mut self, session: SessionId, decision: Decision) -> Result<Receipt, VaultError> { unimplemented!() }
    pub fn delete_everything(&mut self, session: SessionId) -> Result<Receipt, VaultError> { unimplemented!() }
    pub fn receipts(&self) -> Result<Vec<Receipt>, VaultError> { unimplemented!() }
    /// `<data_dir>/recordings/<id>.sealed`.
    pub fn recording_path(&self, session: SessionId) -> PathBuf { unimplemented!() }
}
