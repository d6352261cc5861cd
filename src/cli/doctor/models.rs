//! Model files: which are here and whole, and how fast this computer works with them.

use std::{
    sync::mpsc,
    thread,
    time::{Duration, Instant},
};

use super::Finding;
use crate::{
    capture::{FileSource, Heard, Source},
    cli::{CliError, Config, demo, load},
    session::Track,
    texts::say,
    transcript::{Packer, Whisper},
    units::{SAMPLE_RATE, Sample, Span},
    weights::{self, Manifest, ModelRole},
};

/// The self-test may take so long.
const AT_MOST: Duration = Duration::from_secs(5);
/// Speech in the self-test: one window of Whisper, which it packs up to 28 s.
const WINDOW_S: u64 = 28;

/// What a session wants: the role, the name of the text about what is worse without, and the model to fetch.
const WANTED: [(ModelRole, &str, &str); 3] = [
    (ModelRole::Whisper, "doctor-without-whisper", "base.en"),
    (ModelRole::Speaker, "doctor-without-speaker", "speaker"),
    (ModelRole::Text, "doctor-without-text", "text"),
];

pub fn files(config: &Config) -> Result<Vec<Finding>, CliError> {
    let manifest = Manifest::bundled()?;
    let mut findings = Vec::new();
    for (role, without, fetch) in WANTED {
        let here = manifest.entries().iter().filter(|entry| entry.role == role).filter_map(|entry| {
            let path = weights::locate(&config.models_dirs, &entry.file)?;
            Some((entry, weights::verify(entry, &path)))
        });
        let mut useful = false;
        for (entry, whole) in here {
            match whole {
                Ok(()) => {
                    useful |= entry.name != load::DEMO_MODEL;
                    let found = say!("doctor-model-whole", model = &entry.name, good_for = &entry.good_for);
                    findings.push(Finding::ok("model", found));
                }
                Err(error) => findings.push(Finding::warning(
                    "model",
                    error.to_string(),
                    error.hint().unwrap_or_else(|| format!("`sidetone models fetch {}`", entry.name)),
                )),
            }
        }
        if !useful {
            findings.push(Finding::warning("model", say!(without), format!("`sidetone models fetch {fetch}`")));
        }
    }
    Ok(findings)
}

/// Decodes a piece of the demo session with the demo model; what other models take follows from the work that they are.
pub fn speed(config: &Config) -> Vec<Finding> {
    vec![match measure(config) {
        Ok(Some(seconds)) => judge(config, seconds),
        Ok(None) => Finding::warning(
            "speed",
            say!("doctor-speed-too-slow", speech = WINDOW_S, seconds = AT_MOST.as_secs()),
            say!("doctor-speed-too-slow-hint"),
        ),
        Err(error) => Finding::warning(
            "speed",
            say!("doctor-speed-unmeasured", why = error.message()),
            say!("doctor-speed-unmeasured-hint"),
        ),
    }]
}

/// What the model of choice takes for a second of speech, estimated from what the demo model took.
fn judge(config: &Config, seconds: f64) -> Finding {
    let estimate = || -> Option<(String, f64)> {
        let manifest = Manifest::bundled().ok()?;
        let chosen = load::default_whisper(config).ok()?;
        let name = if chosen == load::DEMO_MODEL { "base.en" } else { &chosen };
        let work = f64::from(manifest.find(name).ok()?.work?);
        let demo = f64::from(manifest.find(load::DEMO_MODEL).ok()?.work?);
        Some((name.to_owned(), seconds / WINDOW_S as f64 * work / demo))
    };
    let Some((name, share)) = estimate() else {
        return Finding::ok("speed", say!("doctor-speed-demo", seconds = format!("{seconds:.1}"), speech = WINDOW_S));
    };
    let seconds = format!("{:.1}", share * 10.0);
    if share < 1.0 {
        Finding::ok("speed", say!("doctor-speed", model = name, seconds))
    } else {
        Finding::warning("speed", say!("doctor-speed-slow", model = name, seconds), say!("doctor-speed-slow-hint"))
    }
}

/// Seconds that the demo model takes for a window; `None` when it takes too long.
fn measure(config: &Config) -> Result<Option<f64>, CliError> {
    let path = weights::locate(&config.models_dirs, &Manifest::bundled()?.find(load::DEMO_MODEL)?.file)
        .ok_or_else(|| CliError::user("the demo model is not here", "name its directory with `--models-dir DIR`"))?;
    weights::check_ggml(&path)?;
    let samples = demo_speech()?;
    let (tell, told) = mpsc::channel();
    // Left to itself when it takes too long: the process ends soon.
    thread::spawn(move || {
        let threads = load::decoding_threads();
        let measured = Whisper::load(&path, threads).map_err(CliError::from).and_then(|whisper| {
            let mut packer = Packer::new(Track(0));
            let mut windows = packer.push(&samples, &[]);
            let all = Span::new(Sample(0), Sample(samples.len() as u64));
            windows.extend(packer.finish(all.as_slice()));
            let begun = Instant::now();
            if let Some(window) = windows.first() {
                whisper.decode(window)?;
            }
            Ok(begun.elapsed().as_secs_f64())
        });
        let _ = tell.send(measured);
    });
    told.recv_timeout(AT_MOST).ok().transpose()
}

/// The beginning of the session that comes with the program: two synthetic voices.
fn demo_speech() -> Result<Vec<f32>, CliError> {
    let file = tempfile::Builder::new().suffix(".ogg").tempfile();
    let file = file.map_err(|error| CliError::file(&std::env::temp_dir(), &error))?;
    std::fs::write(file.path(), demo::SESSION).map_err(|error| CliError::file(file.path(), &error))?;
    let mut source = FileSource::open(file.path(), f64::INFINITY, false)?;
    let mut samples = Vec::new();
    let wanted = (WINDOW_S * u64::from(SAMPLE_RATE)) as usize;
    while samples.len() < wanted {
        match source.next(Duration::from_secs(1))? {
            Heard::Block(block) => samples.extend_from_slice(&block.samples),
            Heard::Nothing => {}
            Heard::End => break,
        }
    }
    samples.truncate(wanted);
    Ok(samples)
}
