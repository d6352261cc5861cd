//! `sidetone report` and `sidetone turns`: the numbers, for both people.

use std::{io::Write, path::PathBuf};

use super::{CliError, Config, held, print_json, shown};
use crate::{
    report::{self, Report},
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
}

#[derive(clap::Args, Debug)]
pub struct TurnsArgs {
    /// An id, the beginning of one, or `last`
    session: String,
    /// As RTTM, the format of diarization research (the only one there is)
    #[arg(long)]
    rttm: bool,
}

pub fn run(args: Args, config: &Config, out: &mut dyn Write) -> Result<(), CliError> {
    let stored = Writer::open(&config.data_dir)?.find(&args.session)?;
    if args.html.is_none() && !args.open {
        return show(&stored, config, out);
    }
    let path = match args.html {
        Some(path) => path,
        None => {
            let pages = config.data_dir.join("pages");
            std::fs::create_dir_all(&pages).map_err(|error| CliError::file(&pages, &error))?;
            pages.join(format!("{}.html", stored.session.id))
        }
    };
    std::fs::write(&path, report::page(&of(&stored)?)).map_err(|error| CliError::file(&path, &error))?;
    if args.open { super::open_with_system(&path) } else { Ok(writeln!(out, "{}", shown(&path))?) }
}

pub fn turns(args: TurnsArgs, config: &Config, out: &mut dyn Write) -> Result<(), CliError> {
    if !args.rttm {
        return Err(CliError::user("how should the turns be written?", "add `--rttm`"));
    }
    let stored = Writer::open(&config.data_dir)?.find(&args.session)?;
    let numbers = stored.numbers.as_ref().ok_or_else(|| unfinished(&stored))?;
    Ok(write!(out, "{}", report::rttm(&stored.session.id, numbers))?)
}

/// The report as the terminal or `--json` shows it.
pub fn show(stored: &Stored, config: &Config, out: &mut dyn Write) -> Result<(), CliError> {
    let report = of(stored)?;
    if config.json {
        return print_json(out, &report.to_json());
    }
    write!(out, "{}", report.to_text(config.width, config.color))?;
    for line in held::reviews_due(&Writer::open(&config.data_dir)?, Some(&stored.session.coachee))? {
        writeln!(out, "\n{line}")?;
    }
    Ok(())
}

fn of(stored: &Stored) -> Result<Report, CliError> {
    let numbers = stored.numbers.as_ref().ok_or_else(|| unfinished(stored))?;
    Ok(report::report(&stored.session, stored.decision.name(), numbers))
}

fn unfinished(stored: &Stored) -> CliError {
    let id = stored.session.id;
    CliError::user(
        format!("session {id} has no report yet"),
        format!("if it is being recorded: `sidetone stop`; if it was cut off: `sidetone recover {id}`"),
    )
}
