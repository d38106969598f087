//! A check that an artifact must pass.

use windlass_core::{Artifact, Error, ErrorKind, Paths, Source, TreePath};
use windlass_testkit::{MemorySource, TestClock, files};
use windlass_wrap::{CachedSource, VerifiedSource};

use crate::scene::newest;

/// Lets pass what has a file `SIGNER`, and names who is in it.
fn signed(artifact: &Artifact) -> windlass_core::Result<Option<windlass_core::Text>> {
    let name = TreePath::new("SIGNER")?;
    let bytes = artifact
        .files()
        .read(&name)
        .map_err(|error| Error::new(ErrorKind::Denied, "nobody has signed").caused_by(error))?;
    Ok(Some(String::from_utf8_lossy(&bytes).into_owned().into()))
}

#[test]
fn nothing_comes_that_does_not_pass_and_the_revision_names_who_signed() {
    let (clock, memory) = (TestClock::new(), MemorySource::of(files([("a.yaml", "a"), ("SIGNER", "ann")])));
    let source = VerifiedSource::new(memory.clone(), signed);
    let artifact = clock.block_on(newest(&source, &clock.context())).unwrap();
    assert_eq!(artifact.revision().signer.as_deref(), Some("ann"));
    memory.commit(files([("a.yaml", "evil")]));
    let error = clock.block_on(newest(&source, &clock.context())).unwrap_err();
    assert_eq!((error.kind(), error.message()), (ErrorKind::Denied, "nobody has signed"));
}

#[test]
fn the_whole_is_checked_whatever_paths_are_asked_for() {
    let (clock, memory) = (TestClock::new(), MemorySource::of(files([("a.yaml", "a"), ("SIGNER", "ann")])));
    let (cx, source) = (clock.context(), VerifiedSource::new(memory, signed));
    let now = clock.block_on(source.resolve(&cx)).unwrap().revision;
    let paths = Paths::Under(vec![TreePath::new("a.yaml").unwrap()]);
    assert!(clock.block_on(source.fetch(&cx, &now, &paths)).is_ok());
}

#[test]
fn what_is_refused_is_not_kept_and_what_is_kept_is_verified_once() {
    let (clock, memory) = (TestClock::new(), MemorySource::of(files([("a.yaml", "a"), ("SIGNER", "ann")])));
    let checks = std::sync::Arc::new(std::sync::atomic::AtomicUsize::new(0));
    let count = std::sync::Arc::clone(&checks);
    let verified = VerifiedSource::new(memory.clone(), move |artifact: &Artifact| {
        count.fetch_add(1, std::sync::atomic::Ordering::SeqCst);
        signed(artifact)
    });
    let source = CachedSource::new(verified);
    for _ in 0..3 {
        clock.block_on(newest(&source, &clock.context())).unwrap();
    }
    assert_eq!(checks.load(std::sync::atomic::Ordering::SeqCst), 1);
    memory.commit(files([("a.yaml", "evil")]));
    for _ in 0..2 {
        assert!(clock.block_on(newest(&source, &clock.context())).is_err());
    }
    assert_eq!(checks.load(std::sync::atomic::Ordering::SeqCst), 3);
}
