//! `sidetone pairing`: two people who work together, looked at by both.

use std::{io::Write, path::PathBuf};

use clap::{Subcommand, ValueEnum};
use jiff::civil::Date;
use serde_json::{Value, json};
use zeroize::Zeroizing;

use super::{
    CliError, Config, ask,
    held::{self, coach, day, today, typed_pairing},
    print_json, transcript,
    unlock::Unlock,
};
use crate::{
    practice::{self, Goal, Held, Pairing},
    report::length,
    transcript::Spoken,
    vault::{Reader, VaultError, Writer},
};

/// Longest goal, in letters: one that is longer is several.
const GOAL_MAX: usize = 500;

#[derive(Debug, Subcommand)]
pub enum Command {
    /// Set up a pairing, together
    #[command(after_help = "Examples:\n  sidetone pairing add Hannah\n  \
        sidetone pairing add Hannah --start 2026-09-07 --review 2026-12-01\n  \
        sidetone pairing add Hannah --coach Bea     a second coach on this laptop\n\n\
        The goals are the coachee's, in their words, and sealed to them.")]
    Add {
        #[command(flatten)]
        who: Who,
        /// The first day, when it is not today
        #[arg(long, value_name = "DATE")]
        start: Option<String>,
        /// When you both look at it again; three months after the start if nothing is said
        #[arg(long, value_name = "DATE")]
        review: Option<String>,
        /// The coachee's goals, one a line, from a file or `-` for standard input, instead of asking
        #[arg(long, value_name = "FILE")]
        goals: Option<PathBuf>,
        #[command(flatten)]
        standing: StandingArgs,
    },
    /// One pairing over time, for both; without a name, whom you work with
    #[command(after_help = "Examples:\n  sidetone pairing show Hannah\n  sidetone pairing show --all")]
    Show {
        /// The coachee
        name: Option<String>,
        /// Which coach, where more than one works with them here (`me`: the one without a name)
        #[arg(long, value_name = "WHO")]
        coach: Option<String>,
        /// Those that ended too
        #[arg(long)]
        all: bool,
    },
    /// The coachee's goals, after unlocking: read, add, delete
    #[command(after_help = "Examples:\n  sidetone pairing goals Hannah\n  sidetone pairing goals Hannah --add\n  \
        sidetone pairing goals Hannah --delete 2\n\n\
        What a goal is about is the coachee's business: a target from an appraisal is one only if they bring it.")]
    Goals {
        #[command(flatten)]
        who: Who,
        #[command(flatten)]
        unlock: Unlock,
        /// Add goals: asked for here, on a screen of their own
        #[arg(long, conflicts_with_all = ["from", "delete"])]
        add: bool,
        /// Add goals from a file, one a line, or `-` for standard input
        #[arg(long, value_name = "FILE", conflicts_with = "delete")]
        from: Option<PathBuf>,
        /// Delete this one
        #[arg(long, value_name = "NUMBER")]
        delete: Option<usize>,
    },
    /// The right pair, the right time, the right load? Questions for both
    #[command(after_help = "Examples:\n  sidetone pairing review Hannah                     the questions\n  \
        sidetone pairing review Hannah --held              we talked; again in three months\n  \
        sidetone pairing review Hannah --next 2027-06-01   we talked; again on that day")]
    Review {
        #[command(flatten)]
        who: Who,
        /// You talked about it: the next comes up in three months
        #[arg(long)]
        held: bool,
        /// You talked about it: when the next comes up
        #[arg(long, value_name = "DATE")]
        next: Option<String>,
        #[command(flatten)]
        standing: StandingArgs,
    },
    /// Say which coach a session was with, where two work with the same coachee
    #[command(after_help = "Example:\n  sidetone pairing session last --coach Bea")]
    Session {
        /// An id, the beginning of one, or `last`
        session: String,
        /// The coach (`me`: the one without a name)
        #[arg(long, value_name = "WHO")]
        coach: String,
    },
    /// End a pairing. Either of you may, today, and no reason is asked
    #[command(after_help = "Examples:\n  sidetone pairing end Hannah\n  \
        sidetone pairing end Hannah --forget    and delete it with its goals")]
    End {
        #[command(flatten)]
        who: Who,
        /// Delete it too, with its goals; the sessions stay until the coachee decides
        #[arg(long)]
        forget: bool,
    },
}

/// Which pairing.
#[derive(clap::Args, Clone, Debug)]
pub struct Who {
    /// The coachee
    name: String,
    /// Which coach, where more than one works with them here (`me`: the one without a name)
    #[arg(long, value_name = "WHO")]
    coach: Option<String>,
}

impl Who {
    pub fn find(&self, vault: &Writer) -> Result<Pairing, CliError> {
        Ok(vault.pairing(&self.name, coach(self.coach.as_deref()))?)
    }
}

/// How the two stand at work.
#[derive(clap::Args, Clone, Debug)]
pub struct StandingArgs {
    /// If both wish it noted: whether the coach manages the coachee, is senior to them, or neither
    #[arg(long, value_name = "HOW")]
    standing: Option<Standing>,
    /// Says that both wish it noted, instead of asking
    #[arg(long, requires = "standing")]
    both_agree: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Standing {
    Manages,
    Senior,
    Level,
    /// Note nothing (any more)
    Unsaid,
}

impl StandingArgs {
    /// Notes it, if both wish. Taking it back needs only one of them.
    fn apply(&self, pairing: &mut Pairing) -> Result<(), CliError> {
        let Some(standing) = self.standing else { return Ok(()) };
        let standing = match standing {
            Standing::Manages => Some(practice::Standing::Manages),
            Standing::Senior => Some(practice::Standing::Senior),
            Standing::Level => Some(practice::Standing::Level),
            Standing::Unsaid => None,
        };
        let agreed = standing.is_none()
            || self.both_agree
            || ask::can_ask() && ask::yes("Do you both wish it to be noted how you stand at work?")?;
        if !agreed {
            return Err(CliError::user(
                "how you stand at work is noted only if both of you wish it",
                "`--both-agree` says that you do; without `--standing` nothing is noted",
            ));
        }
        pairing.standing = standing;
        Ok(())
    }
}

pub fn run(command: Command, config: &Config, out: &mut dyn Write) -> Result<(), CliError> {
    let mut vault = Writer::open(&config.data_dir)?;
    match command {
        Command::Add { who, start, review, goals, standing } => {
            vault.coachee(&who.name)?;
            let start = start.as_deref().map_or(Ok(today()), day)?;
            let mut pairing = Pairing::new(&who.name, coach(who.coach.as_deref()).unwrap_or_default(), start);
            if let Some(review) = review {
                pairing.review_on = day(&review)?;
            }
            standing.apply(&mut pairing)?;
            let goals = match goals {
                Some(file) => read_goals(&file, config)?,
                None if ask::can_ask() => ask_goals(&pairing.coachee)?,
                None => Vec::new(),
            };
            vault.add_pairing(&pairing)?;
            goals.iter().try_for_each(|goal| vault.add_goal(&pairing, goal).map(|_| ()))?;
            config.remark(format!(
                "You look at it together on {}; either of you may end it before, without a reason.",
                pairing.review_on
            ));
            show_one(&vault, &pairing, config, out)
        }
        Command::Show { name: Some(name), coach: which, all } => {
            let found = match vault.pairing(&name, coach(which.as_deref())) {
                Err(VaultError::NoPairing(_)) if all => latest_ended(&vault, &name, coach(which.as_deref()))?,
                found => found?,
            };
            show_one(&vault, &found, config, out)
        }
        Command::Show { name: None, coach: which, all } => overview(&vault, coach(which.as_deref()), all, config, out),
        Command::Goals { who, unlock, add, from, delete } => {
            let pairing = who.find(&vault)?;
            if add || from.is_some() {
                let goals = match from {
                    Some(file) => read_goals(&file, config)?,
                    None if ask::can_ask() => ask_goals(&pairing.coachee)?,
                    None => {
                        return Err(CliError::user(
                            "there is no terminal to ask for the goals on",
                            "name a file, one goal a line: `--from FILE`",
                        ));
                    }
                };
                goals.iter().try_for_each(|goal| vault.add_goal(&pairing, goal).map(|_| ()))?;
                config.remark(format!("Sealed to {}, who alone can read them: {}.", pairing.coachee, goals.len()));
                return Ok(());
            }
            let identity = unlock.identity_of(&vault.coachee(&pairing.coachee)?)?;
            let goals = Reader::open(&config.data_dir, identity.clone())?.goals(&pairing)?;
            let Some(number) = delete else { return show_goals(&goals, config, out) };
            let goal = number.checked_sub(1).and_then(|index| goals.get(index)).ok_or(VaultError::NoGoal)?;
            transcript::gone(&vault.delete_goal(&pairing, goal.id, &identity)?, config, out)
        }
        Command::Review { who, held, next, standing } => {
            let mut pairing = who.find(&vault)?;
            let (before, today) = (pairing.clone(), today());
            standing.apply(&mut pairing)?;
            match next {
                Some(next) => pairing.review_on = later(day(&next)?, today)?,
                None if held => pairing.review_on = Pairing::next_review_after(today),
                None => {}
            }
            if pairing != before {
                vault.update_pairing(&pairing)?;
            }
            if pairing.review_on != before.review_on {
                config.remark(format!("The next comes up on {}.", pairing.review_on));
                return show_one(&vault, &pairing, config, out);
            }
            review(&vault, &pairing, config, out)
        }
        Command::Session { session, coach: which } => {
            let stored = vault.find(&session)?;
            let which = coach(Some(&which)).unwrap_or_default().trim();
            let theirs = held::theirs(&vault, &stored.session.coachee)?;
            let pairing = theirs
                .iter()
                .rfind(|pairing| pairing.coach == which)
                .ok_or_else(|| VaultError::NoPairing(stored.session.coachee.clone()))?;
            vault.assign(stored.session.id, pairing)?;
            show_one(&vault, pairing, config, out)
        }
        Command::End { who, forget } => {
            let mut pairing = who.find(&vault)?;
            if forget {
                return transcript::gone(&vault.forget_pairing(&pairing)?, config, out);
            }
            // Also when the clock was set back to before it began.
            pairing.ended_on = Some(today().max(pairing.started_on));
            vault.update_pairing(&pairing)?;
            if config.json {
                return print_json(out, &as_json(&pairing, &[], &[]));
            }
            config.remark(format!(
                "Ended. Nobody is told why. What was sealed to {} stays theirs; \
                 `sidetone coachee remove {}` deletes everything.",
                pairing.coachee,
                held::typed(&pairing.coachee)
            ));
            Ok(())
        }
    }
}

fn later(next: Date, today: Date) -> Result<Date, CliError> {
    if next > today {
        return Ok(next);
    }
    Err(CliError::user(format!("{next} is over"), "name a day to come: `--next DATE`, or `--held` for three months"))
}

fn latest_ended(vault: &Writer, name: &str, coach: Option<&str>) -> Result<Pairing, CliError> {
    let name = vault.coachee(name)?.name;
    let fits = |pairing: &Pairing| coach.is_none_or(|coach| pairing.coach == coach);
    let latest = held::theirs(vault, &name)?.into_iter().filter(fits).max_by_key(|pairing| pairing.ended_on);
    Ok(latest.ok_or(VaultError::NoPairing(name))?)
}

/// One goal a line, as the coachee wrote them.
fn goals_of(text: &str) -> Result<Vec<Spoken>, CliError> {
    let goals: Vec<Spoken> =
        text.lines().map(str::trim).filter(|line| !line.is_empty()).map(|line| Spoken::new(line.to_owned())).collect();
    if goals.iter().any(|goal| goal.words().chars().count() > GOAL_MAX) {
        return Err(CliError::user(
            format!("a goal has at most {GOAL_MAX} letters"),
            "write it as several, one a line",
        ));
    }
    Ok(goals)
}

fn read_goals(file: &std::path::Path, config: &Config) -> Result<Vec<Spoken>, CliError> {
    let goals = goals_of(&ask::text_of(file, config)?)?;
    if goals.is_empty() {
        return Err(CliError::user(format!("there is no goal in {}", file.display()), "write one a line"));
    }
    Ok(goals)
}

fn ask_goals(name: &str) -> Result<Vec<Spoken>, CliError> {
    ask::apart(|| {
        eprintln!("{name}, what do you want to work on? In your own words; they are sealed to you.");
        eprintln!("One a line; an empty line ends it.\n");
        let mut goals = Vec::new();
        while let Some(line) = ask::line(">")?.map(Zeroizing::new).filter(|line| !line.is_empty()) {
            goals.extend(goals_of(&line)?);
        }
        Ok(goals)
    })
}

fn show_goals(goals: &[Goal], config: &Config, out: &mut dyn Write) -> Result<(), CliError> {
    if config.json {
        let all: Vec<Value> =
            goals.iter().enumerate().map(|(at, goal)| json!({"number": at + 1, "goal": goal.text.words()})).collect();
        return print_json(out, &all);
    }
    if goals.is_empty() {
        config.remark("No goals yet: `sidetone pairing goals NAME --add`");
        return Ok(());
    }
    let mut text = Zeroizing::new(String::new());
    for (at, goal) in goals.iter().enumerate() {
        text.push_str(&format!("{:3}  ", at + 1));
        text.push_str(goal.text.words());
        text.push('\n');
    }
    transcript::apart(&text, out)
}

fn as_json(pairing: &Pairing, held: &[Held], unsaid: &[crate::session::SessionId]) -> Value {
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
fn show_one(vault: &Writer, pairing: &Pairing, config: &Config, out: &mut dyn Write) -> Result<(), CliError> {
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
fn overview(
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
fn review(vault: &Writer, pairing: &Pairing, config: &Config, out: &mut dyn Write) -> Result<(), CliError> {
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
    show_one(vault, pairing, config, out)?;
    writeln!(out)?;
    writeln!(out, "  You talked about it:    sidetone pairing review {who} --held")?;
    writeln!(out, "  More, or fewer, hours:  sidetone hours set {who} HOURS")?;
    Ok(writeln!(out, "  Enough, and no reason:  sidetone pairing end {who}")?)
}
