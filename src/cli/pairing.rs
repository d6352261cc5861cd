//! `sidetone pairing`: two people who work together, looked at by both.

mod goals;
mod picture;

use std::{io::Write, path::PathBuf};

use clap::{Subcommand, ValueEnum};
use jiff::civil::Date;

use super::{
    CliError, Config, ask,
    held::{self, coach, day, today},
    print_if_json, print_json, transcript,
    unlock::Unlock,
};
use crate::{
    practice::{self, Pairing},
    texts::say,
    vault::{Reader, VaultError, Writer},
};

#[derive(Debug, Subcommand)]
pub enum Command {
    /// Set up a pairing, together
    #[command(after_help = "Examples:\n  sidetone pairing add Hannah\n  \
        sidetone pairing add Hannah --start 2026-09-07 --review 2026-12-01\n  \
        sidetone pairing add Hannah --coach Bea\n      a second coach on this laptop\n\n\
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
    #[command(after_help = "Examples:\n  sidetone pairing review Hannah\n      the questions\n  \
        sidetone pairing review Hannah --held\n      we talked; again in three months\n  \
        sidetone pairing review Hannah --next 2027-06-01\n      we talked; again on that day")]
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
        sidetone pairing end Hannah --forget\n      and delete it with its goals")]
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
        let agreed =
            standing.is_none() || self.both_agree || ask::can_ask() && ask::yes(say!("pairing-standing-asked"))?;
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
                Some(file) => goals::read(&file, config)?,
                None if ask::can_ask() => goals::ask(&pairing.coachee)?,
                None => Vec::new(),
            };
            vault.add_pairing(&pairing)?;
            goals.iter().try_for_each(|goal| vault.add_goal(&pairing, goal).map(|_| ()))?;
            config.remark(say!("pairing-review-set", day = pairing.review_on.to_string()));
            picture::show(&vault, &pairing, config, out)
        }
        Command::Show { name: Some(name), coach: which, all } => {
            let found = match vault.pairing(&name, coach(which.as_deref())) {
                Err(VaultError::NoPairing(_)) if all => latest_ended(&vault, &name, coach(which.as_deref()))?,
                found => found?,
            };
            picture::show(&vault, &found, config, out)
        }
        Command::Show { name: None, coach: which, all } => {
            picture::overview(&vault, coach(which.as_deref()), all, config, out)
        }
        Command::Goals { who, unlock, add, from, delete } => {
            let pairing = who.find(&vault)?;
            if add || from.is_some() {
                let added = goals::add(&mut vault, &pairing, from.as_deref(), config)?;
                let sealed = serde_json::json!({"coachee": pairing.coachee, "added": added});
                return print_if_json(out, config, &sealed);
            }
            let identity = unlock.identity_of(&vault.coachee(&pairing.coachee)?)?;
            let all = Reader::open(&config.data_dir, identity.clone())?.goals(&pairing)?;
            let Some(number) = delete else { return goals::show(&all, config, out) };
            let goal = number.checked_sub(1).and_then(|index| all.get(index)).ok_or(VaultError::NoGoal)?;
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
                config.remark(say!("pairing-review-next", day = pairing.review_on.to_string()));
                return picture::show(&vault, &pairing, config, out);
            }
            picture::review(&vault, &pairing, config, out)
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
            picture::show(&vault, pairing, config, out)
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
                return print_json(out, &picture::as_json(&pairing, &[], &[]));
            }
            let name = &pairing.coachee;
            config.remark(say!("pairing-ended-now", name, who = held::typed(name)));
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
