//! Which units have something to look at again.
//!
//! Files are compared with what they were, one poll after the other: that works on every system and every file system, also
//! on those that tell nobody of changes. What lies still is only asked for its time and its size.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::Metadata;
use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, SystemTime};

use async_trait::async_trait;
use windlass_core::{Context, Digest, Interest, ObjectId, Owner, Result, UnitId, Watch, Write};

use super::{DirTarget, Folder};
use crate::name;

/// The shortest time between two polls.
const POLL_EVERY: Duration = Duration::from_secs(1);

/// A poll takes at most one part in so many of the time.
const SHARE: u32 = 20;

/// Seconds after which a time of a file tells for sure whether it was written since: some systems count in whole seconds.
const SETTLED_SECONDS: u64 = 3;

/// What units look at, and which of them have something to look at again.
#[derive(Debug, Clone, Default)]
pub(super) struct Watched(Arc<Mutex<Inner>>);

#[derive(Debug, Default)]
struct Inner {
    units: BTreeMap<UnitId, Prints>,
    changed: BTreeSet<UnitId>,
    /// What is being written: nobody takes half of a write for a change.
    writing: BTreeSet<ObjectId>,
}

type Prints = BTreeMap<ObjectId, Print>;

/// How an object lay there when somebody looked: its file and its mark.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Print {
    digest: Digest,
    /// What the file system tells of both files, once they are old enough for it to tell a later change.
    settled: Option<[Option<Stat>; 2]>,
}

/// When a file was written, its size, and what else tells one from another.
type Stat = (SystemTime, u64, [i64; 3]);

/// A file that was put in another's place has another number, and was changed then, whenever it was written.
#[cfg(unix)]
fn identity(about: &Metadata) -> [i64; 3] {
    use std::os::unix::fs::MetadataExt;
    [about.ino() as i64, about.ctime(), about.ctime_nsec()]
}

#[cfg(not(unix))]
fn identity(_: &Metadata) -> [i64; 3] {
    [0; 3]
}

impl Watched {
    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Folder {
    /// Watches for a unit from now on: for what it looks at and for what has its mark. Called before it looks, so that what
    /// changes meanwhile is told.
    pub(super) fn watch(&self, cx: &Context, interest: &Interest) -> Result<()> {
        // What lies still since the last look is not read again.
        let mut known = self.watched.lock().units.get(&interest.unit).cloned().unwrap_or_default();
        let mut print_of = |id: &ObjectId| match known.remove(id) {
            Some(mut print) => {
                self.compare(cx, id, &mut print);
                print
            }
            None => self.print(cx, id),
        };
        let mut prints = Prints::new();
        for id in interest.objects.keys() {
            cx.check()?;
            prints.insert(id.clone(), print_of(id));
        }
        for id in self.listed(cx, &interest.unit.to_string())? {
            cx.check()?;
            if !prints.contains_key(&id) && self.is_orphan_of(&id, &interest.unit) {
                let print = print_of(&id);
                prints.insert(id, print);
            }
        }
        let mut inner = self.watched.lock();
        inner.changed.remove(&interest.unit);
        inner.units.insert(interest.unit.clone(), prints);
        Ok(())
    }

    /// Does what is a write of a unit, so that what comes of it is no change for that unit.
    pub(super) fn quietly<T>(
        &self,
        cx: &Context,
        write: &Write,
        work: impl FnOnce() -> Result<T>,
    ) -> Result<T> {
        let id = write.id();
        let by = match write {
            Write::Apply { owner, .. } => Some(owner.clone()),
            _ => self.owner(id).ok().flatten().map(|mark| mark.owner()),
        };
        self.watched.lock().writing.insert(id.clone());
        let done = work();
        let mut inner = self.watched.lock();
        inner.writing.remove(id);
        let prints = by.as_ref().and_then(unit_of).and_then(|unit| inner.units.get_mut(unit));
        if let Some(prints) = prints.filter(|_| done.is_ok()) {
            prints.insert(id.clone(), self.print(cx, id));
        }
        done
    }

    /// Looks once at everything that is watched, and notes the units for which something is otherwise.
    fn poll(&self, cx: &Context) -> Result<()> {
        let units: Vec<UnitId> = self.watched.lock().units.keys().cloned().collect();
        for unit in units {
            cx.check()?;
            // What cannot be listed is told by the next look, which the objects in it bring about.
            let listed = self.listed(cx, &unit.to_string()).unwrap_or_default();
            let mut inner = self.watched.lock();
            let Some(mut prints) = inner.units.remove(&unit) else { continue };
            let mut is_changed = false;
            for (id, print) in prints.iter_mut().filter(|(id, _)| !inner.writing.contains(*id)) {
                is_changed |= self.compare(cx, id, print);
            }
            for id in listed {
                let is_known = prints.contains_key(&id) || inner.writing.contains(&id);
                if !is_known && self.is_orphan_of(&id, &unit) {
                    is_changed = true;
                    let print = self.print(cx, &id);
                    prints.insert(id, print);
                }
            }
            inner.units.insert(unit.clone(), prints);
            if is_changed {
                inner.changed.insert(unit);
            }
        }
        Ok(())
    }

    /// Says whether an object that a list names has the mark of the unit and is there.
    fn is_orphan_of(&self, id: &ObjectId, unit: &UnitId) -> bool {
        let is_there = name::path_of(id, "yaml").and_then(|below| self.root.is_absent(&below));
        is_there.is_ok_and(|absent| !absent)
            && matches!(self.owner(id), Ok(Some(mark)) if mark.owner().is_of(unit))
    }

    /// Says whether the object lies there otherwise than it did, and keeps how.
    fn compare(&self, cx: &Context, id: &ObjectId, print: &mut Print) -> bool {
        if print.settled.is_some() && print.settled == self.stats(id) {
            return false;
        }
        let now = self.print(cx, id);
        let is_changed = now.digest != print.digest;
        *print = now;
        is_changed
    }

    fn print(&self, cx: &Context, id: &ObjectId) -> Print {
        // Before the files are read, so that a write meanwhile is not taken for read.
        let stats = self.stats(id);
        let now = cx.now().wall.unix();
        let is_old = |stat: &Option<Stat>| stat.is_none_or(|stat| last_change(stat) + SETTLED_SECONDS <= now);
        let settled = stats.filter(|stats| stats.iter().all(is_old));
        let read = |below: Result<std::path::PathBuf>| {
            let content = below.and_then(|below| self.root.read(&below, cx.limits().file_bytes_max));
            match content {
                Ok(Some(bytes)) => (b"there".to_vec(), bytes),
                Ok(None) => (b"absent".to_vec(), Vec::new()),
                Err(error) => (b"unreadable".to_vec(), error.kind().name().as_bytes().to_vec()),
            }
        };
        let (file, mark) = (read(name::path_of(id, "yaml")), read(super::marks::mark_of(id)));
        let digest = Digest::of_parts([&*file.0, &*file.1, &*mark.0, &*mark.1]);
        Print { digest, settled }
    }

    /// Asks for time and size of an object's file and of its mark; `None` where somebody has to look.
    fn stats(&self, id: &ObjectId) -> Option<[Option<Stat>; 2]> {
        let stat = |below: &Path| -> Option<Option<Stat>> {
            match self.root.metadata(below).ok()? {
                None => Some(None),
                Some(about) if about.is_file() => {
                    Some(Some((about.modified().ok()?, about.len(), identity(&about))))
                }
                Some(_) => None,
            }
        };
        Some([stat(&name::path_of(id, "yaml").ok()?)?, stat(&super::marks::mark_of(id).ok()?)?])
    }
}

/// Gives the seconds of the clock at which the file was written or put there.
fn last_change((written, _, [_, changed, _]): Stat) -> u64 {
    let written = written.duration_since(SystemTime::UNIX_EPOCH).map_or(0, |at| at.as_secs());
    written.max(u64::try_from(changed).unwrap_or_default()).min(u64::MAX - SETTLED_SECONDS)
}

fn unit_of(owner: &Owner) -> Option<&UnitId> {
    match owner {
        Owner::Unit(unit) => Some(unit),
        Owner::Other(_) => None,
    }
}

#[async_trait]
impl Watch for DirTarget {
    async fn changed(&self, cx: &Context) -> Result<BTreeSet<UnitId>> {
        loop {
            let begun = cx.now().mono;
            self.folder.poll(cx)?;
            let changed = std::mem::take(&mut self.folder.watched.lock().changed);
            if !changed.is_empty() {
                return Ok(changed);
            }
            let took = cx.now().mono.saturating_sub(begun);
            cx.sleep(POLL_EVERY.max(took * SHARE)).await?;
        }
    }

    fn release(&self, unit: &UnitId) {
        let mut inner = self.folder.watched.lock();
        inner.units.remove(unit);
        inner.changed.remove(unit);
    }
}
