//! `sidetone sessions` and `sidetone swap`.

use std::io::Write;

use super::{CliError, Config, SessionArg, held, print_json, report, training, transcript};
use crate::{
    report::length,
    session::Decision,
    texts::say,
    vault::{self, Progress, Receipt, State, Stored, VaultError, Writer},
};

#[derive(clap::Args, Debug)]
pub struct Args {
    /// Instead: what was deleted, taken or withdrawn, and when
    #[arg(long)]
    receipts: bool,
}

pub fn run(args: &Args, config: &Config, out: &mut dyn Write) -> Result<(), CliError> {
    let vault = Writer::open(&config.data_dir)?;
    if args.receipts {
        return receipts(&vault, config, out);
    }
    let sessions = vault.sessions()?;
    let so_far = |stored: &Stored| vault.progress(stored.session.id);
    if config.json {
        let all: Result<Vec<_>, VaultError> =
            sessions.iter().map(|stored| Ok(as_json(stored, so_far(stored)?))).collect();
        return print_json(out, &all?);
    }
    if sessions.is_empty() {
        config.remark(say!("sessions-none"));
    }
    for stored in &sessions {
        let at = vault::minute(&stored.session.started_at);
        let lasted = match (&stored.numbers, so_far(stored)?) {
            (Some(numbers), _) => length(numbers.duration_s),
            (None, Some(progress)) => length(progress.elapsed_s as f64),
            (None, None) => String::new(),
        };
        writeln!(out, "{}  {at}  {lasted:>8}  {}  {}", stored.session.id, stored.session.coachee, words(stored))?;
    }
    for line in held::reviews_due(&vault, None)? {
        writeln!(out, "{line}")?;
    }
    if let Some(line) = training::reminder(&vault)? {
        config.remark(line);
    }
    let undecided: Vec<&Stored> =
        sessions.iter().filter(|stored| stored.decision == Decision::Undecided && stored.has_words).collect();
    if !undecided.is_empty() {
        let due = undecided.iter().filter_map(|stored| stored.delete_after.as_deref()).min();
        let day = due.map_or_else(|| "unknown".to_owned(), vault::day);
        config.remark(say!("sessions-undecided", count = undecided.len(), day));
    }
    sessions.iter().filter_map(transcript::forgotten).for_each(|notice| config.remark(notice));
    if let Some(stored) = sessions.iter().find(|stored| stored.state == State::Recording) {
        config.remark(say!("sessions-unfinished", session = stored.session.id.to_string()));
    }
    Ok(())
}

fn receipts(vault: &Writer, config: &Config, out: &mut dyn Write) -> Result<(), CliError> {
    let receipts = vault.receipts()?;
    if config.json {
        return print_json(out, &receipts);
    }
    if receipts.is_empty() {
        config.remark(say!("sessions-no-receipts"));
    }
    for receipt in &receipts {
        let (Receipt { at, session, .. }, what) = (receipt, receipt.what_said());
        let minute = vault::minute(at);
        writeln!(out, "{session}  {minute}  {what:18}  {}", receipt.amount())?;
    }
    Ok(())
}

fn words(stored: &Stored) -> String {
    match (stored.state, stored.decision, stored.has_words) {
        (State::Recording, ..) => say!("sessions-not-finished").to_owned(),
        (_, Decision::Undecided, true) => match stored.delete_after.as_deref() {
            Some(at) => say!("sessions-words-until", day = vault::day(at)),
            None => say!("sessions-words-undecided").to_owned(),
        },
        (_, Decision::Undecided, false) => say!("sessions-no-words").to_owned(),
        (_, decision, _) => say!("sessions-words", decision = decision.name()),
    }
}

fn as_json(stored: &Stored, progress: Option<Progress>) -> serde_json::Value {
    serde_json::json!({
        "session": stored.session.id,
        "coachee": stored.session.coachee,
        "started_at": stored.session.started_at,
        "duration_s": stored.numbers.as_ref().map(|numbers| numbers.duration_s),
        "finished": stored.state == State::Finished,
        "decision": stored.decision.name(),
        "has_words": stored.has_words,
        "has_recording": stored.has_recording,
        "delete_after": stored.delete_after,
        "forgotten_after": stored.forgotten_after,
        "retention_days": stored.session.consent.retention_days,
        "progress": progress.map(|progress| serde_json::json!({
            "elapsed_s": progress.elapsed_s, "speech_s": progress.speech_s, "silence_s": progress.silence_s(),
        })),
    })
}

pub fn swap(args: &SessionArg, config: &Config, out: &mut dyn Write) -> Result<(), CliError> {
    let mut vault = Writer::open(&config.data_dir)?;
    let stored = vault.find(&args.session)?;
    vault.swap(stored.session.id)?;
    config.remark(say!("sessions-exchanged"));
    report::show(&vault, &vault.find(&args.session)?, config, out)
}
