//! What a trend is made of: a row of a few measures for each session, made of its numbers once, because reading the numbers
//! of 10,000 sessions takes seconds. A trigger drops the row when the numbers change.

use std::collections::HashMap;

use rusqlite::{Connection, Row, params, params_from_iter};

use super::{State, VaultError, Writer, plain, sessions, writer::immediate};
use crate::{
    measures::{Dated, Interval, Point, Setting, measure, point},
    practice::{Pairing, belongs_to},
    session::SessionId,
};

/// Rises when a definition of a measure changes: rows of another version are made again.
const VERSION: u32 = 2;

/// Of an interval: value, low, high.
const COLUMNS: usize = 3;

const NAMES: &str = "talk, talk_low, talk_high, telling, telling_low, telling_high, \
    open_questions, open_questions_low, open_questions_high, waiting, waiting_low, waiting_high, \
    own_steps, own_steps_low, own_steps_high";

impl Writer {
    /// When each finished session began, how it was, and its measures, the earliest first; of one coachee, or of all.
    ///
    /// # Errors
    /// When there is no such coachee, or the database fails.
    pub fn points(&mut self, coachee: Option<&str>) -> Result<Vec<Dated>, VaultError> {
        let coachee = coachee.map(|name| self.coachee(name)).transpose()?.map(|coachee| coachee.name);
        self.make_points()?;
        let sql = format!(
            "SELECT {NAMES}, id, started_at, coachee, tracks, model FROM points JOIN sessions ON id = session \
             WHERE ?1 IS NULL OR coachee = ?1 ORDER BY started_at, id"
        );
        let mut select = self.connection.prepare(&sql)?;
        let rows = select.query_map([coachee], |row| Ok((row.get("id")?, dated(row)?)))?;
        let mut points: Vec<(String, Dated)> = rows.collect::<Result<_, _>>()?;
        self.name_coaches(&mut points)?;
        Ok(points.into_iter().map(|(_, dated)| dated).collect())
    }

    /// Says who coached, where somebody was coached by several.
    fn name_coaches(&self, points: &mut [(String, Dated)]) -> Result<(), VaultError> {
        let mut pairings: HashMap<String, Vec<Pairing>> = HashMap::new();
        for pairing in self.pairings()? {
            pairings.entry(pairing.coachee.clone()).or_default().push(pairing);
        }
        pairings.retain(|_, theirs| theirs.windows(2).any(|pair| pair.first().map(coach) != pair.last().map(coach)));
        for (id, dated) in points {
            let Some(theirs) = pairings.get(&dated.setting.coachee) else { continue };
            let session = id.parse().map_err(|_| sessions::damaged(id))?;
            let Some(day) = plain::date(&dated.started_at) else { continue };
            let pairing = belongs_to(theirs, day, self.assigned(session)?);
            dated.setting.coach = theirs.iter().find(|each| Some(each.id) == pairing).map(|each| each.coach.clone());
        }
        Ok(())
    }

    /// Makes the rows that are missing.
    fn make_points(&mut self) -> Result<(), VaultError> {
        if missing(&self.connection)?.is_empty() {
            return Ok(());
        }
        let transaction = immediate(&mut self.connection)?;
        for session in missing(&transaction)? {
            let Some(numbers) = sessions::get(&transaction, session)?.stored.numbers else { continue };
            let values = values(&point(&measure(&numbers)));
            let places = ", ?".repeat(values.len());
            let sql =
                format!("INSERT OR REPLACE INTO points (session, version, {NAMES}) VALUES (?, {VERSION}{places})");
            let id = session.to_string();
            let row = std::iter::once::<&dyn rusqlite::ToSql>(&id).chain(values.iter().map(|v| v as _));
            transaction.execute(&sql, params_from_iter(row))?;
        }
        Ok(transaction.commit()?)
    }
}

/// Finished sessions without a row of this version. Their state is looked at last, and of few: it lies beside the numbers,
/// while the ids are in an index that 10,000 of them are read from in no time.
fn missing(connection: &Connection) -> Result<Vec<SessionId>, VaultError> {
    let sql = "SELECT id FROM sessions WHERE NOT EXISTS (SELECT 1 FROM points WHERE session = id AND version = ?) ORDER BY id";
    let mut select = connection.prepare(sql)?;
    let ids: Vec<String> = select.query_map([VERSION], |row| row.get(0))?.collect::<Result<_, _>>()?;
    let mut state = connection.prepare("SELECT state = ? FROM sessions WHERE id = ?")?;
    let mut finished = Vec::new();
    for id in ids {
        if state.query_row(params![State::Finished.name(), id], |row| row.get(0))? {
            finished.push(id.parse().map_err(|_| sessions::damaged(&id))?);
        }
    }
    Ok(finished)
}

fn coach(pairing: &Pairing) -> &str {
    &pairing.coach
}

fn values(point: &Point) -> Vec<Option<f64>> {
    point.each().iter().flat_map(|one| [one.map(|i| i.value), one.map(|i| i.low), one.map(|i| i.high)]).collect()
}

fn dated(row: &Row<'_>) -> rusqlite::Result<Dated> {
    let setting =
        Setting { coachee: row.get("coachee")?, coach: None, tracks: row.get("tracks")?, whisper: row.get("model")? };
    Ok(Dated { started_at: row.get("started_at")?, setting, point: read(row)? })
}

fn read(row: &Row<'_>) -> rusqlite::Result<Point> {
    let interval = |measure: usize| -> rusqlite::Result<Option<Interval>> {
        let column = measure * COLUMNS;
        let (value, low, high): (Option<f64>, Option<f64>, Option<f64>) =
            (row.get(column)?, row.get(column + 1)?, row.get(column + 2)?);
        Ok(value.zip(low).zip(high).map(|((value, low), high)| Interval { value, low, high }))
    };
    Ok(Point {
        talk: interval(0)?,
        telling: interval(1)?,
        open_questions: interval(2)?,
        waiting: interval(3)?,
        own_steps: interval(4)?,
    })
}
