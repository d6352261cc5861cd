//! The vault's promises: who reads, what is left, what is refused.

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
        consent: Consent { given_at: "2026-11-24T08:59:00Z".to_owned(), wording: 1, asserted: true },
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
fn the_recording_goes_only_after_the_commit_and_only_if_it_may() {
    let house = House::new();
    let mut writer = house.writer();
    // (asked, the coachee confirms, words are poor) -> is the recording kept
    let table = [
        (KeepAudio::No, false, false, false),
        (KeepAudio::No, false, true, true),
        (KeepAudio::Asked, false, false, false),
        (KeepAudio::Asked, true, false, true),
    ];
    for (keep_audio, confirmed, poor, kept) in table {
        let session = session("Ana");
        writer.begin(&session, keep_audio).unwrap();
        let path = writer.recording_path(session.id);
        fs::write(&path, b"sealed sound").unwrap();
        assert!(writer.find("last").unwrap().has_recording);
        if confirmed {
            assert!(matches!(writer.confirm_audio(session.id, &Identity::generate()), Err(VaultError::WrongIdentity)));
            writer.confirm_audio(session.id, &house.ana).unwrap();
        }
        writer.finish(session.id, &numbers(), &words(), poor).unwrap();
        assert_eq!((path.exists(), writer.find("last").unwrap().has_recording), (kept, kept), "{keep_audio:?} {poor}");
    }
    // A disk that takes no words: nothing is committed, and the sound is still there.
    let id = house.begun(&mut writer);
    house
        .raw()
        .execute_batch("CREATE TRIGGER full BEFORE INSERT ON transcripts BEGIN SELECT RAISE(ABORT, 'full'); END")
        .unwrap();
    assert!(matches!(writer.finish(id, &numbers(), &words(), false), Err(VaultError::Database(_))));
    assert!(writer.recording_path(id).exists());
    assert_eq!(writer.find("last").unwrap().state, State::Recording);
    // Committed, and killed before the file was unlinked: the next to open the vault does it.
    house.raw().execute_batch("DROP TRIGGER full").unwrap();
    writer.finish(id, &numbers(), &words(), false).unwrap();
    fs::write(writer.recording_path(id), b"left over").unwrap();
    assert!(!house.writer().recording_path(id).exists());
}

#[test]
fn words_are_in_no_byte_before_or_after_deleting_and_no_sealed_byte_is_left() {
    let house = House::new();
    let mut writer = house.writer();
    let id = house.finished(&mut writer);
    let scan = || ["lighthouse", "marmalade", "purple"].iter().any(|word| house.holds(word.as_bytes()));
    let sealed: Vec<u8> = house.raw().query_row("SELECT sealed FROM transcripts", [], |row| row.get(0)).unwrap();
    assert!(house.holds(&sealed[100..164]), "the scan finds what is there");
    assert!(!scan());
    let receipt = writer.delete_words(id, Decision::Deleted).unwrap();
    assert_eq!((receipt.rows, receipt.files, receipt.bytes), (1, 0, sealed.len() as u64));
    // Still open: also not in the write-ahead log.
    assert!(!scan() && !sealed.chunks(32).any(|run| run.len() == 32 && house.holds(run)));
    drop(writer);
    assert!(!scan() && !sealed.chunks(32).any(|run| run.len() == 32 && house.holds(run)));
    let stored = house.writer().find("last").unwrap();
    assert_eq!((stored.decision, stored.has_words, stored.numbers), (Decision::Deleted, false, Some(numbers())));
    assert_eq!(stored.delete_after, None);
    assert!(matches!(house.reader(&house.ana).transcript(id), Err(VaultError::NoWords(_))));
}

#[test]
fn deleting_everything_leaves_a_receipt_alone() {
    let house = House::new();
    let mut writer = house.writer();
    let id = house.begun(&mut writer);
    writer.finish(id, &numbers(), &words(), true).unwrap();
    let receipt = writer.delete_everything(id).unwrap();
    assert_eq!((receipt.what.as_str(), receipt.rows, receipt.files), ("everything deleted", 2, 1));
    assert!(!writer.recording_path(id).exists());
    assert!(matches!(writer.find(&id.to_string()), Err(VaultError::NoSession(_))));
    assert_eq!(writer.receipts().unwrap(), [receipt.clone()]);
    drop(writer);
    let log = fs::read_to_string(house.data().join("receipts.jsonl")).unwrap();
    assert_eq!(serde_json::from_str::<Receipt>(log.trim()).unwrap(), receipt);
}

#[test]
fn decisions_that_come_at_the_wrong_time_are_refused() {
    type Refused = fn(&mut Writer, SessionId, &Identity) -> VaultError;
    let running: [(&str, Refused); 5] = [
        ("keep", |writer, id, ana| writer.keep(id, ana).unwrap_err()),
        ("delete", |writer, id, _| writer.delete_words(id, Decision::Deleted).unwrap_err()),
        ("everything", |writer, id, _| writer.delete_everything(id).unwrap_err()),
        ("forgotten", |writer, id, _| writer.notice_forgotten(id).unwrap_err()),
        ("swap", |writer, id, _| writer.swap(id).unwrap_err()),
    ];
    let house = House::new();
    let mut writer = house.writer();
    let id = house.begun(&mut writer);
    for (what, refused) in running {
        assert!(matches!(refused(&mut writer, id, &house.ana), VaultError::StillRecording(_)), "{what}");
    }
    assert!(matches!(writer.remove_coachee("Ana"), Err(VaultError::StillRecording(_))));
    writer.finish(id, &numbers(), &words(), false).unwrap();
    assert!(matches!(writer.withdraw(id), Err(VaultError::AlreadyFinished(_))));
    writer.delete_words(id, Decision::Taken).unwrap();
    for (what, refused) in &running[..2] {
        assert!(matches!(refused(&mut writer, id, &house.ana), VaultError::NoWords(_)), "{what}");
    }
    assert!(matches!(writer.notice_forgotten(id), Err(VaultError::NoWords(_))));
    assert!(matches!(writer.finish(id, &numbers(), &words(), false), Err(VaultError::NoWords(_))));
    assert_eq!(writer.find("last").unwrap().decision, Decision::Taken);
    assert_eq!(writer.receipts().unwrap().len(), 1);
}

#[test]
fn of_two_decisions_at_once_one_holds() {
    let house = House::new();
    for _ in 0..4 {
        let id = house.finished(&mut house.writer());
        let receipts: Vec<_> = std::thread::scope(|scope| {
            let decide = |decision| {
                let house = &house;
                scope.spawn(move || house.writer().delete_words(id, decision))
            };
            let threads = [Decision::Deleted, Decision::Taken].map(decide);
            threads.into_iter().map(|thread| thread.join().unwrap()).collect()
        });
        let (won, lost): (Vec<_>, Vec<_>) = receipts.into_iter().partition(Result::is_ok);
        assert!(matches!(lost.as_slice(), [Err(VaultError::NoWords(_))]), "{won:?} {lost:?}");
        let decision = house.writer().find("last").unwrap().decision;
        assert!(won[0].as_ref().unwrap().what.contains(decision.name()));
    }
}

#[test]
fn two_programs_may_open_a_new_vault_at_the_same_time() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    std::thread::scope(|scope| {
        for name in ["Ana", "Ben", "Cai", "Dee"] {
            let data = &data;
            scope.spawn(move || {
                let mut writer = Writer::open(data).unwrap();
                writer.add_coachee(name, &Identity::generate().to_recipient(), None).unwrap();
            });
        }
    });
    assert_eq!(Writer::open(&data).unwrap().coachees().unwrap().len(), 4);
}

#[test]
fn withdrawing_takes_everything() {
    let house = House::new();
    let mut writer = house.writer();
    let id = house.begun(&mut writer);
    let path = writer.recording_path(id);
    let receipt = writer.withdraw(id).unwrap();
    assert_eq!((receipt.what.as_str(), receipt.rows, receipt.files, receipt.bytes), ("withdrawn", 1, 1, 12));
    assert!(!path.exists() && writer.sessions().unwrap().is_empty());
    assert!(matches!(writer.withdraw(id), Err(VaultError::NoSession(_))));
}

#[test]
fn undecided_words_go_after_their_time_and_kept_ones_stay() {
    let mut house = House::new();
    let mut writer = house.writer();
    let (kept, undecided) = (house.finished(&mut writer), house.finished(&mut writer));
    assert!(matches!(writer.keep(kept, &Identity::generate()), Err(VaultError::WrongIdentity)));
    writer.keep(kept, &house.ana).unwrap();
    let due = writer.find(&undecided.to_string()).unwrap().delete_after.unwrap();
    assert_eq!(due, plain::time(house.now + SignedDuration::from_hours(30 * 24)));
    // Deciding nothing, swapping and decoding again do not put it off.
    let mut writer = house.later(24 * 29);
    writer.swap(undecided).unwrap();
    writer.finish(undecided, &numbers(), &words(), false).unwrap();
    assert!(writer.find(&undecided.to_string()).unwrap().has_words);
    let crashed = house.begun(&mut writer);
    drop(writer);
    let mut writer = house.later(25);
    let gone = writer.find(&undecided.to_string()).unwrap();
    assert_eq!((gone.decision, gone.has_words), (Decision::Deleted, false));
    assert!(gone.numbers.is_some());
    assert!(writer.find(&kept.to_string()).unwrap().has_words);
    assert!(writer.find(&kept.to_string()).unwrap().delete_after.is_none());
    assert_eq!(writer.receipts().unwrap()[0].what, "retention over");
    // A daemon that stays up for days asks itself; a recording that nobody recovered goes too.
    assert!(writer.enforce_retention().unwrap().is_empty());
    drop(writer);
    let writer = house.later(24 * 31);
    assert!(matches!(writer.find(&crashed.to_string()), Err(VaultError::NoSession(_))));
    assert!(!writer.recording_path(crashed).exists());
}

#[test]
fn words_whose_time_is_over_are_not_read_even_if_nobody_deleted_them() {
    let house = House::new();
    let id = house.finished(&mut house.writer());
    house.raw().execute("UPDATE sessions SET delete_after = '2020-01-01T00:00:00Z'", []).unwrap();
    assert!(matches!(house.reader(&house.ana).transcript(id), Err(VaultError::NoWords(_))));
}

#[test]
fn a_lost_passphrase_cannot_keep_words_alive() {
    let mut house = House::new();
    let mut writer = house.writer();
    let id = house.finished(&mut writer);
    writer.keep(id, &house.ana).unwrap();
    assert!(matches!(writer.delete_forgotten(id), Err(VaultError::NoticeNotOver { until: None, .. })));
    let until = writer.notice_forgotten(id).unwrap();
    assert_eq!(until, plain::time(house.now + SignedDuration::from_hours(7 * 24)));
    let mut writer = house.later(24 * 6);
    assert_eq!(writer.notice_forgotten(id).unwrap(), until, "a second notice changes nothing");
    assert_eq!(writer.find("last").unwrap().forgotten_after, Some(until.clone()));
    let early = writer.delete_forgotten(id).unwrap_err();
    assert!(early.hint().unwrap().contains(&until));
    // The passphrase was not lost after all.
    writer.keep(id, &house.ana).unwrap();
    let mut writer = house.later(24 * 2);
    assert!(matches!(writer.delete_forgotten(id), Err(VaultError::NoticeNotOver { until: None, .. })));
    writer.notice_forgotten(id).unwrap();
    let mut writer = house.later(24 * 7);
    assert_eq!(writer.delete_forgotten(id).unwrap().what, "passphrase lost");
    assert!(!writer.find("last").unwrap().has_words);
    assert!(matches!(writer.delete_forgotten(id), Err(VaultError::NoticeNotOver { .. })));
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
fn moved_or_altered_words_are_refused() {
    let house = House::new();
    let mut writer = house.writer();
    let ben = Identity::generate();
    writer.add_coachee("Ben", &ben.to_recipient(), None).unwrap();
    let (first, second) = (house.finished(&mut writer), house.finished(&mut writer));
    let bens = session("Ben");
    writer.begin(&bens, KeepAudio::No).unwrap();
    writer.finish(bens.id, &numbers(), &words(), false).unwrap();
    drop(writer);
    let raw = house.raw();
    let move_to = |to: SessionId| {
        let sql =
            "UPDATE transcripts SET sealed = (SELECT sealed FROM transcripts WHERE session = ?) WHERE session = ?";
        raw.execute(sql, [first.to_string(), to.to_string()]).unwrap();
    };
    let refused = |id, identity: &Identity| house.reader(identity).transcript(id).unwrap_err();
    move_to(second);
    assert!(matches!(refused(second, &house.ana), VaultError::Altered(_)));
    move_to(bens.id);
    assert!(matches!(refused(bens.id, &ben), VaultError::Altered(_)));
    assert!(matches!(refused(bens.id, &house.ana), VaultError::WrongIdentity));
    // The coach writes themselves down as the one it was sealed to.
    let coach = Identity::generate();
    raw.execute("UPDATE sessions SET recipient = ?", [coach.to_recipient().to_string()]).unwrap();
    assert!(matches!(refused(first, &coach), VaultError::Altered(_)));
    raw.execute("UPDATE sessions SET recipient = ?", [house.ana.to_recipient().to_string()]).unwrap();
    assert_eq!(house.reader(&house.ana).transcript(first).unwrap(), words());
    let sealed: Vec<u8> = raw
        .query_row("SELECT sealed FROM transcripts WHERE session = ?", [first.to_string()], |row| row.get(0))
        .unwrap();
    for at in (0..sealed.len()).step_by(7) {
        let mut altered = sealed.clone();
        altered[at] ^= 1;
        raw.execute("UPDATE transcripts SET sealed = ? WHERE session = ?", (altered, first.to_string())).unwrap();
        assert!(matches!(refused(first, &house.ana), VaultError::Altered(_)), "byte {at}");
    }
}

#[test]
fn words_taken_elsewhere_say_whose_they_are() {
    let (ana, session) = (Identity::generate(), SessionId::generate());
    let sealed = seal_words(&ana.to_recipient(), session, &words()).unwrap();
    assert_eq!(open_words(&ana, &sealed).unwrap(), (session, words()));
    assert!(matches!(open_words(&Identity::generate(), &sealed), Err(VaultError::WrongIdentity)));
    // Sealed again to somebody else by whoever opened it, the first line gives it away.
    let plaintext = crate::seal::open(&ana, &sealed).unwrap();
    let ben = Identity::generate();
    let forwarded = crate::seal::seal(&ben.to_recipient(), &plaintext).unwrap();
    assert!(matches!(open_words(&ben, &forwarded), Err(VaultError::WrongIdentity)));
    let truncated = crate::seal::seal(&ana.to_recipient(), &plaintext[..plaintext.len() - 1]).unwrap();
    assert!(matches!(open_words(&ana, &truncated), Err(VaultError::Altered(_))));
    for senseless in [b"".as_slice(), b"\n", b"sidetone-words-1\n[]", b"sidetone-words-1 x y\n[]"] {
        let sealed = crate::seal::seal(&ana.to_recipient(), senseless).unwrap();
        assert!(open_words(&ana, &sealed).is_err());
    }
}

#[test]
fn a_coachee_who_changes_their_key_changes_no_earlier_session() {
    let house = House::new();
    let mut writer = house.writer();
    let id = house.begun(&mut writer);
    let other = Identity::generate();
    let recipient = other.to_recipient().to_string();
    house.raw().execute("UPDATE coachees SET recipient = ?", [recipient]).unwrap();
    writer.finish(id, &numbers(), &words(), false).unwrap();
    assert!(house.reader(&other).transcript(id).is_err());
    assert_eq!(house.reader(&house.ana).transcript(id).unwrap(), words());
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
fn poor_words_keep_the_recording_until_the_coachee_decides() {
    let house = House::new();
    let mut writer = house.writer();
    // (words, kept audio) -> is the recording still here once the coachee keeps
    for (said, confirmed, kept) in [(words(), false, false), (words(), true, true), (Vec::new(), false, true)] {
        let id = house.begun(&mut writer);
        writer.finish(id, &numbers(), &said, true).unwrap();
        if confirmed {
            writer.confirm_audio(id, &house.ana).unwrap();
        }
        writer.keep(id, &house.ana).unwrap();
        assert_eq!(writer.find("last").unwrap().has_recording, kept);
        assert_eq!(writer.recording_path(id).exists(), kept);
    }
    let id = house.begun(&mut writer);
    writer.finish(id, &numbers(), &[], true).unwrap();
    assert!(matches!(house.reader(&house.ana).transcript(id), Err(VaultError::NoWords(_))));
    let receipt = writer.delete_words(id, Decision::Deleted).unwrap();
    assert_eq!((receipt.rows, receipt.files, receipt.bytes), (0, 1, 12));
}

#[test]
fn receipts_cannot_be_changed() {
    let house = House::new();
    let mut writer = house.writer();
    let id = house.begun(&mut writer);
    let receipt = writer.withdraw(id).unwrap();
    for sql in ["UPDATE receipts SET bytes = 0", "DELETE FROM receipts"] {
        assert!(house.raw().execute(sql, []).unwrap_err().to_string().contains("receipts are not"), "{sql}");
    }
    let forged = "INSERT INTO receipts (at, session, what, rows, files, bytes) VALUES ('', '', 'I said so', 0, 0, 0)";
    assert!(house.raw().execute(forged, []).is_err());
    assert_eq!(writer.receipts().unwrap(), [receipt]);
}

#[test]
fn an_old_database_put_back_is_made_to_forget_again() {
    let house = House::new();
    let mut writer = house.writer();
    let (deleted, everything, kept) =
        (house.finished(&mut writer), house.finished(&mut writer), house.finished(&mut writer));
    drop(writer);
    let database = house.data().join(DATABASE);
    let old = fs::read(&database).unwrap();
    let mut writer = house.writer();
    writer.delete_words(deleted, Decision::Deleted).unwrap();
    writer.delete_everything(everything).unwrap();
    let receipts = writer.receipts().unwrap();
    drop(writer);
    fs::write(&database, old).unwrap();
    fs::write(house.data().join("recordings").join(format!("{everything}.sealed")), b"from a backup too").unwrap();
    // A torn line, and one that is no receipt, stop nothing.
    let log = house.data().join("receipts.jsonl");
    fs::write(&log, [fs::read(&log).unwrap(), b"{\"at\":\"x\"}\n{\"at\":\"202".to_vec()].concat()).unwrap();
    let writer = house.writer();
    assert!(!writer.find(&deleted.to_string()).unwrap().has_words);
    assert!(matches!(writer.find(&everything.to_string()), Err(VaultError::NoSession(_))));
    assert!(!writer.recording_path(everything).exists());
    assert!(writer.find(&kept.to_string()).unwrap().has_words);
    let now = writer.receipts().unwrap();
    assert!(receipts.iter().all(|receipt| now.contains(receipt)));
    drop(writer);
    // And once is enough.
    assert_eq!(house.writer().receipts().unwrap(), now);
    let logged = fs::read_to_string(&log).unwrap();
    let logged: Vec<Receipt> = logged.lines().filter_map(|line| serde_json::from_str(line).ok()).collect();
    assert!(now.iter().all(|receipt| logged.contains(receipt)) && logged.len() == now.len());
}

#[test]
fn a_newer_database_is_refused_untouched() {
    let house = House::new();
    let database = house.data().join(DATABASE);
    drop(house.writer());
    // The newer version crashed: part of what it wrote is in the write-ahead log only.
    let newer = house.raw();
    newer.pragma_update(None, "user_version", schema::testing::VERSIONS + 1).unwrap();
    newer.set_db_config(rusqlite::config::DbConfig::SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, true).unwrap();
    newer.pragma_update(None, "wal_autocheckpoint", 0).unwrap();
    newer.execute("UPDATE coachees SET locked_identity = zeroblob(9000)", []).unwrap();
    drop(newer);
    let log = house.data().join("sidetone.db-wal");
    let before = (fs::read(&database).unwrap(), fs::read(&log).unwrap());
    assert!(before.1.len() > 9000);
    let (writer, reader) = (Writer::open(&house.data()), Reader::open(&house.data(), house.ana.clone()));
    for refused in [writer.unwrap_err(), reader.unwrap_err()] {
        assert!(matches!(refused, VaultError::Newer) && refused.hint().unwrap().contains("update"));
    }
    assert!(before == (fs::read(&database).unwrap(), fs::read(&log).unwrap()));
}

#[test]
fn what_is_no_database_is_refused_untouched() {
    let house = House::new();
    let database = house.data().join(DATABASE);
    fs::write(&database, b"not a database, and longer than a header of one hundred bytes; ".repeat(40)).unwrap();
    let before = fs::read(&database).unwrap();
    let refused = Writer::open(&house.data()).unwrap_err();
    assert!(matches!(refused, VaultError::Newer | VaultError::Database(_)), "{refused}");
    assert_eq!(fs::read(&database).unwrap(), before);
}

#[test]
fn only_this_user_can_enter() {
    let house = House::new();
    drop(house.writer());
    for path in [house.data(), house.data().join("recordings")] {
        fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
    }
    fs::set_permissions(house.data().join(DATABASE), fs::Permissions::from_mode(0o644)).unwrap();
    let writer = house.writer();
    let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!((mode(&house.data()), mode(&house.data().join("recordings"))), (0o700, 0o700));
    let files: Vec<_> = house.files().into_iter().map(|(path, _)| path).collect();
    assert!(files.iter().any(|path| path.ends_with("sidetone.db-wal")));
    for path in files {
        assert_eq!(mode(&path), 0o600, "{}", path.display());
    }
    drop(writer);
}

#[test]
fn links_and_strangers_directories_are_refused() {
    let refused = |path: &Path| {
        let refused = Writer::open(path).unwrap_err();
        assert!(matches!(refused, VaultError::Unusable { .. }), "{refused}");
        assert!(refused.hint().unwrap().contains("--data-dir"));
    };
    let house = House::new();
    let elsewhere = tempfile::tempdir().unwrap();
    let link = house.folder.path().join("link");
    symlink(elsewhere.path(), &link).unwrap();
    refused(&link);
    assert!(fs::read_dir(elsewhere.path()).unwrap().next().is_none());
    refused(&house.folder.path().join("missing\0name"));
    let file = house.folder.path().join("file");
    fs::write(&file, b"").unwrap();
    refused(&file);
    refused(&file.join("below a file"));
    // Not ours to close to others: somebody's home, or /tmp.
    let home = house.folder.path().join("home");
    fs::create_dir(&home).unwrap();
    fs::write(home.join("letter.txt"), b"").unwrap();
    fs::set_permissions(&home, fs::Permissions::from_mode(0o755)).unwrap();
    refused(&home);
    assert_eq!(fs::metadata(&home).unwrap().permissions().mode() & 0o777, 0o755);
    // Links inside: the recordings, the receipts, the database.
    for name in ["recordings", "receipts.jsonl", DATABASE] {
        let house = House::new();
        let (inside, outside) = (house.data().join(name), elsewhere.path().join(name));
        fs::rename(&inside, &outside).unwrap();
        symlink(&outside, &inside).unwrap();
        refused(&house.data());
    }
    // Somebody else's: the root directory, or for root itself nothing that can be tried here.
    if fs::metadata("/proc/self").is_ok_and(|own| std::os::unix::fs::MetadataExt::uid(&own) != 0) {
        refused(Path::new("/usr"));
    }
}

#[test]
fn strings_in_numbers_cannot_carry_words() {
    let house = House::new();
    let mut writer = house.writer();
    let id = house.begun(&mut writer);
    let mut carrying = numbers();
    carrying.doubts = vec!["echo".to_owned(), CANARY.to_owned()];
    carrying.word_numbers_unusable = Some(CANARY.to_uppercase());
    carrying.models.speaker = Some(format!("{CANARY}\n").repeat(9));
    (carrying.duration_s, carrying.dropped_s, carrying.spans[0].confidence) = (f64::NAN, f64::INFINITY, f32::NAN);
    writer.finish(id, &carrying, &[], false).unwrap();
    let stored = writer.find("last").unwrap().numbers.unwrap();
    assert_eq!(stored.doubts, ["echo", "unknown"]);
    assert_eq!(stored.word_numbers_unusable.unwrap(), "unknown");
    assert!(stored.models.speaker.unwrap().len() <= 64);
    assert_eq!((stored.duration_s, stored.dropped_s, stored.spans[0].confidence), (0.0, 0.0, 0.0));
}

/// Every column that could hold text, and why it holds no speech. A new one fails here until somebody can say why.
const TEXT_COLUMNS: &[(&str, &str)] = &[
    ("coachees.name", "typed by the user, one line"),
    ("coachees.recipient", "a public key"),
    ("coachees.locked_identity", "an age file under a passphrase"),
    ("coachees.added_at", "a time"),
    ("sessions.id", "a ULID"),
    ("sessions.coachee", "refers to coachees.name"),
    ("sessions.recipient", "a public key"),
    ("sessions.started_at", "a time"),
    ("sessions.coach_stance", "one of three"),
    ("sessions.coachee_stance", "one of three"),
    ("sessions.consent_at", "a time"),
    ("sessions.model", "a model's name, one word"),
    ("sessions.state", "one of two"),
    ("sessions.keep_audio", "one of three"),
    ("sessions.decision", "one of four"),
    ("sessions.delete_after", "a time"),
    ("sessions.notice_at", "a time"),
    ("sessions.numbers", "JSON of measures::Numbers, whose strings plain::numbers limits to codes and names of models"),
    ("transcripts.session", "a ULID"),
    ("transcripts.sealed", "sealed to the coachee"),
    ("receipts.at", "a time"),
    ("receipts.session", "a ULID"),
    ("receipts.what", "one of six"),
];

#[test]
fn no_plain_column_can_hold_speech() {
    let house = House::new();
    drop(house.writer());
    let raw = house.raw();
    let sql = "SELECT m.name || '.' || c.name FROM sqlite_schema m, pragma_table_info(m.name) c \
               WHERE m.type = 'table' AND c.type NOT IN ('INTEGER', 'REAL') ORDER BY 1";
    let mut select = raw.prepare(sql).unwrap();
    let found: Vec<String> = select.query_map([], |row| row.get(0)).unwrap().map(Result::unwrap).collect();
    let mut allowed: Vec<&str> = TEXT_COLUMNS.iter().map(|(column, _)| *column).collect();
    allowed.sort_unstable();
    assert_eq!(found, allowed);
    // STRICT, so that an INTEGER column takes no text.
    let lax: i64 = raw
        .query_row(
            "SELECT count(*) FROM pragma_table_list WHERE schema = 'main' AND type = 'table' \
        AND NOT strict AND name NOT LIKE 'sqlite_%'",
            [],
            |row| row.get(0),
        )
        .unwrap();
    assert_eq!(lax, 0);
    // And where the reason is a list or a length, the schema keeps to it.
    let id = house.finished(&mut house.writer()).to_string();
    let choices = ["coach_stance", "coachee_stance", "state", "keep_audio", "decision"];
    for column in choices.into_iter().chain(["numbers", "tracks", "swapped"]) {
        let sql = format!("UPDATE sessions SET {column} = ? WHERE id = ?");
        assert!(raw.execute(&sql, [CANARY, &id]).is_err(), "{column}");
    }
    for column in ["started_at", "consent_at", "delete_after", "notice_at", "model"] {
        let sql = format!("UPDATE sessions SET {column} = ? WHERE id = ?");
        assert!(raw.execute(&sql, [&CANARY.repeat(3), &id]).is_err(), "{column}");
    }
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
        VaultError::AlreadyFinished(id),
        VaultError::NoWords(id),
        VaultError::WrongIdentity,
        VaultError::Altered(id),
        VaultError::NoticeNotOver { session: id, until: None },
        VaultError::Database(String::new()),
        VaultError::Io { path, source: source.into() },
    ];
    assert!(errors.iter().all(|error| error.hint().is_some_and(|hint| !hint.contains('\n'))));
}
