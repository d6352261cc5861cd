//! The computer around the program: where the data goes, the clock, cores and memory, sleep, and what of memory could end
//! up on the disk.

use std::{
    fs,
    path::{Path, PathBuf},
};

use rustix::fs::{Access, access};

use super::Finding;
use crate::{
    capture::InputSpec,
    cli::{Config, models::memory_bytes},
    daemon::{self, Room},
    texts::say,
    vault::Writer,
};

/// This program is younger than that: a clock that says less is wrong.
const CLOCK_MIN: &str = "2026-01-01T00:00:00Z";
/// With less memory, in bytes, the recommended model and everything else do not fit side by side.
const MEMORY_MIN: u64 = 3_000_000_000;

pub fn look(config: &Config) -> Vec<Finding> {
    let mut findings = vec![data(config)];
    findings.extend(disk(config));
    findings.push(clock());
    findings.push(power());
    findings.push(if daemon::can_stay_awake() {
        Finding::ok("sleep", say!("doctor-sleep-held-off"))
    } else {
        Finding::warning("sleep", say!("doctor-sleep-comes"), say!("doctor-sleep-hint"))
    });
    findings.extend(swap(Path::new("/")));
    findings
}

fn data(config: &Config) -> Finding {
    let dir = &config.data_dir;
    if dir.exists() {
        return match Writer::open(dir) {
            Ok(_) => Finding::ok("data", say!("doctor-data-here", folder = dir.display().to_string())),
            Err(error) => {
                let hint = error.hint().unwrap_or_else(|| say!("doctor-data-elsewhere").to_owned());
                Finding::impossible("data", error.to_string(), hint)
            }
        };
    }
    match dir.ancestors().find(|ancestor| ancestor.exists()) {
        Some(above) if above.is_dir() && access(above, Access::WRITE_OK).is_ok() => {
            Finding::ok("data", say!("doctor-data-to-come", folder = dir.display().to_string()))
        }
        _ => Finding::impossible(
            "data",
            say!("doctor-data-impossible", folder = dir.display().to_string()),
            say!("doctor-data-hint"),
        ),
    }
}

fn disk(config: &Config) -> Option<Finding> {
    const GB: f64 = 1e9;
    let two = config
        .settings
        .input
        .value
        .parse()
        .is_ok_and(|input| matches!(input, InputSpec::Two(..) | InputSpec::WithSystem(_)));
    let there = config.data_dir.ancestors().find(|ancestor| ancestor.exists())?;
    let Room { free, needed } = daemon::room(there, if two { 2 } else { 1 })?;
    let gigabytes = |bytes: u64| format!("{:.1}", bytes as f64 / GB);
    let found = say!("doctor-disk", free = gigabytes(free), needed = gigabytes(needed));
    Some(if free >= needed {
        Finding::ok("disk", found)
    } else {
        Finding::impossible("disk", found, say!("doctor-disk-hint"))
    })
}

/// Retention goes by the date: a wrong one deletes too early or too late.
fn clock() -> Finding {
    let now = jiff::Zoned::now();
    let shown = now.strftime("%Y-%m-%d %H:%M %Z").to_string();
    let hint = say!("doctor-clock-hint");
    if CLOCK_MIN.parse::<jiff::Timestamp>().is_ok_and(|min| now.timestamp() < min) {
        return Finding::warning("clock", say!("doctor-clock-impossible", now = shown), hint);
    }
    match is_kept_right() {
        Some(false) => Finding::warning("clock", say!("doctor-clock-loose", now = shown), hint),
        Some(true) => Finding::ok("clock", say!("doctor-clock-kept", now = shown)),
        None => Finding::ok("clock", shown),
    }
}

/// What the kernel knows of it; `None` where it cannot be asked.
#[cfg(target_os = "linux")]
fn is_kept_right() -> Option<bool> {
    // SAFETY: all zeros is a valid `timex`, and asks for nothing to be changed; the call writes into it only.
    let state = unsafe {
        let mut clock: libc::timex = std::mem::zeroed();
        libc::adjtimex(&raw mut clock)
    };
    (state >= 0).then_some(state != libc::TIME_ERROR)
}

#[cfg(not(target_os = "linux"))]
fn is_kept_right() -> Option<bool> {
    None
}

fn power() -> Finding {
    let cores = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
    let memory = memory_bytes();
    let found = say!("doctor-computer", cores, memory = format!("{:.1}", memory as f64 / 1e9));
    if memory < MEMORY_MIN {
        Finding::warning("computer", found, say!("doctor-computer-hint"))
    } else {
        Finding::ok("computer", found)
    }
}

/// Speech is in memory while it is worked on; swap and hibernation write memory to the disk.
fn swap(root: &Path) -> Vec<Finding> {
    if cfg!(target_os = "macos") {
        return vec![Finding::ok("swap", say!("doctor-swap-macos"))];
    }
    let Ok(table) = fs::read_to_string(root.join("proc/swaps")) else { return Vec::new() };
    let open: Vec<&str> = table
        .lines()
        .skip(1)
        .filter_map(|line| line.split_whitespace().next())
        .filter(|place| !is_safe(root, place))
        .collect();
    let hibernates = fs::read_to_string(root.join("sys/power/state"))
        .is_ok_and(|states| states.split_whitespace().any(|state| state == "disk"));
    match (open.is_empty(), table.lines().count() > 1, hibernates) {
        (true, false, _) => vec![Finding::ok("swap", say!("doctor-swap-none"))],
        (true, true, _) => vec![Finding::ok("swap", say!("doctor-swap-safe"))],
        (false, _, hibernates) => vec![Finding::warning(
            "swap",
            say!("doctor-swap-open", places = open.join(", "), hibernates = if hibernates { "yes" } else { "no" }),
            say!("doctor-swap-hint"),
        )],
    }
}

/// Whether what is swapped there stays in memory or is encrypted. What cannot be told is not.
fn is_safe(root: &Path, place: &str) -> bool {
    let file = root.join(place.trim_start_matches('/'));
    let real = file.canonicalize().unwrap_or(file);
    let Some(name) = real.file_name().and_then(|name| name.to_str()) else { return false };
    if name.starts_with("zram") {
        return true;
    }
    let block = root.join("sys/class/block").join(name);
    if block.exists() {
        return is_encrypted(&block);
    }
    // A file: what the disk below it is. File systems over several disks have no number that leads there.
    use std::os::unix::fs::MetadataExt;
    fs::metadata(&real).is_ok_and(|found| {
        let (major, minor) = (rustix::fs::major(found.dev()), rustix::fs::minor(found.dev()));
        is_encrypted(&root.join(format!("sys/dev/block/{major}:{minor}")))
    })
}

/// A device mapper's name says whether it encrypts; of one that lies on others, all must.
fn is_encrypted(block: &Path) -> bool {
    if fs::read_to_string(block.join("dm/uuid")).is_ok_and(|uuid| uuid.starts_with("CRYPT-")) {
        return true;
    }
    let below: Vec<PathBuf> =
        fs::read_dir(block.join("slaves")).into_iter().flatten().flatten().map(|entry| entry.path()).collect();
    !below.is_empty() && below.iter().all(|block| is_encrypted(block))
}

#[cfg(test)]
mod tests {
    use super::{super::State, *};

    /// A root with so many lines in its table of swaps, and files.
    fn root(swaps: &[&str], files: &[(&str, &str)]) -> tempfile::TempDir {
        let root = tempfile::tempdir().unwrap();
        let table: String = swaps.iter().map(|place| format!("{place} partition 1 0 -2\n")).collect();
        let table = format!("Filename Type Size Used Priority\n{table}");
        for (path, content) in [("proc/swaps", table.as_str())].iter().chain(files) {
            let path = root.path().join(path);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, content).unwrap();
        }
        root
    }

    #[test]
    fn only_swap_that_may_be_read_is_warned_of() {
        let crypt = ("sys/class/block/dm-0/dm/uuid", "CRYPT-LUKS2-0123\n");
        let lvm = ("sys/class/block/dm-1/dm/uuid", "LVM-4567\n");
        let on_crypt = ("sys/class/block/dm-1/slaves/dm-0/dm/uuid", "CRYPT-LUKS2-0123\n");
        let on_disk = ("sys/class/block/dm-1/slaves/sda2/size", "1\n");
        let plain = ("sys/class/block/sda3/size", "1\n");
        let disk = ("sys/power/state", "freeze mem disk\n");
        for (swaps, files, state, words) in [
            (&[][..], &[disk][..], State::Ok, "none"),
            (&["/dev/zram0"], &[], State::Ok, "in memory or encrypted"),
            (&["/dev/dm-0"], &[crypt], State::Ok, "in memory or encrypted"),
            (&["/dev/dm-1"], &[lvm, on_crypt], State::Ok, "in memory or encrypted"),
            (&["/dev/dm-1"], &[lvm, on_disk], State::Warning, "/dev/dm-1"),
            (&["/dev/dm-1"], &[lvm, on_crypt, on_disk], State::Warning, "/dev/dm-1"),
            (&["/dev/sda3"], &[plain], State::Warning, "swapping may"),
            (&["/dev/zram0", "/dev/sda3"], &[plain, disk], State::Warning, "hibernation"),
            (&["/swapfile"], &[], State::Warning, "/swapfile"),
        ] {
            let found = swap(root(swaps, files).path());
            assert_eq!(found[0].state, state, "{swaps:?}: {found:?}");
            assert!(found[0].found.contains(words), "{swaps:?}: {found:?}");
        }
    }
}
