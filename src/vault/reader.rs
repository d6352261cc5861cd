use super::*;
use crate::{seal::Identity, transcript::Utterance};
use std::path::Path;

/// Reads the words: holds the coachee's identity.
#[derive(Debug)]
pub struct Reader {}

impl Reader {
    pub fn open(data_dir: &Path, identity: Identity) -> Result<Self, VaultError> { unimplemented!() }
    /// The words of a session, in order, roles as `swap` left them.
    pub fn transcript(&self, session: SessionId) -> Result<Vec<Utterance>, VaultError> { unimplemented!() }
}
