//! The folder that keeps what was fetched: one bare repository per address and identity.
//!
//! ```text
//! <cache>/<hash of address and identity>/lock
//! <cache>/<hash of address and identity>/used                 when, in seconds since 1970
//! <cache>/<hash of address and identity>/<generation>.git     refs/windlass/<commit>: fetched and found whole
//! ```
//!
//! Invariants: whoever writes holds the lock; a generation appears by a rename, complete; readers wait for nobody,
//! since packs are only ever added. When a generation has too many packs a new one is started, and old ones are
//! removed unless somebody still reads from them. So are those of a cache that was not used for long.

mod age;
mod private;

use std::fs::{self, File, TryLockError};
use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use windlass_core::{Result, Timestamp};

use crate::disk::{self, broken};
use crate::local;
use crate::reading::Reading;

/// How long the holder of the lock is left alone between two looks at it.
const LOCK_LOOK: Duration = Duration::from_millis(20);

/// The file of a generation that its readers hold a shared lock on.
const IN_USE: &str = "windlass-in-use";

#[derive(Debug)]
pub(crate) struct Cache {
    root: PathBuf,
    folder: PathBuf,
}

/// A generation to fetch into.
#[derive(Debug)]
pub(crate) struct Generation {
    pub(crate) repository: gix::ThreadSafeRepository,
    /// Whether nothing was there before, so that nothing in it can be to blame.
    pub(crate) is_new: bool,
}

/// The right to write to the cache, held until dropped or until the process ends.
#[derive(Debug)]
pub(crate) struct Held {
    folder: PathBuf,
    _lock: File,
}

impl Cache {
    pub(crate) fn new(root: &Path, key: &str) -> Self {
        Self { root: root.to_owned(), folder: root.join(key) }
    }

    /// Opens the newest generation, and says that it is in use. `None` where there is none that can be opened: the
    /// next fetch starts a new one. Whether what it holds can be read is seen by whoever looks at it.
    pub(crate) fn newest(&self) -> Result<Option<Reading>> {
        private::check(&self.root, &self.folder)?;
        loop {
            let Some(newest) = generations(&self.folder)?.pop() else { return Ok(None) };
            match self.open(newest) {
                Ok(reading) => return Ok(Some(reading)),
                Err(_) if generations(&self.folder)?.last() == Some(&newest) => return Ok(None),
                Err(_) => {}
            }
        }
    }

    /// Says that the cache is used now.
    pub(crate) fn touch(&self, now: Timestamp) {
        age::touch(&self.folder, now);
    }

    /// Removes what other caches beside this one hold, where nobody has used them for so long.
    pub(crate) fn sweep_others(&self, now: Timestamp, age_max: Duration) -> Result<()> {
        age::sweep(&self.root, &self.folder, now, age_max)
    }

    fn open(&self, generation: u64) -> Result<Reading> {
        let place = path(&self.folder, generation);
        let lock = lock_file(&place.join(IN_USE))?;
        lock.lock_shared().map_err(|error| broken("no lock", &place, error))?;
        Ok(Reading::of_cache(local::open(&place)?, lock))
    }

    /// Waits for the right to write. `wait` is asked before each further look and ends the wait with its error.
    pub(crate) fn hold(&self, mut wait: impl FnMut() -> Result<()>) -> Result<Held> {
        private::create(&self.folder).map_err(|error| broken("no cache folder", &self.folder, error))?;
        private::check(&self.root, &self.folder)?;
        let lock = self.folder.join("lock");
        let file = lock_file(&lock)?;
        loop {
            match file.try_lock() {
                Ok(()) => return Ok(Held { folder: self.folder.clone(), _lock: file }),
                Err(TryLockError::WouldBlock) => wait()?,
                Err(TryLockError::Error(error)) => return Err(broken("no lock", &lock, error)),
            }
            std::thread::sleep(LOCK_LOOK);
        }
    }
}

impl Held {
    /// Opens the generation to fetch into: the newest, or a new one if that is full or damaged or there is none.
    pub(crate) fn writable(&self, packs_max: usize) -> Result<Generation> {
        let Some(newest) = generations(&self.folder)?.pop() else { return self.renewed() };
        match local::open(&path(&self.folder, newest)) {
            Ok(repository) if packs(&repository)? < packs_max => {
                self.tidy(&repository)?;
                Ok(Generation { repository, is_new: false })
            }
            _ => self.renewed(),
        }
    }

    /// Starts a new generation, and removes the old ones that nobody reads from.
    pub(crate) fn renewed(&self) -> Result<Generation> {
        let old = generations(&self.folder)?;
        let created = self.create(old.last().map_or(1, |newest| newest + 1))?;
        for old in old {
            self.remove_unused(&path(&self.folder, old))?;
        }
        Ok(Generation { repository: created, is_new: true })
    }

    fn create(&self, generation: u64) -> Result<gix::ThreadSafeRepository> {
        let new = self.folder.join("new.git");
        self.remove(&new)?;
        local::create(&new)?;
        let place = path(&self.folder, generation);
        fs::rename(&new, &place).map_err(|error| broken("no cache repository", &place, error))?;
        disk::sync(&self.folder)?;
        local::open(&place)
    }

    /// Removes what a killed fetch has left behind: half a pack is found by nobody else, and the lock of a file that
    /// Git writes would be waited for in vain, since only the holder of the cache writes any.
    fn tidy(&self, repository: &gix::ThreadSafeRepository) -> Result<()> {
        let ends = |file: &Path, kinds: &[&str]| {
            kinds.iter().any(|kind| file.extension().is_some_and(|end| end == *kind))
        };
        let packs = files(&repository.objects_dir().join("pack"))?;
        let half = packs.into_iter().filter(|file| !ends(file, &["pack", "idx", "keep"]));
        let git = repository.path();
        let others = [files(git)?, files(&git.join("refs").join("windlass"))?];
        let locks = others.into_iter().flatten().filter(|file| ends(file, &["lock"]));
        for file in half.chain(locks) {
            fs::remove_file(&file).map_err(|error| broken("half a file stays", &file, error))?;
        }
        Ok(())
    }

    fn remove_unused(&self, generation: &Path) -> Result<()> {
        match lock_file(&generation.join(IN_USE))?.try_lock() {
            Ok(()) => self.remove(generation),
            Err(_) => Ok(()),
        }
    }

    fn remove(&self, folder: &Path) -> Result<()> {
        match fs::remove_dir_all(folder) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => {
                Err(broken("an old cache stays", folder, error))
            }
            _ => Ok(()),
        }
    }
}

fn lock_file(path: &Path) -> Result<File> {
    let file = File::options().create(true).append(true).open(path);
    file.map_err(|error| broken("no lock file", path, error))
}

fn path(folder: &Path, generation: u64) -> PathBuf {
    folder.join(format!("{generation}.git"))
}

fn generations(folder: &Path) -> Result<Vec<u64>> {
    let number = |path: &PathBuf| path.file_name()?.to_str()?.strip_suffix(".git")?.parse().ok();
    let mut generations: Vec<u64> = files(folder)?.iter().filter_map(number).collect();
    generations.sort_unstable();
    Ok(generations)
}

fn packs(repository: &gix::ThreadSafeRepository) -> Result<usize> {
    let files = files(&repository.objects_dir().join("pack"))?;
    Ok(files.iter().filter(|file| file.extension().is_some_and(|end| end == "pack")).count())
}

fn files(folder: &Path) -> Result<Vec<PathBuf>> {
    let listed = fs::read_dir(folder).and_then(|entries| entries.map(|entry| Ok(entry?.path())).collect());
    match listed {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(Vec::new()),
        listed => listed.map_err(|error| broken("the cache cannot be read", folder, error)),
    }
}
