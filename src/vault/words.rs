//! Sealed words. Their plaintext begins with a line that says what they are and whose; the utterances follow as JSON.
//! The plain `age` program opens them too.

use zeroize::Zeroizing;

use super::VaultError;
use crate::{
    seal::{Identity, Recipient, open, seal},
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
    let first_line = first_line(session, to);
    let room: usize = words.iter().map(|said| AROUND_BYTES + ESCAPED_BYTES * said.text.words().len()).sum();
    // All at once: a buffer that grows would leave copies behind that nobody wipes.
    let mut plaintext = Zeroizing::new(Vec::with_capacity(first_line.len() + room + AROUND_BYTES));
    plaintext.extend(first_line.as_bytes());
    serde_json::to_writer(&mut *plaintext, words).map_err(|_| crate::seal::SealError::Sealing)?;
    Ok(seal(to, &plaintext)?)
}

/// Opens what [`seal_words`] sealed, in the vault or taken elsewhere: whose session it says it is, and the words.
///
/// # Errors
/// [`VaultError::WrongIdentity`] when it does not open: sealed to another, or damaged.
pub fn open_words(identity: &Identity, sealed: &[u8]) -> Result<(SessionId, Vec<Utterance>), VaultError> {
    let plaintext = open(identity, sealed).map_err(|_| VaultError::WrongIdentity)?;
    let mut halves = plaintext.splitn(2, |byte| *byte == b'\n');
    let (line, json) = (halves.next().unwrap_or_default(), halves.next().unwrap_or_default());
    let session = std::str::from_utf8(line)
        .ok()
        .and_then(|line| line.split(' ').nth(1)?.parse().ok())
        .filter(|session| first_line(*session, &identity.to_recipient()).trim_end().as_bytes() == line)
        .ok_or(VaultError::WrongIdentity)?;
    let words = serde_json::from_slice(json).map_err(|_| VaultError::Altered(session))?;
    Ok((session, words))
}

fn first_line(session: SessionId, to: &Recipient) -> String {
    format!("{KIND} {session} {to}\n")
}
