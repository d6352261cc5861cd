//! A disk that fills up in the middle of a session: a small one of its own (tmpfs), in a user namespace, where mounting needs
//! no rights. What was sealed before is there to the last sample, and the session is finished once there is room.
#![cfg(target_os = "linux")]

mod served;

use std::{
    io::Write,
    path::Path,
    process::{Child, ChildStdin, Command, Stdio},
    thread,
    time::{Duration, Instant},
};

use served::{CHILD, Place, session};
use sidetone::{
    capture::{FileSource, Heard, Source},
    daemon::{Phase, Reply, Request, Trouble},
    pipeline::Models,
    recording::{self, Damage, Key},
    units::Sample,
    vault::{State, Writer},
};

const PATIENCE: Duration = Duration::from_secs(60);
/// A little more than a session of the demo's length may begin with.
const DISK_BYTES: u64 = 60_000_000;
/// In the namespace: puts the small disk in the data's place, serves, and does what it is told a line at a time.
const SCRIPT: &str = r#"
cp -r "$1/data" "$1/before" && mount -t tmpfs -o size="$2" none "$1/data" && cp -r "$1/before/." "$1/data" || exit 1
"$3" "$4" --exact --ignored --nocapture >"$1/said" 2>&1 </dev/null &
served=$!
while read -r order; do
    case $order in
        fill) head -c "$2" /dev/zero >"$1/data/filler" 2>/dev/null; sync ;;
        empty) rm "$1/data/filler" ;;
        copy) cp -r "$1/data" "$1/after" ;;
    esac
    echo "$order" >>"$1/done"
done
kill "$served"
"#;

#[test]
#[ignore = "what the other test starts"]
fn child_serves() {
    served::serve_if_asked(|_| Ok(Models::default()));
}

/// Ends with the test.
struct Namespace {
    child: Child,
    orders: Option<ChildStdin>,
}

impl Namespace {
    fn new(dir: &Path) -> Self {
        let mut child = Command::new("unshare")
            .args(["--user", "--map-root-user", "--mount", "sh", "-c", SCRIPT, "sh"])
            .arg(dir)
            .arg(DISK_BYTES.to_string())
            .arg(std::env::current_exe().unwrap())
            .arg(CHILD)
            .env(served::SERVE, dir)
            .stdin(Stdio::piped())
            .spawn()
            .unwrap();
        Self { orders: child.stdin.take(), child }
    }

    fn order(&mut self, order: &str, dir: &Path) {
        writeln!(self.orders.as_mut().unwrap(), "{order}").unwrap();
        let done = || std::fs::read_to_string(dir.join("done")).unwrap_or_default();
        wait(order, || done().lines().any(|line| line == order));
    }
}

impl Drop for Namespace {
    fn drop(&mut self) {
        drop(self.orders.take());
        let _ = self.child.wait();
    }
}

fn wait(what: &str, done: impl Fn() -> bool) {
    let begun = Instant::now();
    while !done() {
        assert!(begun.elapsed() < PATIENCE, "{what}: never");
        thread::sleep(Duration::from_millis(20));
    }
}

#[test]
fn a_full_disk_keeps_every_sample_and_the_session_is_finished_when_there_is_room() {
    let allowed = Command::new("unshare").args(["--user", "--map-root-user", "--mount", "true"]).status();
    if !allowed.is_ok_and(|status| status.success()) {
        eprintln!("not tried: this system lets nobody have a namespace of their own");
        return;
    }
    let place = Place::new();
    let dir = place.dir.path();
    let mut disk = Namespace::new(dir);
    wait("the daemon", || std::fs::read_to_string(dir.join("said")).is_ok_and(|said| said.contains(served::LISTENS)));
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/demo-session.ogg");
    place.tell(Request::Start(Box::new(session(format!("file:{}", file.display()), 10.0))));
    disk.order("fill", dir);
    wait("the end of the recording", || place.tell(Request::Status).input_ended);
    let ended = place.tell(Request::Status);
    assert_eq!((ended.phase, ended.trouble), (Phase::Recording, Some(Trouble::DiskFull)), "and waits for stop");

    disk.order("empty", dir);
    let Reply::Stopped { session, .. } = place.ask(Request::Stop) else { panic!("not stopped") };
    disk.order("copy", dir);
    let vault = Writer::open(&dir.join("after")).unwrap();
    let stored = vault.find("last").unwrap();
    assert_eq!((stored.session.id, stored.state), (session, State::Finished));

    let mut recording = recording::recover(&vault.recording_path(session), Key::Coachee(&place.identity)).unwrap();
    let sealed: Vec<f32> = recording.by_ref().flat_map(|block| block.samples).collect();
    assert!(matches!(recording.damage(), None | Some(Damage::NoEnd)), "{:?}", recording.damage());
    let mut source = FileSource::open(&file, f64::INFINITY, false).unwrap();
    let mut played = Vec::new();
    while let Heard::Block(block) = source.next(Duration::from_secs(1)).unwrap() {
        played.extend_from_slice(&block.samples);
    }
    assert!(sealed.len() > 8_000 && sealed.len() < played.len(), "{}", sealed.len());
    assert!(sealed == played[..sealed.len()], "what was sealed is what was played");
    let duration_s = stored.numbers.unwrap().duration_s;
    assert_eq!(Sample(sealed.len() as u64), Sample::from_seconds(duration_s), "what was sealed is what was counted");
}
