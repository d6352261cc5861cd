//! A disk that fills up in the middle of a session: a small one of its own (tmpfs), in a user namespace, where mounting needs
//! no rights. What was sealed before is there to the last sample, and the session is finished once there is room. And a disk
//! with less room than the database is long, which cannot be rebuilt there.
#![cfg(target_os = "linux")]

mod served;

use std::{fs, os::unix::fs::PermissionsExt, path::Path, process::Command};

use served::{
    Place, agreed,
    disk::{Namespace, wait},
    samples_of, session,
};
use sidetone::{
    daemon::{Phase, Reply, Request, Trouble},
    measures::Numbers,
    pipeline::Models,
    recording::{self, Damage, Key},
    seal::{self, Identity},
    transcript::{Spoken, Utterance},
    units::{Sample, Span},
    vault::{KeepAudio, State, Writer},
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

/// In the namespace: the same data on a disk with little room, and the commands of somebody who wants to make some.
const COMMANDS: &str = r#"
mkdir "$1/disk" && mount -t tmpfs -o size=16m,mode=700 none "$1/disk" && cp -r "$1/data/." "$1/disk" || exit 1
head -c 16m /dev/zero >"$1/disk/filler" 2>/dev/null; truncate -s -256K "$1/disk/filler"
sidetone="env -i HOME=$1 $2 --data-dir $1/disk"
$sidetone sessions && $sidetone coachee passphrase Ben --passphrase-file "$1/his" && $sidetone coachee remove Ben --yes
done=$?
rm "$1/disk/filler" && cp -r "$1/disk" "$1/after" && exit "$done"
"#;

#[test]
#[ignore = "what the other test starts"]
fn child_serves() {
    served::serve_if_asked(|_| Ok(Models::default()));
}

/// Whether this system lets anybody have a namespace of their own.
fn allowed() -> bool {
    let tried = Command::new("unshare").args(["--user", "--map-root-user", "--mount", "true"]).status();
    let allowed = tried.is_ok_and(|status| status.success());
    if !allowed {
        served::not_tried("this system lets nobody have a namespace of their own");
    }
    allowed
}

fn unused_pages(data_dir: &Path) -> i64 {
    let raw = rusqlite::Connection::open(data_dir.join("sidetone.db")).unwrap();
    raw.query_row("PRAGMA freelist_count", [], |row| row.get(0)).unwrap()
}

/// On a disk with less room than the database is long nothing could be read or deleted any more: each opening wanted to
/// rebuild the database, and failed. And a coachee's passphrase was changed, but not shown.
#[test]
fn a_vault_that_cannot_be_rebuilt_opens_all_the_same() {
    const PASSPHRASE: &str = "the old passphrase of Ben";
    if !allowed() {
        return;
    }
    let dir = tempfile::tempdir().unwrap();
    let data = dir.path().join("data");
    let mut vault = Writer::open(&data).unwrap();
    let ben = Identity::generate();
    vault.add_coachee("Ana", &Identity::generate().to_recipient(), None).unwrap();
    vault.add_coachee("Ben", &ben.to_recipient(), Some(&seal::lock(&ben, PASSPHRASE).unwrap())).unwrap();
    let long = Utterance {
        span: Span::new(Sample(0), Sample(16_000)).unwrap(),
        role: None,
        text: Spoken::new("and so on ".repeat(100_000)),
    };
    let sessions = [agreed::session("Ana"), agreed::session("Ana")];
    for session in &sessions {
        vault.begin(session, KeepAudio::No).unwrap();
        vault.finish(session.id, &Numbers::default(), std::slice::from_ref(&long), false).unwrap();
    }
    drop(vault);
    // Deleted, and the power failed before the database was rebuilt.
    let raw = rusqlite::Connection::open(data.join("sidetone.db")).unwrap();
    raw.execute("DELETE FROM transcripts WHERE session = ?", [sessions[0].id.to_string()]).unwrap();
    drop(raw);
    assert!(unused_pages(&data) > 0);
    let his = dir.path().join("his");
    fs::write(&his, PASSPHRASE).unwrap();
    fs::set_permissions(&his, fs::Permissions::from_mode(0o600)).unwrap();

    let ran = Command::new("unshare")
        .args(["--user", "--map-root-user", "--mount", "sh", "-c", COMMANDS, "sh"])
        .stdin(std::process::Stdio::null())
        .arg(dir.path())
        .arg(env!("CARGO_BIN_EXE_sidetone"))
        .output()
        .unwrap();
    let (said, err) = (String::from_utf8_lossy(&ran.stdout), String::from_utf8_lossy(&ran.stderr));
    assert!(ran.status.success(), "{err}");
    assert!(said.contains("Passphrase of Ben") && err.contains("The passphrase is changed"), "{said}{err}");
    let after = dir.path().join("after");
    assert!(unused_pages(&after) > 0, "there was room to rebuild it");
    let vault = Writer::open(&after).unwrap();
    assert_eq!(vault.coachees().unwrap().len(), 1);
    assert!(vault.find(&sessions[1].id.to_string()).unwrap().has_words);
    drop(vault);
    assert_eq!(unused_pages(&after), 0);
}

#[test]
fn a_full_disk_keeps_every_sample_and_the_session_is_finished_when_there_is_room() {
    if !allowed() {
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
