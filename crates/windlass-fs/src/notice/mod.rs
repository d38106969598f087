//! Being told of changes in folders, by the system where it can, else by looking again and again.

mod ear;
#[cfg(target_os = "linux")]
#[path = "linux.rs"]
mod kernel;
#[cfg(not(target_os = "linux"))]
#[path = "elsewhere.rs"]
mod kernel;
mod table;

use std::fmt;
use std::io::{self, PipeWriter};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Poll, Waker};

use windlass_core::{Error, ErrorKind};

pub(crate) use self::ear::{Ear, Heard};
use self::kernel::Kernel;
use self::table::{Table, Wants};

/// How many folders one notifier watches, unless told otherwise. Each takes about a kilobyte of the system's memory.
const WATCHES_MAX: usize = 65_536;

/// Tells sources and targets of changes in their folders. Cheap to clone; a clone is the same notifier.
///
/// On Linux the system tells (inotify), and an edit is taken at once. One notifier has one queue of the system and one thread,
/// however many folders it serves; both go with its last clone. A source or a target that is given none has its own, so give
/// one to all where there are many: a system has few queues for each of its users.
///
/// ```
/// use windlass_fs::{DirSource, DirTarget, Notifier};
///
/// let folder = tempfile::tempdir()?;
/// let notifier = Notifier::new().on_fallback(|folder, why| println!("{}: {why}", folder.display()));
/// let source = DirSource::new(folder.path()).with_notifier(&notifier);
/// let target = DirTarget::open(folder.path().join("live"))?.with_notifier(&notifier);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Guarantees
/// - What the system tells is a hint: nothing is taken for changed, or for as it was, without a look.
/// - A queue that ran over, and a folder that came or went as a whole, lead to one full look. Sub-folders that come to be are
///   watched, and what lies in them by then counts as changed.
/// - Where the system cannot tell, folders are looked at again and again: elsewhere than on Linux, on network and FUSE file
///   systems, past [`with_watches_max`](Self::with_watches_max), and past the limits of the system. The last two are
///   [told](Self::on_fallback), once for each source or target.
#[derive(Clone)]
pub struct Notifier(Arc<Hub>);

/// Is told of a folder, and why it is looked at again and again.
type Tell = Arc<dyn Fn(&Path, &Error) + Send + Sync>;

struct Hub {
    shared: Arc<Shared>,
    watches_max: usize,
    tell: Option<Tell>,
    never: bool,
    /// The thread ends when this is dropped.
    end: Mutex<Option<PipeWriter>>,
}

/// What the thread has as well.
#[derive(Default)]
struct Shared(Mutex<Table>);

/// Why nobody is told of changes in a folder.
pub(crate) enum Refused {
    /// It is not there.
    NotThere,
    /// The system does not tell of changes there.
    Silent,
    /// There is a limit.
    Limited(Error),
}

impl Notifier {
    /// Makes a notifier. It takes nothing from the system before somebody waits for a change.
    #[must_use]
    pub fn new() -> Self {
        Self::made(WATCHES_MAX, None, false)
    }

    /// Makes one that never asks the system: folders are looked at again and again.
    #[must_use]
    pub fn polling() -> Self {
        Self::made(0, None, true)
    }

    /// Watches no more folders than this.
    #[must_use]
    pub fn with_watches_max(self, max: usize) -> Self {
        Self::made(max, self.0.tell.clone(), self.0.never)
    }

    /// Tells of each folder that a limit keeps from being watched, and of the limit.
    #[must_use]
    pub fn on_fallback(self, tell: impl Fn(&Path, &Error) + Send + Sync + 'static) -> Self {
        Self::made(self.0.watches_max, Some(Arc::new(tell)), self.0.never)
    }

    fn made(watches_max: usize, tell: Option<Tell>, never: bool) -> Self {
        Self(Arc::new(Hub { shared: Arc::default(), watches_max, tell, never, end: Mutex::default() }))
    }

    /// Watches the folders at and below `root` that are wanted.
    fn subscribe(&self, root: &Path, wants: &Wants) -> Result<Subscription, Refused> {
        if self.0.never {
            return Err(Refused::Silent);
        }
        if !kernel::tells(root).map_err(|_| Refused::NotThere)? {
            return Err(Refused::Silent);
        }
        let mut table = self.0.shared.lock();
        if table.kernel().is_none() {
            table.begin(self.open()?);
        }
        let id = table.subscribe(root.to_owned(), Arc::clone(wants), self.0.watches_max)?;
        drop(table);
        Ok(Subscription { notifier: self.clone(), id })
    }

    /// Opens the queue of the system, with the thread that wakes those who wait.
    fn open(&self) -> Result<Arc<Kernel>, Refused> {
        let kernel = Arc::new(Kernel::open().map_err(|error| Refused::Limited(no_queue(error)))?);
        let (ends, end) = io::pipe().map_err(|error| Refused::Limited(no_queue(error)))?;
        let (shared, queue) = (Arc::clone(&self.0.shared), Arc::clone(&kernel));
        let work = move || queue.serve(&ends, || shared.lock().drain());
        let thread = std::thread::Builder::new().name("windlass-fs".into()).spawn(work);
        thread.map_err(|error| Refused::Limited(no_queue(error)))?;
        *self.0.end.lock().unwrap_or_else(PoisonError::into_inner) = Some(end);
        Ok(kernel)
    }

    fn tell(&self, folder: &Path, why: &Error) {
        if let Some(tell) = &self.0.tell {
            tell(folder, why);
        }
    }
}

impl Default for Notifier {
    fn default() -> Self {
        Self::new()
    }
}

impl fmt::Debug for Notifier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Notifier({} folders watched)", self.0.shared.lock().watches())
    }
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, Table> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Folders that are watched for one source or target, until this is dropped.
pub(crate) struct Subscription {
    notifier: Notifier,
    id: u64,
}

impl Subscription {
    fn table(&self) -> MutexGuard<'_, Table> {
        self.notifier.0.shared.lock()
    }

    /// Gives what has changed, and forgets it.
    fn take(&self) -> News {
        let mut table = self.table();
        table.drain();
        table.take(self.id)
    }

    /// Counts what was told so far.
    fn count(&self) -> u64 {
        let mut table = self.table();
        table.drain();
        table.told(self.id)
    }

    /// Waits until something has changed, or nobody is told any more.
    async fn told(&self) {
        std::future::poll_fn(|waiting| {
            let mut table = self.table();
            // Whatever happened by now is in the queue already, whether or not the thread has come to it.
            table.drain();
            if table.waits(self.id, waiting.waker()) { Poll::Pending } else { Poll::Ready(()) }
        })
        .await;
    }
}

impl Drop for Subscription {
    fn drop(&mut self) {
        self.table().unsubscribe(self.id);
    }
}

/// What has changed in folders.
#[derive(Debug, Default)]
pub(crate) struct News {
    /// Anything may have changed.
    all: bool,
    /// These entries may have, by their paths below the root.
    paths: std::collections::BTreeSet<PathBuf>,
    /// Why nobody is told any more.
    lost: Option<Lost>,
}

/// Why nobody is told any more.
#[derive(Debug, Clone)]
pub(crate) enum Lost {
    /// The folder is another one, or gone.
    Gone,
    /// There is a limit.
    Limited(Error),
}

impl News {
    fn is_empty(&self) -> bool {
        !self.all && self.paths.is_empty() && self.lost.is_none()
    }
}

/// Who waits, to be woken once.
type Waiting = Option<Waker>;

fn no_queue(error: io::Error) -> Error {
    Error::new(
        ErrorKind::Limit,
        "the system gives no further queue for changes in folders, which are polled now",
    )
    .with_help("let many folders share one notifier, or raise fs.inotify.max_user_instances")
    .caused_by(error)
}
