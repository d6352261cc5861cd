use std::{
    collections::HashSet,
    fs,
    path::{Path, PathBuf},
    sync::{
        LazyLock,
        atomic::{AtomicUsize, Ordering},
    },
    time::Instant,
};

use symphonia::core::{
    audio::SampleBuffer, codecs::DecoderOptions, formats::FormatOptions, io::MediaSourceStream, meta::MetadataOptions,
    probe::Hint,
};

use super::*;
use crate::{
    measures::{Caveat, measure},
    moves::CoachMove,
    transcript::{Decoded, Format, Spoken, Window, parse, tests::demo_model},
};

fn fixture(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures").join(name)
}

/// The demo session's sound, 114 s at 16 kHz mono: two synthetic voices on one track.
fn demo_session() -> &'static [f32] {
    static SOUND: LazyLock<Vec<f32>> = LazyLock::new(|| {
        let file = fs::File::open(fixture("demo-session.ogg")).unwrap();
        let stream = MediaSourceStream::new(Box::new(file), Default::default());
        let probed = symphonia::default::get_probe()
            .format(Hint::new().with_extension("ogg"), stream, &FormatOptions::default(), &MetadataOptions::default())
            .unwrap();
        let mut format = probed.format;
        let parameters = &format.default_track().unwrap().codec_params;
        assert_eq!(parameters.sample_rate, Some(SAMPLE_RATE));
        let mut decoder = symphonia::default::get_codecs().make(parameters, &DecoderOptions::default()).unwrap();
        let mut sound = Vec::new();
        while let Ok(packet) = format.next_packet() {
            let decoded = decoder.decode(&packet).unwrap();
            let mut samples = SampleBuffer::<f32>::new(decoded.capacity() as u64, *decoded.spec());
            samples.copy_interleaved_ref(decoded);
            sound.extend_from_slice(samples.samples());
        }
        sound
    });
    &SOUND
}

/// Ten seconds without a pause, of one voice.
pub(super) fn speech() -> Vec<f32> {
    let said = speech::detect(&demo_session()[..seconds(60)]);
    said.iter()
        .flat_map(|span| &demo_session()[span.start().0 as usize..span.end().0 as usize])
        .copied()
        .take(seconds(10))
        .collect()
}

/// Who really spoke when, and what.
fn demo_truth() -> Vec<Utterance> {
    parse(&fs::read(fixture("demo-session.tsv")).unwrap(), Format::Tsv).unwrap().utterances
}

fn models(words: bool) -> Models {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("models/speaker-ge2e.safetensors");
    assert!(path.is_file(), "{} is missing: run scripts/fetch-models", path.display());
    static SPEAKER: LazyLock<Arc<SpeakerEncoder>> = LazyLock::new(|| {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("models/speaker-ge2e.safetensors");
        Arc::new(SpeakerEncoder::load(&path).unwrap())
    });
    Models {
        whisper: words.then(|| (DEMO_MODEL.to_owned(), demo_model())),
        speaker: Some(Arc::clone(&SPEAKER)),
        moves: None,
    }
}

fn setup(tracks: u8, hint: RoleHint) -> Setup {
    Setup { tracks, hint, voices: Voices::Synthetic }
}

fn feed(pipeline: &mut Pipeline, track: u8, first: usize, sound: &[f32]) {
    for (i, samples) in sound.chunks(8000).enumerate() {
        let first = Sample((first + i * 8000) as u64);
        pipeline.push(&Block { first, track: Track(track), samples: samples.into() });
    }
}

fn seconds(s: usize) -> usize {
    s * SAMPLE_RATE as usize
}

fn noise(length: usize, level: f32) -> Vec<f32> {
    let mut state = 1u32;
    (0..length)
        .map(|_| {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            level * ((state >> 8) as f32 / (1 << 23) as f32 - 1.0)
        })
        .collect()
}

/// What the whole demo session comes to: decoded once for all tests.
fn demo_outcome() -> &'static Outcome {
    static OUTCOME: LazyLock<Outcome> = LazyLock::new(|| {
        let mut pipeline = Pipeline::new(models(true), setup(1, RoleHint::CoachSpeaksFirst), None);
        feed(&mut pipeline, 0, 0, demo_session());
        pipeline.wait_until_behind(40.0);
        assert!(pipeline.behind_s() <= 40.0);
        pipeline.finish()
    });
    &OUTCOME
}

#[test]
fn a_session_becomes_numbers_and_words() {
    let outcome = demo_outcome();
    let numbers = &outcome.numbers;
    assert!((numbers.duration_s - 114.0).abs() < 1.0, "{}", numbers.duration_s);
    assert!(numbers.words_decoded && numbers.word_numbers_unusable.is_none() && outcome.ask.is_none());
    assert_eq!((numbers.models.whisper.as_str(), numbers.models.speaker.as_deref()), ("demo.en", Some("ge2e")));
    // Who speaks how much is as it was synthesised, give or take three points.
    let truth = demo_truth();
    let of = |role| truth.iter().filter(|u| u.role == Some(role)).map(|u| u.span.seconds()).sum::<f64>();
    let share = of(Role::Coach) / (of(Role::Coach) + of(Role::Coachee));
    let ratio = measure(numbers).talk_ratio.unwrap().coach.get();
    assert!((ratio - share).abs() < 0.03, "{ratio} for {share}");
    // Words lie where somebody speaks, in order, and most belong to whoever really spoke then.
    assert!(!outcome.words.is_empty());
    assert!(outcome.words.is_sorted_by_key(|u| u.span.start()));
    let right =
        outcome.words.iter().filter(|u| truth.iter().any(|t| t.role == u.role && near(t.span, u.span.midpoint())));
    assert!(right.count() * 10 >= outcome.words.len() * 9);
}

/// What the shipped demo model holds on the demo session: it gets 9 % of its words wrong. The margin is for arithmetic that
/// differs between processors.
const WRONG_WORDS_HELD: f64 = 0.12;

#[test]
fn the_demo_session_is_understood_as_well_as_the_model_can() {
    // Whole sentences were missing for whoever tried the demo: a model that stopped early in a window was not asked for the rest.
    let outcome = demo_outcome();
    let bare = |utterances: &[Utterance]| -> Vec<String> {
        let words = utterances.iter().flat_map(|u| u.text.words().split_whitespace().map(str::to_lowercase));
        words.map(|word| word.replace(|c: char| !c.is_alphanumeric(), "")).collect()
    };
    let (said, heard) = (bare(&demo_truth()), bare(&outcome.words));
    let errors = edits(&said, &heard) as f64 / said.len() as f64;
    assert!(errors < WRONG_WORDS_HELD, "{:.0} % of the words are wrong", 100.0 * errors);
    // Rarely may a word go to the other person.
    for role in [Role::Coach, Role::Coachee] {
        let of = |all: &[Utterance]| all.iter().filter(|u| u.role == Some(role)).cloned().collect::<Vec<_>>();
        let (said, heard) = (bare(&of(&demo_truth())), bare(&of(&outcome.words)));
        let with_role = edits(&said, &heard) as f64 / said.len() as f64;
        assert!(with_role < errors + 0.1, "{role:?}: {:.0} %", 100.0 * with_role);
    }
}

/// Levenshtein's distance, in words.
fn edits(a: &[String], b: &[String]) -> usize {
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, x) in a.iter().enumerate() {
        let mut corner = row[0];
        row[0] = i + 1;
        for (j, y) in b.iter().enumerate() {
            let above = row[j + 1];
            row[j + 1] = (corner + usize::from(x != y)).min(above + 1).min(row[j] + 1);
            corner = above;
        }
    }
    row[b.len()]
}

#[test]
fn two_tracks_keep_their_words_apart() {
    let (sound, truth) = (demo_session(), demo_truth());
    let end = seconds(40);
    let faint = noise(end, 0.001);
    let only = |role| -> Vec<f32> {
        let own = |at: usize| truth.iter().any(|u| u.role == Some(role) && near(u.span, Sample(at as u64)));
        (0..end).map(|at| if own(at) { sound[at] } else { faint[at] }).collect()
    };
    let tracks = [only(Role::Coachee), only(Role::Coach)];
    let mut pipeline = Pipeline::new(models(true), setup(2, RoleHint::CoachTrack(1)), None);
    for at in (0..end).step_by(8000) {
        for (track, sound) in (0u8..).zip(&tracks) {
            feed(&mut pipeline, track, at, &sound[at..at + 8000]);
        }
    }
    let outcome = pipeline.finish();
    assert_eq!((outcome.numbers.tracks, outcome.numbers.duration_s), (2, 40.0));
    assert!(!outcome.words.is_empty());
    for utterance in &outcome.words {
        let spoken = truth.iter().any(|t| t.role == utterance.role && near(t.span, utterance.span.midpoint()));
        assert!(spoken, "{:?}", utterance.span);
    }
}

#[test]
fn without_a_hint_the_coach_is_guessed_and_one_can_ask() {
    let mut pipeline = Pipeline::new(models(false), setup(1, RoleHint::None), None);
    feed(&mut pipeline, 0, 0, &demo_session()[..seconds(40)]);
    let outcome = pipeline.finish();
    assert!(outcome.numbers.doubts.contains(&"roles_assumed".to_owned()));
    let truth = demo_truth();
    let speaker = |at: Sample| truth.iter().find(|u| near(u.span, at)).and_then(|u| u.role);
    assert_eq!(outcome.ask.unwrap().map(speaker), [Some(Role::Coach), Some(Role::Coachee)]);
    // No model for words: they may still be had from the recording.
    assert!(outcome.words_poor && !outcome.numbers.words_decoded && outcome.words.is_empty());
    assert!(outcome.numbers.doubts.contains(&"words_failed".to_owned()));
}

/// The sound of the demo session's utterances of one person, each with a pause after it.
fn said_by(role: Role) -> Vec<Vec<f32>> {
    let sound = demo_session();
    let own = |u: &Utterance| u.role == Some(role);
    let piece = |u: Utterance| {
        let (start, end) = (u.span.start().0 as usize, (u.span.end().0 as usize).min(sound.len()));
        [&sound[start..end], &vec![0.0; seconds(1) / 2]].concat()
    };
    demo_truth().into_iter().filter(own).map(piece).collect()
}

/// Who spoke how much, without words: the seconds of coach and coachee, and the caveats.
fn shared(sound: &[f32]) -> (f64, f64, Vec<Caveat>) {
    let mut pipeline = Pipeline::new(models(false), setup(1, RoleHint::CoachSpeaksFirst), None);
    feed(&mut pipeline, 0, 0, sound);
    let measures = measure(&pipeline.finish().numbers);
    (measures.speech.coach_s, measures.speech.coachee_s, measures.caveats)
}

/// The same voice out of another throat: faster and higher.
fn higher(sound: &[f32], by: f32) -> Vec<f32> {
    (0..(sound.len() as f32 / by) as usize).map(|i| sound[(i as f32 * by) as usize]).collect()
}

#[test]
fn one_person_alone_is_said_to_be_alone() {
    let (_, _, caveats) = shared(&said_by(Role::Coach).concat());
    assert!(caveats.contains(&Caveat::OneVoice), "{caveats:?}");
}

#[test]
fn a_third_voice_is_noticed() {
    let third: Vec<Vec<f32>> = said_by(Role::Coach).iter().map(|said| higher(said, 1.35)).collect();
    let turns = said_by(Role::Coach).into_iter().zip(said_by(Role::Coachee)).zip(third);
    let sound: Vec<f32> = turns.flat_map(|((a, b), c)| [a, b, c].concat()).collect();
    let (_, _, caveats) = shared(&sound);
    assert!(caveats.contains(&Caveat::MoreVoices), "{caveats:?}");
    let (_, _, caveats) = shared(demo_session());
    assert!(!caveats.contains(&Caveat::MoreVoices), "{caveats:?}");
}

#[test]
fn who_hardly_says_a_word_is_given_no_more() {
    let coach = said_by(Role::Coach).concat();
    let coachee = said_by(Role::Coachee);
    // Three short answers in more than two minutes.
    let short = |n: usize| coachee.iter().filter(|said| said.len() < seconds(4)).nth(n).cloned().unwrap_or_default();
    let sound: Vec<f32> = (0..3).flat_map(|n| [coach.clone(), short(n)].concat()).collect();
    let answered: f64 = (0..3).map(|n| short(n).len() as f64 / f64::from(SAMPLE_RATE) - 0.5).sum();
    let (own, other, caveats) = shared(&sound);
    assert!(own > 10.0 * other && other > 0.5 * answered, "{own} s, {other} s of {answered} s, {caveats:?}");
}

#[test]
fn clipping_and_music_leave_the_ratio_where_it_is() {
    let ratio = |sound: &[f32]| {
        let (coach, coachee, _) = shared(sound);
        coach / (coach + coachee)
    };
    let session = demo_session();
    let plain = ratio(session);
    let loud: Vec<f32> = session.iter().map(|s| (s * 12.0).clamp(-1.0, 1.0)).collect();
    // Chords of a piano next door, 25 dB below the talk.
    let level = (session.iter().map(|s| s * s).sum::<f32>() / session.len() as f32).sqrt() * 0.056;
    let note =
        |t: f32, hz: f32| (1..5).map(|k| (std::f32::consts::TAU * hz * k as f32 * t).sin() / k as f32).sum::<f32>();
    let music = |i: usize| {
        let t = i as f32 / SAMPLE_RATE as f32;
        let root = [220.0, 261.6, 196.0, 174.6][(t * 2.0) as usize % 4];
        level * (-3.0 * (t * 2.0).fract()).exp() * (note(t, root) + note(t, root * 1.25) + note(t, root * 1.5))
    };
    let with_music: Vec<f32> = session.iter().enumerate().map(|(i, s)| s + music(i)).collect();
    for (name, sound) in [("clipped", loud), ("music", with_music)] {
        let heard = ratio(&sound);
        assert!((heard - plain).abs() < 0.03, "{name}: {heard} for {plain}");
    }
}

#[test]
fn silence_and_noise_say_nothing() {
    let keys = |at: usize| if at % 4000 < 200 { 1.0 } else { 0.02 };
    let typing = noise(seconds(30), 0.3).iter().enumerate().map(|(at, s)| s * keys(at)).collect();
    // Three notes a chord, a chord a second, each dying away.
    let chord = |at: usize| {
        let (t, bar) = (at as f32 / SAMPLE_RATE as f32, at / seconds(1));
        let note = |semitones: i32| (t * 1382.3 * 2f32.powf(semitones as f32 / 12.0)).sin();
        let root = [0, 5, 7, 3][bar % 4];
        0.15 * (note(root) + note(root + 4) + note(root + 7)) * (-3.0 * t.fract()).exp()
    };
    let music = (0..seconds(30)).map(chord).collect();
    for (name, sound) in [
        ("silence", vec![0.0; seconds(30)]),
        ("music", music),
        ("a fan", noise(seconds(30), 0.05)),
        ("a keyboard", typing),
        ("nothing", vec![]),
    ] {
        let mut pipeline =
            Pipeline::new(models(true), Setup { voices: Voices::Live, ..setup(1, RoleHint::None) }, None);
        feed(&mut pipeline, 0, 0, &sound);
        let outcome = pipeline.finish();
        let speech: f64 = outcome.numbers.spans.iter().map(|s| s.span.seconds()).sum();
        assert!(outcome.words.is_empty(), "{name}: {:?}", outcome.words);
        // Voice activity takes a piano for a singer; the decoder has to know better.
        assert!(
            name == "music" || (speech < 1.0 && !outcome.words_poor && outcome.ask.is_none()),
            "{name}: {speech} s"
        );
        assert_eq!(outcome.numbers.word_numbers_unusable.as_deref(), Some("demo_model"));
    }
}

#[test]
fn words_are_doubted_for_a_reason() {
    let transcribed = |windows, failed, words: usize, logprob: f32| {
        let word = Word {
            span: Span::new(Sample(0), Sample(1)).unwrap(),
            text: Spoken::new("so".to_owned()),
            probability: 1.0,
        };
        let mut transcribed = Transcribed { failed, ..Transcribed::default() };
        let decoded =
            Decoded { words: vec![word; words], mean_logprob: Some(logprob), tokens: 10, ..Decoded::default() };
        transcribed.add(Track(0), Ok((decoded, Prepared::default())), &[]);
        transcribed.windows = windows;
        transcribed
    };
    for (windows, failed, words, logprob, speech_s, expected) in [
        (3, 0, 5, -0.3, 60.0, None),
        (3, 1, 5, -0.3, 60.0, Some(Caveat::WordsPoor)),
        (3, 3, 0, -0.3, 60.0, Some(Caveat::WordsFailed)),
        (3, 0, 5, -0.9, 60.0, Some(Caveat::WordsPoor)),
        (3, 0, 0, -0.3, 60.0, Some(Caveat::WordsPoor)),
        (1, 0, 0, -3.0, 2.0, None),
    ] {
        let transcribed = transcribed(windows, failed, words, logprob);
        assert_eq!(trouble(Some(&transcribed), speech_s), expected, "{transcribed:?}");
    }
    assert_eq!(trouble(None, 1.0), Some(Caveat::WordsFailed));
    assert_eq!(trouble(None, 0.0), None);
}

#[test]
fn off_the_record_is_in_no_number_and_no_word() {
    let sound = &demo_session()[..seconds(40)];
    let mut pipeline = Pipeline::new(models(true), setup(1, RoleHint::CoachSpeaksFirst), None);
    feed(&mut pipeline, 0, 0, &sound[..seconds(30)]);
    pipeline.gap(Sample(seconds(25) as u64));
    pipeline.forget_from(Sample(seconds(20) as u64));
    // Said again, as nobody should: it is known, and not heard twice.
    feed(&mut pipeline, 0, seconds(20), &sound[seconds(20)..]);
    let outcome = pipeline.finish();
    let secret = Span::new(Sample(seconds(20) as u64), Sample(seconds(30) as u64)).unwrap();
    assert_eq!((outcome.numbers.duration_s, outcome.numbers.gaps), (30.0, 1));
    assert!(outcome.numbers.spans.iter().all(|s| s.span.overlap(secret).is_none()));
    assert!(outcome.words.iter().all(|u| !secret.contains(u.span.midpoint())));
    let after = |s: &RoleSpan| s.span.start() >= secret.end();
    assert!(outcome.numbers.spans.iter().any(after) && !outcome.numbers.spans.iter().all(after));
}

#[test]
fn a_stretch_off_the_record_is_one_gap_and_an_end_is_none() {
    let sound = &demo_session()[..seconds(20)];
    let at = |s: usize| Sample(seconds(s) as u64);
    let mut live = Pipeline::new(models(false), setup(1, RoleHint::CoachSpeaksFirst), None);
    feed(&mut live, 0, 0, &sound[..seconds(10)]);
    live.forget_from(at(8));
    live.gap(at(10));
    feed(&mut live, 0, seconds(10), &sound[seconds(10)..]);
    live.forget_from(at(18));
    // The same read again from its recording: where sound was cut out, and where it went on.
    let mut again = Pipeline::new(models(false), setup(1, RoleHint::CoachSpeaksFirst), None);
    feed(&mut again, 0, 0, &sound[..seconds(8)]);
    again.gap(at(8));
    again.gap(at(10));
    feed(&mut again, 0, seconds(10), &sound[seconds(10)..seconds(18)]);
    again.gap(at(18));
    for numbers in [live, again].map(|pipeline| pipeline.finish().numbers) {
        assert_eq!((numbers.duration_s, numbers.gaps), (16.0, 1));
    }
}

#[test]
fn what_is_struck_out_is_in_no_number_and_no_gap() {
    let sound = &demo_session()[..seconds(20)];
    let command = Span::new(Sample(seconds(5) as u64), Sample(seconds(7) as u64)).unwrap();
    let mut pipeline = Pipeline::new(models(false), setup(1, RoleHint::CoachSpeaksFirst), None);
    feed(&mut pipeline, 0, 0, &sound[..seconds(10)]);
    pipeline.forget(command);
    feed(&mut pipeline, 0, seconds(10), &sound[seconds(10)..]);
    let numbers = pipeline.finish().numbers;
    assert_eq!((numbers.duration_s, numbers.gaps), (18.0, 0));
    assert!(!numbers.spans.is_empty() && numbers.spans.iter().all(|s| s.span.overlap(command).is_none()));
}

#[test]
fn holes_and_pauses_are_outside_every_duration() {
    let sound = &demo_session()[..seconds(20)];
    let mut pipeline = Pipeline::new(models(false), setup(1, RoleHint::CoachSpeaksFirst), None);
    feed(&mut pipeline, 0, 0, &sound[..seconds(10)]);
    // A recording read again: the note of a gap, and the hole where something was cut out of it.
    pipeline.gap(Sample(seconds(10) as u64));
    feed(&mut pipeline, 0, seconds(60), &sound[seconds(10)..]);
    pipeline.gap(Sample(seconds(65) as u64));
    // Nonsense changes nothing.
    pipeline.push(&Block { first: Sample(u64::MAX), track: Track(0), samples: vec![0.5; 10].into() });
    pipeline.push(&Block { first: Sample(0), track: Track(7), samples: vec![0.5; 10].into() });
    let numbers = pipeline.finish().numbers;
    assert_eq!((numbers.duration_s, numbers.gaps), (20.0, 2));
    let hole = Span::new(Sample(seconds(11) as u64), Sample(seconds(60) as u64)).unwrap();
    assert!(numbers.spans.iter().all(|s| s.span.overlap(hole).is_none_or(|o| o.seconds() < 0.1)));
    assert!(numbers.spans.iter().any(|s| s.span.start() >= hole.end()));
}

/// Of the demo session, from and to a second.
fn window(start: usize, end: usize) -> Window {
    let mut packer = Packer::new(Track(0));
    let speech = [Span::new(Sample(seconds(start) as u64), Sample(seconds(end) as u64)).unwrap()];
    packer.push(&demo_session()[..seconds(end)], &speech);
    packer.finish(&[]).remove(0)
}

#[test]
fn a_backlog_is_read_again() {
    let rereads = Arc::new(AtomicUsize::new(0));
    let lost = Arc::new(AtomicUsize::new(0));
    let reread: Reread = Box::new({
        let (rereads, lost) = (Arc::clone(&rereads), Arc::clone(&lost));
        move |_, span| {
            rereads.fetch_add(1, Ordering::Relaxed);
            if span.start().0 >= seconds(60) as u64 {
                lost.fetch_add(1, Ordering::Relaxed);
                return None;
            }
            demo_session().get(span.start().0 as usize..span.end().0 as usize).map(<[f32]>::to_vec)
        }
    });
    let decoding = Decoding::start(demo_model(), Some(reread));
    let whole = Decoding::start(demo_model(), None);
    for start in [3, 7, 11, 15, 21, 25, 65] {
        decoding.add(window(start, start + 3));
        whole.add(window(start, start + 3));
    }
    assert!(decoding.behind_s() > 0.0 && !decoding.idle());
    let (again, expected) = (decoding.finish(), whole.finish());
    assert!(rereads.load(Ordering::Relaxed) > 0);
    assert_eq!((again.windows, again.failed), (7, lost.load(Ordering::Relaxed)));
    assert_eq!(again.failed, 1);
    let before: Vec<_> = expected.words().filter(|(_, w)| w.span.start().0 < seconds(60) as u64).collect();
    assert_eq!(again.words().collect::<Vec<_>>(), before);
    assert_eq!(trouble(Some(&again), 21.0), Some(Caveat::WordsPoor));
}

#[test]
fn sentences_are_prepared_as_they_come_and_go_when_they_go() {
    // After an hour of real talk the report came seconds later than it could: the text model had read nothing until then.
    let text = Path::new(env!("CARGO_MANIFEST_DIR")).join("models/text");
    let coder = Arc::new(Coder::load(Some(&text)).unwrap());
    assert!(coder.words_only().is_none(), "the text model is missing: run scripts/fetch-models");
    let decoding = Decoding::start(demo_model(), None);
    decoding.prepare_for(Arc::clone(&coder));
    for (start, end) in [(3, 13), (21, 28)] {
        decoding.add(window(start, end));
    }
    decoding.wait_until_behind(0.0);
    let struck = Span::new(Sample(seconds(24) as u64), Sample(seconds(25) as u64)).unwrap();
    decoding.forget(struck);
    let transcribed = decoding.finish();
    let [whole, rest] = transcribed.passages.as_slice() else { panic!("{transcribed:?}") };
    let words: Vec<Word> = whole.words().map(|(_, word)| word).collect();
    let units = moves::split(&align(words, &[]));
    // Who has no text model can only have it from what was prepared.
    let words_only = Coder::load(None).unwrap();
    let [prepared, asked, words_only] =
        [(&words_only, vec![&whole.prepared]), (coder.as_ref(), vec![]), (&words_only, vec![])]
            .map(|(coder, prepared)| moves::code(&units, coder, &prepared));
    let apart = |a: &[moves::Coded], b: &[moves::Coded]| {
        let most = |a: &moves::Coded, b: &moves::Coded| {
            let each = CoachMove::ALL.iter().map(|m| (a.code.of_coach(*m) - b.code.of_coach(*m)).abs());
            each.fold(0.0, f32::max)
        };
        a.iter().zip(b).map(|(a, b)| most(a, b)).fold(0.0, f32::max)
    };
    assert!(!units.is_empty() && apart(&prepared, &asked) < 1e-3 && apart(&words_only, &asked) > 1e-2, "{units:?}");
    // Of the other, words are left, and what was made of all of them is not.
    assert!(rest.words().count() > 0);
    assert_eq!(format!("{:?}", rest.prepared), "[0 sentences]");
}

#[test]
fn whoever_leaves_does_not_wait_for_the_backlog() {
    let mut pipeline = Pipeline::new(models(true), setup(1, RoleHint::None), None);
    feed(&mut pipeline, 0, 0, demo_session());
    assert!(pipeline.behind_s() > 0.0);
    let start = Instant::now();
    drop(pipeline);
    assert!(start.elapsed().as_secs_f64() < 0.5);
}

#[test]
fn a_written_transcript_has_numbers_too() {
    let outcome = read(
        parse(b"start_s\tend_s\trole\ttext\n0\t40\tAnn\tHi\n41\t61\tBob\tHi", Format::Tsv).unwrap(),
        &Models::default(),
    );
    assert_eq!((outcome.numbers.duration_s, outcome.words.len()), (61.0, 2));
    let doubts: HashSet<&str> = outcome.numbers.doubts.iter().map(String::as_str).collect();
    assert_eq!(doubts, HashSet::from(["written_transcript", "roles_assumed"]));
    let ratio = measure(&outcome.numbers).talk_ratio.unwrap().coach.get();
    assert!((ratio - 2.0 / 3.0).abs() < 0.01);
}

#[test]
fn a_written_transcript_is_coded_and_nothing_in_it_is_timed() {
    let coded = |text: &str| {
        let models = Models { moves: Some(Arc::new(Coder::load(None).unwrap())), ..Models::default() };
        read(parse(format!("start_s\tend_s\trole\ttext\n{text}").as_bytes(), Format::Tsv).unwrap(), &models)
    };
    let outcome = coded("0\t4\tcoach\tIt was lovely to watch. What did you notice?\n5\t9\tcoachee\tThey were quiet.");
    assert_eq!((outcome.words.len(), outcome.numbers.models.moves.as_deref()), (3, Some("words")));
    let measures = measure(&outcome.numbers);
    assert!(measures.has(Caveat::MovesByWordsOnly) && !measures.has(Caveat::MovesNotCoded));
    let words = measures.words.unwrap();
    assert_eq!((words.questions.open, words.waiting), (1, None));
    // When the coach told and asked is kept, unless nobody said who the coach is.
    assert_eq!(words.marks.last().map(|mark| mark.at_s), Some(2));
    let unsaid = coded("0\t4\tA\tIt was lovely to watch. What did you notice?\n5\t9\tB\tThey were quiet.").numbers;
    assert!(unsaid.doubts.contains(&Caveat::RolesAssumed.code().to_owned()));
    assert!(unsaid.by_words.unwrap().iter().all(|words| words.marks.is_empty()));
    // The other way round, the question is nobody's: it was the coachee who asked.
    assert_eq!(measure(&outcome.numbers.swapped()).words.unwrap().questions.open, 0);
    let german =
        "Ich glaube, sie haben auf mich gewartet, ehrlich gesagt, und ich habe ihnen die Antwort gegeben. ".repeat(4);
    let foreign = coded(&format!("0\t9\tcoach\t{german}\n9\t19\tcoachee\t{german}"));
    assert_eq!(foreign.numbers.word_numbers_unusable.as_deref(), Some("not_english"));
    assert_eq!(measure(&foreign.numbers).words, None);
}

#[test]
fn nothing_printed_holds_a_word() {
    let word = Word {
        span: Span::new(Sample(0), Sample(1)).unwrap(),
        text: Spoken::new("marmalade".to_owned()),
        probability: 1.0,
    };
    let mut transcribed = Transcribed::default();
    transcribed.passages.extend(passage::Passage::new(Track(0), &[word]));
    assert!(!format!("{transcribed:?}").contains("marmalade"));
}
