use super::protocol::{Failure, Reply, Request};
use std::path::Path;
/// Speaks to a daemon; blocking.
#[derive(Debug)]
pub struct Client {}
#[derive(Debug, thiserror::Error)]
pub enum ClientError {
    #[error("no daemon is running")]
    NotRunning,
    #[error("the daemon stopped answering: {0}")]
    Lost(std::io::Error),
    #[error(transparent)]
    Failed(#[from] Failure),
}
impl Client {
    pub fn connect(socket: &Path) -> Result<Self, ClientError> { unimplemented!() }
    /// Sends a request and waits for its reply; `Reply::Failed` becomes an error.
    pub fn ask(&mut self, request: &Request) -> Result<Reply, ClientError> { unimplemented!() }
}
