//! Pages on the loopback interface, for the person who opened them: the report with the coach's next step, and the coachee's
//! own page, where the words are read and decided about. Runs in that person's foreground process, never in the daemon, and
//! ends when nobody reads any more.
//!
//! # A hostile web page, and another program on this computer
//! Whatever a browser visits may send requests to `127.0.0.1`. Each of these stops it alone (`guard.rs`):
//! * a random port; a token that works once, in the address that is opened, and is exchanged for a cookie;
//! * the cookie is `HttpOnly`, `SameSite=Strict` and bound to a random path: cookies are not kept apart by port, and a
//!   server of somebody else on another port must not be sent it;
//! * on Linux, whoever connects must be a program of this user (`peer.rs`): the address with its token stands in the
//!   arguments of the browser that is started with it, which every user of the computer can read. Elsewhere such a user may
//!   come first, and gets what the person who opened the page would have got: the report, and the words only with the
//!   passphrase, or where `--identity` or `--passphrase-file` stood for it;
//! * `Host` must be ours, which DNS rebinding cannot forge; `Origin` and `Sec-Fetch-Site` must not be foreign; a form sends
//!   a secret of its page along;
//! * no CORS header, no frame, no script or style but ours, and none inline.
//!
//! # Where words may be
//! In this process while unlocked: [`Utterance`]s and the pages made of them are wiped when
//! they go. Buffers of the socket, and the browser, are beyond that: `no-store` keeps pages out of its cache, `autocomplete=off` what is
//! typed out of its memory, and a search is posted, because addresses end in the history. They are on disk only where the coachee
//! exports them.
//!
//! Without JavaScript everything works; `page.js` locks when nobody moves, and searches while one types.

mod guard;
mod pages;
mod peer;
mod pulse;
mod room;
mod routes;
mod words;

use std::{fmt, io, net::Ipv4Addr, path::PathBuf, time::Duration};

use crate::{
    practice::Pulse,
    seal::Identity,
    session::SessionId,
    transcript::{Format, Spoken, Utterance},
    vault::VaultError,
};

/// After so long without a sign of a reader the words are locked: longer than a page takes to read, shorter than a walk to
/// the coffee machine and back.
pub const LOCK_AFTER: Duration = Duration::from_secs(300);
/// After so long without a request the process ends.
pub const END_AFTER: Duration = Duration::from_secs(900);

/// What is to be seen, and by whom.
#[derive(Debug)]
pub struct Visit {
    pub data_dir: PathBuf,
    pub session: SessionId,
    pub visitor: Visitor,
    /// What comes up for both people, a line each.
    pub reviews: Vec<String>,
    pub lock_after: Duration,
    pub end_after: Duration,
}

/// Who looks.
#[derive(Debug)]
pub enum Visitor {
    /// The numbers, and the next step to be chosen.
    Coach,
    /// The same numbers, and the words.
    Coachee(Coachee),
}

/// The identity behind a passphrase, or why not.
pub type Unlock = dyn Fn(&str) -> Result<Identity, String> + Send + Sync;
/// Words in a format, with their moves where it has room for them; or why not.
pub type Write = dyn Fn(&[Utterance], Format) -> Result<Spoken, String> + Send + Sync;
/// The coachee's answers after sessions, opened with their identity; or why not.
pub type Answers = dyn Fn(&Identity) -> Result<Answered, String> + Send + Sync;

/// What a coachee answered over time, and what they may want to do: for them alone.
#[derive(Clone, Debug, Default)]
pub struct Answered {
    pub rows: Vec<AnsweredAt>,
    /// Lines; those that are set in by two spaces are points of a list.
    pub said: Vec<String>,
}

/// The answers after one session, with those of its numbers that there is enough to say of (shares).
#[derive(Clone, Debug)]
pub struct AnsweredAt {
    pub session: SessionId,
    /// The day, and with which coach where it was not the one whose laptop it is.
    pub on: String,
    pub answers: Pulse,
    pub coach_share: Option<f64>,
    pub telling: Option<f64>,
}

/// What the coachee's page needs of its surroundings.
pub struct Coachee {
    /// False when a key file, or a passphrase's, was named already.
    pub asks_passphrase: bool,
    /// A passphrase opens their words here, also those that they take.
    pub has_passphrase: bool,
    pub unlock: Box<Unlock>,
    pub write: Box<Write>,
    pub answers: Box<Answers>,
}

impl fmt::Debug for Coachee {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Coachee").field("asks_passphrase", &self.asks_passphrase).finish_non_exhaustive()
    }
}

#[derive(Debug, thiserror::Error)]
pub enum WebError {
    #[error("no page can be served on this computer: {0}")]
    Serving(#[from] io::Error),
    #[error(transparent)]
    Vault(#[from] VaultError),
}

impl WebError {
    /// What the user can do about it.
    pub fn hint(&self) -> Option<String> {
        match self {
            Self::Serving(_) => Some("`sidetone report --html FILE` writes the report as a file instead".to_owned()),
            Self::Vault(error) => error.hint(),
        }
    }
}

/// Serves the visit until it is closed, idle for long, or interrupted. `opened` gets the address to be opened, which works
/// once.
///
/// # Errors
/// When nothing can be served.
pub fn serve(visit: Visit, opened: impl FnOnce(&str)) -> Result<(), WebError> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(async {
        let listener = tokio::net::TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
        let room = room::Room::new(visit, listener.local_addr()?.port())?;
        let router = routes::router(&room);
        opened(&room.address());
        tokio::select! {
            served = axum::serve(peer::SameUser(listener), router) => served?,
            () = room.ended() => {}
        }
        Ok(())
    })
}
