//! Goals and answers are the coachee's alone; what surrounds the sessions goes when it is let go of.

use jiff::civil::date;

use super::*;
use crate::practice::{Answer, Kind, Pairing, PracticeId, Pulse, Question, Standing, Weeks};

fn pairing(coachee: &str, coach: &str) -> Pairing {
    Pairing::new(coachee, coach, date(2026, 9, 1))
}

fn goal() -> Spoken {
    Spoken::new(format!("to have {CANARY} under control"))
}

fn pulse(room: u8, useful: u8, trust: u8) -> Pulse {
    Pulse { room: Answer::new(room), useful: Answer::new(useful), trust: Answer::new(trust) }
}

fn sealed(house: &House, table: &str) -> Vec<Vec<u8>> {
    let raw = house.raw();
    let mut select = raw.prepare(&format!("SELECT sealed FROM {table} ORDER BY rowid")).unwrap();
    select.query_map([], |row| row.get(0)).unwrap().map(Result::unwrap).collect()
}

impl House {
    /// Whether any 32 bytes in a row of what was sealed are still somewhere; the first are the same in every age file.
    fn still_holds(&self, sealed: &[u8]) -> bool {
        sealed[64..].chunks_exact(32).any(|run| self.holds(run))
    }
}

#[test]
fn a_pairing_is_stored_as_it_was_agreed() {
    let house = House::new();
    let mut writer = house.writer();
    let mut agreed = pairing("Ana", "Bea");
    agreed.standing = Some(Standing::Senior);
    agreed.allowance_min = 450;
    agreed.quiet = vec![Weeks::new(date(2027, 1, 11), date(2027, 1, 22)).unwrap()];
    writer.add_pairing(&agreed).unwrap();
    assert_eq!(writer.pairings().unwrap(), [agreed.clone()]);
    assert!(matches!(writer.add_pairing(&pairing(" Ana ", "Bea")), Err(VaultError::PairingExists(_))));
    assert!(matches!(writer.add_pairing(&pairing("Nobody", "")), Err(VaultError::NoCoachee(_))));
    assert!(matches!(writer.add_pairing(&pairing("Ana", "two\nlines")), Err(VaultError::BadLine)));
    agreed.ended_on = Some(date(2026, 12, 1));
    (agreed.standing, agreed.quiet) = (None, Vec::new());
    writer.update_pairing(&agreed).unwrap();
    assert_eq!(writer.pairings().unwrap(), [agreed.clone()]);
    assert!(matches!(writer.pairing("Ana", None), Err(VaultError::NoPairing(_))));
    // Having ended, it leaves room for another.
    let again = pairing("Ana", "Bea");
    writer.add_pairing(&again).unwrap();
    assert_eq!(writer.pairing("Ana", None).unwrap(), again);
    assert!(matches!(writer.update_pairing(&pairing("Ana", "")), Err(VaultError::NoPairing(_))));
}

#[test]
fn one_coachee_with_two_coaches_is_told_apart_by_the_coach() {
    let house = House::new();
    let mut writer = house.writer();
    let (mine, beas) = (pairing("Ana", ""), pairing("Ana", "Bea"));
    writer.add_pairing(&mine).unwrap();
    writer.add_pairing(&beas).unwrap();
    assert!(matches!(writer.pairing("Ana", None), Err(VaultError::WhichPairing(_))));
    assert_eq!(writer.pairing("Ana", Some("")).unwrap().id, mine.id);
    assert_eq!(writer.pairing("Ana", Some(" Bea ")).unwrap().id, beas.id);
    let id = house.finished(&mut writer);
    assert_eq!(writer.assigned(id).unwrap(), None);
    for pairing in [&mine, &beas] {
        writer.assign(id, pairing).unwrap();
        assert_eq!(writer.assigned(id).unwrap(), Some(pairing.id));
    }
    writer.add_coachee("Ben", &Identity::generate().to_recipient(), None).unwrap();
    let bens = pairing("Ben", "");
    writer.add_pairing(&bens).unwrap();
    assert!(matches!(writer.assign(id, &bens), Err(VaultError::NoPairing(_))));
    // The one pairing goes, the session stays, and it is nobody's again.
    writer.forget_pairing(&beas).unwrap();
    assert_eq!((writer.assigned(id).unwrap(), writer.sessions().unwrap().len()), (None, 1));
}

#[test]
fn goals_and_answers_are_read_with_the_identity_and_stand_in_no_byte() {
    let house = House::new();
    let mut writer = house.writer();
    let paired = pairing("Ana", "");
    writer.add_pairing(&paired).unwrap();
    writer.add_goal(&paired, &goal()).unwrap();
    writer.add_goal(&paired, &Spoken::new("é".to_owned())).unwrap();
    let id = house.finished(&mut writer);
    writer.answer(id, &pulse(4, 0, 5), &house.ana).unwrap();
    let reader = house.reader(&house.ana);
    let read: Vec<Spoken> = reader.goals(&paired).unwrap().into_iter().map(|goal| goal.text).collect();
    assert_eq!(read, [goal(), Spoken::new("é".to_owned())]);
    assert_eq!(reader.pulses("Ana").unwrap(), [(id, pulse(4, 0, 5))]);
    assert!(!house.holds(b"lighthouse"));
    assert!(!format!("{:?}", reader.goals(&paired).unwrap()).contains("lighthouse"));
    let stranger = house.reader(&Identity::generate());
    assert!(matches!(stranger.goals(&paired), Err(VaultError::WrongIdentity)));
    assert_eq!(stranger.pulses("Ana").unwrap(), []);
    assert!(matches!(writer.answer(id, &pulse(1, 1, 1), &Identity::generate()), Err(VaultError::WrongIdentity)));
    assert_eq!(reader.pulses("Ana").unwrap(), [(id, pulse(4, 0, 5))]);
}

#[test]
fn how_long_a_sealed_answer_is_tells_nothing() {
    let house = House::new();
    // age adds a stanza of a length by chance; what it seals is as long as its plaintext.
    let length = |blob: &Vec<u8>| crate::seal::open(&house.ana, blob).unwrap().len();
    let mut writer = house.writer();
    let paired = pairing("Ana", "");
    writer.add_pairing(&paired).unwrap();
    let id = house.finished(&mut writer);
    let mut lengths = Vec::new();
    for answers in [pulse(0, 0, 0), pulse(5, 5, 5), pulse(1, 0, 3)] {
        writer.answer(id, &answers, &house.ana).unwrap();
        lengths.push(length(&sealed(&house, "pulses")[0]));
    }
    for text in ["a", "to wait longer before I say what I would do"] {
        writer.add_goal(&paired, &Spoken::new(text.to_owned())).unwrap();
    }
    lengths.dedup();
    assert_eq!(lengths.len(), 1);
    let goals = sealed(&house, "goals");
    assert_eq!(length(&goals[0]), length(&goals[1]));
}

#[test]
fn answers_wait_for_the_session_to_end_and_the_latest_hold() {
    let house = House::new();
    let mut writer = house.writer();
    let running = house.begun(&mut writer);
    assert!(matches!(writer.answer(running, &pulse(1, 1, 1), &house.ana), Err(VaultError::CutOff(_))));
    writer.finish(running, &numbers(), &words(), false).unwrap();
    writer.answer(running, &pulse(1, 1, 1), &house.ana).unwrap();
    let before = sealed(&house, "pulses").remove(0);
    assert!(house.still_holds(&before), "the scan finds what is there");
    writer.answer(running, &pulse(5, 5, 5), &house.ana).unwrap();
    assert_eq!(house.reader(&house.ana).pulses("Ana").unwrap(), [(running, pulse(5, 5, 5))]);
    assert!(!house.still_holds(&before));
    // The words go, and what the coachee thought of the session stays theirs.
    writer.delete_words(running, Decision::Deleted).unwrap();
    assert_eq!(house.reader(&house.ana).pulses("Ana").unwrap().len(), 1);
    writer.delete_everything(running).unwrap();
    assert_eq!(house.reader(&house.ana).pulses("Ana").unwrap(), []);
}

#[test]
fn moved_or_altered_goals_and_answers_are_refused() {
    let house = House::new();
    let mut writer = house.writer();
    let (mine, beas) = (pairing("Ana", ""), pairing("Ana", "Bea"));
    for pairing in [&mine, &beas] {
        writer.add_pairing(pairing).unwrap();
        writer.add_goal(pairing, &goal()).unwrap();
    }
    let sessions = [house.finished(&mut writer), house.finished(&mut writer)];
    for id in sessions {
        writer.answer(id, &pulse(4, 4, 4), &house.ana).unwrap();
    }
    let (raw, reader) = (house.raw(), house.reader(&house.ana));
    let swap = |table: &str, key: &str, of: [String; 2]| {
        let blobs = sealed(&house, table);
        for (blob, id) in blobs.iter().zip([&of[1], &of[0]]) {
            raw.execute(&format!("UPDATE {table} SET sealed = ? WHERE {key} = ?"), (blob, id)).unwrap();
        }
    };
    swap("goals", "pairing", [mine.id.to_string(), beas.id.to_string()]);
    swap("pulses", "session", sessions.map(|id| id.to_string()));
    assert!(matches!(reader.goals(&mine), Err(VaultError::AlteredPractice)));
    assert!(matches!(reader.pulses("Ana"), Err(VaultError::AlteredPractice)));
    for (senseless, table) in [("sidetone-pulse-1 x\n444", "pulses"), ("", "goals"), ("\u{0}", "goals")] {
        let blob = crate::seal::seal(&house.ana.to_recipient(), senseless.as_bytes()).unwrap();
        raw.execute(&format!("UPDATE {table} SET sealed = ?"), [blob]).unwrap();
        assert!(reader.goals(&mine).is_err() && reader.pulses("Ana").is_err(), "{senseless:?}");
    }
    let line = format!("sidetone-pulse-1 {} {}\n", sessions[0], house.ana.to_recipient());
    for digits in ["", "44", "4444", "449", "4 4", "\u{0}44"] {
        let plaintext = [line.as_bytes(), digits.as_bytes()].concat();
        let blob = crate::seal::seal(&house.ana.to_recipient(), &plaintext).unwrap();
        raw.execute("UPDATE pulses SET sealed = ?", [blob]).unwrap();
        assert!(matches!(reader.pulses("Ana"), Err(VaultError::AlteredPractice)), "{digits:?}");
    }
}

#[test]
fn what_is_deleted_leaves_no_byte_and_a_receipt() {
    let house = House::new();
    let mut writer = house.writer();
    let paired = pairing("Ana", "");
    writer.add_pairing(&paired).unwrap();
    let goal = writer.add_goal(&paired, &goal()).unwrap();
    let id = house.finished(&mut writer);
    writer.answer(id, &pulse(1, 2, 3), &house.ana).unwrap();
    let (goals, pulses) = (sealed(&house, "goals").remove(0), sealed(&house, "pulses").remove(0));
    assert!(house.still_holds(&goals) && house.still_holds(&pulses));
    let other = Identity::generate();
    assert!(matches!(writer.delete_goal(&paired, goal, &other), Err(VaultError::WrongIdentity)));
    assert!(matches!(writer.delete_answers(id, &other), Err(VaultError::WrongIdentity)));
    let went = writer.delete_goal(&paired, goal, &house.ana).unwrap();
    assert_eq!((went.what.as_str(), went.rows, went.bytes), ("goal deleted", 1, goals.len() as u64));
    let went = writer.delete_answers(id, &house.ana).unwrap();
    assert_eq!((went.what.as_str(), went.rows, went.bytes), ("answers deleted", 1, pulses.len() as u64));
    assert!(!house.still_holds(&goals) && !house.still_holds(&pulses));
    assert!(matches!(writer.delete_goal(&paired, goal, &house.ana), Err(VaultError::NoGoal)));
    assert!(matches!(writer.delete_answers(id, &house.ana), Err(VaultError::NoAnswers(_))));
    let went = writer.forget_pairing(&paired).unwrap();
    assert_eq!((went.what.as_str(), went.session.to_string()), ("pairing deleted", paired.id.to_string()));
    assert!(matches!(writer.forget_pairing(&paired), Err(VaultError::NoPairing(_))));
    assert_eq!(writer.receipts().unwrap().len(), 3);
    // A receipt is for what went, and for nothing that comes later.
    writer.answer(id, &pulse(5, 5, 5), &house.ana).unwrap();
    drop(writer);
    drop(house.writer());
    assert_eq!(house.reader(&house.ana).pulses("Ana").unwrap(), [(id, pulse(5, 5, 5))]);
}

#[test]
fn a_coachee_who_leaves_takes_everything_of_theirs_with_them() {
    const NAME: &str = "Quillon Featherstonehaugh";
    let house = House::new();
    let mut writer = house.writer();
    let theirs = Identity::generate();
    writer.add_coachee(NAME, &theirs.to_recipient(), None).unwrap();
    let id = session(NAME).id;
    writer.begin(&Session { id, ..session(NAME) }, KeepAudio::No).unwrap();
    writer.finish(id, &numbers(), &words(), false).unwrap();
    writer.answer(id, &pulse(1, 2, 3), &theirs).unwrap();
    for coach in ["", "Bea"] {
        let mut paired = pairing(NAME, coach);
        paired.quiet = vec![Weeks::new(date(2027, 1, 11), date(2027, 1, 22)).unwrap()];
        writer.add_pairing(&paired).unwrap();
        writer.add_goal(&paired, &goal()).unwrap();
        writer.assign(id, &paired).unwrap();
    }
    let note =
        Note { on: date(2026, 9, 1), kind: Kind::Modelling, with: NAME, tried: "with quillon FEATHERSTONEHAUGH" };
    writer.log_training(note).unwrap();
    writer.log_training(Note { with: "Bea", tried: "waiting", ..note }).unwrap();
    // Somebody else's stays.
    let anas = pairing("Ana", "");
    writer.add_pairing(&anas).unwrap();
    writer.add_goal(&anas, &goal()).unwrap();
    let sealed: Vec<Vec<u8>> = [sealed(&house, "goals")[..2].to_vec(), sealed(&house, "pulses")].concat();
    assert!(house.holds(NAME.as_bytes()) && sealed.iter().all(|blob| house.still_holds(blob)));
    let receipts = writer.remove_coachee(NAME).unwrap();
    let what: Vec<&str> = receipts.iter().map(|receipt| receipt.what.as_str()).collect();
    assert_eq!(what, ["everything deleted", "pairing deleted", "pairing deleted"]);
    let gone = |house: &House| {
        let name = |word: &str| [word.to_owned(), word.to_lowercase(), word.to_uppercase()];
        let names = NAME.split(' ').flat_map(name).any(|word| house.holds(word.as_bytes()));
        !names
            && !house.holds(theirs.to_recipient().to_string().as_bytes())
            && !sealed.iter().any(|blob| house.still_holds(blob))
    };
    assert!(gone(&house), "while it is still open");
    drop(writer);
    assert!(gone(&house));
    let writer = house.writer();
    assert_eq!(writer.pairings().unwrap(), std::slice::from_ref(&anas));
    assert_eq!(house.reader(&house.ana).goals(&anas).unwrap().len(), 1);
    let notes = writer.trainings().unwrap();
    let kept: Vec<(&str, &str)> = notes.iter().map(|note| (note.with.as_str(), note.tried.as_str())).collect();
    assert_eq!(kept, [("", ""), ("Bea", "waiting")]);
}

#[test]
fn an_old_database_put_back_forgets_pairings_goals_and_answers_again() {
    let house = House::new();
    let mut writer = house.writer();
    let (forgotten, kept) = (pairing("Ana", "Bea"), pairing("Ana", ""));
    writer.add_pairing(&forgotten).unwrap();
    writer.add_pairing(&kept).unwrap();
    writer.add_goal(&forgotten, &goal()).unwrap();
    let dropped = writer.add_goal(&kept, &goal()).unwrap();
    writer.add_goal(&kept, &goal()).unwrap();
    let id = house.finished(&mut writer);
    writer.answer(id, &pulse(1, 1, 1), &house.ana).unwrap();
    drop(writer);
    let database = house.data().join(DATABASE);
    let old = fs::read(&database).unwrap();
    let mut writer = house.writer();
    writer.forget_pairing(&forgotten).unwrap();
    writer.delete_goal(&kept, dropped, &house.ana).unwrap();
    writer.delete_answers(id, &house.ana).unwrap();
    drop(writer);
    fs::write(&database, old).unwrap();
    let writer = house.writer();
    assert_eq!(writer.pairings().unwrap(), std::slice::from_ref(&kept));
    let reader = house.reader(&house.ana);
    let ids: Vec<PracticeId> = reader.goals(&kept).unwrap().into_iter().map(|goal| goal.id).collect();
    assert!(ids.len() == 1 && !ids.contains(&dropped));
    assert_eq!(reader.pulses("Ana").unwrap(), []);
    assert_eq!(sealed(&house, "goals").len(), 1);
}

#[test]
fn notes_on_training_are_lines() {
    let house = House::new();
    let mut writer = house.writer();
    let note = Note { on: date(2028, 2, 29), kind: Kind::Trio, with: " Bea ", tried: "waiting" };
    let number = writer.log_training(note).unwrap();
    writer.log_training(Note { on: date(2027, 1, 1), with: "", tried: "", kind: Kind::Course }).unwrap();
    let long = "x".repeat(201);
    for wrong in ["two\nlines", long.as_str()] {
        assert!(matches!(writer.log_training(Note { tried: wrong, ..note }), Err(VaultError::BadLine)));
    }
    let notes = writer.trainings().unwrap();
    assert_eq!((notes[0].kind, notes[1].on, notes[1].with.as_str()), (Kind::Course, date(2028, 2, 29), "Bea"));
    writer.remove_training(number).unwrap();
    assert!(matches!(writer.remove_training(number), Err(VaultError::NoTraining(_))));
    assert_eq!(writer.trainings().unwrap().len(), 1);
}

#[test]
fn every_answer_comes_back() {
    let house = House::new();
    let mut writer = house.writer();
    let id = house.finished(&mut writer);
    for question in Question::ALL {
        for answer in 0..=Answer::MOST {
            let mut given = pulse(3, 3, 3);
            given.set(question, Answer::new(answer));
            writer.answer(id, &given, &house.ana).unwrap();
            assert_eq!(house.reader(&house.ana).pulses("Ana").unwrap(), [(id, given)]);
        }
    }
}
