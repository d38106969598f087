//! What the disk has to have before somebody relies on it, and what it says when it does not.

use std::io;
use std::path::Path;

use windlass_core::{Error, ErrorKind, Result};

/// Waits until a file, or the names in a folder, would outlive a loss of power.
pub(crate) fn sync(path: &Path) -> Result<()> {
    // Only Unix opens a folder; elsewhere the system keeps names in order by itself.
    if cfg!(not(unix)) && path.is_dir() {
        return Ok(());
    }
    let synced = std::fs::File::open(path).and_then(|file| file.sync_all());
    synced.map_err(|error| broken("the cache cannot be written", path, error))
}

pub(crate) fn broken(message: &'static str, path: &Path, error: io::Error) -> Error {
    Error::new(ErrorKind::Unavailable, message).with("path", path.display()).caused_by(error)
}

/// Whether the system has refused to read or write, so that what is stored may be as good as ever.
pub(crate) fn is_to_blame(error: &gix::Error) -> bool {
    let system = error.iter_errors().filter_map(|error| error.downcast_ref::<io::Error>());
    system.into_iter().any(|error| error.raw_os_error().is_some() && error.kind() != io::ErrorKind::NotFound)
}

/// The error of something stored that cannot be read.
pub(crate) fn unreadable(message: &'static str, error: gix::Error) -> Error {
    let kind = if is_to_blame(&error) { ErrorKind::Unavailable } else { ErrorKind::Corrupt };
    Error::new(kind, message).caused_by(error)
}
