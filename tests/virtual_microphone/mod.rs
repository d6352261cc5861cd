//! A microphone without hardware: ALSA's `file` plugin over a FIFO, fed in real time. A real cpal stream records from it.
//!
//! ALSA reads its configuration once per process, so that whoever is to hear this microphone must be a process of its own,
//! started with [`VirtualMicrophone::env`]. In it, the default input is this one.

use std::{
    ffi::CString,
    fs::{self, File, OpenOptions},
    io::{ErrorKind, Write},
    os::unix::{ffi::OsStrExt, fs::OpenOptionsExt},
    path::{Path, PathBuf},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    thread::{self, JoinHandle},
    time::{Duration, Instant},
};

use tempfile::TempDir;

/// What cpal asks of a device that can do everything, as this one can: 48 kHz stereo in 32-bit floats.
pub const RATE: usize = 48_000;

/// How much is written at once: less than a pipe takes whole or not at all (`PIPE_BUF`), so that no frame is torn.
const PIECE: usize = RATE / 100;

/// Left and right.
pub type Frame = [f32; 2];

/// Gives silence, and what is played, at the pace of a microphone, to whoever has it open.
pub struct VirtualMicrophone {
    folder: TempDir,
    wiring: Arc<Mutex<Wiring>>,
    feeder: Option<JoinHandle<()>>,
}

#[derive(Default)]
struct Wiring {
    to_play: Vec<Frame>,
    played: usize,
    /// All that whoever has it open now was given.
    given: Vec<Frame>,
    hangs: bool,
    gone: bool,
}

impl VirtualMicrophone {
    #[allow(clippy::new_without_default)]
    pub fn new() -> Self {
        let folder = TempDir::new().unwrap();
        let fifo = folder.path().join("microphone.fifo");
        make_fifo(&fifo);
        // The whole configuration: the system's own would put a sound server in the place of the default.
        let config = format!(
            "pcm.default {{ type file slave.pcm {{ type null }} file \"/dev/null\" infile \"{}\" format \"raw\"\n\
             hint {{ show on description \"Virtual microphone\" }} }}\n",
            fifo.display()
        );
        fs::write(folder.path().join("alsa.conf"), config).unwrap();
        let wiring = Arc::new(Mutex::new(Wiring::default()));
        let feeder = {
            let wiring = Arc::clone(&wiring);
            Some(thread::spawn(move || feed(&fifo, &wiring)))
        };
        Self { folder, wiring, feeder }
    }

    /// The environment variable that makes a child process hear this microphone.
    pub fn env(&self) -> (&'static str, PathBuf) {
        ("ALSA_CONFIG_PATH", self.folder.path().join("alsa.conf"))
    }

    /// Plays frames once those before them are played. Wait until somebody records: nobody hears what came before.
    pub fn play(&self, frames: impl IntoIterator<Item = Frame>) {
        self.wiring().to_play.extend(frames);
    }

    /// Plays 16 kHz mono.
    pub fn play_16khz(&self, samples: &[i16]) {
        let factor = RATE / 16_000;
        let next = samples.iter().skip(1).chain(samples.last());
        self.play(samples.iter().zip(next).flat_map(|(this, next)| {
            let (this, next) = (f32::from(*this) / 32_768.0, f32::from(*next) / 32_768.0);
            (0..factor).map(move |step| [this + (next - this) * step as f32 / factor as f32; 2])
        }));
    }

    /// True once all was played.
    pub fn is_done(&self) -> bool {
        let wiring = self.wiring();
        wiring.played == wiring.to_play.len()
    }

    /// Every frame, silence included, that the present listener was given.
    pub fn given(&self) -> Vec<Frame> {
        self.wiring().given.clone()
    }

    /// Gives nothing any more, or again something: a driver that hangs.
    pub fn hang(&self, hangs: bool) {
        self.wiring().hangs = hangs;
    }

    /// Takes the microphone away.
    pub fn unplug(&self) {
        fs::remove_file(self.fifo()).unwrap();
        // Whoever listens sees the end.
        self.wiring().hangs = true;
    }

    /// Brings it back.
    pub fn plug_in(&self) {
        make_fifo(&self.fifo());
        self.wiring().hangs = false;
    }

    fn fifo(&self) -> PathBuf {
        self.folder.path().join("microphone.fifo")
    }

    fn wiring(&self) -> MutexGuard<'_, Wiring> {
        self.wiring.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for VirtualMicrophone {
    fn drop(&mut self) {
        self.wiring().gone = true;
        if let Some(feeder) = self.feeder.take() {
            feeder.join().unwrap();
        }
    }
}

fn make_fifo(path: &Path) {
    let path = CString::new(path.as_os_str().as_bytes()).unwrap();
    // SAFETY: `path` is a string that ends in 0 and lives through the call.
    assert_eq!(unsafe { libc::mkfifo(path.as_ptr(), 0o600) }, 0, "a FIFO cannot be made");
}

/// Writes a piece whenever its time has come, from one listener to the next.
fn feed(fifo: &Path, wiring: &Mutex<Wiring>) {
    let lock = || wiring.lock().unwrap_or_else(PoisonError::into_inner);
    while !lock().gone {
        // Fails while nobody listens. Written to before that, the FIFO would give old silence in a burst.
        let Ok(mut open) = OpenOptions::new().write(true).custom_flags(libc::O_NONBLOCK).open(fifo) else {
            thread::sleep(Duration::from_millis(2));
            continue;
        };
        lock().given.clear();
        let mut next = Instant::now();
        while !lock().gone && give_piece(&mut open, &mut lock()) {
            next += Duration::from_millis(10);
            thread::sleep(next.saturating_duration_since(Instant::now()));
        }
    }
}

/// False when nobody listens any more.
fn give_piece(open: &mut File, wiring: &mut Wiring) -> bool {
    if wiring.hangs {
        return true;
    }
    let rest = &wiring.to_play[wiring.played..];
    let playing = rest.len().min(PIECE);
    let mut piece = rest[..playing].to_vec();
    piece.resize(PIECE, [0.0; 2]);
    let bytes: Vec<u8> = piece.iter().flatten().flat_map(|sample| sample.to_ne_bytes()).collect();
    match open.write(&bytes) {
        Ok(written) => {
            assert_eq!(written, bytes.len(), "a pipe takes up to PIPE_BUF whole");
            wiring.played += playing;
            wiring.given.extend(piece);
            true
        }
        // The listener is slow: nothing is lost, it comes later.
        Err(error) if error.kind() == ErrorKind::WouldBlock => true,
        Err(_) => false,
    }
}
