//! `sidetone import`: a report of a recording that exists already. The same pipeline as live, fed faster.

use std::{
    io::Write,
    path::{Path, PathBuf},
    time::Duration,
};

use indicatif::ProgressBar;
use zeroize::Zeroizing;

use super::{
    CliError, Config, coach, control, demo, load, models, report, shown,
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
    vault::{KeepAudio, Writer},
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
    if let Some(format) = written_format(&args.file) {
        return written(&mut vault, args, format, config, out);
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
    let session = session(&args, source.tracks(), model, config)?;
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
    format: Format,
    config: &Config,
    out: &mut dyn Write,
) -> Result<(), CliError> {
    let bytes = Zeroizing::new(std::fs::read(&args.file).map_err(|error| CliError::file(&args.file, &error))?);
    let models = Models { moves: Some(load::coder(config)?), ..Models::default() };
    let outcome = pipeline::read(transcript::parse(&bytes, format)?, &models);
    let session = session(&args, 1, String::new(), config)?;
    store(vault, &args, &session, &outcome, true, config, out)
}

/// Asks for consent; what is imported started now, as far as anybody knows.
fn session(args: &Args, tracks: u8, model: String, config: &Config) -> Result<Session, CliError> {
    let sound = if args.delete_original { Sound::FileDeleted } else { Sound::InFile };
    Ok(Session {
        consent: start::consent(args.agreement, sound, config)?,
        id: SessionId::generate(),
        coachee: args.coachee.clone(),
        started_at: start::now(),
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
        std::fs::remove_file(&args.file).map_err(|error| CliError::file(&args.file, &error))?;
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
