//! `sidetone training`: what the coach does to stay a coach, noted by themselves about themselves.

use std::io::Write;

use clap::{Subcommand, ValueEnum};
use jiff::civil::Date;
use serde_json::{Value, json};

use super::{
    CliError, Config,
    held::{day, today},
    print_json,
};
use crate::{
    practice,
    texts::say,
    vault::{Note, Writer},
};

#[derive(Debug, Subcommand)]
pub enum Command {
    /// Note a training; without a kind, show what was noted
    #[command(after_help = "Examples:\n  sidetone training log\n  \
        sidetone training log course --on 2026-08-24 --with 'the county'\n  \
        sidetone training log trio --with 'Bea and Tom' --tried 'waiting three seconds'\n\n\
        It is about you: leave out what a coachee said.")]
    Log {
        /// What it was
        kind: Option<Kind>,
        /// When, if not today
        #[arg(long, value_name = "DATE", requires = "kind")]
        on: Option<String>,
        /// With whom
        #[arg(long, value_name = "WHO", requires = "kind")]
        with: Option<String>,
        /// What was tried
        #[arg(long, value_name = "WHAT", requires = "kind")]
        tried: Option<String>,
    },
    /// When the next refresher is due
    Due,
    /// Take a note back
    #[command(after_help = "Example:\n  sidetone training remove 3")]
    Remove {
        /// As `training log` shows it
        number: i64,
    },
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Kind {
    Course,
    Refresher,
    /// Coaching together with another coach
    CoCoaching,
    /// Watching somebody coach, or being watched
    Modelling,
    /// Three who take turns as coach, coachee and observer
    Trio,
}

impl From<Kind> for practice::Kind {
    fn from(kind: Kind) -> Self {
        match kind {
            Kind::Course => Self::Course,
            Kind::Refresher => Self::Refresher,
            Kind::CoCoaching => Self::CoCoaching,
            Kind::Modelling => Self::Modelling,
            Kind::Trio => Self::Trio,
        }
    }
}

pub fn run(command: Command, config: &Config, out: &mut dyn Write) -> Result<(), CliError> {
    let mut vault = Writer::open(&config.data_dir)?;
    match command {
        Command::Log { kind: Some(kind), on, with, tried } => {
            let on = on.as_deref().map_or(Ok(today()), day)?;
            let (with, tried) = (with.unwrap_or_default(), tried.unwrap_or_default());
            vault.log_training(Note { on, kind: kind.into(), with: &with, tried: &tried })?;
            show(&vault, config, out)
        }
        Command::Log { kind: None, .. } => show(&vault, config, out),
        Command::Due => due(&vault, config, out),
        Command::Remove { number } => {
            vault.remove_training(number)?;
            show(&vault, config, out)
        }
    }
}

/// The line that reminds a coach; `None` while nothing is due.
pub fn reminder(vault: &Writer) -> Result<Option<String>, CliError> {
    let due = practice::refresher(&vault.trainings()?, today());
    Ok(due.due_on.filter(|_| due.due).map(|on| say!("training-reminder", day = on.to_string())))
}

fn show(vault: &Writer, config: &Config, out: &mut dyn Write) -> Result<(), CliError> {
    let notes = vault.trainings()?;
    if config.json {
        let all: Vec<Value> = notes
            .iter()
            .map(|note| {
                json!({
                    "number": note.number,
                    "on": note.on.to_string(),
                    "kind": note.kind.name(),
                    "with": note.with,
                    "tried": note.tried,
                })
            })
            .collect();
        return print_json(out, &all);
    }
    if notes.is_empty() {
        config.remark(say!("training-none"));
    }
    for note in notes {
        let mut line = format!("{:3}  {}  {}", note.number, note.on, called(note.kind));
        if !note.with.is_empty() {
            line = format!("{line}  {}", say!("training-with", who = &note.with));
        }
        if !note.tried.is_empty() {
            line = format!("{line}  {}", say!("training-tried", what = &note.tried));
        }
        writeln!(out, "{line}")?;
    }
    Ok(())
}

fn called(kind: practice::Kind) -> &'static str {
    match kind {
        practice::Kind::Course => say!("training-course"),
        practice::Kind::Refresher => say!("training-refresher"),
        practice::Kind::CoCoaching => say!("training-co-coaching"),
        practice::Kind::Modelling => say!("training-modelling"),
        practice::Kind::Trio => say!("training-trio"),
    }
}

fn due(vault: &Writer, config: &Config, out: &mut dyn Write) -> Result<(), CliError> {
    let due = practice::refresher(&vault.trainings()?, today());
    let text = |day: Option<Date>| day.map(|day| day.to_string());
    if config.json {
        let value = json!({"last_on": text(due.last_on), "due_on": text(due.due_on), "due": due.due});
        return print_json(out, &value);
    }
    let line = match (text(due.last_on), text(due.due_on)) {
        (Some(last), Some(next)) if due.due => say!("training-due-since", last, next),
        (Some(last), Some(next)) => say!("training-due-on", last, next),
        _ => say!("training-no-course").to_owned(),
    };
    Ok(writeln!(out, "{line}")?)
}
