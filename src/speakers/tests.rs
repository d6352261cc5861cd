use std::{sync::Arc, time::Duration};

use proptest::prelude::*;

use super::*;
use crate::{
    capture::{FileSource, Heard, Source},
    session::Track,
    speech,
    units::{SAMPLE_RATE, Sample},
};

/// A voice without words: pulses at a wandering pitch through two resonances, in syllables of a quarter second.
fn voice(seconds: f32, pitch: f32, tract: f32) -> Vec<f32> {
    let rate = SAMPLE_RATE as f32;
    let (mut phase, mut low, mut high) = (0.0f32, [0.0f32; 2], [0.0f32; 2]);
    (0..(seconds * rate) as usize)
        .map(|n| {
            let t = n as f32 / rate;
            phase += pitch * (1.0 + 0.1 * (t * 5.0).sin()) / rate;
            let pulse = if phase >= 1.0 { 1.0 } else { 0.0 };
            phase = phase.fract();
            let vowel = tract * (1.0 + 0.2 * (t * 7.0).sin());
            let resonate = |state: &mut [f32; 2], hz: f32| {
                let (r, w) = (0.97f32, std::f32::consts::TAU * hz / rate);
                let out = pulse + 2.0 * r * w.cos() * state[0] - r * r * state[1];
                *state = [out, state[0]];
                out
            };
            let mouth = resonate(&mut low, 550.0 * vowel) + 0.5 * resonate(&mut high, 1500.0 * vowel);
            0.08 * mouth * (std::f32::consts::PI * t * 4.0).sin().abs().sqrt()
        })
        .collect()
}

fn first(seconds: f32) -> Vec<f32> {
    voice(seconds, 110.0, 1.0)
}

fn second(seconds: f32) -> Vec<f32> {
    voice(seconds, 215.0, 1.35)
}

fn silence(seconds: f32) -> Vec<f32> {
    vec![0.0; (seconds * SAMPLE_RATE as f32) as usize]
}

fn hear<'a>(listener: &mut Listener, track: u8, pieces: impl Iterator<Item = &'a [f32]>) {
    let mut detector = speech::Detector::new();
    pieces.for_each(|piece| listener.push(Track(track), piece, &detector.push(piece)));
}

fn listen(tracks: &[Vec<f32>]) -> Diarization {
    let mut listener = Listener::new(None, tracks.len() as u8);
    for (track, samples) in tracks.iter().enumerate() {
        hear(&mut listener, track as u8, samples.chunks(Listener::PIECE));
    }
    listener.finish(&tracks.iter().map(|t| speech::detect(t)).collect::<Vec<_>>())
}

/// The voice that has most of the seconds `from..to`.
fn mostly(diarization: &Diarization, from: f64, to: f64) -> Option<u8> {
    let range = Span::new(Sample::from_seconds(from), Sample::from_seconds(to)).unwrap();
    let seconds = |voice: u8| {
        let own = diarization.spans.iter().filter(|s| s.voice == Some(voice));
        own.filter_map(|s| s.span.overlap(range)).map(|s| s.seconds()).sum::<f64>()
    };
    (seconds(0).max(seconds(1)) > 0.5 * (to - from)).then_some(u8::from(seconds(1) > seconds(0)))
}

#[test]
fn two_voices_on_one_track_are_told_apart_without_a_model() {
    let mut samples = Vec::new();
    for _ in 0..4 {
        samples.extend([first(5.0), silence(0.6), second(4.0), silence(0.6)].concat());
    }
    let heard = listen(&[samples]);
    assert!(heard.doubts.contains(&"no_speaker_model"));
    let a = mostly(&heard, 0.5, 4.5);
    assert!(a.is_some());
    for round in 0..4 {
        let start = f64::from(round) * 10.2;
        assert_eq!(mostly(&heard, start + 0.5, start + 4.5), a, "{heard:?}");
        assert_eq!(mostly(&heard, start + 6.1, start + 9.1), a.map(|v| 1 - v), "{heard:?}");
    }
}

#[test]
fn a_voice_that_leaks_into_the_other_track_is_not_there() {
    let near = [first(6.0), silence(8.0), first(4.0)].concat();
    let far = [silence(7.0), second(5.0), silence(6.0)].concat();
    let leak = |own: &[f32], other: &[f32]| -> Vec<f32> {
        // 12 dB down and 10 ms late.
        (0..own.len()).map(|i| own[i] + 0.25 * i.checked_sub(160).map_or(0.0, |j| other[j])).collect()
    };
    let heard = listen(&[leak(&near, &far), leak(&far, &near)]);
    assert_eq!(mostly(&heard, 1.0, 5.5), Some(0));
    assert_eq!(mostly(&heard, 7.5, 11.5), Some(1));
    assert_eq!(mostly(&heard, 14.5, 17.5), Some(0));
    let doubly = heard.spans.windows(2).filter(|p| p[0].span.overlap(p[1].span).is_some()).count();
    assert_eq!(doubly, 0, "{heard:?}");
    assert!(heard.doubts.contains(&"echo"));
}

#[test]
fn bad_input_is_a_doubt_and_no_more() {
    for (name, tracks, doubt) in [
        ("nothing", vec![Vec::new()], "no_speech"),
        ("silence", vec![silence(5.0)], "no_speech"),
        ("two silences", vec![silence(5.0), silence(5.0)], "no_speech"),
        ("one track silent", vec![first(8.0), silence(8.0)], "silent_track"),
        ("a moment of speech", vec![[silence(1.0), first(0.7), silence(1.0)].concat()], "one_voice"),
        ("not a number", vec![vec![f32::NAN; 16_000]], "no_speech"),
    ] {
        let heard = listen(&tracks);
        assert!(heard.doubts.contains(&doubt), "{name}: {heard:?}");
    }
    // Voice activity that knows of more than was pushed, and of more tracks than there are.
    let span = Span::new(Sample(0), Sample(1 << 30)).unwrap();
    let mut listener = Listener::new(None, 1);
    listener.push(Track(9), &[0.5], &[span]);
    let heard = listener.finish(&[vec![span], vec![span]]);
    assert!(heard.spans.iter().all(|s| s.span.end() <= span.end()));
    assert!(Listener::new(None, 0).finish(&[]).spans.is_empty());
}

/// Real voices, at 16 kHz.
fn demo_session(seconds: usize) -> Vec<f32> {
    let file = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/demo-session.ogg");
    let mut source = FileSource::open(&file, f64::INFINITY, false).unwrap();
    let mut samples = Vec::new();
    while let Heard::Block(block) = source.next(Duration::from_secs(1)).unwrap() {
        samples.extend_from_slice(&block.samples);
    }
    samples.truncate(seconds * SAMPLE_RATE as usize);
    samples
}

#[test]
fn an_hour_of_speech_is_kept_in_less_than_a_megabyte() {
    let file = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("models/speaker-ge2e.safetensors");
    let encoder = SpeakerEncoder::load(&file).unwrap_or_else(|error| panic!("{error}\nhint: scripts/fetch-models"));
    let encoder = Arc::new(encoder);
    let samples = demo_session(30);
    let spoken_s: f64 = speech::detect(&samples).iter().map(|span| span.seconds()).sum();
    for (encoder, tracks) in [(Some(&encoder), 1), (None, 1), (None, 2)] {
        let mut listener = Listener::new(encoder.cloned(), tracks);
        (0..tracks).for_each(|track| hear(&mut listener, track, samples.chunks(Listener::PIECE)));
        let (kept, windows) = (listener.bytes() as f64, listener.windows());
        // Two tracks keep the level of all that is heard, and of the voices no more than a few windows.
        let grows_with = if tracks == 1 { spoken_s } else { samples.len() as f64 / f64::from(SAMPLE_RATE) };
        let an_hour = kept / grows_with * 3600.0;
        eprintln!("{tracks} tracks, encoder {}: {windows} windows, {an_hour:.0} bytes an hour", encoder.is_some());
        assert!(tracks > 1 || windows as f64 > spoken_s / 0.4, "{windows} windows in {spoken_s} s");
        assert!(an_hour < 1_000_000.0, "{an_hour} bytes an hour");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(6))]

    #[test]
    fn the_size_of_the_pieces_does_not_matter(sizes in proptest::collection::vec(1usize..9000, 1..12)) {
        let samples = [first(3.0), silence(0.5), second(2.5), silence(0.4), first(1.5)].concat();
        let mut rest = &samples[..];
        let pieces = sizes.iter().cycle().map_while(|size| {
            let (piece, later) = rest.split_at(rest.len().min(*size));
            rest = later;
            (!piece.is_empty()).then_some(piece)
        });
        let mut listener = Listener::new(None, 1);
        hear(&mut listener, 0, pieces);
        prop_assert_eq!(listener.finish(&[speech::detect(&samples)]), listen(&[samples]));
    }
}
