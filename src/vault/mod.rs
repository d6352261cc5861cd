//! Who keeps what: numbers in the clear, words sealed to the coachee.
//!
//! [`Writer`] holds public keys only and cannot read a word; [`Reader`] holds an [`Identity`](crate::seal::Identity) and can.
//!
//! # In the data directory (0700, this user's, no symbolic link)
//! `sidetone.db`, SQLite: coachees, sessions with their numbers, sealed words, pairings with sealed goals and answers, the
//! coach's own training, receipts. `recordings/`: sealed recordings. `receipts.jsonl`: the receipts once more, so that an old
//! database put back over a new one is made to forget again what was deleted.
//!
//! No plain column can hold speech, and a test walks the schema for one. What is in the clear is coarse (`plain.rs`): who
//! spoke when and when a moment was marked to a tenth of a second, counts and sums of moves, and, of the coach's single
//! utterances, the second in which one told or asked; `swap` drops these, since they were the coachee's. What the coachee did,
//! one by one, is nowhere: it is made of the words again whenever the coachee opens them.
//!
//! # Keys
//! A session is sealed to its coachee's identity, which lies in the database under a passphrase (six words, or their own),
//! or sealed to a key that a plugin keeps, such as a hardware key; or it is kept elsewhere, and nothing here opens anything.
//! To whom a session is sealed is settled when it begins, held by whoever records it, and not read from a file at its end.
//!
//! # Threats considered
//! * **The coach, with full access to the files after the session, or during it.** Words and recordings are sealed to the
//!   coachee; the keys of the session are gone from memory at stop. Sealed words say inside for which session and whom they
//!   are, so that they cannot be moved. A recipient that is changed while a session runs is changed back. What the coach can
//!   do is destroy, or forge words that are new: neither reads any. Numbers are too coarse to try sentences on.
//! * **Another user of the laptop.** Modes 0700 and 0600; a directory owned by somebody else or open to them is refused,
//!   and so is a symbolic link in place of the directory, the database or a recording. A passphrase file that others can
//!   read is not read. The recorder's socket serves this user alone, and has no word to tell.
//! * **A stolen laptop.** As the coach: a six-word passphrase under scrypt stands before the words. Numbers and names are
//!   in the clear; full-disk encryption is the answer to that.
//! * **A hostile web page** against the loopback server: `web` answers for itself; the vault has no socket.
//! * **A school that asks for "the data".** There is nothing to hand over but numbers and sealed bytes; what the coachee
//!   deleted has a receipt that says so. That somebody answered after a session can be seen; what they answered, and which
//!   of the questions, cannot.
//! * **Time.** Undecided words go after the days that both agreed to, whichever command or recorder comes next; a trigger
//!   refuses to put that day off. A lost passphrase keeps nothing alive either: after seven days' notice words go without it.
//! * **A crash, of ours or the machine's.** Before stop only sealed sound is on the disk, beside how many seconds of it were
//!   speech. Core dumps are off, no other process of the user attaches to ours, and of a panic only the place is told.
//!
//! # Out of scope
//! Whoever owns the laptop can forge: change a coachee's public key before a session, or alter this program. They can listen
//! themselves: both heard what was said. Words typed into a keylogger, or read over a shoulder; who fears that keeps their
//! key elsewhere. Copies made outside our files: backups, snapshots, blocks that an SSD has remapped, swap, hibernation,
//! and what libraries or the kernel copied while they worked. A restored copy opens for nobody but the coachee. A clock that
//! is set back keeps undecided words longer. What the coachee exported or took is theirs to look after.
//!
//! # Letting go
//! Deleting unlinks the recording (which on a full disk makes the room that the rest needs), removes rows (`secure_delete`
//! overwrites them) and writes a [`Receipt`] in the same transaction, empties the write-ahead log and rebuilds the
//! database. What a crash or a full disk leaves undone, the next [`Writer::open`] does: it deletes again whatever has a
//! receipt, and unlinks recordings that have no right to be here any more, none that somebody still records.

mod deletion;
mod directory;
mod progress;
mod plain;
mod points;
mod practice;
mod reader;
mod receipts;
mod retention;
mod schema;
mod sessions;
mod steps;
mod words;
mod writer;

use std::path::{Path, PathBuf};

pub use directory::private as private_directory;
pub use plain::{date, day, minute, time};
pub use practice::Note;
pub use progress::Progress;
pub use reader::Reader;
pub use receipts::Receipt;
pub use retention::NOTICE_DAYS;
pub use words::{open_taken_words, open_words, seal_words};
pub use writer::Writer;

use crate::{
    measures::Numbers,
    seal::{PluginRecipient, Recipient},
    session::{Decision, RETENTION_DAYS_MAX, Session, SessionId},
};

/// A coachee, as both people may see it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Coachee {
    pub name: String,
    pub recipient: Recipient,
    /// The identity under its passphrase, or sealed to `held_by`; `None` when it is kept elsewhere.
    pub locked_identity: Option<Vec<u8>>,
    /// The key that a plugin keeps for them, where it is that one and no passphrase that unlocks the identity.
    pub held_by: Option<PluginRecipient>,
}

impl Coachee {
    /// Whether a passphrase opens their words here.
    pub fn has_passphrase(&self) -> bool {
        self.locked_identity.is_some() && self.held_by.is_none()
    }
}

/// What the vault knows of a session without a word.
#[derive(Clone, Debug)]
pub struct Stored {
    pub session: Session,
    pub state: State,
    pub decision: Decision,
    /// `None` until the session is finished.
    pub numbers: Option<Numbers>,
    /// Whether sealed words / a sealed recording are still here.
    pub has_words: bool,
    pub has_recording: bool,
    /// RFC 3339: when undecided words are deleted.
    pub delete_after: Option<String>,
    pub keep_audio: KeepAudio,
    /// RFC 3339: from when on words whose passphrase is lost can be deleted without it; `None` without a notice.
    pub forgotten_after: Option<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    Recording,
    Finished,
}

impl State {
    const ALL: [Self; 2] = [Self::Recording, Self::Finished];

    fn name(self) -> &'static str {
        match self {
            Self::Recording => "recording",
            Self::Finished => "finished",
        }
    }
}

/// `--keep-audio` takes effect only once the coachee has confirmed it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KeepAudio {
    No,
    Asked,
    Confirmed,
}

impl KeepAudio {
    const ALL: [Self; 3] = [Self::No, Self::Asked, Self::Confirmed];

    fn name(self) -> &'static str {
        match self {
            Self::No => "no",
            Self::Asked => "asked",
            Self::Confirmed => "confirmed",
        }
    }
}

#[derive(Debug, thiserror::Error)]
pub enum VaultError {
    #[error("{path} cannot be used: {reason}")]
    Unusable { path: PathBuf, reason: String },
    #[error("the data was written by a newer version of sidetone")]
    Newer,
    #[error("a name has one line and 1 to 200 letters")]
    BadName,
    #[error("words that nobody decides about are kept for 1 to {RETENTION_DAYS_MAX} days")]
    BadRetention,
    #[error("a next step has one line and 1 to 200 letters")]
    BadStep,
    #[error("there is no coachee called {0}")]
    NoCoachee(String),
    #[error("a coachee called {0} is here already")]
    CoacheeExists(String),
    #[error("there is no session {}", if .0 == "last" { "yet" } else { .0 })]
    NoSession(String),
    #[error("{0} fits more than one session")]
    Ambiguous(String),
    #[error("session {0} is still being recorded")]
    StillRecording(SessionId),
    /// Not finished, and nobody records it any more.
    #[error("session {0} was cut off before it was finished")]
    CutOff(SessionId),
    #[error("session {0} is finished: its words are the coachee's to decide about")]
    AlreadyFinished(SessionId),
    #[error("the words of session {0} are not here any more")]
    NoWords(SessionId),
    #[error("this identity does not open the words")]
    WrongIdentity,
    /// They were changed, or brought here from another session or coachee.
    #[error("the words of session {0} are not what was stored")]
    Altered(SessionId),
    /// Seven days' notice have not passed, or have not begun (`until` is `None`).
    #[error("the words of session {session} cannot be deleted without the passphrase yet")]
    NoticeNotOver { session: SessionId, until: Option<String> },
    #[error("a note has one line and at most 200 letters")]
    BadLine,
    #[error("there is no pairing with {0} that goes on")]
    NoPairing(String),
    #[error("a pairing with {0} goes on already")]
    PairingExists(String),
    #[error("{0} works with more than one coach here")]
    WhichPairing(String),
    /// Changed, or brought here from another pairing, session or coachee.
    #[error("a goal or an answer is not what was stored")]
    AlteredPractice,
    #[error("there is no such goal")]
    NoGoal,
    #[error("no answers are kept for session {0}")]
    NoAnswers(SessionId),
    #[error("there is no note {0}")]
    NoTraining(i64),
    #[error("the database failed: {0}")]
    Database(String),
    #[error(transparent)]
    Seal(#[from] crate::seal::SealError),
    #[error("{path}: {source}")]
    Io { path: PathBuf, source: std::io::Error },
}

impl VaultError {
    /// What the user can do about it.
    pub fn hint(&self) -> Option<String> {
        let hint = match self {
            Self::Unusable { .. } => "name another data directory with --data-dir, one that is yours alone",
            Self::Newer => "update sidetone, or name another data directory with --data-dir; nothing was changed",
            Self::BadName => "a first name will do, e.g. `sidetone coachee add Ana`",
            Self::BadRetention => {
                "choose fewer: `--retention-days 30`; what the coachee wants to keep longer, they keep"
            }
            Self::BadStep => "say it in a few words, e.g. `sidetone report --next \"Count to three after a question\"`",
            Self::NoCoachee(_) => {
                "`sidetone coachee list` shows who is there; `sidetone coachee add NAME` adds somebody"
            }
            Self::CoacheeExists(_) => "choose another name, or `sidetone coachee passphrase NAME` for a new passphrase",
            Self::NoSession(which) if which == "last" => {
                "record one: `sidetone start --coachee NAME`; `sidetone sessions` lists them"
            }
            Self::NoSession(_) | Self::Ambiguous(_) => "`sidetone sessions` lists them; `last` is the latest",
            Self::StillRecording(_) => "`sidetone stop` or `sidetone withdraw` first",
            Self::CutOff(session) => {
                return Some(format!(
                    "`sidetone recover {session}` makes its report, and then it can be deleted; while no session runs, \
                     `sidetone withdraw` deletes the latest that was cut off"
                ));
            }
            Self::AlreadyFinished(_) => {
                "the coachee can let go of it: `sidetone transcript delete SESSION --everything`"
            }
            Self::NoWords(_) => "`sidetone report SESSION` still shows the numbers",
            Self::WrongIdentity => "only the identity of the session's coachee opens them",
            Self::BadLine => "say it in fewer words, on one line",
            Self::NoPairing(_) => "`sidetone pairing add NAME` sets one up; `sidetone pairing show --all` lists all",
            Self::PairingExists(_) => {
                "`sidetone pairing end NAME --coach WHO` ends it (`--coach me` for the one without a name); another WHO \
                 sets up one with a second coach"
            }
            Self::WhichPairing(_) => "say which: `--coach WHO` (`--coach me` for the one without a name)",
            Self::NoGoal => "`sidetone pairing goals NAME` shows the goals with their numbers",
            Self::NoAnswers(_) => "`sidetone pulse show` lists the sessions with answers",
            Self::NoTraining(_) => "`sidetone training log` shows the notes with their numbers",
            Self::Altered(_) | Self::AlteredPractice => {
                "the file was changed outside sidetone; a backup of the data directory may still have them"
            }
            Self::NoticeNotOver { until: Some(until), .. } => {
                return Some(format!("the notice is over at {until}; until then the passphrase deletes them at once"));
            }
            Self::NoticeNotOver { .. } => {
                "`sidetone transcript delete SESSION --forgotten` gives notice, for seven days"
            }
            Self::Database(_) => "check that the disk is not full and that no other program holds the database",
            Self::Seal(error) => return Some(error.hint()),
            Self::Io { .. } => "check that the disk is there, has room and can be written",
        };
        Some(hint.to_owned())
    }
}

/// The database in the data directory.
const DATABASE: &str = "sidetone.db";

/// Whether there is a vault in a data directory, for who must not make one by looking.
pub fn is_in(data_dir: &Path) -> bool {
    data_dir.join(DATABASE).exists()
}

/// Why nothing can be done yet with a session that is not finished: by whether somebody holds its recording.
fn unfinished(session: SessionId, recording: &Path) -> VaultError {
    if directory::is_locked(recording) { VaultError::StillRecording(session) } else { VaultError::CutOff(session) }
}

/// Refuses what can only be done with a finished session.
fn finished(stored: &Stored, recording: &Path) -> Result<(), VaultError> {
    match stored.state {
        State::Finished => Ok(()),
        State::Recording => Err(unfinished(stored.session.id, recording)),
    }
}

/// Names the file that an operation failed on.
fn at(path: &Path) -> impl FnOnce(std::io::Error) -> VaultError {
    move |source| VaultError::Io { path: path.to_owned(), source }
}

#[cfg(test)]
mod tests;
