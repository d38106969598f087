//! A folder as a store of state.

use std::path::{Path, PathBuf};

use async_trait::async_trait;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use windlass_core::{Context, Delta, Digest, Error, ErrorKind, Result, Saved, StateStore, UnitId, Version};

use crate::disk::{Access, Root};
use crate::fault::limit;
use crate::lock::Lock;
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
/// - Files and folder are readable by their owner alone. The folder may be a link; one inside it is not followed.
///
/// # Assumptions
/// The file system has locks that work between processes and an atomic rename: local ones do, some network ones do not.
/// Files are read and written on the thread that polls the future.
#[derive(Debug, Clone)]
pub struct FileStore {
    root: Root,
    /// Where below the root the files are; the root itself where it is empty.
    folder: PathBuf,
}

impl FileStore {
    /// Makes a store in a folder, which the first save makes where it is not there.
    pub fn new(folder: impl Into<PathBuf>) -> Self {
        Self::below(Root::new(folder.into()), PathBuf::new())
    }

    pub(crate) const fn below(root: Root, folder: PathBuf) -> Self {
        Self { root, folder }
    }

    fn file(&self, unit: &UnitId, extension: &str) -> PathBuf {
        self.folder.join(format!("{}.{extension}", name::stem(&unit.to_string())))
    }

    pub(crate) fn read(&self, unit: &UnitId) -> Result<Option<Kept>> {
        let file = self.file(unit, "json");
        let Some(bytes) = self.root.read(&file, STATE_BYTES_MAX)? else { return Ok(None) };
        parse(&bytes, unit)
            .map(Some)
            .map_err(|error| error.with("unit", unit).with("path", self.root.path(&file).display()))
    }

    pub(crate) fn write(
        &self,
        cx: &Context,
        unit: &UnitId,
        expected: Option<&Version>,
        delta: &Delta,
    ) -> Result<Version> {
        cx.check_write()?;
        self.root.make_folders(&self.folder, Access::Owner)?;
        let lock_file = self.file(unit, "lock");
        let lock =
            Lock::acquire(&self.root, &lock_file)?.ok_or_else(|| busy(unit, &self.root.path(&lock_file)))?;
        let present = self.read(unit)?;
        check(unit, expected, present.as_ref())?;

        let last = present.as_ref().map_or(0, |kept| kept.number).max(lock.number());
        let number = last.saturating_add(1);
        if delta.forget {
            cx.check_write()?;
            lock.set_number(number)?;
            self.root.remove(&self.file(unit, "json"))?;
            return Ok(version(number, Digest::of(b"")));
        }
        let mut saved = present.map_or_else(|| Saved::empty(numbered(number)), |kept| kept.saved);
        delta.apply(&mut saved, cx.limits());
        saved.version = numbered(number);
        let (text, digest) = spell(unit, number, &saved)?;
        cx.check_write()?;
        self.root.put(&self.file(unit, "json"), &lock.beside(), text.as_bytes(), Access::Owner)?;
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
        self.write(cx, unit, expected, delta)
    }

    async fn units(&self, cx: &Context) -> Result<Vec<UnitId>> {
        cx.check()?;
        let names = self.root.names(&self.folder)?;
        let mut units: Vec<UnitId> = names.iter().filter_map(|name| unit_of(name)).collect();
        units.sort();
        Ok(units)
    }
}

/// What a state file says.
pub(crate) struct Kept {
    number: u64,
    pub(crate) saved: Saved,
}

/// What a state file of any layout says.
#[derive(Deserialize)]
struct Layout {
    format: u32,
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
    if text.len() as u64 > STATE_BYTES_MAX {
        return Err(limit("the state is too large", "state_bytes_max", STATE_BYTES_MAX).with("unit", unit));
    }
    Ok((text, digest))
}

fn parse(bytes: &[u8], unit: &UnitId) -> Result<Kept> {
    let unread = |error: serde_json::Error| damaged("the state cannot be read").caused_by(error);
    let layout: Layout = serde_json::from_slice(bytes).map_err(unread)?;
    if layout.format > FORMAT {
        return Err(newer(layout.format));
    }
    let sheet: Sheet<'_> = serde_json::from_slice(bytes).map_err(unread)?;
    if sheet.unit != *unit {
        return Err(damaged("the state is that of another unit").with("found", &sheet.unit));
    }
    if sheet.format != FORMAT || Digest::of(sheet.saved.get().as_bytes()) != sheet.digest {
        return Err(damaged("the state is not as it was saved"));
    }
    let mut saved: Saved = serde_json::from_str(sheet.saved.get()).map_err(unread)?;
    if saved.version != numbered(sheet.number) {
        return Err(damaged("the state is not as it was saved"));
    }
    saved.version = version(sheet.number, sheet.digest);
    Ok(Kept { number: sheet.number, saved })
}

fn damaged(message: &str) -> Error {
    Error::new(ErrorKind::Corrupt, message).with_help(
        "put the file back from a backup; without one, delete it, and the unit starts with an empty inventory",
    )
}

/// Nothing is wrong with the file, so that nobody is told to delete it.
fn newer(format: u32) -> Error {
    Error::new(ErrorKind::Unsupported, "the state was saved by a newer windlass")
        .with("format", format)
        .with("format_max", FORMAT)
        .with_help("use the newer windlass; this one cannot tell what the unit owns")
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
    let unit = name::decode(stem)?.parse::<UnitId>().ok()?;
    (name::stem(&unit.to_string()) == stem).then_some(unit)
}

fn numbered(number: u64) -> Version {
    Version::new(number.to_string())
}

fn version(number: u64, digest: Digest) -> Version {
    Version::new(format!("{number}-{}", digest.short()))
}
