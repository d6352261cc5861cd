//! What looking costs: a trend of 10,000 sessions, and the report of three hours. Prints a table, or with `--json` one object
//! of the same keys.
//!
//! Nothing is asserted: figures depend on the machine. The bars are beside them, for people to compare.

#[path = "../served/agreed.rs"]
mod agreed;
mod table;

use std::{
    hint::black_box,
    path::Path,
    time::{Duration, Instant},
};

use sidetone::{
    measures::{ByRole, Directiveness, Does, Interval, Mark, Numbers, RoleSpan, Waiting, Waits, WordNumbers},
    report,
    seal::Identity,
    session::{Decision, Role},
    units::{Sample, Span},
    vault::{KeepAudio, Writer},
};

const SESSIONS: u32 = 10_000;
const LONG_S: u64 = 3 * 3600;
/// A turn of each person takes so long together.
const ROUND_S: u64 = 9;
/// The best of so many.
const TRIES: usize = 10;

fn numbers(duration_s: u64) -> Numbers {
    let span = |start: u64, end: u64, role| {
        let ends = Span::new(Sample::from_seconds(start as f64), Sample::from_seconds(end as f64));
        ends.map(|span| RoleSpan { span, role: Some(role), confidence: 0.9 })
    };
    let rounds = || (0..duration_s).step_by(ROUND_S as usize);
    let spans = rounds().flat_map(|at| [span(at, at + 3, Role::Coach), span(at + 3, at + 8, Role::Coachee)]);
    let share = Some(Interval { value: 0.4, low: 0.3, high: 0.5 });
    let waits =
        Waits { count: 700, long: share, ended_by: ByRole { coach: [20; 7], coachee: [80; 7] }, ended_unclear: [0; 7] };
    let mark =
        |at: u64| Mark { at_s: at as u32, does: if at.is_multiple_of(4) { Does::Telling } else { Does::Asking } };
    let words = WordNumbers {
        directiveness: Directiveness { utterances: 1000, index: share, ..Directiveness::default() },
        waiting: Some(Waiting { after_question: waits, filled_by_coach: Some(0.2), after_answer: waits }),
        marks: rounds().map(mark).collect(),
        ..WordNumbers::default()
    };
    Numbers {
        by_words: Some(Box::new([words.clone(), WordNumbers { marks: Vec::new(), ..words }])),
        duration_s: duration_s as f64,
        tracks: 1,
        spans: spans.flatten().collect(),
        words_decoded: true,
        ..Numbers::default()
    }
}

/// One finished session of half an hour, and copies of its row.
fn fill(data: &Path) {
    let mut writer = Writer::open(data).unwrap();
    writer.add_coachee("B", &Identity::generate().to_recipient(), None).unwrap();
    let session = agreed::session("B");
    writer.begin(&session, KeepAudio::No).unwrap();
    writer.finish(session.id, &numbers(1800), &[], false).unwrap();
    drop(writer);
    let database = rusqlite::Connection::open(data.join("sidetone.db")).unwrap();
    let columns = "coachee, recipient, started_at, coach_stance, coachee_stance, tracks, consent_at, consent_wording, \
                   consent_asserted, model, state, keep_audio, decision, retention_days, delete_after, notice_at, recording, \
                   swapped, numbers";
    let sql = format!(
        "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {SESSIONS} - 1) \
         INSERT INTO sessions (id, {columns}) SELECT printf('01ARZ3NDEKTSV4RRFF%08d', i), {columns} FROM n, sessions \
         WHERE id = '{}'",
        session.id
    );
    database.execute_batch(&sql).unwrap();
}

fn best(mut work: impl FnMut()) -> f64 {
    let mut once = || {
        let begun = Instant::now();
        work();
        begun.elapsed()
    };
    let best: Duration = (0..TRIES).map(|_| once()).min().unwrap_or_default();
    best.as_secs_f64() * 1000.0
}

fn main() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    fill(&data);
    let begun = Instant::now();
    let points = Writer::open(&data).unwrap().points(None).unwrap();
    assert_eq!(points.len(), SESSIONS as usize);
    let first_ms = begun.elapsed().as_secs_f64() * 1000.0;
    let trend_ms = best(|| {
        let points = Writer::open(&data).unwrap().points(None).unwrap();
        black_box(report::trend(None, &points).to_text(80, false));
    });
    let (long, about) = (numbers(LONG_S), agreed::session("B"));
    let page = report::page(&report::report(&about, Decision::Kept, &long));
    let report_ms = best(|| drop(black_box(report::page(&report::report(&about, Decision::Kept, &long)))));
    table::print(&[
        ("trend_10000_first_ms".to_owned(), first_ms, "once, when the sessions are new to it"),
        ("trend_10000_ms".to_owned(), trend_ms, "< 100"),
        ("report_ms".to_owned(), report_ms, "< 200"),
        ("report_kb".to_owned(), page.len() as f64 / 1000.0, "< 1000"),
    ]);
}
