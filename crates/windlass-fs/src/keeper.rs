//! Who may write to a target: one process, and in it one write at a time.

use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};

use windlass_core::{Context, Error, ErrorKind, Result};

use crate::disk::{Access, Root};
use crate::lock::{Holder, Lock};

/// The folder of a target in which it keeps what is not an object.
pub(crate) const OWN: &str = ".windlass";

/// The lock of a folder: taken by the first write, held until dropped.
#[derive(Debug)]
pub(crate) struct Keeper {
    root: Root,
    held: Mutex<Option<Held>>,
}

#[derive(Debug)]
struct Held {
    lock: Lock,
    /// How often the folder was locked, this time counted.
    turn: u64,
    writes: u64,
    is_swept: bool,
}

/// The right to write once. Others wait until it is dropped.
pub(crate) struct Turn<'a> {
    held: MutexGuard<'a, Option<Held>>,
    /// A number that no other write to the folder ever gets.
    pub(crate) number: String,
    /// A file that is nobody else's.
    pub(crate) beside: PathBuf,
}

impl Keeper {
    pub(crate) fn new(root: Root) -> Self {
        Self { root, held: Mutex::default() }
    }

    /// Waits for the write that is under way, and takes the lock unless it is held already. The fence is asked after the
    /// wait: it may have been long.
    pub(crate) fn take(&self, cx: &Context, access: Access) -> Result<Turn<'_>> {
        // What it guards is only ever changed as a whole, so that a panic of another holder does no harm.
        let mut guard = self.held.lock().unwrap_or_else(PoisonError::into_inner);
        cx.check_write()?;
        let last = guard.as_ref().map_or(0, |held| held.turn);
        let held = match guard.take() {
            Some(held) if held.lock.is_in_place()? => held,
            // Somebody has deleted the folder, and another process may have locked what is there now.
            _ => self.acquire(access, last)?,
        };
        let held = guard.insert(Held { writes: held.writes + 1, ..held });
        let (number, beside) = (format!("{}.{}", held.turn, held.writes), held.lock.beside());
        Ok(Turn { held: guard, number, beside })
    }

    fn acquire(&self, access: Access, last: u64) -> Result<Held> {
        self.root.make_folders(Path::new(""), access)?;
        self.root.make_folders(Path::new(OWN), Access::Owner)?;
        let path = Path::new(OWN).join("lock");
        let lock = Lock::acquire(&self.root, &path)?.ok_or_else(|| self.taken(&path))?;
        let turn = lock.number().max(last).saturating_add(1);
        lock.set_number(turn)?;
        Ok(Held { lock, turn, writes: 0, is_swept: false })
    }

    fn taken(&self, lock: &Path) -> Error {
        let error = Error::new(ErrorKind::Conflict, "somebody else writes to this folder")
            .with("path", self.root.folder().display());
        match Holder::of(&self.root, lock) {
            Some(Holder { pid, .. }) if pid == std::process::id() => error.with("pid", pid).with_help(
                "if this process has another target there, share one among units by cloning it, or drop the other \
                 first; if not, a process of the same number writes from another container or machine: wait for it",
            ),
            Some(Holder { pid, .. }) => {
                error.with("pid", pid).with_help("wait for that process to end, or stop it")
            }
            None => error.with_help("wait for the other process to end, or stop it"),
        }
    }
}

impl Turn<'_> {
    /// Says whether, since the lock was taken, what others left was put in order.
    pub(crate) fn is_swept(&self) -> bool {
        self.held.as_ref().is_some_and(|held| held.is_swept)
    }

    pub(crate) fn swept(&mut self) {
        if let Some(held) = self.held.as_mut() {
            held.is_swept = true;
        }
    }
}
