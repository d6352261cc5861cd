//! `sidetone models`: which model files there are, and bringing them.

use std::{io::Write, path::PathBuf};

use clap::Subcommand;
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use serde::Serialize;

use super::{CliError, Config, load::DEMO_MODEL, print_if_json, print_json, print_path, shown};
use crate::{
    texts::say,
    weights::{self, Entry, Manifest, ModelRole},
};

#[derive(Debug, Subcommand)]
pub enum Command {
    /// What is here, and what suits this machine
    List,
    /// Bring a model from its publisher: the only time this program uses the network
    Fetch { name: String },
    /// Check every model file that is here
    Verify,
    /// Take in a model file that you brought yourself
    Import { file: PathBuf },
}

pub fn run(command: Command, config: &Config, out: &mut dyn Write) -> Result<(), CliError> {
    let manifest = Manifest::bundled()?;
    match command {
        Command::List => list(&manifest, config, out),
        Command::Fetch { name } => fetch(manifest.find(&name)?, config, out),
        Command::Verify => verify(&manifest, config, out),
        Command::Import { file } => {
            let entry = weights::import(&manifest, &file, &config.fetch_into)?;
            config.remark(say!("models-imported", model = &entry.name, folder = shown(&config.fetch_into)));
            let path = shown(&config.fetch_into.join(&entry.file));
            print_if_json(out, config, &serde_json::json!({"name": entry.name, "path": path}))
        }
    }
}

#[derive(Serialize)]
struct Row<'a> {
    name: &'a str,
    role: &'static str,
    bytes: u64,
    here: Option<String>,
    recommended: bool,
    suits: Option<&'static str>,
    good_for: &'a str,
    licence: &'a str,
}

fn role_name(role: ModelRole) -> &'static str {
    match role {
        ModelRole::Whisper => "whisper",
        ModelRole::Speaker => "speaker",
        ModelRole::Text => "text",
    }
}

fn list(manifest: &Manifest, config: &Config, out: &mut dyn Write) -> Result<(), CliError> {
    let memory = memory_bytes();
    let cores = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
    let rows: Vec<Row> = manifest
        .entries()
        .iter()
        .map(|entry| Row {
            name: &entry.name,
            role: role_name(entry.role),
            bytes: entry.bytes,
            here: weights::locate(&config.models_dirs, &entry.file).map(|path| shown(&path)),
            recommended: entry.recommended,
            suits: weights::suits(entry, memory, cores),
            good_for: &entry.good_for,
            licence: &entry.licence,
        })
        .collect();
    if config.json {
        return print_json(out, &rows);
    }
    for (role, heading) in
        [("whisper", say!("models-whisper")), ("speaker", say!("models-speaker")), ("text", say!("models-text"))]
    {
        writeln!(out, "{heading}")?;
        for row in rows.iter().filter(|row| row.role == role) {
            let mark = if row.here.is_some() { say!("models-here") } else { "-" };
            let good_for = match row.recommended {
                true => say!("models-recommended", good_for = row.good_for),
                false => row.good_for.to_owned(),
            };
            writeln!(out, "  {mark:4} {:20} {:>7}  {good_for}", row.name, size(row.bytes))?;
            if let Some(advice) = row.suits.filter(|advice| *advice != "suits this machine") {
                writeln!(out, "{:36}{advice}", "")?;
            }
        }
        writeln!(out)?;
    }
    config.remark(say!("models-fetch", demo = DEMO_MODEL));
    Ok(())
}

fn size(bytes: u64) -> String {
    match bytes {
        0 => "?".to_owned(),
        1_000_000_000.. => format!("{:.1} GB", bytes as f64 / 1e9),
        _ => format!("{:.0} MB", (bytes as f64 / 1e6).max(1.0)),
    }
}

/// Bytes of memory in this machine; a careful guess where the system does not say.
pub fn memory_bytes() -> u64 {
    const GUESS: u64 = 8_000_000_000;
    // SAFETY: sysconf reads two numbers of the system.
    let (pages, page) = unsafe { (libc::sysconf(libc::_SC_PHYS_PAGES), libc::sysconf(libc::_SC_PAGESIZE)) };
    match (u64::try_from(pages), u64::try_from(page)) {
        (Ok(pages), Ok(page)) if pages > 0 => pages.saturating_mul(page),
        _ => GUESS,
    }
}

/// A bar on stderr, hidden where nobody looks.
pub fn bar(config: &Config, length: u64, what: &str) -> ProgressBar {
    let target = if config.quiet { ProgressDrawTarget::hidden() } else { ProgressDrawTarget::stderr() };
    let style =
        ProgressStyle::with_template("{msg} {wide_bar} {percent:>3} %  {eta}").unwrap_or(ProgressStyle::default_bar());
    ProgressBar::with_draw_target(Some(length), target).with_style(style).with_message(what.to_owned())
}

/// Brings a model; prints where it is.
pub fn fetch(entry: &Entry, config: &Config, out: &mut dyn Write) -> Result<(), CliError> {
    let progress = bar(config, entry.bytes, &entry.name);
    let fetched = weights::fetch(entry, &config.fetch_into, &config.network, &mut |done, total| {
        progress.set_length(total);
        progress.set_position(done);
    });
    progress.finish_and_clear();
    print_path(&fetched?, config, out)
}

fn verify(manifest: &Manifest, config: &Config, out: &mut dyn Write) -> Result<(), CliError> {
    let mut damaged = Vec::new();
    let mut checked = Vec::new();
    for entry in manifest.entries() {
        let Some(path) = weights::locate(&config.models_dirs, &entry.file) else { continue };
        let verdict = weights::verify(entry, &path);
        let whole = verdict.is_ok();
        if !config.json {
            let said = verdict.map_or_else(|error| error.to_string(), |()| say!("models-whole").to_owned());
            writeln!(out, "{}: {said}", entry.name)?;
        }
        if !whole {
            damaged.push((entry.name.as_str(), shown(&path)));
        }
        checked.push(serde_json::json!({"name": entry.name, "path": shown(&path), "whole": whole}));
    }
    if config.json {
        print_json(out, &checked)?;
    }
    let Some((name, path)) = damaged.first() else { return Ok(()) };
    let names: Vec<&str> = damaged.iter().map(|(name, _)| *name).collect();
    let hint = match *name {
        DEMO_MODEL => format!("{path} came with the program: install sidetone again"),
        name => format!("delete {path} and bring it again: `sidetone models fetch {name}`"),
    };
    Err(CliError::user(format!("not whole: {}", names.join(", ")), hint))
}
