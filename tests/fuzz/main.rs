//! Any bytes into a parser give an answer or an error: never a panic, never a wait, never something that was not there.
//!
//! Each test here changes good input at random for a second; `scripts/fuzz` gives each of them a minute. It needs no other
//! toolchain. What it finds belongs into the parser's own tests, as a case by name. To see a failure again:
//! `SIDETONE_FUZZ_SEED=N cargo test --test fuzz NAME` with the seed that was printed.

mod mutation;

use std::{fs, io::Cursor, path::Path};

use mutation::fuzz;
use sidetone::{
    capture::Block,
    cli::settings,
    daemon::{Reply, Request},
    moves,
    recording::{self, Key, RecordingError},
    seal::Identity,
    session::{SessionId, Track},
    transcript::{self, Format},
    units::Sample,
    weights::{self, Manifest},
};

const VTT: &str = "WEBVTT\n\nNOTE mine\n\n1\n00:00.000 --> 00:02.500 align:start\n<v Coach>What did you notice?\n\n\
                   00:00:03.000 --> 01:00:04.000\n<v.loud Ana &amp; Bo>They were &lt;writing&gt;.\n";
const SRT: &str = "1\n00:00:00,000 --> 00:00:02,500\nCoach: What did you notice?\n\n2\n00:00:03,000 --> 00:00:04,000\nCoachee: They \
                   were writing.\n";
const TSV: &str = "start_s\tend_s\trole\tmove\tform\ttext\n0.000\t2.500\tcoach\tquestion\topen\tWhat did you notice?\n\
                   3.0\t4e0\tcoachee\t\t\tThey were \"writing\".\n";

#[test]
fn transcripts() {
    for (format, seed) in [(Format::Vtt, VTT), (Format::Srt, SRT), (Format::Tsv, TSV)] {
        assert!(transcript::parse(seed.as_bytes(), format).is_ok(), "{format:?}");
        fuzz(&format!("transcripts {format:?}"), 3, &[seed.as_bytes()], |bytes| {
            let Ok(read) = transcript::parse(bytes, format) else { return };
            assert!(!read.utterances.is_empty(), "what says nothing is refused");
            // What was read can be written in every format, and read again from those that are read.
            for again in [Format::Vtt, Format::Srt, Format::Tsv] {
                let written = transcript::write(&read.utterances, again);
                let reread = transcript::parse(written.words().as_bytes(), again);
                assert!(reread.is_ok(), "{again:?} of {format:?}: {:?}", reread.err());
            }
            transcript::write(&read.utterances, Format::TextGrid);
        });
    }
}

#[test]
fn rows_to_be_coded() {
    let seed = "session\trole\ttext\n1\tcoach\tWhat did you notice?\n2\tcoachee\t\"They\twere\" writing.\n";
    fuzz("rows_to_be_coded", 1, &[seed.as_bytes(), TSV.as_bytes()], |bytes| {
        let plain = moves::read_rows(bytes, None);
        let grouped = moves::read_rows(bytes, Some("session"));
        if let (Ok(plain), Ok(grouped)) = (plain, grouped) {
            assert_eq!(plain.len(), grouped.len());
        }
    });
}

#[test]
fn protocol() {
    let status = br#"{"status":{"phase":"recording","session":"01JDKQ0000000000000000000A","coachee":"Hannah","elapsed_s":1.5,"tracks":1,"marks":0,"health":{"dropped":0,"gaps":0,"level_db":[-40.0,-120.0],"alarm":"all_zero"},"behind_s":0.0,"input_ended":false,"pid":1,"trouble":"disk_low"}}"#;
    let failed = br#"{"failed":{"message":"no","hint":null,"code":1}}"#;
    let stopped = br#"{"stopped":{"session":"01JDKQ0000000000000000000A","ask":[1.0,2.0]}}"#;
    assert!(serde_json::from_slice::<Reply>(status).is_ok(), "{:?}", serde_json::from_slice::<Reply>(status));
    fuzz("protocol", 1, &[status, failed, stopped, b"\"stop\"", b"\"shutdown\""], |bytes| {
        if let Ok(request) = serde_json::from_slice::<Request>(bytes) {
            let said = serde_json::to_vec(&request).unwrap();
            assert!(serde_json::from_slice::<Request>(&said).is_ok());
        }
        let _ = serde_json::from_slice::<Reply>(bytes);
    });
}

#[test]
fn manifest() {
    let seed = fs::read(Path::new(env!("CARGO_MANIFEST_DIR")).join("models/MANIFEST.toml")).unwrap();
    let first = &seed[..2_000.min(seed.len())];
    fuzz("manifest", 1, &[&seed, first], |bytes| {
        let Ok(manifest) = Manifest::parse(&String::from_utf8_lossy(bytes)) else { return };
        for entry in manifest.entries() {
            assert!(manifest.find(&entry.name).is_ok());
        }
    });
}

#[test]
fn config() {
    let seed: String = settings::KEYS.iter().map(|key| format!("{} = {}\n", key.name, key.example)).collect();
    assert!(settings::parse(&seed).is_ok());
    fuzz("config", 1, &[seed.as_bytes()], |bytes| {
        let text = String::from_utf8_lossy(bytes);
        match settings::parse(&text) {
            Ok(read) => assert!(read.coach_track.is_none_or(|track| matches!(track, 1 | 2))),
            Err(problem) => {
                assert!(
                    !problem.hint.is_empty() && (1..=text.lines().count() + 1).contains(&problem.line),
                    "{problem:?}"
                );
            }
        }
    });
}

/// A Whisper file's header decides how much whisper.cpp reads and takes: what is passed here, it is given.
#[test]
fn ggml_header() {
    let model = Path::new(env!("CARGO_MANIFEST_DIR")).join("models/ggml-sidetone-demo.en.bin");
    let whole = fs::read(model).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("model.bin");
    // Long enough for the header, the filters and a part of the vocabulary.
    fuzz("ggml_header", 1, &[&whole[..200_000]], |bytes| {
        fs::write(&file, bytes).unwrap();
        assert!(weights::check_ggml(&file).is_err(), "a model of which most is missing");
    });
}

#[test]
fn recording() {
    let folder = tempfile::tempdir().unwrap();
    let whole = folder.path().join("whole.sealed");
    let coachee = Identity::generate();
    let (mut writer, session) =
        recording::Writer::create(&whole, SessionId::generate(), 1, &coachee.to_recipient()).unwrap();
    for chunk in 0..4_u64 {
        let samples = (0..800).map(|i| (i as f32 * 0.1).sin() * 0.5).collect();
        writer.append(&Block { first: Sample(chunk * 800), track: Track(0), samples }).unwrap();
    }
    writer.mark(Sample(1_600)).unwrap();
    writer.finish().unwrap();
    let wav_of = |path: &Path, key: Key<'_>| -> Result<Vec<u8>, RecordingError> {
        let mut wav = Cursor::new(Vec::new());
        recording::write_wav(recording::recover(path, key)?, &mut wav)?;
        Ok(wav.into_inner())
    };
    let sound = wav_of(&whole, Key::Coachee(&coachee)).unwrap();
    let header = 44;
    assert!(sound.len() > 4 * 800 * 2, "{} bytes", sound.len());
    let changed = folder.path().join("changed.sealed");
    let seed = fs::read(&whole).unwrap();
    fuzz("recording", 1, &[&seed], |bytes| {
        fs::write(&changed, bytes).unwrap();
        let _ = recording::outline(&changed);
        let Ok(wav) = wav_of(&changed, Key::Session(&session)) else { return };
        // What survives is what was said there, or silence; never something else.
        for (piece, was) in wav[header.min(wav.len())..].chunks_exact(2).zip(sound[header..].chunks_exact(2)) {
            assert!(piece == was || piece == [0, 0], "sound that nobody recorded");
        }
    });
}
