//! What a coach with the files in hand must not get: words, by reading, moving, altering or putting back.

use proptest::prelude::*;

use super::*;

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
    eprintln!("{} bytes scanned", house.files().iter().map(|(_, bytes)| bytes.len()).sum::<usize>());
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

/// The coach, with the files in hand while the session runs.
#[test]
fn whoever_changes_a_recipient_while_a_session_runs_gets_no_word_of_it() {
    let house = House::new();
    let coach = Identity::generate();
    let mut recorder = house.writer();
    let id = house.begun(&mut recorder);
    for table in ["sessions", "coachees"] {
        let sql = format!("UPDATE {table} SET recipient = ?");
        house.raw().execute(&sql, [coach.to_recipient().to_string()]).unwrap();
    }
    // A second recorder on the same directory, with another recipient: its sessions are its own.
    let mut second = house.writer();
    let theirs = house.finished(&mut second);
    recorder.finish(id, &numbers(), &words(), false).unwrap();
    assert_eq!(house.reader(&house.ana).transcript(id).unwrap(), words());
    assert!(matches!(house.reader(&coach).transcript(id), Err(VaultError::WrongIdentity)));
    assert_eq!(house.reader(&coach).transcript(theirs).unwrap(), words());
    // Written into the row again afterwards, it opens nothing either.
    house.raw().execute("UPDATE sessions SET recipient = ?", [coach.to_recipient().to_string()]).unwrap();
    assert!(matches!(house.reader(&coach).transcript(id), Err(VaultError::Altered(_))));
    // What was cut off is finished for nobody but whom it was sealed to.
    let cut_off = house.begun(&mut second);
    house.raw().execute("UPDATE sessions SET recipient = ?", [house.ana.to_recipient().to_string()]).unwrap();
    drop(second);
    assert!(matches!(house.writer().prove(cut_off, &coach), Err(VaultError::WrongIdentity)));
    house.writer().prove(cut_off, &house.ana).unwrap();
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
    // Before anything has made it forget: it opens for the coachee, and for nobody else.
    assert!(house.reader(&house.ana).transcript(deleted).is_ok());
    assert!(matches!(house.reader(&Identity::generate()).transcript(deleted), Err(VaultError::WrongIdentity)));
    assert!(!house.holds(b"lighthouse"));
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

#[test]
fn what_stands_in_the_clear_is_coarse() {
    let house = House::new();
    let mut writer = house.writer();
    let id = house.begun(&mut writer);
    let fine = |start: u64, end: u64, role| RoleSpan {
        span: Span::new(Sample(start), Sample(end)).unwrap(),
        role: Some(role),
        confidence: 0.543_721_8,
    };
    let mut exact = numbers();
    exact.duration_s = 10.123_456_789;
    exact.spans = vec![
        fine(799, 64_007, Role::Coach),
        // Between two steps: nothing of it is left.
        fine(64_100, 64_500, Role::Coachee),
        fine(64_801, 159_999, Role::Coachee),
    ];
    exact.marked = vec![Sample(64_007)];
    let mut of_words = crate::measures::WordNumbers::default();
    of_words.moves.coach[0] = 12_345;
    of_words.moves.coach_expected[0] = 7.123_456_789;
    of_words.questions.share_open = Some(crate::measures::Interval { value: 0.234_567_8, low: 0.1, high: 0.3 });
    exact.by_words = Some(Box::new([of_words.clone(), of_words]));
    writer.finish(id, &exact, &words(), false).unwrap();
    let stored = writer.find("last").unwrap().numbers.unwrap();
    let ends: Vec<(u64, u64)> = stored.spans.iter().map(|each| (each.span.start().0, each.span.end().0)).collect();
    assert_eq!((ends, &stored.marked), (vec![(0, 64_000), (65_600, 160_000)], &vec![Sample(64_000)]));
    assert!(stored.spans.iter().all(|each| each.confidence == 0.5));
    assert_eq!(stored.duration_s, 10.123);
    let [of_words, _] = *stored.by_words.clone().unwrap();
    assert_eq!((of_words.moves.coach[0], of_words.moves.coach_expected[0]), (12_345, 7.123));
    assert_eq!(of_words.questions.share_open.unwrap().value, 0.235);
    // Neither finer digits nor an utterance's times are in any byte; and made coarse once is made coarse for good.
    drop(writer);
    for finer in ["64007", "64100", "5437218", "123456789", "2345678"] {
        assert!(!house.holds(finer.as_bytes()), "{finer}");
    }
    house.writer().swap(id).unwrap();
    house.writer().swap(id).unwrap();
    assert_eq!(house.writer().find("last").unwrap().numbers, Some(stored));
}

/// What the coach did stays to the second; once it turns out to be the coachee's, no byte of it.
#[test]
fn when_the_coach_told_and_asked_goes_when_it_was_the_coachee() {
    use crate::measures::{Does, Mark, WordNumbers};
    let house = House::new();
    let mut writer = house.writer();
    let id = house.begun(&mut writer);
    let marks = vec![Mark { at_s: 61_617, does: Does::Telling }];
    let by_words = [WordNumbers { marks, ..WordNumbers::default() }, WordNumbers::default()];
    let marked = Numbers { by_words: Some(Box::new(by_words)), ..numbers() };
    writer.finish(id, &marked, &words(), false).unwrap();
    assert!(house.holds(b"61617"));
    writer.swap(id).unwrap();
    assert!(!house.holds(b"61617"), "neither in the database nor in its log");
    // What `redo` finds for roles that are the other way round is not kept either.
    writer.finish(id, &marked, &words(), false).unwrap();
    assert!(!house.holds(b"61617"));
}

#[test]
fn a_session_that_is_cut_off_leaves_seconds_alone() {
    let house = House::new();
    let mut writer = house.writer();
    let id = house.begun(&mut writer);
    assert_eq!(writer.progress(id).unwrap(), None);
    for elapsed_s in [10, 20, 750] {
        writer.note_progress(id, Progress { elapsed_s, speech_s: elapsed_s - 5 }).unwrap();
    }
    drop(writer);
    let mut writer = house.writer();
    assert_eq!(writer.progress(id).unwrap(), Some(Progress { elapsed_s: 750, speech_s: 745 }));
    // It waits for nobody, and loses nothing by that.
    let other = house.raw();
    other.execute_batch("BEGIN IMMEDIATE").unwrap();
    let begun = std::time::Instant::now();
    assert!(writer.note_progress(id, Progress { elapsed_s: 760, speech_s: 750 }).is_err());
    assert!(begun.elapsed() < std::time::Duration::from_secs(5));
    other.execute_batch("ROLLBACK").unwrap();
    assert_eq!(writer.progress(id).unwrap().unwrap().elapsed_s, 750);
    writer.finish(id, &numbers(), &words(), false).unwrap();
    assert_eq!(writer.progress(id).unwrap(), None, "the numbers are there now");
    let withdrawn = house.begun(&mut writer);
    writer.note_progress(withdrawn, Progress::default()).unwrap();
    writer.withdraw(withdrawn).unwrap();
    assert_eq!(writer.progress(withdrawn).unwrap(), None);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(32))]

    #[test]
    fn any_words_come_back(said in prop::collection::vec((any::<String>(), 0u64..1 << 40, prop::option::of(any::<bool>())), 0..8)) {
        let (ana, session) = (Identity::generate(), SessionId::generate());
        let utterance = |(text, start, coach): (String, u64, Option<bool>)| Utterance {
            span: span(start, start + 1),
            role: coach.map(|coach| if coach { Role::Coach } else { Role::Coachee }),
            text: Spoken::new(text),
        };
        let words: Vec<Utterance> = said.into_iter().map(utterance).collect();
        let sealed = seal_words(&ana.to_recipient(), session, &words).unwrap();
        prop_assert_eq!(open_words(&ana, &sealed).unwrap(), (session, words));
    }

    #[test]
    fn any_bytes_for_words_are_refused_without_a_panic(bytes: Vec<u8>, first_line: bool) {
        let ana = Identity::generate();
        let line = format!("sidetone-words-1 {} {}\n", SessionId::generate(), ana.to_recipient());
        let plaintext = [if first_line { line.as_bytes() } else { b"" }, &bytes].concat();
        let sealed = crate::seal::seal(&ana.to_recipient(), &plaintext).unwrap();
        prop_assert!(open_words(&ana, &sealed).is_err());
        prop_assert!(open_words(&ana, &bytes).is_err());
    }
}
