//! `sidetone report` and `sidetone turns`: the numbers, for both people.

use std::{io::Write, path::PathBuf};

use super::{CliError, Config, aside, ask, held, open, print_json, print_path};
use crate::{
    report::{self, Report, suggestions},
    session::SessionId,
    texts::say,
    vault::{Stored, Writer},
};

#[derive(clap::Args, Debug)]
pub struct Args {
    /// An id, the beginning of one, or `last`
    #[arg(default_value = "last")]
    session: String,
    /// Write the report as one page that needs nothing else
    #[arg(long, value_name = "FILE")]
    html: Option<PathBuf>,
    /// Show the page in the browser
    #[arg(long)]
    open: bool,
    /// With `--open`: only print the address
    #[arg(long, requires = "open", conflicts_with = "html")]
    no_browser: bool,
    /// Choose one thing to try next, in your own words or by its number; without either it asks, and "" takes it back
    ///
    /// The next report with the same coachee opens with it. It is kept in the clear, and the coachee sees it too: write what
    /// you will do, not what was said.
    #[arg(long, value_name = "TEXT", num_args = 0..=1, default_missing_value = ASK)]
    next: Option<String>,
}

/// `--next` alone. A step has no line break, so nobody can have written this.
const ASK: &str = "\n";

#[derive(clap::Args, Debug)]
pub struct TurnsArgs {
    /// An id, the beginning of one, or `last`
    session: String,
    /// As RTTM, the format of diarization research (the only one there is)
    #[arg(long)]
    rttm: bool,
}

pub fn run(args: Args, config: &Config, out: &mut dyn Write) -> Result<(), CliError> {
    let mut vault = Writer::open(&config.data_dir)?;
    let stored = vault.find(&args.session)?;
    if stored.numbers.is_none() {
        return Err(unfinished(&vault, &stored));
    }
    if let Some(next) = &args.next {
        choose(&mut vault, stored.session.id, next, config)?;
    }
    match args.html {
        Some(path) => {
            let report = of(&vault, &stored)?.with_reviews(held::reviews_due(&vault, Some(&stored.session.coachee))?);
            std::fs::write(&path, report::page(&report)).map_err(|error| CliError::file(&path, &error))?;
            if args.open {
                super::open_with_system(&path)?;
            }
            print_path(&path, config, out)
        }
        None if args.open => {
            let reviews = held::reviews_due(&vault, Some(&stored.session.coachee))?;
            drop(vault);
            open::report(&stored, reviews, args.no_browser, config, out)
        }
        None => show(&vault, &stored, config, out),
    }
}

/// Notes the one thing to try next.
fn choose(vault: &mut Writer, session: SessionId, next: &str, config: &Config) -> Result<(), CliError> {
    let typed;
    let next = if next == ASK {
        typed = offer()?;
        typed.as_str()
    } else {
        next
    };
    let picked = |number: usize| suggestions().get(number.checked_sub(1)?).copied();
    let step = match next.trim().parse::<usize>() {
        Ok(number) => Some(picked(number).ok_or_else(|| {
            CliError::user(
                format!("there is no suggestion {number}"),
                format!("1 to {} are there, or write your own: `--next \"...\"`", suggestions().len()),
            )
        })?),
        Err(_) => Some(next.trim()).filter(|step| !step.is_empty()),
    };
    vault.set_next_step(session, step)?;
    config.remark(match step {
        Some(_) => say!("shown-chosen"),
        None => say!("shown-none-chosen"),
    });
    Ok(())
}

fn offer() -> Result<String, CliError> {
    if !ask::can_ask() {
        let hint = format!("`--next 1` to `--next {}`, or `--next \"...\"`", suggestions().len());
        return Err(CliError::user("there is no terminal to choose the next step on", hint));
    }
    for (index, suggestion) in suggestions().into_iter().enumerate() {
        aside(format_args!("  {}  {suggestion}", index + 1));
    }
    aside(say!("shown-in-the-clear"));
    Ok(ask::line(say!("shown-choose"))?.unwrap_or_default())
}

pub fn turns(args: TurnsArgs, config: &Config, out: &mut dyn Write) -> Result<(), CliError> {
    if !args.rttm {
        return Err(CliError::user("how should the turns be written?", "add `--rttm`"));
    }
    let vault = Writer::open(&config.data_dir)?;
    let stored = vault.find(&args.session)?;
    let numbers = stored.numbers.as_ref().ok_or_else(|| unfinished(&vault, &stored))?;
    let rttm = report::rttm(&stored.session.id, numbers);
    if config.json {
        return print_json(out, &serde_json::json!({"session": stored.session.id, "rttm": rttm}));
    }
    Ok(write!(out, "{rttm}")?)
}

/// The report as the terminal or `--json` shows it.
pub fn show(vault: &Writer, stored: &Stored, config: &Config, out: &mut dyn Write) -> Result<(), CliError> {
    let report = of(vault, stored)?;
    if config.json {
        return print_json(out, &report.to_json());
    }
    write!(out, "{}", report.to_text(config.width, config.color))?;
    for line in held::reviews_due(vault, Some(&stored.session.coachee))? {
        writeln!(out, "\n{line}")?;
    }
    Ok(())
}

/// The report of a session, with the coach's notes.
pub fn of(vault: &Writer, stored: &Stored) -> Result<Report, CliError> {
    let numbers = stored.numbers.as_ref().ok_or_else(|| unfinished(vault, stored))?;
    let steps = vault.steps(stored.session.id)?;
    let report = report::report(&stored.session, stored.decision, numbers);
    Ok(report.with_steps(steps))
}

fn unfinished(vault: &Writer, stored: &Stored) -> CliError {
    let id = stored.session.id;
    let hint = match vault.is_being_recorded(id) {
        true => "it is being recorded: `sidetone stop` makes it".to_owned(),
        false => format!("it was cut off: `sidetone recover {id}` makes it"),
    };
    CliError::user(format!("session {id} has no report yet"), hint)
}
