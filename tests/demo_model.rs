//! How well the shipped demo model hears, through the program's own voice activity, packing and decoding: word error rates
//! of sentences that training never saw (`scripts/train-demo-whisper/held.txt`), spoken here and now by Debian's voices.

mod demo_whisper;
#[path = "spoken/plain.rs"]
mod plain;
mod spoken;

use std::{fs, path::Path, time::Duration};

use plain::plain;
use sidetone::{
    capture::{FileSource, Heard, Source},
    session::Track,
    speech::Detector,
    transcript::{Packer, Whisper, Word},
    units::{SAMPLE_RATE, Sample, Span},
    weights::{Manifest, check_ggml},
};
use spoken::{UNHEARD, VOICES, speak};

/// Words wrong of 300 held-out sentences, at most: in the training voices (3.4 % are), and in a voice and at a rate that training
/// never heard (19.0 %).
const BAR_TRAINED: f64 = 0.10;
const BAR_UNHEARD: f64 = 0.20;
/// Between two sentences: enough that voice activity sees two pieces.
const PAUSE_S: f64 = 1.2;
/// A word lies within its sentence give or take this: segment times are learnt in tenths of a second.
const TIME_TOLERANCE_S: f64 = 0.3;
/// Share of rightly heard words whose times must be right too (all are, of the shipped model's).
const TIMES_RIGHT: f64 = 0.95;

fn held_out() -> Vec<String> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("scripts/train-demo-whisper/held.txt");
    fs::read_to_string(path).unwrap().lines().map(str::to_owned).collect()
}

fn whisper() -> Whisper {
    let threads = std::thread::available_parallelism().map_or(2, usize::from).min(4);
    demo_whisper::load(threads)
}

/// Decodes an audio file as the program does.
fn read(path: &Path) -> Vec<f32> {
    let mut source = FileSource::open(path, f64::INFINITY, false).unwrap();
    let mut samples = Vec::new();
    while let Heard::Block(block) = source.next(Duration::from_secs(1)).unwrap() {
        samples.extend_from_slice(&block.samples);
    }
    samples
}

/// What the program makes of a track: voice activity, windows, Whisper. In pieces, as sound arrives: the packer keeps no more
/// than voice activity needs, and of a track pushed at once only the last seconds were heard.
fn transcribe(whisper: &Whisper, samples: &[f32]) -> Vec<Word> {
    let (mut detector, mut packer) = (Detector::new(), Packer::within(Track(0), whisper.longest()));
    let mut windows = Vec::new();
    for piece in samples.chunks(SAMPLE_RATE as usize / 2) {
        let speech = detector.push(piece);
        windows.extend(packer.push(piece, &speech));
    }
    windows.extend(packer.finish(&detector.finish()));
    let mut words: Vec<Word> = windows.iter().flat_map(|window| whisper.decode(window).unwrap().words).collect();
    words.sort_by_key(|word| word.span.start());
    words
}

/// The fewest insertions, deletions and substitutions that turn `said` into `heard`, and which words are the same.
fn align(said: &[String], heard: &[String]) -> (usize, Vec<(usize, usize)>) {
    let (rows, columns) = (said.len() + 1, heard.len() + 1);
    let mut cost = vec![vec![0; columns]; rows];
    for i in 0..rows {
        for j in 0..columns {
            cost[i][j] = if i == 0 || j == 0 {
                i + j
            } else {
                let kept = cost[i - 1][j - 1] + usize::from(said[i - 1] != heard[j - 1]);
                kept.min(cost[i - 1][j] + 1).min(cost[i][j - 1] + 1)
            };
        }
    }
    let (mut i, mut j, mut same) = (rows - 1, columns - 1, Vec::new());
    while i > 0 && j > 0 {
        if said[i - 1] == heard[j - 1] && cost[i][j] == cost[i - 1][j - 1] {
            same.push((i - 1, j - 1));
            (i, j) = (i - 1, j - 1);
        } else if cost[i][j] == cost[i - 1][j - 1] + 1 {
            (i, j) = (i - 1, j - 1);
        } else if cost[i][j] == cost[i - 1][j] + 1 {
            i -= 1;
        } else {
            j -= 1;
        }
    }
    (cost[rows - 1][columns - 1], same)
}

/// Errors, words, and how many of the rightly heard words lie in their sentence's time.
#[derive(Clone, Copy, Default)]
struct Score {
    errors: usize,
    words: usize,
    right: usize,
    in_time: usize,
}

impl Score {
    fn error_rate(self) -> f64 {
        self.errors as f64 / self.words as f64
    }

    fn add(&mut self, other: Self) {
        self.errors += other.errors;
        self.words += other.words;
        self.right += other.right;
        self.in_time += other.in_time;
    }
}

/// Compares what was said when (sentences with their time) with what was heard.
fn score(said: &[(String, Span)], heard: &[Word]) -> Score {
    let said: Vec<(String, Span)> =
        said.iter().flat_map(|(text, span)| plain(text).into_iter().map(|word| (word, *span))).collect();
    let heard: Vec<(String, Span)> =
        heard.iter().flat_map(|word| plain(word.text.words()).into_iter().map(|text| (text, word.span))).collect();
    let texts = |words: &[(String, Span)]| words.iter().map(|(text, _)| text.clone()).collect::<Vec<_>>();
    let (errors, same) = align(&texts(&said), &texts(&heard));
    let in_time = same.iter().filter(|(i, j)| {
        let (sentence, word) = (said[*i].1, heard[*j].1);
        word.start().seconds() >= sentence.start().seconds() - TIME_TOLERANCE_S
            && word.end().seconds() <= sentence.end().seconds() + TIME_TOLERANCE_S
    });
    Score { errors, words: said.len(), right: same.len(), in_time: in_time.count() }
}

/// Sentences one after the other on a track with faint noise.
fn session(clips: Vec<(String, Vec<f32>)>) -> (Vec<(String, Span)>, Vec<f32>) {
    let pause = (PAUSE_S * f64::from(SAMPLE_RATE)) as usize;
    let mut samples = vec![0.0; pause];
    let mut said = Vec::new();
    for (text, clip) in clips {
        let first = samples.len() as u64;
        samples.extend(clip);
        said.push((text, Span::new(Sample(first), Sample(samples.len() as u64)).unwrap()));
        samples.resize(samples.len() + pause, 0.0);
    }
    let mut state = 1u32;
    for sample in &mut samples {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        *sample += (f64::from(state) / f64::from(u32::MAX) - 0.5) as f32 * 0.001;
    }
    (said, samples)
}

/// Has each sentence said by the next of `voices`, and each voice's sentences heard as one session.
fn evaluate(sentences: &[String], voices: &[&str]) -> Score {
    let whisper = whisper();
    let mut total = Score::default();
    let mut names: Vec<&str> = voices.to_vec();
    names.sort_unstable();
    names.dedup();
    for name in names {
        let mine: Vec<&str> = sentences
            .iter()
            .zip(voices.iter().cycle())
            .filter(|(_, voice)| **voice == name)
            .map(|(sentence, _)| sentence.as_str())
            .collect();
        let clips = speak(name, &mine).iter().map(|path| read(path)).collect::<Vec<_>>();
        let (said, samples) = session(mine.iter().map(|text| (*text).to_owned()).zip(clips).collect());
        let score = score(&said, &transcribe(&whisper, &samples));
        println!(
            "{name:18} {:5.1} % of {:4} words wrong, {:.1} % of the right ones in time",
            100.0 * score.error_rate(),
            score.words,
            100.0 * score.in_time as f64 / score.right.max(1) as f64
        );
        total.add(score);
    }
    println!("{:18} {:5.1} % of {:4} words", "together", 100.0 * total.error_rate(), total.words);
    total
}

#[test]
fn the_file_is_the_one_the_list_names() {
    let manifest = Manifest::bundled().unwrap();
    let entry = manifest.find("demo.en").unwrap();
    assert_eq!(fs::metadata(demo_whisper::file()).unwrap().len(), entry.bytes);
    sidetone::weights::verify(entry, &demo_whisper::file()).unwrap();
    let info = check_ggml(&demo_whisper::file()).unwrap();
    assert!(info.decoder_layers >= 3, "whisper.cpp would take it for a distilled model and give no times");
}

/// One after the other: two decoders beside each other take several times as long.
#[test]
fn it_hears_sentences_that_it_has_never_seen_as_well_as_the_bars_ask() {
    let sentences = held_out();
    let trained = evaluate(&sentences, VOICES);
    assert!(trained.error_rate() <= BAR_TRAINED, "word error rate {:.3} in the training voices", trained.error_rate());
    let in_time = trained.in_time as f64 / trained.right as f64;
    assert!(in_time >= TIMES_RIGHT, "{in_time:.3} of the right words lie in their sentence's time");
    let unheard = evaluate(&sentences, &[UNHEARD]);
    assert!(
        unheard.error_rate() <= BAR_UNHEARD,
        "word error rate {:.3} in a voice it never heard",
        unheard.error_rate()
    );
}

/// Where nobody speaks there are no words.
#[test]
fn silence_and_noise_have_no_words() {
    let (_, quiet) = session(Vec::new());
    let mut hum = quiet.repeat(8);
    for (at, sample) in hum.iter_mut().enumerate() {
        *sample += (at as f32 * 2.0 * std::f32::consts::PI * 50.0 / SAMPLE_RATE as f32).sin() * 0.01;
    }
    assert!(transcribe(&whisper(), &hum).is_empty());
}

/// All 300 sentences both ways, the demo session, and the recording that the environment names: what
/// `scripts/evaluate-demo-model` prints. Asserts nothing.
#[test]
#[ignore = "takes minutes; scripts/evaluate-demo-model runs it"]
fn everything() {
    let fixtures = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures");
    let mut said = Vec::new();
    for line in fs::read_to_string(fixtures.join("demo-session.tsv")).unwrap().lines().skip(1) {
        let cells: Vec<&str> = line.split('\t').collect();
        let [start, end] = [cells[0], cells[1]].map(|cell| Sample::from_seconds(cell.parse().unwrap()));
        said.push((cells[3].to_owned(), Span::new(start, end).unwrap()));
    }
    report("demo session", &fixtures.join("demo-session.ogg"), &said);
    if let (Ok(audio), Ok(text)) = (std::env::var("EVALUATE_AUDIO"), std::env::var("EVALUATE_TEXT")) {
        let always = Span::new(Sample(0), Sample(u64::from(SAMPLE_RATE) * 86_400)).unwrap();
        report(&audio, Path::new(&audio), &[(fs::read_to_string(text).unwrap(), always)]);
    }
    let sentences = held_out();
    println!("training voices");
    evaluate(&sentences, VOICES);
    println!("unheard voice and rate");
    evaluate(&sentences, &[UNHEARD]);
}

/// Prints what was heard in a recording, and how wrong it is.
fn report(name: &str, audio: &Path, said: &[(String, Span)]) {
    let heard = transcribe(&whisper(), &read(audio));
    let score = score(said, &heard);
    let text: Vec<&str> = heard.iter().map(|word| word.text.words().trim()).collect();
    println!("{name}: {:.1} % of {} words wrong\n{}", 100.0 * score.error_rate(), score.words, text.join(" "));
}
