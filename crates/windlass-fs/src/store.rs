//! A folder as a store of state.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use async_trait::async_trait;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use windlass_core::{Context, Delta, Digest, Error, ErrorKind, Result, Saved, StateStore, UnitId, Version};

use crate::disk::{self, Access};
use crate::fault::{fault, limit};
use crate::lock::{self, Keeper};
use crate::name;

/// The layout of a state file; a reader refuses what it does not know.
const FORMAT: u32 = 1;

/// Bytes of the state of one unit: about half a million objects.
const STATE_BYTES_MAX: u64 = 256 << 20;

/// A folder as a store of state: one JSON file for each unit, `<unit>.json`.
///
/// ```
/// use windlass_core::{Delta, StateStore};
/// use windlass_fs::FileStore;
/// use windlass_testkit::{TestClock, block_on, unit};
///
/// let folder = tempfile::tempdir()?;
/// let (store, cx) = (FileStore::new(folder.path()), TestClock::new().context());
/// let version = block_on(store.save(&cx, &unit("web"), None, &Delta::default()))?;
/// let saved = block_on(store.load(&cx, &unit("web")))?.expect("it was saved");
/// assert_eq!(saved.version, version);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Guarantees
/// - A save is on the disk when it returns, and whole or not at all, also after a crash.
/// - Several processes and instances may use one folder: two saves of one unit never mix, one of them is a
///   [`Conflict`](ErrorKind::Conflict).
/// - A file that was cut off, damaged or changed by hand is [`Corrupt`](ErrorKind::Corrupt): it carries a digest.
/// - A version is a number that grows and the digest of what was saved. `<unit>.lock` keeps the number when a unit is
///   forgotten, so that no version comes twice, and is all that is left of it.
/// - Files and folder are readable by their owner alone.
///
/// # Assumptions
/// The file system has locks that work between processes and an atomic rename: local ones do, some network ones do not.
/// Files are read and written on the thread that polls the future.
#[derive(Debug, Clone)]
pub struct FileStore {
    folder: PathBuf,
    /// The lock of the target to which the store belongs, taken before anything is saved.
    keeper: Option<(Arc<Keeper>, Access)>,
}

impl FileStore {
    /// Makes a store in a folder, which the first save makes where it is not there.
    pub fn new(folder: impl Into<PathBuf>) -> Self {
        Self { folder: folder.into(), keeper: None }
    }

    pub(crate) fn kept_by(mut self, keeper: Arc<Keeper>, access: Access) -> Self {
        self.keeper = Some((keeper, access));
        self
    }

    fn path(&self, unit: &UnitId, extension: &str) -> PathBuf {
        self.folder.join(format!("{}.{extension}", name::stem(unit.as_str())))
    }

    fn read(&self, unit: &UnitId) -> Result<Option<Kept>> {
        let path = self.path(unit, "json");
        let bytes = disk::read(&path, STATE_BYTES_MAX)?;
        bytes.map(|bytes| parse(&bytes, unit).map_err(|error| damaged(error, unit, &path))).transpose()
    }

    fn write(
        &self,
        cx: &Context,
        unit: &UnitId,
        expected: Option<&Version>,
        delta: &Delta,
    ) -> Result<Version> {
        self.keeper.as_ref().map_or(Ok(()), |(keeper, access)| keeper.take(*access).map(drop))?;
        disk::make_folders(&self.folder, Path::new(""), Access::Owner)?;
        let lock_path = self.path(unit, "lock");
        let lock = lock::acquire(&lock_path)?.ok_or_else(|| busy(unit, &lock_path))?;
        let present = self.read(unit)?;
        check(unit, expected, present.as_ref())?;

        let last = present.as_ref().map_or(0, |kept| kept.number).max(lock::number(&lock));
        let number = last.saturating_add(1);
        if delta.forget {
            lock::set_number(&lock, number, &lock_path)?;
            disk::remove(&self.path(unit, "json"))?;
            return Ok(version(number, Digest::of(b"")));
        }
        let mut saved = present.map_or_else(|| Saved::empty(numbered(number)), |kept| kept.saved);
        delta.apply(&mut saved, cx.limits());
        self.put(unit, number, saved)
    }

    fn put(&self, unit: &UnitId, number: u64, mut saved: Saved) -> Result<Version> {
        saved.version = numbered(number);
        let (text, digest) = spell(unit, number, &saved)?;
        if text.len() as u64 > STATE_BYTES_MAX {
            return Err(
                limit("the state is too large", "state_bytes_max", STATE_BYTES_MAX).with("unit", unit)
            );
        }
        // Each unit has its own, for each has its own lock.
        let beside = self.path(unit, "new");
        disk::replace(&self.path(unit, "json"), &beside, text.as_bytes(), Access::Owner)?;
        Ok(version(number, digest))
    }
}

#[async_trait]
impl StateStore for FileStore {
    async fn load(&self, cx: &Context, unit: &UnitId) -> Result<Option<Saved>> {
        cx.check()?;
        Ok(self.read(unit)?.map(|kept| kept.saved))
    }

    async fn save(
        &self,
        cx: &Context,
        unit: &UnitId,
        expected: Option<&Version>,
        delta: &Delta,
    ) -> Result<Version> {
        cx.check_write()?;
        self.write(cx, unit, expected, delta)
    }

    async fn units(&self, cx: &Context) -> Result<Vec<UnitId>> {
        cx.check()?;
        let failed = |error| fault("list the folder", &self.folder, error);
        let entries = match fs::read_dir(&self.folder) {
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Vec::new()),
            entries => entries.map_err(failed)?,
        };
        let mut units = Vec::new();
        for entry in entries {
            cx.check()?;
            units.extend(entry.map_err(failed)?.file_name().to_str().and_then(unit_of));
        }
        units.sort();
        Ok(units)
    }
}

/// What a state file says.
struct Kept {
    number: u64,
    saved: Saved,
}

/// A state file. The digest is over the text of `saved` as it stands in the file, whose version is `number`.
#[derive(Serialize, Deserialize)]
struct Sheet<'a> {
    format: u32,
    unit: UnitId,
    number: u64,
    digest: Digest,
    #[serde(borrow)]
    saved: &'a RawValue,
}

fn spell(unit: &UnitId, number: u64, saved: &Saved) -> Result<(String, Digest)> {
    let wrong = |error: serde_json::Error| {
        Error::new(ErrorKind::Internal, "the state has no JSON form").with("unit", unit).caused_by(error)
    };
    let inner = serde_json::value::to_raw_value(saved).map_err(wrong)?;
    let digest = Digest::of(inner.get().as_bytes());
    let sheet = Sheet { format: FORMAT, unit: unit.clone(), number, digest, saved: &inner };
    let mut text = serde_json::to_string(&sheet).map_err(wrong)?;
    text.push('\n');
    Ok((text, digest))
}

fn parse(bytes: &[u8], unit: &UnitId) -> Result<Kept> {
    let wrong = |message: &str| Error::new(ErrorKind::Corrupt, message);
    let sheet: Sheet<'_> =
        serde_json::from_slice(bytes).map_err(|error| wrong("the state cannot be read").caused_by(error))?;
    if sheet.format != FORMAT {
        return Err(wrong("the state was saved by another version").with("format", sheet.format));
    }
    if sheet.unit != *unit {
        return Err(wrong("the state is that of another unit").with("found", &sheet.unit));
    }
    if Digest::of(sheet.saved.get().as_bytes()) != sheet.digest {
        return Err(wrong("the state is not as it was saved"));
    }
    let mut saved: Saved = serde_json::from_str(sheet.saved.get())
        .map_err(|error| wrong("the state cannot be read").caused_by(error))?;
    if saved.version != numbered(sheet.number) {
        return Err(wrong("the state is not as it was saved"));
    }
    saved.version = version(sheet.number, sheet.digest);
    Ok(Kept { number: sheet.number, saved })
}

fn damaged(error: Error, unit: &UnitId, path: &Path) -> Error {
    error.with("unit", unit).with("path", path.display()).with_help(
        "put the file back from a backup; without one, delete it, and the unit starts with an empty inventory",
    )
}

fn check(unit: &UnitId, expected: Option<&Version>, present: Option<&Kept>) -> Result<()> {
    let found = present.map(|kept| &kept.saved.version);
    if found == expected {
        return Ok(());
    }
    Err(Error::new(ErrorKind::Conflict, "somebody else saved the state")
        .with("unit", unit)
        .with("found", found.map_or("none", |version| &version.0)))
}

fn busy(unit: &UnitId, lock: &Path) -> Error {
    Error::new(ErrorKind::Conflict, "somebody else is saving the state")
        .with("unit", unit)
        .with("path", lock.display())
}

/// Gives the unit whose state a file name is.
fn unit_of(file: &str) -> Option<UnitId> {
    let stem = file.strip_suffix(".json")?;
    let unit = UnitId::new(&name::decode(stem)?).ok()?;
    (name::stem(unit.as_str()) == stem).then_some(unit)
}

fn numbered(number: u64) -> Version {
    Version::new(number.to_string())
}

fn version(number: u64, digest: Digest) -> Version {
    Version::new(format!("{number}-{}", digest.short()))
}
