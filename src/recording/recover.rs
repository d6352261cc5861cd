//! Reading a recording from its first record to its end, or to where it was damaged.

use std::{
    fs::File,
    io,
    path::{Path, PathBuf},
};

use super::{
    Key, RecordingError, TRACKS_MAX, at,
    format::{Found, Header, Kind, Step, from_pcm, step, to_float},
};
use crate::{
    capture::Block,
    seal::Identity,
    session::SessionId,
    units::{Sample, Span},
};

/// What can be told without any key: as the file's clear parts have it, which nobody vouches for.
#[derive(Clone, Debug, PartialEq)]
pub struct Outline {
    pub session: SessionId,
    pub tracks: u8,
    pub bytes: u64,
    pub chunks: u64,
    pub finished: bool,
}

/// Damage found behind what survived.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Damage {
    /// The file ends inside a record; the first so many bytes are whole.
    Torn { whole_bytes: u64 },
    /// A record does not open, or is not what should come here.
    Altered { record: u64 },
    /// Neither torn nor ended: the writer was killed between two records.
    NoEnd,
}

/// A recording being read: blocks in the order they were written, until the end or the first damage.
#[derive(Debug)]
pub struct Recording {
    path: PathBuf,
    file: File,
    file_bytes: u64,
    header: Header,
    identity: Identity,
    /// Offset and number of the record that comes next.
    offset: u64,
    number: u64,
    /// One past the last sample of each track so far.
    ends: [Sample; TRACKS_MAX as usize],
    gaps: Vec<(Sample, u64)>,
    marks: Vec<Sample>,
    struck: Vec<Span>,
    damage: Option<Damage>,
    /// The disk did not give what comes next.
    failure: Option<io::Error>,
    over: bool,
}

impl Recording {
    pub fn session(&self) -> SessionId {
        self.header.session
    }

    pub fn tracks(&self) -> u8 {
        self.header.tracks
    }

    pub fn path(&self) -> &Path {
        &self.path
    }

    /// (position on the session clock, milliseconds that passed) of the gaps met so far.
    pub fn gaps(&self) -> &[(Sample, u64)] {
        &self.gaps
    }

    pub fn marks(&self) -> &[Sample] {
        &self.marks
    }

    /// What is no part of the conversation, of all that was met so far; noted behind its sound.
    pub fn struck(&self) -> &[Span] {
        &self.struck
    }

    /// After the last block: what was wrong with what could be read, if anything.
    pub fn damage(&self) -> Option<&Damage> {
        self.damage.as_ref()
    }

    /// After the last block: the same, where all could be read. Who means to store what was read, or to delete the file, asks
    /// this: a disk that fails for a moment is no damage, and no end.
    ///
    /// # Errors
    /// When the disk did not give a record.
    pub fn ended(self) -> Result<Option<Damage>, RecordingError> {
        match self.failure {
            Some(source) => Err(RecordingError::Io { path: self.path, source }),
            None => Ok(self.damage),
        }
    }

    fn stop(&mut self, damage: Option<Damage>) {
        self.damage = damage;
        self.over = true;
    }

    /// Takes in one record and its body; a block if it holds sound. `None` when it is not what should be here.
    fn accept(&mut self, found: &Found, body: &[u8]) -> Option<Option<Block>> {
        let label = found.label;
        let mut block = None;
        match label.kind {
            Kind::Sound => {
                let end = self.ends.get_mut(usize::from(label.track.0)).filter(|end| **end <= label.first)?;
                *end = label.end();
                let samples = from_pcm(body).map(to_float).collect();
                block = Some(Block { first: label.first, track: label.track, samples });
            }
            Kind::Gap => self.gaps.push((label.first, u64::from_le_bytes(body.try_into().ok()?))),
            Kind::Mark => self.marks.push(label.first),
            Kind::Struck => {
                let samples = u64::from_le_bytes(body.try_into().ok()?);
                let end = Sample(label.first.0.saturating_add(samples));
                self.struck.extend(Span::new(label.first, end));
            }
            Kind::End => {
                // Something appended to a finished recording did not come from its writer.
                let last = found.next() == self.file_bytes;
                self.stop((!last).then_some(Damage::Altered { record: self.number + 1 }));
            }
        }
        self.offset = found.next();
        self.number += 1;
        Some(block)
    }

    /// Goes one record on, or stops; a block if there was sound.
    fn advance(&mut self) -> io::Result<Option<Block>> {
        let damage = match step(&self.file, self.offset, self.file_bytes)? {
            Step::Record(found) => {
                let body = self.header.body(&self.identity, self.number, &found, &self.file)?;
                if let Some(block) = body.and_then(|body| self.accept(&found, &body)) {
                    return Ok(block);
                }
                Damage::Altered { record: self.number }
            }
            Step::Over => Damage::NoEnd,
            Step::Torn => Damage::Torn { whole_bytes: self.offset },
            Step::Senseless => Damage::Altered { record: self.number },
        };
        self.stop(Some(damage));
        Ok(None)
    }
}

impl Iterator for Recording {
    type Item = Block;

    fn next(&mut self) -> Option<Block> {
        while !self.over {
            match self.advance() {
                Ok(None) => {}
                Ok(block) => return block,
                Err(error) => {
                    self.failure = Some(error);
                    self.stop(None);
                }
            }
        }
        None
    }
}

/// What a recording says of itself in the clear.
///
/// # Errors
/// When the file cannot be read, or is not a recording.
pub fn outline(path: &Path) -> Result<Outline, RecordingError> {
    let (file, header, file_bytes) = open(path)?;
    let (mut offset, mut chunks, mut last) = (header.end, 0, None);
    while let Step::Record(found) = step(&file, offset, file_bytes).map_err(at(path))? {
        chunks += u64::from(found.label.kind == Kind::Sound);
        last = Some(found.label.kind);
        offset = found.next();
    }
    let finished = last == Some(Kind::End) && offset == file_bytes;
    Ok(Outline { session: header.session, tracks: header.tracks, bytes: file_bytes, chunks, finished })
}

/// Opens a recording from its first block; damage ends the iteration and is data, not an error.
///
/// # Errors
/// When the file cannot be read, its header is damaged or another session's, or the key is not its own.
pub fn recover(path: &Path, key: Key<'_>) -> Result<Recording, RecordingError> {
    let (file, header, file_bytes) = open(path)?;
    Ok(Recording {
        path: path.to_owned(),
        file,
        file_bytes,
        identity: header.unlock(key, path)?,
        offset: header.end,
        header,
        number: 0,
        ends: Default::default(),
        gaps: Vec::new(),
        marks: Vec::new(),
        struck: Vec::new(),
        damage: None,
        failure: None,
        over: false,
    })
}

/// A recording's file, header and length.
pub(super) fn open(path: &Path) -> Result<(File, Header, u64), RecordingError> {
    let file = File::open(path).map_err(at(path))?;
    let header = Header::read(&file, path)?;
    let bytes = file.metadata().map_err(at(path))?.len();
    Ok((file, header, bytes))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{recording::Writer, session::Track};

    #[test]
    fn a_disk_that_fails_is_no_end_of_a_recording() {
        // It was taken for damage: the words were made of what came before, and the sound was deleted.
        let (folder, coachee, session) = (tempfile::tempdir().unwrap(), Identity::generate(), SessionId::generate());
        let path = folder.path().join(format!("{session}.sealed"));
        let (mut writer, _) = Writer::create(&path, session, 1, &coachee.to_recipient()).unwrap();
        for first in [0, 80] {
            let block = Block { first: Sample(first), track: Track(0), samples: [0.5; 80].into() };
            writer.append(&block).unwrap();
        }
        writer.finish().unwrap();
        let mut recording = recover(&path, Key::Coachee(&coachee)).unwrap();
        assert!(recording.next().is_some());
        // The same file, which the system now refuses to read.
        recording.file = File::options().write(true).open(&path).unwrap();
        assert_eq!(recording.next(), None);
        assert!(matches!(recording.ended(), Err(RecordingError::Io { .. })));

        let mut recording = recover(&path, Key::Coachee(&coachee)).unwrap();
        assert_eq!(recording.by_ref().count(), 2);
        assert_eq!(recording.ended().unwrap(), None);
    }
}
