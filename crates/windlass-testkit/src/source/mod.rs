//! The laws of [`Source`], its ability [`SourceWatch`](windlass_core::SourceWatch), and [`Files`](windlass_core::Files).

mod fetching;
mod files;
mod hanging;
mod watching;

use std::sync::Arc;

pub use fetching::*;
pub use files::*;
pub use hanging::*;
pub use watching::*;
use windlass_core::{Artifact, Context, Paths, Revision, Source, TreePath};

use crate::suite::{Check, Findings, Harness, lacking, not_applicable, ok, run, run_all};

/// A fresh source, and the means to change what it looks at.
pub trait SourceHarness: Harness {
    /// Gives the source; the same one each time.
    fn source(&self) -> Arc<dyn Source>;

    /// Makes these files, and no others, the newest state of what the source looks at.
    fn commit(&self, files: &[(&str, &[u8])]);

    /// Commits these files and links from a path to a target, relative to the folder of the link or absolute.
    ///
    /// # Errors
    /// [`Unmet::Lacking`](crate::suite::Unmet::Lacking) where the place has no links.
    fn commit_links(&self, files: &[(&str, &[u8])], links: &[(&str, &str)]) -> Check {
        let _ = (files, links);
        lacking("commit_links")
    }

    /// Says that what the source looks at can hold two names that differ in upper and lower case alone, as some file
    /// systems cannot.
    ///
    /// # Errors
    /// [`Unmet::NotApplicable`](crate::suite::Unmet::NotApplicable) where it cannot.
    fn tells_case(&self) -> Check {
        not_applicable("the harness does not say that its place tells upper from lower case")
    }

    /// Makes what the source looks at unreachable.
    ///
    /// # Errors
    /// [`Unmet::Lacking`](crate::suite::Unmet::Lacking) where that cannot be done.
    fn cut_off(&self) -> Check {
        lacking("cut_off")
    }

    /// Lets what the source looks at take every call from now on and answer none.
    ///
    /// # Errors
    /// [`Unmet::NotApplicable`](crate::suite::Unmet::NotApplicable) where that cannot be done.
    fn hang(&self) -> Check {
        not_applicable("the harness cannot keep an answer back")
    }

    /// Gives the secret that the source was made with.
    ///
    /// # Errors
    /// [`Unmet::Lacking`](crate::suite::Unmet::Lacking) where it needs none.
    fn credential(&self) -> Check<String> {
        lacking("credential")
    }
}

crate::__source_laws!(__law_table(SourceHarness));

/// Checks every law, each on a harness of its own.
pub fn check_all<H: SourceHarness + 'static>(make: impl Fn() -> H) -> Findings {
    run_all::<dyn SourceHarness>(LAWS, || Box::new(make()))
}

/// Resolves what must resolve.
fn resolved(harness: &dyn SourceHarness) -> Check<Revision> {
    let cx = harness.context();
    let found = run(harness, async { harness.source().resolve(&cx).await });
    ok(found, "resolving").map(|found| found.revision)
}

fn fetched(
    harness: &dyn SourceHarness,
    revision: &Revision,
    paths: &Paths,
) -> windlass_core::Result<Artifact> {
    fetched_in(harness, &harness.context(), revision, paths)
}

fn fetched_in(
    harness: &dyn SourceHarness,
    cx: &Context,
    revision: &Revision,
    paths: &Paths,
) -> windlass_core::Result<Artifact> {
    run(harness, async { harness.source().fetch(cx, revision, paths).await })
}

/// Commits files and fetches all of them.
fn artifact(harness: &dyn SourceHarness, files: &[(&str, &[u8])]) -> Check<Artifact> {
    harness.commit(files);
    newest(harness)
}

fn newest(harness: &dyn SourceHarness) -> Check<Artifact> {
    let revision = resolved(harness)?;
    ok(fetched(harness, &revision, &Paths::All), "fetching what was resolved")
}

fn read(artifact: &Artifact, path: &str) -> Check<Vec<u8>> {
    ok(artifact.files().read(&tree_path(path)), path).map(|bytes| bytes.to_vec())
}

fn tree_path(path: &str) -> TreePath {
    TreePath::new(path).expect("the laws name good paths")
}
