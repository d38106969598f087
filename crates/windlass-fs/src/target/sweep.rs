//! Putting in order what crashes and people have left.

use std::collections::BTreeMap;

use windlass_core::{Context, ObjectId, Result};

use super::Folder;
use super::marks::Mark;
use crate::keeper::Turn;
use crate::name;

impl Folder {
    /// Waits for the right to write. Whoever has just taken the lock sweeps first.
    pub(super) fn turn(&self, cx: &Context) -> Result<Turn<'_>> {
        let mut turn = self.keeper.take(cx, self.access)?;
        if !turn.is_swept() {
            self.sweep(cx)?;
            turn.swept();
        }
        Ok(turn)
    }

    /// Takes away the marks of objects that are gone, before somebody puts a file there that would be taken for ours.
    /// The caller holds the lock: else the object could be one that is just being made.
    pub(super) fn unmark_absent<'a>(
        &self,
        cx: &Context,
        ids: impl IntoIterator<Item = &'a ObjectId>,
    ) -> Result<()> {
        for id in ids {
            cx.check()?;
            self.unmark_if_absent(id)?;
        }
        Ok(())
    }

    /// Makes the lists of the units name what has their mark, and nothing else.
    fn sweep(&self, cx: &Context) -> Result<()> {
        let mut unlisted: BTreeMap<ObjectId, Mark> = BTreeMap::new();
        for id in self.marked(cx)? {
            cx.check()?;
            if self.unmark_if_absent(&id)? {
                continue;
            }
            // A mark that cannot be read is nobody's to list.
            if let Ok(Some(owner)) = self.owner(&id) {
                unlisted.insert(id, owner);
            }
        }
        for unit in self.owners()? {
            for id in self.listed(cx, &unit)? {
                cx.check()?;
                if unlisted.get(&id).is_some_and(|owner| owner.is(&unit)) {
                    unlisted.remove(&id);
                } else {
                    self.unlist(&id, &unit)?;
                }
            }
        }
        unlisted.iter().try_for_each(|(id, owner)| self.list(id, owner))
    }

    /// Says whether the object was gone, and with it the mark.
    fn unmark_if_absent(&self, id: &ObjectId) -> Result<bool> {
        let absent = self.is_absent(id);
        if absent {
            self.remove_owner(id)?;
        }
        Ok(absent)
    }

    /// What cannot be looked at is not known to be absent.
    fn is_absent(&self, id: &ObjectId) -> bool {
        name::path_of(id, "yaml").and_then(|below| self.root.is_absent(&below)).unwrap_or(false)
    }
}
