//! The dialogues that moves are trained on, as a bench reads or speaks them.

use std::{
    fs,
    path::{Path, PathBuf},
};

use sidetone::moves::{Row, read_rows};

/// All rows, grouped by dialogue.
pub fn rows() -> Vec<Row> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("scripts/train-moves/corpus");
    let mut files: Vec<PathBuf> = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.sort();
    files.iter().flat_map(|file| read_rows(&fs::read(file).unwrap(), Some("dialogue")).unwrap()).collect()
}
