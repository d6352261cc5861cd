//! Every line that can go over the socket is made here with a sentinel in every text, and walked: a text field that is
//! not listed below, with the reason why it cannot hold speech, fails.

use std::collections::BTreeSet;

use serde_json::Value;

use super::*;
use crate::{
    capture::Alarm,
    session::{Consent, Stance},
};

const SENTINEL: &str = "purple lighthouse marmalade";

/// Fields that may hold free text, and why no speech gets there.
const TEXT: &[(&str, &str)] = &[
    ("start.session.coachee", "a name, typed by the coach before anybody spoke"),
    ("start.session.model", "the name of a model"),
    ("start.session.started_at", "a time"),
    ("start.session.consent.given_at", "a time"),
    ("start.input", "as --input has it: a device or a path"),
    ("start.wake_word", "a word, typed by the coach before anybody spoke"),
    ("status.coachee", "a name, typed by the coach before anybody spoke"),
    ("failed.message", "written in this program; no error of it carries words (see `transcript::Spoken`)"),
    ("failed.hint", "written in this program"),
];

/// Fields whose text is one of a fixed list, or an id: nothing else can be put there.
const FIXED: &[&str] = &[
    "",
    "start.session.id",
    "start.session.coach_stance",
    "start.session.coachee_stance",
    "status.phase",
    "status.session",
    "status.health.alarm",
    "status.trouble",
    "stopped.session",
    "withdrawn.session",
];

fn text() -> String {
    SENTINEL.to_owned()
}

/// Every request, with every field filled. A new variant does not compile until it is here; a new field neither.
fn requests() -> Vec<Request> {
    let session = Session {
        id: SessionId::generate(),
        coachee: text(),
        started_at: text(),
        coach_stance: Some(Stance::Directive),
        coachee_stance: Some(Stance::Facilitative),
        tracks: 2,
        consent: Consent { given_at: text(), wording: 1, asserted: true, retention_days: 30 },
        model: text(),
    };
    let start = Start {
        session,
        input: text(),
        speed: 1.0,
        keep_audio: true,
        coach_track: Some(1),
        coach_speaks_first: true,
        voiceprint: Some(vec![0.5; 256]),
        model_named: true,
        synthetic: false,
        wake_word: Some(text()),
        tones: true,
    };
    let all = vec![
        Request::Start(Box::new(start)),
        Request::Status,
        Request::Pause,
        Request::Resume,
        Request::Mark,
        Request::Stop,
        Request::Withdraw,
        Request::Shutdown,
    ];
    let kinds = all.iter().map(|request| match request {
        Request::Start(_) => 0,
        Request::Status => 1,
        Request::Pause => 2,
        Request::Resume => 3,
        Request::Mark => 4,
        Request::Stop => 5,
        Request::Withdraw => 6,
        Request::Shutdown => 7,
    });
    assert_eq!(kinds.collect::<Vec<_>>(), (0..8).collect::<Vec<_>>());
    all
}

fn replies() -> Vec<Reply> {
    let status = Status {
        phase: Phase::Recording,
        session: Some(SessionId::generate()),
        coachee: Some(text()),
        elapsed_s: 1.5,
        tracks: 1,
        marks: 1,
        health: Health { dropped: 1, gaps: 1, level_db: [-20.0, -30.0], alarm: Some(Alarm::Clipped) },
        behind_s: 0.5,
        input_ended: true,
        pid: 1,
        trouble: Some(Trouble::DiskLow),
        commands: 1,
        deletion_asked: true,
    };
    let all = vec![
        Reply::Status(status),
        Reply::Stopped { session: SessionId::generate(), ask: Some([1.0, 2.0]) },
        Reply::Withdrawn { session: SessionId::generate() },
        Reply::Done,
        Reply::Failed(Failure { message: text(), hint: Some(text()), code: 1 }),
    ];
    let kinds = all.iter().map(|reply| match reply {
        Reply::Status(_) => 0,
        Reply::Stopped { .. } => 1,
        Reply::Withdrawn { .. } => 2,
        Reply::Done => 3,
        Reply::Failed(_) => 4,
    });
    assert_eq!(kinds.collect::<Vec<_>>(), (0..5).collect::<Vec<_>>());
    all
}

/// Paths of all texts in a value: those that hold the sentinel, and the others.
fn walk(value: &Value, path: &str, texts: &mut BTreeSet<String>, fixed: &mut BTreeSet<String>) {
    match value {
        Value::String(text) if text == SENTINEL => drop(texts.insert(path.to_owned())),
        Value::String(_) => drop(fixed.insert(path.to_owned())),
        Value::Array(items) => items.iter().for_each(|item| walk(item, path, texts, fixed)),
        Value::Object(fields) => {
            for (name, value) in fields {
                let path = if path.is_empty() { name.clone() } else { format!("{path}.{name}") };
                walk(value, &path, texts, fixed);
            }
        }
        Value::Null => panic!("{path} is empty: fill it, or its text is not seen"),
        Value::Bool(_) | Value::Number(_) => {}
    }
}

#[test]
fn no_field_can_hold_speech() {
    let (mut texts, mut fixed) = (BTreeSet::new(), BTreeSet::new());
    let requests = requests().into_iter().map(|request| serde_json::to_value(request).unwrap());
    let replies = replies().into_iter().map(|reply| serde_json::to_value(reply).unwrap());
    for line in requests.chain(replies) {
        walk(&line, "", &mut texts, &mut fixed);
    }
    assert_eq!(texts, TEXT.iter().map(|(path, _)| (*path).to_owned()).collect());
    assert_eq!(fixed, FIXED.iter().map(|path| (*path).to_owned()).collect());
}

#[test]
fn what_is_sent_is_what_arrives() {
    for request in requests() {
        let line = serde_json::to_string(&request).unwrap();
        assert!(line.len() < LINE_BYTES_MAX && !line.contains('\n'), "{line}");
        let back: Request = serde_json::from_str(&line).unwrap();
        assert_eq!(serde_json::to_string(&back).unwrap(), line);
    }
    for reply in replies() {
        let line = serde_json::to_string(&reply).unwrap();
        let back: Reply = serde_json::from_str(&line).unwrap();
        assert_eq!(serde_json::to_string(&back).unwrap(), line);
    }
}

#[test]
fn newer_fields_are_passed_over_and_older_ones_do_without() {
    let mut status = serde_json::to_value(Status::idle()).unwrap();
    status["colour"] = Value::from("green");
    status.as_object_mut().unwrap().remove("trouble");
    assert_eq!(serde_json::from_value::<Status>(status).unwrap().trouble, None);
}

#[test]
fn debug_shows_no_voiceprint() {
    let shown = format!("{:?}", requests());
    assert!(shown.contains("Start") && !shown.contains("0.5"), "{shown}");
}
