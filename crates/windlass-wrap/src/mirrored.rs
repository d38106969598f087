//! The first that answers of several places.

use std::collections::VecDeque;
use std::fmt;
use std::pin::pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::Poll;
use std::time::Duration;

use tokio::sync::watch;
use windlass_core::{
    Artifact, Context, Digest, Error, ErrorKind, Paths, Resolved, Result, Retry, Revision, Source,
    SourceWatch, Text, async_trait,
};

use crate::timed::{too_long, within};

/// How many revisions are remembered, with who said them and what came.
const REVISIONS_MAX: usize = 64;

/// How many contents of one revision are remembered, for different paths.
const CONTENTS_MAX: usize = 16;

/// The same source at several places, of which the first that answers counts.
///
/// - `resolve` asks in order, and takes the first answer. A mirror that lags behind says what it knows, so one that does stands
///   behind those that do not.
/// - `fetch` asks first whoever said the revision, then the others in order.
/// - Whatever ends in an error is passed over, also where it is refused or not found: a mirror need not have all. Only the caller's
///   cancellation and deadline end the call at once.
/// - What comes must be the revision that was asked for, and its content what came for it before: a mirror that brings something
///   else is passed over as [`Corrupt`](ErrorKind::Corrupt).
/// - Where all fail, the error has the problem of each, with its number in `mirror`, those first that may pass by themselves; it is
///   worth another try where one of them is. So [`NotFound`](ErrorKind::NotFound) means that all say so.
/// - Each gets its share of the time that is left: of three that hang none keeps the others from being asked.
///
/// Credentials belong to a place: each mirror is a source of its own, with its own, and is shown no other's.
///
/// ```
/// use windlass_core::{Error, ErrorKind, Source};
/// use windlass_testkit::{MemorySource, TestClock, files};
/// use windlass_wrap::MirroredSource;
///
/// let (clock, first) = (TestClock::new(), MemorySource::of(files([("a.yaml", "")])));
/// let second = MemorySource::of(files([("a.yaml", "")]));
/// let source = MirroredSource::new(first.clone()).with_mirror(second.clone());
/// first.go_down(Error::new(ErrorKind::Unavailable, "no route to host"));
/// assert!(clock.block_on(source.resolve(&clock.context())).is_ok());
/// second.go_down(Error::new(ErrorKind::Denied, "the token is wrong"));
/// let error = clock.block_on(source.resolve(&clock.context())).unwrap_err();
/// assert_eq!(
///     error.to_string(),
///     "2 problems\n- no route to host (mirror=1 of 2)\n- the token is wrong (mirror=2 of 2)"
/// );
/// ```
pub struct MirroredSource {
    /// Never empty.
    places: Vec<Arc<dyn Source>>,
    /// Who answered last.
    answered: watch::Sender<usize>,
    known: Mutex<VecDeque<Known>>,
}

/// What is known of a revision.
struct Known {
    id: Text,
    /// Who said it.
    from: usize,
    contents: Vec<(Paths, Digest)>,
}

impl MirroredSource {
    /// Begins with the place that is asked first.
    #[must_use]
    pub fn new(source: impl Source) -> Self {
        Self::of(Arc::new(source))
    }

    /// As [`MirroredSource::new`], of a source that others use too.
    #[must_use]
    pub fn of(source: Arc<dyn Source>) -> Self {
        Self { places: vec![source], answered: watch::Sender::new(0), known: Mutex::default() }
    }

    /// Adds a place that is asked after those before it.
    #[must_use]
    pub fn with_mirror(self, source: impl Source) -> Self {
        self.with_mirrors(vec![Arc::new(source)])
    }

    /// Adds places that are asked after those before them, in this order.
    #[must_use]
    pub fn with_mirrors(mut self, sources: Vec<Arc<dyn Source>>) -> Self {
        self.places.extend(sources);
        self
    }

    /// Asks these places, one after the other, until one answers; gives who did.
    async fn first<T, F: Future<Output = Result<T>>>(
        &self,
        cx: &Context,
        limit: Duration,
        order: &[usize],
        call: impl Fn(usize, Context) -> F,
    ) -> Result<(usize, T)> {
        let (began, mut problems) = (cx.now().mono, Vec::new());
        for (asked, at) in order.iter().copied().enumerate() {
            cx.check()?;
            let left = limit.saturating_sub(cx.now().mono.saturating_sub(began));
            let left = cx.remaining().map_or(left, |remaining| remaining.min(left));
            let share = left / u32::try_from(order.len() - asked).unwrap_or(u32::MAX);
            let own = cx.clone().with_timeout(share);
            let done = within(cx, &own, share, call(at, own.clone())).await;
            match done.unwrap_or_else(|| Err(too_long("the mirror", None, share))) {
                Ok(done) => return Ok((at, done)),
                Err(error) => problems.push(self.named(at, error)),
            }
        }
        cx.check()?;
        Err(none_answered(problems))
    }

    /// Says which place an error is from, where there are several.
    fn named(&self, at: usize, error: Error) -> Error {
        match self.places.len() {
            1 => error,
            count => error.with_each("mirror", format!("{} of {count}", at + 1)),
        }
    }

    /// Whom to ask for a revision: first who said it.
    fn order(&self, revision: &Revision) -> Vec<usize> {
        let from = self.known().iter().find(|known| known.id == revision.id).map(|known| known.from);
        let others = (0..self.places.len()).filter(|at| Some(*at) != from);
        from.into_iter().chain(others).collect()
    }

    /// Remembers who said a revision.
    fn said(&self, revision: &Revision, from: usize) {
        let mut known = self.known();
        match known.iter_mut().find(|known| known.id == revision.id) {
            Some(known) => known.from = from,
            None => known.push_back(Known { id: revision.id.clone(), from, contents: Vec::new() }),
        }
        let surplus = known.len().saturating_sub(REVISIONS_MAX);
        known.drain(..surplus);
    }

    /// Checks that what came is what was asked for, and the same as before.
    fn check(&self, from: usize, revision: &Revision, paths: &Paths, artifact: &Artifact) -> Result<()> {
        let wrong = |message: &'static str| {
            Error::new(ErrorKind::Corrupt, message).with("revision", revision.short())
        };
        if artifact.revision().id != revision.id {
            return Err(wrong("another revision came").with("found", artifact.revision().short()));
        }
        let mut all = self.known();
        let at = all.iter().position(|known| known.id == revision.id).unwrap_or_else(|| {
            all.push_back(Known { id: revision.id.clone(), from, contents: Vec::new() });
            all.len() - 1
        });
        let contents = &mut all[at].contents;
        let before = contents.iter().find(|(have, _)| have == paths).map(|(_, digest)| *digest);
        match before {
            Some(digest) if digest != artifact.digest() => {
                return Err(wrong("the revision came with other content than before"));
            }
            Some(_) => {}
            None if contents.len() < CONTENTS_MAX => contents.push((paths.clone(), artifact.digest())),
            None => {}
        }
        let surplus = all.len().saturating_sub(REVISIONS_MAX);
        all.drain(..surplus);
        Ok(())
    }

    fn known(&self) -> MutexGuard<'_, VecDeque<Known>> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for MirroredSource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("MirroredSource").field(&self.places).finish()
    }
}

#[async_trait]
impl Source for MirroredSource {
    async fn resolve(&self, cx: &Context) -> Result<Resolved> {
        let order: Vec<usize> = (0..self.places.len()).collect();
        let call = |at: usize, own: Context| async move { self.places[at].resolve(&own).await };
        let (from, resolved) = self.first(cx, cx.limits().request_timeout, &order, call).await?;
        self.said(&resolved.revision, from);
        self.answered.send_if_modified(|last| std::mem::replace(last, from) != from);
        Ok(resolved)
    }

    async fn fetch(&self, cx: &Context, revision: &Revision, paths: &Paths) -> Result<Artifact> {
        let call = |at: usize, own: Context| async move {
            let artifact = self.places[at].fetch(&own, revision, paths).await?;
            self.check(at, revision, paths, &artifact).map(|()| artifact)
        };
        let order = self.order(revision);
        self.first(cx, cx.limits().fetch_timeout, &order, call).await.map(|(_, artifact)| artifact)
    }

    /// Whoever answered last is watched, so all must be able to.
    fn watch(&self) -> Option<&dyn SourceWatch> {
        self.places.iter().all(|place| place.watch().is_some()).then_some(self as &dyn SourceWatch)
    }
}

#[async_trait]
impl SourceWatch for MirroredSource {
    async fn moved(&self, cx: &Context) -> Result<()> {
        let mut answered = self.answered.subscribe();
        loop {
            let at = *answered.borrow_and_update();
            let Some(watch) = self.places[at].watch() else {
                return cx.unless_over(std::future::pending()).await;
            };
            let (mut moved, mut other) = (pin!(watch.moved(cx)), pin!(answered.changed()));
            let told = std::future::poll_fn(|waiting| match moved.as_mut().poll(waiting) {
                Poll::Ready(told) => Poll::Ready(Some(told)),
                Poll::Pending => other.as_mut().poll(waiting).map(|_| None),
            });
            if let Some(told) = told.await {
                return told;
            }
        }
    }
}

/// Joins what each said. One that may answer later makes another try worth it.
fn none_answered(mut problems: Vec<Error>) -> Error {
    problems.sort_by_key(|error| (error.retry() == Retry::Never, error.kind() == ErrorKind::NotFound));
    let waits = problems.iter().map(Error::retry).filter(|retry| *retry != Retry::Never);
    let soonest = waits.reduce(|one, other| match (one, other) {
        (Retry::After(one), Retry::After(other)) => Retry::After(one.min(other)),
        _ => Retry::Backoff,
    });
    let none = || Error::new(ErrorKind::Internal, "there is no mirror");
    let error = Error::all(problems).unwrap_or_else(none);
    soonest.into_iter().fold(error, Error::retrying)
}
