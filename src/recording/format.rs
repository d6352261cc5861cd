//! The bytes of a recording, as drawn in the parent module.

use std::{fs::File, io, os::unix::fs::FileExt, path::Path};

use zeroize::Zeroizing;

use super::{Key, RecordingError, TRACKS_MAX, at};
use crate::{
    capture::BLOCK_SAMPLES_MAX,
    seal::{Identity, Recipient, SealError, open, seal},
    session::{SessionId, Track},
    units::Sample,
};

const MAGIC: &[u8; 8] = b"sidetone";
const VERSION: u8 = 1;
/// Letters of a session id.
const ID_BYTES: usize = 26;
/// Longest piece of a header: far above a recipient's text (62) and a sealed identity (about 600).
const HEADER_PIECE_MAX: usize = 4096;
/// A record's clear part, and the part of it that is sealed too: all but the length.
pub const PREFIX_BYTES: usize = 4 + LABEL_BYTES;
const LABEL_BYTES: usize = 1 + 1 + 4 + 8;
/// What every sealed plaintext begins with.
const PREFACE_BYTES: usize = ID_BYTES + 1 + 8 + LABEL_BYTES;
/// More than age adds to a plaintext this short: a header of one stanza and one of grease (some 300 to 500 bytes), and tags.
const AGE_OVERHEAD_MAX: usize = 1024;
const SEALED_MAX: usize = PREFACE_BYTES + 2 * BLOCK_SAMPLES_MAX + AGE_OVERHEAD_MAX;
/// 16-bit PCM at full scale: every 16-bit sample comes back exactly.
const FULL_SCALE: f32 = 32_768.0;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    Sound = 1,
    Gap = 2,
    Mark = 3,
    End = 4,
    Struck = 5,
}

/// What a record is, in the clear before it and again inside it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Label {
    pub kind: Kind,
    pub track: Track,
    pub samples: u32,
    /// First sample of sound, or of what is struck; or where the gap, mark or end lies.
    pub first: Sample,
}

impl Label {
    /// A record without sound.
    pub fn note(kind: Kind, at: Sample) -> Self {
        Self { kind, track: Track(0), samples: 0, first: at }
    }

    /// One past the last sample.
    pub fn end(&self) -> Sample {
        Sample(self.first.0.saturating_add(u64::from(self.samples)))
    }

    fn bytes(&self) -> [u8; LABEL_BYTES] {
        let mut bytes = [0; LABEL_BYTES];
        bytes[0] = self.kind as u8;
        bytes[1] = self.track.0;
        bytes[2..6].copy_from_slice(&self.samples.to_le_bytes());
        bytes[6..].copy_from_slice(&self.first.0.to_le_bytes());
        bytes
    }

    /// `None` for what no writer writes.
    fn parse(bytes: &[u8; LABEL_BYTES]) -> Option<Self> {
        let [kind, track, s0, s1, s2, s3, first @ ..] = *bytes;
        let kinds = [Kind::Sound, Kind::Gap, Kind::Mark, Kind::End, Kind::Struck];
        let kind = kinds.into_iter().find(|known| *known as u8 == kind)?;
        let samples = u32::from_le_bytes([s0, s1, s2, s3]);
        let lengths = if kind == Kind::Sound { 1..=BLOCK_SAMPLES_MAX as u32 } else { 0..=0 };
        let label = Self { kind, track: Track(track), samples, first: Sample(u64::from_le_bytes(first)) };
        (lengths.contains(&samples) && track < TRACKS_MAX).then_some(label)
    }
}

/// What a recording begins with.
#[derive(Clone, Debug)]
pub struct Header {
    pub session: SessionId,
    pub tracks: u8,
    coachee: String,
    /// The session's recipient.
    sealed_to: String,
    sealed_identity: Vec<u8>,
    /// Offset of the first record.
    pub end: u64,
}

impl Header {
    /// The header of a new recording, and its bytes.
    pub fn new(
        session: SessionId,
        tracks: u8,
        coachee: &Recipient,
        key: &Identity,
    ) -> Result<(Self, Vec<u8>), SealError> {
        let (coachee_text, sealed_to) = (coachee.to_string(), key.to_recipient().to_string());
        let mut header =
            Self { session, tracks, coachee: coachee_text, sealed_to, sealed_identity: Vec::new(), end: 0 };
        let mut bytes = header.clear();
        let plaintext = Zeroizing::new([bytes.as_slice(), key.expose().as_bytes()].concat());
        header.sealed_identity = seal(coachee, &plaintext)?;
        bytes.extend((header.sealed_identity.len() as u32).to_le_bytes());
        bytes.extend(&header.sealed_identity);
        header.end = bytes.len() as u64;
        Ok((header, bytes))
    }

    fn clear(&self) -> Vec<u8> {
        let mut bytes = [MAGIC.as_slice(), &[VERSION, self.tracks], self.session.to_string().as_bytes()].concat();
        for text in [&self.coachee, &self.sealed_to] {
            bytes.extend((text.len() as u16).to_le_bytes());
            bytes.extend(text.as_bytes());
        }
        bytes
    }

    pub fn read(file: &File, path: &Path) -> Result<Self, RecordingError> {
        let mut from = Pieces { file, at: 0 };
        let parsed = from.header().map_err(at(path))?;
        let header = parsed.ok_or_else(|| RecordingError::NotARecording { path: path.to_owned() })?;
        // A recording put in another's place under its name.
        let named: Option<SessionId> = path.file_stem().and_then(|stem| stem.to_str()?.parse().ok());
        if named.is_some_and(|named| named != header.session) {
            return Err(RecordingError::WrongSession { path: path.to_owned() });
        }
        Ok(header)
    }

    /// The session identity that `key` leads to.
    pub fn unlock(&self, key: Key<'_>, path: &Path) -> Result<Identity, RecordingError> {
        let identity = match key {
            Key::Session(identity) => identity.clone(),
            Key::Coachee(identity) => {
                let plaintext = open(identity, &self.sealed_identity).map_err(|_| RecordingError::WrongIdentity)?;
                let text = plaintext
                    .strip_prefix(self.clear().as_slice())
                    .ok_or_else(|| RecordingError::WrongSession { path: path.to_owned() })?;
                std::str::from_utf8(text)
                    .ok()
                    .and_then(|text| text.parse().ok())
                    .ok_or_else(|| RecordingError::NotARecording { path: path.to_owned() })?
            }
        };
        if identity.to_recipient().to_string() == self.sealed_to {
            Ok(identity)
        } else {
            Err(RecordingError::WrongIdentity)
        }
    }

    fn preface(&self, number: u64, label: &Label) -> Vec<u8> {
        let id = self.session.to_string();
        [id.as_bytes(), &[self.tracks], &number.to_le_bytes(), &label.bytes()].concat()
    }

    /// A record's bytes.
    pub fn seal(&self, to: &Recipient, number: u64, label: &Label, body: &[u8]) -> Result<Vec<u8>, SealError> {
        let mut plaintext = Zeroizing::new(Vec::with_capacity(PREFACE_BYTES + body.len()));
        plaintext.extend(self.preface(number, label));
        plaintext.extend(body);
        let sealed = seal(to, &plaintext)?;
        Ok([(sealed.len() as u32).to_le_bytes().as_slice(), &label.bytes(), &sealed].concat())
    }

    /// The body of a record; `None` when it is not what should be here.
    ///
    /// # Errors
    /// When the disk does not give it: it may be whole all the same.
    pub fn body(
        &self,
        identity: &Identity,
        number: u64,
        found: &Found,
        file: &File,
    ) -> io::Result<Option<Zeroizing<Vec<u8>>>> {
        let mut sealed = vec![0; found.sealed_bytes];
        let there = unless_over(file.read_exact_at(&mut sealed, found.offset + PREFIX_BYTES as u64))?;
        Ok(there.and_then(|()| self.open(identity, number, &found.label, &sealed)))
    }

    fn open(&self, identity: &Identity, number: u64, label: &Label, sealed: &[u8]) -> Option<Zeroizing<Vec<u8>>> {
        let plaintext = open(identity, sealed).ok()?;
        let body = plaintext.strip_prefix(self.preface(number, label).as_slice())?;
        let expected = match label.kind {
            Kind::Sound => 2 * label.samples as usize,
            Kind::Gap | Kind::Struck => 8,
            Kind::Mark | Kind::End => 0,
        };
        let fits = body.len() == expected && label.track.0 < self.tracks;
        fits.then(|| Zeroizing::new(body.to_vec()))
    }
}

/// Reads a header piece by piece.
struct Pieces<'a> {
    file: &'a File,
    at: u64,
}

impl Pieces<'_> {
    /// `None` at the file's end, or for a length that no header has.
    fn take(&mut self, bytes: usize) -> io::Result<Option<Vec<u8>>> {
        if bytes > HEADER_PIECE_MAX {
            return Ok(None);
        }
        let mut piece = vec![0; bytes];
        let there = unless_over(self.file.read_exact_at(&mut piece, self.at))?;
        self.at += bytes as u64;
        Ok(there.map(|()| piece))
    }

    fn text(&mut self, bytes: usize) -> io::Result<Option<String>> {
        Ok(self.take(bytes)?.and_then(|piece| String::from_utf8(piece).ok()))
    }

    /// Little-endian, of at most four bytes.
    fn number(&mut self, bytes: usize) -> io::Result<Option<usize>> {
        let piece = self.take(bytes)?;
        Ok(piece.map(|piece| piece.iter().rev().fold(0, |number, byte| number << 8 | usize::from(*byte))))
    }

    fn header(&mut self) -> io::Result<Option<Header>> {
        /// `?` for what is not there.
        macro_rules! some {
            ($piece:expr) => {
                match $piece? {
                    Some(piece) => piece,
                    None => return Ok(None),
                }
            };
        }
        if some!(self.take(MAGIC.len())) != MAGIC || some!(self.number(1)) != usize::from(VERSION) {
            return Ok(None);
        }
        let tracks = some!(self.number(1)) as u8;
        let session = some!(self.text(ID_BYTES));
        let (Ok(session), 1..=TRACKS_MAX) = (session.parse::<SessionId>(), tracks) else { return Ok(None) };
        let length = some!(self.number(2));
        let coachee = some!(self.text(length));
        let length = some!(self.number(2));
        let sealed_to = some!(self.text(length));
        let length = some!(self.number(4));
        let sealed_identity = some!(self.take(length));
        Ok(Some(Header { session, tracks, coachee, sealed_to, sealed_identity, end: self.at }))
    }
}

/// A record as its clear part has it: not yet believed.
#[derive(Clone, Debug)]
pub struct Found {
    pub label: Label,
    pub offset: u64,
    sealed_bytes: usize,
}

impl Found {
    /// Where the next record begins.
    pub fn next(&self) -> u64 {
        self.offset + (PREFIX_BYTES + self.sealed_bytes) as u64
    }
}

/// What stands at an offset.
#[derive(Debug)]
pub enum Step {
    Record(Found),
    /// The file ends here, between two records.
    Over,
    /// The file ends inside a record.
    Torn,
    /// No record begins like this.
    Senseless,
}

/// `None` where the file was over before all was read.
fn unless_over(read: io::Result<()>) -> io::Result<Option<()>> {
    match read {
        Ok(()) => Ok(Some(())),
        Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => Ok(None),
        Err(error) => Err(error),
    }
}

/// Looks at the clear part of the record at `offset` of a file of `file_bytes`.
///
/// # Errors
/// When the disk does not give it.
pub fn step(file: &File, offset: u64, file_bytes: u64) -> io::Result<Step> {
    if offset == file_bytes {
        return Ok(Step::Over);
    }
    let mut prefix = [0; PREFIX_BYTES];
    if unless_over(file.read_exact_at(&mut prefix, offset))?.is_none() {
        return Ok(Step::Torn);
    }
    let [l0, l1, l2, l3, label @ ..] = prefix;
    let sealed_bytes = u32::from_le_bytes([l0, l1, l2, l3]) as usize;
    let Some(label) = Label::parse(&label).filter(|_| sealed_bytes <= SEALED_MAX) else { return Ok(Step::Senseless) };
    let found = Found { label, offset, sealed_bytes };
    Ok(if found.next() > file_bytes { Step::Torn } else { Step::Record(found) })
}

/// Sound as 16-bit PCM.
pub fn to_pcm(samples: &[f32]) -> Zeroizing<Vec<u8>> {
    Zeroizing::new(samples.iter().flat_map(|sample| to_integer(*sample).to_le_bytes()).collect())
}

/// The nearest 16-bit sample; 0 for what is not a number.
pub fn to_integer(sample: f32) -> i16 {
    // `as` saturates, and makes 0 of NaN.
    (sample * FULL_SCALE).round() as i16
}

pub fn from_pcm(pcm: &[u8]) -> impl ExactSizeIterator<Item = i16> {
    pcm.chunks_exact(2).map(|pair| i16::from_le_bytes([pair[0], pair[1]]))
}

pub fn to_float(sample: i16) -> f32 {
    f32::from(sample) / FULL_SCALE
}
