//! A pairing as its two people see it, and whom a coach works with.

use std::io::Write;

use serde_json::{Value, json};

use crate::{
    cli::{
        CliError, Config,
        held::{self, today, typed_pairing},
        print_json,
    },
    practice::{self, Held, Pairing},
    report::length,
    session::SessionId,
    texts::say,
    vault::Writer,
};

/// A pairing as JSON, with the sessions that were held.
pub fn as_json(pairing: &Pairing, held: &[Held], unsaid: &[SessionId]) -> Value {
    let picture = practice::picture(pairing, held);
    let session = |held: &Held| {
        json!({
            "session": held.session,
            "on": held.on.to_string(),
            "minutes": minutes(held.minutes),
            "coach_share": held::rounded(held.coach_share),
            "telling": held::rounded(held.telling),
        })
    };
    json!({
        "coachee": pairing.coachee,
        "coach": (!pairing.coach.is_empty()).then_some(&pairing.coach),
        "started_on": pairing.started_on.to_string(),
        "review_on": pairing.review_on.to_string(),
        "review_due": pairing.review_is_due(today()),
        "ended_on": pairing.ended_on.map(|day| day.to_string()),
        "standing": pairing.standing.map(practice::Standing::name),
        "held": picture.sessions,
        "minutes": minutes(picture.minutes),
        "longest_gap_days": picture.longest_gap_days,
        "sessions": held.iter().map(session).collect::<Vec<_>>(),
        "sessions_of_unsaid_coach": unsaid,
    })
}

fn minutes(minutes: f64) -> f64 {
    (minutes * 10.0).round() / 10.0
}

fn pair(pairing: &Pairing) -> String {
    if pairing.coach.is_empty() {
        return pairing.coachee.clone();
    }
    say!("pairing-pair", name = &pairing.coachee, coach = &pairing.coach)
}

fn title(pairing: &Pairing) -> String {
    let (pair, start) = (pair(pairing), pairing.started_on.to_string());
    match pairing.ended_on {
        Some(day) => say!("pairing-ended", pair, start, end = day.to_string()),
        None => say!("pairing-since", pair, start),
    }
}

/// The picture of one pairing: for both people.
pub fn show(vault: &Writer, pairing: &Pairing, config: &Config, out: &mut dyn Write) -> Result<(), CliError> {
    let (held, unsaid) = held::sessions(vault, pairing)?;
    if config.json {
        return print_json(out, &as_json(pairing, &held, &unsaid));
    }
    let picture = practice::picture(pairing, &held);
    writeln!(out, "{}", title(pairing))?;
    let (count, time) = (picture.sessions, length(picture.minutes * 60.0));
    let sessions = match picture.longest_gap_days {
        Some(days) if count > 1 => say!("pairing-sessions-apart", count, time, days),
        _ => say!("pairing-sessions", count, time),
    };
    writeln!(out, "  {sessions}")?;
    for held in &held {
        let numbers = match held::numbers(held) {
            none if none.is_empty() => say!("pairing-not-enough").to_owned(),
            numbers => numbers,
        };
        writeln!(out, "    {}  {:>12}  {numbers}", held.on, length(held.minutes * 60.0))?;
    }
    if !unsaid.is_empty() {
        writeln!(out, "  {}", held::unsaid_line(&unsaid))?;
    }
    if let Some(standing) = pairing.standing {
        writeln!(out, "  {}", say!("pairing-standing", standing = standing.name()))?;
    }
    if pairing.ended_on.is_none() {
        if pairing.review_is_due(today()) {
            writeln!(out, "  {}", held::review_line(vault, pairing)?)?;
        } else {
            writeln!(out, "  {}", say!("pairing-review-on", day = pairing.review_on.to_string()))?;
        }
    }
    Ok(())
}

/// Whom this coach works with: names and dates, and no number of anybody.
pub fn overview(
    vault: &Writer,
    coach: Option<&str>,
    all: bool,
    config: &Config,
    out: &mut dyn Write,
) -> Result<(), CliError> {
    let fits = |pairing: &Pairing| {
        coach.is_none_or(|coach| pairing.coach == coach.trim()) && (all || pairing.ended_on.is_none())
    };
    let pairings: Vec<Pairing> = vault.pairings()?.into_iter().filter(fits).collect();
    let mine: Vec<Pairing> =
        pairings.iter().filter(|pairing| pairing.coach == coach.map_or("", str::trim)).cloned().collect();
    let note = practice::all_point_downwards(&mine).then(|| say!("pairing-all-below"));
    if config.json {
        let all: Vec<Value> = pairings
            .iter()
            .map(|pairing| {
                json!({
                    "coachee": pairing.coachee,
                    "coach": (!pairing.coach.is_empty()).then_some(&pairing.coach),
                    "started_on": pairing.started_on.to_string(),
                    "review_on": pairing.review_on.to_string(),
                    "review_due": pairing.review_is_due(today()),
                    "ended_on": pairing.ended_on.map(|day| day.to_string()),
                })
            })
            .collect();
        return print_json(out, &json!({"pairings": all, "only_for_you": note}));
    }
    if pairings.is_empty() {
        config.remark(say!("pairing-none"));
    }
    for pairing in &pairings {
        let line = match pairing.ended_on {
            Some(_) => title(pairing),
            None => {
                let (start, review) = (pairing.started_on.to_string(), pairing.review_on.to_string());
                say!("pairing-under-way", pair = pair(pairing), start, review)
            }
        };
        writeln!(out, "{line}")?;
    }
    for pairing in pairings.iter().filter(|pairing| pairing.review_is_due(today())) {
        writeln!(out, "{}", held::review_line(vault, pairing)?)?;
    }
    if let Some(note) = note {
        config.remark(note);
    }
    Ok(())
}

/// What the two talk about. Nothing of what they say is kept.
pub fn review(vault: &Writer, pairing: &Pairing, config: &Config, out: &mut dyn Write) -> Result<(), CliError> {
    let questions =
        [say!("pairing-right-pair"), say!("pairing-right-time"), say!("pairing-right-load"), say!("pairing-change")];
    let who = typed_pairing(pairing, &held::theirs(vault, &pairing.coachee)?);
    if config.json {
        let (held, unsaid) = held::sessions(vault, pairing)?;
        return print_json(out, &json!({"questions": questions, "pairing": as_json(pairing, &held, &unsaid)}));
    }
    writeln!(out, "{}\n", say!("pairing-to-talk"))?;
    for question in questions {
        writeln!(out, "  {question}")?;
    }
    writeln!(out)?;
    show(vault, pairing, config, out)?;
    writeln!(out)?;
    writeln!(out, "  {:22}  sidetone pairing review {who} --held", say!("pairing-talked"))?;
    writeln!(out, "  {:22}  sidetone hours set {who} HOURS", say!("pairing-hours"))?;
    Ok(writeln!(out, "  {:22}  sidetone pairing end {who}", say!("pairing-enough"))?)
}
