//! The project's own files, for tests that read them.

use std::{
    fs,
    path::{Path, PathBuf},
};

/// Every file below a folder of the project whose name ends so, in order.
pub fn files(below: &str, ending: &str) -> Vec<PathBuf> {
    let mut folders = vec![Path::new(env!("CARGO_MANIFEST_DIR")).join(below)];
    let mut files = Vec::new();
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|found| found == ending) {
                files.push(path);
            }
        }
    }
    files.sort();
    files
}

/// The program's source, without the files that hold nothing but tests.
pub fn code() -> Vec<PathBuf> {
    let mut files = files("src", "rs");
    files.retain(|path| !["tests", "properties"].iter().any(|name| path.file_stem().unwrap() == *name));
    files
}
