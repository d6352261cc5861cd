//! Reading a stretch again while the session goes on, for who fell behind.

use std::path::Path;

use super::{
    Key, RecordingError, at,
    format::{Kind, Step, from_pcm, step, to_float},
    recover::open,
};
use crate::{session::Track, units::Span};

/// The samples of `span` of one track; fewer when the file does not hold them, or not any more.
///
/// Goes over the clear parts of the records before `span` (two of 18 bytes for a second of sound) and opens only those that
/// hold some of it.
///
/// # Errors
/// As [`super::recover()`].
pub fn read(path: &Path, key: Key<'_>, track: Track, span: Span) -> Result<Vec<f32>, RecordingError> {
    let (file, header, _) = open(path)?;
    let identity = header.unlock(key, path)?;
    let file_bytes = file.metadata().map_err(at(path))?.len();
    let (mut offset, mut number) = (header.end, 0);
    let mut samples = Vec::with_capacity(span.samples().min(file_bytes / 2) as usize);
    let mut wanted = span.start();
    while wanted < span.end() {
        let Step::Record(found) = step(&file, offset, file_bytes).map_err(at(path))? else { break };
        let label = found.label;
        if label.kind == Kind::Sound && label.track == track && label.end() > wanted {
            let body = header.body(&identity, number, &found, &file).map_err(at(path))?;
            let Some(body) = body.filter(|_| label.first <= wanted) else { break };
            let until = label.end().min(span.end());
            let (skip, take) = (wanted.0 - label.first.0, until.0 - wanted.0);
            samples.extend(from_pcm(&body).skip(skip as usize).take(take as usize).map(to_float));
            wanted = until;
        }
        (offset, number) = (found.next(), number + 1);
    }
    Ok(samples)
}
