//! Which units have something to look at again.
//!
//! Files are compared with what they were: those that the system names, and from time to time all of them. That works on
//! every system and every file system, also on those that tell nobody of changes. What lies still is only asked for its time
//! and its size.

use std::collections::{BTreeMap, BTreeSet};
use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, SystemTime};

use async_trait::async_trait;
use windlass_core::{Context, Digest, Interest, ObjectId, Owner, Result, UnitId, Watch, Write};

use super::{DirTarget, Folder};
use crate::disk::identity;
use crate::keeper::OWN;
use crate::name;
use crate::notice::{Ear, Heard, Notifier};

/// How long to wait for a write that is under way.
const WRITE_WAIT: Duration = Duration::from_millis(10);

/// Where this many units would be asked for objects, all units look at theirs instead.
const QUESTIONS_MAX: usize = 200_000;

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
    /// What was being written when somebody wanted to look.
    later: BTreeSet<ObjectId>,
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

    /// Looks at the objects whose files or marks lie at these paths.
    fn look_at(&self, cx: &Context, paths: &BTreeSet<PathBuf>) -> Result<()> {
        let ids: BTreeSet<ObjectId> = paths.iter().filter_map(|path| id_at(path)).collect();
        self.look_again(cx, ids)
    }

    /// Looks at objects, and notes the units for which one of them is otherwise.
    fn look_again(&self, cx: &Context, ids: BTreeSet<ObjectId>) -> Result<()> {
        if ids.len().saturating_mul(self.watched.lock().units.len()) > QUESTIONS_MAX {
            return self.poll(cx);
        }
        for id in ids {
            // What is not looked at for want of time is looked at by the next.
            let is_over = cx.check().is_err();
            let mut inner = self.watched.lock();
            if is_over || inner.writing.contains(&id) {
                inner.later.insert(id);
                continue;
            }
            let Inner { units, changed, .. } = &mut *inner;
            for (unit, prints) in units.iter_mut() {
                if prints.get_mut(&id).is_some_and(|print| self.compare(cx, &id, print)) {
                    changed.insert(unit.clone());
                }
            }
            self.look_at_owner(cx, id, &mut inner);
        }
        cx.check()
    }

    /// What has come to carry the mark of a unit is a change for it, though it did not ask for that object.
    fn look_at_owner(&self, cx: &Context, id: ObjectId, inner: &mut Inner) {
        let Ok(Some(mark)) = self.owner(&id) else { return };
        let owner = mark.owner();
        let Some(unit) = unit_of(&owner) else { return };
        let Some(prints) = inner.units.get_mut(unit) else { return };
        if !prints.contains_key(&id) && self.is_orphan_of(&id, unit) {
            let print = self.print(cx, &id);
            prints.insert(id, print);
            inner.changed.insert(unit.clone());
        }
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

/// Gives the object whose file or mark lies at a path below the folder.
fn id_at(below: &Path) -> Option<ObjectId> {
    let parts: Vec<&str> = below.iter().map(OsStr::to_str).collect::<Option<_>>()?;
    match parts[..] {
        [own, "marks", namespace, kind, file] if own == OWN => name::id_of([namespace, kind], file, "json"),
        [namespace, kind, file] => name::id_of([namespace, kind], file, "yaml"),
        _ => None,
    }
}

/// Hears of changes in the folders of objects and of marks.
pub(super) fn ear(root: &Path, notifier: &Notifier) -> Ear {
    Ear::new(root.to_owned(), notifier, |below| {
        let Some(parts) = below.iter().map(OsStr::to_str).collect::<Option<Vec<&str>>>() else {
            return false;
        };
        match parts[..] {
            [own] | [own, "marks"] | [own, "marks", _] | [own, "marks", _, _] if own == OWN => true,
            [namespace] | [namespace, _] => !namespace.starts_with('.'),
            _ => false,
        }
    })
}

#[async_trait]
impl Watch for DirTarget {
    async fn changed(&self, cx: &Context) -> Result<BTreeSet<UnitId>> {
        loop {
            let (changed, later) = {
                let mut inner = self.folder.watched.lock();
                (std::mem::take(&mut inner.changed), inner.later.clone())
            };
            if !changed.is_empty() {
                return Ok(changed);
            }
            if !later.is_empty() {
                cx.sleep(WRITE_WAIT).await?;
                self.folder.watched.lock().later.clear();
                self.folder.look_again(cx, later)?;
                continue;
            }
            match self.ear.next(cx).await? {
                Heard::Paths(paths) => self.folder.look_at(cx, &paths)?,
                Heard::All => {
                    let began = cx.now().mono;
                    self.folder.poll(cx)?;
                    self.ear.looked(cx, began);
                }
            }
        }
    }

    fn release(&self, unit: &UnitId) {
        let mut inner = self.folder.watched.lock();
        inner.units.remove(unit);
        inner.changed.remove(unit);
    }
}
