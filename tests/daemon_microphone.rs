//! A daemon that records from a microphone through a real cpal stream (see `virtual_microphone`): what it sealed is there
//! whatever happens to it, and what was said in a pause is nowhere.
#![cfg(target_os = "linux")]

#[allow(dead_code, reason = "what this microphone can do beside playing is for other tests")]
mod virtual_microphone;

use std::{
    env,
    f32::consts::TAU,
    io::{BufRead, BufReader},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    sync::Arc,
    thread,
    time::{Duration, Instant},
};

use sidetone::{
    daemon::{Client, Failure, Phase, Reply, Request, Setup, Start, Status, bind, run, socket_path},
    pipeline::Models,
    recording::{self, Damage, Key},
    seal::Identity,
    session::{Consent, Session, SessionId},
    units::{SAMPLE_RATE, Sample},
    vault::{State, Writer},
};
use virtual_microphone::{Frame, RATE, VirtualMicrophone};

/// Names the directory that the child serves.
const SERVE: &str = "SIDETONE_TEST_SERVE";
const LISTENS: &str = "the daemon listens";
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
#[ignore = "what the other test starts"]
fn child_serves() {
    let Some(dir) = env::var_os(SERVE) else { return };
    let dir = Path::new(&dir);
    let data_dir = dir.join("data");
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let served: Result<(), Failure> = runtime.block_on(async {
        let listener = bind(&socket_path(&dir.join("run"), &data_dir))?;
        println!("{LISTENS}");
        run(listener, std::future::pending(), Setup { data_dir, load_models: Arc::new(|_| Ok(Models::default())) })
            .await
    });
    served.unwrap();
}

/// Ends with the test, however that ends: by SIGKILL.
struct Daemon(Child);

impl Daemon {
    fn start(dir: &Path, microphone: &VirtualMicrophone) -> Self {
        let (name, value) = microphone.env();
        let mut child = Command::new(env::current_exe().unwrap())
            .args(["child_serves", "--exact", "--ignored", "--nocapture"])
            .env(name, value)
            .env(SERVE, dir)
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        assert!(lines.any(|line| line.unwrap() == LISTENS), "it does not listen");
        // Its last words must find somebody who reads them.
        thread::spawn(move || lines.count());
        Self(child)
    }
}

impl Drop for Daemon {
    fn drop(&mut self) {
        // It may have ended properly.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// A coachee, a microphone and a place for a daemon.
struct Room {
    dir: tempfile::TempDir,
    identity: Identity,
    microphone: VirtualMicrophone,
}

impl Room {
    fn new() -> Self {
        let room = Self {
            dir: tempfile::tempdir().unwrap(),
            identity: Identity::generate(),
            microphone: VirtualMicrophone::new(),
        };
        room.vault().add_coachee("Hannah", &room.identity.to_recipient(), None).unwrap();
        room
    }

    fn data_dir(&self) -> PathBuf {
        self.dir.path().join("data")
    }

    fn vault(&self) -> Writer {
        Writer::open(&self.data_dir()).unwrap()
    }

    fn daemon(&self) -> Daemon {
        Daemon::start(self.dir.path(), &self.microphone)
    }

    fn ask(&self, request: Request) -> Reply {
        let socket = socket_path(&self.dir.path().join("run"), &self.data_dir());
        Client::connect(&socket).unwrap().ask(&request).unwrap()
    }

    fn tell(&self, request: Request) -> Status {
        let Reply::Status(status) = self.ask(request) else { panic!("not a status") };
        status
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
    let status = room.tell(Request::Start(Box::new(session())));
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
fn what_a_status_counted_survives_a_kill() {
    let room = Room::new();
    let daemon = room.daemon();
    room.tell(Request::Start(Box::new(session())));
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

/// A tone and then a second of silence, which is longer than any of it is under way: returns when all has been heard.
fn say(microphone: &VirtualMicrophone, pitch: f32) {
    let tone = (0..PART_S * RATE).map(|n| [0.5 * (TAU * pitch * n as f32 / RATE as f32).sin(); 2]);
    microphone.play(tone.chain(std::iter::repeat_n(Frame::default(), RATE)));
    let begun = Instant::now();
    while !microphone.is_done() {
        assert!(begun.elapsed() < PATIENCE, "nobody listens");
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

fn session() -> Start {
    Start {
        session: Session {
            id: SessionId::generate(),
            coachee: "Hannah".into(),
            started_at: String::new(),
            coach_stance: None,
            coachee_stance: None,
            tracks: 1,
            consent: Consent { given_at: "2026-11-24T09:00:00Z".into(), wording: 1, asserted: true },
            model: "base.en".into(),
        },
        input: "default".into(),
        speed: 1.0,
        keep_audio: true,
        coach_track: None,
        coach_speaks_first: true,
        voiceprint: None,
        model_named: false,
        wake_word: None,
        tones: false,
    }
}
