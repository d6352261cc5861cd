use std::{fs, io::Write, path::PathBuf};

use tempfile::TempDir;

use super::*;
use crate::capture::BLOCK_SAMPLES_MAX;

const NEVER_WAIT: f64 = f64::INFINITY;
/// No test file makes anybody wait so long.
const LONG: Duration = Duration::from_secs(60);

fn fixture(name: &str) -> PathBuf {
    [env!("CARGO_MANIFEST_DIR"), "tests", "fixtures", name].iter().collect()
}

/// A sine per channel, each an octave above the one before.
fn wav(folder: &TempDir, name: &str, rate: u32, channels: u16, bits: u16, seconds: f64) -> PathBuf {
    let sample_format = if bits == 32 { hound::SampleFormat::Float } else { hound::SampleFormat::Int };
    let path = folder.path().join(name);
    let spec = hound::WavSpec { channels, sample_rate: rate, bits_per_sample: bits, sample_format };
    let mut file = hound::WavWriter::create(&path, spec).unwrap();
    for frame in 0..(seconds * f64::from(rate)) as u32 {
        for channel in 0..channels {
            let sample = sine(channel, f64::from(frame) / f64::from(rate));
            match bits {
                32 => file.write_sample(sample as f32).unwrap(),
                bits => file.write_sample((sample * f64::from((1_i32 << (bits - 1)) - 1)).round() as i32).unwrap(),
            }
        }
    }
    file.finalize().unwrap();
    path
}

fn sine(channel: u16, seconds: f64) -> f64 {
    0.4 * (std::f64::consts::TAU * 200.0 * f64::from(1_u32 << channel) * seconds).sin()
}

/// Each track whole. Checks that blocks are contiguous, short enough, and interleaved.
fn play(source: &mut FileSource) -> Vec<Vec<f32>> {
    let mut tracks = vec![Vec::new(); source.tracks().into()];
    loop {
        match source.next(LONG).unwrap() {
            Heard::Block(block) => {
                let track = usize::from(block.track.0);
                assert_eq!(block.first.0, tracks[track].len() as u64);
                assert!(!block.samples.is_empty() && block.samples.len() <= BLOCK_SAMPLES_MAX);
                tracks[track].extend_from_slice(&block.samples);
                let lengths = tracks.iter().map(Vec::len);
                assert!(lengths.clone().max().unwrap() - lengths.min().unwrap() <= BLOCK_SAMPLES_MAX);
            }
            Heard::Nothing => panic!("nothing, though nobody waits"),
            Heard::End => return tracks,
        }
    }
}

fn correlation(a: &[f32], b: &[f64]) -> f64 {
    let dot = |x: &[f64], y: &[f64]| x.iter().zip(y).map(|(x, y)| x * y).sum::<f64>();
    let a: Vec<f64> = a.iter().map(|s| f64::from(*s)).collect();
    dot(&a, b) / (dot(&a, &a) * dot(b, b)).sqrt()
}

#[test]
fn every_rate_depth_and_channel_count_plays_at_its_length_and_level() {
    let folder = TempDir::new().unwrap();
    for (rate, channels, bits, tolerance) in [
        (16_000, 1, 16, 0.001),
        (16_000, 2, 16, 0.001),
        (8_000, 1, 8, 0.02),
        (44_100, 1, 24, 0.005),
        (48_000, 2, 32, 0.005),
        (96_000, 1, 16, 0.005),
        (96_000, 6, 24, 0.005),
    ] {
        let path = wav(&folder, "a.wav", rate, channels, bits, 1.3);
        let mut source = FileSource::open(&path, NEVER_WAIT, false).unwrap();
        let name = format!("{rate} Hz, {channels} channels, {bits} bits");
        assert_eq!((source.tracks(), source.channels()), (1, channels.into()), "{name}");
        assert!((source.length_s().unwrap() - 1.3).abs() < 1e-3, "{name}");
        let tracks = play(&mut source);
        assert_eq!(tracks[0].len(), 20_800, "{name}");
        for (index, sample) in tracks[0].iter().enumerate().skip(200).take(20_400) {
            let at = index as f64 / 16_000.0;
            let expected = (0..channels).map(|channel| sine(channel, at)).sum::<f64>() / f64::from(channels);
            assert!((f64::from(*sample) - expected).abs() < tolerance, "{name}, {index}: {sample} {expected}");
        }
        assert_eq!(source.next(LONG), Ok(Heard::End), "the end stays the end");
    }
}

#[test]
fn two_channels_are_two_aligned_tracks_when_asked() {
    let folder = TempDir::new().unwrap();
    for rate in [16_000, 44_100] {
        let path = wav(&folder, "two.wav", rate, 2, 16, 3.1);
        let tracks = play(&mut FileSource::open(&path, NEVER_WAIT, true).unwrap());
        assert_eq!((tracks[0].len(), tracks[1].len()), (49_600, 49_600));
        for (channel, track) in (0..).zip(&tracks) {
            let expected: Vec<f64> = (0..track.len()).map(|i| sine(channel, i as f64 / 16_000.0)).collect();
            assert!(correlation(track, &expected) > 0.999);
        }
    }
}

#[test]
fn one_microphone_in_two_channels_is_one_track() {
    // Half the talk was told to be the coach's and half the coachee's, with certainty, of a recording that cannot say.
    let folder = TempDir::new().unwrap();
    let stereo = |name: &str, channels: &dyn Fn(f64) -> [f64; 2]| {
        let path = folder.path().join(name);
        let spec = hound::WavSpec {
            channels: 2,
            sample_rate: 16_000,
            bits_per_sample: 16,
            sample_format: hound::SampleFormat::Int,
        };
        let mut file = hound::WavWriter::create(&path, spec).unwrap();
        for sample in (0..32_000).flat_map(|frame| channels(f64::from(frame) / 16_000.0)) {
            file.write_sample((sample * 32_767.0) as i16).unwrap();
        }
        file.finalize().unwrap();
        FileSource::open(&path, NEVER_WAIT, true).unwrap()
    };
    let hum = |at: f64| 0.02 * sine(2, at * 1.37);
    for (name, same) in [
        ("copied", stereo("copied.wav", &|at| [sine(0, at); 2])),
        ("quieter", stereo("quieter.wav", &|at| [sine(0, at) + hum(at), 0.4 * sine(0, at)])),
    ] {
        assert!(same.tracks() == 1 && same.is_one_in_two(), "{name}");
    }
    for (name, two) in [
        (
            "in turns",
            stereo("turns.wav", &|at| if at < 1.0 { [sine(0, at), 0.1 * sine(0, at)] } else { [0.0, sine(0, at)] }),
        ),
        ("later", stereo("later.wav", &|at| [sine(0, at), sine(0, at - 0.001)])),
        ("silent", stereo("silent.wav", &|at| [sine(0, at), 0.0])),
    ] {
        assert!(two.tracks() == 2 && !two.is_one_in_two(), "{name}");
    }
}

#[test]
fn only_two_channels_make_two_tracks() {
    let folder = TempDir::new().unwrap();
    for channels in [1, 3, 6] {
        let path = wav(&folder, "a.wav", 16_000, channels, 16, 0.5);
        assert_eq!(FileSource::open(&path, NEVER_WAIT, true).unwrap().tracks(), 1, "{channels}");
    }
}

#[test]
fn every_compressed_form_is_decoded_to_what_was_encoded() {
    let expected: Vec<f64> = (0..16_000)
        .map(|i| f64::from(i) / 16_000.0)
        .map(|t| 0.5 * (std::f64::consts::TAU * (200.0 * t + 450.0 * t * t)).sin())
        .collect();
    // How late a form may be, in samples at 16 kHz: an m4a says how much of its start is the encoder's in an edit list,
    // which Symphonia 0.5 does not read. 23 ms matter to no measure.
    for (name, late) in [("sweep.flac", 0), ("sweep.mp3", 0), ("sweep.ogg", 0), ("sweep.m4a", 372)] {
        let mut source = FileSource::open(&fixture("sweep").join(name), NEVER_WAIT, false).unwrap();
        let tracks = play(&mut source);
        let heard = &tracks[0][late..];
        let common = heard.len().min(expected.len());
        let correlation = correlation(&heard[..common], &expected[..common]);
        assert!(correlation > 0.99, "{name}: {correlation}");
        assert!((heard.len() as i64 - 16_000).abs() < 800, "{name}: {}", heard.len());
        assert!(source.is_whole(), "{name}: {:?}", source.health());
    }
}

#[test]
fn what_is_left_of_a_truncated_file_plays() {
    let folder = TempDir::new().unwrap();
    let whole = fs::read(wav(&folder, "whole.wav", 16_000, 1, 16, 2.0)).unwrap();
    for (name, bytes, samples) in [
        // Cut in the middle of a sample.
        ("torn.wav", whole[..44 + 20_001].to_vec(), 9_900..=10_000),
        ("odd.flac", cut("sweep/sweep.flac", 2), 5_000..=15_000),
        ("odd.mp3", cut("sweep/sweep.mp3", 2), 5_000..=15_000),
        ("odd.ogg", cut("demo-session.ogg", 10), 100_000..=300_000),
    ] {
        let path = folder.path().join(name);
        fs::write(&path, bytes).unwrap();
        let tracks = play(&mut FileSource::open(&path, NEVER_WAIT, false).unwrap());
        assert!(samples.contains(&tracks[0].len()), "{name}: {}", tracks[0].len());
    }
}

/// The first part of a fixture.
fn cut(name: &str, parts: usize) -> Vec<u8> {
    let mut bytes = fs::read(fixture(name)).unwrap();
    bytes.truncate(bytes.len() / parts);
    bytes
}

#[test]
fn a_damaged_file_keeps_its_clock_and_counts_the_damage() {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("damaged.ogg");
    let mut bytes = fs::read(fixture("demo-session.ogg")).unwrap();
    // Inside the second half, well behind the headers.
    for byte in &mut bytes[300_000..300_400] {
        *byte ^= 0x5a;
    }
    fs::write(&path, bytes).unwrap();
    let mut source = FileSource::open(&path, NEVER_WAIT, false).unwrap();
    let length = play(&mut source)[0].len() as f64 / 16_000.0;
    // The page that was hit is missing; an ogg page holds about a second.
    assert!(length > 110.0, "{length}");
    assert!(source.health().gaps > 0 && !source.is_whole(), "{:?}", source.health());
}

#[test]
fn one_recording_behind_another_plays_to_the_end() {
    // It ended with the first of them, as if there were no more, and `--delete-original` deleted the rest unheard.
    let folder = TempDir::new().unwrap();
    let read = |name: &str| fs::read(fixture(name)).unwrap();
    let play_all = |parts: &[&str]| {
        let path = folder.path().join("chain.ogg");
        fs::write(&path, parts.iter().flat_map(|name| read(name)).collect::<Vec<u8>>()).unwrap();
        let mut source = FileSource::open(&path, NEVER_WAIT, false).unwrap();
        (play(&mut source)[0].len() as f64 / 16_000.0, source.is_whole())
    };
    let (sweep, demo) = ("sweep/sweep.ogg", "demo-session.ogg");
    let (demo_s, whole) = play_all(&[demo]);
    assert!(whole);
    for parts in [[demo, sweep], [sweep, demo]] {
        let (both_s, whole) = play_all(&parts);
        assert!((both_s - demo_s - 1.0).abs() < 0.1 && whole, "{parts:?}: {both_s} s of {demo_s} and 1 s");
    }
    // No decoder for the second: the first is heard, and it is known that it was not all.
    let (first_s, whole) = play_all(&[sweep, "sweep/opus.ogg"]);
    assert!((first_s - 1.0).abs() < 0.1 && !whole, "{first_s} s");
}

#[test]
fn what_is_no_audio_is_refused_with_a_reason() {
    let folder = TempDir::new().unwrap();
    let file = |name: &str, bytes: &[u8]| {
        let path = folder.path().join(name);
        fs::File::create(&path).unwrap().write_all(bytes).unwrap();
        path
    };
    let noise: Vec<u8> = (0..200_000_u32).map(|i| (i.wrapping_mul(2_654_435_761) >> 13) as u8).collect();
    let whole = fs::read(wav(&folder, "whole.wav", 16_000, 1, 16, 1.0)).unwrap();
    let mut impossible_rate = whole.clone();
    impossible_rate[24..28].copy_from_slice(&u32::MAX.to_le_bytes());
    let cases = [
        (file("empty.wav", b""), "is empty"),
        (folder.path().join("missing.wav"), "there is no such file"),
        (folder.path().to_path_buf(), "is not a file"),
        (file("text.txt", b"A transcript, not a recording.\n".repeat(400).as_slice()), NOT_AUDIO),
        (file("text.mp3", b"A transcript, not a recording.\n".repeat(400).as_slice()), NOT_AUDIO),
        (file("noise.wav", &noise), ""),
        (file("noise.mp3", &noise), ""),
        (file("header.wav", &whole[..20]), NOT_AUDIO),
        (file("silentless.wav", &whole[..44]), "holds no sound"),
        (file("rate.wav", &impossible_rate), "has an impossible rate: 4294967295 Hz"),
        (fixture("sweep/opus.ogg"), NOT_AUDIO),
    ];
    for (path, expected) in cases {
        match FileSource::open(&path, NEVER_WAIT, false) {
            Err(error @ CaptureError::File { .. }) => {
                assert!(error.to_string().contains(expected), "{error}");
                assert!(error.hint().is_some());
            }
            other => panic!("{}: {other:?}", path.display()),
        }
    }
}

#[test]
fn no_file_plays_at_no_speed() {
    let folder = TempDir::new().unwrap();
    let path = wav(&folder, "a.wav", 16_000, 1, 16, 0.1);
    for speed in [0.0, -1.0, f64::NAN, f64::NEG_INFINITY, 1e-9] {
        assert!(FileSource::open(&path, speed, false).is_err(), "{speed}");
    }
}

#[test]
fn a_block_comes_when_its_time_has_passed_and_not_before() {
    let folder = TempDir::new().unwrap();
    let path = wav(&folder, "a.wav", 16_000, 1, 16, 2.0);
    let mut source = FileSource::open(&path, 4.0, false).unwrap();
    let started = Instant::now();
    let mut blocks = 0;
    loop {
        match source.next(Duration::from_millis(20)).unwrap() {
            Heard::Block(block) => {
                blocks += 1;
                let spoken = (block.first.0 as f64 + block.samples.len() as f64) / 16_000.0 / 4.0;
                assert!(started.elapsed().as_secs_f64() >= spoken, "{:?} is early", block.first);
            }
            Heard::Nothing => assert!(started.elapsed().as_secs_f64() < 5.0, "a block never came"),
            Heard::End => break,
        }
    }
    assert_eq!(blocks, 8);
}

#[test]
fn waiting_ends_when_the_time_given_is_over() {
    let folder = TempDir::new().unwrap();
    let path = wav(&folder, "a.wav", 16_000, 1, 16, 20.0);
    let mut source = FileSource::open(&path, 0.01, false).unwrap();
    assert_eq!(source.next(Duration::ZERO), Ok(Heard::Nothing));
    assert_eq!(source.next(Duration::from_millis(10)), Ok(Heard::Nothing));
}

#[test]
fn the_level_is_told() {
    let folder = TempDir::new().unwrap();
    let mut source = FileSource::open(&wav(&folder, "a.wav", 16_000, 1, 16, 2.0), NEVER_WAIT, false).unwrap();
    assert_eq!(source.health(), Health::default());
    play(&mut source);
    // A sine of amplitude 0.4.
    assert!((source.health().level_db[0] + 10.97).abs() < 0.1, "{:?}", source.health());
    assert_eq!(source.health().level_db[1], LEVEL_FLOOR_DB);
}
