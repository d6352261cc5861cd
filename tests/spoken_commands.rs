//! What is said to a session: commands in three voices, heard through a real cpal stream by a real daemon with the demo model,
//! and what of it stays. Each step waits for what the one before it led to.
#![cfg(target_os = "linux")]

mod program;
#[allow(dead_code, reason = "the list of voices is for other tests")]
mod spoken;
#[allow(dead_code, reason = "what this microphone can do beside playing is for other tests")]
mod virtual_microphone;

use std::{
    f32::consts::TAU,
    fs,
    path::Path,
    sync::{Mutex, MutexGuard, PoisonError},
    thread,
    time::{Duration, Instant},
};

use program::Home;
use sidetone::{
    capture::{FileSource, Heard, Source},
    daemon::{Client, ClientError, Phase, Reply, Request, Status, socket_path},
    recording::{self, Key},
    seal::Identity,
    units::SAMPLE_RATE,
    vault::Writer,
};
use virtual_microphone::{Frame, RATE, VirtualMicrophone};

/// Past this nobody listens. The machine may be busy with other things.
const PATIENCE: Duration = Duration::from_secs(60);
/// A command acts within about two seconds; the rest is for a program without optimisation on a machine that is busy with
/// other tests.
const ACTS_WITHIN: Duration = Duration::from_secs(15);
/// Said behind everything, so that it stands alone: longer than the pause that ends an utterance.
const SILENCE_S: f32 = 1.2;
/// Played off the record, beside words: to be found in no recording (Hz).
const SECRET_PITCH: f32 = 1_900.0;
/// Played on the record, so that the search for the other is known to work.
const OPEN_PITCH: f32 = 1_300.0;

/// One session at a time: two would only wait for each other's decoding.
static TURN: Mutex<()> = Mutex::new(());

/// A pair at a table, with the program between them.
struct Room {
    home: Home,
    microphone: VirtualMicrophone,
    identity: Identity,
    voice: &'static str,
    _turn: MutexGuard<'static, ()>,
}

impl Room {
    fn new(voice: &'static str) -> Self {
        let turn = TURN.lock().unwrap_or_else(PoisonError::into_inner);
        let microphone = VirtualMicrophone::new();
        let (name, value) = microphone.env();
        let home = Home::new().with_env(name, value.to_str().unwrap());
        let identity = Identity::generate();
        let key = home.passphrase("key", &identity.expose());
        home.run(&["coachee", "add", "Hannah", "--recipient", &identity.to_recipient().to_string()]).ok();
        assert!(Path::new(&key).exists());
        Self { home, microphone, identity, voice, _turn: turn }
    }

    fn key(&self) -> String {
        self.home.path("key").to_str().unwrap().to_owned()
    }

    fn start(&self, more: &[&str]) {
        let key = self.key();
        let start = ["start", "--coachee", "Hannah", "--consent-both", "--coach-speaks-first", "--model", "demo.en"];
        let keep = ["--keep-audio", "--identity", &key];
        self.home.run(&[&start[..], &keep, more].concat()).ok();
    }

    fn status(&self) -> Status {
        let socket = socket_path(&self.home.path("run").join("sidetone"), &self.home.data());
        match Client::connect(&socket).and_then(|mut client| client.ask(&Request::Status)) {
            Ok(Reply::Status(status)) => status,
            Err(ClientError::Failed(failure)) => panic!("{failure}"),
            other => panic!("{other:?}"),
        }
    }

    /// Says something, and returns when it and a short silence have been heard.
    fn say(&self, text: &str) {
        let file = spoken::speak(self.voice, &[text]).remove(0);
        self.microphone.play_16khz(&read(&file));
        self.play(silence());
    }

    fn play(&self, frames: impl IntoIterator<Item = Frame>) {
        self.microphone.play(frames);
        let begun = Instant::now();
        while !self.microphone.is_done() {
            assert!(begun.elapsed() < PATIENCE, "nobody listens");
            thread::sleep(Duration::from_millis(10));
        }
    }

    fn wait_until_idle(&self) {
        let begun = Instant::now();
        while self.status().phase != Phase::Idle {
            assert!(begun.elapsed() < PATIENCE, "the session does not end");
            thread::sleep(Duration::from_millis(50));
        }
    }

    /// Says a command and waits for what it leads to; how long after its last word that was.
    fn command(&self, text: &str, done: impl Fn(&Status) -> bool) -> Duration {
        let file = spoken::speak(self.voice, &[text]).remove(0);
        self.microphone.play_16khz(&read(&file));
        self.play([]);
        let said = Instant::now();
        let notes = self.microphone.notes();
        loop {
            let status = self.status();
            if done(&status) {
                break;
            }
            assert!(said.elapsed() < PATIENCE, "{} says \"{text}\" in vain: {status:?}", self.voice);
            thread::sleep(Duration::from_millis(20));
        }
        let acted = said.elapsed();
        eprintln!("{}: \"{text}\" acted after {:.1} s", self.voice, acted.as_secs_f32());
        assert!(acted < ACTS_WITHIN, "\"{text}\" acted after {acted:?}");
        while self.microphone.notes() == notes {
            assert!(said.elapsed() < PATIENCE, "\"{text}\" is answered by no tone");
            thread::sleep(Duration::from_millis(10));
        }
        // Who has ended the session is not listened to any more.
        if matches!(self.status().phase, Phase::Recording | Phase::Paused) {
            self.play(silence());
        }
        acted
    }
}

fn silence() -> impl Iterator<Item = Frame> {
    std::iter::repeat_n(Frame::default(), (SILENCE_S * RATE as f32) as usize)
}

/// Two seconds.
fn pitch(hertz: f32) -> impl Iterator<Item = Frame> {
    (0..2 * RATE).map(move |n| [0.3 * (TAU * hertz * n as f32 / RATE as f32).sin(); 2]).chain(silence())
}

fn read(path: &Path) -> Vec<i16> {
    let mut source = FileSource::open(path, f64::INFINITY, false).unwrap();
    let mut samples = Vec::new();
    while let Heard::Block(block) = source.next(Duration::from_secs(1)).unwrap() {
        samples.extend(block.samples.iter().map(|sample| (sample * 32_767.0).round() as i16));
    }
    samples
}

/// How long a pitch is to be heard (Goertzel's algorithm on pieces of 20 ms), in seconds.
fn seconds_of(pitch: f32, samples: &[f32]) -> f32 {
    let turn = 2.0 * (TAU * pitch / SAMPLE_RATE as f32).cos();
    let power = |samples: &[f32]| {
        let (a, b) = samples.iter().fold((0.0, 0.0), |(a, b), sample| (sample + turn * a - b, a));
        (a * a + b * b - turn * a * b) / (samples.len() as f32).powi(2)
    };
    samples.chunks_exact(SAMPLE_RATE as usize / 50).filter(|samples| power(samples) > 0.01).count() as f32 / 50.0
}

fn recording(status: &Status) -> bool {
    status.phase == Phase::Recording
}

fn paused(status: &Status) -> bool {
    status.phase == Phase::Paused
}

#[test]
fn a_session_is_led_by_voice_and_keeps_nothing_that_was_off_the_record() {
    let room = Room::new("slt");
    room.start(&[]);
    room.say("What did you notice about the lesson?");
    room.play(pitch(OPEN_PITCH));
    room.command("Sidetone, mark that.", |status| status.marks == 1);
    // Talk about it is no command.
    room.say("I call the program sidetone, and it is fine.");
    assert_eq!((room.status().commands, room.status().phase), (1, Phase::Recording));

    room.command("Sidetone, off the record.", paused);
    let elapsed_s = room.status().elapsed_s;
    room.say("My head of department is leaving in the summer.");
    room.play(pitch(SECRET_PITCH));
    assert_eq!(room.status().elapsed_s, elapsed_s);
    room.command("Sidetone, back on the record.", recording);
    room.say("I think the students need more time.");

    room.command("Sidetone, pause.", paused);
    room.play(pitch(SECRET_PITCH));
    room.command("Sidetone, resume.", recording);
    room.say("Tell me more about the worksheet.");
    room.command("Sidetone, stop recording.", |status| status.phase != Phase::Recording);
    room.wait_until_idle();

    let stored = Writer::open(&room.home.data()).unwrap().find("last").unwrap();
    let numbers = stored.numbers.unwrap();
    assert_eq!(numbers.gaps, 2, "two stretches off the record");
    assert!(matches!(numbers.marked[..], [at] if at.seconds() > 3.0), "{:?}", numbers.marked);
    let shown = room.home.run(&["transcript", "show", "last", "--identity", &room.key()]).ok().to_lowercase();
    for kept in ["notice", "students", "worksheet"] {
        assert!(shown.contains(kept), "{kept} in {shown}");
    }
    for gone in ["the record", "department", "summer", "pause", "resume", "mark that"] {
        assert!(!shown.contains(gone), "{gone} in {shown}");
    }

    let path = fs::read_dir(room.home.data().join("recordings")).unwrap().next().unwrap().unwrap().path();
    let mut sealed = recording::recover(&path, Key::Coachee(&room.identity)).unwrap();
    let sound: Vec<f32> = sealed.by_ref().flat_map(|block| block.samples).collect();
    assert_eq!((sealed.damage(), sealed.marks().len(), sealed.struck().len()), (None, 1, 1));
    let open_s = seconds_of(OPEN_PITCH, &sound);
    assert!((open_s - 2.0).abs() < 0.1, "{open_s}");
    assert_eq!(seconds_of(SECRET_PITCH, &sound), 0.0);

    // Nor does a command come back when the words are made again of the sound, where the mark's is still to be heard.
    room.home.run(&["transcript", "redo", "last", "--model", "demo.en", "--identity", &room.key()]).ok();
    let again = room.home.run(&["transcript", "show", "last", "--identity", &room.key()]).ok().to_lowercase();
    for kept in ["notice", "students", "worksheet"] {
        assert!(again.contains(kept), "{kept} in {again}");
    }
    for gone in ["the record", "mark that", "mark"] {
        assert!(!again.contains(gone), "{gone} in {again}");
    }
    let redone = Writer::open(&room.home.data()).unwrap().find("last").unwrap().numbers.unwrap();
    assert_eq!(redone.marked, numbers.marked);
    assert!((redone.duration_s - numbers.duration_s).abs() < 0.01, "{} s, {} s", redone.duration_s, numbers.duration_s);
}

/// Every command, in another voice.
fn obeys(voice: &'static str) {
    let room = Room::new(voice);
    room.start(&[]);
    room.command("Sidetone, mark that.", |status| status.marks == 1);
    room.command("Sidetone, off the record.", paused);
    room.command("Sidetone, back on the record.", recording);
    room.command("Sidetone, pause.", paused);
    room.command("Sidetone, resume.", recording);
    assert_eq!(room.status().commands, 5);
    room.command("Sidetone, stop recording.", |status| status.phase != Phase::Recording);
    room.wait_until_idle();
    let stored = Writer::open(&room.home.data()).unwrap().find("last").unwrap();
    assert!(stored.numbers.unwrap().spans.is_empty(), "commands are no part of the conversation");
}

#[test]
fn the_voice_of_rms_is_obeyed() {
    obeys("rms");
}

#[test]
fn the_voice_of_espeak_is_obeyed() {
    obeys("en-us");
}

#[test]
fn a_session_is_deleted_by_voice_when_it_is_said_twice() {
    let room = Room::new("slt");
    room.start(&[]);
    room.say("Yes, delete.");
    room.command("Sidetone, delete this session.", |status| status.deletion_asked);
    room.command("Yes, delete.", |status| status.phase != Phase::Recording);
    room.wait_until_idle();
    let vault = Writer::open(&room.home.data()).unwrap();
    assert!(vault.sessions().unwrap().is_empty());
    assert_eq!(fs::read_dir(room.home.data().join("recordings")).unwrap().count(), 0);
    assert_eq!(vault.receipts().unwrap().len(), 1);
}

#[test]
fn a_session_without_voice_commands_hears_none() {
    let room = Room::new("slt");
    room.start(&["--no-voice-commands"]);
    room.say("Sidetone, pause.");
    room.say("Sidetone, stop recording.");
    // Twice the time that it takes where somebody listens.
    room.play(silence().chain(silence()).chain(silence()));
    let status = room.status();
    assert_eq!((status.phase, status.commands), (Phase::Recording, 0));
    room.home.run(&["withdraw"]).ok();
}
