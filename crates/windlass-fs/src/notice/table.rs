//! Who is told of what.
#![cfg_attr(not(target_os = "linux"), allow(dead_code, reason = "nobody is told of anything there"))]

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::task::Waker;

use windlass_core::{Error, ErrorKind};

use super::kernel::{Kernel, identity};
use super::{Lost, News, Refused, Waiting};
use crate::fault::limit;

/// Which folders are wanted, by their paths below the root. The root itself always is.
pub(crate) type Wants = Arc<dyn Fn(&Path) -> bool + Send + Sync>;

/// How many single paths are remembered before all counts as changed.
const PATHS_MAX: usize = 4096;

/// Something that the system told.
pub(super) struct Raw {
    pub(super) watch: i32,
    pub(super) what: What,
    pub(super) name: Option<OsString>,
}

#[derive(Debug, Clone, Copy)]
pub(super) enum What {
    /// An entry that is no folder was made, changed, moved or deleted.
    File,
    /// A folder came to be, or may be read by others than before.
    FolderCame,
    FolderLeft {
        moved: bool,
    },
    /// The watched folder itself was moved or deleted.
    Itself,
    /// The watch is no more.
    Ignored,
    /// The queue ran over.
    Overflow,
}

/// Who is told of what.
///
/// Invariant: `folders[watch]` has `(id, below)` exactly where `subscribers[id].at[below]` is `watch`.
#[derive(Default)]
pub(super) struct Table {
    kernel: Option<Arc<Kernel>>,
    folders: BTreeMap<i32, Vec<(u64, PathBuf)>>,
    subscribers: BTreeMap<u64, Subscriber>,
    next: u64,
    watches_max: usize,
}

struct Subscriber {
    root: PathBuf,
    identity: Option<(u64, u64)>,
    wants: Wants,
    at: BTreeMap<PathBuf, i32>,
    news: News,
    /// How much was told so far.
    told: u64,
    waiting: Waiting,
}

impl Table {
    pub(super) const fn kernel(&self) -> Option<&Arc<Kernel>> {
        self.kernel.as_ref()
    }

    pub(super) fn begin(&mut self, kernel: Arc<Kernel>) {
        self.kernel = Some(kernel);
    }

    pub(super) fn watches(&self) -> usize {
        self.folders.len()
    }

    pub(super) fn subscribe(
        &mut self,
        root: PathBuf,
        wants: Wants,
        watches_max: usize,
    ) -> Result<u64, Refused> {
        self.drain();
        self.watches_max = watches_max;
        let id = self.next;
        self.next += 1;
        let identity = identity(&root);
        let (at, news) = (BTreeMap::new(), News::default());
        self.subscribers.insert(id, Subscriber { root, identity, wants, at, news, told: 0, waiting: None });
        self.watch_below(id, PathBuf::new());
        let lost = self.subscribers.get_mut(&id).and_then(|subscriber| subscriber.news.lost.take());
        match lost {
            None => Ok(id),
            Some(lost) => {
                self.unsubscribe(id);
                Err(match lost {
                    Lost::Gone => Refused::NotThere,
                    Lost::Limited(error) => Refused::Limited(error),
                })
            }
        }
    }

    pub(super) fn unsubscribe(&mut self, id: u64) {
        self.forget_below(id, Path::new(""));
        self.subscribers.remove(&id);
    }

    pub(super) fn take(&mut self, id: u64) -> News {
        self.subscribers
            .get_mut(&id)
            .map(|subscriber| std::mem::take(&mut subscriber.news))
            .unwrap_or_default()
    }

    /// Counts what was told so far.
    pub(super) fn told(&self, id: u64) -> u64 {
        self.subscribers.get(&id).map_or(0, |subscriber| subscriber.told)
    }

    /// Lets somebody wait; says whether there is something to wait for.
    pub(super) fn waits(&mut self, id: u64, waker: &Waker) -> bool {
        let Some(subscriber) = self.subscribers.get_mut(&id) else { return false };
        subscriber.waiting = subscriber.news.is_empty().then(|| waker.clone());
        subscriber.waiting.is_some()
    }

    /// Says whether another folder lies at the place of the root than the one that is watched.
    pub(super) fn is_replaced(&self, id: u64) -> bool {
        self.subscribers.get(&id).is_none_or(|subscriber| identity(&subscriber.root) != subscriber.identity)
    }

    /// Reads what has happened by now, and wakes whom it concerns.
    pub(super) fn drain(&mut self) {
        let Some(kernel) = self.kernel.clone() else { return };
        let events = kernel.read();
        if events.is_empty() {
            return;
        }
        for Raw { watch, what, name } in events {
            if matches!(what, What::Overflow) {
                self.overflow();
                continue;
            }
            for (id, below) in self.folders.get(&watch).cloned().unwrap_or_default() {
                self.happened(id, &below, what, name.as_ref());
            }
            if matches!(what, What::Ignored) {
                self.ignored(watch);
            }
        }
        for subscriber in self.subscribers.values_mut().filter(|subscriber| !subscriber.news.is_empty()) {
            if let Some(waker) = subscriber.waiting.take() {
                waker.wake();
            }
        }
    }

    fn happened(&mut self, id: u64, below: &Path, what: What, name: Option<&OsString>) {
        let path = name.map_or_else(|| below.to_owned(), |name| below.join(name));
        match what {
            What::File => self.note(id, path),
            What::FolderCame => {
                self.note(id, path.clone());
                if name.is_some() && self.wants(id, &path) {
                    self.watch_below(id, path);
                }
            }
            What::FolderLeft { moved } => {
                self.forget_below(id, &path);
                self.note(id, path);
                // What lay in a deleted folder was told of as it went.
                if let Some(subscriber) = self.subscribers.get_mut(&id).filter(|_| moved) {
                    subscriber.news.all = true;
                }
            }
            What::Itself | What::Ignored if below.as_os_str().is_empty() => self.lose(id, Lost::Gone),
            What::Itself | What::Ignored | What::Overflow => {}
        }
    }

    fn wants(&self, id: u64, below: &Path) -> bool {
        self.subscribers.get(&id).is_some_and(|subscriber| (subscriber.wants)(below))
    }

    fn note(&mut self, id: u64, path: PathBuf) {
        let Some(subscriber) = self.subscribers.get_mut(&id) else { return };
        subscriber.told += 1;
        let News { all, paths, .. } = &mut subscriber.news;
        if !*all {
            paths.insert(path);
            *all = paths.len() > PATHS_MAX;
        }
        if *all {
            paths.clear();
        }
    }

    fn lose(&mut self, id: u64, why: Lost) {
        if let Some(subscriber) = self.subscribers.get_mut(&id) {
            subscriber.news.lost.get_or_insert(why);
        }
    }

    /// Folders may have come and gone untold: each subscriber begins anew.
    fn overflow(&mut self) {
        let all: Vec<u64> = self.subscribers.keys().copied().collect();
        all.into_iter().for_each(|id| self.lose(id, Lost::Gone));
    }

    fn ignored(&mut self, watch: i32) {
        for (id, below) in self.folders.remove(&watch).unwrap_or_default() {
            if let Some(subscriber) = self.subscribers.get_mut(&id) {
                subscriber.at.remove(&below);
            }
        }
    }

    /// Forgets the folders at and below a path.
    fn forget_below(&mut self, id: u64, below: &Path) {
        let Some(subscriber) = self.subscribers.get_mut(&id) else { return };
        let at = &mut subscriber.at;
        let gone: Vec<(PathBuf, i32)> =
            at.extract_if(below.to_owned().., |path, _| path.starts_with(below)).collect();
        for (path, watch) in gone {
            let Some(users) = self.folders.get_mut(&watch) else { continue };
            users.retain(|user| *user != (id, path.clone()));
            if users.is_empty() {
                self.folders.remove(&watch);
                if let Some(kernel) = &self.kernel {
                    kernel.remove(watch);
                }
            }
        }
    }

    /// Watches the wanted folders at and below a path. What lies in them may have come while nobody was told of it.
    fn watch_below(&mut self, id: u64, below: PathBuf) {
        let mut folders = vec![below];
        while let Some(below) = folders.pop() {
            match self.watch(id, &below) {
                Ok(true) => {}
                Ok(false) => continue,
                Err(why) => return self.lose(id, why),
            }
            let Some(subscriber) = self.subscribers.get(&id) else { return };
            // What cannot be listed is told by whoever looks.
            let Ok(entries) = fs::read_dir(subscriber.root.join(&below)) else { continue };
            for entry in entries.flatten() {
                let path = below.join(entry.file_name());
                if entry.file_type().is_ok_and(|kind| kind.is_dir()) && self.wants(id, &path) {
                    folders.push(path.clone());
                }
                self.note(id, path);
            }
        }
    }

    /// Watches one folder; says whether it can be.
    fn watch(&mut self, id: u64, below: &Path) -> Result<bool, Lost> {
        let (Some(kernel), Some(subscriber)) = (&self.kernel, self.subscribers.get_mut(&id)) else {
            return Ok(false);
        };
        let is_root = below.as_os_str().is_empty();
        if self.folders.len() >= self.watches_max && !subscriber.at.contains_key(below) {
            let max = self.watches_max;
            return Err(Lost::Limited(limit(
                "too many folders to watch, which are polled now",
                "watches_max",
                max,
            )));
        }
        let watch = match kernel.add(&subscriber.root.join(below), is_root) {
            Ok(watch) => watch,
            Err(error) if error.kind() == io::ErrorKind::StorageFull => {
                return Err(Lost::Limited(no_watch(error)));
            }
            // It is gone again, or may not be read: then whoever looks tells.
            Err(_) if !is_root => return Ok(false),
            Err(_) => return Err(Lost::Gone),
        };
        let before = subscriber.at.insert(below.to_owned(), watch).filter(|before| *before != watch);
        if let Some(before) = before
            && let Some(users) = self.folders.get_mut(&before)
        {
            users.retain(|user| *user != (id, below.to_owned()));
        }
        let users = self.folders.entry(watch).or_default();
        let user = (id, below.to_owned());
        if !users.contains(&user) {
            users.push(user);
        }
        Ok(true)
    }
}

fn no_watch(error: io::Error) -> Error {
    Error::new(ErrorKind::Limit, "the system watches no further folders, which are polled now")
        .with_help("raise fs.inotify.max_user_watches")
        .caused_by(error)
}
