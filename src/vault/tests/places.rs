//! Where the vault may lie, and what is there already.

use super::*;

/// A database of each schema that was released.
const RELEASED: &[&str] = &[
    include_str!("../../../tests/fixtures/released/vault-1.sql"),
    include_str!("../../../tests/fixtures/released/vault-2.sql"),
    include_str!("../../../tests/fixtures/released/vault-3.sql"),
    include_str!("../../../tests/fixtures/released/vault-4.sql"),
    include_str!("../../../tests/fixtures/released/vault-5.sql"),
    include_str!("../../../tests/fixtures/released/vault-6.sql"),
];

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
fn what_every_release_wrote_is_still_read() {
    let identity: Identity = include_str!("../../../tests/fixtures/released/identity.txt").parse().unwrap();
    let id = |letter: char| format!("01ARZ3NDEKTSV4RRFFQ69G5FA{letter}");
    assert_eq!(RELEASED.len() as u32, crate::vault::schema::testing::VERSIONS, "a fixture for every version");
    for (before, dump) in RELEASED.iter().enumerate() {
        let folder = tempfile::tempdir().unwrap();
        Connection::open(folder.path().join(DATABASE)).unwrap().execute_batch(dump).unwrap();
        let writer = Writer::open(folder.path()).unwrap();
        assert_eq!(writer.coachee("Ana").unwrap().recipient, identity.to_recipient());
        let kept = writer.find(&id('A')).unwrap();
        assert_eq!((kept.decision, kept.keep_audio, kept.has_words), (Decision::Kept, KeepAudio::Asked, true));
        assert_eq!((kept.session.id.to_string(), kept.numbers), (id('A'), Some(numbers().swapped())));
        assert_eq!(kept.session.consent, session("Ana").consent);
        let reader = Reader::open(folder.path(), identity.clone()).unwrap();
        assert_eq!(reader.transcript(kept.session.id).unwrap(), swapped(words()));
        let taken = writer.find(&id('B')).unwrap();
        assert_eq!((taken.decision, taken.has_words), (Decision::Taken, false));
        let noted = dump.contains("next_steps").then_some("Count to three after each question.");
        assert_eq!(writer.steps(kept.session.id).unwrap().next.as_deref(), noted);
        let receipts = writer.receipts().unwrap();
        let told: Vec<_> =
            receipts.iter().map(|receipt| (receipt.what.as_str(), receipt.session.to_string())).collect();
        assert_eq!(told[..2], [("words taken", id('B')), ("withdrawn", id('C'))]);
        let receipts_kept = house_refuses_changes(folder.path());
        assert!(receipts_kept, "receipts stay what they are after every migration");
        if before >= 3 {
            let cai = writer.coachee("Cai").unwrap();
            assert!(cai.held_by.unwrap().to_string().starts_with("age1sidetonetest1") && cai.locked_identity.is_some());
            let cut_off = writer.find(&id('D')).unwrap().session;
            assert_eq!((cut_off.consent.wording, cut_off.consent.retention_days), (2, 7));
            let progress = writer.progress(cut_off.id).unwrap().unwrap();
            assert_eq!((progress.elapsed_s, progress.speech_s, progress.silence_s()), (750, 610, 140));
            assert_eq!(writer.coach_track(cut_off.id).unwrap(), (before >= 5).then_some(1));
        }
        if before >= 1 {
            a_practice_of_schema_2_is_read(&writer, &reader, &told);
        } else {
            assert!(told.len() == 2 && writer.pairings().unwrap().is_empty() && writer.trainings().unwrap().is_empty());
        }
    }
}

#[test]
fn numbers_of_an_earlier_version_become_as_coarse_as_new_ones_and_nothing_finer_is_left() {
    for dump in &RELEASED[..3] {
        // As they were kept then: to the sample.
        let fine = dump.replace("64000", "64007").replace("\"confidence\":0.5", "\"confidence\":0.5437218");
        assert!(fine.contains("64007") && fine.contains("5437218"));
        let folder = tempfile::tempdir().unwrap();
        Connection::open(folder.path().join(DATABASE)).unwrap().execute_batch(&fine).unwrap();
        let writer = Writer::open(folder.path()).unwrap();
        let scan = |writer: &str| {
            for file in
                fs::read_dir(folder.path()).unwrap().map(|entry| entry.unwrap().path()).filter(|at| at.is_file())
            {
                let bytes = fs::read(&file).unwrap();
                for finer in ["64007", "5437218"] {
                    let found = memchr::memmem::find(&bytes, finer.as_bytes());
                    assert_eq!(found, None, "{finer} in {} while {writer}", file.display());
                }
            }
        };
        scan("open");
        assert_eq!(writer.find("01ARZ3NDEKTSV4RRFFQ69G5FAA").unwrap().numbers, Some(numbers().swapped()));
        drop(writer);
        scan("closed");
    }
}

fn house_refuses_changes(data: &Path) -> bool {
    let raw = Connection::open(data.join(DATABASE)).unwrap();
    ["UPDATE receipts SET bytes = 0", "DELETE FROM receipts"].iter().all(|sql| raw.execute(sql, []).is_err())
}

fn a_practice_of_schema_2_is_read(writer: &Writer, reader: &Reader, told: &[(&str, String)]) {
    use jiff::civil::date;

    use crate::practice::{Answer, Kind, Pulse, Standing, Weeks};
    let what: Vec<&str> = told[2..].iter().map(|(what, _)| *what).collect();
    assert_eq!(what, ["goal deleted", "answers deleted"]);
    let pairing = writer.pairing("Ana", Some("Bea")).unwrap();
    assert_eq!((pairing.started_on, pairing.review_on), (date(2026, 9, 1), date(2026, 12, 1)));
    assert_eq!((pairing.standing, pairing.allowance_min), (Some(Standing::Senior), 450));
    assert_eq!(pairing.quiet, [Weeks::new(date(2027, 1, 11), date(2027, 1, 22)).unwrap()]);
    let goals: Vec<Spoken> = reader.goals(&pairing).unwrap().into_iter().map(|goal| goal.text).collect();
    assert_eq!(goals, [Spoken::new("wait before I answer".to_owned())]);
    let session = "01ARZ3NDEKTSV4RRFFQ69G5FAA".parse().unwrap();
    let answers = Pulse { room: Answer::new(4), useful: None, trust: Answer::new(5) };
    assert_eq!(reader.pulses("Ana").unwrap(), [(session, answers)]);
    assert_eq!(writer.assigned(session).unwrap(), Some(pairing.id));
    let notes = writer.trainings().unwrap();
    assert_eq!((notes.len(), notes[0].kind, notes[0].on), (1, Kind::Trio, date(2026, 10, 2)));
    assert_eq!((notes[0].with.as_str(), notes[0].tried.as_str()), ("Tom and Bea", "waiting three seconds"));
}

#[test]
fn a_newer_database_is_refused_untouched() {
    let house = House::new();
    let database = house.data().join(DATABASE);
    drop(house.writer());
    // The newer version crashed: part of what it wrote is in the write-ahead log only.
    let newer = house.raw();
    newer.pragma_update(None, "user_version", crate::vault::schema::testing::VERSIONS + 1).unwrap();
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
