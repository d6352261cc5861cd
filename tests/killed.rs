//! SIGKILL at any moment: what was acknowledged is there afterwards, and nothing half-done passes for whole.
//!
//! Each test starts this same test binary again as the one to be killed, and reads from its output how far it came.

#[path = "served/agreed.rs"]
mod agreed;

use std::{
    fs,
    io::{BufRead, BufReader, Write},
    path::{Path, PathBuf},
    process::{Child, ChildStdout, Command, Stdio},
};

use sidetone::{
    capture::Block,
    measures::Numbers,
    recording::{self, Damage, Key},
    seal::Identity,
    session::{Decision, Role, SessionId, Track},
    transcript::{Spoken, Utterance},
    units::{Sample, Span},
    vault::{KeepAudio, Reader, Receipt, State, Writer},
};

/// Tells the binary that it is the one to be killed, and where to write.
const VICTIM_DIR: &str = "SIDETONE_TEST_VICTIM_DIR";
const IDENTITY: &str = "identity.txt";
/// How far the victim comes before it is killed: soon, later, and at uneven steps in between.
const KILLED_AFTER: [usize; 6] = [1, 2, 3, 7, 12, 31];

/// Starts the test `name` of this binary as a victim and kills it once it has said so many things. What it said.
fn kill(name: &str, folder: &Path, after: usize) -> Vec<String> {
    let mut victim = Command::new(std::env::current_exe().unwrap())
        .args([name, "--exact", "--ignored", "--nocapture"])
        .env(VICTIM_DIR, folder)
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut output = BufReader::new(victim.stdout.take().unwrap());
    let mut said = listen(&mut output, after);
    end(&mut victim);
    // What it managed to say before it died counts too.
    said.extend(listen(&mut output, usize::MAX));
    said
}

/// The next lines that the victim means for us.
fn listen(output: &mut BufReader<ChildStdout>, at_most: usize) -> Vec<String> {
    let lines = output.lines().map_while(Result::ok);
    lines.filter_map(|line| Some(line.split_once("done: ")?.1.to_owned())).take(at_most).collect()
}

fn end(victim: &mut Child) {
    victim.kill().unwrap();
    victim.wait().unwrap();
}

fn say(what: impl std::fmt::Display) {
    let mut output = std::io::stdout().lock();
    writeln!(output, "done: {what}").unwrap();
    output.flush().unwrap();
}

fn victims_dir() -> Option<PathBuf> {
    std::env::var_os(VICTIM_DIR).map(PathBuf::from)
}

fn identity(folder: &Path) -> Identity {
    fs::read_to_string(folder.join(IDENTITY)).unwrap().parse().unwrap()
}

fn with_identity() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join(IDENTITY), &*Identity::generate().expose()).unwrap();
    folder
}

fn block(number: u64) -> Block {
    let samples = (0..8000).map(|at| ((number * 8000 + at) * 7 % 65_536) as f32 / 65_536.0 - 0.5).collect();
    Block { first: Sample(number * 8000), track: Track(0), samples }
}

#[test]
#[ignore = "the victim of the test below"]
fn records() {
    let Some(folder) = victims_dir() else { return };
    let coachee = identity(&folder).to_recipient();
    let (mut writer, _) =
        recording::Writer::create(&folder.join("killed.sealed"), SessionId::generate(), 1, &coachee).unwrap();
    for number in 0.. {
        writer.append(&block(number)).unwrap();
        say(number);
    }
}

#[test]
fn a_killed_recording_has_every_chunk_that_was_acknowledged() {
    for after in KILLED_AFTER {
        let folder = with_identity();
        let acknowledged = kill("records", folder.path(), after).len();
        assert!(acknowledged >= after);
        let key = identity(folder.path());
        let mut recording = recording::recover(&folder.path().join("killed.sealed"), Key::Coachee(&key)).unwrap();
        let blocks: Vec<Block> = recording.by_ref().collect();
        assert!(blocks.len() >= acknowledged, "{} of {acknowledged}", blocks.len());
        for (number, found) in blocks.iter().enumerate() {
            let expected = block(number as u64);
            let near = found.samples.iter().zip(&expected.samples).all(|(a, b)| (a - b).abs() <= 0.5 / 32_768.0);
            assert!(near && (found.first, found.samples.len()) == (expected.first, 8000), "chunk {number}");
        }
        assert!(matches!(recording.damage(), Some(Damage::NoEnd | Damage::Torn { .. })));
    }
}

fn words() -> Vec<Utterance> {
    let span = Span::new(Sample(0), Sample(16_000)).unwrap();
    vec![Utterance { span, role: Some(Role::Coachee), text: Spoken::new("purple lighthouse marmalade".to_owned()) }]
}

#[test]
#[ignore = "the victim of the test below"]
fn finishes_and_deletes() {
    let Some(folder) = victims_dir() else { return };
    let data = folder.join("data");
    let mut vault = Writer::open(&data).unwrap();
    vault.add_coachee("Ana", &identity(&folder).to_recipient(), None).unwrap();
    for number in 0.. {
        let session = agreed::session("Ana");
        vault.begin(&session, KeepAudio::No).unwrap();
        fs::write(vault.recording_path(session.id), b"sealed sound").unwrap();
        say(format_args!("begun {}", session.id));
        vault.finish(session.id, &Numbers::default(), &words(), false).unwrap();
        say(format_args!("finished {}", session.id));
        if number % 2 == 0 {
            vault.delete_words(session.id, Decision::Deleted).unwrap();
            say(format_args!("deleted {}", session.id));
        }
    }
}

#[test]
fn a_killed_vault_has_sound_or_words_and_forgets_what_was_deleted() {
    for after in KILLED_AFTER {
        let folder = with_identity();
        let said = kill("finishes_and_deletes", folder.path(), after);
        let said_of = |what: &str, id: SessionId| said.contains(&format!("{what} {id}"));
        let data = folder.path().join("data");
        let vault = Writer::open(&data).unwrap();
        let reader = Reader::open(&data, identity(folder.path())).unwrap();
        let receipts: Vec<SessionId> =
            vault.receipts().unwrap().iter().map(|receipt: &Receipt| receipt.session).collect();
        let sessions = vault.sessions().unwrap();
        assert!(sessions.len() >= said.iter().filter(|line| line.starts_with("begun")).count());
        for stored in &sessions {
            let id = stored.session.id;
            let readable = reader.transcript(id).is_ok_and(|found| found == words());
            let deleted = stored.decision == Decision::Deleted;
            // The sound until the words are safe, then the words until they are deleted; never both gone unasked.
            let begun = said_of("begun", id);
            let expected = match (stored.state, deleted) {
                (State::Recording, _) => (stored.has_recording || !begun, false),
                (State::Finished, false) => (!stored.has_recording, true),
                (State::Finished, true) => (!stored.has_recording, false),
            };
            assert_eq!(expected, (true, readable), "{id} {:?} {:?}", stored.state, stored.decision);
            assert_eq!(deleted, receipts.contains(&id));
            assert!(!said_of("finished", id) || stored.state == State::Finished);
            assert!(!said_of("deleted", id) || deleted);
        }
    }
}
