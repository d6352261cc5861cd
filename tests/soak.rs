//! What takes hours, or minutes where it can be hurried: `scripts/soak` runs these and prints one table of their figures. Each
//! test says what it found in lines of `soak|what|figure|bar`, and fails where the bar is missed.
#![cfg(target_os = "linux")]

mod demo_whisper;
mod served;
mod slope;
#[allow(dead_code, reason = "the list of voices is used in part")]
mod spoken;
#[allow(dead_code, reason = "what this microphone can do beside playing is for other tests")]
mod virtual_microphone;

use std::{
    env, fs,
    path::Path,
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering},
    },
    thread,
    time::{Duration, Instant},
};

use served::{Busy, Daemon, Place, samples_of, session};
use sidetone::{
    cli::give_large_blocks_back,
    daemon::{Failure, Reply, Request},
    moves::Coder,
    pipeline::Models,
    recording::{self, Damage, Key},
    session::Track,
    speakers::SpeakerEncoder,
    speech,
    transcript::{Command, WakeWord, Whisper, Window},
    units::{SAMPLE_RATE, Sample},
};
use virtual_microphone::{Frame, RATE, VirtualMicrophone};

/// Set where the child is to load the models of a real session.
const WITH_MODELS: &str = "SIDETONE_SOAK_MODELS";
const MB: f64 = 1_000_000.0;
/// The bar for what a session adds to memory in an hour is 1 MB. What tells voices apart is kept to the end and grows with the
/// speech: a vector for each 0.3 s, in an hour of nothing but speech 0.5 MB, and with the speaker model 0.7. With a model for
/// words these are kept too (0.2 MB), and what the text model makes of them (0.6 MB). More than that is a leak, and fails.
const GROWTH_BAR_MB: f64 = 1.0;
const GROWTH_MOST_MB: f64 = 2.0;

fn row(what: &str, figure: impl std::fmt::Display, bar: impl std::fmt::Display) {
    println!("soak|{what}|{figure}|{bar}");
}

/// What `scripts/soak` asks for, or what takes a minute.
fn asked(name: &str, quick: f64) -> f64 {
    env::var(name).ok().and_then(|text| text.parse().ok()).unwrap_or(quick)
}

fn models_folder() -> std::path::PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("models")
}

fn whisper() -> Whisper {
    demo_whisper::load(1)
}

#[test]
#[ignore = "what the tests below start"]
fn child_serves() {
    served::serve_if_asked(|_| {
        if env::var_os(WITH_MODELS).is_none() {
            return Ok(Models::default());
        }
        give_large_blocks_back();
        let missing = |message: &str| Failure { message: message.to_owned(), hint: None, code: 1 };
        let speaker = SpeakerEncoder::load(&models_folder().join("speaker-ge2e.safetensors"))
            .map_err(|_| missing("no speaker model"))?;
        let coder = Coder::load(Some(&models_folder().join("text"))).map_err(|_| missing("nothing codes moves"))?;
        Ok(Models {
            whisper: Some(("demo.en".into(), Arc::new(whisper()))),
            speaker: Some(Arc::new(speaker)),
            moves: Some(Arc::new(coder)),
        })
    });
}

fn demo_session() -> String {
    format!("{}/tests/fixtures/demo-session.ogg", env!("CARGO_MANIFEST_DIR"))
}

/// Numbers that are different every time, and the same in every run.
fn uneven(n: usize) -> f64 {
    f64::from((n as u32).wrapping_mul(2_654_435_761) >> 8) / f64::from(1 << 24)
}

/// A recording of the demo session at its own speed, killed at some moment; how many seconds of it were lost.
fn kill_one(n: usize, played: &[f32]) -> f64 {
    let place = Place::new();
    let daemon = Daemon::start(place.dir.path(), None);
    place.tell(Request::Start(Box::new(session(format!("file:{}", demo_session()), 1.0))));
    let (seen, at) = (place.tell(Request::Status).elapsed_s, Instant::now());
    thread::sleep(Duration::from_secs_f64(0.2 + 3.0 * uneven(n)));
    let until_kill = at.elapsed().as_secs_f64();
    drop(daemon);

    let vault = place.vault();
    let path = vault.recording_path(vault.find("last").unwrap().session.id);
    let mut recording = recording::recover(&path, Key::Coachee(&place.identity)).unwrap();
    let mut sealed = Vec::new();
    for block in recording.by_ref() {
        assert_eq!(block.first, Sample(sealed.len() as u64), "no hole");
        sealed.extend_from_slice(&block.samples);
    }
    assert!(matches!(recording.damage(), Some(Damage::NoEnd | Damage::Torn { .. })), "{:?}", recording.damage());
    let differs = sealed.iter().zip(played).filter(|(a, b)| a != b).count();
    assert_eq!(differs, 0, "kill {n}: samples that are not what was played");
    seen + until_kill - sealed.len() as f64 / f64::from(SAMPLE_RATE)
}

#[test]
#[ignore = "scripts/soak runs it"]
fn kills() {
    let kills = asked("SOAK_KILLS", 20.0) as usize;
    let played = samples_of(Path::new(&demo_session()));
    let (next, worst) = (AtomicUsize::new(0), Mutex::new(0.0_f64));
    // Most of a kill is waiting.
    thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                loop {
                    let n = next.fetch_add(1, Ordering::Relaxed);
                    if n >= kills {
                        return;
                    }
                    let lost = kill_one(n, &played);
                    let mut worst = worst.lock().unwrap();
                    *worst = worst.max(lost);
                }
            });
        }
    });
    let worst = worst.into_inner().unwrap();
    row("kills survived, sample by sample", format_args!("{kills} of {kills}"), "all");
    row("most that one lost", format_args!("{worst:.2} s"), "1 s");
    assert!(worst <= 1.0, "{worst} s were lost");
}

#[test]
#[ignore = "scripts/soak runs it"]
fn busy_processors() {
    let minutes = asked("SOAK_BUSY_MINUTES", 0.5);
    let (place, microphone) = (Place::new(), VirtualMicrophone::new());
    let _daemon = Daemon::start(place.dir.path(), Some(microphone.env()));
    place.tell(Request::Start(Box::new(session("default".into(), 1.0))));
    let busy = Busy::new();
    // A ramp of known values, whose every sample can be told from its neighbours.
    let frames = (minutes * 60.0) as usize * RATE;
    for first in (0..frames).step_by(10 * RATE) {
        let last = frames.min(first + 10 * RATE);
        microphone.play((first..last).map(|n| [(n / 30 % 1_000) as f32 / 2_000.0; 2] as Frame));
        while !microphone.is_done() {
            thread::sleep(Duration::from_millis(20));
        }
        microphone.forget();
    }
    thread::sleep(Duration::from_secs(2));
    let status = place.tell(Request::Status);
    drop(busy);
    let Reply::Stopped { session, .. } = place.ask(Request::Stop) else { panic!("not stopped") };
    let path = place.vault().recording_path(session);
    let mut recording = recording::recover(&path, Key::Coachee(&place.identity)).unwrap();
    let loud = recording.by_ref().flat_map(|block| block.samples).filter(|sample| *sample > 0.000_1).count();
    let wanted = frames * SAMPLE_RATE as usize / RATE;
    row(&format!("samples dropped in {minutes} min of busy processors"), status.health.dropped, 0);
    // The ramp begins at zero once in 0.6 s, for some samples.
    let share = loud as f64 / wanted as f64;
    row("of what was played, sealed", format_args!("{:.1} %", 100.0 * share), "99 %");
    assert_eq!((status.health.dropped, status.health.gaps), (0, 0));
    assert!(share > 0.99, "{share}");
}

/// Resident memory of a process, in bytes.
fn memory(pid: u32) -> f64 {
    let status = fs::read_to_string(format!("/proc/{pid}/status")).unwrap();
    let kilobytes = status.lines().find_map(|line| line.strip_prefix("VmRSS:")?.strip_suffix("kB")).unwrap();
    kilobytes.trim().parse::<f64>().unwrap() * 1024.0
}

#[test]
#[ignore = "scripts/soak runs it"]
fn memory_of_a_long_session() {
    let (hours, speed) = (asked("SOAK_HOURS", 1.0), asked("SOAK_SPEED", 60.0));
    let place = Place::new();
    // The demo session over and over, as one file.
    let long = place.dir.path().join("long.wav");
    let once: Vec<i16> =
        samples_of(Path::new(&demo_session())).iter().map(|sample| (sample * 32_768.0) as i16).collect();
    let spec = hound::WavSpec {
        channels: 1,
        sample_rate: SAMPLE_RATE,
        bits_per_sample: 16,
        sample_format: hound::SampleFormat::Int,
    };
    let mut wav = hound::WavWriter::create(&long, spec).unwrap();
    let length = (hours * 3600.0) as usize * SAMPLE_RATE as usize;
    once.iter().cycle().take(length).for_each(|sample| wav.write_sample(*sample).unwrap());
    wav.finalize().unwrap();

    let daemon = Daemon::start(place.dir.path(), None);
    let start = session(format!("file:{}", long.display()), speed);
    place.tell(Request::Start(Box::new(start)));
    let mut points = Vec::new();
    let ended = loop {
        let status = place.tell(Request::Status);
        let hour = status.elapsed_s / 3600.0;
        // The first tenth is a program that finds its size.
        if hour > hours / 10.0 {
            points.push((hour, memory(daemon.pid()) / MB));
        }
        if status.input_ended {
            break status;
        }
        thread::sleep(Duration::from_millis(500));
    };
    let grows = slope::of(&points);
    let most = points.iter().fold(0.0_f64, |most, point| most.max(point.1));
    row(
        &format!("memory of {hours} h at {speed} times the speed"),
        format_args!("{grows:+.2} MB an hour"),
        GROWTH_BAR_MB,
    );
    row("most memory", format_args!("{most:.0} MB"), "-");
    assert!((ended.elapsed_s - hours * 3600.0).abs() < 1.0, "{}", ended.elapsed_s);
    assert!(grows < GROWTH_MOST_MB, "{grows} MB an hour");
}

const COMMANDS: &[(&str, Command)] = &[
    ("Sidetone, pause.", Command::Pause),
    ("Sidetone, resume.", Command::Resume),
    ("Sidetone, mark that.", Command::Mark),
    ("Sidetone, off the record.", Command::OffTheRecord),
    ("Sidetone, back on the record.", Command::BackOnTheRecord),
    ("Sidetone, stop recording.", Command::StopRecording),
    ("Sidetone, delete this session.", Command::DeleteSession),
    ("Yes, delete.", Command::YesDelete),
];
/// With the voice and rate that training never heard.
const VOICES: &[&str] = &["slt", "rms", "awb", "kal16", "hts", "en-us", "en-gb", "en-gb-scotland", spoken::UNHEARD];

/// What somebody says in an utterance of its own, and how long that is.
fn utterance(file: &Path) -> (Vec<f32>, f64) {
    let mut sound = vec![0.0; 8_000];
    sound.extend(samples_of(file));
    sound.resize(sound.len() + 16_000, 0.0);
    let speech = speech::detect(&sound);
    let (Some(first), Some(last)) = (speech.first(), speech.last()) else { return (Vec::new(), 0.0) };
    let (from, to) = (first.start().0.saturating_sub(3_200) as usize, (last.end().0 + 3_200) as usize);
    let seconds = speech.iter().map(|span| span.seconds()).sum();
    (sound[from..to.min(sound.len())].to_vec(), seconds)
}

/// The command, and what it was made of: nobody's words.
fn heard(whisper: &Whisper, wake: &WakeWord, sound: Vec<f32>) -> (Option<Command>, String) {
    let Some(window) = Window::alone(Track(0), Sample(0), sound) else { return (None, String::new()) };
    let words = whisper.decode_short(&window).unwrap().words;
    let text: Vec<&str> = words.iter().map(|word| word.text.words()).collect();
    (wake.command(&words), text.join(" "))
}

#[test]
#[ignore = "scripts/soak runs it"]
fn commands_and_talk() {
    let hours = asked("SOAK_TALK_HOURS", 0.02);
    let (whisper, wake) = (whisper(), WakeWord::new("sidetone").unwrap());
    let (mut right, mut said, mut wrong) = (0, 0, 0);
    let mut slowest = Duration::ZERO;
    for voice in VOICES {
        let texts: Vec<&str> = COMMANDS.iter().map(|(text, _)| *text).collect();
        for ((text, command), file) in COMMANDS.iter().zip(spoken::speak(voice, &texts)) {
            let (sound, _) = utterance(&file);
            let begun = Instant::now();
            let (heard, decoded) = heard(&whisper, &wake, sound);
            slowest = slowest.max(begun.elapsed());
            said += 1;
            right += usize::from(heard == Some(*command));
            wrong += usize::from(heard.is_some_and(|heard| heard != *command));
            if heard != Some(*command) {
                println!("{voice} says \"{text}\", and \"{decoded}\" is decoded: {heard:?}");
            }
        }
    }
    row(&format!("commands heard, {} voices", VOICES.len()), format_args!("{right} of {said}"), "90 %");
    row("commands taken for another", wrong, 0);
    row("slowest to decode", format_args!("{:.2} s", slowest.as_secs_f64()), "1 s");

    let text =
        fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("scripts/train-demo-whisper/held.txt")).unwrap();
    let talk: Vec<&str> = text.lines().filter(|line| !line.to_lowercase().contains("sidetone, ")).collect();
    let (mut seconds, mut tried, mut triggers) = (0.0, 0, 0);
    'enough: for round in 0.. {
        for (i, voice) in VOICES.iter().enumerate() {
            // Other sentences for each voice, ten at a time: one process says them.
            let from = (round * VOICES.len() + i) * 10 % (talk.len() - 10);
            for file in spoken::speak(voice, &talk[from..from + 10]) {
                let (sound, speech_s) = utterance(&file);
                seconds += speech_s;
                tried += 1;
                let (heard, decoded) = heard(&whisper, &wake, sound);
                if let Some(command) = heard {
                    println!("{voice}: \"{decoded}\" is taken for {command:?}");
                    triggers += 1;
                }
            }
            if seconds >= hours * 3600.0 {
                break 'enough;
            }
        }
    }
    let hours = seconds / 3600.0;
    row(
        &format!("false triggers in {hours:.2} h of speech, {tried} utterances"),
        format_args!("{:.1} an hour", triggers as f64 / hours),
        0,
    );
    assert_eq!((wrong, triggers), (0, 0));
    assert!(right * 10 >= said * 9, "{right} of {said}");
}
