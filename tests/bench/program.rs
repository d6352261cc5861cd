//! The real program as a bench runs it, and what the system says of its processes.

#![allow(dead_code)] // each bench uses its part

use std::{
    fs,
    io::{self, Read, Write},
    os::unix::{fs::OpenOptionsExt, process::ExitStatusExt},
    path::{Path, PathBuf},
    process::{Child, Command, ExitStatus, Stdio},
    time::Duration,
};

use sidetone::{
    capture::{FileSource, Heard, Source},
    units::SAMPLE_RATE,
};

/// The coachee of every bench.
pub const COACHEE: &str = "B";

/// A data directory of its own, with one coachee.
pub struct Home(tempfile::TempDir);

impl Home {
    pub fn new() -> io::Result<Self> {
        let home = Self(tempfile::tempdir()?);
        let mut key = fs::OpenOptions::new();
        key.write(true).create_new(true).mode(0o600).open(home.key())?.write_all(b"measuring, not keeping\n")?;
        let added = home.command(&["coachee", "add", COACHEE, "--passphrase-file", &text(&home.key())]).status()?;
        assert!(added.success());
        Ok(home)
    }

    pub fn path(&self) -> &Path {
        self.0.path()
    }

    pub fn data(&self) -> PathBuf {
        self.0.path().join("data")
    }

    pub fn key(&self) -> PathBuf {
        self.0.path().join("key")
    }

    /// The program, quiet, with its data here.
    pub fn command(&self, args: &[&str]) -> Command {
        let mut command = self.at_home(Command::new(env!("CARGO_BIN_EXE_sidetone")));
        command.args(args).arg("--quiet").stdout(Stdio::null());
        command
    }

    /// Has a program keep its data here.
    pub fn at_home(&self, mut command: Command) -> Command {
        command
            .env("SIDETONE_DATA_DIR", self.data())
            .env("XDG_RUNTIME_DIR", self.0.path().join("run"))
            .stdin(Stdio::null());
        command
    }

    /// Starts the recorder; it has said that it listens.
    pub fn daemon(&self) -> Child {
        let mut daemon = self.command(&["daemon", "--announce"]).stdout(Stdio::piped()).spawn().unwrap();
        let mut ready = String::new();
        io::BufRead::read_line(&mut io::BufReader::new(daemon.stdout.take().unwrap()), &mut ready).unwrap();
        daemon
    }
}

pub fn text(path: &Path) -> String {
    path.to_string_lossy().into_owned()
}

/// A field of /proc/PID/status in megabytes.
pub fn megabytes(pid: u32, field: &str) -> Option<f64> {
    let status = fs::read_to_string(format!("/proc/{pid}/status")).ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix(field))?;
    Some(line.trim_start_matches(':').split_whitespace().next()?.parse::<f64>().ok()? / 1024.0)
}

/// Processor seconds that a process has used.
pub fn processor_seconds(pid: u32) -> Option<f64> {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    let fields: Vec<&str> = stat.rsplit_once(')')?.1.split_whitespace().collect();
    let ticks = fields.get(11)?.parse::<f64>().ok()? + fields.get(12)?.parse::<f64>().ok()?;
    // SAFETY: sysconf reads a number of the system.
    Some(ticks / unsafe { libc::sysconf(libc::_SC_CLK_TCK) } as f64)
}

/// Waits for a child; whether it did well, and its peak memory in megabytes.
pub fn peak_of(child: Child) -> (bool, f64) {
    let (mut status, mut usage) = (0, unsafe { std::mem::zeroed::<libc::rusage>() });
    // SAFETY: the child is ours and not waited for elsewhere; both places outlive the call.
    unsafe { libc::wait4(child.id() as i32, &mut status, 0, &mut usage) };
    (ExitStatus::from_raw(status).success(), usage.ru_maxrss as f64 / 1024.0)
}

/// What a child writes, to the end, and what [`peak_of`] says.
pub fn output_of(mut child: Child) -> (String, bool, f64) {
    let mut said = String::new();
    if let Some(mut out) = child.stdout.take() {
        out.read_to_string(&mut said).unwrap();
    }
    let (done, peak) = peak_of(child);
    (said, done, peak)
}

pub fn demo_session() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/demo-session.ogg")
}

/// A recording at 16 kHz.
pub fn read(path: &Path) -> Vec<f32> {
    let mut source = FileSource::open(path, f64::INFINITY, false).unwrap();
    let mut samples = Vec::new();
    loop {
        match source.next(Duration::from_secs(1)).unwrap() {
            Heard::Block(block) => samples.extend(block.samples),
            Heard::Nothing => {}
            Heard::End => return samples,
        }
    }
}

/// Writes 16-bit sound.
pub fn write(path: &Path, rate: u32, samples: impl Iterator<Item = f32>) {
    let spec =
        hound::WavSpec { channels: 1, sample_rate: rate, bits_per_sample: 16, sample_format: hound::SampleFormat::Int };
    let mut file = hound::WavWriter::create(path, spec).unwrap();
    samples.for_each(|sample| file.write_sample((sample * 32767.0) as i16).unwrap());
    file.finalize().unwrap();
}

/// The demo session again and again, as a WAV file.
pub fn long_session(folder: &Path, minutes: u32) -> PathBuf {
    let path = folder.join(format!("{minutes}.wav"));
    let once = read(&demo_session());
    write(&path, SAMPLE_RATE, once.iter().copied().cycle().take((minutes * 60 * SAMPLE_RATE) as usize));
    path
}

/// The arguments of an import.
pub fn import<'a>(file: &'a str, model: &'a str) -> [&'a str; 8] {
    ["import", file, "--coachee", COACHEE, "--consent-both", "--coach-speaks-first", "--model", model]
}
