//! `sidetone trend`: a coach's own sessions in time.

use std::{io::Write, path::PathBuf};

use super::{CliError, Config, print_json, shown};
use crate::{report, vault::Writer};

#[derive(clap::Args, Debug)]
pub struct Args {
    /// Only sessions with this coachee; otherwise all, without names
    #[arg(long, value_name = "NAME")]
    coachee: Option<String>,
    /// Write the trend as one page that needs nothing else
    #[arg(long, value_name = "FILE")]
    html: Option<PathBuf>,
}

pub fn run(args: Args, config: &Config, out: &mut dyn Write) -> Result<(), CliError> {
    let points = Writer::open(&config.data_dir)?.points(args.coachee.as_deref())?;
    let trend = report::trend(args.coachee.as_deref().map(str::trim), &points);
    if let Some(path) = args.html {
        std::fs::write(&path, trend.to_page()).map_err(|error| CliError::file(&path, &error))?;
        if !config.json {
            return Ok(writeln!(out, "{}", shown(&path))?);
        }
    }
    if config.json {
        return print_json(out, &trend.to_json());
    }
    Ok(write!(out, "{}", trend.to_text(config.width, config.color))?)
}
