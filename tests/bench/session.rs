//! What a session costs, measured on the real program: memory of an idle recorder, processor of a recording one, speed and
//! memory of imports of growing length. Prints a table, or with `--json` one object of the same keys.
//!
//! Nothing is asserted: figures depend on the machine. The bars are beside them, for people to compare.

use std::{
    fs, io,
    os::unix::{fs::OpenOptionsExt, process::ExitStatusExt},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

use sidetone::{
    capture::{FileSource, Heard, Source},
    units::SAMPLE_RATE,
};

/// Lengths of the imports, in minutes.
const MINUTES: [u32; 3] = [10, 30, 180];
/// How long a recording is watched for its processor time.
const RECORD: Duration = Duration::from_secs(60);

struct Home(tempfile::TempDir);

impl Home {
    fn new() -> io::Result<Self> {
        let home = Self(tempfile::tempdir()?);
        let key = home.0.path().join("key");
        use std::io::Write as _;
        fs::OpenOptions::new()
            .write(true)
            .create_new(true)
            .mode(0o600)
            .open(&key)?
            .write_all(b"measuring, not keeping\n")?;
        let added = home.command(&["coachee", "add", "B", "--passphrase-file", &key.to_string_lossy()]).status()?;
        assert!(added.success());
        Ok(home)
    }

    fn command(&self, args: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_sidetone"));
        command
            .args(args)
            .arg("--quiet")
            .env("SIDETONE_DATA_DIR", self.0.path().join("data"))
            .env("XDG_RUNTIME_DIR", self.0.path().join("run"))
            .stdin(Stdio::null())
            .stdout(Stdio::null());
        command
    }
}

/// A field of /proc/PID/status in megabytes.
fn megabytes(pid: u32, field: &str) -> Option<f64> {
    let status = fs::read_to_string(format!("/proc/{pid}/status")).ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix(field))?;
    Some(line.trim_start_matches(':').split_whitespace().next()?.parse::<f64>().ok()? / 1024.0)
}

/// Processor seconds that a process has used.
fn processor_seconds(pid: u32) -> Option<f64> {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    let fields: Vec<&str> = stat.rsplit_once(')')?.1.split_whitespace().collect();
    let ticks = fields.get(11)?.parse::<f64>().ok()? + fields.get(12)?.parse::<f64>().ok()?;
    // SAFETY: sysconf reads a number of the system.
    Some(ticks / unsafe { libc::sysconf(libc::_SC_CLK_TCK) } as f64)
}

/// Waits for a child; its peak memory in megabytes.
fn peak_of(child: Child) -> (bool, f64) {
    let (mut status, mut usage) = (0, unsafe { std::mem::zeroed::<libc::rusage>() });
    // SAFETY: the child is ours and not waited for elsewhere; both places outlive the call.
    unsafe { libc::wait4(child.id() as i32, &mut status, 0, &mut usage) };
    (std::process::ExitStatus::from_raw(status).success(), usage.ru_maxrss as f64 / 1024.0)
}

/// The demo session again and again, as a WAV file.
fn long_session(folder: &Path, minutes: u32) -> PathBuf {
    let demo = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/demo-session.ogg");
    let mut source = FileSource::open(&demo, f64::INFINITY, false).unwrap();
    let mut once = Vec::new();
    loop {
        match source.next(Duration::from_secs(1)).unwrap() {
            Heard::Block(block) => once.extend(block.samples.iter().map(|s| (s * 32767.0) as i16)),
            Heard::Nothing => {}
            Heard::End => break,
        }
    }
    let path = folder.join(format!("{minutes}.wav"));
    let spec = hound::WavSpec {
        channels: 1,
        sample_rate: SAMPLE_RATE,
        bits_per_sample: 16,
        sample_format: hound::SampleFormat::Int,
    };
    let mut file = hound::WavWriter::create(&path, spec).unwrap();
    for sample in once.iter().cycle().take((minutes * 60 * SAMPLE_RATE) as usize) {
        file.write_sample(*sample).unwrap();
    }
    file.finalize().unwrap();
    path
}

fn main() {
    let json = std::env::args().any(|arg| arg == "--json");
    let longest = if std::env::args().any(|arg| arg == "--short") { 30 } else { u32::MAX };
    let mut rows: Vec<(String, f64, &str)> = Vec::new();
    let home = Home::new().unwrap();

    let mut daemon = home.command(&["daemon", "--announce"]).stdout(Stdio::piped()).spawn().unwrap();
    let mut ready = String::new();
    io::BufRead::read_line(&mut io::BufReader::new(daemon.stdout.take().unwrap()), &mut ready).unwrap();
    rows.push(("idle_daemon_mb".into(), megabytes(daemon.id(), "VmRSS").unwrap_or(f64::NAN), "<= 20"));

    // Silence costs what capture and sealing cost; speech adds decoding, which the import figures show.
    let silence = home.0.path().join("silence.wav");
    let spec = hound::WavSpec {
        channels: 1,
        sample_rate: 48_000,
        bits_per_sample: 16,
        sample_format: hound::SampleFormat::Int,
    };
    let mut file = hound::WavWriter::create(&silence, spec).unwrap();
    (0..48_000 * (RECORD.as_secs() + 30)).for_each(|_| file.write_sample(0i16).unwrap());
    file.finalize().unwrap();
    let input = format!("file:{}", silence.display());
    let started =
        home.command(&["start", "--coachee", "B", "--consent-both", "--model", "demo.en", "--input", &input]).status();
    assert!(started.unwrap().success());
    let before = processor_seconds(daemon.id()).unwrap_or(f64::NAN);
    std::thread::sleep(RECORD);
    let used = processor_seconds(daemon.id()).unwrap_or(f64::NAN) - before;
    rows.push(("capture_percent_of_a_core".into(), 100.0 * used / RECORD.as_secs_f64(), "<= 2"));
    assert!(home.command(&["withdraw"]).status().unwrap().success());
    assert!(home.command(&["daemon", "--stop"]).status().unwrap().success());
    daemon.wait().unwrap();

    let mut costs = Vec::new();
    for minutes in MINUTES.into_iter().filter(|minutes| *minutes <= longest) {
        let file = long_session(home.0.path(), minutes);
        let begun = Instant::now();
        let import = [
            "import",
            &file.to_string_lossy(),
            "--coachee",
            "B",
            "--consent-both",
            "--coach-speaks-first",
            "--model",
            "demo.en",
        ];
        let (done, peak) = peak_of(home.command(&import).spawn().unwrap());
        assert!(done, "the import of {minutes} minutes failed");
        let seconds = begun.elapsed().as_secs_f64();
        fs::remove_file(file).unwrap();
        costs.push(seconds / f64::from(minutes));
        rows.push((format!("import_{minutes}_min_times_real_time"), f64::from(minutes) * 60.0 / seconds, ">= 10"));
        rows.push((format!("import_{minutes}_min_peak_mb"), peak, "within 150 of the shortest"));
    }
    let mean = costs.iter().sum::<f64>() / costs.len() as f64;
    let worst = costs.iter().map(|cost| (cost / mean - 1.0).abs()).fold(0.0, f64::max);
    rows.push(("cost_linearity".into(), worst, "<= 0.10"));

    if json {
        let all: serde_json::Map<String, serde_json::Value> =
            rows.into_iter().map(|(key, value, _)| (key, value.into())).collect();
        println!("{}", serde_json::Value::Object(all));
    } else {
        for (key, value, bar) in rows {
            println!("{key:36} {value:9.2}   {bar}");
        }
    }
}
