//! A microphone without hardware: ALSA's `file` plugin over a FIFO, fed in real time. A real cpal stream records from it.
//!
//! ALSA reads its configuration once per process, so that whoever is to hear this microphone must be a process of its own,
//! started with [`VirtualMicrophone::env`]. In it, the default input is this one.

use std::{
    ffi::CString,
    fs::{self, File, OpenOptions},
    io::{Read, Write},
    os::{
        fd::AsRawFd,
        unix::{ffi::OsStrExt, fs::OpenOptionsExt},
    },
    path::{Path, PathBuf},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    thread::{self, JoinHandle},
    time::{Duration, Instant},
};

use tempfile::TempDir;

/// What cpal asks of a device that can do everything, as this one can: 48 kHz stereo in 32-bit floats.
pub const RATE: usize = 48_000;

/// How much is written at once: the period that capture asks for, 100 ms. ALSA's plugin reads a period at once and fills
/// up with garbage what the pipe does not hold of it.
const PIECE: usize = RATE / 10;
const PIECE_BYTES: usize = PIECE * size_of::<Frame>();

/// Capacity of the pipe: the most that Linux gives to everybody. One piece less than that is always written whole.
const PIPE_BYTES: usize = 1 << 20;

/// Left and right.
pub type Frame = [f32; 2];

/// Gives silence, and what is played, at the pace of a microphone, to whoever has it open.
pub struct VirtualMicrophone {
    folder: TempDir,
    /// Of ALSA, for a microphone called NAME.
    config: String,
    wiring: Arc<Mutex<Wiring>>,
    feeder: Option<JoinHandle<()>>,
    listener: Option<JoinHandle<()>>,
}

#[derive(Default)]
struct Wiring {
    to_play: Vec<Frame>,
    played: usize,
    /// All that whoever has it open now was given.
    given: Vec<Frame>,
    hangs: bool,
    gone: bool,
    /// How often the loudspeaker went from silence to sound, and how long ago it last sounded.
    sounds: usize,
    sounded: Option<Instant>,
}

impl VirtualMicrophone {
    #[allow(clippy::new_without_default)]
    pub fn new() -> Self {
        let folder = TempDir::new().unwrap();
        let [fifo, loudspeaker] = ["microphone.fifo", "loudspeaker.fifo"].map(|name| folder.path().join(name));
        make_fifo(&fifo);
        make_fifo(&loudspeaker);
        // The whole configuration: the system's own would put a sound server in the place of the default.
        let config = format!(
            "pcm.NAME {{ type asym hint {{ show on description \"Virtual microphone\" }}\n\
             capture.pcm {{ type file slave.pcm {{ type null }} file \"/dev/null\" infile \"{}\" format \"raw\" }}\n\
             playback.pcm {{ type file slave.pcm {{ type null }} file \"{}\" format \"raw\" }} }}\n",
            fifo.display(),
            loudspeaker.display()
        );
        fs::write(folder.path().join("alsa.conf"), config.replace("NAME", "default")).unwrap();
        let wiring = Arc::new(Mutex::new(Wiring::default()));
        let feeder = {
            let wiring = Arc::clone(&wiring);
            Some(thread::spawn(move || feed(&fifo, &wiring)))
        };
        let listener = {
            let wiring = Arc::clone(&wiring);
            Some(thread::spawn(move || listen(&loudspeaker, &wiring)))
        };
        Self { folder, config, wiring, feeder, listener }
    }

    /// The environment variable that makes a child process hear this microphone.
    pub fn env(&self) -> (&'static str, PathBuf) {
        ("ALSA_CONFIG_PATH", self.folder.path().join("alsa.conf"))
    }

    /// Whoever is started with [`VirtualMicrophone::env`] has this other one too, under a name.
    pub fn beside(self, name: &str, other: &Self) -> Self {
        let both = [self.config.replace("NAME", "default"), other.config.replace("NAME", name)].concat();
        fs::write(self.folder.path().join("alsa.conf"), both).unwrap();
        self
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

    /// Lets go of what was played and given until now, so that an hour fits into memory.
    pub fn forget(&self) {
        let mut wiring = self.wiring();
        let played = std::mem::take(&mut wiring.played);
        wiring.to_play.drain(..played);
        wiring.given.clear();
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

    /// How many notes the loudspeaker beside it has sounded.
    pub fn notes(&self) -> usize {
        self.wiring().sounds
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
        for thread in [self.feeder.take(), self.listener.take()].into_iter().flatten() {
            thread.join().unwrap();
        }
    }
}

fn make_fifo(path: &Path) {
    let path = CString::new(path.as_os_str().as_bytes()).unwrap();
    // SAFETY: `path` is a string that ends in 0 and lives through the call.
    assert_eq!(unsafe { libc::mkfifo(path.as_ptr(), 0o600) }, 0, "a FIFO cannot be made");
}

/// Takes what is played, at the pace of a loudspeaker.
fn listen(fifo: &Path, wiring: &Mutex<Wiring>) {
    let mut open = OpenOptions::new().read(true).custom_flags(libc::O_NONBLOCK).open(fifo).unwrap();
    // A hundredth of a second.
    let mut piece = [0; PIECE_BYTES / 10];
    loop {
        thread::sleep(Duration::from_millis(10));
        // Nobody plays, or nothing is there yet.
        let read = open.read(&mut piece).unwrap_or(0);
        let mut wiring = wiring.lock().unwrap_or_else(PoisonError::into_inner);
        if wiring.gone {
            return;
        }
        let loud = |sample: &[u8; 4]| f32::from_ne_bytes(*sample).abs() > 0.01;
        if piece[..read].as_chunks().0.iter().any(loud) {
            if wiring.sounded.is_none() {
                wiring.sounds += 1;
            }
            wiring.sounded = Some(Instant::now());
        } else if wiring.sounded.is_some_and(|last| last.elapsed() > Duration::from_millis(15)) {
            wiring.sounded = None;
        }
    }
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
        // SAFETY: the descriptor is open.
        assert!(unsafe { libc::fcntl(open.as_raw_fd(), libc::F_SETPIPE_SZ, PIPE_BYTES as libc::c_int) } > 0);
        lock().given.clear();
        let mut next = Instant::now();
        while !lock().gone && give_piece(&mut open, &mut lock()) {
            next += Duration::from_millis(100);
            thread::sleep(next.saturating_duration_since(Instant::now()));
        }
    }
}

/// False when nobody listens any more.
fn give_piece(open: &mut File, wiring: &mut Wiring) -> bool {
    // While the listener is slow nothing is lost, it comes later.
    if wiring.hangs || unread(open) + PIECE_BYTES > PIPE_BYTES {
        return true;
    }
    let rest = &wiring.to_play[wiring.played..];
    let playing = rest.len().min(PIECE);
    let mut piece = rest[..playing].to_vec();
    piece.resize(PIECE, [0.0; 2]);
    let bytes: Vec<u8> = piece.iter().flatten().flat_map(|sample| sample.to_ne_bytes()).collect();
    match open.write(&bytes) {
        Ok(written) => {
            assert_eq!(written, PIECE_BYTES, "a piece is written whole");
            wiring.played += playing;
            wiring.given.extend(piece);
            true
        }
        Err(_) => false,
    }
}

/// Bytes that the listener has not taken yet.
fn unread(open: &File) -> usize {
    let mut bytes: libc::c_int = 0;
    // SAFETY: the descriptor is open, and FIONREAD writes one int.
    assert_eq!(unsafe { libc::ioctl(open.as_raw_fd(), libc::FIONREAD, &raw mut bytes) }, 0);
    bytes as usize
}
