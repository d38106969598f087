//! A folder of documents, one for each unit.

use std::path::{Path, PathBuf};

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use windlass_core::{Context, Digest, Error, ErrorKind, Result, UnitId, Version};

use crate::disk::{Access, Root};
use crate::fault::limit;
use crate::lock::Lock;
use crate::name;

/// The layout of a document; a reader refuses what it does not know.
const FORMAT: u32 = 1;

/// A folder of documents, `<unit>.json`, each with a lock beside it, `<unit>.lock`.
#[derive(Debug, Clone)]
pub(super) struct Drawer {
    pub(super) root: Root,
    /// Where below the root the files are; the root itself where it is empty.
    pub(super) folder: PathBuf,
    /// What the documents are, for errors.
    pub(super) what: &'static str,
    /// What it means to lose one.
    pub(super) loss: &'static str,
    pub(super) limit_name: &'static str,
    pub(super) bytes_max: u64,
}

/// What a document says.
pub(super) struct Kept<T> {
    pub(super) number: u64,
    pub(super) digest: Digest,
    pub(super) content: T,
}

impl<T> Kept<T> {
    pub(super) fn version(&self) -> Version {
        version(self.number, self.digest)
    }
}

/// A document of any layout.
#[derive(Deserialize)]
struct Layout {
    format: u32,
}

/// A document. The digest is over the text of `saved` as it stands in the file.
#[derive(Serialize, Deserialize)]
struct Sheet<'a> {
    format: u32,
    unit: UnitId,
    number: u64,
    digest: Digest,
    #[serde(borrow)]
    saved: &'a RawValue,
}

impl Drawer {
    fn file(&self, unit: &UnitId, extension: &str) -> PathBuf {
        self.folder.join(format!("{}.{extension}", name::stem(&unit.to_string())))
    }

    pub(super) fn read<T: DeserializeOwned>(&self, unit: &UnitId) -> Result<Option<Kept<T>>> {
        let file = self.file(unit, "json");
        let Some(bytes) = self.root.read(&file, self.bytes_max)? else { return Ok(None) };
        self.parse(&bytes, unit)
            .map(Some)
            .map_err(|error| error.with("unit", unit).with("path", self.root.path(&file).display()))
    }

    /// Replaces a document by what `change` makes of it and of the number of the new version; `None` takes it away.
    pub(super) fn write<T: Serialize + DeserializeOwned>(
        &self,
        cx: &Context,
        unit: &UnitId,
        expected: Option<&Version>,
        change: impl FnOnce(Option<T>, u64) -> Option<T>,
    ) -> Result<Version> {
        cx.check_write()?;
        self.root.make_folders(&self.folder, Access::Owner)?;
        let lock_file = self.file(unit, "lock");
        let lock = Lock::acquire(&self.root, &lock_file)?
            .ok_or_else(|| self.busy(unit, &self.root.path(&lock_file)))?;
        let present = self.read::<T>(unit)?;
        self.check(unit, expected, present.as_ref().map(Kept::version))?;

        let last = present.as_ref().map_or(0, |kept| kept.number).max(lock.number());
        let number = last.saturating_add(1);
        let Some(content) = change(present.map(|kept| kept.content), number) else {
            cx.check_write()?;
            lock.set_number(number)?;
            self.root.remove(&self.file(unit, "json"))?;
            return Ok(version(number, Digest::of(b"")));
        };
        let (text, digest) = self.spell(unit, number, &content)?;
        cx.check_write()?;
        self.root.put(&self.file(unit, "json"), &lock.beside(), text.as_bytes(), Access::Owner)?;
        Ok(version(number, digest))
    }

    /// Gives the units of which there is a document, sorted.
    pub(super) fn units(&self) -> Result<Vec<UnitId>> {
        let names = self.root.names(&self.folder)?;
        let mut units: Vec<UnitId> = names.iter().filter_map(|name| unit_of(name)).collect();
        units.sort();
        Ok(units)
    }

    fn spell(&self, unit: &UnitId, number: u64, content: &impl Serialize) -> Result<(String, Digest)> {
        let wrong = |error: serde_json::Error| {
            Error::new(ErrorKind::Internal, format!("{} has no JSON form", self.what))
                .with("unit", unit)
                .caused_by(error)
        };
        let inner = serde_json::value::to_raw_value(content).map_err(wrong)?;
        let digest = Digest::of(inner.get().as_bytes());
        let sheet = Sheet { format: FORMAT, unit: unit.clone(), number, digest, saved: &inner };
        let mut text = serde_json::to_string(&sheet).map_err(wrong)?;
        text.push('\n');
        if text.len() as u64 > self.bytes_max {
            let message = format!("{} is too large", self.what);
            return Err(limit(&message, self.limit_name, self.bytes_max).with("unit", unit));
        }
        Ok((text, digest))
    }

    fn parse<T: DeserializeOwned>(&self, bytes: &[u8], unit: &UnitId) -> Result<Kept<T>> {
        let unread = |error: serde_json::Error| self.damaged("cannot be read").caused_by(error);
        let layout: Layout = serde_json::from_slice(bytes).map_err(unread)?;
        if layout.format > FORMAT {
            return Err(self.newer(layout.format));
        }
        let sheet: Sheet<'_> = serde_json::from_slice(bytes).map_err(unread)?;
        if sheet.unit != *unit {
            return Err(self.damaged("is that of another unit").with("found", &sheet.unit));
        }
        if sheet.format != FORMAT || Digest::of(sheet.saved.get().as_bytes()) != sheet.digest {
            return Err(self.damaged("is not as it was saved"));
        }
        let content = serde_json::from_str(sheet.saved.get()).map_err(unread)?;
        Ok(Kept { number: sheet.number, digest: sheet.digest, content })
    }

    pub(super) fn damaged(&self, how: &str) -> Error {
        let help = format!("put the file back from a backup; without one, delete it, and {}", self.loss);
        Error::new(ErrorKind::Corrupt, format!("{} {how}", self.what)).with_help(help)
    }

    /// Nothing is wrong with the file, so that nobody is told to delete it.
    fn newer(&self, format: u32) -> Error {
        Error::new(ErrorKind::Unsupported, format!("{} was saved by a newer windlass", self.what))
            .with("format", format)
            .with("format_max", FORMAT)
            .with_help("use the newer windlass; this one cannot tell what was saved")
    }

    fn check(&self, unit: &UnitId, expected: Option<&Version>, found: Option<Version>) -> Result<()> {
        if found.as_ref() == expected {
            return Ok(());
        }
        Err(Error::new(ErrorKind::Conflict, format!("somebody else saved {}", self.what))
            .with("unit", unit)
            .with("found", found.map_or("none".into(), |version| version.0)))
    }

    fn busy(&self, unit: &UnitId, lock: &Path) -> Error {
        Error::new(ErrorKind::Conflict, format!("somebody else is saving {}", self.what))
            .with("unit", unit)
            .with("path", lock.display())
    }
}

/// Gives the unit whose document a file name is.
fn unit_of(file: &str) -> Option<UnitId> {
    let stem = file.strip_suffix(".json")?;
    let unit = name::decode(stem)?.parse::<UnitId>().ok()?;
    (name::stem(&unit.to_string()) == stem).then_some(unit)
}

pub(super) fn numbered(number: u64) -> Version {
    Version::new(number.to_string())
}

fn version(number: u64, digest: Digest) -> Version {
    Version::new(format!("{number}-{}", digest.short()))
}
