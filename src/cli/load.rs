//! From a model's name to a model in memory, checked before anything else touches it.

use std::{path::PathBuf, sync::Arc};

use super::{CliError, Config};
use crate::{
    moves::Coder,
    pipeline::Models,
    speakers::SpeakerEncoder,
    transcript::Whisper,
    weights::{self, Entry, Manifest, ModelRole},
};

/// The model that comes with the program.
pub use crate::pipeline::DEMO_MODEL;

/// Threads that decode. whisper.cpp's threads spin while they wait for each other: with one on every core, whatever else runs
/// makes all of them wait, so one core is left to it. More than four make nothing faster on a laptop.
pub fn decoding_threads() -> usize {
    std::thread::available_parallelism().map_or(1, |cores| cores.get().saturating_sub(1)).clamp(1, 4)
}

/// The file of a model, if it is here.
fn path_of(config: &Config, entry: &Entry) -> Option<PathBuf> {
    weights::locate(&config.models_dirs, &entry.file)
}

/// The Whisper model to use when none is named: as settled, else the recommended one if it is here, else the best that is.
pub fn default_whisper(config: &Config) -> Result<String, CliError> {
    if let Some(settled) = &config.settings.model.value {
        return Ok(settled.clone());
    }
    let manifest = Manifest::bundled()?;
    let here = |entry: &&Entry| entry.role == ModelRole::Whisper && path_of(config, entry).is_some();
    let recommended = manifest.entries().iter().filter(|entry| entry.recommended).find(here);
    let largest = || manifest.entries().iter().filter(here).max_by_key(|entry| entry.bytes);
    Ok(recommended.or_else(largest).map_or(DEMO_MODEL, |entry| &entry.name).to_owned())
}

/// glibc keeps large blocks for their thread once it has seen one freed, which comes to 10 MB that nobody uses. Blocks of more
/// than this go back to the system. What is free at the end of a thread's memory goes back only from a megabyte on: it goes by
/// itself else at each step, and comes back page by page, which halves the speed of telling voices apart.
#[cfg(all(target_os = "linux", target_env = "gnu"))]
pub fn give_large_blocks_back() {
    const LARGE_BYTES: libc::c_int = 256 * 1024;
    const FREE_BYTES: libc::c_int = 1024 * 1024;
    // SAFETY: they set bounds that later calls of `malloc` look at, and take no pointer. Where they fail, nothing changes.
    unsafe {
        libc::mallopt(libc::M_MMAP_THRESHOLD, LARGE_BYTES);
        libc::mallopt(libc::M_TRIM_THRESHOLD, FREE_BYTES);
    }
}

#[cfg(not(all(target_os = "linux", target_env = "gnu")))]
pub fn give_large_blocks_back() {}

/// Loads what works on a session. The Whisper model must be there; without the speaker model voices are told apart less
/// well, and the report says so.
pub fn models(config: &Config, whisper: &str) -> Result<Models, CliError> {
    let manifest = Manifest::bundled()?;
    let entry = manifest.find(whisper)?;
    if entry.role != ModelRole::Whisper {
        return Err(CliError::user(
            format!("`{whisper}` is not a model that turns speech into words"),
            "`sidetone models list` shows which are",
        ));
    }
    let path = path_of(config, entry).ok_or_else(|| {
        let hint = if whisper == DEMO_MODEL {
            "it comes with the program: name its directory with `--models-dir DIR`".to_owned()
        } else {
            format!("`sidetone models fetch {whisper}`")
        };
        CliError::user(format!("the model `{whisper}` is not here"), hint)
    })?;
    weights::check_ggml(&path)?;
    give_large_blocks_back();
    let loaded = Whisper::load(&path, decoding_threads())?;
    let loaded = match entry.window_s {
        Some(seconds) => loaded.hearing(seconds),
        None => loaded,
    };
    Ok(Models {
        whisper: Some((whisper.to_owned(), Arc::new(loaded))),
        speaker: speaker(config)?,
        moves: Some(coder(config)?),
    })
}

/// What codes moves: with the text model if it is here, else by words alone.
pub fn coder(config: &Config) -> Result<Arc<Coder>, CliError> {
    let coder = Coder::load(text_model(config)?.as_deref()).map_err(|error| CliError::ours(error.to_string()))?;
    Ok(Arc::new(coder.on(config.text_runtime)))
}

/// The folder of the text model, if it is here.
pub fn text_model(config: &Config) -> Result<Option<PathBuf>, CliError> {
    let manifest = Manifest::bundled()?;
    let entry = manifest.find("text")?;
    Ok(path_of(config, entry).and_then(|model| Some(model.parent()?.to_owned())))
}

/// The speaker encoder, if its file is here.
pub fn speaker(config: &Config) -> Result<Option<Arc<SpeakerEncoder>>, CliError> {
    let manifest = Manifest::bundled()?;
    let entry = manifest.find("speaker")?;
    let Some(path) = path_of(config, entry) else { return Ok(None) };
    Ok(Some(Arc::new(SpeakerEncoder::load(&path)?)))
}
