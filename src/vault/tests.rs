//! The vault's promises: who reads, what is left, what is refused.

mod custody;
mod deciding;
mod places;
mod practice;
mod schema;
mod trend;

use std::{
    fs,
    os::unix::fs::{PermissionsExt, symlink},
    path::Path,
};

use jiff::{SignedDuration, Timestamp};
use rusqlite::Connection;
use tempfile::TempDir;

use super::*;
use crate::{
    measures::RoleSpan,
    seal::Identity,
    session::{Consent, Role, Stance},
    transcript::{Spoken, Utterance},
    units::{Sample, Span},
};

/// What somebody said: it must be in no byte of any file.
const CANARY: &str = "purple lighthouse marmalade";

/// A vault in a temporary directory, with Ana as its coachee.
struct House {
    folder: TempDir,
    ana: Identity,
    now: Timestamp,
}

impl House {
    fn new() -> Self {
        let house = Self { folder: tempfile::tempdir().unwrap(), ana: Identity::generate(), now: Timestamp::now() };
        house.writer().add_coachee("Ana", &house.ana.to_recipient(), Some(b"locked")).unwrap();
        house
    }

    fn data(&self) -> std::path::PathBuf {
        self.folder.path().join("data")
    }

    fn writer(&self) -> Writer {
        Writer::open_at(&self.data(), self.now).unwrap()
    }

    fn later(&mut self, hours: i64) -> Writer {
        self.now += SignedDuration::from_hours(hours);
        self.writer()
    }

    fn reader(&self, identity: &Identity) -> Reader {
        Reader::open(&self.data(), identity.clone()).unwrap()
    }

    /// SQLite without the vault's manners.
    fn raw(&self) -> Connection {
        Connection::open(self.data().join(DATABASE)).unwrap()
    }

    /// A session that runs, with something in its recording.
    fn begun(&self, writer: &mut Writer) -> SessionId {
        let session = session("Ana");
        writer.begin(&session, KeepAudio::No).unwrap();
        fs::write(writer.recording_path(session.id), b"sealed sound").unwrap();
        session.id
    }

    fn finished(&self, writer: &mut Writer) -> SessionId {
        let id = self.begun(writer);
        writer.finish(id, &numbers(), &words(), false).unwrap();
        id
    }

    /// With poor words, so that the recording stays.
    fn finished_with_recording(&self, writer: &mut Writer) -> SessionId {
        let id = self.begun(writer);
        writer.finish(id, &numbers(), &words(), true).unwrap();
        id
    }

    /// All files under the data directory, as (path, bytes).
    fn files(&self) -> Vec<(std::path::PathBuf, Vec<u8>)> {
        let mut folders = vec![self.data()];
        let mut files = Vec::new();
        while let Some(folder) = folders.pop() {
            for entry in fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()) {
                if entry.is_dir() {
                    folders.push(entry)
                } else {
                    files.push((entry.clone(), fs::read(&entry).unwrap()))
                }
            }
        }
        files
    }

    fn holds(&self, needle: &[u8]) -> bool {
        assert!(needle.len() >= 4);
        self.files().iter().any(|(_, bytes)| bytes.windows(needle.len()).any(|window| window == needle))
    }
}

fn session(coachee: &str) -> Session {
    Session {
        id: SessionId::generate(),
        coachee: coachee.to_owned(),
        started_at: "2026-11-24T09:00:00Z".to_owned(),
        coach_stance: Some(Stance::Facilitative),
        coachee_stance: None,
        tracks: 2,
        consent: Consent {
            given_at: "2026-11-24T08:59:00Z".to_owned(),
            wording: 1,
            asserted: true,
            retention_days: 30,
        },
        model: "demo.en".to_owned(),
    }
}

fn numbers() -> Numbers {
    let span = |start, end, role| RoleSpan { span: span(start, end), role: Some(role), confidence: 0.5 };
    Numbers {
        duration_s: 10.0,
        tracks: 2,
        spans: vec![span(0, 4, Role::Coach), span(4, 10, Role::Coachee)],
        words_decoded: true,
        ..Numbers::default()
    }
}

fn span(start_s: u64, end_s: u64) -> Span {
    Span::new(Sample(start_s * 16_000), Sample(end_s * 16_000)).unwrap()
}

fn words() -> Vec<Utterance> {
    let said =
        |start, end, role, text: &str| Utterance { span: span(start, end), role, text: Spoken::new(text.into()) };
    vec![
        said(0, 4, Some(Role::Coach), "What did \"they\" do?\n"),
        said(4, 10, Some(Role::Coachee), &format!("They {CANARY}, é… and waited.")),
        said(9, 10, None, "hm"),
    ]
}

fn swapped(mut words: Vec<Utterance>) -> Vec<Utterance> {
    words.iter_mut().for_each(|said| said.role = said.role.map(Role::other));
    words
}

#[test]
fn a_session_is_stored_and_only_the_coachee_reads_it() {
    let house = House::new();
    let mut writer = house.writer();
    let session = session("Ana");
    writer.begin(&session, KeepAudio::Asked).unwrap();
    let running = writer.find("last").unwrap();
    assert_eq!((running.state, running.has_words, running.numbers), (State::Recording, false, None));
    assert_eq!(writer.interrupted().unwrap().len(), 1);
    writer.finish(session.id, &numbers(), &words(), false).unwrap();
    let stored = writer.find(&session.id.to_string()).unwrap();
    assert_eq!((stored.session, stored.state), (session.clone(), State::Finished));
    assert_eq!((stored.decision, stored.keep_audio), (Decision::Undecided, KeepAudio::Asked));
    assert_eq!((stored.numbers, stored.has_words, stored.has_recording), (Some(numbers()), true, false));
    assert!(writer.interrupted().unwrap().is_empty());
    assert_eq!(house.reader(&house.ana).transcript(session.id).unwrap(), words());
    let stranger = house.reader(&Identity::generate()).transcript(session.id);
    assert!(matches!(stranger, Err(VaultError::WrongIdentity)));
}

#[test]
fn swapping_turns_numbers_and_words_and_twice_is_the_identity() {
    let house = House::new();
    let mut writer = house.writer();
    let id = house.finished(&mut writer);
    writer.swap(id).unwrap();
    assert_eq!(writer.find("last").unwrap().numbers, Some(numbers().swapped()));
    assert_eq!(house.reader(&house.ana).transcript(id).unwrap(), swapped(words()));
    // What `redo` finds has the roles as they were found the first time.
    writer.finish(id, &numbers(), &words(), false).unwrap();
    assert_eq!(writer.find("last").unwrap().numbers, Some(numbers().swapped()));
    writer.swap(id).unwrap();
    assert_eq!(writer.find("last").unwrap().numbers, Some(numbers()));
    assert_eq!(house.reader(&house.ana).transcript(id).unwrap(), words());
}

#[test]
fn roles_that_somebody_confirmed_are_no_guess_any_more() {
    // The report went on to say that they were guessed, with a hint that, once followed, made them wrong.
    let house = House::new();
    let mut writer = house.writer();
    let id = house.begun(&mut writer);
    let guessed = Numbers { doubts: vec!["echo".to_owned(), "roles_assumed".to_owned()], ..numbers() };
    writer.finish(id, &guessed, &words(), false).unwrap();
    writer.settle_roles(id).unwrap();
    let settled = writer.find("last").unwrap().numbers.unwrap();
    assert_eq!((settled.doubts, settled.spans), (vec!["echo".to_owned()], numbers().spans));
    writer.finish(id, &guessed, &words(), false).unwrap();
    writer.swap(id).unwrap();
    assert_eq!(writer.find("last").unwrap().numbers.unwrap().doubts, ["echo"]);
}

#[test]
fn coachees_come_and_go() {
    let house = House::new();
    let mut writer = house.writer();
    let (recipient, long) = (Identity::generate().to_recipient(), "é".repeat(200));
    for name in ["Zoë Ångström", "山田さん", " O'Neil; DROP TABLE coachees ", &long] {
        writer.add_coachee(name, &recipient, None).unwrap();
        assert_eq!(writer.coachee(name).unwrap().name, name.trim());
        assert!(matches!(writer.add_coachee(name, &recipient, None), Err(VaultError::CoacheeExists(_))));
    }
    for name in ["", "  ", "two\nlines", "bell\u{7}", &"x".repeat(201)] {
        assert!(matches!(writer.add_coachee(name, &recipient, None), Err(VaultError::BadName)), "{name:?}");
    }
    writer.relock("Ana", b"locked anew").unwrap();
    assert_eq!(writer.coachee("Ana").unwrap().locked_identity.unwrap(), b"locked anew");
    assert!(matches!(writer.relock("Nobody", b""), Err(VaultError::NoCoachee(_))));
    assert!(matches!(writer.begin(&session("Nobody"), KeepAudio::No), Err(VaultError::NoCoachee(_))));
    assert_eq!(writer.coachees().unwrap().len(), 5);
    let ids = [house.finished(&mut writer), house.finished(&mut writer)];
    let receipts = writer.remove_coachee("Ana").unwrap();
    assert_eq!(receipts.iter().map(|receipt| receipt.session).collect::<Vec<_>>(), ids);
    assert!(writer.sessions().unwrap().is_empty());
    assert!(matches!(writer.coachee("Ana"), Err(VaultError::NoCoachee(_))));
    assert!(!house.holds(b"locked anew") && !house.holds(house.ana.to_recipient().to_string().as_bytes()));
}

#[test]
fn a_session_is_found_by_what_a_person_types() {
    let house = House::new();
    let mut writer = house.writer();
    assert!(matches!(writer.find("last"), Err(VaultError::NoSession(_))));
    let ids = ["01ARZ3NDEKTSV4RRFFQ69G5FAA", "01ARZ3NDEKTSV4RRFFQ69G5FAB", "01BRZ3NDEKTSV4RRFFQ69G5FAV"];
    for id in ids {
        writer.begin(&Session { id: id.parse().unwrap(), ..session("Ana") }, KeepAudio::No).unwrap();
    }
    for (which, id) in [("last", ids[2]), ("01b", ids[2]), (ids[0], ids[0]), (" 01arz3ndektsv4rrffq69g5fab ", ids[1])] {
        assert_eq!(writer.find(which).unwrap().session.id.to_string(), id, "{which}");
    }
    for ambiguous in ["0", "01A"] {
        assert!(matches!(writer.find(ambiguous), Err(VaultError::Ambiguous(_))), "{ambiguous}");
    }
    for unknown in ["", "02", "%", "_1", "01ARZ3NDEKTSV4RRFFQ69G5FAAX"] {
        assert!(matches!(writer.find(unknown), Err(VaultError::NoSession(_))), "{unknown}");
    }
    assert!(writer.begin(&Session { id: ids[0].parse().unwrap(), ..session("Ana") }, KeepAudio::No).is_err());
    let order: Vec<String> = writer.sessions().unwrap().iter().map(|stored| stored.session.id.to_string()).collect();
    assert_eq!(order, ids);
}

#[test]
fn no_error_says_a_word_and_each_has_a_hint() {
    let id = SessionId::generate();
    let (path, source) = (std::path::PathBuf::from("/x"), std::io::ErrorKind::StorageFull);
    let errors = [
        VaultError::Unusable { path: path.clone(), reason: String::new() },
        VaultError::Newer,
        VaultError::BadName,
        VaultError::NoCoachee("Ana".into()),
        VaultError::CoacheeExists("Ana".into()),
        VaultError::NoSession("x".into()),
        VaultError::Ambiguous("0".into()),
        VaultError::StillRecording(id),
        VaultError::CutOff(id),
        VaultError::AlreadyFinished(id),
        VaultError::NoWords(id),
        VaultError::WrongIdentity,
        VaultError::Altered(id),
        VaultError::NoticeNotOver { session: id, until: None },
        VaultError::BadLine,
        VaultError::NoPairing("Ana".into()),
        VaultError::PairingExists("Ana".into()),
        VaultError::WhichPairing("Ana".into()),
        VaultError::AlteredPractice,
        VaultError::NoGoal,
        VaultError::NoAnswers(id),
        VaultError::NoTraining(1),
        VaultError::Database(String::new()),
        VaultError::Io { path, source: source.into() },
    ];
    assert!(errors.iter().all(|error| error.hint().is_some_and(|hint| !hint.contains('\n'))));
}
