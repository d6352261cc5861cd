//! A disk that refuses to write in the middle of a session, made real by a limit on the size of files. The limit is the
//! whole process's, which is why this test has a file, and so a process, to itself.

mod served;

use std::{
    fs,
    path::Path,
    sync::{Arc, mpsc},
    thread,
    time::{Duration, Instant},
};

use rustix::process::{Resource, Rlimit, Signal, getrlimit, setrlimit};
use sidetone::{
    daemon::{Client, Phase, Reply, Request, Setup, Start, Status, Trouble, bind, run, socket_path},
    pipeline::Models,
    recording::{self, Damage, Key},
    seal::Identity,
    units::Sample,
    vault::{State, Writer},
};
use tokio::signal::unix::{SignalKind, signal};

/// Some 30 s of a sealed recording, and more than the database needs.
const FILE_BYTES_MAX: u64 = 1_000_000;
const PATIENCE: Duration = Duration::from_secs(120);

#[test]
fn a_disk_that_refuses_ends_the_recording_and_loses_nothing() {
    let dir = tempfile::tempdir().unwrap();
    let data_dir = dir.path().join("data");
    let identity = Identity::generate();
    Writer::open(&data_dir).unwrap().add_coachee(served::COACHEE, &identity.to_recipient(), None).unwrap();
    let socket = socket_path(&dir.path().join("run"), &data_dir);

    let (listens, listening) = mpsc::channel();
    let (at, setup) =
        (socket.clone(), Setup { data_dir: data_dir.clone(), load_models: Arc::new(|_| Ok(Models::default())) });
    let daemon = thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            // Whoever listens for this signal gets an error from `write` instead of being killed.
            let _refused = signal(SignalKind::from_raw(Signal::XFSZ.as_raw())).unwrap();
            let listener = bind(&at)?;
            listens.send(()).unwrap();
            run(listener, std::future::pending(), setup).await
        })
    });
    listening.recv_timeout(PATIENCE).unwrap();
    let mut client = Client::connect(&socket).unwrap();
    let mut status = |request: &Request| -> Status {
        let Reply::Status(status) = client.ask(request).unwrap() else { panic!("not a status") };
        status
    };

    let limit = getrlimit(Resource::Fsize);
    setrlimit(Resource::Fsize, Rlimit { current: Some(FILE_BYTES_MAX), ..limit }).unwrap();
    assert_eq!(status(&Request::Start(Box::new(session()))).trouble, None);
    let begun = Instant::now();
    let ended = loop {
        let seen = status(&Request::Status);
        if seen.input_ended {
            break seen;
        }
        assert!(begun.elapsed() < PATIENCE, "the disk never refused");
        thread::sleep(Duration::from_millis(20));
    };
    assert_eq!((ended.phase, ended.trouble), (Phase::Recording, Some(Trouble::WriteFailed)), "and waits for stop");
    assert!((10.0..60.0).contains(&ended.elapsed_s), "{}", ended.elapsed_s);

    // After a pause it was said to be recording again, and nothing was.
    assert_eq!(status(&Request::Pause).phase, Phase::Paused);
    let refused = client.ask(&Request::Resume).unwrap_err().to_string();
    assert_eq!(refused, Trouble::WriteFailed.message());

    // Not even the numbers find room; once there is some, they do.
    setrlimit(Resource::Fsize, Rlimit { current: Some(0), ..limit }).unwrap();
    let refused = client.ask(&Request::Stop).unwrap_err().to_string();
    setrlimit(Resource::Fsize, limit).unwrap();
    assert!(refused.starts_with("the session could not be stored"), "{refused}");
    let Reply::Status(waits) = client.ask(&Request::Status).unwrap() else { panic!("not a status") };
    assert_eq!((waits.phase, waits.session), (Phase::Finishing, ended.session));
    let Reply::Stopped { session, .. } = client.ask(&Request::Stop).unwrap() else { panic!("not stopped") };
    let vault = Writer::open(&data_dir).unwrap();
    let stored = vault.find("last").unwrap();
    assert_eq!((stored.session.id, stored.state), (session, State::Finished));
    // Without a model there are no words, and so the recording stays.
    let path = vault.recording_path(session);
    let mut recording = recording::recover(&path, Key::Coachee(&identity)).unwrap();
    let sealed: u64 = recording.by_ref().map(|block| block.samples.len() as u64).sum();
    assert!(matches!(recording.damage(), None | Some(Damage::NoEnd)), "{:?}", recording.damage());
    let duration_s = stored.numbers.unwrap().duration_s;
    assert_eq!(Sample(sealed), Sample::from_seconds(duration_s), "what was sealed is what was counted");
    assert!((0.0..0.6).contains(&(ended.elapsed_s - duration_s)), "only the block that was refused is missing");
    assert!(fs::metadata(&path).unwrap().len() <= FILE_BYTES_MAX);

    client.ask(&Request::Shutdown).unwrap();
    daemon.join().unwrap().unwrap();
}

fn session() -> Start {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/demo-session.ogg");
    Start { keep_audio: false, ..served::session(format!("file:{}", file.display()), 40.0) }
}
