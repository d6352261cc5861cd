//! What an import costs beside whisper.cpp alone on the same file: same model, threads and strategy, turn and turn about.
//!
//! whisper.cpp alone is `whisper-cli -bs 1 -bo 1 -nf -t N` where one is given (`--cli PATH`). Its source does not come with
//! the crate; without one this program, started again, does what `whisper-cli` does: it loads the model, reads the file, and
//! calls `whisper_full` once, over all of it, with that program's parameters.
//!
//! Nothing is asserted: figures depend on the machine. The bars are beside them, for people to compare.

mod base_size;
#[path = "../spoken/plain.rs"]
mod plain;
mod program;
mod table;

use std::{
    io::{Read, Write},
    path::{Path, PathBuf},
    process::{Command, Stdio},
    time::Instant,
};

use plain::plain;
use program::{Home, demo_session, import, output_of, text};
use sidetone::{cli, units::SAMPLE_RATE};
use whisper_rs::{FullParams, SamplingStrategy, WhisperContext, WhisperContextParameters};

/// Minutes of the session, and how many pairs of runs; with `--short`.
const MINUTES: u32 = 30;
const MINUTES_SHORT: u32 = 5;
const PAIRS: usize = 3;
const PAIRS_SHORT: usize = 1;
/// Share of the session in which nobody speaks.
const SILENCE: f64 = 0.2;
/// The first argument that has this program do one run.
const ALONE: &str = "--alone";
const IMPORT: &str = "--import";
/// What the program says of decoding (`pipeline`): the seconds follow.
const DECODED: &str = "decoded_s=";

fn demo_model() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("models/ggml-sidetone-demo.en.bin")
}

/// What `whisper-cli -bs 1 -bo 1 -nf -t N MODEL FILE` does: the defaults of its main file in whisper.cpp 1.8.
fn alone(model: &str, file: &str, threads: &str) {
    whisper_rs::install_logging_hooks();
    let mut parameters = WhisperContextParameters::default();
    parameters.flash_attn(true);
    let mut state = WhisperContext::new_with_params(model, parameters).unwrap().create_state().unwrap();
    let samples: Vec<f32> = hound::WavReader::open(file)
        .unwrap()
        .samples::<i16>()
        .map(|sample| f32::from(sample.unwrap()) / 32768.0)
        .collect();
    let mut parameters = FullParams::new(SamplingStrategy::Greedy { best_of: 1 });
    parameters.set_n_threads(threads.parse().unwrap());
    parameters.set_temperature_inc(0.0);
    parameters.set_print_progress(false);
    state.full(parameters, &samples).unwrap();
    let mut out = std::io::stdout().lock();
    state.as_iter().for_each(|segment| writeln!(out, "{}", segment.to_str_lossy().unwrap()).unwrap());
}

/// One run of the program in this process, with what it logs on stderr.
fn run_here(arguments: impl Iterator<Item = String>) {
    tracing_subscriber::fmt().with_writer(std::io::stderr).with_ansi(false).init();
    let arguments = cli::parse(std::iter::once("sidetone".to_owned()).chain(arguments).map(Into::into)).ok().unwrap();
    let config = cli::Config::resolve(&arguments.global).unwrap();
    cli::run(arguments.command, &config).unwrap();
}

/// Some run: seconds, words said, peak memory in megabytes.
struct Run {
    seconds: f64,
    said: String,
    peak: f64,
}

fn timed(mut command: Command) -> Run {
    let begun = Instant::now();
    let (said, done, peak) = output_of(command.stdout(Stdio::piped()).spawn().unwrap());
    assert!(done, "{command:?} failed");
    Run { seconds: begun.elapsed().as_secs_f64(), said, peak }
}

fn whisper_alone(cli: Option<&str>, model: &Path, file: &Path, threads: usize) -> Run {
    let threads = threads.to_string();
    let mut command = Command::new(cli.map_or_else(|| std::env::current_exe().unwrap(), PathBuf::from));
    match cli {
        Some(_) => command
            .args(["-bs", "1", "-bo", "1", "-nf", "-np", "-nt", "-t", &threads, "-m"])
            .arg(model)
            .arg("-f")
            .arg(file),
        None => command.arg(ALONE).arg(model).arg(file).arg(threads),
    };
    command.stderr(Stdio::null());
    timed(command)
}

/// An import as a whole process, and the seconds that it spent on decoding.
fn whole_import(home: &Home, model: &str, file: &Path) -> (Run, f64) {
    let mut command = home.at_home(Command::new(std::env::current_exe().unwrap()));
    command.arg(IMPORT).args(import(&text(file), model)).args(["--quiet", "--json"]);
    let begun = Instant::now();
    let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let mut errors = child.stderr.take().unwrap();
    let reading = std::thread::spawn(move || {
        let mut logged = String::new();
        errors.read_to_string(&mut logged).unwrap();
        logged
    });
    let (said, done, peak) = output_of(child);
    let seconds = begun.elapsed().as_secs_f64();
    let logged = reading.join().unwrap();
    assert!(done, "{logged}");
    let decoded =
        logged.split(DECODED).nth(1).and_then(|rest| rest.split_whitespace().next()).map(|s| s.parse().unwrap());
    (Run { seconds, said, peak }, decoded.unwrap())
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}

/// Words in error, of what was said, in points.
fn wrong(said: &[String], heard: &str) -> f64 {
    100.0 * strsim::generic_levenshtein(&said.to_vec(), &plain(heard)) as f64 / said.len() as f64
}

/// The last column of a transcript.
fn texts(tsv: &str) -> String {
    let lines = tsv.lines().filter(|line| !line.starts_with('#') && !line.starts_with("start_s"));
    lines.filter_map(|line| line.rsplit('\t').next()).collect::<Vec<_>>().join(" ")
}

fn main() {
    let arguments: Vec<String> = std::env::args().collect();
    let after = |flag: &str| arguments.iter().position(|arg| arg == flag).map(|at| &arguments[at + 1..]);
    if let Some([model, file, threads, ..]) = after(ALONE) {
        return alone(model, file, threads);
    }
    if let Some(rest) = after(IMPORT) {
        return run_here(rest.iter().cloned());
    }
    let short = arguments.iter().any(|arg| arg == "--short");
    let other = after("--cli").and_then(|rest| rest.first()).map(String::as_str);
    let (minutes, pairs) = if short { (MINUTES_SHORT, PAIRS_SHORT) } else { (MINUTES, PAIRS) };
    let pairs = after("--pairs").and_then(|rest| rest.first()?.parse().ok()).unwrap_or(pairs);
    let threads = cli::decoding_threads();

    let home = Home::new().unwrap();
    let base = home.data().join("models/ggml-base.en.bin");
    std::fs::create_dir_all(base.parent().unwrap()).unwrap();
    base_size::write(&demo_model(), &base);
    let model_mb = std::fs::metadata(&base).unwrap().len() as f64 / 1024.0 / 1024.0;
    let once = program::read(&demo_session());
    let file = home.path().join("session.wav");
    program::write(&file, SAMPLE_RATE, with_silence(&once).cycle().take((minutes * 60 * SAMPLE_RATE) as usize));

    let (mut ratios, mut overheads, mut peaks) = (Vec::new(), Vec::new(), Vec::new());
    for _ in 0..pairs {
        let (ours, decoded_s) = whole_import(&home, "base.en", &file);
        let theirs = whisper_alone(other, &base, &file, threads);
        eprintln!(
            "{minutes} minutes of sound: import {:.1} s, of which decoding {decoded_s:.1} s; whisper.cpp alone {:.1} s",
            ours.seconds, theirs.seconds
        );
        ratios.push(ours.seconds / theirs.seconds);
        overheads.push((ours.seconds - decoded_s) / theirs.seconds);
        peaks.push(ours.peak - model_mb);
    }

    let demo = home.path().join("demo.wav");
    program::write(&demo, SAMPLE_RATE, once.into_iter());
    let reference = std::fs::read_to_string(demo_session().with_extension("tsv")).unwrap();
    let said = plain(&texts(&reference));
    whole_import(&home, "demo.en", &demo);
    let words = home.path().join("words.tsv");
    let export = ["transcript", "export", "last", "--format", "tsv", "--output", &text(&words)];
    assert!(home.command(&export).arg("--passphrase-file").arg(home.key()).status().unwrap().success());
    let ours = wrong(&said, &texts(&std::fs::read_to_string(words).unwrap()));
    let theirs = wrong(&said, &whisper_alone(other, &demo_model(), &demo, threads).said);

    table::print(&[
        ("import_over_cli".to_owned(), median(ratios), "<= 1.0"),
        ("overhead".to_owned(), median(overheads), "<= 0.15"),
        ("peak_over_model_mb".to_owned(), median(peaks), "<= 150"),
        ("wer".to_owned(), ours, "demo model, demo session, percent"),
        ("wer_minus_cli".to_owned(), ours - theirs, "<= 0 points"),
    ]);
}

/// The demo session, with pauses drawn out or cut until [`SILENCE`] of it is silent: where its reference says nobody speaks.
fn with_silence(samples: &[f32]) -> impl Iterator<Item = f32> + Clone + use<> {
    let rttm = std::fs::read_to_string(demo_session().with_extension("rttm")).unwrap();
    let mut spoken = vec![false; samples.len()];
    for line in rttm.lines() {
        let mut fields = line.split_whitespace().skip(3).map_while(|field| field.parse::<f64>().ok());
        let (Some(start), Some(length)) = (fields.next(), fields.next()) else { continue };
        let at = |seconds: f64| ((seconds * f64::from(SAMPLE_RATE)) as usize).min(samples.len());
        spoken[at(start)..at(start + length)].fill(true);
    }
    let speech = spoken.iter().filter(|spoken| **spoken).count();
    let kept = speech as f64 * SILENCE / (1.0 - SILENCE) / (samples.len() - speech) as f64;
    let mut out = Vec::new();
    let mut owed = 0.0;
    for (sample, spoken) in samples.iter().zip(spoken) {
        owed += if spoken { 1.0 } else { kept };
        while owed >= 1.0 {
            out.push(*sample);
            owed -= 1.0;
        }
    }
    out.into_iter()
}
