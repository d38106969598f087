//! The state of units and what is asked of them, kept in the folder of a target.

use std::path::Path;

use async_trait::async_trait;
use windlass_core::{
    Context, Control, ControlStore, Controls, Delta, Key, ObjectId, Result, Saved, StateStore, UnitId,
    Version,
};

use super::Folder;
use crate::FileStore;
use crate::disk::Access;
use crate::keeper::OWN;

/// A [`FileStore`] under the lock of the target.
#[derive(Debug, Clone)]
pub(super) struct State {
    folder: Folder,
    store: FileStore,
}

impl State {
    pub(super) fn of(folder: &Folder) -> Self {
        let store = FileStore::below(folder.root.clone(), Path::new(OWN).join("state"));
        Self { folder: folder.clone(), store }
    }

    /// Gives the objects that the unit owns no longer after a save.
    fn dropped(&self, unit: &UnitId, delta: &Delta) -> Result<Vec<ObjectId>> {
        if !delta.forget {
            return Ok(delta.drop.clone());
        }
        let known = self.store.read(unit)?.map(|saved| saved.inventory.objects);
        Ok(known.unwrap_or_default().into_keys().collect())
    }
}

#[async_trait]
impl StateStore for State {
    async fn load(&self, cx: &Context, unit: &UnitId) -> Result<Option<Saved>> {
        self.store.load(cx, unit).await
    }

    /// An object that is gone already is forgotten without a delete. Its mark goes before the memory of it does, so that
    /// a crash in between leaves something to do for the next save.
    async fn save(
        &self,
        cx: &Context,
        unit: &UnitId,
        expected: Option<&Version>,
        delta: &Delta,
    ) -> Result<Version> {
        let _turn = self.folder.turn(cx)?;
        self.folder.unmark_absent(cx, &self.dropped(unit, delta)?)?;
        self.store.write(cx, unit, expected, delta)
    }

    async fn units(&self, cx: &Context) -> Result<Vec<UnitId>> {
        self.store.units(cx).await
    }

    async fn key(&self, cx: &Context, installation: &str, make: bool) -> Result<Option<Key>> {
        cx.check()?;
        match self.store.read_key(installation)? {
            None if make => {
                let _turn = self.folder.turn(cx)?;
                self.store.make_key(cx, installation).map(Some)
            }
            found => Ok(found),
        }
    }
}

/// Without the lock of the target: a person's word must get through while somebody writes to the folder.
#[async_trait]
impl ControlStore for State {
    async fn control(&self, cx: &Context, unit: &UnitId) -> Result<Option<(Version, Control)>> {
        self.store.control(cx, unit).await
    }

    async fn controls(&self, cx: &Context, installation: &str) -> Result<Controls> {
        self.store.controls(cx, installation).await
    }

    async fn set_control(
        &self,
        cx: &Context,
        unit: &UnitId,
        expected: Option<&Version>,
        control: &Control,
    ) -> Result<Version> {
        cx.check_write()?;
        self.folder.root.make_folders(Path::new(""), self.folder.access)?;
        self.folder.root.make_folders(Path::new(OWN), Access::Owner)?;
        self.store.set_control(cx, unit, expected, control).await
    }
}
