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

fn title(pairing: &Pairing) -> String {
    let coach = if pairing.coach.is_empty() { String::new() } else { format!(", with {}", pairing.coach) };
    let ended = pairing.ended_on.map_or(String::new(), |day| format!(", ended {day}"));
    format!("{}{coach}: since {}{ended}", pairing.coachee, pairing.started_on)
}

/// The picture of one pairing: for both people.
pub fn show(vault: &Writer, pairing: &Pairing, config: &Config, out: &mut dyn Write) -> Result<(), CliError> {
    let (held, unsaid) = held::sessions(vault, pairing)?;
    if config.json {
        return print_json(out, &as_json(pairing, &held, &unsaid));
    }
    let picture = practice::picture(pairing, &held);
    writeln!(out, "{}", title(pairing))?;
    let gap = picture.longest_gap_days.map_or(String::new(), |days| format!("; at most {days} days apart"));
    match picture.sessions {
        0 => writeln!(out, "  No sessions yet.")?,
        1 => writeln!(out, "  One session, {}.", length(picture.minutes * 60.0))?,
        count => writeln!(out, "  {count} sessions, {} in all{gap}.", length(picture.minutes * 60.0))?,
    }
    for held in &held {
        let numbers = match held::numbers(held) {
            none if none.is_empty() => "not enough to say".to_owned(),
            numbers => numbers,
        };
        writeln!(out, "    {}  {:>12}  {numbers}", held.on, length(held.minutes * 60.0))?;
    }
    if !unsaid.is_empty() {
        writeln!(out, "  {}", held::unsaid_line(&unsaid))?;
    }
    if let Some(standing) = pairing.standing {
        writeln!(out, "  As you both wished it noted: {}.", standing_said(standing))?;
    }
    if pairing.ended_on.is_none() {
        if pairing.review_is_due(today()) {
            writeln!(out, "  {}", held::review_line(pairing))?;
        } else {
            writeln!(out, "  You look at it together on {}.", pairing.review_on)?;
        }
    }
    Ok(())
}

fn standing_said(standing: practice::Standing) -> &'static str {
    match standing {
        practice::Standing::Manages => "the coach manages the coachee",
        practice::Standing::Senior => "the coach is senior to the coachee",
        practice::Standing::Level => "neither is above the other",
    }
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
    let note = practice::all_point_downwards(&mine).then_some(
        "Only for you: you stand above everybody whom you work with here. That is how telling starts without anybody \
         meaning it. Is there somebody at your level, or above you, whom you could work with too?",
    );
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
        config.remark("No pairings: `sidetone pairing add NAME` sets one up, together.");
    }
    for pairing in &pairings {
        let next = if pairing.ended_on.is_some() { String::new() } else { format!(", review {}", pairing.review_on) };
        writeln!(out, "{}{next}", title(pairing))?;
    }
    for pairing in pairings.iter().filter(|pairing| pairing.review_is_due(today())) {
        writeln!(out, "{}", held::review_line(pairing))?;
    }
    if let Some(note) = note {
        config.remark(note);
    }
    Ok(())
}

/// What the two talk about. Nothing of what they say is kept.
pub fn review(vault: &Writer, pairing: &Pairing, config: &Config, out: &mut dyn Write) -> Result<(), CliError> {
    const QUESTIONS: [&str; 4] = [
        "Is this the right pair?",
        "Is it the right time?",
        "Is it the right load? Does this still fit your workload?",
        "What would each of you change?",
    ];
    let who = typed_pairing(pairing);
    if config.json {
        let (held, unsaid) = held::sessions(vault, pairing)?;
        return print_json(out, &json!({"questions": QUESTIONS, "pairing": as_json(pairing, &held, &unsaid)}));
    }
    writeln!(out, "For you both to talk about. Nothing of it is kept.\n")?;
    for question in QUESTIONS {
        writeln!(out, "  {question}")?;
    }
    writeln!(out)?;
    show(vault, pairing, config, out)?;
    writeln!(out)?;
    writeln!(out, "  You talked about it:    sidetone pairing review {who} --held")?;
    writeln!(out, "  More, or fewer, hours:  sidetone hours set {who} HOURS")?;
    Ok(writeln!(out, "  Enough, and no reason:  sidetone pairing end {who}")?)
}
