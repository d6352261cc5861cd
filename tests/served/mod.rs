//! A daemon in a process of its own, which can be killed: the test binary run again. The binary has a test that calls
//! [`serve_if_asked`], ignored, under the name [`CHILD`].
#![allow(dead_code, reason = "each test binary uses a part of it")]

pub mod agreed;
#[cfg(target_os = "linux")]
pub mod disk;

use std::{
    env,
    io::{self, BufRead, BufReader, Write},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    thread,
    time::Duration,
};

use sidetone::{
    capture::{FileSource, Heard, Source},
    daemon::{Client, ClientError, Failure, LoadModels, Reply, Request, Setup, Start, Status, bind, run, socket_path},
    pipeline::Models,
    seal::Identity,
    session::Session,
    vault::Writer,
};

/// The ignored test that serves.
pub const CHILD: &str = "child_serves";
/// Names the directory that the child serves.
pub const SERVE: &str = "SIDETONE_TEST_SERVE";
pub const LISTENS: &str = "the daemon listens";
pub const COACHEE: &str = "Hannah";

/// The child: serves until it is killed or shut down. Does nothing in a process that is none.
pub fn serve_if_asked(load_models: impl Fn(&str) -> Result<Models, Failure> + Send + Sync + 'static) {
    let Some(dir) = env::var_os(SERVE) else { return };
    let dir = Path::new(&dir);
    let data_dir = dir.join("data");
    let load_models: Arc<LoadModels> = Arc::new(load_models);
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let served: Result<(), Failure> = runtime.block_on(async {
        let listener = bind(&socket_path(&dir.join("run"), &data_dir))?;
        println!("{LISTENS}");
        run(listener, std::future::pending(), Setup { data_dir, load_models }).await
    });
    served.unwrap();
}

/// Ends with the test, however that ends: by SIGKILL.
pub struct Daemon(Child);

impl Daemon {
    pub fn start(dir: &Path, env: Option<(&str, PathBuf)>) -> Self {
        let mut child = Command::new(env::current_exe().unwrap())
            .args([CHILD, "--exact", "--ignored", "--nocapture"])
            .envs(env)
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

    pub fn pid(&self) -> u32 {
        self.0.id()
    }
}

impl Drop for Daemon {
    fn drop(&mut self) {
        // It may have ended properly.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// A coachee and a place for a daemon.
pub struct Place {
    pub dir: tempfile::TempDir,
    pub identity: Identity,
}

impl Place {
    #[allow(clippy::new_without_default)]
    pub fn new() -> Self {
        let place = Self { dir: tempfile::tempdir().unwrap(), identity: Identity::generate() };
        place.vault().add_coachee(COACHEE, &place.identity.to_recipient(), None).unwrap();
        place
    }

    pub fn data_dir(&self) -> PathBuf {
        self.dir.path().join("data")
    }

    pub fn vault(&self) -> Writer {
        Writer::open(&self.data_dir()).unwrap()
    }

    pub fn ask(&self, request: Request) -> Reply {
        self.try_ask(request).unwrap()
    }

    pub fn try_ask(&self, request: Request) -> Result<Reply, ClientError> {
        let socket = socket_path(&self.dir.path().join("run"), &self.data_dir());
        Client::connect(&socket).unwrap().ask(&request)
    }

    pub fn tell(&self, request: Request) -> Status {
        let Reply::Status(status) = self.ask(request) else { panic!("not a status") };
        status
    }
}

/// The samples of a file, as a session hears them.
pub fn samples_of(path: &Path) -> Vec<f32> {
    let mut source = FileSource::open(path, f64::INFINITY, false).unwrap();
    let mut samples = Vec::new();
    while let Heard::Block(block) = source.next(Duration::from_secs(1)).unwrap() {
        samples.extend_from_slice(&block.samples);
    }
    samples
}

/// Keeps every processor busy, two threads on each, until dropped.
pub struct Busy(Arc<AtomicBool>);

impl Busy {
    #[allow(clippy::new_without_default)]
    pub fn new() -> Self {
        let goes_on = Arc::new(AtomicBool::new(true));
        for _ in 0..2 * thread::available_parallelism().map_or(2, usize::from) {
            let goes_on = Arc::clone(&goes_on);
            thread::spawn(move || {
                while goes_on.load(Ordering::Relaxed) {
                    std::hint::spin_loop();
                }
            });
        }
        Self(goes_on)
    }
}

impl Drop for Busy {
    fn drop(&mut self) {
        self.0.store(false, Ordering::Relaxed);
    }
}

/// A session from `input`; its recording stays.
pub fn session(input: String, speed: f64) -> Start {
    Start {
        // When it began, the daemon says.
        session: Session { started_at: String::new(), ..agreed::session(COACHEE) },
        input,
        speed,
        keep_audio: true,
        coach_track: None,
        coach_speaks_first: true,
        voiceprint: None,
        model_named: false,
        synthetic: true,
        wake_word: None,
        tones: false,
    }
}

/// Says why a test does nothing on this system, where somebody reads it: what a passing test prints is kept from everybody.
pub fn not_tried(why: &str) {
    let _ = writeln!(io::stderr(), "not tried: {why}");
}
