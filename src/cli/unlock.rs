//! Proving to be the coachee: a passphrase, or an identity that is kept elsewhere.

use std::{
    fs,
    os::unix::fs::PermissionsExt,
    path::{Path, PathBuf},
};

use clap::Args;
use zeroize::Zeroizing;

use super::{CliError, aside, ask};
use crate::{
    seal::{self, Asking, Identity, KeyFile},
    texts::say,
    vault::Coachee,
};

/// How the coachee unlocks.
#[derive(Args, Clone, Debug, Default)]
pub struct Unlock {
    /// Read the passphrase from a file that only you can read
    #[arg(long, value_name = "FILE")]
    pub passphrase_file: Option<PathBuf>,
    /// An age identity file, instead of a passphrase
    #[arg(long, value_name = "FILE", conflicts_with = "passphrase_file")]
    pub identity: Option<PathBuf>,
}

impl Unlock {
    /// The identity of this coachee.
    ///
    /// # Errors
    /// When it is not theirs, or the passphrase is wrong.
    pub fn identity_of(&self, coachee: &Coachee) -> Result<Identity, CliError> {
        self.identity_with(coachee, None)
    }

    /// The same with the passphrase that was typed elsewhere, if one was.
    ///
    /// # Errors
    /// As [`Unlock::identity_of`].
    pub fn identity_with(&self, coachee: &Coachee, typed: Option<&str>) -> Result<Identity, CliError> {
        let identity = match (&self.identity, &coachee.locked_identity) {
            (Some(file), locked) => match (read_identity(file)?, locked) {
                (KeyFile::Identity(identity), _) => identity,
                (KeyFile::Plugin(key), Some(locked)) if coachee.held_by.is_some() => {
                    seal::unlock_by_plugin(locked, &key, ASKING)?
                }
                (KeyFile::Plugin(_), _) => return Err(not_theirs(coachee)),
            },
            (None, Some(_)) if coachee.held_by.is_some() => {
                return Err(CliError::user(
                    format!("the words of {} open with a key of their own, such as a hardware key", coachee.name),
                    "name its identity file: `--identity FILE` (its first line is AGE-PLUGIN-...)",
                ));
            }
            (None, Some(locked)) => {
                let asked = || self.passphrase(&say!("unlock-passphrase", name = &coachee.name));
                let passphrase = typed.map_or_else(asked, |typed| Ok(Zeroizing::new(typed.to_owned())))?;
                seal::unlock(locked, &passphrase)?
            }
            (None, None) => {
                return Err(CliError::user(
                    format!("the key of {} is kept elsewhere", coachee.name),
                    "name its file: `--identity FILE`",
                ));
            }
        };
        if identity.to_recipient() == coachee.recipient { Ok(identity) } else { Err(not_theirs(coachee)) }
    }

    /// The passphrase as given, asked for on the terminal unless it comes from a file.
    pub fn passphrase(&self, prompt: &str) -> Result<Zeroizing<String>, CliError> {
        match &self.passphrase_file {
            Some(file) => read_passphrase(file),
            None => typed(prompt),
        }
    }
}

fn not_theirs(coachee: &Coachee) -> CliError {
    CliError::user(
        format!("this identity is not the one that belongs to {}", coachee.name),
        "`sidetone coachee list` shows each coachee's recipient",
    )
}

/// How a plugin reaches its owner: on this terminal.
pub const ASKING: Asking = Asking {
    tell: |message| aside(message),
    secret: |what| typed(&format!("{what}:")).ok(),
    public: |what| if ask::can_ask() { ask::line(&format!("{what}:")).ok()? } else { None },
    confirm: |question, _| if ask::can_ask() { ask::yes(question).ok() } else { None },
};

/// An age identity file; one that others can read is still read, as `age` does: it lies where its owner put it.
pub fn read_identity(file: &Path) -> Result<KeyFile, CliError> {
    let text = Zeroizing::new(fs::read_to_string(file).map_err(|error| CliError::file(file, &error))?);
    Ok(text.parse()?)
}

/// The first line of a file that nobody else may read.
pub fn read_passphrase(file: &Path) -> Result<Zeroizing<String>, CliError> {
    let wrong = |error| CliError::file(file, &error);
    let mode = fs::metadata(file).map_err(wrong)?.permissions().mode();
    if mode & 0o077 != 0 {
        return Err(CliError::user(
            format!("{} can be read by others on this computer", file.display()),
            format!("`chmod 600 {}`, and think about changing the passphrase", file.display()),
        ));
    }
    let text = Zeroizing::new(fs::read_to_string(file).map_err(wrong)?);
    let line = Zeroizing::new(text.lines().next().unwrap_or_default().to_owned());
    if line.is_empty() {
        return Err(CliError::user(format!("{} is empty", file.display()), "put the passphrase on its first line"));
    }
    Ok(line)
}

fn typed(prompt: &str) -> Result<Zeroizing<String>, CliError> {
    let answer = rpassword::prompt_password(format!("{prompt} ")).map_err(|_| {
        CliError::user(
            "there is no terminal to ask for the passphrase on",
            "use `--passphrase-file FILE` or `--identity FILE`",
        )
    })?;
    Ok(Zeroizing::new(answer))
}

/// Asks for a new passphrase twice; an empty answer means "make one for me".
pub fn new_passphrase() -> Result<Option<Zeroizing<String>>, CliError> {
    loop {
        let first = typed(say!("unlock-own"))?;
        if first.is_empty() {
            return Ok(None);
        }
        if let Err(problem) = check(&first) {
            aside(problem);
            continue;
        }
        if *typed(say!("unlock-own-again"))? == *first {
            return Ok(Some(first));
        }
        aside(say!("unlock-differ"));
    }
}

/// Shorter ones are guessed in days, however dear a guess is made.
const PASSPHRASE_CHARS_MIN: usize = 12;

/// Why a passphrase cannot be used.
pub fn check(passphrase: &str) -> Result<(), &'static str> {
    if passphrase.chars().count() < PASSPHRASE_CHARS_MIN {
        return Err("That is short: use at least 12 characters, or several words.");
    }
    Ok(())
}
