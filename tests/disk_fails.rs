//! A disk that fails in the middle of a session: one of its own (ext4 in a file), brought to it by the kernel's own means. Either
//! it is made read-only under everybody's open files, as `errors=remount-ro` does after a bad sector (a plain `mount -o
//! remount,ro` is refused while a file is open for writing); or it answers everything with EIO, as when it is pulled out, and
//! forgets what was not synced. What was sealed before is there to the last sample once the disk has been looked after.
//!
//! Needs root, for the mount and for breaking it.
#![cfg(target_os = "linux")]

mod served;

use std::{
    fs,
    os::{fd::AsRawFd, unix::fs::PermissionsExt},
    path::Path,
    process::Command,
};

use served::{
    Place,
    disk::{Namespace, wait},
    samples_of, session,
};
use sidetone::{
    daemon::{Client, ClientError, Phase, Request, Trouble, socket_path},
    pipeline::Models,
    recording::{self, Damage, Key},
    units::Sample,
    vault::{State, Writer},
};

/// Enough for a session to begin.
const DISK: &str = "512M";
/// Names the file system that [`child_breaks`] breaks.
const BREAK: &str = "SIDETONE_TEST_BREAK";
/// In a mount namespace of its own: puts the disk in the data's place, serves, and does what it is told a line at a time.
const SCRIPT: &str = r#"
disk() { mount -o loop,errors=remount-ro "$1/disk" "$1/data"; }
truncate -s "$2" "$1/disk" && mkfs.ext4 -q "$1/disk" && cp -r "$1/data" "$1/before" && disk "$1" || exit 1
rmdir "$1/data/lost+found"; cp -r "$1/before/." "$1/data" && sync -f "$1/data" || exit 1
"$3" "$4" --exact --ignored --nocapture >"$1/said" 2>&1 </dev/null &
served=$!
echo mounted >>"$1/done"
while read -r order; do
    case $order in
        read-only) echo test >"/sys/fs/ext4/$(basename "$(findmnt -no SOURCE "$1/data")")/trigger_fs_error" ;;
        broken) SIDETONE_TEST_BREAK="$1/data" "$3" child_breaks --exact --ignored >/dev/null ;;
        recover) env -i HOME="$1" PATH="$PATH" "$5" --data-dir "$1/data" recover --identity "$1/key" >"$1/out" 2>"$1/err" </dev/null ;;
        mend)
            kill -KILL "$served"; wait "$served" 2>/dev/null
            umount "$1/data" && { e2fsck -fy "$1/disk" >/dev/null 2>&1; disk "$1" && cp -r "$1/data" "$1/after"; } ;;
    esac
    echo "$order" >>"$1/done"
done
kill "$served" 2>/dev/null
"#;

#[test]
#[ignore = "what the other tests start"]
fn child_serves() {
    served::serve_if_asked(|_| Ok(Models::default()));
}

/// `EXT4_IOC_SHUTDOWN`: from then on everything fails with EIO; what is in the journal and not on the disk is lost.
#[test]
#[ignore = "what the other tests start"]
fn child_breaks() {
    const SHUTDOWN: libc::c_ulong = 0x8004_587d;
    const WITHOUT_FLUSHING: u32 = 2;
    let Some(folder) = std::env::var_os(BREAK) else { return };
    let folder = fs::File::open(folder).unwrap();
    // SAFETY: reads the number behind the pointer, which outlives the call.
    let done = unsafe { libc::ioctl(folder.as_raw_fd(), SHUTDOWN, &WITHOUT_FLUSHING) };
    assert_eq!(done, 0, "{}", std::io::Error::last_os_error());
}

/// One `error:` line and one `hint:` line.
fn refused(err: &str) {
    for begin in ["error: ", "hint: "] {
        assert_eq!(err.lines().filter(|line| line.starts_with(begin)).count(), 1, "one `{begin}` in\n{err}");
    }
}

fn keeps_everything_on_a_disk_that_is(failure: &str) {
    if !rustix::process::getuid().is_root() {
        served::not_tried("only root can mount a disk and break it");
        return;
    }
    let place = Place::new();
    let dir = place.dir.path();
    fs::write(dir.join("key"), &*place.identity.expose()).unwrap();
    fs::set_permissions(dir.join("key"), fs::Permissions::from_mode(0o600)).unwrap();
    let mut disk = Namespace::new(&["--mount"], SCRIPT, dir, DISK);
    wait("the mount", || disk.has_done("mounted") || disk.has_ended());
    if !disk.has_done("mounted") {
        served::not_tried("this system mounts no ext4 from a file");
        return;
    }
    wait("the daemon", || fs::read_to_string(dir.join("said")).is_ok_and(|said| said.contains(served::LISTENS)));
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/demo-session.ogg");
    let mut start = session(format!("file:{}", file.display()), 4.0);
    start.session.model = "demo.en".into();
    place.tell(Request::Start(Box::new(start)));
    wait("some seconds of sound", || place.tell(Request::Status).elapsed_s > 12.0);
    let sealed_s = place.tell(Request::Status).elapsed_s;

    disk.order(failure);
    wait("the end of the recording", || place.tell(Request::Status).input_ended);
    let ended = place.tell(Request::Status);
    assert_eq!((ended.phase, ended.trouble), (Phase::Recording, Some(Trouble::WriteFailed)), "and waits for stop");
    // Whoever stops is told, in a line and what to do about it; and may try again.
    let socket = socket_path(&dir.join("run"), &place.data_dir());
    for _ in 0..2 {
        let stopped = Client::connect(&socket).unwrap().ask(&Request::Stop);
        let Err(ClientError::Failed(said)) = stopped else { panic!("{stopped:?}") };
        assert!(said.message.starts_with("the session could not be stored"), "{said:?}");
        assert_eq!((said.message.lines().count(), said.code), (1, 1), "{said:?}");
        assert!(
            said.hint.as_deref().is_some_and(|hint| hint.contains("`sidetone daemon --stop`, then `sidetone recover`")),
            "{said:?}"
        );
        assert_eq!(place.tell(Request::Status).phase, Phase::Finishing);
    }
    disk.order("recover");
    refused(&fs::read_to_string(dir.join("err")).unwrap());

    // The hint said that recovering led back to stop, which failed again: now it leads out, for people whose disk stays as it
    // is. The daemon can be ended, and says what is left to do.
    let told = Client::connect(&socket).unwrap().ask(&Request::Shutdown);
    let Err(ClientError::Failed(said)) = told else { panic!("{told:?}") };
    let hint = said.hint.unwrap();
    assert!(said.code == 1 && hint.contains("`sidetone recover`") && !hint.contains("stop"), "{hint}");
    wait("the end of the daemon", || matches!(Client::connect(&socket), Err(ClientError::NotRunning)));

    disk.order("mend");
    let after = dir.join("after");
    let vault = Writer::open(&after).unwrap();
    let stored = vault.find("last").unwrap();
    assert_eq!((Some(stored.session.id), stored.state), (ended.session, State::Recording));
    let mut recording =
        recording::recover(&vault.recording_path(stored.session.id), Key::Coachee(&place.identity)).unwrap();
    let sealed: Vec<f32> = recording.by_ref().flat_map(|block| block.samples).collect();
    assert!(matches!(recording.damage(), Some(Damage::NoEnd | Damage::Torn { .. })), "{:?}", recording.damage());
    let played = samples_of(&file);
    // What had been heard when the disk was whole was sealed before.
    assert!(Sample(sealed.len() as u64) >= Sample::from_seconds(sealed_s), "{} of {sealed_s} s", sealed.len());
    assert!(sealed == played[..sealed.len()], "what was sealed is what was played");

    let after = after.to_str().unwrap();
    let recovered = Command::new(env!("CARGO_BIN_EXE_sidetone"))
        .args(["--data-dir", after, "--json", "recover", "--coach-speaks-first", "--identity"])
        .arg(dir.join("key"))
        .env_clear()
        .env("HOME", dir)
        .output()
        .unwrap();
    let err = String::from_utf8_lossy(&recovered.stderr);
    assert!(recovered.status.success(), "{err}");
    let report: serde_json::Value = serde_json::from_slice(&recovered.stdout).unwrap();
    let duration_s = report["duration_s"].as_f64().unwrap();
    assert!((duration_s - sealed.len() as f64 / 16_000.0).abs() < 0.01, "{duration_s} s");
    assert_eq!(report["health"]["recovered"], true);
}

#[test]
fn a_disk_that_turns_read_only_keeps_every_sample() {
    keeps_everything_on_a_disk_that_is("read-only");
}

#[test]
fn a_disk_that_answers_with_errors_keeps_every_sample() {
    keeps_everything_on_a_disk_that_is("broken");
}
