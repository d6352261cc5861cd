//! Keep, delete, take, let go: who may, when, and what becomes of words and sound.

use std::sync::atomic::{AtomicBool, Ordering};

use super::*;

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
fn deleting_everything_leaves_a_receipt_alone() {
    let house = House::new();
    let mut writer = house.writer();
    let id = house.finished_with_recording(&mut writer);
    let receipt = writer.delete_everything(id).unwrap();
    assert_eq!((receipt.what.as_str(), receipt.rows, receipt.files), ("everything deleted", 2, 1));
    assert!(!writer.recording_path(id).exists());
    assert!(matches!(writer.find(&id.to_string()), Err(VaultError::NoSession(_))));
    assert_eq!(writer.receipts().unwrap(), std::slice::from_ref(&receipt));
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
    let recorder = fs::File::open(writer.recording_path(id)).unwrap();
    recorder.lock().unwrap();
    for (what, refused) in running {
        assert!(matches!(refused(&mut writer, id, &house.ana), VaultError::StillRecording(_)), "{what}");
    }
    // After a crash it was "still being recorded" too, and nobody was told how to go on.
    drop(recorder);
    for (what, refused) in running {
        let error = refused(&mut writer, id, &house.ana);
        assert!(matches!(error, VaultError::CutOff(_)), "{what}");
        assert!(error.hint().unwrap().contains(&format!("`sidetone recover {id}`")));
    }
    // All or nothing: the sound of another session of theirs stays too.
    let other = house.finished_with_recording(&mut writer);
    assert!(matches!(writer.remove_coachee("Ana"), Err(VaultError::CutOff(_))));
    assert!(writer.recording_path(id).exists() && writer.recording_path(other).exists());
    writer.delete_everything(other).unwrap();
    writer.finish(id, &numbers(), &words(), false).unwrap();
    assert!(matches!(writer.withdraw(id), Err(VaultError::AlreadyFinished(_))));
    writer.delete_words(id, Decision::Taken).unwrap();
    for (what, refused) in &running[..2] {
        assert!(matches!(refused(&mut writer, id, &house.ana), VaultError::NoWords(_)), "{what}");
    }
    assert!(matches!(writer.notice_forgotten(id), Err(VaultError::NoWords(_))));
    assert!(matches!(writer.finish(id, &numbers(), &words(), false), Err(VaultError::NoWords(_))));
    assert_eq!(writer.find("last").unwrap().decision, Decision::Taken);
    assert_eq!(writer.receipts().unwrap().len(), 2);
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
fn the_days_are_those_that_were_agreed_to_and_nothing_puts_them_off() {
    let mut house = House::new();
    let mut writer = house.writer();
    let agreed = |days| {
        let mut session = session("Ana");
        session.consent.retention_days = days;
        session
    };
    for days in [0, 181, u32::MAX] {
        let refused = writer.begin(&agreed(days), KeepAudio::No).unwrap_err();
        assert!(matches!(refused, VaultError::BadRetention) && refused.hint().unwrap().contains("--retention-days"));
    }
    let short = agreed(7);
    writer.begin(&short, KeepAudio::No).unwrap();
    writer.finish(short.id, &numbers(), &words(), false).unwrap();
    let stored = writer.find("last").unwrap();
    assert_eq!(stored.session.consent, short.consent);
    assert_eq!(stored.delete_after.unwrap(), plain::time(house.now + SignedDuration::from_hours(7 * 24)));
    // Not by the program, not by hand: the database refuses.
    for change in ["delete_after = '2999-01-01T00:00:00Z'", "retention_days = 8", "retention_days = 6"] {
        let refused = house.raw().execute(&format!("UPDATE sessions SET {change}"), []).unwrap_err();
        assert!(refused.to_string().contains("retention is not extended"), "{change}");
    }
    let mut writer = house.later(24 * 6);
    writer.swap(short.id).unwrap();
    writer.notice_forgotten(short.id).unwrap();
    assert!(writer.find("last").unwrap().has_words);
    let writer = house.later(24);
    assert!(!writer.find("last").unwrap().has_words);
    // And once decided, no clock runs that could be set again.
    let sql = "UPDATE sessions SET delete_after = '2999-01-01T00:00:00Z'";
    assert!(house.raw().execute(sql, []).is_err());
    assert_eq!(writer.receipts().unwrap().last().unwrap().what, "retention over");
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

/// A coachee was told that the deletion failed ("another program holds it"), while a second program that had just been
/// opened emptied the write-ahead log: SQLite does not wait for a checkpoint, whatever its busy timeout.
#[test]
fn deleting_waits_for_a_program_that_checkpoints() {
    let house = House::new();
    let mut writer = house.writer();
    let ids = [(); 20].map(|()| house.finished(&mut writer));
    let done = AtomicBool::new(false);
    let deleted: Vec<_> = std::thread::scope(|scope| {
        scope.spawn(|| {
            let other = house.raw();
            while !done.load(Ordering::Relaxed) {
                // Whether it succeeds or is in somebody's way itself does not matter here.
                let _ = other.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(()));
                std::thread::yield_now();
            }
        });
        let free = |writer: &Writer| -> i64 {
            writer.connection.query_row("PRAGMA freelist_count", [], |row| row.get(0)).unwrap()
        };
        let deleted = ids.map(|id| {
            let deleted = writer.delete_words(id, Decision::Deleted).map(|_| ());
            // It is not left to the next opening.
            (deleted, free(&writer))
        });
        done.store(true, Ordering::Relaxed);
        deleted.into()
    });
    assert!(deleted.iter().all(|(deleted, free)| deleted.is_ok() && *free == 0), "{deleted:?}");
}

/// A coachee who found their passphrase again kept their words, and lost them: the coach's `delete --forgotten` had looked at
/// the notice before, and deleted after.
#[test]
fn words_that_are_kept_while_a_lost_passphrase_is_looked_at_stay() {
    static WAITS: AtomicBool = AtomicBool::new(false);
    let mut house = House::new();
    let id = house.finished(&mut house.writer());
    house.writer().notice_forgotten(id).unwrap();
    let mut coach = house.later(24 * 8);
    let wait = |_| {
        WAITS.store(true, Ordering::Relaxed);
        std::thread::yield_now();
        true
    };
    coach.connection.busy_handler(Some(wait)).unwrap();
    let coachee = house.raw();
    coachee.execute_batch("BEGIN IMMEDIATE").unwrap();
    let deleted = std::thread::scope(|scope| {
        let deleting = scope.spawn(move || coach.delete_forgotten(id));
        while !WAITS.load(Ordering::Relaxed) {
            std::thread::yield_now();
        }
        coachee.execute("UPDATE sessions SET decision = 'kept', delete_after = NULL, notice_at = NULL", []).unwrap();
        coachee.execute_batch("COMMIT").unwrap();
        deleting.join().unwrap()
    });
    assert!(matches!(deleted, Err(VaultError::NoticeNotOver { until: None, .. })), "{deleted:?}");
    assert!(house.writer().find("last").unwrap().has_words);
}

/// Two people lost the session they were in: the laptop's clock was a year behind, and was set right.
#[test]
fn a_session_that_runs_outlives_its_time() {
    let mut house = House::new();
    let id = house.begun(&mut house.writer());
    let recorder = fs::File::open(house.writer().recording_path(id)).unwrap();
    recorder.lock().unwrap();
    let mut writer = house.later(24 * 365);
    assert!(writer.find(&id.to_string()).unwrap().has_recording && writer.is_being_recorded(id));
    drop(recorder);
    assert!(!writer.is_being_recorded(id));
    assert_eq!(writer.enforce_retention().unwrap()[0].session, id);
    assert!(!writer.recording_path(id).exists());
}

/// Their words went a moment after the session instead: its time was over by the clock that was right.
#[test]
fn a_clock_that_was_set_right_takes_no_day_away() {
    let mut house = House::new();
    let mut writer = house.writer();
    let id = house.begun(&mut writer);
    let agreed = writer.find(&id.to_string()).unwrap().delete_after.unwrap();
    house.now += SignedDuration::from_hours(24 * 365);
    writer.now = Some(house.now);
    writer.finish(id, &numbers(), &words(), false).unwrap();
    let stored = house.writer().find(&id.to_string()).unwrap();
    assert!(stored.has_words && stored.delete_after.unwrap() > agreed);
    // From then on nothing puts it off, and its days are as many as ever.
    let days = i64::from(session("Ana").consent.retention_days);
    assert!(house.raw().execute("UPDATE sessions SET delete_after = '2999-01-01T00:00:00Z'", []).is_err());
    assert!(house.later(24 * days - 1).find(&id.to_string()).unwrap().has_words);
    assert!(!house.later(2).find(&id.to_string()).unwrap().has_words);
}

/// Sealed sound that a start left when it was cut off stayed on a coach's disk for good: no row named it, and so nothing
/// opened or deleted it.
#[test]
fn a_recording_without_a_session_goes_after_a_day() {
    let mut house = House::new();
    let strays = [SessionId::generate(), SessionId::generate()].map(|id| house.writer().recording_path(id));
    strays.iter().for_each(|stray| fs::write(stray, b"sealed sound").unwrap());
    let recorder = fs::File::open(&strays[1]).unwrap();
    recorder.lock().unwrap();
    let here = |house: &House| {
        drop(house.writer());
        [strays[0].exists(), strays[1].exists()]
    };
    assert_eq!(here(&house), [true, true], "sessions may begin just now");
    house.now += SignedDuration::from_hours(25);
    assert_eq!(here(&house), [false, true], "one is being recorded");
    drop(recorder);
    assert_eq!(here(&house), [false, false]);
}
