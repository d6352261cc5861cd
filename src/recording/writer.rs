//! Writing: one record, one `fdatasync`; and cutting off what was said off the record.

use std::{
    fs::{DirBuilder, File, OpenOptions},
    io,
    os::unix::fs::{DirBuilderExt, FileExt, OpenOptionsExt},
    path::{Path, PathBuf},
};

use zeroize::Zeroizing;

use super::{
    RecordingError, TRACKS_MAX, at,
    format::{Header, Kind, Label, Step, step, to_pcm},
};
use crate::{
    capture::{BLOCK_SAMPLES_MAX, Block},
    seal::{Identity, Recipient},
    session::{SessionId, Track},
    units::{SAMPLE_RATE, Sample, Span},
};

/// Writes a session's recording. Holds the session identity, to keep the front of a chunk that is cut in two; it is gone
/// with the writer.
#[derive(Debug)]
pub struct Writer {
    path: PathBuf,
    file: File,
    header: Header,
    identity: Identity,
    recipient: Recipient,
    /// Where the next record goes, and its number.
    offset: u64,
    number: u64,
    /// One past the last sample of each track.
    ends: [Sample; TRACKS_MAX as usize],
    /// The file may be longer than `offset`: a write failed, and so did cutting off what it left.
    ragged: bool,
}

impl Writer {
    /// Makes the file (mode 0600) with its header, fsyncs it and its directory, and returns the session identity. The file is
    /// locked (flock) as long as the writer or its [`Lock`] is there: it has not been cut off.
    ///
    /// # Errors
    /// When the file exists or cannot be made; nothing is left of it then.
    pub fn create(
        path: &Path,
        session: SessionId,
        tracks: u8,
        coachee: &Recipient,
    ) -> Result<(Self, Identity), RecordingError> {
        if !(1..=TRACKS_MAX).contains(&tracks) {
            return Err(RecordingError::OutOfOrder { track: tracks });
        }
        let identity = Identity::generate();
        let (header, bytes) = Header::new(session, tracks, coachee, &identity)?;
        let folder = path.parent().filter(|folder| *folder != Path::new("")).unwrap_or(Path::new("."));
        DirBuilder::new().recursive(true).mode(0o700).create(folder).map_err(at(folder))?;
        // Reading too, for `forget_from`. `create_new` follows no link that was put in the file's place.
        let file =
            OpenOptions::new().read(true).write(true).create_new(true).mode(0o600).open(path).map_err(at(path))?;
        if let Err(error) = file.lock() {
            // A file system without locks, and nothing that a session should fail for.
            tracing::warn!("{} cannot be locked: {error}", path.display());
        }
        let safe =
            file.write_all_at(&bytes, 0).and_then(|()| file.sync_all()).and_then(|()| File::open(folder)?.sync_all());
        if let Err(error) = safe {
            // A header without a recording helps nobody, and would stand in the way of the next attempt.
            let _ = std::fs::remove_file(path);
            return Err(at(path)(error));
        }
        let writer = Self {
            path: path.to_owned(),
            file,
            offset: header.end,
            header,
            recipient: identity.to_recipient(),
            identity: identity.clone(),
            number: 0,
            ends: Default::default(),
            ragged: false,
        };
        Ok((writer, identity))
    }

    /// Seals a block as one chunk and fsyncs. Sound is kept as 16-bit PCM. A longer block than capture makes becomes
    /// several chunks.
    ///
    /// # Errors
    /// When the disk is full or fails: the file then ends with the last whole record, and trying again is allowed.
    pub fn append(&mut self, block: &Block) -> Result<(), RecordingError> {
        let end = self.ends.get(usize::from(block.track.0)).filter(|_| block.track.0 < self.header.tracks);
        if end.is_none_or(|end| block.first < *end) {
            return Err(RecordingError::OutOfOrder { track: block.track.0 });
        }
        let mut first = block.first;
        for samples in block.samples.chunks(BLOCK_SAMPLES_MAX) {
            let label = Label { kind: Kind::Sound, track: block.track, samples: samples.len() as u32, first };
            self.put(&label, &to_pcm(samples))?;
            first = label.end();
        }
        Ok(())
    }

    /// Notes a pause or off-the-record stretch of wall-clock time at `at`: no sample of it exists, and the clock stands
    /// still.
    ///
    /// # Errors
    /// As [`Writer::append`].
    pub fn gap(&mut self, at: Sample, lasted_ms: u64) -> Result<(), RecordingError> {
        self.put(&Label::note(Kind::Gap, at), &lasted_ms.to_le_bytes())
    }

    /// Notes that someone marked this moment.
    ///
    /// # Errors
    /// As [`Writer::append`].
    pub fn mark(&mut self, at: Sample) -> Result<(), RecordingError> {
        self.put(&Label::note(Kind::Mark, at), &[])
    }

    /// Notes that what was said in `span` is no part of the conversation: it stays as sound, and becomes no word and no number.
    ///
    /// # Errors
    /// As [`Writer::append`].
    pub fn strike(&mut self, span: Span) -> Result<(), RecordingError> {
        self.put(&Label::note(Kind::Struck, span.start()), &span.samples().to_le_bytes())
    }

    /// Off the record: everything from `from` on, of every track, is cut off the file and gone, but for marks; a gap record is
    /// appended, as long as what went (gaps in it included).
    ///
    /// The file is cut at the first record that holds sound from there on, and what came before `from` in the records
    /// behind it is appended again. A crash in between loses that part: less than half a second of each track.
    ///
    /// # Errors
    /// When the disk fails.
    pub fn forget_from(&mut self, from: Sample) -> Result<(), RecordingError> {
        let tail = self.tail(from)?;
        if tail.offset < self.offset {
            self.file.set_len(tail.offset).and_then(|()| self.file.sync_all()).map_err(at(&self.path))?;
            (self.offset, self.number, self.ends) = (tail.offset, tail.number, tail.ends);
        }
        for (label, body) in &tail.kept {
            self.put(label, body)?;
        }
        self.gap(from, tail.lasted_ms)
    }

    /// Keeps the file locked when the writer is gone; `None` where the system gives no handle.
    pub fn lock(&self) -> Option<Lock> {
        self.file.try_clone().ok().map(Lock)
    }

    /// Samples of each track's prefix that are safe on disk.
    pub fn written(&self, track: Track) -> Sample {
        self.ends.get(usize::from(track.0)).copied().unwrap_or_default()
    }

    /// Bytes of the file.
    pub fn bytes(&self) -> u64 {
        self.offset
    }

    /// Writes the end record: a recording without one was cut off.
    ///
    /// # Errors
    /// When the disk fails; what was recorded is there all the same.
    pub fn finish(mut self) -> Result<(), RecordingError> {
        let end = self.ends.into_iter().max().unwrap_or_default();
        self.put(&Label::note(Kind::End, end), &[])
    }

    /// The file's handle, for tests to break.
    #[cfg(test)]
    pub(super) fn file_mut(&mut self) -> &mut File {
        &mut self.file
    }

    fn put(&mut self, label: &Label, body: &[u8]) -> Result<(), RecordingError> {
        let record = self.header.seal(&self.recipient, self.number, label, body)?;
        self.write(&record).map_err(at(&self.path))?;
        self.offset += record.len() as u64;
        self.number += 1;
        if let (Kind::Sound, Some(end)) = (label.kind, self.ends.get_mut(usize::from(label.track.0))) {
            *end = label.end();
        }
        Ok(())
    }

    /// Appends a whole record, or leaves the file as it was.
    fn write(&mut self, record: &[u8]) -> io::Result<()> {
        if self.ragged {
            self.file.set_len(self.offset)?;
            self.ragged = false;
        }
        self.file.write_all_at(record, self.offset).and_then(|()| self.file.sync_data()).inspect_err(|_| {
            // After a failed sync nobody knows what reached the disk: the record is taken back either way.
            self.ragged = self.file.set_len(self.offset).is_err();
        })
    }

    /// What is to be cut off so that nothing from `from` on remains, and what of it is to be appended again.
    fn tail(&self, from: Sample) -> Result<Tail, RecordingError> {
        let mut tail = Tail {
            offset: self.header.end,
            number: 0,
            ends: Default::default(),
            kept: Vec::new(),
            lasted_ms: self.ends.iter().map(|end| end.0.saturating_sub(from.0)).max().unwrap_or(0) * 1000
                / u64::from(SAMPLE_RATE),
        };
        let (mut offset, mut number, mut cutting) = (self.header.end, 0, false);
        while let Step::Record(found) = step(&self.file, offset, self.offset).map_err(at(&self.path))? {
            let label = found.label;
            cutting |= label.kind == Kind::Sound && label.end() > from;
            if cutting {
                let goes = match label.kind {
                    Kind::Gap => label.first > from,
                    // A time, and nothing that was said: whoever marked it wants to come back to it.
                    Kind::Mark => false,
                    _ => label.first >= from,
                };
                // A sound that goes is not even opened; and what does not open must not keep the rest here.
                if (!goes || label.kind == Kind::Gap)
                    && let Ok(Some(body)) = self.header.body(&self.identity, number, &found, &self.file)
                {
                    tail.take(label, body, from, goes);
                }
            } else if label.kind == Kind::Sound {
                tail.ends[usize::from(label.track.0)] = label.end();
            }
            (offset, number) = (found.next(), number + 1);
            if !cutting {
                (tail.offset, tail.number) = (offset, number);
            }
        }
        if offset != self.offset {
            let unreadable = io::Error::new(io::ErrorKind::InvalidData, "what was written cannot be read again");
            return Err(at(&self.path)(unreadable));
        }
        Ok(tail)
    }
}

/// Held by who has still to store what becomes of a recording that nobody writes any more. Unlocks when dropped.
#[derive(Debug)]
pub struct Lock(#[expect(dead_code, reason = "that it is open is all")] File);

/// The end of a recording that is cut off.
#[derive(Debug)]
struct Tail {
    /// Offset and number of the first record of it, and the end of each track before it.
    offset: u64,
    number: u64,
    ends: [Sample; TRACKS_MAX as usize],
    kept: Vec<(Label, Zeroizing<Vec<u8>>)>,
    lasted_ms: u64,
}

impl Tail {
    /// Keeps what of a record lies before `from`; the length of a gap that goes is added to the one to come.
    fn take(&mut self, mut label: Label, body: Zeroizing<Vec<u8>>, from: Sample, goes: bool) {
        if goes {
            let lasted_ms = body.as_slice().try_into().map_or(0, u64::from_le_bytes);
            self.lasted_ms = self.lasted_ms.saturating_add(lasted_ms);
            return;
        }
        let mut body = body;
        if label.kind == Kind::Sound && label.end() > from {
            label.samples = (from.0 - label.first.0) as u32;
            body = Zeroizing::new(body[..2 * label.samples as usize].to_vec());
        }
        self.kept.push((label, body));
    }
}
