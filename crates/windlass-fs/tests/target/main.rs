//! A folder as a target.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test that cannot go on has failed")]

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::sync::Arc;

use tempfile::TempDir;
use windlass_core::{
    Cancel, Context, Error, ErrorKind, Expect, Fence, Interest, Limits, Live, Look, Mode, Now, Object,
    Observation, Observed, Owner, Result, Retry, Target, Value, Version, Write, Written,
};
use windlass_fs::{DirTarget, Notifier};
use windlass_testkit::{TestClock, block_on, config_map, id, unit};

mod laws;
#[cfg(unix)]
mod links;
mod marks;
mod model;
mod reading;
mod safety;
mod watching;
mod writing;

/// A folder, a target on it, and short ways to use both.
struct Place {
    folder: TempDir,
    target: DirTarget,
}

const WEB: &str = "shop/ConfigMap/web.yaml";
const MARK: &str = ".windlass/marks/shop/ConfigMap/web.json";
const LIST: &str = ".windlass/units/web/shop/ConfigMap/web.mark";

fn context() -> Context {
    TestClock::new().context()
}

fn limited(change: impl FnOnce(&mut Limits)) -> Context {
    let mut limits = Limits::default();
    change(&mut limits);
    context().with_limits(limits)
}

fn apply(payload: &Object) -> Write {
    Write::apply(payload.clone(), Mode::Apply, Expect::Any, Owner::of(&unit("web")))
}

fn delete(name: &str) -> Write {
    Write::Delete {
        id: id(name),
        api_version: "v1".into(),
        expect: Expect::Any,
        cascade: windlass_core::Cascade::Background,
    }
}

fn expecting(write: Write, condition: Expect) -> Write {
    let mut write = write;
    if let Write::Apply { expect, .. } | Write::Delete { expect, .. } = &mut write {
        *expect = condition;
    }
    write
}

fn with_mode(write: Write, wanted: Mode) -> Write {
    let mut write = write;
    if let Write::Apply { mode, .. } = &mut write {
        *mode = wanted;
    }
    write
}

fn owned_by(write: Write, name: &str) -> Write {
    let mut write = write;
    if let Write::Apply { owner, .. } = &mut write {
        *owner = Owner::of(&unit(name));
    }
    write
}

fn web(content: &str) -> Object {
    config_map("shop", "web", content)
}

impl Place {
    fn new() -> Self {
        Self::told_by(&Notifier::new())
    }

    fn polling() -> Self {
        Self::told_by(&Notifier::polling())
    }

    fn told_by(notifier: &Notifier) -> Self {
        let folder = TempDir::new().unwrap();
        let target = DirTarget::open(folder.path()).unwrap().with_notifier(notifier);
        Self { folder, target }
    }

    /// A place in which `web` was written with the content `a`.
    fn with_web() -> Self {
        let place = Self::new();
        place.write(&apply(&web("a"))).unwrap();
        place
    }

    fn path(&self, name: &str) -> std::path::PathBuf {
        self.folder.path().join(name)
    }

    fn read(&self, name: &str) -> String {
        fs::read_to_string(self.path(name)).unwrap()
    }

    fn put(&self, name: &str, content: impl AsRef<[u8]>) {
        fs::create_dir_all(self.path(name).parent().unwrap()).unwrap();
        fs::write(self.path(name), content).unwrap();
    }

    fn write(&self, write: &Write) -> Result<Written> {
        block_on(self.target.write(&context(), write))
    }

    fn observe(&self, names: &[&str]) -> Observed {
        block_on(self.target.observe(&context(), &interest(names))).unwrap()
    }

    fn observation(&self, name: &str) -> Observation {
        self.observe(&[name]).observations.remove(&id(name)).unwrap()
    }

    fn live(&self, name: &str) -> Live {
        self.observation(name)
            .live()
            .unwrap_or_else(|| panic!("{name} must be there: {:?}", self.observation(name)))
            .clone()
    }

    fn unreadable(&self, name: &str) -> Error {
        match self.observation(name) {
            Observation::Unreadable(error) => error,
            other => panic!("{name} must be unreadable, and is {other:?}"),
        }
    }

    /// All files below the folder but the lock, with their contents.
    fn everything(&self) -> BTreeMap<String, String> {
        let mut found = BTreeMap::new();
        let mut folders = vec![self.folder.path().to_owned()];
        while let Some(folder) = folders.pop() {
            for entry in fs::read_dir(folder).unwrap() {
                let path = entry.unwrap().path();
                let name = path.strip_prefix(self.folder.path()).unwrap().to_str().unwrap().to_owned();
                match fs::symlink_metadata(&path).unwrap() {
                    about if about.is_dir() => folders.push(path),
                    _ if name == ".windlass/lock" => {}
                    _ => drop(found.insert(name, fs::read_to_string(&path).unwrap_or_default())),
                }
            }
        }
        found
    }

    fn files(&self) -> Vec<String> {
        self.everything().into_keys().collect()
    }
}

fn interest(names: &[&str]) -> Interest {
    let objects = names.iter().map(|name| (id(name), Look::new("v1"))).collect();
    Interest { unit: unit("web"), objects }
}
