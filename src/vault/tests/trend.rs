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
            setting: crate::measures::Setting { coachee, tracks, whisper },
            point,
        }]
    };
    assert_eq!(writer.points(None).unwrap(), expected(&writer));
    writer.finish(session, &long, &[], false).unwrap();
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
