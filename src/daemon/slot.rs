//! The one session there may be, and the way to the thread that records it. Answers requests without ever waiting for
//! that thread's work, except where the answer is its result.

use std::{
    collections::HashMap,
    panic::{self, AssertUnwindSafe},
    sync::{Arc, Mutex, MutexGuard, PoisonError, mpsc},
    thread,
    time::Duration,
};

use tokio::sync::{oneshot, watch};

use super::{
    Setup, opening,
    protocol::{Failure, Phase, Reply, Request, Start, Status},
    recorder::{Ending, Finished},
};
use crate::{pipeline::Models, vault};

/// After a session could not be stored and nobody heard of it: before the next attempt.
const STORE_AGAIN: Duration = Duration::from_secs(10);

/// What the recording thread is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Command {
    Pause,
    Resume,
    Mark,
    Stop,
    Withdraw,
}

/// A command, and where its answer goes.
#[derive(Debug)]
pub(super) struct Asked {
    pub(super) command: Command,
    pub(super) reply: oneshot::Sender<Reply>,
}

/// What the recording thread shows of itself: written by it alone, for moments only.
#[derive(Clone, Debug)]
pub(super) struct Board(Arc<Mutex<Status>>);

impl Board {
    fn new() -> Self {
        Self(Arc::new(Mutex::new(Status::idle())))
    }

    pub(super) fn read(&self) -> Status {
        locked(&self.0).clone()
    }

    pub(super) fn write(&self, change: impl FnOnce(&mut Status)) {
        change(&mut locked(&self.0));
    }
}

/// A session from `start` on, also before its first sound has come: its board says idle until then.
#[derive(Debug)]
struct Current {
    coachee: String,
    commands: mpsc::Sender<Asked>,
    board: Board,
}

#[derive(Debug)]
pub(super) struct Slot {
    setup: Setup,
    /// By Whisper model: loaded at the first session that wants them.
    models: Mutex<HashMap<String, Models>>,
    current: Mutex<Option<Current>>,
    stage: watch::Sender<Stage>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Stage {
    Serving,
    /// No session starts any more; one that runs is being finished.
    Closing,
    /// Clients may go.
    Ended,
}

impl Slot {
    pub(super) fn new(setup: Setup) -> Self {
        Self { setup, models: Mutex::default(), current: Mutex::default(), stage: watch::Sender::new(Stage::Serving) }
    }

    pub(super) async fn answer(self: &Arc<Self>, request: Request) -> Reply {
        match request {
            Request::Start(start) => self.start(*start).await,
            Request::Status => Reply::Status(self.status()),
            Request::Pause => self.tell(Command::Pause).await,
            Request::Resume => self.tell(Command::Resume).await,
            Request::Mark => self.tell(Command::Mark).await,
            Request::Stop => self.tell(Command::Stop).await,
            Request::Withdraw => self.tell(Command::Withdraw).await,
            Request::Shutdown => match self.finish().await {
                Ok(()) => Reply::Done,
                Err(failure) => Reply::Failed(failure),
            },
        }
    }

    /// Lets no new session in and finishes the one that runs.
    pub(super) async fn finish(&self) -> Result<(), Failure> {
        self.stage.send_if_modified(|stage| {
            let serving = *stage == Stage::Serving;
            *stage = (*stage).max(Stage::Closing);
            serving
        });
        let answer = locked(&self.current).as_ref().map(|current| send(current, Command::Stop));
        match answer {
            None => Ok(()),
            Some(answer) => match answer.await {
                Ok(Reply::Failed(failure)) => Err(failure),
                Ok(_) => Ok(()),
                Err(_) => Err(recorder_lost()),
            },
        }
    }

    /// Resolves once no new session is let in.
    pub(super) async fn closing(&self) {
        self.reached(Stage::Closing).await;
    }

    /// Resolves when clients that wait for nothing should go.
    pub(super) async fn ended(&self) {
        self.reached(Stage::Ended).await;
    }

    pub(super) fn end(&self) {
        self.stage.send_replace(Stage::Ended);
    }

    pub(super) fn is_closing(&self) -> bool {
        *self.stage.borrow() != Stage::Serving
    }

    async fn reached(&self, wanted: Stage) {
        // The sender lives as long as self: waiting cannot fail.
        let _ = self.stage.subscribe().wait_for(|stage| *stage >= wanted).await;
    }

    /// Deletes what is past its time, where no session is disturbed by it. Others who open the vault do so too, but a
    /// daemon may be all there is for weeks.
    pub(super) fn tidy(self: &Arc<Self>) {
        if locked(&self.current).is_some() || !self.setup.data_dir.exists() {
            return;
        }
        let slot = Arc::clone(self);
        let tidying = thread::Builder::new().name("tidy".into()).spawn(move || {
            if let Err(error) = vault::Writer::open(&slot.setup.data_dir) {
                tracing::warn!("what is past its time could not be deleted: {error}");
            }
        });
        if let Err(error) = tidying {
            tracing::warn!("what is past its time could not be deleted: {error}");
        }
    }

    fn status(&self) -> Status {
        locked(&self.current).as_ref().map_or_else(Status::idle, |current| current.board.read())
    }

    async fn start(self: &Arc<Self>, start: Start) -> Reply {
        let started = match self.begin(start) {
            Ok(started) => started,
            Err(failure) => return Reply::Failed(failure),
        };
        started.await.unwrap_or_else(|_| Reply::Failed(recorder_lost()))
    }

    /// Takes the place and starts the thread that records.
    fn begin(self: &Arc<Self>, start: Start) -> Result<oneshot::Receiver<Reply>, Failure> {
        let mut current = locked(&self.current);
        if self.is_closing() {
            return Err(Failure::ending());
        }
        if let Some(current) = &*current {
            return Err(match current.board.read().phase {
                Phase::Finishing => Failure::user(
                    format!("the session with {} is still being finished", current.coachee),
                    "try again when its report is there: `sidetone status`",
                ),
                _ => Failure::user(
                    format!("a session with {} is being recorded already", current.coachee),
                    "`sidetone stop` finishes it",
                ),
            });
        }
        let (commands, received) = mpsc::channel();
        let (started, starts) = oneshot::channel();
        let board = Board::new();
        *current = Some(Current { coachee: start.session.coachee.clone(), commands, board: board.clone() });
        // A thread that cannot be started gives its seat up right here.
        drop(current);
        let seat = Seat(Arc::clone(self));
        thread::Builder::new()
            .name("recorder".into())
            .spawn(move || sit(seat, start, board, &received, started))
            .map_err(|error| Failure::user(format!("the recorder cannot start: {error}"), "close other programs"))?;
        Ok(starts)
    }

    /// Passes a command on and waits for its answer.
    async fn tell(&self, command: Command) -> Reply {
        let answer = match &*locked(&self.current) {
            None => Err(Failure::no_session()),
            Some(current) => match (current.board.read().phase, command) {
                (Phase::Idle, _) => Err(Failure::no_session()),
                (Phase::Finishing, Command::Withdraw) => Err(too_late_to_withdraw()),
                (Phase::Finishing, Command::Pause | Command::Resume | Command::Mark) => Err(being_finished()),
                _ => Ok(send(current, command)),
            },
        };
        match answer {
            Ok(answer) => answer.await.unwrap_or_else(|_| Reply::Failed(recorder_lost())),
            Err(failure) => Reply::Failed(failure),
        }
    }

    /// The models of this name, loaded at most once when nothing is missing: what was, may have been fetched since.
    pub(super) fn models(&self, name: &str) -> Result<Models, Failure> {
        // Only one session at a time asks, so that nobody waits here for a lock.
        let mut loaded = locked(&self.models);
        if let Some(models) = loaded.get(name).filter(|models| models.are_whole()) {
            return Ok(models.clone());
        }
        // There is not room for two of them.
        loaded.remove(name);
        let models = (self.setup.load_models)(name)?;
        loaded.insert(name.to_owned(), models.clone());
        Ok(models)
    }

    pub(super) fn data_dir(&self) -> &std::path::Path {
        &self.setup.data_dir
    }
}

/// The place of the session that runs; given up when dropped, also by a panic of the recording thread.
#[derive(Debug)]
struct Seat(Arc<Slot>);

impl Drop for Seat {
    fn drop(&mut self) {
        *locked(&self.0.current) = None;
    }
}

/// The recording thread, from a start to the answer of a stop. The place is free before anybody is told, so that the next
/// start finds it so; also where something panics.
fn sit(seat: Seat, start: Start, board: Board, commands: &mpsc::Receiver<Asked>, started: oneshot::Sender<Reply>) {
    let opened = unless_panic(|| opening::open(&seat.0, start, board.clone()));
    let mut recorder = match opened.unwrap_or_else(|| Err(Failure::unstarted())) {
        Ok(recorder) => recorder,
        Err(failure) => {
            drop(seat);
            let _ = started.send(Reply::Failed(failure));
            // Only a daemon that ends can have asked: there is nothing to finish.
            answer_rest(commands, &Reply::Done);
            return;
        }
    };
    // Nobody may be waiting any more: the connection sees to that.
    let _ = started.send(Reply::Status(board.read()));
    let (ending, asked) = recorder.record(commands);
    let (ended, asked) = match ending {
        Ending::Withdraw => (unless_panic(|| recorder.withdraw()), asked),
        Ending::Stop => match unless_panic(|| recorder.finish()) {
            Some(mut finished) => store(&seat, &mut finished, commands, asked),
            None => (None, asked),
        },
    };
    let reply = ended.unwrap_or_else(|| Err(recorder_lost())).unwrap_or_else(Reply::Failed);
    drop(seat);
    let _ = asked.send(reply.clone());
    answer_rest(commands, &reply);
}

/// What came of storing a session (`None`: a panic), and who is to be told.
type Stored = (Option<Result<Reply, Failure>>, oneshot::Sender<Reply>);

/// Stores a session, at every `stop` anew until it is done or the daemon ends: the disk may have to be cleared first.
fn store(
    seat: &Seat,
    finished: &mut Finished,
    commands: &mpsc::Receiver<Asked>,
    mut asked: oneshot::Sender<Reply>,
) -> Stored {
    loop {
        let told = match unless_panic(|| finished.store()) {
            Some(Err(error)) if !seat.0.is_closing() => asked.send(Reply::Failed(Failure::unstored(error))).is_ok(),
            // No try is left: to be told to stop again would lead in a circle.
            stored => {
                let left = |error| Failure { code: 1, ..Failure::unfinished(error) };
                return (stored.map(|stored| stored.map_err(left)), asked);
            }
        };
        let Some(again) = next_try(commands, told) else { return (None, oneshot::channel().0) };
        asked = again;
    }
}

/// Who asks for another try to store a session: the next `stop`; where nobody heard that the last one failed, for whoever
/// stopped it spoke to it or has gone, nobody will, and it is tried all the same. `None` when nobody can ask any more.
fn next_try(commands: &mpsc::Receiver<Asked>, told: bool) -> Option<oneshot::Sender<Reply>> {
    if told {
        return commands.iter().find_map(stop_again);
    }
    loop {
        match commands.recv_timeout(STORE_AGAIN) {
            Ok(late) => match stop_again(late) {
                None => {}
                asks => return asks,
            },
            Err(mpsc::RecvTimeoutError::Timeout) => return Some(oneshot::channel().0),
            Err(mpsc::RecvTimeoutError::Disconnected) => return None,
        }
    }
}

/// The work borrows nothing that is used after its panic.
fn unless_panic<T>(work: impl FnOnce() -> T) -> Option<T> {
    panic::catch_unwind(AssertUnwindSafe(work)).ok()
}

/// Answers what came too late: a second stop gets the first one's answer.
fn answer_rest(commands: &mpsc::Receiver<Asked>, ended: &Reply) {
    for reply in commands.try_iter().filter_map(stop_again) {
        let _ = reply.send(ended.clone());
    }
}

/// Who asks a session that is being finished to stop; others are told that it is too late.
fn stop_again(late: Asked) -> Option<oneshot::Sender<Reply>> {
    let failure = match late.command {
        Command::Stop => return Some(late.reply),
        Command::Withdraw => too_late_to_withdraw(),
        Command::Pause | Command::Resume | Command::Mark => being_finished(),
    };
    let _ = late.reply.send(Reply::Failed(failure));
    None
}

fn send(current: &Current, command: Command) -> oneshot::Receiver<Reply> {
    let (reply, answer) = oneshot::channel();
    // The thread keeps the other end until the place is given up; if it has died, the answer's end says so.
    let _ = current.commands.send(Asked { command, reply });
    answer
}

fn recorder_lost() -> Failure {
    Failure::unfinished("the recorder stopped unexpectedly")
}

fn being_finished() -> Failure {
    Failure::user("the session is being finished", "its report follows: `sidetone report last`")
}

fn too_late_to_withdraw() -> Failure {
    Failure::user(
        "the session has been stopped: withdrawing was possible until then",
        "the coachee can delete it: `sidetone transcript delete last --everything`",
    )
}

/// A panic of the recording thread leaves whole values behind: each is replaced in one step.
fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
