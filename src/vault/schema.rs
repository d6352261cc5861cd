//! The database: how it is opened, and the migrations that lead to its present form.

use std::{
    path::Path,
    time::{Duration, Instant},
};

use rusqlite::{Connection, ErrorCode, OpenFlags, config::DbConfig};

use super::{VaultError, directory, plain, writer::immediate};

/// Each once released and never changed; new ones are added at the end.
const MIGRATIONS: &[&str] = &[
    include_str!("migrations/0001_sessions.sql"),
    include_str!("migrations/0002_practice.sql"),
    include_str!("migrations/0003_next_step.sql"),
    include_str!("migrations/0004_custody.sql"),
    include_str!("migrations/0005_in_time.sql"),
    include_str!("migrations/0006_begun.sql"),
];

/// From this version on, numbers are as coarse as [`plain`] makes them.
const COARSE: u32 = 4;

/// How long one program waits for another (the daemon and a command) before it gives up.
pub const BUSY_TIMEOUT: Duration = Duration::from_secs(10);

/// Opens the database, made if need be (0600), in its present form. One written by a newer version is left untouched.
pub fn open(path: &Path) -> Result<Connection, VaultError> {
    directory::make_private(path)?;
    // The path is canonical: a link in it was put there since.
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX | OpenFlags::SQLITE_OPEN_NOFOLLOW;
    let mut connection = Connection::open_with_flags(path, flags)?;
    connection.busy_timeout(BUSY_TIMEOUT)?;
    // Until its version is known, nothing may change the file, and closing it would: by bringing the log's pages in.
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, true)?;
    refuse_newer(version(&connection)?)?;
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, false)?;
    write_ahead(&connection)?;
    // What is committed is on disk, also after a power cut (macOS needs to be told twice); what is deleted is overwritten;
    // rebuilding writes no other file.
    connection.execute_batch(
        "PRAGMA synchronous = FULL; PRAGMA fullfsync = ON; PRAGMA checkpoint_fullfsync = ON; \
         PRAGMA secure_delete = ON; PRAGMA temp_store = MEMORY; PRAGMA foreign_keys = ON;",
    )?;
    migrate(&mut connection)?;
    Ok(connection)
}

/// Empties the write-ahead log, which holds pages as they were, and rebuilds the database without what was deleted.
///
/// Waits for a program that is at the same thing. Follows a commit, which no failure undoes: what fails here (a disk that has
/// less room than the database is long) is left to the next opening, and whoever changed something is told that it is changed.
pub fn scrub(connection: &Connection) {
    leave_on_failure(SCRUBBING.iter().try_for_each(|step| patiently(|| step(connection))));
}

/// A step of scrubbing; it may find another program in its way.
type Step = fn(&Connection) -> Result<(), VaultError>;

const SCRUBBING: [Step; 3] = [checkpoint, vacuum, checkpoint];

/// As [`scrub`], after a crash, a full disk or a busy moment left something, and if nobody is in the way now.
pub fn scrub_leftovers(connection: &Connection) -> Result<(), VaultError> {
    let free: i64 = connection.query_row("PRAGMA freelist_count", [], |row| row.get(0))?;
    let steps = if free > 0 { &SCRUBBING[..] } else { &SCRUBBING[..1] };
    leave_on_failure(steps.iter().try_for_each(|step| step(connection)));
    Ok(())
}

/// `secure_delete` has overwritten what was deleted; only copies in the log and the file's length are left.
fn leave_on_failure(scrubbed: Result<(), VaultError>) {
    let in_the_way = matches!(&scrubbed, Err(VaultError::Database(reason)) if reason == BUSY);
    if let Some(error) = scrubbed.err().filter(|_| !in_the_way) {
        tracing::warn!(
            "the database could not be rebuilt without what was deleted, the next opening tries again: {error}"
        );
    }
}

fn vacuum(connection: &Connection) -> Result<(), VaultError> {
    Ok(connection.execute_batch("VACUUM")?)
}

fn checkpoint(connection: &Connection) -> Result<(), VaultError> {
    let busy: bool = connection.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |row| row.get(0))?;
    if busy { Err(VaultError::Database(BUSY.to_owned())) } else { Ok(()) }
}

fn migrate(connection: &mut Connection) -> Result<(), VaultError> {
    if version(connection)? == MIGRATIONS.len() as u32 {
        return Ok(());
    }
    let transaction = immediate(connection)?;
    // Again, now that no other program can be at it.
    let from = version(&transaction)?;
    refuse_newer(from)?;
    for migration in MIGRATIONS.iter().skip(from as usize) {
        transaction.execute_batch(migration)?;
    }
    if from < COARSE {
        make_coarse(&transaction)?;
    }
    transaction.pragma_update(None, "user_version", MIGRATIONS.len() as u32)?;
    transaction.commit()?;
    // What was finer is in the write-ahead log, and in pages that are free now.
    if from > 0 {
        scrub(connection);
    }
    Ok(())
}

/// Brings the numbers of sessions from before [`COARSE`] to what is stored now.
fn make_coarse(connection: &Connection) -> Result<(), VaultError> {
    let mut select = connection.prepare("SELECT id, numbers FROM sessions WHERE numbers IS NOT NULL")?;
    let stored: Vec<(String, String)> =
        select.query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?.collect::<Result<_, _>>()?;
    for (id, numbers) in stored {
        // What cannot be read stays as it is, and is told of where it is asked for.
        if let Some(coarse) = plain::made_coarse(&numbers) {
            connection.execute("UPDATE sessions SET numbers = ? WHERE id = ?", [coarse, id])?;
        }
    }
    Ok(())
}

fn version(connection: &Connection) -> rusqlite::Result<u32> {
    connection.query_row("PRAGMA user_version", [], |row| row.get(0))
}

fn refuse_newer(version: u32) -> Result<(), VaultError> {
    if version as usize > MIGRATIONS.len() { Err(VaultError::Newer) } else { Ok(()) }
}

fn write_ahead(connection: &Connection) -> Result<(), VaultError> {
    let mode: String =
        patiently(|| Ok(connection.pragma_update_and_check(None, "journal_mode", "WAL", |row| row.get(0))?))?;
    if mode == "wal" { Ok(()) } else { Err(VaultError::Database(format!("it stays in journal mode {mode}"))) }
}

/// Tries again while another program is in the way, where SQLite itself does not wait: when two open a new database at once,
/// and when two checkpoint at once.
fn patiently<T>(attempt: impl Fn() -> Result<T, VaultError>) -> Result<T, VaultError> {
    let end = Instant::now() + BUSY_TIMEOUT;
    loop {
        match attempt() {
            Err(VaultError::Database(reason)) if reason == BUSY && Instant::now() < end => {
                std::thread::sleep(Duration::from_millis(10));
            }
            done => return done,
        }
    }
}

const BUSY: &str = "another program holds it";

impl From<rusqlite::Error> for VaultError {
    fn from(error: rusqlite::Error) -> Self {
        // SQLite's messages name tables and columns, never values.
        Self::Database(match error.sqlite_error_code() {
            Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => BUSY.to_owned(),
            Some(ErrorCode::DiskFull) => "the disk is full".to_owned(),
            Some(ErrorCode::NotADatabase | ErrorCode::DatabaseCorrupt) => "the file is damaged".to_owned(),
            Some(ErrorCode::ReadOnly) => "it cannot be written".to_owned(),
            _ => error.to_string(),
        })
    }
}

#[cfg(test)]
pub mod testing {
    /// Versions of the schema there are.
    pub const VERSIONS: u32 = super::MIGRATIONS.len() as u32;
}
