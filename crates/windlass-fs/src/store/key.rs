//! The keys of installations, each in a file of its own.

use std::path::{Path, PathBuf};
use std::time::Duration;

use windlass_core::{Context, Error, ErrorKind, Key, Result, UnitId};

use crate::disk::{Access, Root};
use crate::lock::Lock;
use crate::name;

/// A key in hexadecimal digits, with the end of the line.
const BYTES_MAX: u64 = 2 * Key::BYTES as u64 + 2;
/// How often, and how far apart, to look again while somebody else makes the key.
const TRIES_MAX: usize = 50;
const PAUSE: Duration = Duration::from_millis(20);

/// Where the keys lie.
#[derive(Debug, Clone)]
pub(super) struct Keys {
    pub(super) root: Root,
    pub(super) folder: PathBuf,
}

impl Keys {
    /// States end in `.json` and `.lock`, so that none is ever a key.
    fn file(&self, installation: &str) -> PathBuf {
        self.folder.join(if installation == UnitId::DEFAULT_INSTALLATION {
            "key".into()
        } else {
            format!("{}.key", name::stem(installation))
        })
    }

    pub(super) fn read(&self, installation: &str) -> Result<Option<Key>> {
        let file = self.file(installation);
        let wrong = || damaged(&self.root.path(&file));
        let text = match self.root.read(&file, BYTES_MAX) {
            Err(error) if error.kind() == ErrorKind::Limit => return Err(wrong()),
            read => read?,
        };
        let Some(text) = text else { return Ok(None) };
        parse(&text).map(|key| Some(Key::new(key))).ok_or_else(wrong)
    }

    /// Makes a key where there is none; `None` where somebody else is at it.
    pub(super) fn try_make(&self, cx: &Context, installation: &str) -> Result<Option<Key>> {
        cx.check_write()?;
        self.root.make_folders(&self.folder, Access::Owner)?;
        // Without an extension, as what belongs to a unit has one.
        let Some(lock) = Lock::acquire(&self.root, &self.folder.join("key-lock"))? else { return Ok(None) };
        if let Some(key) = self.read(installation)? {
            return Ok(Some(key));
        }
        let key = random()?;
        let mut text: String = key.expose().iter().map(|byte| format!("{byte:02x}")).collect();
        text.push('\n');
        cx.check_write()?;
        self.root.put(&self.file(installation), &lock.beside(), text.as_bytes(), Access::Owner)?;
        Ok(Some(key))
    }

    pub(super) async fn make(&self, cx: &Context, installation: &str) -> Result<Key> {
        for _ in 0..TRIES_MAX {
            if let Some(key) = self.try_make(cx, installation)? {
                return Ok(key);
            }
            cx.sleep(PAUSE).await?;
        }
        Err(busy(&self.root.path(&self.file(installation))))
    }
}

/// Makes a key that nobody can guess.
pub(crate) fn random() -> Result<Key> {
    let mut bytes = [0; Key::BYTES];
    getrandom::fill(&mut bytes).map_err(|error| {
        Error::new(ErrorKind::Unavailable, "the system gives no random bytes").caused_by(error)
    })?;
    Ok(Key::new(bytes))
}

pub(super) fn busy(path: &Path) -> Error {
    Error::new(ErrorKind::Conflict, "somebody else is making the key for digests")
        .with("path", path.display())
}

fn damaged(path: &Path) -> Error {
    Error::new(ErrorKind::Corrupt, "the file holds no key for digests").with("path", path.display()).with_help(
        "put it back from a backup; without one, delete it: every object is compared once, and hooks run once more",
    )
}

fn parse(text: &[u8]) -> Option<[u8; Key::BYTES]> {
    let digits = std::str::from_utf8(text).ok()?.trim_end();
    if digits.len() != 2 * Key::BYTES || !digits.bytes().all(|digit| digit.is_ascii_hexdigit()) {
        return None;
    }
    let mut bytes = [0; Key::BYTES];
    for (at, byte) in bytes.iter_mut().enumerate() {
        *byte = u8::from_str_radix(&digits[2 * at..2 * at + 2], 16).ok()?;
    }
    Some(bytes)
}
