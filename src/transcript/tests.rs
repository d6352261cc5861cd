//! Decoding with the demo model.

use std::{
    path::Path,
    sync::{Arc, LazyLock},
};

use super::{windows::Extent, *};
use crate::{
    session::Track,
    units::{Sample, union},
};

/// The demo model, loaded once for all tests.
pub(crate) fn demo_model() -> Arc<Whisper> {
    static MODEL: LazyLock<Arc<Whisper>> = LazyLock::new(|| {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("models/ggml-sidetone-demo.en.bin");
        assert!(path.is_file(), "{} is missing: it comes with the repository (`git checkout models`)", path.display());
        Arc::new(Whisper::load(&path, 1).unwrap().hearing(14.0))
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

/// The demo session as a decoder without fault would give it, but for times that are rough, and several sentences at once.
/// Counts the words that go to the other person.
fn misplaced(sentences: usize, rough_s: f64) -> (usize, usize) {
    let table = include_bytes!("../../tests/fixtures/demo-session.tsv");
    let truth = parse(table, Format::Tsv).unwrap().utterances;
    let turns: Vec<(Span, Option<Role>)> = truth.iter().map(|u| (u.span, u.role)).collect();
    let speech = union(truth.iter().map(|u| u.span), 4800);
    let mut packer = Packer::new(Track(0));
    let mut windows = Vec::new();
    for span in &speech {
        let new = vec![0.0; (span.end().0 + 4800) as usize - packer.position() as usize];
        windows.extend(packer.push(&new, &[*span]));
    }
    windows.extend(packer.finish(&[]));
    let (mut wrong, mut all) = (0, 0);
    for window in windows {
        let at = |sample: Sample| {
            let holds = |(_, piece): &&(usize, Span)| piece.start() <= sample && sample <= piece.end();
            let (offset, piece) = window.pieces.iter().find(holds)?;
            Some((*offset as u64 + sample.0 - piece.start().0) as f64 / 16_000.0)
        };
        let said: Vec<(&Utterance, f64, f64)> =
            truth.iter().filter_map(|u| Some((u, at(u.span.start())?, at(u.span.end())?))).collect();
        for (i, segment) in said.chunks(sentences).enumerate() {
            // Too early and too late in turn.
            let off = if i % 2 == 0 { rough_s } else { -rough_s };
            let (start, end) = (segment[0].1 + off, segment[segment.len() - 1].2 + off);
            let texts = segment.iter().flat_map(|(u, ..)| u.text.words().split(' ').map(move |word| (u.role, word)));
            let (roles, texts): (Vec<_>, Vec<_>) = texts.unzip();
            let extents: Vec<Extent> = texts.iter().map(|word| Extent::of(word)).collect();
            let spans = window.place(start.max(0.0), end, &extents);
            for ((role, text), span) in roles.into_iter().zip(texts).zip(spans) {
                let word = Word { span, text: Spoken::new(text.to_owned()), probability: 1.0 };
                wrong += usize::from(align(vec![word], &turns)[0].role != role);
                all += 1;
            }
        }
    }
    (wrong, all)
}

#[test]
fn words_find_who_said_them_with_rough_times() {
    // Sentences to a segment, seconds that its times are off, and words that may then go wrong of some 280.
    for (sentences, rough_s, most) in [(1, 0.0, 0), (1, 0.2, 0), (2, 0.2, 2), (3, 0.2, 5), (100, 0.0, 5)] {
        let (wrong, all) = misplaced(sentences, rough_s);
        assert!(all > 270 && wrong <= most, "{sentences} sentences, {rough_s} s off: {wrong} of {all}");
    }
}
