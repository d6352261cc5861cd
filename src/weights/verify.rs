//! Whether a file is the file: its length, then its hash, read in pieces.

use std::{
    fs::File,
    io::{Read, Write},
    path::{Path, PathBuf},
};

use sha1::Sha1;
use sha2::{Digest, Sha256};

use super::{Entry, Part, WeightsError};

/// Bytes read at once: large enough that the disk, not the call, sets the pace.
const PIECE: usize = 1 << 18;

/// What a file must be.
#[derive(Clone, Copy, Debug)]
pub(super) struct Expected<'a> {
    pub bytes: u64,
    pub sha256: Option<&'a str>,
    pub sha1: Option<&'a str>,
}

impl Entry {
    /// What [`Entry::file`] must be.
    pub(super) fn expected(&self) -> Expected<'_> {
        Expected { bytes: self.bytes, sha256: self.sha256.as_deref(), sha1: self.sha1.as_deref() }
    }

    /// The name of one of the model's files within the folder that [`Entry::file`] is in.
    pub(super) fn beside<'a>(&self, file: &'a str) -> &'a str {
        match self.file.rsplit_once('/') {
            Some((folder, _)) => file.strip_prefix(folder).and_then(|name| name.strip_prefix('/')).unwrap_or(file),
            None => file,
        }
    }
}

impl Part {
    pub(super) fn expected(&self) -> Expected<'_> {
        Expected { bytes: self.bytes, sha256: Some(&self.sha256), sha1: None }
    }
}

/// Checks that `path` is the whole of the model, byte for byte. `path` is where [`Entry::file`] lies; the parts of a model
/// in several files must lie beside it, and are checked too.
///
/// # Errors
/// [`WeightsError::Read`], [`WeightsError::Size`], [`WeightsError::Hash`]; [`WeightsError::NoHash`] where the list has none.
pub fn verify(entry: &Entry, path: &Path) -> Result<(), WeightsError> {
    check(path, entry.expected())?;
    let Some(dir) = path.parent() else { return Ok(()) };
    entry.parts.iter().try_for_each(|part| check(&dir.join(entry.beside(&part.file)), part.expected()))
}

/// Checks length and hash of one file.
pub(super) fn check(path: &Path, expected: Expected<'_>) -> Result<(), WeightsError> {
    let found = std::fs::metadata(path).map_err(|cause| WeightsError::reading(path, cause))?.len();
    if expected.sha256.is_none() && expected.sha1.is_none() {
        return Err(WeightsError::NoHash { path: path.to_owned() });
    }
    if found != expected.bytes {
        return Err(WeightsError::Size { path: path.to_owned(), found, expected: expected.bytes });
    }
    let sums = Sums::of(path)?;
    let same = expected.sha256.is_none_or(|sum| sum == sums.sha256) && expected.sha1.is_none_or(|sum| sum == sums.sha1);
    same.then_some(()).ok_or_else(|| WeightsError::Hash { path: path.to_owned() })
}

/// The hashes of a file, as lower-case hexadecimal.
#[derive(Clone, Debug)]
pub(super) struct Sums {
    pub bytes: u64,
    pub sha256: String,
    pub sha1: String,
}

impl Sums {
    pub fn of(path: &Path) -> Result<Self, WeightsError> {
        let reading = |cause| WeightsError::reading(path, cause);
        let mut file = File::open(path).map_err(reading)?;
        let (mut sha256, mut sha1, mut bytes) = (Sha256::new(), Sha1::new(), 0);
        let mut piece = vec![0; PIECE];
        loop {
            let read = match file.read(&mut piece) {
                Ok(0) => break,
                Ok(read) => piece.get(..read).unwrap_or_default(),
                Err(error) if error.kind() == std::io::ErrorKind::Interrupted => continue,
                Err(error) => return Err(reading(error)),
            };
            sha256.update(read);
            sha1.update(read);
            bytes += read.len() as u64;
        }
        Ok(Self { bytes, sha256: hex(&sha256.finalize()), sha1: hex(&sha1.finalize()) })
    }
}

/// Where a file grows before it gets its name; makes the folder.
pub(super) fn part_of(to: &Path) -> Result<PathBuf, WeightsError> {
    if let Some(dir) = to.parent() {
        std::fs::create_dir_all(dir).map_err(|cause| WeightsError::writing(dir, 0, cause))?;
    }
    let mut part = to.as_os_str().to_owned();
    part.push(".part");
    Ok(PathBuf::from(part))
}

/// Gives `part` its name once it is on the disk, name included.
pub(super) fn settle(part: &Path, to: &Path) -> Result<(), WeightsError> {
    let writing = |cause| WeightsError::writing(to, 0, cause);
    File::open(part).and_then(|file| file.sync_all()).map_err(writing)?;
    std::fs::rename(part, to).map_err(writing)?;
    #[cfg(unix)]
    if let Some(dir) = to.parent() {
        File::open(dir).and_then(|dir| dir.sync_all()).map_err(writing)?;
    }
    Ok(())
}

/// Writes `bytes` to a new file at `path`.
pub(super) fn write_new(path: &Path, bytes: &[u8]) -> Result<(), WeightsError> {
    File::create(path)
        .and_then(|mut file| file.write_all(bytes))
        .map_err(|cause| WeightsError::writing(path, bytes.len() as u64, cause))
}

fn hex(bytes: &[u8]) -> String {
    use std::fmt::Write;
    bytes.iter().fold(String::new(), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const ABC_SHA256: &str = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
    const ABC_SHA1: &str = "a9993e364706816aba3e25717850c26c9cd0d89d";

    #[test]
    fn length_and_hash_must_both_be_right() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("file");
        std::fs::write(&path, "abc").unwrap();
        let of = |bytes, sha256, sha1| check(&path, Expected { bytes, sha256, sha1 });
        assert!(of(3, Some(ABC_SHA256), None).is_ok());
        assert!(of(3, None, Some(ABC_SHA1)).is_ok());
        assert!(of(3, Some(ABC_SHA256), Some(ABC_SHA1)).is_ok());
        assert!(matches!(of(4, Some(ABC_SHA256), None), Err(WeightsError::Size { found: 3, expected: 4, .. })));
        assert!(matches!(of(3, Some(ABC_SHA1), None), Err(WeightsError::Hash { .. })));
        assert!(matches!(of(3, Some(ABC_SHA256), Some("00")), Err(WeightsError::Hash { .. })));
        assert!(matches!(of(3, None, None), Err(WeightsError::NoHash { .. })));
        let missing = check(&dir.path().join("none"), Expected { bytes: 3, sha256: None, sha1: None });
        assert!(matches!(missing, Err(WeightsError::Read { .. })));
    }

    /// What the repository ships is what the list says.
    #[test]
    fn the_models_in_the_source_tree_are_those_of_the_list() {
        let dir = Path::new(env!("CARGO_MANIFEST_DIR")).join("models");
        let manifest = super::super::Manifest::bundled().unwrap();
        for entry in manifest.entries() {
            let path = dir.join(&entry.file);
            if path.is_file() {
                verify(entry, &path).unwrap();
            }
        }
    }
}
