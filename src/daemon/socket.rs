//! Where the daemon listens, and to whom: a socket that only its user can reach, one for each data directory.

use std::{
    fs::{self, DirBuilder, File},
    io,
    os::unix::fs::{DirBuilderExt, FileTypeExt, MetadataExt, OpenOptionsExt, PermissionsExt},
    path::{Path, PathBuf},
};

use sha2::{Digest, Sha256};
use tokio::net::{UnixListener, UnixStream};

use super::Failure;

/// Hexadecimal digits of the data directory's hash in the socket's name: 64 bits tell any two directories apart, and
/// leave the name short (a socket's path has at most 104 bytes on macOS, 108 on Linux).
const NAME_DIGITS: usize = 16;

/// The socket of a data directory: in `runtime_dir` (mode 0700), its name derived from the directory's real path.
pub fn socket_path(runtime_dir: &Path, data_dir: &Path) -> PathBuf {
    let hash = Sha256::digest(real_path(data_dir).as_os_str().as_encoded_bytes());
    let digits: String = hash.iter().take(NAME_DIGITS / 2).map(|byte| format!("{byte:02x}")).collect();
    runtime_dir.join(format!("sidetone-{digits}.sock"))
}

/// The path without links, also of a directory that is yet to be made: its name must not change by that.
fn real_path(dir: &Path) -> PathBuf {
    let dir = std::path::absolute(dir).unwrap_or_else(|_| dir.to_owned());
    let real = |ancestor: &Path| {
        let below = dir.strip_prefix(ancestor).ok()?;
        // Joining an empty path would append a slash.
        let real = ancestor.canonicalize().ok()?;
        Some(if below.as_os_str().is_empty() { real } else { real.join(below) })
    };
    dir.ancestors().find_map(real).unwrap_or(dir.clone())
}

/// Binds the socket, mode 0600, in a directory of mode 0700. A socket that nobody answers on is replaced. Must be called
/// within a tokio runtime.
///
/// # Errors
/// When a daemon answers there already, or the place cannot be written or can be entered by others.
pub fn bind(socket: &Path) -> Result<UnixListener, Failure> {
    let unusable = |error: io::Error| {
        Failure::user(
            format!("{} cannot be used: {error}", socket.display()),
            "the runtime directory must be yours and writable, and its path short (XDG_RUNTIME_DIR names it)",
        )
    };
    let dir = socket.parent().unwrap_or(Path::new("/"));
    private_dir(dir)?;
    // Two daemons that start at one moment come here one after the other; the lock ends with the file's handle.
    let lock = File::options().create(true).truncate(false).write(true).mode(0o600).open(socket.with_extension("lock"));
    let lock = lock.map_err(unusable)?;
    lock.lock().map_err(unusable)?;
    match std::os::unix::net::UnixStream::connect(socket) {
        Ok(_) => {
            return Err(Failure::user(
                "a daemon is running already",
                "`sidetone status` asks it what it does; `sidetone daemon --stop` ends it",
            ));
        }
        Err(error) if error.kind() == io::ErrorKind::NotFound => {}
        Err(_) => remove_stale(socket).map_err(unusable)?,
    }
    let listener = UnixListener::bind(socket).map_err(unusable)?;
    fs::set_permissions(socket, fs::Permissions::from_mode(0o600)).map_err(unusable)?;
    Ok(listener)
}

/// Takes away the socket of a daemon that was killed; nothing else is ever removed.
fn remove_stale(socket: &Path) -> io::Result<()> {
    match fs::symlink_metadata(socket)?.file_type().is_socket() {
        true => fs::remove_file(socket),
        false => Err(io::Error::new(io::ErrorKind::AlreadyExists, "something else is there")),
    }
}

/// Makes the directory, or checks that nobody else can enter the one that is there.
fn private_dir(dir: &Path) -> Result<(), Failure> {
    let unusable = |reason: String, hint: String| Failure::user(format!("{}: {reason}", dir.display()), hint);
    DirBuilder::new()
        .recursive(true)
        .mode(0o700)
        .create(dir)
        .and_then(|()| fs::metadata(dir))
        .map_err(|error| unusable(error.to_string(), "the runtime directory must be writable".into()))
        .and_then(|found| {
            if found.uid() != rustix::process::geteuid().as_raw() {
                return Err(unusable("it belongs to another user".into(), "choose another XDG_RUNTIME_DIR".into()));
            }
            if found.mode() & 0o077 != 0 {
                return Err(unusable("other users can enter it".into(), format!("`chmod 700 {}`", dir.display())));
            }
            Ok(())
        })
}

/// Whether the other side is a process of this user: no other user is served, not even root.
pub(super) fn is_same_user(stream: &UnixStream) -> bool {
    stream.peer_cred().is_ok_and(|peer| peer.uid() == rustix::process::geteuid().as_raw())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_name_follows_the_real_path() {
        let dir = tempfile::tempdir().unwrap();
        let (data, link) = (dir.path().join("data"), dir.path().join("link"));
        std::os::unix::fs::symlink(&data, &link).unwrap();
        let run = Path::new("/run/user/1000");
        let before = socket_path(run, &data);
        fs::create_dir(&data).unwrap();
        assert_eq!(socket_path(run, &data), before, "made in between");
        assert_eq!(socket_path(run, &link), before, "by another name");
        assert_ne!(socket_path(run, dir.path()), before);
        assert!(before.as_os_str().len() < 60, "{before:?}");
    }

    #[tokio::test]
    async fn only_its_user_can_reach_the_socket() {
        let dir = tempfile::tempdir().unwrap();
        let socket = dir.path().join("run/sidetone.sock");
        let _listener = bind(&socket).unwrap();
        let mode = |path: &Path| fs::metadata(path).unwrap().mode() & 0o777;
        assert_eq!((mode(&socket), mode(socket.parent().unwrap())), (0o600, 0o700));
        let failure = bind(&socket).unwrap_err();
        assert_eq!((failure.message.as_str(), failure.code), ("a daemon is running already", 1));
    }

    #[tokio::test]
    async fn a_stale_socket_is_replaced_and_nothing_else() {
        let dir = tempfile::tempdir().unwrap();
        fs::set_permissions(dir.path(), fs::Permissions::from_mode(0o700)).unwrap();
        let socket = dir.path().join("sidetone.sock");
        drop(bind(&socket).unwrap());
        assert!(socket.exists());
        drop(bind(&socket).unwrap());
        fs::remove_file(&socket).unwrap();
        fs::write(&socket, "somebody's notes").unwrap();
        assert!(bind(&socket).unwrap_err().message.contains("something else is there"));
        assert_eq!(fs::read_to_string(&socket).unwrap(), "somebody's notes");
    }

    #[tokio::test]
    async fn a_directory_that_others_can_enter_is_refused() {
        let dir = tempfile::tempdir().unwrap();
        fs::set_permissions(dir.path(), fs::Permissions::from_mode(0o755)).unwrap();
        let failure = bind(&dir.path().join("sidetone.sock")).unwrap_err();
        assert!(failure.hint.unwrap().starts_with("`chmod 700"), "{}", failure.message);
    }
}
