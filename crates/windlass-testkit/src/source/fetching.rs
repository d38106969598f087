//! The laws of resolving and fetching.

use windlass_core::{ErrorKind, Need, Paths, Revision};

use super::{SourceHarness, artifact, fetched, newest, read, resolved, tree_path};
use crate::suite::{Check, drop_at_each_wait, ensure, exposed, fails, hides, ok, run};

const ONE: &[(&str, &[u8])] = &[("a.yaml", b"one")];
const TWO: &[(&str, &[u8])] = &[("a.yaml", b"two")];

/// Resolving twice without a change between gives the same revision.
///
/// # Errors
/// Where it does not hold.
pub fn resolving_twice_gives_the_same_revision(harness: &dyn SourceHarness) -> Check {
    harness.commit(ONE);
    let (first, second) = (resolved(harness)?, resolved(harness)?);
    ensure!(first.id == second.id, "resolved {first}, and without a change {second}");
    Ok(())
}

/// After a change the source resolves to another revision.
///
/// # Errors
/// Where it does not hold.
pub fn a_change_gives_another_revision(harness: &dyn SourceHarness) -> Check {
    harness.commit(ONE);
    let before = resolved(harness)?;
    harness.commit(TWO);
    let after = resolved(harness)?;
    ensure!(before.id != after.id, "still {after} after a change");
    Ok(())
}

/// An artifact carries the revision that was asked for.
///
/// # Errors
/// Where it does not hold.
pub fn an_artifact_names_the_revision_asked_for(harness: &dyn SourceHarness) -> Check {
    harness.commit(ONE);
    let asked = resolved(harness)?;
    let got = ok(fetched(harness, &asked, &Paths::All), "fetching what was resolved")?;
    ensure!(got.revision().id == asked.id, "asked for {asked}, got {}", got.revision());
    Ok(())
}

/// A fetch gives the named revision or an error, also when there is a newer one.
///
/// # Errors
/// Where it does not hold.
pub fn a_fetch_is_never_newer_than_asked(harness: &dyn SourceHarness) -> Check {
    harness.commit(ONE);
    let old = resolved(harness)?;
    harness.commit(TWO);
    let Ok(got) = fetched(harness, &old, &Paths::All) else { return Ok(()) };
    ensure!(read(&got, "a.yaml")? == b"one", "the old revision was asked for, other content came");
    Ok(())
}

/// Fetching one revision twice gives artifacts with equal digests and equal files.
///
/// # Errors
/// Where it does not hold.
pub fn fetching_twice_gives_equal_artifacts(harness: &dyn SourceHarness) -> Check {
    harness.commit(ONE);
    let revision = resolved(harness)?;
    let fetch = || ok(fetched(harness, &revision, &Paths::All), "fetching what was resolved");
    let (first, second) = (fetch()?, fetch()?);
    ensure!(first.digest() == second.digest(), "one revision has two digests");
    ensure!(read(&first, "a.yaml")? == read(&second, "a.yaml")?, "one revision has two contents");
    Ok(())
}

/// Different content has different digests.
///
/// # Errors
/// Where it does not hold.
pub fn another_content_has_another_digest(harness: &dyn SourceHarness) -> Check {
    let (one, two) = (artifact(harness, ONE)?, artifact(harness, TWO)?);
    let moved = one.revision().id != two.revision().id;
    ensure!(!moved || one.digest() != two.digest(), "two contents have one digest");
    Ok(())
}

/// An artifact stays readable, unchanged, whatever happens to the source.
///
/// # Errors
/// Where it does not hold.
pub fn an_artifact_stays_unchanged_while_it_is_held(harness: &dyn SourceHarness) -> Check {
    let held = artifact(harness, &[("a.yaml", b"one"), ("gone.yaml", b"gone")])?;
    harness.commit(TWO);
    let _newer = newest(harness)?;
    ensure!(read(&held, "a.yaml")? == b"one", "the content of a held artifact changed");
    ensure!(read(&held, "gone.yaml")? == b"gone", "a file of a held artifact changed");
    Ok(())
}

/// A revision that does not exist is `NotFound`.
///
/// # Errors
/// Where it does not hold.
pub fn an_unknown_revision_is_not_found(harness: &dyn SourceHarness) -> Check {
    harness.commit(ONE);
    let unknown = unlike(&resolved(harness)?);
    fails(fetched(harness, &unknown, &Paths::All), &[ErrorKind::NotFound], "fetching an unknown revision")?;
    Ok(())
}

/// What cannot be reached is an error, never an artifact without files.
///
/// # Errors
/// Where it does not hold.
pub fn no_failure_gives_an_empty_artifact(harness: &dyn SourceHarness) -> Check {
    harness.commit(ONE);
    let revision = resolved(harness)?;
    harness.cut_off()?;
    let cx = harness.context();
    let again = run(harness, async { harness.source().resolve(&cx).await });
    ensure!(again.is_err(), "a source that cannot be reached resolves");
    // A cache may have it; then all of it.
    let Ok(got) = fetched(harness, &revision, &Paths::All) else { return Ok(()) };
    let content = got.files().read(&tree_path("a.yaml"));
    ensure!(content.is_ok_and(|content| content == "one"), "a failure gave an artifact without its files");
    Ok(())
}

/// No credential appears in `Debug`, in a revision or in an error.
///
/// # Errors
/// Where it does not hold.
pub fn no_credential_is_shown(harness: &dyn SourceHarness) -> Check {
    let secret = harness.credential()?;
    harness.commit(ONE);
    let revision = resolved(harness)?;
    let unknown = fetched(harness, &unlike(&revision), &Paths::All);
    let mut texts = vec![
        ("source's Debug", format!("{:?}", harness.source())),
        ("revision", format!("{revision:?}")),
        ("error of an unknown revision", exposed(&unknown)),
    ];
    if harness.cut_off().is_ok() {
        let cx = harness.context();
        let unreachable = run(harness, async { harness.source().resolve(&cx).await });
        texts.push(("error of an unreachable source", exposed(&unreachable)));
    }
    hides(&secret, &texts)
}

/// Dropping a resolve or a fetch, wherever it waits, leaves nothing half-written: the next call gives the whole.
///
/// # Errors
/// Where it does not hold.
pub fn dropping_a_call_half_way_leaves_the_source_whole(harness: &dyn SourceHarness) -> Check {
    let (cx, source) = (harness.context(), harness.source());
    harness.commit(&[("a.yaml", b"whole")]);
    drop_at_each_wait(harness, |_| Ok(source.resolve(&cx)), |_| resolved(harness).map(drop))?;
    let (source, cx) = (&source, &cx);
    let begin = |waits: usize| {
        // Something new each time, so that no cache has it.
        harness.commit(&[("a.yaml", b"whole"), ("new.yaml", waits.to_string().as_bytes())]);
        let newest = resolved(harness)?;
        Ok(async move { source.fetch(cx, &newest, &Paths::All).await })
    };
    drop_at_each_wait(harness, begin, |waits| {
        let got = ok(
            fetched(harness, &resolved(harness)?, &Paths::All),
            "fetching after a fetch that was dropped",
        )?;
        let content = got.files().read(&tree_path("a.yaml"));
        let whole = content.is_ok_and(|content| content == "whole");
        ensure!(whole, "a fetch that was dropped at wait {waits} left something half-written");
        Ok(())
    })
}

const TREE: &[(&str, &[u8])] =
    &[("apps/web/a.yaml", b"a"), ("base/b.yaml", b"b"), ("base/c/d.yaml", b"d"), ("top.yaml", b"t")];

/// What is at or under the paths asked for is there.
///
/// # Errors
/// Where it does not hold.
pub fn wanted_paths_are_brought(harness: &dyn SourceHarness) -> Check {
    harness.commit(TREE);
    let revision = resolved(harness)?;
    let paths = Paths::Under(vec![tree_path("base"), tree_path("top.yaml")]);
    let got = ok(fetched(harness, &revision, &paths), "fetching two paths")?;
    for (path, content) in [("base/b.yaml", "b"), ("base/c/d.yaml", "d"), ("top.yaml", "t")] {
        let read = got.files().read(&tree_path(path));
        ensure!(read.as_ref().is_ok_and(|bytes| bytes == content), "{path} was asked for: {read:?}");
    }
    ensure!(got.files().list(&tree_path("base")).is_ok(), "a folder that was asked for cannot be listed");
    Ok(())
}

/// What exists and was not fetched is `Unfetched` and names the need, or is there; never is it missing.
///
/// # Errors
/// Where it does not hold.
pub fn what_was_not_fetched_is_never_missing(harness: &dyn SourceHarness) -> Check {
    harness.commit(TREE);
    let revision = resolved(harness)?;
    let paths = Paths::Under(vec![tree_path("base")]);
    let got = ok(fetched(harness, &revision, &paths), "fetching a path")?;
    let (file, folder) = (tree_path("apps/web/a.yaml"), tree_path("apps/web"));
    let failures =
        [(&file, got.files().read(&file).err()), (&folder, got.files().list(&folder).map(drop).err())];
    for (path, error) in failures {
        let Some(error) = error else { continue };
        ensure!(error.kind() == ErrorKind::Unfetched, "{path} was not fetched, but is {error:?}");
        ensure!(
            error.needs().contains(&Need::File(path.clone())),
            "the error does not need {path}: {error:?}"
        );
    }
    let Ok(root) = got.files().list(&tree_path("")) else { return Ok(()) };
    ensure!(root.len() == 3, "the root is listed without what was not fetched: {root:?}");
    Ok(())
}

/// Gives a revision of the same form that nothing has.
fn unlike(revision: &Revision) -> Revision {
    let (algorithm, hex) = revision.id.split_once(':').unwrap_or(("", &revision.id));
    let zeros = "0".repeat(hex.len());
    Revision::new(if algorithm.is_empty() { zeros } else { format!("{algorithm}:{zeros}") })
}
