//! `sidetone import`: a report of a recording that exists already. The same pipeline as live, fed faster.

use std::{
    io::Write,
    path::{Path, PathBuf},
    time::Duration,
};

use indicatif::ProgressBar;
use jiff::{Timestamp, Zoned, civil::DateTime, tz::TimeZone};
use zeroize::Zeroizing;

use super::{
    CliError, Config, coach, control, demo, held, load, models, report, shown,
    start::{self, Sound},
};
use crate::{
    capture::{FileSource, Heard, Source},
    pipeline::{self, Models, Outcome, Pipeline, Setup, Voices},
    session::{Session, SessionId},
    speakers::RoleHint,
    texts::say,
    transcript::{self, Format},
    units::Sample,
    vault::{self, KeepAudio, Writer},
};

/// Speech that may wait for decoding before the feeder waits too: two windows, so that memory stays flat.
pub const BEHIND_MAX_S: f64 = 60.0;

#[derive(clap::Args, Debug)]
pub struct Args {
    /// Audio (wav, flac, mp3, m4a, ogg) or a written transcript (vtt, srt, tsv)
    file: PathBuf,
    /// Whose session it is: see `sidetone coachee add`
    #[arg(long, value_name = "NAME")]
    coachee: String,
    /// When it was, if not today: 2026-11-03, or '2026-11-03 14:30'
    #[arg(long, value_name = "DATE")]
    on: Option<String>,
    #[command(flatten)]
    stances: start::Stances,
    #[command(flatten)]
    roles: start::Roles,
    #[command(flatten)]
    agreement: start::Agreement,
    /// Delete the file once its report is made of all of it
    #[arg(long)]
    delete_original: bool,
    /// The model that turns speech into words
    #[arg(long, value_name = "NAME")]
    model: Option<String>,
}

pub fn run(args: Args, config: &Config, out: &mut dyn Write) -> Result<(), CliError> {
    let mut vault = Writer::open(&config.data_dir)?;
    vault.coachee(&args.coachee)?;
    let started_at = started_at(&args, config)?;
    if let Some(format) = written_format(&args.file) {
        return written(&mut vault, args, started_at, format, config, out);
    }
    let two_tracks = args.roles.coach_track.is_some();
    let mut source = FileSource::open(&args.file, f64::INFINITY, two_tracks)?;
    let mut roles = args.roles;
    if source.is_one_in_two() {
        config.remark(say!("import-one-in-two", file = shown(&args.file)));
        roles.coach_track = None;
    }
    let hint = hint(roles, source.tracks(), config)?;
    let voices = if demo::is_the_session(&args.file) { Voices::Synthetic } else { Voices::Recorded };
    let model = match &args.model {
        Some(name) => name.clone(),
        None => load::default_whisper(config)?,
    };
    if args.model.is_none() && voices == Voices::Recorded && model == load::DEMO_MODEL {
        config.remark(say!("import-demo-model"));
    }
    let models = load::models(config, &model)?;
    let session = session(&args, started_at, source.tracks(), model, config)?;
    let setup = Setup { tracks: source.tracks(), hint, voices };
    let progress = models::bar(config, source.length_s().map_or(0, |length| length as u64), &name_of(&args.file));
    let pipeline = Pipeline::new(models, setup, None);
    // Nothing is in the vault before the file is read to its end: Ctrl-C leaves nothing behind.
    let outcome = feed(pipeline, &mut source, &progress);
    progress.finish_and_clear();
    let mut outcome = outcome?;
    outcome.count_lost(&source.health());
    if !source.is_whole() {
        config.remark(say!("import-partly", file = shown(&args.file)));
    }
    let heard = source.is_whole() && !outcome.words_poor;
    store(&mut vault, &args, &session, &outcome, heard, config, out)
}

/// The format of a written transcript, by its file's ending.
fn written_format(file: &Path) -> Option<Format> {
    let ending = file.extension()?.to_str()?;
    [Format::Vtt, Format::Srt, Format::Tsv].into_iter().find(|format| format.name().eq_ignore_ascii_case(ending))
}

/// A transcript that somebody wrote: a report without sound.
fn written(
    vault: &mut Writer,
    args: Args,
    started_at: String,
    format: Format,
    config: &Config,
    out: &mut dyn Write,
) -> Result<(), CliError> {
    if args.roles.coach_track.is_some() || args.model.is_some() {
        return Err(CliError::user(
            "a written transcript has no sound: no track of anybody, and nothing to make words of",
            "leave out `--coach-track` and `--model`; where the coach spoke first, say `--coach-speaks-first`",
        ));
    }
    let bytes = Zeroizing::new(std::fs::read(&args.file).map_err(|error| CliError::file(&args.file, &error))?);
    let models = Models { moves: Some(load::coder(config)?), ..Models::default() };
    let mut read = transcript::parse(&bytes, format)?;
    // Who speaks first is what is assumed.
    read.roles_assumed &= !args.roles.coach_speaks_first;
    let outcome = pipeline::read(read, &models);
    let session = session(&args, started_at, 1, String::new(), config)?;
    store(vault, &args, &session, &outcome, true, config, out)
}

/// When the session was: as it is said, else now, as far as anybody knows. A file that is older than today may tell more.
fn started_at(args: &Args, config: &Config) -> Result<String, CliError> {
    if let Some(on) = &args.on {
        return moment(on).map(vault::time);
    }
    let now = Zoned::now();
    let written = std::fs::metadata(&args.file).and_then(|file| file.modified()).ok();
    let written = written.and_then(|at| Zoned::try_from(at).ok()).map(|at| at.date());
    if let Some(day) = written.filter(|day| *day < now.date()) {
        config.remark(say!("import-dated-today", file = shown(&args.file), day = day.to_string()));
    }
    Ok(vault::time(now.timestamp()))
}

/// A day as it is typed, with a time or without: then noon, so that it is that day in all but the remotest of time zones.
fn moment(typed: &str) -> Result<Timestamp, CliError> {
    let typed = typed.trim();
    let wrong = || {
        CliError::user(
            format!("`{typed}` is no day"),
            "write year, month and day, and the time if you like: '2026-11-03 14:30'",
        )
    };
    let now = Zoned::now();
    let whole_day = !typed.contains([':', 'T', ' ']);
    let at: DateTime =
        if whole_day { held::day(typed)?.at(12, 0, 0, 0) } else { typed.parse().map_err(|_| wrong())? };
    let at = at.to_zoned(TimeZone::system()).map_err(|_| wrong())?;
    let to_come = if whole_day { at.date() > now.date() } else { at > now };
    if to_come {
        return Err(CliError::user(format!("`{typed}` is still to come"), "say when the session was"));
    }
    Ok(at.min(now).timestamp())
}

/// Asks for consent.
fn session(args: &Args, started_at: String, tracks: u8, model: String, config: &Config) -> Result<Session, CliError> {
    let sound = if args.delete_original { Sound::FileDeleted } else { Sound::InFile };
    Ok(Session {
        consent: start::consent(args.agreement, sound, config)?,
        id: SessionId::generate(),
        coachee: args.coachee.clone(),
        started_at,
        coach_stance: args.stances.coach(config).map(Into::into),
        coachee_stance: args.stances.coachee_stance.map(Into::into),
        tracks,
        model,
    })
}

/// Stores what a file came to. It is the only sound that there is: unless all of it was `heard` well, it stays.
fn store(
    vault: &mut Writer,
    args: &Args,
    session: &Session,
    outcome: &Outcome,
    heard: bool,
    config: &Config,
    out: &mut dyn Write,
) -> Result<(), CliError> {
    vault.begin(session, KeepAudio::No)?;
    let finished = vault.finish(session.id, &outcome.numbers, &outcome.words, false);
    // Nobody could finish it: its file is not ours.
    finished.inspect_err(|_| _ = vault.withdraw(session.id))?;
    let id = session.id.to_string();
    if args.delete_original && !heard {
        config.remark(say!("import-original-stays", file = shown(&args.file)));
    } else if args.delete_original {
        // The sound itself, where the name is a link to it; then the link.
        let sound = args.file.canonicalize().unwrap_or_else(|_| args.file.clone());
        std::fs::remove_file(&sound).map_err(|error| CliError::file(&sound, &error))?;
        if args.file.is_symlink() {
            std::fs::remove_file(&args.file).map_err(|error| CliError::file(&args.file, &error))?;
        }
    }
    if let Some(times) = outcome.ask {
        control::settle_roles(vault, &id, times.map(Sample::seconds), config)?;
    }
    report::show(vault, &vault.find(&id)?, config, out)
}

/// Whose voice is the coach's, as far as is known.
///
/// # Errors
/// When it is said to be a track's, and both are on one.
pub fn hint(roles: start::Roles, tracks: u8, config: &Config) -> Result<RoleHint, CliError> {
    if tracks < 2 && roles.coach_track.is_some() {
        return Err(CliError::user(
            "this recording has one track: both people are on it",
            "leave out `--coach-track`, and say `--coach-speaks-first` where that is so",
        ));
    }
    Ok(match (roles.track(), roles.coach_speaks_first, coach::voiceprint(config)?) {
        (Some(track), ..) => RoleHint::CoachTrack(track),
        (None, true, _) => RoleHint::CoachSpeaksFirst,
        (None, false, Some(print)) => RoleHint::Voiceprint(print),
        (None, false, None) => RoleHint::None,
    })
}

/// Feeds a whole source to the pipeline.
pub fn feed(mut pipeline: Pipeline, source: &mut dyn Source, progress: &ProgressBar) -> Result<Outcome, CliError> {
    loop {
        match source.next(Duration::from_secs(1))? {
            Heard::Block(block) => {
                pipeline.push(&block);
                progress.set_position(block.first.seconds() as u64);
                pipeline.wait_until_behind(BEHIND_MAX_S);
            }
            Heard::Nothing => {}
            Heard::End => return Ok(pipeline.finish()),
        }
    }
}

fn name_of(file: &Path) -> String {
    file.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_day_may_have_a_time() {
        let here = |typed: &str| moment(typed).map(|at| at.to_zoned(TimeZone::system()).datetime().to_string());
        for (typed, meant) in [
            (" 2026-03-02 ", "2026-03-02T12:00:00"),
            ("2026-03-02 09:30", "2026-03-02T09:30:00"),
            ("2026-03-02T09:30:15", "2026-03-02T09:30:15"),
        ] {
            assert_eq!(here(typed).unwrap(), meant);
        }
        for (typed, said) in [
            ("", "is no day"),
            ("yesterday", "is no day"),
            ("2026-02-30", "is no day"),
            ("02.03.2026", "is no day"),
            ("2026-03-02 9h", "is no day"),
            ("9998-01-01", "still to come"),
            ("9998-01-01 10:00", "still to come"),
        ] {
            let error = moment(typed).unwrap_err();
            assert!(error.message().contains(said), "{typed}: {}", error.message());
        }
        // This morning's, imported this morning: noon is still to come, the day is not.
        let today = Zoned::now();
        let at = moment(&today.date().to_string()).unwrap();
        assert!(at <= Timestamp::now() && at.to_zoned(TimeZone::system()).date() == today.date());
    }
}
