//! Speech for tests, by Debian's voices: flite, espeak-ng, festival.

use std::{
    io::Write,
    path::PathBuf,
    process::{Command, Stdio},
    sync::LazyLock,
};

use tempfile::TempDir;

/// Voices that the demo model was trained on, about as often as there.
pub const VOICES: &[&str] = &["slt", "rms", "awb", "kal16", "slt", "rms", "hts", "en-us", "en-gb", "en-gb-scotland"];
/// Kept out of the training, with its rate: espeak's West Midlands.
pub const UNHEARD: &str = "en-gb-x-gbcwmd";

const FLITE: &[&str] = &["slt", "rms", "awb", "kal16"];
/// Words a minute: in the middle of what was trained; and the rate of [`UNHEARD`], beyond it.
const ESPEAK_RATE: &str = "160";
const ESPEAK_RATE_UNHEARD: &str = "200";

static FOLDER: LazyLock<TempDir> = LazyLock::new(|| tempfile::tempdir().unwrap());

/// Has a voice say sentences: a wave file each, until the same thread has it say as many again.
pub fn speak(voice: &str, sentences: &[&str]) -> Vec<PathBuf> {
    let thread = std::thread::current().id();
    let name = |i: usize| format!("{voice}-{thread:?}-{}-{i}.wav", sentences.len());
    let files: Vec<PathBuf> = (0..sentences.len()).map(|i| FOLDER.path().join(name(i))).collect();
    if voice == "hts" {
        festival(sentences, &files);
        return files;
    }
    for (text, file) in sentences.iter().zip(&files) {
        let mut command = if FLITE.contains(&voice) {
            let mut flite = Command::new("flite");
            flite.args(["-voice", voice, "-t", text, "-o"]).arg(file);
            flite
        } else {
            let rate = if voice == UNHEARD { ESPEAK_RATE_UNHEARD } else { ESPEAK_RATE };
            let mut espeak = Command::new("espeak-ng");
            espeak.args(["-v", voice, "-s", rate, "-w"]).arg(file).arg(text);
            espeak
        };
        let done = command.stdin(Stdio::null()).stdout(Stdio::null()).status();
        assert!(done.is_ok_and(|status| status.success()), "{command:?}: apt-get install flite espeak-ng");
    }
    files
}

/// festival's us-slt-hts; one process says everything, because it takes seconds to start.
fn festival(sentences: &[&str], files: &[PathBuf]) {
    let mut script = "(voice_cmu_us_slt_arctic_hts)\n".to_owned();
    for (text, file) in sentences.iter().zip(files) {
        let text = text.replace(['"', '\\'], "");
        script += &format!(
            "(set! u (Utterance Text \"{text}\")) (utt.synth u) (utt.save.wave u \"{}\" (quote riff))\n",
            file.display()
        );
    }
    let mut process = Command::new("festival")
        .arg("--pipe")
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .spawn()
        .expect("apt-get install festival festvox-us-slt-hts");
    process.stdin.take().unwrap().write_all(script.as_bytes()).unwrap();
    assert!(process.wait().unwrap().success());
}
