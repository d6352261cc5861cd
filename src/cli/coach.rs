//! `sidetone coach`: the coach's own voiceprint. Nothing is ever stored of a coachee's voice.

use std::{
    fs,
    io::Write,
    path::{Path, PathBuf},
    time::{Duration, Instant},
};

use clap::Subcommand;

use super::{CliError, Config, load, print_if_json, print_path, shown, write_private};
use crate::{
    capture::{self, FileSource, Heard, InputSpec, Source},
    session::Track,
    speakers,
    texts::say,
    units::SAMPLE_RATE,
    vault,
};

/// How long the coach is asked to talk.
const ENROL: Duration = Duration::from_secs(30);
/// More of a file than this tells nothing new about a voice.
const FILE_SECONDS_MAX: usize = 300;

#[derive(Debug, Subcommand)]
pub enum Command {
    /// Learn the coach's voice from half a minute of it
    Enrol {
        /// From a recording of the coach alone, instead of the microphone
        #[arg(long, value_name = "FILE")]
        from: Option<PathBuf>,
    },
    /// Delete the voiceprint
    Forget,
}

fn file(config: &Config) -> PathBuf {
    config.data_dir.join("coach-voice.json")
}

/// The enrolled voice, if there is one.
pub fn voiceprint(config: &Config) -> Result<Option<Vec<f32>>, CliError> {
    let path = file(config);
    let text = match fs::read(&path) {
        Ok(text) => text,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(CliError::file(&path, &error)),
    };
    let print = serde_json::from_slice(&text);
    print.map(Some).map_err(|_| {
        CliError::user(format!("{} is damaged", shown(&path)), "`sidetone coach forget`, then `sidetone coach enrol`")
    })
}

pub fn run(command: Command, config: &Config, out: &mut dyn Write) -> Result<(), CliError> {
    match command {
        Command::Enrol { from } => enrol(from.as_deref(), config, out),
        Command::Forget => {
            let path = file(config);
            let removed = match fs::remove_file(&path) {
                Ok(()) => true,
                Err(error) if error.kind() == std::io::ErrorKind::NotFound => false,
                Err(error) => return Err(CliError::file(&path, &error)),
            };
            config.remark(if removed { say!("coach-forgotten") } else { say!("coach-unknown") });
            print_if_json(out, config, &serde_json::json!({"removed": removed}))
        }
    }
}

fn enrol(from: Option<&Path>, config: &Config, out: &mut dyn Write) -> Result<(), CliError> {
    let encoder = load::speaker(config)?.ok_or_else(|| {
        CliError::user("the model that tells voices apart is not here", "`sidetone models fetch speaker`")
    })?;
    let samples = match from {
        Some(path) => from_source(&mut FileSource::open(path, f64::INFINITY, false)?, Track(0), None)?,
        None => {
            config.remark(say!("coach-talk"));
            let input: InputSpec = config.settings.input.value.parse()?;
            let mut source = capture::open(&input, 1.0, false)?;
            let track = config.settings.coach_track.value.filter(|_| source.tracks() > 1).unwrap_or(1);
            from_source(&mut *source, Track(track - 1), Some(ENROL))?
        }
    };
    let print = speakers::voiceprint(&encoder, &samples).ok_or_else(|| {
        CliError::user(
            "too little speech was heard to know the voice again",
            "talk for longer, nearer to the microphone",
        )
    })?;
    let path = file(config);
    let text = serde_json::to_vec(&print).map_err(|_| CliError::ours("the voiceprint cannot be written"))?;
    vault::private_directory(&config.data_dir)?;
    let new = path.with_extension("new");
    let _ = fs::remove_file(&new);
    write_private(&new, &text)?;
    fs::rename(&new, &path).map_err(|error| CliError::file(&path, &error))?;
    config.remark(say!("coach-known", file = shown(&path)));
    if config.json { print_path(&path, config, out) } else { Ok(()) }
}

fn from_source(source: &mut dyn Source, track: Track, lasting: Option<Duration>) -> Result<Vec<f32>, CliError> {
    let begun = Instant::now();
    let mut samples = Vec::new();
    while samples.len() < FILE_SECONDS_MAX * SAMPLE_RATE as usize && lasting.is_none_or(|most| begun.elapsed() < most) {
        match source.next(Duration::from_millis(200))? {
            Heard::Block(block) if block.track == track => samples.extend_from_slice(&block.samples),
            Heard::Block(_) | Heard::Nothing => {}
            Heard::End => break,
        }
    }
    Ok(samples)
}
