//! One writer at a time.

use std::fs::{File, TryLockError};
use std::io::{Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};

use windlass_core::{Error, ErrorKind, Result};

use crate::disk::{self, Access};
use crate::fault::fault;

/// The folder of a target in which it keeps what is not an object.
pub(crate) const OWN: &str = ".windlass";

/// The lock of a folder: taken by the first write, held until dropped. The kernel lets go of it when the process ends,
/// however it ends.
#[derive(Debug)]
pub(crate) struct Keeper {
    root: PathBuf,
    held: Mutex<Option<Held>>,
}

#[derive(Debug)]
struct Held(File);

impl Keeper {
    pub(crate) fn new(root: PathBuf) -> Self {
        Self { root, held: Mutex::default() }
    }

    /// Takes the lock, unless it is held already.
    pub(crate) fn take(&self, access: Access) -> Result<()> {
        let mut held = locked(&self.held);
        if held.is_none() {
            disk::make_folders(&self.root, Path::new(""), access)?;
            let own = disk::make_folders(&self.root, Path::new(OWN), Access::Owner)?;
            let file = acquire(&own.join("lock"))?.ok_or_else(|| self.taken(&own.join("lock")))?;
            *held = Some(Held(file).sign()?);
        }
        Ok(())
    }

    fn taken(&self, lock: &Path) -> Error {
        let holder = disk::read(lock, 32).ok().flatten().and_then(|text| String::from_utf8(text).ok());
        let pid = holder.and_then(|text| text.trim().parse::<u32>().ok());
        let error = Error::new(ErrorKind::Conflict, "somebody else writes to this folder")
            .with("path", self.root.display());
        match pid {
            Some(pid) if pid == std::process::id() => error.with("pid", pid).with_help(
                "it is this process: share one target among units by cloning it, or drop the other first",
            ),
            Some(pid) => error.with("pid", pid).with_help("wait for that process to end, or stop it"),
            None => error.with_help("wait for the other process to end, or stop it"),
        }
    }
}

impl Held {
    /// Writes down who holds the lock, for the error of whoever comes next.
    fn sign(mut self) -> Result<Self> {
        let text = format!("{}\n", std::process::id());
        let signed = self.0.set_len(0).and_then(|()| self.0.write_all(text.as_bytes()));
        signed.map_err(|error| fault("write", Path::new("lock"), error))?;
        Ok(self)
    }
}

/// A lock that nobody holds names nobody. Only a help for people: an error changes nothing.
impl Drop for Held {
    fn drop(&mut self) {
        let _ = self.0.set_len(0);
    }
}

/// Opens and locks a file; `None` where somebody else has it locked.
pub(crate) fn acquire(path: &Path) -> Result<Option<File>> {
    let file = disk::open(path)?;
    match file.try_lock() {
        Ok(()) => Ok(Some(file)),
        Err(TryLockError::WouldBlock) => Ok(None),
        Err(TryLockError::Error(error)) => Err(fault("lock", path, error)),
    }
}

/// Reads the number that a lock file carries; 0 where it carries none.
pub(crate) fn number(mut file: &File) -> u64 {
    let mut text = String::new();
    let read = file.seek(SeekFrom::Start(0)).and_then(|_| file.take(32).read_to_string(&mut text));
    read.ok().and_then(|_| text.trim().parse().ok()).unwrap_or(0)
}

/// Lets a lock file carry a number, and brings it to the disk.
pub(crate) fn set_number(mut file: &File, number: u64, path: &Path) -> Result<()> {
    file.seek(SeekFrom::Start(0))
        .and_then(|_| file.write_all(format!("{number:020}\n").as_bytes()))
        .and_then(|()| file.sync_all())
        .map_err(|error| fault("write", path, error))
}

/// Takes a mutex, also after a panic of another holder: what it guards is only ever changed as a whole.
pub(crate) fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
