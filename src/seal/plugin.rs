//! Keys that a program of their own keeps, such as one on a hardware token: age's plugins. The program is found on the
//! user's path as `age-plugin-NAME`. It gets the key of one sealed file to wrap or to unwrap, never what the file holds.

use std::{fmt, io::Write, str::FromStr};

use age::{
    Callbacks, DecryptError, EncryptError, Encryptor, NoCallbacks,
    plugin::{IdentityPluginV1, RecipientPluginV1, ResolveError},
    secrecy::SecretString,
};
use zeroize::Zeroizing;

use super::{Identity, SealError, decrypted};

/// The most that is shown of what a plugin says, in letters.
const SAID_MAX: usize = 200;

/// Whom something is sealed to by way of a plugin: `age1yubikey1...`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PluginRecipient(String);

impl FromStr for PluginRecipient {
    type Err = SealError;
    fn from_str(text: &str) -> Result<Self, SealError> {
        let text = text.trim();
        text.parse::<age::plugin::Recipient>().map_err(|_| SealError::NotARecipient)?;
        Ok(Self(text.to_owned()))
    }
}

impl fmt::Display for PluginRecipient {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl PluginRecipient {
    fn parsed(&self) -> Result<age::plugin::Recipient, SealError> {
        self.0.parse().map_err(|_| SealError::NotARecipient)
    }

    /// Whether this identity is of the same plugin. Whether it opens, only the plugin knows.
    pub fn is_of(&self, identity: &PluginIdentity) -> bool {
        self.parsed().is_ok_and(|recipient| recipient.plugin() == identity.0.plugin())
    }
}

/// What opens such things through the plugin: `AGE-PLUGIN-YUBIKEY-1...`, which mostly says where the key is.
#[derive(Clone)]
pub struct PluginIdentity(age::plugin::Identity);

impl FromStr for PluginIdentity {
    type Err = SealError;
    fn from_str(text: &str) -> Result<Self, SealError> {
        text.trim().parse().map(Self).map_err(|_| SealError::NotAnIdentity)
    }
}

impl fmt::Debug for PluginIdentity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "PluginIdentity of age-plugin-{}", self.0.plugin())
    }
}

/// How a plugin reaches the person whose key it is: "touch your key", a PIN.
#[derive(Clone, Copy)]
pub struct Asking {
    pub tell: fn(&str),
    pub secret: fn(&str) -> Option<Zeroizing<String>>,
    pub public: fn(&str) -> Option<String>,
    /// The question, and the word for yes.
    pub confirm: fn(&str, &str) -> Option<bool>,
}

impl fmt::Debug for Asking {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Asking")
    }
}

impl Callbacks for Asking {
    fn display_message(&self, message: &str) {
        (self.tell)(&plain(message));
    }

    fn confirm(&self, message: &str, yes: &str, _: Option<&str>) -> Option<bool> {
        (self.confirm)(&plain(message), &plain(yes))
    }

    fn request_public_string(&self, description: &str) -> Option<String> {
        (self.public)(&plain(description))
    }

    fn request_passphrase(&self, description: &str) -> Option<SecretString> {
        Some(SecretString::from(String::clone(&*(self.secret)(&plain(description))?)))
    }
}

/// Seals `plaintext` by way of the recipient's plugin, which is run for it once and asks nothing.
///
/// # Errors
/// When the plugin is not there, or refuses.
pub fn seal_by_plugin(to: &PluginRecipient, plaintext: &[u8]) -> Result<Vec<u8>, SealError> {
    let recipient = to.parsed()?;
    let plugin = recipient.plugin().to_owned();
    let plugin = RecipientPluginV1::new(&plugin, &[recipient], &[], NoCallbacks)
        .map_err(|error| unresolved(&error).unwrap_or(SealError::Sealing))?;
    encrypted(&plugin, plaintext).map_err(|error| match error {
        EncryptError::Plugin(said) => refused(&said),
        EncryptError::PluginResolve(error) => unresolved(&error).unwrap_or(SealError::Sealing),
        // It died, or does not speak the protocol.
        EncryptError::Io(_) => SealError::Plugin("nothing that makes sense".to_owned()),
        _ => SealError::Sealing,
    })
}

/// As [`age::encrypt`], which takes it for granted that a recipient can be sealed to: a plugin is asked already then.
fn encrypted(to: &impl age::Recipient, plaintext: &[u8]) -> Result<Vec<u8>, EncryptError> {
    let recipient: &dyn age::Recipient = to;
    let mut sealed = Vec::new();
    let mut writer = Encryptor::with_recipients(std::iter::once(recipient))?.wrap_output(&mut sealed)?;
    writer.write_all(plaintext)?;
    writer.finish()?;
    Ok(sealed)
}

/// Opens what was sealed by way of a plugin. A hardware key is touched once.
///
/// # Errors
/// When the plugin is not there or refuses, or this was sealed to another.
pub fn open_by_plugin(
    identity: &PluginIdentity,
    sealed: &[u8],
    asking: Asking,
) -> Result<Zeroizing<Vec<u8>>, SealError> {
    let plugin = IdentityPluginV1::new(identity.0.plugin(), std::slice::from_ref(&identity.0), asking)
        .map_err(|error| unresolved(&error).unwrap_or(SealError::WrongIdentity))?;
    decrypted(&plugin, sealed).map_err(|error| match error {
        DecryptError::Plugin(said) => refused(&said),
        DecryptError::PluginResolve(error) => unresolved(&error).unwrap_or(SealError::WrongIdentity),
        DecryptError::Io(error) if error.kind() == std::io::ErrorKind::ConnectionAborted => {
            SealError::Plugin("nothing that makes sense".to_owned())
        }
        _ => SealError::WrongIdentity,
    })
}

/// Puts an identity into the keeping of a plugin's key.
///
/// # Errors
/// As [`seal_by_plugin`].
pub fn lock_by_plugin(identity: &Identity, to: &PluginRecipient) -> Result<Vec<u8>, SealError> {
    seal_by_plugin(to, identity.expose().as_bytes())
}

/// Takes an identity out of the keeping of a plugin's key.
///
/// # Errors
/// As [`open_by_plugin`].
pub fn unlock_by_plugin(locked: &[u8], key: &PluginIdentity, asking: Asking) -> Result<Identity, SealError> {
    let text = open_by_plugin(key, locked, asking)?;
    std::str::from_utf8(&text).ok().and_then(|text| text.parse().ok()).ok_or(SealError::WrongIdentity)
}

fn unresolved(error: &ResolveError) -> Option<SealError> {
    match error {
        ResolveError::MissingPlugin { binary_name } => Some(SealError::NoPlugin(binary_name.clone())),
        _ => None,
    }
}

fn refused(said: &[impl ToString]) -> SealError {
    SealError::Plugin(said.first().map(|error| plain(&error.to_string())).unwrap_or_default())
}

/// One line, without what moves a terminal's cursor or turns its letters round.
fn plain(text: &str) -> String {
    let turns = |letter: char| matches!(letter, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
    let letters = text.chars().filter(|&letter| !turns(letter));
    letters.map(|letter| if letter.is_control() { ' ' } else { letter }).take(SAID_MAX).collect()
}
