//! A daemon that records from a microphone through a real cpal stream (see `virtual_microphone`): what it sealed is there
//! whatever happens to it, and what was said in a pause is nowhere.
#![cfg(target_os = "linux")]

mod served;
#[allow(dead_code, reason = "what this microphone can do beside playing is for other tests")]
mod virtual_microphone;

use std::{
    f32::consts::TAU,
    fs, thread,
    time::{Duration, Instant},
};

use served::{Busy, Daemon, Place, session};
use sidetone::{
    daemon::{ClientError, Phase, Reply, Request},
    pipeline::Models,
    recording::{self, Damage, Key},
    units::{SAMPLE_RATE, Sample},
    vault::State,
};
use virtual_microphone::{Frame, RATE, VirtualMicrophone};

const PATIENCE: Duration = Duration::from_secs(60);

/// What is said, one pitch (Hz) for each part of the session.
const BEFORE: f32 = 400.0;
const PAUSED: f32 = 1_100.0;
const AFTER: f32 = 2_300.0;
const PART_S: usize = 2;
/// Half a millionth of full power is -63 dB: the tones are played at -9.
const HEARD: f32 = 5e-7;

/// The child: not a test, but this binary run again, for ALSA is configured once per process.
#[test]
#[ignore = "what the other tests start"]
fn child_serves() {
    served::serve_if_asked(|_| Ok(Models::default()));
}

/// A coachee, a microphone and a place for a daemon.
struct Room {
    place: Place,
    microphone: VirtualMicrophone,
}

impl std::ops::Deref for Room {
    type Target = Place;
    fn deref(&self) -> &Place {
        &self.place
    }
}

impl Room {
    fn new() -> Self {
        Self { place: Place::new(), microphone: VirtualMicrophone::new() }
    }

    fn daemon(&self) -> Daemon {
        Daemon::start(self.dir.path(), Some(self.microphone.env()))
    }

    /// Everything that was sealed of the last session, gaps, and the damage.
    fn sealed(&self) -> (Vec<f32>, usize, Option<Damage>) {
        let vault = self.vault();
        let path = vault.recording_path(vault.find("last").unwrap().session.id);
        let mut recording = recording::recover(&path, Key::Coachee(&self.identity)).unwrap();
        let mut heard = Vec::new();
        for block in recording.by_ref() {
            assert_eq!(block.first.0, heard.len() as u64, "no hole");
            heard.extend_from_slice(&block.samples);
        }
        (heard, recording.gaps().len(), recording.damage().cloned())
    }
}

/// A part of `PART_S`, less what a microphone needs to find its level.
fn is_whole(seconds: f32) -> bool {
    (seconds - PART_S as f32).abs() < 0.2
}

#[test]
fn what_is_said_in_a_pause_is_in_no_recording() {
    let room = Room::new();
    let _daemon = room.daemon();
    let status = room.tell(Request::Start(Box::new(session("default".into(), 1.0))));
    assert_eq!((status.phase, status.tracks, status.health.alarm), (Phase::Recording, 1, None));
    say(&room.microphone, BEFORE);
    let paused = room.tell(Request::Pause);
    say(&room.microphone, PAUSED);
    assert_eq!(room.tell(Request::Status).elapsed_s, paused.elapsed_s);
    room.tell(Request::Resume);
    say(&room.microphone, AFTER);
    assert!(matches!(room.ask(Request::Stop), Reply::Stopped { .. }));

    let (heard, gaps, damage) = room.sealed();
    assert_eq!((gaps, damage), (1, None));
    let [before, in_pause, after] = [BEFORE, PAUSED, AFTER].map(|pitch| seconds_of(pitch, &heard));
    assert!(is_whole(before) && is_whole(after), "{before} s before the pause, {after} s after it");
    assert_eq!(in_pause, 0.0, "seconds of the pause");
}

#[test]
fn a_driver_that_hangs_while_it_opens_does_not_keep_the_daemon() {
    // The thread that records hung with it: nothing but SIGKILL ended the daemon of somebody with a broken driver.
    let place = Place::new();
    let [pipe, config] = ["pipe", "alsa.conf"].map(|name| place.dir.path().join(name));
    rustix::fs::mkfifoat(rustix::fs::CWD, &pipe, rustix::fs::Mode::RUSR | rustix::fs::Mode::WUSR).unwrap();
    // Opening a pipe waits for somebody who writes to it.
    let pcm = "type file slave.pcm { type null } file \"/dev/null\" format \"raw\"";
    fs::write(&config, format!("pcm.default {{ {pcm} infile \"{}\" }}\n", pipe.display())).unwrap();
    let daemon = Daemon::start(place.dir.path(), Some(("ALSA_CONFIG_PATH", config)));
    let starts = Request::Start(Box::new(session("default".into(), 1.0)));
    thread::scope(|scope| {
        scope.spawn(|| assert!(matches!(place.try_ask(starts), Err(ClientError::Failed(said)) if said.code == 1)));
        let names = || fs::read_dir(format!("/proc/{}/task", daemon.pid())).unwrap().flatten();
        let opens =
            || names().any(|task| fs::read_to_string(task.path().join("comm")).is_ok_and(|name| name == "opening\n"));
        until("the input is being opened", opens);
        let ends = scope.spawn(|| place.try_ask(Request::Shutdown));
        until("the daemon is ended", || ends.is_finished());
        assert!(matches!(ends.join().unwrap(), Ok(Reply::Done)));
    });
}

#[test]
fn what_a_status_counted_survives_a_kill() {
    let room = Room::new();
    let daemon = room.daemon();
    room.tell(Request::Start(Box::new(session("default".into(), 1.0))));
    say(&room.microphone, BEFORE);
    let elapsed_s = room.tell(Request::Status).elapsed_s;
    drop(daemon);

    assert_eq!(room.vault().find("last").unwrap().state, State::Recording);
    let (heard, _, damage) = room.sealed();
    assert!(damage.is_some(), "it looks cut off");
    assert!(heard.len() as u64 >= Sample::from_seconds(elapsed_s).0, "{} of {elapsed_s} s", heard.len());
    assert!(is_whole(seconds_of(BEFORE, &heard)));
    // The dead daemon's socket is in nobody's way.
    let _next = room.daemon();
    assert_eq!(room.tell(Request::Status).phase, Phase::Idle);
}

#[test]
fn busy_processors_cost_no_sample() {
    let room = Room::new();
    let _daemon = room.daemon();
    room.tell(Request::Start(Box::new(session("default".into(), 1.0))));
    let busy = Busy::new();
    for _ in 0..3 {
        say(&room.microphone, BEFORE);
    }
    let status = room.tell(Request::Status);
    drop(busy);
    assert!(matches!(room.ask(Request::Stop), Reply::Stopped { .. }));
    assert_eq!((status.health.dropped, status.health.gaps), (0, 0));
    let (heard, ..) = room.sealed();
    let tone_s = seconds_of(BEFORE, &heard);
    assert!((tone_s - 3.0 * PART_S as f32).abs() < 0.2, "{tone_s} s of {} were sealed", 3 * PART_S);
}

/// A tone and then a second of silence, which is longer than any of it is under way: returns when all has been heard.
fn say(microphone: &VirtualMicrophone, pitch: f32) {
    let tone = (0..PART_S * RATE).map(|n| [0.5 * (TAU * pitch * n as f32 / RATE as f32).sin(); 2]);
    microphone.play(tone.chain(std::iter::repeat_n(Frame::default(), RATE)));
    until("somebody listens", || microphone.is_done());
}

fn until(what: &str, done: impl Fn() -> bool) {
    let begun = Instant::now();
    while !done() {
        assert!(begun.elapsed() < PATIENCE, "in vain: {what}");
        thread::sleep(Duration::from_millis(20));
    }
}

/// How long a pitch is to be heard (Goertzel's algorithm on pieces of 20 ms).
fn seconds_of(pitch: f32, samples: &[f32]) -> f32 {
    let piece = SAMPLE_RATE as usize / 50;
    let turn = 2.0 * (TAU * pitch / SAMPLE_RATE as f32).cos();
    let power = |samples: &[f32]| {
        let (a, b) = samples.iter().fold((0.0, 0.0), |(a, b), sample| (sample + turn * a - b, a));
        (a * a + b * b - turn * a * b) / (samples.len() as f32).powi(2)
    };
    samples.chunks_exact(piece).filter(|samples| power(samples) > HEARD).count() as f32 / 50.0
}
