//! What can be wrong with a model file or its way here; each with what the user can do.

use std::{
    io,
    path::{Path, PathBuf},
};

/// Why a model cannot be found, fetched or trusted.
#[derive(Debug, thiserror::Error)]
pub enum WeightsError {
    #[error("the list of models is damaged: {0}")]
    Manifest(String),
    #[error("there is no model called `{name}`")]
    Unknown { name: String, near: Vec<String> },
    #[error("{} cannot be read: {cause}", path.display())]
    Read { path: PathBuf, cause: io::Error },
    #[error("{} cannot be written: {cause}", path.display())]
    Write { path: PathBuf, cause: io::Error },
    #[error("no space left for {} ({} MB)", path.display(), bytes / 1_000_000)]
    NoSpace { path: PathBuf, bytes: u64 },
    #[error("{} has {found} bytes where {expected} belong: it is cut short, or another file", path.display())]
    Size { path: PathBuf, found: u64, expected: u64 },
    #[error("{} does not have the hash that its publisher states", path.display())]
    Hash { path: PathBuf },
    #[error("{} has no hash to check against", path.display())]
    NoHash { path: PathBuf },
    #[error("{} is no usable Whisper model: {what}", path.display())]
    NotAModel { path: PathBuf, what: String },
    #[error("{} cannot be unpacked: {what}", path.display())]
    Unpack { path: PathBuf, what: String },
    #[error("{} is none of the models known here", path.display())]
    Unrecognised { path: PathBuf },
    #[error("{from} is a web page, not a model")]
    WebPage { from: String },
    #[error("{url} answers {status}")]
    Status { url: String, status: u16 },
    #[error("{url} sent nothing for {seconds} s")]
    Stalled { url: String, seconds: u64 },
    #[error("the connection to {url} broke: {cause}")]
    Broken { url: String, cause: String },
    #[error("the proxy `{0}` is not an address")]
    Proxy(String),
    #[error("{} holds no certificate in PEM form", .0.display())]
    Certificate(PathBuf),
    #[error("{} is being written by another run", path.display())]
    Busy { path: PathBuf },
    #[error("{name} is part of this program and comes with it, not from the network")]
    OurOwn { name: String },
}

impl WeightsError {
    /// What the user can do about it: names a command or a flag.
    pub fn hint(&self) -> Option<String> {
        const BY_HAND: &str = "or bring the file by hand: download it elsewhere, then `sidetone models import FILE`";
        Some(match self {
            Self::Manifest(_) => "this is a fault of the program: please report it".to_owned(),
            Self::Unknown { near, .. } if near.is_empty() => "`sidetone models list` names them all".to_owned(),
            Self::Unknown { near, .. } => {
                format!("did you mean {}? `sidetone models list` names them all", near.join(" or "))
            }
            Self::Read { .. } => "check that the file is there and that you may read it".to_owned(),
            Self::Write { .. } => {
                "check that you may write there, or choose another place with `--models-dir DIR`".to_owned()
            }
            Self::NoSpace { .. } => format!(
                "free some space and run it again (it goes on where it stopped), or choose another place with \
                 `--models-dir DIR`, {BY_HAND}"
            ),
            Self::Size { .. } | Self::Hash { .. } => {
                format!("`sidetone models fetch NAME` gets it again, {BY_HAND}")
            }
            Self::NoHash { .. } => "update the program: its list of models is incomplete".to_owned(),
            Self::NotAModel { .. } => {
                format!(
                    "`sidetone models verify` checks what is here; `sidetone models fetch base.en` gets a whole one, {BY_HAND}"
                )
            }
            Self::Unpack { .. } => format!("`sidetone models fetch NAME` gets it again, {BY_HAND}"),
            Self::Unrecognised { .. } => {
                "`sidetone models list` names the files that can be imported; a file of another version is another file"
                    .to_owned()
            }
            Self::WebPage { .. } => {
                format!("a log-in page or a filter may stand between: check the network, {BY_HAND}")
            }
            Self::Status { status: 407, .. } => {
                format!(
                    "the proxy wants a name and password: put them into its address (`http://NAME:PASSWORD@HOST:PORT`), {BY_HAND}"
                )
            }
            Self::Status { status: 404 | 410, .. } => {
                format!("the publisher may have moved it: update the program, {BY_HAND}")
            }
            Self::Status { .. } => format!("try again later, {BY_HAND}"),
            Self::Stalled { .. } => format!("run it again: it goes on where it stopped, {BY_HAND}"),
            Self::Broken { .. } => format!(
                "check the network, `HTTPS_PROXY` and `SSL_CERT_FILE`, and run it again (it goes on where it stopped), {BY_HAND}"
            ),
            Self::Proxy(_) => format!("`HTTPS_PROXY` takes the form `http://HOST:PORT`, {BY_HAND}"),
            Self::Certificate(_) => format!("`SSL_CERT_FILE` takes a PEM file of the authorities to trust, {BY_HAND}"),
            Self::Busy { .. } => "wait for the other `sidetone models fetch` to end".to_owned(),
            Self::OurOwn { .. } => "`git checkout models/` brings it back, or install the program again".to_owned(),
        })
    }

    /// Of a write that failed; a full disk, an exceeded quota and a file size limit are the same to the user.
    pub(super) fn writing(path: &Path, bytes: u64, cause: io::Error) -> Self {
        use io::ErrorKind::{FileTooLarge, QuotaExceeded, StorageFull};
        match cause.kind() {
            StorageFull | QuotaExceeded | FileTooLarge => Self::NoSpace { path: path.to_owned(), bytes },
            _ => Self::Write { path: path.to_owned(), cause },
        }
    }

    pub(super) fn reading(path: &Path, cause: io::Error) -> Self {
        Self::Read { path: path.to_owned(), cause }
    }
}
