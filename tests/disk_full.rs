//! A disk that fills up in the middle of a session: a small one of its own (tmpfs), in a user namespace, where mounting needs
//! no rights. What was sealed before is there to the last sample, and the session is finished once there is room.
#![cfg(target_os = "linux")]

mod served;

use std::{path::Path, process::Command};

use served::{
    Place,
    disk::{Namespace, wait},
    samples_of, session,
};
use sidetone::{
    daemon::{Phase, Reply, Request, Trouble},
    pipeline::Models,
    recording::{self, Damage, Key},
    units::Sample,
    vault::{State, Writer},
};

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

#[test]
fn a_full_disk_keeps_every_sample_and_the_session_is_finished_when_there_is_room() {
    let allowed = Command::new("unshare").args(["--user", "--map-root-user", "--mount", "true"]).status();
    if !allowed.is_ok_and(|status| status.success()) {
        eprintln!("not tried: this system lets nobody have a namespace of their own");
        return;
    }
    let place = Place::new();
    let dir = place.dir.path();
    let mut disk = Namespace::new(&["--user", "--map-root-user", "--mount"], SCRIPT, dir, &DISK_BYTES.to_string());
    wait("the daemon", || std::fs::read_to_string(dir.join("said")).is_ok_and(|said| said.contains(served::LISTENS)));
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/demo-session.ogg");
    place.tell(Request::Start(Box::new(session(format!("file:{}", file.display()), 10.0))));
    disk.order("fill");
    wait("the end of the recording", || place.tell(Request::Status).input_ended);
    let ended = place.tell(Request::Status);
    assert_eq!((ended.phase, ended.trouble), (Phase::Recording, Some(Trouble::DiskFull)), "and waits for stop");

    disk.order("empty");
    let Reply::Stopped { session, .. } = place.ask(Request::Stop) else { panic!("not stopped") };
    disk.order("copy");
    let vault = Writer::open(&dir.join("after")).unwrap();
    let stored = vault.find("last").unwrap();
    assert_eq!((stored.session.id, stored.state), (session, State::Finished));

    let mut recording = recording::recover(&vault.recording_path(session), Key::Coachee(&place.identity)).unwrap();
    let sealed: Vec<f32> = recording.by_ref().flat_map(|block| block.samples).collect();
    assert!(matches!(recording.damage(), None | Some(Damage::NoEnd)), "{:?}", recording.damage());
    let played = samples_of(&file);
    assert!(sealed.len() > 8_000 && sealed.len() < played.len(), "{}", sealed.len());
    assert!(sealed == played[..sealed.len()], "what was sealed is what was played");
    let duration_s = stored.numbers.unwrap().duration_s;
    assert_eq!(Sample(sealed.len() as u64), Sample::from_seconds(duration_s), "what was sealed is what was counted");
}
