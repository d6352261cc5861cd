//! The coach's notes, and the rows that a trend is made of.

use super::*;
use crate::session::Steps;

#[test]
fn a_next_step_is_the_coachs_of_one_coachee_and_goes_with_the_session() {
    let house = House::new();
    let mut writer = house.writer();
    let first = house.finished(&mut writer);
    assert_eq!(writer.steps(first).unwrap(), Steps::default());
    writer.set_next_step(first, Some("  Wait longer ")).unwrap();
    assert_eq!(writer.steps(first).unwrap().next.as_deref(), Some("Wait longer"));
    // Ids of the same millisecond have no order.
    std::thread::sleep(std::time::Duration::from_millis(2));
    let second = house.finished(&mut writer);
    let before = writer.steps(second).unwrap().before.unwrap();
    assert_eq!(before, ("Wait longer".to_owned(), writer.find(&first.to_string()).unwrap().session.started_at));
    assert_eq!(writer.steps(first).unwrap().before, None, "nothing comes before the first");

    for bad in ["", " ", "two\nlines", &"x".repeat(201)] {
        assert!(matches!(writer.set_next_step(first, Some(bad)), Err(VaultError::BadStep)), "{bad:?}");
    }
    assert!(matches!(writer.set_next_step(SessionId::generate(), Some("Wait")), Err(VaultError::NoSession(_))));
    writer.set_next_step(second, Some("Ask")).unwrap();
    writer.set_next_step(second, None).unwrap();
    assert_eq!(writer.steps(second).unwrap().next, None);
    writer.delete_everything(first).unwrap();
    assert_eq!(writer.steps(second).unwrap().before, None);
}

#[test]
fn points_follow_the_numbers() {
    let house = House::new();
    let mut writer = house.writer();
    assert_eq!(writer.points(None).unwrap(), []);
    let session = house.finished(&mut writer);
    let part = |start, end, role| RoleSpan { span: span(start, end), role: Some(role), confidence: 1.0 };
    let long = vec![part(0, 40, Role::Coach), part(40, 100, Role::Coachee)];
    let long = Numbers { duration_s: 100.0, spans: long, ..numbers() };
    let expected = |writer: &Writer| {
        let stored = writer.find("last").unwrap();
        let Session { started_at, coachee, tracks, model: whisper, .. } = stored.session;
        let point = crate::measures::point(&crate::measures::measure(&stored.numbers.unwrap()));
        vec![crate::measures::Dated {
            started_at,
            setting: crate::measures::Setting { coachee, coach: None, tracks, whisper },
            point,
        }]
    };
    assert_eq!(writer.points(None).unwrap(), expected(&writer));
    // Words of another model were compared with those of the first.
    let long = Numbers { models: crate::measures::Models { whisper: "small.en".into(), ..Default::default() }, ..long };
    writer.finish(session, &long, &[], false).unwrap();
    assert_eq!(writer.points(None).unwrap()[0].setting.whisper, "small.en");
    let points = writer.points(None).unwrap();
    assert_eq!(points, expected(&writer), "made again with other numbers");
    assert!((0.35..0.45).contains(&points[0].point.talk.unwrap().value));
    writer.swap(session).unwrap();
    assert_eq!(writer.points(Some("Ana")).unwrap(), expected(&writer), "made again after a swap");
    assert!(matches!(writer.points(Some("Ben")), Err(VaultError::NoCoachee(_))));
    writer.add_coachee("Ben", &Identity::generate().to_recipient(), None).unwrap();
    assert_eq!(writer.points(Some("Ben")).unwrap(), []);
    // Of an earlier definition: made again.
    house.raw().execute("UPDATE points SET version = 0, talk = 0.77", []).unwrap();
    assert_eq!(writer.points(None).unwrap(), expected(&writer));
    writer.delete_everything(session).unwrap();
    assert_eq!(writer.points(None).unwrap(), []);
}

/// Two coaches of one person read as one coach who had changed.
#[test]
fn a_point_says_whose_session_it_was_where_two_coach_one_person() {
    use crate::practice::Pairing;
    let house = House::new();
    let mut writer = house.writer();
    let pairing = |coach| Pairing::new("Ana", coach, jiff::civil::date(2026, 9, 1));
    let (mine, beas) = (pairing(""), pairing("Bea"));
    writer.add_pairing(&mine).unwrap();
    let session = house.finished(&mut writer);
    let coach = |writer: &mut Writer| writer.points(None).unwrap()[0].setting.coach.clone();
    assert_eq!(coach(&mut writer), None, "there is one coach");
    writer.add_pairing(&beas).unwrap();
    assert_eq!(coach(&mut writer), None, "nobody has said whose it was");
    for whose in [&mine, &beas] {
        writer.assign(session, whose).unwrap();
        assert_eq!(coach(&mut writer).as_ref(), Some(&whose.coach));
    }
}
