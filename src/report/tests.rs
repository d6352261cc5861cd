//! The report's forms as wholes, and the promise that none can hold a word.

use std::collections::BTreeSet;

use proptest::prelude::*;
use serde_json::Value;

use super::*;
use crate::{
    measures::{
        Models,
        properties::{any_numbers, spans},
        words,
    },
    moves::{CoachMove, CoacheeMove, Code, Coded, Form},
    session::{Consent, Role, Stance},
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

#[test]
fn the_text_at_80_columns() {
    let expected = "\
Session with Ana
2026-11-24 09:00 UTC · 10 min · one microphone

How the talk was shared
  Coach    ███████████████████▎····························  40 %     3 min 20 s
  Coachee  ████████████████████████████▊···················  60 %          5 min
  The coach's share lies between 35 and 45 %.
  Silence 1 min 40 s.

Turns            how many       typical       longest
  Coach                50           4 s           4 s
  Coachee              50           6 s           6 s

What you meant it to be
  The coach meant it to be facilitative (the coachee finds the way).
  Of all talk, 40 % was the coach's. Who talks how long is one part of it; what
  is said in that time is the larger one.

One thing to try next
  Nothing is chosen yet: `sidetone report 01ARZ3NDEKTSV4RRFFQ69G5FAV --next`
  offers a few.

Good to know
  - Whoever spoke first was taken for the coach. If that is the wrong way round:
    `sidetone swap 01ARZ3NDEKTSV4RRFFQ69G5FAV`.
  - Interruptions are not counted: with one microphone, two people speaking at
    once cannot be told apart well enough.
  - Questions, advice, waiting and next steps are not counted: there are no
    words to count them by.
  - \"Mm hm\" and the like count as talk.

The words
  Sealed to Ana, who alone can read them and decides what becomes of them:
    sidetone open 01ARZ3NDEKTSV4RRFFQ69G5FAV
";
    assert_eq!(report(&session(), "undecided", &numbers()).to_text(80, false), expected);
}

#[test]
fn the_text_of_two_microphones_at_60_columns() {
    let expected = "\
Session with Ana
2026-11-24 09:00 UTC · 10 min · two microphones

How the talk was shared
  Coach    ███████████▎················  40 %     3 min 20 s
  Coachee  ████████████████▊···········  60 %          5 min
  The coach's share lies between 38 and 42 %.
  Silence 1 min 40 s, lost 1.3 s.

Turns            how many       typical       longest
  Coach                50           4 s           4 s
  Coachee              50           6 s           6 s
  Nobody took over while the other spoke.

What you meant it to be
  The coach: facilitative (the coachee finds the way). Ana:
  directive (the coach shows the way).
  Of all talk, 40 % was the coach's. Who talks how long is
  one part of it; what is said in that time is the larger
  one.

One thing to try next
  Nothing is chosen yet:
  `sidetone report 01ARZ3NDEKTSV4RRFFQ69G5FAV --next` offers
  a few.

Good to know
  - The computer was too busy to keep all of the sound; what
    was lost is in no number. Close other programs next
    time.
  - Questions, advice, waiting and next steps are not
    counted: there are no words to count them by.
  - \"Mm hm\" and the like count as talk.

The words
  Ana had them deleted. These numbers are what is left.
";
    let two = Numbers { tracks: 2, doubts: Vec::new(), dropped_s: 1.25, ..numbers() };
    let session = Session { coachee_stance: Some(Stance::Directive), ..session() };
    assert_eq!(report(&session, "deleted", &two).to_text(60, false), expected);
}

#[test]
fn the_text_of_too_little() {
    let expected = "\
Session with Ana
2026-11-24 09:00 UTC · 10 min · one microphone

How the talk was shared
  Not enough to say.
  Silence 9 min 42 s, unclear who 1 s.

Turns            how many       typical       longest
  Coach                 1       too few          10 s
  Coachee               1       too few           7 s

What you meant it to be
  Nobody said beforehand; `--stance` at the start is for that.

One thing to try next
  Nothing is chosen yet:
  `sidetone report 01ARZ3NDEKTSV4RRFFQ69G5FAV --next` offers a few.

Good to know
  - Of less than half a minute of talk it is clear whose it was: not
    enough to say how it was shared.
  - Whoever spoke first was taken for the coach. If that is the wrong
    way round: `sidetone swap 01ARZ3NDEKTSV4RRFFQ69G5FAV`.
  - There were few turns, so their typical length may be chance.
  - Interruptions are not counted: with one microphone, two people
    speaking at once cannot be told apart well enough.
  - Questions, advice, waiting and next steps are not counted: there are
    no words to count them by.
  - \"Mm hm\" and the like count as talk.

The words
  None could be decoded. The sound stays sealed to Ana, who may try
  again:
    sidetone transcript redo 01ARZ3NDEKTSV4RRFFQ69G5FAV
";
    let short = Numbers { spans: spans("a 0 10, b 11 18, ? 20 21"), words_decoded: false, ..numbers() };
    let session = Session { coach_stance: None, ..session() };
    assert_eq!(report(&session, "undecided", &short).to_text(72, false), expected);
}

#[test]
fn colour_adds_nothing_but_colour() {
    let report = report(&session(), "kept", &numbers());
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
    assert!(!report(&session, "undecided", &numbers()).to_text(80, false).contains('\u{1b}'));
}

#[test]
fn a_name_cannot_steer_the_page() {
    let session = Session {
        coachee: "<script>\"&'".to_owned(),
        coach_stance: None,
        coachee_stance: Some(Stance::Directive),
        ..session()
    };
    let page = page(&report(&session, "undecided", &numbers()));
    assert!(page.contains("<title>Session with &lt;script&gt;&quot;&amp;&#39;</title>"));
    assert!(!page.contains("<script"));
}

#[test]
fn the_page_needs_nothing_else_and_says_what_the_text_says() {
    let report = report(&session(), "undecided", &numbers());
    let page = page(&report);
    for forbidden in ["<script", "http://", "https://", "src=", "href=", "url(", "@import"] {
        assert!(!page.contains(forbidden), "{forbidden}");
    }
    let said = [
        "<h1>Session with Ana</h1>",
        "<strong>40 %</strong>",
        "The coach&#39;s share lies between 35 and 45 %.",
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
    let report = report(&session(), "kept", &numbers()).with_steps(steps);
    let text = report.to_text(80, false);
    let opens = "\nTo try this time\n  Wait <three>[2J seconds\n  The coach chose this after the session on 2026-11-20.\n\nHow the talk";
    assert!(text.contains(opens), "{text}");
    assert!(text.contains("\nOne thing to try next\n  Ask, then listen\n"), "{text}");
    let page = page(&report);
    assert!(page.contains("<p class=\"step\">Wait &lt;three&gt;[2J seconds</p>") && page.contains("Ask, then listen"));
    assert!(!report.to_json().to_string().contains("listen"));
}

#[test]
fn a_three_hour_page_stays_small() {
    let text: Vec<String> =
        (0..4000).map(|turn| format!("{} {} {}", ["a", "b"][turn % 2], turn * 3, turn * 3 + 2)).collect();
    let long = Numbers { duration_s: 12_000.0, spans: spans(&text.join(",")), ..numbers() };
    assert!(page(&report(&session(), "kept", &long)).len() < 300_000);
}

/// A session whose words were coded: forty utterances of the coach.
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
    let by_words = words(&coded, Some(&numbers.spans), numbers.duration_s);
    Numbers { by_words: Some(Box::new(by_words)), ..numbers }
}

fn seconds(start: u64, end: u64) -> Span {
    Span::new(Sample::from_seconds(start as f64), Sample::from_seconds(end as f64)).unwrap()
}

#[test]
fn what_the_words_did_is_in_every_form() {
    let report = report(&session(), "kept", &numbers_with_words());
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

#[test]
fn words_that_must_not_be_used_are_in_no_number() {
    let demo = Numbers { word_numbers_unusable: Some("demo_model".to_owned()), ..numbers_with_words() };
    let json = report(&session(), "kept", &demo).to_json();
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

/// The contract, with `report --json` in it word for word.
const CONTRACT: &str = r#"{
  "session": "01J...", "coachee": "NAME", "started_at": "RFC 3339", "duration_s": 1800.0,
  "stance": {"coach": "facilitative", "coachee": null}, "tracks": 1,
  "models": {"whisper": "demo.en", "speaker": "...", "moves": "..."},
  "speech": {"coach_s": 0, "coachee_s": 0, "overlap_s": 0, "silence_s": 0, "unattributed_s": 0},
  "talk_ratio": {"coach": 0.43, "low": 0.41, "high": 0.45},
  "turns": {"coach": {"count": 0, "median_s": 0, "longest_s": 0}, "coachee": {"count": 0, "median_s": 0, "longest_s": 0}},
  "wait_time": {"after_question": {"count": 0, "share_3s": 0, "low": 0, "high": 0, "filled_by_coach": 0},
                "after_answer": {"count": 0, "share_3s": 0, "low": 0, "high": 0}},
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
        paths(&report(&session(), "kept", &numbers).to_json(), "", &mut found);
        assert_eq!(found, expected);
    }
}

#[test]
fn the_values() {
    let json = report(&session(), "kept", &numbers()).to_json();
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
        report(&session(), "kept", &Numbers::default()).to_json().pointer("/talk_ratio/coach"),
        Some(&Value::Null)
    );
}

#[test]
fn consent_that_was_asserted_is_a_caveat() {
    let mut session = session();
    session.consent.asserted = true;
    let json = report(&session, "undecided", &numbers()).to_json().to_string();
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
    let (session, report) = (session(), report(&session(), CANARY, &numbers));
    assert!(holds_no_word(&report.to_json(), &session, &numbers.models));
    let outward = [report.to_json().to_string(), report.to_text(200, true), page(&report), rttm(&session.id, &numbers)];
    assert!(CANARY.split(' ').all(|word| outward.iter().all(|form| !form.contains(word))));
}

proptest! {
    #[test]
    fn any_numbers_make_a_report(numbers in any_numbers(), width in 0usize..200, color: bool) {
        let (session, report) = (session(), report(&session(), "undecided", &numbers));
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
        let text = report(&session(), "undecided", &Numbers { duration_s: 100.0, ..numbers }).to_text(width, false);
        for line in text.lines().filter(|line| !line.contains("sidetone ")) {
            prop_assert!(line.chars().count() <= width, "{line}");
        }
    }
}
