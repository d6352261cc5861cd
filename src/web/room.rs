//! What the requests of a visit share: its secrets, the words while they are unlocked, and the time since somebody read.

use std::{
    fmt, io,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

use tokio::sync::Notify;

use super::{Answered, Visit, Visitor, WebError};
use crate::{
    report::{self, Report},
    seal::Identity,
    transcript::Utterance,
    vault::{Reader, Stored, VaultError, Writer},
};

/// How often the clock is looked at.
const LOOK: Duration = Duration::from_millis(500);
/// For the last answer to leave.
const FAREWELL: Duration = Duration::from_millis(300);

pub struct Room {
    pub visit: Visit,
    /// `127.0.0.1:PORT`: the only host there is.
    pub host: String,
    /// First part of every path.
    pub path: Secret,
    pub cookie: Secret,
    /// What every form sends along.
    pub form: Secret,
    token: Mutex<Option<Secret>>,
    words: Mutex<Option<Unlocked>>,
    /// Shown on the next page, once; never a word of the session.
    note: Mutex<Option<String>>,
    used: Mutex<Instant>,
    closing: Notify,
}

/// The words, while the coachee reads them.
pub struct Unlocked {
    pub identity: Identity,
    pub lines: Vec<Utterance>,
    /// What the coachee answered after this and other sessions.
    pub answered: Answered,
    /// The sealed file was handed out: only then can the words be taken from here.
    pub handed_out: bool,
}

/// 128 random bits as hexadecimal digits.
#[derive(Clone)]
pub struct Secret(String);

impl Secret {
    fn new() -> io::Result<Self> {
        let mut bytes = [0u8; 16];
        getrandom::fill(&mut bytes).map_err(|_| io::Error::other("the system gives no random numbers"))?;
        Ok(Self(bytes.iter().map(|byte| format!("{byte:02x}")).collect()))
    }

    pub fn text(&self) -> &str {
        &self.0
    }

    /// Takes as long whatever was guessed.
    pub fn is(&self, guess: &str) -> bool {
        let differing =
            self.0.bytes().zip(guess.bytes()).fold(0, |differing, (ours, theirs)| differing | (ours ^ theirs));
        self.0.len() == guess.len() && differing == 0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[secret]")
    }
}

impl Room {
    pub fn new(visit: Visit, port: u16) -> Result<Arc<Self>, WebError> {
        Ok(Arc::new(Self {
            visit,
            host: format!("127.0.0.1:{port}"),
            path: Secret::new()?,
            cookie: Secret::new()?,
            form: Secret::new()?,
            token: Mutex::new(Some(Secret::new()?)),
            words: Mutex::new(None),
            note: Mutex::new(None),
            used: Mutex::new(Instant::now()),
            closing: Notify::new(),
        }))
    }

    /// What is opened; good for one visit.
    pub fn address(&self) -> String {
        let token = held(&self.token);
        format!("http://{}/enter?token={}", self.host, token.as_ref().map_or("", Secret::text))
    }

    /// Whether this is the token; it is none afterwards.
    pub fn admits(&self, token: &str) -> bool {
        let mut ours = held(&self.token);
        let right = ours.as_ref().is_some_and(|ours| ours.is(token));
        if right {
            *ours = None;
        }
        right
    }

    /// A place of this visit.
    pub fn place(&self, name: &str) -> String {
        format!("/{}/{name}", self.path.text())
    }

    /// Somebody is there. What was idle for too long is locked first.
    pub fn touch(&self) {
        self.lock_if_idle();
        *held(&self.used) = Instant::now();
    }

    pub fn stored(&self) -> Result<(Stored, Report), VaultError> {
        let vault = self.vault()?;
        let stored = vault.find(&self.visit.session.to_string())?;
        let numbers = stored.numbers.as_ref().ok_or_else(|| vault.unfinished(stored.session.id))?;
        let steps = vault.steps(stored.session.id)?;
        let report = report::report(&stored.session, stored.decision, numbers)
            .with_steps(steps)
            .with_reviews(self.visit.reviews.clone());
        Ok((stored, report))
    }

    pub fn vault(&self) -> Result<Writer, VaultError> {
        Writer::open(&self.visit.data_dir)
    }

    /// # Errors
    /// Why not, for the page.
    pub fn unlock(&self, passphrase: &str) -> Result<(), String> {
        let Visitor::Coachee(coachee) = &self.visit.visitor else { return Err("there are no words here".to_owned()) };
        let identity = (coachee.unlock)(passphrase)?;
        let reader = Reader::open(&self.visit.data_dir, identity.clone()).map_err(|error| error.to_string())?;
        let session = self.visit.session;
        let stored = self.vault().and_then(|vault| vault.find(&session.to_string()));
        let lines = match stored.map_err(|error| error.to_string())?.has_words {
            true => reader.transcript(session).map_err(|error| error.to_string())?,
            // Gone: there are still their answers.
            false => Vec::new(),
        };
        let answered = (coachee.answers)(&identity)?;
        *held(&self.words) = Some(Unlocked { identity, lines, answered, handed_out: false });
        // A passphrase takes its time, in which nobody was idle.
        *held(&self.used) = Instant::now();
        Ok(())
    }

    /// Drops the words; memory is wiped.
    pub fn lock(&self) {
        *held(&self.words) = None;
    }

    /// The words, or nothing while they are locked.
    pub fn words(&self) -> MutexGuard<'_, Option<Unlocked>> {
        held(&self.words)
    }

    pub fn set_note(&self, note: impl Into<String>) {
        *held(&self.note) = Some(note.into());
    }

    pub fn take_note(&self) -> Option<String> {
        held(&self.note).take()
    }

    pub fn close(&self) {
        self.lock();
        self.closing.notify_one();
    }

    /// Returns when the visit is over.
    pub async fn ended(&self) {
        let idle = async {
            while self.idle() < self.visit.end_after {
                tokio::time::sleep(LOOK).await;
                self.lock_if_idle();
            }
        };
        tokio::select! {
            () = self.closing.notified() => tokio::time::sleep(FAREWELL).await,
            () = idle => {}
            // An error means that there are no signals to wait for: then idleness ends it.
            Ok(()) = tokio::signal::ctrl_c() => {}
        }
        self.lock();
    }

    fn idle(&self) -> Duration {
        held(&self.used).elapsed()
    }

    fn lock_if_idle(&self) {
        if self.idle() >= self.visit.lock_after {
            self.lock();
        }
    }
}

/// A handler that panicked left nothing half done: each lock guards one value.
fn held<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
pub mod tests {
    use super::*;

    pub fn room() -> Arc<Room> {
        let visit = Visit {
            data_dir: "/nowhere".into(),
            session: "01ARZ3NDEKTSV4RRFFQ69G5FAV".parse().unwrap(),
            visitor: Visitor::Coach,
            reviews: Vec::new(),
            lock_after: super::super::LOCK_AFTER,
            end_after: super::super::END_AFTER,
        };
        Room::new(visit, 4000).unwrap()
    }

    #[test]
    fn a_token_works_once() {
        let room = room();
        let address = room.address();
        let token = address.split_once("token=").unwrap().1;
        assert_eq!(token.len(), 32);
        assert!(!room.admits("") && !room.admits(&token[..31]) && !room.admits(&"0".repeat(32)));
        assert!(room.admits(token));
        assert!(!room.admits(token) && !room.admits(""));
    }

    #[test]
    fn secrets_are_not_printed() {
        assert_eq!(format!("{:?}", room().cookie), "[secret]");
    }
}
