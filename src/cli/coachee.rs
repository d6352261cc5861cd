//! `sidetone coachee`: who is coached, and whose key the words are sealed to.

use std::{io::Write, path::PathBuf};

use clap::Subcommand;
use zeroize::Zeroizing;

use super::{
    CliError, Config, aside, ask, held, pager, print_if_json, print_json,
    unlock::{self, Unlock},
};
use crate::{
    seal::{self, Identity, PluginRecipient, Recipient},
    texts::{filled, say},
    vault::{Coachee, Stored, Writer},
};

#[derive(Debug, Subcommand)]
pub enum Command {
    /// Add somebody: let them do this themselves, it makes the key to their words
    Add {
        name: String,
        /// A key that is kept elsewhere, also one of a plugin such as a hardware key (age1yubikey1...): nothing that opens the
        /// words is then on this laptop
        #[arg(long, value_name = "age1...")]
        recipient: Option<String>,
        /// Read the passphrase from a file that only its owner can read, instead of asking
        #[arg(long, value_name = "FILE", conflicts_with = "recipient")]
        passphrase_file: Option<PathBuf>,
    },
    /// Everybody who was added
    List,
    /// Delete everything of theirs: words, recordings, numbers, answers, pairings, key
    ///
    /// While words of theirs are here it wants their passphrase. Where that is lost, `sidetone transcript delete --forgotten`
    /// lets the words go first.
    Remove {
        name: String,
        #[command(flatten)]
        unlock: Unlock,
        /// Do not ask
        #[arg(long)]
        yes: bool,
    },
    /// Show the recovery key to whoever has the passphrase: it opens words that were taken, on any computer
    RecoveryKey {
        name: String,
        #[command(flatten)]
        unlock: Unlock,
    },
    /// Change the passphrase
    Passphrase {
        name: String,
        #[command(flatten)]
        unlock: Unlock,
        /// Read the new passphrase from a file that only its owner can read
        #[arg(long, value_name = "FILE")]
        new_passphrase_file: Option<PathBuf>,
    },
}

pub fn run(command: Command, config: &Config, out: &mut dyn Write) -> Result<(), CliError> {
    let mut vault = Writer::open(&config.data_dir)?;
    match command {
        Command::Add { name, recipient, passphrase_file } => {
            add(&mut vault, &name, recipient.as_deref(), passphrase_file, config, out)
        }
        Command::List => list(&vault, config, out),
        Command::Remove { name, unlock, yes } => remove(&mut vault, &name, &unlock, yes, config, out),
        Command::Passphrase { name, unlock, new_passphrase_file } => {
            let coachee = vault.coachee(&name)?;
            if coachee.locked_identity.is_none() {
                return Err(kept_elsewhere(&coachee, "there is no passphrase of theirs here"));
            }
            let identity = unlock.identity_of(&coachee)?;
            let (passphrase, made) = chosen(new_passphrase_file)?;
            let locked = seal::lock(&identity, &passphrase)?;
            // Of an identity that a plugin kept, nobody has seen a recovery key yet.
            let recovery = Some(&identity).filter(|_| coachee.held_by.is_some() && (made || ask::can_ask()));
            let on_paper = made || recovery.is_some();
            if on_paper {
                void_if_left(sheet(out, &name, made.then_some(passphrase.as_str()), recovery, config), config)?;
            }
            vault.relock(&name, &locked)?;
            config.remark(match coachee.held_by {
                Some(key) => say!("coachee-passphrase-instead", key = key.to_string(), typed = held::typed(&name)),
                None => say!("coachee-passphrase-changed").to_owned(),
            });
            if config.json && !on_paper { print_json(out, &serde_json::json!({"name": name})) } else { Ok(()) }
        }
        Command::RecoveryKey { name, unlock } => {
            let coachee = vault.coachee(&name)?;
            if !coachee.has_passphrase() {
                return Err(kept_elsewhere(&coachee, "there is no recovery key to it"));
            }
            let identity = unlock.identity_of(&coachee)?;
            sheet(out, &name, None, Some(&identity), config)?;
            config.remark(say!("coachee-recovery-done"));
            Ok(())
        }
    }
}

fn kept_elsewhere(coachee: &Coachee, what: &str) -> CliError {
    CliError::user(
        format!("the key of {} is kept elsewhere: {what}", coachee.name),
        "its own file opens the words: `sidetone transcript show last --identity FILE`",
    )
}

/// Adds somebody, with the key of their choice.
pub fn add(
    vault: &mut Writer,
    name: &str,
    recipient: Option<&str>,
    passphrase_file: Option<PathBuf>,
    config: &Config,
    out: &mut dyn Write,
) -> Result<(), CliError> {
    vault.check_new_coachee(name)?;
    if let Some(recipient) = recipient {
        if let Ok(key) = recipient.parse::<PluginRecipient>() {
            return add_held_by(vault, name, &key, config, out);
        }
        let recipient: Recipient = recipient.parse()?;
        vault.add_coachee(name, &recipient, None)?;
        config.remark(say!("coachee-added-recipient", name, recipient = recipient.to_string()));
        return added(vault, name, config, out);
    }
    let (passphrase, made) = chosen(passphrase_file)?;
    let identity = Identity::generate();
    let locked = seal::lock(&identity, &passphrase)?;
    let on_paper = made || ask::can_ask();
    if on_paper {
        void_if_left(sheet(out, name, made.then_some(passphrase.as_str()), Some(&identity), config), config)?;
    }
    vault.add_coachee(name, &identity.to_recipient(), Some(&locked))?;
    if on_paper {
        config.remark(say!("coachee-added", name));
        return Ok(());
    }
    config.remark(say!("coachee-added-passphrase", name, typed = held::typed(name)));
    added(vault, name, config, out)
}

/// Who was added, for scripts.
fn added(vault: &Writer, name: &str, config: &Config, out: &mut dyn Write) -> Result<(), CliError> {
    print_if_json(out, config, &as_json(&vault.coachee(name)?))
}

/// Adds somebody whose key a plugin keeps. An identity is made here and sealed to that key before anything of it is
/// stored, so that the plugin is run once now and once for each unlocking, however much there is to open.
fn add_held_by(
    vault: &mut Writer,
    name: &str,
    key: &PluginRecipient,
    config: &Config,
    out: &mut dyn Write,
) -> Result<(), CliError> {
    let identity = Identity::generate();
    let locked = seal::lock_by_plugin(&identity, key)?;
    vault.add_coachee_held_by(key, name, &identity.to_recipient(), &locked)?;
    config.remark(say!("coachee-added-plugin", name, key = key.to_string()));
    added(vault, name, config, out)
}

/// The passphrase, and whether it was made for the coachee and has to be shown.
fn chosen(file: Option<PathBuf>) -> Result<(Zeroizing<String>, bool), CliError> {
    let given = match file {
        Some(file) => Some(unlock::read_passphrase(&file)?),
        None if ask::can_ask() => {
            aside(say!("coachee-asked"));
            unlock::new_passphrase()?
        }
        None => None,
    };
    match given {
        Some(passphrase) => match unlock::check(&passphrase) {
            Ok(()) => Ok((passphrase, false)),
            Err(_) => {
                Err(CliError::user("the passphrase is too short", "use at least 12 characters, or several words"))
            }
        },
        None => Ok((seal::six_words()?, true)),
    }
}

/// What the coachee takes along on paper, shown once and nowhere kept; on a terminal nothing of it stays. The recovery key
/// is the identity itself, and opens what a forgotten passphrase does not.
///
/// Shown before it is stored: whatever fails then, nobody's words are locked by what nobody has seen.
fn sheet(
    out: &mut dyn Write,
    name: &str,
    passphrase: Option<&str>,
    recovery: Option<&Identity>,
    config: &Config,
) -> Result<(), CliError> {
    let mut text = Zeroizing::new(String::with_capacity(SHEET_BYTES));
    if config.json {
        // By hand, for a JSON value would leave copies behind. Of these nothing but the name needs escaping.
        let key = recovery.map(Identity::expose);
        text.push_str(&format!("{{\n  \"name\": {}", serde_json::Value::from(name)));
        for (field, secret) in [("passphrase", passphrase), ("recovery_key", key.as_ref().map(|key| key.as_str()))] {
            let Some(secret) = secret else { continue };
            text.push_str(&format!(",\n  \"{field}\": \""));
            text.push_str(secret);
            text.push('"');
        }
        text.push_str("\n}\n");
        out.write_all(text.as_bytes())?;
        return Ok(out.flush()?);
    }
    if let Some(passphrase) = passphrase {
        text.push_str(&format!("  {}\n\n      ", say!("unlock-passphrase", name)));
        text.push_str(passphrase);
        text.push_str("\n\n");
    }
    if let Some(identity) = recovery {
        text.push_str(&format!("  {}\n\n      ", say!("coachee-recovery", name)));
        text.push_str(&identity.expose());
        text.push_str("\n\n");
        for line in filled("coachee-recovery-means", []).lines() {
            text.push_str(&format!("  {line}\n"));
        }
        text.push('\n');
    }
    text.push_str(&format!("  {}\n  {}\n", say!("coachee-write-down"), say!("coachee-holds-once-said")));
    pager::show(&text, out)?;
    Ok(out.flush()?)
}

/// Whoever leaves at the sheet has written down what opens nothing.
fn void_if_left(shown: Result<(), CliError>, config: &Config) -> Result<(), CliError> {
    if shown.as_ref().is_err_and(CliError::is_left) {
        config.remark(say!("coachee-sheet-void"));
    }
    shown
}

/// More than a sheet has: a string that grew would leave copies behind that nobody wipes.
const SHEET_BYTES: usize = 4096;

fn list(vault: &Writer, config: &Config, out: &mut dyn Write) -> Result<(), CliError> {
    let coachees = vault.coachees()?;
    if config.json {
        let all: Vec<_> = coachees.iter().map(as_json).collect();
        return print_json(out, &all);
    }
    if coachees.is_empty() {
        config.remark(say!("coachee-nobody"));
    }
    for coachee in coachees {
        writeln!(out, "{}  ({}; {})", coachee.name, key(&coachee).1, recipient(&coachee))?;
    }
    Ok(())
}

fn as_json(coachee: &Coachee) -> serde_json::Value {
    serde_json::json!({"name": coachee.name, "recipient": recipient(coachee), "key": key(coachee).0})
}

/// What opens the words: in a word for programs, in some for people.
fn key(coachee: &Coachee) -> (&'static str, &'static str) {
    match (&coachee.held_by, &coachee.locked_identity) {
        (Some(_), _) => ("plugin", say!("coachee-opens-own-key")),
        (None, Some(_)) => ("passphrase", say!("coachee-opens-passphrase")),
        (None, None) => ("elsewhere", say!("coachee-key-elsewhere")),
    }
}

/// The public key by which the coachee knows theirs.
fn recipient(coachee: &Coachee) -> String {
    coachee.held_by.as_ref().map_or_else(|| coachee.recipient.to_string(), ToString::to_string)
}

fn remove(
    vault: &mut Writer,
    name: &str,
    unlock: &Unlock,
    yes: bool,
    config: &Config,
    out: &mut dyn Write,
) -> Result<(), CliError> {
    let coachee = vault.coachee(name)?;
    if !yes {
        if !ask::can_ask() {
            return Err(CliError::user("this deletes everything of theirs, so it wants a yes", "add `--yes`"));
        }
        if !ask::yes(&say!("coachee-remove", name))? {
            config.remark(say!("coachee-not-removed"));
            return print_if_json(out, config, &serde_json::json!([]));
        }
    }
    let sealed = |stored: &Stored| stored.session.coachee == coachee.name && (stored.has_words || stored.has_recording);
    if vault.sessions()?.iter().any(sealed) {
        unlock.identity_of(&coachee)?;
    }
    let receipts = vault.remove_coachee(&coachee.name)?;
    if config.json {
        return print_json(out, &receipts);
    }
    let pairings = receipts.iter().filter(|receipt| receipt.is_of_pairing()).count();
    config.remark(say!("coachee-removed", name, sessions = receipts.len() - pairings, pairings));
    Ok(())
}
