//! The shipped demo model, heard as the program hears it: with the windows that the list of models names for it.

use std::path::{Path, PathBuf};

use sidetone::{transcript::Whisper, weights::Manifest};

pub fn file() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("models/ggml-sidetone-demo.en.bin")
}

pub fn load(threads: usize) -> Whisper {
    let seconds = Manifest::bundled().unwrap().find("demo.en").unwrap().window_s.unwrap();
    Whisper::load(&file(), threads).unwrap().hearing(seconds)
}
