//! Sources that break one law each.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use windlass_core::{
    Artifact, Bytes, Cancel, Context, Digest, Entry, EntryKind, Error, ErrorKind, Files, Paths, Resolved,
    Result, Revision, Source, SourceWatch, TreePath, async_trait,
};
use windlass_testkit::source::SourceHarness;
use windlass_testkit::suite::{Check, Harness};
use windlass_testkit::{MemoryFiles, MemorySource, TestClock, block_on};

use super::yield_once;

const TOKEN: &str = "ghp_canary";

/// A memory source behind a wrapper that breaks the law named, if any.
pub(crate) struct Stage {
    clock: TestClock,
    memory: MemorySource,
    source: Arc<Saboteur>,
}

impl Stage {
    pub(crate) fn honest() -> Self {
        Self::breaking("nothing")
    }

    pub(crate) fn breaking(law: &'static str) -> Self {
        let memory = MemorySource::new().with_watch();
        let source = Saboteur { inner: memory.clone(), breaks: law, ..Saboteur::default() };
        Self { clock: TestClock::auto(), memory, source: Arc::new(source) }
    }

    fn tree(files: &[(&str, &[u8])]) -> MemoryFiles {
        files.iter().fold(MemoryFiles::new(), |tree, (path, content)| tree.with(path, content))
    }
}

impl Harness for Stage {
    fn context(&self) -> Context {
        self.clock.context()
    }
}

impl SourceHarness for Stage {
    fn source(&self) -> Arc<dyn Source> {
        self.source.clone()
    }

    fn commit(&self, files: &[(&str, &[u8])]) {
        self.memory.commit(Self::tree(files));
    }

    fn commit_links(&self, files: &[(&str, &[u8])], links: &[(&str, &str)]) -> Check {
        let link = |tree: MemoryFiles, (path, target): &(&str, &str)| tree.with_link(path, target);
        self.memory.commit(links.iter().fold(Self::tree(files), link));
        Ok(())
    }

    fn cut_off(&self) -> Check {
        self.memory.go_down(Error::new(ErrorKind::Unavailable, "no route to host"));
        Ok(())
    }

    fn hang(&self) -> Check {
        self.memory.hang();
        Ok(())
    }

    fn credential(&self) -> Check<String> {
        Ok(TOKEN.into())
    }

    fn tells_case(&self) -> Check {
        Ok(())
    }
}

#[derive(Default)]
struct Saboteur {
    inner: MemorySource,
    breaks: &'static str,
    calls: AtomicUsize,
    first: Mutex<Option<Resolved>>,
    half: AtomicBool,
    watching: Mutex<Watching>,
}

/// What a broken watch remembers.
#[derive(Default)]
struct Watching {
    resolved: Duration,
    waited: bool,
    told: bool,
}

impl fmt::Debug for Saboteur {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let token = if self.breaks == "no_credential_is_shown" { TOKEN } else { "***" };
        write!(f, "Saboteur({token})")
    }
}

impl Saboteur {
    /// Takes out of a context what would end a call that hangs.
    fn deaf(&self, cx: &Context) -> Context {
        match self.breaks {
            "a_call_that_hangs_ends_with_the_deadline" => super::endless(cx),
            "a_call_that_hangs_ends_when_it_is_cancelled" => cx.clone().with_cancel(Cancel::new()),
            _ => cx.clone(),
        }
    }
}

#[async_trait]
impl Source for Saboteur {
    async fn resolve(&self, cx: &Context) -> Result<Resolved> {
        self.watching.lock().unwrap().resolved = cx.now().mono;
        let mut resolved = self.inner.resolve(&self.deaf(cx)).await?;
        if self.breaks == "resolving_twice_gives_the_same_revision" {
            let call = self.calls.fetch_add(1, Ordering::SeqCst);
            resolved.revision.id = format!("{}#{call}", resolved.revision.id).into();
        }
        if self.breaks == "a_change_gives_another_revision" {
            return Ok(self.first.lock().unwrap().get_or_insert(resolved).clone());
        }
        Ok(resolved)
    }

    async fn fetch(&self, cx: &Context, revision: &Revision, paths: &Paths) -> Result<Artifact> {
        if self.breaks == "dropping_a_call_half_way_leaves_the_source_whole" {
            if self.half.swap(true, Ordering::SeqCst) {
                return Ok(MemoryFiles::new().artifact());
            }
            yield_once().await;
            self.half.store(false, Ordering::SeqCst);
        }
        let mut cx = self.deaf(cx);
        if self.breaks == "a_file_over_the_limit_is_refused" {
            cx = cx.with_limits(windlass_core::Limits::default());
        }
        let cx = &cx;
        let real = Revision::new(revision.id.split('#').next().unwrap());
        let nothing = Paths::Under(vec![]);
        let partial = matches!(paths, Paths::Under(_));
        let paths = if self.breaks == "wanted_paths_are_brought" && partial { &nothing } else { paths };
        let fetched = self.inner.fetch(cx, &real, paths).await;
        let mut artifact = match (self.breaks, fetched) {
            ("no_failure_gives_an_empty_artifact", Err(error)) if error.kind() == ErrorKind::Unavailable => {
                MemoryFiles::new().artifact()
            }
            ("an_unknown_revision_is_not_found", Err(error)) if error.kind() == ErrorKind::NotFound => {
                return Err(Error::new(ErrorKind::Unavailable, error.message()));
            }
            (_, fetched) => fetched?,
        };
        if self.breaks == "a_fetch_is_never_newer_than_asked" {
            let head = self.inner.resolve(cx).await?.revision;
            artifact = self.inner.fetch(cx, &head, paths).await?;
        }
        let digest = match self.breaks {
            "fetching_twice_gives_equal_artifacts" => {
                Digest::of(&self.calls.fetch_add(1, Ordering::SeqCst).to_be_bytes())
            }
            "another_content_has_another_digest" => Digest::of(b""),
            _ => artifact.digest(),
        };
        let named = if self.breaks == "an_artifact_names_the_revision_asked_for" {
            Revision::new("sha256:other")
        } else {
            revision.clone()
        };
        let files = BentFiles {
            inner: artifact.files().clone(),
            breaks: self.breaks,
            source: self.inner.clone(),
            head: self.inner.resolve(cx).await.ok(),
            reads: Mutex::default(),
        };
        Ok(Artifact::new(named, digest, Arc::new(files)))
    }

    fn watch(&self) -> Option<&dyn SourceWatch> {
        Some(self)
    }
}

#[async_trait]
impl SourceWatch for Saboteur {
    async fn moved(&self, cx: &Context) -> Result<()> {
        let (since, first, told) = {
            let mut watching = self.watching.lock().unwrap();
            let first = !std::mem::replace(&mut watching.waited, true);
            (cx.now().mono.saturating_sub(watching.resolved), first, watching.told)
        };
        match self.breaks {
            "a_change_is_told_however_long_nobody_waited" if since >= Duration::from_secs(5) => {
                cx.unless_over(std::future::pending::<()>()).await?;
            }
            "a_change_before_the_first_wait_is_told" if first => drop(self.inner.resolve(cx).await),
            "what_was_resolved_is_told_no_more" if told => return Ok(()),
            "waiting_for_a_change_ends_with_the_deadline" => {
                return self.inner.moved(&super::endless(cx)).await;
            }
            "waiting_for_a_change_ends_when_it_is_cancelled" => {
                return self.inner.moved(&cx.clone().with_cancel(Cancel::new())).await;
            }
            _ => {}
        }
        self.inner.moved(cx).await?;
        self.watching.lock().unwrap().told = true;
        if self.breaks == "dropping_a_wait_for_a_change_loses_nothing" {
            self.inner.resolve(cx).await?;
            yield_once().await;
        }
        Ok(())
    }
}

#[derive(Debug)]
struct BentFiles {
    inner: Arc<dyn Files>,
    breaks: &'static str,
    source: MemorySource,
    head: Option<Resolved>,
    reads: Mutex<BTreeMap<TreePath, usize>>,
}

impl BentFiles {
    /// Turns one kind of error into another.
    fn bend(&self, law: &str, from: ErrorKind, to: ErrorKind, error: Error) -> Error {
        if self.breaks == law && error.kind() == from { Error::new(to, "bent") } else { error }
    }

    fn bend_all(&self, error: Error) -> Error {
        let error = self.bend(
            "what_was_not_fetched_is_never_missing",
            ErrorKind::Unfetched,
            ErrorKind::NotFound,
            error,
        );
        self.bend("a_missing_path_is_not_found", ErrorKind::NotFound, ErrorKind::Unfetched, error)
    }

    /// What the source holds now, where it has changed since the fetch.
    fn newer(&self) -> Option<Artifact> {
        let cx = windlass_testkit::TestClock::new().context();
        let now = block_on(self.source.resolve(&cx)).ok()?;
        let moved = self.head.as_ref() != Some(&now);
        moved.then(|| block_on(self.source.fetch(&cx, &now.revision, &Paths::All)).ok()).flatten()
    }
}

impl Files for BentFiles {
    fn list(&self, folder: &TreePath) -> Result<Vec<Entry>> {
        let mut entries = self.inner.list(folder).map_err(|error| {
            let error = self.bend_all(error);
            self.bend("listing_a_file_is_invalid", ErrorKind::Invalid, ErrorKind::NotFound, error)
        })?;
        match self.breaks {
            "a_listing_is_sorted_and_has_each_entry_once" => entries.reverse(),
            "names_that_differ_in_case_are_two" => {
                entries.dedup_by_key(|entry| entry.name.to_lowercase());
            }
            "a_listing_tells_files_from_folders" => {
                entries
                    .iter_mut()
                    .filter(|e| e.kind == EntryKind::Folder)
                    .for_each(|e| e.kind = EntryKind::File);
            }
            _ => {}
        }
        Ok(entries)
    }

    fn digest(&self, path: &TreePath) -> Option<Digest> {
        let is_broken = self.breaks == "files_of_one_digest_have_the_same_bytes";
        (is_broken && self.inner.read(path).is_ok()).then(|| Digest::of(b"any file"))
    }

    fn read(&self, path: &TreePath) -> Result<Bytes> {
        let links = |name| path.names().any(|have| have == name);
        match self.breaks {
            "a_link_inside_the_root_is_followed" if links("link-in") => {
                return Err(Error::new(ErrorKind::NotFound, "links are not followed"));
            }
            "no_path_escapes_the_root" if links("link-out") => return Ok("root:x:0:0".into()),
            "an_artifact_stays_unchanged_while_it_is_held" => {
                if let Some(newer) = self.newer() {
                    return newer.files().read(path);
                }
            }
            _ => {}
        }
        let read = self.inner.read(path);
        let content = match (self.breaks, read) {
            ("reading_a_folder_is_invalid", Err(error)) if error.kind() == ErrorKind::Invalid => Bytes::new(),
            (_, read) => read.map_err(|error| self.bend_all(error))?,
        };
        let mut reads = self.reads.lock().unwrap();
        let count = reads.entry(path.clone()).or_default();
        *count += 1;
        match self.breaks {
            "content_comes_as_it_is" => Ok(String::from_utf8_lossy(&content).replace("\r\n", "\n").into()),
            "reading_twice_gives_the_same_bytes" if *count > 1 => Ok([&content[..], b"!"].concat().into()),
            _ => Ok(content),
        }
    }
}
