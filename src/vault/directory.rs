//! The data directory: ours alone, or not used at all.

use std::{
    fs::{self, DirBuilder, File, OpenOptions, Permissions, TryLockError},
    io,
    os::unix::fs::{DirBuilderExt, MetadataExt, OpenOptionsExt, PermissionsExt},
    path::{Path, PathBuf},
};

use super::{DATABASE, VaultError, at, deletion::RECEIPTS, writer::RECORDING_EXTENSION};

/// Makes sure that `path` is a directory of this user that nobody else can enter, and returns its real path. Whoever puts a
/// first file into the data directory makes it with this: made in any other way it would be open to all, and be refused from
/// the second command on.
///
/// A symbolic link is refused even where it leads to such a directory: whoever may replace the one may lead us anywhere
/// the next time.
pub fn private(path: &Path) -> Result<PathBuf, VaultError> {
    let unusable = |reason: &str| VaultError::Unusable { path: path.to_owned(), reason: reason.to_owned() };
    let because = |error: io::Error| unusable(&error.to_string());
    match fs::symlink_metadata(path) {
        Ok(found) if found.is_symlink() => return Err(unusable("it is a symbolic link")),
        Ok(found) if !found.is_dir() => return Err(unusable("it is not a directory")),
        Ok(_) => {}
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            DirBuilder::new().recursive(true).mode(0o700).create(path).map_err(because)?;
        }
        Err(error) => return Err(because(error)),
    }
    let path = fs::canonicalize(path).map_err(because)?;
    // Through one handle, so that what is checked is what is changed.
    let directory = OpenOptions::new()
        .read(true)
        .custom_flags(libc::O_DIRECTORY | libc::O_NOFOLLOW)
        .open(&path)
        .map_err(because)?;
    if directory.metadata().map_err(because)?.uid() != rustix::process::geteuid().as_raw() {
        return Err(unusable("it belongs to another user"));
    }
    let open_to_others = || directory.metadata().map(|found| found.mode() & 0o077 != 0).map_err(because);
    if open_to_others()? {
        // Somebody's home, or /tmp, is not ours to close.
        if !holds_nothing_else(&path).map_err(because)? {
            return Err(unusable("others can enter it, and it holds other things"));
        }
        directory.set_permissions(Permissions::from_mode(0o700)).map_err(because)?;
    }
    // Some file systems take a mode and keep none.
    if open_to_others()? {
        return Err(unusable("others can enter it, and that cannot be changed on this file system"));
    }
    Ok(path)
}

/// Beside the vault, what a first command may have left in its directory.
const OURS: [&str; 6] = [DATABASE, RECEIPTS, "models", "coach-voice.json", "daemon.log", "daemon.log.1"];

/// Whether a directory is empty, or one of ours: with a vault, models, recordings or the like in it.
fn holds_nothing_else(path: &Path) -> io::Result<bool> {
    let names = fs::read_dir(path)?.map(|entry| Ok(entry?.file_name())).collect::<io::Result<Vec<_>>>()?;
    let ours = |name: &std::ffi::OsString| {
        let name = Path::new(name);
        OURS.map(Path::new).contains(&name) || name.extension().is_some_and(|end| end == RECORDING_EXTENSION)
    };
    Ok(names.is_empty() || names.iter().any(ours))
}

/// Makes an empty file (0600), or sees to it that the one there is a plain file that only this user can read. Opens none
/// that exists: closing a database's file would drop the locks that SQLite holds on it in this process.
pub fn make_private(path: &Path) -> Result<(), VaultError> {
    let unusable = |reason: String| VaultError::Unusable { path: path.to_owned(), reason };
    match OpenOptions::new().write(true).create_new(true).mode(0o600).open(path) {
        Ok(_) => return Ok(()),
        Err(error) if error.kind() != io::ErrorKind::AlreadyExists => return Err(unusable(error.to_string())),
        Err(_) => {}
    }
    let found = fs::symlink_metadata(path).map_err(at(path))?;
    if !found.is_file() {
        return Err(unusable("it is not a plain file".to_owned()));
    }
    if found.mode() & 0o077 != 0 {
        fs::set_permissions(path, Permissions::from_mode(0o600)).map_err(at(path))?;
    }
    Ok(())
}

/// Opens a file (made if need be, 0600) to read and append to; never through a symbolic link.
pub fn private_file(path: &Path) -> Result<File, VaultError> {
    let file = OpenOptions::new()
        .read(true)
        .append(true)
        .create(true)
        .mode(0o600)
        .custom_flags(libc::O_NOFOLLOW)
        .open(path)
        .map_err(|error| VaultError::Unusable { path: path.to_owned(), reason: error.to_string() })?;
    file.set_permissions(Permissions::from_mode(0o600)).map_err(at(path))?;
    Ok(file)
}

/// Whether somebody holds a lock on a file. Shared, so that two who ask at once do not take each other for a holder.
pub fn is_locked(path: &Path) -> bool {
    File::open(path).is_ok_and(|file| matches!(file.try_lock_shared(), Err(TryLockError::WouldBlock)))
}

/// Unlinks a file for good; whether there was one.
pub fn unlink(path: &Path) -> Result<bool, VaultError> {
    match fs::remove_file(path) {
        Ok(()) => {}
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(false),
        Err(error) => return Err(at(path)(error)),
    }
    if let Some(folder) = path.parent() {
        File::open(folder).and_then(|folder| folder.sync_all()).map_err(at(folder))?;
    }
    Ok(true)
}
