//! Recording through a real cpal stream, from a microphone that is a FIFO (see `virtual_microphone`).
#![cfg(target_os = "linux")]

mod virtual_microphone;

use std::{
    env, fs,
    io::{BufRead, BufReader, Write},
    path::Path,
    process::{Child, ChildStdin, Command, Stdio},
    sync::mpsc::{self, Receiver},
    thread,
    time::{Duration, Instant},
};

use sidetone::capture::{self, Alarm, BLOCK_SAMPLES_MAX, FileSource, Health, Heard, InputSpec, Source};
use tempfile::TempDir;
use virtual_microphone::{Frame, RATE, VirtualMicrophone};

/// Names the file that the child records into.
const RECORD_INTO: &str = "SIDETONE_TEST_RECORD_INTO";

/// No step of these tests takes so long on the slowest machine.
const PATIENCE: Duration = Duration::from_secs(60);

/// The child: not a test, but this binary run again, for ALSA is configured once per process.
#[test]
#[ignore = "what the other tests start"]
fn child_records() {
    let Some(path) = env::var_os(RECORD_INTO) else { return };
    let (stop, stopped) = mpsc::channel();
    thread::spawn(move || {
        let mut line = String::new();
        std::io::stdin().read_line(&mut line).unwrap();
        stop.send(()).unwrap();
    });
    let mut source = capture::open(&InputSpec::Default, 1.0, false).unwrap();
    let mut file = fs::File::create(path).unwrap();
    let mut next = 0;
    let mut health = Health::default();
    while stopped.try_recv().is_err() {
        if let Heard::Block(block) = source.next(Duration::from_millis(50)).unwrap() {
            assert_eq!(block.first.0, next, "blocks follow each other");
            assert!(block.samples.len() <= BLOCK_SAMPLES_MAX);
            next += block.samples.len() as u64;
            let bytes: Vec<u8> = block.samples.iter().flat_map(|sample| sample.to_ne_bytes()).collect();
            file.write_all(&bytes).unwrap();
        }
        let now = source.health();
        if (now.alarm, now.gaps) != (health.alarm, health.gaps) || health == Health::default() {
            println!("health {}", serde_json::to_string(&now).unwrap());
        }
        health = now;
    }
    println!("health {}", serde_json::to_string(&source.health()).unwrap());
}

/// A child that records.
struct Recorder {
    child: Child,
    stdin: Option<ChildStdin>,
    health: Receiver<Health>,
    folder: TempDir,
    started: Instant,
}

impl Recorder {
    fn start(microphone: &VirtualMicrophone) -> Self {
        let folder = TempDir::new().unwrap();
        let (name, value) = microphone.env();
        let mut child = Command::new(env::current_exe().unwrap())
            .args(["child_records", "--exact", "--ignored", "--nocapture"])
            .env(name, value)
            .env(RECORD_INTO, folder.path().join("heard"))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let (tell, health) = mpsc::channel();
        let lines = BufReader::new(child.stdout.take().unwrap()).lines();
        thread::spawn(move || {
            for line in lines.map_while(Result::ok) {
                // The harness prints its own words in front of the first.
                if let Some((_, json)) = line.split_once("health ") {
                    let _ = tell.send(serde_json::from_str(json).unwrap());
                }
            }
        });
        Self { stdin: child.stdin.take(), child, health, folder, started: Instant::now() }
    }

    fn heard(&self) -> Vec<f32> {
        let bytes = fs::read(self.folder.path().join("heard")).unwrap_or_default();
        bytes.chunks_exact(4).map(|bytes| f32::from_ne_bytes(bytes.try_into().unwrap())).collect()
    }

    /// Waits until so much was heard.
    fn wait_for_seconds(&self, seconds: f64) {
        self.wait("sound", || self.heard().len() as f64 >= seconds * 16_000.0);
    }

    fn wait(&self, what: &str, done: impl Fn() -> bool) {
        let since = Instant::now();
        while !done() {
            assert!(since.elapsed() < PATIENCE, "{what} never came");
            thread::sleep(Duration::from_millis(10));
        }
    }

    /// Waits until health is so, and says how long that took.
    fn wait_for_health(&self, what: &str, so: impl Fn(&Health) -> bool) -> Duration {
        let since = Instant::now();
        loop {
            let left = PATIENCE.checked_sub(since.elapsed()).unwrap_or_else(|| panic!("{what} never came"));
            match self.health.recv_timeout(left) {
                Ok(health) if so(&health) => return since.elapsed(),
                Ok(_) => (),
                Err(error) => panic!("{what}: {error}"),
            }
        }
    }

    /// What was heard, and the last health.
    fn stop(mut self) -> (Vec<f32>, Health) {
        self.stdin.take().unwrap().write_all(b"stop\n").unwrap();
        assert!(self.child.wait().unwrap().success());
        let health = self.health.iter().last().unwrap();
        (self.heard(), health)
    }
}

impl Drop for Recorder {
    fn drop(&mut self) {
        // Gone already when all went well.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Two voices, one per channel: tones that rise and fall, so that no stretch is like another.
fn song(seconds: f64) -> Vec<Frame> {
    (0..(seconds * RATE as f64) as usize)
        .map(|index| {
            let t = index as f64 / RATE as f64;
            let tone = |hertz: f64| {
                (std::f64::consts::TAU * (hertz * t + 150.0 * (1.3 * t).sin())).sin() * (0.3 + 0.1 * (7.0 * t).sin())
            };
            [tone(400.0) as f32, tone(700.0) as f32]
        })
        .collect()
}

/// What a file with these frames gives, through the same resampler.
fn as_a_file(frames: &[Frame], folder: &Path) -> Vec<f32> {
    let path = folder.join("given.wav");
    let spec = hound::WavSpec {
        channels: 2,
        sample_rate: RATE as u32,
        bits_per_sample: 32,
        sample_format: hound::SampleFormat::Float,
    };
    let mut file = hound::WavWriter::create(&path, spec).unwrap();
    for sample in frames.iter().flatten() {
        file.write_sample(*sample).unwrap();
    }
    file.finalize().unwrap();
    let mut source = FileSource::open(&path, f64::INFINITY, false).unwrap();
    let mut samples = Vec::new();
    while let Heard::Block(block) = source.next(PATIENCE).unwrap() {
        samples.extend_from_slice(&block.samples);
    }
    samples
}

#[test]
fn what_is_heard_is_what_was_played_bit_by_bit() {
    let microphone = VirtualMicrophone::new();
    let recorder = Recorder::start(&microphone);
    recorder.wait_for_seconds(0.25);
    microphone.play(song(4.0));
    recorder.wait("the end of the song", || microphone.is_done());
    recorder.wait_for_seconds(recorder.started.elapsed().as_secs_f64() + 0.5);
    let folder = TempDir::new().unwrap();
    let given = microphone.given();
    let (heard, health) = recorder.stop();
    assert_eq!((health.dropped, health.gaps), (0, 0));
    let expected = as_a_file(&given, folder.path());
    let common = heard.len().min(expected.len());
    assert!(heard.iter().any(|sample| sample.abs() > 0.3), "the song was heard");
    assert!(common > 4 * 16_000, "{common}");
    assert_eq!(heard[..common], expected[..common]);
}

#[test]
fn sixteen_kilohertz_speech_is_heard_in_its_place() {
    let microphone = VirtualMicrophone::new();
    let recorder = Recorder::start(&microphone);
    recorder.wait_for_seconds(0.25);
    let played: Vec<i16> = song(3.0).iter().step_by(3).map(|[left, _]| (left * 20_000.0) as i16).collect();
    microphone.play_16khz(&played);
    recorder.wait("the end of the song", || microphone.is_done());
    let given = microphone.given().len() as f64 / RATE as f64;
    recorder.wait_for_seconds(given + 0.5);
    let first = microphone.given().iter().position(|frame| *frame != [0.0; 2]).unwrap() / 3;
    let (heard, _) = recorder.stop();
    let heard = &heard[first..first + played.len()];
    let dot = |a: &mut dyn Iterator<Item = (f64, f64)>| a.map(|(a, b)| a * b).sum::<f64>();
    let (h, p) = (|| heard.iter().map(|s| f64::from(*s)), || played.iter().map(|s| f64::from(*s)));
    let correlation = dot(&mut h().zip(p())) / (dot(&mut h().zip(h())) * dot(&mut p().zip(p()))).sqrt();
    assert!(correlation > 0.99, "{correlation}");
}

#[test]
fn a_microphone_that_hangs_is_noticed_and_comes_back_with_the_clock_true() {
    let microphone = VirtualMicrophone::new();
    lost_and_found(&microphone, |microphone| microphone.hang(true), |microphone| microphone.hang(false));
}

#[test]
fn a_microphone_that_was_unplugged_is_found_again_with_the_clock_true() {
    let microphone = VirtualMicrophone::new();
    lost_and_found(&microphone, VirtualMicrophone::unplug, VirtualMicrophone::plug_in);
}

fn lost_and_found(
    microphone: &VirtualMicrophone,
    lose: impl Fn(&VirtualMicrophone),
    find: impl Fn(&VirtualMicrophone),
) {
    let recorder = Recorder::start(microphone);
    recorder.wait_for_seconds(1.0);
    let (start, heard_then) = (Instant::now(), recorder.heard().len());
    lose(microphone);
    let alarmed = recorder.wait_for_health("an alarm", |health| health.alarm == Some(Alarm::Rebuilding));
    assert!(alarmed < Duration::from_secs(5), "{alarmed:?}");
    // Silence goes on while it is away.
    recorder.wait_for_seconds(4.0);
    find(microphone);
    let rebuilt = recorder.wait_for_health("the end of the alarm", |health| health.alarm != Some(Alarm::Rebuilding));
    println!("alarm after {alarmed:?}, rebuilt after {rebuilt:?}");
    microphone.play(song(1.0));
    recorder.wait("the end of the song", || microphone.is_done());
    let end = Instant::now();
    recorder.wait("the song and half a second of silence", || {
        let heard = recorder.heard();
        last_loud(&heard).is_some_and(|last| heard.len() - last > 8_000)
    });
    let (heard, health) = recorder.stop();
    assert_eq!(health.gaps, 1);
    let last = last_loud(&heard).unwrap();
    let by_samples = (last - heard_then) as f64 / 16_000.0;
    let by_clock = end.duration_since(start).as_secs_f64();
    assert!((by_samples - by_clock).abs() < 0.5, "{by_samples} s of samples in {by_clock} s");
}

fn last_loud(heard: &[f32]) -> Option<usize> {
    heard.iter().rposition(|sample| sample.abs() > 0.05)
}
