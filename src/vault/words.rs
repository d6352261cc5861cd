//! Sealed words. Their plaintext begins with a line that says what they are and whose; the utterances follow as JSON.
//! The plain `age` program opens them too.

use zeroize::Zeroizing;

use super::VaultError;
use crate::{
    seal::{Asking, Identity, PluginIdentity, PluginRecipient, Recipient, open, open_by_plugin, seal, seal_by_plugin},
    session::SessionId,
    transcript::Utterance,
};

/// What the first line begins with; the version of the form is part of it.
const KIND: &str = "sidetone-words-1";

/// JSON around an utterance's text, and the most that escaping makes of a byte.
const AROUND_BYTES: usize = 128;
const ESCAPED_BYTES: usize = 6;

/// Seals a session's words to its coachee.
///
/// # Errors
/// When sealing fails: none is known.
pub fn seal_words(to: &Recipient, session: SessionId, words: &[Utterance]) -> Result<Vec<u8>, VaultError> {
    Ok(seal(to, &plaintext(to, session, words)?)?)
}

/// The same to a key that a plugin keeps: what its owner takes along.
///
/// # Errors
/// When the plugin is not there, or refuses.
pub fn seal_taken_words(to: &PluginRecipient, session: SessionId, words: &[Utterance]) -> Result<Vec<u8>, VaultError> {
    Ok(seal_by_plugin(to, &plaintext(to, session, words)?)?)
}

fn plaintext(to: &impl ToString, session: SessionId, words: &[Utterance]) -> Result<Zeroizing<Vec<u8>>, VaultError> {
    let first_line = first_line(session, to);
    let room: usize = words.iter().map(|said| AROUND_BYTES + ESCAPED_BYTES * said.text.words().len()).sum();
    // All at once: a buffer that grows would leave copies behind that nobody wipes.
    let mut plaintext = Zeroizing::new(Vec::with_capacity(first_line.len() + room + AROUND_BYTES));
    plaintext.extend(first_line.as_bytes());
    serde_json::to_writer(&mut *plaintext, words).map_err(|_| crate::seal::SealError::Sealing)?;
    Ok(plaintext)
}

/// Opens what [`seal_words`] sealed, in the vault or taken elsewhere: whose session it says it is, and the words.
///
/// # Errors
/// [`VaultError::WrongIdentity`] when it does not open: sealed to another, or damaged.
pub fn open_words(identity: &Identity, sealed: &[u8]) -> Result<(SessionId, Vec<Utterance>), VaultError> {
    let plaintext = open(identity, sealed).map_err(|_| VaultError::WrongIdentity)?;
    let recipient = identity.to_recipient().to_string();
    read(&plaintext, |to| to == recipient)
}

/// The same of what was taken along under a key that a plugin keeps.
///
/// # Errors
/// As [`open_words`]; and what the plugin says.
pub fn open_taken_words(
    key: &PluginIdentity,
    sealed: &[u8],
    asking: Asking,
) -> Result<(SessionId, Vec<Utterance>), VaultError> {
    let plaintext = open_by_plugin(key, sealed, asking)?;
    read(&plaintext, |to| to.parse::<PluginRecipient>().is_ok_and(|to| to.is_of(key)))
}

/// Reads what was opened, if its first line says that it is for whoever opened it.
fn read(plaintext: &[u8], is_theirs: impl Fn(&str) -> bool) -> Result<(SessionId, Vec<Utterance>), VaultError> {
    let mut halves = plaintext.splitn(2, |byte| *byte == b'\n');
    let (line, json) = (halves.next().unwrap_or_default(), halves.next().unwrap_or_default());
    let said = |line: &[u8]| {
        let mut said = std::str::from_utf8(line).ok()?.split(' ');
        let (kind, session, to) = (said.next()?, said.next()?.parse::<SessionId>().ok()?, said.next()?);
        // Read and written again it must be the same: nothing else fits in.
        let whole = kind == KIND && is_theirs(to) && first_line(session, &to).trim_end().as_bytes() == line;
        whole.then_some(session)
    };
    let session = said(line).ok_or(VaultError::WrongIdentity)?;
    let words = serde_json::from_slice(json).map_err(|_| VaultError::Altered(session))?;
    Ok((session, words))
}

fn first_line(session: SessionId, to: &impl ToString) -> String {
    format!("{KIND} {session} {}\n", to.to_string())
}
