//! A real daemon on a real socket: what a session goes through, and what clients may do to it. Sound comes from the
//! bundled session, through the live path. Sessions whose words do not matter run without models.

mod demo_whisper;
#[cfg(target_os = "linux")]
mod nobody;
mod served;

use std::{
    fs,
    io::{BufRead, BufReader, Read, Write},
    os::unix::net::{UnixListener, UnixStream},
    path::{Path, PathBuf},
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
        mpsc,
    },
    thread::{self, JoinHandle},
    time::{Duration, Instant},
};

use served::COACHEE;
use sidetone::{
    daemon::{
        Client, ClientError, Failure, LINE_BYTES_MAX, LoadModels, Phase, Reply, Request, Setup, Start, Status, bind,
        run, socket_path,
    },
    moves::Coder,
    pipeline::Models,
    recording::{self, Key},
    seal::Identity,
    session::SessionId,
    speakers::SpeakerEncoder,
    units::Sample,
    vault::{KeepAudio, Reader, State, VaultError, Writer},
};
use tokio::sync::oneshot;

/// Nothing here takes longer, on a machine that is busy with other things.
const PATIENCE: Duration = Duration::from_secs(180);

struct Daemon {
    dir: tempfile::TempDir,
    socket: PathBuf,
    identity: Identity,
    shutdown: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<Result<(), Failure>>>,
}

impl Daemon {
    fn start() -> Self {
        Self::with_models(Arc::new(|_: &str| Ok(Models::default())))
    }

    /// Returns once it listens.
    fn with_models(load_models: Arc<LoadModels>) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let data_dir = dir.path().join("data");
        let identity = Identity::generate();
        Writer::open(&data_dir).unwrap().add_coachee(COACHEE, &identity.to_recipient(), None).unwrap();
        let socket = socket_path(&dir.path().join("run"), &data_dir);
        let at = socket.clone();
        let (shutdown, thread) = serve(move || bind(&at), Setup { data_dir, load_models });
        Self { dir, socket, identity, shutdown: Some(shutdown), thread: Some(thread) }
    }

    fn data_dir(&self) -> PathBuf {
        self.dir.path().join("data")
    }

    fn vault(&self) -> Writer {
        Writer::open(&self.data_dir()).unwrap()
    }

    fn client(&self) -> Client {
        Client::connect(&self.socket).unwrap()
    }

    fn ask(&self, request: Request) -> Result<Reply, ClientError> {
        self.client().ask(&request)
    }

    fn status(&self) -> Status {
        let Reply::Status(status) = self.ask(Request::Status).unwrap() else { panic!("not a status") };
        status
    }

    /// Sends a request that is answered with the status it leads to.
    fn tell(&self, request: Request) -> Status {
        let Reply::Status(status) = self.ask(request).unwrap() else { panic!("not a status") };
        status
    }

    /// Stops the session; its id.
    fn stop(&self) -> SessionId {
        let Reply::Stopped { session, .. } = self.ask(Request::Stop).unwrap() else { panic!("not stopped") };
        session
    }

    fn refused(&self, request: Request) -> Failure {
        match self.ask(request).unwrap_err() {
            ClientError::Failed(failure) => failure,
            other => panic!("{other}"),
        }
    }

    /// As SIGTERM does; what `run` came back with.
    fn shut_down(&mut self) -> Result<(), Failure> {
        drop(self.shutdown.take());
        self.thread.take().unwrap().join().unwrap()
    }

    fn recordings(&self) -> Vec<PathBuf> {
        let Ok(entries) = fs::read_dir(self.data_dir().join("recordings")) else { return Vec::new() };
        entries.map(|entry| entry.unwrap().path()).collect()
    }

    fn leaves_nothing_behind(&self) {
        assert_eq!(self.status().phase, Phase::Idle);
        assert!(self.vault().sessions().unwrap().is_empty());
        assert_eq!(self.recordings(), Vec::<PathBuf>::new());
    }
}

impl Drop for Daemon {
    fn drop(&mut self) {
        if self.thread.is_some() && !thread::panicking() {
            self.shut_down().unwrap();
        }
    }
}

/// Starts a daemon; returns once it listens.
fn serve(
    bind: impl FnOnce() -> Result<tokio::net::UnixListener, Failure> + Send + 'static,
    setup: Setup,
) -> (oneshot::Sender<()>, JoinHandle<Result<(), Failure>>) {
    let (shutdown, stop) = oneshot::channel();
    let (listens, listening) = mpsc::channel();
    let thread = thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let listener = bind()?;
            listens.send(()).unwrap();
            run(listener, async { drop(stop.await) }, setup).await
        })
    });
    listening.recv_timeout(PATIENCE).unwrap();
    (shutdown, thread)
}

/// The bundled session, so many times faster than it was spoken.
fn session(speed: f64) -> Start {
    let input = format!("file:{}", in_tree("tests/fixtures/demo-session.ogg").display());
    let mut start = Start { keep_audio: false, ..served::session(input, speed) };
    start.session.model = "demo.en".into();
    // The daemon counts them itself.
    start.session.tracks = 9;
    start
}

fn start(start: Start) -> Request {
    Request::Start(Box::new(start))
}

fn in_tree(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(path)
}

/// Whether the words are in any file below `dir`.
fn occurs(words: &str, dir: &Path) -> bool {
    fs::read_dir(dir).unwrap().map(|entry| entry.unwrap().path()).any(|path| {
        match fs::symlink_metadata(&path).unwrap() {
            found if found.is_dir() => occurs(words, &path),
            found if found.is_file() => {
                fs::read(&path).unwrap().windows(words.len()).any(|window| window == words.as_bytes())
            }
            _ => false,
        }
    })
}

/// Asks until the answer is yes.
fn until(what: &str, mut done: impl FnMut() -> bool) {
    let begun = Instant::now();
    while !done() {
        assert!(begun.elapsed() < PATIENCE, "in vain: {what}");
        thread::sleep(Duration::from_millis(20));
    }
}

#[test]
fn a_session_from_start_to_stop() {
    let speaker = in_tree("models/speaker-ge2e.safetensors");
    assert!(demo_whisper::file().is_file() && speaker.is_file(), "hint: `scripts/fetch-models` gets the models");
    let daemon = Daemon::with_models(Arc::new(move |name: &str| {
        let whisper = Arc::new(demo_whisper::load(1));
        let speaker = Some(Arc::new(SpeakerEncoder::load(&speaker).unwrap()));
        Ok(Models { whisper: Some((name.to_owned(), whisper)), speaker, moves: None })
    }));
    let request = session(20.0);
    let id = request.session.id;

    let status = daemon.tell(start(request));
    assert_eq!((status.phase, status.session, status.coachee.as_deref()), (Phase::Recording, Some(id), Some(COACHEE)));
    assert_eq!((status.tracks, status.marks, status.pid), (1, 0, std::process::id()));
    assert!(status.elapsed_s > 0.0, "the first sound has come");
    let path = daemon.vault().recording_path(id);
    assert!(recording::outline(&path).unwrap().chunks > 0, "and is sealed on disk");

    assert_eq!(daemon.tell(Request::Mark).marks, 1);
    let paused = daemon.tell(Request::Pause);
    assert_eq!(paused.phase, Phase::Paused);
    assert_eq!(daemon.refused(Request::Pause).message, "the session is paused already");
    assert_eq!(daemon.status().elapsed_s, paused.elapsed_s);
    assert_eq!(daemon.tell(Request::Resume).phase, Phase::Recording);
    assert_eq!(daemon.refused(Request::Resume).message, "the session is not paused");
    until("the file is over", || daemon.status().input_ended);
    let elapsed_s = daemon.status().elapsed_s;
    assert!((60.0..115.0).contains(&elapsed_s), "{elapsed_s}");

    assert_eq!(daemon.stop(), id);
    assert_eq!(daemon.status().phase, Phase::Idle);
    let stored = daemon.vault().find("last").unwrap();
    assert_eq!((stored.session.id, stored.state, stored.session.tracks), (id, State::Finished, 1));
    assert!(stored.session.started_at.starts_with("20"), "{}", stored.session.started_at);
    let numbers = stored.numbers.unwrap();
    assert!((numbers.duration_s - elapsed_s).abs() < 0.1, "{} {elapsed_s}", numbers.duration_s);
    let marked: Vec<f64> = numbers.marked.iter().map(|at| at.seconds()).collect();
    assert!(matches!(marked[..], [at] if at > 0.0 && at < paused.elapsed_s + 0.1), "{marked:?}");
    let doubtful = numbers.doubts.iter().any(|doubt| doubt == "words_poor" || doubt == "words_failed");
    assert_eq!(
        (stored.has_recording, path.exists()),
        (doubtful, doubtful),
        "the sound is gone, unless words are in doubt"
    );
    assert!(numbers.spans.iter().filter(|span| span.role.is_some()).count() > 10, "both spoke");

    let words = Reader::open(&daemon.data_dir(), daemon.identity.clone()).unwrap().transcript(id).unwrap();
    let longest = words.iter().map(|utterance| utterance.text.words()).max_by_key(|words| words.len()).unwrap();
    assert!(longest.len() > 10, "something was said");
    assert!(!occurs(longest, daemon.dir.path()), "words are on the disk in the clear");
    let stranger = Reader::open(&daemon.data_dir(), Identity::generate()).and_then(|reader| reader.transcript(id));
    assert!(matches!(stranger, Err(VaultError::WrongIdentity)), "{stranger:?}");
}

#[test]
fn what_is_said_in_a_pause_is_nowhere() {
    let daemon = Daemon::start();
    let request = Start { keep_audio: true, ..session(40.0) };
    daemon.tell(start(request));
    let paused = daemon.tell(Request::Pause);
    // The rest of the file is played into the pause.
    until("the file is over", || daemon.status().input_ended);
    assert_eq!(daemon.status().elapsed_s, paused.elapsed_s);
    assert_eq!(daemon.tell(Request::Resume).elapsed_s, paused.elapsed_s);
    let id = daemon.stop();

    let stored = daemon.vault().find("last").unwrap();
    assert!((stored.numbers.unwrap().duration_s - paused.elapsed_s).abs() < 0.1);
    assert_eq!(stored.keep_audio, KeepAudio::Asked);
    assert!(stored.has_recording, "kept, for the coachee to confirm");
    let path = daemon.vault().recording_path(id);
    let mut recording = recording::recover(&path, Key::Coachee(&daemon.identity)).unwrap();
    let mut end = Sample(0);
    for block in recording.by_ref() {
        assert_eq!(block.first, end, "no hole");
        end = Sample(end.0 + block.samples.len() as u64);
    }
    assert_eq!(recording.damage(), None);
    assert_eq!(end, Sample::from_seconds(paused.elapsed_s));
    assert_eq!(recording.gaps().iter().map(|(at, _)| *at).collect::<Vec<_>>(), [end]);
}

#[test]
fn a_withdrawn_session_leaves_only_a_receipt() {
    let daemon = Daemon::start();
    daemon.tell(start(session(1.0)));
    assert_eq!(daemon.recordings().len(), 1);
    assert!(matches!(daemon.ask(Request::Withdraw).unwrap(), Reply::Withdrawn { .. }));
    daemon.leaves_nothing_behind();
    assert_eq!(daemon.vault().receipts().unwrap().len(), 1);
    assert_eq!(daemon.refused(Request::Withdraw).message, "no session is being recorded");
}

#[test]
fn one_session_at_a_time() {
    let daemon = Daemon::start();
    for request in [Request::Pause, Request::Resume, Request::Mark, Request::Stop, Request::Withdraw] {
        let failure = daemon.refused(request);
        assert_eq!((failure.message.as_str(), failure.code), ("no session is being recorded", 1));
    }
    let running = daemon.tell(start(session(1.0))).session;
    let failure = daemon.refused(start(session(1.0)));
    assert_eq!(failure.message, "a session with Hannah is being recorded already");
    assert!(failure.hint.unwrap().contains("`sidetone stop`"));
    assert_eq!(daemon.status().session, running, "the first is not disturbed");
    assert_eq!(Some(daemon.stop()), running);
    daemon.tell(start(session(1.0)));
    daemon.stop();
    assert_eq!(daemon.vault().sessions().unwrap().len(), 2);
}

#[test]
fn a_start_that_fails_says_why_and_leaves_nothing() {
    let daemon = Daemon::with_models(Arc::new(|name: &str| match name {
        "broken.en" => Err(Failure { message: "it is broken".into(), hint: Some("mend it".into()), code: 1 }),
        "panics.en" => panic!("on purpose: a fault while models are loaded"),
        _ => Ok(Models::default()),
    }));
    let not_sound = daemon.dir.path().join("letter.wav");
    fs::write(&not_sound, "Dear Hannah").unwrap();
    let with = |change: &dyn Fn(&mut Start)| {
        let mut request = session(1.0);
        change(&mut request);
        request
    };
    for (request, message, code) in [
        (with(&|start| start.session.coachee = "Nobody".into()), "there is no coachee called Nobody", 1),
        (with(&|start| start.input = "file:/nowhere/session.wav".into()), "/nowhere/session.wav", 1),
        (with(&|start| start.input = format!("file:{}", not_sound.display())), "letter.wav", 1),
        (with(&|start| start.input = "default".into()), "knows no real voice", 1),
        (with(&|start| start.speed = 0.0), "speed", 1),
        (with(&|start| start.coach_track = Some(1)), "one track", 1),
        (with(&|start| start.session.model = "broken.en".into()), "it is broken", 1),
        (with(&|start| start.session.model = "panics.en".into()), "stopped unexpectedly", 2),
    ] {
        let failure = daemon.refused(start(request));
        assert!(failure.message.contains(message) && failure.code == code, "{failure:?} instead of {message}");
        assert!(failure.hint.is_some_and(|hint| !hint.is_empty()), "{message} comes without a hint");
        daemon.leaves_nothing_behind();
    }
    assert!(daemon.vault().receipts().unwrap().is_empty());
    daemon.tell(start(session(1.0)));
    daemon.stop();
}

#[test]
fn models_are_loaded_at_the_first_session_and_once() {
    // Whoever fetched a model that the report had missed went on without it, for the recorder kept what it had loaded before.
    let loaded = Arc::new(AtomicUsize::new(0));
    let counter = Arc::clone(&loaded);
    let daemon = Daemon::with_models(Arc::new(move |name: &str| {
        let fetched = counter.fetch_add(1, Ordering::Relaxed) > 0;
        let speaker = || Arc::new(SpeakerEncoder::load(&in_tree("models/speaker-ge2e.safetensors")).unwrap());
        Ok(Models {
            whisper: Some((name.to_owned(), Arc::new(demo_whisper::load(1)))),
            speaker: fetched.then(speaker),
            moves: Some(Arc::new(Coder::load(Some(&in_tree("models/text"))).unwrap())),
        })
    }));
    daemon.status();
    assert_eq!(loaded.load(Ordering::Relaxed), 0);
    for loads in [1, 2, 2] {
        daemon.tell(start(session(1.0)));
        daemon.stop();
        assert_eq!(loaded.load(Ordering::Relaxed), loads);
    }
}

#[test]
fn garbage_is_answered_and_disturbs_nobody() {
    let daemon = Daemon::start();
    daemon.tell(start(session(1.0)));
    let too_long = [vec![b'['; LINE_BYTES_MAX + 1], b"\n".to_vec()].concat();
    for (line, closes) in [
        (&b"hello\n"[..], false),
        (b"\n", false),
        (b"\"fly\"\n", false),
        (b"{\"start\":{}}\n", false),
        (b"\xff\xfe\x00\n", false),
        (&too_long, true),
    ] {
        let mut stream = UnixStream::connect(&daemon.socket).unwrap();
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        stream.write_all(line).unwrap();
        let mut stream = BufReader::new(stream);
        let mut reply = String::new();
        stream.read_line(&mut reply).unwrap();
        assert!(reply.starts_with(r#"{"failed":{"message":"the request was not understood""#), "{reply}");
        if closes {
            // With bytes left unread a closed socket may also read as reset.
            assert!(matches!(stream.read(&mut [0]), Ok(0) | Err(_)));
            continue;
        }
        stream.get_mut().write_all(b"\"status\"\n").unwrap();
        reply.clear();
        stream.read_line(&mut reply).unwrap();
        assert!(reply.starts_with(r#"{"status":{"phase":"recording""#), "{reply}");
    }
    daemon.stop();
}

#[test]
fn a_client_that_goes_in_the_middle_of_a_request_disturbs_nobody() {
    let daemon = Daemon::start();
    daemon.tell(start(session(1.0)));
    for half in [&b""[..], b"\"st", b"\"status\""] {
        let mut stream = UnixStream::connect(&daemon.socket).unwrap();
        stream.write_all(half).unwrap();
    }
    // A stop whose client does not wait for the report is a stop.
    let mut stream = UnixStream::connect(&daemon.socket).unwrap();
    stream.write_all(b"\"stop\"\n").unwrap();
    drop(stream);
    until("the session is finished", || daemon.status().phase == Phase::Idle);
    assert_eq!(daemon.vault().find("last").unwrap().state, State::Finished);
}

#[test]
fn a_session_whose_starter_has_gone_is_withdrawn() {
    let (loads, loading) = mpsc::channel();
    let (go, gone) = mpsc::channel::<()>();
    let gone = std::sync::Mutex::new(gone);
    let daemon = Daemon::with_models(Arc::new(move |_: &str| {
        loads.send(()).unwrap();
        gone.lock().unwrap().recv().unwrap();
        Ok(Models::default())
    }));
    let mut stream = UnixStream::connect(&daemon.socket).unwrap();
    serde_json::to_writer(&stream, &start(session(1.0))).unwrap();
    stream.write_all(b"\n").unwrap();
    loading.recv_timeout(PATIENCE).unwrap();
    // While models are loaded nothing is recorded, everything is answered, and nobody else can start.
    assert_eq!(daemon.status().phase, Phase::Idle);
    assert_eq!(daemon.refused(Request::Stop).message, "no session is being recorded");
    assert_eq!(daemon.refused(start(session(1.0))).message, "a session with Hannah is being recorded already");
    drop(stream);
    go.send(()).unwrap();
    until("there is a receipt", || !daemon.vault().receipts().unwrap().is_empty());
    until("the place is free", || daemon.status().phase == Phase::Idle);
    daemon.leaves_nothing_behind();
}

#[test]
fn shutdown_finishes_the_session() {
    let mut daemon = Daemon::start();
    daemon.tell(start(session(1.0)));
    let mut idle = daemon.client();
    idle.ask(&Request::Status).unwrap();
    daemon.shut_down().unwrap();
    let stored = daemon.vault().find("last").unwrap();
    assert_eq!(stored.state, State::Finished);
    assert!(stored.numbers.is_some());
    assert!(!daemon.socket.exists());
    assert!(matches!(Client::connect(&daemon.socket), Err(ClientError::NotRunning)));
    assert!(matches!(idle.ask(&Request::Status), Err(ClientError::Lost(_))));
}

#[test]
fn a_client_may_end_the_daemon() {
    let mut daemon = Daemon::start();
    daemon.tell(start(session(1.0)));
    assert!(matches!(daemon.ask(Request::Shutdown).unwrap(), Reply::Done));
    assert_eq!(daemon.vault().find("last").unwrap().state, State::Finished);
    daemon.thread.take().unwrap().join().unwrap().unwrap();
}

#[test]
fn one_daemon_for_a_data_directory() {
    let mut daemon = Daemon::start();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let failure = runtime.block_on(async { bind(&daemon.socket) }).unwrap_err();
    assert_eq!((failure.message.as_str(), failure.code), ("a daemon is running already", 1));
    assert_eq!(daemon.status().phase, Phase::Idle, "the first is not disturbed");
    daemon.shut_down().unwrap();
    // What a killed daemon leaves behind.
    drop(UnixListener::bind(&daemon.socket).unwrap());
    assert!(matches!(Client::connect(&daemon.socket), Err(ClientError::NotRunning)));
    runtime.block_on(async { bind(&daemon.socket) }).unwrap();
}

/// The coach starts a recorder of their own on the same directory, and writes their key into it as Hannah's.
#[test]
fn a_second_daemon_with_another_recipient_gets_nothing_of_the_first() {
    let daemon = Daemon::start();
    let first = session(1.0);
    let id = first.session.id;
    daemon.tell(start(first));
    let coach = Identity::generate();
    daemon.vault().add_coachee("Bill", &coach.to_recipient(), None).unwrap();
    rusqlite::Connection::open(daemon.data_dir().join("sidetone.db"))
        .unwrap()
        .execute("UPDATE coachees SET recipient = ?", [coach.to_recipient().to_string()])
        .unwrap();
    let socket = socket_path(&daemon.dir.path().join("run of the second"), &daemon.data_dir());
    let at = socket.clone();
    let models: Arc<LoadModels> = Arc::new(|_: &str| Ok(Models::default()));
    let (shutdown, thread) = serve(move || bind(&at), Setup { data_dir: daemon.data_dir(), load_models: models });
    let mut second = session(1.0);
    second.session.coachee = "Bill".into();
    let theirs = second.session.id;
    Client::connect(&socket).unwrap().ask(&start(second)).unwrap();

    let opens =
        |session, key: &Identity| recording::recover(&daemon.vault().recording_path(session), Key::Coachee(key));
    assert!(opens(id, &daemon.identity).unwrap().next().is_some());
    assert!(opens(id, &coach).is_err() && opens(theirs, &daemon.identity).is_err());
    assert!(opens(theirs, &coach).unwrap().next().is_some());
    assert!(matches!(daemon.vault().prove(id, &coach), Err(VaultError::WrongIdentity)));
    // The second ends, and the first goes on.
    drop(shutdown);
    thread.join().unwrap().unwrap();
    assert_eq!(daemon.status().session, Some(id));
    assert_eq!(daemon.stop(), id);
    daemon.vault().prove(id, &daemon.identity).unwrap();
}

#[test]
#[cfg(target_os = "linux")]
fn another_user_of_this_computer_is_not_served() {
    use std::os::unix::fs::PermissionsExt;

    let daemon = Daemon::start();
    daemon.tell(start(session(1.0)));
    let (socket, data) = (daemon.socket.clone(), daemon.data_dir());
    // As it is: nobody else comes near the socket, or a file.
    let Some(refused) = nobody::does(move || (UnixStream::connect(socket).err(), fs::read_dir(data).err())) else {
        return;
    };
    let kinds = [refused.0.unwrap().kind(), refused.1.unwrap().kind()];
    assert_eq!(kinds, [std::io::ErrorKind::PermissionDenied; 2]);
    daemon.ask(Request::Withdraw).unwrap();

    // Where somebody has opened directory and socket to all: whoever comes is turned away unheard.
    let open = tempfile::tempdir().unwrap();
    fs::set_permissions(open.path(), fs::Permissions::from_mode(0o755)).unwrap();
    let socket = open.path().join("open.sock");
    let at = socket.clone();
    let bind = move || Ok(tokio::net::UnixListener::bind(at).unwrap());
    let models: Arc<LoadModels> = Arc::new(|_: &str| Ok(Models::default()));
    let (shutdown, thread) = serve(bind, Setup { data_dir: daemon.data_dir(), load_models: models });
    fs::set_permissions(&socket, fs::Permissions::from_mode(0o666)).unwrap();
    let theirs = socket.clone();
    let said = nobody::does(move || {
        let mut stream = UnixStream::connect(theirs).unwrap();
        // It may be closed before this is sent.
        let _ = stream.write_all(b"\"status\"\n");
        let mut said = String::new();
        let _ = stream.read_to_string(&mut said);
        said
    });
    assert_eq!(said.as_deref(), Some(""));
    assert!(Client::connect(&socket).unwrap().ask(&Request::Status).is_ok());
    drop(shutdown);
    thread.join().unwrap().unwrap();
}

#[test]
#[cfg(target_os = "linux")]
fn no_crash_writes_memory_to_a_disk() {
    let daemon = Daemon::start();
    daemon.status();
    let limits = fs::read_to_string("/proc/self/limits").unwrap();
    let cores = limits.lines().find(|line| line.starts_with("Max core file size")).unwrap();
    assert_eq!(cores.split_whitespace().filter(|word| *word == "0").count(), 2, "{cores}");
    assert_eq!(
        rustix::process::dumpable_behavior().unwrap(),
        rustix::process::DumpableBehavior::NotDumpable,
        "no other process of the user may read this one"
    );
}
