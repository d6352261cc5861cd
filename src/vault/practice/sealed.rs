//! Goals and answers, sealed to the coachee. Each plaintext begins with a line that says what it is, of which pairing or
//! session, and whose; how long it is tells nothing to whoever cannot open it.

use rusqlite::{OptionalExtension, params};
use zeroize::Zeroizing;

use super::{damaged, immediate, subject};
use crate::{
    practice::{Answer, Goal, Pairing, PracticeId, Pulse, Question},
    seal::{Identity, Recipient, open, seal},
    session::SessionId,
    transcript::Spoken,
    vault::{self, Reader, Receipt, VaultError, Writer, receipts::What, schema, sessions, writer::proven},
};

/// What the first line begins with; the version of the form is part of it.
const GOAL: &str = "sidetone-goal-1";
const PULSE: &str = "sidetone-pulse-1";

/// Goals are filled up to a multiple of this, so that few lengths are told apart.
const GOAL_BYTES: usize = 512;

/// The digit for a question that was not answered.
const NO_ANSWER: u8 = b'0';

impl Writer {
    /// Seals a goal to the coachee of a pairing.
    ///
    /// # Errors
    /// When the pairing is not here any more.
    pub fn add_goal(&mut self, pairing: &Pairing, text: &Spoken) -> Result<PracticeId, VaultError> {
        let id = PracticeId::generate();
        let transaction = immediate(&mut self.connection)?;
        let sql = "SELECT recipient FROM coachees JOIN pairings ON coachee = name WHERE id = ?";
        let recipient: Option<String> =
            transaction.query_row(sql, [pairing.id.to_string()], |row| row.get(0)).optional()?;
        let recipient = recipient.ok_or_else(|| VaultError::NoPairing(pairing.coachee.clone()))?.parse()?;
        let sealed = seal_labelled(&recipient, &goal_line(id, pairing.id, &recipient), text.words().as_bytes())?;
        transaction.execute(
            "INSERT INTO goals (id, pairing, sealed) VALUES (?, ?, ?)",
            params![id.to_string(), pairing.id.to_string(), sealed],
        )?;
        transaction.commit()?;
        Ok(id)
    }

    /// A goal goes. Needs proof that the coachee wants it.
    ///
    /// # Errors
    /// When the identity is another's, or the goal is not here.
    pub fn delete_goal(
        &mut self,
        pairing: &Pairing,
        goal: PracticeId,
        proof: &Identity,
    ) -> Result<Receipt, VaultError> {
        if self.coachee(&pairing.coachee)?.recipient != proof.to_recipient() {
            return Err(VaultError::WrongIdentity);
        }
        self.erase_of_practice(subject(goal)?, What::GoalDeleted, || VaultError::NoGoal)
    }

    /// Seals the coachee's answers after a session, in place of earlier ones.
    ///
    /// # Errors
    /// When the identity is another's, or the session is not finished.
    pub fn answer(&mut self, session: SessionId, pulse: &Pulse, proof: &Identity) -> Result<(), VaultError> {
        let path = self.recording_path(session);
        let transaction = immediate(&mut self.connection)?;
        let entry = proven(&transaction, session, proof)?;
        vault::finished(&entry.stored, &path)?;
        let digits = Zeroizing::new(
            Question::ALL.map(|question| pulse.to(question).map_or(NO_ANSWER, |answer| b'0' + answer.get())),
        );
        let line = pulse_line(session, &entry.recipient);
        let plaintext = Zeroizing::new([line.as_bytes(), digits.as_slice()].concat());
        let sealed = seal(&entry.recipient, &plaintext)?;
        let session = session.to_string();
        let replaced = transaction.execute("DELETE FROM pulses WHERE session = ?", [&session])?;
        transaction.execute(
            "INSERT INTO pulses (session, id, sealed) VALUES (?, ?, ?)",
            params![session, PracticeId::generate().to_string(), sealed],
        )?;
        transaction.commit()?;
        // The earlier ones must not lie in the write-ahead log.
        if replaced > 0 {
            schema::scrub(&self.connection);
        }
        Ok(())
    }

    /// The answers after a session go.
    ///
    /// # Errors
    /// When the identity is another's, or there are none.
    pub fn delete_answers(&mut self, session: SessionId, proof: &Identity) -> Result<Receipt, VaultError> {
        proven(&self.connection, session, proof)?;
        let sql = "SELECT id FROM pulses WHERE session = ?";
        let id: Option<String> = self.connection.query_row(sql, [session.to_string()], |row| row.get(0)).optional()?;
        let id = id.ok_or(VaultError::NoAnswers(session))?.parse().map_err(|_| damaged())?;
        self.erase_of_practice(id, What::AnswersDeleted, || VaultError::NoAnswers(session))
    }
}

impl Reader {
    /// The goals of a pairing, in the coachee's words, the earliest first.
    ///
    /// # Errors
    /// [`VaultError::WrongIdentity`] for another coachee's; [`VaultError::AlteredPractice`] when what is stored does not
    /// open, or says that it is of another pairing.
    pub fn goals(&self, pairing: &Pairing) -> Result<Vec<Goal>, VaultError> {
        let recipient = self.identity.to_recipient();
        let sql = "SELECT recipient FROM coachees WHERE name = ?";
        let theirs: Option<String> = self.connection.query_row(sql, [&pairing.coachee], |row| row.get(0)).optional()?;
        if theirs.is_none_or(|theirs| theirs != recipient.to_string()) {
            return Err(VaultError::WrongIdentity);
        }
        let mut select = self.connection.prepare("SELECT id, sealed FROM goals WHERE pairing = ? ORDER BY rowid")?;
        let mut rows = select.query([pairing.id.to_string()])?;
        let mut goals = Vec::new();
        while let Some(row) = rows.next()? {
            let id: PracticeId = row.get::<_, String>(0)?.parse().map_err(|_| damaged())?;
            let sealed: Vec<u8> = row.get(1)?;
            let text = self.opened(&sealed, &goal_line(id, pairing.id, &recipient))?;
            let text = std::str::from_utf8(&text).map_err(|_| VaultError::AlteredPractice)?;
            goals.push(Goal { id, text: Spoken::new(text.trim_end().to_owned()) });
        }
        Ok(goals)
    }

    /// What a coachee answered, session by session, the earliest first; nothing where the identity is another's. Two who
    /// have one key are still two.
    ///
    /// # Errors
    /// [`VaultError::AlteredPractice`] when what is stored does not open, or says that it is of another session.
    pub fn pulses(&self, coachee: &str) -> Result<Vec<(SessionId, Pulse)>, VaultError> {
        let recipient = self.identity.to_recipient();
        let mut pulses = Vec::new();
        for entry in sessions::all(&self.connection)? {
            let session = entry.stored.session.id;
            let sql = "SELECT sealed FROM pulses WHERE session = ?";
            let sealed: Option<Vec<u8>> =
                self.connection.query_row(sql, [session.to_string()], |row| row.get(0)).optional()?;
            let Some(sealed) =
                sealed.filter(|_| entry.recipient == recipient && entry.stored.session.coachee == coachee.trim())
            else {
                continue;
            };
            let digits = self.opened(&sealed, &pulse_line(session, &recipient))?;
            pulses.push((session, read_pulse(&digits).ok_or(VaultError::AlteredPractice)?));
        }
        Ok(pulses)
    }

    fn opened(&self, sealed: &[u8], line: &str) -> Result<Zeroizing<Vec<u8>>, VaultError> {
        let plaintext = open(&self.identity, sealed).map_err(|_| VaultError::AlteredPractice)?;
        let content = plaintext.strip_prefix(line.as_bytes()).ok_or(VaultError::AlteredPractice)?;
        Ok(Zeroizing::new(content.to_vec()))
    }
}

fn goal_line(goal: PracticeId, pairing: PracticeId, to: &Recipient) -> String {
    format!("{GOAL} {goal} {pairing} {to}\n")
}

fn pulse_line(session: SessionId, to: &Recipient) -> String {
    format!("{PULSE} {session} {to}\n")
}

/// Filled up with spaces, which are no part of a goal.
fn seal_labelled(to: &Recipient, line: &str, content: &[u8]) -> Result<Vec<u8>, VaultError> {
    let bytes = content.len().max(1).next_multiple_of(GOAL_BYTES);
    // All at once: a buffer that grows would leave copies behind that nobody wipes.
    let mut plaintext = Zeroizing::new(Vec::with_capacity(line.len() + bytes));
    plaintext.extend(line.as_bytes());
    plaintext.extend(content);
    plaintext.resize(line.len() + bytes, b' ');
    Ok(seal(to, &plaintext)?)
}

fn read_pulse(digits: &[u8]) -> Option<Pulse> {
    let mut pulse = Pulse::default();
    if digits.len() != Question::ALL.len() {
        return None;
    }
    for (question, digit) in Question::ALL.into_iter().zip(digits) {
        let answer = match *digit {
            NO_ANSWER => None,
            digit => Some(Answer::new(digit.checked_sub(b'0')?)?),
        };
        pulse.set(question, answer);
    }
    Some(pulse)
}
