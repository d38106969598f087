//! A folder as a target.

mod change;
mod list;
mod look;
mod marks;
mod state;
mod sweep;
mod watch;

use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use async_trait::async_trait;
use windlass_core::{
    Context, Dialect, Error, ErrorKind, HealthCheck, Interest, Key, Observed, OrderRule, Profile, Result,
    Target, Write, Written,
};

use self::state::State;
use self::watch::Watched;
use crate::Notifier;
use crate::disk::{Access, Root};
use crate::fault::fault;
use crate::keeper::Keeper;
use crate::notice::Ear;
use crate::store::random;

/// A folder as a target: each object is one YAML file, `<namespace>/<Kind.group>/<name>.yaml`, with `_` for no namespace.
///
/// ```
/// use windlass_core::{Expect, Mode, Owner, Target, Write};
/// use windlass_fs::DirTarget;
/// use windlass_testkit::{TestClock, block_on, config_map, unit};
///
/// let folder = tempfile::tempdir()?;
/// let (target, cx) = (DirTarget::open(folder.path())?, TestClock::new().context());
/// let write = Write::apply(config_map("shop", "web", "a"), Mode::Apply, Expect::Absent, Owner::of(&unit("web")));
/// block_on(target.write(&cx, &write))?;
/// let file = std::fs::read_to_string(folder.path().join("shop/ConfigMap/web.yaml"))?;
/// assert!(file.contains("data:\n  content: a\n"));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Guarantees
/// - A file is replaced as a whole and is on the disk when the write returns; a crash leaves the old one or the new one.
///   Who owns an object is kept beside it, in `.windlass/marks`, never in it. The mark comes before the file that is
///   new, and goes after the file that is deleted: nothing that was made here is ever without its owner. A mark whose
///   file is gone does not wait for another one: it goes when a unit forgets the object, and when the lock is taken.
/// - A file changed by hand is an object that has moved away: its stamp and its version are others. One that is no
///   object any more is [`Unreadable`](windlass_core::Observation::Unreadable) with file and line, and is not written over;
///   one that means what is wanted is left as it is, comments and all.
/// - A name that is odd is spelled with `%` and two digits, so that no object can leave the folder, hide in it, or meet
///   another one, also where the file system ignores case. Kinds that differ by nothing but case meet there; then the
///   second is an error. A name of more than 250 bytes has no file and is [`Invalid`](ErrorKind::Invalid).
/// - Links below the folder are not followed, neither where the objects are nor in `.windlass`; what lies behind one is
///   unreadable, and nothing is written or deleted there.
/// - One writer at a time: the first write or save takes `.windlass/lock` and holds it until the last clone of the
///   target is dropped. Another process, or another target in this one, gets a [`Conflict`](ErrorKind::Conflict) that
///   names the holder. Looking needs no lock. A crash releases it. Where somebody deletes the folder meanwhile, the next
///   write locks anew what is there then.
/// - It is watched: a change by hand, and a write of another unit, names the units that look at the object or own it. The
///   system tells of changes where it can, and what it named is looked at within a fifth of a second; all is looked at once a
///   minute besides. Elsewhere changes are found by polls, a second apart, or further where a poll takes long. See
///   [`Notifier`]. A file that lies still is not read again.
/// - What is made is readable by its owner alone, unless [`readable_by_others`](Self::readable_by_others).
///
/// # What it means here
/// - The payload is the whole object: [`Mode::Apply`](windlass_core::Mode::Apply) and `Recreate` do what `Replace` does,
///   since nobody else sets fields of a file on the side, and what the engine predicts for a target that cannot is the
///   payload itself.
/// - [`Mode::CreateOnly`](windlass_core::Mode::CreateOnly) leaves a file that is there as it is, without an owner if it
///   has none.
/// - Objects have no identity beyond their names. [`Expect::Uid`](windlass_core::Expect::Uid) never holds.
/// - A version is a keyed digest of the file, its owner and the number of the write, which no two writes to the folder share.
///   Only edits by hand that end where they began bring one back. It holds for this target and its clones. A stamp is a digest
///   of the object.
/// - A folder that is not there is empty, and the first write makes it.
///
/// # Assumptions
/// The file system has locks that work between processes and an atomic rename: local ones do, some network ones do not.
/// Files are read and written on the thread that polls the future, one write at a time. Whoever may write to the folder is
/// trusted not to exchange its folders for links at the very moment it is used.
#[derive(Clone)]
pub struct DirTarget {
    place: Arc<str>,
    folder: Folder,
    ear: Arc<Ear>,
    state: State,
    dialects: Vec<Arc<dyn Dialect>>,
    order: Vec<Arc<dyn OrderRule>>,
    health: Vec<Arc<dyn HealthCheck>>,
}

impl DirTarget {
    /// Makes a target of a folder. Nothing is made or locked before the first write.
    ///
    /// # Errors
    /// [`Invalid`](ErrorKind::Invalid) for something that is not a folder, [`Denied`](ErrorKind::Denied),
    /// [`Unavailable`](ErrorKind::Unavailable) where the system gives no random bytes.
    pub fn open(folder: impl AsRef<Path>) -> Result<Self> {
        let root = settled(folder.as_ref())?;
        if root.exists() && !root.is_dir() {
            return Err(Error::new(ErrorKind::Invalid, "not a folder").with("path", root.display()));
        }
        let place = root.to_string_lossy().into();
        let root = Root::new(root);
        let keeper = Arc::new(Keeper::new(root.clone()));
        let versions = random()?;
        let ear = Arc::new(watch::ear(root.folder(), &Notifier::new()));
        let folder = Folder { root, access: Access::Owner, keeper, versions, watched: Watched::default() };
        Ok(Self {
            ear,
            place,
            state: State::of(&folder),
            folder,
            dialects: Vec::new(),
            order: Vec::new(),
            health: Vec::new(),
        })
    }

    /// Lets the files of objects, and their folders, be readable by whoever the umask of the process allows. Objects may
    /// hold secrets. Marks and state stay the owner's.
    #[must_use]
    pub fn readable_by_others(mut self) -> Self {
        self.folder.access = Access::Others;
        self.state = State::of(&self.folder);
        self
    }

    /// Is told of changes by a notifier that others use too.
    #[must_use]
    pub fn with_notifier(mut self, notifier: &Notifier) -> Self {
        self.ear = Arc::new(watch::ear(self.folder.root.folder(), notifier));
        self
    }

    /// Sets the annotations that its objects speak.
    #[must_use]
    pub fn with_dialects(mut self, dialects: impl IntoIterator<Item = Arc<dyn Dialect>>) -> Self {
        self.dialects = dialects.into_iter().collect();
        self
    }

    /// Sets what must come before what.
    #[must_use]
    pub fn with_order(mut self, order: impl IntoIterator<Item = Arc<dyn OrderRule>>) -> Self {
        self.order = order.into_iter().collect();
        self
    }

    /// Sets how its objects are. Without a check that knows an object, a file that is there does its work.
    #[must_use]
    pub fn with_health(mut self, health: impl IntoIterator<Item = Arc<dyn HealthCheck>>) -> Self {
        self.health = health.into_iter().collect();
        self
    }
}

impl fmt::Debug for DirTarget {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "DirTarget({})", self.place)
    }
}

#[async_trait]
impl Target for DirTarget {
    fn profile(&self) -> Profile<'_> {
        Profile::new(&self.place)
            .with_watch(self)
            .with_list(self)
            .with_state(&self.state)
            .with_control(&self.state)
            .with_dialects(&self.dialects)
            .with_order(&self.order)
            .with_health(&self.health)
    }

    async fn observe(&self, cx: &Context, interest: &Interest) -> Result<Observed> {
        cx.check()?;
        self.folder.watch(cx, interest)?;
        self.folder.observe(cx, interest)
    }

    async fn write(&self, cx: &Context, write: &Write) -> Result<Written> {
        let turn = self.folder.turn(cx)?;
        self.folder.quietly(cx, write, || self.folder.write(cx, write, &turn))
    }
}

/// Where the objects lie.
#[derive(Debug, Clone)]
struct Folder {
    root: Root,
    access: Access,
    keeper: Arc<Keeper>,
    /// Versions are shown, in errors: they are sealed, by a key of this target alone, as nobody keeps them.
    versions: Key,
    watched: Watched,
}

/// Gives the one path by which a folder goes, whichever way it was named: two targets with one place are one target.
fn settled(folder: &Path) -> Result<PathBuf> {
    let path = std::path::absolute(folder).map_err(|error| fault("find the folder", folder, error))?;
    let mut there = path.as_path();
    loop {
        match there.canonicalize() {
            Ok(real) => return Ok(path.strip_prefix(there).map_or(real.clone(), |rest| joined(&real, rest))),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
                let Some(above) = there.parent() else { return Ok(path) };
                there = above;
            }
            Err(error) => return Err(fault("find the folder", &path, error)),
        }
    }
}

/// Joins without a slash at the end where there is nothing to join.
fn joined(path: &Path, rest: &Path) -> PathBuf {
    if rest.as_os_str().is_empty() { path.to_owned() } else { path.join(rest) }
}
