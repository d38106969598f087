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

/// A number takes the first line of a lock file, always as long as this.
const LINE: u64 = 21;

/// The lock of a folder: taken by the first write, held until dropped. The kernel lets go of it when the process ends,
/// however it ends.
#[derive(Debug)]
pub(crate) struct Keeper {
    root: PathBuf,
    held: Mutex<Option<Held>>,
}

#[derive(Debug)]
struct Held {
    file: File,
    /// How often the folder was locked, this time counted.
    turn: u64,
    writes: u64,
}

impl Keeper {
    pub(crate) fn new(root: PathBuf) -> Self {
        Self { root, held: Mutex::default() }
    }

    /// Takes the lock, unless it is held already, and gives a number that no other call for this folder ever gives.
    pub(crate) fn take(&self, access: Access) -> Result<String> {
        let mut held = locked(&self.held);
        if held.is_none() {
            *held = Some(self.acquire(access)?);
        }
        let Some(held) = &mut *held else {
            return Err(Error::new(ErrorKind::Internal, "the lock was taken and is not held"));
        };
        held.writes += 1;
        Ok(format!("{}.{}", held.turn, held.writes))
    }

    fn acquire(&self, access: Access) -> Result<Held> {
        disk::make_folders(&self.root, Path::new(""), access)?;
        let path = disk::make_folders(&self.root, Path::new(OWN), Access::Owner)?.join("lock");
        let file = acquire(&path)?.ok_or_else(|| self.taken(&path))?;
        let turn = number(&file).saturating_add(1);
        set_number(&file, turn, &path)?;
        let held = Held { file, turn, writes: 0 };
        held.sign().map_err(|error| fault("write", &path, error))?;
        Ok(held)
    }

    fn taken(&self, lock: &Path) -> Error {
        let text = disk::read(lock, 2 * LINE).ok().flatten().and_then(|text| String::from_utf8(text).ok());
        let pid = text.and_then(|text| text.lines().nth(1).and_then(|line| line.parse::<u32>().ok()));
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
    /// Writes down who holds the lock, below the number, for the error of whoever comes next.
    fn sign(&self) -> std::io::Result<()> {
        self.file.set_len(LINE)?;
        (&self.file).seek(SeekFrom::Start(LINE))?;
        (&self.file).write_all(format!("{}\n", std::process::id()).as_bytes())
    }
}

/// A lock that nobody holds names nobody. Only a help for people: an error changes nothing.
impl Drop for Held {
    fn drop(&mut self) {
        let _ = self.file.set_len(LINE);
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
    let read = file.seek(SeekFrom::Start(0)).and_then(|_| file.take(LINE).read_to_string(&mut text));
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
