//! What a session costs, measured on the real program: memory of an idle recorder, processor of a recording one, speed and
//! memory of imports of growing length, and how long after `stop` of an hour's session the report is there.
//!
//! Nothing is asserted: figures depend on the machine. The bars are beside them, for people to compare.

mod corpus;
mod plot;
mod program;
#[path = "../slope/mod.rs"]
mod slope;
#[allow(dead_code, reason = "the list of voices is used in part")]
#[path = "../spoken/mod.rs"]
mod spoken;
mod table;

use std::{
    collections::HashSet,
    fs,
    path::{Path, PathBuf},
    sync::Arc,
    time::{Duration, Instant},
};

use program::{COACHEE, Home, import, long_session, megabytes, output_of, peak_of, processor_seconds, text};
use sidetone::{
    capture::Block,
    pipeline::{Models, Pipeline, Setup, Voices},
    session::{Role, Track},
    speakers::{RoleHint, SpeakerEncoder},
    units::{SAMPLE_RATE, Sample},
};
use table::Row;

/// Lengths of the imports, in minutes; with `--short` the first two.
const MINUTES: [u32; 4] = [10, 30, 90, 180];
/// How long a recording is watched for its processor time.
const RECORD: Duration = Duration::from_secs(60);
/// The session that is recorded live, in minutes, and how many times faster than life: decoding must keep up.
const LIVE: u32 = 60;
const LIVE_SHORT: u32 = 10;
const LIVE_SPEED: &str = "6";
/// Minutes of the session of which it is only told who spoke; with `--short` the second.
const WHO: [u32; 2] = [180, 60];
/// Between two looks at a recording.
const LOOK: Duration = Duration::from_secs(1);

fn idle_and_recording(home: &Home) -> [Row; 2] {
    let mut daemon = home.daemon();
    let idle = megabytes(daemon.id(), "VmRSS").unwrap_or(f64::NAN);
    // Silence costs what capture and sealing cost; speech adds decoding, which the import figures show.
    let silence = home.path().join("silence.wav");
    program::write(&silence, 48_000, (0..48_000 * (RECORD.as_secs() + 30)).map(|_| 0.0));
    let input = format!("file:{}", silence.display());
    let start = ["start", "--coachee", COACHEE, "--consent-both", "--model", "demo.en", "--input", &input];
    assert!(home.command(&start).status().unwrap().success());
    let before = processor_seconds(daemon.id()).unwrap_or(f64::NAN);
    std::thread::sleep(RECORD);
    let used = processor_seconds(daemon.id()).unwrap_or(f64::NAN) - before;
    assert!(home.command(&["withdraw"]).status().unwrap().success());
    assert!(home.command(&["daemon", "--stop"]).status().unwrap().success());
    daemon.wait().unwrap();
    [
        ("idle_daemon_mb".into(), idle, "<= 20"),
        ("capture_percent_of_a_core".into(), 100.0 * used / RECORD.as_secs_f64(), "<= 2"),
    ]
}

/// Coaching dialogues of the corpus, spoken: no sentence twice, as in a real hour, for what is done for each is done once for
/// equal ones. A WAV file.
fn talk(folder: &Path, minutes: u32) -> PathBuf {
    let mut said = HashSet::new();
    let spoken = corpus::rows().into_iter().filter(|row| said.insert(row.text.words().to_owned())).flat_map(|row| {
        let voice = if row.role == Role::Coach { "rms" } else { "slt" };
        let file = spoken::speak(voice, &[row.text.words()]).remove(0);
        let mut sound = program::read(&file);
        fs::remove_file(file).unwrap();
        // flite is silent for a fifth of a second before and after.
        sound.extend(std::iter::repeat_n(0.0, SAMPLE_RATE as usize / 5));
        sound
    });
    // Sentence by sentence: what this process takes at its most is counted as the imports' below.
    let (path, samples) = (folder.join("talk.wav"), (minutes * 60 * SAMPLE_RATE) as usize);
    program::write(&path, SAMPLE_RATE, spoken.take(samples));
    assert!(fs::metadata(&path).unwrap().len() as usize > 2 * samples, "the corpus is too short");
    path
}

/// Records a session from a file, faster than life, and stops it.
fn live(home: &Home, minutes: u32) -> Row {
    let file = talk(home.path(), minutes);
    let input = format!("file:{}", file.display());
    let mut daemon = home.daemon();
    let start = ["start", "--coachee", COACHEE, "--consent-both", "--model", "demo.en", "--input", &input];
    let faster = ["--speed", LIVE_SPEED, "--coach-speaks-first"];
    assert!(home.command(&start).args(faster).status().unwrap().success());
    loop {
        std::thread::sleep(LOOK);
        let status = home.command(&["status", "--json"]).stdout(std::process::Stdio::piped()).spawn().unwrap();
        let status: serde_json::Value = serde_json::from_str(&output_of(status).0).unwrap();
        if status["input_ended"] == true {
            break;
        }
    }
    let begun = Instant::now();
    assert!(home.command(&["stop"]).status().unwrap().success());
    let seconds = begun.elapsed().as_secs_f64();
    assert!(home.command(&["daemon", "--stop"]).status().unwrap().success());
    daemon.wait().unwrap();
    fs::remove_file(file).unwrap();
    ("stop_to_report_s".into(), seconds, "<= 3 after an hour")
}

/// Voice activity, embeddings and clustering of so many minutes of the demo session: seconds, and by how many megabytes an hour
/// its memory grows.
fn who_spoke(encoder: &Arc<SpeakerEncoder>, minutes: u32) -> (f64, f64) {
    let sound = program::read(&program::demo_session());
    let half = SAMPLE_RATE as usize / 2;
    let begun = Instant::now();
    let models = Models { speaker: Some(Arc::clone(encoder)), ..Models::default() };
    let setup = Setup { tracks: 1, hint: RoleHint::CoachSpeaksFirst, voices: Voices::Synthetic };
    let mut pipeline = Pipeline::new(models, setup, None);
    let mut samples = sound.iter().copied().cycle();
    let mut memory = Vec::new();
    for number in 0..u64::from(minutes) * 120 {
        let first = Sample(number * half as u64);
        pipeline.push(&Block { first, track: Track(0), samples: samples.by_ref().take(half).collect() });
        // The first tenth is a program that finds its size. What waits for the encoder comes and goes by three megabytes: a line
        // through many points, not the ends.
        if number % 20 == 0 && number > u64::from(minutes) * 12 {
            let held = megabytes(std::process::id(), "VmRSS").unwrap_or(f64::NAN);
            memory.push((number as f64 / 7200.0, held));
        }
    }
    assert!(pipeline.finish().numbers.duration_s > 0.0);
    (begun.elapsed().as_secs_f64(), slope::of(&memory))
}

fn main() {
    let has = |flag: &str| std::env::args().any(|arg| arg == flag);
    let short = has("--short");
    let home = Home::new().unwrap();
    sidetone::cli::give_large_blocks_back();
    let encoder = Path::new(env!("CARGO_MANIFEST_DIR")).join("models/speaker-ge2e.safetensors");
    let encoder = Arc::new(SpeakerEncoder::load(&encoder).unwrap());
    let minutes = WHO[usize::from(short)];
    let (seconds, growth) = who_spoke(&encoder, minutes);
    let mut rows = vec![
        ("who_spoke_times_real_time".to_owned(), f64::from(minutes) * 60.0 / seconds, ">= 120"),
        ("who_spoke_mb_per_hour".to_owned(), growth, "<= 2"),
    ];
    rows.extend(idle_and_recording(&home));
    rows.push(live(&home, if short { LIVE_SHORT } else { LIVE }));

    let mut costs: Vec<(f64, f64)> = Vec::new();
    for minutes in MINUTES.into_iter().take(if short { 2 } else { MINUTES.len() }) {
        let file = long_session(home.path(), minutes);
        let begun = Instant::now();
        let (done, peak) = peak_of(home.command(&import(&text(&file), "demo.en")).spawn().unwrap());
        assert!(done, "the import of {minutes} minutes failed");
        let seconds = begun.elapsed().as_secs_f64();
        fs::remove_file(file).unwrap();
        costs.push((f64::from(minutes), seconds));
        rows.push((format!("import_{minutes}_min_times_real_time"), f64::from(minutes) * 60.0 / seconds, ">= 10"));
        rows.push((format!("import_{minutes}_min_peak_mb"), peak, "within 150 of the shortest"));
    }
    let rates: Vec<f64> = costs.iter().map(|(minutes, seconds)| seconds / minutes).collect();
    let mean = rates.iter().sum::<f64>() / rates.len() as f64;
    let worst = rates.iter().map(|rate| (rate / mean - 1.0).abs()).fold(0.0, f64::max);
    rows.push(("cost_linearity".into(), worst, "<= 0.10"));
    table::print(&rows);
    if let Some(path) = std::env::args().skip_while(|arg| arg != "--plot").nth(1) {
        fs::write(Path::new(&path), plot::of(&costs)).unwrap();
    }
}
