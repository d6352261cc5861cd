//! No plain column can hold speech.

use super::*;

/// Every column that could hold text, and why it holds no speech. A new one fails here until somebody can say why.
const TEXT_COLUMNS: &[(&str, &str)] = &[
    ("coachees.name", "typed by the user, one line"),
    ("coachees.recipient", "a public key"),
    ("coachees.locked_identity", "an age file under a passphrase"),
    ("coachees.added_at", "a time"),
    ("coachees.held_by", "a public key"),
    ("sessions.id", "a ULID"),
    ("sessions.coachee", "refers to coachees.name"),
    ("sessions.recipient", "a public key"),
    ("sessions.started_at", "a time"),
    ("sessions.coach_stance", "one of three"),
    ("sessions.coachee_stance", "one of three"),
    ("sessions.consent_at", "a time"),
    ("sessions.model", "a model's name, one word"),
    ("sessions.state", "one of two"),
    ("sessions.keep_audio", "one of three"),
    ("sessions.decision", "one of four"),
    ("sessions.delete_after", "a time"),
    ("sessions.notice_at", "a time"),
    ("sessions.numbers", "JSON of measures::Numbers, whose strings plain::numbers limits to codes and names of models"),
    ("transcripts.session", "a ULID"),
    ("transcripts.sealed", "sealed to the coachee"),
    ("next_steps.session", "a ULID"),
    ("next_steps.step", "the coach's own note, one line, typed where it is said that it is kept in the clear"),
    ("points.session", "a ULID"),
    ("progress.session", "a ULID"),
    ("receipts.at", "a time"),
    ("receipts.session", "a ULID"),
    ("receipts.what", "one of nine"),
    ("pairings.id", "a ULID"),
    ("pairings.coachee", "refers to coachees.name"),
    ("pairings.coach", "a name typed by the user, one line"),
    ("pairings.started_on", "a day"),
    ("pairings.review_on", "a day"),
    ("pairings.ended_on", "a day"),
    ("pairings.standing", "one of three"),
    ("quiet_weeks.pairing", "a ULID"),
    ("quiet_weeks.from_on", "a day"),
    ("quiet_weeks.to_on", "a day"),
    ("goals.id", "a ULID"),
    ("goals.pairing", "a ULID"),
    ("goals.sealed", "sealed to the coachee"),
    ("session_pairings.session", "a ULID"),
    ("session_pairings.pairing", "a ULID"),
    ("pulses.session", "a ULID"),
    ("pulses.id", "a ULID"),
    ("pulses.sealed", "sealed to the coachee"),
    ("trainings.done_on", "a day"),
    ("trainings.kind", "one of five"),
    ("trainings.with_whom", "typed by the coach about their own training, one line; of no session"),
    ("trainings.tried", "typed by the coach about their own training, one line; of no session"),
];

#[test]
fn no_plain_column_can_hold_speech() {
    let house = House::new();
    drop(house.writer());
    let raw = house.raw();
    let sql = "SELECT m.name || '.' || c.name FROM sqlite_schema m, pragma_table_info(m.name) c \
               WHERE m.type = 'table' AND c.type NOT IN ('INTEGER', 'REAL') ORDER BY 1";
    let mut select = raw.prepare(sql).unwrap();
    let found: Vec<String> = select.query_map([], |row| row.get(0)).unwrap().map(Result::unwrap).collect();
    let mut allowed: Vec<&str> = TEXT_COLUMNS.iter().map(|(column, _)| *column).collect();
    allowed.sort_unstable();
    assert_eq!(found, allowed);
    // STRICT, so that an INTEGER column takes no text.
    let lax: i64 = raw
        .query_row(
            "SELECT count(*) FROM pragma_table_list WHERE schema = 'main' AND type = 'table' \
        AND NOT strict AND name NOT LIKE 'sqlite_%'",
            [],
            |row| row.get(0),
        )
        .unwrap();
    assert_eq!(lax, 0);
    // And where the reason is a list or a length, the schema keeps to it.
    let id = house.finished(&mut house.writer()).to_string();
    let choices = ["coach_stance", "coachee_stance", "state", "keep_audio", "decision"];
    for column in choices.into_iter().chain(["numbers", "tracks", "swapped"]) {
        let sql = format!("UPDATE sessions SET {column} = ? WHERE id = ?");
        assert!(raw.execute(&sql, [CANARY, &id]).is_err(), "{column}");
    }
    let paired = crate::practice::Pairing::new("Ana", "", jiff::civil::date(2026, 9, 1));
    house.writer().add_pairing(&paired).unwrap();
    for column in ["started_on", "review_on", "ended_on", "standing", "allowance_min", "coachee", "id"] {
        assert!(raw.execute(&format!("UPDATE pairings SET {column} = ?"), [CANARY]).is_err(), "{column}");
    }
    for column in ["started_at", "consent_at", "delete_after", "notice_at", "model"] {
        let sql = format!("UPDATE sessions SET {column} = ? WHERE id = ?");
        assert!(raw.execute(&sql, [&CANARY.repeat(3), &id]).is_err(), "{column}");
    }
}
