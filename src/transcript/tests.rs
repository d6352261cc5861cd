//! Decoding with the demo model.

use std::{
    path::Path,
    sync::{Arc, LazyLock},
};

use super::*;
use crate::{session::Track, units::Sample};

/// The demo model, loaded once for all tests.
pub(crate) fn demo_model() -> Arc<Whisper> {
    static MODEL: LazyLock<Arc<Whisper>> = LazyLock::new(|| {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("models/ggml-sidetone-demo.en.bin");
        assert!(path.is_file(), "{} is missing: it comes with the repository (`git checkout models`)", path.display());
        Arc::new(Whisper::load(&path, 1).unwrap())
    });
    Arc::clone(&MODEL)
}

/// One window that is all "speech".
fn window(samples: &[f32]) -> Window {
    let mut packer = Packer::new(Track(0));
    let speech = Span::new(Sample(0), Sample(samples.len() as u64)).unwrap();
    packer.push(samples, &[speech]);
    packer.finish(&[]).remove(0)
}

#[test]
fn whatever_the_sound_words_lie_in_it() {
    let tone = |n: usize| 0.3 * (n as f32 * 0.07).sin() * (n as f32 * 0.001).sin();
    let sounds: [(&str, Vec<f32>); 5] = [
        ("a blink", vec![0.1; 160]),
        ("a click", vec![0.5; 1700]),
        ("silence", vec![0.0; 48_000]),
        ("a warble", (0..400_000).map(tone).collect()),
        ("not a number", vec![f32::NAN; 32_000]),
    ];
    for (name, sound) in sounds {
        let window = window(&sound);
        let decoded = demo_model().decode(&window).unwrap();
        for word in &decoded.words {
            assert!(window.pieces.iter().any(|(_, piece)| word.span.overlap(*piece) == Some(word.span)), "{name}");
            assert!((0.0..=1.0).contains(&word.probability), "{name}");
        }
        assert!(decoded.words.len() <= 1 + sound.len() / 1600, "{name}: {}", decoded.words.len());
        assert!(decoded.mean_logprob.is_none_or(|mean| mean <= 0.0), "{name}");
    }
}

#[test]
fn what_is_no_model_is_an_error_with_a_hint() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("ggml-small.bin");
    let error = Whisper::load(&path, 1).unwrap_err();
    assert!(error.to_string().contains("ggml-small.bin") && error.hint().is_some());
    std::fs::write(&path, b"not a model").unwrap();
    assert!(matches!(Whisper::load(&path, 1), Err(TranscriptError::Load { .. })));
}
