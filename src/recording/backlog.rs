//! Reading a stretch again while the session goes on, for who fell behind.

use std::{
    fs::File,
    path::{Path, PathBuf},
};

use super::{
    Key, RecordingError, TRACKS_MAX, at,
    format::{Header, Kind, Step, from_pcm, step, to_float},
    recover::open,
};
use crate::{
    seal::Identity,
    session::Track,
    units::{Sample, Span},
};

/// Records between two places that are remembered: half a minute of one track, and 5 KB an hour.
const RECORDS_PER_PLACE: u64 = 64;

/// The samples of `span` of one track; fewer when the file does not hold them.
///
/// Goes over the clear parts of the records before `span` (two of 18 bytes for a second of sound) and opens only
/// those that hold some of it. Who reads again and again keeps a [`Backlog`], whose cost does not grow with the file.
///
/// # Errors
/// As [`super::recover()`].
pub fn read(path: &Path, key: Key<'_>, track: Track, span: Span) -> Result<Vec<f32>, RecordingError> {
    Backlog::open(path, key)?.read(track, span)
}

/// A recording that may still be written, and places in it that were found before.
#[derive(Debug)]
pub struct Backlog {
    path: PathBuf,
    file: File,
    header: Header,
    identity: Identity,
    places: Vec<Place>,
}

/// A record's place, and the end of each track before it.
#[derive(Clone, Copy, Debug)]
struct Place {
    offset: u64,
    number: u64,
    ends: [Sample; TRACKS_MAX as usize],
}

impl Backlog {
    /// # Errors
    /// As [`super::recover()`].
    pub fn open(path: &Path, key: Key<'_>) -> Result<Self, RecordingError> {
        let (file, header, _) = open(path)?;
        let identity = header.unlock(key, path)?;
        Ok(Self { path: path.to_owned(), file, header, identity, places: Vec::new() })
    }

    /// The samples of `span` of one track; fewer when the file does not hold them, or not any more.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub fn read(&mut self, track: Track, span: Span) -> Result<Vec<f32>, RecordingError> {
        let Some(end) = self.header_track(track) else { return Ok(Vec::new()) };
        let known = self.places.partition_point(|place| place.ends[end] <= span.start());
        let samples = self.walk(known, track, span)?;
        if samples.len() as u64 == span.samples() || known == 0 {
            return Ok(samples);
        }
        // Something went off the record since, and the places are not where they were.
        self.places.clear();
        self.walk(0, track, span)
    }

    fn header_track(&self, track: Track) -> Option<usize> {
        (track.0 < self.header.tracks).then_some(usize::from(track.0))
    }

    /// Collects from the last of the first `known` places on.
    fn walk(&mut self, known: usize, track: Track, span: Span) -> Result<Vec<f32>, RecordingError> {
        let file_bytes = self.file.metadata().map_err(at(&self.path))?.len();
        let beginning = Place { offset: self.header.end, number: 0, ends: Default::default() };
        let mut place = known.checked_sub(1).and_then(|last| self.places.get(last).copied()).unwrap_or(beginning);
        let mut samples = Vec::with_capacity(span.samples().min(file_bytes / 2) as usize);
        let mut wanted = span.start();
        while wanted < span.end() {
            let Step::Record(found) = step(&self.file, place.offset, file_bytes).map_err(at(&self.path))? else {
                break;
            };
            let label = found.label;
            if label.kind == Kind::Sound && label.track == track && label.end() > wanted {
                let body =
                    self.header.body(&self.identity, place.number, &found, &self.file).map_err(at(&self.path))?;
                let Some(body) = body.filter(|_| label.first <= wanted) else { break };
                let until = label.end().min(span.end());
                let (skip, take) = (wanted.0 - label.first.0, until.0 - wanted.0);
                samples.extend(from_pcm(&body).skip(skip as usize).take(take as usize).map(to_float));
                wanted = until;
            }
            if label.kind == Kind::Sound {
                place.ends[usize::from(label.track.0)] = label.end();
            }
            (place.offset, place.number) = (found.next(), place.number + 1);
            if place.number.is_multiple_of(RECORDS_PER_PLACE)
                && self.places.last().is_none_or(|last| last.number < place.number)
            {
                self.places.push(place);
            }
        }
        Ok(samples)
    }
}
