//! The recorder behind a Unix socket: one session at a time, from `start` to the report. Holds public keys only: it
//! writes through [`crate::vault::Writer`] and cannot read a word once a session is finished.
//!
//! [`run`] is given its socket, its stop signal and its models; it reads no environment and finds nothing by itself.

mod client;
mod connection;
mod protocol;
mod recorder;

use std::{future::Future, path::{Path, PathBuf}, sync::Arc};

pub use client::{Client, ClientError};
pub use protocol::{Failure, Phase, Reply, Request, Start, Status};

use crate::pipeline;

/// What a daemon is given.
pub struct Setup {
    pub data_dir: PathBuf,
    /// Loads the models for a session, by the Whisper model's name; called once for each name.
    pub load_models: Arc<dyn Fn(&str) -> Result<pipeline::Models, Failure> + Send + Sync>,
}

impl std::fmt::Debug for Setup {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Setup").field("data_dir", &self.data_dir).finish_non_exhaustive()
    }
}

/// The socket of a data directory: in `runtime_dir` (mode 0700), its name derived from the directory's real path.
pub fn socket_path(runtime_dir: &Path, data_dir: &Path) -> PathBuf {
    unimplemented!()
}

/// Binds the socket, mode 0600. A socket that nobody answers on is replaced.
///
/// # Errors
/// When a daemon answers there already, or the place cannot be written.
pub fn bind(socket: &Path) -> Result<tokio::net::UnixListener, Failure> {
    unimplemented!()
}

/// Serves until `shutdown` resolves; a running session is then finished properly.
pub async fn run(listener: tokio::net::UnixListener, shutdown: impl Future<Output = ()>, setup: Setup) -> Result<(), Failure> {
    unimplemented!()
}
