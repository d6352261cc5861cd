//! Speaks to a daemon, blocking: what the command line uses.

use std::{
    io::{self, BufRead, BufReader, Read, Write},
    os::unix::net::UnixStream,
    path::Path,
    time::Duration,
};

use super::protocol::{Failure, LINE_BYTES_MAX, Reply, Request};

/// How long a daemon may take to take a request.
const SEND_TIMEOUT: Duration = Duration::from_secs(10);
/// `start` loads models (gigabytes, from a slow disk) and waits for sound.
const START_TIMEOUT: Duration = Duration::from_secs(300);
/// Everything else that does not have to finish a session; a busy disk may hold up a sealed block for seconds.
const ANSWER_TIMEOUT: Duration = Duration::from_secs(30);

/// Speaks to a daemon; blocking.
#[derive(Debug)]
pub struct Client {
    stream: BufReader<UnixStream>,
}

#[derive(Debug, thiserror::Error)]
pub enum ClientError {
    #[error("no daemon is running")]
    NotRunning,
    #[error("the daemon stopped answering: {0}")]
    Lost(io::Error),
    #[error(transparent)]
    Failed(#[from] Failure),
}

impl Client {
    /// # Errors
    /// [`ClientError::NotRunning`] when nobody listens there.
    pub fn connect(socket: &Path) -> Result<Self, ClientError> {
        let stream = UnixStream::connect(socket).map_err(|error| match error.kind() {
            io::ErrorKind::NotFound | io::ErrorKind::ConnectionRefused => ClientError::NotRunning,
            _ => ClientError::Lost(error),
        })?;
        stream.set_write_timeout(Some(SEND_TIMEOUT)).map_err(ClientError::Lost)?;
        Ok(Self { stream: BufReader::new(stream) })
    }

    /// Sends a request and waits for its reply; `Reply::Failed` becomes an error. After [`ClientError::Lost`] the
    /// connection is of no more use: a late reply would be taken for the next request's.
    ///
    /// # Errors
    /// When the daemon says so, or does not answer in time (`stop` and `shutdown` may take as long as they need).
    pub fn ask(&mut self, request: &Request) -> Result<Reply, ClientError> {
        let reply = self.exchange(request).map_err(|error| {
            // Nothing more can be sent or received by mistake; that it is closed already is all that can go wrong.
            let _ = self.stream.get_ref().shutdown(std::net::Shutdown::Both);
            ClientError::Lost(error)
        })?;
        match reply {
            Reply::Failed(failure) => Err(failure.into()),
            reply => Ok(reply),
        }
    }

    fn exchange(&mut self, request: &Request) -> io::Result<Reply> {
        let timeout = match request {
            Request::Start(_) => Some(START_TIMEOUT),
            Request::Stop | Request::Shutdown => None,
            Request::Status | Request::Pause | Request::Resume | Request::Mark | Request::Withdraw => {
                Some(ANSWER_TIMEOUT)
            }
        };
        self.stream.get_ref().set_read_timeout(timeout)?;
        let mut line = serde_json::to_vec(request)?;
        line.push(b'\n');
        self.stream.get_mut().write_all(&line)?;
        line.clear();
        (&mut self.stream).take(LINE_BYTES_MAX as u64).read_until(b'\n', &mut line)?;
        if line.last() != Some(&b'\n') {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        Ok(serde_json::from_slice(&line)?)
    }
}
