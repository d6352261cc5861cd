//! The sealed sound is read a second time, to finish a session that was cut off or to make its words anew: what was known at
//! first holds, and nothing good is lost to a part that cannot be read any more. And a file is deleted only once all of it was
//! heard.

mod program;
mod served;

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
    time::{Duration, Instant},
};

use program::{Home, Ran, demo_session};
use serde_json::Value;
use sidetone::{
    measures::Numbers,
    session::Role,
    vault::{State, Writer},
};

const PATIENCE: Duration = Duration::from_secs(300);
const RATE: usize = 16_000;
/// Seconds of the demo session that are played. The coachee says "purple lighthouse marmalade" in them.
const PLAYED_S: usize = 50;

fn demo_sound() -> Vec<f32> {
    let mut sound = served::samples_of(&demo_session());
    sound.truncate(PLAYED_S * RATE);
    sound
}

fn wav(path: &Path, channels: u16, samples: impl IntoIterator<Item = f32>) {
    let spec = hound::WavSpec {
        channels,
        sample_rate: RATE as u32,
        bits_per_sample: 16,
        sample_format: hound::SampleFormat::Int,
    };
    let mut file = hound::WavWriter::create(path, spec).unwrap();
    samples.into_iter().for_each(|sample| file.write_sample((sample * 32_767.0) as i16).unwrap());
    file.finalize().unwrap();
}

/// The demo session as two microphones have it: the coachee's is the first.
fn two_microphones(home: &Home) -> PathBuf {
    let sound = demo_sound();
    let mut coach = vec![false; sound.len()];
    for line in fs::read_to_string(demo_session().with_extension("rttm")).unwrap().lines() {
        let fields: Vec<&str> = line.split_whitespace().collect();
        let [start, length] = [fields[3], fields[4]].map(|s| (s.parse::<f64>().unwrap() * RATE as f64) as usize);
        if fields[7] == "coach" {
            coach.iter_mut().skip(start).take(length).for_each(|at| *at = true);
        }
    }
    let path = home.path("two.wav");
    wav(&path, 2, sound.into_iter().zip(coach).flat_map(|(s, coach)| if coach { [0.0, s] } else { [s, 0.0] }));
    path
}

fn play(home: &Home, file: &Path, extra: &[&str]) {
    let input = format!("file:{}", file.display());
    let args = ["start", "--coachee", "Hannah", "--consent-both", "--model", "demo.en", "--input", &input];
    home.run(&[&args[..], &["--speed", "20"], extra].concat()).ok();
    let begun = Instant::now();
    while home.run(&["status", "--json"]).json()["input_ended"] != true {
        assert!(begun.elapsed() < PATIENCE, "the file never ended");
    }
}

fn numbers(home: &Home) -> Numbers {
    Writer::open(&home.data()).unwrap().find("last").unwrap().numbers.unwrap()
}

fn recording(home: &Home) -> PathBuf {
    recording_in(&home.data())
}

fn recording_in(data: &Path) -> PathBuf {
    fs::read_dir(data.join("recordings")).unwrap().next().unwrap().unwrap().path()
}

/// Whoever says "lighthouse", as the words have it.
fn said_by(home: &Home, hers: &str) -> String {
    let words = home.run(&["transcript", "show", "last", "--json", "--passphrase-file", hers]).json();
    let lines = words.as_array().unwrap();
    let said = |line: &&Value| line["text"].as_str().unwrap().to_lowercase().contains("lighthouse");
    lines.iter().find(said).unwrap()["role"].as_str().unwrap().to_owned()
}

fn redo(home: &Home, hers: &str) -> Ran {
    home.run(&["transcript", "redo", "last", "--model", "demo.en", "--passphrase-file", hers])
}

/// One bit of the file's middle, as a disk that grows old has them.
fn flip(path: &Path) {
    let mut bytes = fs::read(path).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    fs::write(path, bytes).unwrap();
}

fn caveats(report: &Value) -> Vec<&str> {
    report["caveats"].as_array().unwrap().iter().map(|caveat| caveat["code"].as_str().unwrap()).collect()
}

#[test]
fn words_made_anew_have_the_roles_that_the_session_had() {
    // The first track was always taken for the coach's: the coachee's moves then stood in the clear as the coach's.
    let home = Home::new();
    let hers = home.hannah();
    let file = two_microphones(&home);
    play(&home, &file, &["--coach-track", "2", "--keep-audio", "--passphrase-file", &hers]);
    home.run(&["stop"]).ok();
    let first = numbers(&home);
    assert_eq!(said_by(&home, &hers), "coachee");

    redo(&home, &hers).ok();
    let second = numbers(&home);
    assert_eq!((first.duration_s, &first.spans, &first.doubts), (second.duration_s, &second.spans, &second.doubts));
    assert_eq!(said_by(&home, &hers), "coachee");
    let marks = &second.words().unwrap().marks;
    assert!(!marks.is_empty());
    for mark in marks {
        let coachs = second.spans.iter().filter(|spoken| spoken.role == Some(Role::Coach)).any(|spoken| {
            (spoken.span.start().seconds() - 1.0..spoken.span.end().seconds() + 1.0).contains(&f64::from(mark.at_s))
        });
        assert!(coachs, "{mark:?}");
    }

    // Good words were replaced by those of the front of a recording that is damaged, and the rest of it was deleted.
    flip(&recording(&home));
    redo(&home, &hers).refused("the recording is damaged", "whole copy");
    assert_eq!((numbers(&home).spans, said_by(&home, &hers)), (second.spans, "coachee".to_owned()));
    let out = home.path("out.wav");
    let export = ["transcript", "export", "last", "--format", "wav", "--passphrase-file", &hers, "--output"];
    let exported = home.run(&[&export[..], &[out.to_str().unwrap()]].concat());
    assert!(exported.err.contains("The recording is damaged"), "{}", exported.err);
    exported.ok();
}

#[test]
fn roles_that_were_assumed_and_exchanged_stay_so() {
    // That they were a guess was forgotten, and with it the reason not to note the coach's moves one by one. And whoever had
    // exchanged them was told to exchange them again: who does knows whose voice is whose.
    let home = Home::new();
    let hers = home.hannah();
    let file = home.path("one.wav");
    wav(&file, 1, demo_sound());
    play(&home, &file, &["--keep-audio", "--passphrase-file", &hers]);
    home.run(&["stop"]).ok();
    home.run(&["swap", "last"]).ok();
    let first = numbers(&home);
    assert_eq!(said_by(&home, &hers), "coach");
    redo(&home, &hers).ok();
    let second = numbers(&home);
    assert_eq!(first.spans, second.spans);
    assert_eq!(said_by(&home, &hers), "coach");
    for numbers in [&first, &second] {
        assert!(numbers.doubts.iter().all(|doubt| doubt != "roles_assumed"), "{:?}", numbers.doubts);
    }
    assert!(second.words().unwrap().marks.is_empty());
    home.run(&["swap", "last"]).ok();
    assert_eq!(said_by(&home, &hers), "coachee");
}

#[test]
fn a_session_of_two_microphones_is_recovered_with_the_settled_roles_and_as_much_as_can_be_read() {
    // Which microphone is the coach's was settled, and whoever spoke first was taken for the coach all the same.
    let home = Home::new();
    let hers = home.hannah();
    let file = two_microphones(&home);
    play(&home, &file, &["--coach-track", "2"]);
    let pid = home.run(&["status", "--json"]).json()["pid"].as_u64().unwrap().to_string();
    assert!(Command::new("kill").args(["-9", &pid]).status().unwrap().success());
    let begun = Instant::now();
    while home.run(&["status"]).code == Some(0) {
        assert!(begun.elapsed() < PATIENCE);
    }
    let copy = |from: &Path, to: &Path| {
        assert!(Command::new("cp").arg("-rp").arg(from).arg(to).status().unwrap().success());
    };
    let cut_off = home.path("cut off");
    copy(&home.data(), &cut_off);
    let anew = || {
        fs::remove_dir_all(home.data()).unwrap();
        copy(&cut_off, &home.data());
    };
    let recover = ["recover", "--json", "--passphrase-file", &hers];
    let coach_s = |report: &Value| report["speech"]["coach_s"].as_f64().unwrap();

    let known = home.run(&recover).json();
    assert_eq!(said_by(&home, &hers), "coachee", "the second track, as it was started");
    assert!(!caveats(&known).contains(&"roles_assumed"), "{known}");
    anew();
    home.run(&[&recover[..], &["--coach-track", "1"]].concat()).ok();
    assert_eq!(said_by(&home, &hers), "coach", "as it is said now");
    // What an earlier version recorded does not tell: that it is a guess was not said.
    let of_earlier = || {
        anew();
        let database = rusqlite::Connection::open(home.data().join("sidetone.db")).unwrap();
        assert_eq!(database.execute("UPDATE sessions SET coach_track = NULL", []).unwrap(), 1);
    };
    of_earlier();
    let guessed = home.run(&recover).json();
    assert!(caveats(&guessed).contains(&"roles_assumed"), "{guessed}");
    of_earlier();
    let settled = home.command().env("SIDETONE_COACH_TRACK", "2").args(recover).output().unwrap();
    assert!(settled.status.success(), "{}", String::from_utf8_lossy(&settled.stderr));
    let settled: Value = serde_json::from_slice(&settled.stdout).unwrap();
    assert_eq!(said_by(&home, &hers), "coachee");
    assert!(!caveats(&settled).contains(&"roles_assumed"), "{settled}");

    // What stands behind the damage was deleted with the recording.
    anew();
    flip(&recording(&home));
    let damaged = home.run(&[&recover[..], &["--coach-track", "2"]].concat()).json();
    assert!(caveats(&damaged).contains(&"damaged"), "{damaged}");
    assert!(coach_s(&damaged) < coach_s(&settled), "{damaged}");
    let stored = Writer::open(&home.data()).unwrap().find("last").unwrap();
    assert_eq!((stored.state, stored.has_recording), (State::Finished, true));
    // And with a whole copy in its place, all is there.
    fs::copy(recording_in(&cut_off), recording(&home)).unwrap();
    redo(&home, &hers).ok();
    let all = numbers(&home);
    assert!(all.recovered && all.doubts.iter().all(|doubt| doubt != "damaged"), "{:?}", all.doubts);
    assert_eq!(said_by(&home, &hers), "coachee");
}

#[test]
fn a_file_with_one_microphone_in_both_channels_is_not_two_people() {
    // Each channel was taken for a person's own, and the report was sure of it.
    let home = Home::new();
    home.hannah();
    let file = home.path("call.wav");
    wav(&file, 2, demo_sound().into_iter().take(12 * RATE).flat_map(|s| [s, 0.8 * s]));
    let import = ["import", file.to_str().unwrap(), "--coachee", "Hannah", "--consent-both", "--coach-track", "2"];
    let ran = home.run(&[&import[..], &["--json"]].concat());
    assert!(ran.err.contains("the sound of one microphone"), "{}", ran.err);
    // Only the demo model is here, and whoever imports a file is told what its words are worth.
    assert!(ran.err.contains("sidetone models fetch base.en"), "{}", ran.err);
    let report = ran.json();
    assert_eq!(report["tracks"], 1);
    assert!(caveats(&report).contains(&"demo_model") && caveats(&report).contains(&"roles_assumed"), "{report}");
}

#[test]
fn a_file_is_deleted_only_once_all_of_it_was_heard() {
    // The only copy was deleted though its second half could not be read, or its words not be decoded.
    let home = Home::new();
    home.hannah();
    let sweep = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/sweep");
    let read = |name: &str| fs::read(sweep.join(name)).unwrap();
    let import = |file: &Path| {
        let args = ["import", file.to_str().unwrap(), "--coachee", "Hannah", "--consent-both", "--delete-original"];
        let ran = home.run(&[&args[..], &["--model", "demo.en", "--json"]].concat());
        assert_eq!(ran.code, Some(0), "{}", ran.err);
        ran
    };
    let file = home.path("chain.ogg");
    fs::write(&file, [read("sweep.ogg"), read("opus.ogg")].concat()).unwrap();
    let partly = import(&file);
    assert!(file.exists() && partly.err.contains("Not all of"), "{}", partly.err);
    assert!(partly.err.contains("is not deleted"), "{}", partly.err);

    // A page of it is damaged, and was skipped without a word.
    let hole = home.path("hole.ogg");
    let mut bytes = fs::read(demo_session()).unwrap();
    bytes.truncate(bytes.len() / 10);
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    fs::write(&hole, bytes).unwrap();
    let holed = import(&hole);
    assert!(hole.exists() && holed.err.contains("Not all of"), "{}", holed.err);
    assert!(caveats(&holed.json()).contains(&"gaps"));

    let backwards = home.path("backwards.wav");
    let mut sound = demo_sound();
    sound.reverse();
    wav(&backwards, 1, sound);
    let poor = import(&backwards);
    assert!(backwards.exists() && poor.err.contains("is not deleted"), "{}", poor.err);
    assert!(poor.json()["caveats"].to_string().contains("words_"));

    fs::write(&file, [read("sweep.ogg"), read("sweep.ogg")].concat()).unwrap();
    let whole = import(&file);
    assert!(!file.exists() && !whole.err.contains("Not all of"), "{}", whole.err);
}
