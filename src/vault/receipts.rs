//! Receipts: what went, and when. In the database, which refuses to change them, and in a file beside it, which outlives
//! a database put back from a copy.

use std::{
    collections::HashSet,
    io::{Read, Write},
    path::Path,
};

use rusqlite::{Connection, Row, params};
use serde::{Deserialize, Serialize};

use super::{Decision, VaultError, at, directory, writer::immediate};
use crate::{session::SessionId, texts::say};

/// What a deletion took away: append-only, and it holds no word.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Receipt {
    /// RFC 3339.
    pub at: String,
    /// What went, by its id: the session, or the pairing, the goal, the answers.
    pub session: SessionId,
    pub what: String,
    pub rows: u64,
    pub files: u64,
    pub bytes: u64,
}

impl Receipt {
    /// How much went, for people: `1 row, 2 files, 3709 bytes`.
    pub fn amount(&self) -> String {
        say!("receipt-amount", rows = self.rows, files = self.files, bytes = self.bytes)
    }

    /// What went, for people.
    pub fn what_said(&self) -> &str {
        What::named(&self.what).map_or(self.what.as_str(), |what| what.said())
    }

    /// Whether it was a pairing that went, with its goals.
    pub fn is_of_pairing(&self) -> bool {
        self.what == What::PairingDeleted.name()
    }
}

/// Why something went.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum What {
    Withdrawn,
    WordsDeleted,
    WordsTaken,
    EverythingDeleted,
    RetentionOver,
    PassphraseLost,
    PairingDeleted,
    GoalDeleted,
    AnswersDeleted,
}

impl What {
    pub const ALL: [Self; 9] = [
        Self::Withdrawn,
        Self::WordsDeleted,
        Self::WordsTaken,
        Self::EverythingDeleted,
        Self::RetentionOver,
        Self::PassphraseLost,
        Self::PairingDeleted,
        Self::GoalDeleted,
        Self::AnswersDeleted,
    ];

    /// As the receipt has it; the schema lists the same.
    pub fn name(self) -> &'static str {
        match self {
            Self::Withdrawn => "withdrawn",
            Self::WordsDeleted => "words deleted",
            Self::WordsTaken => "words taken",
            Self::EverythingDeleted => "everything deleted",
            Self::RetentionOver => "retention over",
            Self::PassphraseLost => "passphrase lost",
            Self::PairingDeleted => "pairing deleted",
            Self::GoalDeleted => "goal deleted",
            Self::AnswersDeleted => "answers deleted",
        }
    }

    /// For people.
    fn said(self) -> &'static str {
        match self {
            Self::Withdrawn => say!("receipt-withdrawn"),
            Self::WordsDeleted => say!("receipt-words-deleted"),
            Self::WordsTaken => say!("receipt-words-taken"),
            Self::EverythingDeleted => say!("receipt-everything-deleted"),
            Self::RetentionOver => say!("receipt-retention-over"),
            Self::PassphraseLost => say!("receipt-passphrase-lost"),
            Self::PairingDeleted => say!("receipt-pairing-deleted"),
            Self::GoalDeleted => say!("receipt-goal-deleted"),
            Self::AnswersDeleted => say!("receipt-answers-deleted"),
        }
    }

    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|what| what.name() == name)
    }

    /// Whether it is about what surrounds the sessions, and no session.
    pub fn is_of_practice(self) -> bool {
        matches!(self, Self::PairingDeleted | Self::GoalDeleted | Self::AnswersDeleted)
    }

    /// What becomes of a session's words; `None` when the session goes with them, or none is concerned.
    pub fn decision(self) -> Option<Decision> {
        match self {
            Self::Withdrawn | Self::EverythingDeleted => None,
            Self::PairingDeleted | Self::GoalDeleted | Self::AnswersDeleted => None,
            Self::WordsTaken => Some(Decision::Taken),
            Self::WordsDeleted | Self::RetentionOver | Self::PassphraseLost => Some(Decision::Deleted),
        }
    }
}

pub fn all(connection: &Connection) -> Result<Vec<Receipt>, VaultError> {
    let mut select =
        connection.prepare("SELECT at, session, what, rows, files, bytes FROM receipts ORDER BY number")?;
    let rows = select.query_map([], read)?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// One that is here already is not written twice.
pub fn insert(connection: &Connection, receipt: &Receipt) -> rusqlite::Result<usize> {
    connection.execute(
        "INSERT INTO receipts (at, session, what, rows, files, bytes) VALUES (?, ?, ?, ?, ?, ?) \
         ON CONFLICT (at, session, what, rows, files, bytes) DO NOTHING",
        params![
            receipt.at,
            receipt.session.to_string(),
            receipt.what,
            stored(receipt.rows),
            stored(receipt.files),
            stored(receipt.bytes)
        ],
    )
}

/// Brings file and database together: each gets what only the other has. Returns all there are.
pub fn reconcile(connection: &mut Connection, file: &Path) -> Result<Vec<Receipt>, VaultError> {
    // Under the database's lock, so that no other program appends at the same time.
    let transaction = immediate(connection)?;
    let mut log = directory::private_file(file)?;
    let mut bytes = Vec::new();
    log.read_to_end(&mut bytes).map_err(at(file))?;
    // A line that was torn, or is no receipt, is passed over; the database has it if it was one.
    let text = String::from_utf8_lossy(&bytes);
    let logged: Vec<Receipt> = text.lines().filter_map(|line| serde_json::from_str(line).ok()).collect();
    let mut receipts = all(&transaction)?;
    let known: HashSet<&Receipt> = logged.iter().collect();
    let unlogged: Vec<&Receipt> = receipts.iter().filter(|receipt| !known.contains(receipt)).collect();
    // A full disk must not keep anybody from what is stored: the database has them, and the next opening tries again.
    if let Err(error) = append(&mut log, &unlogged, !text.is_empty() && !text.ends_with('\n')) {
        tracing::warn!("receipts are not beside the database yet: {error}");
    }
    let mut known: HashSet<Receipt> = receipts.iter().cloned().collect();
    for receipt in logged {
        // The schema refuses what is no receipt of ours.
        if known.insert(receipt.clone()) && insert(&transaction, &receipt).is_ok() {
            receipts.push(receipt);
        }
    }
    transaction.commit()?;
    Ok(receipts)
}

/// Appends to the file and makes sure that it is there.
fn append(log: &mut std::fs::File, receipts: &[&Receipt], after_torn_line: bool) -> std::io::Result<()> {
    if receipts.is_empty() {
        return Ok(());
    }
    let mut lines = String::from(if after_torn_line { "\n" } else { "" });
    for receipt in receipts {
        lines.push_str(&serde_json::to_string(receipt)?);
        lines.push('\n');
    }
    log.write_all(lines.as_bytes())?;
    log.sync_all()
}

fn read(row: &Row<'_>) -> rusqlite::Result<Receipt> {
    let session: String = row.get(1)?;
    let session = session.parse().map_err(|_| rusqlite::Error::InvalidColumnName("receipts.session".to_owned()))?;
    Ok(Receipt {
        at: row.get(0)?,
        session,
        what: row.get(2)?,
        rows: counted(row.get(3)?),
        files: counted(row.get(4)?),
        bytes: counted(row.get(5)?),
    })
}

/// SQLite's integers are signed.
fn stored(count: u64) -> i64 {
    i64::try_from(count).unwrap_or(i64::MAX)
}

/// A count as it was stored; never negative, unless somebody altered it.
pub fn counted(stored: i64) -> u64 {
    u64::try_from(stored).unwrap_or(0)
}
