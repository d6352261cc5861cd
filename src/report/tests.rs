//! The report's forms as wholes, and the promise that none can hold a word.

use std::collections::BTreeSet;

use proptest::prelude::*;
use serde_json::Value;

use super::*;
use crate::{
    measures::{
        Dated, Interval, Models, Point, Setting,
        properties::{any_numbers, spans},
        words,
    },
    moves::{CoachMove, CoacheeMove, Code, Coded, Form},
    session::{Consent, Role, Stance, Steps},
    units::{Sample, Span},
};

const ID: &str = "01ARZ3NDEKTSV4RRFFQ69G5FAV";

/// What somebody said: it must be nowhere.
const CANARY: &str = "purple lighthouse marmalade";

fn session() -> Session {
    Session {
        id: ID.parse().unwrap(),
        coachee: "Ana".to_owned(),
        started_at: "2026-11-24T09:00:00Z".to_owned(),
        coach_stance: Some(Stance::Facilitative),
        coachee_stance: None,
        tracks: 1,
        consent: Consent {
            given_at: "2026-11-24T08:59:00Z".to_owned(),
            wording: 1,
            asserted: false,
            retention_days: 30,
        },
        model: "base.en".to_owned(),
    }
}

/// Ten minutes: the coach speaks for 4 s, the coachee for 6 s, then there is silence for 2 s.
fn numbers() -> Numbers {
    let rounds = (0..50).map(|round| round * 12);
    let text: Vec<String> =
        rounds.map(|start| format!("a {start} {}, b {} {}", start + 4, start + 4, start + 10)).collect();
    Numbers {
        duration_s: 600.0,
        tracks: 1,
        spans: spans(&text.join(",")),
        models: Models { whisper: "base.en".to_owned(), speaker: Some("voices".to_owned()), moves: None },
        doubts: vec!["roles_assumed".to_owned()],
        words_decoded: true,
        ..Numbers::default()
    }
}

/// Each form as a whole, as it lies in `snapshots/`.
fn is_as_in(name: &str, made: &str) {
    let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("src/report/snapshots").join(name);
    let expected = std::fs::read_to_string(&path).unwrap_or_default();
    if made != expected {
        let now = std::env::temp_dir().join(name);
        std::fs::write(&now, made).unwrap();
        panic!(
            "another {name} is made than before\nhint: diff {0} {1}; if it is as it should be: cp {1} {0}",
            path.display(),
            now.display()
        );
    }
}

#[test]
fn every_form_is_as_it_was() {
    let full = report(&session(), Decision::Kept, &numbers_with_words())
        .with_steps(Steps {
            before: Some(("Wait".to_owned(), "2026-11-20T09:00:00Z".to_owned())),
            next: Some("Ask".to_owned()),
        })
        .with_reviews(vec!["For you both: is it time? `sidetone pairing review Ana`".to_owned()]);
    let two = Numbers { tracks: 2, doubts: Vec::new(), dropped_s: 1.25, ..numbers() };
    let two = report(&Session { coachee_stance: Some(Stance::Directive), ..session() }, Decision::Deleted, &two);
    let little = Numbers { spans: spans("a 0 10, b 11 18, ? 20 21"), words_decoded: false, ..numbers() };
    let little = report(&Session { coach_stance: None, ..session() }, Decision::Undecided, &little);
    let no_words = report(&session(), Decision::Undecided, &numbers());
    let point = |day: u32| {
        let share = |value: f64| Some(Interval { value, low: value - 0.05, high: value + 0.05 });
        let telling = share(if day > 7 { 0.3 } else { 0.5 } + f64::from(day % 3) / 50.0);
        let point = Point { talk: share(0.5), telling, ..Point::default() };
        Dated { started_at: format!("2026-11-{day:02}T09:00:00Z"), setting: Setting::default(), point }
    };
    let over_time = trend(Some("Ana"), &(1..=12).map(point).collect::<Vec<_>>());
    let pretty = |json: &Value| format!("{json:#}\n");
    for (name, made) in [
        ("words-80.txt", full.to_text(80, false)),
        ("words-48.txt", full.to_text(48, false)),
        ("words-color-100.txt", full.to_text(100, true)),
        ("words.html", page(&full)),
        ("words.json", pretty(&full.to_json())),
        ("no-words-80.txt", no_words.to_text(80, false)),
        ("no-words.html", page(&no_words)),
        ("two-microphones-60.txt", two.to_text(60, false)),
        ("little-72.txt", little.to_text(72, false)),
        ("little.html", page(&little)),
        ("little.json", pretty(&little.to_json())),
        ("turns.rttm", rttm(&session().id, &numbers())),
        ("trend-80.txt", over_time.to_text(80, false)),
        ("trend.html", over_time.to_page()),
        ("trend.json", pretty(&over_time.to_json())),
    ] {
        is_as_in(name, &made.replace(STYLE, ""));
    }
}

#[test]
fn colour_adds_nothing_but_colour() {
    let report = report(&session(), Decision::Kept, &numbers());
    let mut plain = report.to_text(80, true);
    assert!(plain.contains('\u{1b}'));
    for style in ["\u{1b}[0m", "\u{1b}[1m", "\u{1b}[2m", "\u{1b}[34m", "\u{1b}[33m"] {
        plain = plain.replace(style, "");
    }
    let trimmed: Vec<&str> = plain.lines().map(str::trim_end).collect();
    assert_eq!(trimmed, report.to_text(80, false).lines().collect::<Vec<_>>());
}

#[test]
fn a_name_cannot_steer_the_terminal() {
    let session = Session { coachee: "A\u{1b}[2Jna".to_owned(), ..session() };
    assert!(!report(&session, Decision::Undecided, &numbers()).to_text(80, false).contains('\u{1b}'));
}

#[test]
fn a_name_cannot_steer_the_page() {
    let session = Session {
        coachee: "<script>\"&'".to_owned(),
        coach_stance: None,
        coachee_stance: Some(Stance::Directive),
        ..session()
    };
    let page = page(&report(&session, Decision::Undecided, &numbers()));
    assert!(page.contains("<title>Session with &lt;script&gt;&quot;&amp;&#39;</title>"));
    assert!(!page.contains("<script"));
}

#[test]
fn the_page_needs_nothing_else_and_says_what_the_text_says() {
    let report = report(&session(), Decision::Undecided, &numbers());
    let page = page(&report);
    for forbidden in ["<script", "http://", "https://", "src=", "href=", "url(", "@import"] {
        assert!(!page.contains(forbidden), "{forbidden}");
    }
    let said = [
        "<h1>Session with Ana</h1>",
        "<strong>40 %</strong>",
        "The coach&#39;s share lies between 35 and 45\u{a0}%.",
        "<tr><th scope=\"row\">Coachee</th><td>50</td><td>6 s</td><td>6 s</td></tr>",
        "<code>sidetone open 01ARZ3NDEKTSV4RRFFQ69G5FAV</code>",
    ];
    for said in said {
        assert!(page.contains(said), "{said}");
    }
    let count = |what: &str| page.matches(what).count();
    assert_eq!((count("<svg "), count("<title>"), count("role=\"img\" aria-label=")), (2, 3, 2));
    for element in ["main", "section", "h2", "p", "ul", "li", "table", "svg", "div", "span", "code"] {
        let opened = count(&format!("<{element}>")) + count(&format!("<{element} "));
        assert_eq!(opened, count(&format!("</{element}>")), "{element}");
    }
}

#[test]
fn the_coachs_notes_open_and_end_the_report_and_are_in_no_key() {
    let steps = Steps {
        before: Some(("Wait <three>\u{1b}[2J seconds".to_owned(), "2026-11-20T09:00:00Z".to_owned())),
        next: Some("Ask, then listen".to_owned()),
    };
    let report = report(&session(), Decision::Kept, &numbers()).with_steps(steps);
    let text = report.to_text(80, false);
    let opens = "\nTo try this time\n  Wait <three>[2J seconds\n  The coach chose this after the session on 2026-11-20.\n\nHow the talk";
    assert!(text.contains(opens), "{text}");
    assert!(text.contains("\nOne thing to try next\n  Ask, then listen\n"), "{text}");
    let page = page(&report);
    assert!(page.contains("<p class=\"step\">Wait &lt;three&gt;[2J seconds</p>") && page.contains("Ask, then listen"));
    assert!(!report.to_json().to_string().contains("listen"));
}

/// A coach marked moments to talk about, and found them nowhere afterwards.
#[test]
fn what_was_marked_is_in_every_form() {
    let marked = [870.0, 123.4, 123.4, 124.2].map(Sample::from_seconds).to_vec();
    let report = report(&session(), Decision::Kept, &Numbers { marked, duration_s: 900.0, ..numbers() });
    assert_eq!(report.to_json()["marks"], serde_json::json!([123.4, 124.2, 870.0]));
    assert!(report.to_text(80, false).contains("\nMarked: 2:03, 2:04, 14:30\n"), "{}", report.to_text(80, false));
    let page = page(&report);
    assert!(page.contains("<p class=\"soft\">Marked: 2:03, 2:04, 14:30</p>"));
    assert!(page.contains("somebody marked 2:03, 2:04.") && page.contains("<i class=\"moment\"></i>"), "{page}");
    let none = super::report(&session(), Decision::Kept, &numbers());
    assert!(!none.to_text(80, false).contains("Marked") && !super::page(&none).contains("moment\""));
}

#[test]
fn a_three_hour_page_stays_small() {
    let text: Vec<String> =
        (0..4000).map(|turn| format!("{} {} {}", ["a", "b"][turn % 2], turn * 3, turn * 3 + 2)).collect();
    let long = Numbers { duration_s: 12_000.0, spans: spans(&text.join(",")), ..numbers() };
    assert!(page(&report(&session(), Decision::Kept, &long)).len() < 300_000);
}

/// A session whose words were coded: forty utterances of the coach.
#[test]
fn nothing_is_made_of_words_when_nobody_knows_whose_they_are() {
    // Of a session where one voice was heard, which is taken for the coach's, the coachee's whole story was told as telling.
    for doubt in ["one_voice", "silent_track"] {
        let unknown = Numbers { doubts: vec![doubt.to_owned()], words_decoded: true, ..numbers_with_words() };
        let report = report(&session(), Decision::Kept, &unknown);
        let json = report.to_json();
        assert_eq!(json.pointer("/directiveness/index"), Some(&Value::Null), "{doubt}");
        assert_eq!(json.pointer("/wait_time/after_question/count"), json.pointer("/wait_time/after_answer/count"));
        let text = report.to_text(80, false);
        assert!(
            !text.contains("elling was") && text.matches(crate::texts::say!("report-not-enough")).count() >= 2,
            "{text}"
        );
    }
}

fn numbers_with_words() -> Numbers {
    let code = Code::certain;
    let coach = |at: u64, which, form| Coded {
        span: seconds(at, at + 4),
        role: Some(Role::Coach),
        code: code(which, CoacheeMove::Initiation, form),
    };
    let coded: Vec<Coded> = (0..40u64)
        .flat_map(|round| {
            let at = round * 12;
            let (which, form) = match round % 4 {
                0 | 1 => (CoachMove::Question, Form::Open),
                2 => (CoachMove::Reflection, Form::Statement),
                _ => (CoachMove::Information, Form::Statement),
            };
            let answer = Coded {
                span: seconds(at + 4, at + 10),
                role: Some(Role::Coachee),
                code: code(CoachMove::Structure, CoacheeMove::Commitment, Form::Statement),
            };
            [coach(at, which, form), answer]
        })
        .collect();
    let numbers = numbers();
    let by_words = words(&coded, Some(&numbers.spans), numbers.duration_s, &[]);
    let marked = [123.4, 530.0, 123.4].map(Sample::from_seconds).to_vec();
    Numbers { by_words: Some(Box::new(by_words)), marked, ..numbers }
}

fn seconds(start: u64, end: u64) -> Span {
    Span::new(Sample::from_seconds(start as f64), Sample::from_seconds(end as f64)).unwrap()
}

#[test]
fn what_the_words_did_is_in_every_form() {
    let report = report(&session(), Decision::Kept, &numbers_with_words());
    let json = report.to_json();
    let table = [
        ("/moves/coach/question", Value::from(20)),
        ("/moves/coach_expected/reflection", 10.0.into()),
        ("/moves/coachee/commitment", 40.into()),
        ("/questions/share_open", 1.0.into()),
        ("/questions/ask_for/reasoning", 20.into()),
        ("/directiveness/index", 0.25.into()),
        ("/directiveness/ask_tell_ratio", 2.0.into()),
        ("/directiveness/reflections_to_questions", 0.5.into()),
        ("/ownership/coach_steps", 0.into()),
        ("/wait_time/after_question/count", 20.into()),
        ("/wait_time/after_question/share_3s", 0.0.into()),
    ];
    for (pointer, expected) in table {
        assert_eq!(json.pointer(pointer), Some(&expected), "{pointer}");
    }
    assert!(json.pointer("/directiveness/flanders/I_D").unwrap().is_f64());
    assert!(!json.to_string().contains("moves_not_coded"));
    // One line, so that wrapping does not matter.
    let text = report.to_text(100, false).split_whitespace().collect::<Vec<_>>().join(" ");
    let page = page(&report).replace('\u{a0}', " ");
    for said in ["was 25 % (", "40 in the coachee's own words", "After 20 questions of the coach", "25 % was telling"] {
        assert!(text.contains(said), "{said} in {text}");
        assert!(page.contains(&said.replace('\'', "&#39;")), "{said}");
    }
}

/// What stood in the vault before marks and lengths of waits were kept.
#[test]
fn an_older_session_shows_what_it_has() {
    let mut stored = serde_json::to_value(numbers_with_words()).unwrap();
    for words in stored["by_words"].as_array_mut().unwrap() {
        words.as_object_mut().unwrap().remove("marks");
        for waits in ["after_question", "after_answer"] {
            words["waiting"][waits].as_object_mut().unwrap().remove("ended_by");
        }
    }
    stored["doubts"] = serde_json::json!([]);
    let older: Numbers = serde_json::from_value(stored).unwrap();
    let report = report(&session(), Decision::Kept, &older);
    let (text, page, json) = (report.to_text(80, false), page(&report), report.to_json());
    assert!(text.contains("After 20 questions of the coach") && page.contains("After 20 questions of the coach"));
    assert!(!text.contains("quiet for:") && !page.contains(">quiet for<") && !page.contains("over the session"));
    assert_eq!((&json["course"], &json["wait_time"]["after_question"]["pauses"]["none"]), (&Value::Null, &Value::Null));
    assert!(page.contains("Who spoke when") && !page.contains("class=\"marked\""));
}

/// Of whom the roles now call the coachee, no utterance is told apart in the clear.
#[test]
fn exchanged_roles_leave_no_mark() {
    let swapped = numbers_with_words().swapped();
    assert!(!serde_json::to_string(&swapped).unwrap().contains("at_s"));
    assert!(serde_json::to_string(&numbers_with_words()).unwrap().contains("at_s"));
    let said = |doubts: Vec<String>| page(&report(&session(), Decision::Kept, &Numbers { doubts, ..swapped.clone() }));
    assert!(!said(Vec::new()).contains("over the session"));
    // Where there was one, it says why it is gone.
    let report = report(&session(), Decision::Kept, &swapped.swapped());
    for shown in [report.to_text(1000, false), page(&report)] {
        assert_eq!(shown.matches("since the roles were exchanged").count(), 1, "{shown}");
    }
    let unmarked = Numbers { doubts: vec!["echo".to_owned()], ..numbers() };
    assert_eq!(unmarked.swapped().doubts, unmarked.doubts, "nothing was lost");
    // Where nobody said who the coach is there was none, and it says why.
    assert!(said(vec!["roles_assumed".to_owned()]).contains("nobody said who of you is the coach"));
}

#[test]
fn each_caveat_stands_once_beside_its_number() {
    let doubted =
        Numbers { doubts: vec!["echo".to_owned(), "recovered".to_owned()], recovered: true, ..numbers_with_words() };
    for numbers in [doubted, numbers(), Numbers::default()] {
        let report = report(&session(), Decision::Kept, &numbers);
        let (text, page) = (report.to_text(100, false), page(&report));
        for caveat in &report.caveats {
            let first = caveat.message.split(['.', '`', '\'', '"']).find(|part| part.len() > 10).unwrap();
            assert_eq!(page.matches(first).count(), 1, "{first}");
        }
        assert_eq!(text.matches("\n  - ").count(), report.caveats.len(), "{text}");
    }
}

#[test]
fn words_that_must_not_be_used_are_in_no_number() {
    let demo = Numbers { word_numbers_unusable: Some("demo_model".to_owned()), ..numbers_with_words() };
    let json = report(&session(), Decision::Kept, &demo).to_json();
    for null in [
        "moves/coach/question",
        "questions/open",
        "directiveness/index",
        "ownership/share",
        "wait_time/after_answer/count",
    ] {
        assert_eq!(json.pointer(&format!("/{null}")), Some(&Value::Null), "{null}");
    }
}

/// The contract, with `report --json` in it word for word, and what was added since.
const CONTRACT: &str = r#"{
  "session": "01J...", "coachee": "NAME", "started_at": "RFC 3339", "duration_s": 1800.0,
  "stance": {"coach": "facilitative", "coachee": null}, "tracks": 1,
  "models": {"whisper": "demo.en", "speaker": "...", "moves": "..."},
  "speech": {"coach_s": 0, "coachee_s": 0, "overlap_s": 0, "silence_s": 0, "unattributed_s": 0},
  "talk_ratio": {"coach": 0.43, "low": 0.41, "high": 0.45},
  "turns": {"coach": {"count": 0, "median_s": 0, "longest_s": 0}, "coachee": {"count": 0, "median_s": 0, "longest_s": 0}},
  "wait_time": {"after_question": {"count": 0, "share_3s": 0, "low": 0, "high": 0, "filled_by_coach": 0,
                                   "pauses": {"none": 0, "under_1s": 0, "from_1s": 0, "from_2s": 0, "from_3s": 0, "from_4s": 0,
                                              "from_5s": 0},
                                   "pauses_filled_by_coach": {"none": 0, "under_1s": 0, "from_1s": 0, "from_2s": 0, "from_3s": 0,
                                                              "from_4s": 0, "from_5s": 0}},
                "after_answer": {"count": 0, "share_3s": 0, "low": 0, "high": 0,
                                 "pauses": {"none": 0, "under_1s": 0, "from_1s": 0, "from_2s": 0, "from_3s": 0, "from_4s": 0,
                                            "from_5s": 0}}},
  "interruptions": {"by_coach": null, "by_coachee": null},
  "moves": {"coach": {"question": 0, "reflection": 0, "affirmation": 0, "support": 0, "autonomy": 0, "information": 0,
                      "advice": 0, "advice_invited": 0, "direction": 0, "confrontation": 0, "structure": 0, "backchannel": 0},
            "coach_expected": {"question": 0, "reflection": 0, "affirmation": 0, "support": 0, "autonomy": 0, "information": 0,
                      "advice": 0, "advice_invited": 0, "direction": 0, "confrontation": 0, "structure": 0, "backchannel": 0},
            "coachee": {"response": 0, "initiation": 0, "noticing": 0, "reasoning": 0, "alternatives": 0, "commitment": 0, "backchannel": 0}},
  "questions": {"open": 0, "closed": 0, "share_open": 0.6, "low": 0, "high": 0,
                "ask_for": {"noticing": 0, "reasoning": 0, "alternatives": 0, "other": 0}},
  "directiveness": {"index": 0.31, "low": 0.24, "high": 0.39, "ask_tell_ratio": 2.1, "reflections_to_questions": 0.8,
                    "flanders": {"I_D": 1.4, "i_d": 2.2}},
  "marks": [12.3],
  "course": [{"from_s": 0, "to_s": 120, "telling": 0, "asking": 0}],
  "ownership": {"coachee_steps": 0, "coach_steps": 0, "share": null, "low": null, "high": null},
  "health": {"dropped_s": 0, "gaps": 0, "recovered": false},
  "decision": "undecided|kept|deleted|taken", "caveats": [{"code": "short_session", "message": "..."}]
}"#;

/// Every path to a value; all elements of an array are one.
fn paths(value: &Value, path: &str, into: &mut BTreeSet<String>) {
    match value {
        Value::Object(fields) => fields.iter().for_each(|(key, value)| paths(value, &format!("{path}.{key}"), into)),
        Value::Array(elements) => elements.iter().for_each(|value| paths(value, &format!("{path}[]"), into)),
        _ => drop(into.insert(path.to_owned())),
    }
}

fn strings(value: &Value, into: &mut Vec<String>) {
    match value {
        Value::Object(fields) => fields.values().for_each(|value| strings(value, into)),
        Value::Array(elements) => elements.iter().for_each(|value| strings(value, into)),
        Value::String(text) => into.push(text.clone()),
        _ => {}
    }
}

#[test]
fn the_keys_are_the_contracts() {
    let mut expected = BTreeSet::new();
    paths(&serde_json::from_str(CONTRACT).unwrap(), "", &mut expected);
    for numbers in [numbers(), Numbers::default(), numbers_with_words()] {
        let mut found = BTreeSet::new();
        let mut json = report(&session(), Decision::Kept, &numbers).to_json();
        if json["course"].is_null() {
            json["course"] = serde_json::json!([{"from_s": null, "to_s": null, "telling": null, "asking": null}]);
        }
        if json["marks"] == serde_json::json!([]) {
            json["marks"] = serde_json::json!([null]);
        }
        paths(&json, "", &mut found);
        assert_eq!(found, expected);
    }
}

#[test]
fn the_values() {
    let json = report(&session(), Decision::Kept, &numbers()).to_json();
    let table = [
        ("/session", Value::from(ID)),
        ("/duration_s", 600.0.into()),
        ("/stance/coach", "facilitative".into()),
        ("/stance/coachee", Value::Null),
        ("/models/whisper", "base.en".into()),
        ("/models/moves", Value::Null),
        ("/speech/coach_s", 200.0.into()),
        ("/speech/silence_s", 100.0.into()),
        ("/talk_ratio/coach", 0.4.into()),
        ("/talk_ratio/low", 0.357.into()),
        ("/talk_ratio/high", 0.443.into()),
        ("/turns/coachee/count", 50.into()),
        ("/turns/coachee/median_s", 6.0.into()),
        ("/interruptions/by_coach", Value::Null),
        ("/directiveness/index", Value::Null),
        ("/decision", "kept".into()),
        ("/caveats/0/code", "roles_assumed".into()),
    ];
    for (pointer, expected) in table {
        assert_eq!(json.pointer(pointer), Some(&expected), "{pointer}");
    }
    assert_eq!(
        report(&session(), Decision::Kept, &Numbers::default()).to_json().pointer("/talk_ratio/coach"),
        Some(&Value::Null)
    );
}

/// Minutes were those of speech with "mm hm", beside a percentage without.
#[test]
fn minutes_and_percent_are_of_the_same_talk() {
    let mut numbers = numbers_with_words();
    for words in numbers.by_words.as_deref_mut().unwrap() {
        words.backchannels_s.coach = 100.0;
    }
    let text = report(&session(), Decision::Kept, &numbers).to_text(80, false);
    let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
    // Of 200 and 300 seconds of speech 100 of the coach's were "mm hm".
    for said in [" 25 % 1 min 40 s", " 75 % 5 min", "Silence 1 min 40 s, “mm hm” 1 min 40 s."] {
        assert!(text.contains(said), "{said} in {text}");
    }
}

#[test]
fn consent_that_was_asserted_is_a_caveat() {
    let mut session = session();
    session.consent.asserted = true;
    let json = report(&session, Decision::Undecided, &numbers()).to_json().to_string();
    assert!(json.contains(r#""code":"consent_asserted""#));
}

/// Every string is the id, the name, the start, a model's name, or one of the closed sets.
fn holds_no_word(json: &Value, session: &Session, models: &Models) -> bool {
    let mut allowed: BTreeSet<String> =
        [session.id.to_string(), session.coachee.clone(), session.started_at.clone(), models.whisper.clone()].into();
    allowed.extend(models.speaker.iter().chain(&models.moves).cloned());
    for stance in [Stance::Directive, Stance::Collaborative, Stance::Facilitative] {
        allowed.insert(stance.name().to_owned());
    }
    allowed.extend(["undecided", "kept", "deleted", "taken"].map(str::to_owned));
    for caveat in Caveat::ALL {
        allowed.insert(caveat.code().to_owned());
        allowed.insert(caveat.message().replace("SESSION", &session.id.to_string()));
    }
    let mut found = Vec::new();
    strings(json, &mut found);
    found.iter().all(|text| allowed.contains(text))
}

#[test]
fn the_schema_has_no_field_that_can_hold_a_word() {
    // Even where a string gets in, none comes out.
    let numbers =
        Numbers { doubts: vec![CANARY.to_owned()], word_numbers_unusable: Some(CANARY.to_owned()), ..numbers() };
    let (session, report) = (session(), report(&session(), Decision::Undecided, &numbers));
    assert!(holds_no_word(&report.to_json(), &session, &numbers.models));
    let outward = [report.to_json().to_string(), report.to_text(200, true), page(&report), rttm(&session.id, &numbers)];
    assert!(CANARY.split(' ').all(|word| outward.iter().all(|form| !form.contains(word))));
}

proptest! {
    #[test]
    fn any_numbers_make_a_report(numbers in any_numbers(), width in 0usize..200, color: bool) {
        let (session, report) = (session(), report(&session(), Decision::Undecided, &numbers));
        let json = report.to_json();
        prop_assert!(json.is_object() && holds_no_word(&json, &session, &numbers.models));
        for number in ["duration_s", "speech/coach_s", "speech/silence_s", "health/dropped_s"] {
            prop_assert!(json.pointer(&format!("/{number}")).is_some_and(Value::is_f64), "{number}");
        }
        prop_assert!(!report.to_text(width, color).contains("NaN"));
        let page = page(&report);
        prop_assert!(!page.contains("NaN") && !page.contains("inf") && page.len() < 100_000);
    }

    #[test]
    fn lines_fit_the_sheet(numbers in any_numbers(), width in 48usize..101) {
        let mut numbers = numbers;
        numbers.spans.retain(|span| span.span.end().seconds() < 1e6);
        numbers.dropped_s = numbers.dropped_s.min(60.0);
        let text = report(&session(), Decision::Undecided, &Numbers { duration_s: 100.0, ..numbers }).to_text(width, false);
        for line in text.lines().filter(|line| !line.contains("sidetone ")) {
            prop_assert!(line.chars().count() <= width, "{line}");
        }
    }
}
