//! What a recording gives back: all of it, or all that stands before the damage, and nothing else.

use std::{fs, os::unix::fs::PermissionsExt};

use proptest::prelude::*;
use tempfile::TempDir;

use super::*;
use crate::{
    capture::{BLOCK_SAMPLES_MAX, Block},
    seal::Identity,
    session::{SessionId, Track},
    units::{Sample, Span},
};

/// A recording being made, and the keys to it.
struct Made {
    folder: TempDir,
    path: PathBuf,
    session: SessionId,
    coachee: Identity,
    key: Identity,
    writer: Option<Writer>,
}

impl Made {
    fn new(tracks: u8) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let (session, coachee) = (SessionId::generate(), Identity::generate());
        let path = folder.path().join(format!("{session}.{EXTENSION}"));
        let (writer, key) = Writer::create(&path, session, tracks, &coachee.to_recipient()).unwrap();
        Self { folder, path, session, coachee, key, writer: Some(writer) }
    }

    /// With these chunks, as (track, first, length), each sample telling its place.
    fn with(tracks: u8, chunks: &[(u8, u64, u64)]) -> Self {
        let mut made = Self::new(tracks);
        for &(track, first, length) in chunks {
            made.writer().append(&block(track, first, length)).unwrap();
        }
        made
    }

    fn writer(&mut self) -> &mut Writer {
        self.writer.as_mut().unwrap()
    }

    fn finish(&mut self) {
        self.writer.take().unwrap().finish().unwrap();
    }

    fn bytes(&self) -> Vec<u8> {
        fs::read(&self.path).unwrap()
    }

    /// All blocks, then the recording for what else it knows.
    fn recovered(&self) -> (Vec<Block>, Recording) {
        let mut recording = recover(&self.path, Key::Coachee(&self.coachee)).unwrap();
        (recording.by_ref().collect(), recording)
    }

    /// The same recording with other bytes in its file.
    fn changed(&self, bytes: &[u8]) -> Result<(Vec<Block>, Option<Damage>), RecordingError> {
        fs::write(&self.path, bytes).unwrap();
        let mut recording = recover(&self.path, Key::Session(&self.key))?;
        let blocks = recording.by_ref().collect();
        Ok((blocks, recording.damage().cloned()))
    }

    /// Where each record begins, and where the last ends.
    fn offsets(&self) -> Vec<usize> {
        let (file, header, bytes) = recover::open(&self.path).unwrap();
        let mut offsets = vec![header.end as usize];
        while let format::Step::Record(found) = format::step(&file, offsets[offsets.len() - 1] as u64, bytes).unwrap() {
            offsets.push(found.next() as usize);
        }
        offsets
    }
}

/// The 16-bit sample that a test puts at a place.
fn sample(track: u8, at: u64) -> f32 {
    f32::from((at.wrapping_mul(31) as i16) ^ i16::from(track) << 7) / 32_768.0
}

fn block(track: u8, first: u64, length: u64) -> Block {
    let samples = (first..first + length).map(|at| sample(track, at)).collect();
    Block { first: Sample(first), track: Track(track), samples }
}

fn span(start: u64, end: u64) -> Span {
    Span::new(Sample(start), Sample(end)).unwrap()
}

#[test]
fn what_was_written_comes_back_with_its_notes() {
    let mut made = Made::with(2, &[(0, 0, 8000), (1, 0, 8000)]);
    made.writer().mark(Sample(9000)).unwrap();
    made.writer().gap(Sample(8000), 61_000).unwrap();
    made.writer().append(&block(0, 8000, 100)).unwrap();
    assert_eq!(made.writer().written(Track(0)), Sample(8100));
    assert_eq!(made.writer().written(Track(1)), Sample(8000));
    made.finish();
    let (blocks, recording) = made.recovered();
    assert_eq!(blocks, [block(0, 0, 8000), block(1, 0, 8000), block(0, 8000, 100)]);
    assert_eq!((recording.session(), recording.tracks(), recording.damage()), (made.session, 2, None));
    assert_eq!((recording.gaps(), recording.marks()), ([(Sample(8000), 61_000)].as_slice(), [Sample(9000)].as_slice()));
    let expected =
        Outline { session: made.session, tracks: 2, bytes: made.bytes().len() as u64, chunks: 3, finished: true };
    assert_eq!(outline(&made.path).unwrap(), expected);
}

#[test]
fn only_the_owner_may_touch_the_file_and_no_sound_is_in_it() {
    let made = Made::with(1, &[(0, 0, 8000)]);
    assert_eq!(fs::metadata(&made.path).unwrap().permissions().mode() & 0o777, 0o600);
    let pcm = format::to_pcm(&block(0, 0, 64).samples);
    assert!(!made.bytes().windows(16).any(|window| pcm.windows(16).any(|run| run == window)));
    assert!(!made.bytes().windows(15).any(|window| window == b"AGE-SECRET-KEY-"));
}

#[test]
fn a_recording_is_never_overwritten() {
    let made = Made::new(1);
    let again = Writer::create(&made.path, made.session, 1, &made.coachee.to_recipient());
    assert!(matches!(again, Err(RecordingError::Io { .. })));
    assert!(made.path.exists());
    let link = made.folder.path().join("link");
    std::os::unix::fs::symlink(made.folder.path().join("elsewhere"), &link).unwrap();
    assert!(Writer::create(&link, made.session, 1, &made.coachee.to_recipient()).is_err());
}

#[test]
fn only_its_keys_open_it() {
    let made = Made::with(1, &[(0, 0, 800)]);
    let stranger = Identity::generate();
    for key in [Key::Coachee(&stranger), Key::Session(&stranger), Key::Coachee(&made.key), Key::Session(&made.coachee)]
    {
        assert!(matches!(recover(&made.path, key), Err(RecordingError::WrongIdentity)), "{key:?}");
    }
    assert!(recover(&made.path, Key::Session(&made.key)).is_ok());
}

#[test]
fn sound_must_follow_what_is_written() {
    let mut made = Made::with(1, &[(0, 0, 800)]);
    for (track, first) in [(0, 799), (1, 800), (7, 800)] {
        assert!(matches!(made.writer().append(&block(track, first, 8)), Err(RecordingError::OutOfOrder { .. })));
    }
    made.writer().append(&block(0, 800, 20_000)).unwrap();
    made.finish();
    let (blocks, recording) = made.recovered();
    assert_eq!(recording.damage(), None);
    assert!(blocks.iter().all(|block| block.samples.len() <= BLOCK_SAMPLES_MAX));
    assert_eq!(blocks.iter().map(|block| block.samples.len()).sum::<usize>(), 20_800);
}

#[test]
fn loud_and_senseless_samples_are_kept_within_16_bits() {
    let table =
        [(1.0, 32_767), (-1.0, -32_768), (7.0, 32_767), (f32::NAN, 0), (f32::NEG_INFINITY, -32_768), (0.5, 16_384)];
    for (sample, expected) in table {
        assert_eq!(format::to_integer(sample), expected, "{sample}");
    }
    for integer in i16::MIN..=i16::MAX {
        assert_eq!(format::to_integer(format::to_float(integer)), integer);
    }
}

#[test]
fn off_the_record_cuts_every_track_at_the_sample() {
    // (chunks, from, what remains, lasted_ms)
    type Chunks = &'static [(u8, u64, u64)];
    let table: &[(Chunks, u64, Chunks, u64)] = &[
        (&[(0, 0, 8000), (0, 8000, 8000)], 8000, &[(0, 0, 8000)], 500),
        (&[(0, 0, 8000), (0, 8000, 8000)], 3000, &[(0, 0, 3000)], 812),
        (&[(0, 0, 8000), (0, 8000, 8000)], 16_000, &[(0, 0, 8000), (0, 8000, 8000)], 0),
        (&[(0, 0, 8000)], 0, &[], 500),
        // A track that lags: what it said before stands behind the cut and stays.
        (
            &[(0, 0, 8000), (0, 8000, 8000), (1, 0, 8000), (1, 8000, 4000)],
            9000,
            &[(0, 0, 8000), (0, 8000, 1000), (1, 0, 8000), (1, 8000, 1000)],
            437,
        ),
    ];
    for (chunks, from, remaining, lasted_ms) in table {
        let mut made = Made::with(2, chunks);
        let before = made.bytes().len();
        made.writer().forget_from(Sample(*from)).unwrap();
        assert!(*lasted_ms == 0 || made.bytes().len() < before);
        let remaining: Vec<Block> =
            remaining.iter().map(|&(track, first, length)| block(track, first, length)).collect();
        for track in [0, 1] {
            let end = remaining
                .iter()
                .filter(|block| block.track == Track(track))
                .map(|b| b.first.0 + b.samples.len() as u64);
            assert_eq!(made.writer().written(Track(track)).0, end.max().unwrap_or(0));
        }
        // The session goes on where it was cut.
        let next = block(0, *from, 500);
        made.writer().append(&next).unwrap();
        made.finish();
        let (blocks, recording) = made.recovered();
        assert_eq!(blocks, [remaining, vec![next]].concat(), "{chunks:?} from {from}");
        assert_eq!((recording.gaps(), recording.damage()), ([(Sample(*from), *lasted_ms)].as_slice(), None));
    }
}

#[test]
fn off_the_record_keeps_earlier_notes_and_adds_up_what_went() {
    let mut made = Made::with(1, &[(0, 0, 8000)]);
    made.writer().mark(Sample(2000)).unwrap();
    made.writer().mark(Sample(7000)).unwrap();
    made.writer().gap(Sample(8000), 1000).unwrap();
    made.writer().forget_from(Sample(4000)).unwrap();
    let (_, recording) = made.recovered();
    // A mark is a time and no sound: it stays, whatever was said then.
    let marks = [Sample(2000), Sample(7000)];
    assert_eq!((recording.marks(), recording.gaps()), (marks.as_slice(), [(Sample(4000), 1250)].as_slice()));
}

#[test]
fn what_was_struck_is_said_and_stays_as_sound() {
    let mut made = Made::with(1, &[(0, 0, 8000), (0, 8000, 8000)]);
    for (start, end) in [(1000, 5000), (9000, 12_000), (13_000, 15_000)] {
        made.writer().strike(span(start, end)).unwrap();
    }
    assert_eq!(
        read(&made.path, Key::Session(&made.key), Track(0), span(0, 8000)).unwrap(),
        block(0, 0, 8000).samples.to_vec()
    );
    // With the sound goes what was said of it.
    made.writer().forget_from(Sample(12_500)).unwrap();
    made.finish();
    let (blocks, recording) = made.recovered();
    assert_eq!(blocks, [block(0, 0, 8000), block(0, 8000, 4500)]);
    assert_eq!((recording.struck(), recording.damage()), ([span(1000, 5000), span(9000, 12_000)].as_slice(), None));
}

#[test]
fn a_failed_write_leaves_whole_records_and_can_be_tried_again() {
    let mut made = Made::with(1, &[(0, 0, 8000)]);
    let path = made.path.clone();
    // A disk that takes nothing more: the handle cannot write, nor cut off.
    let working = std::mem::replace(made.writer().file_mut(), fs::File::open(&path).unwrap());
    let failed = made.writer().append(&block(0, 8000, 8000));
    assert!(matches!(failed, Err(RecordingError::Io { .. })), "{failed:?}");
    // The half of a record that it did take.
    let torn = [made.bytes(), vec![7; 20_000]].concat();
    fs::write(&path, torn).unwrap();
    let (blocks, recording) = made.recovered();
    assert_eq!(blocks, [block(0, 0, 8000)]);
    assert!(recording.damage().is_some());
    *made.writer().file_mut() = working;
    assert_eq!(made.writer().written(Track(0)), Sample(8000));
    made.writer().append(&block(0, 8000, 10)).unwrap();
    made.finish();
    let (blocks, recording) = made.recovered();
    assert_eq!((blocks, recording.damage()), (vec![block(0, 0, 8000), block(0, 8000, 10)], None));
}

#[test]
fn reading_again_finds_any_stretch_while_the_session_goes_on() {
    let mut made = Made::new(2);
    let again = |made: &Made, track, span| read(&made.path, Key::Session(&made.key), Track(track), span);
    let expected = |track, start, end| (start..end).map(|at| sample(track, at)).collect::<Vec<f32>>();
    for first in (0..40_000).step_by(200) {
        made.writer().append(&block(0, first, 200)).unwrap();
        made.writer().append(&block(1, first, 200)).unwrap();
    }
    let table = [(0, 0, 1), (0, 150, 450), (1, 39_000, 40_000), (0, 20_000, 20_200), (1, 0, 40_000)];
    for (track, start, end) in table {
        for key in [Key::Session(&made.key), Key::Coachee(&made.coachee)] {
            assert_eq!(read(&made.path, key, Track(track), span(start, end)).unwrap(), expected(track, start, end));
        }
    }
    assert_eq!(again(&made, 0, span(39_900, 50_000)).unwrap(), expected(0, 39_900, 40_000));
    assert_eq!(again(&made, 0, span(50_000, 50_001)).unwrap(), [0.0; 0]);
    assert_eq!(again(&made, 9, span(0, 10)).unwrap(), [0.0; 0]);
    made.writer().forget_from(Sample(10_050)).unwrap();
    assert_eq!(again(&made, 1, span(10_000, 12_000)).unwrap(), expected(1, 10_000, 10_050));
    for first in (10_050..50_050).step_by(500) {
        made.writer().append(&block(1, first, 500)).unwrap();
    }
    assert_eq!(again(&made, 1, span(45_000, 46_000)).unwrap(), expected(1, 45_000, 46_000));
    assert_eq!(again(&made, 1, span(0, 50_000)).unwrap(), expected(1, 0, 50_000));
}

#[test]
fn a_hole_ends_what_is_read_and_is_silence_in_a_wav() {
    let mut made = Made::with(2, &[(0, 0, 100), (0, 150, 100), (1, 0, 50)]);
    made.finish();
    let got = read(&made.path, Key::Session(&made.key), Track(0), span(50, 200)).unwrap();
    assert_eq!(got, block(0, 50, 50).samples.to_vec());
    let mut wav = io::Cursor::new(Vec::new());
    let recording = recover(&made.path, Key::Coachee(&made.coachee)).unwrap();
    assert_eq!(write_wav(recording, &mut wav).unwrap(), None);
    let mut wav = hound::WavReader::new(io::Cursor::new(wav.into_inner())).unwrap();
    assert_eq!((wav.spec().channels, wav.spec().sample_rate, wav.duration()), (2, 16_000, 250));
    let samples: Vec<i16> = wav.samples().map(Result::unwrap).collect();
    for at in 0..250 {
        let there = |track, sounds: bool| if sounds { format::to_integer(sample(track, at)) } else { 0 };
        let expected = [there(0, !(100..150).contains(&at)), there(1, at < 50)];
        assert_eq!(samples[2 * at as usize..][..2], expected, "frame {at}");
    }
}

#[test]
fn truncation_anywhere_in_the_last_two_chunks_loses_at_most_the_last() {
    let made = Made::with(1, &[(0, 0, 100), (0, 100, 120), (0, 220, 80)]);
    let (bytes, offsets) = (made.bytes(), made.offsets());
    let all = [block(0, 0, 100), block(0, 100, 120), block(0, 220, 80)];
    for length in offsets[1]..=bytes.len() {
        let (blocks, damage) = made.changed(&bytes[..length]).unwrap();
        let whole = offsets.iter().filter(|offset| **offset <= length).count() - 1;
        assert_eq!(blocks, all[..whole], "{length}");
        let torn = Damage::Torn { whole_bytes: offsets[whole] as u64 };
        assert_eq!(damage, Some(if offsets[whole] == length { Damage::NoEnd } else { torn }), "{length}");
    }
}

#[test]
fn a_header_cut_short_is_no_recording() {
    let made = Made::new(1);
    let bytes = made.bytes();
    for length in 0..bytes.len() {
        let refused = made.changed(&bytes[..length]);
        assert!(matches!(refused, Err(RecordingError::NotARecording { .. })), "{length}");
    }
}

#[test]
fn records_out_of_place_are_refused() {
    let mut made = Made::with(1, &[(0, 0, 80), (0, 80, 80), (0, 160, 80)]);
    made.finish();
    let (bytes, offsets) = (made.bytes(), made.offsets());
    let record = |number: usize| &bytes[offsets[number]..offsets[number + 1]];
    let header = &bytes[..offsets[0]];
    let mut other = Made::with(1, &[(0, 0, 80), (0, 80, 80)]);
    other.finish();
    let (theirs, there) = (other.bytes(), other.offsets());
    let (theirs, their_header) = (&theirs[there[1]..there[2]], &theirs[..there[0]]);
    type Case<'a> = (&'a str, Vec<&'a [u8]>, u64);
    let table: [Case; 8] = [
        ("reordered", vec![header, record(1), record(0), record(2), record(3)], 0),
        ("dropped", vec![header, record(0), record(2), record(3)], 1),
        ("dropped first", vec![header, record(1), record(2), record(3)], 0),
        ("duplicated", vec![header, record(0), record(0), record(1), record(2), record(3)], 1),
        ("end too early", vec![header, record(0), record(3)], 1),
        ("transplanted", vec![header, record(0), theirs, record(2), record(3)], 1),
        ("more after the end", vec![header, record(0), record(1), record(2), record(3), record(0)], 4),
        ("end twice", vec![header, record(0), record(1), record(2), record(3), record(3)], 4),
    ];
    for (what, pieces, number) in table {
        let (blocks, damage) = made.changed(&pieces.concat()).unwrap();
        assert_eq!(damage, Some(Damage::Altered { record: number }), "{what}");
        assert_eq!(blocks.len() as u64, number.min(3), "{what}");
    }
    // Another session's header before these records, and another session's file under this name.
    assert!(matches!(made.changed(&[their_header, record(0)].concat()), Err(RecordingError::WrongSession { .. })));
    assert!(matches!(made.changed(&other.bytes()), Err(RecordingError::WrongSession { .. })));
}

#[test]
fn a_header_made_for_another_session_of_the_same_coachee_is_refused() {
    let made = Made::with(1, &[(0, 0, 80)]);
    let mut bytes = made.bytes();
    // The clear session id is changed, the file renamed to fit: what is sealed says otherwise.
    let other = SessionId::generate();
    bytes[10..36].copy_from_slice(other.to_string().as_bytes());
    let path = made.path.with_file_name(format!("{other}.{EXTENSION}"));
    fs::write(&path, bytes).unwrap();
    let refused = recover(&path, Key::Coachee(&made.coachee));
    assert!(matches!(refused, Err(RecordingError::WrongSession { .. })));
    let mut recording = recover(&path, Key::Session(&made.key)).unwrap();
    assert_eq!(recording.next(), None);
    assert_eq!(recording.damage(), Some(&Damage::Altered { record: 0 }));
}

#[test]
fn errors_name_a_remedy() {
    let missing = recover(Path::new("/nowhere.sealed"), Key::Session(&Identity::generate())).unwrap_err();
    assert!(missing.to_string().contains("/nowhere.sealed") && missing.hint().unwrap().contains("sidetone sessions"));
    let full = RecordingError::Io { path: "x".into(), source: io::ErrorKind::StorageFull.into() };
    assert!(full.hint().unwrap().contains("disk space"));
}

#[test]
fn what_every_release_wrote_is_still_read() {
    let folder = Path::new("tests/fixtures/released");
    let coachee: Identity = fs::read_to_string(folder.join("identity.txt")).unwrap().parse().unwrap();
    let mut recording = recover(&folder.join("recording-1.sealed"), Key::Coachee(&coachee)).unwrap();
    let blocks: Vec<Block> = recording.by_ref().collect();
    assert_eq!(blocks, [block(0, 0, 300), block(1, 0, 300), block(0, 300, 20)]);
    assert_eq!((recording.marks(), recording.gaps()), ([Sample(300)].as_slice(), [(Sample(300), 2500)].as_slice()));
    assert_eq!(recording.damage(), None);
}

/// Chunks of any length, gaps, marks and strikes between them, on two tracks.
fn any_writing() -> impl Strategy<Value = Vec<(u8, u64)>> {
    prop::collection::vec((0u8..5, 1u64..=8000), 0..8)
}

fn write(made: &mut Made, writing: &[(u8, u64)]) -> Vec<Block> {
    let mut blocks = Vec::new();
    for &(what, length) in writing {
        match what {
            2 => made.writer().gap(Sample(length), length).unwrap(),
            3 => made.writer().mark(Sample(length)).unwrap(),
            4 => made.writer().strike(span(length, 2 * length)).unwrap(),
            track => {
                let first = made.writer().written(Track(track)).0;
                blocks.push(block(track, first, length));
                made.writer().append(&blocks[blocks.len() - 1]).unwrap();
            }
        }
    }
    blocks
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn written_and_recovered_is_the_same(writing in any_writing()) {
        let mut made = Made::new(2);
        let blocks = write(&mut made, &writing);
        made.finish();
        let (recovered, recording) = made.recovered();
        prop_assert_eq!(recovered, blocks);
        prop_assert_eq!(recording.damage(), None);
        prop_assert_eq!(recording.gaps().len(), writing.iter().filter(|(what, _)| *what == 2).count());
    }

    #[test]
    fn a_truncated_recording_gives_a_prefix(writing in any_writing(), length: prop::sample::Index) {
        let mut made = Made::new(2);
        let blocks = write(&mut made, &writing);
        made.finish();
        let bytes = made.bytes();
        let length = length.index(bytes.len());
        match made.changed(&bytes[..length]) {
            Ok((survived, damage)) => {
                prop_assert!(blocks.starts_with(&survived));
                prop_assert!(damage.is_some());
            }
            Err(error) => prop_assert!(length < made_header(&bytes), "{}", error),
        }
    }

    #[test]
    fn a_flipped_bit_never_gives_wrong_sound(bit: prop::sample::Index) {
        let mut made = Made::with(2, &[(0, 0, 40), (1, 0, 40), (0, 40, 40)]);
        made.writer().gap(Sample(80), 9).unwrap();
        made.finish();
        let (mut bytes, offsets) = (made.bytes(), made.offsets());
        let all = [block(0, 0, 40), block(1, 0, 40), block(0, 40, 40)];
        let bit = bit.index(8 * bytes.len());
        bytes[bit / 8] ^= 1 << (bit % 8);
        // An error for the header, or a damage; wrong sound from neither, with no key and by no way of reading.
        if let Ok((survived, damage)) = made.changed(&bytes) {
            prop_assert!(all.starts_with(&survived));
            prop_assert!(damage.is_some() || bit / 8 < offsets[0]);
            let before = offsets.iter().filter(|offset| **offset <= bit / 8).count().saturating_sub(1);
            // All records are refused when the header says another session, none when the flip is in the coachee's part.
            let header = bit / 8 < offsets[0] && [0, 3].contains(&survived.len());
            prop_assert!(header || survived.len() == before.min(3));
        }
        if let Ok(mut recording) = recover(&made.path, Key::Coachee(&made.coachee)) {
            prop_assert!(all.starts_with(&recording.by_ref().collect::<Vec<_>>()));
        }
        if let Ok(samples) = read(&made.path, Key::Session(&made.key), Track(0), span(0, 80)) {
            prop_assert!(block(0, 0, 80).samples.starts_with(&samples));
        }
        let _ = outline(&made.path);
    }

    #[test]
    fn any_bytes_are_refused_without_a_panic(bytes: Vec<u8>, after_magic: bool, valid_header: bool) {
        let made = Made::new(1);
        let start = if valid_header { made.bytes() } else if after_magic { made.bytes()[..36].to_vec() } else { Vec::new() };
        let _ = made.changed(&[start, bytes].concat());
        let _ = outline(&made.path);
        let _ = read(&made.path, Key::Session(&made.key), Track(0), span(0, 8000));
    }
}

/// Bytes of the header at the start of a recording.
fn made_header(bytes: &[u8]) -> usize {
    let mut at = 36;
    for width in [2, 2, 4] {
        let length = bytes[at..at + width].iter().rev().fold(0, |number, byte| number << 8 | usize::from(*byte));
        at += width + length;
    }
    at
}
