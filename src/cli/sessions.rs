//! `sidetone sessions` and `sidetone swap`.

use std::io::Write;

use super::{CliError, Config, SessionArg, held, print_json, report, training};
use crate::{
    report::length,
    vault::{Decision, State, Stored, Writer},
};

pub fn run(config: &Config, out: &mut dyn Write) -> Result<(), CliError> {
    let vault = Writer::open(&config.data_dir)?;
    let sessions = vault.sessions()?;
    if config.json {
        let all: Vec<_> = sessions.iter().map(as_json).collect();
        return print_json(out, &all);
    }
    if sessions.is_empty() {
        config.remark("No sessions yet. `sidetone demo` shows one; `sidetone start --coachee NAME` records one.");
    }
    for stored in &sessions {
        let at = stored.session.started_at.replace('T', " ");
        let day = at.get(..16).unwrap_or(&at);
        let lasted = stored.numbers.as_ref().map_or_else(|| "cut off".to_owned(), |numbers| length(numbers.duration_s));
        writeln!(out, "{}  {day}  {lasted:>8}  {}  {}", stored.session.id, stored.session.coachee, words(stored))?;
    }
    for line in held::reviews_due(&vault, None)? {
        writeln!(out, "{line}")?;
    }
    if let Some(line) = training::reminder(&vault)? {
        config.remark(line);
    }
    let undecided = sessions.iter().filter(|stored| stored.decision == Decision::Undecided && stored.has_words).count();
    if undecided > 0 {
        config.remark(format!(
            "{undecided} with words that the coachee has not decided about: `sidetone open SESSION`, or `sidetone transcript keep|delete|take SESSION`"
        ));
    }
    if let Some(stored) = sessions.iter().find(|stored| stored.state == State::Recording) {
        config.remark(format!(
            "Not finished: `sidetone stop`, or after a crash `sidetone recover {}`",
            stored.session.id
        ));
    }
    Ok(())
}

fn words(stored: &Stored) -> String {
    match (stored.state, stored.decision, stored.has_words) {
        (State::Recording, ..) => "not finished".to_owned(),
        (_, Decision::Undecided, true) => match stored.delete_after.as_deref().and_then(|at| at.get(..10)) {
            Some(day) => format!("words undecided, deleted on {day}"),
            None => "words undecided".to_owned(),
        },
        (_, Decision::Undecided, false) => "no words".to_owned(),
        (_, decision, _) => format!("words {}", decision.name()),
    }
}

fn as_json(stored: &Stored) -> serde_json::Value {
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
    })
}

pub fn swap(args: &SessionArg, config: &Config, out: &mut dyn Write) -> Result<(), CliError> {
    let mut vault = Writer::open(&config.data_dir)?;
    let stored = vault.find(&args.session)?;
    vault.swap(stored.session.id)?;
    config.remark("Exchanged: who was the coach is now the coachee, in every number.");
    report::show(&vault, &vault.find(&args.session)?, config, out)
}
