//! What surrounds the sessions, as rows: pairings and the coach's own training in the clear, goals and answers sealed.

mod sealed;

use jiff::civil::Date;
use rusqlite::{Connection, OptionalExtension, Row, params};

use super::{
    Receipt, VaultError, Writer, plain,
    receipts::{self, What},
    writer::immediate,
};
use crate::{
    practice::{Kind, Pairing, PracticeId, Standing, Training, Weeks},
    session::SessionId,
};

/// A new note of a coach about their own training.
#[derive(Clone, Copy, Debug)]
pub struct Note<'a> {
    pub on: Date,
    pub kind: Kind,
    pub with: &'a str,
    pub tried: &'a str,
}

impl Writer {
    /// Sets up a pairing.
    ///
    /// # Errors
    /// When there is no such coachee, one with the same coach goes on, or the coach's name is no name.
    pub fn add_pairing(&mut self, pairing: &Pairing) -> Result<(), VaultError> {
        let coach = plain::line(&pairing.coach)?;
        let transaction = immediate(&mut self.connection)?;
        let coachee = super::writer::coachee(&transaction, &pairing.coachee)?.name;
        let here: bool = transaction.query_row(
            "SELECT EXISTS (SELECT 1 FROM pairings WHERE coachee = ? AND coach = ? AND ended_on IS NULL)",
            [&coachee, coach],
            |row| row.get(0),
        )?;
        if here {
            return Err(VaultError::PairingExists(coachee));
        }
        transaction.execute(
            "INSERT INTO pairings (id, coachee, coach, started_on, review_on, allowance_min) VALUES (?, ?, ?, ?, ?, 0)",
            params![
                pairing.id.to_string(),
                coachee,
                coach,
                pairing.started_on.to_string(),
                pairing.review_on.to_string()
            ],
        )?;
        update(&transaction, pairing)?;
        Ok(transaction.commit()?)
    }

    /// All pairings, also those that ended; by coachee, the earliest first.
    ///
    /// # Errors
    /// When the database fails.
    pub fn pairings(&self) -> Result<Vec<Pairing>, VaultError> {
        all(&self.connection)
    }

    /// The pairing with somebody that goes on; `coach` tells two of them apart.
    ///
    /// # Errors
    /// When there is no such coachee, no such pairing, or more than one.
    pub fn pairing(&self, coachee: &str, coach: Option<&str>) -> Result<Pairing, VaultError> {
        let coachee = self.coachee(coachee)?.name;
        let fits = |pairing: &Pairing| {
            pairing.coachee == coachee
                && pairing.ended_on.is_none()
                && coach.is_none_or(|coach| pairing.coach == coach.trim())
        };
        let mut found = self.pairings()?.into_iter().filter(fits);
        match (found.next(), found.next()) {
            (Some(only), None) => Ok(only),
            (None, _) => Err(VaultError::NoPairing(coachee)),
            _ => Err(VaultError::WhichPairing(coachee)),
        }
    }

    /// Stores review date, end, standing, allowance and quiet weeks as they are now.
    ///
    /// # Errors
    /// When it is not here any more.
    pub fn update_pairing(&mut self, pairing: &Pairing) -> Result<(), VaultError> {
        let transaction = immediate(&mut self.connection)?;
        update(&transaction, pairing)?;
        Ok(transaction.commit()?)
    }

    /// A pairing goes, with its goals; the sessions stay.
    ///
    /// # Errors
    /// When it is not here any more.
    pub fn forget_pairing(&mut self, pairing: &Pairing) -> Result<Receipt, VaultError> {
        self.erase_of_practice(subject(pairing.id)?, What::PairingDeleted, || {
            VaultError::NoPairing(pairing.coachee.clone())
        })
    }

    /// Says to which pairing a session belongs.
    ///
    /// # Errors
    /// When the session is not here, or with another coachee.
    pub fn assign(&mut self, session: SessionId, pairing: &Pairing) -> Result<(), VaultError> {
        let transaction = immediate(&mut self.connection)?;
        if super::sessions::get(&transaction, session)?.stored.session.coachee != pairing.coachee {
            return Err(VaultError::NoPairing(pairing.coachee.clone()));
        }
        transaction.execute(
            "INSERT OR REPLACE INTO session_pairings (session, pairing) VALUES (?, ?)",
            [session.to_string(), pairing.id.to_string()],
        )?;
        Ok(transaction.commit()?)
    }

    /// The pairing that somebody named for a session.
    ///
    /// # Errors
    /// When the database fails.
    pub fn assigned(&self, session: SessionId) -> Result<Option<PracticeId>, VaultError> {
        let sql = "SELECT pairing FROM session_pairings WHERE session = ?";
        let id: Option<String> = self.connection.query_row(sql, [session.to_string()], |row| row.get(0)).optional()?;
        id.map(|id| id.parse().map_err(|_| damaged())).transpose()
    }

    /// Notes the coach's own training; returns its number.
    ///
    /// # Errors
    /// When a text is longer than a line may be.
    pub fn log_training(&mut self, note: Note<'_>) -> Result<i64, VaultError> {
        let (with, tried) = (plain::line(note.with)?, plain::line(note.tried)?);
        self.connection.execute(
            "INSERT INTO trainings (done_on, kind, with_whom, tried) VALUES (?, ?, ?, ?)",
            params![note.on.to_string(), note.kind.name(), with, tried],
        )?;
        Ok(self.connection.last_insert_rowid())
    }

    /// The coach's own training, the earliest first.
    ///
    /// # Errors
    /// When the database fails.
    pub fn trainings(&self) -> Result<Vec<Training>, VaultError> {
        trainings(&self.connection)
    }

    /// Takes a note back.
    ///
    /// # Errors
    /// When there is no such note.
    pub fn remove_training(&mut self, number: i64) -> Result<(), VaultError> {
        match self.connection.execute("DELETE FROM trainings WHERE number = ?", [number])? {
            0 => return Err(VaultError::NoTraining(number)),
            _ => self.clean_up(),
        }
        Ok(())
    }

    fn erase_of_practice(
        &mut self,
        id: SessionId,
        what: What,
        missing: impl FnOnce() -> VaultError,
    ) -> Result<Receipt, VaultError> {
        let at = plain::time(self.now());
        let transaction = immediate(&mut self.connection)?;
        let receipt = erase(&transaction, id, what, &at)?.ok_or_else(missing)?;
        transaction.commit()?;
        self.clean_up();
        Ok(receipt)
    }
}

/// All pairings go that are somebody's, and their name goes from the coach's notes.
pub(super) fn erase_coachee(connection: &Connection, name: &str, at: &str) -> Result<Vec<Receipt>, VaultError> {
    let theirs = all(connection)?.into_iter().filter(|pairing| pairing.coachee == name);
    let receipts = theirs
        .map(|pairing| erase(connection, subject(pairing.id)?, What::PairingDeleted, at))
        .filter_map(Result::transpose)
        .collect::<Result<_, _>>()?;
    for note in trainings(connection)? {
        let kept = |text: &str| if mentions(text, name) { String::new() } else { text.to_owned() };
        let sql = "UPDATE trainings SET with_whom = ?, tried = ? WHERE number = ?";
        connection.execute(sql, params![kept(&note.with), kept(&note.tried), note.number])?;
    }
    Ok(receipts)
}

/// Whether a name stands in a text, as words of their own.
fn mentions(text: &str, name: &str) -> bool {
    let words = |text: &str| -> Vec<String> {
        text.to_lowercase().split(|letter: char| !letter.is_alphanumeric()).map(str::to_owned).collect()
    };
    let (text, name) = (words(text), words(name));
    text.windows(name.len()).any(|run| run == name)
}

/// Removes what `id` names and writes the receipt, in the caller's transaction; `None` when it is not here.
pub(super) fn erase(
    connection: &Connection,
    id: SessionId,
    what: What,
    at: &str,
) -> Result<Option<Receipt>, VaultError> {
    // What is sealed below it, and the rows that go, those that others refer to last.
    let (bytes, tables): (&str, &[(&str, &str)]) = match what {
        What::PairingDeleted => (
            "goals WHERE pairing",
            &[("goals", "pairing"), ("quiet_weeks", "pairing"), ("session_pairings", "pairing"), ("pairings", "id")],
        ),
        What::GoalDeleted => ("goals WHERE id", &[("goals", "id")]),
        What::AnswersDeleted => ("pulses WHERE id", &[("pulses", "id")]),
        _ => return Ok(None),
    };
    let key = id.to_string();
    let sql = format!("SELECT coalesce(sum(length(sealed)), 0) FROM {bytes} = ?");
    let bytes: i64 = connection.query_row(&sql, [&key], |row| row.get(0))?;
    let mut rows = 0;
    for (table, column) in tables {
        rows += connection.execute(&format!("DELETE FROM {table} WHERE {column} = ?"), [&key])?;
    }
    if rows == 0 {
        return Ok(None);
    }
    let receipt = Receipt {
        at: at.to_owned(),
        session: id,
        what: what.name().to_owned(),
        rows: rows as u64,
        files: 0,
        bytes: receipts::counted(bytes),
    };
    receipts::insert(connection, &receipt)?;
    Ok(Some(receipt))
}

fn all(connection: &Connection) -> Result<Vec<Pairing>, VaultError> {
    let sql = "SELECT id, coachee, coach, started_on, review_on, ended_on, standing, allowance_min FROM pairings \
               ORDER BY coachee, started_on, id";
    let mut select = connection.prepare(sql)?;
    let mut rows = select.query([])?;
    let mut pairings = Vec::new();
    while let Some(row) = rows.next()? {
        let standing: Option<String> = row.get(6)?;
        let id: String = row.get(0)?;
        pairings.push(Pairing {
            quiet: quiet_weeks(connection, &id)?,
            id: id.parse().map_err(|_| damaged())?,
            coachee: row.get(1)?,
            coach: row.get(2)?,
            started_on: day(row, 3)?,
            review_on: day(row, 4)?,
            ended_on: row.get::<_, Option<String>>(5)?.map(|_| day(row, 5)).transpose()?,
            standing: standing.and_then(|name| Standing::ALL.into_iter().find(|known| known.name() == name)),
            allowance_min: row.get(7)?,
        });
    }
    Ok(pairings)
}

fn trainings(connection: &Connection) -> Result<Vec<Training>, VaultError> {
    let sql = "SELECT number, done_on, kind, with_whom, tried FROM trainings ORDER BY done_on, number";
    let mut select = connection.prepare(sql)?;
    let mut rows = select.query([])?;
    let mut notes = Vec::new();
    while let Some(row) = rows.next()? {
        let kind: String = row.get(2)?;
        notes.push(Training {
            number: row.get(0)?,
            on: day(row, 1)?,
            kind: Kind::ALL.into_iter().find(|known| known.name() == kind).ok_or_else(damaged)?,
            with: row.get(3)?,
            tried: row.get(4)?,
        });
    }
    Ok(notes)
}

fn quiet_weeks(connection: &Connection, pairing: &str) -> Result<Vec<Weeks>, VaultError> {
    let mut select =
        connection.prepare("SELECT from_on, to_on FROM quiet_weeks WHERE pairing = ? ORDER BY from_on, to_on")?;
    let mut rows = select.query([pairing])?;
    let mut weeks = Vec::new();
    while let Some(row) = rows.next()? {
        weeks.push(Weeks::new(day(row, 0)?, day(row, 1)?).map_err(|_| damaged())?);
    }
    Ok(weeks)
}

fn update(connection: &Connection, pairing: &Pairing) -> Result<(), VaultError> {
    let id = pairing.id.to_string();
    let updated = connection.execute(
        "UPDATE pairings SET review_on = ?, ended_on = ?, standing = ?, allowance_min = ? WHERE id = ?",
        params![
            pairing.review_on.to_string(),
            pairing.ended_on.map(|day| day.to_string()),
            pairing.standing.map(Standing::name),
            pairing.allowance_min,
            id
        ],
    )?;
    if updated == 0 {
        return Err(VaultError::NoPairing(pairing.coachee.clone()));
    }
    connection.execute("DELETE FROM quiet_weeks WHERE pairing = ?", [&id])?;
    for weeks in &pairing.quiet {
        connection.execute(
            "INSERT INTO quiet_weeks (pairing, from_on, to_on) VALUES (?, ?, ?) ON CONFLICT DO NOTHING",
            [&id, &weeks.from().to_string(), &weeks.to().to_string()],
        )?;
    }
    Ok(())
}

fn day(row: &Row<'_>, column: usize) -> Result<Date, VaultError> {
    row.get::<_, String>(column)?.parse().map_err(|_| damaged())
}

/// What a receipt is about, by the same kind of id as a session's.
fn subject(id: PracticeId) -> Result<SessionId, VaultError> {
    id.to_string().parse().map_err(|_| damaged())
}

fn damaged() -> VaultError {
    VaultError::Database("a row about a pairing or a training is damaged".to_owned())
}

#[cfg(test)]
mod tests {
    use super::mentions;

    #[test]
    fn a_name_is_found_as_words_and_not_in_the_middle_of_one() {
        let table = [
            ("Ana", "Ana", true),
            ("with ANA's class", "Ana", true),
            ("an analysis of Anabel", "Ana", false),
            ("Zoë Ångström, Tom", "zoë ångström", true),
            ("Zoë Å.", "Zoë Ångström", false),
            ("", "Ana", false),
            ("Bea", "Ana Maria Lopez", false),
        ];
        for (text, name, found) in table {
            assert_eq!(mentions(text, name), found, "{text}");
        }
    }
}
