//! The thread of a running session: sound is sealed on disk first, then given to the pipeline; and what people say about
//! it in between (`pause resume mark stop withdraw`) is done here, so that nothing of it needs a lock.
//!
//! The thread is never held up by decoding. When no more sound can come (a file is over, the input is gone, the disk is
//! full) the session waits for `stop` with everything that was sealed before.

mod voice;

use std::{
    fs,
    path::{Path, PathBuf},
    sync::mpsc,
    time::{Duration, Instant},
};

use tokio::sync::oneshot;

use super::{
    Failure, Phase, Reply,
    awake::{Awake, SleepWatch},
    clock::Clock,
    disk,
    failure::is_full,
    protocol::Trouble,
    slot::{Asked, Board, Command},
    tones::Tones,
};
use crate::{
    capture::{Block, CaptureError, Health, Heard, Source},
    pipeline::{Outcome, Pipeline, SpokenCommand},
    recording::{self, RecordingError},
    session::{Session, SessionId},
    units::{Sample, Span},
    vault::{self, KeepAudio, Progress, VaultError},
};

/// How long the thread waits for sound before it looks at what else there is: a command is answered within that.
pub(super) const SOUND_WAIT: Duration = Duration::from_millis(200);

/// A block is at most half a second of sound; a little more than that and it has come.
const BLOCK_WAIT: Duration = Duration::from_millis(600);

/// How often the disk is asked for room.
const DISK_EVERY: Duration = Duration::from_secs(10);

/// How often it is noted how far the session has come: what a crash leaves to be seen without the coachee's key.
const PROGRESS_EVERY: Duration = Duration::from_secs(10);

/// Blocks that can be waiting at one moment: the source holds some ten seconds of two tracks, in blocks of half a second
/// or less. More than that can only be a file that is played without waiting.
const WAITING_BLOCKS_MAX: usize = 100;

/// How a session ends.
#[derive(Clone, Copy, Debug)]
pub(super) enum Ending {
    Stop,
    Withdraw,
}

/// A session whose first sound is sealed.
pub(super) struct Begun {
    pub(super) session: Session,
    pub(super) keep_audio: KeepAudio,
    pub(super) source: Box<dyn Source>,
    pub(super) recording: recording::Writer,
    pub(super) pipeline: Pipeline,
    pub(super) vault: vault::Writer,
    pub(super) clock: Clock,
    pub(super) awake: Option<Awake>,
    pub(super) tones: Tones,
}

/// A session that is being recorded.
pub(super) struct Recorder {
    session: Session,
    keep_audio: KeepAudio,
    /// `None` once no more sound comes.
    source: Option<Box<dyn Source>>,
    recording: recording::Writer,
    pipeline: Pipeline,
    vault: vault::Writer,
    clock: Clock,
    board: Board,
    data_dir: PathBuf,
    health: Health,
    /// Moments that were marked.
    marked: Vec<Sample>,
    paused_at: Option<Instant>,
    trouble: Option<Trouble>,
    disk_asked: Instant,
    progress_noted: Instant,
    sleep: SleepWatch,
    _awake: Option<Awake>,
    tones: Tones,
    sounded: Option<voice::Sounded>,
    /// Spoken commands obeyed so far, and the latest.
    commands: u32,
    obeyed: Option<SpokenCommand>,
    deletion_asked: Option<Instant>,
    /// What last went off the record.
    forgotten: Option<Span>,
}

impl Recorder {
    pub(super) fn new(begun: Begun, board: Board, data_dir: &Path) -> Self {
        let Begun { session, keep_audio, source, recording, pipeline, vault, clock, awake, tones } = begun;
        let mut recorder = Self {
            session,
            keep_audio,
            health: source.health(),
            source: Some(source),
            recording,
            pipeline,
            vault,
            clock,
            board,
            data_dir: data_dir.to_owned(),
            marked: Vec::new(),
            paused_at: None,
            trouble: None,
            disk_asked: Instant::now(),
            progress_noted: Instant::now(),
            sleep: SleepWatch::new(),
            _awake: awake,
            tones,
            sounded: None,
            commands: 0,
            obeyed: None,
            deletion_asked: None,
            forgotten: None,
        };
        recorder.show();
        recorder
    }

    /// Records until somebody wants the end; says which, and who is to be told.
    pub(super) fn record(&mut self, commands: &mpsc::Receiver<Asked>) -> (Ending, oneshot::Sender<Reply>) {
        loop {
            let asked = match self.source {
                Some(_) => commands.try_recv().ok(),
                // No sound to wait for.
                None => commands.recv_timeout(SOUND_WAIT).ok(),
            };
            if let Some(Asked { command, reply }) = asked {
                let done = match command {
                    Command::Pause => self.pause(),
                    Command::Resume => self.resume(),
                    Command::Mark => self.mark(),
                    Command::Stop => return (Ending::Stop, reply),
                    Command::Withdraw => return (Ending::Withdraw, reply),
                };
                self.show();
                // Whoever asked may have gone; it is done all the same.
                let _ = reply.send(match done {
                    Ok(()) => Reply::Status(self.board.read()),
                    Err(failure) => Reply::Failed(failure),
                });
                continue;
            }
            self.hear(SOUND_WAIT);
            if let Some(ending) = self.obey() {
                // Whoever said it hears a tone.
                return (ending, oneshot::channel().0);
            }
            self.look_around();
            self.show();
            self.sound_alarm();
        }
    }

    /// Waits for the next sound and keeps it; false when none came.
    fn hear(&mut self, wait: Duration) -> bool {
        match self.listen(wait) {
            Ok(heard) => heard,
            // Whoever pauses may unplug what they like: it is looked for until they go on.
            Err(_) if self.clock.is_paused() => {
                std::thread::sleep(wait);
                false
            }
            Err(error) => {
                tracing::error!("the input has ended: {error}");
                self.end_sound(Some(Trouble::InputFailed));
                false
            }
        }
    }

    /// The same.
    ///
    /// # Errors
    /// When the input is gone. It may be back at the next call.
    fn listen(&mut self, wait: Duration) -> Result<bool, CaptureError> {
        let Some(source) = &mut self.source else { return Ok(false) };
        match source.next(wait)? {
            Heard::Block(block) => {
                if self.clock.is_paused() {
                    self.pipeline.overhear(&block);
                }
                for block in self.clock.place(block) {
                    self.keep(&block);
                }
                Ok(true)
            }
            Heard::Nothing => Ok(false),
            Heard::End => {
                self.end_sound(None);
                Ok(false)
            }
        }
    }

    /// Seals a block; only then may anything else have it. What cannot be sealed has never been.
    fn keep(&mut self, block: &Block) {
        if self.source.is_none() {
            return;
        }
        let late = self.forgotten.filter(|gone| block.first < gone.end());
        let sealed = match late {
            None => self.recording.append(block),
            Some(gone) => voice::outside(block, gone).iter().try_for_each(|part| self.recording.append(part)),
        };
        match sealed {
            Ok(()) => self.pipeline.push(block),
            Err(error) => self.cannot_write(&error),
        }
    }

    fn cannot_write(&mut self, error: &RecordingError) {
        tracing::error!("recording has ended: {error}");
        let full = matches!(error, RecordingError::Io { source, .. } if is_full(source));
        self.end_sound(Some(if full { Trouble::DiskFull } else { Trouble::WriteFailed }));
    }

    /// No more sound comes: the input is let go of, and the session waits for `stop`.
    fn end_sound(&mut self, trouble: Option<Trouble>) {
        if let Some(source) = self.source.take() {
            self.health = source.health();
        }
        self.trouble = trouble.or(self.trouble);
        self.note_progress();
    }

    fn note_progress(&mut self) {
        self.progress_noted = Instant::now();
        let progress =
            Progress { elapsed_s: self.clock.now().seconds() as u64, speech_s: self.pipeline.speech_s() as u64 };
        if let Err(error) = self.vault.note_progress(self.session.id, progress) {
            tracing::debug!("it could not be noted how far the session has come: {error}");
        }
    }

    /// Takes what has been heard up to now, so that a command concerns what comes after it.
    fn catch_up(&mut self) {
        for _ in 0..WAITING_BLOCKS_MAX {
            if !self.hear(Duration::ZERO) {
                return;
            }
        }
    }

    /// Waits for the block of each track that the source has not filled yet.
    fn take_what_is_under_way(&mut self) {
        for _ in 0..self.session.tracks {
            self.hear(BLOCK_WAIT);
        }
    }

    fn pause(&mut self) -> Result<(), Failure> {
        if self.clock.is_paused() {
            return Err(Failure::user("the session is paused already", "`sidetone resume` goes on"));
        }
        self.catch_up();
        self.clock.pause();
        self.pipeline.attend_anew();
        self.paused_at = Some(Instant::now());
        Ok(())
    }

    fn resume(&mut self) -> Result<(), Failure> {
        let Some(paused_at) = self.paused_at else {
            return Err(Failure::user("the session is not paused", "`sidetone pause` pauses it"));
        };
        if let Some(trouble) = self.trouble.filter(|_| self.source.is_none()) {
            return Err(Failure::user(
                trouble.message(),
                "`sidetone stop` finishes the session with what was recorded",
            ));
        }
        self.listen(Duration::ZERO).map_err(|error| {
            let hint = "plug it in and `sidetone resume` again, or `sidetone stop` to finish with what was recorded";
            Failure::user(error.to_string(), hint)
        })?;
        self.paused_at = None;
        // What is under way was heard in the pause, so that the pause ends behind it; whoever asked is told then.
        self.catch_up();
        self.take_what_is_under_way();
        let at = self.clock.resume();
        self.pipeline.attend_anew();
        self.gap(at, paused_at.elapsed());
        Ok(())
    }

    /// Notes time that passed and is in no sample.
    fn gap(&mut self, at: Sample, lasted: Duration) {
        if let Err(error) = self.recording.gap(at, u64::try_from(lasted.as_millis()).unwrap_or(u64::MAX)) {
            self.cannot_write(&error);
        }
        self.pipeline.gap(at);
    }

    fn mark(&mut self) -> Result<(), Failure> {
        self.mark_at(self.clock.now())
    }

    fn mark_at(&mut self, at: Sample) -> Result<(), Failure> {
        self.recording.mark(at)?;
        self.marked.push(at);
        Ok(())
    }

    /// What may go wrong around a session.
    fn look_around(&mut self) {
        if let Some(slept) = self.sleep.slept()
            && self.source.is_some()
            && !self.clock.is_paused()
        {
            tracing::warn!("the machine slept for {} s", slept.as_secs());
            self.gap(self.clock.now(), slept);
        }
        if self.progress_noted.elapsed() >= PROGRESS_EVERY {
            self.note_progress();
        }
        if self.disk_asked.elapsed() >= DISK_EVERY {
            self.disk_asked = Instant::now();
            let low = self.source.is_some() && disk::is_low(&self.data_dir, self.session.tracks);
            self.trouble = match self.trouble {
                None if low => Some(Trouble::DiskLow),
                Some(Trouble::DiskLow) if !low => None,
                other => other,
            };
        }
    }

    fn show(&mut self) {
        if let Some(source) = &self.source {
            self.health = source.health();
        }
        let (elapsed_s, behind_s) = (self.clock.now().seconds(), self.pipeline.behind_s());
        let phase = if self.clock.is_paused() { Phase::Paused } else { Phase::Recording };
        self.board.write(|status| {
            status.phase = phase;
            status.session = Some(self.session.id);
            status.coachee = Some(self.session.coachee.clone());
            status.tracks = self.session.tracks;
            status.elapsed_s = elapsed_s;
            status.behind_s = behind_s;
            status.marks = u32::try_from(self.marked.len()).unwrap_or(u32::MAX);
            status.health = self.health.clone();
            status.input_ended = self.source.is_none();
            status.trouble = self.trouble;
            status.commands = self.commands;
            status.deletion_asked = self.deletion_asked.is_some();
        });
    }

    /// Makes the session's numbers and words of what was heard.
    pub(super) fn finish(mut self) -> Finished {
        // The last thing that was said; in a pause there is none to wait for.
        if !self.clock.is_paused() {
            self.catch_up();
            self.take_what_is_under_way();
        }
        self.end_sound(None);
        self.show();
        self.board.write(|status| status.phase = Phase::Finishing);
        let lock = self.recording.lock();
        if let Err(error) = self.recording.finish() {
            // It then looks cut off, which `recover` can deal with; and it is about to go.
            tracing::error!("the recording could not be ended: {error}");
        }
        // With the pipeline goes the session identity: from here on only the coachee opens what is on disk.
        let mut outcome = self.pipeline.finish();
        outcome.count_lost(&self.health);
        outcome.numbers.marked = self.marked;
        Finished { session: self.session.id, keep_audio: self.keep_audio, outcome, vault: self.vault, _lock: lock }
    }

    /// Everything goes, sound and numbers; a receipt without a word says that there was something.
    pub(super) fn withdraw(mut self) -> Result<Reply, Failure> {
        let path = self.vault.recording_path(self.session.id);
        self.source = None;
        self.board.write(|status| status.phase = Phase::Finishing);
        drop(self.recording);
        let withdrawn = self.vault.withdraw(self.session.id).or_else(|error| {
            // Without the sound there is room again, if that was what it lacked; and the sound should go in any case.
            tracing::error!("the session could not be withdrawn: {error}");
            let _ = fs::remove_file(&path);
            self.vault.withdraw(self.session.id)
        });
        // Only now, for it may have to wait for a window that is being decoded.
        drop(self.pipeline);
        withdrawn?;
        if path.exists() {
            return Err(Failure::user(
                format!("{} could not be deleted", path.display()),
                "delete this file; it is sealed, and only the coachee could open it",
            ));
        }
        Ok(Reply::Withdrawn { session: self.session.id })
    }
}

/// What a session came to, until it is stored.
pub(super) struct Finished {
    session: SessionId,
    keep_audio: KeepAudio,
    outcome: Outcome,
    vault: vault::Writer,
    /// Until it is stored, nobody takes the session for one that was cut off.
    _lock: Option<recording::Lock>,
}

impl Finished {
    /// Stores numbers and words; the words are sealed and committed before the sound goes. May be tried again.
    pub(super) fn store(&mut self) -> Result<Reply, VaultError> {
        let Outcome { numbers, words, words_poor, ask } = &self.outcome;
        let keep_recording = *words_poor || self.keep_audio != KeepAudio::No;
        self.vault
            .finish(self.session, numbers, words, keep_recording)
            .inspect_err(|error| tracing::error!("the session could not be stored: {error}"))?;
        Ok(Reply::Stopped { session: self.session, ask: ask.map(|times| times.map(Sample::seconds)) })
    }
}
