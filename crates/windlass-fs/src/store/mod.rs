//! A folder as a store of state, and of what is asked of units.

mod drawer;
mod key;

use std::collections::BTreeMap;
use std::path::PathBuf;

use async_trait::async_trait;
use windlass_core::{
    Context, Control, ControlStore, Controls, Delta, Key, Result, Saved, StateStore, UnitId, Version,
};

use self::drawer::{Drawer, numbered};
pub(crate) use self::key::random;
use self::key::{Keys, busy};
use crate::disk::Root;

/// Bytes of the state of one unit: about half a million objects.
const STATE_BYTES_MAX: u64 = 256 << 20;
/// Bytes of what is asked of one unit.
const CONTROL_BYTES_MAX: u64 = 1 << 20;

/// A folder as a store of state: one JSON file for each unit, `<unit>.json`, and one for what is asked of it,
/// `control/<unit>.json`. A unit of another installation than the default one is written `<installation>%2f<unit>`.
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
///   [`Conflict`](windlass_core::ErrorKind::Conflict). A save of what is asked is none for a save of the state.
/// - A file that was cut off, damaged or changed by hand is [`Corrupt`](windlass_core::ErrorKind::Corrupt): it carries a
///   digest.
/// - A version is a number that grows and the digest of what was saved. `<unit>.lock` keeps the number when a unit is
///   forgotten, so that no version comes twice, and is all that is left of it.
/// - The key by which the digests in the states are sealed is the file `key`, and `<installation>.key` for another installation
///   than the default one. Whoever can read it can read the states as well: it protects what leaves the folder, such as plans,
///   events, and copies of the states alone.
/// - Files and folder are readable by their owner alone. The folder may be a link; one inside it is not followed.
///
/// # Assumptions
/// The file system has locks that work between processes and an atomic rename: local ones do, some network ones do not.
/// Files are read and written on the thread that polls the future.
#[derive(Debug, Clone)]
pub struct FileStore {
    states: Drawer,
    controls: Drawer,
    keys: Keys,
}

impl FileStore {
    /// Makes a store in a folder, which the first save makes where it is not there.
    pub fn new(folder: impl Into<PathBuf>) -> Self {
        Self::below(Root::new(folder.into()), PathBuf::new())
    }

    pub(crate) fn below(root: Root, folder: PathBuf) -> Self {
        // A folder of its own: beside the states, the control of `web` could be named like the state of another unit.
        let controls = Drawer {
            root: root.clone(),
            folder: folder.join("control"),
            what: "what is asked of the unit",
            loss: "nothing is asked of the unit any more",
            limit_name: "control_bytes_max",
            bytes_max: CONTROL_BYTES_MAX,
        };
        let keys = Keys { root: root.clone(), folder: folder.clone() };
        let states = Drawer {
            root,
            folder,
            what: "the state",
            loss: "the unit starts with an empty inventory",
            limit_name: "state_bytes_max",
            bytes_max: STATE_BYTES_MAX,
        };
        Self { states, controls, keys }
    }

    /// Reads a state. The file has its version without the digest, which is over the version too.
    pub(crate) fn read(&self, unit: &UnitId) -> Result<Option<Saved>> {
        let Some(kept) = self.states.read::<Saved>(unit)? else { return Ok(None) };
        if kept.content.version != numbered(kept.number) {
            return Err(self.states.damaged("is not as it was saved").with("unit", unit));
        }
        let version = kept.version();
        let mut saved = kept.content;
        saved.version = version;
        Ok(Some(saved))
    }

    pub(crate) fn read_key(&self, installation: &str) -> Result<Option<Key>> {
        self.keys.read(installation)
    }

    pub(crate) fn make_key(&self, cx: &Context, installation: &str) -> Result<Key> {
        let made = self.keys.try_make(cx, installation)?;
        made.ok_or_else(|| busy(&self.keys.root.path(&self.keys.folder)))
    }

    pub(crate) fn write(
        &self,
        cx: &Context,
        unit: &UnitId,
        expected: Option<&Version>,
        delta: &Delta,
    ) -> Result<Version> {
        self.states.write(cx, unit, expected, |present: Option<Saved>, number| {
            if delta.forget {
                return None;
            }
            let mut saved = present.unwrap_or_else(|| Saved::empty(numbered(number)));
            delta.apply(&mut saved, cx.limits());
            saved.version = numbered(number);
            Some(saved)
        })
    }
}

#[async_trait]
impl StateStore for FileStore {
    async fn load(&self, cx: &Context, unit: &UnitId) -> Result<Option<Saved>> {
        cx.check()?;
        self.read(unit)
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
        self.states.units()
    }

    async fn key(&self, cx: &Context, installation: &str, make: bool) -> Result<Option<Key>> {
        cx.check()?;
        match self.read_key(installation)? {
            None if make => self.keys.make(cx, installation).await.map(Some),
            found => Ok(found),
        }
    }
}

#[async_trait]
impl ControlStore for FileStore {
    async fn control(&self, cx: &Context, unit: &UnitId) -> Result<Option<(Version, Control)>> {
        cx.check()?;
        let kept = self.controls.read::<Control>(unit)?;
        Ok(kept.map(|kept| (kept.version(), kept.content)))
    }

    async fn controls(&self, cx: &Context, installation: &str) -> Result<Controls> {
        let mut found = BTreeMap::new();
        for unit in self.controls.units()?.into_iter().filter(|unit| unit.installation() == installation) {
            cx.check()?;
            let read = self.controls.read::<Control>(&unit).transpose();
            found.extend(read.map(|read| (unit, read.map(|kept| (kept.version(), kept.content)))));
        }
        Ok(found)
    }

    async fn set_control(
        &self,
        cx: &Context,
        unit: &UnitId,
        expected: Option<&Version>,
        control: &Control,
    ) -> Result<Version> {
        self.controls.write(cx, unit, expected, |_, _| Some(control.clone()))
    }
}
