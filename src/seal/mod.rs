//! Sealing to a person: the only home of age. Knows nothing of this crate, and invents no cryptography.
//!
//! A [`Recipient`] can only seal; an [`Identity`] can open. Whoever holds no identity cannot read, which is the whole
//! of the promise made to a coachee. An identity lies under a passphrase ([`lock`]), is kept elsewhere by its owner, or is
//! sealed to a key that a plugin keeps ([`lock_by_plugin`]), so that a hardware key is touched once for everything.

mod plugin;

use std::{fmt, io::Read, str::FromStr};

use age::secrecy::{ExposeSecret, SecretString};
use zeroize::Zeroizing;

pub use self::plugin::{
    Asking, PluginIdentity, PluginRecipient, lock_by_plugin, open_by_plugin, seal_by_plugin, unlock_by_plugin,
};

/// Cost of one guess at a passphrase: scrypt with 2^16 blocks, 64 MB and about a tenth of a second.
const SCRYPT_LOG_N: u8 = 16;

/// The dearest lock that [`unlock`] will try: a crafted file must not hold the program for minutes.
const SCRYPT_LOG_N_MAX: u8 = 20;

/// Words of a generated passphrase: six of 2048 are 66 bits.
const PASSPHRASE_WORDS: usize = 6;

/// Why something cannot be sealed or opened. Never says what was inside.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SealError {
    #[error("this is not an age recipient (they start with `age1`)")]
    NotARecipient,
    #[error("this is not an age identity (they start with `AGE-SECRET-KEY-1`)")]
    NotAnIdentity,
    #[error("the passphrase does not open it")]
    WrongPassphrase,
    #[error("this identity does not open it")]
    WrongIdentity,
    /// The program's name.
    #[error("{0}, the program that this key needs, is not here")]
    NoPlugin(String),
    /// What it said, in one line.
    #[error("the key's own program says: {0}")]
    Plugin(String),
    #[error("sealing failed")]
    Sealing,
}

impl SealError {
    /// What the user can do about it.
    pub fn hint(&self) -> String {
        let hint = match self {
            Self::NotARecipient => "make one with `age-keygen`; it prints the recipient as `public key`",
            Self::NotAnIdentity => "give the file that `age-keygen` wrote, or use the passphrase instead",
            Self::WrongPassphrase => "try again; the words stay sealed until the passphrase is right",
            Self::WrongIdentity => "use the identity of the coachee this was sealed to",
            Self::NoPlugin(program) => return format!("install {program}, so that a shell finds it, and try again"),
            Self::Plugin(_) => "see that the key is plugged in and that this is the one, and try again",
            Self::Sealing => "try again; if it stays, please report it",
        };
        hint.to_owned()
    }
}

/// Whom something is sealed to: a public key.
#[derive(Clone, PartialEq, Eq)]
pub struct Recipient(age::x25519::Recipient);

impl FromStr for Recipient {
    type Err = SealError;
    fn from_str(text: &str) -> Result<Self, SealError> {
        text.trim().parse().map(Self).map_err(|_| SealError::NotARecipient)
    }
}

impl fmt::Display for Recipient {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl fmt::Debug for Recipient {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// What opens things sealed to its recipient: a private key, wiped from memory on drop.
#[derive(Clone)]
pub struct Identity(age::x25519::Identity);

impl Identity {
    pub fn generate() -> Self {
        Self(age::x25519::Identity::generate())
    }

    pub fn to_recipient(&self) -> Recipient {
        Recipient(self.0.to_public())
    }

    /// The key as text, `AGE-SECRET-KEY-1...`: to seal it, or to hand it to its owner.
    pub fn expose(&self) -> Zeroizing<String> {
        Zeroizing::new(self.0.to_string().expose_secret().to_owned())
    }
}

impl FromStr for Identity {
    type Err = SealError;
    /// Takes the key's line alone, or an identity file: comments and empty lines are passed over.
    fn from_str(text: &str) -> Result<Self, SealError> {
        key_line(text)?.parse().map(Self).map_err(|_| SealError::NotAnIdentity)
    }
}

/// What an identity file holds.
#[derive(Clone, Debug)]
pub enum KeyFile {
    Identity(Identity),
    Plugin(PluginIdentity),
}

impl FromStr for KeyFile {
    type Err = SealError;
    /// The first line that is neither empty nor a comment.
    fn from_str(text: &str) -> Result<Self, SealError> {
        text.parse().map(Self::Identity).or_else(|_| key_line(text)?.parse().map(Self::Plugin))
    }
}

/// The line of an identity file that is the key.
fn key_line(text: &str) -> Result<&str, SealError> {
    let line = text.lines().map(str::trim).find(|line| !line.is_empty() && !line.starts_with('#'));
    line.ok_or(SealError::NotAnIdentity)
}

impl fmt::Debug for Identity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Identity of {}", self.0.to_public())
    }
}

/// Seals `plaintext`, so that only the recipient's identity opens it.
///
/// # Errors
/// [`SealError::Sealing`]: none is known for a recipient that was parsed.
pub fn seal(recipient: &Recipient, plaintext: &[u8]) -> Result<Vec<u8>, SealError> {
    age::encrypt(&recipient.0, plaintext).map_err(|_| SealError::Sealing)
}

/// Opens what was sealed to `identity`.
///
/// # Errors
/// [`SealError::WrongIdentity`] for something sealed to another, cut short or altered: age cannot tell which.
pub fn open(identity: &Identity, sealed: &[u8]) -> Result<Zeroizing<Vec<u8>>, SealError> {
    decrypted(&identity.0, sealed).map_err(|_| SealError::WrongIdentity)
}

/// As [`age::decrypt`], into memory that is wiped and never moved: what is sealed is longer than what is in it.
fn decrypted(identity: &impl age::Identity, sealed: &[u8]) -> Result<Zeroizing<Vec<u8>>, age::DecryptError> {
    let decryptor = age::Decryptor::new_buffered(age::armor::ArmoredReader::new(sealed))?;
    let mut plaintext = Zeroizing::new(Vec::with_capacity(sealed.len()));
    let opener: &dyn age::Identity = identity;
    decryptor.decrypt(std::iter::once(opener))?.read_to_end(&mut plaintext)?;
    Ok(plaintext)
}

/// Puts an identity under a passphrase.
///
/// # Errors
/// [`SealError::Sealing`]: none is known.
pub fn lock(identity: &Identity, passphrase: &str) -> Result<Vec<u8>, SealError> {
    let mut recipient = age::scrypt::Recipient::new(SecretString::from(passphrase.to_owned()));
    recipient.set_work_factor(SCRYPT_LOG_N);
    age::encrypt(&recipient, identity.expose().as_bytes()).map_err(|_| SealError::Sealing)
}

/// Takes an identity out from under its passphrase.
///
/// # Errors
/// [`SealError::WrongPassphrase`], whatever the reason: nothing is to be learnt from a wrong guess.
pub fn unlock(locked: &[u8], passphrase: &str) -> Result<Identity, SealError> {
    let mut identity = age::scrypt::Identity::new(SecretString::from(passphrase.to_owned()));
    identity.set_max_work_factor(SCRYPT_LOG_N_MAX);
    let text = decrypted(&identity, locked).map_err(|_| SealError::WrongPassphrase)?;
    std::str::from_utf8(&text).ok().and_then(|text| text.parse().ok()).ok_or(SealError::WrongPassphrase)
}

/// A new passphrase: six words of the BIP 39 English list, joined by `-`.
///
/// # Errors
/// [`SealError::Sealing`] when the system gives no random numbers.
pub fn six_words() -> Result<Zeroizing<String>, SealError> {
    // The first words of a twelve-word mnemonic are pure entropy: its checksum is in the last.
    let mnemonic = bip39::Mnemonic::generate(12).map_err(|_| SealError::Sealing)?;
    let mut phrase = Zeroizing::new(String::new());
    for word in mnemonic.words().take(PASSPHRASE_WORDS) {
        if !phrase.is_empty() {
            phrase.push('-');
        }
        phrase.push_str(word);
    }
    Ok(phrase)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn only_the_recipients_identity_opens() {
        let (hers, his) = (Identity::generate(), Identity::generate());
        let sealed = seal(&hers.to_recipient(), b"what I said").unwrap();
        assert_eq!(*open(&hers, &sealed).unwrap(), b"what I said");
        assert_eq!(open(&his, &sealed).unwrap_err(), SealError::WrongIdentity);
    }

    #[test]
    fn a_passphrase_opens_its_identity_and_no_other_does() {
        let identity = Identity::generate();
        let phrase = six_words().unwrap();
        assert_eq!(phrase.split('-').count(), PASSPHRASE_WORDS);
        let locked = lock(&identity, &phrase).unwrap();
        assert_eq!(unlock(&locked, &phrase).unwrap().to_recipient(), identity.to_recipient());
        assert_eq!(unlock(&locked, "six other words").unwrap_err(), SealError::WrongPassphrase);
    }

    #[test]
    fn an_identity_file_may_carry_comments() {
        let identity = Identity::generate();
        let file = format!("# created: today\n\n{}\n", *identity.expose());
        assert_eq!(file.parse::<Identity>().unwrap().to_recipient(), identity.to_recipient());
        assert_eq!("# nothing".parse::<Identity>().unwrap_err(), SealError::NotAnIdentity);
        assert_eq!("# nothing".parse::<KeyFile>().unwrap_err(), SealError::NotAnIdentity);
        assert!(matches!(file.parse(), Ok(KeyFile::Identity(_))));
    }

    #[test]
    fn debug_shows_no_private_key() {
        let identity = Identity::generate();
        assert!(!format!("{identity:?}").contains("SECRET"));
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]
        #[test]
        fn sealed_and_opened_is_the_same(plaintext: Vec<u8>) {
            let identity = Identity::generate();
            let sealed = seal(&identity.to_recipient(), &plaintext).unwrap();
            prop_assert_eq!(&*open(&identity, &sealed).unwrap(), &plaintext);
        }

        #[test]
        fn any_bytes_are_refused_without_a_panic(bytes: Vec<u8>) {
            prop_assert!(open(&Identity::generate(), &bytes).is_err());
        }
    }
}
