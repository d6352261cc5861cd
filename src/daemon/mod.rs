//! The recorder behind a Unix socket: one session at a time, from `start` to the report. Holds public keys only: it
//! writes through [`crate::vault::Writer`] and cannot read a word once a session is finished.
//!
//! [`run`] is given its socket, its stop signal and its models; it reads no environment and finds nothing by itself.
//! One thread serves every connection (`connection`) and never works on sound. A session has a thread of its own
//! (`recorder`), and `slot` holds the way to it. Before its first session a daemon has loaded no model.

mod awake;
mod client;
mod clock;
mod connection;
mod disk;
mod failure;
mod opening;
mod privacy;
mod protocol;
mod recorder;
mod slot;
mod socket;
mod tones;

use std::{fmt, fs, future::Future, path::PathBuf, pin::pin, sync::Arc, time::Duration};

use tokio::{net::UnixListener, task::JoinSet, time};

pub use awake::can_stay_awake;
pub use client::{Client, ClientError};
pub use disk::{Room, room};
pub use failure::NO_SESSION;
pub use opening::not_for_live_voices;
pub use privacy::keep_memory_private;
pub use protocol::{Failure, LINE_BYTES_MAX, Phase, Reply, Request, Start, Status, Trouble};
use slot::Slot;
pub use socket::{bind, socket_path};

use crate::pipeline;

/// Clients at one time: a person's terminals, not the world's.
const CLIENTS_MAX: usize = 64;

/// How long a client may take to fetch its last answer when the daemon ends.
const FAREWELL: Duration = Duration::from_secs(5);

/// After a connection could not be accepted (no file handles are left): before the next attempt.
const ACCEPT_AGAIN: Duration = Duration::from_millis(100);

/// How often a daemon looks for words that are past their time.
const TIDY_EVERY: Duration = Duration::from_secs(3600);

/// What a daemon is given.
pub struct Setup {
    pub data_dir: PathBuf,
    /// Loads the models for a session, by the Whisper model's name; called once for each name if none is missing.
    pub load_models: Arc<LoadModels>,
}

/// Finds and loads models by the name of the Whisper model.
pub type LoadModels = dyn Fn(&str) -> Result<pipeline::Models, Failure> + Send + Sync;

impl fmt::Debug for Setup {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Setup").field("data_dir", &self.data_dir).finish_non_exhaustive()
    }
}

/// Serves until `shutdown` resolves or a client asks for the end; a running session is then finished properly, and
/// clients are answered meanwhile. The socket goes with the daemon.
///
/// # Errors
/// When this process's memory cannot be kept private, or the running session could not be finished.
pub async fn run(listener: UnixListener, shutdown: impl Future<Output = ()>, setup: Setup) -> Result<(), Failure> {
    keep_memory_private()?;
    let slot = Arc::new(Slot::new(setup));
    let mut clients = JoinSet::new();
    let mut finished = pin!(async {
        tokio::select! {
            () = shutdown => {}
            () = slot.closing() => {}
        }
        slot.finish().await
    });
    let mut tidies = time::interval_at(time::Instant::now() + TIDY_EVERY, TIDY_EVERY);
    let finished = loop {
        tokio::select! {
            _ = tidies.tick() => slot.tidy(),
            finished = &mut finished => break finished,
            Some(_) = clients.join_next() => {}
            accepted = listener.accept() => match accepted {
                Ok((stream, _)) if clients.len() < CLIENTS_MAX && socket::is_same_user(&stream) => {
                    clients.spawn(connection::serve(stream, Arc::clone(&slot)));
                }
                Ok(_) => tracing::warn!("a client was turned away"),
                Err(error) => {
                    tracing::warn!("a client could not be accepted: {error}");
                    time::sleep(ACCEPT_AGAIN).await;
                }
            }
        }
    };
    // The file first: once nobody listens, another daemon may take the place.
    if let Some(path) = listener.local_addr().ok().as_ref().and_then(|address| address.as_pathname())
        && let Err(error) = fs::remove_file(path)
    {
        tracing::warn!("{} could not be removed: {error}", path.display());
    }
    drop(listener);
    slot.end();
    // A client that does not fetch its answer is left behind.
    let _ = time::timeout(FAREWELL, async { while clients.join_next().await.is_some() {} }).await;
    finished
}
