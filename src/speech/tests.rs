use proptest::prelude::*;

use super::*;

/// A voice without words: pulses at a wandering pitch through two resonances, in syllables of a quarter second.
fn syllables(seconds: f32, pitch: f32) -> Vec<f32> {
    let rate = SAMPLE_RATE as f32;
    let (mut phase, mut low, mut high) = (0.0f32, [0.0f32; 2], [0.0f32; 2]);
    (0..(seconds * rate) as usize)
        .map(|n| {
            let t = n as f32 / rate;
            phase += pitch * (1.0 + 0.1 * (t * 5.0).sin()) / rate;
            let pulse = if phase >= 1.0 { 1.0 } else { 0.0 };
            phase = phase.fract();
            let vowel = 1.0 + 0.3 * (t * 7.0).sin();
            let resonate = |state: &mut [f32; 2], hz: f32, input: f32| {
                let (r, w) = (0.97f32, std::f32::consts::TAU * hz / rate);
                let out = input + 2.0 * r * w.cos() * state[0] - r * r * state[1];
                *state = [out, state[0]];
                out
            };
            let voice = resonate(&mut low, 550.0 * vowel, pulse) + 0.5 * resonate(&mut high, 1500.0 * vowel, pulse);
            0.08 * voice * (std::f32::consts::PI * t * 4.0).sin().abs().sqrt()
        })
        .collect()
}

fn silence(seconds: f32) -> Vec<f32> {
    vec![0.0; (seconds * SAMPLE_RATE as f32) as usize]
}

fn noise(seconds: f32, level: f32) -> Vec<f32> {
    let mut state = 1u32;
    (0..(seconds * SAMPLE_RATE as f32) as usize)
        .map(|_| {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            level * ((state >> 8) as f32 / (1 << 23) as f32 - 1.0)
        })
        .collect()
}

fn total(spans: &[Span]) -> f64 {
    spans.iter().map(|s| s.seconds()).sum()
}

#[test]
fn neither_silence_nor_noise_is_speech() {
    for (name, samples) in [
        ("nothing", Vec::new()),
        ("a moment", silence(0.001)),
        ("digital silence", silence(20.0)),
        ("faint noise", noise(20.0, 0.001)),
        ("loud noise", noise(20.0, 0.3)),
        ("not a number", vec![f32::NAN; 32_000]),
    ] {
        assert!(total(&detect(&samples)) < 0.5, "{name}: {:?}", detect(&samples));
    }
}

#[test]
fn a_voice_is_found_where_it_is() {
    let samples = [silence(2.0), syllables(3.0, 120.0), silence(1.5), syllables(2.0, 190.0), silence(2.0)].concat();
    let spans = detect(&samples);
    assert!((total(&spans) - 5.0).abs() < 0.8, "{spans:?}");
    let (first, last) = (spans[0], spans[spans.len() - 1]);
    assert!((first.start().seconds() - 2.0).abs() < 0.15, "{spans:?}");
    assert!((last.end().seconds() - 8.5).abs() < 0.25, "{spans:?}");
}

#[test]
fn unbroken_speech_is_handed_over_in_touching_pieces() {
    let mut detector = Detector::new();
    let live = detector.push(&syllables(50.0, 140.0));
    let rest = detector.finish();
    assert!(live.len() >= 2);
    let all = [live, rest].concat();
    assert!(total(&all) > 45.0, "{all:?}");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(12))]

    #[test]
    fn the_size_of_the_pieces_does_not_matter(sizes in proptest::collection::vec(1usize..5000, 1..20)) {
        let samples = [silence(0.5), syllables(1.0, 130.0), noise(0.7, 0.05), syllables(0.6, 210.0)].concat();
        let mut detector = Detector::new();
        let (mut found, mut rest) = (Vec::new(), &samples[..]);
        for size in sizes.iter().cycle() {
            if rest.is_empty() {
                break;
            }
            let (piece, later) = rest.split_at(rest.len().min(*size));
            found.extend(detector.push(piece));
            rest = later;
        }
        found.extend(detector.finish());
        prop_assert!(found.windows(2).all(|p| p[0].end() <= p[1].start()));
        prop_assert_eq!(found, detect(&samples));
    }
}
