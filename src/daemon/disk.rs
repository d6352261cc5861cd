//! Room on the disk: asked about before a session starts, and watched while it is recorded.

use std::path::Path;

use super::Failure;

/// Bytes of recording for a second of one track: 16 bits a sample, and some 500 bytes of sealing for each of two chunks.
const BYTES_PER_TRACK_SECOND: u64 = 33_000;

/// How long a session is taken to be when nobody can know: three hours, which no coaching session reaches.
pub(super) const SESSION_S_MAX: f64 = 3.0 * 3600.0;

/// Left free for the words, the database and everybody else.
const MARGIN_BYTES: u64 = 50_000_000;

/// With room for less than this many seconds more, the people in the room are warned.
const WARN_S: f64 = 600.0;

/// Room for sessions on a disk, in bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Room {
    pub free: u64,
    /// What the longest session takes; without so much, none starts.
    pub needed: u64,
}

/// How much room there is at `dir`; `None` when the system does not say.
pub fn room(dir: &Path, tracks: u8) -> Option<Room> {
    Some(Room { free: free(dir)?, needed: needed(tracks, SESSION_S_MAX) })
}

/// What `seconds` of a session take up, and the margin.
fn needed(tracks: u8, seconds: f64) -> u64 {
    let recording = seconds * f64::from(tracks) * BYTES_PER_TRACK_SECOND as f64;
    MARGIN_BYTES.saturating_add(recording as u64)
}

/// Bytes that this user may still write below `dir`; `None` when the system does not say.
fn free(dir: &Path) -> Option<u64> {
    let volume = rustix::fs::statvfs(dir).ok()?;
    Some(volume.f_bavail.saturating_mul(volume.f_frsize))
}

/// Refuses a session that would fill the disk.
pub(super) fn check(dir: &Path, tracks: u8, seconds: f64) -> Result<(), Failure> {
    match free(dir) {
        Some(free) => allow(free, needed(tracks, seconds)),
        None => Ok(()),
    }
}

fn allow(free: u64, needed: u64) -> Result<(), Failure> {
    if free >= needed {
        return Ok(());
    }
    const MB: u64 = 1_000_000;
    Err(Failure::user(
        format!("the disk is too full for a session: {} MB are free, {} MB are needed", free / MB, needed.div_ceil(MB)),
        "free some space, or choose another place with `--data-dir`",
    ))
}

/// Whether the disk will be full within minutes.
pub(super) fn is_low(dir: &Path, tracks: u8) -> bool {
    free(dir).is_some_and(|free| free < needed(tracks, WARN_S))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_session_needs_room_for_three_hours_of_each_track() {
        let [one, two] = [1, 2].map(|tracks| needed(tracks, SESSION_S_MAX));
        assert_eq!(two - one, 3 * 3600 * BYTES_PER_TRACK_SECOND);
        assert_eq!(allow(one, one), Ok(()));
        let refused = allow(one - 1, one).unwrap_err();
        assert_eq!(refused.code, 1);
        assert_eq!(refused.message, "the disk is too full for a session: 406 MB are free, 407 MB are needed");
    }

    #[test]
    fn a_real_disk_answers() {
        let dir = tempfile::tempdir().unwrap();
        assert!(free(dir.path()).is_some());
        assert!(check(dir.path(), 1, f64::MAX).is_err());
        assert_eq!(free(&dir.path().join("missing")), None);
    }
}
