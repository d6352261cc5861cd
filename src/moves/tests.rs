//! Coding as a whole: the two sides of training agree, the encoders agree, and what is said comes out as what it is.

use std::path::{Path, PathBuf};

use super::{features::heard_before, *};

fn text_model() -> PathBuf {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("models/text");
    assert!(folder.join("model.safetensors").is_file(), "the text model is missing: run scripts/fetch-models");
    folder
}

fn said(text: &str) -> Vec<(Option<Role>, &str)> {
    let role = |mark: &str| if mark == "a" { Role::Coach } else { Role::Coachee };
    text.lines().filter_map(|line| line.trim().split_once(' ')).map(|(mark, text)| (Some(role(mark)), text)).collect()
}

/// `scripts/train-moves/golden.py` wrote it: dialogue, speaker, whether it is listening, what was heard before, the
/// features' hashes, text.
const GOLDEN: &str = include_str!("../../tests/fixtures/moves-golden.tsv");

#[test]
fn features_are_those_of_training() {
    let rows: Vec<Vec<&str>> = GOLDEN.lines().skip(1).map(|line| line.split('\t').collect()).collect();
    assert!(rows.len() >= 40);
    for dialogue in rows.chunk_by(|a, b| a[0] == b[0]) {
        let units: Vec<Unit> = dialogue.iter().map(|row| Unit::new(u8::from(row[1] == "coachee"), row[5])).collect();
        for (at, row) in dialogue.iter().enumerate() {
            assert_eq!(u8::from(units[at].listening).to_string(), row[2], "{}", row[5]);
            let heard: Vec<String> = heard_before(&units, at).iter().map(usize::to_string).collect();
            assert_eq!(heard.join(" "), row[3], "{}", row[5]);
            let mut expected: Vec<u32> = row[4].split(' ').map(|hash| hash.parse().unwrap()).collect();
            expected.sort_unstable();
            assert_eq!(features(&units, at), expected, "{}", row[5]);
        }
    }
}

/// First numbers of vectors that sentence-transformers' own weights give in PyTorch (`scripts/train-moves/golden.py`).
const VECTORS: &str = include_str!("../../tests/fixtures/moves-vectors.json");

#[test]
fn every_encoder_gives_the_vectors_of_the_original() {
    let expected: Vec<(String, Vec<f32>)> = serde_json::from_str(VECTORS).unwrap();
    let sentences: Vec<&str> = expected.iter().map(|(sentence, _)| sentence.as_str()).collect();
    for runtime in Runtime::ALL {
        let encoder = runtime.load(&text_model()).unwrap();
        for (vector, (sentence, first)) in encoder.encode(&sentences).unwrap().iter().zip(&expected) {
            assert_eq!(vector.len(), encoder::DIMENSIONS);
            let length: f32 = vector.iter().map(|value| value * value).sum();
            assert!((length - 1.0).abs() < 1e-4);
            for (value, expected) in vector.iter().zip(first) {
                assert!((value - expected).abs() < 1e-4, "{runtime:?}, {sentence}: {value} is not {expected}");
            }
        }
        assert_eq!(encoder.encode(&[]).unwrap(), Vec::<Vec<f32>>::new());
    }
}

/// Rows of every length, marks, letters that the model does not know.
#[cfg(feature = "rust-bert")]
#[test]
fn both_encoders_give_the_same_vectors_and_codes() {
    let mut texts: Vec<&str> = GOLDEN.lines().skip(1).filter_map(|line| line.rsplit('\t').next()).collect();
    let long = "You could try one worked example before you let them go. ".repeat(80);
    texts.extend([long.as_str(), "", "\u{1f600} \u{6f22}\u{5b57}", "naïve\u{0}\u{7f}"]);
    let [candle, libtorch] = [Runtime::Candle, Runtime::RustBert].map(|runtime| {
        let encoder = runtime.load(&text_model()).unwrap();
        encoder.encode(&texts).unwrap()
    });
    let furthest = candle.iter().flatten().zip(libtorch.iter().flatten()).map(|(a, b)| (a - b).abs());
    let furthest = furthest.fold(0.0, f32::max);
    assert!(furthest < 1e-4, "{furthest}");
    assert_eq!((candle.len(), libtorch.len()), (texts.len(), texts.len()));
    let [candle, libtorch] = [Runtime::Candle, Runtime::RustBert].map(|runtime| {
        let coder = Coder::load(Some(&text_model())).unwrap().on(runtime);
        assert!(coder.words_only().is_none());
        coder.code(&said(DIALOGUE), &[])
    });
    for (a, b) in candle.iter().zip(&libtorch) {
        assert!(a.coach.iter().zip(&b.coach).all(|(a, b)| (a - b).abs() < 1e-3), "{a:?} {b:?}");
    }
}

const DIALOGUE: &str = "\
a So how do you feel the lesson went?
b I think it went okay, but the back table went really quiet when I set the task.
a Mm hm.
b They were just staring at the sheet.
a So you saw them get stuck right at the start.
b Yeah.
a What do you think was going on for them?
b I think it was because I had not shown them an example first.
a Well done, that was really brave of you.
b What would you do?
a You could try showing one worked example before you let them go.
b I will do that on Thursday with the first problem.
a Did they finish it in the end?
b Yeah.";

#[test]
fn what_was_prepared_is_not_asked_of_the_text_model_again() {
    let coder = Coder::load(Some(&text_model())).unwrap();
    let said = said(DIALOGUE);
    let unit = |&(role, text): &(Option<Role>, &str)| Utterance {
        span: Span::new(Sample(0), Sample(1)).unwrap(),
        role,
        text: Spoken::new(text.to_owned()),
    };
    let units: Vec<Utterance> = said.iter().map(unit).collect();
    let alike = |a: &[Code], b: &[Code]| {
        let near = |a: &[f32], b: &[f32]| a.iter().zip(b).all(|(a, b)| (a - b).abs() < 1e-3);
        a.len() == b.len() && a.iter().zip(b).all(|(a, b)| near(&a.coach, &b.coach) && near(&a.coachee, &b.coachee))
    };
    let expected = coder.code(&said, &[]);
    let (first, rest) = units.split_at(5);
    let [first, rest] = [first, rest].map(|units| coder.prepare(units));
    assert!(alike(&coder.code(&said, &[&first]), &expected));
    // Who has no text model can only have it from what was prepared.
    let words_only = Coder::load(None).unwrap();
    assert!(alike(&words_only.code(&said, &[&rest, &first]), &expected));
    assert!(!alike(&words_only.code(&said, &[]), &expected));
    // "Yeah." was said twice.
    assert_eq!((format!("{first:?}"), format!("{rest:?}")), ("[5 sentences]".into(), "[8 sentences]".into()));
}

#[test]
fn a_dialogue_with_the_text_model_and_without() {
    for folder in [Some(text_model()), None] {
        let coder = Coder::load(folder.as_deref()).unwrap();
        assert_eq!(coder.words_only().is_some(), folder.is_none());
        let codes = coder.code(&said(DIALOGUE), &[]);
        let coach = |at: usize| codes[at].as_coach();
        assert_eq!((coach(0), codes[0].form()), (CoachMove::Question, Form::Open));
        assert_eq!((coach(2), codes[3].as_coachee()), (CoachMove::Backchannel, CoacheeMove::Noticing));
        assert_eq!((coach(4), codes[4].form()), (CoachMove::Reflection, Form::Statement));
        assert_eq!(codes[5].as_coachee(), CoacheeMove::Backchannel);
        assert_eq!((coach(6), codes[6].form()), (CoachMove::Question, Form::Open));
        assert_eq!((coach(8), coach(10)), (CoachMove::Affirmation, CoachMove::Advice));
        assert_eq!(codes[11].as_coachee(), CoacheeMove::Commitment);
        assert_eq!(codes[12].form(), Form::Closed);
        // The answer to a closed question is no backchannel.
        assert_ne!(codes[13].as_coachee(), CoacheeMove::Backchannel);
        for code in &codes {
            for sum in [
                code.coach.iter().sum::<f32>(),
                code.coachee.iter().sum(),
                code.form.iter().sum(),
                code.asks.iter().sum(),
            ] {
                assert!((sum - 1.0).abs() < 1e-3, "{code:?}");
            }
            assert!(code.invited <= code.of_coach(CoachMove::Advice) + 1e-6);
        }
    }
}

/// "No." was counted as "mm hm", and so was "Perfect.": both take a side.
#[test]
fn a_word_that_takes_a_side_is_no_backchannel() {
    let coder = Coder::load(None).unwrap();
    for (word, listens) in [
        ("No.", false),
        ("Perfect.", false),
        ("No, no.", false),
        ("Oh no.", true),
        ("Okay, perfect.", true),
        ("Yeah.", true),
    ] {
        let said = [(Some(Role::Coach), "They were all looking at the board."), (Some(Role::Coachee), word)];
        assert_eq!(coder.code(&said, &[])[1].as_coachee() == CoacheeMove::Backchannel, listens, "{word}");
    }
}

#[test]
fn questions_are_told_without_their_marks() {
    let coder = Coder::load(Some(&text_model())).unwrap();
    let table = [
        ("what did you notice about the back row", Form::Open),
        ("how would you do that differently next time", Form::Open),
        ("did you have a chance to look at the video", Form::Closed),
        ("are you still teaching year nine on a friday", Form::Closed),
        ("they were all looking at the board", Form::Statement),
        ("that was what you were hoping to see", Form::Statement),
    ];
    for (text, form) in table {
        assert_eq!(coder.code(&[(Some(Role::Coach), text)], &[])[0].form(), form, "{text}");
    }
}

#[test]
fn a_promise_is_one_however_it_is_written() {
    let table = [
        "I'll do that on Thursday.",
        "I will do that on Thursday.",
        "I am going to film the starter tomorrow.",
        "Okay, I will give it a go.",
        "I will count to five before I answer.",
        "i will email you the plan by wednesday",
    ];
    for folder in [Some(text_model()), None] {
        let coder = Coder::load(folder.as_deref()).unwrap();
        for text in table {
            let said = [(Some(Role::Coach), "What is your next step?"), (Some(Role::Coachee), text)];
            assert_eq!(coder.code(&said, &[])[1].as_coachee(), CoacheeMove::Commitment, "{text}");
        }
    }
}

#[test]
fn a_missing_text_model_is_said_and_costs_no_panic() {
    for &runtime in Runtime::ALL {
        let coder = Coder::load(Some(Path::new("/nowhere/text"))).unwrap().on(runtime);
        let why = coder.words_only().unwrap();
        assert!(matches!(why, EncoderError::Missing { .. }) && why.hint().is_some());
        assert_eq!(coder.name(), "words");
    }
}

#[test]
fn a_damaged_text_model_is_said_and_costs_no_panic() {
    for &runtime in Runtime::ALL {
        for damaged in ["model.safetensors", "tokenizer.json"] {
            let folder = tempfile::tempdir().unwrap();
            for file in ["model.safetensors", "tokenizer.json", "config.json"] {
                std::os::unix::fs::symlink(text_model().join(file), folder.path().join(file)).unwrap();
            }
            std::fs::remove_file(folder.path().join(damaged)).unwrap();
            std::fs::write(folder.path().join(damaged), b"{\"not\": \"one\"}").unwrap();
            let error = runtime.load(folder.path()).unwrap_err();
            assert!(matches!(&error, EncoderError::Unreadable { path, .. } if path.ends_with(damaged)), "{error}");
        }
    }
}

#[test]
fn units_share_the_time_of_their_turn() {
    let turn = Utterance {
        span: Span::new(Sample(16_000), Sample(48_000)).unwrap(),
        role: Some(Role::Coach),
        text: Spoken::new("It was good. What did you see?".to_owned()),
    };
    let units = split(std::slice::from_ref(&turn));
    assert_eq!(units.iter().map(|unit| unit.text.words()).collect::<Vec<_>>(), ["It was good.", "What did you see?"]);
    assert_eq!((units[0].span.start(), units[1].span.end()), (turn.span.start(), turn.span.end()));
    assert!(units[0].span.end() <= units[1].span.start());
    let coder = Coder::load(None).unwrap();
    let coded = code(&units, &coder, &[]);
    assert_eq!(coded.len(), 2);
    assert_eq!((coded[1].role, coded[1].span), (units[1].role, units[1].span));
}

#[test]
fn an_utterance_of_ten_thousand_words_and_none_at_all() {
    let coder = Coder::load(None).unwrap();
    let long = "and then we went on to the next thing ".repeat(1_100);
    let units = clauses(&long);
    let said: Vec<(Option<Role>, &str)> = units.iter().map(|unit| (None, &long[unit.clone()])).collect();
    assert_eq!(coder.code(&said, &[]).len(), units.len());
    assert_eq!(coder.code(&[], &[]), []);
}

#[test]
fn a_code_prints_no_word() {
    let coded = code(
        &[Utterance {
            span: Span::new(Sample(0), Sample(1)).unwrap(),
            role: None,
            text: Spoken::new("marmalade".to_owned()),
        }],
        &Coder::load(None).unwrap(),
        &[],
    );
    assert!(!format!("{coded:?}").contains("marmalade"));
}
