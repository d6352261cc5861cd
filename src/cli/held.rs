//! From what the vault keeps to what the rules of `practice` work on: the day it is, the sessions of a pairing, and the one
//! line that says that a review is due.

use jiff::{Zoned, civil::Date};

use super::CliError;
use crate::{
    measures::{self, measure},
    practice::{self, Held, Pairing},
    session::SessionId,
    texts::say,
    units::Share,
    vault::{self, Stored, Writer},
};

/// On the command line, the pairing whose coach has no name of their own.
const ME: &str = "me";

/// The day it is where this laptop is.
pub fn today() -> Date {
    Zoned::now().date()
}

/// A day as it is typed.
pub fn day(text: &str) -> Result<Date, CliError> {
    text.trim()
        .parse()
        .map_err(|_| CliError::user(format!("`{text}` is no day"), "write year, month and day: 2027-01-31"))
}

/// The coach that `--coach` names, as pairings store it.
pub fn coach(typed: Option<&str>) -> Option<&str> {
    typed.map(|typed| if typed.trim() == ME { "" } else { typed })
}

/// A name, of somebody or of a file, as it can be typed after a command.
pub fn typed(name: &str) -> String {
    let plain = name.chars().all(|letter| letter.is_alphanumeric() || matches!(letter, '-' | '_' | '.' | '/'));
    if plain { name.to_owned() } else { format!("'{}'", name.replace('\'', r"'\''")) }
}

/// A pairing as it can be typed after a command: with its coach, where another one of `theirs` goes on beside it.
pub fn typed_pairing(pairing: &Pairing, theirs: &[Pairing]) -> String {
    let name = typed(&pairing.coachee);
    let beside = theirs.iter().any(|other| other.id != pairing.id && other.ended_on.is_none());
    match pairing.coach.as_str() {
        "" if beside => format!("{name} --coach {ME}"),
        "" => name,
        coach => format!("{name} --coach {}", typed(coach)),
    }
}

/// A share as JSON has it: to a hundredth of a percent.
pub fn rounded(share: Option<Share>) -> Option<f64> {
    share.map(|share| (share.get() * 1e4).round() / 1e4)
}

/// The pair's own two numbers of a session, in one line; what there is too little of is left out.
pub fn numbers(held: &Held) -> String {
    let percent = |share: Share| format!("{:.0}", share.get() * 100.0);
    let talk = held.coach_share.map(|share| say!("held-talk", percent = percent(share)));
    let telling = held.telling.map(|share| say!("held-telling", percent = percent(share)));
    [talk, telling].into_iter().flatten().collect::<Vec<_>>().join("; ")
}

/// Of those sessions nobody knows the coach.
pub fn unsaid_line(unsaid: &[SessionId]) -> String {
    say!("held-unsaid", count = unsaid.len())
}

/// A session as the rules see it, if it has numbers: with those from which something may be concluded.
pub fn held(stored: &Stored) -> Option<Held> {
    let numbers = stored.numbers.as_ref()?;
    let session = &stored.session;
    let point = measures::point(&measure(numbers));
    Some(Held {
        session: session.id,
        on: vault::date(&session.started_at)?,
        minutes: numbers.duration_s.max(0.0) / 60.0,
        coach_share: point.talk.and_then(|talk| Share::of(talk.value, 1.0)),
        telling: point.telling.and_then(|telling| Share::of(telling.value, 1.0)),
    })
}

/// The sessions of a pairing, and those with the same coachee that nobody has said the coach of.
pub fn sessions(vault: &Writer, pairing: &Pairing) -> Result<(Vec<Held>, Vec<SessionId>), CliError> {
    let theirs = theirs(vault, &pairing.coachee)?;
    let (mut of_pairing, mut unsaid) = (Vec::new(), Vec::new());
    for stored in vault.sessions()?.iter().filter(|stored| stored.session.coachee == pairing.coachee) {
        let Some(held) = held(stored) else { continue };
        match practice::belongs_to(&theirs, held.on, vault.assigned(held.session)?) {
            Some(id) if id == pairing.id => of_pairing.push(held),
            // Before any pairing was set up, there is nothing to say.
            None if held.on >= pairing.started_on && theirs.len() > 1 => unsaid.push(held.session),
            _ => {}
        }
    }
    Ok((of_pairing, unsaid))
}

/// All pairings with somebody.
pub fn theirs(vault: &Writer, coachee: &str) -> Result<Vec<Pairing>, CliError> {
    Ok(vault.pairings()?.into_iter().filter(|pairing| pairing.coachee == coachee).collect())
}

/// The line that comes up for both, whatever the answers, once a review is due: for one coachee, or for all.
pub fn reviews_due(vault: &Writer, coachee: Option<&str>) -> Result<Vec<String>, CliError> {
    let today = today();
    let due =
        |pairing: &Pairing| coachee.is_none_or(|coachee| pairing.coachee == coachee) && pairing.review_is_due(today);
    vault.pairings()?.iter().filter(|pairing| due(pairing)).map(|pairing| review_line(vault, pairing)).collect()
}

pub fn review_line(vault: &Writer, pairing: &Pairing) -> Result<String, CliError> {
    let theirs = theirs(vault, &pairing.coachee)?;
    Ok(say!("held-review", name = &pairing.coachee, who = typed_pairing(pairing, &theirs)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_typed_so_that_a_shell_takes_them_whole() {
        for (name, expected) in
            [("Hannah", "Hannah"), ("Zoë Å", "'Zoë Å'"), ("O'Neil", r"'O'\''Neil'"), ("a;b", "'a;b'")]
        {
            assert_eq!(typed(name), expected);
        }
    }

    #[test]
    fn of_two_coaches_a_command_names_which() {
        // "pairing end Hannah" was advised where two coach her, and refused for that.
        let pairing = |coach: &str| Pairing::new("Hannah", coach, jiff::civil::date(2027, 1, 31));
        let (mine, beas) = (pairing(""), pairing("Bea"));
        let ended = Pairing { ended_on: Some(mine.started_on), ..beas.clone() };
        assert_eq!(typed_pairing(&mine, &[mine.clone(), ended]), "Hannah");
        let both = [mine.clone(), beas.clone()];
        assert_eq!(typed_pairing(&mine, &both), "Hannah --coach me");
        assert_eq!(typed_pairing(&beas, &both), "Hannah --coach Bea");
    }

    #[test]
    fn only_a_whole_day_is_a_day() {
        assert_eq!(day(" 2028-02-29 ").unwrap(), jiff::civil::date(2028, 2, 29));
        for wrong in ["", "29.2.2028", "2027-02-29", "tomorrow"] {
            assert!(day(wrong).is_err(), "{wrong}");
        }
    }
}
