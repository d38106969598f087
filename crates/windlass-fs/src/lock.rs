//! One writer at a time.

use std::fs::{File, TryLockError};
use std::hash::{BuildHasher, RandomState};
use std::io::{Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

use windlass_core::{Error, ErrorKind, Result};

use crate::disk::Root;
use crate::fault::fault;

/// A number takes the first line of a lock file, always as long as this.
const LINE: u64 = 21;

/// What the second line takes at most: who holds the lock.
const SIGNATURE: u64 = 64;

/// How often to lock anew because the locked file was taken away meanwhile.
const TRIES_MAX: usize = 16;

/// A locked file, with a number that outlives its holders and the name of the present one. The kernel lets go of it when
/// the process ends, however it ends.
#[derive(Debug)]
pub(crate) struct Lock {
    file: File,
    root: Root,
    below: PathBuf,
    /// Tells this holder from all others: process numbers repeat, in containers from the first on.
    nonce: String,
}

impl Lock {
    /// Locks a file; `None` where somebody else has it locked. What a holder that crashed left beside is taken away.
    pub(crate) fn acquire(root: &Root, below: &Path) -> Result<Option<Self>> {
        for _ in 0..TRIES_MAX {
            let file = root.open(below)?;
            match file.try_lock() {
                Ok(()) => {}
                Err(TryLockError::WouldBlock) => return Ok(None),
                Err(TryLockError::Error(error)) => return Err(fault("lock", &root.path(below), error)),
            }
            let nonce = format!("{:016x}", RandomState::new().hash_one(std::process::id()));
            let lock = Self { file, root: root.clone(), below: below.to_owned(), nonce };
            if lock.is_in_place()? {
                lock.tidy()?;
                lock.sign()?;
                return Ok(Some(lock));
            }
        }
        Err(Error::new(ErrorKind::Unavailable, "the lock is made and deleted all the time")
            .with("path", root.path(below).display()))
    }

    /// Says whether the locked file still is the one that others would lock: somebody may have deleted it.
    pub(crate) fn is_in_place(&self) -> Result<bool> {
        self.root.is_at(&self.below, &self.file)
    }

    /// Gives the path of a file that is no other holder's, to prepare what is put in place.
    pub(crate) fn beside(&self) -> PathBuf {
        beside(&self.below, &self.nonce)
    }

    /// Gives the number that the file carries; 0 where it carries none.
    pub(crate) fn number(&self) -> u64 {
        self.text().and_then(|text| text.lines().next()?.parse().ok()).unwrap_or(0)
    }

    /// Lets the file carry a number, and brings it to the disk.
    pub(crate) fn set_number(&self, number: u64) -> Result<()> {
        self.write_number(number)
            .and_then(|()| self.file.sync_all())
            .map_err(|error| fault("write", &self.root.path(&self.below), error))
    }

    fn write_number(&self, number: u64) -> std::io::Result<()> {
        let mut file = &self.file;
        file.seek(SeekFrom::Start(0))?;
        file.write_all(format!("{number:020}\n").as_bytes())
    }

    /// Writes down who holds the lock, below the number: for whoever comes next, and for the one after a crash.
    fn sign(&self) -> Result<()> {
        let signature = format!("{} {}\n", std::process::id(), self.nonce);
        self.write_number(self.number())
            .and_then(|()| self.file.set_len(LINE))
            .and_then(|()| (&self.file).write_all(signature.as_bytes()))
            .map_err(|error| fault("write", &self.root.path(&self.below), error))
    }

    fn tidy(&self) -> Result<()> {
        match self.text().as_deref().and_then(Holder::parse) {
            Some(crashed) => self.root.remove(&beside(&self.below, &crashed.nonce)).map(drop),
            None => Ok(()),
        }
    }

    /// Reads what the file says, by the handle that holds it: some systems let no other one read.
    fn text(&self) -> Option<String> {
        let (mut text, mut file) = (String::new(), &self.file);
        file.seek(SeekFrom::Start(0)).ok()?;
        file.take(LINE + SIGNATURE).read_to_string(&mut text).ok()?;
        Some(text)
    }
}

/// A lock that nobody holds names nobody. Only a help for people: an error changes nothing.
impl Drop for Lock {
    fn drop(&mut self) {
        let _ = self.file.set_len(LINE);
    }
}

/// Who holds a lock, as it has signed.
pub(crate) struct Holder {
    pub(crate) pid: u32,
    nonce: String,
}

impl Holder {
    /// Reads who has signed. What cannot be read names nobody.
    pub(crate) fn of(root: &Root, lock: &Path) -> Option<Self> {
        Self::parse(&String::from_utf8(root.read(lock, LINE + SIGNATURE).ok()??).ok()?)
    }

    fn parse(text: &str) -> Option<Self> {
        let (pid, nonce) = text.lines().nth(1)?.split_once(' ')?;
        // It becomes part of a path.
        let is_nonce = nonce.len() == 16 && nonce.bytes().all(|byte| byte.is_ascii_hexdigit());
        is_nonce.then_some(Self { pid: pid.parse().ok()?, nonce: nonce.into() })
    }
}

fn beside(lock: &Path, nonce: &str) -> PathBuf {
    lock.with_extension(format!("{nonce}.new"))
}
